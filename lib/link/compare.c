/* SPDX-License-Identifier: MIT */
/* Similarities and levels of agreement; see compare.h. */
#include "link/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
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

/* Is Jaro–Winkler at least limit? Keys are ASCII mostly: the letters that only one side has
 * bound the similarity from above, which settles most pairs without looking further. */
static bool similar(const struct crm_pool *keys, uint32_t a, uint32_t b, double limit)
{
	struct crm_slice s = crm_pool_get(keys, a), t = crm_pool_get(keys, b);
	double m_a, m_b, m, bound;
	int prefix = 0;

	if (a == b)
		return true;
	if (s.len <= MAX_CHARS && t.len <= MAX_CHARS && !((keys->mask[a] | keys->mask[b]) >> 31)) {
		m_a = (double)s.len - __builtin_popcount(keys->mask[a] & ~keys->mask[b]);
		m_b = (double)t.len - __builtin_popcount(keys->mask[b] & ~keys->mask[a]);
		m = m_a < m_b ? m_a : m_b;
		bound = (m / (double)s.len + m / (double)t.len + 1) / 3;
		while (prefix < 4 && (size_t)prefix < s.len && (size_t)prefix < t.len
		       && s.ptr[prefix] == t.ptr[prefix])
			prefix++;
		if (bound + prefix * 0.1 * (1 - bound) < limit)
			return false;
	}
	return crm_jaro_winkler(s, t) >= limit;
}

/* ---- optimal string alignment ---- */

int crm_osa_distance(struct crm_slice x, struct crm_slice y)
{
	uint64_t vp = ~0ull, vn = 0, d0 = 0, before = 0, last;
	struct symbols s;
	int j, distance;

	symbols_of(&s, x, y);
	if (s.n_a == 0)
		return s.n_b;
	positions_set(s.a, s.n_a);
	distance = s.n_a;
	last = 1ull << (s.n_a - 1);
	for (j = 0; j < s.n_b; j++) {
		uint64_t pm = positions[s.b[j]];
		uint64_t swap = (((~d0) & pm) << 1) & before;
		uint64_t hp, hn;

		d0 = (((pm & vp) + vp) ^ vp) | pm | vn | swap;
		hp = vn | ~(d0 | vp);
		hn = d0 & vp;
		distance += (hp & last) != 0;
		distance -= (hn & last) != 0;
		hp = hp << 1 | 1;
		hn <<= 1;
		vp = hn | ~(d0 | hp);
		vn = hp & d0;
		before = pm;
	}
	positions_clear(s.a, s.n_a);
	return distance;
}

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

/* ---- the fields and their ladders ---- */

static const struct crm_level name_levels[] = {
	{"exact", 0, CRM_RARITY_NAMES, .66f, .01f},
	{"swapped", 0, CRM_RARITY_NAMES, .02f, .001f},
	{"family exact, given short form or jaro_winkler >= 0.9", 0, CRM_RARITY_FAMILY, .1f, .03f},
	{"given exact, family jaro_winkler >= 0.9", 0, CRM_RARITY_GIVEN, .08f, .01f},
	{"both jaro_winkler >= 0.85, in either order", 0, CRM_RARITY_NONE, .05f, .005f},
	{"both jaro_winkler >= 0.7", 0, CRM_RARITY_NONE, .02f, .02f},
	{"family exact", 0, CRM_RARITY_FAMILY, .02f, .6f},
	{"given exact", 0, CRM_RARITY_GIVEN, .02f, .05f},
	{"one jaro_winkler >= 0.85, in either order", 0, CRM_RARITY_NONE, .01f, .05f},
	{"differs", 0, CRM_RARITY_NONE, .02f, .25f},
	{"the part known to both exact", 1, CRM_RARITY_NONE, .85f, .5f},
	{"the part known to both jaro_winkler >= 0.88", 1, CRM_RARITY_NONE, .1f, .05f},
	{"the part known to both differs", 1, CRM_RARITY_NONE, .05f, .45f},
};

static const struct crm_level birth_levels[] = {
	{"exact", 0, CRM_RARITY_BIRTH, .8f, .02f},
	{"one digit or two swapped", 0, CRM_RARITY_NONE, .08f, .02f},
	{"two of year, month, day", 0, CRM_RARITY_NONE, .04f, .01f},
	{"at most a year apart", 0, CRM_RARITY_NONE, .03f, .03f},
	{"at most ten years apart", 0, CRM_RARITY_NONE, .03f, .3f},
	{"differs", 0, CRM_RARITY_NONE, .02f, .62f},
};

static const struct crm_level email_levels[] = {
	{"exact", 0, CRM_RARITY_VALUE, .7f, .05f},
	{"differs", 0, CRM_RARITY_NONE, .3f, .95f},
};

static const struct crm_level mailbox_levels[] = {
	{"exact", 0, CRM_RARITY_NONE, .2f, .002f},
	{"jaro_winkler >= 0.9", 0, CRM_RARITY_NONE, .3f, .01f},
	{"differs", 0, CRM_RARITY_NONE, .5f, .988f},
	{"exact, half the name agrees", 1, CRM_RARITY_NONE, .2f, .01f},
	{"jaro_winkler >= 0.9, half the name agrees", 1, CRM_RARITY_NONE, .3f, .05f},
	{"differs, half the name agrees", 1, CRM_RARITY_NONE, .5f, .94f},
	{"exact, the name agrees", 2, CRM_RARITY_NONE, .2f, .05f},
	{"jaro_winkler >= 0.9, the name agrees", 2, CRM_RARITY_NONE, .4f, .35f},
	{"differs, the name agrees", 2, CRM_RARITY_NONE, .4f, .6f},
};

static const struct crm_level phone_levels[] = {
	{"exact", 0, CRM_RARITY_VALUE, .7f, .4f},
	{"one digit or two swapped", 0, CRM_RARITY_NONE, .05f, .01f},
	{"differs", 0, CRM_RARITY_NONE, .25f, .59f},
};

static const struct crm_level handle_levels[] = {
	{"exact", 0, CRM_RARITY_VALUE, .9f, .01f},
	{"one character or two swapped", 0, CRM_RARITY_NONE, .05f, .01f},
	{"differs", 0, CRM_RARITY_NONE, .05f, .98f},
};

static const struct crm_level address_levels[] = {
	{"street and place exact", 0, CRM_RARITY_STREET, .6f, .7f},
	{"street jaro_winkler >= 0.9, place exact", 0, CRM_RARITY_NONE, .12f, .05f},
	{"street alike, place differs", 0, CRM_RARITY_NONE, .06f, .02f},
	{"postcode and city exact, street differs", 0, CRM_RARITY_POSTCODE, .05f, .03f},
	{"postcode or city exact, street differs", 0, CRM_RARITY_NONE, .03f, .02f},
	{"differs", 0, CRM_RARITY_NONE, .14f, .18f},
	{"postcode and city exact", 1, CRM_RARITY_POSTCODE, .5f, .4f},
	{"postcode exact", 1, CRM_RARITY_POSTCODE, .12f, .1f},
	{"city exact, postcode alike or missing", 1, CRM_RARITY_CITY, .12f, .1f},
	{"city exact, postcode differs", 1, CRM_RARITY_CITY, .08f, .1f},
	{"postcode or city alike", 1, CRM_RARITY_NONE, .06f, .05f},
	{"place differs", 1, CRM_RARITY_NONE, .12f, .25f},
};

static const struct crm_level org_levels[] = {
	{"exact", 0, CRM_RARITY_ORG, .7f, .2f},
	{"jaro_winkler >= 0.88", 0, CRM_RARITY_NONE, .1f, .05f},
	{"differs", 0, CRM_RARITY_NONE, .2f, .75f},
};

#define LADDER(levels) (int)(sizeof(levels) / sizeof((levels)[0])), levels
const struct crm_field crm_fields[CRM_FIELDS] = {
	{"name", 0, LADDER(name_levels)},       {"birth_date", 0, LADDER(birth_levels)},
	{"email", 0, LADDER(email_levels)},     {"phone", 0, LADDER(phone_levels)},
	{"handle", 0, LADDER(handle_levels)},   {"mailbox", 2 | 4, LADDER(mailbox_levels)},
	{"address", 0, LADDER(address_levels)}, {"org", 0, LADDER(org_levels)},
};

/* Initials and short forms: "r", "rob" and "robert", "mary" and "mary ann". */
static bool short_form(const struct crm_pool *keys, uint32_t a, uint32_t b)
{
	struct crm_slice s = crm_pool_get(keys, a), t = crm_pool_get(keys, b);
	size_t n = s.len < t.len ? s.len : t.len;

	return (n == 1 || n >= 3) && memcmp(s.ptr, t.ptr, n) == 0;
}

/* One part of a name against one of a whole: level 10 to 12. */
static int compare_part(const struct crm_people *p, uint32_t x, uint32_t y)
{
	if (x == y)
		return 10;
	return similar(&p->names, x, y, 0.88) ? 11 : 12;
}

/* One side has a single part, x, which may stand in the wrong place. */
static int compare_parts(const struct crm_people *p, uint32_t x, uint32_t y, uint32_t z)
{
	int one = y ? compare_part(p, x, y) : 12, other = z ? compare_part(p, x, z) : 12;

	return one < other ? one : other;
}

/* The parts in the other order: "Amrbr Dixon", "Dixon Amber". */
static int compare_crossed(const struct crm_pool *names, uint32_t g, uint32_t f, uint32_t h,
			   uint32_t i)
{
	bool one = similar(names, g, i, 0.85), other = similar(names, f, h, 0.85);

	if (one && other)
		return 4;
	return one || other ? 8 : 9;
}

static int compare_whole(const struct crm_pool *names, uint32_t g, uint32_t f, uint32_t h,
			 uint32_t i)
{
	if (g == h && f == i)
		return 0;
	if (g == i && f == h)
		return 1;
	if (f == i)
		return short_form(names, g, h) || similar(names, g, h, 0.9) ? 2 : 6;
	if (g == h)
		return similar(names, f, i, 0.9) ? 3 : 7;
	if (similar(names, g, h, 0.7)) {
		bool both = similar(names, f, i, 0.7);

		if (both && similar(names, g, h, 0.85) && similar(names, f, i, 0.85))
			return 4;
		if (both)
			return 5;
		if (similar(names, g, h, 0.85))
			return 8;
	} else if (similar(names, f, i, 0.85)) {
		return 8;
	}
	return compare_crossed(names, g, f, h, i);
}

static int compare_name(const struct crm_people *p, uint32_t a, uint32_t b)
{
	uint32_t g = p->col[CRM_COL_GIVEN].key[a], f = p->col[CRM_COL_FAMILY].key[a];
	uint32_t h = p->col[CRM_COL_GIVEN].key[b], i = p->col[CRM_COL_FAMILY].key[b];

	if (g && f && h && i)
		return compare_whole(&p->names, g, f, h, i);
	if ((!g && !f) || (!h && !i))
		return CRM_LEVEL_NONE;
	if (!g || !f)
		return compare_parts(p, g ? g : f, h, i);
	return compare_parts(p, h ? h : i, g, f);
}

/* Eight digits, yyyymmdd, as half-bytes. */
static uint32_t digits_of(struct crm_birth d)
{
	return (uint32_t)(d.year / 1000) << 28 | (uint32_t)(d.year / 100 % 10) << 24
	       | (uint32_t)(d.year / 10 % 10) << 20 | (uint32_t)(d.year % 10) << 16
	       | (uint32_t)(d.month / 10) << 12 | (uint32_t)(d.month % 10) << 8
	       | (uint32_t)(d.day / 10) << 4 | (uint32_t)(d.day % 10);
}

/* Do two texts of eight digits differ by one, or by two neighbours that are swapped? For
 * equal lengths this is OSA distance 1. */
static bool one_digit(uint32_t x, uint32_t y)
{
	uint32_t diff = x ^ y;
	int low = __builtin_ctz(diff) / 4 * 4;

	if (diff >> low < 16)
		return true;
	if (low > 24 || diff >> low >= 256)
		return false;
	return (x >> low & 15) == (y >> (low + 4) & 15) && (y >> low & 15) == (x >> (low + 4) & 15);
}

static int days_of(struct crm_birth d)
{
	return (int)crm_date_days(d.year, d.month, d.day);
}

static int compare_birth(const struct crm_people *p, uint32_t a, uint32_t b)
{
	uint32_t x = p->col[CRM_COL_BIRTH].key[a], y = p->col[CRM_COL_BIRTH].key[b];
	struct crm_birth s, t;
	int days;

	if (!x || !y)
		return CRM_LEVEL_NONE;
	if (x == y)
		return 0;
	s = p->birth[x];
	t = p->birth[y];
	if (one_digit(digits_of(s), digits_of(t)))
		return 1;
	if (s.year == t.year && s.month == t.day && s.day == t.month)
		return 1;
	if ((s.year == t.year) + (s.month == t.month) + (s.day == t.day) == 2)
		return 2;
	days = abs(days_of(s) - days_of(t));
	return days <= 366 ? 3 : days <= 3653 ? 4 : 5;
}

uint32_t crm_multi_shared(const struct crm_multi *m, uint32_t a, uint32_t b)
{
	uint32_t i, j;

	for (i = m->start[a]; i < m->start[a + 1]; i++)
		for (j = m->start[b]; j < m->start[b + 1]; j++)
			if (m->value[i] == m->value[j])
				return m->value[i];
	return 0;
}

/* The best level over all pairs of a list's values. */
static int compare_multi(const struct crm_people *p, enum crm_multi_id which, uint32_t a,
			 uint32_t b,
			 int (*values)(const struct crm_people *, uint32_t x, uint32_t y))
{
	const struct crm_multi *m = &p->multi[which];
	int best = CRM_LEVELS;
	uint32_t i, j;

	for (i = m->start[a]; i < m->start[a + 1]; i++)
		for (j = m->start[b]; j < m->start[b + 1]; j++) {
			int level = m->value[i] == m->value[j]
					    ? 0
					    : values(p, m->value[i], m->value[j]);

			if (level < best)
				best = level;
		}
	return best == CRM_LEVELS ? CRM_LEVEL_NONE : best;
}

static int email_values(const struct crm_people *p, uint32_t x, uint32_t y)
{
	(void)p;
	(void)x;
	(void)y;
	return 1;
}

static int mailbox_values(const struct crm_people *p, uint32_t x, uint32_t y)
{
	uint32_t s = p->multi[CRM_MULTI_EMAIL].group[x], t = p->multi[CRM_MULTI_EMAIL].group[y];

	if (!s || !t)
		return 2;
	if (s == t)
		return 0;
	return similar(&p->mailboxes, s, t, 0.9) ? 1 : 2;
}

/* What the mailboxes say beyond what the names, given by their level, let expect. */
static int compare_mailbox(const struct crm_people *p, uint32_t a, uint32_t b, int email, int name)
{
	int level;

	if (email != 1)
		return CRM_LEVEL_NONE; /* the same address, or none */
	level = compare_multi(p, CRM_MULTI_EMAIL, a, b, mailbox_values);
	if (name >= 0 && name <= 4)
		return level + 6;
	return (name >= 5 && name <= 8) || name == 10 || name == 11 ? level + 3 : level;
}

/* Lengths that differ by more than one cannot be one edit apart. */
static bool one_edit(const struct crm_pool *pool, uint32_t x, uint32_t y)
{
	struct crm_slice s = crm_pool_get(pool, x), t = crm_pool_get(pool, y);

	if (s.len > t.len + 1 || t.len > s.len + 1
	    || __builtin_popcount(pool->mask[x] ^ pool->mask[y]) > 2)
		return false;
	return crm_osa_distance(s, t) <= 1;
}

static int phone_values(const struct crm_people *p, uint32_t x, uint32_t y)
{
	return one_edit(&p->multi[CRM_MULTI_PHONE].values, x, y) ? 1 : 2;
}

static int handle_values(const struct crm_people *p, uint32_t x, uint32_t y)
{
	const struct crm_multi *m = &p->multi[CRM_MULTI_HANDLE];

	if (m->group[x] != m->group[y])
		return CRM_LEVELS; /* of two scopes: nothing to compare */
	return one_edit(&m->values, x, y) ? 1 : 2;
}

/* Are two streets written differently but the same? House numbers have to agree: next
 * door is as alike as a slip of the pen, and is somebody else. */
static bool street_alike(const struct crm_people *p, uint32_t x, uint32_t y)
{
	return x == y
	       || (p->house[x] == p->house[y] && similar(&p->keys[CRM_COL_STREET], x, y, 0.9));
}

static int compare_street(const struct crm_people *p, uint32_t x, uint32_t y, bool postcode,
			  bool city, bool placeless)
{
	bool alike = street_alike(p, x, y);

	if (alike && (postcode || city || placeless))
		return x == y ? 0 : 1;
	if (alike)
		return 2;
	if (postcode && city)
		return 3;
	return postcode || city ? 4 : 5;
}

/* Codes are hierarchical: the first three characters name a district nearly everywhere. */
static bool same_start(const struct crm_pool *codes, uint32_t x, uint32_t y)
{
	struct crm_slice s = crm_pool_get(codes, x), t = crm_pool_get(codes, y);

	return s.len >= 3 && t.len >= 3 && memcmp(s.ptr, t.ptr, 3) == 0;
}

static int compare_place(const struct crm_people *p, uint32_t pc, uint32_t qc, uint32_t c,
			 uint32_t d)
{
	const struct crm_pool *codes = &p->keys[CRM_COL_POSTCODE];
	bool postcode = pc && pc == qc, city = c && c == d;
	bool near;

	if (postcode)
		return city ? 6 : 7;
	near = pc && qc && (one_edit(codes, pc, qc) || same_start(codes, pc, qc));
	if (city)
		return near || !pc || !qc ? 8 : 9;
	if (near || (c && d && similar(&p->keys[CRM_COL_CITY], c, d, 0.85)))
		return 10;
	return 11;
}

static int compare_address(const struct crm_people *p, uint32_t a, uint32_t b)
{
	uint32_t s = p->col[CRM_COL_STREET].key[a], t = p->col[CRM_COL_STREET].key[b];
	uint32_t pc = p->col[CRM_COL_POSTCODE].key[a], qc = p->col[CRM_COL_POSTCODE].key[b];
	uint32_t c = p->col[CRM_COL_CITY].key[a], d = p->col[CRM_COL_CITY].key[b];
	bool placeless = !(pc && qc) && !(c && d);

	if (s && t)
		return compare_street(p, s, t, pc && pc == qc, c && c == d, placeless);
	return placeless ? CRM_LEVEL_NONE : compare_place(p, pc, qc, c, d);
}

static int compare_org(const struct crm_people *p, uint32_t a, uint32_t b)
{
	uint32_t x = p->col[CRM_COL_ORG].key[a], y = p->col[CRM_COL_ORG].key[b];

	if (!x || !y)
		return CRM_LEVEL_NONE;
	if (x == y)
		return 0;
	return similar(&p->keys[CRM_COL_ORG], x, y, 0.88) ? 1 : 2;
}

void crm_compare(const struct crm_people *p, uint32_t a, uint32_t b, signed char level[CRM_FIELDS])
{
	level[CRM_FIELD_NAME] = (signed char)compare_name(p, a, b);
	level[CRM_FIELD_BIRTH] = (signed char)compare_birth(p, a, b);
	level[CRM_FIELD_EMAIL] = (signed char)compare_multi(p, CRM_MULTI_EMAIL, a, b, email_values);
	level[CRM_FIELD_PHONE] = (signed char)compare_multi(p, CRM_MULTI_PHONE, a, b, phone_values);
	level[CRM_FIELD_HANDLE] =
		(signed char)compare_multi(p, CRM_MULTI_HANDLE, a, b, handle_values);
	level[CRM_FIELD_MAILBOX] = (signed char)compare_mailbox(p, a, b, level[CRM_FIELD_EMAIL],
								level[CRM_FIELD_NAME]);
	level[CRM_FIELD_ADDRESS] = (signed char)compare_address(p, a, b);
	level[CRM_FIELD_ORG] = (signed char)compare_org(p, a, b);
}

uint32_t crm_patterns(void)
{
	uint32_t n = 1;
	int f;

	for (f = 0; f < CRM_FIELDS; f++)
		n *= (uint32_t)crm_fields[f].n_levels + 1;
	return n;
}

uint32_t crm_pattern(const signed char level[CRM_FIELDS])
{
	uint32_t n = 0;
	int f;

	for (f = 0; f < CRM_FIELDS; f++)
		n = n * ((uint32_t)crm_fields[f].n_levels + 1) + (uint32_t)(level[f] + 1);
	return n;
}

void crm_pattern_levels(uint32_t pattern, signed char level[CRM_FIELDS])
{
	int f;

	for (f = CRM_FIELDS - 1; f >= 0; f--) {
		uint32_t radix = (uint32_t)crm_fields[f].n_levels + 1;

		level[f] = (signed char)((int)(pattern % radix) - 1);
		pattern /= radix;
	}
}
