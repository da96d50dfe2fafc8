/* SPDX-License-Identifier: MIT */
/* Any bytes as a mail: what is said of it is one valid JSON object of bounded size, in which
 * every recipient is an address in normal form. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "check.h"
#include "ingest/automatic.h"
#include "ingest/bounce.h"
#include "norm/email.h"

static void check_report(const struct crm_json_doc *doc, const struct crm_json_value *report)
{
	const struct crm_json_value *recipient = crm_json_member(doc, report, "recipient");
	struct crm_str given = CRM_STR_INIT, normal = CRM_STR_INIT;

	check(crm_json_member(doc, report, "status") != NULL);
	if (recipient) {
		crm_json_text(recipient, &given);
		check(crm_email_normalise((struct crm_slice){given.ptr, given.len}, &normal, NULL));
		check(!strcmp(given.ptr, normal.ptr));
	}
	crm_str_release(&given);
	crm_str_release(&normal);
}

static void check_json(const struct crm_str *json)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	const struct crm_json_value *reports;
	uint32_t i, at;

	check(json->len < 1024 * 1024);
	check(crm_json_scan(&doc, json->ptr, json->len) == CRM_OK);
	check(crm_json_member(&doc, doc.values, "kind") != NULL);
	if ((reports = crm_json_member(&doc, doc.values, "reports"))) {
		check(reports->count <= CRM_REPORTS_MAX);
		at = (uint32_t)(reports - doc.values) + 1;
		for (i = 0; i < reports->count; i++, at = doc.values[at].next)
			check_report(&doc, &doc.values[at]);
	}
	crm_json_doc_release(&doc);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	g_mime_init();
	return 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer((const char *)bytes, len);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
	struct crm_str json = CRM_STR_INIT;

	if (message) {
		crm_json_open(&json, '{');
		crm_automatic_put(message, &json);
		crm_json_close(&json, '}');
		check_json(&json);
		g_object_unref(message);
	}
	crm_str_release(&json);
	g_object_unref(parser);
	g_object_unref(stream);
	return 0;
}
