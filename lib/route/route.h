/* SPDX-License-Identifier: MIT */
/*
 * route: who is to have a request. Nothing here knows the store: a decision is a function of
 * the agents, what each has in hand, who is on duty, and what the request needs.
 *
 *  1. the agent that a rule names, then the one responsible for the person, if on duty and
 *     below capacity; then who dealt with the person last, if that one also suits
 *  2. of those who suit (team, channel, language, skills), are on duty and below capacity the
 *     one with the least load per capacity; of equal ones who was given something longest ago
 *     (never goes first), then the first by name
 *  3. nobody: it waits, and the decision says what stood against each agent
 *
 * Two wishes hold only while somebody who suits and is not lost could meet them: that an agent
 * speaks the language of the person, and that it is not the one from whom it was taken. Lost is
 * who is off duty for so long that what they have goes to others.
 *
 * After Chatwoot, Odoo and SuiteCRM, whose users found new agents never chosen, ties always
 * won by the same one, and requests put off counted as work.
 *
 * Who suits is a set of bits for each team, skill, language and channel, so a decision costs a
 * few words per need and a look at those that remain: some microseconds for 500 agents.
 */
#ifndef CRM_ROUTE_H
#define CRM_ROUTE_H

#include <stdint.h>

#include "route/agents.h"
#include "route/presence.h"

#define CRM_NOBODY (-1)
#define CRM_NEAREST 5 /* candidates that a decision names */

struct crm_need {                  /* all borrowed for the call */
	struct crm_slice queue;    /* the team; {0}: any */
	struct crm_slice language; /* a tag; {0}: any */
	bool must_speak;           /* else a wish */
	bool nobody;               /* a rule says that nobody is to have it by itself */
	struct crm_slice channel, medium;
	const struct crm_slice *skills;
	size_t n_skills;
	/* Indexes of agents, CRM_NOBODY. */
	int by_rule;     /* whom a rule names */
	int responsible; /* for the person */
	int last;        /* who dealt with the person last */
	int avoid;       /* from whom it was taken: a wish */
};
#define CRM_NEED_INIT                                                                 \
	{                                                                             \
		.by_rule = CRM_NOBODY, .responsible = CRM_NOBODY, .last = CRM_NOBODY, \
		.avoid = CRM_NOBODY                                                   \
	}

/* Why an agent cannot have it: the first of these that holds. */
enum crm_not {
	CRM_NOT_TEAM,
	CRM_NOT_CHANNEL,
	CRM_NOT_LANGUAGE,
	CRM_NOT_SKILL,
	CRM_NOT_HOURS, /* off duty by their calendar */
	CRM_NOT_AWAY,
	CRM_NOT_OFFLINE,
	CRM_NOT_AGAIN, /* it was taken from them */
	CRM_NOT_FULL,
	CRM_NOTS,
	CRM_NOT_AT_ALL = CRM_NOTS /* they can */
};
extern const char *const crm_not_names[CRM_NOTS]; /* not in the team … */

enum crm_because {
	CRM_BECAUSE_NONE, /* nobody can have it */
	CRM_BECAUSE_RULE,
	CRM_BECAUSE_RESPONSIBLE,
	CRM_BECAUSE_LAST,
	CRM_BECAUSE_LOAD
};
extern const char *const crm_because_names[]; /* nobody, rule, responsible … */

struct crm_candidate {
	int agent;
	enum crm_not not ;
	int load; /* as it was at the decision */
};

struct crm_decision {
	int agent; /* CRM_NOBODY */
	enum crm_because because;
	/* The best of those that can, then those that nearly can; the chosen one is among them. */
	struct crm_candidate nearest[CRM_NEAREST];
	size_t n_nearest;
	uint32_t count[CRM_NOTS + 1]; /* agents by what stands against them; [CRM_NOT_AT_ALL]: of
				       * those that can */
	enum crm_not why;             /* NONE: what stood against the last ones that remained */
};

struct crm_router;

/* New: free with crm_router_free. agents is borrowed as long. Nobody is on duty yet, and
 * nobody has anything in hand. */
struct crm_router *crm_router_new(const struct crm_agents *agents);
void crm_router_free(struct crm_router *router);

/* Forgets what the agents have in hand and when they were given something. */
void crm_router_clear(struct crm_router *router);
void crm_router_duty(struct crm_router *router, const struct crm_duties *duties);
void crm_router_lost(struct crm_router *router, int agent, bool lost);
/* An agent has n requests (may be negative) of this channel and medium in hand. */
void crm_router_load(struct crm_router *router, int agent, struct crm_slice channel,
		     struct crm_slice medium, int n);
/* When an agent was given something last: any number that rises. */
void crm_router_last(struct crm_router *router, int agent, int64_t turn);

/* Decides. Changes nothing. */
void crm_router_decide(const struct crm_router *router, const struct crm_need *need,
		       struct crm_decision *out);
/* What stands against one agent; CRM_NOT_AT_ALL: nothing. */
enum crm_not crm_router_against(const struct crm_router *router, const struct crm_need *need,
				int agent);
/* The agent now has it: raises the load, and their turn was now. */
void crm_router_give(struct crm_router *router, int agent, const struct crm_need *need);

int crm_router_in_hand(const struct crm_router *router, int agent);

#endif
