/* SPDX-License-Identifier: MIT */
/*
 * The decision; see route.h. All sets are of agents, by index, n_words words each. A need is
 * met step by step: what remains after each step, and what fell out at it, is all that the
 * explanation is made of.
 */
#include "route/route.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/table.h"

enum kind {
	TEAM,
	SKILL,
	LANGUAGE,
	CHANNEL,
	KINDS
};

struct set { /* who has a name of some kind */
	enum kind kind;
	struct crm_slice name;
	uint64_t *bits;
};

struct hand { /* what an agent has */
	int load;
	int weight;      /* the capacity that the load is divided by */
	int64_t turn;    /* when they were given something last, 0: never */
	int *limit_load; /* by limit of the agent */
};

struct crm_router {
	const struct crm_agents *agents;
	size_t n_words;
	struct set *sets;
	size_t n_sets, cap_sets;
	struct crm_table table;   /* sets by kind and name */
	uint64_t *any[KINDS];     /* who needs no name of a kind */
	uint64_t *all, *none;     /* every agent, and no one */
	uint64_t *off[CRM_NOTS];  /* HOURS, AWAY, OFFLINE */
	uint64_t *full, *limited; /* who has all they can have; who has limits by channel */
	uint64_t *lost;
	struct hand *hands;
	int64_t turn;      /* the latest */
	uint64_t *scratch; /* of a decision */
	struct crm_arena arena;
};

const char *const crm_not_names[CRM_NOTS] = {
	[CRM_NOT_TEAM] = "not in the team",
	[CRM_NOT_CHANNEL] = "not on the channel",
	[CRM_NOT_LANGUAGE] = "does not speak the language",
	[CRM_NOT_SKILL] = "lacks a skill",
	[CRM_NOT_HOURS] = "off duty",
	[CRM_NOT_AWAY] = "away",
	[CRM_NOT_OFFLINE] = "offline",
	[CRM_NOT_AGAIN] = "had it",
	[CRM_NOT_FULL] = "full",
};

const char *const crm_because_names[] = {
	[CRM_BECAUSE_NONE] = "nobody",
	[CRM_BECAUSE_RULE] = "rule",
	[CRM_BECAUSE_RESPONSIBLE] = "responsible",
	[CRM_BECAUSE_LAST] = "dealt with them last",
	[CRM_BECAUSE_LOAD] = "least load",
};

/* ---- sets ---- */

static uint64_t *new_bits(struct crm_router *r)
{
	uint64_t *bits = crm_arena_alloc(&r->arena, (r->n_words + 1) * sizeof(*bits));

	memset(bits, 0, (r->n_words + 1) * sizeof(*bits));
	return bits;
}

static void put_bit(uint64_t *bits, size_t i, bool on)
{
	if (on)
		bits[i / 64] |= (uint64_t)1 << (i % 64);
	else
		bits[i / 64] &= ~((uint64_t)1 << (i % 64));
}

static bool has_bit(const uint64_t *bits, int i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

static const struct set *find_set(const struct crm_router *r, enum kind kind, struct crm_slice name)
{
	uint64_t hash = crm_hash64_with(crm_hash64(name.ptr, name.len), kind);

	for (struct crm_probe p = crm_table_probe(&r->table, hash);
	     crm_table_next(&r->table, &p);) {
		const struct set *s = &r->sets[p.index];

		if (s->kind == kind && crm_slice_same(s->name, name))
			return s;
	}
	return NULL;
}

static const uint64_t *bits_of(const struct crm_router *r, enum kind kind, struct crm_slice name)
{
	const struct set *s = find_set(r, kind, name);

	return s ? s->bits : r->none;
}

static void file_name(struct crm_router *r, enum kind kind, const char *text, size_t agent)
{
	struct crm_slice name = crm_slice_of(text);
	const struct set *s = find_set(r, kind, name);

	if (!s) {
		CRM_GROW(r->sets, r->n_sets + 1, r->cap_sets);
		r->sets[r->n_sets] = (struct set){kind, name, new_bits(r)};
		crm_table_add(&r->table, crm_hash64_with(crm_hash64(name.ptr, name.len), kind),
			      (uint32_t)r->n_sets);
		s = &r->sets[r->n_sets++];
	}
	put_bit(s->bits, agent, true);
}

static void file_names(struct crm_router *r, enum kind kind, const struct crm_names *names,
		       size_t agent)
{
	if (names->any)
		put_bit(r->any[kind], agent, true);
	for (size_t i = 0; i < names->n; i++)
		file_name(r, kind, names->names[i], agent);
}

/* ---- life ---- */

static void file_agent(struct crm_router *r, size_t i)
{
	const struct crm_agent *a = &r->agents->list[i];

	put_bit(r->all, i, true);
	file_names(r, TEAM, &a->teams, i);
	file_names(r, SKILL, &a->skills, i);
	file_names(r, LANGUAGE, &a->languages, i);
	file_names(r, CHANNEL, &a->channels, i);
	put_bit(r->limited, i, a->n_limits > 0);
	r->hands[i].weight = a->capacity < 0 ? CRM_CAPACITY_USUAL : a->capacity;
	r->hands[i].limit_load = crm_arena_alloc(&r->arena, (a->n_limits + 1) * sizeof(int));
}

struct crm_router *crm_router_new(const struct crm_agents *agents)
{
	struct crm_router *r = crm_calloc(1, sizeof(*r));

	r->agents = agents;
	r->n_words = (agents->n + 63) / 64;
	r->hands = crm_calloc(agents->n + 1, sizeof(*r->hands));
	for (int k = 0; k < KINDS; k++)
		r->any[k] = new_bits(r);
	for (int n = 0; n < CRM_NOTS; n++)
		r->off[n] = new_bits(r);
	r->all = new_bits(r);
	r->none = new_bits(r);
	r->scratch = crm_calloc((CRM_NOTS + 1) * r->n_words + 1, sizeof(*r->scratch));
	r->full = new_bits(r);
	r->limited = new_bits(r);
	r->lost = new_bits(r);
	for (size_t i = 0; i < agents->n; i++)
		file_agent(r, i);
	memcpy(r->off[CRM_NOT_OFFLINE], r->all, r->n_words * sizeof(*r->all));
	crm_router_clear(r);
	return r;
}

void crm_router_free(struct crm_router *router)
{
	if (!router)
		return;
	free(router->sets);
	free(router->hands);
	free(router->scratch);
	crm_table_release(&router->table);
	crm_arena_release(&router->arena);
	free(router);
}

/* ---- what agents have in hand ---- */

static void note_full(struct crm_router *r, size_t i)
{
	const struct crm_agent *a = &r->agents->list[i];

	put_bit(r->full, i, a->capacity >= 0 && r->hands[i].load >= a->capacity);
}

void crm_router_clear(struct crm_router *router)
{
	for (size_t i = 0; i < router->agents->n; i++) {
		struct hand *h = &router->hands[i];

		h->load = 0;
		h->turn = 0;
		memset(h->limit_load, 0, router->agents->list[i].n_limits * sizeof(int));
		note_full(router, i);
	}
	router->turn = 0;
}

void crm_router_duty(struct crm_router *router, const struct crm_duties *duties)
{
	static const enum crm_off offs[CRM_NOTS] = {
		[CRM_NOT_HOURS] = CRM_OFF_CALENDAR,
		[CRM_NOT_AWAY] = CRM_OFF_AWAY,
		[CRM_NOT_OFFLINE] = CRM_OFF_OFFLINE,
	};

	for (size_t i = 0; i < router->agents->n; i++)
		for (int n = CRM_NOT_HOURS; n <= CRM_NOT_OFFLINE; n++)
			put_bit(router->off[n], i, duties->of[i].off == offs[n]);
}

void crm_router_lost(struct crm_router *router, int agent, bool lost)
{
	put_bit(router->lost, (size_t)agent, lost);
}

static bool limit_is_of(const struct crm_limit *limit, struct crm_slice channel,
			struct crm_slice medium)
{
	return crm_slice_is(medium, limit->of) || crm_slice_is(channel, limit->of);
}

void crm_router_load(struct crm_router *router, int agent, struct crm_slice channel,
		     struct crm_slice medium, int n)
{
	const struct crm_agent *a = &router->agents->list[agent];
	struct hand *h = &router->hands[agent];

	h->load += n;
	for (size_t i = 0; i < a->n_limits; i++)
		if (limit_is_of(&a->limits[i], channel, medium))
			h->limit_load[i] += n;
	note_full(router, (size_t)agent);
}

void crm_router_last(struct crm_router *router, int agent, int64_t turn)
{
	router->hands[agent].turn = turn;
	if (turn > router->turn)
		router->turn = turn;
}

void crm_router_give(struct crm_router *router, int agent, const struct crm_need *need)
{
	crm_router_load(router, agent, need->channel, need->medium, 1);
	router->hands[agent].turn = ++router->turn;
}

int crm_router_in_hand(const struct crm_router *router, int agent)
{
	return router->hands[agent].load;
}

/* ---- the decision ---- */

/* Is the agent at the limit of this channel, whatever else they have? */
static bool at_limit(const struct crm_router *r, int agent, const struct crm_need *need)
{
	const struct crm_agent *a = &r->agents->list[agent];

	for (size_t i = 0; i < a->n_limits; i++)
		if (limit_is_of(&a->limits[i], need->channel, need->medium)
		    && r->hands[agent].limit_load[i] >= a->limits[i].most)
			return true;
	return false;
}

static bool is_full(const struct crm_router *r, int agent, const struct crm_need *need)
{
	return has_bit(r->full, agent) || (has_bit(r->limited, agent) && at_limit(r, agent, need));
}

static enum crm_not off_duty(const struct crm_router *r, int agent)
{
	for (int n = CRM_NOT_HOURS; n <= CRM_NOT_OFFLINE; n++)
		if (has_bit(r->off[n], agent))
			return (enum crm_not)n;
	return CRM_NOT_AT_ALL;
}

/* What remains, and what fell out at each step. */
struct sieve {
	const struct crm_router *r;
	struct crm_decision *out;
	uint64_t *left;
	uint64_t *fell[CRM_NOTS];
};

static void fall(struct sieve *s, enum crm_not step, size_t word, uint64_t bits)
{
	if (!bits)
		return;
	s->fell[step][word] |= bits;
	s->left[word] &= ~bits;
	s->out->count[step] += (uint32_t)__builtin_popcountll(bits);
	s->out->why = step;
}

/* Those remain who are in any of three sets. */
static void keep(struct sieve *s, enum crm_not step, const uint64_t *a, const uint64_t *b,
		 const uint64_t *c)
{
	for (size_t w = 0; w < s->r->n_words; w++)
		fall(s, step, w, s->left[w] & ~(a[w] | b[w] | c[w]));
}

static void keep_named(struct sieve *s, enum crm_not step, enum kind kind, struct crm_slice name)
{
	keep(s, step, s->r->any[kind], bits_of(s->r, kind, name), s->r->none);
}

static void drop(struct sieve *s, enum crm_not step, const uint64_t *set)
{
	for (size_t w = 0; w < s->r->n_words; w++)
		fall(s, step, w, s->left[w] & set[w]);
}

static void drop_one(struct sieve *s, enum crm_not step, int agent)
{
	fall(s, step, (size_t)agent / 64, s->left[agent / 64] & (uint64_t)1 << (agent % 64));
}

/* Does any of those who remain, but are not lost, speak it? */
static bool any_speaks(const struct sieve *s, struct crm_slice language)
{
	const uint64_t *any = s->r->any[LANGUAGE], *named = bits_of(s->r, LANGUAGE, language);

	for (size_t w = 0; w < s->r->n_words; w++)
		if (s->left[w] & ~s->r->lost[w] & (any[w] | named[w]))
			return true;
	return false;
}

/* Does anybody else remain who is not lost? */
static bool any_other(const struct sieve *s, int agent)
{
	uint64_t others = 0;

	for (size_t w = 0; w < s->r->n_words; w++) {
		others |= s->left[w] & ~s->r->lost[w];
		if ((size_t)agent / 64 == w)
			others &= ~((uint64_t)1 << (agent % 64));
	}
	return others != 0;
}

static void keep_suited(struct sieve *s, const struct crm_need *need)
{
	char buf[CRM_LANGUAGE_SIZE];
	struct crm_slice language;

	if (need->queue.len)
		keep_named(s, CRM_NOT_TEAM, TEAM, need->queue);
	keep(s, CRM_NOT_CHANNEL, s->r->any[CHANNEL], bits_of(s->r, CHANNEL, need->channel),
	     bits_of(s->r, CHANNEL, need->medium));
	for (size_t i = 0; i < need->n_skills; i++)
		keep_named(s, CRM_NOT_SKILL, SKILL, need->skills[i]);
	if (!need->language.len)
		return;
	language = crm_language_primary(need->language, buf);
	if (need->must_speak || any_speaks(s, language))
		keep_named(s, CRM_NOT_LANGUAGE, LANGUAGE, language);
}

/* Calls each for the agents of a set, in order, until it says false. */
#define EACH_BIT(agent, bits, n_words)            \
	for (size_t w_ = 0; w_ < (n_words); w_++) \
		for (uint64_t b_ = (bits)[w_];    \
		     b_ && ((agent) = (int)(w_ * 64) + __builtin_ctzll(b_), true); b_ &= b_ - 1)

static void keep_free(struct sieve *s, const struct crm_need *need)
{
	bool again = need->avoid != CRM_NOBODY && any_other(s, need->avoid);
	int agent;

	for (int n = CRM_NOT_HOURS; n <= CRM_NOT_OFFLINE; n++)
		drop(s, (enum crm_not)n, s->r->off[n]);
	if (again)
		drop_one(s, CRM_NOT_AGAIN, need->avoid);
	drop(s, CRM_NOT_FULL, s->r->full);
	EACH_BIT(agent, s->r->limited, s->r->n_words)
	if (has_bit(s->left, agent) && at_limit(s->r, agent, need))
		drop_one(s, CRM_NOT_FULL, agent);
}

/* Does agent a go before b? */
static bool goes_before(const struct crm_router *r, int a, int b)
{
	const struct hand *x = &r->hands[a], *y = &r->hands[b];
	int64_t left = (int64_t)x->load * y->weight, right = (int64_t)y->load * x->weight;

	if (left != right)
		return left < right;
	return x->turn != y->turn ? x->turn < y->turn : a < b;
}

/* The best of those that can, in order; then, where there is room, who nearly can. */
static void find_nearest(struct sieve *s)
{
	struct crm_decision *d = s->out;
	size_t n = 0;
	int agent;

	EACH_BIT(agent, s->left, s->r->n_words)
	{
		size_t at = n < CRM_NEAREST ? n++ : n;

		d->count[CRM_NOT_AT_ALL]++;
		for (; at && goes_before(s->r, agent, d->nearest[at - 1].agent); at--)
			if (at < CRM_NEAREST)
				d->nearest[at] = d->nearest[at - 1];
		if (at < CRM_NEAREST)
			d->nearest[at] = (struct crm_candidate){agent, CRM_NOT_AT_ALL,
								s->r->hands[agent].load};
	}
	for (int not = CRM_NOTS - 1; not >= 0 && n < CRM_NEAREST; not --)
		EACH_BIT(agent, s->fell[not ], s->r->n_words)
	if (n < CRM_NEAREST)
		d->nearest[n++] =
			(struct crm_candidate){agent, (enum crm_not) not, s->r->hands[agent].load};
	d->n_nearest = n;
}

/* Chosen past the order: it must be among those named. */
static void choose(struct sieve *s, int agent, enum crm_because because)
{
	struct crm_decision *d = s->out;

	d->agent = agent;
	d->because = because;
	for (size_t i = 0; i < d->n_nearest; i++)
		if (d->nearest[i].agent == agent)
			return;
	if (d->n_nearest < CRM_NEAREST)
		d->n_nearest++;
	d->nearest[d->n_nearest - 1] =
		(struct crm_candidate){agent, CRM_NOT_AT_ALL, s->r->hands[agent].load};
}

/* Whoever is asked for by name need not suit, but be there and have room. */
static bool is_there(const struct crm_router *r, const struct crm_need *need, int agent)
{
	return agent != CRM_NOBODY && agent != need->avoid && off_duty(r, agent) == CRM_NOT_AT_ALL
	       && !is_full(r, agent, need);
}

static void sieve_begin(struct sieve *s, const struct crm_router *r, struct crm_decision *out)
{
	uint64_t *bits = r->scratch;

	memset(bits, 0, (CRM_NOTS + 1) * r->n_words * sizeof(*bits));
	*s = (struct sieve){.r = r, .out = out, .left = bits};
	memcpy(s->left, r->all, r->n_words * sizeof(*bits));
	for (int n = 0; n < CRM_NOTS; n++)
		s->fell[n] = bits += r->n_words;
	memset(out, 0, sizeof(*out));
	out->agent = CRM_NOBODY;
	out->why = CRM_NOT_AT_ALL;
}

void crm_router_decide(const struct crm_router *router, const struct crm_need *need,
		       struct crm_decision *out)
{
	struct sieve s;

	sieve_begin(&s, router, out);
	keep_suited(&s, need);
	keep_free(&s, need);
	find_nearest(&s);
	if (need->nobody)
		out->because = CRM_BECAUSE_RULE;
	else if (is_there(router, need, need->by_rule))
		choose(&s, need->by_rule, CRM_BECAUSE_RULE);
	else if (is_there(router, need, need->responsible))
		choose(&s, need->responsible, CRM_BECAUSE_RESPONSIBLE);
	else if (need->last != CRM_NOBODY && need->last != need->avoid
		 && has_bit(s.left, need->last))
		choose(&s, need->last, CRM_BECAUSE_LAST);
	else if (out->count[CRM_NOT_AT_ALL])
		choose(&s, out->nearest[0].agent, CRM_BECAUSE_LOAD);
}

enum crm_not crm_router_against(const struct crm_router *router, const struct crm_need *need,
				int agent)
{
	struct crm_decision unused;
	struct sieve s;

	sieve_begin(&s, router, &unused);
	keep_suited(&s, need);
	keep_free(&s, need);
	for (int n = 0; n < CRM_NOTS; n++)
		if (has_bit(s.fell[n], agent))
			return (enum crm_not)n;
	return CRM_NOT_AT_ALL;
}
