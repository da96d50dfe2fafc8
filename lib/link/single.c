/* SPDX-License-Identifier: MIT */
/* Sources that have each person once; see single.h. */
#include "link/single.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ROUNDS 10 /* even: the odds settle from above and below */

static const char SQL_SINGLE[] = "SELECT source_id FROM single ORDER BY source_id";

enum crm_status crm_single_load(struct crm_db *db, struct crm_link *l)
{
	sqlite3_stmt *st = crm_db_stmt(db, SQL_SINGLE);
	enum crm_status rc;
	size_t cap = 0;
	bool row;

	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		CRM_GROW(l->single, l->n_single + 1, cap);
		l->single[l->n_single++] = sqlite3_column_int64(st, 0);
	}
	return rc;
}

static bool is_single(const struct crm_link *l, int64_t source)
{
	size_t i;

	for (i = 0; i < l->n_single; i++)
		if (l->single[i] == source)
			return true;
	return false;
}

bool crm_single_both(const struct crm_link *l, uint32_t a, uint32_t b)
{
	return l->n_single > 0 && l->people->source[a] == l->people->source[b]
	       && is_single(l, l->people->source[a]);
}

/* Of a record, its pairs with those of a source that has each person once. */
struct candidate {
	int64_t from, source; /* the record's own source, and that one */
	uint32_t record;
	size_t pair; /* in link->pairs */
	bool is_b;   /* the record is b of it */
};

static int candidate_order(const void *x, const void *y)
{
	const struct candidate *a = x, *b = y;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	if (a->record != b->record)
		return a->record < b->record ? -1 : 1;
	return (a->pair > b->pair) - (a->pair < b->pair);
}

static struct candidate *candidates(const struct crm_link *l, size_t *n)
{
	const int64_t *source = l->people->source;
	struct candidate *c = NULL;
	size_t i, cap = 0;

	*n = 0;
	for (i = 0; i < l->n_pairs; i++) {
		const struct crm_pair *p = &l->pairs[i];

		if (isinf(p->weight) || source[p->a] == source[p->b])
			continue;
		CRM_GROW(c, *n + 2, cap);
		if (is_single(l, source[p->b]))
			c[(*n)++] = (struct candidate){source[p->a], source[p->b], p->a, i, false};
		if (is_single(l, source[p->a]))
			c[(*n)++] = (struct candidate){source[p->b], source[p->a], p->b, i, true};
	}
	if (*n > 0)
		qsort(c, *n, sizeof(*c), candidate_order);
	return c;
}

static uint32_t records_of(const struct crm_link *l, int64_t source)
{
	uint32_t i, n = 0;

	for (i = 0; i < l->people->n; i++)
		n += l->people->source[i] == source;
	return n;
}

/* What the rest leaves to each pair, from the side of its a and of its b: factors of its odds. */
struct left {
	double of_a, of_b;
};

/* Of n candidates of the records of one source in another: how much of it is found there. */
static double share_of(const struct crm_link *l, const struct candidate *c, size_t n)
{
	double found = 0;
	size_t i;

	for (i = 0; i < n; i++)
		found += crm_probability((double)l->pairs[c[i].pair].weight);
	found /= records_of(l, c[0].from);
	return found > CRM_SINGLE_SHARE ? CRM_SINGLE_SHARE : found;
}

/* The end of the candidates of the records of one source in another. */
static size_t end_of(const struct candidate *c, size_t i, size_t n)
{
	size_t end = i;

	while (end < n && c[end].from == c[i].from && c[end].source == c[i].source)
		end++;
	return end;
}

static void find_shares(struct crm_link *l, const struct candidate *c, size_t n)
{
	size_t i, end, cap = 0;

	CRM_GROW(l->shares, 1, cap);
	for (i = 0; i < n; i = end) {
		end = end_of(c, i, n);
		CRM_GROW(l->shares, l->n_shares + 1, cap);
		l->shares[l->n_shares++] =
			(struct crm_share){c[i].from, c[i].source, share_of(l, c + i, end - i)};
	}
}

static double share_in(const struct crm_link *l, const struct candidate *c)
{
	size_t i;

	for (i = 0; i < l->n_shares; i++)
		if (l->shares[i].from == c->from && l->shares[i].source == c->source)
			return l->shares[i].share;
	return 0;
}

/* The odds of a candidate, as far as its other side leaves them. */
static double odds_of(const struct crm_link *l, const struct candidate *c, const struct left *left)
{
	double other = c->is_b ? left[c->pair].of_a : left[c->pair].of_b;

	return exp2((double)l->pairs[c->pair].weight) * other;
}

/* One round over n candidates of the records of one source in another. */
static void pass(const struct crm_link *l, const struct candidate *c, size_t n, double share,
		 const struct left *before, struct left *after)
{
	size_t i, k, end;

	for (i = 0; i < n; i = end) {
		double all = 0;

		for (end = i; end < n && c[end].record == c[i].record; end++)
			all += odds_of(l, &c[end], before);
		for (k = i; k < end; k++) {
			double others = all - odds_of(l, &c[k], before);
			double factor = 1 / (1 - share + (others > 0 ? others : 0));

			if (c[k].is_b)
				after[c[k].pair].of_b = factor;
			else
				after[c[k].pair].of_a = factor;
		}
	}
}

/* What is left to each pair of link. New. */
static struct left *settle(struct crm_link *l)
{
	struct left *left = crm_malloc((l->n_pairs + 1) * sizeof(*left));
	struct left *before = crm_malloc((l->n_pairs + 1) * sizeof(*before));
	size_t n, i, end;
	struct candidate *c = candidates(l, &n);
	int round;

	for (i = 0; i < l->n_pairs; i++)
		left[i] = (struct left){1, 1};
	if (!l->shares)
		find_shares(l, c, n);
	for (round = 0; round < ROUNDS; round++) {
		memcpy(before, left, l->n_pairs * sizeof(*left));
		for (i = 0; i < n; i = end) {
			end = end_of(c, i, n);
			pass(l, c + i, end - i, share_in(l, c + i), before, left);
		}
	}
	free(before);
	free(c);
	return left;
}

struct crm_pair *crm_single_pairs(struct crm_link *l, double from, size_t *n)
{
	struct crm_pair *out = crm_malloc((l->n_pairs + 1) * sizeof(*out));
	struct left *left = settle(l);
	size_t i;

	for (*n = 0, i = 0; i < l->n_pairs; i++) {
		out[*n] = l->pairs[i];
		out[*n].weight += (float)log2(left[i].of_a * left[i].of_b);
		*n += (double)out[*n].weight >= from;
	}
	crm_pairs_sort(out, *n, 1);
	free(left);
	return out;
}
