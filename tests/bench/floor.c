/* SPDX-License-Identifier: MIT */
/*
 * The floor under crm-ingest: libcsv and a prepared INSERT into one indexed table, in one
 * transaction. Nothing is normalised, checked, identified or kept raw. What crm-ingest
 * costs above this is what it does.
 *
 *	floor FILE.csv STORE.db
 */
#include <csv.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 64

struct floor {
	sqlite3 *db;
	sqlite3_stmt *insert;
	int column, columns;
	char *names[COLUMNS_MAX];
};

static void must(struct floor *f, int rc)
{
	if (rc == SQLITE_OK || rc == SQLITE_DONE)
		return;
	fprintf(stderr, "floor: %s\n", sqlite3_errmsg(f->db));
	exit(1);
}

/* Appends item for each of names, the second and further ones after a comma. */
static void list(const struct floor *f, char *sql, size_t size, const char *format)
{
	for (int i = 0; i < f->columns; i++) {
		size_t len = strlen(sql);

		len += (size_t)snprintf(sql + len, size - len, "%s", i ? "," : "");
		snprintf(sql + len, size - len, format, f->names[i]);
	}
}

/* The header: a table of its columns, with the indexes that a list of contacts needs. */
static void make_table(struct floor *f)
{
	static const char *const indexed[] = {"id", "email", "phone"};
	char sql[8192] = "CREATE TABLE t (";

	list(f, sql, sizeof(sql) - 2, "\"%s\" TEXT");
	strcat(sql, ")");
	must(f, sqlite3_exec(f->db, sql, NULL, NULL, NULL));
	for (int i = 0; i < 3; i++) {
		snprintf(sql, sizeof(sql), "CREATE INDEX t_%s ON t (%s)", indexed[i], indexed[i]);
		must(f, sqlite3_exec(f->db, sql, NULL, NULL, NULL));
	}
	strcpy(sql, "INSERT INTO t VALUES (");
	list(f, sql, sizeof(sql) - 2, "?%.0s");
	strcat(sql, ")");
	must(f, sqlite3_prepare_v2(f->db, sql, -1, &f->insert, NULL));
}

static void field(void *text, size_t len, void *data)
{
	struct floor *f = data;

	/* copied, because libcsv uses its buffer again for the next field */
	if (f->insert)
		must(f,
		     sqlite3_bind_text(f->insert, ++f->column, text, (int)len, SQLITE_TRANSIENT));
	else if (f->columns < COLUMNS_MAX)
		f->names[f->columns++] = strndup(text, len);
}

static void record(int end, void *data)
{
	struct floor *f = data;

	(void)end;
	if (!f->insert) {
		make_table(f);
		return;
	}
	f->column = 0;
	must(f, sqlite3_step(f->insert));
	sqlite3_reset(f->insert);
}

int main(int argc, char **argv)
{
	struct floor f = {0};
	struct csv_parser parser;
	static char buffer[65536];
	FILE *file;
	size_t n;

	if (argc != 3 || !(file = fopen(argv[1], "r"))) {
		fprintf(stderr, "usage: floor FILE.csv STORE.db\n");
		return 64;
	}
	must(&f, sqlite3_open(argv[2], &f.db));
	must(&f, sqlite3_exec(f.db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; BEGIN",
			      NULL, NULL, NULL));
	csv_init(&parser, CSV_STRICT | CSV_APPEND_NULL);
	while ((n = fread(buffer, 1, sizeof(buffer), file)))
		csv_parse(&parser, buffer, n, field, record, &f);
	csv_fini(&parser, field, record, &f);
	must(&f, sqlite3_exec(f.db, "COMMIT", NULL, NULL, NULL));
	csv_free(&parser);
	sqlite3_finalize(f.insert);
	sqlite3_close(f.db);
	fclose(file);
	return 0;
}
