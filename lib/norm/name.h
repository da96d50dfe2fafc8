/* SPDX-License-Identifier: MIT */
/*
 * name: names of people, as far as rules can go: taking a whole name apart, and a cheap
 * check whether two names may be one person's, for records that meet at one address. How
 * likely two records are one person is not decided here but in the linkage model.
 */
#ifndef CRM_NAME_H
#define CRM_NAME_H

#include "base/str.h"

/* Appends the parts of a whole name in display form. "King, Ada" and "KING Ada" begin with
 * the family, as do Chinese, Japanese and Korean names (of those without a blank the first
 * character, or two where the family is known to have two or the name has four); else the
 * last word is the family, with the particles before it (van, de la). Titles, degrees and
 * what stands in brackets are left out. Of a single word nobody can say what it is: it
 * becomes the family, given stays empty. An e-mail address is no name. */
void crm_name_split(struct crm_slice whole, struct crm_str *given, struct crm_str *family);

/* Appends the whole name: "Ada King", "王小明". */
void crm_name_join(struct crm_slice given, struct crm_slice family, struct crm_str *out);

enum crm_name_match {
	CRM_NAMES_AGREE,   /* may well be one person */
	CRM_NAMES_UNKNOWN, /* a side has no name, or too little of one */
	CRM_NAMES_DIFFER   /* two persons: one household or one desk */
};

/* Compares two names; any part may be empty. AGREE bears initials, swapped parts, one or two
 * typing errors in longer words, short forms (Alex, Bob), one of several forenames, one half
 * of a double name, other scripts. Different forenames DIFFER even with one family, and
 * those of which one is only the female form of the other (Martin, Martina). The same
 * forename with another family is UNKNOWN: people marry. Symmetrical. Any thread. */
enum crm_name_match crm_names_agree(struct crm_slice a_given, struct crm_slice a_family,
				    struct crm_slice b_given, struct crm_slice b_family);

#endif
