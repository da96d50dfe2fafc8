/* SPDX-License-Identifier: MIT */
/*
 * Lines through a pipe, written in pieces: what is complete is handed out at once, what is
 * not waits; carriage returns, byte order mark and a last line without newline as the
 * conventions of the pipe say (crm(7)).
 */
#include "base/lines.h"

#include <unistd.h>

#include "tap.h"

static struct crm_lines in;
static int end; /* of the pipe that is written to */

static void put(const char *text)
{
	size_t len = strlen(text);

	if (write(end, text, len) != (ssize_t)len)
		ok(false, "write");
}

static void next_is(const char *want, const char *title)
{
	struct crm_slice line;
	char *got = NULL;

	if (crm_lines_next(&in, &line))
		got = strndup(line.ptr, line.len);
	is_str(got, want, title);
	free(got);
}

static void open_pipe(void)
{
	int fds[2];

	if (pipe(fds))
		exit(1);
	crm_lines_init(&in, fds[0]);
	end = fds[1];
}

static void test_pieces(void)
{
	open_pipe();
	put("\xEF\xBB\xBFone\r\n\ntw");
	ok(crm_lines_fill(&in), "something has come");
	next_is("one", "without byte order mark and carriage return");
	next_is("", "a blank line is a line");
	next_is(NULL, "half a line is none");
	put("o\nthree\xEF\xBB\xBF");
	ok(crm_lines_fill(&in), "more has come");
	next_is("two", "the halves are one line");
	is_int(in.line, 3, "the third");
	next_is(NULL, "nothing waits");
	close(end);
	ok(crm_lines_fill(&in), "the end comes, with a line left");
	next_is("three\xEF\xBB\xBF", "which has no newline");
	next_is(NULL, "that was all");
	ok(!crm_lines_fill(&in) && !in.error, "and it stays the end, without an error");
	close(in.fd);
	crm_lines_release(&in);
}

/* Longer than any read, so that it is put together in a buffer that moves and grows. */
static void test_long(void)
{
	size_t len = 3 * 1024 * 1024, sum = 0;
	char *text = malloc(len + 1);
	FILE *f = tmpfile();
	struct crm_slice line;
	int lines = 0;

	memset(text, 'x', len);
	text[len] = '\0';
	fprintf(f, "a\n%s\nb\n%s", text, text);
	fflush(f);
	rewind(f);
	crm_lines_init(&in, fileno(f));
	while (crm_lines_fill(&in))
		while (crm_lines_next(&in, &line)) {
			lines++;
			sum += line.len;
		}
	is_int(lines, 4, "long lines come whole");
	is_int((long long)sum, (long long)(2 * len + 2), "to the last byte");
	crm_lines_release(&in);
	fclose(f);
	free(text);
}

static void test_empty(void)
{
	open_pipe();
	close(end);
	ok(!crm_lines_fill(&in) && !in.error, "empty input is the end at once");
	close(in.fd);
	ok(!crm_lines_fill(&in), "and is not read again");
	crm_lines_release(&in);
	crm_lines_init(&in, -1);
	ok(!crm_lines_fill(&in) && in.error, "a read that fails says so");
	crm_lines_release(&in);
}

int main(void)
{
	test_pieces();
	test_long();
	test_empty();
	return done();
}
