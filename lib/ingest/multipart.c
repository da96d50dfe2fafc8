/* SPDX-License-Identifier: MIT */
/* Finding the boundaries of a multipart body, and reading the headers between them. */
#include "ingest/multipart.h"

#include <string.h>
#include <strings.h>

/* --- headers --- */

static bool is_token(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
	       || (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* Bytes of the line in front of s, with its LF. */
static size_t line_length(struct crm_slice s)
{
	const char *lf = memchr(s.ptr, '\n', s.len);

	return lf ? (size_t)(lf - s.ptr) + 1 : s.len;
}

/* The same without the line's end. */
static size_t text_length(const char *line, size_t len)
{
	len -= len && line[len - 1] == '\n';
	len -= len && line[len - 1] == '\r';
	return len;
}

enum crm_read crm_header_next(struct crm_slice *text, struct crm_slice *name,
			      struct crm_slice *value)
{
	size_t len = line_length(*text), colon = 0, line;

	if (!text_length(text->ptr, len)) {
		*text = crm_slice_from(*text, len);
		return CRM_READ_END;
	}
	while (colon < len && is_token(text->ptr[colon]))
		colon++;
	if (!colon || colon == len || text->ptr[colon] != ':')
		return CRM_READ_BAD;
	while (len < text->len && (text->ptr[len] == ' ' || text->ptr[len] == '\t')) {
		line = line_length(crm_slice_from(*text, len));
		len += line;
	}
	*name = (struct crm_slice){text->ptr, colon};
	*value = (struct crm_slice){text->ptr + colon + 1, text_length(text->ptr, len) - colon - 1};
	for (size_t i = 0; i < value->len; i++)
		if (value->ptr[i] == '\r' && (i + 1 == value->len || value->ptr[i + 1] != '\n'))
			return CRM_READ_BAD;
	*value = crm_slice_trim(*value);
	*text = crm_slice_from(*text, len);
	return CRM_READ_OK;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Takes a parameter's value from the front of s, in quotes or not, into out (NULL: only
 * passed). */
static void take_value(struct crm_slice *s, struct crm_str *out)
{
	bool quoted = s->len && *s->ptr == '"';

	for (*s = crm_slice_from(*s, quoted); s->len; *s = crm_slice_from(*s, 1)) {
		if (quoted && *s->ptr == '"') {
			*s = crm_slice_from(*s, 1);
			return;
		}
		if (!quoted && (*s->ptr == ';' || is_blank(*s->ptr)))
			return;
		if (quoted && *s->ptr == '\\' && s->len > 1 && s->ptr[1] == '"')
			*s = crm_slice_from(*s, 1);
		if (out)
			crm_str_addc(out, *s->ptr);
	}
}

bool crm_header_param(struct crm_slice s, const char *name, struct crm_str *out)
{
	while (s.len && *s.ptr != ';')
		s = crm_slice_from(s, 1);
	while (s.len) {
		struct crm_slice key;
		bool wanted;

		while (s.len && (*s.ptr == ';' || is_blank(*s.ptr)))
			s = crm_slice_from(s, 1);
		key.ptr = s.ptr;
		while (s.len && *s.ptr != ';' && *s.ptr != '=')
			s = crm_slice_from(s, 1);
		key.len = (size_t)(s.ptr - key.ptr);
		if (!s.len || *s.ptr == ';')
			continue;
		s = crm_slice_from(s, 1);
		while (s.len && is_blank(*s.ptr))
			s = crm_slice_from(s, 1);
		wanted = crm_slice_is_caseless(crm_slice_trim(key), name);
		take_value(&s, wanted ? out : NULL);
		if (wanted)
			return true;
		while (s.len && *s.ptr != ';') /* what follows a closing quote */
			s = crm_slice_from(s, 1);
	}
	return false;
}

/* --- boundaries --- */

struct delimiter {
	size_t at;    /* where the part before it ends: before the line's end that belongs to it */
	size_t start; /* of its two hyphens */
	size_t after; /* where what follows its line begins */
	bool last, found;
};

/* Is there a boundary at start, which is the beginning of a line? */
static bool is_delimiter(const struct crm_multipart *m, struct crm_slice text, size_t start,
			 struct delimiter *d)
{
	size_t i = start + 2 + m->boundary.len;

	if (text.len < i || memcmp(text.ptr + start, "--", 2) != 0
	    || memcmp(text.ptr + start + 2, m->boundary.ptr, m->boundary.len) != 0)
		return false;
	d->last = text.len >= i + 2 && !memcmp(text.ptr + i, "--", 2);
	i += d->last ? 2 : 0;
	while (i < text.len && (text.ptr[i] == ' ' || text.ptr[i] == '\t'))
		i++;
	i += i < text.len && text.ptr[i] == '\r';
	if (i < text.len && text.ptr[i] != '\n')
		return false;
	d->last |= i == text.len; /* its hyphens are missing */
	d->start = start;
	d->after = i < text.len ? i + 1 : i;
	return true;
}

/* The first boundary in text. */
static struct delimiter find(const struct crm_multipart *m, struct crm_slice text)
{
	struct delimiter d = {.found = false};
	const char *p = text.ptr, *end = text.ptr + text.len;

	while (!d.found && (p = memmem(p, (size_t)(end - p), "--", 2))) {
		size_t start = (size_t)(p - text.ptr);

		if (!start || p[-1] == '\n')
			d.found = is_delimiter(m, text, start, &d);
		if (d.found)
			d.at = start - (start > 0) - (start > 1 && !m->lf && p[-2] == '\r');
		p++;
	}
	return d;
}

static enum crm_read bad(struct crm_multipart *m, const char *reason)
{
	m->reason = reason;
	return CRM_READ_BAD;
}

/* What the first line that is not blank says. */
static struct crm_slice first_line(struct crm_slice body)
{
	while (body.len && is_blank(*body.ptr))
		body = crm_slice_from(body, 1);
	body.len = text_length(body.ptr, line_length(body));
	if (body.len < 3 || memcmp(body.ptr, "--", 2) != 0)
		return (struct crm_slice){NULL, 0};
	return crm_slice_trim(crm_slice_from(body, 2));
}

enum crm_read crm_multipart_start(struct crm_multipart *m, struct crm_slice body,
				  struct crm_slice boundary)
{
	struct delimiter d;

	*m = (struct crm_multipart){.boundary = boundary.ptr ? boundary : first_line(body)};
	if (!m->boundary.len)
		return bad(m, "multipart without a boundary");
	if (m->boundary.len > CRM_BOUNDARY_MAX)
		return bad(m, "its boundary is longer than 200 bytes");
	d = find(m, body);
	if (!d.found)
		return bad(m, "the boundary that its type names is not in it");
	if (d.last && crm_slice_trim((struct crm_slice){body.ptr, d.start}).len)
		return bad(m, "its parts have another boundary than its type names");
	m->lf = d.after >= 2 && d.after <= body.len && body.ptr[d.after - 1] == '\n'
		&& body.ptr[d.after - 2] != '\r';
	m->ended = d.last;
	m->rest = crm_slice_from(body, d.after);
	return CRM_READ_OK;
}

static enum crm_read take_headers(struct crm_multipart *m, struct crm_slice *text,
				  struct crm_part *part)
{
	struct crm_slice name, value;
	enum crm_read got;

	while ((got = crm_header_next(text, &name, &value)) == CRM_READ_OK) {
		if (crm_slice_is_caseless(name, "Content-Disposition"))
			part->disposition = value;
		else if (crm_slice_is_caseless(name, "Content-Type"))
			part->type = value;
		else if (crm_slice_is_caseless(name, "Content-Transfer-Encoding"))
			part->encoding = value;
	}
	return got == CRM_READ_END ? CRM_READ_OK : bad(m, "a part has a header line that is none");
}

enum crm_read crm_multipart_next(struct crm_multipart *m, struct crm_part *part)
{
	struct crm_slice text;
	struct delimiter d;

	*part = (struct crm_part){.body = {"", 0}};
	if (m->ended)
		return CRM_READ_END;
	d = find(m, m->rest);
	if (!d.found)
		return bad(m, "is cut off: the last boundary is missing");
	text = (struct crm_slice){m->rest.ptr, d.start};
	if (take_headers(m, &text, part) != CRM_READ_OK)
		return CRM_READ_BAD;
	/* a part without anything ends where its headers do */
	if (text.ptr < m->rest.ptr + d.at)
		part->body = (struct crm_slice){text.ptr, (size_t)(m->rest.ptr + d.at - text.ptr)};
	m->ended = d.last;
	m->rest = crm_slice_from(m->rest, d.after);
	return CRM_READ_OK;
}
