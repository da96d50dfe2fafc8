/* SPDX-License-Identifier: MIT */
/*
 * decision: a human's word on two profiles: that they are one person, or two. The latest on a
 * pair counts. All functions run inside the caller's transaction (crm_db_begin).
 */
#ifndef CRM_DECISION_H
#define CRM_DECISION_H

#include "base/mem.h"
#include "store/db.h"

/* Keeps a human's word on two profiles; *added is false when that was the latest already.
 * Stored with the smaller id as a. CRM_NO_INPUT: no such profile. */
enum crm_status crm_decision_put(struct crm_db *db, int64_t a, int64_t b, bool same,
				 const char *actor, const char *note, bool *added);
/* Takes back the latest word on a pair, if it is this actor's: a slip of the finger, noticed at
 * once. The one before it holds again. */
enum crm_status crm_decision_take_back(struct crm_db *db, int64_t a, int64_t b, const char *actor);
/* The latest on this pair: 1 same, 0 two people, -1 none. */
enum crm_status crm_decision_get(struct crm_db *db, int64_t a, int64_t b, int *same);

struct crm_word {
	bool same;
	int64_t at;
	struct crm_slice actor, note; /* note may have no value */
};
/* The latest on this pair in full, its texts in arena; *found says whether there is one. */
enum crm_status crm_decision_read(struct crm_db *db, int64_t a, int64_t b, struct crm_arena *arena,
				  struct crm_word *out, bool *found);

#endif
