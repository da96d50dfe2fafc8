/* SPDX-License-Identifier: MIT */
/*
 * syntax-json: what a syntax makes of files, before any channel looks at it.
 *
 *	syntax-json NAME FILE…
 *
 * Prints the JSON of each record as a line, and a record that cannot be read as
 * {"@bad": reason, "@line": line}. Blobs are checked against the digests in the JSON's text.
 * Exits 1 when something could not be read, and with 70 when the syntax broke its promises.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "ingest/syntax.h"
#include "norm/charset.h"

static struct crm_err err;
static bool bad;

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "syntax-json: %s\n", what);
	exit(70);
}

static void check(const struct crm_item *item)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	struct crm_digest digest;
	struct crm_str hex = CRM_STR_INIT;

	if (crm_json_scan(&doc, item->json.ptr, item->json.len) != CRM_OK)
		fprintf(stderr, "%s\n", item->json.ptr);
	must(!doc.error, doc.error);
	must(doc.values[0].type == CRM_JSON_OBJECT, "the record is no object");
	for (size_t i = 0; i < item->n_blobs; i++) {
		digest = crm_digest_of(item->blobs[i].bytes.ptr, item->blobs[i].bytes.len);
		crm_str_clear(&hex);
		crm_digest_hex(&digest, &hex);
		must(crm_slice_is(item->blobs[i].digest, hex.ptr), "a blob has another's digest");
		must(strstr(item->json.ptr, hex.ptr), "a blob that the JSON does not name");
	}
	crm_str_release(&hex);
	crm_json_doc_release(&doc);
}

static void print(const struct crm_item *item, enum crm_read got)
{
	struct crm_str out = CRM_STR_INIT;

	if (got == CRM_READ_OK) {
		check(item);
		fwrite(item->json.ptr, 1, item->json.len, stdout);
	} else {
		must(item->reason != NULL, "a record that cannot be read, without a reason");
		crm_json_open(&out, '{');
		crm_json_put(&out, "@bad", item->reason);
		crm_json_put_int(&out, "@line", item->line);
		crm_json_close(&out, '}');
		fwrite(out.ptr, 1, out.len, stdout);
		bad = true;
	}
	putchar('\n');
	crm_str_release(&out);
}

static const char *encoding(const struct crm_syntax *syntax, struct crm_input *input)
{
	struct crm_slice start;

	if (syntax->binary)
		return "UTF-8"; /* passes everything through */
	must(crm_input_peek(input, &start, &err) == CRM_OK, err.text);
	return crm_charset_sniff(start.ptr, start.len);
}

static void read_file(const struct crm_syntax *syntax, struct crm_input *input)
{
	struct crm_item item = CRM_ITEM_INIT;
	enum crm_read got;
	void *reader;

	must(crm_input_set_encoding(input, encoding(syntax, input), &err) == CRM_OK, err.text);
	reader = syntax->open(input);
	for (;;) {
		crm_item_clear(&item);
		got = syntax->next(reader, &item);
		must(got != CRM_READ_FAILED, crm_input_err(input)->text);
		if (got == CRM_READ_END)
			break;
		if (got != CRM_READ_WAIT)
			print(&item, got);
	}
	syntax->close(reader);
	crm_item_release(&item);
}

int main(int argc, char **argv)
{
	const struct crm_syntax *syntax = argc > 1 ? crm_syntax_named(argv[1]) : NULL;

	must(syntax, "usage: syntax-json NAME FILE..., and NAME is that of a syntax");
	for (int i = 2; i < argc; i++) {
		struct crm_input *input;

		must(crm_input_open(&input, argv[i], &err) == CRM_OK, err.text);
		if (syntax->limit)
			crm_input_set_limit(input, syntax->limit);
		do
			read_file(syntax, input);
		while (crm_input_is_several(input) && crm_input_next_file(input) == CRM_READ_OK);
		crm_input_close(input);
	}
	return bad;
}
