/* SPDX-License-Identifier: MIT */
/*
 * model: how much each level of agreement says, estimated from the data at hand
 * (Fellegi and Sunter 1969).
 *
 * A pair of records is of one of three classes: unrelated, one person ("match"), or near:
 * two people who have much in common, as those of one household or namesakes do. Without
 * near, matches would be made of households wherever these outnumber duplicates; where there
 * are no households it must not be made of matches.
 *
 * Matches are of two kinds: clean, and worn, where more differs (typed badly, moved, married)
 * or other things do. Within a class and kind, fields are taken to agree independently of each
 * other; that they do not in all matches, since some records are worse than others, or since
 * a copy has just one mistake, is what the kinds are for. And they keep near in its place:
 * a prior holds it to two people's agreement as the specification has it, so that pairs which
 * are like neither a good match nor chance go to near or to worn, whichever they are more like.
 *
 * chance: how often two records taken at random are on a level; exact for the first level
 * of each field, which is too rare to be sampled, from the frequencies of values; for the
 * others from random pairs. Pairs that match are among the random ones: what they account
 * for is taken off in each step, so that the probabilities of the unrelated class come out.
 *
 * match and near: expectation maximisation on the counts of patterns over all pairs of the
 * store (pairs in no block count as unrelated), as in fastLink (Enamorado, Fifield and
 * Imai 2019), with Dirichlet priors around the levels' probabilities in the specification.
 * Pairs that a human has judged count once more, in the class he gave them.
 *
 * weight (log2 odds of a match) = prior + bits of each field + bits of rarity + together
 * + near + calibration:
 *   prior         log2 of match to unrelated pairs
 *   field         log2 of match, of whatever kind, to unrelated, on the level reached
 *   rarity        log2 of the mean to the value's own frequency: Smith says less than
 *                 Featherstonehaugh; at most CRM_RARITY_MOST
 *   together      what the two kinds of match make of these levels in one pair
 *   near          what is lost because the pair may be near instead; never positive
 *   calibration   what judged pairs have shown weights to be off by (calibrate.h)
 */
#ifndef CRM_LINK_MODEL_H
#define CRM_LINK_MODEL_H

#include "link/calibrate.h"
#include "link/compare.h"
#include "link/tally.h"

#define CRM_CLASSES 3
enum crm_class {
	CRM_UNRELATED,
	CRM_MATCH,
	CRM_NEAR
};

enum crm_kind { /* of matches */
	CRM_CLEAN,
	CRM_WORN,
	CRM_KINDS
};

#define CRM_RARITY_MOST 6.0 /* bits, either way */

/* Rarity as models from elsewhere have it (Splink's term frequency adjustment): weight times
 * log2 of mean to the frequency of the value among all records that have one, of the commoner
 * value where they differ, and at least the least. weight 0: rarity is as above. */
struct crm_frequency {
	double weight, mean, least;
};

#define CRM_FREQUENCY_MOST 100 /* the greatest weight */

struct crm_model {
	const struct crm_spec *spec;                        /* of what; borrowed */
	double share[CRM_CLASSES];                          /* of all pairs; they add up to 1 */
	double p[CRM_CLASSES][CRM_COMPARISONS][CRM_LEVELS]; /* of match: over both kinds */
	double worn;                                        /* so much of the matches is */
	double kind[CRM_KINDS][CRM_COMPARISONS][CRM_LEVELS];
	double chance[CRM_COMPARISONS][CRM_LEVELS];
	struct crm_frequency frequency[CRM_COMPARISONS][CRM_LEVELS];
	/* Between crm_model_chance and crm_model_fit: levels too rare to be sampled, and the part
	 * of all pairs that climb a ladder. */
	bool rare[CRM_COMPARISONS][CRM_LEVELS];
	double reach[CRM_COMPARISONS][CRM_LADDERS];
	uint64_t seed;
	uint64_t records; /* it was estimated from */
	int rounds;       /* of estimation */
	struct crm_calibration calibration;
	uint64_t judged; /* pairs that took part in it */
};

/* Judged pairs on one pattern; one that is not sure counts in part in both. */
struct crm_pattern_label {
	uint32_t pattern;
	double same, other;
};

/* Estimates chance from up to 1,000,000 random pairs (all, where there are fewer). */
void crm_model_chance(struct crm_model *model, const struct crm_people *people, uint64_t seed,
		      unsigned int threads);
/* Estimates the rest, after chance, without calibration. all_pairs: how many there are,
 * compared or not. */
void crm_model_fit(struct crm_model *model, const struct crm_pattern_count *counts, size_t n,
		   double all_pairs, const struct crm_pattern_label *labels, size_t n_labels);
/* Makes a model that knows one kind of match only, p[CRM_MATCH], and is not calibrated. */
void crm_model_plain(struct crm_model *model);

/* Appends the model as a JSON object, with its specification, which is so all that is needed
 * to use it. */
void crm_model_write(const struct crm_model *model, struct crm_str *out);
/* Appends the specification that a model carries. CRM_DATA: it carries none. */
enum crm_status crm_model_linkage(struct crm_slice json, struct crm_str *out, struct crm_err *err);
/* Reads a model back. CRM_DATA when it is not one of this specification, which must outlive
 * it. */
enum crm_status crm_model_read(struct crm_model *model, const struct crm_spec *spec,
			       struct crm_slice json, struct crm_err *err);
struct crm_score {
	double weight; /* bits; the sum of all that follows */
	double probability;
	double prior;
	double bits[CRM_COMPARISONS];
	double rarity[CRM_COMPARISONS];
	double together, near, calibration;
	signed char level[CRM_COMPARISONS];
};

/* Rates pairs: the model with the frequencies of the values at hand. */
struct crm_scorer;
struct crm_scorer *crm_scorer_new(const struct crm_model *model, const struct crm_people *people);
void crm_scorer_free(struct crm_scorer *scorer);
/* The most bits that a pair on this pattern can have. */
double crm_scorer_most(const struct crm_scorer *scorer, uint32_t pattern);
/* The weight of a pair on this pattern. */
double crm_scorer_weight(const struct crm_scorer *scorer, uint32_t a, uint32_t b, uint32_t pattern);
/* The same in full. Each part is rounded to a thousandth of a bit, and weight is their
 * exact sum. */
void crm_scorer_explain(const struct crm_scorer *scorer, uint32_t a, uint32_t b,
			struct crm_score *out);
/* The same of a pair that is known to be on this pattern; 0: it is not known. */
void crm_scorer_explain_on(const struct crm_scorer *scorer, uint32_t a, uint32_t b,
			   uint32_t pattern, struct crm_score *out);
/* The bits of a level by itself, as they are in a score. */
double crm_scorer_bits(const struct crm_scorer *scorer, int comparison, int level);

double crm_probability(double weight); /* 1 / (1 + 2^-weight) */
double crm_weight(double probability); /* its inverse */

#endif
