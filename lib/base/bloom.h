/* SPDX-License-Identifier: MIT */
/*
 * bloom: has this been seen? "No" is certain, "maybe" is not (Bloom 1970). A bulk load asks
 * before it looks an address up: most addresses are new, and each look-up that finds
 * nothing costs a walk through a large index.
 *
 * Its size is fixed: 16 MiB, which serves CRM_BLOOM_MOST entries at under 1 % of wrong
 * maybes.
 */
#ifndef CRM_BLOOM_H
#define CRM_BLOOM_H

#include <stdbool.h>
#include <stdint.h>

#define CRM_BLOOM_MOST 12000000

struct crm_bloom;

struct crm_bloom *crm_bloom_new(void); /* new: free with crm_bloom_free */
void crm_bloom_free(struct crm_bloom *bloom);
/* hash: 64 good bits, as of crm_hash64. */
void crm_bloom_add(struct crm_bloom *bloom, uint64_t hash);
bool crm_bloom_maybe(const struct crm_bloom *bloom, uint64_t hash);

#endif
