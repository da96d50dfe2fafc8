/* SPDX-License-Identifier: MIT */
/*
 * together: bringing equal keys together, which is sorting without caring for the order of
 * keys. What is sorted are numbers of 64 bits: above, a key; below, in thing_bits, which thing
 * has it. Keys are mixed as they are put in, so that all their bits count in the uppermost.
 */
#ifndef CRM_LINK_TOGETHER_H
#define CRM_LINK_TOGETHER_H

#include <stddef.h>
#include <stdint.h>

struct crm_sorting {
	uint64_t *entry, *spare; /* the caller's, of equal size */
	size_t n;
	int thing_bits;
};

/* Writes an entry. Distinct keys of up to 64 - thing_bits bits stay distinct. */
static inline void crm_sorting_put(const struct crm_sorting *s, uint64_t **to, uint64_t key,
				   uint32_t thing)
{
	*(*to)++ = key * 0x9e3779b97f4a7c15ull << s->thing_bits | thing;
}
/* The spare ones, n of them, become those in use. */
void crm_sorting_swap(struct crm_sorting *s, size_t n);
/* Equal keys end up side by side, their things in the order they were put in. */
void crm_bring_together(struct crm_sorting *s);
/* Sorts plain numbers; meant for few. */
void crm_sort_numbers(uint64_t *numbers, size_t n);

#endif
