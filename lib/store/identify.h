/* SPDX-License-Identifier: MIT */
/*
 * identify: who is this, at the moment a record comes in?
 *
 * A record is given to the person who is already known at one of its addresses, handles
 * before e-mail before phone; nobody known: to a new person, a lead. Rules, in order:
 *
 *  - A handle (the source's own id of somebody) identifies alone.
 *  - An e-mail or phone identifies unless the record's name and the name known there
 *    plainly differ: a household has one phone, and a front desk one mailbox.
 *  - An address at which three people with different names are known (two, for a role
 *    address such as info@) is flagged shared, and identifies nobody from then on.
 *  - Addresses of one record that name different people are not merged: the strongest
 *    decides, the others are noted as suspects for crm-dedupe.
 *  - A lead of whom nothing is known but the very address (a caller without a name) has
 *    nothing to disagree with: it is linked, by an ordinary merge that can be undone.
 *
 * The book holds what the store and the records so far say about the addresses of one
 * chunk, so that the outcome does not depend on where chunks begin and end.
 */
#ifndef CRM_IDENTIFY_H
#define CRM_IDENTIFY_H

#include "store/db.h"
#include "store/record.h"

struct crm_book;
struct crm_bloom;

struct crm_book *crm_book_new(struct crm_db *db); /* new: crm_book_free */
void crm_book_free(struct crm_book *book);

/* From now on bloom (borrowed) is asked before the store; it is filled with what the store
 * has. NULL: no longer. Nobody else may write in the meantime: see intake.c. */
enum crm_status crm_book_filter(struct crm_book *book, struct crm_bloom *bloom);

/* Starts a chunk: looks up all its addresses, in the order of the store's index. */
enum crm_status crm_book_open(struct crm_book *book, const struct crm_chunk *chunk);

#define CRM_SUSPECTS 4
struct crm_who {
	int64_t person;                      /* as which it is identified; 0: somebody new */
	int64_t canon;                       /* who that is now, through links */
	struct crm_slice name, email, phone; /* their golden record, as far as it is known */
	size_t n_suspects;                   /* people whom a weaker address names */
	struct {
		int64_t canon, profile; /* profile: one of theirs */
		int64_t endpoint;       /* by which they are named */
		bool absorbed;          /* a bare lead: to be merged */
	} suspects[CRM_SUSPECTS];
};

/* Who a record of the open chunk is from. known is the person that the source's own id of
 * it already belongs to, or 0. */
struct crm_who crm_book_who(struct crm_book *book, const struct crm_record *record, int64_t known,
			    int64_t known_canon);

/* Enters that profile, of record, belongs to person (now canon); first: nothing else is
 * known of them. Its addresses get ids from *next where they have none; ids gets them, in
 * the order of record->addresses. */
void crm_book_enter(struct crm_book *book, const struct crm_record *record, int64_t profile,
		    int64_t person, int64_t canon, bool first, int64_t *next,
		    int64_t ids[CRM_ADDRESSES]);

/* The ids of the addresses of a record that tells of them, not of a person: it enters them
 * and identifies nobody. ids as in crm_book_enter. */
void crm_book_mark(struct crm_book *book, const struct crm_record *record, int64_t *next,
		   int64_t ids[CRM_ADDRESSES]);

/* From now on the people of canon a and those of canon b are one, called canon. */
void crm_book_join(struct crm_book *book, int64_t a, int64_t b, int64_t canon);

/* Writes new endpoints and changed flags. */
enum crm_status crm_book_write(struct crm_book *book);

#endif
