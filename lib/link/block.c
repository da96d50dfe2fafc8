/* SPDX-License-Identifier: MIT */
/* Blocking; see block.h. */
#include "link/block.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "link/work.h"

#define JOB_RECORDS 4096
#define DIGIT_BITS 8
#define DIGIT ((1 << DIGIT_BITS) - 1)
#define AHEAD 6 /* records whose rings are asked of memory before they are walked */

/* A part of a key as numbers of a thing: a record, or a place in a list. */
struct side {
	const uint32_t *value;
	const uint32_t *map; /* of values; NULL: as they are */
	bool of_place;       /* of the place in the list, not of its record */
};

struct part {
	enum crm_key_how how;
	struct side a, b;
	uint64_t radix; /* above all its numbers */
};

struct rule_blocks {
	const struct crm_block_rule *rule;
	int list;       /* base column; -1: things are records */
	uint32_t n;     /* things: records or places in the list */
	uint32_t *next; /* thing → the next one of its block; itself where it is alone */
	struct crm_block_report report;
};

struct crm_blocks {
	const struct crm_people *people;
	const bool *wanted;
	struct crm_plan plan;
	struct rule_blocks rule[CRM_RULES];
	uint32_t *owner[CRM_COLUMNS]; /* of lists that rules use: place → record */
};

/* ---- keys ---- */

static struct side side_of(const struct crm_people *p, int column)
{
	int base = crm_column_base(p->spec, column);

	return (struct side){p->col[base].value, p->col[column].map, p->col[base].start != NULL};
}

static struct part part_of(const struct crm_people *p, const struct crm_block_key *key)
{
	struct part part = {key->how, side_of(p, key->a), {0}, p->col[key->a].n_keys + 1ull};

	if (key->how != CRM_KEY_PLAIN) {
		part.b = side_of(p, key->b);
		if (part.radix <= p->col[key->b].n_keys)
			part.radix = p->col[key->b].n_keys + 1ull;
	}
	return part;
}

static inline uint32_t number_of(const struct side *side, uint32_t thing, uint32_t record)
{
	uint32_t v = side->value[side->of_place ? thing : record];

	return side->map ? side->map[v] : v;
}

/* Keys of some bits, to which parts are added: numbers in mixed radix as long as these bits
 * hold them, hashes otherwise. 0 is no key. */
struct key_form {
	struct part part[CRM_KEYS];
	int n;
	bool hashed;
	uint64_t mask;
};

static int bits_of(uint64_t n)
{
	return n == 0 ? 0 : 64 - __builtin_clzll(n);
}

/* The form of keys of these parts behind a number below first. */
static void key_form(struct key_form *form, const struct crm_people *p, uint64_t first,
		     const struct crm_block_key *keys, int n, int most_bits)
{
	double all = (double)first;
	int i;

	memset(form, 0, sizeof(*form));
	form->n = n;
	for (i = 0; i < n; i++) {
		struct part *part = &form->part[i];
		int digits = keys[i].how == CRM_KEY_SORTED ? 2 : 1;

		*part = part_of(p, &keys[i]);
		for (; digits > 0; digits--)
			all *= (double)part->radix;
	}
	form->mask = ~0ull >> (64 - most_bits);
	form->hashed = all >= (double)form->mask;
}

static inline uint64_t key_add(const struct key_form *form, uint64_t key, uint64_t radix,
			       uint32_t v)
{
	return form->hashed ? crm_hash64_with(key, v) : key * radix + v;
}

/* The key of a thing of this record behind the number key. */
static uint64_t key_of(const struct key_form *form, uint64_t key, uint32_t thing, uint32_t record)
{
	int i;

	for (i = 0; i < form->n; i++) {
		const struct part *part = &form->part[i];
		uint32_t v = number_of(&part->a, thing, record), w;

		if (part->how == CRM_KEY_EITHER && v == 0)
			v = number_of(&part->b, thing, record);
		if (v == 0)
			return 0;
		if (part->how == CRM_KEY_SORTED) {
			w = number_of(&part->b, thing, record);
			if (w == 0)
				return 0;
			key = key_add(form, key, part->radix, v < w ? v : w);
			v = v < w ? w : v;
		}
		key = key_add(form, key, part->radix, v);
	}
	return form->hashed ? (key & form->mask) | 1 : key;
}

bool crm_block_key_same(const struct crm_people *p, const struct crm_block_key *key, uint32_t a,
			uint32_t b)
{
	struct key_form form;

	key_form(&form, p, 1, key, 1, 64);
	return key_of(&form, 0, a, a) && key_of(&form, 0, a, a) == key_of(&form, 0, b, b);
}

/* ---- building ---- */

/* What is sorted: a key, and a thing that has it in the lower bits. */
struct sorting {
	uint64_t *entry, *spare;
	size_t n;
	int thing_bits;
};

/* The spare ones, n of them, become those in use. */
static void swap(struct sorting *s, size_t n)
{
	uint64_t *e = s->entry;

	s->entry = s->spare;
	s->spare = e;
	s->n = n;
}

/* Distinct keys of bits up to the thing's stay distinct; all their bits tell in the upper ones. */
static void put(struct sorting *s, uint64_t **to, uint64_t key, uint32_t thing)
{
	*(*to)++ = key * 0x9e3779b97f4a7c15ull << s->thing_bits | thing;
}

/* Moves entries to where the digit at shift puts them; those of one digit stay in order.
 * at: where each begins, ends as where it ends. */
static void scatter(const uint64_t *from, uint64_t *to, size_t n, int shift,
		    uint32_t at[1 << DIGIT_BITS])
{
	uint32_t sum = 0;
	size_t i;

	memset(at, 0, sizeof(*at) << DIGIT_BITS);
	for (i = 0; i < n; i++)
		at[from[i] >> shift & DIGIT]++;
	for (i = 0; i <= DIGIT; i++) {
		uint32_t count = at[i];

		at[i] = sum;
		sum += count;
	}
	for (i = 0; i < n; i++)
		to[at[from[i] >> shift & DIGIT]++] = from[i];
}

/* What is left to do is little: most neighbours are in order. */
static void insertion_sort(uint64_t *e, size_t n)
{
	size_t i, k;

	for (i = 1; i < n; i++) {
		uint64_t x = e[i];

		for (k = i; k > 0 && e[k - 1] > x; k--)
			e[k] = e[k - 1];
		e[k] = x;
	}
}

/* Brings equal keys together, their things in order. Keys come in a mix in which all bits
 * count (first_keys), so that three digits tell nearly all of them apart: the highest one
 * parts them into heaps that the processor's cache holds, two more sort these, and few are
 * left to be moved one by one. */
static void bring_together(struct sorting *s)
{
	uint32_t heap[1 << DIGIT_BITS], at[1 << DIGIT_BITS], from = 0;
	int i;

	scatter(s->entry, s->spare, s->n, 64 - DIGIT_BITS, heap);
	for (i = 0; i <= DIGIT; from = heap[i++]) {
		uint64_t *e = s->spare + from, *other = s->entry + from;
		size_t n = heap[i] - from;

		if (n > 64) {
			scatter(e, other, n, 64 - 3 * DIGIT_BITS, at);
			scatter(other, e, n, 64 - 2 * DIGIT_BITS, at);
		}
		insertion_sort(e, n);
	}
	swap(s, s->n);
}

static uint32_t record_of(const struct crm_blocks *blocks, const struct rule_blocks *rb,
			  uint32_t thing)
{
	return rb->list < 0 ? thing : blocks->owner[rb->list][thing];
}

static void first_keys(const struct crm_blocks *blocks, const struct rule_blocks *rb,
		       const struct key_form *form, struct sorting *s)
{
	uint64_t *to = s->entry;
	uint32_t i;

	for (i = 0; i < rb->n; i++) {
		uint64_t key = key_of(form, 0, i, record_of(blocks, rb, i));

		if (key)
			put(s, &to, key, i);
	}
	s->n = (size_t)(to - s->entry);
}

static uint64_t pairs_of(uint64_t n)
{
	return n * (n - 1) / 2;
}

static void close_ring(struct rule_blocks *rb, const uint64_t *e, size_t n, uint64_t things)
{
	size_t i;

	for (i = 0; i < n; i++)
		rb->next[e[i] & things] = (uint32_t)(e[i + 1 < n ? i + 1 : 0] & things);
	rb->report.pairs += pairs_of(n);
	rb->report.blocks++;
	if (n > rb->report.largest)
		rb->report.largest = (uint32_t)n;
}

static void note_size(struct crm_block_report *report, size_t size, uint32_t thing)
{
	struct crm_block_size *top = report->top;
	int i = CRM_BLOCKS_SHOWN - 1;

	if (size <= top[i].size)
		return;
	for (; i > 0 && size > top[i - 1].size; i--)
		top[i] = top[i - 1];
	top[i] = (struct crm_block_size){(uint32_t)size, thing};
}

/* Where a run of equal keys ends that starts at i. A record that is in it twice (two
 * addresses, one mailbox) stays once: *m are left, at i and behind. */
static size_t end_of_run(const struct crm_blocks *blocks, const struct rule_blocks *rb,
			 const struct sorting *s, size_t i, size_t *m)
{
	uint64_t things = (1ull << s->thing_bits) - 1, *e = s->entry;
	uint32_t last = (uint32_t)(e[i] & things);
	size_t end;

	*m = 1;
	for (end = i + 1; end < s->n && e[end] >> s->thing_bits == e[i] >> s->thing_bits; end++) {
		uint32_t thing = (uint32_t)(e[end] & things);

		if (rb->list < 0 || record_of(blocks, rb, thing) != record_of(blocks, rb, last)) {
			e[i + *m] = e[end];
			++*m;
		}
		last = thing;
	}
	return end;
}

/* Makes rings of the sorted keys. The things of large blocks go to spare, with keys of the
 * form longer behind the number of the block, where there is one. Returns how many. */
static size_t take_blocks(struct crm_blocks *blocks, struct rule_blocks *rb, struct sorting *s,
			  const struct key_form *longer, bool first)
{
	struct crm_block_report *report = &rb->report;
	uint64_t things = (1ull << s->thing_bits) - 1, large = 0, *to = s->spare;
	size_t i, k, end, m;

	for (i = 0; i < s->n; i = end) {
		end = end_of_run(blocks, rb, s, i, &m);
		if (first)
			note_size(report, m,
				  record_of(blocks, rb, (uint32_t)(s->entry[i] & things)));
		if (m < 2)
			continue;
		if (m <= blocks->plan.cap) {
			close_ring(rb, s->entry + i, m, things);
			if (!first)
				report->dropped_pairs -= pairs_of(m);
			continue;
		}
		if (first) { /* what is found again below is taken off */
			report->dropped_pairs += pairs_of(m);
			report->divided_blocks++;
		}
		if (!longer)
			report->dropped_blocks++;
		for (k = i; longer && k < i + m; k++) {
			uint32_t thing = (uint32_t)(s->entry[k] & things);
			uint64_t key = key_of(longer, large, thing, record_of(blocks, rb, thing));

			if (key)
				put(s, &to, key, thing);
		}
		large++;
	}
	return (size_t)(to - s->spare);
}

static void build_rule(void *data, size_t job)
{
	struct crm_blocks *blocks = data;
	struct rule_blocks *rb = &blocks->rule[job];
	const struct crm_block_rule *rule = rb->rule;
	struct sorting s = {.thing_bits = bits_of(rb->n)};
	int most_bits = 64 - s.thing_bits, level;
	struct key_form form;
	uint32_t i;

	if (rb->next) /* taken over from another plan */
		return;
	s.entry = crm_malloc(((size_t)rb->n + 1) * sizeof(*s.entry));
	s.spare = crm_malloc(((size_t)rb->n + 1) * sizeof(*s.spare));
	rb->next = crm_malloc(((size_t)rb->n + 1) * sizeof(*rb->next));
	for (i = 0; i < rb->n; i++)
		rb->next[i] = i;
	key_form(&form, blocks->people, 1, rule->key, rule->n_keys, most_bits);
	first_keys(blocks, rb, &form, &s);
	for (level = 0; s.n > 0; level++) {
		bool more = level < rule->n_divide;

		bring_together(&s);
		if (more)
			key_form(&form, blocks->people, s.n / blocks->plan.cap + 1,
				 &rule->divide[level], 1, most_bits);
		swap(&s, take_blocks(blocks, rb, &s, more ? &form : NULL, level == 0));
	}
	free(s.entry);
	free(s.spare);
}

/* The list that a rule is on; -1: none. */
static int list_of(const struct crm_people *p, const struct crm_block_rule *rule)
{
	int k;

	for (k = 0; k < rule->n_keys; k++) {
		int base = crm_column_base(p->spec, rule->key[k].a);

		if (p->col[base].start)
			return base;
	}
	return -1;
}

static uint32_t *owners(const struct crm_people *p, int column)
{
	const uint32_t *start = p->col[column].start;
	uint32_t *owner = crm_malloc(((size_t)start[p->n] + 1) * sizeof(*owner));
	uint32_t i, j;

	for (i = 0; i < p->n; i++)
		for (j = start[i]; j < start[i + 1]; j++)
			owner[j] = i;
	return owner;
}

static bool same_rule(const struct crm_block_rule *a, const struct crm_block_rule *b)
{
	return a->n_keys == b->n_keys && a->n_divide == b->n_divide
	       && memcmp(a->key, b->key, (size_t)a->n_keys * sizeof(a->key[0])) == 0
	       && memcmp(a->divide, b->divide, (size_t)a->n_divide * sizeof(a->divide[0])) == 0;
}

/* The blocks of a rule, taken from the old ones where they are there. */
static void take_rule(struct crm_blocks *blocks, const struct rule_blocks *old, int r)
{
	const struct crm_people *people = blocks->people;
	struct rule_blocks *rb = &blocks->rule[r];

	memset(rb, 0, sizeof(*rb));
	if (old)
		*rb = *old;
	rb->rule = &blocks->plan.rule[r];
	rb->report.rule = blocks->plan.name[r];
	if (old)
		return;
	rb->list = list_of(people, rb->rule);
	rb->n = rb->list < 0 ? people->n : people->col[rb->list].start[people->n];
	if (rb->list >= 0 && !blocks->owner[rb->list])
		blocks->owner[rb->list] = owners(people, rb->list);
}

void crm_blocks_change(struct crm_blocks *blocks, const struct crm_plan *plan, unsigned int threads)
{
	struct crm_plan *was = crm_malloc(sizeof(*was));
	struct rule_blocks *old = crm_malloc(sizeof(blocks->rule));
	int r, k;

	*was = blocks->plan;
	memcpy(old, blocks->rule, sizeof(blocks->rule));
	blocks->plan = *plan;
	for (r = 0; r < plan->n; r++) {
		for (k = 0; k < was->n; k++)
			if (old[k].next && same_rule(&was->rule[k], &plan->rule[r]))
				break;
		take_rule(blocks, k < was->n ? &old[k] : NULL, r);
		if (k < was->n)
			old[k].next = NULL;
	}
	for (k = 0; k < was->n; k++)
		free(old[k].next);
	free(old);
	free(was);
	crm_work(threads, (size_t)plan->n, build_rule, blocks);
}

struct crm_blocks *crm_blocks_build(const struct crm_people *people, const struct crm_plan *plan,
				    unsigned int threads, const bool *wanted)
{
	struct crm_blocks *blocks = crm_calloc(1, sizeof(*blocks));

	blocks->people = people;
	blocks->wanted = wanted;
	blocks->plan.cap = plan->cap;
	crm_blocks_change(blocks, plan, threads);
	return blocks;
}

void crm_blocks_want(struct crm_blocks *blocks, const bool *wanted)
{
	blocks->wanted = wanted;
}

void crm_blocks_free(struct crm_blocks *blocks)
{
	int i;

	if (!blocks)
		return;
	for (i = 0; i < blocks->plan.n; i++)
		free(blocks->rule[i].next);
	for (i = 0; i < CRM_COLUMNS; i++)
		free(blocks->owner[i]);
	free(blocks);
}

const struct crm_plan *crm_blocks_plan(const struct crm_blocks *blocks)
{
	return &blocks->plan;
}

int crm_blocks_rules(const struct crm_blocks *blocks)
{
	return blocks->plan.n;
}

struct crm_block_report crm_blocks_report(const struct crm_blocks *blocks, int rule)
{
	return blocks->rule[rule].report;
}

static void add_value(const struct crm_people *p, int column, uint32_t key, struct crm_str *out)
{
	if (key == 0)
		return;
	if (p->col[column].keys)
		crm_json_string(out, crm_pool_get(p->col[column].keys, key));
	else
		crm_json_int(out, key);
}

void crm_blocks_values(const struct crm_blocks *blocks, int r, uint32_t thing, struct crm_str *out)
{
	const struct crm_block_rule *rule = &blocks->plan.rule[r];
	const struct crm_people *p = blocks->people;
	uint32_t record = record_of(blocks, &blocks->rule[r], thing);
	int k;

	crm_json_open(out, '[');
	for (k = 0; k < rule->n_keys; k++) {
		const struct crm_block_key *key = &rule->key[k];
		struct side a = side_of(p, key->a);
		uint32_t v = number_of(&a, thing, record);

		add_value(p, key->a, v, out);
		if (key->how == CRM_KEY_SORTED || (key->how == CRM_KEY_EITHER && v == 0)) {
			a = side_of(p, key->b);
			add_value(p, key->b, number_of(&a, thing, record), out);
		}
	}
	crm_json_close(out, ']');
}

/* ---- pairs ---- */

/* What the rings of a record hold: mate << 8 | rule. */
struct gathered {
	uint64_t *at;
	size_t n, cap;
	uint32_t *mate;
	uint64_t *rules;
	size_t cap_mate, cap_rules;
};

/* A ring ascends but where it closes; all: also what is before the thing. */
static void walk(const struct crm_blocks *blocks, int r, uint32_t thing, bool all,
		 struct gathered *g)
{
	const struct rule_blocks *rb = &blocks->rule[r];
	uint32_t x;

	for (x = rb->next[thing]; x != thing && (all || x > thing); x = rb->next[x]) {
		CRM_GROW(g->at, g->n + 1, g->cap);
		g->at[g->n++] = (uint64_t)record_of(blocks, rb, x) << 8 | (unsigned char)r;
	}
}

static int ascending(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static void sort_few(uint64_t *at, size_t n)
{
	size_t i, k;

	if (n > 32) {
		qsort(at, n, sizeof(*at), ascending);
		return;
	}
	for (i = 1; i < n; i++) {
		uint64_t x = at[i];

		for (k = i; k > 0 && at[k - 1] > x; k--)
			at[k] = at[k - 1];
		at[k] = x;
	}
}

/* Each mate once, with all its rules. */
static uint32_t settle(const struct crm_blocks *blocks, uint32_t record, struct gathered *g)
{
	uint32_t n = 0;
	size_t i;

	sort_few(g->at, g->n);
	CRM_GROW(g->mate, g->n + 1, g->cap_mate);
	CRM_GROW(g->rules, g->n + 1, g->cap_rules);
	for (i = 0; i < g->n; i++) {
		uint32_t mate = (uint32_t)(g->at[i] >> 8);
		uint64_t rule = 1ull << (g->at[i] & 63);

		if (n > 0 && g->mate[n - 1] == mate) {
			g->rules[n - 1] |= rule;
			continue;
		}
		if (blocks->wanted && mate < record && blocks->wanted[mate])
			continue;
		g->mate[n] = mate;
		g->rules[n++] = rule;
	}
	return n;
}

static uint32_t mates_of(const struct crm_blocks *blocks, uint32_t record, struct gathered *g)
{
	bool all = blocks->wanted != NULL;
	uint32_t j;
	int r;

	g->n = 0;
	for (r = 0; r < blocks->plan.n; r++) {
		int list = blocks->rule[r].list;
		const uint32_t *start = list < 0 ? NULL : blocks->people->col[list].start;

		if (!start)
			walk(blocks, r, record, all, g);
		else
			for (j = start[record]; j < start[record + 1]; j++)
				walk(blocks, r, j, all, g);
	}
	return g->n == 0 ? 0 : settle(blocks, record, g);
}

/* Asks memory for where the rings of a record lead: most of the time would go into waiting. */
static void look_ahead(const struct crm_blocks *blocks, uint32_t record)
{
	int r;

	for (r = 0; r < blocks->plan.n; r++) {
		const struct rule_blocks *rb = &blocks->rule[r];

		if (rb->list < 0 && rb->next[record] > record)
			__builtin_prefetch(&rb->next[rb->next[record]]);
	}
}

void crm_blocks_range(const struct crm_blocks *blocks, uint32_t first, uint32_t end,
		      void (*found)(void *data, const struct crm_mates *mates), void *data)
{
	struct gathered g = {0};
	uint32_t i;

	for (i = first; i < end; i++) {
		struct crm_mates mates = {.record = i};

		if (blocks->wanted && !blocks->wanted[i])
			continue;
		if (i + AHEAD < end && !blocks->wanted)
			look_ahead(blocks, i + AHEAD);
		if ((mates.n = mates_of(blocks, i, &g)) == 0)
			continue;
		mates.mate = g.mate;
		mates.rules = g.rules;
		found(data, &mates);
	}
	free(g.at);
	free(g.mate);
	free(g.rules);
}

size_t crm_blocks_jobs(const struct crm_blocks *blocks)
{
	return ((size_t)blocks->people->n + JOB_RECORDS - 1) / JOB_RECORDS;
}

void crm_blocks_each(const struct crm_blocks *blocks, size_t job,
		     void (*found)(void *data, const struct crm_mates *mates), void *data)
{
	size_t first = job * JOB_RECORDS, n = blocks->people->n;

	crm_blocks_range(blocks, (uint32_t)first,
			 (uint32_t)(n < first + JOB_RECORDS ? n : first + JOB_RECORDS), found,
			 data);
}
