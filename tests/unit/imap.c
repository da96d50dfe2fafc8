/* SPDX-License-Identifier: MIT */
/* URLs of mailboxes (RFC 5092), names of folders (the examples of RFC 3501 section 5.1.3 and
 * of RFC 2152) and answers of servers (RFC 3501 section 7, its examples and what hostile
 * servers and messages may make of them). */
#include "ingest/imap_url.h"
#include "ingest/imap_wire.h"
#include "tap.h"

/* --- URLs --- */

static const char *parsed(const char *text)
{
	static char out[1024];
	struct crm_imap_url url;
	struct crm_str written = CRM_STR_INIT, account = CRM_STR_INIT;
	struct crm_err err = {0};

	if (crm_imap_url_parse(&url, text, &err) == CRM_OK) {
		crm_imap_url_write(&url, url.folder, &written);
		crm_imap_url_account(&url, &account);
		snprintf(out, sizeof(out), "%s %s %s %d%s%s", written.ptr, account.ptr, url.folder,
			 url.port, url.tls ? " tls" : "", url.loopback ? " loopback" : "");
	} else {
		snprintf(out, sizeof(out), "%d %s", (int)err.status, err.text);
	}
	crm_str_release(&written);
	crm_str_release(&account);
	crm_imap_url_release(&url);
	return out;
}

static void smtp_urls(void)
{
	static const struct {
		const char *url, *want;
	} cases[] = {
		{"smtps://help@shop.example@mail.example:465",
		 "help@shop.example mail.example 465 tls"},
		{"smtp://mail.example:25/", "- mail.example 25"},
		{"smtp://127.0.0.1:2525", "- 127.0.0.1 2525 loopback"},
		{"smtps://mail.example/folder", "it is not of the form smtps://USER@HOST"},
		{"imaps://help@mail.example", "it is not of the form smtps://USER@HOST"},
		{"smtp:/mail.example", "it is not of the form smtps://USER@HOST"},
		{"smtps://help:pw@mail.example",
		 "a password does not belong in a URL: put it into the file secrets"},
		{"smtp://mail.example%0d%0aRSET", "'mail.example%0d%0aRSET' is no host"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct crm_imap_url u;
		struct crm_err err = {0};
		char got[600];

		if (crm_smtp_url_parse(&u, cases[i].url, &err) == CRM_OK)
			snprintf(got, sizeof(got), "%s %s %d%s%s", u.user ? u.user : "-", u.host,
				 u.port, u.tls ? " tls" : "", u.loopback ? " loopback" : "");
		else
			snprintf(got, sizeof(got), "%s", err.text);
		is_str(got, cases[i].want, cases[i].url);
		crm_imap_url_release(&u);
	}
}

static void urls(void)
{
	static const struct {
		const char *url, *want;
	} cases[] = {
		{"imaps://ada@mail.example/INBOX",
		 "imaps://ada@mail.example/INBOX ada@mail.example INBOX 0 tls"},
		{"IMAPS://ada@Mail.Example:993",
		 "imaps://ada@mail.example/INBOX ada@mail.example INBOX 993 tls"},
		{"imaps://shop@a.example@mail.example:1993/Kunden/Neu",
		 "imaps://shop@a.example@mail.example:1993/Kunden/Neu shop@a.example@mail.example "
		 "Kunden/Neu 1993 tls"},
		{"imaps://a%40b%20c@h/inbox", "imaps://a@b%20c@h/INBOX a@b%20c@h inbox 0 tls"},
		{"imap://ada@localhost/Gesendete%20Elemente",
		 "imap://ada@localhost/Gesendete%20Elemente ada@localhost Gesendete Elemente 0 "
		 "loopback"},
		{"imap://ada@[::1]:1143/",
		 "imap://ada@[::1]:1143/INBOX ada@::1 INBOX 1143 loopback"},
		{"imap://ada@127.1.2.3/x", "imap://ada@127.1.2.3/x ada@127.1.2.3 x 0 loopback"},
		{"imap://ada@127.0.0.1.evil.example/x",
		 "imap://ada@127.0.0.1.evil.example/x ada@127.0.0.1.evil.example x 0"},
		{"imaps://ada@h/K%C3%BCndigung", "imaps://ada@h/K\xC3\xBCndigung ada@h "
						 "K\xC3\xBCndigung 0 tls"},
		{"https://ada@h/x", "2 it is not of the form imaps://USER@HOST/FOLDER"},
		{"imaps://mail.example/INBOX", "2 it names no user: imaps://USER@HOST/FOLDER"},
		{"imaps://ada:secret@h/x",
		 "2 a password does not belong in a URL: put it into the file secrets"},
		{"imaps://ada@h:99999/x", "2 '99999' is no port"},
		{"imaps://ada@h:0/x", "2 '0' is no port"},
		{"imaps://ada@h x/x", "2 'h x' is no host"},
		{"imaps://ada@/x", "2 '' is no host"},
		{"imaps://ada@h/x%0d%0ay", "2 the folder's name is not UTF-8, or malformed"},
		{"imaps://ada@h/%ff", "2 the folder's name is not UTF-8, or malformed"},
		{"imaps://ada@h/%4", "2 the folder's name is not UTF-8, or malformed"},
		{"imaps://a%0ab@h/", "2 it names no user: imaps://USER@HOST/FOLDER"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is_str(parsed(cases[i].url), cases[i].want, cases[i].url);
}

/* --- folders --- */

static void folders(void)
{
	static const char *const cases[][2] = {
		{"~peter/mail/\xE5\x8F\xB0\xE5\x8C\x97/\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E",
		 "~peter/mail/&U,BTFw-/&ZeVnLIqe-"}, /* RFC 3501 */
		{"Entw\xC3\xBCrfe", "Entw&APw-rfe"},
		{"A & B", "A &- B"},
		{"\xC3\xA4", "&AOQ-"},
		{"\xF0\x9F\x93\xA6 Pakete", "&2D3c5g- Pakete"}, /* beyond 16 bits */
	};
	static const char *const wrong[] = {"&",     "&AOQ",  "&A-",  "&AO\xC3-", "a\xC3\xA4",
					    "&2D0-", "&3OY-", "a\nb", "&AAo-"};
	struct crm_str out = CRM_STR_INIT;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		crm_str_clear(&out);
		crm_imap_folder_encode(cases[i][0], &out);
		is_str(out.ptr, cases[i][1], "a folder's name, encoded");
		crm_str_clear(&out);
		ok(crm_imap_folder_decode(crm_slice_of(cases[i][1]), &out), "decodes");
		is_str(out.ptr, cases[i][0], "to the same");
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		crm_str_clear(&out);
		ok(!crm_imap_folder_decode(crm_slice_of(wrong[i]), &out) && !out.len,
		   "no folder's name: %zu", i);
	}
	crm_str_release(&out);
}

/* --- answers --- */

struct bytes {
	struct crm_slice rest;
	size_t piece; /* how many come at once */
};

static enum crm_status receive(void *data, char *buf, size_t cap, size_t *got, struct crm_err *err)
{
	struct bytes *b = data;

	*got = b->rest.len < b->piece ? b->rest.len : b->piece;
	*got = *got < cap ? *got : cap;
	if (!*got)
		return crm_fail(err, CRM_REMOTE, "end");
	memcpy(buf, b->rest.ptr, *got);
	b->rest.ptr += *got;
	b->rest.len -= *got;
	return CRM_OK;
}

static void describe(const struct crm_imap_answer *a, struct crm_str *out)
{
	static const char *const kinds[] = {"done",   "status", "bye",  "fetch",
					    "search", "list",   "other"};

	crm_str_addf(out, "%s", kinds[a->kind]);
	if (a->kind == CRM_IMAP_DONE)
		crm_str_addf(out, " %s", a->tag);
	if (a->kind == CRM_IMAP_DONE || a->kind == CRM_IMAP_STATUS)
		crm_str_addf(out, " %d", (int)a->result);
	if (*a->code)
		crm_str_addf(out, " %s=%llu", a->code, (unsigned long long)a->code_number);
	if (a->uid)
		crm_str_addf(out, " uid=%u", a->uid);
	if (a->has_size)
		crm_str_addf(out, " size=%llu", (unsigned long long)a->size);
	if (a->has_body)
		crm_str_addf(out, " body=%llu:%s", (unsigned long long)a->body_size, a->body.ptr);
	for (size_t i = 0; i < a->n_uids; i++)
		crm_str_addf(out, " %u", a->uids[i]);
	if (a->kind == CRM_IMAP_LIST)
		crm_str_addf(out, " %s <%s>", a->name.ptr, a->flags.ptr);
	crm_str_addc(out, '|');
}

/* All answers in text, and how it ends; bodies are cut at 20 bytes. */
static const char *answers(const char *text, size_t len, size_t piece, struct crm_str *out)
{
	static struct crm_imap_wire wire;
	struct bytes b = {{text, len}, piece};
	struct crm_imap_answer a;
	struct crm_err err = {0};

	crm_str_clear(out);
	crm_imap_answer_init(&a);
	crm_imap_wire_init(&wire, 20, receive, &b);
	while (crm_imap_read(&wire, &a, &err) == CRM_OK)
		describe(&a, out);
	crm_str_adds(out, err.text);
	crm_imap_answer_release(&a);
	return out->ptr;
}

#define NO_SENSE "the server's answer cannot be understood: "

static void wire(void)
{
	static const struct {
		const char *title, *bytes, *want;
	} cases[] = {
		{"the answer to EXAMINE",
		 "* 17 EXISTS\r\n* OK [UNSEEN 8] Message 8 is first unseen\r\n"
		 "* OK [UIDVALIDITY 3857529045] UIDs valid\r\n* OK [UIDNEXT 4392] next\r\n"
		 "* FLAGS (\\Answered \\Seen)\r\nA932 OK [READ-ONLY] EXAMINE completed\r\n",
		 "other|status 0 UNSEEN=8|status 0 UIDVALIDITY=3857529045|status 0 UIDNEXT=4392|"
		 "other|done A932 0 READ-ONLY=0|end"},
		{"a search", "* SEARCH 2 84 882\r\na1 OK done\r\n* SEARCH\r\n",
		 "search 2 84 882|done A1 0 2 84 882|search 2 84 882|end"},
		{"a search with MODSEQ", "* SEARCH 2 5 (MODSEQ 917162500)\r\n", "search 2 5|end"},
		{"a message", "* 12 FETCH (UID 7 BODY[] {5}\r\nhello)\r\na OK x\r\n",
		 "fetch uid=7 body=5:hello|done A 0|end"},
		{"its number after it, and flags that nobody asked for",
		 "* 12 FETCH (FLAGS (\\Seen $x) BODY[] {5}\r\nhello UID 7)\r\n",
		 "fetch uid=7 body=5:hello|end"},
		{"a size", "* 1 FETCH (RFC822.SIZE 44827 UID 9)\r\n", "fetch uid=9 size=44827|end"},
		{"a message that looks like answers",
		 "* 1 FETCH (UID 3 BODY[] {20}\r\n)\r\nC1 OK done\r\n* 2 F)\r\n",
		 "fetch uid=3 body=20:)\r\nC1 OK done\r\n* 2 F|end"},
		{"a message beyond the limit is cut, and the next answer found",
		 "* 1 FETCH (UID 3 BODY[] {26}\r\nabcdefghijklmnopqrstuvwxyz)\r\nx NO y\r\n",
		 "fetch uid=3 body=26:abcdefghijklmnopqrst|done X 1|end"},
		{"quoted, and none",
		 "* 1 FETCH (BODY[] \"a\\\"b\" UID 3)\r\n* 2 FETCH (BODY[] NIL)\r\n",
		 "fetch uid=3 body=3:a\"b|fetch|end"},
		{"the header alone, in a section with blanks",
		 "* 1 FETCH (BODY[HEADER.FIELDS (A B)] {2}\r\nxy UID 3)\r\n",
		 "fetch uid=3 body=2:xy|end"},
		{"other things in other forms",
		 "* 1 FETCH (ENVELOPE ((NIL NIL \"a\" {3}\r\n)\r\n) NIL) X ~{1}\r\n) UID 4)\r\n",
		 "fetch uid=4|end"},
		{"an unknown answer with a literal",
		 "* XSOME (\"a{3}\" {4}\r\n\r\nC1) x\r\n* BYE so long\r\n", "other|bye|end"},
		{"what the server says when messages are gone",
		 "c3 NO [EXPUNGEISSUED] Some are gone\r\n", "done C3 1 EXPUNGEISSUED=0|end"},
		{"folders",
		 "* LIST (\\HasNoChildren \\Junk) \"/\" Spam\r\n* LIST () NIL {3}\r\na b\r\n"
		 "* LIST (\\Noselect) \".\" \"x \\\"y\"\r\n",
		 "list Spam <\\HasNoChildren \\Junk>|list a b <>|list x \"y <\\Noselect>|end"},
		{"a continuation", "+ idling\r\n", "other|end"},
		{"line feeds alone", "* 1 EXISTS\n* 1 FETCH (UID 2)\n", "other|fetch uid=2|end"},
		{"a literal without end", "* 1 FETCH (BODY[] {50}\r\nabc", "end"},
		{"a literal that cannot be", "* 1 FETCH (BODY[] {9999999999999}\r\n",
		 NO_SENSE "a literal is too large"},
		{"a number that cannot be", "* 1 FETCH (UID 99999999999999999999)\r\n",
		 NO_SENSE "a number was due"},
		{"a literal that nobody asked for", "* 1 FETCH (X {2000000}\r\n",
		 NO_SENSE "a literal is too large"},
		{"a UID beyond 32 bits is none", "* 1 FETCH (UID 4294967296)\r\n", "fetch|end"},
		{"lists within lists", "* 1 FETCH (X (((((((((((((((((((((((((((\r\n",
		 NO_SENSE "lists within lists"},
		{"no end of a list", "* 1 FETCH (X (a b\r\n* 2 EXISTS\r\n",
		 NO_SENSE "a list has no end"},
		{"no IMAP", "HTTP/1.0 400 Bad Request\r\n", NO_SENSE "neither OK nor NO nor BAD"},
		{"an empty line", "\r\n", NO_SENSE "something else was due"},
	};
	struct crm_str whole = CRM_STR_INIT, pieces = CRM_STR_INIT;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].bytes);

		is_str(answers(cases[i].bytes, len, len, &whole), cases[i].want, cases[i].title);
		answers(cases[i].bytes, len, 1, &pieces);
		is_str(pieces.ptr, whole.ptr, "the same in pieces of a byte");
	}
	crm_str_release(&whole);
	crm_str_release(&pieces);
}

int main(void)
{
	urls();
	smtp_urls();
	folders();
	wire();
	return done();
}
