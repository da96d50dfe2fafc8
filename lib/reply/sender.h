/* SPDX-License-Identifier: MIT */
/*
 * sender: delivers what is due, a message after the other: what became of one is stored in the
 * same commit that begins the next, so a killed sender leaves one message whose fate is unknown,
 * and that one marked.
 *
 * Several may work on one outbox. A transport is opened once for an account and kept.
 */
#ifndef CRM_SENDER_H
#define CRM_SENDER_H

#include "reply/post.h"
#include "reply/transport.h"
#include "store/journal.h"

struct crm_sender;

/* *sender is new: close with crm_sender_close. From now on commits of post's store are on disk
 * when they return. */
enum crm_status crm_sender_open(struct crm_sender **sender, const struct crm_post *post);
void crm_sender_close(struct crm_sender *sender);

/* Sends what is due until nothing is. told (with the ids of messages whose state changed) is
 * called after the commit. Failures of single messages are states of theirs; an error of the
 * configuration (CRM_CONFIG, its text the store's) leaves those it touches queued, and is
 * returned after all others were tried. */
enum crm_status crm_sender_run(struct crm_sender *sender, void (*told)(void *data, int64_t outbox),
			       void *data);

/* The transport of an account: "exec" where it names a command, else its channel's; NULL: there
 * is none. */
const struct crm_transport *crm_transport_of(const struct crm_account *account);

/* What would be sent, as the transport writes it; the message is in the outbox (perhaps in a
 * transaction that is taken back). */
enum crm_status crm_sender_render(struct crm_sender *sender, int64_t outbox, struct crm_str *out);

#endif
