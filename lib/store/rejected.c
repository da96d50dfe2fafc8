/* SPDX-License-Identifier: MIT */
/* Reading what was set aside, and marking what was mended. */
#include "store/rejected.h"

static const char sql_list[] =
	"SELECT r.id, r.line, s.name, s.scope, b.file, r.reason, r.header, r.bytes, r.part "
	"FROM rejected AS r JOIN source AS s ON s.id = r.source_id JOIN batch AS b ON b.id = "
	"r.batch_id "
	"WHERE r.replayed_at IS NULL ORDER BY r.id";
static const char sql_get[] =
	"SELECT s.name, s.scope, coalesce(r.part, b.file), r.header, b.mapping FROM rejected AS r "
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
			.part = crm_column(st, 8).ptr,
		};

		if (!each(&r, data)) {
			sqlite3_reset(st);
			break;
		}
	}
	return rc;
}

enum crm_status crm_rejected_get(struct crm_db *db, int64_t id, struct crm_origin *origin)
{
	struct crm_str *const columns[] = {&origin->channel, &origin->scope, &origin->file,
					   &origin->header, &origin->mapping};
	sqlite3_stmt *st;
	enum crm_status rc = crm_db_find(db, sql_get, id, &st);

	if (rc != CRM_OK)
		return rc;
	if (!st)
		return crm_fail(crm_db_err(db), CRM_NO_INPUT, "there is no set-aside record %lld",
				(long long)id);
	for (int i = 0; i < 5; i++)
		crm_str_add(columns[i], crm_column(st, i).ptr, crm_column(st, i).len);
	sqlite3_reset(st);
	return CRM_OK;
}

void crm_origin_release(struct crm_origin *origin)
{
	crm_str_release(&origin->channel);
	crm_str_release(&origin->scope);
	crm_str_release(&origin->file);
	crm_str_release(&origin->header);
	crm_str_release(&origin->mapping);
}

enum crm_status crm_rejected_done(struct crm_db *db, int64_t id)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_done);

	crm_bind_int(st, ":now", crm_db_now(db));
	crm_bind_int(st, ":id", id);
	return crm_db_run(db, st);
}
