/* SPDX-License-Identifier: MIT */
/*
 * placeholder: the {{…}} in a request as a channel file has it.
 *
 *	{{to}}               a value; that it is missing is a mistake
 *	{{account.url|https://api.example}}   or else this text
 *	{{about?}}           or else nothing: a member that is this alone is left out
 *	{{/chat/id}}         from the message that is answered, as it came (ingest/path.h)
 *	{{to:digits}}        turned: digits (only those), entities (& < > as &amp; &lt; &gt;),
 *	                     number (in JSON written as one), json (in JSON put in as it is)
 */
#ifndef CRM_PLACEHOLDER_H
#define CRM_PLACEHOLDER_H

#include "base/str.h"

enum crm_placeholder_as {
	CRM_PUT_TEXT,
	CRM_PUT_DIGITS,
	CRM_PUT_ENTITIES,
	CRM_PUT_NUMBER,
	CRM_PUT_JSON
};

struct crm_placeholder { /* borrowed from the text */
	struct crm_slice name;
	struct crm_slice fallback; /* {0}: none */
	bool optional;
	enum crm_placeholder_as as;
};

/* Takes the text up to and with the next placeholder from rest: before gets what stands before
 * it. False when there is no more: before gets all the rest. */
bool crm_placeholder_next(struct crm_slice *rest, struct crm_slice *before,
			  struct crm_placeholder *placeholder);
/* Is text one placeholder and nothing else? */
bool crm_placeholder_alone(struct crm_slice text, struct crm_placeholder *placeholder);
/* What is wrong with the placeholders in text (a name that is not known, an end that is
 * missing), or NULL; static. */
const char *crm_placeholder_wrong(struct crm_slice text);

#endif
