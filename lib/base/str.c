/* SPDX-License-Identifier: MIT */
/* The growing byte string that every writer of ours appends to. */
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

char crm_str_empty[1];

struct crm_slice crm_slice_of(const char *s)
{
	return (struct crm_slice){s, s ? strlen(s) : 0};
}

bool crm_slice_is(struct crm_slice s, const char *text)
{
	return s.ptr && s.len == strlen(text) && !memcmp(s.ptr, text, s.len);
}

bool crm_slice_same(struct crm_slice a, struct crm_slice b)
{
	return a.len == b.len && (!a.len || !memcmp(a.ptr, b.ptr, a.len));
}

bool crm_slice_is_caseless(struct crm_slice s, const char *text)
{
	return s.len == strlen(text) && !strncasecmp(s.ptr ? s.ptr : "", text, s.len);
}

bool crm_slice_starts(struct crm_slice s, const char *text)
{
	size_t n = strlen(text);

	return s.len >= n && !memcmp(s.ptr, text, n);
}

bool crm_slice_starts_caseless(struct crm_slice s, const char *text)
{
	size_t n = strlen(text);

	return s.len >= n && !strncasecmp(s.ptr, text, n);
}

struct crm_slice crm_slice_from(struct crm_slice s, size_t n)
{
	return (struct crm_slice){s.ptr + n, s.len - n};
}

struct crm_slice crm_slice_line(struct crm_slice *s)
{
	const char *lf = s->len ? memchr(s->ptr, '\n', s->len) : NULL;
	struct crm_slice line = {s->ptr, lf ? (size_t)(lf - s->ptr) : s->len};

	*s = crm_slice_from(*s, line.len + (lf != NULL));
	line.len -= line.len && line.ptr[line.len - 1] == '\r';
	return line;
}

int crm_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct crm_slice crm_slice_trim(struct crm_slice s)
{
	while (s.len && is_blank(s.ptr[0]))
		s.ptr++, s.len--;
	while (s.len && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

void crm_str_release(struct crm_str *s)
{
	if (s->cap)
		free(s->ptr);
	*s = (struct crm_str)CRM_STR_INIT;
}

void crm_str_clear(struct crm_str *s)
{
	s->len = 0;
	if (s->cap)
		s->ptr[0] = '\0';
}

char *crm_str_reserve(struct crm_str *s, size_t extra)
{
	if (s->len + extra + 1 > s->cap) {
		char *old = s->cap ? s->ptr : NULL;

		s->ptr = crm_grow(old, s->len + extra + 1, &s->cap, 1);
		s->ptr[s->len] = '\0';
	}
	return s->ptr + s->len;
}

void crm_str_wrote(struct crm_str *s, size_t n)
{
	s->len += n;
	if (s->cap)
		s->ptr[s->len] = '\0';
}

void crm_str_add(struct crm_str *s, const char *bytes, size_t len)
{
	if (!len)
		return;
	memcpy(crm_str_reserve(s, len), bytes, len);
	crm_str_wrote(s, len);
}

void crm_str_adds(struct crm_str *s, const char *text)
{
	crm_str_add(s, text, strlen(text));
}

void crm_str_addc(struct crm_str *s, char c)
{
	*crm_str_reserve(s, 1) = c;
	crm_str_wrote(s, 1);
}

void crm_str_add_lower(struct crm_str *s, struct crm_slice text)
{
	char *to = crm_str_reserve(s, text.len);

	for (size_t i = 0; i < text.len; i++)
		to[i] = (char)(text.ptr[i] >= 'A' && text.ptr[i] <= 'Z' ? text.ptr[i] | 0x20
									: text.ptr[i]);
	crm_str_wrote(s, text.len);
}

void crm_str_addi(struct crm_str *s, int64_t n)
{
	char digits[24], *at = digits + sizeof(digits);
	uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

	do
		*--at = (char)('0' + left % 10);
	while (left /= 10);
	if (n < 0)
		*--at = '-';
	crm_str_add(s, at, (size_t)(digits + sizeof(digits) - at));
}

void crm_str_addf(struct crm_str *s, const char *fmt, ...)
{
	char *to = crm_str_reserve(s, 64); /* most are short: written once */
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(to, 65, fmt, ap);
	va_end(ap);
	if (n > 64)
		vsnprintf(crm_str_reserve(s, (size_t)n), (size_t)n + 1, fmt, again);
	crm_str_wrote(s, n > 0 ? (size_t)n : 0);
	va_end(again);
}

char *crm_str_detach(struct crm_str *s)
{
	char *ptr = s->cap ? s->ptr : crm_strdup("");

	*s = (struct crm_str)CRM_STR_INIT;
	return ptr;
}
