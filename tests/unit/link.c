/* SPDX-License-Identifier: MIT */
/* Linkage on stores made here: blocking against a count over all pairs, estimation on data
 * whose parameters are known, weights that add up, and the same result on any number of
 * threads. */
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "link/cluster.h"
#include "link/evaluate.h"
#include "link/explain.h"
#include "link/link.h"
#include "link/similarity.h"
#include "tap.h"

static struct crm_spec *spec; /* ours */
static char folder[] = "/tmp/crm-link.XXXXXX";
static char path[64];

static struct crm_db *new_store(void)
{
	struct crm_db *db;

	unlink(path);
	if (crm_db_open(&db, path, CRM_DB_CREATE) != CRM_OK
	    || crm_db_exec(db, "INSERT INTO source VALUES (1, 't', '', 'crm');"
			       "INSERT INTO batch (id, source_id, file, mapping, started_at)"
			       " VALUES (1, 1, '-', '{}', 0)")
		       != CRM_OK)
		exit(70);
	return db;
}

static uint32_t draw(uint64_t *state, uint32_t n)
{
	*state = crm_hash64_with(*state, 1);
	return (uint32_t)(*state >> 33) % n;
}

struct made {
	char given[16], family[16], birth[16], email[32];
};

/* Few values, so that many records meet. */
static void make(uint64_t *state, struct made *m)
{
	static const char *const given[] = {"Anna", "Anne", "Bert", "Carl",
					    "Dora", "Emil", "Smith"};
	static const char *const family[] = {"Smith", "Smyth", "Jones", "Anna", "Khan", "Ng"};

	memset(m, 0, sizeof(*m));
	if (draw(state, 8))
		strcpy(m->given, given[draw(state, 7)]);
	if (draw(state, 8))
		strcpy(m->family, family[draw(state, 6)]);
	if (draw(state, 4))
		snprintf(m->birth, sizeof(m->birth), "19%02u-%02u-%02u", 70 + draw(state, 3),
			 1 + draw(state, 2), 1 + draw(state, 9));
	if (draw(state, 2))
		snprintf(m->email, sizeof(m->email), "%c%u@%c.example", 'a' + (int)draw(state, 3),
			 (unsigned int)draw(state, 20), 'x' + (int)draw(state, 2));
}

static void insert(struct crm_db *db, int id, const struct made *m)
{
	char *sql = sqlite3_mprintf(
		"INSERT INTO person (id, canon_id, created_at) VALUES (%d, %d, 0);"
		"INSERT INTO profile (id, source_id, key, batch_id, line, seen_at, person_id, "
		"given,"
		" family, birth_date, raw) VALUES (%d, 1, '%d', 1, 1, 0, %d, nullif(%Q, ''),"
		" nullif(%Q, ''), nullif(%Q, ''), '{\"n\":%d}');"
		"INSERT OR IGNORE INTO endpoint (kind, scope, value) SELECT 'email', '', %Q"
		" WHERE %Q <> '';"
		"INSERT INTO profile_endpoint SELECT %d, id FROM endpoint WHERE value = %Q",
		id, id, id, id, id, m->given, m->family, m->birth, id, m->email, m->email, id,
		m->email);

	if (crm_db_exec(db, sql) != CRM_OK)
		printf("# %s\n", crm_db_err(db)->text);
	sqlite3_free(sql);
}

#define N 300

static struct crm_link *random_link(struct made made[N], struct crm_db **db)
{
	struct crm_link *link;
	uint64_t state = 42;
	int i;

	*db = new_store();
	crm_db_begin(*db);
	for (i = 0; i < N; i++) {
		make(&state, &made[i]);
		insert(*db, i + 1, &made[i]);
	}
	crm_db_commit(*db);
	if (crm_link_new(*db, spec, 2, true, &link) != CRM_OK)
		printf("# %s\n", crm_db_err(*db)->text);
	return link;
}

/* ---- blocking ---- */

static bool eq(const char *a, const char *b)
{
	return *a && *b && strcmp(a, b) == 0;
}

static uint32_t sound(const char *s)
{
	char lower[16];
	int i;

	for (i = 0; s[i]; i++)
		lower[i] = (char)(s[i] | 0x20);
	return crm_soundex((struct crm_slice){lower, (size_t)i});
}

/* The rules of people.json, as far as others do not contain them, over what these records
 * have. */
static bool should_meet(const struct made *a, const struct made *b)
{
	const char *x = *a->family ? a->family : a->given, *y = *b->family ? b->family : b->given;

	if (*a->email && *b->email && strcspn(a->email, "@") == strcspn(b->email, "@")
	    && strncmp(a->email, b->email, strcspn(a->email, "@")) == 0)
		return true; /* mailbox, and so e-mail */
	if (eq(a->birth, b->birth) || eq(a->given, b->given) || eq(x, y))
		return true;
	if (!*a->given || !*a->family || !*b->given || !*b->family)
		return false;
	if (eq(a->given, b->family) && eq(a->family, b->given))
		return true;
	if (sound(a->given) == sound(b->given) && sound(a->family) == sound(b->family))
		return true;
	return (strncmp(a->given, b->given, 3) == 0 && *a->family == *b->family)
	       || (*a->given == *b->given && strncmp(a->family, b->family, 3) == 0);
}

static unsigned char met[N][N];

static void meet(void *data, const struct crm_mates *m)
{
	uint32_t i, a, b;

	(void)data;
	for (i = 0; i < m->n; i++) {
		a = m->record < m->mate[i] ? m->record : m->mate[i];
		b = m->record < m->mate[i] ? m->mate[i] : m->record;
		met[a][b]++;
	}
}

static void run_blocks(const struct crm_people *people, uint32_t cap, const bool *wanted)
{
	static struct crm_plan plan;
	struct crm_blocks *blocks;
	size_t i;

	crm_plan_all(&plan, spec, cap);
	blocks = crm_blocks_build(people, &plan, 2, wanted);

	memset(met, 0, sizeof(met));
	for (i = 0; i < crm_blocks_jobs(blocks); i++)
		crm_blocks_each(blocks, i, meet, NULL);
	crm_blocks_free(blocks);
}

static void blocking(void)
{
	int a, b, missed = 0, extra = 0, twice = 0, pairs = 0, capped = 0, outside = 0;
	bool wanted[N] = {[5] = true, [77] = true};
	struct made made[N];
	struct crm_db *db;
	struct crm_link *l = random_link(made, &db);

	run_blocks(l->people, 100000, NULL);
	for (a = 0; a < N; a++)
		for (b = a + 1; b < N; b++) {
			bool should = should_meet(&made[a], &made[b]);

			pairs += should;
			missed += should && !met[a][b];
			extra += !should && met[a][b];
			twice += met[a][b] > 1;
		}
	ok(pairs > 500, "the records share enough to tell (%d pairs)", pairs);
	is_int(missed, 0, "every pair that a rule names is yielded");
	is_int(extra, 0, "and no other");
	is_int(twice, 0, "each once, by whatever rules");
	run_blocks(l->people, 4, NULL);
	for (a = 0; a < N; a++)
		for (b = a + 1; b < N; b++) {
			capped += met[a][b];
			extra += met[a][b] && !should_meet(&made[a], &made[b]);
		}
	ok(capped > 0 && capped < pairs && extra == 0, "a cap leaves pairs out and adds none");
	run_blocks(l->people, 100000, wanted);
	for (a = 0; a < N; a++)
		for (b = a + 1; b < N; b++) {
			bool asked = wanted[a] || wanted[b];

			outside += met[a][b] != (asked && should_meet(&made[a], &made[b]));
		}
	is_int(outside, 0, "asked for two records: their pairs, all, and no others");
	crm_link_free(l);
	crm_db_close(db);
}

/* ---- estimation ---- */

static const double truth[CRM_CLASSES][4][12] = {
	{{.0005, .0003, .004, .001, .004, .03, .012, .02, .05, .8782},
	 {.0001, .003, .004, .02, .25, .7229},
	 {.0005, .9995},
	 {.0001, .0009, .999}},
	{{.7, .01, .1, .06, .05, .02, .02, .02, .01, .01},
	 {.85, .08, .03, .02, .01, .01},
	 {.75, .25},
	 {.8, .1, .1}},
	{{.01, .01, .02, .01, .01, .03, .65, .03, .03, .2},
	 {.01, .02, .02, .05, .3, .6},
	 {.1, .9},
	 {.5, .02, .48}},
};
static const double shares[CRM_CLASSES] = {.995, .002, .003};
static const int levels_of[4] = {10, 6, 2, 3};

/* Comparisons of so many levels. */
static const char drawn[] =
	"{\"columns\": {\"a\": {\"from\": \"given\", \"as\": \"name\"}},"
	"\"comparisons\": ["
	"{\"name\": \"name\", \"ladders\": [{\"levels\": ["
	"{\"level\": \"0\", \"when\": \"jaro_winkler(a) >= 0.90\", \"match\": 0.66, \"near\": "
	"0.01},"
	"{\"level\": \"1\", \"when\": \"jaro_winkler(a) >= 0.89\", \"match\": 0.02, \"near\": "
	"0.001},"
	"{\"level\": \"2\", \"when\": \"jaro_winkler(a) >= 0.88\", \"match\": 0.1, \"near\": 0.03},"
	"{\"level\": \"3\", \"when\": \"jaro_winkler(a) >= 0.87\", \"match\": 0.08, \"near\": "
	"0.01},"
	"{\"level\": \"4\", \"when\": \"jaro_winkler(a) >= 0.86\", \"match\": 0.05, \"near\": "
	"0.005},"
	"{\"level\": \"5\", \"when\": \"jaro_winkler(a) >= 0.85\", \"match\": 0.02, \"near\": "
	"0.02},"
	"{\"level\": \"6\", \"when\": \"jaro_winkler(a) >= 0.84\", \"match\": 0.02, \"near\": 0.6},"
	"{\"level\": \"7\", \"when\": \"jaro_winkler(a) >= 0.83\", \"match\": 0.02, \"near\": "
	"0.05},"
	"{\"level\": \"8\", \"when\": \"jaro_winkler(a) >= 0.82\", \"match\": 0.01, \"near\": "
	"0.05},"
	"{\"level\": \"9\", \"match\": 0.02, \"near\": 0.25}]}]}"
	",{\"name\": \"birth_date\", \"ladders\": [{\"levels\": ["
	"{\"level\": \"0\", \"when\": \"jaro_winkler(a) >= 0.90\", \"match\": 0.8, \"near\": 0.02},"
	"{\"level\": \"1\", \"when\": \"jaro_winkler(a) >= 0.89\", \"match\": 0.08, \"near\": "
	"0.02},"
	"{\"level\": \"2\", \"when\": \"jaro_winkler(a) >= 0.88\", \"match\": 0.04, \"near\": "
	"0.01},"
	"{\"level\": \"3\", \"when\": \"jaro_winkler(a) >= 0.87\", \"match\": 0.03, \"near\": "
	"0.03},"
	"{\"level\": \"4\", \"when\": \"jaro_winkler(a) >= 0.86\", \"match\": 0.03, \"near\": 0.3},"
	"{\"level\": \"5\", \"match\": 0.02, \"near\": 0.62}]}]}"
	",{\"name\": \"email\", \"ladders\": [{\"levels\": ["
	"{\"level\": \"0\", \"when\": \"jaro_winkler(a) >= 0.90\", \"match\": 0.7, \"near\": 0.05},"
	"{\"level\": \"1\", \"match\": 0.3, \"near\": 0.95}]}]}"
	",{\"name\": \"phone\", \"ladders\": [{\"levels\": ["
	"{\"level\": \"0\", \"when\": \"jaro_winkler(a) >= 0.90\", \"match\": 0.7, \"near\": 0.4},"
	"{\"level\": \"1\", \"when\": \"jaro_winkler(a) >= 0.89\", \"match\": 0.05, \"near\": "
	"0.01},"
	"{\"level\": \"2\", \"match\": 0.25, \"near\": 0.59}]}]}"
	"], \"blocks\": [{\"name\": \"a\", \"keys\": [\"a\"]}]}";
static struct crm_spec *of_drawn;

/* The expected count of each pattern of these fields among a thousand million pairs drawn
 * from these parameters. */
static size_t expected_counts(struct crm_pattern_count *out, double all)
{
	signed char level[CRM_COMPARISONS];
	size_t n = 0;
	int i, c, f, l[4];

	for (i = 0; i < 10 * 6 * 2 * 3; i++) {
		double count = 0;

		memset(level, CRM_LEVEL_NONE, sizeof(level));
		l[0] = i % 10;
		l[1] = i / 10 % 6;
		l[2] = i / 60 % 2;
		l[3] = i / 120;
		for (f = 0; f < 4; f++)
			level[f] = (signed char)l[f];
		for (c = 0; c < CRM_CLASSES; c++) {
			double p = shares[c] * all;

			for (f = 0; f < 4; f++)
				p *= truth[c][f][l[f]];
			count += p;
		}
		out[n++] = (struct crm_pattern_count){crm_pattern(of_drawn, level),
						      (uint64_t)llround(count)};
	}
	return n;
}

/* As if it had been counted over all pairs. */
static void set_chance(struct crm_model *m)
{
	int c, f, l;

	m->spec = of_drawn;
	for (f = 0; f < 4; f++)
		for (l = 0; l < levels_of[f]; l++)
			for (c = 0, m->chance[f][l] = 0; c < CRM_CLASSES; c++)
				m->chance[f][l] += shares[c] * truth[c][f][l];
}

static void estimation(void)
{
	static struct crm_pattern_count counts[360];
	static struct crm_model m;
	double worst[CRM_CLASSES] = {0};
	struct crm_err err;
	int c, f, l;
	size_t n;

	if (!ok(crm_spec_read(&of_drawn, CRM_SLICE(drawn), "drawn", CRM_SLICE(""), &err) == CRM_OK,
		"the comparisons are read"))
		printf("# %s\n", err.text);
	n = expected_counts(counts, 1e9);
	set_chance(&m);
	crm_model_fit(&m, counts, n, 1e9, NULL, 0);
	for (c = 0; c < CRM_CLASSES; c++)
		for (f = 0; f < 4; f++)
			for (l = 0; l < levels_of[f]; l++)
				worst[c] = fmax(worst[c], fabs(m.p[c][f][l] - truth[c][f][l]));
	printf("# shares %.5f %.5f, worst %.5f %.5f %.5f, %d rounds\n", m.share[1], m.share[2],
	       worst[0], worst[1], worst[2], m.rounds);
	ok(fabs(m.share[CRM_MATCH] - .002) < .0001, "the share of matches is recovered");
	ok(worst[CRM_MATCH] < .01, "and the probabilities of a match");
	ok(worst[CRM_UNRELATED] < .002, "and those of unrelated pairs, from chance");
	ok(worst[CRM_NEAR] < .12, "and those of near pairs, as far as their prior lets them");
	crm_spec_free(of_drawn);
}

/* ---- weights ---- */

static void weights(const struct crm_link *l)
{
	double worst = 0, worst_filter = 0, worst_turned = 0;
	size_t i;
	int f;

	for (i = 0; i < l->n_pairs; i++) {
		struct crm_score s, turned;
		double sum;

		crm_scorer_explain(l->scorer, l->pairs[i].a, l->pairs[i].b, &s);
		crm_scorer_explain(l->scorer, l->pairs[i].b, l->pairs[i].a, &turned);
		worst_turned = fmax(worst_turned, fabs(turned.weight - s.weight));
		sum = s.prior + s.together + s.near + s.calibration;
		for (f = 0; f < spec->n_comparisons; f++)
			sum += s.bits[f] + s.rarity[f];
		worst = fmax(worst, fabs(sum - s.weight));
		worst_filter = fmax(worst_filter, fabs((double)l->pairs[i].weight - s.weight));
	}
	ok(l->n_pairs > 100, "there are pairs to look at (%zu)", l->n_pairs);
	ok(worst < 1e-9, "prior, fields, rarity and the pair as a whole add up to the weight");
	ok(worst_filter < .01, "the quick weight is that of the explanation, but for rounding");
	ok(worst_turned < .002, "which of the two is first makes no difference");
	ok(fabs(crm_probability(crm_weight(.95)) - .95) < 1e-12, "probability and weight invert");
}

static void take_lines(void *out, const struct crm_str *lines, size_t upto)
{
	(void)upto;
	crm_str_add(out, lines->ptr, lines->len);
}

static struct crm_str lines_with(struct crm_db *db, uint64_t seed, unsigned int threads)
{
	struct crm_link_options o = {.seed = seed, .threads = threads};
	struct crm_str out = CRM_STR_INIT;
	struct crm_link *l;

	crm_link_new(db, spec, threads, true, &l);
	crm_link_compare(l, &o);
	crm_link_estimate(l, &o);
	crm_model_write(&l->model, &out);
	crm_link_score(l, -5, &o);
	crm_link_explain(l, threads, take_lines, &out);
	crm_link_free(l);
	return out;
}

static void whole(void)
{
	struct crm_link_options o = {.seed = 1, .threads = 2};
	struct crm_str one, two, again = CRM_STR_INIT, model = CRM_STR_INIT;
	static struct crm_model read;
	struct made made[N];
	struct crm_err err;
	struct crm_db *db;
	struct crm_link *l = random_link(made, &db);

	crm_link_compare(l, &o);
	crm_link_estimate(l, &o);
	crm_link_score(l, -40, &o);
	weights(l);
	crm_model_write(&l->model, &model);
	ok(crm_model_read(&read, spec, (struct crm_slice){model.ptr, model.len}, &err) == CRM_OK,
	   "a model written can be read");
	crm_model_write(&read, &again);
	is_str(again.ptr, model.ptr, "and is the same");
	ok(crm_model_read(&read, spec, CRM_SLICE("{\"share\":{\"match\":1}}"), &err) == CRM_DATA,
	   "what is no model is refused");
	crm_link_free(l);
	one = lines_with(db, 1, 1);
	two = lines_with(db, 1, 5);
	ok(one.len == two.len && memcmp(one.ptr, two.ptr, one.len) == 0,
	   "one thread or five: the same bytes");
	crm_str_release(&one);
	crm_str_release(&two);
	crm_str_release(&again);
	crm_str_release(&model);
	crm_db_close(db);
}

/* ---- few records, none, and clusters ---- */

static void tiny(void)
{
	struct made m = {"Ada", "Lovelace", "1815-12-10", "ada@x.example"};
	struct crm_db *db = new_store();
	struct crm_str out;
	int i;

	for (i = 0; i < 3; i++) {
		out = lines_with(db, 1, 2);
		ok(out.len > 0, "%d records: no crash", i);
		ok((strstr(out.ptr, "\"type\":\"match\"") != NULL) == (i == 2),
		   "%d equal records: %s", i, i == 2 ? "a match" : "no match");
		ok(!strstr(out.ptr, "nan") && !strstr(out.ptr, "null"), "and only numbers");
		crm_str_release(&out);
		insert(db, i + 1, &m);
	}
	crm_db_close(db);
}

static void clusters(void)
{
	struct crm_clusters c;

	crm_clusters_init(&c, 6);
	ok(crm_clusters_join(&c, 0, 1) && crm_clusters_join(&c, 2, 3), "two pairs are joined");
	ok(crm_clusters_join(&c, 1, 2) && !crm_clusters_join(&c, 0, 3), "and then with each other");
	ok(crm_clusters_root(&c, 0) == crm_clusters_root(&c, 3)
		   && crm_clusters_root(&c, 4) != crm_clusters_root(&c, 5),
	   "those joined have one root, others their own");
	is_int(c.size[crm_clusters_root(&c, 2)], 4, "which knows how many they are");
	crm_clusters_release(&c);
}

/* Four records: 0-1 and 2-3 are true, as is 0-4, which no pair has. By hand: at any weight
 * below 3 pairs 0-1, 1-2 are found. */
static void evaluation(void)
{
	static struct crm_pair pairs[] = {{0, 1, 8, 0}, {1, 2, 5, 0}, {2, 3, 2, 0}};
	struct crm_truth_row who[] = {{0, 1}, {1, 1}, {2, 2}, {3, 2}, {4, 1}};
	int64_t person[] = {7, 7, 7, 8, 9};
	struct crm_people people = {.n = 5, .person = person};
	struct crm_link l = {.people = &people, .pairs = pairs, .n_pairs = 3};
	uint32_t *size = crm_calloc(3, sizeof(*size));
	struct crm_metric all[CRM_METRICS], *m = all + 1;
	struct crm_truth t;

	size[1] = 3, size[2] = 2;
	crm_truth_make(&t, 5, who, 5, size, 2);
	is_int((int64_t)t.pairs, 4, "true pairs: 0-1, 0-4, 1-4, 2-3");
	crm_evaluate(&l, &t, all);
	ok(m[0].found == 3 && m[0].right == 2 && m[0].all == 4, "blocks: 2 of 4 true pairs");
	ok(m[2].found == 2 && m[2].right == 1, "pairs at .95: two, one of them right");
	ok(m[3].found == 1 && m[3].right == 1, "pairs at .99: one, right");
	ok(fabs(m[1].f1 - 2 * 2.0 / (3 + 4)) < 1e-12, "F1 at .5");
	ok(m[5].found == 6 && m[5].right == 2, "clusters at .5: one of four records, 6 pairs");
	ok(m[6].found == 3 && m[6].right == 1, "clusters at .95: one of three records, 3 pairs");
	ok(m[4].best && m[4].right == 2, "the best pairs are all three");
	ok(all[0].found == 3 && all[0].right == 1, "people: 0, 1 and 2, of whom 0-1 is right");
	/* 0 and 1: 2/3 of 3, 2 of 3; 2: 1/3, 1 of 2; 3: 1, 1 of 2; 4: 1, 1 of 3 */
	ok(fabs(all[0].b3_precision - (2 + 1.0 / 3 + 4.0 / 3) / 5) < 1e-12, "B-cubed precision");
	ok(fabs(all[0].b3_recall - (4.0 / 3 + 1 + 1.0 / 3) / 5) < 1e-12, "B-cubed recall");
	crm_truth_release(&t);
}

/* Any number of rows on a record, some of several people, some not in the store, against a
 * count over all pairs of rows. */
#define ROWS 90

struct rows {
	struct crm_truth_row row[ROWS];
	uint32_t n; /* of which in the store */
	uint32_t size[16];
	uint64_t group[24]; /* record → group */
};

static bool agrees(const struct rows *rows, const struct crm_metric *m)
{
	double precision = 0, recall = 0;
	uint64_t found = 0, right = 0;
	uint32_t i, j;

	for (i = 0; i < rows->n; i++) {
		uint32_t in_group = 0, in_both = 0;

		for (j = 0; j < rows->n; j++) {
			bool group = rows->group[rows->row[i].record]
				     == rows->group[rows->row[j].record];

			in_group += group;
			in_both += group && rows->row[i].cluster == rows->row[j].cluster;
		}
		found += in_group - 1;
		right += in_both - 1;
		precision += (double)in_both / in_group;
		recall += (double)in_both / rows->size[rows->row[i].cluster];
	}
	return m->found == found / 2 && m->right == right / 2
	       && fabs(m->b3_precision - precision / rows->n) < 1e-9
	       && fabs(m->b3_recall - recall / ROWS) < 1e-9;
}

/* Of the rows on two records that are a pair, and of those on one. */
static bool pairs_agree(const struct rows *rows, const struct crm_pair *pairs, size_t n,
			const struct crm_metric *m)
{
	uint64_t found = 0, right = 0;
	uint32_t i, j;
	size_t k;

	for (i = 0; i < rows->n; i++)
		for (j = 0; j < i; j++) {
			uint32_t a = rows->row[i].record, b = rows->row[j].record;
			bool together = a == b;

			for (k = 0; k < n; k++)
				together = together || (pairs[k].a == a && pairs[k].b == b)
					   || (pairs[k].a == b && pairs[k].b == a);
			found += together;
			right += together && rows->row[i].cluster == rows->row[j].cluster;
		}
	return m->found == found && m->right == right;
}

static void make_rows(uint64_t *state, struct rows *rows)
{
	uint32_t i, cluster;

	memset(rows, 0, sizeof(*rows));
	for (i = 0; i < ROWS; i++) {
		rows->size[cluster = 1 + draw(state, 15)]++;
		if (draw(state, 6))
			rows->row[rows->n++] = (struct crm_truth_row){
				draw(state, 3) ? cluster : draw(state, 24), cluster};
	}
}

static void evaluation_of_rows(void)
{
	struct crm_pair pairs[] = {
		{1, 4, 9, 0}, {4, 5, 9, 0}, {7, 20, 9, 0}, {3, 15, 9, 0}, {6, 19, -9, 0}};
	struct crm_metric m[CRM_METRICS];
	uint64_t state = 5, groups[24];
	int64_t person[24];
	struct crm_people people = {.n = 24, .person = person};
	struct crm_link l = {.people = &people, .pairs = pairs, .n_pairs = 5};
	bool people_right = true, pairs_right = true, clusters_right = true;
	int turn;

	for (turn = 0; turn < 50; turn++) {
		uint32_t *size = crm_calloc(16, sizeof(*size)), r;
		struct crm_truth t;
		struct rows rows;

		make_rows(&state, &rows);
		memcpy(size, rows.size, sizeof(rows.size));
		for (r = 0; r < 24; r++) {
			person[r] = ((int64_t)1 << 40) + draw(&state, 12);
			rows.group[r] = (uint64_t)person[r];
			groups[r] = r == 4 || r == 5 ? 1 : r == 20 ? 7 : r == 15 ? 3 : r;
		}
		crm_truth_make(&t, 24, rows.row, rows.n, size, 15);
		crm_evaluate(&l, &t, m);
		people_right = people_right && agrees(&rows, &m[0]) && t.rows == ROWS
			       && t.missing == ROWS - rows.n;
		pairs_right = pairs_right && pairs_agree(&rows, pairs, 5, &m[1])
			      && pairs_agree(&rows, pairs, 4, &m[3]);
		memcpy(rows.group, groups, sizeof(groups));
		clusters_right = clusters_right && agrees(&rows, &m[7]);
		crm_truth_release(&t);
	}
	ok(people_right, "many rows on a record: people, as counted over all pairs of rows");
	ok(pairs_right, "so the pairs");
	ok(clusters_right, "and the clusters");
}

int main(void)
{
	struct crm_err err;

	if (crm_spec_load(&spec, NULL, "lib/linkage", &err) != CRM_OK) {
		printf("Bail out! %s\n", err.text);
		return 70;
	}
	if (!mkdtemp(folder))
		return 70;
	snprintf(path, sizeof(path), "%s/t.db", folder);
	blocking();
	estimation();
	whole();
	tiny();
	clusters();
	evaluation();
	evaluation_of_rows();
	unlink(path);
	rmdir(folder);
	crm_spec_free(spec);
	return done();
}
