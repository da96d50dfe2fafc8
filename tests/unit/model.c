/* SPDX-License-Identifier: MIT */
/* The model of linkage, estimated from counts of patterns that known parameters give exactly:
 * what goes in must come out, with households and without. Then calibration, by judgements of
 * known slope and offset. */
#include <math.h>

#include "base/mem.h"
#include "link/model.h"
#include "link/tally.h"
#include "tap.h"

static const char linkage[] =
	"{\"columns\":{"
	"\"given\":{\"from\":\"given\",\"as\":\"name\"},"
	"\"birth\":{\"from\":\"birth_date\",\"as\":\"date\"},"
	"\"phone\":{\"from\":\"phone\",\"as\":\"phone\"},"
	"\"street\":{\"from\":\"street\",\"as\":\"street\"}},"
	"\"comparisons\":["
	"{\"name\":\"name\",\"ladders\":[{\"levels\":["
	"{\"level\":\"exact\",\"when\":\"exact(given)\",\"match\":0.8,\"near\":0.02},"
	"{\"level\":\"alike\",\"when\":\"jaro_winkler(given) >= "
	"0.9\",\"match\":0.15,\"near\":0.03},"
	"{\"level\":\"differs\",\"match\":0.05,\"near\":0.95}]}]},"
	"{\"name\":\"birth\",\"ladders\":[{\"levels\":["
	"{\"level\":\"exact\",\"when\":\"exact(birth)\",\"match\":0.8,\"near\":0.02},"
	"{\"level\":\"digit\",\"when\":\"osa(birth) <= 1\",\"match\":0.15,\"near\":0.02},"
	"{\"level\":\"differs\",\"match\":0.05,\"near\":0.96}]}]},"
	"{\"name\":\"phone\",\"ladders\":[{\"levels\":["
	"{\"level\":\"exact\",\"when\":\"exact(phone)\",\"match\":0.7,\"near\":0.4},"
	"{\"level\":\"differs\",\"match\":0.3,\"near\":0.6}]}]},"
	"{\"name\":\"street\",\"ladders\":[{\"levels\":["
	"{\"level\":\"exact\",\"when\":\"exact(street)\",\"match\":0.8,\"near\":0.9},"
	"{\"level\":\"differs\",\"match\":0.2,\"near\":0.1}]}]}],"
	"\"blocks\":[{\"name\":\"given\",\"keys\":[\"given\"]}]}";

#define FIELDS 4
static const int levels[FIELDS] = {3, 3, 2, 2};

/* A kind of pairs: how many there are, and how often they are on each level. */
struct kind {
	double n;
	double p[FIELDS][3];
};

static const struct kind strangers = {
	1e8, {{1e-3, 2e-3, .997}, {5e-5, 2e-3, .99795}, {1e-6, .999999}, {3e-6, .999997}}};
static const struct kind same = {2000, {{.75, .2, .05}, {.85, .1, .05}, {.6, .4}, {.7, .3}}};
static const struct kind household = {3000,
				      {{.004, .006, .99}, {.01, .01, .98}, {.5, .5}, {.97, .03}}};

static struct crm_spec *spec;

static double all_pairs, chance[CRM_COMPARISONS][CRM_LEVELS];

/* Would blocks hold it? They ask for one field to agree, the name exactly. */
static bool compared(const signed char *l)
{
	return l[0] == 0 || l[1] < 2 || l[2] == 0 || l[3] == 0;
}

/* Adds the pairs of a kind, whole ones; what they do to chance is that of random pairs. */
static void add(struct crm_tally *tally, const struct kind *k)
{
	signed char l[CRM_COMPARISONS] = {0};
	int f, i;

	all_pairs += k->n;
	for (f = 0; f < FIELDS; f++)
		for (i = 0; i < levels[f]; i++)
			chance[f][i] += k->n / strangers.n * k->p[f][i];
	for (l[0] = 0; l[0] < levels[0]; l[0]++)
		for (l[1] = 0; l[1] < levels[1]; l[1]++)
			for (l[2] = 0; l[2] < levels[2]; l[2]++)
				for (l[3] = 0; l[3] < levels[3]; l[3]++) {
					double n = k->n * k->p[0][(int)l[0]] * k->p[1][(int)l[1]]
						   * k->p[2][(int)l[2]] * k->p[3][(int)l[3]];

					if (llround(n) > 0 && compared(l))
						crm_tally_add(tally, crm_pattern(spec, l),
							      (uint64_t)llround(n));
				}
}

static void begin(void)
{
	all_pairs = 0;
	memset(chance, 0, sizeof(chance));
}

/* Fits a model to what was added; chance is that of strangers, nearly, as random pairs are. */
static struct crm_model fitted(struct crm_tally *tally, const struct crm_pattern_label *labels,
			       size_t n_labels)
{
	struct crm_model m = {.spec = spec};

	memcpy(m.chance, chance, sizeof(chance));
	crm_model_fit(&m, tally->count, tally->n, all_pairs, labels, n_labels);
	m.records = (uint64_t)all_pairs; /* for pairs_in */
	return m;
}

static double pairs_in(const struct crm_model *m, int class)
{
	return m->share[class] * (double)m->records;
}

static bool is_near(double got, double want, double by, const char *what)
{
	bool good = fabs(got - want) <= by;

	ok(good, "%s", what);
	if (!good)
		printf("#      got: %g\n# expected: %g\n", got, want);
	return good;
}

/* How far the probabilities of a class are from those of a kind, at most. */
static double furthest(const struct crm_model *m, int class, const struct kind *k)
{
	double far = 0;
	int f, l;

	for (f = 0; f < FIELDS; f++)
		for (l = 0; l < levels[f]; l++)
			far = fmax(far, fabs(m->p[class][f][l] - k->p[f][l]));
	return far;
}

static void test_without_households(void)
{
	struct crm_tally tally = CRM_TALLY_INIT;
	struct crm_model m;

	begin();
	add(&tally, &strangers);
	add(&tally, &same);
	m = fitted(&tally, NULL, 0);
	is_near(pairs_in(&m, CRM_MATCH), same.n, same.n * .02, "no households: so many match");
	is_near(furthest(&m, CRM_MATCH, &same), 0, .02, "their levels come out");
	ok(pairs_in(&m, CRM_NEAR) < same.n * .005, "and next to none are near");
	crm_tally_release(&tally);
}

static void test_with_households(void)
{
	struct crm_tally tally = CRM_TALLY_INIT;
	struct crm_model m;

	begin();
	add(&tally, &strangers);
	add(&tally, &same);
	add(&tally, &household);
	m = fitted(&tally, NULL, 0);
	is_near(pairs_in(&m, CRM_MATCH), same.n, same.n * .05, "households: so many match");
	is_near(pairs_in(&m, CRM_NEAR), household.n, household.n * .2, "so many are near");
	is_near(furthest(&m, CRM_MATCH, &same), 0, .03, "the levels of matches come out");
	is_near(furthest(&m, CRM_NEAR, &household), 0, .1,
		"those of households nearly, which the prior holds to what is usual");
	crm_tally_release(&tally);
}

/* A third of the matches are badly worn: none of these may be taken for a household. */
static void test_worn(void)
{
	static const struct kind worn = {1000, {{.3, .4, .3}, {.4, .4, .2}, {.3, .7}, {.5, .5}}};
	struct crm_tally tally = CRM_TALLY_INIT;
	struct crm_model m;

	begin();
	add(&tally, &strangers);
	add(&tally, &same);
	add(&tally, &worn);
	m = fitted(&tally, NULL, 0);
	is_near(pairs_in(&m, CRM_MATCH), same.n + worn.n, (same.n + worn.n) * .1,
		"clean and worn pairs match alike");
	ok(pairs_in(&m, CRM_NEAR) < worn.n * .05, "worn pairs are not near");
	crm_tally_release(&tally);
}

/* Copies with just one mistake, in the name or in the birth date. Were fields independent, as
 * many would have none, and as many both. */
static void test_one_mistake(void)
{
	static const struct kind in_name = {1000, {{0, .9, .1}, {1, 0, 0}, {.6, .4}, {.7, .3}}};
	static const struct kind in_birth = {1000, {{1, 0, 0}, {0, .9, .1}, {.6, .4}, {.7, .3}}};
	struct crm_tally tally = CRM_TALLY_INIT;
	struct crm_model m;
	double both;

	begin();
	add(&tally, &strangers);
	add(&tally, &in_name);
	add(&tally, &in_birth);
	m = fitted(&tally, NULL, 0);
	is_near(pairs_in(&m, CRM_MATCH), 2000, 60, "one mistake each: so many match");
	is_near(m.worn, .5, .1, "half of them of the other kind");
	both = (1 - m.worn) * m.kind[CRM_CLEAN][0][1] * m.kind[CRM_CLEAN][1][1]
	       + m.worn * m.kind[CRM_WORN][0][1] * m.kind[CRM_WORN][1][1];
	ok(both < .05, "few have both mistakes (independent: .2; got %.3f)", both);
	crm_tally_release(&tally);
}

/* A level that no random pair reached: the pairs compared tell how rare it is. */
static void test_rare(void)
{
	struct crm_tally tally = CRM_TALLY_INIT;
	struct crm_model m = {.spec = spec};
	struct kind k = strangers;

	k.p[1][1] = 5e-6; /* 500 pairs, and 200 of the matches */
	k.p[1][2] = 1 - k.p[1][0] - k.p[1][1];
	begin();
	add(&tally, &k);
	add(&tally, &same);
	memcpy(m.chance, chance, sizeof(chance));
	m.chance[1][1] = 2e-6; /* as if one of 500,000 */
	m.rare[1][1] = true;
	m.reach[1][0] = 1;
	crm_model_fit(&m, tally.count, tally.n, k.n + same.n, NULL, 0);
	is_near(m.p[CRM_UNRELATED][1][1] / 5e-6, 1, .15, "what was not sampled is counted");
	is_near(m.p[CRM_MATCH][1][1], .1, .02, "and is not lost to matches");
	crm_tally_release(&tally);
}

/* Households only, which nothing tells from matches but the judgements. */
static void test_labels(void)
{
	struct crm_tally tally = CRM_TALLY_INIT;
	struct crm_pattern_label label = {0};
	signed char l[CRM_COMPARISONS] = {1, 2, 1, 0};
	struct crm_model before, after;

	begin();
	add(&tally, &strangers);
	add(&tally, &same);
	before = fitted(&tally, NULL, 0);
	label.pattern = crm_pattern(spec, l);
	label.same = 400; /* name alike, birth date differs */
	after = fitted(&tally, &label, 1);
	ok(after.p[CRM_MATCH][1][2] > before.p[CRM_MATCH][1][2] + .08,
	   "judged pairs teach what matches are like");
	is_near(pairs_in(&after, CRM_MATCH), pairs_in(&before, CRM_MATCH), 60,
		"but not how many there are");
	crm_tally_release(&tally);
}

static void test_json(void)
{
	struct crm_tally tally = CRM_TALLY_INIT;
	struct crm_str first = CRM_STR_INIT, second = CRM_STR_INIT;
	struct crm_model m, back;
	struct crm_err err;

	begin();
	add(&tally, &strangers);
	add(&tally, &same);
	m = fitted(&tally, NULL, 0);
	m.calibration = (struct crm_calibration){.9, -1.5};
	m.judged = 30;
	crm_model_write(&m, &first);
	ok(crm_model_read(&back, spec, (struct crm_slice){first.ptr, first.len}, &err) == CRM_OK,
	   "a model is read back");
	crm_model_write(&back, &second);
	is_str(second.ptr, first.ptr, "and is the same");
	crm_str_release(&first);
	crm_str_release(&second);
	crm_tally_release(&tally);
}

/* ---- calibration ---- */

/* Judgements as they are expected, for n pairs of each weight. */
static size_t judge(struct crm_judged *out, double slope, double offset, int n)
{
	size_t k = 0;
	double w;
	int i;

	for (w = -8; w <= 8; w += .25)
		for (i = 0; i < n; i++)
			out[k++] = (struct crm_judged){w, crm_probability(slope * w + offset)};
	return k;
}

static void test_calibration(void)
{
	struct crm_judged *judged = crm_malloc(65 * 40 * sizeof(*judged));
	struct crm_calibration c;
	size_t n = judge(judged, .7, 2, 20), used;

	c = crm_calibrate(judged, n, &used);
	is_near(c.slope, .7, .05, "the slope comes out");
	is_near(c.offset, 2, .2, "the offset as well");
	ok(used == n, "all took part");
	n = judge(judged, 1, 0, 1);
	c = crm_calibrate(judged, n, &used);
	ok(fabs(c.slope - 1) < .02 && fabs(c.offset) < .05, "right weights stay as they are");
	for (n = 0; n < 200; n++)
		judged[n] = (struct crm_judged){n % 7 - 2.0, n >= 49};
	c = crm_calibrate(judged, n, &used);
	ok(used == 0 && c.slope >= 1 && c.slope <= 1 && c.offset >= 0 && c.offset <= 0,
	   "forty-nine no say too little");
	for (n = 0; n < 2000; n++)
		judged[n] = (struct crm_judged){n % 7 - 2.0, n >= 60};
	c = crm_calibrate(judged, n, &used);
	ok(used == 0 && c.offset >= 0 && c.offset <= 0,
	   "nor do pairs that were picked as true ones");
	free(judged);
}

int main(void)
{
	struct crm_err err;

	if (crm_spec_read(&spec, CRM_SLICE(linkage), "test", CRM_SLICE(""), &err) != CRM_OK) {
		printf("# %s\n", err.text);
		return 1;
	}
	test_without_households();
	test_with_households();
	test_worn();
	test_one_mistake();
	test_rare();
	test_labels();
	test_json();
	test_calibration();
	crm_spec_free(spec);
	return done();
}
