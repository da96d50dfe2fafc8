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
	uint64_t *slots; /* open addressing by 32 bits of hash: these, and 32 of index */
	size_t n_slots, n_slotted;
	uint64_t *sketch; /* after crm_pool_finish: crm_sketch of a text (link/similarity.h) */
};

void crm_pool_init(struct crm_pool *pool);
void crm_pool_release(struct crm_pool *pool);
/* The index of text, which is added where it is new. */
uint32_t crm_pool_add(struct crm_pool *pool, struct crm_slice text);
/* Adds text under a number of its own, without looking whether it is there, and may be looked
 * for in vain: for what is known to be distinct. */
uint32_t crm_pool_append(struct crm_pool *pool, struct crm_slice text);
/* The same for many texts, of any pools: they are looked up together, so that memory is not
 * waited for once a text. *out is set by the time of crm_pool_queue_flush, and must stay in
 * place until then. */
#define CRM_POOL_QUEUE 256
struct crm_pool_queue {
	struct crm_pool_later {
		struct crm_pool *pool;
		uint32_t *out;
		uint64_t hash;
		size_t at, len; /* in text */
	} item[CRM_POOL_QUEUE];
	int n;
	struct crm_str text;
};
void crm_pool_queue_init(struct crm_pool_queue *queue);
void crm_pool_queue_add(struct crm_pool_queue *queue, struct crm_pool *pool, struct crm_slice text,
			uint32_t *out);
void crm_pool_queue_flush(struct crm_pool_queue *queue);
void crm_pool_queue_release(struct crm_pool_queue *queue); /* what is not flushed is lost */

/* Makes all texts be found: those of a finished pool again, and appended ones. */
void crm_pool_open(struct crm_pool *pool);
/* The index of text, 0 where it is not there. Before crm_pool_finish, or after crm_pool_open. */
uint32_t crm_pool_find(const struct crm_pool *pool, struct crm_slice text);
static inline struct crm_slice crm_pool_get(const struct crm_pool *pool, uint32_t id)
{
	if (id == 0)
		return (struct crm_slice){NULL, 0};
	return (struct crm_slice){pool->bytes + pool->at[id], pool->at[id + 1] - pool->at[id]};
}
/* Drops what only adding needs and makes the sketches. */
void crm_pool_finish(struct crm_pool *pool);
/* The same without sketches: of texts that are only shown. */
void crm_pool_close(struct crm_pool *pool);

#endif
