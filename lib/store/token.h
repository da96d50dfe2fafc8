/* SPDX-License-Identifier: MIT */
/*
 * token: the name of a conversation as it goes out with an answer, in the reply address
 * (help+c42.k3x9q2mwta@shop.example) or the subject ([#c42.k3x9q2mwta]), so that what comes
 * back is told by it even where a mail program forgets what it answers; and the name of an
 * address (a17.m2c8x4twpk) in the link by which its owner tells us to send nothing more.
 *
 * It carries a MAC (keyed BLAKE2b, RFC 7693, under a key that the store made for itself, cut
 * to 50 bits in base 32), so nobody can make up the token of somebody else's conversation.
 */
#ifndef CRM_TOKEN_H
#define CRM_TOKEN_H

#include "store/db.h"

/* Appends the token of a conversation: c42.k3x9q2mwta. */
enum crm_status crm_token_make(struct crm_db *db, int64_t conversation, struct crm_str *out);
/* Appends the name of a message under which it leaves the house, made from its key in the outbox:
 * the same each time, and nobody can tell the one from the other. 130 bits in base 32. */
enum crm_status crm_token_of_key(struct crm_db *db, struct crm_slice key, struct crm_str *out);

/* The conversation whose token stands in text, behind a + or #; 0 for none or one that is
 * not ours. The id may be that of an alias. */
enum crm_status crm_token_read(struct crm_db *db, struct crm_slice text, int64_t *conversation);

/* Appends the token of an address, an endpoint: a17.m2c8x4twpk. */
enum crm_status crm_token_make_address(struct crm_db *db, int64_t endpoint, struct crm_str *out);
/* The endpoint whose token is the last word of text, which may be all of it; 0 for none. */
enum crm_status crm_token_read_address(struct crm_db *db, struct crm_slice text, int64_t *endpoint);

#endif
