/* SPDX-License-Identifier: MIT */
/* Distinct texts; see pool.h. */
#include "link/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "link/sketch.h"

void crm_pool_init(struct crm_pool *pool)
{
	memset(pool, 0, sizeof(*pool));
	CRM_GROW(pool->at, 16, pool->cap_at);
	pool->at[0] = pool->at[1] = 0;
}

void crm_pool_release(struct crm_pool *pool)
{
	free(pool->bytes);
	free(pool->at);
	free(pool->slots);
	free(pool->sketch);
	memset(pool, 0, sizeof(*pool));
}

static size_t slot_at(const struct crm_pool *pool, uint64_t h)
{
	return (size_t)(h >> 32) & (pool->n_slots - 1);
}

/* What is in the slots suffices: texts need not be looked at again. */
static void pool_rehash(struct crm_pool *pool)
{
	uint64_t *old = pool->slots;
	size_t had = pool->n_slots, i;

	pool->n_slots = had ? had * 2 : 1024;
	pool->slots = crm_calloc(pool->n_slots, sizeof(*pool->slots));
	for (i = 0; i < had; i++) {
		size_t at;

		if (!old[i])
			continue;
		for (at = slot_at(pool, old[i]); pool->slots[at];)
			at = (at + 1) & (pool->n_slots - 1);
		pool->slots[at] = old[i];
	}
	free(old);
}

uint32_t crm_pool_append(struct crm_pool *pool, struct crm_slice text)
{
	uint32_t id = ++pool->n;

	CRM_GROW(pool->at, (size_t)id + 2, pool->cap_at);
	CRM_GROW(pool->bytes, pool->len + text.len + 1, pool->cap);
	if (text.len > 0)
		memcpy(pool->bytes + pool->len, text.ptr, text.len);
	pool->len += text.len;
	pool->at[id + 1] = pool->len;
	return id;
}

/* The slot that holds text, whose hash is h, or else the empty one where it belongs. */
static size_t pool_slot(const struct crm_pool *pool, struct crm_slice text, uint64_t h)
{
	size_t at = slot_at(pool, h);

	for (; pool->slots[at]; at = (at + 1) & (pool->n_slots - 1)) {
		struct crm_slice s;

		if ((pool->slots[at] ^ h) >> 32)
			continue;
		s = crm_pool_get(pool, (uint32_t)pool->slots[at]);
		if (s.len == text.len && memcmp(s.ptr, text.ptr, s.len) == 0)
			break;
	}
	return at;
}

static uint32_t add_hashed(struct crm_pool *pool, struct crm_slice text, uint64_t h)
{
	size_t at;

	if (pool->n_slotted * 2 + 2 > pool->n_slots)
		pool_rehash(pool);
	at = pool_slot(pool, text, h);
	if (pool->slots[at])
		return (uint32_t)pool->slots[at];
	pool->n_slotted++;
	pool->slots[at] = (h & 0xffffffff00000000u) | (pool->n + 1);
	return crm_pool_append(pool, text);
}

uint32_t crm_pool_add(struct crm_pool *pool, struct crm_slice text)
{
	return add_hashed(pool, text, crm_hash64(text.ptr, text.len));
}

uint32_t crm_pool_find(const struct crm_pool *pool, struct crm_slice text)
{
	if (pool->n_slots == 0)
		return 0;
	return (uint32_t)pool->slots[pool_slot(pool, text, crm_hash64(text.ptr, text.len))];
}

void crm_pool_open(struct crm_pool *pool)
{
	uint32_t id;

	if (pool->n_slotted >= pool->n)
		return;
	free(pool->slots);
	for (pool->n_slots = 1024; pool->n_slots < (size_t)pool->n * 2 + 2;)
		pool->n_slots *= 2;
	pool->slots = crm_calloc(pool->n_slots, sizeof(*pool->slots));
	pool->n_slotted = pool->n;
	for (id = 1; id <= pool->n; id++) {
		struct crm_slice s = crm_pool_get(pool, id);
		uint64_t h = crm_hash64(s.ptr, s.len);
		size_t at = pool_slot(pool, s, h);

		if (!pool->slots[at]) /* else it is there twice: the first is found */
			pool->slots[at] = (h & 0xffffffff00000000u) | id;
	}
}

void crm_pool_close(struct crm_pool *pool)
{
	free(pool->slots);
	pool->slots = NULL;
	pool->n_slots = pool->n_slotted = 0;
}

void crm_pool_finish(struct crm_pool *pool)
{
	uint32_t id;

	crm_pool_close(pool);
	pool->sketch = crm_calloc((size_t)pool->n + 1, sizeof(*pool->sketch));
	for (id = 1; id <= pool->n; id++)
		pool->sketch[id] = crm_sketch(crm_pool_get(pool, id));
}

/* ---- many at once ---- */

void crm_pool_queue_init(struct crm_pool_queue *queue)
{
	queue->n = 0;
	queue->text = (struct crm_str)CRM_STR_INIT;
}

void crm_pool_queue_add(struct crm_pool_queue *queue, struct crm_pool *pool, struct crm_slice text,
			uint32_t *out)
{
	uint64_t h = crm_hash64(text.ptr, text.len);

	if (queue->n == CRM_POOL_QUEUE)
		crm_pool_queue_flush(queue);
	queue->item[queue->n++] = (struct crm_pool_later){pool, out, h, queue->text.len, text.len};
	crm_str_add(&queue->text, text.ptr, text.len);
	if (pool->n_slots)
		__builtin_prefetch(&pool->slots[slot_at(pool, h)]);
}

/* The text that is likely the one: 0 when there is none. */
static uint32_t likely(const struct crm_pool_later *item)
{
	const struct crm_pool *pool = item->pool;
	uint64_t slot = pool->n_slots ? pool->slots[slot_at(pool, item->hash)] : 0;

	return slot && (slot ^ item->hash) >> 32 == 0 ? (uint32_t)slot : 0;
}

void crm_pool_queue_flush(struct crm_pool_queue *queue)
{
	int i;

	for (i = 0; i < queue->n; i++)
		__builtin_prefetch(&queue->item[i].pool->at[likely(&queue->item[i])]);
	for (i = 0; i < queue->n; i++) {
		const struct crm_pool *pool = queue->item[i].pool;

		if (pool->bytes)
			__builtin_prefetch(pool->bytes + pool->at[likely(&queue->item[i])]);
	}
	for (i = 0; i < queue->n; i++) {
		const struct crm_pool_later *item = &queue->item[i];

		*item->out = add_hashed(item->pool,
					(struct crm_slice){queue->text.ptr + item->at, item->len},
					item->hash);
	}
	queue->n = 0;
	crm_str_clear(&queue->text);
}

void crm_pool_queue_release(struct crm_pool_queue *queue)
{
	crm_str_release(&queue->text);
}
