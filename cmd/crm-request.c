/* SPDX-License-Identifier: MIT */
/*
 * crm-request: the queue, a request and what was said about it, and its state changed by hand.
 *
 * The list and the page also tell what was promised, if the rules can be read: whatever is wrong
 * with them, the requests are shown.
 *
 * A change is an event of type status. The requests of one read of standard input, or all
 * operands, are changed in one transaction; what is printed is in the store.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/columns.h"
#include "base/time.h"
#include "filter.h"
#include "report/requests.h"
#include "route/promises.h"
#include "store/journal.h"
#include "store/request.h"

enum {
	OPT_SET = CLI_LONG,
	OPT_SNOOZE,
	OPT_REASON,
	OPT_ACTOR,
	OPT_IDLE,
	OPT_AS_OF,
	OPT_FORMAT
};

static const struct cli_option options[] = {
	{'s', "status", "STATE,...", "of new, open, pending, snoozed, resolved (new,open)"},
	{'g', "agent", "NAME", "assigned to NAME; '': to nobody"},
	{'m', "mine", NULL, "assigned to you ($USER)"},
	{'k', "queue", "NAME", "of this queue"},
	{'c', "channel", "NAME", "that came by this channel"},
	{OPT_IDLE, "idle", "TIME", "of which nothing was heard for so long: 7d"},
	{'l', "limit", "N", "at most N"},
	{OPT_AS_OF, "as-of", "TIME", "as it was at that time"},
	{OPT_SET, "set", "STATE", "resolved: done; pending: they owe us; open: we do"},
	{OPT_SNOOZE, "snooze", "TIME", "put off: for 2h, 3d, or until a time"},
	{OPT_REASON, "reason", "TEXT", "why, for the history"},
	{OPT_ACTOR, "actor", "NAME", "who, for the history ($USER)"},
	{OPT_FORMAT, "format", "FORMAT", "jsonl, csv or table"},
	{0},
};

static const struct cli_command command = {
	.name = "crm-request",
	.purpose = "list requests, show one, say that it is resolved",
	.synopsis = "[CONVERSATION ...]",
	.options = options,
	.example = "  crm-request -s pending --idle 7d | crm-request --set resolved",
};

struct desk {
	struct cli *cli;
	struct crm_db *db;
	struct crm_requests_filter filter;
	enum crm_rows_format format;
	int64_t as_of;
	const char *state; /* to change to; NULL: none */
	int64_t until;     /* of snoozed, ms; 0: none */
	const char *reason, *actor;
	struct crm_setup setup;
	struct crm_sla_job job; /* what was promised, where setup names any */
	struct crm_journal *journal;
	struct crm_json_doc doc;
	struct crm_str out, text;
	struct filter in;
	uint64_t missing;
};

static void drain(struct crm_str *out)
{
	cli_write(out);
	crm_str_clear(out);
}

/* ---- looking ---- */

static struct crm_rows *new_rows(struct desk *d)
{
	struct crm_rows *rows = crm_rows_new(d->format, &d->out);

	if (cli_is_terminal(STDOUT_FILENO))
		crm_rows_width(rows, crm_columns_terminal());
	return rows;
}

/* What is wrong with the files is said, and keeps nobody from their requests. */
static enum crm_status open_promises(struct desk *d)
{
	struct crm_str dir = CRM_STR_INIT, ours = CRM_STR_INIT;
	int64_t as_of = d->as_of == INT64_MAX ? crm_db_now(d->db) : d->as_of;
	enum crm_status rc = CRM_OK;
	struct crm_err err;

	cli_config_dir(d->cli, &dir);
	if (crm_setup_load(&d->setup, dir.ptr,
			   cli_own_data("rules", "requests", &ours) ? ours.ptr : NULL, NULL, NULL,
			   &err)
	    != CRM_OK) {
		cli_fail(d->cli, &err);
		cli_note(d->cli, "what was promised is not shown");
		d->setup.slas.n = 0;
	} else if (d->setup.slas.n) {
		rc = crm_promises_open(&d->job, d->db, &d->setup, as_of, 0);
	}
	crm_str_release(&dir);
	crm_str_release(&ours);
	return rc == CRM_OK ? rc : cli_fail(d->cli, crm_db_err(d->db));
}

static enum crm_status note_promises(struct desk *d)
{
	struct crm_ids ids = CRM_IDS_INIT;
	enum crm_status rc = crm_requests_ids(d->db, &d->filter, d->as_of, &ids);

	if (rc == CRM_OK)
		rc = crm_promises_list(&d->job, &ids);
	crm_ids_release(&ids);
	return rc;
}

static enum crm_status list(struct desk *d)
{
	struct crm_rows *rows = new_rows(d);
	enum crm_status rc = d->setup.slas.n ? note_promises(d) : CRM_OK;

	if (rc == CRM_OK)
		rc = crm_requests_list(d->db, &d->filter, d->as_of, d->format, rows, &d->out,
				       drain);
	crm_rows_free(rows);
	return rc == CRM_OK ? rc : cli_fail(d->cli, crm_db_err(d->db));
}

static enum crm_status show(struct desk *d, int64_t id)
{
	struct crm_str request = CRM_STR_INIT, promised = CRM_STR_INIT;
	struct crm_rows *rows;
	int64_t conversation, as_of = d->as_of == INT64_MAX ? crm_db_now(d->db) : d->as_of;
	enum crm_status rc;

	if ((rc = crm_request_id(d->db, id, &conversation)) == CRM_OK)
		rc = crm_request_at(d->db, id, as_of, &request);
	if (rc == CRM_OK && d->format == CRM_ROWS_TABLE) {
		crm_json_scan(&d->doc, request.ptr, request.len);
		if (d->setup.slas.n)
			rc = crm_promises_text(&d->job, conversation, &promised);
		if (rc == CRM_OK)
			rc = crm_request_text(d->db, conversation, &d->doc, promised.ptr, as_of,
					      crm_columns_terminal(), &d->out);
		drain(&d->out);
	} else if (rc == CRM_OK) {
		if (d->format == CRM_ROWS_JSONL) {
			crm_str_addf(&d->out, "%s\n", request.ptr);
			drain(&d->out);
		}
		rows = new_rows(d);
		rc = crm_request_history(d->db, conversation, as_of, rows, &d->out, drain);
		crm_rows_free(rows);
	}
	crm_str_release(&request);
	crm_str_release(&promised);
	return rc == CRM_OK ? rc : cli_fail(d->cli, crm_db_err(d->db));
}

/* ---- changing ---- */

static void put_raw(struct desk *d)
{
	struct crm_str time = CRM_STR_INIT;

	crm_str_clear(&d->text);
	crm_json_open(&d->text, '{');
	if (d->until) {
		crm_time_format(d->until, 0, &time);
		crm_json_put(&d->text, "until", time.ptr);
	}
	crm_json_put(&d->text, "reason", d->reason);
	crm_json_close(&d->text, '}');
	crm_str_release(&time);
}

static enum crm_status change(struct desk *d, int64_t id)
{
	struct crm_entry entry = {.type = "status",
				  .status = crm_slice_of(d->state),
				  .agent = crm_slice_of(d->actor),
				  .text = crm_slice_of(d->reason)};
	enum crm_status rc = crm_request_id(d->db, id, &entry.conversation);

	if (rc == CRM_OK && !entry.conversation) {
		cli_error(d->cli, "no request %lld", (long long)id);
		d->missing++;
		return CRM_OK;
	}
	put_raw(d);
	entry.raw = (struct crm_slice){d->text.ptr, d->text.len};
	if (rc == CRM_OK)
		rc = crm_journal_add(d->journal, &entry, NULL);
	if (rc == CRM_OK)
		rc = crm_journal_settle(d->journal);
	if (rc == CRM_OK)
		rc = crm_request_at(d->db, id, crm_db_now(d->db), &d->out);
	crm_str_addc(&d->out, '\n');
	return rc == CRM_OK ? rc : cli_fail(d->cli, crm_db_err(d->db));
}

static enum crm_status commit(struct desk *d, enum crm_status rc)
{
	if (rc == CRM_OK && (rc = crm_db_commit(d->db)) != CRM_OK)
		cli_fail(d->cli, crm_db_err(d->db));
	if (rc == CRM_OK)
		drain(&d->out);
	else
		crm_db_rollback(d->db);
	return rc;
}

static enum crm_status change_line(struct desk *d, struct crm_slice line)
{
	int64_t id;

	if (!filter_scan(&d->in, &d->doc, line))
		return CRM_OK;
	if (!(id = filter_id(&d->doc, "conversation")))
		return filter_aside(&d->in, "conversation must be the id of one");
	return change(d, id);
}

static enum crm_status change_batch(void *data)
{
	struct desk *d = data;
	enum crm_status rc = crm_db_begin(d->db);
	struct crm_slice line;

	if (rc != CRM_OK)
		return cli_fail(d->cli, crm_db_err(d->db));
	while (rc == CRM_OK && filter_next(&d->in, &line))
		rc = change_line(d, line);
	return commit(d, rc);
}

static enum crm_status change_operands(struct desk *d)
{
	enum crm_status rc = crm_db_begin(d->db);

	if (rc != CRM_OK)
		return cli_fail(d->cli, crm_db_err(d->db));
	for (int i = 0; i < d->cli->argc && rc == CRM_OK; i++)
		rc = change(d, filter_id_of(crm_slice_of(d->cli->argv[i])));
	return commit(d, rc);
}

/* ---- the command ---- */

static void set_state(struct desk *d, const char *state)
{
	if (d->state)
		cli_usage(d->cli, "--set or --snooze, once");
	d->state = state;
}

static void check_states(struct cli *cli, const char *states)
{
	static const char *const known[] = {"new", "open", "pending", "snoozed", "resolved"};

	for (const char *p = states; *p; p += strcspn(p, ","), p += *p == ',') {
		struct crm_slice word = {p, strcspn(p, ",")};
		size_t i = 0;

		while (i < 5 && !crm_slice_is(word, known[i]))
			i++;
		if (i == 5)
			cli_usage(cli, "no state '%.*s': new, open, pending, snoozed, resolved",
				  (int)word.len, word.ptr);
	}
}

/* What --snooze says: until when, once the clock is known. */
struct snooze {
	int64_t length, until;
};

static void parse_snooze(struct desk *d, struct snooze *snooze)
{
	set_state(d, "snoozed");
	if (!crm_duration_parse(d->cli->arg, strlen(d->cli->arg), &snooze->length))
		snooze->until = cli_instant(d->cli, "snooze");
	else if (!snooze->length) /* would be for ever */
		cli_usage(d->cli, "--snooze takes a length of time above 0");
}

static void parse_set(struct desk *d)
{
	static const char *const states[] = {"resolved", "pending", "open"};
	size_t i = 0;

	while (i < 3 && strcmp(d->cli->arg, states[i]) != 0)
		i++;
	if (i == 3)
		cli_usage(d->cli, "--set is resolved, pending or open, not '%s'", d->cli->arg);
	set_state(d, states[i]);
}

static void parse(struct desk *d, struct snooze *snooze)
{
	struct cli *cli = d->cli;
	int c;

	while ((c = cli_option(cli)) != -1)
		switch (c) {
		case 's':
			check_states(cli, d->filter.states = cli->arg);
			break;
		case 'g':
			d->filter.agent = cli->arg;
			break;
		case 'm':
			d->filter.agent = cli_actor(cli);
			break;
		case 'k':
			d->filter.queue = cli->arg;
			break;
		case 'c':
			d->filter.channel = cli->arg;
			break;
		case 'l':
			d->filter.limit = cli_number(cli, "limit", 1, INT64_MAX);
			break;
		case OPT_IDLE:
			d->filter.idle = cli_duration(cli, "idle");
			break;
		case OPT_AS_OF:
			d->as_of = cli_instant(cli, "as-of");
			break;
		case OPT_SET:
			parse_set(d);
			break;
		case OPT_SNOOZE:
			parse_snooze(d, snooze);
			break;
		case OPT_REASON:
			d->reason = cli->arg;
			break;
		case OPT_ACTOR:
			d->actor = cli->arg;
			break;
		case OPT_FORMAT:
			if (!crm_rows_format_named(cli->arg, &d->format))
				cli_usage(cli, "--format is jsonl, csv or table, not '%s'",
					  cli->arg);
			break;
		}
	for (int i = 0; i < cli->argc; i++)
		if (!filter_id_of(crm_slice_of(cli->argv[i])))
			cli_usage(cli, "'%s' is no number of a request", cli->argv[i]);
	if (d->state && !cli->argc && cli_is_terminal(STDIN_FILENO))
		cli_usage(cli, "which requests? give their numbers, or lines of JSON");
	if (!d->filter.states && !cli->argc)
		d->filter.states = "new,open";
}

static enum crm_status work(struct desk *d, const struct snooze *snooze)
{
	enum crm_status rc = CRM_OK;

	if (d->state) {
		d->until = snooze->length ? crm_db_now(d->db) + snooze->length : snooze->until;
		if (d->until && d->until <= crm_db_now(d->db))
			cli_usage(d->cli, "--snooze must lie ahead");
		crm_journal_open(&d->journal, d->db, command.name);
		rc = d->cli->argc ? change_operands(d)
				  : filter_run(&d->in, d->cli, NULL, change_batch, d);
		crm_journal_close(d->journal);
		return rc == CRM_OK && (d->missing || d->in.aside) ? CRM_ASIDE : rc;
	}
	if ((rc = open_promises(d)) != CRM_OK)
		return rc;
	if (!d->cli->argc)
		return list(d);
	for (int i = 0; i < d->cli->argc && rc == CRM_OK; i++)
		rc = show(d, filter_id_of(crm_slice_of(d->cli->argv[i])));
	return rc;
}

int main(int argc, char **argv)
{
	struct cli cli;
	struct desk d = {
		.cli = &cli, .as_of = INT64_MAX, .out = CRM_STR_INIT, .text = CRM_STR_INIT};
	struct snooze snooze = {0, 0};
	enum crm_status rc;

	cli_start(&cli, &command, argc, argv);
	d.format = cli_is_terminal(STDOUT_FILENO) ? CRM_ROWS_TABLE : CRM_ROWS_JSONL;
	d.actor = cli_actor(&cli);
	parse(&d, &snooze);
	if ((rc = cli_db_open(&cli, &d.db, d.state ? CRM_DB_WRITE : CRM_DB_READ)) == CRM_OK)
		rc = work(&d, &snooze);
	crm_promises_close(&d.job);
	crm_setup_release(&d.setup);
	crm_db_close(d.db);
	crm_json_doc_release(&d.doc);
	crm_str_release(&d.out);
	crm_str_release(&d.text);
	return cli_finish(&cli, rc);
}
