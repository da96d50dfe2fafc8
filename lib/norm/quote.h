/* SPDX-License-Identifier: MIT */
/*
 * quote: what the sender of a message newly wrote, apart from what the mail program put
 * around it.
 *
 * The reply is made of whole lines of the text, in order: what is above a quote, below it
 * and, when answers stand between quoted lines, all of them. Not in it are
 *	- quoted lines ("> "), also their ends that a mail program wrapped onto lines of
 *	  their own, and the line that introduces them ("On … wrote:", on up to four lines);
 *	- what follows such a line, a block of headers ("From: … Sent: … Subject: …") or a
 *	  line like "-----Original Message-----", to the end, when no "> " marks it;
 *	- signatures: below "-- ", "--" or a dash, or of two lines and more below a closing
 *	  ("Regards,"); a closing and a name are part of the letter;
 *	- what telephones, mailing lists, virus scanners and lawyers add.
 * A forwarded message is not the sender's words. But a message is never eaten: where nothing
 * would remain, the reply is the whole text.
 *
 * The phrases are tables of words in some thirty languages (quote_words.c); how they stand
 * in a line is decided here, without regular expressions. Time is linear in the text. A line
 * of more than 400 bytes is never an introduction or a signature, and a text of more than
 * 1 MB is no letter: it is the reply as it is. May be called from any thread.
 */
#ifndef CRM_QUOTE_H
#define CRM_QUOTE_H

#include "base/str.h"

#define CRM_QUOTE_TEXT_MAX (1024 * 1024)

/* Parts text (UTF-8; lines end in '\n' or "\r\n") and appends the sender's lines to reply,
 * all others to quoted, which may be NULL. Lines lose the blanks at their ends; the reply has
 * no blank line at its beginning or end, and one where something was taken out. Text that
 * flows (RFC 3676) must have been joined before. */
void crm_quote_split(struct crm_slice text, struct crm_str *reply, struct crm_str *quoted);

#endif
