/* SPDX-License-Identifier: MIT */
/*
 * index: whom a record meets by the rules of a plan, looked up at once; people that were read,
 * and records added since. Records are numbered: those of people first, then those added, in
 * their order. Keys are compared by their hashes, of 48 bits or more.
 */
#ifndef CRM_LINK_INDEX_H
#define CRM_LINK_INDEX_H

#include "link/block.h"

struct crm_records {
	uint32_t *record;
	size_t n, cap;
};
#define CRM_RECORDS_INIT   \
	{                  \
		NULL, 0, 0 \
	}
void crm_records_add(struct crm_records *records, uint32_t record);

struct crm_index;

/* people must outlive it; plan is copied. New: crm_index_free. */
struct crm_index *crm_index_new(const struct crm_people *people, const struct crm_plan *plan,
				unsigned int threads);
void crm_index_free(struct crm_index *index);
/* Adds the record that one holds alone under the next number. */
void crm_index_add(struct crm_index *index, const struct crm_people *one);
/* Sets out to the records that share a block with a record of people (or of others, who hold it
 * alone, then 0), and to number itself: each once, ascending. */
void crm_index_meet(const struct crm_index *index, const struct crm_people *people, uint32_t record,
		    uint32_t number, struct crm_records *out);

#endif
