/* SPDX-License-Identifier: MIT */
/*
 * miss: where linkage goes wrong, held against the truth (link/evaluate.h): pairs of one group
 * who are two people ("wrong"), and pairs of one person who are in two groups ("missed").
 */
#ifndef CRM_LINK_MISS_H
#define CRM_LINK_MISS_H

#include "link/evaluate.h"

struct crm_miss {
	uint32_t a, b; /* records, a < b */
	bool wrong;    /* else missed */
};

/* Finds the misses of link->groups at a threshold of so many bits: the wrong ones by group,
 * then the missed ones by person; each pair once. Records that the truth does not know, or that
 * the store lacks, are in none. Returns how many; *out is new, release with free. */
size_t crm_misses(const struct crm_link *link, const struct crm_truth *truth, double least,
		  struct crm_miss **out);
/* Appends a miss as a JSON line, with all that spoke for the pair and against it. */
void crm_miss_write(const struct crm_link *link, const struct crm_miss *miss, struct crm_str *out);

#endif
