/* SPDX-License-Identifier: MIT */
/* Matches of single profiles; see live.h. */
#include "link/live.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "link/compare.h"
#include "link/explain.h"
#include "link/groups.h"
#include "link/growing.h"
#include "link/index.h"
#include "link/refusal.h"
#include "link/single.h"
#include "link/standing.h"

#define NEAR_MOST 500  /* records that may be in one group with the one asked for */
#define APART_MOST 100 /* people among them of whom it is asked who was parted from whom */

static const char SQL_PERSONS[] =
	"SELECT p.id, q.canon_id FROM profile AS p JOIN person AS q ON q.id = p.person_id"
	" WHERE p.id IN (SELECT value FROM json_each(:ids))";
static const char SQL_THEIRS[] =
	"WITH canon AS (SELECT DISTINCT q.canon_id AS id FROM json_each(:ids)"
	"  JOIN profile AS p ON p.id = value JOIN person AS q ON q.id = p.person_id),"
	" member AS (SELECT id FROM canon UNION SELECT q.id FROM canon"
	"  JOIN person AS q ON q.canon_id = canon.id AND q.canon_id <> q.id)"
	" SELECT p.id FROM member JOIN profile AS p ON p.person_id = member.id"
	" UNION SELECT a FROM decision WHERE same AND b IN (SELECT value FROM json_each(:ids))"
	" UNION SELECT b FROM decision WHERE same AND a IN (SELECT value FROM json_each(:ids))";
/* Of two profiles the newest decision. */
static const char SQL_DECIDED[] = "SELECT min(a, b), max(a, b), same, max(id) FROM decision"
				  " WHERE a IN (SELECT value FROM json_each(:ids)) AND b IN "
				  "(SELECT value FROM json_each(:ids))"
				  " GROUP BY 1, 2";

struct crm_live {
	struct crm_db *db;
	const struct crm_link *base;
	const struct crm_link_options *options;
	struct crm_index *index;
	struct crm_growing counts;
	bool *asked;              /* of the base's records */
	struct crm_people *fresh; /* profiles that came since, all asked for; never finished */
	/* For one profile, records as link/index.h numbers them. */
	struct crm_records near;  /* who may be in one group with it; itself first */
	struct crm_records mates; /* of one of these */
	struct crm_pair *pairs;   /* of these */
	size_t n_pairs, cap_pairs;
};

enum crm_status crm_live_new(struct crm_db *db, const struct crm_link *base,
			     const struct crm_link_options *options, struct crm_live **out)
{
	struct crm_live *live = *out = crm_calloc(1, sizeof(*live));
	struct crm_plan *all = NULL;

	live->db = db;
	live->base = base;
	live->options = options;
	if (!base->plan) {
		all = crm_malloc(sizeof(*all));
		crm_plan_all(all, base->spec, options->cap ? options->cap : CRM_BLOCK_CAP);
	}
	live->index = crm_index_new(base->people, all ? all : base->plan, options->threads);
	crm_growing_init(&live->counts, base->people);
	crm_pool_open(&base->people->scopes);
	live->asked = crm_calloc((size_t)base->people->n + 1, sizeof(*live->asked));
	live->fresh = crm_people_new(base->spec);
	free(all);
	return CRM_OK;
}

void crm_live_free(struct crm_live *live)
{
	if (!live)
		return;
	crm_index_free(live->index);
	crm_growing_release(&live->counts);
	crm_people_free(live->fresh);
	free(live->asked);
	free(live->near.record);
	free(live->mates.record);
	free(live->pairs);
	free(live);
}

static bool is_fresh(const struct crm_live *live, uint32_t record)
{
	return record >= live->base->people->n;
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
	const struct crm_people *from = live->base->people;
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

/* People of these records, ascending. New. */
static struct crm_people *few_people(const struct crm_live *live, const uint32_t *records, size_t n)
{
	struct crm_people *p = crm_people_new(live->base->spec);
	size_t i;

	p->like = live->base->people;
	for (i = 0; i < n; i++)
		copy_record(live, p, records[i]);
	crm_people_finish(p, 1);
	return p;
}

/* ---- who may be in a group with it ---- */

/* Who the few belong to by now. */
static enum crm_status read_persons(const struct crm_live *live, struct crm_people *few)
{
	sqlite3_stmt *st = crm_db_stmt(live->db, SQL_PERSONS);
	struct crm_str ids = CRM_STR_INIT;
	enum crm_status rc;
	uint32_t i;
	bool row;

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
	crm_str_release(&ids);
	return rc;
}

/* The number of a profile, if it is known. */
static bool number_of(const struct crm_live *live, int64_t profile, uint32_t *number)
{
	int64_t at = crm_people_find(live->base->people, profile);
	uint32_t i;

	if (at >= 0) {
		*number = (uint32_t)at;
		return true;
	}
	for (i = 0; i < live->fresh->n && live->fresh->profile[i] != profile; i++)
		;
	*number = live->base->people->n + i;
	return i < live->fresh->n;
}

static int64_t profile_of(const struct crm_live *live, uint32_t number)
{
	return is_fresh(live, number) ? live->fresh->profile[number - live->base->people->n]
				      : live->base->people->profile[number];
}

static void add_near(struct crm_live *live, uint32_t record)
{
	size_t i;

	for (i = 0; i < live->near.n && live->near.record[i] != record; i++)
		;
	if (i == live->near.n && i < NEAR_MOST)
		crm_records_add(&live->near, record);
}

static struct crm_str ids_of(const struct crm_live *live)
{
	struct crm_str ids = CRM_STR_INIT;
	size_t i;

	crm_json_open(&ids, '[');
	for (i = 0; i < live->near.n; i++)
		crm_json_int(&ids, profile_of(live, live->near.record[i]));
	crm_json_close(&ids, ']');
	return ids;
}

/* The other records of their people, and those who are one with them by a human's word. */
static enum crm_status add_theirs(struct crm_live *live)
{
	sqlite3_stmt *st = crm_db_stmt(live->db, SQL_THEIRS);
	struct crm_str ids = ids_of(live);
	enum crm_status rc;
	uint32_t record;
	bool row;

	crm_bind_slice(st, ":ids", (struct crm_slice){ids.ptr, ids.len});
	while ((rc = crm_db_step(live->db, st, &row)) == CRM_OK && row)
		if (number_of(live, sqlite3_column_int64(st, 0), &record))
			add_near(live, record);
	crm_str_release(&ids);
	return rc;
}

/* The pairs of the record self of few, which are live->mates, with the others. */
static void rate(struct crm_live *live, const struct crm_people *few, uint32_t self, double least)
{
	struct crm_link l = {.spec = few->spec,
			     .people = (struct crm_people *)few,
			     .single = live->base->single,
			     .n_single = live->base->n_single};
	double from = crm_groups_from(&l, least), weight;
	uint32_t pattern;
	struct crm_scorer *scorer = crm_scorer_new(&live->base->model, few);
	signed char level[CRM_COMPARISONS];
	uint32_t i;

	for (i = 0; i < few->n; i++) {
		uint32_t a = i < self ? i : self, b = i < self ? self : i;
		bool same = few->person[a] == few->person[b];

		if (i == self || (same && !live->options->all_pairs) || crm_single_both(&l, a, b))
			continue;
		crm_compare(few, a, b, level);
		pattern = crm_pattern(few->spec, level);
		weight = crm_scorer_weight(scorer, a, b, pattern);
		if (weight < from)
			continue;
		CRM_GROW(live->pairs, live->n_pairs + 1, live->cap_pairs);
		live->pairs[live->n_pairs++] = (struct crm_pair){
			live->mates.record[a], live->mates.record[b], (float)weight, pattern};
		if (weight >= fmin(least, CRM_GROUPS_FROM))
			add_near(live, live->mates.record[i]);
	}
	crm_scorer_free(scorer);
}

/* Finds the pairs of a record; one: people who hold it alone, where it is fresh. */
static enum crm_status look(struct crm_live *live, uint32_t record, const struct crm_people *one,
			    double least)
{
	struct crm_people *few;
	enum crm_status rc;
	uint32_t self = 0;

	crm_index_meet(live->index, one ? one : live->base->people, one ? 0 : record, record,
		       &live->mates);
	few = few_people(live, live->mates.record, live->mates.n);
	while (live->mates.record[self] != record)
		self++;
	crm_growing_apply(&live->counts, few);
	if ((rc = read_persons(live, few)) == CRM_OK)
		rate(live, few, self, least);
	crm_people_free(few);
	return rc;
}

/* Those with whom the first of live->near is linked, directly or by others. */
static enum crm_status spread(struct crm_live *live, double least)
{
	enum crm_status rc = CRM_OK;
	size_t i = 0;

	while (i < live->near.n && rc == CRM_OK) {
		uint32_t record = live->near.record[i];
		struct crm_people *one =
			is_fresh(live, record) ? few_people(live, &record, 1) : NULL;

		rc = look(live, record, one, least);
		crm_people_free(one);
		if (++i == live->near.n && rc == CRM_OK)
			rc = add_theirs(live);
	}
	return rc;
}

/* ---- matches ---- */

static int by_number(const void *x, const void *y)
{
	const uint32_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static uint32_t place_of(const struct crm_records *near, uint32_t record)
{
	const uint32_t *at = bsearch(&record, near->record, near->n, sizeof(record), by_number);

	return at ? (uint32_t)(at - near->record) : UINT32_MAX;
}

static int by_records(const void *x, const void *y)
{
	const struct crm_pair *p = x, *q = y;

	if (p->a != q->a)
		return p->a < q->a ? -1 : 1;
	return (p->b > q->b) - (p->b < q->b);
}

/* The pairs within live->near, each once, as those of l->people. */
static void take_pairs(const struct crm_live *live, struct crm_link *l)
{
	size_t i;

	l->pairs = crm_malloc((live->n_pairs + 1) * sizeof(*l->pairs));
	if (live->n_pairs > 0)
		qsort(live->pairs, live->n_pairs, sizeof(*live->pairs), by_records);
	for (i = 0; i < live->n_pairs; i++) {
		const struct crm_pair *p = &live->pairs[i];
		uint32_t a = place_of(&live->near, p->a), b = place_of(&live->near, p->b);

		if (a == UINT32_MAX || b == UINT32_MAX || (i > 0 && !by_records(p - 1, p))
		    || crm_link_kept_apart(l, a, b))
			continue;
		l->pairs[l->n_pairs++] = (struct crm_pair){a, b, p->weight, p->pattern};
	}
}

/* Who of l->people was parted from whom by a human, by now. */
static enum crm_status find_apart(const struct crm_live *live, struct crm_link *l)
{
	const struct crm_people *p = l->people;
	enum crm_status rc = CRM_OK;
	uint32_t first[APART_MOST], n = 0, i, k;
	size_t cap = 0;
	bool refused;

	for (i = 0; i < p->n && n < APART_MOST; i++) {
		for (k = 0; k < n && p->person[first[k]] != p->person[i]; k++)
			;
		if (k == n)
			first[n++] = i;
	}
	for (i = 0; i < n; i++)
		for (k = i + 1; k < n && rc == CRM_OK; k++) {
			rc = crm_pair_refused(live->db, p->profile[first[i]], p->profile[first[k]],
					      &refused);
			if (rc != CRM_OK || !refused)
				continue;
			CRM_GROW(l->apart, l->n_apart + 1, cap);
			l->apart[l->n_apart++] = crm_apart_of(p, first[i], first[k]);
		}
	crm_apart_sort(l->apart, l->n_apart);
	return rc;
}

/* A pair that a human said is one is the surest; what he said of one is not weighed again. */
static void decide(const struct crm_live *live, struct crm_link *l, int64_t low, int64_t high,
		   bool same)
{
	int64_t a = crm_people_find(l->people, low), b = crm_people_find(l->people, high);
	size_t i, n = 0;

	if (a < 0 || b < 0)
		return;
	for (i = 0; i < l->n_pairs; i++)
		if ((int64_t)l->pairs[i].a != a || (int64_t)l->pairs[i].b != b)
			l->pairs[n++] = l->pairs[i];
	l->n_pairs = n;
	if (!same || (!live->options->all_pairs && l->people->person[a] == l->people->person[b]))
		return;
	l->pairs = crm_realloc(l->pairs, (n + 2) * sizeof(*l->pairs));
	l->pairs[l->n_pairs++] = (struct crm_pair){(uint32_t)a, (uint32_t)b, INFINITY, 0};
}

static enum crm_status find_decided(const struct crm_live *live, struct crm_link *l)
{
	sqlite3_stmt *st = crm_db_stmt(live->db, SQL_DECIDED);
	struct crm_str ids = ids_of(live);
	enum crm_status rc;
	bool row;

	crm_bind_slice(st, ":ids", (struct crm_slice){ids.ptr, ids.len});
	while ((rc = crm_db_step(live->db, st, &row)) == CRM_OK && row)
		decide(live, l, sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
		       sqlite3_column_int(st, 2) != 0);
	crm_str_release(&ids);
	crm_pairs_sort(l->pairs, l->n_pairs, 1);
	return rc;
}

/* Which scopes of l->people are strong. */
static void find_strong(const struct crm_live *live, struct crm_link *l)
{
	const struct crm_pool *scopes = &l->people->scopes, *known = &live->base->people->scopes;
	uint32_t i, at;

	if (!live->base->strong)
		return;
	l->strong = crm_calloc((size_t)scopes->n + 1, sizeof(*l->strong));
	for (i = 1; i <= scopes->n; i++) {
		at = crm_pool_find(known, crm_pool_get(scopes, i));
		l->strong[i] = at && live->base->strong[at];
	}
}

/* Was it asked for before this one, so that the pair was written then? */
static bool came_before(const struct crm_live *live, uint32_t record, uint32_t self)
{
	return record != self && (is_fresh(live, record) || live->asked[record]);
}

/* But those that were written before. */
static void write_lines(const struct crm_live *live, struct crm_link *l, uint32_t self,
			double least, struct crm_str *out, uint64_t *matches)
{
	const uint32_t *number = live->near.record;
	size_t i, n = 0;

	for (i = 0; i < l->n_pairs; i++)
		if (!came_before(live, number[l->pairs[i].a], self)
		    && !came_before(live, number[l->pairs[i].b], self))
			l->pairs[n++] = l->pairs[i];
	l->n_pairs = n;
	*matches += n;
	crm_link_explain_to(l, out);
	for (i = 0; i < l->n_cuts; i++)
		if (!came_before(live, number[l->cuts[i].pair.a], self)
		    && !came_before(live, number[l->cuts[i].pair.b], self))
			crm_cut_write(l, &l->cuts[i], least, out);
}

/* The matches of record, with which live->near begins. */
static enum crm_status match(struct crm_live *live, uint32_t record, double least,
			     struct crm_str *out, uint64_t *matches)
{
	struct crm_link_options options = {.threads = 1, .all_pairs = live->options->all_pairs};
	struct crm_link *l = crm_calloc(1, sizeof(*l));
	enum crm_status rc;

	qsort(live->near.record, live->near.n, sizeof(*live->near.record), by_number);
	l->spec = live->base->spec;
	l->people = few_people(live, live->near.record, live->near.n);
	crm_growing_apply(&live->counts, l->people);
	l->model = live->base->model;
	l->third = live->base->third;
	l->single = live->base->single;
	l->n_single = live->base->n_single;
	l->shares = live->base->shares ? live->base->shares : crm_calloc(1, sizeof(*l->shares));
	l->n_shares = live->base->n_shares;
	l->handles = live->base->handles;
	find_strong(live, l);
	crm_link_want_none(l);
	l->wanted[place_of(&live->near, record)] = true;
	l->scorer = crm_scorer_new(&l->model, l->people);
	if ((rc = read_persons(live, l->people)) == CRM_OK
	    && (rc = find_apart(live, l)) == CRM_OK) {
		take_pairs(live, l);
		rc = find_decided(live, l);
	}
	if (rc == CRM_OK) {
		crm_link_group(l, least, &options);
		crm_link_cut(l, least);
		write_lines(live, l, record, least, out, matches);
	}
	l->single = NULL; /* the base's, and so are: */
	if (live->base->shares)
		l->shares = NULL;
	crm_link_free(l);
	return rc;
}

/* ---- asking ---- */

/* The record of a profile, read where it is not known yet; *old: it was asked for before. */
static enum crm_status find_record(struct crm_live *live, int64_t profile, uint32_t *record,
				   bool *old)
{
	enum crm_status rc;
	bool found;

	if (number_of(live, profile, record)) {
		*old = is_fresh(live, *record) || live->asked[*record];
		return CRM_OK;
	}
	*old = false;
	if ((rc = crm_people_read_one(live->db, live->fresh, profile, &found)) != CRM_OK || found)
		return rc;
	return crm_fail(crm_db_err(live->db), CRM_NO_INPUT, "there is no profile %lld",
			(long long)profile);
}

/* A fresh record counts, and is met, from now on. */
static void take_in(struct crm_live *live, uint32_t record)
{
	struct crm_people *one = few_people(live, &record, 1);

	crm_growing_add(&live->counts, one);
	crm_index_add(live->index, one);
	crm_people_free(one);
}

enum crm_status crm_live_ask(struct crm_live *live, int64_t profile, double least,
			     struct crm_str *out, uint64_t *matches)
{
	enum crm_status rc = crm_db_begin_read(live->db);
	uint32_t record;
	bool old = false;

	if (rc == CRM_OK)
		rc = find_record(live, profile, &record, &old);
	if (rc == CRM_OK && !old) {
		if (is_fresh(live, record))
			take_in(live, record);
		live->near.n = live->n_pairs = 0;
		crm_records_add(&live->near, record);
		if ((rc = spread(live, least)) == CRM_OK)
			rc = match(live, record, least, out, matches);
		if (!is_fresh(live, record))
			live->asked[record] = true;
	}
	crm_db_rollback(live->db);
	return rc;
}
