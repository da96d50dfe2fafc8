/* SPDX-License-Identifier: MIT */
/*
 * terms: the words that a text is found by.
 *
 * A text is folded (NFKC, case), parted into words by ICU (Unicode TR 29; Chinese, Japanese
 * and Thai by its dictionaries), brought to stems by Snowball where the language has one
 * there, and stripped of accents. What comes out are words of letters and digits with single
 * blanks between: FTS5's tokenizer "ascii" takes them as they are. So the index needs no
 * tokenizer of ours, any SQLite can read it, and text and question are treated alike.
 */
#ifndef CRM_TERMS_H
#define CRM_TERMS_H

#include "base/str.h"

struct crm_terms;

struct crm_terms *crm_terms_new(void); /* new: free with crm_terms_free */
void crm_terms_free(struct crm_terms *terms);

/* Appends the terms of text (UTF-8, what is not is no letter), a blank before each but the
 * first of out. language: BCP 47, NULL: not known, words are not stemmed. content: without
 * the small words of the language (norm/language.h). Returns how many. */
size_t crm_terms_add(struct crm_terms *terms, struct crm_slice text, const char *language,
		     bool content, struct crm_str *out);

/* Takes the first term off *text: false when there is none left. */
bool crm_terms_next(struct crm_slice *text, struct crm_slice *term);

#endif
