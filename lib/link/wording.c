/* SPDX-License-Identifier: MIT */
/* Streets and companies; see wording.h. The words are those that addresses and registers of
 * the countries with our customers use; what is on no list stays as it is. */
#include "link/wording.h"

#include <stdlib.h>
#include <string.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* Long and short form, which is not longer. */
static const char *const streets[][2] = {
	{"alley", "aly"},     {"apartment", "apt"},   {"appartement", "apt"}, {"avenida", "av"},
	{"ave", "av"},        {"avenue", "av"},       {"boulevard", "bd"},    {"blvd", "bd"},
	{"building", "bldg"}, {"calle", "c"},         {"circle", "cir"},      {"circuit", "cct"},
	{"close", "cl"},      {"court", "ct"},        {"crescent", "cr"},     {"cres", "cr"},
	{"drive", "dr"},      {"expressway", "expy"}, {"flat", "apt"},        {"floor", "fl"},
	{"freeway", "fwy"},   {"gardens", "gdns"},    {"grove", "gr"},        {"heights", "hts"},
	{"highway", "hwy"},   {"lane", "ln"},         {"mount", "mt"},        {"parade", "pde"},
	{"parkway", "pkwy"},  {"place", "pl"},        {"platz", "pl"},        {"road", "rd"},
	{"route", "rte"},     {"saint", "st"},        {"square", "sq"},       {"str", "st"},
	{"strasse", "st"},    {"street", "st"},       {"suite", "ste"},       {"terrace", "tce"},
	{"terr", "tce"},      {"unit", "apt"},        {"viale", "v"},         {"via", "v"},
};

static const char *const forms[] = {
	"ab",      "ag",           "aktiengesellschaft",
	"and",     "aps",          "asa",
	"bv",      "bvba",         "co",
	"company", "corp",         "corporation",
	"ek",      "ev",           "gbr",
	"ges",     "gmbh",         "holding",
	"inc",     "incorporated", "kft",
	"kg",      "kgaa",         "limited",
	"llc",     "llp",          "lp",
	"ltd",     "ltda",         "mbh",
	"nv",      "ohg",          "ooo",
	"oy",      "oyj",          "plc",
	"pte",     "pty",          "pvt",
	"sa",      "sarl",         "sas",
	"sasu",    "se",           "sl",
	"slu",     "spa",          "sro",
	"srl",     "ug",           "und",
	"zoo",
};

/* Of forms written with points the key has letters that stand alone. */
static const char *const parted[] = {"s a", "s r l", "s p a", "b v",     "n v",   "e v",
				     "a s", "s l",   "l l c", "s a r l", "z o o", "e k"};

/* The short form of a word; NULL: it is on no list. */
static const char *street_form(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < N(streets); i++)
		if (strlen(streets[i][0]) == len && !memcmp(streets[i][0], word, len))
			return streets[i][1];
	return NULL;
}

/* Length without the ending of a German name of a street, which is written "st" then. */
static size_t street_stem(const char *word, size_t len)
{
	if (len > 8 && !memcmp(word + len - 7, "strasse", 7))
		return len - 7;
	if (len > 5 && !memcmp(word + len - 3, "str", 3))
		return len - 3;
	return len;
}

void crm_wording_street(struct crm_str *out, size_t from)
{
	char *to = out->ptr + from, *p = to, *end = out->ptr + out->len;

	while (p < end) {
		char *stop = memchr(p, ' ', (size_t)(end - p));
		size_t len = (size_t)((stop ? stop : end) - p), stem = street_stem(p, len);
		const char *form = street_form(p, len);

		if (form) {
			len = strlen(form);
			memcpy(to, form, len);
		} else {
			memmove(to, p, stem);
			if (stem < len)
				memcpy(to + stem, "st", 2);
			len = stem < len ? stem + 2 : len;
		}
		to += len;
		if (stop)
			*to++ = ' ';
		p = stop ? stop + 1 : end;
	}
	if (out->len > from)
		*to = '\0';
	out->len = (size_t)(to - out->ptr);
}

/* Does a text end with this word or words, and have more before it? */
static bool ends_with(const char *s, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len > n + 1 && s[len - n - 1] == ' ' && !memcmp(s + len - n, word, n);
}

static size_t without_form(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < N(parted); i++)
		if (ends_with(s, len, parted[i]))
			return len - strlen(parted[i]) - 1;
	for (i = 0; i < N(forms); i++)
		if (ends_with(s, len, forms[i]))
			return len - strlen(forms[i]) - 1;
	return len;
}

void crm_wording_org(struct crm_str *out, size_t from)
{
	char *s = out->ptr + from;
	size_t len = out->len - from, left;

	while ((left = without_form(s, len)) < len)
		len = left;
	if (len > 4 && !memcmp(s, "the ", 4)) {
		len -= 4;
		memmove(s, s + 4, len);
	}
	if (out->len > from)
		s[len] = '\0';
	out->len = from + len;
}
