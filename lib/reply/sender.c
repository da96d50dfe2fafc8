/* SPDX-License-Identifier: MIT */
/* Delivering: claims, gates, limits of rate, transports, and what they answered. */
#include "reply/sender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/answers.h"
#include "reply/outbox.h"
#include "store/people.h"
#include "store/token.h"

#define STRIKES 3              /* refused connections in a row until an account is left alone */
#define LEFT_ALONE (60 * 1000) /* ms */
#define BUSY_TRIES 6           /* of ten seconds: what was sent must not go unsaid */

struct way {                               /* an account, with its transport */
	const struct crm_account *account; /* NULL: it is gone from the file */
	const struct crm_transport *transport;
	void *self;
	int64_t source;
	char *name;
	const struct crm_channel *channel;
	int64_t slot;       /* when the next may go, where there is a limit; 0: now */
	int64_t down_until; /* nothing before; 0: it works */
	const char *down;   /* why */
	int strikes;
	bool broken; /* its configuration is */
};

struct crm_sender {
	const struct crm_post *post;
	struct crm_db *db;
	struct crm_journal *journal;
	struct crm_claim claim;
	size_t at; /* in the claim: the next one */
	struct way *ways;
	size_t n_ways, cap_ways;
	struct crm_err config; /* the first */

	struct crm_claimed *sending; /* its try has begun; NULL: none */
	struct way *way;             /* by which */
	struct crm_receipt receipt;
	struct crm_settlement settlement;
	struct crm_parcel parcel;
	struct crm_json_doc doc;
	struct crm_arena arena; /* of the parcel */
	struct crm_ids told;    /* changed since the last commit */
};

static const char sql_origin[] = "SELECT raw FROM event WHERE source_id = :source AND key = :key";
static const char sql_one[] = "SELECT o.account, o.source_id, s.name FROM outbox AS o "
			      "JOIN source AS s ON s.id = o.source_id WHERE o.id = :id";

enum crm_status crm_sender_open(struct crm_sender **out, const struct crm_post *post)
{
	struct crm_sender *s = *out = crm_calloc(1, sizeof(*s));
	enum crm_status rc;

	s->post = post;
	s->db = post->db;
	s->receipt.id = s->receipt.detail = (struct crm_str)CRM_STR_INIT;
	if ((rc = crm_journal_open(&s->journal, s->db, "crm-reply")) != CRM_OK)
		return rc;
	return crm_db_exec(s->db, "PRAGMA synchronous = FULL");
}

void crm_sender_close(struct crm_sender *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_ways; i++) {
		if (s->ways[i].self)
			s->ways[i].transport->close(s->ways[i].self);
		free(s->ways[i].name);
	}
	free(s->ways);
	crm_claim_release(&s->claim);
	crm_journal_close(s->journal);
	crm_str_release(&s->receipt.id);
	crm_str_release(&s->receipt.detail);
	crm_json_doc_release(&s->doc);
	crm_arena_release(&s->arena);
	crm_ids_release(&s->told);
	free(s);
}

/* ---- ways ---- */

const struct crm_transport *crm_transport_of(const struct crm_account *account)
{
	static const struct crm_transport *const all[] = {&crm_transport_exec, &crm_transport_http,
							  &crm_transport_smtp};

	if (crm_account_get(account, "exec").len)
		return &crm_transport_exec;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (account->channel->answers && !strcmp(account->channel->answers, all[i]->name))
			return all[i];
	return NULL;
}

static const struct crm_account *account_named(const struct crm_post *post, const char *channel,
					       const char *name)
{
	for (size_t i = 0; i < post->accounts->n; i++)
		if (!strcmp(post->accounts->list[i].account, name)
		    && !strcmp(post->accounts->list[i].channel->name, channel))
			return &post->accounts->list[i];
	return NULL;
}

static void open_way(struct crm_sender *s, struct way *way)
{
	struct crm_err err = {.status = CRM_OK};

	way->transport = crm_transport_of(way->account);
	if (!way->transport)
		crm_fail(&err, CRM_CONFIG, "channel '%s' cannot answer", way->channel->name);
	else
		way->transport->open(way->account, s->post->config_dir, &way->self, &err);
	way->broken = err.status != CRM_OK;
	if (way->broken && s->config.status == CRM_OK)
		s->config = err;
}

/* Borrowed: valid until the next call. */
static struct way *find_way(struct crm_sender *s, int64_t source, const char *channel,
			    const char *name)
{
	struct way *way;

	for (size_t i = 0; i < s->n_ways; i++)
		if (s->ways[i].source == source && !strcmp(s->ways[i].name, name))
			return &s->ways[i];
	CRM_GROW(s->ways, s->n_ways + 1, s->cap_ways);
	way = &s->ways[s->n_ways++];
	*way = (struct way){.account = account_named(s->post, channel, name),
			    .source = source,
			    .name = crm_strdup(name),
			    .channel = crm_channels_find(s->post->channels, channel)};
	if (way->account)
		open_way(s, way);
	return way;
}

static bool is_idempotent(const struct way *way)
{
	return way->self && way->transport->idempotent && way->transport->idempotent(way->self);
}

/* ---- a parcel ---- */

static struct crm_slice member(struct crm_sender *s, const char *name)
{
	return crm_json_keep(crm_json_member(&s->doc, s->doc.values, name), &s->arena);
}

static void take_references(struct crm_sender *s)
{
	const struct crm_json_value *v = crm_json_member(&s->doc, s->doc.values, "references");
	struct crm_slice *list;

	if (!v || v->type != CRM_JSON_ARRAY || !v->count)
		return;
	list = crm_arena_alloc(&s->arena, v->count * sizeof(*list));
	for (uint32_t i = 0; i < v->count; i++)
		list[i] = crm_json_keep(v + 1 + i, &s->arena);
	s->parcel.references = list;
	s->parcel.n_references = v->count;
}

static enum crm_status take_origin(struct crm_sender *s, int64_t source)
{
	sqlite3_stmt *st;
	struct crm_slice raw;
	enum crm_status rc;
	bool row;

	if (!s->parcel.about.len)
		return CRM_OK;
	st = crm_db_stmt(s->db, sql_origin);
	crm_bind_int(st, ":source", source);
	crm_bind_slice(st, ":key", s->parcel.about);
	if ((rc = crm_db_step(s->db, st, &row)) != CRM_OK || !row)
		return rc;
	raw = crm_column(st, 0);
	s->parcel.origin =
		(struct crm_slice){crm_arena_strndup(&s->arena, raw.ptr, raw.len), raw.len};
	sqlite3_reset(st);
	return CRM_OK;
}

static enum crm_status take_token(struct crm_sender *s, int64_t conversation)
{
	struct crm_str token = CRM_STR_INIT;
	enum crm_status rc;

	if (!conversation)
		return CRM_OK;
	if ((rc = crm_token_make(s->db, conversation, &token)) == CRM_OK)
		s->parcel.reply_token = (struct crm_slice){
			crm_arena_strndup(&s->arena, token.ptr, token.len), token.len};
	crm_str_release(&token);
	return rc;
}

/* What they leave our mailings by, of what is sent to those who agreed to it. */
static enum crm_status take_leave_token(struct crm_sender *s, const struct crm_claimed *m)
{
	struct crm_str token = CRM_STR_INIT;
	enum crm_status rc;

	if (!m->endpoint
	    || !(s->parcel.campaign.len || crm_gates_need_consent(s->post->gates, m->purpose)))
		return CRM_OK;
	if ((rc = crm_token_make_address(s->db, m->endpoint, &token)) == CRM_OK)
		s->parcel.leave_token =
			crm_arena_keep(&s->arena, (struct crm_slice){token.ptr, token.len});
	crm_str_release(&token);
	return rc;
}

/* What is in the row, as a transport takes it. */
static enum crm_status make_parcel(struct crm_sender *s, const struct crm_claimed *m)
{
	enum crm_status rc;

	crm_arena_clear(&s->arena);
	if (crm_json_scan(&s->doc, m->message.ptr, m->message.len) != CRM_OK)
		return crm_fail(crm_db_err(s->db), CRM_DATA, "message %lld of the outbox: %s",
				(long long)m->id, s->doc.error);
	s->parcel = (struct crm_parcel){
		.key = m->key,
		.to = m->address,
		.to_name = member(s, "to_name"),
		.subject = member(s, "subject"),
		.text = member(s, "text"),
		.html = member(s, "html"),
		.message_id = m->message_id,
		.in_reply_to = member(s, "in_reply_to"),
		.thread = member(s, "thread"),
		.about = member(s, "about"),
		.agent = m->agent,
		.automatic = m->automatic,
		.campaign = member(s, "campaign"),
		.unsubscribe = member(s, "unsubscribe"),
		.variables = member(s, "variables"),
		.at = m->queued_at,
	};
	take_references(s);
	rc = crm_attach_load(s->db, &s->doc, crm_json_member(&s->doc, s->doc.values, "attachments"),
			     &s->arena, &s->parcel.files);
	if (rc == CRM_OK && (rc = take_origin(s, m->source)) == CRM_OK
	    && (rc = take_leave_token(s, m)) == CRM_OK)
		rc = take_token(s, m->conversation);
	return rc;
}

/* ---- before a try ---- */

static enum crm_status settle(struct crm_sender *s, const struct crm_claimed *m,
			      const struct crm_settlement *settlement)
{
	crm_ids_add(&s->told, m->id);
	return crm_claim_settle(s->db, s->journal, &s->claim, m, settlement);
}

static enum crm_status put_back(struct crm_sender *s, const struct crm_claimed *m,
				const char *reason, const char *detail, int64_t due_at)
{
	struct crm_settlement back = {.fate = CRM_FATE_BACK,
				      .reason = reason,
				      .detail = crm_slice_of(detail),
				      .due_at = due_at};

	return settle(s, m, &back);
}

/* When the limit lets the next one go; 0: now. */
static enum crm_status ask_rate(struct crm_sender *s, const struct crm_claimed *m,
				const struct crm_rate *rate, struct crm_slice address, bool *full)
{
	int64_t n;
	enum crm_status rc;

	if (*full || !rate->n)
		return CRM_OK;
	rc = crm_outbox_tries(s->db, m->source, m->account, address, crm_db_now(s->db) - rate->ms,
			      &n);
	*full = n >= rate->n;
	return rc;
}

/* Is there room within the limits of the channel? Else it gets the next place in the row. */
static enum crm_status ask_rates(struct crm_sender *s, struct way *way, const struct crm_claimed *m,
				 bool *settled)
{
	const struct crm_answers *answers = way->channel->answer;
	int64_t now = crm_db_now(s->db), gap;
	bool account = false, address = false;
	enum crm_status rc;

	if (!answers)
		return CRM_OK;
	rc = ask_rate(s, m, &answers->rate, (struct crm_slice){NULL, 0}, &account);
	if (rc == CRM_OK && !account)
		rc = ask_rate(s, m, &answers->rate_address, m->address, &address);
	if (rc != CRM_OK || !(account || address))
		return rc;
	*settled = true;
	if (address)
		return put_back(s, m, "rate", NULL,
				now + answers->rate_address.ms / answers->rate_address.n);
	gap = answers->rate.ms / answers->rate.n;
	way->slot = (way->slot > now ? way->slot : now) + (gap ? gap : 1);
	return put_back(s, m, "rate", NULL, way->slot);
}

static enum crm_status ask_gates(struct crm_sender *s, struct way *way, const struct crm_claimed *m,
				 bool *settled)
{
	struct crm_subject subject = {
		.outbox = m->id,
		.purpose = m->purpose,
		.medium = way->channel->medium,
		.profile = m->profile,
		.endpoint = m->endpoint,
		.source = m->source,
		.address = m->address,
		.automatic = strcmp(m->kind, "notice") && m->automatic.ptr,
		.own = strcmp(m->kind, "notice") && crm_post_is_own(s->post, m->address),
		.window = way->channel->answer ? way->channel->answer->window : 0,
		.has_template = s->parcel.variables.ptr != NULL,
	};
	struct crm_settlement skip = {.fate = CRM_FATE_SKIPPED};
	struct crm_ruling ruling;
	enum crm_status rc = crm_gates_ask(s->post->gates, s->db, &subject, &ruling);

	if (rc != CRM_OK || ruling.pass == CRM_PASS)
		return rc;
	*settled = true;
	if (ruling.pass == CRM_LATER)
		return put_back(s, m, ruling.reason, ruling.detail, ruling.until);
	skip.reason = ruling.reason;
	skip.detail = crm_slice_of(*ruling.detail ? ruling.detail : NULL);
	return settle(s, m, &skip);
}

/* Is it not to be tried now, or at all? Then it is settled so. */
static enum crm_status hold_back(struct crm_sender *s, struct way *way, const struct crm_claimed *m,
				 bool *settled)
{
	struct crm_settlement failed = {.fate = CRM_FATE_FAILED, .reason = "expired"};
	int64_t now = crm_db_now(s->db);
	enum crm_status rc;

	*settled = true;
	if (m->expires_at && m->expires_at <= now)
		return settle(s, m, &failed);
	if (!way->account)
		return put_back(s, m, "no_account", "it is not in the file accounts any more",
				now + LEFT_ALONE);
	if (way->broken)
		return put_back(s, m, "config", s->config.text, now + LEFT_ALONE);
	if (way->down_until > now)
		return put_back(s, m, "unreachable", way->down, way->down_until);
	*settled = false;
	if ((rc = make_parcel(s, m)) != CRM_OK || (rc = ask_gates(s, way, m, settled)) != CRM_OK
	    || *settled)
		return rc;
	return ask_rates(s, way, m, settled);
}

/* ---- after it ---- */

static void strike(struct crm_sender *s, struct way *way, const struct crm_receipt *r)
{
	if (r->outcome != CRM_DEFERRED || r->code) {
		way->strikes = 0;
		return;
	}
	if (++way->strikes < STRIKES)
		return;
	way->down_until = crm_db_now(s->db) + LEFT_ALONE;
	way->down = "the other side was not there for those before it";
}

/* What the receipt means for the message. */
static void judge(struct crm_sender *s)
{
	const struct crm_claimed *m = s->sending;
	const struct crm_receipt *r = &s->receipt;
	bool again =
		r->outcome == CRM_DEFERRED || (r->outcome == CRM_UNKNOWN && is_idempotent(s->way));
	struct crm_settlement *t = &s->settlement;

	*t = (struct crm_settlement){
		.outcome = crm_sent_names[r->outcome],
		.code = r->code,
		.detail = r->detail.len ? (struct crm_slice){r->detail.ptr, r->detail.len}
					: (struct crm_slice){NULL, 0},
		.retry_after = r->retry_after,
	};
	if (again) {
		t->due_at = crm_gates_retry(s->post->gates, m->key, m->attempts + 1,
					    crm_db_now(s->db), m->queued_at, r->retry_after);
		t->fate = t->due_at == INT64_MAX ? CRM_FATE_FAILED : CRM_FATE_RETRY;
		t->reason = t->due_at == INT64_MAX ? "given_up" : "deferred";
	} else if (r->outcome == CRM_SENT) {
		t->fate = CRM_FATE_SENT;
		t->sent_key = (struct crm_slice){r->id.ptr, r->id.len};
	} else {
		t->fate = r->outcome == CRM_REFUSED ? CRM_FATE_FAILED : CRM_FATE_UNKNOWN;
		t->reason = r->outcome == CRM_REFUSED ? "refused" : "no_answer";
	}
}

static enum crm_status send(struct crm_sender *s)
{
	struct crm_err err = {.status = CRM_OK};
	enum crm_status rc;

	crm_str_clear(&s->receipt.id);
	crm_str_clear(&s->receipt.detail);
	s->receipt.outcome = CRM_UNKNOWN;
	s->receipt.code = 0;
	s->receipt.retry_after = -1;
	s->receipt.address_bad = false;
	rc = s->way->transport->send(s->way->self, &s->parcel, &s->receipt, &err);
	if (rc == CRM_OK) {
		strike(s, s->way, &s->receipt);
		judge(s);
		return CRM_OK;
	}
	/* Nothing was sent, and nothing will be before somebody mends it. */
	s->way->broken = true;
	if (s->config.status == CRM_OK)
		s->config = err;
	s->settlement = (struct crm_settlement){.fate = CRM_FATE_BACK,
						.reason = "config",
						.detail = crm_slice_of(s->config.text),
						.due_at = crm_db_now(s->db) + LEFT_ALONE,
						.outcome = "deferred",
						.retry_after = -1};
	return CRM_OK;
}

static enum crm_status finish_try(struct crm_sender *s)
{
	const struct crm_claimed *m = s->sending;
	enum crm_status rc = settle(s, m, &s->settlement);

	if (rc == CRM_OK && s->receipt.outcome == CRM_REFUSED && s->receipt.address_bad
	    && m->endpoint)
		rc = crm_outbox_bounced(s->db, m->endpoint);
	return rc;
}

/* ---- the loop ---- */

static enum crm_status take(struct crm_sender *s)
{
	struct crm_ids lost = CRM_IDS_INIT;
	enum crm_status rc = crm_claim_take(s->db, s->journal, &s->claim, &s->told, &lost);

	s->at = 0;
	for (size_t i = 0; i < lost.n && rc == CRM_OK; i++) {
		sqlite3_stmt *st = crm_db_stmt(s->db, sql_one);
		struct way *way;
		bool row;

		crm_bind_int(st, ":id", lost.ids[i]);
		if ((rc = crm_db_step(s->db, st, &row)) != CRM_OK || !row)
			break;
		way = find_way(s, sqlite3_column_int64(st, 1), crm_column(st, 2).ptr,
			       crm_column(st, 0).ptr);
		sqlite3_reset(st);
		crm_ids_add(&s->told, lost.ids[i]);
		if (is_idempotent(way))
			rc = crm_outbox_retry(s->db, lost.ids[i]);
	}
	crm_ids_release(&lost);
	return rc;
}

/* Takes messages until one is there whose try begins; s->sending NULL: nothing is due. */
static enum crm_status next(struct crm_sender *s)
{
	enum crm_status rc = CRM_OK;

	s->sending = NULL;
	while (rc == CRM_OK && !s->sending) {
		struct crm_claimed *m;
		struct way *way;
		bool settled = false, mine = false;

		if (s->at == s->claim.n && ((rc = take(s)) != CRM_OK || !s->claim.n))
			return rc;
		m = &s->claim.list[s->at++];
		way = find_way(s, m->source, m->channel, m->account.ptr);
		if ((rc = hold_back(s, way, m, &settled)) != CRM_OK || settled)
			continue;
		if ((rc = crm_claim_begin(s->db, &s->claim, m, &mine)) == CRM_OK && mine) {
			s->sending = m;
			s->way = way;
		}
	}
	return rc;
}

static enum crm_status begin(struct crm_sender *s)
{
	enum crm_status rc = CRM_BUSY;

	for (int i = 0; i < BUSY_TRIES && rc == CRM_BUSY; i++)
		rc = crm_db_begin(s->db);
	return rc;
}

/* The store cannot be written, and what became of a message is known to us alone: whoever looks at
 * it later, when it is unknown, has at least this line. */
static void say_unstored(struct crm_sender *s, int64_t id)
{
	struct crm_err *err = crm_db_err(s->db), was = *err;

	crm_fail(err, was.status, "%s; message %lld: %s, which is not stored", was.text,
		 (long long)id, s->settlement.outcome ? s->settlement.outcome : "held");
}

/* One commit: what became of the last message, and the beginning of the next. */
static enum crm_status turn(struct crm_sender *s)
{
	int64_t tried = s->sending ? s->sending->id : 0;
	enum crm_status rc = begin(s);

	if (rc == CRM_OK && tried)
		rc = finish_try(s);
	if (rc == CRM_OK)
		rc = next(s);
	if (rc == CRM_OK)
		rc = crm_journal_settle(s->journal);
	if (rc == CRM_OK)
		rc = crm_db_commit(s->db);
	if (rc != CRM_OK) {
		if (tried)
			say_unstored(s, tried);
		crm_db_rollback(s->db);
		crm_journal_forget(s->journal);
	}
	return rc;
}

enum crm_status crm_sender_run(struct crm_sender *s, void (*told)(void *data, int64_t outbox),
			       void *data)
{
	enum crm_status rc;

	for (size_t i = 0; i < s->n_ways; i++)
		s->ways[i].strikes = 0;
	do {
		if ((rc = turn(s)) != CRM_OK)
			return rc;
		for (size_t i = 0; i < s->told.n; i++)
			told(data, s->told.ids[i]);
		s->told.n = 0;
		if (s->sending)
			rc = send(s);
	} while (rc == CRM_OK && s->sending);
	if (rc == CRM_OK && s->config.status != CRM_OK) {
		*crm_db_err(s->db) = s->config;
		return s->config.status;
	}
	return rc;
}

/* ---- dry ---- */

enum crm_status crm_sender_render(struct crm_sender *s, int64_t outbox, struct crm_str *out)
{
	struct crm_claimed m;
	struct way *way;
	enum crm_status rc;

	crm_arena_clear(&s->claim.arena);
	if ((rc = crm_claim_peek(s->db, outbox, &s->claim.arena, &m)) != CRM_OK)
		return rc;
	way = find_way(s, m.source, m.channel, m.account.ptr);
	if (!way->self)
		return crm_fail(crm_db_err(s->db), CRM_CONFIG, "%s",
				way->broken ? s->config.text : "there is no such account");
	if ((rc = make_parcel(s, &m)) != CRM_OK)
		return rc;
	return way->transport->render(way->self, &s->parcel, out, crm_db_err(s->db));
}
