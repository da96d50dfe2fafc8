/* SPDX-License-Identifier: MIT */
/*
 * single: sources that have each person once ("unique", crm-channels(5)).
 *
 * Two records of such a source are two people. That also says more of its pairs with others:
 * a record of source s can be of one record of t only. Its person may be in t as the candidate
 * at hand, with odds 2^weight, as another candidate, with theirs, or not at all. Only the last
 * is what "unrelated" stands for otherwise, and where most of s are in t it is rare. So the odds
 * of a pair become
 *
 *	2^weight / (1 - share + the odds of the other candidates)
 *
 * for each side that has its people once. share is how much of the other source is found in
 * it, the sum of the pairs' probabilities to its records, at most CRM_SINGLE_SHARE; and a
 * candidate that is likelier another's counts by what that one leaves of it, which is worked
 * out in rounds: belief propagation for matchings (Bayati, Shah and Sharma 2008; Huang and
 * Jebara 2009), in place of an assignment after the fact (Jaro 1989).
 */
#ifndef CRM_LINK_SINGLE_H
#define CRM_LINK_SINGLE_H

#include "link/link.h"

#define CRM_SINGLE_SHARE 0.95
/* A pair of fewer bits is of no use, whatever it may gain: two sides' log2(1 - share). */
#define CRM_SINGLE_FROM (-8.7)

/* Reads which sources these are: to be called by crm_link_new. */
enum crm_status crm_single_load(struct crm_db *db, struct crm_link *link);
/* Are they records of one source, which has each person once? */
bool crm_single_both(const struct crm_link *link, uint32_t a, uint32_t b);
/* The pairs of link with what their sources say: those that then have from bits or more, best
 * first. New: n of them. Sets link->shares where they are not known. */
struct crm_pair *crm_single_pairs(struct crm_link *link, double from, size_t *n);

#endif
