/* SPDX-License-Identifier: MIT */
/* Queueing messages, showing what became of them, and meddling with them; sending them is in
 * claim.c. */
#include "reply/outbox.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/time.h"
#include "store/cell.h"
#include "store/people.h"

static const char sql_add[] =
	"INSERT INTO outbox (key, kind, purpose, conversation_id, profile_id, endpoint_id, "
	"source_id,"
	" account, address, agent, automatic, template, message, message_id, queued_at, due_at,"
	" expires_at, later, state, reason, detail, state_at) "
	"VALUES (:key, :kind, :purpose, nullif(:conversation, 0), nullif(:profile, 0),"
	" nullif(:endpoint, 0), :source, :account, :address, :agent, :automatic, :template, "
	":message,"
	" :message_id, :now, :due, nullif(:expires, 0), :later, :state, :reason, :detail, :now) "
	"ON CONFLICT (key) DO NOTHING RETURNING id";
static const char sql_by_key[] = "SELECT id FROM outbox WHERE key = :key";
/* What answers our mail names its id: that leads to the thread, which begins with its first
 * request, also where that came by another channel. */
static const char sql_ref[] =
	"INSERT INTO message_ref (source_id, ref, conversation_id) "
	"SELECT :source, :ref, coalesce(c.follows, c.id) FROM conversation AS c WHERE c.id ="
	" coalesce((SELECT conversation_id FROM conversation_alias WHERE id = :conversation),"
	" :conversation) ON CONFLICT DO NOTHING";
static const char sql_source[] =
	"INSERT INTO source (name, scope, medium) VALUES (:name, :scope, :medium) "
	"ON CONFLICT (name, scope) DO UPDATE SET name = name RETURNING id";
static const char sql_endpoint[] =
	"INSERT INTO endpoint (kind, scope, value) VALUES (:kind, :scope, :value) "
	"ON CONFLICT (value, kind, scope) DO UPDATE SET kind = kind RETURNING id";

#define LINE                                                                                  \
	"SELECT o.id, o.kind, o.conversation_id, (SELECT c.person_id FROM profile_canon AS c" \
	" WHERE c.profile_id = o.profile_id), s.name, o.account, o.address,"                  \
	" o.agent, o.template, w.state, coalesce(o.reason, ''), coalesce(w.told, o.detail),"  \
	" o.attempts, o.key, o.message_id, o.queued_at, o.due_at, w.state_at, o.state "       \
	"FROM outbox AS o JOIN outbox_now AS w ON w.outbox_id = o.id "                        \
	"JOIN source AS s ON s.id = o.source_id "
static const char sql_line[] = LINE "WHERE o.id = :id";
static const char sql_lines[] = LINE "WHERE :state IS NULL OR w.state = :state ORDER BY o.id";
static const char sql_attempts[] =
	"SELECT n, started_at, ended_at, outcome, code, detail, retry_after FROM attempt "
	"WHERE outbox_id = :id ORDER BY n";

static const char sql_state[] = "SELECT state FROM outbox WHERE id = :id";
static const char sql_retry[] =
	"UPDATE outbox SET state = 'queued', reason = 'asked', detail = NULL, attempts = 0,"
	" due_at = :now, state_at = :now "
	"WHERE id = :id AND state IN ('queued', 'failed', 'skipped', 'unknown', 'cancelled')";
static const char sql_unknown[] = "SELECT id FROM outbox WHERE state = 'unknown' ORDER BY id";
static const char sql_cancel[] =
	"UPDATE outbox SET state = 'cancelled', reason = 'asked', detail = NULL, state_at = :now "
	"WHERE id = :id AND state = 'queued'";
static const char sql_suppress[] =
	"INSERT INTO suppression (endpoint_id, purpose, reason, at, actor) "
	"VALUES (:endpoint, :purpose, :reason, :now, :actor) ON CONFLICT DO NOTHING";
static const char sql_unsuppress[] =
	"DELETE FROM suppression WHERE endpoint_id = :endpoint AND reason <> 'erased'";
static const char sql_works[] = "UPDATE endpoint SET flags = flags & ~12 "
				"WHERE id = :endpoint AND flags & 12";

/* ---- queueing ---- */

static void put(struct crm_str *out, const char *key, struct crm_slice s)
{
	if (!s.ptr)
		return;
	crm_json_key(out, key);
	crm_json_string(out, s);
}

static void put_raw(struct crm_str *out, const char *key, struct crm_slice json)
{
	if (!json.ptr)
		return;
	crm_json_key(out, key);
	crm_json_raw(out, json);
}

static enum crm_status put_message(struct crm_db *db, const struct crm_outgoing *o,
				   struct crm_str *out)
{
	enum crm_status rc = CRM_OK;

	crm_json_open(out, '{');
	put(out, "to_name", o->to_name);
	put(out, "subject", o->subject);
	put(out, "text", o->text);
	put(out, "html", o->html);
	put(out, "in_reply_to", o->in_reply_to);
	put_raw(out, "references", o->references);
	put(out, "about", o->about);
	put(out, "thread", o->thread);
	put(out, "campaign", o->campaign);
	put(out, "unsubscribe", o->unsubscribe);
	put_raw(out, "variables", o->variables);
	if (o->files && o->files->n) {
		crm_json_key(out, "attachments");
		rc = crm_attach_store(db, o->files, out);
	}
	crm_json_close(out, '}');
	return rc;
}

static enum crm_status write_ref(struct crm_db *db, const struct crm_outgoing *o)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_ref);

	crm_bind_int(st, ":source", o->source);
	crm_bind_slice(st, ":ref", o->message_id);
	crm_bind_int(st, ":conversation", o->conversation);
	return crm_db_run(db, st);
}

static enum crm_status find_key(struct crm_db *db, struct crm_slice key, int64_t *id)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_by_key);

	crm_bind_slice(st, ":key", key);
	return crm_db_int(db, st, 0, id);
}

static void bind_outgoing(sqlite3_stmt *st, const struct crm_outgoing *o, int64_t now)
{
	crm_bind_slice(st, ":key", o->key);
	crm_bind_text(st, ":kind", o->kind);
	crm_bind_text(st, ":purpose", o->purpose);
	crm_bind_int(st, ":conversation", o->conversation);
	crm_bind_int(st, ":profile", o->profile);
	crm_bind_int(st, ":endpoint", o->endpoint);
	crm_bind_int(st, ":source", o->source);
	crm_bind_slice(st, ":account", o->account.ptr ? o->account : CRM_SLICE(""));
	crm_bind_slice(st, ":address", o->address);
	crm_bind_slice(st, ":agent", o->agent);
	crm_bind_slice(st, ":automatic", o->automatic);
	crm_bind_slice(st, ":template", o->template);
	crm_bind_slice(st, ":message_id", o->message_id);
	crm_bind_int(st, ":now", now);
	crm_bind_int(st, ":due", o->due_at ? o->due_at : now);
	crm_bind_int(st, ":expires", o->expires_at);
	crm_bind_int(st, ":later", !strcmp(o->kind, "campaign"));
	crm_bind_text(st, ":state", o->state ? o->state : "queued");
	crm_bind_slice(st, ":reason", o->reason);
	crm_bind_slice(st, ":detail", o->detail);
}

enum crm_status crm_outbox_add(struct crm_db *db, const struct crm_outgoing *o, int64_t *id,
			       bool *added)
{
	struct crm_str message = CRM_STR_INIT;
	enum crm_status rc = put_message(db, o, &message);
	sqlite3_stmt *st = crm_db_stmt(db, sql_add);

	bind_outgoing(st, o, crm_db_now(db));
	crm_bind_slice(st, ":message", (struct crm_slice){message.ptr, message.len});
	if (rc == CRM_OK)
		rc = crm_db_int(db, st, 0, id);
	crm_str_release(&message);
	*added = rc == CRM_OK && *id != 0;
	if (rc != CRM_OK)
		return rc;
	if (!*added)
		return find_key(db, o->key, id);
	return o->message_id.ptr && o->conversation ? write_ref(db, o) : CRM_OK;
}

enum crm_status crm_outbox_source(struct crm_db *db, const char *channel, const char *scope,
				  const char *medium, int64_t *id)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_source);

	crm_bind_text(st, ":name", channel);
	crm_bind_text(st, ":scope", scope);
	crm_bind_text(st, ":medium", medium);
	return crm_db_int(db, st, 0, id);
}

enum crm_status crm_outbox_endpoint(struct crm_db *db, const char *kind, struct crm_slice scope,
				    struct crm_slice value, int64_t *id)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_endpoint);

	crm_bind_text(st, ":kind", kind);
	crm_bind_slice(st, ":scope", scope);
	crm_bind_slice(st, ":value", value);
	return crm_db_int(db, st, 0, id);
}

/* ---- looking ---- */

static void put_column(struct crm_str *out, const char *key, sqlite3_stmt *st, int i)
{
	struct crm_slice s = crm_column(st, i);

	if (!s.len)
		return;
	crm_json_key(out, key);
	crm_cell_string(s, out);
}

static void put_number(struct crm_str *out, const char *key, sqlite3_stmt *st, int i)
{
	if (sqlite3_column_type(st, i) != SQLITE_NULL)
		crm_json_put_int(out, key, sqlite3_column_int64(st, i));
}

static void put_time(struct crm_str *out, const char *key, sqlite3_stmt *st, int i)
{
	struct crm_str at = CRM_STR_INIT;

	if (sqlite3_column_type(st, i) == SQLITE_NULL)
		return;
	crm_time_format(sqlite3_column_int64(st, i), 0, &at);
	crm_json_put(out, key, at.ptr);
	crm_str_release(&at);
}

/* All but the closing brace. A row of LINE. */
static void put_line(sqlite3_stmt *st, struct crm_str *out)
{
	bool queued = crm_slice_is(crm_column(st, 18), "queued");

	crm_json_open(out, '{');
	crm_json_put(out, "type", "delivery");
	put_number(out, "outbox", st, 0);
	put_column(out, "kind", st, 1);
	put_number(out, "conversation", st, 2);
	put_number(out, "person", st, 3);
	put_column(out, "channel", st, 4);
	put_column(out, "account", st, 5);
	put_column(out, "to", st, 6);
	put_column(out, "agent", st, 7);
	put_column(out, "template", st, 8);
	put_column(out, "state", st, 9);
	put_column(out, "reason", st, 10);
	put_column(out, "detail", st, 11);
	put_number(out, "attempts", st, 12);
	put_column(out, "key", st, 13);
	put_column(out, "message_id", st, 14);
	put_time(out, "queued_at", st, 15);
	if (queued)
		put_time(out, "due_at", st, 16);
	put_time(out, "at", st, 17);
}

static void put_attempt(sqlite3_stmt *st, struct crm_str *out)
{
	crm_json_open(out, '{');
	put_number(out, "n", st, 0);
	put_time(out, "started_at", st, 1);
	put_time(out, "ended_at", st, 2);
	put_column(out, "outcome", st, 3);
	put_number(out, "code", st, 4);
	put_column(out, "detail", st, 5);
	if (sqlite3_column_type(st, 6) != SQLITE_NULL) {
		crm_json_key(out, "retry_after"); /* s */
		crm_json_real(out, (double)sqlite3_column_int64(st, 6) / 1000, 15);
	}
	crm_json_close(out, '}');
}

static enum crm_status put_attempts(struct crm_db *db, int64_t id, struct crm_str *out)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_attempts);
	enum crm_status rc;
	bool row;

	crm_bind_int(st, ":id", id);
	crm_json_key(out, "tries");
	crm_json_open(out, '[');
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row)
		put_attempt(st, out);
	crm_json_close(out, ']');
	return rc;
}

static void copy(char *to, size_t size, struct crm_slice s)
{
	snprintf(to, size, "%.*s", (int)s.len, s.ptr ? s.ptr : "");
}

enum crm_status crm_outbox_put(struct crm_db *db, int64_t id, bool tries, struct crm_str *out,
			       struct crm_delivery *delivery)
{
	sqlite3_stmt *st;
	enum crm_status rc = crm_db_find(db, sql_line, id, &st);

	if (rc != CRM_OK)
		return rc;
	if (!st)
		return crm_fail(crm_db_err(db), CRM_NO_INPUT, "the outbox has no message %lld",
				(long long)id);
	put_line(st, out);
	copy(delivery->state, sizeof(delivery->state), crm_column(st, 9));
	copy(delivery->reason, sizeof(delivery->reason), crm_column(st, 10));
	sqlite3_reset(st);
	if (tries)
		rc = put_attempts(db, id, out);
	crm_json_close(out, '}');
	crm_str_addc(out, '\n');
	return rc;
}

bool crm_outbox_is_state(const char *name)
{
	static const char *const names[] = {"queued",    "claimed", "unknown",  "sent",
					    "delivered", "read",    "bounced",  "complained",
					    "failed",    "skipped", "cancelled"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

enum crm_status crm_outbox_each(struct crm_db *db, const char *state,
				void (*each)(const struct crm_str *line, void *data), void *data)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_lines);
	struct crm_str line = CRM_STR_INIT;
	enum crm_status rc;
	bool row;

	crm_bind_text(st, ":state", state);
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		crm_str_clear(&line);
		put_line(st, &line);
		crm_json_close(&line, '}');
		crm_str_addc(&line, '\n');
		each(&line, data);
	}
	crm_str_release(&line);
	return rc;
}

/* ---- meddling ---- */

/* Runs a change of one row; when there was nothing to change, says why. */
static enum crm_status change_one(struct crm_db *db, const char *sql, int64_t id, const char *what)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql);
	char state[16] = "";
	enum crm_status rc;

	crm_bind_int(st, ":id", id);
	crm_bind_int(st, ":now", crm_db_now(db));
	if ((rc = crm_db_run(db, st)) != CRM_OK || sqlite3_changes(crm_db_handle(db)))
		return rc;
	if ((rc = crm_db_find(db, sql_state, id, &st)) != CRM_OK)
		return rc;
	if (!st)
		return crm_fail(crm_db_err(db), CRM_NO_INPUT, "the outbox has no message %lld",
				(long long)id);
	strncpy(state, crm_column(st, 0).ptr, sizeof(state) - 1);
	sqlite3_reset(st);
	return crm_fail(crm_db_err(db), CRM_DATA, "message %lld is %s: it cannot be %s",
			(long long)id, state, what);
}

enum crm_status crm_outbox_retry(struct crm_db *db, int64_t id)
{
	return change_one(db, sql_retry, id, "sent again");
}

enum crm_status crm_outbox_retry_unknown(struct crm_db *db, struct crm_ids *ids)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_unknown);
	enum crm_status rc;

	rc = crm_ids_read(ids, db, st);
	for (size_t i = 0; i < ids->n && rc == CRM_OK; i++)
		rc = crm_outbox_retry(db, ids->ids[i]);
	return rc;
}

enum crm_status crm_outbox_cancel(struct crm_db *db, int64_t id)
{
	return change_one(db, sql_cancel, id, "cancelled");
}

enum crm_status crm_outbox_suppress(struct crm_db *db, int64_t endpoint, const char *purpose,
				    const char *reason, const char *actor)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_suppress);

	crm_bind_int(st, ":endpoint", endpoint);
	crm_bind_text(st, ":purpose", purpose);
	crm_bind_text(st, ":reason", reason);
	crm_bind_text(st, ":actor", actor);
	crm_bind_int(st, ":now", crm_db_now(db));
	return crm_db_run(db, st);
}

enum crm_status crm_outbox_unsuppress(struct crm_db *db, int64_t endpoint, int64_t *n)
{
	const char *const steps[] = {sql_unsuppress, sql_works};
	enum crm_status rc = CRM_OK;

	*n = 0;
	for (size_t i = 0; i < 2 && rc == CRM_OK; i++) {
		sqlite3_stmt *st = crm_db_stmt(db, steps[i]);

		crm_bind_int(st, ":endpoint", endpoint);
		rc = crm_db_run(db, st);
		*n += sqlite3_changes(crm_db_handle(db));
	}
	return rc;
}
