/* SPDX-License-Identifier: MIT */
/* Answers come from whoever runs the server: each byte may be anything. */
#include "reply/smtp_wire.h"

#include <ctype.h>
#include <string.h>

#include "base/utf8.h"
#include "ingest/reason.h"

/* The enhanced code that line begins with and that fits to code; its length, 0: none. */
static size_t read_enhanced(struct crm_slice line, int code, char enhanced[12])
{
	size_t i = 0, numbers = 0;

	while (i < line.len && i < 11 && numbers < 3 && isdigit((unsigned char)line.ptr[i])) {
		size_t from = i;

		while (i < line.len && i < 11 && isdigit((unsigned char)line.ptr[i]))
			i++;
		if (i - from > 3)
			return 0;
		numbers++;
		if (numbers < 3) {
			if (i >= line.len || line.ptr[i] != '.')
				return 0;
			i++;
		}
	}
	if (numbers < 3 || line.ptr[1] != '.' || line.ptr[0] - '0' != code / 100
	    || (i < line.len && line.ptr[i] != ' '))
		return 0;
	memcpy(enhanced, line.ptr, i);
	enhanced[i] = '\0';
	return i;
}

static void add_words(struct crm_smtp_answer *a, struct crm_slice words)
{
	char enhanced[12];
	size_t n = read_enhanced(words, a->code, enhanced);

	if (n && (!a->enhanced[0] || !strcmp(a->enhanced, enhanced))) {
		memcpy(a->enhanced, enhanced, sizeof(enhanced));
		words.ptr += n;
		words.len -= n;
	}
	words = crm_slice_trim(words);
	if (a->text.len + words.len + 1 > CRM_SMTP_TEXT)
		words.len = a->text.len < CRM_SMTP_TEXT ? CRM_SMTP_TEXT - a->text.len : 0;
	if (a->text.len && words.len)
		crm_str_addc(&a->text, ' ');
	crm_str_add(&a->text, words.ptr, words.len);
}

enum crm_smtp_said crm_smtp_answer_line(struct crm_smtp_answer *a, struct crm_slice line)
{
	int code = 0;
	char after = line.len > 3 ? line.ptr[3] : ' ';

	for (size_t i = 0; i < 3; i++) {
		if (i >= line.len || !isdigit((unsigned char)line.ptr[i]))
			return CRM_SMTP_BAD;
		code = code * 10 + (line.ptr[i] - '0');
	}
	if (code < 200 || code > 599 || (after != ' ' && after != '-'))
		return CRM_SMTP_BAD;
	if (a->done || !a->lines) {
		crm_str_clear(&a->text);
		a->enhanced[0] = '\0';
		a->lines = 0;
	} else if (code != a->code) {
		return CRM_SMTP_BAD;
	}
	if (++a->lines > CRM_SMTP_LINES)
		return CRM_SMTP_BAD;
	a->code = code;
	if (line.len > 4)
		add_words(a, (struct crm_slice){line.ptr + 4, line.len - 4});
	a->done = after == ' ';
	return a->done ? CRM_SMTP_DONE : CRM_SMTP_MORE;
}

void crm_smtp_answer_release(struct crm_smtp_answer *a)
{
	crm_str_release(&a->text);
}

void crm_smtp_detail(const struct crm_smtp_answer *a, struct crm_str *detail)
{
	crm_str_clear(detail);
	if (a->enhanced[0])
		crm_str_addf(detail, "%s ", a->enhanced);
	crm_utf8_printable(detail, (struct crm_slice){a->text.ptr, a->text.len});
}

/* Do the words, or else the code, say that the address itself does not work? */
static bool is_address_bad(const struct crm_smtp_answer *a)
{
	struct crm_str words = CRM_STR_INIT;
	const struct crm_reason *reason;

	crm_reason_words((struct crm_slice){a->text.ptr, a->text.len}, &words);
	reason = crm_reason_worded((struct crm_slice){words.ptr, words.len});
	crm_str_release(&words);
	if (!reason && a->enhanced[0])
		reason = crm_reason_coded(a->enhanced);
	return reason && reason->hard;
}

bool crm_smtp_login(int code)
{
	return code == 530 || code == 534 || code == 535 || code == 538;
}

void crm_smtp_judge(const struct crm_smtp_answer *a, enum crm_smtp_stage stage,
		    struct crm_receipt *receipt)
{
	bool is_ours = stage == CRM_SMTP_GREETING || a->code == 421 || crm_smtp_login(a->code);

	receipt->code = a->code;
	crm_smtp_detail(a, &receipt->detail);
	if (is_ours || a->code / 100 == 4)
		receipt->outcome = CRM_DEFERRED;
	else if (a->code / 100 == 5)
		receipt->outcome = CRM_REFUSED;
	else
		receipt->outcome = stage == CRM_SMTP_DOT ? CRM_UNKNOWN : CRM_DEFERRED;
	receipt->address_bad =
		receipt->outcome == CRM_REFUSED && stage >= CRM_SMTP_RCPT && is_address_bad(a);
}

void crm_smtp_stuff(struct crm_slice message, struct crm_str *out)
{
	const char *at = message.ptr, *end = at + message.len, *lf;

	for (; at < end; at = lf) {
		lf = memchr(at, '\n', (size_t)(end - at));
		lf = lf ? lf + 1 : end;
		if (*at == '.')
			crm_str_addc(out, '.');
		crm_str_add(out, at, (size_t)(lf - at));
	}
	crm_str_adds(out, ".\r\n");
}
