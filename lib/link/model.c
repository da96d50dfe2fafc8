/* SPDX-License-Identifier: MIT */
/* Estimating and applying the model; see model.h. */
#include "link/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "link/work.h"

#define SAMPLE 2000000 /* random pairs */
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

/* splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static uint32_t below(uint64_t *state, uint32_t n)
{
	return (uint32_t)(((next_random(state) >> 32) * n) >> 32);
}

typedef uint32_t level_counts[CRM_FIELDS][CRM_LEVELS];

struct sample {
	const struct crm_people *people;
	uint64_t seed;
	bool all; /* every pair: a job is a first record */
	level_counts *counts;
};

static void count_pair(const struct sample *s, uint32_t a, uint32_t b, level_counts counts)
{
	signed char level[CRM_FIELDS];
	int f;

	crm_compare(s->people, a, b, level);
	for (f = 0; f < CRM_FIELDS; f++)
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
		uint32_t a = below(&state, n), b = below(&state, n - 1);

		count_pair(s, a, b + (b >= a), s->counts[job]);
	}
}

/* Two records share a value with this probability, given the counts of each. */
static double shared_by_chance(const uint32_t *count, uint32_t n_values, uint32_t known)
{
	double sum = 0;
	uint32_t i;

	for (i = 1; i <= n_values; i++)
		sum += (double)count[i] * (count[i] - 1.0);
	return known < 2 ? 0 : sum / ((double)known * (known - 1.0));
}

static int by_number(const void *x, const void *y)
{
	uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return (a > b) - (a < b);
}

/* The same for pairs of values. */
static double both_by_chance(const struct crm_people *p, const uint32_t *x, const uint32_t *y,
			     const uint32_t *instead)
{
	uint64_t *both = crm_malloc(((size_t)p->n + 1) * sizeof(*both));
	double sum = 0;
	size_t n = 0, i, run;

	for (i = 0; i < p->n; i++) {
		uint32_t second = y[i] || !instead ? y[i] : instead[i];

		if (x[i] && (second || instead))
			both[n++] = (uint64_t)x[i] << 32 | second;
	}
	qsort(both, n, sizeof(*both), by_number);
	for (i = 0; i < n; i += run) {
		for (run = 1; i + run < n && both[i + run] == both[i]; run++)
			;
		sum += (double)run * (double)(run - 1);
	}
	free(both);
	return n < 2 ? 0 : sum / ((double)n * (double)(n - 1));
}

static double first_level_by_chance(const struct crm_people *p, int field)
{
	const struct crm_column *c = p->col;
	int column = field == CRM_FIELD_BIRTH ? CRM_COL_BIRTH : CRM_COL_ORG;
	const struct crm_multi *m;

	switch ((enum crm_field_id)field) {
	case CRM_FIELD_NAME:
		return both_by_chance(p, c[CRM_COL_GIVEN].key, c[CRM_COL_FAMILY].key, NULL);
	case CRM_FIELD_ADDRESS:
		return both_by_chance(p, c[CRM_COL_STREET].key, c[CRM_COL_CITY].key,
				      c[CRM_COL_POSTCODE].key);
	case CRM_FIELD_MAILBOX:
		return 0; /* common enough to be sampled */
	case CRM_FIELD_EMAIL:
	case CRM_FIELD_PHONE:
	case CRM_FIELD_HANDLE:
		m = &p->multi[field - CRM_FIELD_EMAIL];
		return shared_by_chance(m->count, m->values.n, m->known);
	default:
		return shared_by_chance(c[column].count, c[column].keys->n, c[column].known);
	}
}

static double group_sum(int field, int group, const double *x)
{
	const struct crm_field *f = &crm_fields[field];
	double sum = 0;
	int l;

	for (l = 0; l < f->n_levels; l++)
		if (f->levels[l].group == group)
			sum += x[l];
	return sum;
}

/* Makes the probabilities of each group add up to 1. */
static void normalise(int field, double *x)
{
	const struct crm_field *f = &crm_fields[field];
	double sum[CRM_GROUPS];
	int g, l;

	for (g = 0; g < CRM_GROUPS; g++)
		sum[g] = group_sum(field, g, x);
	for (l = 0; l < f->n_levels; l++)
		if (sum[f->levels[l].group] > 0)
			x[l] /= sum[f->levels[l].group];
}

static bool is_learnt(int field, int level)
{
	return crm_fields[field].learnt >> crm_fields[field].levels[level].group & 1;
}

static void chance_of_field(struct crm_model *m, const struct crm_people *p, int f,
			    const uint64_t *counts)
{
	double exact = first_level_by_chance(p, f), rest;
	int l;

	for (l = 0; l < crm_fields[f].n_levels; l++) /* as if one more had been seen */
		m->chance[f][l] = (double)counts[l] + crm_fields[f].levels[l].start_near;
	for (l = 0; l < crm_fields[f].n_levels; l++)
		if (is_learnt(f, l))
			m->chance[f][l] = crm_fields[f].levels[l].start_near;
	normalise(f, m->chance[f]);
	if (exact <= 0)
		return;
	rest = 1 - m->chance[f][0];
	for (l = 1; l < crm_fields[f].n_levels; l++)
		if (crm_fields[f].levels[l].group == 0 && rest > 0)
			m->chance[f][l] *= (1 - exact) / rest;
	m->chance[f][0] = exact;
}

void crm_model_chance(struct crm_model *m, const struct crm_people *people, uint64_t seed,
		      unsigned int threads)
{
	struct sample s = {.people = people, .seed = seed};
	size_t n_jobs = SAMPLE / SAMPLE_JOB, job;
	uint64_t counts[CRM_FIELDS][CRM_LEVELS] = {{0}};
	int f, l;

	s.all = people->n < 2 || (double)people->n * (people->n - 1) / 2 <= SAMPLE;
	if (s.all)
		n_jobs = people->n;
	s.counts = crm_calloc(n_jobs + 1, sizeof(*s.counts));
	crm_work(threads, n_jobs, sample_job, &s);
	for (job = 0; job < n_jobs; job++)
		for (f = 0; f < CRM_FIELDS; f++)
			for (l = 0; l < CRM_LEVELS; l++)
				counts[f][l] += s.counts[job][f][l];
	free(s.counts);
	m->seed = seed;
	m->records = people->n;
	for (f = 0; f < CRM_FIELDS; f++)
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
	signed char (*level)[CRM_FIELDS];
	double sum[CRM_CLASSES];
	double seen[CRM_CLASSES][CRM_FIELDS][CRM_LEVELS];
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
	for (f = 0; f < CRM_FIELDS; f++)
		for (l = 0; l < crm_fields[f].n_levels; l++) {
			m->p[CRM_UNRELATED][f][l] = m->chance[f][l];
			m->p[CRM_MATCH][f][l] = crm_fields[f].levels[l].start_match;
			m->p[CRM_NEAR][f][l] = crm_fields[f].levels[l].start_near;
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
			for (f = 0; f < CRM_FIELDS; f++)
				if (level[f] >= 0)
					joint[c] *= m->p[c][f][(int)level[f]];
			all += joint[c];
		}
		for (c = 0; c < CRM_CLASSES && all > 0; c++) {
			double part = joint[c] / all * (double)fit->counts[i].n;

			fit->sum[c] += part;
			for (f = 0; f < CRM_FIELDS; f++)
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
	double strength[CRM_CLASSES] = {0, PRIOR_PAIRS,
					PRIOR_PAIRS + PRIOR_NEAR * fit->sum[CRM_MATCH]};
	double to[CRM_LEVELS];
	int c, l;

	for (c = 1; c < CRM_CLASSES; c++) {
		for (l = 0; l < crm_fields[f].n_levels; l++)
			to[l] = fit->seen[c][f][l]
				+ strength[c]
					  * (c == CRM_MATCH ? crm_fields[f].levels[l].start_match
							    : crm_fields[f].levels[l].start_near);
		normalise(f, to);
		for (l = 0; l < crm_fields[f].n_levels; l++)
			moved = set(&m->p[c][f][l], to[l], moved);
	}
	for (l = 0; l < crm_fields[f].n_levels; l++) {
		double taken = m->share[CRM_MATCH] * m->p[CRM_MATCH][f][l]
			       + m->share[CRM_NEAR] * m->p[CRM_NEAR][f][l];

		to[l] = fmax(m->chance[f][l] - taken, LEAST_UNRELATED * m->chance[f][l]);
		if (is_learnt(f, l))
			to[l] = fit->seen[CRM_UNRELATED][f][l]
				+ PRIOR_PAIRS * crm_fields[f].levels[l].start_near;
	}
	normalise(f, to);
	memcpy(m->p[CRM_UNRELATED][f], to, sizeof(to[0]) * (size_t)crm_fields[f].n_levels);
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
	for (f = 0; f < CRM_FIELDS; f++)
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
		crm_pattern_levels(counts[i].pattern, fit.level[i]);
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
	crm_json_put_int(out, "version", 1);
	crm_json_put_int(out, "seed", (int64_t)m->seed);
	crm_json_put_int(out, "records", (int64_t)m->records);
	crm_json_put_int(out, "rounds", m->rounds);
	crm_json_key(out, "share");
	crm_json_open(out, '{');
	for (c = 0; c < CRM_CLASSES; c++) {
		crm_json_key(out, class_names[c]);
		crm_json_real(out, m->share[c], 17);
	}
	crm_json_close(out, '}');
	crm_json_key(out, "fields");
	crm_json_open(out, '[');
	for (f = 0; f < CRM_FIELDS; f++) {
		crm_json_open(out, '{');
		crm_json_put(out, "field", crm_fields[f].name);
		crm_json_key(out, "levels");
		crm_json_open(out, '[');
		for (l = 0; l < crm_fields[f].n_levels; l++) {
			crm_json_open(out, '{');
			crm_json_put(out, "level", crm_fields[f].levels[l].label);
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
	good = !strcmp(text.ptr, crm_fields[f].levels[l].label)
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
	for (f = 0; f < CRM_FIELDS; f++)
		for (l = 0; l < crm_fields[f].n_levels; l++)
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

enum crm_status crm_model_read(struct crm_model *m, struct crm_slice json, struct crm_err *err)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	enum crm_status rc;

	memset(m, 0, sizeof(*m));
	if ((rc = crm_json_scan(&doc, json.ptr, json.len)) != CRM_OK)
		crm_fail(err, rc, "the model is no JSON: %s", doc.error);
	else if (!read_model(&doc, m))
		rc = crm_fail(err, CRM_DATA, "not a model of these fields and levels");
	crm_json_doc_release(&doc);
	return rc;
}

enum crm_status crm_model_load(struct crm_db *db, struct crm_model *m, bool *found)
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
	/* One of an earlier version, of other levels, is as good as none. */
	*found = crm_model_read(m, crm_column(st, 0), &ignored) == CRM_OK;
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

struct pattern_weight {
	float match; /* prior and fields, in bits */
	float near;  /* log2 of near to unrelated */
};

struct crm_scorer {
	const struct crm_model *m;
	const struct crm_people *people;
	double bits[CRM_CLASSES][CRM_FIELDS][CRM_LEVELS]; /* log2 to unrelated */
	double prior[CRM_CLASSES];
	struct pattern_weight *patterns;
	/* value → bits of rarity */
	float *column_bits[CRM_COLUMNS];
	float *multi_bits[CRM_MULTIS];
};

static double bounded(double bits)
{
	return bits > CRM_RARITY_MOST    ? CRM_RARITY_MOST
	       : bits < -CRM_RARITY_MOST ? -CRM_RARITY_MOST
					 : bits;
}

/* Bits of rarity of each value. A record meets a value in count - 1 of the others, as
 * chance was counted too: the mean over pairs is about 0. */
static float *rarities(const uint32_t *count, uint32_t n_values, uint32_t known)
{
	double mean = shared_by_chance(count, n_values, known);
	float *bits = crm_calloc((size_t)n_values + 1, sizeof(*bits));
	uint32_t i;

	for (i = 1; i <= n_values; i++)
		if (count[i] > 1 && mean > 0)
			bits[i] = (float)bounded(log2(mean * (known - 1.0) / (count[i] - 1.0)));
	return bits;
}

/* Field by field, from the back, in place: the weights of all patterns of one field more. */
static void weigh_patterns(struct crm_scorer *s)
{
	struct pattern_weight *w = s->patterns = crm_malloc(crm_patterns() * sizeof(*w));
	uint32_t n = 1, i;
	int f, l;

	w[0] = (struct pattern_weight){(float)s->prior[CRM_MATCH], (float)s->prior[CRM_NEAR]};
	for (f = 0; f < CRM_FIELDS; f++) {
		uint32_t radix = (uint32_t)crm_fields[f].n_levels + 1;

		for (i = n; i-- > 0;) {
			struct pattern_weight old = w[i];

			for (l = crm_fields[f].n_levels - 1; l >= 0; l--)
				w[i * radix + (uint32_t)l + 1] = (struct pattern_weight){
					old.match + (float)s->bits[CRM_MATCH][f][l],
					old.near + (float)s->bits[CRM_NEAR][f][l]};
			w[i * radix] = old;
		}
		n *= radix;
	}
}

struct crm_scorer *crm_scorer_new(const struct crm_model *m, const struct crm_people *p)
{
	struct crm_scorer *s = crm_calloc(1, sizeof(*s));
	int c, f, l, i;

	s->m = m;
	s->people = p;
	for (c = 1; c < CRM_CLASSES; c++) {
		s->prior[c] = log2(m->share[c] / m->share[CRM_UNRELATED]);
		for (f = 0; f < CRM_FIELDS; f++)
			for (l = 0; l < crm_fields[f].n_levels; l++)
				s->bits[c][f][l] = log2(m->p[c][f][l] / m->p[CRM_UNRELATED][f][l]);
	}
	weigh_patterns(s);
	for (i = 0; i < CRM_COLUMNS; i++)
		s->column_bits[i] = rarities(p->col[i].count, p->col[i].keys->n, p->col[i].known);
	for (i = 0; i < CRM_MULTIS; i++)
		s->multi_bits[i] =
			rarities(p->multi[i].count, p->multi[i].values.n, p->multi[i].known);
	return s;
}

void crm_scorer_free(struct crm_scorer *s)
{
	int i;

	if (!s)
		return;
	for (i = 0; i < CRM_COLUMNS; i++)
		free(s->column_bits[i]);
	for (i = 0; i < CRM_MULTIS; i++)
		free(s->multi_bits[i]);
	free(s->patterns);
	free(s);
}

static double column_rarity(const struct crm_scorer *s, enum crm_column_id column, uint32_t record)
{
	return (double)s->column_bits[column][s->people->col[column].key[record]];
}

static double rarity_of(const struct crm_scorer *s, int field, int level, uint32_t a, uint32_t b)
{
	const struct crm_multi *m;

	switch ((enum crm_rarity)crm_fields[field].levels[level].rarity) {
	case CRM_RARITY_GIVEN:
		return column_rarity(s, CRM_COL_GIVEN, a);
	case CRM_RARITY_FAMILY:
		return column_rarity(s, CRM_COL_FAMILY, a);
	case CRM_RARITY_NAMES:
		return bounded(column_rarity(s, CRM_COL_GIVEN, a)
			       + column_rarity(s, CRM_COL_FAMILY, a));
	case CRM_RARITY_BIRTH:
		return column_rarity(s, CRM_COL_BIRTH, a);
	case CRM_RARITY_STREET:
		return column_rarity(s, CRM_COL_STREET, a);
	case CRM_RARITY_POSTCODE:
		return column_rarity(s, CRM_COL_POSTCODE, a);
	case CRM_RARITY_CITY:
		return column_rarity(s, CRM_COL_CITY, a);
	case CRM_RARITY_ORG:
		return column_rarity(s, CRM_COL_ORG, a);
	case CRM_RARITY_VALUE:
		m = &s->people->multi[field - CRM_FIELD_EMAIL];
		return (double)s->multi_bits[field - CRM_FIELD_EMAIL][crm_multi_shared(m, a, b)];
	default:
		return 0;
	}
}

/* What a pair loses because it may be near: log2 of unrelated to unrelated or near. A rare
 * value makes "unrelated" less likely, and so "near" the more. */
static double near_bits(double near, double rarity)
{
	return -log2(1 + exp2(near + rarity));
}

double crm_scorer_weight(const struct crm_scorer *s, uint32_t a, uint32_t b, uint32_t pattern,
			 double least)
{
	const struct pattern_weight *w = &s->patterns[pattern];
	signed char level[CRM_FIELDS];
	double rarity = 0;
	int f;

	/* near never adds, and rarity at most so much */
	if ((double)w->match + CRM_RARITY_MOST * CRM_FIELDS < least)
		return -INFINITY;
	crm_pattern_levels(pattern, level);
	for (f = 0; f < CRM_FIELDS; f++)
		if (level[f] >= 0)
			rarity += rarity_of(s, f, level[f], a, b);
	if ((double)w->match + rarity < least)
		return -INFINITY;
	return (double)w->match + rarity + near_bits((double)w->near, rarity);
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
	for (f = 0; f < CRM_FIELDS; f++) {
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
