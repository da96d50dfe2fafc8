/* SPDX-License-Identifier: MIT */
/*
 * place: where the records that a file names lie in the store. A source's record is known by a
 * value it had in some column; it lies on the profile that has it in profile.raw, else on that
 * of the event that has it in event.raw; where there are several, on the oldest.
 */
#ifndef CRM_LINK_PLACE_H
#define CRM_LINK_PLACE_H

#include "link/people.h"

#define CRM_NOWHERE UINT32_MAX

/* Fills in record[v] for the values v = 1 … values->n of a column: a record of people, or
 * CRM_NOWHERE. values must not be finished. */
enum crm_status crm_place_values(struct crm_db *db, const struct crm_people *people,
				 const char *column, const struct crm_pool *values,
				 uint32_t *record);
/* The same for values that are ids of profiles. */
void crm_place_profiles(const struct crm_people *people, const struct crm_pool *values,
			uint32_t *record);

#endif
