/* SPDX-License-Identifier: MIT */
/*
 * Storing a chunk: one transaction that decides for each record, in the order of the
 * file, whether it is new and whose it is, gathers the rows, and writes them in bulk.
 */
#include "store/intake.h"

#include <stdlib.h>
#include <string.h>

#include "base/bloom.h"
#include "base/hash.h"
#include "store/blob.h"
#include "store/bulk.h"
#include "store/conversation.h"
#include "store/erased.h"
#include "store/find.h"
#include "store/golden.h"
#include "store/identify.h"
#include "store/keys.h"
#include "store/people.h"
#include "store/settle.h"
#include "store/token.h"

#define FILTER_FROM 60000 /* records, from which on a file is a bulk load */

struct next_ids {
	int64_t person, profile, endpoint, event, line, talk;
};

struct crm_intake {
	struct crm_db *db;
	struct crm_intake_source source;
	bool open; /* within a transaction */
	int64_t now;
	struct crm_counts counts;

	struct crm_book *book;
	struct crm_erased erased;
	struct crm_bloom *stored; /* ids and addresses the store has; NULL: not a bulk load */
	int64_t data_version;     /* of the store as the filter knows it */
	bool filtered;            /* a filter was tried: not again */
	struct crm_bulk *person, *profile, *profile_endpoint, *unsettled, *event, *order_line,
		*attachment;
	struct next_ids next, first; /* first: as the transaction began */
	struct crm_counts committed;
	struct crm_keys keys; /* and which source and batch it is */
	struct crm_talks talks;
	struct crm_ids grown; /* canonical ids of people with a new profile */
	const struct crm_golden_rules *rules;
	enum crm_status failed; /* the first failure within a record */
};

/* SQL keeps its own lines. */
/* clang-format off */
static const char sql_source[] =
	"INSERT INTO source (name, scope, medium) VALUES (:name, :scope, :medium)"
	" ON CONFLICT (name, scope) DO UPDATE SET medium = excluded.medium RETURNING id";
static const char sql_single[] = "INSERT INTO single VALUES (:source) ON CONFLICT DO NOTHING";
static const char sql_several[] = "DELETE FROM single WHERE source_id = :source";
static const char sql_unfinished[] =
	"SELECT id FROM batch WHERE source_id = :source AND file = :file AND finished_at IS NULL"
	" ORDER BY id DESC LIMIT 1";
static const char sql_batch[] =
	"INSERT INTO batch (source_id, file, mapping, started_at)"
	" VALUES (:source, :file, :mapping, :now) RETURNING id";
static const char sql_taken[] =
	"SELECT EXISTS (SELECT 1 FROM profile WHERE id >= :profile AND batch_id = :batch)"
	" OR EXISTS (SELECT 1 FROM event WHERE id >= :event AND batch_id = :batch)"
	" OR EXISTS (SELECT 1 FROM order_line WHERE id >= :line AND batch_id = :batch)";
static const char sql_progress[] =
	"UPDATE batch SET records = :records, stored = :stored, duplicate = :duplicate,"
	" set_aside = :aside, finished_at = :finished WHERE id = :batch";
static const char sql_reject[] =
	"INSERT INTO rejected (source_id, batch_id, line, reason, header, bytes, digest, part)"
	" VALUES (:source, :batch, :line, :reason, :header, :bytes, :digest, :part)"
	" ON CONFLICT (source_id, digest) DO NOTHING";
/* What only names an order belongs to whoever ordered, whichever came first. */
static const char sql_bind_event[] =
	"UPDATE event SET profile_id = (SELECT o.profile_id FROM event AS o"
	"  JOIN source AS s ON s.id = o.source_id WHERE o.ref = event.ref AND o.type = 'order'"
	"  AND s.scope = :scope AND o.profile_id IS NOT NULL LIMIT 1) WHERE id = :id";
static const char sql_bind_order[] =
	"UPDATE event SET profile_id = :profile WHERE ref = :ref AND profile_id IS NULL"
	" AND source_id IN (SELECT id FROM source WHERE scope = :scope)";
static const char sql_profile_words[] =
	"INSERT INTO profile_words (rowid, words) SELECT id, " CRM_PROFILE_WORDS
	" FROM profile WHERE id >= :first";
static const char sql_event_words[] =
	"INSERT INTO event_words (rowid, words) SELECT id, " CRM_EVENT_WORDS
	" FROM event WHERE id >= :first"
	" AND (subject IS NOT NULL OR text IS NOT NULL OR ref IS NOT NULL)";
/* What a status says of the address itself: a bounce or complaint about a message that we
 * sent there. Anyone can make up a report, hardly one about the right message; which of the
 * two came first makes no difference. */
#define MARKS                                                                                 \
	"UPDATE endpoint SET flags = flags | CASE x.status WHEN 'bounced' THEN 4 ELSE 8 END " \
	"FROM (SELECT s.status, s.endpoint_id FROM event AS "
#define OF_OURS                                                              \
	" WHERE s.type = 'status' AND s.status IN ('bounced', 'complained')" \
	" AND m.type = 'message' AND m.direction = 'out' AND m.endpoint_id = s.endpoint_id"
static const char sql_mark_new[] =
	MARKS "s CROSS JOIN event AS m ON m.source_id = s.source_id AND m.key = s.about" OF_OURS
	      " AND s.id >= :first) AS x WHERE endpoint.id = x.endpoint_id";
static const char sql_mark_old[] =
	MARKS "m CROSS JOIN event AS s ON s.about = m.key AND s.source_id = m.source_id" OF_OURS
	      " AND m.id >= :first) AS x WHERE endpoint.id = x.endpoint_id";
static const char sql_at_address[] =
	"SELECT f.id, f.person_id, p.canon_id FROM profile_endpoint AS x "
	"JOIN profile AS f ON f.id = x.profile_id JOIN person AS p ON p.id = f.person_id "
	"WHERE x.endpoint_id = :id ORDER BY f.id LIMIT 1";
static const char sql_max[] =
	"SELECT (SELECT max(id) FROM person), (SELECT max(id) FROM profile), "
	"(SELECT max(id) FROM endpoint), "
	"(SELECT max(id) FROM event), (SELECT max(id) FROM order_line), "
	"(SELECT max(max(c.id), coalesce((SELECT max(id) FROM conversation_alias), 0)) "
	"FROM conversation AS c)";
/* clang-format on */

enum crm_status crm_intake_open(struct crm_intake **out, struct crm_db *db,
				const struct crm_intake_source *source,
				const struct crm_golden_rules *rules)
{
	struct crm_intake *in = crm_calloc(1, sizeof(*in));
	enum crm_status rc;

	*out = in;
	in->db = db;
	in->source = *source;
	in->now = crm_db_now(db);
	/* Parents and children are written in bulk, in any order; all ids are our own, and the
	 * tests run foreign_key_check. Set before any statement is prepared. */
	if ((rc = crm_db_exec(db, "PRAGMA foreign_keys = OFF; PRAGMA cache_size = -131072; PRAGMA "
				  "wal_autocheckpoint = 16384"))
	    != CRM_OK)
		return rc;
	in->book = crm_book_new(db, &in->erased);
	in->rules = rules;
	in->person = crm_bulk_new(db, "INSERT OR FAIL", "person",
				  "id, canon_id, created_at, name, email, phone");
	in->profile =
		crm_bulk_new(db, "INSERT OR FAIL", "profile",
			     "id, source_id, key, batch_id, line, seen_at, person_id, name, given, "
			     "family, birth_date, org, street, city, postcode, region, country, "
			     "language, birth_written, raw");
	in->profile_endpoint =
		crm_bulk_new(db, "INSERT OR FAIL", "profile_endpoint", "profile_id, endpoint_id");
	in->unsettled = crm_bulk_new(db, "INSERT OR FAIL", "unsettled", "profile_id");
	in->event = crm_bulk_new(
		db, "INSERT OR FAIL", "event",
		"id, source_id, key, batch_id, line, type, at, at_offset, direction, "
		"profile_id, endpoint_id, conversation_id, ref, amount, currency, subject, "
		"text, status, rating, rating_max, duration, agent, about, account, automatic, "
		"reply_to, campaign, raw");
	in->attachment = crm_bulk_new(db, "INSERT OR IGNORE", "attachment",
				      "event_id, n, name, type, size, digest, url");
	in->order_line =
		crm_bulk_new(db, "INSERT OR FAIL", "order_line",
			     "id, source_id, key, batch_id, line, scope, ref, sku, name, quantity, "
			     "price, extra, currency, raw");
	if ((rc = crm_talks_open(&in->talks, db)) != CRM_OK)
		return rc;
	return crm_keys_open(&in->keys, db);
}

void crm_intake_close(struct crm_intake *in)
{
	if (!in)
		return;
	crm_db_exec(in->db, "PRAGMA foreign_keys = ON");
	crm_book_free(in->book);
	crm_erased_release(&in->erased);
	crm_bloom_free(in->stored);
	crm_bulk_free(in->person);
	crm_bulk_free(in->profile);
	crm_bulk_free(in->profile_endpoint);
	crm_bulk_free(in->unsettled);
	crm_bulk_free(in->event);
	crm_bulk_free(in->order_line);
	crm_bulk_free(in->attachment);
	crm_keys_close(&in->keys);
	crm_talks_release(&in->talks);
	crm_ids_release(&in->grown);
	free(in);
}

const struct crm_counts *crm_intake_counts(const struct crm_intake *in)
{
	return &in->counts;
}

/* --- the batch --- */

static enum crm_status new_batch(struct crm_intake *in)
{
	sqlite3_stmt *st = crm_db_stmt(in->db, sql_batch);

	crm_bind_int(st, ":source", in->keys.source_id);
	crm_bind_text(st, ":file", in->source.file);
	crm_bind_text(st, ":mapping", in->source.mapping);
	crm_bind_int(st, ":now", in->now);
	return crm_db_int(in->db, st, 0, &in->keys.batch_id);
}

static enum crm_status begin_batch(struct crm_intake *in)
{
	struct crm_db *db = in->db;
	enum crm_status rc;
	sqlite3_stmt *st;

	st = crm_db_stmt(db, sql_source);
	crm_bind_text(st, ":name", in->source.name);
	crm_bind_text(st, ":scope", in->source.scope);
	crm_bind_text(st, ":medium", in->source.medium);
	if ((rc = crm_db_int(db, st, 0, &in->keys.source_id)) != CRM_OK)
		return rc;
	st = crm_db_stmt(db, in->source.single ? sql_single : sql_several);
	crm_bind_int(st, ":source", in->keys.source_id);
	if ((rc = crm_db_run(db, st)) != CRM_OK)
		return rc;
	st = crm_db_stmt(db, sql_unfinished);
	crm_bind_int(st, ":source", in->keys.source_id);
	crm_bind_text(st, ":file", in->source.file);
	if ((rc = crm_db_int(db, st, 0, &in->keys.batch_id)) != CRM_OK)
		return rc;
	in->keys.resumed = in->keys.batch_id != 0;
	in->talks.source_id = in->keys.source_id;
	return in->keys.resumed ? CRM_OK : new_batch(in);
}

static enum crm_status write_progress(struct crm_intake *in, bool finished)
{
	sqlite3_stmt *st = crm_db_stmt(in->db, sql_progress);

	crm_bind_int(st, ":records", in->counts.records);
	crm_bind_int(st, ":stored", in->counts.stored);
	crm_bind_int(st, ":duplicate", in->counts.duplicate);
	crm_bind_int(st, ":aside", in->counts.set_aside);
	if (finished)
		crm_bind_int(st, ":finished", in->now);
	crm_bind_int(st, ":batch", in->keys.batch_id);
	return crm_db_run(in->db, st);
}

/* Another run takes up the batch of one that it believes killed, and may get ahead of it.
 * What that one stores must then not be taken for rows of our own: here it would look like
 * a first occurrence when it is the same row. So we leave the batch to it and go on with
 * one of ours, in which its rows are duplicates. */
static enum crm_status yield_batch(struct crm_intake *in)
{
	sqlite3_stmt *st = crm_db_stmt(in->db, sql_taken);
	enum crm_status rc;
	int64_t taken;

	crm_bind_int(st, ":batch", in->keys.batch_id);
	crm_bind_int(st, ":profile", in->next.profile);
	crm_bind_int(st, ":event", in->next.event);
	crm_bind_int(st, ":line", in->next.line);
	if ((rc = crm_db_int(in->db, st, 0, &taken)) != CRM_OK || !taken)
		return rc;
	return new_batch(in);
}

static struct crm_slice short_digest(const struct crm_record *r)
{
	return (struct crm_slice){r->digest.ptr, 16};
}

/* --- profiles and people --- */

static void new_person(struct crm_intake *in, const struct crm_record *r, int64_t id)
{
	struct crm_slice email = {NULL, 0}, phone = {NULL, 0}, name = r->person[CRM_NAME];

	for (size_t i = r->n_addresses; i-- > 0;) {
		if (r->addresses[i].kind == CRM_EMAIL)
			email = r->addresses[i].value;
		else if (r->addresses[i].kind == CRM_PHONE)
			phone = r->addresses[i].value;
	}
	crm_bulk_int(in->person, id);
	crm_bulk_int(in->person, id);
	crm_bulk_int(in->person, in->now);
	crm_bulk_text(in->person, name);
	crm_bulk_text(in->person, email);
	crm_bulk_text(in->person, phone);
	in->counts.new_people++;
}

static void profile_row(struct crm_intake *in, const struct crm_record *r, int64_t id,
			struct crm_slice key, int64_t person)
{
	crm_bulk_int(in->profile, id);
	crm_bulk_int(in->profile, in->keys.source_id);
	crm_bulk_text(in->profile, key);
	crm_bulk_int(in->profile, in->keys.batch_id);
	crm_bulk_int(in->profile, r->line);
	crm_bulk_int(in->profile, r->has_at ? r->at : in->now);
	crm_bulk_int(in->profile, person);
	for (int f = 0; f < CRM_PERSON_FIELDS; f++)
		crm_bulk_text(in->profile, r->person[f]);
	crm_bulk_text(in->profile, r->birth_written);
	crm_bulk_text(in->profile, r->raw);
}

static bool adds_nothing(struct crm_slice value, struct crm_slice golden)
{
	return !value.ptr || crm_slice_same(value, golden);
}

/* Whatever the survivorship rules are: a record that repeats what is chosen already, or is
 * silent, leaves the choice as it is. */
static bool says_the_same(const struct crm_record *r, const struct crm_who *who)
{
	bool same = adds_nothing(r->person[CRM_NAME], who->name);

	for (size_t i = 0; i < r->n_addresses && same; i++)
		if (r->addresses[i].kind == CRM_EMAIL || r->addresses[i].kind == CRM_PHONE)
			same = adds_nothing(r->addresses[i].value, r->addresses[i].kind == CRM_EMAIL
									   ? who->email
									   : who->phone);
	return same;
}

static struct crm_hit add_profile(struct crm_intake *in, const struct crm_record *r,
				  struct crm_slice key, struct crm_hit known,
				  struct crm_outcome *out)
{
	struct crm_who who = crm_book_who(in->book, r, &known);
	struct crm_hit made = {.id = in->next.profile++, .person = who.person, .canon = who.canon};
	int64_t ids[CRM_ADDRESSES];

	in->failed = who.failed;
	if (!who.person) {
		made.person = made.canon = in->next.person++;
		new_person(in, r, made.person);
		out->new_person = true;
	} else if (!says_the_same(r, &who)) {
		crm_ids_add(&in->grown, made.canon);
	}
	made.profile = made.id;
	profile_row(in, r, made.id, key, made.person);
	crm_book_enter(in->book, r, &made, !who.person, ids);
	for (size_t i = 0; i < r->n_addresses; i++) {
		crm_bulk_int(in->profile_endpoint, made.id);
		crm_bulk_int(in->profile_endpoint, ids[i]);
	}
	if (who.contested)
		crm_bulk_int(in->unsettled, made.id);
	memcpy(out->suspects, who.suspects, sizeof(who.suspects));
	out->n_suspects = who.n_suspects;
	crm_keys_remember(&in->keys, CRM_KEY_PROFILE, key, r, made);
	return made;
}

static void tell_person(struct crm_outcome *out, struct crm_hit hit)
{
	out->profile = hit.profile;
	out->person = hit.canon;
}

/* The bytes of files, each once. */
static void add_blobs(struct crm_intake *in, const struct crm_record *r)
{
	for (size_t i = 0; i < r->n_blobs && !in->failed; i++)
		in->failed = crm_blob_add(in->db, r->blobs[i].digest, r->blobs[i].bytes);
}

static void store_contact(struct crm_intake *in, const struct crm_record *r,
			  struct crm_outcome *out)
{
	static const struct crm_slice nothing = {"", 0};
	struct crm_hit hit, known = {0};
	struct crm_slice key, versions = nothing;
	enum crm_verdict verdict;

	if (r->id.ptr) {
		key = crm_keys_join(&in->keys, r->id, '#', short_digest(r));
		versions = (struct crm_slice){key.ptr, r->id.len + 1};
		hit = crm_keys_find_version(&in->keys, key, versions, r, &known);
		verdict = crm_keys_claim_own(&in->keys, CRM_KEY_PROFILE, key, hit);
	} else {
		key = crm_keys_join(&in->keys, nothing, '#', r->digest);
		verdict = crm_keys_claim_content(&in->keys, CRM_KEY_PROFILE, &key, r, &hit);
	}
	if (verdict == CRM_NEW) {
		hit = add_profile(in, r, key, known, out);
		add_blobs(in, r);
		if (versions.len && !known.found)
			crm_keys_remember(&in->keys, CRM_KEY_PROFILE_ID, versions, r, hit);
	}
	out->kind = verdict == CRM_KNOWN ? CRM_DUPLICATE : CRM_STORED;
	out->id = hit.id;
	tell_person(out, hit);
}

/* The profile that an event speaks of: the one that says the same of somebody, or new. */
static struct crm_hit event_profile(struct crm_intake *in, const struct crm_record *r,
				    struct crm_outcome *out)
{
	static const struct crm_slice nothing = {"", 0};
	struct crm_slice key;
	struct crm_hit hit;

	if (!r->person_digest.ptr)
		return (struct crm_hit){0};
	key = crm_keys_join(&in->keys, nothing, '~', r->person_digest);
	hit = crm_keys_find(&in->keys, CRM_KEY_PROFILE, key, r);
	return hit.found ? hit : add_profile(in, r, key, (struct crm_hit){0}, out);
}

/* --- events and order lines --- */

static void event_row(struct crm_intake *in, const struct crm_record *r, struct crm_slice key,
		      struct crm_slice about, const struct crm_outcome *out, const char *type,
		      int64_t endpoint)
{
	struct crm_bulk *b = in->event;

	crm_bulk_int(b, out->id);
	crm_bulk_int(b, in->keys.source_id);
	crm_bulk_text(b, key);
	crm_bulk_int(b, in->keys.batch_id);
	crm_bulk_int(b, r->line);
	crm_bulk_text(b, crm_slice_of(type));
	crm_bulk_int(b, r->has_at ? r->at : in->now);
	crm_bulk_int_or_null(b, r->has_offset, r->at_offset);
	crm_bulk_text(b, r->direction);
	crm_bulk_int_or_null(b, out->profile != 0, out->profile);
	crm_bulk_int_or_null(b, endpoint != 0, endpoint);
	crm_bulk_int_or_null(b, out->conversation != 0, out->conversation);
	crm_bulk_text(b, r->ref);
	crm_bulk_int_or_null(b, r->has_amount, r->amount);
	crm_bulk_text(b, r->currency);
	crm_bulk_text(b, r->subject);
	crm_bulk_text(b, r->text);
	crm_bulk_text(b, r->status);
	crm_bulk_real_or_null(b, r->has_rating, r->rating);
	crm_bulk_real_or_null(b, r->has_rating_max, r->rating_max);
	crm_bulk_int_or_null(b, r->has_duration, r->duration);
	crm_bulk_text(b, r->agent);
	crm_bulk_text(b, about);
	crm_bulk_text(b, r->account);
	crm_bulk_text(b, r->automatic);
	crm_bulk_text(b, r->reply_to);
	crm_bulk_text(b, r->campaign);
	crm_bulk_text(b, r->raw);
}

/* The address at which an event took place: its first e-mail or phone, else a handle. */
static int64_t event_endpoint(struct crm_intake *in, const struct crm_record *r,
			      struct crm_hit profile)
{
	int64_t ids[CRM_ADDRESSES], found = 0;

	if (!r->n_addresses)
		return 0;
	if (r->type == CRM_STATUS)
		crm_book_mark(in->book, r, ids);
	else
		crm_book_enter(in->book, r, &profile, false, ids);
	for (size_t i = r->n_addresses; i-- > 0;)
		if (r->addresses[i].kind != CRM_ID
		    && (r->addresses[i].kind != CRM_HANDLE || !found))
			found = ids[i];
	return found;
}

static void add_attachments(struct crm_intake *in, const struct crm_record *r, int64_t event)
{
	for (size_t i = 0; i < r->n_attachments; i++) {
		const struct crm_attachment *a = &r->attachments[i];

		crm_bulk_int(in->attachment, event);
		crm_bulk_int(in->attachment, (int64_t)i + 1);
		crm_bulk_text(in->attachment, a->name);
		crm_bulk_text(in->attachment, a->type);
		crm_bulk_int_or_null(in->attachment, a->has_size, a->size);
		crm_bulk_text(in->attachment, a->digest);
		crm_bulk_text(in->attachment, a->url);
	}
}

/* Whose a status is: of whom the message is that it tells of. */
static struct crm_hit status_profile(struct crm_intake *in, const struct crm_record *r)
{
	struct crm_hit hit = {0};

	return r->about.ptr ? crm_keys_find(&in->keys, CRM_KEY_EVENT, r->about, r) : hit;
}

/* Whose a consent is that names its address by a token of ours; *endpoint becomes that address.
 * Found only where somebody is at it. */
static struct crm_hit consent_profile(struct crm_intake *in, const struct crm_record *r,
				      int64_t *endpoint)
{
	struct crm_hit hit = {0};
	sqlite3_stmt *st = NULL;

	*endpoint = 0;
	if (r->type != CRM_CONSENT || !r->token.ptr || in->failed)
		return hit;
	in->failed = crm_token_read_address(in->db, r->token, endpoint);
	if (!in->failed && *endpoint)
		in->failed = crm_db_find(in->db, sql_at_address, *endpoint, &st);
	if (in->failed || !st)
		return hit;
	hit = (struct crm_hit){.found = true,
			       .profile = sqlite3_column_int64(st, 0),
			       .person = sqlite3_column_int64(st, 1),
			       .canon = sqlite3_column_int64(st, 2)};
	sqlite3_reset(st);
	return hit;
}

/* first: the key of the event's first version, for most its own. */
static struct crm_hit add_event(struct crm_intake *in, const struct crm_record *r,
				struct crm_slice key, struct crm_slice first, const char *type,
				struct crm_outcome *out)
{
	int64_t named;
	struct crm_hit made, profile = consent_profile(in, r, &named);

	if (!profile.found)
		profile = r->type == CRM_STATUS ? status_profile(in, r) : event_profile(in, r, out);
	out->id = in->next.event++;
	tell_person(out, profile);
	out->conversation = crm_talks_add(&in->talks, r, first, out->person);
	event_row(in, r, key, out->changed ? first : r->about, out, type,
		  named && profile.found ? named : event_endpoint(in, r, profile));
	add_attachments(in, r, out->id);
	add_blobs(in, r);
	made = profile;
	made.id = out->id;
	crm_keys_remember(&in->keys, CRM_KEY_EVENT, key, r, made);
	return made;
}

/* Of what makes it another version of an event: 16 digits. */
static struct crm_slice content_digest(struct crm_intake *in, const struct crm_record *r)
{
	struct crm_str s = CRM_STR_INIT;
	struct crm_digest digest;
	char *kept;

	crm_str_add(&s, r->status.ptr, r->status.len);
	crm_str_addc(&s, '\x1f');
	crm_str_add(&s, r->text.ptr, r->text.len);
	crm_str_addc(&s, '\x1f');
	if (r->has_amount)
		crm_str_addi(&s, r->amount);
	digest = crm_digest_of(s.ptr, s.len);
	crm_str_clear(&s);
	crm_digest_hex(&digest, &s);
	kept = crm_arena_strndup(&in->keys.arena, s.ptr, 16);
	crm_str_release(&s);
	return (struct crm_slice){kept, 16};
}

/* An event that came before and says something else now. */
static bool add_change(struct crm_intake *in, const struct crm_record *r, struct crm_slice first,
		       struct crm_outcome *out)
{
	struct crm_slice key = crm_keys_join(&in->keys, first, '#', content_digest(in, r));
	struct crm_hit hit = crm_keys_find(&in->keys, CRM_KEY_EVENT, key, r);

	if (crm_keys_claim_own(&in->keys, CRM_KEY_EVENT, key, hit) != CRM_NEW)
		return hit.mine && in->keys.resumed;
	out->changed = true;
	add_event(in, r, key, first, "change", out);
	return true;
}

static enum crm_verdict store_order_line(struct crm_intake *in, const struct crm_record *r,
					 struct crm_hit *hit)
{
	struct crm_slice key =
		crm_keys_join(&in->keys, r->ref, '/', r->line_id.ptr ? r->line_id : r->digest);
	struct crm_bulk *b = in->order_line;
	enum crm_verdict verdict;

	if (r->line_id.ptr) {
		*hit = crm_keys_find(&in->keys, CRM_KEY_LINE, key, r);
		verdict = crm_keys_claim_own(&in->keys, CRM_KEY_LINE, key, *hit);
	} else {
		verdict = crm_keys_claim_content(&in->keys, CRM_KEY_LINE, &key, r, hit);
	}
	if (verdict != CRM_NEW)
		return verdict;
	hit->id = in->next.line++;
	crm_bulk_int(b, hit->id);
	crm_bulk_int(b, in->keys.source_id);
	crm_bulk_text(b, key);
	crm_bulk_int(b, in->keys.batch_id);
	crm_bulk_int(b, r->line);
	crm_bulk_text(b, crm_slice_of(in->source.scope));
	crm_bulk_text(b, r->ref);
	crm_bulk_text(b, r->sku);
	crm_bulk_text(b, r->line_name);
	crm_bulk_real_or_null(b, true, r->quantity);
	crm_bulk_int_or_null(b, r->has_price, r->price);
	crm_bulk_int_or_null(b, r->has_extra, r->extra);
	crm_bulk_text(b, r->currency);
	crm_bulk_text(b, r->raw);
	crm_keys_remember(&in->keys, CRM_KEY_LINE, key, r, *hit);
	return verdict;
}

static struct crm_slice sender_digest(const struct crm_record *r)
{
	return (struct crm_slice){r->person_digest.ptr, 16};
}

static void store_event(struct crm_intake *in, const struct crm_record *r, struct crm_outcome *out)
{
	static const struct crm_slice nothing = {"", 0};
	struct crm_slice key =
		r->id.ptr ? r->id : crm_keys_join(&in->keys, nothing, '#', r->digest);
	enum crm_verdict verdict;
	struct crm_hit hit, line;
	bool stored;

	if (r->id.ptr) {
		hit = crm_keys_find(&in->keys, CRM_KEY_EVENT, key, r);
		if (hit.found && hit.other) {
			key = crm_keys_join(&in->keys, r->id, '~',
					    r->by_reference
						    ? sender_digest(r)
						    : crm_slice_of(crm_record_type_names[r->type]));
			hit = crm_keys_find(&in->keys, CRM_KEY_EVENT, key, r);
		}
		verdict = crm_keys_claim_own(&in->keys, CRM_KEY_EVENT, key, hit);
	} else {
		verdict = crm_keys_claim_content(&in->keys, CRM_KEY_EVENT, &key, r, &hit);
	}
	stored = verdict != CRM_KNOWN;
	if (verdict == CRM_NEW) {
		add_event(in, r, key, key, crm_record_type_names[r->type], out);
	} else {
		out->id = hit.id;
		tell_person(out, hit);
		if (r->id.ptr && hit.differs)
			stored |= add_change(in, r, key, out);
	}
	if (r->has_line)
		stored |= store_order_line(in, r, &line) != CRM_KNOWN;
	out->kind = stored ? CRM_STORED : CRM_DUPLICATE;
}

static enum crm_status store_rejected(struct crm_intake *in, const struct crm_record *r)
{
	sqlite3_stmt *st = crm_db_stmt(in->db, sql_reject);
	struct crm_digest digest = crm_digest_of(r->bytes.ptr, r->bytes.len);
	enum crm_status rc;

	crm_bind_int(st, ":source", in->keys.source_id);
	crm_bind_int(st, ":batch", in->keys.batch_id);
	crm_bind_int(st, ":line", r->line);
	crm_bind_text(st, ":reason", r->aside);
	crm_bind_slice(st, ":header", in->source.header);
	crm_bind_blob(st, ":bytes", r->bytes.ptr, r->bytes.len);
	crm_bind_blob(st, ":digest", digest.bytes, sizeof(digest.bytes));
	crm_bind_slice(st, ":part", r->file);
	rc = crm_db_run(in->db, st);
	in->counts.new_aside += rc == CRM_OK && sqlite3_changes(crm_db_handle(in->db));
	return rc;
}

/* A consent of whom nobody knows whose it is: its link was cut, or made up. */
static void refuse_nobodys(struct crm_intake *in, struct crm_record *r)
{
	int64_t endpoint;

	if (r->aside || r->type != CRM_CONSENT || r->person_digest.ptr
	    || consent_profile(in, r, &endpoint).found)
		return;
	r->aside = r->token.ptr ? "its token is none of ours" : "says nothing of a person";
	r->bytes = r->raw;
}

static void store_record(struct crm_intake *in, const struct crm_record *r, struct crm_outcome *out)
{
	struct crm_hit line;

	*out = (struct crm_outcome){0};
	in->counts.records++;
	if (r->aside) {
		out->kind = CRM_SET_ASIDE;
		in->failed = store_rejected(in, r);
	} else if (crm_erased_is_past(&in->erased, in->keys.source_id, r)) {
		out->kind = CRM_DUPLICATE;
	} else if (r->type == CRM_CONTACT) {
		store_contact(in, r, out);
	} else if (r->type == CRM_ORDER_LINE) {
		out->kind =
			store_order_line(in, r, &line) == CRM_KNOWN ? CRM_DUPLICATE : CRM_STORED;
		out->id = line.id;
	} else {
		store_event(in, r, out);
	}
	in->counts.stored += out->kind == CRM_STORED;
	in->counts.duplicate += out->kind == CRM_DUPLICATE;
	in->counts.set_aside += out->kind == CRM_SET_ASIDE;
}

/* --- the chunk --- */

static enum crm_status read_next_ids(struct crm_intake *in)
{
	sqlite3_stmt *st = crm_db_stmt(in->db, sql_max);
	int64_t *ids[] = {&in->next.person, &in->next.profile, &in->next.endpoint,
			  &in->next.event,  &in->next.line,    &in->next.talk};
	enum crm_status rc;
	bool row;

	if ((rc = crm_db_step(in->db, st, &row)) != CRM_OK)
		return rc;
	for (int i = 0; i < 6; i++)
		*ids[i] = sqlite3_column_int64(st, i) + 1;
	sqlite3_reset(st);
	return CRM_OK;
}

/* A file that turns out to be long gets a filter, filled once. It holds as long as nobody
 * else writes: when somebody has, the job goes on without. */
static enum crm_status keep_filter(struct crm_intake *in)
{
	sqlite3_stmt *st = crm_db_stmt(in->db, "PRAGMA data_version");
	int64_t version;
	enum crm_status rc;

	if (in->filtered && !in->stored)
		return CRM_OK;
	if ((rc = crm_db_int(in->db, st, 0, &version)) != CRM_OK)
		return rc;
	if (in->stored && version != in->data_version) {
		crm_bloom_free(in->stored);
		in->stored = NULL;
		crm_keys_filter(&in->keys, NULL);
		return crm_book_filter(in->book, NULL);
	}
	if (in->filtered || in->counts.records < FILTER_FROM
	    || in->next.endpoint > CRM_BLOOM_MOST / 2)
		return CRM_OK;
	in->filtered = true;
	in->data_version = version;
	in->stored = crm_bloom_new();
	if ((rc = crm_book_filter(in->book, in->stored)) != CRM_OK)
		return rc;
	return crm_keys_filter(&in->keys, in->stored);
}

static enum crm_status begin(struct crm_intake *in)
{
	enum crm_status rc = crm_db_begin(in->db);

	if (rc != CRM_OK)
		return rc;
	in->open = true;
	in->grown.n = 0;
	if (!in->keys.batch_id)
		rc = begin_batch(in);
	else if (!in->keys.resumed)
		rc = yield_batch(in);
	if (rc == CRM_OK)
		rc = crm_erased_read(&in->erased, in->db);
	if (rc == CRM_OK)
		rc = read_next_ids(in);
	in->first = in->next;
	return rc == CRM_OK ? keep_filter(in) : rc;
}

static enum crm_status begin_chunk(struct crm_intake *in, const struct crm_chunk *chunk)
{
	in->failed = CRM_OK;
	crm_keys_clear(&in->keys);
	crm_talks_clear(&in->talks, in->next.talk);
	return crm_book_open(in->book, chunk, &in->next.endpoint);
}

static enum crm_status flush(struct crm_intake *in)
{
	struct crm_bulk *const bulks[] = {in->profile_endpoint, in->unsettled, in->event,
					  in->order_line, in->attachment};
	enum crm_status rc;

	if ((rc = crm_bulk_flush(in->person)) != CRM_OK
	    || (rc = crm_bulk_flush(in->profile)) != CRM_OK
	    || (rc = crm_book_write(in->book)) != CRM_OK
	    || (rc = crm_talks_write(&in->talks)) != CRM_OK)
		return rc;
	for (size_t i = 0; i < sizeof(bulks) / sizeof(bulks[0]) && rc == CRM_OK; i++)
		rc = crm_bulk_flush(bulks[i]);
	if (rc == CRM_OK)
		rc = crm_talks_join(&in->talks);
	return rc == CRM_OK ? crm_book_unsettle(in->book) : rc;
}

static enum crm_status bind_one(struct crm_intake *in, const struct crm_record *r,
				struct crm_outcome *out)
{
	bool order = r->type == CRM_ORDER;
	sqlite3_stmt *st;

	if (!r->ref.ptr || out->kind != CRM_STORED || r->type == CRM_ORDER_LINE
	    || order != (out->profile != 0))
		return CRM_OK;
	st = crm_db_stmt(in->db, order ? sql_bind_order : sql_bind_event);
	crm_bind_text(st, ":scope", in->source.scope);
	if (order) {
		crm_bind_int(st, ":profile", out->profile);
		crm_bind_slice(st, ":ref", r->ref);
	} else {
		crm_bind_int(st, ":id", out->id);
	}
	return crm_db_run(in->db, st);
}

/* What is derived from the rows of the transaction, a statement each. */
static enum crm_status derive(struct crm_intake *in)
{
	const struct {
		const char *sql;
		int64_t first, next;
	} todo[] = {
		{sql_profile_words, in->first.profile, in->next.profile},
		{sql_event_words, in->first.event, in->next.event},
		{sql_mark_new, in->first.event, in->next.event},
		{sql_mark_old, in->first.event, in->next.event},
	};
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < sizeof(todo) / sizeof(todo[0]) && rc == CRM_OK; i++) {
		sqlite3_stmt *st = crm_db_stmt(in->db, todo[i].sql);

		if (todo[i].first == todo[i].next)
			continue;
		crm_bind_int(st, ":first", todo[i].first);
		rc = crm_db_run(in->db, st);
	}
	return rc;
}

static enum crm_status finish_chunk(struct crm_intake *in, const struct crm_chunk *chunk,
				    struct crm_outcome *outcomes)
{
	enum crm_status rc;

	if ((rc = flush(in)) != CRM_OK)
		return rc;
	for (size_t i = 0; i < chunk->n && rc == CRM_OK; i++)
		rc = bind_one(in, &chunk->records[i], &outcomes[i]);
	return rc;
}

static void roll_back(struct crm_intake *in)
{
	crm_db_rollback(in->db);
	in->counts = in->committed;
	in->open = false;
	in->talks.touched.n = 0;
}

enum crm_status crm_intake_store(struct crm_intake *in, const struct crm_chunk *chunk,
				 struct crm_outcome *outcomes)
{
	enum crm_status rc = in->open ? CRM_OK : begin(in);

	if (rc == CRM_OK)
		rc = begin_chunk(in, chunk);
	for (size_t i = 0; i < chunk->n && rc == CRM_OK; i++) {
		refuse_nobodys(in, &chunk->records[i]);
		store_record(in, &chunk->records[i], &outcomes[i]);
		rc = in->failed ? in->failed : in->keys.failed ? in->keys.failed : in->talks.failed;
	}
	in->next.talk = in->talks.next;
	if (rc == CRM_OK)
		rc = finish_chunk(in, chunk, outcomes);
	if (rc != CRM_OK)
		roll_back(in);
	return rc;
}

int64_t crm_intake_pending(const struct crm_intake *in)
{
	return in->counts.records - in->committed.records;
}

static enum crm_status commit(struct crm_intake *in, bool finished)
{
	enum crm_status rc = in->open ? CRM_OK : begin(in);

	if (rc == CRM_OK && (finished || in->source.live))
		rc = crm_settle(in->db, &in->grown, &in->counts.left);
	if (rc == CRM_OK)
		rc = crm_golden_refresh(in->db, in->rules, in->grown.ids, in->grown.n);
	if (rc == CRM_OK)
		rc = crm_talks_derive(&in->talks);
	if (rc == CRM_OK)
		rc = derive(in);
	if (rc == CRM_OK)
		rc = write_progress(in, finished);
	if (rc == CRM_OK)
		rc = crm_db_commit(in->db);
	if (rc != CRM_OK) {
		roll_back(in);
		return rc;
	}
	in->committed = in->counts;
	in->open = false;
	return rc;
}

enum crm_status crm_intake_commit(struct crm_intake *in)
{
	return commit(in, false);
}

enum crm_status crm_intake_finish(struct crm_intake *in)
{
	return commit(in, true);
}
