/* SPDX-License-Identifier: MIT */
/*
 * smtp_wire: the words of SMTP (RFC 5321): answers of a server, line by line, what each means
 * for a parcel, and a message as it stands between DATA and its final dot. No connection is
 * needed for any of it.
 */
#ifndef CRM_SMTP_WIRE_H
#define CRM_SMTP_WIRE_H

#include "reply/transport.h"

#define CRM_SMTP_LINE 4096  /* bytes of an answer's line that are kept; RFC 5321 has 512 */
#define CRM_SMTP_TEXT 1000  /* of all lines of an answer together */
#define CRM_SMTP_LINES 1000 /* of an answer; a server that says more says no end */

struct crm_smtp_answer {
	int code;            /* 250 */
	char enhanced[12];   /* "5.1.1" (RFC 3463), ""; of the first line that has one */
	struct crm_str text; /* without codes, lines joined by a blank */
	unsigned lines;
	bool done; /* it is complete: the next line begins another one */
};

enum crm_smtp_said {
	CRM_SMTP_MORE, /* the answer goes on */
	CRM_SMTP_DONE,
	CRM_SMTP_BAD /* it is no answer of an SMTP server */
};
/* Takes one line, without its CRLF. */
enum crm_smtp_said crm_smtp_answer_line(struct crm_smtp_answer *answer, struct crm_slice line);
void crm_smtp_answer_release(struct crm_smtp_answer *answer);

/* What an answer was to. */
enum crm_smtp_stage {
	CRM_SMTP_GREETING, /* anything before a message: greeting, EHLO, STARTTLS, AUTH */
	CRM_SMTP_MAIL,
	CRM_SMTP_RCPT,
	CRM_SMTP_DATA,
	CRM_SMTP_DOT
};

/*
 * What an answer that is no success says of the parcel: outcome, code, detail, address_bad.
 * 4xx is deferred, 5xx refused; but what says that the server takes nothing at all for now, or
 * that we are not logged in as we should be (421, any greeting, crm_smtp_login), is no
 * fault of the parcel: deferred. The address is bad when the words or the code of RCPT or of
 * what follows say so by the rules for bounces (ingest/reason.h). Anything else in answer to
 * the final dot (a code that is none of RFC 5321) leaves unknown what became of it.
 */
void crm_smtp_judge(const struct crm_smtp_answer *answer, enum crm_smtp_stage stage,
		    struct crm_receipt *receipt);
/* Does a code say that we are not logged in as we should be (RFC 4954 6)? */
bool crm_smtp_login(int code);
/* Puts "5.1.1 no such user" into detail: a line of UTF-8 that a terminal may be shown. */
void crm_smtp_detail(const struct crm_smtp_answer *answer, struct crm_str *detail);

/* Appends message, whose lines end with CRLF, with its dots doubled (RFC 5321 4.5.2), and the
 * line of a dot that ends it. */
void crm_smtp_stuff(struct crm_slice message, struct crm_str *out);

#endif
