/* SPDX-License-Identifier: MIT */
/* A report that follows RFC 3464 is a matter of fields. The others, and there are as many
 * as there were authors of mail hosts, have this in common: before the copy of the message
 * they name the recipient, mostly at the start of a line, and after it what the other host
 * said, mostly with an SMTP reply. That is looked for; no host is known by name. */
#include "ingest/bounce.h"

#include <gmime/gmime.h>
#include <pthread.h>
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

static void release(struct crm_report *report)
{
	crm_str_release(&report->recipient);
	crm_str_release(&report->local);
	crm_str_release(&report->action);
	crm_str_release(&report->diagnostic);
}

void crm_reports_release(struct crm_reports *reports)
{
	size_t i;

	for (i = 0; i < reports->n; i++)
		release(&reports->all[i]);
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

static struct crm_report *find(struct crm_reports *reports, struct crm_slice recipient)
{
	size_t i;

	for (i = 0; i < reports->n; i++)
		if (crm_slice_same(recipient, crm_str_slice(&reports->all[i].recipient)))
			return &reports->all[i];
	return NULL;
}

static void add_diagnostic(struct crm_report *report, struct crm_slice text)
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

/* "rfc822; <ada@x.org>" without its type, brackets and route (RFC 5321 appendix C). */
static struct crm_slice typed(struct crm_slice value)
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

/* The first enhanced status (RFC 3463 2) of text that is no piece of an address of the
 * network. What the other host said last in it is not better: it is a link, or a number. */
static bool find_code(struct crm_slice text, char code[12])
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

/* The first SMTP reply that refuses (RFC 5321 4.2): a word of three digits, 4 or 5 first,
 * with a blank, a hyphen or a code after it, and nothing that makes it a port or a size. */
static bool find_reply(struct crm_slice text, char reply[4])
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
	value = typed(value);
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
		find_code(value, r->code);
	else {
		semicolon =
			value.len ? memchr(value.ptr, ';', value.len < 24 ? value.len : 24) : NULL;
		if (semicolon && !memchr(value.ptr, ' ', (size_t)(semicolon - value.ptr)))
			value = crm_slice_from(value, (size_t)(semicolon + 1 - value.ptr));
		add_diagnostic(r, value);
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
	while (reports->n > n)
		release(&reports->all[--reports->n]);
}

/*
 * Amazon SES (Developer Guide, "Amazon SNS notification contents"). A long line may have
 * been broken within a string on its way.
 */

static void unbreak(struct crm_slice text, struct crm_str *out)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		if (text.ptr[i] == '!' && i + 1 < text.len
		    && (text.ptr[i + 1] == '\n' || text.ptr[i + 1] == '\r'))
			continue;
		if (text.ptr[i] == '\n' || text.ptr[i] == '\r') {
			while (i + 1 < text.len
			       && (text.ptr[i + 1] == ' ' || text.ptr[i + 1] == '\n'))
				i++;
			continue;
		}
		crm_str_addc(out, text.ptr[i]);
	}
}

static void text_at(const struct crm_json_doc *doc, const struct crm_json_value *from,
		    const char *pointer, struct crm_str *out)
{
	const struct crm_json_value *v = from ? crm_json_pointer(doc, from, pointer) : NULL;

	if (v && v->type == CRM_JSON_STRING)
		crm_json_text(v, out);
}

static void ses_recipients(struct crm_reports *reports, const struct crm_json_doc *doc,
			   const struct crm_json_value *list, const char *status, bool permanent)
{
	const struct crm_json_value *v;
	uint32_t i;

	if (!list || list->type != CRM_JSON_ARRAY)
		return;
	for (i = 0, v = list + 1; i < list->count && i < CRM_REPORTS_MAX;
	     i++, v = doc->values + v->next) {
		struct crm_str s = CRM_STR_INIT;
		struct crm_report *r = crm_reports_add(reports);

		if (v->type == CRM_JSON_STRING)
			crm_json_text(v, &s);
		else
			text_at(doc, v, "/emailAddress", &s);
		crm_report_recipient(r, crm_str_slice(&s));
		r->status = status;
		if (v->type == CRM_JSON_OBJECT) {
			text_at(doc, v, "/action", &r->action);
			crm_str_clear(&s);
			text_at(doc, v, "/status", &s);
			find_code(crm_str_slice(&s), r->code);
			crm_str_clear(&s);
			text_at(doc, v, "/diagnosticCode", &s);
			add_diagnostic(r, typed(crm_str_slice(&s)));
		}
		if (permanent && !r->code[0] && !r->diagnostic.len)
			crm_str_adds(&r->diagnostic, "no such user");
		crm_str_release(&s);
	}
}

static void ses_about(const struct crm_json_doc *doc, struct crm_str *about)
{
	const struct crm_json_value *mail = crm_json_pointer(doc, doc->values, "/mail");

	text_at(doc, mail, "/commonHeaders/messageId", about);
	if (!about->len)
		text_at(doc, mail, "/messageId", about);
}

static bool ses_read(struct crm_reports *reports, const struct crm_json_doc *doc, const char **kind)
{
	const struct crm_json_value *root = doc->values, *v;
	struct crm_str type = CRM_STR_INIT, sub = CRM_STR_INIT;
	bool good = true;

	text_at(doc, root, "/notificationType", &type);
	if (!type.len)
		text_at(doc, root, "/eventType", &type);
	if (!strcmp(type.ptr, "Bounce")) {
		text_at(doc, root, "/bounce/bounceSubType", &sub);
		v = crm_json_pointer(doc, root, "/bounce/bouncedRecipients");
		ses_recipients(reports, doc, v, "bounced", !strcmp(sub.ptr, "NoEmail"));
		*kind = "bounce";
	} else if (!strcmp(type.ptr, "Complaint")) {
		v = crm_json_pointer(doc, root, "/complaint/complainedRecipients");
		ses_recipients(reports, doc, v, "complained", false);
		*kind = "complaint";
	} else if (!strcmp(type.ptr, "Delivery")) {
		v = crm_json_pointer(doc, root, "/delivery/recipients");
		ses_recipients(reports, doc, v, "delivered", false);
		*kind = "receipt";
	} else {
		good = false;
	}
	crm_str_release(&type);
	crm_str_release(&sub);
	return good && reports->n;
}

bool crm_reports_ses(struct crm_reports *reports, struct crm_slice text, const char **kind,
		     struct crm_str *about)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	struct crm_str json = CRM_STR_INIT;
	const char *end;
	bool good = false;

	text = crm_slice_trim(text);
	if (!text.len || text.ptr[0] != '{' || !(end = memrchr(text.ptr, '}', text.len)))
		return false;
	unbreak((struct crm_slice){text.ptr, (size_t)(end + 1 - text.ptr)}, &json);
	if (crm_json_scan(&doc, json.ptr, json.len) == CRM_OK && doc.values->type == CRM_JSON_OBJECT
	    && (good = ses_read(reports, &doc, kind)))
		ses_about(&doc, about);
	crm_json_doc_release(&doc);
	crm_str_release(&json);
	return good;
}

/*
 * Notices in words.
 */

/* Lines, in lower case, after which the copy of the message comes. */
static const char *const copy_follows[] = {
	"below this line is a copy",
	"copy of the message",
	"copy of your message",
	"copy of the original",
	"enclosed is a copy",
	"original message follow",
	"original message header",
	"original message -",
	"-original message",
	"original message:",
	"message headers follow",
	"message header follow",
	"header of the original",
	"unsent message",
	"returned message -",
	"-returned message",
	"returned message:",
	"message text follows",
	"the original message:",
	"undelivered message follow",
	"first * lines of the",
	"message contents follow",
	"original message is attached",
	"content of your message",
	"ursprüngliche nachricht",
	"mensaje original",
	"message d'origine",
};

static const char *const delays[] = {
	"is delayed for more than",
	"has been delayed",
	"delivery delayed",
	"delivery is delayed",
	"will retry",
	"will keep trying",
	"will continue to",
	"will be retried",
	"temporary failure report",
	"could not send mail for past",
	"could not send message for past",
	"not yet been delivered",
	"do not need to re",
	"still being attempted",
	"warning message only",
	"warning--",
	"no action is required",
	"status notification (delay)",
	"delivery attempts will continue",
	"delayed mail",
};

/* The end of trying, whatever is said of delays. */
static const char *const ends[] = {
	"giving up",  "given up",
	"permanent",  "not going to try again",
	"no further", "could not be delivered for",
};

static struct crm_phrases of_copies, of_delays, of_ends;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void file_phrases(void)
{
	crm_phrases_init(&of_copies, copy_follows, sizeof(copy_follows) / sizeof(*copy_follows),
			 sizeof(*copy_follows));
	crm_phrases_init(&of_delays, delays, sizeof(delays) / sizeof(*delays), sizeof(*delays));
	crm_phrases_init(&of_ends, ends, sizeof(ends) / sizeof(*ends), sizeof(*ends));
}

static bool is_copy(struct crm_slice line, struct crm_str *words)
{

	if (crm_slice_starts_caseless(line, "received:")
	    || crm_slice_starts_caseless(line, "return-path:")
	    || crm_slice_starts_caseless(line, "dkim-signature:"))
		return true;
	if (line.len > 100)
		return false;
	crm_str_clear(words);
	crm_reason_words(line, words);
	return crm_phrases_find(&of_copies, crm_str_slice(words));
}

struct crm_slice crm_notice_body(struct crm_slice text)
{
	struct crm_str words = CRM_STR_INIT;
	struct crm_slice rest = text, line;
	bool any = false, copy = false;

	pthread_once(&once, file_phrases);
	while (!copy && rest.len) {
		line = crm_slice_line(&rest);
		copy = any && is_copy(line, &words);
		any = any || crm_slice_trim(line).len;
	}
	crm_str_release(&words);
	return copy ? (struct crm_slice){text.ptr, (size_t)(line.ptr - text.ptr)} : text;
}

static bool is_local(char c)
{
	return c && !strchr(" \t\r\n<>\"'(),:;[]\\@|", c);
}

static bool is_host(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'
	       || c == '.' || c & 0x80;
}

/* The address around the @ at place at of line; its length is 0 when there is none. */
static struct crm_slice address_around(struct crm_slice line, size_t at)
{
	size_t from = at, to = at + 1;

	while (from && is_local(line.ptr[from - 1]) && at - from < 64)
		from--;
	while (to < line.len && is_host(line.ptr[to]) && to - at < 254)
		to++;
	while (to > at + 1 && (line.ptr[to - 1] == '.' || line.ptr[to - 1] == '-'))
		to--;
	if (from == at || !memchr(line.ptr + at, '.', to - at))
		return (struct crm_slice){line.ptr, 0};
	return (struct crm_slice){line.ptr + from, to - from};
}

/* How surely an address on a line is a recipient. */
enum surely {
	NOT,
	SAID,   /* after an SMTP reply: of this line only */
	MAYBE,  /* after "to", "recipient" and the like */
	SURELY, /* it opens the line */
};

/* The word before place at of line, without punctuation. */
static struct crm_slice word_before(struct crm_slice line, size_t at)
{
	size_t end, from;

	while (at && strchr(" \t<\"'(:=[", line.ptr[at - 1]))
		at--;
	for (end = from = at; from && !strchr(" \t<\"'(:=[>", line.ptr[from - 1]);)
		from--;
	return (struct crm_slice){line.ptr + from, end - from};
}

static enum surely how_surely(struct crm_slice line, struct crm_slice address)
{
	static const char *const before[] = {"to",   "recipient", "recipients", "rcpt", "address",
					     "user", "mailbox",   "for",        "an",   "cc"};
	size_t at = (size_t)(address.ptr - line.ptr), i;
	struct crm_slice word;
	char code[12];

	for (i = 0; i < at && strchr(" \t>*-|\"'<([.", line.ptr[i]);)
		i++;
	if (i == at)
		return SURELY;
	word = word_before(line, at);
	for (i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		if (word.len == strlen(before[i]) && crm_slice_starts_caseless(word, before[i]))
			return MAYBE;
	if (line.ptr[at - 1] == '<'
	    && ((word.len == 3 && strchr("45", word.ptr[0]) && is_digit(word.ptr[1]))
		|| (word.len >= 5 && find_code(word, code))))
		return SAID;
	return NOT;
}

struct notice {
	struct crm_reports *reports;
	enum surely least; /* addresses that are less sure are passed over */
	struct crm_slice not_these;
	struct crm_report *now; /* of whom the lines speak */
};

static bool is_listed(struct crm_slice list, const struct crm_str *address)
{
	while (list.len)
		if (crm_slice_same(crm_slice_line(&list), crm_str_slice(address)))
			return true;
	return false;
}

/* Begins, or goes back to, the report of an address of the line. */
static bool speaks_of(struct notice *notice, struct crm_slice address)
{
	struct crm_report new = {.recipient = CRM_STR_INIT};
	bool good = crm_report_recipient(&new, address)
		    && !is_listed(notice->not_these, &new.recipient);

	if (good) {
		notice->now = find(notice->reports, crm_str_slice(&new.recipient));
		if (!notice->now && notice->reports->n < CRM_REPORTS_MAX) {
			notice->now = crm_reports_add(notice->reports);
			notice->now->recipient = new.recipient;
			return true;
		}
	}
	crm_str_release(&new.recipient);
	return good;
}

/* What is said of a recipient ends at a blank line, if the other host's words are there. */
static void notice_blank(struct notice *notice)
{
	struct crm_slice said;
	char code[12], reply[4];

	if (!notice->now)
		return;
	said = crm_str_slice(&notice->now->diagnostic);
	if (find_code(said, code) || find_reply(said, reply))
		notice->now = NULL;
}

static void notice_line(struct notice *notice, struct crm_slice line)
{
	const char *at = line.ptr;
	struct crm_slice trimmed = crm_slice_trim(line);
	bool of_sender = crm_reason_phrase(trimmed, "MAIL F")
			 || crm_slice_starts_caseless(trimmed, "from:")
			 || crm_slice_starts_caseless(trimmed, "mail from");
	enum surely surely = NOT;

	if (!trimmed.len)
		notice_blank(notice);
	while (!of_sender && (at = memchr(at, '@', (size_t)(line.ptr + line.len - at)))) {
		struct crm_slice address = address_around(line, (size_t)(at - line.ptr));

		surely = address.len ? how_surely(line, address) : NOT;
		if (address.len && surely >= notice->least && speaks_of(notice, address)) {
			if (surely == SURELY)
				line = crm_slice_from(
					line, (size_t)(address.ptr + address.len - line.ptr));
			break;
		}
		surely = NOT;
		at++;
	}
	while (line.len && strchr(">\":;, \t", line.ptr[0]) && line.ptr[0])
		line = crm_slice_from(line, 1);
	if (notice->now)
		add_diagnostic(notice->now, line);
	if (surely == SAID)
		notice->now = NULL;
}

void crm_reports_notice(struct crm_reports *reports, struct crm_slice notice,
			struct crm_slice not_these)
{
	static const struct {
		enum surely least;
		bool any; /* also the reader and the writer */
	} tries[] = {{SURELY, false}, {SAID, false}, {SURELY, true}, {SAID, true}, {NOT, true}};
	size_t i, before = reports->n;

	for (i = 0; i < sizeof(tries) / sizeof(tries[0]) && reports->n == before; i++) {
		struct notice n = {reports, tries[i].least, not_these, NULL};
		struct crm_slice rest = notice;

		if (tries[i].any)
			n.not_these.len = 0;
		while (rest.len)
			notice_line(&n, crm_slice_line(&rest));
	}
	if (i == sizeof(tries) / sizeof(tries[0]) && reports->n > before + 1)
		while (reports->n > before) /* any address: only if it is the one there is */
			release(&reports->all[--reports->n]);
}

bool crm_notice_delay(struct crm_slice subject, struct crm_slice words)
{
	pthread_once(&once, file_phrases);
	if (crm_phrases_find(&of_ends, words) || crm_phrases_find(&of_ends, subject))
		return false;
	return crm_phrases_find(&of_delays, words) || crm_phrases_find(&of_delays, subject);
}

bool crm_notice_reply(struct crm_slice notice)
{
	char code[12], reply[4];

	while (notice.len) {
		struct crm_slice line = crm_slice_line(&notice);

		if (find_code(line, code) || find_reply(line, reply))
			return true;
	}
	return false;
}

/*
 * What it comes to.
 */

/* The stronger of the code that a field gave and the one the other host wrote: that of the
 * field is often made up out of a 5 or a 4 alone. */
static void settle_code(struct crm_report *r, struct crm_slice text)
{
	char said[12] = "";

	find_code(text, said);
	if (!r->reply[0])
		find_reply(text, r->reply);
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

	said = find(notice, crm_str_slice(&r->recipient));
	if (!said && notice->n == 1 && reports->n == 1)
		said = notice->all;
	if (!said)
		return;
	if (!r->recipient.len)
		crm_str_add(&r->recipient, said->recipient.ptr, said->recipient.len);
	if (!r->diagnostic.len)
		add_diagnostic(r, crm_str_slice(&said->diagnostic));
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
			add_diagnostic(r, text);
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
