/* SPDX-License-Identifier: MIT */
/* Any bytes as posts of a form. Each post is one JSON object, within the limits that form.h
 * states, or has a reason; the bytes of all of them are those of the file, in order. */
#include <string.h>

#include "base/json.h"
#include "check.h"
#include "file.h"
#include "ingest/form.h"

static void check_item(const struct crm_item *item)
{
	static struct crm_json_doc doc;

	check(crm_json_scan(&doc, item->json.ptr, item->json.len) == CRM_OK);
	check(doc.values[0].type == CRM_JSON_OBJECT);
	check(doc.values[0].count <= CRM_FORM_FIELDS + 1);
	check(item->n_blobs <= CRM_FORM_FIELDS);
	for (size_t i = 0; i < item->n_blobs; i++)
		check(strstr(item->json.ptr, item->blobs[i].digest.ptr));
}

/* Goes over the record, and the blank lines before it, which are no posts. */
static struct crm_slice pass(struct crm_slice rest, struct crm_slice record)
{
	check(record.len);
	while (rest.len < record.len || memcmp(rest.ptr, record.ptr, record.len) != 0) {
		check(rest.len && !crm_slice_trim((struct crm_slice){rest.ptr, 1}).len);
		rest.ptr++, rest.len--;
	}
	return (struct crm_slice){rest.ptr + record.len, rest.len - record.len};
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static struct crm_item item = CRM_ITEM_INIT;
	bool marked = len >= 3 && !memcmp(bytes, "\xEF\xBB\xBF", 3);
	struct crm_slice rest = {(const char *)bytes + 3 * marked, len - 3 * marked};
	struct crm_input *input;
	struct crm_err err;
	enum crm_read got;
	const char *path;
	void *reader;
	int fd = file_of(bytes, len, &path);

	check(crm_input_open(&input, path, &err) == CRM_OK);
	check(crm_input_set_encoding(input, "UTF-8", &err) == CRM_OK);
	crm_syntax_form.sniff(rest);
	reader = crm_syntax_form.open(input);
	for (;;) {
		crm_item_clear(&item);
		got = crm_syntax_form.next(reader, &item);
		if (got == CRM_READ_END)
			break;
		check(got == CRM_READ_OK || (got == CRM_READ_BAD && item.reason));
		if (got == CRM_READ_OK)
			check_item(&item);
		rest = pass(rest, crm_input_record(input));
	}
	check(!crm_slice_trim(rest).len);
	crm_syntax_form.close(reader);
	crm_input_close(input);
	close(fd);
	return 0;
}
