/* SPDX-License-Identifier: MIT */
/* Linear probing at a load of at most one half. */
#include "base/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct crm_table_slot {
	uint64_t hash;
	uint32_t index1; /* index + 1; 0 is a free slot */
};

struct crm_probe crm_table_probe(const struct crm_table *table, uint64_t hash)
{
	return (struct crm_probe){0, hash, table->size ? hash & (table->size - 1) : 0};
}

bool crm_table_next(const struct crm_table *table, struct crm_probe *probe)
{
	if (!table->size)
		return false;
	for (;;) {
		const struct crm_table_slot *slot = &table->slots[probe->at];

		if (!slot->index1)
			return false;
		probe->at = (probe->at + 1) & (table->size - 1);
		if (slot->hash == probe->hash) {
			probe->index = slot->index1 - 1;
			return true;
		}
	}
}

static void place(struct crm_table *table, struct crm_table_slot slot)
{
	size_t at = slot.hash & (table->size - 1);

	while (table->slots[at].index1)
		at = (at + 1) & (table->size - 1);
	table->slots[at] = slot;
}

void crm_table_add(struct crm_table *table, uint64_t hash, uint32_t index)
{
	if (table->n * 2 >= table->size) {
		struct crm_table old = *table;

		table->size = old.size ? old.size * 2 : 64;
		table->slots = crm_calloc(table->size, sizeof(*table->slots));
		for (size_t i = 0; i < old.size; i++)
			if (old.slots[i].index1)
				place(table, old.slots[i]);
		free(old.slots);
	}
	place(table, (struct crm_table_slot){hash, index + 1});
	table->n++;
}

void crm_table_clear(struct crm_table *table)
{
	if (table->size)
		memset(table->slots, 0, table->size * sizeof(*table->slots));
	table->n = 0;
}

void crm_table_release(struct crm_table *table)
{
	free(table->slots);
	*table = (struct crm_table)CRM_TABLE_INIT;
}
