/* SPDX-License-Identifier: MIT */
/*
 * A card as text for a terminal: sections with a heading, aligned, wrapped to the width.
 * All of it is text of ours or goes through base/columns.h, so that nothing in the data
 * is obeyed by the terminal. Times are UTC, as the heading of the timeline says.
 */
#include <stdbool.h>
#include <string.h>

#include "base/columns.h"
#include "base/json.h"
#include "base/time.h"
#include "base/utf8.h"
#include "norm/money.h"
#include "store/card.h"

#define MARGIN 2
#define LABEL 12        /* width of the first column where there are labels */
#define WHEN 17         /* "2026-10-01 09:30 " */
#define TEXT_LINES 3    /* of one field, one event's text; crm-show --json has all of it */
#define WIDEST_NAME 16  /* of a channel */
#define MOST_RECORDS 12 /* shown */
#define RECORDS_COMPARED 500

struct page {
	const struct crm_card *card;
	struct crm_str *out;
	size_t width;
};

static struct crm_slice slice_of(const struct crm_cell *cell)
{
	return cell && cell->type == CRM_CELL_TEXT ? cell->s : (struct crm_slice){"", 0};
}

static struct crm_slice cell_text(const struct crm_card_section *s, size_t row, const char *name)
{
	return slice_of(crm_card_cell(s, row, name));
}

static void heading(struct page *p, const char *title)
{
	crm_str_addf(p->out, "\n%s\n", title);
}

static void spaces(struct page *p, size_t n)
{
	crm_columns_pad(p->out, (struct crm_slice){"", 0}, n, CRM_LEFT);
}

/* A first column of width columns, then text wrapped beside it. */
static void line(struct page *p, struct crm_slice label, size_t width, struct crm_slice text,
		 size_t max)
{
	spaces(p, MARGIN);
	if (!text.len) {
		crm_columns_pad(p->out, label, 0, CRM_LEFT);
	} else {
		crm_columns_fit(p->out, label, width - 1, CRM_LEFT);
		spaces(p, 1);
		crm_columns_wrap(p->out, text, MARGIN + width, p->width, max);
	}
	crm_str_addc(p->out, '\n');
}

/* 2026-10-01 09:30 */
static void add_when(struct crm_str *out, int64_t ms)
{
	struct crm_str text = CRM_STR_INIT;

	crm_time_format(ms, 0, &text);
	if (text.len >= 16) {
		text.ptr[10] = ' ';
		crm_str_add(out, text.ptr, 16);
	}
	crm_str_release(&text);
}

static void add_date(struct crm_str *out, int64_t ms)
{
	size_t before = out->len;

	add_when(out, ms);
	if (out->len - before == 16)
		out->ptr[out->len -= 6] = '\0';
}

static void add_money(struct crm_str *out, const struct crm_cell *amount)
{
	struct crm_slice currency = slice_of(amount + 1);

	crm_money_format(amount->i, crm_currency_digits(currency.ptr), out);
	if (currency.len) {
		crm_str_addc(out, ' ');
		crm_str_add(out, currency.ptr, currency.len);
	}
}

/* text, with what comes before it if there is anything. */
static void add_part(struct crm_str *out, const char *before, struct crm_slice text)
{
	if (!text.len)
		return;
	if (out->len)
		crm_str_adds(out, before);
	crm_str_add(out, text.ptr, text.len);
}

static void title(struct page *p)
{
	const struct crm_card *card = p->card;
	const char *name = crm_card_value(card, "name");
	struct crm_str id = CRM_STR_INIT;
	size_t room;

	crm_str_addf(&id, "person %lld", (long long)card->person);
	for (size_t i = 0; i < card->n_aliases; i++)
		crm_str_addf(&id, "%s%lld", i ? ", " : " (also ", (long long)card->aliases[i]);
	if (card->n_aliases)
		crm_str_addc(&id, ')');
	if (id.len > p->width / 2) { /* dozens of aliases: say how many */
		crm_str_clear(&id);
		crm_str_addf(&id, "person %lld (and %zu more)", (long long)card->person,
			     card->n_aliases);
	}
	room = p->width - id.len - 2;
	crm_columns_fit(p->out, crm_slice_of(name ? name : "(name not known)"), room, CRM_LEFT);
	crm_str_addf(p->out, "  %s\n", id.ptr);
	for (size_t i = 0; i < p->width; i++)
		crm_str_addc(p->out, '=');
	crm_str_addc(p->out, '\n');
	crm_str_release(&id);
}

static struct crm_slice field_slice(const struct page *p, const char *name)
{
	const char *v = crm_card_value(p->card, name);

	return crm_slice_of(v ? v : "");
}

/* The parts of an address are from one record; they are told as one line. */
static void add_address(struct page *p, struct crm_str *out)
{
	struct crm_slice postcode = field_slice(p, "postcode");

	add_part(out, "", field_slice(p, "street"));
	add_part(out, ", ", postcode);
	add_part(out, postcode.len ? " " : ", ", field_slice(p, "city"));
	add_part(out, ", ", field_slice(p, "region"));
	add_part(out, ", ", field_slice(p, "country"));
}

/* Fields that others speak for: the name, the address. */
static bool is_told(const char *name, bool *address)
{
	static const char *const place[] = {"street", "city", "postcode", "region", "country"};
	bool first = !*address;

	if (!strcmp(name, "given") || !strcmp(name, "family"))
		return true;
	for (size_t i = 0; i < sizeof(place) / sizeof(place[0]); i++)
		if (!strcmp(name, place[i])) {
			*address = true;
			return !first;
		}
	return false;
}

/* The golden record, and which source each field is from. */
static void who(struct page *p)
{
	struct crm_str text = CRM_STR_INIT;
	bool address = false;

	for (size_t i = 0; i < p->card->n_fields; i++) {
		const struct crm_card_field *f = &p->card->fields[i];
		bool before = address;

		if (is_told(f->name, &address))
			continue;
		crm_str_clear(&text);
		if (address != before)
			add_address(p, &text);
		else
			crm_str_adds(&text, f->value);
		if (f->source)
			crm_str_addf(&text, "  (%s%s%s)", f->source, f->rule ? ": " : "",
				     f->rule ? f->rule : "");
		line(p, crm_slice_of(address != before ? "address" : f->name), LABEL,
		     crm_str_slice(&text), TEXT_LINES);
	}
	crm_str_release(&text);
}

static void endpoints(struct page *p)
{
	const struct crm_card_section *s = &p->card->parts[CRM_CARD_ENDPOINTS];
	struct crm_str text = CRM_STR_INIT;

	if (s->rows)
		heading(p, "REACHED AT");
	for (size_t row = 0; row < s->rows; row++) {
		struct crm_slice scope = cell_text(s, row, "scope");

		crm_str_clear(&text);
		add_part(&text, "", cell_text(s, row, "value"));
		if (scope.len)
			crm_str_addf(&text, "  (%.*s)", (int)scope.len, scope.ptr);
		if (crm_card_cell(s, row, "shared")->i)
			crm_str_adds(&text, "  shared with others");
		line(p, cell_text(s, row, "kind"), LABEL, crm_str_slice(&text), TEXT_LINES);
	}
	crm_str_release(&text);
}

static void value(struct page *p)
{
	const struct crm_card_section *s = &p->card->parts[CRM_CARD_REVENUE];
	struct crm_str text = CRM_STR_INIT;

	if (s->rows)
		heading(p, "ORDERS");
	for (size_t row = 0; row < s->rows; row++) {
		const struct crm_cell *revenue = crm_card_cell(s, row, "revenue");
		int64_t n = crm_card_cell(s, row, "orders")->i;

		crm_str_clear(&text);
		crm_str_addf(&text, "%lld order%s", (long long)n, n == 1 ? "" : "s");
		if (revenue->type != CRM_CELL_NULL) {
			crm_str_adds(&text, ", ");
			add_money(&text, revenue);
		}
		crm_str_adds(&text, ", ");
		add_date(&text, crm_card_cell(s, row, "first")->i);
		if (n > 1) {
			crm_str_adds(&text, " to ");
			add_date(&text, crm_card_cell(s, row, "last")->i);
		}
		line(p, crm_str_slice(&text), p->width, (struct crm_slice){"", 0}, 0);
	}
	crm_str_release(&text);
}

static void requests(struct page *p)
{
	const struct crm_card_section *s = &p->card->parts[CRM_CARD_REQUESTS];
	struct crm_str text = CRM_STR_INIT, when = CRM_STR_INIT;

	if (s->rows)
		heading(p, "OPEN REQUESTS");
	for (size_t row = 0; row < s->rows; row++) {
		struct crm_slice subject = cell_text(s, row, "subject");

		crm_str_clear(&text);
		crm_str_clear(&when);
		add_when(&when, crm_card_cell(s, row, "updated_at")->i);
		crm_str_addf(&text, "%lld", (long long)crm_card_cell(s, row, "id")->i);
		add_part(&text, " ", cell_text(s, row, "status"));
		if (crm_card_cell(s, row, "snoozed_until")->type == CRM_CELL_INT) {
			crm_str_adds(&text, " until ");
			add_when(&text, crm_card_cell(s, row, "snoozed_until")->i);
		}
		if (!crm_slice_is(cell_text(s, row, "priority"), "normal"))
			add_part(&text, ", ", cell_text(s, row, "priority"));
		add_part(&text, ", with ", cell_text(s, row, "agent"));
		add_part(&text, ", ", cell_text(s, row, "source"));
		add_part(&text, ": ", subject.len ? subject : crm_slice_of("(no subject)"));
		line(p, crm_str_slice(&when), WHEN, crm_str_slice(&text), 2);
	}
	crm_str_release(&text);
	crm_str_release(&when);
}

static void notes(struct page *p)
{
	const struct crm_card_section *s = &p->card->parts[CRM_CARD_NOTES];
	struct crm_str text = CRM_STR_INIT, when = CRM_STR_INIT;

	if (s->rows)
		heading(p, "NOTES");
	for (size_t row = 0; row < s->rows; row++) {
		const struct crm_cell *request = crm_card_cell(s, row, "conversation");

		crm_str_clear(&text);
		crm_str_clear(&when);
		add_when(&when, crm_card_cell(s, row, "at")->i);
		if (request->type == CRM_CELL_INT)
			crm_str_addf(&text, "%lld", (long long)request->i);
		add_part(&text, " ", cell_text(s, row, "agent"));
		add_part(&text, ": ", cell_text(s, row, "text"));
		line(p, crm_str_slice(&when), WHEN, crm_str_slice(&text), TEXT_LINES);
	}
	crm_str_release(&text);
	crm_str_release(&when);
}

/* What was done about a request; false: the event is something else. */
static bool desk_text(const struct crm_card_section *s, size_t row, struct crm_str *out)
{
	struct crm_slice type = cell_text(s, row, "type"), agent = cell_text(s, row, "agent");
	const struct crm_cell *request = crm_card_cell(s, row, "conversation");

	if (request->type != CRM_CELL_INT)
		return false;
	if (crm_slice_is(type, "assignment"))
		crm_str_adds(out, agent.len ? "assigned to " : "back in the queue");
	else if (crm_slice_is(type, "handover"))
		crm_str_adds(out, "handed over to a person");
	else if (crm_slice_is(type, "escalation"))
		crm_str_adds(out, "escalated");
	else if (crm_slice_is(type, "status") && !cell_text(s, row, "direction").len)
		add_part(out, "", cell_text(s, row, "status"));
	else
		return false;
	if (crm_slice_is(type, "assignment"))
		crm_str_add(out, agent.ptr, agent.len);
	else
		add_part(out, " by ", agent);
	crm_str_addf(out, ", request %lld", (long long)request->i);
	add_part(out, ": ", cell_text(s, row, "reason"));
	return true;
}

/* What an event says, in one string. */
static void event_text(const struct crm_card_section *s, size_t row, struct crm_str *out)
{
	const struct crm_cell *amount = crm_card_cell(s, row, "amount"),
			      *rating = crm_card_cell(s, row, "rating"),
			      *most = crm_card_cell(s, row, "rating_max"),
			      *duration = crm_card_cell(s, row, "duration");
	bool is_order = crm_slice_is(cell_text(s, row, "type"), "order");
	struct crm_str part = CRM_STR_INIT;

	if (desk_text(s, row, out))
		return;
	add_part(out, " ", cell_text(s, row, "automatic"));
	add_part(out, " ", cell_text(s, row, "type"));
	add_part(out, " ", cell_text(s, row, "direction"));
	if (is_order)
		add_part(out, " ", cell_text(s, row, "order"));
	if (amount->type != CRM_CELL_NULL) {
		add_money(&part, amount);
		add_part(out, ", ", crm_str_slice(&part));
	}
	add_part(out, ", ", cell_text(s, row, "status"));
	if (rating->type != CRM_CELL_NULL) {
		crm_str_addc(out, ' ');
		crm_cell_text(rating, out);
		if (most->type != CRM_CELL_NULL)
			crm_str_adds(out, " of ");
		crm_cell_text(most, out);
	}
	if (duration->type != CRM_CELL_NULL)
		crm_str_addf(out, ", %lld:%02lld min", (long long)(duration->i / 60),
			     (long long)(duration->i % 60));
	if (!is_order)
		add_part(out, ", order ", cell_text(s, row, "order"));
	add_part(out, ", by ", cell_text(s, row, "agent"));
	add_part(out, ": ", cell_text(s, row, "subject"));
	add_part(out, cell_text(s, row, "subject").len ? " | " : ": ", cell_text(s, row, "text"));
	crm_str_release(&part);
}

/* The width of the column that names channels. */
static size_t source_width(const struct crm_card_section *s)
{
	size_t widest = 0;

	for (size_t row = 0; row < s->rows; row++) {
		size_t n = crm_utf8_width(cell_text(s, row, "source"));

		widest = n > widest ? n : widest;
	}
	return (widest > WIDEST_NAME ? WIDEST_NAME : widest) + 2;
}

static void timeline(struct page *p)
{
	const struct crm_card_section *s = &p->card->parts[CRM_CARD_TIMELINE];
	size_t source = source_width(s);
	struct crm_str text = CRM_STR_INIT, label = CRM_STR_INIT;

	if (!crm_card_events(p->card))
		return;
	crm_str_addf(&text, "TIMELINE (%zu of %lld, newest first, UTC)", s->rows,
		     (long long)crm_card_events(p->card));
	heading(p, text.ptr);
	for (size_t row = 0; row < s->rows; row++) {
		crm_str_clear(&text);
		crm_str_clear(&label);
		add_when(&label, crm_card_cell(s, row, "at")->i);
		crm_str_addc(&label, ' ');
		crm_columns_fit(&label, cell_text(s, row, "source"), source - 1, CRM_LEFT);
		event_text(s, row, &text);
		line(p, crm_str_slice(&label), WHEN + source, crm_str_slice(&text), TEXT_LINES);
	}
	crm_str_release(&text);
	crm_str_release(&label);
}

/* What a record says of the person, apart from where and when. */
static void record_text(const struct crm_card_section *s, size_t row, struct crm_str *out)
{
	static const char *const names[] = {"name", "birth_date", "org", "street"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		add_part(out, ", ", cell_text(s, row, names[i]));
	add_part(out, ", ", cell_text(s, row, "postcode"));
	add_part(out, cell_text(s, row, "postcode").len ? " " : ", ", cell_text(s, row, "city"));
	add_part(out, ", ", cell_text(s, row, "region"));
	add_part(out, ", ", cell_text(s, row, "country"));
}

/* Do two records of one source say the same? */
static bool same_record(const struct crm_card_section *s, size_t a, size_t b)
{
	static const char *const names[] = {"source",   "name", "birth_date", "org",    "street",
					    "postcode", "city", "region",     "country"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!crm_slice_same(cell_text(s, a, names[i]), cell_text(s, b, names[i])))
			return false;
	return true;
}

/* Of somebody with thousands of records only the newest are compared, each with all. */
static size_t considered(const struct crm_card_section *s)
{
	return s->rows < RECORDS_COMPARED ? s->rows : RECORDS_COMPARED;
}

/* How many later rows say what this one says; -1 when an earlier one has said it. */
static long alike(const struct crm_card_section *s, size_t row)
{
	long n = 0;

	for (size_t i = 0; i < considered(s); i++) {
		if (i == row || !same_record(s, i, row))
			continue;
		if (i < row)
			return -1;
		n++;
	}
	return n;
}

static void record(struct page *p, const struct crm_card_section *s, size_t row, size_t source,
		   long more)
{
	struct crm_str text = CRM_STR_INIT, label = CRM_STR_INIT;
	struct crm_slice file = cell_text(s, row, "file");

	add_date(&label, crm_card_cell(s, row, "seen_at")->i);
	crm_str_addc(&label, ' ');
	crm_columns_fit(&label, cell_text(s, row, "source"), source - 1, CRM_LEFT);
	record_text(s, row, &text);
	if (!text.len)
		crm_str_adds(&text, "(an address only)");
	crm_str_addf(&text, " (%lld: %.*s:%lld", (long long)crm_card_cell(s, row, "id")->i,
		     (int)file.len, file.ptr, (long long)crm_card_cell(s, row, "line")->i);
	if (more)
		crm_str_addf(&text, ", and %ld like it", more);
	crm_str_addc(&text, ')');
	line(p, crm_str_slice(&label), WHEN - 6 + source, crm_str_slice(&text), TEXT_LINES);
	crm_str_release(&text);
	crm_str_release(&label);
}

/* Every order brings a record of who ordered: those that say the same are told once. */
static void records(struct page *p)
{
	const struct crm_card_section *s = &p->card->parts[CRM_CARD_PROFILES];
	size_t source = source_width(s), shown = 0, row;
	struct crm_str title = CRM_STR_INIT;
	long more;

	crm_str_addf(&title, "RECORDS (%zu)", s->rows);
	if (s->rows)
		heading(p, title.ptr);
	for (row = 0; row < considered(s) && shown < MOST_RECORDS; row++)
		if ((more = alike(s, row)) >= 0) {
			record(p, s, row, source, more);
			shown++;
		}
	if (row < s->rows)
		line(p, crm_slice_of("and older ones"), p->width, (struct crm_slice){"", 0}, 0);
	crm_str_release(&title);
}

/* The probability in the match line that a merge was made from. */
static void add_probability(struct crm_str *out, struct crm_slice evidence)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	const struct crm_json_value *v = NULL;

	if (evidence.len && crm_json_scan(&doc, evidence.ptr, evidence.len) == CRM_OK)
		v = crm_json_member(&doc, doc.values, "probability");
	if (v && v->type == CRM_JSON_NUMBER) {
		crm_str_adds(out, ", probability ");
		crm_json_text(v, out);
	}
	crm_json_doc_release(&doc);
}

static void merge_text(const struct crm_card_section *s, size_t row, struct crm_str *out)
{
	const struct crm_cell *a = crm_card_cell(s, row, "person_a"),
			      *b = crm_card_cell(s, row, "person_b"),
			      *profile = crm_card_cell(s, row, "profile"),
			      *undoes = crm_card_cell(s, row, "undoes");

	crm_str_addf(out, "link %lld ", (long long)crm_card_cell(s, row, "link")->i);
	add_part(out, "", cell_text(s, row, "kind"));
	if (undoes->type != CRM_CELL_NULL)
		crm_str_addf(out, " of link %lld", (long long)undoes->i);
	else if (profile->type != CRM_CELL_NULL)
		crm_str_addf(out, " of record %lld", (long long)profile->i);
	if (undoes->type == CRM_CELL_NULL && a->type != CRM_CELL_NULL && b->type != CRM_CELL_NULL)
		crm_str_addf(out, " %lld %s %lld", (long long)a->i,
			     profile->type != CRM_CELL_NULL ? "to" : "and", (long long)b->i);
	add_part(out, " by ", cell_text(s, row, "actor"));
	add_part(out, ": ", cell_text(s, row, "reason"));
	add_probability(out, cell_text(s, row, "evidence"));
	if (crm_card_cell(s, row, "undone")->i)
		crm_str_adds(out, " (undone)");
}

static void merges(struct page *p)
{
	const struct crm_card_section *s = &p->card->parts[CRM_CARD_MERGES];
	struct crm_str text = CRM_STR_INIT, when = CRM_STR_INIT;

	if (s->rows)
		heading(p, "MERGES");
	for (size_t row = 0; row < s->rows; row++) {
		crm_str_clear(&text);
		crm_str_clear(&when);
		add_when(&when, crm_card_cell(s, row, "at")->i);
		merge_text(s, row, &text);
		line(p, crm_str_slice(&when), WHEN, crm_str_slice(&text), TEXT_LINES);
	}
	crm_str_release(&text);
	crm_str_release(&when);
}

void crm_card_text(const struct crm_card *card, size_t width, struct crm_str *out)
{
	struct page p = {card, out, width < 40 ? 40 : width > 120 ? 120 : width};

	title(&p);
	who(&p);
	endpoints(&p);
	value(&p);
	requests(&p);
	notes(&p);
	timeline(&p);
	records(&p);
	merges(&p);
}
