/* SPDX-License-Identifier: MIT */
/*
 * crm-reply: puts messages into the outbox and delivers them.
 *
 * Lines that came with one read are queued in one transaction; what is due is delivered after
 * its commit, whoever queued it. A line is printed when the store says so: one for each message
 * whose state changed.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "filter.h"
#include "office.h"
#include "reply.h"
#include "reply/ask_line.h"
#include "reply/outbox.h"
#include "reply/sender.h"
#include "store/cell.h"
#include "store/people.h"

enum {
	OPT_TEMPLATE = CLI_LONG,
	OPT_TEMPLATES,
	OPT_FILES,
	OPT_QUEUE,
	OPT_WAIT,
	OPT_STATUS,
	OPT_LIST,
	OPT_SHOW,
	OPT_RETRY,
	OPT_RETRY_UNKNOWN,
	OPT_CANCEL,
	OPT_SUPPRESS,
	OPT_UNSUPPRESS,
	OPT_PURPOSE,
	OPT_REASON,
	OPT_ACTOR
};

static const struct cli_option options[] = {
	{'n', "dry-run", NULL, "show what would be sent, byte by byte; send nothing"},
	{OPT_TEMPLATE, "template", "NAME", "send NAME to the conversation of each line"},
	{OPT_TEMPLATES, "templates", "SET", "take templates of this set (a brand's voice)"},
	{OPT_FILES, "files", "DIR", "files that lines attach are in this folder"},
	{OPT_PURPOSE, "purpose", "WORD", "what they are for: service, marketing …"},
	{OPT_QUEUE, "queue", NULL, "queue only; another run delivers"},
	{'a', "all", NULL, "read no lines, deliver what is due"},
	{OPT_WAIT, "wait", NULL, "go on delivering as messages come due"},
	{OPT_STATUS, "status", NULL, "show how sending stands, and what is to be done"},
	{OPT_LIST, "list", NULL, "list the outbox, or what is in STATE"},
	{OPT_SHOW, "show", NULL, "show the messages ID … and their tries"},
	{OPT_RETRY, "retry", NULL, "send the messages ID … again"},
	{OPT_RETRY_UNKNOWN, "retry-unknown", NULL, "send again what may have arrived or not"},
	{OPT_CANCEL, "cancel", NULL, "do not send the messages ID …"},
	{OPT_SUPPRESS, "suppress", NULL, "send nothing more to ADDRESS …"},
	{OPT_UNSUPPRESS, "unsuppress", NULL, "send to ADDRESS … again"},
	{OPT_REASON, "reason", "TEXT", "why, with --suppress"},
	{OPT_ACTOR, "actor", "NAME", "who, with --suppress ($USER)"},
	{0},
};

static const struct cli_command command = {
	.name = "crm-reply",
	.purpose = "send answers, and keep what became of them",
	.synopsis = "[FILE ...] | --list [STATE] | --show ID ...",
	.options = options,
	.example = "  echo '{\"conversation\":5,\"text\":\"It is on its way.\"}' | crm-reply\n"
		   "  crm-ingest ~/Maildir | crm-route | crm-reply --template received",
};

#define POLL_MS 5000  /* by then it looks again whether others queued something */
#define SHORT_MS 2000 /* a wait that is not worth another run */

struct replier {
	struct cli *cli;
	struct crm_db *db;
	struct office *office;
	struct crm_sender *sender;
	struct crm_addressee addressee;
	struct crm_json_doc doc;
	struct crm_arena arena;
	struct crm_str out, bytes;
	struct crm_ids queued; /* by this batch, and nothing was said of them yet */

	int mode; /* OPT_LIST …; 0: lines */
	bool dry, queue_only, all, wait;
	bool misconfigured; /* an account is, and it was said */
	const char *template, *set, *files, *purpose, *reason, *actor;

	struct filter in;
	struct crm_ids waits; /* all that were told to wait; see count_waits */
	uint64_t posted, again, again_not, passed, sent, waiting, deferred, failed, skipped,
		unknown, other;
};

/* ---- what is written ---- */

/* Puts members before the end of the line that was just written to m->out. */
static void append_to_line(struct replier *m)
{
	m->out.len -= 2; /* }\n */
	m->out.ptr[m->out.len] = '\0';
}

static void end_line(struct replier *m)
{
	crm_json_close(&m->out, '}');
	crm_str_addc(&m->out, '\n');
}

static void flush(struct replier *m)
{
	cli_write(&m->out);
	cli_flush();
	crm_str_clear(&m->out);
}

static bool is_waiting(const char *state)
{
	return !strcmp(state, "queued") || !strcmp(state, "claimed");
}

static void count(struct replier *m, const char *state, const char *reason)
{
	if (!strcmp(state, "sent") || !strcmp(state, "delivered") || !strcmp(state, "read"))
		m->sent++;
	else if (!strcmp(state, "failed"))
		m->failed++;
	else if (!strcmp(state, "skipped"))
		m->skipped++;
	else if (!strcmp(state, "unknown"))
		m->unknown++;
	else if (!strcmp(reason, "deferred") || !strcmp(reason, "unreachable"))
		m->deferred++;
	else if (is_waiting(state))
		m->waiting++;
	else
		m->other++;
}

/* Writes the line of a message as the store has it now. */
static enum crm_status put_delivery(struct replier *m, int64_t id)
{
	struct crm_delivery d;
	enum crm_status rc = crm_outbox_put(m->db, id, false, &m->out, &d);

	if (rc == CRM_OK && is_waiting(d.state) && !m->dry && !m->wait)
		crm_ids_add(&m->waits, id);
	else if (rc == CRM_OK)
		count(m, d.state, d.reason);
	return rc;
}

/* Counts, at the end, those that still wait: what waited for a moment was counted when it was
 * sent. */
static enum crm_status count_waits(struct replier *m)
{
	struct crm_str line = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;

	if (m->waits.n)
		qsort(m->waits.ids, m->waits.n, sizeof(*m->waits.ids), crm_ids_order);
	for (size_t i = 0; i < m->waits.n && rc == CRM_OK; i++) {
		struct crm_delivery d;

		if (i && m->waits.ids[i] == m->waits.ids[i - 1])
			continue;
		crm_str_clear(&line);
		rc = crm_outbox_put(m->db, m->waits.ids[i], false, &line, &d);
		if (rc == CRM_OK && is_waiting(d.state))
			count(m, d.state, d.reason);
	}
	crm_str_release(&line);
	return rc == CRM_OK ? CRM_OK : cli_fail(m->cli, crm_db_err(m->db));
}

static void forget(struct replier *m, int64_t id)
{
	for (size_t i = 0; i < m->queued.n; i++)
		if (m->queued.ids[i] == id)
			m->queued.ids[i] = 0;
}

/* The sender told of a message. */
static void told(void *data, int64_t id)
{
	struct replier *m = data;

	put_delivery(m, id); /* what fails here is found by the next statement */
	flush(m);
	forget(m, id);
}

/* Those of this batch that have to wait. */
static enum crm_status put_waiting(struct replier *m)
{
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < m->queued.n && rc == CRM_OK; i++)
		if (m->queued.ids[i])
			rc = put_delivery(m, m->queued.ids[i]);
	m->queued.n = 0;
	flush(m);
	return rc == CRM_OK ? CRM_OK : cli_fail(m->cli, crm_db_err(m->db));
}

/* What could not be queued at all. */
static void put_refused(struct replier *m, const struct crm_posted *p)
{
	crm_json_open(&m->out, '{');
	crm_json_put(&m->out, "type", "delivery");
	if (p->conversation)
		crm_json_put_int(&m->out, "conversation", p->conversation);
	if (m->addressee.person)
		crm_json_put_int(&m->out, "person", m->addressee.person);
	crm_json_put(&m->out, "state", "skipped");
	crm_json_put(&m->out, "reason", p->reason);
	crm_json_put(&m->out, "detail", p->detail);
	if (m->dry) {
		crm_json_key(&m->out, "dry_run");
		crm_json_bool(&m->out, true);
	}
	end_line(m);
}

static void put_bytes(struct replier *m)
{
	crm_json_key(&m->out, "bytes");
	crm_cell_string((struct crm_slice){m->bytes.ptr, m->bytes.len}, &m->out);
}

/* What would go out; after it the transaction is taken back. */
static enum crm_status put_dry(struct replier *m, int64_t id)
{
	enum crm_status rc = put_delivery(m, id);

	if (rc != CRM_OK)
		return rc;
	append_to_line(m);
	crm_json_key(&m->out, "dry_run");
	crm_json_bool(&m->out, true);
	crm_str_clear(&m->bytes);
	rc = crm_sender_render(m->sender, id, &m->bytes);
	if (rc == CRM_OK)
		put_bytes(m);
	else if (rc == CRM_CONFIG || rc == CRM_DATA)
		crm_json_put(&m->out, "error", crm_db_err(m->db)->text);
	end_line(m);
	return rc == CRM_CONFIG || rc == CRM_DATA ? CRM_OK : rc;
}

static enum crm_status take_posted(struct replier *m, const struct crm_posted *p)
{
	enum crm_status rc;

	if (p->outcome == CRM_POST_REFUSED) {
		m->skipped++;
		put_refused(m, p);
		cli_error(m->cli, "%s:%lld: not sent (%s): %s", m->in.file, (long long)m->in.line,
			  p->reason, p->detail);
		return CRM_OK;
	}
	if (p->outcome == CRM_POST_AGAIN) {
		struct crm_delivery d;

		if ((rc = crm_outbox_put(m->db, p->id, false, &m->out, &d)) != CRM_OK)
			return rc;
		if (!strcmp(d.state, "failed") || !strcmp(d.state, "skipped")
		    || !strcmp(d.state, "cancelled") || !strcmp(d.state, "unknown"))
			m->again_not++;
		else
			m->again++;
		append_to_line(m);
		crm_json_key(&m->out, "duplicate");
		crm_json_bool(&m->out, true);
		end_line(m);
		return CRM_OK;
	}
	m->posted++;
	if (m->dry)
		return put_dry(m, p->id);
	if (p->outcome == CRM_POST_SKIPPED || m->queue_only)
		return put_delivery(m, p->id);
	crm_ids_add(&m->queued, p->id);
	return CRM_OK;
}

static enum crm_status post(struct replier *m, struct crm_ask_post *ask)
{
	struct crm_posted posted;
	enum crm_status rc;

	if (!ask->purpose)
		ask->purpose = m->purpose;
	if (!ask->set)
		ask->set = m->set;
	rc = crm_post_queue(&m->office->post, ask, &m->addressee, &posted);
	return rc == CRM_OK ? take_posted(m, &posted) : filter_fault(&m->in, m->db, rc);
}

static enum crm_status take_line(struct replier *m, struct crm_slice line)
{
	struct crm_ask_post ask;
	const char *why = NULL;

	if (!filter_scan(&m->in, &m->doc, line))
		return CRM_OK;
	crm_arena_clear(&m->arena);
	switch (crm_ask_line(&m->doc, m->template, m->files, &m->arena, &ask, &why)) {
	case CRM_ASK_WRONG:
		return filter_aside(&m->in, why);
	case CRM_ASK_OTHER:
		m->passed++;
		filter_pass(line, &m->out);
		return CRM_OK;
	case CRM_ASK_REPLY:
	case CRM_ASK_TEMPLATE:
		break;
	}
	return post(m, &ask);
}

/* ---- delivering ---- */

/* What is wrong with the configuration of an account is said once, and the others go on. */
static enum crm_status deliver(struct replier *m)
{
	enum crm_status rc = crm_sender_run(m->sender, told, m);

	if (rc == CRM_CONFIG && m->misconfigured)
		return CRM_OK;
	if (rc != CRM_OK)
		cli_fail(m->cli, crm_db_err(m->db));
	m->misconfigured |= rc == CRM_CONFIG;
	return rc == CRM_CONFIG ? CRM_OK : rc;
}

/* How long until something is due (ms, at most POLL_MS); -1: nothing is queued. A clock that
 * was set by --now stands still. */
static enum crm_status next_due(struct replier *m, int64_t *ms)
{
	int64_t due;
	enum crm_status rc = crm_outbox_next(m->db, &due);

	if (rc != CRM_OK)
		return cli_fail(m->cli, crm_db_err(m->db));
	*ms = -1;
	if (due == INT64_MAX || m->cli->now)
		return CRM_OK;
	*ms = due - crm_db_now(m->db);
	*ms = *ms < 0 ? 0 : *ms > POLL_MS ? POLL_MS : *ms;
	return CRM_OK;
}

static void sleep_ms(int64_t ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

/* Delivers what is due, and what is due in a moment. With --wait, for ever. */
static enum crm_status deliver_on(struct replier *m)
{
	int64_t ms = 0;
	enum crm_status rc = deliver(m);

	while (rc == CRM_OK && (rc = next_due(m, &ms)) == CRM_OK) {
		if (m->wait && !m->cli->now)
			ms = ms < 0 ? POLL_MS : ms;
		else if (ms < 0 || ms > SHORT_MS)
			break;
		if (m->queued.n && (rc = put_waiting(m)) != CRM_OK)
			break;
		sleep_ms(ms ? ms : 1);
		rc = deliver(m);
	}
	return rc;
}

/* Waits for input, and delivers meanwhile what comes due. */
static enum crm_status await(void *data, int fd)
{
	struct replier *m = data;
	struct pollfd p = {fd, POLLIN, 0};
	enum crm_status rc = CRM_OK;
	int64_t ms;

	if (m->dry || m->queue_only)
		return CRM_OK;
	while (rc == CRM_OK) {
		if ((rc = next_due(m, &ms)) != CRM_OK)
			return rc;
		if (poll(&p, 1, (int)ms) != 0)
			return CRM_OK;
		rc = deliver(m);
	}
	return rc;
}

/* ---- files of lines ---- */

/* The lines that have come, as one transaction; then what is due is sent. */
static enum crm_status take_batch(void *data)
{
	struct replier *m = data;
	enum crm_status rc = crm_db_begin(m->db);
	struct crm_slice line;

	while (rc == CRM_OK && filter_next(&m->in, &line))
		rc = take_line(m, line);
	if (rc == CRM_OK && !m->dry)
		rc = crm_db_commit(m->db);
	if (rc != CRM_OK)
		cli_fail(m->cli, crm_db_err(m->db));
	crm_db_rollback(m->db);
	if (rc != CRM_OK)
		return rc;
	flush(m);
	if (!m->dry && !m->queue_only && m->queued.n && (rc = deliver(m)) == CRM_OK)
		rc = put_waiting(m);
	return rc;
}

static void sum_up(const struct replier *m, bool done)
{
	struct crm_str parts = CRM_STR_INIT;

	filter_count(&parts, m->sent, m->dry ? "would be sent" : "sent", ", ");
	filter_count(&parts, m->waiting, m->dry ? "would be sent" : "queued", ", ");
	filter_count(&parts, m->deferred, "to be tried again", ", ");
	filter_count(&parts, m->again, "queued before", ", ");
	filter_count(&parts, m->again_not, "queued before and not sent (see crm-reply --retry)",
		     ", ");
	filter_count(&parts, m->skipped, "skipped", ", ");
	filter_count(&parts, m->failed, "failed", ", ");
	filter_count(&parts, m->unknown, "unknown: see crm-reply --list unknown", ", ");
	filter_count(&parts, m->in.aside, "set aside", ", ");
	filter_count(&parts, m->passed, "passed on", ", ");
	if (parts.len)
		cli_note(m->cli, "%s", parts.ptr);
	else if (done)
		cli_note(m->cli, "nothing to send");
	crm_str_release(&parts);
}

static enum crm_status outcome(const struct replier *m)
{
	if (m->misconfigured)
		return CRM_CONFIG;
	if (m->failed || m->skipped || m->unknown || m->in.aside)
		return CRM_ASIDE;
	return m->deferred && !m->sent ? CRM_REMOTE : CRM_OK;
}

/* Without lines and with -n: what would go out now. */
static enum crm_status deliver_dry(struct replier *m)
{
	struct crm_ids due = CRM_IDS_INIT;
	enum crm_status rc = crm_outbox_due(m->db, &due);

	for (size_t i = 0; i < due.n && rc == CRM_OK; i++)
		rc = put_dry(m, due.ids[i]);
	flush(m);
	crm_ids_release(&due);
	return rc == CRM_OK ? CRM_OK : cli_fail(m->cli, crm_db_err(m->db));
}

static enum crm_status take_files(struct replier *m)
{
	bool none = m->all || (!m->cli->argc && cli_is_terminal(STDIN_FILENO));
	enum crm_status rc = none ? CRM_OK : filter_run(&m->in, m->cli, await, take_batch, m);

	cli_progress_end(m->cli);
	if (rc == CRM_OK && m->dry && none)
		rc = deliver_dry(m);
	else if (rc == CRM_OK && !m->dry && !m->queue_only)
		rc = deliver_on(m);
	if (rc == CRM_OK)
		rc = count_waits(m);
	sum_up(m, rc == CRM_OK);
	return rc == CRM_OK ? outcome(m) : rc;
}

/* ---- again ---- */

static enum crm_status queue_again(struct replier *m)
{
	enum crm_status rc = crm_db_begin(m->db);

	if (rc == CRM_OK && m->mode == OPT_RETRY_UNKNOWN)
		rc = crm_outbox_retry_unknown(m->db, &m->queued);
	for (int i = 0; i < m->cli->argc && rc == CRM_OK; i++) {
		int64_t id;

		m->cli->arg = m->cli->argv[i];
		id = cli_number(m->cli, "ID", 1, INT64_MAX);
		if ((rc = crm_outbox_retry(m->db, id)) == CRM_OK)
			crm_ids_add(&m->queued, id);
	}
	if (rc == CRM_OK)
		rc = crm_db_commit(m->db);
	if (rc != CRM_OK)
		cli_fail(m->cli, crm_db_err(m->db));
	crm_db_rollback(m->db);
	return rc;
}

static enum crm_status send_again(struct replier *m)
{
	enum crm_status rc = queue_again(m);

	if (rc == CRM_OK && !m->queue_only)
		rc = deliver(m);
	if (rc == CRM_OK && (rc = put_waiting(m)) == CRM_OK)
		rc = count_waits(m);
	return rc == CRM_OK ? outcome(m) : rc;
}

/* What a mode is that sends nothing; false: it sends. */
static bool only_looks(int mode, enum reply_look *look)
{
	static const struct {
		int mode;
		enum reply_look look;
	} looks[] = {{OPT_STATUS, REPLY_STATUS},     {OPT_LIST, REPLY_LIST},
		     {OPT_SHOW, REPLY_SHOW},         {OPT_CANCEL, REPLY_CANCEL},
		     {OPT_SUPPRESS, REPLY_SUPPRESS}, {OPT_UNSUPPRESS, REPLY_UNSUPPRESS}};

	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		if (looks[i].mode == mode) {
			*look = looks[i].look;
			return true;
		}
	return false;
}

static enum crm_status work(struct replier *m)
{
	const struct reply_asked asked = {m->cli, m->db, m->purpose, m->reason, m->actor};
	enum reply_look look;
	enum crm_status rc;

	if (only_looks(m->mode, &look))
		return reply_look(&asked, look);
	if ((rc = office_open(m->cli, m->db, &m->office)) != CRM_OK
	    || (rc = crm_sender_open(&m->sender, &m->office->post)) != CRM_OK)
		return cli_fail(m->cli, crm_db_err(m->db));
	return m->mode ? send_again(m) : take_files(m);
}

/* ---- options ---- */

static void set_mode(struct replier *m, int mode)
{
	if (m->mode)
		cli_usage(m->cli,
			  "--status, --list, --show, --retry, --cancel and --suppress go one "
			  "at a time");
	m->mode = mode;
}

static void parse_option(struct replier *m, int c)
{
	const char *arg = m->cli->arg;

	switch (c) {
	case 'n':
		m->dry = true;
		break;
	case OPT_TEMPLATE:
		m->template = arg;
		break;
	case OPT_TEMPLATES:
		m->set = arg;
		break;
	case OPT_FILES:
		m->files = arg;
		break;
	case OPT_PURPOSE:
		m->purpose = arg;
		break;
	case OPT_QUEUE:
		m->queue_only = true;
		break;
	case 'a':
		m->all = true;
		break;
	case OPT_WAIT:
		m->wait = true;
		break;
	case OPT_REASON:
		m->reason = arg;
		break;
	case OPT_ACTOR:
		m->actor = arg;
		break;
	default:
		set_mode(m, c);
	}
}

static void check_usage(struct replier *m)
{
	struct cli *cli = m->cli;
	bool takes_none = m->mode == OPT_STATUS || m->mode == OPT_RETRY_UNKNOWN;
	bool takes_some = m->mode && m->mode != OPT_LIST && !takes_none;

	if (takes_some && !cli->argc)
		cli_usage(cli, "which ones? it takes at least one");
	if ((m->mode == OPT_LIST && cli->argc > 1) || (takes_none && cli->argc))
		cli_usage(cli, "'%s' is one too many", cli->argv[cli->argc - 1]);
	if (m->mode == OPT_LIST && cli->argc && !crm_outbox_is_state(cli->argv[0]))
		cli_usage(cli,
			  "there is no state '%s'; there are queued, claimed, unknown, sent, "
			  "delivered, read, bounced, complained, failed, skipped, cancelled",
			  cli->argv[0]);
	if (m->mode && m->dry)
		cli_usage(cli, "-n is for messages that would be sent");
	if (m->all && (cli->argc || m->mode || m->template))
		cli_usage(cli, "--all takes no lines: it delivers what is queued");
	if (m->queue_only && (m->wait || m->all))
		cli_usage(cli, "--queue delivers nothing");
}

static void release(struct replier *m)
{
	crm_sender_close(m->sender);
	office_close(m->office);
	crm_addressee_release(&m->addressee);
	crm_json_doc_release(&m->doc);
	crm_arena_release(&m->arena);
	crm_ids_release(&m->queued);
	crm_ids_release(&m->waits);
	crm_str_release(&m->out);
	crm_str_release(&m->bytes);
}

int main(int argc, char **argv)
{
	struct cli cli;
	struct replier m = {.cli = &cli, .out = CRM_STR_INIT, .bytes = CRM_STR_INIT};
	enum crm_status rc;
	bool reads;
	int c;

	cli_start(&cli, &command, argc, argv);
	m.actor = cli_actor(&cli);
	while ((c = cli_option(&cli)) != -1)
		parse_option(&m, c);
	check_usage(&m);
	reads = m.mode == OPT_STATUS || m.mode == OPT_LIST || m.mode == OPT_SHOW;
	rc = cli_db_open(&cli, &m.db, reads ? CRM_DB_READ : CRM_DB_WRITE);
	if (rc == CRM_OK)
		rc = work(&m);
	release(&m);
	crm_db_close(m.db);
	return cli_finish(&cli, rc);
}
