/* SPDX-License-Identifier: MIT */
/*
 * form: what a web form or a webhook posts: application/x-www-form-urlencoded,
 * multipart/form-data, or what a script on the page posts in their place: a JSON object.
 *
 * A file is either posts of the first kind, one a line (a body, the query string of a GET,
 * or a whole URL), or one post with all that follows: when it begins with header lines, of
 * which Content-Type says how the rest is to be read, or with --boundary. Of a JSON object
 * each member is a field, and a list several of one name; what is deeper is its text.
 *
 * Each post becomes
 *
 *	{"field": "value", "repeated": ["a", "b"],
 *	 "file": {"name": …, "type": …, "size": bytes, "digest": …},
 *	 "@request": {"received": …, "id": …}}
 *
 * with the fields in the order in which each came first. A file that was not chosen (no
 * name, no bytes) is null. Values are UTF-8: as the post says (`_charset_`, a charset
 * parameter), else what is valid UTF-8 is that, and anything else is windows-1252, as
 * browsers have it. A bad escape is kept as it is written; %uXXXX is a UTF-16 unit.
 *
 * A post that was received without an id gets one of its content, the sender's address and the
 * minute: @request/id serves as a key.
 *
 * @request is written by who received the post (crm_form_head), and by nobody else: of the
 * header lines only those that begin with CRM- get into it, and a field of that name becomes
 * "@@request".
 */
#ifndef CRM_FORM_H
#define CRM_FORM_H

#include "ingest/syntax.h"

#define CRM_FORM_FIELDS 1000      /* a post with more is set aside; so is one with */
#define CRM_FORM_NAME_MAX 1024    /* a field's name of more bytes than this, and */
#define CRM_FORM_HEADER_LINES 100 /* one with more header lines than this */

extern const struct crm_syntax crm_syntax_form;

/* Appends the header lines of a post: its Content-Type, and name–value pairs for @request,
 * ended by {NULL}; a NULL value is left out, control characters in one are blanks. */
struct crm_form_note {
	const char *name; /* received, id, remote_addr …: letters and _ */
	const char *value;
};
void crm_form_head(struct crm_str *out, const char *type, const struct crm_form_note *notes);

/* Calls each for the fields of a urlencoded text, in order, until it returns false; decoded
 * as above. Borrowed: valid during the call. Returns false when each did. */
bool crm_form_each(struct crm_slice text,
		   bool (*each)(void *data, struct crm_slice name, struct crm_slice value),
		   void *data);

#endif
