/* SPDX-License-Identifier: MIT */
/* Facts about requests, a query for each group of them. Ids go in as a JSON array; what comes
 * back names its place in it. */
#include "route/facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/time.h"
#include "norm/money.h"
#include "norm/when.h"
#include "store/request.h"

#define TEXT_MAX                                                                        \
	((size_t)64 * 1024) /* bytes of a request's text, about: more are not looked at \
			     */

static const char *const states[] = {"new", "open", "pending", "snoozed", "resolved"};
static const char *const weekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

#define PLAIN NULL, 0, false
const struct crm_rule_field crm_fact_fields[CRM_FACTS] = {
	[CRM_FACT_CHANNEL] = {"channel", CRM_RULE_TEXT, "the channel it came by", PLAIN},
	[CRM_FACT_MEDIUM] = {"medium", CRM_RULE_TEXT, "email, chat, phone, web …", PLAIN},
	[CRM_FACT_ACCOUNT] = {"account", CRM_RULE_TEXT, "our address, page or number", PLAIN},
	[CRM_FACT_SUBJECT] = {"subject", CRM_RULE_TEXT, "its subject", PLAIN},
	[CRM_FACT_TEXT] = {"text", CRM_RULE_TEXT, "subject, and what they wrote since our answer",
			   PLAIN},
	[CRM_FACT_LANGUAGE] = {"language", CRM_RULE_TEXT, "the language it is in", PLAIN},
	[CRM_FACT_COUNTRY] = {"country", CRM_RULE_TEXT, "the country it came from", PLAIN},
	[CRM_FACT_STATUS] = {"status", CRM_RULE_LEVEL, "its state", states, 5, false},
	[CRM_FACT_MOTIVE] = {"motive", CRM_RULE_TEXT, "why they make contact", PLAIN},
	[CRM_FACT_PRIORITY] = {"priority", CRM_RULE_LEVEL, "low to urgent", crm_priority_names,
			       CRM_PRIORITIES, false},
	[CRM_FACT_QUEUE] = {"queue", CRM_RULE_TEXT, "the team it waits for", PLAIN},
	[CRM_FACT_ASSIGNEE] = {"assignee", CRM_RULE_TEXT, "the agent who has it", PLAIN},
	[CRM_FACT_WAITING] = {"waiting", CRM_RULE_SPAN, "since their oldest open message", PLAIN},
	[CRM_FACT_AGE] = {"age", CRM_RULE_SPAN, "since it was opened", PLAIN},
	[CRM_FACT_MESSAGES] = {"messages", CRM_RULE_NUMBER, "how many they wrote", PLAIN},
	[CRM_FACT_AUTOMATIC] = {"automatic", CRM_RULE_BOOL, "no person wrote the last one", PLAIN},
	[CRM_FACT_LATE] = {"late", CRM_RULE_SPAN, "how old the last one was when it came in",
			   PLAIN},
	[CRM_FACT_FOLLOWS] = {"follows", CRM_RULE_BOOL, "goes on with a resolved one", PLAIN},
	[CRM_FACT_TIME] = {"time", CRM_RULE_CLOCK, "the time of day now", PLAIN},
	[CRM_FACT_WEEKDAY] = {"weekday", CRM_RULE_LEVEL, "today", weekdays, 7, false},
	[CRM_FACT_RANDOM] = {"random", CRM_RULE_NUMBER, "0 to 1, the same every time", PLAIN},
	[CRM_FACT_PERSON_KNOWN] = {"person.known", CRM_RULE_BOOL, "has bought before", PLAIN},
	[CRM_FACT_PERSON_NAME] = {"person.name", CRM_RULE_TEXT, "name", PLAIN},
	[CRM_FACT_PERSON_CITY] = {"person.city", CRM_RULE_TEXT, "city, as last known", PLAIN},
	[CRM_FACT_PERSON_COUNTRY] = {"person.country", CRM_RULE_TEXT, "country code", PLAIN},
	[CRM_FACT_PERSON_LANGUAGE] = {"person.language", CRM_RULE_TEXT, "language code", PLAIN},
	[CRM_FACT_PERSON_ORDERS] = {"person.orders", CRM_RULE_NUMBER, "orders", PLAIN},
	[CRM_FACT_PERSON_VALUE] = {"person.value", CRM_RULE_NUMBER, "what they came to", PLAIN},
	[CRM_FACT_PERSON_FIRST_ORDER] = {"person.first_order", CRM_RULE_TIME, "the first", PLAIN},
	[CRM_FACT_PERSON_LAST_ORDER] = {"person.last_order", CRM_RULE_TIME, "the last", PLAIN},
	[CRM_FACT_PERSON_REQUESTS] = {"person.requests", CRM_RULE_NUMBER, "requests", PLAIN},
	[CRM_FACT_PERSON_COMPLAINTS] = {"person.complaints", CRM_RULE_NUMBER, "resolved complaints",
					PLAIN},
	[CRM_FACT_PERSON_RATING] = {"person.rating", CRM_RULE_NUMBER, "their last rating, 0 to 1",
				    PLAIN},
	[CRM_FACT_LINE] = {"line.*", CRM_RULE_TEXT, "a member of the line that came", PLAIN},
};

const struct crm_rule_field crm_routing_actions[CRM_ROUTINGS] = {
	[CRM_ROUTING_PRIORITY] = {"priority", CRM_RULE_LEVEL, "low to urgent", crm_priority_names,
				  CRM_PRIORITIES, false},
	[CRM_ROUTING_QUEUE] = {"queue", CRM_RULE_TEXT, "the team it is for", PLAIN},
	[CRM_ROUTING_MOTIVE] = {"motive", CRM_RULE_TEXT, "why they make contact", PLAIN},
	[CRM_ROUTING_AGENT] = {"agent", CRM_RULE_TEXT,
			       "who is to have it, if on duty; none: nobody", PLAIN},
	[CRM_ROUTING_LANGUAGE] = {"language", CRM_RULE_TEXT, "what the agent must speak", PLAIN},
	[CRM_ROUTING_SKILLS] = {"skills", CRM_RULE_TEXT, "what the agent must know", NULL, 0, true},
};

/* SQL keeps its own lines. */
/* clang-format off */
static const char select_requests[] =
	"SELECT e.key, s.name, s.medium, c.account, c.subject, p.language, p.country,"
	" CASE WHEN c.status = 'snoozed' AND c.snoozed_until <= :now THEN 'open' ELSE c.status END,"
	" c.motive, c.queue, c.assignee, c.priority, c.waiting_since, c.opened_at,"
	" c.follows IS NOT NULL, person.canon_id"
	" FROM json_each(:ids) AS e CROSS JOIN conversation AS c ON c.id = e.value"
	" CROSS JOIN source AS s ON s.id = c.source_id"
	" LEFT JOIN profile AS p ON p.id = c.profile_id"
	" LEFT JOIN person ON person.id = p.person_id";
static const char select_text[] =
	"SELECT e.key, v.text"
	" FROM json_each(:ids) AS e CROSS JOIN conversation AS c ON c.id = e.value"
	" CROSS JOIN event AS v ON v.conversation_id = c.id AND v.at >= coalesce(c.waiting_since,"
	"  (SELECT max(at) FROM event WHERE conversation_id = c.id AND type = 'message' AND direction = 'in'))"
	" WHERE v.type = 'message' AND v.direction IS NOT 'out' AND v.text IS NOT NULL AND v.at <= :now"
	" ORDER BY e.key, v.at, v.id";
static const char select_messages[] =
	"SELECT e.key, count(*), v.automatic IS NOT NULL," /* but for the count: of the last */
	" (SELECT started_at FROM batch WHERE id = v.batch_id) - max(v.at)"
	" FROM json_each(:ids) AS e CROSS JOIN event AS v ON v.conversation_id = e.value"
	" WHERE v.type = 'message' AND v.direction IS NOT 'out' AND v.at <= :now GROUP BY e.key";

/* All ids of the people asked for, then their profiles. */
#define MEMBERS \
	" FROM (SELECT key, value AS id FROM json_each(:people) UNION ALL" \
	" SELECT a.key, o.id FROM json_each(:people) AS a" \
	" CROSS JOIN person AS o ON o.canon_id = a.value AND o.canon_id <> o.id) AS m" \
	" CROSS JOIN profile AS p ON p.person_id = m.id"
static const char select_names[] =
	"SELECT e.key, person.name FROM json_each(:people) AS e CROSS JOIN person ON person.id = e.value";
static const char select_places[] = /* in order of time: the last known counts */
	"SELECT m.key, p.city, p.country, p.language" MEMBERS
	" WHERE p.city IS NOT NULL OR p.country IS NOT NULL OR p.language IS NOT NULL"
	" ORDER BY m.key, p.seen_at, p.id";
static const char select_orders[] =
	"SELECT m.key, v.currency, count(*), sum(v.amount), min(v.at), max(v.at)" MEMBERS
	" CROSS JOIN order_value AS v ON v.profile_id = p.id"
	" WHERE v.at <= :now AND order_counts(v.status)"
	" GROUP BY m.key, v.currency ORDER BY m.key, v.currency";
static const char select_history[] =
	"SELECT m.key, count(*), sum(c.motive IS 'complaint' AND c.status = 'resolved')" MEMBERS
	" CROSS JOIN conversation AS c ON c.profile_id = p.id WHERE c.opened_at <= :now GROUP BY m.key";
static const char select_ratings[] =
	"SELECT m.key, v.rating / v.rating_max, max(v.at)" MEMBERS
	" CROSS JOIN event AS v ON v.profile_id = p.id"
	" WHERE v.type = 'rating' AND v.rating IS NOT NULL AND v.rating_max > 0 AND v.at <= :now"
	" GROUP BY m.key";
/* clang-format on */

struct crm_facts {
	struct crm_db *db;
	const struct crm_rules *rules;
	struct crm_facts_options options;
	struct crm_zone *zone; /* NULL: UTC */
	size_t slots, n, cap_rows;
	struct crm_value *rows; /* n times slots */
	int64_t *person;        /* of each request, 0 */
	bool *found;
	size_t cap_person, cap_found;
	size_t *who; /* of each person asked for: the first request of theirs */
	size_t n_people, cap_who;
	int64_t most; /* orders of the person being read in the currency that counts so far */
	struct crm_str ids, people; /* JSON arrays */
	struct crm_arena arena;     /* text of rows */
};

enum crm_status crm_facts_new(struct crm_facts **out, struct crm_db *db,
			      const struct crm_rules *rules,
			      const struct crm_facts_options *options)
{
	struct crm_facts *f = crm_calloc(1, sizeof(*f));
	enum crm_status rc = CRM_OK;

	f->db = db;
	f->rules = rules;
	f->options = *options;
	f->slots = crm_rules_slots(rules);
	f->ids = f->people = (struct crm_str)CRM_STR_INIT;
	if (options->zone)
		rc = crm_zone_new(options->zone, &f->zone, crm_db_err(db));
	if (rc == CRM_OK)
		*out = f;
	else
		crm_facts_free(f);
	return rc;
}

void crm_facts_free(struct crm_facts *f)
{
	if (!f)
		return;
	crm_zone_free(f->zone);
	crm_arena_release(&f->arena);
	crm_str_release(&f->ids);
	crm_str_release(&f->people);
	free(f->rows);
	free(f->person);
	free(f->found);
	free(f->who);
	free(f);
}

struct crm_value *crm_facts_row(struct crm_facts *f, size_t i)
{
	return &f->rows[i * f->slots];
}

int64_t crm_facts_person(const struct crm_facts *f, size_t i)
{
	return f->person[i];
}

bool crm_facts_found(const struct crm_facts *f, size_t i)
{
	return f->found[i];
}

static bool needs(const struct crm_facts *f, enum crm_fact first, enum crm_fact last)
{
	for (size_t i = first; i <= last; i++)
		if (crm_rules_need(f->rules, i))
			return true;
	return false;
}

/*
 * Setting values.
 */

static void set_text(struct crm_facts *f, struct crm_value *value, struct crm_slice text)
{
	if (!text.ptr || !text.len)
		return;
	value->there = true;
	value->text =
		(struct crm_slice){crm_arena_strndup(&f->arena, text.ptr, text.len), text.len};
}

static void set_n(struct crm_value *value, int64_t n)
{
	value->there = true;
	value->n = n;
}

static void set_number(struct crm_value *value, double number)
{
	value->there = true;
	value->number = number;
}

static void set_level(struct crm_value *value, const struct crm_rule_field *field,
		      struct crm_slice name)
{
	for (size_t i = 0; i < field->n_names; i++)
		if (crm_slice_is(name, field->names[i]))
			set_n(value, (int64_t)i);
}

/* How long ago; nothing that is still to come. */
static void set_since(const struct crm_facts *f, struct crm_value *value, int64_t at)
{
	int64_t ago;

	if (!__builtin_sub_overflow(f->options.now, at, &ago))
		set_n(value, ago > 0 ? ago : 0);
}

/*
 * Asking the store.
 */

typedef void row_reader(struct crm_facts *f, sqlite3_stmt *st, size_t i);

/* Runs a query over the ids or people, and hands each row to read with the place that its
 * first column names: of a request, or of the first request of a person. */
static enum crm_status ask(struct crm_facts *f, const char *sql, row_reader *read)
{
	sqlite3_stmt *st = crm_db_stmt(f->db, sql);
	bool row, of_people = sqlite3_bind_parameter_index(st, ":people") > 0;
	struct crm_str *list = of_people ? &f->people : &f->ids;
	enum crm_status rc;

	crm_bind_slice(st, of_people ? ":people" : ":ids",
		       (struct crm_slice){list->ptr, list->len});
	if (sqlite3_bind_parameter_index(st, ":now") > 0)
		crm_bind_int(st, ":now", f->options.now);
	while ((rc = crm_db_step(f->db, st, &row)) == CRM_OK && row) {
		size_t i = (size_t)sqlite3_column_int64(st, 0);

		read(f, st, of_people ? f->who[i] : i);
	}
	return rc;
}

static void read_request(struct crm_facts *f, sqlite3_stmt *st, size_t i)
{
	static const enum crm_fact texts[] = {CRM_FACT_CHANNEL, CRM_FACT_MEDIUM,   CRM_FACT_ACCOUNT,
					      CRM_FACT_SUBJECT, CRM_FACT_LANGUAGE, CRM_FACT_COUNTRY,
					      CRM_FACT_STATUS,  CRM_FACT_MOTIVE,   CRM_FACT_QUEUE,
					      CRM_FACT_ASSIGNEE};
	struct crm_value *row = crm_facts_row(f, i);
	int column = 1;

	f->found[i] = true;
	for (size_t t = 0; t < sizeof(texts) / sizeof(*texts); t++, column++)
		if (texts[t] == CRM_FACT_STATUS)
			set_level(&row[CRM_FACT_STATUS], &crm_fact_fields[CRM_FACT_STATUS],
				  crm_column(st, column));
		else
			set_text(f, &row[texts[t]], crm_column(st, column));
	row[CRM_FACT_TEXT] = row[CRM_FACT_SUBJECT];
	set_n(&row[CRM_FACT_PRIORITY], sqlite3_column_int64(st, column++));
	if (sqlite3_column_type(st, column) != SQLITE_NULL)
		set_since(f, &row[CRM_FACT_WAITING], sqlite3_column_int64(st, column));
	set_since(f, &row[CRM_FACT_AGE], sqlite3_column_int64(st, ++column));
	set_n(&row[CRM_FACT_FOLLOWS], sqlite3_column_int(st, ++column));
	f->person[i] = sqlite3_column_int64(st, ++column);
}

/* Puts a further message under those before it, and the first under the subject. */
static void read_text(struct crm_facts *f, sqlite3_stmt *st, size_t i)
{
	struct crm_value *value = &crm_facts_row(f, i)[CRM_FACT_TEXT];
	struct crm_slice text = crm_column(st, 1), before = value->text;
	size_t room = before.len < TEXT_MAX ? TEXT_MAX - before.len : 0;
	char *both;

	text.len = text.len < room ? text.len : room;
	if (!value->there) {
		set_text(f, value, text);
	} else if (room) {
		both = crm_arena_alloc(&f->arena, before.len + 1 + text.len);
		memcpy(both, before.ptr, before.len);
		both[before.len] = '\n';
		memcpy(both + before.len + 1, text.ptr, text.len);
		value->text = (struct crm_slice){both, before.len + 1 + text.len};
	}
}

static void read_messages(struct crm_facts *f, sqlite3_stmt *st, size_t i)
{
	struct crm_value *row = crm_facts_row(f, i);

	set_number(&row[CRM_FACT_MESSAGES], (double)sqlite3_column_int64(st, 1));
	set_n(&row[CRM_FACT_AUTOMATIC], sqlite3_column_int(st, 2));
	set_n(&row[CRM_FACT_LATE],
	      sqlite3_column_int64(st, 3) > 0 ? sqlite3_column_int64(st, 3) : 0);
}

static void read_name(struct crm_facts *f, sqlite3_stmt *st, size_t i)
{
	set_text(f, &crm_facts_row(f, i)[CRM_FACT_PERSON_NAME], crm_column(st, 1));
}

static void read_place(struct crm_facts *f, sqlite3_stmt *st, size_t i)
{
	struct crm_value *row = crm_facts_row(f, i);

	set_text(f, &row[CRM_FACT_PERSON_CITY], crm_column(st, 1));
	set_text(f, &row[CRM_FACT_PERSON_COUNTRY], crm_column(st, 2));
	set_text(f, &row[CRM_FACT_PERSON_LANGUAGE], crm_column(st, 3));
}

/* A person's orders in one currency; those of a person come together, by the code. */
static void read_orders(struct crm_facts *f, sqlite3_stmt *st, size_t i)
{
	const struct crm_currency *c = f->options.currency;
	const char *code = (const char *)sqlite3_column_text(st, 1);
	int64_t orders = sqlite3_column_int64(st, 2), first = sqlite3_column_int64(st, 4),
		last = sqlite3_column_int64(st, 5);
	struct crm_value *row = crm_facts_row(f, i), *value = &row[CRM_FACT_PERSON_VALUE],
			 *from = &row[CRM_FACT_PERSON_FIRST_ORDER],
			 *to = &row[CRM_FACT_PERSON_LAST_ORDER];
	double amount = sqlite3_column_double(st, 3);

	code = code ? code : "";
	amount /= pow(10, crm_currency_digits(c && *c->code && !*code ? c->code : code));
	if (!from->there)
		f->most = 0;
	if (c && *c->code) {
		value->number += amount * crm_currency_rate(c, code);
	} else if (orders > f->most) {
		f->most = orders;
		value->number = amount;
	}
	row[CRM_FACT_PERSON_ORDERS].number += (double)orders;
	set_n(from, from->there && from->n < first ? from->n : first);
	set_n(to, to->there && to->n > last ? to->n : last);
}

static void read_history(struct crm_facts *f, sqlite3_stmt *st, size_t i)
{
	struct crm_value *row = crm_facts_row(f, i);

	set_number(&row[CRM_FACT_PERSON_REQUESTS], (double)sqlite3_column_int64(st, 1));
	set_number(&row[CRM_FACT_PERSON_COMPLAINTS], (double)sqlite3_column_int64(st, 2));
}

static void read_rating(struct crm_facts *f, sqlite3_stmt *st, size_t i)
{
	set_number(&crm_facts_row(f, i)[CRM_FACT_PERSON_RATING], sqlite3_column_double(st, 1));
}

struct asked {
	int64_t person;
	size_t request;
};

static int by_person(const void *a, const void *b)
{
	const struct asked *x = a, *y = b;
	int order = (x->person > y->person) - (x->person < y->person);

	return order ? order : (x->request > y->request) - (x->request < y->request);
}

/* What is known of each person goes to the first request of theirs, and from there to the
 * others. */
static struct asked *list_people(struct crm_facts *f, size_t *n)
{
	struct asked *asked = crm_malloc((f->n + 1) * sizeof(*asked));

	*n = 0;
	for (size_t i = 0; i < f->n; i++)
		if (f->person[i])
			asked[(*n)++] = (struct asked){f->person[i], i};
	qsort(asked, *n, sizeof(*asked), by_person);
	crm_str_clear(&f->people);
	crm_json_open(&f->people, '[');
	f->n_people = 0;
	for (size_t i = 0; i < *n; i++) {
		if (i && asked[i].person == asked[i - 1].person)
			continue;
		crm_json_int(&f->people, asked[i].person);
		CRM_GROW(f->who, f->n_people + 1, f->cap_who);
		f->who[f->n_people++] = asked[i].request;
	}
	crm_json_close(&f->people, ']');
	return asked;
}

static void share(struct crm_facts *f, const struct asked *asked, size_t n)
{
	const size_t some = CRM_FACT_PERSON_RATING - CRM_FACT_PERSON_KNOWN + 1;

	for (size_t i = 1; i < n; i++)
		if (asked[i].person == asked[i - 1].person)
			memcpy(&crm_facts_row(f, asked[i].request)[CRM_FACT_PERSON_KNOWN],
			       &crm_facts_row(f, asked[i - 1].request)[CRM_FACT_PERSON_KNOWN],
			       some * sizeof(struct crm_value));
}

/* Of somebody who is there it is known that they have bought nothing; nobody is no customer. */
static void finish_orders(struct crm_facts *f)
{
	for (size_t i = 0; i < f->n; i++)
		set_n(&crm_facts_row(f, i)[CRM_FACT_PERSON_KNOWN], 0);
	for (size_t k = 0; k < f->n_people; k++) {
		struct crm_value *row = crm_facts_row(f, f->who[k]);

		row[CRM_FACT_PERSON_ORDERS].there = row[CRM_FACT_PERSON_VALUE].there = true;
		set_n(&row[CRM_FACT_PERSON_KNOWN], row[CRM_FACT_PERSON_ORDERS].number > 0);
	}
}

static enum crm_status load_people(struct crm_facts *f)
{
	size_t n;
	struct asked *asked = list_people(f, &n);
	enum crm_status rc = CRM_OK;
	bool places = needs(f, CRM_FACT_PERSON_CITY, CRM_FACT_PERSON_LANGUAGE)
		      || needs(f, CRM_FACT_LANGUAGE, CRM_FACT_COUNTRY);
	bool orders = needs(f, CRM_FACT_PERSON_ORDERS, CRM_FACT_PERSON_LAST_ORDER)
		      || crm_rules_need(f->rules, CRM_FACT_PERSON_KNOWN);

	if (crm_rules_need(f->rules, CRM_FACT_PERSON_NAME))
		rc = ask(f, select_names, read_name);
	if (rc == CRM_OK && places)
		rc = ask(f, select_places, read_place);
	if (rc == CRM_OK && orders && (rc = ask(f, select_orders, read_orders)) == CRM_OK)
		finish_orders(f);
	if (rc == CRM_OK && needs(f, CRM_FACT_PERSON_REQUESTS, CRM_FACT_PERSON_COMPLAINTS))
		rc = ask(f, select_history, read_history);
	if (rc == CRM_OK && crm_rules_need(f->rules, CRM_FACT_PERSON_RATING))
		rc = ask(f, select_ratings, read_rating);
	share(f, asked, n);
	free(asked);
	return rc;
}

/* Whole days, or minutes, before 1970 too. */
static int64_t whole(int64_t n, int64_t of)
{
	return n / of - (n % of < 0);
}

/* The language and country of a request are what its person's are, where the record that
 * came with it does not say. */
static void finish_rows(struct crm_facts *f, const int64_t *ids)
{
	int offset = f->zone ? crm_zone_offset(f->zone, f->options.now) : 0;
	int64_t minutes = whole(f->options.now, 60000) + offset, day = whole(minutes, 1440);

	for (size_t i = 0; i < f->n; i++) {
		struct crm_value *row = crm_facts_row(f, i);
		uint64_t hash = crm_hash64_with(f->options.seed, (uint64_t)ids[i]);

		set_n(&row[CRM_FACT_TIME], minutes - day * 1440);
		set_n(&row[CRM_FACT_WEEKDAY], crm_date_weekday(day));
		set_number(&row[CRM_FACT_RANDOM], (double)(hash >> 11) * 0x1p-53);
		if (!row[CRM_FACT_LANGUAGE].there)
			row[CRM_FACT_LANGUAGE] = row[CRM_FACT_PERSON_LANGUAGE];
		if (!row[CRM_FACT_COUNTRY].there)
			row[CRM_FACT_COUNTRY] = row[CRM_FACT_PERSON_COUNTRY];
	}
}

static void clear(struct crm_facts *f, const int64_t *ids, size_t n)
{
	f->n = n;
	crm_arena_clear(&f->arena);
	CRM_GROW(f->rows, n * f->slots + 1, f->cap_rows);
	CRM_GROW(f->person, n + 1, f->cap_person);
	CRM_GROW(f->found, n + 1, f->cap_found);
	memset(f->rows, 0, n * f->slots * sizeof(*f->rows));
	memset(f->person, 0, n * sizeof(*f->person));
	memset(f->found, 0, n * sizeof(*f->found));
	crm_str_clear(&f->ids);
	crm_json_open(&f->ids, '[');
	for (size_t i = 0; i < n; i++)
		crm_json_int(&f->ids, ids[i]);
	crm_json_close(&f->ids, ']');
}

enum crm_status crm_facts_load(struct crm_facts *f, const int64_t *ids, size_t n)
{
	enum crm_status rc;

	clear(f, ids, n);
	rc = ask(f, select_requests, read_request);
	if (rc == CRM_OK && crm_rules_need(f->rules, CRM_FACT_TEXT))
		rc = ask(f, select_text, read_text);
	if (rc == CRM_OK && needs(f, CRM_FACT_MESSAGES, CRM_FACT_LATE))
		rc = ask(f, select_messages, read_messages);
	if (rc == CRM_OK)
		rc = load_people(f);
	if (rc == CRM_OK)
		finish_rows(f, ids);
	return rc;
}

/*
 * What a line says.
 */

static void set_member(struct crm_facts *f, struct crm_value *value, enum crm_rule_type type,
		       const struct crm_rule_field *field, const struct crm_json_value *v)
{
	struct crm_str text = CRM_STR_INIT;
	bool plain = v->type == CRM_JSON_STRING || v->type == CRM_JSON_NUMBER;

	if (type == CRM_RULE_NUMBER && v->type == CRM_JSON_NUMBER) {
		set_number(value, strtod(v->text.ptr, NULL));
	} else if (type == CRM_RULE_BOOL
		   && (v->type == CRM_JSON_TRUE || v->type == CRM_JSON_FALSE)) {
		set_n(value, v->type == CRM_JSON_TRUE);
	} else if (plain && (type == CRM_RULE_TEXT || type == CRM_RULE_LEVEL)) {
		crm_json_text(v, &text);
		if (type == CRM_RULE_LEVEL)
			set_level(value, field, (struct crm_slice){text.ptr, text.len});
		else
			set_text(f, value, (struct crm_slice){text.ptr, text.len});
	}
	crm_str_release(&text);
}

void crm_facts_line(struct crm_facts *f, size_t i, const struct crm_json_doc *doc)
{
	static const enum crm_fact own[] = {CRM_FACT_MOTIVE, CRM_FACT_QUEUE, CRM_FACT_PRIORITY,
					    CRM_FACT_LANGUAGE, CRM_FACT_COUNTRY};
	struct crm_value *row = crm_facts_row(f, i);
	const struct crm_json_value *v;

	for (size_t k = 0; k < sizeof(own) / sizeof(*own); k++) {
		const struct crm_rule_field *field = &crm_fact_fields[own[k]];

		if ((v = crm_json_member(doc, doc->values, field->name)))
			set_member(f, &row[own[k]], field->type, field, v);
	}
	for (size_t k = CRM_FACTS; k < f->slots; k++) {
		row[k].there = false;
		v = crm_json_member(doc, doc->values,
				    crm_rules_slot_name(f->rules, k) + strlen("line."));
		if (v)
			set_member(f, &row[k], crm_rules_slot_type(f->rules, k), NULL, v);
	}
}
