/* SPDX-License-Identifier: MIT */
/* Requests that wait, and the loads of agents, from the store; see queue.h. */
#include "route/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "store/request.h"

/* SQL keeps its own lines. */
/* clang-format off */

/* As in golden.c: the profiles of a person; first in a CROSS JOIN. */
#define PROFILES_OF(person) \
	"(SELECT " person " AS id UNION ALL" \
	" SELECT id FROM person WHERE canon_id = " person " AND canon_id <> id) AS m" \
	" CROSS JOIN profile AS q ON q.person_id = m.id"
#define WAITS \
	"c.waiting_since IS NOT NULL AND c.status IN ('new', 'open', 'snoozed')" \
	" AND (c.status <> 'snoozed' OR c.snoozed_until <= :now)"
/* Who dealt with somebody: what was given to them, what they wrote or talked. */
#define DEALT_WITH(e) \
	e ".agent <> '' AND " e ".at > :sticky AND " e ".at <= :now AND (" e ".type IN ('assignment', 'call')" \
	" OR (" e ".type = 'message' AND " e ".direction = 'out' AND " e ".automatic IS NULL))"
/* From whom one that is nobody's was taken while they waited: by hand, or by an escalation. */
#define TAKEN_FROM \
	"SELECT e.agent FROM event AS e WHERE e.conversation_id = c.id AND e.type = 'assignment'" \
	" AND e.agent <> '' AND e.at <= :now AND EXISTS (SELECT 1 FROM event AS t" \
	"  WHERE t.conversation_id = c.id AND t.type = 'assignment' AND coalesce(t.agent, '') = ''" \
	"  AND t.at BETWEEN c.waiting_since AND :now) ORDER BY e.at DESC, e.id DESC LIMIT 1"
#define COLUMNS \
	"SELECT c.id, s.name, s.medium, c.queue, c.motive, c.assignee, p.canon_id, c.waiting_since," \
	" c.priority, c.assigned_at, " WAITS ", c.status = 'resolved'," \
	" f.language," \
	" (SELECT e.agent FROM " PROFILES_OF("p.canon_id") \
	"  CROSS JOIN event AS e ON e.profile_id = q.id AND e.type = 'responsible' AND e.at <= :now" \
	"  ORDER BY e.at DESC, e.id DESC LIMIT 1)," \
	" coalesce((SELECT e.agent FROM event AS e WHERE e.conversation_id = c.id AND " DEALT_WITH("e") \
	"   ORDER BY e.at DESC, e.id DESC LIMIT 1)," \
	"  (SELECT e.agent FROM " PROFILES_OF("p.canon_id") \
	"   CROSS JOIN event AS e ON e.profile_id = q.id WHERE " DEALT_WITH("e") \
	"   ORDER BY e.at DESC, e.id DESC LIMIT 1))," \
	" c.assignee IS NOT NULL AND EXISTS (SELECT 1 FROM event AS e WHERE e.conversation_id = c.id" \
	"  AND e.at > c.assigned_at AND e.status IS NOT NULL AND request_state(e.status) = 'resolved')," \
	" CASE WHEN c.assignee IS NULL AND c.status <> 'new' THEN (" TAKEN_FROM ") END"
#define JOINS \
	" CROSS JOIN source AS s ON s.id = c.source_id" \
	" LEFT JOIN profile AS f ON f.id = c.profile_id LEFT JOIN person AS p ON p.id = f.person_id"

static const char sql_all[] =
	COLUMNS " FROM conversation AS c" JOINS " WHERE " WAITS
	" AND (c.assignee IS NULL OR c.assignee NOT IN (SELECT value FROM json_each(:here))"
	" OR max(c.assigned_at, c.waiting_since) <= :unanswered)";
static const char sql_some[] =
	COLUMNS " FROM (SELECT DISTINCT coalesce(a.conversation_id, j.value) AS id FROM json_each(:ids) AS j"
	"  LEFT JOIN conversation_alias AS a ON a.id = j.value) AS w"
	" CROSS JOIN conversation AS c ON c.id = w.id" JOINS;
static const char sql_loads[] =
	"SELECT h.assignee, s.name, s.medium, h.n FROM in_hand AS h"
	" CROSS JOIN source AS s ON s.id = h.source_id WHERE h.n > 0 UNION ALL "
	"SELECT c.assignee, s.name, s.medium, 1 FROM conversation AS c"
	" CROSS JOIN source AS s ON s.id = c.source_id"
	" WHERE c.status = 'snoozed' AND c.assignee IS NOT NULL AND c.snoozed_until <= :now";
static const char sql_turns[] =
	"SELECT a.key, (SELECT max(id) FROM event WHERE agent = a.value AND type = 'assignment')"
	" FROM json_each(:agents) AS a";
static const char sql_comes[] =
	"SELECT min(snoozed_until) FROM conversation"
	" WHERE status = 'snoozed' AND assignee IS NOT NULL AND snoozed_until > :now";
/* clang-format on */

enum column {
	ID,
	CHANNEL,
	MEDIUM,
	QUEUE,
	MOTIVE,
	ASSIGNEE,
	PERSON,
	SINCE,
	PRIORITY,
	ASSIGNED_AT,
	IS_WAITING,
	IS_RESOLVED,
	LANGUAGE,
	RESPONSIBLE,
	LAST,
	REOPENED,
	AVOID
};

const char *const crm_back_names[] = {
	[CRM_BACK_NOT] = NULL,
	[CRM_BACK_GONE] = "gone",
	[CRM_BACK_AWAY] = "away",
	[CRM_BACK_ABSENT] = "absent",
	[CRM_BACK_REOPENED] = "reopened",
	[CRM_BACK_UNANSWERED] = "unanswered",
};

struct loading {
	struct crm_queue *queue;
	struct crm_db *db;
	const struct crm_setup *setup;
	const struct crm_duties *duties;
	int64_t now;
};

/* ---- what comes back ---- */

enum crm_back crm_queue_lost(const struct crm_route_settings *s, const struct crm_duty *d,
			     int64_t now)
{
	bool said = d->off == CRM_OFF_AWAY || d->off == CRM_OFF_OFFLINE;

	if (d->off == CRM_ON_DUTY)
		return CRM_BACK_NOT;
	if (said && now - d->since > s->away)
		return CRM_BACK_AWAY;
	/* Who said no time may be back at any moment. */
	if ((!said || d->until != CRM_NEVER) && d->until - now > s->absent)
		return CRM_BACK_ABSENT;
	return CRM_BACK_NOT;
}

static enum crm_back why_back(const struct loading *l, const struct crm_waiting *w, bool reopened)
{
	int64_t within = l->setup->settings.answer_within;
	int64_t from = w->assigned_at > w->since ? w->assigned_at : w->since;
	const struct crm_agent *a;
	const struct crm_duty *d;
	enum crm_back back;

	if (w->agent == CRM_NOBODY)
		return CRM_BACK_GONE;
	a = &l->setup->agents.list[w->agent];
	d = &l->duties->of[w->agent];
	if ((back = crm_queue_lost(&l->setup->settings, d, l->now)) != CRM_BACK_NOT)
		return back;
	if (reopened && d->off != CRM_ON_DUTY)
		return CRM_BACK_REOPENED;
	if (within && crm_calendar_between(a->calendar, from, l->now) >= within)
		return CRM_BACK_UNANSWERED;
	return CRM_BACK_NOT;
}

/* ---- loading ---- */

static struct crm_slice keep(struct loading *l, sqlite3_stmt *st, int column)
{
	return crm_arena_keep(&l->queue->arena, crm_column(st, column));
}

static int agent_of(const struct loading *l, sqlite3_stmt *st, int column)
{
	const struct crm_agents *agents = &l->setup->agents;
	const struct crm_agent *a = crm_agents_find(agents, crm_column(st, column));

	return a ? (int)(a - agents->list) : CRM_NOBODY;
}

static void take_row(struct loading *l, sqlite3_stmt *st)
{
	struct crm_queue *q = l->queue;
	struct crm_waiting *w;

	CRM_GROW(q->list, q->n + 1, q->cap);
	w = &q->list[q->n++];
	*w = (struct crm_waiting){
		.id = sqlite3_column_int64(st, ID),
		.person = sqlite3_column_int64(st, PERSON),
		.waits = sqlite3_column_int(st, IS_WAITING),
		.resolved = sqlite3_column_int(st, IS_RESOLVED),
		.since = sqlite3_column_int64(st, SINCE),
		.channel = keep(l, st, CHANNEL),
		.medium = keep(l, st, MEDIUM),
		.queue = keep(l, st, QUEUE),
		.motive = keep(l, st, MOTIVE),
		.language = keep(l, st, LANGUAGE),
		.priority = sqlite3_column_int(st, PRIORITY),
		.assignee = keep(l, st, ASSIGNEE),
		.agent = agent_of(l, st, ASSIGNEE),
		.assigned_at = sqlite3_column_int64(st, ASSIGNED_AT),
		.responsible = agent_of(l, st, RESPONSIBLE),
		.last = agent_of(l, st, LAST),
		.avoid = agent_of(l, st, AVOID),
	};
	if (w->waits && w->assignee.ptr)
		w->back = why_back(l, w, sqlite3_column_int(st, REOPENED));
	if (w->back == CRM_BACK_UNANSWERED)
		w->avoid = w->agent;
}

static enum crm_status take_rows(struct loading *l, sqlite3_stmt *st)
{
	enum crm_status rc;
	bool row;

	crm_bind_int(st, ":now", l->now);
	crm_bind_int(st, ":sticky", l->now - l->setup->settings.sticky);
	l->queue->n = 0;
	crm_arena_clear(&l->queue->arena);
	while ((rc = crm_db_step(l->db, st, &row)) == CRM_OK && row)
		take_row(l, st);
	return rc;
}

/* The agents of whom nothing can come back for being off duty. */
static void here_json(const struct loading *l, struct crm_str *out)
{
	crm_json_open(out, '[');
	for (size_t i = 0; i < l->duties->n; i++)
		if (l->duties->of[i].off == CRM_ON_DUTY)
			crm_json_string(out, crm_slice_of(l->setup->agents.list[i].agent));
	crm_json_close(out, ']');
}

void crm_queue_drop(struct crm_queue *queue)
{
	size_t n = 0;

	for (size_t i = 0; i < queue->n; i++) {
		const struct crm_waiting *w = &queue->list[i];

		if (w->waits && (!w->assignee.ptr || w->back))
			queue->list[n++] = *w;
	}
	queue->n = n;
}

enum crm_status crm_queue_all(struct crm_queue *queue, struct crm_db *db,
			      const struct crm_setup *setup, const struct crm_duties *duties)
{
	struct loading l = {queue, db, setup, duties, crm_db_now(db)};
	int64_t within = setup->settings.answer_within;
	struct crm_str here = CRM_STR_INIT;
	enum crm_status rc = crm_request_functions(db);
	sqlite3_stmt *st;

	if (rc != CRM_OK)
		return rc;
	st = crm_db_stmt(db, sql_all);
	here_json(&l, &here);
	crm_bind_slice(st, ":here", (struct crm_slice){here.ptr, here.len});
	if (within)
		crm_bind_int(st, ":unanswered", l.now - within);
	rc = take_rows(&l, st);
	crm_str_release(&here);
	if (rc == CRM_OK)
		crm_queue_drop(queue);
	return rc;
}

enum crm_status crm_queue_some(struct crm_queue *queue, struct crm_db *db,
			       const struct crm_setup *setup, const struct crm_duties *duties,
			       const int64_t *ids, size_t n)
{
	struct loading l = {queue, db, setup, duties, crm_db_now(db)};
	struct crm_str list = CRM_STR_INIT;
	enum crm_status rc = crm_request_functions(db);
	sqlite3_stmt *st;

	if (rc != CRM_OK)
		return rc;
	st = crm_db_stmt(db, sql_some);
	crm_json_open(&list, '[');
	for (size_t i = 0; i < n; i++)
		crm_json_int(&list, ids[i]);
	crm_json_close(&list, ']');
	crm_bind_slice(st, ":ids", (struct crm_slice){list.ptr, list.len});
	rc = take_rows(&l, st);
	crm_str_release(&list);
	return rc;
}

void crm_queue_release(struct crm_queue *queue)
{
	free(queue->list);
	crm_arena_release(&queue->arena);
	*queue = (struct crm_queue)CRM_QUEUE_INIT;
}

/* ---- loads ---- */

static enum crm_status load_hands(struct crm_db *db, const struct crm_agents *agents,
				  struct crm_router *router)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_loads);
	const struct crm_agent *a;
	enum crm_status rc;
	bool row;

	crm_bind_int(st, ":now", crm_db_now(db));
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row)
		if ((a = crm_agents_find(agents, crm_column(st, 0))))
			crm_router_load(router, (int)(a - agents->list), crm_column(st, 1),
					crm_column(st, 2), sqlite3_column_int(st, 3));
	return rc;
}

static enum crm_status load_turns(struct crm_db *db, const struct crm_agents *agents,
				  struct crm_router *router)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_turns);
	struct crm_str names = CRM_STR_INIT;
	enum crm_status rc;
	bool row;

	crm_agents_json(agents, &names);
	crm_bind_slice(st, ":agents", (struct crm_slice){names.ptr, names.len});
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row)
		crm_router_last(router, sqlite3_column_int(st, 0), sqlite3_column_int64(st, 1));
	crm_str_release(&names);
	return rc;
}

enum crm_status crm_queue_loads(struct crm_db *db, const struct crm_agents *agents,
				struct crm_router *router, int64_t *changes)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_comes);
	enum crm_status rc;

	crm_router_clear(router);
	crm_bind_int(st, ":now", crm_db_now(db));
	if ((rc = crm_db_int(db, st, CRM_NEVER, changes)) != CRM_OK
	    || (rc = load_hands(db, agents, router)) != CRM_OK)
		return rc;
	return load_turns(db, agents, router);
}
