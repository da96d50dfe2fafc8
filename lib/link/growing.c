/* SPDX-License-Identifier: MIT */
/* Frequencies of a store that grows; see growing.h. */
#include "link/growing.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

uint64_t crm_value_hash(const struct crm_people *p, int column, uint32_t key)
{
	const struct crm_column *c = &p->col[column];
	struct crm_slice s = c->keys ? crm_pool_get(c->keys, key) : CRM_SLICE("");
	uint64_t h = c->keys ? crm_hash64(s.ptr, s.len) : crm_hash64_with(0, key);

	if (c->scope) {
		s = crm_pool_get(&p->scopes, c->scope[key]);
		h = crm_hash64_with(h, crm_hash64(s.ptr, s.len));
	}
	return h | 1;
}

void crm_growing_init(struct crm_growing *g, struct crm_people *base)
{
	uint32_t k;
	int c;

	*g = (struct crm_growing){.base = base};
	for (c = 0; c <= CRM_AS_ID; c++)
		crm_pool_open(&base->pool[c]);
	for (c = 0; c < base->spec->n_columns; c++) {
		crm_pool_open(&base->derived[c]);
		for (k = 1; base->col[c].count && k <= base->col[c].n_keys; k++)
			g->pairs[c] +=
				(double)base->col[c].count[k] * (base->col[c].count[k] - 1.0);
	}
}

void crm_growing_release(struct crm_growing *g)
{
	crm_table_release(&g->table);
	free(g->value);
}

/* How many of those added since have it; NULL: none. */
static struct crm_growing_value *find_value(const struct crm_growing *g, uint64_t hash)
{
	struct crm_probe p = crm_table_probe(&g->table, hash);

	while (g->n > 0 && crm_table_next(&g->table, &p))
		if (g->value[p.index].hash == hash)
			return &g->value[p.index];
	return NULL;
}

static uint64_t hash_of(const struct crm_people *p, int column, uint32_t key)
{
	return crm_hash64_with(crm_value_hash(p, column, key), (uint64_t)column);
}

static void add_value(struct crm_growing *g, uint64_t hash)
{
	struct crm_growing_value *v = find_value(g, hash);

	if (v) {
		v->n++;
		return;
	}
	CRM_GROW(g->value, g->n + 1, g->cap);
	crm_table_add(&g->table, hash, (uint32_t)g->n);
	g->value[g->n++] = (struct crm_growing_value){hash, 1};
}

/* The number that a value of few has in the base; 0: none. Of values within scopes it is only
 * known where a record of the base has it, see count_scoped. */
static uint32_t base_key(const struct crm_growing *g, const struct crm_people *few, int column,
			 uint32_t key)
{
	const struct crm_column *base = &g->base->col[column];

	if (!few->col[column].keys)
		return key <= base->n_keys ? key : 0;
	return few->col[column].scope
		       ? 0
		       : crm_pool_find(base->keys, crm_pool_get(few->col[column].keys, key));
}

/* How many have a value, without scopes. */
static uint32_t count_of(const struct crm_growing *g, const struct crm_people *few, int column,
			 uint32_t key)
{
	const struct crm_growing_value *more = find_value(g, hash_of(few, column, key));
	uint32_t at = base_key(g, few, column, key);

	return (at ? g->base->col[column].count[at] : 0) + (more ? more->n : 0);
}

static void count_scoped(const struct crm_growing *g, struct crm_people *few, int column)
{
	const struct crm_people *base = g->base;
	struct crm_values x, y;
	uint32_t i, k;

	for (i = 0; i < few->n; i++) {
		int64_t record = crm_people_find(base, few->profile[i]);

		if (record < 0)
			continue;
		x = crm_values_of(few, column, i);
		y = crm_values_of(base, column, (uint32_t)record);
		for (k = 0; k < x.n && k < y.n; k++)
			few->col[column].count[x.value[k]] = count_of(g, few, column, x.value[k])
							     + base->col[column].count[y.value[k]];
	}
}

void crm_growing_apply(const struct crm_growing *g, struct crm_people *few)
{
	uint32_t k;
	int c;

	for (c = 0; c < few->spec->n_columns; c++) {
		struct crm_column *column = &few->col[c];
		double known = (double)g->base->col[c].known + g->known[c];

		for (k = 1; column->count && k <= column->n_keys; k++)
			column->count[k] = count_of(g, few, c, k);
		if (column->count && column->scope)
			count_scoped(g, few, c);
		column->known = (uint32_t)known;
		column->met = known < 2 ? 0 : g->pairs[c] / (known * (known - 1));
	}
}

/* It makes two pairs with each that has an equal value. */
void crm_growing_add(struct crm_growing *g, const struct crm_people *one)
{
	uint32_t k;
	int c;

	for (c = 0; c < one->spec->n_columns; c++) {
		for (k = 1; one->col[c].count && k <= one->col[c].n_keys; k++) {
			if (one->col[c].count[k] == 0)
				continue;
			g->pairs[c] += 2.0 * count_of(g, one, c, k);
			add_value(g, hash_of(one, c, k));
		}
		g->known[c] += one->col[c].count ? one->col[c].known : 0;
	}
}
