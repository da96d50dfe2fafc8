/* SPDX-License-Identifier: MIT */
/*
 * fold: text as rules compare it: without regard to case, accents, width and kind of blanks,
 * in its own script ("CAFÉ " is cafe, "ﬁn" is fin, 退款 stays). Unlike the match key of
 * norm/text.h it keeps punctuation and transliterates nothing.
 */
#ifndef CRM_FOLD_H
#define CRM_FOLD_H

#include "base/str.h"

/* Appends the folded form of s: Unicode's NFKC_Casefold, then without the combining marks
 * of Latin, Greek, Cyrillic, Hebrew and Arabic; runs of white space and control characters one
 * blank, none at the ends; ’ as '. Bytes that are no UTF-8 become U+FFFD. */
void crm_fold(struct crm_slice s, struct crm_str *out);

#endif
