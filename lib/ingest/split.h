/* SPDX-License-Identifier: MIT */
/*
 * split: a JSON document that is too large to be held, as a row of small ones.
 *
 * Its records are the elements of arrays, and where those are, paths say, as path.h has them
 * ("/chats/list/ * /messages" without the blanks). While the document streams by, each small
 *document holds the spine, which is what leads from the root to the records, and some of the
 *records in their place:
 *
 *	{"chats":{"list":[{"name":"Ada","id":4711,"messages":[{…},{…}]}]}}
 *
 * so that whoever reads it sees a small document with fewer records. What may hold records
 * (an array at a path, an element on the way to one) is given as it is up to
 * crm_split_sizes.whole bytes; only what is larger is taken apart. Then the spine has those
 * members of the ancestors that have been read so far, are not themselves on the way, and
 * are not large; members that come after the records in a document are not seen beside them.
 *
 * Each small document has been scanned. An element that is no JSON is refused, as one that
 * is too long is, with its own bytes, and reading goes on after it. A mistake between elements,
 * a bracket that closes another, a string that has no end on its line, a key that occurs twice
 * on the spine: from there on nothing can be told apart, so the rest is set aside as one, up to
 * the next line that begins as the document did (if none within it did), else to the end of the
 * input.
 *
 * Of numbers in a path only 0 is known: in a small document other elements are not where they
 * were. A path of more than CRM_SPLIT_SEGMENTS leads nowhere; after the first CRM_SPLIT_PATHS
 * paths the others do.
 *
 * Memory: a record (sizes.element), its copy, and less than a MiB. Time is linear; each byte
 * of what is taken apart is read again once for each level of the path, at most.
 */
#ifndef CRM_SPLIT_H
#define CRM_SPLIT_H

#include "base/json.h"
#include "ingest/input.h"

#define CRM_SPLIT_PATHS 1024
#define CRM_SPLIT_SEGMENTS 60

/* All in bytes. */
struct crm_split_sizes {
	size_t element; /* a record that is longer is refused */
	size_t whole;   /* what holds records is given as it is up to here */
	size_t batch;   /* records that are given together: about so many bytes */
	size_t member;  /* of an ancestor: a larger one, with its key, is not on the spine */
	size_t spine;   /* what would make it longer is not on it */
	size_t stub;    /* of what is refused so much is kept */
};
extern const struct crm_split_sizes crm_split_sizes; /* 16 MiB, 1 MiB, 64 KiB, 4, 32, 64 KiB */

struct crm_split;

/* Borrows input; copies the n paths. "" and no path at all: the root. New: free with
 * crm_split_free. */
struct crm_split *crm_split_new(struct crm_input *input, const char *const *paths, size_t n);
void crm_split_free(struct crm_split *split);
void crm_split_set_sizes(struct crm_split *split, const struct crm_split_sizes *sizes);

/* Begins with the document at the start of the record that input has at hand, of which
 * any part may have been read. one_line: it ends with its line, or is torn. */
void crm_split_begin(struct crm_split *split, bool one_line);

/* The next small document, laid out in doc. CRM_READ_BAD: what was refused, see
 * crm_split_reason. CRM_READ_END: the document is over, and what follows it is put back. */
enum crm_read crm_split_next(struct crm_split *split, struct crm_json_doc *doc);
/* The small document, or what was refused, up to sizes.stub bytes of it. Borrowed: valid
 * until the next call. */
struct crm_slice crm_split_bytes(const struct crm_split *split);
/* Of the first record in it. The spine has no line ends, so lines can be counted from here. */
int64_t crm_split_line(const struct crm_split *split);
const char *crm_split_reason(const struct crm_split *split); /* static */
/* After the end: did it break off, with the rest passed over? */
bool crm_split_is_broken(const struct crm_split *split);

#endif
