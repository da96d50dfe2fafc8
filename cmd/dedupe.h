/* SPDX-License-Identifier: MIT */
/*
 * dedupe: what crm-dedupe does beside writing matches: explaining one pair, and asking a human
 * about pairs. Each takes a link whose model is known.
 */
#ifndef CRM_DEDUPE_H
#define CRM_DEDUPE_H

#include "cli.h"
#include "link/link.h"

/* Two records as a user names them: 17 (a profile) or person:12, of which the profile counts
 * that makes the likeliest pair. */
struct dedupe_pair {
	const char *name[2];
	bool svg;
};

/* Asks link for the pairs of the first, so that less has to be compared; CRM_NO_INPUT when
 * either is not there, which it says. */
enum crm_status dedupe_explain_want(struct cli *cli, struct crm_link *link,
				    const struct dedupe_pair *pair);
/* Writes how the pair comes to its weight: text on a terminal, else JSON, or an SVG. link has
 * been compared. */
enum crm_status dedupe_explain(struct cli *cli, struct crm_db *db, struct crm_link *link,
			       const struct dedupe_pair *pair);
/* Asks about n of link->pairs: at a terminal, or by lines. link was scored from
 * crm_weight(threshold) - CRM_REVIEW_BITS up. */
enum crm_status dedupe_review(struct cli *cli, struct crm_db *db, const struct crm_link *link,
			      double threshold, size_t n, uint64_t seed);

#endif
