/* SPDX-License-Identifier: MIT */
/* crm-dedupe: which specification and model it works by, and what it says of them. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/utf8.h"
#include "dedupe.h"
#include "dedupe_plan.h"
#include "link/detail.h"
#include "link/run.h"
#include "linkage_spec.h"

#define JUNK_SHOWN 5

enum crm_status dedupe_spec(const struct cli *cli, struct dedupe_opts *o, struct crm_spec **out,
			    struct crm_err *err)
{
	enum crm_status rc;

	if (o->model) {
		if ((rc = crm_file_read(o->model, &o->model_text, err)) != CRM_OK)
			return rc;
		return linkage_spec_of(cli,
				       (struct crm_slice){o->model_text.ptr, o->model_text.len},
				       o->model, out, err);
	}
	return o->linkage ? linkage_spec_file(cli, o->linkage, out, err)
			  : linkage_spec_load(cli, out, err);
}

static enum crm_status no_file(const char *path, struct crm_err *err)
{
	return crm_fail(err, CRM_IO, "cannot write '%s': %s", path, strerror(errno));
}

enum crm_status dedupe_model_try(const struct dedupe_opts *o, struct crm_err *err)
{
	struct stat st;
	bool there;
	FILE *file;

	if (!o->save_model)
		return CRM_OK;
	there = stat(o->save_model, &st) == 0;
	if (there && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return CRM_OK; /* who reads a pipe would take this for all of it */
	if (!(file = fopen(o->save_model, "ab")))
		return no_file(o->save_model, err);
	fclose(file);
	if (!there)
		unlink(o->save_model);
	return CRM_OK;
}

/* As a line. */
static enum crm_status write_file(const char *path, const struct crm_str *text, struct crm_err *err)
{
	FILE *file = fopen(path, "wb");
	bool good;

	if (!file)
		return no_file(path, err);
	good = fwrite(text->ptr, 1, text->len, file) == text->len && putc('\n', file) != EOF;
	good = fclose(file) == 0 && good;
	return good ? CRM_OK : crm_fail(err, CRM_IO, "cannot write '%s'", path);
}

enum crm_status dedupe_model_find(struct dedupe_opts *o, struct crm_db *db, struct crm_link *link,
				  bool *found)
{
	struct crm_err ignored; /* of an earlier version, or another specification: none */
	enum crm_status rc = CRM_OK;

	*found = false;
	if (!o->model && link->wanted) {
		crm_str_clear(&o->model_text);
		rc = crm_run_load(db, &o->model_text);
	}
	if (rc == CRM_OK && o->model_text.len > 0) {
		struct crm_slice text = {o->model_text.ptr, o->model_text.len};

		rc = crm_run_read(link, text, o->model ? crm_db_err(db) : &ignored);
		*found = rc == CRM_OK && (o->model || link->model.records * 2 >= link->people->n);
		rc = o->model ? rc : CRM_OK;
	}
	if (!*found || o->link.budget) {
		free(link->plan);
		link->plan = NULL;
	}
	if (!*found) {
		free(link->shares);
		link->shares = NULL;
		link->n_shares = 0;
		link->third = NAN;
	}
	return rc;
}

enum crm_status dedupe_model_keep(const struct dedupe_opts *o, struct crm_db *db,
				  const struct crm_link *link, bool estimated)
{
	struct crm_str json = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;

	crm_run_write(link, crm_blocks_plan(link->blocks), &json);
	if (o->save_model)
		rc = write_file(o->save_model, &json, crm_db_err(db));
	if (rc == CRM_OK && estimated && !o->dry_run && !o->truth)
		rc = crm_run_save(db, (struct crm_slice){json.ptr, json.len});
	crm_str_release(&json);
	return rc;
}

/* What is left out of a column: the most frequent, and how many more. */
static void note_junk(const struct cli *cli, const struct crm_people *p, int column)
{
	const struct crm_column *c = &p->col[column];
	struct crm_str value = CRM_STR_INIT;
	uint32_t i;

	for (i = 0; i < c->n_junk && i < JUNK_SHOWN; i++) {
		crm_str_clear(&value);
		crm_utf8_printable(&value, crm_pool_get(c->keys, c->junk[i].key));
		cli_note(cli, "%s: %s left out, %u records of many people have it",
			 p->spec->column[column].name, value.ptr, c->junk[i].records);
	}
	if (i < c->n_junk)
		cli_note(cli, "%s: %u more values like this left out", p->spec->column[column].name,
			 c->n_junk - i);
	crm_str_release(&value);
}

/* A path into the records that none of them has may be a slip; other columns may be empty. */
static void note_unknown(const struct cli *cli, const struct crm_people *p, int column)
{
	const struct crm_column_spec *c = &p->spec->column[column];

	if (p->n > 0 && *c->from == '/' && p->col[column].keys && p->col[column].n_keys == 0)
		cli_note(cli, "column '%s': no record has %s", c->name, c->from);
}

void dedupe_note_rules(const struct cli *cli, const struct crm_link *link)
{
	int column;

	for (column = 0; column < link->spec->n_base; column++)
		note_unknown(cli, link->people, column);

	for (column = 0; column < link->spec->n_columns; column++)
		note_junk(cli, link->people, column);
	dedupe_plan_note(cli, link);
}

enum crm_status dedupe_labels(struct cli *cli, struct crm_db *db, struct crm_link *link,
			      const struct dedupe_opts *o)
{
	enum crm_status rc;

	if (!o->labels)
		return CRM_OK;
	if ((rc = crm_labels_read(&link->labels, db, link->people, o->labels)) != CRM_OK)
		return cli_fail(cli, crm_db_err(db));
	if (link->labels.unknown)
		cli_note(cli, "%llu pairs of %s are not in the store",
			 (unsigned long long)link->labels.unknown, o->labels);
	return CRM_OK;
}

/* In full, where %g would say 1 in 7.133e+05. */
static void add_one_in(struct crm_str *text, double share)
{
	double n = 1 / share;

	crm_str_addf(text, n < 1000 ? "1 in %.4g" : "1 in %.0f", n);
}

void dedupe_note_model(const struct cli *cli, const struct crm_link *link, bool estimated)
{
	const struct crm_model *m = &link->model;
	struct crm_str text = CRM_STR_INIT;

	crm_str_addf(&text, "model %s", estimated ? "estimated" : "taken");
	if (m->records || estimated)
		crm_str_addf(&text, "%s %llu records", estimated ? " from" : ", of",
			     (unsigned long long)m->records);
	crm_str_adds(&text, ": of all pairs ");
	add_one_in(&text, m->share[CRM_MATCH]);
	crm_str_addf(&text, " is one person's (%.2f bits)",
		     log2(m->share[CRM_MATCH] / m->share[CRM_UNRELATED]));
	if (m->share[CRM_NEAR] > 0) {
		crm_str_adds(&text, ", ");
		add_one_in(&text, m->share[CRM_NEAR]);
		crm_str_adds(&text, " of two who look alike");
	}
	cli_note(cli, "%s", text.ptr);
	crm_str_release(&text);
	if (m->judged)
		cli_note(cli, "calibrated by %llu judged pairs: weight * %.2f %+.2f bits",
			 (unsigned long long)m->judged, m->calibration.slope,
			 m->calibration.offset);
	else if (link->labels.n)
		cli_note(cli, "not calibrated: the judged pairs in doubt are too few of one kind,"
			      " or were picked");
}

void dedupe_note_unlinkable(const struct cli *cli, const struct crm_link *link,
			    const struct dedupe_opts *o)
{
	uint32_t n = crm_link_unlinkable(link, crm_weight(o->threshold), o->link.threads);

	if (n)
		cli_note(cli, "%u of %u profiles have too little in them to be linked with anybody",
			 n, link->people->n);
}
