/* SPDX-License-Identifier: MIT */
/*
 * usage: what the knowledge base lacks, and what it is worth: questions that no article
 * answered, in groups of those that are about the same, and how often each article helped.
 */
#ifndef CRM_USAGE_H
#define CRM_USAGE_H

#include "store/db.h"

#define CRM_MISSING_MOST 5000  /* questions looked at, the latest */
#define CRM_MISSING_EXAMPLES 3 /* of a group */

/* Questions that are about the same: they share at least half of the terms of the shorter of
 * question and group. Borrowed for the call. */
struct crm_missing {
	size_t questions, people; /* how many, of how many conversations */
	const char *terms;        /* what most of them say, the most frequent first */
	const char *examples[CRM_MISSING_EXAMPLES]; /* the latest; NULL: there are fewer */
	const char *article;                        /* the nearest of the latest; NULL: none */
	int64_t first, last;                        /* ms */
};
/* Calls each for at most limit groups, the largest first. since: ms. */
enum crm_status crm_usage_missing(struct crm_db *db, int64_t since, size_t limit,
				  void (*each)(const struct crm_missing *group, void *data),
				  void *data);

/* An article, or one that was (exists false). helped of known answers; a rate is NULL without
 * any. Borrowed for the call. */
struct crm_used {
	struct crm_slice name, title;
	bool exists;
	int64_t answered, known, helped, handed_over; /* handed over: it was the nearest */
	double rate, low, high;                       /* 95 %, Wilson 1927 */
	int64_t last;                                 /* ms; 0: never */
};
/* Calls each, those that answered most first. crm_functions_register comes before. */
enum crm_status crm_usage_articles(struct crm_db *db,
				   void (*each)(const struct crm_used *used, void *data),
				   void *data);

#endif
