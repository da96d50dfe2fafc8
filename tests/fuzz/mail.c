/* SPDX-License-Identifier: MIT */
/* Any bytes as mail. Every byte lies in exactly one record or blank line, in order; what is
 * read is one JSON object with a digest, a kind and at least one header field; the files that
 * came with it have the digests and sizes that it says. */
#include <string.h>

#include "base/json.h"
#include "check.h"
#include "file.h"
#include "ingest/mail.h"

static struct crm_input *open_bytes(const void *bytes, size_t len, int *fd)
{
	struct crm_input *input;
	struct crm_err err;
	const char *path;

	*fd = file_of(bytes, len, &path);
	check(crm_input_open(&input, path, &err) == CRM_OK);
	check(crm_input_set_encoding(input, "UTF-8", &err) == CRM_OK);
	crm_input_set_limit(input, crm_syntax_mail.limit);
	return input;
}

static void check_files(const struct crm_json_doc *doc, const struct crm_item *item)
{
	const struct crm_json_value *list = crm_json_member(doc, doc->values, "attachments");
	const struct crm_json_value *file = list ? list + 1 : NULL, *size, *digest;
	struct crm_str text = CRM_STR_INIT;

	check((list ? list->count : 0) == item->n_blobs);
	for (size_t i = 0; i < item->n_blobs; i++, file = doc->values + file->next) {
		size = crm_json_member(doc, file, "size");
		digest = crm_json_member(doc, file, "digest");
		crm_str_clear(&text);
		crm_str_addi(&text, (int64_t)item->blobs[i].bytes.len);
		check(size && crm_slice_is(size->text, text.ptr));
		check(digest && crm_slice_same(digest->text, item->blobs[i].digest));
	}
	crm_str_release(&text);
}

static void check_object(const struct crm_item *item)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	const struct crm_json_value *v;

	check(crm_json_scan(&doc, item->json.ptr, item->json.len) == CRM_OK);
	v = crm_json_member(&doc, doc.values, "digest");
	check(v && v->text.len == 32);
	check(crm_json_member(&doc, doc.values, "kind") != NULL);
	v = crm_json_member(&doc, doc.values, "headers");
	check(v && v->count > 0 && v->count <= 1000);
	v = crm_json_member(&doc, doc.values, "thread");
	check(!v || v->count <= 50);
	check_files(&doc, item);
	crm_json_doc_release(&doc);
}

static void pass(struct crm_slice *rest, struct crm_slice record)
{
	while (rest->len && (rest->len < record.len || memcmp(rest->ptr, record.ptr, record.len))) {
		check(*rest->ptr == '\n' || *rest->ptr == '\r');
		rest->ptr++;
		rest->len--;
	}
	check(rest->len >= record.len);
	rest->ptr += record.len;
	rest->len -= record.len;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	bool marked = len >= 3 && !memcmp(bytes, "\xEF\xBB\xBF", 3);
	struct crm_slice rest = {(const char *)bytes + 3 * marked, len - 3 * marked};
	struct crm_item item = CRM_ITEM_INIT;
	enum crm_read got;
	int fd;
	struct crm_input *input = open_bytes(bytes, len, &fd);
	void *reader = crm_syntax_mail.open(input);

	crm_syntax_mail.sniff(rest);
	while ((got = crm_syntax_mail.next(reader, &item)) != CRM_READ_END) {
		check(got == CRM_READ_OK || (got == CRM_READ_BAD && item.reason));
		pass(&rest, item.bytes.ptr ? item.bytes : crm_input_record(input));
		if (got == CRM_READ_OK)
			check_object(&item);
		crm_item_clear(&item);
	}
	while (rest.len && (*rest.ptr == '\n' || *rest.ptr == '\r'))
		rest.ptr++, rest.len--;
	check(!rest.len);
	crm_item_release(&item);
	crm_syntax_mail.close(reader);
	crm_input_close(input);
	close(fd);
	return 0;
}
