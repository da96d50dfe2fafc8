/* SPDX-License-Identifier: MIT */
/*
 * run: up to which profile pairs have been looked for. Profiles get their ids in the order in
 * which they are stored, so that one number says which are new; whoever looked for the pairs of
 * all of them, or of all new ones, notes it once all that was found is written out. A run that
 * is killed notes nothing, and the next one finds the same again.
 */
#ifndef CRM_LINK_RUN_H
#define CRM_LINK_RUN_H

#include "link/plan.h"
#include "store/db.h"

struct crm_link_run {
	int64_t after, last; /* profiles whose pairs were looked for: after < id <= last */
	uint64_t matches;    /* how many were found */
	struct crm_slice
		plan; /* that was chosen for it (crm_plan_write); without value: none was */
};

/* *seen is the profile up to which runs have come, 0 before the first; *stored the newest one
 * that there is. */
enum crm_status crm_link_seen(struct crm_db *db, int64_t *seen, int64_t *stored);
/* The plan that was chosen last, to be freed with free(); NULL where there is none that fits the
 * specification. */
enum crm_status crm_link_planned(struct crm_db *db, const struct crm_spec *spec,
				 struct crm_plan **plan);
/* Notes a run. */
enum crm_status crm_link_saw(struct crm_db *db, const struct crm_link_run *run);

#endif
