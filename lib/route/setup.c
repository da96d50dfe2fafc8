/* SPDX-License-Identifier: MIT */
/* The files that routing reads; see setup.h. */
#include "route/setup.h"

#include <string.h>

#define MINUTE ((int64_t)60 * 1000)
#define DAY (24 * 60 * MINUTE)

static enum crm_status read_settings(const struct crm_rule_line *line, void *data)
{
	static const char *const members[] = {"sticky", "away", "absent", "answer_within", "zone"};
	struct crm_route_settings *s = data;
	enum crm_status rc;

	if ((rc = crm_line_members(line, members, sizeof(members) / sizeof(members[0]))) != CRM_OK
	    || (rc = crm_line_duration(line, "sticky", s->sticky, &s->sticky)) != CRM_OK
	    || (rc = crm_line_duration(line, "away", s->away, &s->away)) != CRM_OK
	    || (rc = crm_line_duration(line, "absent", s->absent, &s->absent)) != CRM_OK
	    || (rc = crm_line_duration(line, "answer_within", 0, &s->answer_within)) != CRM_OK)
		return rc;
	return crm_line_text(line, "zone", NULL, &s->zone);
}

static void prepare(struct crm_setup *s)
{
	memset(s, 0, sizeof(*s));
	s->agents = (struct crm_agents)CRM_AGENTS_INIT;
	s->currency = (struct crm_currency)CRM_CURRENCY_INIT;
	s->settings =
		(struct crm_route_settings){.sticky = 30 * DAY, .away = 30 * MINUTE, .absent = DAY};
	s->kinds[0] = (struct crm_rule_kind){"set", "route", read_settings, &s->settings};
	s->kinds[1] = (struct crm_rule_kind){"set", "currency", crm_currency_read, &s->currency};
	s->kinds[2] = (struct crm_rule_kind){"sla", NULL, crm_sla_read, &s->slas};
	s->kinds[3] = (struct crm_rule_kind){"escalate", NULL, crm_escalation_read, &s->slas};
	s->spec = (struct crm_rule_spec){crm_fact_fields, CRM_FACTS, crm_routing_actions,
					 CRM_ROUTINGS,    s->kinds,  4};
}

/* ---- rules that ask for what nobody is or has: requests would wait unseen ---- */

struct search {
	const struct crm_agents *agents;
	enum crm_routing action;
	crm_rules_problem *problem;
	void *data;
};

static bool is_met(const struct crm_agent *a, enum crm_routing action, struct crm_slice name)
{
	char buf[CRM_LANGUAGE_SIZE];

	switch (action) {
	case CRM_ROUTING_QUEUE:
		return crm_names_has(&a->teams, name);
	case CRM_ROUTING_SKILLS:
		return crm_names_has(&a->skills, name);
	case CRM_ROUTING_LANGUAGE:
		return crm_names_has(&a->languages, crm_language_primary(name, buf));
	default:
		return crm_slice_is(name, a->agent) || crm_slice_is(name, "none");
	}
}

static void find(void *data, const char *rule, struct crm_slice name)
{
	static const char *const lacking[CRM_ROUTINGS] = {
		[CRM_ROUTING_QUEUE] = "nobody is of the team",
		[CRM_ROUTING_SKILLS] = "nobody has the skill",
		[CRM_ROUTING_LANGUAGE] = "nobody speaks",
		[CRM_ROUTING_AGENT] = "there is no agent",
	};
	const struct search *s = data;
	struct crm_str text = CRM_STR_INIT;

	for (size_t i = 0; i < s->agents->n; i++)
		if (is_met(&s->agents->list[i], s->action, name))
			return;
	crm_str_addf(&text, "rule '%s': %s '%.*s'", rule, lacking[s->action], (int)name.len,
		     name.ptr);
	s->problem(s->data, false, text.ptr);
	crm_str_release(&text);
}

static void check_names(const struct crm_setup *setup, crm_rules_problem *problem, void *data)
{
	static const enum crm_routing actions[] = {CRM_ROUTING_QUEUE, CRM_ROUTING_SKILLS,
						   CRM_ROUTING_LANGUAGE, CRM_ROUTING_AGENT};
	struct search s = {.agents = &setup->agents, .problem = problem, .data = data};

	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions) && setup->agents.n; i++) {
		s.action = actions[i];
		crm_rules_each_text(setup->rules, s.action, find, &s);
	}
}

enum crm_status crm_setup_load(struct crm_setup *s, const char *dir, const char *ours,
			       crm_rules_problem *problem, void *data, struct crm_err *err)
{
	enum crm_status rc;

	prepare(s);
	if ((rc = crm_calendars_load(&s->calendars, dir, err)) != CRM_OK
	    || (rc = crm_agents_load(&s->agents, dir, s->calendars, err)) != CRM_OK)
		return rc;
	s->slas.calendars = s->calendars;
	s->slas.agents = &s->agents;
	s->rules = crm_rules_new(&s->spec);
	if ((rc = crm_rules_read_both(s->rules, ours, dir, "requests", err)) != CRM_OK)
		return rc;
	rc = crm_rules_ready(s->rules, problem, data, err);
	if (rc == CRM_OK && problem)
		check_names(s, problem, data);
	return rc;
}

void crm_setup_release(struct crm_setup *s)
{
	crm_rules_free(s->rules);
	crm_currency_release(&s->currency);
	crm_slas_release(&s->slas);
	crm_agents_release(&s->agents);
	crm_calendars_free(s->calendars);
}
