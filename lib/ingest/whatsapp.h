/* SPDX-License-Identifier: MIT */
/*
 * whatsapp: the text file that WhatsApp's "Export chat" writes.
 *
 * There is no description of it. It is written in the phone's language and habits of
 * date, so what is relied on is what all of them share:
 *
 *	24/12/19, 15:04 - Ada: text           Android
 *	[24.12.19, 15:04:09] Ada: text        iOS
 *
 * A line that begins so begins a message, and lines that do not continue it. Dates are
 * three numbers with / . or - between, year first or last; clocks have 12 hours (AM, p. m.,
 * 下午 … before or after) or 24; digits may be Arabic, Persian or Devanagari; commas, marks
 * of direction and narrow blanks stand anywhere. Each message becomes
 *
 *	{"time": "3/4/26 09:15", "author": "Ada", "text": "…"}
 *
 * time: day and month in the order of the file, which only all of it together tells, the
 *	clock in 24 hours; yyyy-mm-dd where the year is first, dots where the file has dots.
 * author: absent of a line that nobody wrote (somebody joined). Ends at the first ": ",
 *	so that a name may hold colons, but none with a blank after it; a "~" before somebody
 *	who is in no address book is not part of it.
 * phone: of an author who is known by a number only, instead of author.
 * system: true, of what the program says itself.
 * attachments: [{"type": "file", "name": …}] of a file that was exported along, [{"type": "media"}]
 *of one that was left out. text is then what was written to it, or absent. edited, deleted: true,
 *as the message says of itself.
 *
 * Limits: a message of 1 MiB.
 */
#ifndef CRM_WHATSAPP_H
#define CRM_WHATSAPP_H

#include "ingest/syntax.h"

#define CRM_WHATSAPP_MAX ((size_t)1024 * 1024)

extern const struct crm_syntax crm_syntax_whatsapp;

#endif
