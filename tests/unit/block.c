/* SPDX-License-Identifier: MIT */
/* Blocking against the definition of its rules: a count over all pairs of records, block by
 * block, that knows nothing of sorting or rings. */
#include "link/plan.h"

#include "base/hash.h"
#include "base/mem.h"
#include "tap.h"

#define N 400
#define VALUES (3 * N)

enum {
	GIVEN,
	FAMILY,
	CITY,
	MAIL,
	INITIAL, /* first(given, 1) */
	USER,    /* user(mail) */
	COLUMNS
};

static struct crm_spec spec;
static struct crm_people people;
static uint32_t column[3][N], mail[VALUES], start[N + 1], initial[64], user[256];

static uint32_t draw(uint32_t n)
{
	static uint64_t state = 7;

	state = crm_hash64_with(state, 1);
	return (uint32_t)(state >> 33) % n;
}

/* Small numbers are common, so that there are blocks of all sizes; 0 is missing. */
static uint32_t skewed(uint32_t n)
{
	return draw(draw(n) + 1);
}

static void make_columns(void)
{
	static const uint32_t keys[COLUMNS] = {39, 59, 9, 199, 13, 99};
	uint32_t i, n = 0;
	int c;

	for (i = 0; i < N; i++) {
		start[i] = n;
		for (c = 0; c < 3; c++)
			column[c][i] = skewed(keys[c] + 1);
		for (; draw(2) && n < VALUES; n++)
			mail[n] = 1 + skewed(keys[MAIL]);
	}
	start[N] = n;
	for (i = 1; i <= keys[GIVEN]; i++)
		initial[i] = (i + 2) / 3;
	for (i = 1; i <= keys[MAIL]; i++)
		user[i] = i / 2; /* the first one has none */
	people.spec = &spec;
	people.n = N;
	spec.n_columns = COLUMNS;
	for (c = 0; c < COLUMNS; c++) {
		people.col[c].n_keys = keys[c];
		if (c < 3)
			people.col[c].value = column[c];
	}
	people.col[MAIL].value = mail;
	people.col[MAIL].start = start;
	people.col[INITIAL].map = initial;
	people.col[USER].map = user;
	spec.column[INITIAL].derive = CRM_DERIVE_FIRST;
	spec.column[INITIAL].base = GIVEN;
	spec.column[USER].derive = CRM_DERIVE_USER;
	spec.column[USER].base = MAIL;
}

#define PLAIN(c)                       \
	{                              \
		CRM_KEY_PLAIN, (c), -1 \
	}
static struct crm_block_rule rules[] = {
	{"mail", 1, 1, {PLAIN(MAIL)}, {PLAIN(FAMILY)}},
	{"user", 1, 0, {PLAIN(USER)}, {PLAIN(0)}},
	{"user+city", 2, 0, {PLAIN(USER), PLAIN(CITY)}, {PLAIN(0)}},
	{"family+city", 2, 2, {PLAIN(FAMILY), PLAIN(CITY)}, {PLAIN(INITIAL), PLAIN(GIVEN)}},
	{"either", 1, 1, {{CRM_KEY_EITHER, FAMILY, GIVEN}}, {PLAIN(CITY)}},
	{"names", 1, 1, {{CRM_KEY_SORTED, GIVEN, FAMILY}}, {PLAIN(CITY)}},
	{"initial", 1, 2, {PLAIN(INITIAL)}, {PLAIN(CITY), PLAIN(FAMILY)}},
};
#define RULES ((int)(sizeof(rules) / sizeof(rules[0])))

/* ---- the definition ---- */

static uint32_t number(int c, uint32_t record, uint32_t value)
{
	if (c == MAIL)
		return value;
	if (c == USER)
		return user[value];
	return c == INITIAL ? initial[column[GIVEN][record]] : column[c][record];
}

/* A thing: a record, and for rules on a list one of its values. */
struct thing {
	uint32_t record, value;
};

static bool same_part(const struct crm_block_key *key, struct thing x, struct thing y)
{
	uint32_t a = number(key->a, x.record, x.value), c = number(key->a, y.record, y.value);
	uint32_t b, d;

	if (key->how == CRM_KEY_PLAIN)
		return a && a == c;
	b = number(key->b, x.record, x.value);
	d = number(key->b, y.record, y.value);
	if (key->how == CRM_KEY_EITHER)
		return (a ? a : b) && (a ? a : b) == (c ? c : d);
	return a && b && ((a == c && b == d) || (a == d && b == c));
}

static bool same_key(const struct crm_block_rule *rule, int level, struct thing x, struct thing y)
{
	int k;

	for (k = 0; k < rule->n_keys; k++)
		if (!same_part(&rule->key[k], x, y))
			return false;
	for (k = 0; k < level; k++)
		if (!same_part(&rule->divide[k], x, y))
			return false;
	return true;
}

/* How many things there are for a rule. */
static uint32_t things_of(const struct crm_block_rule *rule, struct thing *out)
{
	uint32_t i, j, n = 0;

	for (i = 0; i < N; i++)
		if (rule->key[0].a != MAIL && rule->key[0].a != USER)
			out[n++] = (struct thing){i, 0};
		else
			for (j = start[i]; j < start[i + 1]; j++)
				out[n++] = (struct thing){i, mail[j]};
	return n;
}

/* Records of the block of x. */
static uint32_t block_size(const struct crm_block_rule *rule, int level, struct thing x,
			   const struct thing *things, uint32_t n)
{
	uint32_t i, last = N, size = 0;

	for (i = 0; i < n; i++)
		if (same_key(rule, level, x, things[i]) && things[i].record != last) {
			last = things[i].record;
			size++;
		}
	return size;
}

/* At which level a thing is in a block that is not too large; -1: at none. */
static int level_of(const struct crm_block_rule *rule, uint32_t cap, struct thing x,
		    const struct thing *things, uint32_t n)
{
	int level;

	for (level = 0; level <= rule->n_divide; level++)
		if (block_size(rule, level, x, things, n) <= cap)
			return level;
	return -1;
}

static unsigned char should[RULES][N][N], first[N][N]; /* rule + 1 */

static void define(uint32_t cap)
{
	static struct thing things[VALUES];
	uint32_t i, j, n;
	int r;

	memset(should, 0, sizeof(should));
	memset(first, 0, sizeof(first));
	for (r = RULES - 1; r >= 0; r--) {
		n = things_of(&rules[r], things);
		for (i = 0; i < n; i++) {
			int level = level_of(&rules[r], cap, things[i], things, n);

			for (j = 0; level >= 0 && j < n; j++)
				if (things[i].record < things[j].record
				    && same_key(&rules[r], level, things[i], things[j]))
					should[r][things[i].record][things[j].record] =
						first[things[i].record][things[j].record] =
							(unsigned char)(r + 1);
		}
	}
}

/* ---- what comes out ---- */

static unsigned char met[N][N]; /* rule + 1 */
static int twice;

static void meet(void *data, const struct crm_mates *mates)
{
	uint32_t i;

	(void)data;
	for (i = 0; i < mates->n; i++) {
		uint32_t a = mates->record, b = mates->mate[i];
		unsigned char *m = a < b ? &met[a][b] : &met[b][a];

		twice += *m != 0;
		*m = (unsigned char)(crm_first_rule(mates->rules[i]) + 1);
	}
}

static struct crm_blocks *run(uint32_t cap, const bool *wanted)
{
	struct crm_blocks *blocks;
	struct crm_plan plan;
	size_t i;

	crm_plan_all(&plan, &spec, cap);
	blocks = crm_blocks_build(&people, &plan, 2, wanted);
	memset(met, 0, sizeof(met));
	twice = 0;
	for (i = 0; i < crm_blocks_jobs(blocks); i++)
		crm_blocks_each(blocks, i, meet, NULL);
	return blocks;
}

static void compare(uint32_t cap, const bool *wanted, const char *what)
{
	struct crm_blocks *blocks = run(cap, wanted);
	int a, b, pairs = 0, wrong = 0;

	for (a = 0; a < N; a++)
		for (b = a + 1; b < N; b++) {
			bool asked = !wanted || wanted[a] || wanted[b];

			pairs += met[a][b] != 0;
			wrong += met[a][b] != (asked ? first[a][b] : 0);
		}
	ok(pairs > 50, "%s: there is something to tell (%d pairs)", what, pairs);
	is_int(wrong, 0, "each pair by the first rule that has it, and no other");
	is_int(twice, 0, "none twice");
	crm_blocks_free(blocks);
}

static void counts(uint32_t cap)
{
	struct crm_blocks *blocks = run(cap, NULL);
	uint64_t uncut[RULES];
	int r, a, b;

	define(N);
	for (r = 0; r < RULES; r++)
		for (uncut[r] = 0, a = 0; a < N; a++)
			for (b = a + 1; b < N; b++)
				uncut[r] += should[r][a][b] != 0;
	define(cap);
	for (r = 0; r < RULES; r++) {
		struct crm_block_report report = crm_blocks_report(blocks, r);
		uint64_t n = 0;

		for (a = 0; a < N; a++)
			for (b = a + 1; b < N; b++)
				n += should[r][a][b] != 0;
		/* two that share two addresses are counted in both blocks */
		if (rules[r].key[0].a == MAIL || rules[r].key[0].a == USER)
			ok(report.pairs >= n, "pairs of %s", rules[r].name);
		else
			is_int((long long)report.pairs, (long long)n, rules[r].name);
		if (rules[r].key[0].a != MAIL && rules[r].key[0].a != USER)
			is_int((long long)(report.pairs + report.dropped_pairs),
			       (long long)uncut[r], "with those left out: all");
		ok(report.largest <= cap, "no block above the cap");
		ok((report.top[0].size > cap) == (report.divided_blocks > 0),
		   "the largest block is told (%u records, %u divided)",
		   (unsigned int)report.top[0].size, (unsigned int)report.divided_blocks);
	}
	crm_blocks_free(blocks);
}

int main(void)
{
	bool wanted[N] = {[5] = true, [77] = true, [78] = true, [399] = true};

	make_columns();
	spec.rule = rules;
	spec.n_rules = RULES;
	define(N);
	compare(N, NULL, "no cap");
	compare(N, wanted, "some wanted");
	define(12);
	compare(12, NULL, "a cap");
	compare(12, wanted, "a cap, some wanted");
	counts(12);
	return done();
}
