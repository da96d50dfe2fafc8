/* SPDX-License-Identifier: MIT */
/* Any bytes as an exported chat. Each message is one JSON object with a time, or has a
 * reason; the lines of all of them are those of the file, in order. */
#include <string.h>

#include "base/json.h"
#include "check.h"
#include "file.h"
#include "ingest/whatsapp.h"

static void check_item(const struct crm_item *item)
{
	static struct crm_json_doc doc;

	check(crm_json_scan(&doc, item->json.ptr, item->json.len) == CRM_OK);
	check(doc.values[0].type == CRM_JSON_OBJECT);
	check(crm_json_member(&doc, &doc.values[0], "time") != NULL);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static struct crm_item item = CRM_ITEM_INIT;
	struct crm_input *input;
	struct crm_err err;
	enum crm_read got;
	const char *path;
	void *reader;
	int fd = file_of(bytes, len, &path);
	int64_t line = 0;

	check(crm_input_open(&input, path, &err) == CRM_OK);
	check(crm_input_set_encoding(input, "UTF-8", &err) == CRM_OK);
	crm_input_set_limit(input, 1024); /* so that it is met */
	crm_syntax_whatsapp.sniff((struct crm_slice){(const char *)bytes, len});
	reader = crm_syntax_whatsapp.open(input);
	for (;;) {
		crm_item_clear(&item);
		got = crm_syntax_whatsapp.next(reader, &item);
		if (got == CRM_READ_END)
			break;
		check(got == CRM_READ_OK || (got == CRM_READ_BAD && item.reason));
		check(item.line > line && crm_input_record(input).len);
		line = item.line;
		if (got == CRM_READ_OK)
			check_item(&item);
	}
	crm_syntax_whatsapp.close(reader);
	crm_input_close(input);
	close(fd);
	return 0;
}
