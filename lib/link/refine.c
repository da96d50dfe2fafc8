/* SPDX-License-Identifier: MIT */
/* Refinement of components; see refine.h. */
#include "link/refine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "link/cluster.h"
#include "link/work.h"

#define NONE UINT32_MAX
#define RECORDS_OF_ONE 8 /* that are looked at, of one person */
#define JOB_PAIRS 20000  /* all pairs within the components of a job, about */

/* Components one after the other, with their records and pairs. */
struct parts {
	const struct crm_refine *r;
	struct crm_groups *out;
	uint32_t n;
	uint32_t *of;         /* record → component; of one that is refined: → its group */
	uint32_t *start;      /* component → place of its first record in out->order */
	uint32_t *pair_start; /* component → its pairs: pair[pair_start[c]] … */
	uint32_t *pair;       /* numbers in r->pairs, in that order */
	uint32_t *job;        /* job → its first component */
	size_t n_jobs;
	uint64_t *looked; /* by job */
};

/* ---- components ---- */

/* Who is one person already is together whatever the size; then the best pairs first, those that
 * a human made before all, while there is room. */
static void join_all(const struct crm_refine *r, struct crm_clusters *c)
{
	uint32_t most = r->most ? r->most : CRM_REFINE_MOST, i;
	size_t k;

	if (r->first)
		for (i = 0; i < r->n; i++)
			crm_clusters_join(c, i, r->first[i]);
	for (i = 0; i < r->n; i++)
		c->size[i] = 1; /* from here on persons count, not their records */
	for (k = 0; k < r->n_pairs; k++) {
		uint32_t a = crm_clusters_root(c, r->pairs[k].a);
		uint32_t b = crm_clusters_root(c, r->pairs[k].b);

		uint32_t room = isinf(r->pairs[k].weight) ? CRM_REFINE_TOLD : most;

		if (a != b && c->size[a] + c->size[b] <= room)
			crm_clusters_join(c, a, b);
	}
}

/* Lays out the records: components in the order of their first records; in them persons in
 * the order of theirs, each with its records in the order of their numbers. */
static void lay_records(struct parts *p, struct crm_clusters *c)
{
	const uint32_t *first = p->r->first;
	uint32_t *known = crm_malloc(((size_t)c->n + 1) * sizeof(*known));
	uint32_t *records = crm_calloc((size_t)c->n + 1, sizeof(*records)); /* of a person */
	uint32_t *next = p->start = crm_calloc((size_t)c->n + 2, sizeof(*next)), i, at;

	memset(known, 0xff, ((size_t)c->n + 1) * sizeof(*known));
	for (i = 0; i < c->n; i++) {
		uint32_t root = crm_clusters_root(c, i);

		if (known[root] == NONE)
			known[root] = p->n++;
		p->of[i] = known[root];
		next[p->of[i] + 2]++;
		records[first ? first[i] : i]++;
	}
	for (i = 2; i <= p->n; i++)
		next[i] += next[i - 1];
	next++; /* where the next person of a component goes; later its end */
	for (i = 0; i < c->n; i++) {
		uint32_t person = first ? first[i] : i;

		if (person == i) {
			at = next[p->of[i]];
			next[p->of[i]] += records[i];
			records[i] = at;
		}
		p->out->order[records[person]++] = i;
	}
	free(known);
	free(records);
}

static void lay_pairs(struct parts *p)
{
	const uint32_t *of = p->of;
	const struct crm_refine *r = p->r;
	uint32_t *start = p->pair_start = crm_calloc((size_t)p->n + 2, sizeof(*start));
	uint32_t c, had = 0, n;
	size_t k;

	for (k = 0; k < r->n_pairs; k++)
		if (of[r->pairs[k].a] == of[r->pairs[k].b])
			start[of[r->pairs[k].a] + 1]++;
	for (c = 0; c <= p->n; c++) { /* counts to ends, one behind */
		n = start[c + 1];
		start[c + 1] = had;
		had += n;
	}
	p->pair = crm_malloc(((size_t)had + 1) * sizeof(*p->pair));
	for (k = 0; k < r->n_pairs; k++)
		if (of[r->pairs[k].a] == of[r->pairs[k].b])
			p->pair[start[of[r->pairs[k].a] + 1]++] = (uint32_t)k;
}

static void lay_jobs(struct parts *p)
{
	uint64_t work = JOB_PAIRS;
	uint32_t c;

	p->job = crm_malloc(((size_t)p->n + 2) * sizeof(*p->job));
	for (c = 0; c < p->n; c++) {
		uint64_t n = p->start[c + 1] - p->start[c];

		if (work >= JOB_PAIRS) {
			p->job[p->n_jobs++] = c;
			work = 0;
		}
		work += n * n / 2 + 1;
	}
	p->job[p->n_jobs] = p->n;
	p->looked = crm_calloc(p->n_jobs + 1, sizeof(*p->looked));
}

/* ---- one component ---- */

struct bond {        /* of two groups */
	float best;  /* weight of their best linked pair; -INFINITY: they have none */
	float echo;  /* what that pair says inside */
	float sum;   /* what all pairs say, that one included */
	bool beside; /* that pair is not among those that are looked at */
};

/* Groups are known by the number, within the component, of their first person. */
struct part {
	const struct crm_refine *r;
	uint32_t n;             /* persons */
	const uint32_t *record; /* of all of them */
	const uint32_t *of;     /* record → person */
	uint32_t *start;        /* person → its records: record[start[i]] … */
	struct bond *bond;      /* n * n, both ways */
	uint32_t *partner;      /* group → with whom its bond is firmest; NONE */
	uint32_t *size;         /* group → its records */
	uint32_t *last;         /* group → its last person */
	uint32_t *next;         /* person → the next of its group; NONE */
	bool *gone;             /* joined to another group */
	float *level;           /* person → how firmly it holds to those before it in its group */
	float least;            /* the lowest level so far */
	uint32_t *x, *y;        /* records of two groups */
	uint64_t looked;
	struct crm_pair
		asked[CRM_REFINE_ASKED]; /* for what they say inside, which is added to *to */
	float *to[CRM_REFINE_ASKED];
	uint32_t n_asked;
};

static bool is_linked(const struct bond *b)
{
	return b->best > -INFINITY;
}

static struct bond *bond_of(const struct part *p, uint32_t i, uint32_t j)
{
	return &p->bond[(size_t)i * p->n + j];
}

static float firmness(const struct part *p, uint32_t i, uint32_t j)
{
	const struct bond *b = bond_of(p, i, j);
	float others = b->sum - b->echo;

	if (isinf(b->best))
		return b->best;
	if (others > CRM_REFINE_ECHO)
		others = CRM_REFINE_ECHO;
	return b->best + others + (p->size[i] + p->size[j] > 2 ? p->r->third : 0);
}

static float bounded(double bits)
{
	return bits > (double)CRM_REFINE_FOR        ? CRM_REFINE_FOR
	       : bits < -(double)CRM_REFINE_AGAINST ? -CRM_REFINE_AGAINST
						    : (float)bits;
}

static void find_partner(struct part *p, uint32_t i)
{
	float top = -INFINITY;
	uint32_t j;

	p->partner[i] = NONE;
	for (j = 0; j < p->n; j++) {
		if (j == i || p->gone[j] || firmness(p, i, j) <= top)
			continue;
		top = firmness(p, i, j);
		p->partner[i] = j;
	}
}

/* The records of a group, in the order they will have. */
static uint32_t members(const struct part *p, uint32_t group, uint32_t *out)
{
	uint32_t n = 0, k;

	for (; group != NONE; group = p->next[group])
		for (k = p->start[group]; k < p->start[group + 1]; k++)
			out[n++] = p->record[k];
	return n;
}

/* The bonds of two groups that become one. */
static void add_bond(struct bond *to, const struct bond *b)
{
	float sum = to->sum + b->sum;

	if (b->best > to->best)
		*to = *b;
	to->sum = sum;
}

/* Joins j to i, i < j. */
static void join(struct part *p, uint32_t i, uint32_t j, float level)
{
	uint32_t k;

	p->least = level < p->least ? level : p->least;
	p->level[j] = p->least;
	p->next[p->last[i]] = j;
	p->last[i] = p->last[j];
	p->size[i] += p->size[j];
	p->gone[j] = true;
	for (k = 0; k < p->n; k++) {
		if (k == i || p->gone[k])
			continue;
		add_bond(bond_of(p, i, k), bond_of(p, j, k));
		*bond_of(p, k, i) = *bond_of(p, i, k);
	}
}

/* After i and j became one, or, both there still, can no more. */
static void find_partners(struct part *p, uint32_t i, uint32_t j)
{
	uint32_t k;

	for (k = 0; k < p->n; k++) {
		if (p->gone[k])
			continue;
		if (k == i || k == j || p->partner[k] == i || p->partner[k] == j)
			find_partner(p, k);
		else if (p->partner[k] == NONE || firmness(p, k, i) > firmness(p, k, p->partner[k]))
			find_partner(p, k);
	}
}

static bool may_join(struct part *p, uint32_t i, uint32_t j, bool told)
{
	const struct crm_refine *r = p->r;
	uint32_t nx, ny;

	if (!r->against)
		return true;
	nx = members(p, i, p->x);
	ny = members(p, j, p->y);
	return !r->against(r->data, p->x, nx, p->y, ny, told);
}

/* The groups whose bond is the firmest; false when none are linked. */
static bool firmest(const struct part *p, uint32_t *i, uint32_t *j)
{
	float top = -INFINITY;
	uint32_t k;

	for (k = 0; k < p->n; k++) {
		float f;

		if (p->gone[k] || p->partner[k] == NONE)
			continue;
		if ((f = firmness(p, k, p->partner[k])) > top) {
			top = f;
			*i = k;
		}
	}
	if (isinf(top) && top < 0)
		return false;
	*j = p->partner[*i];
	if (*i > *j) {
		uint32_t t = *i;

		*i = *j;
		*j = t;
	}
	return true;
}

static void contract(struct part *p)
{
	uint32_t i, j;

	for (i = 0; i < p->n; i++)
		if (!p->gone[i])
			find_partner(p, i);
	while (firmest(p, &i, &j)) {
		float f = firmness(p, i, j);

		if (may_join(p, i, j, isinf(f)))
			join(p, i, j, f);
		else
			bond_of(p, i, j)->best = bond_of(p, j, i)->best = -INFINITY;
		find_partners(p, i, j);
	}
}

/* Adds up what was asked for. */
static void answer(struct part *p)
{
	double bits[CRM_REFINE_ASKED];
	uint32_t k;

	if (p->n_asked > 0)
		p->r->inside(p->r->data, p->asked, p->n_asked, bits);
	for (k = 0; k < p->n_asked; k++)
		*p->to[k] += bounded(bits[k]);
	p->n_asked = 0;
}

/* Adds to *to what a pair says, by the time of answer. */
static void ask(struct part *p, uint32_t a, uint32_t b, uint32_t pattern, float *to)
{
	if (p->n_asked == CRM_REFINE_ASKED)
		answer(p);
	p->asked[p->n_asked] = (struct crm_pair){a, b, 0, pattern};
	p->to[p->n_asked++] = to;
}

static uint32_t few(uint32_t records)
{
	return records < RECORDS_OF_ONE ? records : RECORDS_OF_ONE;
}

/* Asks for what all pairs of two persons say; of many records, the first ones. */
static void ask_all(struct part *p, uint32_t i, uint32_t j, float *to)
{
	uint32_t x, y, x_end = p->start[i] + few(p->size[i]), y_end = p->start[j] + few(p->size[j]);

	for (x = p->start[i]; x < x_end; x++)
		for (y = p->start[j]; y < y_end; y++)
			ask(p, p->record[x], p->record[y], 0, to);
}

static bool is_looked_at(const struct part *p, uint32_t record)
{
	const uint32_t *first = p->record + p->start[p->of[record]];
	uint32_t k;

	for (k = 0; k < RECORDS_OF_ONE && first + k < p->record + p->start[p->n]; k++)
		if (first[k] == record)
			return true;
	return false;
}

/* Who is linked, and how well. */
static void set_best(struct part *p, const uint32_t *pair, uint32_t n_pairs)
{
	uint32_t i, j, k;

	for (i = 0; i < p->n; i++)
		for (j = 0; j < p->n; j++)
			*bond_of(p, i, j) = (struct bond){-INFINITY, 0, 0, false};
	for (k = 0; k < n_pairs; k++) {
		const struct crm_pair *q = &p->r->pairs[pair[k]];
		uint32_t x = p->of[q->a], y = p->of[q->b];
		struct bond *b = bond_of(p, x < y ? x : y, x < y ? y : x);

		if (!p->r->inside)
			b->sum += bounded((double)q->weight);
		if (is_linked(b) || x == y) /* the best pair comes first */
			continue;
		b->best = q->weight;
		b->beside = !is_looked_at(p, q->a) || !is_looked_at(p, q->b);
		if (p->r->inside)
			ask(p, q->a, q->b, q->pattern, &b->echo);
		else
			b->echo = b->sum;
	}
	answer(p);
}

static void set_bonds(struct part *p, const uint32_t *pair, uint32_t n_pairs)
{
	uint32_t i, j;

	set_best(p, pair, n_pairs);
	for (i = 0; p->r->inside && i < p->n; i++)
		for (j = i + 1; j < p->n; j++) {
			struct bond *b = bond_of(p, i, j);

			p->looked += few(p->size[i]) * few(p->size[j]);
			if (is_linked(b) && p->size[i] == 1 && p->size[j] == 1)
				b->sum = b->echo; /* it is their only pair */
			else
				ask_all(p, i, j, &b->sum);
		}
	answer(p);
	for (i = 0; i < p->n; i++)
		for (j = i + 1; j < p->n; j++) {
			struct bond *b = bond_of(p, i, j);

			if (p->r->inside && b->beside)
				b->sum += b->echo;
			*bond_of(p, j, i) = *b;
		}
}

/* Numbers the persons of n records, those of one being next to each other. */
static void set_persons(struct part *p, uint32_t *of, uint32_t n)
{
	const uint32_t *first = p->r->first;
	uint32_t k;

	p->n = 0;
	for (k = 0; k < n; k++) {
		if (k == 0 || !first || first[p->record[k]] != first[p->record[k - 1]])
			p->start[p->n++] = k;
		of[p->record[k]] = p->n - 1;
	}
	p->start[p->n] = n;
	p->of = of;
}

static void refine_part(struct part *p, const uint32_t *pair, uint32_t n_pairs)
{
	uint32_t i;

	for (i = 0; i < p->n; i++) {
		p->last[i] = i;
		p->size[i] = p->start[i + 1] - p->start[i];
		p->next[i] = p->partner[i] = NONE;
		p->gone[i] = false;
		p->level[i] = -INFINITY;
	}
	p->least = INFINITY;
	set_bonds(p, pair, n_pairs);
	contract(p);
}

/* ---- all of them ---- */

/* Two records, as most components are, hold together by their weight. */
static float level_of_two(const struct parts *all, uint32_t c)
{
	const struct crm_refine *r = all->r;
	const uint32_t *two = &all->out->order[all->start[c]];
	float weight;

	if (r->first && r->first[two[0]] == r->first[two[1]])
		return INFINITY;
	weight = r->pairs[all->pair[all->pair_start[c]]].weight;
	if (r->against && r->against(r->data, &two[0], 1, &two[1], 1, isinf(weight)))
		return -INFINITY;
	return weight;
}

static void write_part(const struct part *p, struct crm_groups *out, uint32_t at)
{
	uint32_t group, i, k, n = 0; /* the records are read from out->order: to x first */

	for (group = 0; group < p->n; group++)
		for (i = p->gone[group] ? NONE : group; i != NONE; i = p->next[i])
			for (k = p->start[i]; k < p->start[i + 1]; k++) {
				out->level[at + n] = k == p->start[i] ? p->level[i] : INFINITY;
				p->x[n++] = p->record[k];
			}
	memcpy(out->order + at, p->x, (size_t)n * sizeof(*p->x));
}

static void part_init(struct part *p, uint32_t records)
{
	size_t n = (size_t)records + 1;

	p->partner = crm_malloc(n * 7 * sizeof(uint32_t));
	p->size = p->partner + n;
	p->last = p->size + n;
	p->next = p->last + n;
	p->start = p->next + n;
	p->x = p->start + n;
	p->y = p->x + n;
	p->gone = crm_malloc(n);
	p->level = crm_malloc(n * sizeof(*p->level));
}

static void part_release(struct part *p)
{
	free(p->bond);
	free(p->partner);
	free(p->gone);
	free(p->level);
}

static void refine_job(void *data, size_t job)
{
	struct parts *all = data;
	struct part p = {.r = all->r};
	uint32_t c, n, most = 0;
	size_t cap = 0;

	for (c = all->job[job]; c < all->job[job + 1]; c++)
		if ((n = all->start[c + 1] - all->start[c]) > most)
			most = n;
	if (most > 2)
		part_init(&p, most);
	for (c = all->job[job]; c < all->job[job + 1]; c++) {
		uint32_t at = all->start[c];

		n = all->start[c + 1] - at;
		all->out->level[at] = -INFINITY;
		if (n == 2)
			all->out->level[at + 1] = level_of_two(all, c);
		if (n <= 2)
			continue;
		p.record = all->out->order + at;
		set_persons(&p, all->of, n);
		CRM_GROW(p.bond, (size_t)p.n * p.n, cap);
		refine_part(&p, all->pair + all->pair_start[c],
			    all->pair_start[c + 1] - all->pair_start[c]);
		write_part(&p, all->out, at);
	}
	all->looked[job] = p.looked;
	part_release(&p);
}

static void groups_init(struct crm_groups *g, uint32_t n)
{
	*g = (struct crm_groups){.n = n};
	g->order = crm_malloc(((size_t)n + 1) * sizeof(*g->order));
	g->place = crm_malloc(((size_t)n + 1) * sizeof(*g->place));
	g->level = crm_malloc(((size_t)n + 1) * sizeof(*g->level));
}

void crm_refine(const struct crm_refine *r, struct crm_groups *out)
{
	struct parts p = {.r = r, .out = out};
	uint32_t i;
	struct crm_clusters c;
	size_t job;

	groups_init(out, r->n);
	p.of = crm_malloc(((size_t)r->n + 1) * sizeof(*p.of));
	crm_clusters_init(&c, r->n);
	join_all(r, &c);
	lay_records(&p, &c);
	crm_clusters_release(&c);
	lay_pairs(&p);
	lay_jobs(&p);
	crm_work(r->threads, p.n_jobs, refine_job, &p);
	for (i = 0; i < r->n; i++)
		out->place[out->order[i]] = i;
	for (job = 0; job < p.n_jobs; job++)
		out->looked += p.looked[job];
	free(p.of);
	free(p.start);
	free(p.pair_start);
	free(p.pair);
	free(p.job);
	free(p.looked);
}

/* ---- components alone ---- */

struct chain {
	uint32_t first, last; /* of the root of a component */
	uint32_t next;        /* of a record; NONE */
	float level;
};

/* Puts the list of one component behind that of the other. */
static void append(struct crm_clusters *c, struct chain *chain, const struct crm_pair *p)
{
	struct chain x = chain[crm_clusters_root(c, p->a)];
	struct chain y = chain[crm_clusters_root(c, p->b)];

	if (!crm_clusters_join(c, p->a, p->b))
		return;
	chain[x.last].next = y.first;
	chain[y.first].level = p->weight;
	x.last = y.last;
	chain[crm_clusters_root(c, p->a)].first = x.first;
	chain[crm_clusters_root(c, p->a)].last = x.last;
}

void crm_groups_components(uint32_t n, const struct crm_pair *pairs, size_t n_pairs,
			   struct crm_groups *out)
{
	struct chain *chain = crm_malloc(((size_t)n + 1) * sizeof(*chain));
	struct crm_clusters c;
	uint32_t i, k, at = 0;
	size_t p;

	for (i = 0; i < n; i++)
		chain[i] = (struct chain){i, i, NONE, -INFINITY};
	crm_clusters_init(&c, n);
	for (p = 0; p < n_pairs; p++)
		append(&c, chain, &pairs[p]);
	groups_init(out, n);
	for (i = 0; i < n; i++)
		for (k = crm_clusters_root(&c, i) == i ? chain[i].first : NONE; k != NONE;
		     k = chain[k].next, at++) {
			out->order[at] = k;
			out->level[at] = chain[k].level;
			out->place[k] = at;
		}
	crm_clusters_release(&c);
	free(chain);
}

void crm_groups_release(struct crm_groups *g)
{
	free(g->order);
	free(g->place);
	free(g->level);
	*g = (struct crm_groups){0};
}

float crm_groups_level(const struct crm_groups *g, uint32_t a, uint32_t b)
{
	uint32_t i = g->place[a], end = g->place[b];
	float level = INFINITY;

	if (i > end) {
		i = g->place[b];
		end = g->place[a];
	}
	/* Far apart, they are of different components soon. */
	while (i++ < end && !(isinf(level) && level < 0))
		if (g->level[i] < level)
			level = g->level[i];
	return level;
}

uint32_t crm_groups_start(const struct crm_groups *g, uint32_t record, double least)
{
	uint32_t i = g->place[record];

	while (i > 0 && (double)g->level[i] >= least)
		i--;
	return i;
}

uint32_t crm_groups_end(const struct crm_groups *g, uint32_t from, double least)
{
	while (++from < g->n && (double)g->level[from] >= least)
		;
	return from;
}
