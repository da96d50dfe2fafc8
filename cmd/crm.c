/* SPDX-License-Identifier: MIT */
/*
 * crm: runs crm-NAME as `crm NAME …`, and lists the commands there are: those beside this
 * program, then those on $PATH, so that a business adds its own by putting a program
 * called crm-something where the shell finds it.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli.h"

static const struct cli_option options[] = {{0}};

static const struct cli_command command = {
	.name = "crm",
	.purpose = "an omnichannel CRM of small commands; see crm(7)",
	.synopsis = "COMMAND [ARGUMENT ...]",
	.options = options,
	.example = "  crm ingest orders.csv | crm dedupe | crm merge",
	.no_db = true,
};

static const struct {
	const char *name, *purpose;
} ours[] = {
	{"init", "make a store, or bring one up to the newest schema"},
	{"ingest", "store exports and messages, recognising the people in them"},
	{"dedupe", "find profiles of one person, with probability and evidence"},
	{"linkage", "take models of linkage over from Splink, and hand ours to it"},
	{"merge", "link profiles of one person; undo, split, log"},
	{"erase", "forget a person: names, addresses, texts; numbers stay"},
	{"answer", "the bot: answer messages from the knowledge base, or hand them over"},
	{"kb", "the knowledge base: add, list, search and check articles"},
	{"route", "give requests to agents; what is due, and late"},
	{"agent", "who is on duty, and for whom; say that somebody is away"},
	{"request", "list requests, show one, resolve it or put it off"},
	{"note", "notes that no customer sees, and calling colleagues"},
	{"reply", "send answers, once each, and keep what became of them"},
	{"template", "list and check templates, and look at what one becomes"},
	{"show", "the customer card: everything about one person"},
	{"report", "overview, channels, customers and others: reports kept as SQL files"},
	{"query", "read-only SQL to JSON lines"},
};

/* The folder this program lies in. */
static char *own_dir(void)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	*strrchr(exe, '/') = '\0';
	return crm_strdup(exe);
}

static bool is_ours(const char *name)
{
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (!strcmp(name, ours[i].name))
			return true;
	return false;
}

/* Commands that somebody added beside us. */
static void list_others(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		if (!strncmp(e->d_name, "crm-", 4) && !is_ours(e->d_name + 4))
			printf("  %s\n", e->d_name + 4);
	if (dir)
		closedir(dir);
}

static void list(const char *dir)
{
	printf("usage: crm COMMAND [ARGUMENT ...]\n\n");
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		printf("  %-10s %s\n", ours[i].name, ours[i].purpose);
	if (dir)
		list_others(dir);
	printf("\n'crm COMMAND --help' shows a command's options; 'man crm-COMMAND' explains "
	       "it.\n");
}

int main(int argc, char **argv)
{
	char *dir = own_dir();
	struct crm_str program = CRM_STR_INIT, path = CRM_STR_INIT;
	struct cli cli;

	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")
	    || (!strcmp(argv[1], "help") && argc == 2)) {
		cli_start(&cli, &command, argc, argv);
		list(dir);
		free(dir);
		return argc < 2 ? crm_status_exit(CRM_USAGE) : cli_finish(&cli, CRM_OK);
	}
	if (argv[1][0] == '-') {
		cli_start(&cli, &command, argc, argv);
		while (cli_option(&cli) != -1)
			;
		cli_usage(&cli, "a command is missing");
	}
	if (dir) {
		const char *old = getenv("PATH");

		crm_str_addf(&path, "%s%s%s", dir, old ? ":" : "", old ? old : "");
		setenv("PATH", path.ptr, 1);
	}
	crm_str_addf(&program, "crm-%s", argv[1]);
	execvp(program.ptr, argv + 1);
	if (errno == ENOENT)
		fprintf(stderr, "crm: there is no command '%s'; 'crm --help' lists them\n",
			argv[1]);
	else
		fprintf(stderr, "crm: cannot run '%s': %s\n", program.ptr, strerror(errno));
	crm_str_release(&program);
	crm_str_release(&path);
	free(dir);
	return crm_status_exit(errno == ENOENT ? CRM_USAGE : CRM_NO_INPUT);
}
