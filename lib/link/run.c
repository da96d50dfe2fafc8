/* SPDX-License-Identifier: MIT */
/* What a run leaves to the next; see run.h. */
#include "link/run.h"

#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "link/groups.h"
#include "link/single.h"

static const char SQL_NEWEST[] = "SELECT json FROM model ORDER BY id DESC LIMIT 1";
static const char SQL_SAVE[] =
	"INSERT INTO model (made_at, json) SELECT :made_at, :json"
	" WHERE :json IS NOT (SELECT json FROM model ORDER BY id DESC LIMIT 1)";
static const char SQL_SEEN[] = "SELECT (SELECT max(last_id) FROM link_run),"
			       " (SELECT max(id) FROM profile)";
static const char SQL_NOTE[] = "INSERT INTO link_run (at, after_id, last_id, matches)"
			       " VALUES (:at, :after, :last, :matches)";

/* ---- what it learnt ---- */

static void write_shares(const struct crm_link *l, struct crm_str *out)
{
	size_t i;

	if (l->n_shares == 0)
		return;
	crm_json_key(out, "shares");
	crm_json_open(out, '[');
	for (i = 0; i < l->n_shares; i++) {
		crm_json_int(out, l->shares[i].from);
		crm_json_int(out, l->shares[i].source);
		crm_json_real(out, l->shares[i].share, 17);
	}
	crm_json_close(out, ']');
}

void crm_run_write(const struct crm_link *l, const struct crm_plan *plan, struct crm_str *out)
{
	crm_model_write(&l->model, out);
	out->ptr[--out->len] = '\0'; /* its brace: more members follow */
	if (plan) {
		crm_json_key(out, "plan");
		crm_plan_write(plan, out);
	}
	if (!isnan(l->third)) {
		crm_json_key(out, "third");
		crm_json_real(out, (double)l->third, 17);
	}
	write_shares(l, out);
	crm_json_close(out, '}');
}

/* What is damaged is as if it were not there. */
static void read_shares(struct crm_link *l, const struct crm_json_value *list)
{
	const struct crm_json_value *v = list + 1; /* numbers, of which none contains another */
	uint32_t i;

	for (i = 0; i < list->count; i++)
		if (v[i].type != CRM_JSON_NUMBER)
			return;
	l->shares = crm_calloc((size_t)list->count / 3 + 1, sizeof(*l->shares));
	for (i = 0; i + 2 < list->count; i += 3) {
		double share = strtod(v[i + 2].text.ptr, NULL);

		if (share >= 0 && share <= CRM_SINGLE_SHARE)
			l->shares[l->n_shares++] =
				(struct crm_share){strtoll(v[i].text.ptr, NULL, 10),
						   strtoll(v[i + 1].text.ptr, NULL, 10), share};
	}
}

static enum crm_status read_rest(struct crm_link *l, const struct crm_json_doc *doc,
				 struct crm_err *err)
{
	const struct crm_json_value *third = crm_json_member(doc, doc->values, "third");
	const struct crm_json_value *plan = crm_json_member(doc, doc->values, "plan");
	const struct crm_json_value *shares = crm_json_member(doc, doc->values, "shares");
	enum crm_status rc = CRM_OK;

	if (third && third->type == CRM_JSON_NUMBER) /* a bracket ends it at the latest */
		l->third = fmaxf(-CRM_GROUPS_RARE, fminf(0, strtof(third->text.ptr, NULL)));
	if (shares && shares->type == CRM_JSON_ARRAY)
		read_shares(l, shares);
	if (!plan)
		return CRM_OK;
	l->plan = crm_calloc(1, sizeof(*l->plan));
	if ((rc = crm_plan_read(l->plan, l->spec, doc, plan, err)) != CRM_OK) {
		free(l->plan);
		l->plan = NULL;
	}
	return rc;
}

enum crm_status crm_run_read(struct crm_link *l, struct crm_slice json, struct crm_err *err)
{
	enum crm_status rc = crm_model_read(&l->model, l->spec, json, err);
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;

	if (rc == CRM_OK && l->model.records * 2 >= l->people->n
	    && (rc = crm_json_scan(&doc, json.ptr, json.len)) == CRM_OK)
		rc = read_rest(l, &doc, err);
	crm_json_doc_release(&doc);
	return rc;
}

enum crm_status crm_run_load(struct crm_db *db, struct crm_str *out)
{
	sqlite3_stmt *st = crm_db_stmt(db, SQL_NEWEST);
	enum crm_status rc;
	bool row;

	if ((rc = crm_db_step(db, st, &row)) == CRM_OK && row)
		crm_str_add(out, crm_column(st, 0).ptr, crm_column(st, 0).len);
	sqlite3_reset(st);
	return rc;
}

/* Runs a bound statement as a transaction of its own. */
static enum crm_status run_alone(struct crm_db *db, sqlite3_stmt *st)
{
	enum crm_status rc;

	if ((rc = crm_db_run(db, st)) == CRM_OK)
		rc = crm_db_commit(db);
	crm_db_rollback(db);
	return rc;
}

enum crm_status crm_run_save(struct crm_db *db, struct crm_slice json)
{
	sqlite3_stmt *st = crm_db_begin(db) == CRM_OK ? crm_db_stmt(db, SQL_SAVE) : NULL;

	crm_bind_int(st, ":made_at", crm_db_now(db));
	crm_bind_slice(st, ":json", json);
	return run_alone(db, st);
}

/* ---- how far it came ---- */

enum crm_status crm_run_seen(struct crm_db *db, int64_t *seen, int64_t *stored)
{
	sqlite3_stmt *st = crm_db_stmt(db, SQL_SEEN);
	enum crm_status rc;
	bool row;

	*seen = *stored = 0;
	if ((rc = crm_db_step(db, st, &row)) != CRM_OK || !row)
		return rc;
	*seen = sqlite3_column_int64(st, 0);
	*stored = sqlite3_column_int64(st, 1);
	sqlite3_reset(st);
	return CRM_OK;
}

enum crm_status crm_run_note(struct crm_db *db, int64_t after, int64_t last, uint64_t matches)
{
	sqlite3_stmt *st = crm_db_begin(db) == CRM_OK ? crm_db_stmt(db, SQL_NOTE) : NULL;

	crm_bind_int(st, ":at", crm_db_now(db));
	crm_bind_int(st, ":after", after);
	crm_bind_int(st, ":last", last);
	crm_bind_int(st, ":matches", (int64_t)matches);
	return run_alone(db, st);
}
