/* SPDX-License-Identifier: MIT */
/*
 * find: whom does somebody mean by what they typed? The ways are tried in this order and
 * the first that finds anybody decides:
 *
 *	id      a person's id, also one that was merged into another
 *	email   an e-mail address, exactly
 *	phone   a phone number: the whole, else the digits that a known one ends with (at
 *	        least 5), so that national ways of writing it work
 *	handle  an id of some source, exactly
 *	order   the number of an order
 *	words   all words, in one record of a person or in one event; the last word may be a
 *	        beginning. Records come before events, each by BM25.
 *
 * `order:1001`, with a way's name in front, tries that one alone.
 */
#ifndef CRM_FIND_H
#define CRM_FIND_H

#include "base/mem.h"
#include "store/db.h"

struct crm_found {
	int64_t person;                   /* canonical */
	const char *name, *email, *phone; /* of the golden record; NULL: not known */
	int64_t records, events;
	bool has_last;
	int64_t last_at; /* of the last event, ms */
};

struct crm_finding {
	struct crm_found *found; /* the best first */
	size_t n, cap;
	const char *by; /* which way found them; static; NULL: nobody was found */
	struct crm_arena arena;
};
#define CRM_FINDING_INIT                         \
	{                                        \
		NULL, 0, 0, NULL, CRM_ARENA_INIT \
	}

/* Finds at most limit people by query. CRM_OK also when there are none. */
enum crm_status crm_find(struct crm_db *db, const char *query, int limit,
			 struct crm_finding *finding);
void crm_finding_release(struct crm_finding *finding);

/* What the indexes of words have of a row of profile, and of event. */
#define CRM_PROFILE_WORDS                                                                  \
	"ltrim(coalesce(' ' || name, '') || coalesce(' ' || given, '') || coalesce(' ' ||" \
	" family, '') || coalesce(' ' || org, '') || coalesce(' ' || street, '') ||"       \
	" coalesce(' ' || city, ''))"
#define CRM_EVENT_WORDS                                                               \
	"ltrim(coalesce(' ' || subject, '') || coalesce(' ' || text, '') || coalesce" \
	"(' ' || ref, ''))"

/* Appends what FTS5 takes for: all these words, the last one as a prefix. Whatever is in
 * text, it is no syntax. Nothing is appended when there are no words. */
void crm_find_match(struct crm_slice text, struct crm_str *out);

#endif
