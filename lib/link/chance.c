/* SPDX-License-Identifier: MIT */
/* Agreement by chance; see chance.h. */
#include "link/chance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "link/compare.h"
#include "link/condition.h"

#define LOOKED_AT 30000 /* pairs of records that share what a level needs */

uint64_t crm_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint32_t crm_random_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)(((crm_random(state) >> 32) * n) >> 32);
}

double crm_chance_shared(const uint32_t *count, uint32_t n_values, uint32_t known)
{
	double sum = 0;
	uint32_t i;

	for (i = 1; i <= n_values; i++)
		sum += (double)count[i] * (count[i] - 1.0);
	/* Two records that share several values of a list are in it several times. */
	return known < 2 ? 0 : fmin(1, sum / ((double)known * (known - 1.0)));
}

/* ---- what a level needs ---- */

/* Can the condition still hold from this test on, if a measure is 0? seen: tests that are
 * known to lead nowhere. */
static bool can_hold(const struct crm_condition *c, int at, int without, bool *seen)
{
	const struct crm_test *t;

	if (at < 0 || seen[at])
		return at == CRM_HOLDS;
	seen[at] = true;
	t = &c->test[at];
	if (t->measure == without)
		return can_hold(c, crm_test_holds(t, 0) ? t->yes : t->no, without, seen);
	return can_hold(c, t->yes, without, seen) || can_hold(c, t->no, without, seen);
}

/* The columns that two records must share for the condition to hold. */
static int needed_columns(const struct crm_spec *spec, const struct crm_condition *c,
			  int column[CRM_KEYS])
{
	int i, k, n = 0;

	for (i = 0; i < c->n && n < CRM_KEYS; i++) {
		int number = c->test[i].measure;
		const struct crm_measure *m = &spec->measures->measure[number];
		bool *seen;

		for (k = 0; k < n && column[k] != m->a; k++)
			;
		if (m->fn != CRM_EXACT || m->a != m->b || k < n)
			continue;
		seen = crm_calloc((size_t)c->n, sizeof(*seen));
		if (!can_hold(c, c->first, number, seen))
			column[n++] = m->a;
		free(seen);
	}
	return n;
}

/* Do all climb the first ladder who have the values? */
static bool open_to_all(const struct crm_spec *spec, const struct crm_comparison *c)
{
	int i;

	for (i = 0; c->when[0] && i < c->when[0]->n; i++)
		if (spec->measures->measure[c->when[0]->test[i].measure].fn != CRM_KNOWN)
			return false;
	return true;
}

static bool is_list(const struct crm_spec *spec, int column)
{
	const struct crm_column_spec *c = &spec->column[column];

	return c->derive ? spec->column[c->base].list : c->list;
}

/* ---- groups of records that share it ---- */

struct entry {
	uint64_t key;
	uint32_t record;
};

struct groups {
	struct entry *entry; /* in the order of keys */
	size_t n;
	uint64_t *below; /* entry → pairs within groups whose second record is before it */
	uint64_t pairs;  /* all of them */
};

static int entry_order(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return (a->record > b->record) - (a->record < b->record);
}

static void groups_make(struct groups *g, const struct crm_people *p, const int *column, int n)
{
	uint32_t r;
	size_t i, first = 0;
	int k;

	g->entry = crm_malloc(((size_t)p->n + 1) * sizeof(*g->entry));
	g->below = crm_malloc(((size_t)p->n + 1) * sizeof(*g->below));
	for (r = 0; r < p->n; r++) {
		uint64_t key = 1;

		for (k = 0; k < n && key; k++) {
			uint32_t v = crm_key_of(p, column[k], r);

			key = v ? crm_hash64_with(key, v) : 0;
		}
		if (key)
			g->entry[g->n++] = (struct entry){key, r};
	}
	qsort(g->entry, g->n, sizeof(*g->entry), entry_order);
	for (i = 0; i < g->n; i++) {
		if (g->entry[i].key != g->entry[first].key)
			first = i;
		g->below[i] = g->pairs;
		g->pairs += i - first; /* with each one before it in its group */
	}
	g->below[g->n] = g->pairs;
}

/* The pair of this number: its second record is the last entry that has no more below. */
static bool first_level(const struct groups *g, uint64_t number, const struct crm_people *p,
			int comparison)
{
	signed char level[CRM_COMPARISONS];
	size_t low = 0, high = g->n, a, b;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (g->below[mid] <= number)
			low = mid;
		else
			high = mid;
	}
	b = low;
	a = b - 1 - (size_t)(number - g->below[b]);
	crm_compare(p, g->entry[a].record, g->entry[b].record, level);
	return level[comparison] == 0;
}

static double part_on_first(const struct groups *g, const struct crm_people *p, int comparison,
			    uint64_t seed)
{
	uint64_t state = crm_hash64_with(seed + 2, (uint64_t)comparison), i, n = LOOKED_AT;
	uint64_t hits = 0;

	if (g->pairs <= n)
		n = g->pairs;
	for (i = 0; i < n; i++)
		hits += first_level(g, g->pairs <= n ? i : crm_random(&state) % g->pairs, p,
				    comparison);
	return n ? (double)hits / (double)n : 0;
}

double crm_chance_first(const struct crm_people *p, int comparison, uint64_t seed)
{
	const struct crm_spec *spec = p->spec;
	const struct crm_comparison *c = &spec->comparison[comparison];
	const struct crm_condition *first = c->level[0].condition;
	int column[CRM_KEYS], n, i, kept = 0;
	struct groups g = {0};
	bool plain;
	double chance;

	if (!first || !open_to_all(spec, c))
		return 0;
	plain = crm_condition_exact(first, spec->measures, column) > 0;
	n = needed_columns(spec, first, column);
	if (plain && n == 1 && p->col[column[0]].count)
		return crm_chance_shared(p->col[column[0]].count, p->col[column[0]].n_keys,
					 p->col[column[0]].known);
	for (i = 0; i < n; i++)
		if (!is_list(spec, column[i]))
			column[kept++] = column[i];
	if (kept == 0)
		return 0;
	groups_make(&g, p, column, kept);
	chance = g.n < 2 ? 0 : (double)g.pairs / ((double)g.n * (double)(g.n - 1) / 2);
	if (chance > 0 && !(plain && kept == n))
		chance *= part_on_first(&g, p, comparison, seed);
	free(g.entry);
	free(g.below);
	return chance;
}
