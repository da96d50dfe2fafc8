/* SPDX-License-Identifier: MIT */
/* shard_parts: what the files of shard.h share. */
#ifndef CRM_LINK_SHARD_PARTS_H
#define CRM_LINK_SHARD_PARTS_H

#include "base/hash.h"
#include "base/json.h"
#include "link/shard.h"

#define CRM_KEY_LEN (2 + 2 * CRM_DIGEST_SIZE)
#define CRM_KEY_DECIDED \
	0xff /* in place of a rule: a human said that two records are one person's */

/* A line, and where it is in the batch. */
struct crm_shard_entry {
	int64_t profile, person;
	size_t at, len; /* the record in text */
	uint32_t record;
};

struct crm_shard_pair { /* a match line */
	int64_t a, b;
	double weight; /* INFINITY: decided by a human */
	size_t at, len;
};

struct crm_shard_group { /* lines of one key */
	char key[CRM_KEY_LEN + 1];
	size_t first, n; /* entries */
};

struct crm_shard {
	struct crm_whole *whole;
	enum crm_shard_takes takes;
	struct crm_link link; /* of the batch: its people, pairs, scorer */
	struct crm_str text;  /* of the batch */
	struct crm_shard_entry *entry;
	size_t n, cap;
	struct crm_shard_group *group;
	size_t n_groups, cap_groups;
	struct crm_shard_pair *pair;
	size_t n_pairs, cap_pair;
	size_t cap_pairs; /* of link.pairs */
	struct crm_json_doc doc;
	struct crm_str value, scope;
};

/* Makes link.people of the batch: each profile once, in their order. */
void crm_shard_people(struct crm_shard *shard);
/* Numbers the records of the batch in the order of their profiles; *n: how many there are. New:
 * for each the first of its entries. */
struct crm_shard_entry **crm_shard_order(struct crm_shard *shard, uint32_t *n);
/* Fills link.decided. */
void crm_shard_decisions(struct crm_shard *shard);
/* Forgets the batch. */
void crm_shard_clear(struct crm_shard *shard);
/* The number of the rule that a key is of, or CRM_KEY_DECIDED; -1. */
int crm_shard_rule(const struct crm_shard *shard, const char *key);

#endif
