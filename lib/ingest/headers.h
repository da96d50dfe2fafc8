/* SPDX-License-Identifier: MIT */
/*
 * headers: a file of lines "Name: value", a blank line and a text, as SMS servers (smstools)
 * keep each message. One file is one record:
 *
 *	{"headers": {"from": "49171…", "alphabet": "UCS2"}, "body": "…",
 *	 "report": {"message_id": "117", "status": "0,Ok"}}
 *
 * Names are lower case; of a name that comes again the first counts. The body is in the
 * alphabet that the header Alphabet names (ISO, the default: ISO-8859-15; UTF-8; UCS2:
 * UTF-16, big endian without a mark; a charset's own name), and if that cannot be, what it
 * looks like. A body of lines "SMS STATUS REPORT", "Name: value" … gives "report".
 */
#ifndef CRM_HEADERS_H
#define CRM_HEADERS_H

#include "ingest/syntax.h"

#define CRM_HEADERS_MAX 200                    /* a file with more header lines is set aside */
#define CRM_HEADERS_SIZE ((size_t)1024 * 1024) /* and one of more bytes */

extern const struct crm_syntax crm_syntax_headers;

#endif
