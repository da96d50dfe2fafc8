/* SPDX-License-Identifier: MIT */
/*
 * queue: what the store says of requests that may be routed, and of what agents have in hand.
 *
 * A request waits when we owe an answer: it is new or open, or was put off to a time that has
 * come, and somebody wrote. What only machines wrote, what is resolved, and what waits for the
 * customer does not.
 *
 * One that waits and has an agent comes back when that agent cannot deal with it:
 *
 *	gone        no longer in the file of agents
 *	away        has been away or offline for longer than the setting away
 *	absent      will not be on duty for longer than the setting absent
 *	reopened    it was resolved since it was assigned, and the agent is not on duty
 *	unanswered  longer than the setting answer_within, of the agent's time on duty
 *
 * It stays with that agent as long as nobody else can have it, unless they are gone.
 *
 * Everything here is read in the caller's transaction.
 */
#ifndef CRM_QUEUE_H
#define CRM_QUEUE_H

#include "base/mem.h"
#include "route/presence.h"
#include "route/route.h"
#include "route/setup.h"
#include "store/db.h"

enum crm_back {
	CRM_BACK_NOT, /* nobody has it, or who has it keeps it */
	CRM_BACK_GONE,
	CRM_BACK_AWAY,
	CRM_BACK_ABSENT,
	CRM_BACK_REOPENED,
	CRM_BACK_UNANSWERED
};
extern const char *const crm_back_names[]; /* NULL, gone, away … */

struct crm_waiting {        /* a request; texts are borrowed from its queue */
	int64_t id, person; /* canonical, 0: not known */
	bool waits, resolved;
	int64_t since; /* waiting_since; 0: it does not wait */
	struct crm_slice channel, medium, queue, motive, language;
	int priority;
	struct crm_slice assignee; /* {0}: nobody */
	int agent;                 /* its index; CRM_NOBODY: nobody, or gone */
	int64_t assigned_at;
	enum crm_back back;
	int responsible, last, avoid; /* see struct crm_need */
};

struct crm_queue {
	struct crm_waiting *list;
	size_t n, cap;
	struct crm_arena arena; /* texts; whoever adds to a request may put theirs here */
};
#define CRM_QUEUE_INIT                     \
	{                                  \
		NULL, 0, 0, CRM_ARENA_INIT \
	}

/* Loads all that waits and has no agent or comes back, in place of what was there. duties are
 * as of crm_db_now. */
enum crm_status crm_queue_all(struct crm_queue *queue, struct crm_db *db,
			      const struct crm_setup *setup, const struct crm_duties *duties);
/* Loads these conversations (ids or aliases, each once in the result), whatever their state. */
enum crm_status crm_queue_some(struct crm_queue *queue, struct crm_db *db,
			       const struct crm_setup *setup, const struct crm_duties *duties,
			       const int64_t *ids, size_t n);
/* Drops those that do not wait, and those that their agent keeps. */
void crm_queue_drop(struct crm_queue *queue);
void crm_queue_release(struct crm_queue *queue);

/* Is somebody off duty for so long, or will be, that what they have goes to others? */
enum crm_back crm_queue_lost(const struct crm_route_settings *settings, const struct crm_duty *duty,
			     int64_t now);

/* Fills the router with what every agent has in hand, and in which order they were given
 * something. *changes: when a request that was put off comes back to its agent first;
 * CRM_NEVER. */
enum crm_status crm_queue_loads(struct crm_db *db, const struct crm_agents *agents,
				struct crm_router *router, int64_t *changes);

#endif
