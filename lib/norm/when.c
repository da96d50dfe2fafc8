/* SPDX-License-Identifier: MIT */
/* Every system writes dates in its own way and few say which. The parser takes a value
 * apart into numbers, words and signs and fits them together; what it cannot tell (day or
 * month first) is decided for a column at once. */
#include "norm/when.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

#include "base/mem.h"
#include "norm/text.h"

/* What a text said, before it is known to be a date. */
struct parts {
	int year, month, day; /* month 0: not by name */
	int hour, minute, second, ms, offset;
	int numbers[3], digits[3], n; /* date numbers in order of appearance */
	bool has_clock, has_offset, am, pm, dotted;
};

struct cursor {
	const char *p, *end;
};

static const struct {
	const char *start;
	int month;
} months[] = {
	{"jan", 1},   {"gen", 1},  {"ene", 1},  {"feb", 2},  {"fev", 2},  {"mar", 3},  {"mrz", 3},
	{"maart", 3}, {"mrt", 3},  {"apr", 4},  {"avr", 4},  {"abr", 4},  {"may", 5},  {"mai", 5},
	{"mei", 5},   {"mag", 5},  {"jun", 6},  {"juin", 6}, {"giu", 6},  {"jul", 7},  {"juil", 7},
	{"lug", 7},   {"aug", 8},  {"aou", 8},  {"ago", 8},  {"sep", 9},  {"set", 9},  {"oct", 10},
	{"okt", 10},  {"out", 10}, {"ott", 10}, {"nov", 11}, {"dec", 12}, {"dez", 12}, {"dic", 12},
};

/* Days of the week are not looked at, but must be known for what they are. */
static const char *const weekdays[] = {
	"mon", "tue",  "wed",  "thu", "fri", "sat", "sun", "die", "mit", "don", "fre", "sam", "son",
	"lun", "mard", "mart", "mie", "mer", "jue", "jeu", "vie", "ven", "dim", "dom", "gio", "seg",
	"ter", "qua",  "qui",  "sex", "sab", "maa", "din", "woe", "vri", "zat", "zon",
};

static const struct {
	const char *name;
	int minutes;
} zones[] = {
	/* RFC 5322 4.3, and two of Europe that nobody else uses */
	{"z", 0},      {"ut", 0},     {"utc", 0},    {"gmt", 0},    {"est", -300},
	{"edt", -240}, {"cst", -360}, {"cdt", -300}, {"mst", -420}, {"mdt", -360},
	{"pst", -480}, {"pdt", -420}, {"cet", 60},   {"cest", 120},
};

/* Words that stand between the parts of a date in some language. */
static const char *const fillers[] = {"t",  "m",  "at", "um", "uhr", "de",  "of",  "st",
				      "nd", "rd", "th", "le", "den", "der", "del", "il",
				      "mo", "di", "mi", "do", "fr",  "sa",  "so"};

#define N(array) (sizeof(array) / sizeof((array)[0]))

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads 1 to max digits; how many there were. */
static int read_number(struct cursor *c, int max, int *out)
{
	int n = 0;

	for (*out = 0; n < max && c->p < c->end && is_digit(*c->p); n++)
		*out = *out * 10 + (*c->p++ - '0');
	return n;
}

static void read_fraction(struct cursor *c, int *ms)
{
	int scale = 100;

	for (*ms = 0; c->p < c->end && is_digit(*c->p); c->p++, scale /= 10)
		*ms += (*c->p - '0') * scale;
}

/* ±hh, ±hhmm, ±hh:mm */
static bool read_offset(struct cursor *c, struct parts *t)
{
	int sign = *c->p++ == '-' ? -1 : 1, hours, minutes = 0;

	if (read_number(c, 2, &hours) < 1)
		return false;
	if (c->p < c->end && *c->p == ':')
		c->p++;
	if (c->p < c->end && is_digit(*c->p) && read_number(c, 2, &minutes) != 2)
		return false;
	t->has_offset = true;
	t->offset = sign * (hours * 60 + minutes);
	return hours < 24 && minutes < 60;
}

/* :mm[:ss[.fff]] after the hour */
static bool read_clock(struct cursor *c, int hour, struct parts *t)
{
	if (t->has_clock)
		return false;
	t->has_clock = true;
	t->hour = hour;
	c->p++;
	if (read_number(c, 2, &t->minute) != 2)
		return false;
	if (c->p + 1 < c->end && *c->p == ':' && is_digit(c->p[1])) {
		c->p++;
		if (read_number(c, 2, &t->second) != 2)
			return false;
		if (c->p + 1 < c->end && (*c->p == '.' || *c->p == ',') && is_digit(c->p[1])) {
			c->p++;
			read_fraction(c, &t->ms);
		}
	}
	return true;
}

static bool word_month(const char *word, struct parts *t)
{
	size_t i;

	for (i = 0; i < N(months); i++)
		if (!strncmp(word, months[i].start, strlen(months[i].start))) {
			if (t->month)
				return false;
			t->month = months[i].month;
			return true;
		}
	return false;
}

static bool is_among(const char *word, const char *const *list, size_t n, bool start)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (start ? !strncmp(word, list[i], strlen(list[i])) : !strcmp(word, list[i]))
			return true;
	return false;
}

static bool understand(const char *word, struct parts *t)
{
	size_t i;

	if (!strcmp(word, "am") || !strcmp(word, "a") || !strcmp(word, "pm")
	    || !strcmp(word, "p")) {
		*(word[0] == 'a' ? &t->am : &t->pm) = true;
		return true;
	}
	for (i = 0; i < N(zones); i++)
		if (!strcmp(word, zones[i].name)) {
			t->has_offset = true;
			t->offset = zones[i].minutes;
			return true;
		}
	if (is_among(word, fillers, N(fillers), false))
		return true;
	if (strncmp(word, "mart", 4) && strncmp(word, "mard", 4) && word_month(word, t))
		return true;
	return is_among(word, weekdays, N(weekdays), true);
}

static bool read_word(struct cursor *c, struct parts *t)
{
	const char *start = c->p;
	struct crm_str key = CRM_STR_INIT;
	char plain[16];
	size_t i, n;
	bool good;

	while (c->p < c->end && ((*c->p & 0x80) || (*c->p | 0x20) >= 'a')
	       && (*c->p & 0x80 || (*c->p | 0x20) <= 'z'))
		c->p++;
	n = (size_t)(c->p - start);
	if (n == 3
	    && (!memcmp(start, "年", 3) || !memcmp(start, "月", 3) || !memcmp(start, "日", 3)))
		return true;
	for (i = 0; i < n && i < sizeof(plain) - 1 && !(start[i] & 0x80); i++)
		plain[i] = start[i] | 0x20;
	if (i == n) {
		plain[i] = '\0';
		return understand(plain, t);
	}
	if (n > 40)
		return false;
	crm_text_key((struct crm_slice){start, n}, &key);
	good = understand(key.ptr, t);
	crm_str_release(&key);
	return good;
}

static bool read_date_number(struct cursor *c, struct parts *t)
{
	const char *start = c->p;
	int value, n = read_number(c, 5, &value);

	if (n > 4 || t->n == 3 + (t->has_clock ? 0 : 1))
		return false;
	if (c->p < c->end && *c->p == ':' && n <= 2)
		return read_clock(c, value, t);
	if (t->n == 3)
		/* "10/3/2026 4 PM": too rare to be taken for a clock */
		return false;
	if (t->n == 1 && start[-1] == '.')
		t->dotted = true;
	t->numbers[t->n] = value;
	t->digits[t->n++] = n;
	return true;
}

/* Takes a text apart; false if there is anything in it that dates do not have. */
static bool take_apart(struct crm_slice value, struct parts *t)
{
	struct cursor c = {value.ptr, value.ptr + value.len};

	*t = (struct parts){0};
	while (c.p < c.end) {
		if (is_digit(*c.p)) {
			if (!read_date_number(&c, t))
				return false;
		} else if ((*c.p == '+' || *c.p == '-') && t->has_clock) {
			if (c.p + 1 < c.end && is_digit(c.p[1])) {
				if (!read_offset(&c, t))
					return false;
			} else {
				c.p++;
			}
		} else if (*c.p == '(') { /* RFC 2822: (CEST) */
			while (c.p < c.end && *c.p != ')')
				c.p++;
			c.p += c.p < c.end;
		} else if ((*c.p & 0x80) || ((*c.p | 0x20) >= 'a' && (*c.p | 0x20) <= 'z')) {
			if (!read_word(&c, t))
				return false;
		} else if (*c.p && strchr(" \t,./-", *c.p)) {
			c.p++;
		} else {
			return false;
		}
	}
	return true;
}

static int full_year(int year, int digits, int pivot)
{
	if (digits > 2)
		return year;
	year += pivot / 100 * 100;
	return year > pivot ? year - 100 : year;
}

/* Checks all parts and makes them an instant. */
static bool compose(struct parts *t, struct crm_time *out)
{
	*out = (struct crm_time){0};
	if (!crm_date_valid(t->year, t->month, t->day) || t->hour > 24 || t->minute > 59
	    || t->second > 60)
		return false;
	if (t->am || t->pm) { /* 00:05 AM is wrong, but written */
		if ((t->am && t->pm) || t->hour > 12 || (t->hour == 0 && t->pm))
			return false;
		t->hour = t->hour % 12 + (t->pm ? 12 : 0);
	}
	if (t->hour == 24 && (t->minute || t->second || t->ms))
		return false; /* ISO 8601 has 24:00 for the end of a day */
	t->second -= t->second == 60;
	out->has_clock = t->has_clock;
	out->has_offset = t->has_offset;
	out->offset = t->has_offset ? t->offset : 0;
	out->ms = (crm_date_days(t->year, t->month, t->day) * 86400 + t->hour * 3600
		   + t->minute * 60 + t->second - (int64_t)out->offset * 60)
			  * 1000
		  + t->ms;
	return true;
}

/* The numbers of a date with its month by name: day and year, or year and day. */
static bool fit_named(struct parts *t, int pivot)
{
	int year = t->n == 2 && t->digits[0] > 2 ? 0 : 1;

	if (t->n != 2)
		return false;
	t->year = full_year(t->numbers[year], t->digits[year], pivot);
	t->day = t->numbers[!year];
	return t->digits[!year] <= 2 && t->digits[year] != 3;
}

enum reading {
	NO_DATE,
	READ,
	DAY_FIRST,
	MONTH_FIRST,
	AMBIGUOUS
};

/* Which number is what, as far as a value alone says. Three numbers, year not first, get
 * year, and day and month in the order of appearance in t->day, t->month. */
static enum reading fit(struct parts *t, const struct crm_dates *dates)
{
	int a, b;

	if (t->month)
		return fit_named(t, dates->pivot) ? READ : NO_DATE;
	if (t->n != 3 || t->digits[1] > 2)
		return NO_DATE;
	if (t->digits[0] == 4 || (dates->order == CRM_DATES_YMD && t->digits[2] <= 2)) {
		t->year = full_year(t->numbers[0], t->digits[0], dates->pivot);
		t->month = t->numbers[1];
		t->day = t->numbers[2];
		return READ;
	}
	if (t->digits[0] > 2 || t->digits[2] == 3)
		return NO_DATE;
	a = t->day = t->numbers[0];
	b = t->month = t->numbers[1];
	t->year = full_year(t->numbers[2], t->digits[2], dates->pivot);
	if (t->dotted || a == b)
		return READ;
	if (a > 12)
		return b > 12 ? NO_DATE : DAY_FIRST;
	return b > 12 ? MONTH_FIRST : AMBIGUOUS;
}

/* Digits alone, or with a fraction: a compact date or a Unix time. */
static bool read_digits(struct crm_slice s, struct crm_time *out)
{
	static const int64_t per_ms[] = {[10] = 0, [13] = 1, [16] = 1000};
	struct cursor c = {s.ptr, s.ptr + s.len};
	struct parts t = {0};
	size_t n = 0, i;
	int64_t value = 0;

	while (n < s.len && is_digit(s.ptr[n]))
		n++;
	if (n == s.len && (n == 8 || n == 14 || n == 12)) {
		read_number(&c, 4, &t.year);
		read_number(&c, 2, &t.month);
		read_number(&c, 2, &t.day);
		read_number(&c, 2, &t.hour);
		read_number(&c, 2, &t.minute);
		read_number(&c, 2, &t.second);
		t.has_clock = n > 8;
		return t.year >= 1800 && t.year < 2200 && t.hour < 24 && compose(&t, out);
	}
	if (n != 10 && ((n != 13 && n != 16) || n != s.len))
		return false;
	for (i = 0; i < n; i++)
		value = value * 10 + (s.ptr[i] - '0');
	if (n < s.len) {
		c.p += n + 1;
		if (s.ptr[n] != '.')
			return false;
		read_fraction(&c, &t.ms);
		if (c.p != c.end)
			return false;
	}
	*out = (struct crm_time){0};
	out->ms = n == 10 ? value * 1000 + t.ms : value / per_ms[n];
	out->has_clock = out->has_offset = true;
	return true;
}

static enum reading read_value(const struct crm_dates *dates, struct crm_slice s, struct parts *t,
			       struct crm_time *out)
{
	if (!s.len || s.len > 100)
		return NO_DATE;
	if (crm_time_rfc3339(s.ptr, s.len, out) || read_digits(s, out))
		return READ;
	if (!take_apart(s, t))
		return NO_DATE;
	*out = (struct crm_time){.ms = INT64_MIN}; /* not composed yet */
	return fit(t, dates);
}

void crm_dates_init(struct crm_dates *dates, const char *order, const char *format)
{
	*dates = (struct crm_dates){.format = format, .fallback = CRM_DATES_DMY, .pivot = 2068};
	if (!order)
		return;
	dates->order = !strcasecmp(order, "dmy")   ? CRM_DATES_DMY
		       : !strcasecmp(order, "mdy") ? CRM_DATES_MDY
		       : !strcasecmp(order, "ymd") ? CRM_DATES_YMD
						   : CRM_DATES_ANY;
	dates->told = dates->order != CRM_DATES_ANY || !strcasecmp(order, "both");
}

void crm_dates_observe(struct crm_dates *dates, struct crm_slice value)
{
	struct crm_time when;
	struct parts t;

	value = crm_slice_trim(value);
	if (dates->format || !value.len)
		return;
	switch (read_value(dates, value, &t, &when)) {
	case NO_DATE:
		dates->unread++;
		break;
	case DAY_FIRST:
		dates->day_first++;
		break;
	case MONTH_FIRST:
		dates->month_first++;
		break;
	case AMBIGUOUS:
		dates->ambiguous++;
		break;
	case READ:
		break;
	}
}

enum crm_dates_state crm_dates_decide(struct crm_dates *dates)
{
	if (dates->told || dates->format)
		return CRM_DATES_CERTAIN;
	if (dates->day_first && dates->month_first) {
		dates->order = CRM_DATES_ANY;
		return CRM_DATES_CONTRADICTORY;
	}
	if (dates->day_first || dates->month_first) {
		dates->order = dates->day_first ? CRM_DATES_DMY : CRM_DATES_MDY;
		return CRM_DATES_CERTAIN;
	}
	dates->order = dates->fallback;
	return dates->ambiguous ? CRM_DATES_ASSUMED : CRM_DATES_CERTAIN;
}

/* One directive of a format. The cursor stands at its value. */
static bool read_directive(char directive, struct cursor *c, int pivot, struct parts *t,
			   int64_t *unix_ms)
{
	int n, value;

	switch (directive) {
	case 'Y':
		return read_number(c, 4, &t->year) == 4;
	case 'y':
		n = read_number(c, 2, &value);
		t->year = full_year(value, 2, pivot);
		return n == 2;
	case 'm':
		return read_number(c, 2, &t->month) > 0;
	case 'd':
	case 'e':
		while (directive == 'e' && c->p < c->end && *c->p == ' ')
			c->p++;
		return read_number(c, 2, &t->day) > 0;
	case 'H':
	case 'I':
		t->has_clock = true;
		return read_number(c, 2, &t->hour) > 0;
	case 'M':
		return read_number(c, 2, &t->minute) > 0;
	case 'S':
		return read_number(c, 2, &t->second) > 0;
	case 'f':
		read_fraction(c, &t->ms);
		return true;
	case 'b':
	case 'B':
	case 'h':
	case 'a':
	case 'A':
	case 'p':
		return read_word(c, t);
	case 'z':
		if (c->p < c->end && (*c->p == '+' || *c->p == '-'))
			return read_offset(c, t);
		return c->p < c->end && read_word(c, t) && t->has_offset;
	case 's':
	case 'L':
		for (*unix_ms = 0, n = 0; n < 16 && c->p < c->end && is_digit(*c->p); n++)
			*unix_ms = *unix_ms * 10 + (*c->p++ - '0');
		if (*unix_ms >= 253402300800000 / (directive == 's' ? 1000 : 1)) /* year 10000 */
			return false;
		*unix_ms *= directive == 's' ? 1000 : 1;
		return n > 0;
	default:
		return false;
	}
}

static bool read_format(const struct crm_dates *dates, struct crm_slice s, struct crm_time *out)
{
	struct cursor c = {s.ptr, s.ptr + s.len};
	struct parts t = {0};
	int64_t unix_ms = INT64_MIN;
	const char *f;

	for (f = dates->format; *f; f++) {
		if (*f == ' ') {
			while (c.p < c.end && (*c.p == ' ' || *c.p == '\t'))
				c.p++;
		} else if (*f == '%' && f[1] && f[1] != '%') {
			if (!read_directive(*++f, &c, dates->pivot, &t, &unix_ms))
				return false;
		} else {
			f += *f == '%' && f[1] == '%';
			if (c.p == c.end || *c.p++ != *f)
				return false;
		}
	}
	if (c.p != c.end)
		return false;
	if (unix_ms == INT64_MIN)
		return compose(&t, out);
	*out = (struct crm_time){.ms = unix_ms, .has_clock = true, .has_offset = true};
	return true;
}

bool crm_dates_parse(const struct crm_dates *dates, struct crm_slice value, struct crm_time *out)
{
	enum reading reading;
	struct parts t;
	int day;

	value = crm_slice_trim(value);
	if (dates->format)
		return value.len && read_format(dates, value, out);
	reading = read_value(dates, value, &t, out);
	if (reading == NO_DATE || (reading == AMBIGUOUS && dates->order == CRM_DATES_ANY))
		return false;
	if (reading == READ && out->ms != INT64_MIN)
		return true;
	if ((reading == MONTH_FIRST && dates->order == CRM_DATES_DMY)
	    || (reading == DAY_FIRST && dates->order == CRM_DATES_MDY))
		return false;
	if (reading == MONTH_FIRST || (reading == AMBIGUOUS && dates->order == CRM_DATES_MDY)) {
		day = t.month;
		t.month = t.day;
		t.day = day;
	}
	return compose(&t, out);
}

static bool is_birth_year(int year, int this_year)
{
	return year >= 1000 && year <= 9999 && (!this_year || year <= this_year);
}

/* What Windows and SQL Server write where there is no date. */
static bool is_zero(int year, int month, int day)
{
	return (year == 1601 || year == 1753) && month == 1 && day == 1;
}

bool crm_when_birth_date(const struct crm_dates *dates, struct crm_slice value, int this_year,
			 struct crm_str *out)
{
	struct crm_time when;
	int year, month, day;
	int64_t local, days;

	if (!crm_dates_parse(dates, value, &when))
		return false;
	local = when.ms + (int64_t)when.offset * 60000;
	days = local / 86400000 - (local % 86400000 < 0);
	crm_date_of_days(days, &year, &month, &day);
	if (!is_birth_year(year, this_year) || is_zero(year, month, day))
		return false;
	crm_str_addf(out, "%04d-%02d-%02d", year, month, day);
	return true;
}

/* Up to three groups of digits, which may stand without anything between: 19653213. Returns
 * how many; 0 where there is anything else. */
static int digit_groups(struct crm_slice s, int number[3], int digits[3])
{
	int n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (!is_digit(s.ptr[i])) {
			if (!strchr(" ./-", s.ptr[i]) || !s.ptr[i])
				return 0;
			continue;
		}
		if (i == 0 || !is_digit(s.ptr[i - 1]) || (s.len == 8 && (i == 4 || i == 6))) {
			if (n == 3)
				return 0;
			number[n] = digits[n] = 0;
			n++;
		}
		number[n - 1] = number[n - 1] * 10 + (s.ptr[i] - '0');
		if (++digits[n - 1] > 4)
			return 0;
	}
	return n;
}

bool crm_when_birth_written(const struct crm_dates *dates, struct crm_slice value, int this_year,
			    struct crm_str *out)
{
	struct crm_slice s = crm_slice_trim(value);
	int number[3] = {0}, digits[3] = {0}, n = digit_groups(s, number, digits), year = 0, swap;
	bool last = n > 1 && digits[0] < 4; /* the year */

	if (last) {
		year = number[n - 1];
		number[n - 1] = number[0];
		number[0] = year;
		if (n == 3 && dates->order == CRM_DATES_MDY)
			swap = number[1], number[1] = number[2], number[2] = swap;
	}
	if (n == 0 || digits[last ? n - 1 : 0] != 4 || !is_birth_year(number[0], this_year)
	    || number[1] > 99 || number[2] > 99 || is_zero(number[0], number[1], number[2]))
		return false;
	if (last && number[1] > 12 && number[2] > 0 && number[2] <= 12)
		swap = number[1], number[1] = number[2], number[2] = swap;
	crm_str_addf(out, "%04d-%02d-%02d", number[0], number[1], number[2]);
	return true;
}

#define DAY_MS INT64_C(86400000)
#define ZONE_DAYS 512 /* days remembered, a power of two */

struct crm_zone {
	UCalendar *calendar;
	struct {
		int64_t day; /* + 1, so that 0 is free */
		int32_t offset;
	} days[ZONE_DAYS]; /* days around which the offset does not change */
};

bool crm_zone_is_known(const char *name)
{
	UErrorCode code = U_ZERO_ERROR;
	UChar id[64], canonical[64];

	u_uastrncpy(id, name, 63);
	id[63] = 0;
	ucal_getCanonicalTimeZoneID(id, -1, canonical, 64, NULL, &code);
	return *name && U_SUCCESS(code);
}

enum crm_status crm_zone_new(const char *name, struct crm_zone **out, struct crm_err *err)
{
	UErrorCode code = U_ZERO_ERROR;
	UChar id[64];
	struct crm_zone *zone;

	*out = NULL;
	u_uastrncpy(id, name, 63);
	id[63] = 0;
	if (!crm_zone_is_known(name)) /* ucal_open would take it for GMT */
		return crm_fail(err, CRM_CONFIG, "no such time zone: '%s'", name);
	zone = crm_calloc(1, sizeof(*zone));
	zone->calendar = ucal_open(id, -1, "en", UCAL_GREGORIAN, &code);
	if (U_FAILURE(code)) {
		crm_zone_free(zone);
		return crm_fail(err, CRM_CONFIG, "time zone '%s': %s", name, u_errorName(code));
	}
	*out = zone;
	return CRM_OK;
}

void crm_zone_free(struct crm_zone *zone)
{
	if (!zone)
		return;
	if (zone->calendar)
		ucal_close(zone->calendar);
	free(zone);
}

static int32_t offset_ms(struct crm_zone *zone, int64_t ms)
{
	UErrorCode code = U_ZERO_ERROR;

	ucal_setMillis(zone->calendar, (double)ms, &code);
	return ucal_get(zone->calendar, UCAL_ZONE_OFFSET, &code)
	       + ucal_get(zone->calendar, UCAL_DST_OFFSET, &code);
}

int crm_zone_offset(struct crm_zone *zone, int64_t ms)
{
	return offset_ms(zone, ms) / 60000;
}

int64_t crm_zone_change(struct crm_zone *zone, int64_t ms)
{
	UErrorCode code = U_ZERO_ERROR;
	int32_t before = offset_ms(zone, ms);
	UDate at = (double)ms;

	do { /* a change of the zone's name, or between kinds of time, may leave the offset */
		ucal_setMillis(zone->calendar, at, &code);
		if (!ucal_getTimeZoneTransitionDate(zone->calendar, UCAL_TZ_TRANSITION_NEXT, &at,
						    &code)
		    || U_FAILURE(code))
			return INT64_MAX;
	} while (offset_ms(zone, (int64_t)at) == before);
	return (int64_t)at;
}

int64_t crm_zone_utc(struct crm_zone *zone, int64_t local_ms)
{
	int64_t day = local_ms / DAY_MS - (local_ms % DAY_MS < 0);
	size_t slot = (size_t)day & (ZONE_DAYS - 1);
	int32_t before, after;

	if (zone->days[slot].day == day + 1 && day >= 0)
		return local_ms - zone->days[slot].offset;
	before = offset_ms(zone, (day - 1) * DAY_MS);
	after = offset_ms(zone, (day + 2) * DAY_MS);
	if (before == after && day >= 0) {
		zone->days[slot].day = day + 1;
		zone->days[slot].offset = before;
	}
	/* The earlier offset if it holds at the instant it gives, else the later one; in a gap
	 * neither does, and the earlier one moves the clock on. */
	if (offset_ms(zone, local_ms - before) != before
	    && offset_ms(zone, local_ms - after) == after)
		return local_ms - after;
	return local_ms - before;
}
