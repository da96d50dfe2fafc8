/* SPDX-License-Identifier: MIT */
/*
 * What reading mail costs above GMime itself: an mbox parsed by GMime alone (its messages
 * built, the text of their text parts decoded to UTF-8, nothing else), and by our syntax up
 * to JSON. They take turns, RUNS times; the best of each is printed, and their ratio.
 *
 *	mail FILE.mbox [RUNS]
 *	mail --bare FILE.mbox	GMime alone, once, for who measures from outside
 */
#include <gmime/gmime.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ingest/mail.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t text_bytes;

static void take_text(GMimeObject *parent, GMimeObject *part, gpointer data)
{
	char *text;

	(void)parent;
	(void)data;
	if (!GMIME_IS_TEXT_PART(part))
		return;
	text = g_mime_text_part_get_text((GMimeTextPart *)part);
	text_bytes += text ? strlen(text) : 0;
	g_free(text);
}

static long bare(const char *path)
{
	GMimeStream *stream = g_mime_stream_file_open(path, "r", NULL);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	long n = 0;

	g_mime_parser_set_format(parser, GMIME_FORMAT_MBOX);
	while (!g_mime_parser_eos(parser)) {
		GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

		if (!message)
			break;
		g_mime_message_foreach(message, take_text, NULL);
		g_object_unref(message);
		n++;
	}
	g_object_unref(parser);
	g_object_unref(stream);
	return n;
}

static long ours(const char *path)
{
	struct crm_item item = CRM_ITEM_INIT;
	struct crm_input *input;
	struct crm_err err;
	void *reader;
	long n = 0;

	if (crm_input_open(&input, path, &err) != CRM_OK
	    || crm_input_set_encoding(input, "UTF-8", &err) != CRM_OK)
		return 0;
	crm_input_set_limit(input, crm_syntax_mail.limit);
	reader = crm_syntax_mail.open(input);
	while (crm_syntax_mail.next(reader, &item) != CRM_READ_END) {
		n++;
		crm_item_clear(&item);
	}
	crm_syntax_mail.close(reader);
	crm_item_release(&item);
	crm_input_close(input);
	return n;
}

static double timed(long (*job)(const char *path), const char *path, long *n)
{
	double start = now();

	*n = job(path);
	return now() - start;
}

int main(int argc, char **argv)
{
	double best_bare = 1e9, best_ours = 1e9, t;
	int runs = argc > 2 ? atoi(argv[2]) : 3;
	long n_bare = 0, n_ours = 0;

	if (argc < 2) {
		fputs("usage: mail [--bare] FILE.mbox [RUNS]\n", stderr);
		return 64;
	}
	g_mime_init();
	if (sodium_init() < 0) /* as commands do: it chooses the digest for this processor */
		return 70;
	if (argc == 3 && !strcmp(argv[1], "--bare"))
		return bare(argv[2]) ? 0 : 66;
	for (int i = 0; i < runs; i++) {
		t = timed(bare, argv[1], &n_bare);
		best_bare = t < best_bare ? t : best_bare;
		t = timed(ours, argv[1], &n_ours);
		best_ours = t < best_ours ? t : best_ours;
	}
	printf("GMime alone %ld messages in %.2f s; ours %ld in %.2f s: %.2f times\n", n_bare,
	       best_bare, n_ours, best_ours, best_ours / best_bare);
	return 0;
}
