/* SPDX-License-Identifier: MIT */
/*
 * reader: the rows of a file, whatever its syntax: fields of CSV or a spreadsheet under a
 * header, or JSON documents, read as such or made by a syntax. What a row means is the map's
 * business.
 *
 * Limits: a header has at most CRM_COLUMNS_MAX columns, as a spreadsheet's has.
 */
#ifndef CRM_READER_H
#define CRM_READER_H

#include "base/json.h"
#include "ingest/input.h"
#include "ingest/syntax.h"

#define CRM_COLUMNS_MAX 16384

struct crm_row {
	int64_t line;                   /* where it begins, from 1 */
	struct crm_slice bytes;         /* as it stands in the file */
	const char *reason;             /* CRM_READ_BAD: why it cannot be read; borrowed */
	const struct crm_slice *fields; /* tables: as many as the header has columns */
	const struct crm_json_doc *doc; /* JSON, and all other syntaxes: a document */
	bool whole;                     /* what is in bytes is no JSON: set aside whole */
	const struct crm_blob *blobs;   /* files that came with it */
	size_t n_blobs;
	const char *file; /* its path; borrowed */
	bool several;     /* the file is one of several */
};

struct crm_reader;

/* Borrow input and each. New: free with crm_reader_free. */
struct crm_reader *crm_reader_csv(struct crm_input *input, char delimiter, char quote);
struct crm_reader *crm_reader_json(struct crm_input *input, const char *const *each, size_t n_each);
struct crm_reader *crm_reader_syntax(struct crm_input *input, const struct crm_syntax *syntax);
/* A sheet of a workbook (NULL: the first), as a CSV file would be read. NULL, and err says
 * why, when it cannot be opened. */
struct crm_reader *crm_reader_xlsx(struct crm_input *input, const char *sheet, struct crm_err *err);
void crm_reader_free(struct crm_reader *reader);

/* Tables: takes the first record as the names of the columns; for a file without a header
 * names are given instead. Names that are empty or occur twice are made unique. CRM_DATA
 * when there is no readable first record. */
enum crm_status crm_reader_take_header(struct crm_reader *reader, struct crm_err *err);
void crm_reader_set_header(struct crm_reader *reader, const char *const *names, size_t n);
/* CSV: rows may lack so many of the last columns. */
void crm_reader_set_optional(struct crm_reader *reader, size_t n);
/* The columns' names; and the header line as it came. Borrowed: valid until free. */
const struct crm_slice *crm_reader_columns(const struct crm_reader *reader, size_t *n);
struct crm_slice crm_reader_header_line(const struct crm_reader *reader);

/* The next row. Borrowed: valid until the next call. */
enum crm_read crm_reader_next(struct crm_reader *reader, struct crm_row *row);
const struct crm_err *crm_reader_err(const struct crm_reader *reader); /* after FAILED */

/* The sheet that is read when the workbook has several, else NULL. Borrowed. */
const char *crm_reader_sheet(const struct crm_reader *reader);

#endif
