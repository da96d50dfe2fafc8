/* SPDX-License-Identifier: MIT */
/*
 * calibrate: what pairs that a human has judged say of weights: Platt scaling (1999,
 * "Probabilistic Outputs for Support Vector Machines"), a logistic regression of the
 * judgement on the weight, w' = slope * w + offset.
 *
 * A weight is a probability already, so that few judgements leave it nearly as it is: slope
 * and offset have normal priors around 1 and 0. That pairs of some weights were judged more
 * often than others, as reviews do, does no harm; that true ones were preferred among those of
 * one weight would. So only pairs in doubt count, and nothing is changed where these have too
 * few of one kind (who only ever says yes has not said where to stop), or where weights would move
 * by more bits than a fair sample has moved them by.
 */
#ifndef CRM_LINK_CALIBRATE_H
#define CRM_LINK_CALIBRATE_H

#include <stddef.h>

struct crm_judged {
	double weight; /* bits; finite */
	double score;  /* 0: two people, 1: one, between: not sure */
};

#define CRM_CALIBRATE_DOUBT 10.0 /* bits: beyond this, either way, a pair is not in doubt */
/* Judged pairs in doubt of either kind. Who answers about pairs that he was shown has seen the
 * likelier ones, and forty of these move weights by bits, which merges strangers. */
#define CRM_CALIBRATE_LEAST 50

struct crm_calibration {
	double slope, offset; /* slope > 0; offset in bits */
};
#define CRM_CALIBRATION_NONE \
	{                    \
		1, 0         \
	}

/* used: so many pairs took part, 0 where nothing was changed. */
struct crm_calibration crm_calibrate(const struct crm_judged *judged, size_t n, size_t *used);

#endif
