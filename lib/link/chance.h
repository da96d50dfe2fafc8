/* SPDX-License-Identifier: MIT */
/*
 * chance: how often two records agree by chance, counted from the frequencies of values. What
 * is rarer than one in a million cannot be sampled.
 */
#ifndef CRM_LINK_CHANCE_H
#define CRM_LINK_CHANCE_H

#include "link/people.h"

/* Two records of those known share a value with this probability, given the counts of the
 * values 1 … n_values; 0 for fewer than two records. */
double crm_chance_shared(const uint32_t *count, uint32_t n_values, uint32_t known);

/* The probability of the first level of a comparison, of two records that climb its first
 * ladder. Counted over the groups of records that share what the level cannot do without, of
 * whose pairs some are looked at where it asks for more. 0: it is to be sampled, since it
 * needs nothing to be equal, or something else decides who climbs this ladder. */
double crm_chance_first(const struct crm_people *people, int comparison, uint64_t seed);

/* The next of a row of random numbers (splitmix64: Steele, Lea and Flood 2014); below n. */
uint64_t crm_random(uint64_t *state);
uint32_t crm_random_below(uint64_t *state, uint32_t n);

#endif
