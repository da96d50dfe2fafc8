/* SPDX-License-Identifier: MIT */
/* ICU knows where words end, Snowball where their endings begin. What is done here is the
 * order: stems need the accents, so that these are taken off last. */
#include "answer/terms.h"

#include <libstemmer.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "norm/language.h"

#define STEMMERS 16 /* languages remembered */
#define WORD_MAX 40 /* UTF-16 units of a word; what is longer is cut */

struct crm_terms {
	UBreakIterator *breaks;
	const UNormalizer2 *fold, *apart;
	UChar *wide, *folded;
	size_t cap_wide, cap_folded;
	struct {
		char code[4];
		struct sb_stemmer *stemmer; /* NULL: Snowball has none */
	} stemmers[STEMMERS];
	size_t n_stemmers;
	struct crm_str word;
};

struct crm_terms *crm_terms_new(void)
{
	UErrorCode code = U_ZERO_ERROR;
	struct crm_terms *t = crm_calloc(1, sizeof(*t));

	t->breaks = ubrk_open(UBRK_WORD, "", NULL, 0, &code);
	t->fold = unorm2_getNFKCCasefoldInstance(&code);
	t->apart = unorm2_getNFDInstance(&code);
	t->word = (struct crm_str)CRM_STR_INIT;
	return t;
}

void crm_terms_free(struct crm_terms *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_stemmers; i++)
		if (t->stemmers[i].stemmer)
			sb_stemmer_delete(t->stemmers[i].stemmer);
	if (t->breaks)
		ubrk_close(t->breaks);
	free(t->wide);
	free(t->folded);
	crm_str_release(&t->word);
	free(t);
}

/* The language's code, without region; false: it is none that could have a stemmer. */
static bool primary(const char *language, char code[4])
{
	size_t n = language ? strcspn(language, "-_") : 0;

	if (n < 2 || n > 3)
		return false;
	for (size_t i = 0; i < n; i++)
		code[i] = (char)(language[i] | 0x20);
	code[n] = '\0';
	return true;
}

static struct sb_stemmer *stemmer_of(struct crm_terms *t, const char *code)
{
	for (size_t i = 0; i < t->n_stemmers; i++)
		if (!strcmp(t->stemmers[i].code, code))
			return t->stemmers[i].stemmer;
	if (t->n_stemmers == STEMMERS)
		return NULL;
	strcpy(t->stemmers[t->n_stemmers].code, code);
	return t->stemmers[t->n_stemmers++].stemmer = sb_stemmer_new(code, "UTF_8");
}

/* Folds text into t->folded; its length in UTF-16 units, 0: nothing. */
static int32_t fold(struct crm_terms *t, struct crm_slice text)
{
	UErrorCode code = U_ZERO_ERROR;
	int32_t n = 0, m;

	if (!t->breaks || !t->fold || !t->apart || text.len > 64 * 1024 * 1024)
		return 0; /* an ICU without its data */
	CRM_GROW(t->wide, text.len + 1, t->cap_wide);
	u_strFromUTF8WithSub(t->wide, (int32_t)text.len + 1, &n, text.ptr, (int32_t)text.len,
			     0xFFFD, NULL, &code);
	if (U_FAILURE(code))
		return 0;
	CRM_GROW(t->folded, (size_t)n + 16, t->cap_folded);
	m = unorm2_normalize(t->fold, t->wide, n, t->folded, (int32_t)t->cap_folded, &code);
	if (code == U_BUFFER_OVERFLOW_ERROR) {
		code = U_ZERO_ERROR;
		CRM_GROW(t->folded, (size_t)m + 1, t->cap_folded);
		m = unorm2_normalize(t->fold, t->wide, n, t->folded, (int32_t)t->cap_folded, &code);
	}
	return U_SUCCESS(code) ? m : 0;
}

/* Appends a word to out as UTF-8, letters, digits and marks only. */
static void put_units(const UChar *s, int32_t n, bool plain, struct crm_str *out)
{
	for (int32_t i = 0; i < n;) {
		UChar32 c;
		char bytes[4];

		U16_NEXT(s, i, n, c);
		if (plain && c >= 0x300 && c < 0x370)
			continue;
		if (u_isalnum(c) || U_GET_GC_MASK(c) & U_GC_M_MASK)
			crm_str_add(out, bytes, crm_utf8_encode((uint32_t)c, bytes));
	}
}

/* "ue" is what "ü" is written as where the key is missing; both are u. */
static void undo_umlauts(struct crm_str *word, size_t start)
{
	size_t to = start;

	for (size_t i = start; i < word->len; i++) {
		word->ptr[to++] = word->ptr[i];
		if (i + 1 < word->len && word->ptr[i + 1] == 'e' && strchr("aou", word->ptr[i]))
			i++;
	}
	word->len = to;
	word->ptr[to] = '\0';
}

/* Appends the word in t->word, stemmed, without its accents. */
static void put_term(struct crm_terms *t, struct sb_stemmer *stemmer, bool german,
		     struct crm_str *out)
{
	UErrorCode code = U_ZERO_ERROR;
	UChar wide[4 * WORD_MAX], apart[8 * WORD_MAX];
	const char *s = t->word.ptr;
	int32_t len = (int32_t)t->word.len, n = 0, m;
	size_t start;

	if (stemmer) {
		const sb_symbol *stem = sb_stemmer_stem(stemmer, (const sb_symbol *)s, len);

		if (stem) {
			s = (const char *)stem;
			len = sb_stemmer_length(stemmer);
		}
	}
	if (out->len)
		crm_str_addc(out, ' ');
	start = out->len;
	u_strFromUTF8(wide, 4 * WORD_MAX, &n, s, len, &code);
	m = unorm2_normalize(t->apart, wide, n, apart, 8 * WORD_MAX, &code);
	if (U_SUCCESS(code))
		put_units(apart, m, true, out);
	if (out->len == start) /* nothing but marks */
		crm_str_add(out, s, (size_t)len);
	if (german)
		undo_umlauts(out, start);
}

size_t crm_terms_add(struct crm_terms *t, struct crm_slice text, const char *language, bool content,
		     struct crm_str *out)
{
	UErrorCode error = U_ZERO_ERROR;
	int32_t n = fold(t, text), from, to;
	char code[4] = "";
	struct sb_stemmer *stemmer = primary(language, code) ? stemmer_of(t, code) : NULL;
	size_t terms = 0;

	if (n)
		ubrk_setText(t->breaks, t->folded, n, &error);
	if (!n || U_FAILURE(error))
		return 0;
	for (from = ubrk_first(t->breaks); (to = ubrk_next(t->breaks)) != UBRK_DONE; from = to) {
		if (ubrk_getRuleStatus(t->breaks) < UBRK_WORD_NONE_LIMIT)
			continue;
		crm_str_clear(&t->word);
		put_units(t->folded + from, to - from > WORD_MAX ? WORD_MAX : to - from, false,
			  &t->word);
		if (!t->word.len
		    || (content
			&& crm_language_small(*code ? code : NULL,
					      (struct crm_slice){t->word.ptr, t->word.len})))
			continue;
		put_term(t, stemmer, !strcmp(code, "de"), out);
		terms++;
	}
	return terms;
}

bool crm_terms_next(struct crm_slice *text, struct crm_slice *term)
{
	const char *s = text->ptr, *end = s ? s + text->len : s;

	while (s < end && (*s == ' ' || *s == '\n'))
		s++;
	term->ptr = s;
	while (s < end && *s != ' ' && *s != '\n')
		s++;
	term->len = (size_t)(s - term->ptr);
	*text = (struct crm_slice){s, (size_t)(end - s)};
	return term->len > 0;
}
