/* SPDX-License-Identifier: MIT */
/*
 * The three ways out of a table. Each format is a begin, an add and an end in the table
 * formats[]; a fourth format is another line of it.
 */
#include "report/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/columns.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

#define TABLE_SAMPLE 1000 /* rows that decide how wide a table's columns are */
#define TABLE_GAP 2
#define TABLE_NARROWEST 6 /* columns are not squeezed below that */

struct column {
	char *name;
	int currency;
	size_t width; /* table: so far the widest, the name included */
	size_t data;  /* table: the same without the name */
	bool text;    /* table: holds something that is no number: aligned to the left */
};

struct kept { /* table: a cell of the sample, in rows.sample */
	size_t at, len;
};

struct crm_rows {
	const struct format *format;
	struct crm_str *out, prefix;
	struct column *columns;
	size_t n, width;
	struct crm_str sample;
	struct kept *kept;
	size_t n_kept, cap_kept;
	bool sampled;
	bool upright; /* table: a line for each cell */
	size_t widest_name, told;
};

struct format {
	const char *name;
	void (*begin)(struct crm_rows *);
	void (*add)(struct crm_rows *, const struct crm_cell *);
	void (*end)(struct crm_rows *);
};

static void nothing(struct crm_rows *rows)
{
	(void)rows;
}

/* JSON lines */

static void json_money(struct crm_rows *r, const struct crm_cell *cells, size_t i)
{
	crm_json_open(r->out, '{');
	crm_json_key(r->out, "amount");
	crm_cell_json(&cells[i], r->out);
	crm_json_key(r->out, "currency");
	crm_cell_json(&cells[r->columns[i].currency], r->out);
	crm_json_close(r->out, '}');
}

static void json_add(struct crm_rows *r, const struct crm_cell *cells)
{
	crm_str_addc(r->out, '{');
	crm_str_add(r->out, r->prefix.ptr, r->prefix.len);
	for (size_t i = 0; i < r->n; i++) {
		crm_cell_string(crm_slice_of(r->columns[i].name), r->out);
		crm_str_addc(r->out, ':');
		if (r->columns[i].currency >= 0 && cells[i].type != CRM_CELL_NULL)
			json_money(r, cells, i);
		else
			crm_cell_json(&cells[i], r->out);
	}
	crm_str_adds(r->out, "}\n");
}

/* CSV */

/* What spreadsheets read as a number is no danger: +4930123456, -1.5. */
static bool is_plain_number(struct crm_slice s)
{
	size_t i = s.len && (s.ptr[0] == '+' || s.ptr[0] == '-'), digits = 0, dots = 0;

	for (; i < s.len; i++) {
		if (s.ptr[i] >= '0' && s.ptr[i] <= '9')
			digits++;
		else if (s.ptr[i] == '.' && digits && !dots)
			dots++;
		else
			return false;
	}
	return digits > 0;
}

static bool is_formula(struct crm_slice s)
{
	/* full-width = + - @, which some spreadsheets read as the ASCII ones */
	static const char *const wide[] = {"\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D",
					   "\xEF\xBC\xA0"};

	if (!s.len || is_plain_number(s))
		return false;
	if (memchr("=+-@\t\r\n", s.ptr[0], 7))
		return true;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (s.len >= 3 && !memcmp(s.ptr, wide[i], 3))
			return true;
	return false;
}

/* Would a terminal obey the character? C0 but white space, DEL, C1. */
static bool is_obeyed(const char *s)
{
	size_t used;
	uint32_t c = crm_utf8_decode(s, &used);

	return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || (c >= 0x7F && c < 0xA0);
}

static void csv_text(struct crm_str *out, struct crm_slice s)
{
	bool formula = is_formula(s), quote = !s.len || s.ptr[0] == ' ' || s.ptr[s.len - 1] == ' ';

	for (size_t i = 0; i < s.len && !quote; i++)
		quote = memchr(",\"\r\n\t", s.ptr[i], 5) != NULL;
	if (quote)
		crm_str_addc(out, '"');
	if (formula)
		crm_str_addc(out, '\'');
	for (size_t i = 0, n; i < s.len; i += n ? n : 1) {
		n = crm_utf8_length(s.ptr + i, s.len - i);
		if (s.ptr[i] == '"')
			crm_str_addc(out, '"');
		if (!n || is_obeyed(s.ptr + i))
			crm_str_adds(out, "\xEF\xBF\xBD");
		else
			crm_str_add(out, s.ptr + i, n);
	}
	if (quote)
		crm_str_addc(out, '"');
}

static void csv_begin(struct crm_rows *r)
{
	for (size_t i = 0; i < r->n; i++) {
		if (i)
			crm_str_addc(r->out, ',');
		csv_text(r->out, crm_slice_of(r->columns[i].name));
	}
	crm_str_adds(r->out, "\r\n");
}

static void csv_add(struct crm_rows *r, const struct crm_cell *cells)
{
	for (size_t i = 0; i < r->n; i++) {
		if (i)
			crm_str_addc(r->out, ',');
		if (cells[i].type == CRM_CELL_TEXT)
			csv_text(r->out, cells[i].s);
		else
			crm_cell_text(&cells[i], r->out);
	}
	crm_str_adds(r->out, "\r\n");
}

/* Table */

static size_t table_total(const struct crm_rows *r)
{
	size_t total = (r->n - 1) * TABLE_GAP;

	for (size_t i = 0; i < r->n; i++)
		total += r->columns[i].width;
	return total;
}

/* A number must not be cut, its heading may. */
static size_t table_narrowest(const struct column *c)
{
	return c->text || c->data < TABLE_NARROWEST ? TABLE_NARROWEST : c->data;
}

/* Takes columns from the widest one until the table fits. */
static void table_squeeze(struct crm_rows *r)
{
	while (r->width && table_total(r) > r->width) {
		struct column *widest = NULL;

		for (size_t i = 0; i < r->n; i++)
			if (r->columns[i].width > table_narrowest(&r->columns[i])
			    && (!widest || r->columns[i].width > widest->width))
				widest = &r->columns[i];
		if (!widest)
			break;
		widest->width--;
	}
}

/* A row as lines of name and value, for tables that are too wide to be read. */
static void upright_cell(struct crm_rows *r, size_t i, struct crm_slice s)
{
	if (!i && r->told++)
		crm_str_addc(r->out, '\n');
	crm_columns_pad(r->out, crm_slice_of(r->columns[i].name), r->widest_name + TABLE_GAP,
			CRM_LEFT);
	crm_columns_wrap(r->out, s, r->widest_name + TABLE_GAP, r->width, 0);
	crm_columns_trim(r->out);
	crm_str_addc(r->out, '\n');
}

/* So it is when the name of a column would have to be cut. */
static bool is_upright(struct crm_rows *r)
{
	bool cut = false;

	for (size_t i = 0; i < r->n; i++) {
		size_t width = crm_utf8_width(crm_slice_of(r->columns[i].name));

		cut = cut || r->columns[i].width < width;
		r->widest_name = width > r->widest_name ? width : r->widest_name;
	}
	return cut;
}

static void table_cell(struct crm_rows *r, size_t i, struct crm_slice s, bool header)
{
	struct column *c = &r->columns[i];
	enum crm_align align = c->text ? CRM_LEFT : CRM_RIGHT;

	if (r->upright) {
		upright_cell(r, i, s);
		return;
	}
	if (i)
		crm_str_add(r->out, "  ", TABLE_GAP);
	if (r->width && (c->text || header))
		crm_columns_fit(r->out, s, c->width, align);
	else
		crm_columns_pad(r->out, s, c->width, align);
	if (i + 1 == r->n) {
		crm_columns_trim(r->out);
		crm_str_addc(r->out, '\n');
	}
}

static void table_flush(struct crm_rows *r)
{
	if (r->sampled)
		return;
	r->sampled = true;
	table_squeeze(r);
	r->upright = is_upright(r);
	for (size_t i = 0; i < r->n && !r->upright; i++)
		table_cell(r, i, crm_slice_of(r->columns[i].name), true);
	for (size_t k = 0; k < r->n_kept; k++)
		table_cell(r, k % r->n,
			   (struct crm_slice){r->sample.ptr + r->kept[k].at, r->kept[k].len},
			   false);
}

static bool is_number(const struct crm_cell *cell)
{
	return cell->type == CRM_CELL_INT || cell->type == CRM_CELL_REAL
	       || cell->type == CRM_CELL_NULL;
}

/* Four decimals are enough for the eye; the other formats are exact. */
static void table_text(const struct crm_cell *cell, struct crm_str *out)
{
	double size = fabs(cell->x);

	if (cell->type != CRM_CELL_REAL || (size < 1e-3 && size > 0) || !(size < 1e15)) {
		crm_cell_text(cell, out);
		return;
	}
	crm_str_addf(out, "%.4f", cell->x);
	while (out->ptr[out->len - 1] == '0')
		out->ptr[--out->len] = '\0';
	if (out->ptr[out->len - 1] == '.')
		out->ptr[--out->len] = '\0';
}

static void table_keep(struct crm_rows *r, size_t i, const struct crm_cell *cell)
{
	size_t at = r->sample.len, width;

	table_text(cell, &r->sample);
	width = crm_utf8_width((struct crm_slice){r->sample.ptr + at, r->sample.len - at});
	if (width > r->columns[i].data)
		r->columns[i].data = width;
	if (width > r->columns[i].width)
		r->columns[i].width = width;
	if (!is_number(cell) && r->columns[i].currency < 0)
		r->columns[i].text = true;
	CRM_GROW(r->kept, r->n_kept + 1, r->cap_kept);
	r->kept[r->n_kept++] = (struct kept){at, r->sample.len - at};
}

static void table_begin(struct crm_rows *r)
{
	for (size_t i = 0; i < r->n; i++)
		r->columns[i].width = crm_utf8_width(crm_slice_of(r->columns[i].name));
}

static void table_add(struct crm_rows *r, const struct crm_cell *cells)
{
	struct crm_str text = CRM_STR_INIT;

	if (!r->sampled) {
		for (size_t i = 0; i < r->n; i++)
			table_keep(r, i, &cells[i]);
		if (r->n_kept == TABLE_SAMPLE * r->n)
			table_flush(r);
		return;
	}
	for (size_t i = 0; i < r->n; i++) {
		crm_str_clear(&text);
		table_text(&cells[i], &text);
		table_cell(r, i, crm_str_slice(&text), false);
	}
	crm_str_release(&text);
}

static const struct format formats[] = {
	[CRM_ROWS_JSONL] = {"jsonl", nothing, json_add, nothing},
	[CRM_ROWS_CSV] = {"csv", csv_begin, csv_add, nothing},
	[CRM_ROWS_TABLE] = {"table", table_begin, table_add, table_flush},
};

bool crm_rows_format_named(const char *name, enum crm_rows_format *format)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (!strcmp(formats[i].name, name)) {
			*format = (enum crm_rows_format)i;
			return true;
		}
	return false;
}

struct crm_rows *crm_rows_new(enum crm_rows_format format, struct crm_str *out)
{
	struct crm_rows *r = crm_calloc(1, sizeof(*r));

	r->format = &formats[format];
	r->out = out;
	r->prefix = r->sample = (struct crm_str)CRM_STR_INIT;
	return r;
}

void crm_rows_free(struct crm_rows *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++)
		free(r->columns[i].name);
	free(r->columns);
	free(r->kept);
	crm_str_release(&r->prefix);
	crm_str_release(&r->sample);
	free(r);
}

void crm_rows_prefix(struct crm_rows *r, const char *members)
{
	crm_str_clear(&r->prefix);
	crm_str_adds(&r->prefix, members);
}

void crm_rows_width(struct crm_rows *r, size_t width)
{
	r->width = width;
}

static bool name_taken(const struct crm_rows *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->columns[i].name, name))
			return true;
	return false;
}

/* A JSON object with a key twice loses one of them in most readers. */
static char *unique_name(const struct crm_rows *r, const char *name)
{
	struct crm_str s = CRM_STR_INIT;

	crm_str_adds(&s, name);
	for (int n = 2; name_taken(r, s.ptr); n++) {
		crm_str_clear(&s);
		crm_str_addf(&s, "%s_%d", name, n);
	}
	return crm_str_detach(&s);
}

void crm_rows_begin(struct crm_rows *r, const struct crm_rows_field *fields, size_t n)
{
	r->columns = crm_calloc(n, sizeof(*r->columns));
	for (r->n = 0; r->n < n; r->n++) {
		char *name = unique_name(r, fields[r->n].name);

		r->columns[r->n].name = name;
		r->columns[r->n].currency = fields[r->n].currency;
	}
	r->format->begin(r);
}

void crm_rows_add(struct crm_rows *r, const struct crm_cell *cells)
{
	r->format->add(r, cells);
}

void crm_rows_end(struct crm_rows *r)
{
	r->format->end(r);
}
