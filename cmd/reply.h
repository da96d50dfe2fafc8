/* SPDX-License-Identifier: MIT */
/* reply: what crm-reply is asked for besides sending: looking at the outbox, and meddling with
 * what is in it. */
#ifndef CRM_REPLY_H
#define CRM_REPLY_H

#include "cli.h"
#include "store/db.h"

enum reply_look {
	REPLY_STATUS, /* how sending stands */
	REPLY_LIST,   /* all, or those in the state that the operand names */
	REPLY_SHOW,   /* those named, with their tries */
	REPLY_CANCEL,
	REPLY_SUPPRESS, /* the addresses named */
	REPLY_UNSUPPRESS
};

struct reply_asked {
	struct cli *cli;
	struct crm_db *db;
	const char *purpose, *reason, *actor; /* of REPLY_SUPPRESS; purpose NULL: any */
};

/* Does it, of the operands; an error was said. REPLY_STATUS is CRM_ASIDE when somebody has to do
 * something. */
enum crm_status reply_look(const struct reply_asked *asked, enum reply_look what);

#endif
