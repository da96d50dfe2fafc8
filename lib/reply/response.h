/* SPDX-License-Identifier: MIT */
/*
 * response: what became of a message, by what a service answered to the request.
 *
 * The answer is laid out as one document: the members of the body, where it is a JSON object,
 * and beside them /@answer/status, /@answer/body (as text), /@request/NAME (account, key, to,
 * uuid, thread, about) and /@origin, the message that was answered. The channel's places and
 * conditions are tried on that.
 */
#ifndef CRM_RESPONSE_H
#define CRM_RESPONSE_H

#include "ingest/answers.h"
#include "reply/fill.h"

struct crm_response {
	int status; /* of HTTP */
	struct crm_slice body;
	bool broken;         /* it did not come to its end */
	int64_t retry_after; /* ms, of the header; -1: none */
};

/* Fills receipt. CRM_CONFIG: the service is not there or does not take our credentials; nothing
 * was sent and nothing will be before that is mended. */
enum crm_status crm_response_judge(const struct crm_answers *answers, const struct crm_fill *fill,
				   const struct crm_response *response, struct crm_receipt *receipt,
				   struct crm_err *err);

/* Appends the key of a message, as the channel finds it in what was answered. */
void crm_response_key(const struct crm_answers *answers, const struct crm_fill *fill,
		      const struct crm_response *response, struct crm_str *key);

/* What a receipt says before anything is known: unknown. Keeps the memory. */
void crm_receipt_clear(struct crm_receipt *receipt);
/* An outcome of ours, with words. */
void crm_receipt_set(struct crm_receipt *receipt, enum crm_sent outcome, const char *words);
void crm_receipt_release(struct crm_receipt *receipt);

/* Is the message such that it may be sent as the channel says? Else sets it refused. */
bool crm_receipt_admits(const struct crm_answers *answers, const struct crm_parcel *parcel,
			struct crm_receipt *receipt);

#endif
