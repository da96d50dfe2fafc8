/* SPDX-License-Identifier: MIT */
/* crm-show: the customer card. Finds who is meant, and shows everything about them. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/columns.h"
#include "base/time.h"
#include "filter.h"
#include "report/functions.h"
#include "report/rows.h"
#include "store/card.h"
#include "store/find.h"

enum {
	OPT_JSON = CLI_LONG,
	OPT_CARD,
	OPT_LIMIT,
	OPT_PEOPLE,
	OPT_IDS
};

static const struct cli_option options[] = {
	{OPT_JSON, "json", NULL, "JSON lines also on a terminal"},
	{OPT_CARD, "card", NULL, "readable text also into a pipe"},
	{OPT_LIMIT, "limit", "N", "at most N events of a person; 0: all (20)"},
	{OPT_PEOPLE, "people", "N", "at most N people where several match (20)"},
	{OPT_IDS, "ids", NULL, "numbers of documents in full, not only their ends"},
	{0},
};

static const struct cli_command command = {
	.name = "crm-show",
	.purpose = "the customer card: everything about one person",
	.synopsis = "[ID | EMAIL | PHONE | ORDER | WORD ...]",
	.options = options,
	.example = "  crm-show ada@example.org\n"
		   "  crm-show 030 2312 5001\n"
		   "  crm-show --limit 50 ada kin",
};

struct show {
	struct cli *cli;
	struct crm_db *db;
	bool json, ids;
	int limit, people;
	size_t width, shown;
	struct crm_card card;
	struct crm_golden_rules *rules;
	struct crm_golden golden;
	struct crm_str out;
	struct crm_json_doc doc;
	struct filter in;
};

static void parse(struct cli *cli, struct show *s)
{
	int c;

	while ((c = cli_option(cli)) != -1)
		switch (c) {
		case OPT_JSON:
			s->json = true;
			break;
		case OPT_CARD:
			s->json = false;
			break;
		case OPT_LIMIT:
			s->limit = (int)cli_number(cli, "limit", 0, INT32_MAX);
			s->limit = s->limit ? s->limit : -1;
			break;
		case OPT_IDS:
			s->ids = true;
			break;
		case OPT_PEOPLE:
			s->people = (int)cli_number(cli, "people", 1, 1000);
			break;
		}
	if (!cli->argc && cli_is_terminal(STDIN_FILENO))
		cli_usage(cli, "who? give an id, an e-mail address, a phone number or words");
}

/* The golden record, with where each field is from. What the store keeps of it in the
 * table person is a copy that may be older than the rules. */
static enum crm_status derive_golden(struct show *s)
{
	enum crm_status rc = crm_golden_derive(s->db, s->rules, s->card.person, &s->golden);

	for (int i = 0; i < CRM_GOLDEN_FIELDS && rc == CRM_OK; i++) {
		const struct crm_golden_value *v = &s->golden.field[i];

		crm_card_field(&s->card, crm_golden_field_names[i], v->value, v->profile, v->rule);
	}
	return rc;
}

static enum crm_status show_person(struct show *s, int64_t person)
{
	enum crm_status rc = crm_card_load(s->db, person, s->limit, &s->card);

	if (rc == CRM_OK)
		rc = derive_golden(s);
	if (rc != CRM_OK)
		return rc;
	if (!s->ids)
		crm_card_mask(&s->card);
	crm_str_clear(&s->out);
	if (!s->json && s->shown++)
		crm_str_adds(&s->out, "\n\n");
	if (s->json)
		crm_card_json(&s->card, &s->out);
	else
		crm_card_text(&s->card, s->width, &s->out);
	cli_write(&s->out);
	return CRM_OK;
}

static void found_json(struct show *s, const struct crm_found *f, const char *by)
{
	struct crm_str time = CRM_STR_INIT;

	crm_json_open(&s->out, '{');
	crm_json_put(&s->out, "type", "person");
	crm_json_put_int(&s->out, "id", f->person);
	crm_json_put(&s->out, "name", f->name);
	crm_json_put(&s->out, "email", f->email);
	crm_json_put(&s->out, "phone", f->phone);
	crm_json_put_int(&s->out, "records", f->records);
	crm_json_put_int(&s->out, "events", f->events);
	if (f->has_last) {
		crm_time_format(f->last_at, 0, &time);
		crm_json_put(&s->out, "last_event", time.ptr);
	}
	crm_json_put(&s->out, "found_by", by);
	crm_json_close(&s->out, '}');
	crm_str_addc(&s->out, '\n');
	crm_str_release(&time);
}

static struct crm_cell text_cell(const char *s)
{
	return (struct crm_cell){.type = s ? CRM_CELL_TEXT : CRM_CELL_NULL,
				 .s = crm_slice_of(s ? s : "")};
}

static void found_table(struct show *s, const struct crm_finding *found)
{
	static const struct crm_rows_field fields[] = {{"person", -1}, {"name", -1},
						       {"email", -1},  {"phone", -1},
						       {"events", -1}, {"last event", -1}};
	struct crm_rows *rows = crm_rows_new(CRM_ROWS_TABLE, &s->out);
	struct crm_str last = CRM_STR_INIT;

	crm_rows_width(rows, s->width);
	crm_rows_begin(rows, fields, sizeof(fields) / sizeof(fields[0]));
	for (size_t i = 0; i < found->n; i++) {
		const struct crm_found *f = &found->found[i];

		crm_str_clear(&last);
		if (f->has_last)
			crm_time_format(f->last_at, 0, &last);
		if (last.len > 10)
			last.ptr[10] = '\0'; /* the day is enough in a list */
		crm_rows_add(rows, (struct crm_cell[]){{.type = CRM_CELL_INT, .i = f->person},
						       text_cell(f->name),
						       text_cell(f->email),
						       text_cell(f->phone),
						       {.type = CRM_CELL_INT, .i = f->events},
						       text_cell(last.ptr)});
	}
	crm_rows_end(rows);
	crm_rows_free(rows);
	crm_str_release(&last);
}

/* Several may be meant: a line for each, the best first. */
static void show_found(struct show *s, const struct crm_finding *found, bool more)
{
	crm_str_clear(&s->out);
	for (size_t i = 0; i < found->n && s->json; i++)
		found_json(s, &found->found[i], found->by);
	if (!s->json)
		found_table(s, found);
	cli_write(&s->out);
	cli_note(s->cli, "%s%zu people match by %s; name one by its id", more ? "more than " : "",
		 found->n, found->by);
}

static enum crm_status show_matches(struct show *s)
{
	struct crm_finding found = CRM_FINDING_INIT;
	struct crm_str query = CRM_STR_INIT;
	enum crm_status rc;
	bool more;

	for (int i = 0; i < s->cli->argc; i++)
		crm_str_addf(&query, "%s%s", i ? " " : "", s->cli->argv[i]);
	rc = crm_find(s->db, query.ptr, s->people + 1, &found);
	more = found.n > (size_t)s->people;
	if (more)
		found.n--;
	if (rc == CRM_OK && found.n == 1 && !more)
		rc = show_person(s, found.found[0].person);
	else if (rc == CRM_OK && found.n)
		show_found(s, &found, more);
	else if (rc == CRM_OK)
		rc = crm_fail(crm_db_err(s->db), CRM_NO_INPUT, "nobody matches '%s'", query.ptr);
	if (rc != CRM_OK)
		cli_fail(s->cli, crm_db_err(s->db));
	crm_finding_release(&found);
	crm_str_release(&query);
	return rc;
}

/* The person that a line names: "person", or "id" of a line of type person; 0: none. */
static int64_t person_of(const struct crm_json_doc *doc)
{
	if (!crm_json_member(doc, doc->values, "person") && filter_is(doc, "type", "person"))
		return filter_id(doc, "id");
	return filter_id(doc, "person");
}

static enum crm_status show_line(struct show *s, struct crm_slice line)
{
	int64_t person;

	if (!filter_scan(&s->in, &s->doc, line))
		return CRM_OK;
	if (!(person = person_of(&s->doc)))
		return filter_aside(&s->in, "no \"person\" in this line");
	return filter_fault(&s->in, s->db, show_person(s, person));
}

static enum crm_status show_batch(void *data)
{
	struct show *s = data;
	enum crm_status rc = CRM_OK;
	struct crm_slice line;

	while (rc == CRM_OK && filter_next(&s->in, &line))
		rc = show_line(s, line);
	cli_flush();
	return rc == CRM_OK ? rc : cli_fail(s->cli, crm_db_err(s->db));
}

static enum crm_status show_lines(struct show *s)
{
	enum crm_status rc = filter_run(&s->in, s->cli, NULL, show_batch, s);

	return rc == CRM_OK && s->in.aside ? CRM_ASIDE : rc;
}

int main(int argc, char **argv)
{
	struct cli cli;
	struct show s = {.cli = &cli,
			 .limit = 20,
			 .people = 20,
			 .golden = CRM_GOLDEN_INIT,
			 .out = CRM_STR_INIT};
	enum crm_status rc;

	cli_start(&cli, &command, argc, argv);
	s.json = !cli_is_terminal(STDOUT_FILENO);
	s.width = crm_columns_terminal();
	parse(&cli, &s);
	if ((rc = cli_db_open(&cli, &s.db, CRM_DB_READ)) == CRM_OK) {
		if ((rc = crm_functions_register(s.db)) != CRM_OK
		    || (rc = crm_db_begin_read(s.db)) != CRM_OK)
			cli_fail(&cli, crm_db_err(s.db));
		else if ((rc = cli_golden_rules(&cli, &s.rules)) != CRM_OK)
			; /* said already */
		else if (cli.argc && strcmp(cli.argv[0], "-"))
			rc = show_matches(&s);
		else
			rc = show_lines(&s);
	}
	crm_card_release(&s.card);
	crm_json_doc_release(&s.doc);
	crm_golden_release(&s.golden);
	crm_golden_rules_free(s.rules);
	crm_str_release(&s.out);
	crm_db_close(s.db);
	return cli_finish(&cli, rc);
}
