/* SPDX-License-Identifier: MIT */
/*
 * confidence: the probability that the best article answers the question.
 *
 * A search gives a score: a sum of what it measured, with weights that were fitted by
 * logistic regression on questions whose answers are known (see confidence.c). Without any
 * answers of one's own, 1 / (1 + exp(-score)) is the confidence.
 *
 * What became of earlier answers corrects it: confidence = 1 / (1 + exp(-(slope * score +
 * shift))) (Platt 1999), with slope and shift of greatest posterior probability under normal
 * priors around 1 and 0. Few outcomes change little, many decide. Two numbers cannot bend to
 * noise as the steps of an isotonic regression would with the few hundred answers that a shop
 * has; and what was scored higher stays higher.
 *
 * The outcome of an answer of the bot that was sent: it helped when they thanked or rated it
 * well (at least 0.6 of the best), or did not write again within two days; it did not when
 * they asked for a person, wrote again, or rated it badly. Fresh ones have none yet. A
 * question that was handed over teaches too when the first person's answer holds the link or
 * the text of an article: that of the article the bot thought of, or of another.
 */
#ifndef CRM_CONFIDENCE_H
#define CRM_CONFIDENCE_H

#include "answer/search.h"
#include "store/db.h"

#define CRM_CONFIDENCE_QUIET (2LL * 24 * 3600 * 1000) /* ms of silence that mean "it helped" */
#define CRM_CONFIDENCE_MOST 5000                      /* outcomes, the latest */

struct crm_confidence {
	double slope, shift;
	size_t outcomes; /* that it was learnt from */
};
#define CRM_CONFIDENCE_INIT \
	{                   \
		1, 0, 0     \
	}

/* The score of a search's best article. It must have found one. */
double crm_confidence_score(const struct crm_search *search);
double crm_confidence_of(const struct crm_confidence *confidence, double score);

/* Learns from all outcomes known at crm_db_now. */
enum crm_status crm_confidence_learn(struct crm_db *db, struct crm_confidence *confidence);
/* Slope and shift for n scores with their outcomes. */
void crm_confidence_fit(const double *scores, const bool *helped, size_t n,
			struct crm_confidence *confidence);

/* How good the confidences were that the bot's answers were given with. */
#define CRM_CONFIDENCE_BINS 10
struct crm_calibration {
	struct crm_confidence now;
	size_t n;             /* answers with an outcome */
	double helped, brier; /* share; mean square of confidence - outcome */
	double brier_base;    /* of one who always says that share */
	double error;         /* expected calibration error: mean |confidence - helped| of bins */
	struct {
		size_t n, helped;
		double told;         /* sum of confidences */
	} bins[CRM_CONFIDENCE_BINS]; /* of 0.1 each */
};
enum crm_status crm_confidence_review(struct crm_db *db, struct crm_calibration *calibration);

#endif
