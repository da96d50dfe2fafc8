/* SPDX-License-Identifier: MIT */
/* Any bytes as a plan of blocking rules: it is read, or refused in words; what was read is
 * written in a form that reads as the same. */
#include <string.h>

#include "check.h"
#include "link/plan.h"

static const char spec_json[] =
	"{\"columns\":{\"given\":{\"from\":\"given\",\"as\":\"name\"},"
	"\"job\":{\"from\":\"org\",\"as\":\"text\"},\"city\":{\"from\":\"city\",\"as\":\"text\"}},"
	"\"comparisons\":[{\"name\":\"all\",\"ladders\":[{\"levels\":["
	"{\"level\":\"same\",\"when\":\"exact(job) and exact(given)\",\"match\":0.9,\"near\":0.1},"
	"{\"level\":\"differs\",\"match\":0.1,\"near\":0.9}]}]}],"
	"\"blocks\":[{\"name\":\"a\",\"keys\":[\"given\"],\"divide\":[\"city\",\"job\"]},"
	"{\"name\":\"a/b\",\"keys\":[\"city\",\"given\"]}]}";

static enum crm_status read_plan(const struct crm_spec *spec, const char *json, size_t len,
				 struct crm_plan *plan)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	struct crm_err err = {0};
	enum crm_status rc = crm_json_scan(&doc, json, len);

	if (rc == CRM_OK) {
		rc = crm_plan_read(plan, spec, &doc, doc.values, &err);
		check(rc == CRM_OK || (rc == CRM_DATA && *err.text));
	}
	crm_json_doc_release(&doc);
	return rc;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static struct crm_plan plan, again;
	static struct crm_spec *spec;
	struct crm_str text = CRM_STR_INIT, other = CRM_STR_INIT;
	struct crm_err err = {0};

	if (!spec)
		check(crm_spec_read(&spec, crm_slice_of(spec_json), "spec", CRM_SLICE(""), &err)
		      == CRM_OK);
	if (read_plan(spec, (const char *)bytes, len, &plan) == CRM_OK) {
		crm_plan_write(&plan, &text);
		check(read_plan(spec, text.ptr, text.len, &again) == CRM_OK);
		crm_plan_write(&again, &other);
		check(text.len == other.len && !memcmp(text.ptr, other.ptr, text.len));
	}
	crm_str_release(&text);
	crm_str_release(&other);
	return 0;
}
