/* SPDX-License-Identifier: MIT */
/* automatic-json FILE…: what crm_automatic_put says of each file, a mail; a JSON line each,
 * with the name that the file was given by. Lines may end in LF, CRLF or CR. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "ingest/automatic.h"

static bool read_file(const char *path, struct crm_str *out)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		return false;
	do {
		n = fread(crm_str_reserve(out, 65536), 1, 65536, f);
		crm_str_wrote(out, n);
	} while (n);
	fclose(f);
	return true;
}

/* An old Mac's line ends, and the "From " line of a mailbox. */
static void tidy(struct crm_str *mail)
{
	char *p, *end = mail->ptr + mail->len;

	if (!memchr(mail->ptr, '\n', mail->len))
		for (p = mail->ptr; p < end; p++)
			if (*p == '\r')
				*p = '\n';
	if (mail->len > 5 && !memcmp(mail->ptr, "From ", 5))
		memcpy(mail->ptr, "X-M: ", 5);
}

static void print_one(const char *path, const struct crm_str *mail)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(mail->ptr, mail->len);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
	struct crm_str json = CRM_STR_INIT;

	crm_json_open(&json, '{');
	crm_json_put(&json, "file", path);
	if (message) {
		crm_automatic_put(message, &json);
		g_object_unref(message);
	}
	crm_json_close(&json, '}');
	puts(json.ptr);
	crm_str_release(&json);
	g_object_unref(parser);
	g_object_unref(stream);
}

int main(int argc, char **argv)
{
	struct crm_str mail = CRM_STR_INIT;
	int i;

	g_mime_init();
	for (i = 1; i < argc; i++) {
		crm_str_clear(&mail);
		if (!read_file(argv[i], &mail)) {
			perror(argv[i]);
			return 1;
		}
		tidy(&mail);
		print_one(argv[i], &mail);
	}
	crm_str_release(&mail);
	g_mime_shutdown();
	return 0;
}
