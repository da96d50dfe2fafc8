/* SPDX-License-Identifier: MIT */
/* Loading what sending needs; see office.h. */
#include "office.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

static void add_channels(const char *dir, void *data)
{
	struct office *o = data;
	struct crm_err *err = crm_db_err(o->post.db);

	if (err->status == CRM_OK)
		crm_channels_load(&o->channels, dir, err);
}

static void add_templates(const char *dir, void *data)
{
	crm_templates_add(data, dir);
}

static enum crm_status load_gates(struct office *o)
{
	struct crm_str ours = CRM_STR_INIT;
	bool found = cli_own_data("rules", "replies", &ours);
	enum crm_status rc = crm_gates_load(&o->post.gates, found ? ours.ptr : NULL, o->dir.ptr,
					    crm_db_err(o->post.db));

	crm_str_release(&ours);
	return rc;
}

static enum crm_status load_own(struct office *o)
{
	struct crm_str path = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;

	crm_str_addf(&path, "%s/own", o->dir.ptr);
	if (!access(path.ptr, F_OK))
		rc = crm_own_load(&o->own, path.ptr, crm_db_err(o->post.db));
	crm_str_release(&path);
	return rc;
}

enum crm_status office_open(const struct cli *cli, struct crm_db *db, struct office **out)
{
	struct office *o = *out = crm_calloc(1, sizeof(*o));
	struct crm_err *err = crm_db_err(db);
	enum crm_status rc;

	*o = (struct office){
		.channels = CRM_CHANNELS_INIT, .accounts = CRM_ACCOUNTS_INIT, .dir = CRM_STR_INIT};
	err->status = CRM_OK;
	cli_config_dir(cli, &o->dir);
	o->post = (struct crm_post){.db = db,
				    .channels = &o->channels,
				    .accounts = &o->accounts,
				    .config_dir = o->dir.ptr};
	cli_each_data_dir(cli, "channels", add_channels, o);
	if (err->status != CRM_OK)
		return err->status;
	o->templates = crm_templates_new(crm_context_names);
	cli_each_data_dir(cli, "templates", add_templates, o->templates);
	if ((rc = crm_accounts_load(&o->accounts, o->dir.ptr, &o->channels, err)) != CRM_OK
	    || (rc = load_gates(o)) != CRM_OK || (rc = load_own(o)) != CRM_OK)
		return rc;
	o->post.own = o->own;
	return crm_context_open(&o->post.context, db, o->dir.ptr, o->templates, err);
}

void office_close(struct office *o)
{
	if (!o)
		return;
	crm_context_close(o->post.context);
	crm_templates_free(o->templates);
	crm_gates_free(o->post.gates);
	crm_own_free(o->own);
	crm_accounts_release(&o->accounts);
	crm_channels_release(&o->channels);
	crm_str_release(&o->dir);
	free(o);
}
