/* SPDX-License-Identifier: MIT */
/* Who is one person in the end; see groups.h. */
#include "link/groups.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "link/explain.h"
#include "link/single.h"
#include "link/standing.h"

/* Of a group, so many are looked at to say why it was cut. */
#define LOOKED_AT 24

/* The weight of a match line is rounded part by part, and never so far from the pair's. */
#define ROUNDED 0.1

/* ---- what stands against groups ---- */

/* Does y have a handle of this scope (then *any), and this one? */
static bool has_handle(const struct crm_link *l, const uint32_t *y, uint32_t ny, uint32_t scope,
		       uint32_t handle, bool *any)
{
	const struct crm_column *c = &l->people->col[l->handles];
	uint32_t i, k;

	for (i = 0; i < ny; i++) {
		struct crm_values v = crm_values_of(l->people, l->handles, y[i]);

		for (k = 0; k < v.n; k++) {
			if (v.value[k] == handle)
				return true;
			*any = *any || c->scope[v.value[k]] == scope;
		}
	}
	return false;
}

/* Is there a scope of which both have handles, but none in common? */
static bool strong_differ(const struct crm_link *l, const uint32_t *x, uint32_t nx,
			  const uint32_t *y, uint32_t ny)
{
	const struct crm_column *c = &l->people->col[l->handles];
	uint32_t i, k, m, n;

	for (i = 0; i < nx; i++) {
		struct crm_values v = crm_values_of(l->people, l->handles, x[i]);

		for (k = 0; k < v.n; k++) {
			uint32_t scope = c->scope[v.value[k]];
			bool any = false, common = false;

			if (!l->strong[scope] || has_handle(l, y, ny, scope, v.value[k], &any)
			    || !any)
				continue;
			for (m = 0; m < nx && !common; m++) { /* another of its handles? */
				struct crm_values w = crm_values_of(l->people, l->handles, x[m]);

				for (n = 0; n < w.n && !common; n++)
					common = c->scope[w.value[n]] == scope
						 && has_handle(l, y, ny, scope, w.value[n], &any);
			}
			if (!common)
				return true;
		}
	}
	return false;
}

struct grouping {
	const struct crm_link *l;
	bool ignore_people;
};

/* Is this record of the same person as the one before it? A person's are next to each other. */
static bool goes_on(const struct crm_link *l, const uint32_t *x, uint32_t i)
{
	return i > 0 && l->people->person[x[i]] == l->people->person[x[i - 1]];
}

/* By person, of whom some have thousands of records. */
static bool kept_apart(const struct crm_link *l, const uint32_t *x, uint32_t nx, const uint32_t *y,
		       uint32_t ny)
{
	uint32_t i, k;

	for (i = 0; i < nx; i++)
		for (k = 0; k < ny && !goes_on(l, x, i); k++)
			if (!goes_on(l, y, k) && crm_link_kept_apart(l, x[i], y[k]))
				return true;
	return false;
}

static bool any_of(const struct crm_link *l, int64_t source, const uint32_t *x, uint32_t nx)
{
	uint32_t i;

	for (i = 0; i < nx && l->people->source[x[i]] != source; i++)
		;
	return i < nx;
}

/* Has a source that has each person once records of both? */
static bool single_both(const struct crm_link *l, const uint32_t *x, uint32_t nx, const uint32_t *y,
			uint32_t ny)
{
	size_t i;

	for (i = 0; i < l->n_single; i++)
		if (any_of(l, l->single[i], x, nx) && any_of(l, l->single[i], y, ny))
			return true;
	return false;
}

static const char *against(void *data, const uint32_t *x, uint32_t nx, const uint32_t *y,
			   uint32_t ny, bool told)
{
	const struct grouping *g = data;

	if (!g->ignore_people && g->l->n_apart > 0 && kept_apart(g->l, x, nx, y, ny))
		return "decision";
	if (told)
		return NULL;
	if (g->l->n_single > 0 && single_both(g->l, x, nx, y, ny))
		return "source";
	if (g->l->strong && strong_differ(g->l, x, nx, y, ny))
		return "strong_id";
	return NULL;
}

/* ---- grouping ---- */

static double inside_of(const struct crm_score *s)
{
	double match = s->weight - s->near;

	return match - log2(exp2(s->prior * CRM_GROUPS_NEARER) + exp2(-s->near) - 1);
}

/* Have the two anything that can be compared? */
static bool says_something(const struct crm_link *l, const struct crm_score *s)
{
	int c;

	for (c = 0; c < l->spec->n_comparisons && s->level[c] < 0; c++)
		;
	return c < l->spec->n_comparisons;
}

_Static_assert(CRM_REFINE_ASKED <= CRM_BATCH, "what is asked for at once is a batch");

static void inside(void *data, const struct crm_pair *pairs, uint32_t n, double *bits)
{
	const struct crm_link *l = ((const struct grouping *)data)->l;
	struct crm_batch batch;
	uint32_t i, k;

	for (i = 0, batch.n = 0; i < n; i++)
		if (!pairs[i].pattern) {
			batch.a[batch.n] = pairs[i].a;
			batch.b[batch.n++] = pairs[i].b;
		}
	crm_compare_batch(l->people, &batch);
	for (i = 0, k = 0; i < n; i++) {
		uint32_t pattern = pairs[i].pattern;
		struct crm_score score;

		if (!pattern)
			pattern = crm_pattern(l->spec, batch.level[k++]);
		crm_scorer_explain_on(l->scorer, pairs[i].a, pairs[i].b, pattern, &score);
		bits[i] = says_something(l, &score) ? inside_of(&score) : 0;
	}
}

struct owned {
	int64_t person;
	uint32_t record;
};

static int owned_order(const void *x, const void *y)
{
	const struct owned *a = x, *b = y;

	if (a->person != b->person)
		return a->person < b->person ? -1 : 1;
	return (a->record > b->record) - (a->record < b->record);
}

/* record → the first of its person; NULL when nobody has two. New. */
static uint32_t *firsts(const struct crm_people *p)
{
	struct owned *owned = crm_malloc(((size_t)p->n + 1) * sizeof(*owned));
	uint32_t *first = NULL, i, k;

	for (i = 0; i < p->n; i++)
		owned[i] = (struct owned){p->person[i], i};
	for (i = 1; i < p->n && owned[i].person > owned[i - 1].person; i++)
		;
	if (i < p->n) { /* where all are in order, nobody has two */
		first = crm_malloc(((size_t)p->n + 1) * sizeof(*first));
		qsort(owned, p->n, sizeof(*owned), owned_order);
		for (i = 0, k = 0; i < p->n; i++) {
			if (owned[i].person != owned[k].person)
				k = i;
			first[owned[i].record] = owned[k].record;
		}
	}
	free(owned);
	return first;
}

double crm_groups_from(const struct crm_link *l, double least)
{
	double from = least < CRM_GROUPS_FROM ? least : CRM_GROUPS_FROM;

	return l->n_single > 0 ? from + CRM_SINGLE_FROM : from;
}

float crm_groups_third(uint32_t records, const struct crm_clusters *firm)
{
	double in_two = 1, beyond = 1, any = 1, bits;
	uint32_t i;

	for (i = 0; i < firm->n; i++) {
		double size = firm->up[i] == i ? firm->size[i] : 0;

		if (size < 2)
			continue;
		any += size * (size - 1);
		in_two += size;
		beyond += size * (size - 2);
	}
	bits = log2(beyond / in_two) - log2(any / (records + 1.0));
	return bits > 0 ? 0 : fmaxf(-CRM_GROUPS_RARE, (float)bits);
}

/* Has its match line enough bits? What sources that have people once say is in the weight only. */
static bool is_firm(const struct crm_link *l, const struct crm_pair *p)
{
	struct crm_score score;

	if (l->n_single > 0 || fabs((double)p->weight - CRM_GROUPS_FIRM) > ROUNDED)
		return (double)p->weight >= CRM_GROUPS_FIRM;
	crm_scorer_explain_on(l->scorer, p->a, p->b, p->pattern, &score);
	return score.weight >= CRM_GROUPS_FIRM;
}

/* By firm pairs, and by who is one person already: merging people changes nothing. */
static float third(const struct crm_link *l, const struct crm_refine *r)
{
	struct crm_clusters c;
	uint32_t i;
	float bits;
	size_t k;

	crm_clusters_init(&c, r->n);
	for (i = 0; r->first && i < r->n; i++)
		crm_clusters_join(&c, i, r->first[i]);
	for (k = 0; k < r->n_pairs && (double)r->pairs[k].weight >= CRM_GROUPS_FIRM - ROUNDED; k++)
		if (is_firm(l, &r->pairs[k]))
			crm_clusters_join(&c, r->pairs[k].a, r->pairs[k].b);
	bits = crm_groups_third(r->n, &c);
	crm_clusters_release(&c);
	return bits;
}

/* ---- who may be together ---- */

/* Marks with each record those of its person. */
static void mark_people(const uint32_t *first, uint32_t n, bool *mark)
{
	uint32_t i;

	for (i = 0; first && i < n; i++)
		mark[first[i]] = mark[first[i]] || mark[i];
	for (i = 0; first && i < n; i++)
		mark[i] = mark[first[i]];
}

/* Records that are linked with those that are done, and are not done themselves, in l->wanted;
 * false: there are none. */
static bool reach(struct crm_link *l, const uint32_t *first, double from)
{
	bool any = false;
	uint32_t i;
	size_t k;

	memcpy(l->wanted, l->done, l->people->n);
	for (k = 0; k < l->n_pairs; k++) {
		const struct crm_pair *p = &l->pairs[k];

		if ((double)p->weight >= from && (l->done[p->a] || l->done[p->b]))
			l->wanted[p->a] = l->wanted[p->b] = true;
	}
	mark_people(first, l->people->n, l->wanted);
	for (i = 0; i < l->people->n; i++) {
		l->wanted[i] = l->wanted[i] && !l->done[i];
		any = any || l->wanted[i];
	}
	return any;
}

void crm_link_spread(struct crm_link *l, double least, const struct crm_link_options *o)
{
	double from = least < CRM_GROUPS_FROM ? least : CRM_GROUPS_FROM;
	uint32_t *first = o->ignore_people ? NULL : firsts(l->people), i;
	bool *asked = l->wanted;

	l->done = crm_malloc((size_t)l->people->n + 1);
	memcpy(l->done, asked, l->people->n);
	l->wanted = crm_malloc((size_t)l->people->n + 1);
	while (reach(l, first, from)) {
		crm_link_compare(l, o);
		crm_link_score(l, crm_groups_from(l, least), o);
		for (i = 0; i < l->people->n; i++)
			l->done[i] = l->done[i] || l->wanted[i];
	}
	free(l->wanted);
	l->wanted = asked;
	crm_blocks_want(l->blocks, asked);
	free(first);
}

/* ---- groups and cuts ---- */

void crm_link_group(struct crm_link *l, double least, const struct crm_link_options *o)
{
	double from = least < CRM_GROUPS_FROM ? least : CRM_GROUPS_FROM;
	struct grouping g = {l, o->ignore_people};
	struct crm_refine r = {.n = l->people->n,
			       .pairs = l->pairs,
			       .inside = inside,
			       .against = against,
			       .data = &g,
			       .threads = o->threads};
	uint32_t *first = o->ignore_people ? NULL : firsts(l->people);
	struct crm_pair *pairs = NULL;

	if (l->n_single > 0)
		r.pairs = pairs = crm_single_pairs(l, from, &r.n_pairs);
	else
		while (r.n_pairs < l->n_pairs && (double)l->pairs[r.n_pairs].weight >= from)
			r.n_pairs++;
	r.first = first;
	crm_groups_release(&l->groups);
	if (isnan(l->third))
		l->third = third(l, &r);
	r.third = l->third;
	crm_refine(&r, &l->groups);
	free(first);
	free(pairs);
}

static int cut_order(const void *x, const void *y)
{
	const struct crm_cut *const *a = x, *const *b = y;

	if ((*a)->x != (*b)->x)
		return (*a)->x < (*b)->x ? -1 : 1;
	return ((*a)->y > (*b)->y) - ((*a)->y < (*b)->y);
}

static void find_bridges(struct crm_link *l)
{
	struct crm_cut **cut = crm_malloc((l->n_cuts + 1) * sizeof(*cut));
	size_t i;

	for (i = 0; i < l->n_cuts; i++)
		cut[i] = &l->cuts[i];
	qsort(cut, l->n_cuts, sizeof(*cut), cut_order);
	for (i = 0; i < l->n_cuts; i++)
		cut[i]->bridge = (i == 0 || cut_order(&cut[i - 1], &cut[i]))
				 && (i + 1 == l->n_cuts || cut_order(&cut[i], &cut[i + 1]));
	free(cut);
}

static void add_cut(struct crm_link *l, const struct crm_pair *p, double least, size_t *cap)
{
	uint32_t x = crm_groups_start(&l->groups, p->a, least);
	uint32_t y = crm_groups_start(&l->groups, p->b, least);

	CRM_GROW(l->cuts, l->n_cuts + 1, *cap);
	l->cuts[l->n_cuts++] = (struct crm_cut){*p, x < y ? x : y, x < y ? y : x, false};
}

void crm_link_narrow(struct crm_link *l)
{
	size_t i, n = 0;

	for (i = 0; i < l->n_pairs; i++)
		if (crm_link_wants(l, l->pairs[i].a, l->pairs[i].b))
			l->pairs[n++] = l->pairs[i];
	l->n_pairs = n;
}

static void narrow_cuts(struct crm_link *l)
{
	size_t i, n = 0;

	for (i = 0; i < l->n_cuts; i++)
		if (crm_link_wants(l, l->cuts[i].pair.a, l->cuts[i].pair.b))
			l->cuts[n++] = l->cuts[i];
	l->n_cuts = n;
}

void crm_link_cut(struct crm_link *l, double least)
{
	size_t i, n = 0, cap = 0;

	for (i = 0; i < l->n_pairs; i++) {
		struct crm_pair p = l->pairs[i];

		if ((double)crm_groups_level(&l->groups, p.a, p.b) >= least)
			l->pairs[n++] = p;
		else if ((double)p.weight >= least)
			add_cut(l, &p, least, &cap);
	}
	l->n_pairs = n;
	find_bridges(l);
	crm_link_narrow(l);
	narrow_cuts(l);
}

/* ---- why ---- */

/* The comparison that speaks most against a pair; -1. */
static int worst_comparison(const struct crm_link *l, const struct crm_score *s, double *bits)
{
	int c, worst = -1;

	*bits = 0;
	for (c = 0; c < l->spec->n_comparisons; c++)
		if (s->level[c] >= 0 && s->bits[c] + s->rarity[c] < *bits) {
			*bits = s->bits[c] + s->rarity[c];
			worst = c;
		}
	return worst;
}

/* Records of groups, of which the first ones are looked at. */
struct few {
	const uint32_t *record;
	uint32_t n;
};

static struct few few_of(const struct crm_link *l, uint32_t from, double least)
{
	uint32_t n = crm_groups_end(&l->groups, from, least) - from;

	return (struct few){l->groups.order + from, n < LOOKED_AT ? n : LOOKED_AT};
}

/* Which two of x and y, or of x itself, differ most, and in what. */
static struct crm_differ find_worst(const struct crm_link *l, struct few x, struct few y)
{
	struct crm_differ worst = {.comparison = -1};
	double least = INFINITY;
	uint32_t i, k;

	for (i = 0; i < x.n; i++)
		for (k = x.record == y.record ? i + 1 : 0; k < y.n; k++) {
			struct crm_score s;

			crm_scorer_explain(l->scorer, x.record[i], y.record[k], &s);
			if (inside_of(&s) >= least)
				continue;
			least = inside_of(&s);
			worst.a = x.record[i];
			worst.b = y.record[k];
			worst.comparison = worst_comparison(l, &s, &worst.bits);
		}
	return worst;
}

static const char *why_cut(const struct crm_link *l, const struct crm_cut *cut, double least)
{
	uint32_t nx = crm_groups_end(&l->groups, cut->x, least) - cut->x;
	uint32_t ny = crm_groups_end(&l->groups, cut->y, least) - cut->y;
	struct grouping g = {l, false};
	const char *reason =
		against(&g, l->groups.order + cut->x, nx, l->groups.order + cut->y, ny, false);

	if (reason)
		return reason;
	if (nx + ny > CRM_REFINE_MOST)
		return "size";
	return cut->bridge && nx + ny > 2 ? "bridge" : "contradiction";
}

/* ---- lines ---- */

static void put_probability(struct crm_str *out, const char *key, double weight)
{
	crm_json_key(out, key);
	crm_json_real(out, crm_probability(weight), 6);
}

static void put_differ(const struct crm_link *l, const struct crm_differ *d, struct crm_str *out)
{
	if (d->comparison < 0)
		return;
	crm_json_key(out, "differ");
	crm_json_open(out, '{');
	crm_json_put_int(out, "a", l->people->profile[d->a]);
	crm_json_put_int(out, "b", l->people->profile[d->b]);
	crm_json_put(out, "field", l->spec->comparison[d->comparison].name);
	crm_json_key(out, "bits");
	crm_json_real(out, round(d->bits * 1000) / 1000, 12);
	crm_json_close(out, '}');
}

void crm_cut_write(const struct crm_link *l, const struct crm_cut *cut, double least,
		   struct crm_str *out)
{
	struct crm_differ d = find_worst(l, few_of(l, cut->x, least), few_of(l, cut->y, least));
	const struct crm_people *p = l->people;

	crm_json_open(out, '{');
	crm_json_put(out, "type", "cut");
	crm_json_put_int(out, "a", p->profile[cut->pair.a]);
	crm_json_put_int(out, "b", p->profile[cut->pair.b]);
	crm_json_put_int(out, "person_a", p->person[cut->pair.a]);
	crm_json_put_int(out, "person_b", p->person[cut->pair.b]);
	put_probability(out, "probability", (double)cut->pair.weight);
	crm_json_put(out, "reason", why_cut(l, cut, least));
	put_differ(l, &d, out);
	crm_json_close(out, '}');
	crm_str_addc(out, '\n');
}

static int id_order(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

/* The distinct ones of these, in order. */
static void put_ids(struct crm_str *out, const char *key, int64_t *ids, uint32_t n)
{
	uint32_t i;

	qsort(ids, n, sizeof(*ids), id_order);
	crm_json_key(out, key);
	crm_json_open(out, '[');
	for (i = 0; i < n; i++)
		if (i == 0 || ids[i] != ids[i - 1])
			crm_json_int(out, ids[i]);
	crm_json_close(out, ']');
}

bool crm_group_counts(const struct crm_link *l, uint32_t from, double least, bool all)
{
	uint32_t end = crm_groups_end(&l->groups, from, least), i;
	const uint32_t *order = l->groups.order;
	bool wanted = !l->wanted, joins = all && end - from > 1;

	for (i = from; i < end; i++) {
		wanted = wanted || l->wanted[order[i]];
		joins = joins || l->people->person[order[i]] != l->people->person[order[from]];
	}
	return wanted && joins;
}

void crm_group_write(const struct crm_link *l, uint32_t from, double least, struct crm_str *out)
{
	uint32_t end = crm_groups_end(&l->groups, from, least), n = end - from, i;
	struct few few = few_of(l, from, least);
	struct crm_differ d = find_worst(l, few, few);
	int64_t *ids = crm_malloc((size_t)n * sizeof(*ids)), oldest = INT64_MAX;
	double weight = INFINITY;

	for (i = from; i < end; i++) {
		ids[i - from] = l->people->person[l->groups.order[i]];
		oldest = ids[i - from] < oldest ? ids[i - from] : oldest;
		if (i > from && (double)l->groups.level[i] < weight)
			weight = (double)l->groups.level[i];
	}
	crm_json_open(out, '{');
	crm_json_put(out, "type", "cluster");
	crm_json_put_int(out, "person", oldest);
	put_ids(out, "persons", ids, n);
	for (i = from; i < end; i++)
		ids[i - from] = l->people->profile[l->groups.order[i]];
	put_ids(out, "profiles", ids, n);
	put_probability(out, "probability", weight);
	put_differ(l, &d, out);
	crm_json_close(out, '}');
	crm_str_addc(out, '\n');
	free(ids);
}
