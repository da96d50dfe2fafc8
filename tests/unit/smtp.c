/* SPDX-License-Identifier: MIT */
/* The words of SMTP: answers (RFC 5321 4.2, RFC 3463), also such as no server should give;
 * what they mean; dots (RFC 5321 4.5.2). The refusals are those of well-known hosts. */
#include "reply/smtp_wire.h"
#include "tap.h"

/* Lines, each ended by \n: "250 2.0.0 text" of the last answer, or what is wrong. */
static const char *read_all(const char *lines)
{
	static char out[2000];
	struct crm_smtp_answer a = {.text = CRM_STR_INIT};
	enum crm_smtp_said said = CRM_SMTP_BAD;

	for (const char *at = lines, *end; (end = strchr(at, '\n')); at = end + 1)
		if ((said = crm_smtp_answer_line(&a, (struct crm_slice){at, (size_t)(end - at)}))
		    == CRM_SMTP_BAD)
			break;
	snprintf(out, sizeof(out), "%d %s %s", a.code, *a.enhanced ? a.enhanced : "-", a.text.ptr);
	crm_smtp_answer_release(&a);
	return said == CRM_SMTP_BAD ? "bad" : said == CRM_SMTP_MORE ? "more" : out;
}

static void answers(void)
{
	static const struct {
		const char *lines, *want;
	} cases[] = {
		{"250 2.1.0 Ok\n", "250 2.1.0 Ok"},
		{"250\n", "250 - "},
		{"250-first\n", "more"},
		{"250-first\n250 last\n", "250 - first last"},
		{"550-5.1.1 The account\n550-5.1.1 does not\n550 5.1.1 exist g1\n",
		 "550 5.1.1 The account does not exist g1"},
		{"550-5.1.1 one\n550 5.7.1 two\n", "550 5.1.1 one 5.7.1 two"},
		{"250 one\n354 two\n", "354 - two"},
		{"250 5.1.1 not of this kind\n", "250 - 5.1.1 not of this kind"},
		{"550 5.1.1.1 x\n", "550 - 5.1.1.1 x"},
		{"550 5.1 x\n", "550 - 5.1 x"},
		{"550 5.1000.1 x\n", "550 - 5.1000.1 x"},
		{"550 5.123.456\n", "550 5.123.456 "},
		{"550-one\n551 two\n", "bad"},
		{"\n", "bad"},
		{"25\n", "bad"},
		{"2500 x\n", "bad"},
		{"150 x\n", "bad"},
		{"999 x\n", "bad"},
		{"HTTP/1.1 400 Bad Request\n", "bad"},
		{"* OK IMAP4rev1\n", "bad"},
	};
	struct crm_smtp_answer a = {.text = CRM_STR_INIT};
	enum crm_smtp_said said = CRM_SMTP_MORE;
	int n = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is_str(read_all(cases[i].lines), cases[i].want, "an answer");
	for (; said == CRM_SMTP_MORE && n < 100000; n++)
		said = crm_smtp_answer_line(&a, CRM_SLICE("250-and so on, and so on"));
	ok(said == CRM_SMTP_BAD && a.text.len <= CRM_SMTP_TEXT + 1, "an answer without end ends");
	crm_smtp_answer_release(&a);
}

static void judgements(void)
{
	static const struct {
		enum crm_smtp_stage stage;
		const char *line, *want;
	} cases[] = {
		{CRM_SMTP_RCPT,
		 "550 5.1.1 The email account that you tried to reach does not exist",
		 "refused bad"},
		{CRM_SMTP_RCPT, "550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found",
		 "refused bad"},
		{CRM_SMTP_RCPT, "550 5.4.1 Recipient address rejected: Access denied",
		 "refused bad"},
		{CRM_SMTP_RCPT, "553 Mailbox unavailable: no such user here", "refused bad"},
		{CRM_SMTP_DOT, "554 5.2.1 The account is disabled", "refused bad"},
		{CRM_SMTP_RCPT, "552 5.2.2 Mailbox full", "refused"},
		{CRM_SMTP_RCPT, "452 4.2.2 Mailbox full", "deferred"},
		{CRM_SMTP_RCPT, "450 4.1.1 User unknown in local table", "deferred"},
		{CRM_SMTP_RCPT, "550 5.7.1 Unable to relay", "refused"},
		{CRM_SMTP_DOT, "550 5.7.26 Unauthenticated email is not accepted", "refused"},
		{CRM_SMTP_DOT, "554 5.7.1 Spam message rejected", "refused"},
		{CRM_SMTP_MAIL, "550 5.1.8 Sender address rejected: Domain not found", "refused"},
		{CRM_SMTP_MAIL, "550 5.1.1 User unknown", "refused"},
		{CRM_SMTP_MAIL, "530 5.7.0 Must issue a STARTTLS command first", "deferred"},
		{CRM_SMTP_MAIL, "535 5.7.8 Authentication failed", "deferred"},
		{CRM_SMTP_GREETING, "554 5.7.1 Blocked using a list", "deferred"},
		{CRM_SMTP_DATA, "250 what", "deferred"},
		{CRM_SMTP_DOT, "421 4.3.2 Shutting down", "deferred"},
		{CRM_SMTP_DOT, "354 what", "unknown"},
	};
	struct crm_receipt receipt = {.id = CRM_STR_INIT, .detail = CRM_STR_INIT};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct crm_smtp_answer a = {.text = CRM_STR_INIT};
		char got[40];

		crm_smtp_answer_line(&a, crm_slice_of(cases[i].line));
		crm_smtp_judge(&a, cases[i].stage, &receipt);
		snprintf(got, sizeof(got), "%s%s", crm_sent_names[receipt.outcome],
			 receipt.address_bad ? " bad" : "");
		is_str(got, cases[i].want, cases[i].line);
		crm_smtp_answer_release(&a);
	}
	crm_str_release(&receipt.detail);
}

static void dots(void)
{
	static const struct {
		const char *message, *want;
	} cases[] = {
		{"", ".\r\n"},
		{"a\r\n", "a\r\n.\r\n"},
		{".\r\n", "..\r\n.\r\n"},
		{"a\r\n.\r\n.b\r\nc.\r\n", "a\r\n..\r\n..b\r\nc.\r\n.\r\n"},
	};
	struct crm_str out = CRM_STR_INIT;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		crm_str_clear(&out);
		crm_smtp_stuff(crm_slice_of(cases[i].message), &out);
		is_str(out.ptr, cases[i].want, "dots are doubled");
	}
	crm_str_release(&out);
}

int main(void)
{
	answers();
	judgements();
	dots();
	return done();
}
