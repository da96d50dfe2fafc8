/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing JSON lines without a tree, which costs a tenth of what one of
 * jansson's does and, for files that people write, leaves the place of a mistake known.
 * jansson is the oracle that tests/fuzz/json.c holds this scanner against.
 */
#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/time.h"
#include "base/utf8.h"

struct scan {
	struct crm_json_doc *doc;
	const char *start, *p, *end;
	int depth;
};

static bool scan_value(struct scan *s, struct crm_slice key, bool key_escaped);

static bool refuse(struct scan *s, const char *why)
{
	if (!s->doc->error) {
		s->doc->error = why;
		s->doc->error_at = (size_t)(s->p - s->start);
	}
	return false;
}

static void skip_blanks(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
		s->p++;
}

static uint32_t push(struct scan *s, struct crm_slice key, bool key_escaped)
{
	struct crm_json_doc *d = s->doc;

	CRM_GROW(d->values, (size_t)d->n + 1, d->cap);
	d->values[d->n] = (struct crm_json_value){.key = key, .key_escaped = key_escaped};
	return d->n++;
}

static int hex4(const char *p, const char *end)
{
	int v = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = p[i];

		v *= 16;
		if (c >= '0' && c <= '9')
			v += c - '0';
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			v += (c | 32) - 'a' + 10;
		else
			return -1;
	}
	return v;
}

/* After a backslash: s->p stands on the character behind it. */
static bool scan_escape(struct scan *s)
{
	int unit;

	if (s->p >= s->end)
		return refuse(s, "string does not end");
	if (*s->p != 'u') {
		if (!memchr("\"\\/bfnrt", *s->p, 8))
			return refuse(s, "unknown escape in string");
		s->p++;
		return true;
	}
	unit = hex4(s->p + 1, s->end);
	if (unit < 0)
		return refuse(s, "\\u without four hex digits");
	if (unit >= 0xDC00 && unit <= 0xDFFF)
		return refuse(s, "lone surrogate");
	s->p += 5;
	if (unit >= 0xD800 && unit <= 0xDBFF) {
		int low = s->end - s->p >= 6 && s->p[0] == '\\' && s->p[1] == 'u'
				  ? hex4(s->p + 2, s->end)
				  : -1;
		if (low < 0xDC00 || low > 0xDFFF)
			return refuse(s, "lone surrogate");
		s->p += 6;
	}
	return true;
}

/* s->p stands behind the opening quote; leaves it behind the closing one. */
static bool scan_string(struct scan *s, struct crm_slice *text, bool *escaped)
{
	const char *start = s->p;

	*escaped = false;
	for (;;) {
		while (s->p < s->end && (unsigned char)*s->p >= 0x20 && (unsigned char)*s->p < 0x80
		       && *s->p != '"' && *s->p != '\\')
			s->p++;
		if (s->p >= s->end)
			return refuse(s, "string does not end");
		if (*s->p == '"')
			break;
		if (*s->p == '\\') {
			*escaped = true;
			s->p++;
			if (!scan_escape(s))
				return false;
		} else if ((unsigned char)*s->p < 0x20) {
			return refuse(s, "control character in string");
		} else {
			size_t n = crm_utf8_length(s->p, (size_t)(s->end - s->p));

			if (!n)
				return refuse(s, "invalid UTF-8");
			s->p += n;
		}
	}
	*text = (struct crm_slice){start, (size_t)(s->p - start)};
	s->p++;
	return true;
}

static bool scan_digits(struct scan *s)
{
	if (s->p >= s->end || *s->p < '0' || *s->p > '9')
		return refuse(s, "number without digits");
	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return true;
}

static bool scan_number(struct scan *s)
{
	if (*s->p == '-')
		s->p++;
	if (s->p < s->end && *s->p == '0') {
		s->p++;
		if (s->p < s->end && *s->p >= '0' && *s->p <= '9')
			return refuse(s, "number with a leading zero");
	} else if (!scan_digits(s)) {
		return false;
	}
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		if (!scan_digits(s))
			return false;
	}
	if (s->p < s->end && (*s->p | 32) == 'e') {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		if (!scan_digits(s))
			return false;
	}
	return true;
}

static bool scan_word(struct scan *s, const char *word, uint32_t at, enum crm_json_type type)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n))
		return refuse(s, "not a JSON value");
	s->p += n;
	s->doc->values[at].type = type;
	return true;
}

/* The bytes of a key; a key with escapes is decoded into room first. */
static struct crm_slice plain_key(const struct crm_json_value *v, struct crm_str *room)
{
	struct crm_json_value as_text = {.type = CRM_JSON_STRING, .escaped = true, .text = v->key};

	if (!v->key_escaped)
		return v->key;
	crm_str_clear(room);
	crm_json_text(&as_text, room);
	return (struct crm_slice){room->ptr, room->len};
}

static bool same_key(const struct crm_json_value *a, const struct crm_json_value *b)
{
	struct crm_str x = CRM_STR_INIT, y = CRM_STR_INIT;
	struct crm_slice k = plain_key(a, &x), l = plain_key(b, &y);
	bool same = crm_slice_same(k, l);

	crm_str_release(&x);
	crm_str_release(&y);
	return same;
}

struct key_slot {
	uint64_t hash;
	uint32_t value;
};

static int by_hash(const void *a, const void *b)
{
	const struct key_slot *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

/* Hashes are sorted and only equal ones compared, so that a hostile object of a million
 * keys costs n log n. More than 64 keys of one hash are taken for an attack. */
static bool keys_differ(const struct crm_json_doc *d, uint32_t object)
{
	const struct crm_json_value *v = d->values;
	uint32_t n = v[object].count, i = 0;
	struct key_slot small[32], *slots = n <= 32 ? small : crm_malloc(n * sizeof(*slots));
	struct crm_str room = CRM_STR_INIT;
	bool differ = true;

	for (uint32_t k = object + 1; k < v[object].next; k = v[k].next, i++) {
		struct crm_slice key = plain_key(&v[k], &room);

		slots[i] = (struct key_slot){crm_hash64(key.ptr, key.len), k};
	}
	qsort(slots, n, sizeof(*slots), by_hash);
	for (i = 1; i < n && differ; i++)
		for (uint32_t j = i; j-- > 0 && slots[j].hash == slots[i].hash && differ;)
			differ = i - j <= 64 && !same_key(&v[slots[i].value], &v[slots[j].value]);
	crm_str_release(&room);
	if (slots != small)
		free(slots);
	return differ;
}

static bool scan_container(struct scan *s, uint32_t at, char close)
{
	const char *start = s->p - 1;
	uint32_t count = 0;

	if (++s->depth > CRM_JSON_DEPTH)
		return refuse(s, "nested too deeply");
	s->doc->values[at].type = close == '}' ? CRM_JSON_OBJECT : CRM_JSON_ARRAY;
	for (skip_blanks(s); s->p >= s->end || *s->p != close || count; skip_blanks(s)) {
		struct crm_slice key = {NULL, 0};
		bool escaped = false;

		if (close == '}') {
			if (s->p >= s->end || *s->p != '"')
				return refuse(s, "a key was expected");
			s->p++;
			if (!scan_string(s, &key, &escaped))
				return false;
			skip_blanks(s);
			if (s->p >= s->end || *s->p != ':')
				return refuse(s, "a colon was expected");
			s->p++;
			skip_blanks(s);
		}
		if (!scan_value(s, key, escaped))
			return false;
		count++;
		skip_blanks(s);
		if (s->p < s->end && *s->p == close)
			break;
		if (s->p >= s->end || *s->p != ',')
			return refuse(s, "a comma was expected");
		s->p++;
	}
	s->p++;
	s->depth--;
	s->doc->values[at].count = count;
	s->doc->values[at].next = s->doc->n;
	s->doc->values[at].text = (struct crm_slice){start, (size_t)(s->p - start)};
	if (close == '}' && !keys_differ(s->doc, at)) {
		s->p = start;
		return refuse(s, "a key occurs twice");
	}
	return true;
}

static bool scan_value(struct scan *s, struct crm_slice key, bool key_escaped)
{
	uint32_t at = push(s, key, key_escaped);
	struct crm_json_value *v;
	const char *start = s->p;
	struct crm_slice text;
	bool ok, escaped;

	if (s->p >= s->end)
		return refuse(s, "a value was expected");
	switch (*s->p) {
	case '{':
	case '[':
		s->p++;
		return scan_container(s, at, *start == '{' ? '}' : ']');
	case '"':
		s->p++;
		if (!scan_string(s, &text, &escaped))
			return false;
		v = &s->doc->values[at];
		v->type = CRM_JSON_STRING;
		v->escaped = escaped;
		v->text = text;
		v->next = at + 1;
		return true;
	case 't':
		ok = scan_word(s, "true", at, CRM_JSON_TRUE);
		break;
	case 'f':
		ok = scan_word(s, "false", at, CRM_JSON_FALSE);
		break;
	case 'n':
		ok = scan_word(s, "null", at, CRM_JSON_NULL);
		break;
	default:
		if (*s->p != '-' && (*s->p < '0' || *s->p > '9'))
			return refuse(s, "not a JSON value");
		s->doc->values[at].type = CRM_JSON_NUMBER;
		ok = scan_number(s);
	}
	v = &s->doc->values[at];
	v->text = (struct crm_slice){start, (size_t)(s->p - start)};
	v->next = at + 1;
	return ok;
}

enum crm_status crm_json_scan(struct crm_json_doc *doc, const char *text, size_t len)
{
	struct scan s = {.doc = doc, .start = text, .p = text, .end = text + len};

	doc->n = 0;
	doc->error = NULL;
	doc->error_at = 0;
	skip_blanks(&s);
	if (!scan_value(&s, (struct crm_slice){NULL, 0}, false))
		return CRM_DATA;
	skip_blanks(&s);
	if (s.p < s.end) {
		refuse(&s, "more bytes after the value");
		return CRM_DATA;
	}
	return CRM_OK;
}

void crm_json_doc_release(struct crm_json_doc *doc)
{
	free(doc->values);
	*doc = (struct crm_json_doc)CRM_JSON_DOC_INIT;
}

static bool key_is(const struct crm_json_value *v, const char *name, size_t len)
{
	struct crm_json_value other = {.key = {name, len}};

	return same_key(v, &other);
}

static const struct crm_json_value *member(const struct crm_json_doc *doc,
					   const struct crm_json_value *object, const char *name,
					   size_t len)
{
	uint32_t at = (uint32_t)(object - doc->values);

	if (object->type != CRM_JSON_OBJECT)
		return NULL;
	for (uint32_t k = at + 1; k < object->next; k = doc->values[k].next)
		if (key_is(&doc->values[k], name, len))
			return &doc->values[k];
	return NULL;
}

const struct crm_json_value *crm_json_member(const struct crm_json_doc *doc,
					     const struct crm_json_value *object, const char *name)
{
	return member(doc, object, name, strlen(name));
}

static const struct crm_json_value *element(const struct crm_json_doc *doc,
					    const struct crm_json_value *array, const char *token)
{
	uint32_t at = (uint32_t)(array - doc->values), k = at + 1;
	char *end;
	unsigned long i = strtoul(token, &end, 10);

	if (!*token || *end || i >= array->count)
		return NULL;
	while (i--)
		k = doc->values[k].next;
	return &doc->values[k];
}

const struct crm_json_value *crm_json_pointer(const struct crm_json_doc *doc,
					      const struct crm_json_value *from,
					      const char *pointer)
{
	struct crm_str token = CRM_STR_INIT;

	while (from && *pointer == '/') {
		crm_str_clear(&token);
		for (pointer++; *pointer && *pointer != '/'; pointer++) {
			if (*pointer == '~' && (pointer[1] == '0' || pointer[1] == '1'))
				crm_str_addc(&token, *++pointer == '0' ? '~' : '/');
			else
				crm_str_addc(&token, *pointer);
		}
		from = from->type == CRM_JSON_ARRAY ? element(doc, from, token.ptr)
						    : member(doc, from, token.ptr, token.len);
	}
	crm_str_release(&token);
	return from;
}

/* Writes the character of a \u escape at p (on the u); returns the bytes it took. */
static size_t decode_unicode(const char *p, const char *end, struct crm_str *out)
{
	uint32_t c = (uint32_t)hex4(p + 1, end);
	size_t took = 5;
	char utf8[4];

	if (c >= 0xD800 && c <= 0xDBFF) {
		c = 0x10000 + ((c - 0xD800) << 10) + ((uint32_t)hex4(p + 7, end) - 0xDC00);
		took = 11;
	}
	crm_str_add(out, utf8, crm_utf8_encode(c ? c : 0xFFFD, utf8));
	return took;
}

void crm_json_text(const struct crm_json_value *value, struct crm_str *out)
{
	const char *p = value->text.ptr, *end = p + value->text.len;
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";

	if (value->type != CRM_JSON_STRING || !value->escaped) {
		crm_str_add(out, p, value->text.len);
		return;
	}
	while (p < end) {
		const char *slash = memchr(p, '\\', (size_t)(end - p));
		const char *plain;

		crm_str_add(out, p, (size_t)((slash ? slash : end) - p));
		if (!slash)
			return;
		p = slash + 1;
		if (*p == 'u') {
			p += decode_unicode(p, end, out);
			continue;
		}
		plain = strchr(from, *p);
		crm_str_addc(out, plain ? to[plain - from] : *p);
		p++;
	}
}

/* What comes next is a new member or element: is a comma due? */
static bool is_comma_due(const struct crm_str *out)
{
	char last = out->len ? out->ptr[out->len - 1] : '\n';

	return last != '{' && last != '[' && last != ':' && last != '\n';
}

static void separate(struct crm_str *out)
{
	if (is_comma_due(out))
		crm_str_addc(out, ',');
}

struct crm_slice crm_json_keep(const struct crm_json_value *value, struct crm_arena *arena)
{
	struct crm_str text = CRM_STR_INIT;
	struct crm_slice kept = {NULL, 0};

	if (!value)
		return kept;
	crm_json_text(value, &text);
	kept = crm_arena_keep(arena, crm_str_slice(&text));
	crm_str_release(&text);
	return kept;
}

void crm_json_open(struct crm_str *out, char bracket)
{
	separate(out);
	crm_str_addc(out, bracket);
}

void crm_json_close(struct crm_str *out, char bracket)
{
	crm_str_addc(out, bracket);
}

size_t crm_json_list_begin(struct crm_str *out, const char *key)
{
	size_t begun = out->len;

	crm_json_key(out, key);
	crm_json_open(out, '[');
	return begun;
}

void crm_json_list_end(struct crm_str *out, size_t begun)
{
	if (out->ptr[out->len - 1] != '[') {
		crm_json_close(out, ']');
		return;
	}
	out->len = begun;
	out->ptr[begun] = '\0';
}

/* How many of eight bytes, from the first on, can stand in a string as they are. A byte is
 * found by what subtracting leaves in its top bit; what borrows spoil is only behind it. */
static size_t plain_of_eight(const char *s)
{
	const uint64_t ones = 0x0101010101010101ull, tops = 0x8080808080808080ull;
	uint64_t w, low, quote, slash, del, c2;

	memcpy(&w, s, 8);
	quote = w ^ ones * '"';
	slash = w ^ ones * '\\';
	del = w ^ ones * 0x7f;
	c2 = w ^ ones * 0xC2;
	low = (w - ones * 0x20) & ~w;
	w = (low | ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((del - ones) & ~del)
	     | ((c2 - ones) & ~c2))
	    & tops;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return w ? (size_t)__builtin_ctzll(w) / 8 : 8;
#else
	return w ? 0 : 8;
#endif
}

/* Writes a string to where there is room for it, 6 bytes each and 2; returns its end. */
static char *quote(char *to, const char *s, size_t len)
{
	static const char hex[] = "0123456789abcdef";

	*to++ = '"';
	for (size_t i = 0; i < len; i++) {
		unsigned char c;
		size_t n;

		while (len - i >= 8) { /* nearly all bytes are plain */
			n = plain_of_eight(s + i);
			memcpy(to, s + i, 8);
			to += n;
			i += n;
			if (n < 8)
				break;
		}
		if (i == len)
			break;
		c = (unsigned char)s[i];

		if (c == 0xC2 && i + 1 < len && (unsigned char)s[i + 1] < 0xA0) {
			/* U+0080 to U+009F: to some terminals they are commands, as ESC is */
			c = (unsigned char)s[++i];
			memcpy(to, "\\u00", 4);
			to[4] = hex[c >> 4];
			to[5] = hex[c & 15];
			to += 6;
		} else if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
			*to++ = (char)c;
		} else if (c == '"' || c == '\\') {
			*to++ = '\\';
			*to++ = (char)c;
		} else if (c == '\n' || c == '\t' || c == '\r') {
			*to++ = '\\';
			*to++ = c == '\n' ? 'n' : c == '\t' ? 't' : 'r';
		} else {
			memcpy(to, "\\u00", 4);
			to[4] = hex[c >> 4];
			to[5] = hex[c & 15];
			to += 6;
		}
	}
	*to++ = '"';
	return to;
}

static void add_quoted(struct crm_str *out, const char *s, size_t len)
{
	char *to = crm_str_reserve(out, len * 6 + 2);

	crm_str_wrote(out, (size_t)(quote(to, s, len) - to));
}

void crm_json_key_slice(struct crm_str *out, struct crm_slice key)
{
	char *start = crm_str_reserve(out, key.len * 6 + 4), *to = start;

	if (is_comma_due(out))
		*to++ = ',';
	to = quote(to, key.ptr, key.len);
	*to++ = ':';
	crm_str_wrote(out, (size_t)(to - start));
}

void crm_json_key(struct crm_str *out, const char *key)
{
	crm_json_key_slice(out, crm_slice_of(key));
}

void crm_json_string(struct crm_str *out, struct crm_slice s)
{
	separate(out);
	if (s.ptr)
		add_quoted(out, s.ptr, s.len);
	else
		crm_str_adds(out, "null");
}

void crm_json_int(struct crm_str *out, int64_t n)
{
	separate(out);
	crm_str_addi(out, n);
}

void crm_json_real(struct crm_str *out, double x, int digits)
{
	separate(out);
	if (isfinite(x))
		crm_str_addf(out, "%.*g", digits, x);
	else
		crm_str_adds(out, "null");
}

void crm_json_bool(struct crm_str *out, bool yes)
{
	separate(out);
	crm_str_adds(out, yes ? "true" : "false");
}

void crm_json_raw(struct crm_str *out, struct crm_slice json)
{
	separate(out);
	crm_str_add(out, json.ptr, json.len);
}

void crm_json_line(struct crm_str *out, struct crm_slice json)
{
	bool within = false; /* a string */
	size_t i;

	separate(out);
	for (i = 0; i < json.len; i++) {
		char c = json.ptr[i];

		if (!within && (c == ' ' || c == '\t' || c == '\r' || c == '\n'))
			continue;
		within ^= c == '"';
		crm_str_addc(out, c);
		if (c == '\\' && i + 1 < json.len)
			crm_str_addc(out, json.ptr[++i]);
	}
}

void crm_json_put(struct crm_str *out, const char *key, const char *s)
{
	if (!s)
		return;
	crm_json_key(out, key);
	crm_json_string(out, crm_slice_of(s));
}

void crm_json_put_int(struct crm_str *out, const char *key, int64_t n)
{
	crm_json_key(out, key);
	crm_json_int(out, n);
}

void crm_json_put_slice(struct crm_str *out, const char *key, struct crm_slice s)
{
	if (!s.len)
		return;
	crm_json_key(out, key);
	crm_json_string(out, s);
}

void crm_json_put_time(struct crm_str *out, const char *key, int64_t ms)
{
	struct crm_str time = CRM_STR_INIT;

	if (!ms)
		return;
	crm_time_format(ms, 0, &time);
	crm_json_put(out, key, time.ptr);
	crm_str_release(&time);
}
