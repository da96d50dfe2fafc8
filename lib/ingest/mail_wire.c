/* SPDX-License-Identifier: MIT */
/* A message is taken out of its mailbox, bounded, and recognised again. One pass of lines,
 * which are copied in runs: most mail needs no change at all. */
#include "ingest/mail_wire.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define KNOWN_BOUNDARIES 50 /* with more than that every line with -- counts as one */

struct unwrap {
	struct crm_slice rest;
	struct crm_str *out;
	struct crm_mail_cut *cut;
	const char *copied; /* all before is in out, or left out */
	char end;           /* of a line: CR where there is no LF at all */
	bool in_header, is_type, message_next, any;
	size_t block, field_bytes, lines, bytes, boundaries;
	struct crm_slice known[KNOWN_BOUNDARIES];
	size_t n_known;
};

/* end: the byte that ends a line. */
static struct crm_slice take_line_by(struct crm_slice *s, char end)
{
	const char *lf = s->len ? memchr(s->ptr, end, s->len) : NULL;
	struct crm_slice line = {s->ptr, lf ? (size_t)(lf + 1 - s->ptr) : s->len};

	s->ptr += line.len;
	s->len -= line.len;
	return line;
}

static struct crm_slice take_line(struct crm_slice *s)
{
	return take_line_by(s, '\n');
}

static bool is_blank_line(struct crm_slice line)
{
	return !line.len || *line.ptr == '\n'
	       || (*line.ptr == '\r' && (line.len < 2 || line.ptr[1] == '\n'));
}

bool crm_mail_is_field(struct crm_slice line)
{
	size_t i = 0;

	while (i < line.len && line.ptr[i] > ' ' && line.ptr[i] < 0x7f && line.ptr[i] != ':')
		i++;
	if (!i)
		return false;
	while (i < line.len && (line.ptr[i] == ' ' || line.ptr[i] == '\t'))
		i++;
	return i < line.len && line.ptr[i] == ':';
}

static bool is_clock(const char *s, const char *end)
{
	return end - s >= 4 && isdigit((unsigned char)s[0]) && s[1] == ':'
	       && isdigit((unsigned char)s[2]) && isdigit((unsigned char)s[3]);
}

static bool is_year(const char *s, const char *end)
{
	return end - s >= 5 && (!memcmp(s, " 19", 3) || !memcmp(s, " 20", 3))
	       && isdigit((unsigned char)s[3]) && isdigit((unsigned char)s[4])
	       && (end - s == 5 || !isdigit((unsigned char)s[5]));
}

static bool is_month(const char *s, const char *end)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	size_t i;

	if (end - s < 5 || *s != ' ' || s[4] != ' ')
		return false;
	for (i = 0; i < sizeof(months) - 1; i += 3)
		if (!strncasecmp(s + 1, months + i, 3))
			return true;
	return false;
}

bool crm_mail_is_from(struct crm_slice line)
{
	const char *end = line.ptr + (line.len < 512 ? line.len : 512), *s;
	bool clock = false, year = false, month = false;

	if (!crm_slice_starts(line, "From "))
		return false;
	for (s = line.ptr + 5; s < end; s++) {
		clock |= is_clock(s, end);
		year |= is_year(s, end);
		month |= is_month(s, end);
	}
	return clock && year && month;
}

/* The From_ lines that a message begins with, which some programs quote as well. */
static void skip_from(struct unwrap *u)
{
	while (crm_slice_starts(u->rest, "From ") || crm_slice_starts(u->rest, ">From ")) {
		struct crm_slice line = u->rest, sender;

		line = take_line_by(&line, u->end);
		if (crm_mail_is_field(line)) /* From : is a field, in RFC 822 */
			break;
		sender = (struct crm_slice){line.ptr + 5, 0};
		while (sender.len < line.len - 5 && !isspace((unsigned char)sender.ptr[sender.len]))
			sender.len++;
		if (*line.ptr == 'F' && !u->cut->sender.ptr)
			u->cut->sender = sender;
		take_line_by(&u->rest, u->end);
	}
	u->copied = u->rest.ptr;
}

static void leave_out(struct unwrap *u, struct crm_slice piece)
{
	crm_str_add(u->out, u->copied, (size_t)(piece.ptr - u->copied));
	u->copied = piece.ptr + piece.len;
}

static const char *find(struct crm_slice line, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i + len <= line.len; i++)
		if (!strncasecmp(line.ptr + i, word, len))
			return line.ptr + i;
	return NULL;
}

/* Remembers the boundary that a line of a header names. When a parser might read it in
 * another way than we do here, any line that begins with -- counts from then on. */
static void note_boundary(struct unwrap *u, struct crm_slice line)
{
	const char *at = find(line, "boundary"), *end = line.ptr + line.len;
	struct crm_slice name;
	bool quoted;

	if (!at)
		return;
	at += strlen("boundary");
	if (at == end || *at++ != '=' || at == end || u->n_known == KNOWN_BOUNDARIES) {
		u->any = true;
		return;
	}
	quoted = *at == '"';
	at += quoted;
	for (name = (struct crm_slice){at, 0}; at < end; at++, name.len++)
		if (quoted ? *at == '"' : *at == ';' || isspace((unsigned char)*at))
			break;
	u->any |= !name.len || at == end || memchr(name.ptr, '\\', name.len)
		  || memchr(name.ptr, '(', name.len) || memchr(name.ptr, '\r', name.len);
	u->known[u->n_known++] = name;
}

static bool is_boundary(const struct unwrap *u, struct crm_slice line)
{
	if (line.len < 2 || line.ptr[0] != '-' || line.ptr[1] != '-')
		return false;
	for (size_t i = u->n_known; i-- && !u->any;)
		if (line.len - 2 >= u->known[i].len
		    && !memcmp(line.ptr + 2, u->known[i].ptr, u->known[i].len))
			return true;
	return u->any;
}

static void header_line(struct unwrap *u, struct crm_slice line)
{
	bool fold = *line.ptr == ' ' || *line.ptr == '\t';
	bool is_top = !u->boundaries;

	if (!fold) {
		u->block++;
		u->is_type = crm_slice_starts_caseless(line, "Content-Type");
	}
	u->field_bytes = fold ? u->field_bytes + line.len : line.len;
	u->lines++;
	u->bytes += line.len;
	if ((is_top && u->block > CRM_MAIL_FIELDS) || u->field_bytes > CRM_MAIL_FIELD_BYTES
	    || u->lines > CRM_MAIL_HEADER_LINES || u->bytes > CRM_MAIL_HEADER_BYTES) {
		u->cut->header_lines++;
		leave_out(u, line);
		return;
	}
	if (u->is_type) {
		u->message_next |= find(line, "message/") != NULL;
		note_boundary(u, line);
	}
}

static void count_rest(struct unwrap *u)
{
	while (u->rest.len)
		u->cut->parts += is_boundary(u, take_line_by(&u->rest, u->end));
	u->cut->parts++;
}

void crm_mail_unwrap(const struct crm_mail_wrapped *from, struct crm_str *out,
		     struct crm_mail_cut *cut)
{
	struct unwrap u = {.rest = from->bytes, .out = out, .cut = cut, .in_header = true};
	const char *end = from->bytes.ptr + from->bytes.len;

	size_t before = out->len;

	*cut = (struct crm_mail_cut){0};
	u.end = from->bytes.len && !memchr(from->bytes.ptr, '\n', from->bytes.len) ? '\r' : '\n';
	crm_str_reserve(out, from->bytes.len);
	skip_from(&u);
	while (u.rest.len) {
		struct crm_slice line = take_line_by(&u.rest, u.end), mark = line;

		if (u.in_header && is_blank_line(line)) {
			u.in_header = u.message_next;
			u.message_next = false;
			u.block = 0;
		} else if (is_boundary(&u, line)) {
			u.in_header = true;
			u.message_next = false;
			u.block = 0;
			if (++u.boundaries > CRM_MAIL_BOUNDARIES) {
				leave_out(&u,
					  (struct crm_slice){line.ptr, (size_t)(end - line.ptr)});
				count_rest(&u);
			}
		} else if (u.in_header) {
			header_line(&u, line);
		} else if (from->quoted && *line.ptr == '>') {
			while (mark.len && *mark.ptr == '>')
				mark.ptr++, mark.len--;
			if (crm_slice_starts(mark, "From "))
				leave_out(&u, (struct crm_slice){line.ptr, 1});
		}
	}
	crm_str_add(out, u.copied, (size_t)(end - u.copied));
	for (size_t i = before; u.end == '\r' && i < out->len; i++)
		if (out->ptr[i] == '\r')
			out->ptr[i] = '\n';
}

/* Does another field come before the empty line? */
static bool more_fields(struct crm_slice rest)
{
	int lines = 0;

	while (rest.len && lines++ < 100) {
		struct crm_slice line = take_line(&rest);

		if (is_blank_line(line))
			return false;
		if (crm_mail_is_field(line))
			return true;
	}
	return false;
}

static void set_field(struct crm_mail_field *field, struct crm_slice whole)
{
	const char *colon = memchr(whole.ptr, ':', whole.len);

	field->whole = whole;
	field->name = crm_slice_trim((struct crm_slice){whole.ptr, (size_t)(colon - whole.ptr)});
	field->value = crm_slice_trim(
		(struct crm_slice){colon + 1, whole.len - (size_t)(colon + 1 - whole.ptr)});
}

size_t crm_mail_fields(struct crm_slice message, struct crm_mail_field *fields, size_t max,
		       size_t *body)
{
	struct crm_slice rest = message, line, at = message;
	size_t n = 0;

	while (rest.len) {
		line = take_line(&rest);
		if (is_blank_line(line)) {
			at = rest;
			break;
		}
		if (crm_mail_is_field(line)) {
			if (n == max)
				continue;
			set_field(&fields[n++], line);
		} else if (n && (*line.ptr == ' ' || *line.ptr == '\t' || more_fields(rest))) {
			struct crm_slice *whole = &fields[n - 1].whole;

			if (whole->ptr + whole->len == line.ptr)
				set_field(&fields[n - 1],
					  (struct crm_slice){whole->ptr, whole->len + line.len});
		} else {
			at = (struct crm_slice){line.ptr, line.len + rest.len};
			break;
		}
		at = rest;
	}
	*body = message.len - at.len;
	return n;
}

void crm_mail_unfold(struct crm_slice value, struct crm_str *out)
{
	size_t from = 0;

	for (size_t i = 0; i < value.len; i++)
		if (value.ptr[i] == '\r' || value.ptr[i] == '\n') {
			crm_str_add(out, value.ptr + from, i - from);
			from = i + 1;
		}
	if (value.len)
		crm_str_add(out, value.ptr + from, value.len - from);
}

/* Fields that a transport, a filter or a mailbox adds; a final * stands for any rest. */
static const char *const added[] = {
	"ARC-*",          "Authentication-Results",
	"Content-Length", "Delivered-To",
	"Delivery-Date",  "DKIM-Filter",
	"Envelope-To",    "Lines",
	"Received",       "Received-SPF",
	"Return-Path",    "Status",
	"X-Delivered-To", "X-Envelope-*",
	"X-Evolution*",   "X-Forwarded-*",
	"X-GM-*",         "X-Gmail-*",
	"X-Google-*",     "X-IMAP*",
	"X-Keywords",     "X-MS-Exchange-*",
	"X-Microsoft-*",  "X-Mozilla-*",
	"X-Original-To",  "X-Received",
	"X-Rspamd-*",     "X-Spam*",
	"X-Status",       "X-UID*",
	"X-Virus-*",
};

static bool is_added(struct crm_slice name)
{
	for (size_t i = 0; i < N(added); i++) {
		size_t len;

		if ((*name.ptr | 0x20) != (*added[i] | 0x20))
			continue;
		len = strcspn(added[i], "*");
		if ((added[i][len] ? name.len >= len : name.len == len)
		    && !strncasecmp(name.ptr, added[i], len))
			return true;
	}
	return false;
}

/* Bytes with CR LF as LF. */
static void digest_lines(crypto_generichash_state *state, struct crm_slice s)
{
	const char *end = s.ptr + s.len;

	while (s.ptr < end) {
		const char *stop = memchr(s.ptr, '\r', (size_t)(end - s.ptr)), *next;

		if (!stop)
			stop = end;
		next = stop < end ? stop + 1 : end;
		if (next < end && *next != '\n') /* a CR alone stays */
			stop = next;
		crypto_generichash_update(state, (const unsigned char *)s.ptr,
					  (size_t)(stop - s.ptr));
		s.ptr = next;
	}
}

void crm_mail_digest(struct crm_slice message, const struct crm_mail_field *fields, size_t n,
		     size_t body, struct crm_str *out)
{
	struct crm_slice text = {message.ptr + body, message.len - body};
	crypto_generichash_state state;
	struct crm_digest digest;
	size_t i;

	while (text.len && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r'))
		text.len--;
	crypto_generichash_init(&state, NULL, 0, sizeof(digest.bytes));
	for (i = 0; i < n; i++)
		if (!is_added(fields[i].name))
			digest_lines(&state, fields[i].whole);
	crypto_generichash_update(&state, (const unsigned char *)"\n", 1);
	digest_lines(&state, text);
	crypto_generichash_final(&state, digest.bytes, sizeof(digest.bytes));
	crm_digest_hex(&digest, out);
}
