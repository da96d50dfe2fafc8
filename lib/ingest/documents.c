/* SPDX-License-Identifier: MIT */
/* JSON values, one at a time, with the place each came from. */
#include "ingest/documents.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct crm_documents {
	struct crm_input *input;
	const char *each;
	enum {
		UNDECIDED,
		LINES,
		SPREAD
	} form;
	bool done;
	struct crm_json_doc doc;
	const struct crm_json_value *array, *value; /* within doc; array NULL: value is alone */
	uint32_t next;                              /* element of array that comes next */
	int64_t line;
	const char *counted; /* up to where lines were counted for line */
	const char *reason;
};

struct crm_documents *crm_documents_new(struct crm_input *input, const char *each)
{
	struct crm_documents *d = crm_calloc(1, sizeof(*d));

	d->input = input;
	d->each = each;
	return d;
}

void crm_documents_free(struct crm_documents *d)
{
	if (!d)
		return;
	crm_json_doc_release(&d->doc);
	free(d);
}

/* Follows the brackets of text from *at on, strings skipped; true when depth comes back to
 * zero. Only finds out how far a document goes: whether it is one, crm_json_scan tells. */
struct balance {
	int depth;
	bool quoted, escaped;
};

static bool balanced(struct balance *b, struct crm_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (b->escaped)
			b->escaped = false;
		else if (b->quoted)
			b->escaped = c == '\\', b->quoted = c != '"';
		else if (c == '"')
			b->quoted = true;
		else if (c == '{' || c == '[')
			b->depth++;
		else if (c == '}' || c == ']')
			b->depth--;
	}
	return b->depth <= 0 && !b->quoted;
}

static bool is_blank(struct crm_slice s)
{
	return crm_slice_trim(s).len == 0;
}

static enum crm_read refuse(struct crm_documents *d, const char *reason)
{
	d->reason = reason;
	d->done = true;
	d->array = NULL;
	d->value = NULL;
	return CRM_READ_BAD;
}

/* Takes lines until they hold a document. */
static enum crm_read take(struct crm_documents *d)
{
	struct balance b = {0};
	struct crm_slice line;
	enum crm_read got;

	while ((got = crm_input_line(d->input, &line)) == CRM_READ_OK) {
		bool first = crm_input_record(d->input).len == line.len;

		if (first && is_blank(line)) {
			crm_input_done(d->input);
			continue;
		}
		if (d->form == LINES || balanced(&b, line))
			return CRM_READ_OK;
		/* in JSON lines a torn line must not swallow the next ones */
		if (d->form == UNDECIDED && !first)
			d->form = SPREAD;
	}
	if (got == CRM_READ_END && crm_input_record(d->input).len)
		return CRM_READ_OK; /* torn: scanning will say so */
	if (got == CRM_READ_BAD)
		return refuse(d, "longer than 16 MiB");
	return got;
}

static enum crm_read open_document(struct crm_documents *d)
{
	struct crm_slice text = crm_input_record(d->input);
	const struct crm_json_value *root;

	d->line = crm_input_line_number(d->input);
	d->counted = text.ptr;
	if (crm_json_scan(&d->doc, text.ptr, text.len) != CRM_OK) {
		if (d->form != LINES)
			crm_input_retry(d->input);
		return refuse(d, d->doc.error);
	}
	if (d->form == UNDECIDED)
		d->form = LINES;
	root = &d->doc.values[0];
	d->value = root;
	if (d->each && *d->each) {
		d->array = crm_json_pointer(&d->doc, root, d->each);
		if (!d->array || d->array->type != CRM_JSON_ARRAY)
			return refuse(d, "has no array of records where the channel says");
	} else {
		d->array = root->type == CRM_JSON_ARRAY ? root : NULL;
	}
	if (d->array)
		d->next = (uint32_t)(d->array - d->doc.values) + 1;
	return CRM_READ_OK;
}

/* Puts the next element in hand; false after the last. */
static bool next_element(struct crm_documents *d)
{
	if (!d->array || d->next >= d->array->next)
		return false;
	d->value = &d->doc.values[d->next];
	d->next = d->value->next;
	for (; d->counted < d->value->text.ptr; d->counted++)
		d->line += *d->counted == '\n';
	return true;
}

enum crm_read crm_documents_next(struct crm_documents *d)
{
	enum crm_read got;

	for (;;) {
		if (d->array && next_element(d))
			break;
		if (d->done || d->array) {
			crm_input_done(d->input);
			d->done = false;
			d->array = NULL;
		}
		if ((got = take(d)) != CRM_READ_OK || (got = open_document(d)) != CRM_READ_OK)
			return got;
		if (!d->array) {
			d->done = true;
			break;
		}
	}
	if (d->value->type != CRM_JSON_OBJECT) {
		d->reason = "not a JSON object";
		return CRM_READ_BAD;
	}
	return CRM_READ_OK;
}

const struct crm_json_value *crm_documents_value(const struct crm_documents *d,
						 const struct crm_json_doc **doc)
{
	*doc = &d->doc;
	return d->value;
}

struct crm_slice crm_documents_bytes(const struct crm_documents *d)
{
	if (!d->value)
		return crm_input_record(d->input);
	if (d->value->type == CRM_JSON_STRING) /* a slice without its quotes */
		return (struct crm_slice){d->value->text.ptr - 1, d->value->text.len + 2};
	return d->value->text;
}

int64_t crm_documents_line(const struct crm_documents *d)
{
	return d->line;
}

const char *crm_documents_reason(const struct crm_documents *d)
{
	return d->reason;
}
