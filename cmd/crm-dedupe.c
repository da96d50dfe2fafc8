/* SPDX-License-Identifier: MIT */
/* crm-dedupe: finds the profiles that are of one person and says why: match lines, the
 * surest first. It changes nobody; crm-merge does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dedupe.h"
#include "dedupe_groups.h"
#include "dedupe_input.h"
#include "dedupe_plan.h"
#include "link/groups.h"
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

#define LEAST_PROBABLE 0.02    /* with --precision: less is never worth writing */
#define EVALUATED_FROM (-60.0) /* bits: less is no pair worth counting */

static double choose_threshold(const struct cli *cli, const struct crm_link *link,
			       const struct dedupe_opts *o)
{
	double least = crm_link_threshold(link, o->precision);

	if (link->n_pairs > 0 && (double)link->pairs[0].weight >= least)
		cli_note(cli, "threshold %.4f: of the matches %.4g are expected to be right",
			 crm_probability(least), o->precision);
	return least;
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
				const struct dedupe_opts *o)
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

static double least_weight(const struct crm_link *link, const struct dedupe_opts *o)
{
	double least = crm_weight(o->threshold);

	if (o->truth)
		return EVALUATED_FROM;
	if (o->review)
		return least - CRM_REVIEW_BITS;
	return crm_groups_from(link, o->precision > 0 ? crm_weight(LEAST_PROBABLE) : least);
}

static enum crm_status dedupe(struct cli *cli, struct crm_db *db, struct dedupe_opts *o,
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
	if ((failed = dedupe_labels(cli, db, link, o)) != CRM_OK)
		return failed;
	if ((failed = dedupe_model_find(o, db, link, &found)) != CRM_OK)
		return cli_fail(cli, crm_db_err(db));
	o->link.compare_all = !found;
	o->link.spread = found && link->wanted && !o->explain && !o->review;
	o->link.ignore_people = o->truth != NULL;
	crm_link_compare(link, &o->link);
	if (!o->explain)
		dedupe_note_rules(cli, link);
	if (!found)
		crm_link_estimate(link, &o->link);
	else if (o->labels)
		crm_link_calibrate(link);
	if (!o->explain)
		dedupe_note_model(cli, link, !found);
	if (o->explain)
		return (failed = dedupe_model_keep(o, db, link, !found)) == CRM_OK
			       ? dedupe_explain(cli, db, link, &o->pair)
			       : cli_fail(cli, crm_db_err(db));
	crm_link_score(link, least_weight(link, o), &o->link);
	if (o->review || o->truth)
		dedupe_note_unlinkable(cli, link, o);
	least = o->precision > 0 && !o->truth && !o->review ? choose_threshold(cli, link, o)
							    : crm_weight(o->threshold);
	if (o->link.spread)
		crm_link_spread(link, least, &o->link);
	crm_link_group(link, least, &o->link);
	if ((failed = dedupe_model_keep(o, db, link, !found)) != CRM_OK)
		return cli_fail(cli, crm_db_err(db));
	if (o->review) {
		crm_link_narrow(link);
		return dedupe_review(cli, db, link, o->threshold, o->review, o->link.seed);
	}
	if (o->truth && (failed = dedupe_evaluate(cli, db, link, o)) != CRM_OK)
		return failed;
	if (o->truth)
		return rc;
	crm_link_cut(link, least);
	if (o->clusters)
		dedupe_clusters(cli, link, least, o->link.all_pairs);
	else
		dedupe_matches(cli, link, o->link.threads);
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

static void parse_option(struct cli *cli, struct dedupe_opts *o, int c)
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

static void check_operands(struct cli *cli, struct dedupe_opts *o)
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
	if (o->threshold > 0 && o->precision > 0)
		cli_usage(cli, "--precision chooses the threshold: leave one of the two out");
	if (o->threshold <= 0)
		o->threshold = 0.5;
	if (o->explain) {
		o->pair.name[0] = cli->argv[0];
		o->pair.name[1] = cli->argv[1];
	}
}

/* Answers what comes through a pipe as it comes, where there is a model to do it by. */
static enum crm_status answer(struct cli *cli, struct crm_db *db, struct dedupe_opts *o,
			      const struct crm_spec *spec)
{
	struct crm_link *link = NULL;
	enum crm_status rc;
	bool found = false;

	rc = crm_link_new(db, spec, o->link.threads, !o->dry_run && !o->model && !o->linkage,
			  &link);
	if (rc == CRM_OK) {
		crm_link_want_none(link);
		rc = dedupe_model_find(o, db, link, &found);
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
static enum crm_status take_input(struct cli *cli, struct crm_db *db, struct dedupe_opts *o,
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

static enum crm_status link_store(struct cli *cli, struct crm_db *db, struct dedupe_opts *o,
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

static enum crm_status run(struct cli *cli, struct crm_db *db, struct dedupe_opts *o)
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
		rc = dedupe_model_try(o, crm_db_err(db));
	if (rc == CRM_OK)
		rc = dedupe_spec(cli, o, &spec, crm_db_err(db));
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
	struct dedupe_opts o = {
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
