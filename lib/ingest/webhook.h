/* SPDX-License-Identifier: MIT */
/*
 * webhook: may this post be stored, and what is its sender told?
 *
 * What a sender signs, and how it asks whether we are there, is data: member "webhook" of a
 * channel file; crm-channels(5) describes it. Here it is read and applied. Nothing is read
 * from or written to anywhere else: a request comes in, a verdict goes out, and whoever
 * called stores the record and sends the answer.
 *
 * Invariants: a post is stored only when its signature holds for what is stored of it, or
 * when the channel says that anybody may post; 2xx is answered only for what is committed;
 * nothing of a request gets into the header of an answer.
 */
#ifndef CRM_WEBHOOK_H
#define CRM_WEBHOOK_H

#include "base/json.h"
#include "base/mem.h"
#include "base/status.h"
#include "ingest/section.h"
#include "ingest/signature.h"

#define CRM_WEBHOOK_BODY_MAX ((size_t)16 * 1024 * 1024) /* a larger post is answered 413 */
#define CRM_WEBHOOK_CHALLENGE_MAX 1024                  /* bytes that are echoed */
#define CRM_WEBHOOK_SIGNATURES 8                        /* of one post; more are not tried */

struct crm_webhook_signature {
	int method;            /* enum crm_signature_method; -1: there is none */
	const char *header;    /* where the signature is: in this header, */
	const char *parameter; /* or in this parameter of the query string */
	const char *element;   /* header is a list of name=value: which of them; NULL: no list */
	const char *prefix;    /* that stands before it; NULL: nothing */
	const char *over;      /* what is signed, a template */
	const char *time;      /* where the time of sending is: a header, or an element */
	int64_t tolerance;     /* s that it may be off */
	int encoding, secret_encoding; /* enum crm_encoding */
};

struct crm_webhook_challenge {
	const char *answer; /* where the challenge is; NULL: there are none */
	const char **when;  /* pairs of place and value */
	size_t n_when;      /* pairs */
	const char *verify; /* where the secret is given back, and */
	const char *secret; /* which one that is */
	int sign;           /* enum crm_signature_method, -1: do not */
	int encoding;
	const char *reply, *reply_type; /* a template; NULL: the challenge alone, as text */
};

struct crm_webhook {
	bool open, get;
	const char *secret, *url, *reply, *reply_type, *redirect;
	const char *page; /* HTML for a GET, which stores nothing; NULL: none */
	const char **id;
	size_t n_id;
	struct crm_webhook_signature signature;
	struct crm_webhook_challenge challenge;
};

/* Reads member "webhook" at v. Borrowed: lives in the arena. */
const struct crm_webhook *crm_webhook_load(const struct crm_section *section,
					   const struct crm_json_value *v);

struct crm_webhook_request {
	const char *method;
	const char *url; /* as the client asked for it, with its query string */
	struct crm_slice query, type, body;
	const char *remote_addr; /* NULL: not known; also referer */
	const char *referer;
	int64_t now; /* ms */
	/* The value of a header, or NULL. */
	const char *(*header)(void *data, const char *name);
	/* As crm_secret_get. */
	enum crm_status (*secret)(void *data, const char *name, struct crm_str *value,
				  struct crm_err *err);
	void *data;
};

struct crm_webhook_verdict {
	int status;            /* of HTTP; 0: store record */
	struct crm_str record; /* the bytes to be read as the channel says */
	const char *type;      /* of body; static, or of the channel file */
	struct crm_str body;   /* of the answer */
	const char *location;  /* of a redirection; of the channel file */
	char why[256];         /* what went wrong, for the log; "" */
};
#define CRM_WEBHOOK_VERDICT_INIT                              \
	{                                                     \
		0, CRM_STR_INIT, NULL, CRM_STR_INIT, NULL, "" \
	}

/* hook NULL: the channel takes no posts. reads: what the channel reads (form, json …). */
void crm_webhook_judge(const struct crm_webhook *hook, const char *reads,
		       const struct crm_webhook_request *request,
		       struct crm_webhook_verdict *verdict);

/* How many records became what. */
struct crm_webhook_result {
	enum crm_status status; /* of the job */
	int64_t stored, duplicate, set_aside;
};
/* The answer when the record is stored, or is not. */
void crm_webhook_done(const struct crm_webhook *hook, const struct crm_webhook_result *result,
		      struct crm_webhook_verdict *verdict);
/* An answer without a request: 400, 404, 413 … why: a static text. */
void crm_webhook_refuse(struct crm_webhook_verdict *verdict, int status, const char *why);

/* Appends the answer as a CGI program gives it (RFC 3875, section 6.2). */
void crm_webhook_write(const struct crm_webhook_verdict *verdict, struct crm_str *out);
void crm_webhook_verdict_release(struct crm_webhook_verdict *verdict);

#endif
