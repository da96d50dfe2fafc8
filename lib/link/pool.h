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
	uint32_t *mask; /* after crm_pool_finish: which letters a text has */
};

void crm_pool_init(struct crm_pool *pool);
void crm_pool_release(struct crm_pool *pool);
/* The index of text, which is added where it is new. */
uint32_t crm_pool_add(struct crm_pool *pool, struct crm_slice text);
/* The index of text, 0 where it is not there. Before crm_pool_finish only. */
uint32_t crm_pool_find(const struct crm_pool *pool, struct crm_slice text);
struct crm_slice crm_pool_get(const struct crm_pool *pool, uint32_t id);
/* Drops what only adding needs and computes the masks. */
void crm_pool_finish(struct crm_pool *pool);
/* A bit for each letter that occurs in text: a to z, digits modulo 5, all else. */
uint32_t crm_letters(struct crm_slice text);

#endif
