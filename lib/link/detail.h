/* SPDX-License-Identifier: MIT */
/*
 * detail: one pair in full: how it comes to its weight (link/waterfall.h), and what its two
 * records have, side by side. Also what a record could come to at most.
 */
#ifndef CRM_LINK_DETAIL_H
#define CRM_LINK_DETAIL_H

#include "link/link.h"
#include "link/waterfall.h"

/* Fills w (release with crm_waterfall_release; may be used again) with how records a and b,
 * a <= b, come to their weight. The link has a scorer, and blocks in which a or b is wanted,
 * and few others. */
void crm_link_waterfall(const struct crm_link *link, uint32_t a, uint32_t b,
			struct crm_waterfall *w);

/* How many records have so little in them that they would not reach least bits even with a copy
 * of themselves: nobody can be found for them, whatever there is. */
uint32_t crm_link_unlinkable(const struct crm_link *link, double least, unsigned int threads);

/* What two records have in a column, as it came; NULL: nothing. */
struct crm_beside {
	const char *name;
	struct crm_slice a, b;
	bool same; /* they have a value in common */
};
/* Fills out with the columns in which either has something, compared or not; texts are in
 * arena. Returns how many. */
int crm_link_beside(const struct crm_link *link, uint32_t a, uint32_t b, struct crm_arena *arena,
		    struct crm_beside out[CRM_COLUMNS]);

#endif
