/* SPDX-License-Identifier: MIT */
/*
 * keys: has this record been stored before?
 *
 * A key is unique within its source and space. With an id of the source's own it is that
 * id (of a contact ID#DIGEST, so that another content is another version); else it is
 * #DIGEST of the content, and for its n-th occurrence in one file #DIGEST.n. Where a source
 * has one id for things of two types, the key of the second is ID~TYPE; a mail with the id of
 * somebody else's is ID~DIGEST of its sender.
 *
 * Rows of a chunk are written in bulk at its end, so what it has stored so far is
 * remembered here and asked first. A run that takes up the batch of one that was killed
 * must tell rows of its own batch that it meets for the first time (stored then: OURS)
 * from a second occurrence; for that it counts in a temporary table, on disk.
 */
#ifndef CRM_KEYS_H
#define CRM_KEYS_H

#include "base/mem.h"
#include "base/table.h"
#include "store/db.h"
#include "store/record.h"

struct crm_bloom;

enum crm_key_space {
	CRM_KEY_PROFILE = 'p',
	CRM_KEY_PROFILE_ID = 'i', /* ID#: all versions of a contact */
	CRM_KEY_EVENT = 'e',
	CRM_KEY_LINE = 'l' /* of an order */
};

/* What is stored under a key. */
struct crm_hit {
	bool found, mine; /* mine: stored by this batch */
	bool differs;     /* an event: its status, amount or text is another one now */
	bool other;       /* an event: it is of another type than the record, or a mail from
			   * somebody else who uses its id */
	int64_t id, profile, person, canon;
};

enum crm_verdict {
	CRM_NEW,
	CRM_KNOWN, /* stored before: a duplicate */
	CRM_OURS   /* stored by this batch before it was interrupted: counts as stored */
};

struct crm_key_entry {
	enum crm_key_space space;
	struct crm_slice key;
	const struct crm_record *record;
	struct crm_hit hit;
};

struct crm_keys {
	struct crm_db *db;
	int64_t source_id, batch_id; /* set by the owner when they are known */
	bool resumed;                /* the batch was begun by a run that was killed */
	struct crm_bloom *stored;    /* borrowed: ids the store has; NULL: not known */
	enum crm_status failed;      /* the first failure since clear; its text is db's */
	struct crm_arena arena;
	struct crm_table table;
	struct crm_key_entry *entries;
	size_t n_entries, cap_entries;
};

enum crm_status crm_keys_open(struct crm_keys *keys, struct crm_db *db);
void crm_keys_close(struct crm_keys *keys);
void crm_keys_clear(struct crm_keys *keys); /* a new chunk begins */
/* From now on bloom (NULL: none) is asked before the store for the ids of contacts; it is
 * filled with those that the store has. */
enum crm_status crm_keys_filter(struct crm_keys *keys, struct crm_bloom *bloom);

/* "a", the byte c, "b". Borrowed: valid until clear. */
struct crm_slice crm_keys_join(struct crm_keys *keys, struct crm_slice a, char c,
			       struct crm_slice b);

/* What is stored under key; record is what an event is compared with (hit.differs). */
struct crm_hit crm_keys_find(struct crm_keys *keys, enum crm_key_space space, struct crm_slice key,
			     const struct crm_record *record);
/* A contact with an id: found under its key, or *known from the first version of it;
 * versions is the start ID# of key. */
struct crm_hit crm_keys_find_version(struct crm_keys *keys, struct crm_slice key,
				     struct crm_slice versions, const struct crm_record *record,
				     struct crm_hit *known);

/* Is the record to be stored? With an id of the source's own; hit is what was found. */
enum crm_verdict crm_keys_claim_own(struct crm_keys *keys, enum crm_key_space space,
				    struct crm_slice key, struct crm_hit hit);
/* Known by its content alone; *key becomes that of the occurrence at hand, *hit what is
 * stored under it. */
enum crm_verdict crm_keys_claim_content(struct crm_keys *keys, enum crm_key_space space,
					struct crm_slice *key, const struct crm_record *record,
					struct crm_hit *hit);
/* The record is stored under key, as hit. */
void crm_keys_remember(struct crm_keys *keys, enum crm_key_space space, struct crm_slice key,
		       const struct crm_record *record, struct crm_hit hit);

#endif
