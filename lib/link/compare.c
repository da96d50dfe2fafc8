/* SPDX-License-Identifier: MIT */
/* Levels of agreement; see compare.h. What is compared of a record is gathered in a row, so
 * that a pair touches two places in memory and not two in every column. Pairs are compared in
 * batches, comparison by comparison: what is equal and known of each decides most of them, and
 * what the others are measured by is fetched meanwhile. */
#include "link/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "link/measure.h"
#include "link/program.h"
#include "link/work.h"

#define SEVERAL UINT32_MAX /* in a row: the record has more than one value */

/* ---- rows ---- */

struct crm_sheet {
	uint32_t n, width; /* records; the measured columns (struct crm_measures) */
	int n_slots;
	const uint64_t *sketch[CRM_COLUMNS]; /* slot → of its keys; NULL: they are no texts */
	const struct crm_date *date[CRM_COLUMNS];
	uint32_t key[];
};

static void find_values(const struct crm_people *p, struct crm_sheet *rows, int slot)
{
	int column = p->spec->measures->slot[slot];
	const struct crm_column_spec *c = &p->spec->column[column];

	if (c->as == CRM_AS_DATE && !c->derive)
		rows->date[slot] = p->date;
	else if (p->col[column].keys)
		rows->sketch[slot] = p->col[column].keys->sketch;
}

/* Before its keys, a row has two numbers that say as bits which of them there are. */
#define ROW_MASK 2

static void fill_slot(const struct crm_people *p, struct crm_sheet *rows, int slot, uint32_t first,
		      uint32_t end)
{
	int column = p->spec->measures->slot[slot];
	uint32_t *row = rows->key + (size_t)first * rows->width, r;

	for (r = first; r < end; r++, row += rows->width) {
		struct crm_values v = crm_values_of(p, column, r);
		uint32_t key = v.n == 0   ? 0
			       : v.n == 1 ? crm_value_key(p, column, *v.value)
					  : SEVERAL;

		row[ROW_MASK + slot] = key;
		row[slot / 32] |= (uint32_t)(key != 0) << slot % 32;
	}
}

struct filling {
	const struct crm_people *people;
	struct crm_sheet *rows;
};

#define JOB_ROWS 1024 /* the processor's cache holds them from one column to the next */

static void fill_rows(void *data, size_t job)
{
	const struct filling *f = data;
	uint32_t first = (uint32_t)job * JOB_ROWS, n = f->people->n;
	uint32_t end = n - first < JOB_ROWS ? n : first + JOB_ROWS;
	int slot;

	for (slot = 0; slot < f->rows->n_slots; slot++)
		fill_slot(f->people, f->rows, slot, first, end);
}

struct crm_sheet *crm_sheet_new(const struct crm_people *p, unsigned int threads)
{
	uint32_t width = ROW_MASK + (uint32_t)p->spec->measures->n_slots;
	struct crm_sheet *rows =
		crm_calloc(1, sizeof(*rows) + (size_t)p->n * width * sizeof(*rows->key));
	int slot;

	rows->n = p->n;
	rows->width = width;
	rows->n_slots = p->spec->measures->n_slots;
	for (slot = 0; slot < rows->n_slots; slot++)
		find_values(p, rows, slot);
	crm_work(threads, ((size_t)p->n + JOB_ROWS - 1) / JOB_ROWS, fill_rows,
		 &(struct filling){p, rows});
	return rows;
}

static inline const uint32_t *row_of(const struct crm_sheet *rows, uint32_t record)
{
	return rows->key + (size_t)record * rows->width;
}

/* The slots that have a key. */
static inline uint64_t there(const uint32_t *row)
{
	return row[0] | (uint64_t)row[1] << 32;
}

void crm_compare_fetch_row(const struct crm_people *people, uint32_t record)
{
	const struct crm_sheet *rows = people->sheet;
	const uint32_t *row = row_of(rows, record);
	uint32_t i;

	for (i = 0; i < rows->width; i += 16)
		__builtin_prefetch(row + i);
	__builtin_prefetch(row + rows->width - 1);
}

/* Begins to fetch what a key is measured by. */
static inline void fetch_value(const struct crm_sheet *rows, const uint32_t *row, int slot)
{
	uint32_t key = row[ROW_MASK + slot];

	if (key == SEVERAL)
		return;
	if (rows->sketch[slot])
		__builtin_prefetch(rows->sketch[slot] + key);
	else if (rows->date[slot])
		__builtin_prefetch(rows->date[slot] + key);
}

/* ---- measures of a pair ---- */

struct pair {
	const struct crm_people *people;
	const struct crm_measure *measure;
	uint32_t a, b;
	const uint32_t *row_a, *row_b;
	uint64_t there_a, there_b; /* slots that have a key */
	const signed char *level;
};

static void pair_init(struct pair *pair, const struct crm_people *people, uint32_t a, uint32_t b)
{
	pair->people = people;
	pair->measure = people->spec->measures->measure;
	pair->a = a;
	pair->b = b;
	pair->row_a = row_of(people->sheet, a);
	pair->row_b = row_of(people->sheet, b);
	pair->there_a = there(pair->row_a);
	pair->there_b = there(pair->row_b);
}

static double measure(const struct pair *pair, const struct crm_measure *m, double bound)
{
	const uint64_t *sketch;
	uint32_t x, y;
	double far;

	if (m->fn == CRM_LEVEL)
		return pair->level[m->a];
	x = pair->row_a[ROW_MASK + m->slot_a];
	y = pair->row_b[ROW_MASK + m->slot_b];
	if (!x || !y)
		return -1;
	if (x == SEVERAL || y == SEVERAL || m->scoped)
		return crm_measure_lists(pair->people, m, pair->a, pair->b, bound);
	if ((sketch = pair->people->sheet->sketch[m->slot_a])
	    && crm_measure_is_far(m->fn, sketch[x], sketch[y], bound, &far))
		return far;
	return crm_measure_values(pair->people, m, x, y, bound);
}

/* What one comparison has measured of a pair. */
struct found {
	/* Of each measure a bit: the value is there; it is there, or it is known that what has
	 * its place is no better than it. */
	uint64_t known[(CRM_MEASURES + 63) / 64], bounded[(CRM_MEASURES + 63) / 64];
	double value[CRM_MEASURES];
};

/* What lies on the wrong side of the bound asked for may itself be a bound: it settles tests
 * that ask for more, and is measured again for others. */
static bool test_holds(const struct pair *pair, struct found *found, const struct crm_test *t)
{
	uint64_t *known = &found->known[t->measure / 64], bit = 1ull << t->measure % 64;
	uint64_t *bounded = &found->bounded[t->measure / 64];
	const struct crm_measure *m = &pair->measure[t->measure];
	double *value = &found->value[t->measure], bound = t->bound;
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

/* From a step on, to a level. */
static int32_t climb(const struct pair *pair, const struct crm_step *step, int32_t at)
{
	struct found found;

	memset(found.known, 0, sizeof(found.known));
	memset(found.bounded, 0, sizeof(found.bounded));
	while (at >= 0)
		at = test_holds(pair, &found, &step[at].test) ? step[at].yes : step[at].no;
	return at;
}

/* What is equal and known of two records that have several values, or of scoped ones. */
static unsigned int bits_of_lists(const struct pair *pair, const struct crm_program *p)
{
	unsigned int bits = 0;
	int i;

	for (i = 0; i < p->n_bits; i++)
		bits |= (unsigned int)(measure(pair, &pair->measure[p->bit[i].measure], 0) > 0)
			<< i;
	return bits;
}

/* The first step that what is equal and known leaves open, or a level. Without a branch where
 * that is easy to tell. */
static int32_t begin(const struct pair *pair, const struct crm_program *p)
{
	const uint32_t *key_a = pair->row_a + ROW_MASK, *key_b = pair->row_b + ROW_MASK;
	unsigned int bits = 0, several = p->scoped;
	const struct crm_bit *bit = p->bit;
	int i;

	if (!(pair->there_a & p->slots_a) || !(pair->there_b & p->slots_b)) /* none holds */
		return p->start[0];
	for (i = 0; i < p->n_exact; i++, bit++) {
		uint32_t x = key_a[bit->slot_a], y = key_b[bit->slot_b];

		several |= (x == SEVERAL) | (y == SEVERAL);
		bits |= (unsigned int)((x == y) & (x != 0)) << i;
	}
	for (; i < p->n_bits; i++, bit++)
		bits |= (unsigned int)(pair->there_a >> bit->slot_a & pair->there_b >> bit->slot_b
				       & 1)
			<< i;
	return p->start[several ? bits_of_lists(pair, p) : bits];
}

/* One comparison of n pairs. Most are at a level at once; of the others, what the first step
 * measures is fetched before any is measured. */
static void compare(const struct pair *pair, uint32_t n, const struct crm_program *p,
		    int32_t at[CRM_BATCH])
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		const struct crm_sheet *rows = pair[i].people->sheet;
		const struct crm_measure *m;

		if ((at[i] = begin(&pair[i], p)) < 0)
			continue;
		m = &pair[i].measure[p->step[at[i]].test.measure];
		fetch_value(rows, pair[i].row_a, m->slot_a);
		fetch_value(rows, pair[i].row_b, m->slot_b);
	}
	for (i = 0; i < n; i++)
		if (at[i] >= 0)
			at[i] = climb(&pair[i], p->step, at[i]);
}

void crm_compare_batch(const struct crm_people *people, struct crm_batch *batch)
{
	struct pair pair[CRM_BATCH];
	int32_t at[CRM_BATCH];
	uint32_t i;
	int c;

	for (i = 0; batch->n > 1 && i < batch->n; i++) {
		crm_compare_fetch_row(people, batch->a[i]);
		crm_compare_fetch_row(people, batch->b[i]);
	}
	for (i = 0; i < batch->n; i++) {
		pair_init(&pair[i], people, batch->a[i], batch->b[i]);
		pair[i].level = batch->level[i];
	}
	for (c = 0; c < people->spec->n_comparisons; c++) {
		compare(pair, batch->n, people->spec->comparison[c].program, at);
		for (i = 0; i < batch->n; i++)
			batch->level[i][c] = (signed char)CRM_AT_LEVEL(at[i]);
	}
}

void crm_compare(const struct crm_people *people, uint32_t a, uint32_t b,
		 signed char level[CRM_COMPARISONS])
{
	struct crm_batch one;

	one.n = 1;
	one.a[0] = a;
	one.b[0] = b;
	crm_compare_batch(people, &one);
	memcpy(level, one.level[0], sizeof(one.level[0]));
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
