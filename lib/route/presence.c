/* SPDX-License-Identifier: MIT */
/* What agents said, and the duty that follows from it; see presence.h. */
#include "route/presence.h"

#include <stdlib.h>
#include <string.h>

/* SQL keeps its own lines. */
/* clang-format off */

/* Of each agent the latest row that holds at :at, and the end of the last one that has ended:
 * three seeks in the index presence_holds (agent, until), however often they said something. */
static const char sql_states[] =
	"SELECT a.key, p.state, p.at, p.until, p.reason,"
	" (SELECT max(until) FROM presence WHERE agent = a.value AND until <= :at)"
	" FROM json_each(:agents) AS a LEFT JOIN presence AS p ON p.id ="
	" (SELECT max(id) FROM (SELECT id FROM presence"
	"   WHERE agent = a.value AND until > :at AND at <= :at"
	"  UNION ALL SELECT * FROM (SELECT id FROM presence"
	"   WHERE agent = a.value AND until IS NULL AND at <= :at ORDER BY id DESC LIMIT 1)))";
static const char sql_add[] =
	"INSERT INTO presence (agent, at, state, until, actor, reason)"
	" VALUES (:agent, :at, :state, :until, :actor, :reason)";
static const char sql_each[] =
	"SELECT agent, at, state, until, actor, reason FROM presence"
	" WHERE at <= :as_of AND (:agent IS NULL OR agent = :agent) ORDER BY id";
/* clang-format on */

const char *const crm_presence_names[CRM_PRESENT_STATES] = {
	[CRM_PRESENT_UNSAID] = "unsaid",
	[CRM_PRESENT_ONLINE] = "online",
	[CRM_PRESENT_AWAY] = "away",
	[CRM_PRESENT_OFFLINE] = "offline",
};

static enum crm_presence_state state_named(struct crm_slice name)
{
	for (int i = 0; i < CRM_PRESENT_STATES; i++)
		if (crm_slice_is(name, crm_presence_names[i]))
			return (enum crm_presence_state)i;
	return CRM_PRESENT_UNSAID;
}

static int64_t column_until(sqlite3_stmt *st, int i)
{
	return sqlite3_column_type(st, i) == SQLITE_NULL ? CRM_NEVER : sqlite3_column_int64(st, i);
}

/* When somebody who is off duty at `at` comes back: what they said has ended by `from`. Who must
 * say that they are online comes when they do, which nobody knows. */
static int64_t back_at(const struct crm_agent *a, int64_t from)
{
	if (from == CRM_NEVER || a->presence_required)
		return CRM_NEVER;
	return a->calendar ? crm_calendar_next_open(a->calendar, from) : from;
}

/* Turns what was said (in d: state, until as said) into duty at a moment. */
static void work_out(struct crm_duty *d, const struct crm_agent *a, int64_t at)
{
	int64_t said_until = d->until, close;

	if (d->state == CRM_PRESENT_AWAY || d->state == CRM_PRESENT_OFFLINE) {
		d->off = d->state == CRM_PRESENT_AWAY ? CRM_OFF_AWAY : CRM_OFF_OFFLINE;
		d->until = back_at(a, said_until);
	} else if (a->presence_required && d->state != CRM_PRESENT_ONLINE) {
		d->off = CRM_OFF_OFFLINE;
		d->until = CRM_NEVER;
	} else if (a->calendar && !crm_calendar_is_open(a->calendar, at)) {
		d->off = CRM_OFF_CALENDAR;
		d->until = crm_calendar_next_open(a->calendar, at);
	} else {
		close = a->calendar ? crm_calendar_next_close(a->calendar, at) : CRM_NEVER;
		d->off = CRM_ON_DUTY;
		d->until = a->presence_required && said_until < close ? said_until : close;
	}
}

static void changes_at(struct crm_duties *duties, int64_t ms)
{
	if (ms < duties->changes)
		duties->changes = ms;
}

static void take_row(struct crm_duties *duties, sqlite3_stmt *st, const struct crm_agents *agents,
		     int64_t at)
{
	int64_t i = sqlite3_column_int64(st, 0);
	struct crm_duty *d = &duties->of[i];
	const char *reason = (const char *)sqlite3_column_text(st, 4);

	d->state = state_named(crm_column(st, 1));
	d->since = sqlite3_column_int64(st, d->state ? 2 : 5);
	d->until = d->state ? column_until(st, 3) : CRM_NEVER;
	d->reason = reason ? crm_arena_strndup(&duties->arena, reason, strlen(reason)) : NULL;
	changes_at(duties, d->until);
	work_out(d, &agents->list[i], at);
	changes_at(duties, d->until);
}

enum crm_status crm_duties_load(struct crm_duties *duties, struct crm_db *db,
				const struct crm_agents *agents, int64_t at)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_states);
	struct crm_str names = CRM_STR_INIT;
	enum crm_status rc;
	bool row;

	crm_arena_clear(&duties->arena);
	duties->of = crm_realloc(duties->of, (agents->n + 1) * sizeof(*duties->of));
	memset(duties->of, 0, (agents->n + 1) * sizeof(*duties->of));
	duties->n = agents->n;
	duties->changes = CRM_NEVER;
	crm_agents_json(agents, &names);
	crm_bind_slice(st, ":agents", (struct crm_slice){names.ptr, names.len});
	crm_bind_int(st, ":at", at);
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row)
		take_row(duties, st, agents, at);
	crm_str_release(&names);
	return rc;
}

void crm_duties_release(struct crm_duties *duties)
{
	free(duties->of);
	crm_arena_release(&duties->arena);
	*duties = (struct crm_duties)CRM_DUTIES_INIT;
}

enum crm_status crm_presence_add(struct crm_db *db, const char *agent,
				 enum crm_presence_state state, int64_t until, const char *actor,
				 const char *reason)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_add);

	crm_bind_text(st, ":agent", agent);
	crm_bind_int(st, ":at", crm_db_now(db));
	crm_bind_text(st, ":state", crm_presence_names[state]);
	if (until != CRM_NEVER)
		crm_bind_int(st, ":until", until);
	crm_bind_text(st, ":actor", actor);
	crm_bind_text(st, ":reason", reason);
	return crm_db_run(db, st);
}

enum crm_status crm_presence_each(struct crm_db *db, const char *agent, int64_t as_of,
				  void (*each)(const struct crm_presence_row *row, void *data),
				  void *data)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_each);
	enum crm_status rc;
	bool row;

	crm_bind_int(st, ":as_of", as_of);
	crm_bind_text(st, ":agent", agent);
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		struct crm_presence_row r = {
			.agent = (const char *)sqlite3_column_text(st, 0),
			.at = sqlite3_column_int64(st, 1),
			.state = state_named(crm_column(st, 2)),
			.until = column_until(st, 3),
			.actor = (const char *)sqlite3_column_text(st, 4),
			.reason = (const char *)sqlite3_column_text(st, 5),
		};

		each(&r, data);
	}
	return rc;
}
