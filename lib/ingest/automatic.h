/* SPDX-License-Identifier: MIT */
/*
 * automatic: which mails were written by a program, and what they tell of a mail of ours.
 * They are stored like any other, but nobody may answer them automatically: two programs
 * that do so never end (RFC 3834).
 *
 * The kind of a mail is one of
 *
 *	message     a person wrote it, as far as can be seen
 *	list        it went to many: a mailing list, a newsletter
 *	auto-reply  a program wrote it: a vacation message, a notification
 *	bounce      a mail host says that a message was not delivered, or not yet
 *	receipt     a message was delivered, or read (RFC 8098)
 *	complaint   somebody called a message spam (RFC 5965)
 *
 * Reports are known by their parts, or else by several signs at once: a customer who writes
 * to us about "undelivered mail" or "out of office" is a customer. A report that somebody
 * forwards is a message of whoever forwards it.
 *
 * Limits: MIME parts are looked at 16 deep and 200 in all, 64 KiB of decoded text of each
 * part that counts; what is beyond is not seen. See also ingest/bounce.h.
 */
#ifndef CRM_AUTOMATIC_H
#define CRM_AUTOMATIC_H

#include <gmime/gmime.h>

#include "base/str.h"

/*
 * Appends to json, in which an object is open:
 *
 *	"kind"     as above
 *	"auto"     the sign that decided, such as "Precedence: bulk"; also of a message that asks
 *	           not to be answered automatically. Absent: a reply may be sent.
 *	"about"    Message-ID, without <>, of the message that a report or an auto-reply is about,
 *	           if it can be found: as what it quotes, answers, or was sent to: an envelope's
 *	           sender bounce+ID=HOST@shop.example is one of the message ID@HOST (VERP)
 *	"reports"  of a bounce, receipt or complaint: an array (maybe empty) of
 *		"recipient"   normal form; absent if it cannot be found
 *		"status"      bounced, deferred, delivered, relayed, expanded, read, deleted or
 *		              complained
 *		"action"      as the report says it, if it does
 *		"code"        enhanced status (RFC 3463), if stated
 *		"reply"       SMTP reply, if stated
 *		"reason"      bounced and deferred: see ingest/reason.h; complained: the
 *		              Feedback-Type
 *		"hard"        bounced and deferred: does the address itself not work?
 *		"diagnostic"  what the refuser wrote
 *
 * Whoever acts on "hard" or "complained" makes sure that "about" is a message of ours to that
 * recipient: anyone can write a report. message is not changed (decoding is cached in it).
 */
void crm_automatic_put(GMimeMessage *message, struct crm_str *json);

/* Does a header field of this name count, apart from Subject and those with addresses, dates
 * and Message-IDs? Others need not be in message. */
bool crm_automatic_sees(struct crm_slice name);

#endif
