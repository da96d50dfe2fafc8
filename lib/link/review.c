/* SPDX-License-Identifier: MIT */
/* Questions for a human: chosen by pattern, shown side by side. */
#include "link/review.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/columns.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/table.h"
#include "base/utf8.h"
#include "link/cluster.h"
#include "link/detail.h"
#include "link/explain.h"
#include "link/standing.h"

/* ---- choosing ---- */

struct candidate {
	uint32_t pattern;
	double drawn; /* by the seed: the order within a pattern */
	uint32_t a, b;
	float weight;
};

struct pattern {
	uint32_t pattern;
	size_t first, n;    /* its candidates */
	uint32_t asked, by; /* how often in all, and now */
	double mass;        /* uncertainty of all */
};

static double uncertainty(double weight, double threshold)
{
	double p = crm_probability(weight - threshold);

	return 4 * p * (1 - p);
}

static uint32_t pattern_of(const struct crm_link *l, uint32_t a, uint32_t b)
{
	signed char level[CRM_COMPARISONS];

	crm_compare(l->people, a, b, level);
	return crm_pattern(l->spec, level);
}

static int by_pattern(const void *x, const void *y)
{
	const struct candidate *p = x, *q = y;

	if (p->pattern != q->pattern)
		return p->pattern < q->pattern ? -1 : 1;
	if (p->drawn != q->drawn)
		return p->drawn < q->drawn ? -1 : 1;
	return p->a != q->a ? (p->a > q->a) - (p->a < q->a) : (p->b > q->b) - (p->b < q->b);
}

/* Smallest first, this is a sample without replacement in which the uncertain are likelier
 * (Efraimidis and Spirakis 2006). */
static double draw(uint64_t random, double weight)
{
	return -log(((double)(random >> 11) + 1) / (double)(UINT64_C(1) << 53)) / weight;
}

/* Records by person, in which they are together already. */
static void join_people(const struct crm_people *p, struct crm_clusters *clusters)
{
	struct crm_table first = CRM_TABLE_INIT;
	uint32_t i;

	for (i = 0; i < p->n; i++) {
		uint64_t hash = crm_hash64(&p->person[i], sizeof(p->person[i]));
		struct crm_probe probe = crm_table_probe(&first, hash);
		bool known = false;

		while (!known && crm_table_next(&first, &probe))
			known = p->person[probe.index] == p->person[i];
		if (known)
			crm_clusters_join(clusters, probe.index, i);
		else
			crm_table_add(&first, hash, i);
	}
	crm_table_release(&first);
}

static struct candidate *candidates(const struct crm_link *l, double threshold, uint64_t seed,
				    size_t *n)
{
	struct candidate *c = crm_malloc((l->n_pairs + 1) * sizeof(*c));
	struct crm_clusters clusters;
	size_t i;

	*n = 0;
	crm_clusters_init(&clusters, l->people->n);
	join_people(l->people, &clusters);
	for (i = 0; i < l->n_pairs; i++) {
		const struct crm_pair *p = &l->pairs[i];
		uint32_t id[2] = {p->a, p->b};

		if (!crm_clusters_join(&clusters, p->a, p->b)) /* by surer pairs */
			continue;
		if (fabs((double)p->weight - threshold) > CRM_REVIEW_BITS
		    || crm_link_standing(l, p->a, p->b) != CRM_STANDS_OPEN)
			continue;
		c[(*n)++] =
			(struct candidate){pattern_of(l, p->a, p->b),
					   draw(crm_hash64_with(seed, crm_hash64(id, sizeof(id))),
						uncertainty((double)p->weight, threshold)),
					   p->a, p->b, p->weight};
	}
	crm_clusters_release(&clusters);
	qsort(c, *n, sizeof(*c), by_pattern);
	return c;
}

/* A pattern has been asked about as often as humans have decided on pairs of it. */
static void count_decided(const struct crm_link *l, struct pattern *patterns, size_t n)
{
	for (size_t i = 0; i < l->n_decided; i++) {
		uint32_t key = pattern_of(l, l->decided[i].a, l->decided[i].b);
		size_t low = 0, high = n;

		while (low < high) {
			size_t mid = (low + high) / 2;

			if (patterns[mid].pattern < key)
				low = mid + 1;
			else
				high = mid;
		}
		if (low < n && patterns[low].pattern == key)
			patterns[low].asked++;
	}
}

static struct pattern *group(const struct candidate *c, size_t n, double threshold, size_t *groups)
{
	struct pattern *p = NULL;
	size_t cap = 0, i;

	*groups = 0;
	for (i = 0; i < n; i++) {
		if (i == 0 || c[i].pattern != c[i - 1].pattern) {
			CRM_GROW(p, *groups + 1, cap);
			p[(*groups)++] = (struct pattern){.pattern = c[i].pattern, .first = i};
		}
		p[*groups - 1].n++;
		p[*groups - 1].mass += uncertainty((double)c[i].weight, threshold);
	}
	return p;
}

static struct pattern *next_to_ask(struct pattern *patterns, size_t n)
{
	struct pattern *best = NULL;
	double most = 0;

	for (size_t i = 0; i < n; i++) {
		struct pattern *p = &patterns[i];
		double claim = p->mass / (2.0 * p->asked + 1);

		if (p->by < p->n && claim > most) {
			most = claim;
			best = p;
		}
	}
	return best;
}

size_t crm_review_choose(const struct crm_link *l, double probability, size_t n, uint64_t seed,
			 struct crm_question **out)
{
	double threshold = crm_weight(probability);
	size_t n_candidates, n_patterns, chosen = 0;
	struct candidate *c = candidates(l, threshold, seed, &n_candidates);
	struct pattern *patterns = group(c, n_candidates, threshold, &n_patterns), *p;

	count_decided(l, patterns, n_patterns);
	*out = crm_malloc((n + 1) * sizeof(**out));
	while (chosen < n && (p = next_to_ask(patterns, n_patterns))) {
		const struct candidate *pick = &c[p->first + p->by];

		(*out)[chosen++] =
			(struct crm_question){pick->a, pick->b, (double)pick->weight, p->n,
					      uncertainty((double)pick->weight, threshold)};
		p->by++;
		p->asked++;
	}
	free(patterns);
	free(c);
	return chosen;
}

/* ---- showing ---- */

static void values_json(const struct crm_link *l, const struct crm_question *q, struct crm_str *out)
{
	struct crm_arena arena = CRM_ARENA_INIT;
	struct crm_beside beside[CRM_COLUMNS];
	int n = crm_link_beside(l, q->a, q->b, &arena, beside);

	crm_json_key(out, "values");
	crm_json_open(out, '[');
	for (int i = 0; i < n; i++) {
		crm_json_open(out, '{');
		crm_json_put(out, "column", beside[i].name);
		crm_put_shown(out, "a", beside[i].a);
		crm_put_shown(out, "b", beside[i].b);
		crm_json_key(out, "same");
		crm_json_bool(out, beside[i].same);
		crm_json_close(out, '}');
	}
	crm_json_close(out, ']');
	crm_arena_release(&arena);
}

static void name_json(const struct crm_link *l, const char *key, uint32_t record,
		      struct crm_str *out)
{
	struct crm_str name = CRM_STR_INIT;

	crm_people_name(l->people, record, &name);
	crm_put_shown(out, key, (struct crm_slice){name.ptr, name.len});
	crm_str_release(&name);
}

void crm_review_json(const struct crm_link *l, const struct crm_question *q, struct crm_str *out)
{
	crm_json_open(out, '{');
	crm_json_put(out, "type", "review");
	crm_link_pair_json(l, q->a, q->b, out);
	name_json(l, "name_a", q->a, out);
	name_json(l, "name_b", q->b, out);
	crm_json_put_int(out, "alike", (int64_t)q->alike);
	crm_json_key(out, "uncertainty");
	crm_json_real(out, q->uncertainty, 3);
	values_json(l, q, out);
	crm_json_key(out, "answer");
	crm_json_string(out, (struct crm_slice){NULL, 0});
	crm_json_close(out, '}');
	crm_str_addc(out, '\n');
}

static const char *mark(const struct crm_beside *row)
{
	if (!row->a.ptr || !row->b.ptr)
		return "  ";
	return row->same ? "= " : "\xE2\x89\xA0 ";
}

static void put_row(const char *name, struct crm_slice a, const char *between, struct crm_slice b,
		    size_t width, struct crm_str *out)
{
	size_t half = (width - 14 - 3) / 2;

	crm_columns_fit(out, crm_slice_of(name), 13, CRM_LEFT);
	crm_str_addc(out, ' ');
	crm_columns_fit(out, a, half, CRM_LEFT);
	crm_str_addc(out, ' ');
	crm_str_adds(out, between);
	crm_columns_fit(out, b, half, CRM_LEFT);
	crm_columns_trim(out);
	crm_str_addc(out, '\n');
}

void crm_review_text(const struct crm_link *l, const struct crm_question *q, size_t width,
		     struct crm_str *out)
{
	struct crm_arena arena = CRM_ARENA_INIT;
	struct crm_beside beside[CRM_COLUMNS];
	struct crm_str id[2] = {CRM_STR_INIT, CRM_STR_INIT};
	int n = crm_link_beside(l, q->a, q->b, &arena, beside);

	width = width < 40 ? 40 : width;
	for (int i = 0; i < 2; i++) {
		uint32_t record = i ? q->b : q->a;

		crm_str_addf(&id[i], "%lld (person %lld)", (long long)l->people->profile[record],
			     (long long)l->people->person[record]);
	}
	put_row("", (struct crm_slice){id[0].ptr, id[0].len}, "  ",
		(struct crm_slice){id[1].ptr, id[1].len}, width, out);
	for (int i = 0; i < n; i++)
		put_row(beside[i].name, beside[i].a, mark(&beside[i]), beside[i].b, width, out);
	crm_str_release(&id[0]);
	crm_str_release(&id[1]);
	crm_arena_release(&arena);
}
