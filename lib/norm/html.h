/* SPDX-License-Identifier: MIT */
/*
 * html: the text of a message that came as HTML, as its sender would have typed it into a
 * plain mail.
 *
 * Blocks and line breaks are lines, at most one blank line follows another line, cells of a
 * row are joined by a blank. An item has "- " or its number before it, a link its address in
 * <> behind it unless the text says the same, an image its alternative text. What a reader
 * does not see is not there: scripts, styles, comments, hidden elements, pixels, zero-width
 * and bidirectional control characters.
 *
 * What the sender did not write is marked so that crm_quote_split (norm/quote.h) finds it:
 * "> " before each line of a <blockquote> (not of one that only indents) and of what mail
 * programs keep their quotes in, "-- " on a line before their signatures, and a rule of
 * underscores before the header lines that Outlook puts above a quote.
 *
 * Limits: 256 elements deep (deeper ones are read, but change nothing), quotes and lists 8
 * deep, addresses of 2,000 bytes. Time is linear in the bytes; the text is at most some
 * eight times as long. May be called from any thread.
 */
#ifndef CRM_HTML_H
#define CRM_HTML_H

#include "base/str.h"

/* Appends the text of html, which is UTF-8 (what is not becomes U+FFFD), to out: valid UTF-8,
 * lines parted by '\n', none at the end. When all is hidden, what is hidden is the text. */
void crm_html_text(struct crm_slice html, struct crm_str *out);

#endif
