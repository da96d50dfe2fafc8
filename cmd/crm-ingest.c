/* SPDX-License-Identifier: MIT */
/*
 * crm-ingest: exports and messages into the store, each record to the person it is from.
 *
 * What a source looks like is in a channel file; all work is done by lib/ingest (reading)
 * and lib/store (identifying, storing). This file is options and messages.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/columns.h"
#include "base/hash.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/time.h"
#include "base/utf8.h"
#include "cgi.h"
#include "cli.h"
#include "ingest/check.h"
#include "ingest/emit.h"
#include "ingest/fetch.h"
#include "ingest/folder.h"
#include "ingest/imap_url.h"
#include "ingest/job.h"
#include "ingest/replay.h"
#include "report/rows.h"
#include "store/rejected.h"

enum {
	OPT_CGI = CLI_LONG,
	OPT_FOLLOW,
	OPT_UNBUFFERED,
	OPT_SCOPE,
	OPT_ENCODING,
	OPT_DELIMITER,
	OPT_SHEET,
	OPT_REGION,
	OPT_ZONE,
	OPT_CURRENCY,
	OPT_DECIMAL,
	OPT_DATES,
	OPT_CHECK,
	OPT_FETCH,
	OPT_LIST,
	OPT_REJECTED,
	OPT_REPLAY
};

static const struct cli_option options[] = {
	{'c', "channel", "NAME", "what the files are; else told by their columns"},
	{OPT_SCOPE, "scope", "NAME", "whose ids they hold: two shops, one channel"},
	{OPT_ENCODING, "encoding", "NAME", "UTF-8, windows-1252, GB18030 …: else sniffed"},
	{OPT_DELIMITER, "delimiter", "C", "of CSV: else sniffed; \"tab\" for a tab"},
	{OPT_SHEET, "sheet", "NAME", "of a workbook: else the first that is not hidden"},
	{OPT_REGION, "region", "CC", "where phone numbers without + are from (DE, FR …)"},
	{OPT_ZONE, "zone", "NAME", "of times without one (Europe/Berlin)"},
	{OPT_CURRENCY, "currency", "CODE", "of amounts without one (EUR)"},
	{OPT_DECIMAL, "decimal", "MARK", "of amounts: , or .: else told by the column"},
	{OPT_DATES, "dates", "ORDER", "dmy or mdy: else told by the column"},
	{OPT_CHECK, "check", NULL, "show what the files would give; store nothing"},
	{OPT_FETCH, "fetch", "URL", "the new messages of imaps://USER@HOST/FOLDER"},
	{OPT_FOLLOW, "follow", NULL, "read on as the file grows, also after its rotation"},
	{OPT_UNBUFFERED, "unbuffered", NULL, "store and write out each record by itself"},
	{OPT_CGI, "cgi", NULL, "take one post from a web server (RFC 3875)"},
	{OPT_LIST, "list", NULL, "list the channels"},
	{OPT_REJECTED, "rejected", NULL, "print what was set aside, to be mended"},
	{OPT_REPLAY, "replay", NULL, "ingest such lines, mended, from standard input"},
	{0},
};

static const struct cli_command command = {
	.name = "crm-ingest",
	.purpose = "store exports and messages, recognising the people in them",
	.synopsis = "[FILE ... | --fetch URL ...]",
	.options = options,
};

struct ingest {
	struct cli *cli;
	struct crm_db *db;
	struct crm_channels channels;
	struct crm_job_options job;
	struct crm_golden_rules *rules;
	struct crm_own *own;
	struct crm_str out;
	const char **mailboxes; /* to be fetched */
	size_t n_mailboxes, cap_mailboxes;
	const char *file; /* at work on it, as messages name it */
	bool replay;      /* files are no files: say less */
	bool aside;       /* something was set aside */
	enum {
		FILES,
		CHECK,
		FETCH,
		CGI,
		LIST,
		REJECTED,
		REPLAY
	} mode;
};

/* Of a replay its line says which record it is. */
static void note_aside_at(const struct ingest *in, const struct crm_record *r)
{
	if (in->replay)
		cli_note(in->cli, "%s: still cannot be read: %s", in->file, r->aside);
	else
		cli_note(in->cli, "%s%s%.*s:%lld: %s", in->file, r->file.ptr ? "/" : "",
			 (int)r->file.len, r->file.ptr ? r->file.ptr : "", (long long)r->line,
			 r->aside);
}

static void print_stored(void *data, const struct crm_channel *channel,
			 const struct crm_chunk *chunk, const struct crm_outcome *outcomes)
{
	struct ingest *in = data;

	for (size_t i = 0; i < chunk->n; i++) {
		const struct crm_record *r = &chunk->records[i];

		if (outcomes[i].kind == CRM_SET_ASIDE)
			note_aside_at(in, r);
		if (outcomes[i].kind == CRM_STORED && !in->cli->quiet)
			crm_emit_record(channel, r, &outcomes[i], &in->out);
	}
}

/* What was committed may be said; the next command of the pipe may start on it. */
static void print_committed(void *data)
{
	struct ingest *in = data;

	cli_write(&in->out);
	crm_str_clear(&in->out);
	cli_flush();
}

static const char *shown(const char *file)
{
	return strcmp(file, "-") ? file : "<stdin>";
}

static void print_note(void *data, const char *file, const char *words)
{
	const struct ingest *in = data;

	if (!in->replay)
		cli_note(in->cli, "%s: %s", shown(file), words);
}

static void show_progress(void *data, uint64_t bytes, uint64_t size)
{
	const struct ingest *in = data;

	cli_progress(in->cli, bytes, size, "bytes");
}

/* What became of a file or a folder of a mailbox. */
static void tell_end(struct ingest *in, const char *path, const struct crm_counts *counts,
		     enum crm_status rc, const char *nothing)
{
	cli_progress_end(in->cli);
	if (counts->records)
		cli_note(in->cli,
			 "%s: %lld records = %lld stored + %lld duplicate + %lld set aside; %lld "
			 "new people",
			 shown(path), (long long)counts->records, (long long)counts->stored,
			 (long long)counts->duplicate, (long long)counts->set_aside,
			 (long long)counts->new_people);
	else if (rc == CRM_OK)
		cli_note(in->cli, "%s: %s", shown(path), nothing);
	if (counts->left)
		cli_note(in->cli,
			 "%s: too large to be identified anew: %lld groups of records; who is who "
			 "there may depend on what came first",
			 shown(path), (long long)counts->left);
	in->aside |= counts->set_aside > 0;
}

static enum crm_status ingest_file(struct ingest *in, const char *path)
{
	struct crm_counts counts;
	struct crm_err err = {0};
	enum crm_status rc;

	in->file = shown(path);
	rc = crm_job_run(in->db, &in->channels, path, &in->job, &counts, &err);
	tell_end(in, path, &counts, rc, "no records");
	return rc == CRM_OK ? CRM_OK : cli_fail(in->cli, &err);
}

/* Whatever comes next would end the same way. */
static bool ends_all(enum crm_status rc)
{
	return rc == CRM_BUSY || rc == CRM_IO;
}

/* --- mailboxes on servers --- */

static void begin_folder(void *data, const char *url)
{
	((struct ingest *)data)->file = url;
}

static void end_folder(void *data, const char *url, const struct crm_counts *counts,
		       enum crm_status rc, const struct crm_err *err)
{
	struct ingest *in = data;

	tell_end(in, url, counts, rc, "nothing new");
	if (rc != CRM_OK)
		cli_fail(in->cli, err);
}

/* One that cannot be reached does not keep the others from being read. */
static enum crm_status fetch(struct ingest *in)
{
	struct crm_str config = CRM_STR_INIT;
	struct crm_fetch fetch = {
		.db = in->db,
		.channels = &in->channels,
		.job = &in->job,
		.ca_file = getenv("SSL_CERT_FILE"),
		.begin = begin_folder,
		.end = end_folder,
		.data = in,
	};
	enum crm_status worst = CRM_OK, rc;

	cli_config_dir(in->cli, &config);
	fetch.config = config.ptr;
	if (!in->job.channel)
		in->job.channel = "email";
	for (size_t i = 0; i < in->n_mailboxes; i++) {
		rc = crm_fetch_run(&fetch, in->mailboxes[i]);
		worst = rc > worst ? rc : worst;
		if (ends_all(rc))
			break;
	}
	crm_str_release(&config);
	return worst == CRM_OK && in->aside ? CRM_ASIDE : worst;
}

static atomic_int stopped; /* in a handler, for the thread that reads */

/* The first signal ends the file, so that its batch is finished; a second one ends us. */
static void stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

static void stop_on_signals(void)
{
	struct sigaction action = {.sa_handler = stop,
				   .sa_flags = (int)(SA_RESTART | SA_RESETHAND)};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

typedef enum crm_status on_file(struct ingest *in, const char *path);

/* A file, or the tables of a folder one after the other. */
static enum crm_status file_or_tables(struct ingest *in, const char *path, on_file *one)
{
	struct crm_str file = CRM_STR_INIT;
	enum crm_status worst = CRM_OK, rc;
	struct crm_folder folder;
	struct crm_err err;

	if (in->job.follow || !crm_job_is_tables(&in->channels, path, &in->job))
		return one(in, path);
	if (crm_folder_list(&folder, path, &err) != CRM_OK)
		worst = cli_fail(in->cli, &err);
	for (size_t i = 0; i < folder.n && !ends_all(worst); i++) {
		crm_str_clear(&file);
		crm_str_addf(&file, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/",
			     folder.files[i]);
		rc = one(in, file.ptr);
		worst = rc > worst || ends_all(rc) ? rc : worst;
	}
	crm_folder_release(&folder);
	crm_str_release(&file);
	return worst;
}

/* One file that cannot be read does not keep the others from being read. */
static enum crm_status each_file(struct ingest *in, on_file *one)
{
	enum crm_status worst = CRM_OK, rc;

	if (in->job.follow)
		stop_on_signals();
	if (!in->cli->argc && cli_is_terminal(STDIN_FILENO))
		cli_usage(in->cli, "no file named, and nothing comes in by a pipe");
	if (!in->cli->argc)
		worst = one(in, "-");
	for (int i = 0; i < in->cli->argc; i++) {
		rc = file_or_tables(in, in->cli->argv[i], one);
		if (ends_all(rc))
			return rc;
		worst = rc > worst ? rc : worst;
	}
	return worst == CRM_OK && in->aside ? CRM_ASIDE : worst;
}

static struct crm_cell text(const char *s)
{
	return (struct crm_cell){.type = s ? CRM_CELL_TEXT : CRM_CELL_NULL,
				 .s = crm_slice_of(s ? s : "")};
}

static void check_line(struct crm_rows *rows, const struct crm_check_line *line)
{
	struct crm_str share = CRM_STR_INIT;

	crm_str_addf(&share, "%.0f %%",
		     100.0 * (double)line->n / (double)(line->of ? line->of : 1));
	crm_rows_add(rows, (struct crm_cell[]){
				   text(line->part == CRM_CHECK_FIELD ? line->type : "not read"),
				   text(line->name),
				   text(line->from),
				   {.type = CRM_CELL_INT, .i = line->n},
				   text(share.ptr),
				   text(line->example)});
	crm_str_release(&share);
}

static void check_reason(struct ingest *in, const struct crm_check_line *line)
{
	crm_str_addf(&in->out, "set aside: %lld, from %s on: ", (long long)line->n, line->example);
	crm_utf8_printable(&in->out, crm_slice_of(line->name));
	crm_str_addc(&in->out, '\n');
}

/* A table of what a file would give: our fields, then what is not read of it, then why
 * records would be set aside. */
static enum crm_status check_file(struct ingest *in, const char *path)
{
	static const struct crm_rows_field columns[] = {{"record", -1},  {"field", -1},
							{"from", -1},    {"records", -1},
							{"of them", -1}, {"example", -1}};
	struct crm_check check = CRM_CHECK_INIT;
	struct crm_err err = {0};
	enum crm_status rc = crm_check_file(&check, &in->channels, path, &in->job, &err);
	struct crm_rows *rows = crm_rows_new(CRM_ROWS_TABLE, &in->out);

	cli_progress_end(in->cli);
	if (rc == CRM_OK) {
		crm_str_addf(&in->out,
			     "%s: %lld records of channel '%s', %lld would be set aside\n",
			     shown(path), (long long)check.records, check.channel,
			     (long long)check.set_aside);
		crm_rows_width(rows, crm_columns_terminal());
		crm_rows_begin(rows, columns, sizeof(columns) / sizeof(columns[0]));
		for (int part = CRM_CHECK_FIELD; part <= CRM_CHECK_UNREAD; part++)
			for (size_t i = 0; i < check.n; i++)
				if ((int)check.lines[i].part == part)
					check_line(rows, &check.lines[i]);
		crm_rows_end(rows);
		for (size_t i = 0; i < check.n; i++)
			if (check.lines[i].part == CRM_CHECK_ASIDE)
				check_reason(in, &check.lines[i]);
	}
	crm_rows_free(rows);
	cli_write(&in->out);
	crm_str_clear(&in->out);
	in->aside |= check.set_aside > 0;
	crm_check_release(&check);
	return rc == CRM_OK ? CRM_OK : cli_fail(in->cli, &err);
}

/* The types of a channel's records: message+status. */
static void put_types(const struct crm_channel *ch, struct crm_str *out)
{
	bool seen[CRM_RECORD_TYPES] = {false};

	for (size_t i = 0; i < ch->n_shapes; i++) {
		enum crm_record_type type = ch->shapes[i].type;

		if (!seen[type])
			crm_str_addf(out, "%s%s", out->len ? "+" : "", crm_record_type_names[type]);
		seen[type] = true;
	}
}

static enum crm_status list_channels(struct ingest *in)
{
	static const struct crm_rows_field columns[] = {
		{"channel", -1}, {"reads", -1}, {"records", -1}, {"answers", -1}, {"about", -1}};
	struct crm_rows *rows = crm_rows_new(CRM_ROWS_TABLE, &in->out);

	crm_rows_begin(rows, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < in->channels.n; i++) {
		const struct crm_channel *ch = in->channels.list[i];
		struct crm_str types = CRM_STR_INIT;

		if (ch->refuses)
			continue;
		put_types(ch, &types);
		crm_rows_add(rows, (struct crm_cell[]){
					   text(ch->name), text(ch->reads), text(types.ptr),
					   text(ch->answers ? ch->answers : "-"), text(ch->about)});
		crm_str_release(&types);
	}
	crm_rows_end(rows);
	crm_rows_free(rows);
	cli_write(&in->out);
	return CRM_OK;
}

/* --- set-aside records --- */

static bool print_rejected(const struct crm_rejected *r, void *data)
{
	struct crm_str *out = data;

	crm_str_clear(out);
	crm_replay_put(r, out);
	cli_write(out);
	return true;
}

static enum crm_status replay_line(struct ingest *in, struct crm_slice line, int64_t number)
{
	struct crm_counts counts = {0};
	char name[40];
	struct crm_err err = {0};
	enum crm_status rc;

	snprintf(name, sizeof(name), "<stdin>:%lld", (long long)number);
	in->file = name;
	rc = crm_replay_line(in->db, &in->channels, &in->job, line, &counts, &err);
	in->aside |= counts.set_aside > 0;
	if (rc != CRM_OK)
		cli_error(in->cli, "%s: %s", name, err.text);
	return rc;
}

static enum crm_status replay(struct ingest *in)
{
	enum crm_status rc = CRM_OK;
	struct crm_lines lines;
	struct crm_slice line;

	in->replay = true;
	crm_lines_init(&lines, STDIN_FILENO);
	while (rc == CRM_OK && crm_lines_fill(&lines))
		while (rc == CRM_OK && crm_lines_next(&lines, &line))
			if (crm_slice_trim(line).len)
				rc = replay_line(in, line, lines.line);
	crm_lines_release(&lines);
	return rc == CRM_OK && in->aside ? CRM_ASIDE : rc;
}

/* --- one post from a web server --- */

static enum crm_status configure(struct ingest *in);
static enum crm_status open_store(struct ingest *in);

/* Whatever becomes of it there is an answer: with that the work is done. */
static enum crm_status serve(struct ingest *in)
{
	struct crm_webhook_verdict verdict = CRM_WEBHOOK_VERDICT_INIT;
	const char *fixed = in->job.channel;
	enum crm_status rc;
	struct cgi cgi;

	if (cgi_read(&cgi, fixed, &verdict)) {
		if ((rc = configure(in)) == CRM_OK && (rc = open_store(in)) == CRM_OK) {
			cgi_take(&cgi,
				 &(struct cgi_store){in->cli, in->db, &in->channels, &in->job},
				 &verdict);
		} else {
			crm_webhook_refuse(&verdict, rc == CRM_BUSY ? 503 : 500, "not ready");
		}
	}
	crm_webhook_write(&verdict, &in->out);
	cli_write(&in->out);
	crm_webhook_verdict_release(&verdict);
	cgi_release(&cgi);
	return CRM_OK;
}

/* --- options --- */

static const char *one_of(struct cli *cli, const char *option, const char *a, const char *b)
{
	if (strcmp(cli->arg, a) != 0 && strcmp(cli->arg, b) != 0)
		cli_usage(cli, "--%s is %s or %s, not '%s'", option, a, b, cli->arg);
	return cli->arg;
}

static char delimiter(struct cli *cli)
{
	if (!strcmp(cli->arg, "tab") || !strcmp(cli->arg, "\\t"))
		return '\t';
	if (strlen(cli->arg) != 1)
		cli_usage(cli, "--delimiter takes one character, not '%s'", cli->arg);
	return cli->arg[0];
}

static void add_mailbox(struct ingest *in)
{
	struct crm_imap_url url;
	struct crm_err err = {0};

	if (crm_imap_url_parse(&url, in->cli->arg, &err) != CRM_OK)
		cli_usage(in->cli, "--fetch: %s", err.text);
	crm_imap_url_release(&url);
	CRM_GROW(in->mailboxes, in->n_mailboxes + 1, in->cap_mailboxes);
	in->mailboxes[in->n_mailboxes++] = in->cli->arg;
	in->mode = FETCH;
}

static void parse_options(struct ingest *in)
{
	struct crm_job_options *job = &in->job;
	struct cli *cli = in->cli;
	int c;

	while ((c = cli_option(cli)) != -1) {
		switch (c) {
		case 'c':
			job->channel = cli->arg;
			break;
		case OPT_SCOPE:
			job->scope = cli->arg;
			break;
		case OPT_ENCODING:
			job->encoding = cli->arg;
			break;
		case OPT_SHEET:
			job->sheet = cli->arg;
			break;
		case OPT_DELIMITER:
			job->delimiter = delimiter(cli);
			break;
		case OPT_REGION:
			job->map.region = cli->arg;
			break;
		case OPT_ZONE:
			job->map.zone = cli->arg;
			break;
		case OPT_CURRENCY:
			job->map.currency = cli->arg;
			break;
		case OPT_DECIMAL:
			job->map.decimal = one_of(cli, "decimal", ",", ".");
			break;
		case OPT_DATES:
			job->map.dates = one_of(cli, "dates", "dmy", "mdy");
			break;
		case OPT_CHECK:
			in->mode = CHECK;
			break;
		case OPT_FETCH:
			add_mailbox(in);
			break;
		case OPT_FOLLOW:
			job->follow = &stopped;
			break;
		case OPT_UNBUFFERED:
			job->unbuffered = true;
			break;
		case OPT_CGI:
			in->mode = CGI;
			break;
		case OPT_LIST:
			in->mode = LIST;
			break;
		case OPT_REJECTED:
			in->mode = REJECTED;
			break;
		case OPT_REPLAY:
			in->mode = REPLAY;
			break;
		}
	}
	if (in->mode > CHECK && cli->argc)
		cli_usage(cli, "no files are read here");
	if (job->follow && (in->mode != FILES || cli->argc != 1 || !strcmp(cli->argv[0], "-")))
		cli_usage(cli, "--follow takes one file; a pipe is followed without it");
}

struct load {
	struct ingest *in;
	enum crm_status rc;
	struct crm_err err;
};

static void load_channels(const char *dir, void *data)
{
	struct load *load = data;

	if (load->rc == CRM_OK)
		load->rc = crm_channels_load(&load->in->channels, dir, &load->err);
}

/* shop.d/own, if there is one. */
static enum crm_status own_addresses(struct ingest *in)
{
	struct crm_str path = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;
	struct crm_err err;

	cli_config_dir(in->cli, &path);
	crm_str_adds(&path, "/own");
	if (!access(path.ptr, F_OK) && (rc = crm_own_load(&in->own, path.ptr, &err)) != CRM_OK)
		rc = cli_fail(in->cli, &err);
	in->job.map.own = in->own;
	crm_str_release(&path);
	return rc;
}

static enum crm_status configure(struct ingest *in)
{
	struct load load = {.in = in};

	cli_each_data_dir(in->cli, "channels", load_channels, &load);
	if (load.rc != CRM_OK)
		return cli_fail(in->cli, &load.err);
	if (!in->channels.n) {
		cli_error(in->cli, "there are no channels: the program's own files are missing");
		return CRM_CONFIG;
	}
	if ((load.rc = own_addresses(in)) != CRM_OK)
		return load.rc;
	return cli_golden_rules(in->cli, &in->rules);
}

/* What jobs are told, now being the time in ms. */
static void prepare(struct ingest *in, int64_t now)
{
	int month, day;

	crm_date_of_days(now / 86400000, &in->job.map.this_year, &month, &day);
	in->job.rules = in->rules;
	in->job.stored = print_stored;
	in->job.committed = print_committed;
	in->job.note = print_note;
	in->job.progress = show_progress;
	in->job.data = in;
}

static enum crm_status open_store(struct ingest *in)
{
	enum crm_status rc =
		cli_db_open(in->cli, &in->db, in->mode == REJECTED ? CRM_DB_READ : CRM_DB_WRITE);

	if (rc == CRM_OK)
		prepare(in, crm_db_now(in->db));
	return rc;
}

static enum crm_status run(struct ingest *in)
{
	enum crm_status rc;

	if (in->mode == CGI)
		return serve(in);
	if ((rc = configure(in)) != CRM_OK)
		return rc;
	if (in->mode == LIST)
		return list_channels(in);
	if (in->mode == CHECK) {
		prepare(in, in->cli->now ? in->cli->now : (int64_t)time(NULL) * 1000);
		return each_file(in, check_file);
	}
	if ((rc = open_store(in)) != CRM_OK)
		return rc;
	if (in->mode == FILES)
		return each_file(in, ingest_file);
	if (in->mode == FETCH)
		return fetch(in);
	if (in->mode == REPLAY)
		return replay(in);
	rc = crm_rejected_each(in->db, print_rejected, &in->out);
	return rc == CRM_OK ? rc : cli_fail(in->cli, crm_db_err(in->db));
}

int main(int argc, char **argv)
{
	struct cli cli;
	struct ingest in = {.cli = &cli, .out = CRM_STR_INIT};
	enum crm_status rc;

	cli_start(&cli, &command, argc, argv);
	parse_options(&in);
	rc = run(&in);
	crm_db_close(in.db);
	crm_channels_release(&in.channels);
	crm_golden_rules_free(in.rules);
	crm_own_free(in.own);
	crm_str_release(&in.out);
	free(in.mailboxes);
	return cli_finish(&cli, rc);
}
