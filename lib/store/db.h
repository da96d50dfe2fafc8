/* SPDX-License-Identifier: MIT */
/*
 * db: the store, one SQLite file (WAL, foreign keys, STRICT tables).
 *
 * A reader sees one snapshot. A writer begins with crm_db_begin (BEGIN IMMEDIATE), so
 * that two writers queue instead of failing half way; all that comes before crm_db_commit
 * is undone by a crash. Statements are cached on the handle by their text, which is
 * therefore a static string; parameters are bound by name.
 *
 * The text of the last failure is in crm_db_err(db).
 */
#ifndef CRM_DB_H
#define CRM_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

struct crm_db;

enum crm_db_mode {
	CRM_DB_READ, /* must exist; nothing can be written. In a folder where no file can be made it
		      * is read as it lies: nobody may write to it in the meantime */
	CRM_DB_WRITE, /* must exist; brought up to the newest schema */
	CRM_DB_CREATE /* made if it is not there */
};

/* The schema version that this program writes. */
int crm_db_version(void);

/* *db is new, also on failure (it then holds only the error): close it with
 * crm_db_close. CRM_NO_INPUT without a file, CRM_CONFIG for a store from a newer
 * version, CRM_DATA for a file that is no store. */
enum crm_status crm_db_open(struct crm_db **db, const char *path, enum crm_db_mode mode);
void crm_db_close(struct crm_db *db);

struct crm_err *crm_db_err(struct crm_db *db); /* borrowed: valid until close */
sqlite3 *crm_db_handle(struct crm_db *db);     /* borrowed: for crm_query and bulk inserts */

/* The clock of this run, in ms; crm_db_set_now fixes it (--now). */
int64_t crm_db_now(const struct crm_db *db);
void crm_db_set_now(struct crm_db *db, int64_t now);

enum crm_status crm_db_begin(struct crm_db *db);      /* for writing; waits up to 10 s */
enum crm_status crm_db_begin_read(struct crm_db *db); /* one snapshot */
enum crm_status crm_db_commit(struct crm_db *db);
void crm_db_rollback(struct crm_db *db); /* does nothing outside a transaction */

/* Runs statements that return nothing. */
enum crm_status crm_db_exec(struct crm_db *db, const char *sql);
/* Turns SQLite's result into a status, with its message and doing (what was tried) in
 * the error text. SQLITE_OK, _ROW and _DONE are CRM_OK. */
enum crm_status crm_db_check(struct crm_db *db, int rc, const char *doing);

/* The cached statement for sql (a static string), reset and with bindings cleared, or
 * NULL with the error set. Nobody need look: all functions here take a NULL, do nothing, and
 * what would step it returns that error. Borrowed: valid until close. */
sqlite3_stmt *crm_db_stmt(struct crm_db *db, const char *sql);
/* Binding by name (":name"); the text must live until the statement is reset. A name that
 * the statement lacks is a bug and ends the program with 70. */
void crm_bind_int(sqlite3_stmt *st, const char *name, int64_t n);
void crm_bind_id(sqlite3_stmt *st, const char *name, int64_t id);      /* 0: NULL */
void crm_bind_text(sqlite3_stmt *st, const char *name, const char *s); /* NULL: NULL */
void crm_bind_slice(sqlite3_stmt *st, const char *name, struct crm_slice s);
void crm_bind_blob(sqlite3_stmt *st, const char *name, const void *bytes, size_t len);

/* Steps. *row says whether there is one. After the last row, or a failure, the statement
 * is reset. A statement left before its last row must be reset by the caller, so that it
 * keeps no lock. */
enum crm_status crm_db_step(struct crm_db *db, sqlite3_stmt *st, bool *row);
/* For statements that return no row. */
enum crm_status crm_db_run(struct crm_db *db, sqlite3_stmt *st);
/* The first column of the first row; dflt where there is no row or it is NULL. */
enum crm_status crm_db_int(struct crm_db *db, sqlite3_stmt *st, int64_t dflt, int64_t *out);

/* Looks up the row whose :id is id. *st is at it, to be reset by the caller; NULL: there is
 * none. */
enum crm_status crm_db_find(struct crm_db *db, const char *sql, int64_t id, sqlite3_stmt **st);

/* A text column as a slice; ptr is NULL for NULL. Borrowed: valid until the next step. */
struct crm_slice crm_column(sqlite3_stmt *st, int i);

#endif
