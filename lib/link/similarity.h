/* SPDX-License-Identifier: MIT */
/*
 * similarity: how alike two texts are. Characters are code points; bytes that are not UTF-8
 * count as one each; only the first 64 of a text are looked at.
 */
#ifndef CRM_LINK_SIMILARITY_H
#define CRM_LINK_SIMILARITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* Jaro–Winkler similarity, 0 to 1 (Jaro 1989; Winkler 1990: 0.1 for each of the first up
 * to four equal characters, where Jaro is above 0.7). */
double crm_jaro_winkler(struct crm_slice a, struct crm_slice b);
/* Optimal string alignment distance: edits and swaps of neighbours, where no part is
 * edited twice (Damerau 1964; bit-parallel after Hyyrö 2003). */
int crm_osa_distance(struct crm_slice a, struct crm_slice b);
/* Levenshtein distance (bit-parallel after Myers 1999). */
int crm_levenshtein(struct crm_slice a, struct crm_slice b);

/* Words in common, of all distinct words of both (Jaccard 1901), the first 16 of each; words
 * are parted by blanks. */
double crm_words_in_common(struct crm_slice a, struct crm_slice b);
/* Are all words of one among those of the other, at least one of three characters or more?
 * Its words of one character stand for those that begin with it. */
bool crm_words_within(struct crm_slice a, struct crm_slice b);
/* Soundex of the first word of an ASCII key, as four characters packed in a number (a
 * letter and three digits; after the U.S. National Archives); 0 where it has no letter. */
uint32_t crm_soundex(struct crm_slice key);

#endif
