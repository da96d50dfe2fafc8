/* SPDX-License-Identifier: MIT */
/*
 * setup: all that routing reads from files: agents, calendars, the rules for requests with what
 * else stands among them, and the settings of the line
 *
 *	{"set":"route","sticky":"30d","away":"30m","absent":"24h","answer_within":"2h",
 *	 "zone":"Europe/Berlin"}
 *
 * sticky         so long somebody goes back to who dealt with them last
 * away           who is away or offline for longer loses what they have in hand
 * absent         and so does who will not be on duty for longer
 * answer_within  and so does who has not answered in so much of their time on duty (off
 *                without it, or "0s")
 * zone           of the time and weekday that rules ask for (UTC)
 */
#ifndef CRM_SETUP_H
#define CRM_SETUP_H

#include "route/agents.h"
#include "route/calendar.h"
#include "route/facts.h"
#include "route/sla.h"
#include "rule/rule.h"

struct crm_route_settings { /* ms */
	int64_t sticky, away, absent, answer_within;
	const char *zone; /* of the facts time and weekday; NULL: UTC */
};

struct crm_setup {
	struct crm_calendars *calendars;
	struct crm_agents agents;
	struct crm_rules *rules;
	struct crm_route_settings settings;
	struct crm_currency currency;
	struct crm_slas slas; /* what was promised, and what is done when it is not kept */
	struct crm_rule_kind kinds[4];
	struct crm_rule_spec spec;
};

/* Loads DIR/calendars, DIR/agents and the rules: those of the file ours (NULL: none), then
 * DIR/rules/requests. problem (may be NULL) is called for what is wrong with rules, see
 * crm_rules_ready, and for teams, skills, languages and agents that rules ask for and nobody is
 * or has. CRM_CONFIG with file and line of what is wrong. setup, which must not move
 * while it is used, is to be released in any case. */
enum crm_status crm_setup_load(struct crm_setup *setup, const char *dir, const char *ours,
			       crm_rules_problem *problem, void *data, struct crm_err *err);
void crm_setup_release(struct crm_setup *setup);

#endif
