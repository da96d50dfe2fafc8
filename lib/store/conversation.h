/* SPDX-License-Identifier: MIT */
/*
 * conversation: a request and what was said about it, as one thread of a source. Its
 * present state (open: we owe an answer; pending: they do; resolved) is derived from its
 * events: the latest one's status where the source states one, else who spoke last.
 *
 * A chunk's conversations are kept here until they are written together.
 */
#ifndef CRM_CONVERSATION_H
#define CRM_CONVERSATION_H

#include "base/mem.h"
#include "base/table.h"
#include "store/db.h"
#include "store/record.h"

struct crm_talk;

struct crm_talks {
	struct crm_db *db;
	int64_t source_id;      /* set by the owner when it is known */
	int64_t next;           /* id of the next new one */
	enum crm_status failed; /* the first failure since clear; its text is db's */
	struct crm_arena arena;
	struct crm_table table;
	struct crm_talk *list;
	size_t n, cap;
};

void crm_talks_release(struct crm_talks *talks);
/* A new chunk begins; next is the id that the next new conversation gets. */
void crm_talks_clear(struct crm_talks *talks, int64_t next);
/* The conversation that an event at time at belongs to, brought up to date; 0 without one.
 * A message without a thread belongs to the one talk there is with its address. profile:
 * who it is with. The record must live until the conversations are written. */
int64_t crm_talks_add(struct crm_talks *talks, const struct crm_record *record, int64_t profile,
		      int64_t at);
enum crm_status crm_talks_write(struct crm_talks *talks);

#endif
