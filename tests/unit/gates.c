/* SPDX-License-Identifier: MIT */
/* When a message that did not go out is tried again, and when it would wake somebody. Sources
 * of truth: the formula in reply/gates.h; the clocks of Berlin, New York and Los Angeles as the
 * IANA time zone data have them. */
#include "reply/gates.h"

#include "base/time.h"
#include "reply/quiet.h"
#include "tap.h"

#define MINUTE ((int64_t)60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static void retries(void)
{
	struct crm_err err;
	struct crm_gates *g;
	struct crm_slice a = CRM_SLICE("a"), b = CRM_SLICE("b");
	int64_t first, nth, differ = 0;
	bool in_range = true;

	is_int(crm_gates_load(&g, "lib/rules/replies", "none", &err), CRM_OK, "our rules load");
	first = crm_gates_retry(g, a, 1, 0, 0, -1);
	ok(first >= MINUTE && first <= MINUTE * 5 / 4, "a minute, and up to a quarter more");
	is_int(crm_gates_retry(g, a, 1, 0, 0, -1), first, "the same each time");
	for (int64_t n = 1; n < 19; n++) {
		int64_t base = n > 9 ? 6 * HOUR : MINUTE << (n - 1);

		base = base < 6 * HOUR ? base : 6 * HOUR;
		nth = crm_gates_retry(g, a, n, 0, 0, -1);
		in_range &= nth >= base && nth <= base * 5 / 4;
		differ += nth != crm_gates_retry(g, b, n, 0, 0, -1);
	}
	ok(in_range, "twice as long each time, up to six hours");
	ok(differ >= 16, "others at other times");
	is_int(crm_gates_retry(g, a, 1, 0, 0, 2 * HOUR), 2 * HOUR, "not before Retry-After");
	ok(crm_gates_retry(g, a, 12, 0, 0, MINUTE) >= 6 * HOUR, "but not sooner because of it");
	is_int(crm_gates_retry(g, a, 20, 0, 0, -1), INT64_MAX, "20 tries, and it is given up");
	is_int(crm_gates_retry(g, a, 2, 3 * DAY, 0, -1), INT64_MAX, "so it is after three days");
	is_int(crm_gates_retry(g, a, 2, 3 * DAY, 0, 9 * DAY), INT64_MAX,
	       "and when we are told to come back later than that");
	crm_gates_free(g);
}

static struct crm_quiet *quiet;

/* From 21:00 to 08:00 there. */
static void wakes(const char *country, const char *phone, const char *at, const char *want)
{
	struct crm_slice text = crm_slice_of(at), number = crm_slice_of(phone);
	struct crm_str out = CRM_STR_INIT, title = CRM_STR_INIT;
	struct crm_time t;

	crm_time_rfc3339(text.ptr, text.len, &t);
	crm_time_format(
		crm_quiet_until(quiet, country, number, "Europe/Berlin", 21 * 60, 8 * 60, t.ms), 0,
		&out);
	crm_str_addf(&title, "%s %s at %s", country, phone ? phone : "", at);
	is_str(out.ptr, want, title.ptr);
	crm_str_release(&out);
	crm_str_release(&title);
}

static void nights(void)
{
	quiet = crm_quiet_new();
	wakes("DE", NULL, "2026-01-05T12:00:00Z", "2026-01-05T12:00:00Z");
	wakes("DE", NULL, "2026-01-05T19:59:00Z", "2026-01-05T19:59:00Z"); /* 20:59 there */
	wakes("DE", NULL, "2026-01-05T20:00:00Z", "2026-01-06T07:00:00Z");
	wakes("DE", NULL, "2026-07-05T20:00:00Z", "2026-07-06T06:00:00Z"); /* summer */
	wakes("DE", NULL, "2026-01-06T06:59:00Z", "2026-01-06T07:00:00Z");
	/* the night in which clocks go forward */
	wakes("DE", NULL, "2026-03-28T23:00:00Z", "2026-03-29T06:00:00Z");
	wakes("", "+4930123456", "2026-01-05T20:00:00Z", "2026-01-06T07:00:00Z");
	wakes("JP", NULL, "2026-01-05T12:30:00Z", "2026-01-05T23:00:00Z");
	/* nothing is known of them: the shop's own zone */
	wakes("", NULL, "2026-01-05T20:00:00Z", "2026-01-06T07:00:00Z");
	crm_quiet_free(quiet);
	ok(!crm_quiet_zone_is_known("Europe/Atlantis"), "no such zone");
}

int main(void)
{
	retries();
	nights();
	return done();
}
