/* SPDX-License-Identifier: MIT */
/* Notes: events that never leave the house; see note.h. */
#include "store/note.h"

#include "base/utf8.h"
#include "store/people.h"
#include "store/request.h"

/* The record of a person that a note is kept with: their latest. */
static const char sql_profile[] = "SELECT f.id FROM " CRM_MEMBERS(
	":person") " AS m CROSS JOIN profile AS f ON f.person_id = m.id "
		   "ORDER BY f.seen_at DESC, f.id DESC LIMIT 1";
static const char sql_asker[] =
	"SELECT p.person_id FROM conversation AS c JOIN profile_canon AS p USING (profile_id) "
	"WHERE c.id = :id";
static const char sql_of_conversation[] =
	"SELECT e.id, e.conversation_id, p.canon_id, e.at, e.agent, e.text FROM event AS e "
	"LEFT JOIN profile AS f ON f.id = e.profile_id LEFT JOIN person AS p ON p.id = f.person_id "
	"WHERE e.conversation_id = :id AND e.type = 'note' ORDER BY e.at, e.id";
static const char sql_of_person[] =
	"SELECT e.id, e.conversation_id, :person, e.at, e.agent, e.text FROM " CRM_MEMBERS(
		":person") " AS m "
			   "CROSS JOIN profile AS f ON f.person_id = m.id "
			   "CROSS JOIN event AS e ON e.profile_id = f.id WHERE e.type = 'note' "
			   "ORDER BY e.at, e.id";

static enum crm_status find_conversation(struct crm_db *db, int64_t *conversation)
{
	int64_t asked = *conversation;
	enum crm_status rc = crm_request_id(db, asked, conversation);

	if (rc == CRM_OK && !*conversation)
		rc = crm_fail(crm_db_err(db), CRM_NO_INPUT, "no request %lld", (long long)asked);
	return rc;
}

static enum crm_status find_int(struct crm_db *db, const char *sql, const char *name, int64_t id,
				int64_t *out)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql);

	crm_bind_int(st, name, id);
	return crm_db_int(db, st, 0, out);
}

/* Whom and what it is about, as these are called now. */
static enum crm_status find_about(struct crm_db *db, struct crm_note *note, int64_t *profile)
{
	enum crm_status rc = CRM_OK;
	int64_t asked = note->person;

	if (note->conversation && (rc = find_conversation(db, &note->conversation)) != CRM_OK)
		return rc;
	if (note->conversation)
		return find_int(db, sql_asker, ":id", note->conversation, &note->person);
	if ((rc = crm_person_canon(db, asked, &note->person)) == CRM_OK)
		rc = find_int(db, sql_profile, ":person", note->person, profile);
	if (rc == CRM_OK && !*profile)
		rc = crm_fail(crm_db_err(db), CRM_NO_INPUT, "no records of person %lld",
			      (long long)asked);
	return rc;
}

enum crm_status crm_note_add(struct crm_db *db, struct crm_journal *journal, struct crm_note *note)
{
	struct crm_slice text = crm_slice_trim(note->text);
	struct crm_entry entry = {
		.type = "note", .key = note->key, .agent = note->agent, .text = text};
	enum crm_status rc;

	if (!text.len)
		return crm_fail(crm_db_err(db), CRM_DATA, "the note is empty");
	if (text.len > CRM_NOTE_MAX)
		return crm_fail(crm_db_err(db), CRM_DATA, "the note has more than %d bytes",
				CRM_NOTE_MAX);
	if (crm_utf8_valid(text.ptr, text.len) != text.len)
		return crm_fail(crm_db_err(db), CRM_DATA, "the note is not UTF-8");
	if ((rc = find_about(db, note, &entry.profile)) != CRM_OK)
		return rc;
	entry.conversation = note->conversation;
	note->at = crm_db_now(db);
	return crm_journal_add(journal, &entry, &note->id);
}

enum crm_status crm_notes_each(struct crm_db *db, int64_t conversation, int64_t person,
			       void (*each)(void *data, const struct crm_note *note), void *data)
{
	enum crm_status rc = conversation ? find_conversation(db, &conversation)
					  : crm_person_canon(db, person, &person);
	sqlite3_stmt *st;
	bool row;

	if (rc != CRM_OK)
		return rc;
	st = crm_db_stmt(db, conversation ? sql_of_conversation : sql_of_person);
	crm_bind_int(st, conversation ? ":id" : ":person", conversation ? conversation : person);
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		struct crm_note note = {
			.id = sqlite3_column_int64(st, 0),
			.conversation = sqlite3_column_int64(st, 1),
			.person = sqlite3_column_int64(st, 2),
			.at = sqlite3_column_int64(st, 3),
			.agent = crm_column(st, 4),
			.text = crm_column(st, 5),
		};

		each(data, &note);
	}
	return rc;
}
