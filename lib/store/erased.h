/* SPDX-License-Identifier: MIT */
/*
 * erased: what is remembered of people who were erased (erase.h), so that the next export of
 * some shop does not bring them back.
 *
 * In place of each address and each id by which they were known stands a name, "erased:" with
 * 32 hexadecimal digits: BLAKE2b (RFC 7693) under the store's key, cut to 128 bits. Who knows
 * an address can tell whether it was erased; nobody can tell the address from the name without
 * the store, nor read it there.
 *
 * A record of somebody erased is of the past when it is not newer than the erasure, is a
 * contact without a time of its own, or is nothing that they did themselves (what we sent, what
 * became of it). It is not taken. What they do afterwards they do as somebody new, and their
 * address is an address again: what was known of it alone, that it bounces or wants no mail, holds
 * again too.
 */
#ifndef CRM_ERASED_H
#define CRM_ERASED_H

#include "base/mem.h"
#include "base/table.h"
#include "store/db.h"
#include "store/record.h"

#define CRM_ERASED_NAME 40 /* with its NUL */

struct crm_erased {
	unsigned char key[32];
	struct crm_table table;
	struct crm_erased_one *ones; /* nobody was erased: none */
	size_t n, cap;
	int64_t seen; /* tells one state of the table from another */
};

/* Reads what the store has, once more where it has grown. {0} at first. */
enum crm_status crm_erased_read(struct crm_erased *erased, struct crm_db *db);
void crm_erased_release(struct crm_erased *erased);

/* The name that stands in place of an address, once it is erased; false: it is not. */
bool crm_erased_address(const struct crm_erased *erased, const struct crm_address *address,
			char name[CRM_ERASED_NAME]);
/* Is the record one of somebody erased, and of the past? source is its source's id. */
bool crm_erased_is_past(const struct crm_erased *erased, int64_t source,
			const struct crm_record *record);

/* Gives SQL erased_name(SPACE, SCOPE, VALUE), until the store is closed. SPACE is a kind of
 * endpoints, or contact, event, sender, thread or key with the source's id as SCOPE. */
enum crm_status crm_erased_register(struct crm_db *db);

#endif
