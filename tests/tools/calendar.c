/* SPDX-License-Identifier: MIT */
/* calendar DIR NAME <QUESTIONS: business time of a calendar of DIR; a line in, a line out:
 * open MS · next MS · close MS · add MS MS · between MS MS. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "route/calendar.h"

static int64_t answer(const struct crm_calendar *c, const char *what, int64_t a, int64_t b)
{
	switch (*what) {
	case 'o':
		return crm_calendar_is_open(c, a);
	case 'n':
		return crm_calendar_next_open(c, a);
	case 'c':
		return crm_calendar_next_close(c, a);
	case 'a':
		return crm_calendar_add(c, a, b);
	default:
		return crm_calendar_between(c, a, b);
	}
}

int main(int argc, char **argv)
{
	struct crm_calendars *calendars;
	const struct crm_calendar *calendar;
	char line[200], what[20];
	struct crm_err err;
	int64_t a, b = 0;

	if (argc != 3)
		return 64;
	if (crm_calendars_load(&calendars, argv[1], &err) != CRM_OK)
		return fprintf(stderr, "%s\n", err.text), 78;
	calendar = crm_calendars_find(calendars, crm_slice_of(argv[2]));
	while (calendar && fgets(line, sizeof(line), stdin))
		if (sscanf(line, "%19s %" SCNd64 " %" SCNd64, what, &a, &b) >= 2)
			printf("%" PRId64 "\n", answer(calendar, what, a, b));
	crm_calendars_free(calendars);
	return calendar ? 0 : 66;
}
