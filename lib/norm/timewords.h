/* SPDX-License-Identifier: MIT */
/* timewords: an instant as people of a language write it, in a zone: "1. Oktober 2026 um 09:30". */
#ifndef CRM_TIMEWORDS_H
#define CRM_TIMEWORDS_H

#include "base/str.h"

enum crm_words_of {
	CRM_WORDS_BOTH, /* date and time of day */
	CRM_WORDS_DATE,
	CRM_WORDS_CLOCK
};

/* Appends ms as ICU writes it for language (BCP 47) and zone (of the IANA's; NULL or empty:
 * UTC), with plain blanks: a narrow one would cost a text message half its room. A language
 * that is not known is English, more or less. */
void crm_time_words(int64_t ms, const char *zone, const char *language, enum crm_words_of words,
		    struct crm_str *out);

#endif
