/* SPDX-License-Identifier: MIT */
/*
 * request: the state of a conversation, derived from its events.
 *
 *	new       they wrote, and nobody of ours has answered or was assigned yet
 *	open      we owe an answer
 *	pending   they do
 *	snoozed   put off: open again at snoozed_until, or when they write
 *	resolved  done; a message of theirs within reopen_days opens it again, a later one is a
 *	          new request that follows it (conversation.follows)
 *
 * The latest event that says something counts: an event of type status of the request, in its
 * source's words; else who spoke last. What no person wrote (automatic, but for lists and
 * bots) changes nothing, so an auto-reply neither opens a request again nor answers it. An
 * assignment makes a new request an open one.
 *
 * Members of raw that count: of a status event "until" (RFC 3339, of snoozed); of an
 * assignment "queue", "priority" (0 low, 1 normal, 2 high, 3 urgent), "motive"; agent empty:
 * it is nobody's.
 *
 * Derived columns of conversation: status, opened_at, updated_at, profile_id, endpoint_id,
 * account, subject, assignee, assigned_at, queue, priority, motive, snoozed_until, and
 * waiting_since: the oldest message of theirs since a person of ours, or the bot, answered
 * last (or it was resolved); NULL: none.
 */
#ifndef CRM_REQUEST_H
#define CRM_REQUEST_H

#include "store/db.h"
#include "store/people.h"

enum crm_priority {
	CRM_LOW,
	CRM_NORMAL,
	CRM_HIGH,
	CRM_URGENT,
	CRM_PRIORITIES
};
extern const char *const crm_priority_names[CRM_PRIORITIES];

/* Must be called once for a handle before the functions below. */
enum crm_status crm_request_functions(struct crm_db *db);

/* Brings the cached columns of these conversations up to date with their events, and parts
 * those that went on later than reopen_days after they were resolved. In the caller's
 * transaction. */
enum crm_status crm_requests_derive(struct crm_db *db, const struct crm_ids *conversations);

/* A conversation as it was at a moment (ms), as a JSON object: id, channel, status, subject,
 * person, name, opened_at, waiting_since, assignee, queue, priority, motive …; CRM_NO_INPUT
 * when there is none of that id (an alias counts as what it stands for) or it was not yet. */
enum crm_status crm_request_at(struct crm_db *db, int64_t conversation, int64_t as_of,
			       struct crm_str *out);

#endif
