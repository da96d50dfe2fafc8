/* SPDX-License-Identifier: MIT */
/*
 * spec: what linkage looks at, as a file says: the columns of a person, by which of them
 * pairs are found, and the ladders of levels on which they are compared. lib/linkage/people.json
 * is ours; linkage.json in the configuration folder replaces it. See crm-linkage(7).
 *
 *	{"columns": {"given": {"from": "given", "as": "name"},
 *	             "job": {"from": "/occupation", "as": "text"},
 *	             "email": {"from": "email", "as": "email"}, …},
 *	 "comparisons": [{"name": "name", "ladders": [
 *	     {"if": "known(given) and known(family)", "levels": [
 *	         {"level": "exact", "when": "exact(given) and exact(family)",
 *	          "rarity": ["given", "family"], "match": 0.66, "near": 0.01},
 *	         {"level": "differs", "match": 0.02, "near": 0.25}]}]}, …],
 *	 "blocks": [{"name": "sounds+year", "keys": ["soundex(given)", "soundex(family)",
 *"year(birth)"], "divide": ["city", "postcode"]}, …],
 *	 "propose": false}
 *
 * A column has one value a record, or (e-mail addresses, numbers, handles, ids) any number.
 * Derived columns, such as year(birth), are functions of another column's values: they are
 * added where an expression names them, and stand behind the base columns in spec->column.
 *
 * A comparison has one ladder or several: the first whose "if" holds is climbed, and if none
 * does, the comparison says nothing about the pair (what is missing is neutral). Its levels
 * are asked from the top; the first whose "when" holds is reached; the last has no "when" and
 * takes what is left. Probabilities are those within a ladder. All levels of a comparison,
 * ladder after ladder, are numbered from 0.
 *
 * Conditions: tests joined by and, or, not and brackets. A test is a function of one column,
 * or of two (the first's value of one record, the second's of the other, which is how names
 * that changed places are compared), with a bound where it gives a number. Of lists, the pair
 * of values that fits best counts. A test is false where a side lacks a value.
 *	exact(c)  known(c)                  equal; on both sides (of scoped lists: in one scope)
 *	jaro_winkler(c) >= 0.9              similarity, 0 to 1
 *	osa(c) <= 1  levenshtein(c) <= 1    distances, in characters
 *	starts(c) >= 3                      equal characters at the start
 *	short(c) >= 3                       characters of the one that is a beginning of the
 *	                                    other; 1: an initial; 0: neither is
 *	within(c)                           all words of one among the other's, of initials also
 *	                                    words that begin so
 *	nickname(c)                         forms of one name: lib/linkage/nicknames
 *	words(c) >= 0.5                     words in common, of all words (Jaccard)
 *	days(c) <= 366                      days between two dates
 *	parts(c) >= 2                       of year, month and day, how many are equal
 *	swapped(c)                          day for month
 *	year_only(c)                        one year, and on one side no more than that, or the
 *	                                    first of January
 *	level(n) <= 4                       reached by an earlier comparison n
 * Bounds are >=, <= or =. Of dates, osa and the like are of their digits.
 * Derived columns: first(c, n) and last(c, n) characters; soundex(c); year(c), month_day(c);
 * house(c): the number in an address; street(c): the rest; user(c), domain(c) of e-mail.
 * For blocking keys also sorted(a, b): the two in either order; either(a, b): b where a is missing.
 */
#ifndef CRM_LINK_SPEC_H
#define CRM_LINK_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/status.h"
#include "base/str.h"

#define CRM_COMPARISONS 16 /* at most */
#define CRM_LEVELS 20      /* at most, in one comparison, over all its ladders */
#define CRM_LADDERS 4      /* at most, in one comparison */
#define CRM_COLUMNS 64     /* at most, with the derived ones */
#define CRM_KEYS 4         /* of a blocking rule, at most */
#define CRM_BLOCK_RULES 48 /* at most */
#define CRM_LEVEL_NONE (-1)

enum crm_column_as {   /* how values are made comparable */
	CRM_AS_NAME,   /* words as crm_text_key has them; all names share a pool */
	CRM_AS_TEXT,   /* the same; all texts share a pool */
	CRM_AS_CODE,   /* its letters and digits: postcodes, numbers of documents */
	CRM_AS_DATE,   /* YYYY-MM-DD, also digits that are no date */
	CRM_AS_STREET, /* text, with the usual words in one form: st, street */
	CRM_AS_ORG,    /* text, without legal forms: gmbh, ltd */
	CRM_AS_EMAIL,  /* of endpoints: lists from here on */
	CRM_AS_PHONE,
	CRM_AS_HANDLE, /* compared within a scope */
	CRM_AS_ID,     /* compared within a scope: national ids, passports */
};

enum crm_derive {
	CRM_DERIVE_NONE, /* a base column */
	CRM_DERIVE_FIRST,
	CRM_DERIVE_LAST,
	CRM_DERIVE_SOUNDEX,
	CRM_DERIVE_YEAR,
	CRM_DERIVE_MONTH_DAY,
	CRM_DERIVE_HOUSE,
	CRM_DERIVE_STREET,
	CRM_DERIVE_USER,
	CRM_DERIVE_DOMAIN,
};

struct crm_column_spec {
	const char *name; /* given; first(given, 3) */
	const char *from; /* a column of profile, the kind of an endpoint, or a JSON Pointer into
			   * the record as it came (/occupation) */
	enum crm_column_as as;
	bool list;
	enum crm_derive derive;
	int base, n; /* derived: from which column, and how many characters */
};

struct crm_condition; /* link/condition.h */
struct crm_nicknames; /* norm/nickname.h */

struct crm_level {
	const char *label;
	const char *when; /* its source; NULL: what is left */
	struct crm_condition *condition;
	int ladder;
	/* Columns whose shared value's rarity changes what the level says (term frequency),
	 * ended by -1. */
	int rarity[3];
	/* Where estimation starts: probability on this level, within its ladder, of two records
	 * of one person, and of two people of one household. */
	double match, near;
};

struct crm_comparison {
	const char *name;
	int n_levels, n_ladders;
	struct crm_level level[CRM_LEVELS];
	struct crm_condition *when[CRM_LADDERS]; /* NULL: always */
	const char *when_text[CRM_LADDERS];
	bool learnt[CRM_LADDERS];    /* too rare among random pairs ("learnt": true): its chances
				      * are estimated from the pairs compared alone */
	struct crm_program *program; /* link/program.h: all its conditions */
};

enum crm_key_how {
	CRM_KEY_PLAIN,
	CRM_KEY_SORTED,
	CRM_KEY_EITHER
};

struct crm_block_key {
	enum crm_key_how how;
	int a, b; /* columns; b of sorted and either */
};

struct crm_block_rule {
	const char *name;
	int n_keys, n_divide;
	struct crm_block_key key[CRM_KEYS];    /* all needed; at most one of a list */
	struct crm_block_key divide[CRM_KEYS]; /* added one by one to keys of large blocks */
};

struct crm_spec {
	int n_columns, n_base;
	struct crm_column_spec column[CRM_COLUMNS];
	int n_comparisons;
	struct crm_comparison comparison[CRM_COMPARISONS];
	int n_rules;
	struct crm_block_rule *rule;
	bool propose;                  /* also rules of columns that no block has (plan.h) */
	struct crm_measures *measures; /* link/condition.h: what conditions measure */
	struct crm_nicknames *nicknames;
	struct crm_slice json;  /* as it was read, for models to carry */
	struct crm_arena arena; /* owns all of it */
};

/* Reads a specification. file names it in errors, which say what is wrong and where.
 * nicknames: text of lines of names that are forms of one, or empty. *out is new, also on
 * failure: crm_spec_free. */
enum crm_status crm_spec_read(struct crm_spec **out, struct crm_slice json, const char *file,
			      struct crm_slice nicknames, struct crm_err *err);
/* Reads linkage.json in the configuration folder config where it is (NULL: none), else
 * people.json in our folder data, with nicknames from there. */
enum crm_status crm_spec_load(struct crm_spec **out, const char *config, const char *data,
			      struct crm_err *err);
/* Appends the nicknames of our folder data and the user's folder config (NULL: none), for a
 * specification read otherwise. */
enum crm_status crm_spec_nicknames(const char *config, const char *data, struct crm_str *out,
				   struct crm_err *err);
void crm_spec_free(struct crm_spec *spec);

/* The column of this name, also derived; -1. */
int crm_spec_column(const struct crm_spec *spec, const char *name);
/* The column an expression stands for, a derived one added where it is new. */
enum crm_status crm_spec_term(struct crm_spec *spec, const char *text, int *column,
			      struct crm_err *err);

/* A pattern: the levels that a pair reached in all comparisons, as one number in mixed radix.
 * A specification with 2^32 patterns or more is refused. */
uint32_t crm_pattern(const struct crm_spec *spec, const signed char level[CRM_COMPARISONS]);
void crm_pattern_levels(const struct crm_spec *spec, uint32_t pattern,
			signed char level[CRM_COMPARISONS]);

#endif
