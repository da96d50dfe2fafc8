/* SPDX-License-Identifier: MIT */
/*
 * condition: the language of levels (see spec.h). Conditions are read into a tree whose
 * leaves are measures: exact(given), jaro_winkler(given, family). Equal measures are one, and
 * know the least bound any condition asks them for, so that what is surely below it need not
 * be worked out.
 */
#ifndef CRM_LINK_CONDITION_H
#define CRM_LINK_CONDITION_H

#include "link/spec.h"

#define CRM_MEASURES 96 /* at most, in one specification */

enum crm_measure_fn {
	CRM_EXACT,
	CRM_KNOWN,
	CRM_JARO_WINKLER,
	CRM_OSA,
	CRM_LEVENSHTEIN,
	CRM_STARTS,
	CRM_SHORT,
	CRM_NICKNAME,
	CRM_WORDS,
	CRM_DAYS,
	CRM_SWAPPED,
	CRM_LEVEL, /* a is a comparison */
};

struct crm_measure {
	enum crm_measure_fn fn;
	int a, b;     /* columns; equal unless crosswise */
	double bound; /* similarities: none below matters; distances: none above */
};

struct crm_measures {
	struct crm_measure measure[CRM_MEASURES];
	int n;
};

/* Reads a condition on the columns of spec; comparisons before it are n_comparisons. Errors
 * name the place in text. */
enum crm_status crm_condition_read(struct crm_spec *spec, const char *text,
				   struct crm_condition **out, struct crm_err *err);

/* Does it hold? measure gives the value of a measure by its number: truth as 0 or 1, -1 where
 * a side lacks a value (then any test on it is false). */
bool crm_condition_holds(const struct crm_condition *condition,
			 double (*measure)(void *data, int number), void *data);

/* If condition is a conjunction of plain exact(c) tests, fills in their columns and returns how
 * many; 0 otherwise: how often that happens by chance can then be counted, not sampled. */
int crm_condition_exact(const struct crm_condition *condition, const struct crm_measures *measures,
			int column[CRM_KEYS]);

#endif
