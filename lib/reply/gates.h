/* SPDX-License-Identifier: MIT */
/*
 * gates: may this message go out, now? Asked when it is queued and again before it is sent, in
 * this order; the first that says no counts:
 *
 *	erased       they asked to be forgotten, and have not written since (or it is no service)
 *	suppressed   the address gets nothing (crm-reply --suppress), does not work, or complained
 *	no_consent   the purpose needs an opt-in of the address, and the latest word is not one
 *	window_closed the channel takes messages only for so long after theirs, or templates of its
 *	             own
 *	quiet_hours  it is night where they are: later
 *	frequency    they have had their share, over all channels: later, or not at all
 *	loop         an automatic message to what answers by itself, to ourselves, or one too many
 *
 * How strict each is stands in the files rules/replies, ours and the user's; crm-rules(5).
 * Suppression and what is known of an address belong to the address, so that they hold whoever
 * it is found to belong to. The other settings of sending are read here too: retries, how often
 * a template is sent, and which channel answers for one that cannot.
 */
#ifndef CRM_GATES_H
#define CRM_GATES_H

#include "base/str.h"
#include "store/db.h"

struct crm_gates;

/* Reads ours (a path; NULL: none), and DIR/rules/replies over it. *gates is new, also after a
 * failure: free with crm_gates_free. CRM_CONFIG with file and line. */
enum crm_status crm_gates_load(struct crm_gates **gates, const char *ours, const char *dir,
			       struct crm_err *err);
void crm_gates_free(struct crm_gates *gates);

struct crm_subject {    /* of which a gate judges; borrowed for the call */
	int64_t outbox; /* its row, 0 before it is queued */
	const char *purpose;
	const char *medium; /* of the channel it goes out by */
	int64_t profile, endpoint, source;
	struct crm_slice address;
	bool automatic;         /* no person wrote it */
	bool answers_automatic; /* nor what it answers */
	bool own;               /* the address is one of ours */
	int64_t window;         /* ms after their last message; 0: always open */
	bool has_template;      /* of the channel, for outside the window */
};

enum crm_pass {
	CRM_PASS,
	CRM_LATER, /* at until */
	CRM_SKIP
};
struct crm_ruling {
	enum crm_pass pass;
	const char *reason; /* of the list above (static) */
	char detail[160];   /* in words */
	int64_t until;
};

enum crm_status crm_gates_ask(struct crm_gates *gates, struct crm_db *db,
			      const struct crm_subject *subject, struct crm_ruling *ruling);

/* When to try again after the n-th try (from 1): now + min(base × 2^(n-1), cap), plus up to a
 * quarter that depends on the key alone; not before retry_after (-1: nobody asked). INT64_MAX:
 * it is given up. queued_at: when it all began. */
int64_t crm_gates_retry(const struct crm_gates *gates, struct crm_slice key, int64_t n, int64_t now,
			int64_t queued_at, int64_t retry_after);
/* Does this purpose need a yes of the address? Then its messages say how to take it back. */
bool crm_gates_need_consent(const struct crm_gates *gates, const char *purpose);
/* Is a template sent once for a request (not for each message)? */
bool crm_gates_once(const struct crm_gates *gates, const char *template);
/* The channel that answers for one that cannot, or NULL. Borrowed. */
const char *crm_gates_instead(const struct crm_gates *gates, const char *channel);

#endif
