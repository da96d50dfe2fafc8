/* SPDX-License-Identifier: MIT */
/*
 * lines: reads JSON lines from a file descriptor as they come.
 *
 * A line is taken in two steps, so that a writer can keep its transactions short: fill
 * reads once (and so may wait for the other end of a pipe, when no lock should be held),
 * next hands out what is complete without ever waiting. A fast pipe gives long batches, a
 * slow one gives a line at a time.
 *
 *	while (crm_lines_fill(&in))
 *		while (crm_lines_next(&in, &line))
 *			…
 *	if (in.error) …
 */
#ifndef CRM_LINES_H
#define CRM_LINES_H

#include "base/str.h"

struct crm_lines {
	int fd;
	int64_t line; /* number of the line handed out last, from 1 */
	int error;    /* errno of a read that failed, 0 */
	bool eof;
	char *buf;
	size_t start, end, cap; /* what is not handed out yet: buf[start..end) */
	size_t seen;            /* no newline before this */
};

void crm_lines_init(struct crm_lines *lines, int fd); /* does not own fd */
void crm_lines_release(struct crm_lines *lines);

/* Reads once; false at the end of input, or after a failure (error is set then). */
bool crm_lines_fill(struct crm_lines *lines);
/* The next complete line, without its newline, a carriage return before that, or the byte
 * order mark of the first line. The last one need not end in a newline. Borrowed: valid
 * until the next fill. */
bool crm_lines_next(struct crm_lines *lines, struct crm_slice *line);

#endif
