/* SPDX-License-Identifier: MIT */
/*
 * link: the stages of linkage in their order, over the profiles of one store.
 *
 *	struct crm_link *l;
 *
 *	if ((rc = crm_link_new(db, spec, threads, true, &l)) == CRM_OK) {     people read
 *		crm_link_compare(l, &options);           blocks, patterns
 *		crm_link_estimate(l, &options);          or l->model set by the caller
 *		crm_link_score(l, least, &options);      l->pairs, best first
 *	}
 *	crm_link_free(l);
 *
 * The same store and seed give the same pairs in the same order, whatever the number of
 * threads.
 */
#ifndef CRM_LINK_LINK_H
#define CRM_LINK_LINK_H

#include "link/labels.h"
#include "link/model.h"
#include "link/people.h"
#include "link/plan.h"
#include "link/refine.h"
#include "link/waterfall.h"

struct crm_link_options {
	uint64_t seed;
	unsigned int threads; /* 0: one per processor */
	uint32_t cap;         /* records in a block; 0: CRM_BLOCK_CAP */
	uint64_t budget;      /* pairs to compare, about; 0: crm_plan_budget */
	bool all_pairs;       /* also pairs that are one person already */
	bool compare_all;     /* also pairs that are not wanted, to estimate from them */
	bool spread;          /* more will be wanted (crm_link_spread) */
	bool ignore_people;   /* and no regard to decisions: for evaluation */
};

struct crm_decided {
	uint32_t a, b;
	bool same;
};

struct crm_apart {
	int64_t low, high; /* persons */
};

struct crm_share { /* so much of the records of one source are found in another */
	int64_t from, source;
	double share;
};

struct crm_cut {
	struct crm_pair pair;
	uint32_t x, y; /* places in groups where theirs begin, x < y */
	bool bridge;   /* no other pair links the two */
};

struct crm_link {
	const struct crm_spec *spec;
	struct crm_people *people;
	bool *wanted;          /* NULL: all records */
	bool *done;            /* records all of whose pairs were scored before; NULL: none */
	struct crm_plan *plan; /* given, owned; NULL: one is chosen, and reported here: */
	struct crm_plan_report planned;
	struct crm_blocks *blocks;
	struct crm_link_found *found; /* by job: pairs with their patterns */
	uint64_t fresh[CRM_RULES];    /* by rule: pairs that no earlier rule had */
	struct crm_tally patterns;    /* of the pairs compared, in their order */
	uint64_t n_compared;
	struct crm_model model;
	struct crm_scorer *scorer;
	struct crm_pair *pairs;
	size_t n_pairs;
	struct crm_decided *decided; /* by a and b: the newest decision on each pair */
	size_t n_decided;
	struct crm_labels labels; /* judged pairs to estimate from */
	struct crm_apart *apart;  /* people of whom a human said that they are two, by a no, an
				   * undone merge or a split */
	size_t n_apart;
	int64_t *single; /* sources that have each person once */
	size_t n_single;
	struct crm_share *shares; /* of the whole that this is a part of; NULL: to be learnt from
				   * the pairs, by crm_single_pairs */
	size_t n_shares;
	int handles;  /* the column of handles, -1 */
	bool *strong; /* scope of people->scopes → of its handles a person has one; NULL */
	float third;  /* crm_refine.third of the whole that this is a part of; NAN: to be
		       * learnt from the pairs, by crm_link_group */
	struct crm_groups groups; /* link/groups.h fills them from pairs */
	struct crm_cut *cuts;     /* linked, but not together */
	size_t n_cuts;
};

/* Reads people, decisions, and who was parted by a human. *out is new, also on failure; spec
 * must outlive it. keep: what was read may be kept in the store (link/snapshot.h). */
enum crm_status crm_link_new(struct crm_db *db, const struct crm_spec *spec, unsigned int threads,
			     bool keep, struct crm_link **out);
void crm_link_free(struct crm_link *link);

/* Asks for the pairs of this profile, and of no others that are not asked for as well;
 * false when there is no such profile. With none asked for, see crm_link_want_none. */
bool crm_link_want(struct crm_link *link, int64_t profile);
/* Asks for no record: those that are wanted follow. */
void crm_link_want_none(struct crm_link *link);
/* Is one of the two asked for? */
bool crm_link_wants(const struct crm_link *link, uint32_t a, uint32_t b);

/* Finds and compares the pairs of those that are wanted. */
void crm_link_compare(struct crm_link *link, const struct crm_link_options *options);
/* Estimates the model, also from link->labels, to which the decisions in the store are added,
 * and calibrates it. */
void crm_link_estimate(struct crm_link *link, const struct crm_link_options *options);
/* Calibrates link->model, which may be one from elsewhere, by link->labels. */
void crm_link_calibrate(struct crm_link *link);
/* Adds to link->pairs those of least bits or more; of records that are not wanted as well, where
 * they were compared. */
void crm_link_score(struct crm_link *link, double least, const struct crm_link_options *options);
/* Sorts pairs, the best first. */
void crm_pairs_sort(struct crm_pair *pairs, size_t n, unsigned int threads);
/* The least weight of link->pairs so that of those of this weight or more the given part is
 * expected to be right; INFINITY where there is none. */
double crm_link_threshold(const struct crm_link *link, double precision);

#endif
