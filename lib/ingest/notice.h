/* SPDX-License-Identifier: MIT */
/*
 * notice: bounces in words. They are searched for recipients and what is said of them, by rules
 * that hold for most hosts.
 */
#ifndef CRM_NOTICE_H
#define CRM_NOTICE_H

#include "ingest/bounce.h"

/* The part of a notice before the copy of the message it is about. */
struct crm_slice crm_notice_body(struct crm_slice text);
/* Adds the recipients that a notice in words names. not: addresses in normal form, each
 * with a newline after it, that are taken only if there is no other: the reader's and the
 * writer's own. */
void crm_reports_notice(struct crm_reports *reports, struct crm_slice notice,
			struct crm_slice not_these);
/* Does a subject and a notice (crm_reason_words) say that it is late only: will the host
 * try again? */
bool crm_notice_delay(struct crm_slice subject, struct crm_slice words);
/* Does it look like a refusal: has it a line with an SMTP reply or an enhanced status? */
bool crm_notice_reply(struct crm_slice notice);

#endif
