/* SPDX-License-Identifier: MIT */
/* The lines of a mail are looked at one by one, from the top; what is decided is which are
 * dropped. Each look ahead is bounded in lines, except where the lines looked at are dropped
 * or passed for good, so the whole is linear. */
#include "norm/quote.h"

#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "base/words.h"
#include "norm/quote_words.h"

#define LABEL_MAX 60     /* bytes of a header line before its value */
#define FOLD_MAX 400     /* bytes of a line, or of an introduction on several */
#define VERB_MAX 24      /* bytes of a line that is just a verb */
#define INTRO_LINES 4    /* that an introduction takes at most */
#define WRAPPED_MIN 60   /* a quoted line shorter than this was not wrapped after */
#define SIGNATURE_MAX 12 /* lines below "--" or a dash */
#define SIGNATURE_WIDTH 160
#define BLOCK_MAX 10 /* lines below a closing */
#define BLOCK_WIDTH 70
#define TAIL_MAX 40 /* lines of what lists and lawyers add */

struct line {
	uint32_t start, len; /* without the blanks at its ends' right */
	uint8_t depth;       /* how many '>' it has */
	uint8_t opens;       /* the lines it opens a quote with, or UNKNOWN */
	uint8_t intro;       /* the lines of the introduction that ends here, or UNKNOWN */
	bool drop;
};
#define UNKNOWN 255

/* A line as it is compared: folded, single blanks, a NUL at the end. */
struct folded {
	char text[FOLD_MAX + 8];
	size_t len;
};

/* The line that was folded last: several looks are taken at it. */
struct last_folded {
	struct folded f;
	size_t line; /* SIZE_MAX: none */
};

struct letter {
	const char *text;
	size_t size;
	struct line *lines;
	size_t n, cap;
	struct last_folded *last;
};

/* The words of quote_words.c, and where to look for them. */
enum list {
	STARTS,
	DAYS,
	VERBS,
	VERB_ENDS,
	LABELS,
	ORIGINALS,
	FORWARDS,
	MARKERS,
	FOOTERS,
	DEVICES,
	CLOSINGS,
	LISTS,
	NOTICES,
	N_LISTS
};
static const struct {
	const char *const *words;
	enum crm_words_by by;
} lists[N_LISTS] = {
	[STARTS] = {crm_quote_starts, CRM_WORDS_START},
	[DAYS] = {crm_quote_days, CRM_WORDS_WHOLE},
	[VERBS] = {crm_quote_verbs, CRM_WORDS_START},
	[VERB_ENDS] = {crm_quote_verbs, CRM_WORDS_END},
	[ORIGINALS] = {crm_quote_originals, CRM_WORDS_START},
	[FORWARDS] = {crm_quote_forwards, CRM_WORDS_START},
	[MARKERS] = {crm_quote_markers, CRM_WORDS_START},
	[DEVICES] = {crm_quote_devices, CRM_WORDS_START},
	[CLOSINGS] = {crm_quote_closings, CRM_WORDS_WHOLE},
	[LISTS] = {crm_quote_lists, CRM_WORDS_START},
	[NOTICES] = {crm_quote_notices, CRM_WORDS_START},
};
static struct crm_words indexes[N_LISTS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_indexes(void)
{
	size_t n, i;

	for (i = 0; i < N_LISTS; i++) {
		for (n = 0; lists[i].words && lists[i].words[n];)
			n++;
		crm_words_init(&indexes[i], lists[i].words, n, sizeof(char *), lists[i].by);
		assert(!indexes[i].shorter); /* they would not be found */
	}
	for (n = 0; crm_quote_labels[n].word;)
		n++;
	crm_words_init(&indexes[LABELS], crm_quote_labels, n, sizeof(crm_quote_labels[0]),
		       CRM_WORDS_WHOLE);
	for (n = 0; crm_quote_footers[n].start;)
		n++;
	crm_words_init(&indexes[FOOTERS], crm_quote_footers, n, sizeof(crm_quote_footers[0]),
		       CRM_WORDS_START);
}

static const char *text_of(const struct letter *l, size_t i)
{
	return l->text + l->lines[i].start;
}

static bool blank(const struct letter *l, size_t i)
{
	return !l->lines[i].len;
}

/* The next line from i on that is not blank, or n. */
static size_t skip_blank(const struct letter *l, size_t i)
{
	while (i < l->n && blank(l, i))
		i++;
	return i;
}

/* Bytes of a blank at s: ASCII's, or a no-break space. */
static size_t space_at(const char *s, size_t len)
{
	if (len && (*s == ' ' || *s == '\t' || *s == '\r' || *s == '\f' || *s == '\v'))
		return 1;
	return len >= 2 && !memcmp(s, "\xC2\xA0", 2) ? 2 : 0;
}

static size_t trim_right(const char *s, size_t len)
{
	for (;;) {
		if (len && space_at(s + len - 1, 1))
			len--;
		else if (len >= 2 && space_at(s + len - 2, 2) == 2)
			len -= 2;
		else
			return len;
	}
}

/* How many '>' begin the line; a blank may stand before each. */
static uint8_t depth_of(const char *s, size_t len)
{
	unsigned depth = 0, blanks = 0;
	size_t i;

	for (i = 0; i < len && blanks < 3; i++) {
		if (s[i] == '>') {
			depth++;
			blanks = 0;
		} else if (s[i] == ' ') {
			blanks++;
		} else {
			break;
		}
	}
	return depth < 255 ? depth : 255;
}

static void split(struct letter *l, struct crm_slice text)
{
	const char *p = text.ptr, *end = p + text.len, *q;

	l->text = text.ptr;
	l->size = text.len;
	for (; p < end; p = q + 1) {
		struct line *line;

		q = memchr(p, '\n', end - p);
		q = q ? q : end;
		CRM_GROW(l->lines, l->n + 1, l->cap);
		line = &l->lines[l->n++];
		line->start = p - text.ptr;
		line->len = trim_right(p, q - p);
		line->depth = depth_of(p, line->len);
		line->opens = line->intro = UNKNOWN;
		line->drop = false;
	}
}

/*
 * Folding, and looking for words.
 */

static bool is_mark(uint32_t c)
{
	if (c < 0x2000)
		return c == 0xAD;
	return (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E)
	       || (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF;
}

/* Appends a folded character of a line to f. */
static void fold_char(struct folded *f, uint32_t c)
{
	if (c > ' ' && c < 0x7F) { /* most of most texts, without asking ICU */
		f->text[f->len++] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
		return;
	}
	if (c == ' ' || c == '\t') {
		if (f->len && f->text[f->len - 1] != ' ')
			f->text[f->len++] = ' ';
		return;
	}
	if (c == 0x2019 || c == 0x2018 || c == 0xB4)
		c = '\'';
	if (u_isUWhiteSpace((UChar32)c))
		c = ' ';
	if (!c || is_mark(c) || (c == ' ' && (!f->len || f->text[f->len - 1] == ' ')))
		return;
	f->len += crm_utf8_encode((uint32_t)u_foldCase((UChar32)c, U_FOLD_CASE_DEFAULT),
				  f->text + f->len);
}

/* Folds lines from to last as one; false if they are too long. */
static bool fold_lines(const struct letter *l, size_t from, size_t last, struct folded *f)
{
	size_t i, k, n;

	f->len = 0;
	for (i = from; i <= last; i++) {
		const char *s = text_of(l, i);

		for (k = 0; k < l->lines[i].len; k += n) {
			if (f->len >= FOLD_MAX)
				return false;
			n = 1;
			if (!(s[k] & 0x80)) {
				fold_char(f, (unsigned char)s[k]);
				continue;
			}
			n = crm_utf8_length(s + k, l->lines[i].len - k);
			fold_char(f, n ? crm_utf8_decode(s + k, &n) : 0xFFFD);
			n = n ? n : 1;
		}
		fold_char(f, ' ');
	}
	while (f->len && f->text[f->len - 1] == ' ')
		f->len--;
	f->text[f->len] = '\0';
	return true;
}

/* The same of one line. */
static bool fold(const struct letter *l, size_t i, struct folded *f)
{
	struct last_folded *last = l->last;

	if (last->line != i) {
		last->line = SIZE_MAX;
		if (!fold_lines(l, i, i, &last->f))
			return false;
		last->line = i;
	}
	f->len = last->f.len;
	memcpy(f->text, last->f.text, f->len + 1);
	return true;
}

/* The same for the beginning of a line that may be long. */
static bool fold_start(const struct letter *l, size_t i, struct folded *f)
{
	struct line line = l->lines[i];
	struct letter cut = {.text = l->text, .lines = &line, .n = 1};

	line.len = line.len < FOLD_MAX / 2 ? line.len : FOLD_MAX / 2;
	return fold_lines(&cut, 0, 0, f);
}

/* Takes decoration off both ends: what stands in set. */
static void strip(struct folded *f, const char *set)
{
	size_t n = 0;

	while (f->len && strchr(set, f->text[f->len - 1]))
		f->len--;
	while (n < f->len && strchr(set, f->text[n]))
		n++;
	f->len -= n;
	memmove(f->text, f->text + n, f->len);
	f->text[f->len] = '\0';
}

static bool starts(const struct folded *f, const char *word)
{
	return f->text[0] == *word ? !strncmp(f->text, word, strlen(word)) : !*word;
}

static bool ends(const struct folded *f, const char *word)
{
	size_t n = strlen(word);

	return f->len >= n && !strcmp(f->text + f->len - n, word);
}

/* Does a letter of a script with blanks between its words stand at s? */
static bool is_word(const char *s)
{
	unsigned char c = (unsigned char)*s;

	/* Latin, Greek, Cyrillic; Hebrew, Arabic, Thai and Han join words. */
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 0xC3 && c < 0xD6);
}

static bool ends_with_word(const struct folded *f, const char *word)
{
	size_t n = strlen(word);
	const char *before;

	if (!ends(f, word))
		return false;
	if (f->len == n || !is_word(word))
		return true;
	for (before = f->text + f->len - n - 1; before > f->text && (*before & 0xC0) == 0x80;)
		before--;
	return !is_word(before);
}

static bool is_one_of(const struct folded *f, enum list list)
{
	unsigned i = crm_words_at(&indexes[list], f->text, f->len);

	for (; i; i = indexes[list].next[i])
		if (!strcmp(f->text, lists[list].words[i - 1]))
			return true;
	return false;
}

/* The first word after the i-th that text begins with, or 0. */
static unsigned next_at(enum list list, unsigned i, const char *text)
{
	for (; i; i = indexes[list].next[i]) {
		const char *word = lists[list].words[i - 1];

		if (!strncmp(text, word, strlen(word)))
			break;
	}
	return i;
}

static bool starts_with_one(const struct folded *f, enum list list)
{
	return next_at(list, crm_words_at(&indexes[list], f->text, f->len), f->text);
}

static bool contains_one(const struct folded *f, enum list list)
{
	const char *p = f->text, *end = p + f->len;

	for (; end - p >= 3; p++) {
		unsigned i = crm_words_at(&indexes[list], p, 3);

		if (i && next_at(list, i, p))
			return true;
	}
	return false;
}

/*
 * Introductions: "On … wrote:"
 */

struct signs {
	bool colon, dashes, at, bracket, date, time, start, anchor;
};

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Numbers like those of a date and a time of day. */
static void find_numbers(const struct folded *f, struct signs *s)
{
	const char *p = f->text, *q;

	while ((p = strpbrk(p, "0123456789"))) {
		long n = strtol(p, (char **)&q, 10);
		size_t len = q - p;

		if (len <= 2 && (*q == ':' || *q == '.' || *q == 'h') && digit(q[1]) && digit(q[2])
		    && !digit(q[3]) && n < 24 && q[1] < '6')
			s->time = true;
		if ((len == 4 && n >= 1980 && n < 2100)
		    || (len <= 2 && q[0] && strchr("./-", q[0]) && digit(q[1])
			&& (q[2] == q[0] || q[3] == q[0])))
			s->date = true;
		p = q;
	}
}

static bool ends_with_verb(const struct folded *f)
{
	unsigned i = f->len < 3 ? 0 : crm_words_at(&indexes[VERB_ENDS], f->text + f->len - 3, 3);

	for (; i; i = indexes[VERB_ENDS].next[i])
		if (ends_with_word(f, crm_quote_verbs[i - 1]))
			return true;
	return false;
}

/* Is there a verb with blanks around where it first occurs? */
static bool has_verb_within(const struct folded *f)
{
	const char *p = f->text, *end = p + f->len;

	for (; end - p > 3; p++) {
		unsigned i = *p == ' ' ? crm_words_at(&indexes[VERBS], p + 1, 3) : 0;

		for (; (i = next_at(VERBS, i, p + 1)); i = indexes[VERBS].next[i]) {
			const char *verb = crm_quote_verbs[i - 1];

			if (p[1 + strlen(verb)] == ' ' && strstr(f->text, verb) == p + 1)
				return true;
		}
	}
	return false;
}

/* The first word is a day of the week, or has a number in it. */
static bool is_dated(const struct folded *f)
{
	struct folded first;

	first.len = strcspn(f->text, " .,:");
	memcpy(first.text, f->text, first.len);
	first.text[first.len] = '\0';
	if (first.text[strcspn(first.text, "0123456789")])
		return true;
	return f->text[first.len] && is_one_of(&first, DAYS);
}

/* False if it cannot be an introduction. */
static bool find_signs(struct folded *f, struct signs *s)
{
	const char *p;

	memset(s, 0, sizeof(*s));
	s->dashes = starts(f, "--") && ends(f, "--");
	strip(f, " *_-\"");
	s->colon = ends(f, ":") || ends(f, "：");
	if (s->colon)
		f->len -= ends(f, ":") ? 1 : strlen("：");
	f->text[f->len] = '\0';
	strip(f, " *_-");
	p = strrchr(f->text, '@');
	s->at = p;
	if (!s->colon && !s->dashes && !s->at)
		return false;
	/* "<x@y>", "(x@y)", "&lt;x@y&gt;", "[mailto:x@y]" */
	s->bracket = p && (strpbrk(p, ">)]") || strstr(p, "&gt;"));
	find_numbers(f, s);
	s->start = starts_with_one(f, STARTS);
	s->anchor = s->start || is_dated(f);
	return true;
}

/* Do lines from to last introduce a quote? quoted: quoted lines follow. *start: they begin
 * with a word like "On". */
static bool is_intro(const struct letter *l, size_t from, size_t last, bool quoted, bool *start)
{
	struct folded f;
	struct signs s;
	bool verb_end;

	if (!fold_lines(l, from, last, &f) || f.len < 6 || !find_signs(&f, &s))
		return false;
	*start = s.start;
	if ((!s.anchor && from != last) || !(quoted || s.at || s.date || s.time))
		return false;
	verb_end = ends_with_verb(&f);
	if (!s.colon && !s.dashes && !(verb_end && s.at))
		return false;
	if (s.anchor) {
		if (verb_end && (s.date || s.time || s.at) && (s.colon || s.date || s.time))
			return true;
		if (s.colon && (s.at || (s.date && s.time)) && has_verb_within(&f))
			return true;
		if (s.colon && s.bracket && (s.date || s.time))
			return true;
		return s.colon && quoted && (verb_end || s.at || s.date || has_verb_within(&f));
	}
	if (!s.colon)
		return false;
	if (s.bracket && (verb_end || (s.date && s.time)))
		return true;
	return quoted && (verb_end || s.at || (s.date && s.time && has_verb_within(&f)));
}

/* May this line be followed by more of an introduction? Not the end of a sentence. */
static bool goes_on(const struct letter *l, size_t i)
{
	const struct line *line = &l->lines[i];

	return line->len && !line->depth && !strchr(".!?", text_of(l, i)[line->len - 1]);
}

/* Could an introduction end here? A cheap look before the others. */
static bool may_end(const struct letter *l, size_t i)
{
	const char *s = text_of(l, i);
	size_t n = l->lines[i].len, bare = n;

	/* U+202C ends a line that runs from right to left */
	while (n && (strchr("*_- ", s[n - 1]) || (n >= 3 && !memcmp(s + n - 3, "\xE2\x80\xAC", 3))))
		n -= s[n - 1] & 0x80 ? 3 : 1;
	if (!n || n > FOLD_MAX)
		return false;
	if (s[n - 1] == ':' || (n >= 3 && !memcmp(s + n - 3, "：", 3)))
		return true;
	/* few leave out the colon: with the address on the line, or nothing but the verb */
	return n < bare || n < VERB_MAX || memchr(s, '@', n);
}

/* The line with which an introduction begins that ends with line last; n if none does. Of
 * several the last that begins with a word like "On", else the first. */
static size_t intro_start(const struct letter *l, size_t last)
{
	size_t from = last, best = l->n, next;
	bool quoted, start;

	if (!may_end(l, last))
		return l->n;
	next = skip_blank(l, last + 1);
	quoted = next < l->n && l->lines[next].depth;
	while (from && last - from + 1 < INTRO_LINES && goes_on(l, from - 1))
		from--;
	for (; from <= last; from++)
		if (is_intro(l, from, last, quoted, &start) && (start || best == l->n))
			best = from;
	return best;
}

/* How many lines from i on are an introduction that begins there. */
static size_t intro(const struct letter *l, size_t i)
{
	size_t last;

	for (last = i; last < l->n && last < i + INTRO_LINES && !l->lines[last].depth; last++) {
		struct line *line = &l->lines[last];

		if (line->intro == UNKNOWN) {
			size_t start = intro_start(l, last);

			line->intro = start < l->n ? last - start + 1 : 0;
		}
		if (line->intro)
			return line->intro == last - i + 1 ? line->intro : 0;
		if (!goes_on(l, last))
			break;
	}
	return 0;
}

/*
 * Header lines, and lines like "-----Original Message-----"
 */

static enum crm_quote_label find_label(const char *word, size_t len)
{
	unsigned i = crm_words_at(&indexes[LABELS], word, len);

	for (; i; i = indexes[LABELS].next[i]) {
		const struct crm_quote_label_word *w = &crm_quote_labels[i - 1];

		if (strlen(w->word) == len && !memcmp(w->word, word, len))
			return w->label;
	}
	return CRM_LABEL_NONE;
}

/* The label of a folded line ("*from:* …", "de : …"); *value gets what is behind it. */
static enum crm_quote_label label_of(const char *text, const char **value)
{
	size_t len;
	const char *p;

	text += strspn(text, " *_>\"");
	p = strchr(text, ':');
	len = p ? (size_t)(p - text) : 0;
	*value = p ? p + 1 : NULL;
	if ((p = strstr(text, "：")) && (!len || p < text + len)) {
		len = p - text;
		*value = p + strlen("：");
	}
	while (len && strchr(" *_", text[len - 1]))
		len--;
	return len && len < 40 ? find_label(text, len) : CRM_LABEL_NONE;
}

struct headers {
	unsigned labels; /* which there were, as bits */
	bool address;    /* in one of them */
};

/* Is there a colon where a label may end? A cheap look before the others. */
static bool has_label(const char *s, size_t len)
{
	len = len < LABEL_MAX ? len : LABEL_MAX;
	return memchr(s, ':', len) || (memchr(s, 0xEF, len) && memmem(s, len, "：", 3));
}

/* Reads a header line; false if it is none. */
static bool read_header(const struct letter *l, size_t i, struct headers *h)
{
	enum crm_quote_label label;
	const char *value;
	struct folded f;

	if (!has_label(text_of(l, i), l->lines[i].len) || !fold_start(l, i, &f))
		return false;
	label = label_of(f.text, &value);
	if (!label)
		return false;
	h->labels |= 1u << label;
	h->address |= strchr(value, '@') != NULL;
	/* some put two on a line: "À : x Objet : y" */
	for (; (value = strchr(value, ' ')); value++)
		if ((label = label_of(value, &(const char *){NULL})))
			h->labels |= 1u << label;
	return true;
}

static unsigned count_bits(unsigned bits)
{
	return (unsigned)__builtin_popcount(bits);
}

/* How many lines from i on are a block of headers, with the ends of wrapped ones. */
static size_t header_block(const struct letter *l, size_t i)
{
	struct headers h = {0};
	size_t last = i, k, extra;
	unsigned main;

	if (!read_header(l, i, &h))
		return 0;
	for (k = i + 1; k < l->n && k < i + 16; k++) {
		for (extra = 0; k + extra < l->n && extra < 4 && !blank(l, k + extra); extra++)
			if (read_header(l, k + extra, &h))
				break;
		if (extra == 4 || k + extra >= l->n || blank(l, k + extra))
			break;
		k += extra;
		last = k;
	}
	main = h.labels & ~(1u << CRM_LABEL_OTHER);
	if (!(main & 1u << CRM_LABEL_FROM) || count_bits(main) < 3)
		return 0;
	if (!h.address && !(main & 1u << CRM_LABEL_SUBJECT && main & 1u << CRM_LABEL_DATE))
		return 0;
	return last - i + 1;
}

/* A line of three dashes, underscores or equal signs and more. */
static bool is_rule(const struct letter *l, size_t i)
{
	const char *s = text_of(l, i);
	size_t k, n = l->lines[i].len;

	while (n && *s == ' ') {
		s++;
		n--;
	}
	for (k = 1; k < n && s[k] == s[0]; k++)
		;
	return n >= 2 && k == n && strchr("-_=*", s[0]) && (n > 2 || s[0] == '_');
}

/* Header lines in a language that is not known: below a rule, three and more lines "word:
 * value", one with an address and one with a number. */
static size_t unknown_headers(const struct letter *l, size_t i)
{
	bool at = false, number = false;
	struct folded f;
	size_t k, colon;

	if (!i || !is_rule(l, i - 1) || l->lines[i - 1].len < 20)
		return 0;
	for (k = i; k < l->n && k < i + 8 && !blank(l, k) && fold(l, k, &f); k++) {
		strip(&f, " *");
		colon = strcspn(f.text, ":");
		if (!colon || colon > 40 || !f.text[colon])
			break;
		at |= strchr(f.text + colon, '@') != NULL;
		number |= f.text[colon + strcspn(f.text + colon, "0123456789")] != '\0';
	}
	return k - i >= 3 && at && number ? k - i : 0;
}

/* How many lines from i on say that the original message follows. */
static size_t original(const struct letter *l, size_t i)
{
	size_t next, n;
	struct folded f;
	bool dashes, forward;

	if (l->lines[i].len > 120 || !fold(l, i, &f))
		return 0;
	if (contains_one(&f, MARKERS))
		return 1;
	dashes = f.len && strchr("-_=*~", f.text[0]) && strspn(f.text, "-_=*~# ") >= 2;
	strip(&f, " -_=*~#<>:");
	forward = starts_with_one(&f, FORWARDS);
	if (!forward && (f.len >= 80 || !starts_with_one(&f, ORIGINALS)))
		return 0;
	next = skip_blank(l, i + 1);
	n = next < l->n ? header_block(l, next) : 0;
	if (!n && !forward && !dashes)
		return 0;
	return n ? next + n - i : 1;
}

/* How many lines from i on open what others wrote before. It is asked more than once. */
static size_t opener(const struct letter *l, size_t i)
{
	size_t n;

	if (blank(l, i) || l->lines[i].depth)
		return 0;
	if (l->lines[i].opens == UNKNOWN) {
		n = original(l, i);
		n = n ? n : header_block(l, i);
		n = n ? n : unknown_headers(l, i);
		n = n ? n : intro(l, i);
		l->lines[i].opens = n < UNKNOWN ? n : UNKNOWN - 1;
	}
	return l->lines[i].opens;
}

/*
 * What stands below a letter.
 */

/* The first line from i on that is quoted or opens a quote. */
static size_t segment_end(const struct letter *l, size_t i, size_t most)
{
	size_t end = i + most < i || i + most > l->n ? l->n : i + most;

	while (i < end && !l->lines[i].depth && !opener(l, i))
		i++;
	return i;
}

/* Lines from i on that are no longer than width, up to most of them; 0 if it is otherwise. */
static bool is_small(const struct letter *l, size_t i, size_t end, size_t most, size_t width)
{
	size_t n = 0;

	for (; i < end; i++) {
		if (blank(l, i))
			continue;
		if (++n > most || l->lines[i].len > width)
			return false;
	}
	return true;
}

/* Where a signature that begins at i ends; i if none does. */
static size_t signature(const struct letter *l, size_t i)
{
	const char *s = text_of(l, i);
	size_t n = l->lines[i].len, k = 0, end;

	if (n == 2 && !memcmp(s, "--", 2)) {
		if (l->lines[i].start + 2 < l->size && s[2] == ' ')
			return segment_end(l, i + 1, l->n);
	} else {
		while (k + 3 <= n && (!memcmp(s + k, "—", 3) || !memcmp(s + k, "–", 3)))
			k += 3;
		if (!n || k != n)
			return i;
	}
	/* Less than the standard's mark: it may be a line between two paragraphs. */
	end = segment_end(l, i + 1, 3 * SIGNATURE_MAX);
	if (!is_small(l, i + 1, end, SIGNATURE_MAX, SIGNATURE_WIDTH))
		return i;
	return end == i + 1 + 3 * SIGNATURE_MAX ? i : end;
}

static size_t words(const char *s)
{
	size_t n = 1;

	for (; *s; s++)
		n += *s == ' ';
	return n;
}

/* Removes <addresses> from a folded line. */
static void drop_addresses(struct folded *f)
{
	char *open, *close;

	while ((open = strchr(f->text, '<')) && (close = strchr(open, '>'))) {
		memmove(open, close + 1, f->text + f->len - close);
		f->len -= close + 1 - open;
	}
	strip(f, " *_[]()");
}

/* Is it a sentence, rather than the stamp of a program? */
static bool is_sentence(const struct folded *f, bool device)
{
	const char *p = strstr(f->text, ", ");

	if (p && (!device || words(p + 2) > 4))
		return true;
	if (ends(f, "?") || ends(f, "!") || (!device && ends(f, ".")))
		return true;
	return words(f->text) > (device ? 12 : 8);
}

/* Does it begin and end as a line from a telephone does? One that has no fixed beginning must
 * name it (device). */
static bool has_footer(const struct folded *f, bool device)
{
	unsigned i = device ? indexes[FOOTERS].shorter : 0;

	for (; i; i = indexes[FOOTERS].next[i])
		if (ends(f, crm_quote_footers[i - 1].end))
			return true;
	for (i = crm_words_at(&indexes[FOOTERS], f->text, f->len); i; i = indexes[FOOTERS].next[i])
		if (starts(f, crm_quote_footers[i - 1].start)
		    && ends(f, crm_quote_footers[i - 1].end))
			return true;
	return false;
}

/* A line that a telephone or a mail program added. */
static bool is_footer(const struct letter *l, size_t i)
{
	struct folded f;
	bool device;

	if (l->lines[i].len > 300 || !fold(l, i, &f))
		return false;
	drop_addresses(&f);
	if (!has_footer(&f, true))
		return false;
	device = contains_one(&f, DEVICES);
	if (is_sentence(&f, device) || !has_footer(&f, device))
		return false;
	return i + 1 >= l->n || blank(l, i + 1) || l->lines[i + 1].depth || is_rule(l, i + 1)
	       || opener(l, i + 1);
}

/* What a mailing list, a virus scanner or a lawyer added from line i on, to the end of the
 * letter; says where it ends, i if it is something else. */
static size_t tail(const struct letter *l, size_t i)
{
	size_t end, k, seen = 0;
	bool list = false;
	struct folded f;

	if (i && !blank(l, i - 1) && !is_rule(l, i) && !is_rule(l, i - 1))
		return i;
	for (k = i; k < l->n && seen < 3 && !l->lines[k].depth; k++) {
		if (blank(l, k))
			continue;
		if (!fold(l, k, &f))
			f.len = 0, f.text[0] = '\0';
		if (k == i && !is_rule(l, i)) {
			list = starts_with_one(&f, LISTS);
			break;
		}
		seen++;
		list |= contains_one(&f, LISTS);
	}
	k = is_rule(l, i) ? skip_blank(l, i + 1) : i;
	if (!list && k < l->n) {
		if (!fold_start(l, k, &f))
			return i;
		strip(&f, " *_\"[(");
		if (!starts_with_one(&f, NOTICES))
			return i;
	}
	end = segment_end(l, i, TAIL_MAX);
	return end == l->n || l->lines[end].depth || opener(l, end) ? end : i;
}

/* The lines that a sender's address, title and telephone take, from a closing on: the
 * closing's line, or end. */
static size_t closing(const struct letter *l, size_t begin, size_t end)
{
	size_t i, n = 0;
	struct folded f;

	for (i = end; i-- > begin && n <= BLOCK_MAX;) {
		if (blank(l, i))
			continue;
		if (l->lines[i].drop || l->lines[i].len > BLOCK_WIDTH || !fold(l, i, &f))
			return end;
		strip(&f, " *_,.!");
		if (is_one_of(&f, CLOSINGS))
			return n >= 2 ? i : end;
		/* words to the reader, not lines of an address */
		if (ends(&f, "?") || starts(&f, "ps") || starts(&f, "p.s"))
			return end;
		if (text_of(l, i)[l->lines[i].len - 1] == '.' && words(f.text) > 5)
			return end;
		n++;
	}
	return end;
}

/*
 * The whole.
 */

static void drop(struct letter *l, size_t from, size_t to)
{
	for (; from < to; from++)
		l->lines[from].drop = true;
}

/* Lines without '>' that are the ends of quoted lines: a long one above, a quoted one
 * below, and a small letter at the beginning. */
static void join_wrapped(struct letter *l)
{
	size_t i, n;

	for (i = 1; i < l->n; i++) {
		const struct line *above = &l->lines[i - 1], *line = &l->lines[i];
		const char *s = text_of(l, i);

		if (line->depth || !line->len || !above->depth || above->len < WRAPPED_MIN
		    || (i + 1 < l->n && !l->lines[i + 1].depth))
			continue;
		n = crm_utf8_length(s, line->len);
		if (n && u_islower((UChar32)crm_utf8_decode(s, &n)))
			l->lines[i].depth = above->depth;
	}
}

/* "<x@y\n> wrote:": the '>' of an address that was wrapped is no quote. */
static void mend_addresses(struct letter *l)
{
	size_t i;

	for (i = 1; i < l->n; i++) {
		struct line *line = &l->lines[i];
		const char *above = text_of(l, i - 1), *open;
		size_t len = l->lines[i - 1].len;

		if (line->depth != 1 || l->lines[i - 1].depth || !len || line->len > 40
		    || text_of(l, i)[line->len - 1] != ':')
			continue;
		open = memrchr(above, '<', len);
		if (open && !memchr(open, '>', above + len - open))
			line->depth = 0;
	}
}

/* Rules right above a line belong to what is dropped there. */
static void drop_rules_above(struct letter *l, size_t i)
{
	while (i && (blank(l, i - 1) || is_rule(l, i - 1))) {
		i--;
		if (!blank(l, i))
			l->lines[i].drop = true;
	}
}

/* Drops what begins at line i and is not the sender's; returns the line to go on with, or i
 * if the line stays. written: something of the sender's is above. */
static size_t drop_at(struct letter *l, size_t i, bool written)
{
	size_t n = opener(l, i), next, end;

	if (n) {
		drop_rules_above(l, i);
		next = skip_blank(l, i + n);
		end = next < l->n && l->lines[next].depth ? i + n : l->n;
	} else if ((end = signature(l, i)) == i && (end = tail(l, i)) == i) {
		if (!is_footer(l, i))
			return i;
		/* A telephone quotes without '>' below its footer. */
		end = written ? segment_end(l, i + 1, l->n) : i + 1;
	}
	drop(l, i, end);
	return end;
}

/* Drops the last lines of the sender's when they are a signature without a mark. */
static void drop_closing(struct letter *l)
{
	size_t begin, end = l->n;

	while (end && (blank(l, end - 1) || l->lines[end - 1].drop))
		end--;
	for (begin = end; begin && !l->lines[begin - 1].drop;)
		begin--;
	drop(l, closing(l, begin, end), end);
}

static void part(struct letter *l)
{
	bool written = false;
	size_t i, next;

	for (i = 0; i < l->n; i = next) {
		next = i + 1;
		if (l->lines[i].depth) {
			l->lines[i].drop = true;
		} else if (!blank(l, i)) {
			next = drop_at(l, i, written);
			if (next == i) {
				written = true;
				next++;
			}
		}
	}
	drop_closing(l);
}

static bool is_kept(const struct letter *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (!l->lines[i].drop && !blank(l, i))
			return true;
	return false;
}

static void add_line(const struct letter *l, size_t i, struct crm_str *out)
{
	crm_str_add(out, text_of(l, i), l->lines[i].len);
}

static void write_reply(const struct letter *l, struct crm_str *out)
{
	size_t i, blanks = 0;
	bool any = false, gap = false;

	for (i = 0; i < l->n; i++) {
		if (l->lines[i].drop) {
			gap = true;
		} else if (blank(l, i)) {
			blanks++;
		} else {
			if (gap && any)
				blanks = 1;
			for (; any && blanks; blanks--)
				crm_str_addc(out, '\n');
			if (any)
				crm_str_addc(out, '\n');
			add_line(l, i, out);
			any = true;
			gap = false;
			blanks = 0;
		}
	}
}

static void write_rest(const struct letter *l, struct crm_str *out)
{
	bool any = false;
	size_t i;

	for (i = 0; i < l->n; i++) {
		if (!l->lines[i].drop)
			continue;
		if (any)
			crm_str_addc(out, '\n');
		add_line(l, i, out);
		any = true;
	}
}

void crm_quote_split(struct crm_slice text, struct crm_str *reply, struct crm_str *quoted)
{
	struct last_folded last = {.line = SIZE_MAX};
	struct letter l = {.last = &last};

	if (text.len > CRM_QUOTE_TEXT_MAX) {
		crm_str_add(reply, text.ptr, text.len);
		return;
	}
	pthread_once(&once, make_indexes);
	split(&l, text);
	mend_addresses(&l);
	join_wrapped(&l);
	part(&l);
	if (!is_kept(&l))
		for (size_t i = 0; i < l.n; i++)
			l.lines[i].drop = false;
	write_reply(&l, reply);
	if (quoted)
		write_rest(&l, quoted);
	free(l.lines);
}
