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

static void run(struct floor *f, char *sql)
{
	must(f, sqlite3_exec(f->db, sql, NULL, NULL, NULL));
	sqlite3_free(sql);
}

/* The header: a table of its columns, with the indexes that a list of contacts needs. */
static void make_table(struct floor *f)
{
	static const char *const indexed[] = {"id", "email", "phone"};
	sqlite3_str *table = sqlite3_str_new(f->db), *insert = sqlite3_str_new(f->db);
	char *sql;

	for (int i = 0; i < f->columns; i++) {
		sqlite3_str_appendf(table, "%s \"%w\" TEXT", i ? "," : "", f->names[i]);
		sqlite3_str_appendall(insert, i ? ",?" : "?");
	}
	sql = sqlite3_str_finish(table);
	run(f, sqlite3_mprintf("CREATE TABLE t (%s)", sql));
	sqlite3_free(sql);
	for (int i = 0; i < 3; i++)
		run(f, sqlite3_mprintf("CREATE INDEX t_%s ON t (%s)", indexed[i], indexed[i]));
	sql = sqlite3_mprintf("INSERT INTO t VALUES (%z)", sqlite3_str_finish(insert));
	must(f, sqlite3_prepare_v2(f->db, sql, -1, &f->insert, NULL));
	sqlite3_free(sql);
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
