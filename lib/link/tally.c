/* SPDX-License-Identifier: MIT */
/* Counting patterns; see tally.h. */
#include "link/tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void crm_tally_release(struct crm_tally *t)
{
	free(t->count);
	free(t->slots);
	memset(t, 0, sizeof(*t));
}

/* Knuth's multiplicative hash: neighbouring patterns are common, and part well. */
static size_t slot_of(const struct crm_tally *t, uint32_t pattern)
{
	size_t at = (pattern * 2654435769u >> 7) & (t->n_slots - 1);

	while (t->slots[at] && t->count[t->slots[at] - 1].pattern != pattern)
		at = (at + 1) & (t->n_slots - 1);
	return at;
}

static void rehash(struct crm_tally *t)
{
	size_t i;

	while (t->n_slots <= t->n * 2 + 2)
		t->n_slots = t->n_slots ? t->n_slots * 2 : 1024;
	free(t->slots);
	t->slots = crm_calloc(t->n_slots, sizeof(*t->slots));
	for (i = 0; i < t->n; i++)
		t->slots[slot_of(t, t->count[i].pattern)] = (uint32_t)i + 1;
}

void crm_tally_add(struct crm_tally *t, uint32_t pattern, uint64_t n)
{
	size_t at;

	if (t->n * 2 + 2 > t->n_slots)
		rehash(t);
	at = slot_of(t, pattern);
	if (!t->slots[at]) {
		CRM_GROW(t->count, t->n + 1, t->cap);
		t->count[t->n++] = (struct crm_pattern_count){pattern, 0};
		t->slots[at] = (uint32_t)t->n;
	}
	t->count[t->slots[at] - 1].n += n;
}

size_t crm_tally_find(const struct crm_tally *t, uint32_t pattern)
{
	uint32_t place = t->n_slots ? t->slots[slot_of(t, pattern)] : 0;

	return place ? place - 1 : t->n;
}

static int by_pattern(const void *x, const void *y)
{
	const struct crm_pattern_count *a = x, *b = y;

	return (a->pattern > b->pattern) - (a->pattern < b->pattern);
}

void crm_tally_sort(struct crm_tally *t)
{
	if (t->n == 0)
		return;
	qsort(t->count, t->n, sizeof(*t->count), by_pattern);
	memset(t->slots, 0, t->n_slots * sizeof(*t->slots));
	rehash(t);
}
