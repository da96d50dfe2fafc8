/* SPDX-License-Identifier: MIT */
/* The queue and the history, a statement each for the eye and for programs. */
#include "report/requests.h"

#include "base/time.h"
#include "report/functions.h"
#include "report/query.h"
#include "store/request.h"

/* A snoozed request whose time has come is open. */
#define LIST                                                                                       \
	"WITH r AS (SELECT *, CASE WHEN status = 'snoozed' AND snoozed_until <= :now THEN 'open' " \
	" ELSE status END AS state FROM temp.request), "                                           \
	"listed AS (SELECT r.*, r.state IN ('new', 'open') AS waits, s.name AS channel, s.medium," \
	" c.person_id, q.name, e.value AS address FROM r JOIN source AS s ON s.id = r.source_id"   \
	" LEFT JOIN profile_canon AS c ON c.profile_id = r.profile_id"                             \
	" LEFT JOIN person AS q ON q.id = c.person_id"                                             \
	" LEFT JOIN endpoint AS e ON e.id = r.endpoint_id"                                         \
	" WHERE (:states IS NULL OR instr(',' || :states || ',', ',' || r.state || ','))"          \
	" AND (:agent IS NULL OR coalesce(r.assignee, '') = :agent)"                               \
	" AND (:queue IS NULL OR r.queue = :queue)"                                                \
	" AND (:channel IS NULL OR s.name = :channel)"                                             \
	" AND r.updated_at <= :now - :idle) "
#define LISTED                                                                        \
	" FROM listed ORDER BY waits DESC, iif(waits, priority, 0) DESC, iif(waits, " \
	"waiting_since, -updated_at), id LIMIT iif(:limit > 0, :limit, -1)"

static const char sql_list[] =
	LIST "SELECT 'request' AS type, id AS conversation, state AS status, channel, medium,"
	     " person_id AS person, name, address, account, subject, priority_name(priority) AS "
	     "priority,"
	     " queue, motive, assignee AS agent, rfc3339(assigned_at) AS assigned_at,"
	     " rfc3339(opened_at) AS opened_at, rfc3339(waiting_since) AS waiting_since,"
	     " rfc3339(snoozed_until) AS snoozed_until, rfc3339(updated_at) AS updated_at, "
	     "follows" LISTED;
static const char sql_table[] =
	LIST "SELECT id, state, priority_name(priority) AS priority,"
	     " CASE WHEN waits THEN duration(:now - waiting_since) END AS waiting,"
	     " coalesce(name, address) AS \"from\", channel, subject, motive, queue, assignee AS "
	     "agent" LISTED;

/* What an event was, in a word or two. */
#define WHAT                                                                                       \
	"CASE e.type WHEN 'assignment' THEN iif(coalesce(e.agent, '') = '', 'queued', 'assigned')" \
	" WHEN 'status' THEN coalesce(e.status, 'status') WHEN 'message' THEN"                     \
	"  coalesce(e.automatic || ' ', '') || iif(e.direction IS 'out', 'answer', 'message')"     \
	" ELSE e.type END"
#define EVENTS                                                                         \
	" FROM event AS e LEFT JOIN profile_canon AS c ON c.profile_id = e.profile_id" \
	" LEFT JOIN person AS q ON q.id = c.person_id"                                 \
	" LEFT JOIN endpoint AS p ON p.id = e.endpoint_id"                             \
	" WHERE e.conversation_id = :id AND e.at <= :now"                              \
	" ORDER BY e.at, e.type = 'change', e.id"

static const char sql_history[] =
	"SELECT e.type, e.id, :id AS conversation, rfc3339(e.at) AS at, e.direction, e.automatic,"
	" c.person_id AS person, e.agent, e.status, e.subject, e.text, e.key, e.about" EVENTS;
static const char sql_story[] =
	"SELECT rfc3339(e.at) AS at, " WHAT " AS what,"
	" coalesce(e.agent, iif(e.direction IS 'out' OR e.type IN ('status', 'note', 'assignment'),"
	"  '', coalesce(q.name, p.value))) AS who,"
	" coalesce(e.text, e.subject, e.raw ->> '$.reason') AS text" EVENTS;

static void priority_name(sqlite3_context *context, int n, sqlite3_value **values)
{
	int64_t p = sqlite3_value_int64(values[0]);

	(void)n;
	if (p >= 0 && p < CRM_PRIORITIES)
		sqlite3_result_text(context, crm_priority_names[p], -1, SQLITE_STATIC);
}

static void duration(sqlite3_context *context, int n, sqlite3_value **values)
{
	struct crm_str out = CRM_STR_INIT;

	(void)n;
	if (sqlite3_value_type(values[0]) == SQLITE_NULL)
		return;
	crm_duration_format(sqlite3_value_int64(values[0]), &out);
	sqlite3_result_text(context, out.ptr, (int)out.len, SQLITE_TRANSIENT);
	crm_str_release(&out);
}

static enum crm_status prepare(struct crm_db *db, int64_t as_of, const char *sql, sqlite3_stmt **st)
{
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
	sqlite3 *handle = crm_db_handle(db);
	enum crm_status rc = crm_functions_register(db);

	*st = NULL;
	if (rc == CRM_OK)
		rc = crm_requests_as_of(db, as_of);
	if (rc != CRM_OK)
		return rc;
	sqlite3_create_function(handle, "priority_name", 1, flags, NULL, priority_name, NULL, NULL);
	sqlite3_create_function(handle, "duration", 1, flags, NULL, duration, NULL, NULL);
	rc = crm_db_check(db, sqlite3_prepare_v2(handle, sql, -1, st, NULL), "listing requests");
	if (rc == CRM_OK)
		crm_bind_int(*st, ":now", as_of == INT64_MAX ? crm_db_now(db) : as_of);
	return rc;
}

enum crm_status crm_requests_list(struct crm_db *db, const struct crm_requests_filter *f,
				  int64_t as_of, enum crm_rows_format format, struct crm_rows *rows,
				  struct crm_str *out, void (*drain)(struct crm_str *out))
{
	sqlite3_stmt *st;
	enum crm_status rc =
		prepare(db, as_of, format == CRM_ROWS_TABLE ? sql_table : sql_list, &st);

	if (rc == CRM_OK) {
		crm_bind_text(st, ":states", f->states);
		crm_bind_text(st, ":agent", f->agent);
		crm_bind_text(st, ":queue", f->queue);
		crm_bind_text(st, ":channel", f->channel);
		crm_bind_int(st, ":idle", f->idle);
		crm_bind_int(st, ":limit", f->limit);
		rc = crm_query_run(db, st, NULL, rows, out, drain);
	}
	sqlite3_finalize(st);
	return rc;
}

enum crm_status crm_request_history(struct crm_db *db, int64_t conversation, int64_t as_of,
				    enum crm_rows_format format, struct crm_rows *rows,
				    struct crm_str *out, void (*drain)(struct crm_str *out))
{
	sqlite3_stmt *st;
	enum crm_status rc =
		prepare(db, as_of, format == CRM_ROWS_TABLE ? sql_story : sql_history, &st);

	if (rc == CRM_OK) {
		crm_bind_int(st, ":id", conversation);
		rc = crm_query_run(db, st, NULL, rows, out, drain);
	}
	sqlite3_finalize(st);
	return rc;
}
