/* SPDX-License-Identifier: MIT */
/* Who looks after whom; see responsible.h. */
#include "route/responsible.h"

#include "store/people.h"

/* SQL keeps its own lines. */
/* clang-format off */
static const char sql_profile[] =
	"SELECT min(q.id) FROM " CRM_MEMBERS(":person") " AS m"
	" CROSS JOIN profile AS q ON q.person_id = m.id";
static const char sql_people[] =
	"SELECT person_id, name FROM (SELECT c.person_id, p.name, e.agent,"
	"  row_number() OVER (PARTITION BY c.person_id ORDER BY e.at DESC, e.id DESC) AS nth"
	"  FROM event AS e CROSS JOIN profile_canon AS c ON c.profile_id = e.profile_id"
	"  CROSS JOIN person AS p ON p.id = c.person_id"
	"  WHERE e.type = 'responsible' AND e.at <= :now)"
	" WHERE nth = 1 AND agent = :agent ORDER BY person_id";
/* clang-format on */

enum crm_status crm_responsible_set(struct crm_db *db, struct crm_journal *journal, int64_t person,
				    const char *agent)
{
	struct crm_entry e = {.type = "responsible", .agent = crm_slice_of(agent)};
	enum crm_status rc = crm_person_canon(db, person, &person);
	sqlite3_stmt *st;

	if (rc != CRM_OK)
		return rc;
	st = crm_db_stmt(db, sql_profile);
	crm_bind_int(st, ":person", person);
	if ((rc = crm_db_int(db, st, 0, &e.profile)) != CRM_OK)
		return rc;
	if (!e.profile)
		return crm_fail(crm_db_err(db), CRM_NO_INPUT, "person %lld has no records",
				(long long)person);
	return crm_journal_add(journal, &e, NULL);
}

enum crm_status crm_responsible_each(struct crm_db *db, const char *agent,
				     void (*each)(int64_t person, const char *name, void *data),
				     void *data)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_people);
	enum crm_status rc;
	bool row;

	crm_bind_int(st, ":now", crm_db_now(db));
	crm_bind_text(st, ":agent", agent);
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row)
		each(sqlite3_column_int64(st, 0), (const char *)sqlite3_column_text(st, 1), data);
	return rc;
}
