/* SPDX-License-Identifier: MIT */
/* What the model and the blocks know of one pair; see detail.h. */
#include "link/detail.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "link/explain.h"
#include "link/standing.h"
#include "link/work.h"

static struct crm_slice keep(struct crm_arena *arena, const struct crm_str *value)
{
	return value->len ? crm_arena_keep(arena, (struct crm_slice){value->ptr, value->len})
			  : (struct crm_slice){NULL, 0};
}

/* ---- the waterfall ---- */

static struct crm_slice shown(const struct crm_link *l, uint64_t columns, uint32_t record,
			      struct crm_arena *arena)
{
	struct crm_str value = CRM_STR_INIT;
	struct crm_slice kept;

	crm_shown(l->people, columns, record, &value);
	kept = keep(arena, &value);
	crm_str_release(&value);
	return kept;
}

static void add_comparison(const struct crm_link *l, uint32_t a, uint32_t b,
			   const struct crm_score *score, int c, struct crm_waterfall *w)
{
	const struct crm_comparison *of = &l->spec->comparison[c];
	uint64_t columns = crm_columns_compared(l->spec, c);
	int level = score->level[c];
	struct crm_step *s;

	s = crm_waterfall_add(w, CRM_STEP_LEVEL, of->name, score->bits[c]);
	s->level = of->level[level].label;
	s->m = l->model.p[CRM_MATCH][c][level];
	s->u = l->model.p[CRM_UNRELATED][c][level];
	s->near = l->model.p[CRM_NEAR][c][level];
	s->a = shown(l, columns, a, &w->arena);
	s->b = shown(l, columns, b, &w->arena);
	if (llround(score->rarity[c] * 1000) == 0)
		return;
	s = crm_waterfall_add(w, CRM_STEP_RARITY, of->name, score->rarity[c]);
	s->level = score->rarity[c] < 0 ? "a common value" : "a rare value";
}

static void add_other(struct crm_waterfall *w, const char *name, const char *about, double bits)
{
	if (llround(bits * 1000) != 0)
		crm_waterfall_add(w, CRM_STEP_OTHER, name, bits)->level = about;
}

struct search { /* for a pair among those of the blocks */
	uint32_t a, b;
	int rule; /* -1: not found */
};

static void look(void *data, const struct crm_mates *mates)
{
	struct search *s = data;
	uint32_t other = mates->record == s->a ? s->b : s->a, i;

	if (mates->record != s->a && mates->record != s->b)
		return;
	for (i = 0; i < mates->n && s->rule < 0; i++)
		if (mates->mate[i] == other)
			s->rule = crm_first_rule(mates->rules[i]);
}

static const char *found_by(const struct crm_link *l, uint32_t a, uint32_t b)
{
	struct search s = {a, b, -1};

	crm_blocks_range(l->blocks, 0, l->people->n, look, &s);
	return s.rule < 0 ? NULL : crm_blocks_report(l->blocks, s.rule).rule;
}

static void set_side(const struct crm_link *l, struct crm_waterfall *w, int side, uint32_t record)
{
	struct crm_str name = CRM_STR_INIT;

	crm_people_name(l->people, record, &name);
	w->side[side].profile = l->people->profile[record];
	w->side[side].person = l->people->person[record];
	w->side[side].name = keep(&w->arena, &name);
	crm_str_release(&name);
}

void crm_link_waterfall(const struct crm_link *l, uint32_t a, uint32_t b, struct crm_waterfall *w)
{
	struct crm_score_part part[CRM_SCORE_PARTS];
	struct crm_score score;
	const char *rule;
	int c, n;

	crm_scorer_explain(l->scorer, a, b, &score);
	crm_arena_clear(&w->arena);
	w->n = 0;
	memset(&w->said, 0, sizeof(w->said));
	set_side(l, w, 0, a);
	set_side(l, w, 1, b);
	add_other(w, "prior", "two records taken at random", score.prior);
	for (c = 0; c < l->spec->n_comparisons; c++)
		if (score.level[c] >= 0)
			add_comparison(l, a, b, &score, c, w);
	n = crm_score_parts(&score, part);
	for (c = 0; c < n; c++)
		add_other(w, part[c].name, part[c].about, part[c].bits);
	w->weight = score.weight;
	w->probability = score.probability;
	w->standing = crm_link_standing(l, a, b);
	rule = found_by(l, a, b);
	w->found_by = rule ? crm_arena_keep(&w->arena, crm_slice_of(rule)).ptr : NULL;
}

/* ---- records against themselves ---- */

#define RECORDS_PER_JOB 4096

struct copies {
	const struct crm_link *l;
	double least;
	uint32_t *below; /* by job */
};

static void copies_job(void *data, size_t job)
{
	const struct copies *c = data;
	uint32_t i = (uint32_t)job * RECORDS_PER_JOB, end = i + RECORDS_PER_JOB;
	struct crm_score score;

	for (; i < end && i < c->l->people->n; i++) {
		crm_scorer_explain(c->l->scorer, i, i, &score);
		c->below[job] += score.weight < c->least;
	}
}

uint32_t crm_link_unlinkable(const struct crm_link *l, double least, unsigned int threads)
{
	size_t jobs = (l->people->n + RECORDS_PER_JOB - 1) / RECORDS_PER_JOB, i;
	struct copies c = {l, least, crm_calloc(jobs + 1, sizeof(*c.below))};
	uint32_t n = 0;

	crm_work(threads, jobs, copies_job, &c);
	for (i = 0; i < jobs; i++)
		n += c.below[i];
	free(c.below);
	return n;
}

/* ---- side by side ---- */

static struct crm_slice value(const struct crm_people *p, int column, uint32_t record,
			      struct crm_arena *arena)
{
	struct crm_str text = CRM_STR_INIT;
	struct crm_slice kept;

	crm_shown_column(p, column, record, &text);
	kept = keep(arena, &text);
	crm_str_release(&text);
	return kept;
}

int crm_link_beside(const struct crm_link *l, uint32_t a, uint32_t b, struct crm_arena *arena,
		    struct crm_beside out[CRM_COLUMNS])
{
	int column, n = 0;

	for (column = 0; column < l->spec->n_base; column++) {
		struct crm_beside *row = &out[n];

		row->a = value(l->people, column, a, arena);
		row->b = value(l->people, column, b, arena);
		if (!row->a.ptr && !row->b.ptr)
			continue;
		row->name = l->spec->column[column].name;
		row->same = crm_shared(l->people, column, a, b) != 0;
		n++;
	}
	return n;
}
