/* SPDX-License-Identifier: MIT */
/* Amounts are written for people: with signs of currencies, groups of thousands, brackets
 * for what is owed. The parser collects the digits and looks only at the marks between. */
#include "norm/money.h"

#include <string.h>
#include <strings.h>
#include <unicode/ucurr.h>
#include <unicode/ustring.h>

#include "base/utf8.h"

/* Signs by which texts name a currency; longer ones first. among: whose sign it is as well
 * (the caller's currency decides). */
static const struct {
	const char *sign, *currency, *among;
} signs[] = {
	{"US$", "USD", ""},
	{"R$", "BRL", ""},
	{"C$", "CAD", ""},
	{"CA$", "CAD", ""},
	{"A$", "AUD", ""},
	{"AU$", "AUD", ""},
	{"NZ$", "NZD", ""},
	{"HK$", "HKD", ""},
	{"S$", "SGD", ""},
	{"NT$", "TWD", ""},
	{"MX$", "MXN", ""},
	{"$", "USD",
	 "AUD CAD NZD HKD SGD TWD MXN ARS CLP COP UYU BSD BBD BMD BND BZD FJD GYD JMD KYD LRD NAD "
	 "SBD SRD TTD XCD"},
	{"€", "EUR", ""},
	{"£", "GBP", "EGP FKP GIP SHP SYP LBP"},
	{"¥", "JPY", "CNY"},
	{"￥", "JPY", "CNY"},
	{"元", "CNY", "TWD HKD"},
	{"円", "JPY", ""},
	{"₹", "INR", ""},
	{"₽", "RUB", ""},
	{"руб", "RUB", "BYN"},
	{"₺", "TRY", ""},
	{"₴", "UAH", ""},
	{"₩", "KRW", ""},
	{"₪", "ILS", ""},
	{"₫", "VND", ""},
	{"₱", "PHP", ""},
	{"฿", "THB", ""},
	{"₦", "NGN", ""},
	{"zł", "PLN", ""},
	{"Kč", "CZK", ""},
	{"Ft", "HUF", ""},
	{"kr", "", "SEK NOK DKK ISK"},
	{"lei", "RON", "MDL"},
	{"Fr", "CHF", ""},
	{"Rs", "INR", "PKR LKR NPR MUR"},
};

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define DIGITS_MAX 40

/* An amount taken apart. */
struct amount {
	char digits[DIGITS_MAX + 1]; /* all digits, in order */
	int n;
	char marks[DIGITS_MAX]; /* the marks between them, in order */
	int after[DIGITS_MAX];  /* and how many digits came before each */
	int n_marks;
	bool negative;
	char currency[4];
	const char *among; /* not NULL: currency is this sign's, or one of those */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_known(const char *code)
{
	UErrorCode error = U_ZERO_ERROR;
	UChar wide[4];

	u_charsToUChars(code, wide, 4);
	return ucurr_isAvailable(wide, U_DATE_MIN, U_DATE_MAX, &error) && U_SUCCESS(error);
}

bool crm_currency_is_known(const char *currency)
{
	char code[4] = "";

	for (size_t i = 0; i < 3 && currency[i]; i++)
		code[i] = (char)(currency[i] & ~0x20);
	return strlen(currency) == 3 && strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3
	       && is_known(code);
}

int crm_currency_digits(const char *currency)
{
	UErrorCode error = U_ZERO_ERROR;
	UChar wide[4];
	int32_t digits;

	if (!currency || strlen(currency) != 3)
		return 2;
	u_charsToUChars(currency, wide, 4);
	digits = ucurr_getDefaultFractionDigits(wide, &error);
	return U_SUCCESS(error) ? digits : 2;
}

/* A sign or an ISO code at s; its bytes, or 0. */
static size_t read_currency(const char *s, size_t len, struct amount *a)
{
	char code[4] = "";
	size_t i, n;

	for (n = 0; n < len && n < 4 && (s[n] | 0x20) >= 'a' && (s[n] | 0x20) <= 'z'; n++)
		if (n < 3)
			code[n] = (char)(s[n] & ~0x20);
	if (n == 3 && is_known(code)) {
		if (*a->currency && strcmp(a->currency, code) && !a->among)
			return 0; /* two currencies */
		memcpy(a->currency, code, 4);
		a->among = NULL;
		return 3;
	}
	for (i = 0; i < N(signs); i++) {
		n = strlen(signs[i].sign);
		if (len < n || strncasecmp(s, signs[i].sign, n))
			continue;
		if (!*a->currency) { /* else "CA$ 5 CAD": the code has said it */
			strcpy(a->currency, signs[i].currency);
			a->among = *signs[i].among ? signs[i].among : NULL;
		}
		return n + (n < len && s[n] == '.'); /* "руб.", "Fr." */
	}
	return 0;
}

/* Blanks and apostrophes, which only ever group. */
static size_t read_group(const char *s, size_t len)
{
	static const char *const marks[] = {
		" ", "'", "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89", "\xE2\x80\x99", "\t", "_"};
	size_t i, n;

	for (i = 0; i < N(marks); i++) {
		n = strlen(marks[i]);
		if (len >= n && !memcmp(s, marks[i], n))
			return n;
	}
	return 0;
}

static size_t read_sign(const char *s, size_t len)
{
	if (*s == '-' || *s == '(' || *s == '+')
		return 1;
	if (len >= 3 && (!memcmp(s, "\xE2\x88\x92", 3) || !memcmp(s, "\xE2\x80\x93", 3)))
		return 3; /* minus sign, en dash */
	return 0;
}

/* A digit, or a mark next to one; false if there are too many. */
static bool read_digit(struct amount *a, char c)
{
	if (is_digit(c)) {
		a->digits[a->n] = c;
		return a->n++ < DIGITS_MAX - 1;
	}
	a->marks[a->n_marks] = c;
	a->after[a->n_marks] = a->n;
	return a->n_marks++ < DIGITS_MAX - 1;
}

static bool take_apart(struct crm_slice s, struct amount *a)
{
	size_t i, n;
	bool bracket = false, sign = false, ended = false;

	*a = (struct amount){0};
	s = crm_slice_trim(s);
	for (i = 0; i < s.len; i += n) {
		const char *p = s.ptr + i;
		size_t left = s.len - i;

		n = 1;
		if (is_digit(*p) || ((*p == '.' || *p == ',') && left > 1 && is_digit(p[1]))
		    || ((*p == '.' || *p == ',') && a->n && is_digit(p[-1]))) {
			if (ended || !read_digit(a, *p))
				return false;
		} else if ((n = read_group(p, left))) {
			/* within the number it must group three digits; see is_grouped */
			if (a->n && left > n && is_digit(p[n]) && !ended && !read_digit(a, ' '))
				return false;
		} else if ((n = read_sign(p, left))) {
			if (sign)
				return false;
			sign = true;
			bracket = *p == '(';
			a->negative = *p != '+';
			ended = a->n > 0; /* "5-" */
		} else if (*p == ')' && bracket && a->n) {
			n = 1;
			bracket = false;
			ended = true;
		} else if ((n = read_currency(p, left, a))) {
			ended = a->n > 0;
		} else {
			return false;
		}
	}
	return a->n && !bracket;
}

/* Do the marks before the last count ones part groups: of three, or as in India of two and
 * at last three? */
static bool is_grouped(const struct amount *a, int count, int end)
{
	int i, size;

	for (i = 0; i < count; i++) {
		size = (i + 1 < count ? a->after[i + 1] : end) - a->after[i];
		if (a->marks[i] != a->marks[0] || a->after[0] < 1 || a->after[0] > 3
		    || (size != 3 && (size != 2 || i + 1 == count)))
			return false;
	}
	return true;
}

/* Which mark is the decimal one, as far as the value alone says: '.' or ',', 0 if it has
 * none, '?' if its only mark could be either, '!' if it is no number. */
static char decimal_mark(const struct amount *a)
{
	char last;
	int n = a->n_marks, i, same = 0;

	if (!n)
		return 0;
	last = a->marks[n - 1];
	for (i = 0; i < n; i++)
		same += a->marks[i] == last;
	if (last == ' ' || same > 1)
		return is_grouped(a, n, a->n) ? (last == '.' ? ',' : last == ',' ? '.' : 0) : '!';
	if (n > 1)
		return is_grouped(a, n - 1, a->after[n - 1]) ? last : '!';
	if (a->n - a->after[0] == 3 && a->after[0] >= 1 && a->after[0] <= 3 && a->digits[0] != '0')
		return '?';
	return last;
}

void crm_decimals_init(struct crm_decimals *decimals, const char *mark)
{
	*decimals = (struct crm_decimals){.fallback = '.'};
	if (mark && (*mark == '.' || *mark == ',')) {
		decimals->mark = *mark;
		decimals->told = true;
	}
}

void crm_decimals_observe(struct crm_decimals *decimals, struct crm_slice value)
{
	struct amount a;
	char mark;

	if (!crm_slice_trim(value).len)
		return;
	mark = take_apart(value, &a) ? decimal_mark(&a) : '!';
	decimals->point += mark == '.';
	decimals->comma += mark == ',';
	decimals->ambiguous += mark == '?';
	decimals->unread += mark == '!';
}

enum crm_decimals_state crm_decimals_decide(struct crm_decimals *decimals)
{
	if (decimals->told)
		return CRM_DECIMALS_CERTAIN;
	decimals->mark = 0;
	if (decimals->point && decimals->comma)
		return CRM_DECIMALS_CONTRADICTORY;
	decimals->mark = decimals->point ? '.' : decimals->comma ? ',' : decimals->fallback;
	return decimals->point || decimals->comma || !decimals->ambiguous ? CRM_DECIMALS_CERTAIN
									  : CRM_DECIMALS_ASSUMED;
}

/* Digits before the decimal mark, or -1 where the column's mark does not fit the value. */
static int whole_digits(const struct crm_decimals *decimals, const struct amount *a)
{
	char mark = decimal_mark(a);

	if (mark == '!')
		return -1;
	if (mark == '?') {
		if (!decimals->mark)
			return -1;
		return a->marks[0] == decimals->mark ? a->after[0] : a->n;
	}
	if (mark && decimals->mark && mark != decimals->mark)
		return -1;
	if (mark && a->marks[a->n_marks - 1] == mark)
		return a->after[a->n_marks - 1];
	return a->n;
}

static void choose_currency(const struct amount *a, const char *given, struct crm_money *out)
{
	const char *chosen = a->currency;

	if (given && strlen(given) == 3 && (a->among ? strstr(a->among, given) != NULL : !*chosen))
		chosen = given;
	strcpy(out->currency, chosen);
	out->digits = crm_currency_digits(out->currency);
}

bool crm_money_parse(const struct crm_decimals *decimals, struct crm_slice value,
		     const char *currency, struct crm_money *out)
{
	struct amount a;
	int whole, i;

	*out = (struct crm_money){0};
	if (!take_apart(value, &a) || (whole = whole_digits(decimals, &a)) < 0)
		return false;
	choose_currency(&a, currency, out);
	for (i = whole + out->digits; i < a.n; i++)
		if (a.digits[i] != '0')
			return false;
	for (i = 0; i < whole + out->digits; i++) {
		int digit = i < a.n ? a.digits[i] - '0' : 0;

		if (__builtin_mul_overflow(out->minor, 10, &out->minor)
		    || __builtin_add_overflow(out->minor, digit, &out->minor))
			return false;
	}
	if (a.negative)
		out->minor = -out->minor;
	return true;
}

void crm_money_format(int64_t minor, int digits, struct crm_str *out)
{
	uint64_t size = minor < 0 ? -(uint64_t)minor : (uint64_t)minor, unit = 1;
	int i;

	for (i = 0; i < digits && i < 18; i++)
		unit *= 10;
	crm_str_addf(out, "%s%llu", minor < 0 ? "-" : "", (unsigned long long)(size / unit));
	if (digits > 0)
		crm_str_addf(out, ".%0*llu", digits, (unsigned long long)(size % unit));
}
