/* SPDX-License-Identifier: MIT */
/* As many hosts as there are authors of them have this in common: before the copy of the message
 * they name the recipient, mostly at the start of a line, and after it what the other host said,
 * mostly with an SMTP reply. That is looked for; no host is known by name. */
#include "ingest/notice.h"

#include <ctype.h>
#include <string.h>

#include "ingest/notice_words.h"

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
	return crm_notice_phrase(CRM_NOTICE_COPY, crm_str_slice(words));
}

struct crm_slice crm_notice_body(struct crm_slice text)
{
	struct crm_str words = CRM_STR_INIT;
	struct crm_slice rest = text, line;
	bool any = false, copy = false;

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
	return isdigit((unsigned char)c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
	       || c == '-' || c == '.' || c & 0x80;
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
	    && ((word.len == 3 && strchr("45", word.ptr[0]) && isdigit((unsigned char)word.ptr[1]))
		|| (word.len >= 5 && crm_report_code(word, code))))
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
		notice->now = crm_reports_find(notice->reports, crm_str_slice(&new.recipient));
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
	if (crm_report_code(said, code) || crm_report_reply(said, reply))
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
		crm_report_say(notice->now, line);
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
		crm_reports_cut(reports, before); /* any address: only if it is the one there is */
}

bool crm_notice_delay(struct crm_slice subject, struct crm_slice words)
{
	if (crm_notice_phrase(CRM_NOTICE_END, words) || crm_notice_phrase(CRM_NOTICE_END, subject))
		return false;
	return crm_notice_phrase(CRM_NOTICE_DELAY, words)
	       || crm_notice_phrase(CRM_NOTICE_DELAY, subject);
}

bool crm_notice_reply(struct crm_slice notice)
{
	char code[12], reply[4];

	while (notice.len) {
		struct crm_slice line = crm_slice_line(&notice);

		if (crm_report_code(line, code) || crm_report_reply(line, reply))
			return true;
	}
	return false;
}
