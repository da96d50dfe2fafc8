/* SPDX-License-Identifier: MIT */
/*
 * people: who is who.
 *
 * A profile (one source's record) was given to a person when it arrived. That two persons
 * are one is a link of kind merge; a profile that was given to the wrong person leaves it
 * by a link of kind split; a link of kind undo cancels either. Links are only ever
 * appended, and all the rest is derived from those that hold:
 *
 *  - persons joined by merge links form a component; person.canon_id is the smallest id
 *    of it. So an id once given out names somebody for ever, and the id that stands for
 *    all only changes when a smaller one joins.
 *  - a profile belongs to the person of its latest split that holds, else to the one it
 *    had before its first split.
 *
 * A merge link names the two persons as their profiles have them (profile.person_id), not
 * the ids that stood for them at the time. That is what makes an undo exact: a person
 * merged in later by a link to one side goes where that side goes, and a profile that
 * arrived in between belongs to the person it was identified as. It needs whoever stores
 * profiles to set person_id to the person_id of the profile whose address it met, not to
 * that person's canonical id.
 *
 * A person may be left without profiles (all were split off); its id stays an alias.
 * "People" are therefore the canonical ids that have profiles.
 *
 * What humans decided (store/decision.h) is kept by profile, so that it survives merges and
 * splits.
 *
 * All functions run inside the caller's transaction (crm_db_begin).
 */
#ifndef CRM_PEOPLE_H
#define CRM_PEOPLE_H

#include "base/status.h"
#include "base/str.h"
#include "store/db.h"
#include "store/decision.h"

/* Of endpoint.flags. SHARED: many people have this address, it identifies nobody. MANY: a
 * handle of which one person may have several (devices, cookies), so that two of them do
 * not speak against a merge. */
#define CRM_ENDPOINT_SHARED 1
#define CRM_ENDPOINT_MANY 2
#define CRM_ENDPOINT_BOUNCED 4    /* does not work: a hard bounce */
#define CRM_ENDPOINT_COMPLAINED 8 /* its owner called a message of ours spam */

struct crm_ids {
	int64_t *ids;
	size_t n, cap;
};
#define CRM_IDS_INIT       \
	{                  \
		NULL, 0, 0 \
	}
void crm_ids_add(struct crm_ids *ids, int64_t id);
void crm_ids_release(struct crm_ids *ids);
/* Adds the first column of all rows of a bound statement. */
enum crm_status crm_ids_read(struct crm_ids *ids, struct crm_db *db, sqlite3_stmt *st);
int crm_ids_order(const void *a, const void *b); /* of two ids, for qsort and bsearch */

/* Who does something and why; evidence is JSON or {NULL, 0}. All borrowed for the call. */
struct crm_act {
	const char *actor, *reason;
	struct crm_slice evidence;
};

/* For SQL: the ids that a canonical id stands for, as a table with the column id. person_canon
 * leaves out those that stand for themselves. Put first in a CROSS JOIN, which keeps the order, it
 * is read a row at a time; behind IN it would become a table in memory for every call. */
#define CRM_MEMBERS(canon)                  \
	"(SELECT " canon " AS id UNION ALL" \
	" SELECT id FROM person WHERE canon_id = " canon " AND canon_id <> id)"

/* The id that stands for person now. CRM_NO_INPUT when there is no such person. */
enum crm_status crm_person_canon(struct crm_db *db, int64_t person, int64_t *canon);
/* The person of a profile as links name it, and the id that stands for it; either may be
 * NULL. CRM_NO_INPUT when there is no such profile. */
enum crm_status crm_person_of_profile(struct crm_db *db, int64_t profile, int64_t *person,
				      int64_t *canon);
/* Appends all ids of the person canon stands for, in ascending order. */
enum crm_status crm_person_members(struct crm_db *db, int64_t canon, struct crm_ids *out);

enum crm_merge_outcome {
	CRM_MERGE_DONE,   /* or, from crm_people_check: nothing stands against it */
	CRM_MERGE_SAME,   /* they were one person already; nothing was written */
	CRM_MERGE_REFUSED /* nothing was written */
};

struct crm_merge {
	enum crm_merge_outcome outcome;
	int64_t person;          /* who stands for both: the canonical id */
	int64_t link;            /* DONE: the new link */
	struct crm_ids absorbed; /* DONE: the ids that person now also stands for */
	const char *refused_by;  /* REFUSED: "decision" or "strong_id" (static) */
	struct crm_str detail;   /* REFUSED: in words */
};
#define CRM_MERGE_INIT                                                 \
	{                                                              \
		CRM_MERGE_DONE, 0, 0, CRM_IDS_INIT, NULL, CRM_STR_INIT \
	}
void crm_merge_release(struct crm_merge *merge);

/*
 * May the people of profiles a and b be one? Refuses, in this order:
 *
 *   decision   a human said no about a profile of the one and a profile of the other;
 *              or two of their persons were merged once and that was undone;
 *              or a profile of the one was split off from the other
 *   strong_id  they have no handle of some scope in common but different ones of it: the
 *              source that gives these ids out says that they are two (see MANY above)
 *
 * human: somebody asks for this pair, knowing better. That sets aside all but an explicit
 * no about another pair. A yes about a and b in the table of decisions counts as much,
 * and so does a later yes against an earlier no about the same pair.
 *
 * Birth dates are no rule: of the true pairs in Splink's fake_1000 that have two dates,
 * 18 % differ in year, month and day. They are evidence, weighed by the linkage model.
 */
enum crm_status crm_people_check(struct crm_db *db, int64_t a, int64_t b, bool human,
				 struct crm_merge *out);
/* Checks, then makes one person of the people of profiles a and b by a link between their
 * persons. out is cleared first and keeps its memory: start with CRM_MERGE_INIT. */
enum crm_status crm_people_merge(struct crm_db *db, int64_t a, int64_t b, bool human,
				 const struct crm_act *act, struct crm_merge *out);

/*
 * The two steps by which crm-ingest corrects itself (store/settle.h), unchecked: whoever
 * calls knows that nobody decided otherwise. Links of this actor are no decisions: what
 * they join or part, crm-dedupe and crm-merge may part or join.
 */
#define CRM_INGEST "crm-ingest"
/* Makes one of the persons a and b, as profiles name them, by a merge link. */
enum crm_status crm_people_tie(struct crm_db *db, int64_t a, int64_t b, const struct crm_act *act);
/* Moves a profile to person *to, or to a new one, then in *to, by a split link. */
enum crm_status crm_people_move(struct crm_db *db, int64_t profile, int64_t *to,
				const struct crm_act *act);

/* What undo and split leave behind. */
struct crm_parted {
	int64_t link;           /* the link that was appended */
	int64_t profile;        /* the profile that moved, 0 */
	struct crm_ids persons; /* canonical ids of those concerned, ascending */
};
#define CRM_PARTED_INIT            \
	{                          \
		0, 0, CRM_IDS_INIT \
	}

/*
 * Undoes a merge or a split, at any later time and in any order. again: the same merge
 * may be made again without a human (it was undone for another reason than being wrong);
 * otherwise it is refused from now on, and a yes in the table of decisions that it rested
 * on is answered by a no. CRM_NO_INPUT: no such link; CRM_DATA: it is an undo itself, or
 * was undone already.
 */
enum crm_status crm_people_undo(struct crm_db *db, int64_t link, bool again,
				const struct crm_act *act, struct crm_parted *out);
/* Takes a profile out of its person; it becomes a new person, with all events that came
 * through it. CRM_DATA when its person has no other profile. */
enum crm_status crm_people_split(struct crm_db *db, int64_t profile, const struct crm_act *act,
				 struct crm_parted *out);

struct crm_link {
	int64_t id;
	const char *kind;  /* merge, split, undo */
	int64_t a, b;      /* persons, 0: none */
	int64_t profile;   /* of a split, else 0 */
	int64_t undoes;    /* of an undo, else 0 */
	int64_t undone_by; /* 0 while it holds */
	int64_t at;        /* ms */
	const char *actor, *reason;
	const char *evidence; /* JSON, or NULL */
};

/* Calls each for the links of a person, including those undone since, or for all when
 * person is 0; oldest first. The link is borrowed for the call. */
enum crm_status crm_link_each(struct crm_db *db, int64_t person,
			      void (*each)(const struct crm_link *link, void *data), void *data);

#endif
