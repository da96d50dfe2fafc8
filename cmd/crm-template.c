/* SPDX-License-Identifier: MIT */
/*
 * crm-template: what templates there are, whether they are right, and what one becomes for a
 * conversation, or for an invented one.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "cli.h"
#include "office.h"
#include "reply/context.h"

enum {
	OPT_HTML = CLI_LONG,
	OPT_VALUES,
	OPT_PERSON
};

static const struct cli_option options[] = {
	{'l', "language", "TAG", "in this language: de, de-CH"},
	{'s', "set", "SET", "of this set, the voice of a brand"},
	{'c', "conversation", "ID", "with the values of a conversation"},
	{OPT_PERSON, "person", "ID", "with those of a person"},
	{'g', "agent", "NAME", "as written by this agent"},
	{OPT_HTML, "html", NULL, "as a page, with its HTML"},
	{OPT_VALUES, "values", NULL, "list the values that templates may name"},
	{0},
};

static const struct cli_command command = {
	.name = "crm-template",
	.purpose = "list and check templates, and look at what one becomes",
	.synopsis = "[NAME]",
	.options = options,
	.example = "  crm-template                        # all, and what is wrong with them\n"
		   "  crm-template received -l de         # with invented values\n"
		   "  crm-template received -c 42 --html >look.html",
};

struct desk {
	struct cli *cli;
	struct crm_db *db;
	struct office *office;
	struct crm_letter_ask ask;
	struct crm_str out;
	bool html, values, wrong;
};

static void put(struct crm_str *out, const char *key, const char *s)
{
	if (s && *s)
		crm_json_put(out, key, s);
}

struct paths {
	struct crm_str *out;
	size_t start;
};

/* A name in the list of those that a template uses, unless it is there. */
static enum crm_status put_path(void *data, struct crm_slice path, const char *file, int line,
				bool optional)
{
	struct paths *p = data;
	struct crm_str quoted = CRM_STR_INIT;

	(void)file, (void)line, (void)optional;
	crm_json_string(&quoted, path);
	if (path.ptr[0] != '.' && !strstr(p->out->ptr + p->start, quoted.ptr))
		crm_json_string(p->out, path);
	crm_str_release(&quoted);
	return CRM_OK;
}

/* A line for each file; what is wrong with it goes to standard error. */
static enum crm_status list_file(void *data, const struct crm_template_file *file)
{
	struct desk *d = data;
	const struct crm_template *t;
	struct crm_err err;
	struct paths paths = {&d->out, 0};
	enum crm_status rc;

	rc = crm_templates_load(d->office->templates, file, &t, &err);
	if (rc != CRM_OK) {
		cli_error(d->cli, "%s", err.text);
		d->wrong = true;
		return CRM_OK;
	}
	if (file->is_html && t->text) /* it was listed with its text */
		return CRM_OK;
	crm_json_open(&d->out, '{');
	crm_json_put(&d->out, "type", "template");
	crm_json_put(&d->out, "name", file->name);
	put(&d->out, "set", file->set);
	put(&d->out, "language", file->language);
	crm_json_put(&d->out, "purpose", t->purpose);
	put(&d->out, "automatic", t->automatic);
	crm_json_key(&d->out, "html");
	crm_json_bool(&d->out, t->html != NULL);
	crm_json_put(&d->out, "file", t->file);
	crm_json_key(&d->out, "values");
	paths.start = d->out.len;
	crm_json_open(&d->out, '[');
	crm_template_paths(t, put_path, &paths);
	crm_json_close(&d->out, ']');
	crm_json_close(&d->out, '}');
	crm_str_addc(&d->out, '\n');
	return CRM_OK;
}

static enum crm_status list(struct desk *d)
{
	crm_templates_list(d->office->templates, list_file, d);
	cli_write(&d->out);
	return d->wrong ? CRM_CONFIG : CRM_OK;
}

static void print_text(struct desk *d, const struct crm_letter *letter)
{
	const char *p = letter->text.ptr, *end = p + letter->text.len;

	if (letter->subject.len) {
		crm_str_adds(&d->out, "Subject: ");
		crm_utf8_printable(&d->out,
				   (struct crm_slice){letter->subject.ptr, letter->subject.len});
		crm_str_adds(&d->out, "\n\n");
	}
	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((newline ? newline : end) - p);

		crm_utf8_printable(&d->out, (struct crm_slice){p, n});
		crm_str_addc(&d->out, '\n');
		p += n + 1;
	}
}

/* What an answer would go out by gives values too: its name, its voice. A conversation that is
 * not there is told when the letter is written. */
static enum crm_status find_account(struct desk *d)
{
	struct crm_addressee a = CRM_ADDRESSEE_INIT;
	enum crm_status rc = CRM_OK;

	if (d->ask.conversation)
		rc = crm_addressee_of_conversation(d->db, d->ask.conversation, 0, &a);
	if (rc == CRM_OK && a.channel)
		d->ask.account =
			crm_accounts_find(&d->office->accounts, a.channel, a.scope, a.account.ptr);
	crm_addressee_release(&a);
	return rc == CRM_NO_INPUT ? CRM_OK : rc;
}

static enum crm_status look(struct desk *d)
{
	struct crm_context *context = d->office->post.context;
	struct crm_letter letter = CRM_LETTER_INIT;
	struct crm_err err;
	enum crm_status rc;

	if ((rc = find_account(d)) != CRM_OK)
		return cli_fail(d->cli, crm_db_err(d->db));
	if (d->ask.conversation || d->ask.person)
		rc = crm_context_letter(context, &d->ask, NULL, &letter, &err);
	else
		rc = crm_context_sample(context, &d->ask, NULL, &letter, &err);
	if (rc != CRM_OK) {
		cli_fail(d->cli, &err);
	} else if (d->html) {
		crm_letter_page(&letter, d->ask.name, &d->out);
	} else {
		print_text(d, &letter);
	}
	cli_write(&d->out);
	crm_letter_release(&letter);
	return rc;
}

static enum crm_status work(struct desk *d)
{
	enum crm_status rc = office_open(d->cli, d->db, &d->office);

	if (rc != CRM_OK)
		cli_fail(d->cli, crm_db_err(d->db));
	else
		rc = d->ask.name ? look(d) : list(d);
	office_close(d->office);
	return rc;
}

static enum crm_status list_values(struct desk *d)
{
	for (const char *const *name = crm_context_names; *name; name++)
		crm_str_addf(&d->out, "%s\n", *name);
	cli_write(&d->out);
	return CRM_OK;
}

static void parse(struct desk *d)
{
	struct cli *cli = d->cli;
	int c;

	while ((c = cli_option(cli)) != -1)
		switch (c) {
		case 'l':
			d->ask.language = cli->arg;
			break;
		case 's':
			d->ask.set = cli->arg;
			break;
		case 'c':
			d->ask.conversation = cli_number(cli, "conversation", 1, INT64_MAX);
			break;
		case OPT_PERSON:
			d->ask.person = cli_number(cli, "person", 1, INT64_MAX);
			break;
		case 'g':
			d->ask.agent = cli->arg;
			break;
		case OPT_HTML:
			d->html = true;
			break;
		case OPT_VALUES:
			d->values = true;
			break;
		}
	if (cli->argc > 1)
		cli_usage(cli, "one template at a time, not '%s' too", cli->argv[1]);
	d->ask.name = cli->argc ? cli->argv[0] : NULL;
	if (!d->ask.name && (d->ask.conversation || d->ask.person || d->html))
		cli_usage(cli, "which template? name one; without options all are listed");
}

int main(int argc, char **argv)
{
	struct cli cli;
	struct desk d = {.cli = &cli, .out = CRM_STR_INIT};
	enum crm_status rc;

	cli_start(&cli, &command, argc, argv);
	parse(&d);
	if (d.values)
		rc = list_values(&d);
	else if ((rc = cli_db_open(&cli, &d.db, CRM_DB_READ)) == CRM_OK)
		rc = work(&d);
	crm_db_close(d.db);
	crm_str_release(&d.out);
	return cli_finish(&cli, rc);
}
