/* SPDX-License-Identifier: MIT */
/*
 * mime: a parcel as a mail message (RFC 5322, MIME), and the envelope it goes out in.
 *
 * The same parcel gives the same bytes: nothing in them is drawn or looked up. Lines end with
 * CRLF and have at most 998 bytes, all of them ASCII, unless the recipient's own address is
 * not (RFC 6531). Header injection is impossible: a value with a control byte is refused, as
 * is an address that norm/email.h does not take.
 *
 *	From         the account, with its name
 *	Reply-To     with the token of the conversation, help+c42.k3x9q2mwta@shop.example, when
 *	             the account says "plus": true
 *	Subject      with [#c42.k3x9q2mwta] behind it when the account says "tag": true
 *	References   those of the parcel and what it answers: the first and the last ones
 *	Auto-Submitted, X-Auto-Response-Suppress, X-Loop
 *	             of what no person wrote, so that no program answers it (RFC 3834)
 *	List-Id, List-Unsubscribe, List-Unsubscribe-Post, Precedence
 *	             of campaigns (RFC 2919, 2369, 8058)
 *
 * The text is plain, and beside it HTML where there is some; of HTML alone, its text is the
 * plain one. Files follow as attachments.
 *
 * When the account has "verp": "bounce@shop.example", the envelope's sender holds the
 * Message-ID ID@HOST: bounce+ID=HOST@shop.example, so that a report that quotes nothing of a
 * message still tells which one it is about (crm_automatic_put finds it there).
 */
#ifndef CRM_MIME_H
#define CRM_MIME_H

#include "reply/transport.h"

#define CRM_MIME_LINE 998 /* RFC 5322 2.1.1 */

/* Appends the message. CRM_DATA with the reason when the parcel cannot be a mail. */
enum crm_status crm_mime_build(const struct crm_parcel *parcel, const struct crm_account *account,
			       struct crm_str *out, struct crm_err *err);

/* Appends the sender and the recipient of the envelope, without <>; *utf8 says whether the
 * server must know SMTPUTF8. CRM_DATA with the reason when one of them is no address. */
enum crm_status crm_mime_envelope(const struct crm_parcel *parcel,
				  const struct crm_account *account, struct crm_str *sender,
				  struct crm_str *recipient, bool *utf8, struct crm_err *err);

/* Appends the subject of an answer to a request with that subject: "Re: " before it, unless
 * it begins with that, or what mail programs in other languages write for it. */
void crm_mime_answer_subject(struct crm_slice subject, struct crm_str *out);

/* Appends an address as it may be written into an envelope or a header: the local part as it
 * is, the domain as A-label. False with a static reason when it is none. */
bool crm_mime_address(struct crm_slice raw, struct crm_str *out, const char **why);

#endif
