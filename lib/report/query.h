/* SPDX-License-Identifier: MIT */
/*
 * query: one statement of somebody's own SQL, which may read everything and change
 * nothing. Three locks: the file is opened for reading (CRM_DB_READ), an authorizer allows
 * only what reads, and the statement must be read-only by SQLite's own judgement. So no
 * ATTACH, no write, no PRAGMA but those that describe the schema.
 */
#ifndef CRM_QUERY_H
#define CRM_QUERY_H

#include "report/rows.h"
#include "store/db.h"

/* *st is new: finalize it with sqlite3_finalize. CRM_DATA with SQLite's message when the
 * text is no SQL, is several statements, or would change something. */
enum crm_status crm_query_prepare(struct crm_db *db, struct crm_slice sql, sqlite3_stmt **st);

/* Binds the parameter called name (without its colon; :name, @name and $name are found): a
 * number when value is written as JSON writes one, else text. false: no such parameter.
 * value is copied. */
bool crm_query_bind(sqlite3_stmt *st, const char *name, const char *value);
bool crm_query_bind_int(sqlite3_stmt *st, const char *name, int64_t n);

/* Runs st and writes all its rows. fields is NULL to take the statement's own column
 * names. drain is called with the output whenever a good deal of it has gathered and at
 * the end; it empties it. */
enum crm_status crm_query_run(struct crm_db *db, sqlite3_stmt *st,
			      const struct crm_rows_field *fields, struct crm_rows *rows,
			      struct crm_str *out, void (*drain)(struct crm_str *out));

#endif
