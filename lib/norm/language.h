/* SPDX-License-Identifier: MIT */
/*
 * language: which language a message is in, as far as its words tell.
 *
 * A script that one language writes decides by itself (kana: Japanese, Hangul: Korean,
 * Thai, Greek, Hebrew; Han alone: Chinese). Else the small words vote: those that every
 * sentence has ("the", "nicht", "pour"). A text in which none stands is of no known
 * language; that is an answer too, since a guess from names and numbers would be wrong as
 * often as not.
 */
#ifndef CRM_LANGUAGE_H
#define CRM_LANGUAGE_H

#include "base/str.h"

/* The language of text (UTF-8), as ISO 639-1: static; NULL: it cannot be told. The first
 * 2,000 characters count. */
const char *crm_language_of(struct crm_slice text);

/* Is this word (in lower case, as it is written or without its accents) one of the small
 * ones of the language, which tell nothing of what a text is about? Words that ask ("how",
 * "wann") and greet are among them. language may be NULL: of any. */
bool crm_language_small(const char *language, struct crm_slice word);

/* Do two BCP 47 tags begin with the same language? zh-TW and zh do. Empty ones and those
 * without value are like no other. */
bool crm_language_same(struct crm_slice a, struct crm_slice b);

#endif
