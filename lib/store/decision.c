/* SPDX-License-Identifier: MIT */
/* The table decision, appended to. */
#include "store/decision.h"

#include "store/people.h"

static const char decision_add[] = "INSERT INTO decision (a, b, same, at, actor, note)"
				   " VALUES (:a, :b, :same, :at, :actor, :note)";
static const char decision_drop[] = "DELETE FROM decision WHERE actor = :actor AND id ="
				    " (SELECT max(id) FROM decision WHERE a = :a AND b = :b)";
static const char decision_read[] =
	"SELECT same, at, actor, note FROM decision WHERE a = :a AND b = :b"
	" ORDER BY id DESC LIMIT 1";
static const char decision_get[] =
	"SELECT same FROM decision WHERE a = :a AND b = :b ORDER BY id DESC LIMIT 1";

enum crm_status crm_decision_get(struct crm_db *db, int64_t a, int64_t b, int *same)
{
	sqlite3_stmt *st = crm_db_stmt(db, decision_get);
	enum crm_status rc;
	int64_t n;

	crm_bind_int(st, ":a", a < b ? a : b);
	crm_bind_int(st, ":b", a < b ? b : a);
	rc = crm_db_int(db, st, -1, &n);
	*same = (int)n;
	return rc;
}

enum crm_status crm_decision_put(struct crm_db *db, int64_t a, int64_t b, bool same,
				 const char *actor, const char *note, bool *added)
{
	enum crm_status rc;
	sqlite3_stmt *st;
	int latest;

	*added = false;
	if ((rc = crm_person_of_profile(db, a, NULL, NULL)) != CRM_OK
	    || (rc = crm_person_of_profile(db, b, NULL, NULL)) != CRM_OK
	    || (rc = crm_decision_get(db, a, b, &latest)) != CRM_OK || latest == same)
		return rc;
	st = crm_db_stmt(db, decision_add);
	crm_bind_int(st, ":a", a < b ? a : b);
	crm_bind_int(st, ":b", a < b ? b : a);
	crm_bind_int(st, ":same", same);
	crm_bind_int(st, ":at", crm_db_now(db));
	crm_bind_text(st, ":actor", actor);
	crm_bind_text(st, ":note", note);
	*added = true;
	return crm_db_run(db, st);
}

enum crm_status crm_decision_take_back(struct crm_db *db, int64_t a, int64_t b, const char *actor)
{
	sqlite3_stmt *st = crm_db_stmt(db, decision_drop);

	crm_bind_int(st, ":a", a < b ? a : b);
	crm_bind_int(st, ":b", a < b ? b : a);
	crm_bind_text(st, ":actor", actor);
	return crm_db_run(db, st);
}

enum crm_status crm_decision_read(struct crm_db *db, int64_t a, int64_t b, struct crm_arena *arena,
				  struct crm_word *out, bool *found)
{
	sqlite3_stmt *st = crm_db_stmt(db, decision_read);
	enum crm_status rc;

	crm_bind_int(st, ":a", a < b ? a : b);
	crm_bind_int(st, ":b", a < b ? b : a);
	if ((rc = crm_db_step(db, st, found)) != CRM_OK || !*found)
		return rc;
	*out = (struct crm_word){.same = sqlite3_column_int(st, 0),
				 .at = sqlite3_column_int64(st, 1),
				 .actor = crm_arena_keep(arena, crm_column(st, 2)),
				 .note = crm_arena_keep(arena, crm_column(st, 3))};
	sqlite3_reset(st);
	return CRM_OK;
}
