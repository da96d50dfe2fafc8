/* SPDX-License-Identifier: MIT */
/*
 * text: the two forms in which words are kept. The display form is what people see: the
 * text as it came, in one normal form and without what cannot be seen. The match key is
 * what is compared: ASCII words, so that "Müller", "MU\u0308LLER" and "muller" meet.
 *
 * Both functions may be called from any thread. They take ASCII without looking further;
 * what is transliterated is remembered, per thread, up to a bound.
 */
#ifndef CRM_TEXT_H
#define CRM_TEXT_H

#include "base/str.h"

/* Appends the display form: Unicode normal form C, control characters and invisible
 * marks (zero width blank, byte order mark, soft hyphen, bidirectional controls) dropped,
 * each run of white space of any kind one blank, trimmed. The joiners U+200C and U+200D
 * stay, Persian words and emoji need them. Bytes that are no UTF-8 become U+FFFD. */
void crm_text_clean(struct crm_slice in, struct crm_str *out);

/* Appends the match key: compatibility form (NFKC), case folded, transliterated to ASCII
 * by ICU (Cyrillic in the manner of passports: Щербаков is shcherbakov; Han as pinyin, a
 * word a character), accents dropped, ß as ss. Words of [a-z0-9], single blanks between;
 * apostrophes join ("O'Brien" is obrien), all else parts. Empty if nothing is left. */
void crm_text_key(struct crm_slice in, struct crm_str *out);

#endif
