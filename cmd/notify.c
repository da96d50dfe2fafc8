/* SPDX-License-Identifier: MIT */
/* Telling agents; see notify.h. */
#include "notify.h"

#include <stdlib.h>

#include "base/mem.h"

struct notify {
	const struct cli *cli;
	struct crm_channels channels;
	struct crm_accounts accounts;
	struct crm_templates *templates;
	struct crm_post post;
	struct crm_err err;
};

static void add_channels(const char *dir, void *data)
{
	struct notify *n = data;

	if (n->err.status == CRM_OK)
		crm_channels_load(&n->channels, dir, &n->err);
}

static void add_templates(const char *dir, void *data)
{
	crm_templates_add(data, dir);
}

static enum crm_status load(struct notify *n, const char *dir)
{
	enum crm_status rc;

	cli_each_data_dir(n->cli, "channels", add_channels, n);
	if (n->err.status != CRM_OK)
		return n->err.status;
	n->templates = crm_templates_new(crm_context_names);
	cli_each_data_dir(n->cli, "templates", add_templates, n->templates);
	rc = crm_accounts_load(&n->accounts, dir, &n->channels, &n->err);
	if (rc == CRM_OK)
		rc = crm_context_open(&n->post.context, n->post.db, dir, n->templates, &n->err);
	n->post.channels = &n->channels;
	n->post.accounts = &n->accounts;
	return rc;
}

enum crm_status notify_open(const struct cli *cli, struct crm_db *db,
			    const struct crm_agents *agents, struct notify **notify)
{
	struct crm_str dir = CRM_STR_INIT;
	struct notify *n = NULL;
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < agents->n && !n; i++)
		if (agents->list[i].notify_channel)
			n = crm_calloc(1, sizeof(*n));
	if (n) {
		*n = (struct notify){.cli = cli,
				     .channels = CRM_CHANNELS_INIT,
				     .accounts = CRM_ACCOUNTS_INIT,
				     .post = {.db = db}};
		cli_config_dir(cli, &dir);
		if ((rc = load(n, dir.ptr)) != CRM_OK) {
			cli_fail(cli, &n->err);
			notify_close(n);
			n = NULL;
		}
		crm_str_release(&dir);
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
	rc = crm_notice_add(&n->post, notice, &out);
	if (rc == CRM_OK && out.outcome == CRM_POST_REFUSED && *out.detail)
		cli_error(n->cli, "%s is not told: %s", notice->agent, out.detail);
	return rc;
}

void notify_close(struct notify *n)
{
	if (!n)
		return;
	crm_context_close(n->post.context);
	crm_templates_free(n->templates);
	crm_accounts_release(&n->accounts);
	crm_channels_release(&n->channels);
	free(n);
}
