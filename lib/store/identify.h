/* SPDX-License-Identifier: MIT */
/*
 * identify: who is this, at the moment a record comes in?
 *
 * Who is who is a function of the set of records, defined in group.h, so that it does not
 * depend on the order in which they came. Mostly the answer is at hand: nobody is known at
 * the record's addresses, and it is somebody new; or one person alone is, no name of theirs
 * plainly differs, and it is they. That is what the rules of group.h would say, and they
 * would say the same of all others as before. (Why: the record's addresses join it with
 * nobody else; nothing refused before is allowed by one more name; and no join within the
 * person is refused, since the name differs from none there.)
 *
 * In all other cases the record is contested. It is given to whom its strongest address
 * names, handles before e-mail before telephone, for the time being; settle.h identifies
 * it anew with all that hangs together with it.
 *
 * An address at which three names plainly differ (two, for a role address such as info@)
 * is flagged shared, and identifies nobody; all records that have it are then contested.
 *
 * The book holds what the store and the records so far say about the addresses of one
 * chunk, so that the outcome does not depend on where chunks begin and end.
 */
#ifndef CRM_IDENTIFY_H
#define CRM_IDENTIFY_H

#include "store/db.h"
#include "store/keys.h"
#include "store/record.h"

struct crm_book;
struct crm_bloom;
struct crm_erased;

/* New: crm_book_free. erased (borrowed) tells addresses that people had who were erased. */
struct crm_book *crm_book_new(struct crm_db *db, const struct crm_erased *erased);
void crm_book_free(struct crm_book *book);

/* From now on bloom (borrowed) is asked before the store; it is filled with what the store
 * has. NULL: no longer. Nobody else may write in the meantime: see intake.c. */
enum crm_status crm_book_filter(struct crm_book *book, struct crm_bloom *bloom);

/* Starts a chunk: looks up all its addresses, in the order of the store's index. New ones will
 * get ids from *next (borrowed until the next chunk). */
enum crm_status crm_book_open(struct crm_book *book, const struct crm_chunk *chunk, int64_t *next);

#define CRM_SUSPECTS 4
struct crm_who {
	int64_t person;                      /* as which it is identified; 0: somebody new */
	int64_t canon;                       /* who that is now, through links */
	struct crm_slice name, email, phone; /* their golden record, as far as it is known */
	bool contested;                      /* and others may be somebody else now */
	size_t n_suspects;                   /* people whom a weaker address names */
	int64_t suspects[CRM_SUSPECTS];      /* their canonical ids */
	enum crm_status failed;              /* the store could not be read */
};

/* Who a record of the open chunk is from. known: what the source's own id of it already
 * belongs to; not found: nothing. */
struct crm_who crm_book_who(struct crm_book *book, const struct crm_record *record,
			    const struct crm_hit *known);

/* Enters that record is of whose profile, person and canonical id; first: nothing else is known
 * of them. ids gets the ids of its addresses, in the order of record->addresses. */
void crm_book_enter(struct crm_book *book, const struct crm_record *record,
		    const struct crm_hit *whose, bool first, int64_t ids[CRM_ADDRESSES]);

/* The ids of the addresses of a record that tells of them, not of a person: it enters them
 * and identifies nobody. */
void crm_book_mark(struct crm_book *book, const struct crm_record *record,
		   int64_t ids[CRM_ADDRESSES]);

/* Writes new endpoints and changed flags. */
enum crm_status crm_book_write(struct crm_book *book);
/* Marks all records of addresses that became shared in this chunk as unsettled; their rows
 * must have been written. */
enum crm_status crm_book_unsettle(struct crm_book *book);

#endif
