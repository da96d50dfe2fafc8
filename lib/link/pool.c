/* SPDX-License-Identifier: MIT */
/* Distinct texts; see pool.h. */
#include "link/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "link/similarity.h"

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

struct crm_slice crm_pool_get(const struct crm_pool *pool, uint32_t id)
{
	if (id == 0)
		return (struct crm_slice){NULL, 0};
	return (struct crm_slice){pool->bytes + pool->at[id], pool->at[id + 1] - pool->at[id]};
}

static void pool_rehash(struct crm_pool *pool)
{
	uint32_t id;

	pool->n_slots = pool->n_slots ? pool->n_slots : 1024;
	while (pool->n_slots <= (size_t)pool->n * 2 + 2)
		pool->n_slots *= 2;
	free(pool->slots);
	pool->slots = crm_calloc(pool->n_slots, sizeof(*pool->slots));
	for (id = 1; id <= pool->n; id++) {
		struct crm_slice s = crm_pool_get(pool, id);
		uint64_t h = crm_hash64(s.ptr, s.len);
		size_t at = (size_t)h & (pool->n_slots - 1);

		while (pool->slots[at])
			at = (at + 1) & (pool->n_slots - 1);
		pool->slots[at] = (h & 0xffffffff00000000u) | id;
	}
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
	size_t at = (size_t)h & (pool->n_slots - 1);

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

uint32_t crm_pool_add(struct crm_pool *pool, struct crm_slice text)
{
	uint64_t h = crm_hash64(text.ptr, text.len);
	size_t at;

	if ((size_t)pool->n * 2 + 2 > pool->n_slots)
		pool_rehash(pool);
	at = pool_slot(pool, text, h);
	if (pool->slots[at])
		return (uint32_t)pool->slots[at];
	pool->slots[at] = (h & 0xffffffff00000000u) | (pool->n + 1);
	return crm_pool_append(pool, text);
}

uint32_t crm_pool_find(const struct crm_pool *pool, struct crm_slice text)
{
	if (pool->n_slots == 0)
		return 0;
	return (uint32_t)pool->slots[pool_slot(pool, text, crm_hash64(text.ptr, text.len))];
}

void crm_pool_close(struct crm_pool *pool)
{
	free(pool->slots);
	pool->slots = NULL;
	pool->n_slots = 0;
}

void crm_pool_finish(struct crm_pool *pool)
{
	uint32_t id;

	crm_pool_close(pool);
	pool->sketch = crm_calloc((size_t)pool->n + 1, sizeof(*pool->sketch));
	for (id = 1; id <= pool->n; id++)
		pool->sketch[id] = crm_sketch(crm_pool_get(pool, id));
}
