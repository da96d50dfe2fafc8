/* SPDX-License-Identifier: MIT */
/*
 * notice: what an agent is told by a channel of their choice ("notify" in the file agents): that
 * a request was given to them, that somebody calls them in a note, that a request is due.
 *
 * A notice is a message of the outbox, of kind notice, made of the template called as what
 * happened. It belongs to no conversation, so that it neither waits for what customers are sent,
 * nor holds that back, nor becomes part of what was said to them. Of one event an agent is told
 * once, and after a day nobody any more.
 */
#ifndef CRM_NOTICE_H
#define CRM_NOTICE_H

#include "reply/post.h"

struct crm_notice {              /* all borrowed for the call */
	const char *kind;        /* assigned, mentioned, due: the template */
	const char *agent;       /* who is told */
	int64_t conversation;    /* 0: none */
	int64_t person;          /* 0: who asked in the conversation */
	int64_t event;           /* what it is told of: once for each */
	struct crm_slice by;     /* {{line.by}}: who did it */
	struct crm_slice text;   /* {{line.text}} */
	struct crm_slice reason; /* {{line.reason}} */
};

/* Queues it, inside the caller's transaction. of post db, channels, accounts and context are
 * used. *out says what became of it: REFUSED with reason no_notify for an agent who wants none,
 * or with detail, a line of words, for what is wrong with the configuration. Only a failure of the
 * store is an error. */
enum crm_status crm_notice_add(const struct crm_post *post, const struct crm_notice *notice,
			       struct crm_posted *out);

#endif
