/* SPDX-License-Identifier: MIT */
/*
 * mail_body: what a message says, out of whatever tree of parts it was put into.
 *
 * Which parts are text and which are files is decided as RFC 8621 4.1.4 does: text/plain
 * and text/html that are not marked as attachments and, unless they come first, have no
 * file name. Of alternatives the plain text counts, if it is not empty. A message within
 * the message is a file, as the part of a multipart/signed or /encrypted that is for
 * programs is.
 */
#ifndef CRM_MAIL_BODY_H
#define CRM_MAIL_BODY_H

#include <gmime/gmime.h>

#include "ingest/syntax.h"

#define CRM_MAIL_PARTS 1000                     /* looked at in a message */
#define CRM_MAIL_DEPTH 30                       /* of multiparts in multiparts */
#define CRM_MAIL_TEXT ((size_t)4 * 1024 * 1024) /* bytes of text, and of HTML */

struct crm_mail_body {
	struct crm_str text;        /* UTF-8, LF */
	struct crm_str html;        /* UTF-8 */
	struct crm_str attachments; /* a JSON array, or empty */
	const char *charset;        /* that a text part names, or NULL; as long as the message */
	size_t parts_left_out, bytes_left_out;
	struct crm_str bytes, decoded; /* of the part at hand */
	size_t parts;
};
void crm_mail_body_init(struct crm_mail_body *body);
void crm_mail_body_clear(struct crm_mail_body *body);
void crm_mail_body_release(struct crm_mail_body *body);

/* Fills body, which is cleared, and puts files into item. message was parsed from a memory
 * stream of the bytes parsed, which is still there; raw: the bytes of its body. */
void crm_mail_body_read(struct crm_mail_body *body, GMimeMessage *message, struct crm_slice parsed,
			struct crm_slice raw, struct crm_item *item);

#endif
