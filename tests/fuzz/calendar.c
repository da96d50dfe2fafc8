/* SPDX-License-Identifier: MIT */
/* Any bytes as a file of calendars, and as an iCalendar file. Whatever is read: adding and
 * measuring agree. */
#include "route/calendar.h"
#include "base/mem.h"
#include "base/str.h"
#include "check.h"
#include "route/calendar_days.h"
#include "route/ics.h"

static void check_calendar(const struct crm_calendar *c)
{
	static const int64_t from[] = {0, 1774742400000, 1792886400000, 4102444800000};
	static const int64_t spans[] = {1, 60000, 28800000, 31536000000};

	for (size_t i = 0; i < 4; i++)
		for (size_t j = 0; j < 4; j++) {
			int64_t end = crm_calendar_add(c, from[i], spans[j]);

			check(end == CRM_NEVER
			      || crm_calendar_between(c, from[i], end) == spans[j]);
		}
}

static void check_ics(struct crm_slice text)
{
	static const struct crm_span day = {0, 1440};
	struct crm_calendar *c = crm_calendar_new(CRM_SLICE("c"));
	uint16_t kind = crm_calendar_kind(c, &day, 1);
	struct crm_zone *zone;
	struct crm_err err;

	check(crm_zone_new("UTC", &zone, &err) == CRM_OK);
	if (crm_ics_read(text, "ics", c, kind, &err) == CRM_OK) {
		crm_calendar_finish(c, zone);
		check_calendar(c);
	}
	crm_zone_free(zone);
	crm_calendar_free(c);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	struct crm_slice text = {(const char *)bytes, len};
	struct crm_calendars *calendars;
	const struct crm_calendar *c;
	struct crm_err err;

	if (len && *bytes == 'B') {
		check_ics(text);
		return 0;
	}
	if (crm_calendars_read(&calendars, text, "/nowhere", "calendars", &err) == CRM_OK)
		if ((c = crm_calendars_find(calendars, CRM_SLICE("c"))))
			check_calendar(c);
	crm_calendars_free(calendars);
	return 0;
}
