/* SPDX-License-Identifier: MIT */
/*
 * responsible: the agent who looks after a person. An event of type responsible says who from
 * then on, one with an empty agent that nobody is; it is filed under a profile of the person, so
 * it goes where that goes when people are merged or parted. The latest counts.
 */
#ifndef CRM_RESPONSIBLE_H
#define CRM_RESPONSIBLE_H

#include "store/journal.h"

/* Makes an agent responsible for a person ("": nobody). In the caller's transaction; ask
 * crm_journal_settle before the commit. CRM_NO_INPUT when there is no such person. */
enum crm_status crm_responsible_set(struct crm_db *db, struct crm_journal *journal, int64_t person,
				    const char *agent);

/* Calls each for the people that an agent is responsible for at crm_db_now. */
enum crm_status crm_responsible_each(struct crm_db *db, const char *agent,
				     void (*each)(int64_t person, const char *name, void *data),
				     void *data);

#endif
