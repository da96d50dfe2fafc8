/* SPDX-License-Identifier: MIT */
/* Keys: first what this chunk has stored, then what the store has. */
#include "store/keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/bloom.h"
#include "base/hash.h"

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
	"e.text, e.type, (SELECT value FROM endpoint WHERE id = e.endpoint_id AND kind = 'email'), "
	"(SELECT source_id FROM batch WHERE id = e.batch_id) <> e.source_id "
	"FROM event AS e LEFT JOIN profile AS p ON p.id = e.profile_id "
	"LEFT JOIN person AS q ON q.id = p.person_id "
	"WHERE e.source_id = :source AND e.key = :key";
static const char sql_find_line[] =
	"SELECT id, batch_id FROM order_line WHERE source_id = :source AND key = :key";

enum crm_status crm_keys_open(struct crm_keys *k, struct crm_db *db)
{
	*k = (struct crm_keys){.db = db};
	return crm_db_exec(
		db, "CREATE TEMP TABLE IF NOT EXISTS seen "
		    "(key TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID; DELETE FROM seen");
}

void crm_keys_close(struct crm_keys *k)
{
	crm_arena_release(&k->arena);
	crm_table_release(&k->table);
	free(k->entries);
}

void crm_keys_clear(struct crm_keys *k)
{
	k->n_entries = 0;
	k->failed = CRM_OK;
	crm_table_clear(&k->table);
	crm_arena_clear(&k->arena);
}

static uint64_t id_hash(const struct crm_keys *k, struct crm_slice versions)
{
	return crm_hash64_with(crm_hash64(versions.ptr, versions.len), (uint64_t)k->source_id + 16);
}

void crm_keys_remember(struct crm_keys *k, enum crm_key_space space, struct crm_slice key,
		       const struct crm_record *record, struct crm_hit hit)
{
	uint64_t hash = crm_hash64_with(crm_hash64(key.ptr, key.len), space);

	if (space == CRM_KEY_PROFILE_ID && k->stored)
		crm_bloom_add(k->stored, id_hash(k, key));
	hit.found = hit.mine = true;
	CRM_GROW(k->entries, k->n_entries + 1, k->cap_entries);
	crm_table_add(&k->table, hash, (uint32_t)k->n_entries);
	k->entries[k->n_entries++] = (struct crm_key_entry){space, key, record, hit};
}

/* The address that an event of the record is at: see event_endpoint in intake.c. */
static struct crm_slice sender_of(const struct crm_record *r)
{
	for (size_t i = 0; i < r->n_addresses; i++)
		if (r->addresses[i].kind == CRM_EMAIL)
			return r->addresses[i].value;
	return (struct crm_slice){NULL, 0};
}

/* Symmetrical, so that the versions of an event are the same whichever came first. */
static void compare_event(struct crm_hit *hit, const struct crm_record *now, struct crm_slice type,
			  struct crm_slice status, bool has_amount, int64_t amount,
			  struct crm_slice text, struct crm_slice sender)
{
	struct crm_slice from = sender_of(now);

	hit->other =
		!crm_slice_is(type, crm_record_type_names[now->type])
		|| (now->by_reference && from.ptr && sender.ptr && !crm_slice_same(from, sender));
	hit->differs = !crm_slice_same(now->status, status) || !crm_slice_same(now->text, text)
		       || now->has_amount != has_amount || (has_amount && now->amount != amount);
}

static struct crm_hit find_in_chunk(const struct crm_keys *k, enum crm_key_space space,
				    struct crm_slice key, const struct crm_record *record)
{
	uint64_t hash = crm_hash64_with(crm_hash64(key.ptr, key.len), space);

	for (struct crm_probe p = crm_table_probe(&k->table, hash);
	     crm_table_next(&k->table, &p);) {
		const struct crm_key_entry *e = &k->entries[p.index];
		struct crm_hit hit = e->hit;

		if (e->space != space || !crm_slice_same(e->key, key))
			continue;
		if (space == CRM_KEY_EVENT && e->record)
			compare_event(&hit, record,
				      crm_slice_of(crm_record_type_names[e->record->type]),
				      e->record->status, e->record->has_amount, e->record->amount,
				      e->record->text, sender_of(e->record));
		return hit;
	}
	return (struct crm_hit){0};
}

static struct crm_hit read_hit(const struct crm_keys *k, sqlite3_stmt *st, bool has_person)
{
	struct crm_hit hit = {.found = true};

	hit.id = sqlite3_column_int64(st, 0);
	hit.mine = sqlite3_column_int64(st, 1) == k->batch_id;
	if (has_person) {
		hit.profile = sqlite3_column_int64(st, 2);
		hit.person = sqlite3_column_int64(st, 3);
		hit.canon = sqlite3_column_int64(st, 4);
	}
	return hit;
}

struct crm_hit crm_keys_find(struct crm_keys *k, enum crm_key_space space, struct crm_slice key,
			     const struct crm_record *record)
{
	struct crm_hit hit = find_in_chunk(k, space, key, record);
	sqlite3_stmt *st;
	bool row;

	if (hit.found || k->failed)
		return hit;
	st = crm_db_stmt(k->db, space == CRM_KEY_PROFILE ? sql_find_profile
				: space == CRM_KEY_EVENT ? sql_find_event
							 : sql_find_line);
	crm_bind_int(st, ":source", k->source_id);
	crm_bind_slice(st, ":key", key);
	k->failed = crm_db_step(k->db, st, &row);
	if (k->failed || !row)
		return hit;
	hit = read_hit(k, st, space != CRM_KEY_LINE);
	if (space == CRM_KEY_EVENT) {
		compare_event(&hit, record, crm_column(st, 8), crm_column(st, 5),
			      sqlite3_column_type(st, 6) != SQLITE_NULL,
			      sqlite3_column_int64(st, 6), crm_column(st, 7), crm_column(st, 9));
		if (sqlite3_column_int(st,
				       10)) /* an answer of ours: its copy is no other version */
			hit.differs = false;
	}
	sqlite3_reset(st);
	return hit;
}

/* A contact with an id: found under its key, or *known from the first version of it. */
struct crm_hit crm_keys_find_version(struct crm_keys *k, struct crm_slice key,
				     struct crm_slice versions, const struct crm_record *record,
				     struct crm_hit *known)
{
	struct crm_hit hit = find_in_chunk(k, CRM_KEY_PROFILE, key, record);
	sqlite3_stmt *st;
	bool row = true;
	char *high;

	*known = find_in_chunk(k, CRM_KEY_PROFILE_ID, versions, record);
	if (hit.found || k->failed)
		return hit;
	if (k->stored && !crm_bloom_maybe(k->stored, id_hash(k, versions)))
		return hit;
	st = crm_db_stmt(k->db, sql_find_version);
	high = crm_arena_strndup(&k->arena, versions.ptr, versions.len);
	high[versions.len - 1]++; /* versions ends in '#' */
	crm_bind_int(st, ":source", k->source_id);
	crm_bind_slice(st, ":key", key);
	crm_bind_slice(st, ":low", versions);
	crm_bind_slice(st, ":high", (struct crm_slice){high, versions.len});
	while ((k->failed = crm_db_step(k->db, st, &row)) == CRM_OK && row) {
		struct crm_hit found = read_hit(k, st, true);

		if (sqlite3_column_int(st, 5))
			hit = found;
		if (!known->found || found.id < known->id)
			*known = found;
	}
	return hit;
}

/* How often this run has met key by now, this time included; first is the answer for the
 * first time. */
static int64_t times_seen(struct crm_keys *k, enum crm_key_space space, struct crm_slice key,
			  int64_t first)
{
	sqlite3_stmt *st = crm_db_stmt(k->db, sql_seen);
	struct crm_str s = CRM_STR_INIT;
	int64_t n = first;

	crm_str_addc(&s, (char)space);
	crm_str_add(&s, key.ptr, key.len);
	crm_bind_slice(st, ":key", crm_str_slice(&s));
	crm_bind_int(st, ":first", first);
	if (!k->failed)
		k->failed = crm_db_int(k->db, st, first, &n);
	crm_str_release(&s);
	return n;
}

/* With an id of the source's own; hit is what was found under key. */
enum crm_verdict crm_keys_claim_own(struct crm_keys *k, enum crm_key_space space,
				    struct crm_slice key, struct crm_hit hit)
{
	int64_t times = 1;

	if (k->resumed && (!hit.found || hit.mine))
		times = times_seen(k, space, key, 1);
	if (!hit.found)
		return CRM_NEW;
	return k->resumed && hit.mine && times == 1 ? CRM_OURS : CRM_KNOWN;
}

/* Known by its content alone: the second time in one file is the second occurrence. */
enum crm_verdict crm_keys_claim_content(struct crm_keys *k, enum crm_key_space space,
					struct crm_slice *key, const struct crm_record *record,
					struct crm_hit *hit)
{
	int64_t n;

	*hit = crm_keys_find(k, space, *key, record);
	if (!hit->found) {
		if (k->resumed)
			times_seen(k, space, *key, 1);
		return CRM_NEW;
	}
	n = times_seen(k, space, *key, hit->mine && !k->resumed ? 2 : 1);
	if (n > 1) {
		struct crm_str numbered = CRM_STR_INIT;

		crm_str_addf(&numbered, "%.*s.%lld", (int)key->len, key->ptr, (long long)n);
		key->ptr = crm_arena_strndup(&k->arena, numbered.ptr, numbered.len);
		key->len = numbered.len;
		crm_str_release(&numbered);
		*hit = crm_keys_find(k, space, *key, record);
	}
	if (!hit->found)
		return CRM_NEW;
	return hit->mine ? CRM_OURS : CRM_KNOWN;
}

/* "a", one byte c, "b" as a key in the chunk's arena. */
struct crm_slice crm_keys_join(struct crm_keys *k, struct crm_slice a, char c, struct crm_slice b)
{
	char *key = crm_arena_alloc(&k->arena, a.len + b.len + 2);

	if (a.len)
		memcpy(key, a.ptr, a.len);
	key[a.len] = c;
	if (b.len)
		memcpy(key + a.len + 1, b.ptr, b.len);
	key[a.len + 1 + b.len] = '\0';
	return (struct crm_slice){key, a.len + 1 + b.len};
}

enum crm_status crm_keys_filter(struct crm_keys *k, struct crm_bloom *bloom)
{
	sqlite3_stmt *st = crm_db_stmt(k->db, sql_keys);
	enum crm_status rc;
	bool row;

	k->stored = bloom;
	if (!bloom)
		return CRM_OK;
	crm_bind_int(st, ":source", k->source_id);
	while ((rc = crm_db_step(k->db, st, &row)) == CRM_OK && row) {
		struct crm_slice key = crm_column(st, 0); /* ID#DIGEST, or of another kind */

		if (key.len > 17 && key.ptr[key.len - 17] == '#')
			crm_bloom_add(k->stored,
				      id_hash(k, (struct crm_slice){key.ptr, key.len - 16}));
	}
	return rc;
}
