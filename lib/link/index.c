/* SPDX-License-Identifier: MIT */
/* Blocks that are looked up; see index.h. */
#include "link/index.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/table.h"
#include "link/growing.h"
#include "link/key.h"
#include "link/work.h"

/* People whose values are told by hashes, which are the same in all people. */
struct hashed {
	const struct crm_people *p;
	uint64_t *hash[CRM_COLUMNS]; /* key → its hash, not 0; NULL: not needed */
	struct crm_key_side side[CRM_COLUMNS];
};

/* Which records have a key of a rule: entries in buckets by the upper bits of the hash, with
 * 32 bits more of it and the record. */
struct rule_index {
	const struct crm_block_rule *rule;
	int list; /* base column; -1: none */
	int shift;
	uint32_t *start; /* bucket → its first entry */
	uint64_t *entry;
};

/* A key of a record that was added since. */
struct fresh_key {
	uint64_t hash;
	uint32_t record;
	int rule;
};

struct crm_index {
	struct crm_plan plan;
	uint64_t needed; /* columns that rules use, as bits */
	struct hashed people;
	struct rule_index rule[CRM_RULES];
	/* Of records that were added. */
	uint32_t n;
	struct crm_table table;
	struct fresh_key *keys;
	size_t n_keys, cap_keys;
	uint64_t (*divide)[CRM_RULES][CRM_KEYS]; /* record → what divides large blocks */
	size_t cap_divide;
};

void crm_records_add(struct crm_records *r, uint32_t record)
{
	CRM_GROW(r->record, r->n + 1, r->cap);
	r->record[r->n++] = record;
}

/* ---- values as hashes ---- */

static void hashed_init(struct hashed *h, const struct crm_people *p, uint64_t columns)
{
	uint32_t k;
	int i;

	*h = (struct hashed){.p = p};
	for (i = 0; i < p->spec->n_columns; i++) {
		if (!(columns >> i & 1))
			continue;
		h->side[i] = crm_key_side(p, i);
		h->hash[i] = crm_calloc((size_t)p->col[i].n_keys + 1, sizeof(**h->hash));
		for (k = 1; k <= p->col[i].n_keys; k++)
			h->hash[i][k] = crm_value_hash(p, i, k);
	}
}

static void hashed_release(struct hashed *h)
{
	int i;

	for (i = 0; i < CRM_COLUMNS; i++)
		free(h->hash[i]);
}

static uint64_t side_hash(const struct hashed *h, int column, uint32_t place, uint32_t record)
{
	return h->hash[column][crm_key_value(&h->side[column], place, record)];
}

/* Adds a part of a key to a hash; 0: the record lacks it. */
static uint64_t part_hash(const struct hashed *h, const struct crm_block_key *key, uint64_t hash,
			  uint32_t place, uint32_t record)
{
	uint64_t a = side_hash(h, key->a, place, record), b;

	if (key->how == CRM_KEY_EITHER && a == 0)
		a = side_hash(h, key->b, place, record);
	if (a == 0)
		return 0;
	if (key->how == CRM_KEY_SORTED) {
		if ((b = side_hash(h, key->b, place, record)) == 0)
			return 0;
		hash = crm_hash64_with(hash, a < b ? a : b);
		a = a < b ? b : a;
	}
	return crm_hash64_with(hash, a) | 1;
}

static uint64_t rule_hash(const struct hashed *h, const struct crm_block_rule *rule, uint32_t place,
			  uint32_t record)
{
	uint64_t hash = 1;
	int k;

	for (k = 0; k < rule->n_keys && hash; k++)
		hash = part_hash(h, &rule->key[k], hash, place, record);
	return rule->n_keys ? hash : 0;
}

/* ---- the index ---- */

static int list_of(const struct crm_people *p, const struct crm_block_rule *rule)
{
	int k;

	for (k = 0; k < rule->n_keys; k++)
		if (p->col[crm_column_base(p->spec, rule->key[k].a)].start)
			return crm_column_base(p->spec, rule->key[k].a);
	return -1;
}

/* Calls each for every key that a record has by a rule. */
static void each_key(const struct hashed *h, const struct rule_index *x, uint32_t record,
		     void (*each)(void *data, uint64_t hash, uint32_t record), void *data)
{
	const uint32_t *start = x->list < 0 ? NULL : h->p->col[x->list].start;
	uint32_t place = start ? start[record] : 0, end = start ? start[record + 1] : 1;

	for (; place < end; place++) {
		uint64_t hash = rule_hash(h, x->rule, place, record);

		if (hash)
			each(data, hash, record);
	}
}

static uint64_t entry_of(const struct rule_index *x, uint64_t hash, uint32_t record)
{
	return hash << (64 - x->shift) >> 32 << 32 | record;
}

/* Keys of all records, before they are in buckets. */
struct gathered {
	uint64_t *hash;
	uint32_t *record;
	size_t n, cap_hash, cap_record;
};

static void gather(void *data, uint64_t hash, uint32_t record)
{
	struct gathered *g = data;

	CRM_GROW(g->hash, g->n + 1, g->cap_hash);
	CRM_GROW(g->record, g->n + 1, g->cap_record);
	g->hash[g->n] = hash;
	g->record[g->n++] = record;
}

static void build_index(void *data, size_t rule)
{
	struct crm_index *index = data;
	struct rule_index *x = &index->rule[rule];
	const struct crm_people *p = index->people.p;
	struct gathered g = {0};
	uint32_t buckets, i;
	size_t k;

	x->rule = &index->plan.rule[rule];
	x->list = list_of(p, x->rule);
	x->shift = 64 - (crm_bits_of(p->n / 4) + 1);
	buckets = 1u << (64 - x->shift);
	x->start = crm_calloc((size_t)buckets + 2, sizeof(*x->start));
	for (i = 0; i < p->n; i++)
		each_key(&index->people, x, i, gather, &g);
	for (k = 0; k < g.n; k++)
		x->start[(g.hash[k] >> x->shift) + 1]++;
	for (i = 0; i < buckets; i++)
		x->start[i + 1] += x->start[i];
	x->entry = crm_malloc((g.n + 1) * sizeof(*x->entry));
	for (k = 0; k < g.n; k++)
		x->entry[x->start[g.hash[k] >> x->shift]++] = entry_of(x, g.hash[k], g.record[k]);
	free(g.hash);
	free(g.record);
	for (i = buckets; i > 0; i--) /* each is where the next one began */
		x->start[i] = x->start[i - 1];
	x->start[0] = 0;
}

static void need(struct crm_index *index, const struct crm_block_key *keys, int n)
{
	int k;

	for (k = 0; k < n; k++) {
		index->needed |= 1ull << keys[k].a;
		if (keys[k].how != CRM_KEY_PLAIN)
			index->needed |= 1ull << keys[k].b;
	}
}

struct crm_index *crm_index_new(const struct crm_people *people, const struct crm_plan *plan,
				unsigned int threads)
{
	struct crm_index *index = crm_calloc(1, sizeof(*index));
	int r;

	index->plan = *plan;
	for (r = 0; r < plan->n; r++) {
		need(index, plan->rule[r].key, plan->rule[r].n_keys);
		need(index, plan->rule[r].divide, plan->rule[r].n_divide);
	}
	hashed_init(&index->people, people, index->needed);
	crm_work(threads, (size_t)plan->n, build_index, index);
	return index;
}

void crm_index_free(struct crm_index *index)
{
	int r;

	if (!index)
		return;
	for (r = 0; r < CRM_RULES; r++) {
		free(index->rule[r].start);
		free(index->rule[r].entry);
	}
	hashed_release(&index->people);
	crm_table_release(&index->table);
	free(index->keys);
	free(index->divide);
	free(index);
}

/* ---- the records that one meets ---- */

/* The record asked for has number in all rules: self at record. */
struct asking {
	const struct crm_index *index;
	const struct hashed *self;
	uint32_t record, number;
	int rule;
	size_t first; /* in out, of those met by the key at hand */
	struct crm_records *out;
};

static uint64_t divided(const struct asking *a, uint32_t number, int k)
{
	const struct crm_index *x = a->index;

	return number >= x->people.p->n
		       ? x->divide[number - x->people.p->n][a->rule][k]
		       : part_hash(&x->people, &x->plan.rule[a->rule].divide[k], 1, 0, number);
}

/* A block above the cap is divided as block.h says. */
static void divide(const struct asking *a)
{
	const struct crm_block_rule *rule = &a->index->plan.rule[a->rule];
	struct crm_records *out = a->out;
	size_t i, kept;
	int k;

	for (k = 0; out->n - a->first >= a->index->plan.cap; k++) {
		uint64_t own = k < rule->n_divide
				       ? part_hash(a->self, &rule->divide[k], 1, 0, a->record)
				       : 0;

		for (i = kept = a->first; i < out->n && own; i++)
			if (divided(a, out->record[i], k) == own)
				out->record[kept++] = out->record[i];
		out->n = own ? kept : a->first;
	}
}

static void meet(void *data, uint64_t hash, uint32_t record)
{
	struct asking *a = data;
	const struct crm_index *index = a->index;
	const struct rule_index *x = &index->rule[a->rule];
	struct crm_probe p = crm_table_probe(&index->table, hash ^ (uint64_t)a->rule);
	uint32_t i;

	(void)record;
	a->first = a->out->n;
	for (i = x->start[hash >> x->shift]; i < x->start[(hash >> x->shift) + 1]; i++)
		if (x->entry[i] >> 32 == entry_of(x, hash, 0) >> 32
		    && (uint32_t)x->entry[i] != a->number)
			crm_records_add(a->out, (uint32_t)x->entry[i]);
	while (crm_table_next(&index->table, &p)) {
		const struct fresh_key *k = &index->keys[p.index];

		if (k->hash == hash && k->rule == a->rule && k->record != a->number)
			crm_records_add(a->out, k->record);
	}
	divide(a);
}

static int ascending(const void *x, const void *y)
{
	const uint32_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

void crm_index_meet(const struct crm_index *index, const struct crm_people *people, uint32_t record,
		    uint32_t number, struct crm_records *out)
{
	struct asking a = {.index = index, .record = record, .number = number, .out = out};
	struct hashed other = {0};
	size_t i, kept = 0;

	if (people != index->people.p)
		hashed_init(&other, people, index->needed);
	a.self = people == index->people.p ? &index->people : &other;
	out->n = 0;
	for (a.rule = 0; a.rule < index->plan.n; a.rule++)
		each_key(a.self, &index->rule[a.rule], record, meet, &a);
	crm_records_add(out, number);
	qsort(out->record, out->n, sizeof(*out->record), ascending);
	for (i = 0; i < out->n; i++)
		if (kept == 0 || out->record[i] != out->record[kept - 1])
			out->record[kept++] = out->record[i];
	out->n = kept;
	hashed_release(&other);
}

/* ---- adding ---- */

struct adding {
	struct crm_index *index;
	int rule;
};

static void add_key(void *data, uint64_t hash, uint32_t record)
{
	const struct adding *a = data;
	struct crm_index *x = a->index;

	(void)record;
	CRM_GROW(x->keys, x->n_keys + 1, x->cap_keys);
	crm_table_add(&x->table, hash ^ (uint64_t)a->rule, (uint32_t)x->n_keys);
	x->keys[x->n_keys++] = (struct fresh_key){hash, x->people.p->n + x->n, a->rule};
}

void crm_index_add(struct crm_index *x, const struct crm_people *one)
{
	struct adding a = {.index = x};
	struct hashed self;
	int k;

	hashed_init(&self, one, x->needed);
	CRM_GROW(x->divide, (size_t)x->n + 1, x->cap_divide);
	for (a.rule = 0; a.rule < x->plan.n; a.rule++) {
		const struct crm_block_rule *rule = &x->plan.rule[a.rule];

		each_key(&self, &x->rule[a.rule], 0, add_key, &a);
		for (k = 0; k < rule->n_divide; k++)
			x->divide[x->n][a.rule][k] = part_hash(&self, &rule->divide[k], 1, 0, 0);
	}
	x->n++;
	hashed_release(&self);
}
