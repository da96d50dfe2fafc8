/* SPDX-License-Identifier: MIT */
/* A model of Splink becomes a specification and a model on it: the specification is written
 * as JSON, read again as any other is, and the probabilities are filled in. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "link/block.h"
#include "link/condition.h"
#include "link/splink.h"
#include "link/splink_names.h"
#include "link/splink_sql.h"

#define LEAST 1e-300      /* instead of 0, as Splink does */
#define NOT_OBSERVED 1e-6 /* Splink's, of levels that no pair reached in training */

typedef const struct crm_json_value *value;

struct chances {
	double m, u;
	struct crm_frequency tf; /* weight 0: none */
	bool own_mean;           /* of this level, not of that of plain equality */
};

struct import {
	struct crm_json_doc doc;
	const struct crm_spec *base;
	const struct crm_splink_options *options;
	struct crm_splink_names names;
	struct crm_str *notes;
	int refused;
	struct crm_str comparisons, blocks; /* JSON, without brackets */
	bool own;                           /* the blocks are those of base */
	struct chances level[CRM_COMPARISONS][CRM_LEVELS];
	int n_comparisons;
	struct crm_arena arena;
};

/* ---- reading ---- */

static struct crm_slice text_of(struct import *in, value object, const char *name)
{
	value v = object ? crm_json_member(&in->doc, object, name) : NULL;

	return v && v->type == CRM_JSON_STRING ? crm_json_keep(v, &in->arena)
					       : (struct crm_slice){NULL, 0};
}

static bool is_true(const struct import *in, value object, const char *name)
{
	value v = crm_json_member(&in->doc, object, name);

	return v && v->type == CRM_JSON_TRUE;
}

/* A number member; dflt where there is none. */
static double number_of(const struct import *in, value object, const char *name, double dflt)
{
	value v = crm_json_member(&in->doc, object, name);

	/* The text ends at a comma or bracket at the latest. */
	return v && v->type == CRM_JSON_NUMBER ? strtod(v->text.ptr, NULL) : dflt;
}

static value first_of(const struct import *in, value array)
{
	return &in->doc.values[(array - in->doc.values) + 1];
}

static value next_of(const struct import *in, value v)
{
	return &in->doc.values[v->next];
}

/* ---- what is refused ---- */

struct place { /* in the model of theirs */
	const char *comparison, *label, *sql;
};

static void refuse(struct import *in, const struct place *at, const char *why)
{
	in->refused++;
	crm_str_adds(in->notes, at->comparison ? "comparison " : "blocking rule");
	if (at->comparison)
		crm_str_adds(in->notes, at->comparison);
	if (at->label)
		crm_str_addf(in->notes, ", level '%s'", at->label);
	crm_str_addf(in->notes, ": %s", why);
	if (at->sql)
		crm_str_addf(in->notes, ", in: %s", at->sql);
	crm_str_addc(in->notes, '\n');
}

/* ---- levels ---- */

#define UNTRAINED (-1)
#define WRONG (-2)

/* m or u; UNTRAINED where there is none. */
static double chance_of(struct import *in, value level, const char *name)
{
	struct crm_slice text = text_of(in, level, name);
	double p = number_of(in, level, name, text.ptr ? WRONG : UNTRAINED);

	if (text.ptr && crm_slice_is(text, "level not observed in training dataset"))
		return NOT_OBSERVED;
	return p < 0 && p != UNTRAINED ? WRONG : p > 1 ? WRONG : p >= 0 && p < LEAST ? LEAST : p;
}

/* A start for estimation, which the specification wants between 0 and 1. */
static void write_start(struct crm_str *out, const char *name, double p)
{
	crm_json_key(out, name);
	crm_json_real(out, !(p >= 1e-6) ? 1e-6 : p > 0.999999 ? 0.999999 : p, 6);
}

/* Term frequencies: of this level, the rarity of the value that both have. */
static void write_rarity(struct import *in, const struct place *at, value level, int number,
			 bool has_condition, struct crm_str *out)
{
	struct chances *p = &in->level[in->n_comparisons][number];
	struct crm_slice theirs = text_of(in, level, "tf_adjustment_column");
	double weight = number_of(in, level, "tf_adjustment_weight", 1);
	double least = number_of(in, level, "tf_minimum_u_value", 0);
	struct crm_sql_column *column;
	const char *plus;

	if (!theirs.ptr || weight == 0 || !has_condition) /* ELSE, or refused */
		return;
	if (!(column = crm_sql_find(&in->names.columns, theirs))) {
		refuse(in, at, "no column of ours stands for its tf_adjustment_column");
		return;
	}
	if (!(weight > 0 && weight <= CRM_FREQUENCY_MOST) || !(least >= 0 && least <= 1)) {
		refuse(in, at,
		       "tf_adjustment_weight is not between 0 and 100, or "
		       "tf_minimum_u_value not between 0 and 1");
		return;
	}
	column->used = true;
	plus = strchr(column->ours, '+');
	if (plus)
		crm_str_addf(in->notes,
			     "comparison %s, level '%s': the rarities of both columns are added\n",
			     at->comparison, at->label);
	else
		p->tf = (struct crm_frequency){weight, 1, least};
	p->own_mean = is_true(in, level, "disable_tf_exact_match_detection");
	crm_json_key(out, "rarity");
	crm_json_open(out, '[');
	crm_json_string(out, (struct crm_slice){column->ours, plus ? (size_t)(plus - column->ours)
								   : strlen(column->ours)});
	if (plus)
		crm_json_string(out, crm_slice_of(plus + 1));
	crm_json_close(out, ']');
}

struct ladder {
	struct crm_str condition, when; /* when it is climbed, of a level */
	struct crm_str levels;
	int n;
	bool complete; /* the last level is there */
};

static bool is_else(struct crm_slice sql)
{
	return crm_slice_is_caseless(crm_slice_trim(sql), "else");
}

/* "x IS NULL OR …": the pair is not compared. */
static void add_null(struct import *in, const struct place *at, struct crm_slice sql,
		     struct ladder *ladder)
{
	struct crm_err why;
	struct crm_str also = CRM_STR_INIT;

	if (ladder->n > 0)
		refuse(in, at, "a null level that does not come first");
	else if (crm_sql_condition(&in->names.columns, sql, true, &also, &why) != CRM_OK)
		refuse(in, at, why.text);
	else if (ladder->condition.len == 0)
		crm_str_adds(&ladder->condition, also.ptr);
	else
		crm_str_addf(&ladder->condition, " and (%s)", also.ptr);
	crm_str_release(&also);
}

/* What the level asks for, into ladder->when; nothing for the last one. */
static void read_when(struct import *in, const struct place *at, struct crm_slice sql,
		      struct ladder *ladder)
{
	struct crm_err why;

	crm_str_clear(&ladder->when);
	if (ladder->complete)
		refuse(in, at, "a level after ELSE");
	else if (is_else(sql))
		ladder->complete = true;
	else if (crm_sql_condition(&in->names.columns, sql, false, &ladder->when, &why) != CRM_OK)
		refuse(in, at, why.text);
}

static void add_level(struct import *in, const struct place *at, struct crm_slice sql, value v,
		      struct ladder *ladder)
{
	const struct chances *c = &in->level[in->n_comparisons][ladder->n];
	struct crm_str *out = &ladder->levels;

	read_when(in, at, sql, ladder);
	if (c->m == WRONG || c->u == WRONG)
		refuse(in, at,
		       c->m == WRONG ? "m_probability is not between 0 and 1"
				     : "u_probability is not between 0 and 1");
	ladder->n++;
	crm_json_open(out, '{');
	crm_json_put(out, "level", *at->label ? at->label : "level");
	if (ladder->when.len)
		crm_json_put(out, "when", ladder->when.ptr);
	write_rarity(in, at, v, ladder->n - 1, ladder->when.len > 0, out);
	write_start(out, "match", c->m);
	write_start(out, "near", c->u);
	crm_json_close(out, '}');
}

/* What was not trained has a value in Splink all the same: m is 0.95 on the first level and
 * the rest is shared out; u is what makes weights of 10 bits there and -5 to 3 below. */
static void fill_untrained(struct import *in, const struct place *at, int n_levels)
{
	int l, above;

	for (l = 0; l < n_levels; l++) {
		struct chances *c = &in->level[in->n_comparisons][l];
		double m = l == 0 ? 0.95 : 0.05 / (n_levels - 1), bits;

		if (c->m != UNTRAINED && c->u != UNTRAINED)
			continue;
		above = n_levels - 1 - l; /* ELSE is 0 */
		bits = l == 0 ? 10 : n_levels == 2 ? -5 : -5 + 8.0 * above / (n_levels - 2);
		crm_str_addf(in->notes,
			     "comparison %s, level %d: %s was not trained, Splink's own start is "
			     "taken\n",
			     at->comparison, l + 1,
			     c->m == UNTRAINED ? "m_probability" : "u_probability");
		c->m = c->m == UNTRAINED ? m : c->m;
		c->u = c->u == UNTRAINED ? m / exp2(bits) : c->u;
	}
}

/* m and u of all levels but the null ones; false where there are too many. */
static bool read_chances(struct import *in, const struct place *at, value levels)
{
	value v = first_of(in, levels);
	int n = 0;
	uint32_t i;

	for (i = 0; i < levels->count; i++, v = next_of(in, v)) {
		if (v->type != CRM_JSON_OBJECT || is_true(in, v, "is_null_level"))
			continue;
		if (n == CRM_LEVELS) {
			refuse(in, at, "too many levels");
			return false;
		}
		in->level[in->n_comparisons][n++] =
			(struct chances){.m = chance_of(in, v, "m_probability"),
					 .u = chance_of(in, v, "u_probability")};
	}
	fill_untrained(in, at, n);
	return true;
}

static void read_levels(struct import *in, struct place *at, value levels, struct ladder *ladder)
{
	value v = first_of(in, levels);
	uint32_t i;

	if (!read_chances(in, at, levels))
		return;
	crm_json_open(&ladder->levels, '[');
	for (i = 0; i < levels->count; i++, v = next_of(in, v)) {
		struct crm_slice sql, label;

		if (v->type != CRM_JSON_OBJECT || !(sql = text_of(in, v, "sql_condition")).ptr) {
			refuse(in, at, "a level without sql_condition");
			continue;
		}
		label = text_of(in, v, "label_for_charts");
		at->label = label.ptr ? label.ptr : sql.ptr;
		at->sql = sql.ptr;
		if (is_true(in, v, "is_null_level"))
			add_null(in, at, sql, ladder);
		else
			add_level(in, at, sql, v, ladder);
	}
	crm_json_close(&ladder->levels, ']');
	at->label = at->sql = NULL;
	if (!ladder->complete)
		refuse(in, at, "the last level is not ELSE");
}

/* ---- comparisons ---- */

/* Letters, digits and _, as our comparisons are named. */
static char *plain_name(struct import *in, struct crm_slice name)
{
	char *plain = crm_arena_strndup(&in->arena, name.ptr, name.len < 64 ? name.len : 64), *p;

	for (p = plain; *p; p++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *p))
			*p = '_';
	if (*plain >= '0' && *plain <= '9')
		*plain = '_';
	return plain;
}

static void write_comparison(struct import *in, const char *name, const struct ladder *ladder)
{
	struct crm_str *out = &in->comparisons;

	crm_json_open(out, '{');
	crm_json_put(out, "name", name);
	crm_json_key(out, "ladders");
	crm_json_open(out, '[');
	crm_json_open(out, '{');
	if (ladder->condition.len)
		crm_json_put(out, "if", ladder->condition.ptr);
	crm_json_key(out, "levels");
	crm_json_raw(out, (struct crm_slice){ladder->levels.ptr, ladder->levels.len});
	crm_json_close(out, '}');
	crm_json_close(out, ']');
	crm_json_close(out, '}');
}

static bool is_left_out(const struct import *in, const char *name)
{
	size_t i;

	for (i = 0; i < in->options->n_without; i++)
		if (!strcmp(in->options->without[i], name))
			return true;
	return false;
}

static void read_comparison(struct import *in, value v, uint32_t number)
{
	struct ladder ladder = {CRM_STR_INIT, CRM_STR_INIT, CRM_STR_INIT, 0, false};
	value levels = v->type == CRM_JSON_OBJECT
			       ? crm_json_member(&in->doc, v, "comparison_levels")
			       : NULL;
	struct crm_slice name = text_of(in, levels ? v : NULL, "output_column_name");
	struct place at = {NULL, NULL, NULL};
	char count[16];

	snprintf(count, sizeof(count), "%u", (unsigned int)number);
	at.comparison = name.len ? plain_name(in, name) : count;
	if (is_left_out(in, at.comparison) || (name.ptr && is_left_out(in, name.ptr))) {
		crm_str_addf(in->notes, "comparison %s is left out\n", at.comparison);
		return;
	}
	if (!name.len || levels->type != CRM_JSON_ARRAY)
		refuse(in, &at, "without output_column_name or comparison_levels");
	else if (in->n_comparisons == CRM_COMPARISONS)
		refuse(in, &at, "too many comparisons");
	else {
		read_levels(in, &at, levels, &ladder);
		write_comparison(in, at.comparison, &ladder);
		in->n_comparisons++;
	}
	crm_str_release(&ladder.condition);
	crm_str_release(&ladder.when);
	crm_str_release(&ladder.levels);
}

/* ---- rules ---- */

/* A rule is a text (Splink 3), or an object that holds one. */
static void read_rule(struct import *in, value v, uint32_t number)
{
	struct place at = {NULL, NULL, NULL};
	const char *key[CRM_KEYS];
	struct crm_str *out = &in->blocks;
	struct crm_str name = CRM_STR_INIT;
	struct crm_slice sql;
	struct crm_err why;
	int n, i;

	sql = v->type == CRM_JSON_OBJECT   ? text_of(in, v, "blocking_rule")
	      : v->type == CRM_JSON_STRING ? crm_json_keep(v, &in->arena)
					   : (struct crm_slice){0};
	at.sql = sql.ptr;
	if (!sql.ptr
	    || crm_sql_keys(&in->names.columns, sql, key, &n, &in->arena, &why) != CRM_OK) {
		refuse(in, &at, sql.ptr ? why.text : "without SQL");
		return;
	}
	crm_str_addf(&name, "rule %u: ", (unsigned int)number);
	for (i = 0; i < n; i++)
		crm_str_addf(&name, i ? ", %s" : "%s", key[i]);
	crm_json_open(out, '{');
	crm_json_put(out, "name", name.ptr);
	crm_json_key(out, "keys");
	crm_json_open(out, '[');
	for (i = 0; i < n; i++)
		crm_json_string(out, crm_slice_of(key[i]));
	crm_json_close(out, ']');
	crm_json_close(out, '}');
	crm_str_release(&name);
}

static void read_rules(struct import *in, value root)
{
	value rules = crm_json_member(&in->doc, root, "blocking_rules_to_generate_predictions"), v;
	uint32_t i;

	if (!rules || rules->type != CRM_JSON_ARRAY || rules->count == 0) {
		crm_str_adds(in->notes, "it has no blocking rules: those of the specification are "
					"taken\n");
		return;
	}
	for (v = first_of(in, rules), i = 1; i <= rules->count; i++, v = next_of(in, v))
		read_rule(in, v, i);
}

/* ---- the whole ---- */

/* The blocks of the specification that columns come from, as they are written there. */
static void own_blocks(struct import *in)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	value blocks;

	if (crm_json_scan(&doc, in->base->json.ptr, in->base->json.len) == CRM_OK
	    && (blocks = crm_json_member(&doc, &doc.values[0], "blocks"))) {
		crm_str_add(&in->blocks, blocks->text.ptr + 1, blocks->text.len - 2);
		crm_splink_names_use_all(&in->names);
		in->own = true;
	}
	crm_json_doc_release(&doc);
}

static void write_spec(const struct import *in, struct crm_str *out)
{
	crm_json_open(out, '{');
	crm_json_key(out, "columns");
	crm_splink_names_write(&in->names, out);
	crm_str_adds(out, ",\"comparisons\":[");
	crm_str_add(out, in->comparisons.ptr, in->comparisons.len);
	crm_str_adds(out, "],\"blocks\":[");
	crm_str_add(out, in->blocks.ptr, in->blocks.len);
	crm_str_adds(out, in->own ? "]}" : "],\"propose\":false}");
}

/* How often two records have the same in a column: u of the level that asks for nothing else;
 * 0 where there is none. */
static double exact_u(const struct import *in, const struct crm_spec *spec, int number, int column)
{
	const struct crm_comparison *c = &spec->comparison[number];
	int exact[CRM_KEYS], l;

	for (l = 0; l < c->n_levels; l++)
		if (c->level[l].condition
		    && crm_condition_exact(c->level[l].condition, spec->measures, exact) == 1
		    && exact[0] == column)
			return in->level[number][l].u;
	return 0;
}

static void fill_frequency(const struct import *in, const struct crm_spec *spec, int c, int l,
			   struct crm_frequency *out)
{
	const struct chances *p = &in->level[c][l];
	const struct crm_level *level = &spec->comparison[c].level[l];

	if (p->tf.weight <= 0 || level->rarity[0] < 0)
		return;
	*out = p->tf;
	out->mean = p->own_mean ? p->u : exact_u(in, spec, c, level->rarity[0]);
	if (out->mean > 0)
		return;
	out->weight = 0;
	crm_str_addf(in->notes,
		     "comparison %s, level '%s': no level is the equality of its "
		     "tf_adjustment_column, whose rarity is counted as in our own models\n",
		     spec->comparison[c].name, level->label);
}

static void fill_model(const struct import *in, const struct crm_spec *spec, double prior,
		       struct crm_model *m)
{
	int c, l;

	m->share[CRM_MATCH] = prior;
	m->share[CRM_UNRELATED] = 1 - prior;
	m->share[CRM_NEAR] = 0;
	for (c = 0; c < spec->n_comparisons; c++)
		for (l = 0; l < spec->comparison[c].n_levels; l++) {
			const struct chances *p = &in->level[c][l];

			m->chance[c][l] = p->u;
			m->p[CRM_MATCH][c][l] = p->m;
			m->p[CRM_UNRELATED][c][l] = m->p[CRM_NEAR][c][l] = p->u;
			fill_frequency(in, spec, c, l, &m->frequency[c][l]);
		}
}

static enum crm_status write_model(struct import *in, double prior, struct crm_str *out,
				   struct crm_err *err)
{
	struct crm_model *m = crm_calloc(1, sizeof(*m));
	struct crm_str text = CRM_STR_INIT;
	struct crm_spec *spec = NULL;
	enum crm_status rc;

	write_spec(in, &text);
	rc = crm_spec_read(&spec, (struct crm_slice){text.ptr, text.len}, "the model",
			   (struct crm_slice){NULL, 0}, err);
	if (rc == CRM_OK) {
		fill_model(in, spec, prior, m);
		crm_model_plain(m);
		m->spec = spec;
		crm_model_write(m, out);
	} else {
		rc = err->status = CRM_DATA;
	}
	crm_spec_free(spec);
	crm_str_release(&text);
	free(m);
	return rc;
}

static enum crm_status read_model(struct import *in, struct crm_str *out, struct crm_err *err)
{
	value root = &in->doc.values[0], list, v;
	double prior;
	uint32_t i;

	if (root->type != CRM_JSON_OBJECT
	    || !(list = crm_json_member(&in->doc, root, "comparisons"))
	    || list->type != CRM_JSON_ARRAY || list->count == 0)
		return crm_fail(err, CRM_DATA, "not a model of Splink: it has no comparisons");
	prior = number_of(in, root, "probability_two_random_records_match", -1);
	if (!(prior > 0 && prior < 1))
		return crm_fail(err, CRM_DATA,
				"not a model of Splink: probability_two_random_records_match is no "
				"number between 0 and 1");
	for (v = first_of(in, list), i = 0; i < list->count; i++, v = next_of(in, v))
		read_comparison(in, v, i + 1);
	if (!in->options->own_blocks)
		read_rules(in, root);
	if (in->blocks.len == 0)
		own_blocks(in);
	v = crm_json_member(&in->doc, root, "link_type");
	if (v && !crm_slice_is(v->text, "dedupe_only"))
		crm_str_adds(in->notes, "link_type: records of one source are compared as well\n");
	if (in->refused)
		return crm_fail(
			err, CRM_DATA,
			"%d parts of the model have no counterpart, and nothing is imported",
			in->refused);
	if (!in->own)
		crm_str_addf(in->notes,
			     "of more than %d records that agree by a rule none are compared; "
			     "crm-dedupe "
			     "says how many pairs that leaves out\n",
			     CRM_BLOCK_CAP);
	return write_model(in, prior, out, err);
}

enum crm_status crm_splink_import(struct crm_slice json, const struct crm_spec *base,
				  const struct crm_splink_options *options, struct crm_str *out,
				  struct crm_str *notes, struct crm_err *err)
{
	struct import *in = crm_calloc(1, sizeof(*in));
	enum crm_status rc;

	in->base = base;
	in->options = options;
	in->notes = notes;
	in->comparisons = in->blocks = (struct crm_str)CRM_STR_INIT;
	if ((rc = crm_splink_names_init(&in->names, base, options, err)) == CRM_OK) {
		if ((rc = crm_json_scan(&in->doc, json.ptr, json.len)) != CRM_OK)
			crm_fail(err, rc, "not a model of Splink, but no JSON: %s", in->doc.error);
		else
			rc = read_model(in, out, err);
	}
	crm_splink_names_release(&in->names);
	crm_json_doc_release(&in->doc);
	crm_str_release(&in->comparisons);
	crm_str_release(&in->blocks);
	crm_arena_release(&in->arena);
	free(in);
	return rc;
}
