/* SPDX-License-Identifier: MIT */
/* Countries come as codes of two sorts and as names in the language of whoever typed them.
 * ICU has the names; they are folded to match keys once and looked up from then on. */
#include "norm/place.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include "base/mem.h"
#include "norm/text.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* The first language in which a name means something wins. */
static const char *const languages[] = {"en", "de", "fr", "es", "pt", "it",      "nl", "pl",
					"sv", "da", "nb", "fi", "cs", "hu",      "ro", "tr",
					"ru", "uk", "el", "ja", "zh", "zh_Hant", "ko", "ar"};

/* Names in use that ICU does not give; in the form of match keys. */
static const struct {
	const char *key, *code;
} others[] = {
	{"uk", "GB"},
	{"u k", "GB"},
	{"great britain", "GB"},
	{"england", "GB"},
	{"scotland", "GB"},
	{"wales", "GB"},
	{"northern ireland", "GB"},
	{"britain", "GB"},
	{"grossbritannien", "GB"},
	{"gran bretana", "GB"},
	{"united kingdom of great britain and northern ireland", "GB"},
	{"usa", "US"},
	{"u s a", "US"},
	{"u s", "US"},
	{"united states of america", "US"},
	{"the united states", "US"},
	{"america", "US"},
	{"eeuu", "US"},
	{"ee uu", "US"},
	{"estados unidos de america", "US"},
	{"etats unis d amerique", "US"},
	{"vereinigte staaten von amerika", "US"},
	{"holland", "NL"},
	{"the netherlands", "NL"},
	{"el", "GR"},
	{"brd", "DE"},
	{"bundesrepublik deutschland", "DE"},
	{"federal republic of germany", "DE"},
	{"czech republic", "CZ"},
	{"tschechische republik", "CZ"},
	{"slovak republic", "SK"},
	{"russian federation", "RU"},
	{"russische foderation", "RU"},
	{"rossiyskaya federatsiya", "RU"},
	{"korea", "KR"},
	{"republic of korea", "KR"},
	{"korea republic of", "KR"},
	{"korea south", "KR"},
	{"viet nam", "VN"},
	{"ivory coast", "CI"},
	{"cote d ivoire", "CI"},
	{"burma", "MM"},
	{"macedonia", "MK"},
	{"swaziland", "SZ"},
	{"cape verde", "CV"},
	{"hong kong", "HK"},
	{"macau", "MO"},
	{"macao", "MO"},
	{"uae", "AE"},
	{"u a e", "AE"},
	{"turkey", "TR"},
	{"turkiye", "TR"},
	{"republic of ireland", "IE"},
	{"eire", "IE"},
	{"iran islamic republic of", "IR"},
	{"moldova republic of", "MD"},
	{"taiwan province of china", "TW"},
	{"peoples republic of china", "CN"},
	{"pr china", "CN"},
	{"mainland china", "CN"},
	{"venezuela bolivarian republic of", "VE"},
	{"bolivia plurinational state of", "BO"},
	{"tanzania united republic of", "TZ"},
	{"syrian arab republic", "SY"},
	{"palestine", "PS"},
	{"lao peoples democratic republic", "LA"},
	{"vatican", "VA"},
	{"brasil", "BR"},
	{"kosovo", "XK"},
};

struct entry {
	char *key;
	char code[3];
	int rank; /* of the source: lower wins */
};

/* Two tables, since all languages take 0.1 s to make: codes and English names serve most. */
struct table {
	struct entry *entries; /* sorted by key */
	size_t n, cap;
};
static struct table near, far;
static pthread_once_t near_once = PTHREAD_ONCE_INIT, far_once = PTHREAD_ONCE_INIT;

static void add_entry(struct table *t, const char *key, const char *code, int rank)
{
	CRM_GROW(t->entries, t->n + 1, t->cap);
	t->entries[t->n].key = crm_strdup(key);
	memcpy(t->entries[t->n].code, code, 3);
	t->entries[t->n++].rank = rank;
}

static void add_name(struct table *t, const char *code, const char *language, int rank)
{
	UErrorCode error = U_ZERO_ERROR;
	char locale[16], utf8[400];
	struct crm_str key = CRM_STR_INIT;
	UChar wide[200];
	int32_t n;

	snprintf(locale, sizeof(locale), "und_%s", code);
	n = uloc_getDisplayCountry(locale, language, wide, 200, &error);
	if (U_FAILURE(error) || error == U_USING_DEFAULT_WARNING)
		return;
	u_strToUTF8(utf8, sizeof(utf8), &n, wide, n, &error);
	if (U_FAILURE(error))
		return;
	crm_text_key((struct crm_slice){utf8, (size_t)n}, &key);
	if (key.len)
		add_entry(t, key.ptr, code, rank);
	crm_str_release(&key);
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	return order ? order : x->rank - y->rank;
}

static void free_tables(void)
{
	while (near.n)
		free(near.entries[--near.n].key);
	while (far.n)
		free(far.entries[--far.n].key);
	free(near.entries);
	free(far.entries);
}

/* Sorts, and of entries with one key keeps the one of the lowest rank. */
static void sort_table(struct table *t)
{
	struct entry *e = t->entries;
	size_t i, kept = 0;

	qsort(e, t->n, sizeof(*e), compare_entries);
	for (i = 0; i < t->n; i++) {
		if (kept && !strcmp(e[kept - 1].key, e[i].key))
			free(e[i].key);
		else
			e[kept++] = e[i];
	}
	t->n = kept;
}

static void make_near(void)
{
	const char *const *codes = uloc_getISOCountries();
	struct crm_str key = CRM_STR_INIT;
	char locale[16];
	size_t i;

	for (i = 0; i < N(others); i++)
		add_entry(&near, others[i].key, others[i].code, 1);
	for (i = 0; codes[i]; i++) {
		crm_str_clear(&key);
		crm_text_key(crm_slice_of(codes[i]), &key);
		add_entry(&near, key.ptr, codes[i], 0);
		snprintf(locale, sizeof(locale), "und_%s", codes[i]);
		crm_str_clear(&key);
		crm_text_key(crm_slice_of(uloc_getISO3Country(locale)), &key);
		if (key.len)
			add_entry(&near, key.ptr, codes[i], 0);
		add_name(&near, codes[i], languages[0], 2);
	}
	crm_str_release(&key);
	sort_table(&near);
	atexit(free_tables);
}

static void make_far(void)
{
	const char *const *codes = uloc_getISOCountries();
	size_t i, l;

	for (i = 0; codes[i]; i++)
		for (l = 1; l < N(languages); l++)
			add_name(&far, codes[i], languages[l], (int)l);
	sort_table(&far);
}

static int compare_key(const void *key, const void *entry)
{
	return strcmp(key, ((const struct entry *)entry)->key);
}

static const char *look_up(const struct table *t, const char *key)
{
	const struct entry *e = bsearch(key, t->entries, t->n, sizeof(*t->entries), compare_key);

	return e ? e->code : NULL;
}

const char *crm_country_code(struct crm_slice name)
{
	struct crm_str key = CRM_STR_INIT;
	const char *code = NULL;

	if (name.len > 200)
		return NULL;
	crm_text_key(name, &key);
	if (key.len) {
		pthread_once(&near_once, make_near);
		code = look_up(&near, key.ptr);
	}
	if (key.len && !code) {
		pthread_once(&far_once, make_far);
		code = look_up(&far, key.ptr);
	}
	crm_str_release(&key);
	return code;
}

const char *crm_region_code(const char *alpha2)
{
	for (const char *const *code = uloc_getISOCountries(); *code; code++)
		if (!strcasecmp(*code, alpha2))
			return *code;
	return NULL;
}

/* Digits in a postcode where they are all there is and always as many, and codes that begin
 * with zero exist (Universal Postal Union, addressing systems). */
static int postcode_digits(const char *country)
{
	static const char five[] = "DE US FR IT ES FI EE HR MX TR UA MY KR MA DZ ";
	static const char four[] = "AU NO ZA ";

	if (!country || strlen(country) != 2)
		return 0;
	if (strstr(five, country))
		return 5;
	return strstr(four, country) ? 4 : 0;
}

void crm_postcode_clean(struct crm_slice raw, const char *country, struct crm_str *out)
{
	struct crm_str clean = CRM_STR_INIT;
	size_t i, digits = 0, n = (size_t)postcode_digits(country);
	const char *s;

	crm_text_clean(raw, &clean);
	if (clean.len > 2 && clean.ptr[clean.len - 1] == '0' && clean.ptr[clean.len - 2] == '.')
		clean.ptr[clean.len -= 2] = '\0'; /* 1067.0 */
	for (i = 0; i < clean.len; i++)
		if (clean.ptr[i] >= 'a' && clean.ptr[i] <= 'z')
			clean.ptr[i] = (char)(clean.ptr[i] - 'a' + 'A');
	s = clean.ptr;
	if (country && *country && *s == *country) { /* D-01067, DE-01067, CH 8001 */
		size_t skip = s[1] == country[1] ? 2 : 1;

		if (s[skip] == '-' || (skip == 2 && s[skip] == ' '))
			s += skip + 1;
	}
	for (i = 0; s[i] >= '0' && s[i] <= '9'; i++)
		digits++;
	if (!s[i] && digits && digits < n && digits + 2 >= n)
		for (; digits < n; digits++)
			crm_str_addc(out, '0');
	if (strpbrk(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		crm_str_adds(out, s);
	crm_str_release(&clean);
}
