/* SPDX-License-Identifier: MIT */
/*
 * compare: how alike two texts are, and which level of agreement two records reach.
 *
 * A field (the name, the birth date, …) has a ladder of levels; a pair of records is on
 * exactly one of them, the first whose condition holds, or on none (CRM_LEVEL_NONE) where
 * either side lacks the field: what is missing speaks neither for nor against. Values that
 * go together are one field: given with family name, street with town and postcode. They
 * would otherwise be counted as independent evidence, which they are not.
 *
 * The levels of a field fall into groups by what was there to be compared (a whole address,
 * a town alone). The probabilities of a model are those within a group.
 *
 * The levels a pair reached in all fields are its pattern, one number (mixed radix).
 */
#ifndef CRM_LINK_COMPARE_H
#define CRM_LINK_COMPARE_H

#include "link/load.h"

/* Jaro–Winkler similarity, 0 to 1 (Jaro 1989; Winkler 1990: 0.1 for each of the first up
 * to four equal characters, where Jaro is above 0.7). Characters are code points; bytes
 * that are not UTF-8 count as one each; only the first 64 of a text are looked at. */
double crm_jaro_winkler(struct crm_slice a, struct crm_slice b);

/* Optimal string alignment distance: edits and swaps of neighbours, where no part is
 * edited twice (Damerau 1964; bit-parallel after Hyyrö 2003). Characters as above. */
int crm_osa_distance(struct crm_slice a, struct crm_slice b);

/* Soundex of the first word of an ASCII key, as four characters packed in a number (a
 * letter and three digits; after the U.S. National Archives); 0 where it has no letter. */
uint32_t crm_soundex(struct crm_slice key);

enum crm_field_id {
	CRM_FIELD_NAME,
	CRM_FIELD_BIRTH,
	CRM_FIELD_EMAIL,
	CRM_FIELD_PHONE,
	CRM_FIELD_HANDLE,
	CRM_FIELD_MAILBOX, /* local parts of e-mail addresses that differ */
	CRM_FIELD_ADDRESS,
	CRM_FIELD_ORG,
	CRM_FIELDS
};
#define CRM_LEVELS 14 /* at most, in one field */
#define CRM_GROUPS 3
#define CRM_LEVEL_NONE (-1)

/* Which value's rarity changes what a level says (term frequency). */
enum crm_rarity {
	CRM_RARITY_NONE,
	CRM_RARITY_GIVEN,
	CRM_RARITY_FAMILY,
	CRM_RARITY_NAMES, /* given and family */
	CRM_RARITY_BIRTH,
	CRM_RARITY_VALUE, /* the shared address */
	CRM_RARITY_STREET,
	CRM_RARITY_POSTCODE,
	CRM_RARITY_CITY,
	CRM_RARITY_ORG
};

struct crm_level {
	const char *label;
	unsigned char group;
	unsigned char rarity; /* enum crm_rarity */
	/* Where estimation starts: probability on this level, within its group, of two
	 * records of one person, and of two people of one household. */
	float start_match, start_near;
};

struct crm_field {
	const char *name;
	unsigned int learnt; /* bit g: group g is too rare among random pairs, its
			      * probabilities are learnt from those compared alone */
	int n_levels;
	const struct crm_level *levels;
};
extern const struct crm_field crm_fields[CRM_FIELDS];

/* The levels that two records reach. */
void crm_compare(const struct crm_people *people, uint32_t a, uint32_t b,
		 signed char level[CRM_FIELDS]);

/* Patterns: 0 … crm_patterns() - 1. */
uint32_t crm_patterns(void);
uint32_t crm_pattern(const signed char level[CRM_FIELDS]);
void crm_pattern_levels(uint32_t pattern, signed char level[CRM_FIELDS]);

/* The value two records share in a list of addresses (the first one), or 0. */
uint32_t crm_multi_shared(const struct crm_multi *multi, uint32_t a, uint32_t b);

#endif
