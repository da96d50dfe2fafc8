/* SPDX-License-Identifier: MIT */
/*
 * Gathering what hangs together, asking group.h, and writing the difference as links. A
 * group is small (a household, a firm's few people), so plain arrays do, sorted once all is
 * there; only what is looked up while gathering has a table.
 */
#include "store/settle.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/table.h"
#include "norm/email.h"
#include "store/group.h"
#include "store/record.h"

#define NONE UINT32_MAX

struct profile {
	int64_t id, source, person_id;
	uint32_t person; /* place in persons */
	struct crm_group_name name;
	struct crm_slice source_name, source_scope, key;
};

struct person {
	int64_t id, canon;
	uint32_t anchor; /* the profile that stands for it: NONE without any */
	bool by_hand;    /* that profile was split off by a person */
	uint32_t group;  /* the profile that is its people's first: whose it is by the rules */
	uint32_t tied;   /* union-find: persons joined by links */
};

struct address {
	enum crm_group_kind kind;
	struct crm_slice scope, value;
	int64_t id; /* of the endpoint; 0 of an id of records */
};

struct at { /* a profile at an address */
	uint32_t address, profile;
};

struct link {
	int64_t id;
	bool merge, ours, undone, undone_by_us, again;
	int64_t a, b, profile;
};

struct settler {
	struct crm_db *db;
	struct crm_arena arena;
	struct crm_ids *changed;
	int64_t *left;
	struct crm_table done; /* profiles that were settled */
	struct crm_ids done_ids;
	struct crm_table left_table; /* persons of groups that were left */
	struct crm_ids left_ids;

	/* the group at hand */
	struct crm_ids canons; /* gathered and to be gathered */
	struct crm_table canon_table, address_table;
	struct profile *profiles;
	size_t n, cap;
	struct person *persons; /* by id */
	size_t n_persons, cap_persons;
	struct address *addresses;
	size_t n_addresses, cap_addresses;
	struct at *at;
	size_t n_at, cap_at;
	struct link *links;
	size_t n_links, cap_links;
	struct crm_group group;
	struct crm_group_name *names;
	struct crm_group_address *group_addresses;
	uint32_t *members;
	struct crm_group_pair *must, *labels, *parted;
	size_t n_must, cap_must, n_labels, cap_labels, n_parted, cap_parted;
};

/* clang-format off */
static const char sql_unsettled[] = "SELECT profile_id FROM unsettled ORDER BY profile_id";
static const char sql_clear[] = "DELETE FROM unsettled";
static const char sql_persons[] = "SELECT id FROM " CRM_MEMBERS(":canon");
static const char sql_profiles[] =
	"SELECT p.id, p.person_id, p.given, p.family, p.source_id, s.name, s.scope, p.key"
	" FROM " CRM_MEMBERS(":canon") " AS m CROSS JOIN profile AS p ON p.person_id = m.id"
	" CROSS JOIN source AS s ON s.id = p.source_id LIMIT :most";
static const char sql_addresses[] =
	"SELECT e.id, e.kind, e.scope, e.value, e.flags FROM profile_endpoint AS x"
	" CROSS JOIN endpoint AS e ON e.id = x.endpoint_id WHERE x.profile_id = :profile"
	" AND e.kind <> 'id'"; /* of documents: they tell nobody, see identify.c */
static const char sql_at[] =
	"SELECT q.canon_id FROM profile_endpoint AS x CROSS JOIN profile AS p ON p.id = x.profile_id"
	" CROSS JOIN person AS q ON q.id = p.person_id WHERE x.endpoint_id = :endpoint LIMIT :most";
/* As keys.c finds the versions of a contact. */
static const char sql_versions[] =
	"SELECT q.canon_id FROM profile AS p CROSS JOIN person AS q ON q.id = p.person_id"
	" WHERE p.source_id = :source AND p.key >= :low AND p.key < :high"
	" AND length(CAST(p.key AS BLOB)) = :length LIMIT :most";
static const char sql_links[] =
	"SELECT l.id, l.kind = 'merge', l.actor = '" CRM_INGEST "', l.a, l.b, l.profile_id,"
	" u.id IS NOT NULL, u.actor = '" CRM_INGEST "', u.evidence IS NOT NULL"
	" FROM link AS l LEFT JOIN link AS u ON u.undoes = l.id"
	" WHERE l.a = :person AND l.kind <> 'undo'";
static const char sql_decided[] =
	"SELECT d.b FROM decision AS d WHERE d.a = :profile AND d.same = 0"
	" AND d.id = (SELECT max(n.id) FROM decision AS n WHERE n.a = d.a AND n.b = d.b)";
static const char sql_unsuspect[] = "DELETE FROM suspect WHERE profile_id = :profile";
static const char sql_suspect[] =
	"INSERT OR IGNORE INTO suspect (profile_id, person_id, endpoint_id)"
	" VALUES (:profile, :person, :endpoint)";
/* clang-format on */

static const char parted_reason[] =
	"with the records known now nothing says that they are one person";
static const char *const joined_reasons[CRM_GROUP_KINDS] = {
	"the source says they are one: its records have the same id",
	"the source says they are one: its records state the same id of somebody",
	"the source says they are one: its records state the same id of somebody",
	"one e-mail address, and names that do not differ",
	"one telephone number, and names that do not differ",
};

static struct crm_slice keep(struct settler *s, sqlite3_stmt *st, int column)
{
	return crm_arena_keep(&s->arena, crm_column(st, column));
}

static int compare(struct crm_slice a, struct crm_slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.ptr, b.ptr, n) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static uint64_t id_hash(int64_t id)
{
	return crm_hash64_with(0, (uint64_t)id);
}

/* Adds id to a list of which table knows the places; false when it is there. */
static bool add_once(struct crm_table *table, struct crm_ids *ids, int64_t id)
{
	struct crm_probe p;

	for (p = crm_table_probe(table, id_hash(id)); crm_table_next(table, &p);)
		if (ids->ids[p.index] == id)
			return false;
	crm_table_add(table, id_hash(id), (uint32_t)ids->n);
	crm_ids_add(ids, id);
	return true;
}

/* --- gathering --- */

/* Reads canonical ids into those to be gathered; st is bound but for :most. */
static enum crm_status add_canons(struct settler *s, sqlite3_stmt *st)
{
	enum crm_status rc;
	bool row;

	crm_bind_int(st, ":most", CRM_GROUP_PROFILES + 1);
	while ((rc = crm_db_step(s->db, st, &row)) == CRM_OK && row)
		add_once(&s->canon_table, &s->canons, sqlite3_column_int64(st, 0));
	return rc;
}

/* The place of an address; *is_new when it was not known in this group. */
static uint32_t add_address(struct settler *s, const struct address *a, bool *is_new)
{
	uint64_t hash = crm_hash64_with(crm_hash64(a->value.ptr, a->value.len), a->kind);

	*is_new = false;
	for (struct crm_probe p = crm_table_probe(&s->address_table, hash);
	     crm_table_next(&s->address_table, &p);) {
		const struct address *b = &s->addresses[p.index];

		if (a->kind == b->kind && a->id == b->id && !compare(a->value, b->value)
		    && !compare(a->scope, b->scope))
			return p.index;
	}
	*is_new = true;
	CRM_GROW(s->addresses, s->n_addresses + 1, s->cap_addresses);
	crm_table_add(&s->address_table, hash, (uint32_t)s->n_addresses);
	s->addresses[s->n_addresses] = *a;
	return (uint32_t)s->n_addresses++;
}

static void add_at(struct settler *s, uint32_t address, uint32_t profile)
{
	CRM_GROW(s->at, s->n_at + 1, s->cap_at);
	s->at[s->n_at++] = (struct at){address, profile};
}

/* The versions of a contact: key is its id, '#', and 16 digits of a digest. */
static enum crm_status gather_versions(struct settler *s, uint32_t profile)
{
	const struct profile *p = &s->profiles[profile];
	struct address a = {.kind = CRM_BY_ID};
	sqlite3_stmt *st;
	bool is_new;
	char *high;

	if (p->key.len < 18 || p->key.ptr[p->key.len - 17] != '#')
		return CRM_OK;
	a.value = (struct crm_slice){p->key.ptr, p->key.len - 16};
	a.scope = (struct crm_slice){crm_arena_alloc(&s->arena, sizeof(p->source)),
				     sizeof(p->source)};
	memcpy((char *)a.scope.ptr, &p->source, sizeof(p->source));
	add_at(s, add_address(s, &a, &is_new), profile);
	if (!is_new)
		return CRM_OK;
	st = crm_db_stmt(s->db, sql_versions);
	high = crm_arena_strndup(&s->arena, a.value.ptr, a.value.len);
	high[a.value.len - 1]++; /* '#' */
	crm_bind_int(st, ":source", p->source);
	crm_bind_slice(st, ":low", a.value);
	crm_bind_slice(st, ":high", (struct crm_slice){high, a.value.len});
	crm_bind_int(st, ":length", (int64_t)p->key.len);
	return add_canons(s, st);
}

static enum crm_group_kind kind_of(struct crm_slice kind, int64_t flags)
{
	if (crm_slice_is(kind, crm_endpoint_kind_names[CRM_EMAIL]))
		return CRM_BY_EMAIL;
	if (crm_slice_is(kind, crm_endpoint_kind_names[CRM_PHONE]))
		return CRM_BY_PHONE;
	return flags & CRM_ENDPOINT_MANY ? CRM_BY_MANY : CRM_BY_HANDLE;
}

static enum crm_status gather_addresses(struct settler *s, uint32_t profile)
{
	sqlite3_stmt *st = crm_db_stmt(s->db, sql_addresses), *at;
	size_t first = s->n_addresses;
	enum crm_status rc;
	bool row, is_new;

	crm_bind_int(st, ":profile", s->profiles[profile].id);
	while ((rc = crm_db_step(s->db, st, &row)) == CRM_OK && row) {
		int64_t flags = sqlite3_column_int64(st, 4);
		struct address a = {kind_of(crm_column(st, 1), flags), keep(s, st, 2),
				    keep(s, st, 3), sqlite3_column_int64(st, 0)};

		if (!(flags & CRM_ENDPOINT_SHARED))
			add_at(s, add_address(s, &a, &is_new), profile);
	}
	for (; first < s->n_addresses && rc == CRM_OK; first++) {
		at = crm_db_stmt(s->db, sql_at);
		crm_bind_int(at, ":endpoint", s->addresses[first].id);
		rc = add_canons(s, at);
	}
	return rc;
}

static enum crm_status gather_persons(struct settler *s, int64_t canon)
{
	sqlite3_stmt *st = crm_db_stmt(s->db, sql_persons);
	enum crm_status rc;
	bool row;

	crm_bind_int(st, ":canon", canon);
	while ((rc = crm_db_step(s->db, st, &row)) == CRM_OK && row) {
		CRM_GROW(s->persons, s->n_persons + 1, s->cap_persons);
		s->persons[s->n_persons++] = (struct person){.id = sqlite3_column_int64(st, 0),
							     .canon = canon,
							     .anchor = NONE,
							     .group = NONE};
	}
	return rc;
}

static enum crm_status gather_person(struct settler *s, int64_t canon)
{
	sqlite3_stmt *st = crm_db_stmt(s->db, sql_profiles);
	enum crm_status rc;
	size_t first = s->n;
	bool row;

	crm_bind_int(st, ":canon", canon);
	crm_bind_int(st, ":most", CRM_GROUP_PROFILES + 1);
	while ((rc = crm_db_step(s->db, st, &row)) == CRM_OK && row) {
		CRM_GROW(s->profiles, s->n + 1, s->cap);
		s->profiles[s->n++] = (struct profile){
			.id = sqlite3_column_int64(st, 0),
			.person_id = sqlite3_column_int64(st, 1),
			.name = {keep(s, st, 2), keep(s, st, 3)},
			.source = sqlite3_column_int64(st, 4),
			.source_name = keep(s, st, 5),
			.source_scope = keep(s, st, 6),
			.key = keep(s, st, 7),
		};
	}
	if (rc == CRM_OK)
		rc = gather_persons(s, canon);
	for (; first < s->n && s->n <= CRM_GROUP_PROFILES && rc == CRM_OK; first++)
		if ((rc = gather_addresses(s, (uint32_t)first)) == CRM_OK)
			rc = gather_versions(s, (uint32_t)first);
	return rc;
}

static void clear(struct settler *s)
{
	s->canons.n = s->n = s->n_persons = s->n_addresses = s->n_at = s->n_links = 0;
	s->n_must = s->n_labels = s->n_parted = 0;
	crm_table_clear(&s->canon_table);
	crm_table_clear(&s->address_table);
	crm_arena_clear(&s->arena);
	crm_group_release(&s->group);
	s->group = (struct crm_group){0};
}

/* All that hangs together with a person; more than CRM_GROUP_PROFILES: not all. */
static enum crm_status gather(struct settler *s, int64_t canon)
{
	enum crm_status rc = CRM_OK;

	clear(s);
	add_once(&s->canon_table, &s->canons, canon);
	for (size_t i = 0; i < s->canons.n && s->n <= CRM_GROUP_PROFILES && rc == CRM_OK; i++)
		rc = gather_person(s, s->canons.ids[i]);
	return rc;
}

/* --- in the order that does not depend on arrival --- */

struct place { /* something that gets another place */
	const struct settler *s;
	uint32_t was;
};

static int profile_order(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	const struct profile *p = &x->s->profiles[x->was], *q = &y->s->profiles[y->was];
	int order = compare(p->source_name, q->source_name);

	if (!order)
		order = compare(p->source_scope, q->source_scope);
	return order ? order : compare(p->key, q->key);
}

static int address_order(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	const struct address *p = &x->s->addresses[x->was], *q = &y->s->addresses[y->was];
	int order = (p->kind > q->kind) - (p->kind < q->kind);

	if (!order)
		order = compare(p->scope, q->scope);
	return order ? order : compare(p->value, q->value);
}

static int at_order(const void *a, const void *b)
{
	const struct at *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return (x->profile > y->profile) - (x->profile < y->profile);
}

static int person_order(const void *a, const void *b)
{
	const struct person *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* Sorts an array of n elements; new places of the old ones go to moved. */
static void sort(struct settler *s, void *array, size_t n, size_t size,
		 int (*order)(const void *, const void *), uint32_t *moved)
{
	struct place *places;
	char *old;

	if (!n)
		return;
	places = crm_malloc(n * sizeof(*places));
	old = crm_malloc(n * size);
	for (size_t i = 0; i < n; i++)
		places[i] = (struct place){s, (uint32_t)i};
	qsort(places, n, sizeof(*places), order);
	memcpy(old, array, n * size);
	for (size_t i = 0; i < n; i++) {
		memcpy((char *)array + i * size, old + places[i].was * size, size);
		moved[places[i].was] = (uint32_t)i;
	}
	free(places);
	free(old);
}

static uint32_t person_place(const struct settler *s, int64_t id)
{
	struct person key = {.id = id};
	const struct person *found =
		s->n_persons ? bsearch(&key, s->persons, s->n_persons, sizeof(key), person_order)
			     : NULL;

	return found ? (uint32_t)(found - s->persons) : NONE;
}

static void put_in_order(struct settler *s)
{
	uint32_t *moved_profile = crm_arena_alloc(&s->arena, (s->n + 1) * sizeof(uint32_t));
	uint32_t *moved_address =
		crm_arena_alloc(&s->arena, (s->n_addresses + 1) * sizeof(uint32_t));

	sort(s, s->profiles, s->n, sizeof(*s->profiles), profile_order, moved_profile);
	sort(s, s->addresses, s->n_addresses, sizeof(*s->addresses), address_order, moved_address);
	for (size_t i = 0; i < s->n_at; i++)
		s->at[i] = (struct at){moved_address[s->at[i].address],
				       moved_profile[s->at[i].profile]};
	if (s->n_at)
		qsort(s->at, s->n_at, sizeof(*s->at), at_order);
	qsort(s->persons, s->n_persons, sizeof(*s->persons), person_order);
	for (size_t i = 0; i < s->n; i++)
		s->profiles[i].person = person_place(s, s->profiles[i].person_id);
}

static void anchor(struct settler *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		struct person *p = &s->persons[s->profiles[i].person];

		if (p->anchor == NONE || s->profiles[i].id < s->profiles[p->anchor].id)
			p->anchor = i;
	}
	for (uint32_t i = 0; i < s->n_persons; i++)
		s->persons[i].tied = i;
}

/* --- what people decided --- */

static enum crm_status gather_links(struct settler *s)
{
	enum crm_status rc = CRM_OK;
	bool row;

	for (size_t i = 0; i < s->n_persons && rc == CRM_OK; i++) {
		sqlite3_stmt *st = crm_db_stmt(s->db, sql_links);

		crm_bind_int(st, ":person", s->persons[i].id);
		while ((rc = crm_db_step(s->db, st, &row)) == CRM_OK && row) {
			CRM_GROW(s->links, s->n_links + 1, s->cap_links);
			s->links[s->n_links++] = (struct link){
				.id = sqlite3_column_int64(st, 0),
				.merge = sqlite3_column_int(st, 1),
				.ours = sqlite3_column_int(st, 2),
				.a = sqlite3_column_int64(st, 3),
				.b = sqlite3_column_int64(st, 4),
				.profile = sqlite3_column_int64(st, 5),
				.undone = sqlite3_column_int(st, 6),
				.undone_by_us = sqlite3_column_int(st, 7),
				.again = sqlite3_column_int(st, 8),
			};
		}
	}
	return rc;
}

static int link_order(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static uint32_t profile_place(const struct settler *s, int64_t id)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->profiles[i].id == id)
			return i;
	return NONE;
}

static uint32_t tied(struct settler *s, uint32_t i)
{
	while (s->persons[i].tied != i)
		i = s->persons[i].tied = s->persons[s->persons[i].tied].tied;
	return i;
}

/* A tie joins two; whose they are is what is known of either. */
static void tie(struct settler *s, uint32_t x, uint32_t y)
{
	x = tied(s, x);
	y = tied(s, y);
	if (x == y)
		return;
	if (s->persons[x].group == NONE)
		s->persons[x].group = s->persons[y].group;
	s->persons[y].tied = x;
}

static void add_must(struct settler *s, uint32_t a, uint32_t b)
{
	if (a == NONE || b == NONE || a == b)
		return;
	CRM_GROW(s->must, s->n_must + 1, s->cap_must);
	s->must[s->n_must++] = (struct crm_group_pair){a, b, 0};
}

static void add_parted(struct settler *s, uint32_t a, uint32_t b)
{
	CRM_GROW(s->parted, s->n_parted + 1, s->cap_parted);
	s->parted[s->n_parted++] = (struct crm_group_pair){a, b, 0};
}

static void add_label(struct settler *s, uint32_t profile, uint32_t label)
{
	CRM_GROW(s->labels, s->n_labels + 1, s->cap_labels);
	s->labels[s->n_labels++] = (struct crm_group_pair){profile, label, 0};
}

static bool ties_by_hand(const struct link *l)
{
	return l->merge && !l->ours && !l->undone;
}

/* Persons merged by hand: one profile of each stands for it. */
static void take_merges(struct settler *s)
{
	for (size_t i = 0; i < s->n_links; i++) {
		const struct link *l = &s->links[i];
		uint32_t a = person_place(s, l->a), b = person_place(s, l->b);

		if (ties_by_hand(l) && a != NONE && b != NONE)
			tie(s, a, b);
	}
	for (uint32_t i = 0; i < s->n_persons; i++) {
		struct person *root = &s->persons[tied(s, i)];

		if (root->anchor == NONE)
			root->anchor = s->persons[i].anchor; /* an alias alone */
		add_must(s, root->anchor, s->persons[i].anchor);
	}
}

/* Undone merges part their persons, and splits by hand; split by us and undone, a profile
 * belongs where it was. */
static void take_partings(struct settler *s)
{
	for (size_t i = 0; i < s->n_links; i++) {
		const struct link *l = &s->links[i];
		uint32_t a = person_place(s, l->a), b = person_place(s, l->b);
		bool unmerged = l->merge && l->undone && !l->undone_by_us && !l->again;
		bool split = !l->merge && !l->ours && !l->undone;

		if (!l->merge && l->ours && l->undone && !l->undone_by_us && a != NONE)
			add_must(s, s->persons[a].anchor, profile_place(s, l->profile));
		if ((unmerged || split) && a != NONE && b != NONE && tied(s, a) != tied(s, b))
			add_parted(s, a, b);
	}
	for (uint32_t i = 0; i < s->n && s->n_parted; i++)
		add_label(s, i, s->profiles[i].person);
}

static enum crm_status take_decisions(struct settler *s)
{
	enum crm_status rc = CRM_OK;
	bool row;

	for (uint32_t i = 0; i < s->n && rc == CRM_OK; i++) {
		sqlite3_stmt *st = crm_db_stmt(s->db, sql_decided);

		crm_bind_int(st, ":profile", s->profiles[i].id);
		while ((rc = crm_db_step(s->db, st, &row)) == CRM_OK && row) {
			uint32_t other = profile_place(s, sqlite3_column_int64(st, 0));
			uint32_t label = (uint32_t)s->n_persons + 1 + i;

			if (other == NONE)
				continue;
			add_label(s, i, label);
			add_label(s, other, (uint32_t)s->n_persons + 1 + other);
			add_parted(s, label, (uint32_t)s->n_persons + 1 + other);
		}
	}
	return rc;
}

/* A profile that somebody split off stands for the person it became. */
static void anchor_splits(struct settler *s)
{
	for (size_t i = 0; i < s->n_links; i++) {
		const struct link *l = &s->links[i];
		uint32_t b = person_place(s, l->b);
		uint32_t profile =
			l->merge || l->ours || l->undone ? NONE : profile_place(s, l->profile);

		if (profile != NONE && b != NONE && s->profiles[profile].person == b
		    && !s->persons[b].by_hand) {
			s->persons[b].anchor = profile;
			s->persons[b].by_hand = true;
		}
	}
}

static enum crm_status take_decided(struct settler *s)
{
	enum crm_status rc = gather_links(s);

	if (rc != CRM_OK)
		return rc;
	if (s->n_links)
		qsort(s->links, s->n_links, sizeof(*s->links), link_order);
	anchor_splits(s);
	take_merges(s);
	take_partings(s);
	return take_decisions(s);
}

/* --- asking --- */

static bool ask(struct settler *s)
{
	struct crm_group *g = &s->group;
	struct crm_arena *arena = &s->arena;

	s->names = crm_arena_alloc(arena, (s->n + 1) * sizeof(*s->names));
	for (size_t i = 0; i < s->n; i++)
		s->names[i] = s->profiles[i].name;
	s->members = crm_arena_alloc(arena, (s->n_at + 1) * sizeof(*s->members));
	for (size_t i = 0; i < s->n_at; i++)
		s->members[i] = s->at[i].profile;
	s->group_addresses =
		crm_arena_alloc(arena, (s->n_addresses + 1) * sizeof(*s->group_addresses));
	for (uint32_t i = 0, at = 0, scope = 0; i < s->n_addresses; i++) {
		const struct address *a = &s->addresses[i];
		uint32_t first = at;

		scope += i && compare(a->scope, s->addresses[i - 1].scope) != 0;
		while (at < s->n_at && s->at[at].address == i)
			at++;
		s->group_addresses[i] = (struct crm_group_address){
			a->kind, scope,      a->kind == CRM_BY_EMAIL && crm_email_is_role(a->value),
			first,   at - first, a->id};
	}
	*g = (struct crm_group){.names = s->names,
				.n = (uint32_t)s->n,
				.addresses = s->group_addresses,
				.n_addresses = s->n_addresses,
				.members = s->members,
				.must = s->must,
				.n_must = s->n_must,
				.labels = s->labels,
				.n_labels = s->n_labels,
				.parted = s->parted,
				.n_parted = s->n_parted};
	return crm_group_people(g);
}

/* --- writing the difference --- */

/* Do the people as stored and those by the rules differ? */
static bool differs(const struct settler *s)
{
	const struct crm_group *g = &s->group;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct person *p = &s->persons[s->profiles[i].person];
		const struct person *first = &s->persons[s->profiles[g->person[i]].person];

		if (p->canon != first->canon)
			return true; /* one by the rules, two in the store */
	}
	for (uint32_t i = 0; i < s->n; i++) { /* the other way round: canon to group */
		uint32_t at = person_place(s, s->persons[s->profiles[i].person].canon);
		uint32_t *group = &s->persons[at].group;

		if (*group != NONE && *group != g->person[i])
			return true;
		*group = g->person[i];
	}
	return false;
}

/* Persons go where their anchor goes. */
static void choose(struct settler *s)
{
	for (uint32_t i = 0; i < s->n_persons; i++) {
		uint32_t at = s->persons[i].anchor;

		s->persons[i].tied = i;
		s->persons[i].group = NONE;
		if (at != NONE && s->profiles[at].person == i)
			s->persons[i].group = s->group.person[at];
	}
}

/* The person that profiles of a group move to: the oldest of it, else *new. */
static uint32_t person_of_group(const struct settler *s, uint32_t group)
{
	for (uint32_t i = 0; i < s->n_persons; i++)
		if (s->persons[i].group == group)
			return i;
	return NONE;
}

static enum crm_status move(struct settler *s, uint32_t profile)
{
	static const struct crm_act act = {CRM_INGEST, parted_reason, {NULL, 0}};
	uint32_t group = s->group.person[profile], to = person_of_group(s, group);
	int64_t id = to == NONE ? 0 : s->persons[to].id;
	enum crm_status rc = crm_people_move(s->db, s->profiles[profile].id, &id, &act);

	if (rc != CRM_OK)
		return rc;
	if (to == NONE) { /* the newest has the greatest id */
		to = (uint32_t)s->n_persons;
		CRM_GROW(s->persons, s->n_persons + 1, s->cap_persons);
		s->persons[s->n_persons++] = (struct person){
			.id = id, .canon = id, .anchor = profile, .group = group, .tied = to};
	}
	s->profiles[profile].person = to;
	return rc;
}

struct number {
	int64_t id;
	uint32_t place;
};

static int number_order(const void *a, const void *b)
{
	const struct number *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static enum crm_status move_all(struct settler *s)
{
	struct number *numbers = crm_malloc((s->n + 1) * sizeof(*numbers));
	enum crm_status rc = CRM_OK;

	for (uint32_t i = 0; i < s->n; i++)
		numbers[i] = (struct number){s->profiles[i].id, i};
	qsort(numbers, s->n, sizeof(*numbers), number_order);
	for (size_t i = 0; i < s->n && rc == CRM_OK; i++) {
		uint32_t at = numbers[i].place;

		if (s->persons[s->profiles[at].person].group != s->group.person[at])
			rc = move(s, at);
	}
	free(numbers);
	return rc;
}

/* Merges of ours between people who are two are undone; what holds ties. */
static enum crm_status undo_merges(struct settler *s)
{
	static const struct crm_act act = {CRM_INGEST, parted_reason, {NULL, 0}};
	struct crm_parted parted = CRM_PARTED_INIT;
	enum crm_status rc = CRM_OK;

	for (int pass = 0; pass < 2; pass++) /* first what people said */
		for (size_t i = 0; i < s->n_links && rc == CRM_OK; i++) {
			const struct link *l = &s->links[i];
			uint32_t a = person_place(s, l->a), b = person_place(s, l->b);
			uint32_t x, y;

			if (!l->merge || l->undone || l->ours != (pass == 1) || a == NONE
			    || b == NONE)
				continue;
			x = s->persons[tied(s, a)].group;
			y = s->persons[tied(s, b)].group;
			if (pass && x != NONE && y != NONE && x != y)
				rc = crm_people_undo(s->db, l->id, true, &act, &parted);
			else
				tie(s, a, b);
		}
	crm_ids_release(&parted.persons);
	return rc;
}

static enum crm_status join(struct settler *s, const struct crm_group_pair *pair, bool by_hand)
{
	uint32_t a = s->profiles[pair->a].person, b = s->profiles[pair->b].person;
	const struct crm_group_address *by = by_hand ? NULL : &s->group_addresses[pair->by];
	struct crm_act act = {CRM_INGEST, "somebody undid that they were parted", {NULL, 0}};
	struct crm_str evidence = CRM_STR_INIT;
	enum crm_status rc;

	if (tied(s, a) == tied(s, b))
		return CRM_OK;
	crm_json_open(&evidence, '{');
	crm_json_put_int(&evidence, "a", s->profiles[pair->a].id);
	crm_json_put_int(&evidence, "b", s->profiles[pair->b].id);
	if (by && by->id)
		crm_json_put_int(&evidence, "endpoint", by->id);
	crm_json_close(&evidence, '}');
	act.evidence = crm_str_slice(&evidence);
	if (by)
		act.reason = joined_reasons[by->kind];
	rc = crm_people_tie(s->db, s->persons[a].id, s->persons[b].id, &act);
	crm_str_release(&evidence);
	tie(s, a, b);
	return rc;
}

static enum crm_status join_all(struct settler *s)
{
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < s->n_must && rc == CRM_OK; i++)
		rc = join(s, &s->must[i], true);
	for (size_t i = 0; i < s->group.n_joined && rc == CRM_OK; i++)
		rc = join(s, &s->group.joined[i], false);
	return rc;
}

static enum crm_status rewrite(struct settler *s)
{
	enum crm_status rc;

	choose(s);
	if ((rc = move_all(s)) != CRM_OK || (rc = undo_merges(s)) != CRM_OK
	    || (rc = join_all(s)) != CRM_OK)
		return rc;
	for (size_t i = 0; i < s->n_persons; i++)
		crm_ids_add(s->changed, s->persons[i].id);
	return rc;
}

/* --- suspects --- */

static enum crm_status suspect(struct settler *s, const struct crm_group_pair *pair)
{
	int64_t endpoint = s->group_addresses[pair->by].id, x, y;
	sqlite3_stmt *st;
	enum crm_status rc;

	if (!endpoint || s->group.person[pair->a] == s->group.person[pair->b])
		return CRM_OK;
	if ((rc = crm_person_of_profile(s->db, s->profiles[pair->a].id, NULL, &x)) != CRM_OK
	    || (rc = crm_person_of_profile(s->db, s->profiles[pair->b].id, NULL, &y)) != CRM_OK)
		return rc;
	if (x == y)
		return CRM_OK;
	st = crm_db_stmt(s->db, sql_suspect);
	crm_bind_int(st, ":profile", s->profiles[pair->b].id);
	crm_bind_int(st, ":person", x);
	crm_bind_int(st, ":endpoint", endpoint);
	return crm_db_run(s->db, st);
}

static enum crm_status note_suspects(struct settler *s)
{
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < s->n && rc == CRM_OK; i++) {
		sqlite3_stmt *st = crm_db_stmt(s->db, sql_unsuspect);

		crm_bind_int(st, ":profile", s->profiles[i].id);
		rc = crm_db_run(s->db, st);
	}
	for (size_t i = 0; i < s->group.n_refused && rc == CRM_OK; i++)
		rc = suspect(s, &s->group.refused[i]);
	return rc;
}

/* --- all --- */

static bool is_among(const struct crm_table *table, const struct crm_ids *ids, int64_t id)
{
	struct crm_probe p;

	for (p = crm_table_probe(table, id_hash(id)); crm_table_next(table, &p);)
		if (ids->ids[p.index] == id)
			return true;
	return false;
}

/* The group at hand is too large; what else leads to it is not tried again. */
static void leave(struct settler *s)
{
	bool again = false;

	for (size_t i = 0; i < s->canons.n; i++)
		again |= !add_once(&s->left_table, &s->left_ids, s->canons.ids[i]);
	*s->left += !again;
}

static enum crm_status settle_group(struct settler *s, int64_t profile)
{
	int64_t canon;
	enum crm_status rc = crm_person_of_profile(s->db, profile, NULL, &canon);
	bool fits;

	if (rc != CRM_OK || is_among(&s->left_table, &s->left_ids, canon))
		return rc;
	rc = gather(s, canon);
	fits = s->n <= CRM_GROUP_PROFILES;

	for (size_t i = 0; i < s->n && fits && rc == CRM_OK; i++)
		add_once(&s->done, &s->done_ids, s->profiles[i].id);
	if (rc == CRM_OK && fits) {
		put_in_order(s);
		anchor(s);
		if ((rc = take_decided(s)) == CRM_OK)
			fits = ask(s);
	}
	if (rc != CRM_OK)
		return rc;
	if (!fits) {
		leave(s);
		return rc;
	}
	for (size_t i = 0; i < s->n_persons; i++)
		s->persons[i].group = NONE;
	if (differs(s))
		rc = rewrite(s);
	return rc == CRM_OK ? note_suspects(s) : rc;
}

static void release(struct settler *s)
{
	clear(s);
	crm_arena_release(&s->arena);
	crm_table_release(&s->done);
	crm_table_release(&s->canon_table);
	crm_table_release(&s->address_table);
	crm_table_release(&s->left_table);
	crm_ids_release(&s->done_ids);
	crm_ids_release(&s->left_ids);
	crm_ids_release(&s->canons);
	free(s->profiles);
	free(s->persons);
	free(s->addresses);
	free(s->at);
	free(s->links);
	free(s->must);
	free(s->labels);
	free(s->parted);
}

/* Canonical ids, each once. */
static enum crm_status canonical(struct crm_db *db, struct crm_ids *ids)
{
	enum crm_status rc = CRM_OK;
	size_t n = 0;

	for (size_t i = 0; i < ids->n && rc == CRM_OK; i++)
		rc = crm_person_canon(db, ids->ids[i], &ids->ids[i]);
	if (ids->n)
		qsort(ids->ids, ids->n, sizeof(*ids->ids), crm_ids_order);
	for (size_t i = 0; i < ids->n; i++)
		if (!i || ids->ids[i] != ids->ids[i - 1])
			ids->ids[n++] = ids->ids[i];
	ids->n = n;
	return rc;
}

enum crm_status crm_settle(struct crm_db *db, struct crm_ids *changed, int64_t *left)
{
	struct settler s = {.db = db, .changed = changed, .left = left};
	struct crm_ids unsettled = CRM_IDS_INIT;
	enum crm_status rc = crm_ids_read(&unsettled, db, crm_db_stmt(db, sql_unsettled));

	for (size_t i = 0; i < unsettled.n && rc == CRM_OK; i++)
		if (!is_among(&s.done, &s.done_ids, unsettled.ids[i]))
			rc = settle_group(&s, unsettled.ids[i]);
	if (rc == CRM_OK && unsettled.n) {
		if ((rc = crm_db_run(db, crm_db_stmt(db, sql_clear))) == CRM_OK)
			rc = canonical(db, changed);
	}
	crm_ids_release(&unsettled);
	release(&s);
	return rc;
}
