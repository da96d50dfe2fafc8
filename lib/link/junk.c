/* SPDX-License-Identifier: MIT */
/* Values that identify nobody; see junk.h. */
#include "link/junk.h"

#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

#define RANK 10          /* of the date that others are measured by */
#define FEWEST_DATES 100 /* different ones, to say what is usual */

/* A record that has a suspect. */
struct bearer {
	uint32_t key;
	uint32_t record;
	uint64_t name; /* 0: none */
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

static uint64_t name_of(const struct crm_people *p, uint32_t record)
{
	uint64_t name = 1;
	bool any = false;
	int i;

	for (i = 0; i < p->spec->n_base; i++)
		if (p->spec->column[i].as == CRM_AS_NAME) {
			uint32_t key = p->col[i].value[record];

			any = any || key;
			name = crm_hash64_with(name, key);
		}
	return any ? name : 0;
}

static int bearer_order(const void *x, const void *y)
{
	const struct bearer *a = x, *b = y;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	if (a->name != b->name)
		return a->name < b->name ? -1 : 1;
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
			all.b[all.n++] = (struct bearer){key, r, name_of(p, r)};
		}
	}
	if (all.n > 0)
		qsort(all.b, all.n, sizeof(*all.b), bearer_order);
	return all;
}

/* Judges the n bearers of one value, in the order of names and records; *records: how many
 * there are, each once. */
static bool is_junk(const struct bearer *b, size_t n, bool date, uint32_t *records)
{
	size_t i, names = 0, named = 0;

	*records = 0;
	for (i = 0; i < n; i++) {
		if (i > 0 && b[i].name == b[i - 1].name && b[i].record == b[i - 1].record)
			continue; /* two addresses of one mailbox */
		++*records;
		named += b[i].name != 0;
		names += b[i].name && (i == 0 || b[i].name != b[i - 1].name);
	}
	if (names > CRM_JUNK_NAMES && names * CRM_JUNK_RECORDS > named)
		return true;
	return !date && *records > CRM_CROWD && named * 2 < *records;
}

static int most_first(const void *x, const void *y)
{
	const struct crm_junk *a = x, *b = y;

	if (a->records != b->records)
		return a->records > b->records ? -1 : 1;
	return (a->key > b->key) - (a->key < b->key);
}

void crm_junk_find(struct crm_people *p, int column)
{
	bool date = p->spec->column[column].as == CRM_AS_DATE;
	struct crm_column *c = &p->col[column];
	struct bearers all = find_bearers(p, column, date ? usual_of_dates(c) : CRM_JUNK_NAMES);
	size_t i, end, cap = 0;
	uint32_t records;

	for (i = 0; i < all.n; i = end) {
		for (end = i + 1; end < all.n && all.b[end].key == all.b[i].key; end++)
			;
		if (!is_junk(all.b + i, end - i, date, &records))
			continue;
		CRM_GROW(c->junk, (size_t)c->n_junk + 1, cap);
		c->junk[c->n_junk++] = (struct crm_junk){all.b[i].key, records};
	}
	if (c->n_junk > 0)
		qsort(c->junk, c->n_junk, sizeof(*c->junk), most_first);
	free(all.b);
}
