/* SPDX-License-Identifier: MIT */
/*
 * ics: days off from an iCalendar file (RFC 5545), as public authorities and calendar programs
 * publish them.
 *
 * Each event is one or several whole days: DTSTART with a date, DTEND (the day after) or
 * DURATION in days or weeks. RRULE may be YEARLY, with INTERVAL, COUNT, UNTIL, BYMONTH and
 * either BYMONTHDAY or a BYDAY like 4TH or -1MO (within that month), one value each; EXDATE
 * takes days out. A cancelled event is none. What else there is of components and properties
 * does not matter.
 *
 * Whatever else would decide which days are meant is refused rather than guessed: times of
 * day, other rules, RDATE, RECURRENCE-ID, events longer than a year.
 */
#ifndef CRM_ICS_H
#define CRM_ICS_H

#include "base/status.h"
#include "base/str.h"
#include "route/calendar_days.h"

/* Makes each day of the events one of kind. file is for error texts. CRM_CONFIG with file and
 * line of what cannot be read. */
enum crm_status crm_ics_read(struct crm_slice text, const char *file, struct crm_calendar *calendar,
			     uint16_t kind, struct crm_err *err);

#endif
