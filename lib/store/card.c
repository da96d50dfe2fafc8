/* SPDX-License-Identifier: MIT */
/*
 * Gathers a card and writes it as JSON. The SQL says beside each column how it is to be
 * written, as "at:time"; a hidden column belongs to the one before it. To show more on
 * the card is to add a column here.
 */
#include "store/card.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/time.h"
#include "norm/money.h"
#include "store/people.h"

/* All records of all ids that :person stands for. */
#define PERSONS CRM_MEMBERS(":person")
#define PROFILES "(SELECT id FROM profile WHERE person_id IN " PERSONS ")"

static const char canonical[] = "SELECT p.canon_id, c.name, c.email, c.phone FROM person AS p"
				" JOIN person AS c ON c.id = p.canon_id WHERE p.id = :person";

static const char aliases[] =
	"SELECT id FROM person WHERE canon_id = :person AND canon_id <> id ORDER BY id";

static const char *const part_sql[CRM_CARD_PARTS] = {
	[CRM_CARD_ENDPOINTS] =
		"SELECT DISTINCT endpoint.kind, endpoint.scope, endpoint.value,"
		" endpoint.flags & 1 AS \"shared:bool\""
		" FROM profile_endpoint JOIN endpoint ON endpoint.id = profile_endpoint.endpoint_id"
		" WHERE profile_endpoint.profile_id IN " PROFILES
		" ORDER BY kind = 'id', kind = 'handle', kind, scope, value",

	[CRM_CARD_REVENUE] =
		"SELECT count(*) AS orders, sum(amount) AS \"revenue:money\", currency AS "
		"\"c:hidden\","
		" min(at) AS \"first:time\", NULL AS \"o:hidden\","
		" max(at) AS \"last:time\", NULL AS \"p:hidden\""
		" FROM order_value WHERE profile_id IN " PROFILES " AND order_counts(status)"
		" GROUP BY currency ORDER BY count(*) DESC, currency",

	[CRM_CARD_REQUESTS] = "SELECT c.id, source.name AS source, c.thread, c.subject, c.status,"
			      " CASE c.priority WHEN 0 THEN 'low' WHEN 1 THEN 'normal' WHEN 2 THEN "
			      "'high' WHEN 3 THEN 'urgent' END AS priority,"
			      " c.assignee AS agent, c.queue, c.motive,"
			      " iif(c.status = 'snoozed', c.snoozed_until, NULL) AS "
			      "\"snoozed_until:time\", NULL AS \"s:hidden\","
			      " c.opened_at AS \"opened_at:time\", NULL AS \"o:hidden\","
			      " c.updated_at AS \"updated_at:time\", NULL AS \"u:hidden\""
			      " FROM conversation AS c JOIN source ON source.id = c.source_id"
			      " WHERE c.profile_id IN " PROFILES " AND c.status <> 'resolved'"
			      " ORDER BY c.updated_at DESC, c.id DESC",

	[CRM_CARD_NOTES] = "SELECT e.id, e.at AS \"at:time\", e.at_offset AS \"o:hidden\", e.agent,"
			   " e.conversation_id AS conversation, e.text"
			   " FROM event AS e WHERE e.profile_id IN " PROFILES " AND e.type = 'note'"
			   " ORDER BY e.at DESC, e.id DESC LIMIT 5",

	[CRM_CARD_TIMELINE] =
		"SELECT e.id, e.type, e.at AS \"at:time\", e.at_offset AS \"o:hidden\","
		" source.name AS source, e.direction, e.automatic, e.subject, e.text,"
		" coalesce((SELECT status FROM order_value WHERE event_id = e.id), e.status)"
		"   AS status,"
		" coalesce((SELECT amount FROM order_value WHERE event_id = e.id), e.amount)"
		"   AS \"amount:money\","
		" coalesce(e.currency, (SELECT currency FROM order_value WHERE event_id = e.id))"
		"   AS \"c:hidden\","
		" iif(e.type IN ('assignment', 'handover', 'escalation', 'status'), e.raw ->> "
		"'$.reason',"
		"   NULL) AS reason,"
		" e.rating, e.rating_max, e.duration, e.agent, e.ref AS \"order\","
		" e.conversation_id AS conversation, e.profile_id AS profile"
		" FROM event AS e JOIN source ON source.id = e.source_id"
		" WHERE e.profile_id IN " PROFILES " ORDER BY e.at DESC, e.id DESC LIMIT :limit",

	[CRM_CARD_PROFILES] =
		"SELECT p.id, source.name AS source, source.scope, source.medium, batch.file, "
		"p.line,"
		" p.seen_at AS \"seen_at:time\", NULL AS \"o:hidden\", p.name, p.given, p.family,"
		" p.birth_date, p.org, p.street, p.city, p.postcode, p.region, p.country, "
		"p.language,"
		" p.raw AS \"raw:json\""
		" FROM profile AS p JOIN source ON source.id = p.source_id"
		" JOIN batch ON batch.id = p.batch_id"
		" WHERE p.person_id IN " PERSONS " ORDER BY p.seen_at DESC, p.id DESC",

	[CRM_CARD_MERGES] =
		"SELECT l.id AS link, l.kind, l.a AS person_a, l.b AS person_b, l.profile_id AS "
		"profile, l.undoes,"
		" l.at AS \"at:time\", NULL AS \"o:hidden\", l.actor, l.reason,"
		" EXISTS (SELECT 1 FROM link AS u WHERE u.undoes = l.id) AS \"undone:bool\","
		" l.evidence AS \"evidence:json\""
		" FROM link AS l WHERE l.a IN " PERSONS " OR l.b IN " PERSONS " OR l.undoes IN"
		" (SELECT id FROM link WHERE a IN " PERSONS " OR b IN " PERSONS ") ORDER BY l.id",

	[CRM_CARD_CHANNELS] =
		"SELECT source.name AS source, source.medium, e.type, count(*) AS n,"
		" max(e.at) AS \"last:time\", NULL AS \"o:hidden\""
		" FROM event AS e JOIN source ON source.id = e.source_id"
		" WHERE e.profile_id IN " PROFILES
		" GROUP BY source.id, e.type ORDER BY source.name, source.scope, e.type",
};

static const struct {
	const char *suffix;
	enum crm_card_kind kind;
} suffixes[] = {
	{":bool", CRM_CARD_BOOL},   {":hidden", CRM_CARD_HIDDEN}, {":json", CRM_CARD_JSON},
	{":money", CRM_CARD_MONEY}, {":time", CRM_CARD_TIME},
};

static const char *keep(struct crm_card *card, struct crm_slice s)
{
	return s.ptr ? crm_arena_strndup(&card->arena, s.ptr, s.len) : NULL;
}

/* Takes the columns' names and kinds from the statement. */
static void describe(struct crm_card *card, struct crm_card_section *s, sqlite3_stmt *st)
{
	s->columns = (size_t)sqlite3_column_count(st);
	s->rows = 0;
	for (size_t i = 0; i < s->columns; i++) {
		struct crm_slice name = crm_slice_of(sqlite3_column_name(st, (int)i));

		s->kinds[i] = CRM_CARD_PLAIN;
		for (size_t k = 0; k < sizeof(suffixes) / sizeof(suffixes[0]); k++) {
			size_t n = strlen(suffixes[k].suffix);

			if (name.len > n && !strcmp(name.ptr + name.len - n, suffixes[k].suffix)) {
				s->kinds[i] = suffixes[k].kind;
				name.len -= n;
				break;
			}
		}
		s->names[i] = keep(card, name);
	}
}

static struct crm_cell keep_cell(struct crm_card *card, sqlite3_stmt *st, int i)
{
	struct crm_cell c = crm_cell_of(st, i);

	if (c.type == CRM_CELL_TEXT || c.type == CRM_CELL_BLOB)
		c.s.ptr = crm_arena_strndup(&card->arena, c.s.ptr, c.s.len);
	return c;
}

static enum crm_status load_part(struct crm_db *db, struct crm_card *card, int part, int limit)
{
	struct crm_card_section *s = &card->parts[part];
	sqlite3_stmt *st = crm_db_stmt(db, part_sql[part]);
	enum crm_status rc;
	bool row = true;

	describe(card, s, st);
	crm_bind_int(st, ":person", card->person);
	if (part == CRM_CARD_TIMELINE)
		crm_bind_int(st, ":limit", limit);
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		CRM_GROW(s->cells, (s->rows + 1) * s->columns, s->cap);
		for (size_t i = 0; i < s->columns; i++)
			s->cells[s->rows * s->columns + i] = keep_cell(card, st, (int)i);
		s->rows++;
	}
	return rc;
}

static enum crm_status load_person(struct crm_db *db, struct crm_card *card, int64_t person)
{
	static const char *const names[] = {"name", "email", "phone"};
	sqlite3_stmt *st = crm_db_stmt(db, canonical);
	enum crm_status rc;
	bool row;

	crm_bind_int(st, ":person", person);
	if ((rc = crm_db_step(db, st, &row)) != CRM_OK)
		return rc;
	if (!row)
		return crm_fail(crm_db_err(db), CRM_NO_INPUT, "there is no person %lld",
				(long long)person);
	card->person = sqlite3_column_int64(st, 0);
	for (int i = 0; i < 3; i++) {
		const char *value = keep(card, crm_column(st, i + 1));

		if (value)
			card->fields[card->n_fields++] =
				(struct crm_card_field){names[i], value, 0, NULL, NULL};
	}
	sqlite3_reset(st);
	return CRM_OK;
}

static enum crm_status load_aliases(struct crm_db *db, struct crm_card *card)
{
	sqlite3_stmt *st = crm_db_stmt(db, aliases);
	enum crm_status rc;
	bool row = true;

	crm_bind_int(st, ":person", card->person);
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		CRM_GROW(card->aliases, card->n_aliases + 1, card->cap_aliases);
		card->aliases[card->n_aliases++] = sqlite3_column_int64(st, 0);
	}
	return rc;
}

enum crm_status crm_card_load(struct crm_db *db, int64_t person, int limit, struct crm_card *card)
{
	enum crm_status rc;

	crm_arena_clear(&card->arena);
	card->n_fields = card->n_aliases = 0;
	if ((rc = load_person(db, card, person)) == CRM_OK)
		rc = load_aliases(db, card);
	for (int i = 0; i < CRM_CARD_PARTS && rc == CRM_OK; i++)
		rc = load_part(db, card, i, limit);
	return rc;
}

void crm_card_release(struct crm_card *card)
{
	for (int i = 0; i < CRM_CARD_PARTS; i++)
		free(card->parts[i].cells);
	free(card->aliases);
	crm_arena_release(&card->arena);
	*card = (struct crm_card)CRM_CARD_INIT;
}

const struct crm_cell *crm_card_cell(const struct crm_card_section *s, size_t row, const char *name)
{
	for (size_t i = 0; i < s->columns; i++)
		if (!strcmp(s->names[i], name))
			return &s->cells[row * s->columns + i];
	return NULL;
}

const char *crm_card_value(const struct crm_card *card, const char *name)
{
	for (size_t i = 0; i < card->n_fields; i++)
		if (!strcmp(card->fields[i].name, name))
			return card->fields[i].value;
	return NULL;
}

/* The name of the source that profile came from. */
static const char *source_of(const struct crm_card *card, int64_t profile)
{
	const struct crm_card_section *s = &card->parts[CRM_CARD_PROFILES];

	for (size_t row = 0; row < s->rows; row++)
		if (crm_card_cell(s, row, "id")->i == profile)
			return crm_card_cell(s, row, "source")->s.ptr;
	return NULL;
}

void crm_card_field(struct crm_card *card, const char *name, const char *value, int64_t profile,
		    const char *rule)
{
	struct crm_card_field *f = card->fields, *end = f + card->n_fields;

	while (f < end && strcmp(f->name, name))
		f++;
	if (!value) {
		if (f < end) {
			memmove(f, f + 1, (size_t)(end - f - 1) * sizeof(*f));
			card->n_fields--;
		}
		return;
	}
	if (f == end) {
		if (card->n_fields == CRM_CARD_FIELDS)
			return;
		card->n_fields++;
	}
	*f = (struct crm_card_field){keep(card, crm_slice_of(name)),
				     keep(card, crm_slice_of(value)), profile,
				     source_of(card, profile), keep(card, crm_slice_of(rule))};
}

static int64_t sum(const struct crm_card_section *s, const char *column)
{
	int64_t n = 0;

	for (size_t row = 0; row < s->rows; row++)
		n += crm_card_cell(s, row, column)->i;
	return n;
}

int64_t crm_card_events(const struct crm_card *card)
{
	return sum(&card->parts[CRM_CARD_CHANNELS], "n");
}

int64_t crm_card_orders(const struct crm_card *card)
{
	return sum(&card->parts[CRM_CARD_REVENUE], "orders");
}

static void put_time(struct crm_str *out, int64_t ms, int64_t offset)
{
	struct crm_str text = CRM_STR_INIT;

	crm_time_format(ms, (int)offset, &text);
	crm_json_string(out, crm_str_slice(&text));
	crm_str_release(&text);
}

static void put_money(struct crm_str *out, const struct crm_cell *amount,
		      const struct crm_cell *currency)
{
	struct crm_str text = CRM_STR_INIT;

	crm_money_format(
		amount->i,
		crm_currency_digits(currency->type == CRM_CELL_TEXT ? currency->s.ptr : ""), &text);
	crm_json_open(out, '{');
	crm_json_put(out, "amount", text.ptr);
	crm_json_key(out, "currency");
	crm_cell_json(currency, out);
	crm_json_close(out, '}');
	crm_str_release(&text);
}

/* Our own tables hold only checked JSON; but a line must be right whatever is in there. */
static void put_json(struct crm_str *out, struct crm_slice text)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;

	if (crm_json_scan(&doc, text.ptr, text.len) == CRM_OK && !memchr(text.ptr, '\n', text.len))
		crm_json_raw(out, text);
	else
		crm_cell_string(text, out);
	crm_json_doc_release(&doc);
}

static void put_cell(struct crm_str *out, const struct crm_card_section *s, size_t i,
		     const struct crm_cell *cell)
{
	crm_json_key(out, s->names[i]);
	switch (s->kinds[i]) {
	case CRM_CARD_TIME:
		put_time(out, cell->i, cell[1].i);
		break;
	case CRM_CARD_MONEY:
		put_money(out, cell, cell + 1);
		break;
	case CRM_CARD_BOOL:
		crm_json_bool(out, cell->i != 0);
		break;
	case CRM_CARD_JSON:
		put_json(out, cell->s);
		break;
	default:
		crm_cell_json(cell, out);
	}
}

/* What is not known is left out. */
static void put_row(struct crm_str *out, const struct crm_card_section *s, size_t row)
{
	crm_json_open(out, '{');
	for (size_t i = 0; i < s->columns; i++) {
		const struct crm_cell *cell = &s->cells[row * s->columns + i];

		if (s->kinds[i] != CRM_CARD_HIDDEN && cell->type != CRM_CELL_NULL)
			put_cell(out, s, i, cell);
	}
	crm_json_close(out, '}');
}

static void put_section(struct crm_str *out, const char *name, const struct crm_card_section *s)
{
	crm_json_key(out, name);
	crm_json_open(out, '[');
	for (size_t row = 0; row < s->rows; row++)
		put_row(out, s, row);
	crm_json_close(out, ']');
}

static void put_fields(struct crm_str *out, const struct crm_card *card)
{
	for (size_t i = 0; i < card->n_fields; i++)
		crm_json_put(out, card->fields[i].name, card->fields[i].value);
	crm_json_key(out, "golden");
	crm_json_open(out, '{');
	for (size_t i = 0; i < card->n_fields; i++) {
		const struct crm_card_field *f = &card->fields[i];

		if (!f->profile)
			continue;
		crm_json_key(out, f->name);
		crm_json_open(out, '{');
		crm_json_put(out, "value", f->value);
		crm_json_put_int(out, "profile", f->profile);
		crm_json_put(out, "source", f->source);
		crm_json_put(out, "rule", f->rule);
		crm_json_close(out, '}');
	}
	crm_json_close(out, '}');
}

static void put_orders(struct crm_str *out, const struct crm_card *card)
{
	const struct crm_card_section *s = &card->parts[CRM_CARD_REVENUE];
	int64_t first = INT64_MAX, last = INT64_MIN;

	crm_json_key(out, "orders");
	crm_json_open(out, '{');
	crm_json_put_int(out, "n", crm_card_orders(card));
	for (size_t row = 0; row < s->rows; row++) {
		const struct crm_cell *a = crm_card_cell(s, row, "first"),
				      *b = crm_card_cell(s, row, "last");

		first = a->i < first ? a->i : first;
		last = b->i > last ? b->i : last;
	}
	if (s->rows) {
		crm_json_key(out, "first");
		put_time(out, first, 0);
		crm_json_key(out, "last");
		put_time(out, last, 0);
	}
	crm_json_key(out, "revenue");
	crm_json_open(out, '[');
	for (size_t row = 0; row < s->rows; row++) {
		const struct crm_cell *revenue = crm_card_cell(s, row, "revenue");

		if (revenue->type != CRM_CELL_NULL)
			put_money(out, revenue, revenue + 1);
	}
	crm_json_close(out, ']');
	crm_json_close(out, '}');
}

void crm_card_json(const struct crm_card *card, struct crm_str *out)
{
	crm_json_open(out, '{');
	crm_json_put(out, "type", "person");
	crm_json_put_int(out, "id", card->person);
	crm_json_key(out, "aliases");
	crm_json_open(out, '[');
	for (size_t i = 0; i < card->n_aliases; i++)
		crm_json_int(out, card->aliases[i]);
	crm_json_close(out, ']');
	put_fields(out, card);
	put_section(out, "endpoints", &card->parts[CRM_CARD_ENDPOINTS]);
	put_orders(out, card);
	put_section(out, "requests", &card->parts[CRM_CARD_REQUESTS]);
	put_section(out, "notes", &card->parts[CRM_CARD_NOTES]);
	crm_json_put_int(out, "events", crm_card_events(card));
	put_section(out, "channels", &card->parts[CRM_CARD_CHANNELS]);
	put_section(out, "timeline", &card->parts[CRM_CARD_TIMELINE]);
	put_section(out, "profiles", &card->parts[CRM_CARD_PROFILES]);
	put_section(out, "merges", &card->parts[CRM_CARD_MERGES]);
	crm_json_close(out, '}');
	crm_str_addc(out, '\n');
}
