/* SPDX-License-Identifier: MIT */
/*
 * documents: JSON out of a file: one document a line (JSON lines), or one after the other
 * that may stretch over lines (what an API answered, saved to a file; an export). Which of
 * the two it is shows on the first line that is not blank: JSON lines when it is a whole
 * value. Which records are in a document is the map's business.
 *
 * A document that is no JSON is set aside as a whole; one whose brackets are not closed, up
 * to the next line that begins as it does.
 *
 * A document of more than CRM_RECORD_MAX bytes is given as several small ones, as split.h
 * describes: for it the paths to the records have to be known.
 *
 * What makes a script of JSON, as the files in an archive of X are, is passed over: before
 * a document a name and an equals sign ("window.YTD.tweets.part0 = "), after it a semicolon.
 */
#ifndef CRM_DOCUMENTS_H
#define CRM_DOCUMENTS_H

#include "base/json.h"
#include "ingest/input.h"
#include "ingest/split.h"

struct crm_documents;

/* How long the "NAME = " that text begins with is, with what follows it; 0: there is none. */
size_t crm_documents_script(struct crm_slice text);

/* Borrows input; each are the n paths to records of a large document, as split.h has them
 * (copied). New: free with crm_documents_free. */
struct crm_documents *crm_documents_new(struct crm_input *input, const char *const *each,
					size_t n_each);
void crm_documents_free(struct crm_documents *documents);
/* For tests: the sizes that a large document is split by. Which one is large,
 * crm_input_set_limit says. */
void crm_documents_set_sizes(struct crm_documents *documents, const struct crm_split_sizes *sizes);

/* The next document. CRM_READ_BAD: see crm_documents_reason; its bytes are
 * crm_documents_bytes. */
enum crm_read crm_documents_next(struct crm_documents *documents);
/* The document. Borrowed: valid until the next call. */
const struct crm_json_doc *crm_documents_doc(const struct crm_documents *documents);
/* Borrowed: valid until the next call. Of a large document: one of the small ones, which
 * as such stands nowhere in the file. */
struct crm_slice crm_documents_bytes(const struct crm_documents *documents);
/* Where the bytes begin; for one of the small documents, where its first record does. */
int64_t crm_documents_line(const struct crm_documents *documents);
const char *crm_documents_reason(const struct crm_documents *documents); /* static */

#endif
