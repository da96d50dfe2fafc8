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
#include "store/erased.h"
#include "store/group.h"
#include "store/people.h"

#define PROFILES_MAX 1000  /* read per address */
#define PERSON_PROFILES 64 /* read of a person, to know their names */
#define PERSON_NAMES 16

struct person_at {
	struct person_at *next; /* at the same address, in the order they came */
	int64_t person;         /* as profiles name it: see people.h */
	int64_t canon;          /* who that is; what is compared */
	int64_t profile;        /* the first of theirs here */
	struct crm_slice given, family;
	struct crm_slice name, email, phone; /* of their golden record */
};

struct called { /* the names of a person, wherever they are known */
	int64_t canon;
	size_t n;
	bool more; /* there are others */
	struct crm_group_name names[PERSON_NAMES];
};

struct known {
	struct crm_address address;
	int64_t id;
	int64_t flags;
	bool is_new, flags_changed;
	bool is_erased, restored; /* stands in the store under a name; is an address again */
	bool cut;                 /* more people than were read */
	bool became_shared;       /* by a record of this chunk */
	struct person_at *people, *last;
	struct crm_group_name *names; /* cut: all names known here */
	size_t n_names;
};

struct crm_book {
	struct crm_db *db;
	const struct crm_erased *erased; /* borrowed */
	struct crm_bulk *insert;
	struct crm_bloom *stored; /* borrowed: addresses the store has; NULL: not known */
	int64_t *next;            /* borrowed: the next id of an endpoint */
	struct crm_arena arena;   /* names read from the store */
	struct crm_table table;
	struct known *known;
	size_t n, cap;
	uint32_t *order;
	size_t cap_order;
	struct crm_table called_table;
	struct called **called; /* in the arena */
	size_t n_called, cap_called;
};

static const char sql_find[] =
	"SELECT id, flags FROM endpoint WHERE value = :value AND kind = :kind AND scope = :scope";

/* In the order of profiles, as the index gives them: GROUP BY or ORDER BY would cost a
 * table in memory each time. */
static const char sql_people[] =
	"SELECT p.person_id, q.canon_id, p.given, p.family, p.id, g.name, g.email, g.phone "
	"FROM profile_endpoint AS x CROSS JOIN profile AS p ON p.id = x.profile_id "
	"CROSS JOIN person AS q ON q.id = p.person_id CROSS JOIN person AS g ON g.id = q.canon_id "
	"WHERE x.endpoint_id = :endpoint LIMIT :most";

static const char sql_names[] =
	"SELECT DISTINCT p.given, p.family "
	"FROM profile_endpoint AS x CROSS JOIN profile AS p ON p.id = x.profile_id "
	"WHERE x.endpoint_id = :endpoint AND (p.given IS NOT NULL OR p.family IS NOT NULL) "
	"LIMIT :most";

static const char sql_called[] = "SELECT p.given, p.family FROM " CRM_MEMBERS(
	":canon") " AS m "
		  "CROSS JOIN profile AS p ON p.person_id = m.id LIMIT :most";

static const char sql_mark[] =
	"INSERT OR IGNORE INTO unsettled (profile_id) "
	"SELECT profile_id FROM profile_endpoint WHERE endpoint_id = :endpoint";

static const char sql_all[] = "SELECT value, kind FROM endpoint";

static const char sql_flags[] =
	"UPDATE endpoint SET flags = flags | :flags, value = :value WHERE id = :id";

struct crm_book *crm_book_new(struct crm_db *db, const struct crm_erased *erased)
{
	struct crm_book *book = crm_calloc(1, sizeof(*book));

	book->db = db;
	book->erased = erased;
	book->insert =
		crm_bulk_new(db, "INSERT OR FAIL", "endpoint", "id, kind, scope, value, flags");
	return book;
}

static void clear(struct crm_book *book)
{
	book->n = 0;
	book->n_called = 0;
	crm_table_clear(&book->table);
	crm_table_clear(&book->called_table);
	crm_arena_clear(&book->arena);
}

void crm_book_free(struct crm_book *book)
{
	if (!book)
		return;
	clear(book);
	crm_bulk_free(book->insert);
	crm_table_release(&book->table);
	crm_table_release(&book->called_table);
	crm_arena_release(&book->arena);
	free(book->called);
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
	return crm_arena_keep(&book->arena, s);
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

/* --- the names of people --- */

static struct called *find_called(struct crm_book *book, int64_t canon)
{
	uint64_t hash = crm_hash64_with(0, (uint64_t)canon);

	for (struct crm_probe p = crm_table_probe(&book->called_table, hash);
	     crm_table_next(&book->called_table, &p);)
		if (book->called[p.index]->canon == canon)
			return book->called[p.index];
	return NULL;
}

static struct called *add_called(struct crm_book *book, int64_t canon)
{
	struct called *c = crm_arena_alloc(&book->arena, sizeof(*c));

	*c = (struct called){.canon = canon};
	CRM_GROW(book->called, book->n_called + 1, book->cap_called);
	crm_table_add(&book->called_table, crm_hash64_with(0, (uint64_t)canon),
		      (uint32_t)book->n_called);
	book->called[book->n_called++] = c;
	return c;
}

static bool same_name(const struct crm_group_name *name, struct crm_slice given,
		      struct crm_slice family)
{
	return crm_slice_same(name->given, given) && crm_slice_same(name->family, family);
}

static bool is_called(const struct called *c, struct crm_slice given, struct crm_slice family)
{
	for (size_t i = 0; i < c->n; i++)
		if (same_name(&c->names[i], given, family))
			return true;
	return !given.len && !family.len;
}

/* The name must live as long as the chunk. */
static void call(struct called *c, struct crm_slice given, struct crm_slice family)
{
	if (is_called(c, given, family))
		return;
	if (c->n < PERSON_NAMES)
		c->names[c->n++] = (struct crm_group_name){given, family};
	else
		c->more = true;
}

/* From the store: whoever has got a record in this chunk is known by then. */
static enum crm_status load_called(struct crm_book *book, int64_t canon)
{
	struct called *c = find_called(book, canon);
	sqlite3_stmt *st;
	enum crm_status rc;
	size_t n = 0;
	bool row;

	if (c)
		return CRM_OK;
	st = crm_db_stmt(book->db, sql_called);
	c = add_called(book, canon);
	crm_bind_int(st, ":canon", canon);
	crm_bind_int(st, ":most", PERSON_PROFILES);
	while ((rc = crm_db_step(book->db, st, &row)) == CRM_OK && row) {
		struct crm_slice given = crm_column(st, 0), family = crm_column(st, 1);

		n++;
		if (!is_called(c, given, family))
			call(c, keep(book, given), keep(book, family));
	}
	c->more |= n == PERSON_PROFILES;
	return rc;
}

/* --- what the store has --- */

/* Can k tell who somebody is? Not what many share, nor the number of a document: people type
 * these, and slips would join strangers for good. */
static bool tells(const struct known *k)
{
	return k->address.kind != CRM_ID && !(k->flags & CRM_ENDPOINT_SHARED);
}

/* All names known at an address with very many records. */
static enum crm_status load_names(struct crm_book *book, struct known *k)
{
	sqlite3_stmt *st = crm_db_stmt(book->db, sql_names);
	enum crm_status rc;
	bool row;

	k->cut = true;
	k->names = crm_arena_alloc(&book->arena, CRM_SHARED_NAMES * sizeof(*k->names));
	crm_bind_int(st, ":endpoint", k->id);
	crm_bind_int(st, ":most", CRM_SHARED_NAMES);
	while ((rc = crm_db_step(book->db, st, &row)) == CRM_OK && row)
		k->names[k->n_names++] = (struct crm_group_name){keep(book, crm_column(st, 0)),
								 keep(book, crm_column(st, 1))};
	return rc;
}

static enum crm_status load_people(struct crm_book *book, struct known *k)
{
	sqlite3_stmt *st = crm_db_stmt(book->db, sql_people);
	enum crm_status rc;
	size_t n = 0;
	bool row;

	crm_bind_int(st, ":endpoint", k->id);
	crm_bind_int(st, ":most", PROFILES_MAX);
	while ((rc = crm_db_step(book->db, st, &row)) == CRM_OK && row) {
		struct person_at p = {
			.person = sqlite3_column_int64(st, 0),
			.canon = sqlite3_column_int64(st, 1),
			.given = crm_column(st, 2),
			.family = crm_column(st, 3),
			.profile = sqlite3_column_int64(st, 4),
			.name = crm_column(st, 5),
			.email = crm_column(st, 6),
			.phone = crm_column(st, 7),
		};

		n++;
		if (!is_known(k, &p)) {
			keep_person(book, &p);
			add_person(book, k, &p);
		}
	}
	if (rc == CRM_OK && n == PROFILES_MAX)
		rc = load_names(book, k);
	return rc;
}

/* The row of an address, under its value or the name that stands in its place. */
static enum crm_status load_row(struct crm_book *book, struct known *k, struct crm_slice value)
{
	sqlite3_stmt *st = crm_db_stmt(book->db, sql_find);
	enum crm_status rc;
	bool row;

	crm_bind_slice(st, ":value", value);
	crm_bind_text(st, ":kind", crm_endpoint_kind_names[k->address.kind]);
	crm_bind_slice(st, ":scope", k->address.scope);
	if ((rc = crm_db_step(book->db, st, &row)) != CRM_OK || !row)
		return rc;
	k->id = sqlite3_column_int64(st, 0);
	k->flags = sqlite3_column_int64(st, 1);
	sqlite3_reset(st);
	return CRM_OK;
}

static enum crm_status load(struct crm_book *book, struct known *k)
{
	char name[CRM_ERASED_NAME];
	bool maybe =
		!book->stored
		|| crm_bloom_maybe(book->stored, address_hash(k->address.value, k->address.kind));
	enum crm_status rc = maybe ? load_row(book, k, k->address.value) : CRM_OK;

	if (rc == CRM_OK && !k->id && crm_erased_address(book->erased, &k->address, name)) {
		rc = load_row(book, k, crm_slice_of(name));
		k->is_erased = k->id != 0;
	}
	if (rc != CRM_OK || !k->id)
		return rc;
	return tells(k) ? load_people(book, k) : CRM_OK;
}

static int by_value(const void *a, const void *b, void *data)
{
	const struct known *known = data;
	const struct crm_slice x = known[*(const uint32_t *)a].address.value;
	const struct crm_slice y = known[*(const uint32_t *)b].address.value;
	int order = memcmp(x.ptr, y.ptr, x.len < y.len ? x.len : y.len);

	return order ? order : x.len < y.len ? -1 : x.len > y.len;
}

enum crm_status crm_book_open(struct crm_book *book, const struct crm_chunk *chunk, int64_t *next)
{
	enum crm_status rc = CRM_OK;

	clear(book);
	book->next = next;
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

/* --- who it is --- */

static bool is_older(const struct person_at *p, const struct person_at *q)
{
	return !q || p->canon < q->canon;
}

/* Is the person of p known here under a name that plainly differs? */
static bool differs_here(const struct known *k, const struct person_at *p, struct crm_slice given,
			 struct crm_slice family)
{
	for (const struct person_at *q = k->people; q; q = q->next)
		if (q->canon == p->canon
		    && crm_names_agree(given, family, q->given, q->family) == CRM_NAMES_DIFFER)
			return true;
	return false;
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
	if (several_unknown)
		unknown = nameless;
	return unknown && !differs_here(k, unknown, given, family) ? unknown : NULL;
}

/* Adds somebody whom an address names: the first is who it is, another one a suspect. */
static void add_candidate(struct crm_who *who, const struct person_at *p)
{
	if (!who->person) {
		who->person = p->person;
		who->canon = p->canon;
		who->name = p->name;
		who->email = p->email;
		who->phone = p->phone;
		return;
	}
	if (p->canon == who->canon || who->n_suspects == CRM_SUSPECTS)
		return;
	for (size_t i = 0; i < who->n_suspects; i++)
		if (who->suspects[i] == p->canon)
			return;
	who->suspects[who->n_suspects++] = p->canon;
}

struct evidence { /* the addresses of a record at which somebody is known */
	const struct known *at[CRM_ADDRESSES], *handles[CRM_ADDRESSES];
	size_t n, n_handles;
	bool new_handle; /* there is also a handle at which nobody is */
};

static struct evidence find_evidence(struct crm_book *book, const struct crm_record *record)
{
	struct evidence e = {.n = 0};

	for (size_t i = 0; i < record->n_addresses; i++) {
		const struct known *k = look_up(book, &record->addresses[i], false);
		bool handle = record->addresses[i].kind == CRM_HANDLE;

		if (record->addresses[i].kind == CRM_ID || (k && !tells(k)))
			continue;
		if (!k || !k->people) {
			e.new_handle |= handle;
			continue;
		}
		e.at[e.n++] = k;
		if (handle)
			e.handles[e.n_handles++] = k;
	}
	return e;
}

static const struct person_at *profile_at(const struct known *k, int64_t profile)
{
	const struct person_at *p = k->people;

	while (p && p->profile != profile)
		p = p->next;
	return p;
}

static bool have_all(const struct evidence *e, int64_t profile)
{
	for (size_t i = 0; i < e->n_handles; i++)
		if (!profile_at(e->handles[i], profile))
			return false;
	return true;
}

static bool is_named_at(const struct known *k, struct crm_slice given, struct crm_slice family)
{
	const struct person_at *p = k->people;

	while (p && !(crm_slice_same(p->given, given) && crm_slice_same(p->family, family)))
		p = p->next;
	return p || (!given.len && !family.len);
}

/* Ids make units (group.h). Is the unit that the record's ids name one, and the record's
 * name one of its names, so that the record changes nothing about it? */
static bool fits_unit(const struct evidence *e, const struct called *c, struct crm_slice given,
		      struct crm_slice family, const struct crm_hit *known)
{
	bool one = known->found && have_all(e, known->profile);

	if (!known->found && !e->n_handles)
		return true;
	if (e->new_handle || (known->found && !(c->n <= 1 && is_called(c, given, family))))
		return false;
	for (size_t i = 0; i < e->n_handles; i++)
		if (!is_named_at(e->handles[i], given, family))
			return false;
	if (known->found)
		return one;
	for (const struct person_at *p = e->handles[0]->people; p && !one; p = p->next)
		one = have_all(e, p->profile);
	return one;
}

/* At a desk's address more than no difference is asked for. */
static bool fits_desk(const struct known *k, struct crm_slice given, struct crm_slice family)
{
	bool named = given.len || family.len, one_name = true, agrees = false;
	const struct person_at *first = k->people;

	for (const struct person_at *p = first; p; p = p->next) {
		one_name &= crm_slice_same(p->given, first->given)
			    && crm_slice_same(p->family, first->family);
		agrees |= crm_names_agree(given, family, p->given, p->family) == CRM_NAMES_AGREE;
	}
	return named ? agrees : one_name;
}

/* May the record change who is who, beside being this person's? */
static bool is_contested(struct crm_book *book, const struct crm_record *record,
			 struct crm_who *who, const struct crm_hit *known)
{
	struct crm_slice given = record->person[CRM_GIVEN], family = record->person[CRM_FAMILY];
	struct evidence e = find_evidence(book, record);
	const struct called *c;

	if (!e.n && !known->found)
		return false;
	if (!who->person || (who->failed = load_called(book, who->canon)) != CRM_OK
	    || (c = find_called(book, who->canon))->more)
		return true;
	for (size_t i = 0; i < e.n; i++) {
		if (e.at[i]->cut || (e.at[i]->address.role && !fits_desk(e.at[i], given, family)))
			return true;
		for (const struct person_at *p = e.at[i]->people; p; p = p->next)
			if (p->canon != who->canon)
				return true;
	}
	for (size_t i = 0; i < c->n; i++)
		if (crm_names_agree(given, family, c->names[i].given, c->names[i].family)
		    == CRM_NAMES_DIFFER)
			return true;
	return !fits_unit(&e, c, given, family, known);
}

/* Ids of which somebody may have several join less than others; what one record says of
 * them holds for all. */
static bool learns_many(struct crm_book *book, const struct crm_record *record)
{
	bool learnt = false;

	for (size_t i = 0; i < record->n_addresses; i++) {
		struct known *k = look_up(book, &record->addresses[i], false);

		if (!k || !k->id || !record->addresses[i].many || k->flags & CRM_ENDPOINT_MANY
		    || !tells(k))
			continue;
		k->flags |= CRM_ENDPOINT_MANY;
		k->flags_changed = learnt = true;
	}
	return learnt;
}

struct crm_who crm_book_who(struct crm_book *book, const struct crm_record *record,
			    const struct crm_hit *known)
{
	struct crm_who who = {.person = known->person, .canon = known->canon};

	for (size_t i = 0; i < record->n_addresses; i++) {
		const struct known *k = look_up(book, &record->addresses[i], false);
		const struct person_at *p;

		if (!k || !tells(k))
			continue;
		p = named_at(k, record->person[CRM_GIVEN], record->person[CRM_FAMILY]);
		if (p)
			add_candidate(&who, p);
	}
	who.contested = learns_many(book, record) || is_contested(book, record, &who, known);
	return who;
}

static struct crm_slice first_of(const struct crm_record *r, enum crm_endpoint_kind kind)
{
	for (size_t i = 0; i < r->n_addresses; i++)
		if (r->addresses[i].kind == kind)
			return r->addresses[i].value;
	return (struct crm_slice){NULL, 0};
}

/* Is k shared by many, with one name more? */
static bool is_shared(const struct known *k, struct crm_slice given, struct crm_slice family)
{
	struct crm_group_name names[CRM_SHARED_NAMES + 1];
	size_t n = 0;

	if (k->address.kind == CRM_HANDLE || (!given.len && !family.len))
		return false;
	for (size_t i = 0; i < k->n_names; i++)
		names[n++] = k->names[i];
	for (const struct person_at *p = k->people; p; p = p->next) {
		size_t i = 0;

		if (same_name(&(struct crm_group_name){p->given, p->family}, given, family))
			return false;
		while (i < n && !same_name(&names[i], p->given, p->family))
			i++;
		if (i == n && n < CRM_SHARED_NAMES && (p->given.len || p->family.len))
			names[n++] = (struct crm_group_name){p->given, p->family};
	}
	names[n++] = (struct crm_group_name){given, family};
	return crm_group_shared(names, n, k->address.role);
}

static void enter(struct crm_book *book, struct known *k, const struct person_at *who)
{
	if (!tells(k) || is_known(k, who))
		return;
	if (is_shared(k, who->given, who->family)) {
		k->flags |= CRM_ENDPOINT_SHARED;
		k->flags_changed = k->became_shared = true;
	}
	add_person(book, k, who);
}

/* The id of k, which is new from now on if it had none. */
static int64_t take_id(struct crm_book *book, struct known *k, bool many)
{
	if (!k->id) {
		k->id = (*book->next)++;
		k->is_new = true;
		k->flags = many ? CRM_ENDPOINT_MANY : 0;
	}
	k->restored = k->is_erased;
	return k->id;
}

void crm_book_mark(struct crm_book *book, const struct crm_record *record,
		   int64_t ids[CRM_ADDRESSES])
{
	for (size_t i = 0; i < record->n_addresses; i++)
		ids[i] = take_id(book, look_up(book, &record->addresses[i], true),
				 record->addresses[i].many);
}

void crm_book_enter(struct crm_book *book, const struct crm_record *record,
		    const struct crm_hit *whose, bool first, int64_t ids[CRM_ADDRESSES])
{
	struct person_at who = {.person = whose->person,
				.canon = whose->canon,
				.profile = whose->profile,
				.given = record->person[CRM_GIVEN],
				.family = record->person[CRM_FAMILY]};
	struct called *c = find_called(book, whose->canon);

	if (!c) {
		c = add_called(book, whose->canon);
		c->more = !first; /* there are names that were not read */
	}
	call(c, who.given, who.family);
	if (first) {
		who.name = record->person[CRM_NAME];
		who.email = first_of(record, CRM_EMAIL);
		who.phone = first_of(record, CRM_PHONE);
	}
	crm_book_mark(book, record, ids);
	for (size_t i = 0; i < record->n_addresses; i++)
		enter(book, look_up(book, &record->addresses[i], true), &who);
}

/* Flags that are new; of one that was erased the address, which it is again. */
static enum crm_status update(struct crm_book *book, const struct known *k)
{
	sqlite3_stmt *st = crm_db_stmt(book->db, sql_flags);

	crm_bind_int(st, ":flags", k->flags);
	crm_bind_slice(st, ":value", k->address.value);
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
		} else if (k->flags_changed || k->restored) {
			rc = update(book, k);
		}
		if (book->stored && (k->is_new || k->restored))
			crm_bloom_add(book->stored,
				      address_hash(k->address.value, k->address.kind));
	}
	return rc == CRM_OK ? crm_bulk_flush(book->insert) : rc;
}

enum crm_status crm_book_unsettle(struct crm_book *book)
{
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < book->n && rc == CRM_OK; i++) {
		sqlite3_stmt *st;

		if (!book->known[i].became_shared)
			continue;
		st = crm_db_stmt(book->db, sql_mark);
		crm_bind_int(st, ":endpoint", book->known[i].id);
		rc = crm_db_run(book->db, st);
	}
	return rc;
}
