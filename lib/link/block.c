/* SPDX-License-Identifier: MIT */
/* Blocking; see block.h. */
#include "link/block.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "link/compare.h"
#include "link/work.h"

#define JOB_PAIRS 50000 /* about so many in a job */

/* What keys are made of: numbers of a record that are 0 where it lacks them. */
enum part {
	PART_NONE,
	PART_GIVEN,
	PART_FAMILY,   /* of a single name that one, whatever it was taken for */
	PART_NAMES,    /* given and family, whichever comes first */
	PART_GIVEN_1,  /* first letter */
	PART_INITIALS, /* of both, whichever comes first */
	PART_GIVEN_3,  /* first three letters */
	PART_FAMILY_3, /* first three letters */
	PART_SOUNDS,   /* Soundex of both */
	PART_BIRTH,
	PART_YEAR,
	PART_MONTH_DAY,
	PART_STREET,
	PART_HOUSE,
	PART_CITY,
	PART_POSTCODE,
	PART_ORG,
	PARTS
};

#define RULE_PARTS 3
#define RULE_DIVIDE 3

struct rule {
	const char *name;
	int multi;                         /* enum crm_multi_id + 1; 0: a rule of parts */
	bool mailbox;                      /* e-mail by local part alone */
	unsigned char parts[RULE_PARTS];   /* enum part, all needed */
	unsigned char divide[RULE_DIVIDE]; /* added one by one to keys of large blocks */
};

/* Cheap and certain rules first: a pair is counted where it is met first. */
static const struct rule rules[] = {
	{"email", CRM_MULTI_EMAIL + 1, false, {0}, {0}},
	{"phone", CRM_MULTI_PHONE + 1, false, {0}, {0}},
	{"handle", CRM_MULTI_HANDLE + 1, false, {0}, {0}},
	{"mailbox", CRM_MULTI_EMAIL + 1, true, {0}, {0}},
	{"family+birth", 0, false, {PART_FAMILY, PART_BIRTH}, {PART_GIVEN_3}},
	{"given+birth", 0, false, {PART_GIVEN, PART_BIRTH}, {PART_FAMILY_3, PART_POSTCODE}},
	{"names", 0, false, {PART_NAMES}, {PART_YEAR, PART_POSTCODE, PART_BIRTH}},
	{"sounds+year", 0, false, {PART_SOUNDS, PART_YEAR}, {PART_CITY, PART_POSTCODE}},
	{"family+postcode", 0, false, {PART_FAMILY, PART_POSTCODE}, {PART_GIVEN_3, PART_YEAR}},
	{"given+postcode", 0, false, {PART_GIVEN, PART_POSTCODE}, {PART_FAMILY_3, PART_YEAR}},
	{"family+city", 0, false, {PART_FAMILY, PART_CITY}, {PART_GIVEN_3, PART_YEAR}},
	{"given+city", 0, false, {PART_GIVEN, PART_CITY}, {PART_FAMILY_3, PART_YEAR}},
	{"street+given", 0, false, {PART_STREET, PART_GIVEN_1}, {PART_CITY, PART_POSTCODE}},
	{"birth+postcode", 0, false, {PART_BIRTH, PART_POSTCODE}, {PART_GIVEN_1}},
	{"birth+city", 0, false, {PART_BIRTH, PART_CITY}, {PART_GIVEN_1}},
	{"starts+month+day", 0, false, {PART_GIVEN_3, PART_FAMILY_3, PART_MONTH_DAY}, {PART_YEAR}},
	{"sounds+postcode", 0, false, {PART_SOUNDS, PART_POSTCODE}, {PART_YEAR}},
	{"initials+birth", 0, false, {PART_INITIALS, PART_BIRTH}, {0}},
	{"initials+postcode", 0, false, {PART_INITIALS, PART_POSTCODE}, {PART_YEAR}},
	{"initials+city", 0, false, {PART_INITIALS, PART_CITY}, {PART_YEAR}},
	{"family+initial", 0, false, {PART_FAMILY, PART_GIVEN_1}, {PART_YEAR, PART_CITY}},
	{"house+postcode", 0, false, {PART_HOUSE, PART_POSTCODE}, {PART_GIVEN_1}},
	{"postcode+city", 0, false, {PART_POSTCODE, PART_CITY}, {PART_GIVEN_1, PART_YEAR}},
	{"org+family", 0, false, {PART_ORG, PART_FAMILY}, {PART_GIVEN_1, PART_GIVEN}},
	{"org+given", 0, false, {PART_ORG, PART_GIVEN}, {PART_FAMILY_3}},
};
#define N_RULES ((int)(sizeof(rules) / sizeof(rules[0])))

/* The blocks of one rule: block i (from 1) is record[start[i - 1]] … record[start[i]]. */
struct rule_blocks {
	uint32_t *record;
	size_t n_records, cap_records;
	uint32_t *start;
	uint32_t n;
	size_t cap_start;
	uint32_t *block; /* value of a list → its block; 0: none */
	struct crm_block_report report;
};

struct job {
	int rule;
	uint32_t first, last; /* blocks */
};

struct crm_blocks {
	const struct crm_people *people;
	const bool *wanted;
	uint32_t cap;
	uint32_t *part[PARTS];
	struct rule_blocks rule[N_RULES];
	/* The block of a record by each rule of parts, 0 for none. A record's are next to each
	 * other: earlier rules are asked about every pair. */
	uint32_t (*row)[N_RULES];
	struct job *jobs;
	size_t n_jobs, cap_jobs;
};

struct entry {
	uint64_t key;
	uint32_t record;
};

/* ---- parts of keys ---- */

static uint32_t start_of(struct crm_slice s, size_t n)
{
	uint32_t out = 0;
	size_t i;

	for (i = 0; i < n && i < s.len; i++)
		out = out << 8 | (unsigned char)s.ptr[i];
	return out;
}

/* Maps distinct names, then records. */
static uint32_t *name_part(const struct crm_people *p, const uint32_t *key, size_t letters)
{
	uint32_t *map = crm_calloc((size_t)p->names.n + 1, sizeof(*map));
	uint32_t *out = crm_calloc(p->n, sizeof(*out));
	uint32_t i;

	for (i = 1; i <= p->names.n; i++)
		map[i] = start_of(crm_pool_get(&p->names, i), letters);
	for (i = 0; i < p->n; i++)
		out[i] = map[key[i]];
	free(map);
	return out;
}

static uint32_t *sounds_part(const struct crm_people *p, const uint32_t *given,
			     const uint32_t *family)
{
	uint32_t *map = crm_calloc((size_t)p->names.n + 1, sizeof(*map));
	uint32_t *out = crm_calloc(p->n, sizeof(*out));
	uint32_t i;

	for (i = 1; i <= p->names.n; i++)
		map[i] = crm_soundex(crm_pool_get(&p->names, i));
	for (i = 0; i < p->n; i++)
		if (map[given[i]] && map[family[i]])
			out[i] = (uint32_t)crm_hash64_with(map[given[i]], map[family[i]]) | 1;
	free(map);
	return out;
}

static uint32_t *names_part(const struct crm_people *p, const uint32_t *given,
			    const uint32_t *family)
{
	uint32_t *out = crm_calloc(p->n, sizeof(*out));
	uint32_t i;

	for (i = 0; i < p->n; i++) {
		uint32_t low = given[i] < family[i] ? given[i] : family[i];
		uint32_t high = given[i] < family[i] ? family[i] : given[i];

		if (low)
			out[i] = (uint32_t)crm_hash64_with(low, high) | 1;
	}
	return out;
}

static uint32_t *last_part(const struct crm_people *p, const uint32_t *given,
			   const uint32_t *family)
{
	uint32_t *out = crm_malloc(((size_t)p->n + 1) * sizeof(*out));
	uint32_t i;

	for (i = 0; i < p->n; i++)
		out[i] = family[i] ? family[i] : given[i];
	return out;
}

static uint32_t *initials_part(const struct crm_people *p, const uint32_t *given,
			       const uint32_t *family)
{
	uint32_t *g = name_part(p, given, 1), *f = name_part(p, family, 1);
	uint32_t i;

	for (i = 0; i < p->n; i++) {
		uint32_t low = g[i] < f[i] ? g[i] : f[i], high = g[i] < f[i] ? f[i] : g[i];

		g[i] = low ? low << 8 | high : 0;
	}
	free(f);
	return g;
}

static uint32_t *house_part(const struct crm_people *p)
{
	uint32_t *out = crm_malloc(((size_t)p->n + 1) * sizeof(*out));
	uint32_t i;

	for (i = 0; i < p->n; i++)
		out[i] = p->house[p->col[CRM_COL_STREET].key[i]];
	return out;
}

static uint32_t *birth_part(const struct crm_people *p, bool year)
{
	const uint32_t *key = p->col[CRM_COL_BIRTH].key;
	uint32_t *out = crm_calloc(p->n, sizeof(*out));
	uint32_t i;

	for (i = 0; i < p->n; i++) {
		const struct crm_birth *b = &p->birth[key[i]];

		if (key[i])
			out[i] = year ? b->year + 1u : b->month * 32u + b->day;
	}
	return out;
}

static void make_part(void *data, size_t job)
{
	struct crm_blocks *blocks = data;
	const struct crm_people *p = blocks->people;
	const uint32_t *given = p->col[CRM_COL_GIVEN].key, *family = p->col[CRM_COL_FAMILY].key;

	switch ((enum part)job) {
	case PART_NAMES:
		blocks->part[job] = names_part(p, given, family);
		break;
	case PART_GIVEN_1:
		blocks->part[job] = name_part(p, given, 1);
		break;
	case PART_GIVEN_3:
		blocks->part[job] = name_part(p, given, 3);
		break;
	case PART_FAMILY_3:
		blocks->part[job] = name_part(p, family, 3);
		break;
	case PART_SOUNDS:
		blocks->part[job] = sounds_part(p, given, family);
		break;
	case PART_FAMILY:
		blocks->part[job] = last_part(p, given, family);
		break;
	case PART_INITIALS:
		blocks->part[job] = initials_part(p, given, family);
		break;
	case PART_HOUSE:
		blocks->part[job] = house_part(p);
		break;
	case PART_YEAR:
	case PART_MONTH_DAY:
		blocks->part[job] = birth_part(p, job == PART_YEAR);
		break;
	default: /* a column as it is: see part_of */
		break;
	}
}

static const uint32_t *part_of(const struct crm_blocks *blocks, unsigned char part)
{
	static const signed char columns[PARTS] = {
		[PART_GIVEN] = CRM_COL_GIVEN + 1,       [PART_BIRTH] = CRM_COL_BIRTH + 1,
		[PART_STREET] = CRM_COL_STREET + 1,     [PART_CITY] = CRM_COL_CITY + 1,
		[PART_POSTCODE] = CRM_COL_POSTCODE + 1, [PART_ORG] = CRM_COL_ORG + 1,
	};

	if (columns[part])
		return blocks->people->col[columns[part] - 1].key;
	return blocks->part[part];
}

/* ---- building ---- */

/* Keys are hashes, of which 44 bits are sorted by: should two fall together, a block has
 * some pairs more. Stable, so that the records of a block stay in order. */
static void radix_sort(struct entry **entries, struct entry **spare, size_t n)
{
	int shift;

	for (shift = 0; shift < 44; shift += 11) {
		struct entry *from = *entries, *to = *spare;
		size_t at[2048] = {0}, sum = 0, i;

		for (i = 0; i < n; i++)
			at[from[i].key >> shift & 2047]++;
		for (i = 0; i < 2048; i++) {
			size_t count = at[i];

			at[i] = sum;
			sum += count;
		}
		for (i = 0; i < n; i++)
			to[at[from[i].key >> shift & 2047]++] = from[i];
		*entries = to;
		*spare = from;
	}
}

#define KEY_BITS ((1ull << 44) - 1)

static size_t keys_of_parts(const struct crm_blocks *blocks, const struct rule *rule,
			    struct entry *out)
{
	size_t n = 0;
	uint32_t i;
	int k;

	for (i = 0; i < blocks->people->n; i++) {
		uint64_t key = 1;

		for (k = 0; k < RULE_PARTS && rule->parts[k]; k++) {
			uint32_t v = part_of(blocks, rule->parts[k])[i];

			if (!v)
				break;
			key = crm_hash64_with(key, v);
		}
		if (k == RULE_PARTS || !rule->parts[k])
			out[n++] = (struct entry){key & KEY_BITS, i};
	}
	return n;
}

static uint32_t list_key(const struct crm_multi *m, const struct rule *rule, uint32_t value)
{
	return rule->mailbox ? m->group[value] : value;
}

static size_t keys_of_list(const struct crm_blocks *blocks, const struct rule *rule,
			   struct entry *out)
{
	const struct crm_multi *m = &blocks->people->multi[rule->multi - 1];
	size_t n = 0;
	uint32_t i, j;

	for (i = 0; i < blocks->people->n; i++)
		for (j = m->start[i]; j < m->start[i + 1]; j++) {
			uint32_t key = list_key(m, rule, m->value[j]);

			if (key)
				out[n++] = (struct entry){key, i};
		}
	return n;
}

static uint64_t pairs_of(uint64_t n)
{
	return n * (n - 1) / 2;
}

static void add_block(struct crm_blocks *blocks, int r, const struct entry *e, size_t n,
		      bool divided)
{
	struct rule_blocks *rb = &blocks->rule[r];
	size_t i;

	rb->n++;
	CRM_GROW(rb->start, (size_t)rb->n + 1, rb->cap_start);
	CRM_GROW(rb->record, rb->n_records + n, rb->cap_records);
	for (i = 0; i < n; i++) {
		rb->record[rb->n_records++] = e[i].record;
		if (!rules[r].multi)
			blocks->row[e[i].record][r] = rb->n;
	}
	if (rules[r].multi)
		rb->block[e[0].key] = rb->n;
	rb->start[rb->n] = (uint32_t)rb->n_records;
	rb->report.pairs += pairs_of(n);
	if (divided)
		rb->report.dropped_pairs -= pairs_of(n);
	rb->report.blocks++;
	if (n > rb->report.largest)
		rb->report.largest = (uint32_t)n;
}

/* Gives the records of a large block longer keys; those without the part drop out. */
static size_t divide(const struct crm_blocks *blocks, unsigned char part, const struct entry *e,
		     size_t n, struct entry *out)
{
	const uint32_t *value = part_of(blocks, part);
	size_t i, kept = 0;

	for (i = 0; i < n; i++)
		if (value[e[i].record])
			out[kept++] = (struct entry){crm_hash64_with(e[i].key, value[e[i].record])
							     & KEY_BITS,
						     e[i].record};
	return kept;
}

/* Turns n sorted entries into blocks; what is too large goes to big, with longer keys.
 * Returns how many those are. */
static size_t take_blocks(struct crm_blocks *blocks, int r, struct entry *e, size_t n, int level,
			  struct entry *big)
{
	unsigned char part = level < RULE_DIVIDE ? rules[r].divide[level] : PART_NONE;
	struct crm_block_report *report = &blocks->rule[r].report;
	size_t i, end, n_big = 0;

	for (i = 0; i < n; i = end) {
		size_t m = 1, kept;

		/* a record that has one key twice (two addresses, one mailbox) is in once */
		for (end = i + 1; end < n && e[end].key == e[i].key; end++)
			if (e[end].record != e[i + m - 1].record)
				e[i + m++] = e[end];
		if (m < 2)
			continue;
		if (m <= blocks->cap) {
			add_block(blocks, r, e + i, m, level > 0);
			continue;
		}
		if (level == 0) /* what is found again below is taken off */
			report->dropped_pairs += pairs_of(m);
		if (part) {
			kept = divide(blocks, part, e + i, m, big + n_big);
			n_big += kept;
			continue;
		}
		report->dropped_blocks++;
	}
	return n_big;
}

static void build_rule(void *data, size_t job)
{
	struct crm_blocks *blocks = data;
	const struct rule *rule = &rules[job];
	struct rule_blocks *rb = &blocks->rule[job];
	const struct crm_multi *m = rule->multi ? &blocks->people->multi[rule->multi - 1] : NULL;
	size_t most = m ? m->n : blocks->people->n, n;
	struct entry *entries = crm_malloc((most + 1) * sizeof(*entries));
	struct entry *spare = crm_malloc((most + 1) * sizeof(*spare));
	int level;

	rb->report.rule = rule->name;
	if (m)
		rb->block = crm_calloc((rule->mailbox ? blocks->people->mailboxes.n : m->values.n)
					       + (size_t)1,
				       sizeof(*rb->block));
	CRM_GROW(rb->start, 1, rb->cap_start);
	rb->start[0] = 0;
	n = m ? keys_of_list(blocks, rule, entries) : keys_of_parts(blocks, rule, entries);
	for (level = 0; n > 0 && level <= RULE_DIVIDE; level++) {
		struct entry *big;

		radix_sort(&entries, &spare, n);
		n = take_blocks(blocks, (int)job, entries, n, level, spare);
		big = spare;
		spare = entries;
		entries = big;
	}
	free(entries);
	free(spare);
}

static void cut_jobs(struct crm_blocks *blocks)
{
	int r;

	for (r = 0; r < N_RULES; r++) {
		const struct rule_blocks *rb = &blocks->rule[r];
		uint32_t first = 1, i;
		uint64_t pairs = 0;

		for (i = 1; i <= rb->n; i++) {
			pairs += pairs_of(rb->start[i] - rb->start[i - 1]);
			if (pairs < JOB_PAIRS && i < rb->n)
				continue;
			CRM_GROW(blocks->jobs, blocks->n_jobs + 1, blocks->cap_jobs);
			blocks->jobs[blocks->n_jobs++] = (struct job){r, first, i};
			first = i + 1;
			pairs = 0;
		}
	}
}

struct crm_blocks *crm_blocks_build(const struct crm_people *people, uint32_t cap,
				    unsigned int threads, const bool *wanted)
{
	struct crm_blocks *blocks = crm_calloc(1, sizeof(*blocks));

	blocks->people = people;
	blocks->wanted = wanted;
	blocks->cap = cap;
	blocks->row = crm_calloc((size_t)people->n + 1, sizeof(*blocks->row));
	crm_work(threads, PARTS, make_part, blocks);
	crm_work(threads, N_RULES, build_rule, blocks);
	cut_jobs(blocks);
	return blocks;
}

void crm_blocks_free(struct crm_blocks *blocks)
{
	int i;

	if (!blocks)
		return;
	for (i = 0; i < PARTS; i++)
		free(blocks->part[i]);
	for (i = 0; i < N_RULES; i++) {
		free(blocks->rule[i].record);
		free(blocks->rule[i].start);
		free(blocks->rule[i].block);
	}
	free(blocks->row);
	free(blocks->jobs);
	free(blocks);
}

int crm_blocks_rules(const struct crm_blocks *blocks)
{
	(void)blocks;
	return N_RULES;
}

struct crm_block_report crm_blocks_report(const struct crm_blocks *blocks, int rule)
{
	return blocks->rule[rule].report;
}

size_t crm_blocks_jobs(const struct crm_blocks *blocks)
{
	return blocks->n_jobs;
}

int crm_blocks_job_rule(const struct crm_blocks *blocks, size_t job)
{
	return blocks->jobs[job].rule;
}

/* The block of a rule in which a pair is yielded: of several that the two share (two
 * common addresses) the lowest. 0: none. */
static uint32_t common_block(const struct crm_blocks *blocks, int r, uint32_t a, uint32_t b)
{
	const uint32_t *block = blocks->rule[r].block;
	const struct crm_multi *m;
	uint32_t i, j, low = 0;

	if (!rules[r].multi)
		return blocks->row[a][r] == blocks->row[b][r] ? blocks->row[a][r] : 0;
	m = &blocks->people->multi[rules[r].multi - 1];
	for (i = m->start[a]; i < m->start[a + 1]; i++) {
		uint32_t at = block[list_key(m, &rules[r], m->value[i])];

		for (j = m->start[b]; at && j < m->start[b + 1]; j++)
			if (block[list_key(m, &rules[r], m->value[j])] == at && (!low || at < low))
				low = at;
	}
	return low;
}

static bool earlier(const struct crm_blocks *blocks, int rule, uint32_t a, uint32_t b)
{
	const uint32_t *x = blocks->row[a], *y = blocks->row[b];
	int r;

	for (r = 0; r < rule; r++)
		if (rules[r].multi ? common_block(blocks, r, a, b) != 0 : x[r] && x[r] == y[r])
			return true;
	return false;
}

void crm_blocks_each(const struct crm_blocks *blocks, size_t job,
		     void (*pair)(void *data, uint32_t a, uint32_t b), void *data)
{
	struct job j = blocks->jobs[job];
	const struct rule_blocks *rb = &blocks->rule[j.rule];
	uint32_t block, x, y;

	for (block = j.first; block <= j.last; block++) {
		uint32_t from = rb->start[block - 1], to = rb->start[block];

		for (x = from; x < to; x++)
			for (y = x + 1; y < to; y++) {
				uint32_t a = rb->record[x], b = rb->record[y];

				if (blocks->wanted && !blocks->wanted[a] && !blocks->wanted[b])
					continue;
				if (rules[j.rule].multi
				    && common_block(blocks, j.rule, a, b) != block)
					continue;
				if (!earlier(blocks, j.rule, a, b))
					pair(data, a, b);
			}
	}
}
