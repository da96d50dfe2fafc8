/* SPDX-License-Identifier: MIT */
/*
 * lexicon: which of many words and phrases occur in a text, found in one pass over it however
 * many there are.
 *
 * Text and phrases are folded (rule/fold.h). A phrase stands for itself as whole words:
 * "art" is not in "start". A final * stands for any end of its last word: "refund*" is in
 * "refunded". Where a script writes no blanks between words (Han, kana, Thai …), or joins
 * endings to them (Hangul), a phrase may stand anywhere.
 */
#ifndef CRM_LEXICON_H
#define CRM_LEXICON_H

#include "base/str.h"

struct crm_lexicon;

struct crm_lexicon *crm_lexicon_new(void); /* new: free with crm_lexicon_free */
void crm_lexicon_free(struct crm_lexicon *lexicon);
/* Adds a phrase (folded; copied) and returns its number, from 0. */
size_t crm_lexicon_add(struct crm_lexicon *lexicon, struct crm_slice phrase);
size_t crm_lexicon_count(const struct crm_lexicon *lexicon);
/* After the last one was added; before the first find. */
void crm_lexicon_ready(struct crm_lexicon *lexicon);
/* Sets bit n % 64 of found[n / 64] for each phrase n that is in text, which is folded; all
 * others are cleared. */
void crm_lexicon_find(const struct crm_lexicon *lexicon, struct crm_slice text, uint64_t *found);

#endif
