/* SPDX-License-Identifier: MIT */
/*
 * mail_text: bytes of a text part into text as its writer saw it.
 *
 * What a mail says of its charset is often wrong or missing. So it is believed only as far
 * as the bytes bear it out: what is valid UTF-8 and has letters above ASCII is UTF-8 also
 * when a Western charset is named (the reverse does not happen by chance); what the named
 * charset cannot decode is looked at by crm_charset_sniff; windows-1252 reads everything.
 */
#ifndef CRM_MAIL_TEXT_H
#define CRM_MAIL_TEXT_H

#include "base/str.h"

/* Appends bytes as valid UTF-8. charset: as the mail names it, or NULL. */
void crm_mail_decode(struct crm_slice bytes, const char *charset, struct crm_str *out);

/* Appends text with LF at line ends; with flowed, paragraphs that were broken for sending
 * are one line again (RFC 3676), delsp: without the blank at the break. */
void crm_mail_lines(struct crm_slice text, bool flowed, bool delsp, struct crm_str *out);

/* A file within text, as mail carried them before MIME: "begin 644 name", lines of
 * uuencode (POSIX uuencode(1)), "end". */
struct crm_mail_uu {
	struct crm_slice name;
	size_t start, end; /* where in the text it begins, and just behind it */
};
/* The first one at or after from. Its bytes are appended to out. False: there is none. */
bool crm_mail_uu_find(struct crm_slice text, size_t from, struct crm_mail_uu *uu,
		      struct crm_str *out);

#endif
