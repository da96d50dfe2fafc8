/* SPDX-License-Identifier: MIT */
/*
 * Rows of a sheet. The XML parser is fed a piece at a time; the rows that end in a piece wait
 * in a queue, with only the cells that have a value. A row is laid out with all its columns
 * when it is handed out: a value in column XFD takes a few bytes to write.
 */
#include "ingest/xlsx.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ingest/workbook.h"

#define FEW_FIELDS ((uint64_t)4 * 1024 * 1024)

struct cell {
	uint32_t column;
	size_t start, len; /* in text */
};

struct row {
	int64_t number;
	size_t cells, n; /* the first one, and how many */
	const char *reason;
};

enum cell_type { /* attribute t of a cell */
	NUMBER,
	SHARED,
	TEXT,
	TRUTH,
	DATE
};

struct crm_xlsx {
	struct crm_workbook *workbook;
	struct crm_part *part;
	struct crm_xml_handler handler;
	struct crm_err err; /* status 0: none */
	bool more;

	/* rows that wait */
	struct row *rows;
	size_t n_rows, cap_rows, next;
	struct cell *cells;
	size_t n_cells, cap_cells;
	struct crm_str text;

	/* the row and the cell being read */
	struct row row;
	bool in_row, in_cell, in_value, in_sound;
	uint32_t column; /* of the next cell, if it does not say */
	size_t row_text; /* where the row's values begin in text */
	enum cell_type type;
	struct crm_numfmt format;
	struct crm_str value;
	int64_t last_number, n_read;
	const char *refused;

	/* the row handed out */
	int64_t header_row; /* those before it are passed over */
	size_t width;
	uint64_t fields_out, values_out;
	const struct row *at;
	struct crm_slice *fields;
	size_t n_fields, cap_fields;
	struct crm_str bytes;
};

bool crm_xlsx_sniff(struct crm_slice start)
{
	return start.len >= 4
	       && (!memcmp(start.ptr, "PK\3\4", 4) || !memcmp(start.ptr, "\xD0\xCF\x11\xE0", 4));
}

/* --- cells --- */

static void spoil(struct crm_xlsx *x, const char *reason)
{
	if (!x->row.reason)
		x->row.reason = reason;
}

/* The column of a reference such as AB12, from 0; -1 when it has none. */
static int64_t column_of(struct crm_slice reference)
{
	int64_t column = 0;

	for (size_t i = 0; i < reference.len && column <= CRM_XLSX_COLUMNS; i++) {
		char c = (char)(reference.ptr[i] & ~0x20);

		if (reference.ptr[i] < 'A' || c > 'Z')
			break;
		column = 26 * column + (c - 'A' + 1);
	}
	return column - 1;
}

static size_t index_of(struct crm_slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9' || n > CRM_STRINGS_MAX)
			return SIZE_MAX;
		n = 10 * n + (size_t)(s.ptr[i] - '0');
	}
	return s.len ? n : SIZE_MAX;
}

static enum cell_type type_of(struct crm_slice t)
{
	if (crm_slice_is(t, "s"))
		return SHARED;
	if (crm_slice_is(t, "b"))
		return TRUTH;
	if (crm_slice_is(t, "d"))
		return DATE;
	return !t.len || crm_slice_is(t, "n") ? NUMBER : TEXT; /* str, inlineStr, e */
}

static void start_cell(struct crm_xlsx *x, const struct crm_xml_attributes *a)
{
	int64_t column = column_of(crm_xml_attribute(a, "r"));
	size_t style = index_of(crm_xml_attribute(a, "s"));

	x->in_cell = true;
	x->in_value = x->in_sound = false;
	x->column = column >= 0 ? (uint32_t)column : x->column;
	x->type = type_of(crm_xml_attribute(a, "t"));
	x->format = (struct crm_numfmt){CRM_NUM_PLAIN, 0};
	if (style < x->workbook->n_formats)
		x->format = x->workbook->formats[style];
	crm_str_clear(&x->value);
}

static void put_shared(struct crm_xlsx *x, struct crm_slice value)
{
	struct crm_slice text;

	if (!value.len)
		return;
	text = crm_workbook_string(x->workbook, index_of(crm_slice_trim(value)));
	if (!text.ptr)
		spoil(x, "a cell refers to a text that is not there");
	crm_str_add(&x->text, text.ptr, text.len);
}

/* A date as ISO 8601 has it; of one that is shown without its clock, not midnight. */
static void put_iso(struct crm_xlsx *x, struct crm_slice value)
{
	static const char midnight[] = "T00:00:00";

	if (x->format.kind == CRM_NUM_DATE && value.len >= 19
	    && !memcmp(value.ptr + 10, midnight, 9))
		value.len = 10;
	crm_str_add(&x->text, value.ptr, value.len);
}

static void put_value(struct crm_xlsx *x)
{
	struct crm_slice value = {x->value.ptr, x->value.len};
	size_t from = x->text.len;

	switch (x->type) {
	case NUMBER:
		crm_numfmt_text(x->format, value, x->workbook->from_1904, &x->text);
		break;
	case SHARED:
		put_shared(x, value);
		break;
	case TEXT:
		crm_str_add(&x->text, value.ptr, value.len);
		crm_workbook_unescape(&x->text, from);
		break;
	case TRUTH:
		value = crm_slice_trim(value);
		if (value.len)
			crm_str_adds(&x->text,
				     *value.ptr == '1' || *value.ptr == 't' ? "TRUE" : "FALSE");
		break;
	case DATE:
		put_iso(x, crm_slice_trim(value));
		break;
	}
}

static void end_cell(struct crm_xlsx *x)
{
	size_t start = x->text.len;

	x->in_cell = false;
	if (x->column >= CRM_XLSX_COLUMNS) {
		spoil(x, "a cell lies beyond column XFD");
		return;
	}
	if (!x->row.reason)
		put_value(x);
	if (x->text.len - x->row_text > CRM_RECORD_MAX) {
		x->text.len = start;
		spoil(x, "longer than 16 MiB");
	}
	if (x->n_cells - x->row.cells == CRM_XLSX_COLUMNS) {
		x->text.len = start;
		spoil(x, "has a column more than once");
	}
	if (x->text.len > start) {
		CRM_GROW(x->cells, x->n_cells + 1, x->cap_cells);
		x->cells[x->n_cells++] = (struct cell){x->column, start, x->text.len - start};
	}
	x->column++;
}

/* --- rows --- */

static bool refuse(struct crm_xlsx *x, const char *why)
{
	x->refused = why;
	return false;
}

static bool start_row(struct crm_xlsx *x, const struct crm_xml_attributes *a)
{
	size_t number = index_of(crm_xml_attribute(a, "r"));

	x->row = (struct row){
		.number = number == SIZE_MAX ? x->last_number + 1 : (int64_t)number,
		.cells = x->n_cells,
	};
	x->last_number = x->row.number;
	x->row_text = x->text.len;
	x->column = 0;
	x->in_row = true;
	if (x->row.number > CRM_XLSX_ROWS || ++x->n_read > CRM_XLSX_ROWS)
		return refuse(x, "has more than 1048576 rows");
	return true;
}

static void end_row(struct crm_xlsx *x)
{
	x->in_row = false;
	x->row.n = x->n_cells - x->row.cells;
	if (!x->row.n && !x->row.reason)
		return;
	CRM_GROW(x->rows, x->n_rows + 1, x->cap_rows);
	x->rows[x->n_rows++] = x->row;
}

static bool on_start(void *data, const char *name, const struct crm_xml_attributes *a)
{
	struct crm_xlsx *x = data;

	if (!x->in_row && !strcmp(name, "row"))
		return start_row(x, a);
	if (x->in_row && !x->in_cell && !strcmp(name, "c"))
		start_cell(x, a);
	else if (x->in_cell && !strcmp(name, "rPh"))
		x->in_sound = true;
	else if (x->in_cell && !x->in_sound)
		x->in_value = !strcmp(name, "v") || !strcmp(name, "t");
	return true;
}

static bool on_end(void *data, const char *name)
{
	struct crm_xlsx *x = data;

	x->in_value = false;
	if (x->in_cell && !strcmp(name, "rPh"))
		x->in_sound = false;
	else if (x->in_cell && !strcmp(name, "c"))
		end_cell(x);
	else if (x->in_row && !strcmp(name, "row"))
		end_row(x);
	return strcmp(name, "sheetData") != 0;
}

static bool on_text(void *data, const char *bytes, size_t len)
{
	struct crm_xlsx *x = data;

	if (!x->in_value)
		return true;
	if (x->value.len + len > CRM_RECORD_MAX)
		spoil(x, "longer than 16 MiB");
	else
		crm_str_add(&x->value, bytes, len);
	return true;
}

/* --- handing out --- */

static bool open_part(struct crm_xlsx *x)
{
	crm_part_free(x->part);
	x->part = NULL;
	x->n_rows = x->next = x->n_cells = 0;
	crm_str_clear(&x->text);
	x->in_row = x->in_cell = x->in_value = x->in_sound = false;
	x->last_number = x->n_read = 0;
	x->more = crm_part_open(&x->part, x->workbook->package, x->workbook->part, &x->handler,
				&x->err)
		  == CRM_OK;
	return x->more;
}

/* Forgets the rows handed out; one that is half read moves to the front. */
static void forget_rows(struct crm_xlsx *x)
{
	size_t n = x->in_row ? x->n_cells - x->row.cells : 0;
	size_t text = x->in_row ? x->row_text : x->text.len;

	x->n_rows = x->next = 0;
	memmove(x->text.ptr, x->text.ptr + text, x->text.len - text);
	x->text.len -= text;
	for (size_t i = 0; i < n; i++) {
		x->cells[i] = x->cells[x->row.cells + i];
		x->cells[i].start -= text;
	}
	x->n_cells = n;
	x->row.cells = 0;
	x->row_text = 0;
}

/* The next row with a value or a reason. After a failure those read before it come first. */
static enum crm_read next_row(struct crm_xlsx *x)
{
	while (x->next == x->n_rows) {
		if (x->err.status)
			return CRM_READ_FAILED;
		if (!x->more)
			return CRM_READ_END;
		forget_rows(x);
		if (crm_part_read(x->part, &x->more, &x->err) == CRM_OK && x->refused)
			crm_fail(&x->err, CRM_DATA, "%s", x->refused);
	}
	x->at = &x->rows[x->next++];
	return x->at->reason ? CRM_READ_BAD : CRM_READ_OK;
}

static size_t width_of(const struct crm_xlsx *x, const struct row *row)
{
	size_t width = 0;

	for (size_t i = 0; i < row->n; i++)
		if (x->cells[row->cells + i].column >= width)
			width = x->cells[row->cells + i].column + 1;
	return width;
}

/* Looks for the header, and how wide the table is. */
static bool look(struct crm_xlsx *x)
{
	bool found = false;
	size_t width, header = 0;

	for (int n = 0; n < CRM_XLSX_LOOK; n++) {
		enum crm_read got = next_row(x);

		if (got == CRM_READ_FAILED && !n)
			return false;
		if (got == CRM_READ_FAILED || got == CRM_READ_END)
			break;
		width = width_of(x, x->at);
		if (!n || (!found && x->at->n >= 2)) {
			x->header_row = x->at->number;
			header = x->width = width;
		}
		found |= x->at->n >= 2;
		if (width > x->width && width <= header + CRM_XLSX_NAMELESS)
			x->width = width;
	}
	x->err.status = CRM_OK; /* it will come again */
	x->refused = NULL;
	return open_part(x);
}

struct crm_xlsx *crm_xlsx_new(struct crm_input *input, const char *sheet, struct crm_err *err)
{
	struct crm_xlsx *x = crm_calloc(1, sizeof(*x));
	enum crm_status rc;
	int fd;

	x->text = x->value = x->bytes = (struct crm_str)CRM_STR_INIT;
	x->handler = (struct crm_xml_handler){on_start, on_end, on_text, x};
	if ((rc = crm_input_spool(input, &fd, err)) == CRM_OK)
		rc = crm_workbook_open(&x->workbook, fd, sheet, err);
	if (rc == CRM_OK && (!open_part(x) || !look(x)))
		*err = x->err, rc = x->err.status;
	if (rc == CRM_OK)
		return x;
	crm_xlsx_free(x);
	return NULL;
}

void crm_xlsx_free(struct crm_xlsx *x)
{
	if (!x)
		return;
	crm_part_free(x->part);
	crm_workbook_free(x->workbook);
	crm_str_release(&x->text);
	crm_str_release(&x->value);
	crm_str_release(&x->bytes);
	free(x->rows);
	free(x->cells);
	free(x->fields);
	free(x);
}

const char *crm_xlsx_sheet(const struct crm_xlsx *x, size_t *n_sheets)
{
	*n_sheets = x->workbook->n_sheets;
	return x->workbook->sheet;
}

void crm_xlsx_widen(struct crm_xlsx *x, size_t n)
{
	x->width = n > x->width ? n : x->width;
}

static void lay_out(struct crm_xlsx *x)
{
	size_t width = width_of(x, x->at);

	x->n_fields = width > x->width ? width : x->width;
	CRM_GROW(x->fields, x->n_fields, x->cap_fields);
	for (size_t i = 0; i < x->n_fields; i++)
		x->fields[i] = CRM_SLICE("");
	for (size_t i = 0; i < x->at->n; i++) {
		const struct cell *cell = &x->cells[x->at->cells + i];

		x->fields[cell->column] = (struct crm_slice){x->text.ptr + cell->start, cell->len};
	}
}

static void put_field(struct crm_str *out, struct crm_slice s)
{
	bool quote = false;

	for (size_t i = 0; i < s.len && !quote; i++)
		quote = s.ptr[i] == ',' || s.ptr[i] == '"' || s.ptr[i] == '\n' || s.ptr[i] == '\r';
	if (!quote) {
		crm_str_add(out, s.ptr, s.len);
		return;
	}
	crm_str_addc(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"')
			crm_str_addc(out, '"');
		crm_str_addc(out, s.ptr[i]);
	}
	crm_str_addc(out, '"');
}

static void write_line(struct crm_xlsx *x)
{
	crm_str_clear(&x->bytes);
	for (size_t i = 0; i < x->n_fields; i++) {
		if (i >= x->width && !x->fields[i].len)
			continue;
		if (i)
			crm_str_addc(&x->bytes, ',');
		put_field(&x->bytes, x->fields[i]);
	}
	crm_str_addc(&x->bytes, '\n');
}

enum crm_read crm_xlsx_next(struct crm_xlsx *x)
{
	enum crm_read got;

	do
		got = next_row(x);
	while ((got == CRM_READ_OK || got == CRM_READ_BAD) && x->at->number < x->header_row);
	if (got != CRM_READ_OK && got != CRM_READ_BAD)
		return got;
	lay_out(x);
	write_line(x);
	x->fields_out += x->n_fields;
	x->values_out += x->at->n;
	if (x->fields_out > FEW_FIELDS + CRM_XLSX_SPARSE * x->values_out) {
		crm_fail(&x->err, CRM_DATA, "is nearly empty: fewer than one value in %d cells",
			 CRM_XLSX_SPARSE);
		return CRM_READ_FAILED;
	}
	return got;
}

const struct crm_slice *crm_xlsx_fields(const struct crm_xlsx *x, size_t *n)
{
	*n = x->n_fields;
	return x->fields;
}

struct crm_slice crm_xlsx_bytes(const struct crm_xlsx *x)
{
	return crm_str_slice(&x->bytes);
}

int64_t crm_xlsx_line(const struct crm_xlsx *x)
{
	return x->at->number;
}

const char *crm_xlsx_reason(const struct crm_xlsx *x)
{
	return x->at->reason;
}

const struct crm_err *crm_xlsx_err(const struct crm_xlsx *x)
{
	return &x->err;
}
