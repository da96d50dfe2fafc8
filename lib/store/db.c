/* SPDX-License-Identifier: MIT */
/*
 * Opening the store, bringing its schema up to date, transactions and statements. The
 * schema's steps come from schema/NNNN.sql, which the Makefile turns into the array
 * crm_schema: a step is only ever added, and runs in a transaction of its own that also
 * sets user_version.
 */
#include "store/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/schema.h"

#define APPLICATION_ID 0x63726d74 /* "crmt": tells our file from other SQLite files */
#define BUSY_MS 10000

struct cached {
	const char *sql;
	sqlite3_stmt *st;
};

struct crm_db {
	sqlite3 *handle;
	char *path;
	int64_t now; /* 0: the clock's */
	struct cached *cache;
	size_t n_cached, cap_cached;
	struct crm_err err;
};

int crm_db_version(void)
{
	return crm_schema_steps;
}

struct crm_err *crm_db_err(struct crm_db *db)
{
	return &db->err;
}

sqlite3 *crm_db_handle(struct crm_db *db)
{
	return db->handle;
}

int64_t crm_db_now(const struct crm_db *db)
{
	struct timespec t;

	if (db->now)
		return db->now;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void crm_db_set_now(struct crm_db *db, int64_t now)
{
	db->now = now;
}

enum crm_status crm_db_check(struct crm_db *db, int rc, const char *doing)
{
	enum crm_status status;

	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return CRM_OK;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		status = CRM_BUSY;
		break;
	case SQLITE_IOERR:
	case SQLITE_FULL:
	case SQLITE_READONLY:
	case SQLITE_PERM:
		status = CRM_IO;
		break;
	case SQLITE_CANTOPEN:
		status = CRM_NO_INPUT;
		break;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		status = CRM_DATA;
		break;
	default:
		status = CRM_BUG;
	}
	if (status == CRM_BUSY)
		return crm_fail(&db->err, status, "%s: another command is writing; try again",
				db->path);
	return crm_fail(&db->err, status, "%s: %s: %s", db->path, doing,
			sqlite3_errmsg(db->handle));
}

enum crm_status crm_db_exec(struct crm_db *db, const char *sql)
{
	return crm_db_check(db, sqlite3_exec(db->handle, sql, NULL, NULL, NULL), "cannot write");
}

static enum crm_status pragma_int(struct crm_db *db, const char *sql, int64_t *out)
{
	return crm_db_int(db, crm_db_stmt(db, sql), 0, out);
}

static enum crm_status migrate_step(struct crm_db *db, int version)
{
	char stamp[96];
	enum crm_status rc;

	snprintf(stamp, sizeof(stamp), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 APPLICATION_ID, version);
	if ((rc = crm_db_exec(db, crm_schema[version - 1])) == CRM_OK)
		rc = crm_db_exec(db, stamp);
	return rc;
}

static enum crm_status migrate(struct crm_db *db)
{
	enum crm_status rc = CRM_OK;
	int64_t version = 0;

	while (rc == CRM_OK) {
		if ((rc = crm_db_begin(db)) != CRM_OK)
			return rc;
		rc = pragma_int(db, "PRAGMA user_version", &version);
		if (rc != CRM_OK || version >= crm_schema_steps)
			break;
		if ((rc = migrate_step(db, (int)version + 1)) == CRM_OK)
			rc = crm_db_commit(db);
	}
	crm_db_rollback(db);
	return rc;
}

/* Is it a store, and one that we may use as mode asks? */
static enum crm_status check_version(struct crm_db *db, enum crm_db_mode mode)
{
	int64_t version, application, tables;
	enum crm_status rc;

	if ((rc = pragma_int(db, "PRAGMA user_version", &version)) != CRM_OK
	    || (rc = pragma_int(db, "PRAGMA application_id", &application)) != CRM_OK
	    || (rc = pragma_int(db, "SELECT count(*) FROM sqlite_schema", &tables)) != CRM_OK)
		return rc;
	if (application != APPLICATION_ID && (tables || mode != CRM_DB_CREATE))
		return crm_fail(&db->err, CRM_DATA, "%s is not a crm store; make one with crm-init",
				db->path);
	if (version > crm_schema_steps)
		return crm_fail(
			&db->err, CRM_CONFIG,
			"%s has schema version %lld, this program knows %d: use a newer crm-tools",
			db->path, (long long)version, crm_schema_steps);
	if (version == crm_schema_steps)
		return CRM_OK;
	if (mode == CRM_DB_READ)
		return crm_fail(
			&db->err, CRM_CONFIG,
			"%s has schema version %lld, this program needs %d: run crm-init on it",
			db->path, (long long)version, crm_schema_steps);
	return migrate(db);
}

static enum crm_status prepare(struct crm_db *db, enum crm_db_mode mode)
{
	enum crm_status rc;

	sqlite3_busy_timeout(db->handle, BUSY_MS);
	if ((rc = crm_db_exec(
		     db,
		     "PRAGMA page_size = 8192; PRAGMA foreign_keys = ON; PRAGMA temp_store = FILE;"
		     "PRAGMA trusted_schema = OFF"))
	    != CRM_OK)
		return rc;
	if ((rc = check_version(db, mode)) != CRM_OK || mode == CRM_DB_READ)
		return rc;
	return crm_db_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
}

static bool is_there(const char *path, const char *suffix, struct stat *info)
{
	struct crm_str name = CRM_STR_INIT;
	bool found;

	crm_str_addf(&name, "%s%s", path, suffix);
	found = !stat(name.ptr, info);
	crm_str_release(&name);
	return found;
}

/* Who reads a store makes its -shm file, or shares the one of others. Can it be neither? */
static bool is_sealed(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? crm_strndup(path, (size_t)(slash - path) + 1) : crm_strdup(".");
	struct stat info;
	bool sealed = access(folder, W_OK) && !is_there(path, "-shm", &info);

	free(folder);
	return sealed;
}

/* As a URI with immutable=1: SQLite then makes no file and takes no lock. */
static void put_sealed(struct crm_str *uri, const char *path)
{
	crm_str_adds(uri, *path == '/' ? "file://" : "file:"); /* else //a is a host named a */
	for (; *path; path++)
		if (strchr("%?#", *path))
			crm_str_addf(uri, "%%%02X", (unsigned)*path);
		else
			crm_str_addc(uri, *path);
	crm_str_adds(uri, "?immutable=1");
}

enum crm_status crm_db_open(struct crm_db **out, const char *path, enum crm_db_mode mode)
{
	static const int flags[] = {
		[CRM_DB_READ] = SQLITE_OPEN_READONLY,
		[CRM_DB_WRITE] = SQLITE_OPEN_READWRITE,
		[CRM_DB_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
	};
	struct crm_db *db = crm_calloc(1, sizeof(*db));
	struct crm_str uri = CRM_STR_INIT;
	struct stat info;
	int rc;

	*out = db;
	db->path = crm_strdup(path);
	/* Counting its memory costs SQLite two locks for each piece. Only before first use. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (mode != CRM_DB_CREATE && stat(path, &info))
		return crm_fail(&db->err, CRM_NO_INPUT,
				"no store '%s': make one with crm-init -d %s", path, path);
	if (mode == CRM_DB_READ && is_sealed(path)) {
		if (is_there(path, "-wal", &info) && info.st_size)
			return crm_fail(&db->err, CRM_IO,
					"%s-wal has changes that only who may write here can read:"
					" run crm-init on %s as its owner, or copy both files",
					path, path);
		put_sealed(&uri, path);
	}
	rc = sqlite3_open_v2(uri.len ? uri.ptr : path, &db->handle,
			     flags[mode] | SQLITE_OPEN_NOMUTEX | (uri.len ? SQLITE_OPEN_URI : 0),
			     NULL);
	crm_str_release(&uri);
	if (rc)
		return crm_fail(&db->err, CRM_NO_INPUT, "cannot open '%s': %s", path,
				sqlite3_errmsg(db->handle));
	return prepare(db, mode);
}

void crm_db_close(struct crm_db *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < db->n_cached; i++)
		sqlite3_finalize(db->cache[i].st);
	free(db->cache);
	sqlite3_close(db->handle);
	free(db->path);
	free(db);
}

enum crm_status crm_db_begin(struct crm_db *db)
{
	return crm_db_exec(db, "BEGIN IMMEDIATE");
}

enum crm_status crm_db_begin_read(struct crm_db *db)
{
	return crm_db_exec(db, "BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1");
}

enum crm_status crm_db_commit(struct crm_db *db)
{
	return crm_db_exec(db, "COMMIT");
}

void crm_db_rollback(struct crm_db *db)
{
	if (!sqlite3_get_autocommit(db->handle))
		sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

sqlite3_stmt *crm_db_stmt(struct crm_db *db, const char *sql)
{
	sqlite3_stmt *st = NULL;

	for (size_t i = 0; i < db->n_cached; i++)
		if (db->cache[i].sql == sql) {
			sqlite3_reset(db->cache[i].st);
			sqlite3_clear_bindings(db->cache[i].st);
			return db->cache[i].st;
		}
	if (crm_db_check(
		    db,
		    sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL),
		    "cannot prepare")
	    != CRM_OK)
		return NULL;
	CRM_GROW(db->cache, db->n_cached + 1, db->cap_cached);
	db->cache[db->n_cached++] = (struct cached){sql, st};
	return st;
}

static int parameter(sqlite3_stmt *st, const char *name)
{
	int i = sqlite3_bind_parameter_index(st, name); /* 0 of NULL, and nothing is bound */

	if (!i && st) {
		fprintf(stderr, "crm: bug: no parameter %s in: %s\n", name, sqlite3_sql(st));
		exit(crm_status_exit(CRM_BUG));
	}
	return i;
}

void crm_bind_int(sqlite3_stmt *st, const char *name, int64_t n)
{
	sqlite3_bind_int64(st, parameter(st, name), n);
}

void crm_bind_id(sqlite3_stmt *st, const char *name, int64_t id)
{
	if (id)
		crm_bind_int(st, name, id); /* bindings are NULL at first */
}

void crm_bind_text(sqlite3_stmt *st, const char *name, const char *s)
{
	sqlite3_bind_text(st, parameter(st, name), s, -1, SQLITE_STATIC);
}

void crm_bind_slice(sqlite3_stmt *st, const char *name, struct crm_slice s)
{
	sqlite3_bind_text64(st, parameter(st, name), s.ptr, s.len, SQLITE_STATIC, SQLITE_UTF8);
}

void crm_bind_blob(sqlite3_stmt *st, const char *name, const void *bytes, size_t len)
{
	sqlite3_bind_blob64(st, parameter(st, name), bytes, len, SQLITE_STATIC);
}

enum crm_status crm_db_step(struct crm_db *db, sqlite3_stmt *st, bool *row)
{
	int rc = st ? sqlite3_step(st) : SQLITE_OK;
	enum crm_status status;

	*row = rc == SQLITE_ROW;
	if (!st)
		return db->err.status;
	if (*row)
		return CRM_OK;
	status = crm_db_check(db, rc, "cannot execute");
	sqlite3_reset(st);
	return status;
}

enum crm_status crm_db_run(struct crm_db *db, sqlite3_stmt *st)
{
	bool row;

	return crm_db_step(db, st, &row);
}

enum crm_status crm_db_int(struct crm_db *db, sqlite3_stmt *st, int64_t dflt, int64_t *out)
{
	bool row;
	enum crm_status rc = crm_db_step(db, st, &row);

	*out = dflt;
	if (rc == CRM_OK && row) {
		if (sqlite3_column_type(st, 0) != SQLITE_NULL)
			*out = sqlite3_column_int64(st, 0);
		sqlite3_reset(st);
	}
	return rc;
}

enum crm_status crm_db_find(struct crm_db *db, const char *sql, int64_t id, sqlite3_stmt **st)
{
	enum crm_status rc;
	bool row;

	*st = crm_db_stmt(db, sql);
	crm_bind_int(*st, ":id", id);
	rc = crm_db_step(db, *st, &row);
	if (rc != CRM_OK || !row)
		*st = NULL;
	return rc;
}

struct crm_slice crm_column(sqlite3_stmt *st, int i)
{
	const char *s = (const char *)sqlite3_column_text(st, i);

	return (struct crm_slice){s, s ? (size_t)sqlite3_column_bytes(st, i) : 0};
}
