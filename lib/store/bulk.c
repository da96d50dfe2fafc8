/* SPDX-License-Identifier: MIT */
/* Rows are gathered and bound together; what is left over goes row by row. */
#include "store/bulk.h"

#include <stdlib.h>

#include "base/mem.h"

#define ROWS 32
#define MAX_COLUMNS 32

struct cell {
	int type; /* SQLITE_INTEGER, _FLOAT, _TEXT, _NULL */
	int64_t n;
	double x;
	struct crm_slice s;
};

struct crm_bulk {
	struct crm_db *db;
	sqlite3_stmt *many, *one;
	int columns, cells;
	struct cell cell[ROWS * MAX_COLUMNS];
	enum crm_status failed;
};

static sqlite3_stmt *prepare(struct crm_bulk *b, const char *verb, const char *table,
			     const char *columns, int rows)
{
	struct crm_str sql = CRM_STR_INIT;
	sqlite3_stmt *st = NULL;
	int rc;

	crm_str_addf(&sql, "%s INTO %s (%s) VALUES ", verb, table, columns);
	for (int r = 0; r < rows; r++) {
		for (int c = 0; c < b->columns; c++)
			crm_str_adds(&sql, c ? ",?" : r ? ",(?" : "(?");
		crm_str_addc(&sql, ')');
	}
	rc = sqlite3_prepare_v3(crm_db_handle(b->db), sql.ptr, -1, SQLITE_PREPARE_PERSISTENT, &st,
				NULL);
	b->failed = crm_db_check(b->db, rc, "cannot prepare");
	crm_str_release(&sql);
	return st;
}

struct crm_bulk *crm_bulk_new(struct crm_db *db, const char *verb, const char *table,
			      const char *columns)
{
	struct crm_bulk *b = crm_calloc(1, sizeof(*b));

	b->db = db;
	b->columns = 1;
	for (const char *p = columns; *p; p++)
		b->columns += *p == ',';
	b->one = prepare(b, verb, table, columns, 1);
	if (!b->failed)
		b->many = prepare(b, verb, table, columns, ROWS);
	return b;
}

void crm_bulk_free(struct crm_bulk *b)
{
	if (!b)
		return;
	sqlite3_finalize(b->many);
	sqlite3_finalize(b->one);
	free(b);
}

static void bind(sqlite3_stmt *st, int at, const struct cell *c)
{
	switch (c->type) {
	case SQLITE_INTEGER:
		sqlite3_bind_int64(st, at, c->n);
		break;
	case SQLITE_FLOAT:
		sqlite3_bind_double(st, at, c->x);
		break;
	case SQLITE_TEXT:
		sqlite3_bind_text64(st, at, c->s.ptr, c->s.len, SQLITE_STATIC, SQLITE_UTF8);
		break;
	default:
		sqlite3_bind_null(st, at);
	}
}

static void insert(struct crm_bulk *b, sqlite3_stmt *st, const struct cell *cells, int n)
{
	if (b->failed)
		return;
	for (int i = 0; i < n; i++)
		bind(st, i + 1, &cells[i]);
	b->failed = crm_db_run(b->db, st);
	sqlite3_reset(st);
}

static void add(struct crm_bulk *b, struct cell c)
{
	b->cell[b->cells++] = c;
	if (b->cells == ROWS * b->columns) {
		insert(b, b->many, b->cell, b->cells);
		b->cells = 0;
	}
}

void crm_bulk_int(struct crm_bulk *b, int64_t n)
{
	add(b, (struct cell){.type = SQLITE_INTEGER, .n = n});
}

void crm_bulk_int_or_null(struct crm_bulk *b, bool has, int64_t n)
{
	add(b, (struct cell){.type = has ? SQLITE_INTEGER : SQLITE_NULL, .n = n});
}

void crm_bulk_real_or_null(struct crm_bulk *b, bool has, double x)
{
	add(b, (struct cell){.type = has ? SQLITE_FLOAT : SQLITE_NULL, .x = x});
}

void crm_bulk_text(struct crm_bulk *b, struct crm_slice s)
{
	add(b, (struct cell){.type = s.ptr ? SQLITE_TEXT : SQLITE_NULL, .s = s});
}

enum crm_status crm_bulk_flush(struct crm_bulk *b)
{
	enum crm_status rc;

	for (int at = 0; at < b->cells; at += b->columns)
		insert(b, b->one, b->cell + at, b->columns);
	b->cells = 0;
	rc = b->failed;
	b->failed = CRM_OK;
	return rc;
}
