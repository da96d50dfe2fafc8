/* SPDX-License-Identifier: MIT */
/*
 * The floor under crm-dedupe: the records and addresses it compares, read from the store with
 * SQLite's interface and looked at byte by byte, as far as that is what it takes to have seen
 * them. What crm-dedupe costs above this is what it does with them.
 *
 *	link STORE.db
 */
#include <sqlite3.h>
#include <stdio.h>

static int fail(sqlite3 *db)
{
	fprintf(stderr, "link: %s\n", sqlite3_errmsg(db));
	return 1;
}

int main(int argc, char **argv)
{
	static const char *const sql[] = {
		"SELECT profile.id, person.canon_id, source_id, profile.name, given, family,"
		" birth_date, org, street, city, postcode FROM profile"
		" JOIN person ON person.id = profile.person_id ORDER BY profile.id",
		"SELECT profile_id, kind, scope, value FROM profile_endpoint"
		" JOIN endpoint ON endpoint.id = endpoint_id WHERE flags & 1 = 0 ORDER BY "
		"profile_id"};
	unsigned long long rows = 0, bytes = 0;
	sqlite3_stmt *st;
	sqlite3 *db;
	int i, k, rc;

	if (argc != 2 || sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		return 64;
	for (k = 0; k < 2; k++) {
		if (sqlite3_prepare_v2(db, sql[k], -1, &st, NULL) != SQLITE_OK)
			return fail(db);
		while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
			rows++;
			for (i = 0; i < sqlite3_column_count(st); i++) {
				const unsigned char *p = sqlite3_column_text(st, i);

				while (p && *p)
					bytes += *p++ != 0;
			}
		}
		if (rc != SQLITE_DONE)
			return fail(db);
		sqlite3_finalize(st);
	}
	printf("%llu rows, %llu bytes\n", rows, bytes);
	sqlite3_close(db);
	return 0;
}
