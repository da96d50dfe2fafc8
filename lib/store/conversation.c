/* SPDX-License-Identifier: MIT */
/* Conversations: which one, by a chunk's tables; all else by their events (request.c). */
#include "store/conversation.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "store/request.h"
#include "store/token.h"

struct crm_talk { /* a conversation that this chunk touches */
	struct crm_slice thread;
	int64_t id;
	uint32_t into; /* index of the one it was joined to, else its own */
	bool is_new;
};

struct crm_talk_name { /* what a conversation is found by */
	enum name_kind {
		THREAD,
		MESSAGE, /* the id of one */
		ID
	} kind;
	struct crm_slice text;
	uint32_t talk;
	bool is_new; /* the store does not know it */
};

static const char sql_find_thread[] = "SELECT coalesce(follows, id) FROM conversation "
				      "WHERE source_id = :source AND thread = :name";
static const char sql_find_ref[] =
	"SELECT conversation_id FROM message_ref WHERE source_id = :source AND ref = :name";
static const char sql_write_talk[] =
	"INSERT INTO conversation (id, source_id, thread, opened_at, updated_at, status) "
	"VALUES (:id, :source, :thread, 0, 0, 'open')";
static const char sql_write_ref[] =
	"INSERT INTO message_ref (source_id, ref, conversation_id) VALUES (:source, :ref, :id) "
	"ON CONFLICT (source_id, ref) DO UPDATE SET conversation_id = excluded.conversation_id";
static const char sql_alias[] =
	"SELECT coalesce(follows, id) FROM conversation WHERE id = "
	"coalesce((SELECT conversation_id FROM conversation_alias WHERE id = :id), :id)";
static const char sql_takes_part[] =
	"SELECT EXISTS (SELECT 1 FROM event AS e JOIN profile_canon AS c USING (profile_id)"
	" WHERE e.conversation_id = :id AND c.person_id = :person)";
static const char *const sql_join[] = {
	"UPDATE event SET conversation_id = :into WHERE conversation_id = :id",
	"UPDATE message_ref SET conversation_id = :into WHERE conversation_id = :id",
	"UPDATE conversation_alias SET conversation_id = :into WHERE conversation_id = :id",
	"UPDATE conversation SET follows = :into WHERE follows = :id",
	"INSERT INTO conversation_alias (id, conversation_id) VALUES (:id, :into)",
	"DELETE FROM conversation WHERE id = :id",
};
enum crm_status crm_talks_open(struct crm_talks *talks, struct crm_db *db)
{
	*talks = (struct crm_talks){.db = db};
	return CRM_OK;
}

void crm_talks_release(struct crm_talks *talks)
{
	crm_arena_release(&talks->arena);
	crm_table_release(&talks->table);
	free(talks->list);
	free(talks->names);
	crm_ids_release(&talks->touched);
}

void crm_talks_clear(struct crm_talks *talks, int64_t next)
{
	talks->n = talks->n_names = 0;
	talks->next = next;
	talks->failed = CRM_OK;
	crm_table_clear(&talks->table);
	crm_arena_clear(&talks->arena);
}

/* --- finding --- */

static uint64_t name_hash(enum name_kind kind, struct crm_slice text)
{
	return crm_hash64_with(crm_hash64(text.ptr, text.len), kind);
}

static const struct crm_talk_name *find_name(const struct crm_talks *talks, enum name_kind kind,
					     struct crm_slice text)
{
	for (struct crm_probe p = crm_table_probe(&talks->table, name_hash(kind, text));
	     crm_table_next(&talks->table, &p);) {
		const struct crm_talk_name *name = &talks->names[p.index];

		if (name->kind == kind && crm_slice_same(name->text, text))
			return name;
	}
	return NULL;
}

static void add_name(struct crm_talks *talks, enum name_kind kind, struct crm_slice text,
		     uint32_t talk, bool is_new)
{
	CRM_GROW(talks->names, talks->n_names + 1, talks->cap_names);
	crm_table_add(&talks->table, name_hash(kind, text), (uint32_t)talks->n_names);
	talks->names[talks->n_names++] = (struct crm_talk_name){kind, text, talk, is_new};
}

/* The one that a conversation was joined to in the end. */
static uint32_t root_of(const struct crm_talks *talks, uint32_t talk)
{
	while (talks->list[talk].into != talk)
		talk = talks->list[talk].into;
	return talk;
}

static struct crm_slice id_text(struct crm_talks *talks, int64_t id)
{
	return (struct crm_slice){crm_arena_strndup(&talks->arena, (const char *)&id, sizeof(id)),
				  sizeof(id)};
}

static uint32_t add_talk(struct crm_talks *talks, int64_t id, struct crm_slice thread, bool is_new)
{
	uint32_t index = (uint32_t)talks->n;

	CRM_GROW(talks->list, talks->n + 1, talks->cap);
	talks->list[talks->n++] = (struct crm_talk){thread, id, index, is_new};
	add_name(talks, ID, id_text(talks, id), index, false);
	return index;
}

/* The conversation that the store has under this name, into *talk; false: none. */
static bool load(struct crm_talks *talks, enum name_kind kind, struct crm_slice text,
		 uint32_t *talk)
{
	sqlite3_stmt *st = crm_db_stmt(talks->db, kind == THREAD ? sql_find_thread : sql_find_ref);
	const struct crm_talk_name *known;
	int64_t id = 0;

	crm_bind_int(st, ":source", talks->source_id);
	crm_bind_slice(st, ":name", text);
	talks->failed = crm_db_int(talks->db, st, 0, &id);
	if (!id)
		return false;
	known = find_name(talks, ID, id_text(talks, id));
	*talk = known ? known->talk : add_talk(talks, id, text, false);
	add_name(talks, kind, text, *talk, false);
	return true;
}

static bool find(struct crm_talks *talks, enum name_kind kind, struct crm_slice text,
		 uint32_t *talk)
{
	const struct crm_talk_name *name = find_name(talks, kind, text);

	if (!name && !load(talks, kind, text, talk))
		return false;
	if (name)
		*talk = name->talk;
	*talk = root_of(talks, *talk);
	return true;
}

/* Joins two: the older id stays. */
static uint32_t join(struct crm_talks *talks, uint32_t a, uint32_t b)
{
	uint32_t older = talks->list[a].id <= talks->list[b].id ? a : b;

	talks->list[a].into = talks->list[b].into = older;
	return older;
}

static struct crm_slice nth_ref(const struct crm_record *r, struct crm_slice key, size_t i)
{
	return i ? r->references[i - 1] : key;
}

static int64_t number(struct crm_talks *talks, const char *sql, int64_t id, int64_t person)
{
	sqlite3_stmt *st = crm_db_stmt(talks->db, sql);
	int64_t n = 0;

	crm_bind_int(st, ":id", id);
	if (sqlite3_bind_parameter_index(st, ":person"))
		crm_bind_int(st, ":person", person);
	talks->failed = crm_db_int(talks->db, st, 0, &n);
	return n;
}

/* The conversation of which the message bears a token. */
static bool by_token(struct crm_talks *talks, const struct crm_record *r, int64_t person,
		     uint32_t *talk)
{
	const struct crm_talk_name *known;
	int64_t id = 0;

	if (r->token.ptr)
		talks->failed = crm_token_read(talks->db, r->token, &id);
	if (!id && r->subject.ptr && person && !talks->failed) {
		talks->failed = crm_token_read(talks->db, r->subject, &id);
		id = id && number(talks, sql_takes_part, id, person) ? id : 0;
	}
	id = id && !talks->failed ? number(talks, sql_alias, id, 0) : 0;
	if (!id)
		return false;
	known = find_name(talks, ID, id_text(talks, id));
	*talk = root_of(talks, known ? known->talk : add_talk(talks, id, r->subject, false));
	return true;
}

/* All that the message names, and its own id, are one conversation. */
static uint32_t by_reference(struct crm_talks *talks, const struct crm_record *r,
			     struct crm_slice key, int64_t person)
{
	uint32_t talk = 0, other;
	bool any = by_token(talks, r, person, &talk);

	for (size_t i = 0; i <= r->n_references; i++) {
		struct crm_slice ref = nth_ref(r, key, i);

		if (!ref.len || !find(talks, MESSAGE, ref, &other))
			continue;
		talk = any ? join(talks, talk, other) : other;
		any = true;
	}
	if (!any)
		talk = add_talk(talks, talks->next++, key, true);
	for (size_t i = 0; i <= r->n_references; i++) {
		struct crm_slice ref = nth_ref(r, key, i);

		if (ref.len && !find_name(talks, MESSAGE, ref))
			add_name(talks, MESSAGE, ref, talk, true);
	}
	return talk;
}

static struct crm_slice address_thread(struct crm_talks *talks, struct crm_slice address)
{
	char *thread = crm_arena_alloc(&talks->arena, address.len + 1);

	thread[0] = '@';
	memcpy(thread + 1, address.ptr, address.len);
	return (struct crm_slice){thread, address.len + 1};
}

static void touch(struct crm_talks *talks, int64_t id)
{
	if (!talks->touched.n || talks->touched.ids[talks->touched.n - 1] != id)
		crm_ids_add(&talks->touched, id);
}

int64_t crm_talks_add(struct crm_talks *talks, const struct crm_record *r, struct crm_slice key,
		      int64_t person)
{
	struct crm_slice thread = r->thread;
	uint32_t talk;

	if (talks->failed
	    || (r->type == CRM_STATUS && !(thread.ptr && crm_request_state(r->status))))
		return 0;
	if (!thread.ptr && r->by_reference) {
		talk = by_reference(talks, r, key, person);
	} else {
		if (!thread.ptr && r->type == CRM_MESSAGE && r->n_addresses)
			thread = address_thread(talks, r->addresses[0].value);
		if (!thread.ptr)
			return 0;
		if (!find(talks, THREAD, thread, &talk)) {
			talk = add_talk(talks, talks->next++, thread, true);
			add_name(talks, THREAD, thread, talk, true);
		}
	}
	touch(talks, talks->list[talk].id);
	return talks->list[talk].id;
}

/* --- writing --- */

static enum crm_status write_talk(struct crm_talks *talks, const struct crm_talk *t)
{
	sqlite3_stmt *st = crm_db_stmt(talks->db, sql_write_talk);

	crm_bind_int(st, ":id", t->id);
	crm_bind_int(st, ":source", talks->source_id);
	crm_bind_slice(st, ":thread", t->thread);
	return crm_db_run(talks->db, st);
}

static enum crm_status write_ref(struct crm_talks *talks, const struct crm_talk_name *name)
{
	sqlite3_stmt *st = crm_db_stmt(talks->db, sql_write_ref);

	crm_bind_int(st, ":source", talks->source_id);
	crm_bind_slice(st, ":ref", name->text);
	crm_bind_int(st, ":id", talks->list[root_of(talks, name->talk)].id);
	return crm_db_run(talks->db, st);
}

enum crm_status crm_talks_write(struct crm_talks *talks)
{
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < talks->n && rc == CRM_OK; i++)
		if (talks->list[i].is_new)
			rc = write_talk(talks, &talks->list[i]);
	for (size_t i = 0; i < talks->n_names && rc == CRM_OK; i++)
		if (talks->names[i].kind == MESSAGE && talks->names[i].is_new)
			rc = write_ref(talks, &talks->names[i]);
	return rc;
}

static enum crm_status join_one(struct crm_talks *talks, int64_t id, int64_t into)
{
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < sizeof(sql_join) / sizeof(sql_join[0]) && rc == CRM_OK; i++) {
		sqlite3_stmt *st = crm_db_stmt(talks->db, sql_join[i]);

		crm_bind_int(st, ":id", id);
		if (sqlite3_bind_parameter_index(st, ":into"))
			crm_bind_int(st, ":into", into);
		rc = crm_db_run(talks->db, st);
	}
	return rc;
}

enum crm_status crm_talks_join(struct crm_talks *talks)
{
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < talks->n && rc == CRM_OK; i++) {
		int64_t into = talks->list[root_of(talks, (uint32_t)i)].id;

		if (into == talks->list[i].id)
			continue;
		rc = join_one(talks, talks->list[i].id, into);
		touch(talks, into);
	}
	return rc;
}

enum crm_status crm_talks_derive(struct crm_talks *talks)
{
	enum crm_status rc = crm_requests_derive(talks->db, &talks->touched);

	talks->touched.n = 0;
	return rc;
}
