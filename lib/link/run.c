/* SPDX-License-Identifier: MIT */
/* Which profiles are new to linkage; see run.h. */
#include "link/run.h"

#include <stdlib.h>

static const char SQL_SEEN[] = "SELECT (SELECT max(last_id) FROM link_run),"
			       " (SELECT max(id) FROM profile)";
static const char SQL_PLAN[] =
	"SELECT plan FROM link_run WHERE plan IS NOT NULL ORDER BY id DESC LIMIT 1";
static const char SQL_SAW[] = "INSERT INTO link_run (at, after_id, last_id, matches, plan)"
			      " VALUES (:at, :after, :last, :matches, :plan)";

enum crm_status crm_link_seen(struct crm_db *db, int64_t *seen, int64_t *stored)
{
	sqlite3_stmt *st = crm_db_stmt(db, SQL_SEEN);
	enum crm_status rc;
	bool row;

	*seen = *stored = 0;
	if (!st)
		return crm_db_err(db)->status;
	if ((rc = crm_db_step(db, st, &row)) != CRM_OK || !row)
		return rc;
	*seen = sqlite3_column_int64(st, 0);
	*stored = sqlite3_column_int64(st, 1);
	sqlite3_reset(st);
	return CRM_OK;
}

enum crm_status crm_link_planned(struct crm_db *db, const struct crm_spec *spec,
				 struct crm_plan **plan)
{
	sqlite3_stmt *st = crm_db_stmt(db, SQL_PLAN);
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	struct crm_err ignored; /* of a specification that has other rules by now */
	struct crm_slice json;
	enum crm_status rc;
	bool row;

	*plan = NULL;
	if (!st)
		return crm_db_err(db)->status;
	if ((rc = crm_db_step(db, st, &row)) != CRM_OK || !row)
		return rc;
	json = crm_column(st, 0);
	*plan = crm_calloc(1, sizeof(**plan));
	if (crm_json_scan(&doc, json.ptr, json.len) != CRM_OK
	    || crm_plan_read(*plan, spec, &doc, &doc.values[0], &ignored) != CRM_OK) {
		free(*plan);
		*plan = NULL;
	}
	sqlite3_reset(st);
	crm_json_doc_release(&doc);
	return CRM_OK;
}

enum crm_status crm_link_saw(struct crm_db *db, const struct crm_link_run *run)
{
	enum crm_status rc = crm_db_begin(db);
	sqlite3_stmt *st = rc == CRM_OK ? crm_db_stmt(db, SQL_SAW) : NULL;

	if (!st)
		return crm_db_err(db)->status;
	crm_bind_int(st, ":at", crm_db_now(db));
	crm_bind_int(st, ":after", run->after);
	crm_bind_int(st, ":last", run->last);
	crm_bind_int(st, ":matches", (int64_t)run->matches);
	crm_bind_slice(st, ":plan", run->plan);
	if ((rc = crm_db_run(db, st)) == CRM_OK)
		rc = crm_db_commit(db);
	crm_db_rollback(db);
	return rc;
}
