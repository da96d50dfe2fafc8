/* SPDX-License-Identifier: MIT */
/*
 * Prints each message of the files named as mail reads it, a JSON object a line; what is set
 * aside as {"aside": reason, "line": n}. With -b FOLDER attachments are written to files
 * there, called by their digests.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "ingest/mail.h"

static const char *blobs;

static void save(const struct crm_item *item)
{
	for (size_t i = 0; blobs && i < item->n_blobs; i++) {
		char path[4096];
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", blobs, item->blobs[i].digest.ptr);
		f = fopen(path, "w");
		if (f) {
			fwrite(item->blobs[i].bytes.ptr, 1, item->blobs[i].bytes.len, f);
			fclose(f);
		}
	}
}

static void print_all(struct crm_input *input, const struct crm_syntax *syntax)
{
	void *reader = syntax->open(input);
	struct crm_item item = CRM_ITEM_INIT;
	enum crm_read got;

	while ((got = syntax->next(reader, &item)) != CRM_READ_END && got != CRM_READ_FAILED) {
		if (got == CRM_READ_BAD) {
			crm_str_clear(&item.json);
			crm_json_open(&item.json, '{');
			crm_json_put(&item.json, "aside", item.reason);
			crm_json_put_int(&item.json, "line", item.line);
			crm_json_close(&item.json, '}');
		}
		if (got != CRM_READ_WAIT)
			puts(item.json.ptr);
		save(&item);
		crm_item_clear(&item);
	}
	crm_item_release(&item);
	syntax->close(reader);
}

int main(int argc, char **argv)
{
	int first = 1;

	if (argc > 2 && !strcmp(argv[1], "-b")) {
		blobs = argv[2];
		first = 3;
	}
	for (int i = first; i < argc; i++) {
		struct crm_input *input;
		struct crm_err err;

		if (crm_input_open(&input, argv[i], &err) != CRM_OK) {
			fprintf(stderr, "mail-json: %s\n", err.text);
			return 1;
		}
		crm_input_set_limit(input, crm_syntax_mail.limit);
		do
			if (crm_input_set_encoding(input, "UTF-8", &err) == CRM_OK)
				print_all(input, &crm_syntax_mail);
		while (crm_input_next_file(input) == CRM_READ_OK);
		crm_input_close(input);
	}
	return 0;
}
