/* SPDX-License-Identifier: MIT */
/*
 * post: from what somebody wants to say to a message in the outbox: to whom and where it goes, by
 * which channel and account, under which key, and whether the gates let it pass.
 *
 * What is wrong with the configuration or the message (no address, no account, a template that
 * lacks a value) is not stored, so that the same line goes when that is mended; what a gate
 * forbids is, as skipped.
 */
#ifndef CRM_POST_H
#define CRM_POST_H

#include "norm/own.h"
#include "reply/account.h"
#include "reply/addressee.h"
#include "reply/attach.h"
#include "reply/context.h"
#include "reply/gates.h"
#include "store/db.h"

/* What sending needs. All borrowed: must outlive who uses it. */
struct crm_post {
	struct crm_db *db;
	const struct crm_channels *channels;
	const struct crm_accounts *accounts;
	struct crm_gates *gates;
	const struct crm_own *own;   /* NULL: none */
	struct crm_context *context; /* of templates; NULL: none */
	const char *config_dir;      /* where secrets are */
};

/* Is the address one of ours? */
bool crm_post_is_own(const struct crm_post *post, struct crm_slice address);
/* The account by which an answer on a channel goes out: the one that the customer wrote to (in
 * mail with or without what stands behind a +), else the channel's default; NULL: none. */
const struct crm_account *crm_post_account(const struct crm_post *post, const char *channel,
					   const char *scope, struct crm_slice wrote_to);

struct crm_ask_post {                  /* all borrowed for the call */
	int64_t conversation, message; /* as crm_addressee_of_conversation takes them */
	int64_t person;                /* instead of these, with channel (NULL: email) */
	const char *channel;
	struct crm_slice id;             /* the caller's own; {0}: it is known by what it says */
	struct crm_slice occurrence;     /* of a template: {0}: the request, or the message */
	const char *template;            /* NULL: none; else it says all but what is about whom */
	const char *set;                 /* of templates; NULL: as the account or the shop has it */
	const struct crm_json_doc *line; /* what templates name line.…; NULL: none */
	const char *kind, *purpose;      /* NULL: reply (campaign, with a campaign), service */
	struct crm_slice subject, text, html; /* text may be absent where there are variables */
	struct crm_slice agent, automatic, campaign, unsubscribe, variables;
	struct crm_files files; /* that go with it */
	int64_t due_at, expires_at;
};

enum crm_posting {
	CRM_POSTED,       /* queued */
	CRM_POST_AGAIN,   /* its key was there before */
	CRM_POST_SKIPPED, /* a gate forbids it: stored so */
	CRM_POST_REFUSED  /* not stored */
};
struct crm_posted {
	enum crm_posting outcome;
	int64_t id; /* in the outbox; 0: REFUSED */
	const char
		*reason; /* static: of a gate, or no_address, no_account, no_files, render; NULL */
	char detail[512];
	int64_t conversation;
	const char *instead; /* the channel that answers for the one they wrote by; NULL */
};

/* Inside the caller's transaction. a is scratch, and says afterwards to whom. CRM_NO_INPUT: there
 * is no such conversation or person. */
enum crm_status crm_post_queue(const struct crm_post *post, const struct crm_ask_post *ask,
			       struct crm_addressee *a, struct crm_posted *out);

#endif
