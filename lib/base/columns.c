/* SPDX-License-Identifier: MIT */
/* Fitting, filling and wrapping text by its width on a terminal. */
#include "base/columns.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/utf8.h"

#define ELLIPSIS "\xE2\x80\xA6"

/* Bytes of s, which is printable, that fit into width columns; *used gets the columns. */
static size_t prefix(struct crm_slice s, size_t width, size_t *used)
{
	size_t at = 0;

	*used = 0;
	while (at < s.len) {
		size_t n = crm_utf8_length(s.ptr + at, s.len - at), w;

		w = crm_utf8_width((struct crm_slice){s.ptr + at, n ? n : 1});
		if (*used + w > width)
			break;
		*used += w;
		at += n ? n : 1;
	}
	return at;
}

static void blanks(struct crm_str *out, size_t n)
{
	memset(crm_str_reserve(out, n), ' ', n);
	crm_str_wrote(out, n);
}

static void fill(struct crm_str *out, struct crm_slice s, size_t used, size_t width,
		 enum crm_align align)
{
	if (align == CRM_RIGHT && used < width)
		blanks(out, width - used);
	crm_str_add(out, s.ptr, s.len);
	if (align == CRM_LEFT && used < width)
		blanks(out, width - used);
}

void crm_columns_pad(struct crm_str *out, struct crm_slice s, size_t width, enum crm_align align)
{
	struct crm_str clean = CRM_STR_INIT;
	struct crm_slice text;

	crm_utf8_printable(&clean, s);
	text = crm_str_slice(&clean);
	fill(out, text, crm_utf8_width(text), width, align);
	crm_str_release(&clean);
}

void crm_columns_fit(struct crm_str *out, struct crm_slice s, size_t width, enum crm_align align)
{
	struct crm_str clean = CRM_STR_INIT;
	struct crm_slice text;
	size_t used;

	crm_utf8_printable(&clean, s);
	text = crm_str_slice(&clean);
	used = crm_utf8_width(text);
	if (used > width && width) {
		clean.len = prefix(text, width - 1, &used);
		crm_str_adds(&clean, ELLIPSIS);
		text = crm_str_slice(&clean);
		used++;
	}
	fill(out, text, used, width, align);
	crm_str_release(&clean);
}

/* Bytes of the next line of s: up to the last blank that fits, else as much as fits. */
static size_t next_line(struct crm_slice s, size_t room)
{
	size_t used, n = prefix(s, room, &used);

	if (n == s.len || s.ptr[n] == ' ')
		return n;
	for (size_t i = n; i-- > 0;)
		if (s.ptr[i] == ' ')
			return i;
	return n ? n : crm_utf8_length(s.ptr, s.len);
}

/* Newlines have become blanks: what was a paragraph is not to leave a gap. */
static void squeeze_blanks(struct crm_str *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->len; i++)
		if (s->ptr[i] != ' ' || !n || s->ptr[n - 1] != ' ')
			s->ptr[n++] = s->ptr[i];
	s->len = n;
	if (n)
		s->ptr[n] = '\0';
}

void crm_columns_wrap(struct crm_str *out, struct crm_slice s, size_t indent, size_t width,
		      size_t max)
{
	struct crm_str clean = CRM_STR_INIT;
	size_t room = width > indent + 8 ? width - indent : 8;
	struct crm_slice rest;

	crm_utf8_printable(&clean, s);
	squeeze_blanks(&clean);
	rest = crm_slice_trim(crm_str_slice(&clean));
	for (size_t line = 1; rest.len; line++) {
		size_t n = next_line(rest, room);

		if (max && line == max && n < rest.len) {
			crm_columns_fit(out, rest, room, CRM_LEFT);
			break;
		}
		crm_str_add(out, rest.ptr, n);
		rest = crm_slice_trim((struct crm_slice){rest.ptr + n, rest.len - n});
		if (rest.len) {
			crm_str_addc(out, '\n');
			blanks(out, indent);
		}
	}
	crm_str_release(&clean);
}

void crm_columns_trim(struct crm_str *out)
{
	while (out->len && out->ptr[out->len - 1] == ' ')
		out->ptr[--out->len] = '\0';
}

size_t crm_columns_terminal(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	long n = 0;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		n = size.ws_col;
	else if (columns)
		n = strtol(columns, NULL, 10);
	if (n <= 0 || n > 10000)
		n = 80;
	return n < 20 ? 20 : (size_t)n;
}
