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
struct crm_sheet *crm_sheet_new(const struct crm_people *people);

/* The levels that two records reach: level[c] of people->spec->comparison[c], CRM_LEVEL_NONE
 * where it says nothing. Any thread. */
void crm_compare(const struct crm_people *people, uint32_t a, uint32_t b,
		 signed char level[CRM_COMPARISONS]);

/* The value two records share in a column (the first one), or 0. */
uint32_t crm_shared(const struct crm_people *people, int column, uint32_t a, uint32_t b);

#endif
