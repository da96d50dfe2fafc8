/* SPDX-License-Identifier: MIT */
/*
 * time: instants as milliseconds since 1970-01-01T00:00:00Z, and calendar dates of the
 * proleptic Gregorian calendar. Leap seconds do not exist here: :60 is read as :59.
 */
#ifndef CRM_TIME_H
#define CRM_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct crm_time {
	int64_t ms;
	int offset;      /* minutes east of UTC that the text named */
	bool has_offset; /* false: the text named none, ms is as if it were UTC */
	bool has_clock;  /* false: a date alone, ms is its midnight */
};

/* Days since 1970-01-01 of a date, which need not be valid (month 1 to 12). */
int64_t crm_date_days(int year, int month, int day);
void crm_date_of_days(int64_t days, int *year, int *month, int *day);
bool crm_date_valid(int year, int month, int day);
int crm_date_weekday(int64_t days); /* 0 Monday … 6 Sunday */

/* RFC 3339, with a blank or T between date and clock, the offset and the clock optional:
 * 2026-10-01, 2026-10-01T09:30, 2026-10-01 09:30:15.123+02:00, …Z. The whole text. */
bool crm_time_rfc3339(const char *text, size_t len, struct crm_time *out);

/* Appends ms as RFC 3339 at an offset in minutes; milliseconds only where not zero. */
void crm_time_format(int64_t ms, int offset, struct crm_str *out);

/* A length of time as people write it: 90s, 30m, 2h, 3d, 1w, 1h30m, in ms. The whole text; a
 * bare 0 too. False for what is none, or more than 1000 years. */
bool crm_duration_parse(const char *text, size_t len, int64_t *ms);
/* Appends a length of time by its two largest units: 3d 4h, 2h, 5m 10s; below a second 0s. */
void crm_duration_format(int64_t ms, struct crm_str *out);

#endif
