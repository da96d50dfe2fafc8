/* SPDX-License-Identifier: MIT */
/*
 * table: an open-addressing hash table from a 64-bit hash to an index into an array of
 * the caller's, who also compares. Hashes may collide; indexes are from 0.
 *
 *	for (struct crm_probe p = crm_table_probe(&t, hash); crm_table_next(&t, &p);)
 *		if (same(array[p.index], wanted))
 *			return &array[p.index];
 *	crm_table_add(&t, hash, n);	// not found
 */
#ifndef CRM_TABLE_H
#define CRM_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crm_table {
	struct crm_table_slot *slots;
	size_t n, size; /* size is a power of two, or 0 */
};
#define CRM_TABLE_INIT     \
	{                  \
		NULL, 0, 0 \
	}

struct crm_probe {
	uint32_t index; /* of the entry found */
	uint64_t hash;
	size_t at;
};

struct crm_probe crm_table_probe(const struct crm_table *table, uint64_t hash);
bool crm_table_next(const struct crm_table *table, struct crm_probe *probe);
void crm_table_add(struct crm_table *table, uint64_t hash, uint32_t index);
void crm_table_clear(struct crm_table *table); /* keeps the memory */
void crm_table_release(struct crm_table *table);

#endif
