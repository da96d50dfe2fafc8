/* SPDX-License-Identifier: MIT */
/* From what was measured to a probability, by logistic regression. */
#include "answer/confidence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "answer/outcome.h"

/*
 * The weights below were fitted by logistic regression (tests/tools/fit-answer.py) on two sets
 * of questions: Banking77 (Casanueva et al. 2020, CC BY 4.0: 3,080 questions of bank customers
 * about 77 matters, of which 62 got an article of five example questions and 15 got none), and
 * the 127 questions in three languages of tests/data/faq. The weight of covers was set to 1:
 * the first set, whose articles have no text, says nothing of it. On both, nine of ten answers
 * that are given from 0.8 on are right; tests/answer.t holds the second to that.
 */
#define WEIGHT_ONE -2.9
#define WEIGHT_COVERS 1.0
#define WEIGHT_LIKE 2.1
#define WEIGHT_MARGIN 3.9
#define WEIGHT_MATCHED 0.65 /* of the number's logarithm */
#define WEIGHT_FOREIGN -3.0 /* stated, not fitted: few can read it */

/* Standard deviations of the priors. */
#define SLOPE_SD 0.5
#define SHIFT_SD 1.5
#define ROUNDS 50
/* What is scored higher stays higher, whatever became of a few. */
#define SLOPE_MIN 0.1

static const char sql_answered[] =
	"SELECT score, confidence, helped FROM (" CRM_OUTCOMES ") WHERE helped IS NOT NULL"
	" ORDER BY at DESC, event_id LIMIT :most";

/* What a person of ours answered to what was handed over: does it hold the article? */
#define HOLDS(x)                                                                         \
	"(instr(p.text, " x ".link) OR (length(" x ".answer) >= 40 AND instr(p.text, " x \
	".answer)))"
static const char sql_taught[] = "SELECT a.score, b.id IS NOT NULL AND " HOLDS(
	"b") " AS right"
	     " FROM (SELECT a.*, (SELECT id FROM event AS e"
	     "    WHERE e.conversation_id = a.conversation_id AND e.type = 'message'"
	     "    AND e.direction = 'out' AND e.automatic IS NULL AND e.at >= a.at AND e.at <= :now"
	     "    ORDER BY e.at, e.id LIMIT 1) AS reply FROM answer AS a"
	     "  WHERE a.verdict = 'handed over' AND a.score IS NOT NULL AND a.at <= :now"
	     "  ORDER BY a.at DESC, a.event_id LIMIT :most) AS a"
	     " JOIN event AS p ON p.id = a.reply LEFT JOIN article AS b ON b.name = a.article"
	     " WHERE right OR EXISTS (SELECT 1 FROM article AS o WHERE " HOLDS("o") ")";

struct outcomes {
	double *scores, *told;
	bool *helped;
	size_t n, cap_scores, cap_told, cap_helped;
};

double crm_confidence_score(const struct crm_search *s)
{
	const struct crm_hit *best = &s->hits[0];

	return WEIGHT_ONE + WEIGHT_COVERS * best->covers + WEIGHT_LIKE * best->like
	       + WEIGHT_MARGIN * s->margin
	       + WEIGHT_MATCHED * log(best->matched > 0 ? best->matched : 1)
	       + (best->foreign ? WEIGHT_FOREIGN : 0);
}

double crm_confidence_of(const struct crm_confidence *c, double score)
{
	return 1 / (1 + exp(-(c->slope * score + c->shift)));
}

/* What is to be made least: the negative logarithm of the posterior, which is convex. */
struct fit {
	const double *scores;
	const bool *helped;
	size_t n;
	bool fixed; /* the slope stays as it is */
};

static double cost(const struct fit *f, double slope, double shift)
{
	double sum = (slope - 1) * (slope - 1) / (2 * SLOPE_SD * SLOPE_SD)
		     + shift * shift / (2 * SHIFT_SD * SHIFT_SD);

	for (size_t i = 0; i < f->n; i++) {
		double z = slope * f->scores[i] + shift;

		z = f->helped[i] ? -z : z; /* ln(1 + e^z), without overflow */
		sum += z > 0 ? z + log1p(exp(-z)) : log1p(exp(z));
	}
	return sum;
}

/* A step of Newton's method, halved until it is one downwards. False: it is at the bottom. */
static bool step_down(const struct fit *f, struct crm_confidence *c)
{
	double ga = (c->slope - 1) / (SLOPE_SD * SLOPE_SD), gb = c->shift / (SHIFT_SD * SHIFT_SD);
	double haa = 1 / (SLOPE_SD * SLOPE_SD), hab = 0, hbb = 1 / (SHIFT_SD * SHIFT_SD);
	double det, da, db, here = cost(f, c->slope, c->shift);

	for (size_t i = 0; i < f->n; i++) {
		double p = crm_confidence_of(c, f->scores[i]), w = p * (1 - p);
		double miss = p - f->helped[i];

		ga += miss * f->scores[i];
		gb += miss;
		haa += w * f->scores[i] * f->scores[i];
		hab += w * f->scores[i];
		hbb += w;
	}
	det = haa * hbb - hab * hab;
	da = f->fixed ? 0 : (hbb * ga - hab * gb) / det;
	db = f->fixed ? gb / hbb : (haa * gb - hab * ga) / det;
	for (int halves = 0; halves < 40 && fabs(da) + fabs(db) > 1e-9; halves++) {
		if (cost(f, c->slope - da, c->shift - db) < here) {
			c->slope -= da;
			c->shift -= db;
			return true;
		}
		da /= 2;
		db /= 2;
	}
	return false;
}

void crm_confidence_fit(const double *scores, const bool *helped, size_t n,
			struct crm_confidence *c)
{
	struct fit f = {scores, helped, n, false};

	*c = (struct crm_confidence){1, 0, n};
	for (int round = 0; round < ROUNDS && step_down(&f, c); round++)
		;
	if (c->slope >= SLOPE_MIN)
		return;
	f.fixed = true;
	*c = (struct crm_confidence){SLOPE_MIN, 0, n};
	for (int round = 0; round < ROUNDS && step_down(&f, c); round++)
		;
}

static void add_outcome(struct outcomes *o, double score, double told, bool helped)
{
	CRM_GROW(o->scores, o->n + 1, o->cap_scores);
	CRM_GROW(o->told, o->n + 1, o->cap_told);
	CRM_GROW(o->helped, o->n + 1, o->cap_helped);
	o->scores[o->n] = score;
	o->told[o->n] = told;
	o->helped[o->n++] = helped;
}

static void release(struct outcomes *o)
{
	free(o->scores);
	free(o->told);
	free(o->helped);
}

static enum crm_status load_answered(struct crm_db *db, struct outcomes *o)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_answered);
	bool row = true;
	enum crm_status rc;

	crm_bind_int(st, ":now", crm_db_now(db));
	crm_bind_int(st, ":quiet", CRM_CONFIDENCE_QUIET);
	crm_bind_int(st, ":most", CRM_CONFIDENCE_MOST);
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row)
		add_outcome(o, sqlite3_column_double(st, 0), sqlite3_column_double(st, 1),
			    sqlite3_column_int(st, 2) != 0);
	return rc;
}

static enum crm_status load_taught(struct crm_db *db, struct outcomes *o)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_taught);
	bool row = true;
	enum crm_status rc;

	crm_bind_int(st, ":now", crm_db_now(db));
	crm_bind_int(st, ":most", CRM_CONFIDENCE_MOST);
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row)
		add_outcome(o, sqlite3_column_double(st, 0), 0, sqlite3_column_int(st, 1) != 0);
	return rc;
}

enum crm_status crm_confidence_learn(struct crm_db *db, struct crm_confidence *c)
{
	struct outcomes o = {.n = 0};
	enum crm_status rc = load_answered(db, &o);

	if (rc == CRM_OK)
		rc = load_taught(db, &o);
	if (rc == CRM_OK)
		crm_confidence_fit(o.scores, o.helped, o.n, c);
	release(&o);
	return rc;
}

static void review(const struct outcomes *o, struct crm_calibration *c)
{
	double n = (double)o->n;

	for (size_t i = 0; i < o->n; i++) {
		int bin = (int)(o->told[i] * CRM_CONFIDENCE_BINS);
		double miss = o->told[i] - o->helped[i];

		bin = bin < 0 ? 0 : bin >= CRM_CONFIDENCE_BINS ? CRM_CONFIDENCE_BINS - 1 : bin;
		c->bins[bin].n++;
		c->bins[bin].helped += o->helped[i];
		c->bins[bin].told += o->told[i];
		c->helped += o->helped[i] / n;
		c->brier += miss * miss / n;
	}
	c->brier_base = c->helped * (1 - c->helped);
	for (int i = 0; i < CRM_CONFIDENCE_BINS; i++)
		c->error += fabs(c->bins[i].told - (double)c->bins[i].helped) / n;
	c->n = o->n;
}

enum crm_status crm_confidence_review(struct crm_db *db, struct crm_calibration *c)
{
	struct outcomes o = {.n = 0};
	enum crm_status rc;

	memset(c, 0, sizeof(*c));
	rc = crm_confidence_learn(db, &c->now);
	if (rc == CRM_OK && (rc = load_answered(db, &o)) == CRM_OK && o.n)
		review(&o, c);
	release(&o);
	return rc;
}
