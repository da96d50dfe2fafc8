/* SPDX-License-Identifier: MIT */
/*
 * functions: what reports need and SQL lacks, registered with SQLite. All are
 * deterministic; NULL in gives NULL out, aggregates pass over NULL and are NULL without a
 * value, since a figure without data is not 0.
 *
 *	median(X)              aggregate: the middle, or the mean of the two middle values
 *	percentile(X, P)       aggregate: P from 0 to 100, linear between neighbours (as
 *	                       SQLite's own extension of that name; Hyndman & Fan 1996, type 7)
 *	wilson_low(K, N)       95 % interval of a share of K in N (Wilson 1927), without
 *	wilson_high(K, N)      continuity correction; NULL when N is 0
 *	rfc3339(MS)            milliseconds as text, UTC; rfc3339(MS, MINUTES) at an offset
 *	time_ms(TEXT)          the reverse; NULL for what is no RFC 3339 time
 *	money(MINOR, CURRENCY) minor units as a decimal number with the currency's digits
 *	request_status(ID, MS) state of a conversation at that time (store/request.h)
 *	order_counts(STATUS)   1, or 0 for an order that was cancelled (store/order.h)
 */
#ifndef CRM_FUNCTIONS_H
#define CRM_FUNCTIONS_H

#include "store/db.h"

enum crm_status crm_functions_register(struct crm_db *db);

#endif
