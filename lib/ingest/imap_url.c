/* SPDX-License-Identifier: MIT */
/* URLs of mailboxes and names of folders. Both come from the user or from a server, so each
 * byte is looked at before it gets near a command. */
#include "ingest/imap_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/utf8.h"

void crm_imap_url_release(struct crm_imap_url *url)
{
	free(url->user);
	free(url->host);
	free(url->folder);
	*url = (struct crm_imap_url)CRM_IMAP_URL_INIT;
}

static bool is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

/* New: the text with %XX decoded; NULL when it is malformed, no UTF-8, or has control
 * characters (which would end a command and begin another). */
static char *decoded(struct crm_slice s)
{
	struct crm_str out = CRM_STR_INIT;
	bool good = true;

	for (size_t i = 0; i < s.len && good; i++) {
		char c = s.ptr[i];

		if (c == '%') {
			int high = i + 2 < s.len ? crm_hex_digit(s.ptr[i + 1]) : -1;
			int low = i + 2 < s.len ? crm_hex_digit(s.ptr[i + 2]) : -1;

			good = high >= 0 && low >= 0;
			c = (char)(high * 16 + low);
			i += 2;
		}
		good = good && !is_control((unsigned char)c);
		crm_str_addc(&out, c);
	}
	if (good && crm_utf8_valid(out.ptr, out.len) == out.len)
		return crm_str_detach(&out);
	crm_str_release(&out);
	return NULL;
}

static enum crm_status parse_port(struct crm_imap_url *url, struct crm_slice s, struct crm_err *err)
{
	int port = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9' || port > 65535)
			return crm_fail(err, CRM_USAGE, "'%.*s' is no port", (int)s.len, s.ptr);
		port = port * 10 + (s.ptr[i] - '0');
	}
	if (s.len && (!port || port > 65535))
		return crm_fail(err, CRM_USAGE, "'%.*s' is no port", (int)s.len, s.ptr);
	url->port = port;
	return CRM_OK;
}

static bool is_loopback(const char *host)
{
	unsigned char rest[3];
	char end;

	if (!strcmp(host, "localhost") || !strcmp(host, "::1"))
		return true;
	return sscanf(host, "127.%hhu.%hhu.%hhu%c", &rest[0], &rest[1], &rest[2], &end) == 3;
}

/* A name or an address, and nothing that could be read as more. */
static bool is_host(const char *host, bool brackets)
{
	const char *allowed =
		brackets ? "0123456789abcdef:." : "0123456789abcdefghijklmnopqrstuvwxyz.-_";

	for (const char *p = host; *p; p++)
		if (!((unsigned char)*p >= 0x80 && !brackets) && !strchr(allowed, *p))
			return false;
	return *host && *host != '-';
}

static enum crm_status parse_host(struct crm_imap_url *url, struct crm_slice s, struct crm_err *err)
{
	bool brackets = s.len && *s.ptr == '[';
	const char *end = memchr(s.ptr, brackets ? ']' : ':', s.len);
	struct crm_slice host = {s.ptr + brackets, 0}, rest;

	if (brackets && !end)
		return crm_fail(err, CRM_USAGE, "the host's address lacks its ]");
	end = end ? end : s.ptr + s.len;
	host.len = (size_t)(end - host.ptr);
	url->host = crm_strndup(host.ptr, host.len);
	for (char *p = url->host; *p; p++)
		*p = *p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p;
	if (!is_host(url->host, brackets))
		return crm_fail(err, CRM_USAGE, "'%.*s' is no host", (int)host.len, host.ptr);
	url->loopback = is_loopback(url->host);
	end += brackets;
	rest = (struct crm_slice){end, (size_t)(s.ptr + s.len - end)};
	if (!rest.len)
		return CRM_OK;
	if (*rest.ptr != ':')
		return crm_fail(err, CRM_USAGE, "'%.*s' is no host", (int)s.len, s.ptr);
	return parse_port(url, (struct crm_slice){rest.ptr + 1, rest.len - 1}, err);
}

static enum crm_status parse_user(struct crm_imap_url *url, struct crm_slice s, const char *form,
				  struct crm_err *err)
{
	if (memchr(s.ptr, ':', s.len))
		return crm_fail(
			err, CRM_USAGE,
			"a password does not belong in a URL: put it into the file secrets");
	url->user = decoded(s);
	if (!url->user || !*url->user)
		return crm_fail(err, CRM_USAGE, "it names no user: %s", form);
	return CRM_OK;
}

static const char *last_at(struct crm_slice s)
{
	const char *at = NULL;

	for (size_t i = 0; i < s.len; i++)
		at = s.ptr[i] == '@' ? s.ptr + i : at;
	return at;
}

/* SCHEME[s]://[USER@]HOST[:PORT], up to *rest: the slash behind it, or the end. */
static enum crm_status parse_server(struct crm_imap_url *url, const char *scheme, const char *form,
				    const char *text, const char **rest, struct crm_err *err)
{
	size_t n = strlen(scheme);
	struct crm_slice place;
	const char *at;
	enum crm_status rc;

	*url = (struct crm_imap_url)CRM_IMAP_URL_INIT;
	if (strncasecmp(text, scheme, n))
		return crm_fail(err, CRM_USAGE, "it is not of the form %s", form);
	url->tls = text[n] == 's' || text[n] == 'S';
	n += url->tls;
	if (strncmp(text + n, "://", 3))
		return crm_fail(err, CRM_USAGE, "it is not of the form %s", form);
	if (strlen(text) > CRM_IMAP_URL_MAX)
		return crm_fail(err, CRM_USAGE, "it is too long");
	text += n + 3;
	*rest = strchrnul(text, '/');
	place = (struct crm_slice){text, (size_t)(*rest - text)};
	at = last_at(place);
	rc = at ? parse_user(url, (struct crm_slice){text, (size_t)(at - text)}, form, err)
		: CRM_OK;
	text = at ? at + 1 : text;
	return rc == CRM_OK ? parse_host(url, (struct crm_slice){text, (size_t)(*rest - text)}, err)
			    : rc;
}

enum crm_status crm_imap_url_parse(struct crm_imap_url *url, const char *text, struct crm_err *err)
{
	static const char form[] = "imaps://USER@HOST/FOLDER";
	const char *slash;
	enum crm_status rc = parse_server(url, "imap", form, text, &slash, err);

	if (rc != CRM_OK)
		return rc;
	if (!url->user)
		return crm_fail(err, CRM_USAGE, "it names no user: %s", form);
	url->folder = decoded(crm_slice_of(*slash && slash[1] ? slash + 1 : "INBOX"));
	if (!url->folder)
		return crm_fail(err, CRM_USAGE, "the folder's name is not UTF-8, or malformed");
	return CRM_OK;
}

enum crm_status crm_smtp_url_parse(struct crm_imap_url *url, const char *text, struct crm_err *err)
{
	static const char form[] = "smtps://USER@HOST";
	const char *slash;
	enum crm_status rc = parse_server(url, "smtp", form, text, &slash, err);

	if (rc == CRM_OK && *slash && slash[1])
		rc = crm_fail(err, CRM_USAGE, "it is not of the form %s", form);
	return rc;
}

static void add_escaped(struct crm_str *out, const char *s, const char *also)
{
	for (; *s; s++)
		if (is_control((unsigned char)*s) || strchr(also, *s))
			crm_str_addf(out, "%%%02X", (unsigned char)*s);
		else
			crm_str_addc(out, *s);
}

void crm_imap_url_account(const struct crm_imap_url *url, struct crm_str *out)
{
	add_escaped(out, url->user, " %/:");
	crm_str_addf(out, "@%s", url->host);
}

void crm_imap_url_write(const struct crm_imap_url *url, const char *folder, struct crm_str *out)
{
	bool v6 = strchr(url->host, ':');

	crm_str_adds(out, url->tls ? "imaps://" : "imap://");
	add_escaped(out, url->user, " %/:");
	crm_str_addf(out, v6 ? "@[%s]" : "@%s", url->host);
	if (url->port && url->port != (url->tls ? 993 : 143))
		crm_str_addf(out, ":%d", url->port);
	crm_str_addc(out, '/');
	/* INBOX alone is the same in any case (RFC 3501 section 5.1) */
	add_escaped(out, strcasecmp(folder, "INBOX") ? folder : "INBOX", " %");
}

/* --- modified UTF-7 --- */

static const char digits64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

struct bits {
	uint32_t held; /* the lowest n bits of it wait */
	int n;
};

static void put_unit(struct bits *bits, unsigned unit, struct crm_str *out)
{
	bits->held = bits->held << 16 | unit;
	for (bits->n += 16; bits->n >= 6; bits->n -= 6)
		crm_str_addc(out, digits64[bits->held >> (bits->n - 6) & 63]);
	bits->held &= (1u << bits->n) - 1;
}

static void put_units(struct bits *bits, uint32_t c, struct crm_str *out)
{
	if (c >= 0x10000) {
		put_unit(bits, 0xd800 + ((c - 0x10000) >> 10), out);
		c = 0xdc00 + ((c - 0x10000) & 0x3ff);
	}
	put_unit(bits, c, out);
}

void crm_imap_folder_encode(const char *s, struct crm_str *out)
{
	struct bits bits = {0, 0};
	bool shifted = false;

	while (*s) {
		size_t used;
		uint32_t c = crm_utf8_decode(s, &used);
		bool plain = c >= 0x20 && c < 0x7f;

		if (shifted && plain) {
			if (bits.n)
				crm_str_addc(out, digits64[bits.held << (6 - bits.n) & 63]);
			crm_str_addc(out, '-');
			bits = (struct bits){0, 0};
		} else if (!shifted && !plain) {
			crm_str_addc(out, '&');
		}
		shifted = !plain;
		if (plain)
			crm_str_adds(out, c == '&' ? "&-" : (const char[]){(char)c, '\0'});
		else
			put_units(&bits, c, out);
		s += used;
	}
	if (shifted && bits.n)
		crm_str_addc(out, digits64[bits.held << (6 - bits.n) & 63]);
	if (shifted)
		crm_str_addc(out, '-');
}

/* Adds a UTF-16 unit; *high is the first half of a pair that waits for its second. */
static bool take_unit(unsigned unit, unsigned *high, struct crm_str *out)
{
	uint32_t c = unit;
	char text[4];

	if (*high) {
		if (unit < 0xdc00 || unit > 0xdfff)
			return false;
		c = 0x10000 + ((*high - 0xd800) << 10) + (unit - 0xdc00);
		*high = 0;
	} else if (unit >= 0xd800 && unit <= 0xdbff) {
		*high = unit;
		return true;
	} else if ((unit >= 0xdc00 && unit <= 0xdfff) || unit < 0x20 || unit == 0x7f) {
		return false;
	}
	crm_str_add(out, text, crm_utf8_encode(c, text));
	return true;
}

/* From behind the & to the - that ends the shifted part; returns what is behind that. */
static const char *take_shifted(const char *p, const char *end, struct crm_str *out)
{
	struct bits bits = {0, 0};
	unsigned high = 0;

	for (; p < end && *p != '-'; p++) {
		const char *digit = *p ? strchr(digits64, *p) : NULL;

		if (!digit)
			return NULL;
		bits.held = (bits.held << 6 | (uint32_t)(digit - digits64)) & 0x3fffff;
		bits.n += 6;
		if (bits.n < 16)
			continue;
		bits.n -= 16;
		if (!take_unit(bits.held >> bits.n & 0xffff, &high, out))
			return NULL;
	}
	return p < end && !high && bits.n < 6 ? p + 1 : NULL;
}

bool crm_imap_folder_decode(struct crm_slice name, struct crm_str *out)
{
	const char *p = name.ptr, *end = name.ptr + name.len;
	size_t before = out->len;

	while (p && p < end) {
		if (is_control((unsigned char)*p) || (unsigned char)*p >= 0x80) {
			p = NULL;
		} else if (*p != '&') {
			crm_str_addc(out, *p++);
		} else if (p + 1 < end && p[1] == '-') {
			crm_str_addc(out, '&');
			p += 2;
		} else {
			p = take_shifted(p + 1, end, out);
		}
	}
	if (!p && name.len) {
		out->len = before;
		out->ptr[before] = '\0';
		return false;
	}
	return true;
}
