/* SPDX-License-Identifier: MIT */
/* One transaction that gives requests away; see dispatch.h. */
#include "route/dispatch.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/table.h"
#include "report/functions.h"
#include "route/assignment.h"
#include "route/queue.h"
#include "route/verdict.h"
#include "store/journal.h"
#include "store/request.h"

#define CHUNK 512  /* requests whose facts are in memory at once */
#define SWEEP 2048 /* requests of a sweep that are one transaction */

struct crm_dispatch {
	struct crm_db *db;
	const struct crm_setup *setup;
	struct crm_dispatch_options options;
	struct crm_journal *journal;
	struct crm_router *router;
	struct crm_duties duties;
	struct crm_queue queue;
	struct crm_facts *facts;
	struct crm_judge *judge;
	struct crm_given *given; /* in this transaction, where somebody asks */
	size_t n_given, cap_given;
	bool writes;                 /* this transaction does */
	int64_t now;                 /* of this batch */
	int64_t data_version;        /* of the store, when the loads were read; -1: not yet */
	int64_t changes;             /* when time changes them */
	struct crm_assignment *list; /* of the requests of the queue, in their order */
	size_t cap_list;
	struct crm_table table; /* asks by conversation */
	struct crm_str raw;
	int64_t *ids;
	size_t cap_ids;
};

enum crm_status crm_dispatch_new(struct crm_dispatch **out, struct crm_db *db,
				 const struct crm_setup *setup,
				 const struct crm_dispatch_options *options)
{
	struct crm_dispatch *d = crm_calloc(1, sizeof(*d));
	enum crm_status rc = crm_functions_register(db);

	d->db = db;
	d->setup = setup;
	d->options = *options;
	d->duties = (struct crm_duties)CRM_DUTIES_INIT;
	d->queue = (struct crm_queue)CRM_QUEUE_INIT;
	d->raw = (struct crm_str)CRM_STR_INIT;
	d->data_version = -1;
	d->router = crm_router_new(&setup->agents);
	d->judge = crm_judge_new(setup->rules);
	if (rc == CRM_OK)
		rc = crm_journal_open(&d->journal, db, options->command);
	*out = d;
	if (rc != CRM_OK) {
		crm_dispatch_free(d);
		*out = NULL;
	}
	return rc;
}

void crm_dispatch_free(struct crm_dispatch *d)
{
	if (!d)
		return;
	crm_journal_close(d->journal);
	crm_router_free(d->router);
	crm_duties_release(&d->duties);
	crm_queue_release(&d->queue);
	crm_facts_free(d->facts);
	crm_judge_free(d->judge);
	crm_table_release(&d->table);
	crm_str_release(&d->raw);
	free(d->list);
	free(d->ids);
	free(d->given);
	free(d);
}

/* ---- the state of agents ---- */

static enum crm_status store_version(struct crm_dispatch *d, int64_t *version)
{
	return crm_db_int(d->db, crm_db_stmt(d->db, "PRAGMA data_version"), 0, version);
}

/* What agents have in hand and who is on duty: read when it may have changed. What we did
 * ourselves is in the router already. */
static enum crm_status load_agents(struct crm_dispatch *d)
{
	int64_t version, comes;
	enum crm_status rc = store_version(d, &version);

	if (rc != CRM_OK || (version == d->data_version && d->now < d->changes))
		return rc;
	d->data_version = -1;
	if ((rc = crm_duties_load(&d->duties, d->db, &d->setup->agents, d->now)) != CRM_OK
	    || (rc = crm_queue_loads(d->db, &d->setup->agents, d->router, &comes)) != CRM_OK)
		return rc;
	crm_router_duty(d->router, &d->duties);
	d->changes = comes < d->duties.changes ? comes : d->duties.changes;
	d->data_version = version;
	return CRM_OK;
}

static enum crm_status tell_given(struct crm_dispatch *d)
{
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < d->n_given && rc == CRM_OK; i++)
		rc = d->options.given(d->options.data, &d->given[i]);
	return rc;
}

/* What the transaction did not keep must not stay in the router either. */
static enum crm_status end(struct crm_dispatch *d, enum crm_status rc, struct crm_str *out,
			   size_t before)
{
	if (rc == CRM_OK && d->writes)
		rc = crm_journal_settle(d->journal);
	if (rc == CRM_OK && d->writes)
		rc = tell_given(d);
	d->n_given = 0;
	if (rc == CRM_OK && d->writes)
		rc = crm_db_commit(d->db);
	crm_db_rollback(d->db);
	if (rc == CRM_OK)
		return rc;
	crm_journal_forget(d->journal);
	d->data_version = -1;
	out->len = before;
	out->ptr[before] = '\0';
	return rc;
}

static void note_lost(struct crm_dispatch *d)
{
	for (size_t i = 0; i < d->duties.n; i++)
		crm_router_lost(d->router, (int)i,
				crm_queue_lost(&d->setup->settings, &d->duties.of[i], d->now)
					!= CRM_BACK_NOT);
}

static enum crm_status begin(struct crm_dispatch *d, bool writes)
{
	enum crm_status rc;

	d->writes = writes && !d->options.dry;
	crm_db_set_now(d->db, d->options.now);
	rc = d->writes ? crm_db_begin(d->db) : crm_db_begin_read(d->db);
	d->now = crm_db_now(d->db);
	crm_db_set_now(d->db, d->now); /* one moment for all of the batch */
	if (rc == CRM_OK && (rc = load_agents(d)) == CRM_OK)
		note_lost(d);
	return rc;
}

/* ---- what requests need ---- */

static const struct crm_ask *ask_of(const struct crm_dispatch *d, const struct crm_ask *asks,
				    int64_t conversation)
{
	struct crm_probe p = crm_table_probe(&d->table, crm_hash64(&conversation, 8));

	for (; asks && crm_table_next(&d->table, &p);)
		if (d->ids[p.index] == conversation)
			return &asks[p.index];
	return NULL;
}

static enum crm_status judge_chunk(struct crm_dispatch *d, const struct crm_ask *asks, size_t from,
				   size_t n)
{
	struct crm_verdict verdict = {&d->setup->agents, d->judge, &d->queue.arena};
	int64_t ids[CHUNK];
	enum crm_status rc;

	for (size_t i = 0; i < n; i++)
		ids[i] = d->queue.list[from + i].id;
	if ((rc = crm_facts_load(d->facts, ids, n)) != CRM_OK)
		return rc;
	for (size_t i = 0; i < n; i++) {
		const struct crm_waiting *w = &d->queue.list[from + i];
		const struct crm_ask *ask = ask_of(d, asks, w->id);

		if (ask && ask->doc)
			crm_facts_line(d->facts, i, ask->doc);
		crm_judge_begin(d->judge, crm_facts_row(d->facts, i), d->now);
		crm_judge_apply(d->judge);
		crm_verdict(&verdict, w, ask ? ask->doc : NULL, ask ? ask->event : 0,
			    &d->list[from + i]);
	}
	return CRM_OK;
}

/* What each request of the queue needs. */
static enum crm_status judge(struct crm_dispatch *d, const struct crm_ask *asks)
{
	struct crm_facts_options o = {.now = d->now,
				      .zone = d->setup->settings.zone,
				      .seed = d->options.seed,
				      .currency = &d->setup->currency};
	enum crm_status rc;

	CRM_GROW(d->list, d->queue.n, d->cap_list);
	crm_facts_free(d->facts);
	d->facts = NULL;
	rc = crm_facts_new(&d->facts, d->db, d->setup->rules, &o);
	for (size_t i = 0; i < d->queue.n && rc == CRM_OK; i += CHUNK)
		rc = judge_chunk(d, asks, i, d->queue.n - i < CHUNK ? d->queue.n - i : CHUNK);
	return rc;
}

/* ---- giving them away ---- */

/* The most urgent first, then who has waited longest. */
static int by_urgency(const void *x, const void *y)
{
	const struct crm_assignment *a = x, *b = y;

	if (a->priority != b->priority)
		return b->priority - a->priority;
	if (a->request->since != b->request->since)
		return a->request->since < b->request->since ? -1 : 1;
	return (a->request->id > b->request->id) - (a->request->id < b->request->id);
}

static void sort_by_urgency(struct crm_dispatch *d)
{
	if (d->queue.n)
		qsort(d->list, d->queue.n, sizeof(*d->list), by_urgency);
}

static enum crm_status record(struct crm_dispatch *d, const struct crm_assignment *a)
{
	int agent = a->kept ? a->request->agent : a->decision.agent;
	const char *name = agent == CRM_NOBODY ? "" : d->setup->agents.list[agent].agent;
	struct crm_entry e = {
		.type = "assignment", .conversation = a->request->id, .agent = crm_slice_of(name)};
	struct crm_given given = {
		.conversation = a->request->id, .agent = name, .reason = crm_assignment_reason(a)};
	enum crm_status rc;

	if (d->options.dry || !crm_assignment_is_news(a))
		return CRM_OK;
	crm_str_clear(&d->raw);
	crm_assignment_raw(a, &d->setup->agents, &d->duties, d->router, false, &d->raw);
	e.raw = (struct crm_slice){d->raw.ptr, d->raw.len};
	rc = crm_journal_add(d->journal, &e, &given.event);
	if (rc == CRM_OK && d->options.given && *name && !a->kept) {
		CRM_GROW(d->given, d->n_given + 1, d->cap_given);
		d->given[d->n_given++] = given;
	}
	return rc;
}

/* Journals, tells, and lets the router know. */
static enum crm_status carry_out(struct crm_dispatch *d, const struct crm_assignment *a,
				 struct crm_str *out, struct crm_dispatch_counts *counts)
{
	enum crm_status rc = record(d, a);

	if (rc != CRM_OK)
		return rc;
	crm_assignment_line(a, &d->setup->agents, &d->duties, d->router, d->options.explain,
			    d->options.dry, out);
	crm_str_addc(out, '\n');
	counts->kept += a->kept;
	counts->assigned += !a->kept && a->decision.agent != CRM_NOBODY;
	counts->queued += !a->kept && a->decision.agent == CRM_NOBODY;
	if (!a->kept && a->decision.agent != CRM_NOBODY)
		crm_router_give(d->router, a->decision.agent, &a->need);
	return CRM_OK;
}

/* What comes back is in nobody's hand before anything is given away: room that it leaves counts. */
static void take_back(struct crm_dispatch *d, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct crm_waiting *w = d->list[i].request;

		if (w->back && w->agent != CRM_NOBODY)
			crm_router_load(d->router, w->agent, w->channel, w->medium, -1);
	}
}

/* What comes back and nobody else can have stays where it was: it would only lose who knows it. */
static void decide(struct crm_dispatch *d, struct crm_assignment *a)
{
	const struct crm_waiting *w = a->request;

	a->kept = w->assignee.ptr && !w->back;
	if (a->kept)
		return;
	crm_router_decide(d->router, &a->need, &a->decision);
	if (w->agent == CRM_NOBODY
	    || (a->decision.agent != CRM_NOBODY && a->decision.agent != w->agent))
		return;
	a->kept = true;
	a->decision.agent = CRM_NOBODY;
	crm_router_load(d->router, w->agent, w->channel, w->medium, 1);
}

static enum crm_status give_away(struct crm_dispatch *d, size_t limit, struct crm_str *out,
				 struct crm_dispatch_counts *counts)
{
	size_t n = limit && limit < d->queue.n ? limit : d->queue.n;
	enum crm_status rc = CRM_OK;

	sort_by_urgency(d);
	take_back(d, n);
	for (size_t i = 0; i < n && rc == CRM_OK; i++) {
		decide(d, &d->list[i]);
		rc = carry_out(d, &d->list[i], out, counts);
	}
	return rc;
}

/* ---- some of them ---- */

/* The conversations that are asked for: d->ids[i] of asks[i], filed so that the last ask of
 * each is found first; 0: there is none. */
static enum crm_status find_asked(struct crm_dispatch *d, const struct crm_ask *asks, size_t n)
{
	enum crm_status rc = CRM_OK;

	CRM_GROW(d->ids, n, d->cap_ids);
	for (size_t i = 0; i < n && rc == CRM_OK; i++) {
		d->ids[i] = 0;
		if (asks[i].event)
			rc = crm_request_of_event(d->db, asks[i].event, &d->ids[i]);
		if (rc == CRM_OK && !d->ids[i])
			rc = crm_request_id(d->db, asks[i].conversation, &d->ids[i]);
	}
	crm_table_clear(&d->table);
	for (size_t i = n; i-- && rc == CRM_OK;)
		if (d->ids[i] && !ask_of(d, asks, d->ids[i]))
			crm_table_add(&d->table, crm_hash64(&d->ids[i], 8), (uint32_t)i);
	return rc;
}

/* Only what waits is routed, and what a bot hands over. */
static void drop_idle(struct crm_dispatch *d, const struct crm_ask *asks, size_t n_asks,
		      struct crm_dispatch_counts *counts)
{
	size_t n = 0;

	for (size_t i = 0; i < n_asks; i++)
		counts->passed += !d->ids[i];
	for (size_t i = 0; i < d->queue.n; i++) {
		struct crm_waiting *w = &d->queue.list[i];
		const struct crm_ask *ask = ask_of(d, asks, w->id);

		if (w->waits || (ask && ask->handover && !w->resolved))
			d->queue.list[n++] = *w;
		else
			counts->passed++;
	}
	d->queue.n = n;
}

static enum crm_status load_asked(struct crm_dispatch *d, const struct crm_ask *asks, size_t n,
				  struct crm_dispatch_counts *counts)
{
	enum crm_status rc = find_asked(d, asks, n);

	if (rc == CRM_OK)
		rc = crm_queue_some(&d->queue, d->db, d->setup, &d->duties, d->ids, n);
	for (size_t i = 0; i < n && rc == CRM_OK; i++)
		counts->again += d->ids[i] && ask_of(d, asks, d->ids[i]) != &asks[i];
	return rc;
}

enum crm_status crm_dispatch_some(struct crm_dispatch *d, const struct crm_ask *asks, size_t n,
				  struct crm_str *out, struct crm_dispatch_counts *counts)
{
	size_t before = out->len;
	enum crm_status rc = begin(d, true);

	if (rc == CRM_OK)
		rc = load_asked(d, asks, n, counts);
	if (rc == CRM_OK) {
		drop_idle(d, asks, n, counts);
		rc = judge(d, asks);
	}
	if (rc == CRM_OK)
		rc = give_away(d, 0, out, counts);
	return end(d, rc, out, before);
}

/* ---- all that waits ---- */

/* All that waits, judged: as one transaction when nothing is to be written. Else its order,
 * into *ids (new), of which *n are wanted. */
static enum crm_status survey(struct crm_dispatch *d, size_t limit, struct crm_str *out,
			      struct crm_dispatch_counts *counts, int64_t **ids, size_t *n)
{
	size_t before = out->len;
	enum crm_status rc = begin(d, false);

	if (rc == CRM_OK)
		rc = crm_queue_all(&d->queue, d->db, d->setup, &d->duties);
	if (rc == CRM_OK)
		rc = judge(d, NULL);
	if (rc == CRM_OK && d->options.dry)
		rc = give_away(d, limit, out, counts);
	else if (rc == CRM_OK) {
		sort_by_urgency(d);
		*n = limit && limit < d->queue.n ? limit : d->queue.n;
		*ids = crm_malloc((*n + 1) * sizeof(**ids));
		for (size_t i = 0; i < *n; i++)
			(*ids)[i] = d->list[i].request->id;
	}
	return end(d, rc, out, before);
}

/* Some of what waited when it was surveyed; what another one gave away since is left out. */
static enum crm_status give_chunk(struct crm_dispatch *d, const int64_t *ids, size_t n,
				  struct crm_str *out, struct crm_dispatch_counts *counts)
{
	size_t before = out->len;
	enum crm_status rc = begin(d, true);

	if (rc == CRM_OK)
		rc = crm_queue_some(&d->queue, d->db, d->setup, &d->duties, ids, n);
	if (rc == CRM_OK) {
		crm_queue_drop(&d->queue);
		rc = judge(d, NULL);
	}
	if (rc == CRM_OK)
		rc = give_away(d, 0, out, counts);
	return end(d, rc, out, before);
}

enum crm_status crm_dispatch_all(struct crm_dispatch *d, size_t limit, struct crm_str *out,
				 void (*drain)(struct crm_str *out),
				 struct crm_dispatch_counts *counts)
{
	int64_t *ids = NULL;
	size_t n = 0;
	enum crm_status rc = survey(d, limit, out, counts, &ids, &n);

	for (size_t i = 0; i < n && rc == CRM_OK; i += SWEEP) {
		rc = give_chunk(d, ids + i, n - i < SWEEP ? n - i : SWEEP, out, counts);
		if (rc == CRM_OK)
			drain(out);
	}
	free(ids);
	return rc;
}

/* ---- by hand ---- */

static void refuse(struct crm_str *out, int64_t conversation, struct crm_slice holder,
		   struct crm_dispatch_counts *counts)
{
	counts->refused++;
	crm_json_open(out, '{');
	crm_json_put(out, "type", "refusal");
	crm_json_put_int(out, "conversation", conversation);
	if (holder.ptr) {
		crm_json_key(out, "agent");
		crm_json_string(out, holder);
	}
	crm_json_put(out, "reason", holder.ptr ? "taken" : "no such request");
	crm_json_close(out, '}');
	crm_str_addc(out, '\n');
}

static enum crm_status give_one(struct crm_dispatch *d, const struct crm_waiting *w, int64_t event,
				int agent, bool force, struct crm_str *out,
				struct crm_dispatch_counts *counts)
{
	struct crm_assignment a = {.request = w,
				   .message = event,
				   .need = CRM_NEED_INIT,
				   .queue = w->queue,
				   .motive = w->motive,
				   .priority = w->priority,
				   .by = d->options.actor};

	a.need.channel = w->channel;
	a.need.medium = w->medium;
	a.decision.agent = agent;
	a.kept = w->assignee.ptr && w->agent == agent && agent != CRM_NOBODY;
	if (w->assignee.ptr && w->agent != agent && !force
	    && !crm_slice_is(w->assignee, d->options.actor)) {
		refuse(out, w->id, w->assignee, counts);
		return CRM_OK;
	}
	if (!a.kept && w->waits && w->agent != CRM_NOBODY)
		crm_router_load(d->router, w->agent, w->channel, w->medium, -1);
	return carry_out(d, &a, out, counts);
}

enum crm_status crm_dispatch_give(struct crm_dispatch *d, const struct crm_ask *asks, size_t n,
				  int agent, bool force, struct crm_str *out,
				  struct crm_dispatch_counts *counts)
{
	size_t before = out->len;
	enum crm_status rc = begin(d, true);

	if (rc == CRM_OK)
		rc = load_asked(d, asks, n, counts);
	for (size_t i = 0; i < n && rc == CRM_OK; i++)
		if (!d->ids[i])
			refuse(out, asks[i].conversation, (struct crm_slice){NULL, 0}, counts);
	for (size_t i = 0; i < d->queue.n && rc == CRM_OK; i++) {
		const struct crm_waiting *w = &d->queue.list[i];
		const struct crm_ask *ask = ask_of(d, asks, w->id);

		rc = give_one(d, w, ask ? ask->event : 0, agent, force, out, counts);
	}
	return end(d, rc, out, before);
}
