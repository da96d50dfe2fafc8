/* SPDX-License-Identifier: MIT */
/* Rows: what all syntaxes have in common, and the checks on the rows of tables. */
#include "ingest/reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/table.h"
#include "base/utf8.h"
#include "ingest/csv.h"
#include "ingest/documents.h"
#include "ingest/xlsx.h"

struct crm_reader {
	struct crm_input *input;
	struct crm_csv *csv;
	struct crm_xlsx *xlsx;
	struct crm_documents *documents;
	const struct crm_syntax *syntax;
	void *state; /* of the syntax */
	struct crm_item item;
	struct crm_json_doc doc;    /* of the item */
	size_t optional;            /* so many columns may be missing */
	struct crm_slice *complete; /* the fields of a row in which some were */
	struct crm_slice *columns;
	size_t n_columns;
	struct crm_arena arena; /* names of columns */
	struct crm_slice header_line;
	struct crm_str reason;
};

static struct crm_reader *reader_new(struct crm_input *input)
{
	struct crm_reader *r = crm_calloc(1, sizeof(*r));

	r->input = input;
	r->reason = (struct crm_str)CRM_STR_INIT;
	r->item = (struct crm_item)CRM_ITEM_INIT;
	return r;
}

struct crm_reader *crm_reader_csv(struct crm_input *input, char delimiter, char quote)
{
	struct crm_reader *r = reader_new(input);

	r->csv = crm_csv_new(input, delimiter, quote);
	return r;
}

struct crm_reader *crm_reader_json(struct crm_input *input, const char *const *each, size_t n_each)
{
	struct crm_reader *r = reader_new(input);

	r->documents = crm_documents_new(input, each, n_each);
	return r;
}

struct crm_reader *crm_reader_syntax(struct crm_input *input, const struct crm_syntax *syntax)
{
	struct crm_reader *r = reader_new(input);

	if (syntax->limit)
		crm_input_set_limit(input, syntax->limit);
	r->syntax = syntax;
	r->state = syntax->open(input);
	return r;
}

struct crm_reader *crm_reader_xlsx(struct crm_input *input, const char *sheet, struct crm_err *err)
{
	struct crm_xlsx *xlsx = crm_xlsx_new(input, sheet, err);
	struct crm_reader *r = xlsx ? reader_new(input) : NULL;

	if (r)
		r->xlsx = xlsx;
	return r;
}

void crm_reader_free(struct crm_reader *r)
{
	if (!r)
		return;
	crm_csv_free(r->csv);
	crm_xlsx_free(r->xlsx);
	crm_documents_free(r->documents);
	if (r->syntax)
		r->syntax->close(r->state);
	crm_item_release(&r->item);
	crm_json_doc_release(&r->doc);
	free(r->complete);
	crm_arena_release(&r->arena);
	crm_str_release(&r->reason);
	free(r->columns);
	free(r);
}

/* The names given so far, so that a header of thousands takes no quadratic time. */
struct names {
	struct crm_table by_name; /* the columns, by their names */
	uint32_t *repeats;        /* of each column: how often its name came again */
};

/* The column of this name; r->n_columns: none. */
static size_t column_named(const struct crm_reader *r, const struct names *names,
			   const struct crm_str *name)
{
	uint64_t hash = crm_hash64(name->ptr, name->len);

	for (struct crm_probe p = crm_table_probe(&names->by_name, hash);
	     crm_table_next(&names->by_name, &p);)
		if (crm_slice_same(r->columns[p.index], crm_str_slice(name)))
			return p.index;
	return r->n_columns;
}

static void set_column(struct crm_reader *r, struct names *names, size_t i, struct crm_slice name)
{
	struct crm_str unique = CRM_STR_INIT;
	size_t first, same;

	crm_str_add(&unique, name.ptr, name.len);
	if (!name.len)
		crm_str_addf(&unique, "column %zu", i + 1);
	first = same = column_named(r, names, &unique);
	while (same < r->n_columns) {
		crm_str_clear(&unique);
		crm_str_add(&unique, name.ptr, name.len);
		crm_str_addf(&unique, " (%u)", ++names->repeats[first] + 1);
		same = column_named(r, names, &unique);
	}
	r->columns[i].ptr = crm_arena_strndup(&r->arena, unique.ptr, unique.len);
	r->columns[i].len = unique.len;
	crm_table_add(&names->by_name, crm_hash64(unique.ptr, unique.len), (uint32_t)i);
	crm_str_release(&unique);
}

static void set_columns(struct crm_reader *r, const struct crm_slice *list, size_t n)
{
	struct names names = {CRM_TABLE_INIT, crm_calloc(n, sizeof(*names.repeats))};

	r->n_columns = n;
	r->columns = crm_calloc(n, sizeof(*r->columns));
	for (size_t i = 0; i < n; i++)
		set_column(r, &names, i, crm_slice_trim(list[i]));
	crm_table_release(&names.by_name);
	free(names.repeats);
}

/* The next row of a table, whatever its width; *n gets it. */
static enum crm_read next_fields(struct crm_reader *r, struct crm_row *row, size_t *n)
{
	enum crm_read got = r->xlsx ? crm_xlsx_next(r->xlsx) : crm_csv_next(r->csv);

	if (got != CRM_READ_OK && got != CRM_READ_BAD)
		return got;
	row->bytes = r->xlsx ? crm_xlsx_bytes(r->xlsx) : crm_input_record(r->input);
	row->line = r->xlsx ? crm_xlsx_line(r->xlsx) : crm_input_line_number(r->input);
	row->reason = r->xlsx ? crm_xlsx_reason(r->xlsx) : crm_csv_reason(r->csv);
	if (got == CRM_READ_OK)
		row->fields = r->xlsx ? crm_xlsx_fields(r->xlsx, n) : crm_csv_fields(r->csv, n);
	return got;
}

enum crm_status crm_reader_take_header(struct crm_reader *r, struct crm_err *err)
{
	struct crm_row row = {0};
	enum crm_read got;
	struct crm_slice line;
	size_t n;

	do
		got = next_fields(r, &row, &n);
	while (got == CRM_READ_WAIT);
	if (got == CRM_READ_FAILED) {
		*err = *crm_reader_err(r);
		return err->status;
	}
	if (got == CRM_READ_END)
		return crm_fail(err, CRM_DATA, "is empty: there is no header");
	if (got == CRM_READ_BAD)
		return crm_fail(err, CRM_DATA, "the header (line %lld) cannot be read: %s",
				(long long)row.line, row.reason);
	if (n > CRM_COLUMNS_MAX)
		return crm_fail(err, CRM_DATA, "the header has %zu columns: more than %d", n,
				CRM_COLUMNS_MAX);
	line = crm_slice_trim(row.bytes);
	if (crm_utf8_valid(line.ptr, line.len) != line.len)
		return crm_fail(err, CRM_DATA, "the header (line 1) is not UTF-8; say --encoding");
	r->header_line =
		(struct crm_slice){crm_arena_strndup(&r->arena, line.ptr, line.len), line.len};
	set_columns(r, row.fields, n);
	return CRM_OK;
}

void crm_reader_set_header(struct crm_reader *r, const char *const *names, size_t n)
{
	struct crm_slice *list = crm_calloc(n, sizeof(*list));

	for (size_t i = 0; i < n; i++)
		list[i] = crm_slice_of(names[i]);
	set_columns(r, list, n);
	free(list);
	if (r->xlsx)
		crm_xlsx_widen(r->xlsx, n); /* empty cells at the end are not written */
}

void crm_reader_set_optional(struct crm_reader *r, size_t n)
{
	r->optional = n < r->n_columns ? n : 0;
	free(r->complete);
	r->complete = crm_calloc(r->n_columns, sizeof(*r->complete));
}

const struct crm_slice *crm_reader_columns(const struct crm_reader *r, size_t *n)
{
	*n = r->n_columns;
	return r->columns;
}

struct crm_slice crm_reader_header_line(const struct crm_reader *r)
{
	return r->header_line;
}

static bool all_blank(const struct crm_slice *fields, size_t from, size_t n)
{
	for (size_t i = from; i < n; i++)
		if (crm_slice_trim(fields[i]).len)
			return false;
	return true;
}

static enum crm_read next_of_table(struct crm_reader *r, struct crm_row *row)
{
	enum crm_read got;
	size_t n, valid;

	do {
		got = next_fields(r, row, &n);
		if (got != CRM_READ_OK)
			return got;
	} while (n == 1 && r->n_columns > 1 && all_blank(row->fields, 0, 1)); /* blanks only */
	valid = crm_utf8_valid(row->bytes.ptr, row->bytes.len);
	if (valid != row->bytes.len) {
		crm_str_clear(&r->reason);
		crm_str_addf(&r->reason, "not UTF-8 at byte %zu of the record; say --encoding",
			     valid + 1);
		row->reason = r->reason.ptr;
		return CRM_READ_BAD;
	}
	if (n < r->n_columns && n + r->optional >= r->n_columns) {
		for (size_t i = 0; i < r->n_columns; i++)
			r->complete[i] = i < n ? row->fields[i] : (struct crm_slice){"", 0};
		row->fields = r->complete;
		return CRM_READ_OK;
	}
	if (n < r->n_columns || (n > r->n_columns && !all_blank(row->fields, r->n_columns, n))) {
		crm_str_clear(&r->reason);
		crm_str_addf(&r->reason, "has %zu fields where the header has %zu", n,
			     r->n_columns);
		row->reason = r->reason.ptr;
		return CRM_READ_BAD;
	}
	return CRM_READ_OK;
}

static enum crm_read next_json(struct crm_reader *r, struct crm_row *row)
{
	enum crm_read got = crm_documents_next(r->documents);

	if (got != CRM_READ_OK && got != CRM_READ_BAD)
		return got;
	row->bytes = crm_documents_bytes(r->documents);
	row->line = crm_documents_line(r->documents);
	row->reason = crm_documents_reason(r->documents);
	row->doc = crm_documents_doc(r->documents);
	return got;
}

static enum crm_read next_item(struct crm_reader *r, struct crm_row *row)
{
	enum crm_read got;

	crm_item_clear(&r->item);
	got = r->syntax->next(r->state, &r->item);
	if (got != CRM_READ_OK && got != CRM_READ_BAD)
		return got;
	row->bytes = r->item.bytes.ptr ? r->item.bytes : crm_input_record(r->input);
	row->line = r->item.line;
	row->reason = r->item.reason;
	row->whole = true;
	row->blobs = r->item.blobs;
	row->n_blobs = r->item.n_blobs;
	row->doc = &r->doc;
	if (crm_input_unusable(r->input)) {
		row->reason = crm_input_unusable(r->input);
		return CRM_READ_BAD;
	}
	if (got == CRM_READ_OK
	    && crm_json_scan(&r->doc, r->item.json.ptr, r->item.json.len) != CRM_OK) {
		row->reason = r->doc.error;
		return CRM_READ_BAD;
	}
	return got;
}

enum crm_read crm_reader_next(struct crm_reader *r, struct crm_row *row)
{
	*row = (struct crm_row){.file = crm_input_file(r->input),
				.several = crm_input_is_several(r->input)};
	if (r->syntax)
		return next_item(r, row);
	return r->documents ? next_json(r, row) : next_of_table(r, row);
}

const struct crm_err *crm_reader_err(const struct crm_reader *r)
{
	return r->xlsx ? crm_xlsx_err(r->xlsx) : crm_input_err(r->input);
}

const char *crm_reader_sheet(const struct crm_reader *r)
{
	size_t n = 0;
	const char *name = r->xlsx ? crm_xlsx_sheet(r->xlsx, &n) : NULL;

	return n > 1 ? name : NULL;
}
