/* SPDX-License-Identifier: MIT */
/* notify: how a command tells agents of what concerns them; reply/notice.h has the rest. */
#ifndef CRM_NOTIFY_H
#define CRM_NOTIFY_H

#include "cli.h"
#include "reply/notice.h"

struct notify;

/* *notify is new: close with notify_close; NULL when nobody wants to be told anything. agents is
 * only looked at. What is wrong is said. */
enum crm_status notify_open(const struct cli *cli, struct crm_db *db,
			    const struct crm_agents *agents, struct notify **notify);
/* Queues a notice, inside the caller's transaction; a NULL notify does nothing. What keeps it
 * from being written is told, and is no failure. */
enum crm_status notify_add(struct notify *notify, const struct crm_notice *notice);
void notify_close(struct notify *notify);

#endif
