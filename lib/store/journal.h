/* SPDX-License-Identifier: MIT */
/*
 * journal: what we do ourselves, as events: an assignment, a change of state, a note, an
 * answer. Like all events they are appended and never edited; what they change about a
 * request is derived from them (store/request.h).
 *
 * An entry is filed under the command that made it: source NAME (crm-route …), scope '',
 * medium crm, a batch for each run. Only an answer is filed under the channel it went out by,
 * with the key that the channel gives it, so that receipts and bounces that name that key,
 * and the channel's own copy of it, meet it (crm_entry.source, key).
 *
 * Types: message (direction out), note, status (of a request: open, pending, snoozed,
 * resolved), assignment, handover, escalation. Entries of one run are of one crm_db_now.
 */
#ifndef CRM_JOURNAL_H
#define CRM_JOURNAL_H

#include "store/db.h"

struct crm_journal;

struct crm_entry {
	const char *type;
	int64_t at;                /* ms; 0: crm_db_now */
	int64_t conversation;      /* 0: none */
	int64_t profile, endpoint; /* 0: of the conversation, where there is one */
	int64_t source;            /* 0: the command's own */
	struct crm_slice key;      /* unique within source; {0}: the event's id */
	struct crm_slice status;   /* of type status: the request's new state */
	struct crm_slice agent;    /* who: assignee, author */
	struct crm_slice subject, text, about, account, campaign;
	struct crm_slice automatic; /* auto-reply, bot …: no person wrote it; {0}: one did */
	bool is_mail;               /* key is a Message-ID, which answers to it name */
	const char *direction;      /* out, or NULL */
	struct crm_slice raw;       /* a JSON object with all the rest (see request.h); {0}: {} */
};

/* *journal is new: close with crm_journal_close. Writes nothing yet. */
enum crm_status crm_journal_open(struct crm_journal **journal, struct crm_db *db,
				 const char *command);
/* Appends an event inside the caller's transaction. *id (may be NULL) is its id; 0 when an
 * event of that source and key is there already: nothing was written then. */
enum crm_status crm_journal_add(struct crm_journal *journal, const struct crm_entry *entry,
				int64_t *id);
/* Brings the requests that entries were about up to date: before each commit. */
enum crm_status crm_journal_settle(struct crm_journal *journal);
/* After a rollback: what was added since the last commit is forgotten. */
void crm_journal_forget(struct crm_journal *journal);
void crm_journal_close(struct crm_journal *journal);

#endif
