/* SPDX-License-Identifier: MIT */
/* To whom an answer goes: by the conversation and its last message, or by the person. */
#include "reply/addressee.h"

#include <string.h>

#include "base/json.h"
#include "norm/email.h"
#include "norm/phone.h"
#include "reply/outbox.h"
#include "store/people.h"
#include "store/request.h"

#define REFERENCES 20 /* named in an answer: the first and the last ones */

/* Joined from the left, SQLite would make a table of the whole view. */
#define PERSON_OF(t) \
	"(SELECT x.person_id FROM profile_canon AS x WHERE x.profile_id = " t ".profile_id)"
static const char sql_conversation[] =
	"SELECT c.id, c.source_id, s.name, s.scope, s.medium,"
	" coalesce((SELECT thread FROM conversation AS r WHERE r.id = c.follows), c.thread),"
	" c.subject, c.account, c.profile_id, c.endpoint_id, n.kind, n.value, g.id, g.name "
	"FROM conversation AS c JOIN source AS s ON s.id = c.source_id "
	"LEFT JOIN endpoint AS n ON n.id = c.endpoint_id "
	"LEFT JOIN person AS g ON g.id = " PERSON_OF("c") " WHERE c.id = :id";
/* The message that is named, else the latest that a person wrote, else the latest: each by an
 * index, so that a long thread is not sorted. */
#define THEIR_LATEST(automatic)                                                             \
	"(SELECT id FROM event WHERE conversation_id = :id AND type = 'message'"            \
	" AND direction IS NOT 'out' AND automatic " automatic " ORDER BY at DESC, id DESC" \
	" LIMIT 1)"
static const char sql_answered[] =
	"SELECT e.id, e.key, e.automatic, e.reply_to, e.subject, e.account, e.endpoint_id,"
	" n.kind, n.value, " PERSON_OF(
		"e") ", e.profile_id, substr(e.text, 1, 200) FROM event AS e "
		     "LEFT JOIN endpoint AS n ON n.id = e.endpoint_id "
		     "WHERE e.id = coalesce((SELECT id FROM event WHERE id = :message"
		     " AND conversation_id = :id AND type = 'message' AND direction IS NOT 'out'),"
		     " " THEIR_LATEST("IS NULL") ", " THEIR_LATEST("IS NOT NULL") ")";
/* What a mail refers to; where its sender's program has left that out, what we had by then. */
static const char sql_referred[] =
	"SELECT coalesce(e.raw -> 'references', (SELECT json_group_array(key) FROM (SELECT f.key"
	" FROM event AS f WHERE f.conversation_id = e.conversation_id"
	" AND f.source_id = e.source_id AND f.type = 'message' AND f.automatic IS NULL"
	" AND f.id < e.id ORDER BY f.id))) FROM event AS e WHERE e.id = "
	":message";
/* What reached us first of what they wrote since the request was resolved last: an older one that
 * was held up on the way does not make it another request. */
static const char sql_opening[] =
	"SELECT e.id FROM event AS e WHERE e.conversation_id = :id AND e.type = 'message' "
	"AND e.direction IS NOT 'out' AND e.automatic IS NULL AND e.at > coalesce("
	" (SELECT max(r.at) FROM event AS r WHERE r.conversation_id = :id AND r.type = 'status'"
	"  AND r.about IS NULL AND lower(r.status) IN ('closed', 'resolved', 'solved', 'done')), "
	"0) "
	"ORDER BY e.id LIMIT 1";

#define THEIRS "(SELECT p.id FROM profile AS p WHERE p.person_id IN " CRM_MEMBERS(":person") ")"
static const char sql_by_source[] =
	"SELECT e.endpoint_id, e.profile_id, n.kind, n.value, e.account, e.conversation_id "
	"FROM event AS e JOIN endpoint AS n ON n.id = e.endpoint_id "
	"WHERE e.profile_id IN " THEIRS " AND e.source_id = :source AND e.type = 'message' "
	"ORDER BY e.at DESC, e.id DESC LIMIT 1";
static const char sql_by_kind[] =
	"SELECT n.id, x.profile_id, n.kind, n.value, NULL, NULL FROM person AS g "
	"JOIN endpoint AS n ON n.kind = :kind AND n.scope = ''"
	" AND n.value = CASE :kind WHEN 'email' THEN g.email ELSE g.phone END "
	"JOIN profile_endpoint AS x ON x.endpoint_id = n.id AND x.profile_id IN " THEIRS
	" WHERE g.id = :person ORDER BY x.profile_id LIMIT 1";
static const char sql_name[] = "SELECT name FROM person WHERE id = :person";
static const char sql_open[] =
	"INSERT INTO conversation (id, source_id, thread, profile_id, endpoint_id, opened_at,"
	" updated_at, status) SELECT (SELECT max(coalesce(max(id), 0),"
	" coalesce((SELECT max(id) FROM conversation_alias), 0)) + 1 FROM conversation), :source,"
	" :thread, nullif(:profile, 0), nullif(:endpoint, 0), :now, :now, 'pending' WHERE true "
	"ON CONFLICT (source_id, thread) DO UPDATE SET thread = thread RETURNING id";

void crm_addressee_clear(struct crm_addressee *a)
{
	struct crm_arena arena = a->arena;

	crm_arena_clear(&arena);
	*a = (struct crm_addressee){.arena = arena};
}

void crm_addressee_release(struct crm_addressee *a)
{
	crm_arena_release(&a->arena);
}

static struct crm_slice keep(struct crm_addressee *a, struct crm_slice s)
{
	return crm_arena_keep(&a->arena, s);
}

static const char sql_handle[] =
	"SELECT count(*), max(id) FROM endpoint WHERE value = :value AND kind = 'handle'";

static enum crm_status find_handle(struct crm_db *db, const char *value, int64_t *endpoint)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_handle);
	enum crm_status rc;
	int64_t n;
	bool row;

	crm_bind_text(st, ":value", value);
	if ((rc = crm_db_step(db, st, &row)) != CRM_OK)
		return rc;
	n = sqlite3_column_int64(st, 0);
	*endpoint = sqlite3_column_int64(st, 1);
	sqlite3_reset(st);
	if (!n)
		return crm_fail(crm_db_err(db), CRM_NO_INPUT,
				"'%s' is no e-mail address, no telephone number with its country "
				"(+49…), and nobody's name in a channel",
				value);
	return n == 1 ? CRM_OK
		      : crm_fail(crm_db_err(db), CRM_DATA, "'%s' is a name in %lld channels", value,
				 (long long)n);
}

enum crm_status crm_addressee_endpoint(struct crm_db *db, const char *address, int64_t *endpoint)
{
	struct crm_slice raw = crm_slice_of(address), value, none = CRM_SLICE("");
	struct crm_phone *phone = NULL;
	struct crm_str normal = CRM_STR_INIT;
	const char *kind = NULL;
	enum crm_status rc;

	if (crm_email_normalise(raw, &normal, NULL)) {
		kind = "email";
	} else if (address[0] == '+') {
		phone = crm_phone_new();
		kind = crm_phone_normalise(phone, raw, NULL, &normal) ? "phone" : NULL;
		crm_phone_free(phone);
	}
	value = (struct crm_slice){normal.ptr, normal.len};
	rc = kind ? crm_outbox_endpoint(db, kind, none, value, endpoint)
		  : find_handle(db, address, endpoint);
	crm_str_release(&normal);
	return rc;
}

/* ---- of a conversation ---- */

static enum crm_status read_conversation(struct crm_db *db, int64_t id, struct crm_addressee *a)
{
	sqlite3_stmt *st;
	enum crm_status rc = crm_db_find(db, sql_conversation, id, &st);

	if (rc != CRM_OK)
		return rc;
	if (!st)
		return crm_fail(crm_db_err(db), CRM_NO_INPUT, "there is no such conversation");
	a->conversation = sqlite3_column_int64(st, 0);
	a->source = sqlite3_column_int64(st, 1);
	a->channel = keep(a, crm_column(st, 2)).ptr;
	a->scope = keep(a, crm_column(st, 3)).ptr;
	a->medium = keep(a, crm_column(st, 4)).ptr;
	a->thread = keep(a, crm_column(st, 5));
	a->subject = keep(a, crm_column(st, 6));
	a->account = keep(a, crm_column(st, 7));
	a->profile = sqlite3_column_int64(st, 8);
	a->endpoint = sqlite3_column_int64(st, 9);
	a->kind = keep(a, crm_column(st, 10)).ptr;
	a->address = keep(a, crm_column(st, 11));
	a->person = sqlite3_column_int64(st, 12);
	a->name = keep(a, crm_column(st, 13));
	sqlite3_reset(st);
	return CRM_OK;
}

/* The ids that an answer refers to: those of the message, a JSON array, and its own. */
static struct crm_slice references(struct crm_addressee *a, struct crm_slice json)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	const struct crm_json_value *list = NULL;
	struct crm_str out = CRM_STR_INIT, id = CRM_STR_INIT;
	uint32_t n = 0;
	struct crm_slice s;

	if (crm_json_scan(&doc, json.ptr, json.len) == CRM_OK)
		list = doc.values;
	if (list && list->type == CRM_JSON_ARRAY)
		n = list->count;
	crm_json_open(&out, '[');
	for (uint32_t i = 0; i < n; i++) {
		const struct crm_json_value *v = list + 1 + i; /* strings: one value each */

		if (v->type != CRM_JSON_STRING)
			break;
		if (i && n - i >= REFERENCES - 1)
			continue;
		crm_str_clear(&id);
		crm_json_text(v, &id);
		crm_json_string(&out, (struct crm_slice){id.ptr, id.len});
	}
	crm_json_string(&out, a->about);
	crm_json_close(&out, ']');
	s = keep(a, (struct crm_slice){out.ptr, out.len});
	crm_str_release(&out);
	crm_str_release(&id);
	crm_json_doc_release(&doc);
	return s;
}

static enum crm_status read_references(struct crm_db *db, struct crm_addressee *a)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_referred);
	enum crm_status rc;
	bool row;

	crm_bind_int(st, ":message", a->message);
	if ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		a->references = references(a, crm_column(st, 0));
		sqlite3_reset(st);
	}
	return rc;
}

/* Where they asked to be answered, if it is an address. */
static enum crm_status take_reply_to(struct crm_db *db, struct crm_slice reply_to,
				     struct crm_addressee *a)
{
	struct crm_str email = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;

	if (crm_email_normalise(reply_to, &email, NULL)) {
		a->address = keep(a, (struct crm_slice){email.ptr, email.len});
		a->kind = "email";
		rc = crm_outbox_endpoint(db, "email", CRM_SLICE(""), a->address, &a->endpoint);
	}
	crm_str_release(&email);
	return rc;
}

struct answered { /* what the message says, before it is known whether its sender counts */
	struct crm_slice reply_to, value;
	const char *kind;
	int64_t endpoint, person, profile;
};

static struct answered read_answered(sqlite3_stmt *st, struct crm_addressee *a)
{
	struct answered m = {
		.reply_to = keep(a, crm_column(st, 3)),
		.endpoint = sqlite3_column_int64(st, 6),
		.kind = keep(a, crm_column(st, 7)).ptr,
		.value = keep(a, crm_column(st, 8)),
		.person = sqlite3_column_int64(st, 9),
		.profile = sqlite3_column_int64(st, 10),
	};

	a->message = sqlite3_column_int64(st, 0);
	a->about = keep(a, crm_column(st, 1));
	a->automatic = keep(a, crm_column(st, 2));
	if (crm_column(st, 4).ptr)
		a->subject = keep(a, crm_column(st, 4));
	if (crm_column(st, 5).ptr)
		a->account = keep(a, crm_column(st, 5));
	a->said = keep(a, crm_column(st, 11));
	return m;
}

static enum crm_status read_message(struct crm_db *db, int64_t message, struct crm_addressee *a)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_answered);
	struct answered m;
	enum crm_status rc;
	bool row;

	crm_bind_int(st, ":id", a->conversation);
	crm_bind_int(st, ":message", message);
	if ((rc = crm_db_step(db, st, &row)) != CRM_OK || !row)
		return rc;
	m = read_answered(st, a);
	sqlite3_reset(st);
	if (a->medium && !strcmp(a->medium, "email") && (rc = read_references(db, a)) != CRM_OK)
		return rc;
	if (a->address.ptr && m.person != a->person && m.endpoint != a->endpoint)
		return CRM_OK; /* somebody else wrote: it goes to the customer all the same */
	if (m.value.ptr) {
		a->address = m.value;
		a->kind = m.kind;
		a->endpoint = m.endpoint;
		a->profile = m.profile ? m.profile : a->profile;
	}
	return m.reply_to.ptr ? take_reply_to(db, m.reply_to, a) : CRM_OK;
}

enum crm_status crm_addressee_of_conversation(struct crm_db *db, int64_t conversation,
					      int64_t message, struct crm_addressee *a)
{
	sqlite3_stmt *st;
	enum crm_status rc;
	int64_t id = 0;

	crm_addressee_clear(a);
	if (message && (rc = crm_request_of_event(db, message, &id)) != CRM_OK)
		return rc;
	if (!id && (rc = crm_request_id(db, conversation, &id)) != CRM_OK)
		return rc;
	if (!id && conversation)
		return crm_fail(crm_db_err(db), CRM_NO_INPUT,
				"there is no conversation %lld: crm-request lists those that wait",
				(long long)conversation);
	if ((rc = read_conversation(db, id, a)) != CRM_OK
	    || (rc = read_message(db, message, a)) != CRM_OK)
		return rc;
	st = crm_db_stmt(db, sql_opening);
	crm_bind_int(st, ":id", a->conversation);
	return crm_db_int(db, st, 0, &a->opening);
}

/* ---- of a person ---- */

static enum crm_status take_address(struct crm_db *db, sqlite3_stmt *st, struct crm_addressee *a,
				    bool *found)
{
	enum crm_status rc = crm_db_step(db, st, found);

	if (rc != CRM_OK || !*found)
		return rc;
	a->endpoint = sqlite3_column_int64(st, 0);
	a->profile = sqlite3_column_int64(st, 1);
	a->kind = keep(a, crm_column(st, 2)).ptr;
	a->address = keep(a, crm_column(st, 3));
	a->account = keep(a, crm_column(st, 4));
	a->conversation = sqlite3_column_int64(st, 5);
	sqlite3_reset(st);
	return CRM_OK;
}

static enum crm_status read_name(struct crm_db *db, struct crm_addressee *a)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_name);
	enum crm_status rc;
	bool row;

	crm_bind_int(st, ":person", a->person);
	if ((rc = crm_db_step(db, st, &row)) != CRM_OK || !row)
		return rc;
	a->name = keep(a, crm_column(st, 0));
	sqlite3_reset(st);
	return CRM_OK;
}

enum crm_status crm_addressee_of_person(struct crm_db *db, int64_t person, int64_t source,
					const char *medium, struct crm_addressee *a)
{
	bool mail = !strcmp(medium, "email");
	enum crm_status rc;
	sqlite3_stmt *st;
	bool found;

	crm_addressee_clear(a);
	a->source = source;
	if ((rc = crm_person_canon(db, person, &a->person)) != CRM_OK
	    || (rc = read_name(db, a)) != CRM_OK)
		return rc;
	st = crm_db_stmt(db, sql_by_source);
	crm_bind_int(st, ":person", a->person);
	crm_bind_int(st, ":source", source);
	if ((rc = take_address(db, st, a, &found)) != CRM_OK)
		return rc;
	if (mail)
		a->conversation = 0; /* a mail begins a thread of its own */
	if (found || (!mail && strcmp(medium, "sms") && strcmp(medium, "phone")))
		return CRM_OK;
	st = crm_db_stmt(db, sql_by_kind);
	crm_bind_int(st, ":person", a->person);
	crm_bind_text(st, ":kind", mail ? "email" : "phone");
	return take_address(db, st, a, &found);
}

enum crm_status crm_addressee_open(struct crm_db *db, struct crm_addressee *a,
				   struct crm_slice thread)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_open);

	a->thread = keep(a, thread);
	crm_bind_int(st, ":source", a->source);
	crm_bind_slice(st, ":thread", thread);
	crm_bind_int(st, ":profile", a->profile);
	crm_bind_int(st, ":endpoint", a->endpoint);
	crm_bind_int(st, ":now", crm_db_now(db));
	return crm_db_int(db, st, 0, &a->conversation);
}
