/* SPDX-License-Identifier: MIT */
/*
 * Business time as one function: the open time from 1970 to an instant. On the clock on the
 * wall it is the sum of whole days and of what is past of the last one; between two changes of
 * clocks an instant is a time on the wall plus a constant. So it is found by two look-ups,
 * and so is its inverse; all questions are put to these two.
 */
#include "route/calendar.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/table.h"
#include "route/calendar_days.h"

#define MINUTE INT64_C(60000)
#define DAY_MINUTES 1440
#define DAY (DAY_MINUTES * MINUTE)
#define END (CRM_CALENDAR_DAYS * DAY) /* on the wall */

struct kind {
	size_t first, n; /* of spans */
};

/* A time during which clocks do not change. */
struct clocks {
	int64_t from;   /* the instant */
	int64_t offset; /* wall = instant + offset, in ms */
	int64_t before; /* open time until then */
	int64_t wall;   /* what the clock on the wall would have counted until then */
};

struct crm_calendar {
	char *name;
	struct crm_span *spans;
	struct kind *kinds;
	size_t n_spans, cap_spans, n_kinds, cap_kinds;
	struct clocks *clocks;
	size_t n_clocks, cap_clocks;
	uint16_t night;                     /* kind of the day before the first */
	uint16_t day[CRM_CALENDAR_DAYS];    /* its kind; of a finished one within midnights */
	int32_t sum[CRM_CALENDAR_DAYS + 1]; /* minutes open before each day */
};

const char *crm_calendar_name(const struct crm_calendar *calendar)
{
	return calendar->name;
}

/* --- making --- */

struct crm_calendar *crm_calendar_new(struct crm_slice name)
{
	struct crm_calendar *c = crm_calloc(1, sizeof(*c));

	c->name = crm_strndup(name.ptr, name.len);
	crm_calendar_kind(c, NULL, 0);
	return c;
}

void crm_calendar_free(struct crm_calendar *c)
{
	if (!c)
		return;
	free(c->name);
	free(c->spans);
	free(c->kinds);
	free(c->clocks);
	free(c);
}

static int by_start(const void *a, const void *b)
{
	const struct crm_span *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

/* Puts spans in order and those that touch together; how many are left. n > 0. */
static size_t tidy(struct crm_span *spans, size_t n)
{
	size_t kept = 0;

	qsort(spans, n, sizeof(*spans), by_start);
	for (size_t i = 1; i < n; i++)
		if (spans[i].from > spans[kept].to)
			spans[++kept] = spans[i];
		else if (spans[i].to > spans[kept].to)
			spans[kept].to = spans[i].to;
	return kept + 1;
}

uint16_t crm_calendar_kind(struct crm_calendar *c, const struct crm_span *spans, size_t n)
{
	struct kind kind = {c->n_spans, n};

	if (!n && c->n_kinds)
		return 0;
	CRM_GROW(c->spans, c->n_spans + n, c->cap_spans);
	if (n) {
		memcpy(c->spans + c->n_spans, spans, n * sizeof(*spans));
		kind.n = tidy(c->spans + c->n_spans, n);
	}
	c->n_spans += kind.n;
	CRM_GROW(c->kinds, c->n_kinds + 1, c->cap_kinds);
	c->kinds[c->n_kinds] = kind;
	return (uint16_t)c->n_kinds++;
}

void crm_calendar_set(struct crm_calendar *c, int64_t day, uint16_t kind)
{
	if (day >= 0 && day < CRM_CALENDAR_DAYS)
		c->day[day] = kind;
}

void crm_calendar_set_weekday(struct crm_calendar *c, int weekday, uint16_t kind)
{
	for (int64_t day = (weekday + 4) % 7; day < CRM_CALENDAR_DAYS; day += 7)
		c->day[day] = kind; /* the first was a Thursday */
	if (weekday == 2)
		c->night = kind;
}

/* The hours between two midnights: those of the day, and what is left of the night before. */
static uint16_t between_midnights(struct crm_calendar *c, uint16_t today, uint16_t yesterday)
{
	struct kind a = c->kinds[today], b = c->kinds[yesterday];
	struct crm_span *spans = crm_malloc((a.n + b.n + 1) * sizeof(*spans)), s;
	uint16_t kind;
	size_t n = 0;

	for (size_t i = 0; i < a.n; i++) {
		s = c->spans[a.first + i];
		if (s.from < DAY_MINUTES)
			spans[n++] =
				(struct crm_span){s.from, s.to < DAY_MINUTES ? s.to : DAY_MINUTES};
	}
	for (size_t i = 0; i < b.n; i++) {
		s = c->spans[b.first + i];
		if (s.to > DAY_MINUTES)
			spans[n++] =
				(struct crm_span){s.from > DAY_MINUTES ? s.from - DAY_MINUTES : 0,
						  s.to - DAY_MINUTES};
	}
	kind = crm_calendar_kind(c, spans, n);
	free(spans);
	return kind;
}

struct pair {
	uint16_t today, yesterday, kind;
};

/* Makes each day what is open between its two midnights. Each pair of kinds is worked out
 * once: there are few. */
static void cut_at_midnight(struct crm_calendar *c)
{
	struct crm_table table = CRM_TABLE_INIT;
	struct pair *pairs = NULL;
	size_t n = 0, cap = 0, known;
	uint16_t yesterday = c->night, today;

	for (size_t day = 0; day < CRM_CALENDAR_DAYS; day++, yesterday = today) {
		uint64_t hash;

		today = c->day[day];
		hash = crm_hash64_with(today, yesterday);
		known = n;
		for (struct crm_probe p = crm_table_probe(&table, hash);
		     crm_table_next(&table, &p);)
			if (pairs[p.index].today == today && pairs[p.index].yesterday == yesterday)
				known = p.index;
		if (known == n) {
			CRM_GROW(pairs, n + 1, cap);
			crm_table_add(&table, hash, (uint32_t)n);
			pairs[n++] = (struct pair){today, yesterday,
						   between_midnights(c, today, yesterday)};
		}
		c->day[day] = pairs[known].kind;
	}
	free(pairs);
	crm_table_release(&table);
}

static void add_up(struct crm_calendar *c)
{
	for (size_t day = 0; day < CRM_CALENDAR_DAYS; day++) {
		struct kind kind = c->kinds[c->day[day]];
		int32_t open = 0;

		for (size_t i = 0; i < kind.n; i++)
			open += c->spans[kind.first + i].to - c->spans[kind.first + i].from;
		c->sum[day + 1] = c->sum[day] + open;
	}
}

/* Open time on the wall, from 1970 to a time on it. */
static int64_t wall_open(const struct crm_calendar *c, int64_t wall)
{
	int64_t day = wall / DAY, rest = wall % DAY, open;
	struct kind kind;

	if (wall <= 0)
		return 0;
	if (day >= CRM_CALENDAR_DAYS)
		return c->sum[CRM_CALENDAR_DAYS] * MINUTE;
	open = c->sum[day] * MINUTE;
	kind = c->kinds[c->day[day]];
	for (size_t i = 0; i < kind.n; i++) {
		struct crm_span s = c->spans[kind.first + i];

		if (rest <= s.from * MINUTE)
			break;
		open += (rest < s.to * MINUTE ? rest : s.to * MINUTE) - s.from * MINUTE;
	}
	return open;
}

void crm_calendar_finish(struct crm_calendar *c, struct crm_zone *zone)
{
	int64_t before = 0, from = -DAY; /* the east begins earlier */

	cut_at_midnight(c);
	add_up(c);
	while (from <= END + DAY) {
		struct clocks k = {.from = from, .offset = crm_zone_offset(zone, from) * MINUTE};

		if (c->n_clocks)
			before += wall_open(c, from + c->clocks[c->n_clocks - 1].offset)
				  - c->clocks[c->n_clocks - 1].wall;
		k.before = before;
		k.wall = wall_open(c, from + k.offset);
		CRM_GROW(c->clocks, c->n_clocks + 1, c->cap_clocks);
		c->clocks[c->n_clocks++] = k;
		from = crm_zone_change(zone, from);
	}
}

/* --- asking --- */

/* Open time from 1970 to an instant. */
static int64_t measure(const struct crm_calendar *c, int64_t ms)
{
	size_t low = 0, high = c->n_clocks; /* clocks[low].from <= ms, but for the first */
	const struct clocks *k;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		*(c->clocks[middle].from <= ms ? &low : &high) = middle;
	}
	k = &c->clocks[low];
	if (ms < k->from)
		return 0;
	return k->before + wall_open(c, ms > END + DAY ? END : ms + k->offset) - k->wall;
}

/* The first time on the wall until which so much (more than 0, and there is so much) was open. */
static int64_t wall_when(const struct crm_calendar *c, int64_t open)
{
	size_t low = 0, high = CRM_CALENDAR_DAYS; /* sum[low] < open <= sum[high] */
	struct kind kind;
	int64_t rest;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		*(c->sum[middle] * MINUTE < open ? &low : &high) = middle;
	}
	rest = open - c->sum[low] * MINUTE;
	kind = c->kinds[c->day[low]];
	for (size_t i = 0; i < kind.n; i++) {
		struct crm_span s = c->spans[kind.first + i];

		if (rest <= (s.to - s.from) * MINUTE)
			return (int64_t)low * DAY + s.from * MINUTE + rest;
		rest -= (s.to - s.from) * MINUTE;
	}
	return END;
}

/* The first instant until which so much (more than 0) was open: the inverse of measure. */
static int64_t when(const struct crm_calendar *c, int64_t open)
{
	size_t low = 0, high = c->n_clocks; /* clocks[low].before < open */
	const struct clocks *k;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		*(c->clocks[middle].before < open ? &low : &high) = middle;
	}
	k = &c->clocks[low];
	open += k->wall - k->before;
	if (open > c->sum[CRM_CALENDAR_DAYS] * MINUTE)
		return CRM_NEVER;
	return wall_when(c, open) - k->offset;
}

int64_t crm_calendar_between(const struct crm_calendar *c, int64_t a, int64_t b)
{
	return c ? measure(c, b) - measure(c, a) : b - a;
}

int64_t crm_calendar_add(const struct crm_calendar *c, int64_t ms, int64_t business)
{
	int64_t end;

	if (business <= 0)
		return ms;
	if (!c)
		return __builtin_add_overflow(ms, business, &end) ? CRM_NEVER : end;
	if (__builtin_add_overflow(measure(c, ms), business, &end))
		return CRM_NEVER;
	return when(c, end);
}

bool crm_calendar_is_open(const struct crm_calendar *c, int64_t ms)
{
	return !c || (ms < CRM_NEVER && measure(c, ms + 1) > measure(c, ms));
}

/* When the next millisecond of open time is over, it has just begun. */
int64_t crm_calendar_next_open(const struct crm_calendar *c, int64_t ms)
{
	int64_t end = c ? crm_calendar_add(c, ms, 1) : ms + 1;

	return end == CRM_NEVER ? end : end - 1;
}

/* The same with closed time, whose inverse is found by bisection. */
int64_t crm_calendar_next_close(const struct crm_calendar *c, int64_t ms)
{
	int64_t low = ms, high = END + DAY; /* none was closed until low, some until high */

	if (!c)
		return CRM_NEVER;
	if (ms >= END || !crm_calendar_is_open(c, ms))
		return ms;
	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;

		*(measure(c, middle) - measure(c, ms) == middle - ms ? &low : &high) = middle;
	}
	return low < END - DAY ? low : CRM_NEVER;
}
