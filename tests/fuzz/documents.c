/* SPDX-License-Identifier: MIT */
/* Any bytes as a file of JSON documents. They come in the order of the file, and between them
 * lies nothing but blanks and what makes a script of JSON. When large documents are split
 * (here: those of more than a few bytes) the records at the paths are the same, so many times,
 * as when all are held whole. */
#include <string.h>

#include "base/hash.h"
#include "check.h"
#include "file.h"
#include "ingest/documents.h"
#include "ingest/path.h"

static const char *const paths[][2] = {
	{"", NULL},     {"/a", NULL},     {"/a/*/b", "/a/*/c"},  {"/*/a", "/**/b"},
	{"/a/b", "/c"}, {"/a/0/b", NULL}, {"/a/?b=1", "/a/?!b"}, {"/*a/b", "/~1/*"},
};

struct tally {
	uint64_t records, sum;
	bool refused, too_large;
};

static bool count_record(const struct crm_spot *spot, void *data)
{
	const struct crm_json_value *v = crm_spot_value(spot);
	struct tally *t = data;

	t->records++;
	t->sum += crm_hash64(v->text.ptr, v->text.len) + (uint64_t)v->type;
	return true;
}

/* As the map takes a document apart. */
static void count(const struct crm_json_doc *doc, const char *path, struct tally *t)
{
	struct crm_spot root = crm_spot_root(doc);
	struct crm_str elements = CRM_STR_INIT;

	crm_str_addf(&elements, "%s/*", path);
	crm_path_walk(&root, elements.ptr, count_record, t);
	crm_str_release(&elements);
}

/* Finds piece in rest and goes past it. */
static void pass(struct crm_slice *rest, struct crm_slice piece)
{
	bool script = false;

	while (rest->len >= piece.len && memcmp(rest->ptr, piece.ptr, piece.len)) {
		script |= !memchr(" \t\r\n\f\v;", *rest->ptr, 7);
		rest->ptr++, rest->len--;
	}
	check(rest->len >= piece.len);
	check(!script || *rest->ptr == '{' || *rest->ptr == '[');
	rest->ptr += piece.len, rest->len -= piece.len;
}

static struct tally read_all(struct crm_input *input, const char *const *each, size_t n,
			     const struct crm_split_sizes *sizes, struct crm_slice *rest)
{
	struct crm_documents *documents = crm_documents_new(input, each, n);
	struct tally t = {0};
	enum crm_read got;

	if (sizes)
		crm_documents_set_sizes(documents, sizes);
	while ((got = crm_documents_next(documents)) != CRM_READ_END) {
		struct crm_slice bytes = crm_documents_bytes(documents);

		check(got == CRM_READ_OK || got == CRM_READ_BAD);
		check(crm_documents_line(documents) > 0);
		if (rest)
			pass(rest, bytes);
		if (got == CRM_READ_BAD) {
			const char *why = crm_documents_reason(documents);

			/* both are nothing that a whole document would be refused for here */
			t.too_large |= !strncmp(why, "longer", 6);
			t.refused |= strncmp(why, "longer", 6) && strncmp(why, "has no list", 11);
			continue;
		}
		for (size_t i = 0; i < n; i++)
			count(crm_documents_doc(documents), each[i], &t);
	}
	crm_documents_free(documents);
	return t;
}

static struct tally read_file(const char *path, const char *const *each, size_t limit,
			      const struct crm_split_sizes *sizes, struct crm_slice *rest)
{
	struct crm_input *input;
	struct crm_err err;
	struct tally t;

	check(crm_input_open(&input, path, &err) == CRM_OK);
	check(crm_input_set_encoding(input, "UTF-8", &err) == CRM_OK);
	if (limit)
		crm_input_set_limit(input, limit);
	t = read_all(input, each, each[1] ? 2 : 1, sizes, rest);
	crm_input_close(input);
	return t;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	const struct crm_split_sizes tiny = {.element = 1 << 20,
					     .whole = len % 5 * 10,
					     .batch = len % 7 * 5,
					     .member = len % 3 * 8,
					     .spine = 50,
					     .stub = 20};
	const struct crm_split_sizes least = {
		.element = len % 30, .whole = 8, .batch = 1, .member = 8, .spine = 20, .stub = 8};
	const char *const *each = paths[len % (sizeof(paths) / sizeof(paths[0]))];
	bool marked = len >= 3 && !memcmp(bytes, "\xEF\xBB\xBF", 3);
	struct crm_slice rest = {(const char *)bytes + 3 * marked, len - 3 * marked};
	struct tally whole, split;
	const char *path;
	int fd = file_of(bytes, len, &path);

	whole = read_file(path, each, 0, NULL, &rest);
	for (; rest.len; rest.ptr++, rest.len--)
		check(memchr(" \t\r\n\f\v;", *rest.ptr, 7) != NULL);
	split = read_file(path, each, 1 + len % 11, &tiny, NULL);
	if (!whole.refused) {
		check(!split.refused);
		check(split.too_large
		      || (split.records == whole.records && split.sum == whole.sum));
	}
	read_file(path, each, 1 + len % 40, &least, NULL);
	close(fd);
	return 0;
}
