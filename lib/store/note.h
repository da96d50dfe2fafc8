/* SPDX-License-Identifier: MIT */
/*
 * note: what agents write to each other about a request or a person.
 *
 * A note is an event of type note, with its author as its agent. It is no message and has no
 * direction, and all that goes out is made of messages and templates (which cannot name notes):
 * that is what keeps it from customers, also when conversations are joined. It changes nothing
 * about a request: not its state, not whom it waits for, not since when.
 */
#ifndef CRM_NOTE_H
#define CRM_NOTE_H

#include "store/journal.h"

#define CRM_NOTE_MAX 100000 /* bytes */

struct crm_note {             /* all borrowed */
	int64_t id;           /* of the event; from crm_note_add on */
	int64_t conversation; /* 0: about a person only. An alias counts as what it stands for */
	int64_t person;       /* 0: who asked in the conversation */
	int64_t at;           /* ms */
	struct crm_slice agent, text;
	struct crm_slice key; /* for crm_note_add: the caller's own id, by which it is added once;
			       * {0}: each is another */
};

/* Adds a note inside the caller's transaction; *note gets id (0: one with its key is there
 * already), at, and what conversation and person stand for. CRM_NO_INPUT when there is no such
 * conversation or person; CRM_DATA for a text that is empty, too long or no UTF-8. */
enum crm_status crm_note_add(struct crm_db *db, struct crm_journal *journal, struct crm_note *note);

/* Calls each for the notes about a conversation, or else (0) those about a person and all their
 * conversations, oldest first. Errors as of crm_note_add. */
enum crm_status crm_notes_each(struct crm_db *db, int64_t conversation, int64_t person,
			       void (*each)(void *data, const struct crm_note *note), void *data);

#endif
