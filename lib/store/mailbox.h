/* SPDX-License-Identifier: MIT */
/*
 * mailbox: how far the folders of mailboxes on servers have been read.
 *
 * Written after the messages are committed, so that a crash in between costs another fetch
 * and never a message: what comes twice is a duplicate by its key.
 */
#ifndef CRM_MAILBOX_H
#define CRM_MAILBOX_H

#include "store/db.h"

struct crm_mailbox {
	int64_t uidvalidity; /* of the folder's numbering; 0: never fetched */
	int64_t last_uid;    /* all up to it are stored */
};

/* What is remembered under url; zeros where nothing is. */
enum crm_status crm_mailbox_get(struct crm_db *db, const char *url, struct crm_mailbox *mailbox);
/* Remembers it, in a transaction of its own. Of two fetches at once the one that came further
 * counts. */
enum crm_status crm_mailbox_put(struct crm_db *db, const char *url,
				const struct crm_mailbox *mailbox);

#endif
