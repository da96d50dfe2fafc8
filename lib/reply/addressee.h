/* SPDX-License-Identifier: MIT */
/*
 * addressee: to whom an answer goes, where, and what it answers.
 *
 * An answer goes to the customer of the conversation, at the address they wrote from last (their
 * Reply-To, if they named one), and never to somebody else who wrote into it: a stranger with a
 * copy does not become the customer. It answers the message named, else their latest one that a
 * person wrote.
 */
#ifndef CRM_ADDRESSEE_H
#define CRM_ADDRESSEE_H

#include "base/mem.h"
#include "store/db.h"

struct crm_addressee { /* 0 and NULL: not known; texts lie in arena */
	int64_t conversation, source, person, profile, endpoint;
	int64_t message;                      /* event that is answered */
	int64_t opening;                      /* event that the request, as it stands, began with */
	const char *channel, *scope, *medium; /* of the source */
	const char *kind;                     /* of the endpoint: email, phone, handle */
	struct crm_slice address, name, account, subject, thread;
	struct crm_slice about;      /* key of the event that is answered */
	struct crm_slice automatic;  /* what that one said of itself */
	struct crm_slice said;       /* how its text begins */
	struct crm_slice references; /* mail: a JSON array of what it refers to, then itself */
	struct crm_arena arena;
};
#define CRM_ADDRESSEE_INIT              \
	{                               \
		.arena = CRM_ARENA_INIT \
	}
void crm_addressee_clear(struct crm_addressee *a);
void crm_addressee_release(struct crm_addressee *a);

/* Of a conversation, which may be an alias. message: the event to be answered, 0 or one that is
 * none of theirs: the latest; a conversation of 0 is that of the message. CRM_NO_INPUT: there is
 * no such conversation. address is NULL when nobody knows one. */
enum crm_status crm_addressee_of_conversation(struct crm_db *db, int64_t conversation,
					      int64_t message, struct crm_addressee *a);
/* Of a person (any of their ids), by a channel: where they wrote to us by it last, else by what
 * its medium needs, the e-mail address or the telephone number they are known by. conversation
 * is the one to go on with where the channel has one talk with each address, else 0. source 0:
 * of such a channel nothing came yet. CRM_NO_INPUT: there is no such person. */
enum crm_status crm_addressee_of_person(struct crm_db *db, int64_t person, int64_t source,
					const char *medium, struct crm_addressee *a);
/* A conversation with nothing in it yet, of a message that begins one. */
enum crm_status crm_addressee_open(struct crm_db *db, struct crm_addressee *a,
				   struct crm_slice thread);
/* The endpoint of an address as a person writes it: e-mail, a telephone number with its country,
 * or a handle that there is. CRM_NO_INPUT when it is none of these; CRM_DATA when several sources
 * have that handle. */
enum crm_status crm_addressee_endpoint(struct crm_db *db, const char *address, int64_t *endpoint);

#endif
