/* SPDX-License-Identifier: MIT */
/*
 * plan: which blocking rules are used, and in which order, so that the pairs to be compared
 * stay within a budget.
 *
 * Candidates are the rules of the specification, and rules made of columns that it compares
 * but blocks by nowhere. The blocks of all of them are built, so that how many pairs each one
 * has is known exactly. Where all of them together keep within the budget, all are used, in
 * their order. Otherwise a sample of records is taken, and each pair that a candidate has for
 * one of them is rated by a first model: the probabilities from which the specification says
 * that estimation starts, against chance as random pairs have it. Rules are then taken one by
 * one: that one which adds most expected matches for each pair that it adds. A rule that is
 * too expensive for what it would add is tried with the further keys by which it divides its
 * large blocks; if it is so even then, it is left out.
 *
 * The same people, specification, seed and budget give the same plan on any number of threads.
 */
#ifndef CRM_LINK_PLAN_H
#define CRM_LINK_PLAN_H

#include "base/json.h"
#include "link/block.h"

struct crm_plan_options {
	uint64_t budget; /* pairs; 0: crm_plan_budget */
	uint32_t cap;    /* records in a block; 0: CRM_BLOCK_CAP */
	uint64_t seed;
	unsigned int threads;
	const bool *wanted; /* of the blocks that are built; see crm_blocks_build */
	bool keep;          /* also the blocks of candidates not chosen, behind the others */
};

/* What became of a candidate. */
struct crm_plan_choice {
	struct crm_block_rule rule;
	struct crm_block_report report; /* report.rule is its name */
	int place;                      /* number of the rule in the blocks; -1: not kept */
	bool used, made; /* chosen; not of the specification: made of a column that its rules
			  * leave out, or one of its rules with a key more */
	const char *why; /* a static text */
	double new_pairs, new_matches; /* what it adds to those chosen before it, estimated from
					* the sample; NAN: there was no need for that */
};

struct crm_plan_report {
	uint64_t budget;
	uint64_t all_pairs; /* of the candidates, one by one */
	uint32_t sample;    /* records; 0: none was needed */
	double matches;     /* expected among the pairs of all candidates; NAN */
	int n, used;
	struct crm_plan_choice choice[CRM_RULES];
	char name[CRM_RULES][CRM_RULE_NAME];
};

/* So many pairs where nobody says another number. */
uint64_t crm_plan_budget(const struct crm_people *people);

/* A plan of all candidates in their order. */
void crm_plan_all(struct crm_plan *plan, const struct crm_spec *spec, uint32_t cap);
/* Chooses a plan and builds its blocks: new, crm_blocks_free. report may be NULL; its names
 * of rules are its own. */
struct crm_blocks *crm_plan_choose(const struct crm_people *people,
				   const struct crm_plan_options *options,
				   struct crm_plan_report *report);

/* Counts the pairs of each rule that none of the rules before it has, exactly; of rules from
 * number used on: that none of those before used has. Returns how many the used ones have
 * together. */
uint64_t crm_plan_count(const struct crm_blocks *blocks, int used, unsigned int threads,
			uint64_t new_pairs[CRM_RULES]);
/* Appends what became of a candidate as a JSON line; new_pairs: as counted. */
void crm_plan_choice_write(const struct crm_plan_choice *choice, const struct crm_blocks *blocks,
			   uint64_t new_pairs, struct crm_str *out);
/* The same of the whole; pairs: as counted. */
void crm_plan_report_write(const struct crm_plan_report *report, const struct crm_people *people,
			   uint64_t pairs, struct crm_str *out);

/* Appends a plan as a JSON object: the cap and the names of its rules. Reads one back: CRM_DATA
 * where it names a rule that is none of these people's specification. */
void crm_plan_write(const struct crm_plan *plan, struct crm_str *out);
enum crm_status crm_plan_read(struct crm_plan *plan, const struct crm_spec *spec,
			      const struct crm_json_doc *doc, const struct crm_json_value *value,
			      struct crm_err *err);

#endif
