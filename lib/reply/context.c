/* SPDX-License-Identifier: MIT */
/*
 * The values of a letter: three queries, written as JSON as they come. How dates are written
 * depends on the template's language, and that on what the queries found, so dates come last.
 */
#include "reply/context.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "norm/language.h"
#include "norm/name.h"
#include "norm/quote.h"
#include "norm/timewords.h"
#include "reply/shop.h"
#include "store/people.h"
#include "store/request.h"
#include "store/token.h"

const char *const crm_context_names[] = {
	"person.id",
	"person.name",
	"person.given",
	"person.family",
	"person.email",
	"person.phone",
	"person.language",
	"person.country",
	"person.unsubscribe_url",
	"request.id",
	"request.token",
	"request.subject",
	"request.opened",
	"request.channel",
	"request.medium",
	"request.account",
	"request.status",
	"request.queue",
	"request.priority",
	"request.motive",
	"request.url",
	"request.rating_url",
	"message.text",
	"message.quoted",
	"message.at",
	"agent.id",
	"agent.name",
	"shop.*",
	"now.date",
	"now.time",
	"line.*",
	NULL,
};

#define MEMBERS CRM_MEMBERS(":person")
static const char sql_request[] =
	"SELECT c.id, p.canon_id, c.subject, c.opened_at, s.name, s.medium, c.account, c.status,"
	" c.queue, c.priority, c.motive, c.assignee"
	" FROM conversation AS c JOIN source AS s ON s.id = c.source_id"
	" LEFT JOIN profile AS f ON f.id = c.profile_id LEFT JOIN person AS p ON p.id = f.person_id"
	" WHERE c.id = :id";
/* Of what the sources say the latest, and of names the one that the golden record has. */
static const char sql_person[] =
	"SELECT p.name, p.email, p.phone,"
	" (SELECT f.language FROM " MEMBERS " AS m CROSS JOIN profile AS f ON f.person_id = m.id"
	"  WHERE f.language IS NOT NULL ORDER BY f.seen_at DESC, f.id DESC LIMIT 1),"
	" (SELECT f.country FROM " MEMBERS " AS m CROSS JOIN profile AS f ON f.person_id = m.id"
	"  WHERE f.country IS NOT NULL ORDER BY f.seen_at DESC, f.id DESC LIMIT 1),"
	" (SELECT f.id FROM " MEMBERS " AS m CROSS JOIN profile AS f ON f.person_id = m.id"
	"  WHERE f.given IS NOT NULL AND f.name IS p.name ORDER BY f.seen_at DESC, f.id DESC LIMIT "
	"1)"
	" FROM person AS p WHERE p.id = :person";
static const char sql_given[] = "SELECT given, family FROM profile WHERE id = :profile";
/* The message that is answered; else their latest, one that a person wrote before others. */
#define THEIR_LATEST(automatic)                                                  \
	"(SELECT id FROM event WHERE conversation_id = :id AND type = 'message'" \
	" AND direction = 'in' AND automatic " automatic " ORDER BY at DESC, id DESC LIMIT 1)"
static const char sql_message[] =
	"SELECT at, text FROM event WHERE id = CASE :message WHEN 0 THEN"
	" coalesce(" THEIR_LATEST("IS NULL") ", " THEIR_LATEST(
		"IS NOT NULL") ") ELSE"
			       " (SELECT id FROM event WHERE id = :message AND conversation_id = "
			       ":id"
			       "  AND type = 'message' AND direction = 'in') END";

struct crm_context {
	struct crm_db *db;
	struct crm_templates *templates;
	struct crm_agents agents;
	struct crm_shop shop;
	/* One letter: */
	struct crm_str person, request, message; /* JSON objects that are still open */
	struct crm_str language, assignee, values;
	const char *spoken; /* language of their message, NULL: it does not tell; static */
	struct crm_json_doc doc;
	int64_t opened_at, message_at;
	bool has_message;
};

/* ---- open and close ---- */

enum crm_status crm_context_open(struct crm_context **context, struct crm_db *db, const char *dir,
				 struct crm_templates *templates, struct crm_err *err)
{
	struct crm_context *c = crm_malloc(sizeof(*c));
	enum crm_status rc;

	*c = (struct crm_context){
		.db = db,
		.templates = templates,
		.agents = CRM_AGENTS_INIT,
		.shop = CRM_SHOP_INIT,
		.person = CRM_STR_INIT,
		.request = CRM_STR_INIT,
		.message = CRM_STR_INIT,
		.language = CRM_STR_INIT,
		.assignee = CRM_STR_INIT,
		.values = CRM_STR_INIT,
		.doc = CRM_JSON_DOC_INIT,
	};
	rc = crm_shop_load(&c->shop, dir, err);
	crm_templates_default(templates, c->shop.language.ptr);
	if (rc == CRM_OK)
		rc = crm_agents_load(&c->agents, dir, NULL, err);
	*context = rc == CRM_OK ? c : NULL;
	if (rc != CRM_OK)
		crm_context_close(c);
	return rc;
}

void crm_context_close(struct crm_context *c)
{
	if (!c)
		return;
	crm_agents_release(&c->agents);
	crm_shop_release(&c->shop);
	crm_json_doc_release(&c->doc);
	crm_str_release(&c->person);
	crm_str_release(&c->request);
	crm_str_release(&c->message);
	crm_str_release(&c->language);
	crm_str_release(&c->assignee);
	crm_str_release(&c->values);
	free(c);
}

const struct crm_agents *crm_context_agents(const struct crm_context *context)
{
	return &context->agents;
}

/* ---- what is written ---- */

/* A name, unless it is an advertisement. */
static void put_name(struct crm_str *out, const char *key, struct crm_slice s)
{
	static const char *const signs[] = {"://", "www.", "@", "<", "\n"};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (s.len && memmem(s.ptr, s.len, signs[i], strlen(signs[i])))
			return;
	if (s.len <= 100)
		crm_json_put_slice(out, key, s);
}

static void put_time(const struct crm_context *c, struct crm_str *out, const char *key, int64_t ms,
		     const char *language, enum crm_words_of words)
{
	struct crm_str text = CRM_STR_INIT;

	crm_time_words(ms, c->shop.zone.ptr, language, words, &text);
	crm_json_put_slice(out, key, crm_str_slice(&text));
	crm_str_release(&text);
}

/* ---- what the store says ---- */

/* Without Re:, AW:, Fwd: … before it. */
static struct crm_slice bare_subject(struct crm_slice s)
{
	static const char *const marks[] = {
		"re:", "aw:", "antw:", "fw:",  "fwd:", "wg:",   "sv:",   "vs:",
		"tr:", "rv:", "ref:",  "rif:", "odp:", "回复:", "答复:", "转发:"};
	bool more = s.ptr != NULL;

	while (more) {
		s = crm_slice_trim(s);
		more = false;
		for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
			size_t n = strlen(marks[i]);

			if (s.len >= n && !strncasecmp(s.ptr, marks[i], n)) {
				s = (struct crm_slice){s.ptr + n, s.len - n};
				more = true;
			}
		}
	}
	return s;
}

static void put_link(struct crm_context *c, struct crm_str *out, const char *key,
		     const struct crm_str *token)
{
	struct crm_str url = CRM_STR_INIT;
	const char *name = !strcmp(key, "url") ? "request_url" : "rating_url";

	crm_shop_get(&c->shop, name, &url);
	if (url.len) {
		crm_str_add(&url, token->ptr, token->len);
		crm_json_put_slice(out, key, crm_str_slice(&url));
	}
	crm_str_release(&url);
}

static void put_request(struct crm_context *c, sqlite3_stmt *st, const struct crm_str *token)
{
	static const char *const columns[] = {NULL,      NULL,     NULL,      NULL,
					      "channel", "medium", "account", "status",
					      "queue",   NULL,     "motive",  NULL};
	struct crm_str *out = &c->request;
	struct crm_slice assignee = crm_column(st, 11);
	int priority = sqlite3_column_int(st, 9);

	crm_json_put_int(out, "id", sqlite3_column_int64(st, 0));
	crm_json_put_slice(out, "token", crm_str_slice(token));
	crm_json_put_slice(out, "subject", bare_subject(crm_column(st, 2)));
	for (int i = 0; i < 12; i++)
		if (columns[i])
			crm_json_put_slice(out, columns[i], crm_column(st, i));
	if (priority >= 0 && priority < CRM_PRIORITIES)
		crm_json_put(out, "priority", crm_priority_names[priority]);
	put_link(c, out, "url", token);
	put_link(c, out, "rating_url", token);
	c->opened_at = sqlite3_column_int64(st, 3);
	crm_str_add(&c->assignee, assignee.ptr, assignee.len);
}

static enum crm_status find_request(struct crm_context *c, const struct crm_letter_ask *ask,
				    int64_t *conversation, int64_t *person)
{
	struct crm_str token = CRM_STR_INIT;
	sqlite3_stmt *st;
	enum crm_status rc;
	bool row;

	rc = crm_request_id(c->db, ask->conversation, conversation);
	if (rc == CRM_OK && *conversation)
		rc = crm_token_make(c->db, *conversation, &token);
	if (rc != CRM_OK)
		goto out;
	st = crm_db_stmt(c->db, sql_request);
	crm_bind_int(st, ":id", *conversation);
	rc = crm_db_step(c->db, st, &row);
	if (rc == CRM_OK && !row) {
		rc = crm_fail(crm_db_err(c->db), CRM_NO_INPUT, "there is no conversation %lld",
			      (long long)ask->conversation);
	} else if (rc == CRM_OK) {
		*person = *person ? *person : sqlite3_column_int64(st, 1);
		put_request(c, st, &token);
	}
	sqlite3_reset(st);
out:
	crm_str_release(&token);
	return rc;
}

enum crm_status crm_context_unsubscribe(struct crm_context *c, int64_t endpoint,
					struct crm_str *url)
{
	size_t before = url->len;

	crm_shop_get(&c->shop, "unsubscribe_url", url);
	return url->len > before && endpoint ? crm_token_make_address(c->db, endpoint, url)
					     : CRM_OK;
}

static enum crm_status put_unsubscribe(struct crm_context *c, int64_t endpoint)
{
	struct crm_str url = CRM_STR_INIT;
	enum crm_status rc = endpoint ? crm_context_unsubscribe(c, endpoint, &url) : CRM_OK;

	crm_json_put_slice(&c->person, "unsubscribe_url", crm_str_slice(&url));
	crm_str_release(&url);
	return rc;
}

/* The parts of the name; profile: whose record has it in parts, 0: nobody's. */
static enum crm_status put_parts(struct crm_context *c, struct crm_slice name, int64_t profile)
{
	struct crm_str given = CRM_STR_INIT, family = CRM_STR_INIT;
	sqlite3_stmt *st = crm_db_stmt(c->db, sql_given);
	enum crm_status rc = CRM_OK;
	bool row = false;

	if (profile) {
		crm_bind_int(st, ":profile", profile);
		rc = crm_db_step(c->db, st, &row);
	}
	if (row) {
		put_name(&c->person, "given", crm_column(st, 0));
		put_name(&c->person, "family", crm_column(st, 1));
		sqlite3_reset(st);
	} else if (name.len) {
		crm_name_split(name, &given, &family);
		put_name(&c->person, "given", (struct crm_slice){given.ptr, given.len});
		put_name(&c->person, "family", (struct crm_slice){family.ptr, family.len});
	}
	crm_str_release(&given);
	crm_str_release(&family);
	return rc;
}

static enum crm_status find_person(struct crm_context *c, int64_t person)
{
	static const char *const columns[] = {NULL, "email", "phone", "language", "country"};
	struct crm_slice name, language;
	sqlite3_stmt *st;
	enum crm_status rc;
	bool row;

	if ((rc = crm_person_canon(c->db, person, &person)) != CRM_OK)
		return rc;
	st = crm_db_stmt(c->db, sql_person);
	crm_bind_int(st, ":person", person);
	if ((rc = crm_db_step(c->db, st, &row)) != CRM_OK || !row)
		return rc;
	crm_json_put_int(&c->person, "id", person);
	name = crm_column(st, 0);
	put_name(&c->person, "name", name);
	for (int i = 1; i < 5; i++)
		crm_json_put_slice(&c->person, columns[i], crm_column(st, i));
	language = crm_column(st, 3);
	crm_str_add(&c->language, language.ptr, language.len);
	rc = put_parts(c, name, sqlite3_column_int64(st, 5));
	sqlite3_reset(st);
	return rc;
}

static void put_quoted(struct crm_str *out, const struct crm_str *text)
{
	struct crm_str quoted = CRM_STR_INIT;
	const char *p = text->ptr, *end = p + text->len;

	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((newline ? newline : end) - p);

		crm_str_adds(&quoted, n ? "> " : ">");
		crm_str_add(&quoted, p, n);
		p += n + 1;
		if (p < end)
			crm_str_addc(&quoted, '\n');
	}
	crm_json_put_slice(out, "quoted", crm_str_slice(&quoted));
	crm_str_release(&quoted);
}

static enum crm_status find_message(struct crm_context *c, int64_t conversation, int64_t message)
{
	struct crm_str text = CRM_STR_INIT;
	sqlite3_stmt *st = crm_db_stmt(c->db, sql_message);
	struct crm_slice s;
	enum crm_status rc;

	crm_bind_int(st, ":id", conversation);
	crm_bind_int(st, ":message", message);
	rc = crm_db_step(c->db, st, &c->has_message);
	if (rc != CRM_OK || !c->has_message)
		return rc;
	c->message_at = sqlite3_column_int64(st, 0);
	s = crm_column(st, 1);
	if (s.ptr)
		crm_quote_split(s, &text, NULL);
	crm_json_put_slice(&c->message, "text", crm_str_slice(&text));
	put_quoted(&c->message, &text);
	c->spoken = crm_language_of((struct crm_slice){text.ptr, text.len});
	sqlite3_reset(st);
	crm_str_release(&text);
	return CRM_OK;
}

static enum crm_status find_all(struct crm_context *c, const struct crm_letter_ask *ask)
{
	struct crm_str *const parts[] = {&c->person, &c->request, &c->message, &c->language,
					 &c->assignee};
	int64_t conversation = 0, person = ask->person;
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		crm_str_clear(parts[i]);
	for (size_t i = 0; i < 3; i++)
		crm_json_open(parts[i], '{');
	c->has_message = false;
	c->spoken = NULL;
	if (ask->conversation)
		rc = find_request(c, ask, &conversation, &person);
	if (rc == CRM_OK && conversation)
		rc = find_message(c, conversation, ask->message);
	if (rc == CRM_OK && person)
		rc = find_person(c, person);
	return rc == CRM_OK ? put_unsubscribe(c, ask->endpoint) : rc;
}

/* ---- the values of a letter ---- */

static void put_object(struct crm_str *out, const char *key, struct crm_str *object)
{
	crm_json_close(object, '}');
	crm_json_key(out, key);
	crm_json_raw(out, (struct crm_slice){object->ptr, object->len});
}

static void put_agent(const struct crm_context *c, const char *agent, struct crm_str *out)
{
	const struct crm_agent *a = crm_agents_find(&c->agents, crm_slice_of(agent));

	crm_json_key(out, "agent");
	crm_json_open(out, '{');
	crm_json_put(out, "id", agent);
	crm_json_put(out, "name", a ? a->name : agent);
	crm_json_close(out, '}');
}

/* The members of the file `shop`, each unless the account has one of that name. */
static void put_shop(const struct crm_context *c, const struct crm_account *account,
		     struct crm_str *out)
{
	const struct crm_json_doc *docs[] = {account ? &account->doc : NULL, &c->shop.doc};

	crm_json_key(out, "shop");
	crm_json_open(out, '{');
	for (size_t d = 0; d < 2; d++) {
		const struct crm_json_doc *doc = docs[d];

		for (uint32_t k = 1; doc && doc->n && k < doc->values->next;
		     k = doc->values[k].next) {
			const struct crm_json_value *v = &doc->values[k];
			struct crm_str text = CRM_STR_INIT, key = CRM_STR_INIT;
			struct crm_json_value as_text = {
				.type = CRM_JSON_STRING, .escaped = v->key_escaped, .text = v->key};

			crm_json_text(v, &text);
			crm_json_text(&as_text, &key);
			if (d == 0 || !account || !crm_account_get(account, key.ptr).ptr)
				crm_json_put_slice(out, key.ptr, crm_str_slice(&text));
			crm_str_release(&text);
			crm_str_release(&key);
		}
	}
	crm_json_close(out, '}');
}

static void put_values(struct crm_context *c, const struct crm_letter_ask *ask,
		       const char *language)
{
	const char *agent = ask->agent ? ask->agent : c->assignee.ptr;
	int64_t now = crm_db_now(c->db);
	struct crm_str *out = &c->values;

	if (ask->conversation)
		put_time(c, &c->request, "opened", c->opened_at, language, CRM_WORDS_BOTH);
	if (c->has_message)
		put_time(c, &c->message, "at", c->message_at, language, CRM_WORDS_BOTH);
	crm_str_clear(out);
	crm_json_open(out, '{');
	put_object(out, "person", &c->person);
	put_object(out, "request", &c->request);
	put_object(out, "message", &c->message);
	if (*agent)
		put_agent(c, agent, out);
	put_shop(c, ask->account, out);
	crm_json_key(out, "now");
	crm_json_open(out, '{');
	put_time(c, out, "date", now, language, CRM_WORDS_DATE);
	put_time(c, out, "time", now, language, CRM_WORDS_CLOCK);
	crm_json_close(out, '}');
	if (ask->line) {
		crm_json_key(out, "line");
		crm_json_raw(out, ask->line->values[0].text);
	}
	crm_json_close(out, '}');
}

/* A string member of the line, into out. */
static bool line_text(const struct crm_letter_ask *ask, const char *name, struct crm_str *out)
{
	const struct crm_json_value *v =
		ask->line ? crm_json_member(ask->line, ask->line->values, name) : NULL;

	if (!v || v->type != CRM_JSON_STRING || !v->text.len)
		return false;
	crm_str_clear(out);
	crm_json_text(v, out);
	return true;
}

static enum crm_status get_template(struct crm_context *c, const struct crm_letter_ask *ask,
				    const struct crm_template **t, struct crm_err *err)
{
	struct crm_slice own = ask->account ? crm_account_get(ask->account, "templates")
					    : (struct crm_slice){NULL, 0};
	struct crm_str set = CRM_STR_INIT;
	const char *language = ask->language;
	enum crm_status rc;

	if (own.ptr)
		crm_str_add(&set, own.ptr, own.len);
	else
		crm_str_adds(&set, c->shop.set.ptr);
	if (!language) {
		if (!line_text(ask, "language", &c->language) && !c->language.len && c->spoken)
			crm_str_adds(&c->language, c->spoken);
		language = c->language.ptr;
	}
	rc = crm_templates_get(c->templates, ask->set ? ask->set : set.ptr, ask->name, language, t,
			       err);
	crm_str_release(&set);
	return rc;
}

/* How dates are written: as the template is, in the way of the person's country where it is
 * the same language (en-GB). A file that names none is in the shop's. */
static const char *dates_language(const struct crm_context *c, const struct crm_template *t)
{
	const char *own = t->language ? t->language : c->shop.language.ptr;
	size_t n = strcspn(own, "-");

	if (!own[n] && !strncasecmp(own, c->language.ptr, n) && c->language.ptr[n] == '-')
		return c->language.ptr;
	return own;
}

static enum crm_status fill_letter(struct crm_context *c, const struct crm_template *t,
				   struct crm_letter *out, struct crm_err *err)
{
	if (crm_json_scan(&c->doc, c->values.ptr, c->values.len) != CRM_OK)
		return crm_fail(err, CRM_BUG, "the values of a letter: %s", c->doc.error);
	return crm_template_render(t, &c->doc, out, err);
}

enum crm_status crm_context_letter(struct crm_context *c, const struct crm_letter_ask *ask,
				   const struct crm_template **t, struct crm_letter *out,
				   struct crm_err *err)
{
	const struct crm_template *found;
	enum crm_status rc = find_all(c, ask);

	if (rc != CRM_OK) {
		*err = *crm_db_err(c->db);
		return rc;
	}
	if ((rc = get_template(c, ask, &found, err)) != CRM_OK)
		return rc;
	if (t)
		*t = found;
	put_values(c, ask, dates_language(c, found));
	return fill_letter(c, found, out, err);
}

/* ---- a sample ---- */

struct sample {
	struct crm_str *out;
	const char *prefix; /* line. or shop. */
	const struct crm_json_doc *shop;
};

/* A member of line or shop that the template names, once. */
static enum crm_status put_sample(void *data, struct crm_slice path, const char *file, int line,
				  bool optional)
{
	struct sample *s = data;
	size_t n = strlen(s->prefix);
	struct crm_str name = CRM_STR_INIT, key = CRM_STR_INIT, text = CRM_STR_INIT;

	(void)file, (void)line, (void)optional;
	if (path.len <= n || memcmp(path.ptr, s->prefix, n)
	    || memchr(path.ptr + n, '.', path.len - n))
		return CRM_OK;
	crm_str_add(&name, path.ptr + n, path.len - n);
	crm_str_addf(&key, "\"%s\":", name.ptr);
	if (!strstr(s->out->ptr, key.ptr)) {
		const struct crm_json_value *v =
			*s->prefix == 's' && s->shop->n
				? crm_json_member(s->shop, s->shop->values, name.ptr)
				: NULL;

		if (v)
			crm_json_text(v, &text);
		else if (strstr(name.ptr, "url"))
			crm_str_addf(&text, "https://shop.example/%s", name.ptr);
		else
			crm_str_addf(&text, "[%s%s]", s->prefix, name.ptr);
		crm_json_put_slice(s->out, name.ptr, crm_str_slice(&text));
	}
	crm_str_release(&name);
	crm_str_release(&key);
	crm_str_release(&text);
	return CRM_OK;
}

static void put_samples(struct crm_context *c, const struct crm_template *t, const char *prefix)
{
	struct crm_str object = CRM_STR_INIT;
	struct sample s = {&object, prefix, &c->shop.doc};

	crm_json_open(&object, '{');
	crm_template_paths(t, put_sample, &s);
	put_object(&c->values, *prefix == 's' ? "shop" : "line", &object);
	crm_str_release(&object);
}

enum crm_status crm_context_sample(struct crm_context *c, const struct crm_letter_ask *ask,
				   const struct crm_template **t, struct crm_letter *out,
				   struct crm_err *err)
{
	static const char fixed[] =
		"{\"person\":{\"id\":7,\"name\":\"Ada King\",\"given\":\"Ada\",\"family\":\"King\","
		"\"email\":\"ada@example.org\",\"phone\":\"+4930123456\",\"language\":\"en\","
		"\"country\":\"GB\",\"unsubscribe_url\":"
		"\"https://shop.example/leave?t=a17.m2c8x4twpk\"},"
		"\"agent\":{\"id\":\"anna\",\"name\":\"Anna Berg\"},";
	static const char request[] =
		"{\"id\":42,\"token\":\"c42.k3x9q2mwta\",\"subject\":\"Where is my order?\","
		"\"channel\":\"email\",\"medium\":\"email\",\"account\":\"help@shop.example\","
		"\"status\":\"open\",\"queue\":\"support\",\"priority\":\"normal\","
		"\"motive\":\"delivery\",\"url\":\"https://shop.example/request/c42.k3x9q2mwta\","
		"\"rating_url\":\"https://shop.example/rating/c42.k3x9q2mwta\"";
	static const char message[] = "{\"text\":\"My parcel is not here yet.\\nAda\","
				      "\"quoted\":\"> My parcel is not here yet.\\n> Ada\"";
	int64_t now = crm_db_now(c->db);
	const struct crm_template *found;
	const char *language;
	enum crm_status rc;

	crm_str_clear(&c->language);
	c->spoken = NULL;
	if ((rc = get_template(c, ask, &found, err)) != CRM_OK)
		return rc;
	if (t)
		*t = found;
	language = dates_language(c, found);
	crm_str_clear(&c->request);
	crm_str_clear(&c->message);
	crm_str_adds(&c->request, request);
	crm_str_adds(&c->message, message);
	put_time(c, &c->request, "opened", now, language, CRM_WORDS_BOTH);
	put_time(c, &c->message, "at", now, language, CRM_WORDS_BOTH);
	crm_str_clear(&c->values);
	crm_str_adds(&c->values, fixed);
	crm_str_adds(&c->values, "\"now\":{");
	put_time(c, &c->values, "date", now, language, CRM_WORDS_DATE);
	put_time(c, &c->values, "time", now, language, CRM_WORDS_CLOCK);
	crm_json_close(&c->values, '}');
	put_object(&c->values, "request", &c->request);
	put_object(&c->values, "message", &c->message);
	put_samples(c, found, "shop.");
	put_samples(c, found, "line.");
	crm_json_close(&c->values, '}');
	return fill_letter(c, found, out, err);
}
