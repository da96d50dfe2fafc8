/* SPDX-License-Identifier: MIT */
/* Groups of the outbox, and what is to be done about each. */
#include "reply/backlog.h"

#include <stdio.h>
#include <string.h>

#define MINUTE ((int64_t)60000)
#define OVERDUE (5 * MINUTE) /* since then some sender should have taken it */
#define LONG (60 * MINUTE)   /* that a server is not there for a moment is nothing */
#define DAY (24 * 60 * MINUTE)

/* What was sent is looked at for a week, since reports come late. late: nothing holds it back, and
 * no sender has come for it or is at work. written: by people, who believe that it was said. */
static const char sql_groups[] =
	"WITH one AS (SELECT s.name AS channel, o.account AS account, w.state AS state,"
	" nullif(CASE WHEN o.state = w.state THEN o.reason END, '') AS reason, o.id AS id,"
	" o.queued_at AS queued_at, w.state_at AS at, o.state AS own, o.due_at AS due_at,"
	" coalesce(w.told, o.detail, '') AS detail, o.automatic IS NULL AS written,"
	" o.state = 'queued' AND o.due_at <= :overdue AND NOT EXISTS (SELECT 1 FROM outbox AS b"
	"  WHERE b.conversation_id = o.conversation_id AND b.id < o.id"
	"  AND b.state IN ('queued', 'claimed')) AND NOT EXISTS (SELECT 1 FROM outbox AS b"
	"  WHERE b.state = 'claimed' AND b.lease_until > :now) AS late"
	" FROM outbox AS o JOIN outbox_now AS w ON w.outbox_id = o.id"
	" JOIN source AS s ON s.id = o.source_id"
	" WHERE o.state IN ('queued', 'claimed', 'unknown') OR (o.state_at > :week"
	"  AND w.state_at > :day)) "
	"SELECT channel, account, state, reason, late, count(*), min(id), min(queued_at), max(at),"
	" min(CASE own WHEN 'queued' THEN due_at END),"
	" substr(max(printf('%020d', at) || detail), 21), max(written) "
	"FROM one GROUP BY channel, account, state, reason, late "
	"ORDER BY channel, account, state, reason, late";

enum need {
	ALWAYS,
	IF_LONG,   /* it has waited for long */
	IF_WRITTEN /* a person wrote one of them */
};

/* The first that fits; reason NULL: any. */
static const struct advice {
	const char *state, *reason;
	enum need need;
	const char *next;
} advices[] = {
	{"queued", "config", ALWAYS,
	 "mend what it says, in accounts or secrets; then crm-reply --all"},
	{"queued", "no_account", ALWAYS,
	 "put the account back into the file accounts, or give it up: crm-reply --cancel ID"},
	{"queued", "deferred", IF_LONG,
	 "it is tried again by itself; at once: crm-reply --retry ID"},
	{"queued", "unreachable", IF_LONG,
	 "it is tried again by itself; at once: crm-reply --retry ID"},
	{"unknown", NULL, ALWAYS,
	 "ask the other side whether it came; if it did not: crm-reply --retry ID"},
	{"failed", NULL, ALWAYS, "see what they answered, mend that; then crm-reply --retry ID"},
	{"bounced", NULL, ALWAYS, "the address does not work: reach them another way"},
	{"skipped", "suppressed", IF_WRITTEN,
	 "reach them another way; if the address works again: crm-reply --unsuppress ADDRESS"},
	{"skipped", "window_closed", IF_WRITTEN,
	 "answer by another channel, or with variables for a template of this one"},
	{"skipped", NULL, IF_WRITTEN,
	 "a person wrote it, and it was not said: see crm-reply --show ID"},
};

/* Says what is to be done, of the oldest of them. */
static void need(struct crm_backlog *g, const char *next)
{
	const char *id = strstr(next, "ID");

	g->needs = true;
	if (id)
		snprintf(g->next, sizeof(g->next), "%.*s%lld%s", (int)(id - next), next,
			 (long long)g->first, id + 2);
	else
		snprintf(g->next, sizeof(g->next), "%s", next);
}

static void advise(struct crm_backlog *g, bool late, bool written, int64_t now)
{
	if (late) {
		need(g, "nobody delivers: run crm-reply --all every few minutes (cron), or --wait");
		return;
	}
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
		const struct advice *a = &advices[i];

		if (!crm_slice_is(g->state, a->state)
		    || (a->reason && !(g->reason.ptr && crm_slice_is(g->reason, a->reason))))
			continue;
		if (a->need == ALWAYS || (a->need == IF_WRITTEN && written)
		    || (a->need == IF_LONG && g->since < now - LONG))
			need(g, a->next);
		return;
	}
}

static struct crm_backlog read_group(sqlite3_stmt *st, int64_t now)
{
	struct crm_backlog g = {
		.channel = crm_column(st, 0),
		.account = crm_column(st, 1),
		.state = crm_column(st, 2),
		.reason = crm_column(st, 3),
		.n = sqlite3_column_int64(st, 5),
		.first = sqlite3_column_int64(st, 6),
		.since = sqlite3_column_int64(st, 7),
		.at = sqlite3_column_int64(st, 8),
		.due_at = sqlite3_column_int64(st, 9),
		.detail = crm_column(st, 10),
	};

	advise(&g, sqlite3_column_int(st, 4), sqlite3_column_int(st, 11), now);
	return g;
}

/* What needs somebody, then the rest: two readings of one snapshot. */
enum crm_status crm_backlog_each(struct crm_db *db,
				 void (*each)(const struct crm_backlog *group, void *data),
				 void *data)
{
	int64_t now = crm_db_now(db);
	enum crm_status rc = CRM_OK;

	for (int needs = 1; needs >= 0 && rc == CRM_OK; needs--) {
		sqlite3_stmt *st = crm_db_stmt(db, sql_groups);
		bool row;

		crm_bind_int(st, ":now", now);
		crm_bind_int(st, ":overdue", now - OVERDUE);
		crm_bind_int(st, ":week", now - 7 * DAY);
		crm_bind_int(st, ":day", now - DAY);
		while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
			struct crm_backlog g = read_group(st, now);

			if (g.needs == (needs != 0))
				each(&g, data);
		}
	}
	return rc;
}
