/* SPDX-License-Identifier: MIT */
/* Sketches of texts; see sketch.h. */
#include "link/sketch.h"

const double crm_sketch_inverse[CRM_SKETCH_CHARS + 1] = {
	0,       1. / 1,  1. / 2,  1. / 3,  1. / 4,  1. / 5,  1. / 6,  1. / 7,  1. / 8,  1. / 9,
	1. / 10, 1. / 11, 1. / 12, 1. / 13, 1. / 14, 1. / 15, 1. / 16, 1. / 17, 1. / 18, 1. / 19,
	1. / 20, 1. / 21, 1. / 22, 1. / 23, 1. / 24, 1. / 25, 1. / 26, 1. / 27, 1. / 28, 1. / 29,
	1. / 30, 1. / 31, 1. / 32, 1. / 33, 1. / 34, 1. / 35, 1. / 36, 1. / 37, 1. / 38, 1. / 39,
	1. / 40, 1. / 41, 1. / 42, 1. / 43, 1. / 44, 1. / 45, 1. / 46, 1. / 47, 1. / 48, 1. / 49,
	1. / 50, 1. / 51, 1. / 52, 1. / 53, 1. / 54, 1. / 55, 1. / 56, 1. / 57, 1. / 58, 1. / 59,
	1. / 60, 1. / 61, 1. / 62, 1. / 63,
};

/* Different characters may have one number: only that equal ones have is needed. */
static unsigned int letter_of(unsigned char c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	return c >= '0' && c <= '9' ? 26 + (c - '0') % 5u : 31;
}

static uint64_t letters(struct crm_slice text)
{
	uint64_t out = (uint64_t)text.len << CRM_SKETCH_LENGTH;
	size_t i;

	for (i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c >= 0x80)
			return CRM_SKETCH_NONE;
		out |= 1ull << letter_of(c);
		if (i < 4)
			out |= (uint64_t)(letter_of(c) + 1) << (CRM_SKETCH_START + 6 * i);
	}
	return out;
}

uint64_t crm_sketch(struct crm_slice text)
{
	uint64_t out = CRM_SKETCH_DIGITS;
	size_t i;

	if (text.len == 0 || text.len > CRM_SKETCH_CHARS)
		return text.len ? CRM_SKETCH_NONE : 0;
	if (text.len > 15)
		return letters(text);
	for (i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c != '+' && (c < '0' || c > '9'))
			return letters(text);
		out |= (uint64_t)(c == '+' ? 11 : c - '0' + 1) << 4 * i;
	}
	return out;
}
