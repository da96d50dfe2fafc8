/* SPDX-License-Identifier: MIT */
/* Unfolding, cutting and decoding. */
#include "ingest/vcard_card.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "ingest/vcard.h"
#include "norm/charset.h"

static const struct crm_slice none = {NULL, 0};

void crm_vcard_init(struct crm_vcard *v)
{
	*v = (struct crm_vcard){.line = CRM_STR_INIT, .value = CRM_STR_INIT, .part = CRM_STR_INIT};
	CRM_GROW(v->properties, 1, v->cap); /* a card without any has a list, too */
}

void crm_vcard_release(struct crm_vcard *v)
{
	crm_arena_release(&v->arena);
	crm_str_release(&v->line);
	crm_str_release(&v->value);
	crm_str_release(&v->part);
	free(v->properties);
}

struct crm_slice crm_vcard_line(struct crm_slice line)
{
	return crm_slice_starts_caseless(line, "\xEF\xBB\xBF") ? crm_slice_from(line, 3) : line;
}

bool crm_vcard_is_mark(struct crm_slice line, const char *word)
{
	size_t n = strlen(word);

	line = crm_slice_trim(crm_vcard_line(line));
	return crm_slice_starts_caseless(line, word)
	       && crm_slice_is_caseless(crm_slice_trim(crm_slice_from(line, n)), "VCARD");
}

static struct crm_slice keep(struct crm_vcard *v, const char *bytes, size_t len)
{
	return (struct crm_slice){crm_arena_strndup(&v->arena, bytes, len), len};
}

static struct crm_slice keep_upper(struct crm_vcard *v, struct crm_slice s)
{
	char *copy = crm_arena_strndup(&v->arena, s.ptr, s.len);

	for (size_t i = 0; i < s.len; i++)
		if (copy[i] >= 'a' && copy[i] <= 'z')
			copy[i] = (char)(copy[i] - 0x20);
	return (struct crm_slice){copy, s.len};
}

/* The end of what runs to one of the bytes of stop, outside quotes. */
static size_t run(struct crm_slice s, const char *stop)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"')
			quoted = !quoted;
		else if (!quoted && strchr(stop, s.ptr[i]) && s.ptr[i])
			break;
	}
	/* a quote that is not closed is one that was not meant */
	for (size_t k = 0; quoted && k < s.len; k++)
		if (strchr(stop, s.ptr[k]) && s.ptr[k])
			return k;
	return i;
}

static bool is_name(struct crm_slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = (char)(s.ptr[i] | 0x20);

		if (!(c >= 'a' && c <= 'z') && !(s.ptr[i] >= '0' && s.ptr[i] <= '9')
		    && s.ptr[i] != '-' && s.ptr[i] != '_')
			return false;
	}
	return s.len > 0;
}

static void note_encoding(struct crm_property *p, struct crm_slice word)
{
	if (crm_slice_is_caseless(word, "QUOTED-PRINTABLE") || crm_slice_is_caseless(word, "Q"))
		p->encoding = CRM_VCARD_QUOTED;
	else if (crm_slice_is_caseless(word, "BASE64") || crm_slice_is_caseless(word, "B"))
		p->encoding = CRM_VCARD_BASE64;
}

static struct crm_parameter parameter_of(struct crm_slice s, struct crm_property *p)
{
	size_t n = run(s, "=");
	struct crm_parameter it = {none, crm_slice_trim(s)};

	if (n < s.len) {
		it.name = crm_slice_trim((struct crm_slice){s.ptr, n});
		it.value = crm_slice_trim(crm_slice_from(s, n + 1));
		if (it.value.len > 1 && it.value.ptr[0] == '"'
		    && it.value.ptr[it.value.len - 1] == '"')
			it.value = (struct crm_slice){it.value.ptr + 1, it.value.len - 2};
	}
	if (crm_slice_is_caseless(it.name, "ENCODING")
	    || (!it.name.len && it.value.len > 1)) /* "B" alone is a type */
		note_encoding(p, it.value);
	if (crm_slice_is_caseless(it.name, "CHARSET"))
		p->charset = it.value;
	return it;
}

/* Cuts the part before the colon; false when it is none. */
static bool read_head(struct crm_vcard *v, struct crm_slice head, struct crm_property *p)
{
	struct crm_parameter list[64];
	struct crm_parameter *kept;
	size_t n = run(head, ";");
	const char *dot;

	p->name = crm_slice_trim((struct crm_slice){head.ptr, n});
	dot = memchr(p->name.ptr, '.', p->name.len);
	if (dot) {
		p->group = (struct crm_slice){p->name.ptr, (size_t)(dot - p->name.ptr)};
		p->name = crm_slice_from(p->name, p->group.len + 1);
	}
	if (!is_name(p->name))
		return false;
	p->name = keep_upper(v, p->name);
	while (n < head.len && p->n_parameters < sizeof(list) / sizeof(*list)) {
		head = crm_slice_from(head, n + 1);
		n = run(head, ";");
		list[p->n_parameters++] = parameter_of((struct crm_slice){head.ptr, n}, p);
	}
	kept = crm_arena_alloc(&v->arena, (p->n_parameters + 1) * sizeof(*kept));
	memcpy(kept, list, p->n_parameters * sizeof(*kept));
	p->parameters = kept;
	return true;
}

/* The line that was put together becomes a property. */
static bool end_property(struct crm_vcard *v)
{
	struct crm_slice line = keep(v, v->line.ptr, v->line.len);
	size_t colon = run(line, ":");
	struct crm_property p = {0};

	crm_str_clear(&v->line);
	if (colon >= line.len || !read_head(v, (struct crm_slice){line.ptr, colon}, &p))
		return true;
	p.raw = crm_slice_from(line, colon + 1);
	if (v->n == CRM_VCARD_PROPERTIES)
		return false;
	CRM_GROW(v->properties, v->n + 1, v->cap);
	v->properties[v->n++] = p;
	return true;
}

/* --- unfolding --- */

static struct crm_slice without_end(struct crm_slice line)
{
	while (line.len && (line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r'))
		line.len--;
	return line;
}

static bool head_says(const struct crm_str *line, const char *encoding)
{
	const char *colon = memchr(line->ptr, ':', line->len);
	size_t n = colon ? (size_t)(colon - line->ptr) : 0, len = strlen(encoding);

	for (size_t i = 0; i + len <= n; i++)
		if (!strncasecmp(line->ptr + i, encoding, len))
			return true;
	return false;
}

static bool ends_soft(const struct crm_str *line)
{
	return line->len && line->ptr[line->len - 1] == '=' && head_says(line, "QUOTED-PRINTABLE");
}

static bool in_base64(const struct crm_str *line)
{
	return head_says(line, "BASE64") || head_says(line, "ENCODING=B");
}

/* Adds a physical line to the one at hand, or begins a new one. */
static bool unfold(struct crm_vcard *v, struct crm_slice line)
{
	bool blank = crm_slice_trim(line).len == 0;

	if (ends_soft(&v->line)) {
		v->line.len--;
		crm_str_add(&v->line, line.ptr, line.len);
		return true;
	}
	if (v->line.len && line.len && (*line.ptr == ' ' || *line.ptr == '\t')) {
		line = crm_slice_from(line, v->version == 21 && !in_base64(&v->line) ? 0 : 1);
		crm_str_add(&v->line, line.ptr, line.len);
		return true;
	}
	if (v->line.len && !blank && !memchr(line.ptr, ':', line.len)) {
		/* base64 that is not indented, or text with a line end of its own */
		if (!in_base64(&v->line))
			crm_str_adds(&v->line, v->version == 21 ? "\n" : "\\n");
		crm_str_add(&v->line, line.ptr, line.len);
		return true;
	}
	if (blank) /* some files have CR CR LF at the end of each line */
		return true;
	if (v->line.len && !end_property(v))
		return false;
	crm_str_add(&v->line, line.ptr, line.len);
	return true;
}

static struct crm_slice next_line(struct crm_slice *rest)
{
	const char *lf = memchr(rest->ptr, '\n', rest->len);
	const char *cr = memchr(rest->ptr, '\r', lf ? (size_t)(lf - rest->ptr) : rest->len);
	size_t n = lf ? (size_t)(lf + 1 - rest->ptr) : rest->len;
	struct crm_slice line;

	if (cr && cr + 1 != lf)
		n = (size_t)(cr + 1 - rest->ptr);
	line = (struct crm_slice){rest->ptr, n};
	*rest = crm_slice_from(*rest, n);
	return without_end(line);
}

/* The version decides how lines are unfolded, and stands in one. */
static int version_of(struct crm_slice record)
{
	while (record.len) {
		struct crm_slice line = next_line(&record);

		if (!crm_slice_starts_caseless(line, "VERSION:"))
			continue;
		line = crm_slice_trim(crm_slice_from(line, 8));
		return crm_slice_starts_caseless(line, "2")   ? 21
		       : crm_slice_starts_caseless(line, "4") ? 40
							      : 30;
	}
	return 30;
}

bool crm_vcard_read(struct crm_vcard *v, struct crm_slice record)
{
	int depth = 0;
	bool good = true;

	crm_arena_clear(&v->arena);
	crm_str_clear(&v->line);
	v->n = 0;
	v->version = version_of(record);
	while (record.len && good) {
		struct crm_slice line = next_line(&record);

		if (crm_vcard_is_mark(line, "BEGIN:"))
			depth++;
		else if (crm_vcard_is_mark(line, "END:"))
			depth--;
		else if (depth == 1)
			good = unfold(v, line);
	}
	return good && (!v->line.len || end_property(v));
}

/* --- values --- */

static void unquote(struct crm_slice s, struct crm_str *out)
{
	for (size_t i = 0; i < s.len; i++) {
		int high = s.ptr[i] == '=' && i + 2 < s.len ? crm_hex_digit(s.ptr[i + 1]) : -1;
		int low = high >= 0 ? crm_hex_digit(s.ptr[i + 2]) : -1;

		if (low >= 0) {
			crm_str_addc(out, (char)(16 * high + low));
			i += 2;
		} else if (s.ptr[i] != '=' || i + 1 < s.len) { /* a soft break at the very end */
			crm_str_addc(out, s.ptr[i]);
		}
	}
}

static int base64_digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* RFC 4648, but what stands at the end is not looked at closely: telephones leave out the
 * padding and have bits left over, which libsodium would refuse. False, and nothing appended,
 * when something else than base64 stands in it. */
bool crm_vcard_base64(struct crm_slice s, struct crm_str *out)
{
	size_t from = out->len;
	uint32_t bits = 0;
	int n = 0;

	for (size_t i = 0; i < s.len && s.ptr[i] != '='; i++) {
		int digit = base64_digit(s.ptr[i]);

		if (digit < 0 && strchr(" \t\r\n", s.ptr[i]) && s.ptr[i])
			continue;
		if (digit < 0) {
			out->len = from;
			return false;
		}
		bits = bits << 6 | (uint32_t)digit;
		n += 6;
		if (n >= 8) {
			n -= 8;
			crm_str_addc(out, (char)(bits >> n & 0xFF));
		}
	}
	return true;
}

static void decode(const char *charset, struct crm_str *text)
{
	struct crm_str out = CRM_STR_INIT;

	if (crm_charset_decode(charset, crm_str_slice(text), &out) < 0)
		crm_charset_decode("windows-1252", crm_str_slice(text), &out);
	crm_str_release(text);
	*text = out;
}

/* Bytes that were encoded are in the charset that the property names; those that were not are
 * in the file's, and have been decoded. What is then no UTF-8 is windows-1252. */
static void to_utf8(const struct crm_property *p, struct crm_str *text)
{
	char charset[64] = "";

	if (p->encoding != CRM_VCARD_PLAIN && p->charset.len && p->charset.len < sizeof(charset)) {
		memcpy(charset, p->charset.ptr, p->charset.len);
		if (strcasecmp(charset, "UTF-8") != 0 && strcasecmp(charset, "US-ASCII") != 0)
			decode(charset, text);
	}
	if (crm_utf8_valid(text->ptr, text->len) != text->len)
		decode("windows-1252", text);
}

struct crm_slice crm_vcard_value(struct crm_vcard *v, const struct crm_property *p)
{
	crm_str_clear(&v->value);
	if (p->encoding == CRM_VCARD_QUOTED)
		unquote(p->raw, &v->value);
	else if (p->encoding != CRM_VCARD_BASE64 || !crm_vcard_base64(p->raw, &v->value))
		crm_str_add(&v->value, p->raw.ptr, p->raw.len);
	to_utf8(p, &v->value);
	return crm_str_slice(&v->value);
}

/* The character that a backslash and c stand for; 0: themselves. */
static char escape(const struct crm_vcard *v, char c)
{
	if (v->version == 21)
		return c == ';' ? ';' : 0;
	if (c == 'n' || c == 'N')
		return '\n';
	return c && strchr("\\,;:\"", c) ? c : 0;
}

/* Appends s without its escapes, its line ends as LF. */
static void unescape(const struct crm_vcard *v, struct crm_slice s, struct crm_str *out)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i] == '\\' && i + 1 < s.len ? escape(v, s.ptr[i + 1]) : 0;

		if (c) {
			crm_str_addc(out, c);
			i++;
		} else if (s.ptr[i] == '\r') {
			if (i + 1 == s.len || s.ptr[i + 1] != '\n')
				crm_str_addc(out, '\n');
		} else {
			crm_str_addc(out, s.ptr[i]);
		}
	}
}

struct crm_slice crm_vcard_text(struct crm_vcard *v, struct crm_slice s)
{
	crm_str_clear(&v->part);
	unescape(v, s, &v->part);
	return crm_slice_trim(crm_str_slice(&v->part));
}

struct crm_slice crm_vcard_part(struct crm_slice *s, char separator)
{
	struct crm_slice part = *s;

	for (size_t i = 0; i < s->len; i++) {
		if (s->ptr[i] == '\\') {
			i++;
		} else if (s->ptr[i] == separator) {
			part.len = i;
			*s = crm_slice_from(*s, i + 1);
			return part;
		}
	}
	*s = none;
	return part;
}
