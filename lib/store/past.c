/* SPDX-License-Identifier: MIT */
/* Components of the links that held at a time, found in SQL: each person takes the smallest id
 * among its neighbours' until nothing changes. */
#include "store/past.h"

#include "store/people.h"

/* clang-format off */
static const char sql_later[] = "SELECT EXISTS (SELECT 1 FROM link WHERE at > :as_of)";
static const char sql_tables[] =
	"CREATE TEMP TABLE then_link (id INTEGER PRIMARY KEY, kind TEXT, a INTEGER, b INTEGER,"
	" profile_id INTEGER);"
	"CREATE INDEX temp.then_split ON then_link (profile_id) WHERE profile_id IS NOT NULL;"
	"CREATE TEMP TABLE then_profile (id INTEGER PRIMARY KEY, person_id INTEGER)";
static const char sql_links[] =
	"INSERT INTO then_link SELECT l.id, l.kind, l.a, l.b, l.profile_id FROM main.link AS l"
	" LEFT JOIN main.person AS a ON a.id = l.a LEFT JOIN main.person AS b ON b.id = l.b"
	" LEFT JOIN main.profile AS p ON p.id = l.profile_id"
	" LEFT JOIN main.batch AS t ON t.id = p.batch_id"
	" LEFT JOIN main.link AS u ON u.undoes = l.id"
	" WHERE l.kind <> 'undo' AND (u.id IS NULL OR (u.at > :as_of AND l.at <= :as_of))"
	" AND (l.at <= :as_of OR CASE l.kind WHEN 'merge'"
	"  THEN a.created_at > :as_of OR b.created_at > :as_of ELSE t.started_at > :as_of END)";
/* As people.c has it: the latest split that holds, else where it was before the first. */
static const char sql_profiles[] =
	"INSERT INTO then_profile SELECT p.id, x.person_id FROM (SELECT DISTINCT s.profile_id AS id,"
	" coalesce((SELECT h.b FROM then_link AS h WHERE h.profile_id = s.profile_id"
	"  ORDER BY h.id DESC LIMIT 1), (SELECT f.a FROM main.link AS f"
	"  WHERE f.profile_id = s.profile_id ORDER BY f.id LIMIT 1)) AS person_id"
	" FROM main.link AS s WHERE s.kind = 'split') AS x JOIN main.profile AS p ON p.id = x.id"
	" WHERE p.person_id <> x.person_id";
static const char sql_changed[] =
	"SELECT EXISTS (SELECT id FROM main.link_active EXCEPT SELECT id FROM then_link)"
	" OR EXISTS (SELECT id FROM then_link EXCEPT SELECT id FROM main.link_active)";

static const char sql_people[] =
	"CREATE TEMP TABLE person AS SELECT id, id AS canon_id, created_at, name, email, phone"
	" FROM main.person;"
	"CREATE UNIQUE INDEX temp.then_person ON person (id)";
static const char sql_spread[] =
	"UPDATE temp.person SET canon_id = x.canon_id FROM (SELECT e.id, min(o.canon_id) AS canon_id"
	" FROM (SELECT a AS id, b AS other FROM then_link WHERE kind = 'merge'"
	"  UNION ALL SELECT b, a FROM then_link WHERE kind = 'merge') AS e"
	" JOIN temp.person AS o ON o.id = e.other GROUP BY e.id) AS x"
	" WHERE x.id = person.id AND x.canon_id < person.canon_id";
static const char sql_jump[] = /* to where the neighbour's has come meanwhile: halves the rounds */
	"UPDATE temp.person SET canon_id = x.canon_id FROM temp.person AS x"
	" WHERE x.id = person.canon_id AND x.canon_id < person.canon_id";
static const char sql_views[] =
	"CREATE INDEX temp.then_canon ON person (canon_id) WHERE canon_id <> id;"
	"CREATE TEMP VIEW profile AS SELECT p.id, p.source_id, p.key, p.batch_id, p.line, p.seen_at,"
	" coalesce((SELECT t.person_id FROM then_profile AS t WHERE t.id = p.id), p.person_id)"
	" AS person_id, p.name, p.given, p.family, p.birth_date, p.org, p.street, p.city, p.postcode,"
	" p.region, p.country, p.language, p.raw, p.birth_written FROM main.profile AS p;"
	"CREATE TEMP VIEW profile_canon AS SELECT profile.id AS profile_id,"
	" person.canon_id AS person_id FROM profile JOIN person ON person.id = profile.person_id";
/* Whose records are not those of now: their golden records are others. */
static const char sql_others[] =
	"SELECT canon_id FROM person WHERE id IN ("
	" SELECT t.id FROM person AS t JOIN main.person AS m USING (id) WHERE t.canon_id <> m.canon_id"
	" UNION SELECT m.canon_id FROM person AS t JOIN main.person AS m USING (id)"
	"  WHERE t.canon_id <> m.canon_id"
	" UNION SELECT person_id FROM then_profile"
	" UNION SELECT p.person_id FROM then_profile JOIN main.profile AS p USING (id))";
/* clang-format on */

static enum crm_status run(struct crm_db *db, const char *sql, int64_t as_of, int64_t *out)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql);

	if (sqlite3_bind_parameter_index(st, ":as_of"))
		crm_bind_int(st, ":as_of", as_of);
	return crm_db_int(db, st, 0, out);
}

static enum crm_status group(struct crm_db *db)
{
	enum crm_status rc = crm_db_exec(db, sql_people);
	int64_t none;
	int changed = 1;

	while (rc == CRM_OK && changed) {
		rc = run(db, sql_spread, 0, &none);
		changed = sqlite3_changes(crm_db_handle(db));
		if (rc == CRM_OK && changed)
			rc = run(db, sql_jump, 0, &none);
	}
	return rc;
}

/* In SQL of golden.c, too, person and profile are now those of then. */
static enum crm_status derive(struct crm_db *db, const struct crm_golden_rules *rules)
{
	struct crm_ids others = CRM_IDS_INIT;
	enum crm_status rc = crm_ids_read(&others, db, crm_db_stmt(db, sql_others));

	if (rc == CRM_OK)
		rc = crm_golden_refresh(db, rules, others.ids, others.n);
	crm_ids_release(&others);
	return rc;
}

enum crm_status crm_people_as_of(struct crm_db *db, const struct crm_golden_rules *rules,
				 int64_t as_of)
{
	int64_t changed, none;
	enum crm_status rc = run(db, sql_later, as_of, &changed);

	if (rc != CRM_OK || !changed || (rc = crm_db_exec(db, sql_tables)) != CRM_OK
	    || (rc = run(db, sql_links, as_of, &none)) != CRM_OK
	    || (rc = run(db, sql_profiles, as_of, &none)) != CRM_OK
	    || (rc = run(db, sql_changed, as_of, &changed)) != CRM_OK || !changed)
		return rc;
	if ((rc = group(db)) != CRM_OK || (rc = crm_db_exec(db, sql_views)) != CRM_OK)
		return rc;
	return derive(db, rules);
}
