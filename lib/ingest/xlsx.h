/* SPDX-License-Identifier: MIT */
/*
 * xlsx: the rows of a sheet of an .xlsx workbook, as csv.h gives those of a CSV file, so that
 * every channel of columns reads spreadsheets.
 *
 * The first row handed out is the header: the first that has two values or more (of the first
 * CRM_XLSX_LOOK rows with any; a list of one column begins with its first value). Titles above
 * it and empty rows are passed over. Every row has as many fields as the widest of those rows
 * (of such as have at most CRM_XLSX_NAMELESS columns beyond the header's), or more when it has
 * values beyond them; what a cell shows is numfmt.h's business. A
 * formula's value is the one that was computed last; errors and truth values are the words
 * that spreadsheets show (#N/A, TRUE). Hidden rows are rows; of merged cells the first one has
 * the value.
 *
 * Limits, beside those of package.h and workbook.h: CRM_XLSX_ROWS rows and CRM_XLSX_COLUMNS
 * columns, as in Excel; CRM_RECORD_MAX bytes a row; beyond the first four million fields handed
 * out at most CRM_XLSX_SPARSE for each value: a few bytes of an empty sheet must not fill a disk.
 */
#ifndef CRM_XLSX_H
#define CRM_XLSX_H

#include "ingest/input.h"

#define CRM_XLSX_LOOK 1000
#define CRM_XLSX_NAMELESS 64
#define CRM_XLSX_ROWS 1048576
#define CRM_XLSX_COLUMNS 16384
#define CRM_XLSX_SPARSE 64

struct crm_xlsx;

/* Does a file that begins with these bytes look like a workbook, be it an old one? */
bool crm_xlsx_sniff(struct crm_slice start);

/* Opens a sheet of the workbook that all of input is; sheet NULL: the first that is not
 * hidden. New: free with crm_xlsx_free. NULL, and err says why, when there is none. */
struct crm_xlsx *crm_xlsx_new(struct crm_input *input, const char *sheet, struct crm_err *err);
void crm_xlsx_free(struct crm_xlsx *xlsx);
/* The name of the sheet, and how many the workbook has. Borrowed: valid until free. */
const char *crm_xlsx_sheet(const struct crm_xlsx *xlsx, size_t *n_sheets);
/* Every row shall have n fields at least. */
void crm_xlsx_widen(struct crm_xlsx *xlsx, size_t n);

/* The next row that is not empty. CRM_READ_BAD: see crm_xlsx_reason. CRM_READ_FAILED, at any
 * row, when the file turns out to be damaged or beyond the limits: see crm_xlsx_err. */
enum crm_read crm_xlsx_next(struct crm_xlsx *xlsx);
/* Its fields. Borrowed: valid until the next call. */
const struct crm_slice *crm_xlsx_fields(const struct crm_xlsx *xlsx, size_t *n);
/* The row as a line of CSV (RFC 4180), as which it can be set aside and replayed; empty cells
 * beyond the width of the header are left out. Borrowed: valid until the next call. */
struct crm_slice crm_xlsx_bytes(const struct crm_xlsx *xlsx);
int64_t crm_xlsx_line(const struct crm_xlsx *xlsx);       /* the row's number in the sheet */
const char *crm_xlsx_reason(const struct crm_xlsx *xlsx); /* a static string */
const struct crm_err *crm_xlsx_err(const struct crm_xlsx *xlsx);

#endif
