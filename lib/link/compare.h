/* SPDX-License-Identifier: MIT */
/*
 * compare: which levels two records reach (spec.h). Each thing that conditions measure is
 * measured at most once a pair.
 */
#ifndef CRM_LINK_COMPARE_H
#define CRM_LINK_COMPARE_H

#include "link/people.h"

/* What is compared of each record, gathered: people->sheet, made by crm_people_finish when all
 * else is there. New: free. */
struct crm_sheet *crm_sheet_new(const struct crm_people *people, unsigned int threads);

/* Pairs that are compared together: where there are many, memory is what takes the time, and
 * of a batch all that is needed can be fetched at once. */
#define CRM_BATCH 16
struct crm_batch {
	uint32_t n; /* pairs */
	uint32_t a[CRM_BATCH], b[CRM_BATCH];
	signed char level[CRM_BATCH][CRM_COMPARISONS]; /* that each of them reaches */
};

/* The levels that pairs reach: level[i][c] of people->spec->comparison[c], CRM_LEVEL_NONE where
 * it says nothing. Any thread. */
void crm_compare_batch(const struct crm_people *people, struct crm_batch *batch);
/* The same of two records. */
void crm_compare(const struct crm_people *people, uint32_t a, uint32_t b,
		 signed char level[CRM_COMPARISONS]);

/* Begins to fetch what is compared of a record, and returns at once. Any thread. */
void crm_compare_fetch_row(const struct crm_people *people, uint32_t record);

/* The value two records share in a column, of several the one that fewest have, where that is
 * counted; or 0. */
uint32_t crm_shared(const struct crm_people *people, int column, uint32_t a, uint32_t b);

#endif
