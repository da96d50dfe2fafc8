/* SPDX-License-Identifier: MIT */
/* Numbers are worked on as decimal digits: a double would bring back the noise that is to
 * be removed, and long ids would lose their last digits. */
#include "ingest/numfmt.h"

#include <string.h>
#include <strings.h>

#include "base/time.h"

#define DIGITS 64        /* a number of more digits is left as it stands */
#define SHOWN 15         /* digits that spreadsheets show */
#define LAST_DAY 2958465 /* 9999-12-31 */
#define DAY_MS 86400000
#define EPOCH_1904 1462 /* 1904-01-01, counted from 1900 */

/* --- formats --- */

struct crm_numfmt crm_numfmt_builtin(long id)
{
	enum crm_numfmt_kind kind = CRM_NUM_PLAIN;

	if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id == 36 || (id >= 50 && id <= 58))
		kind = CRM_NUM_DATE; /* 27 and up: of Chinese, Japanese and Korean editions */
	else if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) || id == 45 || id == 47)
		kind = CRM_NUM_CLOCK;
	else if (id == 22)
		kind = CRM_NUM_MOMENT;
	else if (id == 46)
		kind = CRM_NUM_ELAPSED;
	return (struct crm_numfmt){kind, 0};
}

struct letters {
	bool day, month, hour, second, elapsed;
};

/* Goes over what stands between brackets: a colour, a condition, or [h]. */
static size_t bracket(struct crm_slice code, size_t i, struct letters *seen)
{
	const char *end = memchr(code.ptr + i, ']', code.len - i);
	size_t n = end ? (size_t)(end - code.ptr) - i - 1 : 0;
	char c = i + 1 < code.len ? (char)(code.ptr[i + 1] | 0x20) : 0;
	bool same = n > 0;

	for (size_t k = 1; k <= n; k++)
		same &= (code.ptr[i + k] | 0x20) == c;
	if (same && (c == 'h' || c == 'm' || c == 's'))
		seen->elapsed = true;
	return end ? (size_t)(end - code.ptr) : code.len;
}

static struct letters letters_of(struct crm_slice code)
{
	struct letters seen = {0};

	for (size_t i = 0; i < code.len && code.ptr[i] != ';'; i++) {
		char c = code.ptr[i];
		const char *end;

		switch (c) {
		case '"':
			end = memchr(code.ptr + i + 1, '"', code.len - i - 1);
			i = end ? (size_t)(end - code.ptr) : code.len;
			break;
		case '[':
			i = bracket(code, i, &seen);
			break;
		case '\\': /* the next one as it is */
		case '_':  /* a blank as wide as it */
		case '*':  /* fills with it */
			i++;
			break;
		default:
			c |= 0x20;
			seen.day |= c == 'd' || c == 'y';
			seen.month |= c == 'm' && !(i && (code.ptr[i - 1] | 0x20) == 'a')
				      && !(i && (code.ptr[i - 1] | 0x20) == 'p'); /* AM/PM */
			seen.hour |= c == 'h';
			seen.second |= c == 's';
		}
	}
	return seen;
}

struct crm_numfmt crm_numfmt_of_code(struct crm_slice code)
{
	const char *semicolon = code.len ? memchr(code.ptr, ';', code.len) : NULL;
	size_t len = semicolon ? (size_t)(semicolon - code.ptr) : code.len, zeros = 0;
	struct letters seen;

	if (len == 7 && !strncasecmp(code.ptr, "general", 7))
		return (struct crm_numfmt){CRM_NUM_PLAIN, 0};
	while (zeros < len && code.ptr[zeros] == '0')
		zeros++;
	if (zeros == len && zeros > 1 && zeros < DIGITS)
		return (struct crm_numfmt){CRM_NUM_ZEROS, (unsigned char)zeros};
	seen = letters_of(code);
	if (seen.elapsed)
		return (struct crm_numfmt){CRM_NUM_ELAPSED, 0};
	if (seen.hour || seen.second) /* m is minutes then */
		return (struct crm_numfmt){seen.day ? CRM_NUM_MOMENT : CRM_NUM_CLOCK, 0};
	return (struct crm_numfmt){seen.day || seen.month ? CRM_NUM_DATE : CRM_NUM_PLAIN, 0};
}

/* --- numbers --- */

/* 0.d1d2d3… × 10^point; without zeros at either end. */
struct decimal {
	char digits[DIGITS];
	int n, point;
	bool negative, whole; /* whole: written without fraction and exponent */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void trim_zeros(struct decimal *d)
{
	int zeros = 0;

	while (zeros < d->n && d->digits[zeros] == '0')
		zeros++;
	memmove(d->digits, d->digits + zeros, (size_t)(d->n - zeros));
	d->n -= zeros;
	d->point -= zeros;
	while (d->n && d->digits[d->n - 1] == '0')
		d->n--;
	if (!d->n)
		d->point = 0, d->negative = false;
}

static bool read_exponent(struct crm_slice s, int *exponent)
{
	bool negative = s.len && *s.ptr == '-';

	if (s.len && (*s.ptr == '-' || *s.ptr == '+'))
		s.ptr++, s.len--;
	if (!s.len || s.len > 4)
		return false;
	*exponent = 0;
	for (; s.len && is_digit(*s.ptr); s.ptr++, s.len--)
		*exponent = 10 * *exponent + (*s.ptr - '0');
	*exponent = negative ? -*exponent : *exponent;
	return !s.len;
}

static bool read_decimal(struct crm_slice s, struct decimal *d)
{
	int exponent = 0, after = -1; /* digits after the point */

	*d = (struct decimal){.negative = s.len && *s.ptr == '-', .whole = true};
	if (s.len && (*s.ptr == '-' || *s.ptr == '+'))
		s.ptr++, s.len--;
	for (; s.len && (is_digit(*s.ptr) || (*s.ptr == '.' && after < 0)); s.ptr++, s.len--) {
		if (*s.ptr == '.') {
			after = 0;
			continue;
		}
		if (d->n == DIGITS)
			return false;
		d->digits[d->n++] = *s.ptr;
		after += after >= 0;
	}
	if (!d->n)
		return false;
	d->whole = after < 0 && !s.len;
	if (s.len
	    && ((*s.ptr | 0x20) != 'e'
		|| !read_exponent((struct crm_slice){s.ptr + 1, s.len - 1}, &exponent)))
		return false;
	d->point = d->n - (after > 0 ? after : 0) + exponent;
	trim_zeros(d);
	return true;
}

static void round_digits(struct decimal *d, int keep)
{
	bool up;
	int i;

	if (d->n <= keep)
		return;
	up = d->digits[keep] >= '5';
	d->n = keep;
	for (i = keep - 1; up && i >= 0; i--) {
		up = d->digits[i] == '9';
		d->digits[i] = up ? '0' : (char)(d->digits[i] + 1);
	}
	if (up) { /* 9.99 to 10 */
		d->digits[0] = '1';
		d->n = 1;
		d->point++;
	}
	trim_zeros(d);
}

static void put_decimal(const struct decimal *d, int zeros, struct crm_str *out)
{
	int before = d->point > 0 ? d->point : 0;

	if (d->negative)
		crm_str_addc(out, '-');
	for (int i = before > 0 ? before : 1; i < zeros; i++)
		crm_str_addc(out, '0');
	if (!before)
		crm_str_addc(out, '0');
	for (int i = 0; i < before; i++)
		crm_str_addc(out, i < d->n ? d->digits[i] : '0');
	if (d->n <= d->point || !d->n)
		return;
	crm_str_addc(out, '.');
	for (int i = d->point; i < d->n; i++)
		crm_str_addc(out, i < 0 ? '0' : d->digits[i]);
}

/* Days and milliseconds of the day; false when it is no date. */
static bool read_serial(const struct decimal *d, int64_t *days, int64_t *ms)
{
	double fraction = 0, unit = 1;

	if (d->negative || d->point > 7)
		return false;
	*days = 0;
	for (int i = 0; i < d->point; i++)
		*days = 10 * *days + (i < d->n ? d->digits[i] - '0' : 0);
	for (int i = d->point; i < d->n && unit > 1e-18; i++) {
		unit /= 10;
		fraction += i < 0 ? 0 : (d->digits[i] - '0') * unit;
	}
	*ms = (int64_t)(fraction * DAY_MS + 0.5);
	if (*ms >= DAY_MS)
		*ms -= DAY_MS, ++*days;
	return *days <= LAST_DAY;
}

static void put_clock(int64_t ms, struct crm_str *out)
{
	crm_str_addf(out, "%02lld:%02lld:%02lld", (long long)(ms / 3600000),
		     (long long)(ms / 60000 % 60), (long long)(ms / 1000 % 60));
	if (ms % 1000)
		crm_str_addf(out, ".%03lld", (long long)(ms % 1000));
}

static void put_date(int64_t days, struct crm_str *out)
{
	int year = 1900, month = 2, day = 29;

	if (days != 60)
		crm_date_of_days(crm_date_days(1899, 12, 30) + days + (days < 60), &year, &month,
				 &day);
	crm_str_addf(out, "%04d-%02d-%02d", year, month, day);
}

/* false: the number is no such thing. */
static bool put_time(enum crm_numfmt_kind kind, const struct decimal *d, bool from_1904,
		     struct crm_str *out)
{
	int64_t days, ms;

	if (!read_serial(d, &days, &ms))
		return false;
	if (kind == CRM_NUM_ELAPSED || (days == 0 && kind == CRM_NUM_CLOCK)) {
		put_clock(days * DAY_MS + ms, out);
		return true;
	}
	if (days == 0 && !from_1904) { /* the day before the first one */
		if (kind == CRM_NUM_MOMENT)
			put_clock(ms, out);
		return kind == CRM_NUM_MOMENT;
	}
	days += from_1904 ? EPOCH_1904 : 0;
	if (days > LAST_DAY)
		return false;
	put_date(days, out);
	if (ms || kind != CRM_NUM_DATE) {
		crm_str_addc(out, 'T');
		put_clock(ms, out);
	}
	return true;
}

void crm_numfmt_text(struct crm_numfmt format, struct crm_slice number, bool from_1904,
		     struct crm_str *out)
{
	struct decimal d;
	bool times = format.kind != CRM_NUM_PLAIN && format.kind != CRM_NUM_ZEROS;

	number = crm_slice_trim(number);
	if (!read_decimal(number, &d)) {
		crm_str_add(out, number.ptr, number.len);
		return;
	}
	if (times && put_time(format.kind, &d, from_1904, out))
		return;
	if (!d.whole)
		round_digits(&d, SHOWN);
	if (d.point < -10 || d.point > 25)
		crm_str_add(out, number.ptr, number.len);
	else
		put_decimal(&d, format.kind == CRM_NUM_ZEROS && d.n <= d.point ? format.zeros : 0,
			    out);
}
