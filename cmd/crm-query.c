/* SPDX-License-Identifier: MIT */
/* crm-query: read-only SQL to JSON lines, for every question that has no command. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/columns.h"
#include "base/mem.h"
#include "cli.h"
#include "report/functions.h"
#include "report/query.h"

enum {
	OPT_FORMAT = CLI_LONG,
	OPT_PARAM
};

static const struct cli_option options[] = {
	{OPT_FORMAT, "format", "FORMAT", "jsonl, csv or table"},
	{OPT_PARAM, "param", "NAME=VALUE", "the value of :NAME in the SQL (repeatable)"},
	{0},
};

static const struct cli_command command = {
	.name = "crm-query",
	.purpose = "read-only SQL to JSON lines",
	.synopsis = "[SQL | -]",
	.options = options,
	.example = "  crm-query 'SELECT type, count(*) AS n FROM event GROUP BY type'",
};

struct opts {
	enum crm_rows_format format;
	char **params; /* NAME=VALUE, borrowed from argv */
	size_t n_params, cap_params;
	struct crm_str sql;
};

static void drain(struct crm_str *out)
{
	cli_write(out);
	crm_str_clear(out);
}

static enum crm_status read_stdin(struct cli *cli, struct crm_str *sql)
{
	size_t n;

	while ((n = fread(crm_str_reserve(sql, 65536), 1, 65536, stdin)) > 0)
		crm_str_wrote(sql, n);
	if (!ferror(stdin))
		return CRM_OK;
	cli_error(cli, "cannot read standard input");
	return CRM_IO;
}

static void parse(struct cli *cli, struct opts *o)
{
	int c;

	while ((c = cli_option(cli)) != -1) {
		if (c == OPT_FORMAT && !crm_rows_format_named(cli->arg, &o->format))
			cli_usage(cli, "--format is jsonl, csv or table, not '%s'", cli->arg);
		if (c == OPT_PARAM) {
			if (!strchr(cli->arg, '='))
				cli_usage(cli, "--param takes NAME=VALUE, not '%s'", cli->arg);
			CRM_GROW(o->params, o->n_params + 1, o->cap_params);
			o->params[o->n_params++] = (char *)cli->arg;
		}
	}
	if (cli->argc > 1)
		cli_usage(cli, "one statement, in quotes");
	if (!cli->argc && cli_is_terminal(STDIN_FILENO))
		cli_usage(cli, "no SQL given");
}

static void bind(struct cli *cli, const struct opts *o, sqlite3_stmt *st)
{
	int n = sqlite3_bind_parameter_count(st);
	bool *bound = crm_calloc((size_t)n + 1, sizeof(*bound));

	for (size_t i = 0; i < o->n_params; i++) {
		char *name = crm_strdup(o->params[i]), *value = strchr(name, '=');

		*value++ = '\0';
		if (!crm_query_bind(st, name, value))
			cli_usage(cli, "the SQL has no parameter :%s", name);
		for (int k = 1; k <= n; k++) {
			const char *full = sqlite3_bind_parameter_name(st, k);

			bound[k] = bound[k] || (full && !strcmp(full + 1, name));
		}
		free(name);
	}
	for (int k = 1; k <= n; k++) {
		const char *full = sqlite3_bind_parameter_name(st, k);

		if (!full)
			cli_usage(cli, "parameters need names, as :name");
		if (!bound[k])
			cli_usage(cli, "no value for %s: give --param %s=VALUE", full, full + 1);
	}
	free(bound);
}

static enum crm_status query(struct cli *cli, struct crm_db *db, struct opts *o)
{
	struct crm_str out = CRM_STR_INIT;
	struct crm_rows *rows = crm_rows_new(o->format, &out);
	sqlite3_stmt *st = NULL;
	enum crm_status rc;

	if (cli_is_terminal(STDOUT_FILENO))
		crm_rows_width(rows, crm_columns_terminal());
	rc = crm_functions_register(db);
	if (rc == CRM_OK)
		rc = crm_query_prepare(db, crm_str_slice(&o->sql), &st);
	if (rc == CRM_OK) {
		bind(cli, o, st);
		rc = crm_query_run(db, st, NULL, rows, &out, drain);
	}
	if (rc != CRM_OK)
		cli_fail(cli, crm_db_err(db));
	sqlite3_finalize(st);
	crm_rows_free(rows);
	crm_str_release(&out);
	return rc;
}

int main(int argc, char **argv)
{
	struct opts o = {.sql = CRM_STR_INIT};
	struct crm_db *db = NULL;
	struct cli cli;
	enum crm_status rc;

	cli_start(&cli, &command, argc, argv);
	o.format = cli_is_terminal(STDOUT_FILENO) ? CRM_ROWS_TABLE : CRM_ROWS_JSONL;
	parse(&cli, &o);
	if ((rc = cli_db_open(&cli, &db, CRM_DB_READ)) == CRM_OK) {
		if (cli.argc && strcmp(cli.argv[0], "-"))
			crm_str_adds(&o.sql, cli.argv[0]);
		else
			rc = read_stdin(&cli, &o.sql);
	}
	if (rc == CRM_OK)
		rc = query(&cli, db, &o);
	crm_db_close(db);
	crm_str_release(&o.sql);
	free(o.params);
	return cli_finish(&cli, rc);
}
