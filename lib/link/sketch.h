/* SPDX-License-Identifier: MIT */
/*
 * sketch: what is known of a text at a glance, in one word. Most pairs of texts are unlike: two
 * sketches tell that they are without a look at the texts. Bounds of the similarity and the
 * distances of their texts come of them: the most crm_jaro_winkler can be, the least that the
 * distances can (link/similarity.h).
 *
 * There are two kinds. Of up to 15 digits and plus signs, as numbers and postcodes are, a sketch
 * is the text itself, from the lowest bits on, and one edit can be told from several for certain.
 * Else it has, from the lowest bits on: which letters (26), digits modulo 5 (5) and other
 * characters (1) there are; the length (6); the first four characters (6 each). Of texts that are
 * not ASCII or too long nothing is known.
 */
#ifndef CRM_LINK_SKETCH_H
#define CRM_LINK_SKETCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/str.h"

#define CRM_SKETCH_CHARS 63 /* at most */
#define CRM_SKETCH_LENGTH 32
#define CRM_SKETCH_START 38
#define CRM_SKETCH_DIGITS (1ull << 62)
#define CRM_SKETCH_NONE (1ull << 63)

extern const double crm_sketch_inverse[CRM_SKETCH_CHARS + 1]; /* n → 1 / n */

uint64_t crm_sketch(struct crm_slice text);

/* How many letters each has that the other lacks. Both are counted in one word, by halves,
 * quarters and so on: not all machines that programs are built for count bits in one
 * instruction. */
static inline void crm_sketch_differ(uint64_t a, uint64_t b, int *only_a, int *only_b)
{
	uint64_t x = (a & ~b & 0xffffffff) | (b & ~a) << 32;

	x -= x >> 1 & 0x5555555555555555;
	x = (x & 0x3333333333333333) + (x >> 2 & 0x3333333333333333);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f;
	x += x >> 8;
	x += x >> 16;
	*only_a = (int)(x & 63);
	*only_b = (int)(x >> 32 & 63);
}

static inline int crm_sketch_length(uint64_t s)
{
	return (int)(s >> CRM_SKETCH_LENGTH & 63);
}

/* The most that the similarity can be. */
static inline double crm_sketch_similarity(uint64_t a, uint64_t b)
{
	int n_a = crm_sketch_length(a), n_b = crm_sketch_length(b), m_a, m_b, prefix;
	uint64_t start = (a ^ b) >> CRM_SKETCH_START;
	double m, bound;

	if (((a | b) & (CRM_SKETCH_NONE | CRM_SKETCH_DIGITS)) || n_a == 0 || n_b == 0)
		return 1;
	crm_sketch_differ(a, b, &m_a, &m_b); /* at least so many find no partner */
	m = n_a - m_a < n_b - m_b ? n_a - m_a : n_b - m_b;
	bound = (m * crm_sketch_inverse[n_a] + m * crm_sketch_inverse[n_b] + 1) * (1. / 3);
	prefix = start ? __builtin_ctzll(start) / 6 : 4;
	if (prefix > 4)
		prefix = 4;
	return bound + prefix * 0.1 * (1 - bound) + 1e-9; /* for what is rounded */
}

/* The same of digits: 0, 1, or 2 where it is more than that. */
static inline int crm_sketch_digits(uint64_t a, uint64_t b)
{
	int same;

	if (a == b)
		return 0;
	same = __builtin_ctzll(a ^ b) / 4 * 4;
	a = (a & ~CRM_SKETCH_DIGITS) >> same;
	b = (b & ~CRM_SKETCH_DIGITS) >> same;
	if (a >> 4 == b >> 4 || a >> 4 == b || a == b >> 4) /* another one, or one more */
		return 1;
	return a >> 8 == b >> 8 && (a & 15) == (b >> 4 & 15) && (b & 15) == (a >> 4 & 15) ? 1 : 2;
}

/* The least that the distance can be, also of two neighbours that are swapped as one. */
static inline int crm_sketch_distance(uint64_t a, uint64_t b)
{
	int there, back, longer;

	if (a & b & CRM_SKETCH_DIGITS)
		return crm_sketch_digits(a, b);
	if ((a | b) & (CRM_SKETCH_NONE | CRM_SKETCH_DIGITS))
		return 0;
	crm_sketch_differ(a, b, &there, &back);
	longer = abs(crm_sketch_length(a) - crm_sketch_length(b));
	there = there > back ? there : back;
	return there > longer ? there : longer;
}

/* May the texts begin alike? */
static inline bool crm_sketch_may_start(uint64_t a, uint64_t b)
{
	if (a & b & CRM_SKETCH_DIGITS)
		return ((a ^ b) & 15) == 0;
	return ((a | b) & (CRM_SKETCH_NONE | CRM_SKETCH_DIGITS))
	       || ((a ^ b) >> CRM_SKETCH_START & 63) == 0;
}

/* May one of two different texts be part of the words of the other? */
static inline bool crm_sketch_may_part(uint64_t a, uint64_t b)
{
	uint32_t one = (uint32_t)a, other = (uint32_t)b;

	if ((a | b) & (CRM_SKETCH_NONE | CRM_SKETCH_DIGITS))
		return !(a & b & CRM_SKETCH_DIGITS); /* these have no words */
	return (one | other) >> 31 && ((one & ~other) == 0 || (other & ~one) == 0);
}

#endif
