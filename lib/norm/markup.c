/* SPDX-License-Identifier: MIT */
/* A tokenizer for HTML as mail has it. Each search that fails to find its end says that it
 * will never be found, so that no byte is looked at more than a few times. */
#include "norm/markup.h"

#include <libxml/HTMLparser.h>
#include <string.h>
#include <strings.h>

#define REFERENCE_MAX 12 /* the longest name is thetasym; numbers have leading zeros */

/* Elements whose content is no markup; the index is the bit in no_raw_end. */
static const char *const raw[] = {"script", "style", "title", "iframe", "noembed", "noframes"};
#define RAW_DROPPED 2 /* of the first two nothing is worth reading when the end lacks */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_letter(char c)
{
	return ((unsigned char)c | 0x20) >= 'a' && ((unsigned char)c | 0x20) <= 'z';
}

static bool is_name(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9');
}

void crm_markup_init(struct crm_markup *m, struct crm_slice html)
{
	memset(m, 0, sizeof(*m));
	m->at = html.ptr;
	m->end = html.ptr + html.len;
}

/* The quote that ends a value beginning at p, or NULL. */
static const char *quote_end(struct crm_markup *m, const char *p, char quote)
{
	bool *none = &m->no_quote[quote == '"'];
	const char *q = *none ? NULL : memchr(p, quote, m->end - p);

	*none = !q;
	return q;
}

/* The '>' of a tag, where p is behind its name; NULL if there is none. */
static const char *tag_end(struct crm_markup *m, const char *p)
{
	const char *q;

	while (p < m->end && *p != '>') {
		if (*p++ != '=')
			continue;
		while (p < m->end && is_space(*p))
			p++;
		if (p < m->end && (*p == '"' || *p == '\'')) {
			q = quote_end(m, p + 1, *p);
			p = q ? q + 1 : p + 1;
		} else {
			while (p < m->end && !is_space(*p) && *p != '>')
				p++;
		}
	}
	return p < m->end ? p : NULL;
}

/* The start of the end tag of a raw element, or NULL. */
static const char *raw_end(struct crm_markup *m, const char *p, const char *name)
{
	size_t len = strlen(name);

	while ((p = memchr(p, '<', m->end - p))) {
		if ((size_t)(m->end - p) >= len + 2 && p[1] == '/' && !strncasecmp(p + 2, name, len)
		    && ((size_t)(m->end - p) == len + 2 || !is_name(p[len + 2])))
			return p;
		p++;
	}
	return NULL;
}

/* Behind an opening tag: passes over what stands within a raw element. */
static void skip_raw(struct crm_markup *m, struct crm_slice name)
{
	const char *p;
	unsigned i;

	for (i = 0; i < sizeof(raw) / sizeof(raw[0]); i++)
		if (strlen(raw[i]) == name.len && !strncasecmp(raw[i], name.ptr, name.len))
			break;
	if (i == sizeof(raw) / sizeof(raw[0]) || m->no_raw_end & 1u << i)
		return;
	p = raw_end(m, m->at, raw[i]);
	if (p)
		m->at = p;
	else if (i < RAW_DROPPED)
		m->at = m->end;
	else
		m->no_raw_end |= 1u << i;
}

/* Passes over what begins with "<!" or the like; false if it has no end. */
static bool skip_declaration(struct crm_markup *m)
{
	const char *p = m->at, *q;

	if (m->end - p >= 4 && !memcmp(p, "<!--", 4) && !m->no_comment) {
		/* "<!-->" is a whole comment, so the dashes may be those of the beginning */
		q = memmem(p + 2, m->end - p - 2, "-->", 3);
		if (q) {
			m->at = q + 3;
			return true;
		}
		m->no_comment = true;
	}
	q = memchr(p, '>', m->end - p);
	if (q)
		m->at = q + 1;
	else
		m->no_tag = true;
	return q;
}

/* Reads the tag at m->at; false if it is none. */
static bool read_tag(struct crm_markup *m, struct crm_markup_token *t)
{
	const char *name = m->at + 1, *p, *q;

	t->kind = *name == '/' ? CRM_MARKUP_CLOSE : CRM_MARKUP_OPEN;
	name += t->kind == CRM_MARKUP_CLOSE;
	for (p = name; p < m->end && !is_space(*p) && *p != '/' && *p != '>';)
		p++;
	q = tag_end(m, p);
	if (!q) {
		/* Cut off within its attributes; else it was "x <y" in a text. */
		m->no_tag = true;
		if (memchr(p, '=', m->end - p))
			m->end = m->at;
		return false;
	}
	t->text = (struct crm_slice){name, p - name};
	t->attributes = (struct crm_slice){p, q - p};
	m->at = q + 1;
	if (t->kind == CRM_MARKUP_OPEN)
		skip_raw(m, t->text);
	return true;
}

static void read_text(struct crm_markup *m, struct crm_markup_token *t)
{
	const char *p = m->at + 1, *q;

	q = p < m->end && !m->no_tag ? memchr(p, '<', m->end - p) : NULL;
	q = q ? q : m->end;
	t->kind = CRM_MARKUP_TEXT;
	t->text = (struct crm_slice){m->at, q - m->at};
	t->attributes = (struct crm_slice){q, 0};
	m->at = q;
}

bool crm_markup_next(struct crm_markup *m, struct crm_markup_token *t)
{
	const char *p;

	while ((p = m->at) < m->end) {
		if (*p == '<' && !m->no_tag && m->end - p >= 2) {
			if (is_letter(p[1])
			    || (p[1] == '/' && m->end - p >= 3 && is_letter(p[2]))) {
				if (read_tag(m, t))
					return true;
				continue;
			}
			if ((p[1] == '!' || p[1] == '?' || p[1] == '/') && skip_declaration(m))
				continue;
		}
		read_text(m, t);
		return true;
	}
	return false;
}

bool crm_markup_attribute(struct crm_slice *attributes, struct crm_slice *name,
			  struct crm_slice *value)
{
	const char *p = attributes->ptr, *end = p + attributes->len, *q;

	while (p < end && (is_space(*p) || *p == '/'))
		p++;
	name->ptr = p;
	while (p < end && !is_space(*p) && *p != '/' && (*p != '=' || p == name->ptr))
		p++;
	name->len = p - name->ptr;
	while (p < end && is_space(*p))
		p++;
	*value = (struct crm_slice){p, 0};
	if (p < end && *p == '=') {
		for (p++; p < end && is_space(*p);)
			p++;
		q = p < end && (*p == '"' || *p == '\'') ? memchr(p + 1, *p, end - p - 1) : NULL;
		if (q) {
			*value = (struct crm_slice){p + 1, q - p - 1};
			p = q + 1;
		} else {
			/* An opening quote that nothing closes is no part of the value. */
			p += p < end && (*p == '"' || *p == '\'');
			value->ptr = p;
			while (p < end && !is_space(*p))
				p++;
			value->len = p - value->ptr;
		}
	}
	*attributes = (struct crm_slice){p, end - p};
	return name->len;
}

/* What the standard makes of a number: 0x80 to 0x9F are windows-1252's. */
static uint32_t numbered(uint32_t c)
{
	static const uint16_t windows[32] = {0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020,
					     0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD,
					     0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D,
					     0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
					     0x0153, 0xFFFD, 0x017E, 0x0178};

	if (c >= 0x80 && c <= 0x9F)
		return windows[c - 0x80];
	return !c || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF) ? 0xFFFD : c;
}

static size_t number(const char *p, size_t len, uint32_t *c)
{
	bool hex = len > 2 && (p[2] | 0x20) == 'x';
	size_t i, start = hex ? 3 : 2;
	uint32_t n = 0, digit;

	for (i = start; i < len; i++) {
		char lower = p[i] | 0x20;

		if (p[i] >= '0' && p[i] <= '9')
			digit = p[i] - '0';
		else if (hex && lower >= 'a' && lower <= 'f')
			digit = lower - 'a' + 10;
		else
			break;
		n = n > 0x10FFFF ? n : n * (hex ? 16 : 10) + digit;
	}
	if (i == start)
		return 0;
	*c = numbered(n);
	return i + (i < len && p[i] == ';');
}

size_t crm_markup_reference(struct crm_slice s, uint32_t *c)
{
	const htmlEntityDesc *entity;
	xmlChar name[REFERENCE_MAX];
	size_t i, n = 0;

	if (s.len < 3 || s.ptr[0] != '&')
		return 0;
	if (s.ptr[1] == '#')
		return number(s.ptr, s.len, c);
	for (i = 1; i < s.len && is_name(s.ptr[i]); i++) {
		if (n + 1 == sizeof(name))
			return 0;
		name[n++] = (xmlChar)s.ptr[i];
	}
	name[n] = '\0';
	if (!n || (i < s.len && s.ptr[i] == '='))
		return 0;
	entity = htmlEntityLookup(name);
	if (!entity)
		return 0;
	*c = entity->value;
	return i + (i < s.len && s.ptr[i] == ';');
}
