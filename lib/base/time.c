/* SPDX-License-Identifier: MIT */
/*
 * Instants and dates. The calendar arithmetic counts days from 1 March of year 0, so that
 * the leap day is the last of a year (as in Howard Hinnant's chrono-compatible date
 * algorithms).
 */
#include "base/time.h"

#include <stdio.h>

int64_t crm_date_days(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void crm_date_of_days(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2));
}

bool crm_date_valid(int year, int month, int day)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return year >= 0 && year <= 9999 && month >= 1 && month <= 12 && day >= 1
	       && day <= days[month - 1] + (month == 2 && leap);
}

int crm_date_weekday(int64_t days)
{
	return (int)((days % 7 + 7 + 3) % 7); /* 1970-01-01 was a Thursday */
}

struct reader {
	const char *p, *end;
};

static bool number(struct reader *r, int digits, int *out)
{
	*out = 0;
	while (digits--) {
		if (r->p >= r->end || *r->p < '0' || *r->p > '9')
			return false;
		*out = *out * 10 + (*r->p++ - '0');
	}
	return true;
}

static bool literal(struct reader *r, char c)
{
	if (r->p >= r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

/* .5 .123 .123456789: milliseconds, the rest cut off. */
static bool fraction(struct reader *r, int *ms)
{
	int scale = 100;
	const char *start = r->p;

	for (*ms = 0; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++, scale /= 10)
		*ms += (*r->p - '0') * scale;
	return r->p > start;
}

static bool offset(struct reader *r, struct crm_time *out)
{
	int sign, hours, minutes = 0;

	if (literal(r, 'Z') || literal(r, 'z')) {
		out->has_offset = true;
		return true;
	}
	sign = literal(r, '+') ? 1 : literal(r, '-') ? -1 : 0;
	if (!sign || !number(r, 2, &hours))
		return false;
	if (r->p < r->end) {
		literal(r, ':');
		if (!number(r, 2, &minutes))
			return false;
	}
	if (hours > 23 || minutes > 59)
		return false;
	out->has_offset = true;
	out->offset = sign * (hours * 60 + minutes);
	return true;
}

bool crm_time_rfc3339(const char *text, size_t len, struct crm_time *out)
{
	struct reader r = {text, text + len};
	int year, month, day, hour = 0, minute = 0, second = 0, ms = 0;

	*out = (struct crm_time){0};
	if (!number(&r, 4, &year) || !literal(&r, '-') || !number(&r, 2, &month)
	    || !literal(&r, '-') || !number(&r, 2, &day) || !crm_date_valid(year, month, day))
		return false;
	if (r.p < r.end && (literal(&r, 'T') || literal(&r, 't') || literal(&r, ' '))) {
		out->has_clock = true;
		if (!number(&r, 2, &hour) || !literal(&r, ':') || !number(&r, 2, &minute))
			return false;
		if (literal(&r, ':')
		    && (!number(&r, 2, &second)
			|| ((literal(&r, '.') || literal(&r, ',')) && !fraction(&r, &ms))))
			return false;
		if (hour > 23 || minute > 59 || second > 60)
			return false;
		second -= second == 60;
		literal(&r, ' '); /* "2026-10-01 09:30:15 +0200" is common */
		if (r.p < r.end && !offset(&r, out))
			return false;
	}
	out->ms = (crm_date_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
		   - (int64_t)out->offset * 60)
			  * 1000
		  + ms;
	return r.p == r.end;
}

void crm_time_format(int64_t ms, int offset, struct crm_str *out)
{
	int64_t local = ms + (int64_t)offset * 60000;
	int64_t days = local / 86400000 - (local % 86400000 < 0);
	int64_t rest = local - days * 86400000;
	int year, month, day;

	crm_date_of_days(days, &year, &month, &day);
	crm_str_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, (int)(rest / 3600000),
		     (int)(rest / 60000 % 60), (int)(rest / 1000 % 60));
	if (rest % 1000)
		crm_str_addf(out, ".%03d", (int)(rest % 1000));
	if (offset)
		crm_str_addf(out, "%c%02d:%02d", offset < 0 ? '-' : '+',
			     (offset < 0 ? -offset : offset) / 60,
			     (offset < 0 ? -offset : offset) % 60);
	else
		crm_str_addc(out, 'Z');
}

static const struct {
	char letter;
	int64_t ms;
} units[] = {{'w', 7 * 86400000LL}, {'d', 86400000}, {'h', 3600000}, {'m', 60000}, {'s', 1000}};

#define UNITS (sizeof(units) / sizeof(units[0]))
#define LONGEST (1000 * 366 * 86400000LL)

bool crm_duration_parse(const char *text, size_t len, int64_t *ms)
{
	const char *p = text, *end = text + len;
	size_t unit = 0;

	*ms = 0;
	if (len == 1 && *p == '0')
		return true;
	while (p < end) {
		int64_t n = 0;
		const char *digits = p;

		for (; p < end && *p >= '0' && *p <= '9' && p - digits < 12; p++)
			n = n * 10 + (*p - '0');
		if (p == digits || p == end)
			return false;
		while (unit < UNITS && units[unit].letter != *p)
			unit++;
		if (unit == UNITS || n > LONGEST / units[unit].ms)
			return false;
		*ms += n * units[unit++].ms; /* each unit once, from large to small */
		p++;
	}
	return len > 0 && *ms <= LONGEST;
}

void crm_duration_format(int64_t ms, struct crm_str *out)
{
	int shown = 0;
	size_t i = 1; /* weeks are not for reading */

	if (ms < 0) {
		crm_str_addc(out, '-');
		ms = -ms;
	}
	while (i < UNITS - 1 && ms < units[i].ms)
		i++;
	for (; i < UNITS && shown < 2; i++, shown++) {
		if (shown && ms < units[i].ms)
			break;
		if (shown)
			crm_str_addc(out, ' ');
		crm_str_addi(out, ms / units[i].ms);
		crm_str_addc(out, units[i].letter);
		ms %= units[i].ms;
	}
}
