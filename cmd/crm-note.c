/* SPDX-License-Identifier: MIT */
/*
 * crm-note: what agents write to each other about a request or a person, and whom they call.
 *
 * Notes that came with one read of standard input are one transaction; what is printed is in
 * the store.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filter.h"
#include "notify.h"
#include "route/mention.h"
#include "store/note.h"

enum {
	OPT_PERSON = CLI_LONG
};

static const struct cli_option options[] = {
	{'g', "agent", "NAME", "who writes ($USER)"},
	{OPT_PERSON, "person", "PERSON", "about a person, not a request"},
	{'l', "list", NULL, "list the notes about it"},
	{'n', "dry-run", NULL, "say what would be noted, change nothing"},
	{0},
};

static const struct cli_command command = {
	.name = "crm-note",
	.purpose = "leave notes that no customer sees, and call colleagues",
	.synopsis = "[CONVERSATION] [TEXT]",
	.options = options,
	.example = "  crm-note 42 'called the supplier, @ben please check'\n"
		   "  crm-note --person 7 'prefers to be called'\n"
		   "  crm-note --list 42",
};

struct writer {
	struct cli *cli;
	struct crm_db *db;
	struct crm_agents agents;
	struct crm_journal *journal;
	struct notify *notify;
	struct crm_json_doc doc;
	struct crm_str out, text, author, key;
	struct crm_note note; /* being written */
	const char *agent;
	int64_t conversation, person;
	const char *operand;  /* the text, NULL without */
	enum crm_status told; /* of the mentions of a note: the first failure */
	struct filter in;
	bool list, dry;
};

/* ---- what is written ---- */

static void put_about(struct crm_str *out, const struct crm_note *note)
{
	if (note->conversation)
		crm_json_put_int(out, "conversation", note->conversation);
	if (note->person)
		crm_json_put_int(out, "person", note->person);
}

static void put_note(void *data, const struct crm_note *note)
{
	struct writer *w = data;

	crm_json_open(&w->out, '{');
	crm_json_put(&w->out, "type", "note");
	if (!w->dry)
		crm_json_put_int(&w->out, "id", note->id);
	put_about(&w->out, note);
	crm_json_put_time(&w->out, "at", note->at);
	crm_json_put_slice(&w->out, "agent", note->agent);
	crm_json_put_slice(&w->out, "text", note->text);
	crm_json_close(&w->out, '}');
	crm_str_addc(&w->out, '\n');
}

static enum crm_status tell(struct writer *w, const struct crm_agent *agent)
{
	struct crm_notice notice = {.kind = "mentioned",
				    .agent = agent->agent,
				    .conversation = w->note.conversation,
				    .person = w->note.person,
				    .event = w->note.id,
				    .by = w->note.agent,
				    .text = w->note.text};

	return notify_add(w->notify, &notice);
}

/* Somebody is called. Who calls a team that they are of does not call themselves. */
static void put_mention(void *data, struct crm_slice name, const struct crm_agent *agent)
{
	struct writer *w = data;

	if (!agent) {
		cli_note(w->cli, "nobody, and no team, is called '%.*s'",
			 (int)(name.len < 64 ? name.len : 64), name.ptr);
		return;
	}
	if (crm_slice_is(w->note.agent, agent->agent))
		return;
	crm_json_open(&w->out, '{');
	crm_json_put(&w->out, "type", "mention");
	if (!w->dry)
		crm_json_put_int(&w->out, "note", w->note.id);
	put_about(&w->out, &w->note);
	crm_json_put(&w->out, "agent", agent->agent);
	crm_json_put_slice(&w->out, "by", w->note.agent);
	crm_json_put_slice(&w->out, "text", w->note.text);
	crm_json_close(&w->out, '}');
	crm_str_addc(&w->out, '\n');
	if (w->told == CRM_OK)
		w->told = tell(w, agent);
}

/* ---- one note ---- */

static enum crm_status add_note(struct writer *w)
{
	enum crm_status rc = crm_note_add(w->db, w->journal, &w->note);

	if (rc != CRM_OK || !w->note.id)
		return rc; /* 0: it was there */
	w->note.text = crm_slice_trim(w->note.text);
	put_note(w, &w->note);
	w->told = CRM_OK;
	crm_mentions(&w->agents, w->note.text, put_mention, w);
	return w->told;
}

static enum crm_status commit(struct writer *w)
{
	enum crm_status rc = crm_journal_settle(w->journal);

	if (rc == CRM_OK && !w->dry)
		rc = crm_db_commit(w->db);
	if (rc != CRM_OK)
		return cli_fail(w->cli, crm_db_err(w->db));
	cli_write(&w->out);
	cli_flush();
	crm_str_clear(&w->out);
	if (w->dry) {
		crm_db_rollback(w->db);
		crm_journal_forget(w->journal);
	}
	return CRM_OK;
}

/* The whole of standard input. */
static enum crm_status read_text(struct writer *w)
{
	ssize_t n = 1;

	while (n > 0 && w->text.len <= CRM_NOTE_MAX) {
		n = read(STDIN_FILENO, crm_str_reserve(&w->text, 8192), 8192);
		if (n > 0)
			crm_str_wrote(&w->text, (size_t)n);
	}
	if (n < 0) {
		cli_error(w->cli, "cannot read standard input: %m");
		return CRM_IO;
	}
	return CRM_OK;
}

static enum crm_status note_once(struct writer *w)
{
	enum crm_status rc = CRM_OK;

	if (w->operand)
		crm_str_adds(&w->text, w->operand);
	else
		rc = read_text(w);
	if (rc != CRM_OK)
		return rc;
	w->note = (struct crm_note){.conversation = w->conversation,
				    .person = w->person,
				    .agent = crm_slice_of(w->agent),
				    .text = {w->text.ptr, w->text.len}};
	if ((rc = crm_db_begin(w->db)) == CRM_OK)
		rc = add_note(w);
	if (rc != CRM_OK)
		return cli_fail(w->cli, crm_db_err(w->db));
	return commit(w);
}

/* ---- lines ---- */

/* A text member, decoded into out; without value when it is not there. */
static struct crm_slice member_text(const struct writer *w, const char *name, struct crm_str *out)
{
	const struct crm_json_value *v = crm_json_member(&w->doc, w->doc.values, name);

	crm_str_clear(out);
	if (!v || (v->type != CRM_JSON_STRING && v->type != CRM_JSON_NUMBER))
		return (struct crm_slice){NULL, 0};
	crm_json_text(v, out);
	return (struct crm_slice){out->ptr, out->len};
}

static enum crm_status take_line(struct writer *w, struct crm_slice line)
{
	const struct crm_json_value *type;

	if (!filter_scan(&w->in, &w->doc, line))
		return CRM_OK;
	type = crm_json_member(&w->doc, w->doc.values, "type");
	if (type && !crm_slice_is(type->text, "note")) { /* what they wrote is no note of ours */
		filter_pass(line, &w->out);
		return CRM_OK;
	}
	w->note = (struct crm_note){.conversation = filter_id(&w->doc, "conversation"),
				    .person = filter_id(&w->doc, "person"),
				    .agent = member_text(w, "agent", &w->author),
				    .text = member_text(w, "text", &w->text),
				    .key = member_text(w, "id", &w->key)};
	if (!w->note.conversation && !w->note.person)
		return filter_aside(&w->in, "about whom? it needs \"conversation\" or \"person\"");
	if (!w->note.agent.len)
		w->note.agent = crm_slice_of(w->agent);
	return add_note(w);
}

static enum crm_status take_batch(void *data)
{
	struct writer *w = data;
	enum crm_status rc = crm_db_begin(w->db);
	struct crm_slice line;

	while (rc == CRM_OK && filter_next(&w->in, &line))
		rc = filter_fault(&w->in, w->db, take_line(w, line));
	return rc == CRM_OK ? commit(w) : cli_fail(w->cli, crm_db_err(w->db));
}

/* ---- the command ---- */

static void parse_operands(struct writer *w)
{
	struct cli *cli = w->cli;
	char **argv = cli->argv;
	int argc = cli->argc;

	if (!w->person && argc) {
		w->conversation = filter_id_of(crm_slice_of(*argv));
		if (!w->conversation)
			cli_usage(cli, "'%s' is no number of a request", *argv);
		argc--;
		argv++;
	}
	if (argc > 1 || (argc && w->list))
		cli_usage(cli, "too many operands: '%s'; put the text in quotes", argv[argc - 1]);
	w->operand = argc ? *argv : NULL;
	if (w->list && !w->person && !w->conversation)
		cli_usage(cli, "notes about what? give the number of a request, or --person");
	if (!w->list && !w->operand && cli_is_terminal(STDIN_FILENO))
		cli_usage(cli, "what is to be noted? give a text, or lines of JSON");
}

static void parse(struct writer *w)
{
	int c;

	while ((c = cli_option(w->cli)) != -1)
		switch (c) {
		case 'g':
			w->agent = w->cli->arg;
			break;
		case OPT_PERSON:
			w->person = cli_number(w->cli, "person", 1, INT64_MAX);
			break;
		case 'l':
			w->list = true;
			break;
		case 'n':
			w->dry = true;
			break;
		}
	parse_operands(w);
}

static enum crm_status list(struct writer *w)
{
	if (crm_notes_each(w->db, w->conversation, w->person, put_note, w) != CRM_OK)
		return cli_fail(w->cli, crm_db_err(w->db));
	cli_write(&w->out);
	return CRM_OK;
}

static enum crm_status work(struct writer *w)
{
	struct crm_str dir = CRM_STR_INIT;
	struct crm_err err;
	enum crm_status rc;

	if (w->list)
		return list(w);
	cli_config_dir(w->cli, &dir);
	rc = crm_agents_load(&w->agents, dir.ptr, NULL, &err);
	crm_str_release(&dir);
	if (rc != CRM_OK)
		return cli_fail(w->cli, &err);
	if ((rc = notify_open(w->cli, w->db, &w->agents, &w->notify)) != CRM_OK)
		return rc;
	crm_journal_open(&w->journal, w->db, command.name);
	rc = w->conversation || w->person ? note_once(w)
					  : filter_run(&w->in, w->cli, NULL, take_batch, w);
	crm_db_rollback(w->db);
	crm_journal_close(w->journal);
	notify_close(w->notify);
	return rc == CRM_OK && w->in.aside ? CRM_ASIDE : rc;
}

int main(int argc, char **argv)
{
	struct cli cli;
	struct writer w = {.cli = &cli,
			   .agents = CRM_AGENTS_INIT,
			   .doc = CRM_JSON_DOC_INIT,
			   .out = CRM_STR_INIT,
			   .text = CRM_STR_INIT,
			   .author = CRM_STR_INIT,
			   .key = CRM_STR_INIT};
	enum crm_status rc;

	cli_start(&cli, &command, argc, argv);
	w.agent = cli_actor(&cli);
	parse(&w);
	if ((rc = cli_db_open(&cli, &w.db, w.list ? CRM_DB_READ : CRM_DB_WRITE)) == CRM_OK)
		rc = work(&w);
	crm_db_close(w.db);
	crm_agents_release(&w.agents);
	crm_json_doc_release(&w.doc);
	crm_str_release(&w.out);
	crm_str_release(&w.text);
	crm_str_release(&w.author);
	crm_str_release(&w.key);
	return cli_finish(&cli, rc);
}
