/* SPDX-License-Identifier: MIT */
/* Mail as it is written: its bytes (RFC 5322, 2045 to 2047, 2369, 2919, 3834, 8058), and what
 * hostile values make of them: nothing, they are refused. */
#include "reply/mime.h"
#include "tap.h"

#define S(text) CRM_SLICE(text)

static struct crm_json_doc doc;
static struct crm_account account = {.account = "help@shop.example", .name = "Café Shop"};

static void set_account(const char *line)
{
	crm_json_scan(&doc, line, strlen(line));
	account.doc = doc;
}

static struct crm_parcel parcel(void)
{
	return (struct crm_parcel){.key = S("reply/1"),
				   .to = S("ada@customer.example"),
				   .to_name = S("Ada Ax"),
				   .subject = S("Re: A question"),
				   .text = S("Hello Ada,\nit is so.\n"),
				   .message_id = S("c42.k3x9q2mwta.1@shop.example"),
				   .in_reply_to = S("two@customer.example"),
				   .reply_token = S("c42.k3x9q2mwta"),
				   .agent = S("anna"),
				   .at = 1763780400123};
}

/* New: the message, or why there is none. */
static char *built(const struct crm_parcel *p)
{
	struct crm_str out = CRM_STR_INIT;
	struct crm_err err = {0};

	if (crm_mime_build(p, &account, &out, &err) != CRM_OK) {
		crm_str_clear(&out);
		crm_str_adds(&out, err.text);
	}
	return crm_str_detach(&out);
}

static void is_built(const struct crm_parcel *p, const char *want, const char *title)
{
	char *got = built(p);

	is_str(got, want, title);
	free(got);
}

/* Does the message have these lines, each ended by CRLF? */
static void has(const struct crm_parcel *p, const char *lines, const char *title)
{
	char *got = built(p);

	if (!ok(strstr(got, lines), "%s", title))
		printf("# got:\n%s\n", got);
	free(got);
}

static void lacks(const struct crm_parcel *p, const char *text, const char *title)
{
	char *got = built(p);

	if (!ok(!strstr(got, text), "%s", title))
		printf("# got:\n%s\n", got);
	free(got);
}

static void whole(void)
{
	struct crm_parcel p = parcel();
	static const struct crm_slice references[] = {S("one@customer.example"),
						      S("c42.k3x9q2mwta.0@shop.example")};

	set_account("{}");
	p.references = references;
	p.n_references = 2;
	is_built(&p,
		 "From: =?UTF-8?b?Q2Fmw6k=?= Shop <help@shop.example>\r\n"
		 "To: Ada Ax <ada@customer.example>\r\n"
		 "Subject: Re: A question\r\n"
		 "Date: Sat, 22 Nov 2025 03:00:00 +0000\r\n"
		 "Message-ID: <c42.k3x9q2mwta.1@shop.example>\r\n"
		 "In-Reply-To: <two@customer.example>\r\n"
		 "References: <one@customer.example>\r\n"
		 "\t<c42.k3x9q2mwta.0@shop.example>\r\n"
		 "\t<two@customer.example>\r\n"
		 "MIME-Version: 1.0\r\n"
		 "Content-Type: text/plain; charset=utf-8\r\n"
		 "Content-Transfer-Encoding: 7bit\r\n"
		 "\r\n"
		 "Hello Ada,\r\n"
		 "it is so.\r\n",
		 "an answer");
}

static void replying(void)
{
	struct crm_parcel p = parcel();

	set_account("{\"plus\":true}");
	has(&p, "\r\nReply-To: =?UTF-8?b?Q2Fmw6k=?= Shop <help+c42.k3x9q2mwta@shop.example>\r\n",
	    "an answer to it bears the token");
	set_account("{\"tag\":true}");
	has(&p, "\r\nSubject: Re: A question [#c42.k3x9q2mwta]\r\n", "or its subject does");
	p.subject = S("Re: [#c42.k3x9q2mwta] A question");
	has(&p, "\r\nSubject: Re: [#c42.k3x9q2mwta] A question\r\n", "  once");
	set_account("{}");
	lacks(&p, "Reply-To: =", "without being told to, neither");
}

static void subjects(void)
{
	static const struct {
		const char *subject, *want;
	} cases[] = {
		{"A question", "Re: A question"},
		{"Re: A question", "Re: A question"},
		{"RE[2]: A", "RE[2]: A"},
		{"AW: Frage", "AW: Frage"},
		{"回复：问题", "回复：问题"},
		{"Recipe: soup", "Re: Recipe: soup"},
		{" Re : x", "Re: Re : x"},
		{"", "Re: "},
		{"Re[", "Re: Re["},
		{"re", "Re: re"},
	};
	struct crm_str out = CRM_STR_INIT;
	struct crm_parcel p = parcel();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		crm_str_clear(&out);
		crm_mime_answer_subject(crm_slice_of(cases[i].subject), &out);
		is_str(out.ptr, cases[i].want, "the subject of an answer");
	}
	crm_str_release(&out);
	p.subject = S("Ihre Anfrage: Größe 42 – ist sie lieferbar, und wenn ja, bis wann, und wo?");
	has(&p,
	    "\r\nSubject: Ihre Anfrage: =?UTF-8?B?R3LDtsOfZSA0MiDigJM=?= ist sie lieferbar, und\r\n"
	    " wenn ja, bis wann, und wo?\r\n",
	    "a long subject above ASCII");
	p.to_name = S("Ax, Ada \"the\" <x@evil.example>");
	has(&p, "\r\nTo: \"Ax, Ada \\\"the\\\" <x@evil.example>\" <ada@customer.example>\r\n",
	    "a name that looks like an address is a name");
}

static void programs(void)
{
	struct crm_parcel p = parcel();

	lacks(&p, "Auto-Submitted", "what a person wrote says nothing of programs");
	p.agent = (struct crm_slice){NULL, 0};
	p.automatic = S("auto-reply");
	has(&p,
	    "\r\nAuto-Submitted: auto-replied\r\n"
	    "X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply\r\n"
	    "X-Loop: help@shop.example\r\n",
	    "no loops: what a program wrote says so, and asks for no automatic answer");
	p.in_reply_to = (struct crm_slice){NULL, 0};
	has(&p, "\r\nAuto-Submitted: auto-generated\r\n", "also when it answers nothing");
	lacks(&p, "In-Reply-To", "  and then it refers to nothing");
}

static void campaigns(void)
{
	struct crm_parcel p = parcel();
	char *got;

	set_account("{\"unsubscribe\":\"leave@shop.example\"}");
	p.in_reply_to = (struct crm_slice){NULL, 0};
	p.campaign = S("Spring Sale 2026");
	p.unsubscribe = S("https://shop.example/u/7?t=k3x9");
	has(&p,
	    "\r\nPrecedence: bulk\r\nList-Id: <spring-sale-2026.shop.example>\r\n"
	    "List-Unsubscribe: <https://shop.example/u/7?t=k3x9>,\r\n"
	    "\t<mailto:leave@shop.example?subject=unsubscribe>\r\n"
	    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
	    "Auto-Submitted: auto-generated\r\n",
	    "a campaign can be left by one click");
	set_account("{}");
	got = malloc(901);
	memset(got, 'x', 901);
	memcpy(got, "https://shop.example/u/", 23);
	got[850] = '\0';
	p.unsubscribe = (struct crm_slice){got, 850};
	has(&p, got, "a long address stays in one piece");
	got[850] = 'x';
	p.unsubscribe.len = 901;
	is_built(&p, "its address for unsubscribing is no URL", "one that is too long is refused");
	free(got);
	p.unsubscribe = S("http://shop.example/u");
	lacks(&p, "List-Unsubscribe-Post", "one click needs https");
	p.unsubscribe = S("https://shop.example/>,<mailto:x@evil.example");
	is_built(&p, "its address for unsubscribing is no URL", "an address that ends itself");
	p.unsubscribe = S("javascript:alert(1)");
	is_built(&p, "its address for unsubscribing is no URL", "an address that is a program");
}

static void bodies(void)
{
	struct crm_parcel p = parcel();
	char *first, *second;
	struct crm_str text = CRM_STR_INIT;

	p.html = S("<p>Hello <b>Ada</b>, 10 €</p>");
	first = built(&p);
	second = built(&p);
	is_str(first, second, "the same parcel gives the same bytes");
	ok(strstr(first, "Content-Type: multipart/alternative;\r\n"
			 "\tboundary=\"=_c35c4b8af1a2dc6c752cf1774ee8bf02\"\r\n"),
	   "a text with HTML");
	ok(strstr(first, "Content-Type: text/html; charset=utf-8\r\n"
			 "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
			 "<p>Hello <b>Ada</b>, 10 =E2=82=AC</p>\r\n"),
	   "  each in its encoding");
	free(first);
	free(second);
	p.text = (struct crm_slice){NULL, 0};
	has(&p,
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\nHello Ada, 10 =E2=82=AC\r\n",
	    "of HTML alone the text is made");
	p = parcel();
	p.text = S("a\rb\r\nc\n.\nFrom x\nQuit  \n\n.");
	has(&p, "\r\n\r\na\r\nb\r\nc\r\n.\r\nFrom x\r\nQuit", "every end of line is CRLF");
	for (int i = 0; i < 3000; i++)
		crm_str_adds(&text, "wörter");
	p.text = (struct crm_slice){text.ptr, text.len};
	first = built(&p);
	ok(strstr(first, "=\r\n") && strstr(first, "w=C3=B6rterw=C3=B6rter"),
	   "a line of 20 kB is folded");
	free(first);
	crm_str_release(&text);
	p.text = S("  \n");
	is_built(&p, "it has no text", "blanks are no text");
	p.text = S("\xff");
	is_built(&p, "its text is not UTF-8", "bytes that are no text");
}

static void references(void)
{
	struct crm_parcel p = parcel();
	struct crm_slice ids[100];
	static char text[100][64];
	char *got;
	int n = 0;

	for (size_t i = 0; i < 100; i++) {
		snprintf(text[i], sizeof(text[i]), "%zu.a-long-id-of-a-message@customer.example",
			 i);
		ids[i] = crm_slice_of(text[i]);
	}
	ids[1] = S("x>\r\nBcc: <all@evil.example");
	ids[2] = S("two words@x");
	p.references = ids;
	p.n_references = 100;
	got = built(&p);
	for (const char *at = strstr(got, "References:"); (at = strstr(at, "message@")); at++)
		n++;
	ok(strstr(got, "References: <0.a-long") && strstr(got, "\t<99.a-long")
		   && !strstr(got, "<50.a-long"),
	   "of many references the first and the last");
	ok(n > 10 && n < 40, "  within the line that servers take (%d)", n);
	ok(!strstr(got, "evil") && !strstr(got, "two words"), "what is no id is left out");
	ok(strstr(got, "\t<two@customer.example>\r\nMIME"), "what it answers is the last");
	free(got);
	p.n_references = 2;
	p.in_reply_to = S("sha:00112233445566778899aabbccddeeff");
	lacks(&p, "sha:", "a mail without an id is not referred to");
	p.in_reply_to = S("x>\r\nBcc: all@evil.example");
	lacks(&p, "evil", "an answer to what is no id refers to nothing");
}

static void hostile(void)
{
	static const struct {
		size_t at;
		const char *value, *why;
	} cases[] = {
#define AT(member) offsetof(struct crm_parcel, member)
		{AT(subject), "Hi\r\nBcc: all@evil.example", "the subject has control characters"},
		{AT(subject), "Hi\nBcc: all@evil.example", "the subject has control characters"},
		{AT(subject), "Hi\xc2\x85x", "the subject has control characters"},
		{AT(subject), "Hi\xff", "the subject is not UTF-8"},
		{AT(to_name), "Ada\r\nBcc: all@evil.example",
		 "the recipient's name has control characters"},
		{AT(to), "ada@customer.example\r\nRCPT TO:<all@evil.example>",
		 "the recipient 'ada@customer.example  RCPT TO:<all@evil.example>' is "
		 "no address: "
		 "more than an address"},
		{AT(to), "ada@customer.example>",
		 "the recipient 'ada@customer.example>' is no address: "
		 "a character in the domain that host names do not have"},
		{AT(to), "Ada <ada@customer.example>",
		 "the recipient 'Ada <ada@customer.example>' is no address: more than an address"},
		{AT(to), "ada", "the recipient 'ada' is no address: no @"},
		{AT(message_id), "a@b>\r\nBcc: <x@evil.example", "its Message-ID is none"},
		{AT(reply_token), "c42 .k3x@x", "its token is none"},
		{AT(message_id), "a", "its Message-ID is none"},
		{AT(message_id), "", "its Message-ID is none"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct crm_parcel p = parcel();

		*(struct crm_slice *)(void *)((char *)&p + cases[i].at) =
			crm_slice_of(cases[i].value);
		is_built(&p, cases[i].why, "injection: refused");
	}
}

static void envelopes(void)
{
	struct crm_str from = CRM_STR_INIT, to = CRM_STR_INIT;
	struct crm_parcel p = parcel();
	struct crm_err err;
	bool utf8;

#define ENVELOPE()                                                                   \
	(crm_str_clear(&from), crm_str_clear(&to), err.text[0] = '\0',               \
	 crm_mime_envelope(&p, &account, &from, &to, &utf8, &err) == CRM_OK          \
		 ? (crm_str_addc(&from, ' '), crm_str_adds(&from, to.ptr), from.ptr) \
		 : err.text)
	set_account("{}");
	is_str(ENVELOPE(), "help@shop.example ada@customer.example", "the envelope");
	set_account("{\"verp\":\"bounce@shop.example\"}");
	is_str(ENVELOPE(), "bounce+c42.k3x9q2mwta.1=shop.example@shop.example ada@customer.example",
	       "VERP: reports tell the message by their address");
	p.message_id = S("0123456789012345678901234567890123456789012345678901@shop.example");
	is_str(ENVELOPE(), "bounce@shop.example ada@customer.example",
	       "an id that is too long for that does without");
	set_account("{}");
	p.to = S("Ada.AX@Bücher.example");
	is_str(ENVELOPE(), "help@shop.example Ada.AX@xn--bcher-kva.example",
	       "a host above ASCII goes out as its A-label");
	ok(!utf8, "  which any server takes");
	has(&p, "<Ada.AX@xn--bcher-kva.example>", "  in the header too");
	p.to = S("jörg@customer.example");
	is_str(ENVELOPE(), "help@shop.example jörg@customer.example", "a name above ASCII");
	ok(utf8, "  needs a server that knows SMTPUTF8");
	has(&p, "<jörg@customer.example>", "  and stands in the header as it is");
	crm_str_release(&from);
	crm_str_release(&to);
}

int main(void)
{
	whole();
	replying();
	subjects();
	programs();
	campaigns();
	bodies();
	references();
	hostile();
	envelopes();
	crm_json_doc_release(&doc);
	return done();
}
