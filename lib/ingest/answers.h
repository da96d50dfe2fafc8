/* SPDX-License-Identifier: MIT */
/*
 * answers: how a channel is answered, member "answers" of its file; crm-channels(5) describes
 * it. Here it is read; reply/http.h and reply/exec.h do what it says. Texts with {{…}} are as
 * in ingest/placeholder.h.
 *
 * Invariants of what is loaded: each placeholder has a name that is known; no header holds a
 * control character; by http there is a method and an url; what is read of an answer is in the
 * language of places of the channel (conditions hold or not, a where gives a value).
 */
#ifndef CRM_ANSWERS_H
#define CRM_ANSWERS_H

#include "base/json.h"
#include "base/mem.h"
#include "base/status.h"
#include "ingest/channel.h"
#include "ingest/section.h"

struct crm_answers_part { /* a header or a field; value has placeholders */
	const char *name, *value;
};

struct crm_answers_parts {
	struct crm_answers_part *list;
	size_t n;
};

/* What an answer says, told by conditions over it; the first of these that holds counts. */
enum crm_answers_verdict {
	CRM_SAYS_CREDENTIALS, /* ours are not taken: nobody gets anything before that is mended
			       */
	CRM_SAYS_ADDRESS_BAD, /* refused, since the address does not exist */
	CRM_SAYS_REFUSED,
	CRM_SAYS_DEFERRED,
	CRM_SAYS_UNKNOWN,
	CRM_SAYS_OK, /* beside 2xx, where it is given */
	CRM_SAYINGS
};

struct crm_conditions { /* all of them */
	struct crm_condition *list;
	size_t n;
};

struct crm_rate {
	int64_t n;  /* so many at most; 0: no limit */
	int64_t ms; /* in any time of this length */
};

struct crm_answers {
	const char *by; /* smtp, http, exec */

	const char *method, *url; /* http */
	const char *basic;        /* USER:PASSWORD of basic authentication; NULL */
	struct crm_answers_parts headers, query, form;
	struct crm_slice json;     /* the body, a JSON text whose strings have placeholders */
	struct crm_slice template; /* the body instead, where the parcel has variables */

	const char *exec;  /* the command, as sh takes it */
	const char *input; /* what it reads; NULL: a JSON line */
	bool stream;       /* it is started once and takes a line each */
	bool attachments;  /* it takes files, in the line */

	struct crm_conditions verdicts[CRM_SAYINGS];
	struct crm_where key;            /* of the message, as the channel's records have it */
	struct crm_where error;          /* what went wrong, in words */
	struct crm_where retry_after;    /* s */
	struct crm_where retry_after_ms; /* ms */
	bool idempotent;                 /* the same key twice is one message */

	int64_t window;               /* ms after their last message that we may write; 0: always */
	struct crm_rate rate;         /* of the account */
	struct crm_rate rate_address; /* to one address */
	int64_t text_max;             /* of UTF-16, as most services count; 0: no limit */
	bool text_max_bytes;          /* of UTF-8 instead */
};

/* What loading needs of a channel file. */
struct crm_answers_file {
	struct crm_section section; /* its data is that of the functions below, too */
	/* Reads a place, and conditions, as elsewhere in the file. */
	void (*where)(void *data, const struct crm_json_value *at, struct crm_where *where);
	void (*conditions)(void *data, const struct crm_json_value *at,
			   struct crm_conditions *conditions);
};
/* Reads member "answers" at v, an object or the name of a way. Borrowed: lives in the arena. */
const struct crm_answers *crm_answers_load(const struct crm_answers_file *file,
					   const struct crm_json_value *v);

#endif
