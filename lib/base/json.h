/* SPDX-License-Identifier: MIT */
/*
 * json: the one small interface behind which JSON lines are read and written.
 *
 * Reading: crm_json_scan checks a whole text against RFC 8259 and lays it out as a tape,
 * an array of values in document order that hold slices of the input. Nothing is
 * converted and nothing is allocated per value, so integers beyond 2^53 and amounts such
 * as 19.99 stay the digits they were. A text is refused when a library such as jansson
 * would refuse it (invalid UTF-8, lone surrogates, trailing bytes) and also when an
 * object has a key twice, since keeping either one would lose the other.
 *
 * Writing: crm_json_* append to a struct crm_str; commas are put in by looking at the
 * last byte written, so the caller only says what comes next.
 */
#ifndef CRM_JSON_H
#define CRM_JSON_H

#include "base/mem.h"
#include "base/status.h"
#include "base/str.h"

#define CRM_JSON_DEPTH 64 /* deeper nesting is refused */

enum crm_json_type {
	CRM_JSON_NULL,
	CRM_JSON_FALSE,
	CRM_JSON_TRUE,
	CRM_JSON_NUMBER,
	CRM_JSON_STRING,
	CRM_JSON_ARRAY,
	CRM_JSON_OBJECT
};

struct crm_json_value {
	enum crm_json_type type;
	bool escaped;          /* a string that holds backslashes */
	bool key_escaped;      /* so does its key */
	uint32_t next;         /* index of the value after this one and all it contains */
	uint32_t count;        /* members of an object, elements of an array */
	struct crm_slice key;  /* within an object: without quotes, as written */
	struct crm_slice text; /* as written: a string without its quotes, an object with
				* its braces */
};

struct crm_json_doc {
	struct crm_json_value *values; /* values[0] is the root */
	uint32_t n;
	size_t cap;
	size_t error_at;   /* after a failure: offset of the byte that does not fit */
	const char *error; /* and why: a static string */
};
#define CRM_JSON_DOC_INIT           \
	{                           \
		NULL, 0, 0, 0, NULL \
	}

/* Lays out text, which must stay in place while doc is used; doc may be reused. CRM_OK,
 * or CRM_DATA with doc->error and doc->error_at set. */
enum crm_status crm_json_scan(struct crm_json_doc *doc, const char *text, size_t len);
void crm_json_doc_release(struct crm_json_doc *doc);

/* The member of object called name, or NULL. Borrowed: valid until the next scan. */
const struct crm_json_value *crm_json_member(const struct crm_json_doc *doc,
					     const struct crm_json_value *object, const char *name);
/* The value at a JSON Pointer (RFC 6901) below from, or NULL. */
const struct crm_json_value *crm_json_pointer(const struct crm_json_doc *doc,
					      const struct crm_json_value *from,
					      const char *pointer);
/* Appends the text of a value: strings decoded (U+0000 becomes U+FFFD, since a NUL would
 * end a C string), all else as written. */
void crm_json_text(const struct crm_json_value *value, struct crm_str *out);
/* The same, in the arena; without value where value is NULL. */
struct crm_slice crm_json_keep(const struct crm_json_value *value, struct crm_arena *arena);

void crm_json_open(struct crm_str *out, char bracket);  /* '{' or '[' */
void crm_json_close(struct crm_str *out, char bracket); /* '}' or ']' */
/* A list that is only there when something is put into it: ended by what begin returned. */
size_t crm_json_list_begin(struct crm_str *out, const char *key);
void crm_json_list_end(struct crm_str *out, size_t begun);
void crm_json_key(struct crm_str *out, const char *key);
void crm_json_key_slice(struct crm_str *out, struct crm_slice key);
void crm_json_string(struct crm_str *out, struct crm_slice s); /* NULL ptr: null */
void crm_json_int(struct crm_str *out, int64_t n);
/* A number with up to digits significant ones; what is not finite becomes null. */
void crm_json_real(struct crm_str *out, double x, int digits);
void crm_json_bool(struct crm_str *out, bool yes);
void crm_json_raw(struct crm_str *out, struct crm_slice json); /* JSON, already written */
/* The same on one line: without the blanks and line ends between its parts. */
void crm_json_line(struct crm_str *out, struct crm_slice json);

/* key and value at once; a NULL s writes nothing at all. */
void crm_json_put(struct crm_str *out, const char *key, const char *s);
void crm_json_put_int(struct crm_str *out, const char *key, int64_t n);
/* Likewise; an empty slice, or a time of 0 (ms; RFC 3339, UTC), writes nothing. */
void crm_json_put_slice(struct crm_str *out, const char *key, struct crm_slice s);
void crm_json_put_time(struct crm_str *out, const char *key, int64_t ms);

#endif
