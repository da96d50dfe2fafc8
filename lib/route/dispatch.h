/* SPDX-License-Identifier: MIT */
/*
 * dispatch: requests go to agents, a batch of them in a transaction.
 *
 * Under the write lock the requests are read, rules say what they need, the most urgent and
 * then the longest waiting is decided first (route.h), and what changed is journaled as events
 * of type assignment. So of any number that run at once each request is given away once, and a
 * line that was written is in the store.
 *
 * What agents have in hand is kept from batch to batch, and read anew when another process has
 * changed the store, or time has.
 *
 * A line, and the raw of its event, is an assignment as described in crm-records(5).
 */
#ifndef CRM_DISPATCH_H
#define CRM_DISPATCH_H

#include "base/json.h"
#include "route/setup.h"
#include "store/db.h"

struct crm_given {                   /* a request that an agent was given; borrowed for the call */
	int64_t conversation, event; /* event: of the assignment */
	const char *agent, *reason;
};

struct crm_dispatch_options {
	const char *command; /* for the journal */
	const char *actor;   /* who gives by hand */
	bool dry;            /* change nothing */
	bool explain;        /* name every agent in a line, not only the nearest */
	uint64_t seed;       /* of the fact random */
	int64_t now;         /* ms; 0: the clock, anew for each batch */
	/* Called for each request that an agent is given, when it is written and before the commit;
	 * NULL: for none. What is not CRM_OK undoes the batch. */
	enum crm_status (*given)(void *data, const struct crm_given *given);
	void *data;
};

struct crm_ask {                        /* a request to be looked at; all borrowed for the call */
	int64_t conversation;           /* 0: that of the event */
	int64_t event;                  /* the message that asks; 0: none */
	bool handover;                  /* a bot hands it over: it need not wait */
	const struct crm_json_doc *doc; /* the line that asks, NULL: none */
};

struct crm_dispatch_counts {
	uint64_t assigned, queued, kept; /* written: those lines */
	uint64_t passed;                 /* nothing to be done: it does not wait */
	uint64_t again;                  /* asks for a request that a later one asks for */
	uint64_t refused;                /* by hand: somebody else has it, or there is none */
};

struct crm_dispatch;

/* *dispatch is new, on success: free with crm_dispatch_free. setup is borrowed as long. */
enum crm_status crm_dispatch_new(struct crm_dispatch **dispatch, struct crm_db *db,
				 const struct crm_setup *setup,
				 const struct crm_dispatch_options *options);
void crm_dispatch_free(struct crm_dispatch *dispatch);

/* Each of these appends its lines to out and adds to counts; some and give are a transaction
 * each. */

/* The requests that lines ask for: those that wait and have no agent, or come back. Of several
 * asks for one request the last counts. */
enum crm_status crm_dispatch_some(struct crm_dispatch *dispatch, const struct crm_ask *asks,
				  size_t n, struct crm_str *out,
				  struct crm_dispatch_counts *counts);
/* All that waits, at most limit of them (0: any number). Their order is found once, then they
 * are given away in transactions of some thousand, so that others need not wait for long; what
 * another one gave away in between is left to it. drain is called after each: it writes out and
 * clears it. */
enum crm_status crm_dispatch_all(struct crm_dispatch *dispatch, size_t limit, struct crm_str *out,
				 void (*drain)(struct crm_str *out),
				 struct crm_dispatch_counts *counts);
/* By hand: gives each to an agent (CRM_NOBODY: to nobody), whether on duty or not. What is another
 * agent's than that and the actor is refused unless force. */
enum crm_status crm_dispatch_give(struct crm_dispatch *dispatch, const struct crm_ask *asks,
				  size_t n, int agent, bool force, struct crm_str *out,
				  struct crm_dispatch_counts *counts);

#endif
