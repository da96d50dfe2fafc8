/* SPDX-License-Identifier: MIT */
/* Folding for comparison. Most of most texts is ASCII and Latin letters, which a table folds;
 * ICU is asked for the rest. */
#include "rule/fold.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "base/mem.h"
#include "base/utf8.h"

#define DIRECT 0x250 /* characters below have a table */

static char direct[DIRECT][8]; /* what a character folds to, NUL-terminated */
static pthread_once_t direct_once = PTHREAD_ONCE_INIT;

/* Marks that writers leave out or add as they like. Those of Indic scripts and kana are
 * letters in all but name. */
static bool is_mark(UChar32 c)
{
	return (c >= 0x300 && c < 0x370) || (c >= 0x591 && c <= 0x5C7 && c != 0x5BE)
	       || (c >= 0x64B && c < 0x660) || (c >= 0x1AB0 && c < 0x1B00)
	       || (c >= 0x1DC0 && c < 0x1E00) || (c >= 0x20D0 && c < 0x2100);
}

static bool is_blank(UChar32 c)
{
	return u_isUWhiteSpace(c) || u_isISOControl(c);
}

/* Appends a character; several blanks become one. */
static void put(struct crm_str *out, size_t start, UChar32 c)
{
	char utf8[4];

	if (c == 0x2019 || c == 0x2018)
		c = '\'';
	if (is_blank(c)) {
		if (out->len > start && out->ptr[out->len - 1] != ' ')
			crm_str_addc(out, ' ');
		return;
	}
	crm_str_add(out, utf8, crm_utf8_encode((uint32_t)c, utf8));
}

/* Drops the marks of n units at u, in place; returns how many units are left. */
static int32_t drop_marks(UChar *u, int32_t n)
{
	int32_t i = 0, kept = 0;
	UChar32 c;

	while (i < n) {
		U16_NEXT(u, i, n, c);
		if (!is_mark(c)) {
			UBool bad = 0;

			U16_APPEND(u, kept, n, c, bad);
			(void)bad;
		}
	}
	return kept;
}

/* One run of text by ICU: folded, decomposed, without marks, composed again. */
static void fold_run(const char *s, size_t len, struct crm_str *out, size_t start)
{
	UErrorCode code = U_ZERO_ERROR;
	const UNormalizer2 *fold = unorm2_getNFKCCasefoldInstance(&code);
	const UNormalizer2 *nfd = unorm2_getNFDInstance(&code);
	const UNormalizer2 *nfc = unorm2_getNFCInstance(&code);
	/* NFKC makes of one unit at most 18 (U+FDFA), NFD of one at most 4 (the Unicode FAQ). */
	int32_t room = (int32_t)(18 * 4 * len + 16), n = 0, i = 0;
	UChar *a = crm_malloc(2 * (size_t)room * sizeof(*a)), *b = a + room;
	UChar32 c;

	u_strFromUTF8WithSub(a, room, &n, s, (int32_t)len, 0xFFFD, NULL, &code);
	n = unorm2_normalize(fold, a, n, b, room, &code);
	n = unorm2_normalize(nfd, b, n, a, room, &code);
	if (U_SUCCESS(code))
		n = drop_marks(a, n);
	n = unorm2_normalize(nfc, a, n, b, room, &code);
	while (U_SUCCESS(code) && i < n) {
		U16_NEXT(b, i, n, c);
		put(out, start, c);
	}
	free(a);
}

static void fill_direct(void)
{
	struct crm_str folded = CRM_STR_INIT;
	char utf8[4];

	for (uint32_t c = 0x80; c < DIRECT; c++) {
		crm_str_clear(&folded);
		if (is_blank((UChar32)c))
			crm_str_addc(&folded, ' ');
		else
			fold_run(utf8, crm_utf8_encode(c, utf8), &folded, 0);
		memcpy(direct[c], folded.ptr, folded.len < 7 ? folded.len : 7);
	}
	crm_str_release(&folded);
}

/* Bytes at s that neither ASCII nor the table covers; in pieces, so that no run is too long
 * for ICU. */
static size_t run_length(const char *s, size_t len)
{
	size_t n = 0, used;

	while (n < len && n < 1024 && (s[n] & 0x80)) {
		used = crm_utf8_length(s + n, len - n);
		if (used && crm_utf8_decode(s + n, &used) < DIRECT)
			break;
		n += used ? used : 1;
	}
	return n;
}

void crm_fold(struct crm_slice s, struct crm_str *out)
{
	size_t start = out->len, i = 0, used;

	pthread_once(&direct_once, fill_direct);
	crm_str_reserve(out, s.len);
	while (i < s.len) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c > ' ' && c < 0x7F) {
			crm_str_addc(out, (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c));
			i++;
		} else if (c < 0x80) {
			put(out, start, ' ');
			i++;
		} else if ((used = crm_utf8_length(s.ptr + i, s.len - i))
			   && crm_utf8_decode(s.ptr + i, &used) < DIRECT) {
			const char *to = direct[crm_utf8_decode(s.ptr + i, &used)];

			if (*to == ' ')
				put(out, start, ' ');
			else
				crm_str_adds(out, to);
			i += used;
		} else {
			used = run_length(s.ptr + i, s.len - i);
			fold_run(s.ptr + i, used, out, start);
			i += used;
		}
	}
	if (out->len > start && out->ptr[out->len - 1] == ' ')
		out->ptr[--out->len] = '\0';
}
