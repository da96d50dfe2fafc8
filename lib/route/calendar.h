/* SPDX-License-Identifier: MIT */
/*
 * calendar: business time: when a business is open, and how much of that time passes.
 *
 * A calendar is a line of the file DIR/calendars:
 *
 *	{"calendar":"berlin","zone":"Europe/Berlin",
 *	 "hours":{"mon-thu":["09:00-12:30","13:30-18:00"],"sat":["22:00-06:00"]},
 *	 "holidays":["2026-12-25","12-26",{"day":"2026-12-24","hours":["09:00-12:00"]},
 *	             {"day":"2026-12-28","to":"2026-12-31"}],
 *	 "ics":"holidays.ics"}
 *
 * Open means: the clock on the wall there shows a time within the hours of the day. So where
 * clocks go back the hour that comes twice is open twice, and what is skipped in spring was
 * never open. Hours that end at or before they begin go past midnight, and belong to the day
 * on which they begin: a holiday takes away what begins on it, not the end of the night
 * before. A day that is not named in "hours" is closed. A date with its year goes before one
 * that comes every year (02-29 in leap years only), and that before the days of the iCalendar
 * file (route/ics.h); of the same kind the last counts.
 *
 * Business time is known from 1970 to 2099; outside nothing is open. All of it is read off one
 * function, the open time from 1970 to an instant, which is a sum for each day and for each
 * change of clocks: so each question takes a few look-ups, however far apart two instants
 * are, and adding and measuring agree by construction.
 *
 * Instants are ms UTC, half-open: open from 09:00:00.000, closed from 18:00:00.000. Functions
 * that take a calendar take NULL for one that is always open.
 */
#ifndef CRM_CALENDAR_H
#define CRM_CALENDAR_H

#include "base/status.h"
#include "base/str.h"

#define CRM_NEVER INT64_MAX

struct crm_calendar;
struct crm_calendars;

/* Reads DIR/calendars; no such file: there are none. *out is new, also after a failure: free
 * with crm_calendars_free. CRM_CONFIG with file and line of what is wrong, CRM_IO. */
enum crm_status crm_calendars_load(struct crm_calendars **out, const char *dir,
				   struct crm_err *err);
/* The same from text; dir is where "ics" is, file what errors call the text. */
enum crm_status crm_calendars_read(struct crm_calendars **out, struct crm_slice text,
				   const char *dir, const char *file, struct crm_err *err);
void crm_calendars_free(struct crm_calendars *calendars);
/* Borrowed: valid until free; NULL: there is none of that name. */
const struct crm_calendar *crm_calendars_find(const struct crm_calendars *calendars,
					      struct crm_slice name);
const char *crm_calendar_name(const struct crm_calendar *calendar); /* borrowed */

bool crm_calendar_is_open(const struct crm_calendar *calendar, int64_t ms);
/* The first instant from ms on that is open, or closed; CRM_NEVER. */
int64_t crm_calendar_next_open(const struct crm_calendar *calendar, int64_t ms);
int64_t crm_calendar_next_close(const struct crm_calendar *calendar, int64_t ms);

/* The first instant at which so much open time (ms, not negative) has passed since ms: what
 * ends with the day ends at its closing time. CRM_NEVER where there is not so much left. */
int64_t crm_calendar_add(const struct crm_calendar *calendar, int64_t ms, int64_t business);
/* Open time from a to b, in ms; negative where b is before a. between(a, add(a, d)) is d. */
int64_t crm_calendar_between(const struct crm_calendar *calendar, int64_t a, int64_t b);

#endif
