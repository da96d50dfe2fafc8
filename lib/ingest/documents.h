/* SPDX-License-Identifier: MIT */
/*
 * documents: records out of JSON: one a line (JSON lines), or one document after the
 * other that may stretch over lines (what an API answered, saved to a file). Which of the
 * two it is shows on the first line that is not blank: JSON lines when it is a whole value.
 *
 * A document that is no JSON is set aside as a whole; one whose brackets are not closed, up
 * to the next line that begins as it does.
 *
 * With a pointer (`each`), or when a document is an array, its elements are the records.
 */
#ifndef CRM_DOCUMENTS_H
#define CRM_DOCUMENTS_H

#include "base/json.h"
#include "ingest/input.h"

struct crm_documents;

/* Borrows input and each (NULL: none). alone: a document without an array at each is a
 * record, since it was taken out of one. New: free with crm_documents_free. */
struct crm_documents *crm_documents_new(struct crm_input *input, const char *each, bool alone);
void crm_documents_free(struct crm_documents *documents);

/* The next record. CRM_READ_BAD: see crm_documents_reason; its bytes are
 * crm_documents_bytes. */
enum crm_read crm_documents_next(struct crm_documents *documents);
/* The record and the tape it lies on. Borrowed: valid until the next call. */
const struct crm_json_value *crm_documents_value(const struct crm_documents *documents,
						 const struct crm_json_doc **doc);
struct crm_slice crm_documents_bytes(const struct crm_documents *documents);
int64_t crm_documents_line(const struct crm_documents *documents);
const char *crm_documents_reason(const struct crm_documents *documents); /* static */

#endif
