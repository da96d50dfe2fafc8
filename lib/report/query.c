/* SPDX-License-Identifier: MIT */
/* Read-only SQL that is not ours; see query.h for what keeps it so. */
#include "report/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#define DRAIN_AT (64 * 1024)

/* PRAGMAs that only describe; data_version is what FTS5 asks for itself. */
static const char *const pragmas[] = {
	"collation_list", "compile_options", "data_version", "database_list", "foreign_key_list",
	"function_list",  "index_info",      "index_list",   "index_xinfo",   "table_info",
	"table_list",     "table_xinfo",     "user_version",
};

static int allow_pragma(const char *name)
{
	for (size_t i = 0; i < sizeof(pragmas) / sizeof(pragmas[0]); i++)
		if (!sqlite3_stricmp(pragmas[i], name))
			return SQLITE_OK;
	return SQLITE_DENY;
}

static int authorize(void *data, int action, const char *a, const char *b, const char *c,
		     const char *d)
{
	(void)data, (void)c, (void)d;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_FUNCTION:
		return sqlite3_stricmp(b, "load_extension") ? SQLITE_OK : SQLITE_DENY;
	case SQLITE_PRAGMA:
		return allow_pragma(a);
	case SQLITE_UPDATE:
		/* connecting to a virtual table (FTS5) is asked as if it wrote the schema; a
		 * statement that really does is not read-only */
		return !sqlite3_stricmp(a, "sqlite_master") ? SQLITE_OK : SQLITE_DENY;
	default:
		return SQLITE_DENY;
	}
}

/* Mistakes in the SQL are the user's; the rest is the store's. */
static enum crm_status fail(struct crm_db *db, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_AUTH:
	case SQLITE_READONLY:
		return crm_fail(crm_db_err(db), CRM_DATA, "only reading is allowed: %s",
				sqlite3_errmsg(crm_db_handle(db)));
	case SQLITE_ERROR:
	case SQLITE_MISMATCH:
	case SQLITE_RANGE:
	case SQLITE_TOOBIG:
	case SQLITE_MISUSE:
		return crm_fail(crm_db_err(db), CRM_DATA, "%s", sqlite3_errmsg(crm_db_handle(db)));
	default:
		return crm_db_check(db, rc, "cannot read");
	}
}

/* Is there only white space, comments and semicolons behind the statement? */
static bool nothing_follows(struct crm_db *db, const char *tail, const char *end)
{
	while (tail && tail < end) {
		sqlite3_stmt *more = NULL;
		const char *from = tail;

		if (sqlite3_prepare_v2(crm_db_handle(db), from, (int)(end - from), &more, &tail)
			    != SQLITE_OK
		    || more) {
			sqlite3_finalize(more);
			return false;
		}
		if (tail == from)
			break;
	}
	return true;
}

static enum crm_status check(struct crm_db *db, sqlite3_stmt *st, bool alone)
{
	struct crm_err *err = crm_db_err(db);

	if (!st)
		return crm_fail(err, CRM_DATA, "there is no SQL");
	if (!alone)
		return crm_fail(err, CRM_DATA, "one statement at a time");
	if (!sqlite3_stmt_readonly(st) || !sqlite3_column_count(st))
		return crm_fail(err, CRM_DATA,
				"only reading is allowed: the statement gives no "
				"rows");
	return CRM_OK;
}

enum crm_status crm_query_prepare(struct crm_db *db, struct crm_slice sql, sqlite3_stmt **st)
{
	const char *tail = NULL;
	enum crm_status status;
	int rc;

	*st = NULL;
	if (sql.len > INT32_MAX / 2)
		return crm_fail(crm_db_err(db), CRM_DATA, "the SQL is too long");
	if (memchr(sql.ptr, '\0', sql.len))
		return crm_fail(crm_db_err(db), CRM_DATA, "the SQL contains a NUL byte");
	sqlite3_set_authorizer(crm_db_handle(db), authorize, NULL);
	rc = sqlite3_prepare_v2(crm_db_handle(db), sql.ptr, (int)sql.len, st, &tail);
	if (rc != SQLITE_OK)
		return fail(db, rc);
	status = check(db, *st, nothing_follows(db, tail, sql.ptr + sql.len));
	if (status != CRM_OK) {
		sqlite3_finalize(*st);
		*st = NULL;
	}
	return status;
}

static int parameter(sqlite3_stmt *st, const char *name)
{
	struct crm_str full = CRM_STR_INIT;
	int found = 0;

	for (const char *sigil = ":@$"; *sigil && !found; sigil++) {
		crm_str_clear(&full);
		crm_str_addf(&full, "%c%s", *sigil, name);
		found = sqlite3_bind_parameter_index(st, full.ptr);
	}
	crm_str_release(&full);
	return found;
}

bool crm_query_bind(sqlite3_stmt *st, const char *name, const char *value)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	int i = parameter(st, name);
	char *end;
	long long n = strtoll(value, &end, 10);

	if (!i)
		return false;
	if (crm_json_scan(&doc, value, strlen(value)) != CRM_OK
	    || doc.values[0].type != CRM_JSON_NUMBER || doc.values[0].text.len != strlen(value))
		sqlite3_bind_text(st, i, value, -1, SQLITE_TRANSIENT);
	else if (*end || n == INT64_MAX || n == INT64_MIN)
		sqlite3_bind_double(st, i, strtod(value, NULL));
	else
		sqlite3_bind_int64(st, i, n);
	crm_json_doc_release(&doc);
	return true;
}

bool crm_query_bind_int(sqlite3_stmt *st, const char *name, int64_t n)
{
	int i = parameter(st, name);

	if (i)
		sqlite3_bind_int64(st, i, n);
	return i != 0;
}

static void begin(sqlite3_stmt *st, const struct crm_rows_field *fields, struct crm_rows *rows,
		  int n)
{
	struct crm_rows_field *own;

	if (fields) {
		crm_rows_begin(rows, fields, (size_t)n);
		return;
	}
	own = crm_calloc((size_t)n, sizeof(*own));
	for (int i = 0; i < n; i++)
		own[i] = (struct crm_rows_field){sqlite3_column_name(st, i), -1};
	crm_rows_begin(rows, own, (size_t)n);
	free(own);
}

enum crm_status crm_query_run(struct crm_db *db, sqlite3_stmt *st,
			      const struct crm_rows_field *fields, struct crm_rows *rows,
			      struct crm_str *out, void (*drain)(struct crm_str *out))
{
	int n = sqlite3_column_count(st), rc;
	struct crm_cell *cells = crm_calloc((size_t)n, sizeof(*cells));

	begin(st, fields, rows, n);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		for (int i = 0; i < n; i++)
			cells[i] = crm_cell_of(st, i);
		crm_rows_add(rows, cells);
		if (out->len > DRAIN_AT)
			drain(out);
	}
	free(cells);
	if (rc == SQLITE_DONE)
		crm_rows_end(rows);
	drain(out);
	return rc == SQLITE_DONE ? CRM_OK : fail(db, rc);
}
