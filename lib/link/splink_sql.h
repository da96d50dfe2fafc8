/* SPDX-License-Identifier: MIT */
/*
 * splink_sql: conditions on two records as the models of Splink have them, in SQL, as
 * conditions of ours (spec.h).
 *
 * A condition of SQL is true, false or unknown; ours is true or not. What comes out holds for
 * just those pairs of which the SQL is true: NOT is moved inwards, where a test that is false
 * of two known values differs from one that lacks a value. What cannot be said in our language
 * is refused by its name; nothing is guessed.
 *
 * Read are: columns, as "first_name_l" and first_name_r, or l.first_name and r.first_name;
 * =, <>, <, <=, >, >=, AND, OR, NOT, IS [NOT] NULL, brackets; jaro_winkler_similarity (also
 * jaro_winkler, jaro_winkler_sim), levenshtein, damerau_levenshtein, soundex; the beginning
 * and end of a text (substr, substring, left, right); lists that meet (list_intersect,
 * array_intersect); user and domain of an e-mail address (regexp_extract, split_part); dates,
 * their years, and how far they are apart (try_strptime, epoch, unix_timestamp, date_diff,
 * extract, …). Case and blanks make no difference to ours, so lower, upper and trim are
 * nothing, and so is a cast to text.
 */
#ifndef CRM_LINK_SPLINK_SQL_H
#define CRM_LINK_SPLINK_SQL_H

#include "link/spec.h"

struct crm_sql_column {
	const char *theirs; /* first_name */
	const char *ours;   /* given; given+family: what stands for both, with a blank between */
	enum crm_column_as as;
	const char *path; /* into the record; NULL: a column of the specification */
	bool used;        /* set where something that was read names it */
};

struct crm_sql_columns {
	struct crm_sql_column *column; /* of several for one of theirs, the last holds */
	size_t n;
};

/* Appends the condition that holds where sql is true, and, where it is to be negated, where it
 * is not. CRM_DATA with what is not known in err. */
enum crm_status crm_sql_condition(const struct crm_sql_columns *columns, struct crm_slice sql,
				  bool negated, struct crm_str *out, struct crm_err *err);

/* A blocking rule: n expressions of ours (first(given, 3)) that are equal, in the arena;
 * CRM_DATA for all that is not a conjunction of up to CRM_KEYS of these. */
enum crm_status crm_sql_keys(const struct crm_sql_columns *columns, struct crm_slice sql,
			     const char *key[CRM_KEYS], int *n, struct crm_arena *arena,
			     struct crm_err *err);

/* The row of a column of theirs, whatever its case; NULL: there is none. */
struct crm_sql_column *crm_sql_find(const struct crm_sql_columns *columns, struct crm_slice name);

#endif
