/* SPDX-License-Identifier: MIT */
/*
 * Merging, undoing and splitting people. Only table link is ever written as a fact;
 * person.canon_id and profile.person_id follow from it and are brought up to date for the
 * component that a link touches, never for the whole store.
 */
#include "store/people.h"

#include <stdlib.h>

#include "base/mem.h"

/* SQL keeps its own lines. */
/* clang-format off */

/* The last part of a detail: by whom and on which day. */
#define BY_AND_DAY(of) of ".actor, strftime('%Y-%m-%d', " of ".at / 1000, 'unixepoch')"
#define HOLDS(link) "NOT EXISTS (SELECT 1 FROM link AS u WHERE u.undoes = " link ".id)"

static const char person_canon[] = "SELECT canon_id FROM person WHERE id = :id";
static const char profile_person[] =
	"SELECT person.id, person.canon_id FROM profile JOIN person ON person.id = person_id"
	" WHERE profile.id = :id";
static const char members[] = "SELECT id FROM " CRM_MEMBERS(":canon") " ORDER BY 1";
static const char person_alone[] =
	"SELECT count(*) = 1 FROM"
	" (SELECT 1 FROM " CRM_MEMBERS(":canon") " AS m CROSS JOIN profile ON person_id = m.id LIMIT 2)";
static const char person_new[] =
	"INSERT INTO person (id, canon_id, created_at)"
	" SELECT coalesce(max(id), 0) + 1, coalesce(max(id), 0) + 1, :now FROM person"
	" RETURNING id";
static const char person_join[] =
	"UPDATE person SET canon_id = :to, name = NULL, email = NULL, phone = NULL"
	" WHERE id IN " CRM_MEMBERS(":from");
static const char person_set[] = "UPDATE person SET canon_id = :canon WHERE id = :id";
static const char profile_set[] = "UPDATE profile SET person_id = :person WHERE id = :id";

static const char link_add[] =
	"INSERT INTO link (kind, a, b, profile_id, undoes, at, actor, reason, evidence)"
	" VALUES (:kind, nullif(:a, 0), nullif(:b, 0), nullif(:profile, 0), nullif(:undoes, 0),"
	" :at, :actor, :reason, :evidence) RETURNING id";
static const char link_get[] =
	"SELECT l.kind, l.a, l.b, l.profile_id, u.id," BY_AND_DAY("u") ","
	" iif(json_valid(l.evidence), l.evidence ->> '$.a', 0),"
	" iif(json_valid(l.evidence), l.evidence ->> '$.b', 0)"
	" FROM link AS l LEFT JOIN link AS u ON u.undoes = l.id WHERE l.id = :id";
static const char links_within[] =
	"SELECT a, b FROM " CRM_MEMBERS(":canon") " AS m CROSS JOIN link ON a = m.id"
	" WHERE kind = 'merge' AND " HOLDS("link");
/* Where a profile belongs: its latest split that holds, else what it left at the first. */
static const char profile_belongs[] =
	"SELECT coalesce("
	"(SELECT b FROM link WHERE profile_id = :profile AND " HOLDS("link")
	" ORDER BY id DESC LIMIT 1),"
	" (SELECT a FROM link WHERE profile_id = :profile ORDER BY id LIMIT 1))";

#define LINK_COLUMNS \
	"SELECT id, kind, a, b, profile_id, undoes," \
	" (SELECT u.id FROM link AS u WHERE u.undoes = link.id)," \
	" at, actor, reason, evidence FROM link"
static const char links_all[] = LINK_COLUMNS " ORDER BY id";
static const char links_person[] =
	"WITH mine AS (SELECT id FROM link WHERE a IN " CRM_MEMBERS(":canon")
	" UNION SELECT id FROM link WHERE b IN " CRM_MEMBERS(":canon") ") "
	LINK_COLUMNS " WHERE id IN mine OR undoes IN mine ORDER BY id";

/*
 * What may stand between the people :x and :y. Each statement gives the reason in words,
 * or no row.
 */
#define DECIDED(x, y) \
	"SELECT d.* FROM " CRM_MEMBERS(x) " AS m CROSS JOIN profile AS p ON p.person_id = m.id" \
	" CROSS JOIN decision AS d ON d.a = p.id" \
	" CROSS JOIN profile_canon AS c ON c.profile_id = d.b WHERE c.person_id = " y
static const char rule_decided[] =
	"SELECT format('profiles %d and %d are two people: said by %s on %s', d.a, d.b,"
	BY_AND_DAY("d") ")"
	" FROM (" DECIDED(":x", ":y") " UNION ALL " DECIDED(":y", ":x") ") AS d"
	" WHERE d.same = 0 AND d.id ="
	"  (SELECT max(id) FROM decision AS n WHERE n.a = d.a AND n.b = d.b)"
	" ORDER BY d.id LIMIT 1";

#define BETWEEN(kind, x, y) \
	"SELECT l.* FROM " CRM_MEMBERS(x) " AS m CROSS JOIN link AS l ON l.a = m.id" \
	" CROSS JOIN person AS o ON o.id = l.b" \
	" WHERE l.kind = '" kind "' AND o.canon_id = " y
/* Evidence on an undo says that the merge may be made again. */
static const char rule_undone[] =
	"SELECT format('they were merged by link %d: undone by %s on %s', l.id,"
	BY_AND_DAY("u") ")"
	" FROM (" BETWEEN("merge", ":x", ":y") " UNION ALL " BETWEEN("merge", ":y", ":x") ") AS l"
	" CROSS JOIN link AS u ON u.undoes = l.id WHERE u.evidence IS NULL ORDER BY l.id LIMIT 1";
static const char rule_split[] =
	"SELECT format('profile %d was split off by link %d: done by %s on %s',"
	" l.profile_id, l.id," BY_AND_DAY("l") ")"
	" FROM (" BETWEEN("split", ":x", ":y") " UNION ALL " BETWEEN("split", ":y", ":x") ") AS l"
	" WHERE l.actor <> '" CRM_INGEST "' AND " HOLDS("l") " ORDER BY l.id LIMIT 1";

/* flags & 3: CRM_ENDPOINT_SHARED and CRM_ENDPOINT_MANY */
#define HANDLES(canon, side) \
	"SELECT e.scope, e.value, " side " AS side FROM " CRM_MEMBERS(canon) " AS m" \
	" CROSS JOIN profile AS p ON p.person_id = m.id" \
	" CROSS JOIN profile_endpoint AS pe ON pe.profile_id = p.id" \
	" CROSS JOIN endpoint AS e ON e.id = pe.endpoint_id" \
	" WHERE e.kind = 'handle' AND e.flags & 3 = 0"
/* Whose is a value: 1 of :x, 2 of :y, 3 of both. A scope in which there is a 1 and a 2 but
 * no 3 speaks against them. */
static const char rule_handle[] =
	"SELECT format('%s: %s and %s are two people''s ids', scope,"
	" min(iif(whose = 1, value, NULL)), min(iif(whose = 2, value, NULL)))"
	" FROM (SELECT scope, value, max(side = 1) + 2 * max(side = 2) AS whose"
	"  FROM (" HANDLES(":x", "1") " UNION ALL " HANDLES(":y", "2") ") GROUP BY scope, value)"
	" GROUP BY scope HAVING min(whose) = 1 AND max(whose) = 2 ORDER BY scope LIMIT 1";
/* clang-format on */

static const struct rule {
	const char *name;
	bool yields; /* to a human who asks for the pair */
	const char *sql;
} rules[] = {
	{"decision", false, rule_decided},
	{"decision", true, rule_undone},
	{"decision", true, rule_split},
	{"strong_id", true, rule_handle},
};

void crm_ids_add(struct crm_ids *ids, int64_t id)
{
	CRM_GROW(ids->ids, ids->n + 1, ids->cap);
	ids->ids[ids->n++] = id;
}

void crm_ids_release(struct crm_ids *ids)
{
	free(ids->ids);
	*ids = (struct crm_ids)CRM_IDS_INIT;
}

void crm_merge_release(struct crm_merge *merge)
{
	crm_ids_release(&merge->absorbed);
	crm_str_release(&merge->detail);
}

enum crm_status crm_person_canon(struct crm_db *db, int64_t person, int64_t *canon)
{
	sqlite3_stmt *st = crm_db_stmt(db, person_canon);
	enum crm_status rc;

	crm_bind_int(st, ":id", person);
	if ((rc = crm_db_int(db, st, 0, canon)) == CRM_OK && !*canon)
		rc = crm_fail(crm_db_err(db), CRM_NO_INPUT, "no person %lld", (long long)person);
	return rc;
}

enum crm_status crm_person_of_profile(struct crm_db *db, int64_t profile, int64_t *person,
				      int64_t *canon)
{
	sqlite3_stmt *st;
	enum crm_status rc = crm_db_find(db, profile_person, profile, &st);

	if (rc != CRM_OK)
		return rc;
	if (!st)
		return crm_fail(crm_db_err(db), CRM_NO_INPUT, "no profile %lld",
				(long long)profile);
	if (person)
		*person = sqlite3_column_int64(st, 0);
	if (canon)
		*canon = sqlite3_column_int64(st, 1);
	sqlite3_reset(st);
	return CRM_OK;
}

enum crm_status crm_person_members(struct crm_db *db, int64_t canon, struct crm_ids *out)
{
	sqlite3_stmt *st = crm_db_stmt(db, members);

	crm_bind_int(st, ":canon", canon);
	return crm_ids_read(out, db, st);
}

/* Runs a statement that has :id and one other parameter. */
static enum crm_status set_int(struct crm_db *db, const char *sql, int64_t id, const char *name,
			       int64_t value)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql);

	crm_bind_int(st, ":id", id);
	crm_bind_int(st, name, value);
	return crm_db_run(db, st);
}

static enum crm_status add_link(struct crm_db *db, const struct crm_link *link,
				const struct crm_act *act, int64_t *id)
{
	sqlite3_stmt *st = crm_db_stmt(db, link_add);

	crm_bind_text(st, ":kind", link->kind);
	crm_bind_int(st, ":a", link->a);
	crm_bind_int(st, ":b", link->b);
	crm_bind_int(st, ":profile", link->profile);
	crm_bind_int(st, ":undoes", link->undoes);
	crm_bind_int(st, ":at", crm_db_now(db));
	crm_bind_text(st, ":actor", act->actor);
	crm_bind_text(st, ":reason", act->reason);
	crm_bind_slice(st, ":evidence", act->evidence);
	return crm_db_int(db, st, 0, id);
}

/* Asks one rule; fills out when it refuses. */
static enum crm_status ask(struct crm_db *db, const struct rule *rule, int64_t x, int64_t y,
			   struct crm_merge *out)
{
	sqlite3_stmt *st = crm_db_stmt(db, rule->sql);
	enum crm_status rc;
	bool row;

	crm_bind_int(st, ":x", x);
	crm_bind_int(st, ":y", y);
	if ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		struct crm_slice detail = crm_column(st, 0);

		out->outcome = CRM_MERGE_REFUSED;
		out->refused_by = rule->name;
		crm_str_add(&out->detail, detail.ptr, detail.len);
		sqlite3_reset(st);
	}
	return rc;
}

/* crm_people_check for two canonical ids that differ. */
static enum crm_status check_rules(struct crm_db *db, int64_t x, int64_t y, bool human,
				   struct crm_merge *out)
{
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (!human || !rules[i].yields)
			if ((rc = ask(db, &rules[i], x, y, out)) != CRM_OK || out->refused_by)
				break;
	return rc;
}

/* Checks; canon gets the two canonical ids, person the two that a link would name. */
static enum crm_status check(struct crm_db *db, const int64_t profile[2], bool human,
			     int64_t person[2], int64_t canon[2], struct crm_merge *out)
{
	enum crm_status rc;
	int same = -1;

	out->outcome = CRM_MERGE_DONE;
	out->person = out->link = 0;
	out->absorbed.n = 0;
	out->refused_by = NULL;
	crm_str_clear(&out->detail);
	for (int i = 0; i < 2; i++)
		if ((rc = crm_person_of_profile(db, profile[i], &person[i], &canon[i])) != CRM_OK)
			return rc;
	out->person = canon[0] < canon[1] ? canon[0] : canon[1];
	if (canon[0] == canon[1]) {
		out->outcome = CRM_MERGE_SAME;
		return CRM_OK;
	}
	if (!human && (rc = crm_decision_get(db, profile[0], profile[1], &same)) != CRM_OK)
		return rc;
	return check_rules(db, canon[0], canon[1], human || same == 1, out);
}

enum crm_status crm_people_check(struct crm_db *db, int64_t a, int64_t b, bool human,
				 struct crm_merge *out)
{
	int64_t person[2], canon[2];

	return check(db, (int64_t[2]){a, b}, human, person, canon, out);
}

enum crm_status crm_people_merge(struct crm_db *db, int64_t a, int64_t b, bool human,
				 const struct crm_act *act, struct crm_merge *out)
{
	int64_t person[2], canon[2], from;
	struct crm_link link = {.kind = "merge"};
	enum crm_status rc = check(db, (int64_t[2]){a, b}, human, person, canon, out);
	sqlite3_stmt *st;

	if (rc != CRM_OK || out->outcome != CRM_MERGE_DONE)
		return rc;
	from = canon[0] + canon[1] - out->person;
	link.a = person[0];
	link.b = person[1];
	if ((rc = crm_person_members(db, from, &out->absorbed)) != CRM_OK
	    || (rc = add_link(db, &link, act, &out->link)) != CRM_OK)
		return rc;
	st = crm_db_stmt(db, person_join);
	crm_bind_int(st, ":from", from);
	crm_bind_int(st, ":to", out->person);
	return crm_db_run(db, st);
}

enum crm_status crm_ids_read(struct crm_ids *ids, struct crm_db *db, sqlite3_stmt *st)
{
	enum crm_status rc;
	bool row;

	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row)
		crm_ids_add(ids, sqlite3_column_int64(st, 0));
	return rc;
}

int crm_ids_order(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Index of id, which is one of ids (ascending). */
static size_t index_of(const struct crm_ids *ids, int64_t id)
{
	return (size_t)((int64_t *)bsearch(&id, ids->ids, ids->n, sizeof(id), crm_ids_order)
			- ids->ids);
}

static size_t root_of(size_t *parent, size_t i)
{
	while (parent[i] != i)
		i = parent[i] = parent[parent[i]];
	return i;
}

/* Joins what the links that hold join (union-find, the smaller index being the root, so
 * that a root is the smallest id of its component). */
static enum crm_status join(struct crm_db *db, int64_t canon, const struct crm_ids *all,
			    size_t *parent)
{
	sqlite3_stmt *st = crm_db_stmt(db, links_within);
	enum crm_status rc;
	bool row;

	crm_bind_int(st, ":canon", canon);
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		size_t a = root_of(parent, index_of(all, sqlite3_column_int64(st, 0)));
		size_t b = root_of(parent, index_of(all, sqlite3_column_int64(st, 1)));

		parent[a > b ? a : b] = a < b ? a : b;
	}
	return rc;
}

/* Brings the component that canon stands for up to date after a link of it was cancelled;
 * persons gets the canonical ids of what it falls into. */
static enum crm_status regroup(struct crm_db *db, int64_t canon, struct crm_ids *persons)
{
	struct crm_ids all = CRM_IDS_INIT;
	enum crm_status rc = crm_person_members(db, canon, &all);
	size_t *parent = crm_malloc(all.n * sizeof(*parent));

	for (size_t i = 0; i < all.n; i++)
		parent[i] = i;
	if (rc == CRM_OK)
		rc = join(db, canon, &all, parent);
	for (size_t i = 0; i < all.n && rc == CRM_OK; i++) {
		int64_t to = all.ids[root_of(parent, i)];

		if (to == all.ids[i])
			crm_ids_add(persons, to);
		if (to != canon)
			rc = set_int(db, person_set, all.ids[i], ":canon", to);
	}
	free(parent);
	crm_ids_release(&all);
	return rc;
}

/* The canonical ids of two persons, in order, each once. */
static enum crm_status add_canons(struct crm_db *db, int64_t a, int64_t b, struct crm_ids *out)
{
	int64_t x, y;
	enum crm_status rc;

	if ((rc = crm_person_canon(db, a, &x)) != CRM_OK
	    || (rc = crm_person_canon(db, b, &y)) != CRM_OK)
		return rc;
	crm_ids_add(out, x < y ? x : y);
	if (x != y)
		crm_ids_add(out, x < y ? y : x);
	return CRM_OK;
}

/* A split no longer holds: the profile goes where its other splits say. */
static enum crm_status unsplit(struct crm_db *db, int64_t profile, struct crm_ids *persons)
{
	int64_t was, now;
	enum crm_status rc = crm_person_of_profile(db, profile, &was, NULL);
	sqlite3_stmt *st = crm_db_stmt(db, profile_belongs);

	if (rc != CRM_OK)
		return rc;
	crm_bind_int(st, ":profile", profile);
	if ((rc = crm_db_int(db, st, 0, &now)) != CRM_OK
	    || (rc = set_int(db, profile_set, profile, ":person", now)) != CRM_OK)
		return rc;
	return add_canons(db, was, now, persons);
}

struct undone { /* the link to be undone */
	bool merge;
	int64_t a, profile;
	int64_t pair[2]; /* profiles that a merge rested on, 0 where it does not say */
};

static enum crm_status find_undone(struct crm_db *db, int64_t link, struct undone *out)
{
	sqlite3_stmt *st = crm_db_stmt(db, link_get);
	struct crm_err *err = crm_db_err(db);
	long long id = link;
	enum crm_status rc;
	bool row;

	crm_bind_int(st, ":id", link);
	if ((rc = crm_db_step(db, st, &row)) != CRM_OK)
		return rc;
	if (!row)
		return crm_fail(err, CRM_NO_INPUT, "no link %lld", id);
	if (crm_slice_is(crm_column(st, 0), "undo"))
		rc = crm_fail(err, CRM_DATA, "link %lld is itself an undo: merge or split again",
			      id);
	else if (sqlite3_column_type(st, 4) != SQLITE_NULL)
		rc = crm_fail(err, CRM_DATA, "link %lld was undone by link %lld, by %s on %s", id,
			      (long long)sqlite3_column_int64(st, 4), crm_column(st, 5).ptr,
			      crm_column(st, 6).ptr);
	out->merge = crm_slice_is(crm_column(st, 0), "merge");
	out->a = sqlite3_column_int64(st, 1);
	out->profile = sqlite3_column_int64(st, 3);
	out->pair[0] = sqlite3_column_int64(st, 7);
	out->pair[1] = sqlite3_column_int64(st, 8);
	sqlite3_reset(st);
	return rc;
}

/* A yes that the merge rested on would have it made again by whoever reads decisions. */
static enum crm_status answer_yes(struct crm_db *db, const int64_t pair[2],
				  const struct crm_act *act)
{
	enum crm_status rc;
	int same = -1;
	bool added;

	if ((rc = crm_decision_get(db, pair[0], pair[1], &same)) == CRM_OK && same == 1)
		rc = crm_decision_put(db, pair[0], pair[1], false, act->actor, act->reason, &added);
	return rc;
}

enum crm_status crm_people_tie(struct crm_db *db, int64_t a, int64_t b, const struct crm_act *act)
{
	struct crm_link link = {.kind = "merge", .a = a, .b = b};
	int64_t x, y;
	enum crm_status rc;
	sqlite3_stmt *st;

	if ((rc = crm_person_canon(db, a, &x)) != CRM_OK
	    || (rc = crm_person_canon(db, b, &y)) != CRM_OK || x == y
	    || (rc = add_link(db, &link, act, &link.id)) != CRM_OK)
		return rc;
	st = crm_db_stmt(db, person_join);
	crm_bind_int(st, ":from", x < y ? y : x);
	crm_bind_int(st, ":to", x < y ? x : y);
	return crm_db_run(db, st);
}

enum crm_status crm_people_move(struct crm_db *db, int64_t profile, int64_t *to,
				const struct crm_act *act)
{
	struct crm_link link = {.kind = "split", .profile = profile, .b = *to};
	enum crm_status rc;
	sqlite3_stmt *st;

	if ((rc = crm_person_of_profile(db, profile, &link.a, NULL)) != CRM_OK)
		return rc;
	if (!link.b) {
		st = crm_db_stmt(db, person_new);
		crm_bind_int(st, ":now", crm_db_now(db));
		if ((rc = crm_db_int(db, st, 0, &link.b)) != CRM_OK)
			return rc;
		*to = link.b;
	}
	if ((rc = add_link(db, &link, act, &link.id)) != CRM_OK)
		return rc;
	return set_int(db, profile_set, profile, ":person", link.b);
}

enum crm_status crm_people_undo(struct crm_db *db, int64_t link, bool again,
				const struct crm_act *act, struct crm_parted *out)
{
	struct undone undone = {0};
	struct crm_link undo = {.kind = "undo", .undoes = link};
	struct crm_act with = *act;
	enum crm_status rc;
	int64_t canon;

	out->persons.n = 0;
	if ((rc = find_undone(db, link, &undone)) != CRM_OK)
		return rc;
	with.evidence = again ? CRM_SLICE("{\"again\":true}") : (struct crm_slice){NULL, 0};
	if ((rc = add_link(db, &undo, &with, &out->link)) != CRM_OK)
		return rc;
	out->profile = undone.profile;
	if (!undone.merge)
		return unsplit(db, undone.profile, &out->persons);
	if (!again && undone.pair[0] && undone.pair[1]
	    && (rc = answer_yes(db, undone.pair, act)) != CRM_OK)
		return rc;
	if ((rc = crm_person_canon(db, undone.a, &canon)) != CRM_OK)
		return rc;
	return regroup(db, canon, &out->persons);
}

static enum crm_status refuse_alone(struct crm_db *db, int64_t profile, int64_t canon)
{
	sqlite3_stmt *st = crm_db_stmt(db, person_alone);
	enum crm_status rc;
	int64_t alone;

	crm_bind_int(st, ":canon", canon);
	if ((rc = crm_db_int(db, st, 0, &alone)) == CRM_OK && alone)
		rc = crm_fail(crm_db_err(db), CRM_DATA,
			      "profile %lld is the only one of person %lld: nothing to split",
			      (long long)profile, (long long)canon);
	return rc;
}

enum crm_status crm_people_split(struct crm_db *db, int64_t profile, const struct crm_act *act,
				 struct crm_parted *out)
{
	enum crm_status rc;
	int64_t canon, to = 0;

	out->persons.n = 0;
	if ((rc = crm_person_of_profile(db, profile, NULL, &canon)) != CRM_OK
	    || (rc = refuse_alone(db, profile, canon)) != CRM_OK
	    || (rc = crm_people_move(db, profile, &to, act)) != CRM_OK)
		return rc;
	out->link = sqlite3_last_insert_rowid(crm_db_handle(db));
	out->profile = profile;
	return add_canons(db, canon, to, &out->persons);
}

static struct crm_link read_link(sqlite3_stmt *st)
{
	return (struct crm_link){
		.id = sqlite3_column_int64(st, 0),
		.kind = crm_column(st, 1).ptr,
		.a = sqlite3_column_int64(st, 2),
		.b = sqlite3_column_int64(st, 3),
		.profile = sqlite3_column_int64(st, 4),
		.undoes = sqlite3_column_int64(st, 5),
		.undone_by = sqlite3_column_int64(st, 6),
		.at = sqlite3_column_int64(st, 7),
		.actor = crm_column(st, 8).ptr,
		.reason = crm_column(st, 9).ptr,
		.evidence = crm_column(st, 10).ptr,
	};
}

enum crm_status crm_link_each(struct crm_db *db, int64_t person,
			      void (*each)(const struct crm_link *link, void *data), void *data)
{
	enum crm_status rc;
	sqlite3_stmt *st;
	int64_t canon;
	bool row;

	if (person && (rc = crm_person_canon(db, person, &canon)) != CRM_OK)
		return rc;
	st = crm_db_stmt(db, person ? links_person : links_all);
	if (person)
		crm_bind_int(st, ":canon", canon);
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		struct crm_link link = read_link(st);

		each(&link, data);
	}
	return rc;
}
