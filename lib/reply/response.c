/* SPDX-License-Identifier: MIT */
/* Reading the answers of services. */
#include "reply/response.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secrets.h"
#include "base/utf8.h"
#include "ingest/fields.h"
#include "ingest/values.h"

#define DETAIL_MAX 300                            /* bytes of the words that are kept */
#define RETRY_MAX ((int64_t)7 * 24 * 3600 * 1000) /* ms; longer is no answer to a message */

/* --- receipts --- */

void crm_receipt_clear(struct crm_receipt *r)
{
	r->outcome = CRM_UNKNOWN;
	r->code = 0;
	r->retry_after = -1;
	r->address_bad = false;
	crm_str_clear(&r->id);
	crm_str_clear(&r->detail);
}

/* Appends words of others as one line, cut. */
static void add_words(struct crm_str *out, struct crm_slice words)
{
	struct crm_str s = CRM_STR_INIT;
	size_t len;

	crm_utf8_printable(&s, crm_slice_trim(words));
	len = s.len;
	if (len > DETAIL_MAX)
		len = crm_utf8_valid(s.ptr, DETAIL_MAX);
	crm_str_add(out, s.ptr, len);
	crm_str_release(&s);
}

void crm_receipt_set(struct crm_receipt *r, enum crm_sent outcome, const char *words)
{
	r->outcome = outcome;
	crm_str_clear(&r->detail);
	add_words(&r->detail, crm_slice_of(words));
}

void crm_receipt_release(struct crm_receipt *r)
{
	crm_str_release(&r->id);
	crm_str_release(&r->detail);
}

/* A text that is too long is for its writer to shorten: parts of it would be several messages,
 * of which some may be sent and others not. */
bool crm_receipt_admits(const struct crm_answers *a, const struct crm_parcel *parcel,
			struct crm_receipt *r)
{
	int64_t n = crm_fill_units(parcel->text, a->text_max_bytes);
	char words[120];

	if (!a->text_max || n <= a->text_max)
		return true;
	snprintf(words, sizeof(words), "the text is too long: %lld %s, not more than %lld",
		 (long long)n, a->text_max_bytes ? "bytes" : "characters", (long long)a->text_max);
	crm_receipt_set(r, CRM_REFUSED, words);
	return false;
}

/* --- the document --- */

struct reading {
	const struct crm_answers *a;
	struct crm_str text;
	struct crm_json_doc doc;
	bool readable; /* the body is a JSON object */
	struct crm_spot root;
	struct crm_row row;
	struct crm_arena arena;
	struct crm_values found;
	struct crm_view view;
};

static void put(struct crm_str *out, const char *key, struct crm_slice s)
{
	crm_json_key(out, key);
	crm_json_string(out, s);
}

/* The members that are ours; without the closing brace. */
static void open_document(struct crm_str *out, const struct crm_fill *f,
			  const struct crm_response *r, struct crm_slice body)
{
	const struct crm_parcel *p = f->parcel;

	crm_json_open(out, '{');
	crm_json_key(out, "@request");
	crm_json_open(out, '{');
	put(out, "account", crm_slice_of(f->account->account));
	put(out, "key", p->key);
	put(out, "to", p->to);
	put(out, "uuid", crm_slice_of(f->uuid));
	put(out, "thread", p->thread);
	put(out, "about", p->about);
	crm_json_close(out, '}');
	if (f->origin.n) {
		crm_json_key(out, "@origin");
		crm_json_raw(out, p->origin);
	}
	crm_json_key(out, "@answer");
	crm_json_open(out, '{');
	crm_json_key(out, "status");
	crm_str_addf(out, "\"%d\"", r->status);
	if (crm_utf8_valid(body.ptr, body.len) == body.len)
		put(out, "body", body);
	crm_json_close(out, '}');
}

static void read_body(struct reading *g, const struct crm_answers *a, const struct crm_fill *f,
		      const struct crm_response *r)
{
	struct crm_slice body = crm_slice_trim(r->body);

	*g = (struct reading){.a = a,
			      .text = CRM_STR_INIT,
			      .doc = CRM_JSON_DOC_INIT,
			      .arena = CRM_ARENA_INIT,
			      .found = {.scratch = CRM_STR_INIT}};
	if (!body.ptr)
		body = CRM_SLICE("");
	open_document(&g->text, f, r, body);
	if (!r->broken && body.len > 2 && body.ptr[0] == '{') {
		size_t before = g->text.len;

		crm_str_addc(&g->text, ',');
		crm_str_add(&g->text, body.ptr + 1, body.len - 1);
		g->readable = crm_json_scan(&g->doc, g->text.ptr, g->text.len) == CRM_OK;
		g->text.len = g->readable ? g->text.len : before;
	}
	if (!g->readable) {
		crm_json_close(&g->text, '}');
		if (crm_json_scan(&g->doc, g->text.ptr, g->text.len) != CRM_OK)
			g->doc.n = 0; /* a key or address that is no UTF-8 */
	}
	if (g->doc.n) {
		g->root = crm_spot_root(&g->doc);
		g->row.doc = &g->doc;
		g->view = (struct crm_view){&g->row, &g->root, &g->arena, &g->found};
	}
}

static void release(struct reading *g)
{
	crm_str_release(&g->text);
	crm_json_doc_release(&g->doc);
	crm_arena_release(&g->arena);
	free(g->found.list);
	crm_str_release(&g->found.scratch);
}

static struct crm_slice at(struct reading *g, const struct crm_where *where)
{
	const struct crm_place place = {where, NULL, where->n};

	return g->doc.n && where->n ? crm_values_one(&g->view, &place)
				    : (struct crm_slice){NULL, 0};
}

static bool says(struct reading *g, enum crm_answers_verdict verdict)
{
	const struct crm_conditions *c = &g->a->verdicts[verdict];

	return c->n && g->doc.n && crm_conditions_hold(&g->view, c->list, c->n);
}

/* --- the verdict --- */

static int64_t milliseconds(struct crm_slice s, double unit)
{
	char text[32] = "", *end = text;
	double x;

	if (s.len >= sizeof(text))
		return -1;
	memcpy(text, s.ptr ? s.ptr : "", s.len);
	x = strtod(text, &end) * unit;
	return end > text && !*end && x >= 0 && x <= (double)RETRY_MAX ? (int64_t)x : -1;
}

static int64_t retry_after(struct reading *g, const struct crm_response *r)
{
	int64_t ms = r->retry_after <= RETRY_MAX ? r->retry_after : -1;
	int64_t said = milliseconds(at(g, &g->a->retry_after), 1000);
	int64_t said_ms = milliseconds(at(g, &g->a->retry_after_ms), 1);

	ms = said > ms ? said : ms;
	return said_ms > ms ? said_ms : ms;
}

/* The number and what the service said, else the beginning of what came: without secrets, also
 * where one would be cut in two. */
static void describe(struct reading *g, const struct crm_fill *f, const struct crm_response *r,
		     struct crm_str *out)
{
	struct crm_slice words = at(g, &g->a->error);
	struct crm_str masked = CRM_STR_INIT;

	if (!words.ptr && r->status / 100 != 2)
		words = r->body;
	crm_str_addf(out, "%d", r->status);
	if (words.len) {
		crm_str_add(&masked, words.ptr, words.len);
		crm_fill_mask(f, &masked);
		crm_str_adds(out, ": ");
		add_words(out, (struct crm_slice){masked.ptr, masked.len});
	}
	crm_secret_wipe(&masked);
}

static enum crm_sent by_status(struct reading *g, const struct crm_response *r)
{
	int s = r->status;

	if (s / 100 == 2) /* something in it should have told us that it was taken */
		return !g->a->verdicts[CRM_SAYS_OK].n ? CRM_SENT
		       : g->readable                  ? CRM_REFUSED
						      : CRM_UNKNOWN;
	if (s == 408 || s == 425 || s == 429 || s == 503)
		return CRM_DEFERRED;
	return s / 100 == 4 ? CRM_REFUSED : CRM_UNKNOWN;
}

static enum crm_sent outcome(struct reading *g, const struct crm_response *r, bool *address_bad)
{
	*address_bad = says(g, CRM_SAYS_ADDRESS_BAD);
	if (*address_bad || says(g, CRM_SAYS_REFUSED))
		return CRM_REFUSED;
	if (says(g, CRM_SAYS_DEFERRED))
		return CRM_DEFERRED;
	if (says(g, CRM_SAYS_UNKNOWN))
		return CRM_UNKNOWN;
	return says(g, CRM_SAYS_OK) ? CRM_SENT : by_status(g, r);
}

static void add_key(struct reading *g, struct crm_str *out)
{
	struct crm_slice key = at(g, &g->a->key);

	crm_str_add(out, key.ptr ? key.ptr : "", key.len);
}

/* What is wrong with how we are set up, or NULL. */
static const char *misconfigured(struct reading *g, const struct crm_response *r)
{
	if (r->status / 100 == 3)
		return "the service is elsewhere (it redirects): change its url";
	if (says(g, CRM_SAYS_CREDENTIALS) || r->status == 401 || r->status == 407)
		return "the service does not let us in";
	return NULL;
}

enum crm_status crm_response_judge(const struct crm_answers *a, const struct crm_fill *f,
				   const struct crm_response *r, struct crm_receipt *receipt,
				   struct crm_err *err)
{
	struct reading g;
	enum crm_status rc = CRM_OK;
	const char *why;

	crm_receipt_clear(receipt);
	receipt->code = r->status;
	read_body(&g, a, f, r);
	describe(&g, f, r, &receipt->detail);
	if ((why = misconfigured(&g, r))) {
		receipt->outcome = CRM_DEFERRED;
		rc = crm_fail(err, CRM_CONFIG, "%s (%s): %s: %s", f->account->account,
			      f->account->channel->name, why, receipt->detail.ptr);
	} else {
		receipt->outcome = outcome(&g, r, &receipt->address_bad);
	}
	if (receipt->outcome == CRM_UNKNOWN && a->idempotent)
		receipt->outcome = CRM_DEFERRED;
	if (receipt->outcome == CRM_DEFERRED)
		receipt->retry_after = retry_after(&g, r);
	if (receipt->outcome == CRM_SENT)
		add_key(&g, &receipt->id);
	release(&g);
	return rc;
}

void crm_response_key(const struct crm_answers *a, const struct crm_fill *f,
		      const struct crm_response *r, struct crm_str *key)
{
	struct reading g;

	read_body(&g, a, f, r);
	add_key(&g, key);
	release(&g);
}
