/* SPDX-License-Identifier: MIT */
/*
 * policy: when the bot keeps out of it, and what it says around an article: the file
 * rules/answers, lines as crm-rules(5) describes them.
 *
 *	{"rule":"asked for a person, en","if":{"text":{"words":["agent","human"]}},
 *	 "do":{"handover":"asked"}}
 *	{"rule":"thanks, en","if":{"text":{"words":["thanks"]}},"do":{"thanks":true}}
 *	{"rule":"chat","if":{"medium":"chat"},"do":{"threshold":0.7}}
 *	{"say":"en","more":"More about it:","after":"Did this help? …"}
 *
 * Conditions may ask for all that crm-route's may (route/facts.h); text is what the customer
 * newly wrote. What is said is chosen by the language of the article; the line "say":"*" is
 * for all others.
 */
#ifndef CRM_POLICY_H
#define CRM_POLICY_H

#include "route/facts.h"
#include "rule/rule.h"
#include "store/db.h"

struct crm_policy;

/* What the rules say of a message. Borrowed: until the next one. */
struct crm_policy_word {
	const char *handover; /* why a person is to have it; NULL: no rule says so */
	bool thanks;
	double threshold; /* -1: no rule says another one */
};

struct crm_policy_say {
	const char *more, *after; /* NULL: nothing */
};

/* Reads the file ours (NULL: none), then DIR/rules/answers over it, if it is there. *policy is
 * new, on success: free with crm_policy_free. problem: see crm_rules_ready; may be NULL. */
enum crm_status crm_policy_load(struct crm_policy **policy, struct crm_db *db, const char *ours,
				const char *dir, crm_rules_problem *problem, void *data,
				struct crm_err *err);
void crm_policy_free(struct crm_policy *policy);

/* Judges a message of a conversation by its text; line (may be NULL): members of the line it
 * came by. */
enum crm_status crm_policy_judge(struct crm_policy *policy, int64_t conversation,
				 struct crm_slice text, const struct crm_json_doc *line,
				 struct crm_policy_word *word);

struct crm_policy_say crm_policy_says(const struct crm_policy *policy, const char *language);

#endif
