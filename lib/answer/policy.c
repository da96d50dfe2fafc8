/* SPDX-License-Identifier: MIT */
/* The rules of the bot: crm-route's conditions with actions of our own, and the lines that
 * hold what is said. */
#include "answer/policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "norm/language.h"

enum action {
	ACTION_HANDOVER,
	ACTION_THANKS,
	ACTION_THRESHOLD,
	ACTIONS
};
static const struct crm_rule_field actions[ACTIONS] = {
	[ACTION_HANDOVER] = {"handover", CRM_RULE_TEXT, "why a person is to answer", NULL, 0,
			     false},
	[ACTION_THANKS] = {"thanks", CRM_RULE_BOOL, "they were helped", NULL, 0, false},
	[ACTION_THRESHOLD] = {"threshold", CRM_RULE_NUMBER,
			      "the confidence from which the bot answers", NULL, 0, false},
};

struct say {
	const char *language; /* borrowed from the rules, as the texts are */
	struct crm_policy_say say;
};

struct crm_policy {
	struct crm_db *db;
	struct crm_rules *rules;
	struct crm_judge *judge;
	struct crm_facts *facts;
	struct crm_currency currency;
	struct crm_rule_kind kinds[2];
	struct crm_rule_spec spec;
	struct say *says;
	size_t n_says, cap_says;
};

static enum crm_status read_say(const struct crm_rule_line *line, void *data)
{
	static const char *const names[] = {"more", "after"};
	struct crm_policy *p = data;
	struct say say = {.language = line->name};
	enum crm_status rc;

	if ((rc = crm_line_members(line, names, 2)) != CRM_OK
	    || (rc = crm_line_text(line, "more", NULL, &say.say.more)) != CRM_OK
	    || (rc = crm_line_text(line, "after", NULL, &say.say.after)) != CRM_OK)
		return rc;
	CRM_GROW(p->says, p->n_says + 1, p->cap_says);
	p->says[p->n_says++] = say;
	return CRM_OK;
}

enum crm_status crm_policy_load(struct crm_policy **out, struct crm_db *db, const char *ours,
				const char *dir, crm_rules_problem *problem, void *data,
				struct crm_err *err)
{
	struct crm_policy *p = crm_calloc(1, sizeof(*p));
	struct crm_facts_options options = {.now = crm_db_now(db), .currency = &p->currency};
	enum crm_status rc;

	*out = NULL;
	p->db = db;
	p->kinds[0] = (struct crm_rule_kind){"say", NULL, read_say, p};
	p->kinds[1] = (struct crm_rule_kind){"set", "currency", crm_currency_read, &p->currency};
	p->spec = (struct crm_rule_spec){crm_fact_fields, CRM_FACTS, actions, ACTIONS, p->kinds, 2};
	p->rules = crm_rules_new(&p->spec);
	rc = crm_rules_read_both(p->rules, ours, dir, "answers", err);
	if (rc == CRM_OK)
		rc = crm_rules_ready(p->rules, problem, data, err);
	if (rc == CRM_OK && (rc = crm_facts_new(&p->facts, db, p->rules, &options)) != CRM_OK)
		*err = *crm_db_err(db);
	if (rc != CRM_OK) {
		crm_policy_free(p);
		return rc;
	}
	p->judge = crm_judge_new(p->rules);
	*out = p;
	return CRM_OK;
}

void crm_policy_free(struct crm_policy *p)
{
	if (!p)
		return;
	crm_judge_free(p->judge);
	crm_facts_free(p->facts);
	crm_rules_free(p->rules);
	crm_currency_release(&p->currency);
	free(p->says);
	free(p);
}

enum crm_status crm_policy_judge(struct crm_policy *p, int64_t conversation, struct crm_slice text,
				 const struct crm_json_doc *line, struct crm_policy_word *word)
{
	enum crm_status rc = crm_facts_load(p->facts, &conversation, 1);
	const struct crm_value *value;
	struct crm_value *row;

	*word = (struct crm_policy_word){NULL, false, -1};
	if (rc != CRM_OK)
		return rc;
	if (line)
		crm_facts_line(p->facts, 0, line);
	row = crm_facts_row(p->facts, 0);
	row[CRM_FACT_TEXT] = (struct crm_value){.there = text.len > 0, .text = text};
	crm_judge_begin(p->judge, row, crm_db_now(p->db));
	crm_judge_apply(p->judge);
	if ((value = crm_judge_value(p->judge, ACTION_HANDOVER))->there)
		word->handover = value->text.ptr; /* of the rules: ends with a NUL */
	if ((value = crm_judge_value(p->judge, ACTION_THANKS))->there)
		word->thanks = value->n;
	if ((value = crm_judge_value(p->judge, ACTION_THRESHOLD))->there)
		word->threshold = value->number;
	return CRM_OK;
}

struct crm_policy_say crm_policy_says(const struct crm_policy *p, const char *language)
{
	struct crm_slice wanted = crm_slice_of(language ? language : "");
	struct crm_policy_say any = {NULL, NULL};

	for (size_t i = p->n_says; i--;) {
		if (crm_language_same(crm_slice_of(p->says[i].language), wanted))
			return p->says[i].say;
		if (!strcmp(p->says[i].language, "*"))
			any = p->says[i].say;
	}
	return any;
}
