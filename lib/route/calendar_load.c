/* SPDX-License-Identifier: MIT */
/*
 * The file of calendars. A line is read member by member into a struct plan, and painted when
 * all of it is known: weekdays first, then the iCalendar file, then the days that come every
 * year, then those of a date, so that the particular lies over the general.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "route/calendar.h"
#include "route/calendar_days.h"
#include "route/ics.h"

#define SPANS_MAX 48 /* of a day */

struct crm_calendars {
	struct crm_calendar **list; /* in the order of the file */
	size_t n, cap;
};

struct loading {
	struct crm_calendars *calendars;
	const char *dir, *file;
	int64_t line;
	struct crm_json_doc doc;
	struct crm_str text;
	struct crm_err *err;
};

struct plan {
	const struct crm_json_value *name, *zone, *hours, *holidays, *ics;
	struct crm_calendar *calendar;
};

/* A day or days of "holidays". */
struct holiday {
	int year, month, day; /* year 0: every year */
	int64_t from, to;     /* of a date: days since 1970 */
};

#define FAIL(l, fmt, ...)                                                                \
	crm_fail((l)->err, CRM_CONFIG, "%s:%lld: " fmt, (l)->file, (long long)(l)->line, \
		 ##__VA_ARGS__)

static const char *const weekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/* The elements of an array, or members of an object: i from 0, v the first of them. */
#define EACH(l, parent, i, v)                                                \
	uint32_t i = 0, v##_at = (uint32_t)((parent) - (l)->doc.values) + 1; \
	i < (parent)->count && ((v) = &(l)->doc.values[v##_at], true);       \
	i++, v##_at = (l)->doc.values[v##_at].next

/* --- hours --- */

/* Reads two digits, which go from s. */
static bool two_digits(struct crm_slice *s, int *out)
{
	if (s->len < 2 || s->ptr[0] < '0' || s->ptr[0] > '9' || s->ptr[1] < '0' || s->ptr[1] > '9')
		return false;
	*out = (s->ptr[0] - '0') * 10 + s->ptr[1] - '0';
	s->ptr += 2, s->len -= 2;
	return true;
}

static bool literal(struct crm_slice *s, char c)
{
	if (!s->len || *s->ptr != c)
		return false;
	s->ptr++, s->len--;
	return true;
}

/* 09:30; 24:00 is the end of the day. */
static bool read_clock(struct crm_slice *s, int *minutes)
{
	int hour, minute;

	if (!two_digits(s, &hour) || !literal(s, ':') || !two_digits(s, &minute))
		return false;
	*minutes = hour * 60 + minute;
	return minute < 60 && *minutes <= 24 * 60;
}

static bool read_span(struct crm_slice s, struct crm_span *span)
{
	int from, to;

	if (!read_clock(&s, &from) || !literal(&s, '-') || !read_clock(&s, &to) || s.len
	    || from == to || from == 24 * 60 || (to < from && from - to == 24 * 60))
		return false;
	*span = (struct crm_span){(uint16_t)from, (uint16_t)(to < from ? to + 24 * 60 : to)};
	return true;
}

/* Do two of them have a minute in common? That is surely not meant. */
static bool overlap(const struct crm_span *spans, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (spans[i].from < spans[j].to && spans[j].from < spans[i].to)
				return true;
	return false;
}

/* ["09:00-12:30","13:30-18:00"] as a kind of day. */
static enum crm_status read_hours(struct loading *l, struct plan *plan,
				  const struct crm_json_value *list, uint16_t *kind)
{
	struct crm_span spans[SPANS_MAX];
	const struct crm_json_value *v;
	size_t n = 0;

	if (list->type != CRM_JSON_ARRAY || list->count > SPANS_MAX)
		return FAIL(l, "hours of a day must be a list such as [\"09:00-12:30\"], or []");
	for (EACH(l, list, i, v))
		if (v->type != CRM_JSON_STRING || !read_span(v->text, &spans[n++]))
			return FAIL(l,
				    "'%.*s' must be hours such as 09:00-17:30, 22:00-06:00 or "
				    "00:00-24:00",
				    (int)v->text.len, v->text.ptr);
	if (overlap(spans, n))
		return FAIL(l, "hours of a day overlap: %.*s", (int)list->text.len, list->text.ptr);
	*kind = crm_calendar_kind(plan->calendar, spans, n);
	return CRM_OK;
}

/* mon, as 0 … 6; -1: none */
static int weekday_named(struct crm_slice name)
{
	for (int i = 0; i < 7; i++)
		if (crm_slice_is_caseless(name, weekdays[i]))
			return i;
	return -1;
}

/* mon, or mon-fri */
static bool read_weekdays(struct crm_slice s, int *from, int *to)
{
	if (s.len != 3 && (s.len != 7 || s.ptr[3] != '-'))
		return false;
	*from = weekday_named((struct crm_slice){s.ptr, 3});
	*to = weekday_named((struct crm_slice){s.ptr + s.len - 3, 3});
	return *from >= 0 && *to >= 0;
}

static enum crm_status read_week(struct loading *l, struct plan *plan)
{
	const struct crm_json_value *v;
	bool told[7] = {false};
	int from, to;
	uint16_t kind;

	if (plan->hours->type != CRM_JSON_OBJECT)
		return FAIL(l, "hours must be an object such as {\"mon-fri\":[\"09:00-17:00\"]}");
	for (EACH(l, plan->hours, i, v)) {
		enum crm_status rc = read_hours(l, plan, v, &kind);

		if (rc != CRM_OK)
			return rc;
		if (!read_weekdays(v->key, &from, &to))
			return FAIL(l, "'%.*s' must be a day or days such as sat or mon-fri",
				    (int)v->key.len, v->key.ptr);
		for (int day = from;; day = (day + 1) % 7) { /* sat-mon goes round */
			if (told[day])
				return FAIL(l, "%s is there twice in hours", weekdays[day]);
			told[day] = true;
			crm_calendar_set_weekday(plan->calendar, day, kind);
			if (day == to)
				break;
		}
	}
	return CRM_OK;
}

/* --- holidays --- */

/* 2026-12-25, or 12-25 for every year */
static bool read_day(struct crm_slice s, struct holiday *h)
{
	int century, year;

	*h = (struct holiday){0};
	if (s.len == 10) {
		if (!two_digits(&s, &century) || !two_digits(&s, &year) || !literal(&s, '-'))
			return false;
		h->year = century * 100 + year;
		if (!h->year)
			return false;
	}
	if (!two_digits(&s, &h->month) || !literal(&s, '-') || !two_digits(&s, &h->day) || s.len
	    || !crm_date_valid(h->year ? h->year : 2000, h->month, h->day))
		return false;
	h->from = h->to = crm_date_days(h->year, h->month, h->day);
	return true;
}

static enum crm_status read_holiday(struct loading *l, struct plan *plan,
				    const struct crm_json_value *v, struct holiday *h,
				    uint16_t *kind)
{
	const struct crm_json_value *m, *day = v, *hours = NULL, *to = NULL;
	struct holiday last;

	if (v->type == CRM_JSON_OBJECT) {
		day = NULL;
		for (EACH(l, v, i, m)) {
			if (crm_slice_is(m->key, "day"))
				day = m;
			else if (crm_slice_is(m->key, "to"))
				to = m;
			else if (crm_slice_is(m->key, "hours"))
				hours = m;
			else if (!crm_slice_is(m->key, "name")) /* of the day, for people */
				return FAIL(l, "a holiday has day, to, hours and name, no '%.*s'",
					    (int)m->key.len, m->key.ptr);
		}
	}
	if (!day || day->type != CRM_JSON_STRING || !read_day(day->text, h))
		return FAIL(l, "a holiday must be 2026-12-25, 12-25 (every year), or an object "
			       "with such a day");
	if (to) {
		if (!h->year || to->type != CRM_JSON_STRING || !read_day(to->text, &last)
		    || !last.year || last.from < h->from)
			return FAIL(l, "a holiday goes from a date with its year to a later one");
		h->to = last.from;
	}
	*kind = 0;
	return hours ? read_hours(l, plan, hours, kind) : CRM_OK;
}

static void set_holiday(struct crm_calendar *calendar, const struct holiday *h, uint16_t kind)
{
	if (h->year)
		for (int64_t day = h->from < 0 ? 0 : h->from;
		     day <= h->to && day < CRM_CALENDAR_DAYS; day++)
			crm_calendar_set(calendar, day, kind);
	else
		for (int year = 1970; year < 2100; year++)
			if (crm_date_valid(year, h->month, h->day))
				crm_calendar_set(calendar, crm_date_days(year, h->month, h->day),
						 kind);
}

static enum crm_status read_holidays(struct loading *l, struct plan *plan)
{
	const struct crm_json_value *v;
	enum crm_status rc;
	struct holiday h;
	uint16_t kind;

	if (plan->holidays->type != CRM_JSON_ARRAY
	    || plan->holidays->count > CRM_CALENDAR_KINDS / 2 - 16)
		return FAIL(l,
			    "holidays must be a list such as [\"2026-12-25\",\"12-26\"], of at "
			    "most %d",
			    CRM_CALENDAR_KINDS / 2 - 16);
	for (int dated = 0; dated < 2; dated++)
		for (EACH(l, plan->holidays, i, v)) {
			if ((rc = read_holiday(l, plan, v, &h, &kind)) != CRM_OK)
				return rc;
			if (dated == (h.year > 0))
				set_holiday(plan->calendar, &h, kind);
		}
	return CRM_OK;
}

static enum crm_status read_ics_file(struct loading *l, struct plan *plan)
{
	struct crm_str path = CRM_STR_INIT, text = CRM_STR_INIT;
	struct crm_err why;
	enum crm_status rc;

	crm_str_clear(&l->text);
	if (plan->ics->type == CRM_JSON_STRING)
		crm_json_text(plan->ics, &l->text);
	if (!l->text.len || *l->text.ptr == '.' || strchr(l->text.ptr, '/'))
		return FAIL(l, "ics must be the name of a file in the same folder");
	crm_str_addf(&path, "%s/%s", l->dir, l->text.ptr);
	rc = crm_file_read(path.ptr, &text, &why);
	if (rc != CRM_OK)
		rc = FAIL(l, "%s", why.text);
	else
		rc = crm_ics_read((struct crm_slice){text.ptr, text.len}, path.ptr, plan->calendar,
				  0, l->err);
	crm_str_release(&path);
	crm_str_release(&text);
	return rc;
}

/* --- lines --- */

static enum crm_status read_members(struct loading *l, struct plan *plan)
{
	const struct crm_json_value *v, *root = l->doc.values;

	if (root->type != CRM_JSON_OBJECT)
		return FAIL(l, "a line must be a JSON object");
	for (EACH(l, root, i, v)) {
		if (crm_slice_is(v->key, "calendar"))
			plan->name = v;
		else if (crm_slice_is(v->key, "zone"))
			plan->zone = v;
		else if (crm_slice_is(v->key, "hours"))
			plan->hours = v;
		else if (crm_slice_is(v->key, "holidays"))
			plan->holidays = v;
		else if (crm_slice_is(v->key, "ics"))
			plan->ics = v;
		else
			return FAIL(l,
				    "a calendar has calendar, zone, hours, holidays and ics, no "
				    "'%.*s'",
				    (int)v->key.len, v->key.ptr);
	}
	if (!plan->name || plan->name->type != CRM_JSON_STRING || !plan->name->text.len)
		return FAIL(l, "the line must name its calendar: {\"calendar\":\"berlin\", …");
	if (!plan->zone || plan->zone->type != CRM_JSON_STRING)
		return FAIL(l, "the calendar needs a zone, such as \"Europe/Berlin\" or \"UTC\"");
	if (!plan->hours)
		return FAIL(l, "the calendar needs hours");
	return CRM_OK;
}

/* Takes ownership of the calendar: it stays in the list whatever comes. */
static enum crm_status name_calendar(struct loading *l, struct plan *plan)
{
	struct crm_slice name;

	crm_str_clear(&l->text);
	crm_json_text(plan->name, &l->text);
	name = (struct crm_slice){l->text.ptr, l->text.len};
	if (crm_calendars_find(l->calendars, name))
		return FAIL(l, "there is a calendar '%s' already", l->text.ptr);
	plan->calendar = crm_calendar_new(name);
	CRM_GROW(l->calendars->list, l->calendars->n + 1, l->calendars->cap);
	l->calendars->list[l->calendars->n++] = plan->calendar;
	return CRM_OK;
}

static enum crm_status read_calendar(struct loading *l, struct crm_slice line)
{
	struct plan plan = {0};
	struct crm_zone *zone = NULL;
	struct crm_err why;
	enum crm_status rc;

	if (crm_json_scan(&l->doc, line.ptr, line.len) != CRM_OK)
		return FAIL(l, "byte %zu: %s", l->doc.error_at + 1, l->doc.error);
	if ((rc = read_members(l, &plan)) != CRM_OK || (rc = name_calendar(l, &plan)) != CRM_OK
	    || (rc = read_week(l, &plan)) != CRM_OK
	    || (plan.ics && (rc = read_ics_file(l, &plan)) != CRM_OK)
	    || (plan.holidays && (rc = read_holidays(l, &plan)) != CRM_OK))
		return rc;
	crm_str_clear(&l->text);
	crm_json_text(plan.zone, &l->text);
	if (crm_zone_new(l->text.ptr, &zone, &why) != CRM_OK)
		return FAIL(l, "%s", why.text);
	crm_calendar_finish(plan.calendar, zone);
	crm_zone_free(zone);
	return CRM_OK;
}

enum crm_status crm_calendars_read(struct crm_calendars **out, struct crm_slice text,
				   const char *dir, const char *file, struct crm_err *err)
{
	struct loading l = {.dir = dir,
			    .file = file,
			    .doc = CRM_JSON_DOC_INIT,
			    .text = CRM_STR_INIT,
			    .err = err};
	enum crm_status rc = CRM_OK;

	*out = l.calendars = crm_calloc(1, sizeof(**out));
	if (text.len >= 3 && !memcmp(text.ptr, "\xEF\xBB\xBF", 3))
		text.ptr += 3, text.len -= 3;
	while (text.len && rc == CRM_OK) {
		const char *end = memchr(text.ptr, '\n', text.len);
		size_t n = end ? (size_t)(end - text.ptr) : text.len;
		struct crm_slice line = crm_slice_trim((struct crm_slice){text.ptr, n});

		l.line++;
		if (line.len && *line.ptr != '#')
			rc = read_calendar(&l, line);
		n += end != NULL;
		text.ptr += n, text.len -= n;
	}
	crm_json_doc_release(&l.doc);
	crm_str_release(&l.text);
	return rc;
}

enum crm_status crm_calendars_load(struct crm_calendars **out, const char *dir, struct crm_err *err)
{
	struct crm_str path = CRM_STR_INIT, text = CRM_STR_INIT;
	enum crm_status rc, read;

	crm_str_addf(&path, "%s/calendars", dir);
	rc = crm_file_read(path.ptr, &text, err);
	read = crm_calendars_read(out, (struct crm_slice){text.ptr, rc == CRM_OK ? text.len : 0},
				  dir, path.ptr, err);
	crm_str_release(&path);
	crm_str_release(&text);
	return rc == CRM_OK || rc == CRM_NO_INPUT ? read : rc;
}

void crm_calendars_free(struct crm_calendars *calendars)
{
	if (!calendars)
		return;
	for (size_t i = 0; i < calendars->n; i++)
		crm_calendar_free(calendars->list[i]);
	free(calendars->list);
	free(calendars);
}

const struct crm_calendar *crm_calendars_find(const struct crm_calendars *calendars,
					      struct crm_slice name)
{
	for (size_t i = 0; i < calendars->n; i++)
		if (crm_slice_is(name, crm_calendar_name(calendars->list[i])))
			return calendars->list[i];
	return NULL;
}
