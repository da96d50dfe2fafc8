/* SPDX-License-Identifier: MIT */
/* Any bytes as a CSV file. Every byte lies in exactly one record, set-aside line or blank
 * line; a record's fields are what RFC 4180, read by the few lines below, says they are. */
#include <string.h>

#include "check.h"
#include "file.h"
#include "ingest/csv.h"

static bool at_end(struct crm_slice s)
{
	return !s.len || *s.ptr == '\n' || *s.ptr == '\r';
}

/* Takes a field from the front of *s; false when a quote stands where none may. */
static bool take_field(struct crm_slice *s, char delimiter, struct crm_str *out)
{
	bool quoted = s->len && *s->ptr == '"';

	for (s->ptr += quoted, s->len -= quoted; s->len; s->ptr++, s->len--) {
		if (quoted && *s->ptr == '"') {
			if (s->len < 2 || s->ptr[1] != '"') {
				s->ptr++, s->len--;
				return at_end(*s) || *s->ptr == delimiter;
			}
			s->ptr++, s->len--;
		} else if (!quoted && (*s->ptr == delimiter || at_end(*s))) {
			return true;
		} else if (!quoted && *s->ptr == '"') {
			return false;
		}
		crm_str_addc(out, *s->ptr);
	}
	return !quoted;
}

static void same_fields(struct crm_slice record, char delimiter, const struct crm_slice *fields,
			size_t n)
{
	struct crm_str field = CRM_STR_INIT;
	size_t i = 0;

	for (;; record.ptr++, record.len--) { /* over a delimiter */
		crm_str_clear(&field);
		check(take_field(&record, delimiter, &field) && i < n);
		check(fields[i].len == field.len && !memcmp(fields[i].ptr, field.ptr, field.len));
		i++;
		if (at_end(record))
			break;
	}
	check(i == n && record.len <= 2);
	crm_str_release(&field);
}

struct place {
	struct crm_slice rest;
	int64_t line;
};

/* Goes n bytes on, and counts the lines that end in them. */
static void pass(struct place *at, size_t n)
{
	for (; n--; at->rest.ptr++, at->rest.len--) {
		bool crlf = at->rest.len > 1 && !memcmp(at->rest.ptr, "\r\n", 2);

		at->line += at_end(at->rest) && !crlf;
	}
}

static void pass_blank_lines(struct place *at)
{
	while (at->rest.len && at_end(at->rest))
		pass(at, 1);
}

static void read_all(struct crm_input *input, char delimiter, struct place at)
{
	struct crm_csv *csv = crm_csv_new(input, delimiter, '"');
	const struct crm_slice *fields;
	enum crm_read got;
	size_t n;

	while ((got = crm_csv_next(csv)) != CRM_READ_END) {
		struct crm_slice record = crm_input_record(input);

		check(got == CRM_READ_OK || got == CRM_READ_BAD);
		pass_blank_lines(&at);
		check(at.line == crm_input_line_number(input));
		check(record.len && record.len <= at.rest.len);
		check(!memcmp(record.ptr, at.rest.ptr, record.len));
		if (got == CRM_READ_OK) {
			fields = crm_csv_fields(csv, &n);
			same_fields(record, delimiter, fields, n);
		}
		pass(&at, record.len);
	}
	pass_blank_lines(&at);
	check(!at.rest.len);
	crm_csv_free(csv);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	bool marked = len >= 3 && !memcmp(bytes, "\xEF\xBB\xBF", 3);
	struct crm_slice text = {(const char *)bytes + 3 * marked, len - 3 * marked};
	struct crm_input *input;
	struct crm_err err;
	const char *path;
	int fd = file_of(bytes, len, &path);

	check(crm_input_open(&input, path, &err) == CRM_OK);
	check(crm_input_set_encoding(input, "UTF-8", &err) == CRM_OK);
	read_all(input, len % 2 ? ';' : ',', (struct place){text, 1});
	crm_input_close(input);
	close(fd);
	return 0;
}
