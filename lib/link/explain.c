/* SPDX-License-Identifier: MIT */
/* Match lines; see explain.h. */
#include "link/explain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "link/condition.h"
#include "link/waterfall.h"
#include "link/work.h"
#include "norm/id.h"

struct lines {
	const struct crm_link *l;
	uint64_t columns[CRM_COMPARISONS]; /* that each looks at */
	/* What is the same in many lines, written once. */
	struct crm_slice field[CRM_COMPARISONS], level[CRM_COMPARISONS][CRM_LEVELS];
	struct crm_arena arena;
	struct crm_str out[CRM_WORK_AHEAD]; /* of the jobs */
	void (*take)(void *data, const struct crm_str *lines, size_t upto);
	void *data;
};

static void add_part(struct crm_str *out, struct crm_slice s)
{
	if (s.len == 0)
		return;
	if (out->len > 0)
		crm_str_adds(out, ", ");
	crm_str_add(out, s.ptr, s.len);
}

static void add_columns(const struct crm_spec *spec, const struct crm_condition *c, uint64_t *set)
{
	int i;

	for (i = 0; c && i < c->n; i++) {
		const struct crm_measure *m = &spec->measures->measure[c->test[i].measure];

		if (m->fn == CRM_LEVEL)
			continue;
		*set |= 1ull << crm_column_base(spec, m->a);
		*set |= 1ull << crm_column_base(spec, m->b);
	}
}

uint64_t crm_columns_compared(const struct crm_spec *spec, int comparison)
{
	const struct crm_comparison *c = &spec->comparison[comparison];
	uint64_t set = 0;
	int i;

	for (i = 0; i < c->n_ladders; i++)
		add_columns(spec, c->when[i], &set);
	for (i = 0; i < c->n_levels; i++)
		add_columns(spec, c->level[i].condition, &set);
	return set;
}

static bool is_part_of_name(const struct crm_column_spec *c)
{
	return c->as == CRM_AS_NAME && (!strcmp(c->from, "given") || !strcmp(c->from, "family"));
}

void crm_shown_column(const struct crm_people *p, int column, uint32_t record, struct crm_str *out)
{
	const struct crm_column *c = &p->col[column];
	struct crm_str masked = CRM_STR_INIT;
	uint32_t k;

	if (!c->start)
		add_part(out, crm_pool_get(&c->shown, c->raw[record]));
	for (k = c->start ? c->start[record] : 0; c->start && k < c->start[record + 1]; k++) {
		if (p->spec->column[column].as != CRM_AS_ID) {
			add_part(out, crm_pool_get(c->keys, c->value[k]));
			continue;
		}
		crm_str_clear(&masked);
		crm_id_mask(crm_pool_get(c->keys, c->value[k]), &masked);
		add_part(out, (struct crm_slice){masked.ptr, masked.len});
	}
	crm_str_release(&masked);
}

void crm_shown(const struct crm_people *p, uint64_t columns, uint32_t record, struct crm_str *out)
{
	struct crm_str name = CRM_STR_INIT;
	bool named = false;
	int i;

	for (i = 0; i < p->spec->n_base; i++) {
		if (!(columns >> i & 1))
			continue;
		if (is_part_of_name(&p->spec->column[i])) {
			if (!named)
				crm_people_name(p, record, &name);
			named = true;
			add_part(out, (struct crm_slice){name.ptr, name.len});
			crm_str_clear(&name);
		} else {
			crm_shown_column(p, i, record, out);
		}
	}
	crm_str_release(&name);
}

static void explain_field(const struct lines *lines, const struct crm_pair *pair,
			  const struct crm_score *score, int f, struct crm_str *value,
			  struct crm_str *out)
{
	const struct crm_comparison *c = &lines->l->spec->comparison[f];
	const struct crm_level *level = &c->level[(int)score->level[f]];

	crm_json_raw(out, lines->field[f]);
	crm_str_clear(value);
	crm_shown(lines->l->people, lines->columns[f], pair->a, value);
	crm_put_shown(out, "a", crm_str_slice(value));
	crm_str_clear(value);
	crm_shown(lines->l->people, lines->columns[f], pair->b, value);
	crm_put_shown(out, "b", crm_str_slice(value));
	crm_str_add(out, lines->level[f][(int)score->level[f]].ptr,
		    lines->level[f][(int)score->level[f]].len);
	if (level->rarity[0] >= 0)
		crm_put_bits(out, "tf_bits", score->rarity[f]);
	crm_json_close(out, '}');
}

int crm_score_parts(const struct crm_score *score, struct crm_score_part out[CRM_SCORE_PARTS])
{
	const struct crm_score_part all[CRM_SCORE_PARTS] = {
		{"together", "these levels in one pair", score->together},
		{"near", "may be of one household, or a namesake", score->near},
		{"calibration", "by the pairs that were judged", score->calibration},
	};
	int i, n = 0;

	for (i = 0; i < CRM_SCORE_PARTS; i++)
		if (llround(all[i].bits * 1000) != 0)
			out[n++] = all[i];
	return n;
}

static void explain_fields(const struct lines *lines, const struct crm_pair *pair,
			   const struct crm_score *score, struct crm_str *value,
			   struct crm_str *out)
{
	struct crm_score_part part[CRM_SCORE_PARTS];
	int f, n = crm_score_parts(score, part);

	crm_json_key(out, "fields");
	crm_json_open(out, '[');
	for (f = 0; f < lines->l->spec->n_comparisons; f++)
		if (score->level[f] >= 0)
			explain_field(lines, pair, score, f, value, out);
	for (f = 0; f < n; f++) {
		crm_json_open(out, '{');
		crm_json_put(out, "field", part[f].name);
		crm_json_put(out, "level", part[f].about);
		crm_put_bits(out, "bits", part[f].bits);
		crm_json_close(out, '}');
	}
	crm_json_close(out, ']');
}

/* How surely their groups are one person, where that is not the pair's own probability. */
static void put_grouped(const struct crm_link *l, const struct crm_pair *pair, double weight,
			struct crm_str *out)
{
	double grouped;

	if (l->groups.n == 0 || isinf(pair->weight))
		return;
	grouped = crm_probability((double)crm_groups_level(&l->groups, pair->a, pair->b));
	if (fabs(grouped - crm_probability(weight)) < 1e-6)
		return;
	crm_json_key(out, "group_probability");
	crm_json_real(out, grouped, 6);
}

static void explain_pair(const struct lines *lines, const struct crm_pair *pair,
			 struct crm_str *value, struct crm_str *out)
{
	const struct crm_link *l = lines->l;
	const struct crm_people *p = l->people;
	bool decided = isinf(pair->weight);
	struct crm_score score;

	crm_scorer_explain_on(l->scorer, pair->a, pair->b, pair->pattern, &score);
	crm_json_put_int(out, "a", p->profile[pair->a]);
	crm_json_put_int(out, "b", p->profile[pair->b]);
	crm_json_put_int(out, "person_a", p->person[pair->a]);
	crm_json_put_int(out, "person_b", p->person[pair->b]);
	crm_json_key(out, "probability");
	if (decided)
		crm_json_int(out, 1);
	else
		crm_json_real(out, score.probability, 6);
	put_grouped(l, pair, score.weight, out);
	if (decided)
		crm_json_put(out, "reason", "decision");
	crm_put_bits(out, "weight", score.weight);
	crm_put_bits(out, "prior", score.prior);
	explain_fields(lines, pair, &score, value, out);
}

static void explain(const struct lines *lines, const struct crm_pair *pair, struct crm_str *value,
		    struct crm_str *out)
{
	crm_json_open(out, '{');
	crm_json_put(out, "type", "match");
	explain_pair(lines, pair, value, out);
	crm_json_close(out, '}');
	crm_str_addc(out, '\n');
}

/* The best pairs come first: their records are all over the memory. What is needed of them is
 * fetched a step at a time, some lines before. */
static void look_ahead(const struct lines *lines, size_t at, size_t end)
{
	const struct crm_pair *pair = lines->l->pairs + at;
	int step, ahead;

	for (step = 0; step < CRM_FETCH_STEPS; step++) {
		ahead = 2 * (CRM_FETCH_STEPS - step);
		if (at + (size_t)ahead >= end)
			continue;
		crm_people_fetch(lines->l->people, pair[ahead].a, step);
		crm_people_fetch(lines->l->people, pair[ahead].b, step);
	}
}

#define LINES_PER_JOB 512

static void explain_job(void *data, size_t job)
{
	struct lines *lines = data;
	const struct crm_pair *pairs = lines->l->pairs;
	size_t i = job * LINES_PER_JOB, end = i + LINES_PER_JOB;
	struct crm_str *out = &lines->out[job % CRM_WORK_AHEAD], value = CRM_STR_INIT;

	end = end < lines->l->n_pairs ? end : lines->l->n_pairs;
	crm_str_clear(out);
	for (; i < end; i++) {
		look_ahead(lines, i, end);
		explain(lines, &pairs[i], &value, out);
	}
	crm_str_release(&value);
}

static void take_job(void *data, size_t job)
{
	const struct lines *lines = data;
	size_t end = (job + 1) * LINES_PER_JOB, n = lines->l->n_pairs;

	lines->take(lines->data, &lines->out[job % CRM_WORK_AHEAD], end < n ? end : n);
}

/* A member as it stands in an object, behind others. */
static void add_member(struct crm_str *text, const char *key, const char *value)
{
	crm_str_clear(text);
	crm_json_open(text, '{');
	crm_json_put(text, key, value);
	*text->ptr = ',';
}

static struct crm_slice keep(struct lines *lines, const struct crm_str *text)
{
	return crm_arena_keep(&lines->arena, crm_str_slice(text));
}

static void lines_init(struct lines *lines, const struct crm_link *l)
{
	struct crm_str text = CRM_STR_INIT;
	int c, k;

	memset(lines, 0, sizeof(*lines));
	lines->l = l;
	for (c = 0; c < l->spec->n_comparisons; c++) {
		const struct crm_comparison *comparison = &l->spec->comparison[c];

		lines->columns[c] = crm_columns_compared(l->spec, c);
		add_member(&text, "field", comparison->name);
		*text.ptr = '{';
		lines->field[c] = keep(lines, &text);
		for (k = 0; k < comparison->n_levels; k++) {
			add_member(&text, "level", comparison->level[k].label);
			crm_put_bits(&text, "bits", crm_scorer_bits(l->scorer, c, k));
			lines->level[c][k] = keep(lines, &text);
		}
	}
	crm_str_release(&text);
}

void crm_link_explain(const struct crm_link *l, unsigned int threads,
		      void (*take)(void *data, const struct crm_str *lines, size_t upto),
		      void *data)
{
	struct lines lines;
	int i;

	lines_init(&lines, l);
	lines.take = take;
	lines.data = data;
	for (i = 0; i < CRM_WORK_AHEAD; i++)
		lines.out[i] = (struct crm_str)CRM_STR_INIT;
	crm_work_in_order(threads, (l->n_pairs + LINES_PER_JOB - 1) / LINES_PER_JOB, explain_job,
			  take_job, &lines);
	for (i = 0; i < CRM_WORK_AHEAD; i++)
		crm_str_release(&lines.out[i]);
	crm_arena_release(&lines.arena);
}

static void append(void *out, const struct crm_str *lines, size_t upto)
{
	(void)upto;
	crm_str_add(out, lines->ptr, lines->len);
}

void crm_link_explain_to(const struct crm_link *l, struct crm_str *out)
{
	crm_link_explain(l, 1, append, out);
}

void crm_link_pair_json(const struct crm_link *l, uint32_t a, uint32_t b, struct crm_str *out)
{
	struct crm_str value = CRM_STR_INIT;
	struct lines lines;

	lines_init(&lines, l);
	explain_pair(&lines, &(struct crm_pair){a, b, 0, 0}, &value, out);
	crm_str_release(&value);
	crm_arena_release(&lines.arena);
}
