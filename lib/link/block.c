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

/* A part of a key as numbers of a record, or of a place in a list. */
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
	uint32_t n;     /* things: ranks of records, or places in the list in that order */
	uint32_t *next; /* thing → the next one of its block; itself where it is alone */
	struct crm_block_report report;
};

struct crm_blocks {
	const struct crm_people *people;
	const bool *wanted;
	struct crm_plan plan;
	struct rule_blocks rule[CRM_RULES];
	/* Records are walked in an order that brings together those with much in common, so
	 * that what is needed of one is still in the processor's cache when it is the mate of
	 * the next: five times as fast at a million records. */
	uint32_t *order, *rank; /* rank → record, and back */
	struct places {
		uint32_t *start; /* rank → its first place in the order of ranks */
		uint32_t *owner; /* and such a place → rank */
	} places[CRM_COLUMNS];   /* of lists that rules use */
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

static inline uint32_t number_of(const struct side *side, uint32_t place, uint32_t record)
{
	uint32_t v = side->value[side->of_place ? place : record];

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

/* The key of a record, or of a place of its list, behind the number key. */
static uint64_t key_of(const struct key_form *form, uint64_t key, uint32_t place, uint32_t record)
{
	int i;

	for (i = 0; i < form->n; i++) {
		const struct part *part = &form->part[i];
		uint32_t v = number_of(&part->a, place, record), w;

		if (part->how == CRM_KEY_EITHER && v == 0)
			v = number_of(&part->b, place, record);
		if (v == 0)
			return 0;
		if (part->how == CRM_KEY_SORTED) {
			w = number_of(&part->b, place, record);
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

/* By what is above the lowest bits; stable. For few, or where little is left to do. */
static void insertion_sort(uint64_t *e, size_t n, int bits)
{
	size_t i, k;

	for (i = 1; i < n; i++) {
		uint64_t x = e[i];

		for (k = i; k > 0 && e[k - 1] >> bits > x >> bits; k--)
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
		insertion_sort(e, n, s->thing_bits);
	}
	swap(s, s->n);
}

static uint32_t rank_of(const struct crm_blocks *blocks, const struct rule_blocks *rb,
			uint32_t thing)
{
	return rb->list < 0 ? thing : blocks->places[rb->list].owner[thing];
}

/* The record of a thing; *place: where its value is in the list. */
static uint32_t record_of(const struct crm_blocks *blocks, const struct rule_blocks *rb,
			  uint32_t thing, uint32_t *place)
{
	uint32_t rank = rank_of(blocks, rb, thing), record = blocks->order[rank];

	*place = 0;
	if (rb->list >= 0)
		*place = blocks->people->col[rb->list].start[record]
			 + (thing - blocks->places[rb->list].start[rank]);
	return record;
}

static void first_keys(const struct crm_blocks *blocks, const struct rule_blocks *rb,
		       const struct key_form *form, struct sorting *s)
{
	const uint32_t *start = rb->list < 0 ? NULL : blocks->people->col[rb->list].start;
	uint64_t *to = s->entry;
	uint32_t i, j;

	for (i = 0; i < blocks->people->n; i++) {
		uint32_t rank = blocks->rank[i], n = start ? start[i + 1] - start[i] : 1;
		uint32_t thing = start ? blocks->places[rb->list].start[rank] : rank;

		for (j = 0; j < n; j++) {
			uint64_t key = key_of(form, 0, start ? start[i] + j : 0, i);

			if (key)
				put(s, &to, key, thing + j);
		}
	}
	s->n = (size_t)(to - s->entry);
}

static uint64_t pairs_of(uint64_t n)
{
	return n * (n - 1) / 2;
}

static int ascending(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static void sort(uint64_t *e, size_t n)
{
	if (n > 32)
		qsort(e, n, sizeof(*e), ascending);
	else
		insertion_sort(e, n, 0);
}

static void close_ring(struct rule_blocks *rb, uint64_t *e, size_t n, uint64_t things)
{
	size_t i;

	sort(e, n);
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

		if (rb->list < 0 || rank_of(blocks, rb, thing) != rank_of(blocks, rb, last)) {
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
			note_size(report, m, (uint32_t)(s->entry[i] & things));
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
			uint32_t thing = (uint32_t)(s->entry[k] & things), place;
			uint32_t record = record_of(blocks, rb, thing, &place);
			uint64_t key = key_of(longer, large, place, record);

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

/* The places of a list in the order of ranks. */
static void find_places(struct crm_blocks *blocks, int column)
{
	const uint32_t *start = blocks->people->col[column].start;
	struct places *places = &blocks->places[column];
	uint32_t n = blocks->people->n, i, j, at = 0;

	if (places->start)
		return;
	places->start = crm_malloc(((size_t)n + 1) * sizeof(uint32_t));
	places->owner = crm_malloc(((size_t)start[n] + 1) * sizeof(uint32_t));
	for (i = 0; i < n; i++) {
		uint32_t record = blocks->order[i];

		places->start[i] = at;
		for (j = start[record]; j < start[record + 1]; j++)
			places->owner[at++] = i;
	}
	places->start[n] = at;
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
	if (rb->list >= 0)
		find_places(blocks, rb->list);
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

/* The part of a key that most rules have, of those on records. */
static const struct crm_block_key *common_part(const struct crm_people *p,
					       const struct crm_plan *plan)
{
	const struct crm_block_key *best = NULL;
	int r, k, q, m, most = 0;

	for (r = 0; r < plan->n; r++)
		for (k = 0; k < plan->rule[r].n_keys; k++) {
			const struct crm_block_key *key = &plan->rule[r].key[k];
			int n = 0;

			for (q = 0; q < plan->n; q++)
				for (m = 0; m < plan->rule[q].n_keys; m++)
					n += !memcmp(key, &plan->rule[q].key[m], sizeof(*key));
			if (n > most && !p->col[crm_column_base(p->spec, key->a)].start) {
				most = n;
				best = key;
			}
		}
	return best;
}

static void find_order(struct crm_blocks *blocks)
{
	const struct crm_block_key *part = common_part(blocks->people, &blocks->plan);
	uint32_t n = blocks->people->n, i;
	struct sorting s = {.thing_bits = bits_of(n)};
	struct key_form form;
	uint64_t *to;

	s.entry = to = crm_malloc(((size_t)n + 1) * sizeof(*s.entry));
	s.spare = crm_malloc(((size_t)n + 1) * sizeof(*s.spare));
	key_form(&form, blocks->people, 1, part, part != NULL, 64 - s.thing_bits);
	for (i = 0; i < n; i++)
		put(&s, &to, part ? key_of(&form, 0, 0, i) : 0, i);
	s.n = n;
	bring_together(&s);
	blocks->order = crm_malloc(((size_t)n + 1) * sizeof(uint32_t));
	blocks->rank = crm_malloc(((size_t)n + 1) * sizeof(uint32_t));
	for (i = 0; i < n; i++) {
		uint32_t record = (uint32_t)(s.entry[i] & ((1ull << s.thing_bits) - 1));

		blocks->order[i] = record;
		blocks->rank[record] = i;
	}
	free(s.entry);
	free(s.spare);
}

struct crm_blocks *crm_blocks_build(const struct crm_people *people, const struct crm_plan *plan,
				    unsigned int threads, const bool *wanted)
{
	struct crm_blocks *blocks = crm_calloc(1, sizeof(*blocks));

	blocks->people = people;
	blocks->wanted = wanted;
	blocks->plan = *plan;
	find_order(blocks);
	blocks->plan.n = 0; /* none is built yet */
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
	for (i = 0; i < CRM_COLUMNS; i++) {
		free(blocks->places[i].start);
		free(blocks->places[i].owner);
	}
	free(blocks->order);
	free(blocks->rank);
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
	uint32_t place, record = record_of(blocks, &blocks->rule[r], thing, &place);
	int k;

	crm_json_open(out, '[');
	for (k = 0; k < rule->n_keys; k++) {
		const struct crm_block_key *key = &rule->key[k];
		struct side a = side_of(p, key->a);
		uint32_t v = number_of(&a, place, record);

		add_value(p, key->a, v, out);
		if (key->how == CRM_KEY_SORTED || (key->how == CRM_KEY_EITHER && v == 0)) {
			a = side_of(p, key->b);
			add_value(p, key->b, number_of(&a, place, record), out);
		}
	}
	crm_json_close(out, ']');
}

/* ---- pairs ---- */

/* What the rings of a record hold: rank of the mate << 8 | rule. */
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
		g->at[g->n++] = (uint64_t)rank_of(blocks, rb, x) << 8 | (unsigned char)r;
	}
}

/* Each mate once, with all its rules. */
static uint32_t settle(const struct crm_blocks *blocks, uint32_t rank, struct gathered *g)
{
	uint32_t n = 0, last = rank;
	size_t i;

	sort(g->at, g->n);
	CRM_GROW(g->mate, g->n + 1, g->cap_mate);
	CRM_GROW(g->rules, g->n + 1, g->cap_rules);
	for (i = 0; i < g->n; i++) {
		uint32_t at = (uint32_t)(g->at[i] >> 8), mate = blocks->order[at];
		uint64_t rule = 1ull << (g->at[i] & 63);

		if (at == last) {
			g->rules[n - 1] |= rule;
			continue;
		}
		if (blocks->wanted && at < rank && blocks->wanted[mate])
			continue;
		last = at;
		g->mate[n] = mate;
		g->rules[n++] = rule;
	}
	return n;
}

static uint32_t mates_of(const struct crm_blocks *blocks, uint32_t rank, struct gathered *g)
{
	bool all = blocks->wanted != NULL;
	uint32_t j;
	int r;

	g->n = 0;
	for (r = 0; r < blocks->plan.n; r++) {
		int list = blocks->rule[r].list;
		const uint32_t *start = list < 0 ? NULL : blocks->places[list].start;

		if (!start)
			walk(blocks, r, rank, all, g);
		else
			for (j = start[rank]; j < start[rank + 1]; j++)
				walk(blocks, r, j, all, g);
	}
	return g->n == 0 ? 0 : settle(blocks, rank, g);
}

void crm_blocks_range(const struct crm_blocks *blocks, uint32_t first, uint32_t end,
		      void (*found)(void *data, const struct crm_mates *mates), void *data)
{
	struct gathered g = {0};
	uint32_t i;

	for (i = first; i < end; i++) {
		struct crm_mates mates = {.record = blocks->order[i]};

		if (blocks->wanted && !blocks->wanted[mates.record])
			continue;
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
