/* SPDX-License-Identifier: MIT */
/* People in columns: what is read from a store is what was put there, and what is put one by
 * one is the same. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "link/chance.h"
#include "link/people.h"
#include "link/snapshot.h"
#include "link/tally.h"
#include "tap.h"

/* Two columns of one kind of endpoint, a pointer into the record as it came, derived ones. */
static const char spec_text[] =
	"{\"columns\": {"
	"\"given\": {\"from\": \"given\", \"as\": \"name\"},"
	"\"family\": {\"from\": \"family\", \"as\": \"name\"},"
	"\"born\": {\"from\": \"birth_date\", \"as\": \"date\"},"
	"\"job\": {\"from\": \"/post/job\", \"as\": \"text\"},"
	"\"country\": {\"from\": \"country\", \"as\": \"code\"},"
	"\"handle\": {\"from\": \"handle\", \"as\": \"handle\"},"
	"\"name_of\": {\"from\": \"handle\", \"as\": \"email\"}},"
	"\"comparisons\": ["
	"{\"name\": \"name\", \"ladders\": [{\"levels\": ["
	"{\"level\": \"exact\", \"when\": \"exact(given) and exact(family)\", "
	"\"match\": 0.9, \"near\": 0.1}, "
	"{\"level\": \"starts\", \"when\": \"exact(first(given, 2))\", "
	"\"match\": 0.05, \"near\": 0.1}, "
	"{\"level\": \"differs\", "
	"\"match\": 0.05, \"near\": 0.8}]}]}, "
	"{\"name\": \"handle\", \"ladders\": [{\"levels\": ["
	"{\"level\": \"exact\", \"when\": \"exact(handle)\", "
	"\"match\": 0.9, \"near\": 0.1}, "
	"{\"level\": \"differs\", "
	"\"match\": 0.1, \"near\": 0.9}]}]}],"
	"\"blocks\": [{\"name\": \"born\", \"keys\": [\"year(born)\"]}]}";

static const char store[] =
	"INSERT INTO source VALUES (7, 't', '', 'crm');"
	"INSERT INTO batch (id, source_id, file, mapping, started_at) VALUES (1, 7, '-', '{}', 0);"
	"INSERT INTO person (id, canon_id, created_at) VALUES (1, 1, 0), (2, 1, 0), (3, 3, 0),"
	" (9, 3, 0);"
	"INSERT INTO profile (id, source_id, key, batch_id, line, seen_at, person_id, name, given,"
	" family, birth_date, country, raw) VALUES"
	" (5, 7, 'a', 1, 1, 0, 2, 'Ada King', 'Ada', 'King', '1815-12-10', 'GB',"
	"  '{\"post\":{\"job\":\"Poet\"},\"tags\":[]}'),"
	" (6, 7, 'b', 1, 2, 0, 9, 'Dr. Ada KING', NULL, NULL, '18151299', NULL, '{}'),"
	" (8, 7, 'c', 1, 3, 0, 1, 'Countess', ' ADA ', 'de King', 'soon', 'gb', "
	"'{\"post\":{\"job\":[1]}}');"
	"INSERT INTO endpoint (id, kind, scope, value, flags) VALUES"
	" (3, 'handle', 'chat', 'ada', 0), (1000000, 'handle', 'page', 'ada', 0),"
	" (1000001, 'handle', 'page', 'desk', 1), (4611686018427387904, 'handle', 'page', 'z', 0),"
	" (17, 'email', '', 'ada@x.example', 0);"
	"INSERT INTO profile_endpoint VALUES (5, 3), (5, 17), (6, 1000000), (6, 1000001),"
	" (8, 3), (8, 4611686018427387904)";

static struct crm_spec *spec;

static int column(const char *name)
{
	int c = crm_spec_column(spec, name);

	if (c < 0) {
		printf("Bail out! no column %s\n", name);
		exit(70);
	}
	return c;
}

/* All of a record's values in a column, as their texts or numbers. */
static const char *values(const struct crm_people *p, const char *name, uint32_t record)
{
	static char text[256];
	int c = column(name);
	struct crm_values v = crm_values_of(p, c, record);
	size_t n = 0;
	uint32_t i;

	text[0] = '\0';
	for (i = 0; i < v.n; i++) {
		uint32_t key = crm_value_key(p, c, v.value[i]);
		struct crm_slice s = p->col[c].keys ? crm_pool_get(p->col[c].keys, key)
						    : (struct crm_slice){NULL, 0};

		if (p->col[c].keys)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s", n ? " " : "",
					      (int)s.len, s.ptr);
		else
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%u", key);
	}
	return text;
}

static struct crm_people *from_store(void)
{
	char path[] = "/tmp/crm-columns.XXXXXX";
	struct crm_snapshot snapshot;
	struct crm_people *p;
	struct crm_db *db;
	int fd = mkstemp(path);

	close(fd);
	unlink(path);
	if (crm_db_open(&db, path, CRM_DB_CREATE) != CRM_OK || crm_db_exec(db, store) != CRM_OK
	    || crm_people_read(db, spec, &p, &snapshot) != CRM_OK) {
		printf("Bail out! %s\n", crm_db_err(db)->text);
		exit(70);
	}
	crm_snapshot_release(&snapshot);
	crm_people_finish(p, 2);
	crm_db_close(db);
	unlink(path);
	return p;
}

static struct crm_people *by_hand(void)
{
	struct crm_people *p = crm_people_new(spec);
	struct crm_slice none = CRM_SLICE("");

	crm_people_add(p, 5, 1, 7, CRM_SLICE("Ada King"));
	crm_people_put(p, column("given"), none, CRM_SLICE("Ada"));
	crm_people_put(p, column("family"), none, CRM_SLICE("King"));
	crm_people_put(p, column("born"), none, CRM_SLICE("1815-12-10"));
	crm_people_put(p, column("job"), none, CRM_SLICE("Poet"));
	crm_people_put(p, column("country"), none, CRM_SLICE("GB"));
	crm_people_put(p, column("handle"), CRM_SLICE("chat"), CRM_SLICE("ada"));
	crm_people_put(p, column("name_of"), none, CRM_SLICE("ada"));
	crm_people_add(p, 6, 3, 7, CRM_SLICE("Dr. Ada KING"));
	crm_people_put(p, column("born"), none, CRM_SLICE("18151299"));
	crm_people_put(p, column("handle"), CRM_SLICE("page"), CRM_SLICE("ada"));
	crm_people_put(p, column("name_of"), none, CRM_SLICE("ada"));
	crm_people_add(p, 8, 1, 7, CRM_SLICE("Countess"));
	crm_people_put(p, column("given"), none, CRM_SLICE(" ADA "));
	crm_people_put(p, column("family"), none, CRM_SLICE("de King"));
	crm_people_put(p, column("born"), none, CRM_SLICE("soon"));
	crm_people_put(p, column("country"), none, CRM_SLICE("gb"));
	crm_people_put(p, column("handle"), CRM_SLICE("chat"), CRM_SLICE("ada"));
	crm_people_put(p, column("handle"), CRM_SLICE("page"), CRM_SLICE("z"));
	crm_people_put(p, column("name_of"), none, CRM_SLICE("ada"));
	crm_people_put(p, column("name_of"), none, CRM_SLICE("z"));
	crm_people_finish(p, 2);
	return p;
}

static void is_name(const struct crm_people *p, uint32_t record, const char *want)
{
	struct crm_str name = CRM_STR_INIT;

	crm_people_name(p, record, &name);
	is_str(name.ptr, want, "the name as one would write it");
	crm_str_release(&name);
}

static void check(const struct crm_people *p)
{
	const struct crm_column *handle = &p->col[column("handle")];
	uint32_t a, b;

	is_int(p->n, 3, "three records");
	ok(p->profile[1] == 6 && p->person[1] == 3 && p->source[1] == 7,
	   "each with its profile, its source, and who it is by now");
	ok(p->person[0] == 1 && p->person[2] == 1, "merged people are one");
	ok(crm_people_find(p, 8) == 2 && crm_people_find(p, 7) == -1, "a profile is found");
	is_str(values(p, "family", 0), "king", "names are compared as their keys");
	is_str(values(p, "family", 1), "king", "taken from the whole name where there are none");
	is_str(values(p, "given", 2), "ada", "blanks do not count");
	is_str(values(p, "first(given, 2)", 2), "ad", "the first characters");
	is_name(p, 0, "Ada King");
	is_name(p, 1, "Dr. Ada KING");
	is_name(p, 2, "Countess");
	is_str(values(p, "born", 1), "1815-12-99", "what is no date keeps its digits");
	is_str(values(p, "born", 2), "", "what has none is missing");
	is_str(values(p, "year(born)", 0), "1815", "the year is a number");
	is_str(values(p, "job", 0), "poet", "a member of the record as it came");
	is_str(values(p, "job", 1), "", "or none");
	ok(crm_key_of(p, column("country"), 0) == crm_key_of(p, column("country"), 2),
	   "codes without regard to case");
	a = crm_values_of(p, column("handle"), 0).value[0];
	b = crm_values_of(p, column("handle"), 1).value[0];
	is_str(values(p, "handle", 1), "ada", "an address that many share is left out");
	ok(a != b && handle->scope[a] != handle->scope[b], "a handle of two scopes is two");
	is_str(values(p, "handle", 2), "ada z", "whatever the number of an address");
	is_str(values(p, "name_of", 2), "ada z", "also in a second column");
	ok(crm_values_of(p, column("handle"), 2).value[0] == a && handle->count[a] == 2
		   && handle->known == 3,
	   "counts are those of records");
}

/* Sums over all pairs of records, made so that they can be told by hand. */
static void chance(void)
{
	struct crm_people *p = crm_people_new(spec);
	int i;

	for (i = 0; i < 10; i++) { /* 4 of one name, 3 of another, 3 of their own */
		char given[8];

		snprintf(given, sizeof(given), "%s%c", "x", i < 4 ? 'a' : i < 7 ? 'b' : 'c' + i);
		crm_people_add(p, i + 1, i + 1, 1, CRM_SLICE(""));
		crm_people_put(p, column("given"), CRM_SLICE(""), crm_slice_of(given));
		crm_people_put(p, column("family"), CRM_SLICE(""),
			       i == 3 ? CRM_SLICE("other") : CRM_SLICE("same"));
	}
	crm_people_finish(p, 1);
	ok(fabs(crm_chance_first(p, 0, 1) - 6.0 / 45) < 1e-12,
	   "given and family name: 3 + 3 of 45 pairs");
	is_int(crm_chance_first(p, 1, 1) > 0, 0, "of nothing there is no chance");
	crm_people_free(p);
}

static void tallies(void)
{
	struct crm_tally t = CRM_TALLY_INIT;
	bool in_order = true;
	uint64_t sum = 0;
	uint32_t i;

	is_int((long long)crm_tally_find(&t, 5), 0, "an empty tally has nothing");
	for (i = 0; i < 30000; i++)
		crm_tally_add(&t, (i % 3000) * 2654435761u, i % 2 + 1);
	crm_tally_sort(&t);
	is_int((long long)t.n, 3000, "as many patterns as there are");
	for (i = 0; i < t.n; i++) {
		in_order = in_order && crm_tally_find(&t, t.count[i].pattern) == i
			   && (i == 0 || t.count[i].pattern > t.count[i - 1].pattern);
		sum += t.count[i].n;
	}
	ok(in_order, "in order, and each where it is looked for");
	is_int((long long)sum, 45000, "and all are counted");
	is_int((long long)crm_tally_find(&t, 1), (long long)t.n, "another one is not there");
	crm_tally_release(&t);
}

int main(void)
{
	struct crm_people *p;
	struct crm_err err;

	if (crm_spec_read(&spec, CRM_SLICE(spec_text), "spec", CRM_SLICE(""), &err) != CRM_OK) {
		printf("Bail out! %s\n", err.text);
		return 70;
	}
	check(p = from_store());
	crm_people_free(p);
	check(p = by_hand());
	crm_people_free(p);
	p = crm_people_new(spec);
	crm_people_finish(p, 2);
	is_int(p->n, 0, "nobody at all");
	crm_people_free(p);
	crm_people_free(crm_people_new(spec));
	chance();
	tallies();
	crm_spec_free(spec);
	return done();
}
