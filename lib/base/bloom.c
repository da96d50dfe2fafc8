/* SPDX-License-Identifier: MIT */
/* Four bits an entry in one cache line, chosen by the pieces of one hash: a blocked filter
 * (Putze, Sanders, Singler 2007), so that a question costs one miss of the cache. */
#include "base/bloom.h"

#include <stdlib.h>

#include "base/mem.h"

#define LINES ((uint64_t)1 << 18) /* of 512 bits */

struct crm_bloom {
	uint64_t line[LINES][8];
};

struct crm_bloom *crm_bloom_new(void)
{
	return crm_calloc(1, sizeof(struct crm_bloom));
}

void crm_bloom_free(struct crm_bloom *bloom)
{
	free(bloom);
}

/* The i-th bit: 9 bits of the hash each, above those that choose the line. */
static unsigned bit(uint64_t hash, int i)
{
	return (unsigned)(hash >> (18 + 9 * i)) & 511;
}

void crm_bloom_add(struct crm_bloom *bloom, uint64_t hash)
{
	uint64_t *line = bloom->line[hash & (LINES - 1)];

	for (int i = 0; i < 4; i++)
		line[bit(hash, i) / 64] |= (uint64_t)1 << (bit(hash, i) % 64);
}

bool crm_bloom_maybe(const struct crm_bloom *bloom, uint64_t hash)
{
	const uint64_t *line = bloom->line[hash & (LINES - 1)];

	for (int i = 0; i < 4; i++)
		if (!(line[bit(hash, i) / 64] >> (bit(hash, i) % 64) & 1))
			return false;
	return true;
}
