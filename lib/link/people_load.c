/* SPDX-License-Identifier: MIT */
/* Reading people from the store; see people.h. */
#include <string.h>

#include "base/json.h"
#include "link/people.h"

#define PROFILE_COLUMNS                                                                         \
	"profile.id, person.canon_id, source_id, profile.name, given, family, birth_date, org," \
	" street, city, postcode, region, country, language"
#define PROFILES " FROM profile JOIN person ON person.id = profile.person_id ORDER BY profile.id"

static const char SQL_PROFILES[] = "SELECT " PROFILE_COLUMNS ", NULL" PROFILES;
static const char SQL_RECORDS[] = "SELECT " PROFILE_COLUMNS ", raw" PROFILES;
static const char SQL_ENDPOINTS[] =
	"SELECT profile_id, kind, scope, value FROM profile_endpoint"
	" JOIN endpoint ON endpoint.id = endpoint_id WHERE flags & 1 = 0 ORDER BY profile_id";

/* What a specification may name, in the order of the statements. */
static const char *const profile_columns[] = {"name",   "given",   "family",  "birth_date",
					      "org",    "street",  "city",    "postcode",
					      "region", "country", "language"};
#define FIRST_COLUMN 3 /* profile_columns[0] in a row */
#define N_COLUMNS ((int)(sizeof(profile_columns) / sizeof(profile_columns[0])))
#define RAW (FIRST_COLUMN + N_COLUMNS)

/* Where the base columns come from. */
struct source {
	struct crm_people *people;
	int field[CRM_COLUMNS]; /* in a row of profiles; -1: none of those */
	bool raw;               /* some are pointers into the record as it came */
	struct crm_json_doc doc;
	struct crm_str text;
};

static void find_sources(struct source *s)
{
	const struct crm_spec *spec = s->people->spec;
	int i, k;

	for (i = 0; i < spec->n_base; i++) {
		s->field[i] = -1;
		s->raw = s->raw || spec->column[i].from[0] == '/';
		for (k = 0; k < N_COLUMNS; k++)
			if (!strcmp(spec->column[i].from, profile_columns[k]))
				s->field[i] = FIRST_COLUMN + k;
	}
}

/* A value of the record as it came: of a list all that an array holds. */
static void put_raw(struct source *s, int column)
{
	const struct crm_column_spec *c = &s->people->spec->column[column];
	const struct crm_json_value *v = crm_json_pointer(&s->doc, &s->doc.values[0], c->from);
	uint32_t i, n = 1;

	if (v && v->type == CRM_JSON_ARRAY && c->list)
		n = v->count, v++;
	for (i = 0; v && i < n; i++, v = &s->doc.values[v->next]) {
		if (v->type != CRM_JSON_STRING && v->type != CRM_JSON_NUMBER)
			continue;
		crm_str_clear(&s->text);
		crm_json_text(v, &s->text);
		crm_people_put(s->people, column, CRM_SLICE(""),
			       (struct crm_slice){s->text.ptr, s->text.len});
	}
}

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

/* The addresses of profiles, walked along with these: both come in the order of profiles. */
struct addresses {
	sqlite3_stmt *st;
	bool row;
	int64_t profile; /* of the row it is at */
};

static enum crm_status next_address(struct crm_db *db, struct addresses *a)
{
	enum crm_status rc = crm_db_step(db, a->st, &a->row);

	if (rc == CRM_OK && a->row)
		a->profile = sqlite3_column_int64(a->st, 0);
	return rc;
}

static void put_address(struct source *s, sqlite3_stmt *st)
{
	const struct crm_spec *spec = s->people->spec;
	struct crm_slice kind = crm_column(st, 1);
	int i;

	for (i = 0; i < spec->n_base; i++)
		if (spec->column[i].list && crm_slice_is(kind, spec->column[i].from))
			crm_people_put(s->people, i, crm_column(st, 2), crm_column(st, 3));
}

static enum crm_status put_addresses(struct source *s, struct crm_db *db, struct addresses *a,
				     int64_t profile)
{
	enum crm_status rc = CRM_OK;

	while (rc == CRM_OK && a->row && a->profile < profile)
		rc = next_address(db, a);
	while (rc == CRM_OK && a->row && a->profile == profile) {
		put_address(s, a->st);
		rc = next_address(db, a);
	}
	return rc;
}

static enum crm_status scan(struct source *s, struct crm_db *db)
{
	sqlite3_stmt *st = crm_db_stmt(db, s->raw ? SQL_RECORDS : SQL_PROFILES);
	struct addresses a = {.st = crm_db_stmt(db, SQL_ENDPOINTS)};
	enum crm_status rc;
	bool row;

	if (!st || !a.st)
		return crm_db_err(db)->status;
	rc = next_address(db, &a);
	while (rc == CRM_OK && (rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		put_profile(s, st);
		rc = put_addresses(s, db, &a, sqlite3_column_int64(st, 0));
	}
	sqlite3_reset(st);
	sqlite3_reset(a.st);
	return rc;
}

enum crm_status crm_people_load(struct crm_db *db, const struct crm_spec *spec,
				unsigned int threads, struct crm_people **out)
{
	struct source s = {
		.people = crm_people_new(spec), .doc = CRM_JSON_DOC_INIT, .text = CRM_STR_INIT};
	enum crm_status rc;

	*out = s.people;
	find_sources(&s);
	rc = scan(&s, db);
	if (rc == CRM_OK)
		crm_people_finish(s.people, threads);
	crm_json_doc_release(&s.doc);
	crm_str_release(&s.text);
	return rc;
}
