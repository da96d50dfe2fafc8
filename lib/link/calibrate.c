/* SPDX-License-Identifier: MIT */
/* Weights from judgements; see calibrate.h. */
#include "link/calibrate.h"

#include <math.h>

/* Standard deviations of the priors. A slope far from 1 means that the model is wrong in a way
 * that this does not mend; offsets of some bits are common. */
#define SLOPE_SD 0.2
#define OFFSET_SD 3.0
#define SLOPE_LEAST 0.1
/* Beyond this a weight says no more: judgements of the obvious must not decide the slope. */
#define WEIGHT_MOST 20.0
#define MAX_STEPS 100
#define CLOSE 1e-9

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
		double w = fmax(-WEIGHT_MOST, fmin(WEIGHT_MOST, judged[i].weight));
		double p = 1 / (1 + exp2(-(c.slope * w + c.offset)));
		double off = M_LN2 * (p - judged[i].score), v = M_LN2 * M_LN2 * p * (1 - p);

		d.g[0] += off * w;
		d.g[1] += off;
		d.h[0] += v * w * w;
		d.h[1] += v * w;
		d.h[2] += v;
	}
	return d;
}

/* Newton's method: the penalised likelihood is concave, and steps are kept short. */
struct crm_calibration crm_calibrate(const struct crm_judged *judged, size_t n)
{
	struct crm_calibration c = CRM_CALIBRATION_NONE;
	int i;

	for (i = 0; i < MAX_STEPS; i++) {
		struct derivatives d = derive(c, judged, n);
		double det = d.h[0] * d.h[2] - d.h[1] * d.h[1];
		double slope = (d.h[2] * d.g[0] - d.h[1] * d.g[1]) / det;
		double offset = (d.h[0] * d.g[1] - d.h[1] * d.g[0]) / det;
		double most = fmax(fabs(slope) / SLOPE_SD, fabs(offset) / OFFSET_SD);

		if (most > 1)
			slope /= most, offset /= most;
		c.slope = fmax(c.slope - slope, SLOPE_LEAST);
		c.offset -= offset;
		if (fabs(slope) < CLOSE && fabs(offset) < CLOSE)
			break;
	}
	return c;
}
