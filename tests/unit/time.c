/* SPDX-License-Identifier: MIT */
/* Lengths of time. Source of truth: the sums of their units. */
#include "base/time.h"

#include <string.h>

#include "tap.h"

static void reads(const char *text, int64_t want)
{
	int64_t ms = -1;
	bool read = crm_duration_parse(text, strlen(text), &ms);

	is_int(read ? ms : -1, want, text);
}

static void writes(int64_t ms, const char *want)
{
	struct crm_str out = CRM_STR_INIT;

	crm_duration_format(ms, &out);
	is_str(out.ptr, want, want);
	crm_str_release(&out);
}

int main(void)
{
	reads("90s", 90000);
	reads("30m", 1800000);
	reads("1h30m", 5400000);
	reads("1w2d", 777600000);
	reads("0", 0);
	reads("", -1);
	reads("5", -1);
	reads("m", -1);
	reads("30m1h", -1);
	reads("2h2h", -1);
	reads("1h ", -1);
	reads("-1h", -1);
	reads("999999999999w", -1);
	reads("9999999999999s", -1);
	writes(0, "0s");
	writes(999, "0s");
	writes(61000, "1m 1s");
	writes(3600000, "1h");
	writes(90061000, "1d 1h");
	writes(31536000000, "365d");
	writes(-60000, "-1m");
	return done();
}
