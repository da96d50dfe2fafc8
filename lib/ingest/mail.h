/* SPDX-License-Identifier: MIT */
/*
 * mail: the messages of an mbox, or one message that is a file (of a Maildir, of a folder)
 * or comes by a pipe, as a mail server hands it to a program.
 *
 * An input that begins with a From_ line is an mbox, of any family: mboxo and mboxrd (which
 * quote a From_ line in a body by >), mboxcl and mboxcl2 (which say Content-Length), and
 * those that do neither. A message ends before a line that comes after an empty one, has
 * "From ", a sender and a date, and is followed by a header field. A Content-Length is
 * believed where it ends at such a line or at the end of the file.
 *
 * A message is an object of these members; what it does not have is left out.
 *
 *	id            Message-ID, without <>
 *	digest        of its content, without what is added on the way; always there
 *	key           id, else "sha:" and the digest
 *	date          RFC 3339, with the sender's offset; years 1971 to 2100
 *	date_from     "date", or "received" where Date is missing, unreadable, or more than a day
 *	              later than the topmost Received
 *	from, sender  {"name", "email"}; of several the first
 *	reply_to, to, cc   [{"name", "email"}]; groups are taken apart
 *	return_path   envelope sender; "" is the null one. Also out of a From_ line
 *	delivered_to  [address] of Delivered-To, X-Original-To, Envelope-To …
 *	subject       decoded
 *	in_reply_to, references   [id]
 *	thread        the ids it belongs with: In-Reply-To, then References from the last on; each
 *	              once, at most 50
 *	text          all of its text: plain, or what its HTML says
 *	reply         what of it was newly written: without quotation and signature
 *	html          its HTML
 *	kind, auto, about, reports   see ingest/automatic.h
 *	attachments   [{"name", "type", "size", "digest", "inline": true, "cid"}]
 *	headers       [[name, value]], as they came but for folds and bytes that are no UTF-8
 *	folder        the name of its file, where the input is several
 *	parts_left_out, text_left_out (bytes), headers_left_out (lines)   beyond the limits
 *
 * The messages of an mbox are parsed by several threads (mail_ahead.h), and come in order.
 *
 * Limits: 64 MiB a message; 1,000 parts, multiparts 30 deep, 4 MiB of text and of HTML (see
 * mail_body.h); 1,000 header fields of at most 256 KiB, and what mail_wire.h says. A message
 * that is larger is set aside, in pieces. Something without a header field is "not a mail
 * message".
 */
#ifndef CRM_MAIL_H
#define CRM_MAIL_H

#include "ingest/syntax.h"

#define CRM_MAIL_MAX ((size_t)64 * 1024 * 1024)

extern const struct crm_syntax crm_syntax_mail;

#endif
