/* SPDX-License-Identifier: MIT */
/* Levels of agreement; see compare.h. Conditions ask for measures, which are worked out when
 * first asked for. Most pairs are unlike: the letters that two texts have settle cheaply that
 * their similarity is below a bound, so that it need not be known. */
#include "link/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "base/utf8.h"
#include "link/condition.h"
#include "link/nickname.h"
#include "link/similarity.h"

#define MISSING (-1.0)
#define MAX_CHARS 64 /* of which similarities look at the first */

/* A pair under comparison. */
struct pair {
	const struct crm_people *people;
	uint32_t a, b;
	const signed char *level;
	uint64_t known[(CRM_MEASURES + 63) / 64]; /* bit: value is there */
	double value[CRM_MEASURES];
};

/* ---- two texts ---- */

static bool same_scope(const struct crm_column *c, uint32_t x, uint32_t y)
{
	return !c->scope || c->scope[x] == c->scope[y];
}

/* The most that Jaro–Winkler can be, by the letters that only one side has. Keys are ASCII
 * mostly; of others nothing is known beforehand. */
static double similarity_ceiling(const struct crm_pool *keys, uint32_t x, uint32_t y)
{
	struct crm_slice s = crm_pool_get(keys, x), t = crm_pool_get(keys, y);
	uint32_t one = keys->mask[x], other = keys->mask[y];
	double m, m_s, m_t, bound;
	int prefix = 0;

	if (s.len > MAX_CHARS || t.len > MAX_CHARS || (one | other) >> 31)
		return 1;
	m_s = (double)s.len - __builtin_popcount(one & ~other);
	m_t = (double)t.len - __builtin_popcount(other & ~one);
	m = m_s < m_t ? m_s : m_t;
	bound = (m / (double)s.len + m / (double)t.len + 1) / 3;
	while (prefix < 4 && (size_t)prefix < s.len && (size_t)prefix < t.len
	       && s.ptr[prefix] == t.ptr[prefix])
		prefix++;
	return bound + prefix * 0.1 * (1 - bound);
}

/* The least that a distance can be. */
static double distance_floor(const struct crm_pool *keys, uint32_t x, uint32_t y)
{
	size_t n = crm_pool_get(keys, x).len, m = crm_pool_get(keys, y).len;
	uint32_t one = keys->mask[x], other = keys->mask[y];
	int apart = __builtin_popcount(one & ~other), back = __builtin_popcount(other & ~one);

	if (n > MAX_CHARS || m > MAX_CHARS || (one | other) >> 31)
		return 0;
	apart = apart > back ? apart : back;
	back = n > m ? (int)(n - m) : (int)(m - n);
	return apart > back ? apart : back;
}

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

/* An initial or a beginning of the other: "r", "rob" and "robert", "mary" and "mary ann". */
static bool short_form(struct crm_slice s, struct crm_slice t)
{
	struct crm_slice less = s.len < t.len ? s : t, more = s.len < t.len ? t : s;
	int n;

	if (less.len == 0 || less.ptr[0] != more.ptr[0]
	    || memcmp(less.ptr, more.ptr, less.len) != 0)
		return false;
	n = common_start(less, more);
	return n == 1 || n >= 3;
}

/* ---- two dates ---- */

/* Eight digits, yyyymmdd, as half-bytes; 0: the key is no such date, valid or not. */
static uint32_t digits_of(struct crm_slice s)
{
	uint32_t out = 0;
	size_t i;

	if (s.len != 10 || s.ptr[4] != '-' || s.ptr[7] != '-')
		return 0;
	for (i = 0; i < 10; i++)
		if (i != 4 && i != 7)
			out = out << 4 | ((unsigned char)s.ptr[i] & 15);
	return out;
}

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

static double date_distance(struct crm_slice s, struct crm_slice t, double bound, bool swaps)
{
	uint32_t x = digits_of(s), y = digits_of(t);
	char one[MAX_CHARS], other[MAX_CHARS];

	if (x && y && bound < 2)
		return digits_distance(x, y, swaps);
	s = only_digits(s, one);
	t = only_digits(t, other);
	return swaps ? crm_osa_distance(s, t) : crm_levenshtein(s, t);
}

static double days_apart(struct crm_date s, struct crm_date t)
{
	if (!s.year || !t.year)
		return MISSING;
	return (double)llabs(crm_date_days(s.year, s.month, s.day)
			     - crm_date_days(t.year, t.month, t.day));
}

/* ---- measures ---- */

static bool is_distance(enum crm_measure_fn fn)
{
	return fn == CRM_OSA || fn == CRM_LEVENSHTEIN || fn == CRM_DAYS;
}

/* A measure of two values, neither of which is missing. */
static double measure_dates(const struct crm_people *p, const struct crm_measure *m,
			    const struct crm_pool *keys, uint32_t x, uint32_t y, double bound)
{
	struct crm_slice s = crm_pool_get(keys, x), t = crm_pool_get(keys, y);

	switch (m->fn) {
	case CRM_OSA:
	case CRM_LEVENSHTEIN:
		return date_distance(s, t, bound, m->fn == CRM_OSA);
	case CRM_DAYS:
		return days_apart(p->date[x], p->date[y]);
	case CRM_PARTS:
		return date_parts(digits_of(s), digits_of(t));
	default:
		return date_swapped(digits_of(s), digits_of(t));
	}
}

/* For a similarity bound is the least that matters, for a distance the most: beyond it, any
 * value beyond it will do. */
static double measure_texts(const struct crm_people *p, const struct crm_measure *m,
			    const struct crm_pool *keys, uint32_t x, uint32_t y, double bound)
{
	struct crm_slice s = crm_pool_get(keys, x), t = crm_pool_get(keys, y);
	double limit;

	switch (m->fn) {
	case CRM_JARO_WINKLER:
		if (x == y)
			return 1;
		limit = similarity_ceiling(keys, x, y);
		return limit < bound ? limit : crm_jaro_winkler(s, t);
	case CRM_OSA:
	case CRM_LEVENSHTEIN:
		limit = distance_floor(keys, x, y);
		if (limit > bound || x == y)
			return limit;
		return m->fn == CRM_OSA ? crm_osa_distance(s, t) : crm_levenshtein(s, t);
	case CRM_STARTS:
		return common_start(s, t);
	case CRM_SHORT:
		return short_form(s, t);
	case CRM_NICKNAME:
		return crm_nicknames_alike(p->spec->nicknames, s, t);
	default:
		return crm_words_in_common(s, t);
	}
}

static double measure_values(const struct crm_people *p, const struct crm_measure *m, uint32_t x,
			     uint32_t y, double bound)
{
	const struct crm_pool *keys = p->col[m->a].keys;

	if (!x || !y)
		return MISSING;
	if (m->fn == CRM_EXACT)
		return x == y;
	if (m->fn == CRM_KNOWN)
		return 1;
	if (m->fn == CRM_DAYS || m->fn == CRM_PARTS || m->fn == CRM_SWAPPED
	    || (p->spec->column[m->a].as == CRM_AS_DATE && is_distance(m->fn)))
		return measure_dates(p, m, keys, x, y, bound);
	return measure_texts(p, m, keys, x, y, bound);
}

/* Of lists the pair of values that fits best. */
static double measure_lists(const struct crm_people *p, const struct crm_measure *m, uint32_t a,
			    uint32_t b, double bound)
{
	struct crm_values v = crm_values_of(p, m->a, a), w = crm_values_of(p, m->b, b);
	int base = p->spec->column[m->a].derive ? p->spec->column[m->a].base : m->a;
	const struct crm_column *column = &p->col[base];
	double best = MISSING;
	uint32_t i, j;

	for (i = 0; i < v.n; i++)
		for (j = 0; j < w.n; j++) {
			double x;

			if (!same_scope(column, v.value[i], w.value[j]))
				continue;
			x = measure_values(p, m, crm_value_key(p, m->a, v.value[i]),
					   crm_value_key(p, m->b, w.value[j]), bound);
			if (x >= 0 && (best < 0 || (is_distance(m->fn) ? x < best : x > best)))
				best = x;
		}
	return best;
}

static double measure(const struct pair *pair, const struct crm_measure *m, double bound)
{
	const struct crm_people *p = pair->people;

	if (m->fn == CRM_LEVEL)
		return pair->level[m->a];
	if (p->spec->column[m->a].list || p->spec->column[m->b].list)
		return measure_lists(p, m, pair->a, pair->b, bound);
	return measure_values(p, m, crm_key_of(p, m->a, pair->a), crm_key_of(p, m->b, pair->b),
			      bound);
}

/* ---- conditions ---- */

/* What lies on the wrong side of one test's bound may be a bound itself: only what lies on
 * the right side is sure to be the value. */
static bool test_holds(struct pair *pair, const struct crm_test *t)
{
	uint64_t *known = &pair->known[t->measure / 64], bit = 1ull << t->measure % 64;
	const struct crm_measure *m = &pair->people->spec->measures->measure[t->measure];
	bool distance = is_distance(m->fn);
	double bound, value;

	if (*known & bit)
		return crm_test_holds(t, pair->value[t->measure]);
	/* a bound helps where the test looks the way the measure does */
	bound = t->sign == (distance ? -1 : 1) ? t->bound : distance ? 1e9 : 0;
	value = measure(pair, m, bound);
	if (value < 0 || (distance ? value <= bound : value >= bound)
	    || (m->fn != CRM_JARO_WINKLER && !distance)) {
		*known |= bit;
		pair->value[t->measure] = value;
	}
	return crm_test_holds(t, value);
}

static bool condition_holds(struct pair *pair, const struct crm_condition *c)
{
	int at = c->first;

	while (at >= 0)
		at = test_holds(pair, &c->test[at]) ? c->test[at].yes : c->test[at].no;
	return at == CRM_HOLDS;
}

static int compare_one(struct pair *pair, const struct crm_comparison *c)
{
	int ladder = 0, l = 0;

	while (c->when[ladder] && !condition_holds(pair, c->when[ladder]))
		if (++ladder == c->n_ladders)
			return CRM_LEVEL_NONE;
	while (c->level[l].ladder < ladder)
		l++;
	while (c->level[l].condition && !condition_holds(pair, c->level[l].condition))
		l++;
	return l;
}

void crm_compare(const struct crm_people *people, uint32_t a, uint32_t b,
		 signed char level[CRM_COMPARISONS])
{
	struct pair pair;
	int c;

	pair.people = people;
	pair.a = a;
	pair.b = b;
	pair.level = level;
	memset(pair.known, 0, sizeof(pair.known));
	for (c = 0; c < people->spec->n_comparisons; c++)
		level[c] = (signed char)compare_one(&pair, &people->spec->comparison[c]);
}

uint32_t crm_shared(const struct crm_people *p, int column, uint32_t a, uint32_t b)
{
	struct crm_values v = crm_values_of(p, column, a), w = crm_values_of(p, column, b);
	uint32_t i, j;

	for (i = 0; i < v.n; i++)
		for (j = 0; j < w.n; j++) {
			uint32_t x = crm_value_key(p, column, v.value[i]);

			if (x && x == crm_value_key(p, column, w.value[j]))
				return x;
		}
	return 0;
}
