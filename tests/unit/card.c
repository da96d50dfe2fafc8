/* SPDX-License-Identifier: MIT */
/*
 * A card is made from indexes, however large the store: SQLite's own count of the rows it
 * stepped over in full scans is the judge.
 */
#include "store/card.h"

#include <unistd.h>

#include "report/functions.h"
#include "tap.h"

#define PEOPLE "2000"

static const char fill[] =
	"INSERT INTO source VALUES (1, 's', 's', 'shop');"
	"INSERT INTO batch (id, source_id, file, mapping, started_at) VALUES (1, 1, 'f', '{}', 0);"
	"CREATE TEMP TABLE n AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	"  WHERE i < " PEOPLE ") SELECT i FROM n;"
	"INSERT INTO person (id, canon_id, created_at, name) SELECT i, i, 0, 'P' || i FROM n;"
	"INSERT INTO profile (id, source_id, key, batch_id, line, seen_at, person_id, raw)"
	"  SELECT i, 1, i, 1, i, 0, i, '{}' FROM n;"
	"INSERT INTO endpoint (id, kind, scope, value) SELECT i, 'email', '', i || '@x.org' FROM n;"
	"INSERT INTO profile_endpoint SELECT i, i FROM n;"
	"INSERT INTO event (source_id, key, batch_id, line, type, at, profile_id, ref, raw)"
	"  SELECT 1, i, 1, i, 'order', i, i, i, '{}' FROM n;"
	"INSERT INTO order_line (source_id, key, batch_id, line, scope, ref, quantity, price,"
	"  currency, raw) SELECT 1, i, 1, i, 's', i, 2, i, 'EUR', '{}' FROM n;";

/* Rows stepped over in full scans by all statements of db so far. */
static int scanned(struct crm_db *db)
{
	sqlite3_stmt *st = NULL;
	int n = 0;

	while ((st = sqlite3_next_stmt(crm_db_handle(db), st)))
		n += sqlite3_stmt_status(st, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0);
	return n;
}

int main(void)
{
	char path[] = "/tmp/crm-card.XXXXXX";
	struct crm_card card = CRM_CARD_INIT;
	struct crm_db *db;
	int before;

	close(mkstemp(path));
	unlink(path);
	if (crm_db_open(&db, path, CRM_DB_CREATE) != CRM_OK || crm_db_exec(db, fill) != CRM_OK
	    || crm_functions_register(db) != CRM_OK)
		return 1;
	before = scanned(db);
	is_int(crm_card_load(db, 77, 20, &card), CRM_OK, "a card is loaded");
	is_int(crm_card_orders(&card), 1, "with the person's order");
	is_int(crm_card_cell(&card.parts[CRM_CARD_TIMELINE], 0, "amount")->i, 154,
	       "whose value comes from its lines");
	ok(scanned(db) - before < 20, "no table was scanned (%d rows)", scanned(db) - before);
	is_int(crm_card_load(db, 99999, 20, &card), CRM_NO_INPUT, "nobody has that id");
	crm_card_release(&card);
	crm_db_close(db);
	unlink(path);
	return done();
}
