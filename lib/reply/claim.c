/* SPDX-License-Identifier: MIT */
/*
 * A sender's side of the outbox: which messages it may send, and what became of them. Several
 * senders may work at once, and any of them may be killed at any point.
 */
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "reply/outbox.h"
#include "store/people.h"
#include "store/request.h"

/* A lease that ran out; or that nobody can hold, since the clock was set back. */
#define RAN_OUT "state = 'claimed' AND (lease_until <= :now OR lease_until > :latest)"
/* Was the try begun? Then nobody knows. */
static const char sql_lost[] =
	"UPDATE outbox SET state = 'unknown', reason = 'interrupted', state_at = :now, claim = "
	"NULL,"
	" lease_until = NULL "
	"WHERE " RAN_OUT " AND EXISTS (SELECT 1 FROM attempt AS a"
	" WHERE a.outbox_id = outbox.id AND a.ended_at IS NULL) RETURNING id";
static const char sql_lost_attempt[] = "UPDATE attempt SET ended_at = :now, outcome = 'unknown', "
				       "detail = 'the sender was stopped' "
				       "WHERE outbox_id = :id AND ended_at IS NULL";
static const char sql_let_go[] =
	"UPDATE outbox SET state = 'queued', claim = NULL, lease_until = NULL WHERE " RAN_OUT;

/* The first due ones that no earlier one of their conversation holds back. */
#define FREE                                                           \
	"o.state = 'queued' AND NOT EXISTS (SELECT 1 FROM outbox AS b" \
	" WHERE b.conversation_id = o.conversation_id AND b.id < o.id" \
	" AND b.state IN ('queued', 'claimed'))"
static const char sql_claim[] =
	"UPDATE outbox SET state = 'claimed', claim = :claim, lease_until = :lease WHERE id IN "
	"(SELECT o.id FROM outbox AS o WHERE o.later = :later AND o.due_at <= :now AND " FREE
	" ORDER BY o.due_at, o.id LIMIT :most)";
static const char sql_next[] = "SELECT o.due_at FROM outbox AS o WHERE o.later = :later AND " FREE
			       " ORDER BY o.due_at LIMIT 1";

static const char sql_due[] = "SELECT o.id FROM outbox AS o WHERE o.due_at <= :now AND " FREE
			      " ORDER BY o.later, o.due_at, o.id";

#define MESSAGE                                                                             \
	"SELECT o.id, o.conversation_id, o.profile_id, o.endpoint_id, o.source_id, o.kind," \
	" o.purpose, s.name, s.scope, o.key, o.account, o.address, o.agent, o.automatic,"   \
	" o.message_id, o.message, o.template, o.queued_at, o.expires_at, o.attempts "      \
	"FROM outbox AS o JOIN source AS s ON s.id = o.source_id "
static const char sql_claimed[] =
	MESSAGE "WHERE o.claim = :claim AND o.state = 'claimed' ORDER BY o.later, o.due_at, o.id";
/* What was told of a message, or answers it, or a copy of it, shows that it was sent. */
static const char sql_proved[] =
	MESSAGE "WHERE o.state = 'unknown' AND o.message_id IS NOT NULL AND "
		"(EXISTS (SELECT 1 FROM event AS e WHERE e.about = o.message_id"
		" AND e.source_id = o.source_id)"
		" OR EXISTS (SELECT 1 FROM event AS e WHERE e.source_id = o.source_id"
		" AND e.key = o.message_id)) LIMIT :most";
static const char sql_peek[] = MESSAGE "WHERE o.id = :id";
static const char sql_bounced[] = "UPDATE endpoint SET flags = flags | 4 WHERE id = :endpoint";
static const char sql_began[] = "SELECT max(started_at) FROM attempt WHERE outbox_id = :id";

static const char sql_begin[] = "UPDATE outbox SET attempts = attempts + 1, lease_until = :lease "
				"WHERE id = :id AND state = 'claimed' AND claim = :claim";
static const char sql_renew[] =
	"UPDATE outbox SET lease_until = :lease WHERE state = 'claimed' AND claim = :claim";
static const char sql_attempt[] =
	"INSERT INTO attempt (outbox_id, n, started_at) SELECT :id, coalesce(max(n), 0) + 1, :now "
	"FROM attempt WHERE outbox_id = :id RETURNING n";
static const char sql_ended[] =
	"UPDATE attempt SET ended_at = :now, outcome = :outcome, code = nullif(:code, 0),"
	" detail = :detail, retry_after = nullif(:after, -1) WHERE outbox_id = :id AND n = :n";
/* By whoever holds it; that it was sent also counts when it was given up for lost. */
static const char sql_settle[] =
	"UPDATE outbox SET state = :state, reason = :reason, detail = :detail, state_at = :now,"
	" due_at = coalesce(nullif(:due, 0), due_at), sent_key = :sent_key, claim = NULL,"
	" lease_until = NULL "
	"WHERE id = :id AND ((state = 'claimed' AND claim = :claim)"
	" OR (:state = 'sent' AND state IN ('unknown', 'queued')))";
/* Another message of ours that its service gave the same id. */
static const char sql_same[] = "SELECT raw ->> 'outbox' FROM event WHERE source_id = :source"
			       " AND key = :key AND raw ->> 'outbox' <> :id";
static const char sql_files[] =
	"INSERT INTO attachment (event_id, n, name, type, size, digest) SELECT :event, f.key + 1,"
	" f.value ->> 'name', f.value ->> 'type', f.value ->> 'size', f.value ->> 'digest'"
	" FROM json_each(:message, '$.attachments') AS f";
static const char sql_tries[] =
	"SELECT count(*) FROM attempt AS a JOIN outbox AS o ON o.id = a.outbox_id "
	"WHERE a.started_at > :since AND a.started_at <= :now AND o.source_id = :source AND "
	"o.account = :account"
	" AND coalesce(:address, o.address) = o.address";

/* ---- taking ---- */

/* A statement about leases that ran out, bound. */
static sqlite3_stmt *of_ran_out(struct crm_db *db, const char *sql)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql);
	int64_t now = crm_db_now(db);

	crm_bind_int(st, ":now", now);
	crm_bind_int(st, ":latest", now + 2 * CRM_CLAIM_LEASE);
	return st;
}

static enum crm_status end_attempt_of(struct crm_db *db, int64_t id)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_lost_attempt);

	crm_bind_int(st, ":id", id);
	crm_bind_int(st, ":now", crm_db_now(db));
	return crm_db_run(db, st);
}

static enum crm_status end_leases(struct crm_db *db, struct crm_ids *lost)
{
	sqlite3_stmt *st = of_ran_out(db, sql_lost);
	struct crm_ids ids = CRM_IDS_INIT;
	enum crm_status rc;

	rc = crm_ids_read(&ids, db, st);
	for (size_t i = 0; i < ids.n && rc == CRM_OK; i++) {
		rc = end_attempt_of(db, ids.ids[i]);
		if (lost)
			crm_ids_add(lost, ids.ids[i]);
	}
	crm_ids_release(&ids);
	if (rc != CRM_OK)
		return rc;
	return crm_db_run(db, of_ran_out(db, sql_let_go));
}

static struct crm_claimed read_message(struct crm_arena *arena, sqlite3_stmt *st)
{
	return (struct crm_claimed){
		.id = sqlite3_column_int64(st, 0),
		.conversation = sqlite3_column_int64(st, 1),
		.profile = sqlite3_column_int64(st, 2),
		.endpoint = sqlite3_column_int64(st, 3),
		.source = sqlite3_column_int64(st, 4),
		.kind = crm_arena_keep(arena, crm_column(st, 5)).ptr,
		.purpose = crm_arena_keep(arena, crm_column(st, 6)).ptr,
		.channel = crm_arena_keep(arena, crm_column(st, 7)).ptr,
		.scope = crm_arena_keep(arena, crm_column(st, 8)).ptr,
		.key = crm_arena_keep(arena, crm_column(st, 9)),
		.account = crm_arena_keep(arena, crm_column(st, 10)),
		.address = crm_arena_keep(arena, crm_column(st, 11)),
		.agent = crm_arena_keep(arena, crm_column(st, 12)),
		.automatic = crm_arena_keep(arena, crm_column(st, 13)),
		.message_id = crm_arena_keep(arena, crm_column(st, 14)),
		.message = crm_arena_keep(arena, crm_column(st, 15)),
		.template = crm_arena_keep(arena, crm_column(st, 16)),
		.queued_at = sqlite3_column_int64(st, 17),
		.expires_at = sqlite3_column_int64(st, 18),
		.attempts = sqlite3_column_int64(st, 19),
	};
}

/* Reads the rows of a bound MESSAGE into the claim's list. */
static enum crm_status read_messages(struct crm_db *db, sqlite3_stmt *st, struct crm_claim *claim)
{
	enum crm_status rc;
	bool row;

	claim->n = 0;
	crm_arena_clear(&claim->arena);
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row && claim->n < CRM_CLAIM_MAX)
		claim->list[claim->n++] = read_message(&claim->arena, st);
	sqlite3_reset(st);
	return rc;
}

enum crm_status crm_claim_peek(struct crm_db *db, int64_t id, struct crm_arena *arena,
			       struct crm_claimed *message)
{
	sqlite3_stmt *st;
	enum crm_status rc = crm_db_find(db, sql_peek, id, &st);

	if (rc != CRM_OK)
		return rc;
	if (!st)
		return crm_fail(crm_db_err(db), CRM_NO_INPUT, "the outbox has no message %lld",
				(long long)id);
	*message = read_message(arena, st);
	sqlite3_reset(st);
	return CRM_OK;
}

static enum crm_status settle_proved(struct crm_db *db, struct crm_journal *journal,
				     struct crm_claim *claim, const struct crm_claimed *m)
{
	struct crm_settlement s = {.fate = CRM_FATE_SENT, .sent_key = m->message_id};
	sqlite3_stmt *st = crm_db_stmt(db, sql_began);
	enum crm_status rc;

	crm_bind_int(st, ":id", m->id);
	if ((rc = crm_db_int(db, st, 0, &s.at)) != CRM_OK)
		return rc;
	return crm_claim_settle(db, journal, claim, m, &s);
}

static enum crm_status prove(struct crm_db *db, struct crm_journal *journal,
			     struct crm_claim *claim, struct crm_ids *proved)
{
	enum crm_status rc;

	do {
		sqlite3_stmt *st = crm_db_stmt(db, sql_proved);

		crm_bind_int(st, ":most", CRM_CLAIM_MAX);
		rc = read_messages(db, st, claim);
		for (size_t i = 0; i < claim->n && rc == CRM_OK; i++) {
			rc = settle_proved(db, journal, claim, &claim->list[i]);
			if (proved)
				crm_ids_add(proved, claim->list[i].id);
		}
	} while (rc == CRM_OK && claim->n == CRM_CLAIM_MAX);
	return rc;
}

static void name_sender(struct crm_claim *claim)
{
	unsigned char bytes[16];

	if (claim->token[0])
		return;
	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2hex(claim->token, sizeof(claim->token), bytes, sizeof(bytes));
}

static enum crm_status claim_due(struct crm_db *db, struct crm_claim *claim)
{
	int64_t now = crm_db_now(db), most = CRM_CLAIM_MAX;
	enum crm_status rc = CRM_OK;

	for (int later = 0; later < 2 && most > 0 && rc == CRM_OK; later++) {
		sqlite3_stmt *st = crm_db_stmt(db, sql_claim);

		crm_bind_text(st, ":claim", claim->token);
		crm_bind_int(st, ":lease", now + CRM_CLAIM_LEASE);
		crm_bind_int(st, ":later", later);
		crm_bind_int(st, ":now", now);
		crm_bind_int(st, ":most", most);
		rc = crm_db_run(db, st);
		most -= sqlite3_changes(crm_db_handle(db));
	}
	return rc;
}

enum crm_status crm_claim_take(struct crm_db *db, struct crm_journal *journal,
			       struct crm_claim *claim, struct crm_ids *proved,
			       struct crm_ids *lost)
{
	enum crm_status rc;
	sqlite3_stmt *st;

	name_sender(claim);
	if ((rc = end_leases(db, lost)) != CRM_OK
	    || (rc = prove(db, journal, claim, proved)) != CRM_OK
	    || (rc = claim_due(db, claim)) != CRM_OK)
		return rc;
	st = crm_db_stmt(db, sql_claimed);
	crm_bind_text(st, ":claim", claim->token);
	return read_messages(db, st, claim);
}

void crm_claim_release(struct crm_claim *claim)
{
	crm_arena_release(&claim->arena);
}

enum crm_status crm_outbox_next(struct crm_db *db, int64_t *due_at)
{
	enum crm_status rc = CRM_OK;

	*due_at = INT64_MAX;
	for (int later = 0; later < 2 && rc == CRM_OK; later++) {
		sqlite3_stmt *st = crm_db_stmt(db, sql_next);
		int64_t due;

		crm_bind_int(st, ":later", later);
		rc = crm_db_int(db, st, INT64_MAX, &due);
		*due_at = due < *due_at ? due : *due_at;
	}
	return rc;
}

enum crm_status crm_outbox_due(struct crm_db *db, struct crm_ids *ids)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_due);

	crm_bind_int(st, ":now", crm_db_now(db));
	return crm_ids_read(ids, db, st);
}

enum crm_status crm_outbox_tries(struct crm_db *db, int64_t source, struct crm_slice account,
				 struct crm_slice address, int64_t since, int64_t *n)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_tries);

	crm_bind_int(st, ":source", source);
	crm_bind_slice(st, ":account", account);
	crm_bind_slice(st, ":address", address);
	crm_bind_int(st, ":since", since);
	crm_bind_int(st, ":now", crm_db_now(db));
	return crm_db_int(db, st, 0, n);
}

enum crm_status crm_outbox_bounced(struct crm_db *db, int64_t endpoint)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_bounced);

	crm_bind_int(st, ":endpoint", endpoint);
	return crm_db_run(db, st);
}

/* ---- a try ---- */

enum crm_status crm_claim_begin(struct crm_db *db, const struct crm_claim *claim,
				struct crm_claimed *m, bool *mine)
{
	int64_t now = crm_db_now(db);
	const char *const steps[] = {sql_begin, sql_renew};
	sqlite3_stmt *st;
	enum crm_status rc;

	*mine = true;
	for (size_t i = 0; i < 2 && *mine; i++) {
		st = crm_db_stmt(db, steps[i]);
		if (!i)
			crm_bind_int(st, ":id", m->id);
		crm_bind_text(st, ":claim", claim->token);
		crm_bind_int(st, ":lease", now + CRM_CLAIM_LEASE);
		if ((rc = crm_db_run(db, st)) != CRM_OK)
			return rc;
		*mine = sqlite3_changes(crm_db_handle(db)) > 0;
	}
	if (!*mine)
		return CRM_OK;
	st = crm_db_stmt(db, sql_attempt);
	crm_bind_int(st, ":id", m->id);
	crm_bind_int(st, ":now", now);
	return crm_db_int(db, st, 0, &m->n);
}

static enum crm_status end_attempt(struct crm_db *db, const struct crm_claimed *m,
				   const struct crm_settlement *s)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_ended);

	crm_bind_int(st, ":id", m->id);
	crm_bind_int(st, ":n", m->n);
	crm_bind_int(st, ":now", crm_db_now(db));
	crm_bind_text(st, ":outcome", s->outcome);
	crm_bind_int(st, ":code", s->code);
	crm_bind_slice(st, ":detail", s->detail);
	crm_bind_int(st, ":after", s->retry_after);
	return crm_db_run(db, st);
}

static enum crm_status change_state(struct crm_db *db, const struct crm_claim *claim,
				    const struct crm_claimed *m, const struct crm_settlement *s,
				    struct crm_slice sent_key)
{
	static const char *const states[] = {
		[CRM_FATE_SENT] = "sent",       [CRM_FATE_RETRY] = "queued",
		[CRM_FATE_FAILED] = "failed",   [CRM_FATE_UNKNOWN] = "unknown",
		[CRM_FATE_SKIPPED] = "skipped", [CRM_FATE_BACK] = "queued",
	};
	bool again = s->fate == CRM_FATE_RETRY || s->fate == CRM_FATE_BACK;
	sqlite3_stmt *st = crm_db_stmt(db, sql_settle);

	crm_bind_int(st, ":id", m->id);
	crm_bind_text(st, ":claim", claim->token);
	crm_bind_text(st, ":state", states[s->fate]);
	crm_bind_text(st, ":reason", s->reason);
	crm_bind_slice(st, ":detail", s->detail);
	crm_bind_int(st, ":now", s->at ? s->at : crm_db_now(db));
	crm_bind_int(st, ":due", again ? s->due_at : 0);
	crm_bind_slice(st, ":sent_key", sent_key);
	return crm_db_run(db, st);
}

/* The files that went with it. */
static enum crm_status tell_files(struct crm_db *db, const struct crm_claimed *m, int64_t event)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_files);

	crm_bind_int(st, ":event", event);
	crm_bind_slice(st, ":message", m->message);
	return crm_db_run(db, st);
}

/* What was sent, as an event: unless the channel has told of it already. */
static enum crm_status tell(struct crm_db *db, struct crm_journal *journal,
			    const struct crm_claimed *m, struct crm_slice key, int64_t at)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	struct crm_arena arena = CRM_ARENA_INIT;
	struct crm_entry e = {.type = "message",
			      .at = at,
			      .conversation = m->conversation,
			      .profile = m->profile,
			      .endpoint = m->endpoint,
			      .source = m->source,
			      .key = key,
			      .is_mail = m->message_id.len > 0,
			      .agent = m->agent,
			      .account = m->account,
			      .automatic = m->automatic,
			      .direction = "out"};
	struct crm_str raw = CRM_STR_INIT;
	int64_t event = 0;
	enum crm_status rc;

	if (!strcmp(m->kind, "notice")) /* to one of ours: nothing was said to a customer */
		return CRM_OK;
	if ((rc = crm_json_scan(&doc, m->message.ptr, m->message.len)) != CRM_OK)
		return crm_fail(crm_db_err(db), CRM_DATA, "message %lld of the outbox: %s",
				(long long)m->id, doc.error);
	e.subject = crm_json_keep(crm_json_member(&doc, doc.values, "subject"), &arena);
	e.text = crm_json_keep(crm_json_member(&doc, doc.values, "text"), &arena);
	e.about = crm_json_keep(crm_json_member(&doc, doc.values, "about"), &arena);
	e.campaign = crm_json_keep(crm_json_member(&doc, doc.values, "campaign"), &arena);
	crm_json_open(&raw, '{');
	crm_json_put_int(&raw, "outbox", m->id);
	crm_json_put(&raw, "to", m->address.ptr);
	crm_json_put(&raw, "template", m->template.ptr);
	crm_json_close(&raw, '}');
	e.raw = (struct crm_slice){raw.ptr, raw.len};
	if (!e.conversation
	    || (rc = crm_request_id(db, m->conversation, &e.conversation)) == CRM_OK)
		rc = crm_journal_add(journal, &e, &event);
	if (rc == CRM_OK && event && crm_json_member(&doc, doc.values, "attachments"))
		rc = tell_files(db, m, event);
	crm_str_release(&raw);
	crm_arena_release(&arena);
	crm_json_doc_release(&doc);
	return rc;
}

/* What the sent message is called: as its service says, if that tells it from others. */
static enum crm_status name_sent(struct crm_db *db, const struct crm_claimed *m,
				 const struct crm_settlement *s, struct crm_slice *key)
{
	sqlite3_stmt *st;
	enum crm_status rc;
	int64_t other;

	*key = s->sent_key;
	if (!key->len)
		*key = m->message_id.len ? m->message_id : m->key;
	st = crm_db_stmt(db, sql_same);
	crm_bind_int(st, ":source", m->source);
	crm_bind_slice(st, ":key", *key);
	crm_bind_int(st, ":id", m->id);
	if ((rc = crm_db_int(db, st, 0, &other)) == CRM_OK && other)
		*key = m->key;
	return rc;
}

enum crm_status crm_claim_settle(struct crm_db *db, struct crm_journal *journal,
				 const struct crm_claim *claim, const struct crm_claimed *m,
				 const struct crm_settlement *s)
{
	struct crm_slice key = {NULL, 0};
	enum crm_status rc;

	if (s->fate == CRM_FATE_SENT && (rc = name_sent(db, m, s, &key)) != CRM_OK)
		return rc;
	if (s->outcome && (rc = end_attempt(db, m, s)) != CRM_OK)
		return rc;
	if ((rc = change_state(db, claim, m, s, key)) != CRM_OK)
		return rc;
	if (s->fate != CRM_FATE_SENT || !sqlite3_changes(crm_db_handle(db)))
		return CRM_OK;
	return tell(db, journal, m, key, s->at);
}
