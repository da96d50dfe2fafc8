/* SPDX-License-Identifier: MIT */
/*
 * What was promised of the requests of a store: worked out for some hundred at a time, with
 * one query for their events; what is due of them, and what is done about it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/time.h"
#include "route/facts.h"
#include "route/sla.h"
#include "store/journal.h"
#include "store/request.h"

#define CHUNK 500

static const char sql_open[] = /* what changed since may not have been resolved then */
	"SELECT id FROM conversation WHERE (status <> 'resolved' OR updated_at > :as_of) "
	"AND opened_at <= :as_of ORDER BY id";
static const char sql_events[] =
	"SELECT conversation_id, at, type, direction, automatic, status, agent,"
	" CASE type WHEN 'status' THEN raw ->> 'until' END "
	"FROM event WHERE conversation_id IN (SELECT value FROM json_each(:ids))"
	" AND at <= :as_of AND type <> 'rating' "
	"ORDER BY conversation_id, " CRM_EVENT_ORDER;

static const char sql_done[] =
	"SELECT 1 FROM event JOIN source ON source.id = event.source_id "
	"WHERE source.name = :command AND source.scope = '' AND event.key = :key";

struct pass {
	const struct crm_sla_job *job;
	struct crm_sla_walk *walk;
	const struct crm_sla *sla[CHUNK]; /* of the requests of the chunk; NULL: none applies */
	struct crm_str ids;
	crm_sla_each_fn *each;
	void *data;
};

/* The policy of the i-th request of the chunk; the judge is asked about it then. */
static const struct crm_sla *choose(const struct crm_sla_job *job, size_t i)
{
	const struct crm_slas *slas = job->slas;

	if (job->facts && !crm_facts_found(job->facts, i))
		return NULL;
	if (job->facts)
		crm_judge_begin(job->judge, crm_facts_row(job->facts, i), job->as_of);
	for (size_t k = 0; k < slas->n; k++)
		if (slas->list[k].condition == CRM_ALWAYS
		    || (job->facts && crm_judge_holds(job->judge, slas->list[k].condition)))
			return &slas->list[k];
	return NULL;
}

static enum crm_status load_chunk(struct pass *p, const int64_t *ids, size_t n)
{
	enum crm_status rc = CRM_OK;

	crm_str_clear(&p->ids);
	crm_json_open(&p->ids, '[');
	for (size_t i = 0; i < n; i++)
		crm_json_int(&p->ids, ids[i]);
	crm_json_close(&p->ids, ']');
	if (p->job->facts)
		rc = crm_facts_load(p->job->facts, ids, n);
	return rc;
}

static void take_event(struct pass *p, sqlite3_stmt *st)
{
	struct crm_said said = {.type = crm_column(st, 2),
				.direction = crm_column(st, 3),
				.automatic = crm_column(st, 4),
				.status = crm_column(st, 5),
				.agent = crm_column(st, 6)};
	struct crm_slice until = crm_column(st, 7);
	struct crm_time time = {0};

	if (until.ptr && !crm_time_rfc3339(until.ptr, until.len, &time))
		time.ms = 0;
	crm_sla_walk_take(p->walk, sqlite3_column_int64(st, 1), &said, time.ms);
}

static enum crm_status end_request(struct pass *p, int64_t id)
{
	struct crm_sla_result result;

	crm_sla_walk_end(p->walk, p->job->as_of, &result);
	result.conversation = id;
	return p->each(&result, p->job->judge, p->data);
}

/* Walks over the events of the requests, both being in the order of their ids. */
static enum crm_status walk_chunk(struct pass *p, sqlite3_stmt *st, const int64_t *ids, size_t n)
{
	struct crm_db *db = p->job->db;
	enum crm_status rc;
	bool row;

	rc = crm_db_step(db, st, &row);
	for (size_t i = 0; i < n && rc == CRM_OK && row; i++) {
		const struct crm_sla *sla = choose(p->job, i);
		bool any = false;

		if (sla)
			crm_sla_walk_begin(p->walk, sla);
		for (; rc == CRM_OK && row && sqlite3_column_int64(st, 0) == ids[i];
		     rc = crm_db_step(db, st, &row)) {
			if (sla)
				take_event(p, st);
			any = true;
		}
		if (rc == CRM_OK && any && sla)
			rc = end_request(p, ids[i]);
	}
	if (row)
		sqlite3_reset(st);
	return rc;
}

static enum crm_status chunk(struct pass *p, const int64_t *ids, size_t n)
{
	enum crm_status rc = load_chunk(p, ids, n);
	sqlite3_stmt *st;

	if (rc != CRM_OK)
		return rc;
	st = crm_db_stmt(p->job->db, sql_events);
	crm_bind_slice(st, ":ids", (struct crm_slice){p->ids.ptr, p->ids.len});
	crm_bind_int(st, ":as_of", p->job->as_of);
	return walk_chunk(p, st, ids, n);
}

static enum crm_status open_requests(const struct crm_sla_job *job, struct crm_ids *ids)
{
	sqlite3_stmt *st = crm_db_stmt(job->db, sql_open);

	crm_bind_int(st, ":as_of", job->as_of);
	return crm_ids_read(ids, job->db, st);
}

static void sort_ids(struct crm_ids *ids)
{
	size_t kept = 0;

	if (ids->n)
		qsort(ids->ids, ids->n, sizeof(*ids->ids), crm_ids_order);
	for (size_t i = 0; i < ids->n; i++)
		if (!i || ids->ids[i] != ids->ids[kept - 1])
			ids->ids[kept++] = ids->ids[i];
	ids->n = kept;
}

enum crm_status crm_sla_each(const struct crm_sla_job *job, struct crm_ids *conversations,
			     crm_sla_each_fn *each, void *data)
{
	struct pass p = {.job = job, .ids = CRM_STR_INIT, .each = each, .data = data};
	struct crm_ids all = CRM_IDS_INIT, *ids = conversations ? conversations : &all;
	enum crm_status rc = CRM_OK;

	if (!job->slas->n)
		return CRM_OK;
	p.walk = crm_sla_walk_new();
	if (conversations)
		sort_ids(conversations);
	else
		rc = open_requests(job, &all);
	for (size_t i = 0; i < ids->n && rc == CRM_OK; i += CHUNK)
		rc = chunk(&p, ids->ids + i, ids->n - i < CHUNK ? ids->n - i : CHUNK);
	crm_sla_walk_free(p.walk);
	crm_str_release(&p.ids);
	crm_ids_release(&all);
	return rc;
}

/* --- what is due --- */

struct owed {
	int64_t conversation;
	const struct crm_sla *sla;
	enum crm_sla_target target;
	struct crm_sla_standing is;
	const char *assignee; /* NULL: nobody */
	const struct crm_escalation *escalation;
};

struct list {
	const struct crm_sla_job *job;
	int64_t within;
	crm_sla_tell_fn *tell;
	void *tell_data;
	struct owed *owed;
	size_t n, cap;
	struct crm_arena texts;
};

/* Is the target still owed, and due within so much open time, or over? */
static bool is_due(const struct crm_sla_standing *is, int64_t within)
{
	return !is->over
	       && (is->state == CRM_SLA_MISSED
		   || (is->state == CRM_SLA_RUNNING && is->left <= within));
}

static void add_owed(struct list *l, const struct crm_sla_result *r, int target,
		     const struct crm_escalation *escalation)
{
	CRM_GROW(l->owed, l->n + 1, l->cap);
	l->owed[l->n++] = (struct owed){
		.conversation = r->conversation,
		.sla = r->sla,
		.target = (enum crm_sla_target)target,
		.is = r->of[target],
		.assignee = r->assignee.ptr
				    ? crm_arena_strndup(&l->texts, r->assignee.ptr, r->assignee.len)
				    : NULL,
		.escalation = escalation};
}

static enum crm_status list_due(const struct crm_sla_result *r, struct crm_judge *judge, void *data)
{
	struct list *l = data;

	(void)judge;
	for (int i = 0; i < CRM_SLA_TARGETS; i++)
		if (is_due(&r->of[i], l->within < 0 ? r->sla->warn : l->within))
			add_owed(l, r, i, NULL);
	return CRM_OK;
}

static int by_due(const void *a, const void *b)
{
	const struct owed *x = a, *y = b;

	if (x->is.due != y->is.due)
		return x->is.due < y->is.due ? -1 : 1;
	if (x->conversation != y->conversation)
		return x->conversation < y->conversation ? -1 : 1;
	if (x->target != y->target)
		return x->target < y->target ? -1 : 1;
	return (x->escalation > y->escalation) - (x->escalation < y->escalation);
}

static void list_release(struct list *l)
{
	free(l->owed);
	crm_arena_release(&l->texts);
}

/* The members that say which target of what. left: whole seconds, rounded down. */
static void put_owed(struct crm_str *out, const struct owed *o)
{
	crm_json_put_int(out, "conversation", o->conversation);
	crm_json_put(out, "sla", o->sla->name);
	crm_json_put(out, "target", crm_sla_target_names[o->target]);
	crm_json_put(out, "state", crm_sla_state_names[o->is.state]);
	crm_json_put_time(out, "started_at", o->is.started);
	crm_json_put_time(out, "due_at", o->is.due);
	crm_json_put_int(out, "left", o->is.left / 1000 - (o->is.left % 1000 < 0));
	crm_json_put(out, "agent", o->assignee);
}

enum crm_status crm_sla_due(const struct crm_sla_job *job, int64_t within, struct crm_str *lines)
{
	struct list l = {.job = job, .within = within, .texts = CRM_ARENA_INIT};
	enum crm_status rc = crm_sla_each(job, NULL, list_due, &l);

	if (l.n)
		qsort(l.owed, l.n, sizeof(*l.owed), by_due);
	for (size_t i = 0; i < l.n && rc == CRM_OK; i++) {
		crm_json_open(lines, '{');
		crm_json_put(lines, "type", "due");
		put_owed(lines, &l.owed[i]);
		crm_json_close(lines, '}');
		crm_str_addc(lines, '\n');
	}
	list_release(&l);
	return rc;
}

/* --- what is done about it --- */

static enum crm_status list_escalations(const struct crm_sla_result *r, struct crm_judge *judge,
					void *data)
{
	struct list *l = data;

	for (size_t k = 0; k < l->job->slas->n_escalations; k++) {
		const struct crm_escalation *e = &l->job->slas->escalations[k];
		int asked = -1; /* does its condition hold? */

		for (int i = 0; i < CRM_SLA_TARGETS; i++) {
			if (!e->targets[i] || !r->of[i].due
			    || !is_due(&r->of[i], e->missed ? INT64_MIN : e->within))
				continue;
			if (asked < 0)
				asked = e->condition == CRM_ALWAYS
					|| (l->job->facts && crm_judge_holds(judge, e->condition));
			if (asked)
				add_owed(l, r, i, e);
		}
	}
	return CRM_OK;
}

static void put_do(struct crm_str *out, const struct crm_escalation *e)
{
	crm_json_key(out, "do");
	crm_json_open(out, '{');
	if (e->priority >= 0)
		crm_json_put(out, "priority", crm_priority_names[e->priority]);
	crm_json_put(out, "queue", e->queue);
	crm_json_put(out, "assign", e->assign);
	crm_json_put(out, "notify", e->notify);
	crm_json_close(out, '}');
}

/* id: of the event; 0: there is none yet. */
static void put_escalation(struct crm_str *out, const struct owed *o, int64_t id)
{
	crm_json_open(out, '{');
	crm_json_put(out, "type", "escalation");
	if (id)
		crm_json_put_int(out, "id", id);
	crm_json_put(out, "rule", o->escalation->name);
	crm_json_put(out, "on", o->escalation->missed ? "missed" : "due");
	put_owed(out, o);
	put_do(out, o->escalation);
	crm_json_close(out, '}');
}

/* The change of the request itself, if any: what the escalation leaves stays. */
static enum crm_status assign(struct crm_journal *journal, struct owed *o)
{
	const struct crm_escalation *e = o->escalation;
	struct crm_str raw = CRM_STR_INIT;
	enum crm_status rc;

	if (e->priority < 0 && !e->queue && !e->assign)
		return CRM_OK;
	if (e->assign)
		o->assignee = strcmp(e->assign, "none") ? e->assign : NULL;
	crm_json_open(&raw, '{');
	crm_json_put(&raw, "queue", e->queue);
	if (e->priority >= 0)
		crm_json_put_int(&raw, "priority", e->priority);
	crm_json_put(&raw, "reason", "escalation");
	crm_json_put(&raw, "rule", e->name);
	crm_json_close(&raw, '}');
	rc = crm_journal_add(journal,
			     &(struct crm_entry){.type = "assignment",
						 .conversation = o->conversation,
						 .agent = crm_slice_of(o->assignee),
						 .raw = {raw.ptr, raw.len}},
			     NULL);
	crm_str_release(&raw);
	return rc;
}

static void escalation_key(struct crm_str *key, const struct owed *o)
{
	crm_str_addf(key, "escalation/%s/%lld/%s/%lld", o->escalation->name,
		     (long long)o->conversation, crm_sla_target_names[o->target],
		     (long long)o->is.due);
}

static enum crm_status tell_of(const struct list *l, const struct owed *o, int64_t event)
{
	const char *notify = o->escalation->notify;
	bool owner = notify && !strcmp(notify, "assignee");
	struct crm_sla_act act = {.escalation = o->escalation,
				  .sla = o->sla,
				  .agent = owner ? o->assignee : notify,
				  .conversation = o->conversation,
				  .event = event,
				  .target = o->target,
				  .is = o->is};

	return l->tell ? l->tell(&act, l->tell_data) : CRM_OK;
}

static enum crm_status act(const struct list *l, struct crm_journal *journal, struct owed *o,
			   struct crm_str *lines)
{
	struct crm_str key = CRM_STR_INIT, line = CRM_STR_INIT;
	enum crm_status rc;
	int64_t id;

	escalation_key(&key, o);
	put_escalation(&line, o, 0);
	rc = crm_journal_add(journal,
			     &(struct crm_entry){.type = "escalation",
						 .conversation = o->conversation,
						 .key = {key.ptr, key.len},
						 .raw = {line.ptr, line.len}},
			     &id);
	if (rc == CRM_OK && id && (rc = tell_of(l, o, id)) == CRM_OK
	    && (rc = assign(journal, o)) == CRM_OK) {
		put_escalation(lines, o, id);
		crm_str_addc(lines, '\n');
	}
	crm_str_release(&key);
	crm_str_release(&line);
	return rc;
}

/* What act would print. */
static enum crm_status act_dry(const struct crm_sla_job *job, const char *command,
			       const struct owed *o, struct crm_str *lines)
{
	sqlite3_stmt *st = crm_db_stmt(job->db, sql_done);
	struct crm_str key = CRM_STR_INIT;
	enum crm_status rc;
	int64_t done = 0;

	escalation_key(&key, o);
	crm_bind_text(st, ":command", command);
	crm_bind_text(st, ":key", key.ptr);
	rc = crm_db_int(job->db, st, 0, &done);
	if (rc == CRM_OK && !done) {
		put_escalation(lines, o, 0);
		crm_str_addc(lines, '\n');
	}
	crm_str_release(&key);
	return rc;
}

static int by_conversation(const void *a, const void *b)
{
	const struct owed *x = a, *y = b;

	if (x->conversation != y->conversation)
		return x->conversation < y->conversation ? -1 : 1;
	return by_due(a, b);
}

/* All of it is done, or nothing. */
static enum crm_status act_on_all(struct list *l, const char *command, struct crm_str *lines)
{
	struct crm_db *db = l->job->db;
	struct crm_journal *journal = NULL;
	size_t before = lines->len;
	enum crm_status rc = crm_journal_open(&journal, db, command);

	if (rc == CRM_OK)
		rc = crm_db_begin(db);
	for (size_t i = 0; i < l->n && rc == CRM_OK; i++) {
		if (i && l->owed[i].conversation == l->owed[i - 1].conversation)
			l->owed[i].assignee = l->owed[i - 1].assignee; /* as it is by now */
		rc = act(l, journal, &l->owed[i], lines);
	}
	if (rc == CRM_OK)
		rc = crm_journal_settle(journal);
	if (rc == CRM_OK)
		rc = crm_db_commit(db);
	if (rc != CRM_OK) {
		lines->ptr[lines->len = before] = '\0';
		crm_db_rollback(db);
	}
	crm_journal_close(journal);
	return rc;
}

enum crm_status crm_sla_escalate(const struct crm_sla_job *job, const char *command, bool dry,
				 crm_sla_tell_fn *tell, void *data, struct crm_str *lines)
{
	struct list l = {.job = job, .tell = tell, .tell_data = data, .texts = CRM_ARENA_INIT};
	enum crm_status rc = CRM_OK;

	if (job->slas->n_escalations)
		rc = crm_sla_each(job, NULL, list_escalations, &l);
	if (l.n)
		qsort(l.owed, l.n, sizeof(*l.owed), by_conversation);
	if (rc == CRM_OK && l.n && !dry)
		rc = act_on_all(&l, command, lines);
	for (size_t i = 0; i < l.n && dry && rc == CRM_OK; i++)
		rc = act_dry(job, command, &l.owed[i], lines);
	list_release(&l);
	return rc;
}
