/* SPDX-License-Identifier: MIT */
/*
 * block: which pairs are worth comparing. A blocking rule (struct crm_block_rule) gives each
 * record a key, or none where it lacks a part of it; records with equal keys make a block,
 * and only pairs within a block of some rule are looked at.
 *
 * A block above the cap is divided by further parts of the record; what is still too large
 * then is left out and counted: a mailbox that thousands share says nothing, and would cost
 * millions of pairs. A record is so in one block of a rule at most (by a rule on a list, each
 * of its values is), and the blocks of a rule are kept as rings: for each record, which one is
 * next in its block, the last one being followed by the first. That takes four bytes a record
 * and rule, and all that a record is to be compared with is found by walking its rings.
 *
 * Keys are exact wherever the numbers of distinct values allow it: the values' numbers in
 * mixed radix. A longer key is a hash; should two of those fall together, a block has some
 * pairs more, the same ones in every run.
 */
#ifndef CRM_LINK_BLOCK_H
#define CRM_LINK_BLOCK_H

#include "link/key.h"

#define CRM_BLOCK_CAP 100 /* records in a block */
#define CRM_RULES 64      /* in a plan, at most */
#define CRM_RULE_NAME 96  /* bytes, at most */
#define CRM_BLOCKS_SHOWN 3

/* The rules in use, in order: a pair counts as that of the first rule that has it. Which ones:
 * link/plan.h. */
struct crm_plan {
	uint32_t cap; /* records in a block */
	int n;
	struct crm_block_rule rule[CRM_RULES]; /* but for their names: */
	char name[CRM_RULES][CRM_RULE_NAME];
};

struct crm_block_size {
	uint32_t size;  /* records */
	uint32_t thing; /* one of them; by a rule on a list: a place of its value */
};

struct crm_block_report {
	const char *rule;        /* its name; borrowed: as long as the blocks */
	uint64_t pairs;          /* within its blocks, also those of earlier rules */
	uint32_t blocks;         /* of two records or more */
	uint32_t largest;        /* records in the largest block used */
	uint32_t divided_blocks; /* too large as they were */
	uint32_t dropped_blocks; /* too large even after division */
	uint64_t dropped_pairs;  /* of blocks above the cap: neither in a part nor used */
	struct crm_block_size
		top[CRM_BLOCKS_SHOWN]; /* largest ones before division; size 0: none */
};

/* What one record is to be compared with. */
struct crm_mates {
	uint32_t record, n;
	const uint32_t *mate;  /* records, ascending */
	const uint64_t *rules; /* of each: bit r is set where rule r has the pair */
};

struct crm_blocks;

/* Builds the blocks of a plan; a rule without keys has none. wanted (NULL: all) says for each
 * record whether its pairs are asked for: of two records at least one must be. Where few are
 * wanted, only blocks that have one of them are built, and reported. New: crm_blocks_free.
 * people and wanted must outlive it; plan is copied. */
struct crm_blocks *crm_blocks_build(const struct crm_people *people, const struct crm_plan *plan,
				    unsigned int threads, const bool *wanted);
void crm_blocks_free(struct crm_blocks *blocks);
/* About how many pairs share the key of a rule that is on no list, whatever the size of their
 * blocks: counted among every 16th record, which takes a fraction of building them. */
double crm_blocks_guess(const struct crm_people *people, const struct crm_block_rule *rule);

/* Borrowed: valid until the blocks change. */
const struct crm_plan *crm_blocks_plan(const struct crm_blocks *blocks);
const struct crm_people *crm_blocks_people(const struct crm_blocks *blocks);
int crm_blocks_rules(const struct crm_blocks *blocks);
struct crm_block_report crm_blocks_report(const struct crm_blocks *blocks, int rule);

/* Makes the blocks those of another plan: blocks of rules in both are kept, others built or
 * freed. */
void crm_blocks_change(struct crm_blocks *blocks, const struct crm_plan *plan,
		       unsigned int threads);

/* Changes whose pairs are asked for; where few were when they were built, to none besides. */
void crm_blocks_want(struct crm_blocks *blocks, const bool *wanted);

/* The values that the records of a block share, as a JSON array of texts and numbers. */
void crm_blocks_values(const struct crm_blocks *blocks, int rule, uint32_t thing,
		       struct crm_str *out);

/* The records are cut into jobs; each calls found(data, mates) for those of its records that
 * have any mates, in their order. A pair comes once: with all records wanted the mates are
 * those behind the record (mate > record); else those of a wanted record, but for wanted ones
 * before it. mates is valid within the call only. Jobs can run at the same time. */
size_t crm_blocks_jobs(const struct crm_blocks *blocks);
void crm_blocks_each(const struct crm_blocks *blocks, size_t job,
		     void (*found)(void *data, const struct crm_mates *mates), void *data);

/* The same for the records from first to before end. */
void crm_blocks_range(const struct crm_blocks *blocks, uint32_t first, uint32_t end,
		      void (*found)(void *data, const struct crm_mates *mates), void *data);
/* The first rule that has the pair. */
static inline int crm_first_rule(uint64_t rules)
{
	return __builtin_ctzll(rules);
}

#endif
