/* SPDX-License-Identifier: MIT */
/* Asking the store about one pair; see refusal.h. */
#include "link/refusal.h"

#include <string.h>

#include "store/people.h"

enum crm_status crm_pair_refused(struct crm_db *db, int64_t a, int64_t b, bool *refused)
{
	struct crm_merge merge = CRM_MERGE_INIT;
	enum crm_status rc = crm_people_check(db, a, b, false, &merge);

	*refused = rc == CRM_OK && merge.outcome == CRM_MERGE_REFUSED
		   && !strcmp(merge.refused_by, "decision");
	crm_merge_release(&merge);
	return rc;
}
