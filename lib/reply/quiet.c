/* SPDX-License-Identifier: MIT */
/* Quiet hours: the zones of countries are ICU's, the countries of numbers libphonenumber's. */
#include "reply/quiet.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/ucal.h>
#include <unicode/uenum.h>

#include "base/mem.h"
#include "norm/phone.h"
#include "norm/when.h"

#define ZONES_MAX 64  /* of a country: Russia has 26, the United States 29 */
#define STEPS_MAX 200 /* until hours are found at which all of a country is awake */

struct place { /* a country, or a zone by name */
	char name[64];
	struct crm_zone *zones[ZONES_MAX];
	size_t n;
};

struct crm_quiet {
	struct place *places; /* those asked for so far */
	size_t n, cap;
	struct crm_phone *phone; /* NULL: not needed yet */
};

struct crm_quiet *crm_quiet_new(void)
{
	return crm_calloc(1, sizeof(struct crm_quiet));
}

void crm_quiet_free(struct crm_quiet *q)
{
	if (!q)
		return;
	for (size_t i = 0; i < q->n; i++)
		for (size_t k = 0; k < q->places[i].n; k++)
			crm_zone_free(q->places[i].zones[k]);
	free(q->places);
	if (q->phone)
		crm_phone_free(q->phone);
	free(q);
}

bool crm_quiet_zone_is_known(const char *zone)
{
	return crm_zone_is_known(zone);
}

static void add_zone(struct place *place, const char *name)
{
	struct crm_err err;

	if (place->n < ZONES_MAX && crm_zone_new(name, &place->zones[place->n], &err) == CRM_OK)
		place->n++;
}

/* The zones of a country that are places of their own: not what is only linked to one. */
static void add_country(struct place *place, const char *country)
{
	UErrorCode status = U_ZERO_ERROR;
	UEnumeration *names = ucal_openTimeZoneIDEnumeration(UCAL_ZONE_TYPE_CANONICAL_LOCATION,
							     country, NULL, &status);
	const char *name;

	while (U_SUCCESS(status) && (name = uenum_next(names, NULL, &status)))
		add_zone(place, name);
	uenum_close(names);
}

static const struct place *place_of(struct crm_quiet *q, const char *name, bool country)
{
	struct place *place;

	for (size_t i = 0; i < q->n; i++)
		if (!strcmp(q->places[i].name, name))
			return &q->places[i];
	CRM_GROW(q->places, q->n + 1, q->cap);
	place = &q->places[q->n++];
	*place = (struct place){.n = 0};
	strncpy(place->name, name, sizeof(place->name) - 1);
	if (country)
		add_country(place, name);
	else
		add_zone(place, name);
	return place;
}

/* Where they are; NULL where nothing tells. */
static const struct place *find(struct crm_quiet *q, const char *country, struct crm_slice phone,
				const char *zone)
{
	const struct place *place;
	char region[3] = "";

	if (*country && (place = place_of(q, country, true))->n)
		return place;
	if (phone.len) {
		if (!q->phone)
			q->phone = crm_phone_new();
		if (crm_phone_region(q->phone, phone, region)
		    && (place = place_of(q, region, true))->n)
			return place;
	}
	return place_of(q, zone ? zone : "UTC", false);
}

/* When the quiet that reigns in a zone at an instant ends by the clock there; ms: there is none. */
static int64_t ends(struct crm_zone *zone, int from, int to, int64_t ms)
{
	int64_t local = ms / 60000 + crm_zone_offset(zone, ms);
	int minute = (int)(((local % 1440) + 1440) % 1440), length = (to - from + 1440) % 1440;
	int since = (minute - from + 1440) % 1440;

	return since < length ? crm_zone_utc(zone, (local - since + length) * 60000) : ms;
}

int64_t crm_quiet_until(struct crm_quiet *q, const char *country, struct crm_slice phone,
			const char *zone, int from, int to, int64_t ms)
{
	const struct place *place = find(q, country, phone, zone);
	int64_t at = ms;

	for (int step = 0; step < STEPS_MAX; step++) {
		int64_t last = at;

		for (size_t i = 0; i < place->n; i++) {
			int64_t end = ends(place->zones[i], from, to, at);

			last = end > last ? end : last;
		}
		if (last == at)
			return at;
		at = last;
	}
	return ms; /* no such hours: it is always quiet somewhere there */
}
