/* SPDX-License-Identifier: MIT */
/* libcsv, line by line. The callbacks copy: what libcsv hands out is its own buffer. */
#include "ingest/csv.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct crm_csv {
	struct crm_input *input;
	struct csv_parser parser;
	bool done;           /* the record at hand was handed out */
	bool deaf;           /* libcsv is being reset: what it says does not count */
	bool row_end;        /* libcsv has seen the end of a row */
	struct crm_str text; /* of all fields, one after the other */
	size_t *ends;        /* where each ends in text */
	size_t n, cap_ends;
	struct crm_slice *fields;
	size_t cap_fields;
	const char *reason;
};

static int no_blank(unsigned char c)
{
	(void)c;
	return 0;
}

struct crm_csv *crm_csv_new(struct crm_input *input, char delimiter, char quote)
{
	struct crm_csv *csv = crm_calloc(1, sizeof(*csv));

	csv->input = input;
	csv->text = (struct crm_str)CRM_STR_INIT;
	csv_init(&csv->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL);
	csv_set_delim(&csv->parser, (unsigned char)delimiter);
	csv_set_quote(&csv->parser, (unsigned char)quote);
	csv_set_space_func(&csv->parser, no_blank); /* blanks are not trimmed */
	csv_set_blk_size(&csv->parser, 64 * 1024);
	return csv;
}

void crm_csv_free(struct crm_csv *csv)
{
	if (!csv)
		return;
	csv_free(&csv->parser);
	crm_str_release(&csv->text);
	free(csv->ends);
	free(csv->fields);
	free(csv);
}

static void on_field(void *field, size_t len, void *data)
{
	struct crm_csv *csv = data;

	if (csv->deaf)
		return;
	crm_str_add(&csv->text, field, len);
	CRM_GROW(csv->ends, csv->n + 1, csv->cap_ends);
	csv->ends[csv->n++] = csv->text.len;
}

static void on_row(int end, void *data)
{
	struct crm_csv *csv = data;

	(void)end;
	csv->row_end = true;
}

static void reset(struct crm_csv *csv)
{
	csv->deaf = true;
	csv_fini(&csv->parser, on_field, on_row, csv); /* leaves the parser as new */
	csv->deaf = false;
}

static enum crm_read bad(struct crm_csv *csv, const char *reason)
{
	reset(csv);
	crm_input_retry(csv->input, 1);
	csv->reason = reason;
	return CRM_READ_BAD;
}

static void begin(struct crm_csv *csv)
{
	crm_str_clear(&csv->text);
	csv->n = 0;
	csv->row_end = false;
}

/* The file ended within the record at hand. */
static enum crm_read at_end(struct crm_csv *csv)
{
	if (!crm_input_record(csv->input).len)
		return CRM_READ_END;
	if (csv_fini(&csv->parser, on_field, on_row, csv))
		return bad(csv, "a quote is not closed");
	return csv->row_end ? CRM_READ_OK : CRM_READ_END;
}

enum crm_read crm_csv_next(struct crm_csv *csv)
{
	struct crm_slice line;
	enum crm_read got;

	if (csv->done) {
		crm_input_done(csv->input);
		begin(csv);
		csv->done = false;
	}
	while ((got = crm_input_line(csv->input, &line)) == CRM_READ_OK) {
		if (csv_parse(&csv->parser, line.ptr, line.len, on_field, on_row, csv)
		    != line.len) {
			csv->done = true;
			return bad(csv, "a quote stands where none may");
		}
		if (csv->row_end) {
			csv->done = true;
			return CRM_READ_OK;
		}
		if (line.len <= 2 && (line.ptr[0] == '\n' || line.ptr[0] == '\r')
		    && crm_input_record(csv->input).len == line.len)
			crm_input_done(csv->input); /* a blank line */
	}
	if (got == CRM_READ_BAD) {
		csv->done = true;
		reset(csv);
		csv->reason = "longer than 16 MiB, or a quote is not closed";
		crm_input_retry(csv->input, 1);
		return CRM_READ_BAD;
	}
	if (got != CRM_READ_END)
		return got;
	csv->done = true;
	return at_end(csv);
}

const struct crm_slice *crm_csv_fields(const struct crm_csv *csv_, size_t *n)
{
	struct crm_csv *csv = (struct crm_csv *)csv_;
	size_t start = 0;

	CRM_GROW(csv->fields, csv->n, csv->cap_fields);
	for (size_t i = 0; i < csv->n; i++) {
		csv->fields[i] = (struct crm_slice){csv->text.ptr + start, csv->ends[i] - start};
		start = csv->ends[i];
	}
	*n = csv->n;
	return csv->fields;
}

const char *crm_csv_reason(const struct crm_csv *csv)
{
	return csv->reason;
}

/* Counts delimiters outside quotes, line by line; one that occurs equally often in every
 * line wins over one that is frequent. */
char crm_csv_sniff(struct crm_slice text, char quote)
{
	static const char candidates[] = ",;\t|";
	char best = ',';
	long best_score = 0;

	for (const char *c = candidates; *c; c++) {
		long first = -1, count = 0, lines = 0, same = 0, score;
		bool quoted = false;

		for (size_t i = 0; i < text.len && lines < 50; i++) {
			if (text.ptr[i] == quote)
				quoted = !quoted;
			else if (quoted)
				continue;
			else if (text.ptr[i] == *c)
				count++;
			else if (text.ptr[i] == '\n'
				 || (text.ptr[i] == '\r'
				     && (i + 1 == text.len || text.ptr[i + 1] != '\n'))) {
				first = first < 0 ? count : first;
				same += count == first;
				lines++;
				count = 0;
			}
		}
		if (first < 0) /* one line, without its end */
			first = count, same = lines = 1;
		score = first > 0 ? 1000 * same / (lines ? lines : 1) + (first < 100 ? first : 100)
				  : 0;
		if (score > best_score) {
			best_score = score;
			best = *c;
		}
	}
	return best;
}
