/* SPDX-License-Identifier: MIT */
/*
 * Messages as SMS servers spool them. The body may be in another encoding than the headers
 * (UCS-2 after ASCII), so the file is taken as bytes, and each part is decoded by itself.
 */
#include "ingest/headers.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "ingest/multipart.h"
#include "norm/charset.h"

struct headers {
	struct crm_input *input;
	bool handed; /* the lines taken are those of a record that was given out */
	struct crm_str text, name;
};

static bool is_name(struct crm_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!(s.ptr[i] >= 'a' && s.ptr[i] <= 'z') && !(s.ptr[i] >= 'A' && s.ptr[i] <= 'Z')
		    && !(s.ptr[i] >= '0' && s.ptr[i] <= '9') && s.ptr[i] != '_' && s.ptr[i] != '-')
			return false;
	return s.len > 0;
}

/* "Name: value"; false: it is something else. */
static bool part_line(struct crm_slice line, struct crm_slice *name, struct crm_slice *value)
{
	const char *colon = memchr(line.ptr, ':', line.len);

	if (!colon)
		return false;
	*name = (struct crm_slice){line.ptr, (size_t)(colon - line.ptr)};
	*value = crm_slice_trim(
		(struct crm_slice){colon + 1, (size_t)(line.ptr + line.len - colon) - 1});
	return is_name(*name);
}

static bool decode(struct crm_slice bytes, const char *charset, struct crm_str *out)
{
	crm_str_clear(out);
	return crm_charset_decode(charset, bytes, out) >= 0
	       && crm_utf8_valid(out->ptr, out->len) == out->len;
}

/* Bytes as UTF-8: in the charset that is named, else as they look. */
static void put_text(struct crm_slice bytes, const char *charset, struct crm_str *out)
{
	if (charset && decode(bytes, charset, out))
		return;
	if (!decode(bytes, crm_charset_sniff(bytes.ptr, bytes.len), out))
		decode(bytes, "windows-1252", out);
}

/* What Alphabet calls the body's encoding; name holds one that is taken as it is. */
static const char *charset_of(struct crm_slice alphabet, struct crm_str *name)
{
	static const struct {
		const char *is, *charset;
	} known[] = {
		{"GSM", "ISO-8859-15"},     {"ISO", "ISO-8859-15"}, {"Latin", "ISO-8859-15"},
		{"Ansi", "ISO-8859-15"},    {"UCS", "UTF-16BE"},    {"Chinese", "UTF-16BE"},
		{"Unicode", "UTF-16BE"},    {"UTF-8", "UTF-8"},     {"UTF8", "UTF-8"},
		{"binary", "windows-1252"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t len = strlen(known[i].is);

		if (alphabet.len >= len
		    && crm_slice_is_caseless((struct crm_slice){alphabet.ptr, len}, known[i].is)
		    && (alphabet.len == len || i > 2 || !memchr(alphabet.ptr, '-', alphabet.len)))
			return known[i].charset;
	}
	crm_str_clear(name);
	crm_str_add(name, alphabet.ptr, alphabet.len);
	return alphabet.len && alphabet.len < 40 ? name->ptr : NULL;
}

/* Puts a member, unless the name came before. */
static void put_member(struct headers *h, struct crm_slice name, struct crm_slice value,
		       struct crm_str *seen, struct crm_str *out)
{
	crm_str_clear(&h->name);
	crm_str_addc(&h->name, '\n');
	crm_str_add_lower(&h->name, name);
	crm_str_addc(&h->name, '\n');
	if (seen->len && strstr(seen->ptr, h->name.ptr))
		return;
	crm_str_adds(seen, h->name.ptr);
	h->name.ptr[h->name.len - 1] = '\0';
	crm_json_key(out, h->name.ptr + 1);
	put_text(value, NULL, &h->text);
	crm_json_string(out, crm_str_slice(&h->text));
}

/* The lines of *rest up to a blank one as an object; how many there are, or -1 when one is no
 * header. *alphabet: what the one of that name says. */
static int put_object(struct headers *h, struct crm_slice *rest, const char *key,
		      struct crm_slice *alphabet, struct crm_str *out)
{
	struct crm_str seen = CRM_STR_INIT;
	struct crm_slice name, value;
	int n = 0;

	crm_json_key(out, key);
	crm_json_open(out, '{');
	while (rest->len) {
		struct crm_slice line = crm_slice_line(rest);

		if (!line.len)
			break;
		if (!part_line(line, &name, &value) || n == CRM_HEADERS_MAX) {
			n = -1;
			break;
		}
		put_member(h, name, value, &seen, out);
		if (crm_slice_is_caseless(name, "alphabet"))
			*alphabet = value;
		n++;
	}
	crm_json_close(out, '}');
	crm_str_release(&seen);
	return n;
}

static enum crm_read refuse(struct crm_item *item, const char *reason)
{
	item->reason = reason;
	return CRM_READ_BAD;
}

static enum crm_read make(struct headers *h, struct crm_slice all, struct crm_item *item)
{
	struct crm_slice alphabet = CRM_SLICE("ISO"), ignored, body, rest = all, line;
	struct crm_str body_text = CRM_STR_INIT, charset = CRM_STR_INIT;
	int n;

	crm_json_open(&item->json, '{');
	n = put_object(h, &rest, "headers", &alphabet, &item->json);
	if (n < 0)
		return refuse(item, "has a line that is no header before its first blank line");
	if (!n)
		return refuse(item, "has no headers");
	body = rest;
	put_text(body, charset_of(alphabet, &charset), &body_text);
	crm_json_key(&item->json, "body");
	crm_json_string(&item->json, crm_str_slice(&body_text));
	rest = crm_str_slice(&body_text);
	line = crm_slice_line(&rest);
	if (crm_slice_is(crm_slice_trim(line), "SMS STATUS REPORT")
	    && put_object(h, &rest, "report", &ignored, &item->json) < 0) {
		crm_str_release(&body_text);
		crm_str_release(&charset);
		return refuse(item, "is a status report with a line that is no header");
	}
	crm_json_close(&item->json, '}');
	crm_str_release(&body_text);
	crm_str_release(&charset);
	return CRM_READ_OK;
}

static bool sniff(struct crm_slice start)
{
	struct crm_slice name, value;
	bool from = false, sms = false;

	for (int n = 0; n < CRM_HEADERS_MAX && start.len; n++) {
		struct crm_slice line = crm_slice_line(&start);

		if (!line.len)
			break;
		if (!part_line(line, &name, &value))
			return false;
		from |= crm_slice_is_caseless(name, "from") || crm_slice_is_caseless(name, "to");
		sms |= crm_slice_is_caseless(name, "alphabet")
		       || crm_slice_is_caseless(name, "from_smsc")
		       || crm_slice_is_caseless(name, "from_toa")
		       || crm_slice_is_caseless(name, "modem");
	}
	return from && sms; /* a mail has the one, and not the other */
}

static void *open_headers(struct crm_input *input)
{
	struct headers *h = crm_calloc(1, sizeof(*h));

	h->input = input;
	h->text = h->name = (struct crm_str)CRM_STR_INIT;
	return h;
}

static enum crm_read next(void *reader, struct crm_item *item)
{
	struct headers *h = reader;
	struct crm_slice line, all;
	enum crm_read got;

	if (h->handed) {
		crm_input_done(h->input);
		h->handed = false;
	}
	item->line = crm_input_line_number(h->input);
	do
		got = crm_input_line(h->input, &line);
	while (got == CRM_READ_OK);
	if (got == CRM_READ_FAILED || got == CRM_READ_WAIT)
		return got;
	all = crm_input_record(h->input);
	h->handed = true;
	if (got == CRM_READ_BAD)
		return refuse(item, "is longer than a message can be");
	if (!crm_slice_trim(all).len)
		return CRM_READ_END;
	return make(h, all, item);
}

static void close_headers(void *reader)
{
	struct headers *h = reader;

	crm_str_release(&h->text);
	crm_str_release(&h->name);
	free(h);
}

const struct crm_syntax crm_syntax_headers = {
	.name = "headers",
	.binary = true,
	.limit = CRM_HEADERS_SIZE,
	.sniff = sniff,
	.open = open_headers,
	.next = next,
	.close = close_headers,
};
