/* SPDX-License-Identifier: MIT */
/* Misses of linkage; see miss.h. */
#include "link/miss.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "link/explain.h"
#include "link/groups.h"

struct misses {
	struct crm_miss *m;
	size_t n, cap;
};

/* A record of a person. */
struct part {
	uint32_t person, record;
};

static void add(struct misses *all, uint32_t a, uint32_t b, bool wrong)
{
	CRM_GROW(all->m, all->n + 1, all->cap);
	all->m[all->n++] = (struct crm_miss){a < b ? a : b, a < b ? b : a, wrong};
}

/* Does the truth have rows of one person on both? */
static bool one_person(const struct crm_truth *t, uint32_t a, uint32_t b)
{
	uint32_t i = t->start[a], j = t->start[b];

	while (i < t->start[a + 1] && j < t->start[b + 1]) {
		if (t->part[i].cluster == t->part[j].cluster)
			return true;
		if (t->part[i].cluster < t->part[j].cluster)
			i++;
		else
			j++;
	}
	return false;
}

static bool known(const struct crm_truth *t, uint32_t record)
{
	return t->start[record + 1] > t->start[record];
}

static void wrong_of_group(const struct crm_truth *t, const uint32_t *record, uint32_t n,
			   struct misses *all)
{
	uint32_t i, j;

	for (i = 0; i < n; i++)
		for (j = i + 1; j < n && known(t, record[i]); j++)
			if (known(t, record[j]) && !one_person(t, record[i], record[j]))
				add(all, record[i], record[j], true);
}

static int part_order(const void *x, const void *y)
{
	const struct part *a = x, *b = y;

	if (a->person != b->person)
		return a->person < b->person ? -1 : 1;
	return (a->record > b->record) - (a->record < b->record);
}

/* Two records may be of several people alike: the pair counts for the first of them. */
static bool is_first(const struct crm_truth *t, uint32_t a, uint32_t b, uint32_t person)
{
	uint32_t i, j;

	for (i = t->start[a]; i < t->start[a + 1] && t->part[i].cluster < person; i++)
		for (j = t->start[b]; j < t->start[b + 1]; j++)
			if (t->part[j].cluster == t->part[i].cluster)
				return false;
	return true;
}

static void missed_of_person(const struct crm_link *l, const struct crm_truth *t, double least,
			     const struct part *part, size_t n, struct misses *all)
{
	size_t i, j;

	for (i = 0; i < n; i++) {
		uint32_t group = crm_groups_start(&l->groups, part[i].record, least);

		for (j = i + 1; j < n; j++)
			if (crm_groups_start(&l->groups, part[j].record, least) != group
			    && is_first(t, part[i].record, part[j].record, part[i].person))
				add(all, part[i].record, part[j].record, false);
	}
}

static void find_missed(const struct crm_link *l, const struct crm_truth *t, double least,
			struct misses *all)
{
	struct part *part = crm_malloc(((size_t)t->start[l->people->n] + 1) * sizeof(*part));
	size_t n = 0, i, end;
	uint32_t r, k;

	for (r = 0; r < l->people->n; r++)
		for (k = t->start[r]; k < t->start[r + 1]; k++)
			part[n++] = (struct part){t->part[k].cluster, r};
	qsort(part, n, sizeof(*part), part_order);
	for (i = 0; i < n; i = end) {
		for (end = i; end < n && part[end].person == part[i].person; end++)
			;
		missed_of_person(l, t, least, part + i, end - i, all);
	}
	free(part);
}

size_t crm_misses(const struct crm_link *l, const struct crm_truth *t, double least,
		  struct crm_miss **out)
{
	struct misses all = {0};
	uint32_t from, end;

	for (from = 0; from < l->groups.n; from = end) {
		end = crm_groups_end(&l->groups, from, least);
		wrong_of_group(t, l->groups.order + from, end - from, &all);
	}
	find_missed(l, t, least, &all);
	*out = all.m;
	return all.n;
}

void crm_miss_write(const struct crm_link *l, const struct crm_miss *miss, struct crm_str *out)
{
	crm_json_open(out, '{');
	crm_json_put(out, "type", "miss");
	crm_json_put(out, "miss", miss->wrong ? "wrong" : "missed");
	crm_link_pair_json(l, miss->a, miss->b, out);
	crm_json_close(out, '}');
	crm_str_addc(out, '\n');
}
