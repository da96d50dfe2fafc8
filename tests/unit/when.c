/* SPDX-License-Identifier: MIT */
/* Dates of exports. Sources of truth: the calendar; the examples of RFC 2822, RFC 3339 and
 * asctime(3); the dates on which European clocks change (Directive 2000/84/EC); for the
 * columns the values themselves. */
#include "norm/when.h"

#include "tap.h"

static struct crm_dates dates;

/* value read with the order and format in force, as RFC 3339; "" if refused. A date without
 * clock shows as such, a local time without offset has no Z. */
static void reads(const char *value, const char *want)
{
	struct crm_str out = CRM_STR_INIT;
	struct crm_time t;

	if (crm_dates_parse(&dates, crm_slice_of(value), &t)) {
		crm_time_format(t.ms, t.offset, &out);
		if (!t.has_clock)
			out.len = 10;
		else if (!t.has_offset)
			out.len--;
		out.ptr[out.len] = '\0';
	}
	is_str(out.ptr, want, value);
	crm_str_release(&out);
}

static void shapes(void)
{
	crm_dates_init(&dates, "dmy", NULL);
	reads("2026-10-01T09:30:00+02:00", "2026-10-01T09:30:00+02:00");
	reads("2026-10-01 09:30", "2026-10-01T09:30:00");
	reads("2026-10-01", "2026-10-01");
	reads("2026/10/01", "2026-10-01");
	reads("1/12/2010 8:26", "2010-12-01T08:26:00");
	reads("01.12.2010", "2010-12-01");
	reads("2.1.18", "2018-01-02");
	reads("2.1.70", "1970-01-02");
	reads("12-Dec-2010", "2010-12-12");
	reads("Wed Oct 11 06:55:44 +0000 2017", "2017-10-11T06:55:44Z");
	reads("Wed Oct 11 06:55:44 2017", "2017-10-11T06:55:44");
	reads("Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T09:55:06-06:00");
	reads("Tue, 1 Jul 2003 10:52:37 +0200 (CEST)", "2003-07-01T10:52:37+02:00");
	reads("21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06Z");
	reads("Oct 3, 2026 4:05 PM", "2026-10-03T16:05:00");
	reads("October 3rd, 2026 at 12:05 a.m.", "2026-10-03T00:05:00");
	reads("10/3/2026 00:05 AM", "2026-03-10T00:05:00");
	reads("10/3/2026 00:05 PM", "");
	reads("October 3rd, 2026 at 12:05 am", "2026-10-03T00:05:00");
	reads("3. Oktober 2026", "2026-10-03");
	reads("3. März 2026 um 14:30 Uhr", "2026-03-03T14:30:00");
	reads("mardi 3 février 2026", "2026-02-03");
	reads("3 de diciembre de 2026", "2026-12-03");
	reads("2026年10月1日", "2026-10-01");
	reads("20261001", "2026-10-01");
	reads("19560409", "1956-04-09");
	reads("20261001093000", "2026-10-01T09:30:00");
	reads("1759311000", "2025-10-01T09:30:00Z");
	reads("1759311000123", "2025-10-01T09:30:00.123Z");
	reads("1503435956.000247", "2017-08-22T21:05:56Z");
	reads("2026-10-01 24:00", "2026-10-02T00:00:00");
	reads("1/10/2026 24:00", "2026-10-02T00:00:00");
	reads("29.02.2024", "2024-02-29");
	reads("29.02.2023", "");
	reads("31/04/2026", "");
	reads("1865-12-80", "");
	reads("0000-00-00", "");
	reads("12/13/14/15", "");
	reads("3 Oct", "");
	reads("tomorrow", "");
	reads("13:05 PM 3/4/2026", "");
	reads("3/4/2026 25:00", "");
	reads("", "");
	reads("-", "");
	reads("99999999999999999999", "");
}

static void column(const char *const *values, enum crm_dates_state want, const char *title)
{
	crm_dates_init(&dates, NULL, NULL);
	for (; *values; values++)
		crm_dates_observe(&dates, crm_slice_of(*values));
	is_int(crm_dates_decide(&dates), want, title);
}

static void columns(void)
{
	static const char *const day[] = {"1/12/2010", "", "13/12/2010", "x", NULL};
	static const char *const month[] = {"1/12/2010", "1/13/2010", NULL};
	static const char *const both[] = {"13/12/2010", "1/13/2010", "1/2/2010", NULL};
	static const char *const neither[] = {"1/12/2010", NULL};
	static const char *const same[] = {"1/1/2010", "3.4.2010", "2010-01-02", NULL};

	column(day, CRM_DATES_CERTAIN, "a 13th shows that the day is first");
	reads("1/12/2010", "2010-12-01");
	reads("1/13/2010", "");
	is_int(dates.unread, 1, "what is no date is counted");
	column(month, CRM_DATES_CERTAIN, "or that the month is");
	reads("1/12/2010 8:26", "2010-01-12T08:26:00");
	reads("13/1/2010", "");
	column(both, CRM_DATES_CONTRADICTORY, "or both: contradictory");
	reads("1/2/2010", "");
	reads("1/13/2010", "2010-01-13");
	reads("13/1/2010", "2010-01-13");
	reads("2/2/2010", "2010-02-02");
	column(neither, CRM_DATES_ASSUMED, "or neither: assumed");
	reads("1/12/2010", "2010-12-01");
	dates.fallback = CRM_DATES_MDY;
	crm_dates_decide(&dates);
	reads("1/12/2010", "2010-01-12");
	column(same, CRM_DATES_CERTAIN, "where it makes no difference nothing is assumed");
	crm_dates_init(&dates, "ymd", NULL);
	reads("10/11/12", "2010-11-12");
}

static void format(const char *f, const char *value, const char *want)
{
	crm_dates_init(&dates, NULL, f);
	reads(value, want);
}

static void formats(void)
{
	format("%d.%m.%Y %H:%M", "01.12.2010 08:26", "2010-12-01T08:26:00");
	format("%d.%m.%Y %H:%M", "01.12.2010", "");
	format("%d.%m.%Y", "01.12.2010 08:26", "");
	format("%m/%d/%y %I:%M %p", "1/12/10 8:26 PM", "2010-01-12T20:26:00");
	format("%d/%b/%Y:%H:%M:%S %z", "10/Oct/2000:13:55:36 -0700", "2000-10-10T13:55:36-07:00");
	format("%Y-%m-%dT%H:%M:%S.%f%z", "2026-10-01T09:30:00.25Z", "2026-10-01T09:30:00.250Z");
	format("%s", "1759311000", "2025-10-01T09:30:00Z");
	format("%L", "1759311000123", "2025-10-01T09:30:00.123Z");
	format("%L", "9999999999999999", "");
	format("%s", "9999999999999999", ""); /* times 1,000 it is negative in 64 bits */
	format("100%% %Y%m%d", "100% 20261001", "2026-10-01");
	format("%Q", "1", "");
	format("%Y%", "2026", "");
}

static void born(const char *value, const char *want)
{
	struct crm_str out = CRM_STR_INIT;

	crm_when_birth_date(&dates, crm_slice_of(value), 2026, &out);
	is_str(out.ptr, want, value);
	crm_str_release(&out);
}

static void birth_dates(void)
{
	crm_dates_init(&dates, "dmy", NULL);
	dates.pivot = 2026;
	born("1956-04-09", "1956-04-09");
	born("9.4.56", "1956-04-09");
	born("9.4.26", "2026-04-09");
	born("9.4.27", "1927-04-09");
	born("1865-12-80", "");
	born("2031-01-01", "");
	born("0001-01-01", "");
	born("1985-10-26T00:00:00+02:00", "1985-10-26");
	born("1630-08-01", "1630-08-01");
	born("1753-01-01", "");
}

static void written(const char *value, const char *want)
{
	struct crm_str out = CRM_STR_INIT;

	crm_when_birth_written(&dates, crm_slice_of(value), 2026, &out);
	is_str(out.ptr, want, value);
	crm_str_release(&out);
}

static void birth_dates_written(void)
{
	crm_dates_init(&dates, "dmy", NULL);
	written("1865-12-80", "1865-12-80");
	written("19653213", "1965-32-13");
	written("80.12.1865", "1865-12-80");
	written("12/20/1865", "1865-12-20"); /* month first, it can only be */
	written("1970", "1970-00-00");
	written("3/1970", "1970-03-00");
	written("1970-03", "1970-03-00");
	written("2031", "");
	written("0001-01-40", "");
	written("12", "");
	written("unknown", "");
	written("1-2-3-1970", "");
	written("19701", "");
	written("", "");
	crm_dates_init(&dates, "mdy", NULL);
	written("02/31/1970", "1970-02-31");
	written("31/02/1970", "1970-02-31");
}

static void local(struct crm_zone *zone, const char *text, const char *want)
{
	struct crm_str out = CRM_STR_INIT;
	struct crm_time t;

	crm_time_rfc3339(text, strlen(text), &t);
	crm_time_format(crm_zone_utc(zone, t.ms), 0, &out);
	is_str(out.ptr, want, text);
	crm_str_release(&out);
}

static void time_zones(void)
{
	struct crm_zone *zone = NULL;
	struct crm_err err;
	int i;

	is_int(crm_zone_new("Europe/Berlin", &zone, &err), CRM_OK, "Europe/Berlin is a zone");
	for (i = 0; i < 2; i++) { /* again from memory */
		local(zone, "2026-01-15 12:00", "2026-01-15T11:00:00Z");
		local(zone, "2026-07-15 12:00", "2026-07-15T10:00:00Z");
		local(zone, "2026-03-29 01:59", "2026-03-29T00:59:00Z");
		local(zone, "2026-03-29 02:30", "2026-03-29T01:30:00Z");
		local(zone, "2026-03-29 03:00", "2026-03-29T01:00:00Z");
		local(zone, "2026-10-25 01:59", "2026-10-24T23:59:00Z");
		local(zone, "2026-10-25 02:30", "2026-10-25T00:30:00Z");
		local(zone, "2026-10-25 03:00", "2026-10-25T02:00:00Z");
		local(zone, "1960-07-15 12:00", "1960-07-15T11:00:00Z");
	}
	is_int(crm_zone_offset(zone, 0), 60, "offset of an instant");
	crm_zone_free(zone);
	is_int(crm_zone_new("Europe/Atlantis", &zone, &err), CRM_CONFIG, "an unknown zone");
	is_str(err.text, "no such time zone: 'Europe/Atlantis'", "is named");
}

int main(void)
{
	shapes();
	columns();
	formats();
	birth_dates();
	birth_dates_written();
	time_zones();
	return done();
}
