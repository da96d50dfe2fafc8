/* SPDX-License-Identifier: MIT */
/* crm-linkage: the stages of linkage on parts of the records. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "filter.h"
#include "link/run.h"
#include "link/shard.h"
#include "linkage.h"
#include "linkage_spec.h"

#define OUT_AT_ONCE (1 << 20)

/* The specification that the model of a file carries; its text goes to w->in. */
static enum crm_status read_model(struct linkage *w, const char *path, struct crm_spec **spec)
{
	enum crm_status rc = crm_file_read(path, &w->in, &w->err);

	return rc == CRM_OK ? linkage_spec_of(w->cli, (struct crm_slice){w->in.ptr, w->in.len},
					      path, spec, &w->err)
			    : rc;
}

/* ---- of the store ---- */

/* Calls with for all of the store's records. */
static enum crm_status with_store(struct linkage *w, struct crm_db *db, const struct crm_spec *spec,
				  enum crm_status (*with)(struct linkage *w, struct crm_link *link))
{
	struct crm_link *link = NULL;
	enum crm_status rc = crm_link_new(db, spec, 0, false, &link);

	if (rc == CRM_OK)
		rc = with(w, link);
	else
		w->err = *crm_db_err(db);
	crm_link_free(link);
	return rc;
}

static enum crm_status write_records(struct linkage *w, struct crm_link *link)
{
	uint32_t r;

	for (r = 0; r < link->people->n; r++) {
		crm_record_write(link->people, r, &w->out);
		if (w->out.len >= OUT_AT_ONCE) {
			cli_write(&w->out);
			crm_str_clear(&w->out);
		}
	}
	cli_write(&w->out);
	crm_str_clear(&w->out);
	return CRM_OK;
}

enum crm_status linkage_records(struct linkage *w)
{
	struct crm_spec *spec = NULL;
	struct crm_db *db = NULL;
	enum crm_status rc;

	rc = w->o->model ? read_model(w, w->o->model, &spec)
			 : linkage_spec_load(w->cli, &spec, &w->err);
	if (rc == CRM_OK && (rc = cli_db_open(w->cli, &db, CRM_DB_READ)) == CRM_OK)
		rc = with_store(w, db, spec, write_records);
	crm_db_close(db);
	crm_spec_free(spec);
	return rc;
}

/* By the plan that the model has, unless it has none that fits, or a budget is given. */
static enum crm_status write_whole(struct linkage *w, struct crm_link *link)
{
	struct crm_plan_options options = {.seed = w->o->seed, .budget = w->o->budget};
	struct crm_blocks *blocks = NULL;
	enum crm_status rc;

	rc = crm_run_read(link, (struct crm_slice){w->in.ptr, w->in.len}, &w->err);
	if (rc != CRM_OK)
		return rc;
	if (!link->plan || w->o->budget)
		blocks = crm_plan_choose(link->people, &options, NULL);
	crm_whole_write(link, blocks ? crm_blocks_plan(blocks) : link->plan, &w->out);
	crm_blocks_free(blocks);
	return rc;
}

enum crm_status linkage_whole(struct linkage *w)
{
	struct crm_spec *spec = NULL;
	struct crm_db *db = NULL;
	enum crm_status rc = cli_db_open(w->cli, &db, CRM_DB_READ);

	if (rc == CRM_OK)
		rc = w->o->file ? crm_file_read(w->o->file, &w->in, &w->err)
				: linkage_stored(w, db);
	if (rc == CRM_OK)
		rc = linkage_spec_of(w->cli, (struct crm_slice){w->in.ptr, w->in.len},
				     linkage_name(w), &spec, &w->err);
	if (rc == CRM_OK)
		rc = with_store(w, db, spec, write_whole);
	crm_db_close(db);
	crm_spec_free(spec);
	return rc;
}

/* ---- of parts ---- */

struct stage {
	struct linkage *w;
	struct crm_shard *shard;
	struct filter f;
	void (*run)(struct stage *s);
	bool at_once; /* nothing before the last line */
	size_t lost;  /* matches without their records */
};

static void finish(struct stage *s)
{
	struct crm_str *out = &s->w->out;

	s->run(s);
	cli_write(out);
	crm_str_clear(out);
}

static enum crm_status take(void *data)
{
	struct stage *s = data;
	struct crm_slice line;
	struct crm_err err;

	while (filter_next(&s->f, &line)) {
		if (!s->at_once && crm_shard_ready(s->shard, line))
			finish(s);
		if (crm_shard_add(s->shard, line, &err) != CRM_OK)
			filter_aside(&s->f, err.text);
	}
	return CRM_OK;
}

static enum crm_status run_stage(struct linkage *w, void (*run)(struct stage *s),
				 enum crm_shard_takes takes, bool at_once)
{
	struct stage s = {.w = w, .run = run, .at_once = at_once};
	struct crm_spec *spec = NULL;
	enum crm_status rc = read_model(w, w->o->model, &spec);

	if (rc == CRM_OK)
		rc = crm_shard_new(&s.shard, spec, (struct crm_slice){w->in.ptr, w->in.len}, takes,
				   &w->err);
	if (rc == CRM_OK) {
		rc = filter_run(&s.f, w->cli, NULL, take, &s);
		finish(&s);
		if (s.lost)
			cli_error(w->cli, "%zu matches left out: their records are not there",
				  s.lost);
		rc = rc == CRM_OK && (s.f.aside || s.lost) ? CRM_ASIDE : rc;
	}
	crm_shard_free(s.shard);
	crm_spec_free(spec);
	return rc;
}

static void key(struct stage *s)
{
	crm_shard_key(s->shard, &s->w->out);
}

static void score(struct stage *s)
{
	const struct linkage_opts *o = s->w->o;

	crm_shard_score(s->shard, crm_weight(o->threshold), o->all_pairs, &s->w->out);
}

enum crm_status linkage_key(struct linkage *w)
{
	return run_stage(w, key, CRM_SHARD_RECORDS, false);
}

enum crm_status linkage_score(struct linkage *w)
{
	return run_stage(w, score, CRM_SHARD_KEYED, false);
}

static void component(struct stage *s)
{
	s->lost += crm_shard_component(s->shard, &s->w->out);
}

static void cluster(struct stage *s)
{
	const struct linkage_opts *o = s->w->o;

	s->lost += crm_shard_cluster(s->shard, crm_weight(o->threshold), o->all_pairs, &s->w->out);
}

enum crm_status linkage_component(struct linkage *w)
{
	return run_stage(w, component, CRM_SHARD_LINKED, true);
}

enum crm_status linkage_cluster(struct linkage *w)
{
	return run_stage(w, cluster, CRM_SHARD_LINKED, false);
}
