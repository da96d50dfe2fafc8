/* SPDX-License-Identifier: MIT */
/*
 * people: the records to be compared, in columns. They come from the store in one scan, or
 * one by one (crm_people_add), as the filters of crm-linkage(7) read them.
 *
 * Every value is an index (from 1; 0 is "missing") into a pool that holds each distinct text
 * once. A column has the texts as they came, for showing, and their match keys, for
 * comparing: a key is worked out once per distinct text, not once per record, and derived
 * columns are maps of keys. Columns of one kind (enum crm_column_as) share a pool of keys, so
 * that given and family name can be compared crosswise.
 *
 * Records are in the order of their profile ids; a record is its index in that order.
 */
#ifndef CRM_LINK_PEOPLE_H
#define CRM_LINK_PEOPLE_H

#include "link/pool.h"
#include "link/spec.h"
#include "store/db.h"

struct crm_date {
	uint16_t year; /* 0: no date */
	uint8_t month, day;
	uint32_t digits; /* yyyymmdd as half-bytes, also of what is no date; 0: it has not eight */
	int32_t days;    /* since 1970-01-01 */
};

struct crm_values { /* of one record in one column; derived ones need crm_value_key as well */
	const uint32_t *value;
	uint32_t n;
};

struct crm_junk {
	uint32_t key, records; /* a value that identifies nobody, and how many have it */
};

struct crm_column {
	struct crm_pool shown; /* as it came; base columns that are no lists only */
	struct crm_pool *keys; /* what is compared; NULL where keys are numbers (year, house) */
	uint32_t n_keys;       /* keys are 1 … n_keys; of numbers: the largest */
	uint32_t *map;         /* derived: key of the base column → key of this one */
	uint32_t *start;       /* a list: record → value[start[r]] …; else NULL */
	uint32_t *value;       /* base column: record (or place in the list) → key */
	size_t n_value, cap_value;
	uint32_t *raw;         /* record → shown; no lists */
	uint32_t *count;       /* key → records that have it; of derived columns only where a
				* level names them for their rarity */
	uint32_t known;        /* records that have any; where there is count */
	double met;            /* chance that two records share a value; 0: as count has it */
	const uint32_t *scope; /* CRM_AS_HANDLE, CRM_AS_ID: key → scope */
	struct crm_pool
		shared; /* values of a list that count as none, as crm_people_value_text has them */
	struct crm_junk *junk; /* values left out, see link/junk.h */
	uint32_t n_junk;
};

struct crm_people {
	const struct crm_spec *spec;
	const struct crm_whole *whole; /* link/whole.h: of which these are a part; NULL: they are
					* all. Set before finish */
	const struct crm_people *like; /* these are some of those: what is junk there is junk
					* here; NULL: it is found. Set before finish */
	uint32_t n, cap;
	int64_t *profile;                 /* record → profile.id, ascending */
	int64_t *person;                  /* record → the person it belongs to now */
	int64_t *source;                  /* record → source.id */
	struct crm_pool name;             /* whole names as they came */
	uint32_t *raw_name;               /* 0: as its parts have it */
	int given, family;                /* columns; -1: none */
	struct crm_people_adding *adding; /* until finish */
	struct crm_column col[CRM_COLUMNS];
	struct crm_pool pool[CRM_AS_ID + 1];  /* of keys, by kind */
	struct crm_pool derived[CRM_COLUMNS]; /* of derived texts: alike columns have those of
					       * the first */
	struct crm_date *date;                /* key of CRM_AS_DATE → the date */
	struct crm_pool scopes;               /* of handles and ids */
	uint32_t *form;          /* key of CRM_AS_NAME → crm_nicknames_form (norm/nickname.h) */
	struct crm_sheet *sheet; /* link/compare.h */
	struct crm_people_scoped {
		struct crm_pool whole; /* until finish: scope and value, in the order of keys */
		uint32_t *scope;       /* key → scope */
		size_t cap;
	} scoped[2]; /* CRM_AS_HANDLE, CRM_AS_ID */
};

struct crm_snapshot; /* link/snapshot.h */

/* Reads all profiles of the store with their addresses, as far as it goes from the snapshot
 * that is kept there; what is marked as shared by many is left out. To be finished. *out is
 * new, also on failure: free it with crm_people_free; spec must outlive it. snapshot is new
 * and has what is not kept yet, where that is much: crm_snapshot_write, _release. */
enum crm_status crm_people_read(struct crm_db *db, const struct crm_spec *spec,
				struct crm_people **out, struct crm_snapshot *snapshot);
/* Reads one profile of the store, to be added as the last; false: there is none. */
enum crm_status crm_people_read_one(struct crm_db *db, struct crm_people *people, int64_t profile,
				    bool *found);

/* The same from elsewhere: new, add and put for each record, finish. Free with
 * crm_people_free; spec must outlive it. */
struct crm_people *crm_people_new(const struct crm_spec *spec);
/* Begins a record; profile is above that of the one before. name: the whole name, from which
 * given and family name are taken where a record has neither; may be without value. */
void crm_people_add(struct crm_people *people, int64_t profile, int64_t person, int64_t source,
		    struct crm_slice name);
/* A value of the record begun last, in a base column; of lists any number. Empty ones do not
 * count. scope: of columns compared within one, else ignored. */
void crm_people_put(struct crm_people *people, int column, struct crm_slice scope,
		    struct crm_slice value);
/* The same in two steps, where many records have one value of a list: its key, 0 for an empty
 * one, and putting that. fresh: no such value was there before. */
uint32_t crm_people_key(struct crm_people *people, int column, struct crm_slice scope,
			struct crm_slice value, bool fresh);
void crm_people_put_key(struct crm_people *people, int column, uint32_t key);
/* A value of a list counts as none, whoever has it. */
void crm_people_share(struct crm_people *people, int column, struct crm_slice scope,
		      struct crm_slice value);
/* Ends the record begun last, so that all of it is there; another one ends it as well. */
void crm_people_end(struct crm_people *people);
/* For the snapshot: room for n records; the next text of the values of lists of a kind. */
void crm_people_reserve(struct crm_people *people, uint32_t n);
void crm_people_text(struct crm_people *people, enum crm_column_as as, struct crm_slice text);
/* Works out keys, derived columns and counts. */
void crm_people_finish(struct crm_people *people, unsigned int threads);
void crm_people_make_keys(struct crm_people *people, unsigned int threads); /* part of it */
void crm_people_free(struct crm_people *people);

/* The values of a record in a column, as keys of its base column. */
static inline struct crm_values crm_values_of(const struct crm_people *p, int column,
					      uint32_t record)
{
	int base = p->spec->column[column].derive ? p->spec->column[column].base : column;
	const struct crm_column *c = &p->col[base];

	if (c->start)
		return (struct crm_values){c->value + c->start[record],
					   c->start[record + 1] - c->start[record]};
	return (struct crm_values){c->value + record, c->value[record] != 0};
}
/* The key in a column of a value of its base column. */
static inline uint32_t crm_value_key(const struct crm_people *p, int column, uint32_t value)
{
	return p->col[column].map ? p->col[column].map[value] : value;
}
/* The key of a record in a column that is no list; 0: it has none. */
static inline uint32_t crm_key_of(const struct crm_people *p, int column, uint32_t record)
{
	int base = p->spec->column[column].derive ? p->spec->column[column].base : column;

	return crm_value_key(p, column, p->col[base].value[record]);
}

/* Appends the text by which a value of a column, a key of it, is known everywhere: of those
 * compared within a scope it has that before it, and U+001F. */
void crm_people_value_text(const struct crm_people *people, int column, uint32_t key,
			   struct crm_str *out);
/* The record of a profile, or -1. */
int64_t crm_people_find(const struct crm_people *people, int64_t profile);
/* Begins to fetch from memory what a record has, for showing and rating it, and returns at once.
 * It takes as many calls as there are steps, with other work in between. Any thread. */
#define CRM_FETCH_STEPS 3
void crm_people_fetch(const struct crm_people *people, uint32_t record, int step);
/* The name of a record as one would write it, appended. */
void crm_people_name(const struct crm_people *people, uint32_t record, struct crm_str *out);

#endif
