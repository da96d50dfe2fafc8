/* SPDX-License-Identifier: MIT */
/*
 * growing: how many records have a value in a store that grows, so that what is said of a few
 * records is said with the frequencies of all: the people that were read, which do not change,
 * and those added since.
 */
#ifndef CRM_LINK_GROWING_H
#define CRM_LINK_GROWING_H

#include "base/table.h"
#include "link/people.h"

struct crm_growing {
	const struct crm_people *base;
	struct crm_table table;
	struct crm_growing_value { /* of records added since */
		uint64_t hash;     /* of column and value */
		uint32_t n;
	} * value;
	size_t n, cap;
	uint32_t known[CRM_COLUMNS];
	double pairs[CRM_COLUMNS]; /* of records with an equal value, counted twice, in all */
};

/* base must outlive it; its texts are to be found (crm_pool_open). */
void crm_growing_init(struct crm_growing *growing, struct crm_people *base);
void crm_growing_release(struct crm_growing *growing);
/* A record that base lacks counts from now on; one is people who hold it alone. */
void crm_growing_add(struct crm_growing *growing, const struct crm_people *one);
/* The counts of a few people become those of all. */
void crm_growing_apply(const struct crm_growing *growing, struct crm_people *few);

/* A hash of a value, the same in all people; not 0. */
uint64_t crm_value_hash(const struct crm_people *people, int column, uint32_t key);

#endif
