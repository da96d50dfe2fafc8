/* SPDX-License-Identifier: MIT */
/*
 * Estimating the model: expectation maximisation on the counts of patterns; see model.h.
 *
 * Within, a match is of one of two kinds, so there are four classes here.
 */
#include "link/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "link/chance.h"
#include "link/work.h"

#define SAMPLE 1000000 /* random pairs */
#define SAMPLE_JOB 20000
#define RARE 10      /* fewer random pairs on a level do not tell how rare it is */
#define CLIMBED 1000 /* fewer random pairs on a ladder do not tell what is rare there */

/* Makes the probabilities of each ladder add up to 1. */
static void normalise(const struct crm_comparison *c, double *x)
{
	double sum[CRM_LADDERS] = {0};
	int l;

	for (l = 0; l < c->n_levels; l++)
		sum[c->level[l].ladder] += x[l];
	for (l = 0; l < c->n_levels; l++)
		if (sum[c->level[l].ladder] > 0)
			x[l] /= sum[c->level[l].ladder];
}

/* ---- chance ---- */

typedef uint32_t level_counts[CRM_COMPARISONS][CRM_LEVELS];

struct sample {
	const struct crm_people *people;
	uint64_t seed;
	bool all; /* every pair: a job is a first record */
	level_counts *counts;
};

static void count_batch(const struct sample *s, struct crm_batch *batch, level_counts counts)
{
	int n = s->people->spec->n_comparisons, f;
	uint32_t i;

	crm_compare_batch(s->people, batch);
	for (i = 0; i < batch->n; i++)
		for (f = 0; f < n; f++)
			if (batch->level[i][f] >= 0)
				counts[f][(int)batch->level[i][f]]++;
	batch->n = 0;
}

static void sample_job(void *data, size_t job)
{
	const struct sample *s = data;
	uint32_t n = s->people->n, pairs = s->all ? n - 1 - (uint32_t)job : SAMPLE_JOB, i;
	uint64_t state = crm_hash64_with(s->seed + 1, job);
	struct crm_batch batch[2]; /* one waits for its records while the other is compared */
	int now = 0;

	batch[0].n = batch[1].n = 0;
	for (i = 0; i < pairs; i++) {
		uint32_t a = (uint32_t)job, b = a + 1 + i;

		if (!s->all) {
			a = crm_random_below(&state, n);
			b = crm_random_below(&state, n - 1);
			b += b >= a;
		}
		crm_compare_fetch_row(s->people, a);
		crm_compare_fetch_row(s->people, b);
		batch[now].a[batch[now].n] = a;
		batch[now].b[batch[now].n] = b;
		if (++batch[now].n == CRM_BATCH) {
			now = !now;
			count_batch(s, &batch[now], s->counts[job]);
		}
	}
	count_batch(s, &batch[!now], s->counts[job]);
	count_batch(s, &batch[now], s->counts[job]);
}

static bool is_learnt(const struct crm_comparison *c, int level)
{
	return c->learnt[c->level[level].ladder];
}

/* Levels that random pairs hardly reach, not even by the million: one more is taken to have
 * been seen, and unrelated_field looks at the pairs compared. */
static void find_rare(struct crm_model *m, int f, const uint64_t *counts, double sampled)
{
	const struct crm_comparison *c = &m->spec->comparison[f];
	double climbed[CRM_LADDERS] = {0};
	int l;

	for (l = 0; l < c->n_levels; l++)
		climbed[c->level[l].ladder] += (double)counts[l];
	for (l = 0; l < c->n_levels; l++) {
		int ladder = c->level[l].ladder;

		m->reach[f][ladder] = climbed[ladder] / sampled;
		if (counts[l] < RARE && climbed[ladder] >= CLIMBED && !is_learnt(c, l)) {
			m->rare[f][l] = true;
			m->chance[f][l] = (double)counts[l] + 1;
		}
	}
}

/* Where all of a few records have one value, another level may still be reached. */
#define MOST_CHANCE 0.99

/* sampled: random pairs, 0 where all were looked at. */
static void chance_of_field(struct crm_model *m, const struct crm_people *p, int f,
			    const uint64_t *counts, double sampled)
{
	const struct crm_comparison *c = &m->spec->comparison[f];
	double exact = fmin(crm_chance_first(p, f, m->seed), MOST_CHANCE), rest;
	int l;

	for (l = 0; l < c->n_levels; l++) /* as if one more had been seen */
		m->chance[f][l] = (double)counts[l] + c->level[l].near;
	for (l = 0; l < c->n_levels; l++)
		if (is_learnt(c, l))
			m->chance[f][l] = c->level[l].near;
	memset(m->rare[f], 0, sizeof(m->rare[f]));
	if (sampled > 0)
		find_rare(m, f, counts, sampled);
	normalise(c, m->chance[f]);
	if (exact <= 0)
		return;
	rest = 1 - m->chance[f][0];
	for (l = 1; l < c->n_levels; l++)
		if (c->level[l].ladder == 0 && rest > 0)
			m->chance[f][l] *= (1 - exact) / rest;
	m->chance[f][0] = exact;
	m->rare[f][0] = false;
}

void crm_model_chance(struct crm_model *m, const struct crm_people *people, uint64_t seed,
		      unsigned int threads)
{
	struct sample s = {.people = people, .seed = seed};
	size_t n_jobs = SAMPLE / SAMPLE_JOB, job;
	uint64_t counts[CRM_COMPARISONS][CRM_LEVELS] = {{0}};
	int f, l;

	s.all = people->n < 2 || (double)people->n * (people->n - 1) / 2 <= SAMPLE;
	if (s.all)
		n_jobs = people->n;
	s.counts = crm_calloc(n_jobs + 1, sizeof(*s.counts));
	crm_work(threads, n_jobs, sample_job, &s);
	for (job = 0; job < n_jobs; job++)
		for (f = 0; f < people->spec->n_comparisons; f++)
			for (l = 0; l < CRM_LEVELS; l++)
				counts[f][l] += s.counts[job][f][l];
	free(s.counts);
	m->spec = people->spec;
	m->seed = seed;
	m->records = people->n;
	for (f = 0; f < m->spec->n_comparisons; f++)
		chance_of_field(m, people, f, counts[f], s.all ? 0 : SAMPLE);
}

/* ---- expectation maximisation ---- */

#define MAX_ROUNDS 400
#define CLOSE 1e-5 /* no probability moves further than this: done */
/* The least part of chance that is left to unrelated pairs. */
#define LEAST_UNRELATED 0.05

/* Strength of the prior on what a class is like: in pairs, and for the second kind of match
 * and for near also as a part of the pairs that are thought to match. It is what makes these
 * two compete: pairs that are neither alike by chance nor what the specification says of
 * matches go to whichever of the two they are more like. */
#define PRIOR_PAIRS 5.0
#define PRIOR_PART 0.05
/* Where the second kind starts: of its first levels, so much of what the first kind has. */
#define WORN 0.25

enum part {
	UNRELATED,
	CLEAN,
	WORN_MATCH,
	NEAR,
	PARTS
};

typedef double part_levels[CRM_COMPARISONS][CRM_LEVELS];

struct fit {
	struct crm_model *m;
	const struct crm_pattern_count *counts;
	size_t n;
	const struct crm_pattern_label *labels;
	size_t n_labels;
	double all_pairs;
	signed char (*level)[CRM_COMPARISONS]; /* of counts, then of labels */
	double share[PARTS], sum[PARTS];
	part_levels p[PARTS], prior[PARTS], seen[PARTS];
};

static void start_field(struct fit *fit, int f)
{
	const struct crm_comparison *c = &fit->m->spec->comparison[f];
	int l;

	for (l = 0; l < c->n_levels; l++) {
		bool first = l == 0 || c->level[l].ladder != c->level[l - 1].ladder;

		fit->prior[UNRELATED][f][l] = fit->m->chance[f][l];
		fit->prior[CLEAN][f][l] = c->level[l].match;
		fit->prior[WORN_MATCH][f][l] = c->level[l].match * (first ? WORN : 1);
		fit->prior[NEAR][f][l] = c->level[l].near;
	}
	normalise(c, fit->prior[CLEAN][f]);
	normalise(c, fit->prior[WORN_MATCH][f]);
	normalise(c, fit->prior[NEAR][f]);
}

static void start(struct fit *fit)
{
	double compared = 1, tenth;
	size_t i;
	int f;

	for (i = 0; i < fit->n; i++)
		compared += (double)fit->counts[i].n;
	tenth = fmin(compared / 10 / fit->all_pairs, .1);
	fit->share[CLEAN] = fit->share[NEAR] = tenth;
	fit->share[WORN_MATCH] = tenth / 2;
	fit->share[UNRELATED] = 1 - 2.5 * tenth;
	for (f = 0; f < fit->m->spec->n_comparisons; f++)
		start_field(fit, f);
	memcpy(fit->p, fit->prior, sizeof(fit->p));
}

/* ---- expectation ---- */

static void joint_of(const struct fit *fit, const signed char *level, double joint[PARTS])
{
	int c, f, n = fit->m->spec->n_comparisons;

	for (c = 0; c < PARTS; c++)
		joint[c] = fit->share[c];
	for (f = 0; f < n; f++)
		for (c = 0; level[f] >= 0 && c < PARTS; c++)
			joint[c] *= fit->p[c][f][(int)level[f]];
}

static void see(struct fit *fit, const signed char *level, int c, double pairs)
{
	int f, n = fit->m->spec->n_comparisons;

	for (f = 0; f < n; f++)
		if (level[f] >= 0)
			fit->seen[c][f][(int)level[f]] += pairs;
}

/* Of labelled pairs it is known whether they match, not which kind of it, nor whether near.
 * They say nothing of how many pairs match: they were chosen. */
static void expect_label(struct fit *fit, size_t i)
{
	const struct crm_pattern_label *label = &fit->labels[i];
	const signed char *level = fit->level[fit->n + i];
	double joint[PARTS], match, other;
	int c;

	joint_of(fit, level, joint);
	match = joint[CLEAN] + joint[WORN_MATCH];
	other = joint[UNRELATED] + joint[NEAR];
	for (c = 0; c < PARTS; c++) {
		bool same = c == CLEAN || c == WORN_MATCH;
		double of = same ? match : other;

		if (of > 0)
			see(fit, level, c, joint[c] / of * (same ? label->same : label->other));
	}
}

static void expect(struct fit *fit)
{
	size_t i;
	int c;

	memset(fit->sum, 0, sizeof(fit->sum));
	memset(fit->seen, 0, sizeof(fit->seen));
	for (i = 0; i < fit->n; i++) {
		double joint[PARTS], all;

		joint_of(fit, fit->level[i], joint);
		all = joint[0] + joint[1] + joint[2] + joint[3];
		for (c = 0; c < PARTS && all > 0; c++) {
			double pairs = joint[c] / all * (double)fit->counts[i].n;

			fit->sum[c] += pairs;
			see(fit, fit->level[i], c, pairs);
		}
	}
	for (i = 0; i < fit->n_labels; i++)
		expect_label(fit, i);
}

/* ---- maximisation ---- */

/* Chance without the pairs of the other classes that are among random ones. Of what is too
 * rare among these, nearly all that matters was compared. */
static void unrelated_field(struct fit *fit, int f, double *to)
{
	const struct crm_comparison *field = &fit->m->spec->comparison[f];
	double chance, taken;
	int c, l;

	for (l = 0; l < field->n_levels; l++) {
		chance = fit->m->chance[f][l];
		for (taken = 0, c = CLEAN; c < PARTS; c++)
			taken += fit->share[c] * fit->p[c][f][l];
		to[l] = fmax(chance - taken, LEAST_UNRELATED * chance);
		if (fit->m->rare[f][l])
			to[l] = fit->seen[UNRELATED][f][l]
					/ (fit->all_pairs
					   * fit->m->reach[f][field->level[l].ladder])
				+ LEAST_UNRELATED * chance;
		if (field->learnt[field->level[l].ladder])
			to[l] = fit->seen[UNRELATED][f][l] + PRIOR_PAIRS * field->level[l].near;
	}
	normalise(field, to);
}

/* How far probabilities move; those of a class of next to no pairs do not matter. */
static double maximise_field(struct fit *fit, int f)
{
	const struct crm_comparison *field = &fit->m->spec->comparison[f];
	double part = PRIOR_PART * (fit->sum[CLEAN] + fit->sum[WORN_MATCH]), moved = 0;
	double strength[PARTS] = {0, PRIOR_PAIRS, PRIOR_PAIRS + part, PRIOR_PAIRS + part};
	double to[CRM_LEVELS];
	int c, l;

	for (c = CLEAN; c < PARTS; c++) {
		for (l = 0; l < field->n_levels; l++)
			to[l] = fit->seen[c][f][l] + strength[c] * fit->prior[c][f][l];
		normalise(field, to);
		for (l = 0; l < field->n_levels; l++) {
			if (fit->sum[c] >= 1)
				moved = fmax(moved, fabs(to[l] - fit->p[c][f][l]));
			fit->p[c][f][l] = to[l];
		}
	}
	unrelated_field(fit, f, fit->p[UNRELATED][f]);
	return moved;
}

static double maximise(struct fit *fit)
{
	double moved = 0;
	int c, f;

	fit->share[UNRELATED] = 1;
	for (c = CLEAN; c < PARTS; c++) {
		/* half a pair more, so that no class dies out */
		fit->share[c] = (fit->sum[c] + .5) / (fit->all_pairs + 3);
		fit->share[UNRELATED] -= fit->share[c];
	}
	for (f = 0; f < fit->m->spec->n_comparisons; f++)
		moved = fmax(moved, maximise_field(fit, f));
	return moved;
}

/* ---- the result ---- */

static void give(const struct fit *fit)
{
	struct crm_model *m = fit->m;
	int f, l;

	m->share[CRM_UNRELATED] = fit->share[UNRELATED];
	m->share[CRM_MATCH] = fit->share[CLEAN] + fit->share[WORN_MATCH];
	m->share[CRM_NEAR] = fit->share[NEAR];
	m->worn = fit->share[WORN_MATCH] / m->share[CRM_MATCH];
	m->calibration = (struct crm_calibration)CRM_CALIBRATION_NONE;
	m->judged = 0;
	for (f = 0; f < m->spec->n_comparisons; f++)
		for (l = 0; l < m->spec->comparison[f].n_levels; l++) {
			double clean = fit->p[CLEAN][f][l], worn = fit->p[WORN_MATCH][f][l];

			m->p[CRM_UNRELATED][f][l] = fit->p[UNRELATED][f][l];
			m->p[CRM_NEAR][f][l] = fit->p[NEAR][f][l];
			m->p[CRM_MATCH][f][l] = (1 - m->worn) * clean + m->worn * worn;
			m->kind[CRM_CLEAN][f][l] = clean;
			m->kind[CRM_WORN][f][l] = worn;
		}
}

void crm_model_fit(struct crm_model *m, const struct crm_pattern_count *counts, size_t n,
		   double all_pairs, const struct crm_pattern_label *labels, size_t n_labels)
{
	struct fit *fit = crm_calloc(1, sizeof(*fit));
	size_t i;

	*fit = (struct fit){.m = m, .counts = counts, .n = n, .labels = labels};
	fit->n_labels = n_labels;
	fit->all_pairs = fmax(all_pairs, 1);
	fit->level = crm_malloc((n + n_labels + 1) * sizeof(*fit->level));
	for (i = 0; i < n; i++)
		crm_pattern_levels(m->spec, counts[i].pattern, fit->level[i]);
	for (i = 0; i < n_labels; i++)
		crm_pattern_levels(m->spec, labels[i].pattern, fit->level[n + i]);
	start(fit);
	for (m->rounds = 1; m->rounds < MAX_ROUNDS; m->rounds++) {
		expect(fit);
		if (maximise(fit) < CLOSE)
			break;
	}
	give(fit);
	free(fit->level);
	free(fit);
}
