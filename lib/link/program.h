/* SPDX-License-Identifier: MIT */
/*
 * program: a comparison made ready to be run. What is equal and what is known of two records
 * is cheap to tell and decides most of a ladder. It is found first, as bits; for each
 * combination of bits the ladders are cut down beforehand to the tests that are then still
 * open, which are none in most cases.
 */
#ifndef CRM_LINK_PROGRAM_H
#define CRM_LINK_PROGRAM_H

#include "link/condition.h"

#define CRM_PROGRAM_BITS 10 /* at most; further tests of equality stay among the steps */

/* A test and where it leads: at another step, or at a level l as CRM_AT_LEVEL(l). */
struct crm_step {
	struct crm_test test;
	int32_t yes, no;
};
#define CRM_AT_LEVEL(l) (-2 - (l)) /* and back: CRM_AT_LEVEL(CRM_AT_LEVEL(l)) is l */

struct crm_bit {
	unsigned char measure, slot_a, slot_b;
};

struct crm_program {
	int n_bits, n_exact;
	struct crm_bit bit[CRM_PROGRAM_BITS]; /* exact ones, then known */
	bool scoped;                          /* known only if in one scope */
	uint64_t slots_a, slots_b;            /* that the bits look at */
	int32_t *start;                       /* bits → where to begin */
	struct crm_step *step;
};

/* Makes the program of a comparison; it belongs to spec. */
struct crm_program *crm_program_make(struct crm_spec *spec,
				     const struct crm_comparison *comparison);

#endif
