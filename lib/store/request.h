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
 *	          Also what no person has said anything in: a lone absence notice asks nothing.
 *
 * The latest event that says something counts: one with a status that names a state, in its
 * source's words; else who spoke last. What no person wrote (automatic, but for lists and
 * bots) changes nothing, so an auto-reply neither opens a request again nor answers it. An
 * assignment makes a new request an open one; after a handover by the bot we owe an answer.
 *
 * Members of raw that count: of a status event "until" (RFC 3339, of snoozed); of an
 * assignment "queue", "priority" (0 low, 1 normal, 2 high, 3 urgent), "motive", each as it was
 * while absent; its agent absent or empty: it is nobody's.
 *
 * Derived columns of conversation: status, opened_at, updated_at, profile_id, endpoint_id,
 * account, subject, assignee, assigned_at, queue, priority, motive, snoozed_until, and
 * waiting_since: the oldest message of theirs since a person of ours, or the bot, answered
 * last (or it was resolved); NULL: we owe nothing. They do not depend on the clock: who asks
 * what waits now counts a snoozed one whose time has come as open.
 *
 * The requests of one thread are parted by its events alone, whatever the order in which
 * they came. A conversation's id that a record was given when it arrived may therefore be
 * another one's in the end: ask by the event (crm_request_of_event).
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

/* The order of events, for SQL. Of those of one moment a change counts after what it changes, and
 * what we did (journal.h) after what was said, each in the order of our doing; between others the
 * key decides, so that the order in which they came does not. */
#define CRM_EVENT_ORDER                                                  \
	"at, type = 'change', CASE WHEN type = 'change' OR source_id IN" \
	" (SELECT id FROM source WHERE name GLOB 'crm-*') THEN id END, key"

#define CRM_REOPEN_DAYS 14 /* where setting reopen_days says nothing else */

/* The state that a word of a source names (closed: resolved); NULL: none. */
const char *crm_request_state(struct crm_slice word);

/* What an event says of its request: columns of table event. */
struct crm_said {
	struct crm_slice type, direction, automatic, status, agent;
};
/* Did a person, a list or a bot say it, and no other program? */
bool crm_said_counts(const struct crm_said *said);
/* The state of a request after an event, state being the one before, "new" at first, and
 * *dealt_with whether anybody of ours has dealt with it, false at first. Static; NULL: the event
 * says nothing of it. */
const char *crm_request_after(const char *state, bool *dealt_with, const struct crm_said *said);

/* Brings the derived columns of these conversations up to date with their events, and parts
 * those that went on later than reopen_days after they were resolved. In the caller's
 * transaction. ids are sorted by it. */
enum crm_status crm_requests_derive(struct crm_db *db, struct crm_ids *conversations);

/* The conversation that an id stands for now (an alias: what it was joined to), or that an
 * event belongs to; 0: there is none. */
enum crm_status crm_request_id(struct crm_db *db, int64_t id, int64_t *conversation);
enum crm_status crm_request_of_event(struct crm_db *db, int64_t event, int64_t *conversation);

/* Appends a request as it was at a moment (ms) as a JSON object, see crm-records(5), request.
 * CRM_NO_INPUT when there is none of that id, or it was not yet. */
enum crm_status crm_request_at(struct crm_db *db, int64_t conversation, int64_t as_of,
			       struct crm_str *out);

/* Makes temp.request, a table or view with the columns of conversation: the requests as they
 * were at a moment (ms), all of whose threads are walked; INT64_MAX: as they are. */
enum crm_status crm_requests_as_of(struct crm_db *db, int64_t as_of);

/* Registers request_status(CONVERSATION, MS): its state at that moment; NULL: it was not yet; and
 * request_state(WORD): crm_request_state. */
enum crm_status crm_request_functions(struct crm_db *db);

#endif
