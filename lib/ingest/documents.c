/* SPDX-License-Identifier: MIT */
/* JSON documents, one at a time, with the place each came from. */
#include "ingest/documents.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SCRIPT_MAX 200 /* bytes of the name before a document */
#define READ_AGAIN_MAX ((size_t)64 * 1024 * 1024)

struct crm_documents {
	struct crm_input *input;
	struct crm_split *split;
	bool splitting;
	enum {
		UNDECIDED,
		LINES,
		SPREAD
	} form;
	int64_t depth;     /* of the document at hand, after the lines taken */
	bool whole;        /* its brackets are closed */
	bool several;      /* it is of more than one line */
	bool taken;        /* the record at hand has been given */
	size_t read_again; /* bytes */
	size_t held;       /* bytes of a large document when its splitting began */
	struct crm_json_doc doc;
	int64_t line;
	const char *reason;
};

struct crm_documents *crm_documents_new(struct crm_input *input, const char *const *each,
					size_t n_each)
{
	struct crm_documents *d = crm_calloc(1, sizeof(*d));

	d->input = input;
	d->split = crm_split_new(input, each, n_each);
	return d;
}

void crm_documents_free(struct crm_documents *d)
{
	if (!d)
		return;
	crm_split_free(d->split);
	crm_json_doc_release(&d->doc);
	free(d);
}

void crm_documents_set_sizes(struct crm_documents *d, const struct crm_split_sizes *sizes)
{
	crm_split_set_sizes(d->split, sizes);
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

/* Blanks, and perhaps the semicolon behind a document that was a statement. */
static bool is_blank(struct crm_slice s)
{
	s = crm_slice_trim(s);
	return !s.len || crm_slice_is(s, ";");
}

static bool is_letter(char c)
{
	return ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c == '$';
}

static size_t blanks(struct crm_slice s, size_t at)
{
	while (at < s.len && (s.ptr[at] == ' ' || s.ptr[at] == '\t'))
		at++;
	return at;
}

size_t crm_documents_script(struct crm_slice text)
{
	size_t at = 0;

	if (!text.len || !is_letter(*text.ptr))
		return 0;
	while (at < text.len && at < SCRIPT_MAX
	       && (is_letter(text.ptr[at]) || text.ptr[at] == '.'
		   || (text.ptr[at] >= '0' && text.ptr[at] <= '9')))
		at++;
	at = blanks(text, at);
	if (at == text.len || text.ptr[at] != '=')
		return 0;
	at = blanks(text, at + 1);
	return at < text.len && (text.ptr[at] == '{' || text.ptr[at] == '[') ? at : 0;
}

static enum crm_read refuse(struct crm_documents *d, const char *reason)
{
	d->reason = reason;
	return CRM_READ_BAD;
}

/* Takes lines until they hold a document. CRM_READ_BAD: more than may be held. */
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
		d->several = !first;
		if (first)
			crm_input_drop(d->input, crm_documents_script(line));
		if (d->form == LINES || (d->depth = depth_after(d->depth, line)) <= 0)
			return CRM_READ_OK;
		/* in JSON lines a torn line must not swallow the next ones */
		if (d->form == UNDECIDED && !first)
			d->form = SPREAD;
	}
	d->whole = false;
	if (got == CRM_READ_END && crm_input_record(d->input).len)
		return CRM_READ_OK; /* torn: scanning will say so */
	return got;
}

/* Since what is torn is read again, a file of nothing else is read line by line in the end. */
static void read_again(struct crm_documents *d, size_t bytes)
{
	d->read_again += bytes;
	d->form = d->read_again > READ_AGAIN_MAX ? LINES : UNDECIDED;
}

/* A document without an end has swallowed all that follows: the next one is taken to begin
 * where a line begins as it does. */
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
	read_again(d, text.len);
}

/* The document without the semicolon behind it. */
static struct crm_slice without_semicolon(struct crm_slice text)
{
	struct crm_slice trimmed = crm_slice_trim(text);

	if (trimmed.len < 2 || trimmed.ptr[trimmed.len - 1] != ';')
		return text;
	trimmed.len--;
	return trimmed;
}

static enum crm_read open_document(struct crm_documents *d)
{
	struct crm_slice text = crm_input_record(d->input), bare = without_semicolon(text);

	d->line = crm_input_line_number(d->input);
	d->taken = true;
	if (crm_json_scan(&d->doc, bare.ptr, bare.len) != CRM_OK) {
		if (!d->whole)
			resume(d, text);
		return refuse(d, d->doc.error);
	}
	if (d->form == UNDECIDED)
		d->form = d->several ? SPREAD : LINES;
	return CRM_READ_OK;
}

/* What was taken is but the beginning of a document. */
static void begin_split(struct crm_documents *d)
{
	crm_input_drop(d->input, crm_documents_script(crm_input_record(d->input)));
	d->splitting = true;
	d->line = crm_input_line_number(d->input);
	d->held = crm_input_record(d->input).len;
	crm_split_begin(d->split, d->form == LINES);
}

static void end_split(struct crm_documents *d)
{
	d->splitting = false;
	if (d->form == LINES)
		return;
	if (crm_split_is_broken(d->split))
		read_again(d, d->held);
	else if (d->form == UNDECIDED)
		d->form = crm_input_line_number(d->input) == d->line ? LINES : SPREAD;
}

enum crm_read crm_documents_next(struct crm_documents *d)
{
	enum crm_read got;

	for (;;) {
		if (d->splitting && (got = crm_split_next(d->split, &d->doc)) != CRM_READ_END)
			return got;
		if (d->splitting)
			end_split(d);
		if (d->taken)
			crm_input_done(d->input);
		d->taken = false;
		got = take(d);
		if (got == CRM_READ_OK)
			return open_document(d);
		if (got != CRM_READ_BAD)
			return got;
		begin_split(d);
	}
}

const struct crm_json_doc *crm_documents_doc(const struct crm_documents *d)
{
	return &d->doc;
}

struct crm_slice crm_documents_bytes(const struct crm_documents *d)
{
	return d->splitting ? crm_split_bytes(d->split) : crm_input_record(d->input);
}

int64_t crm_documents_line(const struct crm_documents *d)
{
	return d->splitting ? crm_split_line(d->split) : d->line;
}

const char *crm_documents_reason(const struct crm_documents *d)
{
	return d->splitting ? crm_split_reason(d->split) : d->reason;
}
