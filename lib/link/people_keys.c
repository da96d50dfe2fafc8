/* SPDX-License-Identifier: MIT */
/* Match keys, counts, and what is derived: the second half of crm_people_finish. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "link/derive.h"
#include "link/junk.h"
#include "link/people.h"
#include "link/work.h"
#include "norm/name.h"
#include "norm/nickname.h"

/* ---- match keys ---- */

struct name_keys {
	uint32_t given, family;
};

static uint32_t add_key(struct crm_pool *keys, enum crm_column_as as, struct crm_slice s,
			struct crm_str *buf)
{
	crm_str_clear(buf);
	crm_column_key(as, s, buf);
	return buf->len == 0 ? 0 : crm_pool_add(keys, (struct crm_slice){buf->ptr, buf->len});
}

static void make_keys(struct crm_people *p, int column, struct crm_str *buf)
{
	enum crm_column_as as = p->spec->column[column].as;
	struct crm_column *c = &p->col[column];
	uint32_t *map = crm_calloc((size_t)c->shown.n + 1, sizeof(*map));
	struct crm_pool_queue queue;
	uint32_t i;

	crm_pool_queue_init(&queue);
	for (i = 1; i <= c->shown.n; i++) {
		crm_str_clear(buf);
		crm_column_key(as, crm_pool_get(&c->shown, i), buf);
		if (buf->len > 0)
			crm_pool_queue_add(&queue, &p->pool[as], crm_str_slice(buf), &map[i]);
	}
	crm_pool_queue_flush(&queue);
	crm_pool_queue_release(&queue);
	c->value = crm_malloc(((size_t)p->n + 1) * sizeof(*c->value));
	for (i = 0; i < p->n; i++)
		c->value[i] = map[c->raw[i]];
	c->n_value = p->n;
	crm_pool_close(&c->shown);
	free(map);
}

static struct name_keys split_name(struct crm_pool *names, struct crm_slice whole,
				   struct crm_str *buf)
{
	struct crm_str given = CRM_STR_INIT, family = CRM_STR_INIT;
	struct name_keys k;

	crm_name_split(whole, &given, &family);
	k.given = add_key(names, CRM_AS_NAME, (struct crm_slice){given.ptr, given.len}, buf);
	k.family = add_key(names, CRM_AS_NAME, (struct crm_slice){family.ptr, family.len}, buf);
	crm_str_release(&given);
	crm_str_release(&family);
	return k;
}

/* Records that have neither part of a name: from the whole one. */
static void split_names(struct crm_people *p, struct crm_str *buf)
{
	int g = p->given, f = p->family;
	struct name_keys *whole, *k;
	uint32_t i;

	if (g < 0 || f < 0)
		return;
	whole = crm_calloc((size_t)p->name.n + 1, sizeof(*whole));
	for (i = 0; i < p->n; i++) {
		if (p->col[g].value[i] || p->col[f].value[i] || !p->raw_name[i])
			continue;
		k = &whole[p->raw_name[i]];
		if (!k->given && !k->family) /* not split yet; most need not be */
			*k = split_name(&p->pool[CRM_AS_NAME],
					crm_pool_get(&p->name, p->raw_name[i]), buf);
		p->col[g].value[i] = k->given;
		p->col[f].value[i] = k->family;
	}
	free(whole);
}

static void make_dates(struct crm_people *p)
{
	struct crm_pool *keys = &p->pool[CRM_AS_DATE];
	uint32_t i;

	p->date = crm_calloc((size_t)keys->n + 1, sizeof(*p->date));
	for (i = 1; i <= keys->n; i++)
		p->date[i] = crm_date_of_key(crm_pool_get(keys, i));
}

static void make_forms(struct crm_people *p)
{
	struct crm_pool *keys = &p->pool[CRM_AS_NAME];
	uint32_t i;

	p->form = crm_calloc((size_t)keys->n + 1, sizeof(*p->form));
	for (i = 1; i <= keys->n; i++)
		p->form[i] = crm_nicknames_form(p->spec->nicknames, crm_pool_get(keys, i));
}

/* ---- counts ---- */

/* Leaves out the values that many share, as the store says. */
static void drop_shared(struct crm_people *p, int column)
{
	struct crm_column *c = &p->col[column];
	bool *shared = crm_calloc((size_t)c->n_keys + 1, sizeof(*shared));
	struct crm_str text = CRM_STR_INIT;
	uint32_t r, j, k, from = 0, kept = 0;

	for (k = 1; k <= c->n_keys; k++) {
		crm_str_clear(&text);
		crm_people_value_text(p, column, k, &text);
		shared[k] = crm_pool_find(&c->shared, crm_str_slice(&text)) != 0;
	}
	for (r = 0; r < p->n; r++) {
		uint32_t end = c->start[r + 1];

		for (j = from; j < end; j++)
			if (!shared[c->value[j]])
				c->value[kept++] = c->value[j];
		from = end;
		c->start[r + 1] = kept;
	}
	c->n_value = kept;
	crm_str_release(&text);
	free(shared);
}

static void count_base(struct crm_people *p, int column)
{
	struct crm_column *c = &p->col[column];
	size_t i;
	uint32_t r;

	c->count = crm_calloc((size_t)c->n_keys + 1, sizeof(*c->count));
	for (i = 0; i < c->n_value; i++)
		c->count[c->value[i]]++;
	if (!c->start) {
		c->known = p->n - c->count[0];
		return;
	}
	for (r = 0; r < p->n; r++)
		c->known += c->start[r + 1] > c->start[r];
}

/* Leaves out what identifies nobody. */
static void drop_junk(struct crm_people *p, int column)
{
	struct crm_column *c = &p->col[column];
	uint32_t r, j, from = 0;
	size_t kept = 0;

	crm_junk_find(p, column);
	for (j = 0; j < c->n_junk; j++)
		c->count[c->junk[j].key] = 0;
	for (r = 0; c->n_junk && !c->start && r < p->n; r++)
		if (c->value[r] && c->count[c->value[r]] == 0) {
			c->value[r] = 0;
			c->known--;
		}
	if (c->n_junk == 0 || !c->start)
		return;
	for (r = 0; r < p->n; r++) {
		uint32_t end = c->start[r + 1];

		for (j = from; j < end; j++)
			if (c->count[c->value[j]] > 0)
				c->value[kept++] = c->value[j];
		c->known -= end > from && kept == c->start[r];
		from = end;
		c->start[r + 1] = (uint32_t)kept;
	}
	c->n_value = kept;
}

/* ---- derived columns ---- */

/* The first column whose derived texts are of the same kind: it has the pool. */
static int first_alike(const struct crm_spec *spec, int column)
{
	const struct crm_column_spec *x = &spec->column[column], *y;
	int i;

	for (i = spec->n_base; i < column; i++) {
		y = &spec->column[i];
		if (x->as == y->as && x->derive == y->derive && x->n == y->n)
			break;
	}
	return i;
}

static void make_map(struct crm_people *p, int column, uint32_t n_base, struct crm_str *buf)
{
	const struct crm_column_spec *s = &p->spec->column[column];
	struct crm_column *c = &p->col[column];
	struct crm_pool *pool = &p->derived[first_alike(p->spec, column)];
	struct crm_pool_queue queue;
	uint32_t i;

	c->map = crm_calloc((size_t)n_base + 1, sizeof(*c->map));
	crm_pool_queue_init(&queue);
	for (i = 1; i <= n_base; i++) {
		crm_str_clear(buf);
		c->map[i] = crm_derive(s->derive, s->n, crm_pool_get(&p->pool[s->as], i), buf);
		if (buf->len > 0)
			crm_pool_queue_add(&queue, pool, crm_str_slice(buf), &c->map[i]);
		else if (c->map[i] > c->n_keys)
			c->n_keys = c->map[i];
	}
	crm_pool_queue_flush(&queue);
	crm_pool_queue_release(&queue);
	if (crm_derived_is_number(s->derive))
		return;
	c->keys = pool;
	c->n_keys = pool->n;
}

static bool named_for_rarity(const struct crm_spec *spec, int column)
{
	int c, l, i;

	for (c = 0; c < spec->n_comparisons; c++)
		for (l = 0; l < spec->comparison[c].n_levels; l++) {
			const int *rarity = spec->comparison[c].level[l].rarity;

			for (i = 0; i < 3 && rarity[i] >= 0; i++)
				if (rarity[i] == column)
					return true;
		}
	return false;
}

static void count_derived(struct crm_people *p, int column)
{
	struct crm_column *c = &p->col[column];
	uint32_t r, i;

	c->count = crm_calloc((size_t)c->n_keys + 1, sizeof(*c->count));
	for (r = 0; r < p->n; r++) {
		struct crm_values v = crm_values_of(p, column, r);
		bool any = false;

		for (i = 0; i < v.n; i++) {
			uint32_t key = c->map[v.value[i]];

			c->count[key]++;
			any = any || key;
		}
		c->known += any;
	}
}

/* Mailboxes by which records can be told: not info, office, sales. */
static void drop_junk_users(struct crm_people *p, int column, uint32_t n_base)
{
	struct crm_column *c = &p->col[column];
	uint32_t i;

	crm_junk_find(p, column);
	for (i = 0; i < c->n_junk; i++)
		c->count[c->junk[i].key] = 0;
	for (i = 1; c->n_junk && i <= n_base; i++)
		if (c->count[c->map[i]] == 0)
			c->map[i] = 0;
}

/* ---- finishing ---- */

/* A kind of values has a pool of its own: the kinds are worked out at the same time. */
static void keys_of_kind(void *data, size_t as)
{
	struct crm_people *p = data;
	const struct crm_spec *spec = p->spec;
	struct crm_str buf = CRM_STR_INIT;
	int i;

	for (i = 0; i < spec->n_base; i++)
		if ((size_t)spec->column[i].as == as && !spec->column[i].list)
			make_keys(p, i, &buf);
	if (as == CRM_AS_NAME)
		split_names(p, &buf);
	if (as == CRM_AS_DATE)
		make_dates(p);
	if (as == CRM_AS_NAME)
		make_forms(p);
	crm_pool_finish(&p->pool[as]);
	crm_str_release(&buf);
}

static void count_column(struct crm_people *p, int column)
{
	enum crm_column_as as = p->spec->column[column].as;
	struct crm_column *c = &p->col[column];

	c->keys = &p->pool[as];
	c->n_keys = c->keys->n;
	if (c->shared.n > 0)
		drop_shared(p, column);
	count_base(p, column);
	if (p->spec->column[column].list || as == CRM_AS_DATE)
		drop_junk(p, column);
	if (as >= CRM_AS_HANDLE)
		c->scope = p->scoped[as - CRM_AS_HANDLE].scope;
}

static void derive_column(struct crm_people *p, int column, struct crm_str *buf)
{
	const struct crm_column_spec *c = &p->spec->column[column];
	uint32_t n_base = p->col[c->base].n_keys;

	make_map(p, column, n_base, buf);
	if (c->derive == CRM_DERIVE_USER || named_for_rarity(p->spec, column))
		count_derived(p, column);
	if (c->derive == CRM_DERIVE_USER)
		drop_junk_users(p, column, n_base);
}

/* What needs the names of records: who has a value. */
static void count_kind(void *data, size_t as)
{
	struct crm_people *p = data;
	const struct crm_spec *spec = p->spec;
	struct crm_str buf = CRM_STR_INIT;
	int i;

	for (i = 0; i < spec->n_base; i++)
		if ((size_t)spec->column[i].as == as)
			count_column(p, i);
	for (i = spec->n_base; i < spec->n_columns; i++)
		if ((size_t)spec->column[i].as == as)
			derive_column(p, i, &buf);
	for (i = spec->n_base; i < spec->n_columns; i++)
		if ((size_t)spec->column[i].as == as)
			crm_pool_finish(&p->derived[i]);
	crm_str_release(&buf);
}

void crm_people_make_keys(struct crm_people *p, unsigned int threads)
{
	crm_work(threads, CRM_AS_ID + 1, keys_of_kind, p);
	crm_work(threads, CRM_AS_ID + 1, count_kind, p);
}
