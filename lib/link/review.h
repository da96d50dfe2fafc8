/* SPDX-License-Identifier: MIT */
/*
 * review: which pairs to ask a human about, when N answers are to be had.
 *
 * A pair whose records surer pairs (or one person) bring together already is not asked about:
 * joining them says nothing new. What is left is the spanning forest of the pairs, best first.
 *
 * An answer teaches where the model is unsure, and more where many pairs are as unsure for the
 * same reason: those on the same levels (one pattern) are judged alike. So each pattern has the
 * uncertainty of its pairs added up, and questions are given to patterns as seats in a
 * parliament are given to parties (Webster 1832, Sainte-Lague 1910): each goes to the pattern
 * with the most uncertainty over 2k + 1, where k is how often it was asked about, decisions of
 * before included. Which of its pairs is asked about is drawn by the seed, the uncertain ones
 * likelier.
 *
 * Uncertainty is 4 p (1 - p), where p is the probability of a weight as far from 0 as the
 * pair's is from the threshold: 1 at the threshold.
 */
#ifndef CRM_LINK_REVIEW_H
#define CRM_LINK_REVIEW_H

#include "link/link.h"

#define CRM_REVIEW_BITS 12.0 /* pairs so far from the threshold are not asked about */
#define CRM_REVIEW_MOST 1000 /* questions at once */

struct crm_question {
	uint32_t a, b;
	double weight;      /* bits */
	uint64_t alike;     /* pairs that could be asked about on the same levels, this one too */
	double uncertainty; /* 0 to 1 */
};

/* Chooses up to n of link->pairs, which were scored from crm_weight(threshold) -
 * CRM_REVIEW_BITS up; what teaches most first. Returns how many; *out is new: free it. */
size_t crm_review_choose(const struct crm_link *link, double threshold, size_t n, uint64_t seed,
			 struct crm_question **out);

/* Appends a question as a line of JSON: crm-records(5), review. */
void crm_review_json(const struct crm_link *link, const struct crm_question *question,
		     struct crm_str *out);
/* Appends the two records side by side, at most width columns wide; what differs is marked. */
void crm_review_text(const struct crm_link *link, const struct crm_question *question, size_t width,
		     struct crm_str *out);

#endif
