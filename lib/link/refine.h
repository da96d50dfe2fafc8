/* SPDX-License-Identifier: MIT */
/*
 * refine: who stays together, and how firmly. Components of linked pairs are too coarse: one
 * wrong pair, a bridge, makes one person of two families. So all pairs within a component are
 * looked at, also those that no block held, and records are put together anew, from the
 * firmest pair on, as long as the whole of what is known speaks for it.
 *
 * Two groups x and y hold together by
 *
 *	best + min(CRM_REFINE_ECHO, the sum of what all other pairs of x and y say) + third
 *
 * where best is the weight of their best linked pair, and a pair says its weight inside,
 * which is what its fields say where the two are neighbours already (see crm_refine.inside),
 * between -CRM_REFINE_AGAINST and CRM_REFINE_FOR bits. So several pairs that differ outweigh
 * one that does not; and several that agree raise a weak one, but not by more than an echo,
 * since the records of one person are no independent witnesses of it. third is for groups of
 * three records and more, which are rare in some stores (crm_refine.third). Groups are joined
 * greedily, the firmest first: greedy additive edge contraction (Keuper et al. 2015,
 * "Efficient Decomposition of Image and Mesh Graphs by Lifted Multicuts") for correlation
 * clustering (Bansal, Blum and Chawla 2004), but for the part of the best pair, which makes
 * the sum a log-odds: two records by themselves hold together by their weight.
 *
 * The outcome is a hierarchy: records are laid out in an order in which those of a group are
 * next to each other, and level[i] is how firmly the one at i holds to those before it, in
 * bits, so that groups at any threshold are the runs with no lower level inside. A level is
 * never above those of the joins before it, whence groups of a higher threshold lie within
 * those of a lower one.
 *
 * The outcome does not depend on the number of threads. Time and memory grow with the square
 * of a component, and no component has more than CRM_REFINE_MOST people, or CRM_REFINE_TOLD that
 * a human said are one: pairs that would make a larger one, the weakest in it, are cut
 * beforehand.
 */
#ifndef CRM_LINK_REFINE_H
#define CRM_LINK_REFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CRM_REFINE_AGAINST 4.0F
#define CRM_REFINE_FOR 8.0F
#define CRM_REFINE_ECHO 3.0F
#define CRM_REFINE_MOST 500
#define CRM_REFINE_TOLD 2000 /* where humans said that they are one */
#define CRM_REFINE_ASKED 16

struct crm_pair {
	uint32_t a, b;    /* records, a < b */
	float weight;     /* bits; INFINITY: a human said so */
	uint32_t pattern; /* that it is on (spec.h); 0: not known, or nothing was compared */
};

struct crm_refine {
	uint32_t n;
	/* The linked pairs, best first. Groups are joined across these only. */
	const struct crm_pair *pairs;
	size_t n_pairs;
	/* record → the first of those that are one person with it already, and stay that; NULL:
	 * each is by itself. */
	const uint32_t *first;
	/* What each of up to CRM_REFINE_ASKED pairs says inside a component, in bits (they have no
	 * weight); any thread. NULL: a linked one its weight, all others nothing. */
	void (*inside)(void *data, const struct crm_pair *pairs, uint32_t n, double *bits);
	/* Why two groups cannot be one person, whatever their pairs say, or NULL; told: a human
	 * said that they are. Any thread. NULL: nothing stands against any. */
	const char *(*against)(void *data, const uint32_t *x, uint32_t nx, const uint32_t *y,
			       uint32_t ny, bool told);
	void *data;
	/* Bits by which a record more of somebody who has two is likelier than a second one is;
	 * not above 0. */
	float third;
	uint32_t most;        /* records in a component; 0: CRM_REFINE_MOST */
	unsigned int threads; /* 0: one per processor */
};

struct crm_groups {
	uint32_t n;
	uint32_t *order; /* records, those of a group next to each other */
	uint32_t *place; /* record → where it is in order */
	float *level;    /* place → bits; -INFINITY: a new group begins */
	uint64_t looked; /* pairs that inside was asked for */
};

/* Release *out with crm_groups_release. */
void crm_refine(const struct crm_refine *refine, struct crm_groups *out);
/* The connected components of pairs, best first, as such a hierarchy: those of the pairs of a
 * weight or more are the runs with no lower level. Release *out likewise. */
void crm_groups_components(uint32_t n, const struct crm_pair *pairs, size_t n_pairs,
			   struct crm_groups *out);
void crm_groups_release(struct crm_groups *groups);
/* How firmly two records hold together, at the weakest place between them. */
float crm_groups_level(const struct crm_groups *groups, uint32_t a, uint32_t b);
/* The place after the last of the group that begins at place from, at this threshold. */
uint32_t crm_groups_end(const struct crm_groups *groups, uint32_t from, double least);
/* The place where the group of a record begins. */
uint32_t crm_groups_start(const struct crm_groups *groups, uint32_t record, double least);

#endif
