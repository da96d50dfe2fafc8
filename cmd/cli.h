/* SPDX-License-Identifier: MIT */
/*
 * cli: what all commands share: options, help, messages, the store, the end.
 *
 * A command describes itself in a struct cli_command. Its options are rows of a table;
 * getopt_long's arrays, --help, and shell completion all come from that table, so that
 * they cannot disagree (tests/docs.t holds the man page against it). The options of all
 * commands are handled here: -d DB, -q, --now, -h, --version.
 *
 *	static const struct cli_command command = {…};
 *
 *	int main(int argc, char **argv)
 *	{
 *		struct cli cli;
 *		enum crm_status rc;
 *		struct crm_db *db = NULL;
 *		int c;
 *
 *		cli_start(&cli, &command, argc, argv);
 *		while ((c = cli_option(&cli)) != -1)
 *			switch (c) { … cli.arg … }
 *		if ((rc = cli_db_open(&cli, &db, CRM_DB_WRITE)) == CRM_OK)
 *			rc = work(&cli, db);
 *		crm_db_close(db);
 *		return cli_finish(&cli, rc);
 *	}
 */
#ifndef CRM_CLI_H
#define CRM_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"
#include "store/db.h"
#include "store/golden.h"

struct cli_option {
	int id;           /* the short option's letter, or from CLI_LONG up: long only */
	const char *name; /* without the dashes */
	const char *arg;  /* placeholder of its argument, NULL without one */
	const char *help; /* a line */
};
#define CLI_LONG 256

struct cli_command {
	const char *name;                 /* crm-ingest */
	const char *purpose;              /* the NAME line of its man page */
	const char *synopsis;             /* what follows the name and [options] */
	const struct cli_option *options; /* its own, ended by {0} */
	const char *example;              /* shown by --help, NULL without one */
	bool no_db;                       /* does not take -d */
};

struct cli {
	const struct cli_command *cmd;
	int argc; /* after the last option: the operands */
	char **argv;
	const char *arg; /* argument of the option just returned */
	const char *db_path;
	int64_t now; /* --now in ms, 0 without */
	bool quiet;
	struct cli_getopt *getopt;
};

void cli_start(struct cli *cli, const struct cli_command *cmd, int argc, char **argv);
/* The next option's id, -1 after the last. Ends the program on misuse (64), --help and
 * --version (0). */
int cli_option(struct cli *cli);
/* A whole number within bounds from an option's argument; ends the program with 64. */
int64_t cli_number(struct cli *cli, const char *option, int64_t low, int64_t high);

/* A moment (RFC 3339) and a length of time (30m, 2h, 3d), both in ms; end the program with 64. */
int64_t cli_instant(struct cli *cli, const char *option);
int64_t cli_duration(struct cli *cli, const char *option);

/* Who does it: $USER, or the command's own name where there is none (cron). */
const char *cli_actor(const struct cli *cli);

/* Opens -d DB or $CRM_DB; says what is wrong. *db is to be closed in any case. */
enum crm_status cli_db_open(struct cli *cli, struct crm_db **db, enum crm_db_mode mode);

/* `name: text` on standard error. note is silenced by -q; error never is. fail prints the
 * error of err and returns its status; usage prints, points to --help and ends with 64. */
void cli_note(const struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void cli_error(const struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
enum crm_status cli_fail(const struct cli *cli, const struct crm_err *err);
void cli_usage(const struct cli *cli, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* A line with a bar and the time left, on standard error when that is a terminal; redrawn
 * at most ten times a second. total 0: not known. cli_progress_end wipes it. */
void cli_progress(const struct cli *cli, uint64_t done, uint64_t total, const char *unit);
void cli_progress_end(const struct cli *cli);

/* Writes bytes to standard output; a failure is found by cli_finish. */
void cli_write(const struct crm_str *s);
/* Hands on what was written so far; the same holds for it. */
void cli_flush(void);
/* Ends standard output before the program ends: who reads it and holds the store need not be
 * waited for. False where not all could be written, of which cli_finish tells. */
bool cli_close(void);
/* Ends a command: flushes and closes standard output, and returns the exit code: 74 when
 * what was written did not arrive. */
int cli_finish(struct cli *cli, enum crm_status status);

/* Appends the folder of the business's own files: $CRM_CONFIG or the store's own (shop.db:
 * shop.d). It need not exist. Nothing is appended without either. */
void cli_config_dir(const struct cli *cli, struct crm_str *out);

/* Folders that may hold a file of this kind ("channels", "reports"), the first one wins:
 * $CRM_CONFIG or the store's own folder (shop.db: shop.d), then the one installed with
 * the program. Appends the path of kind/name to out; false when there is none. */
bool cli_find_data(const struct cli *cli, const char *kind, const char *name, struct crm_str *out);
/* Appends the path of such a file as it is installed with the program; false without one. */
bool cli_own_data(const char *kind, const char *name, struct crm_str *out);
/* Calls each for every such folder that exists, in that order. */
void cli_each_data_dir(const struct cli *cli, const char *kind,
		       void (*each)(const char *dir, void *data), void *data);

/* The survivorship rules: ours, with the user's own on top. *rules is new: free with
 * crm_golden_rules_free. */
enum crm_status cli_golden_rules(const struct cli *cli, struct crm_golden_rules **rules);

/* Is this stream a terminal? Standard input: nothing was piped in. */
bool cli_is_terminal(int fd);

#endif
