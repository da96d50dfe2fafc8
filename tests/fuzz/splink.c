/* SPDX-License-Identifier: MIT */
/* Any bytes as SQL, and as a model of Splink: what is understood is a condition that our
 * language has, or is refused in words; a model that is imported can be exported, and once it
 * has been both, it stays the same. */
#include <string.h>

#include "check.h"
#include "link/condition.h"
#include "link/splink.h"
#include "link/splink_sql.h"

static const char base_json[] =
	"{\"columns\": {\"given\": {\"from\": \"given\", \"as\": \"name\"}, "
	"\"family\": {\"from\": \"family\", \"as\": \"name\"}, "
	"\"birth\": {\"from\": \"birth_date\", \"as\": \"date\"}, "
	"\"email\": {\"from\": \"email\", \"as\": \"email\"}}, "
	"\"comparisons\": [{\"name\": \"x\", \"ladders\": [{\"levels\": ["
	"{\"level\": \"a\", \"when\": \"exact(given)\", \"match\": 0.5, \"near\": 0.5}, "
	"{\"level\": \"b\", \"match\": 0.5, \"near\": 0.5}]}]}], "
	"\"blocks\": [{\"name\": \"x\", \"keys\": [\"given\"]}]}";

static struct crm_sql_column columns[] = {
	{"a", "given", CRM_AS_NAME, NULL, false},        {"b", "family", CRM_AS_NAME, NULL, false},
	{"c", "birth", CRM_AS_DATE, NULL, false},        {"d", "email", CRM_AS_EMAIL, NULL, false},
	{"e", "given+family", CRM_AS_NAME, NULL, false},
};

static void check_sql(struct crm_spec *base, struct crm_slice sql)
{
	struct crm_sql_columns all = {columns, 5};
	struct crm_str ours = CRM_STR_INIT;
	struct crm_condition *condition;
	struct crm_err err = {0}, why = {0};

	if (crm_sql_condition(&all, sql, sql.len % 2, &ours, &err) != CRM_OK)
		check(err.status == CRM_DATA && *err.text);
	else /* too much, or of columns of two kinds, may still be wrong with it */
		check(crm_condition_read(base, ours.ptr, &condition, &why) == CRM_OK
		      || !strstr(why.text, "missing"));
	crm_str_release(&ours);
}

/* Exports a model and imports what came of it; false where that is not all of it. */
static bool again(struct crm_spec *base, const struct crm_str *model, struct crm_str *back)
{
	static const struct crm_splink_options none;
	struct crm_str json = CRM_STR_INIT, out = CRM_STR_INIT, notes = CRM_STR_INIT;
	struct crm_slice text = {model->ptr, model->len};
	struct crm_model *m = crm_calloc(1, sizeof(*m));
	struct crm_spec *spec = NULL;
	struct crm_err err = {0};
	bool whole;

	check(crm_model_linkage(text, &json, &err) == CRM_OK);
	check(crm_spec_read(&spec, (struct crm_slice){json.ptr, json.len}, "fuzz",
			    (struct crm_slice){NULL, 0}, &err)
	      == CRM_OK);
	check(crm_model_read(m, spec, text, &err) == CRM_OK);
	check(crm_splink_export(m, spec, &none, &out, &notes, &err) == CRM_OK);
	text = (struct crm_slice){out.ptr, out.len};
	whole = notes.len == 0
		&& crm_splink_import(text, base, &none, back, &notes, &err) == CRM_OK;
	crm_spec_free(spec);
	crm_str_release(&json);
	crm_str_release(&out);
	crm_str_release(&notes);
	free(m);
	return whole;
}

static void check_again(struct crm_spec *base, const struct crm_str *model)
{
	struct crm_str once = CRM_STR_INIT, twice = CRM_STR_INIT;

	if (again(base, model, &once) && again(base, &once, &twice))
		check(!strcmp(once.ptr, twice.ptr));
	crm_str_release(&once);
	crm_str_release(&twice);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static const struct crm_splink_options none;
	struct crm_slice text = {(const char *)bytes, len};
	struct crm_str model = CRM_STR_INIT, notes = CRM_STR_INIT;
	struct crm_spec *base;
	struct crm_err err = {0};
	enum crm_status rc;

	check(crm_spec_read(&base, CRM_SLICE(base_json), "fuzz", (struct crm_slice){NULL, 0}, &err)
	      == CRM_OK);
	check_sql(base, text);
	rc = crm_splink_import(text, base, &none, &model, &notes, &err);
	check(rc == CRM_OK || (rc == CRM_DATA && *err.text));
	if (rc == CRM_OK)
		check_again(base, &model);
	crm_spec_free(base);
	crm_str_release(&model);
	crm_str_release(&notes);
	return 0;
}
