/* SPDX-License-Identifier: MIT */
/*
 * Three steps: the lines of a card are taken until its end; unfolded and cut into
 * properties; written as JSON, one member after the other.
 *
 * Where versions differ: 2.1 knows parameters without a name, quoted-printable with soft line
 * breaks, a blank as part of a folded line, and no backslashes but before a semicolon.
 */
#include "ingest/vcard.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/utf8.h"
#include "norm/charset.h"

struct parameter {
	struct crm_slice name, value; /* name empty: 2.1 */
};

enum encoding {
	PLAIN,
	QUOTED,
	BASE64
};

struct property {
	struct crm_slice group, name; /* name in upper case */
	const struct parameter *parameters;
	size_t n_parameters;
	enum encoding encoding;
	struct crm_slice charset;
	struct crm_slice raw;
	bool used; /* it has a member of its own */
};

struct vcard {
	struct crm_input *input;
	bool done;     /* the record at hand was handed out */
	int64_t lines; /* taken of it */
	bool inside;   /* BEGIN was seen */
	int nested;    /* BEGINs of agents */
	bool agent;    /* the last property is one: a BEGIN may follow */

	struct crm_arena arena; /* all of a card's properties lie in it */
	struct property *properties;
	size_t n, cap;
	int version; /* 21, 30, 40 */
	struct crm_str line, value, part;
	uint64_t *names; /* hashes of those in x */
	size_t n_names, cap_names;
};

static const struct crm_slice none = {NULL, 0};

/* --- where a card begins and ends --- */

static struct crm_slice without_mark(struct crm_slice line)
{
	return crm_slice_starts_caseless(line, "\xEF\xBB\xBF") ? crm_slice_from(line, 3) : line;
}

static bool is_mark(struct crm_slice line, const char *word)
{
	size_t n = strlen(word);

	line = crm_slice_trim(without_mark(line));
	return crm_slice_starts_caseless(line, word)
	       && crm_slice_is_caseless(crm_slice_trim(crm_slice_from(line, n)), "VCARD");
}

/* Does this line begin a card that stands for somebody's agent? */
static bool is_agent(struct crm_slice line)
{
	struct crm_slice value;
	const char *colon;

	if (!crm_slice_starts_caseless(line, "AGENT"))
		return false;
	colon = memchr(line.ptr, ':', line.len);
	value = colon ? crm_slice_from(line, (size_t)(colon + 1 - line.ptr)) : none;
	value = crm_slice_trim(value);
	return colon && !value.len;
}

static enum crm_read hand_out(struct vcard *v, struct crm_item *item, const char *reason)
{
	v->done = true;
	item->reason = reason;
	item->line = crm_input_line_number(v->input);
	return reason ? CRM_READ_BAD : CRM_READ_OK;
}

/* The record ends before the line just taken. */
static enum crm_read give_back(struct vcard *v, struct crm_item *item, const char *reason)
{
	crm_input_retry(v->input, v->lines - 1);
	return hand_out(v, item, reason);
}

static bool is_blank(struct crm_slice line)
{
	return crm_slice_trim(without_mark(line)).len == 0;
}

/* Looks at a line; true when the record is complete or spoiled: *got says which. */
static bool take_line(struct vcard *v, struct crm_slice line, struct crm_item *item,
		      enum crm_read *got)
{
	bool begins = is_mark(line, "BEGIN:"), ends = is_mark(line, "END:");
	bool may_nest = v->agent;

	v->lines++;
	v->agent = v->inside && (is_agent(line) || (v->agent && is_blank(line)));
	if (!v->inside && begins && v->lines > 1) {
		*got = give_back(v, item, "no vCard: BEGIN:VCARD is missing");
		return true;
	}
	if (begins && v->inside && !may_nest && !v->nested) {
		*got = give_back(v, item, "the vCard has no end");
		return true;
	}
	if (begins && v->inside)
		v->nested++;
	else if (ends && v->nested)
		v->nested--;
	else if (ends && v->inside) {
		*got = hand_out(v, item, NULL);
		return true;
	}
	v->inside |= begins;
	if (!v->inside && is_blank(line) && v->lines == 1) {
		crm_input_done(v->input);
		v->lines = 0;
	}
	return false;
}

/* Takes the lines of the next card. */
static enum crm_read take_card(struct vcard *v, struct crm_item *item)
{
	struct crm_slice line;
	enum crm_read got;

	if (v->done) {
		crm_input_done(v->input);
		v->done = v->inside = v->agent = false;
		v->lines = v->nested = 0;
	}
	while ((got = crm_input_line(v->input, &line)) == CRM_READ_OK)
		if (take_line(v, line, item, &got))
			return got;
	if (got == CRM_READ_BAD)
		return hand_out(v, item, "longer than 16 MiB");
	if (got != CRM_READ_END || !crm_input_record(v->input).len)
		return got;
	return hand_out(v, item,
			v->inside ? "the vCard has no end" : "no vCard: BEGIN:VCARD is missing");
}

/* --- properties --- */

static struct crm_slice keep(struct vcard *v, const char *bytes, size_t len)
{
	return (struct crm_slice){crm_arena_strndup(&v->arena, bytes, len), len};
}

static struct crm_slice keep_upper(struct vcard *v, struct crm_slice s)
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

static void note_encoding(struct property *p, struct crm_slice word)
{
	if (crm_slice_is_caseless(word, "QUOTED-PRINTABLE") || crm_slice_is_caseless(word, "Q"))
		p->encoding = QUOTED;
	else if (crm_slice_is_caseless(word, "BASE64") || crm_slice_is_caseless(word, "B"))
		p->encoding = BASE64;
}

static struct parameter parameter_of(struct crm_slice s, struct property *p)
{
	size_t n = run(s, "=");
	struct parameter it = {none, crm_slice_trim(s)};

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
static bool read_head(struct vcard *v, struct crm_slice head, struct property *p)
{
	struct parameter list[64];
	struct parameter *kept;
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
static bool end_property(struct vcard *v)
{
	struct crm_slice line = keep(v, v->line.ptr, v->line.len);
	size_t colon = run(line, ":");
	struct property p = {0};

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
static bool unfold(struct vcard *v, struct crm_slice line)
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

/* All properties of the record, without those of agents; false when there are too many. */
static bool read_properties(struct vcard *v)
{
	struct crm_slice record = crm_input_record(v->input);
	int depth = 0;
	bool good = true;

	crm_arena_clear(&v->arena);
	crm_str_clear(&v->line);
	v->n = 0;
	v->version = version_of(record);
	while (record.len && good) {
		struct crm_slice line = next_line(&record);

		if (is_mark(line, "BEGIN:"))
			depth++;
		else if (is_mark(line, "END:"))
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
static bool unbase64(struct crm_slice s, struct crm_str *out)
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
static void to_utf8(const struct property *p, struct crm_str *text)
{
	char charset[64] = "";

	if (p->encoding != PLAIN && p->charset.len && p->charset.len < sizeof(charset)) {
		memcpy(charset, p->charset.ptr, p->charset.len);
		if (strcasecmp(charset, "UTF-8") != 0 && strcasecmp(charset, "US-ASCII") != 0)
			decode(charset, text);
	}
	if (crm_utf8_valid(text->ptr, text->len) != text->len)
		decode("windows-1252", text);
}

/* The value without its transfer encoding, as UTF-8; escapes are still in it. Borrowed:
 * valid until the next one. */
static struct crm_slice value_of(struct vcard *v, const struct property *p)
{
	crm_str_clear(&v->value);
	if (p->encoding == QUOTED)
		unquote(p->raw, &v->value);
	else if (p->encoding != BASE64 || !unbase64(p->raw, &v->value))
		crm_str_add(&v->value, p->raw.ptr, p->raw.len);
	to_utf8(p, &v->value);
	return crm_str_slice(&v->value);
}

/* The character that a backslash and c stand for; 0: themselves. */
static char escape(const struct vcard *v, char c)
{
	if (v->version == 21)
		return c == ';' ? ';' : 0;
	if (c == 'n' || c == 'N')
		return '\n';
	return c && strchr("\\,;:\"", c) ? c : 0;
}

/* Appends s without its escapes, its line ends as LF. */
static void unescape(const struct vcard *v, struct crm_slice s, struct crm_str *out)
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

/* The text of s in v->part, trimmed. Borrowed: valid until the next one. */
static struct crm_slice text_of(struct vcard *v, struct crm_slice s)
{
	crm_str_clear(&v->part);
	unescape(v, s, &v->part);
	return crm_slice_trim(crm_str_slice(&v->part));
}

/* Takes from the front of *s what stands before a separator that is not escaped. ptr NULL
 * when nothing is left. */
static struct crm_slice take_part(struct crm_slice *s, char separator)
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

/* --- JSON --- */

static void put_text(struct crm_str *out, const char *key, struct crm_slice s)
{
	if (!s.len)
		return;
	crm_json_key(out, key);
	crm_json_string(out, s);
}

static struct property *next_named(const struct vcard *v, const char *name, struct property *after)
{
	for (struct property *p = after ? after + 1 : v->properties; p < v->properties + v->n; p++)
		if (crm_slice_is(p->name, name))
			return p;
	return NULL;
}

/* The first one; all of its name are then known, and not among the rest. */
static struct property *first_named(const struct vcard *v, const char *name)
{
	struct property *p = NULL;

	while ((p = next_named(v, name, p)))
		p->used = true;
	return next_named(v, name, NULL);
}

/* The first property of a name that says something, as text; of that no value, none does. */
static struct crm_slice first_text(struct vcard *v, const char *name)
{
	struct crm_slice text = none;

	for (struct property *p = first_named(v, name); p && !text.len; p = next_named(v, name, p))
		text = text_of(v, value_of(v, p));
	return text;
}

static void put_first(struct vcard *v, struct crm_str *out, const char *key, const char *name)
{
	put_text(out, key, first_text(v, name));
}

/* Appends a part of a structured value; in it commas part a list, from 3.0 on. */
static void put_component(struct vcard *v, struct crm_str *out, const char *key, struct crm_slice s,
			  const char *between)
{
	struct crm_str all = CRM_STR_INIT;
	struct crm_slice text;

	while (s.ptr) {
		text = text_of(v, v->version == 21 ? s : take_part(&s, ','));
		if (v->version == 21)
			s = none;
		if (text.len && all.len)
			crm_str_adds(&all, between);
		crm_str_add(&all, text.ptr, text.len);
	}
	put_text(out, key, crm_str_slice(&all));
	crm_str_release(&all);
}

static void put_name(struct vcard *v, struct crm_str *out)
{
	static const char *const keys[] = {"family", "given", "additional", "prefix", "suffix"};
	struct property *p = first_named(v, "N");
	struct crm_slice s;

	if (!p)
		return;
	s = value_of(v, p);
	crm_json_key(out, "n");
	crm_json_open(out, '{');
	for (int i = 0; i < 5 && s.ptr; i++)
		put_component(v, out, keys[i], take_part(&s, ';'), " ");
	crm_json_close(out, '}');
}

static void put_lower(struct crm_str *out, struct crm_slice s)
{
	struct crm_str low = CRM_STR_INIT;

	crm_str_add_lower(&low, s.len < 64 ? s : (struct crm_slice){s.ptr, 64});
	crm_json_string(out, (struct crm_slice){low.ptr, crm_utf8_valid(low.ptr, low.len)});
	crm_str_release(&low);
}

/* TYPE=home,work · TYPE=home;TYPE=work · HOME;WORK · PREF=1 */
static void put_types(struct crm_str *out, const struct property *p)
{
	crm_json_key(out, "type");
	crm_json_open(out, '[');
	for (size_t i = 0; i < p->n_parameters; i++) {
		struct crm_slice list = p->parameters[i].value;

		if (crm_slice_is_caseless(p->parameters[i].name, "PREF") && crm_slice_is(list, "1"))
			crm_json_string(out, CRM_SLICE("pref"));
		if (p->parameters[i].name.len
		    && !crm_slice_is_caseless(p->parameters[i].name, "TYPE"))
			continue;
		while (list.ptr) {
			struct crm_slice word = crm_slice_trim(take_part(&list, ','));

			if (word.len && !crm_slice_is_caseless(word, "QUOTED-PRINTABLE")
			    && !crm_slice_is_caseless(word, "BASE64")
			    && !crm_slice_is_caseless(word, "8BIT"))
				put_lower(out, word);
		}
	}
	crm_json_close(out, ']');
}

/* What the user calls it: item1.X-ABLabel beside item1.TEL; Apple's own are _$!<Home>!$_. */
static void put_label(struct vcard *v, struct crm_str *out, const struct property *p)
{
	for (size_t i = 0; p->group.len && i < v->n; i++) {
		const struct property *label = &v->properties[i];
		struct crm_slice text;

		if (!crm_slice_same(label->group, p->group)
		    || !crm_slice_is(label->name, "X-ABLABEL"))
			continue;
		text = text_of(v, value_of(v, label));
		if (text.len > 8 && !memcmp(text.ptr, "_$!<", 4)
		    && !memcmp(text.ptr + text.len - 4, ">!$_", 4))
			text = (struct crm_slice){text.ptr + 4, text.len - 8};
		put_text(out, "label", text);
		return;
	}
}

/* tel:+1-418-656-9254;ext=102 (RFC 3966) as people write it. */
static void put_tel_uri(struct crm_str *out, struct crm_slice uri)
{
	struct crm_slice number = take_part(&uri, ';'), prefix = none, extension = none;
	struct crm_str text = CRM_STR_INIT;

	while (uri.ptr) {
		struct crm_slice s = take_part(&uri, ';');

		if (crm_slice_starts_caseless(s, "phone-context=+"))
			prefix = crm_slice_from(s, 14);
		else if (crm_slice_starts_caseless(s, "ext="))
			extension = crm_slice_from(s, 4);
	}
	crm_str_add(&text, prefix.ptr, prefix.len);
	crm_str_add(&text, number.ptr, number.len);
	if (extension.len)
		crm_str_addf(&text, " ext. %.*s", (int)extension.len, extension.ptr);
	put_text(out, "value", crm_str_slice(&text));
	crm_str_release(&text);
}

static bool has_type(const struct property *p, const char *type)
{
	for (size_t i = 0; i < p->n_parameters; i++) {
		struct crm_slice list = p->parameters[i].value;

		if (p->parameters[i].name.len
		    && !crm_slice_is_caseless(p->parameters[i].name, "TYPE"))
			continue;
		while (list.ptr)
			if (crm_slice_is_caseless(crm_slice_trim(take_part(&list, ',')), type))
				return true;
	}
	return false;
}

/* A number at which nobody picks up. */
static bool is_fax(const struct property *p)
{
	return has_type(p, "fax") && !has_type(p, "voice") && !has_type(p, "cell");
}

/* A list of {"value", "type", "label"}; of telephones those that are fax machines, or not. */
static void put_endpoints(struct vcard *v, struct crm_str *out, const char *key, const char *name,
			  bool fax)
{
	size_t begun = crm_json_list_begin(out, key);

	for (struct property *p = first_named(v, name); p; p = next_named(v, name, p)) {
		struct crm_slice text = text_of(v, value_of(v, p));

		if (!text.len || is_fax(p) != fax)
			continue;
		crm_json_open(out, '{');
		if (crm_slice_starts_caseless(text, "tel:"))
			put_tel_uri(out, crm_slice_from(text, 4));
		else
			put_text(out, "value",
				 crm_slice_starts_caseless(text, "mailto:")
					 ? crm_slice_from(text, 7)
					 : text);
		put_types(out, p);
		put_label(v, out, p);
		crm_json_close(out, '}');
	}
	crm_json_list_end(out, begun);
}

/* A list of texts; each property may be a list itself, with a separator (0: it is not). */
static void put_list(struct vcard *v, struct crm_str *out, const char *key, const char *name,
		     char separator)
{
	size_t begun = crm_json_list_begin(out, key);

	for (struct property *p = first_named(v, name); p; p = next_named(v, name, p))
		for (struct crm_slice rest = value_of(v, p); rest.ptr;) {
			struct crm_slice text = text_of(v, take_part(&rest, separator));

			if (text.len)
				crm_json_string(out, text);
		}
	crm_json_list_end(out, begun);
}

static void put_addresses(struct vcard *v, struct crm_str *out)
{
	static const char *const keys[] = {"box",    "extended", "street", "city",
					   "region", "postcode", "country"};
	size_t begun = crm_json_list_begin(out, "adr");

	for (struct property *p = first_named(v, "ADR"); p; p = next_named(v, "ADR", p)) {
		struct crm_slice s = value_of(v, p);

		crm_json_open(out, '{');
		for (int i = 0; i < 7 && s.ptr; i++)
			put_component(v, out, keys[i], take_part(&s, ';'), ", ");
		put_types(out, p);
		put_label(v, out, p);
		crm_json_close(out, '}');
	}
	crm_json_list_end(out, begun);
}

/* The company, then its parts; of several the first that says something. */
static void put_org(struct vcard *v, struct crm_str *out)
{
	size_t before = out->len, begun;

	for (struct property *p = first_named(v, "ORG"); p && out->len == before;
	     p = next_named(v, "ORG", p)) {
		struct crm_slice s = value_of(v, p);

		put_text(out, "org", text_of(v, take_part(&s, ';')));
		begun = crm_json_list_begin(out, "unit");
		while (s.ptr) {
			struct crm_slice text = text_of(v, take_part(&s, ';'));

			if (text.len)
				crm_json_string(out, text);
		}
		crm_json_list_end(out, begun);
	}
}

static bool all_digits(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return true;
}

static void put_birthday(struct vcard *v, struct crm_str *out)
{
	struct property *p = first_named(v, "BDAY");
	struct crm_slice s = p ? text_of(v, value_of(v, p)) : none;
	const char *clock = s.len ? memchr(s.ptr, 'T', s.len) : NULL;
	char day[11] = "--MM-DD";

	if (clock && clock - s.ptr >= 8 && s.ptr[0] >= '0' && s.ptr[0] <= '9')
		s.len = (size_t)(clock - s.ptr);
	if (s.len == 10 && !memcmp(s.ptr, "1604-", 5)) { /* Apple: no year, a leap one */
		s = crm_slice_from(s, 3);
		memcpy(day + 2, s.ptr + 2, 5);
		s = (struct crm_slice){day, 7};
	} else if (s.len == 6 && !memcmp(s.ptr, "--", 2) && all_digits(s.ptr + 2, 4)) {
		memcpy(day + 2, s.ptr + 2, 2);
		memcpy(day + 5, s.ptr + 4, 2);
		s = (struct crm_slice){day, 7};
	}
	put_text(out, "bday", s);
}

/* When the card was changed: 20120305T131933Z as 2012-03-05T13:19:33Z. */
static void put_revision(struct vcard *v, struct crm_str *out)
{
	struct property *p = first_named(v, "REV");
	struct crm_slice s = p ? text_of(v, value_of(v, p)) : none;
	struct crm_str text = CRM_STR_INIT;

	if (s.len >= 15 && all_digits(s.ptr, 8) && s.ptr[8] == 'T' && all_digits(s.ptr + 9, 6)) {
		crm_str_addf(&text, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s", s.ptr, s.ptr + 4, s.ptr + 6,
			     s.ptr + 9, s.ptr + 11, s.ptr + 13);
		crm_str_add(&text, s.ptr + 15, s.len - 15);
		s = crm_str_slice(&text);
	}
	put_text(out, "rev", s);
	crm_str_release(&text);
}

/* All notes, in paragraphs. */
static void put_notes(struct vcard *v, struct crm_str *out)
{
	struct crm_str all = CRM_STR_INIT;

	for (struct property *p = first_named(v, "NOTE"); p; p = next_named(v, "NOTE", p)) {
		struct crm_slice text = text_of(v, value_of(v, p));

		if (text.len && all.len)
			crm_str_adds(&all, "\n\n");
		crm_str_add(&all, text.ptr, text.len);
	}
	put_text(out, "note", crm_str_slice(&all));
	crm_str_release(&all);
}

/* --- the picture --- */

static struct crm_slice parameter(const struct property *p, const char *name)
{
	for (size_t i = 0; i < p->n_parameters; i++)
		if (crm_slice_is_caseless(p->parameters[i].name, name))
			return p->parameters[i].value;
	return none;
}

/* Appends the media type of a picture: MEDIATYPE=image/png, TYPE=PNG, ;PNG. */
static void picture_type(const struct property *p, struct crm_str *out)
{
	struct crm_slice type = parameter(p, "MEDIATYPE");

	if (!type.len)
		type = parameter(p, "TYPE");
	for (size_t i = 0; i < p->n_parameters && !type.len; i++)
		if (!p->parameters[i].name.len
		    && !crm_slice_is_caseless(p->parameters[i].value, "BASE64")
		    && !crm_slice_is_caseless(p->parameters[i].value, "PREF"))
			type = p->parameters[i].value;
	if (!type.len)
		return;
	if (!memchr(type.ptr, '/', type.len))
		crm_str_adds(out, "image/");
	crm_str_add_lower(out, type);
}

static void put_picture(struct crm_item *item, struct crm_slice type, const struct crm_str *bytes)
{
	struct crm_str *out = &item->json;

	crm_json_key(out, "photo");
	crm_json_open(out, '{');
	if (crm_utf8_valid(type.ptr, type.len) == type.len)
		put_text(out, "type", type);
	crm_json_put_int(out, "size", (int64_t)bytes->len);
	crm_json_put(out, "digest", crm_item_blob(item, bytes->ptr, bytes->len));
	crm_json_close(out, '}');
}

static void put_photo(struct vcard *v, struct crm_item *item)
{
	struct property *p = first_named(v, "PHOTO");
	struct crm_str bytes = CRM_STR_INIT, type = CRM_STR_INIT;
	struct crm_slice raw = p ? crm_slice_trim(p->raw) : none, media;

	if (!raw.len)
		return;
	if (crm_slice_starts_caseless(raw, "data:")) { /* data:image/jpeg;base64,… (RFC 2397) */
		raw = crm_slice_from(raw, 5);
		media = take_part(&raw, ',');
		media = take_part(&media, ';');
		if (raw.ptr && unbase64(raw, &bytes) && bytes.len)
			put_picture(item, media, &bytes);
	} else if (p->encoding == BASE64) {
		picture_type(p, &type);
		if (unbase64(raw, &bytes) && bytes.len)
			put_picture(item, crm_str_slice(&type), &bytes);
	} else {
		crm_json_key(&item->json, "photo");
		crm_json_open(&item->json, '{');
		put_text(&item->json, "uri", text_of(v, value_of(v, p)));
		crm_json_close(&item->json, '}');
	}
	crm_str_release(&bytes);
	crm_str_release(&type);
}

/* --- the rest --- */

/* How many members of x have this name already; and one more. */
static int count_name(struct vcard *v, struct crm_slice name)
{
	uint64_t hash = crm_hash64(name.ptr, name.len);
	int n = 1;

	for (size_t i = 0; i < v->n_names; i++)
		n += v->names[i] == hash;
	CRM_GROW(v->names, v->n_names + 1, v->cap_names);
	v->names[v->n_names++] = hash;
	return n;
}

static void put_rest(struct vcard *v, struct crm_str *out)
{
	static const char *const known[] = {"VERSION", "X-ABLABEL", "AGENT", "KEY",
					    "LOGO",    "SOUND",     "PHOTO"};
	struct crm_str key = CRM_STR_INIT;

	v->n_names = 0;
	for (size_t i = 0; i < v->n; i++) {
		struct property *p = &v->properties[i];
		int n;

		for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++)
			p->used |= crm_slice_is(p->name, known[k]);
		if (p->used || p->encoding == BASE64)
			continue;
		if (!v->n_names) {
			crm_json_key(out, "x");
			crm_json_open(out, '{');
		}
		n = count_name(v, p->name);
		crm_str_clear(&key);
		crm_str_add(&key, p->name.ptr, p->name.len);
		if (n > 1) /* no name has a dot in it */
			crm_str_addf(&key, ".%d", n);
		crm_json_key(out, key.ptr);
		crm_json_string(out, text_of(v, value_of(v, p)));
	}
	if (v->n_names)
		crm_json_close(out, '}');
	crm_str_release(&key);
}

static void put_kind(struct vcard *v, struct crm_str *out)
{
	bool standard = first_text(v, "KIND").len;
	struct crm_slice apple = first_text(v, "X-ADDRESSBOOKSERVER-KIND");
	struct crm_slice kind = standard ? first_text(v, "KIND") : apple;

	if (!kind.len)
		return;
	crm_json_key(out, "kind");
	put_lower(out, kind);
}

static void put_card(struct vcard *v, struct crm_item *item)
{
	struct crm_str *out = &item->json;

	crm_json_open(out, '{');
	crm_json_put(out, "version", v->version == 21 ? "2.1" : v->version == 40 ? "4.0" : "3.0");
	put_first(v, out, "uid", "UID");
	put_kind(v, out);
	put_first(v, out, "fn", "FN");
	put_name(v, out);
	put_list(v, out, "nickname", "NICKNAME", ',');
	put_endpoints(v, out, "email", "EMAIL", false);
	put_endpoints(v, out, "tel", "TEL", false);
	put_endpoints(v, out, "fax", "TEL", true);
	put_endpoints(v, out, "impp", "IMPP", false);
	put_list(v, out, "url", "URL", 0);
	put_addresses(v, out);
	put_org(v, out);
	put_first(v, out, "title", "TITLE");
	put_first(v, out, "role", "ROLE");
	put_birthday(v, out);
	put_first(v, out, "language", "LANG");
	put_first(v, out, "gender", "GENDER");
	put_notes(v, out);
	put_list(v, out, "categories", "CATEGORIES", ',');
	put_list(v, out, "member", "MEMBER", 0);
	put_revision(v, out);
	put_photo(v, item);
	put_rest(v, out);
	crm_json_close(out, '}');
}

/* --- the syntax --- */

static bool vcard_sniff(struct crm_slice start)
{
	start = crm_slice_trim(without_mark(start));
	return crm_slice_starts_caseless(start, "BEGIN:VCARD");
}

static void *vcard_open(struct crm_input *input)
{
	struct vcard *v = crm_calloc(1, sizeof(*v));

	v->input = input;
	v->line = v->value = v->part = (struct crm_str)CRM_STR_INIT;
	CRM_GROW(v->properties, 1, v->cap); /* a card without any has a list, too */
	return v;
}

static enum crm_read vcard_next(void *reader, struct crm_item *item)
{
	struct vcard *v = reader;
	enum crm_read got = take_card(v, item);

	if (got != CRM_READ_OK)
		return got;
	if (!read_properties(v))
		return hand_out(v, item, "has more than 2000 properties");
	put_card(v, item);
	return CRM_READ_OK;
}

static void vcard_close(void *reader)
{
	struct vcard *v = reader;

	crm_arena_release(&v->arena);
	crm_str_release(&v->line);
	crm_str_release(&v->value);
	crm_str_release(&v->part);
	free(v->properties);
	free(v->names);
	free(v);
}

const struct crm_syntax crm_syntax_vcard = {
	.name = "vcard",
	.sniff = vcard_sniff,
	.open = vcard_open,
	.next = vcard_next,
	.close = vcard_close,
};
