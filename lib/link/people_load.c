/* SPDX-License-Identifier: MIT */
/*
 * Reading people from the store; see people.h. What never changes is read once and kept in the
 * snapshot: profiles with their addresses. What may change is read anew: who a profile belongs
 * to (it moves by links that name it, people become one by person.canon_id), and which
 * addresses are shared by many.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "link/snapshot.h"

/* Fewer records than this are as quickly read again as kept. */
#define KEEP_FROM 1000

#define PROFILE_COLUMNS                                                                       \
	"id, person_id, source_id, name, given, family, coalesce(birth_date, birth_written)," \
	" org, street, city, postcode"
#define NEWER " FROM profile WHERE id > :last ORDER BY id"

/* Each table is read by itself, in its own order: what belongs together is looked up here,
 * which is many times cheaper than a join. */
static const char SQL_PROFILES[] = "SELECT " PROFILE_COLUMNS NEWER;
static const char SQL_RECORDS[] =
	"SELECT " PROFILE_COLUMNS ", region, country, language, raw" NEWER;
static const char SQL_MERGED[] = "SELECT id, canon_id FROM person WHERE canon_id <> id ORDER BY id";
static const char SQL_ENDPOINTS[] =
	"SELECT id, kind, scope, value FROM endpoint WHERE id > :last ORDER BY id";
/* Those that new profiles share with ones that are known. */
static const char SQL_KNOWN[] =
	"SELECT id, kind, scope, value FROM endpoint WHERE id <= :last AND id IN"
	" (SELECT endpoint_id FROM profile_endpoint WHERE profile_id > :profile) ORDER BY id";
static const char SQL_SHARED[] = "SELECT id, kind, scope, value FROM endpoint WHERE flags & 1";
static const char SQL_ADDRESSES[] = "SELECT profile_id, endpoint_id FROM profile_endpoint"
				    " WHERE profile_id > :last ORDER BY profile_id, endpoint_id";
static const char SQL_ONE[] =
	"SELECT p.id, q.canon_id, p.source_id, p.name, p.given, p.family,"
	" coalesce(p.birth_date, p.birth_written), p.org, p.street, p.city, p.postcode, p.region,"
	" p.country, p.language, p.raw FROM profile AS p JOIN person AS q ON q.id = p.person_id"
	" WHERE p.id = :profile";
static const char SQL_ITS[] = "SELECT e.id, e.kind, e.scope, e.value FROM profile_endpoint AS x"
			      " JOIN endpoint AS e ON e.id = x.endpoint_id"
			      " WHERE x.profile_id = :profile AND e.flags & 1 = 0 ORDER BY e.id";
static const char SQL_NEWEST[] = "SELECT max(id) FROM profile";
static const char SQL_MOVED[] = "SELECT id, person_id FROM profile WHERE id IN"
				" (SELECT profile_id FROM link WHERE profile_id IS NOT NULL)";

/* What a specification may name, in the order of the statements. */
static const char *const profile_columns[] = {"name",   "given",   "family",  "birth_date",
					      "org",    "street",  "city",    "postcode",
					      "region", "country", "language"};
#define FIRST_COLUMN 3 /* profile_columns[0] in a row */
#define N_COLUMNS ((int)(sizeof(profile_columns) / sizeof(profile_columns[0])))
#define RAW (FIRST_COLUMN + N_COLUMNS)
#define FIRST_RARE (RAW - 3) /* only SQL_RECORDS has those from here on */

/* One person by another name: merged into canon. */
struct merged {
	int64_t id, canon;
};

/* An endpoint as a value of a list. */
struct address {
	int64_t id;
	uint32_t key;
	int column;
};

/* Where the base columns come from. */
struct source {
	struct crm_people *people;
	struct crm_db *db;
	struct crm_snapshot *snapshot;
	struct merged *merged; /* by id */
	size_t n_merged, cap_merged, last_merged;
	struct address *address; /* by id; of one id, by column */
	size_t n_address, cap_address;
	int64_t last_endpoint;
	bool several;            /* an endpoint is a value of more than one column */
	int field[CRM_COLUMNS];  /* in a row of profiles; -1: none of those */
	bool alone[CRM_COLUMNS]; /* a list whose kind of values is in no other column */
	bool records;            /* some need SQL_RECORDS */
	bool raw;                /* some are pointers into the record as it came */
	struct crm_json_doc doc;
	struct crm_str text;
};

static void find_sources(struct source *s)
{
	const struct crm_spec *spec = s->people->spec;
	int i, k;

	for (i = 0; i < spec->n_base; i++) {
		s->field[i] = -1;
		s->alone[i] = true;
		for (k = 0; k < spec->n_base; k++)
			if (k != i && spec->column[k].as == spec->column[i].as)
				s->alone[i] = false;
		s->raw = s->raw || spec->column[i].from[0] == '/';
		for (k = 0; k < N_COLUMNS; k++)
			if (!strcmp(spec->column[i].from, profile_columns[k]))
				s->field[i] = FIRST_COLUMN + k;
		s->records = s->records || s->raw || s->field[i] >= FIRST_RARE;
	}
}

/* A text or number of the record as it came. */
static void put_raw(struct source *s, int column)
{
	const struct crm_json_value *v =
		crm_json_pointer(&s->doc, &s->doc.values[0], s->people->spec->column[column].from);

	if (!v || (v->type != CRM_JSON_STRING && v->type != CRM_JSON_NUMBER))
		return;
	crm_str_clear(&s->text);
	crm_json_text(v, &s->text);
	crm_people_put(s->people, column, CRM_SLICE(""),
		       (struct crm_slice){s->text.ptr, s->text.len});
}

/* ---- who is who ---- */

static enum crm_status read_merged(struct source *s)
{
	sqlite3_stmt *st = crm_db_stmt(s->db, SQL_MERGED);
	enum crm_status rc;
	bool row;

	while ((rc = crm_db_step(s->db, st, &row)) == CRM_OK && row) {
		CRM_GROW(s->merged, s->n_merged + 1, s->cap_merged);
		s->merged[s->n_merged++] =
			(struct merged){sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1)};
	}
	return rc;
}

/* Profiles that a link has given to somebody else. */
static enum crm_status read_moved(struct source *s)
{
	sqlite3_stmt *st = crm_db_stmt(s->db, SQL_MOVED);
	enum crm_status rc;
	bool row;

	while ((rc = crm_db_step(s->db, st, &row)) == CRM_OK && row) {
		int64_t record = crm_people_find(s->people, sqlite3_column_int64(st, 0));

		if (record >= 0)
			s->people->person[record] = sqlite3_column_int64(st, 1);
	}
	return rc;
}

/* Is this the first of the merged ones that is not before the person? */
static bool is_first(const struct source *s, size_t at, int64_t person)
{
	return at <= s->n_merged && (at == 0 || s->merged[at - 1].id < person)
	       && (at == s->n_merged || s->merged[at].id >= person);
}

/* People mostly come in their order: it is looked where the last one was. */
static int64_t canon_of(struct source *s, int64_t person)
{
	size_t low = 0, high = s->n_merged;

	if (is_first(s, s->last_merged, person))
		low = high = s->last_merged;
	else if (is_first(s, s->last_merged + 1, person))
		low = high = s->last_merged + 1;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->merged[mid].id < person)
			low = mid + 1;
		else
			high = mid;
	}
	s->last_merged = low;
	return low < s->n_merged && s->merged[low].id == person ? s->merged[low].canon : person;
}

/* ---- addresses ---- */

static void add_endpoint(struct source *s, sqlite3_stmt *st, bool fresh)
{
	const struct crm_spec *spec = s->people->spec;
	struct crm_slice kind = crm_column(st, 1);
	int64_t id = sqlite3_column_int64(st, 0);
	int i;

	for (i = 0; i < spec->n_base; i++) {
		uint32_t key;

		if (!spec->column[i].list || !crm_slice_is(kind, spec->column[i].from))
			continue;
		key = crm_people_key(s->people, i, crm_column(st, 2), crm_column(st, 3),
				     fresh && s->alone[i]);
		if (key == 0)
			continue;
		CRM_GROW(s->address, s->n_address + 1, s->cap_address);
		s->several =
			s->several || (s->n_address > 0 && s->address[s->n_address - 1].id == id);
		s->address[s->n_address++] = (struct address){id, key, i};
	}
}

static enum crm_status read_known(struct source *s)
{
	sqlite3_stmt *st = crm_db_stmt(s->db, SQL_KNOWN);
	enum crm_status rc;
	bool row;

	crm_bind_int(st, ":last", s->snapshot->endpoint);
	crm_bind_int(st, ":profile", s->snapshot->last);
	while ((rc = crm_db_step(s->db, st, &row)) == CRM_OK && row)
		add_endpoint(s, st, false);
	return rc;
}

static enum crm_status read_endpoints(struct source *s)
{
	enum crm_status rc = s->snapshot->endpoint ? read_known(s) : CRM_OK;
	sqlite3_stmt *st = crm_db_stmt(s->db, SQL_ENDPOINTS);
	bool row;

	if (rc != CRM_OK)
		return rc;
	crm_bind_int(st, ":last", s->snapshot->endpoint);
	while ((rc = crm_db_step(s->db, st, &row)) == CRM_OK && row) {
		add_endpoint(s, st, true);
		s->last_endpoint = sqlite3_column_int64(st, 0);
	}
	return rc;
}

static enum crm_status read_shared(struct source *s)
{
	sqlite3_stmt *st = crm_db_stmt(s->db, SQL_SHARED);
	const struct crm_spec *spec = s->people->spec;
	enum crm_status rc;
	bool row;
	int i;

	while ((rc = crm_db_step(s->db, st, &row)) == CRM_OK && row)
		for (i = 0; i < spec->n_base; i++)
			if (spec->column[i].list
			    && crm_slice_is(crm_column(st, 1), spec->column[i].from))
				crm_people_share(s->people, i, crm_column(st, 2),
						 crm_column(st, 3));
	return rc;
}

/* The first value of an endpoint, or n_address. Where each has one, it is as far from the first
 * as its id is, but for the gaps before it. */
static size_t find_endpoint(const struct source *s, int64_t id)
{
	size_t low = 0, high = s->n_address;
	uint64_t at, gaps;

	if (high == 0 || id < s->address[0].id || id > s->address[high - 1].id)
		return high;
	if (!s->several) {
		at = (uint64_t)id - (uint64_t)s->address[0].id;
		gaps = (uint64_t)s->address[high - 1].id - (uint64_t)s->address[0].id - (high - 1);
		high = at < high ? (size_t)at + 1 : high;
		low = at > gaps ? (size_t)(at - gaps) : 0;
	}
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->address[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low < s->n_address && s->address[low].id == id ? low : s->n_address;
}

/* The addresses of profiles, walked along with these: both come in the order of profiles. */
struct walk {
	sqlite3_stmt *st;
	bool row;
	int64_t profile; /* of the row it is at */
};

static enum crm_status next_address(struct source *s, struct walk *w)
{
	enum crm_status rc = crm_db_step(s->db, w->st, &w->row);

	if (rc == CRM_OK && w->row)
		w->profile = sqlite3_column_int64(w->st, 0);
	return rc;
}

static enum crm_status put_addresses(struct source *s, struct walk *w, int64_t profile)
{
	enum crm_status rc = CRM_OK;

	while (rc == CRM_OK && w->row && w->profile < profile)
		rc = next_address(s, w);
	while (rc == CRM_OK && w->row && w->profile == profile) {
		int64_t id = sqlite3_column_int64(w->st, 1);
		size_t i;

		for (i = find_endpoint(s, id); i < s->n_address && s->address[i].id == id; i++)
			crm_people_put_key(s->people, s->address[i].column, s->address[i].key);
		rc = next_address(s, w);
	}
	return rc;
}

/* ---- profiles ---- */

static void put_profile(struct source *s, sqlite3_stmt *st)
{
	const struct crm_spec *spec = s->people->spec;
	struct crm_slice raw = s->raw ? crm_column(st, RAW) : CRM_SLICE("");
	bool read = s->raw && crm_json_scan(&s->doc, raw.ptr, raw.len) == CRM_OK;
	int i;

	crm_people_add(s->people, sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
		       sqlite3_column_int64(st, 2), crm_column(st, FIRST_COLUMN));
	for (i = 0; i < spec->n_base; i++)
		if (s->field[i] >= 0)
			crm_people_put(s->people, i, CRM_SLICE(""), crm_column(st, s->field[i]));
		else if (read && spec->column[i].from[0] == '/')
			put_raw(s, i);
}

static enum crm_status read_profiles(struct source *s)
{
	sqlite3_stmt *st = crm_db_stmt(s->db, s->records ? SQL_RECORDS : SQL_PROFILES);
	struct walk w = {.st = crm_db_stmt(s->db, SQL_ADDRESSES)};
	enum crm_status rc;
	bool row;

	crm_bind_int(st, ":last", s->snapshot->last);
	crm_bind_int(w.st, ":last", s->snapshot->last);
	rc = next_address(s, &w);
	while (rc == CRM_OK && (rc = crm_db_step(s->db, st, &row)) == CRM_OK && row) {
		put_profile(s, st);
		rc = put_addresses(s, &w, sqlite3_column_int64(st, 0));
	}
	sqlite3_reset(st);
	sqlite3_reset(w.st);
	crm_people_end(s->people);
	return rc;
}

/* Where profiles are to be added to a snapshot, its texts must be found. */
static enum crm_status open_for_new(struct source *s)
{
	sqlite3_stmt *st = crm_db_stmt(s->db, SQL_NEWEST);
	enum crm_status rc;
	int64_t newest;

	if ((rc = crm_db_int(s->db, st, 0, &newest)) == CRM_OK && newest > s->snapshot->last)
		crm_snapshot_open(s->people);
	return rc;
}

/* What may have changed of the records. */
static enum crm_status read_changes(struct source *s)
{
	struct crm_people *p = s->people;
	enum crm_status rc;
	uint32_t i;

	if ((rc = read_moved(s)) != CRM_OK || (rc = read_merged(s)) != CRM_OK)
		return rc;
	for (i = 0; i < p->n && s->n_merged > 0; i++)
		p->person[i] = canon_of(s, p->person[i]);
	return read_shared(s);
}

enum crm_status crm_people_read(struct crm_db *db, const struct crm_spec *spec,
				struct crm_people **out, struct crm_snapshot *snapshot)
{
	struct source s = {.people = crm_people_new(spec),
			   .db = db,
			   .snapshot = snapshot,
			   .doc = CRM_JSON_DOC_INIT,
			   .text = CRM_STR_INIT};
	enum crm_status rc = crm_snapshot_read(db, &s.people, snapshot);

	*out = s.people;
	find_sources(&s);
	s.last_endpoint = snapshot->endpoint;
	if (rc == CRM_OK && snapshot->last)
		rc = open_for_new(&s);
	if (rc == CRM_OK && (rc = read_endpoints(&s)) == CRM_OK)
		rc = read_profiles(&s);
	if (rc == CRM_OK && s.people->n - snapshot->records >= KEEP_FROM)
		crm_snapshot_take(snapshot, s.people, s.last_endpoint);
	if (rc == CRM_OK)
		rc = read_changes(&s);
	free(s.merged);
	free(s.address);
	crm_json_doc_release(&s.doc);
	crm_str_release(&s.text);
	return rc;
}

enum crm_status crm_people_read_one(struct crm_db *db, struct crm_people *people, int64_t profile,
				    bool *found)
{
	sqlite3_stmt *st = crm_db_stmt(db, SQL_ONE), *its = crm_db_stmt(db, SQL_ITS);
	struct source s = {.people = people, .doc = CRM_JSON_DOC_INIT, .text = CRM_STR_INIT};
	enum crm_status rc;
	bool row;
	int i;

	*found = false;
	find_sources(&s);
	crm_bind_int(st, ":profile", profile);
	if ((rc = crm_db_step(db, st, found)) == CRM_OK && *found)
		put_profile(&s, st);
	sqlite3_reset(st);
	crm_bind_int(its, ":profile", profile);
	while (rc == CRM_OK && *found && (rc = crm_db_step(db, its, &row)) == CRM_OK && row)
		for (i = 0; i < people->spec->n_base; i++)
			if (people->spec->column[i].list
			    && crm_slice_is(crm_column(its, 1), people->spec->column[i].from))
				crm_people_put(people, i, crm_column(its, 2), crm_column(its, 3));
	sqlite3_reset(its);
	crm_people_end(people);
	crm_json_doc_release(&s.doc);
	crm_str_release(&s.text);
	return rc;
}
