/* SPDX-License-Identifier: MIT */
/*
 * tally: how often each pattern was seen. Of the patterns that are possible, up to 2^32, few
 * thousand occur.
 */
#ifndef CRM_LINK_TALLY_H
#define CRM_LINK_TALLY_H

#include <stddef.h>
#include <stdint.h>

/* So many pairs were seen on this pattern. */
struct crm_pattern_count {
	uint32_t pattern;
	uint64_t n;
};

struct crm_tally {
	struct crm_pattern_count *count; /* in the order they were met, until sorted */
	size_t n, cap;
	uint32_t *slots; /* open addressing: place in count, from 1 */
	size_t n_slots;
};
#define CRM_TALLY_INIT              \
	{                           \
		NULL, 0, 0, NULL, 0 \
	}

void crm_tally_release(struct crm_tally *tally);
/* Adds n pairs on a pattern. */
void crm_tally_add(struct crm_tally *tally, uint32_t pattern, uint64_t n);
/* The place of a pattern in count, or tally->n. */
size_t crm_tally_find(const struct crm_tally *tally, uint32_t pattern);
/* Puts count into the order of patterns. */
void crm_tally_sort(struct crm_tally *tally);

#endif
