/* SPDX-License-Identifier: MIT */
/*
 * quiet: when may somebody be disturbed, where they are? What is known is their country, or that
 * of their telephone number; a country with several time zones is quiet while any of them is.
 */
#ifndef CRM_QUIET_H
#define CRM_QUIET_H

#include <stdbool.h>

#include "base/str.h"

struct crm_quiet; /* what was found out; for one thread */

struct crm_quiet *crm_quiet_new(void); /* new: free with crm_quiet_free */
void crm_quiet_free(struct crm_quiet *quiet);

/* The first instant from ms on that is outside the quiet hours, from one time of day to another
 * (minutes since midnight, past it where to is not above from), in all zones of the country
 * (ISO 3166 alpha-2, or ""), else of that of a telephone number (E.164, or {0}), else in zone
 * (NULL: UTC). ms itself: it is not quiet now, or always. */
int64_t crm_quiet_until(struct crm_quiet *quiet, const char *country, struct crm_slice phone,
			const char *zone, int from, int to, int64_t ms);
bool crm_quiet_zone_is_known(const char *zone);

#endif
