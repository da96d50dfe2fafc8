/* SPDX-License-Identifier: MIT */
/*
 * when: dates and times as exports write them.
 *
 * 01/12/2010 is in January or in December; no row can say, the column often can. So a
 * struct crm_dates first observes the values of a column, then decides once for all of
 * them, and only then parses; it never guesses row by row. Where the column contradicts
 * itself a value that could be read in two ways is refused.
 *
 * Understood without a format: RFC 3339, RFC 2822, asctime, 2026-10-01 09:30, 1/12/2010
 * 8:26, 01.12.2010 (a dotted date begins with its day), 2.1.18, 12-Dec-2010, Oct 3, 2026
 * 4:05 PM, 3. Oktober 2026, 2026年10月1日, 20261001, seconds, milli- and microseconds of
 * Unix (10, 13, 16 digits). Month names: en de fr es pt it nl.
 */
#ifndef CRM_WHEN_H
#define CRM_WHEN_H

#include "base/status.h"
#include "base/time.h"

enum crm_dates_order {
	CRM_DATES_ANY, /* not known */
	CRM_DATES_DMY,
	CRM_DATES_MDY,
	CRM_DATES_YMD
};

enum crm_dates_state {
	CRM_DATES_CERTAIN,      /* told, shown by the values, or it makes no difference */
	CRM_DATES_ASSUMED,      /* every value fits both orders: the fallback was taken */
	CRM_DATES_CONTRADICTORY /* some values fit only one order, some only the other */
};

/* One column. Plain data; set fallback and pivot after init to change them. */
struct crm_dates {
	const char *format;            /* borrowed, or NULL: found out value by value */
	enum crm_dates_order order;    /* in force: told, or by crm_dates_decide */
	enum crm_dates_order fallback; /* when all is ambiguous; day first by default */
	int pivot;                     /* two digits are a year in pivot-99 … pivot; 2068 as
					* POSIX has it; set this year for birth dates */
	bool told;
	int64_t day_first, month_first; /* values that fit only this order */
	int64_t ambiguous, unread;      /* values that fit both, and that fit nothing */
};

/* order: "dmy", "mdy", "ymd", "both" for a column known to be contradictory, or NULL to find
 * out. format: NULL, or as strptime's: %Y %y %m
 * %b %B %d %e %H %I %M %S %f (fraction) %p %a %A %z %s (Unix seconds) %L (milliseconds) %%;
 * a blank matches any white space. */
void crm_dates_init(struct crm_dates *dates, const char *order, const char *format);
void crm_dates_observe(struct crm_dates *dates, struct crm_slice value);
enum crm_dates_state crm_dates_decide(struct crm_dates *dates);

/* Reads a value. Without an offset in the text out->ms is as if it were UTC: the caller
 * gives it to crm_zone_utc. False when it is no date of this column. */
bool crm_dates_parse(const struct crm_dates *dates, struct crm_slice value, struct crm_time *out);

/* Appends a day of birth as YYYY-MM-DD: a real calendar date, not before 1000 and not after
 * this_year (0: any), nor what programs write for none (1601-01-01, 1753-01-01); a clock is
 * ignored. False, nothing appended, otherwise. */
bool crm_when_birth_date(const struct crm_dates *dates, struct crm_slice value, int this_year,
			 struct crm_str *out);
/* Of what is no such date, but has its shape or is a year or a year and month: appends
 * YYYY-MM-DD as it is written, with 00 for what is not (1865-12-80, 1970-00-00). Day and month
 * are in the column's order, unless only the other one could be. */
bool crm_when_birth_written(const struct crm_dates *dates, struct crm_slice value, int this_year,
			    struct crm_str *out);

/* A time zone with its history, from ICU's copy of the IANA data. For one thread. */
struct crm_zone;

/* *out is new: free with crm_zone_free. CRM_CONFIG for a name that is none. */
bool crm_zone_is_known(const char *name);
enum crm_status crm_zone_new(const char *name, struct crm_zone **out, struct crm_err *err);
void crm_zone_free(struct crm_zone *zone);
/* The instant of a local time (ms as if UTC). What happens twice when clocks go back is the
 * first of the two; what is skipped in spring is as much later (02:30 is 03:30). */
int64_t crm_zone_utc(struct crm_zone *zone, int64_t local_ms);
/* Minutes east of UTC at an instant. */
int crm_zone_offset(struct crm_zone *zone, int64_t ms);
/* The first instant after ms from which another offset holds; INT64_MAX: none is known. */
int64_t crm_zone_change(struct crm_zone *zone, int64_t ms);

#endif
