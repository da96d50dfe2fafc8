/* SPDX-License-Identifier: MIT */
/*
 * crm-route: gives requests to agents.
 *
 * Lines that came with one read are one transaction (route/dispatch.h), and what they give is
 * written after its commit: a line that was printed is in the store, and in a live pipe a line
 * in gives a line out at once. Without lines it is a sweep over all that waits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/time.h"
#include "filter.h"
#include "notify.h"
#include "route/dispatch.h"
#include "route/promises.h"
#include "route/route.h"
#include "store/request.h"

enum {
	OPT_EXPLAIN = CLI_LONG,
	OPT_SEED,
	OPT_LIMIT,
	OPT_CHECK,
	OPT_TO,
	OPT_FORCE,
	OPT_ACTOR,
	OPT_DUE,
	OPT_ESCALATE
};

static const struct cli_option options[] = {
	{'a', "all", NULL, "route all that waits, whatever standard input is"},
	{'n', "dry-run", NULL, "say what would be done, change nothing"},
	{OPT_LIMIT, "limit", "N", "of all that waits at most N, the most urgent first"},
	{OPT_EXPLAIN, "explain", NULL, "name every agent and what stands against them"},
	{OPT_TO, "to", "AGENT", "give them to AGENT by hand; -: to nobody"},
	{OPT_FORCE, "force", NULL, "with --to: also what another agent than you has"},
	{OPT_ACTOR, "actor", "NAME", "who gives them, with --to ($USER)"},
	{OPT_DUE, "due", "DURATION", "list what is due so soon (30m), or is late"},
	{OPT_ESCALATE, "escalate", NULL, "do what the rules say of what is late, or nearly"},
	{OPT_CHECK, "check", NULL, "say what is wrong with rules, agents, calendars"},
	{OPT_SEED, "seed", "N", "of what rules leave to chance (0)"},
	{0},
};

static const struct cli_command command = {
	.name = "crm-route",
	.purpose = "give requests to agents",
	.synopsis = "[CONVERSATION ...]",
	.options = options,
	.example = "  crm-ingest --channel email ~/Maildir | crm-route\n"
		   "  crm-route --all --dry-run --explain\n"
		   "  crm-route --due 30m",
};

struct routing {
	struct cli *cli;
	struct crm_db *db;
	struct crm_setup setup;
	struct crm_dispatch *dispatch;
	struct notify *notify;
	struct crm_dispatch_options options;
	bool all, check, force, to_nobody, due, escalate;
	int64_t within; /* of --due, ms; -1: as promises say */
	const char *to;
	int agent; /* of --to */
	size_t limit;
	struct crm_ask *asks; /* of the lines of a batch */
	struct crm_json_doc *docs;
	size_t n_asks, cap_asks, cap_docs, n_docs;
	struct crm_str out;
	struct crm_dispatch_counts counts;
	struct filter in;
	uint64_t others; /* lines that are of no concern */
	bool problems;
};

/* ---- lines ---- */

/* Did a person, a list or a bot write it to us? */
static bool is_to_us(const struct crm_json_doc *doc)
{
	return !filter_is(doc, "direction", "out")
	       && (!crm_json_member(doc, doc->values, "auto") || filter_is(doc, "auto", "list")
		   || filter_is(doc, "auto", "bot"));
}

/* What the line asks to be routed; false: it is of another kind, or needs no answer. */
static bool read_ask(const struct crm_json_doc *doc, struct crm_ask *ask)
{
	*ask = (struct crm_ask){.conversation = filter_id(doc, "conversation")};
	if (filter_is(doc, "type", "message") || filter_is(doc, "type", "call")) {
		ask->event = filter_id(doc, "id");
		return is_to_us(doc);
	}
	if (filter_is(doc, "type", "handover")) {
		ask->event = filter_id(doc, "message");
		ask->handover = true;
		return true;
	}
	return filter_is(doc, "type", "request") || filter_is(doc, "type", "conversation")
	       || !crm_json_member(doc, doc->values, "type");
}

static struct crm_json_doc *next_doc(struct routing *r)
{
	if (r->n_asks == r->n_docs) {
		CRM_GROW(r->docs, r->n_docs + 1, r->cap_docs);
		r->docs[r->n_docs++] = (struct crm_json_doc)CRM_JSON_DOC_INIT;
	}
	return &r->docs[r->n_asks];
}

static enum crm_status take_line(struct routing *r, struct crm_slice line)
{
	struct crm_json_doc *doc = next_doc(r);
	struct crm_ask ask;

	if (!filter_scan(&r->in, doc, line))
		return CRM_OK;
	if (!read_ask(doc, &ask)) {
		r->others++;
		if (filter_is(doc, "type", "reply")) /* the bot's, on its way to crm-reply */
			filter_pass(line, &r->out);
		return CRM_OK;
	}
	if (!ask.conversation && !ask.event) {
		if (crm_json_member(doc, doc->values, "type")) {
			r->others++; /* a message outside of any conversation */
			return CRM_OK;
		}
		return filter_aside(&r->in, "conversation must be the id of one");
	}
	CRM_GROW(r->asks, r->n_asks + 1, r->cap_asks);
	r->asks[r->n_asks++] = ask;
	return CRM_OK;
}

static void drain(struct crm_str *out)
{
	cli_write(out);
	cli_flush();
	crm_str_clear(out);
}

static enum crm_status route_asks(struct routing *r)
{
	enum crm_status rc;

	if (r->to)
		rc = crm_dispatch_give(r->dispatch, r->asks, r->n_asks, r->agent, r->force, &r->out,
				       &r->counts);
	else
		rc = crm_dispatch_some(r->dispatch, r->asks, r->n_asks, &r->out, &r->counts);
	r->n_asks = 0;
	return rc == CRM_OK ? CRM_OK : cli_fail(r->cli, crm_db_err(r->db));
}

static enum crm_status take_batch(void *data)
{
	struct routing *r = data;
	enum crm_status rc = CRM_OK;
	struct crm_slice line;

	while (rc == CRM_OK && filter_next(&r->in, &line))
		rc = take_line(r, line);
	for (size_t i = 0; i < r->n_asks; i++)
		r->asks[i].doc = &r->docs[i]; /* now that they stay in place */
	if (rc == CRM_OK && r->n_asks)
		rc = route_asks(r);
	if (rc == CRM_OK)
		drain(&r->out);
	return rc;
}

/* ---- operands, and the sweep ---- */

static enum crm_status take_operands(struct routing *r)
{
	for (int i = 0; i < r->cli->argc; i++) {
		int64_t there, id = filter_id_of(crm_slice_of(r->cli->argv[i]));

		if (!id)
			cli_usage(r->cli, "'%s' is no number of a request", r->cli->argv[i]);
		if (crm_request_id(r->db, id, &there) != CRM_OK)
			return cli_fail(r->cli, crm_db_err(r->db));
		if (!there && !r->to && !r->to_nobody) { /* by hand: a refusal */
			cli_error(r->cli, "no request %lld", (long long)id);
			r->in.aside++;
			continue;
		}
		CRM_GROW(r->asks, r->n_asks + 1, r->cap_asks);
		r->asks[r->n_asks++] = (struct crm_ask){.conversation = id};
		r->in.lines++;
	}
	if (r->n_asks && route_asks(r) != CRM_OK)
		return crm_db_err(r->db)->status;
	drain(&r->out);
	return CRM_OK;
}

static enum crm_status sweep(struct routing *r)
{
	enum crm_status rc = crm_dispatch_all(r->dispatch, r->limit, &r->out, drain, &r->counts);

	if (rc != CRM_OK)
		return cli_fail(r->cli, crm_db_err(r->db));
	cli_write(&r->out);
	return CRM_OK;
}

/* ---- agents are told ---- */

/* An agent is told what they were given, if they want to be. */
static enum crm_status tell(void *data, const struct crm_given *given)
{
	struct routing *r = data;
	struct crm_notice notice = {.kind = "assigned",
				    .agent = given->agent,
				    .conversation = given->conversation,
				    .event = given->event,
				    .reason = crm_slice_of(given->reason)};

	return notify_add(r->notify, &notice);
}

/* And of what is late, or will be, with the names of the promise and its target. */
static enum crm_status tell_due(const struct crm_sla_act *act, void *data)
{
	struct routing *r = data;
	struct crm_str what = CRM_STR_INIT;
	struct crm_notice notice = {.kind = "due",
				    .agent = act->agent,
				    .conversation = act->conversation,
				    .event = act->event};
	enum crm_status rc;

	if (!act->agent)
		return CRM_OK;
	crm_str_addf(&what, "%s, %s: ", act->sla->name, crm_sla_target_names[act->target]);
	crm_time_format(act->is.due, 0, &what);
	notice.text = (struct crm_slice){what.ptr, what.len};
	rc = notify_add(r->notify, &notice);
	crm_str_release(&what);
	return rc;
}

static enum crm_status open_notify(struct routing *r)
{
	enum crm_status rc;

	if (r->options.dry)
		return CRM_OK;
	rc = notify_open(r->cli, r->db, &r->setup.agents, &r->notify);
	r->options.given = r->notify ? tell : NULL;
	r->options.data = r;
	return rc;
}

/* ---- what was promised ---- */

static enum crm_status list_promises(struct routing *r, const struct crm_sla_job *job)
{
	enum crm_status rc = CRM_OK;

	if (r->escalate)
		rc = crm_sla_escalate(job, command.name, r->options.dry, tell_due, r, &r->out);
	if (rc == CRM_OK && r->due)
		rc = crm_sla_due(job, r->within, &r->out);
	if (rc != CRM_OK)
		return cli_fail(r->cli, crm_db_err(r->db));
	cli_write(&r->out);
	return CRM_OK;
}

static enum crm_status look_at_promises(struct routing *r)
{
	struct crm_sla_job job;
	enum crm_status rc =
		crm_promises_open(&job, r->db, &r->setup, crm_db_now(r->db), r->options.seed);

	if (!r->setup.slas.n)
		cli_note(r->cli, "nothing was promised: no line {\"sla\": ...} in the rules");
	rc = rc == CRM_OK ? list_promises(r, &job) : cli_fail(r->cli, crm_db_err(r->db));
	crm_promises_close(&job);
	return rc;
}

/* ---- the end ---- */

static void sum_up(const struct routing *r, bool swept)
{
	const struct crm_dispatch_counts *c = &r->counts;
	uint64_t n = swept ? c->assigned + c->queued + c->kept : r->in.lines;
	struct crm_str parts = CRM_STR_INIT;

	filter_count(&parts, c->assigned, r->options.dry ? "would be assigned" : "assigned", " + ");
	filter_count(&parts, c->queued, "left in the queue", " + ");
	filter_count(&parts, c->kept, "with their agent", " + ");
	filter_count(&parts, c->refused, "refused", " + ");
	filter_count(&parts, c->passed, "not waiting", " + ");
	filter_count(&parts, c->again, "of the same request", " + ");
	filter_count(&parts, r->others, "of other kinds", " + ");
	filter_count(&parts, r->in.aside, "set aside", " + ");
	cli_note(r->cli, "%llu %s%s%s%s", (unsigned long long)n, swept ? "waiting" : "line",
		 swept || n == 1 ? "" : "s", parts.len ? " = " : "", parts.ptr);
	crm_str_release(&parts);
}

static enum crm_status route(struct routing *r)
{
	bool swept = !r->cli->argc && (r->all || cli_is_terminal(STDIN_FILENO));
	enum crm_status rc;

	if (r->cli->argc)
		rc = take_operands(r);
	else
		rc = swept ? sweep(r) : filter_run(&r->in, r->cli, NULL, take_batch, r);
	if (rc != CRM_OK)
		return rc;
	sum_up(r, swept);
	return r->in.aside || r->counts.refused ? CRM_ASIDE : CRM_OK;
}

/* ---- files ---- */

static void tell_problem(void *data, bool error, const char *text)
{
	struct routing *r = data;

	r->problems = true;
	cli_error(r->cli, "%s%s", text, error ? "" : " (a warning)");
}

static enum crm_status load(struct routing *r)
{
	struct crm_str dir = CRM_STR_INIT, ours = CRM_STR_INIT;
	struct crm_err err;
	enum crm_status rc;

	cli_config_dir(r->cli, &dir);
	rc = crm_setup_load(&r->setup, dir.ptr,
			    cli_own_data("rules", "requests", &ours) ? ours.ptr : NULL,
			    r->check ? tell_problem : NULL, r, &err);
	if (rc != CRM_OK && !r->problems)
		cli_fail(r->cli, &err);
	crm_str_release(&dir);
	crm_str_release(&ours);
	return rc;
}

static enum crm_status find_agent(struct routing *r)
{
	const struct crm_agent *a = crm_agents_find(&r->setup.agents, crm_slice_of(r->to));

	r->agent = a ? (int)(a - r->setup.agents.list) : CRM_NOBODY;
	if (!r->to || a || !strcmp(r->to, "-"))
		return CRM_OK;
	cli_error(r->cli, "no agent '%s' in the file of agents", r->to);
	return CRM_NO_INPUT;
}

static enum crm_status work(struct routing *r)
{
	enum crm_status rc = load(r);

	if (rc != CRM_OK || r->check) {
		if (rc == CRM_OK)
			cli_note(r->cli, "%zu agents, %zu rules", r->setup.agents.n,
				 crm_rules_count(r->setup.rules));
		return rc;
	}
	if ((rc = find_agent(r)) != CRM_OK)
		return rc;
	rc = cli_db_open(r->cli, &r->db, r->options.dry ? CRM_DB_READ : CRM_DB_WRITE);
	if (rc != CRM_OK)
		return rc;
	if ((rc = open_notify(r)) != CRM_OK)
		return rc;
	if (r->due || r->escalate)
		return look_at_promises(r);
	if (!r->setup.agents.n)
		cli_note(r->cli, "no agents: requests stay in the queue until the file of agents "
				 "names some");
	rc = crm_dispatch_new(&r->dispatch, r->db, &r->setup, &r->options);
	return rc == CRM_OK ? route(r) : cli_fail(r->cli, crm_db_err(r->db));
}

static void parse_option(struct routing *r, int c)
{
	switch (c) {
	case 'a':
		r->all = true;
		break;
	case 'n':
		r->options.dry = true;
		break;
	case OPT_EXPLAIN:
		r->options.explain = true;
		break;
	case OPT_SEED:
		r->options.seed = (uint64_t)cli_number(r->cli, "seed", 0, INT64_MAX);
		break;
	case OPT_LIMIT:
		r->limit = (size_t)cli_number(r->cli, "limit", 1, INT32_MAX);
		break;
	case OPT_CHECK:
		r->check = true;
		break;
	case OPT_TO:
		r->to = r->cli->arg;
		break;
	case OPT_ACTOR:
		r->options.actor = r->cli->arg;
		break;
	case OPT_FORCE:
		r->force = true;
		break;
	case OPT_DUE:
		r->due = true;
		r->within = strcmp(r->cli->arg, "warn") ? cli_duration(r->cli, "due") : -1;
		break;
	case OPT_ESCALATE:
		r->escalate = true;
		break;
	}
}

static void check_usage(struct routing *r)
{
	struct cli *cli = r->cli;

	if (r->force && !r->to)
		cli_usage(cli, "--force goes with --to");
	if (r->all && cli->argc)
		cli_usage(cli, "--all and named conversations do not go together");
	if (r->to && !cli->argc && (r->all || cli_is_terminal(STDIN_FILENO)))
		cli_usage(cli, "--to takes what to give away: conversations, or lines");
	if ((r->due || r->escalate) && (cli->argc || r->all || r->to))
		cli_usage(cli, "--due and --escalate look at all requests");
	if (r->limit && !r->all && (cli->argc || !cli_is_terminal(STDIN_FILENO)))
		cli_usage(cli, "--limit goes with --all");
	if (!cli->db_path && !getenv("CRM_CONFIG"))
		cli_usage(cli, "no store named: give -d DB or set CRM_DB");
}

static void release(struct routing *r)
{
	crm_dispatch_free(r->dispatch);
	notify_close(r->notify);
	crm_setup_release(&r->setup);
	for (size_t i = 0; i < r->n_docs; i++)
		crm_json_doc_release(&r->docs[i]);
	free(r->docs);
	free(r->asks);
	crm_str_release(&r->out);
}

int main(int argc, char **argv)
{
	struct cli cli;
	struct routing r = {.cli = &cli, .out = CRM_STR_INIT};
	enum crm_status rc;
	int c;

	cli_start(&cli, &command, argc, argv);
	r.options.command = command.name;
	r.options.actor = cli_actor(&cli);
	while ((c = cli_option(&cli)) != -1)
		parse_option(&r, c);
	check_usage(&r);
	r.options.now = cli.now;
	rc = work(&r);
	release(&r);
	crm_db_close(r.db);
	return cli_finish(&cli, rc);
}
