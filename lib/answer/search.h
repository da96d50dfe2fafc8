/* SPDX-License-Identifier: MIT */
/*
 * search: which article answers a question, and how well.
 *
 * A question is any text. Its terms, without the small words, are looked up by FTS5 as
 * alternatives; BM25 (Robertson & Zaragoza 2009), with more weight on titles and example
 * questions than on text, gives the sections that are looked at. These are put in order by
 * what says more about an answer than BM25 does:
 *
 *	covers  which share of the question's weight stands in title, questions, heading or text
 *		of the section; the weight of a term is its idf, ln(1 + (N - n + 0.5) / (n + 0.5))
 *	like    how alike the question is to the title or to one of the example questions: twice
 *		the weight in common over the weight of both (Dice)
 *	rank    BM25, as a share of that of the best
 *
 * Articles in the question's language come before all others; one that is known to be in
 * another language counts only when there is none, and is marked.
 */
#ifndef CRM_SEARCH_H
#define CRM_SEARCH_H

#include "answer/terms.h"
#include "base/mem.h"
#include "store/db.h"

#define CRM_SEARCH_TERMS 64 /* of a question that are looked up: those of most weight */

struct crm_hit {
	int64_t article, section;                   /* ids */
	const char *name, *language, *title, *link; /* link: NULL without one */
	const char *heading;                        /* of the section; "" of section 0 */
	const char *answer; /* of section 0 the article's, else the section's text */
	double covers, like, rank;
	int matched;  /* terms found in the section */
	bool own;     /* some of them in its heading or text */
	bool foreign; /* in another language than the question */
	double order; /* what they are sorted by, the greatest first */
};

struct crm_search {
	const char *language; /* of the question, NULL: not known; static or borrowed */
	struct crm_str terms; /* of the question, single blanks between */
	int n_terms;
	struct crm_hit *hits; /* one for each article, the best first */
	size_t n, cap;
	double margin; /* by how much the best is ahead of the second: 0 to 1, 1 when it is alone */
	struct crm_arena arena;
};
#define CRM_SEARCH_INIT                                              \
	{                                                            \
		NULL, CRM_STR_INIT, 0, NULL, 0, 0, 0, CRM_ARENA_INIT \
	}

/* Searches for text, which was cut to what the customer wrote (norm/quote.h). language: what is
 * known beforehand of the person (BCP 47), NULL: nothing; the text's own words count first.
 * At most limit articles. search may be reused. */
enum crm_status crm_search(struct crm_db *db, struct crm_terms *terms, struct crm_slice text,
			   const char *language, size_t limit, struct crm_search *search);
void crm_search_release(struct crm_search *search);

#endif
