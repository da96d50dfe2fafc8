/* SPDX-License-Identifier: MIT */
/* Applying the model: weights of pairs; see model.h. */
#include "link/model.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "link/chance.h"
#include "link/compare.h"

#define BITS_MOST 100000.0 /* more is an overflow */
#define KIND_LEAST 1e-6    /* a kind of fewer matches makes no difference */

struct crm_scorer {
	const struct crm_model *m;
	const struct crm_people *people;
	double bits[CRM_CLASSES][CRM_COMPARISONS][CRM_LEVELS]; /* log2 to unrelated */
	double shown[CRM_COMPARISONS][CRM_LEVELS];             /* of match, rounded */
	double prior[CRM_CLASSES];
	bool kinds; /* are there two kinds of matches? */
	double part[CRM_KINDS];
	double kind[CRM_KINDS][CRM_COMPARISONS][CRM_LEVELS]; /* log2 to match */
	float *rarity[CRM_COLUMNS]; /* key → bits of rarity; of columns that levels name */
};

static double bounded(double bits)
{
	return bits > CRM_RARITY_MOST    ? CRM_RARITY_MOST
	       : bits < -CRM_RARITY_MOST ? -CRM_RARITY_MOST
					 : bits;
}

/* Bits of rarity of each value. A record meets a value in count - 1 of the others, as
 * chance was counted too: the mean over pairs is about 0. */
static float *rarities(const struct crm_column *c)
{
	double mean = c->met > 0 ? c->met : crm_chance_shared(c->count, c->n_keys, c->known);
	float *bits = crm_calloc((size_t)c->n_keys + 1, sizeof(*bits));
	uint32_t i;

	for (i = 1; i <= c->n_keys; i++)
		if (c->count[i] > 1 && mean > 0)
			bits[i] =
				(float)bounded(log2(mean * (c->known - 1.0) / (c->count[i] - 1.0)));
	return bits;
}

/* Within bounds: of a weight that is infinite a human said so. What is no number at all, as
 * probabilities that contradict each other make it, speaks against. */
static double in_bounds(double bits)
{
	return !(bits >= -BITS_MOST) ? -BITS_MOST : bits > BITS_MOST ? BITS_MOST : bits;
}

/* To a thousandth. A double of 2^52 has no room for less than ones: to add it rounds, as
 * nearbyint does. */
static double rounded(double bits)
{
	const double ones = 0x1.8p52;

	return (in_bounds(bits) * 1000 + ones - ones) / 1000;
}

static void weigh_kinds(struct crm_scorer *s)
{
	const struct crm_model *m = s->m;
	int k, f, l;

	s->kinds = m->worn > KIND_LEAST && m->worn < 1 - KIND_LEAST;
	s->part[CRM_CLEAN] = 1 - m->worn;
	s->part[CRM_WORN] = m->worn;
	for (k = 0; s->kinds && k < CRM_KINDS; k++)
		for (f = 0; f < m->spec->n_comparisons; f++)
			for (l = 0; l < m->spec->comparison[f].n_levels; l++)
				s->kind[k][f][l] = log2(m->kind[k][f][l] / m->p[CRM_MATCH][f][l]);
}

struct crm_scorer *crm_scorer_new(const struct crm_model *m, const struct crm_people *p)
{
	struct crm_scorer *s = crm_calloc(1, sizeof(*s));
	int c, f, l, i;

	s->m = m;
	s->people = p;
	for (c = 1; c < CRM_CLASSES; c++) {
		s->prior[c] = log2(m->share[c] / m->share[CRM_UNRELATED]);
		for (f = 0; f < m->spec->n_comparisons; f++)
			for (l = 0; l < m->spec->comparison[f].n_levels; l++)
				s->bits[c][f][l] = log2(m->p[c][f][l] / m->p[CRM_UNRELATED][f][l]);
	}
	for (f = 0; f < m->spec->n_comparisons; f++)
		for (l = 0; l < m->spec->comparison[f].n_levels; l++)
			s->shown[f][l] = rounded(s->bits[CRM_MATCH][f][l]);
	weigh_kinds(s);
	for (f = 0; f < m->spec->n_comparisons; f++)
		for (l = 0; l < m->spec->comparison[f].n_levels; l++) {
			const int *column = m->spec->comparison[f].level[l].rarity;

			for (i = 0; i < 3 && column[i] >= 0; i++)
				if (!s->rarity[column[i]])
					s->rarity[column[i]] = rarities(&p->col[column[i]]);
		}
	return s;
}

void crm_scorer_free(struct crm_scorer *s)
{
	int i;

	if (!s)
		return;
	for (i = 0; i < CRM_COLUMNS; i++)
		free(s->rarity[i]);
	free(s);
}

/* The value that two records share, or where they share none (names that changed places) that of
 * a. */
static uint32_t rarity_key(const struct crm_people *p, int column, uint32_t a, uint32_t b)
{
	int base = p->spec->column[column].derive ? p->spec->column[column].base : column;

	return p->col[base].start ? crm_shared(p, column, a, b) : crm_key_of(p, column, a);
}

/* Bits of a value that this part of the records has, by another model's rule. */
static double frequency_bits(const struct crm_frequency *frequency, double part)
{
	return frequency->weight
	       * log2(frequency->mean / (part > frequency->least ? part : frequency->least));
}

static double frequency_of(const struct crm_scorer *s, const struct crm_frequency *frequency,
			   int column, uint32_t a, uint32_t b)
{
	const struct crm_column *c = &s->people->col[column];
	uint32_t x = rarity_key(s->people, column, a, b), y = rarity_key(s->people, column, b, a);
	uint32_t most = x && (!y || c->count[x] > c->count[y]) ? c->count[x] : y ? c->count[y] : 0;

	return most ? frequency_bits(frequency, (double)most / c->known) : 0;
}

/* Of names that changed places each side's value counts half: which of the two records comes
 * first must make no difference. */
static double rarity_in(const struct crm_scorer *s, int column, uint32_t a, uint32_t b)
{
	const float *bits = s->rarity[column];
	uint32_t x = rarity_key(s->people, column, a, b), y = rarity_key(s->people, column, b, a);

	return x == y ? (double)bits[x] : ((double)bits[x] + (double)bits[y]) / 2;
}

static double rarity_of(const struct crm_scorer *s, int field, int level, uint32_t a, uint32_t b)
{
	const int *column = s->m->spec->comparison[field].level[level].rarity;
	const struct crm_frequency *frequency = &s->m->frequency[field][level];
	double bits = 0;
	int i;

	if (frequency->weight > 0)
		return frequency_of(s, frequency, column[0], a, b);
	for (i = 0; i < 3 && column[i] >= 0; i++)
		bits += rarity_in(s, column[i], a, b);
	return bounded(bits);
}

/* What a pair loses because it may be near: log2 of unrelated to unrelated or near. A rare
 * value makes "unrelated" less likely, and so "near" the more. */
static double near_bits(double near, double rarity)
{
	return -log2(1 + exp2(near + rarity));
}

/* What levels say in one pair beyond what they say one by one: log2 of how likely they are
 * together in a match to the product. */
static double together_bits(const struct crm_scorer *s, const signed char *level)
{
	double sum[CRM_KINDS] = {0};
	int f;

	if (!s->kinds)
		return 0;
	for (f = 0; f < s->m->spec->n_comparisons; f++)
		if (level[f] >= 0) {
			sum[CRM_CLEAN] += s->kind[CRM_CLEAN][f][(int)level[f]];
			sum[CRM_WORN] += s->kind[CRM_WORN][f][(int)level[f]];
		}
	return log2(s->part[CRM_CLEAN] * exp2(sum[CRM_CLEAN])
		    + s->part[CRM_WORN] * exp2(sum[CRM_WORN]));
}

static double calibrated(const struct crm_scorer *s, double weight)
{
	return in_bounds(s->m->calibration.slope * weight + s->m->calibration.offset);
}

/* The most bits that rarity can give on a level. */
static double most_rarity(const struct crm_scorer *s, int field, int level)
{
	const struct crm_frequency *frequency = &s->m->frequency[field][level];
	const int *column = s->m->spec->comparison[field].level[level].rarity;

	if (column[0] < 0)
		return 0;
	if (frequency->weight <= 0 || s->people->col[column[0]].known == 0)
		return CRM_RARITY_MOST;
	return frequency_bits(frequency, 1.0 / s->people->col[column[0]].known);
}

double crm_scorer_most(const struct crm_scorer *s, uint32_t pattern)
{
	const struct crm_spec *spec = s->m->spec;
	signed char level[CRM_COMPARISONS];
	double sum = s->prior[CRM_MATCH];
	int f;

	crm_pattern_levels(spec, pattern, level);
	for (f = 0; f < spec->n_comparisons; f++) {
		if (level[f] < 0)
			continue;
		sum += s->bits[CRM_MATCH][f][(int)level[f]];
		sum += most_rarity(s, f, level[f]);
	}
	return calibrated(s, sum + together_bits(s, level));
}

double crm_scorer_weight(const struct crm_scorer *s, uint32_t a, uint32_t b, uint32_t pattern)
{
	double match = s->prior[CRM_MATCH], near = s->prior[CRM_NEAR], rarity = 0;
	signed char level[CRM_COMPARISONS];
	int f;

	crm_pattern_levels(s->m->spec, pattern, level);
	for (f = 0; f < s->m->spec->n_comparisons; f++) {
		int l = level[f];

		if (l < 0)
			continue;
		match += s->bits[CRM_MATCH][f][l];
		near += s->bits[CRM_NEAR][f][l];
		if (s->m->spec->comparison[f].level[l].rarity[0] >= 0)
			rarity += rarity_of(s, f, l, a, b);
	}
	match += together_bits(s, level);
	return calibrated(s, match + rarity + near_bits(near, rarity));
}

double crm_scorer_bits(const struct crm_scorer *s, int comparison, int level)
{
	return s->shown[comparison][level];
}

void crm_scorer_explain(const struct crm_scorer *s, uint32_t a, uint32_t b, struct crm_score *out)
{
	crm_scorer_explain_on(s, a, b, 0, out);
}

void crm_scorer_explain_on(const struct crm_scorer *s, uint32_t a, uint32_t b, uint32_t pattern,
			   struct crm_score *out)
{
	double near = s->prior[CRM_NEAR], rarity = 0, sum;
	int f;

	if (pattern)
		crm_pattern_levels(s->m->spec, pattern, out->level);
	else
		crm_compare(s->people, a, b, out->level);
	out->prior = sum = rounded(s->prior[CRM_MATCH]);
	for (f = 0; f < s->m->spec->n_comparisons; f++) {
		int l = out->level[f];

		out->bits[f] = out->rarity[f] = 0;
		if (l < 0)
			continue;
		near += s->bits[CRM_NEAR][f][l];
		out->rarity[f] = rarity_of(s, f, l, a, b);
		rarity += out->rarity[f];
		out->bits[f] = crm_scorer_bits(s, f, l);
		out->rarity[f] = rounded(out->rarity[f]);
		sum += out->bits[f] + out->rarity[f];
	}
	out->together = rounded(together_bits(s, out->level));
	out->near = rounded(near_bits(near, rarity));
	sum += out->together + out->near;
	out->weight = rounded(calibrated(s, sum));
	out->calibration = rounded(out->weight - sum);
	out->probability = crm_probability(out->weight);
}
