/* SPDX-License-Identifier: MIT */
/* UTF-8 by the table of RFC 3629, section 4, and text made safe for a terminal. */
#define _XOPEN_SOURCE 700
#include "base/utf8.h"

#include <stdbool.h>
#include <string.h>
#include <wchar.h>

size_t crm_utf8_length(const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;
	unsigned char low = 0x80, high = 0xBF;
	size_t n;

	if (!len)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xC2 || p[0] > 0xF4)
		return 0;
	n = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	if (len < n)
		return 0;
	if (p[0] == 0xE0)
		low = 0xA0;
	else if (p[0] == 0xED)
		high = 0x9F;
	else if (p[0] == 0xF0)
		low = 0x90;
	else if (p[0] == 0xF4)
		high = 0x8F;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	return n;
}

uint32_t crm_utf8_decode(const char *s, size_t *used)
{
	const unsigned char *p = (const unsigned char *)s;

	if (p[0] < 0x80) {
		*used = 1;
		return p[0];
	}
	if (p[0] < 0xE0) {
		*used = 2;
		return (p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu);
	}
	if (p[0] < 0xF0) {
		*used = 3;
		return (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
	}
	*used = 4;
	return (p[0] & 0x07u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
}

size_t crm_utf8_encode(uint32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xC0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3F));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xE0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3F));
		out[2] = (char)(0x80 | (c & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3F));
	out[2] = (char)(0x80 | (c >> 6 & 0x3F));
	out[3] = (char)(0x80 | (c & 0x3F));
	return 4;
}

size_t crm_utf8_valid(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len) {
		uint64_t eight;
		size_t n;

		while (len - i >= 8) { /* most text is ASCII: eight bytes at a time */
			memcpy(&eight, s + i, 8);
			if (eight & 0x8080808080808080ull)
				break;
			i += 8;
		}
		if (i == len)
			break;
		n = crm_utf8_length(s + i, len - i);
		if (!n)
			break;
		i += n;
	}
	return i;
}

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E)
	       || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F;
}

size_t crm_utf8_width(struct crm_slice s)
{
	size_t width = 0;

	for (size_t i = 0; i < s.len;) {
		size_t n = crm_utf8_length(s.ptr + i, s.len - i), used;
		int w = n ? wcwidth((wchar_t)crm_utf8_decode(s.ptr + i, &used)) : 1;

		width += w < 0 ? 1 : (size_t)w;
		i += n ? n : 1;
	}
	return width;
}

void crm_utf8_printable(struct crm_str *out, struct crm_slice s)
{
	for (size_t i = 0; i < s.len;) {
		size_t n = crm_utf8_length(s.ptr + i, s.len - i), used;
		uint32_t c = n ? crm_utf8_decode(s.ptr + i, &used) : 0;

		if (c == '\n' || c == '\t' || c == '\r')
			crm_str_addc(out, ' ');
		else if (!n || is_control(c))
			crm_str_adds(out, "\xEF\xBF\xBD");
		else
			crm_str_add(out, s.ptr + i, n);
		i += n ? n : 1;
	}
}
