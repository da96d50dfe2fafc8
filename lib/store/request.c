/* SPDX-License-Identifier: MIT */
/* Requests: one walk over the events of a thread, in order of time, gives the states of the
 * requests in it. */
#include "store/request.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"

#define DAY ((int64_t)24 * 3600 * 1000)
#define LONG 200   /* events of a thread that are not walked anew for each further one */
#define LATEST 100 /* but for so many of them */

const char *const crm_priority_names[CRM_PRIORITIES] = {"low", "normal", "high", "urgent"};

static const char sql_root[] =
	"SELECT coalesce(follows, id) FROM conversation WHERE id = "
	"coalesce((SELECT conversation_id FROM conversation_alias WHERE id = :id), :id)";
static const char sql_id[] =
	"SELECT id FROM conversation WHERE id = "
	"coalesce((SELECT conversation_id FROM conversation_alias WHERE id = :id), :id)";
static const char sql_of_event[] = "SELECT conversation_id FROM event WHERE id = :id";
static const char sql_days[] = "SELECT value FROM setting WHERE name = 'reopen_days'";
static const char sql_events[] =
	"SELECT id, conversation_id, at, type, direction, automatic, status, agent, profile_id,"
	" endpoint_id, account, subject, about IS NOT NULL,"
	" CASE WHEN type IN ('status', 'assignment') THEN raw END "
	"FROM event WHERE conversation_id IN"
	" (SELECT :root UNION ALL SELECT id FROM conversation WHERE follows = :root)"
	" AND type <> 'rating' AND at > :after AND at <= :as_of ORDER BY " CRM_EVENT_ORDER;
/* What is known of a thread up to a moment, if nothing came since that is older, and nothing
 * was joined to it that is in several requests. */
static const char sql_fold[] =
	"SELECT f.at, f.talked, f.dealt_with, f.resolved, f.asker_rank, f.status, f.opened,"
	" f.updated, f.profile, f.endpoint, f.account, f.subject, f.assignee, f.assigned, f.queue,"
	" f.priority, f.motive, f.waiting, f.until FROM request_fold AS f "
	"WHERE f.conversation_id = :id AND f.reopen = :reopen AND f.events ="
	" (SELECT count(*) FROM event AS e WHERE e.conversation_id = :id AND e.at <= f.at)"
	" AND NOT EXISTS (SELECT 1 FROM conversation AS o WHERE o.follows = :id)";
static const char sql_keep_fold[] =
	"INSERT OR REPLACE INTO request_fold (conversation_id, at, events, reopen, talked,"
	" dealt_with, resolved, asker_rank, opened, updated, status, profile, endpoint, account,"
	" subject, assignee, assigned, queue, priority, motive, waiting, until) "
	"SELECT :id, :at, (SELECT count(*) FROM event AS e WHERE e.conversation_id = :id"
	" AND e.at <= :at), :reopen, :talked, :dealt_with, :resolved, :rank, :opened, :updated,"
	" :status, :profile, :endpoint, :account, :subject, :assignee, :assigned, :queue,"
	" :priority, :motive, :waiting, :until";
static const char sql_cut[] = "SELECT at FROM event WHERE conversation_id = :id "
			      "ORDER BY at DESC LIMIT 1 OFFSET :latest";
static const char sql_followers[] = "SELECT id FROM conversation WHERE follows = :root ORDER BY id";
static const char sql_move[] = "UPDATE event SET conversation_id = :into WHERE id = :id";
static const char sql_ratings[] = /* they follow what they rate */
	"UPDATE event SET conversation_id ="
	" (SELECT c.id FROM conversation AS c WHERE (c.id = :root OR c.follows = :root)"
	"  AND (c.opened_at <= event.at OR c.id = :root) ORDER BY c.opened_at DESC, c.id DESC "
	"LIMIT 1) "
	"WHERE type = 'rating' AND conversation_id IN"
	" (SELECT :root UNION ALL SELECT id FROM conversation WHERE follows = :root)";
static const char sql_follow[] =
	"INSERT INTO conversation (id, source_id, thread, opened_at, updated_at, status, follows) "
	"SELECT (SELECT max(max(id), coalesce((SELECT max(id) FROM conversation_alias), 0)) + 1"
	" FROM conversation), source_id, thread || '#' || :event, 0, 0, 'new', id"
	" FROM conversation WHERE id = :root RETURNING id";
static const char sql_alias[] =
	"INSERT INTO conversation_alias (id, conversation_id) VALUES (:id, :into)";
static const char sql_drop[] = "DELETE FROM conversation WHERE id = :id";
static const char sql_write[] =
	"UPDATE conversation SET opened_at = :opened, updated_at = :updated, status = :status,"
	" profile_id = :profile, endpoint_id = :endpoint, account = :account, subject = :subject,"
	" assignee = :assignee, assigned_at = :assigned, queue = :queue, priority = :priority,"
	" motive = :motive, waiting_since = :waiting, snoozed_until = :until WHERE id = :id";
static const char sql_then[] =
	"INSERT INTO temp.request SELECT id, source_id, thread, :profile, :subject, :opened, "
	":updated,"
	" :status, :endpoint, :account, follows, :assignee, :assigned, :queue, :priority, :motive,"
	" :waiting, :until FROM conversation WHERE id = :id";
static const char sql_roots[] =
	"SELECT id FROM conversation WHERE follows IS NULL AND opened_at <= :as_of";
static const char sql_as_of[] =
	"SELECT type = 'view' FROM temp.sqlite_schema WHERE name = 'request'";
static const char sql_about[] =
	"SELECT s.name, s.medium, q.id, q.name, e.value, c.follows FROM conversation AS c "
	"JOIN source AS s ON s.id = c.source_id "
	"LEFT JOIN profile AS f ON f.id = :profile LEFT JOIN person AS p ON p.id = f.person_id "
	"LEFT JOIN person AS q ON q.id = p.canon_id "
	"LEFT JOIN endpoint AS e ON e.id = :endpoint WHERE c.id = :id";

const char *crm_request_state(struct crm_slice word)
{
	static const struct {
		const char *word, *state;
	} words[] = {
		{"new", "new"},           {"open", "open"},       {"reopened", "open"},
		{"pending", "pending"},   {"waiting", "pending"}, {"on-hold", "pending"},
		{"hold", "pending"},      {"snoozed", "snoozed"}, {"closed", "resolved"},
		{"resolved", "resolved"}, {"solved", "resolved"}, {"done", "resolved"},
	};

	for (size_t i = 0; word.ptr && i < sizeof(words) / sizeof(words[0]); i++)
		if (crm_slice_is_caseless(word, words[i].word))
			return words[i].state;
	return NULL;
}

bool crm_said_counts(const struct crm_said *said)
{
	return !said->automatic.ptr || crm_slice_is(said->automatic, "list")
	       || crm_slice_is(said->automatic, "bot");
}

const char *crm_request_after(const char *state, bool *dealt_with, const struct crm_said *said)
{
	const char *named = crm_request_state(said->status);
	bool speaks = !crm_slice_is(said->type, "status") && !crm_slice_is(said->type, "note");
	bool out = crm_slice_is(said->direction, "out");

	if (crm_slice_is(said->type, "assignment")) {
		*dealt_with |= said->agent.len > 0;
		return said->agent.len && !strcmp(state, "new") ? "open" : NULL;
	}
	if (crm_slice_is(said->type, "handover"))
		return *dealt_with ? "open" : "new"; /* what the bot said was no answer */
	if (crm_slice_is(said->type, "escalation") || !crm_said_counts(said) || (!named && !speaks))
		return NULL;
	*dealt_with |= (speaks && out)
		       || (named && strcmp(named, "new") != 0 && strcmp(named, "open") != 0);
	if (named)
		return named;
	return out ? "pending" : *dealt_with ? "open" : "new";
}

/* --- the walk --- */

/* One request as it is after the events so far. Strings are new; NULL: none. */
struct request {
	int64_t conversation; /* 0: its first event is in none of its own yet */
	int64_t first_event;
	int64_t opened, updated;
	bool talked;        /* opened is of something said, not only told of it */
	const char *status; /* static */
	bool dealt_with;    /* somebody of ours answered, or was assigned */
	int64_t waiting;    /* 0: nothing is owed */
	int64_t resolved;
	int64_t until; /* 0: none */
	int asker_rank;
	int64_t profile, endpoint;
	char *account, *subject, *assignee, *queue, *motive;
	int64_t assigned;
	int64_t priority;
};

struct move { /* of an event into the conversation of its request */
	int64_t event;
	size_t request;
};

struct thread {
	struct crm_db *db;
	int64_t root, reopen_ms;
	struct request *requests; /* in order of time */
	size_t n, cap;
	int64_t after;      /* at of the last event before those that are walked */
	int64_t walked;     /* how many events */
	bool unknown;       /* somebody spoke of whom it may yet be found who it is */
	struct move *moves; /* events that are in another conversation than their request's */
	size_t n_moves, cap_moves;
	struct crm_json_doc doc; /* of an event's raw */
	struct crm_str text;
};

/* The columns of sql_events. */
enum column {
	ID,
	CONVERSATION,
	AT,
	TYPE,
	DIRECTION,
	AUTOMATIC,
	STATUS,
	AGENT,
	PROFILE,
	ENDPOINT,
	ACCOUNT,
	SUBJECT,
	ANSWERS,
	RAW
};

static bool is_type(sqlite3_stmt *st, const char *type)
{
	return crm_slice_is(crm_column(st, TYPE), type);
}

static void set(char **to, struct crm_slice value)
{
	free(*to);
	*to = value.ptr && value.len ? crm_strndup(value.ptr, value.len) : NULL;
}

static int64_t own_conversation(const struct thread *t, int64_t id)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->requests[i].conversation == id)
			return 0;
	return t->n ? id : t->root;
}

/* A request begins with this event. It keeps the conversation that the event was in. */
static struct request *begin(struct thread *t, sqlite3_stmt *st)
{
	int64_t conversation = own_conversation(t, sqlite3_column_int64(st, CONVERSATION));

	CRM_GROW(t->requests, t->n + 1, t->cap);
	t->requests[t->n] = (struct request){
		.conversation = conversation,
		.first_event = sqlite3_column_int64(st, ID),
		.status = "resolved", /* nobody has asked for anything yet */
		.opened = sqlite3_column_int64(st, AT),
		.priority = CRM_NORMAL,
		.asker_rank = 8,
	};
	return &t->requests[t->n++];
}

/* The first to say something asked: best who wrote to us, himself, answering nothing. */
static void take_asker(struct thread *t, struct request *r, sqlite3_stmt *st)
{
	int rank = 4 * crm_slice_is(crm_column(st, DIRECTION), "out")
		   + 2 * (sqlite3_column_type(st, AUTOMATIC) != SQLITE_NULL)
		   + sqlite3_column_int(st, ANSWERS);

	t->unknown |= sqlite3_column_type(st, PROFILE) == SQLITE_NULL;
	if (rank >= r->asker_rank || sqlite3_column_type(st, PROFILE) == SQLITE_NULL)
		return;
	r->asker_rank = rank;
	r->profile = sqlite3_column_int64(st, PROFILE);
	r->endpoint = sqlite3_column_int64(st, ENDPOINT);
}

static void take_talk(struct thread *t, struct request *r, sqlite3_stmt *st)
{
	if (!r->talked)
		r->opened = sqlite3_column_int64(st, AT);
	r->talked = true;
	take_asker(t, r, st);
	if (sqlite3_column_type(st, ACCOUNT) != SQLITE_NULL)
		set(&r->account, crm_column(st, ACCOUNT));
	if (!r->subject)
		set(&r->subject, crm_column(st, SUBJECT));
}

static bool read_raw(struct thread *t, sqlite3_stmt *st)
{
	struct crm_slice raw = crm_column(st, RAW);

	return raw.ptr && crm_json_scan(&t->doc, raw.ptr, raw.len) == CRM_OK;
}

/* The member of raw, decoded; {NULL, 0}: it is not there. Valid until the next call. */
static struct crm_slice member(struct thread *t, const char *name)
{
	const struct crm_json_value *v = crm_json_member(&t->doc, t->doc.values, name);

	if (!v || (v->type != CRM_JSON_STRING && v->type != CRM_JSON_NUMBER))
		return (struct crm_slice){NULL, 0};
	crm_str_clear(&t->text);
	crm_json_text(v, &t->text);
	return crm_str_slice(&t->text);
}

static struct crm_said said_by(sqlite3_stmt *st)
{
	return (struct crm_said){.type = crm_column(st, TYPE),
				 .direction = crm_column(st, DIRECTION),
				 .automatic = crm_column(st, AUTOMATIC),
				 .status = crm_column(st, STATUS),
				 .agent = crm_column(st, AGENT)};
}

static void take_assignment(struct thread *t, struct request *r, sqlite3_stmt *st)
{
	struct crm_said said = said_by(st);
	const char *state;
	struct crm_slice value;

	set(&r->assignee, crm_column(st, AGENT));
	r->assigned = r->assignee ? sqlite3_column_int64(st, AT) : 0;
	if ((state = crm_request_after(r->status, &r->dealt_with, &said)))
		r->status = state;
	if (!read_raw(t, st))
		return;
	if ((value = member(t, "queue")).ptr)
		set(&r->queue, value);
	if ((value = member(t, "motive")).ptr)
		set(&r->motive, value);
	value = member(t, "priority");
	if (value.len == 1 && value.ptr[0] >= '0' && value.ptr[0] < '0' + CRM_PRIORITIES)
		r->priority = value.ptr[0] - '0';
}

static void take_until(struct thread *t, struct request *r, sqlite3_stmt *st)
{
	struct crm_slice until;
	struct crm_time time;

	r->until = 0;
	if (strcmp(r->status, "snoozed") != 0 || !read_raw(t, st))
		return;
	until = member(t, "until");
	if (until.ptr && crm_time_rfc3339(until.ptr, until.len, &time))
		r->until = time.ms;
}

static void take_state(struct thread *t, struct request *r, sqlite3_stmt *st)
{
	struct crm_said said = said_by(st);
	const char *state = crm_request_after(r->status, &r->dealt_with, &said);
	int64_t at = sqlite3_column_int64(st, AT);

	if (!state)
		return;
	r->status = state;
	if (!strcmp(state, "pending") || !strcmp(state, "resolved"))
		r->waiting = 0;
	else if (!r->waiting)
		r->waiting = at;
	r->resolved = strcmp(state, "resolved") ? 0 : at;
	take_until(t, r, st);
}

/* Does the event open another request, the one before being done with for long? */
static bool is_late(const struct thread *t, const struct request *r, sqlite3_stmt *st)
{
	struct crm_said said = said_by(st);

	return r->resolved && sqlite3_column_int64(st, AT) - r->resolved > t->reopen_ms
	       && (is_type(st, "message") || is_type(st, "call")) && crm_said_counts(&said)
	       && !crm_slice_is(crm_column(st, DIRECTION), "out");
}

static void take(struct thread *t, sqlite3_stmt *st)
{
	struct request *r = t->n ? &t->requests[t->n - 1] : begin(t, st);

	if (is_late(t, r, st))
		r = begin(t, st);
	t->walked++;
	r->updated = sqlite3_column_int64(st, AT);
	if (is_type(st, "assignment")) {
		take_assignment(t, r, st);
	} else if (!is_type(st, "escalation")) {
		if (!is_type(st, "status") && !is_type(st, "handover"))
			take_talk(t, r, st);
		take_state(t, r, st);
	}
	if (sqlite3_column_int64(st, CONVERSATION) == r->conversation)
		return;
	CRM_GROW(t->moves, t->n_moves + 1, t->cap_moves);
	t->moves[t->n_moves++] = (struct move){sqlite3_column_int64(st, ID), t->n - 1};
}

static void thread_release(struct thread *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct request *r = &t->requests[i];

		free(r->account);
		free(r->subject);
		free(r->assignee);
		free(r->queue);
		free(r->motive);
	}
	t->n = t->n_moves = 0;
}

static void thread_begin(struct thread *t, int64_t root)
{
	thread_release(t);
	t->root = root;
	t->after = INT64_MIN;
	t->walked = 0;
	t->unknown = false;
}

/* Takes the events after those that are known. */
static enum crm_status walk_on(struct thread *t, int64_t as_of)
{
	sqlite3_stmt *st = crm_db_stmt(t->db, sql_events);
	enum crm_status rc;
	bool row;

	crm_bind_int(st, ":root", t->root);
	crm_bind_int(st, ":after", t->after);
	crm_bind_int(st, ":as_of", as_of);
	while ((rc = crm_db_step(t->db, st, &row)) == CRM_OK && row)
		take(t, st);
	return rc;
}

static enum crm_status walk(struct thread *t, int64_t root, int64_t as_of)
{
	thread_begin(t, root);
	return walk_on(t, as_of);
}

/* --- long threads --- */

/* A group of people may write ten thousand messages that are one request. What they were up to a
 * while ago is kept. Where all that came since is later, the walk goes on from there: the result
 * is the same. */

static void take_fold(struct thread *t, sqlite3_stmt *st)
{
	struct request *r;

	CRM_GROW(t->requests, 1, t->cap);
	t->after = sqlite3_column_int64(st, 0);
	t->n = 1;
	r = t->requests;
	*r = (struct request){
		.conversation = t->root,
		.talked = sqlite3_column_int(st, 1),
		.dealt_with = sqlite3_column_int(st, 2),
		.resolved = sqlite3_column_int64(st, 3),
		.asker_rank = sqlite3_column_int(st, 4),
		.status = crm_request_state(crm_column(st, 5)),
		.opened = sqlite3_column_int64(st, 6),
		.updated = sqlite3_column_int64(st, 7),
		.profile = sqlite3_column_int64(st, 8),
		.endpoint = sqlite3_column_int64(st, 9),
		.assigned = sqlite3_column_int64(st, 13),
		.priority = sqlite3_column_int64(st, 15),
		.waiting = sqlite3_column_int64(st, 17),
		.until = sqlite3_column_int64(st, 18),
	};
	set(&r->account, crm_column(st, 10));
	set(&r->subject, crm_column(st, 11));
	set(&r->assignee, crm_column(st, 12));
	set(&r->queue, crm_column(st, 14));
	set(&r->motive, crm_column(st, 16));
}

/* As walk, from what is known of it on, which is not later than as_of. */
static enum crm_status walk_rest(struct thread *t, int64_t root, int64_t as_of)
{
	sqlite3_stmt *st = crm_db_stmt(t->db, sql_fold);
	enum crm_status rc;
	bool row;

	thread_begin(t, root);
	crm_bind_int(st, ":id", root);
	crm_bind_int(st, ":reopen", t->reopen_ms);
	if ((rc = crm_db_step(t->db, st, &row)) != CRM_OK)
		return rc;
	if (row)
		take_fold(t, st);
	sqlite3_reset(st);
	return walk_on(t, as_of);
}

/* --- writing --- */

/* Runs a statement with some of :id, :into, :root, :event; its first column into *out. */
static enum crm_status run(struct crm_db *db, const char *sql, const char *a, int64_t a_id,
			   const char *b, int64_t b_id, int64_t *out)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql);
	int64_t ignored;
	enum crm_status rc;

	crm_bind_int(st, a, a_id);
	if (b)
		crm_bind_int(st, b, b_id);
	if ((rc = crm_db_int(db, st, 0, out ? out : &ignored)) == CRM_OK)
		sqlite3_reset(st);
	return rc;
}

static void bind_request(sqlite3_stmt *st, const struct request *r)
{
	crm_bind_int(st, ":id", r->conversation);
	crm_bind_int(st, ":opened", r->opened);
	crm_bind_int(st, ":updated", r->updated);
	crm_bind_text(st, ":status", r->status);
	crm_bind_id(st, ":profile", r->profile);
	crm_bind_id(st, ":endpoint", r->endpoint);
	crm_bind_text(st, ":account", r->account);
	crm_bind_text(st, ":subject", r->subject);
	crm_bind_text(st, ":assignee", r->assignee);
	crm_bind_id(st, ":assigned", r->assigned);
	crm_bind_text(st, ":queue", r->queue);
	crm_bind_int(st, ":priority", r->priority);
	crm_bind_text(st, ":motive", r->motive);
	crm_bind_id(st, ":waiting", r->waiting);
	crm_bind_id(st, ":until", r->until);
}

/* sql is sql_write, or sql_then. */
static enum crm_status write_request(struct crm_db *db, const char *sql, const struct request *r)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql);

	bind_request(st, r);
	return crm_db_run(db, st);
}

/* Keeps what a thread was before its latest events, some of which may yet come late. */
static enum crm_status keep_fold(struct thread *t)
{
	const struct request *r;
	sqlite3_stmt *st;
	enum crm_status rc;
	int64_t cut;

	if (t->walked < LONG || t->n != 1 || t->n_moves)
		return CRM_OK;
	st = crm_db_stmt(t->db, sql_cut);
	crm_bind_int(st, ":id", t->root);
	crm_bind_int(st, ":latest", LATEST);
	if ((rc = crm_db_int(t->db, st, t->after, &cut)) != CRM_OK || cut <= t->after
	    || (rc = walk_rest(t, t->root, cut)) != CRM_OK)
		return rc;
	r = t->requests;
	if (t->n != 1 || r->conversation != t->root || t->unknown)
		return CRM_OK;
	st = crm_db_stmt(t->db, sql_keep_fold);
	bind_request(st, r);
	crm_bind_int(st, ":at", cut);
	crm_bind_int(st, ":reopen", t->reopen_ms);
	crm_bind_int(st, ":talked", r->talked);
	crm_bind_int(st, ":dealt_with", r->dealt_with);
	crm_bind_int(st, ":resolved", r->resolved);
	crm_bind_int(st, ":rank", r->asker_rank);
	return crm_db_run(t->db, st);
}

/* A follower that is none any more stands for the thread's first request. */
static enum crm_status drop_followers(struct thread *t)
{
	sqlite3_stmt *st = crm_db_stmt(t->db, sql_followers);
	struct crm_ids ids = CRM_IDS_INIT;
	enum crm_status rc;

	crm_bind_int(st, ":root", t->root);
	rc = crm_ids_read(&ids, t->db, st);
	for (size_t i = 0; i < ids.n && rc == CRM_OK; i++) {
		size_t k = 0;

		while (k < t->n && t->requests[k].conversation != ids.ids[i])
			k++;
		if (k < t->n)
			continue;
		rc = run(t->db, sql_alias, ":id", ids.ids[i], ":into", t->root, NULL);
		if (rc == CRM_OK)
			rc = run(t->db, sql_drop, ":id", ids.ids[i], NULL, 0, NULL);
	}
	crm_ids_release(&ids);
	return rc;
}

static enum crm_status write_thread(struct thread *t)
{
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < t->n && rc == CRM_OK; i++) {
		struct request *r = &t->requests[i];

		if (!r->conversation)
			rc = run(t->db, sql_follow, ":root", t->root, ":event", r->first_event,
				 &r->conversation);
		if (rc == CRM_OK)
			rc = write_request(t->db, sql_write, r);
	}
	for (size_t i = 0; i < t->n_moves && rc == CRM_OK; i++)
		rc = run(t->db, sql_move, ":id", t->moves[i].event, ":into",
			 t->requests[t->moves[i].request].conversation, NULL);
	if (rc == CRM_OK && (t->n > 1 || t->n_moves)) {
		rc = run(t->db, sql_ratings, ":root", t->root, NULL, 0, NULL);
		if (rc == CRM_OK)
			rc = drop_followers(t);
	}
	return rc;
}

static enum crm_status thread_open(struct thread *t, struct crm_db *db)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_days);
	int64_t days;
	enum crm_status rc;

	*t = (struct thread){.db = db, .text = CRM_STR_INIT};
	if ((rc = crm_db_int(db, st, CRM_REOPEN_DAYS, &days)) != CRM_OK)
		return rc;
	t->reopen_ms = days * DAY;
	return CRM_OK;
}

static void thread_close(struct thread *t)
{
	thread_release(t);
	free(t->requests);
	free(t->moves);
	crm_json_doc_release(&t->doc);
	crm_str_release(&t->text);
}

enum crm_status crm_requests_derive(struct crm_db *db, struct crm_ids *ids)
{
	struct thread t;
	int64_t root;
	enum crm_status rc = thread_open(&t, db);

	if (ids->n)
		qsort(ids->ids, ids->n, sizeof(*ids->ids), crm_ids_order);
	for (size_t i = 0; i < ids->n && rc == CRM_OK; i++) {
		if (i && ids->ids[i] == ids->ids[i - 1])
			continue;
		rc = run(db, sql_root, ":id", ids->ids[i], NULL, 0, &root);
		if (rc != CRM_OK || !root)
			continue;
		if ((rc = walk_rest(&t, root, INT64_MAX)) == CRM_OK
		    && (rc = write_thread(&t)) == CRM_OK)
			rc = keep_fold(&t);
	}
	thread_close(&t);
	return rc;
}

/* --- reading --- */

enum crm_status crm_request_id(struct crm_db *db, int64_t id, int64_t *conversation)
{
	return run(db, sql_id, ":id", id, NULL, 0, conversation);
}

enum crm_status crm_request_of_event(struct crm_db *db, int64_t event, int64_t *conversation)
{
	return run(db, sql_of_event, ":id", event, NULL, 0, conversation);
}

/* Who asked, and by which channel. */
static enum crm_status put_about(struct crm_db *db, const struct request *r, struct crm_str *out)
{
	static const char *const names[] = {"channel", "medium",  "person",
					    "name",    "address", "follows"};
	sqlite3_stmt *st = crm_db_stmt(db, sql_about);
	enum crm_status rc;
	bool row;

	crm_bind_int(st, ":id", r->conversation);
	crm_bind_id(st, ":profile", r->profile);
	crm_bind_id(st, ":endpoint", r->endpoint);
	if ((rc = crm_db_step(db, st, &row)) != CRM_OK || !row)
		return rc;
	for (int i = 0; i < 6; i++) {
		if (sqlite3_column_type(st, i) == SQLITE_INTEGER)
			crm_json_put_int(out, names[i], sqlite3_column_int64(st, i));
		else if (sqlite3_column_type(st, i) == SQLITE_TEXT)
			crm_json_put(out, names[i], (const char *)sqlite3_column_text(st, i));
	}
	sqlite3_reset(st);
	return CRM_OK;
}

static bool is_awake(const struct request *r, int64_t as_of)
{
	return !strcmp(r->status, "snoozed") && r->until && r->until <= as_of;
}

static const char *state_at(const struct request *r, int64_t as_of)
{
	return is_awake(r, as_of) ? "open" : r->status;
}

static enum crm_status put_request(struct crm_db *db, const struct request *r, int64_t as_of,
				   struct crm_str *out)
{
	enum crm_status rc;

	crm_json_open(out, '{');
	crm_json_put(out, "type", "request");
	crm_json_put_int(out, "conversation", r->conversation);
	crm_json_put(out, "status", state_at(r, as_of));
	if ((rc = put_about(db, r, out)) != CRM_OK)
		return rc;
	crm_json_put(out, "account", r->account);
	crm_json_put(out, "subject", r->subject);
	crm_json_put_time(out, "opened_at", r->opened);
	crm_json_put_time(out, "updated_at", r->updated);
	crm_json_put_time(out, "waiting_since", r->waiting);
	crm_json_put_time(out, "snoozed_until", is_awake(r, as_of) ? 0 : r->until);
	crm_json_put(out, "agent", r->assignee);
	crm_json_put_time(out, "assigned_at", r->assigned);
	crm_json_put(out, "queue", r->queue);
	crm_json_put(out, "priority", crm_priority_names[r->priority]);
	crm_json_put(out, "motive", r->motive);
	crm_json_close(out, '}');
	return CRM_OK;
}

enum crm_status crm_request_at(struct crm_db *db, int64_t conversation, int64_t as_of,
			       struct crm_str *out)
{
	struct thread t;
	int64_t id = 0, root = 0;
	enum crm_status rc = thread_open(&t, db);

	if (rc == CRM_OK)
		rc = crm_request_id(db, conversation, &id);
	if (rc == CRM_OK && id)
		rc = run(db, sql_root, ":id", id, NULL, 0, &root);
	if (rc == CRM_OK && id)
		rc = walk(&t, root, as_of);
	if (rc == CRM_OK) {
		size_t k = 0;

		while (k < t.n && t.requests[k].conversation != id)
			k++;
		rc = k < t.n ? put_request(db, &t.requests[k], as_of, out)
			     : crm_fail(crm_db_err(db), CRM_NO_INPUT, "no request %lld%s",
					(long long)conversation, id ? " yet at that time" : "");
	}
	thread_close(&t);
	return rc;
}

static enum crm_status write_then(struct thread *t)
{
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < t->n && rc == CRM_OK; i++)
		if (t->requests[i].conversation)
			rc = write_request(t->db, sql_then, &t->requests[i]);
	return rc;
}

/* What the time before made. */
static enum crm_status drop_as_of(struct crm_db *db)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_as_of);
	int64_t view;
	enum crm_status rc;

	if ((rc = crm_db_int(db, st, -1, &view)) != CRM_OK || view < 0)
		return rc;
	return crm_db_exec(db, view ? "DROP VIEW temp.request" : "DROP TABLE temp.request");
}

enum crm_status crm_requests_as_of(struct crm_db *db, int64_t as_of)
{
	struct crm_ids roots = CRM_IDS_INIT;
	struct thread t;
	sqlite3_stmt *st;
	enum crm_status rc = drop_as_of(db);

	if (rc != CRM_OK)
		return rc;
	if (as_of == INT64_MAX)
		return crm_db_exec(db, "CREATE TEMP VIEW request AS SELECT * FROM conversation");
	rc = crm_db_exec(db, "CREATE TEMP TABLE request AS SELECT * FROM conversation WHERE false");
	if (rc != CRM_OK)
		return rc;
	if ((rc = thread_open(&t, db)) != CRM_OK)
		return rc;
	st = crm_db_stmt(db, sql_roots);
	crm_bind_int(st, ":as_of", as_of);
	rc = crm_ids_read(&roots, db, st);
	for (size_t i = 0; i < roots.n && rc == CRM_OK; i++)
		if ((rc = walk(&t, roots.ids[i], as_of)) == CRM_OK)
			rc = write_then(&t);
	crm_ids_release(&roots);
	thread_close(&t);
	return rc;
}

static void request_status(sqlite3_context *context, int n, sqlite3_value **values)
{
	struct crm_db *db = sqlite3_user_data(context);
	int64_t id = sqlite3_value_int64(values[0]), root = 0,
		as_of = sqlite3_value_int64(values[1]);
	struct thread t;
	enum crm_status rc = thread_open(&t, db);

	(void)n;
	if (rc == CRM_OK)
		rc = run(db, sql_root, ":id", id, NULL, 0, &root);
	if (rc == CRM_OK)
		rc = walk(&t, root, as_of);
	for (size_t i = 0; i < t.n && rc == CRM_OK; i++)
		if (t.requests[i].conversation == id)
			sqlite3_result_text(context, state_at(&t.requests[i], as_of), -1,
					    SQLITE_STATIC);
	if (rc != CRM_OK)
		sqlite3_result_error(context, crm_db_err(db)->text, -1);
	thread_close(&t);
}

static void request_state(sqlite3_context *context, int n, sqlite3_value **values)
{
	const char *word = (const char *)sqlite3_value_text(values[0]);

	(void)n;
	sqlite3_result_text(context, crm_request_state(crm_slice_of(word)), -1, SQLITE_STATIC);
}

enum crm_status crm_request_functions(struct crm_db *db)
{
	int rc = sqlite3_create_function(crm_db_handle(db), "request_status", 2,
					 SQLITE_UTF8 | SQLITE_INNOCUOUS, db, request_status, NULL,
					 NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_create_function(crm_db_handle(db), "request_state", 1,
					     SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
					     NULL, request_state, NULL, NULL);
	return crm_db_check(db, rc, "registering functions of requests");
}
