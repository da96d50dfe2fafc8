/* SPDX-License-Identifier: MIT */
/*
 * past: who was who at a time, for reports that are asked about it (--as-of).
 *
 * What was merged, split or undone since does not count, so that a report of last month is the
 * same report next year. But what came in only later, as the history of a shop does, comes with
 * all that is known of it: a link of somebody who was not known then counts whenever it was made.
 */
#ifndef CRM_PAST_H
#define CRM_PAST_H

#include "store/db.h"
#include "store/golden.h"

/* From now on SQL on this handle that names person, profile and profile_canon gets them as of a
 * time (ms), and their golden records: temporary tables that hide the store's, made only where
 * something has changed since. Once for a handle. */
enum crm_status crm_people_as_of(struct crm_db *db, const struct crm_golden_rules *rules,
				 int64_t as_of);

#endif
