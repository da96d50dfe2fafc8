/* SPDX-License-Identifier: MIT */
/* A first rating of pairs; see yield.h. */
#include "link/yield.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "link/compare.h"
#include "link/work.h"

#define RANDOM_PAIRS 20000
#define JOB_PAIRS 4096
#define ROUNDS 12

struct rating {
	const struct crm_people *people;
	struct crm_rated *pairs;
	size_t n;
	float *match, *near; /* of each pair: how much more likely than among unrelated ones */
	double times[2][CRM_COMPARISONS][CRM_LEVELS]; /* the same of a level */
	uint64_t seed;
	signed char (*level)[CRM_COMPARISONS];
};

static size_t jobs_of(size_t n)
{
	return (n + JOB_PAIRS - 1) / JOB_PAIRS;
}

static uint32_t draw(const struct rating *r, size_t i, uint32_t n)
{
	return (uint32_t)((crm_hash64_with(r->seed, i) >> 32) * n >> 32);
}

static void compare_random(void *data, size_t job)
{
	struct rating *r = data;
	uint32_t n = r->people->n;
	size_t i;

	for (i = job * JOB_PAIRS; i < RANDOM_PAIRS && i < (job + 1) * JOB_PAIRS; i++) {
		uint32_t a = draw(r, 2 * i, n), b = draw(r, 2 * i + 1, n - 1);

		b += b >= a;
		crm_compare(r->people, a < b ? a : b, a < b ? b : a, r->level[i]);
	}
}

/* Chance: a level's share within its ladder among random pairs, none being impossible. */
static void count_chance(struct rating *r, unsigned int threads)
{
	const struct crm_spec *spec = r->people->spec;
	int c, k;
	size_t i;

	r->level = crm_malloc(RANDOM_PAIRS * sizeof(*r->level));
	crm_work(threads, jobs_of(RANDOM_PAIRS), compare_random, r);
	for (c = 0; c < spec->n_comparisons; c++) {
		const struct crm_comparison *comparison = &spec->comparison[c];
		double seen[CRM_LEVELS] = {0}, ladder[CRM_LADDERS] = {0};

		for (i = 0; i < RANDOM_PAIRS; i++)
			if (r->level[i][c] >= 0)
				seen[r->level[i][c]]++;
		for (k = 0; k < comparison->n_levels; k++)
			ladder[comparison->level[k].ladder] += seen[k] + 0.5;
		for (k = 0; k < comparison->n_levels; k++) {
			const struct crm_level *level = &comparison->level[k];
			double chance = (seen[k] + 0.5) / ladder[level->ladder];

			r->times[0][c][k] = level->match / chance;
			r->times[1][c][k] = level->near / chance;
		}
	}
	free(r->level);
}

static void rate_job(void *data, size_t job)
{
	struct rating *r = data;
	const struct crm_spec *spec = r->people->spec;
	signed char level[CRM_COMPARISONS];
	size_t i;
	int c;

	for (i = job * JOB_PAIRS; i < r->n && i < (job + 1) * JOB_PAIRS; i++) {
		double match = 1, near = 1;

		crm_compare(r->people, r->pairs[i].a, r->pairs[i].b, level);
		for (c = 0; c < spec->n_comparisons; c++)
			if (level[c] >= 0) {
				match *= r->times[0][c][(int)level[c]];
				near *= r->times[1][c][(int)level[c]];
			}
		r->match[i] = (float)fmin(match, 1e30);
		r->near[i] = (float)fmin(near, 1e30);
	}
}

/* The shares of matches and near pairs among all pairs are those that, given the ratings,
 * reproduce themselves (expectation maximisation on the shares alone). */
static void settle_shares(struct rating *r, double weight)
{
	double all = (double)r->people->n * (r->people->n - 1.0) / 2;
	double share[2] = {1.0 / r->people->n, 1.0 / r->people->n};
	int round;
	size_t i;

	for (round = 0; round < ROUNDS; round++) {
		double sum[2] = {0};

		for (i = 0; i < r->n; i++) {
			double m = share[0] * (double)r->match[i];
			double h = share[1] * (double)r->near[i];
			double total = m + h + fmax(1 - share[0] - share[1], 1e-9);

			r->pairs[i].match = (float)(m / total);
			sum[0] += m / total;
			sum[1] += h / total;
		}
		share[0] = fmax(sum[0] * weight / all, 1e-15);
		share[1] = fmax(sum[1] * weight / all, 1e-15);
	}
}

void crm_yield_rate(const struct crm_people *people, struct crm_rated *pairs, size_t n,
		    double weight, uint64_t seed, unsigned int threads)
{
	struct rating r = {.people = people, .pairs = pairs, .n = n, .seed = seed};

	if (people->n < 2 || n == 0)
		return;
	r.match = crm_malloc(n * sizeof(*r.match));
	r.near = crm_malloc(n * sizeof(*r.near));
	count_chance(&r, threads);
	crm_work(threads, jobs_of(n), rate_job, &r);
	settle_shares(&r, weight);
	free(r.match);
	free(r.near);
}
