/* SPDX-License-Identifier: MIT */
/*
 * office: what commands that send, or have something sent, need of the configuration folder and of
 * the program's own files: channels, accounts, templates, rules/replies, addresses of our own.
 */
#ifndef OFFICE_H
#define OFFICE_H

#include "cli.h"
#include "reply/post.h"

struct office {
	struct crm_post post; /* of all that follows */
	struct crm_channels channels;
	struct crm_accounts accounts;
	struct crm_templates *templates;
	struct crm_own *own;
	struct crm_str dir;
};

/* *office is new, also on failure: close with office_close. An error, which names file and line,
 * is in crm_db_err(db). */
enum crm_status office_open(const struct cli *cli, struct crm_db *db, struct office **office);
void office_close(struct office *office);

#endif
