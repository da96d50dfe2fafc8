/* SPDX-License-Identifier: MIT */
/* Values that identify nobody; see junk.h. */
#include "link/junk.h"

#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "link/whole.h"

#define RANK 10          /* of the date that others are measured by */
#define FEWEST_DATES 100 /* different ones, to say what is usual */

/* A record that has a suspect. */
struct bearer {
	uint32_t key;
	uint32_t record;
	uint32_t name[3]; /* given, family, and both, hashed; 0: none */
};

struct bearers {
	struct bearer *b;
	size_t n, cap;
};

static int by_frequency(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return (a < b) - (a > b);
}

/* More records than this make a date suspect. */
static uint32_t usual_of_dates(const struct crm_column *c)
{
	uint32_t *count = crm_malloc(((size_t)c->n_keys + 1) * sizeof(*count));
	uint32_t n = 0, i;
	double most;

	for (i = 1; i <= c->n_keys; i++)
		if (c->count[i])
			count[n++] = c->count[i];
	qsort(count, n, sizeof(*count), by_frequency);
	most = n < FEWEST_DATES ? UINT32_MAX : 3 * count[RANK - 1] + 6 * sqrt(count[RANK - 1]);
	free(count);
	return most > CRM_JUNK_NAMES ? (uint32_t)fmin(most, UINT32_MAX) : CRM_JUNK_NAMES;
}

static uint32_t name_of(const struct crm_people *p, int column, uint32_t record)
{
	return column < 0 ? 0 : p->col[column].value[record];
}

static struct bearer bearer_of(const struct crm_people *p, uint32_t key, uint32_t record)
{
	uint32_t given = name_of(p, p->given, record), family = name_of(p, p->family, record);
	uint32_t both = given || family ? (uint32_t)crm_hash64_with(given, family) | 1 : 0;

	return (struct bearer){key, record, {given, family, both}};
}

static int bearer_order(const void *x, const void *y)
{
	const struct bearer *a = x, *b = y;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return (a->record > b->record) - (a->record < b->record);
}

/* All records that have a value which more than most have. */
static struct bearers find_bearers(const struct crm_people *p, int column, uint32_t most)
{
	const struct crm_column *c = &p->col[column];
	struct bearers all = {NULL, 0, 0};
	uint32_t r, i;

	for (r = 0; r < p->n; r++) {
		struct crm_values v = crm_values_of(p, column, r);

		for (i = 0; i < v.n; i++) {
			uint32_t key = crm_value_key(p, column, v.value[i]);

			if (!key || c->count[key] <= most)
				continue;
			CRM_GROW(all.b, all.n + 1, all.cap);
			all.b[all.n++] = bearer_of(p, key, r);
		}
	}
	if (all.n > 0)
		qsort(all.b, all.n, sizeof(*all.b), bearer_order);
	return all;
}

static int by_number(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return (a > b) - (a < b);
}

/* How many different names of one part there are among n bearers; *named: who has any. */
static size_t different(const struct bearer *b, size_t n, int part, size_t *named)
{
	uint32_t *name = crm_malloc((n + 1) * sizeof(*name));
	size_t i, names = 0;

	for (i = *named = 0; i < n; i++)
		if (b[i].name[part])
			name[(*named)++] = b[i].name[part];
	qsort(name, *named, sizeof(*name), by_number);
	for (i = 0; i < *named; i++)
		names += i == 0 || name[i] != name[i - 1];
	free(name);
	return names;
}

/* Are there too many names for one person or family? Of none at all nothing is said. */
static bool too_many(size_t names, size_t named)
{
	return named == 0 || (names > CRM_JUNK_NAMES && names * CRM_JUNK_RECORDS > named);
}

/* Judges the bearers of one value, each of whom is there once. */
static bool is_junk(const struct bearer *b, size_t n, bool date)
{
	size_t with_given, with_family, named, whole = different(b, n, 2, &named);
	size_t given = different(b, n, 0, &with_given), family = different(b, n, 1, &with_family);

	if (named > 0 && too_many(given, with_given) && too_many(family, with_family))
		return true;
	return n > CRM_CROWD && (named * 2 < n ? !date : too_many(whole, named));
}

/* The end of the bearers of the value at i; leaves each record in once, two of whose addresses
 * may be of one mailbox. *n: how many are left. */
static size_t next_value(struct bearers *all, size_t i, size_t *n)
{
	size_t end;

	*n = 1;
	for (end = i + 1; end < all->n && all->b[end].key == all->b[i].key; end++)
		if (all->b[end].record != all->b[i + *n - 1].record)
			all->b[i + (*n)++] = all->b[end];
	return end;
}

static int most_first(const void *x, const void *y)
{
	const struct crm_junk *a = x, *b = y;

	if (a->records != b->records)
		return a->records > b->records ? -1 : 1;
	return (a->key > b->key) - (a->key < b->key);
}

/* What is junk in the people that these are some of. Few values, mostly, of few kinds. */
static void find_like(struct crm_people *p, int column)
{
	const struct crm_column *like = &p->like->col[column];
	struct crm_column *c = &p->col[column];
	size_t cap = 0;
	uint32_t i, k;

	for (i = 0; i < like->n_junk; i++)
		for (k = 1; k <= c->n_keys; k++) {
			uint32_t key = like->junk[i].key;

			if (!crm_slice_same(crm_pool_get(c->keys, k), crm_pool_get(like->keys, key))
			    || (c->scope
				&& !crm_slice_same(
					crm_pool_get(&p->scopes, c->scope[k]),
					crm_pool_get(&p->like->scopes, like->scope[key]))))
				continue;
			CRM_GROW(c->junk, (size_t)c->n_junk + 1, cap);
			c->junk[c->n_junk++] = (struct crm_junk){k, like->junk[i].records};
		}
}

static void find_own(struct crm_people *p, int column)
{
	bool date = p->spec->column[column].as == CRM_AS_DATE;
	struct crm_column *c = &p->col[column];
	struct bearers all = find_bearers(p, column, date ? usual_of_dates(c) : CRM_JUNK_NAMES);
	size_t i, end, n, cap = 0;

	for (i = 0; i < all.n; i = end) {
		uint32_t key = all.b[i].key;

		end = next_value(&all, i, &n);
		if (!is_junk(all.b + i, n, date))
			continue;
		CRM_GROW(c->junk, (size_t)c->n_junk + 1, cap);
		c->junk[c->n_junk++] = (struct crm_junk){key, (uint32_t)n};
	}
	if (c->n_junk > 0)
		qsort(c->junk, c->n_junk, sizeof(*c->junk), most_first);
	free(all.b);
}

void crm_junk_find(struct crm_people *p, int column)
{
	if (p->like)
		find_like(p, column);
	else if (p->whole)
		crm_whole_junk(p, column);
	else
		find_own(p, column);
}
