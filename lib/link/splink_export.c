/* SPDX-License-Identifier: MIT */
/*
 * A model of ours for Splink, in DuckDB's SQL. A comparison of one ladder becomes one of
 * Splink's level by level. One of several ladders becomes one whose levels also ask for their
 * ladder, the last level of each included; m and u are then those within a ladder, divided by
 * the number of ladders, which leaves the weights as they are.
 *
 * A test of ours is false where a record lacks a value, SQL's is unknown. That differs only
 * under NOT, where coalesce(…, FALSE) makes it false.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "link/condition.h"
#include "link/splink.h"
#include "link/splink_names.h"
#include "link/splink_tree.h"
#include "link/term.h"

struct export
{
	const struct crm_model *model;
	struct crm_spec *spec;
	struct crm_splink_names names;
	struct crm_str *out, *notes;
	int left; /* comparisons written */
};

/* ---- conditions ---- */

struct writer {
	struct crm_scanner scan;
	const struct export *ex;
	struct crm_str *out;
	struct crm_err *err;
};

static enum crm_status no_words(struct writer *w, struct crm_slice what)
{
	return crm_fail(w->err, CRM_DATA, "Splink has no %.*s", (int)what.len, what.ptr);
}

/* A column of one record, in SQL. table: l. and r., as blocking rules have it; else _l and _r.
 * False for a derived column that Splink cannot have. */
static bool write_term(const struct export *ex, int column, char side, bool table,
		       struct crm_str *out)
{
	const struct crm_column_spec *c = &ex->spec->column[column];
	const char *theirs = crm_splink_names_theirs(
		&ex->names, ex->spec->column[c->derive ? c->base : column].name);
	struct crm_str plain = CRM_STR_INIT;

	if (table)
		crm_str_addf(&plain, "%c.\"%s\"", side, theirs);
	else
		crm_str_addf(&plain, "\"%s_%c\"", theirs, side);
	if (c->derive == CRM_DERIVE_NONE)
		crm_str_adds(out, plain.ptr);
	else if (c->derive == CRM_DERIVE_FIRST)
		crm_str_addf(out, "SUBSTR(%s, 1, %d)", plain.ptr, c->n);
	else if (c->derive == CRM_DERIVE_LAST)
		crm_str_addf(out, "RIGHT(%s, %d)", plain.ptr, c->n);
	else if (c->derive == CRM_DERIVE_YEAR)
		crm_str_addf(out, "SUBSTR(%s, 1, 4)", plain.ptr);
	else if (c->derive == CRM_DERIVE_MONTH_DAY)
		crm_str_addf(out, "SUBSTR(%s, 6, 5)", plain.ptr);
	else if (c->derive == CRM_DERIVE_USER)
		crm_str_addf(out, "NULLIF(regexp_extract(%s, '^[^@]+', 0), '')", plain.ptr);
	else if (c->derive == CRM_DERIVE_DOMAIN)
		crm_str_addf(out, "NULLIF(regexp_extract(%s, '@([^@]+)$', 1), '')", plain.ptr);
	crm_str_release(&plain);
	return c->derive <= CRM_DERIVE_LAST
	       || (c->derive >= CRM_DERIVE_YEAR && c->derive <= CRM_DERIVE_MONTH_DAY)
	       || (c->derive >= CRM_DERIVE_USER && c->derive <= CRM_DERIVE_DOMAIN);
}

static enum crm_status write_side(struct writer *w, int column, char side)
{
	return write_term(w->ex, column, side, false, w->out)
		       ? CRM_OK
		       : no_words(w, crm_slice_of(w->ex->spec->column[column].name));
}

struct test {
	struct crm_slice fn;
	int a, b;
	const char *sign; /* >=, <= or = */
	double bound;
};

static enum crm_status fill_in(struct writer *w, const struct test *t, char what)
{
	double bound = crm_slice_is(t->fn, "days") ? t->bound * 86400 : t->bound; /* seconds */

	if (what == 'L' || what == 'R')
		return write_side(w, what == 'L' ? t->a : t->b, what == 'L' ? 'l' : 'r');
	if (what == 'N' && strcmp(t->sign, ">=") != 0)
		return no_words(w, t->fn);
	if (what == 'B')
		crm_str_addf(w->out, "%s ", t->sign);
	crm_str_addf(w->out, "%.15g", bound);
	return CRM_OK;
}

static enum crm_status write_test(struct writer *w, const struct test *t)
{
	bool dates = crm_slice_is(t->fn, "days") && t->bound >= CRM_SQL_DAYS_MOST;
	enum crm_status rc = CRM_OK;
	const char *p = crm_sql_template(dates ? CRM_SLICE("dates") : t->fn);

	if (!p)
		return no_words(w, t->fn);
	while (*p && rc == CRM_OK)
		if (*p == '{') {
			rc = fill_in(w, t, p[1]);
			p += 3;
		} else {
			crm_str_addc(w->out, *p++);
		}
	return rc;
}

/* The scanner is behind the name and its bracket. */
static enum crm_status scan_test(struct writer *w, struct test *t)
{
	static const char *const signs[] = {">=", "<=", "="};
	struct crm_scanner *s = &w->scan;
	enum crm_status rc;
	int i;

	if (crm_slice_is(t->fn, "level"))
		return no_words(w, t->fn);
	if ((rc = crm_scan_term(s, &t->a)) != CRM_OK)
		return rc;
	t->b = t->a;
	if (crm_scan_sign(s, ",") && (rc = crm_scan_term(s, &t->b)) != CRM_OK)
		return rc;
	if ((rc = crm_scan_need(s, ")")) != CRM_OK)
		return rc;
	for (i = 0; i < 3; i++)
		if (crm_scan_sign(s, signs[i])) {
			t->sign = signs[i];
			return crm_scan_number(s, &t->bound);
		}
	return CRM_OK;
}

static enum crm_status write_any(struct writer *w);

/* not x: what is unknown in x counts as false before it is turned round. */
static enum crm_status write_one(struct writer *w)
{
	struct crm_scanner *s = &w->scan;
	struct test t = {.sign = ">="};
	enum crm_status rc;

	if (crm_scan_sign(s, "not")) {
		crm_str_adds(w->out, "NOT coalesce(");
		rc = write_one(w);
		crm_str_adds(w->out, ", FALSE)");
		return rc;
	}
	if (crm_scan_sign(s, "(")) {
		crm_str_addc(w->out, '(');
		if ((rc = write_any(w)) == CRM_OK)
			rc = crm_scan_need(s, ")");
		crm_str_addc(w->out, ')');
		return rc;
	}
	t.fn = crm_scan_word(s);
	if ((rc = crm_scan_need(s, "(")) != CRM_OK || (rc = scan_test(w, &t)) != CRM_OK)
		return rc;
	return write_test(w, &t);
}

/* and binds closer than or, in both languages, so that order and brackets are kept. */
static enum crm_status write_any(struct writer *w)
{
	enum crm_status rc;
	bool and;

	while ((rc = write_one(w)) == CRM_OK) {
		and = crm_scan_sign(&w->scan, "and");
		if (!and&&!crm_scan_sign(&w->scan, "or"))
			return CRM_OK;
		crm_str_adds(w->out, and? " AND " : " OR ");
	}
	return rc;
}

/* Appends a condition of ours in SQL; CRM_DATA with what Splink lacks. */
static enum crm_status write_condition(const struct export *ex, const char *text,
				       struct crm_str *out, struct crm_err *err)
{
	struct writer w = {{ex->spec, text, 0, err}, ex, out, err};
	size_t len = out->len;
	enum crm_status rc = write_any(&w);

	if (rc != CRM_OK) {
		out->len = len;
		out->ptr[len] = '\0';
		return err->status = CRM_DATA;
	}
	return rc;
}

/* ---- levels ---- */

struct ladders { /* of a comparison: which are kept, and when they are climbed */
	int kept[CRM_LADDERS], n;
	struct crm_str when[CRM_LADDERS]; /* in SQL; empty: always */
};

static void find_ladders(struct export *ex, const struct crm_comparison *c, struct ladders *all)
{
	struct crm_err why;
	int i;

	for (i = 0; i < c->n_ladders; i++) {
		struct crm_str *when = &all->when[all->n];

		*when = (struct crm_str)CRM_STR_INIT;
		if (c->when_text[i] && write_condition(ex, c->when_text[i], when, &why) != CRM_OK) {
			crm_str_addf(
				ex->notes,
				"comparison %s: pairs with '%s' have no levels of their own, as "
				"%s\n",
				c->name, c->when_text[i], why.text);
			crm_str_release(when);
			continue;
		}
		all->kept[all->n++] = i;
	}
}

/* Of the ladder numbered i: it is climbed, and none before it is. */
static void write_guard(const struct ladders *all, int i, struct crm_str *out)
{
	const char *and = "";
	int j;

	for (j = 0; j < i; j++) {
		crm_str_addf(out, "%sNOT coalesce(%s, FALSE)", and, all->when[j].ptr);
		and = " AND ";
	}
	if (all->when[i].len)
		crm_str_addf(out, "%s(%s)", and, all->when[i].ptr);
}

static void open_level(struct export *ex, const char *sql, const char *label)
{
	crm_json_open(ex->out, '{');
	crm_json_put(ex->out, "sql_condition", sql);
	crm_json_put(ex->out, "label_for_charts", label);
}

/* known(c) alone, or that both are dates, is denied as Splink does it. */
static bool write_missing(const struct export *ex, const char *text, struct crm_str *sql)
{
	struct crm_err ignored;
	struct writer w = {{ex->spec, text, 0, &ignored}, ex, sql, &ignored};
	struct test t = {.fn = crm_scan_word(&w.scan)};
	bool dates = crm_slice_is(t.fn, "days");

	if ((!dates && !crm_slice_is(t.fn, "known")) || !crm_scan_sign(&w.scan, "(")
	    || scan_test(&w, &t) != CRM_OK || !crm_scan_end(&w.scan)
	    || (dates && t.bound < CRM_SQL_DAYS_MOST))
		return false;
	t.fn = dates ? CRM_SLICE("no dates") : CRM_SLICE("missing");
	return write_test(&w, &t) == CRM_OK;
}

static void write_null_level(struct export *ex, const struct crm_comparison *c,
			     const struct ladders *all)
{
	struct crm_str sql = CRM_STR_INIT;
	int i;

	if (all->n > 1 || !write_missing(ex, c->when_text[all->kept[0]], &sql))
		for (i = 0; i < all->n; i++)
			crm_str_addf(&sql, "%sNOT coalesce(%s, FALSE)", i ? " AND " : "",
				     all->when[i].ptr);
	open_level(ex, sql.ptr, "not compared");
	crm_json_key(ex->out, "is_null_level");
	crm_json_bool(ex->out, true);
	crm_json_close(ex->out, '}');
	crm_str_release(&sql);
}

/* Splink has the rarity of one column, where a level of the comparison is its equality and
 * nothing else: from that it takes how common values are by themselves. */
static bool has_rarity(const struct export *ex, const struct crm_comparison *c, int column,
		       int n_ladders)
{
	int exact[CRM_KEYS], l;

	for (l = 0; l < c->n_levels && n_ladders == 1; l++)
		if (c->level[l].condition
		    && crm_condition_exact(c->level[l].condition, ex->spec->measures, exact) == 1
		    && exact[0] == column)
			return !ex->spec->column[column].derive;
	return false;
}

static void write_rarity(struct export *ex, const struct crm_comparison *c,
			 const struct crm_level *level, int n_ladders)
{
	const struct crm_frequency *theirs =
		&ex->model->frequency[c - ex->spec->comparison][level - c->level];

	if (level->rarity[0] < 0)
		return;
	if (level->rarity[1] >= 0 || !has_rarity(ex, c, level->rarity[0], n_ladders)) {
		crm_str_addf(ex->notes,
			     "comparison %s, level '%s': without its rarity, which Splink has of "
			     "one column where a level is its equality alone\n",
			     c->name, level->label);
		return;
	}
	crm_json_put(ex->out, "tf_adjustment_column",
		     crm_splink_names_theirs(&ex->names, ex->spec->column[level->rarity[0]].name));
	crm_json_key(ex->out, "tf_adjustment_weight");
	crm_json_real(ex->out, theirs->weight > 0 ? theirs->weight : 1, 17);
	if (theirs->least > 0) {
		crm_json_key(ex->out, "tf_minimum_u_value");
		crm_json_real(ex->out, theirs->least, 17);
	}
}

struct sums { /* of levels that could not be said, given to the next one */
	double m, u;
};

static void write_level(struct export *ex, const struct crm_comparison *c, int l, const char *sql,
			int n_ladders, struct sums *more)
{
	const struct crm_level *level = &c->level[l];
	int number = (int)(c - ex->spec->comparison);

	open_level(ex, sql, level->label);
	crm_json_key(ex->out, "m_probability");
	crm_json_real(ex->out, (ex->model->p[CRM_MATCH][number][l] + more->m) / n_ladders, 17);
	crm_json_key(ex->out, "u_probability");
	crm_json_real(ex->out, (ex->model->p[CRM_UNRELATED][number][l] + more->u) / n_ladders, 17);
	write_rarity(ex, c, level, n_ladders);
	crm_json_close(ex->out, '}');
	*more = (struct sums){0, 0};
}

static void write_ladder(struct export *ex, const struct crm_comparison *c,
			 const struct ladders *all, int i)
{
	struct crm_str sql = CRM_STR_INIT, condition = CRM_STR_INIT;
	int number = (int)(c - ex->spec->comparison), l;
	struct sums more = {0, 0};
	struct crm_err why;

	for (l = 0; l < c->n_levels; l++) {
		const struct crm_level *level = &c->level[l];

		if (level->ladder != all->kept[i])
			continue;
		crm_str_clear(&sql);
		crm_str_clear(&condition);
		if (level->when && write_condition(ex, level->when, &condition, &why) != CRM_OK) {
			crm_str_addf(ex->notes,
				     "comparison %s, level '%s' goes into the next one: %s\n",
				     c->name, level->label, why.text);
			more.m += ex->model->p[CRM_MATCH][number][l];
			more.u += ex->model->p[CRM_UNRELATED][number][l];
			continue;
		}
		if (all->n > 1)
			write_guard(all, i, &sql);
		if (level->when)
			crm_str_addf(&sql, sql.len ? " AND (%s)" : "%s", condition.ptr);
		else if (i + 1 == all->n)
			crm_str_clear(&sql), crm_str_adds(&sql, "ELSE");
		write_level(ex, c, l, sql.ptr, all->n, &more);
	}
	crm_str_release(&sql);
	crm_str_release(&condition);
}

static void write_comparison(struct export *ex, const struct crm_comparison *c)
{
	struct ladders all = {.n = 0};
	int i;

	find_ladders(ex, c, &all);
	if (all.n == 0) {
		crm_str_addf(ex->notes, "comparison %s is left out\n", c->name);
		return;
	}
	crm_json_open(ex->out, '{');
	crm_json_put(ex->out, "output_column_name", c->name);
	crm_json_key(ex->out, "comparison_levels");
	crm_json_open(ex->out, '[');
	if (all.when[all.n - 1].len)
		write_null_level(ex, c, &all);
	for (i = 0; i < all.n; i++)
		write_ladder(ex, c, &all, i);
	crm_json_close(ex->out, ']');
	crm_json_close(ex->out, '}');
	for (i = 0; i < all.n; i++)
		crm_str_release(&all.when[i]);
	ex->left++;
}

/* ---- rules and the whole ---- */

static bool write_key(const struct export *ex, const struct crm_block_key *key, struct crm_str *sql)
{
	const char *p = crm_sql_template(key->how == CRM_KEY_EITHER   ? CRM_SLICE("either")
					 : key->how == CRM_KEY_SORTED ? CRM_SLICE("sorted")
								      : CRM_SLICE("plain"));
	bool can = true;

	while (*p && can)
		if (*p == '{') {
			can = write_term(ex, strchr("LR", p[1]) ? key->a : key->b,
					 strchr("LM", p[1]) ? 'l' : 'r', true, sql);
			p += 3;
		} else {
			crm_str_addc(sql, *p++);
		}
	return can;
}

/* False for a rule that Splink cannot have. */
static bool write_keys(const struct export *ex, const struct crm_block_rule *rule,
		       struct crm_str *sql)
{
	int i;

	for (i = 0; i < rule->n_keys; i++) {
		crm_str_adds(sql, i ? " AND " : "");
		if (!write_key(ex, &rule->key[i], sql))
			return false;
	}
	return true;
}

static void write_rules(struct export *ex)
{
	struct crm_str sql = CRM_STR_INIT;
	bool divided = false;
	int i;

	crm_json_key(ex->out, "blocking_rules_to_generate_predictions");
	crm_json_open(ex->out, '[');
	for (i = 0; i < ex->spec->n_rules; i++) {
		const struct crm_block_rule *rule = &ex->spec->rule[i];

		crm_str_clear(&sql);
		divided = divided || rule->n_divide;
		if (!write_keys(ex, rule, &sql)) {
			crm_str_addf(ex->notes, "block %s is left out\n", rule->name);
			continue;
		}
		crm_json_open(ex->out, '{');
		crm_json_put(ex->out, "blocking_rule", sql.ptr);
		crm_json_put(ex->out, "sql_dialect", "duckdb");
		crm_json_close(ex->out, '}');
	}
	crm_json_close(ex->out, ']');
	if (divided)
		crm_str_adds(ex->notes, "Splink does not divide large blocks\n");
	crm_str_release(&sql);
}

static void write_settings(struct export *ex)
{
	const struct crm_model *m = ex->model;
	double prior = m->share[CRM_MATCH] / (m->share[CRM_MATCH] + m->share[CRM_UNRELATED]);

	crm_json_put(ex->out, "link_type", "dedupe_only");
	crm_json_put(ex->out, "sql_dialect", "duckdb");
	crm_json_put(ex->out, "unique_id_column_name", "unique_id");
	crm_json_key(ex->out, "probability_two_random_records_match");
	crm_json_real(ex->out, prior, 17);
	crm_json_key(ex->out, "retain_intermediate_calculation_columns");
	crm_json_bool(ex->out, true);
	if (m->worn > 0)
		crm_str_adds(ex->notes,
			     "without the two kinds of matches: levels weigh one by one\n");
	if (m->calibration.slope != 1 || m->calibration.offset != 0)
		crm_str_adds(ex->notes, "without the calibration by judged pairs\n");
	if (m->share[CRM_NEAR] > 0)
		crm_str_addf(ex->notes,
			     "without the class near, which %.3g of all pairs are of: pairs of one "
			     "household weigh more there\n",
			     m->share[CRM_NEAR]);
}

enum crm_status crm_splink_export(const struct crm_model *model, struct crm_spec *spec,
				  const struct crm_splink_options *options, struct crm_str *out,
				  struct crm_str *notes, struct crm_err *err)
{
	struct export ex = {.model = model, .spec = spec, .out = out, .notes = notes};
	enum crm_status rc = crm_splink_names_init(&ex.names, spec, options, err);
	int c;

	if (rc == CRM_OK) {
		crm_json_open(out, '{');
		write_settings(&ex);
		write_rules(&ex);
		crm_json_key(out, "comparisons");
		crm_json_open(out, '[');
		for (c = 0; c < spec->n_comparisons; c++)
			write_comparison(&ex, &spec->comparison[c]);
		crm_json_close(out, ']');
		crm_json_close(out, '}');
		if (ex.left == 0)
			rc = crm_fail(err, CRM_DATA, "no comparison of it can be said in SQL");
	}
	crm_splink_names_release(&ex.names);
	return rc;
}
