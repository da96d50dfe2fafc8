/* SPDX-License-Identifier: MIT */
/* Business time. Sources of truth: the calendar on the wall, counted by hand; the days on
 * which clocks change (EU: last Sundays of March and October; Directive 2000/84/EC; Lord Howe:
 * by half an hour; Samoa left out 2011-12-30); RFC 5545 for files of holidays. tests/calendar.t
 * counts minutes with another implementation of time zones. */
#include "route/calendar.h"

#include <unistd.h>

#include "base/time.h"
#include "tap.h"

#define MIN INT64_C(60000)
#define H (60 * MIN)

static char dir[] = "/tmp/calendar-XXXXXX";
static struct crm_calendars *calendars;
static const struct crm_calendar *cal;

static int64_t at(const char *text)
{
	struct crm_time t;

	return crm_time_rfc3339(text, strlen(text), &t) ? t.ms : -1;
}

/* The calendars of a text, in place of those there were; the error, or "". */
static const char *load(const char *text)
{
	static struct crm_err err;
	enum crm_status rc;

	crm_calendars_free(calendars);
	rc = crm_calendars_read(&calendars, crm_slice_of(text), dir, "calendars", &err);
	if (rc == CRM_OK)
		return "";
	return rc == CRM_CONFIG ? err.text : "not CRM_CONFIG";
}

static void use(const char *name)
{
	cal = crm_calendars_find(calendars, crm_slice_of(name));
	if (!ok(cal != NULL, "there is a calendar %s", name))
		exit(1);
}

/* One calendar of that line, in force. */
static void make(const char *line)
{
	is_str(load(line), "", line);
	use("c");
}

static void is_time(int64_t got, const char *want, const char *title)
{
	struct crm_str text = CRM_STR_INIT;

	if (got == CRM_NEVER)
		crm_str_adds(&text, "never");
	else
		crm_time_format(got, 0, &text);
	is_str(text.ptr, want, title);
	crm_str_release(&text);
}

/* minutes of open time from a to b */
static void open_for(const char *a, const char *b, int64_t minutes, const char *title)
{
	is_int(crm_calendar_between(cal, at(a), at(b)), minutes * MIN, title);
}

static void due(const char *from, int64_t minutes, const char *want, const char *title)
{
	is_time(crm_calendar_add(cal, at(from), minutes * MIN), want, title);
}

static void test_week(void)
{
	make("{\"calendar\":\"c\",\"zone\":\"UTC\",\"hours\":{\"mon-thu\":[\"09:00-12:30\","
	     "\"13:30-18:00\"],\"fri\":[\"09:00-15:00\"]}}");
	/* 2026-10-01 is a Thursday */
	open_for("2026-10-01T00:00Z", "2026-10-02T00:00Z", 480, "several intervals a day");
	open_for("2026-10-01T12:00Z", "2026-10-01T14:00Z", 60, "the break does not count");
	open_for("2026-09-28T00:00Z", "2026-10-05T00:00Z", 4 * 480 + 360, "a week");
	open_for("2026-10-05T00:00Z", "2026-09-28T00:00Z", -(4 * 480 + 360), "backwards");
	due("2026-10-01T17:30Z", 60, "2026-10-02T09:30:00Z", "an hour that goes over the night");
	due("2026-10-02T14:30Z", 60, "2026-10-05T09:30:00Z", "and over the weekend");
	due("2026-10-01T17:00Z", 60, "2026-10-01T18:00:00Z",
	    "what ends with the day ends at its closing time");
	due("2026-10-03T11:00Z", 0, "2026-10-03T11:00:00Z", "nothing more is now");
	due("2026-10-03T11:00Z", 2 * 2280, "2026-10-16T15:00:00Z", "two weeks");
	ok(!crm_calendar_is_open(cal, at("2026-10-01T08:59:59.999Z"))
		   && crm_calendar_is_open(cal, at("2026-10-01T09:00Z"))
		   && crm_calendar_is_open(cal, at("2026-10-01T12:29:59.999Z"))
		   && !crm_calendar_is_open(cal, at("2026-10-01T12:30Z")),
	   "open from the first millisecond, closed from the last");
	is_time(crm_calendar_next_open(cal, at("2026-10-02T15:00Z")), "2026-10-05T09:00:00Z",
		"next open: Monday");
	is_time(crm_calendar_next_open(cal, at("2026-10-01T10:00:01Z")), "2026-10-01T10:00:01Z",
		"next open: now");
	is_time(crm_calendar_next_close(cal, at("2026-10-01T10:00:01Z")), "2026-10-01T12:30:00Z",
		"next close: the break");
	is_time(crm_calendar_next_close(cal, at("2026-10-03T10:00Z")), "2026-10-03T10:00:00Z",
		"next close: now");
	open_for("1970-01-01T00:00Z", "2100-01-01T00:00Z", (1 + 6783 * 4) * 480 + 6783 * 360,
		 "130 years: 6783 weeks and a Thursday");
	due("2099-12-31T17:00Z", 61, "never", "what ends after all known time");
	open_for("0001-01-01T00:00Z", "1969-12-31T23:59Z", 0, "before 1970 nothing is open");
	is_int(crm_calendar_between(cal, INT64_MIN, INT64_MAX),
	       crm_calendar_between(cal, 0, at("2101-01-01T00:00Z")), "any instant can be asked");
}

/* Complaints about desks that lose the night shift: an interval may go past midnight. */
static void test_midnight(void)
{
	make("{\"calendar\":\"c\",\"zone\":\"UTC\",\"hours\":{\"sat\":[\"22:00-06:00\"],"
	     "\"sun\":[\"05:00-07:00\",\"23:00-00:00\"]},\"holidays\":[\"2026-10-11\"]}");
	open_for("2026-10-03T00:00Z", "2026-10-04T00:00Z", 120, "Saturday has two hours");
	open_for("2026-10-04T00:00Z", "2026-10-05T00:00Z", 8 * 60,
		 "Sunday six of the night and what comes after; no minute counts twice");
	is_time(crm_calendar_next_close(cal, at("2026-10-03T22:30Z")), "2026-10-04T07:00:00Z",
		"midnight is no closing time");
	open_for("2026-10-11T00:00Z", "2026-10-12T00:00Z", 6 * 60,
		 "a holiday leaves the end of the night before");
	make("{\"calendar\":\"c\",\"zone\":\"UTC\",\"hours\":{\"sat\":[\"22:00-06:00\"]},"
	     "\"holidays\":[\"2026-10-10\"]}");
	open_for("2026-10-10T00:00Z", "2026-10-12T00:00Z", 0,
		 "and takes the night that begins on it");
	make("{\"calendar\":\"c\",\"zone\":\"UTC\",\"hours\":{\"wed\":[\"18:00-02:00\"]}}");
	open_for("1970-01-01T00:00Z", "1970-01-02T00:00Z", 120, "the night before 1970");
}

static void test_clocks(void)
{
	make("{\"calendar\":\"c\",\"zone\":\"Europe/"
	     "Berlin\",\"hours\":{\"mon-fri\":[\"09:00-17:00\"],"
	     "\"sun\":[\"01:00-04:00\"]}}");
	is_time(crm_calendar_next_open(cal, at("2026-03-28T00:00Z")), "2026-03-29T00:00:00Z",
		"winter time until the clocks change");
	is_time(crm_calendar_next_open(cal, at("2026-03-29T05:00Z")), "2026-03-30T07:00:00Z",
		"summer time after");
	open_for("2026-03-29T00:00Z", "2026-03-29T12:00Z", 120, "a skipped hour was not open");
	is_time(crm_calendar_next_close(cal, at("2026-03-29T00:10Z")), "2026-03-29T02:00:00Z",
		"nor does it close");
	open_for("2026-10-24T20:00Z", "2026-10-25T12:00Z", 240,
		 "an hour that comes twice is open twice");
	due("2026-03-27T15:30Z", 30 + 120 + 60, "2026-03-30T08:00:00Z",
	    "over the change in spring");
	due("2026-10-23T14:30Z", 30 + 240 + 60, "2026-10-26T09:00:00Z", "and in autumn");
	make("{\"calendar\":\"c\",\"zone\":\"Europe/"
	     "Berlin\",\"hours\":{\"sun\":[\"02:00-03:00\"]}}");
	open_for("2026-03-29T00:00Z", "2026-03-30T00:00Z", 0, "hours that there are not");
	open_for("2026-10-25T00:00Z", "2026-10-26T00:00Z", 120, "hours that there are twice");
	is_time(crm_calendar_next_open(cal, at("2026-03-23T00:00Z")), "2026-04-05T00:00:00Z",
		"the next Sunday that has them");
	make("{\"calendar\":\"c\",\"zone\":\"Australia/"
	     "Lord_Howe\",\"hours\":{\"sun\":[\"00:00-24:00\"]}}");
	open_for("2026-04-04T00:00Z", "2026-04-07T00:00Z", 24 * 60 + 30, "half an hour more");
	open_for("2026-10-03T00:00Z", "2026-10-06T00:00Z", 24 * 60 - 30, "half an hour less");
	make("{\"calendar\":\"c\",\"zone\":\"Pacific/"
	     "Apia\",\"hours\":{\"fri\":[\"09:00-17:00\"]}}");
	open_for("2011-12-25T00:00Z", "2012-01-05T00:00Z", 0, "a day that a country left out");
	make("{\"calendar\":\"c\",\"zone\":\"Asia/"
	     "Kathmandu\",\"hours\":{\"mon-sun\":[\"09:00-10:00\"]}}");
	is_time(crm_calendar_next_open(cal, at("2026-10-01T00:00Z")), "2026-10-01T03:15:00Z",
		"five hours and three quarters east");
}

static void test_always(void)
{
	make("{\"calendar\":\"c\",\"zone\":\"America/"
	     "New_York\",\"hours\":{\"mon-sun\":[\"00:00-24:00\"]}}");
	open_for("2016-10-01T00:00Z", "2026-10-01T00:00Z", 3652 * 1440,
		 "day and night: time is time, whatever clocks do");
	is_time(crm_calendar_next_close(cal, at("2026-10-01T00:00Z")), "never", "never closes");
	make("{\"calendar\":\"c\",\"zone\":\"UTC\",\"hours\":{}}");
	is_time(crm_calendar_next_open(cal, at("2026-10-01T00:00Z")), "never", "never opens");
	due("2026-10-01T00:00Z", 1, "never", "nothing is ever due");
	cal = NULL;
	due("2026-10-03T00:00Z", 1, "2026-10-03T00:01:00Z", "no calendar: always open");
	is_time(crm_calendar_next_open(cal, 7), "1970-01-01T00:00:00.007Z", "it is open now");
	is_time(crm_calendar_next_close(cal, 7), "never", "and never closes");
	is_time(crm_calendar_add(NULL, 1, INT64_MAX), "never", "more time than there is");
}

static void test_holidays(void)
{
	make("{\"calendar\":\"c\",\"zone\":\"UTC\",\"hours\":{\"mon-sun\":[\"09:00-17:00\"]},"
	     "\"holidays\":[{\"day\":\"2027-12-26\",\"hours\":[\"10:00-11:00\"],\"name\":\"sale\"},"
	     "\"12-26\",\"2026-12-25\",{\"day\":\"2026-12-24\",\"hours\":[\"09:00-12:00\"]},"
	     "{\"day\":\"2026-12-28\",\"to\":\"2027-01-02\"},\"02-29\"]}");
	open_for("2026-12-24T00:00Z", "2026-12-25T00:00Z", 180, "other hours on a day");
	open_for("2026-12-25T00:00Z", "2026-12-27T00:00Z", 0, "a date, and a day of every year");
	open_for("2025-12-25T00:00Z", "2025-12-27T00:00Z", 480, "the date is not of every year");
	open_for("2027-12-26T00:00Z", "2027-12-27T00:00Z", 60,
		 "a date goes before a day of every year, wherever it stands");
	open_for("2026-12-27T00:00Z", "2027-01-04T00:00Z", 960, "from a day to another");
	open_for("2028-02-28T00:00Z", "2028-03-02T00:00Z", 960, "29 February of leap years");
	open_for("2027-02-28T00:00Z", "2027-03-02T00:00Z", 960, "is no other day of the rest");
}

static void write_file(const char *name, const char *text)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f))
		exit(1);
}

#define WITH_ICS                                                                          \
	"{\"calendar\":\"c\",\"zone\":\"UTC\",\"hours\":{\"mon-sun\":[\"00:00-00:01\"]}," \
	"\"ics\":\"days.ics\"}"

/* A file with this in an event; the error, or "". */
static const char *ics(const char *event)
{
	struct crm_str text = CRM_STR_INIT;
	const char *error;

	crm_str_addf(&text,
		     "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTIMEZONE\r\nTZID:X\r\n"
		     "BEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nRRULE:FREQ=HOURLY\r\n"
		     "END:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nSUMMARY:A day\r\n%s\r\n"
		     "BEGIN:VALARM\r\nDURATION:PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\n"
		     "END:VCALENDAR\r\n",
		     event);
	write_file("days.ics", text.ptr);
	crm_str_release(&text);
	error = load(WITH_ICS);
	cal = crm_calendars_find(calendars, CRM_SLICE("c"));
	return strstr(error, "days.ics") ? strstr(error, "days.ics") : error;
}

/* n days of the event are off in the year */
static void off(int year, int n, const char *title)
{
	int64_t from = crm_date_days(year, 1, 1), to = crm_date_days(year + 1, 1, 1);

	is_int(to - from - crm_calendar_between(cal, from * 24 * H, to * 24 * H) / MIN, n, title);
}

static void is_off(const char *day, const char *title)
{
	ok(!crm_calendar_is_open(cal, at(day)), "%s", title);
}

static void test_ics(void)
{
	is_str(ics("DTSTART;VALUE=DATE:20261225"), "", "a day");
	off(2026, 1, "one day");
	is_off("2026-12-25T00:00Z", "that day");
	ics("DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227");
	off(2026, 3, "the end is the day after");
	ics("DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261224");
	off(2026, 1, "some write the day itself");
	ics("DTSTART;VALUE=DATE:20261224\r\nDURATION:P1W");
	off(2026, 7, "a week");
	ics("DTSTART;VALUE=DATE:20261224\r\nSTATUS:CANCELLED");
	off(2026, 0, "cancelled");
	is_str(ics("DTSTART;X-NOTE=\"a:b\";VALUE=DA\r\n TE:2026\r\n\t1225"), "",
	       "folded lines, a colon in quotes");
	off(2026, 1, "are read");
	is_str(ics("DTSTART;VALUE=DATE:20201225\r\nRRULE:FREQ=YEARLY;UNTIL=20271225T000000Z"), "",
	       "every year");
	off(2019, 0, "not before it begins");
	off(2027, 1, "until a day");
	off(2028, 0, "not after");
	ics("DTSTART;VALUE=DATE:20200229\r\nRRULE:FREQ=YEARLY;COUNT=2");
	off(2021, 0, "29 February is not every year");
	off(2024, 1, "the second time");
	off(2028, 0, "not a third");
	ics("DTSTART;VALUE=DATE:20201126\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\r\n"
	    "EXDATE;VALUE=DATE:20271125");
	is_off("2026-11-26T00:00Z", "Thanksgiving 2026 is 26 November");
	off(2026, 1, "and no other day");
	off(2027, 0, "but for a year that is left out");
	ics("DTSTART;VALUE=DATE:20200525\r\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;INTERVAL=2");
	is_off("2026-05-25T00:00Z", "Memorial Day 2026 is 25 May");
	off(2025, 0, "every other year");
	is_str(ics("DTSTART:20261225T000000Z"),
	       "days.ics:12: only events of whole days are days off: 'DTSTART:20261225T000000Z'",
	       "a time of day is refused, with its place");
	is_str(ics("DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=WEEKLY"),
	       "days.ics:13: only yearly days are read: write each day as an event: "
	       "'RRULE:FREQ=WEEKLY'",
	       "so is a weekly day");
	ok(*ics("DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=YEARLY;BYDAY=MO")
		   && *ics("DTSTART;VALUE=DATE:20260101\r\nRDATE;VALUE=DATE:20260105")
		   && *ics("DTSTART;VALUE=DATE:20261301")
		   && *ics("DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261223")
		   && *ics("DTSTART;VALUE=DATE:20261224\r\nDURATION:PT24H"),
	   "and whatever else would decide which days");
	is_str(ics("COMMENT:x"), "days.ics:10: the event has no DTSTART: 'END:VEVENT'",
	       "an event without a day");
	write_file("days.ics", "BEGIN:VCARD\n");
	is_str(strstr(load(WITH_ICS), "days.ics"),
	       "days.ics:1: this is no iCalendar file: "
	       "'BEGIN:VCARD'",
	       "another kind of file");
	write_file("days.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260101\n");
	ok(strstr(load(WITH_ICS), "ends within") != NULL, "a file that was cut off");
}

static void refused(const char *members, const char *why)
{
	struct crm_str line = CRM_STR_INIT;

	crm_str_addf(&line, "# two lines of\n\n{\"calendar\":\"c\",\"zone\":\"UTC\",%s}", members);
	ok(strstr(load(line.ptr), why) && !strncmp(load(line.ptr), "calendars:3: ", 13), "%s: %s",
	   members, why);
	crm_str_release(&line);
}

static void test_mistakes(void)
{
	refused("\"hours\":{\"mon-fri\":[\"9-17\"]}", "'9-17' must be hours such as");
	refused("\"hours\":{\"mon-fri\":[\"09:00-09:00\"]}", "must be hours");
	refused("\"hours\":{\"mon-fri\":[\"24:00-06:00\"]}", "must be hours");
	refused("\"hours\":{\"mon-fri\":[\"09:60-17:00\"]}", "must be hours");
	refused("\"hours\":{\"mon-fri\":\"09:00-17:00\"}", "must be a list");
	refused("\"hours\":{\"mon-fri\":[\"09:00-12:00\",\"11:00-13:00\"]}", "overlap");
	refused("\"hours\":{\"mon-fri\":[],\"wed\":[]}", "wed is there twice");
	refused("\"hours\":{\"montag\":[]}", "must be a day or days");
	refused("\"hour\":{}", "no 'hour'");
	refused("\"holidays\":[]", "needs hours");
	refused("\"hours\":{},\"holidays\":[\"2026-02-29\"]", "a holiday must be");
	refused("\"hours\":{},\"holidays\":[{\"day\":\"12-24\",\"to\":\"12-26\"}]",
		"with its year");
	refused("\"hours\":{},\"holidays\":[{\"date\":\"12-24\"}]", "no 'date'");
	refused("\"hours\":{},\"ics\":\"../secrets\"", "in the same folder");
	refused("\"hours\":{},\"ics\":\"none.ics\"", "No such file");
	refused("\"hours\":{},\"hours\":{}", "byte ");
	is_str(load("{\"calendar\":\"c\",\"zone\":\"Europe/Berlyn\",\"hours\":{}}"),
	       "calendars:1: no such time zone: 'Europe/Berlyn'", "an unknown zone");
	is_str(load("{\"calendar\":\"c\",\"zone\":\"UTC\",\"hours\":{}}\n"
		    "{\"calendar\":\"c\",\"zone\":\"UTC\",\"hours\":{}}"),
	       "calendars:2: there is a calendar 'c' already", "two of a name");
	is_str(load(""), "", "no calendars at all");
	ok(!crm_calendars_find(calendars, CRM_SLICE("c")), "none is found");
}

/* Numbers without a pattern, the same ones always (Knuth's MMIX). */
static uint64_t dice = 7;
static int64_t roll(int64_t below)
{
	dice = dice * 6364136223846793005u + 1442695040888963407u;
	return (int64_t)((dice >> 16) % (uint64_t)below);
}

static const char *const zones[] = {"UTC",
				    "Europe/Berlin",
				    "America/New_York",
				    "Australia/Lord_Howe",
				    "Asia/Kathmandu",
				    "Pacific/Apia",
				    "Africa/Casablanca",
				    "Antarctica/Troll",
				    "America/St_Johns"};

static void random_calendar(void)
{
	struct crm_str line = CRM_STR_INIT;
	static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

	crm_str_addf(&line, "{\"calendar\":\"c\",\"zone\":\"%s\",\"hours\":{", zones[roll(9)]);
	for (int i = 0; i < 7; i++) {
		int first = (int)roll(1440), more = 1 + (int)roll(1439), last = first + more;

		crm_str_addf(&line, "%s\"%s\":[\"%02d:%02d-%02d:%02d\"]", i ? "," : "", days[i],
			     first / 60, first % 60, last / 60 % 24, last % 60);
	}
	crm_str_addf(&line,
		     "},\"holidays\":[\"%02d-%02d\",\"2011-12-29\",{\"day\":\"2020-03-29\","
		     "\"hours\":[\"01:00-02:30\"]}]}",
		     1 + (int)roll(12), 1 + (int)roll(28));
	if (*load(line.ptr))
		exit(1);
	cal = crm_calendars_find(calendars, CRM_SLICE("c"));
	crm_str_release(&line);
}

/* What must hold of any calendar, at random and close to changes of clocks. */
static void test_properties(void)
{
	int wrong_add = 0, wrong_early = 0, wrong_sum = 0, wrong_next = 0;

	for (int i = 0; i < 400; i++) {
		random_calendar();
		for (int j = 0; j < 100; j++) {
			int64_t a = 1262304000000 + roll(31536000000 * 12),
				d = 1 + roll(40 * 24 * H);
			int64_t b = crm_calendar_add(cal, a, d), c = a + roll(30 * 24 * H);
			int64_t o = crm_calendar_next_open(cal, c),
				s = crm_calendar_next_close(cal, c);

			wrong_add += crm_calendar_between(cal, a, b) != d;
			wrong_early += crm_calendar_between(cal, a, b - 1) != d - 1;
			wrong_sum +=
				crm_calendar_between(cal, a, c) + crm_calendar_between(cal, c, b)
				!= d;
			wrong_next += !crm_calendar_is_open(cal, o) || crm_calendar_is_open(cal, s)
				      || crm_calendar_between(cal, c, o) != 0
				      || crm_calendar_between(cal, c, s) != s - c;
		}
	}
	is_int(wrong_add, 0, "between(a, add(a, d)) is d");
	is_int(wrong_early, 0, "and no earlier instant has it");
	is_int(wrong_sum, 0, "parts add up");
	is_int(wrong_next, 0, "next_open and next_close are the first such instants");
}

int main(void)
{
	char path[64];

	if (!mkdtemp(dir))
		return 1;
	test_week();
	test_midnight();
	test_clocks();
	test_always();
	test_holidays();
	test_ics();
	test_mistakes();
	test_properties();
	crm_calendars_free(calendars);
	snprintf(path, sizeof(path), "%s/days.ics", dir);
	unlink(path);
	rmdir(dir);
	return done();
}
