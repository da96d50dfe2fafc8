/* SPDX-License-Identifier: MIT */
/*
 * Who is who, under random merges, splits, undos and arrivals. The truth is computed here
 * again from the list of links alone, by the definition in people.h and not by the way
 * people.c goes: every person takes the smallest id it can reach. Undone completely, in
 * any order, the store must be what it was, golden records included.
 */
#include "store/people.h"

#include <inttypes.h>

#include "store/golden.h"
#include "tap.h"

#define PEOPLE 6
#define STEPS 150
#define SEEDS 40
#define MOST 256

enum kind {
	MERGE,
	SPLIT
};

struct truth {
	struct {
		enum kind kind;
		int64_t id, a, b, profile;
		bool holds;
	} link[MOST];
	int64_t arrived[MOST]; /* person of profile i + 1 on arrival */
	int links, profiles, persons;
};

static uint64_t state;

static int64_t dice(int64_t n) /* 0 … n - 1, splitmix64 */
{
	uint64_t z = state += 0x9E3779B97F4A7C15u;

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return (int64_t)((z ^ (z >> 31)) % (uint64_t)n);
}

static const struct crm_act act = {"test", "random", {NULL, 0}};

static int64_t person_of(const struct truth *t, int64_t profile)
{
	for (int i = t->links - 1; i >= 0; i--)
		if (t->link[i].kind == SPLIT && t->link[i].holds && t->link[i].profile == profile)
			return t->link[i].b;
	return t->arrived[profile - 1];
}

static void canons(const struct truth *t, int64_t *canon)
{
	bool changed = true;

	for (int i = 1; i <= t->persons; i++)
		canon[i] = i;
	while (changed) {
		changed = false;
		for (int i = 0; i < t->links; i++) {
			int64_t *a = &canon[t->link[i].a], *b = &canon[t->link[i].b];

			if (t->link[i].kind != MERGE || !t->link[i].holds || *a == *b)
				continue;
			*a = *b = *a < *b ? *a : *b;
			changed = true;
		}
	}
}

static bool agrees(struct crm_db *db, const struct truth *t)
{
	int64_t canon[MOST], got, raw;

	canons(t, canon);
	for (int i = 1; i <= t->persons; i++)
		if (crm_person_canon(db, i, &got) != CRM_OK || got != canon[i])
			return false;
	for (int i = 1; i <= t->profiles; i++)
		if (crm_person_of_profile(db, i, &raw, &got) != CRM_OK || raw != person_of(t, i)
		    || got != canon[raw])
			return false;
	return true;
}

static void arrive(struct crm_db *db, struct truth *t, int64_t person)
{
	char sql[512];
	int n = ++t->profiles;

	t->arrived[n - 1] = person;
	snprintf(sql, sizeof(sql),
		 "INSERT INTO profile (id, source_id, key, batch_id, line, seen_at, person_id, "
		 "name, raw)"
		 " VALUES (%d, 1, 'k%d', 1, %d, %d, %" PRId64 ", 'Name %d', '{}')",
		 n, n, n, n % 7, person, n % 5);
	if (crm_db_exec(db, sql) != CRM_OK)
		ok(false, "a profile arrives: %s", crm_db_err(db)->text);
}

static struct crm_db *store(struct truth *t)
{
	struct crm_db *db;

	*t = (struct truth){.persons = PEOPLE};
	crm_db_open(&db, ":memory:", CRM_DB_CREATE);
	crm_db_exec(db,
		    "INSERT INTO source VALUES (1, 's', '', 'crm');"
		    "INSERT INTO batch (id, source_id, file, mapping, started_at)"
		    " VALUES (1, 1, '-', '{}', 0);"
		    "INSERT INTO person (id, canon_id, created_at)"
		    " WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6)"
		    " SELECT i, i, 0 FROM n");
	for (int i = 1; i <= PEOPLE; i++) {
		arrive(db, t, i);
		arrive(db, t, i);
	}
	return db;
}

static enum crm_status merge(struct crm_db *db, struct truth *t)
{
	int64_t a = dice(t->profiles) + 1, b = dice(t->profiles) + 1;
	struct crm_merge m = CRM_MERGE_INIT;
	enum crm_status rc = crm_people_merge(db, a, b, true, &act, &m);

	if (rc == CRM_OK && m.outcome == CRM_MERGE_DONE) {
		t->link[t->links].kind = MERGE;
		t->link[t->links].id = m.link;
		t->link[t->links].a = person_of(t, a);
		t->link[t->links].b = person_of(t, b);
		t->link[t->links++].holds = true;
	}
	crm_merge_release(&m);
	return rc;
}

static enum crm_status split(struct crm_db *db, struct truth *t)
{
	int64_t profile = dice(t->profiles) + 1;
	struct crm_parted parted = CRM_PARTED_INIT;
	enum crm_status rc = crm_people_split(db, profile, &act, &parted);

	if (rc == CRM_OK) {
		t->link[t->links].kind = SPLIT;
		t->link[t->links].id = parted.link;
		t->link[t->links].profile = profile;
		t->link[t->links].a = person_of(t, profile);
		t->link[t->links].b = ++t->persons;
		t->link[t->links++].holds = true;
	}
	crm_ids_release(&parted.persons);
	return rc == CRM_DATA ? CRM_OK : rc; /* it was alone */
}

/* Undoes a link that holds, chosen at random; false when none does. */
static bool undo(struct crm_db *db, struct truth *t, const struct crm_golden_rules *rules,
		 enum crm_status *rc)
{
	struct crm_parted parted = CRM_PARTED_INIT;
	int holding = 0, pick, i;

	for (i = 0; i < t->links; i++)
		holding += t->link[i].holds;
	if (!holding)
		return false;
	pick = (int)dice(holding);
	for (i = 0; !t->link[i].holds || pick--; i++)
		;
	t->link[i].holds = false;
	*rc = crm_people_undo(db, t->link[i].id, false, &act, &parted);
	if (*rc == CRM_OK)
		*rc = crm_golden_refresh(db, rules, parted.persons.ids, parted.persons.n);
	crm_ids_release(&parted.persons);
	return true;
}

/* The first people as they are in the store, golden record included. */
static char *dump(struct crm_db *db)
{
	static const char sql[] =
		"SELECT (SELECT group_concat(id || ':' || canon_id || ':' || name) FROM person"
		" WHERE id <= 6) || (SELECT group_concat(id || ':' || person_id) FROM profile)";
	sqlite3_stmt *st = crm_db_stmt(db, sql);
	bool row;
	char *text;

	crm_db_step(db, st, &row);
	text = crm_strdup(crm_column(st, 0).ptr);
	sqlite3_reset(st);
	return text;
}

static void run(uint64_t seed, bool arrivals, const struct crm_golden_rules *rules)
{
	static const int64_t all[] = {1, 2, 3, 4, 5, 6};
	struct truth t;
	struct crm_db *db = store(&t);
	enum crm_status rc = crm_golden_refresh(db, rules, all, PEOPLE);
	char *before = dump(db), *after;
	bool same = true;

	state = seed;
	for (int i = 0; i < STEPS && same && rc == CRM_OK; i++) {
		int64_t roll = dice(10);

		if (roll < 5)
			rc = merge(db, &t);
		else if (roll < 8)
			rc = split(db, &t);
		else if (roll < 9 || !arrivals)
			undo(db, &t, rules, &rc);
		else
			arrive(db, &t, person_of(&t, dice(t.profiles) + 1));
		same = agrees(db, &t);
	}
	ok(rc == CRM_OK && same, "seed %" PRIu64 ": every step gives what the links say", seed);
	while (rc == CRM_OK && same && undo(db, &t, rules, &rc))
		same = agrees(db, &t);
	ok(rc == CRM_OK && same, "seed %" PRIu64 ": so does undoing all, in any order", seed);
	after = dump(db);
	if (!arrivals)
		is_str(after, before, "then the store is what it was");
	free(before);
	free(after);
	crm_db_close(db);
}

int main(void)
{
	struct crm_golden_rules *rules = crm_golden_rules_new();

	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run(seed, seed % 2, rules);
	crm_golden_rules_free(rules);
	return done();
}
