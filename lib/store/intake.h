/* SPDX-License-Identifier: MIT */
/*
 * intake: storing the records of one source, some chunks a transaction.
 *
 * records = stored + duplicate + set aside. Each record has a key, so that storing it
 * again changes nothing: the source's own id, or the digest of its content and which
 * occurrence of that content in the file it is. A contact's key is its id together with
 * the digest: the same id with other content is a new version of the profile. An event
 * that comes again with another status, amount or text is stored as type `change`.
 *
 * Killed at any moment, a run leaves the chunks it committed and an unfinished batch;
 * running it again takes up that batch and ends with the same store as one clean run, ids
 * included, whatever the size of the chunks.
 *
 * Who somebody is, is said at once, but for contested records (identify.h) for the time
 * being: the people of a file are final when it is finished (settle.h), or, where source.live
 * is set, at each commit. An id that was given out stays one of that person or, when the
 * record turned out to be another's, is in the links.
 */
#ifndef CRM_INTAKE_H
#define CRM_INTAKE_H

#include "store/db.h"
#include "store/golden.h"
#include "store/identify.h"
#include "store/record.h"

struct crm_intake;

struct crm_intake_source {
	const char *name;        /* the channel's */
	const char *scope;       /* namespace of its ids */
	const char *medium;      /* email, phone, chat, web, shop, crm … */
	const char *file;        /* as named by the user; "-" for standard input */
	const char *mapping;     /* what was decided on reading it, as JSON */
	struct crm_slice header; /* CSV: the header line as it came, to replay rejects */
	bool single;             /* it has each person once */
	bool live;               /* it has no end: settle who is who at each commit */
};

enum crm_outcome_kind {
	CRM_STORED,
	CRM_DUPLICATE,
	CRM_SET_ASIDE
};

/* What became of a record. */
struct crm_outcome {
	enum crm_outcome_kind kind;
	bool new_person, changed;              /* changed: stored as a change of an event */
	int64_t id;                            /* of the event, order_line or profile */
	int64_t profile, person, conversation; /* 0: none; person is the canonical id */
	size_t n_suspects;
	int64_t suspects[CRM_SUSPECTS]; /* people whom its other addresses name */
};

struct crm_counts {
	int64_t records, stored, duplicate, set_aside, new_people;
	int64_t new_aside; /* of set_aside, those whose bytes were not set aside before */
	int64_t left;      /* groups of records too large to be identified anew */
};

/* *intake is new: close with crm_intake_close. Writes nothing yet. rules is borrowed. */
enum crm_status crm_intake_open(struct crm_intake **intake, struct crm_db *db,
				const struct crm_intake_source *source,
				const struct crm_golden_rules *rules);
/* Stores a chunk, in the transaction that is open or a new one. outcomes has room for
 * chunk->n. A record that only the store can refuse is set aside like others. After a failure
 * nothing since the last commit is stored. */
enum crm_status crm_intake_store(struct crm_intake *intake, const struct crm_chunk *chunk,
				 struct crm_outcome *outcomes);
/* Commits the chunks stored since the last commit. Large transactions are what makes a
 * bulk load fast: each page of an index is then written once for many rows. */
enum crm_status crm_intake_commit(struct crm_intake *intake);
/* Records that wait for a commit. */
int64_t crm_intake_pending(const struct crm_intake *intake);
/* The file ended: the batch is finished. */
enum crm_status crm_intake_finish(struct crm_intake *intake);
const struct crm_counts *crm_intake_counts(const struct crm_intake *intake);
void crm_intake_close(struct crm_intake *intake);

#endif
