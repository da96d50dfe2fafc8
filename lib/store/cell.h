/* SPDX-License-Identifier: MIT */
/* cell: one value of a row of SQLite's, taken without changing its type. */
#ifndef CRM_CELL_H
#define CRM_CELL_H

#include <sqlite3.h>

#include "base/str.h"

enum crm_cell_type {
	CRM_CELL_NULL,
	CRM_CELL_INT,
	CRM_CELL_REAL,
	CRM_CELL_TEXT,
	CRM_CELL_BLOB
};

struct crm_cell {
	enum crm_cell_type type;
	int64_t i;          /* CRM_CELL_INT: all 64 bits */
	double x;           /* CRM_CELL_REAL */
	struct crm_slice s; /* CRM_CELL_TEXT, _BLOB: the bytes, which may be any; ptr is
			     * never NULL */
};

/* Column i of the row st stands on. Borrowed: valid until the next step. */
struct crm_cell crm_cell_of(sqlite3_stmt *st, int i);

/* Appends the value as text: numbers so that reading them gives the same number (what is
 * not finite and NULL as nothing), blobs in hexadecimal, text as it is. */
void crm_cell_text(const struct crm_cell *cell, struct crm_str *out);
/* Appends the value as JSON: blobs as hexadecimal strings; what is not finite is null. */
void crm_cell_json(const struct crm_cell *cell, struct crm_str *out);
/* Appends a JSON string; bytes that are no UTF-8 (SQLite does not check) become U+FFFD. */
void crm_cell_string(struct crm_slice s, struct crm_str *out);

#endif
