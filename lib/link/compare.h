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

/* Where many pairs are compared one after the other, memory is what takes the time. These two
 * begin to fetch what a record's comparisons need, and return at once: the first its row, the
 * second, when that has come, what its texts are compared by. CRM_FETCH_ROW and CRM_FETCH_KEYS
 * are how many pairs ahead. Any thread. */
void crm_compare_fetch_row(const struct crm_people *people, uint32_t record);
void crm_compare_fetch_keys(const struct crm_people *people, uint32_t record);
#define CRM_FETCH_ROW 16
#define CRM_FETCH_KEYS 8

/* The value two records share in a column, of several the one that fewest have, where that is
 * counted; or 0. */
uint32_t crm_shared(const struct crm_people *people, int column, uint32_t a, uint32_t b);

#endif
