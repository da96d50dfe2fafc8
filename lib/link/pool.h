/* SPDX-License-Identifier: MIT */
/*
 * pool: distinct texts, each held once and known by a number from 1; 0 is none. Texts follow
 * each other in bytes; text i is at[i] … at[i + 1].
 */
#ifndef CRM_LINK_POOL_H
#define CRM_LINK_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct crm_pool {
	char *bytes;
	size_t len, cap;
	size_t *at;
	size_t cap_at;
	uint32_t n;      /* texts are 1 … n */
	uint64_t *slots; /* open addressing: 32 bits of hash, 32 of index */
	size_t n_slots;
	uint64_t *sketch; /* after crm_pool_finish: crm_sketch of a text (link/similarity.h) */
};

void crm_pool_init(struct crm_pool *pool);
void crm_pool_release(struct crm_pool *pool);
/* The index of text, which is added where it is new. */
uint32_t crm_pool_add(struct crm_pool *pool, struct crm_slice text);
/* Adds text under a number of its own, without looking whether it is there, and may be looked
 * for in vain: for what is known to be distinct. */
uint32_t crm_pool_append(struct crm_pool *pool, struct crm_slice text);
/* The index of text, 0 where it is not there. Before crm_pool_finish only. */
uint32_t crm_pool_find(const struct crm_pool *pool, struct crm_slice text);
struct crm_slice crm_pool_get(const struct crm_pool *pool, uint32_t id);
/* Drops what only adding needs and makes the sketches. */
void crm_pool_finish(struct crm_pool *pool);
/* The same without sketches: of texts that are only shown. */
void crm_pool_close(struct crm_pool *pool);

#endif
