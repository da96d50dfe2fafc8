/* SPDX-License-Identifier: MIT */
/* The stages of linkage; see link.h. */
#include "link/link.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "link/single.h"
#include "link/snapshot.h"
#include "link/standing.h"
#include "link/work.h"

struct pattern_pair {
	uint32_t a, b, pattern;
};

struct crm_link_found {
	struct pattern_pair *pairs;
	size_t n, cap;
	struct crm_pair *rated; /* those of enough weight */
	size_t n_rated, cap_rated;
	const struct crm_people *people;
	struct crm_tally patterns;
	uint64_t fresh[CRM_RULES];
};

enum crm_status crm_link_new(struct crm_db *db, const struct crm_spec *spec, unsigned int threads,
			     bool keep, struct crm_link **out)
{
	struct crm_snapshot snapshot = {.chunk = NULL};
	struct crm_link *l = *out = crm_calloc(1, sizeof(*l));
	enum crm_status rc = crm_db_begin_read(db);

	l->spec = spec;
	l->third = NAN;
	if (rc == CRM_OK)
		rc = crm_people_read(db, spec, &l->people, &snapshot);
	if (rc == CRM_OK)
		rc = crm_standing_load(db, l);
	crm_db_rollback(db);
	if (rc == CRM_OK && keep)
		crm_snapshot_write(db, &snapshot); /* if not, the next run reads more */
	crm_snapshot_release(&snapshot);
	if (rc == CRM_OK)
		crm_people_finish(l->people, threads);
	return rc;
}

static void free_found(struct crm_link *l)
{
	size_t i, n = l->found ? crm_blocks_jobs(l->blocks) : 0;

	for (i = 0; i < n; i++) {
		free(l->found[i].pairs);
		free(l->found[i].rated);
		crm_tally_release(&l->found[i].patterns);
	}
	free(l->found);
	l->found = NULL;
}

void crm_link_free(struct crm_link *l)
{
	if (!l)
		return;
	free_found(l);
	crm_scorer_free(l->scorer);
	crm_blocks_free(l->blocks);
	free(l->plan);
	crm_people_free(l->people);
	free(l->wanted);
	free(l->done);
	crm_tally_release(&l->patterns);
	free(l->pairs);
	free(l->decided);
	crm_labels_release(&l->labels);
	free(l->apart);
	free(l->single);
	free(l->shares);
	free(l->strong);
	free(l->cuts);
	crm_groups_release(&l->groups);
	free(l);
}

void crm_link_want_none(struct crm_link *l)
{
	free(l->wanted);
	l->wanted = crm_calloc((size_t)l->people->n + 1, sizeof(*l->wanted));
}

bool crm_link_want(struct crm_link *l, int64_t profile)
{
	int64_t record = crm_people_find(l->people, profile);

	if (record < 0)
		return false;
	if (!l->wanted)
		crm_link_want_none(l);
	l->wanted[record] = true;
	return true;
}

bool crm_link_wants(const struct crm_link *l, uint32_t a, uint32_t b)
{
	return !l->wanted || l->wanted[a] || l->wanted[b];
}

/* ---- comparing ---- */

static void take_mates(void *data, const struct crm_mates *mates)
{
	struct crm_link_found *found = data;
	uint32_t i;

	CRM_GROW(found->pairs, found->n + mates->n, found->cap);
	for (i = 0; i < mates->n; i++) {
		uint32_t a = mates->record, b = mates->mate[i];

		found->fresh[crm_first_rule(mates->rules[i])]++;
		found->pairs[found->n++] = (struct pattern_pair){a < b ? a : b, a < b ? b : a, 0};
	}
}

static void compare_found(struct crm_link_found *found)
{
	const struct crm_people *people = found->people;
	struct crm_batch batch;
	size_t from;
	uint32_t i;

	for (from = 0; from < found->n; from += batch.n) {
		struct pattern_pair *p = found->pairs + from;

		for (batch.n = 0; batch.n < CRM_BATCH && from + batch.n < found->n; batch.n++) {
			batch.a[batch.n] = p[batch.n].a;
			batch.b[batch.n] = p[batch.n].b;
			if (from + batch.n + CRM_BATCH < found->n) { /* for the next batch */
				crm_compare_fetch_row(people, p[batch.n + CRM_BATCH].a);
				crm_compare_fetch_row(people, p[batch.n + CRM_BATCH].b);
			}
		}
		crm_compare_batch(people, &batch);
		for (i = 0; i < batch.n; i++) {
			p[i].pattern = crm_pattern(people->spec, batch.level[i]);
			crm_tally_add(&found->patterns, p[i].pattern, 1);
		}
	}
}

static void compare_job(void *data, size_t job)
{
	struct crm_link *l = data;

	struct crm_link_found *found = &l->found[job];

	found->people = l->people;
	crm_blocks_each(l->blocks, job, take_mates, found);
	compare_found(found);
	if (found->n < found->cap) { /* there may be thousands of jobs */
		found->pairs = crm_realloc(found->pairs, (found->n + 1) * sizeof(*found->pairs));
		found->cap = found->n + 1;
	}
}

static void add_up(struct crm_link *l, struct crm_link_found *found)
{
	size_t i;
	int r;

	for (r = 0; r < CRM_RULES; r++)
		l->fresh[r] += found->fresh[r];
	for (i = 0; i < found->patterns.n; i++)
		crm_tally_add(&l->patterns, found->patterns.count[i].pattern,
			      found->patterns.count[i].n);
	crm_tally_release(&found->patterns);
	l->n_compared += found->n;
}

void crm_link_compare(struct crm_link *l, const struct crm_link_options *o)
{
	struct crm_plan_options p = {
		.budget = o->budget, .cap = o->cap, .seed = o->seed, .threads = o->threads};
	bool all = o->compare_all || o->spread;
	size_t n, i;

	if (!l->blocks && l->plan)
		l->blocks =
			crm_blocks_build(l->people, l->plan, o->threads, all ? NULL : l->wanted);
	else if (!l->blocks)
		l->blocks = crm_plan_choose(l->people, &p, &l->planned);
	crm_blocks_want(l->blocks, o->compare_all ? NULL : l->wanted);
	n = crm_blocks_jobs(l->blocks);
	l->found = crm_calloc(n + 1, sizeof(*l->found));
	crm_work(o->threads, n, compare_job, l);
	for (i = 0; i < n; i++)
		add_up(l, &l->found[i]);
	crm_tally_sort(&l->patterns);
}

/* ---- estimating ---- */

/* The patterns of the judged pairs. New. */
static struct crm_pattern_label *judged_patterns(const struct crm_link *l)
{
	struct crm_pattern_label *out = crm_malloc((l->labels.n + 1) * sizeof(*out));
	signed char level[CRM_COMPARISONS];
	size_t i;

	for (i = 0; i < l->labels.n; i++) {
		const struct crm_label *label = &l->labels.label[i];

		crm_compare(l->people, label->a, label->b, level);
		out[i] = (struct crm_pattern_label){crm_pattern(l->spec, level),
						    (double)label->score, 1 - (double)label->score};
	}
	return out;
}

void crm_link_calibrate(struct crm_link *l)
{
	struct crm_judged *judged = crm_malloc((l->labels.n + 1) * sizeof(*judged));
	struct crm_pattern_label *patterns = judged_patterns(l);
	struct crm_scorer *scorer;
	size_t i, used;

	l->model.calibration = (struct crm_calibration)CRM_CALIBRATION_NONE;
	scorer = crm_scorer_new(&l->model, l->people);
	for (i = 0; i < l->labels.n; i++) {
		const struct crm_label *label = &l->labels.label[i];

		judged[i].weight =
			crm_scorer_weight(scorer, label->a, label->b, patterns[i].pattern);
		judged[i].score = (double)label->score;
	}
	crm_scorer_free(scorer);
	l->model.calibration = crm_calibrate(judged, l->labels.n, &used);
	l->model.judged = used;
	free(patterns);
	free(judged);
}

void crm_link_estimate(struct crm_link *l, const struct crm_link_options *o)
{
	struct crm_pattern_label *patterns;
	double people = l->people->n;
	size_t i;

	for (i = 0; i < l->n_decided && !o->ignore_people; i++)
		crm_labels_add(&l->labels, l->decided[i].a, l->decided[i].b, l->decided[i].same);
	crm_labels_sort(&l->labels);
	patterns = judged_patterns(l);
	crm_model_chance(&l->model, l->people, o->seed, o->threads);
	crm_model_fit(&l->model, l->patterns.count, l->patterns.n, people * (people - 1) / 2,
		      patterns, l->labels.n);
	free(patterns);
	crm_link_calibrate(l);
}

/* ---- scoring ---- */

struct scoring {
	struct crm_link *l;
	double least;
	const struct crm_link_options *o;
	bool *may; /* pattern of l->patterns → may have so many bits */
};

static bool left_out(const struct scoring *s, uint32_t a, uint32_t b)
{
	if (s->l->done && (s->l->done[a] || s->l->done[b]))
		return true;
	return crm_single_both(s->l, a, b)
	       || (!s->o->ignore_people && crm_link_settled(s->l, a, b, s->o->all_pairs));
}

static void score_job(void *data, size_t job)
{
	const struct scoring *s = data;
	struct crm_link_found *f = &s->l->found[job];
	size_t i;

	for (i = 0; i < f->n; i++) {
		const struct pattern_pair *p = &f->pairs[i];
		double w;

		if (!s->may[crm_tally_find(&s->l->patterns, p->pattern)])
			continue;
		w = crm_scorer_weight(s->l->scorer, p->a, p->b, p->pattern);
		if (w < s->least || left_out(s, p->a, p->b))
			continue;
		CRM_GROW(f->rated, f->n_rated + 1, f->cap_rated);
		f->rated[f->n_rated++] = (struct crm_pair){p->a, p->b, (float)w, p->pattern};
	}
	free(f->pairs); /* not needed any more, and large */
	f->pairs = NULL;
	f->n = f->cap = 0;
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

#define HEAPS 1024

/* Pairs in heaps by weight, each of which is then sorted by itself. */
struct sorting {
	struct crm_pair *pairs;
	float best, least; /* finite weights */
	size_t end[HEAPS]; /* of each heap in pairs */
};

static size_t heap_of(const struct sorting *s, float weight)
{
	if (weight >= s->best)
		return 0;
	return (size_t)((s->best - weight) / (s->best - s->least) * (HEAPS - 1));
}

static void sort_heap(void *data, size_t heap)
{
	const struct sorting *s = data;
	size_t first = heap ? s->end[heap - 1] : 0;

	qsort(s->pairs + first, s->end[heap] - first, sizeof(*s->pairs), best_first);
}

void crm_pairs_sort(struct crm_pair *pairs, size_t n, unsigned int threads)
{
	struct crm_pair *from = crm_malloc((n + 1) * sizeof(*from));
	struct sorting s = {.pairs = pairs, .best = -INFINITY, .least = INFINITY};
	size_t i;

	if (n > 0)
		memcpy(from, pairs, n * sizeof(*from));
	for (i = 0; i < n; i++) {
		s.best = isinf(from[i].weight) ? s.best : fmaxf(s.best, from[i].weight);
		s.least = fminf(s.least, from[i].weight);
	}
	for (i = 0; i < n; i++)
		s.end[heap_of(&s, from[i].weight)]++;
	for (i = 1; i < HEAPS; i++)
		s.end[i] += s.end[i - 1];
	for (i = n; i > 0; i--)
		pairs[--s.end[heap_of(&s, from[i - 1].weight)]] = from[i - 1];
	for (i = 0; i + 1 < HEAPS; i++) /* they are where each begins */
		s.end[i] = s.end[i + 1];
	s.end[HEAPS - 1] = n;
	crm_work(threads, HEAPS, sort_heap, &s);
	free(from);
}

static void add_decided(struct crm_link *l, const struct crm_link_options *o)
{
	size_t i;

	for (i = 0; i < l->n_decided; i++) {
		const struct crm_decided *d = &l->decided[i];

		if (!d->same)
			continue;
		if (!o->all_pairs && l->people->person[d->a] == l->people->person[d->b])
			continue;
		l->pairs[l->n_pairs++] = (struct crm_pair){d->a, d->b, INFINITY, 0};
	}
}

void crm_link_score(struct crm_link *l, double least, const struct crm_link_options *o)
{
	struct scoring s = {l, least, o, crm_calloc(l->patterns.n + 1, sizeof(bool))};
	size_t jobs = crm_blocks_jobs(l->blocks), n = l->n_pairs + l->n_decided, i;

	if (!l->scorer)
		l->scorer = crm_scorer_new(&l->model, l->people);
	for (i = 0; i < l->patterns.n; i++)
		s.may[i] = crm_scorer_most(l->scorer, l->patterns.count[i].pattern) >= least;
	crm_work(o->threads, jobs, score_job, &s);
	for (i = 0; i < jobs; i++)
		n += l->found[i].n_rated;
	l->pairs = crm_realloc(l->pairs, (n + 1) * sizeof(*l->pairs));
	if (!o->ignore_people && !l->done)
		add_decided(l, o);
	for (i = 0; i < jobs; i++) {
		if (l->found[i].n_rated > 0)
			memcpy(l->pairs + l->n_pairs, l->found[i].rated,
			       l->found[i].n_rated * sizeof(*l->pairs));
		l->n_pairs += l->found[i].n_rated;
	}
	free(s.may);
	free_found(l);
	crm_pairs_sort(l->pairs, l->n_pairs, o->threads);
}

double crm_link_threshold(const struct crm_link *l, double precision)
{
	double right = 0, least = INFINITY;
	size_t i, n = 0;

	for (i = 0; i < l->n_pairs; i++) {
		double weight = (double)l->pairs[i].weight;

		if (crm_link_wants(l, l->pairs[i].a, l->pairs[i].b)) {
			right += crm_probability(weight);
			n++;
		}
		if (i + 1 < l->n_pairs && (double)l->pairs[i + 1].weight >= weight)
			continue; /* of equal weights all or none */
		if (right < precision * (double)n)
			break;
		least = weight;
	}
	return least;
}
