/* SPDX-License-Identifier: MIT */
/*
 * condition: the language of levels (see spec.h). What conditions measure, such as
 * jaro_winkler(given, family), is numbered throughout a specification, so that equal measures
 * are one and are worked out at most once a pair, and only where a test asks for them.
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
	CRM_WITHIN,
	CRM_NICKNAME,
	CRM_WORDS,
	CRM_DAYS,
	CRM_PARTS,
	CRM_SWAPPED,
	CRM_YEAR_ONLY,
	CRM_LEVEL, /* a is a comparison */
	CRM_MEASURE_FNS
};

struct crm_measure {
	enum crm_measure_fn fn;
	int a, b;           /* columns; equal unless crosswise */
	int slot_a, slot_b; /* where these are among the columns that are measured */
	bool scoped;        /* of values that are compared within a scope */
};

struct crm_measures {
	struct crm_measure measure[CRM_MEASURES];
	int n;
	int slot[CRM_COLUMNS]; /* columns that are measured */
	int n_slots;
};

/* A condition is a list of tests, each of which says where to go on: at another test, or
 * that the condition holds, or does not. */
#define CRM_HOLDS (-1)
#define CRM_FAILS (-2)
struct crm_test {
	double bound;
	unsigned char measure; /* number */
	signed char sign;      /* 1: at least bound, -1: at most, 0: equal to it */
	signed char yes, no;   /* number of a test, CRM_HOLDS or CRM_FAILS */
};
struct crm_condition {
	int first, n;
	struct crm_test test[];
};

/* Reads a condition on the columns of spec; comparisons before it are n_comparisons. Errors
 * name the place in text. *out belongs to spec. */
enum crm_status crm_condition_read(struct crm_spec *spec, const char *text,
				   struct crm_condition **out, struct crm_err *err);

/* Does a test hold of a measure's value? Truth is 0 or 1; -1: a side lacks a value. */
static inline bool crm_test_holds(const struct crm_test *t, double value)
{
	if (value < 0)
		return false;
	return t->sign > 0   ? value >= t->bound
	       : t->sign < 0 ? value <= t->bound
			     : value == t->bound;
}

/* Does it hold? measure gives the value of a measure by its number. */
bool crm_condition_holds(const struct crm_condition *condition,
			 double (*measure)(void *data, int number), void *data);

/* If condition is a conjunction of plain exact(c) tests, fills in their columns and returns how
 * many; 0 otherwise: how often that happens by chance can then be counted, not sampled. */
int crm_condition_exact(const struct crm_condition *condition, const struct crm_measures *measures,
			int column[CRM_KEYS]);

#endif
