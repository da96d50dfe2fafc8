/* SPDX-License-Identifier: MIT */
/*
 * The clocks of a request. Each event may change its status, and so start, stop or end them;
 * between two events nothing happens but that a snoozed request wakes.
 */
#include "route/sla.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const char *const crm_sla_target_names[CRM_SLA_TARGETS] = {"first", "next", "resolve"};
const char *const crm_sla_state_names[CRM_SLA_STATES] = {"none", "running", "paused",
							 "met",  "missed",  "void"};

struct clock {
	int64_t started; /* 0: it was not yet */
	int64_t since;   /* it runs since then; 0: it stands */
	int64_t used;    /* up to since */
	int64_t due;     /* when the target was passed; 0: it was not */
	int64_t met;
};

struct crm_sla_walk {
	const struct crm_sla *sla;
	struct clock clocks[CRM_SLA_TARGETS];
	const char *status; /* static */
	bool dealt_with, ours, answered;
	int64_t until; /* of a snoozed one; 0: none */
	int64_t handover, since_handover;
	int64_t gaps, gaps_missed;
	struct crm_str assignee;
};

struct crm_sla_walk *crm_sla_walk_new(void)
{
	struct crm_sla_walk *w = crm_calloc(1, sizeof(*w));

	w->assignee = (struct crm_str)CRM_STR_INIT;
	return w;
}

void crm_sla_walk_free(struct crm_sla_walk *walk)
{
	if (walk)
		crm_str_release(&walk->assignee);
	free(walk);
}

void crm_sla_walk_begin(struct crm_sla_walk *w, const struct crm_sla *sla)
{
	struct crm_str assignee = w->assignee;

	crm_str_clear(&assignee);
	*w = (struct crm_sla_walk){
		.sla = sla, .status = "new", .since_handover = -1, .assignee = assignee};
}

/* --- a clock --- */

static void clock_stop(const struct crm_sla_walk *w, struct clock *c, enum crm_sla_target target,
		       int64_t at)
{
	int64_t passed, promised = w->sla->target[target];

	if (!c->since)
		return;
	passed = crm_calendar_between(w->sla->calendar, c->since, at);
	if (!c->due && promised && c->used + passed > promised)
		c->due = crm_calendar_add(w->sla->calendar, c->since, promised - c->used);
	c->used += passed;
	c->since = 0;
}

/* Does time count in this status? */
static bool counts(const struct crm_sla_walk *w)
{
	static const struct {
		const char *status;
		unsigned bit;
	} bits[] = {{"new", CRM_SLA_NEW},
		    {"open", CRM_SLA_OPEN},
		    {"pending", CRM_SLA_PENDING},
		    {"snoozed", CRM_SLA_SNOOZED}};

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (!strcmp(w->status, bits[i].status))
			return !(w->sla->pause & bits[i].bit);
	return false; /* resolved */
}

/* The clocks that are started and not done run while time counts. */
static void run_clocks(struct crm_sla_walk *w, int64_t at)
{
	bool run = counts(w);

	for (int i = 0; i < CRM_SLA_TARGETS; i++) {
		struct clock *c = &w->clocks[i];

		if (!run || c->met)
			clock_stop(w, c, (enum crm_sla_target)i, at);
		else if (c->started && !c->since)
			c->since = at;
	}
}

static void set_status(struct crm_sla_walk *w, const char *status, int64_t at)
{
	struct clock *next = &w->clocks[CRM_SLA_NEXT], *resolve = &w->clocks[CRM_SLA_RESOLVE];
	bool was_resolved = !strcmp(w->status, "resolved");

	w->status = status;
	if (strcmp(status, "resolved") != 0)
		resolve->met = 0;
	if (was_resolved || strcmp(status, "resolved") != 0)
		return;
	if (resolve->started)
		resolve->met = at;
	if (next->started && !next->met) { /* what was not answered needs no answer now */
		clock_stop(w, next, CRM_SLA_NEXT, at);
		w->gaps_missed += next->due > 0;
		next->met = -1;
	}
}

/* --- events --- */

/* The time that a snoozed request was put off to has come. */
static void wake(struct crm_sla_walk *w, int64_t now)
{
	int64_t at = w->until;

	if (!at || at > now || strcmp(w->status, "snoozed") != 0)
		return;
	w->until = 0;
	set_status(w, "open", at);
	run_clocks(w, at);
}

static void take_answer(struct crm_sla_walk *w, int64_t at)
{
	struct clock *next = &w->clocks[CRM_SLA_NEXT], *first = &w->clocks[CRM_SLA_FIRST];

	if (first->started && !first->met) {
		clock_stop(w, first, CRM_SLA_FIRST, at);
		first->met = at;
	}
	if (next->started && !next->met) {
		clock_stop(w, next, CRM_SLA_NEXT, at);
		next->met = at;
		w->gaps_missed += next->due > 0;
	}
	if (w->handover && w->since_handover < 0)
		w->since_handover = crm_calendar_between(w->sla->calendar, w->handover, at);
	w->answered = true;
}

static void take_question(struct crm_sla_walk *w, int64_t at)
{
	struct clock *next = &w->clocks[CRM_SLA_NEXT];

	if (!w->ours && !w->answered)
		return; /* the first answer is still owed */
	if (next->started && !next->met)
		return; /* an older message waits */
	*next = (struct clock){.started = at};
	w->gaps++;
}

/* The first thing said begins the request: theirs, or ours. */
static void begin(struct crm_sla_walk *w, int64_t at, bool out)
{
	w->ours = out;
	w->clocks[CRM_SLA_RESOLVE].started = at;
	if (!out)
		w->clocks[CRM_SLA_FIRST].started = at;
}

void crm_sla_walk_take(struct crm_sla_walk *w, int64_t at, const struct crm_said *said,
		       int64_t until)
{
	bool out = crm_slice_is(said->direction, "out");
	bool talk = (crm_slice_is(said->type, "message") || crm_slice_is(said->type, "call"))
		    && crm_said_counts(said);
	const char *status;

	wake(w, at);
	if (talk && !w->clocks[CRM_SLA_RESOLVE].started)
		begin(w, at, out);
	if (talk && out && !said->automatic.ptr)
		take_answer(w, at);
	else if (talk && !out)
		take_question(w, at);
	else if (crm_slice_is(said->type, "handover") && !w->handover)
		w->handover = at;
	if (crm_slice_is(said->type, "assignment")) {
		crm_str_clear(&w->assignee);
		crm_str_add(&w->assignee, said->agent.ptr, said->agent.len);
	}
	if ((status = crm_request_after(w->status, &w->dealt_with, said))) {
		set_status(w, status, at);
		w->until = strcmp(status, "snoozed") ? 0 : until;
	}
	run_clocks(w, at);
}

/* --- the end --- */

static void stand(const struct crm_sla_walk *w, enum crm_sla_target target, int64_t as_of,
		  struct crm_sla_standing *out)
{
	struct clock c = w->clocks[target];
	int64_t promised = w->sla->target[target], from = c.since ? c.since : c.met, used = c.used;
	bool resolved = !strcmp(w->status, "resolved");

	*out = (struct crm_sla_standing){.state = CRM_SLA_NONE};
	if (!promised || !c.started)
		return;
	clock_stop(w, &c, target, as_of);
	out->started = c.started;
	out->met = c.met > 0 ? c.met : 0;
	out->over = c.met || resolved;
	out->used = c.used;
	out->left = promised - c.used;
	out->due = c.due;
	if (!c.due && from > 0) /* were it to go on from there */
		out->due = crm_calendar_add(w->sla->calendar, from, promised - used);
	if (out->due == CRM_NEVER)
		out->due = 0;
	out->state = c.due                     ? CRM_SLA_MISSED
		     : out->met                ? CRM_SLA_MET
		     : out->over               ? CRM_SLA_VOID
		     : w->clocks[target].since ? CRM_SLA_RUNNING
					       : CRM_SLA_PAUSED;
}

void crm_sla_walk_end(struct crm_sla_walk *w, int64_t as_of, struct crm_sla_result *out)
{
	wake(w, as_of);
	*out = (struct crm_sla_result){.sla = w->sla,
				       .gaps = w->sla->target[CRM_SLA_NEXT] ? w->gaps : 0,
				       .gaps_missed = w->gaps_missed,
				       .since_handover = w->since_handover};
	if (w->assignee.len)
		out->assignee = (struct crm_slice){w->assignee.ptr, w->assignee.len};
	for (int i = 0; i < CRM_SLA_TARGETS; i++)
		stand(w, (enum crm_sla_target)i, as_of, &out->of[i]);
	out->gaps_missed +=
		out->of[CRM_SLA_NEXT].state == CRM_SLA_MISSED && !out->of[CRM_SLA_NEXT].over;
}
