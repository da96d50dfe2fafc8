/* SPDX-License-Identifier: MIT */
/* Reading what was set aside, and marking what was mended. */
#include "store/rejected.h"

static const char sql_list[] =
	"SELECT r.id, r.line, s.name, s.scope, b.file, r.reason, r.header, r.bytes "
	"FROM rejected AS r JOIN source AS s ON s.id = r.source_id JOIN batch AS b ON b.id = "
	"r.batch_id "
	"WHERE r.replayed_at IS NULL ORDER BY r.id";
static const char sql_get[] =
	"SELECT s.name, s.scope, r.header, b.mapping FROM rejected AS r "
	"JOIN source AS s ON s.id = r.source_id JOIN batch AS b ON b.id = r.batch_id "
	"WHERE r.id = :id";
static const char sql_done[] = "UPDATE rejected SET replayed_at = :now WHERE id = :id";

enum crm_status crm_rejected_each(struct crm_db *db,
				  bool (*each)(const struct crm_rejected *rejected, void *data),
				  void *data)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_list);
	enum crm_status rc;
	bool row;

	if (!st)
		return crm_db_err(db)->status;
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		struct crm_rejected r = {
			.id = sqlite3_column_int64(st, 0),
			.line = sqlite3_column_int64(st, 1),
			.channel = crm_column(st, 2).ptr,
			.scope = crm_column(st, 3).ptr,
			.file = crm_column(st, 4).ptr,
			.reason = crm_column(st, 5).ptr,
			.header = crm_column(st, 6),
			.bytes = {sqlite3_column_blob(st, 7), (size_t)sqlite3_column_bytes(st, 7)},
		};

		if (!each(&r, data)) {
			sqlite3_reset(st);
			break;
		}
	}
	return rc;
}

enum crm_status crm_rejected_get(struct crm_db *db, int64_t id, struct crm_str *channel,
				 struct crm_str *scope, struct crm_str *header,
				 struct crm_str *mapping)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_get);
	enum crm_status rc;
	bool row;

	if (!st)
		return crm_db_err(db)->status;
	crm_bind_int(st, ":id", id);
	if ((rc = crm_db_step(db, st, &row)) != CRM_OK)
		return rc;
	if (!row)
		return crm_fail(crm_db_err(db), CRM_NO_INPUT, "there is no set-aside record %lld",
				(long long)id);
	crm_str_add(channel, crm_column(st, 0).ptr, crm_column(st, 0).len);
	crm_str_add(scope, crm_column(st, 1).ptr, crm_column(st, 1).len);
	crm_str_add(header, crm_column(st, 2).ptr, crm_column(st, 2).len);
	crm_str_add(mapping, crm_column(st, 3).ptr, crm_column(st, 3).len);
	sqlite3_reset(st);
	return CRM_OK;
}

enum crm_status crm_rejected_done(struct crm_db *db, int64_t id)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_done);

	if (!st)
		return crm_db_err(db)->status;
	crm_bind_int(st, ":now", crm_db_now(db));
	crm_bind_int(st, ":id", id);
	return crm_db_run(db, st);
}
