/* SPDX-License-Identifier: MIT */
/*
 * Folding, and phrases in texts. Source of truth for folding: what readers take for the same
 * word. For phrases: a search for each phrase at each place by the definition in lexicon.h, over
 * random texts of few letters, so that near misses are frequent.
 */
#include "rule/lexicon.h"

#include <stdint.h>

#include "base/mem.h"
#include "rule/fold.h"
#include "tap.h"

static void folds(const char *text, const char *want)
{
	struct crm_str out = CRM_STR_INIT;

	crm_fold(crm_slice_of(text), &out);
	is_str(out.ptr, want, *want ? want : "nothing");
	crm_str_release(&out);
}

static void test_fold(void)
{
	folds("", "");
	folds(" \t A\r\n\r\nb ", "a b");
	folds("Müller MU\xCC\x88LLER", "muller muller");
	folds("STRASSE Straße", "strasse strasse");
	folds("n\xE2\x80\x99"
	      "est pas",
	      "n'est pas");
	folds("ＡＢＣ　１２", "abc 12");
	folds("ﬁn", "fin");
	folds("a\xC2\xADz a\xE2\x80\x8Bz", "az az");
	folds("退款", "退款");
	folds("が", "が"); /* not か */
	folds("한국", "한국");
	folds("Ещё ЙОД", "еще иод");
	folds("שָׁלוֹם", "שלום");
	folds("\xFFx\xC3", "\xEF\xBF\xBDx\xEF\xBF\xBD");
	folds("\x1B[31m", "[31m");
}

/*
 * The definition, character by character.
 */

/* The letters of the random texts; of each: l a letter, a one of a script without blanks,
 * n none. */
static const struct {
	const char *text;
	char kind;
} letters[] = {{"a", 'l'}, {"b", 'l'}, {"1", 'l'},  {"ж", 'l'}, {"я", 'l'},
	       {" ", 'n'}, {"-", 'n'}, {"退", 'a'}, {"が", 'a'}};

static uint64_t state = 1;

static unsigned dice(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

static char kind_at(const char *s)
{
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (!strncmp(s, letters[i].text, strlen(letters[i].text)))
			return letters[i].kind;
	return 'n';
}

static char kind_before(const char *start, const char *s)
{
	if (s == start)
		return 'n';
	do
		s--;
	while (((unsigned char)*s & 0xC0) == 0x80);
	return kind_at(s);
}

static bool is_in(const char *text, const char *phrase)
{
	size_t n = strlen(phrase);
	bool any_end = n > 1 && phrase[n - 1] == '*';

	n -= any_end;
	for (const char *s = text; *s; s++) {
		if (strncmp(s, phrase, n))
			continue;
		if (kind_at(s) == 'l' && kind_before(text, s) == 'l')
			continue;
		if (any_end || kind_before(text, s + n) != 'l' || kind_at(s + n) != 'l')
			return true;
	}
	return false;
}

/* A random text, folded: no blanks at its ends, or two together. */
static void make(struct crm_str *out, unsigned most)
{
	struct crm_str raw = CRM_STR_INIT;

	crm_str_clear(out);
	while (!out->len) {
		crm_str_clear(&raw);
		for (unsigned i = 1 + dice(most); i; i--)
			crm_str_adds(&raw,
				     letters[dice(sizeof(letters) / sizeof(letters[0]))].text);
		crm_fold((struct crm_slice){raw.ptr, raw.len}, out);
	}
	crm_str_release(&raw);
}

static void test_phrases(void)
{
	enum {
		PHRASES = 150
	};
	struct crm_lexicon *phrases = crm_lexicon_new();
	struct crm_str list[PHRASES], text = CRM_STR_INIT;
	uint64_t found[(PHRASES + 63) / 64];
	int hits = 0, wrong = 0;

	for (int i = 0; i < PHRASES; i++) {
		list[i] = (struct crm_str)CRM_STR_INIT;
		make(&list[i], 4);
		if (i % 3 == 0)
			crm_str_addc(&list[i], '*');
		crm_lexicon_add(phrases, (struct crm_slice){list[i].ptr, list[i].len});
	}
	crm_lexicon_ready(phrases);
	for (int round = 0; round < 2000; round++) {
		make(&text, 20);
		crm_lexicon_find(phrases, (struct crm_slice){text.ptr, text.len}, found);
		for (int i = 0; i < PHRASES; i++) {
			bool got = found[i / 64] >> (i % 64) & 1;
			bool want = is_in(text.ptr, list[i].ptr);

			hits += want;
			if (got != want && ++wrong < 5)
				printf("# '%s' in '%s': %d, not %d\n", list[i].ptr, text.ptr, got,
				       want);
		}
	}
	is_int(wrong, 0, "phrases are found where they are, and nowhere else");
	ok(hits > 10000, "and are there often enough (%d)", hits);
	for (int i = 0; i < PHRASES; i++)
		crm_str_release(&list[i]);
	crm_str_release(&text);
	crm_lexicon_free(phrases);
}

int main(void)
{
	test_fold();
	test_phrases();
	return done();
}
