/* SPDX-License-Identifier: MIT */
/*
 * documents: JSON documents: one a line (JSON lines), or one document after the
 * other that may stretch over lines (what an API answered, saved to a file). Which of the
 * two it is shows on the first line that is not blank: JSON lines when it is a whole value.
 *
 * A document that is no JSON is set aside as a whole; one whose brackets are not closed, up
 * to the next line that begins as it does.
 *
 * `window.NAME = ` before a document is passed over: the archives of some services are
 * scripts for their own viewer (X: window.YTD.direct_messages.part0 = […]).
 */
#ifndef CRM_DOCUMENTS_H
#define CRM_DOCUMENTS_H

#include "base/json.h"
#include "ingest/input.h"

struct crm_documents;

/* Bytes of `window.NAME = ` that text begins with; 0: none. */
size_t crm_documents_script(struct crm_slice text);

/* Borrows input and each: the paths of lists that a document which is too large to be held
 * may be split at. New: free with crm_documents_free. */
struct crm_documents *crm_documents_new(struct crm_input *input, const char *const *each,
					size_t n_each);
void crm_documents_free(struct crm_documents *documents);

/* The next document. CRM_READ_BAD: see crm_documents_reason; its bytes are
 * crm_documents_bytes. */
enum crm_read crm_documents_next(struct crm_documents *documents);
/* The document. Borrowed: valid until the next call. */
const struct crm_json_doc *crm_documents_doc(const struct crm_documents *documents);
struct crm_slice crm_documents_bytes(const struct crm_documents *documents);
int64_t crm_documents_line(const struct crm_documents *documents);
const char *crm_documents_reason(const struct crm_documents *documents); /* static */

#endif
