/* SPDX-License-Identifier: MIT */
/* mail_message: the bytes of one message into the object that ingest/mail.h describes. Several
 * threads may, each with a reader of its own. */
#ifndef CRM_MAIL_MESSAGE_H
#define CRM_MAIL_MESSAGE_H

#include "ingest/mail_wire.h"
#include "ingest/syntax.h"

#define CRM_MAIL_THREAD 50 /* ids in "thread" */

struct crm_mail_reader; /* memory that is kept from one message to the next */

struct crm_mail_reader *crm_mail_reader_new(void); /* new: free with crm_mail_reader_free */
void crm_mail_reader_free(struct crm_mail_reader *reader);

/* Writes the message to item->json. folder: the name of its file, or NULL. When it is no message,
 * since there is no header field, item->reason says so. */
void crm_mail_reader_put(struct crm_mail_reader *reader, const struct crm_mail_wrapped *message,
			 const char *folder, struct crm_item *item);

#endif
