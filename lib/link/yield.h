/* SPDX-License-Identifier: MIT */
/*
 * yield: a first, rough rating of pairs, before there is a model: what a blocking rule would
 * yield is estimated with it.
 *
 * Level probabilities of matches and of near pairs are those from which the specification says
 * that estimation starts; those of unrelated pairs are counted among random ones. How many
 * matches and near pairs there are is estimated from the pairs rated.
 */
#ifndef CRM_LINK_YIELD_H
#define CRM_LINK_YIELD_H

#include "link/people.h"

struct crm_rated {
	uint64_t rules; /* which rules have the pair; not used here */
	uint32_t a, b;
	float match; /* probability; filled in */
};

/* Rates pairs of which each stands for weight pairs of these people. */
void crm_yield_rate(const struct crm_people *people, struct crm_rated *pairs, size_t n,
		    double weight, uint64_t seed, unsigned int threads);

#endif
