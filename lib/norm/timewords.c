/* SPDX-License-Identifier: MIT */
/* Dates in words, by ICU; see timewords.h. The last format is kept: a run writes many alike. */
#include "norm/timewords.h"

#include <stdio.h>
#include <string.h>
#include <unicode/udat.h>
#include <unicode/ustring.h>

struct kept {
	char name[160]; /* of zone, language and words; empty: none */
	UDateFormat *format;
};

static UDateFormat *open_format(const char *zone, const char *language, enum crm_words_of words)
{
	UDateFormatStyle date = words == CRM_WORDS_CLOCK ? UDAT_NONE : UDAT_LONG;
	UDateFormatStyle time = words == CRM_WORDS_DATE ? UDAT_NONE : UDAT_SHORT;
	UErrorCode code = U_ZERO_ERROR;
	UChar id[64];
	char locale[64];

	u_strFromUTF8(id, 64, NULL, zone, -1, &code);
	uloc_forLanguageTag(language, locale, sizeof(locale), NULL, &code);
	return U_SUCCESS(code) ? udat_open(time, date, locale, id, -1, NULL, 0, &code) : NULL;
}

static UDateFormat *get_format(const char *zone, const char *language, enum crm_words_of words)
{
	static _Thread_local struct kept kept[3];
	struct kept *k = &kept[words];
	char name[160];

	snprintf(name, sizeof(name), "%s %s", zone, language);
	if (!k->format || strcmp(name, k->name) != 0) {
		if (k->format)
			udat_close(k->format);
		k->format = open_format(zone, language, words);
		memcpy(k->name, name, sizeof(name));
	}
	return k->format;
}

void crm_time_words(int64_t ms, const char *zone, const char *language, enum crm_words_of words,
		    struct crm_str *out)
{
	UDateFormat *format = get_format(zone && *zone ? zone : "UTC", language, words);
	UErrorCode code = U_ZERO_ERROR;
	UChar text[128];
	char utf8[400];
	int32_t n;

	if (!format)
		return;
	n = udat_format(format, (double)ms, text, 128, NULL, &code);
	for (int32_t i = 0; U_SUCCESS(code) && i < n; i++)
		if (text[i] == 0x202F || text[i] == 0xA0)
			text[i] = ' ';
	u_strToUTF8(utf8, sizeof(utf8), NULL, text, n, &code);
	if (U_SUCCESS(code))
		crm_str_adds(out, utf8);
}
