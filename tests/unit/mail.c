/* SPDX-License-Identifier: MIT */
/*
 * mail, rule by rule, on messages written for it. What is right is what the RFC named beside
 * a test says, or ingest/mail.h where it is ours to say.
 */
#include <unistd.h>

#include "base/json.h"
#include "ingest/mail.h"
#include "tap.h"

#define FROM_ "From ada@example.org Mon Jan  1 10:00:00 2024\n"
#define HEAD "From: Ada <ada@example.org>\nMessage-ID: <1@example.org>\n"

static struct crm_str records = CRM_STR_INIT; /* what was read, a line each */
static struct crm_str blob = CRM_STR_INIT;    /* the first file that came with it */

static void read_all(struct crm_input *input)
{
	void *reader = crm_syntax_mail.open(input);
	struct crm_item item = CRM_ITEM_INIT;
	enum crm_read got;

	crm_str_clear(&records);
	crm_str_clear(&blob);
	while ((got = crm_syntax_mail.next(reader, &item)) != CRM_READ_END) {
		crm_str_adds(&records, got == CRM_READ_OK ? item.json.ptr : item.reason);
		crm_str_addc(&records, '\n');
		if (item.n_blobs && !blob.len)
			crm_str_add(&blob, item.blobs[0].bytes.ptr, item.blobs[0].bytes.len);
		crm_item_clear(&item);
	}
	crm_item_release(&item);
	crm_syntax_mail.close(reader);
}

static void read_bytes(const char *bytes, size_t len)
{
	char path[] = "/tmp/crm-mail.XXXXXX";
	int fd = mkstemp(path);
	struct crm_input *input;
	struct crm_err err;

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len
	    || crm_input_open(&input, path, &err) != CRM_OK
	    || crm_input_set_encoding(input, "UTF-8", &err) != CRM_OK)
		exit(1);
	unlink(path);
	crm_input_set_limit(input, crm_syntax_mail.limit);
	read_all(input);
	crm_input_close(input);
	close(fd);
}

static void read_mail(const char *text)
{
	read_bytes(text, strlen(text));
}

static int count(void)
{
	int n = 0;

	for (size_t i = 0; i < records.len; i++)
		n += records.ptr[i] == '\n';
	return n;
}

/* The value at pointer in the nth record, from 0; static. */
static const char *at(int n, const char *pointer)
{
	static struct crm_str value = CRM_STR_INIT;
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	const struct crm_json_value *v = NULL;
	char *line = records.ptr, *end;

	while (n-- && (line = strchr(line, '\n')))
		line++;
	crm_str_clear(&value);
	end = line ? strchr(line, '\n') : NULL;
	if (end && crm_json_scan(&doc, line, (size_t)(end - line)) == CRM_OK)
		v = crm_json_pointer(&doc, doc.values, pointer);
	if (v)
		crm_json_text(v, &value);
	crm_json_doc_release(&doc);
	return v ? value.ptr : NULL;
}

static void mboxes(void)
{
	read_mail(FROM_ HEAD "\nOne\n\n" FROM_ "Subject: two\n\nTwo\n");
	is_int(count(), 2, "an mbox of two messages");
	is_str(at(0, "/text"), "One\n", "the empty line before a From_ line is not the text's");
	is_str(at(1, "/subject"), "two", "the second message");
	is_str(at(0, "/return_path"), "ada@example.org",
	       "a From_ line names the envelope's sender");

	read_mail(FROM_ HEAD "\nI came\n\nFrom London to Rome, Mon 1 at 10:00 in 2024\n\nFrom "
			     "here on\nx: y\n");
	is_int(count(), 1, "a line that begins with From is text: without a date");
	read_mail(FROM_ HEAD "\nI quote\n\n" FROM_ "and no header comes.\n");
	is_int(count(), 1, "or without a header after it");
	read_mail(FROM_ HEAD "\nOne\n" FROM_ "Subject: two\n\nTwo\n");
	is_int(count(), 1, "or without an empty line before it");

	read_mail(FROM_ HEAD "\n>From me\n>>From you\n>Fromage\n");
	is_str(at(0, "/text"), "From me\n>From you\n>Fromage\n", "mboxrd: one > is taken off");
	read_mail(HEAD "\n>From me\n");
	is_str(at(0, "/text"), ">From me\n", "but not from a message that lies in no mbox");

	read_mail("\xEF\xBB\xBF" FROM_ "Subject: one\r\n\r\nOne\r\n\r\n" FROM_
		  "Subject: two\r\n\r\nTwo\r\n");
	is_int(count(), 2, "an mbox with a byte order mark and CRLF");
	is_str(at(0, "/text"), "One\n", "CRLF is one line end");
	read_mail("From ada@example.org Mon Jan  1 10:00:00 2024\rSubject: one\r\rOne\r\rFrom "
		  "ada@example.org Mon Jan  1 10:00:00 2024\rSubject: two\r\rTwo\r");
	is_int(count(), 2, "an mbox with CR alone");
	is_str(at(1, "/text"), "Two\n", "and its text");
	read_mail("\n\n" FROM_ HEAD "\nOne\n\n\n\n" FROM_ "Subject: two\n\nTwo");
	is_int(count(), 2, "empty lines between, and no line end at the end");
	read_mail(FROM_ "Subject: one\n\n");
	is_int(count(), 1, "a message without a body");
}

static void lengths(void)
{
	const char *inside = FROM_ "Subject: inner\n\nText\n";
	struct crm_str mbox = CRM_STR_INIT;

	crm_str_addf(&mbox,
		     FROM_ "Subject: one\nContent-Length: %zu\n\n\n%s>From me\n\n" FROM_
			   "Subject: two\n\nTwo\n",
		     strlen(inside) + strlen("\n>From me\n"), inside);
	read_mail(mbox.ptr);
	is_int(count(), 2, "mboxcl2: a From_ line within the Content-Length is text");
	ok(at(0, "/text") && strstr(at(0, "/text"), ">From me"), "and nothing is quoted there");
	read_mail(FROM_ "Subject: one\nContent-Length: 3\n\nSome more than that\n\n" FROM_
			"Subject: two\n\nTwo\n");
	is_int(count(), 2, "a Content-Length that is too small is not believed");
	is_str(at(0, "/text"), "Some more than that\n", "and cuts nothing");
	read_mail(FROM_ "Subject: one\nContent-Length: 999999\n\nOne\n\n" FROM_
			"Subject: two\n\nTwo\n");
	is_int(count(), 2, "nor one that goes beyond the file");
	crm_str_release(&mbox);
}

static void single(void)
{
	read_mail(FROM_ HEAD "\nOne\n");
	is_int(count(), 1, "one message by a pipe, with a From_ line");
	read_mail(HEAD "\nOne\n\n" FROM_ "Subject: inner\n\nTwo\n");
	is_int(count(), 1, "a file that does not begin with a From_ line is one message");
	read_mail("no mail at all\nnot here\n\nnor here: no\n");
	is_str(records.ptr, "not a mail message\n", "junk is set aside");
	read_mail("");
	is_int(count(), 0, "an empty file has no message");
	read_mail("Subject: x\nText comes at once\n\nMore\n");
	is_str(at(0, "/subject"), "x", "a body without an empty line before it");
	read_mail("Subject: a subject that\nwas broken\nFrom: ada@example.org\n\nText\n");
	is_str(at(0, "/from/email"), "ada@example.org", "a fold that was lost ends no header");
}

static void identity(void)
{
	static char digest[40];

	read_mail("Message-ID: <a\n b@x>\n\nText\n");
	is_str(at(0, "/id"), "ab@x", "a Message-ID that was folded");
	is_str(at(0, "/key"), "ab@x", "is the key");
	read_mail("Message-ID: 12@x\n\nText\n");
	is_str(at(0, "/id"), "12@x", "a Message-ID without <>");
	read_mail("Subject: x\n\nText\n");
	snprintf(digest, sizeof(digest), "%s", at(0, "/digest"));
	ok(!strncmp(at(0, "/key"), "sha:", 4), "without one the key is the digest");
	read_mail("Return-Path: <b@x>\nReceived: from a; Mon, 1 Jan 2024 10:00:00 +0000\n"
		  "X-Spam-Status: No\nSubject: x\n\nText\n");
	is_str(at(0, "/digest"), digest, "what is added on the way does not change the digest");
	read_mail(FROM_ "Subject: x\r\n\r\nText\r\n\r\n");
	is_str(at(0, "/digest"), digest, "nor do line ends and a mailbox");
	read_mail("Subject: y\n\nText\n");
	ok(strcmp(at(0, "/digest"), digest) != 0, "another subject does");
}

static void threads(void)
{
	read_mail("In-Reply-To: Your message of Monday <3@x>\nReferences: <1@x> <2@x>\n\t<3@x> "
		  "<2@x>\n\nText\n");
	is_str(at(0, "/in_reply_to/0"), "3@x", "In-Reply-To with words (RFC 822)");
	is_str(at(0, "/references/3"), "2@x", "References as they stand");
	is_str(at(0, "/thread"), "[\"3@x\",\"2@x\",\"1@x\"]",
	       "a thread: In-Reply-To, then References from the last on, each once");
	read_mail("In-Reply-To: ada@example.org's message of Monday\n\nText\n");
	is_str(at(0, "/in_reply_to"), NULL, "words are no id");
}

static void dates(void)
{
	read_mail("Date: Mon, 1 Jan 2024 10:00:00 -0530\n\nx\n");
	is_str(at(0, "/date"), "2024-01-01T10:00:00-05:30", "the offset of a date stays");
	is_str(at(0, "/date_from"), "date", "and it is said where it is from");
	read_mail("Received: from a by b; Tue, 2 Jan 2024 11:00:00 +0100\nDate: gestern\n\nx\n");
	is_str(at(0, "/date"), "2024-01-02T11:00:00+01:00", "no date: when it was received");
	is_str(at(0, "/date_from"), "received", "and that is said");
	read_mail("Received: from a by b; Tue, 2 Jan 2024 11:00:00 +0100\n"
		  "Date: Tue, 2 Jan 2034 11:00:00 +0100\n\nx\n");
	is_str(at(0, "/date_from"), "received", "a date long after it was received is wrong");
	read_mail("Date: Mon, 1 Jan 1900 10:00:00 +0000\n\nx\n");
	is_str(at(0, "/date"), NULL, "nobody wrote mail in 1900");
}

static void addresses(void)
{
	read_mail(
		"From: =?UTF-8?Q?J=C3=BCrgen?= <J@x.org>, second@x.org\nTo: Team: a@x.org, "
		"\"B, C\" <b@x.org>;, d@x.org\nCc: undisclosed-recipients:;\nReply-To: <>\n\nx\n");
	is_str(at(0, "/from/name"), "J\xC3\xBCrgen", "an encoded name (RFC 2047)");
	is_str(at(0, "/from/email"), "J@x.org", "of several senders the first");
	is_str(at(0, "/to/0/email"), "a@x.org", "a group is taken apart (RFC 5322 3.4)");
	is_str(at(0, "/to/1/name"), "B, C", "a quoted name");
	is_str(at(0, "/to/2/email"), "d@x.org", "what follows the group");
	is_str(at(0, "/cc"), NULL, "an empty group is nobody");
	read_mail("From: root\n\nx\n");
	is_str(at(0, "/from/name"), "root", "a word without @ is a name");
	is_str(at(0, "/from/email"), NULL, "and no address");
	read_mail("From: J\xFCrgen <j@x.org>\nTo: =?iso-8859-1?Q?J\xFCrgen?= <k@x.org>\n"
		  "Subject: Gr\xFC\xDF"
		  "e\nContent-Type: text/plain; charset=iso-8859-1\n\nx\n");
	is_str(at(0, "/from/name"), "J\xC3\xBCrgen", "a raw name in the charset of the text");
	is_str(at(0, "/to/0/name"), "J\xC3\xBCrgen", "a raw letter in an encoded word");
	is_str(at(0, "/subject"),
	       "Gr\xC3\xBC\xC3\x9F"
	       "e",
	       "a raw subject");
	read_mail("From: \xD0\x98\xD0\xB2\xD0\xB0\xD0\xBD <i@x.org>\n\nx\n");
	is_str(at(0, "/from/name"), "\xD0\x98\xD0\xB2\xD0\xB0\xD0\xBD", "raw UTF-8 (RFC 6532)");
	read_mail("Return-Path: <>\nDelivered-To: me@x.org\nX-Original-To: me+1@x.org\n"
		  "Delivered-To: me@x.org\n\nx\n");
	is_str(at(0, "/return_path"), "", "the null sender");
	is_str(at(0, "/delivered_to"), "[\"me@x.org\",\"me+1@x.org\"]", "where it went, each once");
}

static void charsets(void)
{
	static const struct {
		const char *title, *charset, *bytes, *text;
	} cases[] = {
		{"latin-1", "iso-8859-1", "caf\xE9", "caf\xC3\xA9"},
		{"UTF-8 that is called latin-1", "iso-8859-1", "caf\xC3\xA9", "caf\xC3\xA9"},
		{"latin-1 that is called ASCII", "us-ascii", "un caf\xE9 noir",
		 "un caf\xC3\xA9 noir"},
		{"latin-1 that is called UTF-8", "utf-8", "un caf\xE9 noir", "un caf\xC3\xA9 noir"},
		{"windows-1252 that is called latin-1", "iso-8859-1",
		 "\x93"
		 "caf\xE9\x94",
		 "\xE2\x80\x9C"
		 "caf\xC3\xA9\xE2\x80\x9D"},
		{"koi8-r", "koi8-r", "\xF0\xD2\xC9\xD7\xC5\xD4",
		 "\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82"},
		{"a charset that nobody knows", "x-nobody", "caf\xC3\xA9", "caf\xC3\xA9"},
		{"gb2312 with letters of gbk", "gb2312", "\xC4\xE3\xBA\xC3\x9B\x6F", NULL},
		{"iso-2022-jp that is not said", "us-ascii", "\033$B%F\033(B", "\xE3\x83\x86"},
		{"utf-7", "utf-7", "caf+AOk-", "caf\xC3\xA9"},
	};
	char mail[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(mail, sizeof(mail), "Content-Type: text/plain; charset=%s\n\n%s",
			 cases[i].charset, cases[i].bytes);
		read_mail(mail);
		if (cases[i].text)
			is_str(at(0, "/text"), cases[i].text, cases[i].title);
		else
			ok(at(0, "/text") && !strstr(at(0, "/text"), "\xEF\xBF\xBD"), "%s",
			   cases[i].title);
	}
}

#define MULTI(type) "Content-Type: multipart/" type "; boundary=b\n\n--b\n"
#define PLAIN "Content-Type: text/plain\n\n"
#define HTML "Content-Type: text/html\n\n"

static void parts(void)
{
	read_mail(MULTI("alternative") PLAIN "Plain\n--b\n" HTML "<p>Rich</p>\n--b--\n");
	is_str(at(0, "/text"), "Plain", "of alternatives the plain text");
	is_str(at(0, "/html"), "<p>Rich</p>", "and the HTML is kept");
	read_mail(MULTI("alternative") PLAIN " \n--b\n" HTML "<p>Rich</p>\n--b--\n");
	ok(at(0, "/text") && strstr(at(0, "/text"), "Rich"), "unless it is empty");
	read_mail(HTML "<p>Gr&uuml;&szlig;e</p>");
	ok(at(0, "/text") && strstr(at(0, "/text"), "Gr\xC3\xBC\xC3\x9F"),
	   "HTML alone becomes text");
	read_mail(MULTI("mixed") PLAIN "One\n--b\nContent-Type: application/pdf; "
				       "name=\"C:\\\\tmp\\\\a.pdf\"\nContent-Transfer-Encoding: "
				       "base64\n\nJVBERg==\n--b\n" PLAIN "Two\n--b--\n");
	is_str(at(0, "/text"), "One\nTwo", "text before and after a file");
	is_str(at(0, "/attachments/0/name"), "a.pdf", "a file's name, without its folder");
	is_str(at(0, "/attachments/0/size"), "4", "its size, decoded");
	is_str(blob.ptr, "%PDF", "its bytes");
	read_mail(MULTI("mixed") PLAIN "One\n--b\nContent-Type: text/plain\nContent-Disposition: "
				       "attachment; filename*=utf-8''%C3%BC.txt\n\nTwo\n--b--\n");
	is_str(at(0, "/text"), "One", "text that is marked as an attachment is one");
	is_str(at(0, "/attachments/0/name"), "\xC3\xBC.txt", "and its name (RFC 2231)");
	read_mail(MULTI("related") HTML
		  "<img src=cid:1>\n--b\nContent-Type: image/png\nContent-ID: "
		  "<1>\nContent-Disposition: inline\n\nx\n--b--\n");
	is_str(at(0, "/attachments/0/inline"), "true", "a picture within the HTML");
	is_str(at(0, "/attachments/0/cid"), "1", "and how the HTML calls it");
	read_mail(MULTI("mixed") PLAIN "See\n--b\nContent-Type: message/rfc822\n\nSubject: a/b\nX: "
				       "y\n\nInner\n--b--\n");
	is_str(at(0, "/text"), "See", "a message in the message is not its text");
	is_str(at(0, "/attachments/0/name"), "a b.eml", "but a file");
	is_str(blob.ptr, "Subject: a/b\nX: y\n\nInner", "with its bytes as they came");
	read_mail(MULTI("signed; protocol=\"application/pgp-signature\"") PLAIN
		  "Signed\n--b\nContent-Type: application/pgp-signature\n\nxyz\n--b--\n");
	is_str(at(0, "/text"), "Signed", "the text of a signed message");
	is_str(at(0, "/attachments/0/type"), "application/pgp-signature", "and its signature");
	read_mail("Content-Type: multipart/mixed\n\n--q\n" PLAIN "Found\n--q--\n");
	is_str(at(0, "/text"), "Found", "a boundary that the header does not name is found");
	read_mail("Content-Type: multipart/mixed; boundary=zz\n\nNo parts here\n");
	is_str(at(0, "/text"), "No parts here\n",
	       "no parts at all: better the source than nothing");
}

static void texts(void)
{
	read_mail("Content-Type: text/plain; format=flowed\n\nA line that \ngoes on.\n> quoted \n> "
		  "too\n From here\n-- \nAda\n");
	is_str(at(0, "/text"), "A line that goes on.\n> quoted too\nFrom here\n-- \nAda\n",
	       "format=flowed (RFC 3676)");
	read_mail("Content-Type: text/plain; format=flowed; delsp=yes\n\nDonau \ndampfer\n");
	is_str(at(0, "/text"), "Donaudampfer\n", "DelSp");
	read_mail(HEAD "\nSee:\nbegin 644 a.txt\n#0V%T\n`\nend\nBye\n");
	is_str(at(0, "/text"), "See:\nBye\n", "a uuencoded file is taken out of the text");
	is_str(at(0, "/attachments/0/name"), "a.txt", "and has its name");
	is_str(blob.ptr, "Cat", "and its bytes");
	read_mail(HEAD "\nbegin 644 a.txt\nnot that at all\nend\n");
	is_str(at(0, "/attachments"), NULL, "what only looks like one stays text");
	read_mail("Content-Transfer-Encoding: quoted-printable\n\na=3Db=\nc\n");
	is_str(at(0, "/text"), "a=bc\n", "quoted-printable");
	read_mail(
		MULTI("mixed") "Content-Type: application/ms-tnef; name=winmail.dat\n\nx\n--b--\n");
	is_str(at(0, "/attachments/0/name"), "winmail.dat", "Outlook's parcel is kept whole");
}

static void limits(void)
{
	struct crm_str mail = CRM_STR_INIT;

	crm_str_adds(&mail, "Content-Type: multipart/mixed; boundary=b\n\n");
	for (int i = 0; i < 10000; i++)
		crm_str_adds(&mail, "--b\n\nx\n");
	read_mail(mail.ptr);
	is_str(at(0, "/parts_left_out"), "9000",
	       "of 10,000 parts 1,000 are read, the rest counted");
	for (int i = 0; i < 20000; i++)
		crm_str_adds(&mail, "--b\n\nx\n");
	read_mail(mail.ptr);
	is_str(at(0, "/parts_left_out"), "29000", "also of 30,000");

	crm_str_clear(&mail);
	for (int i = 0; i < 5000; i++)
		crm_str_addf(&mail, "X-%d: y\n", i);
	crm_str_adds(&mail, "\nText\n");
	read_mail(mail.ptr);
	is_str(at(0, "/headers_left_out"), "4000", "of 5,000 header fields 1,000");
	is_str(at(0, "/text"), "Text\n", "and the body is where it was");

	crm_str_clear(&mail);
	for (int i = 0; i < 2000; i++)
		crm_str_addf(&mail, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
	read_mail(mail.ptr);
	ok(at(0, "/parts_left_out") != NULL, "multiparts 2,000 deep are left alone");

	crm_str_clear(&mail);
	crm_str_adds(&mail, "Subject: long\n\n");
	for (int i = 0; i < 600000; i++)
		crm_str_adds(&mail, "0123456789\n");
	read_mail(mail.ptr);
	is_str(at(0, "/text_left_out"), "2405696", "text is cut at 4 MiB, and how much is said");
	crm_str_release(&mail);
}

static void too_large(void)
{
	struct crm_str mail = CRM_STR_INIT;

	crm_str_adds(&mail, FROM_ "Subject: large\n\n");
	while (mail.len <= CRM_MAIL_MAX)
		crm_str_adds(&mail, "0123456789012345678901234567890123456789012345678901234567\n");
	crm_str_adds(&mail, "\n" FROM_ "Subject: small\n\nText\n");
	read_bytes(mail.ptr, mail.len);
	ok(!strncmp(records.ptr, "a message larger than 64 MiB\n", 29), "64 MiB are too much");
	is_str(at(count() - 1, "/subject"), "small", "the next message is read");
	crm_str_release(&mail);
}

/* mail_ahead.h: in order, each with its line and its bytes, whatever thread parsed it. */
static void many(void)
{
	struct crm_str mbox = CRM_STR_INIT, seen = CRM_STR_INIT;
	char path[] = "/tmp/crm-mail.XXXXXX", subject[32];
	struct crm_item item = CRM_ITEM_INIT;
	struct crm_input *input;
	struct crm_err err;
	int fd = mkstemp(path), wrong = 0, n = 0, lines = 1;
	void *reader;

	for (int i = 0; i < 500; i++) {
		crm_str_addf(&mbox, FROM_ "Subject: %d\n\n", i);
		for (int k = i % 100 == 50 ? 40000 : i % 7; k; k--) /* some are not copied */
			crm_str_adds(&mbox, "A line of text that says nothing at all.\n");
		crm_str_adds(&mbox, "\n");
	}
	if (fd < 0 || write(fd, mbox.ptr, mbox.len) != (ssize_t)mbox.len
	    || crm_input_open(&input, path, &err) != CRM_OK
	    || crm_input_set_encoding(input, "UTF-8", &err) != CRM_OK)
		exit(1);
	unlink(path);
	crm_input_set_limit(input, crm_syntax_mail.limit);
	reader = crm_syntax_mail.open(input);
	while (crm_syntax_mail.next(reader, &item) == CRM_READ_OK) {
		struct crm_slice bytes = item.bytes.ptr ? item.bytes : crm_input_record(input);

		snprintf(subject, sizeof(subject), "\"subject\":\"%d\"", n++);
		wrong += !strstr(item.json.ptr, subject) || item.line != lines;
		crm_str_add(&seen, bytes.ptr, bytes.len);
		for (size_t i = 0; i < bytes.len; i++)
			lines += bytes.ptr[i] == '\n';
		crm_item_clear(&item);
	}
	is_int(n, 500, "all of many messages");
	is_int(wrong, 0, "each in its place");
	ok(seen.len == mbox.len && !memcmp(seen.ptr, mbox.ptr, seen.len), "with its bytes");
	crm_syntax_mail.close(reader);
	crm_item_release(&item);
	crm_input_close(input);
	close(fd);
	crm_str_release(&mbox);
	crm_str_release(&seen);
}

/* A message is handed on when the next one begins, though the pipe stays open. */
static void piped(void)
{
	static const char text[] =
		FROM_ "Subject: 1\n\n\n" FROM_ "Subject: 2\n\n\n" FROM_ "Subject: 3\n\n";
	struct crm_item item = CRM_ITEM_INIT;
	struct crm_input *input;
	struct crm_err err;
	char path[32];
	int fds[2];
	void *reader;

	if (pipe(fds) || write(fds[1], text, sizeof(text) - 1) != sizeof(text) - 1)
		exit(1);
	snprintf(path, sizeof(path), "/dev/fd/%d", fds[0]);
	if (crm_input_open(&input, path, &err) != CRM_OK
	    || crm_input_set_encoding(input, "UTF-8", &err) != CRM_OK)
		exit(1);
	reader = crm_syntax_mail.open(input);
	alarm(20); /* it would wait for ever */
	for (int i = 1; i <= 2; i++) {
		snprintf(path, sizeof(path), "\"subject\":\"%d\"", i);
		ok(crm_syntax_mail.next(reader, &item) == CRM_READ_OK
			   && strstr(item.json.ptr, path),
		   "message %d of an open pipe", i);
		crm_item_clear(&item);
	}
	is_int(crm_syntax_mail.next(reader, &item), CRM_READ_WAIT, "then it says that it waits");
	close(fds[1]);
	close(fds[0]);
	is_int(crm_syntax_mail.next(reader, &item), CRM_READ_OK, "at its end comes the last one");
	alarm(0);
	crm_item_release(&item);
	crm_syntax_mail.close(reader);
	crm_input_close(input);
}

int main(void)
{
	mboxes();
	lengths();
	single();
	identity();
	threads();
	dates();
	addresses();
	charsets();
	parts();
	texts();
	limits();
	too_large();
	many();
	piped();
	return done();
}
