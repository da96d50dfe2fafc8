/* SPDX-License-Identifier: MIT */
/*
 * derive: values made comparable, a text at a time. crm_column_key says what of a value as it
 * came is compared; crm_derive what a derived column (spec.h) has for a key.
 */
#ifndef CRM_LINK_DERIVE_H
#define CRM_LINK_DERIVE_H

#include "link/people.h"

/* Appends the match key of a value of a column that is no list; nothing: it has none. */
void crm_column_key(enum crm_column_as as, struct crm_slice value, struct crm_str *out);
/* The date that the key of one is; year 0: it is none. */
struct crm_date crm_date_of_key(struct crm_slice key);

/* What a derived column with n has for this key of its base column: appends a text, or returns
 * a number where crm_derived_is_number says so. Nothing, 0: it has none. */
uint32_t crm_derive(enum crm_derive how, int n, struct crm_slice key, struct crm_str *out);
/* Year; month and day; house. Their numbers are below 2^20. */
bool crm_derived_is_number(enum crm_derive how);

#endif
