/* SPDX-License-Identifier: MIT */
/*
 * rows: a table on its way out, as JSON lines, CSV or columns for the eye.
 *
 * jsonl  an object a row; the order of keys is that of the columns, NULL is null, blobs
 *        are hexadecimal strings, integers keep all their digits.
 * csv    RFC 4180: CRLF, quotes where needed, a header line. NULL is nothing, the empty
 *        text is "". What a terminal would obey (C0, DEL, C1), and bytes that are no
 *        UTF-8, become U+FFFD. A text cell that a spreadsheet would take for a formula (it begins
 *        with = + - @, their full-width forms, TAB, CR or LF, and is no plain number)
 *        gets an apostrophe in front: OWASP, "CSV Injection".
 * table  aligned by the width of characters on a terminal, numbers to the right; what
 *        would be obeyed by a terminal is made visible. Widths come from the first 1000
 *        rows, so that memory does not grow with the table; longer cells after them run
 *        over, or are cut when the width is limited. Where not even the names of the
 *        columns fit into it, each row becomes lines of name and value.
 *
 * Rows append to a string that the caller empties whenever it likes.
 */
#ifndef CRM_ROWS_H
#define CRM_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "store/cell.h"

enum crm_rows_format {
	CRM_ROWS_JSONL,
	CRM_ROWS_CSV,
	CRM_ROWS_TABLE
};

/* A column. */
struct crm_rows_field {
	const char *name; /* any bytes; repeated names get _2, _3 … in all formats */
	int currency;     /* money: which column (from 0) names its currency; the text is
			   * written {"amount":…,"currency":…} in JSON. -1: not money */
};

struct crm_rows;

/* jsonl, csv, table; false when name is none of them. */
bool crm_rows_format_named(const char *name, enum crm_rows_format *format);

/* New: the caller frees it with crm_rows_free. out is borrowed for as long. */
struct crm_rows *crm_rows_new(enum crm_rows_format format, struct crm_str *out);
void crm_rows_free(struct crm_rows *rows);

/* JSON lines begin with these members, as `"type":"metric"`. Copied. */
void crm_rows_prefix(struct crm_rows *rows, const char *members);
/* Tables are cut to so many columns; 0, as at first: as wide as they come. */
void crm_rows_width(struct crm_rows *rows, size_t width);

/* Once, before the first row. Names are copied. */
void crm_rows_begin(struct crm_rows *rows, const struct crm_rows_field *fields, size_t n);
/* A row of as many cells as there are columns. */
void crm_rows_add(struct crm_rows *rows, const struct crm_cell *cells);
/* After the last row. */
void crm_rows_end(struct crm_rows *rows);

#endif
