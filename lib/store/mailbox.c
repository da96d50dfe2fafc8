/* SPDX-License-Identifier: MIT */
/* The table mailbox: read before a fetch, written after each of its commits. */
#include "store/mailbox.h"

static const char sql_get[] = "SELECT uidvalidity, last_uid FROM mailbox WHERE url = :url";

static const char sql_put[] =
	"INSERT INTO mailbox (url, uidvalidity, last_uid, fetched_at)"
	" VALUES (:url, :uidvalidity, :last_uid, :now)"
	" ON CONFLICT (url) DO UPDATE SET fetched_at = excluded.fetched_at,"
	"  last_uid = CASE WHEN uidvalidity = excluded.uidvalidity"
	"              THEN max(last_uid, excluded.last_uid) ELSE excluded.last_uid END,"
	"  uidvalidity = excluded.uidvalidity";

enum crm_status crm_mailbox_get(struct crm_db *db, const char *url, struct crm_mailbox *mailbox)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_get);
	enum crm_status rc;
	bool row = false;

	*mailbox = (struct crm_mailbox){0, 0};
	crm_bind_text(st, ":url", url);
	if ((rc = crm_db_step(db, st, &row)) != CRM_OK || !row)
		return rc;
	mailbox->uidvalidity = sqlite3_column_int64(st, 0);
	mailbox->last_uid = sqlite3_column_int64(st, 1);
	sqlite3_reset(st);
	return CRM_OK;
}

enum crm_status crm_mailbox_put(struct crm_db *db, const char *url,
				const struct crm_mailbox *mailbox)
{
	enum crm_status rc = crm_db_begin(db);
	sqlite3_stmt *st;

	if (rc != CRM_OK)
		return rc;
	st = crm_db_stmt(db, sql_put);
	crm_bind_text(st, ":url", url);
	crm_bind_int(st, ":uidvalidity", mailbox->uidvalidity);
	crm_bind_int(st, ":last_uid", mailbox->last_uid);
	crm_bind_int(st, ":now", crm_db_now(db));
	if ((rc = crm_db_run(db, st)) == CRM_OK)
		rc = crm_db_commit(db);
	if (rc != CRM_OK)
		crm_db_rollback(db);
	return rc;
}
