/* SPDX-License-Identifier: MIT */
/* Matches of single profiles; see live.h. */
#include "link/live.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/table.h"
#include "link/compare.h"
#include "link/explain.h"
#include "link/key.h"
#include "link/refusal.h"
#include "link/work.h"

static const char SQL_PERSONS[] =
	"SELECT p.id, q.canon_id FROM profile AS p JOIN person AS q ON q.id = p.person_id"
	" WHERE p.id IN (SELECT value FROM json_each(:ids))";

/* People whose values are told by hashes, which are the same in all people. */
struct hashed {
	const struct crm_people *p;
	uint64_t *hash[CRM_COLUMNS]; /* key → its hash, not 0; NULL: not needed */
	struct crm_key_side side[CRM_COLUMNS];
};

/* Which records have a key of a rule: entries in buckets by the upper bits of the hash, with
 * 32 bits more of it and the record. */
struct index {
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

struct value_count {
	uint64_t hash; /* of column and value */
	uint32_t n;
};

struct crm_live {
	struct crm_db *db;
	const struct crm_link *base;
	const struct crm_link_options *options;
	struct crm_plan *plan;
	uint64_t needed; /* columns that rules use, as bits */
	struct hashed people;
	struct index index[CRM_RULES];
	bool *asked; /* of the base's records */
	/* Profiles that came since. */
	struct crm_people *fresh; /* never finished */
	struct crm_table fresh_table;
	struct fresh_key *keys;
	size_t n_keys, cap_keys;
	uint64_t (*divide)[CRM_RULES][CRM_KEYS]; /* record → what divides large blocks */
	size_t cap_divide;
	struct crm_table count_table;
	struct value_count *counts; /* records that have a value */
	size_t n_counts, cap_counts;
	uint32_t known[CRM_COLUMNS];
	double pairs[CRM_COLUMNS]; /* of records with an equal value, counted twice, in all */
	/* For one profile. */
	uint32_t *mate; /* base's records, then fresh ones */
	size_t n_mates, cap_mates;
};

/* ---- values as hashes ---- */

static uint64_t value_hash(const struct crm_people *p, int column, uint32_t key)
{
	const struct crm_column *c = &p->col[column];
	struct crm_slice s = c->keys ? crm_pool_get(c->keys, key) : CRM_SLICE("");
	uint64_t h = c->keys ? crm_hash64(s.ptr, s.len) : crm_hash64_with(0, key);

	if (c->scope) {
		s = crm_pool_get(&p->scopes, c->scope[key]);
		h = crm_hash64_with(h, crm_hash64(s.ptr, s.len));
	}
	return h | 1;
}

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
			h->hash[i][k] = value_hash(p, i, k);
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
static void each_key(const struct hashed *h, const struct index *x, uint32_t record,
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

static uint64_t entry_of(const struct index *x, uint64_t hash, uint32_t record)
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
	struct crm_live *live = data;
	struct index *x = &live->index[rule];
	const struct crm_people *p = live->people.p;
	struct gathered g = {0};
	uint32_t buckets, i;
	size_t k;

	x->rule = &live->plan->rule[rule];
	x->list = list_of(p, x->rule);
	x->shift = 64 - (crm_bits_of(p->n / 4) + 1);
	buckets = 1u << (64 - x->shift);
	x->start = crm_calloc((size_t)buckets + 2, sizeof(*x->start));
	for (i = 0; i < p->n; i++)
		each_key(&live->people, x, i, gather, &g);
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

static void need(struct crm_live *live, const struct crm_block_key *keys, int n)
{
	int k;

	for (k = 0; k < n; k++) {
		live->needed |= 1ull << keys[k].a;
		if (keys[k].how != CRM_KEY_PLAIN)
			live->needed |= 1ull << keys[k].b;
	}
}

static void count_pairs(struct crm_live *live)
{
	const struct crm_people *p = live->people.p;
	uint32_t k;
	int c;

	for (c = 0; c < p->spec->n_columns; c++)
		for (k = 1; p->col[c].count && k <= p->col[c].n_keys; k++)
			live->pairs[c] += (double)p->col[c].count[k] * (p->col[c].count[k] - 1.0);
}

enum crm_status crm_live_new(struct crm_db *db, const struct crm_link *base,
			     const struct crm_link_options *options, struct crm_live **out)
{
	struct crm_live *live = *out = crm_calloc(1, sizeof(*live));
	int r;

	live->db = db;
	live->base = base;
	live->options = options;
	live->plan = crm_malloc(sizeof(*live->plan));
	if (base->plan)
		*live->plan = *base->plan;
	else
		crm_plan_all(live->plan, base->spec, options->cap ? options->cap : CRM_BLOCK_CAP);
	for (r = 0; r < live->plan->n; r++) {
		need(live, live->plan->rule[r].key, live->plan->rule[r].n_keys);
		need(live, live->plan->rule[r].divide, live->plan->rule[r].n_divide);
	}
	hashed_init(&live->people, base->people, live->needed);
	crm_work(options->threads, (size_t)live->plan->n, build_index, live);
	live->asked = crm_calloc((size_t)base->people->n + 1, sizeof(*live->asked));
	live->fresh = crm_people_new(base->spec);
	for (r = 0; r <= CRM_AS_ID; r++)
		crm_pool_open(&base->people->pool[r]);
	for (r = 0; r < base->spec->n_columns; r++)
		crm_pool_open(&base->people->derived[r]);
	count_pairs(live);
	return CRM_OK;
}

void crm_live_free(struct crm_live *live)
{
	int r;

	if (!live)
		return;
	for (r = 0; r < CRM_RULES; r++) {
		free(live->index[r].start);
		free(live->index[r].entry);
	}
	hashed_release(&live->people);
	crm_people_free(live->fresh);
	crm_table_release(&live->fresh_table);
	crm_table_release(&live->count_table);
	free(live->plan);
	free(live->asked);
	free(live->keys);
	free(live->divide);
	free(live->counts);
	free(live->mate);
	free(live);
}

/* ---- the records that a profile meets ---- */

/* Records are numbered: the base's first, then those that were added. */
static bool is_fresh(const struct crm_live *live, uint32_t record)
{
	return record >= live->people.p->n;
}

static void add_mate(struct crm_live *live, uint32_t record)
{
	CRM_GROW(live->mate, live->n_mates + 1, live->cap_mates);
	live->mate[live->n_mates++] = record;
}

/* What the profile asked for has in all rules: of people that hold it alone. */
struct asking {
	struct crm_live *live;
	const struct hashed *self;
	int rule;
	size_t first; /* of its mates by the key at hand */
};

static uint64_t divided(const struct asking *a, uint32_t record, int k)
{
	struct crm_live *live = a->live;
	const struct crm_block_key *key = &live->plan->rule[a->rule].divide[k];

	return is_fresh(live, record) ? live->divide[record - live->people.p->n][a->rule][k]
				      : part_hash(&live->people, key, 1, 0, record);
}

/* A block above the cap is divided as block.h says. */
static void divide(const struct asking *a)
{
	const struct crm_block_rule *rule = &a->live->plan->rule[a->rule];
	struct crm_live *live = a->live;
	size_t i, kept;
	int k;

	for (k = 0; live->n_mates - a->first >= live->plan->cap; k++) {
		uint64_t own =
			k < rule->n_divide ? part_hash(a->self, &rule->divide[k], 1, 0, 0) : 0;

		for (i = kept = a->first; i < live->n_mates && own; i++)
			if (divided(a, live->mate[i], k) == own)
				live->mate[kept++] = live->mate[i];
		live->n_mates = own ? kept : a->first;
	}
}

static void meet(void *data, uint64_t hash, uint32_t self)
{
	struct asking *a = data;
	struct crm_live *live = a->live;
	const struct index *x = &live->index[a->rule];
	uint64_t key = hash ^ (uint64_t)a->rule;
	struct crm_probe p = crm_table_probe(&live->fresh_table, key);
	uint32_t i;

	(void)self;
	a->first = live->n_mates;
	for (i = x->start[hash >> x->shift]; i < x->start[(hash >> x->shift) + 1]; i++)
		if (x->entry[i] >> 32 == entry_of(x, hash, 0) >> 32)
			add_mate(live, (uint32_t)x->entry[i]);
	while (crm_table_next(&live->fresh_table, &p))
		if (live->keys[p.index].hash == hash && live->keys[p.index].rule == a->rule)
			add_mate(live, live->keys[p.index].record);
	divide(a);
}

static int ascending(const void *x, const void *y)
{
	const uint32_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

/* The profiles of the base and the fresh ones both ascend, and the fresh are newer. */
static void find_mates(struct crm_live *live, const struct hashed *self, uint32_t record)
{
	struct asking a = {.live = live, .self = self};
	size_t i, kept = 0;

	live->n_mates = 0;
	for (a.rule = 0; a.rule < live->plan->n; a.rule++)
		each_key(self, &live->index[a.rule], 0, meet, &a);
	add_mate(live, record);
	qsort(live->mate, live->n_mates, sizeof(*live->mate), ascending);
	for (i = 0; i < live->n_mates; i++) {
		uint32_t m = live->mate[i];
		bool both = !is_fresh(live, m) && !is_fresh(live, record);

		if ((kept > 0 && m == live->mate[kept - 1])
		    || (m != record && both && live->asked[m]))
			continue;
		live->mate[kept++] = m;
	}
	live->n_mates = kept;
}

/* ---- people of a few records ---- */

static void copy_list(struct crm_people *to, const struct crm_people *from, int column,
		      uint32_t record)
{
	const struct crm_column *c = &from->col[column];
	enum crm_column_as as = from->spec->column[column].as;
	const uint32_t *scopes =
		as >= CRM_AS_HANDLE ? from->scoped[as - CRM_AS_HANDLE].scope : NULL;
	size_t i = c->start[record], end = c->n_value;

	if (record + 1 < from->n)
		end = c->start[record + 1];
	for (; i < end; i++)
		crm_people_put(to, column,
			       scopes ? crm_pool_get(&from->scopes, scopes[c->value[i]])
				      : CRM_SLICE(""),
			       crm_pool_get(&from->pool[as], c->value[i]));
}

static void copy_record(const struct crm_live *live, struct crm_people *to, uint32_t record)
{
	const struct crm_people *from = live->people.p;
	int i;

	if (is_fresh(live, record)) {
		record -= from->n;
		from = live->fresh;
	}
	crm_people_add(to, from->profile[record], from->person[record], from->source[record],
		       crm_pool_get(&from->name, from->raw_name[record]));
	for (i = 0; i < from->spec->n_base; i++)
		if (from->spec->column[i].list)
			copy_list(to, from, i, record);
		else
			crm_people_put(to, i, CRM_SLICE(""),
				       crm_pool_get(&from->col[i].shown, from->col[i].raw[record]));
}

static struct crm_people *few_people(const struct crm_live *live, const uint32_t *records, size_t n)
{
	struct crm_people *p = crm_people_new(live->base->spec);
	size_t i;

	p->like = live->people.p;
	for (i = 0; i < n; i++)
		copy_record(live, p, records[i]);
	crm_people_finish(p, 1);
	return p;
}

/* ---- frequencies ---- */

static struct value_count *find_count(struct crm_live *live, int column, uint64_t value, bool add)
{
	uint64_t hash = crm_hash64_with(value, (uint64_t)column);
	struct crm_probe p = crm_table_probe(&live->count_table, hash);

	while (crm_table_next(&live->count_table, &p))
		if (live->counts[p.index].hash == hash)
			return &live->counts[p.index];
	if (!add)
		return NULL;
	CRM_GROW(live->counts, live->n_counts + 1, live->cap_counts);
	crm_table_add(&live->count_table, hash, (uint32_t)live->n_counts);
	live->counts[live->n_counts] = (struct value_count){hash, 0};
	return &live->counts[live->n_counts++];
}

/* The number that a value of few has in the base; 0: none. Of values within scopes it is only
 * known where a record of the base has it, see count_scoped. */
static uint32_t base_key(const struct crm_live *live, const struct crm_people *few, int column,
			 uint32_t key)
{
	const struct crm_column *base = &live->people.p->col[column];

	if (!few->col[column].keys)
		return key <= base->n_keys ? key : 0;
	return few->col[column].scope
		       ? 0
		       : crm_pool_find(base->keys, crm_pool_get(few->col[column].keys, key));
}

/* How many have a value, without scopes. */
static uint32_t count_of(struct crm_live *live, const struct crm_people *few, int column,
			 uint32_t key)
{
	const struct value_count *more =
		live->n_counts ? find_count(live, column, value_hash(few, column, key), false)
			       : NULL;
	uint32_t at = base_key(live, few, column, key);

	return (at ? live->people.p->col[column].count[at] : 0) + (more ? more->n : 0);
}

static void count_scoped(struct crm_live *live, struct crm_people *few, int column)
{
	const struct crm_people *base = live->people.p;
	struct crm_values x, y;
	uint32_t i, k;

	for (i = 0; i < few->n; i++) {
		if (is_fresh(live, live->mate[i]))
			continue;
		x = crm_values_of(few, column, i);
		y = crm_values_of(base, column, live->mate[i]);
		for (k = 0; k < x.n && k < y.n; k++)
			few->col[column].count[x.value[k]] = count_of(live, few, column, x.value[k])
							     + base->col[column].count[y.value[k]];
	}
}

/* The counts of a few people become those of the whole store. */
static void count_as_all(struct crm_live *live, struct crm_people *few)
{
	const struct crm_people *base = live->people.p;
	uint32_t k;
	int c;

	for (c = 0; c < few->spec->n_columns; c++) {
		struct crm_column *column = &few->col[c];
		double known = (double)base->col[c].known + live->known[c];

		for (k = 1; column->count && k <= column->n_keys; k++)
			column->count[k] = count_of(live, few, c, k);
		if (column->count && column->scope)
			count_scoped(live, few, c);
		column->known = (uint32_t)known;
		column->met = known < 2 ? 0 : live->pairs[c] / (known * (known - 1));
	}
}

/* The profile that self holds was not there when people were read: it counts from now on, and
 * makes two pairs with each that has an equal value. */
static void count_fresh(struct crm_live *live, const struct crm_people *self)
{
	uint32_t k;
	int c;

	for (c = 0; c < self->spec->n_columns; c++) {
		for (k = 1; self->col[c].count && k <= self->col[c].n_keys; k++) {
			if (self->col[c].count[k] == 0)
				continue;
			live->pairs[c] += 2.0 * count_of(live, self, c, k);
			find_count(live, c, value_hash(self, c, k), true)->n++;
		}
		live->known[c] += self->col[c].count ? self->col[c].known : 0;
	}
}

/* ---- asking ---- */

static void add_key(void *data, uint64_t hash, uint32_t self)
{
	struct asking *a = data;
	struct crm_live *live = a->live;

	(void)self;
	CRM_GROW(live->keys, live->n_keys + 1, live->cap_keys);
	crm_table_add(&live->fresh_table, hash ^ (uint64_t)a->rule, (uint32_t)live->n_keys);
	live->keys[live->n_keys++] =
		(struct fresh_key){hash, live->people.p->n + live->fresh->n - 1, a->rule};
}

/* Makes the last fresh record known to those that are asked for after it. */
static void add_keys(struct crm_live *live, const struct hashed *self)
{
	struct asking a = {.live = live, .self = self};
	int k;

	CRM_GROW(live->divide, live->fresh->n, live->cap_divide);
	for (a.rule = 0; a.rule < live->plan->n; a.rule++) {
		const struct crm_block_rule *rule = &live->plan->rule[a.rule];

		each_key(self, &live->index[a.rule], 0, add_key, &a);
		for (k = 0; k < rule->n_divide; k++)
			live->divide[live->fresh->n - 1][a.rule][k] =
				part_hash(self, &rule->divide[k], 1, 0, 0);
	}
}

/* Who the few belong to by now. */
static enum crm_status read_persons(struct crm_live *live, struct crm_people *few)
{
	sqlite3_stmt *st = crm_db_stmt(live->db, SQL_PERSONS);
	struct crm_str ids = CRM_STR_INIT;
	enum crm_status rc;
	uint32_t i;
	bool row;

	if (!st)
		return crm_db_err(live->db)->status;
	crm_json_open(&ids, '[');
	for (i = 0; i < few->n; i++)
		crm_json_int(&ids, few->profile[i]);
	crm_json_close(&ids, ']');
	crm_bind_slice(st, ":ids", (struct crm_slice){ids.ptr, ids.len});
	while ((rc = crm_db_step(live->db, st, &row)) == CRM_OK && row) {
		int64_t record = crm_people_find(few, sqlite3_column_int64(st, 0));

		if (record >= 0)
			few->person[record] = sqlite3_column_int64(st, 1);
	}
	sqlite3_reset(st);
	crm_str_release(&ids);
	return rc;
}

static int best_first(const void *x, const void *y)
{
	const struct crm_pair *p = x, *q = y;

	if (p->weight > q->weight || p->weight < q->weight)
		return p->weight > q->weight ? -1 : 1;
	if (p->a != q->a)
		return p->a < q->a ? -1 : 1;
	return (p->b > q->b) - (p->b < q->b);
}

/* The pairs of the record self with the others in link->people. */
static enum crm_status rate(struct crm_live *live, struct crm_link *link, uint32_t self,
			    double least)
{
	const struct crm_people *p = link->people;
	signed char level[CRM_COMPARISONS];
	enum crm_status rc = CRM_OK;
	bool refused = false;
	uint32_t i;

	link->pairs = crm_malloc(((size_t)p->n + 1) * sizeof(*link->pairs));
	for (i = 0; i < p->n && rc == CRM_OK; i++) {
		uint32_t a = i < self ? i : self, b = i < self ? self : i;
		double weight;

		if (i == self || (!live->options->all_pairs && p->person[a] == p->person[b]))
			continue;
		crm_compare(p, a, b, level);
		weight = crm_scorer_weight(link->scorer, a, b, crm_pattern(p->spec, level));
		if (weight < least)
			continue;
		rc = crm_pair_refused(live->db, p->profile[a], p->profile[b], &refused);
		if (!refused)
			link->pairs[link->n_pairs++] = (struct crm_pair){a, b, (float)weight, 0};
	}
	qsort(link->pairs, link->n_pairs, sizeof(*link->pairs), best_first);
	return rc;
}

/* The matches of record among its mates, of which it is one. */
static enum crm_status match(struct crm_live *live, uint32_t record, double least,
			     struct crm_str *out)
{
	struct crm_people *few = few_people(live, live->mate, live->n_mates);
	struct crm_link link = {
		.spec = live->base->spec, .people = few, .model = live->base->model};
	enum crm_status rc = read_persons(live, few);
	uint32_t self = 0;

	while (live->mate[self] != record)
		self++;
	count_as_all(live, few);
	link.scorer = crm_scorer_new(&link.model, few);
	if (rc == CRM_OK)
		rc = rate(live, &link, self, least);
	if (rc == CRM_OK)
		crm_link_explain_to(&link, out);
	crm_scorer_free(link.scorer);
	crm_people_free(few);
	free(link.pairs);
	return rc;
}

static enum crm_status ask(struct crm_live *live, uint32_t record, double least,
			   struct crm_str *out)
{
	struct crm_people *self = few_people(live, &record, 1);
	struct hashed hashed;
	enum crm_status rc;

	hashed_init(&hashed, self, live->needed);
	find_mates(live, &hashed, record);
	if (is_fresh(live, record)) {
		count_fresh(live, self);
		add_keys(live, &hashed);
	} else {
		live->asked[record] = true;
	}
	rc = match(live, record, least, out);
	hashed_release(&hashed);
	crm_people_free(self);
	return rc;
}

/* The record of a profile, read where it is not known yet; *old: it was asked for before. */
static enum crm_status find_record(struct crm_live *live, int64_t profile, uint32_t *record,
				   bool *old)
{
	int64_t at = crm_people_find(live->people.p, profile);
	enum crm_status rc;
	bool found;

	*old = at >= 0 && live->asked[at];
	*record = (uint32_t)at;
	if (at >= 0)
		return CRM_OK;
	for (*record = 0; *record < live->fresh->n; ++*record)
		if (live->fresh->profile[*record] == profile) {
			*old = true;
			return CRM_OK;
		}
	if ((rc = crm_people_read_one(live->db, live->fresh, profile, &found)) != CRM_OK)
		return rc;
	*record = live->people.p->n + live->fresh->n - 1;
	return found ? CRM_OK
		     : crm_fail(crm_db_err(live->db), CRM_NO_INPUT, "there is no profile %lld",
				(long long)profile);
}

enum crm_status crm_live_ask(struct crm_live *live, int64_t profile, double least,
			     struct crm_str *out)
{
	enum crm_status rc = crm_db_begin_read(live->db);
	uint32_t record;
	bool old;

	if (rc == CRM_OK)
		rc = find_record(live, profile, &record, &old);
	if (rc == CRM_OK && !old)
		rc = ask(live, record, least, out);
	crm_db_rollback(live->db);
	return rc;
}
