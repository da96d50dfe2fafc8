/* SPDX-License-Identifier: MIT */
/* JSON lines from a file descriptor, as long as they come; see lines.h. */
#include "base/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define READ_SIZE ((size_t)256 * 1024)

void crm_lines_init(struct crm_lines *lines, int fd)
{
	*lines = (struct crm_lines){.fd = fd};
}

void crm_lines_release(struct crm_lines *lines)
{
	free(lines->buf);
	*lines = (struct crm_lines){.fd = -1, .eof = true};
}

bool crm_lines_fill(struct crm_lines *lines)
{
	ssize_t n;

	if (lines->eof)
		return false;
	if (lines->start) {
		memmove(lines->buf, lines->buf + lines->start, lines->end - lines->start);
		lines->end -= lines->start;
		lines->seen -= lines->start;
		lines->start = 0;
	}
	CRM_GROW(lines->buf, lines->end + READ_SIZE, lines->cap);
	do
		n = read(lines->fd, lines->buf + lines->end, READ_SIZE);
	while (n < 0 && errno == EINTR);
	if (n <= 0) {
		lines->error = n < 0 ? errno : 0;
		lines->eof = true;
		return n == 0 && lines->end > lines->start;
	}
	lines->end += (size_t)n;
	return true;
}

bool crm_lines_next(struct crm_lines *lines, struct crm_slice *line)
{
	char *from, *newline = NULL;
	size_t len;

	if (lines->end == lines->start)
		return false;
	from = lines->buf + lines->start;
	newline = memchr(lines->buf + lines->seen, '\n', lines->end - lines->seen);
	lines->seen = lines->end;
	if (!newline && (!lines->eof || lines->error))
		return false;
	len = newline ? (size_t)(newline - from) : lines->end - lines->start;
	lines->start += len + (newline != NULL);
	lines->seen = lines->start;
	if (lines->line++ == 0 && len >= 3 && !memcmp(from, "\xEF\xBB\xBF", 3))
		from += 3, len -= 3;
	if (len && from[len - 1] == '\r')
		len--;
	*line = (struct crm_slice){from, len};
	return true;
}
