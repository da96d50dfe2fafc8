/* SPDX-License-Identifier: MIT */
/* Bringing equal keys together; see together.h. */
#include "link/together.h"

#include <stdlib.h>
#include <string.h>

#define DIGIT_BITS 8
#define DIGIT ((1 << DIGIT_BITS) - 1)

void crm_sorting_swap(struct crm_sorting *s, size_t n)
{
	uint64_t *e = s->entry;

	s->entry = s->spare;
	s->spare = e;
	s->n = n;
}

/* Moves entries to where the digit at shift puts them; those of one digit stay in order.
 * at: where each begins, ends as where it ends. */
static void scatter(const uint64_t *from, uint64_t *to, size_t n, int shift,
		    uint32_t at[1 << DIGIT_BITS])
{
	uint32_t sum = 0;
	size_t i;

	memset(at, 0, sizeof(*at) << DIGIT_BITS);
	for (i = 0; i < n; i++)
		at[from[i] >> shift & DIGIT]++;
	for (i = 0; i <= DIGIT; i++) {
		uint32_t count = at[i];

		at[i] = sum;
		sum += count;
	}
	for (i = 0; i < n; i++)
		to[at[from[i] >> shift & DIGIT]++] = from[i];
}

/* By what is above the lowest bits; stable. For few, or where little is left to do. */
static void insertion_sort(uint64_t *e, size_t n, int bits)
{
	size_t i, k;

	for (i = 1; i < n; i++) {
		uint64_t x = e[i];

		for (k = i; k > 0 && e[k - 1] >> bits > x >> bits; k--)
			e[k] = e[k - 1];
		e[k] = x;
	}
}

/* Three digits tell nearly all keys apart: the highest one parts them into heaps that the
 * processor's cache holds, two more sort these, and few are left to be moved one by one. */
void crm_bring_together(struct crm_sorting *s)
{
	uint32_t heap[1 << DIGIT_BITS], at[1 << DIGIT_BITS], from = 0;
	int i;

	scatter(s->entry, s->spare, s->n, 64 - DIGIT_BITS, heap);
	for (i = 0; i <= DIGIT; from = heap[i++]) {
		uint64_t *e = s->spare + from, *other = s->entry + from;
		size_t n = heap[i] - from;

		if (n > 64) {
			scatter(e, other, n, 64 - 3 * DIGIT_BITS, at);
			scatter(other, e, n, 64 - 2 * DIGIT_BITS, at);
		}
		insertion_sort(e, n, s->thing_bits);
	}
	crm_sorting_swap(s, s->n);
}

static int ascending(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

void crm_sort_numbers(uint64_t *e, size_t n)
{
	if (n > 32)
		qsort(e, n, sizeof(*e), ascending);
	else
		insertion_sort(e, n, 0);
}
