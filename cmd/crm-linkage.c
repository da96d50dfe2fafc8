/* SPDX-License-Identifier: MIT */
/* crm-linkage: what linkage is made of, one piece at a time: models of Splink come in, and
 * ours go out as such; the stages of a run, each on a part of the records (linkage_stage.c). */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli.h"
#include "link/run.h"
#include "linkage.h"
#include "linkage_spec.h"

enum {
	OPT_COLUMN = CLI_LONG,
	OPT_WITHOUT,
	OPT_OWN_BLOCKS,
	OPT_MODEL,
	OPT_ALL_PAIRS,
	OPT_SEED,
	OPT_BUDGET
};

static const struct cli_option options[] = {
	{OPT_COLUMN, "column", "THEIRS=OURS", "which column is which (repeatable)"},
	{OPT_WITHOUT, "without", "NAME", "import: leave this comparison out (repeatable)"},
	{OPT_OWN_BLOCKS, "own-blocks", NULL, "import: find pairs by our blocks, not by its rules"},
	{OPT_MODEL, "model", "FILE", "stages: what crm-linkage model writes"},
	{'t', "threshold", "P", "score, cluster: least probability (0.5)"},
	{OPT_ALL_PAIRS, "all-pairs", NULL, "score, cluster: also of one person already"},
	{OPT_SEED, "seed", "N", "model: seed of the sample for the plan (1)"},
	{OPT_BUDGET, "budget", "N", "model: pairs to compare, about, as with crm-dedupe"},
	{0},
};

static const struct cli_command command = {
	.name = "crm-linkage",
	.purpose = "models of linkage from Splink and for it, and linkage in parts",
	.synopsis = "TASK [FILE ...]",
	.options = options,
	.example = "  tasks: import export model records key score component cluster\n"
		   "  crm-linkage import splink.json >model.json\n"
		   "  crm-dedupe --model model.json >matches.jsonl\n"
		   "  crm-linkage export >for-splink.json\n"
		   "  crm-linkage key --model whole.json <records.7 >keys.7",
};

static enum crm_status read_input(struct linkage *w)
{
	ssize_t n;

	if (w->o->file && strcmp(w->o->file, "-") != 0)
		return crm_file_read(w->o->file, &w->in, &w->err);
	while ((n = read(STDIN_FILENO, crm_str_reserve(&w->in, 65536), 65536)) > 0)
		crm_str_wrote(&w->in, (size_t)n);
	return n == 0 ? CRM_OK : crm_fail(&w->err, CRM_IO, "cannot read standard input");
}

/* A line each, of what may be anybody's text. */
static void print_notes(const struct linkage *w, enum crm_status rc)
{
	struct crm_str text = CRM_STR_INIT;
	const char *p, *end;

	for (p = w->notes.ptr; *p; p = end + 1) {
		end = strchr(p, '\n');
		crm_str_clear(&text);
		crm_utf8_printable(&text, (struct crm_slice){p, (size_t)(end - p)});
		if (rc == CRM_OK)
			cli_note(w->cli, "%s", text.ptr);
		else
			cli_error(w->cli, "%s", text.ptr);
	}
	crm_str_release(&text);
}

static enum crm_status import(struct linkage *w)
{
	struct crm_spec *base = NULL;
	enum crm_status rc = linkage_spec_load(w->cli, &base, &w->err);

	if (rc == CRM_OK && (rc = read_input(w)) == CRM_OK) {
		rc = crm_splink_import((struct crm_slice){w->in.ptr, w->in.len}, base,
				       &w->o->splink, &w->out, &w->notes, &w->err);
		print_notes(w, rc);
	}
	crm_spec_free(base);
	return rc;
}

/* ---- export ---- */

const char *linkage_name(const struct linkage *w)
{
	if (!w->o->file)
		return "the model in the store";
	return strcmp(w->o->file, "-") ? w->o->file : "<stdin>";
}

enum crm_status linkage_stored(struct linkage *w, struct crm_db *db)
{
	enum crm_status rc = crm_run_load(db, &w->in);

	if (rc != CRM_OK)
		w->err = *crm_db_err(db);
	else if (w->in.len == 0)
		rc = crm_fail(&w->err, CRM_NO_INPUT,
			      "the store has no model: crm-dedupe makes one");
	return rc;
}

static enum crm_status read_stored(struct linkage *w)
{
	struct crm_db *db = NULL;
	enum crm_status rc = cli_db_open(w->cli, &db, CRM_DB_READ);

	if (rc == CRM_OK)
		rc = linkage_stored(w, db);
	crm_db_close(db);
	return rc;
}

static enum crm_status export_model(struct linkage *w)
{
	struct crm_model *model = crm_calloc(1, sizeof(*model));
	struct crm_spec *spec = NULL;
	enum crm_status rc = w->o->file ? read_input(w) : read_stored(w);

	if (rc == CRM_OK)
		rc = linkage_spec_of(w->cli, (struct crm_slice){w->in.ptr, w->in.len},
				     linkage_name(w), &spec, &w->err);
	if (rc == CRM_OK)
		rc = crm_model_read(model, spec, (struct crm_slice){w->in.ptr, w->in.len}, &w->err);
	if (rc == CRM_OK) {
		rc = crm_splink_export(model, spec, &w->o->splink, &w->out, &w->notes, &w->err);
		print_notes(w, rc);
	}
	crm_spec_free(spec);
	free(model);
	return rc;
}

#define TASKS "import, export, model, records, key, score, component, cluster"

static const struct task {
	const char *name;
	enum crm_status (*run)(struct linkage *);
	int most;    /* operands */
	bool reads;  /* standard input, without any */
	bool staged; /* needs --model */
} tasks[] = {
	{"cluster", linkage_cluster, INT_MAX, true, true},
	{"component", linkage_component, INT_MAX, true, true},
	{"export", export_model, 1, false, false},
	{"import", import, 1, true, false},
	{"key", linkage_key, INT_MAX, true, true},
	{"model", linkage_whole, 1, false, false},
	{"records", linkage_records, 0, false, false},
	{"score", linkage_score, INT_MAX, true, true},
};

/* ---- options ---- */

static double parse_probability(struct cli *cli)
{
	char *end;
	double p = strtod(cli->arg, &end);

	if (*cli->arg == '\0' || *end || !(p > 0 && p < 1))
		cli_usage(cli, "--threshold takes a probability between 0 and 1, not '%s'",
			  cli->arg);
	return p;
}

static void parse_option(struct cli *cli, struct linkage_opts *o, int c)
{
	switch (c) {
	case OPT_COLUMN:
		CRM_GROW(o->column, o->splink.n_columns + 1, o->cap_columns);
		o->column[o->splink.n_columns++] = cli->arg;
		break;
	case OPT_WITHOUT:
		CRM_GROW(o->without, o->splink.n_without + 1, o->cap_without);
		o->without[o->splink.n_without++] = cli->arg;
		break;
	case OPT_OWN_BLOCKS:
		o->splink.own_blocks = true;
		break;
	case OPT_MODEL:
		o->model = cli->arg;
		break;
	case 't':
		o->threshold = parse_probability(cli);
		break;
	case OPT_ALL_PAIRS:
		o->all_pairs = true;
		break;
	case OPT_SEED:
		o->seed = (uint64_t)cli_number(cli, "seed", 0, INT32_MAX);
		break;
	case OPT_BUDGET:
		o->budget = (uint64_t)cli_number(cli, "budget", 1, INT64_MAX);
		break;
	}
}

static const struct task *find_task(struct cli *cli)
{
	size_t i;

	if (cli->argc < 1)
		cli_usage(cli, "say what to do: " TASKS);
	for (i = 0; i < sizeof(tasks) / sizeof(*tasks); i++)
		if (!strcmp(cli->argv[0], tasks[i].name))
			return &tasks[i];
	cli_usage(cli, "there is no '%s'; there are " TASKS, cli->argv[0]);
}

/* The operands are those of the task then. */
static const struct task *parse(struct cli *cli, struct linkage_opts *o)
{
	const struct task *task;
	int c;

	while ((c = cli_option(cli)) != -1)
		parse_option(cli, o, c);
	o->splink.column = o->column;
	o->splink.without = o->without;
	task = find_task(cli);
	cli->argc--;
	cli->argv++;
	if (cli->argc > task->most)
		cli_usage(cli, "%s takes %s", task->name,
			  task->most ? "one file at most" : "no files");
	if (task->staged && !o->model)
		cli_usage(cli, "%s needs --model", task->name);
	o->file = cli->argc > 0 ? cli->argv[0] : NULL;
	if (task->reads && !o->file && cli_is_terminal(STDIN_FILENO))
		cli_usage(cli, "no input given");
	return task;
}

int main(int argc, char **argv)
{
	struct linkage_opts o = {.threshold = 0.5, .seed = 1};
	struct linkage w = {
		.o = &o, .in = CRM_STR_INIT, .out = CRM_STR_INIT, .notes = CRM_STR_INIT};
	const struct task *task;
	enum crm_status rc;
	struct cli cli;

	cli_start(&cli, &command, argc, argv);
	w.cli = &cli;
	task = parse(&cli, &o);
	rc = task->run(&w);
	if (rc != CRM_OK && w.err.status != CRM_OK)
		cli_fail(&cli, &w.err);
	else if (rc == CRM_OK && w.out.len > 0) {
		crm_str_addc(&w.out, '\n');
		cli_write(&w.out);
	}
	crm_str_release(&w.in);
	crm_str_release(&w.out);
	crm_str_release(&w.notes);
	free(o.column);
	free(o.without);
	return cli_finish(&cli, rc);
}
