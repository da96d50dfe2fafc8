/* SPDX-License-Identifier: MIT */
/* JSON values, one at a time, with the place each came from. */
#include "ingest/documents.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SCRIPT_MAX 200 /* bytes of `window.NAME = ` */
#define READ_AGAIN_MAX ((size_t)64 * 1024 * 1024)

struct crm_documents {
	struct crm_input *input;
	enum {
		UNDECIDED,
		LINES,
		SPREAD
	} form;
	bool done;
	int64_t depth;     /* of the document at hand, after the lines taken */
	bool whole;        /* its brackets are closed */
	size_t read_again; /* bytes */
	struct crm_json_doc doc;
	int64_t line;
	const char *reason;
};

struct crm_documents *crm_documents_new(struct crm_input *input, const char *const *each,
					size_t n_each)
{
	struct crm_documents *d = crm_calloc(1, sizeof(*d));

	(void)each, (void)n_each;
	d->input = input;
	return d;
}

void crm_documents_free(struct crm_documents *d)
{
	if (!d)
		return;
	crm_json_doc_release(&d->doc);
	free(d);
}

/* How deep it is after line, depth deep before it; strings are skipped, and end with their
 * line at the latest. Only finds out how far a document goes: whether it is one,
 * crm_json_scan tells. */
static int64_t depth_after(int64_t depth, struct crm_slice line)
{
	bool quoted = false, escaped = false;

	for (size_t i = 0; i < line.len; i++) {
		char c = line.ptr[i];

		if (escaped)
			escaped = false;
		else if (quoted)
			escaped = c == '\\', quoted = c != '"';
		else if (c == '"')
			quoted = true;
		else if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
	}
	return depth;
}

static bool is_blank(struct crm_slice s)
{
	return crm_slice_trim(s).len == 0;
}

static enum crm_read refuse(struct crm_documents *d, const char *reason)
{
	d->reason = reason;
	d->done = true;
	return CRM_READ_BAD;
}

/* Takes lines until they hold a document. */
static enum crm_read take(struct crm_documents *d)
{
	struct crm_slice line;
	enum crm_read got;

	if (!crm_input_record(d->input).len) /* else a pipe was waited for */
		d->depth = 0;
	d->whole = true;
	while ((got = crm_input_line(d->input, &line)) == CRM_READ_OK) {
		bool first = crm_input_record(d->input).len == line.len;

		if (first && is_blank(line)) {
			crm_input_done(d->input);
			continue;
		}
		if (d->form == LINES || (d->depth = depth_after(d->depth, line)) <= 0)
			return CRM_READ_OK;
		/* in JSON lines a torn line must not swallow the next ones */
		if (d->form == UNDECIDED && !first)
			d->form = SPREAD;
	}
	d->whole = false;
	if (got == CRM_READ_END && crm_input_record(d->input).len)
		return CRM_READ_OK; /* torn: scanning will say so */
	if (got == CRM_READ_BAD)
		return refuse(d, "longer than 16 MiB");
	return got;
}

/* A document without an end has swallowed all that follows: the next one is taken to begin
 * where a line begins as it does. A file of nothing else is read line by line in the end,
 * since all of it is read again each time. */
static void resume(struct crm_documents *d, struct crm_slice text)
{
	const char *p = text.ptr, *end = text.ptr + text.len;
	int64_t lines = 0;

	do {
		while (p < end && *p != '\n' && *p != '\r')
			p++;
		p += p + 1 < end && p[0] == '\r' && p[1] == '\n' ? 2 : p < end;
		lines++;
	} while (p < end && *p != text.ptr[0]);
	crm_input_retry(d->input, lines);
	d->read_again += text.len;
	d->form = d->read_again > READ_AGAIN_MAX ? LINES : UNDECIDED;
}

size_t crm_documents_script(struct crm_slice text)
{
	static const char window[] = "window.";
	size_t i = sizeof(window) - 1;

	if (text.len <= i || memcmp(text.ptr, window, i) != 0)
		return 0;
	while (i < text.len && i < SCRIPT_MAX && !strchr("=\n\"{[", text.ptr[i]))
		i++;
	return i < text.len && text.ptr[i] == '=' ? i + 1 : 0;
}

static enum crm_read open_document(struct crm_documents *d)
{
	struct crm_slice text = crm_input_record(d->input);
	size_t script = crm_documents_script(text);

	text = (struct crm_slice){text.ptr + script, text.len - script};
	d->line = crm_input_line_number(d->input);
	if (crm_json_scan(&d->doc, text.ptr, text.len) != CRM_OK) {
		if (!d->whole)
			resume(d, text);
		return refuse(d, d->doc.error);
	}
	if (d->form == UNDECIDED)
		d->form = LINES;
	d->done = true;
	return CRM_READ_OK;
}

enum crm_read crm_documents_next(struct crm_documents *d)
{
	enum crm_read got;

	if (d->done) {
		crm_input_done(d->input);
		d->done = false;
	}
	got = take(d);
	return got == CRM_READ_OK ? open_document(d) : got;
}

const struct crm_json_doc *crm_documents_doc(const struct crm_documents *d)
{
	return &d->doc;
}

struct crm_slice crm_documents_bytes(const struct crm_documents *d)
{
	return crm_input_record(d->input);
}

int64_t crm_documents_line(const struct crm_documents *d)
{
	return d->line;
}

const char *crm_documents_reason(const struct crm_documents *d)
{
	return d->reason;
}
