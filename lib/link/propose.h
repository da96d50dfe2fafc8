/* SPDX-License-Identifier: MIT */
/*
 * propose: the blocking rules among which a plan chooses (plan.h).
 */
#ifndef CRM_LINK_PROPOSE_H
#define CRM_LINK_PROPOSE_H

#include "link/plan.h"

/* Adds a rule, where there is room. */
void crm_plan_add(struct crm_plan *plan, const struct crm_block_rule *rule, const char *name);
/* Proposes all rules of the specification, and from number *made on rules of columns that it
 * compares but names in none: each alone, and with each other column that is compared; unless it
 * says "propose": false. */
void crm_plan_propose(struct crm_plan *plan, const struct crm_spec *spec, uint32_t cap, int *made);
/* The rule with the k-th key by which it divides large blocks added to its keys; false where it
 * has no such key, or no room for it. */
bool crm_plan_divide(const struct crm_spec *spec, const struct crm_block_rule *rule,
		     const char *name, int k, struct crm_block_rule *out,
		     char out_name[CRM_RULE_NAME]);

#endif
