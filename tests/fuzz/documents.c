/* SPDX-License-Identifier: MIT */
/* Any bytes as a file of JSON documents. The records come in the order of the file; between
 * them lies nothing but blanks and, of arrays, brackets and commas; a record is an object,
 * and its bytes are a JSON text. */
#include <string.h>

#include "file.h"
#include "ingest/documents.h"

static void check(bool good)
{
	if (!good)
		abort();
}

/* Finds piece in rest and goes past it. */
static void pass(struct crm_slice *rest, struct crm_slice piece, bool strict)
{
	while (rest->len >= piece.len && memcmp(rest->ptr, piece.ptr, piece.len)) {
		check(!strict || memchr(" \t\r\n\f\v[],", *rest->ptr, 9));
		rest->ptr++, rest->len--;
	}
	check(rest->len >= piece.len);
	rest->ptr += piece.len, rest->len -= piece.len;
}

static void read_all(struct crm_input *input, const char *each, struct crm_slice rest)
{
	struct crm_documents *documents = crm_documents_new(input, each, rest.len % 3 == 0);
	struct crm_json_doc again = CRM_JSON_DOC_INIT;
	const struct crm_json_value *value;
	const struct crm_json_doc *doc;
	enum crm_read got;
	int64_t line = 1;

	while ((got = crm_documents_next(documents)) != CRM_READ_END) {
		struct crm_slice bytes = crm_documents_bytes(documents);

		check(got == CRM_READ_OK || got == CRM_READ_BAD);
		check(crm_documents_line(documents) >= line);
		line = crm_documents_line(documents);
		if (got == CRM_READ_OK) {
			value = crm_documents_value(documents, &doc);
			check(value->type == CRM_JSON_OBJECT);
			check(crm_json_scan(&again, bytes.ptr, bytes.len) == CRM_OK);
			check(again.n == value->next - (uint32_t)(value - doc->values));
		} else {
			check(crm_documents_reason(documents) != NULL);
		}
		pass(&rest, bytes, !each);
	}
	for (; !each && rest.len; rest.ptr++, rest.len--)
		check(memchr(" \t\r\n\f\v[],", *rest.ptr, 9) != NULL);
	crm_json_doc_release(&again);
	crm_documents_free(documents);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);
int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	struct crm_slice text = {(const char *)bytes, len};
	struct crm_input *input;
	struct crm_err err;
	const char *path;
	int fd = file_of(bytes, len, &path);

	check(crm_input_open(&input, path, &err) == CRM_OK);
	check(crm_input_set_encoding(input, "UTF-8", &err) == CRM_OK);
	read_all(input, len % 2 ? "/a" : NULL, text);
	crm_input_close(input);
	close(fd);
	return 0;
}
