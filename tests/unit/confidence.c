/* SPDX-License-Identifier: MIT */
/* What outcomes do to the confidence. Source of truth: Platt's method with the priors of
 * confidence.h, by properties that any implementation must have, and one posterior computed by
 * a grid. */
#include "answer/confidence.h"

#include <math.h>

#include "tap.h"

/* The least cost on a fine grid, by brute force: slope and shift. */
static void by_grid(const double *scores, const bool *helped, size_t n, double *slope,
		    double *shift)
{
	double best = INFINITY;

	for (double a = 0.1; a < 3; a += 0.005)
		for (double b = -5; b < 5; b += 0.005) {
			double sum = (a - 1) * (a - 1) / (2 * 0.25) + b * b / (2 * 2.25);

			for (size_t i = 0; i < n; i++) {
				double z = a * scores[i] + b;

				sum += log1p(exp(helped[i] ? -z : z));
			}
			if (sum < best) {
				best = sum;
				*slope = a;
				*shift = b;
			}
		}
}

int main(void)
{
	double scores[200], slope = 0, shift = 0;
	bool helped[200];
	struct crm_confidence c, d;
	uint32_t dice = 1;

	crm_confidence_fit(NULL, NULL, 0, &c);
	ok(c.slope == 1 && c.shift == 0, "without outcomes nothing is corrected");
	ok(fabs(crm_confidence_of(&c, 0) - 0.5) < 1e-12, "a score of 0 is one half");
	for (int i = 0; i < 12; i++) {
		scores[i] = 3.8;
		helped[i] = i == 0;
	}
	crm_confidence_fit(scores, helped, 12, &c);
	ok(crm_confidence_of(&c, 3.8) < 0.35, "eleven failures of twelve: far less sure (%.3f)",
	   crm_confidence_of(&c, 3.8));
	ok(crm_confidence_of(&c, 3.8) > 1.0 / 12, "but not as sure of failing as of that alone");
	crm_confidence_fit(scores, helped, 1, &d);
	ok(fabs(crm_confidence_of(&d, 3.8) - 1 / (1 + exp(-3.8))) < 0.01,
	   "one success changes little");
	for (int i = 0; i < 200; i++) {
		dice = dice * 1664525 + 1013904223;
		scores[i] = (dice >> 8) / 16777216.0 * 6 - 2;
		dice = dice * 1664525 + 1013904223;
		helped[i] = (dice >> 8) / 16777216.0 < 1 / (1 + exp(-(0.7 * scores[i] - 0.8)));
	}
	crm_confidence_fit(scores, helped, 200, &c);
	by_grid(scores, helped, 200, &slope, &shift);
	ok(fabs(c.slope - slope) < 0.01 && fabs(c.shift - shift) < 0.01,
	   "the most probable slope and shift (%.3f, %.3f)", c.slope, c.shift);
	for (int i = 0; i < 200; i++)
		helped[i] = scores[i] < 0; /* the lower the better: nonsense */
	crm_confidence_fit(scores, helped, 200, &c);
	ok(c.slope > 0 && crm_confidence_of(&c, 2) > crm_confidence_of(&c, -2),
	   "what is scored higher stays higher");
	ok(fabs(crm_confidence_of(&c, 1) - 0.33) < 0.1, "  and the level is right all the same");
	for (int i = 0; i < 200; i++)
		scores[i] = i % 2 ? 1e6 : -1e6;
	crm_confidence_fit(scores, helped, 200, &c);
	ok(isfinite(c.slope) && isfinite(c.shift), "absurd scores do no harm");
	return done();
}
