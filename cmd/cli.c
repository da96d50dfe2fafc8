/* SPDX-License-Identifier: MIT */
/* What all commands share; see cli.h. */
#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/time.h"
#include "base/utf8.h"

enum {
	OPT_NOW = CLI_LONG + 900,
	OPT_VERSION,
	OPT_LIST_OPTIONS
};

static const struct cli_option common[] = {
	{'d', "db", "DB", "the store; without it $CRM_DB"},
	{'q', "quiet", NULL, "say only what went wrong"},
	{OPT_NOW, "now", "TIME", "take TIME for the present (RFC 3339)"},
	{'h', "help", NULL, "show this and exit"},
	{OPT_VERSION, "version", NULL, "show the version and exit"},
	{0},
};

static const struct cli_option hidden[] = {
	{OPT_LIST_OPTIONS, "list-options", NULL, "for shell completion"},
	{0},
};

struct cli_getopt {
	char letters[128];
	struct option longs[64];
};

static void add_options(struct cli_getopt *g, const struct cli_option *o, bool no_db)
{
	size_t n = 0;

	while (g->longs[n].name)
		n++;
	for (; o->name; o++) {
		if (no_db && o->id == 'd' && !strcmp(o->name, "db"))
			continue;
		if (o->id < CLI_LONG)
			snprintf(g->letters + strlen(g->letters), 3, "%c%s", o->id,
				 o->arg ? ":" : "");
		g->longs[n++] = (struct option){o->name, o->arg ? required_argument : no_argument,
						NULL, o->id};
	}
}

void cli_start(struct cli *cli, const struct cli_command *cmd, int argc, char **argv)
{
	signal(SIGPIPE, SIG_DFL); /* `| head -1` ends us */
	setlocale(LC_CTYPE, "");
	/* SQLite takes and gives back some 100 KiB for every small statement that needs a
	 * table in memory; returned to the system each time, that is half of the work. */
	mallopt(M_TRIM_THRESHOLD, 32 * 1024 * 1024);
	mallopt(M_MMAP_THRESHOLD, 4 * 1024 * 1024); /* or the line above would fix it at 128 KiB */
	if (sodium_init() < 0)
		_Exit(crm_status_exit(CRM_BUG));
	*cli = (struct cli){.cmd = cmd, .argc = argc, .argv = argv};
	cli->db_path = getenv("CRM_DB");
	cli->getopt = crm_calloc(1, sizeof(*cli->getopt));
	cli->getopt->letters[0] = ':';
	add_options(cli->getopt, cmd->options, false);
	add_options(cli->getopt, common, cmd->no_db);
	add_options(cli->getopt, hidden, false);
}

static void print_options(const struct cli_option *o, bool no_db)
{
	for (; o->name; o++) {
		char left[64];

		if (no_db && o->id == 'd' && !strcmp(o->name, "db"))
			continue;
		if (o->id < CLI_LONG)
			snprintf(left, sizeof(left), "-%c, --%s%s%s", o->id, o->name,
				 o->arg ? " " : "", o->arg ? o->arg : "");
		else
			snprintf(left, sizeof(left), "    --%s%s%s", o->name, o->arg ? " " : "",
				 o->arg ? o->arg : "");
		printf("  %-26s %s\n", left, o->help);
	}
}

static void help(const struct cli *cli)
{
	printf("usage: %s [options]%s%s\n%s\n\n", cli->cmd->name, *cli->cmd->synopsis ? " " : "",
	       cli->cmd->synopsis, cli->cmd->purpose);
	print_options(cli->cmd->options, false);
	print_options(common, cli->cmd->no_db);
	if (cli->cmd->example)
		printf("\nexample:\n%s\n", cli->cmd->example);
}

/* For shell completion: an option a line, with the placeholder of its argument. */
static void list_options(const struct cli *cli)
{
	const struct option *o = cli->getopt->longs;

	printf("%s\n", cli->cmd->name);
	for (; o->name; o++)
		printf("--%s%s\n", o->name, o->has_arg ? "=" : "");
}

static void parse_now(struct cli *cli, const char *text)
{
	struct crm_time t;

	if (!crm_time_rfc3339(text, strlen(text), &t))
		cli_usage(cli, "--now takes a time such as 2026-10-01T00:00:00Z, not '%s'", text);
	cli->now = t.ms;
}

int cli_option(struct cli *cli)
{
	for (;;) {
		int c = getopt_long(cli->argc, cli->argv, cli->getopt->letters, cli->getopt->longs,
				    NULL);

		cli->arg = optarg;
		switch (c) {
		case -1:
			cli->argc -= optind;
			cli->argv += optind;
			return -1;
		case '?':
			if (optopt && optopt < CLI_LONG)
				cli_usage(cli, "unknown option -%c", optopt);
			cli_usage(cli, "unknown option %s", cli->argv[optind - 1]);
		case ':':
			cli_usage(cli, "option %s takes an argument", cli->argv[optind - 1]);
		case 'h':
			help(cli);
			exit(cli_finish(cli, CRM_OK));
		case OPT_VERSION:
			printf("%s (crm-tools) %s\n", cli->cmd->name, CRM_VERSION);
			exit(cli_finish(cli, CRM_OK));
		case OPT_LIST_OPTIONS:
			list_options(cli);
			exit(cli_finish(cli, CRM_OK));
		case 'd':
			if (cli->cmd->no_db)
				return c;
			cli->db_path = optarg;
			break;
		case 'q':
			cli->quiet = true;
			break;
		case OPT_NOW:
			parse_now(cli, optarg);
			break;
		default:
			return c;
		}
	}
}

int64_t cli_number(struct cli *cli, const char *option, int64_t low, int64_t high)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(cli->arg, &end, 10);
	if (errno || end == cli->arg || *end || n < low || n > high)
		cli_usage(cli, "--%s takes a whole number from %lld to %lld, not '%s'", option,
			  (long long)low, (long long)high, cli->arg);
	return n;
}

int64_t cli_instant(struct cli *cli, const char *option)
{
	struct crm_time t;

	if (!crm_time_rfc3339(cli->arg, strlen(cli->arg), &t))
		cli_usage(cli, "--%s takes a time as 2026-10-01T09:30:00+02:00, not '%s'", option,
			  cli->arg);
	return t.ms;
}

int64_t cli_duration(struct cli *cli, const char *option)
{
	int64_t ms;

	if (!crm_duration_parse(cli->arg, strlen(cli->arg), &ms))
		cli_usage(cli, "--%s takes a length of time as 30m, 2h or 3d, not '%s'", option,
			  cli->arg);
	return ms;
}

const char *cli_actor(const struct cli *cli)
{
	const char *user = getenv("USER");

	return user && *user ? user : cli->cmd->name;
}

enum crm_status cli_db_open(struct cli *cli, struct crm_db **db, enum crm_db_mode mode)
{
	enum crm_status rc;

	if (!cli->db_path || !*cli->db_path)
		cli_usage(cli, "no store named: give -d DB or set CRM_DB");
	rc = crm_db_open(db, cli->db_path, mode);
	if (rc != CRM_OK)
		return cli_fail(cli, crm_db_err(*db));
	crm_db_set_now(*db, cli->now);
	return CRM_OK;
}

static void say(const struct cli *cli, const char *fmt, va_list ap)
{
	struct crm_str line = CRM_STR_INIT;
	char text[2048];

	vsnprintf(text, sizeof(text), fmt, ap);
	crm_utf8_printable(&line, crm_slice_of(text)); /* data may stand in the message */
	cli_progress_end(cli);
	fprintf(stderr, "%s: %s\n", cli->cmd->name, line.ptr);
	crm_str_release(&line);
}

void cli_note(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	if (cli->quiet)
		return;
	va_start(ap, fmt);
	say(cli, fmt, ap);
	va_end(ap);
}

void cli_error(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(cli, fmt, ap);
	va_end(ap);
}

enum crm_status cli_fail(const struct cli *cli, const struct crm_err *err)
{
	cli_error(cli, "%s", err->text);
	return err->status;
}

void cli_usage(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(cli, fmt, ap);
	va_end(ap);
	fprintf(stderr, "try '%s --help'\n", cli->cmd->name);
	exit(crm_status_exit(CRM_USAGE));
}

static int64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t progress_start, progress_drawn;

void cli_progress(const struct cli *cli, uint64_t done, uint64_t total, const char *unit)
{
	int64_t now, spent;
	double rate;

	if (cli->quiet || !cli_is_terminal(STDERR_FILENO))
		return;
	now = monotonic_ms();
	if (!progress_start)
		progress_start = now;
	if (now - progress_drawn < 100)
		return;
	progress_drawn = now;
	spent = now - progress_start;
	rate = spent > 0 ? (double)done * 1000 / (double)spent : 0;
	if (total && done <= total && rate > 0) {
		int filled = (int)(20 * done / total);

		fprintf(stderr, "\r[%.*s%.*s] %3d %%  %.0f %s/s  %.0f s left\033[K", filled,
			"####################", 20 - filled, "--------------------",
			(int)(100 * done / total), rate, unit, (double)(total - done) / rate);
	} else {
		fprintf(stderr, "\r%llu %s  %.0f/s\033[K", (unsigned long long)done, unit, rate);
	}
}

void cli_progress_end(const struct cli *cli)
{
	if (progress_drawn && !cli->quiet)
		fputs("\r\033[K", stderr);
	progress_start = progress_drawn = 0;
}

static int write_errno; /* why the first write failed: by the end errno tells of something else */

void cli_write(const struct crm_str *s)
{
	if (fwrite(s->ptr, 1, s->len, stdout) < s->len && !write_errno)
		write_errno = errno;
}

void cli_flush(void)
{
	if (fflush(stdout) && !write_errno)
		write_errno = errno;
}

bool cli_close(void)
{
	static bool closed, good;

	if (!closed) {
		good = !ferror(stdout);
		errno = 0;
		good = fclose(stdout) == 0 && good;
		write_errno = write_errno ? write_errno : errno;
		closed = true;
	}
	return good;
}

int cli_finish(struct cli *cli, enum crm_status status)
{
	cli_progress_end(cli);
	if (!cli_close() && status != CRM_IO) {
		cli_error(cli, "cannot write standard output: %s",
			  write_errno ? strerror(write_errno) : "failed");
		status = CRM_IO;
	}
	free(cli->getopt);
	cli->getopt = NULL;
	return crm_status_exit(status);
}

/* The folder of the program's own files: ../share/crm-tools seen from the program. */
static bool share_dir(struct crm_str *out)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	if (n <= 0)
		return false;
	exe[n] = '\0';
	for (int up = 0; up < 2; up++) {
		if (!(slash = strrchr(exe, '/')))
			return false;
		*slash = '\0';
	}
	crm_str_addf(out, "%s/share/crm-tools", exe);
	return true;
}

void cli_config_dir(const struct cli *cli, struct crm_str *out)
{
	const char *config = getenv("CRM_CONFIG"), *db = cli->db_path;
	size_t len;

	if (config && *config) {
		crm_str_adds(out, config);
	} else if (db) {
		len = strlen(db);
		if (len > 3 && !strcmp(db + len - 3, ".db"))
			len -= 3;
		crm_str_add(out, db, len);
		crm_str_adds(out, ".d");
	}
}

void cli_each_data_dir(const struct cli *cli, const char *kind,
		       void (*each)(const char *dir, void *data), void *data)
{
	struct crm_str dir = CRM_STR_INIT;
	struct stat info;

	for (int where = 0; where < 2; where++) {
		crm_str_clear(&dir);
		if (where == 0)
			cli_config_dir(cli, &dir);
		else if (!share_dir(&dir))
			continue;
		if (!dir.len)
			continue;
		crm_str_addf(&dir, "/%s", kind);
		if (!stat(dir.ptr, &info) && S_ISDIR(info.st_mode))
			each(dir.ptr, data);
	}
	crm_str_release(&dir);
}

struct find {
	const char *name;
	struct crm_str *out;
	bool found;
};

static void find_in(const char *dir, void *data)
{
	struct find *f = data;
	size_t before = f->out->len;

	if (f->found)
		return;
	crm_str_addf(f->out, "%s/%s", dir, f->name);
	f->found = !access(f->out->ptr + before, R_OK);
	if (!f->found) {
		f->out->len = before;
		f->out->ptr[before] = '\0';
	}
}

bool cli_find_data(const struct cli *cli, const char *kind, const char *name, struct crm_str *out)
{
	struct find f = {name, out, false};

	if (strchr(name, '/') || name[0] == '.')
		return false;
	cli_each_data_dir(cli, kind, find_in, &f);
	return f.found;
}

bool cli_own_data(const char *kind, const char *name, struct crm_str *out)
{
	struct crm_str path = CRM_STR_INIT;
	bool found = share_dir(&path);

	crm_str_addf(&path, "/%s/%s", kind, name);
	found = found && !access(path.ptr, R_OK);
	if (found)
		crm_str_add(out, path.ptr, path.len);
	crm_str_release(&path);
	return found;
}

enum crm_status cli_golden_rules(const struct cli *cli, struct crm_golden_rules **rules)
{
	struct crm_str paths[2] = {CRM_STR_INIT, CRM_STR_INIT}; /* ours, the user's on top */
	enum crm_status rc = CRM_OK;
	struct crm_err err;

	*rules = crm_golden_rules_new();
	cli_own_data("rules", "survivorship", &paths[0]);
	cli_config_dir(cli, &paths[1]);
	if (paths[1].len)
		crm_str_adds(&paths[1], "/rules/survivorship");
	for (int i = 0; i < 2; i++) {
		if (rc == CRM_OK && !access(paths[i].ptr, F_OK)
		    && (rc = crm_golden_rules_read(*rules, paths[i].ptr, &err)) != CRM_OK)
			cli_fail(cli, &err);
		crm_str_release(&paths[i]);
	}
	return rc;
}

bool cli_is_terminal(int fd)
{
	return isatty(fd);
}
