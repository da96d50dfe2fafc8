/* SPDX-License-Identifier: MIT */
/*
 * assignment: what was decided about a request, as it is told: a line on a pipe, and the raw of
 * the event (crm-records(5), assignment). The router must still be as it was at the decision.
 */
#ifndef CRM_ASSIGNMENT_H
#define CRM_ASSIGNMENT_H

#include "route/queue.h"
#include "route/route.h"

struct crm_assignment { /* all borrowed */
	const struct crm_waiting *request;
	int64_t message; /* the event that asked, 0: none */
	struct crm_need need;
	struct crm_slice queue, motive; /* as they are from now on */
	int priority;
	struct crm_slice rules; /* those that held: a JSON array, {0}: not asked */
	struct crm_decision decision;
	bool kept;      /* who has it keeps it */
	const char *by; /* the person who chose decision.agent by hand; NULL: nobody did */
};

/* Is anything about the request different from before? */
bool crm_assignment_is_news(const struct crm_assignment *a);
/* Why it went where it went, for people and for reports: least load, nobody in the team … */
const char *crm_assignment_reason(const struct crm_assignment *a);

/* Appends the members that the event keeps: queue, priority (a number), motive, from, reason,
 * rules, candidates … as an object. explain names every agent. */
void crm_assignment_raw(const struct crm_assignment *a, const struct crm_agents *agents,
			const struct crm_duties *duties, const struct crm_router *router,
			bool explain, struct crm_str *out);
/* Appends the line, without a newline. */
void crm_assignment_line(const struct crm_assignment *a, const struct crm_agents *agents,
			 const struct crm_duties *duties, const struct crm_router *router,
			 bool explain, bool dry, struct crm_str *out);

#endif
