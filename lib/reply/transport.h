/* SPDX-License-Identifier: MIT */
/*
 * transport: a way by which messages leave: smtp, http, exec.
 *
 * It is handed one parcel at a time, and says what became of it. Only what is certain is said:
 *
 *	sent      the other side has it (and said so)
 *	deferred  it has not; another try may succeed (a connection refused, 421/4xx, 429, 503)
 *	refused   it has not and never will (5xx, a 400 with an error); not to be tried again
 *	unknown   it may have it or not: the connection ended after the last byte went out and
 *	          before an answer came. Never sent again unasked, unless the transport can give
 *	          the other side a key by which it drops the second one (idempotent)
 *
 * Every address and header value is checked again here: control bytes are refused.
 */
#ifndef CRM_TRANSPORT_H
#define CRM_TRANSPORT_H

#include "base/mem.h"
#include "base/status.h"
#include "base/str.h"
#include "reply/account.h"
#include "reply/attach.h"

struct crm_parcel {                   /* one message; everything is borrowed for the call */
	struct crm_slice key;         /* the same at each try, another for each message */
	struct crm_slice to, to_name; /* address, fixed when it was queued */
	struct crm_slice subject, text, html;
	struct crm_slice message_id;  /* mail: without <>; made when it was queued */
	struct crm_slice in_reply_to; /* mail: without <> */
	const struct crm_slice *references;
	size_t n_references;
	struct crm_slice reply_token; /* of the conversation (store/token.h) */
	struct crm_slice thread;      /* the source's id of the conversation */
	struct crm_slice about;       /* the source's key of the message that it answers */
	struct crm_slice origin;      /* that message as it came (event.raw) */
	struct crm_slice agent;       /* who wrote it; {0}: nobody, it is automatic */
	struct crm_slice automatic;   /* {0}, auto-reply, bot */
	struct crm_slice campaign;    /* {0}: an answer */
	struct crm_slice unsubscribe; /* URL for List-Unsubscribe, {0}: none */
	struct crm_slice leave_token; /* of the address (store/token.h), where they may leave */
	struct crm_slice variables;   /* JSON object: template name and parameters for channels
				       * that know templates of their own; {0}: none */
	struct crm_files files;
	int64_t at; /* ms: the Date; when it was queued */
};

enum crm_sent {
	CRM_SENT,
	CRM_DEFERRED,
	CRM_REFUSED,
	CRM_UNKNOWN
};
extern const char *const crm_sent_names[]; /* sent, deferred, refused, unknown */

struct crm_receipt {
	enum crm_sent outcome;
	struct crm_str id;     /* SENT: the key that the channel gives the message; may be empty */
	int code;              /* of SMTP or HTTP; 0: none */
	struct crm_str detail; /* what the other side said, or what failed: a line of UTF-8 */
	int64_t retry_after;   /* ms from now, DEFERRED: as the other side asked; -1: it did not */
	bool address_bad;      /* REFUSED: the address does not exist (550 5.1.1, blocked …) */
};

struct crm_transport {
	const char *name; /* smtp, http, exec */
	/* *self is new: close with close. Connects to nothing yet. account and its channel are
	 * borrowed until close. config_dir: where secrets lie. */
	enum crm_status (*open)(const struct crm_account *account, const char *config_dir,
				void **self, struct crm_err *err);
	/* The exact bytes that send would send, secrets as ***; for --dry-run. */
	enum crm_status (*render)(void *self, const struct crm_parcel *parcel, struct crm_str *out,
				  struct crm_err *err);
	/* Connections are kept for the next parcel. CRM_OK whatever became of the parcel, that
	 * is in receipt; an error (CRM_CONFIG) is of the configuration: nothing was sent. */
	enum crm_status (*send)(void *self, const struct crm_parcel *parcel,
				struct crm_receipt *receipt, struct crm_err *err);
	/* May an unknown one be sent again with the same key without harm? */
	bool (*idempotent)(void *self);
	void (*close)(void *self);
};

extern const struct crm_transport crm_transport_smtp, crm_transport_http, crm_transport_exec;

#endif
