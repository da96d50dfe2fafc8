/* SPDX-License-Identifier: MIT */
/*
 * verdict: what a request needs, of what rules say of it, what the line says that asks, and what
 * the store knows. A motive that another filter found counts more than that of keywords; else
 * rules have the last word.
 */
#ifndef CRM_VERDICT_H
#define CRM_VERDICT_H

#include "base/json.h"
#include "route/assignment.h"
#include "route/facts.h"

struct crm_verdict { /* where it is taken from, and kept; all borrowed */
	const struct crm_agents *agents;
	const struct crm_judge *judge; /* rules were applied to the facts of the request */
	struct crm_arena *arena;       /* of the texts of *out */
};

/* Fills in all but the decision. doc is the line, NULL: none; message the event that asks, 0. */
void crm_verdict(const struct crm_verdict *verdict, const struct crm_waiting *request,
		 const struct crm_json_doc *doc, int64_t message, struct crm_assignment *out);

#endif
