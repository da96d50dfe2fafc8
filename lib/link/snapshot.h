/* SPDX-License-Identifier: MIT */
/*
 * snapshot: what people are read from, kept in the store, so that the next run reads of the
 * profiles only what is new. It holds what crm_people_add and crm_people_put were given, each
 * distinct text once and records as numbers of texts, some 70 bytes a record; keys, counts and
 * what is derived are worked out from it every time, so that they never disagree with the
 * program.
 *
 * Profiles and their addresses never change once they are stored; what may change, to whom a
 * profile belongs and which addresses are shared, is read anew (people_load.c).
 *
 * It is appended to in chunks, in the order of profiles. A chunk that is not much larger than
 * one that follows is joined with it, so that there are few. It is of one specification's
 * columns; another one's replaces it. What cannot be read is as if it were not there.
 */
#ifndef CRM_LINK_SNAPSHOT_H
#define CRM_LINK_SNAPSHOT_H

#include "link/people.h"

#define CRM_SNAPSHOT_PARTS (CRM_COLUMNS + CRM_AS_ID + 5)

struct crm_snapshot_chunk;

/* How far a snapshot goes. */
struct crm_snapshot {
	int64_t last;     /* profile; 0: nothing is kept */
	int64_t endpoint; /* those up to this one are among the texts */
	uint32_t records; /* 0 … records - 1 of the people */
	struct crm_snapshot_part {
		uint32_t texts; /* of its pool that are kept */
		uint64_t most;  /* largest number in the records that are kept */
	} part[CRM_SNAPSHOT_PARTS];
	struct crm_snapshot_chunk *chunk; /* to be kept; NULL: nothing */
};

/* Adds the records that are kept to people (crm_people_new), with person as
 * profile.person_id. *people is replaced by a new one where the snapshot cannot be used. */
enum crm_status crm_snapshot_read(struct crm_db *db, struct crm_people **people,
				  struct crm_snapshot *snapshot);
/* Makes texts of the snapshot be found, so that records can be added behind it. */
void crm_snapshot_open(struct crm_people *people);
/* Takes down the records of people that are not in it yet, to be written, and that endpoints
 * up to this one are known. people are not finished, their person is profile.person_id, and
 * nothing is shared yet. */
void crm_snapshot_take(struct crm_snapshot *snapshot, const struct crm_people *people,
		       int64_t endpoint);
/* Keeps what was taken down, in a transaction of its own. Does nothing when nothing was, or
 * another process has kept something in the meantime. */
enum crm_status crm_snapshot_write(struct crm_db *db, const struct crm_snapshot *snapshot);
void crm_snapshot_release(struct crm_snapshot *snapshot);

#endif
