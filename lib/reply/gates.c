/* SPDX-License-Identifier: MIT */
/* The gates: their settings, and the questions they ask the store. */
#include "reply/gates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "reply/quiet.h"
#include "rule/rule.h"
#include "store/people.h"

#define HOUR ((int64_t)3600 * 1000)
#define FREQUENCIES 16

#define TEXTS 64

struct texts { /* n 0: none */
	char *list[TEXTS];
	size_t n;
	char *json; /* the same, for SQL */
};

struct frequency {
	struct texts purposes;
	int64_t max, per;
	bool skip;
};

struct name {
	char *name, *value;
};

struct crm_gates {
	struct crm_rules *rules;
	struct crm_rule_spec spec;
	struct crm_rule_kind kinds[5];
	struct texts consent, quiet;  /* purposes */
	struct texts stop, start;     /* words that take a consent back, and give it */
	int64_t quiet_from, quiet_to; /* minutes since midnight */
	const char *quiet_zone;       /* where nothing is known; NULL: UTC */
	struct frequency frequencies[FREQUENCIES];
	size_t n_frequencies;
	int64_t loop_max, loop_per;
	int64_t base, cap, give_up;
	double tries;
	struct name *once, *instead;
	size_t n_once, cap_once, n_instead, cap_instead;
	struct crm_quiet *zones;
};

#define AT_ADDRESS \
	"(SELECT x.profile_id FROM profile_endpoint AS x WHERE x.endpoint_id = :endpoint)"
/* Who was erased and writes again is answered. */
static const char sql_endpoint[] =
	"SELECT n.flags, n.kind,"
	" (SELECT s.reason FROM suppression AS s WHERE s.endpoint_id = n.id"
	"  AND s.purpose IN ('', :purpose) AND NOT (s.reason = 'erased' AND :purpose = 'service'"
	"   AND EXISTS (SELECT 1 FROM event AS e WHERE e.profile_id IN " AT_ADDRESS
	"    AND e.at > s.at AND e.type IN ('message', 'call') AND e.direction IS NOT 'out'))"
	"  ORDER BY s.reason = 'erased' DESC LIMIT 1) "
	"FROM endpoint AS n WHERE n.id = :endpoint";
/* The latest word of the address. Some sources say for which medium it is, not which address; and
 * a message by the medium may be nothing but such a word. */
static const char sql_consent[] =
	"SELECT yes FROM ("
	"SELECT e.at AS at, e.id AS id, lower(e.status) IN ('given', 'granted', 'subscribed',"
	" 'opted-in', 'opted_in', 'yes', 'true') AS yes"
	" FROM event AS e WHERE e.profile_id IN " AT_ADDRESS " AND e.type = 'consent'"
	" AND CASE WHEN lower(e.subject) IN ('email', 'sms', 'phone', 'whatsapp')"
	" THEN lower(e.subject) = :medium ELSE coalesce(e.endpoint_id, :endpoint) = :endpoint END "
	"UNION ALL "
	"SELECT m.at, m.id, m.said IN (SELECT value FROM json_each(:start)) FROM ("
	"SELECT e.at, e.id, lower(trim(CASE :medium WHEN 'email' THEN e.subject ELSE e.text END,"
	" ' .!' || char(9, 10, 13))) AS said FROM event AS e"
	" JOIN source AS s ON s.id = e.source_id AND s.medium = :medium"
	" WHERE e.profile_id IN " AT_ADDRESS " AND e.type = 'message' AND e.direction IS NOT 'out'"
	" AND e.endpoint_id = :endpoint) AS m WHERE m.said IN"
	" (SELECT value FROM json_each(:stop) UNION ALL SELECT value FROM json_each(:start))"
	") ORDER BY at DESC, id DESC LIMIT 1";
static const char sql_heard[] =
	"SELECT max(e.at) FROM event AS e WHERE e.profile_id IN " AT_ADDRESS
	" AND e.type = 'message' AND e.direction IS NOT 'out' AND e.endpoint_id = :endpoint"
	" AND e.source_id = :source";
#define THEIR_PROFILES                                                                 \
	"(SELECT q.id FROM profile AS q WHERE q.person_id IN (SELECT c.person_id"      \
	" FROM profile_canon AS c WHERE c.profile_id = :profile UNION ALL SELECT p.id" \
	" FROM profile_canon AS c JOIN person AS p ON p.canon_id = c.person_id"        \
	" AND p.canon_id <> p.id WHERE c.profile_id = :profile))"
static const char sql_country[] =
	"SELECT q.country FROM profile AS q WHERE q.country IS NOT NULL AND q.id IN " THEIR_PROFILES
	" ORDER BY q.seen_at DESC, q.id DESC LIMIT 1";
/* The max-th latest that reached them, or may have. */
static const char sql_share[] =
	"SELECT o.state_at FROM outbox AS o WHERE o.profile_id IN " THEIR_PROFILES
	" AND o.id <> :outbox AND o.state_at > :since AND o.state_at <= :now"
	" AND o.purpose IN (SELECT value FROM json_each(:purposes))"
	" AND (o.state IN ('sent', 'unknown') OR (o.state = 'claimed' AND EXISTS"
	"  (SELECT 1 FROM attempt AS a WHERE a.outbox_id = o.id AND a.ended_at IS NULL)))"
	" ORDER BY o.state_at DESC LIMIT 1 OFFSET :max - 1";
static const char sql_loop[] =
	"SELECT count(*) FROM outbox AS o WHERE o.endpoint_id = :endpoint AND o.id <> :outbox"
	" AND o.automatic IS NOT NULL AND o.state_at > :since AND o.state_at <= :now"
	" AND o.state NOT IN ('skipped', 'cancelled', 'failed')";

/* ---- settings ---- */

static enum crm_status read_texts(const struct crm_rule_line *line, const char *member,
				  struct texts *out)
{
	const struct crm_json_value *v = crm_json_member(line->doc, line->doc->values, member);

	if (!v || v->type != CRM_JSON_ARRAY || v->count > TEXTS)
		return crm_line_fail(line, "%s must be a list of at most %d texts", member, TEXTS);
	for (uint32_t i = 0; i < v->count; i++) {
		struct crm_str text = CRM_STR_INIT;

		if (v[1 + i].type != CRM_JSON_STRING)
			return crm_line_fail(line, "%s must be a list of texts", member);
		crm_json_text(&v[1 + i], &text);
		out->list[out->n++] = crm_str_detach(&text);
	}
	out->json = crm_strndup(v->text.ptr, v->text.len);
	return CRM_OK;
}

static void release_texts(struct texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->list[i]);
	free(t->json);
}

static bool has_text(const struct texts *t, const char *text)
{
	for (size_t i = 0; i < t->n; i++)
		if (!strcmp(t->list[i], text))
			return true;
	return false;
}

/* "21:00" in minutes. */
static enum crm_status read_clock(const struct crm_rule_line *line, const char *member,
				  int64_t *out)
{
	const char *text;
	int hours, minutes, used = 0;
	enum crm_status rc = crm_line_text(line, member, "", &text);

	if (rc != CRM_OK)
		return rc;
	if (sscanf(text, "%2d:%2d%n", &hours, &minutes, &used) != 2 || text[used] || hours < 0
	    || hours > 24 || minutes < 0 || minutes > 59)
		return crm_line_fail(line, "%s must be a time of day such as 21:00", member);
	*out = hours * 60 + minutes;
	return CRM_OK;
}

static enum crm_status read_consent(const struct crm_rule_line *line, void *data)
{
	static const char *const members[] = {"purpose"};
	struct crm_gates *g = data;
	enum crm_status rc = crm_line_members(line, members, 1);

	return rc == CRM_OK ? read_texts(line, "purpose", &g->consent) : rc;
}

static enum crm_status read_quiet(const struct crm_rule_line *line, void *data)
{
	static const char *const members[] = {"purpose", "from", "to", "zone"};
	struct crm_gates *g = data;
	enum crm_status rc;

	if ((rc = crm_line_members(line, members, 4)) != CRM_OK
	    || (rc = read_texts(line, "purpose", &g->quiet)) != CRM_OK
	    || (rc = read_clock(line, "from", &g->quiet_from)) != CRM_OK
	    || (rc = read_clock(line, "to", &g->quiet_to)) != CRM_OK
	    || (rc = crm_line_text(line, "zone", NULL, &g->quiet_zone)) != CRM_OK)
		return rc;
	if (g->quiet_zone && !crm_quiet_zone_is_known(g->quiet_zone))
		return crm_line_fail(line, "there is no time zone '%s'", g->quiet_zone);
	return CRM_OK;
}

static enum crm_status read_max(const struct crm_rule_line *line, int64_t *max, int64_t *per)
{
	double n;
	enum crm_status rc = crm_line_number(line, "max", 0, &n);

	if (rc == CRM_OK)
		rc = crm_line_duration(line, "per", 0, per);
	if (rc != CRM_OK)
		return rc;
	if (!(n >= 1 && n <= 1e6 && n == (double)(int64_t)n) || *per <= 0)
		return crm_line_fail(line, "it takes max, at least 1, and per, a time such as 7d");
	*max = (int64_t)n;
	return CRM_OK;
}

static enum crm_status read_frequency(const struct crm_rule_line *line, void *data)
{
	static const char *const members[] = {"purpose", "max", "per", "then"};
	struct crm_gates *g = data;
	struct frequency *f = &g->frequencies[g->n_frequencies];
	const char *then;
	enum crm_status rc;

	if (g->n_frequencies == FREQUENCIES)
		return crm_line_fail(line, "more than %d lines about frequency", FREQUENCIES);
	if ((rc = crm_line_members(line, members, 4)) != CRM_OK
	    || (rc = read_texts(line, "purpose", &f->purposes)) != CRM_OK
	    || (rc = read_max(line, &f->max, &f->per)) != CRM_OK
	    || (rc = crm_line_text(line, "then", "later", &then)) != CRM_OK)
		return rc;
	if (strcmp(then, "later") && strcmp(then, "skip"))
		return crm_line_fail(line, "then must be later or skip");
	f->skip = !strcmp(then, "skip");
	g->n_frequencies++;
	return CRM_OK;
}

static enum crm_status read_loop(const struct crm_rule_line *line, void *data)
{
	static const char *const members[] = {"max", "per"};
	struct crm_gates *g = data;
	enum crm_status rc = crm_line_members(line, members, 2);

	return rc == CRM_OK ? read_max(line, &g->loop_max, &g->loop_per) : rc;
}

/* {"gate":"frequency"}, or {"gate":"frequency-sms"}: several of them may hold. */
static enum crm_status read_gate(const struct crm_rule_line *line, void *data)
{
	static const char *const names[] = {"consent", "quiet", "frequency", "loop"};
	const char *name = line->name, *near;

	if (!strcmp(name, "consent"))
		return read_consent(line, data);
	if (!strcmp(name, "quiet"))
		return read_quiet(line, data);
	if (!strncmp(name, "frequency", 9) && (!name[9] || name[9] == '-'))
		return read_frequency(line, data);
	if (!strcmp(name, "loop"))
		return read_loop(line, data);
	near = crm_nearest(crm_slice_of(name), names, 4);
	return crm_line_fail(line,
			     "there is no gate '%s'%s%s; there are consent, quiet, frequency "
			     "and loop",
			     name, near ? ", is it " : "", near ? near : "");
}

static enum crm_status read_retry(const struct crm_rule_line *line, void *data)
{
	static const char *const members[] = {"base", "cap", "tries", "for"};
	struct crm_gates *g = data;
	enum crm_status rc;

	if ((rc = crm_line_members(line, members, 4)) != CRM_OK
	    || (rc = crm_line_duration(line, "base", g->base, &g->base)) != CRM_OK
	    || (rc = crm_line_duration(line, "cap", g->cap, &g->cap)) != CRM_OK
	    || (rc = crm_line_duration(line, "for", g->give_up, &g->give_up)) != CRM_OK
	    || (rc = crm_line_number(line, "tries", g->tries, &g->tries)) != CRM_OK)
		return rc;
	if (g->base <= 0 || g->cap < g->base || !(g->tries >= 1))
		return crm_line_fail(line,
				     "base must be above 0, cap not below it, tries at least 1");
	return CRM_OK;
}

static struct name name_of(const char *name, const char *value)
{
	return (struct name){crm_strdup(name), crm_strdup(value)};
}

static enum crm_status read_once(const struct crm_rule_line *line, void *data)
{
	static const char *const members[] = {"per"};
	struct crm_gates *g = data;
	const char *per;
	enum crm_status rc = crm_line_members(line, members, 1);

	if (rc == CRM_OK)
		rc = crm_line_text(line, "per", "message", &per);
	if (rc != CRM_OK)
		return rc;
	if (strcmp(per, "request") && strcmp(per, "message"))
		return crm_line_fail(line, "per must be request or message");
	CRM_GROW(g->once, g->n_once + 1, g->cap_once);
	g->once[g->n_once++] = name_of(line->name, per);
	return CRM_OK;
}

static enum crm_status read_instead(const struct crm_rule_line *line, void *data)
{
	static const char *const members[] = {"by"};
	struct crm_gates *g = data;
	const char *by;
	enum crm_status rc = crm_line_members(line, members, 1);

	if (rc == CRM_OK)
		rc = crm_line_text(line, "by", "", &by);
	if (rc != CRM_OK)
		return rc;
	if (!*by)
		return crm_line_fail(line, "by must be the name of a channel");
	CRM_GROW(g->instead, g->n_instead + 1, g->cap_instead);
	g->instead[g->n_instead++] = name_of(line->name, by);
	return CRM_OK;
}

/* {"words":"stop","are":["stop"]} */
static enum crm_status read_words(const struct crm_rule_line *line, void *data)
{
	static const char *const members[] = {"are"};
	struct crm_gates *g = data;
	enum crm_status rc = crm_line_members(line, members, 1);

	if (rc != CRM_OK)
		return rc;
	if (!strcmp(line->name, "stop"))
		return read_texts(line, "are", &g->stop);
	if (!strcmp(line->name, "start"))
		return read_texts(line, "are", &g->start);
	return crm_line_fail(line, "words are stop or start");
}

enum crm_status crm_gates_load(struct crm_gates **out, const char *ours, const char *dir,
			       struct crm_err *err)
{
	struct crm_gates *g = *out = crm_calloc(1, sizeof(*g));
	enum crm_status rc;

	g->kinds[0] = (struct crm_rule_kind){"gate", NULL, read_gate, g};
	g->kinds[1] = (struct crm_rule_kind){"retry", NULL, read_retry, g};
	g->kinds[2] = (struct crm_rule_kind){"once", NULL, read_once, g};
	g->kinds[3] = (struct crm_rule_kind){"instead", NULL, read_instead, g};
	g->kinds[4] = (struct crm_rule_kind){"words", NULL, read_words, g};
	g->spec = (struct crm_rule_spec){.kinds = g->kinds, .n_kinds = 5};
	g->base = HOUR / 60;
	g->cap = 6 * HOUR;
	g->give_up = 72 * HOUR;
	g->tries = 20;
	g->loop_max = 5;
	g->loop_per = HOUR;
	g->rules = crm_rules_new(&g->spec);
	if ((rc = crm_rules_read_both(g->rules, ours, dir, "replies", err)) == CRM_OK)
		rc = crm_rules_ready(g->rules, NULL, NULL, err);
	return rc;
}

static void free_names(struct name *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(names[i].name);
		free(names[i].value);
	}
	free(names);
}

void crm_gates_free(struct crm_gates *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->n_frequencies; i++)
		release_texts(&g->frequencies[i].purposes);
	release_texts(&g->consent);
	release_texts(&g->quiet);
	release_texts(&g->stop);
	release_texts(&g->start);
	free_names(g->once, g->n_once);
	free_names(g->instead, g->n_instead);
	crm_quiet_free(g->zones);
	crm_rules_free(g->rules);
	free(g);
}

static const char *value_of(const struct name *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i].name, name))
			return names[i].value;
	return NULL;
}

bool crm_gates_once(const struct crm_gates *g, const char *template)
{
	const char *per = value_of(g->once, g->n_once, template);

	return per && !strcmp(per, "request");
}

const char *crm_gates_instead(const struct crm_gates *g, const char *channel)
{
	return value_of(g->instead, g->n_instead, channel);
}

bool crm_gates_need_consent(const struct crm_gates *g, const char *purpose)
{
	return has_text(&g->consent, purpose);
}

int64_t crm_gates_retry(const struct crm_gates *g, struct crm_slice key, int64_t n, int64_t now,
			int64_t queued_at, int64_t retry_after)
{
	int64_t wait = g->base;

	if ((double)n >= g->tries)
		return INT64_MAX;
	for (int64_t i = 1; i < n && wait < g->cap; i++)
		wait *= 2;
	wait = wait < g->cap ? wait : g->cap;
	wait += (int64_t)(crm_hash64_with(crm_hash64(key.ptr, key.len), (uint64_t)n)
			  % (uint64_t)(wait / 4 + 1));
	wait = wait > retry_after ? wait : retry_after;
	return now + wait > queued_at + g->give_up ? INT64_MAX : now + wait;
}

/* ---- the gates ---- */

static enum crm_status skip(struct crm_ruling *r, const char *reason, const char *detail)
{
	r->pass = CRM_SKIP;
	r->reason = reason;
	snprintf(r->detail, sizeof(r->detail), "%s", detail);
	return CRM_OK;
}

static enum crm_status later(struct crm_ruling *r, const char *reason, const char *detail,
			     int64_t until)
{
	r->pass = CRM_LATER;
	r->reason = reason;
	r->until = until;
	snprintf(r->detail, sizeof(r->detail), "%s", detail);
	return CRM_OK;
}

struct asked { /* a gate's view */
	struct crm_gates *gates;
	struct crm_db *db;
	const struct crm_subject *s;
	int64_t now;
	bool email; /* the address is one */
};

/* The first column of the first row of one of the statements above. */
static enum crm_status number(const struct asked *a, const char *sql, int64_t dflt, int64_t *out)
{
	sqlite3_stmt *st = crm_db_stmt(a->db, sql);

	if (sqlite3_bind_parameter_index(st, ":endpoint"))
		crm_bind_int(st, ":endpoint", a->s->endpoint);
	if (sqlite3_bind_parameter_index(st, ":source"))
		crm_bind_int(st, ":source", a->s->source);
	if (sqlite3_bind_parameter_index(st, ":medium"))
		crm_bind_text(st, ":medium", a->s->medium);
	if (sqlite3_bind_parameter_index(st, ":stop")) {
		crm_bind_text(st, ":stop", a->gates->stop.n ? a->gates->stop.json : "[]");
		crm_bind_text(st, ":start", a->gates->start.n ? a->gates->start.json : "[]");
	}
	return crm_db_int(a->db, st, dflt, out);
}

static enum crm_status ask_address(struct asked *a, struct crm_ruling *r)
{
	sqlite3_stmt *st = crm_db_stmt(a->db, sql_endpoint);
	struct crm_slice why;
	enum crm_status rc;
	int64_t flags;
	bool row;

	crm_bind_int(st, ":endpoint", a->s->endpoint);
	crm_bind_text(st, ":purpose", a->s->purpose);
	if ((rc = crm_db_step(a->db, st, &row)) != CRM_OK || !row)
		return rc;
	flags = sqlite3_column_int64(st, 0);
	a->email = crm_slice_is(crm_column(st, 1), "email");
	why = crm_column(st, 2);
	if (crm_slice_is(why, "erased"))
		rc = skip(r, "erased", "they asked to be forgotten");
	else if (why.ptr)
		rc = skip(r, "suppressed", why.ptr);
	else if (flags & CRM_ENDPOINT_BOUNCED)
		rc = skip(r, "suppressed", "bounced: the address does not work");
	else if (flags & CRM_ENDPOINT_COMPLAINED)
		rc = skip(r, "suppressed", "complained about a message of ours");
	sqlite3_reset(st);
	return rc;
}

static enum crm_status ask_consent(struct asked *a, struct crm_ruling *r)
{
	int64_t given = 0;
	enum crm_status rc;

	if (!crm_gates_need_consent(a->gates, a->s->purpose))
		return CRM_OK;
	if ((rc = number(a, sql_consent, -1, &given)) != CRM_OK || given > 0)
		return rc;
	return skip(r, "no_consent", given ? "nobody said yes" : "they said no");
}

static enum crm_status ask_window(struct asked *a, struct crm_ruling *r)
{
	int64_t heard = 0;
	enum crm_status rc;

	if (!a->s->window || a->s->has_template)
		return CRM_OK;
	if ((rc = number(a, sql_heard, 0, &heard)) != CRM_OK || a->now < heard + a->s->window)
		return rc;
	return skip(r, "window_closed",
		    heard ? "their last message is too long ago for this channel"
			  : "they have not written by this channel");
}

static enum crm_status country_of(const struct asked *a, char country[3])
{
	sqlite3_stmt *st = crm_db_stmt(a->db, sql_country);
	struct crm_slice s;
	enum crm_status rc;
	bool row;

	country[0] = '\0';
	crm_bind_int(st, ":profile", a->s->profile);
	if ((rc = crm_db_step(a->db, st, &row)) != CRM_OK || !row)
		return rc;
	s = crm_column(st, 0);
	if (s.len == 2)
		memcpy(country, s.ptr, 3);
	sqlite3_reset(st);
	return CRM_OK;
}

static enum crm_status ask_quiet(struct asked *a, struct crm_ruling *r)
{
	struct crm_gates *g = a->gates;
	struct crm_slice phone = {NULL, 0};
	enum crm_status rc;
	char country[3];
	int64_t until;

	if (!has_text(&g->quiet, a->s->purpose))
		return CRM_OK;
	if ((rc = country_of(a, country)) != CRM_OK)
		return rc;
	if (a->s->address.len && a->s->address.ptr[0] == '+')
		phone = a->s->address;
	if (!g->zones)
		g->zones = crm_quiet_new();
	until = crm_quiet_until(g->zones, country, phone, g->quiet_zone, (int)g->quiet_from,
				(int)g->quiet_to, a->now);
	if (until > a->now)
		return later(r, "quiet_hours", "it is night where they are", until);
	return CRM_OK;
}

static enum crm_status ask_frequency(struct asked *a, const struct frequency *f,
				     struct crm_ruling *r)
{
	sqlite3_stmt *st = crm_db_stmt(a->db, sql_share);
	char detail[80];
	enum crm_status rc;
	int64_t at;

	if (!has_text(&f->purposes, a->s->purpose))
		return CRM_OK;
	crm_bind_int(st, ":profile", a->s->profile);
	crm_bind_int(st, ":outbox", a->s->outbox);
	crm_bind_int(st, ":now", a->now);
	crm_bind_int(st, ":since", a->now - f->per);
	crm_bind_text(st, ":purposes", f->purposes.json);
	crm_bind_int(st, ":max", f->max);
	if ((rc = crm_db_int(a->db, st, INT64_MIN, &at)) != CRM_OK || at == INT64_MIN)
		return rc;
	snprintf(detail, sizeof(detail), "they have had %lld of these", (long long)f->max);
	return f->skip ? skip(r, "frequency", detail) : later(r, "frequency", detail, at + f->per);
}

/* An address behind which nobody reads, or that answers by itself. */
static bool is_machine(struct crm_slice address)
{
	static const char *const starts[] = {
		"mailer-daemon", "mailer_daemon", "postmaster",   "no-reply",     "noreply",
		"no_reply",      "donotreply",    "do-not-reply", "do_not_reply", "bounce",
	};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (address.len > strlen(starts[i])
		    && !strncmp(address.ptr, starts[i], strlen(starts[i])))
			return true;
	return false;
}

static enum crm_status ask_loop(struct asked *a, struct crm_ruling *r)
{
	sqlite3_stmt *st;
	char detail[80];
	enum crm_status rc;
	int64_t n;

	if (!a->s->automatic)
		return CRM_OK;
	if (a->s->own)
		return skip(r, "loop", "the address is ours");
	if (a->s->answers_automatic)
		return skip(r, "loop", "it would answer what no person wrote");
	if (a->email && is_machine(a->s->address))
		return skip(r, "loop", "nobody reads that address");
	st = crm_db_stmt(a->db, sql_loop);
	crm_bind_int(st, ":endpoint", a->s->endpoint);
	crm_bind_int(st, ":outbox", a->s->outbox);
	crm_bind_int(st, ":now", a->now);
	crm_bind_int(st, ":since", a->now - a->gates->loop_per);
	if ((rc = crm_db_int(a->db, st, 0, &n)) != CRM_OK || n < a->gates->loop_max)
		return rc;
	snprintf(detail, sizeof(detail), "%lld automatic messages went to that address lately",
		 (long long)n);
	return skip(r, "loop", detail);
}

enum crm_status crm_gates_ask(struct crm_gates *g, struct crm_db *db, const struct crm_subject *s,
			      struct crm_ruling *r)
{
	static enum crm_status (*const first[])(struct asked *, struct crm_ruling *) = {
		ask_address, ask_consent, ask_window, ask_quiet};
	struct asked a = {g, db, s, crm_db_now(db), false};
	enum crm_status rc = CRM_OK;

	*r = (struct crm_ruling){.pass = CRM_PASS};
	for (size_t i = 0; i < 4 && rc == CRM_OK && r->pass == CRM_PASS; i++)
		rc = first[i](&a, r);
	for (size_t i = 0; i < g->n_frequencies && rc == CRM_OK && r->pass == CRM_PASS; i++)
		rc = ask_frequency(&a, &g->frequencies[i], r);
	/* One that has to wait is asked again; one that would loop need not. */
	if (rc == CRM_OK && r->pass != CRM_SKIP) {
		struct crm_ruling loop = {.pass = CRM_PASS};

		rc = ask_loop(&a, &loop);
		if (loop.pass == CRM_SKIP)
			*r = loop;
	}
	return rc;
}
