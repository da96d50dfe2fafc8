/* SPDX-License-Identifier: MIT */
/* Similarities; see similarity.h. Texts are turned into symbols of one byte, whose positions
 * fit a machine word each: what the classic algorithms do a cell at a time is then done for
 * a whole column at once. */
#include "link/similarity.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define MAX_CHARS 64 /* one machine word holds a text's positions */

/* ---- texts as symbols ---- */

/* The characters of two texts as bytes: code points themselves where both are ASCII, else
 * the number under which a code point was first met. Two texts of 64 have at most 128
 * different ones. */
struct symbols {
	unsigned char a[MAX_CHARS], b[MAX_CHARS];
	int n_a, n_b;
};

static bool take_ascii(struct crm_slice s, unsigned char *out, int *n)
{
	size_t len = s.len < MAX_CHARS ? s.len : MAX_CHARS, i;
	unsigned char all = 0;

	for (i = 0; i < len; i++)
		all |= out[i] = (unsigned char)s.ptr[i];
	*n = (int)len;
	return all < 0x80;
}

static void take_any(struct crm_slice s, uint32_t *seen, int *n_seen, unsigned char *out, int *n)
{
	size_t at = 0, used;
	int i;

	for (*n = 0; at < s.len && *n < MAX_CHARS; at += used) {
		uint32_t c = 0x110000u + (unsigned char)s.ptr[at]; /* a stray byte */

		if ((used = crm_utf8_length(s.ptr + at, s.len - at)) > 0)
			c = crm_utf8_decode(s.ptr + at, &used);
		else
			used = 1;
		for (i = 0; i < *n_seen && seen[i] != c; i++)
			;
		if (i == *n_seen)
			seen[(*n_seen)++] = c;
		out[(*n)++] = (unsigned char)i;
	}
}

static void symbols_of(struct symbols *s, struct crm_slice a, struct crm_slice b)
{
	uint32_t seen[2 * MAX_CHARS];
	int n_seen = 0;

	if (take_ascii(a, s->a, &s->n_a) && take_ascii(b, s->b, &s->n_b))
		return;
	take_any(a, seen, &n_seen, s->a, &s->n_a);
	take_any(b, seen, &n_seen, s->b, &s->n_b);
}

/* For each symbol the positions at which a text has it. Only the entries of that text are
 * ever set, and they are put back to 0 after use. */
static _Thread_local uint64_t positions[2 * MAX_CHARS];

static void positions_set(const unsigned char *s, int n)
{
	int i;

	for (i = 0; i < n; i++)
		positions[s[i]] |= 1ull << i;
}

static void positions_clear(const unsigned char *s, int n)
{
	int i;

	for (i = 0; i < n; i++)
		positions[s[i]] = 0;
}

/* ---- Jaro–Winkler ---- */

static uint64_t low_bits(int n)
{
	return n >= 64 ? ~0ull : (1ull << n) - 1;
}

/* Jaro's similarity of s->b, walked along, with s->a, in which partners are looked for
 * lowest position first, within a window of half the longer text. */
static double jaro(const struct symbols *s)
{
	int longer = s->n_a > s->n_b ? s->n_a : s->n_b;
	int window = longer / 2 - 1, j, m = 0, moved = 0;
	unsigned char order[MAX_CHARS];
	uint64_t taken = 0;

	if (window < 0)
		window = 0;
	positions_set(s->a, s->n_a);
	for (j = 0; j < s->n_b; j++) {
		uint64_t near = low_bits(j + window + 1);
		uint64_t found;

		if (j > window)
			near &= ~low_bits(j - window);
		found = positions[s->b[j]] & near & ~taken;
		if (found) {
			taken |= found & -found;
			order[m++] = s->b[j];
		}
	}
	positions_clear(s->a, s->n_a);
	if (m == 0)
		return 0;
	for (j = 0; taken; taken &= taken - 1, j++)
		moved += s->a[__builtin_ctzll(taken)] != order[j];
	return ((double)m / s->n_a + (double)m / s->n_b + (m - moved / 2) / (double)m) / 3;
}

static int slice_order(struct crm_slice a, struct crm_slice b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return memcmp(a.ptr, b.ptr, a.len);
}

double crm_jaro_winkler(struct crm_slice a, struct crm_slice b)
{
	struct symbols s;
	int prefix = 0;
	double j;

	if (a.len == 0 || b.len == 0)
		return a.len == b.len;
	/* Greedy pairing depends on which text is walked: always the same one, so that the
	 * similarity of a with b is that of b with a. */
	if (slice_order(a, b) < 0)
		symbols_of(&s, b, a);
	else
		symbols_of(&s, a, b);
	j = jaro(&s);
	if (j <= 0.7)
		return j;
	while (prefix < 4 && prefix < s.n_a && prefix < s.n_b && s.a[prefix] == s.b[prefix])
		prefix++;
	return j + prefix * 0.1 * (1 - j);
}

/* ---- distances ---- */

/* One column after the other of the matrix of distances, as differences between neighbours:
 * a bit a row. swaps: are two neighbours in the other order one edit? */
static int distance(struct crm_slice x, struct crm_slice y, bool swaps)
{
	uint64_t vp = ~0ull, vn = 0, d0 = 0, before = 0, last;
	struct symbols s;
	int j, n;

	symbols_of(&s, x, y);
	if (s.n_a == 0)
		return s.n_b;
	positions_set(s.a, s.n_a);
	n = s.n_a;
	last = 1ull << (s.n_a - 1);
	for (j = 0; j < s.n_b; j++) {
		uint64_t pm = positions[s.b[j]];
		uint64_t swap = swaps ? ((~d0 & pm) << 1) & before : 0;
		uint64_t hp, hn;

		d0 = (((pm & vp) + vp) ^ vp) | pm | vn | swap;
		hp = vn | ~(d0 | vp);
		hn = d0 & vp;
		n += (hp & last) != 0;
		n -= (hn & last) != 0;
		hp = hp << 1 | 1;
		hn <<= 1;
		vp = hn | ~(d0 | hp);
		vn = hp & d0;
		before = pm;
	}
	positions_clear(s.a, s.n_a);
	return n;
}

int crm_osa_distance(struct crm_slice a, struct crm_slice b)
{
	return distance(a, b, true);
}

int crm_levenshtein(struct crm_slice a, struct crm_slice b)
{
	return distance(a, b, false);
}

/* ---- words ---- */

#define MAX_WORDS 16
#define MAX_SEEN 64 /* of these words, the ones that come again included */

/* Distinct words, at most MAX_WORDS. */
static int words_of(struct crm_slice s, struct crm_slice *words)
{
	size_t at = 0, from;
	int n = 0, seen, i;

	for (seen = 0; n < MAX_WORDS && seen < MAX_SEEN; seen++) {
		while (at < s.len && s.ptr[at] == ' ')
			at++;
		for (from = at; at < s.len && s.ptr[at] != ' ';)
			at++;
		if (from == at)
			break;
		words[n] = (struct crm_slice){s.ptr + from, at - from};
		for (i = 0; i < n && !crm_slice_same(words[i], words[n]); i++)
			;
		n += i == n;
	}
	return n;
}

double crm_words_in_common(struct crm_slice a, struct crm_slice b)
{
	struct crm_slice x[MAX_WORDS], y[MAX_WORDS];
	int n_x = words_of(a, x), n_y = words_of(b, y), both = 0, i, j;

	if (n_x == 0 || n_y == 0)
		return n_x == n_y;
	for (i = 0; i < n_x; i++)
		for (j = 0; j < n_y; j++)
			both += crm_slice_same(x[i], y[j]);
	return (double)both / (n_x + n_y - both);
}

/* Is each of n words among the m others, and one of them at some length? */
static bool all_among(const struct crm_slice *words, int n, const struct crm_slice *others, int m)
{
	bool full = false;
	int i, j;

	for (i = 0; i < n; i++) {
		for (j = 0; j < m; j++)
			if (crm_slice_same(words[i], others[j])
			    || (words[i].len == 1 && words[i].ptr[0] == others[j].ptr[0]))
				break;
		if (j == m)
			return false;
		full = full || words[i].len >= 3;
	}
	return full;
}

bool crm_words_within(struct crm_slice a, struct crm_slice b)
{
	struct crm_slice x[MAX_WORDS], y[MAX_WORDS];
	int n_x = words_of(a, x), n_y = words_of(b, y);

	return (n_x <= n_y && all_among(x, n_x, y, n_y))
	       || (n_y <= n_x && all_among(y, n_y, x, n_x));
}

/* ---- sounds ---- */

uint32_t crm_soundex(struct crm_slice key)
{
	/* a b c d e f g h i j k l m n o p q r s t u v w x y z; 7: h and w, which do not
	 * part two letters of one code */
	static const char codes[] = "01230127022455012623017202";
	uint32_t out = 0;
	char last = 0;
	int n = 0;
	size_t i;

	for (i = 0; i < key.len && n < 4; i++) {
		char c = key.ptr[i], code;

		if (c < 'a' || c > 'z') {
			if (n > 0)
				break;
			continue;
		}
		code = codes[c - 'a'];
		if (n == 0)
			out = (uint32_t)(unsigned char)c, n = 1;
		else if (code != '0' && code != '7' && code != last)
			out = out << 8 | (unsigned char)code, n++;
		if (code != '7')
			last = code;
	}
	for (; n > 0 && n < 4; n++)
		out = out << 8 | '0';
	return out;
}
