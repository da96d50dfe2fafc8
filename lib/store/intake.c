/* SPDX-License-Identifier: MIT */
/*
 * Storing a chunk: one transaction that decides for each record, in the order of the
 * file, whether it is new and whose it is, gathers the rows, and writes them in bulk.
 */
#include "store/intake.h"

#include <stdlib.h>
#include <string.h>

#include "base/bloom.h"
#include "base/hash.h"
#include "base/table.h"
#include "store/bulk.h"
#include "store/golden.h"
#include "store/identify.h"
#include "store/people.h"

#define FILTER_FROM 60000 /* records, from which on a file is a bulk load */

/* A key that this chunk has stored, or found. */
enum space {
	PROFILE = 'p',
	PROFILE_ID = 'i',
	EVENT = 'e',
	LINE = 'l'
};

struct hit {
	bool found, mine; /* mine: stored by this batch */
	bool differs;     /* an event: its status, amount or text is another one now */
	int64_t id, profile, person, canon;
};

struct entry {
	enum space space;
	struct crm_slice key;
	const struct crm_record *record;
	struct hit hit;
};

struct talk { /* a conversation that this chunk touches */
	struct crm_slice thread, subject;
	int64_t id, opened, updated, profile;
	const char *status;
	bool is_new, changed;
};

struct join {                  /* a bare lead to be merged when the chunk's rows are written */
	int64_t profile, lead; /* the record's profile, and the lead's */
};

struct next_ids {
	int64_t person, profile, endpoint, event, line, talk;
};

struct crm_intake {
	struct crm_db *db;
	struct crm_intake_source source;
	int64_t source_id, batch_id;
	bool resumed, open; /* open: within a transaction */
	int64_t now;
	struct crm_counts counts;

	struct crm_book *book;
	struct crm_bloom *stored; /* ids and addresses the store has; NULL: not a bulk load */
	int64_t data_version;     /* of the store as the filter knows it */
	bool filtered;            /* a filter was tried: not again */
	struct crm_bulk *person, *profile, *profile_endpoint, *suspect, *event, *order_line;
	struct next_ids next, first; /* first: as the transaction began */
	struct crm_counts committed;
	struct crm_arena arena; /* keys */
	struct crm_table table, talk_table;
	struct entry *entries;
	size_t n_entries, cap_entries;
	struct talk *talks;
	size_t n_talks, cap_talks;
	struct join *joins;
	size_t n_joins, cap_joins;
	int64_t *grown; /* canonical ids of people with a new profile */
	size_t n_grown, cap_grown;
	const struct crm_golden_rules *rules;
	enum crm_status failed; /* the first failure within a record */
};

static const char sql_source[] =
	"INSERT INTO source (name, scope, medium) VALUES (:name, :scope, :medium) "
	"ON CONFLICT (name, scope) DO UPDATE SET medium = excluded.medium RETURNING id";
static const char sql_unfinished[] =
	"SELECT id FROM batch WHERE source_id = :source AND file = :file AND finished_at IS NULL "
	"ORDER BY id DESC LIMIT 1";
static const char sql_batch[] = "INSERT INTO batch (source_id, file, mapping, started_at) "
				"VALUES (:source, :file, :mapping, :now) RETURNING id";
static const char sql_taken[] =
	"SELECT EXISTS (SELECT 1 FROM profile WHERE id >= :profile AND batch_id = :batch) "
	"OR EXISTS (SELECT 1 FROM event WHERE id >= :event AND batch_id = :batch) "
	"OR EXISTS (SELECT 1 FROM order_line WHERE id >= :line AND batch_id = :batch)";
static const char sql_progress[] =
	"UPDATE batch SET records = :records, stored = :stored, duplicate = :duplicate, "
	"set_aside = :aside, finished_at = :finished WHERE id = :batch";
static const char sql_seen[] = "INSERT INTO temp.seen (key, n) VALUES (:key, :first) "
			       "ON CONFLICT (key) DO UPDATE SET n = n + 1 RETURNING n";
static const char sql_find_profile[] = "SELECT p.id, p.batch_id, p.id, p.person_id, q.canon_id "
				       "FROM profile AS p JOIN person AS q ON q.id = p.person_id "
				       "WHERE p.source_id = :source AND p.key = :key";
/* The versions of a contact with an id, whose keys are ID#DIGEST. Hardly ever is there one:
 * so without ORDER BY, which would cost a sorter each time. */
static const char sql_find_version[] =
	"SELECT p.id, p.batch_id, p.id, p.person_id, q.canon_id, p.key = :key AS same "
	"FROM profile AS p JOIN person AS q ON q.id = p.person_id "
	"WHERE p.source_id = :source AND p.key >= :low AND p.key < :high "
	"AND length(CAST(p.key AS BLOB)) = length(CAST(:key AS BLOB))";
static const char sql_keys[] = "SELECT key FROM profile WHERE source_id = :source";
static const char sql_find_event[] =
	"SELECT e.id, e.batch_id, e.profile_id, p.person_id, q.canon_id, e.status, e.amount, "
	"e.text "
	"FROM event AS e LEFT JOIN profile AS p ON p.id = e.profile_id "
	"LEFT JOIN person AS q ON q.id = p.person_id "
	"WHERE e.source_id = :source AND e.key = :key";
static const char sql_find_line[] =
	"SELECT id, batch_id FROM order_line WHERE source_id = :source AND key = :key";
static const char sql_find_talk[] =
	"SELECT id, opened_at, updated_at, profile_id, status FROM conversation "
	"WHERE source_id = :source AND thread = :thread";
static const char sql_write_talk[] =
	"INSERT INTO conversation (id, source_id, thread, profile_id, subject, opened_at, "
	"updated_at, status) "
	"VALUES (:id, :source, :thread, nullif(:profile, 0), :subject, :opened, :updated, :status) "
	"ON CONFLICT (id) DO UPDATE SET profile_id = coalesce(profile_id, excluded.profile_id), "
	" subject = coalesce(subject, excluded.subject), opened_at = excluded.opened_at, "
	" updated_at = excluded.updated_at, status = excluded.status";
static const char sql_reject[] =
	"INSERT INTO rejected (source_id, batch_id, line, reason, header, bytes, digest) "
	"VALUES (:source, :batch, :line, :reason, :header, :bytes, :digest) "
	"ON CONFLICT (source_id, digest) DO NOTHING";
/* What only names an order belongs to whoever ordered, whichever came first. */
static const char sql_bind_event[] = "UPDATE event SET profile_id = (SELECT o.profile_id FROM "
				     "event AS o JOIN source AS s ON s.id = o.source_id "
				     "  WHERE o.ref = event.ref AND o.type = 'order' AND s.scope = "
				     ":scope AND o.profile_id IS NOT NULL LIMIT 1) "
				     "WHERE id = :id";
static const char sql_bind_order[] =
	"UPDATE event SET profile_id = :profile WHERE ref = :ref AND profile_id IS NULL "
	"AND source_id IN (SELECT id FROM source WHERE scope = :scope)";
static const char sql_profile_words[] = "INSERT INTO profile_words (rowid, words) "
					"SELECT id, concat_words(name, given, family, org, street, "
					"city) FROM profile WHERE id >= :first";
static const char sql_event_words[] =
	"INSERT INTO event_words (rowid, words) SELECT id, concat_words(subject, text, ref) FROM "
	"event "
	"WHERE id >= :first AND (subject IS NOT NULL OR text IS NOT NULL OR ref IS NOT NULL)";
static const char sql_max[] = "SELECT (SELECT max(id) FROM person), (SELECT max(id) FROM profile), "
			      "(SELECT max(id) FROM endpoint), "
			      "(SELECT max(id) FROM event), (SELECT max(id) FROM order_line), "
			      "(SELECT max(id) FROM conversation)";

/* concat_words(…): the arguments that are not NULL, with blanks between. */
static void concat_words(sqlite3_context *context, int n, sqlite3_value **values)
{
	struct crm_str out = CRM_STR_INIT;

	for (int i = 0; i < n; i++) {
		const char *s = (const char *)sqlite3_value_text(values[i]);

		if (!s)
			continue;
		if (out.len)
			crm_str_addc(&out, ' ');
		crm_str_add(&out, s, (size_t)sqlite3_value_bytes(values[i]));
	}
	sqlite3_result_text(context, out.ptr, (int)out.len, SQLITE_TRANSIENT);
	crm_str_release(&out);
}

enum crm_status crm_intake_open(struct crm_intake **out, struct crm_db *db,
				const struct crm_intake_source *source,
				const struct crm_golden_rules *rules)
{
	struct crm_intake *in = crm_calloc(1, sizeof(*in));
	enum crm_status rc;

	*out = in;
	in->db = db;
	in->source = *source;
	in->now = crm_db_now(db);
	/* Parents and children are written in bulk, in any order; all ids are our own, and the
	 * tests run foreign_key_check. Set before any statement is prepared. */
	if ((rc = crm_db_exec(db, "PRAGMA foreign_keys = OFF; PRAGMA cache_size = -131072; PRAGMA "
				  "wal_autocheckpoint = 16384"))
	    != CRM_OK)
		return rc;
	in->book = crm_book_new(db);
	in->rules = rules;
	in->person = crm_bulk_new(db, "INSERT OR FAIL", "person",
				  "id, canon_id, created_at, name, email, phone");
	in->profile =
		crm_bulk_new(db, "INSERT OR FAIL", "profile",
			     "id, source_id, key, batch_id, line, seen_at, person_id, name, given, "
			     "family, birth_date, org, street, city, postcode, region, country, "
			     "language, raw");
	in->profile_endpoint =
		crm_bulk_new(db, "INSERT OR FAIL", "profile_endpoint", "profile_id, endpoint_id");
	in->suspect = crm_bulk_new(db, "INSERT OR IGNORE", "suspect",
				   "profile_id, person_id, endpoint_id");
	in->event = crm_bulk_new(
		db, "INSERT OR FAIL", "event",
		"id, source_id, key, batch_id, line, type, at, at_offset, direction, "
		"profile_id, endpoint_id, conversation_id, ref, amount, currency, subject, "
		"text, status, rating, rating_max, duration, agent, raw");
	in->order_line =
		crm_bulk_new(db, "INSERT OR FAIL", "order_line",
			     "id, source_id, key, batch_id, line, scope, ref, sku, name, quantity, "
			     "price, extra, currency, raw");
	sqlite3_create_function(crm_db_handle(db), "concat_words", -1,
				SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL,
				concat_words, NULL, NULL);
	return crm_db_exec(
		db, "CREATE TEMP TABLE IF NOT EXISTS seen "
		    "(key TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID; DELETE FROM seen");
}

void crm_intake_close(struct crm_intake *in)
{
	if (!in)
		return;
	crm_db_exec(in->db, "PRAGMA foreign_keys = ON");
	crm_book_free(in->book);
	crm_bloom_free(in->stored);
	crm_bulk_free(in->person);
	crm_bulk_free(in->profile);
	crm_bulk_free(in->profile_endpoint);
	crm_bulk_free(in->suspect);
	crm_bulk_free(in->event);
	crm_bulk_free(in->order_line);
	crm_arena_release(&in->arena);
	crm_table_release(&in->table);
	crm_table_release(&in->talk_table);
	free(in->entries);
	free(in->talks);
	free(in->joins);
	free(in->grown);
	free(in);
}

const struct crm_counts *crm_intake_counts(const struct crm_intake *in)
{
	return &in->counts;
}

/* --- the batch --- */

static enum crm_status new_batch(struct crm_intake *in)
{
	sqlite3_stmt *st = crm_db_stmt(in->db, sql_batch);

	if (!st)
		return crm_db_err(in->db)->status;
	crm_bind_int(st, ":source", in->source_id);
	crm_bind_text(st, ":file", in->source.file);
	crm_bind_text(st, ":mapping", in->source.mapping);
	crm_bind_int(st, ":now", in->now);
	return crm_db_int(in->db, st, 0, &in->batch_id);
}

static enum crm_status begin_batch(struct crm_intake *in)
{
	struct crm_db *db = in->db;
	enum crm_status rc;
	sqlite3_stmt *st;

	if (!(st = crm_db_stmt(db, sql_source)))
		return crm_db_err(db)->status;
	crm_bind_text(st, ":name", in->source.name);
	crm_bind_text(st, ":scope", in->source.scope);
	crm_bind_text(st, ":medium", in->source.medium);
	if ((rc = crm_db_int(db, st, 0, &in->source_id)) != CRM_OK)
		return rc;
	if (!(st = crm_db_stmt(db, sql_unfinished)))
		return crm_db_err(db)->status;
	crm_bind_int(st, ":source", in->source_id);
	crm_bind_text(st, ":file", in->source.file);
	if ((rc = crm_db_int(db, st, 0, &in->batch_id)) != CRM_OK)
		return rc;
	in->resumed = in->batch_id != 0;
	return in->resumed ? CRM_OK : new_batch(in);
}

static enum crm_status write_progress(struct crm_intake *in, bool finished)
{
	sqlite3_stmt *st = crm_db_stmt(in->db, sql_progress);

	if (!st)
		return crm_db_err(in->db)->status;
	crm_bind_int(st, ":records", in->counts.records);
	crm_bind_int(st, ":stored", in->counts.stored);
	crm_bind_int(st, ":duplicate", in->counts.duplicate);
	crm_bind_int(st, ":aside", in->counts.set_aside);
	if (finished)
		crm_bind_int(st, ":finished", in->now);
	crm_bind_int(st, ":batch", in->batch_id);
	return crm_db_run(in->db, st);
}

/* Another run takes up the batch of one that it believes killed, and may get ahead of it.
 * What that one stores must then not be taken for rows of our own: here it would look like
 * a first occurrence when it is the same row. So we leave the batch to it and go on with
 * one of ours, in which its rows are duplicates. */
static enum crm_status yield_batch(struct crm_intake *in)
{
	sqlite3_stmt *st = crm_db_stmt(in->db, sql_taken);
	enum crm_status rc;
	int64_t taken;

	if (!st)
		return crm_db_err(in->db)->status;
	crm_bind_int(st, ":batch", in->batch_id);
	crm_bind_int(st, ":profile", in->next.profile);
	crm_bind_int(st, ":event", in->next.event);
	crm_bind_int(st, ":line", in->next.line);
	if ((rc = crm_db_int(in->db, st, 0, &taken)) != CRM_OK || !taken)
		return rc;
	return new_batch(in);
}

/* --- keys --- */

static void remember(struct crm_intake *in, enum space space, struct crm_slice key,
		     const struct crm_record *record, struct hit hit)
{
	uint64_t hash = crm_hash64_with(crm_hash64(key.ptr, key.len), space);

	hit.found = hit.mine = true;
	CRM_GROW(in->entries, in->n_entries + 1, in->cap_entries);
	crm_table_add(&in->table, hash, (uint32_t)in->n_entries);
	in->entries[in->n_entries++] = (struct entry){space, key, record, hit};
}

static bool other_text(struct crm_slice now, struct crm_slice then)
{
	return now.ptr && (!then.ptr || now.len != then.len || memcmp(now.ptr, then.ptr, now.len));
}

static bool event_differs(const struct crm_record *now, struct crm_slice status, bool has_amount,
			  int64_t amount, struct crm_slice text)
{
	return other_text(now->status, status) || other_text(now->text, text)
	       || (now->has_amount && (!has_amount || now->amount != amount));
}

static struct hit find_in_chunk(const struct crm_intake *in, enum space space, struct crm_slice key,
				const struct crm_record *record)
{
	uint64_t hash = crm_hash64_with(crm_hash64(key.ptr, key.len), space);

	for (struct crm_probe p = crm_table_probe(&in->table, hash);
	     crm_table_next(&in->table, &p);) {
		const struct entry *e = &in->entries[p.index];
		struct hit hit = e->hit;

		if (e->space != space || e->key.len != key.len
		    || memcmp(e->key.ptr, key.ptr, key.len))
			continue;
		if (space == EVENT && e->record)
			hit.differs =
				event_differs(record, e->record->status, e->record->has_amount,
					      e->record->amount, e->record->text);
		return hit;
	}
	return (struct hit){0};
}

static struct hit read_hit(const struct crm_intake *in, sqlite3_stmt *st, bool has_person)
{
	struct hit hit = {.found = true};

	hit.id = sqlite3_column_int64(st, 0);
	hit.mine = sqlite3_column_int64(st, 1) == in->batch_id;
	if (has_person) {
		hit.profile = sqlite3_column_int64(st, 2);
		hit.person = sqlite3_column_int64(st, 3);
		hit.canon = sqlite3_column_int64(st, 4);
	}
	return hit;
}

static struct hit find(struct crm_intake *in, enum space space, struct crm_slice key,
		       const struct crm_record *record)
{
	struct hit hit = find_in_chunk(in, space, key, record);
	sqlite3_stmt *st;
	bool row;

	if (hit.found || in->failed)
		return hit;
	st = crm_db_stmt(in->db, space == PROFILE ? sql_find_profile
				 : space == EVENT ? sql_find_event
						  : sql_find_line);
	if (st) {
		crm_bind_int(st, ":source", in->source_id);
		crm_bind_slice(st, ":key", key);
	}
	in->failed = st ? crm_db_step(in->db, st, &row) : crm_db_err(in->db)->status;
	if (in->failed || !row)
		return hit;
	hit = read_hit(in, st, space != LINE);
	if (space == EVENT)
		hit.differs = event_differs(record, crm_column(st, 5),
					    sqlite3_column_type(st, 6) != SQLITE_NULL,
					    sqlite3_column_int64(st, 6), crm_column(st, 7));
	sqlite3_reset(st);
	return hit;
}

static uint64_t id_hash(const struct crm_intake *in, struct crm_slice versions)
{
	return crm_hash64_with(crm_hash64(versions.ptr, versions.len),
			       (uint64_t)in->source_id + 16);
}

/* A contact with an id: found under its key, or *known from the first version of it. */
static struct hit find_version(struct crm_intake *in, struct crm_slice key,
			       struct crm_slice versions, const struct crm_record *record,
			       struct hit *known)
{
	struct hit hit = find_in_chunk(in, PROFILE, key, record);
	sqlite3_stmt *st;
	bool row = true;
	char *high;

	*known = find_in_chunk(in, PROFILE_ID, versions, record);
	if (hit.found || in->failed)
		return hit;
	if (in->stored && !crm_bloom_maybe(in->stored, id_hash(in, versions)))
		return hit;
	if (!(st = crm_db_stmt(in->db, sql_find_version))) {
		in->failed = crm_db_err(in->db)->status;
		return hit;
	}
	high = crm_arena_strndup(&in->arena, versions.ptr, versions.len);
	high[versions.len - 1]++; /* versions ends in '#' */
	crm_bind_int(st, ":source", in->source_id);
	crm_bind_slice(st, ":key", key);
	crm_bind_slice(st, ":low", versions);
	crm_bind_slice(st, ":high", (struct crm_slice){high, versions.len});
	while ((in->failed = crm_db_step(in->db, st, &row)) == CRM_OK && row) {
		struct hit found = read_hit(in, st, true);

		if (sqlite3_column_int(st, 5))
			hit = found;
		if (!known->found || found.id < known->id)
			*known = found;
	}
	return hit;
}

/* How often this run has met key by now, this time included; first is the answer for the
 * first time. */
static int64_t times_seen(struct crm_intake *in, enum space space, struct crm_slice key,
			  int64_t first)
{
	sqlite3_stmt *st = crm_db_stmt(in->db, sql_seen);
	struct crm_str s = CRM_STR_INIT;
	int64_t n = first;

	if (!st) {
		in->failed = crm_db_err(in->db)->status;
		return n;
	}
	crm_str_addc(&s, (char)space);
	crm_str_add(&s, key.ptr, key.len);
	crm_bind_slice(st, ":key", (struct crm_slice){s.ptr, s.len});
	crm_bind_int(st, ":first", first);
	if (!in->failed)
		in->failed = crm_db_int(in->db, st, first, &n);
	crm_str_release(&s);
	return n;
}

enum verdict {
	NEW,
	KNOWN, /* stored before: a duplicate */
	OURS   /* stored by this batch before it was interrupted: counts as stored */
};

/* With an id of the source's own; hit is what was found under key. */
static enum verdict claim_own(struct crm_intake *in, enum space space, struct crm_slice key,
			      struct hit hit)
{
	int64_t times = 1;

	if (in->resumed && (!hit.found || hit.mine))
		times = times_seen(in, space, key, 1);
	if (!hit.found)
		return NEW;
	return in->resumed && hit.mine && times == 1 ? OURS : KNOWN;
}

/* Known by its content alone: the second time in one file is the second occurrence. */
static enum verdict claim_content(struct crm_intake *in, enum space space, struct crm_slice *key,
				  const struct crm_record *record, struct hit *hit)
{
	int64_t n;

	*hit = find(in, space, *key, record);
	if (!hit->found) {
		if (in->resumed)
			times_seen(in, space, *key, 1);
		return NEW;
	}
	n = times_seen(in, space, *key, hit->mine && !in->resumed ? 2 : 1);
	if (n > 1) {
		struct crm_str numbered = CRM_STR_INIT;

		crm_str_addf(&numbered, "%.*s.%lld", (int)key->len, key->ptr, (long long)n);
		key->ptr = crm_arena_strndup(&in->arena, numbered.ptr, numbered.len);
		key->len = numbered.len;
		crm_str_release(&numbered);
		*hit = find(in, space, *key, record);
	}
	if (!hit->found)
		return NEW;
	return hit->mine ? OURS : KNOWN;
}

/* "a", one byte c, "b" as a key in the chunk's arena. */
static struct crm_slice join_key(struct crm_intake *in, struct crm_slice a, char c,
				 struct crm_slice b)
{
	char *key = crm_arena_alloc(&in->arena, a.len + b.len + 2);

	if (a.len)
		memcpy(key, a.ptr, a.len);
	key[a.len] = c;
	if (b.len)
		memcpy(key + a.len + 1, b.ptr, b.len);
	key[a.len + 1 + b.len] = '\0';
	return (struct crm_slice){key, a.len + 1 + b.len};
}

static struct crm_slice short_digest(const struct crm_record *r)
{
	return (struct crm_slice){r->digest.ptr, 16};
}

/* --- profiles and people --- */

static void new_person(struct crm_intake *in, const struct crm_record *r, int64_t id)
{
	struct crm_slice email = {NULL, 0}, phone = {NULL, 0}, name = r->person[CRM_NAME];

	for (size_t i = r->n_addresses; i-- > 0;) {
		if (r->addresses[i].kind == CRM_EMAIL)
			email = r->addresses[i].value;
		else if (r->addresses[i].kind == CRM_PHONE)
			phone = r->addresses[i].value;
	}
	crm_bulk_int(in->person, id);
	crm_bulk_int(in->person, id);
	crm_bulk_int(in->person, in->now);
	crm_bulk_text(in->person, name);
	crm_bulk_text(in->person, email);
	crm_bulk_text(in->person, phone);
	in->counts.new_people++;
}

static void profile_row(struct crm_intake *in, const struct crm_record *r, int64_t id,
			struct crm_slice key, int64_t person)
{
	crm_bulk_int(in->profile, id);
	crm_bulk_int(in->profile, in->source_id);
	crm_bulk_text(in->profile, key);
	crm_bulk_int(in->profile, in->batch_id);
	crm_bulk_int(in->profile, r->line);
	crm_bulk_int(in->profile, r->has_at ? r->at : in->now);
	crm_bulk_int(in->profile, person);
	for (int f = 0; f < CRM_PERSON_FIELDS; f++)
		crm_bulk_text(in->profile, r->person[f]);
	crm_bulk_text(in->profile, r->raw);
}

static void note_suspects(struct crm_intake *in, const struct crm_who *who, int64_t profile,
			  struct crm_outcome *out)
{
	for (size_t i = 0; i < who->n_suspects; i++) {
		if (who->suspects[i].absorbed) {
			CRM_GROW(in->joins, in->n_joins + 1, in->cap_joins);
			in->joins[in->n_joins++] = (struct join){profile, who->suspects[i].profile};
			continue;
		}
		crm_bulk_int(in->suspect, profile);
		crm_bulk_int(in->suspect, who->suspects[i].canon);
		crm_bulk_int(in->suspect, who->suspects[i].endpoint);
		out->suspects[out->n_suspects++] = who->suspects[i].canon;
	}
}

/* Bare leads become one with who: the book must know at once, the store at the end. */
static int64_t absorb(struct crm_intake *in, const struct crm_who *who)
{
	int64_t canon = who->canon;

	for (size_t i = 0; i < who->n_suspects; i++) {
		int64_t other = who->suspects[i].canon, both = canon < other ? canon : other;

		if (!who->suspects[i].absorbed)
			continue;
		crm_book_join(in->book, canon, other, both);
		canon = both;
	}
	return canon;
}

static bool adds_nothing(struct crm_slice value, struct crm_slice golden)
{
	return !value.ptr || (value.len == golden.len && !memcmp(value.ptr, golden.ptr, value.len));
}

/* Whatever the survivorship rules are: a record that repeats what is chosen already, or is
 * silent, leaves the choice as it is. */
static bool says_the_same(const struct crm_record *r, const struct crm_who *who)
{
	bool same = adds_nothing(r->person[CRM_NAME], who->name);

	for (size_t i = 0; i < r->n_addresses && same; i++)
		if (r->addresses[i].kind != CRM_HANDLE)
			same = adds_nothing(r->addresses[i].value, r->addresses[i].kind == CRM_EMAIL
									   ? who->email
									   : who->phone);
	return same;
}

static struct hit add_profile(struct crm_intake *in, const struct crm_record *r,
			      struct crm_slice key, struct hit known, struct crm_outcome *out)
{
	struct crm_who who = crm_book_who(in->book, r, known.person, known.canon);
	struct hit made = {.id = in->next.profile++, .person = who.person, .canon = who.canon};
	int64_t ids[CRM_ADDRESSES];

	if (!who.person) {
		made.person = made.canon = in->next.person++;
		new_person(in, r, made.person);
		out->new_person = true;
	} else {
		made.canon = absorb(in, &who);
	}
	if (who.person && (made.canon != who.canon || !says_the_same(r, &who))) {
		CRM_GROW(in->grown, in->n_grown + 1, in->cap_grown);
		in->grown[in->n_grown++] = made.canon;
	}
	made.profile = made.id;
	profile_row(in, r, made.id, key, made.person);
	crm_book_enter(in->book, r, made.id, made.person, made.canon, !who.person,
		       &in->next.endpoint, ids);
	for (size_t i = 0; i < r->n_addresses; i++) {
		crm_bulk_int(in->profile_endpoint, made.id);
		crm_bulk_int(in->profile_endpoint, ids[i]);
	}
	note_suspects(in, &who, made.id, out);
	remember(in, PROFILE, key, r, made);
	return made;
}

static void tell_person(struct crm_outcome *out, struct hit hit)
{
	out->profile = hit.profile;
	out->person = hit.canon;
}

static void store_contact(struct crm_intake *in, const struct crm_record *r,
			  struct crm_outcome *out)
{
	static const struct crm_slice nothing = {"", 0};
	struct hit hit, known = {0};
	struct crm_slice key, versions = nothing;
	enum verdict verdict;

	if (r->id.ptr) {
		key = join_key(in, r->id, '#', short_digest(r));
		versions = (struct crm_slice){key.ptr, r->id.len + 1};
		hit = find_version(in, key, versions, r, &known);
		verdict = claim_own(in, PROFILE, key, hit);
	} else {
		key = join_key(in, nothing, '#', r->digest);
		verdict = claim_content(in, PROFILE, &key, r, &hit);
	}
	if (verdict == NEW) {
		hit = add_profile(in, r, key, known, out);
		if (versions.len && !known.found)
			remember(in, PROFILE_ID, versions, r, hit);
		if (versions.len && in->stored)
			crm_bloom_add(in->stored, id_hash(in, versions));
	}
	out->kind = verdict == KNOWN ? CRM_DUPLICATE : CRM_STORED;
	out->id = hit.id;
	tell_person(out, hit);
}

/* The profile that an event speaks of: the one that says the same of somebody, or new. */
static struct hit event_profile(struct crm_intake *in, const struct crm_record *r,
				struct crm_outcome *out)
{
	static const struct crm_slice nothing = {"", 0};
	struct crm_slice key;
	struct hit hit;

	if (!r->person_digest.ptr)
		return (struct hit){0};
	key = join_key(in, nothing, '~', r->person_digest);
	hit = find(in, PROFILE, key, r);
	return hit.found ? hit : add_profile(in, r, key, (struct hit){0}, out);
}

/* --- conversations --- */

static const char *status_of(const struct crm_record *r)
{
	static const struct {
		const char *word, *status;
	} words[] = {
		{"open", "open"},         {"new", "open"},        {"reopened", "open"},
		{"pending", "pending"},   {"waiting", "pending"}, {"on-hold", "pending"},
		{"hold", "pending"},      {"snoozed", "pending"}, {"closed", "resolved"},
		{"resolved", "resolved"}, {"solved", "resolved"}, {"done", "resolved"},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (r->status.len == strlen(words[i].word)
		    && !strncasecmp(r->status.ptr, words[i].word, r->status.len))
			return words[i].status;
	return crm_slice_is(r->direction, "out") ? "pending" : "open";
}

static struct talk *load_talk(struct crm_intake *in, struct crm_slice thread)
{
	sqlite3_stmt *st = crm_db_stmt(in->db, sql_find_talk);
	struct talk *t;
	bool row = false;

	CRM_GROW(in->talks, in->n_talks + 1, in->cap_talks);
	crm_table_add(&in->talk_table, crm_hash64(thread.ptr, thread.len), (uint32_t)in->n_talks);
	t = &in->talks[in->n_talks++];
	*t = (struct talk){.thread = thread};
	if (st) {
		crm_bind_int(st, ":source", in->source_id);
		crm_bind_slice(st, ":thread", thread);
	}
	in->failed = st ? crm_db_step(in->db, st, &row) : crm_db_err(in->db)->status;
	if (!row) {
		t->id = in->next.talk++;
		t->is_new = true;
		return t;
	}
	t->id = sqlite3_column_int64(st, 0);
	t->opened = sqlite3_column_int64(st, 1);
	t->updated = sqlite3_column_int64(st, 2);
	t->profile = sqlite3_column_int64(st, 3);
	t->status = crm_arena_strndup(&in->arena, crm_column(st, 4).ptr, crm_column(st, 4).len);
	sqlite3_reset(st);
	return t;
}

static struct talk *find_talk(struct crm_intake *in, struct crm_slice thread)
{
	uint64_t hash = crm_hash64(thread.ptr, thread.len);

	for (struct crm_probe p = crm_table_probe(&in->talk_table, hash);
	     crm_table_next(&in->talk_table, &p);) {
		struct talk *t = &in->talks[p.index];

		if (t->thread.len == thread.len && !memcmp(t->thread.ptr, thread.ptr, thread.len))
			return t;
	}
	return load_talk(in, thread);
}

/* The conversation that an event belongs to, brought up to date; 0 without one. A message
 * without a thread belongs to the one talk there is with its address. */
static int64_t converse(struct crm_intake *in, const struct crm_record *r, int64_t profile,
			int64_t at)
{
	static const struct crm_slice nothing = {"", 0};
	struct crm_slice thread = r->thread;
	struct talk *t;

	if (!thread.ptr && r->type == CRM_MESSAGE && r->n_addresses)
		thread = join_key(in, nothing, '@', r->addresses[0].value);
	if (!thread.ptr || in->failed)
		return 0;
	t = find_talk(in, thread);
	if (t->is_new && !t->status)
		t->opened = t->updated = at;
	if (!t->status || at >= t->updated) {
		t->status = status_of(r);
		t->updated = at;
	}
	if (at < t->opened)
		t->opened = at;
	if (!t->profile && !crm_slice_is(r->direction, "out"))
		t->profile = profile;
	if (!t->subject.ptr)
		t->subject = r->subject;
	t->changed = true;
	return t->id;
}

static enum crm_status write_talks(struct crm_intake *in)
{
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < in->n_talks && rc == CRM_OK; i++) {
		const struct talk *t = &in->talks[i];
		sqlite3_stmt *st = t->changed ? crm_db_stmt(in->db, sql_write_talk) : NULL;

		if (!st)
			continue;
		crm_bind_int(st, ":id", t->id);
		crm_bind_int(st, ":source", in->source_id);
		crm_bind_slice(st, ":thread", t->thread);
		crm_bind_int(st, ":profile", t->profile);
		crm_bind_slice(st, ":subject", t->subject);
		crm_bind_int(st, ":opened", t->opened);
		crm_bind_int(st, ":updated", t->updated);
		crm_bind_text(st, ":status", t->status);
		rc = crm_db_run(in->db, st);
	}
	return rc;
}

/* --- events and order lines --- */

static void event_row(struct crm_intake *in, const struct crm_record *r, struct crm_slice key,
		      const struct crm_outcome *out, const char *type, int64_t endpoint)
{
	struct crm_bulk *b = in->event;
	bool is_change = out->changed;

	crm_bulk_int(b, out->id);
	crm_bulk_int(b, in->source_id);
	crm_bulk_text(b, key);
	crm_bulk_int(b, in->batch_id);
	crm_bulk_int(b, r->line);
	crm_bulk_text(b, crm_slice_of(type));
	crm_bulk_int(b, r->has_at ? r->at : in->now);
	crm_bulk_int_or_null(b, r->has_offset, r->at_offset);
	crm_bulk_text(b, r->direction);
	crm_bulk_int_or_null(b, out->profile != 0, out->profile);
	crm_bulk_int_or_null(b, endpoint != 0, endpoint);
	crm_bulk_int_or_null(b, out->conversation != 0, out->conversation);
	crm_bulk_text(b, r->ref);
	crm_bulk_int_or_null(b, r->has_amount && !is_change, r->amount);
	crm_bulk_text(b, r->currency);
	crm_bulk_text(b, r->subject);
	crm_bulk_text(b, r->text);
	crm_bulk_text(b, r->status);
	crm_bulk_real_or_null(b, r->has_rating, r->rating);
	crm_bulk_real_or_null(b, r->has_rating_max, r->rating_max);
	crm_bulk_int_or_null(b, r->has_duration, r->duration);
	crm_bulk_text(b, r->agent);
	crm_bulk_text(b, r->raw);
}

/* The address at which an event took place: its first e-mail or phone, else a handle. */
static int64_t event_endpoint(struct crm_intake *in, const struct crm_record *r, struct hit profile)
{
	int64_t ids[CRM_ADDRESSES], found = 0;

	if (!r->n_addresses)
		return 0;
	crm_book_enter(in->book, r, profile.profile, profile.person, profile.canon, false,
		       &in->next.endpoint, ids);
	for (size_t i = r->n_addresses; i-- > 0;)
		if (r->addresses[i].kind != CRM_HANDLE || !found)
			found = ids[i];
	return found;
}

static struct hit add_event(struct crm_intake *in, const struct crm_record *r, struct crm_slice key,
			    const char *type, struct crm_outcome *out)
{
	struct hit profile = event_profile(in, r, out), made;

	out->id = in->next.event++;
	tell_person(out, profile);
	out->conversation = converse(in, r, out->profile, r->has_at ? r->at : in->now);
	event_row(in, r, key, out, type, event_endpoint(in, r, profile));
	made = profile;
	made.id = out->id;
	remember(in, EVENT, key, r, made);
	return made;
}

/* An event that came before and says something else now. */
static bool add_change(struct crm_intake *in, const struct crm_record *r, struct crm_outcome *out)
{
	struct crm_slice key = join_key(in, r->id, '#', short_digest(r));
	struct hit hit = find(in, EVENT, key, r);

	if (claim_own(in, EVENT, key, hit) != NEW)
		return hit.mine && in->resumed;
	out->changed = true;
	add_event(in, r, key, "change", out);
	return true;
}

static enum verdict store_order_line(struct crm_intake *in, const struct crm_record *r,
				     struct hit *hit)
{
	struct crm_slice key = join_key(in, r->ref, '/', r->line_id.ptr ? r->line_id : r->digest);
	struct crm_bulk *b = in->order_line;
	enum verdict verdict;

	if (r->line_id.ptr) {
		*hit = find(in, LINE, key, r);
		verdict = claim_own(in, LINE, key, *hit);
	} else {
		verdict = claim_content(in, LINE, &key, r, hit);
	}
	if (verdict != NEW)
		return verdict;
	hit->id = in->next.line++;
	crm_bulk_int(b, hit->id);
	crm_bulk_int(b, in->source_id);
	crm_bulk_text(b, key);
	crm_bulk_int(b, in->batch_id);
	crm_bulk_int(b, r->line);
	crm_bulk_text(b, crm_slice_of(in->source.scope));
	crm_bulk_text(b, r->ref);
	crm_bulk_text(b, r->sku);
	crm_bulk_text(b, r->line_name);
	crm_bulk_real_or_null(b, true, r->quantity);
	crm_bulk_int_or_null(b, r->has_price, r->price);
	crm_bulk_int_or_null(b, r->has_extra, r->extra);
	crm_bulk_text(b, r->currency);
	crm_bulk_text(b, r->raw);
	remember(in, LINE, key, r, *hit);
	return verdict;
}

static void store_event(struct crm_intake *in, const struct crm_record *r, struct crm_outcome *out)
{
	static const struct crm_slice nothing = {"", 0};
	struct crm_slice key = r->id.ptr ? r->id : join_key(in, nothing, '#', r->digest);
	enum verdict verdict;
	struct hit hit, line;
	bool stored;

	if (r->id.ptr) {
		hit = find(in, EVENT, key, r);
		verdict = claim_own(in, EVENT, key, hit);
	} else {
		verdict = claim_content(in, EVENT, &key, r, &hit);
	}
	stored = verdict != KNOWN;
	if (verdict == NEW) {
		add_event(in, r, key, crm_record_type_names[r->type], out);
	} else {
		out->id = hit.id;
		tell_person(out, hit);
		if (r->id.ptr && hit.differs)
			stored |= add_change(in, r, out);
	}
	if (r->has_line)
		stored |= store_order_line(in, r, &line) != KNOWN;
	out->kind = stored ? CRM_STORED : CRM_DUPLICATE;
}

static enum crm_status store_rejected(struct crm_intake *in, const struct crm_record *r)
{
	sqlite3_stmt *st = crm_db_stmt(in->db, sql_reject);
	struct crm_digest digest = crm_digest_of(r->bytes.ptr, r->bytes.len);

	if (!st)
		return crm_db_err(in->db)->status;
	crm_bind_int(st, ":source", in->source_id);
	crm_bind_int(st, ":batch", in->batch_id);
	crm_bind_int(st, ":line", r->line);
	crm_bind_text(st, ":reason", r->aside);
	crm_bind_slice(st, ":header", in->source.header);
	crm_bind_blob(st, ":bytes", r->bytes.ptr, r->bytes.len);
	crm_bind_blob(st, ":digest", digest.bytes, sizeof(digest.bytes));
	return crm_db_run(in->db, st);
}

static void store_record(struct crm_intake *in, const struct crm_record *r, struct crm_outcome *out)
{
	struct hit line;

	*out = (struct crm_outcome){0};
	in->counts.records++;
	if (r->aside) {
		out->kind = CRM_SET_ASIDE;
		in->failed = store_rejected(in, r);
	} else if (r->type == CRM_CONTACT) {
		store_contact(in, r, out);
	} else if (r->type == CRM_ORDER_LINE) {
		out->kind = store_order_line(in, r, &line) == KNOWN ? CRM_DUPLICATE : CRM_STORED;
		out->id = line.id;
	} else {
		store_event(in, r, out);
	}
	in->counts.stored += out->kind == CRM_STORED;
	in->counts.duplicate += out->kind == CRM_DUPLICATE;
	in->counts.set_aside += out->kind == CRM_SET_ASIDE;
}

/* --- the chunk --- */

static enum crm_status read_next_ids(struct crm_intake *in)
{
	sqlite3_stmt *st = crm_db_stmt(in->db, sql_max);
	int64_t *ids[] = {&in->next.person, &in->next.profile, &in->next.endpoint,
			  &in->next.event,  &in->next.line,    &in->next.talk};
	enum crm_status rc;
	bool row;

	if (!st)
		return crm_db_err(in->db)->status;
	if ((rc = crm_db_step(in->db, st, &row)) != CRM_OK)
		return rc;
	for (int i = 0; i < 6; i++)
		*ids[i] = sqlite3_column_int64(st, i) + 1;
	sqlite3_reset(st);
	return CRM_OK;
}

/* Fills the filter with the ids of this source's contacts. */
static enum crm_status filter_ids(struct crm_intake *in)
{
	sqlite3_stmt *st = crm_db_stmt(in->db, sql_keys);
	enum crm_status rc;
	bool row;

	if (!st)
		return crm_db_err(in->db)->status;
	crm_bind_int(st, ":source", in->source_id);
	while ((rc = crm_db_step(in->db, st, &row)) == CRM_OK && row) {
		struct crm_slice key = crm_column(st, 0); /* ID#DIGEST, or of another kind */

		if (key.len > 17 && key.ptr[key.len - 17] == '#')
			crm_bloom_add(in->stored,
				      id_hash(in, (struct crm_slice){key.ptr, key.len - 16}));
	}
	return rc;
}

/* A file that turns out to be long gets a filter, filled once. It holds as long as nobody
 * else writes: when somebody has, the job goes on without. */
static enum crm_status keep_filter(struct crm_intake *in)
{
	sqlite3_stmt *st = crm_db_stmt(in->db, "PRAGMA data_version");
	int64_t version;
	enum crm_status rc;

	if (in->filtered && !in->stored)
		return CRM_OK;
	if (!st || (rc = crm_db_int(in->db, st, 0, &version)) != CRM_OK)
		return crm_db_err(in->db)->status;
	if (in->stored && version != in->data_version) {
		crm_bloom_free(in->stored);
		in->stored = NULL;
		return crm_book_filter(in->book, NULL);
	}
	if (in->filtered || in->counts.records < FILTER_FROM
	    || in->next.endpoint > CRM_BLOOM_MOST / 2)
		return CRM_OK;
	in->filtered = true;
	in->data_version = version;
	in->stored = crm_bloom_new();
	if ((rc = crm_book_filter(in->book, in->stored)) != CRM_OK)
		return rc;
	return filter_ids(in);
}

static enum crm_status begin(struct crm_intake *in)
{
	enum crm_status rc = crm_db_begin(in->db);

	if (rc != CRM_OK)
		return rc;
	in->open = true;
	in->n_grown = 0;
	if (!in->batch_id)
		rc = begin_batch(in);
	else if (!in->resumed)
		rc = yield_batch(in);
	if (rc == CRM_OK)
		rc = read_next_ids(in);
	in->first = in->next;
	return rc == CRM_OK ? keep_filter(in) : rc;
}

static enum crm_status begin_chunk(struct crm_intake *in, const struct crm_chunk *chunk)
{
	in->n_entries = in->n_talks = in->n_joins = 0;
	in->failed = CRM_OK;
	crm_table_clear(&in->table);
	crm_table_clear(&in->talk_table);
	crm_arena_clear(&in->arena);
	return crm_book_open(in->book, chunk);
}

static enum crm_status flush(struct crm_intake *in)
{
	struct crm_bulk *const bulks[] = {in->profile_endpoint, in->suspect, in->event,
					  in->order_line};
	enum crm_status rc;

	if ((rc = crm_bulk_flush(in->person)) != CRM_OK
	    || (rc = crm_bulk_flush(in->profile)) != CRM_OK
	    || (rc = crm_book_write(in->book)) != CRM_OK || (rc = write_talks(in)) != CRM_OK)
		return rc;
	for (size_t i = 0; i < sizeof(bulks) / sizeof(bulks[0]) && rc == CRM_OK; i++)
		rc = crm_bulk_flush(bulks[i]);
	return rc;
}

static enum crm_status bind_one(struct crm_intake *in, const struct crm_record *r,
				struct crm_outcome *out)
{
	bool order = r->type == CRM_ORDER;
	sqlite3_stmt *st;

	if (!r->ref.ptr || out->kind != CRM_STORED || r->type == CRM_ORDER_LINE
	    || order != (out->profile != 0))
		return CRM_OK;
	if (!(st = crm_db_stmt(in->db, order ? sql_bind_order : sql_bind_event)))
		return crm_db_err(in->db)->status;
	crm_bind_text(st, ":scope", in->source.scope);
	if (order) {
		crm_bind_int(st, ":profile", out->profile);
		crm_bind_slice(st, ":ref", r->ref);
	} else {
		crm_bind_int(st, ":id", out->id);
	}
	return crm_db_run(in->db, st);
}

static enum crm_status index_words(struct crm_intake *in)
{
	const struct {
		const char *sql;
		int64_t first, next;
	} todo[] = {
		{sql_profile_words, in->first.profile, in->next.profile},
		{sql_event_words, in->first.event, in->next.event},
	};
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < 2 && rc == CRM_OK; i++) {
		sqlite3_stmt *st =
			todo[i].first < todo[i].next ? crm_db_stmt(in->db, todo[i].sql) : NULL;

		if (!st)
			continue;
		crm_bind_int(st, ":first", todo[i].first);
		rc = crm_db_run(in->db, st);
	}
	return rc;
}

static enum crm_status join_people(struct crm_intake *in)
{
	static const struct crm_act act = {
		"crm-ingest",
		"nothing was known of the lead but an address of this record",
		{NULL, 0}};
	struct crm_merge merge = CRM_MERGE_INIT;
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < in->n_joins && rc == CRM_OK; i++)
		rc = crm_people_merge(in->db, in->joins[i].profile, in->joins[i].lead, false, &act,
				      &merge);
	crm_merge_release(&merge);
	return rc;
}

static enum crm_status finish_chunk(struct crm_intake *in, const struct crm_chunk *chunk,
				    struct crm_outcome *outcomes)
{
	enum crm_status rc;

	if ((rc = flush(in)) != CRM_OK || (rc = join_people(in)) != CRM_OK)
		return rc;
	for (size_t i = 0; i < chunk->n && rc == CRM_OK; i++)
		rc = bind_one(in, &chunk->records[i], &outcomes[i]);
	return rc;
}

static void roll_back(struct crm_intake *in)
{
	crm_db_rollback(in->db);
	in->counts = in->committed;
	in->open = false;
}

enum crm_status crm_intake_store(struct crm_intake *in, const struct crm_chunk *chunk,
				 struct crm_outcome *outcomes)
{
	enum crm_status rc = in->open ? CRM_OK : begin(in);

	if (rc == CRM_OK)
		rc = begin_chunk(in, chunk);
	for (size_t i = 0; i < chunk->n && rc == CRM_OK; i++) {
		store_record(in, &chunk->records[i], &outcomes[i]);
		rc = in->failed;
	}
	if (rc == CRM_OK)
		rc = finish_chunk(in, chunk, outcomes);
	if (rc != CRM_OK)
		roll_back(in);
	return rc;
}

int64_t crm_intake_pending(const struct crm_intake *in)
{
	return in->counts.records - in->committed.records;
}

static enum crm_status commit(struct crm_intake *in, bool finished)
{
	enum crm_status rc = in->open ? CRM_OK : begin(in);

	if (rc == CRM_OK)
		rc = crm_golden_refresh(in->db, in->rules, in->grown, in->n_grown);
	if (rc == CRM_OK)
		rc = index_words(in);
	if (rc == CRM_OK)
		rc = write_progress(in, finished);
	if (rc == CRM_OK)
		rc = crm_db_commit(in->db);
	if (rc != CRM_OK) {
		roll_back(in);
		return rc;
	}
	in->committed = in->counts;
	in->open = false;
	return rc;
}

enum crm_status crm_intake_commit(struct crm_intake *in)
{
	return commit(in, false);
}

enum crm_status crm_intake_finish(struct crm_intake *in)
{
	return commit(in, true);
}
