/* SPDX-License-Identifier: MIT */
/* Lines of rules files that say what was promised, and what happens when it is not kept. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "route/agents.h"
#include "route/sla.h"
#include "rule/rule.h"

void crm_slas_release(struct crm_slas *slas)
{
	free(slas->list);
	free(slas->escalations);
	crm_arena_release(&slas->texts);
	*slas = (struct crm_slas){0};
}

static const struct crm_json_value *member(const struct crm_rule_line *line, const char *name)
{
	return crm_json_member(line->doc, line->doc->values, name);
}

/* "pause":["pending","snoozed"] */
static enum crm_status read_pause(const struct crm_rule_line *line, unsigned *pause)
{
	static const char *const names[] = {"new", "open", "pending", "snoozed"};
	const struct crm_json_value *list = member(line, "pause"), *v = list;
	bool good = !list || list->type == CRM_JSON_ARRAY;

	*pause = list ? 0 : CRM_SLA_PENDING | CRM_SLA_SNOOZED;
	for (uint32_t i = 0; list && good && i < list->count; i++) {
		unsigned bit = 0;

		v = i ? &line->doc->values[v->next] : v + 1;
		for (unsigned k = 0; k < 4; k++)
			if (v->type == CRM_JSON_STRING && crm_slice_is(v->text, names[k]))
				bit = 1u << k;
		*pause |= bit;
		good = bit != 0;
	}
	if (!good)
		return crm_line_fail(
			line, "pause must be a list of new, open, pending and snoozed, or []");
	return CRM_OK;
}

static enum crm_status read_calendar(const struct crm_rule_line *line, const struct crm_slas *slas,
				     const struct crm_calendar **calendar)
{
	const char *name;
	enum crm_status rc = crm_line_text(line, "calendar", NULL, &name);

	*calendar = NULL;
	if (rc != CRM_OK || !name)
		return rc;
	if (slas->calendars)
		*calendar = crm_calendars_find(slas->calendars, crm_slice_of(name));
	if (!*calendar)
		return crm_line_fail(
			line, "no calendar '%s': it must be a line of the file calendars", name);
	return CRM_OK;
}

enum crm_status crm_sla_read(const struct crm_rule_line *line, void *data)
{
	static const char *const members[] = {"sla",     "if",       "first", "next",
					      "resolve", "calendar", "pause", "warn"};
	struct crm_slas *slas = data;
	struct crm_sla sla = {0};
	enum crm_status rc = crm_line_members(line, members, sizeof(members) / sizeof(*members));

	for (int i = 0; i < CRM_SLA_TARGETS && rc == CRM_OK; i++) {
		rc = crm_line_duration(line, crm_sla_target_names[i], 0, &sla.target[i]);
		if (rc == CRM_OK && !sla.target[i] && member(line, crm_sla_target_names[i]))
			rc = crm_line_fail(line, "%s must be longer than nothing",
					   crm_sla_target_names[i]);
	}
	if (rc != CRM_OK || (rc = crm_line_text(line, "sla", "", &sla.name)) != CRM_OK
	    || (rc = crm_line_duration(line, "warn", 0, &sla.warn)) != CRM_OK
	    || (rc = read_pause(line, &sla.pause)) != CRM_OK
	    || (rc = read_calendar(line, slas, &sla.calendar)) != CRM_OK
	    || (rc = crm_line_condition(line, "if", &sla.condition)) != CRM_OK)
		return rc;
	CRM_GROW(slas->list, slas->n + 1, slas->cap);
	slas->list[slas->n++] = sla;
	return CRM_OK;
}

/* --- escalations --- */

static enum crm_status read_when(const struct crm_rule_line *line, struct crm_escalation *e)
{
	const char *on, *target;
	enum crm_status rc = crm_line_text(line, "on", "missed", &on);
	bool any = false;

	if (rc != CRM_OK || (rc = crm_line_text(line, "target", NULL, &target)) != CRM_OK
	    || (rc = crm_line_duration(line, "within", 0, &e->within)) != CRM_OK)
		return rc;
	e->missed = !strcmp(on, "missed");
	if (!e->missed && strcmp(on, "due") != 0)
		return crm_line_fail(line, "on must be \"due\" or \"missed\"");
	if (e->missed && member(line, "within"))
		return crm_line_fail(line, "within goes with \"on\":\"due\"");
	for (int i = 0; i < CRM_SLA_TARGETS; i++)
		any |= e->targets[i] = !target || !strcmp(target, crm_sla_target_names[i]);
	if (!any)
		return crm_line_fail(line, "target must be \"first\", \"next\" or \"resolve\"");
	return CRM_OK;
}

/* One of the names; -1: none */
static int priority_named(struct crm_slice name)
{
	for (int i = 0; i < CRM_PRIORITIES; i++)
		if (crm_slice_is(name, crm_priority_names[i]))
			return i;
	return -1;
}

/* The members of "do"; the lines that they stand in live no longer than the call. */
static enum crm_status read_do(const struct crm_rule_line *line, struct crm_escalation *e,
			       struct crm_arena *arena)
{
	const struct crm_json_value *act = member(line, "do"), *v = act;
	struct crm_str text = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;

	if (!act || act->type != CRM_JSON_OBJECT || !act->count)
		return crm_line_fail(line, "do must say what is done: priority, queue, assign or "
					   "notify");
	for (uint32_t i = 0; i < act->count && rc == CRM_OK; i++) {
		v = i ? &line->doc->values[v->next] : v + 1;
		crm_str_clear(&text);
		crm_json_text(v, &text);
		if (v->type != CRM_JSON_STRING || !text.len)
			rc = crm_line_fail(line, "what do sets must be a text");
		else if (crm_slice_is(v->key, "queue"))
			e->queue = crm_arena_strndup(arena, text.ptr, text.len);
		else if (crm_slice_is(v->key, "assign"))
			e->assign = crm_arena_strndup(arena, text.ptr, text.len);
		else if (crm_slice_is(v->key, "notify"))
			e->notify = crm_arena_strndup(arena, text.ptr, text.len);
		else if (!crm_slice_is(v->key, "priority"))
			rc = crm_line_fail(line,
					   "do has priority, queue, assign and notify, no '%.*s'",
					   (int)v->key.len, v->key.ptr);
		else if ((e->priority = priority_named(v->text)) < 0)
			rc = crm_line_fail(line, "priority must be low, normal, high or urgent");
	}
	crm_str_release(&text);
	return rc;
}

/* Is it an agent, or the other word that may stand there? */
static enum crm_status check_agent(const struct crm_rule_line *line, const struct crm_slas *slas,
				   const char *agent, const char *other)
{
	if (!agent || !slas->agents || !strcmp(agent, other)
	    || crm_agents_find(slas->agents, crm_slice_of(agent)))
		return CRM_OK;
	return crm_line_fail(line, "no agent '%s' in the file of agents", agent);
}

enum crm_status crm_escalation_read(const struct crm_rule_line *line, void *data)
{
	static const char *const members[] = {"escalate", "on", "within", "target", "if", "do"};
	struct crm_slas *slas = data;
	struct crm_escalation e = {.priority = -1};
	enum crm_status rc = crm_line_members(line, members, sizeof(members) / sizeof(*members));

	if (rc != CRM_OK || (rc = crm_line_text(line, "escalate", "", &e.name)) != CRM_OK
	    || (rc = read_when(line, &e)) != CRM_OK
	    || (rc = read_do(line, &e, &slas->texts)) != CRM_OK
	    || (rc = check_agent(line, slas, e.assign, "none")) != CRM_OK
	    || (rc = check_agent(line, slas, e.notify, "assignee")) != CRM_OK
	    || (rc = crm_line_condition(line, "if", &e.condition)) != CRM_OK)
		return rc;
	CRM_GROW(slas->escalations, slas->n_escalations + 1, slas->cap_escalations);
	slas->escalations[slas->n_escalations++] = e;
	return CRM_OK;
}
