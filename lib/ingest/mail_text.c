/* SPDX-License-Identifier: MIT */
/* Charsets that are wrong, lines that are broken, files in the middle of a text. */
#include "ingest/mail_text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "norm/charset.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* Names that are written without knowing. What is valid UTF-8 under them is that; else a
 * western one is as good as it says, a vague one says nothing. */
static const struct {
	const char *name;
	bool western;
} unsure[] = {
	{"", false},        {"us-ascii", false},     {"ascii", false},     {"utf-8", false},
	{"utf8", false},    {"unknown-8bit", false}, {"x-unknown", false}, {"unknown", false},
	{"default", false}, {"iso-8859-1", true},    {"iso8859-1", true},  {"iso-8859-15", true},
	{"latin1", true},   {"latin-1", true},       {"cp1252", true},     {"windows-1252", true},
};

/* The place of charset in that list, -1. */
static int find_unsure(const char *charset)
{
	for (size_t i = 0; i < N(unsure); i++)
		if (!strcasecmp(charset ? charset : "", unsure[i].name))
			return (int)i;
	return -1;
}

/* Appends text with what is no UTF-8 as U+FFFD. */
static void add_valid(struct crm_slice text, struct crm_str *out)
{
	while (text.len) {
		size_t good = crm_utf8_valid(text.ptr, text.len);

		crm_str_add(out, text.ptr, good);
		if (good < text.len) {
			crm_str_adds(out, "\xEF\xBF\xBD");
			good++;
		}
		text.ptr += good;
		text.len -= good;
	}
}

static void decode_sniffed(struct crm_slice bytes, struct crm_str *out)
{
	const char *name = crm_charset_sniff(bytes.ptr, bytes.len);
	struct crm_str utf8 = CRM_STR_INIT;

	if (crm_charset_decode(name, bytes, &utf8) < 0)
		crm_charset_decode("windows-1252", bytes, &utf8);
	add_valid(crm_str_slice(&utf8), out);
	crm_str_release(&utf8);
}

/* ISO-2022-JP looks like ASCII, but for what switches to and fro (RFC 1468). */
static bool is_japanese(struct crm_slice bytes)
{
	return bytes.len && memchr(bytes.ptr, '\033', bytes.len)
	       && (memmem(bytes.ptr, bytes.len, "\033$B", 3)
		   || memmem(bytes.ptr, bytes.len, "\033$@", 3));
}

void crm_mail_decode(struct crm_slice bytes, const char *charset, struct crm_str *out)
{
	int i = find_unsure(charset);
	struct crm_str named = CRM_STR_INIT;
	int64_t bad = -1;

	if (i >= 0 && is_japanese(bytes))
		charset = "ISO-2022-JP", i = -1;
	if (i >= 0 && !(bytes.len && memchr(bytes.ptr, '\0', bytes.len))
	    && crm_utf8_valid(bytes.ptr, bytes.len) == bytes.len) {
		crm_str_add(out, bytes.ptr, bytes.len);
		return;
	}
	if (i < 0 || unsure[i].western)
		bad = crm_charset_decode(charset, bytes, &named);
	if (bad >= 0 && (size_t)bad * 50 <= bytes.len)
		add_valid(crm_str_slice(&named), out);
	else
		decode_sniffed(bytes, out);
	crm_str_release(&named);
}

struct paragraph {
	bool open;
	size_t depth; /* of quotation */
};

static void add_flowed(struct paragraph *p, struct crm_slice line, bool delsp, struct crm_str *out)
{
	size_t depth = 0;
	bool flows;

	while (depth < line.len && line.ptr[depth] == '>')
		depth++;
	line.ptr += depth;
	line.len -= depth;
	if (line.len && *line.ptr == ' ') /* stuffed */
		line.ptr++, line.len--;
	flows = line.len && line.ptr[line.len - 1] == ' ' && !crm_slice_is(line, "-- ");
	if (p->open && (p->depth != depth || crm_slice_is(line, "-- "))) {
		crm_str_addc(out, '\n');
		p->open = false;
	}
	if (!p->open) {
		for (size_t i = 0; i < depth; i++)
			crm_str_addc(out, '>');
		if (depth && line.len)
			crm_str_addc(out, ' ');
	}
	crm_str_add(out, line.ptr, line.len - (flows && delsp));
	if (!flows)
		crm_str_addc(out, '\n');
	*p = (struct paragraph){flows, depth};
}

void crm_mail_lines(struct crm_slice text, bool flowed, bool delsp, struct crm_str *out)
{
	struct paragraph p = {false, 0};

	if (!flowed && !(text.len && memchr(text.ptr, '\r', text.len))) {
		crm_str_add(out, text.ptr, text.len);
		return;
	}
	while (text.len) {
		bool last = !memchr(text.ptr, '\n', text.len);
		struct crm_slice line = crm_slice_line(&text);

		if (flowed) {
			add_flowed(&p, line, delsp, out);
			continue;
		}
		crm_str_add(out, line.ptr, line.len);
		if (!last)
			crm_str_addc(out, '\n');
	}
	if (p.open)
		crm_str_addc(out, '\n');
}

/* "begin 644 name" */
static bool is_begin(struct crm_slice line, struct crm_slice *name)
{
	size_t i = 6;

	if (line.len < 11 || memcmp(line.ptr, "begin ", 6))
		return false;
	while (i < line.len && line.ptr[i] >= '0' && line.ptr[i] <= '7')
		i++;
	if (i < 9 || i > 10 || i + 1 >= line.len || line.ptr[i] != ' ')
		return false;
	*name = crm_slice_trim((struct crm_slice){line.ptr + i + 1, line.len - i - 1});
	return name->len > 0;
}

static unsigned value_at(struct crm_slice line, size_t i)
{
	return i < line.len ? ((unsigned)line.ptr[i] - ' ') & 63 : 0;
}

/* A line of uuencode; false when it is none. Blanks at its end may have been lost. */
static bool add_uu(struct crm_slice line, struct crm_str *out)
{
	size_t n = value_at(line, 0), chars = (n + 2) / 3 * 4, i;

	for (i = 0; i < line.len; i++)
		if (line.ptr[i] < ' ' || line.ptr[i] > '`')
			return false;
	if (line.len > chars + 3) /* a check sum at the end is seen */
		return false;
	for (i = 1; n; i += 4) {
		unsigned a = value_at(line, i), b = value_at(line, i + 1),
			 c = value_at(line, i + 2), d = value_at(line, i + 3);
		const char three[] = {(char)(a << 2 | b >> 4), (char)(b << 4 | c >> 2),
				      (char)(c << 6 | d)};
		size_t take = n < 3 ? n : 3;

		crm_str_add(out, three, take);
		n -= take;
	}
	return true;
}

/* What follows a "begin" line, if all of it is uuencode up to "end". */
static bool read_uu(struct crm_slice *rest, struct crm_str *out)
{
	size_t lines = 0;

	while (rest->len) {
		struct crm_slice line = crm_slice_line(rest);

		if (crm_slice_is(line, "end"))
			return lines > 0;
		lines++;
		if (!line.len && lines > 1) /* a zero length whose blank was lost */
			continue;
		if (!line.len || !add_uu(line, out))
			return false;
	}
	return false;
}

bool crm_mail_uu_find(struct crm_slice text, size_t from, struct crm_mail_uu *uu,
		      struct crm_str *out)
{
	struct crm_slice rest = {text.ptr + from, text.len - from};
	size_t before = out->len;

	while (rest.len) {
		const char *start = rest.ptr;
		struct crm_slice line = crm_slice_line(&rest), after = rest;

		if (!is_begin(line, &uu->name))
			continue;
		if (read_uu(&after, out)) {
			uu->start = (size_t)(start - text.ptr);
			uu->end = (size_t)(after.ptr - text.ptr);
			return true;
		}
		out->len = before;
		crm_str_wrote(out, 0);
	}
	return false;
}
