/* SPDX-License-Identifier: MIT */
/*
 * mail_ahead: messages of an mbox are parsed by other threads while it is read on. They come
 * out in the order in which they were put in.
 *
 * At most CRM_MAIL_AHEAD messages and CRM_MAIL_AHEAD_BYTES of them are held. Threads, one
 * for each processor up to CRM_MAIL_THREADS, begin with the second message that is held at a
 * time: a message by itself costs none. Whoever takes a message out that no thread has begun
 * parses it. To be used by one thread.
 */
#ifndef CRM_MAIL_AHEAD_H
#define CRM_MAIL_AHEAD_H

#include "ingest/mail_message.h"
#include "ingest/syntax.h"

#define CRM_MAIL_AHEAD 32
#define CRM_MAIL_AHEAD_BYTES ((size_t)16 * 1024 * 1024)
#define CRM_MAIL_THREADS 3

struct crm_mail_ahead;

/* New: free with crm_mail_ahead_free, which waits for the threads. reader (borrowed) is used
 * within crm_mail_ahead_take. */
struct crm_mail_ahead *crm_mail_ahead_new(struct crm_mail_reader *reader);
void crm_mail_ahead_free(struct crm_mail_ahead *ahead);

/* Is there room for a message of so many bytes? */
bool crm_mail_ahead_fits(const struct crm_mail_ahead *ahead, size_t bytes);
/* Puts a record in (copied), which began in line of its file, and of which message is a part.
 * folder: as of crm_mail_reader_put, valid until it is taken. Only where the record fits. */
void crm_mail_ahead_put(struct crm_mail_ahead *ahead, struct crm_slice record,
			const struct crm_mail_wrapped *message, const char *folder, int64_t line);
/* Takes out the first, waiting for it: item, which is clear, gets it, and its bytes, which are
 * valid until the next call of put or take. False: none is there. */
bool crm_mail_ahead_take(struct crm_mail_ahead *ahead, struct crm_item *item);

#endif
