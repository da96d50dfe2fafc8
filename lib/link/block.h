/* SPDX-License-Identifier: MIT */
/*
 * block: which pairs are worth comparing. A blocking rule gives each record a key of 64
 * bits (0 where a part is missing); records with equal keys make a block, and only pairs
 * within a block of some rule are looked at. Each pair comes once, from the first rule
 * that yields it: earlier rules are asked by comparing block numbers, so that no set of
 * pairs is held.
 *
 * A block above the cap is divided by further parts of the record; what is still too
 * large then is left out and counted: a mailbox that thousands share says nothing, and
 * would cost millions of pairs.
 */
#ifndef CRM_LINK_BLOCK_H
#define CRM_LINK_BLOCK_H

#include "link/load.h"

#define CRM_BLOCK_CAP 100 /* records in a block */

struct crm_block_report {
	const char *rule;
	uint64_t pairs;          /* within its blocks, also those of earlier rules */
	uint32_t blocks;         /* of two records or more */
	uint32_t largest;        /* records in the largest block used */
	uint32_t dropped_blocks; /* too large even after division */
	uint64_t dropped_pairs;  /* of blocks above the cap: neither in a part nor used */
};

struct crm_blocks;

/* Builds the blocks of all rules. wanted (NULL: all) says for each record whether its
 * pairs are asked for: of two records at least one must be. New: crm_blocks_free. people
 * and wanted must outlive it. */
struct crm_blocks *crm_blocks_build(const struct crm_people *people, uint32_t cap,
				    unsigned int threads, const bool *wanted);
void crm_blocks_free(struct crm_blocks *blocks);

int crm_blocks_rules(const struct crm_blocks *blocks);
struct crm_block_report crm_blocks_report(const struct crm_blocks *blocks, int rule);

/* The pairs are cut into jobs, in the order of rules and blocks; each calls pair(data, a,
 * b, rule), a < b, for the pairs that are new in it. Jobs can run at the same time. */
size_t crm_blocks_jobs(const struct crm_blocks *blocks);
void crm_blocks_each(const struct crm_blocks *blocks, size_t job,
		     void (*pair)(void *data, uint32_t a, uint32_t b), void *data);
/* The rule a job belongs to. */
int crm_blocks_job_rule(const struct crm_blocks *blocks, size_t job);

#endif
