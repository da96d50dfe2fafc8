/* SPDX-License-Identifier: MIT */
/*
 * Rows on their way out. Sources of truth: RFC 4180 for CSV, OWASP "CSV Injection" for
 * the cells that get an apostrophe, RFC 8259 for JSON, and a reader's eye for tables.
 */
#include "report/rows.h"

#include <math.h>

#include "base/columns.h"
#include "base/json.h"
#include "base/utf8.h"
#include "tap.h"

#include <locale.h>

static struct crm_cell text(const char *s)
{
	return (struct crm_cell){.type = CRM_CELL_TEXT, .s = crm_slice_of(s)};
}

static struct crm_cell number(int64_t i)
{
	return (struct crm_cell){.type = CRM_CELL_INT, .i = i};
}

static struct crm_cell real(double x)
{
	return (struct crm_cell){.type = CRM_CELL_REAL, .x = x};
}

/* One column, one cell, in a format; without the header. */
static void is_cell(enum crm_rows_format format, struct crm_cell cell, const char *want,
		    const char *title)
{
	static const struct crm_rows_field field = {"x", -1};
	struct crm_str out = CRM_STR_INIT;
	struct crm_rows *rows = crm_rows_new(format, &out);
	const char *body;

	crm_rows_begin(rows, &field, 1);
	crm_rows_add(rows, &cell);
	crm_rows_end(rows);
	body = format == CRM_ROWS_JSONL ? out.ptr : strchr(out.ptr, '\n') + 1;
	is_str(body, want, title);
	crm_rows_free(rows);
	crm_str_release(&out);
}

static void csv(void)
{
	static const struct {
		const char *in, *out, *title;
	} t[] = {
		{"plain", "plain\r\n", "plain text"},
		{"a,b", "\"a,b\"\r\n", "a comma is quoted"},
		{"say \"hi\"", "\"say \"\"hi\"\"\"\r\n", "quotes are doubled"},
		{"two\nlines", "\"two\nlines\"\r\n", "a newline is quoted"},
		{"", "\"\"\r\n", "the empty text is not NULL"},
		{" x ", "\" x \"\r\n", "blanks at the ends are kept by quotes"},
		{"=1+1", "'=1+1\r\n", "= begins a formula"},
		{"=HYPERLINK(\"http://x\",\"y\")",
		 "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"\r\n", "a formula with quotes"},
		{"+SUM(A1)", "'+SUM(A1)\r\n", "+ begins a formula"},
		{"-2+3", "'-2+3\r\n", "- begins a formula"},
		{"@SUM", "'@SUM\r\n", "@ begins a formula"},
		{"\t=1", "\"'\t=1\"\r\n", "so does a tab"},
		{"\r=1", "\"'\r=1\"\r\n", "and a carriage return"},
		{"\xEF\xBC\x9D"
		 "1",
		 "'\xEF\xBC\x9D"
		 "1\r\n",
		 "and a full-width ="},
		{"+4930123456", "+4930123456\r\n", "a phone number is a plain number"},
		{"-19.99", "-19.99\r\n", "so is an amount"},
		{"-1.2.3", "'-1.2.3\r\n", "this is none"},
		{"a=b", "a=b\r\n", "= inside is harmless"},
		{"\x1b[2Jx", "\xEF\xBF\xBD[2Jx\r\n", "ESC is not obeyed"},
		{"a\xC2\x9B"
		 "2J",
		 "a\xEF\xBF\xBD"
		 "2J\r\n",
		 "nor CSI as U+009B"},
		{"a\x9B"
		 "2J\xC3",
		 "a\xEF\xBF\xBD"
		 "2J\xEF\xBF\xBD\r\n",
		 "nor a bare byte of it, nor a torn character"},
		{"J\xC3\xB6rg \xE2\x80\x8F\xD7\x90", "J\xC3\xB6rg \xE2\x80\x8F\xD7\x90\r\n",
		 "letters stay as they are, and marks of direction"},
	};
	struct crm_cell null = {.type = CRM_CELL_NULL};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		is_cell(CRM_ROWS_CSV, text(t[i].in), t[i].out, t[i].title);
	is_cell(CRM_ROWS_CSV, null, "\r\n", "NULL is nothing");
	is_cell(CRM_ROWS_CSV, number(-5), "-5\r\n", "a number is no text");
}

static void json(void)
{
	struct crm_cell blob = {.type = CRM_CELL_BLOB, .s = {"\0\xFF", 2}};
	struct crm_cell nul = {.type = CRM_CELL_TEXT, .s = {"a\0b", 3}};

	is_cell(CRM_ROWS_JSONL, number(9007199254740993), "{\"x\":9007199254740993}\n",
		"2^53 + 1 keeps its last digit");
	is_cell(CRM_ROWS_JSONL, number(INT64_MIN), "{\"x\":-9223372036854775808}\n",
		"so does the least integer");
	is_cell(CRM_ROWS_JSONL, real(0.1), "{\"x\":0.1}\n", "0.1 is 0.1");
	is_cell(CRM_ROWS_JSONL, real(0.1 + 0.2), "{\"x\":0.30000000000000004}\n",
		"0.1 + 0.2 is not 0.3, and can be read back");
	is_cell(CRM_ROWS_JSONL, real(INFINITY), "{\"x\":null}\n", "JSON has no infinity");
	is_cell(CRM_ROWS_JSONL, blob, "{\"x\":\"00ff\"}\n", "a blob is hexadecimal");
	is_cell(CRM_ROWS_JSONL, nul, "{\"x\":\"a\\u0000b\"}\n", "NUL is kept");
	is_cell(CRM_ROWS_JSONL, text("\xFFz\xC3"), "{\"x\":\"\xEF\xBF\xBDz\xEF\xBF\xBD\"}\n",
		"what is no UTF-8 becomes U+FFFD");
}

static void names(void)
{
	static const struct crm_rows_field fields[] = {{"a", -1}, {"a_2", -1}, {"a", -1}, {"m", 1}};
	struct crm_cell cells[] = {number(1), text("EUR"), number(3), text("9.99")};
	struct crm_str out = CRM_STR_INIT;
	struct crm_rows *rows = crm_rows_new(CRM_ROWS_JSONL, &out);

	crm_rows_prefix(rows, "\"type\":\"metric\"");
	crm_rows_begin(rows, fields, 4);
	crm_rows_add(rows, cells);
	crm_rows_end(rows);
	is_str(out.ptr,
	       "{\"type\":\"metric\",\"a\":1,\"a_2\":\"EUR\",\"a_3\":3,"
	       "\"m\":{\"amount\":\"9.99\",\"currency\":\"EUR\"}}\n",
	       "prefix, names made unique, money");
	crm_rows_free(rows);
	crm_str_release(&out);
}

static void table(void)
{
	static const struct crm_rows_field fields[] = {{"name", -1}, {"n", -1}};
	struct crm_str out = CRM_STR_INIT;
	struct crm_rows *rows = crm_rows_new(CRM_ROWS_TABLE, &out);
	bool fits = true;

	crm_rows_width(rows, 20);
	crm_rows_begin(rows, fields, 2);
	crm_rows_add(rows, (struct crm_cell[]){text("\xE7\x8E\x8B\xE5\xB0\x8F"), number(12345)});
	crm_rows_add(rows, (struct crm_cell[]){text("\033[2Jx"), real(2.5)});
	crm_rows_add(rows, (struct crm_cell[]){text("a name that is too long"), number(1)});
	crm_rows_end(rows);
	is_str(out.ptr,
	       "name               n\n"
	       "\xE7\x8E\x8B\xE5\xB0\x8F           12345\n"
	       "\xEF\xBF\xBD[2Jx            2.5\n"
	       "a name that \xE2\x80\xA6      1\n",
	       "wide characters, an escape sequence, a cut name");
	for (char *line = strtok(out.ptr, "\n"); line; line = strtok(NULL, "\n"))
		fits = fits && crm_utf8_width(crm_slice_of(line)) <= 20;
	ok(fits, "no line is wider than the terminal");
	crm_rows_free(rows);
	crm_str_release(&out);
}

static void upright(void)
{
	static const struct crm_rows_field fields[] = {
		{"first_column", -1}, {"second", -1}, {"n", -1}};
	struct crm_str out = CRM_STR_INIT;
	struct crm_rows *rows = crm_rows_new(CRM_ROWS_TABLE, &out);

	crm_rows_width(rows, 20);
	crm_rows_begin(rows, fields, 3);
	crm_rows_add(rows, (struct crm_cell[]){text("ab"), text("a long text here"), number(7)});
	crm_rows_add(rows, (struct crm_cell[]){text("cd"), text(""), number(8)});
	crm_rows_end(rows);
	is_str(out.ptr,
	       "first_column  ab\n"
	       "second        a long\n"
	       "              text\n"
	       "              here\n"
	       "n             7\n"
	       "\n"
	       "first_column  cd\n"
	       "second\n"
	       "n             8\n",
	       "a table whose names do not fit stands upright");
	crm_rows_free(rows);
	crm_str_release(&out);
}

/* Rows after those that decided the widths. */
static void long_table(void)
{
	static const struct crm_rows_field fields[] = {{"n", -1}};
	struct crm_str out = CRM_STR_INIT;
	struct crm_rows *rows = crm_rows_new(CRM_ROWS_TABLE, &out);
	int lines = 0;

	crm_rows_begin(rows, fields, 1);
	for (int i = 0; i < 2500; i++) {
		struct crm_cell cell = number(i * 1000);

		crm_rows_add(rows, &cell);
	}
	crm_rows_end(rows);
	for (const char *p = out.ptr; (p = strchr(p, '\n')); p++)
		lines++;
	is_int(lines, 2501, "a long table has a header and all rows");
	ok(strstr(out.ptr, "\n2499000\n") != NULL, "a wider number later is not cut");
	crm_rows_free(rows);
	crm_str_release(&out);
}

static void wrap(void)
{
	struct crm_str out = CRM_STR_INIT;

	crm_columns_wrap(&out, crm_slice_of("one two three four"), 2, 12, 0);
	is_str(out.ptr, "one two\n  three four", "text wraps at blanks, indented");
	crm_str_clear(&out);
	crm_columns_wrap(&out, crm_slice_of("abcdefghijklmnop"), 0, 10, 0);
	is_str(out.ptr, "abcdefghij\nklmnop", "a long word is broken");
	crm_str_clear(&out);
	crm_columns_wrap(&out, crm_slice_of("one two three four five"), 0, 10, 2);
	is_str(out.ptr, "one two\nthree fou\xE2\x80\xA6", "too many lines end in an ellipsis");
	crm_str_clear(&out);
	crm_columns_wrap(&out,
			 crm_slice_of("a\xCC\x81\xE7\x8E\x8B\xE7\x8E\x8B\xE7\x8E\x8B\xE7\x8E\x8B"),
			 0, 8, 0);
	is_str(out.ptr, "a\xCC\x81\xE7\x8E\x8B\xE7\x8E\x8B\xE7\x8E\x8B\n\xE7\x8E\x8B",
	       "width counts columns: an accent none, a Chinese character two");
	crm_str_release(&out);
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	csv();
	json();
	names();
	table();
	upright();
	long_table();
	wrap();
	return done();
}
