/* SPDX-License-Identifier: MIT */
/* One person's name is written in many ways and one household shares a family name, an
 * address and often a telephone. These rules keep the wife's record from becoming the
 * husband's while Bob and Robert stay one. */
#include "norm/name.h"

#include <string.h>

#include "base/utf8.h"
#include "norm/nickname.h"
#include "norm/text.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define WORDS_MAX 16

static const char *const titles[] = {
	"dr",       "drs",    "prof",  "professor", "mr",   "mister", "mrs",  "ms",
	"miss",     "mx",     "herr",  "hr",        "frau", "fr",     "mme",  "mlle",
	"monsieur", "madame", "senor", "senora",    "sra",  "srta",   "dott", "dottssa",
	"ing",      "dipl",   "mag",   "sir",       "dame", "lord",   "lady", "rev",
	"hon",      "capt",   "dhr",   "mevr",      "mw",   "sig",    "don",  "dona",
	"med",      "phil",   "jur",   "rer",       "nat",  "habil",
};

static const char *const suffixes[] = {
	"jr", "sr",  "ii",  "iii", "iv",  "phd", "md",  "esq", "mba", "msc",    "bsc",    "ma",
	"ba", "cpa", "dds", "rn",  "llm", "mph", "jun", "sen", "pe",  "junior", "senior",
};

static const char *const particles[] = {
	"van",  "von", "vom", "vander", "de",  "del",   "della", "dello", "dei", "degli", "di",
	"da",   "das", "dos", "do",     "du",  "des",   "la",    "le",    "les", "der",   "den",
	"zu",   "zum", "zur", "ter",    "ten", "te",    "af",    "av",    "bin", "binti", "ibn",
	"bint", "al",  "el",  "st",     "san", "santa", "abu",   "op",    "auf",
};

/* Families of two characters, Chinese and Korean. */
static const char *const doubles[] = {"欧阳", "歐陽", "司马", "司馬", "诸葛", "諸葛",
				      "上官", "司徒", "皇甫", "令狐", "东方", "東方",
				      "慕容", "尉迟", "公孙", "夏侯", "남궁", "황보",
				      "제갈", "선우", "독고", "사공", "서문"};

static bool is_among(struct crm_slice word, const char *const *list, size_t n)
{
	struct crm_str key = CRM_STR_INIT;
	bool found = false;
	size_t i, k = 0;

	crm_text_key(word, &key);
	for (i = 0; i < key.len; i++) /* "Ph.D.", "Dr.-Ing." */
		if (key.ptr[i] != ' ')
			key.ptr[k++] = key.ptr[i];
	if (key.len)
		key.ptr[k] = '\0';
	for (i = 0; i < n && !found; i++)
		found = !strcmp(key.ptr, list[i]);
	found = found || (list == titles && !strcmp(key.ptr, "dring"));
	crm_str_release(&key);
	return found;
}

/* Splits at blanks; at most WORDS_MAX words, the rest belongs to the last. */
static size_t split_words(struct crm_slice s, struct crm_slice *words)
{
	size_t n = 0, end;

	while ((s = crm_slice_trim(s)).len) {
		for (end = 0; end < s.len && (s.ptr[end] != ' ' || n == WORDS_MAX - 1);)
			end++;
		words[n++] = (struct crm_slice){s.ptr, end};
		s.ptr += end;
		s.len -= end;
	}
	return n;
}

static void add_words(struct crm_str *out, const struct crm_slice *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (i)
			crm_str_addc(out, ' ');
		crm_str_add(out, words[i].ptr, words[i].len);
	}
}

static bool is_ideograph(uint32_t c)
{
	return (c >= 0x3400 && c < 0xA000) || (c >= 0xAC00 && c < 0xD7B0)
	       || (c >= 0x20000 && c < 0x32000);
}

/* Characters of s if all are Han or Hangul, else 0. */
static size_t ideographs(struct crm_slice s)
{
	size_t n = 0, i, used;

	for (i = 0; i < s.len; i += used, n++) {
		if (!crm_utf8_length(s.ptr + i, s.len - i)
		    || !is_ideograph(crm_utf8_decode(s.ptr + i, &used)))
			return 0;
	}
	return n;
}

static void split_ideographs(struct crm_slice s, size_t n, struct crm_str *given,
			     struct crm_str *family)
{
	bool hangul = (unsigned char)s.ptr[0] >= 0xEA;
	size_t i, cut = n == 4 && !hangul ? 6 : 3; /* all of the BMP take three bytes */

	for (i = 0; i < N(doubles) && n > 2; i++)
		if (!memcmp(s.ptr, doubles[i], 6))
			cut = 6;
	if ((unsigned char)s.ptr[0] >= 0xF0)
		cut = 4;
	if (n < 2 || n > 5 || cut >= s.len) {
		crm_str_add(family, s.ptr, s.len);
		return;
	}
	crm_str_add(family, s.ptr, cut);
	crm_str_add(given, s.ptr + cut, s.len - cut);
}

/* Leaves out brackets and double quotes with what is in them ("Robert "Bob" King"). */
static void without_brackets(struct crm_slice s, struct crm_str *out)
{
	char until = 0;
	size_t i;

	for (i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (until) {
			until = c == until ? 0 : until;
			continue;
		}
		if (i && (c == '(' || c == '[' || c == '"'))
			until = c == '(' ? ')' : c == '[' ? ']' : c;
		else if (c != '"')
			crm_str_addc(out, c);
	}
}

/* Is it written in capitals: at least two, and nothing small (ASCII is enough here)? */
static bool is_capitals(struct crm_slice s)
{
	size_t i, capitals = 0;

	for (i = 0; i < s.len; i++) {
		if (s.ptr[i] >= 'a' && s.ptr[i] <= 'z')
			return false;
		capitals += s.ptr[i] >= 'A' && s.ptr[i] <= 'Z';
	}
	return capitals >= 2 && !memchr(s.ptr, '.', s.len);
}

static void split_in_order(const struct crm_slice *w, size_t n, struct crm_str *given,
			   struct crm_str *family)
{
	size_t at = n - 1, i;

	for (i = 0; i < n && is_capitals(w[i]);)
		i++;
	if (i && i < n && !is_capitals(w[n - 1])) { /* KING Ada */
		add_words(family, w, i);
		add_words(given, w + i, n - i);
		return;
	}
	if (n == 2 && ideographs(w[0]) && ideographs(w[1])) {
		add_words(family, w, 1);
		add_words(given, w + 1, 1);
		return;
	}
	for (i = 1; i + 1 < n && at == n - 1; i++)
		if (is_among(w[i], particles, N(particles)))
			at = i;
	if (n > 1 && at == n - 1 && w[0].ptr[0] >= 'a' && is_among(w[0], particles, N(particles)))
		at = 0; /* "van Dyk" */
	add_words(family, w + at, n - at);
	add_words(given, w, at);
}

static void split_words_of(struct crm_slice s, struct crm_str *given, struct crm_str *family)
{
	struct crm_slice w[WORDS_MAX], *first = w;
	size_t n = split_words(s, w), characters;

	while (n > 1 && is_among(*first, titles, N(titles))) {
		first++;
		n--;
	}
	while (n > 1 && is_among(first[n - 1], suffixes, N(suffixes)))
		n--;
	if (n && first[n - 1].len > 1 && first[n - 1].ptr[first[n - 1].len - 1] == ',')
		first[n - 1].len--;
	if (n == 1 && (characters = ideographs(*first)))
		split_ideographs(*first, characters, given, family);
	else if (n == 1)
		add_words(family, first, 1);
	else if (n)
		split_in_order(first, n, given, family);
}

/* "Family, Given" */
static void split_comma(struct crm_slice left, struct crm_slice right, struct crm_str *given,
			struct crm_str *family)
{
	struct crm_slice w[WORDS_MAX], *first = w;
	size_t n = split_words(left, w);

	while (n > 1 && is_among(*first, titles, N(titles))) {
		first++;
		n--;
	}
	add_words(family, first, n);
	first = w;
	n = split_words(right, w);
	while (n > 1 && is_among(*first, titles, N(titles))) {
		first++;
		n--;
	}
	while (n > 1 && is_among(w[n - 1], suffixes, N(suffixes)))
		n--;
	add_words(given, first, n);
}

/* Is all of s titles, degrees and such: "PhD", "Jr.", "Dr."? */
static bool is_ornament(struct crm_slice s)
{
	struct crm_slice w[WORDS_MAX];
	size_t n = split_words(s, w), i;

	for (i = 0; i < n; i++)
		if (!is_among(w[i], suffixes, N(suffixes)) && !is_among(w[i], titles, N(titles)))
			return false;
	return true;
}

void crm_name_split(struct crm_slice whole, struct crm_str *given, struct crm_str *family)
{
	struct crm_str clean = CRM_STR_INIT, bare = CRM_STR_INIT;
	struct crm_slice left, right;
	const char *comma;

	without_brackets(whole, &bare);
	crm_text_clean(crm_str_slice(&bare), &clean);
	left = crm_str_slice(&clean);
	if (left.len && !memchr(left.ptr, '@', left.len)) {
		while ((comma = memrchr(left.ptr, ',', left.len))) {
			right.ptr = comma + 1;
			right.len = (size_t)(left.ptr + left.len - right.ptr);
			if (!is_ornament(right))
				break;
			left.len = (size_t)(comma - left.ptr);
		}
		comma = memchr(left.ptr, ',', left.len);
		if (comma && comma > left.ptr) {
			right.ptr = comma + 1;
			right.len = (size_t)(left.ptr + left.len - right.ptr);
			left.len = (size_t)(comma - left.ptr);
			split_comma(left, right, given, family);
		} else {
			split_words_of(left, given, family);
		}
	}
	crm_str_release(&clean);
	crm_str_release(&bare);
}

void crm_name_join(struct crm_slice given, struct crm_slice family, struct crm_str *out)
{
	if (given.len && family.len && ideographs(given) && ideographs(family)) {
		crm_str_add(out, family.ptr, family.len);
		crm_str_add(out, given.ptr, given.len);
		return;
	}
	crm_str_add(out, given.ptr, given.len);
	if (given.len && family.len)
		crm_str_addc(out, ' ');
	crm_str_add(out, family.ptr, family.len);
}

/* A name's part as words of its match key, and these written together. */
struct side {
	struct crm_str key, joined;
	struct crm_slice words[WORDS_MAX];
	size_t n;
};

static void side_init(struct side *s, struct crm_slice part)
{
	size_t i, k = 0;

	*s = (struct side){.key = CRM_STR_INIT, .joined = CRM_STR_INIT};
	crm_text_key(part, &s->key);
	/* ae, oe, ue are ä, ö, ü, which have become a, o, u */
	for (i = 0; i < s->key.len; i++) {
		char c = s->key.ptr[i], before = k ? s->key.ptr[k - 1] : 0;

		if (c != 'e' || (before != 'a' && before != 'o' && before != 'u'))
			s->key.ptr[k++] = c;
	}
	s->key.len = k;
	s->n = split_words(crm_str_slice(&s->key), s->words);
	for (i = 0; i < k; i++)
		if (s->key.ptr[i] != ' ')
			crm_str_addc(&s->joined, s->key.ptr[i]);
}

static void side_release(struct side *s)
{
	crm_str_release(&s->key);
	crm_str_release(&s->joined);
}

/* Optimal string alignment distance (Damerau 1964; Boytsov 2011, 2.2), of words up to 31
 * letters; longer ones are far apart. */
static int distance(struct crm_slice a, struct crm_slice b)
{
	int row[3][32], *before = row[0], *above = row[1], *now = row[2], *spare, d;
	size_t i, j;

	if (a.len > 31 || b.len > 31)
		return 99;
	for (j = 0; j <= b.len; j++)
		above[j] = (int)j;
	for (i = 1; i <= a.len; i++) {
		now[0] = (int)i;
		for (j = 1; j <= b.len; j++) {
			d = above[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);
			if (above[j] + 1 < d)
				d = above[j] + 1;
			if (now[j - 1] + 1 < d)
				d = now[j - 1] + 1;
			if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2]
			    && a.ptr[i - 2] == b.ptr[j - 1] && before[j - 2] + 1 < d)
				d = before[j - 2] + 1;
			now[j] = d;
		}
		spare = before;
		before = above;
		above = now;
		now = spare;
	}
	return above[b.len];
}

static bool is_typo(struct crm_slice a, struct crm_slice b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;

	return shorter >= 4 && distance(a, b) <= (shorter >= 8 ? 2 : 1);
}

/* Is one the female form of the other: Martin and Martina, Mario and Maria, Christian and
 * Christiane, Paul and Paulina? */
static bool is_other_gender(struct crm_slice a, struct crm_slice b)
{
	static const char *const endings[] = {"a", "e", "ina", "ine", "ette", "etta", "ia", "na"};
	struct crm_slice rest;
	size_t i, n = 0;

	while (n < a.len && n < b.len && a.ptr[n] == b.ptr[n])
		n++;
	if (a.len == n + 1 && b.len == n + 1) /* Mario, Maria; Andrea, Andreo; Andre, Andra */
		return (a.ptr[n] == 'a' && strchr("oe", b.ptr[n]))
		       || (b.ptr[n] == 'a' && strchr("oe", a.ptr[n]));
	if (n < a.len && n < b.len)
		return false;
	rest = n < a.len ? (struct crm_slice){a.ptr + n, a.len - n}
			 : (struct crm_slice){b.ptr + n, b.len - n};
	for (i = 0; i < N(endings); i++)
		if (n >= 3 && crm_slice_is(rest, endings[i]))
			return true;
	return false;
}

static bool forename_fits(struct crm_slice a, struct crm_slice b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;

	if (crm_slice_same(a, b))
		return true;
	if (shorter == 1)
		return a.ptr[0] == b.ptr[0];
	if (crm_nicknames_alike(crm_nicknames_ours(), a, b))
		return true;
	if (is_other_gender(a, b))
		return false;
	return (shorter >= 3 && !memcmp(a.ptr, b.ptr, shorter)) || is_typo(a, b);
}

static bool forenames_fit(const struct side *a, const struct side *b)
{
	size_t i, j;

	if (!strcmp(a->joined.ptr, b->joined.ptr))
		return true;
	/* two first names that differ tell persons apart though a second be shared */
	for (i = 0; i < a->n; i++)
		for (j = 0; j < b->n; j++)
			if ((a->words[i].len > 1 || i == 0) && (b->words[j].len > 1 || j == 0)
			    && (i == 0 || j == 0) && forename_fits(a->words[i], b->words[j]))
				return true;
	return false;
}

static bool families_fit(const struct side *a, const struct side *b)
{
	struct crm_slice x = {a->joined.ptr, a->joined.len}, y = {b->joined.ptr, b->joined.len};
	size_t i, j;

	if (crm_slice_same(x, y) || is_typo(x, y))
		return true;
	if (x.len == 1 || y.len == 1) /* "Ada K." */
		return x.len && y.len && x.ptr[0] == y.ptr[0];
	for (i = 0; i < a->n; i++)
		for (j = 0; j < b->n; j++)
			if (a->words[i].len > 2 && b->words[j].len > 2
			    && (crm_slice_same(a->words[i], b->words[j])
				|| is_typo(a->words[i], b->words[j]))
			    && !is_among(a->words[i], particles, N(particles)))
				return true;
	return false;
}

/* One side has only one part: is it found in the other? */
static enum crm_name_match agree_partly(const struct side *ag, const struct side *af,
					const struct side *bg, const struct side *bf)
{
	const struct side *given = ag->n ? ag : bg, *other_family = ag->n ? bf : af;

	if (ag->n && bg->n) /* no family on one side */
		return forenames_fit(ag, bg) ? CRM_NAMES_AGREE : CRM_NAMES_DIFFER;
	if (!given->n) /* two families, or two single words */
		return !strcmp(af->joined.ptr, bf->joined.ptr) ? CRM_NAMES_AGREE
							       : CRM_NAMES_UNKNOWN;
	/* a single word against a whole name: it may be the forename */
	return other_family->n && forenames_fit(given, other_family) ? CRM_NAMES_AGREE
								     : CRM_NAMES_UNKNOWN;
}

static enum crm_name_match agree(const struct side *ag, const struct side *af,
				 const struct side *bg, const struct side *bf)
{
	if ((!ag->n && !af->n) || (!bg->n && !bf->n))
		return CRM_NAMES_UNKNOWN;
	if (!ag->n || !af->n || !bg->n || !bf->n)
		return agree_partly(ag, af, bg, bf);
	if (forenames_fit(ag, bg))
		return families_fit(af, bf)                       ? CRM_NAMES_AGREE
		       : ag->joined.len > 1 && bg->joined.len > 1 ? CRM_NAMES_UNKNOWN
								  : CRM_NAMES_DIFFER;
	if (forenames_fit(ag, bf) && families_fit(af, bg))
		return CRM_NAMES_AGREE; /* swapped */
	return CRM_NAMES_DIFFER;
}

static int order(struct crm_slice a, struct crm_slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.ptr, b.ptr, n) : 0;

	return c ? c : (a.len > b.len) - (a.len < b.len);
}

enum crm_name_match crm_names_agree(struct crm_slice a_given, struct crm_slice a_family,
				    struct crm_slice b_given, struct crm_slice b_family)
{
	enum crm_name_match match;
	struct side s[4];
	int i = order(a_family, b_family);

	if (a_given.len && a_family.len && !i && crm_slice_same(a_given, b_given))
		return CRM_NAMES_AGREE;
	/* Not all rules are symmetrical (forenames bear more than families, when the two are
	 * swapped), but which name was known first must not matter. */
	if (i > 0 || (i == 0 && order(a_given, b_given) > 0))
		return crm_names_agree(b_given, b_family, a_given, a_family);
	side_init(&s[0], a_given);
	side_init(&s[1], a_family);
	side_init(&s[2], b_given);
	side_init(&s[3], b_family);
	match = agree(&s[0], &s[1], &s[2], &s[3]);
	for (i = 0; i < 4; i++)
		side_release(&s[i]);
	return match;
}
