/* SPDX-License-Identifier: MIT */
/* Estimating and applying the model; see model.h. */
#include "link/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "link/chance.h"
#include "link/work.h"

#define SAMPLE 1000000 /* random pairs */
#define SAMPLE_JOB 20000
#define MAX_ROUNDS 300
#define CLOSE 1e-5 /* no probability moves further than this: done */
/* The least part of chance that is left to unrelated pairs. */
#define LEAST_UNRELATED 0.05

static const char SQL_NEWEST[] = "SELECT json FROM model ORDER BY id DESC LIMIT 1";
static const char SQL_SAVE[] =
	"INSERT INTO model (made_at, json) SELECT :made_at, :json"
	" WHERE :json IS NOT (SELECT json FROM model ORDER BY id DESC LIMIT 1)";

double crm_probability(double weight)
{
	return 1 / (1 + exp2(-weight));
}

double crm_weight(double probability)
{
	return log2(probability / (1 - probability));
}

/* ---- chance ---- */

typedef uint32_t level_counts[CRM_COMPARISONS][CRM_LEVELS];

struct sample {
	const struct crm_people *people;
	uint64_t seed;
	bool all; /* every pair: a job is a first record */
	level_counts *counts;
};

static void count_pair(const struct sample *s, uint32_t a, uint32_t b, level_counts counts)
{
	signed char level[CRM_COMPARISONS];
	int f;

	crm_compare(s->people, a, b, level);
	for (f = 0; f < s->people->spec->n_comparisons; f++)
		if (level[f] >= 0)
			counts[f][(int)level[f]]++;
}

static void sample_job(void *data, size_t job)
{
	const struct sample *s = data;
	uint32_t n = s->people->n, i;
	uint64_t state = crm_hash64_with(s->seed + 1, job);

	if (s->all) {
		for (i = (uint32_t)job + 1; i < n; i++)
			count_pair(s, (uint32_t)job, i, s->counts[job]);
		return;
	}
	for (i = 0; i < SAMPLE_JOB; i++) {
		uint32_t a = crm_random_below(&state, n), b = crm_random_below(&state, n - 1);

		count_pair(s, a, b + (b >= a), s->counts[job]);
	}
}

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

static bool is_learnt(const struct crm_comparison *c, int level)
{
	return c->learnt[c->level[level].ladder];
}

static void chance_of_field(struct crm_model *m, const struct crm_people *p, int f,
			    const uint64_t *counts)
{
	const struct crm_comparison *c = &m->spec->comparison[f];
	double exact = crm_chance_first(p, f, m->seed), rest;
	int l;

	for (l = 0; l < c->n_levels; l++) /* as if one more had been seen */
		m->chance[f][l] = (double)counts[l] + c->level[l].near;
	for (l = 0; l < c->n_levels; l++)
		if (is_learnt(c, l))
			m->chance[f][l] = c->level[l].near;
	normalise(c, m->chance[f]);
	if (exact <= 0)
		return;
	rest = 1 - m->chance[f][0];
	for (l = 1; l < c->n_levels; l++)
		if (c->level[l].ladder == 0 && rest > 0)
			m->chance[f][l] *= (1 - exact) / rest;
	m->chance[f][0] = exact;
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
		chance_of_field(m, people, f, counts[f]);
}

/* ---- expectation maximisation ---- */

/* Strength of the prior on each class, in pairs, and for the near class also as a part of
 * the pairs that are thought to match. */
#define PRIOR_PAIRS 5.0
#ifndef PRIOR_NEAR
#define PRIOR_NEAR 0.1
#endif

struct fit {
	struct crm_model *m;
	const struct crm_pattern_count *counts;
	size_t n;
	double all_pairs;
	signed char (*level)[CRM_COMPARISONS];
	double sum[CRM_CLASSES];
	double seen[CRM_CLASSES][CRM_COMPARISONS][CRM_LEVELS];
};

static void start(struct fit *fit)
{
	struct crm_model *m = fit->m;
	double compared = 0;
	size_t i;
	int f, l;

	for (i = 0; i < fit->n; i++)
		compared += (double)fit->counts[i].n;
	m->share[CRM_MATCH] = (compared + 1) / 10 / fit->all_pairs;
	m->share[CRM_NEAR] = (compared + 1) / 10 / fit->all_pairs;
	if (m->share[CRM_MATCH] > .1)
		m->share[CRM_MATCH] = m->share[CRM_NEAR] = .1;
	m->share[CRM_UNRELATED] = 1 - m->share[CRM_MATCH] - m->share[CRM_NEAR];
	for (f = 0; f < m->spec->n_comparisons; f++)
		for (l = 0; l < m->spec->comparison[f].n_levels; l++) {
			m->p[CRM_UNRELATED][f][l] = m->chance[f][l];
			m->p[CRM_MATCH][f][l] = m->spec->comparison[f].level[l].match;
			m->p[CRM_NEAR][f][l] = m->spec->comparison[f].level[l].near;
		}
}

static void expect(struct fit *fit)
{
	const struct crm_model *m = fit->m;
	size_t i;
	int c, f;

	memset(fit->sum, 0, sizeof(fit->sum));
	memset(fit->seen, 0, sizeof(fit->seen));
	for (i = 0; i < fit->n; i++) {
		const signed char *level = fit->level[i];
		double joint[CRM_CLASSES], all = 0;

		for (c = 0; c < CRM_CLASSES; c++) {
			joint[c] = m->share[c];
			for (f = 0; f < m->spec->n_comparisons; f++)
				if (level[f] >= 0)
					joint[c] *= m->p[c][f][(int)level[f]];
			all += joint[c];
		}
		for (c = 0; c < CRM_CLASSES && all > 0; c++) {
			double part = joint[c] / all * (double)fit->counts[i].n;

			fit->sum[c] += part;
			for (f = 0; f < m->spec->n_comparisons; f++)
				if (level[f] >= 0)
					fit->seen[c][f][(int)level[f]] += part;
		}
	}
}

static double set(double *x, double to, double moved)
{
	double by = fabs(*x - to);

	*x = to;
	return by > moved ? by : moved;
}

static double maximise_field(struct fit *fit, int f, double moved)
{
	struct crm_model *m = fit->m;
	const struct crm_comparison *field = &m->spec->comparison[f];
	double strength[CRM_CLASSES] = {0, PRIOR_PAIRS,
					PRIOR_PAIRS + PRIOR_NEAR * fit->sum[CRM_MATCH]};
	double to[CRM_LEVELS];
	int c, l;

	for (c = 1; c < CRM_CLASSES; c++) {
		for (l = 0; l < m->spec->comparison[f].n_levels; l++)
			to[l] = fit->seen[c][f][l]
				+ strength[c]
					  * (c == CRM_MATCH ? field->level[l].match
							    : field->level[l].near);
		normalise(field, to);
		for (l = 0; l < m->spec->comparison[f].n_levels; l++)
			moved = set(&m->p[c][f][l], to[l], moved);
	}
	for (l = 0; l < m->spec->comparison[f].n_levels; l++) {
		double taken = m->share[CRM_MATCH] * m->p[CRM_MATCH][f][l]
			       + m->share[CRM_NEAR] * m->p[CRM_NEAR][f][l];

		to[l] = fmax(m->chance[f][l] - taken, LEAST_UNRELATED * m->chance[f][l]);
		if (is_learnt(field, l))
			to[l] = fit->seen[CRM_UNRELATED][f][l] + PRIOR_PAIRS * field->level[l].near;
	}
	normalise(field, to);
	memcpy(m->p[CRM_UNRELATED][f], to, sizeof(to[0]) * (size_t)m->spec->comparison[f].n_levels);
	return moved;
}

static double maximise(struct fit *fit)
{
	struct crm_model *m = fit->m;
	double moved = 0;
	int c, f;

	m->share[CRM_UNRELATED] = 1;
	for (c = 1; c < CRM_CLASSES; c++) {
		/* half a pair more, so that no class dies out */
		m->share[c] = (fit->sum[c] + .5) / (fit->all_pairs + 2);
		m->share[CRM_UNRELATED] -= m->share[c];
	}
	for (f = 0; f < m->spec->n_comparisons; f++)
		moved = maximise_field(fit, f, moved);
	return moved;
}

void crm_model_fit(struct crm_model *m, const struct crm_pattern_count *counts, size_t n,
		   double all_pairs)
{
	struct fit fit = {.m = m, .counts = counts, .n = n};
	size_t i;

	fit.all_pairs = all_pairs < 1 ? 1 : all_pairs;
	fit.level = crm_malloc((n + 1) * sizeof(*fit.level));
	for (i = 0; i < n; i++)
		crm_pattern_levels(m->spec, counts[i].pattern, fit.level[i]);
	start(&fit);
	for (m->rounds = 1; m->rounds < MAX_ROUNDS; m->rounds++) {
		expect(&fit);
		if (maximise(&fit) < CLOSE)
			break;
	}
	free(fit.level);
}

/* ---- as JSON ---- */

static const char *const class_names[CRM_CLASSES] = {"unrelated", "match", "near"};

void crm_model_write(const struct crm_model *m, struct crm_str *out)
{
	int c, f, l;

	crm_json_open(out, '{');
	crm_json_put(out, "type", "model");
	crm_json_put_int(out, "version", 2);
	crm_json_put_int(out, "seed", (int64_t)m->seed);
	crm_json_put_int(out, "records", (int64_t)m->records);
	crm_json_put_int(out, "rounds", m->rounds);
	crm_json_key(out, "linkage");
	crm_json_line(out, m->spec->json);
	crm_json_key(out, "share");
	crm_json_open(out, '{');
	for (c = 0; c < CRM_CLASSES; c++) {
		crm_json_key(out, class_names[c]);
		crm_json_real(out, m->share[c], 17);
	}
	crm_json_close(out, '}');
	crm_json_key(out, "fields");
	crm_json_open(out, '[');
	for (f = 0; f < m->spec->n_comparisons; f++) {
		crm_json_open(out, '{');
		crm_json_put(out, "field", m->spec->comparison[f].name);
		crm_json_key(out, "levels");
		crm_json_open(out, '[');
		for (l = 0; l < m->spec->comparison[f].n_levels; l++) {
			crm_json_open(out, '{');
			crm_json_put(out, "level", m->spec->comparison[f].level[l].label);
			crm_json_key(out, "chance");
			crm_json_real(out, m->chance[f][l], 17);
			for (c = 0; c < CRM_CLASSES; c++) {
				crm_json_key(out, class_names[c]);
				crm_json_real(out, m->p[c][f][l], 17);
			}
			crm_json_close(out, '}');
		}
		crm_json_close(out, ']');
		crm_json_close(out, '}');
	}
	crm_json_close(out, ']');
	crm_json_close(out, '}');
}

/* A probability below object; false where there is none. */
static bool read_number(const struct crm_json_doc *doc, const struct crm_json_value *object,
			const char *name, double *out)
{
	const struct crm_json_value *v = crm_json_member(doc, object, name);
	char buf[64];

	if (!v || v->type != CRM_JSON_NUMBER || v->text.len >= sizeof(buf))
		return false;
	memcpy(buf, v->text.ptr, v->text.len);
	buf[v->text.len] = '\0';
	*out = strtod(buf, NULL);
	return isfinite(*out) && *out >= 0;
}

static bool read_level(const struct crm_json_doc *doc, struct crm_model *m, int f, int l)
{
	const struct crm_json_value *v, *label;
	struct crm_str text = CRM_STR_INIT;
	char pointer[64];
	bool good;
	int c;

	snprintf(pointer, sizeof(pointer), "/fields/%d/levels/%d", f, l);
	v = crm_json_pointer(doc, &doc->values[0], pointer);
	if (!v || v->type != CRM_JSON_OBJECT || !(label = crm_json_member(doc, v, "level")))
		return false;
	crm_json_text(label, &text);
	good = !strcmp(text.ptr, m->spec->comparison[f].level[l].label)
	       && read_number(doc, v, "chance", &m->chance[f][l]);
	for (c = 0; c < CRM_CLASSES; c++)
		good = good && read_number(doc, v, class_names[c], &m->p[c][f][l])
		       && m->p[c][f][l] > 0;
	crm_str_release(&text);
	return good;
}

static bool read_model(const struct crm_json_doc *doc, struct crm_model *m)
{
	const struct crm_json_value *root = &doc->values[0], *share;
	double n;
	int c, f, l;

	if (root->type != CRM_JSON_OBJECT || !(share = crm_json_member(doc, root, "share"))
	    || share->type != CRM_JSON_OBJECT)
		return false;
	for (c = 0; c < CRM_CLASSES; c++)
		if (!read_number(doc, share, class_names[c], &m->share[c]) || m->share[c] <= 0)
			return false;
	for (f = 0; f < m->spec->n_comparisons; f++)
		for (l = 0; l < m->spec->comparison[f].n_levels; l++)
			if (!read_level(doc, m, f, l))
				return false;
	if (read_number(doc, root, "seed", &n))
		m->seed = (uint64_t)n;
	if (read_number(doc, root, "records", &n))
		m->records = (uint64_t)n;
	if (read_number(doc, root, "rounds", &n))
		m->rounds = (int)n;
	return true;
}

/* Is it the same specification, but for blanks? */
static bool same_linkage(const struct crm_json_doc *doc, const struct crm_spec *spec)
{
	const struct crm_json_value *v = crm_json_pointer(doc, &doc->values[0], "/linkage");
	struct crm_str ours = CRM_STR_INIT, theirs = CRM_STR_INIT;
	bool same;

	if (!v)
		return false;
	crm_json_line(&ours, spec->json);
	crm_json_line(&theirs, v->text);
	same = strcmp(ours.ptr, theirs.ptr) == 0;
	crm_str_release(&ours);
	crm_str_release(&theirs);
	return same;
}

enum crm_status crm_model_read(struct crm_model *m, const struct crm_spec *spec,
			       struct crm_slice json, struct crm_err *err)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	enum crm_status rc;

	memset(m, 0, sizeof(*m));
	m->spec = spec;
	if ((rc = crm_json_scan(&doc, json.ptr, json.len)) != CRM_OK)
		crm_fail(err, rc, "the model is no JSON: %s", doc.error);
	else if (!same_linkage(&doc, spec) || !read_model(&doc, m))
		rc = crm_fail(err, CRM_DATA, "not a model of these fields and levels");
	crm_json_doc_release(&doc);
	return rc;
}

enum crm_status crm_model_linkage(struct crm_slice json, struct crm_str *out, struct crm_err *err)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	const struct crm_json_value *v;
	enum crm_status rc;

	if ((rc = crm_json_scan(&doc, json.ptr, json.len)) != CRM_OK)
		crm_fail(err, rc, "the model is no JSON: %s", doc.error);
	else if (!(v = crm_json_pointer(&doc, &doc.values[0], "/linkage")))
		rc = crm_fail(err, CRM_DATA,
			      "not a model of linkage: it does not say what it is of");
	else
		crm_str_add(out, v->text.ptr, v->text.len);
	crm_json_doc_release(&doc);
	return rc;
}

enum crm_status crm_model_load(struct crm_db *db, const struct crm_spec *spec, struct crm_model *m,
			       bool *found)
{
	sqlite3_stmt *st = crm_db_stmt(db, SQL_NEWEST);
	struct crm_err ignored;
	enum crm_status rc;
	bool row;

	*found = false;
	if (!st)
		return crm_db_err(db)->status;
	if ((rc = crm_db_step(db, st, &row)) != CRM_OK || !row)
		return rc;
	/* One of an earlier version, or of another specification, is as good as none. */
	*found = crm_model_read(m, spec, crm_column(st, 0), &ignored) == CRM_OK;
	sqlite3_reset(st);
	return CRM_OK;
}

enum crm_status crm_model_save(struct crm_db *db, const struct crm_model *m)
{
	struct crm_str json = CRM_STR_INIT;
	enum crm_status rc;
	sqlite3_stmt *st;

	crm_model_write(m, &json);
	if ((rc = crm_db_begin(db)) == CRM_OK) {
		if ((st = crm_db_stmt(db, SQL_SAVE))) {
			crm_bind_int(st, ":made_at", crm_db_now(db));
			crm_bind_text(st, ":json", json.ptr);
			rc = crm_db_run(db, st);
		} else {
			rc = crm_db_err(db)->status;
		}
		if (rc == CRM_OK)
			rc = crm_db_commit(db);
		else
			crm_db_rollback(db);
	}
	crm_str_release(&json);
	return rc;
}

/* ---- scoring ---- */

struct crm_scorer {
	const struct crm_model *m;
	const struct crm_people *people;
	double bits[CRM_CLASSES][CRM_COMPARISONS][CRM_LEVELS]; /* log2 to unrelated */
	double prior[CRM_CLASSES];
	float *rarity[CRM_COLUMNS]; /* key → bits of rarity; of columns that levels name */
};

static double bounded(double bits)
{
	return bits > CRM_RARITY_MOST    ? CRM_RARITY_MOST
	       : bits < -CRM_RARITY_MOST ? -CRM_RARITY_MOST
					 : bits;
}

/* Bits of rarity of each value. A record meets a value in count - 1 of the others, as
 * chance was counted too: the mean over pairs is about 0. */
static float *rarities(const struct crm_column *c)
{
	double mean = crm_chance_shared(c->count, c->n_keys, c->known);
	float *bits = crm_calloc((size_t)c->n_keys + 1, sizeof(*bits));
	uint32_t i;

	for (i = 1; i <= c->n_keys; i++)
		if (c->count[i] > 1 && mean > 0)
			bits[i] =
				(float)bounded(log2(mean * (c->known - 1.0) / (c->count[i] - 1.0)));
	return bits;
}

struct crm_scorer *crm_scorer_new(const struct crm_model *m, const struct crm_people *p)
{
	struct crm_scorer *s = crm_calloc(1, sizeof(*s));
	int c, f, l, i;

	s->m = m;
	s->people = p;
	for (c = 1; c < CRM_CLASSES; c++) {
		s->prior[c] = log2(m->share[c] / m->share[CRM_UNRELATED]);
		for (f = 0; f < m->spec->n_comparisons; f++)
			for (l = 0; l < m->spec->comparison[f].n_levels; l++)
				s->bits[c][f][l] = log2(m->p[c][f][l] / m->p[CRM_UNRELATED][f][l]);
	}
	for (f = 0; f < m->spec->n_comparisons; f++)
		for (l = 0; l < m->spec->comparison[f].n_levels; l++) {
			const int *column = m->spec->comparison[f].level[l].rarity;

			for (i = 0; i < 3 && column[i] >= 0; i++)
				if (!s->rarity[column[i]])
					s->rarity[column[i]] = rarities(&p->col[column[i]]);
		}
	return s;
}

void crm_scorer_free(struct crm_scorer *s)
{
	int i;

	if (!s)
		return;
	for (i = 0; i < CRM_COLUMNS; i++)
		free(s->rarity[i]);
	free(s);
}

/* The value that two records share, or where they share none (names that changed places) a's. */
static uint32_t rarity_key(const struct crm_people *p, int column, uint32_t a, uint32_t b)
{
	int base = p->spec->column[column].derive ? p->spec->column[column].base : column;

	return p->col[base].start ? crm_shared(p, column, a, b) : crm_key_of(p, column, a);
}

static double rarity_of(const struct crm_scorer *s, int field, int level, uint32_t a, uint32_t b)
{
	const int *column = s->m->spec->comparison[field].level[level].rarity;
	double bits = 0;
	int i;

	for (i = 0; i < 3 && column[i] >= 0; i++)
		bits += (double)s->rarity[column[i]][rarity_key(s->people, column[i], a, b)];
	return bounded(bits);
}

/* What a pair loses because it may be near: log2 of unrelated to unrelated or near. A rare
 * value makes "unrelated" less likely, and so "near" the more. */
static double near_bits(double near, double rarity)
{
	return -log2(1 + exp2(near + rarity));
}

double crm_scorer_most(const struct crm_scorer *s, uint32_t pattern)
{
	const struct crm_spec *spec = s->m->spec;
	signed char level[CRM_COMPARISONS];
	double sum = s->prior[CRM_MATCH];
	int f;

	crm_pattern_levels(spec, pattern, level);
	for (f = 0; f < spec->n_comparisons; f++) {
		if (level[f] < 0)
			continue;
		sum += s->bits[CRM_MATCH][f][(int)level[f]];
		if (spec->comparison[f].level[(int)level[f]].rarity[0] >= 0)
			sum += CRM_RARITY_MOST;
	}
	return sum;
}

double crm_scorer_weight(const struct crm_scorer *s, uint32_t a, uint32_t b, uint32_t pattern)
{
	double match = s->prior[CRM_MATCH], near = s->prior[CRM_NEAR], rarity = 0;
	signed char level[CRM_COMPARISONS];
	int f;

	crm_pattern_levels(s->m->spec, pattern, level);
	for (f = 0; f < s->m->spec->n_comparisons; f++) {
		int l = level[f];

		if (l < 0)
			continue;
		match += s->bits[CRM_MATCH][f][l];
		near += s->bits[CRM_NEAR][f][l];
		if (s->m->spec->comparison[f].level[l].rarity[0] >= 0)
			rarity += rarity_of(s, f, l, a, b);
	}
	return match + rarity + near_bits(near, rarity);
}

static double rounded(double bits)
{
	return nearbyint(bits * 1000) / 1000;
}

void crm_scorer_explain(const struct crm_scorer *s, uint32_t a, uint32_t b, struct crm_score *out)
{
	double near = s->prior[CRM_NEAR], rarity = 0, sum;
	int f;

	crm_compare(s->people, a, b, out->level);
	out->prior = sum = rounded(s->prior[CRM_MATCH]);
	for (f = 0; f < s->m->spec->n_comparisons; f++) {
		int l = out->level[f];

		out->bits[f] = out->rarity[f] = 0;
		if (l < 0)
			continue;
		near += s->bits[CRM_NEAR][f][l];
		rarity += rarity_of(s, f, l, a, b);
		out->bits[f] = rounded(s->bits[CRM_MATCH][f][l]);
		out->rarity[f] = rounded(rarity_of(s, f, l, a, b));
		sum += out->bits[f] + out->rarity[f];
	}
	out->near = rounded(near_bits(near, rarity));
	out->weight = rounded(sum + out->near);
	out->probability = crm_probability(out->weight);
}
