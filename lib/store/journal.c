/* SPDX-License-Identifier: MIT */
/* Events of our own, a row each; what they change is derived before the commit. */
#include "store/journal.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/request.h"

struct crm_journal {
	struct crm_db *db;
	const char *command;
	int64_t source, batch; /* 0: not there yet */
	int64_t entries;
	struct crm_ids touched; /* conversations, since the last settling */
	struct crm_str words;
};

static const char sql_source[] =
	"INSERT INTO source (name, scope, medium) VALUES (:name, '', 'crm') "
	"ON CONFLICT (name, scope) DO UPDATE SET medium = excluded.medium RETURNING id";
static const char sql_batch[] =
	"INSERT INTO batch (source_id, file, mapping, started_at, finished_at) "
	"VALUES (:source, '-', '{}', :now, :now) RETURNING id";
static const char sql_counts[] = "UPDATE batch SET records = :n, stored = :n WHERE id = :batch";
/* An alias stands for what it was joined to; of a request's person and address those of the
 * conversation are taken where the entry names none. */
static const char sql_add[] =
	"WITH c AS (SELECT id, profile_id, endpoint_id FROM conversation WHERE id = coalesce("
	" (SELECT conversation_id FROM conversation_alias WHERE id = :conversation), "
	":conversation)),"
	" n AS (SELECT coalesce((SELECT max(id) FROM event), 0) + 1 AS id) "
	"INSERT INTO event (id, source_id, key, batch_id, line, type, at, direction, profile_id,"
	" endpoint_id, conversation_id, subject, text, status, agent, about, account, automatic,"
	" campaign, raw) "
	"SELECT n.id, :source, coalesce(:key, n.id), :batch, :line, :type, :at, :direction,"
	" coalesce(:profile, c.profile_id), coalesce(:endpoint, c.endpoint_id), c.id, :subject, "
	":text,"
	" :status, :agent, :about, :account, :automatic, :campaign, coalesce(:raw, '{}') "
	"FROM n LEFT JOIN c ON true WHERE true "
	"ON CONFLICT (source_id, key) DO NOTHING RETURNING id, conversation_id";
static const char sql_words[] = "INSERT INTO event_words (rowid, words) VALUES (:id, :words)";
/* What answers a mail names its id: that leads to the thread, which begins with its first
 * request. */
static const char sql_ref[] =
	"INSERT INTO message_ref (source_id, ref, conversation_id) "
	"SELECT :source, :ref, coalesce(follows, id) FROM conversation WHERE id = :conversation "
	"ON CONFLICT (source_id, ref) DO NOTHING";

enum crm_status crm_journal_open(struct crm_journal **out, struct crm_db *db, const char *command)
{
	struct crm_journal *j = *out = crm_calloc(1, sizeof(*j));

	*j = (struct crm_journal){.db = db, .command = command, .words = CRM_STR_INIT};
	return CRM_OK;
}

void crm_journal_close(struct crm_journal *j)
{
	if (!j)
		return;
	crm_ids_release(&j->touched);
	crm_str_release(&j->words);
	free(j);
}

/* The run's source and batch. */
static enum crm_status open_batch(struct crm_journal *j)
{
	sqlite3_stmt *st = crm_db_stmt(j->db, sql_source);
	enum crm_status rc;

	crm_bind_text(st, ":name", j->command);
	if ((rc = crm_db_int(j->db, st, 0, &j->source)) != CRM_OK)
		return rc;
	st = crm_db_stmt(j->db, sql_batch);
	crm_bind_int(st, ":source", j->source);
	crm_bind_int(st, ":now", crm_db_now(j->db));
	return crm_db_int(j->db, st, 0, &j->batch);
}

void crm_journal_forget(struct crm_journal *j)
{
	j->batch = j->entries = 0; /* they may have been taken back: another batch then */
	j->touched.n = 0;
}

static void bind_entry(struct crm_journal *j, sqlite3_stmt *st, const struct crm_entry *e)
{
	crm_bind_int(st, ":source", e->source ? e->source : j->source);
	crm_bind_slice(st, ":key", e->key);
	crm_bind_int(st, ":batch", j->batch);
	crm_bind_int(st, ":line", j->entries + 1);
	crm_bind_text(st, ":type", e->type);
	crm_bind_int(st, ":at", e->at ? e->at : crm_db_now(j->db));
	crm_bind_text(st, ":direction", e->direction);
	crm_bind_id(st, ":profile", e->profile);
	crm_bind_id(st, ":endpoint", e->endpoint);
	crm_bind_id(st, ":conversation", e->conversation);
	crm_bind_slice(st, ":subject", e->subject);
	crm_bind_slice(st, ":text", e->text);
	crm_bind_slice(st, ":status", e->status);
	crm_bind_slice(st, ":agent", e->agent);
	crm_bind_slice(st, ":about", e->about);
	crm_bind_slice(st, ":account", e->account);
	crm_bind_slice(st, ":automatic", e->automatic);
	crm_bind_slice(st, ":campaign", e->campaign);
	crm_bind_slice(st, ":raw", e->raw);
}

static enum crm_status add_words(struct crm_journal *j, const struct crm_entry *e, int64_t id)
{
	sqlite3_stmt *st;

	if (!e->subject.len && !e->text.len)
		return CRM_OK;
	st = crm_db_stmt(j->db, sql_words);
	crm_str_clear(&j->words);
	crm_str_add(&j->words, e->subject.ptr, e->subject.len);
	crm_str_addc(&j->words, ' ');
	crm_str_add(&j->words, e->text.ptr, e->text.len);
	crm_bind_int(st, ":id", id);
	crm_bind_slice(st, ":words", crm_str_slice(&j->words));
	return crm_db_run(j->db, st);
}

static enum crm_status add_ref(struct crm_journal *j, const struct crm_entry *e,
			       int64_t conversation)
{
	sqlite3_stmt *st;

	if (!e->is_mail || !conversation)
		return CRM_OK;
	st = crm_db_stmt(j->db, sql_ref);
	crm_bind_slice(st, ":ref", e->key);
	crm_bind_int(st, ":conversation", conversation);
	crm_bind_int(st, ":source", e->source);
	return crm_db_run(j->db, st);
}

enum crm_status crm_journal_add(struct crm_journal *j, const struct crm_entry *e, int64_t *id)
{
	int64_t new_id = 0, conversation = 0;
	sqlite3_stmt *st;
	enum crm_status rc = j->batch ? CRM_OK : open_batch(j);
	bool row = false;

	if (rc != CRM_OK)
		return rc;
	st = crm_db_stmt(j->db, sql_add);
	bind_entry(j, st, e);
	if ((rc = crm_db_step(j->db, st, &row)) != CRM_OK)
		return rc;
	if (row) {
		new_id = sqlite3_column_int64(st, 0);
		conversation = sqlite3_column_int64(st, 1);
		sqlite3_reset(st);
		j->entries++;
		if (conversation)
			crm_ids_add(&j->touched, conversation);
		rc = add_words(j, e, new_id);
		if (rc == CRM_OK)
			rc = add_ref(j, e, conversation);
	}
	if (id)
		*id = new_id;
	return rc;
}

enum crm_status crm_journal_settle(struct crm_journal *j)
{
	enum crm_status rc = crm_requests_derive(j->db, &j->touched);
	sqlite3_stmt *st;

	j->touched.n = 0;
	if (rc != CRM_OK || !j->batch)
		return rc;
	st = crm_db_stmt(j->db, sql_counts);
	crm_bind_int(st, ":n", j->entries);
	crm_bind_int(st, ":batch", j->batch);
	return crm_db_run(j->db, st);
}
