/* SPDX-License-Identifier: MIT */
/* The words that ours has for a test or a key, in DuckDB's SQL: written by splink_export.c, and
 * known again when they come back. */
#include <string.h>

#include "link/splink_tree.h"

/* L and R stand for the values, M and S for those of a second column, B for sign and bound, N
 * for the bound. */
static const struct template
{
	const char *fn, *sql;
	bool own; /* its parts have no words in ours, so that it is read as a whole */
}
templates[] = {
	{"exact", "{L} = {R}", false},
	{"known", "({L} IS NOT NULL AND {R} IS NOT NULL)", false},
	{"missing", "{L} IS NULL OR {R} IS NULL", false},
	{"no dates",
	 "try_strptime({L}, '%Y-%m-%d') IS NULL OR try_strptime({R}, '%Y-%m-%d') IS NULL", false},
	{"jaro_winkler", "jaro_winkler_similarity({L}, {R}) {B}", false},
	{"osa", "damerau_levenshtein({L}, {R}) {B}", false},
	{"levenshtein", "levenshtein({L}, {R}) {B}", false},
	{"starts", "(LENGTH({L}) >= {N} AND SUBSTR({L}, 1, {N}) = SUBSTR({R}, 1, {N}))", true},
	{"short",
	 "((starts_with({L}, {R}) OR starts_with({R}, {L})) AND LEAST(LENGTH({L}), "
	 "LENGTH({R})) >= {N})",
	 true},
	{"swapped",
	 "(SUBSTR({L}, 1, 4) = SUBSTR({R}, 1, 4) AND SUBSTR({L}, 6, 2) = SUBSTR({R}, 9, 2) "
	 "AND SUBSTR({L}, 9, 2) = SUBSTR({R}, 6, 2))",
	 true},
	{"parts",
	 "(CAST(SUBSTR({L}, 1, 4) = SUBSTR({R}, 1, 4) AS INTEGER) + CAST(SUBSTR({L}, 6, 2) = "
	 "SUBSTR({R}, 6, 2) AS INTEGER) + CAST(SUBSTR({L}, 9, 2) = SUBSTR({R}, 9, 2) AS "
	 "INTEGER)) {B}",
	 true},
	{"days",
	 "ABS(EPOCH(try_strptime({L}, '%Y-%m-%d')) - EPOCH(try_strptime({R}, "
	 "'%Y-%m-%d'))) {B}",
	 false},
	{"dates",
	 "(try_strptime({L}, '%Y-%m-%d') IS NOT NULL AND try_strptime({R}, '%Y-%m-%d') IS "
	 "NOT NULL)",
	 false},
	/* keys */
	{"plain", "({L} = {R})", false},
	{"either", "(COALESCE({L}, {M}) = COALESCE({R}, {S}))", true},
	{"sorted",
	 "(CASE WHEN {L} < {M} THEN {L} || ' ' || {M} ELSE {M} || ' ' || {L} END = "
	 "CASE WHEN {R} < {S} THEN {R} || ' ' || {S} ELSE {S} || ' ' || {R} END)",
	 true},
};
#define N_TEMPLATES (sizeof(templates) / sizeof(*templates))

const char *crm_sql_template(struct crm_slice fn)
{
	size_t i;

	for (i = 0; i < N_TEMPLATES; i++)
		if (crm_slice_is(fn, templates[i].fn))
			return templates[i].sql;
	return NULL;
}

const char *crm_sql_own(size_t number, const char **sql)
{
	size_t i;

	for (i = 0; i < N_TEMPLATES; i++)
		if (templates[i].own && number-- == 0) {
			*sql = templates[i].sql;
			return templates[i].fn;
		}
	return NULL;
}
