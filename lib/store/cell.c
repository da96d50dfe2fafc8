/* SPDX-License-Identifier: MIT */
/* Values as they leave the store: exact integers, the shortest exact reals. */
#include "store/cell.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"

struct crm_cell crm_cell_of(sqlite3_stmt *st, int i)
{
	struct crm_cell c = {CRM_CELL_NULL, 0, 0, {"", 0}};

	switch (sqlite3_column_type(st, i)) {
	case SQLITE_INTEGER:
		c.type = CRM_CELL_INT;
		c.i = sqlite3_column_int64(st, i);
		break;
	case SQLITE_FLOAT:
		c.type = CRM_CELL_REAL;
		c.x = sqlite3_column_double(st, i);
		break;
	case SQLITE_TEXT:
	case SQLITE_BLOB:
		c.type = sqlite3_column_type(st, i) == SQLITE_TEXT ? CRM_CELL_TEXT : CRM_CELL_BLOB;
		c.s.ptr = sqlite3_column_blob(st, i);
		c.s.len = (size_t)sqlite3_column_bytes(st, i);
		if (!c.s.ptr)
			c.s.ptr = "";
		break;
	default:
		break;
	}
	return c;
}

static void add_hex(struct crm_str *out, struct crm_slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		crm_str_addc(out, "0123456789abcdef"[(unsigned char)s.ptr[i] >> 4]);
		crm_str_addc(out, "0123456789abcdef"[s.ptr[i] & 15]);
	}
}

/* Fifteen digits when they are enough to get the same number back, else seventeen. */
static int digits_of(double x)
{
	char text[32];

	snprintf(text, sizeof(text), "%.15g", x);
	return strtod(text, NULL) == x ? 15 : 17;
}

void crm_cell_text(const struct crm_cell *cell, struct crm_str *out)
{
	switch (cell->type) {
	case CRM_CELL_NULL:
		break;
	case CRM_CELL_INT:
		crm_str_addi(out, cell->i);
		break;
	case CRM_CELL_REAL:
		if (isfinite(cell->x))
			crm_str_addf(out, "%.*g", digits_of(cell->x), cell->x);
		break;
	case CRM_CELL_TEXT:
		crm_str_add(out, cell->s.ptr, cell->s.len);
		break;
	case CRM_CELL_BLOB:
		add_hex(out, cell->s);
		break;
	}
}

void crm_cell_string(struct crm_slice s, struct crm_str *out)
{
	struct crm_str clean = CRM_STR_INIT;

	if (crm_utf8_valid(s.ptr, s.len) == s.len) {
		crm_json_string(out, s);
		return;
	}
	while (s.len) {
		size_t n = crm_utf8_valid(s.ptr, s.len);

		crm_str_add(&clean, s.ptr, n);
		if (n < s.len) {
			crm_str_adds(&clean, "\xEF\xBF\xBD");
			n++;
		}
		s = (struct crm_slice){s.ptr + n, s.len - n};
	}
	crm_json_string(out, crm_str_slice(&clean));
	crm_str_release(&clean);
}

void crm_cell_json(const struct crm_cell *cell, struct crm_str *out)
{
	struct crm_str hex = CRM_STR_INIT;

	switch (cell->type) {
	case CRM_CELL_NULL:
		crm_json_string(out, (struct crm_slice){NULL, 0});
		break;
	case CRM_CELL_INT:
		crm_json_int(out, cell->i);
		break;
	case CRM_CELL_REAL:
		crm_json_real(out, cell->x, digits_of(cell->x));
		break;
	case CRM_CELL_TEXT:
		crm_cell_string(cell->s, out);
		break;
	case CRM_CELL_BLOB:
		add_hex(&hex, cell->s);
		crm_json_string(out, crm_str_slice(&hex));
		crm_str_release(&hex);
		break;
	}
}
