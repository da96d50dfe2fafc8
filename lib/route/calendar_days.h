/* SPDX-License-Identifier: MIT */
/*
 * calendar_days: how a calendar is made. What days there can be (kinds) is told first, then
 * which day is of which kind, later ones over earlier ones, and then it is finished: only
 * then can route/calendar.h be asked.
 */
#ifndef CRM_CALENDAR_DAYS_H
#define CRM_CALENDAR_DAYS_H

#include "norm/when.h"
#include "route/calendar.h"

#define CRM_CALENDAR_DAYS 47482  /* 1970-01-01 to 2099-12-31 */
#define CRM_CALENDAR_KINDS 10000 /* of days, in one calendar */

/* Hours of a day: minutes after its midnight, from < to, to at most 2880: past midnight. */
struct crm_span {
	uint16_t from, to;
};

/* New: free with crm_calendar_free. Every day is closed, which is kind 0. */
struct crm_calendar *crm_calendar_new(struct crm_slice name);
void crm_calendar_free(struct crm_calendar *calendar);
/* Another kind of day; spans in any order. Its number; 0 (closed) without spans. There must be
 * fewer than CRM_CALENDAR_KINDS. */
uint16_t crm_calendar_kind(struct crm_calendar *calendar, const struct crm_span *spans, size_t n);
/* Makes a day (since 1970-01-01; any number) one of that kind. */
void crm_calendar_set(struct crm_calendar *calendar, int64_t day, uint16_t kind);
/* weekday: 0 Monday … 6 Sunday. All such days. */
void crm_calendar_set_weekday(struct crm_calendar *calendar, int weekday, uint16_t kind);
void crm_calendar_finish(struct crm_calendar *calendar, struct crm_zone *zone);

#endif
