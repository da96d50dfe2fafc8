/* SPDX-License-Identifier: MIT */
/*
 * explain: the match line, one JSON object a pair, which says why. The bits of its fields
 * and the prior add up to the weight exactly, in thousandths.
 */
#ifndef CRM_LINK_EXPLAIN_H
#define CRM_LINK_EXPLAIN_H

#include "link/link.h"

/* Gives the match lines of link->pairs to take, some at a time, in their order, each ended by a
 * newline; upto: of so many pairs. take is called by any thread, but once at a time, while
 * others go on. */
void crm_link_explain(const struct crm_link *link, unsigned int threads,
		      void (*take)(void *data, const struct crm_str *lines, size_t upto),
		      void *data);
/* Appends them, on this thread. */
void crm_link_explain_to(const struct crm_link *link, struct crm_str *out);

/* The base columns that a comparison looks at, as bits. */
uint64_t crm_columns_compared(const struct crm_spec *spec, int comparison);
/* Appends what a record has in these columns, as people write it: the name, other texts,
 * addresses, parted by commas. */
void crm_shown(const struct crm_people *people, uint64_t columns, uint32_t record,
	       struct crm_str *out);
/* The same for one column, but never the whole name. Ids of documents are masked (norm/id.h). */
void crm_shown_column(const struct crm_people *people, int column, uint32_t record,
		      struct crm_str *out);

/* What a pair as a whole adds, beside its comparisons. */
struct crm_score_part {
	const char *name, *about; /* static */
	double bits;
};
#define CRM_SCORE_PARTS 3
/* Fills out with those parts of a score that are not 0, in their order; returns how many. */
int crm_score_parts(const struct crm_score *score, struct crm_score_part out[CRM_SCORE_PARTS]);

/* Appends the members of a match line, all but its type, within an object. */
void crm_link_pair_json(const struct crm_link *link, uint32_t a, uint32_t b, struct crm_str *out);

#endif
