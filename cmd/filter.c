/* SPDX-License-Identifier: MIT */
/* Lines of standard input and of files, and what is wrong with one. */
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool filter_next(struct filter *f, struct crm_slice *line)
{
	while (crm_lines_next(&f->in, line)) {
		f->line = f->in.line;
		if (!crm_slice_trim(*line).len)
			continue;
		f->lines++;
		return true;
	}
	return false;
}

enum crm_status filter_aside(struct filter *f, const char *why)
{
	cli_error(f->cli, "%s:%lld: %s", f->file, (long long)f->line, why);
	f->aside++;
	return CRM_OK;
}

bool filter_scan(struct filter *f, struct crm_json_doc *doc, struct crm_slice line)
{
	char why[96];

	if (crm_json_scan(doc, line.ptr, line.len) != CRM_OK) {
		snprintf(why, sizeof(why), "byte %zu: %s", doc->error_at + 1, doc->error);
		filter_aside(f, why);
		return false;
	}
	if (doc->values[0].type == CRM_JSON_OBJECT)
		return true;
	filter_aside(f, "not a JSON object");
	return false;
}

enum crm_status filter_fault(struct filter *f, struct crm_db *db, enum crm_status rc)
{
	int sql = sqlite3_errcode(crm_db_handle(db));

	if ((rc == CRM_NO_INPUT || rc == CRM_DATA)
	    && (sql == SQLITE_OK || sql == SQLITE_ROW || sql == SQLITE_DONE))
		return filter_aside(f, crm_db_err(db)->text);
	return rc;
}

static enum crm_status run_file(struct filter *f, const char *path,
				enum crm_status (*wait)(void *data, int fd),
				enum crm_status (*batch)(void *data), void *data)
{
	bool standard = !strcmp(path, "-");
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	enum crm_status rc = CRM_OK;

	if (fd < 0) {
		cli_error(f->cli, "cannot open '%s': %s", path, strerror(errno));
		return CRM_NO_INPUT;
	}
	f->file = standard ? "<stdin>" : path;
	crm_lines_init(&f->in, fd);
	while (rc == CRM_OK && (!wait || (rc = wait(data, fd)) == CRM_OK)
	       && crm_lines_fill(&f->in)) {
		rc = batch(data);
		cli_progress(f->cli, f->lines, 0, "lines");
	}
	if (rc == CRM_OK && f->in.error) {
		cli_error(f->cli, "cannot read '%s': %s", f->file, strerror(f->in.error));
		rc = CRM_IO;
	}
	crm_lines_release(&f->in);
	if (!standard)
		close(fd);
	return rc;
}

enum crm_status filter_run(struct filter *f, struct cli *cli,
			   enum crm_status (*wait)(void *data, int fd),
			   enum crm_status (*batch)(void *data), void *data)
{
	enum crm_status rc = CRM_OK;

	f->cli = cli;
	if (!cli->argc)
		return run_file(f, "-", wait, batch, data);
	for (int i = 0; i < cli->argc && rc == CRM_OK; i++)
		rc = run_file(f, cli->argv[i], wait, batch, data);
	return rc;
}

int64_t filter_id_of(struct crm_slice text)
{
	int64_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9' || text.len > 18)
			return 0;
		n = n * 10 + (text.ptr[i] - '0');
	}
	return n;
}

int64_t filter_id(const struct crm_json_doc *doc, const char *name)
{
	const struct crm_json_value *v = crm_json_member(doc, doc->values, name);

	return v && v->type == CRM_JSON_NUMBER ? filter_id_of(v->text) : 0;
}

bool filter_is(const struct crm_json_doc *doc, const char *name, const char *text)
{
	const struct crm_json_value *v = crm_json_member(doc, doc->values, name);

	return v && v->type == CRM_JSON_STRING && crm_slice_is(v->text, text);
}

void filter_pass(struct crm_slice line, struct crm_str *out)
{
	crm_str_add(out, line.ptr, line.len);
	crm_str_addc(out, '\n');
}

void filter_count(struct crm_str *sum, uint64_t n, const char *what, const char *between)
{
	if (n)
		crm_str_addf(sum, "%s%llu %s", sum->len ? between : "", (unsigned long long)n,
			     what);
}
