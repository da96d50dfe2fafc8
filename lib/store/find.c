/* SPDX-License-Identifier: MIT */
/* People by id, address, order or words; see find.h for the order of the ways. */
#include "store/find.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "norm/email.h"

#define PHONE_DIGITS 5 /* fewer are no phone number */

struct search {
	struct crm_db *db;
	struct crm_slice text; /* trimmed */
	int limit;
	struct crm_str ids; /* a JSON array, the best first */
	size_t n;
};

static const char by_id[] = "SELECT canon_id FROM person WHERE id = :value";

static const char by_endpoint[] =
	"SELECT DISTINCT person.canon_id FROM endpoint"
	" JOIN profile_endpoint ON profile_endpoint.endpoint_id = endpoint.id"
	" JOIN profile ON profile.id = profile_endpoint.profile_id"
	" JOIN person ON person.id = profile.person_id"
	" WHERE endpoint.value = :value AND endpoint.kind = :kind ORDER BY 1 LIMIT :limit";

/* No index knows ends: one pass over the endpoints, never over the people. */
static const char by_phone_end[] =
	"SELECT DISTINCT person.canon_id FROM endpoint"
	" CROSS JOIN profile_endpoint ON profile_endpoint.endpoint_id = endpoint.id"
	" CROSS JOIN profile ON profile.id = profile_endpoint.profile_id"
	" CROSS JOIN person ON person.id = profile.person_id"
	" WHERE endpoint.kind = 'phone' AND endpoint.value LIKE '%' || :value"
	" ORDER BY 1 LIMIT :limit";

static const char by_order[] = "SELECT DISTINCT person.canon_id FROM event"
			       " JOIN profile ON profile.id = event.profile_id"
			       " JOIN person ON person.id = profile.person_id"
			       " WHERE event.ref = :value ORDER BY 1 LIMIT :limit";

/* SQL keeps its own lines. */
/* clang-format off */
/* Of each index the thousand best: enough to rank people, and bounded. Whole words come
 * before beginnings of words. */
#define HITS(table, match, place) \
	"SELECT rowid AS id, " place " AS place, score FROM (SELECT rowid, rank AS score FROM " table \
	" WHERE " table " MATCH " match " ORDER BY rank LIMIT 1000)"
static const char by_words[] =
	"SELECT person.canon_id, min(hit.place) AS place, min(hit.score) AS score FROM ("
	HITS("profile_words", ":exact", "0") " UNION ALL " HITS("profile_words", ":match", "1")
	" UNION ALL SELECT event.profile_id, said.place, said.score FROM ("
	HITS("event_words", ":exact", "2") " UNION ALL " HITS("event_words", ":match", "3")
	") AS said JOIN event ON event.id = said.id) AS hit"
	" JOIN profile ON profile.id = hit.id JOIN person ON person.id = profile.person_id"
	" GROUP BY person.canon_id ORDER BY place, score, person.canon_id LIMIT :limit";
/* clang-format on */

static const char details[] =
	"WITH asked AS (SELECT key AS place, value AS id FROM json_each(:ids)),"
	" own AS (SELECT asked.id AS person, profile.id FROM asked"
	"   JOIN person ON person.id = asked.id"
	"     OR (person.canon_id = asked.id AND person.canon_id <> person.id)"
	"   JOIN profile ON profile.person_id = person.id)"
	" SELECT person.id, person.name, person.email, person.phone,"
	"   (SELECT count(*) FROM own WHERE own.person = asked.id),"
	"   (SELECT count(*) FROM own JOIN event ON event.profile_id = own.id"
	"    WHERE own.person = asked.id),"
	"   (SELECT max(event.at) FROM own JOIN event ON event.profile_id = own.id"
	"    WHERE own.person = asked.id)"
	" FROM asked JOIN person ON person.id = asked.id ORDER BY asked.place";

/* Takes the ids that st gives. */
static enum crm_status gather(struct search *s, sqlite3_stmt *st)
{
	bool row = true;
	enum crm_status rc;

	while ((rc = crm_db_step(s->db, st, &row)) == CRM_OK && row) {
		crm_json_int(&s->ids, sqlite3_column_int64(st, 0));
		s->n++;
	}
	return rc;
}

static enum crm_status by_value(struct search *s, const char *sql, const char *kind,
				struct crm_slice value)
{
	sqlite3_stmt *st = crm_db_stmt(s->db, sql);

	crm_bind_slice(st, ":value", value);
	crm_bind_int(st, ":limit", s->limit);
	if (kind)
		crm_bind_text(st, ":kind", kind);
	return gather(s, st);
}

static enum crm_status find_id(struct search *s)
{
	sqlite3_stmt *st;
	int64_t n = 0;

	for (size_t i = 0; i < s->text.len; i++) {
		if (!isdigit((unsigned char)s->text.ptr[i]) || s->text.ptr[0] == '0' || i > 17)
			return CRM_OK;
		n = n * 10 + (s->text.ptr[i] - '0');
	}
	st = crm_db_stmt(s->db, by_id);
	crm_bind_int(st, ":value", n);
	return gather(s, st);
}

static enum crm_status find_email(struct search *s)
{
	struct crm_str value = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;

	if (crm_email_normalise(s->text, &value, NULL))
		rc = by_value(s, by_endpoint, "email", crm_str_slice(&value));
	crm_str_release(&value);
	return rc;
}

/* The digits of a phone number, without the zeros it begins with and without the (0) of
 * "+49 (0)30"; false when it is none. */
static bool phone_digits(struct crm_slice text, struct crm_str *digits)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.len - i >= 3 && !memcmp(text.ptr + i, "(0)", 3)) {
			i += 2;
		} else if (isdigit((unsigned char)text.ptr[i])) {
			if (digits->len || text.ptr[i] != '0')
				crm_str_addc(digits, text.ptr[i]);
		} else if (!memchr(" +-/.()", text.ptr[i], 7)) {
			return false;
		}
	}
	return digits->len >= PHONE_DIGITS;
}

static enum crm_status find_phone(struct search *s)
{
	struct crm_str digits = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;

	crm_str_addc(&digits, '+');
	digits.len = 0;
	if (phone_digits(s->text, &digits)) {
		struct crm_str whole = CRM_STR_INIT;

		crm_str_addf(&whole, "+%s", digits.ptr);
		rc = by_value(s, by_endpoint, "phone", crm_str_slice(&whole));
		if (rc == CRM_OK && !s->n)
			rc = by_value(s, by_phone_end, NULL, crm_str_slice(&digits));
		crm_str_release(&whole);
	}
	crm_str_release(&digits);
	return rc;
}

static enum crm_status find_handle(struct search *s)
{
	return by_value(s, by_endpoint, "handle", s->text);
}

static enum crm_status find_order(struct search *s)
{
	return by_value(s, by_order, NULL, s->text);
}

void crm_find_match(struct crm_slice text, struct crm_str *out)
{
	size_t before = out->len;

	for (size_t i = 0; i < text.len; i++) {
		bool blank = isspace((unsigned char)text.ptr[i]) || !text.ptr[i];
		bool inside = i && !isspace((unsigned char)text.ptr[i - 1]) && text.ptr[i - 1];

		if (!blank && !inside)
			crm_str_adds(out, out->len > before ? " \"" : "\"");
		if (blank && inside)
			crm_str_addc(out, '"');
		if (text.ptr[i] == '"')
			crm_str_addc(out, '"');
		if (!blank)
			crm_str_addc(out, text.ptr[i]);
	}
	if (out->len == before)
		return;
	if (!isspace((unsigned char)text.ptr[text.len - 1]) && text.ptr[text.len - 1])
		crm_str_addc(out, '"');
	crm_str_addc(out, '*');
}

static enum crm_status find_words(struct search *s)
{
	struct crm_str match = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;
	sqlite3_stmt *st;

	crm_find_match(s->text, &match);
	if (match.len) {
		st = crm_db_stmt(s->db, by_words);
		crm_bind_slice(st, ":match", crm_str_slice(&match));
		crm_bind_slice(st, ":exact", (struct crm_slice){match.ptr, match.len - 1});
		crm_bind_int(st, ":limit", s->limit);
		rc = gather(s, st);
	}
	crm_str_release(&match);
	return rc;
}

static const struct way {
	const char *name;
	enum crm_status (*find)(struct search *);
} ways[] = {
	{"id", find_id},         {"email", find_email}, {"phone", find_phone},
	{"handle", find_handle}, {"order", find_order}, {"words", find_words},
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

/* The way that text names before a colon, which is cut off; NULL: none. */
static const struct way *named_way(struct crm_slice *text)
{
	for (size_t i = 0; i < WAYS; i++) {
		size_t n = strlen(ways[i].name);

		if (text->len > n && text->ptr[n] == ':' && !memcmp(text->ptr, ways[i].name, n)) {
			*text = crm_slice_trim(
				(struct crm_slice){text->ptr + n + 1, text->len - n - 1});
			return &ways[i];
		}
	}
	return NULL;
}

static const char *keep(struct crm_finding *f, struct crm_slice s)
{
	return s.ptr ? crm_arena_strndup(&f->arena, s.ptr, s.len) : NULL;
}

static enum crm_status describe(struct search *s, struct crm_finding *f)
{
	sqlite3_stmt *st = crm_db_stmt(s->db, details);
	bool row = true;
	enum crm_status rc;

	crm_bind_slice(st, ":ids", crm_str_slice(&s->ids));
	while ((rc = crm_db_step(s->db, st, &row)) == CRM_OK && row) {
		CRM_GROW(f->found, f->n + 1, f->cap);
		f->found[f->n++] = (struct crm_found){
			.person = sqlite3_column_int64(st, 0),
			.name = keep(f, crm_column(st, 1)),
			.email = keep(f, crm_column(st, 2)),
			.phone = keep(f, crm_column(st, 3)),
			.records = sqlite3_column_int64(st, 4),
			.events = sqlite3_column_int64(st, 5),
			.has_last = sqlite3_column_type(st, 6) != SQLITE_NULL,
			.last_at = sqlite3_column_int64(st, 6),
		};
	}
	return rc;
}

enum crm_status crm_find(struct crm_db *db, const char *query, int limit, struct crm_finding *f)
{
	struct search s = {db, crm_slice_trim(crm_slice_of(query)), limit, CRM_STR_INIT, 0};
	const struct way *only = named_way(&s.text);
	enum crm_status rc = CRM_OK;

	crm_arena_clear(&f->arena);
	f->n = 0;
	f->by = NULL;
	crm_json_open(&s.ids, '[');
	for (size_t i = 0; i < WAYS && s.text.len && !s.n && rc == CRM_OK; i++)
		if (!only || only == &ways[i]) {
			f->by = ways[i].name;
			rc = ways[i].find(&s);
		}
	crm_json_close(&s.ids, ']');
	if (rc == CRM_OK && s.n)
		rc = describe(&s, f);
	if (!f->n)
		f->by = NULL;
	crm_str_release(&s.ids);
	return rc;
}

void crm_finding_release(struct crm_finding *f)
{
	free(f->found);
	crm_arena_release(&f->arena);
	*f = (struct crm_finding)CRM_FINDING_INIT;
}
