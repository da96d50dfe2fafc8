/* SPDX-License-Identifier: MIT */
/* Blocking; see block.h. */
#include "link/block.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "link/key.h"
#include "link/together.h"
#include "link/work.h"
#include "norm/id.h"

#define JOB_RECORDS 4096
#define GUESS_STEP 16

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
	uint32_t n_wanted;
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

/* ---- building ---- */

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

/* Keys in an open table, 0 in what is free. */
struct key_set {
	uint64_t *slot;
	size_t mask; /* slots but one */
};

static size_t key_slot(const struct key_set *set, uint64_t key)
{
	size_t at = (size_t)(key * 0x9e3779b97f4a7c15ull >> 20) & set->mask;

	while (set->slot[at] && set->slot[at] != key)
		at = (at + 1) & set->mask;
	return at;
}

/* The keys of the records that are wanted, where these are few: no other block need be built.
 * Otherwise none. */
static struct key_set wanted_keys(const struct crm_blocks *blocks, const struct rule_blocks *rb,
				  const struct crm_key_form *form)
{
	const uint32_t *start = rb->list < 0 ? NULL : blocks->people->col[rb->list].start;
	struct key_set set = {NULL, 1023};
	size_t things = 0;
	uint32_t i, j;

	if (!blocks->wanted || blocks->n_wanted > blocks->people->n / 8)
		return set;
	for (i = 0; i < blocks->people->n; i++)
		things += !blocks->wanted[i] ? 0 : start ? start[i + 1] - start[i] : 1;
	while (set.mask / 4 < things)
		set.mask = set.mask * 2 + 1;
	set.slot = crm_calloc(set.mask + 1, sizeof(*set.slot));
	for (i = 0; i < blocks->people->n; i++)
		for (j = 0; blocks->wanted[i] && j < (start ? start[i + 1] - start[i] : 1); j++) {
			uint64_t key = crm_key_number(form, 0, start ? start[i] + j : 0, i);

			if (key)
				set.slot[key_slot(&set, key)] = key;
		}
	return set;
}

static void first_keys(const struct crm_blocks *blocks, const struct rule_blocks *rb,
		       const struct crm_key_form *form, struct crm_sorting *s)
{
	const uint32_t *start = rb->list < 0 ? NULL : blocks->people->col[rb->list].start;
	struct key_set wanted = wanted_keys(blocks, rb, form);
	uint64_t *to = s->entry;
	uint32_t i, j;

	for (i = 0; i < blocks->people->n; i++) {
		uint32_t rank = blocks->rank[i], n = start ? start[i + 1] - start[i] : 1;
		uint32_t thing = start ? blocks->places[rb->list].start[rank] : rank;

		for (j = 0; j < n; j++) {
			uint64_t key = crm_key_number(form, 0, start ? start[i] + j : 0, i);

			if (key && (!wanted.slot || wanted.slot[key_slot(&wanted, key)]))
				crm_sorting_put(s, &to, key, thing + j);
		}
	}
	s->n = (size_t)(to - s->entry);
	free(wanted.slot);
}

static uint64_t pairs_of(uint64_t n)
{
	return n * (n - 1) / 2;
}

static void close_ring(struct rule_blocks *rb, uint64_t *e, size_t n, uint64_t things)
{
	size_t i;

	crm_sort_numbers(e, n);
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
			 const struct crm_sorting *s, size_t i, size_t *m)
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
static size_t take_blocks(struct crm_blocks *blocks, struct rule_blocks *rb, struct crm_sorting *s,
			  const struct crm_key_form *longer, bool first)
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
			uint64_t key = crm_key_number(longer, large, place, record);

			if (key)
				crm_sorting_put(s, &to, key, thing);
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
	struct crm_sorting s = {.thing_bits = crm_bits_of(rb->n)};
	int most_bits = 64 - s.thing_bits, level;
	struct crm_key_form form;
	uint32_t i;

	if (rb->next || rule->n_keys == 0) /* taken over from another plan; or not wanted */
		return;
	s.entry = crm_malloc(((size_t)rb->n + 1) * sizeof(*s.entry));
	s.spare = crm_malloc(((size_t)rb->n + 1) * sizeof(*s.spare));
	rb->next = crm_malloc(((size_t)rb->n + 1) * sizeof(*rb->next));
	for (i = 0; i < rb->n; i++)
		rb->next[i] = i;
	crm_key_form(&form, blocks->people, 1, rule->key, rule->n_keys, most_bits);
	first_keys(blocks, rb, &form, &s);
	for (level = 0; s.n > 0; level++) {
		bool more = level < rule->n_divide;

		crm_bring_together(&s);
		if (more)
			crm_key_form(&form, blocks->people, s.n / blocks->plan.cap + 1,
				     &rule->divide[level], 1, most_bits);
		crm_sorting_swap(&s, take_blocks(blocks, rb, &s, more ? &form : NULL, level == 0));
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
	struct crm_sorting s = {.thing_bits = crm_bits_of(n)};
	struct crm_key_form form;
	uint64_t *to;

	s.entry = to = crm_malloc(((size_t)n + 1) * sizeof(*s.entry));
	s.spare = crm_malloc(((size_t)n + 1) * sizeof(*s.spare));
	crm_key_form(&form, blocks->people, 1, part, part != NULL, 64 - s.thing_bits);
	for (i = 0; i < n; i++)
		crm_sorting_put(&s, &to, part ? crm_key_number(&form, 0, 0, i) : 0, i);
	s.n = n;
	crm_bring_together(&s);
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
	uint32_t i;

	blocks->people = people;
	blocks->wanted = wanted;
	for (i = 0; wanted && i < people->n; i++)
		blocks->n_wanted += wanted[i];
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

const struct crm_people *crm_blocks_people(const struct crm_blocks *blocks)
{
	return blocks->people;
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
	struct crm_str masked = CRM_STR_INIT;

	if (key == 0)
		return;
	if (p->spec->column[crm_column_base(p->spec, column)].as == CRM_AS_ID) {
		crm_id_mask(crm_pool_get(p->col[column].keys, key), &masked);
		crm_json_string(out, (struct crm_slice){masked.ptr, masked.len});
		crm_str_release(&masked);
	} else if (p->col[column].keys)
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
		struct crm_key_side a = crm_key_side(p, key->a);
		uint32_t v = crm_key_value(&a, place, record);

		add_value(p, key->a, v, out);
		if (key->how == CRM_KEY_SORTED || (key->how == CRM_KEY_EITHER && v == 0)) {
			a = crm_key_side(p, key->b);
			add_value(p, key->b, crm_key_value(&a, place, record), out);
		}
	}
	crm_json_close(out, ']');
}

double crm_blocks_guess(const struct crm_people *people, const struct crm_block_rule *rule)
{
	uint32_t n = people->n, i;
	struct crm_sorting s = {.thing_bits = crm_bits_of(n)};
	struct crm_key_form form;
	size_t run, k;
	double pairs = 0;
	uint64_t *to;

	s.entry = to = crm_malloc(((size_t)n / GUESS_STEP + 1) * sizeof(*s.entry));
	s.spare = crm_malloc(((size_t)n / GUESS_STEP + 1) * sizeof(*s.spare));
	crm_key_form(&form, people, 1, rule->key, rule->n_keys, 64 - s.thing_bits);
	for (i = 0; i < n; i += GUESS_STEP) {
		uint64_t key = crm_key_number(&form, 0, 0, i);

		if (key)
			crm_sorting_put(&s, &to, key, i);
	}
	s.n = (size_t)(to - s.entry);
	crm_bring_together(&s);
	for (k = 0, run = 0; k < s.n; k++) {
		bool same = k > 0 && s.entry[k] >> s.thing_bits == s.entry[k - 1] >> s.thing_bits;

		run = same ? run + 1 : 0;
		pairs += (double)run; /* with those of its run before it */
	}
	free(s.entry);
	free(s.spare);
	return pairs * GUESS_STEP * GUESS_STEP;
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

	crm_sort_numbers(g->at, g->n);
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

		if (!blocks->rule[r].next)
			continue;
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
