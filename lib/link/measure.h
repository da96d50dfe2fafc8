/* SPDX-License-Identifier: MIT */
/*
 * measure: what conditions measure (condition.h), of two values or two records. Truth is 0 or
 * 1; -1: a side lacks a value.
 *
 * bound is what the test at hand asks for: of a similarity the least that matters, of a
 * distance the most. A value on the wrong side of it need not be exact: any on that side, which
 * no exact one exceeds, is as good and may be cheaper. 0, or HUGE_VAL for a distance, asks for the
 * exact value.
 */
#ifndef CRM_LINK_MEASURE_H
#define CRM_LINK_MEASURE_H

#include "link/condition.h"
#include "link/people.h"
#include "link/sketch.h"

/* Is a low value a good one? */
static inline bool crm_measure_is_distance(enum crm_measure_fn fn)
{
	return fn == CRM_OSA || fn == CRM_LEVENSHTEIN || fn == CRM_DAYS;
}
/* Do the sketches of two texts tell that they lie on the wrong side of bound? Then *value is such
 * a value. */
static inline bool crm_measure_is_far(enum crm_measure_fn fn, uint64_t a, uint64_t b, double bound,
				      double *value)
{
	if (fn == CRM_JARO_WINKLER)
		return (*value = crm_sketch_similarity(a, b)) < bound;
	if (fn == CRM_OSA || fn == CRM_LEVENSHTEIN)
		return (*value = crm_sketch_distance(a, b)) > bound;
	return false;
}
/* Of two values, as keys of the measure's columns; 0: missing. Not of CRM_LEVEL. Any thread. */
double crm_measure_values(const struct crm_people *people, const struct crm_measure *measure,
			  uint32_t x, uint32_t y, double bound);
/* Of two records, at least one of which has several values: the pair that fits best. */
double crm_measure_lists(const struct crm_people *people, const struct crm_measure *measure,
			 uint32_t a, uint32_t b, double bound);

#endif
