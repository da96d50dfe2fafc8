/* SPDX-License-Identifier: MIT */
/* Choosing blocking rules; see plan.h. */
#include "link/plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "link/condition.h"
#include "link/yield.h"

#define SAMPLE_PAIRS 120000 /* about so many are rated */
#define LEAST_RECORDS 2000  /* and of no fewer records */
#define LEAST_YIELD 0.0005  /* matches a pair: a rule of less is not worth it */
#define DIVIDED_FROM 0.03   /* of the budget: rules of more pairs are also tried divided */
#define SURE 0.97           /* of the budget may be used: pairs are estimated from a sample */
#define FREE_PAIRS 500000   /* the budget that people of any number have, */
#define PAIRS_A_RECORD 4    /* and what each adds */

/* ---- candidates ---- */

static void add_rule(struct crm_plan *plan, const struct crm_block_rule *rule, const char *name)
{
	if (plan->n == CRM_RULES)
		return;
	snprintf(plan->name[plan->n], CRM_RULE_NAME, "%s", name);
	plan->rule[plan->n] = *rule;
	plan->rule[plan->n++].name = NULL;
}

/* Which base columns the comparisons look at, and which the rules. */
static void columns_used(const struct crm_spec *spec, bool compared[CRM_COLUMNS],
			 bool named[CRM_COLUMNS])
{
	const struct crm_measures *m = spec->measures;
	int i, k;

	memset(compared, 0, CRM_COLUMNS * sizeof(*compared));
	memset(named, 0, CRM_COLUMNS * sizeof(*named));
	for (i = 0; m && i < m->n; i++)
		if (m->measure[i].fn != CRM_LEVEL)
			compared[crm_column_base(spec, m->measure[i].a)] = true;
	for (i = 0; i < spec->n_rules; i++)
		for (k = 0; k < spec->rule[i].n_keys; k++) {
			const struct crm_block_key *key = &spec->rule[i].key[k];

			named[crm_column_base(spec, key->a)] = true;
			if (key->how != CRM_KEY_PLAIN)
				named[crm_column_base(spec, key->b)] = true;
		}
}

/* A rule on a column, together with another one where that is given. */
static void make_rule(struct crm_plan *plan, const struct crm_spec *spec, int a, int b)
{
	struct crm_block_rule rule = {.n_keys = b < 0 ? 1 : 2};
	char name[CRM_RULE_NAME];

	rule.key[0] = (struct crm_block_key){CRM_KEY_PLAIN, a, a};
	rule.key[1] = (struct crm_block_key){CRM_KEY_PLAIN, b < 0 ? a : b, b < 0 ? a : b};
	snprintf(name, sizeof(name), b < 0 ? "%s" : "%s+%s", spec->column[a].name,
		 b < 0 ? "" : spec->column[b].name);
	add_rule(plan, &rule, name);
}

/* Rules of columns that are compared but are in no rule: alone, and with each of the others. */
static void make_rules(struct crm_plan *plan, const struct crm_spec *spec)
{
	bool compared[CRM_COLUMNS], named[CRM_COLUMNS];
	int a, b;

	columns_used(spec, compared, named);
	for (a = 0; a < spec->n_base; a++) {
		if (!compared[a] || named[a])
			continue;
		make_rule(plan, spec, a, -1);
		for (b = 0; b < spec->n_base && !spec->column[a].list; b++)
			if (b != a && compared[b] && (named[b] || b > a) && !spec->column[b].list)
				make_rule(plan, spec, a, b);
	}
}

/* All rules that can be proposed, as far as there is room; those from *made on are not the
 * specification's. */
static void propose(struct crm_plan *plan, const struct crm_spec *spec, uint32_t cap, int *made)
{
	crm_plan_all(plan, spec, cap);
	*made = plan->n;
	make_rules(plan, spec);
}

void crm_plan_all(struct crm_plan *plan, const struct crm_spec *spec, uint32_t cap)
{
	int r;

	memset(plan, 0, sizeof(*plan));
	plan->cap = cap ? cap : CRM_BLOCK_CAP;
	for (r = 0; r < spec->n_rules; r++)
		add_rule(plan, &spec->rule[r], spec->rule[r].name);
}

/* The rule with the k-th key by which it divides large blocks added to its keys. */
static bool divided_rule(const struct crm_spec *spec, const struct crm_block_rule *rule,
			 const char *name, int k, struct crm_block_rule *out,
			 char out_name[CRM_RULE_NAME])
{
	const struct crm_block_key *key = &rule->divide[k];

	if (k >= rule->n_divide || rule->n_keys == CRM_KEYS)
		return false;
	*out = *rule;
	out->key[out->n_keys++] = *key;
	memmove(&out->divide[k], &out->divide[k + 1],
		(size_t)(rule->n_divide - k - 1) * sizeof(*key));
	out->n_divide--;
	snprintf(out_name, CRM_RULE_NAME, "%s/%s", name, spec->column[key->a].name);
	return true;
}

/* ---- choosing ---- */

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
	uint64_t chosen, open;                           /* bits of candidates */
	const char *why[CRM_RULES];
	bool rated;
	int order[CRM_RULES], n;
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
	char name[CRM_RULE_NAME];
	size_t i;

	if (!divided_rule(c->people->spec, &c->all.rule[whole], c->all.name[whole], k, &rule, name))
		return;
	c->whole[c->all.n] = whole;
	add_rule(&c->all, &rule, name);
	for (i = 0; i < c->n_pairs; i++)
		if (c->pairs[i].rules >> whole & 1
		    && crm_block_key_same(c->people, key, c->pairs[i].a, c->pairs[i].b))
			c->pairs[i].rules |= bit;
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
	c->open = c->all.n == CRM_RULES ? ~0ull : (1ull << c->all.n) - 1;
	while (c->open) {
		int r;

		count_gains(c);
		r = best_open(c);
		if (c->now_cost[r] <= 0)
			decide(c, r, false, "others have its pairs");
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

/* And of what was chosen, in its final form. */
static void report_choices(const struct choosing *c, struct crm_plan_report *out)
{
	int place[CRM_RULES], r;

	for (r = 0; r < c->all.n; r++)
		place[r] = -1;
	for (r = 0; r < c->n; r++)
		place[c->order[r]] = r;
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
		choice->why = c->why[r];
		choice->new_pairs = c->rated ? c->cost[r] : NAN;
		choice->new_matches = c->rated ? c->gain[r] : NAN;
		choice->made = r >= c->made && r < c->divided;
		choice->divided = r >= c->divided;
	}
}

static void choose_rules(struct choosing *c, const struct crm_plan_options *o, double budget)
{
	if ((double)all_pairs(c) <= budget || take_sample(c, o) <= budget * SURE) {
		choose_all(c);
		return;
	}
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
	propose(&c->all, people->spec, o->cap, &c->made);
	c->divided = c->all.n;
	c->blocks = blocks = crm_blocks_build(people, &c->all, o->threads, NULL);
	choose_rules(c, o, (double)budget);
	if (report)
		report_rules(c, report);
	plan->cap = c->all.cap;
	for (i = 0; i < c->n; i++)
		add_rule(plan, &c->all.rule[c->order[i]], c->all.name[c->order[i]]);
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

/* ---- as JSON ---- */

void crm_plan_write(const struct crm_plan *plan, struct crm_str *out)
{
	int r;

	crm_json_open(out, '{');
	crm_json_put_int(out, "cap", plan->cap);
	crm_json_key(out, "rules");
	crm_json_open(out, '[');
	for (r = 0; r < plan->n; r++)
		crm_json_string(out, crm_slice_of(plan->name[r]));
	crm_json_close(out, ']');
	crm_json_close(out, '}');
}

/* Adds the candidate of this name, whole or divided. */
static bool add_named(struct crm_plan *plan, const struct crm_spec *spec,
		      const struct crm_plan *all, const char *name)
{
	struct crm_block_rule rule;
	char divided[CRM_RULE_NAME];
	int r, k;

	for (r = 0; r < all->n; r++) {
		if (!strcmp(all->name[r], name)) {
			add_rule(plan, &all->rule[r], name);
			return true;
		}
		for (k = 0; k < CRM_KEYS; k++)
			if (divided_rule(spec, &all->rule[r], all->name[r], k, &rule, divided)
			    && !strcmp(divided, name)) {
				add_rule(plan, &rule, name);
				return true;
			}
	}
	return false;
}

static enum crm_status read_names(struct crm_plan *plan, const struct crm_spec *spec,
				  const struct crm_json_doc *doc,
				  const struct crm_json_value *rules, struct crm_err *err)
{
	struct crm_plan *all = crm_malloc(sizeof(*all));
	const struct crm_json_value *v = rules + 1;
	struct crm_str name = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;
	uint32_t i;
	int made;

	propose(all, spec, plan->cap, &made);
	for (i = 0; i < rules->count && rc == CRM_OK; i++, v = &doc->values[v->next]) {
		crm_str_clear(&name);
		crm_json_text(v, &name);
		if (!add_named(plan, spec, all, name.ptr))
			rc = crm_fail(err, CRM_DATA,
				      "the plan has a blocking rule '%.*s' that the specification "
				      "has not",
				      80, name.ptr);
	}
	crm_str_release(&name);
	free(all);
	return rc;
}

enum crm_status crm_plan_read(struct crm_plan *plan, const struct crm_spec *spec,
			      const struct crm_json_doc *doc, const struct crm_json_value *value,
			      struct crm_err *err)
{
	const struct crm_json_value *cap, *rules;
	long n;

	memset(plan, 0, sizeof(*plan));
	if (value->type != CRM_JSON_OBJECT || !(cap = crm_json_member(doc, value, "cap"))
	    || cap->type != CRM_JSON_NUMBER || (n = strtol(cap->text.ptr, NULL, 10)) < 2
	    || n > INT32_MAX || !(rules = crm_json_member(doc, value, "rules"))
	    || rules->type != CRM_JSON_ARRAY || rules->count > CRM_RULES)
		return crm_fail(err, CRM_DATA, "the plan of blocking rules is not one");
	plan->cap = (uint32_t)n;
	return read_names(plan, spec, doc, rules, err);
}
