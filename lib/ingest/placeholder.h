/* SPDX-License-Identifier: MIT */
/*
 * placeholder: the {{…}} in a request as a channel file has it.
 *
 *	{{to}}                       a value; that it is missing is a mistake
 *	{{account.url|https://a.b}}  or else this text
 *	{{/chat/id||to}}             or else this value
 *	{{about?}}                   or else the whole string that it stands in is left out
 *	{{/chat/id}}                 from the message that is answered, as it came (ingest/path.h)
 *	{{to:digits}}                turned, as enum crm_placeholder_as says
 */
#ifndef CRM_PLACEHOLDER_H
#define CRM_PLACEHOLDER_H

#include "base/str.h"

enum crm_placeholder_as {
	CRM_PUT_TEXT,
	CRM_PUT_DIGITS,   /* digits: nothing but those */
	CRM_PUT_ENTITIES, /* entities: & < > as &amp; &lt; &gt; */
	CRM_PUT_HEAD,     /* head: what stands before the first /, or all */
	CRM_PUT_JSON,     /* json: in JSON, as it is and not as a string */
	CRM_PUT_NUMBER,   /* number: in JSON, a whole number */
	CRM_PUT_SCHEME,   /* scheme: up to the first :, with that; missing where there is none */
	CRM_PUT_TAIL      /* tail: what stands behind the first /; missing where there is none */
};

struct crm_placeholder { /* borrowed from the text */
	struct crm_slice name;
	struct crm_slice other;    /* another placeholder, without braces; {0}: none */
	struct crm_slice fallback; /* {0}: none */
	bool optional;
	enum crm_placeholder_as as;
};

/* The placeholder that is written like this between its braces. */
struct crm_placeholder crm_placeholder_parse(struct crm_slice inside);
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
