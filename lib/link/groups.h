/* SPDX-License-Identifier: MIT */
/*
 * groups: the last stage of linkage, who is one person in the end: refinement (link/refine.h)
 * of the pairs of a link, by what it knows of them.
 *
 * People who are one in the store are one from the start. What a human said holds: of a yes
 * the two are joined first, and no group has two of whom a human said that they are two
 * (link->apart). Nor has a group two records of a source that has each person once
 * ("unique", crm-channels(5)), or of two people with different strong ids: handles of one
 * scope of which a person has one, as crm_people_check (store/people.h) has it.
 *
 * What a pair says inside a component is its weight with nearer odds to begin with: the
 * neighbours of a neighbour are of one person far more often than two records at large. So
 * CRM_GROUPS_NEARER of the bits of the prior are taken off; odds of near to match stay as they
 * are. Chosen on the labelled sets of scripts/er and on 1.1 million synthetic people, as one at
 * which no set is worse off at 0.95 than with components: with more taken off,
 * historical_50k gains, and a large store, which is full of namesakes, loses. A pair of which
 * nothing can be compared (one gave an address, the other a number) says nothing at all: it is
 * common where a person is known by several channels, and the prior alone would part them.
 */
#ifndef CRM_LINK_GROUPS_H
#define CRM_LINK_GROUPS_H

#include "link/cluster.h"
#include "link/link.h"

#define CRM_GROUPS_NEARER 0.2

/* Pairs of fewer bits link nobody, unless they are asked for. */
#define CRM_GROUPS_FROM 0.0

/* Bits of a match line that make a pair firm. */
#define CRM_GROUPS_FIRM 6.0
#define CRM_GROUPS_RARE 4.0F /* bits by which a third record is rarer, at most */
/* How much likelier it is of a record whose person has two to have another one than of any of
 * so many records, in bits, by who is together firmly: nothing where people have any number,
 * much less where all have at most two. */
float crm_groups_third(uint32_t records, const struct crm_clusters *firm);

/* The weight from which on pairs must have been scored for groups at a threshold of least. */
double crm_groups_from(const struct crm_link *link, double least);
/* With some records wanted and their pairs scored: compares and scores those of the records that
 * these are linked with, directly or by others, or that are one person with them; options->spread
 * was set when link was compared. So groups at a threshold of least have in them who a run over all
 * would put there; but that where sources have each person once (link/single.h), candidates for
 * a record count as far as they are among these. */
void crm_link_spread(struct crm_link *link, double least, const struct crm_link_options *options);
/* Fills link->groups, and sets link->third where it is not known; options->ignore_people: no
 * regard to the persons and decisions of the store. */
void crm_link_group(struct crm_link *link, double least, const struct crm_link_options *options);
/* After crm_link_group, parts link->pairs: those whose records hold together by least bits stay,
 * those of least bits that do not go to link->cuts. What is not wanted is in neither. */
void crm_link_cut(struct crm_link *link, double least);

/* Two records who differ, and in what most. */
struct crm_differ {
	uint32_t a, b;
	int comparison; /* -1: in nothing */
	double bits;    /* what that says; negative */
};

/* Appends the line of a cut pair: why, and who of the two groups differ most. */
void crm_cut_write(const struct crm_link *link, const struct crm_cut *cut, double least,
		   struct crm_str *out);
/* Is any of the group that begins at this place of link->groups wanted, and would merging it join
 * people, or (all) has it several records? */
bool crm_group_counts(const struct crm_link *link, uint32_t from, double least, bool all);
/* Leaves of link->pairs those that are wanted. */
void crm_link_narrow(struct crm_link *link);
/* Appends its line: who is in it, how firmly it holds together, and who of it differ most. */
void crm_group_write(const struct crm_link *link, uint32_t from, double least, struct crm_str *out);

#endif
