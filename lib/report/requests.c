/* SPDX-License-Identifier: MIT */
/* The queue and the history, a statement each for the eye and for programs. */
#include "report/requests.h"

#include <string.h>

#include "base/columns.h"
#include "base/json.h"
#include "base/time.h"
#include "report/functions.h"
#include "report/query.h"
#include "store/request.h"

/* A snoozed request whose time has come is open. */
#define LIST                                                                                       \
	"WITH r AS (SELECT *, CASE WHEN status = 'snoozed' AND snoozed_until <= :now THEN 'open' " \
	" ELSE status END AS state FROM temp.request), "                                           \
	"listed AS (SELECT r.*, r.state IN ('new', 'open') AS waits, s.name AS channel, s.medium," \
	" q.id AS person_id, q.name, e.value AS address, d.sla, d.target, d.due_at, d.left"        \
	" FROM r CROSS JOIN source AS s ON s.id = r.source_id"                                     \
	" LEFT JOIN profile AS f ON f.id = r.profile_id"                                           \
	" LEFT JOIN person AS c ON c.id = f.person_id"                                             \
	" LEFT JOIN person AS q ON q.id = c.canon_id"                                              \
	" LEFT JOIN endpoint AS e ON e.id = r.endpoint_id"                                         \
	" LEFT JOIN temp.owed AS d ON d.conversation = r.id"                                       \
	" WHERE (:states IS NULL OR instr(',' || :states || ',', ',' || r.state || ','))"          \
	" AND (:agent IS NULL OR coalesce(r.assignee, '') = :agent)"                               \
	" AND (:queue IS NULL OR r.queue = :queue)"                                                \
	" AND (:channel IS NULL OR s.name = :channel)"                                             \
	" AND r.updated_at <= :now - :idle) "
#define LISTED                                                                        \
	" FROM listed ORDER BY waits DESC, iif(waits, priority, 0) DESC, iif(waits, " \
	"waiting_since, -updated_at), id LIMIT iif(:limit > 0, :limit, -1)"

/* What is said of each; what was promised comes last, where anything was. */
#define FOR_PROGRAMS                                                                         \
	"SELECT 'request' AS type, id AS conversation, state AS status, channel, medium,"    \
	" person_id AS person, name, address, account, subject, priority_name(priority) AS " \
	"priority, queue, motive, assignee AS agent, rfc3339(assigned_at) AS assigned_at,"   \
	" rfc3339(opened_at) AS opened_at, rfc3339(waiting_since) AS waiting_since,"         \
	" rfc3339(snoozed_until) AS snoozed_until, rfc3339(updated_at) AS updated_at, follows"
#define FOR_THE_EYE                                              \
	"SELECT id, state, priority_name(priority) AS priority," \
	" CASE WHEN waits THEN duration(:now - waiting_since) END AS waiting"
#define FOR_THE_EYE_TOO                                                                        \
	", coalesce(name, address) AS \"from\", channel, subject, motive, queue, assignee AS " \
	"agent"
static const char *const sql_list[2][2] = {
	/* nothing was promised, something was */
	{LIST FOR_PROGRAMS LISTED,
	 LIST FOR_PROGRAMS ", sla, target, rfc3339(due_at) AS due_at, left" LISTED},
	{LIST FOR_THE_EYE FOR_THE_EYE_TOO LISTED, LIST FOR_THE_EYE
	 ", iif(left < 0, '-', '') || duration(abs(left) * 1000) AS left" FOR_THE_EYE_TOO LISTED},
};

/* What an event was, in a word or two. */
#define WHAT                                                                                    \
	"CASE e.type WHEN 'assignment' THEN CASE WHEN coalesce(e.agent, '') = '' THEN 'queued'" \
	"  WHEN e.raw ->> '$.kept' THEN 'kept' ELSE 'assigned' END"                             \
	" WHEN 'status' THEN coalesce(e.status, 'status') WHEN 'message' THEN"                  \
	"  coalesce(e.automatic || ' ', '') || iif(e.direction IS 'out', 'answer', 'message')"  \
	" ELSE e.type END"
#define EVENTS                                                           \
	" FROM event AS e LEFT JOIN profile AS f ON f.id = e.profile_id" \
	" LEFT JOIN person AS c ON c.id = f.person_id"                   \
	" LEFT JOIN person AS q ON q.id = c.canon_id"                    \
	" LEFT JOIN endpoint AS p ON p.id = e.endpoint_id"               \
	" WHERE e.conversation_id = :id AND e.at <= :now"                \
	" ORDER BY e.at, e.type = 'change', e.id"

static const char sql_history[] =
	"SELECT e.type, e.id, :id AS conversation, rfc3339(e.at) AS at, e.direction, e.automatic,"
	" q.id AS person, e.agent, e.status, e.subject, e.text, e.key, e.about" EVENTS;
/* Why: of an assignment also from whom, and what is out of the ordinary. */
/* clang-format off */
#define WHY \
	"CASE e.type WHEN 'escalation' THEN (e.raw ->> '$.rule') || ': ' || (e.raw ->> '$.target') || ' ' ||" \
	"  (e.raw ->> '$.state') || ', due ' || replace(substr(e.raw ->> '$.due_at', 1, 16), 'T', ' ')" \
	" WHEN 'assignment' THEN (e.raw ->> '$.reason') || coalesce(' (' || (e.raw ->> '$.by') || ')', '')" \
	"  || coalesce(', from ' || (e.raw ->> '$.from'), '')" \
	"  || coalesce(', ' || (e.raw ->> '$.back'), '')" \
	"  || iif((e.raw ->> '$.priority') > 1, ', ' || priority_name(e.raw ->> '$.priority'), '')" \
	" ELSE coalesce(e.raw ->> '$.reason', e.text) END"
/* clang-format on */
/* Of what was done the reason, of what was said the text. */
#define DONE "e.type IN ('assignment', 'status', 'handover', 'escalation', 'responsible')"
static const char sql_story[] =
	"SELECT e.at, " WHAT ", coalesce(e.agent, iif(e.direction IS 'out' OR " DONE
	" OR e.type = 'note', NULL, coalesce(q.name, p.value))),"
	" iif(" DONE ", " WHY ", NULL), iif(" DONE ", NULL, coalesce(e.text, e.subject))" EVENTS;

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
	if (rc != CRM_OK)
		return rc;
	sqlite3_create_function(handle, "priority_name", 1, flags, NULL, priority_name, NULL, NULL);
	sqlite3_create_function(handle, "duration", 1, flags, NULL, duration, NULL, NULL);
	rc = crm_db_check(db, sqlite3_prepare_v2(handle, sql, -1, st, NULL), "listing requests");
	if (rc == CRM_OK)
		crm_bind_int(*st, ":now", as_of == INT64_MAX ? crm_db_now(db) : as_of);
	return rc;
}

static enum crm_status make_owed(struct crm_db *db)
{
	return crm_db_exec(db, "CREATE TEMP TABLE IF NOT EXISTS owed (conversation INTEGER PRIMARY "
			       "KEY, sla TEXT, target TEXT, due_at INTEGER, left INTEGER) STRICT");
}

enum crm_status crm_requests_owed(struct crm_db *db, const struct crm_owed *owed)
{
	enum crm_status rc = make_owed(db);
	sqlite3_stmt *st;

	if (rc != CRM_OK)
		return rc;
	st = crm_db_stmt(db, "INSERT OR REPLACE INTO temp.owed VALUES"
			     " (:conversation, :sla, :target, :due, :left)");
	crm_bind_int(st, ":conversation", owed->conversation);
	crm_bind_text(st, ":sla", owed->sla);
	crm_bind_text(st, ":target", owed->target);
	if (owed->due)
		crm_bind_int(st, ":due", owed->due);
	crm_bind_int(st, ":left", owed->left / 1000 - (owed->left % 1000 < 0));
	return crm_db_run(db, st);
}

static enum crm_status any_owed(struct crm_db *db, bool *any)
{
	enum crm_status rc = make_owed(db);
	int64_t n = 0;

	if (rc == CRM_OK)
		rc = crm_db_int(db, crm_db_stmt(db, "SELECT EXISTS (SELECT 1 FROM temp.owed)"), 0,
				&n);
	*any = n;
	return rc;
}

/* A statement over LISTED: *st is to be finalized. */
static enum crm_status prepare_list(struct crm_db *db, const struct crm_requests_filter *f,
				    int64_t as_of, const char *sql, sqlite3_stmt **st)
{
	enum crm_status rc = crm_requests_as_of(db, as_of);

	*st = NULL;
	if (rc != CRM_OK || (rc = prepare(db, as_of, sql, st)) != CRM_OK)
		return rc;
	crm_bind_text(*st, ":states", f->states);
	crm_bind_text(*st, ":agent", f->agent);
	crm_bind_text(*st, ":queue", f->queue);
	crm_bind_text(*st, ":channel", f->channel);
	crm_bind_int(*st, ":idle", f->idle);
	crm_bind_int(*st, ":limit", f->limit);
	return rc;
}

enum crm_status crm_requests_ids(struct crm_db *db, const struct crm_requests_filter *f,
				 int64_t as_of, struct crm_ids *ids)
{
	enum crm_status rc = make_owed(db);
	sqlite3_stmt *st = NULL;

	if (rc == CRM_OK)
		rc = prepare_list(db, f, as_of, LIST "SELECT id" LISTED, &st);
	if (rc == CRM_OK)
		rc = crm_ids_read(ids, db, st);
	sqlite3_finalize(st);
	return rc;
}

enum crm_status crm_requests_list(struct crm_db *db, const struct crm_requests_filter *f,
				  int64_t as_of, enum crm_rows_format format, struct crm_rows *rows,
				  struct crm_str *out, void (*drain)(struct crm_str *out))
{
	sqlite3_stmt *st = NULL;
	bool owed = false;
	enum crm_status rc = any_owed(db, &owed);

	if (rc == CRM_OK)
		rc = prepare_list(db, f, as_of, sql_list[format == CRM_ROWS_TABLE][owed], &st);
	if (rc == CRM_OK)
		rc = crm_query_run(db, st, NULL, rows, out, drain);
	sqlite3_finalize(st);
	return rc;
}

enum crm_status crm_request_history(struct crm_db *db, int64_t conversation, int64_t as_of,
				    struct crm_rows *rows, struct crm_str *out,
				    void (*drain)(struct crm_str *out))
{
	sqlite3_stmt *st;
	enum crm_status rc = prepare(db, as_of, sql_history, &st);

	if (rc == CRM_OK) {
		crm_bind_int(st, ":id", conversation);
		rc = crm_query_run(db, st, NULL, rows, out, drain);
	}
	sqlite3_finalize(st);
	return rc;
}

/* ---- one request, for the eye ---- */

#define LABEL 12 /* columns of the first one of the head, with its margin */
#define BODY 4   /* columns that what was said is indented by */

struct page {
	const struct crm_json_doc *request; /* crm-records(5), request */
	const char *promised;               /* may be empty */
	size_t width;
	struct crm_str *out;
	struct crm_str text, value;
};

/* A member of the request; borrowed until the next call. */
static const char *member(struct page *p, const char *name)
{
	const struct crm_json_value *v = crm_json_member(p->request, p->request->values, name);

	crm_str_clear(&p->value);
	if (v && v->type != CRM_JSON_NULL)
		crm_json_text(v, &p->value);
	return p->value.ptr;
}

/* A member, with what comes before and behind it, where it is there. */
static void add(struct page *p, const char *before, const char *name, const char *after)
{
	const char *value = member(p, name);

	if (*value)
		crm_str_addf(&p->text, "%s%s%s", p->text.len ? before : "", value, after);
}

/* 2026-10-01 09:30 of "2026-10-01T09:30:00Z" */
static void add_time(struct page *p, const char *before, const char *name)
{
	const char *value = member(p, name);

	if (strlen(value) >= 16)
		crm_str_addf(&p->text, "%s%.10s %.5s", before, value, value + 11);
}

static void put_line(struct page *p, const char *label, size_t indent)
{
	if (!p->text.len)
		return;
	crm_columns_pad(p->out, crm_slice_of(label), indent, CRM_LEFT);
	crm_columns_wrap(p->out, crm_str_slice(&p->text), indent, p->width, 0);
	crm_str_addc(p->out, '\n');
	crm_str_clear(&p->text);
}

static void head(struct page *p)
{
	crm_str_addf(&p->text, "%s", member(p, "conversation"));
	add(p, " ", "subject", "");
	put_line(p, "", 0);
	for (size_t i = 0; i < p->width; i++)
		crm_str_addc(p->out, '=');
	crm_str_addc(p->out, '\n');
	add(p, "", "name", "");
	add(p, ", ", "address", "");
	add(p, ", person ", "person", "");
	put_line(p, "  from", LABEL);
	add(p, "", "channel", "");
	add(p, ", to ", "account", "");
	put_line(p, "  by", LABEL);
	add(p, "", "status", "");
	add_time(p, " until ", "snoozed_until");
	add(p, ", ", "priority", "");
	add(p, ", about: ", "motive", "");
	put_line(p, "  state", LABEL);
	add(p, "", "agent", "");
	if (p->text.len)
		add_time(p, " since ", "assigned_at");
	else
		crm_str_adds(&p->text, "nobody");
	add(p, ", queue ", "queue", "");
	put_line(p, "  with", LABEL);
	add_time(p, "", "opened_at");
	add_time(p, ", waiting since ", "waiting_since");
	add(p, ", goes on with ", "follows", "");
	put_line(p, "  opened", LABEL);
	crm_str_adds(&p->text, p->promised);
	put_line(p, "  promised", LABEL);
}

/* What was said, with its own ends of lines. */
static void put_body(struct page *p, struct crm_slice body)
{
	const char *s = body.ptr, *end = body.ptr + body.len;

	while (s < end) {
		const char *newline = memchr(s, '\n', (size_t)(end - s));
		size_t n = (size_t)((newline ? newline : end) - s);

		crm_str_add(&p->text, s, n);
		if (crm_slice_trim((struct crm_slice){s, n}).len)
			put_line(p, "", BODY);
		crm_str_clear(&p->text);
		s += n + 1;
	}
}

static void put_event(struct page *p, sqlite3_stmt *st)
{
	struct crm_slice what = crm_column(st, 1), who = crm_column(st, 2), why = crm_column(st, 3),
			 body = crm_column(st, 4);
	struct crm_str at = CRM_STR_INIT;

	crm_time_format(sqlite3_column_int64(st, 0), 0, &at);
	crm_str_addf(&p->text, "%.10s %.5s  ", at.ptr, at.ptr + 11);
	crm_str_add(&p->text, what.ptr, what.len);
	if (who.len) {
		crm_str_adds(&p->text, crm_slice_is(what, "assigned") ? " to "
				       : crm_slice_is(what, "kept")   ? " by "
								      : ", ");
		crm_str_add(&p->text, who.ptr, who.len);
	}
	if (why.len) {
		crm_str_adds(&p->text, ": ");
		crm_str_add(&p->text, why.ptr, why.len);
	}
	put_line(p, "", 0);
	if (body.len)
		put_body(p, body);
	crm_str_release(&at);
}

enum crm_status crm_request_text(struct crm_db *db, int64_t conversation,
				 const struct crm_json_doc *request, const char *promised,
				 int64_t as_of, size_t width, struct crm_str *out)
{
	struct page p = {request, promised,     width < 40 ? 40 : width > 120 ? 120 : width,
			 out,     CRM_STR_INIT, CRM_STR_INIT};
	sqlite3_stmt *st;
	enum crm_status rc = prepare(db, as_of, sql_story, &st);
	bool row = true;

	head(&p);
	crm_str_addc(out, '\n');
	if (rc == CRM_OK)
		crm_bind_int(st, ":id", conversation);
	while (rc == CRM_OK && (rc = crm_db_step(db, st, &row)) == CRM_OK && row)
		put_event(&p, st);
	sqlite3_finalize(st);
	crm_str_release(&p.text);
	crm_str_release(&p.value);
	return rc;
}
