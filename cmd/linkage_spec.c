/* SPDX-License-Identifier: MIT */
/* Finding the specification of linkage; see linkage_spec.h. */
#include "linkage_spec.h"

#include "base/file.h"
#include "link/model.h"

/* Where ours is, and the user's own. */
struct folders {
	struct crm_str config, data;
};

static void folders_find(const struct cli *cli, struct folders *f)
{
	*f = (struct folders){CRM_STR_INIT, CRM_STR_INIT};
	cli_config_dir(cli, &f->config);
	if (!cli_own_data("linkage", "", &f->data))
		crm_str_adds(&f->data, "linkage"); /* which an error names */
}

static const char *own_folder(const struct folders *f)
{
	return f->config.len ? f->config.ptr : NULL;
}

static void folders_release(struct folders *f)
{
	crm_str_release(&f->config);
	crm_str_release(&f->data);
}

enum crm_status linkage_spec_load(const struct cli *cli, struct crm_spec **out, struct crm_err *err)
{
	struct folders f;
	enum crm_status rc;

	folders_find(cli, &f);
	rc = crm_spec_load(out, own_folder(&f), f.data.ptr, err);
	folders_release(&f);
	return rc;
}

static enum crm_status read_spec(const struct cli *cli, const struct crm_str *json,
				 const char *file, struct crm_spec **out, struct crm_err *err)
{
	struct crm_str nicknames = CRM_STR_INIT;
	struct folders f;
	enum crm_status rc;

	folders_find(cli, &f);
	rc = crm_spec_nicknames(own_folder(&f), f.data.ptr, &nicknames, err);
	if (rc == CRM_OK)
		rc = crm_spec_read(out, (struct crm_slice){json->ptr, json->len}, file,
				   (struct crm_slice){nicknames.ptr, nicknames.len}, err);
	if (rc == CRM_OK)
		err->status = CRM_OK; /* of the user's nicknames, which need not be there */
	folders_release(&f);
	crm_str_release(&nicknames);
	return rc;
}

enum crm_status linkage_spec_file(const struct cli *cli, const char *path, struct crm_spec **out,
				  struct crm_err *err)
{
	struct crm_str json = CRM_STR_INIT;
	enum crm_status rc = crm_file_read(path, &json, err);

	if (rc == CRM_OK)
		rc = read_spec(cli, &json, path, out, err);
	crm_str_release(&json);
	return rc;
}

enum crm_status linkage_spec_of(const struct cli *cli, struct crm_slice model, const char *file,
				struct crm_spec **out, struct crm_err *err)
{
	struct crm_str json = CRM_STR_INIT;
	struct crm_err why;
	enum crm_status rc = crm_model_linkage(model, &json, &why);

	if (rc == CRM_OK)
		rc = read_spec(cli, &json, file, out, err);
	else
		crm_fail(err, rc, "%s: %s; --save-model and crm-linkage import write models", file,
			 why.text);
	crm_str_release(&json);
	return rc;
}
