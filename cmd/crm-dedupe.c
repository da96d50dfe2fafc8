/* SPDX-License-Identifier: MIT */
/* crm-dedupe: finds the profiles that are of one person and says why: match lines, the
 * surest first. It changes nobody; crm-merge does. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"
#include "cli.h"
#include "dedupe.h"
#include "dedupe_groups.h"
#include "dedupe_input.h"
#include "dedupe_plan.h"
#include "link/detail.h"
#include "link/evaluate.h"
#include "link/explain.h"
#include "link/groups.h"
#include "link/link.h"
#include "link/miss.h"
#include "link/review.h"
#include "link/run.h"

enum {
	OPT_ALL = CLI_LONG,
	OPT_NEW,
	OPT_ALL_PAIRS,
	OPT_CLUSTERS,
	OPT_SEED,
	OPT_MODEL,
	OPT_SAVE_MODEL,
	OPT_LINKAGE,
	OPT_LABELS,
	OPT_PRECISION,
	OPT_EVALUATE,
	OPT_TRUTH_ID,
	OPT_TRUTH_CLUSTER,
	OPT_MISSES,
	OPT_PLAN,
	OPT_BUDGET,
	OPT_EXPLAIN,
	OPT_SVG,
	OPT_REVIEW,
	OPT_THREADS
};

static const struct cli_option options[] = {
	{'t', "threshold", "P", "least probability of a match (0.5)"},
	{'n', "dry-run", NULL, "do not keep the model in the store"},
	{OPT_ALL, "all", NULL, "all profiles, whatever is on standard input"},
	{OPT_NEW, "new", NULL, "only profiles that no run over all has seen"},
	{OPT_ALL_PAIRS, "all-pairs", NULL, "also pairs that are one person already"},
	{OPT_CLUSTERS, "clusters", NULL, "a line for each group, instead of for each pair"},
	{OPT_SEED, "seed", "N", "seed of the random pairs (1)"},
	{OPT_MODEL, "model", "FILE", "take the model from FILE instead of estimating one"},
	{OPT_SAVE_MODEL, "save-model", "FILE", "write the model to FILE"},
	{OPT_LINKAGE, "linkage", "FILE", "what is compared, and how: crm-linkage(7)"},
	{OPT_LABELS, "labels", "FILE", "judged pairs, to estimate and calibrate by"},
	{OPT_PRECISION, "precision", "P", "choose the threshold so that this part is right"},
	{OPT_EVALUATE, "evaluate", "FILE", "measure against the truth in a CSV file"},
	{OPT_TRUTH_ID, "truth-id", "COLUMN", "column of FILE that names the record (id)"},
	{OPT_TRUTH_CLUSTER, "truth-cluster", "COLUMN",
	 "column of FILE that names the person (cluster)"},
	{OPT_MISSES, "misses", NULL, "with --evaluate: also what goes wrong, and why"},
	{OPT_PLAN, "plan", NULL, "write which pairs would be compared, and why"},
	{OPT_BUDGET, "budget", "N", "pairs to compare, about (4 a profile, and 500000)"},
	{OPT_EXPLAIN, "explain", NULL, "how profiles A and B come to their weight"},
	{OPT_SVG, "svg", NULL, "with --explain: as a picture"},
	{OPT_REVIEW, "review", "N", "ask about the N pairs that teach most"},
	{OPT_THREADS, "threads", "N", "threads (one per processor)"},
	{0},
};

static const struct cli_command command = {
	.name = "crm-dedupe",
	.purpose = "find the profiles that are of one person",
	.synopsis = "[< RECORDS] | --explain A B",
	.options = options,
	.example = "  crm-dedupe | jq -c 'select(.probability > 0.99)' | crm-merge",
};

struct opts {
	double threshold, precision; /* precision 0: not asked for */
	bool misses, dry_run, all, only_new, plan, explain, clusters;
	int64_t seen;               /* only_new: profiles up to this one are not */
	struct dedupe_input *input; /* NULL: none */
	struct dedupe_pair pair;
	size_t review;
	const char *model, *save_model, *linkage, *labels, *truth, *truth_id, *truth_cluster;
	struct crm_str model_text;
	struct crm_link_options link;
};

#define JUNK_SHOWN 5
#define LEAST_PROBABLE 0.02    /* with --precision: less is never worth writing */
#define EVALUATED_FROM (-60.0) /* bits: less is no pair worth counting */

/* ---- the specification ---- */

/* Where ours is, and the user's own. */
struct folders {
	struct crm_str config, data;
};

static void folders_find(const struct cli *cli, struct folders *f)
{
	char *end;

	cli_config_dir(cli, &f->config);
	if (cli_own_data("linkage", "people.json", &f->data) && (end = strrchr(f->data.ptr, '/')))
		*end = '\0';
}

/* The specification that a model carries; an error names the file, and what would be one. */
static enum crm_status linkage_of_model(const char *path, const struct crm_str *text,
					struct crm_str *json, struct crm_err *err)
{
	struct crm_err why;
	enum crm_status rc;

	rc = crm_model_linkage((struct crm_slice){text->ptr, text->len}, json, &why);
	if (rc != CRM_OK)
		crm_fail(err, rc, "%s: %s; --save-model and crm-linkage import write models", path,
			 why.text);
	return rc;
}

/* Reads the specification of a file, or the one that a model carries. */
static enum crm_status read_spec(const struct folders *f, const char *path, bool model,
				 struct crm_str *text, struct crm_spec **out, struct crm_err *err)
{
	struct crm_str nicknames = CRM_STR_INIT, json = CRM_STR_INIT;
	enum crm_status rc = crm_file_read(path, text, err);

	if (rc == CRM_OK && model)
		rc = linkage_of_model(path, text, &json, err);
	else if (rc == CRM_OK)
		crm_str_add(&json, text->ptr, text->len);
	if (rc == CRM_OK)
		rc = crm_spec_nicknames(f->config.len ? f->config.ptr : NULL, f->data.ptr,
					&nicknames, err);
	if (rc == CRM_OK)
		rc = crm_spec_read(out, (struct crm_slice){json.ptr, json.len}, path,
				   (struct crm_slice){nicknames.ptr, nicknames.len}, err);
	crm_str_release(&nicknames);
	crm_str_release(&json);
	return rc;
}

/* The specification in force: that of --model, of --linkage, the user's own, or ours. Of a
 * model its text is in o->model_text. */
static enum crm_status find_spec(const struct cli *cli, struct opts *o, struct crm_spec **out,
				 struct crm_err *err)
{
	struct folders f = {CRM_STR_INIT, CRM_STR_INIT};
	struct crm_str ignored = CRM_STR_INIT;
	enum crm_status rc;

	folders_find(cli, &f);
	if (o->model)
		rc = read_spec(&f, o->model, true, &o->model_text, out, err);
	else if (o->linkage)
		rc = read_spec(&f, o->linkage, false, &ignored, out, err);
	else
		rc = crm_spec_load(out, f.config.len ? f.config.ptr : NULL, f.data.ptr, err);
	crm_str_release(&ignored);
	crm_str_release(&f.config);
	crm_str_release(&f.data);
	return rc;
}

/* ---- the model ---- */

/* As a line. */
static enum crm_status write_file(const char *path, const struct crm_str *text, struct crm_err *err)
{
	FILE *file = fopen(path, "wb");
	bool good;

	if (!file)
		return crm_fail(err, CRM_IO, "cannot write '%s': %s", path, strerror(errno));
	good = fwrite(text->ptr, 1, text->len, file) == text->len && putc('\n', file) != EOF;
	good = fclose(file) == 0 && good;
	return good ? CRM_OK : crm_fail(err, CRM_IO, "cannot write '%s'", path);
}

/* A model that is given: by --model, or for a few records the one in the store, unless the
 * store has more than doubled since. A budget chooses rules anew. */
static enum crm_status find_model(struct opts *o, struct crm_db *db, struct crm_link *link,
				  bool *found)
{
	struct crm_err ignored; /* of an earlier version, or another specification: none */
	enum crm_status rc = CRM_OK;

	*found = false;
	if (!o->model && link->wanted) {
		crm_str_clear(&o->model_text);
		rc = crm_run_load(db, &o->model_text);
	}
	if (rc == CRM_OK && o->model_text.len > 0) {
		struct crm_slice text = {o->model_text.ptr, o->model_text.len};

		rc = crm_run_read(link, text, o->model ? crm_db_err(db) : &ignored);
		*found = rc == CRM_OK && (o->model || link->model.records * 2 >= link->people->n);
		rc = o->model ? rc : CRM_OK;
	}
	if (!*found || o->link.budget) {
		free(link->plan);
		link->plan = NULL;
	}
	return rc;
}

/* Writes the model to a file, and to the store if it is new. */
static enum crm_status keep_model(const struct opts *o, struct crm_db *db,
				  const struct crm_link *link, bool estimated)
{
	struct crm_str json = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;

	crm_run_write(link, crm_blocks_plan(link->blocks), &json);
	if (o->save_model)
		rc = write_file(o->save_model, &json, crm_db_err(db));
	if (rc == CRM_OK && estimated && !o->dry_run && !o->truth)
		rc = crm_run_save(db, (struct crm_slice){json.ptr, json.len});
	crm_str_release(&json);
	return rc;
}

/* What is left out of a column: the most frequent, and how many more. */
static void note_junk(const struct cli *cli, const struct crm_people *p, int column)
{
	const struct crm_column *c = &p->col[column];
	struct crm_str value = CRM_STR_INIT;
	uint32_t i;

	for (i = 0; i < c->n_junk && i < JUNK_SHOWN; i++) {
		crm_str_clear(&value);
		crm_utf8_printable(&value, crm_pool_get(c->keys, c->junk[i].key));
		cli_note(cli, "%s: %s left out, %u records of many people have it",
			 p->spec->column[column].name, value.ptr, c->junk[i].records);
	}
	if (i < c->n_junk)
		cli_note(cli, "%s: %u more values like this left out", p->spec->column[column].name,
			 c->n_junk - i);
	crm_str_release(&value);
}

/* A path into the records that none of them has may be a slip; other columns may be empty. */
static void note_unknown(const struct cli *cli, const struct crm_people *p, int column)
{
	const struct crm_column_spec *c = &p->spec->column[column];

	if (p->n > 0 && *c->from == '/' && p->col[column].keys && p->col[column].n_keys == 0)
		cli_note(cli, "column '%s': no record has %s", c->name, c->from);
}

static void note_rules(const struct cli *cli, const struct crm_link *link)
{
	int column;

	for (column = 0; column < link->spec->n_base; column++)
		note_unknown(cli, link->people, column);

	for (column = 0; column < link->spec->n_columns; column++)
		note_junk(cli, link->people, column);
	dedupe_plan_note(cli, link);
}

/* With labels a model that is given is calibrated by them, whatever it was before. */
static enum crm_status use_labels(struct cli *cli, struct crm_db *db, struct crm_link *link,
				  const struct opts *o)
{
	enum crm_status rc;

	if (!o->labels)
		return CRM_OK;
	if ((rc = crm_labels_read(&link->labels, db, link->people, o->labels)) != CRM_OK)
		return cli_fail(cli, crm_db_err(db));
	if (link->labels.unknown)
		cli_note(cli, "%llu pairs of %s are not in the store",
			 (unsigned long long)link->labels.unknown, o->labels);
	return CRM_OK;
}

static void note_model(const struct cli *cli, const struct crm_link *link, bool estimated)
{
	const struct crm_model *m = &link->model;
	struct crm_str text = CRM_STR_INIT;

	crm_str_addf(&text, "model %s", estimated ? "estimated" : "taken");
	if (m->records || estimated)
		crm_str_addf(&text, "%s %llu records", estimated ? " from" : ", of",
			     (unsigned long long)m->records);
	crm_str_addf(&text, ": of all pairs 1 in %.4g is one person's (%.2f bits)",
		     1 / m->share[CRM_MATCH], log2(m->share[CRM_MATCH] / m->share[CRM_UNRELATED]));
	if (m->share[CRM_NEAR] > 0)
		crm_str_addf(&text, ", 1 in %.4g of two who look alike", 1 / m->share[CRM_NEAR]);
	cli_note(cli, "%s", text.ptr);
	crm_str_release(&text);
	if (m->judged)
		cli_note(cli, "calibrated by %llu judged pairs: weight * %.2f %+.2f bits",
			 (unsigned long long)m->judged, m->calibration.slope,
			 m->calibration.offset);
	else if (link->labels.n)
		cli_note(cli, "not calibrated: the judged pairs in doubt are too few of one kind,"
			      " or were picked");
}

static void note_unlinkable(const struct cli *cli, const struct crm_link *link,
			    const struct opts *o)
{
	uint32_t n = crm_link_unlinkable(link, crm_weight(o->threshold), o->link.threads);

	if (n)
		cli_note(cli, "%u of %u profiles have too little in them to be linked with anybody",
			 n, link->people->n);
}

/* ---- results ---- */

static double choose_threshold(const struct cli *cli, const struct crm_link *link,
			       const struct opts *o)
{
	double least = crm_link_threshold(link, o->precision);

	if (link->n_pairs > 0 && (double)link->pairs[0].weight >= least)
		cli_note(cli, "threshold %.4f: of the matches %.4g are expected to be right",
			 crm_probability(least), o->precision);
	return least;
}

struct matches {
	const struct cli *cli;
	size_t n;
};

static void write_lines(void *data, const struct crm_str *lines, size_t upto)
{
	const struct matches *m = data;

	cli_write(lines);
	cli_progress(m->cli, upto, m->n, "matches");
}

static void write_matches(const struct cli *cli, const struct crm_link *link, const struct opts *o)
{
	struct matches matches = {cli, link->n_pairs};

	crm_link_explain(link, o->link.threads, write_lines, &matches);
	cli_progress_end(cli);
	cli_note(cli, "%zu matches among %llu pairs of %u profiles", link->n_pairs,
		 (unsigned long long)link->n_compared, (unsigned int)link->people->n);
}

static void add_share(struct crm_str *out, double share, int width)
{
	if (isnan(share))
		crm_str_addf(out, "%*s", width, "-");
	else
		crm_str_addf(out, "%*.4f", width, share);
}

static void print_metric(const struct crm_metric *m, struct crm_str *out)
{
	crm_str_addf(out, "%-10s ", m->what);
	if (isnan(m->weight))
		crm_str_addf(out, "%10s", "");
	else
		crm_str_addf(out, "%s%8.4f", m->best ? "* " : "  ", crm_probability(m->weight));
	crm_str_addf(out, "%12llu%12llu", (unsigned long long)m->found,
		     (unsigned long long)m->right);
	add_share(out, m->precision, 10);
	add_share(out, m->recall, 8);
	add_share(out, m->f1, 8);
	if (m->grouped)
		add_share(out, m->b3_f1, 8);
	crm_str_addc(out, '\n');
}

/* The pairs that go wrong at the threshold. */
static void write_misses(const struct cli *cli, const struct crm_link *link,
			 const struct crm_truth *truth, double threshold)
{
	struct crm_str out = CRM_STR_INIT;
	struct crm_miss *misses;
	size_t n = crm_misses(link, truth, crm_weight(threshold), &misses), wrong = 0, i;

	for (i = 0; i < n; i++) {
		wrong += misses[i].wrong;
		crm_miss_write(link, &misses[i], &out);
		cli_write(&out);
		crm_str_clear(&out);
	}
	cli_note(cli, "%zu pairs are together who should not, %zu are not who should", wrong,
		 n - wrong);
	crm_str_release(&out);
	free(misses);
}

static enum crm_status evaluate(struct cli *cli, struct crm_db *db, const struct crm_link *link,
				const struct opts *o)
{
	struct crm_metric metrics[CRM_METRICS];
	struct crm_str out = CRM_STR_INIT;
	struct crm_truth truth;
	enum crm_status rc;
	int i;

	rc = crm_truth_read(&truth, db, link->people, o->truth, o->truth_id, o->truth_cluster);
	if (rc != CRM_OK) {
		crm_truth_release(&truth);
		return cli_fail(cli, crm_db_err(db));
	}
	if (truth.missing)
		cli_note(cli, "%u of %u records of %s are not in the store", truth.missing,
			 truth.rows, o->truth);
	crm_evaluate(link, &truth, metrics);
	if (cli_is_terminal(STDOUT_FILENO))
		crm_str_adds(&out, "           probability     found       right"
				   " precision  recall      F1   B3 F1\n");
	for (i = 0; i < CRM_METRICS; i++)
		if (cli_is_terminal(STDOUT_FILENO))
			print_metric(&metrics[i], &out);
		else
			crm_metric_write(&metrics[i], &out);
	cli_write(&out);
	if (o->misses)
		write_misses(cli, link, &truth, o->threshold);
	crm_str_release(&out);
	crm_truth_release(&truth);
	return CRM_OK;
}

/* Asks for the profiles behind seen; of an empty store for none. */
static void want_new(struct crm_link *link, int64_t seen)
{
	uint32_t i;

	crm_link_want_none(link);
	for (i = link->people->n; i > 0 && link->people->profile[i - 1] > seen; i--)
		link->wanted[i - 1] = true;
}

/* Once all that was found is on its way, these profiles are no longer new. */
static enum crm_status note_run(struct cli *cli, struct crm_db *db, const struct crm_link *link,
				const struct opts *o)
{
	uint32_t n = link->people->n;
	enum crm_status rc = CRM_OK;

	if (cli_close()) /* crm-merge -n holds the store until it has read all */
		rc = crm_run_note(db, o->seen, n ? link->people->profile[n - 1] : 0, link->n_pairs);
	return rc == CRM_OK ? rc : cli_fail(cli, crm_db_err(db));
}

/* Nobody among those asked for is in the store, or nobody was asked for. */
static bool none_wanted(const struct crm_link *link)
{
	return link->wanted
	       && (link->people->n == 0 || !memchr(link->wanted, true, link->people->n));
}

static double least_weight(const struct crm_link *link, const struct opts *o)
{
	double least = crm_weight(o->threshold);

	if (o->truth)
		return EVALUATED_FROM;
	if (o->review)
		return least - CRM_REVIEW_BITS;
	return crm_groups_from(link, o->precision > 0 ? crm_weight(LEAST_PROBABLE) : least);
}

static enum crm_status dedupe(struct cli *cli, struct crm_db *db, struct opts *o,
			      struct crm_link *link)
{
	enum crm_status rc = CRM_OK, failed;
	double least;
	bool found;

	if (o->plan) {
		dedupe_plan(link, &o->link);
		return CRM_OK;
	}
	if (o->explain && (rc = dedupe_explain_want(cli, link, &o->pair)) != CRM_OK)
		return rc;
	if (o->only_new)
		want_new(link, o->seen);
	else if (o->input)
		dedupe_input_want(cli, o->input, link);
	if (none_wanted(link)) {
		cli_note(cli, "no profile is asked for");
		return rc;
	}
	if ((failed = use_labels(cli, db, link, o)) != CRM_OK)
		return failed;
	if ((failed = find_model(o, db, link, &found)) != CRM_OK)
		return cli_fail(cli, crm_db_err(db));
	o->link.compare_all = !found;
	o->link.spread = found && link->wanted && !o->explain && !o->review;
	o->link.ignore_people = o->truth != NULL;
	crm_link_compare(link, &o->link);
	if (!o->explain)
		note_rules(cli, link);
	if (!found)
		crm_link_estimate(link, &o->link);
	else if (o->labels)
		crm_link_calibrate(link);
	if (!o->explain)
		note_model(cli, link, !found);
	if (o->explain)
		return (failed = keep_model(o, db, link, !found)) == CRM_OK
			       ? dedupe_explain(cli, db, link, &o->pair)
			       : cli_fail(cli, crm_db_err(db));
	crm_link_score(link, least_weight(link, o), &o->link);
	if (o->review || o->truth)
		note_unlinkable(cli, link, o);
	least = o->precision > 0 && !o->truth && !o->review ? choose_threshold(cli, link, o)
							    : crm_weight(o->threshold);
	if (o->link.spread)
		crm_link_spread(link, least, &o->link);
	crm_link_group(link, least, &o->link);
	if ((failed = keep_model(o, db, link, !found)) != CRM_OK)
		return cli_fail(cli, crm_db_err(db));
	if (o->review) {
		crm_link_narrow(link);
		return dedupe_review(cli, db, link, o->threshold, o->review, o->link.seed);
	}
	if (o->truth && (failed = evaluate(cli, db, link, o)) != CRM_OK)
		return failed;
	if (o->truth)
		return rc;
	crm_link_cut(link, least);
	if (o->clusters)
		dedupe_clusters(cli, link, least, o->link.all_pairs);
	else
		write_matches(cli, link, o);
	dedupe_cuts(cli, link, least);
	return rc == CRM_OK && (o->only_new || !link->wanted) && !o->dry_run
		       ? note_run(cli, db, link, o)
		       : rc;
}

/* ---- options ---- */

static double parse_probability(struct cli *cli, const char *option)
{
	char *end;
	double p = strtod(cli->arg, &end);

	if (*cli->arg == '\0' || *end || !(p > 0 && p < 1))
		cli_usage(cli, "--%s takes a probability between 0 and 1, not '%s'", option,
			  cli->arg);
	return p;
}

static void parse_option(struct cli *cli, struct opts *o, int c)
{
	switch (c) {
	case 't':
		o->threshold = parse_probability(cli, "threshold");
		break;
	case 'n':
		o->dry_run = true;
		break;
	case OPT_ALL:
		o->all = true;
		break;
	case OPT_NEW:
		o->only_new = true;
		break;
	case OPT_ALL_PAIRS:
		o->link.all_pairs = true;
		break;
	case OPT_CLUSTERS:
		o->clusters = true;
		break;
	case OPT_SEED:
		o->link.seed = (uint64_t)cli_number(cli, "seed", 0, INT32_MAX);
		break;
	case OPT_MODEL:
		o->model = cli->arg;
		break;
	case OPT_SAVE_MODEL:
		o->save_model = cli->arg;
		break;
	case OPT_LINKAGE:
		o->linkage = cli->arg;
		break;
	case OPT_LABELS:
		o->labels = cli->arg;
		break;
	case OPT_PRECISION:
		o->precision = parse_probability(cli, "precision");
		break;
	case OPT_EVALUATE:
		o->truth = cli->arg;
		break;
	case OPT_TRUTH_ID:
		o->truth_id = cli->arg;
		break;
	case OPT_MISSES:
		o->misses = true;
		break;
	case OPT_TRUTH_CLUSTER:
		o->truth_cluster = cli->arg;
		break;
	case OPT_PLAN:
		o->plan = true;
		break;
	case OPT_BUDGET:
		o->link.budget = (uint64_t)cli_number(cli, "budget", 1, INT64_MAX);
		break;
	case OPT_EXPLAIN:
		o->explain = true;
		break;
	case OPT_SVG:
		o->pair.svg = true;
		break;
	case OPT_REVIEW:
		o->review = (size_t)cli_number(cli, "review", 1, CRM_REVIEW_MOST);
		break;
	case OPT_THREADS:
		o->link.threads = (unsigned int)cli_number(cli, "threads", 1, 16);
		break;
	}
}

static void check_operands(struct cli *cli, struct opts *o)
{
	if (o->explain && cli->argc != 2)
		cli_usage(cli, "--explain takes two profiles, such as 17 42 or 17 person:3");
	if (!o->explain && cli->argc > 0)
		cli_usage(cli, "profiles come from the store or from standard input");
	if (o->explain + o->plan + !!o->review + !!o->truth > 1)
		cli_usage(cli, "--plan, --explain, --review and --evaluate go one at a time");
	if (!o->explain && o->pair.svg)
		cli_usage(cli, "--svg goes with --explain");
	if (o->misses && !o->truth)
		cli_usage(cli, "--misses goes with --evaluate");
	if (o->explain) {
		o->pair.name[0] = cli->argv[0];
		o->pair.name[1] = cli->argv[1];
	}
}

/* Answers what comes through a pipe as it comes, where there is a model to do it by. */
static enum crm_status answer(struct cli *cli, struct crm_db *db, struct opts *o,
			      const struct crm_spec *spec)
{
	struct crm_link *link = NULL;
	enum crm_status rc;
	bool found = false;

	rc = crm_link_new(db, spec, o->link.threads, !o->dry_run && !o->model && !o->linkage,
			  &link);
	if (rc == CRM_OK) {
		crm_link_want_none(link);
		rc = find_model(o, db, link, &found);
	}
	if (rc != CRM_OK)
		rc = cli_fail(cli, crm_db_err(db));
	else if (found && link->people->n > 0)
		rc = dedupe_input_answer(cli, db, link, &o->link, crm_weight(o->threshold),
					 o->input);
	crm_link_free(link);
	return rc;
}

/* The profiles asked for; *done: all are answered. */
static enum crm_status take_input(struct cli *cli, struct crm_db *db, struct opts *o,
				  const struct crm_spec *spec, bool *done)
{
	bool plain = !o->review && !o->precision && !o->labels && !o->save_model;
	enum crm_status rc = plain && dedupe_input_is_pipe() ? answer(cli, db, o, spec) : CRM_OK;

	*done = rc != CRM_OK;
	if (rc != CRM_OK)
		return rc;
	dedupe_input_read(cli, o->input);
	if (o->input->status == CRM_IO || o->input->n == 0) {
		*done = true;
		if (o->input->n == 0 && !o->input->answered)
			cli_note(cli, "no profile is asked for");
	}
	return o->input->status;
}

static enum crm_status link_store(struct cli *cli, struct crm_db *db, struct opts *o,
				  const struct crm_spec *spec)
{
	struct crm_link *link = NULL;
	enum crm_status rc;
	bool done = false;

	rc = o->input ? take_input(cli, db, o, spec, &done) : CRM_OK;
	if (done)
		return rc;
	rc = crm_link_new(db, spec, o->link.threads, !o->dry_run && !o->model && !o->linkage,
			  &link);
	rc = rc == CRM_OK ? dedupe(cli, db, o, link) : cli_fail(cli, crm_db_err(db));
	crm_link_free(link);
	return rc == CRM_OK && o->input ? o->input->status : rc;
}

static enum crm_status run(struct cli *cli, struct crm_db *db, struct opts *o)
{
	struct dedupe_input input;
	struct crm_spec *spec = NULL;
	enum crm_status rc = CRM_OK;
	int64_t stored;

	if (o->only_new && (rc = crm_run_seen(db, &o->seen, &stored)) == CRM_OK
	    && o->seen == stored) {
		cli_note(cli, "no profile is new");
		return CRM_OK;
	}
	if (rc == CRM_OK)
		rc = find_spec(cli, o, &spec, crm_db_err(db));
	if (!o->all && !o->only_new && !o->truth && !o->plan && !o->explain && dedupe_input_given())
		o->input = &input;
	dedupe_input_init(&input);
	rc = rc == CRM_OK ? link_store(cli, db, o, spec) : cli_fail(cli, crm_db_err(db));
	dedupe_input_release(&input);
	crm_spec_free(spec);
	return rc;
}

int main(int argc, char **argv)
{
	struct opts o = {
		.threshold = 0.5,
		.truth_id = "id",
		.truth_cluster = "cluster",
		.link = {.seed = 1},
		.model_text = CRM_STR_INIT,
	};
	struct crm_db *db = NULL;
	enum crm_status rc;
	struct cli cli;
	int c;

	cli_start(&cli, &command, argc, argv);
	while ((c = cli_option(&cli)) != -1)
		parse_option(&cli, &o, c);
	check_operands(&cli, &o);
	if ((rc = cli_db_open(&cli, &db, CRM_DB_WRITE)) == CRM_OK) {
		rc = run(&cli, db, &o);
		crm_str_release(&o.model_text);
	}
	crm_db_close(db);
	return cli_finish(&cli, rc);
}
