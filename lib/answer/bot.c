/* SPDX-License-Identifier: MIT */
/* What is made of a message is decided from what the store knows of it alone, so that the line
 * it came by may be lost, or come twice. */
#include "answer/bot.h"

#include <stdlib.h>
#include <string.h>

#include "answer/article.h"
#include "base/json.h"
#include "norm/quote.h"
#include "store/request.h"

#define THANKS_TERMS 6 /* a message of more of them says more than thanks */

/* What is known of a message before it is read. */
struct message {
	int64_t event, conversation, at;
	bool ours;    /* to deal with: by a person, to us, in a request that nobody has */
	int answered; /* times that the bot answered since it was thanked last */
	struct crm_slice subject, text, language;
	bool first; /* of the conversation */
};

/* What is made of it. */
struct decision {
	enum crm_bot_verdict verdict;
	const char *reason; /* of a handover; static, or of the rules */
	bool found;
	double score, confidence;
};

static const char sql_known[] = "SELECT verdict, line FROM answer WHERE event_id = :event";
/* Somebody of ours wrote in it, or it was given to somebody, or the bot gave it up. */
static const char sql_message[] =
	"SELECT e.conversation_id, e.at, e.subject, e.text, p.language,"
	" e.type = 'message' AND e.direction IS NOT 'out' AND e.automatic IS NULL"
	"  AND e.conversation_id IS NOT NULL AND coalesce(c.assignee, '') = ''"
	"  AND c.status <> 'resolved' AND e.at >= :oldest"
	"  AND NOT EXISTS (SELECT 1 FROM event AS o WHERE o.conversation_id = c.id"
	"   AND o.type = 'message' AND o.direction = 'out' AND o.automatic IS NULL)"
	"  AND NOT EXISTS (SELECT 1 FROM answer AS h WHERE h.conversation_id = c.id"
	"   AND h.verdict = 'handed over') AS ours,"
	" (SELECT count(*) FROM answer AS a WHERE a.conversation_id = c.id"
	"  AND a.verdict = 'answered' AND a.event_id <> e.id AND NOT EXISTS (SELECT 1"
	"   FROM answer AS t WHERE t.conversation_id = c.id AND t.verdict = 'thanked'"
	"   AND t.at >= a.at)) AS answered,"
	" NOT EXISTS (SELECT 1 FROM event AS b WHERE b.conversation_id = c.id AND b.type = "
	"'message'"
	"  AND b.at < e.at) AS first"
	" FROM event AS e LEFT JOIN conversation AS c ON c.id = e.conversation_id"
	" LEFT JOIN profile AS p ON p.id = e.profile_id WHERE e.id = :event";
static const char sql_tried[] =
	"SELECT article FROM answer WHERE conversation_id = :conversation"
	" AND verdict = 'answered' AND article IS NOT NULL ORDER BY at, event_id";
static const char sql_put[] =
	"INSERT INTO answer (event_id, conversation_id, at, verdict, reason, article, score,"
	" confidence, terms, question, line) VALUES (:event, :conversation, :at, :verdict, :reason,"
	" :article, :score, :confidence, :terms, :question, :line)";
static const char sql_waiting[] =
	"SELECT (SELECT e.id FROM event AS e WHERE e.conversation_id = c.id AND e.type = 'message'"
	"  AND e.direction IS NOT 'out' AND e.automatic IS NULL ORDER BY e.at DESC, e.id DESC "
	"LIMIT 1)"
	"  AS event FROM conversation AS c WHERE c.waiting_since IS NOT NULL"
	" AND (c.status IN ('new', 'open') OR (c.status = 'snoozed' AND c.snoozed_until <= :now))"
	" AND coalesce(c.assignee, '') = '' AND event IS NOT NULL ORDER BY c.waiting_since, c.id";

static const char *const verdict_names[] = {
	[CRM_BOT_ANSWERED] = "answered",
	[CRM_BOT_HANDED_OVER] = "handed over",
	[CRM_BOT_THANKED] = "thanked",
};

void crm_bot_init(struct crm_bot *bot, struct crm_db *db, struct crm_terms *terms,
		  struct crm_policy *policy, struct crm_journal *journal)
{
	*bot = (struct crm_bot){.db = db,
				.terms = terms,
				.policy = policy,
				.journal = journal,
				.threshold = CRM_BOT_THRESHOLD,
				.max_age = CRM_BOT_MAX_AGE,
				.confidence = CRM_CONFIDENCE_INIT,
				.search = CRM_SEARCH_INIT,
				.text = CRM_STR_INIT,
				.raw = CRM_STR_INIT};
}

void crm_bot_release(struct crm_bot *bot)
{
	crm_search_release(&bot->search);
	crm_str_release(&bot->text);
	crm_str_release(&bot->raw);
}

/* What was made of the event before; *verdict stays as it is when it is new. */
static enum crm_status recall(struct crm_bot *b, int64_t event, struct crm_str *out,
			      enum crm_bot_verdict *verdict)
{
	sqlite3_stmt *st = crm_db_stmt(b->db, sql_known);
	enum crm_status rc;
	bool row;

	crm_bind_int(st, ":event", event);
	if ((rc = crm_db_step(b->db, st, &row)) != CRM_OK || !row)
		return rc;
	for (int i = CRM_BOT_ANSWERED; i <= CRM_BOT_THANKED; i++)
		if (crm_slice_is(crm_column(st, 0), verdict_names[i]))
			*verdict = i;
	crm_str_add(out, crm_column(st, 1).ptr, crm_column(st, 1).len);
	crm_str_addc(out, '\n');
	sqlite3_reset(st);
	return CRM_OK;
}

/* "Re: " and the like say nothing of the question. */
static struct crm_slice without_prefix(struct crm_slice s)
{
	const char *colon;

	while (s.len && (colon = memchr(s.ptr, ':', s.len < 6 ? s.len : 6)))
		s = crm_slice_trim(
			(struct crm_slice){colon + 1, s.len - (size_t)(colon + 1 - s.ptr)});
	return s;
}

/* The statement behind m's texts stays open: the caller resets it. */
static enum crm_status load(struct crm_bot *b, int64_t event, struct message *m, sqlite3_stmt **out)
{
	sqlite3_stmt *st = *out = crm_db_stmt(b->db, sql_message);
	enum crm_status rc;
	bool row;

	*m = (struct message){.event = event};
	crm_bind_int(st, ":event", event);
	crm_bind_int(st, ":oldest", crm_db_now(b->db) - b->max_age);
	if ((rc = crm_db_step(b->db, st, &row)) != CRM_OK)
		return rc;
	if (!row)
		return crm_fail(crm_db_err(b->db), CRM_NO_INPUT, "there is no event %lld",
				(long long)event);
	m->conversation = sqlite3_column_int64(st, 0);
	m->at = sqlite3_column_int64(st, 1);
	m->subject = without_prefix(crm_column(st, 2));
	m->text = crm_column(st, 3);
	m->language = crm_column(st, 4);
	m->ours = sqlite3_column_int(st, 5);
	m->answered = sqlite3_column_int(st, 6);
	m->first = sqlite3_column_int(st, 7);
	return CRM_OK;
}

/* The articles that were sent in this conversation, as a JSON array; is name among them? */
static enum crm_status tried(struct crm_bot *b, int64_t conversation, const char *name,
			     struct crm_str *json, bool *among)
{
	sqlite3_stmt *st = crm_db_stmt(b->db, sql_tried);
	enum crm_status rc;
	bool row = true;

	*among = false;
	crm_bind_int(st, ":conversation", conversation);
	if (json)
		crm_json_open(json, '[');
	while ((rc = crm_db_step(b->db, st, &row)) == CRM_OK && row) {
		*among = *among || (name && crm_slice_is(crm_column(st, 0), name));
		if (json)
			crm_json_string(json, crm_column(st, 0));
	}
	if (json)
		crm_json_close(json, ']');
	return rc;
}

static enum crm_status learn(struct crm_bot *b)
{
	int64_t now = crm_db_now(b->db);

	if (b->learnt_at && now - b->learnt_at < CRM_BOT_RELEARN)
		return CRM_OK;
	b->learnt_at = now;
	return crm_confidence_learn(b->db, &b->confidence);
}

/* Looks the question up: is there an answer that is sure enough? */
static enum crm_status look_up(struct crm_bot *b, const struct message *m, double threshold,
			       struct decision *d)
{
	const struct crm_hit *best = b->search.hits;
	enum crm_status rc = learn(b);
	bool again = false;

	d->verdict = CRM_BOT_HANDED_OVER;
	d->reason = "no_article";
	if (rc != CRM_OK || !b->search.n)
		return rc;
	d->found = true;
	d->score = crm_confidence_score(&b->search);
	d->confidence = crm_confidence_of(&b->confidence, d->score);
	if (!*best->answer)
		return CRM_OK;
	if ((rc = tried(b, m->conversation, best->name, NULL, &again)) != CRM_OK)
		return rc;
	if (d->confidence < threshold)
		d->reason = "unsure";
	else if (again)
		d->reason = "repeated";
	else
		d->verdict = CRM_BOT_ANSWERED;
	return CRM_OK;
}

/* Is it no more than thanks? */
static bool only_thanks(const struct crm_bot *b, const struct message *m,
			const struct crm_policy_word *word)
{
	return word->thanks && m->answered && b->search.n_terms <= THANKS_TERMS
	       && !memchr(b->text.ptr, '?', b->text.len) && !strstr(b->text.ptr, "？");
}

static enum crm_status decide(struct crm_bot *b, const struct message *m,
			      const struct crm_json_doc *line, struct decision *d)
{
	struct crm_slice text = {b->text.ptr, b->text.len};
	struct crm_policy_word word;
	enum crm_status rc;

	*d = (struct decision){.verdict = CRM_BOT_HANDED_OVER};
	if ((rc = crm_policy_judge(b->policy, m->conversation, text, line, &word)) != CRM_OK)
		return rc;
	/* looked up in any case: what was asked is kept with what became of it */
	rc = crm_search(b->db, b->terms, text, m->language.ptr ? m->language.ptr : NULL, 3,
			&b->search);
	if (rc != CRM_OK)
		return rc;
	if (only_thanks(b, m, &word))
		d->verdict = CRM_BOT_THANKED;
	else if (word.handover)
		d->reason = word.handover;
	else if (m->answered >= CRM_BOT_FAILURES)
		d->reason = "second_failure";
	else
		rc = look_up(b, m, word.threshold >= 0 ? word.threshold : b->threshold, d);
	return rc;
}

/* ---- what is printed ---- */

/* The article as a message: its answer, where to read more, and how to get a person. */
static void put_reply_text(struct crm_bot *b, struct crm_str *out)
{
	const struct crm_hit *best = &b->search.hits[0];
	struct crm_policy_say say = crm_policy_says(b->policy, best->language);
	struct crm_str text = CRM_STR_INIT;

	if (*best->heading)
		crm_str_addf(&text, "%s\n", best->heading);
	crm_article_paragraph(crm_slice_of(best->answer), CRM_BOT_ANSWER_MAX, &text);
	if (best->link)
		crm_str_addf(&text, "\n\n%s%s%s", say.more ? say.more : "", say.more ? " " : "",
			     best->link);
	if (say.after)
		crm_str_addf(&text, "\n\n%s", say.after);
	crm_json_string(out, (struct crm_slice){text.ptr, text.len});
	crm_str_release(&text);
}

static void put_reply(struct crm_bot *b, const struct message *m, const struct decision *d,
		      struct crm_str *out)
{
	const struct crm_hit *best = &b->search.hits[0];

	crm_json_put(out, "type", "reply");
	crm_json_key(out, "id");
	crm_str_addf(out, "\"answer:%lld\"", (long long)m->event);
	crm_json_put_int(out, "conversation", m->conversation);
	crm_json_put_int(out, "message", m->event);
	crm_json_put(out, "automatic", "bot");
	crm_json_put(out, "article", best->name);
	crm_json_put_slice(out, "section", crm_slice_of(best->heading));
	crm_json_put_slice(out, "language", crm_slice_of(best->language));
	crm_json_key(out, "confidence");
	crm_json_real(out, d->confidence, 4);
	crm_json_key(out, "text");
	put_reply_text(b, out);
}

/* What other filters found out about a message stays with it. */
static void put_carried(const struct crm_json_doc *line, struct crm_str *out)
{
	static const char *const names[] = {"person",   "channel", "motive",  "queue",
					    "priority", "skills",  "language"};
	const struct crm_json_value *v;

	for (size_t i = 0; line && i < sizeof(names) / sizeof(names[0]); i++)
		if ((v = crm_json_member(line, line->values, names[i]))) {
			crm_json_key(out, names[i]);
			if (v->type == CRM_JSON_STRING)
				crm_str_addf(out, "\"%.*s\"", (int)v->text.len, v->text.ptr);
			else
				crm_json_raw(out, v->text);
		}
}

/* What a handover is, on its line and as an event. */
static enum crm_status put_handover(struct crm_bot *b, const struct message *m,
				    const struct decision *d, struct crm_str *out)
{
	bool among;

	crm_json_put_int(out, "message", m->event);
	crm_json_put(out, "reason", d->reason);
	crm_json_key(out, "confidence");
	if (d->found)
		crm_json_real(out, d->confidence, 4);
	else
		crm_json_raw(out, CRM_SLICE("null"));
	if (d->found)
		crm_json_put(out, "article", b->search.hits[0].name);
	crm_json_key(out, "tried");
	return tried(b, m->conversation, NULL, out, &among);
}

/* ---- what is kept ---- */

static enum crm_status add_event(struct crm_bot *b, const struct message *m,
				 const struct decision *d)
{
	struct crm_entry entry = {.type = d->verdict == CRM_BOT_THANKED ? "status" : "handover",
				  .conversation = m->conversation,
				  .automatic = CRM_SLICE("bot")};
	struct crm_str key = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;

	crm_str_clear(&b->raw);
	crm_json_open(&b->raw, '{');
	if (d->verdict == CRM_BOT_THANKED) {
		crm_json_put_int(&b->raw, "message", m->event);
		entry.status = CRM_SLICE("resolved");
	} else {
		rc = put_handover(b, m, d, &b->raw);
	}
	crm_json_close(&b->raw, '}');
	crm_str_addf(&key, "answer:%lld", (long long)m->event);
	entry.key = (struct crm_slice){key.ptr, key.len};
	entry.raw = (struct crm_slice){b->raw.ptr, b->raw.len};
	if (rc == CRM_OK)
		rc = crm_journal_add(b->journal, &entry, NULL);
	crm_str_release(&key);
	return rc;
}

static enum crm_status keep(struct crm_bot *b, const struct message *m, const struct decision *d,
			    struct crm_slice line)
{
	sqlite3_stmt *st = crm_db_stmt(b->db, sql_put);

	crm_bind_int(st, ":event", m->event);
	crm_bind_int(st, ":conversation", m->conversation);
	crm_bind_int(st, ":at", crm_db_now(b->db));
	crm_bind_text(st, ":verdict", verdict_names[d->verdict]);
	crm_bind_text(st, ":reason", d->reason);
	crm_bind_text(st, ":article", d->found ? b->search.hits[0].name : NULL);
	if (d->found) {
		sqlite3_bind_double(st, sqlite3_bind_parameter_index(st, ":score"), d->score);
		sqlite3_bind_double(st, sqlite3_bind_parameter_index(st, ":confidence"),
				    d->confidence);
	}
	crm_bind_slice(st, ":terms", (struct crm_slice){b->search.terms.ptr, b->search.terms.len});
	crm_bind_slice(st, ":question", (struct crm_slice){b->text.ptr, b->text.len});
	crm_bind_slice(st, ":line", line);
	return crm_db_run(b->db, st);
}

static enum crm_status tell(struct crm_bot *b, const struct message *m, const struct decision *d,
			    const struct crm_json_doc *line, struct crm_str *out)
{
	size_t start = out->len;
	enum crm_status rc = CRM_OK;

	crm_json_open(out, '{');
	if (d->verdict == CRM_BOT_ANSWERED) {
		put_reply(b, m, d, out);
	} else if (d->verdict == CRM_BOT_THANKED) {
		crm_json_put(out, "type", "status");
		crm_json_put_int(out, "conversation", m->conversation);
		crm_json_put_int(out, "message", m->event);
		crm_json_put(out, "status", "resolved");
		crm_json_put(out, "reason", "thanked");
	} else {
		crm_json_put(out, "type", "handover");
		crm_json_put_int(out, "conversation", m->conversation);
		rc = put_handover(b, m, d, out);
		put_carried(line, out);
	}
	crm_json_close(out, '}');
	if (rc == CRM_OK && b->journal)
		rc = keep(b, m, d, (struct crm_slice){out->ptr + start, out->len - start});
	if (rc == CRM_OK && b->journal && d->verdict != CRM_BOT_ANSWERED)
		rc = add_event(b, m, d);
	crm_str_addc(out, '\n');
	return rc;
}

/* What the customer newly wrote: with the subject, where it begins the conversation. */
static void take_text(struct crm_bot *b, const struct message *m)
{
	crm_str_clear(&b->text);
	if (m->first && m->subject.len)
		crm_str_addf(&b->text, "%.*s\n", (int)m->subject.len, m->subject.ptr);
	if (m->text.len)
		crm_quote_split(m->text, &b->text, NULL);
}

enum crm_status crm_bot_message(struct crm_bot *b, int64_t event, const struct crm_json_doc *line,
				struct crm_str *out, enum crm_bot_verdict *verdict)
{
	struct message m;
	struct decision d;
	sqlite3_stmt *st = NULL;
	enum crm_status rc;

	*verdict = CRM_BOT_PASSED;
	if ((rc = recall(b, event, out, verdict)) != CRM_OK || *verdict != CRM_BOT_PASSED)
		return rc;
	if ((rc = load(b, event, &m, &st)) == CRM_OK && m.ours) {
		take_text(b, &m);
		if ((rc = decide(b, &m, line, &d)) == CRM_OK) {
			*verdict = d.verdict;
			rc = tell(b, &m, &d, line, out);
		}
	}
	if (st)
		sqlite3_reset(st);
	return rc;
}

enum crm_status crm_bot_waiting(struct crm_db *db, struct crm_ids *events)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_waiting);

	crm_bind_int(st, ":now", crm_db_now(db));
	return crm_ids_read(events, db, st);
}
