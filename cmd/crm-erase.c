/* SPDX-License-Identifier: MIT */
/*
 * crm-erase: somebody asks to be forgotten.
 *
 * All people named are erased in one transaction, or none is; then the file is rewritten, so that
 * nothing of them is left in its free space.
 */
#include <string.h>

#include "base/json.h"
#include "cli.h"
#include "store/erase.h"
#include "store/find.h"

enum {
	OPT_REASON = CLI_LONG,
	OPT_ACTOR,
	OPT_CLEAR
};

static const struct cli_option options[] = {
	{'n', "dry-run", NULL, "say what would be erased, change nothing"},
	{OPT_REASON, "reason", "TEXT", "why, for the log"},
	{OPT_ACTOR, "actor", "NAME", "who does it, for the log ($USER)"},
	{OPT_CLEAR, "clear", NULL, "only rewrite the file, where that was put off"},
	{0},
};

static const struct cli_command command = {
	.name = "crm-erase",
	.purpose = "forget a person: names, addresses, texts; numbers stay",
	.synopsis = "ID | EMAIL | PHONE | HANDLE ...",
	.options = options,
	.example = "  crm-erase -n ada@example.org\n"
		   "  crm-erase --reason 'asked by letter' ada@example.org",
};

struct eraser {
	struct cli *cli;
	struct crm_db *db;
	bool dry, clear;
	const char *reason, *actor;
	struct crm_ids people;
	struct crm_str out;
};

/* Whom is meant; words and numbers of orders are too vague for what cannot be undone. */
static enum crm_status find(struct eraser *e, const char *query)
{
	struct crm_finding found = CRM_FINDING_INIT;
	struct crm_err *err = crm_db_err(e->db);
	enum crm_status rc = crm_find(e->db, query, 2, &found);

	if (rc == CRM_OK && found.n && (!strcmp(found.by, "words") || !strcmp(found.by, "order")))
		rc = crm_fail(err, CRM_NO_INPUT,
			      "nobody has the id or address '%s': look with crm-show, and name"
			      " them by it",
			      query);
	else if (rc == CRM_OK && !found.n)
		rc = crm_fail(err, CRM_NO_INPUT, "nobody has the id or address '%s'", query);
	else if (rc == CRM_OK && found.n > 1)
		rc = crm_fail(err, CRM_DATA,
			      "'%s' is more than one person, %lld and %lld among them: name one"
			      " by its id",
			      query, (long long)found.found[0].person,
			      (long long)found.found[1].person);
	if (rc == CRM_OK)
		crm_ids_add(&e->people, found.found[0].person);
	crm_finding_release(&found);
	return rc;
}

static void put_erasure(struct eraser *e, const struct crm_erasure *erasure)
{
	crm_json_open(&e->out, '{');
	crm_json_put(&e->out, "type", "erasure");
	if (e->dry) {
		crm_json_key(&e->out, "dry_run");
		crm_json_bool(&e->out, true);
	}
	crm_json_put_int(&e->out, "person", erasure->person);
	for (int i = 0; i < CRM_ERASED_COUNTS; i++)
		crm_json_put_int(&e->out, crm_erasure_names[i], erasure->counts[i]);
	crm_json_close(&e->out, '}');
	crm_str_addc(&e->out, '\n');
}

static enum crm_status erase(struct eraser *e)
{
	struct crm_act act = {e->actor, e->reason, {NULL, 0}};
	enum crm_status rc = crm_db_begin(e->db);
	struct crm_erasure erasure;

	for (int i = 0; i < e->cli->argc && rc == CRM_OK; i++)
		rc = find(e, e->cli->argv[i]);
	for (size_t i = 0; i < e->people.n && rc == CRM_OK; i++) {
		bool again = false;

		for (size_t k = 0; k < i; k++)
			again |= e->people.ids[k] == e->people.ids[i];
		if (again || (rc = crm_erase(e->db, e->people.ids[i], &act, &erasure)) != CRM_OK)
			continue;
		put_erasure(e, &erasure);
	}
	if (rc == CRM_OK && !e->dry)
		rc = crm_db_commit(e->db);
	crm_db_rollback(e->db);
	return rc;
}

static enum crm_status work(struct eraser *e)
{
	enum crm_status rc = e->cli->argc ? erase(e) : CRM_OK;

	if (rc != CRM_OK)
		return cli_fail(e->cli, crm_db_err(e->db));
	cli_write(&e->out);
	cli_flush();
	if (e->dry || (rc = crm_erase_clear(e->db)) == CRM_OK)
		return rc;
	cli_fail(e->cli, crm_db_err(e->db));
	cli_error(e->cli, "bytes of what was erased may be left in free space of the file:"
			  " run crm-erase --clear when nobody reads or writes");
	return rc;
}

static void parse(struct eraser *e)
{
	struct cli *cli = e->cli;
	int c;

	while ((c = cli_option(cli)) != -1)
		switch (c) {
		case 'n':
			e->dry = true;
			break;
		case OPT_REASON:
			e->reason = cli->arg;
			break;
		case OPT_ACTOR:
			e->actor = cli->arg;
			break;
		case OPT_CLEAR:
			e->clear = true;
			break;
		}
	if (e->clear && (cli->argc || e->dry))
		cli_usage(cli, "--clear goes alone");
	if (!e->clear && !cli->argc)
		cli_usage(cli, "whom? give an id, an e-mail address, a phone number or a handle");
}

int main(int argc, char **argv)
{
	struct cli cli;
	struct eraser e = {.cli = &cli, .out = CRM_STR_INIT};
	enum crm_status rc;

	cli_start(&cli, &command, argc, argv);
	e.actor = cli_actor(&cli);
	parse(&e);
	if ((rc = cli_db_open(&cli, &e.db, CRM_DB_WRITE)) == CRM_OK)
		rc = work(&e);
	crm_ids_release(&e.people);
	crm_str_release(&e.out);
	crm_db_close(e.db);
	return cli_finish(&cli, rc);
}
