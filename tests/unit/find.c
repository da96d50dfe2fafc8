/* SPDX-License-Identifier: MIT */
/*
 * What a user types is never syntax of FTS5: SQLite itself is the judge, over words that
 * are made to be trouble and over random bytes.
 */
#include "store/find.h"

#include <sqlite3.h>

#include "tap.h"

static sqlite3 *db;

static int matches(const char *text, size_t len)
{
	struct crm_str match = CRM_STR_INIT;
	sqlite3_stmt *st;
	int n = 0, rc;

	crm_find_match((struct crm_slice){text, len}, &match);
	if (!match.len)
		return 0;
	sqlite3_prepare_v2(db, "SELECT rowid FROM w WHERE w MATCH ?", -1, &st, NULL);
	sqlite3_bind_text(st, 1, match.ptr, (int)match.len, SQLITE_STATIC);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		n++;
	if (rc != SQLITE_DONE) {
		printf("# %s: %s\n", match.ptr, sqlite3_errmsg(db));
		n = -1;
	}
	sqlite3_finalize(st);
	crm_str_release(&match);
	return n;
}

static void is_match(const char *text, int want, const char *title)
{
	is_int(matches(text, strlen(text)), want, title);
}

static void random_bytes(void)
{
	static const char alphabet[] = "\"\"''*^:(){}+-ANDORT NEAR,\\\n\t.\0\xC3\xA4\xFF";
	uint64_t seed = 1;
	int bad = 0;

	for (int i = 0; i < 20000; i++) {
		char text[24];
		size_t len;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		len = (seed >> 60) + 1;
		for (size_t k = 0; k < len; k++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			text[k] = alphabet[(seed >> 33) % (sizeof(alphabet) - 1)];
		}
		bad += matches(text, len) < 0;
	}
	is_int(bad, 0, "no random text is a syntax error");
}

int main(void)
{
	sqlite3_open(":memory:", &db);
	sqlite3_exec(db,
		     "CREATE VIRTUAL TABLE w USING fts5 (words, content='',"
		     " tokenize='unicode61 remove_diacritics 2');"
		     "INSERT INTO w (rowid, words) VALUES (1, 'Ada King O''Brien Hauptstraße');"
		     "INSERT INTO w (rowid, words) VALUES (2, 'Ádám Müller')",
		     NULL, NULL, NULL);
	is_match("ada king", 1, "all words");
	is_match("king ada", 1, "in any order");
	is_match("ada mül", 0, "all of them in one record");
	is_match("ad", 2, "the last may be a beginning, without accents");
	is_match("ad king", 0, "but only the last");
	is_match("MULLER", 1, "case and accents do not matter");
	is_match("o'brien", 1, "an apostrophe");
	is_match("king \"ada", 1, "a quote");
	is_match("ada OR müller", 0, "OR is a word");
	is_match("words:ada", 0, "so is a column");
	is_match("ada NEAR(", 0, "and NEAR");
	is_match("ada -", 1, "what holds no word is passed over");
	is_match("   ", 0, "blanks are no words");
	is_match("", 0, "nor is nothing");
	random_bytes();
	sqlite3_close(db);
	return done();
}
