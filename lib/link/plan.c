/* SPDX-License-Identifier: MIT */
/* Choosing blocking rules; see plan.h. */
#include "link/plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "link/propose.h"
#include "link/work.h"
#include "link/yield.h"

#define SAMPLE_PAIRS 80000 /* about so many are rated */
#define LEAST_RECORDS 2000 /* and of no fewer records */
#define LEAST_YIELD 0.001  /* matches a pair: a rule of less is not worth it */
#define DIVIDED_FROM 0.03  /* of the budget: rules of more pairs are also tried divided */
#define SURE 0.97          /* of the budget may be used: pairs are estimated from a sample */
#define SCREEN_FROM 200000 /* records: for fewer, building all blocks costs little */
#define HOPELESS 0.6       /* of the budget: then, rules of more pairs are not looked at */
#define FREE_PAIRS 500000  /* the budget that people of any number have, */
#define PAIRS_A_RECORD 4   /* and what each adds */

struct choosing {
	const struct crm_people *people;
	struct crm_plan all;  /* the candidates */
	int made, divided;    /* from where on they are made, and divided */
	int whole[CRM_RULES]; /* of a divided one: the rule it comes from */
	struct crm_blocks *blocks;
	struct crm_rated *pairs; /* of the sample */
	size_t n_pairs, cap_pairs;
	double weight;                                   /* how many pairs each stands for */
	double now_cost[CRM_RULES], now_gain[CRM_RULES]; /* pairs, matches that it would add now */
	double cost[CRM_RULES], gain[CRM_RULES];         /* the same when it was decided */
	uint64_t hopeless;     /* bits of candidates whose blocks are not built */
	uint64_t chosen, open; /* bits of candidates */
	const char *why[CRM_RULES];
	bool rated;
	int order[CRM_RULES], n; /* of the plan */
	int used;                /* the first ones of these are chosen */
	uint32_t sample;
};

uint64_t crm_plan_budget(const struct crm_people *people)
{
	return FREE_PAIRS + (uint64_t)PAIRS_A_RECORD * people->n;
}

static uint64_t all_pairs(const struct choosing *c)
{
	uint64_t sum = 0;
	int r;

	for (r = 0; r < c->divided; r++)
		sum += crm_blocks_report(c->blocks, r).pairs;
	return sum;
}

static void keep_pairs(void *data, const struct crm_mates *mates)
{
	struct choosing *c = data;
	uint32_t i;

	CRM_GROW(c->pairs, c->n_pairs + mates->n, c->cap_pairs);
	for (i = 0; i < mates->n; i++)
		c->pairs[c->n_pairs++] =
			(struct crm_rated){mates->rules[i], mates->record, mates->mate[i], 0};
}

/* Takes a sample of records with their pairs; returns how many pairs there are in all. */
static double take_sample(struct choosing *c, const struct crm_plan_options *o)
{
	uint32_t n = c->people->n, i;
	double part = (double)SAMPLE_PAIRS / (double)(all_pairs(c) + 1);
	uint64_t below;

	if (part * n < LEAST_RECORDS)
		part = (double)LEAST_RECORDS / n;
	below = part >= 1 ? UINT64_MAX : (uint64_t)(part * 0x1p64);
	for (i = 0; i < n; i++)
		if (crm_hash64_with(o->seed ^ 0x626c6f636bull, i) <= below) {
			crm_blocks_range(c->blocks, i, i + 1, keep_pairs, c);
			c->sample++;
		}
	c->weight = c->sample ? (double)n / c->sample : 0;
	return (double)c->n_pairs * c->weight;
}

/* Adds a divided form of a rule. Its blocks are not built yet; that it has those pairs of the
 * whole rule that agree in the further key is true but for parts of blocks above the cap. */
static void add_divided(struct choosing *c, int whole, int k)
{
	const struct crm_block_key *key = &c->all.rule[whole].divide[k];
	uint64_t bit = 1ull << c->all.n;
	struct crm_block_rule rule;
	struct crm_key_form form;
	char name[CRM_RULE_NAME];
	size_t i;

	if (!crm_plan_divide(c->people->spec, &c->all.rule[whole], c->all.name[whole], k, &rule,
			     name))
		return;
	c->whole[c->all.n] = whole;
	crm_plan_add(&c->all, &rule, name);
	crm_key_form(&form, c->people, 1, key, 1, 64);
	for (i = 0; i < c->n_pairs; i++)
		if (c->pairs[i].rules >> whole & 1) {
			uint64_t a = crm_key_number(&form, 0, 0, c->pairs[i].a);

			if (a && a == crm_key_number(&form, 0, 0, c->pairs[i].b))
				c->pairs[i].rules |= bit;
		}
}

/* Adds divided forms of those rules that are too expensive to be taken without thought. */
static void divide_rules(struct choosing *c, double budget)
{
	int r, k;

	for (r = 0; r < c->divided; r++)
		for (k = 0; k < CRM_KEYS && c->all.n < CRM_RULES; k++)
			if ((double)crm_blocks_report(c->blocks, r).pairs > budget * DIVIDED_FROM)
				add_divided(c, r, k);
}

/* What each open candidate would add. */
static void count_gains(struct choosing *c)
{
	size_t i;

	memset(c->now_cost, 0, sizeof(c->now_cost));
	memset(c->now_gain, 0, sizeof(c->now_gain));
	for (i = 0; i < c->n_pairs; i++) {
		uint64_t rules = c->pairs[i].rules;

		if (rules & c->chosen)
			continue;
		for (rules &= c->open; rules; rules &= rules - 1) {
			int r = crm_first_rule(rules);

			c->now_cost[r] += c->weight;
			c->now_gain[r] += c->weight * (double)c->pairs[i].match;
		}
	}
}

/* The open candidate with most matches a pair; the first of equal ones. */
static int best_open(const struct choosing *c)
{
	uint64_t open = c->open;
	int best = -1;

	for (; open; open &= open - 1) {
		int r = crm_first_rule(open);

		if (best < 0
		    || c->now_gain[r] * (c->now_cost[best] + 1)
			       > c->now_gain[best] * (c->now_cost[r] + 1))
			best = r;
	}
	return best;
}

static void decide(struct choosing *c, int r, bool take, const char *why)
{
	c->open &= ~(1ull << r);
	c->why[r] = why;
	c->cost[r] = c->now_cost[r];
	c->gain[r] = c->now_gain[r];
	if (!take)
		return;
	c->chosen |= 1ull << r;
	c->order[c->n++] = r;
}

/* A divided rule yields nothing that the whole one does not. */
static void drop_parts(struct choosing *c)
{
	int i, kept = 0;

	for (i = 0; i < c->n; i++) {
		int r = c->order[i];

		if (r < c->divided || !(c->chosen >> c->whole[r] & 1)) {
			c->order[kept++] = r;
			continue;
		}
		c->cost[c->whole[r]] += c->cost[r];
		c->gain[c->whole[r]] += c->gain[r];
	}
	c->n = kept;
}

static void choose(struct choosing *c, double left)
{
	c->open = (c->all.n == CRM_RULES ? ~0ull : (1ull << c->all.n) - 1) & ~c->hopeless;
	while (c->open) {
		int r;

		count_gains(c);
		r = best_open(c);
		if (c->now_cost[r] <= 0)
			decide(c, r, false,
			       r < c->divided && crm_blocks_report(c->blocks, r).pairs == 0
				       ? "it has no pairs"
				       : "others have its pairs");
		else if (c->now_gain[r] < LEAST_YIELD * c->now_cost[r])
			decide(c, r, false, "too few matches for its pairs");
		else if (c->now_cost[r] > left)
			decide(c, r, false, "too many pairs for what is left of the budget");
		else {
			left -= c->now_cost[r];
			decide(c, r, true, "most matches a pair");
		}
	}
	drop_parts(c);
}

static void choose_all(struct choosing *c)
{
	int r;

	for (r = 0; r < c->all.n; r++) {
		c->why[r] = "all keep within the budget";
		c->order[c->n++] = r;
	}
}

/* What is known of all candidates whose blocks were built. */
static void report_rules(const struct choosing *c, struct crm_plan_report *out)
{
	size_t i;
	int r;

	memset(out, 0, sizeof(*out));
	out->sample = c->sample;
	out->matches = c->rated ? 0 : NAN;
	for (i = 0; i < c->n_pairs && c->rated; i++)
		out->matches += c->weight * (double)c->pairs[i].match;
	out->all_pairs = all_pairs(c);
	for (r = 0; r < c->divided; r++)
		out->choice[r].report = crm_blocks_report(c->blocks, r);
}

/* And of those in the final plan. */
static void report_choices(const struct choosing *c, struct crm_plan_report *out)
{
	int place[CRM_RULES], r;

	for (r = 0; r < c->all.n; r++)
		place[r] = -1;
	for (r = 0; r < c->n; r++)
		place[c->order[r]] = r;
	out->used = c->used;
	for (r = 0; r < c->all.n; r++) {
		struct crm_plan_choice *choice = &out->choice[out->n];

		if (r >= c->divided && place[r] < 0)
			continue;
		choice->report = place[r] < 0 ? out->choice[r].report
					      : crm_blocks_report(c->blocks, place[r]);
		snprintf(out->name[out->n], CRM_RULE_NAME, "%s", c->all.name[r]);
		choice->report.rule = out->name[out->n++];
		choice->rule = c->all.rule[r];
		choice->place = place[r];
		choice->used = place[r] >= 0 && place[r] < c->used;
		choice->why = c->why[r];
		choice->new_pairs = c->rated ? c->cost[r] : NAN;
		choice->new_matches = c->rated ? c->gain[r] : NAN;
		choice->made = r >= c->made;
	}
}

/* Candidates that were not chosen, behind the others. */
static void keep_others(struct choosing *c)
{
	int r, i;

	for (r = 0; r < c->divided; r++) {
		for (i = 0; i < c->used && c->order[i] != r; i++)
			;
		if (i == c->used)
			c->order[c->n++] = r;
	}
}

struct screening {
	struct choosing *c;
	double pairs[CRM_RULES];
};

static void guess_rule(void *data, size_t job)
{
	struct screening *s = data;
	const struct crm_block_rule *rule = &s->c->all.rule[job];
	const struct crm_spec *spec = s->c->people->spec;
	int k;

	for (k = 0; k < rule->n_keys; k++)
		if (spec->column[rule->key[k].a].list)
			return;
	s->pairs[job] = crm_blocks_guess(s->c->people, rule);
}

/* Builds the blocks of all candidates, but for those that a look at a part of the records shows
 * to be out of the question. */
static void build(struct choosing *c, double budget, unsigned int threads)
{
	struct screening *s = crm_calloc(1, sizeof(*s));
	struct crm_plan *plan = crm_malloc(sizeof(*plan));
	int r;

	s->c = c;
	*plan = c->all;
	if (c->people->n > SCREEN_FROM)
		crm_work(threads, (size_t)c->all.n, guess_rule, s);
	for (r = 0; r < c->all.n; r++)
		if (s->pairs[r] > HOPELESS * budget) {
			plan->rule[r].n_keys = plan->rule[r].n_divide = 0;
			c->hopeless |= 1ull << r;
			c->why[r] = "far too many pairs, by a look at every 16th record";
			c->cost[r] = s->pairs[r];
			c->gain[r] = NAN;
		}
	c->blocks = crm_blocks_build(c->people, plan, threads, NULL);
	free(plan);
	free(s);
}

static void choose_rules(struct choosing *c, const struct crm_plan_options *o, double budget)
{
	if (!c->hopeless
	    && ((double)all_pairs(c) <= budget || take_sample(c, o) <= budget * SURE)) {
		choose_all(c);
		return;
	}
	if (c->hopeless)
		take_sample(c, o);
	c->rated = true;
	crm_yield_rate(c->people, c->pairs, c->n_pairs, c->weight, o->seed, o->threads);
	divide_rules(c, budget);
	choose(c, budget * SURE);
}

struct crm_blocks *crm_plan_choose(const struct crm_people *people,
				   const struct crm_plan_options *o, struct crm_plan_report *report)
{
	struct choosing *c = crm_calloc(1, sizeof(*c));
	uint64_t budget = o->budget ? o->budget : crm_plan_budget(people);
	struct crm_plan *plan = crm_calloc(1, sizeof(*plan));
	struct crm_blocks *blocks;
	int i;

	c->people = people;
	crm_plan_propose(&c->all, people->spec, o->cap, &c->made);
	c->divided = c->all.n;
	build(c, (double)budget, o->threads);
	blocks = c->blocks;
	choose_rules(c, o, (double)budget);
	c->used = c->n;
	if (o->keep)
		keep_others(c);
	if (report)
		report_rules(c, report);
	plan->cap = c->all.cap;
	for (i = 0; i < c->n; i++)
		crm_plan_add(plan, &c->all.rule[c->order[i]], c->all.name[c->order[i]]);
	crm_blocks_change(blocks, plan, o->threads);
	crm_blocks_want(blocks, o->wanted);
	if (report) {
		report->budget = budget;
		report_choices(c, report);
	}
	free(plan);
	free(c->pairs);
	free(c);
	return blocks;
}

/* ---- counting ---- */

struct counting {
	const struct crm_blocks *blocks;
	uint64_t used; /* bits of rules */
	uint64_t (*by_job)[CRM_RULES];
};

struct counts {
	uint64_t used, *n;
};

static void count_mates(void *data, const struct crm_mates *mates)
{
	const struct counts *c = data;
	uint32_t i;

	for (i = 0; i < mates->n; i++) {
		uint64_t rules = mates->rules[i];

		if (rules & c->used)
			c->n[crm_first_rule(rules)]++;
		else
			for (; rules; rules &= rules - 1)
				c->n[crm_first_rule(rules)]++;
	}
}

static void count_job(void *data, size_t job)
{
	const struct counting *c = data;
	struct counts counts = {c->used, c->by_job[job]};

	crm_blocks_each(c->blocks, job, count_mates, &counts);
}

uint64_t crm_plan_count(const struct crm_blocks *blocks, int used, unsigned int threads,
			uint64_t new_pairs[CRM_RULES])
{
	size_t jobs = crm_blocks_jobs(blocks), job;
	struct counting c = {blocks, used == CRM_RULES ? ~0ull : (1ull << used) - 1,
			     crm_calloc(jobs + 1, sizeof(*c.by_job))};
	uint64_t sum = 0;
	int r;

	crm_work(threads, jobs, count_job, &c);
	memset(new_pairs, 0, CRM_RULES * sizeof(*new_pairs));
	for (job = 0; job < jobs; job++)
		for (r = 0; r < CRM_RULES; r++)
			new_pairs[r] += c.by_job[job][r];
	for (r = 0; r < used; r++)
		sum += new_pairs[r];
	free(c.by_job);
	return sum;
}
