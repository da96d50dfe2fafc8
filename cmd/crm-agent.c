/* SPDX-License-Identifier: MIT */
/*
 * crm-agent: who answers, who is on duty, and what agents say of themselves.
 *
 * What an agent may take is in the file of agents, which people write; that somebody is away,
 * or responsible for a person, is said here and kept in the store.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/columns.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "cli.h"
#include "report/rows.h"
#include "route/presence.h"
#include "route/queue.h"
#include "route/responsible.h"

enum {
	OPT_ONLINE = CLI_LONG,
	OPT_AWAY,
	OPT_OFFLINE,
	OPT_FOR,
	OPT_UNTIL,
	OPT_REASON,
	OPT_RESPONSIBLE,
	OPT_NOT_RESPONSIBLE,
	OPT_PEOPLE,
	OPT_LOG,
	OPT_AS_OF,
	OPT_FORMAT,
	OPT_ACTOR
};

static const struct cli_option options[] = {
	{OPT_ONLINE, "online", NULL, "AGENT is there"},
	{OPT_AWAY, "away", NULL, "AGENT is away for a while"},
	{OPT_OFFLINE, "offline", NULL, "AGENT has gone"},
	{OPT_FOR, "for", "TIME", "so long: 20m, 2h, 3d"},
	{OPT_UNTIL, "until", "TIME", "until then (RFC 3339)"},
	{OPT_REASON, "reason", "TEXT", "why, for those who ask"},
	{OPT_RESPONSIBLE, "responsible", "ID", "AGENT looks after this person from now on"},
	{OPT_NOT_RESPONSIBLE, "not-responsible", "ID", "nobody does in particular"},
	{OPT_PEOPLE, "people", NULL, "list the people that AGENT looks after"},
	{OPT_LOG, "log", NULL, "list what was said, by AGENT or by all"},
	{OPT_AS_OF, "as-of", "TIME", "as it was then (RFC 3339)"},
	{OPT_FORMAT, "format", "FORMAT", "jsonl, csv or table"},
	{OPT_ACTOR, "actor", "NAME", "who says it, for the log ($USER)"},
	{0},
};

static const struct cli_command command = {
	.name = "crm-agent",
	.purpose = "who is on duty, and for whom; say that somebody is away",
	.synopsis = "[AGENT]",
	.options = options,
	.example = "  crm-agent anna --away --for 2h --reason dentist",
};

enum mode {
	MODE_LIST,
	MODE_SAY,
	MODE_RESPONSIBLE,
	MODE_PEOPLE,
	MODE_LOG
};

struct desk {
	struct cli *cli;
	struct crm_db *db;
	struct crm_calendars *calendars;
	struct crm_agents agents;
	enum mode mode;
	enum crm_presence_state state;
	int64_t length, until, person, as_of;
	const char *who, *reason, *actor;
	bool nobody; /* --not-responsible */
	enum crm_rows_format format;
	struct crm_rows *rows;
	struct crm_str out;
};

/* ---- cells ---- */

static struct crm_cell text(const char *s)
{
	return (struct crm_cell){.type = s ? CRM_CELL_TEXT : CRM_CELL_NULL,
				 .s = crm_slice_of(s ? s : "")};
}

static struct crm_cell number(int64_t n, bool there)
{
	return (struct crm_cell){.type = there ? CRM_CELL_INT : CRM_CELL_NULL, .i = n};
}

static struct crm_cell moment(int64_t ms, struct crm_str *buf)
{
	crm_str_clear(buf);
	if (ms && ms != CRM_NEVER)
		crm_time_format(ms, 0, buf);
	return text(ms && ms != CRM_NEVER ? buf->ptr : NULL);
}

static void begin_rows(struct desk *d, const char *prefix, const struct crm_rows_field *fields,
		       size_t n)
{
	d->rows = crm_rows_new(d->format, &d->out);
	crm_rows_prefix(d->rows, prefix);
	if (cli_is_terminal(STDOUT_FILENO))
		crm_rows_width(d->rows, crm_columns_terminal());
	crm_rows_begin(d->rows, fields, n);
}

static void end_rows(struct desk *d)
{
	crm_rows_end(d->rows);
	crm_rows_free(d->rows);
	cli_write(&d->out);
}

/* ---- the list ---- */

static const char *const off_names[] = {
	[CRM_ON_DUTY] = NULL,
	[CRM_OFF_CALENDAR] = "hours",
	[CRM_OFF_AWAY] = "away",
	[CRM_OFF_OFFLINE] = "offline",
};

static void join(const struct crm_names *names, struct crm_str *out)
{
	crm_str_clear(out);
	for (size_t i = 0; i < names->n; i++)
		crm_str_addf(out, "%s%s", i ? ", " : "", names->names[i]);
}

static void list_agent(struct desk *d, const struct crm_agent *a, const struct crm_duty *duty,
		       int load)
{
	struct crm_str teams = CRM_STR_INIT, until = CRM_STR_INIT, since = CRM_STR_INIT;
	bool known = d->as_of == 0;

	join(&a->teams, &teams);
	crm_rows_add(d->rows,
		     (struct crm_cell[]){
			     text(a->agent), text(a->name), text(a->teams.any ? NULL : teams.ptr),
			     text(duty->off == CRM_ON_DUTY ? "yes" : "no"),
			     moment(duty->until, &until), text(off_names[duty->off]),
			     text(duty->state ? crm_presence_names[duty->state] : NULL),
			     moment(duty->state ? duty->since : 0, &since), text(duty->reason),
			     number(load, known), number(a->capacity, a->capacity >= 0)});
	crm_str_release(&teams);
	crm_str_release(&until);
	crm_str_release(&since);
}

static enum crm_status list(struct desk *d)
{
	static const struct crm_rows_field columns[] = {
		{"agent", -1},  {"name", -1}, {"teams", -1},   {"on_duty", -1},
		{"until", -1},  {"off", -1},  {"state", -1},   {"since", -1},
		{"reason", -1}, {"load", -1}, {"capacity", -1}};
	struct crm_router *router = crm_router_new(&d->agents);
	struct crm_duties duties = CRM_DUTIES_INIT;
	int64_t unused;
	enum crm_status rc = crm_duties_load(&duties, d->db, &d->agents, crm_db_now(d->db));

	if (rc == CRM_OK)
		rc = crm_queue_loads(d->db, &d->agents, router, &unused);
	if (rc == CRM_OK) {
		begin_rows(d, "\"type\":\"agent\"", columns, sizeof(columns) / sizeof(columns[0]));
		for (size_t i = 0; i < d->agents.n; i++)
			if (!d->who || !strcmp(d->who, d->agents.list[i].agent))
				list_agent(d, &d->agents.list[i], &duties.of[i],
					   crm_router_in_hand(router, (int)i));
		end_rows(d);
	}
	crm_router_free(router);
	crm_duties_release(&duties);
	return rc;
}

/* ---- the log, and people ---- */

static void log_row(const struct crm_presence_row *row, void *data)
{
	struct crm_str at = CRM_STR_INIT, until = CRM_STR_INIT;
	struct desk *d = data;

	crm_rows_add(d->rows, (struct crm_cell[]){text(row->agent), moment(row->at, &at),
						  text(crm_presence_names[row->state]),
						  moment(row->until, &until), text(row->reason),
						  text(row->actor)});
	crm_str_release(&at);
	crm_str_release(&until);
}

static enum crm_status log_all(struct desk *d)
{
	static const struct crm_rows_field columns[] = {{"agent", -1},  {"at", -1},
							{"state", -1},  {"until", -1},
							{"reason", -1}, {"actor", -1}};
	enum crm_status rc;

	begin_rows(d, "\"type\":\"presence\"", columns, sizeof(columns) / sizeof(columns[0]));
	rc = crm_presence_each(d->db, d->who, crm_db_now(d->db), log_row, d);
	end_rows(d);
	return rc;
}

static void people_row(int64_t person, const char *name, void *data)
{
	struct desk *d = data;

	crm_rows_add(d->rows, (struct crm_cell[]){number(person, true), text(name), text(d->who)});
}

static enum crm_status people(struct desk *d)
{
	static const struct crm_rows_field columns[] = {
		{"person", -1}, {"name", -1}, {"agent", -1}};
	enum crm_status rc;

	begin_rows(d, "\"type\":\"responsible\"", columns, 3);
	rc = crm_responsible_each(d->db, d->who, people_row, d);
	end_rows(d);
	return rc;
}

/* ---- what is said ---- */

static enum crm_status say_presence(struct desk *d)
{
	int64_t now = crm_db_now(d->db), until = d->until;

	if (d->length)
		until = now + d->length;
	if (until <= now)
		cli_usage(d->cli, "--until must lie ahead");
	crm_json_open(&d->out, '{');
	crm_json_put(&d->out, "type", "presence");
	crm_json_put(&d->out, "agent", d->who);
	crm_json_put_time(&d->out, "at", now);
	crm_json_put(&d->out, "state", crm_presence_names[d->state]);
	if (until != CRM_NEVER)
		crm_json_put_time(&d->out, "until", until);
	crm_json_put(&d->out, "reason", d->reason);
	crm_json_put(&d->out, "actor", d->actor);
	return crm_presence_add(d->db, d->who, d->state, until, d->actor, d->reason);
}

static enum crm_status say_responsible(struct desk *d)
{
	struct crm_journal *journal;
	enum crm_status rc = crm_journal_open(&journal, d->db, command.name);

	if (rc != CRM_OK)
		return rc;
	rc = crm_responsible_set(d->db, journal, d->person, d->nobody ? "" : d->who);
	if (rc == CRM_OK)
		rc = crm_journal_settle(journal);
	crm_journal_close(journal);
	crm_json_open(&d->out, '{');
	crm_json_put(&d->out, "type", "responsible");
	crm_json_put_int(&d->out, "person", d->person);
	crm_json_key(&d->out, "agent");
	crm_json_string(&d->out, crm_slice_of(d->nobody ? NULL : d->who));
	return rc;
}

static enum crm_status say(struct desk *d)
{
	enum crm_status rc = crm_db_begin(d->db);

	crm_db_set_now(d->db, crm_db_now(d->db)); /* one moment for all of it */
	if (rc == CRM_OK)
		rc = d->mode == MODE_SAY ? say_presence(d) : say_responsible(d);
	if (rc == CRM_OK)
		rc = crm_db_commit(d->db);
	if (rc == CRM_OK) {
		crm_json_close(&d->out, '}');
		crm_str_addc(&d->out, '\n');
		cli_write(&d->out);
	}
	crm_db_rollback(d->db);
	return rc;
}

/* ---- options ---- */

static void set_mode(struct desk *d, enum mode mode)
{
	if (d->mode != MODE_LIST)
		cli_usage(d->cli, "one thing at a time: --online, --away, --offline, "
				  "--responsible, --not-responsible, --people or --log");
	d->mode = mode;
}

static void set_state(struct desk *d, enum crm_presence_state state)
{
	set_mode(d, MODE_SAY);
	d->state = state;
}

static void set_person(struct desk *d, const char *option, bool nobody)
{
	set_mode(d, MODE_RESPONSIBLE);
	d->person = cli_number(d->cli, option, 1, INT64_MAX);
	d->nobody = nobody;
}

static void parse_option(struct desk *d, int c)
{
	struct cli *cli = d->cli;

	switch (c) {
	case OPT_ONLINE:
		set_state(d, CRM_PRESENT_ONLINE);
		break;
	case OPT_AWAY:
		set_state(d, CRM_PRESENT_AWAY);
		break;
	case OPT_OFFLINE:
		set_state(d, CRM_PRESENT_OFFLINE);
		break;
	case OPT_FOR:
		d->length = cli_duration(cli, "for");
		if (!d->length)
			cli_usage(cli, "--for takes a length of time above 0");
		break;
	case OPT_UNTIL:
		d->until = cli_instant(cli, "until");
		break;
	case OPT_REASON:
		d->reason = cli->arg;
		break;
	case OPT_RESPONSIBLE:
		set_person(d, "responsible", false);
		break;
	case OPT_NOT_RESPONSIBLE:
		set_person(d, "not-responsible", true);
		break;
	case OPT_PEOPLE:
		set_mode(d, MODE_PEOPLE);
		break;
	case OPT_LOG:
		set_mode(d, MODE_LOG);
		break;
	case OPT_AS_OF:
		d->as_of = cli_instant(cli, "as-of");
		break;
	case OPT_FORMAT:
		if (!crm_rows_format_named(cli->arg, &d->format))
			cli_usage(cli, "--format is jsonl, csv or table, not '%s'", cli->arg);
		break;
	case OPT_ACTOR:
		d->actor = cli->arg;
		break;
	}
}

static void check_usage(struct desk *d)
{
	struct cli *cli = d->cli;
	bool writes = d->mode == MODE_SAY || d->mode == MODE_RESPONSIBLE;

	if (cli->argc > 1)
		cli_usage(cli, "'%s' is one too many: one agent", cli->argv[1]);
	d->who = cli->argc ? cli->argv[0] : NULL;
	if (!d->who
	    && (d->mode == MODE_SAY || d->mode == MODE_PEOPLE
		|| (d->mode == MODE_RESPONSIBLE && !d->nobody)))
		cli_usage(cli, "which agent?");
	if ((d->length || d->until != CRM_NEVER) && d->mode != MODE_SAY)
		cli_usage(cli, "--for and --until go with --online, --away or --offline");
	if (d->length && d->until != CRM_NEVER)
		cli_usage(cli, "--for or --until, not both");
	if (d->reason && d->mode != MODE_SAY)
		cli_usage(cli, "--reason goes with --online, --away or --offline");
	if (d->as_of && writes)
		cli_usage(cli, "what is said is said now: --as-of is for lists");
}

static enum crm_status load_files(struct desk *d)
{
	struct crm_str dir = CRM_STR_INIT;
	struct crm_err err;
	enum crm_status rc;

	cli_config_dir(d->cli, &dir);
	if ((rc = crm_calendars_load(&d->calendars, dir.ptr, &err)) == CRM_OK)
		rc = crm_agents_load(&d->agents, dir.ptr, d->calendars, &err);
	if (rc != CRM_OK)
		cli_fail(d->cli, &err);
	else if (d->who && d->mode != MODE_LOG
		 && !crm_agents_find(&d->agents, crm_slice_of(d->who))) {
		cli_error(d->cli, "no agent '%s' in %s/agents", d->who, dir.ptr);
		rc = CRM_NO_INPUT;
	}
	crm_str_release(&dir);
	return rc;
}

static enum crm_status work(struct desk *d)
{
	bool writes = d->mode == MODE_SAY || d->mode == MODE_RESPONSIBLE;
	enum crm_status rc = cli_db_open(d->cli, &d->db, writes ? CRM_DB_WRITE : CRM_DB_READ);

	if (rc != CRM_OK || (rc = load_files(d)) != CRM_OK)
		return rc;
	if (d->as_of)
		crm_db_set_now(d->db, d->as_of);
	if (writes)
		rc = say(d);
	else if ((rc = crm_db_begin_read(d->db)) == CRM_OK)
		rc = d->mode == MODE_LOG      ? log_all(d)
		     : d->mode == MODE_PEOPLE ? people(d)
					      : list(d);
	crm_db_rollback(d->db);
	return rc == CRM_OK ? rc : cli_fail(d->cli, crm_db_err(d->db));
}

int main(int argc, char **argv)
{
	struct cli cli;
	struct desk d = {
		.cli = &cli, .agents = CRM_AGENTS_INIT, .until = CRM_NEVER, .out = CRM_STR_INIT};
	enum crm_status rc;
	int c;

	cli_start(&cli, &command, argc, argv);
	d.format = cli_is_terminal(STDOUT_FILENO) ? CRM_ROWS_TABLE : CRM_ROWS_JSONL;
	d.actor = cli_actor(&cli);
	while ((c = cli_option(&cli)) != -1)
		parse_option(&d, c);
	check_usage(&d);
	rc = work(&d);
	crm_agents_release(&d.agents);
	crm_calendars_free(d.calendars);
	crm_str_release(&d.out);
	crm_db_close(d.db);
	return cli_finish(&cli, rc);
}
