/* SPDX-License-Identifier: MIT */
/*
 * Posts as JSON. The fields of a post are gathered first, since a name may come again, and
 * then written.
 */
#include "ingest/form.h"

#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/table.h"
#include "base/utf8.h"
#include "ingest/multipart.h"
#include "norm/charset.h"

struct field {
	struct crm_slice name;
	struct crm_slice json; /* its value */
	bool again;            /* the name came before */
	size_t next, last; /* of one that comes first: the next and the last of its name, or 0 */
};

struct list {
	struct field *fields;
	size_t n, cap;
	struct crm_table names;
};

struct form {
	struct crm_input *input;
	bool whole;  /* the record is all that follows */
	bool handed; /* the lines taken are those of a record that was given out */
	struct crm_slice charset;
	struct list fields, request;
	struct crm_item *item; /* the one being made: its arena holds what the lists point to */
	struct crm_str a, b, c;
	struct crm_json_doc doc; /* of a post in JSON */
};

/* --- text --- */

/* Appends bytes decoded; false when nobody knows the charset, or it is UTF-8 under one of its
 * names and the bytes are not. */
static bool add_decoded(struct crm_slice bytes, const char *charset, struct crm_str *out)
{
	size_t before = out->len;

	if (crm_charset_decode(charset, bytes, out) >= 0
	    && crm_utf8_valid(out->ptr + before, out->len - before) == out->len - before)
		return true;
	out->len = before;
	return false;
}

/* Appends bytes as UTF-8, by the rules in form.h. */
static void add_text(struct crm_slice bytes, struct crm_slice charset, struct crm_str *out)
{
	char name[64];

	if (charset.len && charset.len < sizeof(name)) {
		memcpy(name, charset.ptr, charset.len);
		name[charset.len] = '\0';
		if (add_decoded(bytes, name, out))
			return;
	}
	if (crm_utf8_valid(bytes.ptr, bytes.len) == bytes.len)
		crm_str_add(out, bytes.ptr, bytes.len);
	else
		add_decoded(bytes, "windows-1252", out);
}

/* n hexadecimal digits in front of s, or -1. */
static long hex_number(struct crm_slice s, size_t n)
{
	long number = 0;

	if (s.len < n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (crm_hex_digit(s.ptr[i]) < 0)
			return -1;
		number = number * 16 + crm_hex_digit(s.ptr[i]);
	}
	return number;
}

/* The character of %uXXXX, or of two that are surrogates, in front of s; *used is how long
 * that is, 0 when there is none. */
static uint32_t utf16_escape(struct crm_slice s, size_t *used)
{
	long unit, low = -1;

	*used = 0;
	if (s.len < 6 || s.ptr[0] != '%' || (s.ptr[1] | 0x20) != 'u'
	    || (unit = hex_number(crm_slice_from(s, 2), 4)) < 0)
		return 0;
	*used = 6;
	if (unit < 0xD800 || unit > 0xDFFF)
		return (uint32_t)unit;
	if (s.len >= 12 && s.ptr[6] == '%' && (s.ptr[7] | 0x20) == 'u')
		low = hex_number(crm_slice_from(s, 8), 4);
	if (unit > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
		return 0xFFFD;
	*used = 12;
	return 0x10000 + (((uint32_t)unit - 0xD800) << 10) + ((uint32_t)low - 0xDC00);
}

/* Appends what an urlencoded piece means. Bytes are gathered in run and decoded at once,
 * since a character may be several of them. */
static void decode(struct crm_slice s, struct crm_slice charset, struct crm_str *run,
		   struct crm_str *out)
{
	char utf8[4];

	crm_str_clear(run);
	while (s.len) {
		size_t used;
		uint32_t c = utf16_escape(s, &used);
		long byte = *s.ptr == '%' && s.len >= 3 ? hex_number(crm_slice_from(s, 1), 2) : -1;

		if (used) {
			add_text(crm_str_slice(run), charset, out);
			crm_str_clear(run);
			crm_str_add(out, utf8, crm_utf8_encode(c, utf8));
			s = crm_slice_from(s, used);
		} else if (byte >= 0) {
			crm_str_addc(run, (char)byte);
			s = crm_slice_from(s, 3);
		} else {
			crm_str_addc(run, *s.ptr == '+' ? ' ' : *s.ptr);
			s = crm_slice_from(s, 1);
		}
	}
	add_text(crm_str_slice(run), charset, out);
}

/* Cuts the next name=value off s; false at its end. */
static bool next_pair(struct crm_slice *s, struct crm_slice *name, struct crm_slice *value)
{
	while (s->len && *s->ptr == '&')
		*s = crm_slice_from(*s, 1);
	if (!s->len)
		return false;
	const char *amp = memchr(s->ptr, '&', s->len);
	size_t len = amp ? (size_t)(amp - s->ptr) : s->len;
	const char *equals = memchr(s->ptr, '=', len);
	size_t split = equals ? (size_t)(equals - s->ptr) : len;

	*name = (struct crm_slice){s->ptr, split};
	*value = (struct crm_slice){s->ptr + split + (equals != NULL),
				    len - split - (equals != NULL)};
	*s = crm_slice_from(*s, len);
	return true;
}

/* What `_charset_` says, which is ASCII; else no value. */
static struct crm_slice stated_charset(struct crm_slice text)
{
	struct crm_slice name, value;

	while (next_pair(&text, &name, &value))
		if (crm_slice_is(name, "_charset_"))
			return value;
	return (struct crm_slice){NULL, 0};
}

bool crm_form_each(struct crm_slice text,
		   bool (*each)(void *data, struct crm_slice name, struct crm_slice value),
		   void *data)
{
	struct crm_str run = CRM_STR_INIT, key = CRM_STR_INIT, content = CRM_STR_INIT;
	struct crm_slice charset = stated_charset(text), name, value;
	bool going = true;

	while (going && next_pair(&text, &name, &value)) {
		crm_str_clear(&key);
		crm_str_clear(&content);
		decode(name, charset, &run, &key);
		decode(value, charset, &run, &content);
		going = each(data, crm_str_slice(&key), crm_str_slice(&content));
	}
	crm_str_release(&run);
	crm_str_release(&key);
	crm_str_release(&content);
	return going;
}

/* --- the fields of a post --- */

static enum crm_read refuse(struct form *f, const char *reason)
{
	f->item->reason = reason;
	return CRM_READ_BAD;
}

static struct crm_slice keep(struct form *f, struct crm_slice s)
{
	return (struct crm_slice){crm_arena_strndup(&f->item->arena, s.ptr, s.len), s.len};
}

static void add(struct form *f, struct list *list, struct crm_slice name, struct crm_slice json)
{
	uint64_t hash = crm_hash64(name.ptr, name.len);
	struct field *field, *head = NULL;

	CRM_GROW(list->fields, list->n + 1, list->cap);
	for (struct crm_probe p = crm_table_probe(&list->names, hash);
	     !head && crm_table_next(&list->names, &p);)
		if (crm_slice_same(list->fields[p.index].name, name))
			head = &list->fields[p.index];
	field = &list->fields[list->n];
	*field = (struct field){.name = keep(f, name), .json = keep(f, json), .again = head};
	if (head) {
		list->fields[head->last ? head->last : (size_t)(head - list->fields)].next =
			list->n;
		head->last = list->n;
	} else {
		crm_table_add(&list->names, hash, (uint32_t)list->n);
	}
	list->n++;
}

static enum crm_read add_field(struct form *f, struct crm_slice name, struct crm_slice json)
{
	if (f->fields.n == CRM_FORM_FIELDS)
		return refuse(f, "has more than 1,000 fields");
	if (name.len > CRM_FORM_NAME_MAX)
		return refuse(f, "the name of a field is longer than 1 KiB");
	add(f, &f->fields, crm_slice_is(name, "@request") ? CRM_SLICE("@@request") : name, json);
	return CRM_READ_OK;
}

static bool add_pair(void *data, struct crm_slice name, struct crm_slice value)
{
	struct form *f = data;

	crm_str_clear(&f->c);
	crm_json_string(&f->c, value);
	return add_field(f, name, crm_str_slice(&f->c)) == CRM_READ_OK;
}

/* A name or a path in a header, as browsers write it: only " CR and LF are escaped. */
static void add_header_text(struct crm_slice s, struct crm_slice charset, struct crm_str *out)
{
	struct crm_str plain = CRM_STR_INIT;

	while (s.len) {
		long byte = *s.ptr == '%' && s.len >= 3 ? hex_number(crm_slice_from(s, 1), 2) : -1;
		bool escape = byte == '"' || byte == '\r' || byte == '\n';

		crm_str_addc(&plain, escape ? (char)byte : *s.ptr);
		s = crm_slice_from(s, escape ? 3 : 1);
	}
	add_text(crm_str_slice(&plain), charset, out);
	crm_str_release(&plain);
}

/* charset'language'percent-encoded (RFC 8187) */
static void add_extended(struct crm_slice s, struct crm_str *run, struct crm_str *out)
{
	const char *first = memchr(s.ptr, '\'', s.len), *second = NULL;
	struct crm_slice charset = {NULL, 0};

	if (first)
		second = memchr(first + 1, '\'', (size_t)(s.ptr + s.len - first - 1));
	if (second) {
		charset = (struct crm_slice){s.ptr, (size_t)(first - s.ptr)};
		s = crm_slice_from(s, (size_t)(second + 1 - s.ptr));
	}
	crm_str_clear(run);
	while (s.len) {
		long byte = *s.ptr == '%' ? hex_number(crm_slice_from(s, 1), 2) : -1;

		crm_str_addc(run, byte >= 0 ? (char)byte : *s.ptr);
		s = crm_slice_from(s, byte >= 0 ? 3 : 1);
	}
	add_text(crm_str_slice(run), charset, out);
}

/* The name of the file that a part is, without folders; false when it is none. */
static bool file_name(struct form *f, const struct crm_part *part, struct crm_str *out)
{
	struct crm_str value = CRM_STR_INIT, run = CRM_STR_INIT, path = CRM_STR_INIT;
	bool is_file;
	size_t base;

	if ((is_file = crm_header_param(part->disposition, "filename*", &value)))
		add_extended(crm_str_slice(&value), &run, &path);
	else if ((is_file = crm_header_param(part->disposition, "filename", &value)))
		add_header_text(crm_str_slice(&value), f->charset, &path);
	base = path.len;
	while (base && path.ptr[base - 1] != '/' && path.ptr[base - 1] != '\\')
		base--;
	crm_str_add(out, path.ptr + base, path.len - base);
	crm_str_release(&value);
	crm_str_release(&run);
	crm_str_release(&path);
	return is_file;
}

static void put_file(struct form *f, struct crm_slice name, const struct crm_part *part,
		     struct crm_slice bytes, struct crm_str *out)
{
	if (!name.len && !bytes.len) { /* no file was chosen */
		crm_json_raw(out, CRM_SLICE("null"));
		return;
	}
	crm_json_open(out, '{');
	crm_json_key(out, "name");
	crm_json_string(out, name);
	if (part->type.ptr) {
		crm_str_clear(&f->a);
		add_text(part->type, (struct crm_slice){NULL, 0}, &f->a);
		crm_json_key(out, "type");
		crm_json_string(out, crm_str_slice(&f->a));
	}
	crm_json_put_int(out, "size", (int64_t)bytes.len);
	crm_json_put(out, "digest", crm_item_blob(f->item, bytes.ptr, bytes.len));
	crm_json_close(out, '}');
}

/* The bytes of a part without its transfer encoding, which lie in out when it has one. */
static struct crm_slice part_bytes(const struct crm_part *part, struct crm_str *out)
{
	GMimeContentEncoding encoding = GMIME_CONTENT_ENCODING_DEFAULT;
	GMimeEncoding state;
	size_t size;

	if (crm_slice_is_caseless(part->encoding, "base64"))
		encoding = GMIME_CONTENT_ENCODING_BASE64;
	else if (crm_slice_is_caseless(part->encoding, "quoted-printable"))
		encoding = GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
	else
		return part->body;
	crm_str_clear(out);
	g_mime_encoding_init_decode(&state, encoding);
	size = g_mime_encoding_outlen(&state, part->body.len);
	crm_str_reserve(out, size);
	crm_str_wrote(out, g_mime_encoding_flush(&state, part->body.ptr, part->body.len, out->ptr));
	return crm_str_slice(out);
}

/* Bytes under a type that is no text are a file, though nobody named it one. */
static bool is_binary(const struct crm_part *part, struct crm_slice bytes)
{
	return part->type.ptr && !crm_slice_starts_caseless(part->type, "text/")
	       && crm_utf8_valid(bytes.ptr, bytes.len) != bytes.len;
}

static enum crm_read add_part(struct form *f, const struct crm_part *part)
{
	struct crm_str raw = CRM_STR_INIT, name = CRM_STR_INIT, file = CRM_STR_INIT;
	struct crm_slice bytes = part_bytes(part, &f->b);
	enum crm_read got;

	crm_header_param(part->disposition, "name", &raw);
	add_header_text(crm_str_slice(&raw), f->charset, &name);
	crm_str_clear(&f->c);
	if (file_name(f, part, &file) || is_binary(part, bytes)) {
		put_file(f, crm_str_slice(&file), part, bytes, &f->c);
	} else {
		crm_str_clear(&raw);
		if (!crm_header_param(part->type, "charset", &raw))
			crm_str_add(&raw, f->charset.ptr ? f->charset.ptr : "", f->charset.len);
		crm_str_clear(&f->a);
		add_text(bytes, crm_str_slice(&raw), &f->a);
		crm_json_string(&f->c, crm_str_slice(&f->a));
	}
	got = add_field(f, crm_str_slice(&name), crm_str_slice(&f->c));
	crm_str_release(&raw);
	crm_str_release(&name);
	crm_str_release(&file);
	return got;
}

/* `_charset_` of a multipart form: its parts are gone through once before. */
static void find_part_charset(struct form *f, struct crm_multipart m)
{
	struct crm_str name = CRM_STR_INIT;
	struct crm_part part;

	for (int n = 0; n < CRM_FORM_FIELDS && crm_multipart_next(&m, &part) == CRM_READ_OK; n++) {
		crm_str_clear(&name);
		if (crm_header_param(part.disposition, "name", &name)
		    && crm_slice_is(crm_str_slice(&name), "_charset_"))
			f->charset = part.body;
	}
	crm_str_release(&name);
}

static enum crm_read read_multipart(struct form *f, struct crm_slice body, struct crm_slice type)
{
	struct crm_str boundary = CRM_STR_INIT;
	struct crm_multipart m;
	struct crm_part part;
	bool stated = crm_header_param(type, "boundary", &boundary);
	enum crm_read got = crm_multipart_start(
		&m, body, stated ? crm_str_slice(&boundary) : (struct crm_slice){NULL, 0});

	if (got == CRM_READ_OK)
		find_part_charset(f, m);
	while (got == CRM_READ_OK)
		if ((got = crm_multipart_next(&m, &part)) == CRM_READ_OK)
			got = add_part(f, &part);
	if (got == CRM_READ_BAD && m.reason)
		refuse(f, m.reason);
	crm_str_release(&boundary);
	return got == CRM_READ_END ? CRM_READ_OK : got;
}

static enum crm_read read_pairs(struct form *f, struct crm_slice text)
{
	const char *query = memchr(text.ptr, '?', text.len);

	text = crm_slice_trim(text);
	if (query
	    && (*text.ptr == '?' || *text.ptr == '/' || crm_slice_starts_caseless(text, "http://")
		|| crm_slice_starts_caseless(text, "https://")))
		text = crm_slice_from(text, (size_t)(query + 1 - text.ptr));
	return crm_form_each(text, add_pair, f) ? CRM_READ_OK : CRM_READ_BAD;
}

/* What a script posts instead of a form. Plain values, and each of a list; what is deeper is
 * text, so that no field says that it is a file of ours. */
static enum crm_read add_json(struct form *f, struct crm_slice name, const struct crm_json_value *v)
{
	crm_str_clear(&f->b);
	crm_str_clear(&f->c);
	crm_json_text(v, &f->b);
	if (v->type >= CRM_JSON_STRING)
		crm_json_string(&f->c, crm_str_slice(&f->b));
	else
		crm_json_raw(&f->c, crm_str_slice(&f->b));
	return add_field(f, name, crm_str_slice(&f->c));
}

static enum crm_read read_json(struct form *f, struct crm_slice text)
{
	struct crm_json_doc *doc = &f->doc;
	const struct crm_json_value *v;
	enum crm_read got = CRM_READ_OK;

	text = crm_slice_trim(text);
	if (crm_json_scan(doc, text.ptr, text.len) != CRM_OK)
		return refuse(f, doc->error);
	if (doc->values[0].type != CRM_JSON_OBJECT)
		return refuse(f, "is no JSON object");
	for (size_t i = 1; i < doc->values[0].next && got == CRM_READ_OK; i = v->next) {
		struct crm_json_value key = {.type = CRM_JSON_STRING};
		bool list;

		v = &doc->values[i];
		list = v->type == CRM_JSON_ARRAY && v->count;
		key.text = v->key;
		key.escaped = v->key_escaped;
		crm_str_clear(&f->a);
		crm_json_text(&key, &f->a);
		for (size_t k = list ? i + 1 : i; got == CRM_READ_OK && k < v->next;
		     k = doc->values[k].next)
			got = add_json(f, crm_str_slice(&f->a), &doc->values[k]);
	}
	return got;
}

/* --- a post with header lines --- */

/* A line CRM-Name: value, as a member of @request. */
static void add_note(struct form *f, struct crm_slice name, struct crm_slice value)
{
	struct crm_str key = CRM_STR_INIT;

	if (!crm_slice_starts_caseless(name, "crm-") || name.len > CRM_FORM_NAME_MAX)
		return;
	for (size_t i = 4; i < name.len; i++) {
		char c = name.ptr[i];

		crm_str_addc(&key, c == '-' ? '_' : c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c);
	}
	crm_str_clear(&f->a);
	crm_str_clear(&f->c);
	add_text(value, (struct crm_slice){NULL, 0}, &f->a);
	crm_json_string(&f->c, crm_str_slice(&f->a));
	add(f, &f->request, crm_str_slice(&key), crm_str_slice(&f->c));
	crm_str_release(&key);
}

static enum crm_read read_whole(struct form *f, struct crm_slice text)
{
	struct crm_slice name, value, type = {NULL, 0};
	enum crm_read got = CRM_READ_OK;

	if (crm_slice_starts_caseless(text, "--"))
		return read_multipart(f, text, type);
	for (int n = 0; (got = crm_header_next(&text, &name, &value)) == CRM_READ_OK; n++) {
		if (n == CRM_FORM_HEADER_LINES)
			return refuse(f, "has more than 100 header lines");
		if (crm_slice_is_caseless(name, "Content-Type"))
			type = value;
		add_note(f, name, value);
	}
	if (got == CRM_READ_BAD)
		return refuse(f, "a header line before the form is none");
	if (crm_slice_starts_caseless(type, "multipart/form-data"))
		return read_multipart(f, text, type);
	if (crm_slice_starts_caseless(type, "application/x-www-form-urlencoded"))
		return read_pairs(f, text);
	if (crm_slice_starts_caseless(type, "application/json"))
		return read_json(f, text);
	return refuse(f, "its type is not that of a form");
}

/* --- the record --- */

static void write_list(const struct list *list, struct crm_str *out)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct field *field = &list->fields[i];
		size_t k = i;

		if (field->again)
			continue;
		crm_json_key_slice(out, field->name);
		if (field->next)
			crm_json_open(out, '[');
		do
			crm_json_raw(out, list->fields[k].json);
		while ((k = list->fields[k].next));
		if (field->next)
			crm_json_close(out, ']');
	}
}

static void write_post(const struct form *f, struct crm_str *out)
{
	crm_json_open(out, '{');
	write_list(&f->fields, out);
	if (f->request.n) {
		crm_json_key(out, "@request");
		crm_json_open(out, '{');
		write_list(&f->request, out);
		crm_json_close(out, '}');
	}
	crm_json_close(out, '}');
}

static void clear(struct list *list)
{
	list->n = 0;
	crm_table_clear(&list->names);
}

static void release(struct list *list)
{
	free(list->fields);
	crm_table_release(&list->names);
}

static const struct field *named(const struct list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (crm_slice_is(list->fields[i].name, name))
			return &list->fields[i];
	return NULL;
}

/* A post without an id of its own is told from others by what is in it, where it came from
 * and in which minute: who hears no answer tries again at once, and people say the same thing
 * another day. Not by its bytes: a browser makes up another boundary each time. */
static void add_id(struct form *f)
{
	const struct field *received = named(&f->request, "received");
	const struct field *from_where = named(&f->request, "remote_addr");
	struct crm_digest digest;
	struct crm_str id = CRM_STR_INIT;

	if (!received || named(&f->request, "id"))
		return;
	crm_str_clear(&f->a);
	write_list(&f->fields, &f->a);
	if (from_where)
		crm_str_add(&f->a, from_where->json.ptr, from_where->json.len);
	digest = crm_digest_of(f->a.ptr, f->a.len);
	crm_digest_hex(&digest, &id);
	crm_str_addf(&id, "-%.16s", received->json.ptr + 1); /* 2026-10-01T00:00 */
	id.len = crm_utf8_valid(id.ptr, id.len); /* what is no time may be cut in a character */
	crm_str_clear(&f->c);
	crm_json_string(&f->c, crm_str_slice(&id));
	add(f, &f->request, CRM_SLICE("id"), crm_str_slice(&f->c));
	crm_str_release(&id);
}

static enum crm_read read_post(struct form *f)
{
	struct crm_slice text = crm_input_record(f->input);
	enum crm_read got;

	f->handed = true;
	f->charset = (struct crm_slice){NULL, 0};
	clear(&f->fields);
	clear(&f->request);
	f->item->line = crm_input_line_number(f->input);
	got = f->whole ? read_whole(f, text) : read_pairs(f, text);
	if (got == CRM_READ_OK) {
		add_id(f);
		write_post(f, &f->item->json);
	}
	return got;
}

static bool begins_whole(struct crm_slice line)
{
	return crm_slice_starts_caseless(line, "--")
	       || crm_slice_starts_caseless(line, "Content-Type:")
	       || crm_slice_starts_caseless(line, "CRM-");
}

static enum crm_read next(void *reader, struct crm_item *item)
{
	struct form *f = reader;
	struct crm_slice line;
	enum crm_read got;

	f->item = item;
	if (f->handed)
		crm_input_done(f->input);
	f->handed = false;
	while ((got = crm_input_line(f->input, &line)) == CRM_READ_OK) {
		bool first = crm_input_record(f->input).len == line.len;

		if (first && !crm_slice_trim(line).len)
			crm_input_done(f->input);
		else if (!f->whole && !(f->whole = begins_whole(line)))
			return read_post(f);
	}
	if (got == CRM_READ_END && crm_input_record(f->input).len)
		return read_post(f);
	if (got == CRM_READ_BAD) {
		f->handed = true;
		item->line = crm_input_line_number(f->input);
		return refuse(f, "longer than 16 MiB");
	}
	return got;
}

static void *open_form(struct crm_input *input)
{
	struct form *f = crm_calloc(1, sizeof(*f));

	f->input = input;
	f->a = f->b = f->c = (struct crm_str)CRM_STR_INIT;
	return f;
}

static void close_form(void *reader)
{
	struct form *f = reader;

	release(&f->fields);
	release(&f->request);
	crm_str_release(&f->a);
	crm_str_release(&f->b);
	crm_str_release(&f->c);
	crm_json_doc_release(&f->doc);
	free(f);
}

/* A first line that is header or boundary of a form, or a=…&b=… without blanks. */
static bool sniff(struct crm_slice start)
{
	const char *lf = memchr(start.ptr ? start.ptr : "", '\n', start.len);
	struct crm_slice line = {start.ptr, lf ? (size_t)(lf - start.ptr) : start.len};

	if (crm_slice_starts_caseless(line, "Content-Type:"))
		return memmem(line.ptr, line.len, "form", 4) != NULL;
	if (crm_slice_starts_caseless(line, "--"))
		return memmem(start.ptr, start.len, "form-data", 9) != NULL;
	line = crm_slice_trim(line);
	for (size_t i = 0; i < line.len; i++)
		if ((unsigned char)line.ptr[i] <= ' ' || strchr("<>\"{};,", line.ptr[i]))
			return false;
	return line.len && memchr(line.ptr, '=', line.len) && memchr(line.ptr, '&', line.len);
}

const struct crm_syntax crm_syntax_form = {
	.name = "form",
	.binary = true,
	.sniff = sniff,
	.open = open_form,
	.next = next,
	.close = close_form,
};

static void add_line(struct crm_str *out, const char *value)
{
	for (; *value; value++)
		crm_str_addc(out, (unsigned char)*value < ' ' || *value == 127 ? ' ' : *value);
	crm_str_adds(out, "\r\n");
}

void crm_form_head(struct crm_str *out, const char *type, const struct crm_form_note *notes)
{
	crm_str_adds(out, "Content-Type: ");
	add_line(out, type);
	for (; notes->name; notes++) {
		if (!notes->value)
			continue;
		crm_str_adds(out, "CRM-");
		for (const char *p = notes->name; *p; p++)
			crm_str_addc(out, *p == '_' ? '-' : *p);
		crm_str_adds(out, ": ");
		add_line(out, notes->value);
	}
	crm_str_adds(out, "\r\n");
}
