/* SPDX-License-Identifier: MIT */
/* The table blob. */
#include "store/blob.h"

static const char sql_add[] = "INSERT INTO blob (digest, bytes) VALUES (:digest, :bytes) "
			      "ON CONFLICT (digest) DO NOTHING";
static const char sql_get[] = "SELECT bytes FROM blob WHERE digest = :digest";

enum crm_status crm_blob_add(struct crm_db *db, struct crm_slice digest, struct crm_slice bytes)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_add);

	crm_bind_slice(st, ":digest", digest);
	crm_bind_blob(st, ":bytes", bytes.ptr, bytes.len);
	return crm_db_run(db, st);
}

enum crm_status crm_blob_get(struct crm_db *db, struct crm_slice digest, struct crm_str *out)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_get);
	enum crm_status rc;
	bool row;

	crm_bind_slice(st, ":digest", digest);
	if ((rc = crm_db_step(db, st, &row)) != CRM_OK)
		return rc;
	if (!row)
		return crm_fail(crm_db_err(db), CRM_DATA, "the store has no file %.*s",
				(int)digest.len, digest.ptr);
	crm_str_add(out, sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0));
	sqlite3_reset(st);
	return CRM_OK;
}
