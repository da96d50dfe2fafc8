/* SPDX-License-Identifier: MIT */
/* Refinement on graphs made here: what a bridge, a weak pair with company, a human's word and
 * the bound of size come to; a slow reading of the rule in refine.h, on random graphs; and
 * components against union-find. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "link/cluster.h"
#include "link/refine.h"
#include "tap.h"

#define MOST 60

struct graph {
	uint32_t n;
	float inside[MOST][MOST];
	struct crm_pair pair[MOST * MOST];
	size_t n_pairs;
	uint32_t apart_a, apart_b; /* not in one group; equal: nobody */
	bool yields;               /* to a human */
};

static void inside(void *data, const struct crm_pair *pairs, uint32_t n, double *bits)
{
	const struct graph *g = data;
	uint32_t i;

	for (i = 0; i < n; i++)
		bits[i] = (double)g->inside[pairs[i].a][pairs[i].b];
}

static bool holds(const uint32_t *x, uint32_t n, uint32_t record)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (x[i] == record)
			return true;
	return false;
}

static const char *against(void *data, const uint32_t *x, uint32_t nx, const uint32_t *y,
			   uint32_t ny, bool told)
{
	const struct graph *g = data;

	if (g->apart_a == g->apart_b || (told && g->yields))
		return NULL;
	return (holds(x, nx, g->apart_a) && holds(y, ny, g->apart_b))
			       || (holds(x, nx, g->apart_b) && holds(y, ny, g->apart_a))
		       ? "apart"
		       : NULL;
}

static int best_first(const void *x, const void *y)
{
	const struct crm_pair *p = x, *q = y;

	if (p->weight > q->weight || p->weight < q->weight)
		return p->weight > q->weight ? -1 : 1;
	if (p->a != q->a)
		return p->a < q->a ? -1 : 1;
	return (p->b > q->b) - (p->b < q->b);
}

static struct graph *graph_new(uint32_t n)
{
	struct graph *g = crm_calloc(1, sizeof(*g));

	g->n = n;
	return g;
}

static void say(struct graph *g, uint32_t a, uint32_t b, float bits)
{
	g->inside[a][b] = g->inside[b][a] = bits;
}

static void link_pair(struct graph *g, uint32_t a, uint32_t b, float weight, float bits)
{
	say(g, a, b, bits);
	g->pair[g->n_pairs++] = (struct crm_pair){a, b, weight, 0};
}

static struct crm_groups refine(struct graph *g, const uint32_t *first, unsigned int threads)
{
	struct crm_refine r = {.n = g->n,
			       .pairs = g->pair,
			       .n_pairs = g->n_pairs,
			       .first = first,
			       .inside = inside,
			       .against = against,
			       .data = g,
			       .threads = threads};
	struct crm_groups out;

	qsort(g->pair, g->n_pairs, sizeof(*g->pair), best_first);
	crm_refine(&r, &out);
	return out;
}

static bool near(float a, float b)
{
	return (isinf(a) && isinf(b)) || fabsf(a - b) < 0.001F;
}

/* Joins of two and three. */
static void test_small(void)
{
	struct graph *g = graph_new(8);
	struct crm_groups out;

	link_pair(g, 0, 1, 3, 9);
	link_pair(g, 2, 3, 10, 16); /* 4 is linked to one of two, weakly */
	link_pair(g, 3, 4, 2, 8);
	say(g, 2, 4, 1.5F);
	out = refine(g, NULL, 1);
	ok(near(crm_groups_level(&out, 1, 0), 3), "two records hold together by their weight");
	ok(near(crm_groups_level(&out, 2, 3), 10), "so do the firmest of three");
	ok(near(crm_groups_level(&out, 4, 2), 3.5F) && near(crm_groups_level(&out, 4, 3), 3.5F),
	   "what the other pair says is added");
	ok(isinf(crm_groups_level(&out, 0, 2)), "who is not linked is not together");
	ok(crm_groups_start(&out, 4, 3) == crm_groups_start(&out, 2, 3)
		   && crm_groups_start(&out, 4, 4) != crm_groups_start(&out, 2, 4),
	   "groups depend on the threshold");
	crm_groups_release(&out);
	say(g, 2, 4, 30);
	out = refine(g, NULL, 1);
	ok(near(crm_groups_level(&out, 4, 2), 2 + CRM_REFINE_ECHO),
	   "the others raise a pair by no more than an echo");
	crm_groups_release(&out);
	say(g, 2, 4, -30);
	out = refine(g, NULL, 1);
	ok(near(crm_groups_level(&out, 4, 2), 2 - CRM_REFINE_AGAINST),
	   "and one pair speaks against it by no more than its bound");
	crm_groups_release(&out);
	free(g);
}

/* Two families of three, all alike within, that one pair links. */
static void test_bridge(void)
{
	struct graph *g = graph_new(6);
	struct crm_groups out;
	uint32_t i, j;

	for (i = 0; i < 6; i++)
		for (j = i + 1; j < 6; j++)
			if (i / 3 == j / 3)
				link_pair(g, i, j, 12, 18);
			else
				say(g, i, j, -3);
	link_pair(g, 2, 3, 11, 17);
	out = refine(g, NULL, 1);
	ok(near(crm_groups_level(&out, 0, 2), 12) && near(crm_groups_level(&out, 3, 5), 12),
	   "a bridge: both families are whole");
	ok(crm_groups_level(&out, 2, 3) < 0, "and the bridge is cut, strong as it is");
	crm_groups_release(&out);
	for (i = 0; i < 3; i++)
		for (j = 3; j < 6; j++)
			if (i != 2 || j != 3)
				say(g, i, j, 0);
	out = refine(g, NULL, 1);
	ok(near(crm_groups_level(&out, 0, 5), 11), "pairs of which nothing is known do not cut it");
	crm_groups_release(&out);
	free(g);
}

static void test_constraints(void)
{
	struct graph *g = graph_new(5);
	uint32_t first[5] = {0, 1, 1, 3, 3};
	struct crm_groups out;

	link_pair(g, 0, 1, 20, 26);
	link_pair(g, 1, 2, 15, 21);
	say(g, 0, 2, 10);
	g->apart_a = 0;
	g->apart_b = 2;
	out = refine(g, NULL, 1);
	ok(near(crm_groups_level(&out, 0, 1), 20) && isinf(crm_groups_level(&out, 1, 2)),
	   "two who are to be apart are, and the firmer pair stays");
	crm_groups_release(&out);
	link_pair(g, 0, 2, INFINITY, 0);
	g->yields = true;
	out = refine(g, NULL, 1);
	ok(isinf(crm_groups_level(&out, 0, 2)) && crm_groups_level(&out, 0, 2) > 0,
	   "a human's yes holds, where what is against it yields");
	crm_groups_release(&out);
	g->yields = false;
	out = refine(g, NULL, 1);
	ok(crm_groups_level(&out, 0, 2) < 0, "and not where it does not");
	crm_groups_release(&out);
	g->n_pairs = 0;
	say(g, 1, 2, -50);
	link_pair(g, 2, 3, 5, 11);
	say(g, 1, 3, -1);
	out = refine(g, first, 1);
	ok(crm_groups_level(&out, 1, 2) > 1000 && crm_groups_level(&out, 3, 4) > 1000,
	   "those who are one person already stay it");
	ok(near(crm_groups_level(&out, 1, 4), 4), "and are linked by all of their records");
	crm_groups_release(&out);
	free(g);
}

/* ---- against a slow reading of the rule ---- */

static uint32_t draw(uint64_t *state, uint32_t n)
{
	*state = crm_hash64_with(*state, 1);
	return (uint32_t)(*state >> 33) % n;
}

static float clipped(float bits)
{
	return bits > CRM_REFINE_FOR ? CRM_REFINE_FOR
				     : (bits < -CRM_REFINE_AGAINST ? -CRM_REFINE_AGAINST : bits);
}

/* Everything is worked out anew at each step. */
static float slow_firmness(const struct graph *g, const uint32_t *group, uint32_t x, uint32_t y)
{
	float best = -INFINITY, echo = 0, sum = 0;
	uint32_t i, j;
	size_t k;

	for (k = 0; k < g->n_pairs; k++) {
		const struct crm_pair *p = &g->pair[k];
		uint32_t a = group[p->a], b = group[p->b];

		if (((a == x && b == y) || (a == y && b == x)) && p->weight > best) {
			best = p->weight;
			echo = clipped(g->inside[p->a][p->b]);
		}
	}
	for (i = 0; i < g->n; i++)
		for (j = 0; j < g->n; j++)
			if (group[i] == x && group[j] == y)
				sum += clipped(g->inside[i][j]);
	return isinf(best) ? best : best + fminf(CRM_REFINE_ECHO, sum - echo);
}

static void slow_groups(const struct graph *g, float least, uint32_t *group)
{
	uint32_t i, x, y, top_x = 0, top_y = 0;
	float top;

	for (i = 0; i < g->n; i++)
		group[i] = i;
	do {
		top = -INFINITY;
		for (x = 0; x < g->n; x++)
			for (y = x + 1; y < g->n; y++) {
				float f = slow_firmness(g, group, x, y);

				if (f > top) {
					top = f;
					top_x = x;
					top_y = y;
				}
			}
		for (i = 0; top >= least && i < g->n; i++)
			if (group[i] == top_y)
				group[i] = top_x;
	} while (top >= least);
}

/* Weights in quarters of a bit, so that sums are exact in any order; no two are equal. */
static struct graph *random_graph(uint64_t *state, uint32_t n)
{
	struct graph *g = graph_new(n);
	uint32_t i, j, k = 0;

	for (i = 0; i < n; i++)
		for (j = i + 1; j < n; j++) {
			if (draw(state, 5) == 0) {
				float w = (float)draw(state, 12) + (float)k++ / 1024;

				link_pair(g, i, j, w, w + 6);
			} else {
				say(g, i, j, (float)draw(state, 40) / 4 - 7);
			}
		}
	return g;
}

static bool same_groups(const struct graph *g, const struct crm_groups *out, float least)
{
	uint32_t group[MOST], i, j;

	slow_groups(g, least, group);
	for (i = 0; i < g->n; i++)
		for (j = i + 1; j < g->n; j++)
			if ((group[i] == group[j]) != (crm_groups_level(out, i, j) >= least))
				return false;
	return true;
}

static void test_random(void)
{
	uint64_t state = 7;
	int round, wrong = 0, unequal = 0;

	for (round = 0; round < 60; round++) {
		struct graph *g = random_graph(&state, 3 + draw(&state, 15));
		struct crm_groups out = refine(g, NULL, 1), again = refine(g, NULL, 4);
		float least;

		for (least = -6; least < 16; least += 1.5F)
			wrong += !same_groups(g, &out, least);
		unequal += memcmp(out.order, again.order, g->n * sizeof(*out.order)) != 0
			   || memcmp(out.level, again.level, g->n * sizeof(*out.level)) != 0;
		crm_groups_release(&out);
		crm_groups_release(&again);
		free(g);
	}
	ok(wrong == 0, "random graphs: as a slow reading of the rule has it, at any threshold");
	ok(unequal == 0, "and the same with more threads");
}

/* ---- many records ---- */

static void test_size(void)
{
	uint32_t n = 3000, i, from, end, largest = 0, seen = 0;
	struct crm_pair *pairs = crm_malloc(n * sizeof(*pairs));
	struct crm_refine r = {.n = n, .pairs = pairs, .n_pairs = n - 1, .most = 100};
	struct crm_groups out;

	for (i = 0; i + 1 < n; i++) /* a chain, ever weaker */
		pairs[i] = (struct crm_pair){i, i + 1, (float)(n - i), 0};
	crm_refine(&r, &out);
	for (from = 0; from < n; from = end) {
		end = crm_groups_end(&out, from, 0);
		largest = end - from > largest ? end - from : largest;
	}
	for (i = 0; i < n; i++)
		seen += out.order[out.place[i]] == i;
	ok(largest == 100, "no group is larger than a component may be");
	ok(seen == n, "every record has one place");
	ok(near(crm_groups_level(&out, 0, 1), 3000), "weights of what is linked suffice");
	crm_groups_release(&out);
	free(pairs);
}

/* A chain of people of whom each was said to be the next one: memory is bounded here as well. */
static void test_told(void)
{
	uint32_t n = CRM_REFINE_TOLD + 100, i, from, end, most = 0, groups = 0;
	struct crm_pair *pairs = crm_calloc(n, sizeof(*pairs));
	struct crm_refine r = {.n = n, .pairs = pairs, .n_pairs = n - 1};
	struct crm_groups out;

	for (i = 0; i + 1 < n; i++)
		pairs[i] = (struct crm_pair){i, i + 1, INFINITY, 0};
	crm_refine(&r, &out);
	for (from = 0; from < n; from = end, groups++) {
		end = crm_groups_end(&out, from, 0);
		most = end - from > most ? end - from : most;
	}
	ok(most == CRM_REFINE_TOLD && groups == 2, "so many may be one by a human's word (%u)",
	   most);
	crm_groups_release(&out);
	free(pairs);
}

static void test_components(void)
{
	uint64_t state = 11;
	int round, wrong = 0;

	for (round = 0; round < 30; round++) {
		struct graph *g = random_graph(&state, 2 + draw(&state, 30));
		struct crm_groups out;
		struct crm_clusters c;
		uint32_t i, j, k;

		qsort(g->pair, g->n_pairs, sizeof(*g->pair), best_first);
		crm_groups_components(g->n, g->pair, g->n_pairs, &out);
		crm_clusters_init(&c, g->n);
		for (k = 0; k < g->n_pairs && g->pair[k].weight >= 4; k++)
			crm_clusters_join(&c, g->pair[k].a, g->pair[k].b);
		for (i = 0; i < g->n; i++)
			for (j = i + 1; j < g->n; j++)
				wrong += (crm_clusters_root(&c, i) == crm_clusters_root(&c, j))
					 != (crm_groups_level(&out, i, j) >= 4);
		crm_clusters_release(&c);
		crm_groups_release(&out);
		free(g);
	}
	ok(wrong == 0, "components are those of union-find");
}

int main(void)
{
	struct crm_refine none = {.n = 0};
	struct crm_groups out;

	crm_refine(&none, &out);
	ok(out.n == 0, "nobody");
	crm_groups_release(&out);
	test_small();
	test_bridge();
	test_constraints();
	test_random();
	test_size();
	test_told();
	test_components();
	return done();
}
