/* SPDX-License-Identifier: MIT */
/* crm-report: runs reports, which are SQL files of ours or of the business, and lists them. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/columns.h"
#include "base/mem.h"
#include "base/time.h"
#include "cli.h"
#include "report/report.h"

enum {
	OPT_AS_OF = CLI_LONG,
	OPT_SINCE,
	OPT_UNTIL,
	OPT_FORMAT,
	OPT_LIMIT,
	OPT_PARAM,
	OPT_DESCRIBE,
	OPT_LIST
};

static const struct cli_option options[] = {
	{OPT_AS_OF, "as-of", "TIME", "as if it were TIME: nothing after it counts"},
	{OPT_SINCE, "since", "TIME", "count what happened from TIME on"},
	{OPT_UNTIL, "until", "TIME", "count what happened before TIME"},
	{OPT_FORMAT, "format", "FORMAT", "jsonl, csv or table"},
	{OPT_LIMIT, "limit", "N", "so many rows; as --param limit=N"},
	{OPT_PARAM, "param", "NAME=VALUE", "a parameter of the report (repeatable)"},
	{OPT_DESCRIBE, "describe", NULL, "show the report's columns and units instead"},
	{OPT_LIST, "list", NULL, "list the reports there are"},
	{0},
};

static const struct cli_command command = {
	.name = "crm-report",
	.purpose = "run a report",
	.synopsis = "NAME",
	.options = options,
	.example = "  crm-report customers --as-of 2026-10-01 --format table",
};

struct opts {
	enum crm_rows_format format;
	bool describe, list;
	int64_t as_of; /* CRM_REPORT_FOR_EVER: now */
	struct crm_report_args args;
	char **params;
	size_t cap_params;
};

static void drain(struct crm_str *out)
{
	cli_write(out);
	crm_str_clear(out);
}

static int64_t time_arg(struct cli *cli, const char *option)
{
	struct crm_time t;

	if (!crm_time_rfc3339(cli->arg, strlen(cli->arg), &t))
		cli_usage(cli,
			  "--%s takes a time such as 2026-10-01 or 2026-10-01T00:00:00Z, not '%s'",
			  option, cli->arg);
	return t.ms;
}

static void add_param(struct opts *o, char *pair)
{
	CRM_GROW(o->params, o->args.n_params + 1, o->cap_params);
	o->params[o->args.n_params++] = pair;
	o->args.params = o->params;
}

static void limit(struct cli *cli, struct opts *o)
{
	struct crm_str pair = CRM_STR_INIT;

	crm_str_addf(&pair, "limit=%lld", (long long)cli_number(cli, "limit", 0, INT32_MAX));
	add_param(o, crm_str_detach(&pair));
}

static void parse(struct cli *cli, struct opts *o)
{
	int c;

	while ((c = cli_option(cli)) != -1)
		switch (c) {
		case OPT_AS_OF:
			o->as_of = time_arg(cli, "as-of");
			break;
		case OPT_SINCE:
			o->args.since = time_arg(cli, "since");
			break;
		case OPT_UNTIL:
			o->args.until = time_arg(cli, "until");
			break;
		case OPT_FORMAT:
			if (!crm_rows_format_named(cli->arg, &o->format))
				cli_usage(cli, "--format is jsonl, csv or table, not '%s'",
					  cli->arg);
			break;
		case OPT_LIMIT:
			limit(cli, o);
			break;
		case OPT_PARAM:
			if (!strchr(cli->arg, '='))
				cli_usage(cli, "--param takes NAME=VALUE, not '%s'", cli->arg);
			add_param(o, crm_strdup(cli->arg));
			break;
		case OPT_DESCRIBE:
			o->describe = true;
			break;
		case OPT_LIST:
			o->list = true;
			break;
		}
	if (o->list ? cli->argc > 0 : cli->argc != 1)
		cli_usage(cli, o->list ? "--list takes no report"
				       : "name one report; --list lists them");
}

static struct crm_cell text_cell(const char *s)
{
	return (struct crm_cell){.type = CRM_CELL_TEXT, .s = crm_slice_of(s)};
}

static struct crm_rows *rows_new(const struct opts *o, struct crm_str *out)
{
	struct crm_rows *rows = crm_rows_new(o->format, out);

	if (cli_is_terminal(STDOUT_FILENO))
		crm_rows_width(rows, crm_columns_terminal());
	return rows;
}

/* The names of the reports there are, the user's before ours. */
struct names {
	char **names;
	size_t n, cap;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void gather(const char *path, void *data)
{
	struct names *names = data;
	DIR *dir = opendir(path);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		size_t len = strlen(e->d_name);
		char *name;

		if (len < 5 || e->d_name[0] == '.' || strcmp(e->d_name + len - 4, ".sql"))
			continue;
		name = crm_strndup(e->d_name, len - 4);
		for (size_t i = 0; i < names->n && name; i++)
			if (!strcmp(names->names[i], name)) {
				free(name);
				name = NULL;
			}
		if (!name)
			continue;
		CRM_GROW(names->names, names->n + 1, names->cap);
		names->names[names->n++] = name;
	}
	if (dir)
		closedir(dir);
}

static enum crm_status find(struct cli *cli, const char *name, struct crm_report **report)
{
	struct crm_str file = CRM_STR_INIT, path = CRM_STR_INIT;
	struct crm_err err;
	enum crm_status rc = CRM_NO_INPUT;

	*report = NULL;
	crm_str_addf(&file, "%s.sql", name);
	if (!cli_find_data(cli, "reports", file.ptr, &path))
		cli_error(cli, "there is no report '%s'; 'crm-report --list' lists them", name);
	else if ((rc = crm_report_load(report, name, path.ptr, &err)) != CRM_OK)
		cli_fail(cli, &err);
	crm_str_release(&file);
	crm_str_release(&path);
	return rc;
}

static enum crm_status list(struct cli *cli, const struct opts *o)
{
	static const struct crm_rows_field fields[] = {{"report", -1}, {"title", -1}};
	struct crm_str out = CRM_STR_INIT;
	struct crm_rows *rows = rows_new(o, &out);
	struct names names = {0};
	enum crm_status status = CRM_OK;

	cli_each_data_dir(cli, "reports", gather, &names);
	if (names.n)
		qsort(names.names, names.n, sizeof(*names.names), by_name);
	crm_rows_begin(rows, fields, 2);
	for (size_t i = 0; i < names.n; i++) {
		struct crm_report *report;
		enum crm_status rc = find(cli, names.names[i], &report);

		if (rc == CRM_OK)
			crm_rows_add(rows, (struct crm_cell[]){text_cell(report->name),
							       text_cell(report->title)});
		else
			status = rc;
		crm_report_free(report);
		free(names.names[i]);
	}
	crm_rows_end(rows);
	drain(&out);
	free(names.names);
	crm_rows_free(rows);
	crm_str_release(&out);
	return status;
}

static void describe(const struct opts *o, const struct crm_report *report)
{
	static const struct crm_rows_field fields[] = {{"column", -1}, {"unit", -1}, {"text", -1}};
	struct crm_str out = CRM_STR_INIT;
	struct crm_rows *rows = rows_new(o, &out);

	crm_rows_begin(rows, fields, 3);
	for (size_t i = 0; i < report->n_columns; i++)
		crm_rows_add(rows, (struct crm_cell[]){text_cell(report->columns[i].name),
						       text_cell(report->columns[i].unit),
						       text_cell(report->columns[i].text)});
	crm_rows_end(rows);
	drain(&out);
	crm_rows_free(rows);
	crm_str_release(&out);
}

/* A table is for a reader, who wants to know what it is and of when. */
static void title(struct crm_str *out, const struct crm_report *report, int64_t as_of)
{
	crm_columns_pad(out, crm_slice_of(report->title), 0, CRM_LEFT);
	crm_str_adds(out, ", as of ");
	crm_time_format(as_of, 0, out);
	crm_str_adds(out, "\n\n");
}

static enum crm_status run(struct cli *cli, struct opts *o, const struct crm_report *report)
{
	struct crm_str out = CRM_STR_INIT;
	struct crm_rows *rows = rows_new(o, &out);
	struct crm_golden_rules *rules = NULL;
	struct crm_db *db = NULL;
	enum crm_status rc;

	if ((rc = cli_db_open(cli, &db, CRM_DB_READ)) == CRM_OK
	    && (rc = cli_golden_rules(cli, &rules)) == CRM_OK) {
		o->args.rules = rules;
		o->args.as_of = o->as_of != CRM_REPORT_FOR_EVER ? o->as_of : crm_db_now(db);
		if (o->format == CRM_ROWS_TABLE)
			title(&out, report, o->args.as_of);
		rc = crm_report_run(db, report, &o->args, rows, &out, drain);
		if (rc != CRM_OK)
			cli_fail(cli, crm_db_err(db));
	}
	crm_db_close(db);
	crm_golden_rules_free(rules);
	crm_rows_free(rows);
	crm_str_release(&out);
	return rc;
}

int main(int argc, char **argv)
{
	struct opts o = {.as_of = CRM_REPORT_FOR_EVER,
			 .args = {.since = CRM_REPORT_SINCE_EVER, .until = CRM_REPORT_FOR_EVER}};
	struct crm_report *report = NULL;
	struct cli cli;
	enum crm_status rc;

	cli_start(&cli, &command, argc, argv);
	o.format = cli_is_terminal(STDOUT_FILENO) ? CRM_ROWS_TABLE : CRM_ROWS_JSONL;
	parse(&cli, &o);
	if (o.list)
		rc = list(&cli, &o);
	else if ((rc = find(&cli, cli.argv[0], &report)) == CRM_OK) {
		if (o.describe)
			describe(&o, report);
		else
			rc = run(&cli, &o, report);
	}
	crm_report_free(report);
	for (size_t i = 0; i < o.args.n_params; i++)
		free(o.params[i]);
	free(o.params);
	return cli_finish(&cli, rc);
}
