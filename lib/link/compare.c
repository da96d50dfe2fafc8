/* SPDX-License-Identifier: MIT */
/* Levels of agreement; see compare.h. What is compared of a record is gathered in a row, so
 * that a pair touches two places in memory and not two in every column. */
#include "link/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "link/measure.h"
#include "link/program.h"

#define SEVERAL UINT32_MAX /* in a row: the record has more than one value */

/* ---- rows ---- */

struct crm_sheet {
	uint32_t n, width; /* records; the measured columns (struct crm_measures) */
	int n_texts;
	struct {
		int slot;
		const uint64_t *sketch; /* of its keys */
	} text[CRM_COLUMNS];            /* columns whose sketches are asked for */
	uint32_t key[];
};

static bool is_sketched(const struct crm_measure *m)
{
	return m->fn != CRM_EXACT && m->fn != CRM_KNOWN && m->fn != CRM_LEVEL;
}

static void find_texts(const struct crm_people *p, struct crm_sheet *rows)
{
	const struct crm_measures *all = p->spec->measures;
	int slot, i;

	for (slot = 0; slot < all->n_slots; slot++) {
		const struct crm_pool *keys = p->col[all->slot[slot]].keys;

		for (i = 0; i < all->n; i++)
			if (is_sketched(&all->measure[i]) && all->measure[i].slot_a == slot)
				break;
		if (i == all->n || !keys || !keys->sketch)
			continue;
		rows->text[rows->n_texts].slot = slot;
		rows->text[rows->n_texts++].sketch = keys->sketch;
	}
}

/* Before its keys, a row has two numbers that say as bits which of them there are. */
#define ROW_MASK 2

static void fill_slot(const struct crm_people *p, struct crm_sheet *rows, int slot)
{
	int column = p->spec->measures->slot[slot];
	uint32_t *row = rows->key, r;

	for (r = 0; r < p->n; r++, row += rows->width) {
		struct crm_values v = crm_values_of(p, column, r);
		uint32_t key = v.n == 0   ? 0
			       : v.n == 1 ? crm_value_key(p, column, *v.value)
					  : SEVERAL;

		row[ROW_MASK + slot] = key;
		row[slot / 32] |= (uint32_t)(key != 0) << slot % 32;
	}
}

struct crm_sheet *crm_sheet_new(const struct crm_people *p)
{
	uint32_t width = ROW_MASK + (uint32_t)p->spec->measures->n_slots;
	struct crm_sheet *rows =
		crm_calloc(1, sizeof(*rows) + (size_t)p->n * width * sizeof(*rows->key));
	int slot;

	rows->n = p->n;
	rows->width = width;
	find_texts(p, rows);
	for (slot = 0; slot < p->spec->measures->n_slots; slot++)
		fill_slot(p, rows, slot);
	return rows;
}

void crm_compare_fetch_row(const struct crm_people *people, uint32_t record)
{
	const struct crm_sheet *rows = people->sheet;
	const uint32_t *row = rows->key + (size_t)record * rows->width;
	uint32_t i;

	for (i = 0; i < rows->width; i += 16)
		__builtin_prefetch(row + i);
	__builtin_prefetch(row + rows->width - 1);
}

void crm_compare_fetch_keys(const struct crm_people *people, uint32_t record)
{
	const struct crm_sheet *rows = people->sheet;
	const uint32_t *row = rows->key + (size_t)record * rows->width + ROW_MASK;
	int i;

	for (i = 0; i < rows->n_texts; i++) {
		uint32_t key = row[rows->text[i].slot];

		if (key && key != SEVERAL)
			__builtin_prefetch(rows->text[i].sketch + key);
	}
}

/* ---- measures of a pair ---- */

struct pair {
	const struct crm_people *people;
	const struct crm_measure *measure;
	const uint32_t *row_a, *row_b;
	uint32_t a, b;
	const signed char *level;
	uint64_t there_a, there_b; /* slots that have a key */
	/* Of each measure a bit: the value is there; it is there, or it is known that what has
	 * its place is no better than it. */
	uint64_t known[(CRM_MEASURES + 63) / 64], bounded[(CRM_MEASURES + 63) / 64];
	double value[CRM_MEASURES];
};

static double measure(const struct pair *pair, const struct crm_measure *m, double bound)
{
	uint32_t x, y;

	if (m->fn == CRM_LEVEL)
		return pair->level[m->a];
	x = pair->row_a[m->slot_a];
	y = pair->row_b[m->slot_b];
	if (!x || !y)
		return -1;
	if (x == SEVERAL || y == SEVERAL || pair->people->spec->column[m->a].as >= CRM_AS_HANDLE)
		return crm_measure_lists(pair->people, m, pair->a, pair->b, bound);
	return crm_measure_values(pair->people, m, x, y, bound);
}

/* Does it hold? Without a branch where that is easy to tell. */
static inline unsigned int bit_holds(const struct pair *pair, const struct crm_bit *bit)
{
	uint32_t x = pair->row_a[bit->slot_a], y = pair->row_b[bit->slot_b];
	unsigned int both = (x != 0) & (y != 0), same = x == y;

	if (__builtin_expect((x == SEVERAL) | (y == SEVERAL) | (bit->scoped & both & !same), 0))
		return crm_measure_lists(pair->people, &pair->measure[bit->measure], pair->a,
					 pair->b, 0)
		       > 0;
	return both & (same | bit->known);
}

/* What lies on the wrong side of the bound asked for may itself be a bound: it settles tests
 * that ask for more, and is measured again for others. */
static bool test_holds(struct pair *pair, const struct crm_test *t)
{
	uint64_t *known = &pair->known[t->measure / 64], bit = 1ull << t->measure % 64;
	uint64_t *bounded = &pair->bounded[t->measure / 64];
	const struct crm_measure *m = &pair->measure[t->measure];
	double *value = &pair->value[t->measure], bound = t->bound;
	bool distance = crm_measure_is_distance(m->fn);

	if (*known & bit)
		return crm_test_holds(t, *value);
	if (t->sign != (distance ? -1 : 1)) /* it looks the other way */
		bound = distance ? HUGE_VAL : 0;
	if ((*bounded & bit) && (distance ? *value > bound : *value < bound))
		return false;
	*value = measure(pair, m, bound);
	*bounded |= bit;
	if (*value < 0 || (distance ? *value <= bound : *value >= bound))
		*known |= bit;
	return crm_test_holds(t, *value);
}

static int run(struct pair *pair, const struct crm_program *p)
{
	unsigned int bits = 0;
	int32_t at;
	int i;

	/* Where a side has nothing of what the bits are of, none holds. */
	if ((pair->there_a & p->slots_a) && (pair->there_b & p->slots_b))
		for (i = 0; i < p->n_bits; i++)
			bits |= bit_holds(pair, &p->bit[i]) << i;
	for (at = p->start[bits]; at >= 0;)
		at = test_holds(pair, &p->step[at].test) ? p->step[at].yes : p->step[at].no;
	return CRM_AT_LEVEL(at);
}

void crm_compare(const struct crm_people *people, uint32_t a, uint32_t b,
		 signed char level[CRM_COMPARISONS])
{
	const struct crm_sheet *rows = people->sheet;
	struct pair pair;
	int c;

	pair.people = people;
	pair.measure = people->spec->measures->measure;
	pair.row_a = rows->key + (size_t)a * rows->width;
	pair.row_b = rows->key + (size_t)b * rows->width;
	pair.there_a = pair.row_a[0] | (uint64_t)pair.row_a[1] << 32;
	pair.there_b = pair.row_b[0] | (uint64_t)pair.row_b[1] << 32;
	pair.row_a += ROW_MASK;
	pair.row_b += ROW_MASK;
	pair.a = a;
	pair.b = b;
	pair.level = level;
	memset(pair.known, 0, sizeof(pair.known));
	memset(pair.bounded, 0, sizeof(pair.bounded));
	for (c = 0; c < people->spec->n_comparisons; c++)
		level[c] = (signed char)run(&pair, people->spec->comparison[c].program);
}

uint32_t crm_shared(const struct crm_people *p, int column, uint32_t a, uint32_t b)
{
	struct crm_values v = crm_values_of(p, column, a), w = crm_values_of(p, column, b);
	const uint32_t *count = p->col[column].count;
	uint32_t i, j, x, least = 0;

	for (i = 0; i < v.n; i++)
		for (j = 0; j < w.n; j++) {
			x = crm_value_key(p, column, v.value[i]);
			if (!x || x != crm_value_key(p, column, w.value[j]))
				continue;
			if (!count)
				return x;
			if (!least || count[x] < count[least])
				least = x;
		}
	return least;
}
