/* SPDX-License-Identifier: MIT */
/* The stages key and score; see shard.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "link/compare.h"
#include "link/explain.h"
#include "link/groups.h"
#include "link/key.h"
#include "link/shard_parts.h"
#include "link/single.h"
#include "link/standing.h"
#include "link/together.h"

#define PART_END '\x1e' /* behind each text of a key */

/* ---- keys ---- */

/* The text of a part of a key: none where the record lacks it. */
static bool part_text(const struct crm_people *p, int column, uint32_t place, uint32_t record,
		      struct crm_str *out)
{
	struct crm_key_side side = crm_key_side(p, column);
	uint32_t v = crm_key_value(&side, place, record);

	if (v == 0)
		return false;
	crm_people_value_text(p, column, v, out);
	return true;
}

/* Two texts in their order. */
static void add_sorted(struct crm_str *key, struct crm_slice a, struct crm_slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.ptr, b.ptr, n) : 0;
	bool swapped = order > 0 || (order == 0 && a.len > b.len);

	if (swapped) {
		struct crm_slice c = a;

		a = b;
		b = c;
	}
	crm_str_add(key, a.ptr, a.len);
	crm_str_addc(key, PART_END);
	crm_str_add(key, b.ptr, b.len);
}

/* Appends the key of a record by a rule; false: it has none. */
static bool write_key(struct crm_shard *s, int r, uint32_t place, uint32_t record,
		      struct crm_str *out)
{
	const struct crm_block_rule *rule = &s->whole->plan.rule[r];
	const struct crm_people *p = s->link.people;
	struct crm_str *text = &s->value, *a = &s->scope;
	struct crm_str b = CRM_STR_INIT;
	struct crm_digest digest;
	bool all = true;
	int k;

	crm_str_clear(text);
	for (k = 0; k < rule->n_keys && all; k++) {
		const struct crm_block_key *key = &rule->key[k];

		crm_str_clear(a);
		crm_str_clear(&b);
		all = part_text(p, key->a, place, record, a);
		if (!all && key->how == CRM_KEY_EITHER)
			all = part_text(p, key->b, place, record, a);
		if (all && key->how == CRM_KEY_SORTED) {
			all = part_text(p, key->b, place, record, &b);
			add_sorted(text, crm_str_slice(a), crm_str_slice(&b));
		} else {
			crm_str_add(text, a->ptr, a->len);
		}
		crm_str_addc(text, PART_END);
	}
	crm_str_release(&b);
	if (!all)
		return false;
	digest = crm_digest_of(text->ptr, text->len);
	crm_str_addf(out, "%02x", (unsigned int)r);
	crm_digest_hex(&digest, out);
	return true;
}

/* The places of a record in the list that a rule is on: the first, and how many. */
static uint32_t places_of(const struct crm_people *p, const struct crm_block_rule *rule,
			  uint32_t record, uint32_t *n)
{
	int k;

	*n = 1;
	for (k = 0; k < rule->n_keys; k++) {
		const struct crm_column *c = &p->col[crm_column_base(p->spec, rule->key[k].a)];

		if (!c->start)
			continue;
		*n = c->start[record + 1] - c->start[record];
		return c->start[record];
	}
	return 0;
}

static void add_line(const struct crm_shard *s, const struct crm_shard_entry *e,
		     struct crm_str *out)
{
	crm_str_addc(out, '\t');
	crm_str_add(out, s->text.ptr + e->at, e->len);
	crm_str_addc(out, '\n');
}

/* A key for each two of which a human said that they are one person's, so that they meet. */
static void write_decided(const struct crm_shard *s, struct crm_str *out)
{
	const struct crm_shard_entry **of = crm_calloc((size_t)s->link.people->n + 1, sizeof(*of));
	size_t i;
	int side;

	for (i = 0; i < s->n; i++)
		of[s->entry[i].record] = &s->entry[i];
	for (i = 0; i < s->whole->n_decided; i++) {
		const struct crm_whole_decided *d = &s->whole->decided[i];
		int64_t pair[2] = {d->a, d->b};
		struct crm_digest digest = crm_digest_of(pair, sizeof(pair));

		for (side = 0; side < 2 && d->same; side++) {
			int64_t record = crm_people_find(s->link.people, pair[side]);

			if (record < 0)
				continue;
			crm_str_addf(out, "%02x", CRM_KEY_DECIDED);
			crm_digest_hex(&digest, out);
			add_line(s, of[record], out);
		}
	}
	free(of);
}

void crm_shard_key(struct crm_shard *s, struct crm_str *out)
{
	size_t i;
	int r;

	crm_shard_people(s);
	for (i = 0; i < s->n; i++) {
		const struct crm_shard_entry *e = &s->entry[i];

		for (r = 0; r < s->whole->plan.n; r++) {
			const struct crm_block_rule *rule = &s->whole->plan.rule[r];
			uint32_t n, j, first = places_of(s->link.people, rule, e->record, &n);

			for (j = 0; j < n; j++)
				if (write_key(s, r, first + j, e->record, out))
					add_line(s, e, out);
		}
	}
	write_decided(s, out);
	crm_shard_clear(s);
}

/* ---- pairs ---- */

/* Records of a block, while it is divided. */
struct member {
	uint64_t key;
	uint32_t record, place;
};

struct pairs {
	uint64_t *pair; /* a << 32 | b */
	size_t n, cap;
};

static int member_order(const void *x, const void *y)
{
	const struct member *a = x, *b = y;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return (a->record > b->record) - (a->record < b->record);
}

static void add_pairs(struct pairs *out, const struct member *m, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++)
		for (k = i + 1; k < n; k++) {
			uint32_t a = m[i].record, b = m[k].record;

			CRM_GROW(out->pair, out->n + 1, out->cap);
			out->pair[out->n++] = a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
		}
}

/* The pairs of a block; one above the cap is divided by the rule's further keys from number
 * level on, as link/block.h does it. */
static void divide(const struct crm_shard *s, int r, int level, struct member *m, size_t n,
		   struct pairs *out)
{
	const struct crm_block_rule *rule = &s->whole->plan.rule[r];
	struct crm_key_form form;
	size_t i, end, kept = 0;

	if (n <= s->whole->plan.cap)
		add_pairs(out, m, n);
	if (n <= s->whole->plan.cap || level >= rule->n_divide)
		return;
	crm_key_form(&form, s->link.people, 1, &rule->divide[level], 1, 64);
	for (i = 0; i < n; i++) {
		m[i].key = crm_key_number(&form, 0, m[i].place, m[i].record);
		if (m[i].key)
			m[kept++] = m[i];
	}
	qsort(m, kept, sizeof(*m), member_order);
	for (i = 0; i < kept; i = end) {
		for (end = i + 1; end < kept && m[end].key == m[i].key; end++)
			;
		divide(s, r, level + 1, m + i, end - i, out);
	}
}

/* Where the value is in the record's list that gave it this key: the first place that does. */
static uint32_t place_of(struct crm_shard *s, int r, const struct crm_shard_group *g,
			 uint32_t record)
{
	uint32_t n, j, first = places_of(s->link.people, &s->whole->plan.rule[r], record, &n);
	struct crm_str key = CRM_STR_INIT;

	for (j = 0; n > 1 && j < n; j++) {
		crm_str_clear(&key);
		if (write_key(s, r, first + j, record, &key)
		    && !memcmp(key.ptr, g->key, CRM_KEY_LEN))
			break;
	}
	crm_str_release(&key);
	return n > 1 && j < n ? first + j : first;
}

static void pairs_of_group(struct crm_shard *s, const struct crm_shard_group *g, struct pairs *out)
{
	struct member *m = crm_calloc(g->n + 1, sizeof(*m));
	int r = crm_shard_rule(s, g->key);
	size_t i, n = 0;

	for (i = 0; i < g->n; i++)
		m[i].record = s->entry[g->first + i].record;
	qsort(m, g->n, sizeof(*m), member_order);
	for (i = 0; i < g->n; i++) /* two addresses, one mailbox: once */
		if (n == 0 || m[i].record != m[n - 1].record)
			m[n++] = m[i];
	for (i = 0; n > s->whole->plan.cap && i < n; i++)
		m[i].place = place_of(s, r, g, m[i].record);
	divide(s, r, 0, m, n, out);
	free(m);
}

/* ---- scores ---- */

/* Two of which a human said that they are one. */
static void add_decided(struct crm_shard *s, const struct crm_shard_group *g, bool all_pairs)
{
	const struct crm_people *p = s->link.people;
	uint32_t a = s->entry[g->first].record, b = s->entry[g->first + g->n - 1].record;

	if (a == b || (!all_pairs && p->person[a] == p->person[b]))
		return;
	CRM_GROW(s->link.pairs, s->link.n_pairs + 1, s->cap_pairs);
	s->link.pairs[s->link.n_pairs++] =
		(struct crm_pair){a < b ? a : b, a < b ? b : a, INFINITY, 0};
}

static void score_pairs(struct crm_shard *s, const struct pairs *pairs, double least,
			bool all_pairs)
{
	struct crm_link *l = &s->link;
	signed char level[CRM_COMPARISONS];
	size_t i;

	for (i = 0; i < pairs->n; i++) {
		uint32_t a = (uint32_t)(pairs->pair[i] >> 32), b = (uint32_t)pairs->pair[i];
		uint32_t pattern;
		double w;

		if (i > 0 && pairs->pair[i] == pairs->pair[i - 1])
			continue;
		crm_compare(l->people, a, b, level);
		pattern = crm_pattern(l->spec, level);
		w = crm_scorer_weight(l->scorer, a, b, pattern);
		if (w < least || crm_single_both(l, a, b) || crm_link_settled(l, a, b, all_pairs))
			continue;
		CRM_GROW(l->pairs, l->n_pairs + 1, s->cap_pairs);
		l->pairs[l->n_pairs++] = (struct crm_pair){a, b, (float)w, pattern};
	}
}

void crm_shard_score(struct crm_shard *s, double threshold, bool all_pairs, struct crm_str *out)
{
	double least = crm_groups_from(&s->link, threshold);
	struct pairs pairs = {NULL, 0, 0};
	size_t i;

	crm_shard_people(s);
	crm_shard_decisions(s);
	s->link.scorer = crm_scorer_new(&s->link.model, s->link.people);
	for (i = 0; i < s->n_groups; i++) {
		int rule = crm_shard_rule(s, s->group[i].key);

		if (rule == CRM_KEY_DECIDED)
			add_decided(s, &s->group[i], all_pairs);
		else if (rule >= 0)
			pairs_of_group(s, &s->group[i], &pairs);
	}
	if (pairs.n > 0)
		crm_sort_numbers(pairs.pair, pairs.n);
	score_pairs(s, &pairs, least, all_pairs);
	crm_link_explain_to(&s->link, out);
	free(pairs.pair);
	crm_shard_clear(s);
}
