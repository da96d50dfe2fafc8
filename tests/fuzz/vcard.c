/* SPDX-License-Identifier: MIT */
/* Any bytes as a file of vCards. Every byte that is not blank lies in exactly one card or
 * record set aside, in order; what a card becomes is one JSON object, and its picture's digest
 * is that of its blob. */
#include <string.h>

#include "base/json.h"
#include "check.h"
#include "file.h"
#include "ingest/vcard.h"

/* Goes past record, before which there are only blank lines. */
static void pass(struct crm_slice *rest, struct crm_slice record)
{
	while (rest->len && (rest->len < record.len || memcmp(rest->ptr, record.ptr, record.len))) {
		check(memchr(" \t\r\n\f\v\xEF\xBB\xBF", *rest->ptr, 9) != NULL);
		rest->ptr++, rest->len--;
	}
	check(rest->len >= record.len);
	rest->ptr += record.len, rest->len -= record.len;
}

static void check_card(const struct crm_item *item, struct crm_json_doc *doc)
{
	const struct crm_json_value *digest;

	check(crm_json_scan(doc, item->json.ptr, item->json.len) == CRM_OK);
	check(doc->values[0].type == CRM_JSON_OBJECT && item->n_blobs <= 1);
	digest = crm_json_pointer(doc, &doc->values[0], "/photo/digest");
	check((digest != NULL) == (item->n_blobs == 1));
	check(!digest || crm_slice_same(digest->text, item->blobs[0].digest));
}

static void read_all(struct crm_input *input, struct crm_slice rest)
{
	void *reader = crm_syntax_vcard.open(input);
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	struct crm_item item = CRM_ITEM_INIT;
	enum crm_read got;

	do {
		crm_item_clear(&item);
		got = crm_syntax_vcard.next(reader, &item);
		check(got == CRM_READ_OK || got == CRM_READ_BAD || got == CRM_READ_END);
		check((got == CRM_READ_BAD) == (item.reason != NULL));
		if (got != CRM_READ_END)
			pass(&rest, crm_input_record(input));
		if (got == CRM_READ_OK)
			check_card(&item, &doc);
	} while (got != CRM_READ_END);
	pass(&rest, (struct crm_slice){rest.ptr + rest.len, 0});
	crm_item_release(&item);
	crm_json_doc_release(&doc);
	crm_syntax_vcard.close(reader);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	bool marked = len >= 3 && !memcmp(bytes, "\xEF\xBB\xBF", 3);
	struct crm_slice text = {(const char *)bytes + 3 * marked, len - 3 * marked};
	struct crm_input *input;
	struct crm_err err;
	const char *path;
	int fd = file_of(bytes, len, &path);

	check(crm_input_open(&input, path, &err) == CRM_OK);
	check(crm_input_set_encoding(input, "UTF-8", &err) == CRM_OK);
	read_all(input, text);
	crm_input_close(input);
	close(fd);
	return 0;
}
