/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what an SMTP server answers, and as all that a mail is made of. An answer keeps
 * its bounds, and what is said of it may be shown. A mail that is built has no line that is not
 * ended by CRLF or is too long, exactly the fields that we put there, the same bytes each
 * time; and its dots come off again.
 */
#include <string.h>

#include "base/utf8.h"
#include "check.h"
#include "reply/mime.h"
#include "reply/smtp_wire.h"

static void answers(struct crm_slice text)
{
	struct crm_smtp_answer a = {.text = CRM_STR_INIT};
	struct crm_receipt receipt = {.id = CRM_STR_INIT, .detail = CRM_STR_INIT};

	for (const char *lf; text.len && (lf = memchr(text.ptr, '\n', text.len));) {
		size_t n = (size_t)(lf - text.ptr);

		if (crm_smtp_answer_line(&a, (struct crm_slice){text.ptr, n}) == CRM_SMTP_DONE) {
			crm_smtp_judge(&a, (enum crm_smtp_stage)(n % 5), &receipt);
			check(crm_utf8_valid(receipt.detail.ptr, receipt.detail.len)
			      == receipt.detail.len);
			check(!strpbrk(receipt.detail.ptr, "\r\n\033"));
		}
		check(a.text.len <= CRM_SMTP_TEXT + 1 && strlen(a.enhanced) < sizeof(a.enhanced));
		text.ptr += n + 1;
		text.len -= n + 1;
	}
	crm_smtp_answer_release(&a);
	crm_str_release(&receipt.detail);
}

/* The next piece of text, up to a newline; the last one is all the rest. */
static struct crm_slice take(struct crm_slice *text, bool rest)
{
	const char *end = text->len && !rest ? memchr(text->ptr, '\n', text->len) : NULL;
	struct crm_slice piece = {text->ptr, end ? (size_t)(end - text->ptr) : text->len};

	text->ptr += piece.len + (end ? 1 : 0);
	text->len -= piece.len + (end ? 1 : 0);
	return piece;
}

/* Checks the lines; returns the number of header fields. */
static int fields(const struct crm_str *mail)
{
	const char *end = mail->ptr + mail->len;
	bool header = true;
	int n = 0;

	for (const char *at = mail->ptr, *lf; at < end; at = lf + 1) {
		check((lf = memchr(at, '\n', (size_t)(end - at))) && lf > at - 1 && lf[-1] == '\r');
		check(lf - at <= CRM_MIME_LINE + 1
		      && memchr(at, '\r', (size_t)(lf - at)) == lf - 1);
		header = header && lf > at + 1;
		n += header && *at != ' ' && *at != '\t';
	}
	return n;
}

static void mail(struct crm_slice text)
{
	struct crm_account account = {.account = "help@shop.example", .name = "Shop"};
	struct crm_slice references[2];
	struct crm_parcel p = {.key = take(&text, false), .message_id = CRM_SLICE("a@b")};
	struct crm_str out = CRM_STR_INIT, again = CRM_STR_INIT;
	struct crm_err err;

	crm_json_scan(&account.doc, "{\"plus\":true,\"tag\":true}", 24);
	p.to = take(&text, false);
	p.to_name = take(&text, false);
	p.subject = take(&text, false);
	p.reply_token = take(&text, false);
	p.in_reply_to = take(&text, false);
	p.campaign = take(&text, false);
	p.unsubscribe = take(&text, false);
	crm_mime_answer_subject(p.subject, &out);
	crm_str_clear(&out);
	p.references = references;
	p.n_references = 2;
	references[0] = take(&text, false);
	references[1] = take(&text, false);
	p.html = take(&text, false);
	p.text = take(&text, true);
	if (crm_mime_build(&p, &account, &out, &err) == CRM_OK) {
		int n = fields(&out);

		check(n >= 7 && n <= 18);
		check(crm_mime_build(&p, &account, &again, &err) == CRM_OK);
		check(out.len == again.len && !memcmp(out.ptr, again.ptr, out.len));
		crm_str_clear(&again);
		crm_smtp_stuff((struct crm_slice){out.ptr, out.len}, &again);
		check(again.len >= out.len + 3
		      && !memcmp(again.ptr + again.len - 5, "\r\n.\r\n", 5));
		check(memmem(again.ptr, again.len, "\r\n.\r\n", 5) == again.ptr + again.len - 5);
	} else {
		check(err.status == CRM_DATA);
	}
	crm_json_doc_release(&account.doc);
	crm_str_release(&out);
	crm_str_release(&again);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	struct crm_slice text = {(const char *)bytes, len};

	answers(text);
	mail(text);
	return 0;
}
