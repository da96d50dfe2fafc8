/* SPDX-License-Identifier: MIT */
/* Values that identify nobody, among people made here: who has them is known. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/junk.h"
#include "tap.h"

static struct crm_spec *spec;
static struct crm_people *people;
static int64_t last;

static void begin(void)
{
	people = crm_people_new(spec);
	last = 0;
}

static void put(const char *column, const char *value)
{
	int c = crm_spec_column(spec, column);

	if (c < 0) {
		printf("Bail out! no column %s\n", column);
		exit(70);
	}
	crm_people_put(people, c, CRM_SLICE(""), crm_slice_of(value));
}

/* A record of somebody with a name of their own: names differ as n does; 0: without one. */
static void person(int n)
{
	char family[16], given[16];

	last++;
	crm_people_add(people, last, last, 1, CRM_SLICE(""));
	if (n == 0)
		return;
	snprintf(family, sizeof(family), "%c%c%cson", 'a' + n % 26, 'a' + n / 26 % 26,
		 'a' + n / 676 % 26);
	snprintf(given, sizeof(given), "%c%ca", 'a' + n / 26 % 26, 'a' + n % 26);
	put("given", given);
	put("family", family);
}

static const struct crm_column *finished(const char *column)
{
	crm_people_finish(people, 2);
	return &people->col[crm_spec_column(spec, column)];
}

static const char *junk_of(const struct crm_column *c, uint32_t i)
{
	static char text[64];
	struct crm_slice s = crm_pool_get(c->keys, c->junk[i].key);

	snprintf(text, sizeof(text), "%.*s %u", (int)s.len, s.ptr, c->junk[i].records);
	return text;
}

static void numbers(void)
{
	const struct crm_column *c;
	struct crm_values v;
	int i;

	begin();
	for (i = 1; i <= 30; i++) { /* a front desk's, and one's own */
		char own[32];

		snprintf(own, sizeof(own), "+4930%d", 1000 + i);
		person(i);
		put("phone", "+49300");
		put("phone", own);
	}
	for (i = 1; i <= 300; i++) { /* one customer with many orders, some misspelt */
		person(i % 30 ? 500 : 500 + i);
		put("phone", "+49301");
	}
	for (i = 1; i <= 15; i++) { /* a small office */
		person(100 + i);
		put("phone", "+49302");
	}
	for (i = 1; i <= 101; i++) { /* nobody knows whose */
		person(0);
		put("phone", "+49303");
	}
	for (i = 1; i <= 100; i++) {
		person(0);
		put("phone", "+49304");
	}
	c = finished("phone");
	is_int(c->n_junk, 2, "two numbers of five are junk");
	is_str(junk_of(c, 0), "+49303 101", "one that too many records without a name have");
	is_str(junk_of(c, 1), "+49300 30", "and the one that thirty people have");
	v = crm_values_of(people, crm_spec_column(spec, "phone"), 0);
	ok(v.n == 1 && crm_slice_is(crm_pool_get(c->keys, v.value[0]), "+49301001"),
	   "who has another one keeps it");
	v = crm_values_of(people, crm_spec_column(spec, "phone"), 330 + 15);
	is_int(v.n, 0, "who has none, has none");
	is_int(c->known, 30 + 300 + 15 + 100, "and does not count as one whose number is known");
	crm_people_free(people);
}

static void mailboxes(void)
{
	const struct crm_column *c;
	char email[64];
	int i;

	begin();
	for (i = 1; i <= 40; i++) { /* info@ of forty firms, in two forms, and an own address */
		person(i);
		snprintf(email, sizeof(email), "%s@firm%d.example", i % 2 ? "info" : "in.fo", i);
		put("email", email);
		snprintf(email, sizeof(email), "p%d@x.example", i);
		put("email", email);
	}
	for (i = 1; i <= 40; i++) { /* james@ of forty, who are called so */
		person(500);
		snprintf(email, sizeof(email), "fam%d", i);
		put("family", email);
		snprintf(email, sizeof(email), "james@firm%d.example", i);
		put("email", email);
	}
	c = finished("user(email)");
	is_int(c->n_junk, 1, "of mailboxes one is junk");
	is_str(junk_of(c, 0), "info 40", "info");
	is_int(crm_value_key(people, crm_spec_column(spec, "user(email)"),
			     crm_values_of(people, crm_spec_column(spec, "email"), 0).value[0]),
	       0, "it counts as none");
	is_int(people->col[crm_spec_column(spec, "email")].n_junk, 0,
	       "the addresses themselves are each one's own");
	crm_people_free(people);
}

/* Dates from 1950 on, about as many on each, and one that a form fills in. */
static void dates(int days, int filled_in, bool years_only)
{
	char date[64];
	int i;

	begin();
	for (i = 1; i <= 6000; i++) {
		int day = i * 37 % days;

		person(i);
		snprintf(date, sizeof(date), "%d-%02d-%02d", 1950 + day / 336,
			 years_only && i % 3 ? 1 : 1 + day / 28 % 12,
			 years_only && i % 3 ? 1 : 1 + day % 28);
		put("birth", i <= filled_in ? "1900-01-01" : date);
		put("city", "Berlin");
	}
}

static void birthdays(void)
{
	const struct crm_column *c;

	dates(10000, 25, false);
	c = finished("birth");
	is_int(c->n_junk, 1, "a date that 25 of 6000 people have, where others have one each");
	is_str(junk_of(c, 0), "1900-01-01 25", "is told");
	ok(crm_key_of(people, crm_spec_column(spec, "birth"), 0) == 0
		   && crm_key_of(people, crm_spec_column(spec, "birth"), 100) != 0,
	   "and is none, as others are one");
	is_int(people->col[crm_spec_column(spec, "city")].n_junk, 0, "a city is never junk");
	is_int(people->col[crm_spec_column(spec, "given")].n_junk, 0, "nor is a name");
	crm_people_free(people);

	dates(10000, 15, false);
	is_int(finished("birth")->n_junk, 0, "what 15 people have may be theirs");
	crm_people_free(people);

	dates(200, 40, false);
	is_int(finished("birth")->n_junk, 0, "where thirty share any date, forty are no wonder");
	crm_people_free(people);

	dates(10000, 0, true);
	is_int(finished("birth")->n_junk, 0, "where years are all that is known, they are kept");
	crm_people_free(people);
}

int main(void)
{
	struct crm_err err;

	if (crm_spec_load(&spec, NULL, "lib/linkage", &err) != CRM_OK) {
		printf("Bail out! %s\n", err.text);
		return 70;
	}
	numbers();
	mailboxes();
	birthdays();
	crm_spec_free(spec);
	return done();
}
