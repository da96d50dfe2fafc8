/* SPDX-License-Identifier: MIT */
/*
 * conversation: a request and what was said about it.
 *
 * Which conversation an event belongs to is told by the source's id of the thread; of mail,
 * by the ids of the messages that it refers to (RFC 5322 References, after the threading
 * algorithm of J. Zawinski without its guesses by subject): ids that some message names
 * together are one conversation, whether or not we have the messages, so the order in
 * which they come does not matter. A token of ours (store/token.h) in the address it came
 * to counts as such an id, one in its subject only from somebody who wrote there before. Two that
 * turn out to be one become the older one, and the other's id stays as an alias.
 *
 * All else about a conversation is derived from its events when a transaction ends
 * (store/request.h): who asked is the sender of the first message that answers no other, so
 * that a stranger who writes into it does not become its customer. A request that goes on
 * long after it was resolved is a conversation of its own (follows), but of the same thread:
 * here only the thread's first one is known.
 */
#ifndef CRM_CONVERSATION_H
#define CRM_CONVERSATION_H

#include "base/mem.h"
#include "base/table.h"
#include "store/db.h"
#include "store/people.h"
#include "store/record.h"

struct crm_talk;
struct crm_talk_name;

struct crm_talks {
	struct crm_db *db;
	int64_t source_id;      /* set by the owner when it is known */
	int64_t next;           /* id of the next new one */
	enum crm_status failed; /* the first failure since clear; its text is db's */
	struct crm_arena arena;
	struct crm_talk *list; /* conversations of the chunk */
	size_t n, cap;
	struct crm_table table; /* what they are found by: indexes of names */
	struct crm_talk_name *names;
	size_t n_names, cap_names;
	struct crm_ids touched; /* since the last crm_talks_derive */
};

enum crm_status crm_talks_open(struct crm_talks *talks, struct crm_db *db);
void crm_talks_release(struct crm_talks *talks);
/* A new chunk begins; next is the id that the next new conversation gets. */
void crm_talks_clear(struct crm_talks *talks, int64_t next);
/* The conversation that an event belongs to; 0 without one. key is the event's, person
 * (canonical, 0: unknown) whose it is. A message
 * without a thread belongs to the one talk there is with its address. The record and key
 * must live until the conversations are written. */
int64_t crm_talks_add(struct crm_talks *talks, const struct crm_record *record,
		      struct crm_slice key, int64_t person);
/* Writes the chunk's conversations; and, once its events are written, joins those that are
 * one. */
enum crm_status crm_talks_write(struct crm_talks *talks);
enum crm_status crm_talks_join(struct crm_talks *talks);
/* Brings those touched since the last time up to date: before a commit. */
enum crm_status crm_talks_derive(struct crm_talks *talks);

#endif
