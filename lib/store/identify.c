/* SPDX-License-Identifier: MIT */
/* The identification rules of identify.h. */
#include "store/identify.h"

#include <stdlib.h>
#include <string.h>

#include "base/bloom.h"
#include "base/hash.h"
#include "base/table.h"
#include "norm/name.h"
#include "store/bulk.h"
#include "store/people.h"

#define PROFILES_MAX 1000 /* read per address */

struct person_at {
	struct person_at *next;         /* at the same address, in the order they came */
	int64_t person, canon, profile; /* profile: the first of theirs here */
	struct crm_slice given, family;
	struct crm_slice name, email, phone; /* of their golden record */
	bool bare;                           /* nothing is known of them but this address */
};

struct known {
	struct crm_address address;
	int64_t id;
	int64_t flags;
	bool is_new, flags_changed;
	struct person_at *people, *last;
};

struct crm_book {
	struct crm_db *db;
	struct crm_bulk *insert;
	struct crm_bloom *stored; /* borrowed: addresses the store has; NULL: not known */
	struct crm_arena arena;   /* names read from the store */
	struct crm_table table;
	struct known *known;
	size_t n, cap;
	uint32_t *order;
	size_t cap_order;
};

static const char sql_find[] =
	"SELECT id, flags FROM endpoint WHERE value = :value AND kind = :kind AND scope = :scope";

/* In the order of profiles, as the index gives them: GROUP BY or ORDER BY would cost a
 * table in memory each time. */
static const char sql_people[] =
	"SELECT p.person_id, q.canon_id, p.given, p.family, "
	" CASE WHEN p.name IS NULL AND p.given IS NULL AND p.family IS NULL"
	" THEN (SELECT count(*) FROM profile AS o JOIN profile_endpoint AS e ON e.profile_id = o.id"
	"       WHERE o.person_id = p.person_id) = 1"
	"  AND NOT EXISTS (SELECT 1 FROM person AS r WHERE r.canon_id = q.canon_id AND r.canon_id "
	"<> r.id)"
	" ELSE 0 END, p.id, g.name, g.email, g.phone "
	"FROM profile_endpoint AS x CROSS JOIN profile AS p ON p.id = x.profile_id "
	"CROSS JOIN person AS q ON q.id = p.person_id CROSS JOIN person AS g ON g.id = q.canon_id "
	"WHERE x.endpoint_id = :endpoint LIMIT :most";

static const char sql_all[] = "SELECT value, kind FROM endpoint";

static const char sql_flags[] = "UPDATE endpoint SET flags = :flags WHERE id = :id";

struct crm_book *crm_book_new(struct crm_db *db)
{
	struct crm_book *book = crm_calloc(1, sizeof(*book));

	book->db = db;
	book->insert =
		crm_bulk_new(db, "INSERT OR FAIL", "endpoint", "id, kind, scope, value, flags");
	return book;
}

static void clear(struct crm_book *book)
{
	book->n = 0;
	crm_table_clear(&book->table);
	crm_arena_clear(&book->arena);
}

void crm_book_free(struct crm_book *book)
{
	if (!book)
		return;
	clear(book);
	crm_bulk_free(book->insert);
	crm_table_release(&book->table);
	crm_arena_release(&book->arena);
	free(book->known);
	free(book->order);
	free(book);
}

static uint64_t address_hash(struct crm_slice value, enum crm_endpoint_kind kind)
{
	return crm_hash64_with(crm_hash64(value.ptr, value.len), kind);
}

static struct known *look_up(struct crm_book *book, const struct crm_address *a, bool add)
{
	uint64_t hash = address_hash(a->value, a->kind);
	struct crm_probe p;

	for (p = crm_table_probe(&book->table, hash); crm_table_next(&book->table, &p);) {
		struct known *k = &book->known[p.index];

		if (k->address.kind == a->kind && crm_slice_same(k->address.value, a->value)
		    && crm_slice_same(k->address.scope, a->scope))
			return k;
	}
	if (!add)
		return NULL;
	CRM_GROW(book->known, book->n + 1, book->cap);
	crm_table_add(&book->table, hash, (uint32_t)book->n);
	book->known[book->n] = (struct known){.address = *a};
	return &book->known[book->n++];
}

static struct crm_slice keep(struct crm_book *book, struct crm_slice s)
{
	if (s.ptr)
		s.ptr = crm_arena_strndup(&book->arena, s.ptr, s.len);
	return s;
}

static void add_person(struct crm_book *book, struct known *k, const struct person_at *who)
{
	struct person_at *p = crm_arena_alloc(&book->arena, sizeof(*p));

	*p = *who;
	p->next = NULL;
	if (k->last)
		k->last->next = p;
	else
		k->people = p;
	k->last = p;
}

static void keep_person(struct crm_book *book, struct person_at *p)
{
	struct crm_slice *const all[] = {&p->given, &p->family, &p->name, &p->email, &p->phone};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		*all[i] = keep(book, *all[i]);
}

/* Is the person entered under this name? */
static bool is_known(const struct known *k, const struct person_at *who)
{
	for (const struct person_at *p = k->people; p; p = p->next)
		if (p->person == who->person && crm_slice_same(p->given, who->given)
		    && crm_slice_same(p->family, who->family))
			return true;
	return false;
}

static enum crm_status load_people(struct crm_book *book, struct known *k)
{
	sqlite3_stmt *st = crm_db_stmt(book->db, sql_people);
	enum crm_status rc;
	bool row;

	if (!st)
		return crm_db_err(book->db)->status;
	crm_bind_int(st, ":endpoint", k->id);
	crm_bind_int(st, ":most", PROFILES_MAX);
	while ((rc = crm_db_step(book->db, st, &row)) == CRM_OK && row) {
		struct person_at p = {
			.person = sqlite3_column_int64(st, 0),
			.canon = sqlite3_column_int64(st, 1),
			.given = crm_column(st, 2),
			.family = crm_column(st, 3),
			.bare = sqlite3_column_int(st, 4),
			.profile = sqlite3_column_int64(st, 5),
			.name = crm_column(st, 6),
			.email = crm_column(st, 7),
			.phone = crm_column(st, 8),
		};

		if (!is_known(k, &p)) {
			keep_person(book, &p);
			add_person(book, k, &p);
		}
	}
	return rc;
}

static enum crm_status load(struct crm_book *book, struct known *k)
{
	sqlite3_stmt *st = crm_db_stmt(book->db, sql_find);
	enum crm_status rc;
	bool row;

	if (book->stored
	    && !crm_bloom_maybe(book->stored, address_hash(k->address.value, k->address.kind)))
		return CRM_OK;
	if (!st)
		return crm_db_err(book->db)->status;
	crm_bind_slice(st, ":value", k->address.value);
	crm_bind_text(st, ":kind", crm_endpoint_kind_names[k->address.kind]);
	crm_bind_slice(st, ":scope", k->address.scope);
	if ((rc = crm_db_step(book->db, st, &row)) != CRM_OK || !row)
		return rc;
	k->id = sqlite3_column_int64(st, 0);
	k->flags = sqlite3_column_int64(st, 1);
	sqlite3_reset(st);
	return k->flags & CRM_ENDPOINT_SHARED ? CRM_OK : load_people(book, k);
}

static int by_value(const void *a, const void *b, void *data)
{
	const struct known *known = data;
	const struct crm_slice x = known[*(const uint32_t *)a].address.value;
	const struct crm_slice y = known[*(const uint32_t *)b].address.value;
	int order = memcmp(x.ptr, y.ptr, x.len < y.len ? x.len : y.len);

	return order ? order : x.len < y.len ? -1 : x.len > y.len;
}

enum crm_status crm_book_open(struct crm_book *book, const struct crm_chunk *chunk)
{
	enum crm_status rc = CRM_OK;

	clear(book);
	for (size_t i = 0; i < chunk->n; i++)
		for (size_t a = 0; a < chunk->records[i].n_addresses; a++)
			look_up(book, &chunk->records[i].addresses[a], true);
	CRM_GROW(book->order, book->n, book->cap_order);
	for (size_t i = 0; i < book->n; i++)
		book->order[i] = (uint32_t)i;
	if (book->n)
		qsort_r(book->order, book->n, sizeof(*book->order), by_value, book->known);
	for (size_t i = 0; i < book->n && rc == CRM_OK; i++)
		rc = load(book, &book->known[book->order[i]]);
	return rc;
}

static bool is_older(const struct person_at *p, const struct person_at *q)
{
	return !q || p->canon < q->canon;
}

/* Whom k names for a record of this name: one whose name agrees, of several who do the one
 * who is entered under just this name, the longest known of these: were it nobody, each
 * further record would be one person more. Else one whose name is not known (but at a
 * desk's address only agreement counts); NULL when there is nobody, or more than one. */
static const struct person_at *named_at(const struct known *k, struct crm_slice given,
					struct crm_slice family)
{
	const struct person_at *agree = NULL, *same = NULL, *unknown = NULL, *nameless = NULL;
	bool several_agree = false, several_unknown = false;

	for (const struct person_at *p = k->people; p; p = p->next) {
		enum crm_name_match match =
			k->address.kind == CRM_HANDLE
				? CRM_NAMES_AGREE
				: crm_names_agree(given, family, p->given, p->family);

		if (match == CRM_NAMES_AGREE) {
			several_agree |= agree && agree->canon != p->canon;
			agree = agree ? agree : p;
			if (crm_slice_same(p->given, given) && crm_slice_same(p->family, family)
			    && is_older(p, same))
				same = p;
		} else if (match == CRM_NAMES_UNKNOWN) {
			several_unknown |= unknown && unknown->canon != p->canon;
			unknown = unknown ? unknown : p;
			if (!p->given.ptr && !p->family.ptr)
				nameless = p;
		}
	}
	if (agree)
		return several_agree ? same : agree;
	if (k->address.role && (given.ptr || family.ptr))
		return NULL;
	return several_unknown ? nameless : unknown;
}

/* Adds somebody whom an address names: the first is who it is, another one a suspect. */
static void add_candidate(struct crm_who *who, bool *who_bare, const struct person_at *p,
			  int64_t endpoint)
{
	if (!who->person) {
		who->person = p->person;
		who->canon = p->canon;
		*who_bare = p->bare;
		who->name = p->name;
		who->email = p->email;
		who->phone = p->phone;
		return;
	}
	if (p->canon == who->canon || who->n_suspects == CRM_SUSPECTS)
		return;
	for (size_t i = 0; i < who->n_suspects; i++)
		if (who->suspects[i].canon == p->canon)
			return;
	who->suspects[who->n_suspects].profile = p->profile;
	who->suspects[who->n_suspects].canon = p->canon;
	who->suspects[who->n_suspects].endpoint = endpoint;
	who->suspects[who->n_suspects++].absorbed = p->bare || *who_bare;
	*who_bare = *who_bare && p->bare;
}

struct crm_who crm_book_who(struct crm_book *book, const struct crm_record *record, int64_t known,
			    int64_t known_canon)
{
	struct crm_who who = {.person = known, .canon = known_canon};
	bool who_bare = false;

	for (size_t i = 0; i < record->n_addresses; i++) {
		const struct known *k = look_up(book, &record->addresses[i], false);
		const struct person_at *p;

		if (!k || k->flags & CRM_ENDPOINT_SHARED)
			continue;
		p = named_at(k, record->person[CRM_GIVEN], record->person[CRM_FAMILY]);
		if (p)
			add_candidate(&who, &who_bare, p, k->id);
	}
	return who;
}

/* People at k by now whose names tell them apart. */
static size_t distinct_people(const struct known *k)
{
	size_t n = 0;

	for (const struct person_at *p = k->people; p; p = p->next) {
		const struct person_at *q = k->people;

		while (q != p && q->canon != p->canon
		       && crm_names_agree(q->given, q->family, p->given, p->family)
				  == CRM_NAMES_DIFFER)
			q = q->next;
		n += q == p;
	}
	return n;
}

static bool is_bare(const struct crm_record *record)
{
	return record->n_addresses == 1 && !record->person[CRM_NAME].ptr
	       && !record->person[CRM_GIVEN].ptr && !record->person[CRM_FAMILY].ptr;
}

static struct crm_slice first_of(const struct crm_record *r, enum crm_endpoint_kind kind)
{
	for (size_t i = 0; i < r->n_addresses; i++)
		if (r->addresses[i].kind == kind)
			return r->addresses[i].value;
	return (struct crm_slice){NULL, 0};
}

static void enter(struct crm_book *book, struct known *k, const struct crm_record *record,
		  struct person_at who)
{
	if (k->flags & CRM_ENDPOINT_SHARED)
		return;
	who.bare = is_bare(record) && !k->people;
	for (struct person_at *p = k->people; p; p = p->next)
		if (p->person == who.person)
			p->bare = p->bare && is_bare(record);
	if (is_known(k, &who))
		return;
	add_person(book, k, &who);
	if (k->address.kind != CRM_HANDLE && distinct_people(k) >= (k->address.role ? 2 : 3)) {
		k->flags |= CRM_ENDPOINT_SHARED;
		k->flags_changed = true;
	}
}

/* The id of k, which is new from now on if it had none. */
static int64_t take_id(struct known *k, const struct crm_address *a, int64_t *next)
{
	if (!k->id) {
		k->id = (*next)++;
		k->is_new = true;
		k->flags = a->many ? CRM_ENDPOINT_MANY : 0;
	}
	return k->id;
}

void crm_book_mark(struct crm_book *book, const struct crm_record *record, int64_t *next,
		   int64_t ids[CRM_ADDRESSES])
{
	for (size_t i = 0; i < record->n_addresses; i++) {
		struct known *k = look_up(book, &record->addresses[i], true);

		ids[i] = take_id(k, &record->addresses[i], next);
	}
}

void crm_book_enter(struct crm_book *book, const struct crm_record *record, int64_t profile,
		    int64_t person, int64_t canon, bool first, int64_t *next,
		    int64_t ids[CRM_ADDRESSES])
{
	struct person_at who = {.person = person,
				.canon = canon,
				.profile = profile,
				.given = record->person[CRM_GIVEN],
				.family = record->person[CRM_FAMILY]};

	if (first) {
		who.name = record->person[CRM_NAME];
		who.email = first_of(record, CRM_EMAIL);
		who.phone = first_of(record, CRM_PHONE);
	}
	for (size_t i = 0; i < record->n_addresses; i++) {
		struct known *k = look_up(book, &record->addresses[i], true);

		ids[i] = take_id(k, &record->addresses[i], next);
		enter(book, k, record, who);
	}
}

void crm_book_join(struct crm_book *book, int64_t a, int64_t b, int64_t canon)
{
	for (size_t i = 0; i < book->n; i++)
		for (struct person_at *p = book->known[i].people; p; p = p->next)
			if (p->canon == a || p->canon == b) {
				p->canon = canon;
				p->bare = false;
			}
}

static enum crm_status write_flags(struct crm_book *book, const struct known *k)
{
	sqlite3_stmt *st = crm_db_stmt(book->db, sql_flags);

	if (!st)
		return crm_db_err(book->db)->status;
	crm_bind_int(st, ":flags", k->flags);
	crm_bind_int(st, ":id", k->id);
	return crm_db_run(book->db, st);
}

enum crm_status crm_book_filter(struct crm_book *book, struct crm_bloom *bloom)
{
	sqlite3_stmt *st = bloom ? crm_db_stmt(book->db, sql_all) : NULL;
	enum crm_status rc = CRM_OK;
	bool row;

	book->stored = bloom;
	if (!bloom)
		return rc;
	if (!st)
		return crm_db_err(book->db)->status;
	while ((rc = crm_db_step(book->db, st, &row)) == CRM_OK && row)
		for (int kind = 0; kind < CRM_ENDPOINT_KINDS; kind++)
			if (crm_slice_is(crm_column(st, 1), crm_endpoint_kind_names[kind]))
				crm_bloom_add(bloom, address_hash(crm_column(st, 0),
								  (enum crm_endpoint_kind)kind));
	return rc;
}

enum crm_status crm_book_write(struct crm_book *book)
{
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < book->n && rc == CRM_OK; i++) {
		const struct known *k = &book->known[book->order[i]]; /* index order: new keys
								       * land side by side */
		if (!k->id)
			continue; /* only records that were not stored have it */
		if (k->is_new) {
			crm_bulk_int(book->insert, k->id);
			crm_bulk_text(book->insert,
				      crm_slice_of(crm_endpoint_kind_names[k->address.kind]));
			crm_bulk_text(book->insert, k->address.scope);
			crm_bulk_text(book->insert, k->address.value);
			crm_bulk_int(book->insert, k->flags);
			if (book->stored)
				crm_bloom_add(book->stored,
					      address_hash(k->address.value, k->address.kind));
		} else if (k->flags_changed) {
			rc = write_flags(book, k);
		}
	}
	return rc == CRM_OK ? crm_bulk_flush(book->insert) : rc;
}
