/* SPDX-License-Identifier: MIT */
/* crm-init: makes the store, or brings an older one up to date. Running it again changes
 * nothing. */
#include "cli.h"

static const struct cli_option options[] = {{0}};

static const struct cli_command command = {
	.name = "crm-init",
	.purpose = "make a store, or bring one up to the newest schema",
	.synopsis = "[DB]",
	.options = options,
	.example = "  crm-init shop.db && export CRM_DB=shop.db",
};

int main(int argc, char **argv)
{
	struct crm_db *db = NULL;
	struct cli cli;
	enum crm_status rc;

	cli_start(&cli, &command, argc, argv);
	while (cli_option(&cli) != -1)
		;
	if (cli.argc > 1)
		cli_usage(&cli, "one store at a time");
	if (cli.argc == 1)
		cli.db_path = cli.argv[0];
	if ((rc = cli_db_open(&cli, &db, CRM_DB_CREATE)) == CRM_OK)
		cli_note(&cli, "%s is a store of schema version %d", cli.db_path, crm_db_version());
	crm_db_close(db);
	return cli_finish(&cli, rc);
}
