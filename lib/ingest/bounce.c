/* SPDX-License-Identifier: MIT */
/* The list of reports, the fields of RFC 3464, and what all that was read of a recipient comes to.
 */
#include "ingest/bounce.h"

#include <gmime/gmime.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "norm/email.h"
#include "norm/text.h"

#define WORDS_MAX 8192 /* of a notice that are searched for a reason */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

void crm_reports_cut(struct crm_reports *reports, size_t n)
{
	while (reports->n > n) {
		struct crm_report *report = &reports->all[--reports->n];

		crm_str_release(&report->recipient);
		crm_str_release(&report->local);
		crm_str_release(&report->action);
		crm_str_release(&report->diagnostic);
	}
}

void crm_reports_release(struct crm_reports *reports)
{
	crm_reports_cut(reports, 0);
	free(reports->all);
	*reports = (struct crm_reports)CRM_REPORTS_INIT;
}

struct crm_report *crm_reports_add(struct crm_reports *reports)
{
	struct crm_report *new;

	if (reports->n == CRM_REPORTS_MAX)
		return &reports->all[reports->n - 1];
	CRM_GROW(reports->all, reports->n + 1, reports->cap);
	new = &reports->all[reports->n++];
	*new = (struct crm_report){.recipient = CRM_STR_INIT,
				   .local = CRM_STR_INIT,
				   .action = CRM_STR_INIT,
				   .diagnostic = CRM_STR_INIT};
	return new;
}

bool crm_report_recipient(struct crm_report *report, struct crm_slice address)
{
	struct crm_str got = CRM_STR_INIT;
	char *decoded = NULL;
	bool good;

	address = crm_slice_trim(address);
	if (address.len && memmem(address.ptr, address.len, "=?", 2) && address.len < 1000) {
		char *encoded = crm_strndup(address.ptr, address.len);

		decoded = g_mime_utils_header_decode_text(NULL, encoded);
		free(encoded);
		address = crm_slice_of(decoded);
	}
	if ((good = crm_email_normalise(address, &got, NULL))) {
		crm_str_clear(&report->recipient);
		crm_str_add(&report->recipient, got.ptr, got.len);
	}
	g_free(decoded);
	crm_str_release(&got);
	return good;
}

struct crm_report *crm_reports_find(struct crm_reports *reports, struct crm_slice recipient)
{
	size_t i;

	for (i = 0; i < reports->n; i++)
		if (crm_slice_same(recipient, crm_str_slice(&reports->all[i].recipient)))
			return &reports->all[i];
	return NULL;
}

void crm_report_say(struct crm_report *report, struct crm_slice text)
{
	size_t room = 4 * CRM_DIAGNOSTIC_MAX - report->diagnostic.len;

	text = crm_slice_trim(text);
	if (!text.len || report->diagnostic.len >= 4 * CRM_DIAGNOSTIC_MAX - 1)
		return;
	if (report->diagnostic.len)
		crm_str_addc(&report->diagnostic, ' ');
	crm_str_add(&report->diagnostic, text.ptr, text.len < room ? text.len : room);
}

/*
 * Fields.
 */

/* Length of the name that line begins with, 0 when it is no field. */
static size_t field_name(struct crm_slice line)
{
	size_t i;

	for (i = 0; i < line.len && i < 64; i++) {
		char c = line.ptr[i];

		if (c == ':')
			return i;
		if (c != '-' && c != '_' && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z')
		    && !(is_digit(c) && i))
			return 0;
	}
	return 0;
}

struct field {
	struct crm_str name, value;
	crm_field_fn *fn;
	void *data;
};

static void give_field(struct field *f)
{
	if (f->name.len)
		f->fn(f->data, crm_str_slice(&f->name), crm_slice_trim(crm_str_slice(&f->value)));
	crm_str_clear(&f->name);
	crm_str_clear(&f->value);
}

/* Some hosts break a long value without a blank at the next line's start (RFC 5322 2.2.3):
 * a line that has no name goes on with the one before. */
void crm_fields_each(struct crm_slice text, crm_field_fn *field, void *data)
{
	struct field f = {CRM_STR_INIT, CRM_STR_INIT, field, data};

	while (text.len) {
		struct crm_slice line = crm_slice_line(&text);
		size_t n = field_name(line);

		if (!crm_slice_trim(line).len) {
			give_field(&f);
			field(data, CRM_SLICE(""), CRM_SLICE(""));
		} else if (n && !is_blank(line.ptr[0])) {
			give_field(&f);
			crm_str_add_lower(&f.name, (struct crm_slice){line.ptr, n});
			crm_str_add(&f.value, line.ptr + n + 1, line.len - n - 1);
		} else if (f.name.len) {
			line = crm_slice_trim(line);
			crm_str_addc(&f.value, ' ');
			crm_str_add(&f.value, line.ptr, line.len);
		}
	}
	give_field(&f);
	crm_str_release(&f.name);
	crm_str_release(&f.value);
}

struct crm_slice crm_report_typed(struct crm_slice value)
{
	const char *semicolon = value.len ? memchr(value.ptr, ';', value.len) : NULL, *colon;

	if (semicolon)
		value = crm_slice_from(value, (size_t)(semicolon + 1 - value.ptr));
	value = crm_slice_trim(value);
	if (value.len > 1 && value.ptr[0] == '<' && value.ptr[value.len - 1] == '>')
		value = (struct crm_slice){value.ptr + 1, value.len - 2};
	if (value.len && value.ptr[0] == '@' && (colon = memchr(value.ptr, ':', value.len)))
		value = crm_slice_from(value, (size_t)(colon + 1 - value.ptr));
	return value;
}

/* Not a piece of an address of the network. What the other host said last in it is not better: it
 * is a link, or a number. */
bool crm_report_code(struct crm_slice text, char code[12])
{
	size_t i;

	for (i = 0; i + 5 <= text.len; i++) {
		size_t j = i + 2, k;

		if ((text.ptr[i] != '2' && text.ptr[i] != '4' && text.ptr[i] != '5')
		    || text.ptr[i + 1] != '.'
		    || (i && (is_digit(text.ptr[i - 1]) || text.ptr[i - 1] == '.')))
			continue;
		while (j < text.len && j < i + 5 && is_digit(text.ptr[j]))
			j++;
		if (j == i + 2 || j >= text.len || text.ptr[j] != '.')
			continue;
		for (k = j + 1; k < text.len && k < j + 4 && is_digit(text.ptr[k]);)
			k++;
		if (k == j + 1 || (k < text.len && is_digit(text.ptr[k]))
		    || (k + 1 < text.len && text.ptr[k] == '.' && is_digit(text.ptr[k + 1])))
			continue;
		memcpy(code, text.ptr + i, k - i);
		code[k - i] = '\0';
		return true;
	}
	return false;
}

/* A word of three digits, 4 or 5 first,
 * with a blank, a hyphen or a code after it, and nothing that makes it a port or a size. */
bool crm_report_reply(struct crm_slice text, char reply[4])
{
	size_t i;

	for (i = 0; i + 3 <= text.len; i++) {
		char before = i ? text.ptr[i - 1] : ' ',
		     after = i + 3 < text.len ? text.ptr[i + 3] : ' ';

		if ((text.ptr[i] != '4' && text.ptr[i] != '5') || text.ptr[i + 1] < '0'
		    || text.ptr[i + 1] > '7' || !is_digit(text.ptr[i + 2]))
			continue;
		if (!strchr(" \t\r\n:;'\"[(>#", before) || !before
		    || (!strchr(" -\t\r\n:,.'\"\\])", after)) || !after)
			continue;
		memcpy(reply, text.ptr + i, 3);
		reply[3] = '\0';
		return true;
	}
	return false;
}

struct status {
	struct crm_reports *reports;
	bool open;  /* the last report is of the block at hand */
	bool final; /* and has its recipient */
};

/* What is sent to is marked, so the address as the sender wrote it counts first. */
static void status_recipient(struct crm_report *r, struct crm_slice value, unsigned rank)
{
	value = crm_report_typed(value);
	if (rank > r->rank && crm_report_recipient(r, value))
		r->rank = rank;
	else if (!r->local.len && value.len < 255)
		crm_str_add(&r->local, value.ptr, value.len);
}

static void status_field(void *data, struct crm_slice name, struct crm_slice value)
{
	struct status *s = data;
	bool final = crm_slice_is(name, "final-recipient");
	struct crm_report *r;
	const char *semicolon;

	if (!name.len) {
		s->open = false;
		return;
	}
	if (!final && !crm_slice_is(name, "original-recipient") && !crm_slice_is(name, "action")
	    && !crm_slice_is(name, "status") && !crm_slice_is(name, "diagnostic-code")
	    && !crm_slice_is(name, "x-actual-recipient"))
		return;
	if (!s->open || (final && s->final)) {
		if (s->reports->n == CRM_REPORTS_MAX)
			return;
		crm_reports_add(s->reports);
		s->open = true;
		s->final = false;
	}
	r = &s->reports->all[s->reports->n - 1];
	s->final = s->final || final;
	if (final)
		status_recipient(r, value, 2);
	else if (crm_slice_is(name, "original-recipient"))
		status_recipient(r, value, 3);
	else if (crm_slice_is(name, "x-actual-recipient"))
		status_recipient(r, value, 1);
	else if (crm_slice_is(name, "action"))
		crm_str_add(&r->action, value.ptr, value.len < 32 ? value.len : 32);
	else if (crm_slice_is(name, "status"))
		crm_report_code(value, r->code);
	else {
		semicolon =
			value.len ? memchr(value.ptr, ';', value.len < 24 ? value.len : 24) : NULL;
		if (semicolon && !memchr(value.ptr, ' ', (size_t)(semicolon - value.ptr)))
			value = crm_slice_from(value, (size_t)(semicolon + 1 - value.ptr));
		crm_report_say(r, value);
	}
}

/* Does it say of any recipient what became of the message? */
static bool says_anything(const struct crm_report *r)
{
	return (r->recipient.len || r->local.len) && (r->action.len || r->code[0]);
}

void crm_reports_status(struct crm_reports *reports, struct crm_slice text)
{
	struct status s = {reports, false, false};
	size_t i, n = 0;
	bool any = false;

	crm_fields_each(text, status_field, &s);
	for (i = 0; i < reports->n; i++)
		any = any || says_anything(&reports->all[i]);
	for (i = 0; i < reports->n; i++) { /* fields of the message, or of none */
		struct crm_report *r = &reports->all[i];

		if (any ? says_anything(r) : r->recipient.len || r->action.len || r->code[0]) {
			struct crm_report kept = *r;

			*r = reports->all[n];
			reports->all[n++] = kept;
		}
	}
	crm_reports_cut(reports, n);
}

/*
 * What it comes to.
 */

/* The stronger of the code that a field gave and the one the other host wrote: that of the
 * field is often made up out of a 5 or a 4 alone. */
static void settle_code(struct crm_report *r, struct crm_slice text)
{
	char said[12] = "";

	crm_report_code(text, said);
	if (!r->reply[0])
		crm_report_reply(text, r->reply);
	if (!said[0])
		return;
	if (!r->code[0] || !strcmp(r->code + 1, ".0.0")
	    || (r->code[0] == '4' && said[0] == '5' && !strcasecmp(r->action.ptr, "failed")))
		memcpy(r->code, said, sizeof(said));
}

static void settle_status(struct crm_report *r, bool delay)
{
	static const struct {
		const char *action, *status;
	} actions[] = {
		{"failed", "bounced"},   {"failure", "bounced"},     {"undeliverable", "bounced"},
		{"delayed", "deferred"}, {"delivered", "delivered"}, {"deliverable", "delivered"},
		{"relayed", "relayed"},  {"expanded", "expanded"},
	};
	size_t i;

	for (i = 0; i < sizeof(actions) / sizeof(actions[0]) && !r->status; i++)
		if (!strncasecmp(r->action.ptr, actions[i].action, strlen(actions[i].action)))
			r->status = actions[i].status;
	if (!r->status && r->code[0] == '2')
		r->status = "delivered";
	if (!r->status)
		r->status = delay ? "deferred" : "bounced";
}

static bool is_failure(const struct crm_report *r)
{
	return !strcmp(r->status, "bounced") || !strcmp(r->status, "deferred");
}

/* Some hosts put their own name of a code before the words of the other one, and it is wrong:
 * "5.1.0 - Unknown address error 550-'Access denied'". */
static void drop_name_of_code(struct crm_str *words)
{
	static const char name[] = "unknown address error";
	char *at = strstr(words->ptr, name);

	if (at && at[sizeof(name) - 1] == ' ')
		memset(at, ' ', sizeof(name) - 1);
}

static void settle_reason(struct crm_report *r, struct crm_slice words)
{
	struct crm_str own = CRM_STR_INIT;

	crm_reason_words(crm_str_slice(&r->diagnostic), &own);
	drop_name_of_code(&own);
	r->reason = crm_reason_worded(crm_str_slice(&own));
	if (!r->reason)
		r->reason = crm_reason_coded(r->code);
	if (!r->reason && words.len)
		r->reason = crm_reason_worded(words);
	if (!r->reason)
		r->reason = crm_reason_replied(r->reply);
	if (!r->reason)
		r->reason = crm_reason_named("undefined");
	crm_str_release(&own);
	/* A code that says "for now" is believed, unless it says nothing else: a domain that
	 * is not there is reported as 4.0.0 by some. */
	r->hard = !strcmp(r->status, "bounced") && r->reason->hard
		  && !(r->code[0] == '4' && strcmp(r->code, "4.0.0")) && r->reply[0] != '4';
}

/* What the notice says of the recipient of a report, or of the only one. */
static void settle_from(struct crm_reports *reports, struct crm_reports *notice, size_t i)
{
	struct crm_report *r = &reports->all[i], *said;

	said = crm_reports_find(notice, crm_str_slice(&r->recipient));
	if (!said && notice->n == 1 && reports->n == 1)
		said = notice->all;
	if (!said)
		return;
	if (!r->recipient.len)
		crm_str_add(&r->recipient, said->recipient.ptr, said->recipient.len);
	if (!r->diagnostic.len)
		crm_report_say(r, crm_str_slice(&said->diagnostic));
}

void crm_reports_settle(struct crm_reports *reports, struct crm_reports *notice,
			struct crm_slice text, struct crm_slice words, bool delay)
{
	size_t i;

	if (words.len > WORDS_MAX)
		words.len = WORDS_MAX;
	for (i = 0; i < reports->n; i++) {
		struct crm_report *r = &reports->all[i];

		if (notice)
			settle_from(reports, notice, i);
		settle_code(r, crm_str_slice(&r->diagnostic));
		if (!r->code[0] && !r->reply[0] && reports->n == 1)
			settle_code(r, text);
		settle_status(r, delay);
		if (!is_failure(r))
			continue;
		if (!r->diagnostic.len && reports->n == 1)
			crm_report_say(r, text);
		settle_reason(r, reports->n == 1 ? words : (struct crm_slice){NULL, 0});
	}
}

static void put_text(struct crm_str *json, const char *key, const struct crm_str *text)
{
	struct crm_str clean = CRM_STR_INIT;
	size_t n;

	crm_text_clean(crm_str_slice(text), &clean);
	if ((n = clean.len) > CRM_DIAGNOSTIC_MAX)
		for (n = CRM_DIAGNOSTIC_MAX; n && (clean.ptr[n] & 0xC0) == 0x80;)
			n--;
	if (n) {
		crm_json_key(json, key);
		crm_json_string(json, (struct crm_slice){clean.ptr, n});
	}
	crm_str_release(&clean);
}

void crm_reports_json(const struct crm_reports *reports, struct crm_str *json)
{
	size_t i;

	crm_json_open(json, '[');
	for (i = 0; i < reports->n; i++) {
		const struct crm_report *r = &reports->all[i];

		crm_json_open(json, '{');
		if (r->recipient.len)
			put_text(json, "recipient", &r->recipient);
		crm_json_put(json, "status", r->status ? r->status : "bounced");
		put_text(json, "action", &r->action);
		if (r->code[0])
			crm_json_put(json, "code", r->code);
		if (r->reply[0])
			crm_json_put(json, "reply", r->reply);
		if (r->reason)
			crm_json_put(json, "reason", r->reason->name);
		if (r->status && is_failure(r)) {
			crm_json_key(json, "hard");
			crm_json_bool(json, r->hard);
		}
		put_text(json, "diagnostic", &r->diagnostic);
		crm_json_close(json, '}');
	}
	crm_json_close(json, ']');
}
