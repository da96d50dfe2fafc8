/* SPDX-License-Identifier: MIT */
/* Conversations, brought up to date by the events that come in. */
#include "store/conversation.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"

struct crm_talk { /* a conversation that this chunk touches */
	struct crm_slice thread, subject;
	int64_t id, opened, updated, profile;
	const char *status;
	bool is_new, changed;
};

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

void crm_talks_release(struct crm_talks *talks)
{
	crm_arena_release(&talks->arena);
	crm_table_release(&talks->table);
	free(talks->list);
}

void crm_talks_clear(struct crm_talks *talks, int64_t next)
{
	talks->n = 0;
	talks->next = next;
	talks->failed = CRM_OK;
	crm_table_clear(&talks->table);
	crm_arena_clear(&talks->arena);
}

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

static struct crm_talk *load_talk(struct crm_talks *talks, struct crm_slice thread)
{
	sqlite3_stmt *st = crm_db_stmt(talks->db, sql_find_talk);
	struct crm_talk *t;
	bool row = false;

	CRM_GROW(talks->list, talks->n + 1, talks->cap);
	crm_table_add(&talks->table, crm_hash64(thread.ptr, thread.len), (uint32_t)talks->n);
	t = &talks->list[talks->n++];
	*t = (struct crm_talk){.thread = thread};
	if (st) {
		crm_bind_int(st, ":source", talks->source_id);
		crm_bind_slice(st, ":thread", thread);
	}
	talks->failed = st ? crm_db_step(talks->db, st, &row) : crm_db_err(talks->db)->status;
	if (!row) {
		t->id = talks->next++;
		t->is_new = true;
		return t;
	}
	t->id = sqlite3_column_int64(st, 0);
	t->opened = sqlite3_column_int64(st, 1);
	t->updated = sqlite3_column_int64(st, 2);
	t->profile = sqlite3_column_int64(st, 3);
	t->status = crm_arena_strndup(&talks->arena, crm_column(st, 4).ptr, crm_column(st, 4).len);
	sqlite3_reset(st);
	return t;
}

static struct crm_talk *find_talk(struct crm_talks *talks, struct crm_slice thread)
{
	uint64_t hash = crm_hash64(thread.ptr, thread.len);

	for (struct crm_probe p = crm_table_probe(&talks->table, hash);
	     crm_table_next(&talks->table, &p);) {
		struct crm_talk *t = &talks->list[p.index];

		if (crm_slice_same(t->thread, thread))
			return t;
	}
	return load_talk(talks, thread);
}

static struct crm_slice address_thread(struct crm_talks *talks, struct crm_slice address)
{
	char *thread = crm_arena_alloc(&talks->arena, address.len + 1);

	thread[0] = '@';
	memcpy(thread + 1, address.ptr, address.len);
	return (struct crm_slice){thread, address.len + 1};
}

int64_t crm_talks_add(struct crm_talks *talks, const struct crm_record *r, int64_t profile,
		      int64_t at)
{
	struct crm_slice thread = r->thread;
	struct crm_talk *t;

	if (!thread.ptr && r->type == CRM_MESSAGE && r->n_addresses)
		thread = address_thread(talks, r->addresses[0].value);
	if (!thread.ptr || talks->failed)
		return 0;
	t = find_talk(talks, thread);
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

enum crm_status crm_talks_write(struct crm_talks *talks)
{
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < talks->n && rc == CRM_OK; i++) {
		const struct crm_talk *t = &talks->list[i];
		sqlite3_stmt *st = t->changed ? crm_db_stmt(talks->db, sql_write_talk) : NULL;

		if (!st)
			continue;
		crm_bind_int(st, ":id", t->id);
		crm_bind_int(st, ":source", talks->source_id);
		crm_bind_slice(st, ":thread", t->thread);
		crm_bind_int(st, ":profile", t->profile);
		crm_bind_slice(st, ":subject", t->subject);
		crm_bind_int(st, ":opened", t->opened);
		crm_bind_int(st, ":updated", t->updated);
		crm_bind_text(st, ":status", t->status);
		rc = crm_db_run(talks->db, st);
	}
	return rc;
}
