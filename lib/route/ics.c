/* SPDX-License-Identifier: MIT */
/*
 * Reads iCalendar line by line: unfolded, cut into name and value, and kept where it says
 * which days an event has. When the event ends its days are worked out year by year.
 */
#include "route/ics.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "norm/when.h"

#define LENGTH_MAX 366  /* days of an event */
#define SKIPPED_MAX 400 /* days that an event leaves out */

static const char *const weekdays[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};

struct event {
	int64_t line;            /* where it begins */
	int64_t start, end;      /* days; end is the day after the last */
	bool has_start, has_end; /* end is from DTEND */
	int64_t length;          /* from DURATION; 0: none */
	bool cancelled;
	bool yearly;
	int64_t interval, count, until; /* count 0: for ever */
	int month, day;                 /* of the rule; 0: as the start */
	int nth, weekday;               /* nth 0: by day of the month */
	int64_t skipped[SKIPPED_MAX];
	size_t n_skipped;
};

struct ics {
	const char *p, *end; /* what is not read yet */
	int64_t line;        /* of the property, and how many lines are read */
	int64_t lines;
	struct crm_str text; /* of the property, unfolded */
	struct crm_slice name, value;
	const char *file;
	struct crm_err *err;
	int depth;     /* of components */
	bool in_event; /* at depth 2 */
	struct event event;
	struct crm_calendar *calendar;
	uint16_t kind;
};

static enum crm_status fail(struct ics *in, const char *what)
{
	return crm_fail(in->err, CRM_CONFIG, "%s:%lld: %s: '%.100s'", in->file, (long long)in->line,
			what, in->text.ptr);
}

/* --- lines --- */

static struct crm_slice physical_line(struct ics *in)
{
	const char *end = memchr(in->p, '\n', (size_t)(in->end - in->p));
	struct crm_slice line = {in->p, (size_t)((end ? end : in->end) - in->p)};

	in->p = end ? end + 1 : in->end;
	in->lines++;
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* The next property with its continuation lines (RFC 5545 3.1); false: there is none. */
static bool next_property(struct ics *in)
{
	struct crm_slice line;
	bool quoted = false;
	size_t i, name;

	do {
		if (in->p == in->end)
			return false;
		line = physical_line(in);
	} while (!crm_slice_trim(line).len);
	in->line = in->lines;
	crm_str_clear(&in->text);
	crm_str_add(&in->text, line.ptr, line.len);
	while (in->p < in->end && (*in->p == ' ' || *in->p == '\t')) {
		line = physical_line(in);
		crm_str_add(&in->text, line.ptr + 1, line.len ? line.len - 1 : 0);
	}
	name = strcspn(in->text.ptr, ";:");
	for (i = name; i < in->text.len && (quoted || in->text.ptr[i] != ':'); i++)
		quoted ^= in->text.ptr[i] == '"';
	in->name = (struct crm_slice){in->text.ptr, name};
	i += i < in->text.len;
	in->value = crm_slice_trim((struct crm_slice){in->text.ptr + i, in->text.len - i});
	return true;
}

/* --- values --- */

/* The part of list before the next separator, which goes from it. */
static struct crm_slice take(struct crm_slice *list, char separator)
{
	const char *end = list->len ? memchr(list->ptr, separator, list->len) : NULL;
	struct crm_slice part = {list->ptr, end ? (size_t)(end - list->ptr) : list->len};
	size_t used = part.len + (end != NULL);

	list->ptr += used, list->len -= used;
	return part;
}

/* A whole number from low to high. */
static bool read_number(struct crm_slice s, int64_t low, int64_t high, int64_t *out)
{
	bool minus = s.len && *s.ptr == '-';
	int64_t n = 0;

	if (s.len && (minus || *s.ptr == '+'))
		s.ptr++, s.len--;
	if (!s.len || s.len > 6)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		n = n * 10 + (s.ptr[i] - '0');
	}
	*out = minus ? -n : n;
	return *out >= low && *out <= high;
}

/* 20261225, as a day since 1970-01-01. */
static bool read_date(struct crm_slice s, int64_t *day)
{
	int64_t number[3];

	if (s.len != 8 || !read_number((struct crm_slice){s.ptr, 4}, 0, 9999, &number[0])
	    || !read_number((struct crm_slice){s.ptr + 4, 2}, 1, 12, &number[1])
	    || !read_number((struct crm_slice){s.ptr + 6, 2}, 1, 31, &number[2])
	    || !crm_date_valid((int)number[0], (int)number[1], (int)number[2]))
		return false;
	*day = crm_date_days((int)number[0], (int)number[1], (int)number[2]);
	return true;
}

/* P1D, P2W */
static bool read_length(struct crm_slice s, int64_t *days)
{
	bool weeks = s.len && s.ptr[s.len - 1] == 'W';

	if (s.len < 3 || *s.ptr != 'P' || (!weeks && s.ptr[s.len - 1] != 'D')
	    || !read_number((struct crm_slice){s.ptr + 1, s.len - 2}, 1, LENGTH_MAX, days))
		return false;
	*days *= weeks ? 7 : 1;
	return true;
}

/* 4TH: the fourth Thursday; -1MO: the last Monday */
static bool read_weekday(struct crm_slice s, struct event *e)
{
	int64_t nth;

	if (s.len < 3 || !read_number((struct crm_slice){s.ptr, s.len - 2}, -5, 5, &nth) || !nth)
		return false;
	for (int i = 0; i < 7; i++)
		if (!memcmp(s.ptr + s.len - 2, weekdays[i], 2)) {
			e->nth = (int)nth;
			e->weekday = i;
			return true;
		}
	return false;
}

static bool read_rule_part(struct crm_slice name, struct crm_slice value, struct event *e)
{
	int64_t n;

	if (crm_slice_is(name, "FREQ"))
		return (e->yearly = crm_slice_is(value, "YEARLY"));
	if (crm_slice_is(name, "WKST")) /* of no meaning for what is read here */
		return true;
	if (crm_slice_is(name, "INTERVAL"))
		return read_number(value, 1, 1000, &e->interval);
	if (crm_slice_is(name, "COUNT"))
		return read_number(value, 1, 10000, &e->count);
	if (crm_slice_is(name, "UNTIL")) /* that it has a time makes no odds to days */
		return read_date((struct crm_slice){value.ptr, value.len < 8 ? value.len : 8},
				 &e->until);
	if (crm_slice_is(name, "BYDAY"))
		return read_weekday(value, e);
	if (crm_slice_is(name, "BYMONTH") && read_number(value, 1, 12, &n))
		return (e->month = (int)n) > 0;
	if (crm_slice_is(name, "BYMONTHDAY") && read_number(value, 1, 31, &n))
		return (e->day = (int)n) > 0;
	return false;
}

static bool read_rule(struct crm_slice rule, struct event *e)
{
	while (rule.len) {
		struct crm_slice value = take(&rule, ';'), name = take(&value, '=');

		if (!read_rule_part(name, value, e))
			return false;
	}
	return e->yearly && (!e->nth || (e->month && !e->day));
}

static bool read_skipped(struct crm_slice list, struct event *e)
{
	while (list.len)
		if (e->n_skipped == SKIPPED_MAX
		    || !read_date(take(&list, ','), &e->skipped[e->n_skipped++]))
			return false;
	return true;
}

static enum crm_status read_property(struct ics *in)
{
	struct event *e = &in->event;

	if (crm_slice_is_caseless(in->name, "dtstart")) {
		e->has_start = true;
		return read_date(in->value, &e->start)
			       ? CRM_OK
			       : fail(in, "only events of whole days are days off");
	}
	if (crm_slice_is_caseless(in->name, "dtend")) {
		e->has_end = true;
		return read_date(in->value, &e->end)
			       ? CRM_OK
			       : fail(in, "only events of whole days are days off");
	}
	if (crm_slice_is_caseless(in->name, "duration"))
		return read_length(in->value, &e->length)
			       ? CRM_OK
			       : fail(in, "only days (P1D) and weeks (P2W) are read");
	if (crm_slice_is_caseless(in->name, "rrule"))
		return read_rule(in->value, e)
			       ? CRM_OK
			       : fail(in, "only yearly days are read: write each day as an event");
	if (crm_slice_is_caseless(in->name, "exdate"))
		return read_skipped(in->value, e) ? CRM_OK : fail(in, "only dates are read");
	if (crm_slice_is_caseless(in->name, "rdate")
	    || crm_slice_is_caseless(in->name, "recurrence-id"))
		return fail(in, "cannot be read: write each day as an event");
	if (crm_slice_is_caseless(in->name, "status"))
		e->cancelled = crm_slice_is_caseless(in->value, "cancelled");
	return CRM_OK;
}

/* --- days --- */

static bool is_skipped(const struct event *e, int64_t day)
{
	for (size_t i = 0; i < e->n_skipped; i++)
		if (e->skipped[i] == day)
			return true;
	return false;
}

static void set_days(struct ics *in, int64_t from)
{
	if (!is_skipped(&in->event, from))
		for (int64_t day = from; day < from + in->event.length; day++)
			crm_calendar_set(in->calendar, day, in->kind);
}

/* The day of a yearly event in a year; false: there is none, as of 29 February. */
static bool day_in(const struct event *e, int year, int64_t *day)
{
	int y, month, d, first, n;

	crm_date_of_days(e->start, &y, &month, &d);
	month = e->month ? e->month : month;
	if (!e->nth) {
		d = e->day ? e->day : d;
		*day = crm_date_days(year, month, d);
		return crm_date_valid(year, month, d);
	}
	*day = crm_date_days(year, month, 1);
	for (n = 31; !crm_date_valid(year, month, n); n--)
		;
	first = (e->weekday - crm_date_weekday(*day) + 7) % 7;
	d = e->nth > 0 ? first + 7 * (e->nth - 1) : first + 7 * ((n - 1 - first) / 7 + e->nth + 1);
	*day += d;
	return d >= 0 && d < n;
}

static void set_yearly(struct ics *in)
{
	const struct event *e = &in->event;
	int64_t day, left = e->count ? e->count : INT64_MAX;
	int year, month, d;

	crm_date_of_days(e->start, &year, &month, &d);
	for (; year < 2100 && left > 0; year += (int)e->interval) {
		if (!day_in(e, year, &day) || day < e->start)
			continue;
		if (day > e->until)
			break;
		left--;
		set_days(in, day);
	}
}

static enum crm_status end_event(struct ics *in)
{
	struct event *e = &in->event;

	in->in_event = false;
	in->line = e->line;
	if (e->cancelled)
		return CRM_OK;
	if (!e->has_start)
		return fail(in, "the event has no DTSTART");
	if (e->has_end)
		e->length = e->end == e->start ? 1 : e->end - e->start; /* some write the same */
	else if (!e->length)
		e->length = 1;
	if (e->length < 1 || e->length > LENGTH_MAX)
		return fail(in, "the event ends before it begins, or lasts longer than a year");
	if (e->yearly)
		set_yearly(in);
	else
		set_days(in, e->start);
	return CRM_OK;
}

static enum crm_status read_one(struct ics *in)
{
	bool event = crm_slice_is_caseless(in->value, "vevent");

	if (crm_slice_is_caseless(in->name, "begin")) {
		if (!in->depth++ && !crm_slice_is_caseless(in->value, "vcalendar"))
			return fail(in, "this is no iCalendar file");
		if (in->depth == 2 && event) {
			in->in_event = true;
			in->event =
				(struct event){.line = in->line, .interval = 1, .until = INT64_MAX};
		}
		return CRM_OK;
	}
	if (!in->depth)
		return fail(in, "this is no iCalendar file");
	if (crm_slice_is_caseless(in->name, "end"))
		return --in->depth == 1 && in->in_event ? end_event(in) : CRM_OK;
	return in->in_event && in->depth == 2 ? read_property(in) : CRM_OK;
}

enum crm_status crm_ics_read(struct crm_slice text, const char *file, struct crm_calendar *calendar,
			     uint16_t kind, struct crm_err *err)
{
	struct ics *in = crm_calloc(1, sizeof(*in));
	enum crm_status rc = CRM_OK;

	*in = (struct ics){.p = text.ptr,
			   .end = text.ptr + text.len,
			   .text = CRM_STR_INIT,
			   .file = file,
			   .err = err,
			   .calendar = calendar,
			   .kind = kind};
	if (text.len >= 3 && !memcmp(text.ptr, "\xEF\xBB\xBF", 3))
		in->p += 3;
	while (rc == CRM_OK && next_property(in))
		rc = read_one(in);
	if (rc == CRM_OK && in->depth)
		rc = fail(in, "the file ends within an event or calendar");
	if (rc == CRM_OK && !in->lines)
		rc = crm_fail(err, CRM_CONFIG, "%s: the file is empty", file);
	crm_str_release(&in->text);
	free(in);
	return rc;
}
