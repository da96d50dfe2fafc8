/* SPDX-License-Identifier: MIT */
/* Weights from judgements; see calibrate.h. */
#include "link/calibrate.h"

#include <math.h>
#include <stdbool.h>

/* Standard deviations of the priors. A slope far from 1 means that the model is wrong in a way
 * that this does not mend; offsets of some bits are common. */
#define SLOPE_SD 0.2
#define OFFSET_SD 3.0
/* More than a fair sample has ever moved weights by: pairs were picked that are true. */
#define OFFSET_MOST 4.0
#define SLOPE_LEAST 0.1
#define MAX_STEPS 100
#define CLOSE 1e-9

static bool in_doubt(const struct crm_judged *pair)
{
	return fabs(pair->weight) <= CRM_CALIBRATE_DOUBT;
}

/* Gradient and Hessian of the penalised log-likelihood, its sign changed. */
struct derivatives {
	double g[2], h[3]; /* slope, offset; slope², slope·offset, offset² */
};

static struct derivatives derive(struct crm_calibration c, const struct crm_judged *judged,
				 size_t n)
{
	struct derivatives d = {
		{(c.slope - 1) / (SLOPE_SD * SLOPE_SD), c.offset / (OFFSET_SD * OFFSET_SD)},
		{1 / (SLOPE_SD * SLOPE_SD), 0, 1 / (OFFSET_SD * OFFSET_SD)}};
	size_t i;

	for (i = 0; i < n; i++) {
		double w = judged[i].weight;
		double p = 1 / (1 + exp2(-(c.slope * w + c.offset)));
		double off = M_LN2 * (p - judged[i].score), v = M_LN2 * M_LN2 * p * (1 - p);

		if (!in_doubt(&judged[i]))
			continue;
		d.g[0] += off * w;
		d.g[1] += off;
		d.h[0] += v * w * w;
		d.h[1] += v * w;
		d.h[2] += v;
	}
	return d;
}

/* Newton's method: the penalised likelihood is concave, and steps are kept short. */
struct crm_calibration crm_calibrate(const struct crm_judged *judged, size_t n, size_t *used)
{
	struct crm_calibration c = CRM_CALIBRATION_NONE;
	size_t same = 0, other = 0;
	double moved = INFINITY;
	size_t k;
	int i;

	for (k = 0; k < n; k++) {
		same += in_doubt(&judged[k]) && judged[k].score >= .5;
		other += in_doubt(&judged[k]) && judged[k].score < .5;
	}
	*used = 0;
	if (same < CRM_CALIBRATE_LEAST || other < CRM_CALIBRATE_LEAST)
		return c;

	for (i = 0; i < MAX_STEPS && moved > CLOSE; i++) {
		struct crm_calibration before = c;
		struct derivatives d = derive(c, judged, n);
		double det = d.h[0] * d.h[2] - d.h[1] * d.h[1];
		double slope = (d.h[2] * d.g[0] - d.h[1] * d.g[1]) / det;
		double offset = (d.h[0] * d.g[1] - d.h[1] * d.g[0]) / det;
		double most = fmax(fabs(slope) / SLOPE_SD, fabs(offset) / OFFSET_SD);

		if (most > 1)
			slope /= most, offset /= most;
		c.slope = fmax(c.slope - slope, SLOPE_LEAST);
		c.offset -= offset;
		moved = fabs(c.slope - before.slope) + fabs(c.offset - before.offset);
	}
	if (fabs(c.offset) > OFFSET_MOST)
		return (struct crm_calibration)CRM_CALIBRATION_NONE;
	*used = same + other;
	return c;
}
