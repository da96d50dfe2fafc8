/* SPDX-License-Identifier: MIT */
/*
 * phone: a telephone number as people write it, into E.164 ("+4930123456").
 *
 * The rules of all countries are libphonenumber's, and one more: mobile numbers of Brazil get
 * the 9 that they lacked before 2016. It takes some 16 microseconds a number,
 * so what it does with numbers that begin alike and are as long is learned (drop n digits,
 * put this before) and applied to the next ones; crm_phone_direct does without and must
 * always give the same, which tests/unit/phone.c checks. Countries whose rules look deeper
 * into a number are never learned. A struct crm_phone belongs to one thread.
 */
#ifndef CRM_PHONE_H
#define CRM_PHONE_H

#ifdef __cplusplus
extern "C" {
#endif

#include "base/str.h"

struct crm_phone;

struct crm_phone *crm_phone_new(void); /* new: free with crm_phone_free */
void crm_phone_free(struct crm_phone *phone);

/* Appends raw in E.164; an extension is dropped. region is where a number without country
 * code is from: ISO 3166 alpha-2, or NULL if that is not known, when only numbers with + or
 * 00 can be read. False, and nothing appended, when it is no number that can be dialled from
 * anywhere: wrong length for its country, no area code where it takes one, one digit
 * repeated (000-0000), or what a spreadsheet left of it (4.9301E+11). */
bool crm_phone_normalise(struct crm_phone *phone, struct crm_slice raw, const char *region,
			 struct crm_str *out);

/* The same, asking libphonenumber each time: for tests. */
bool crm_phone_direct(struct crm_phone *phone, struct crm_slice raw, const char *region,
		      struct crm_str *out);

/* The country of a number in E.164: ISO 3166 alpha-2. False: it is of none, or not known. */
bool crm_phone_region(struct crm_phone *phone, struct crm_slice e164, char region[3]);

/* An example number of the index-th region the library knows, as it is written within the
 * country, of one of its kinds (0 to 11); appends nothing if it has none. The region's code,
 * or NULL after the last. Borrowed: valid as long as phone. For tests. */
const char *crm_phone_example(struct crm_phone *phone, size_t index, int kind,
			      struct crm_str *national);

#ifdef __cplusplus
}
#endif
#endif
