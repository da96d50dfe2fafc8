/* SPDX-License-Identifier: MIT */
/* A snapshot of people in a store, with edits that any bytes ask for: it is read, or is as if it
 * were not there; what was read holds together, takes another record and can be compared. An edit
 * is a part, a place in it, how many bytes to leave out there, how many to put in, and these. Of
 * what is left in the end comes how many records there are said to be. */
#include <string.h>

#include "check.h"
#include "link/compare.h"
#include "link/shard.h"
#include "link/snapshot.h"

static const char spec_json[] =
	"{\"columns\":{\"given\":{\"from\":\"given\",\"as\":\"name\"},"
	"\"family\":{\"from\":\"family\",\"as\":\"name\"},"
	"\"birth\":{\"from\":\"birth_date\",\"as\":\"date\"},"
	"\"email\":{\"from\":\"email\",\"as\":\"email\"},"
	"\"handle\":{\"from\":\"handle\",\"as\":\"handle\"}},"
	"\"comparisons\":[{\"name\":\"all\",\"ladders\":[{\"levels\":["
	"{\"level\":\"same\",\"when\":\"exact(given) and osa(birth) <= 1 and exact(handle) and "
	"jaro_winkler(user(email)) >= 0.9\",\"rarity\":[\"email\"],\"match\":0.9,\"near\":0.1},"
	"{\"level\":\"differs\",\"match\":0.1,\"near\":0.9}]}]}],"
	"\"blocks\":[{\"name\":\"a\",\"keys\":[\"given\"]}]}";

struct kept { /* a part as it was written */
	int64_t id;
	unsigned char bytes[256];
	size_t len;
};
static struct kept kept[2 * CRM_SNAPSHOT_PARTS];
static size_t n_kept;

static void put(struct crm_people *p, int column, const char *scope, const char *value)
{
	crm_people_put(p, column, crm_slice_of(scope), crm_slice_of(value));
}

static void some_people(struct crm_people *p)
{
	crm_people_add(p, 1, 1, 1, CRM_SLICE("Ann Lee"));
	put(p, 2, "", "1980-02-01");
	put(p, 3, "", "ann@example.org");
	crm_people_add(p, 2, 1, 1, CRM_SLICE(""));
	put(p, 0, "", "Ann");
	put(p, 1, "", "Leigh");
	put(p, 3, "", "ann@example.org");
	put(p, 3, "", "a.lee@example.org");
	put(p, 4, "page", "ann");
	crm_people_add(p, 200, 9, 2, CRM_SLICE("Dr Bob"));
	put(p, 4, "team", "ann");
	crm_people_end(p);
}

static void each_part(struct crm_db *db, void (*each)(int64_t id, int column, sqlite3_stmt *st))
{
	sqlite3_stmt *st = crm_db_stmt(
		db, "SELECT rowid, numbers, texts FROM link_snapshot_part ORDER BY part");
	bool row;

	while (crm_db_step(db, st, &row) == CRM_OK && row) {
		each(sqlite3_column_int64(st, 0), 1, st);
		each(sqlite3_column_int64(st, 0), 2, st);
	}
}

static void keep(int64_t id, int column, sqlite3_stmt *st)
{
	struct crm_slice s = crm_column(st, column);

	check(s.len <= sizeof(kept->bytes));
	kept[n_kept].id = id;
	kept[n_kept].len = s.len;
	if (s.len)
		memcpy(kept[n_kept].bytes, s.ptr, s.len);
	n_kept++;
}

static void make(struct crm_db *db, const struct crm_spec *spec)
{
	struct crm_people *people = crm_people_new(spec);
	struct crm_snapshot snapshot = {0};

	some_people(people);
	crm_snapshot_take(&snapshot, people, 3);
	check(crm_snapshot_write(db, &snapshot) == CRM_OK);
	crm_snapshot_release(&snapshot);
	crm_people_free(people);
	each_part(db, keep);
}

static const unsigned char *edit(struct kept *part, const unsigned char *in, size_t *left)
{
	size_t at = in[1] % (part->len + 1), drop = in[2], add = in[3];

	in += 4;
	*left -= 4;
	drop = drop > part->len - at ? part->len - at : drop;
	add = add > *left ? *left : add;
	if (part->len - drop + add <= sizeof(part->bytes)) {
		memmove(part->bytes + at + add, part->bytes + at + drop, part->len - at - drop);
		memcpy(part->bytes + at, in, add);
		part->len += add - drop;
	}
	*left -= add;
	return in + add;
}

static void write_parts(struct crm_db *db, const struct kept *parts, int64_t records)
{
	sqlite3_stmt *st;
	size_t i;

	st = crm_db_stmt(db, "UPDATE link_snapshot SET records = :n, last_id ="
			     " CASE :n WHEN 1 THEN 1 WHEN 2 THEN 2 ELSE 200 END");
	crm_bind_int(st, ":n", records);
	check(crm_db_run(db, st) == CRM_OK);
	for (i = 0; i < n_kept; i++) {
		st = crm_db_stmt(db, i % 2 ? "UPDATE link_snapshot_part SET texts = :b"
					     " WHERE rowid = :id"
					   : "UPDATE link_snapshot_part SET numbers = :b"
					     " WHERE rowid = :id");
		crm_bind_int(st, ":id", parts[i].id);
		crm_bind_blob(st, ":b", parts[i].bytes, parts[i].len);
		check(crm_db_run(db, st) == CRM_OK);
	}
}

static void check_people(struct crm_people *p, const struct crm_snapshot *snapshot)
{
	signed char level[CRM_COMPARISONS];
	struct crm_str out = CRM_STR_INIT;
	uint32_t a, b;

	check(p->n == snapshot->records);
	for (a = 1; a < p->n; a++)
		check(p->profile[a] > p->profile[a - 1]);
	if (p->n == 0 || p->profile[p->n - 1] < INT64_MAX) { /* as if one were new */
		crm_snapshot_open(p);
		crm_people_add(p, p->n ? p->profile[p->n - 1] + 1 : 1, 1, 1, CRM_SLICE("Ann Lee"));
		put(p, 3, "", "ann@example.org");
		put(p, 4, "page", "ann");
	}
	crm_people_finish(p, 1);
	for (a = 0; a < p->n; a++) {
		crm_record_write(p, a, &out);
		for (b = a + 1; b < p->n; b++)
			crm_compare(p, a, b, level);
	}
	crm_str_release(&out);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static struct crm_spec *spec;
	static struct crm_db *db;
	struct kept parts[2 * CRM_SNAPSHOT_PARTS];
	struct crm_snapshot snapshot;
	struct crm_people *people;
	struct crm_err err = {0};
	size_t left = len;

	if (!db) {
		check(crm_spec_read(&spec, CRM_SLICE(spec_json), "spec", CRM_SLICE(""), &err)
		      == CRM_OK);
		check(crm_db_open(&db, ":memory:", CRM_DB_CREATE) == CRM_OK);
		make(db, spec);
	}
	memcpy(parts, kept, sizeof(parts));
	for (; left >= 5; bytes = edit(&parts[bytes[0] % n_kept], bytes, &left))
		;
	write_parts(db, parts, left == 0 ? 3 : left == 1 ? *bytes : (int64_t)bytes[1] << 24);
	people = crm_people_new(spec);
	check(crm_snapshot_read(db, &people, &snapshot) == CRM_OK);
	check_people(people, &snapshot);
	crm_snapshot_release(&snapshot);
	crm_people_free(people);
	return 0;
}
