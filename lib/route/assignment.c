/* SPDX-License-Identifier: MIT */
/* What is told of a decision; see assignment.h. */
#include "route/assignment.h"

#include <string.h>

#include "base/json.h"
#include "base/time.h"
#include "store/request.h"

/* What stood against the last agents that remained, as a reason to wait. */
static const char *const waits_because[CRM_NOTS + 1] = {
	[CRM_NOT_TEAM] = "nobody in the team",
	[CRM_NOT_CHANNEL] = "nobody on the channel",
	[CRM_NOT_LANGUAGE] = "nobody speaks the language",
	[CRM_NOT_SKILL] = "nobody has the skill",
	[CRM_NOT_HOURS] = "nobody on duty",
	[CRM_NOT_AWAY] = "nobody on duty",
	[CRM_NOT_OFFLINE] = "nobody on duty",
	[CRM_NOT_AGAIN] = "nobody else on duty",
	[CRM_NOT_FULL] = "all full",
	[CRM_NOT_AT_ALL] = "no agents",
};

bool crm_assignment_is_news(const struct crm_assignment *a)
{
	const struct crm_waiting *w = a->request;
	bool moves = a->decision.agent != CRM_NOBODY || w->assignee.ptr;

	if (a->kept) /* an event would begin the time to answer anew: only for what is urgent */
		return a->priority > w->priority;
	return moves || !crm_slice_same(a->queue, w->queue) || !crm_slice_same(a->motive, w->motive)
	       || a->priority != w->priority;
}

const char *crm_assignment_reason(const struct crm_assignment *a)
{
	if (a->by)
		return "by hand";
	if (a->kept)
		return "kept";
	if (a->decision.agent != CRM_NOBODY)
		return crm_because_names[a->decision.because];
	if (a->decision.because == CRM_BECAUSE_RULE)
		return "nobody, by rule";
	return waits_because[a->decision.why];
}

struct telling {
	const struct crm_assignment *a;
	const struct crm_agents *agents;
	const struct crm_duties *duties;
	const struct crm_router *router;
	struct crm_str *out;
};

/* A skill that the request needs and the agent lacks. */
static struct crm_slice lacking(const struct crm_need *need, const struct crm_agent *agent)
{
	for (size_t i = 0; i < need->n_skills; i++)
		if (!crm_names_has(&agent->skills, need->skills[i]))
			return need->skills[i];
	return (struct crm_slice){NULL, 0};
}

static void put_candidate(const struct telling *t, const struct crm_candidate *c)
{
	const struct crm_agent *agent = &t->agents->list[c->agent];
	const struct crm_duty *duty = &t->duties->of[c->agent];

	crm_json_open(t->out, '{');
	crm_json_put(t->out, "agent", agent->agent);
	crm_json_put_int(t->out, "load", c->load);
	if (agent->capacity >= 0)
		crm_json_put_int(t->out, "capacity", agent->capacity);
	if (c->not != CRM_NOT_AT_ALL)
		crm_json_put(t->out, "not", crm_not_names[c->not ]);
	if (c->not == CRM_NOT_SKILL)
		crm_json_put_slice(t->out, "lacks", lacking(&t->a->need, agent));
	if (c->not >= CRM_NOT_HOURS && c->not <= CRM_NOT_OFFLINE && duty->until != CRM_NEVER)
		crm_json_put_time(t->out, "until", duty->until);
	crm_json_close(t->out, '}');
}

static void put_everybody(const struct telling *t)
{
	for (size_t i = 0; i < t->agents->n; i++) {
		struct crm_candidate c = {
			.agent = (int)i,
			.not = crm_router_against(t->router, &t->a->need, (int)i),
			.load = crm_router_in_hand(t->router, (int)i),
		};

		put_candidate(t, &c);
	}
}

/* Those that the line does not name are counted by what stood against them. */
static void put_others(const struct telling *t)
{
	const struct crm_decision *d = &t->a->decision;
	uint32_t count[CRM_NOTS + 1];
	bool any = false;

	memcpy(count, d->count, sizeof(count));
	for (size_t i = 0; i < d->n_nearest; i++)
		if (count[d->nearest[i].not ])
			count[d->nearest[i].not ]--;
	for (int not = CRM_NOTS; not >= 0; not --) {
		if (!count[not ])
			continue;
		if (!any) {
			crm_json_key(t->out, "others");
			crm_json_open(t->out, '{');
			any = true;
		}
		crm_json_put_int(t->out, not == CRM_NOTS ? "free" : crm_not_names[not ],
				 count[not ]);
	}
	if (any)
		crm_json_close(t->out, '}');
}

static void put_candidates(const struct telling *t, bool explain)
{
	const struct crm_decision *d = &t->a->decision;

	if ((t->a->kept && !t->a->request->back) || t->a->by)
		return;
	crm_json_key(t->out, "candidates");
	crm_json_open(t->out, '[');
	for (size_t i = 0; i < d->n_nearest && !explain; i++)
		put_candidate(t, &d->nearest[i]);
	if (explain)
		put_everybody(t);
	crm_json_close(t->out, ']');
	if (!explain)
		put_others(t);
}

/* What a line and an event have in common, behind queue and priority. */
static void put_rest(const struct telling *t, bool explain)
{
	const struct crm_assignment *a = t->a;
	const struct crm_waiting *w = a->request;

	crm_json_put_slice(t->out, "motive", a->motive);
	crm_json_put_slice(t->out, "language", a->need.language);
	if (a->need.n_skills) {
		crm_json_key(t->out, "skills");
		crm_json_open(t->out, '[');
		for (size_t i = 0; i < a->need.n_skills; i++)
			crm_json_string(t->out, a->need.skills[i]);
		crm_json_close(t->out, ']');
	}
	crm_json_put(t->out, "reason", crm_assignment_reason(a));
	crm_json_put(t->out, "by", a->by);
	if (w->assignee.ptr && !a->kept)
		crm_json_put_slice(t->out, "from", w->assignee);
	if (w->back)
		crm_json_put(t->out, "back", crm_back_names[w->back]);
	crm_json_put_time(t->out, "waiting_since", w->since);
	if (a->rules.ptr) {
		crm_json_key(t->out, "rules");
		crm_json_raw(t->out, a->rules);
	}
	put_candidates(t, explain);
}

void crm_assignment_raw(const struct crm_assignment *a, const struct crm_agents *agents,
			const struct crm_duties *duties, const struct crm_router *router,
			bool explain, struct crm_str *out)
{
	struct telling t = {a, agents, duties, router, out};

	crm_json_open(out, '{');
	crm_json_put_slice(out, "queue", a->queue);
	crm_json_put_int(out, "priority", a->priority);
	if (a->kept) {
		crm_json_key(out, "kept");
		crm_json_bool(out, true);
	}
	put_rest(&t, explain);
	crm_json_close(out, '}');
}

void crm_assignment_line(const struct crm_assignment *a, const struct crm_agents *agents,
			 const struct crm_duties *duties, const struct crm_router *router,
			 bool explain, bool dry, struct crm_str *out)
{
	struct telling t = {a, agents, duties, router, out};
	int agent = a->kept ? a->request->agent : a->decision.agent;

	crm_json_open(out, '{');
	crm_json_put(out, "type", "assignment");
	crm_json_put_int(out, "conversation", a->request->id);
	if (a->message)
		crm_json_put_int(out, "message", a->message);
	crm_json_key(out, "agent");
	crm_json_string(out, crm_slice_of(agent == CRM_NOBODY ? NULL : agents->list[agent].agent));
	crm_json_put_slice(out, "queue", a->queue);
	crm_json_put(out, "priority", crm_priority_names[a->priority]);
	if (a->kept || dry) {
		crm_json_key(out, a->kept ? "kept" : "dry_run");
		crm_json_bool(out, true);
	}
	put_rest(&t, explain);
	crm_json_close(out, '}');
}
