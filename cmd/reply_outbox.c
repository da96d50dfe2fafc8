/* SPDX-License-Identifier: MIT */
/* The outbox, looked at and meddled with. */
#include "reply.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/columns.h"
#include "base/json.h"
#include "base/time.h"
#include "reply/addressee.h"
#include "reply/backlog.h"
#include "reply/outbox.h"
#include "store/people.h"

/* ---- how sending stands ---- */

struct standing {
	struct crm_str out;
	size_t width; /* of the terminal; 0: JSON lines */
	bool any, needs;
};

static void put_json(const struct crm_backlog *g, struct crm_str *out)
{
	crm_json_open(out, '{');
	crm_json_put(out, "type", "backlog");
	crm_json_put_slice(out, "channel", g->channel);
	crm_json_put_slice(out, "account", g->account);
	crm_json_put_slice(out, "state", g->state);
	crm_json_put_slice(out, "reason", g->reason);
	crm_json_put_int(out, "messages", g->n);
	crm_json_put_int(out, "outbox", g->first);
	crm_json_put_time(out, "since", g->since);
	crm_json_put_time(out, "at", g->at);
	crm_json_put_time(out, "due_at", g->due_at);
	crm_json_put_slice(out, "detail", g->detail);
	crm_json_key(out, "needs");
	crm_json_bool(out, g->needs);
	if (*g->next)
		crm_json_put(out, "next", g->next);
	crm_json_close(out, '}');
	crm_str_addc(out, '\n');
}

static void put_row(const struct crm_backlog *g, size_t width, struct crm_str *out)
{
	struct crm_str s = CRM_STR_INIT;

	crm_str_addf(&s, "%lld", (long long)g->n);
	crm_columns_fit(out, crm_str_slice(&s), 7, CRM_RIGHT);
	crm_str_addc(out, ' ');
	crm_columns_fit(out, g->state, 10, CRM_LEFT);
	crm_columns_fit(out, g->reason, 14, CRM_LEFT);
	crm_str_clear(&s);
	crm_time_format(g->since, 0, &s);
	crm_columns_fit(out, (struct crm_slice){s.ptr, 16}, 18, CRM_LEFT);
	crm_str_clear(&s);
	crm_str_add(&s, g->channel.ptr, g->channel.len);
	crm_str_addf(&s, " %.*s", (int)g->account.len, g->account.ptr);
	crm_columns_pad(out, crm_str_slice(&s), 1, CRM_LEFT);
	crm_columns_trim(out);
	crm_str_addc(out, '\n');
	for (int i = 0; i < 2; i++) {
		struct crm_slice text = i ? crm_slice_of(g->next) : g->detail;

		if (!text.len)
			continue;
		crm_str_adds(out, i ? "     -> " : "        ");
		crm_columns_wrap(out, text, 8, width, 3);
		crm_str_addc(out, '\n');
	}
	crm_str_release(&s);
}

static void take_group(const struct crm_backlog *g, void *data)
{
	struct standing *s = data;

	if (!s->any && s->width)
		crm_str_addf(&s->out, "%7s %-10s%-14s%-18s%s\n", "", "state", "reason", "since",
			     "account");
	s->any = true;
	s->needs |= g->needs;
	if (s->width)
		put_row(g, s->width, &s->out);
	else
		put_json(g, &s->out);
	cli_write(&s->out);
	crm_str_clear(&s->out);
}

static enum crm_status status(const struct reply_asked *asked)
{
	bool terminal = cli_is_terminal(STDOUT_FILENO);
	struct standing s = {CRM_STR_INIT, terminal ? crm_columns_terminal() : 0, false, false};
	enum crm_status rc = crm_backlog_each(asked->db, take_group, &s);

	crm_str_release(&s.out);
	if (rc != CRM_OK)
		return rc;
	if (!s.any)
		cli_note(asked->cli, "nothing waits, and nothing was sent within a day");
	else if (!s.needs)
		cli_note(asked->cli, "nobody has to do anything");
	return s.needs ? CRM_ASIDE : CRM_OK;
}

/* ---- single messages and addresses ---- */

static void write_line(const struct crm_str *line, void *data)
{
	(void)data;
	cli_write(line);
}

/* What is to be said once it is done: a line of each message; of each address whether there was
 * anything to do. */
struct done {
	struct crm_str lines;
	struct crm_ids any;
};

static enum crm_status suppress(const struct reply_asked *asked, const char *address, bool stop,
				struct done *done)
{
	int64_t endpoint, n = 1;
	enum crm_status rc = crm_addressee_endpoint(asked->db, address, &endpoint);

	if (rc == CRM_OK && stop)
		rc = crm_outbox_suppress(asked->db, endpoint, asked->purpose ? asked->purpose : "",
					 asked->reason ? asked->reason : "asked", asked->actor);
	else if (rc == CRM_OK)
		rc = crm_outbox_unsuppress(asked->db, endpoint, &n);
	if (rc == CRM_OK)
		crm_ids_add(&done->any, n);
	return rc;
}

static enum crm_status show(const struct reply_asked *asked, enum reply_look what,
			    struct done *done)
{
	int64_t id = cli_number(asked->cli, "ID", 1, INT64_MAX);
	struct crm_delivery d;
	enum crm_status rc = CRM_OK;

	if (what == REPLY_CANCEL)
		rc = crm_outbox_cancel(asked->db, id);
	return rc == CRM_OK ? crm_outbox_put(asked->db, id, what == REPLY_SHOW, &done->lines, &d)
			    : rc;
}

static enum crm_status each_operand(const struct reply_asked *asked, enum reply_look what,
				    struct done *done)
{
	struct cli *cli = asked->cli;
	enum crm_status rc = CRM_OK;

	for (int i = 0; i < cli->argc && rc == CRM_OK; i++) {
		cli->arg = cli->argv[i];
		if (what == REPLY_SUPPRESS || what == REPLY_UNSUPPRESS)
			rc = suppress(asked, cli->arg, what == REPLY_SUPPRESS, done);
		else
			rc = show(asked, what, done);
	}
	return rc;
}

static void say(const struct reply_asked *asked, enum reply_look what, const struct done *done)
{
	cli_write(&done->lines);
	for (size_t i = 0; i < done->any.n; i++)
		cli_note(asked->cli,
			 what == REPLY_SUPPRESS ? "%s gets nothing more%s%s"
			 : done->any.ids[i]     ? "%s may be sent to again"
						: "%s was not suppressed",
			 asked->cli->argv[i], asked->purpose ? " for " : "",
			 asked->purpose ? asked->purpose : "");
}

enum crm_status reply_look(const struct reply_asked *asked, enum reply_look what)
{
	struct cli *cli = asked->cli;
	struct crm_db *db = asked->db;
	enum crm_status rc = what <= REPLY_SHOW ? crm_db_begin_read(db) : crm_db_begin(db);
	struct done done = {CRM_STR_INIT, CRM_IDS_INIT};

	if (rc == CRM_OK && what == REPLY_STATUS)
		rc = status(asked);
	else if (rc == CRM_OK && what == REPLY_LIST)
		rc = crm_outbox_each(db, cli->argc ? cli->argv[0] : NULL, write_line, NULL);
	else if (rc == CRM_OK)
		rc = each_operand(asked, what, &done);
	if (rc == CRM_OK && (rc = crm_db_commit(db)) == CRM_OK)
		say(asked, what, &done);
	if (rc != CRM_OK && rc != CRM_ASIDE)
		cli_fail(cli, crm_db_err(db));
	crm_db_rollback(db);
	crm_str_release(&done.lines);
	crm_ids_release(&done.any);
	return rc;
}
