/* SPDX-License-Identifier: MIT */
/* Measures; see measure.h. Most pairs are unlike: the letters that two texts have settle
 * cheaply that their similarity is below a bound, so that it need not be known. */
#include "link/measure.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "link/similarity.h"
#include "norm/nickname.h"

#define MISSING (-1.0)
#define MAX_CHARS 64 /* of which similarities look at the first */

/* ---- two texts ---- */

/* Equal characters at the start. */
static int common_start(struct crm_slice s, struct crm_slice t)
{
	size_t at = 0, used;
	int n = 0;

	while (at < s.len) {
		used = crm_utf8_length(s.ptr + at, s.len - at);
		used = used ? used : 1;
		if (at + used > t.len || memcmp(s.ptr + at, t.ptr + at, used) != 0)
			break;
		at += used;
		n++;
	}
	return n;
}

/* Characters of the one that is a beginning of the other: "r", "rob" and "robert". */
static int short_form(struct crm_slice s, struct crm_slice t)
{
	struct crm_slice less = s.len < t.len ? s : t, more = s.len < t.len ? t : s;

	return memcmp(less.ptr, more.ptr, less.len) == 0 ? common_start(less, more) : 0;
}

/* ---- two dates ---- */

static double date_parts(uint32_t x, uint32_t y)
{
	uint32_t apart = x ^ y;

	if (!x || !y)
		return MISSING;
	return (apart >> 16 == 0) + ((apart & 0xff00) == 0) + ((apart & 0xff) == 0);
}

static double date_swapped(uint32_t x, uint32_t y)
{
	if (!x || !y)
		return MISSING;
	return x >> 16 == y >> 16 && (x >> 8 & 255) == (y & 255) && (x & 255) == (y >> 8 & 255);
}

/* One year, and one side has no month or is the first of January: what is written where only
 * the year is known. */
static double date_year_only(uint32_t x, uint32_t y)
{
	if (!x || !y)
		return MISSING;
	return x >> 16 == y >> 16
	       && ((x & 0xff00) == 0 || (y & 0xff00) == 0 || (x & 0xffff) == 0x0101
		   || (y & 0xffff) == 0x0101);
}

/* The distance of two texts of eight digits where it is at most 1, by one digit or by two
 * neighbours that are swapped; else 2. */
static double digits_distance(uint32_t x, uint32_t y, bool swaps)
{
	uint32_t apart = x ^ y;
	int low;

	if (apart == 0)
		return 0;
	low = __builtin_ctz(apart) / 4 * 4;
	if (apart >> low < 16)
		return 1;
	if (!swaps || low > 24 || apart >> low >= 256)
		return 2;
	return (x >> low & 15) == (y >> (low + 4) & 15) && (y >> low & 15) == (x >> (low + 4) & 15)
		       ? 1
		       : 2;
}

static struct crm_slice only_digits(struct crm_slice s, char buf[MAX_CHARS])
{
	size_t i, n = 0;

	for (i = 0; i < s.len && n < MAX_CHARS; i++)
		if (s.ptr[i] != '-')
			buf[n++] = s.ptr[i];
	return (struct crm_slice){buf, n};
}

static double date_distance(const struct crm_pool *keys, const struct crm_date *date, uint32_t x,
			    uint32_t y, double bound, bool swaps)
{
	char one[MAX_CHARS], other[MAX_CHARS];
	struct crm_slice s, t;

	if (date[x].digits && date[y].digits && bound < 2)
		return digits_distance(date[x].digits, date[y].digits, swaps);
	s = only_digits(crm_pool_get(keys, x), one);
	t = only_digits(crm_pool_get(keys, y), other);
	return swaps ? crm_osa_distance(s, t) : crm_levenshtein(s, t);
}

static double days_apart(struct crm_date s, struct crm_date t)
{
	return s.year && t.year ? abs(s.days - t.days) : MISSING;
}

/* ---- measures ---- */

static double measure_dates(const struct crm_people *p, enum crm_measure_fn fn, uint32_t x,
			    uint32_t y, double bound)
{
	const struct crm_pool *keys = &p->pool[CRM_AS_DATE];
	const struct crm_date *date = p->date;

	switch (fn) {
	case CRM_OSA:
	case CRM_LEVENSHTEIN:
		return date_distance(keys, date, x, y, bound, fn == CRM_OSA);
	case CRM_DAYS:
		return days_apart(date[x], date[y]);
	case CRM_PARTS:
		return date_parts(date[x].digits, date[y].digits);
	case CRM_YEAR_ONLY:
		return date_year_only(date[x].digits, date[y].digits);
	default:
		return date_swapped(date[x].digits, date[y].digits);
	}
}

static bool is_of_dates(enum crm_measure_fn fn)
{
	return fn == CRM_OSA || fn == CRM_LEVENSHTEIN || fn == CRM_DAYS || fn == CRM_PARTS
	       || fn == CRM_SWAPPED || fn == CRM_YEAR_ONLY;
}

/* Sketches tell that most do not begin alike, and are one word each. */
static double measure_words(const struct crm_people *p, enum crm_measure_fn fn,
			    const struct crm_pool *keys, uint32_t x, uint32_t y)
{
	uint64_t one = keys->sketch[x], other = keys->sketch[y];
	struct crm_slice s = crm_pool_get(keys, x), t = crm_pool_get(keys, y);

	switch (fn) {
	case CRM_STARTS:
		return crm_sketch_may_start(one, other) ? common_start(s, t) : 0;
	case CRM_SHORT:
		return crm_sketch_may_start(one, other) ? short_form(s, t) : 0;
	case CRM_WITHIN:
		return crm_sketch_may_part(one, other) && crm_words_within(s, t);
	default: /* CRM_NICKNAME */
		if (p->form[x] || p->form[y])
			return crm_nicknames_one(p->spec->nicknames, p->form[x], p->form[y]);
		return crm_sketch_may_start(one, other)
		       && crm_nicknames_alike(p->spec->nicknames, s, t);
	}
}

static double measure_texts(const struct crm_people *p, const struct crm_measure *m, uint32_t x,
			    uint32_t y, double bound)
{
	const struct crm_pool *keys = p->col[m->a].keys;
	struct crm_slice s, t;
	double far;

	if (crm_measure_is_far(m->fn, keys->sketch[x], keys->sketch[y], bound, &far))
		return far;
	if (m->fn == CRM_SHORT || m->fn == CRM_STARTS || m->fn == CRM_WITHIN
	    || m->fn == CRM_NICKNAME)
		return measure_words(p, m->fn, keys, x, y);
	s = crm_pool_get(keys, x);
	t = crm_pool_get(keys, y);
	switch (m->fn) {
	case CRM_JARO_WINKLER:
		return crm_jaro_winkler(s, t);
	case CRM_OSA:
		return crm_osa_distance(s, t);
	case CRM_LEVENSHTEIN:
		return crm_levenshtein(s, t);
	case CRM_WORDS:
		return crm_words_in_common(s, t);
	default:
		return MISSING;
	}
}

double crm_measure_values(const struct crm_people *p, const struct crm_measure *m, uint32_t x,
			  uint32_t y, double bound)
{
	if (!x || !y)
		return MISSING;
	if (m->fn == CRM_EXACT)
		return x == y;
	if (m->fn == CRM_KNOWN)
		return 1;
	if (p->spec->column[m->a].as == CRM_AS_DATE && is_of_dates(m->fn))
		return measure_dates(p, m->fn, x, y, bound);
	if (x == y && m->fn != CRM_STARTS && m->fn != CRM_SHORT) /* whose length counts */
		return crm_measure_is_distance(m->fn) ? 0 : 1;
	return measure_texts(p, m, x, y, bound);
}

/* Values of another scope are not compared at all. */
static bool same_scope(const struct crm_column *c, uint32_t x, uint32_t y)
{
	return !c->scope || c->scope[x] == c->scope[y];
}

/* exact and known, which are of numbers: lists can be long. */
static double measure_equal(const struct crm_people *p, const struct crm_measure *m,
			    const struct crm_column *column, struct crm_values v,
			    struct crm_values w)
{
	double best = MISSING;
	uint32_t i, j, x, y;

	for (i = 0; i < v.n; i++) {
		x = crm_value_key(p, m->a, v.value[i]);
		for (j = 0; x && j < w.n; j++) {
			y = crm_value_key(p, m->b, w.value[j]);
			if (!y || !same_scope(column, v.value[i], w.value[j]))
				continue;
			if (x == y || m->fn == CRM_KNOWN)
				return 1;
			best = 0;
		}
	}
	return best;
}

/* Similarity of each value to each takes the square of them: of records with hundreds, which
 * some system has run together, the first ones are enough. */
#define MOST_VALUES 64

double crm_measure_lists(const struct crm_people *p, const struct crm_measure *m, uint32_t a,
			 uint32_t b, double bound)
{
	struct crm_values v = crm_values_of(p, m->a, a), w = crm_values_of(p, m->b, b);
	const struct crm_column_spec *spec = &p->spec->column[m->a];
	const struct crm_column *column = &p->col[spec->derive ? spec->base : m->a];
	double best = MISSING;
	uint32_t i, j;

	if (m->fn == CRM_EXACT || m->fn == CRM_KNOWN)
		return measure_equal(p, m, column, v, w);
	for (i = 0; i < v.n && i < MOST_VALUES; i++)
		for (j = 0; j < w.n && j < MOST_VALUES; j++) {
			double x;

			if (!same_scope(column, v.value[i], w.value[j]))
				continue;
			x = crm_measure_values(p, m, crm_value_key(p, m->a, v.value[i]),
					       crm_value_key(p, m->b, w.value[j]), bound);
			if (x >= 0
			    && (best < 0 || (crm_measure_is_distance(m->fn) ? x < best : x > best)))
				best = x;
		}
	return best;
}
