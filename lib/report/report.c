/* SPDX-License-Identifier: MIT */
/* Reports kept as SQL files: the header, the parameters, the run. See report.h. */
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "report/functions.h"
#include "report/query.h"
#include "store/past.h"

/* The next word of *s, which is moved behind it. */
static struct crm_slice word(struct crm_slice *s)
{
	struct crm_slice w = crm_slice_trim(*s);
	size_t n = 0;

	while (n < w.len && w.ptr[n] != ' ' && w.ptr[n] != '\t')
		n++;
	*s = crm_slice_trim((struct crm_slice){w.ptr + n, w.len - n});
	w.len = n;
	return w;
}

static char *copy(struct crm_slice s)
{
	return crm_strndup(s.ptr, s.len);
}

/* A header line, without its dashes. false: it lacks a word. */
static bool header(struct crm_report *r, struct crm_slice line)
{
	struct crm_slice rest, a, b;
	size_t colon;

	for (colon = 0; colon < line.len && line.ptr[colon] != ':'; colon++)
		;
	if (colon == line.len)
		return true; /* a comment like any other */
	rest = crm_slice_trim((struct crm_slice){line.ptr + colon + 1, line.len - colon - 1});
	if (crm_slice_starts(line, "title:")) {
		free(r->title);
		r->title = copy(rest);
		return rest.len > 0;
	}
	if (!crm_slice_starts(line, "column:") && !crm_slice_starts(line, "param:"))
		return true;
	a = word(&rest);
	b = word(&rest);
	if (crm_slice_starts(line, "column:")) {
		CRM_GROW(r->columns, r->n_columns + 1, r->cap_columns);
		r->columns[r->n_columns++] =
			(struct crm_report_column){copy(a), copy(b), copy(rest)};
	} else {
		CRM_GROW(r->params, r->n_params + 1, r->cap_params);
		r->params[r->n_params++] = (struct crm_report_param){copy(a), copy(b), copy(rest)};
	}
	return rest.len > 0;
}

static enum crm_status parse(struct crm_report *r, const char *path, struct crm_err *err)
{
	const char *p = r->sql.ptr, *end = p + r->sql.len;

	for (int line = 1; p < end; line++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		struct crm_slice s = {p, (size_t)((newline ? newline : end) - p)};

		s = crm_slice_trim(s);
		if (s.len >= 2 && !memcmp(s.ptr, "--", 2)
		    && !header(r, crm_slice_trim((struct crm_slice){s.ptr + 2, s.len - 2})))
			return crm_fail(err, CRM_CONFIG,
					"%s:%d: a header line is 'title: TEXT', 'column: NAME UNIT "
					"TEXT' or 'param: NAME DEFAULT TEXT'",
					path, line);
		p = newline ? newline + 1 : end;
	}
	if (!r->title || !r->n_columns)
		return crm_fail(err, CRM_CONFIG, "%s:1: the header has no %s", path,
				r->title ? "column lines" : "title line");
	return CRM_OK;
}

enum crm_status crm_report_load(struct crm_report **out, const char *name, const char *path,
				struct crm_err *err)
{
	struct crm_report *r = crm_calloc(1, sizeof(*r));
	enum crm_status rc;

	r->name = crm_strdup(name);
	r->sql = (struct crm_str)CRM_STR_INIT;
	*out = r;
	if ((rc = crm_file_read(path, &r->sql, err)) == CRM_OK)
		rc = parse(r, path, err);
	if (rc != CRM_OK) {
		crm_report_free(r);
		*out = NULL;
	}
	return rc;
}

void crm_report_free(struct crm_report *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_columns; i++) {
		free(r->columns[i].name);
		free(r->columns[i].unit);
		free(r->columns[i].text);
	}
	for (size_t i = 0; i < r->n_params; i++) {
		free(r->params[i].name);
		free(r->params[i].value);
		free(r->params[i].text);
	}
	free(r->columns);
	free(r->params);
	free(r->name);
	free(r->title);
	crm_str_release(&r->sql);
	free(r);
}

static int column_named(const struct crm_report *r, const char *name)
{
	for (size_t i = 0; i < r->n_columns; i++)
		if (!strcmp(r->columns[i].name, name))
			return (int)i;
	return -1;
}

/* The header's columns must be those of the SQL. */
static enum crm_status check_columns(struct crm_db *db, const struct crm_report *r,
				     sqlite3_stmt *st, struct crm_rows_field *fields)
{
	struct crm_err *err = crm_db_err(db);

	if ((size_t)sqlite3_column_count(st) != r->n_columns)
		return crm_fail(err, CRM_CONFIG,
				"report %s: its SQL has %d columns, its header %zu", r->name,
				sqlite3_column_count(st), r->n_columns);
	for (size_t i = 0; i < r->n_columns; i++) {
		const char *name = sqlite3_column_name(st, (int)i);

		if (strcmp(name, r->columns[i].name))
			return crm_fail(
				err, CRM_CONFIG,
				"report %s: column %zu is '%s' in its SQL, '%s' in its header",
				r->name, i + 1, name, r->columns[i].name);
		fields[i] = (struct crm_rows_field){name, -1};
		if (strcmp(r->columns[i].unit, "money"))
			continue;
		fields[i].currency = column_named(r, "currency");
		if (fields[i].currency < 0)
			return crm_fail(
				err, CRM_CONFIG,
				"report %s: '%s' is money, but there is no column 'currency'",
				r->name, name);
	}
	return CRM_OK;
}

/* Binds NAME=VALUE; false when the report has no such parameter. */
static bool bind_param(const struct crm_report *r, sqlite3_stmt *st, const char *pair)
{
	char *name = crm_strdup(pair), *value = strchr(name, '=');
	bool found = false;

	if (value) {
		*value++ = '\0';
		for (size_t i = 0; i < r->n_params && !found; i++)
			found = !strcmp(r->params[i].name, name) && crm_query_bind(st, name, value);
	}
	free(name);
	return found;
}

static enum crm_status bind(struct crm_db *db, const struct crm_report *r, sqlite3_stmt *st,
			    const struct crm_report_args *args)
{
	struct crm_err *err = crm_db_err(db);

	if (!crm_query_bind_int(st, "as_of", args->as_of))
		return crm_fail(err, CRM_CONFIG, "report %s: its SQL does not use :as_of", r->name);
	if (!crm_query_bind_int(st, "since", args->since) && args->since != CRM_REPORT_SINCE_EVER)
		return crm_fail(err, CRM_USAGE, "report %s takes no --since", r->name);
	if (!crm_query_bind_int(st, "until", args->until) && args->until != CRM_REPORT_FOR_EVER)
		return crm_fail(err, CRM_USAGE, "report %s takes no --until", r->name);
	for (size_t i = 0; i < r->n_params; i++)
		if (!crm_query_bind(st, r->params[i].name, r->params[i].value))
			return crm_fail(err, CRM_CONFIG, "report %s: its SQL does not use :%s",
					r->name, r->params[i].name);
	for (size_t i = 0; i < args->n_params; i++)
		if (!bind_param(r, st, args->params[i]))
			return crm_fail(err, CRM_USAGE, "report %s takes no parameter as '%s'",
					r->name, args->params[i]);
	return CRM_OK;
}

static void put_time(struct crm_str *out, const char *key, int64_t ms)
{
	struct crm_str text = CRM_STR_INIT;

	crm_time_format(ms, 0, &text);
	crm_json_put(out, key, text.ptr);
	crm_str_release(&text);
}

/* What every line begins with. */
static void prefix(const struct crm_report *r, const struct crm_report_args *args,
		   struct crm_rows *rows)
{
	struct crm_str s = CRM_STR_INIT;

	crm_json_open(&s, '{');
	crm_json_put(&s, "type", "metric");
	crm_json_put(&s, "report", r->name);
	put_time(&s, "as_of", args->as_of);
	if (args->since != CRM_REPORT_SINCE_EVER)
		put_time(&s, "since", args->since);
	if (args->until != CRM_REPORT_FOR_EVER)
		put_time(&s, "until", args->until);
	crm_rows_prefix(rows, s.ptr + 1);
	crm_str_release(&s);
}

/* The SQL of a report is configuration. */
static enum crm_status blame(struct crm_db *db, const struct crm_report *r, enum crm_status rc)
{
	char text[sizeof(crm_db_err(db)->text)];

	if (rc != CRM_DATA)
		return rc;
	snprintf(text, sizeof(text), "%s", crm_db_err(db)->text);
	return crm_fail(crm_db_err(db), CRM_CONFIG, "report %.60s: %.400s", r->name, text);
}

enum crm_status crm_report_run(struct crm_db *db, const struct crm_report *r,
			       const struct crm_report_args *args, struct crm_rows *rows,
			       struct crm_str *out, void (*drain)(struct crm_str *out))
{
	struct crm_rows_field *fields = crm_calloc(r->n_columns, sizeof(*fields));
	sqlite3_stmt *st = NULL;
	enum crm_status rc;

	rc = crm_functions_register(db);
	if (rc == CRM_OK)
		rc = crm_people_as_of(db, args->rules, args->as_of);
	if (rc == CRM_OK)
		rc = crm_query_prepare(db, crm_str_slice(&r->sql), &st);
	if (rc == CRM_OK)
		rc = check_columns(db, r, st, fields);
	if (rc == CRM_OK)
		rc = bind(db, r, st, args);
	if (rc == CRM_OK) {
		prefix(r, args, rows);
		rc = crm_query_run(db, st, fields, rows, out, drain);
	}
	sqlite3_finalize(st);
	free(fields);
	return blame(db, r, rc);
}
