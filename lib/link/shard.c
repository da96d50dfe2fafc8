/* SPDX-License-Identifier: MIT */
/* Stages of linkage on parts; see shard.h. */
#include "link/shard.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "link/explain.h"
#include "link/key.h"
#include "link/together.h"

#define KEY_LEN (2 + 2 * CRM_DIGEST_SIZE)
#define DECIDED 0xff    /* in place of a rule: a human said that two records are one person's */
#define PART_END '\x1e' /* behind each text of a key */

/* A line, and where it is in the batch. */
struct entry {
	int64_t profile;
	size_t at, len; /* the record in text */
	uint32_t record;
};

struct group { /* lines of one key */
	char key[KEY_LEN];
	size_t first, n; /* entries */
};

struct crm_shard {
	struct crm_whole *whole;
	struct crm_link link; /* of the batch: its people, pairs, scorer */
	struct crm_str text;  /* of the batch */
	struct entry *entry;
	size_t n, cap;
	struct group *group;
	size_t n_groups, cap_groups;
	size_t cap_pairs; /* of link.pairs */
	struct crm_json_doc doc;
	struct crm_str value, scope;
};

static struct crm_slice slice_of(const struct crm_str *s)
{
	return (struct crm_slice){s->ptr, s->len};
}

/* ---- record lines ---- */

static void write_list(const struct crm_people *p, int column, uint32_t r, struct crm_str *out)
{
	bool scoped = p->spec->column[column].as >= CRM_AS_HANDLE;
	const struct crm_column *c = &p->col[column];
	uint32_t i;

	crm_json_open(out, '[');
	for (i = c->start[r]; i < c->start[r + 1]; i++) {
		if (scoped) {
			crm_json_open(out, '[');
			crm_json_string(out, crm_pool_get(&p->scopes, c->scope[c->value[i]]));
		}
		crm_json_string(out, crm_pool_get(c->keys, c->value[i]));
		if (scoped)
			crm_json_close(out, ']');
	}
	crm_json_close(out, ']');
}

void crm_record_write(const struct crm_people *p, uint32_t r, struct crm_str *out)
{
	int i;

	crm_json_open(out, '{');
	crm_json_put(out, "type", "record");
	crm_json_put_int(out, "profile", p->profile[r]);
	crm_json_put_int(out, "person", p->person[r]);
	crm_json_put_int(out, "source", p->source[r]);
	if (p->raw_name[r]) {
		crm_json_key(out, "name");
		crm_json_string(out, crm_pool_get(&p->name, p->raw_name[r]));
	}
	crm_json_key(out, "values");
	crm_json_open(out, '{');
	for (i = 0; i < p->spec->n_base; i++) {
		const struct crm_column *c = &p->col[i];

		if (c->start ? c->start[r + 1] == c->start[r] : c->raw[r] == 0)
			continue;
		crm_json_key(out, p->spec->column[i].name);
		if (c->start)
			write_list(p, i, r, out);
		else
			crm_json_string(out, crm_pool_get(&c->shown, c->raw[r]));
	}
	crm_json_close(out, '}');
	crm_json_close(out, '}');
	crm_str_addc(out, '\n');
}

/* The number of a member; false where it has none. */
static bool read_int(struct crm_shard *s, const char *name, int64_t *out)
{
	const struct crm_json_value *v = crm_json_member(&s->doc, &s->doc.values[0], name);
	char *end;

	if (!v || v->type != CRM_JSON_NUMBER)
		return false;
	crm_str_clear(&s->value);
	crm_json_text(v, &s->value);
	errno = 0;
	*out = strtoll(s->value.ptr, &end, 10);
	return *end == '\0' && !errno;
}

static void put_text(struct crm_shard *s, struct crm_people *p, int column,
		     const struct crm_json_value *v)
{
	if (v->type != CRM_JSON_STRING && v->type != CRM_JSON_NUMBER)
		return;
	crm_str_clear(&s->value);
	crm_json_text(v, &s->value);
	crm_people_put(p, column, slice_of(&s->scope), slice_of(&s->value));
}

static void put_list(struct crm_shard *s, struct crm_people *p, int column,
		     const struct crm_json_value *list)
{
	const struct crm_json_value *v = list + 1;
	uint32_t i;

	for (i = 0; i < list->count; i++, v = &s->doc.values[v->next]) {
		crm_str_clear(&s->scope);
		if (v->type == CRM_JSON_ARRAY && v->count == 2 && v[1].type == CRM_JSON_STRING) {
			crm_json_text(&v[1], &s->scope);
			put_text(s, p, column, &v[2]);
		} else {
			put_text(s, p, column, v);
		}
	}
}

/* Adds the record of a line that is known to be one. */
static void put_record(struct crm_shard *s, struct crm_people *p, const struct entry *e)
{
	const struct crm_json_value *root, *v, *values;
	int64_t person = e->profile, source = 0;
	int i;

	if (crm_json_scan(&s->doc, s->text.ptr + e->at, e->len) != CRM_OK)
		return;
	root = &s->doc.values[0];
	if (!read_int(s, "person", &person))
		person = e->profile;
	if (!read_int(s, "source", &source))
		source = 0;
	crm_str_clear(&s->value);
	if ((v = crm_json_member(&s->doc, root, "name")) && v->type == CRM_JSON_STRING)
		crm_json_text(v, &s->value);
	crm_people_add(p, e->profile, person, source, slice_of(&s->value));
	values = crm_json_member(&s->doc, root, "values");
	for (i = 0; values && values->type == CRM_JSON_OBJECT && i < p->spec->n_base; i++) {
		if (!(v = crm_json_member(&s->doc, values, p->spec->column[i].name)))
			continue;
		crm_str_clear(&s->scope);
		if (v->type != CRM_JSON_ARRAY)
			put_text(s, p, i, v);
		else if (p->spec->column[i].list)
			put_list(s, p, i, v);
	}
}

/* ---- gathering ---- */

enum crm_status crm_shard_new(struct crm_shard **out, const struct crm_spec *spec,
			      struct crm_slice model, struct crm_err *err)
{
	struct crm_shard *s = *out = crm_calloc(1, sizeof(*s));
	enum crm_status rc;

	s->text = s->value = s->scope = (struct crm_str)CRM_STR_INIT;
	s->link.spec = spec;
	if ((rc = crm_whole_read(&s->whole, spec, model, err)) == CRM_OK)
		rc = crm_model_read(&s->link.model, spec, model, err);
	if (rc != CRM_OK)
		return rc;
	s->link.apart = s->whole->apart;
	s->link.n_apart = s->whole->n_apart;
	return rc;
}

/* Forgets the batch. */
static void clear(struct crm_shard *s)
{
	crm_scorer_free(s->link.scorer);
	crm_people_free(s->link.people);
	free(s->link.pairs);
	free(s->link.decided);
	s->link.scorer = NULL;
	s->link.people = NULL;
	s->link.pairs = NULL;
	s->link.decided = NULL;
	s->cap_pairs = s->link.n_pairs = s->link.n_decided = s->n = s->n_groups = 0;
	crm_str_clear(&s->text);
}

void crm_shard_free(struct crm_shard *s)
{
	if (!s)
		return;
	clear(s);
	crm_whole_free(s->whole);
	free(s->entry);
	free(s->group);
	crm_json_doc_release(&s->doc);
	crm_str_release(&s->text);
	crm_str_release(&s->value);
	crm_str_release(&s->scope);
	free(s);
}

/* The key before a record; without value where there is none. */
static struct crm_slice key_of(struct crm_slice line)
{
	if (line.len <= KEY_LEN || line.ptr[KEY_LEN] != '\t')
		return (struct crm_slice){NULL, 0};
	return (struct crm_slice){line.ptr, KEY_LEN};
}

static bool same_group(const struct crm_shard *s, struct crm_slice key)
{
	return key.ptr && s->n_groups > 0
	       && !memcmp(s->group[s->n_groups - 1].key, key.ptr, KEY_LEN);
}

bool crm_shard_ready(const struct crm_shard *s, struct crm_slice line)
{
	return s->n >= CRM_SHARD_LINES && !same_group(s, key_of(line));
}

/* The number of the rule that a key is of, or DECIDED; -1. */
static int rule_of(const struct crm_shard *s, const char *key)
{
	int high = crm_hex_digit(key[0]), low = crm_hex_digit(key[1]), rule = high * 16 + low;

	if (high < 0 || low < 0 || (rule >= s->whole->plan.n && rule != DECIDED))
		return -1;
	return rule;
}

enum crm_status crm_shard_add(struct crm_shard *s, struct crm_slice line, struct crm_err *err)
{
	struct crm_slice key = key_of(line);
	const struct crm_json_value *type;
	struct entry e = {.at = s->text.len};
	struct group *g;

	if (key.ptr && rule_of(s, key.ptr) < 0)
		return crm_fail(err, CRM_DATA, "the key is of no rule of the model");
	if (key.ptr)
		line = (struct crm_slice){line.ptr + KEY_LEN + 1, line.len - KEY_LEN - 1};
	if (crm_json_scan(&s->doc, line.ptr, line.len) != CRM_OK)
		return crm_fail(err, CRM_DATA, "%s", s->doc.error);
	if (s->doc.values[0].type != CRM_JSON_OBJECT
	    || !(type = crm_json_member(&s->doc, &s->doc.values[0], "type"))
	    || !crm_slice_is(type->text, "record") || !read_int(s, "profile", &e.profile))
		return crm_fail(err, CRM_DATA, "not a record of crm-linkage records");
	if (!same_group(s, key)) {
		CRM_GROW(s->group, s->n_groups + 1, s->cap_groups);
		g = &s->group[s->n_groups++];
		memset(g, 0, sizeof(*g));
		if (key.ptr)
			memcpy(g->key, key.ptr, KEY_LEN);
		g->first = s->n;
	}
	s->group[s->n_groups - 1].n++;
	crm_str_add(&s->text, line.ptr, line.len);
	e.len = line.len;
	CRM_GROW(s->entry, s->n + 1, s->cap);
	s->entry[s->n++] = e;
	return CRM_OK;
}

/* ---- the batch as people ---- */

static int profile_order(const void *x, const void *y)
{
	const struct entry *a = *(const struct entry *const *)x;
	const struct entry *b = *(const struct entry *const *)y;

	if (a->profile != b->profile)
		return a->profile < b->profile ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

/* Each profile once, in their order. */
static void make_people(struct crm_shard *s)
{
	struct crm_people *p = s->link.people = crm_people_new(s->link.spec);
	struct entry **order = crm_malloc((s->n + 1) * sizeof(*order));
	size_t i;

	p->whole = s->whole;
	for (i = 0; i < s->n; i++)
		order[i] = &s->entry[i];
	qsort(order, s->n, sizeof(struct entry *), profile_order);
	for (i = 0; i < s->n; i++) {
		if (i == 0 || order[i]->profile != order[i - 1]->profile)
			put_record(s, p, order[i]);
		order[i]->record = p->n - 1;
	}
	free(order);
	crm_people_finish(p, 1);
	crm_whole_count(p);
}

/* ---- keys ---- */

/* The text of a part of a key: none where the record lacks it. */
static bool part_text(const struct crm_people *p, int column, uint32_t place, uint32_t record,
		      struct crm_str *out)
{
	struct crm_key_side side = crm_key_side(p, column);
	uint32_t v = crm_key_value(&side, place, record);

	if (v == 0)
		return false;
	crm_whole_text(p, column, v, out);
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
			add_sorted(text, slice_of(a), slice_of(&b));
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

static void add_line(const struct crm_shard *s, const struct entry *e, struct crm_str *out)
{
	crm_str_addc(out, '\t');
	crm_str_add(out, s->text.ptr + e->at, e->len);
	crm_str_addc(out, '\n');
}

/* A key for each two of which a human said that they are one person's, so that they meet. */
static void write_decided(const struct crm_shard *s, struct crm_str *out)
{
	const struct entry **of = crm_calloc((size_t)s->link.people->n + 1, sizeof(*of));
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
			crm_str_addf(out, "%02x", DECIDED);
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

	make_people(s);
	for (i = 0; i < s->n; i++) {
		const struct entry *e = &s->entry[i];

		for (r = 0; r < s->whole->plan.n; r++) {
			const struct crm_block_rule *rule = &s->whole->plan.rule[r];
			uint32_t n, j, first = places_of(s->link.people, rule, e->record, &n);

			for (j = 0; j < n; j++)
				if (write_key(s, r, first + j, e->record, out))
					add_line(s, e, out);
		}
	}
	write_decided(s, out);
	clear(s);
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
static uint32_t place_of(struct crm_shard *s, int r, const struct group *g, uint32_t record)
{
	uint32_t n, j, first = places_of(s->link.people, &s->whole->plan.rule[r], record, &n);
	struct crm_str key = CRM_STR_INIT;

	for (j = 0; n > 1 && j < n; j++) {
		crm_str_clear(&key);
		if (write_key(s, r, first + j, record, &key) && !memcmp(key.ptr, g->key, KEY_LEN))
			break;
	}
	crm_str_release(&key);
	return n > 1 && j < n ? first + j : first;
}

static void pairs_of_group(struct crm_shard *s, const struct group *g, struct pairs *out)
{
	struct member *m = crm_calloc(g->n + 1, sizeof(*m));
	int r = rule_of(s, g->key);
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

/* What was decided on records of the batch. */
static void find_decisions(struct crm_shard *s)
{
	const struct crm_whole *w = s->whole;
	struct crm_link *l = &s->link;
	size_t i;

	l->decided = crm_malloc((w->n_decided + 1) * sizeof(*l->decided));
	for (i = 0; i < w->n_decided; i++) {
		int64_t a = crm_people_find(l->people, w->decided[i].a);
		int64_t b = crm_people_find(l->people, w->decided[i].b);

		if (a >= 0 && b >= 0)
			l->decided[l->n_decided++] =
				(struct crm_decided){(uint32_t)a, (uint32_t)b, w->decided[i].same};
	}
}

static bool left_out(const struct crm_link *l, uint32_t a, uint32_t b, bool all_pairs)
{
	enum crm_standing standing = crm_link_standing(l, a, b);

	return standing != CRM_STANDS_OPEN && !(standing == CRM_STANDS_SAME && all_pairs);
}

/* Two of which a human said that they are one. */
static void add_decided(struct crm_shard *s, const struct group *g, bool all_pairs)
{
	const struct crm_people *p = s->link.people;
	uint32_t a = s->entry[g->first].record, b = s->entry[g->first + g->n - 1].record;

	if (a == b || (!all_pairs && p->person[a] == p->person[b]))
		return;
	CRM_GROW(s->link.pairs, s->link.n_pairs + 1, s->cap_pairs);
	s->link.pairs[s->link.n_pairs++] =
		(struct crm_pair){a < b ? a : b, a < b ? b : a, INFINITY};
}

static void score_pairs(struct crm_shard *s, const struct pairs *pairs, double least,
			bool all_pairs)
{
	struct crm_link *l = &s->link;
	signed char level[CRM_COMPARISONS];
	size_t i;

	for (i = 0; i < pairs->n; i++) {
		uint32_t a = (uint32_t)(pairs->pair[i] >> 32), b = (uint32_t)pairs->pair[i];
		double w;

		if (i > 0 && pairs->pair[i] == pairs->pair[i - 1])
			continue;
		crm_compare(l->people, a, b, level);
		w = crm_scorer_weight(l->scorer, a, b, crm_pattern(l->spec, level));
		if (w < least || left_out(l, a, b, all_pairs))
			continue;
		CRM_GROW(l->pairs, l->n_pairs + 1, s->cap_pairs);
		l->pairs[l->n_pairs++] = (struct crm_pair){a, b, (float)w};
	}
}

void crm_shard_score(struct crm_shard *s, double least, bool all_pairs, struct crm_str *out)
{
	struct pairs pairs = {NULL, 0, 0};
	size_t i;

	make_people(s);
	find_decisions(s);
	s->link.scorer = crm_scorer_new(&s->link.model, s->link.people);
	for (i = 0; i < s->n_groups; i++) {
		int rule = rule_of(s, s->group[i].key);

		if (rule == DECIDED)
			add_decided(s, &s->group[i], all_pairs);
		else if (rule >= 0)
			pairs_of_group(s, &s->group[i], &pairs);
	}
	if (pairs.n > 0)
		crm_sort_numbers(pairs.pair, pairs.n);
	score_pairs(s, &pairs, least, all_pairs);
	crm_link_explain(&s->link, 0, s->link.n_pairs, 1, out);
	free(pairs.pair);
	clear(s);
}
