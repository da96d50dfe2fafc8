/* SPDX-License-Identifier: MIT */
/*
 * load: the people to be compared, read from the store in one scan into columns.
 *
 * Every value is an index (from 1; 0 is "missing") into a pool that holds each distinct
 * text once. A column has the texts as they came, for showing, and their match keys, for
 * comparing: the key is worked out once per distinct text, not once per record. Derived
 * properties (letters, house numbers, mailboxes) belong to the distinct keys as well.
 *
 * Records are in the order of their profile ids; a record is its index in that order.
 */
#ifndef CRM_LINK_LOAD_H
#define CRM_LINK_LOAD_H

#include <stdint.h>

#include "base/str.h"
#include "store/db.h"

/* Distinct texts. Texts follow each other in bytes; text i is at[i] … at[i + 1]. */
struct crm_pool {
	char *bytes;
	size_t len, cap;
	size_t *at;
	size_t cap_at;
	uint32_t n;      /* texts are 1 … n */
	uint64_t *slots; /* open addressing: 32 bits of hash, 32 of index */
	size_t n_slots;
	uint32_t *mask; /* after crm_pool_finish: which letters a text has */
};

void crm_pool_init(struct crm_pool *pool);
void crm_pool_release(struct crm_pool *pool);
/* The index of text, which is added where it is new. */
uint32_t crm_pool_add(struct crm_pool *pool, struct crm_slice text);
/* The index of text, 0 where it is not there. Before crm_pool_finish only. */
uint32_t crm_pool_find(const struct crm_pool *pool, struct crm_slice text);
struct crm_slice crm_pool_get(const struct crm_pool *pool, uint32_t id);
/* Drops what only adding needs and computes the masks. */
void crm_pool_finish(struct crm_pool *pool);
/* A bit for each letter that occurs in text: a to z, digits modulo 5, all else. */
uint32_t crm_letters(struct crm_slice text);

enum crm_column_id {
	CRM_COL_GIVEN, /* given and family share the pool of keys: they may be swapped */
	CRM_COL_FAMILY,
	CRM_COL_BIRTH,
	CRM_COL_ORG,
	CRM_COL_STREET,
	CRM_COL_CITY,
	CRM_COL_POSTCODE,
	CRM_COLUMNS
};

struct crm_column {
	struct crm_pool shown; /* as it came */
	struct crm_pool *keys; /* what is compared */
	uint32_t *raw;         /* record → shown */
	uint32_t *key;         /* record → keys */
	uint32_t *count;       /* key → records that have it */
	uint32_t known;        /* records that have any */
};

enum crm_multi_id {
	CRM_MULTI_EMAIL,
	CRM_MULTI_PHONE,
	CRM_MULTI_HANDLE,
	CRM_MULTIS
};

/* A handle is kept as its scope, this byte, and its value. */
#define CRM_SCOPE_END '\x1f'

/* Addresses: a record has any number, value[start[i]] … value[start[i + 1]]. */
struct crm_multi {
	struct crm_pool values;
	uint32_t *start;
	uint32_t *value;
	size_t n, cap;
	uint32_t *count;  /* value → records that have it */
	uint32_t *group;  /* value → email: mailbox, see below; handle: scope */
	uint32_t known;   /* records that have any */
	uint32_t crowded; /* values left out because more than CRM_CROWD records have them */
};
#define CRM_CROWD 100

struct crm_birth {
	uint16_t year;
	uint8_t month, day;
};

struct crm_people {
	uint32_t n, cap;
	int64_t *profile;     /* record → profile.id, ascending */
	int64_t *person;      /* record → the person it belongs to now */
	struct crm_pool name; /* whole names as they came */
	uint32_t *raw_name;
	struct crm_column col[CRM_COLUMNS];
	struct crm_pool names;             /* keys of given and family */
	struct crm_pool keys[CRM_COLUMNS]; /* keys of the other columns */
	struct crm_birth *birth;           /* key of birth → the date */
	uint32_t *house;                   /* key of street → its number, 0 without */
	struct crm_multi multi[CRM_MULTIS];
	struct crm_pool mailboxes; /* local parts without tag and dots */
	struct crm_pool scopes;    /* of handles */
};

/* Reads all profiles of the store with their addresses; what is marked as shared by many
 * is left out. *out is new: free it with crm_people_free. */
enum crm_status crm_people_load(struct crm_db *db, struct crm_people **out);
void crm_people_free(struct crm_people *people);

/* The record of a profile, or -1. */
int64_t crm_people_find(const struct crm_people *people, int64_t profile);
/* The name of a record as one would write it, appended. */
void crm_people_name(const struct crm_people *people, uint32_t record, struct crm_str *out);

#endif
