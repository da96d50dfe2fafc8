/* SPDX-License-Identifier: MIT */
/*
 * filter: what commands share that take JSON lines, from standard input or the files named.
 *
 * Lines that came with one read are a batch (base/lines.h). A command makes one transaction of
 * it, begun when there are lines, since who writes them may have to write to the store before;
 * and writes its own lines after the commit, so that what was printed is in the store. A line
 * that it cannot use is set aside: said with its place and counted, and it goes on.
 */
#ifndef CRM_FILTER_H
#define CRM_FILTER_H

#include "base/json.h"
#include "base/lines.h"
#include "cli.h"

struct filter {
	struct cli *cli;
	const char *file; /* being read, for people */
	int64_t line;     /* the number of the line taken last */
	uint64_t lines, aside;
	struct crm_lines in;
};

/* Calls batch for each batch of the files named as operands, or of standard input. wait (may
 * be NULL) is called before each read of fd. Ends at the first error that either returns. */
enum crm_status filter_run(struct filter *f, struct cli *cli,
			   enum crm_status (*wait)(void *data, int fd),
			   enum crm_status (*batch)(void *data), void *data);

/* The next line of the batch that is not blank; false at its end. Borrowed: until the batch
 * ends. */
bool filter_next(struct filter *f, struct crm_slice *line);
/* Lays a line out in doc. false: it is no JSON object, and was set aside. */
bool filter_scan(struct filter *f, struct crm_json_doc *doc, struct crm_slice line);
/* Sets the line aside; always CRM_OK. */
enum crm_status filter_aside(struct filter *f, const char *why);
/* rc, unless it says that the line names what is not there, or is wrong, and nothing was
 * written for it: then the line is set aside with the store's words, and it is CRM_OK. */
enum crm_status filter_fault(struct filter *f, struct crm_db *db, enum crm_status rc);

/* A member of the line that is an id, a whole number above 0; 0: it is not. */
int64_t filter_id(const struct crm_json_doc *doc, const char *name);
/* An id written as text; 0: it is none. */
int64_t filter_id_of(struct crm_slice text);
/* Is the member this text? */
bool filter_is(const struct crm_json_doc *doc, const char *name, const char *text);
/* Appends how many of what there were to a sum, with between before it where it is not the
 * first; nothing for none. */
void filter_count(struct crm_str *sum, uint64_t n, const char *what, const char *between);
/* Appends the line to out as it is, for the next in the pipe. */
void filter_pass(struct crm_slice line, struct crm_str *out);

#endif
