/* SPDX-License-Identifier: MIT */
/*
 * phrase: which of many words and phrases occur in a text, found in one pass over it however
 * many there are.
 *
 * Text and phrases are folded (rule/fold.h). A phrase stands for itself as whole words:
 * "art" is not in "start". A final * stands for any end of its last word: "refund*" is in
 * "refunded". Where a script writes no blanks between words (Han, kana, Thai …), or joins
 * endings to them (Hangul), a phrase may stand anywhere.
 */
#ifndef CRM_PHRASE_H
#define CRM_PHRASE_H

#include "base/str.h"

struct crm_phrases;

struct crm_phrases *crm_phrases_new(void); /* new: free with crm_phrases_free */
void crm_phrases_free(struct crm_phrases *phrases);
/* Adds a phrase (folded; copied) and returns its number, from 0. */
size_t crm_phrases_add(struct crm_phrases *phrases, struct crm_slice phrase);
size_t crm_phrases_count(const struct crm_phrases *phrases);
/* After the last one was added; before the first find. */
void crm_phrases_ready(struct crm_phrases *phrases);
/* Sets bit n % 64 of found[n / 64] for each phrase n that is in text, which is folded; all
 * others are cleared. */
void crm_phrases_find(const struct crm_phrases *phrases, struct crm_slice text, uint64_t *found);

#endif
