/* SPDX-License-Identifier: MIT */
/* Phrases are filed by their first three bytes, or as many as they have. Where a word of the
 * text begins, only those filed under what stands there are compared. */
#include "rule/lexicon.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include "base/mem.h"
#include "base/utf8.h"

struct phrase {
	char *text;
	size_t len;
	bool any_end;  /* it had a * */
	uint32_t next; /* filed with it: number from 1, 0: none */
};

struct crm_lexicon {
	struct phrase *list;
	size_t n, cap;
	uint32_t *first; /* by hash; numbers from 1 */
	size_t mask;
	bool has[4]; /* phrases filed by so many bytes */
};

enum letter {
	NO_LETTER,
	LETTER, /* of a script with blanks between its words, a digit, or a mark on one */
	ALONE   /* of one without: a word may begin and end at each */
};

struct crm_lexicon *crm_lexicon_new(void)
{
	return crm_calloc(1, sizeof(struct crm_lexicon));
}

void crm_lexicon_free(struct crm_lexicon *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++)
		free(p->list[i].text);
	free(p->list);
	free(p->first);
	free(p);
}

size_t crm_lexicon_count(const struct crm_lexicon *p)
{
	return p->n;
}

static size_t filed_by(size_t len)
{
	return len < 3 ? len : 3;
}

static size_t slot_of(const struct crm_lexicon *p, const char *s, size_t n)
{
	uint32_t key = (uint32_t)n << 24;

	for (size_t i = 0; i < n; i++)
		key |= (uint32_t)(unsigned char)s[i] << (8 * i);
	return (key * 2654435761u >> 8) & p->mask;
}

size_t crm_lexicon_add(struct crm_lexicon *p, struct crm_slice s)
{
	bool any_end = s.len > 1 && s.ptr[s.len - 1] == '*';

	s.len -= any_end;
	CRM_GROW(p->list, p->n + 1, p->cap);
	p->list[p->n] = (struct phrase){crm_strndup(s.ptr, s.len), s.len, any_end, 0};
	return p->n++;
}

void crm_lexicon_ready(struct crm_lexicon *p)
{
	for (p->mask = 64; p->mask < 4 * p->n;)
		p->mask *= 2;
	free(p->first);
	p->first = crm_calloc(p->mask, sizeof(*p->first));
	p->mask--;
	for (size_t i = 0; i < p->n; i++) {
		size_t by = filed_by(p->list[i].len), slot = slot_of(p, p->list[i].text, by);

		p->has[by] = true;
		p->list[i].next = p->first[slot];
		p->first[slot] = (uint32_t)i + 1;
	}
}

static enum letter wide_letter(UChar32 c)
{
	UErrorCode code = U_ZERO_ERROR;

	if (!(U_MASK(u_charType(c)) & (U_GC_L_MASK | U_GC_N_MASK | U_GC_M_MASK)))
		return NO_LETTER;
	if (c < 0xE00)
		return LETTER;
	switch (uscript_getScript(c, &code)) {
	case USCRIPT_HAN:
	case USCRIPT_HIRAGANA:
	case USCRIPT_KATAKANA:
	case USCRIPT_BOPOMOFO:
	case USCRIPT_HANGUL:
	case USCRIPT_THAI:
	case USCRIPT_LAO:
	case USCRIPT_KHMER:
	case USCRIPT_MYANMAR:
		return ALONE;
	default:
		return c == 0x30FC ? ALONE : LETTER; /* the long vowel mark is Common */
	}
}

/* What is the character at s, which is valid UTF-8? *used: its bytes. */
static enum letter letter_at(const char *s, size_t *used)
{
	unsigned char c = (unsigned char)*s;

	*used = 1;
	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? LETTER : NO_LETTER;
	return wide_letter((UChar32)crm_utf8_decode(s, used));
}

/* May a phrase that ends before text[end] be a whole one? */
static bool ends_at(struct crm_slice text, size_t end)
{
	size_t last = end - 1, used;

	if (end == text.len || letter_at(text.ptr + end, &used) != LETTER)
		return true;
	while (last > 0 && ((unsigned char)text.ptr[last] & 0xC0) == 0x80)
		last--;
	return letter_at(text.ptr + last, &used) != LETTER;
}

static void compare_at(const struct crm_lexicon *p, struct crm_slice text, size_t at,
		       uint64_t *found)
{
	size_t rest = text.len - at;

	for (size_t by = 1; by <= 3 && by <= rest; by++) {
		uint32_t i = p->has[by] ? p->first[slot_of(p, text.ptr + at, by)] : 0;

		for (; i; i = p->list[i - 1].next) {
			const struct phrase *x = &p->list[i - 1];

			if (x->len <= rest && filed_by(x->len) == by
			    && !memcmp(x->text, text.ptr + at, x->len)
			    && (x->any_end || ends_at(text, at + x->len)))
				found[(i - 1) / 64] |= (uint64_t)1 << ((i - 1) % 64);
		}
	}
}

void crm_lexicon_find(const struct crm_lexicon *p, struct crm_slice text, uint64_t *found)
{
	enum letter before = NO_LETTER, here;
	size_t at, used;

	memset(found, 0, (p->n + 63) / 64 * sizeof(*found));
	for (at = 0; at < text.len; at += used, before = here) {
		here = letter_at(text.ptr + at, &used);
		/* A phrase begins where a word does, or with what is no letter. */
		if (text.ptr[at] != ' ' && (here != LETTER || before != LETTER))
			compare_at(p, text, at, found);
	}
}
