/* SPDX-License-Identifier: MIT */
/* Telling agents; see notify.h. */
#include "notify.h"

#include <stdlib.h>

#include "base/mem.h"
#include "office.h"

struct notify {
	const struct cli *cli;
	struct office *office;
};

enum crm_status notify_open(const struct cli *cli, struct crm_db *db,
			    const struct crm_agents *agents, struct notify **notify)
{
	struct notify *n = NULL;
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < agents->n && !n; i++)
		if (agents->list[i].notify_channel)
			n = crm_calloc(1, sizeof(*n));
	if (n) {
		n->cli = cli;
		if ((rc = office_open(cli, db, &n->office)) != CRM_OK) {
			cli_fail(cli, crm_db_err(db));
			notify_close(n);
			n = NULL;
		}
	}
	*notify = n;
	return rc;
}

enum crm_status notify_add(struct notify *n, const struct crm_notice *notice)
{
	struct crm_posted out;
	enum crm_status rc;

	if (!n)
		return CRM_OK;
	rc = crm_notice_add(&n->office->post, notice, &out);
	if (rc == CRM_OK && out.outcome == CRM_POST_REFUSED && *out.detail)
		cli_error(n->cli, "%s is not told: %s", notice->agent, out.detail);
	return rc;
}

void notify_close(struct notify *n)
{
	if (!n)
		return;
	office_close(n->office);
	free(n);
}
