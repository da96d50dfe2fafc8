/* SPDX-License-Identifier: MIT */
/*
 * facts: what rules may ask of a request, found in the store for many requests at once.
 *
 * Facts are loaded in chunks: for each group of fields that some rule asks for, one query
 * answers for all requests of the chunk; what no rule asks for is not looked up. A row is
 * what rule.h calls values: crm_rules_slots of them, in the order of enum crm_fact.
 *
 * The state of the request (status, priority …) and of its person is that of the store; what
 * a line that came through a pipe says of itself counts more (crm_facts_line).
 *
 * What people bought for is in one currency, that of the line {"set":"currency",…}; amounts in
 * others are converted at its rates, and left out where it gives none. Without the line it is
 * the currency in which the person has most orders (of equal ones the first by its code), and
 * the others are left out.
 */
#ifndef CRM_FACTS_H
#define CRM_FACTS_H

#include "route/currency.h"
#include "rule/rule.h"
#include "store/db.h"

enum crm_fact {
	CRM_FACT_CHANNEL, /* source.name */
	CRM_FACT_MEDIUM,
	CRM_FACT_ACCOUNT,
	CRM_FACT_SUBJECT,
	CRM_FACT_TEXT,
	CRM_FACT_LANGUAGE,
	CRM_FACT_COUNTRY,
	CRM_FACT_STATUS,
	CRM_FACT_MOTIVE,
	CRM_FACT_PRIORITY,
	CRM_FACT_QUEUE,
	CRM_FACT_ASSIGNEE,
	CRM_FACT_WAITING,
	CRM_FACT_AGE,
	CRM_FACT_MESSAGES,
	CRM_FACT_AUTOMATIC,
	CRM_FACT_LATE,
	CRM_FACT_FOLLOWS,
	CRM_FACT_TIME,
	CRM_FACT_WEEKDAY,
	CRM_FACT_RANDOM,
	CRM_FACT_PERSON_KNOWN,
	CRM_FACT_PERSON_NAME,
	CRM_FACT_PERSON_CITY,
	CRM_FACT_PERSON_COUNTRY,
	CRM_FACT_PERSON_LANGUAGE,
	CRM_FACT_PERSON_ORDERS,
	CRM_FACT_PERSON_VALUE,
	CRM_FACT_PERSON_FIRST_ORDER,
	CRM_FACT_PERSON_LAST_ORDER,
	CRM_FACT_PERSON_REQUESTS,
	CRM_FACT_PERSON_COMPLAINTS,
	CRM_FACT_PERSON_RATING,
	CRM_FACT_LINE, /* line.*: members of the line that came */
	CRM_FACTS
};
extern const struct crm_rule_field crm_fact_fields[CRM_FACTS];

/* What rules may do to a request. */
enum crm_routing {
	CRM_ROUTING_PRIORITY, /* enum crm_priority */
	CRM_ROUTING_QUEUE,
	CRM_ROUTING_MOTIVE,
	CRM_ROUTING_AGENT,    /* who is to have it, if on duty; none: nobody by itself */
	CRM_ROUTING_LANGUAGE, /* that an agent must speak */
	CRM_ROUTING_SKILLS,   /* a list: all that an agent must have */
	CRM_ROUTINGS
};
extern const struct crm_rule_field crm_routing_actions[CRM_ROUTINGS];

struct crm_facts_options {
	int64_t now;                         /* ms */
	const char *zone;                    /* of time and weekday; NULL: UTC */
	uint64_t seed;                       /* of random */
	const struct crm_currency *currency; /* may be NULL; borrowed */
};

struct crm_facts;

/* *facts is new, on success: free with crm_facts_free. CRM_CONFIG for an unknown zone. The
 * rules must be ready, with crm_fact_fields as their fields. db's functions must be registered
 * (report/functions.h). */
enum crm_status crm_facts_new(struct crm_facts **facts, struct crm_db *db,
			      const struct crm_rules *rules,
			      const struct crm_facts_options *options);
void crm_facts_free(struct crm_facts *facts);

/* Loads n conversations, in place of what was loaded; best some hundreds at a time. All is as
 * of one snapshot when the caller is in a transaction. */
enum crm_status crm_facts_load(struct crm_facts *facts, const int64_t *conversations, size_t n);
/* The row of the i-th; all its values are borrowed: valid until the next load. */
struct crm_value *crm_facts_row(struct crm_facts *facts, size_t i);
/* Its person's canonical id; 0: none is known. */
int64_t crm_facts_person(const struct crm_facts *facts, size_t i);
/* Is there such a conversation? */
bool crm_facts_found(const struct crm_facts *facts, size_t i);
/* Takes what a line says of the i-th: line.NAME from its members that are text or numbers, and
 * motive, queue, priority, language and country from members of these names. */
void crm_facts_line(struct crm_facts *facts, size_t i, const struct crm_json_doc *doc);

#endif
