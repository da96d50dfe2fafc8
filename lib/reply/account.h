/* SPDX-License-Identifier: MIT */
/*
 * account: what we send from: a mailbox with its server, a bot, a page, a number. The file
 * `accounts` of the configuration folder has one JSON line each:
 *
 *	{"account":"help@shop.example","channel":"email","name":"Shop","smtp":"smtps://help@mail.shop.example"}
 *	{"account":"+4930555","channel":"twilio-sms","sid":"AC0123"}
 *	{"account":"4711","channel":"kannel","url":"http://127.0.0.1:13013/cgi-bin/sendsms","user":"shop"}
 *
 * Blank lines and lines that begin with # are skipped. "default": true makes an account that of
 * its channel where none is named; else it is the first one. All members are plain values without
 * control characters; any of them may be named in a channel's request as {{account.NAME}}.
 * Secrets never stand here but in `secrets` (base/secrets.h).
 */
#ifndef CRM_ACCOUNT_H
#define CRM_ACCOUNT_H

#include "base/json.h"
#include "base/mem.h"
#include "base/status.h"
#include "ingest/job.h"

struct crm_account {
	const char *account; /* as events name it: event.account */
	const char *name;    /* of the sender, for people; NULL */
	const char *scope;   /* of the source; NULL: the channel's */
	bool is_default;
	const struct crm_channel *channel;
	struct crm_json_doc doc; /* the line; its strings are decoded */
	int64_t line;
};

struct crm_accounts {
	struct crm_account *list; /* in the order of the file */
	size_t n, cap;
	struct crm_arena arena; /* what they point to */
};
#define CRM_ACCOUNTS_INIT                  \
	{                                  \
		NULL, 0, 0, CRM_ARENA_INIT \
	}

/* Loads DIR/accounts into an empty list; no file is no error. CRM_CONFIG with file and line of
 * what is wrong. channels is borrowed until crm_accounts_release. */
enum crm_status crm_accounts_load(struct crm_accounts *accounts, const char *dir,
				  const struct crm_channels *channels, struct crm_err *err);
/* The account by which an answer goes out on a channel and scope (NULL: any): the one named, else
 * the default or first one of the channel; NULL: none. account may be NULL. */
const struct crm_account *crm_accounts_find(const struct crm_accounts *accounts,
					    const char *channel, const char *scope,
					    const char *account);
/* A member of the line as text, {NULL, 0} when it is not there. Borrowed: NUL-terminated where it
 * is a string. */
struct crm_slice crm_account_get(const struct crm_account *account, const char *name);
/* Member timeout, s: how long one message may take; 60 where it says nothing, and never so long
 * that a claim on it ends before (CRM_CLAIM_LEASE of reply/outbox.h). */
#define CRM_ACCOUNT_TIMEOUT 60
#define CRM_ACCOUNT_TIMEOUT_MAX 240
long crm_account_timeout(const struct crm_account *account);
void crm_accounts_release(struct crm_accounts *accounts);

#endif
