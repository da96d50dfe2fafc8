/* SPDX-License-Identifier: MIT */
/* The verdict on a post, and the answer to it. */
#include "ingest/webhook.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/secrets.h"
#include "base/time.h"
#include "ingest/form.h"
#include "ingest/multipart.h"

#define FORM_TYPE "application/x-www-form-urlencoded"

/* A verdict that is no record, as a short JSON object. */
static void refuse(struct crm_webhook_verdict *v, int status, const char *why)
{
	v->status = status;
	v->type = "application/json";
	crm_str_clear(&v->body);
	crm_json_open(&v->body, '{');
	crm_json_put(&v->body, "error", why);
	crm_json_close(&v->body, '}');
	snprintf(v->why, sizeof(v->why), "%s", why);
}

void crm_webhook_refuse(struct crm_webhook_verdict *v, int status, const char *why)
{
	refuse(v, status, why);
}

/* --- what a request holds --- */

struct wanted {
	const char *name;
	struct crm_str *out;
	bool found;
};

static bool is_wanted(void *data, struct crm_slice name, struct crm_slice value)
{
	struct wanted *w = data;

	if (!crm_slice_is(name, w->name))
		return true;
	crm_str_add(w->out, value.ptr, value.len);
	w->found = true;
	return false;
}

/* The value at place: a JSON Pointer into the body, else a parameter of the query string.
 * False when there is none. */
static bool value_at(const struct crm_webhook_request *r, const struct crm_json_doc *doc,
		     const char *place, struct crm_str *out)
{
	struct wanted w = {place, out, false};
	const struct crm_json_value *v;

	crm_str_clear(out);
	if (*place != '/') {
		crm_form_each(r->query, is_wanted, &w);
		return w.found;
	}
	v = doc->n ? crm_json_pointer(doc, &doc->values[0], place) : NULL;
	if (!v || v->type == CRM_JSON_OBJECT || v->type == CRM_JSON_ARRAY)
		return false;
	crm_json_text(v, out);
	return true;
}

static bool is_form(struct crm_slice type)
{
	size_t n = sizeof(FORM_TYPE) - 1;

	return type.len >= n && !strncasecmp(type.ptr, FORM_TYPE, n);
}

/* The type without its parameters. */
static struct crm_slice bare(struct crm_slice type)
{
	const char *semicolon = memchr(type.ptr ? type.ptr : "", ';', type.len);

	return crm_slice_trim((struct crm_slice){
		type.ptr, semicolon ? (size_t)(semicolon - type.ptr) : type.len});
}

/* --- signatures --- */

struct parameter {
	struct crm_slice name, value;
};

struct parameters {
	struct parameter *list;
	size_t n, cap;
	struct crm_arena arena;
};

static bool add_parameter(void *data, struct crm_slice name, struct crm_slice value)
{
	struct parameters *p = data;

	CRM_GROW(p->list, p->n + 1, p->cap);
	p->list[p->n++] =
		(struct parameter){{crm_arena_strndup(&p->arena, name.ptr, name.len), name.len},
				   {crm_arena_strndup(&p->arena, value.ptr, value.len), value.len}};
	return p->n < CRM_FORM_FIELDS;
}

static int compare(struct crm_slice a, struct crm_slice b)
{
	int c = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

	return c ? c : (a.len > b.len) - (a.len < b.len);
}

static int by_name(const void *a, const void *b)
{
	const struct parameter *x = a, *y = b;
	int c = compare(x->name, y->name);

	return c ? c : compare(x->value, y->value);
}

/* The fields of a post, sorted, each name with its value behind it: what Twilio signs. */
static void add_parameters(struct crm_slice body, struct crm_str *out)
{
	struct parameters p = {NULL, 0, 0, CRM_ARENA_INIT};

	crm_form_each(body, add_parameter, &p);
	if (p.n)
		qsort(p.list, p.n, sizeof(*p.list), by_name);
	for (size_t i = 0; i < p.n; i++) {
		if (i && !by_name(&p.list[i - 1], &p.list[i]))
			continue;
		crm_str_add(out, p.list[i].name.ptr, p.list[i].name.len);
		crm_str_add(out, p.list[i].value.ptr, p.list[i].value.len);
	}
	free(p.list);
	crm_arena_release(&p.arena);
}

/* Where {parameters} are signed, a body of another kind is signed by its digest in the query
 * string (Twilio's bodySHA256), or not at all. */
static bool covers_body(const struct crm_webhook_request *r)
{
	unsigned char digest[crypto_hash_sha256_BYTES];
	struct crm_str given = CRM_STR_INIT, bytes = CRM_STR_INIT;
	bool good;

	if (is_form(r->type) || !r->body.len)
		return true;
	crypto_hash_sha256(digest, (const unsigned char *)r->body.ptr, r->body.len);
	good = value_at(r, NULL, "bodySHA256", &given)
	       && crm_encoded_get(crm_str_slice(&given), CRM_ENCODED_HEX, &bytes)
	       && bytes.len == sizeof(digest) && !sodium_memcmp(bytes.ptr, digest, sizeof(digest));
	crm_str_release(&given);
	crm_str_release(&bytes);
	return good;
}

static void add_url(const struct crm_webhook *hook, const struct crm_webhook_request *r,
		    struct crm_str *out)
{
	crm_str_adds(out, hook->url ? hook->url : r->url);
	if (hook->url && r->query.len) {
		crm_str_addc(out, '?');
		crm_str_add(out, r->query.ptr, r->query.len);
	}
}

/* What is signed: the template with its names put in. False when the request lacks one. */
static bool signed_text(const struct crm_webhook *hook, const struct crm_webhook_request *r,
			const char *time, struct crm_str *out)
{
	const char *p = hook->signature.over, *open, *close;
	bool good = !strstr(p, "{parameters}") || covers_body(r);

	while (good && (open = strchr(p, '{')) && (close = strchr(open, '}'))) {
		struct crm_slice name = {open + 1, (size_t)(close - open) - 1};
		char *header = crm_strndup(name.ptr, name.len);
		const char *value = r->header(r->data, header);

		free(header);
		crm_str_add(out, p, (size_t)(open - p));
		if (crm_slice_is(name, "body"))
			crm_str_add(out, r->body.ptr ? r->body.ptr : "", r->body.len);
		else if (crm_slice_is(name, "parameters"))
			add_parameters(is_form(r->type) ? r->body : (struct crm_slice){"", 0}, out);
		else if (crm_slice_is(name, "url"))
			add_url(hook, r, out);
		else if (crm_slice_is(name, "method"))
			crm_str_adds(out, r->method);
		else if (crm_slice_is(name, "time"))
			crm_str_adds(out, time);
		else if ((good = value != NULL))
			crm_str_adds(out, value);
		p = close + 1;
	}
	crm_str_adds(out, p);
	return good;
}

/* Cuts the next piece off s at one of marks, without blanks around it; false at the end. */
static bool next_piece(struct crm_slice *s, const char *marks, struct crm_slice *piece)
{
	size_t n = 0;

	if (!s->len)
		return false;
	while (n < s->len && (!s->ptr[n] || !strchr(marks, s->ptr[n])))
		n++;
	*piece = crm_slice_trim((struct crm_slice){s->ptr, n});
	n += n < s->len;
	*s = (struct crm_slice){s->ptr + n, s->len - n};
	return true;
}

/* Of name=value, …: the value of the nth element of that name; ptr NULL: there is none. */
static struct crm_slice element(struct crm_slice header, const char *name, int n)
{
	size_t len = strlen(name);
	struct crm_slice piece;

	while (next_piece(&header, ",", &piece))
		if (piece.len > len && !memcmp(piece.ptr, name, len) && piece.ptr[len] == '='
		    && n-- == 0)
			return (struct crm_slice){piece.ptr + len + 1, piece.len - len - 1};
	return (struct crm_slice){NULL, 0};
}

/* The nth signature that header gives. A token is all of it. */
static struct crm_slice given(const struct crm_webhook_signature *s, struct crm_slice header, int n)
{
	struct crm_slice piece = {NULL, 0};
	size_t len = s->prefix ? strlen(s->prefix) : 0;

	if (s->element)
		piece = element(header, s->element, n);
	else if (s->method == CRM_SIGN_TOKEN)
		piece = n ? piece : header;
	else
		for (; n >= 0; n--)
			if (!next_piece(&header, " ", &piece))
				return (struct crm_slice){NULL, 0};
	if (!piece.ptr || piece.len < len
	    || memcmp(piece.ptr, s->prefix ? s->prefix : "", len) != 0)
		return (struct crm_slice){piece.ptr ? "" : NULL, 0};
	return (struct crm_slice){piece.ptr + len, piece.len - len};
}

/* The time of sending, into text; false when there is none or it is too far off. */
static bool in_time(const struct crm_webhook_signature *s, const struct crm_webhook_request *r,
		    struct crm_slice header, struct crm_str *text)
{
	struct crm_slice found;
	int64_t at = 0;

	if (!s->time)
		return true;
	found = s->element ? element(header, s->time, 0)
			   : crm_slice_of(r->header(r->data, s->time));
	if (!found.len || found.len > 15)
		return false;
	for (size_t i = 0; i < found.len; i++) {
		if (found.ptr[i] < '0' || found.ptr[i] > '9')
			return false;
		at = at * 10 + found.ptr[i] - '0';
	}
	crm_str_add(text, found.ptr, found.len);
	at = at > 100000000000 ? at / 1000 : at; /* some give milliseconds */
	return llabs(r->now / 1000 - at) <= s->tolerance;
}

static enum crm_status get_secret(const struct crm_webhook_request *r, const char *name,
				  int encoding, struct crm_str *key, struct crm_err *err)
{
	struct crm_str text = CRM_STR_INIT;
	enum crm_status rc = r->secret(r->data, name, &text, err);

	crm_str_reserve(key, text.len + 1);
	if (rc == CRM_OK
	    && !crm_encoded_get(crm_str_slice(&text), (enum crm_encoding)encoding, key))
		rc = crm_fail(err, CRM_CONFIG, "secret '%s' is not of its encoding", name);
	crm_secret_wipe(&text);
	return rc;
}

static bool fits(const struct crm_webhook_signature *s, struct crm_slice key, struct crm_slice text,
		 struct crm_slice header)
{
	struct crm_str bytes = CRM_STR_INIT;
	bool good = false;
	int encoding = s->method == CRM_SIGN_TOKEN ? CRM_ENCODED_NOT : s->encoding;

	for (int n = 0; n < CRM_WEBHOOK_SIGNATURES && !good; n++) {
		struct crm_slice one = given(s, header, n);

		if (!one.ptr)
			break;
		crm_str_clear(&bytes);
		good = crm_encoded_get(one, (enum crm_encoding)encoding, &bytes)
		       && crm_signature_fits((enum crm_signature_method)s->method, key, text,
					     crm_str_slice(&bytes));
	}
	crm_str_release(&bytes);
	return good;
}

static bool check_key(const struct crm_webhook *hook, const struct crm_webhook_request *r,
		      const char *time, struct crm_slice header, struct crm_webhook_verdict *v)
{
	struct crm_str key = CRM_STR_INIT, text = CRM_STR_INIT;
	const struct crm_webhook_signature *s = &hook->signature;
	struct crm_err err;
	enum crm_status rc;
	bool good = false;

	rc = get_secret(r, hook->secret, s->secret_encoding, &key, &err);
	if (rc != CRM_OK) { /* a mistake of ours: the sender shall try again */
		refuse(v, 500, "configuration");
		snprintf(v->why, sizeof(v->why), "%.250s", err.text);
	} else {
		good = (s->method == CRM_SIGN_TOKEN || signed_text(hook, r, time, &text))
		       && fits(s, crm_str_slice(&key), crm_str_slice(&text), header);
		if (!good)
			refuse(v, 403, "the signature does not fit");
	}
	crm_secret_wipe(&key);
	crm_str_release(&text);
	return good;
}

/* Is it from who it should be from? */
static bool check_signature(const struct crm_webhook *hook, const struct crm_webhook_request *r,
			    struct crm_webhook_verdict *v)
{
	const struct crm_webhook_signature *s = &hook->signature;
	struct crm_str text = CRM_STR_INIT, time = CRM_STR_INIT;
	struct crm_slice header;
	bool good = false;

	if (hook->open)
		return true;
	if (s->header)
		header = crm_slice_trim(crm_slice_of(r->header(r->data, s->header)));
	else
		header = value_at(r, NULL, s->parameter, &text) ? crm_str_slice(&text)
								: (struct crm_slice){NULL, 0};
	if (!header.len)
		refuse(v, 403, "no signature");
	else if (!in_time(s, r, header, &time))
		refuse(v, 403, "the time of the signature is not now");
	else
		good = check_key(hook, r, time.ptr, header, v);
	crm_str_release(&text);
	crm_str_release(&time);
	return good;
}

/* --- challenges --- */

static bool is_asked(const struct crm_webhook_challenge *ask, const struct crm_webhook_request *r,
		     const struct crm_json_doc *doc, struct crm_str *answer)
{
	struct crm_str value = CRM_STR_INIT;
	bool asked = value_at(r, doc, ask->answer, answer);

	for (size_t i = 0; i < ask->n_when && asked; i++)
		asked = value_at(r, doc, ask->when[2 * i], &value)
			&& crm_slice_is(crm_str_slice(&value), ask->when[2 * i + 1]);
	crm_str_release(&value);
	return asked;
}

/* Only what looks like a token is echoed or signed: else somebody could have a body of his
 * own signed with the key that proves where bodies come from. */
static bool is_token(struct crm_slice s, bool sign)
{
	size_t len = s.len;

	while (sign && len && s.ptr[len - 1] == '=')
		len--;
	for (size_t i = 0; i < len; i++) {
		char c = s.ptr[i];
		bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
			    || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';

		if (!word && (sign || c < ' ' || c > '~'))
			return false;
	}
	return len && s.len <= CRM_WEBHOOK_CHALLENGE_MAX;
}

/* The reply: the template with {challenge}, as within a JSON string, and {signed} put in. */
static void put_reply(const struct crm_webhook_challenge *ask, struct crm_slice challenge,
		      struct crm_slice signature, struct crm_str *out)
{
	struct crm_str quoted = CRM_STR_INIT;
	const char *p = ask->reply, *open;

	crm_json_string(&quoted, challenge);
	for (; (open = strchr(p, '{')); p = open) {
		crm_str_add(out, p, (size_t)(open - p));
		if (!strncmp(open, "{challenge}", 11)) {
			crm_str_add(out, quoted.ptr + 1, quoted.len - 2);
			open += 11;
		} else if (!strncmp(open, "{signed}", 8)) {
			crm_str_add(out, signature.ptr, signature.len);
			open += 8;
		} else {
			crm_str_addc(out, *open++);
		}
	}
	crm_str_adds(out, p);
	crm_str_release(&quoted);
}

static bool sign_challenge(const struct crm_webhook *hook, const struct crm_webhook_request *r,
			   struct crm_slice challenge, struct crm_str *out,
			   struct crm_webhook_verdict *v)
{
	struct crm_str key = CRM_STR_INIT, bytes = CRM_STR_INIT;
	struct crm_err err;
	enum crm_status rc;

	rc = get_secret(r, hook->secret, hook->signature.secret_encoding, &key, &err);
	if (rc == CRM_OK) {
		crm_signature_make((enum crm_signature_method)hook->challenge.sign,
				   crm_str_slice(&key), challenge, &bytes);
		crm_encoded_put(crm_str_slice(&bytes), (enum crm_encoding)hook->challenge.encoding,
				out);
	} else {
		refuse(v, 500, "configuration");
		snprintf(v->why, sizeof(v->why), "%.250s", err.text);
	}
	crm_secret_wipe(&key);
	crm_str_release(&bytes);
	return rc == CRM_OK;
}

/* Has the asker given back what we agreed on? */
static bool is_verified(const struct crm_webhook_challenge *ask,
			const struct crm_webhook_request *r, const struct crm_json_doc *doc,
			struct crm_webhook_verdict *v)
{
	struct crm_str secret = CRM_STR_INIT, value = CRM_STR_INIT;
	struct crm_err err;
	bool good = true;

	if (!ask->verify)
		return true;
	if (r->secret(r->data, ask->secret, &secret, &err) != CRM_OK) {
		refuse(v, 500, "configuration");
		snprintf(v->why, sizeof(v->why), "%.250s", err.text);
		good = false;
	} else if (!value_at(r, doc, ask->verify, &value)
		   || !crm_token_same(crm_str_slice(&secret), crm_str_slice(&value))) {
		refuse(v, 403, "the challenge has another token");
		good = false;
	}
	crm_secret_wipe(&secret);
	crm_str_release(&value);
	return good;
}

/* Answers a challenge; false when the request is none. */
static bool answer(const struct crm_webhook *hook, const struct crm_webhook_request *r,
		   const struct crm_json_doc *doc, struct crm_webhook_verdict *v)
{
	const struct crm_webhook_challenge *ask = &hook->challenge;
	struct crm_str challenge = CRM_STR_INIT, signature = CRM_STR_INIT;
	bool asked = is_asked(ask, r, doc, &challenge);

	if (asked && !is_token(crm_str_slice(&challenge), ask->sign >= 0)) {
		refuse(v, 400, "the challenge is not one that is answered");
	} else if (asked && is_verified(ask, r, doc, v)
		   && (ask->sign < 0
		       || sign_challenge(hook, r, crm_str_slice(&challenge), &signature, v))) {
		v->status = 200;
		v->type = ask->reply_type ? ask->reply_type
			  : ask->reply    ? "application/json"
					  : "text/plain";
		if (ask->reply)
			put_reply(ask, crm_str_slice(&challenge), crm_str_slice(&signature),
				  &v->body);
		else
			crm_str_add(&v->body, challenge.ptr, challenge.len);
	}
	crm_str_release(&challenge);
	crm_str_release(&signature);
	return asked;
}

/* A challenge in the query string is answered before the signature is looked at, since
 * nobody signs those; one in a body after it. */
static bool answer_query(const struct crm_webhook *hook, const struct crm_webhook_request *r,
			 struct crm_webhook_verdict *v)
{
	struct crm_json_doc none = CRM_JSON_DOC_INIT;

	return hook->challenge.answer && *hook->challenge.answer != '/'
	       && answer(hook, r, &none, v);
}

static bool answer_body(const struct crm_webhook *hook, const struct crm_webhook_request *r,
			struct crm_webhook_verdict *v)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	bool asked = false;

	if (hook->challenge.answer && *hook->challenge.answer == '/'
	    && crm_json_scan(&doc, r->body.ptr, r->body.len) == CRM_OK)
		asked = answer(hook, r, &doc, v);
	crm_json_doc_release(&doc);
	return asked;
}

/* --- the record --- */

/* Can a channel that reads this take a body of the request's type? Who sends JSON often
 * says something else, but never that it is a form. */
static bool takes(const char *reads, const struct crm_webhook_request *r)
{
	struct crm_slice type = bare(r->type);
	bool form = is_form(type) || crm_slice_is_caseless(type, "multipart/form-data");
	bool suffix = type.len > 5 && !strncasecmp(type.ptr + type.len - 5, "+json", 5);

	if (!strcmp(reads, "form"))
		return form || crm_slice_is_caseless(type, "application/json");
	if (!strcmp(reads, "json"))
		return !type.len || suffix || crm_slice_is_caseless(type, "application/json")
		       || crm_slice_is_caseless(type, "text/json")
		       || crm_slice_is_caseless(type, "text/plain");
	return !form;
}

/* What its sender calls a post, or NULL: then form.h makes something up. */
static const char *request_id(const struct crm_webhook *hook, const struct crm_webhook_request *r)
{
	const char *id = NULL;

	for (size_t i = 0; i < hook->n_id && !(id && *id); i++)
		id = r->header(r->data, hook->id[i]);
	return id && *id ? id : NULL;
}

/* The query string without the token that a GET proves itself with. */
static struct crm_slice without(struct crm_slice query, const char *parameter, struct crm_str *room)
{
	struct crm_slice rest = query, piece;
	size_t len = parameter ? strlen(parameter) : 0;

	while (parameter && next_piece(&rest, "&", &piece)) {
		if (piece.len >= len && !memcmp(piece.ptr, parameter, len)
		    && (piece.len == len || piece.ptr[len] == '='))
			continue;
		crm_str_adds(room, room->len ? "&" : "");
		crm_str_add(room, piece.ptr, piece.len);
	}
	return parameter ? crm_str_slice(room) : query;
}

static void make_record(const struct crm_webhook *hook, const char *reads,
			const struct crm_webhook_request *r, struct crm_webhook_verdict *v)
{
	bool get = !strcmp(r->method, "GET");
	struct crm_str received = CRM_STR_INIT, room = CRM_STR_INIT, query = CRM_STR_INIT;
	struct crm_slice content = r->body;
	char *type;

	if (get)
		content = without(r->query, hook->signature.parameter, &room);
	if (!strcmp(reads, "form")) {
		type = get ? crm_strdup(FORM_TYPE) : crm_strndup(r->type.ptr, r->type.len);
		crm_time_format(r->now, 0, &received);
		if (!get && r->query.len && !hook->signature.parameter)
			crm_str_addf(&query, "?%.*s", (int)r->query.len, r->query.ptr);
		crm_form_head(
			&v->record, type,
			(const struct crm_form_note[]){{"received", received.ptr},
						       {"id", request_id(hook, r)},
						       {"remote_addr", r->remote_addr},
						       {"referer", r->referer},
						       {"query", query.len ? query.ptr : NULL},
						       {NULL, NULL}});
		free(type);
	}
	crm_str_add(&v->record, content.ptr ? content.ptr : "", content.len);
	crm_str_release(&received);
	crm_str_release(&room);
	crm_str_release(&query);
}

/* What a person sees who follows the link: it does nothing yet, since programs that look into
 * mail follow links too. */
static void show_page(const struct crm_webhook *hook, struct crm_webhook_verdict *v)
{
	v->status = 200;
	v->type = "text/html; charset=utf-8";
	crm_str_adds(&v->body, hook->page);
}

void crm_webhook_judge(const struct crm_webhook *hook, const char *reads,
		       const struct crm_webhook_request *r, struct crm_webhook_verdict *v)
{
	bool get = !strcmp(r->method, "GET");

	if (!hook)
		refuse(v, 403, "this channel takes no posts");
	else if (answer_query(hook, r, v))
		return;
	else if (get && hook->page)
		show_page(hook, v);
	else if (strcmp(r->method, "POST") != 0 && !(get && hook->get))
		refuse(v, 405, "not by this method");
	else if (!check_signature(hook, r, v) || answer_body(hook, r, v))
		return;
	else if (get ? strcmp(reads, "form") != 0 : !takes(reads, r))
		refuse(v, 415, "not this type of content");
	else
		make_record(hook, reads, r, v);
}

/* --- the answer --- */

static void put_counts(const struct crm_webhook_result *result, struct crm_webhook_verdict *v)
{
	crm_str_clear(&v->body);
	crm_json_open(&v->body, '{');
	crm_json_put_int(&v->body, "stored", result->stored);
	crm_json_put_int(&v->body, "duplicate", result->duplicate);
	crm_json_put_int(&v->body, "set_aside", result->set_aside);
	crm_json_close(&v->body, '}');
	v->type = "application/json";
}

void crm_webhook_done(const struct crm_webhook *hook, const struct crm_webhook_result *result,
		      struct crm_webhook_verdict *v)
{
	if (result->status == CRM_BUSY) {
		refuse(v, 503, "busy: try again");
		return;
	}
	if (result->status == CRM_DATA) {
		refuse(v, 400, "cannot be read");
		return;
	}
	if (result->status != CRM_OK) {
		refuse(v, 500, "could not be stored");
		return;
	}
	put_counts(result, v);
	if (!result->stored && !result->duplicate) {
		v->status = 400;
		return;
	}
	v->status = hook->redirect ? 303 : 200;
	v->location = hook->redirect;
	if (hook->reply) {
		crm_str_clear(&v->body);
		crm_str_adds(&v->body, hook->reply);
		v->type = hook->reply_type ? hook->reply_type : "text/plain";
	}
}

static const char *reason_phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} phrases[] = {
		{200, "OK"},
		{303, "See Other"},
		{400, "Bad Request"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{411, "Length Required"},
		{413, "Content Too Large"},
		{415, "Unsupported Media Type"},
		{503, "Service Unavailable"},
	};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "Internal Server Error";
}

void crm_webhook_write(const struct crm_webhook_verdict *v, struct crm_str *out)
{
	crm_str_addf(out, "Status: %d %s\r\n", v->status, reason_phrase(v->status));
	crm_str_addf(out, "Content-Type: %s\r\n", v->type ? v->type : "text/plain");
	crm_str_addf(out, "Content-Length: %zu\r\n", v->body.len);
	crm_str_adds(out, "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
	if (v->location)
		crm_str_addf(out, "Location: %s\r\n", v->location);
	if (v->status == 405)
		crm_str_adds(out, "Allow: POST\r\n");
	if (v->status == 503)
		crm_str_adds(out, "Retry-After: 10\r\n");
	crm_str_adds(out, "\r\n");
	crm_str_add(out, v->body.ptr, v->body.len);
}

void crm_webhook_verdict_release(struct crm_webhook_verdict *v)
{
	crm_str_release(&v->record);
	crm_str_release(&v->body);
}
