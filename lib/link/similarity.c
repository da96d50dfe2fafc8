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

/* ---- sketches ---- */

/* From the low bits: which letters (26), digits modulo 5 (5) and other characters (1) there
 * are; length (7); the first four characters (6 each); whether all this is not to be used. */
#define SKETCH_LENGTH 32
#define SKETCH_START 39
#define SKETCH_NONE (1ull << 63)

/* Different characters may have one number: only that equal ones have is needed. */
static unsigned int letter_of(unsigned char c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	return c >= '0' && c <= '9' ? 26 + (c - '0') % 5u : 31;
}

uint64_t crm_sketch(struct crm_slice text)
{
	uint64_t out = (uint64_t)text.len << SKETCH_LENGTH;
	size_t i;

	if (text.len > MAX_CHARS)
		return SKETCH_NONE;
	for (i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c >= 0x80)
			return SKETCH_NONE;
		out |= 1ull << letter_of(c);
		if (i < 4)
			out |= (uint64_t)(letter_of(c) + 1) << (SKETCH_START + 6 * i);
	}
	return out;
}

/* By halves, quarters and so on: not all machines that programs are built for count bits in
 * one instruction. */
static inline int count_bits(uint32_t x)
{
	x -= x >> 1 & 0x55555555;
	x = (x & 0x33333333) + (x >> 2 & 0x33333333);
	return (int)(((x + (x >> 4)) & 0x0f0f0f0f) * 0x01010101u >> 24);
}

static inline int sketch_length(uint64_t s)
{
	return (int)(s >> SKETCH_LENGTH & 127);
}

static const double inverse[MAX_CHARS + 1] = {
	0,       1. / 1,  1. / 2,  1. / 3,  1. / 4,  1. / 5,  1. / 6,  1. / 7,  1. / 8,  1. / 9,
	1. / 10, 1. / 11, 1. / 12, 1. / 13, 1. / 14, 1. / 15, 1. / 16, 1. / 17, 1. / 18, 1. / 19,
	1. / 20, 1. / 21, 1. / 22, 1. / 23, 1. / 24, 1. / 25, 1. / 26, 1. / 27, 1. / 28, 1. / 29,
	1. / 30, 1. / 31, 1. / 32, 1. / 33, 1. / 34, 1. / 35, 1. / 36, 1. / 37, 1. / 38, 1. / 39,
	1. / 40, 1. / 41, 1. / 42, 1. / 43, 1. / 44, 1. / 45, 1. / 46, 1. / 47, 1. / 48, 1. / 49,
	1. / 50, 1. / 51, 1. / 52, 1. / 53, 1. / 54, 1. / 55, 1. / 56, 1. / 57, 1. / 58, 1. / 59,
	1. / 60, 1. / 61, 1. / 62, 1. / 63, 1. / 64,
};

double crm_sketch_similarity(uint64_t a, uint64_t b)
{
	int n_a = sketch_length(a), n_b = sketch_length(b), m_a, m_b, prefix;
	uint32_t one = (uint32_t)a, other = (uint32_t)b;
	uint64_t start = (a ^ b) >> SKETCH_START;
	double m, bound;

	if (((a | b) & SKETCH_NONE) || n_a == 0 || n_b == 0)
		return 1;
	m_a = n_a - count_bits(one & ~other); /* at least so many find no partner */
	m_b = n_b - count_bits(other & ~one);
	m = m_a < m_b ? m_a : m_b;
	bound = (m * inverse[n_a] + m * inverse[n_b] + 1) / 3;
	prefix = start ? __builtin_ctzll(start) / 6 : 4;
	if (prefix > 4)
		prefix = 4;
	return bound + prefix * 0.1 * (1 - bound) + 1e-9; /* for what is rounded */
}

int crm_sketch_distance(uint64_t a, uint64_t b)
{
	uint32_t one = (uint32_t)a, other = (uint32_t)b;
	int there, back, longer;

	if ((a | b) & SKETCH_NONE)
		return 0;
	there = count_bits(one & ~other);
	back = count_bits(other & ~one);
	longer = abs(sketch_length(a) - sketch_length(b));
	there = there > back ? there : back;
	return there > longer ? there : longer;
}

bool crm_sketch_may_start(uint64_t a, uint64_t b)
{
	return ((a | b) & SKETCH_NONE) || ((a ^ b) >> SKETCH_START & 63) == 0;
}

bool crm_sketch_may_part(uint64_t a, uint64_t b)
{
	uint32_t one = (uint32_t)a, other = (uint32_t)b;

	if ((a | b) & SKETCH_NONE)
		return true;
	return (one | other) >> 31 && ((one & ~other) == 0 || (other & ~one) == 0);
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
