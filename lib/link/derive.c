/* SPDX-License-Identifier: MIT */
/* Match keys and what is derived from them; see derive.h. */
#include "link/derive.h"

#include <string.h>

#include "base/time.h"
#include "base/utf8.h"
#include "link/similarity.h"
#include "link/wording.h"
#include "norm/text.h"

/* ---- match keys ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Codes are written with and without the blanks in them. */
static void squeeze(struct crm_str *s, size_t from)
{
	size_t i, n = from;

	for (i = from; i < s->len; i++)
		if (s->ptr[i] != ' ')
			s->ptr[n++] = s->ptr[i];
	if (s->len > from)
		s->ptr[n] = '\0';
	s->len = n;
}

/* Dates as they are; what is none keeps its digits, eight in a row grouped as a date's are. */
static void date_key(struct crm_slice s, struct crm_str *out)
{
	size_t i, digits = 0;

	for (i = 0; i < s.len; i++)
		digits += is_digit(s.ptr[i]);
	if (digits == 0)
		return;
	if (s.len == 8 && digits == 8) {
		crm_str_addf(out, "%.4s-%.2s-%.2s", s.ptr, s.ptr + 4, s.ptr + 6);
		return;
	}
	for (i = 0; i < s.len; i++)
		if (is_digit(s.ptr[i]))
			crm_str_addc(out, s.ptr[i]);
		else if (i > 0 && is_digit(s.ptr[i - 1]))
			crm_str_addc(out, '-');
	if (out->ptr[out->len - 1] == '-')
		out->ptr[--out->len] = '\0';
}

void crm_column_key(enum crm_column_as as, struct crm_slice value, struct crm_str *out)
{
	size_t from = out->len;

	switch (as) {
	case CRM_AS_DATE:
		date_key(value, out);
		break;
	case CRM_AS_CODE:
		crm_text_key(value, out);
		squeeze(out, from);
		break;
	case CRM_AS_STREET:
		crm_text_key(value, out);
		crm_wording_street(out, from);
		break;
	case CRM_AS_ORG:
		crm_text_key(value, out);
		crm_wording_org(out, from);
		break;
	default:
		crm_text_key(value, out);
	}
}

/* Eight digits as half-bytes. */
static uint32_t digits_of(struct crm_slice s)
{
	uint32_t out = 0;
	size_t i;

	if (s.len != 10 || s.ptr[4] != '-' || s.ptr[7] != '-')
		return 0;
	for (i = 0; i < 10; i++)
		if (is_digit(s.ptr[i]))
			out = out << 4 | (uint32_t)(s.ptr[i] - '0');
		else if (i != 4 && i != 7)
			return 0;
	return out;
}

static uint32_t decimal(uint32_t digits)
{
	uint32_t out = 0;
	int shift;

	for (shift = 28; shift >= 0; shift -= 4)
		out = out * 10 + (digits >> shift & 15);
	return out;
}

struct crm_date crm_date_of_key(struct crm_slice key)
{
	struct crm_date d = {.digits = digits_of(key)};
	int year, month, day;
	struct crm_time t;

	if (key.len != 10 || !crm_time_rfc3339(key.ptr, key.len, &t))
		return d;
	d.days = (int32_t)(t.ms / 86400000 - (t.ms % 86400000 < 0));
	crm_date_of_days(d.days, &year, &month, &day);
	d.year = (uint16_t)year;
	d.month = (uint8_t)month;
	d.day = (uint8_t)day;
	return d;
}

/* ---- derived columns ---- */

/* The first n characters; of texts that are not longer all. */
static void first_characters(struct crm_slice s, int n, struct crm_str *out)
{
	size_t at = 0, used;

	for (; n > 0 && at < s.len; n--) {
		used = crm_utf8_length(s.ptr + at, s.len - at);
		at += used ? used : 1; /* a stray byte */
	}
	crm_str_add(out, s.ptr, at < s.len ? at : s.len);
}

static void last_characters(struct crm_slice s, int n, struct crm_str *out)
{
	size_t at = s.len;

	for (; n > 0 && at > 0; n--) {
		at--;
		while (at > 0 && ((unsigned char)s.ptr[at] & 0xc0) == 0x80)
			at--;
	}
	crm_str_add(out, s.ptr + at, s.len - at);
}

static void soundex(struct crm_slice s, struct crm_str *out)
{
	uint32_t code = crm_soundex(s);
	int shift;

	for (shift = 24; code && shift >= 0; shift -= 8)
		crm_str_addc(out, (char)(code >> shift & 0xff));
}

#define HOUSE_MOST 999999

/* Where the first number of a street's key is: its house number, wherever it is written. */
static size_t house_at(struct crm_slice s, size_t *end)
{
	size_t at = 0;

	while (at < s.len && !is_digit(s.ptr[at]))
		at++;
	for (*end = at; *end < s.len && is_digit(s.ptr[*end]);)
		++*end;
	return at;
}

static uint32_t house_number(struct crm_slice s)
{
	size_t end, i = house_at(s, &end);
	uint32_t n = 0;

	for (; i < end; i++)
		n = n > HOUSE_MOST ? n : n * 10 + (uint32_t)(s.ptr[i] - '0');
	return n > HOUSE_MOST ? 0 : n;
}

/* The street without the word that has its house number. */
static void street_alone(struct crm_slice s, struct crm_str *out)
{
	size_t end, at = house_at(s, &end);

	while (at > 0 && s.ptr[at - 1] != ' ')
		at--;
	while (end < s.len && s.ptr[end] != ' ')
		end++;
	if (end < s.len && at < end)
		end++; /* the blank as well */
	else if (at > 0 && at < end)
		at--;
	crm_str_add(out, s.ptr, at);
	if (end < s.len)
		crm_str_add(out, s.ptr + end, s.len - end);
}

/* The local part of an address without tag and dots. */
static void email_user(struct crm_slice email, struct crm_str *out)
{
	size_t i, from = out->len;

	for (i = 0; i < email.len && out->len - from < 64; i++) {
		char c = email.ptr[i];

		if (c == '@' || (c == '+' && i > 0))
			break;
		if (c != '.')
			crm_str_addc(out, c);
	}
}

static void email_domain(struct crm_slice email, struct crm_str *out)
{
	const char *at = memrchr(email.ptr, '@', email.len);

	if (at)
		crm_str_add(out, at + 1, (size_t)(email.ptr + email.len - at - 1));
}

bool crm_derived_is_number(enum crm_derive how)
{
	return how == CRM_DERIVE_YEAR || how == CRM_DERIVE_MONTH_DAY || how == CRM_DERIVE_HOUSE;
}

uint32_t crm_derive(enum crm_derive how, int n, struct crm_slice key, struct crm_str *out)
{
	switch (how) {
	case CRM_DERIVE_NONE:
		crm_str_add(out, key.ptr, key.len);
		return 0;
	case CRM_DERIVE_FIRST:
		first_characters(key, n, out);
		return 0;
	case CRM_DERIVE_LAST:
		last_characters(key, n, out);
		return 0;
	case CRM_DERIVE_SOUNDEX:
		soundex(key, out);
		return 0;
	case CRM_DERIVE_YEAR:
		return decimal(digits_of(key) >> 16);
	case CRM_DERIVE_MONTH_DAY:
		return decimal(digits_of(key) & 0xffff); /* 00-00: not known */
	case CRM_DERIVE_HOUSE:
		return house_number(key);
	case CRM_DERIVE_STREET:
		street_alone(key, out);
		return 0;
	case CRM_DERIVE_USER:
		email_user(key, out);
		return 0;
	case CRM_DERIVE_DOMAIN:
		email_domain(key, out);
		return 0;
	}
	return 0;
}
