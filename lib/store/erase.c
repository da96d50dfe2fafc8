/* SPDX-License-Identifier: MIT */
/*
 * Erasing is a list of statements: first whose and which rows (tables gone_*), then names in
 * place of what would be recognised, then what is wiped, in an order in which nothing is wiped
 * that a later statement asks for.
 */
#include "store/erase.h"

#include "base/json.h"
#include "store/erased.h"
#include "store/find.h"
#include "store/journal.h"

const char *const crm_erasure_names[CRM_ERASED_COUNTS] = {
	"records", "addresses", "events", "requests", "files", "queued", "rejected",
};

/* clang-format off */
static const char sql_tables[] =
	"CREATE TEMP TABLE IF NOT EXISTS gone_person (id INTEGER PRIMARY KEY);"
	"CREATE TEMP TABLE IF NOT EXISTS gone_profile (id INTEGER PRIMARY KEY);"
	"CREATE TEMP TABLE IF NOT EXISTS gone_endpoint (id INTEGER PRIMARY KEY);"
	"CREATE TEMP TABLE IF NOT EXISTS gone_talk (id INTEGER PRIMARY KEY);"
	"CREATE TEMP TABLE IF NOT EXISTS gone_event (id INTEGER PRIMARY KEY);"
	"CREATE TEMP TABLE IF NOT EXISTS gone_outbox (id INTEGER PRIMARY KEY);"
	"CREATE TEMP TABLE IF NOT EXISTS gone_blob (digest TEXT PRIMARY KEY);"
	"DELETE FROM gone_person; DELETE FROM gone_profile; DELETE FROM gone_endpoint;"
	"DELETE FROM gone_talk; DELETE FROM gone_event; DELETE FROM gone_outbox; DELETE FROM gone_blob";

#define ERASED "GLOB 'erased:*'"
#define PROFILES "(SELECT id FROM gone_profile)"
#define EVENTS "(SELECT id FROM gone_event)"
#define TALKS "(SELECT id FROM gone_talk)"
#define OUTBOX "(SELECT id FROM gone_outbox)"
#define HAS_FILE(raw) "instr(" raw ", '\"digest\":\"')" /* most have none: the cheap question */
/* A key that is a contact's own id with a digest behind; one that is an event's own id. The
 * numbers of orders stay, and digests of what came (#…), which keep it from coming again. */
#define CONTENT "GLOB '#[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]*'"
#define CONTACT_ID "key NOT " ERASED " AND key NOT " CONTENT " AND substr(key, 1, 1) <> '~'" \
	" AND substr(key, -17, 1) = '#'"
#define EVENT_ID "type <> 'order' AND key NOT " ERASED " AND key NOT " CONTENT \
	" AND key <> CAST(id AS TEXT)"

enum { NONE = -1 };

static const struct step {
	int count; /* what its changes are, of crm_erasure_count */
	const char *sql;
} steps[] = {
	/* --- whose, and which --- */
	{NONE, "INSERT INTO gone_person SELECT id FROM " CRM_MEMBERS(":person")},
	{CRM_ERASED_RECORDS,
	 "INSERT INTO gone_profile SELECT p.id FROM gone_person AS m CROSS JOIN profile AS p"
	 " ON p.person_id = m.id"},
	{CRM_ERASED_ADDRESSES,
	 "INSERT INTO gone_endpoint SELECT DISTINCT x.endpoint_id FROM gone_profile AS g"
	 " CROSS JOIN profile_endpoint AS x ON x.profile_id = g.id WHERE NOT EXISTS"
	 " (SELECT 1 FROM profile_endpoint AS y WHERE y.endpoint_id = x.endpoint_id"
	 "  AND y.profile_id NOT IN " PROFILES ")"},
	{CRM_ERASED_REQUESTS,
	 "INSERT INTO gone_talk SELECT c.id FROM gone_profile AS g CROSS JOIN conversation AS c"
	 " ON c.profile_id = g.id"},
	/* Of an endpoint there is no index: what names nobody but is at an address of theirs. */
	{CRM_ERASED_EVENTS,
	 "INSERT INTO gone_event SELECT e.id FROM gone_profile AS g CROSS JOIN event AS e"
	 " ON e.profile_id = g.id"
	 " UNION SELECT e.id FROM gone_talk AS g CROSS JOIN event AS e ON e.conversation_id = g.id"
	 "  WHERE e.profile_id IS NULL"
	 " UNION SELECT id FROM event WHERE profile_id IS NULL"
	 "  AND endpoint_id IN (SELECT id FROM gone_endpoint)"},
	{CRM_ERASED_EVENTS,
	 "INSERT OR IGNORE INTO gone_event SELECT s.id FROM gone_event AS g"
	 " CROSS JOIN event AS m ON m.id = g.id"
	 " CROSS JOIN event AS s ON s.about = m.key AND s.source_id = m.source_id"
	 " WHERE s.profile_id IS NULL"},
	{NONE,
	 "INSERT INTO gone_outbox SELECT id FROM outbox WHERE profile_id IN " PROFILES
	 " UNION SELECT id FROM outbox WHERE endpoint_id IN (SELECT id FROM gone_endpoint)"
	 /* What colleagues were told of it: the key ends in an event's number (reply/notice.c). */
	 " UNION SELECT id FROM outbox WHERE kind = 'notice'"
	 "  AND CAST(replace(key, rtrim(key, '0123456789'), '') AS INTEGER) IN " EVENTS},
	{NONE,
	 "INSERT OR IGNORE INTO gone_blob SELECT digest FROM attachment WHERE digest IS NOT NULL"
	 " AND event_id IN " EVENTS
	 " UNION SELECT b.digest FROM gone_profile AS g CROSS JOIN profile AS p ON p.id = g.id"
	 " CROSS JOIN blob AS b ON instr(p.raw, b.digest) WHERE " HAS_FILE("p.raw")
	 " UNION SELECT b.digest FROM gone_outbox AS g CROSS JOIN outbox AS o ON o.id = g.id"
	 " CROSS JOIN blob AS b ON instr(o.message, b.digest)"},

	/* --- what would bring them back --- */
	{NONE,
	 "INSERT OR REPLACE INTO erased SELECT erased_name(kind, scope, value), :now FROM endpoint"
	 " WHERE id IN (SELECT id FROM gone_endpoint)"},
	{NONE,
	 "INSERT OR REPLACE INTO erased SELECT"
	 " erased_name('contact', source_id, substr(key, 1, length(key) - 17)), :now"
	 " FROM profile WHERE id IN " PROFILES " AND " CONTACT_ID},
	{NONE,
	 "INSERT OR REPLACE INTO erased SELECT erased_name('event', source_id, key), :now FROM event"
	 " WHERE id IN " EVENTS " AND " EVENT_ID},

	/* --- words: an index without the texts must be told what to forget --- */
	{NONE,
	 "INSERT INTO profile_words (profile_words, rowid, words)"
	 " SELECT 'delete', id, " CRM_PROFILE_WORDS " FROM profile"
	 " WHERE id IN " PROFILES " AND id IN (SELECT id FROM profile_words_docsize)"},
	{NONE,
	 "INSERT INTO event_words (event_words, rowid, words)"
	 " SELECT 'delete', id, " CRM_EVENT_WORDS " FROM event"
	 " WHERE id IN " EVENTS " AND id IN (SELECT id FROM event_words_docsize)"},

	/* --- records and addresses --- */
	{NONE,
	 "UPDATE profile SET name = NULL, given = NULL, family = NULL, birth_date = NULL,"
	 " birth_written = NULL, org = NULL, street = NULL, city = NULL, postcode = NULL,"
	 " region = NULL, raw = '{}', key = CASE WHEN key " CONTENT " OR key " ERASED
	 " THEN key WHEN " CONTACT_ID
	 " THEN erased_name('contact', source_id, substr(key, 1, length(key) - 17)) || substr(key, -17)"
	 " ELSE erased_name('sender', source_id, key) || '.' || id END WHERE id IN " PROFILES},
	{NONE,
	 "UPDATE person SET name = NULL, email = NULL, phone = NULL"
	 " WHERE id IN (SELECT id FROM gone_person)"},
	{NONE, "DELETE FROM profile_endpoint WHERE profile_id IN " PROFILES},
	{CRM_ERASED_REJECTED,
	 "UPDATE rejected SET bytes = x'', header = NULL, reason = 'erased',"
	 " replayed_at = coalesce(replayed_at, :now)"
	 " WHERE length(bytes) > 0 AND EXISTS (SELECT 1 FROM endpoint AS e"
	 "  WHERE e.id IN (SELECT id FROM gone_endpoint) AND e.kind <> 'handle' AND length(e.value) > 4"
	 "  AND (instr(bytes, CAST(e.value AS BLOB))"
	 "       OR instr(lower(CAST(bytes AS TEXT)), lower(e.value))))"},
	{NONE,
	 "UPDATE endpoint SET value = erased_name(kind, scope, value)"
	 " WHERE id IN (SELECT id FROM gone_endpoint) AND value NOT " ERASED},
	{NONE,
	 "INSERT INTO suppression (endpoint_id, purpose, reason, at, actor)"
	 " SELECT id, '', 'erased', :now, :actor FROM gone_endpoint WHERE true ON CONFLICT DO NOTHING"},

	/* --- what was said --- */
	{NONE,
	 "UPDATE event SET about = erased_name('event', source_id, about) WHERE id IN " EVENTS
	 " AND about NOT " ERASED " AND NOT EXISTS (SELECT 1 FROM event AS o"
	 "  WHERE o.source_id = event.source_id AND o.key = event.about AND o.type = 'order')"},
	/* Of our own acts raw says what a request's state is derived from (request.h). */
	{NONE,
	 "UPDATE event SET subject = NULL, text = NULL, reply_to = NULL, endpoint_id = NULL,"
	 " raw = CASE WHEN type IN ('assignment', 'escalation') THEN raw"
	 "  WHEN type = 'status' AND source_id IN (SELECT id FROM source WHERE name GLOB 'crm-*')"
	 "  THEN json_remove(raw, '$.reason') ELSE '{}' END,"
	 " key = CASE WHEN " EVENT_ID " THEN erased_name('event', source_id, key) ELSE key END"
	 " WHERE id IN " EVENTS},
	{NONE,
	 "INSERT INTO event_words (rowid, words) SELECT id, " CRM_EVENT_WORDS " FROM event"
	 " WHERE id IN " EVENTS " AND " CRM_EVENT_WORDS " <> ''"}, /* of orders the number */
	{NONE,
	 "UPDATE order_line SET raw = '{}' WHERE id IN (SELECT l.id FROM gone_event AS g"
	 " CROSS JOIN event AS o ON o.id = g.id CROSS JOIN source AS s ON s.id = o.source_id"
	 " CROSS JOIN order_line AS l ON l.ref = o.ref AND l.scope = s.scope WHERE o.type = 'order')"},
	{NONE,
	 "UPDATE answer SET terms = '', question = '', line = '{}' WHERE event_id IN " EVENTS},
	{CRM_ERASED_FILES,
	 "UPDATE attachment SET name = NULL, digest = NULL, url = NULL WHERE event_id IN " EVENTS
	 " AND (name IS NOT NULL OR digest IS NOT NULL OR url IS NOT NULL)"},
	{NONE,
	 "DELETE FROM blob WHERE digest IN (SELECT digest FROM gone_blob) AND digest NOT IN"
	 " (SELECT digest FROM attachment WHERE digest IS NOT NULL) AND digest NOT IN"
	 " (SELECT g.digest FROM profile AS p CROSS JOIN gone_blob AS g ON instr(p.raw, g.digest)"
	 "  WHERE " HAS_FILE("p.raw") " AND p.id NOT IN " PROFILES ") AND NOT EXISTS (SELECT 1"
	 "  FROM outbox AS o WHERE o.state <> 'sent' AND o.id NOT IN " OUTBOX
	 "  AND instr(o.message, blob.digest))"},

	/* --- requests --- */
	{NONE,
	 "UPDATE conversation SET subject = NULL, endpoint_id = NULL,"
	 " thread = erased_name('thread', source_id, thread)"
	 " WHERE id IN " TALKS " AND thread NOT " ERASED},
	{NONE, "DELETE FROM request_fold WHERE conversation_id IN " TALKS},
	{NONE, "DELETE FROM message_ref WHERE conversation_id IN " TALKS},

	/* --- what is sent --- */
	{NONE,
	 "DELETE FROM attempt WHERE outbox_id IN (SELECT id FROM outbox WHERE state <> 'sent')"
	 " AND outbox_id IN " OUTBOX},
	{CRM_ERASED_QUEUED, "DELETE FROM outbox WHERE state <> 'sent' AND id IN " OUTBOX},
	{NONE, "UPDATE attempt SET detail = NULL WHERE outbox_id IN " OUTBOX},
	/* A key may be what its writer made of an address; that of a notice says which event's. */
	{NONE,
	 "UPDATE outbox SET address = '', message = '{}', message_id = NULL, detail = NULL,"
	 " key = iif(kind = 'notice' OR key " ERASED ", key, erased_name('key', source_id, key)),"
	 " endpoint_id = NULL, sent_key = iif(sent_key " ERASED ", sent_key,"
	 " erased_name('event', source_id, sent_key)) WHERE id IN " OUTBOX},

	/* --- who is who --- */
	{NONE,
	 "UPDATE link SET evidence = iif(json_valid(evidence) AND evidence ->> '$.a' IS NOT NULL,"
	 " json_object('a', evidence -> '$.a', 'b', evidence -> '$.b'), NULL)"
	 " WHERE kind <> 'undo' AND evidence IS NOT NULL AND (a IN (SELECT id FROM gone_person)"
	 " OR b IN (SELECT id FROM gone_person))"},
	{NONE, "UPDATE decision SET note = NULL WHERE a IN " PROFILES " OR b IN " PROFILES},
	{NONE, "DELETE FROM link_snapshot_part"}, /* crm-dedupe makes it anew */
	{NONE, "DELETE FROM link_snapshot"},
};
/* clang-format on */

static const char sql_sending[] =
	"SELECT min(o.id) FROM outbox AS o WHERE o.state = 'claimed' AND o.lease_until > :now"
	" AND o.profile_id IN"
	" (SELECT p.id FROM " CRM_MEMBERS(":person") " AS m CROSS JOIN profile AS p"
						     " ON p.person_id = m.id)";
static const char sql_open[] = "SELECT c.id FROM temp.gone_talk AS g JOIN conversation AS c"
			       " ON c.id = g.id WHERE c.status <> 'resolved' ORDER BY c.id";
static const char sql_log[] = "INSERT INTO erasure (person_id, at, actor, reason, counts)"
			      " VALUES (:person, :now, :actor, :reason, :counts)";

static enum crm_status run(struct crm_db *db, const struct step *step, const struct crm_act *act,
			   struct crm_erasure *out)
{
	sqlite3_stmt *st = crm_db_stmt(db, step->sql);
	enum crm_status rc;

	if (sqlite3_bind_parameter_index(st, ":person"))
		crm_bind_int(st, ":person", out->person);
	if (sqlite3_bind_parameter_index(st, ":now"))
		crm_bind_int(st, ":now", crm_db_now(db));
	if (sqlite3_bind_parameter_index(st, ":actor"))
		crm_bind_text(st, ":actor", act->actor);
	rc = crm_db_run(db, st);
	if (rc == CRM_OK && step->count != NONE)
		out->counts[step->count] += sqlite3_changes(crm_db_handle(db));
	return rc;
}

static enum crm_status refuse_sending(struct crm_db *db, int64_t person)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_sending);
	enum crm_status rc;
	int64_t id;

	crm_bind_int(st, ":person", person);
	crm_bind_int(st, ":now", crm_db_now(db));
	if ((rc = crm_db_int(db, st, 0, &id)) == CRM_OK && id)
		rc = crm_fail(crm_db_err(db), CRM_BUSY,
			      "message %lld to person %lld is being sent: try again when crm-reply"
			      " has said what became of it",
			      (long long)id, (long long)person);
	return rc;
}

/* Nobody waits for an answer any more. */
static enum crm_status resolve(struct crm_db *db, const struct crm_act *act)
{
	struct crm_ids open = CRM_IDS_INIT;
	struct crm_entry entry = {.type = "status",
				  .status = CRM_SLICE("resolved"),
				  .agent = crm_slice_of(act->actor),
				  .raw = CRM_SLICE("{\"reason\":\"erased\"}")};
	struct crm_journal *journal;
	enum crm_status rc = crm_journal_open(&journal, db, "crm-erase");

	if (rc == CRM_OK)
		rc = crm_ids_read(&open, db, crm_db_stmt(db, sql_open));
	for (size_t i = 0; i < open.n && rc == CRM_OK; i++) {
		entry.conversation = open.ids[i];
		rc = crm_journal_add(journal, &entry, NULL);
	}
	if (rc == CRM_OK)
		rc = crm_journal_settle(journal);
	crm_journal_close(journal);
	crm_ids_release(&open);
	return rc;
}

static enum crm_status write_log(struct crm_db *db, const struct crm_act *act,
				 const struct crm_erasure *out)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_log);
	struct crm_str counts = CRM_STR_INIT;
	enum crm_status rc;

	crm_json_open(&counts, '{');
	for (int i = 0; i < CRM_ERASED_COUNTS; i++)
		crm_json_put_int(&counts, crm_erasure_names[i], out->counts[i]);
	crm_json_close(&counts, '}');
	crm_bind_int(st, ":person", out->person);
	crm_bind_int(st, ":now", crm_db_now(db));
	crm_bind_text(st, ":actor", act->actor);
	crm_bind_text(st, ":reason", act->reason);
	crm_bind_text(st, ":counts", counts.ptr);
	rc = crm_db_run(db, st);
	crm_str_release(&counts);
	return rc;
}

enum crm_status crm_erase(struct crm_db *db, int64_t person, const struct crm_act *act,
			  struct crm_erasure *out)
{
	enum crm_status rc;

	*out = (struct crm_erasure){0};
	if ((rc = crm_person_canon(db, person, &out->person)) != CRM_OK
	    || (rc = refuse_sending(db, out->person)) != CRM_OK
	    || (rc = crm_erased_register(db)) != CRM_OK
	    || (rc = crm_db_exec(db, sql_tables)) != CRM_OK)
		return rc;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && rc == CRM_OK; i++)
		rc = run(db, &steps[i], act, out);
	if (rc == CRM_OK)
		rc = resolve(db, act);
	return rc == CRM_OK ? write_log(db, act, out) : rc;
}

enum crm_status crm_erase_clear(struct crm_db *db)
{
	enum crm_status rc =
		crm_db_exec(db, "INSERT INTO profile_words (profile_words) VALUES ('optimize');"
				"INSERT INTO event_words (event_words) VALUES ('optimize')");
	int64_t busy;

	if (rc == CRM_OK)
		rc = crm_db_exec(db, "VACUUM");
	if (rc == CRM_OK)
		rc = crm_db_int(db, crm_db_stmt(db, "PRAGMA wal_checkpoint(TRUNCATE)"), 0, &busy);
	if (rc == CRM_OK && busy)
		rc = crm_fail(crm_db_err(db), CRM_BUSY, "another command is reading");
	return rc;
}
