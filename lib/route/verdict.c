/* SPDX-License-Identifier: MIT */
/* What a request needs; see verdict.h. */
#include "route/verdict.h"

#include "store/request.h"

struct taking {
	const struct crm_verdict *v;
	const struct crm_json_doc *doc;
	struct crm_assignment *out;
};

/* ---- what the line says ---- */

static const struct crm_json_value *member(const struct taking *t, const char *name)
{
	return t->doc ? crm_json_member(t->doc, t->doc->values, name) : NULL;
}

/* A member that is a text, {0}: there is none. */
static struct crm_slice said(const struct taking *t, const char *name)
{
	const struct crm_json_value *v = member(t, name);

	if (!v || v->type != CRM_JSON_STRING || !v->text.len)
		return (struct crm_slice){NULL, 0};
	return crm_json_keep(v, t->v->arena);
}

/* ---- what rules say ---- */

static struct crm_slice ruled(const struct taking *t, enum crm_routing action)
{
	const struct crm_value *v = crm_judge_value(t->v->judge, action);

	return v->there ? crm_arena_keep(t->v->arena, v->text) : (struct crm_slice){NULL, 0};
}

static void take_agent(const struct taking *t)
{
	const struct crm_agents *agents = t->v->agents;
	struct crm_slice name = ruled(t, CRM_ROUTING_AGENT);
	const struct crm_agent *a = crm_agents_find(agents, name);

	t->out->need.by_rule = a ? (int)(a - agents->list) : CRM_NOBODY;
	t->out->need.nobody = !a && crm_slice_is(name, "none");
}

/* ---- both ---- */

static struct crm_slice first_of(struct crm_slice a, struct crm_slice b, struct crm_slice c)
{
	return a.len ? a : b.len ? b : c;
}

static int priority(const struct taking *t)
{
	const struct crm_value *v = crm_judge_value(t->v->judge, CRM_ROUTING_PRIORITY);
	struct crm_slice name = said(t, "priority");

	if (v->there)
		return (int)v->n;
	for (int i = 0; i < CRM_PRIORITIES; i++)
		if (crm_slice_is(name, crm_priority_names[i]))
			return i;
	return t->out->request->priority;
}

/* The language that is asked for must be spoken; that of a person is a wish. */
static void take_language(const struct taking *t)
{
	struct crm_slice none = {NULL, 0};
	struct crm_slice asked =
		first_of(ruled(t, CRM_ROUTING_LANGUAGE), said(t, "language"), none);

	t->out->need.must_speak = asked.len > 0;
	t->out->need.language = asked.len ? asked : t->out->request->language;
}

/* Those that rules ask for, and those of the line. */
static void take_skills(const struct taking *t)
{
	const struct crm_json_value *v = member(t, "skills"), *e = v + 1;
	size_t n, more = v && v->type == CRM_JSON_ARRAY ? v->count : 0;
	const struct crm_slice *list = crm_judge_list(t->v->judge, CRM_ROUTING_SKILLS, &n);
	struct crm_need *need = &t->out->need;
	struct crm_slice *skills;

	if (!n && !more)
		return;
	skills = crm_arena_alloc(t->v->arena, (n + more) * sizeof(*skills));
	need->skills = skills;
	for (size_t i = 0; i < n; i++)
		skills[need->n_skills++] = crm_arena_keep(t->v->arena, list[i]);
	for (size_t i = 0; i < more; i++, e = &t->doc->values[e->next])
		if (e->type == CRM_JSON_STRING)
			skills[need->n_skills++] = crm_json_keep(e, t->v->arena);
}

static void take_rules(const struct taking *t)
{
	struct crm_str names = CRM_STR_INIT;

	crm_judge_json(t->v->judge, &names);
	t->out->rules = crm_arena_keep(t->v->arena, (struct crm_slice){names.ptr, names.len});
	crm_str_release(&names);
}

void crm_verdict(const struct crm_verdict *verdict, const struct crm_waiting *w,
		 const struct crm_json_doc *doc, int64_t message, struct crm_assignment *out)
{
	struct taking t = {verdict, doc, out};

	*out = (struct crm_assignment){
		.request = w,
		.message = message,
		.need = {.channel = w->channel,
			 .medium = w->medium,
			 .responsible = w->responsible,
			 .last = w->last,
			 .avoid = w->avoid},
		.queue = first_of(ruled(&t, CRM_ROUTING_QUEUE), said(&t, "queue"), w->queue),
		.motive = first_of(said(&t, "motive"), ruled(&t, CRM_ROUTING_MOTIVE), w->motive),
	};
	out->priority = priority(&t);
	out->need.queue = out->queue;
	take_agent(&t);
	take_language(&t);
	take_skills(&t);
	take_rules(&t);
}
