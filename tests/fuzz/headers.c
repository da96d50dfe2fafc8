/* SPDX-License-Identifier: MIT */
/* Any bytes as a message of an SMS server: one JSON object within the limits that headers.h
 * states, or a reason; and no byte is in no record. */
#include <string.h>

#include "base/json.h"
#include "check.h"
#include "file.h"
#include "ingest/headers.h"

static void check_item(const struct crm_item *item)
{
	static struct crm_json_doc doc;
	const struct crm_json_value *headers;

	check(crm_json_scan(&doc, item->json.ptr, item->json.len) == CRM_OK);
	headers = crm_json_member(&doc, &doc.values[0], "headers");
	check(headers && headers->count && headers->count <= CRM_HEADERS_MAX);
	check(crm_json_member(&doc, &doc.values[0], "body") != NULL);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static struct crm_item item = CRM_ITEM_INIT;
	struct crm_input *input;
	struct crm_err err;
	enum crm_read got;
	const char *path;
	size_t read = len >= 3 && !memcmp(bytes, "\xEF\xBB\xBF", 3) ? 3 : 0;
	void *reader;
	int fd = file_of(bytes, len, &path);

	check(crm_input_open(&input, path, &err) == CRM_OK);
	check(crm_input_set_encoding(input, "UTF-8", &err) == CRM_OK);
	crm_input_set_limit(input, CRM_HEADERS_SIZE);
	crm_syntax_headers.sniff((struct crm_slice){(const char *)bytes, len});
	reader = crm_syntax_headers.open(input);
	for (;;) {
		crm_item_clear(&item);
		got = crm_syntax_headers.next(reader, &item);
		if (got == CRM_READ_END)
			break;
		check(got == CRM_READ_OK || (got == CRM_READ_BAD && item.reason));
		if (got == CRM_READ_OK)
			check_item(&item);
		read += crm_input_record(input).len;
	}
	check(read == len
	      || !crm_slice_trim((struct crm_slice){(const char *)bytes + read, len - read}).len);
	crm_syntax_headers.close(reader);
	crm_input_close(input);
	close(fd);
	return 0;
}
