/* SPDX-License-Identifier: MIT */
/*
 * multipart: the parts of a multipart/form-data body (RFC 7578, RFC 2046 section 5.1) that
 * lies in memory as a whole.
 *
 * Taken as clients write it, not only as they should: lines may end in LF alone; what stands
 * before the first and behind the last boundary is left out; the last boundary may lack its
 * hyphens where the body ends with it. What makes it doubtful which bytes belong to which
 * field is refused: no boundary at all, no last one, header lines that are none.
 *
 * Nothing is copied and nothing is decoded: all slices lie in the body.
 */
#ifndef CRM_MULTIPART_H
#define CRM_MULTIPART_H

#include "ingest/input.h"

#define CRM_BOUNDARY_MAX 200 /* bytes; RFC 2046 allows 70 */

struct crm_part {
	/* Values of its headers, folded lines as they are; ptr NULL: it has none. */
	struct crm_slice disposition, type, encoding;
	struct crm_slice body;
};

struct crm_multipart {
	struct crm_slice rest; /* not read yet: begins with the boundary of the next part */
	struct crm_slice boundary;
	bool lf;            /* lines end in LF alone */
	bool ended;         /* the last boundary has been seen */
	const char *reason; /* after CRM_READ_BAD, static */
};

/* Begins with body, which must stay in place. boundary: as its Content-Type says; ptr NULL:
 * what the first line that is not blank says, which is --boundary. */
enum crm_read crm_multipart_start(struct crm_multipart *multipart, struct crm_slice body,
				  struct crm_slice boundary);
/* The next part: OK, END, or BAD with the reason. */
enum crm_read crm_multipart_next(struct crm_multipart *multipart, struct crm_part *part);

/* A header line `name: value`, in front of *text, with the lines that continue it; *text goes
 * on behind it. OK; END at an empty line, which is passed, and at the end of text; BAD when it
 * is no header line. */
enum crm_read crm_header_next(struct crm_slice *text, struct crm_slice *name,
			      struct crm_slice *value);
/* The parameter called name of a header's value (`…; name=value; name="value"`), appended to
 * out; false when there is none. In quotes only \" is an escape, since a backslash is part
 * of a path in what Internet Explorer sent. */
bool crm_header_param(struct crm_slice value, const char *name, struct crm_str *out);

#endif
