/* SPDX-License-Identifier: MIT */
/*
 * backlog: how sending stands, for whoever is called at night: what waits, is unknown, failed or
 * was not allowed to go, a group for each account, state and reason; whether somebody has to do
 * something about it, and what.
 */
#ifndef CRM_BACKLOG_H
#define CRM_BACKLOG_H

#include "base/str.h"
#include "store/db.h"

struct crm_backlog { /* a group; borrowed for the call */
	struct crm_slice channel, account;
	struct crm_slice state, reason; /* as delivery lines have them; reason may be {0} */
	struct crm_slice detail;        /* of the latest, in words; may be {0} */
	int64_t n, first;               /* how many; the id of the oldest */
	int64_t since, at;              /* ms: when the oldest was queued, the latest change */
	int64_t due_at;                 /* ms, of what waits: the next; else 0 */
	bool needs;                     /* somebody has to do something */
	char next[160];                 /* what; "": nothing */
};

/* Calls each for all that is not done with, and what was in the last 24 hours: what needs
 * somebody first. */
enum crm_status crm_backlog_each(struct crm_db *db,
				 void (*each)(const struct crm_backlog *group, void *data),
				 void *data);

#endif
