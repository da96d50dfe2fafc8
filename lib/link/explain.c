/* SPDX-License-Identifier: MIT */
/* Match lines; see explain.h. */
#include "link/explain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "link/work.h"

static void put_bits(struct crm_str *out, const char *key, double bits)
{
	int64_t n = llround(fabs(bits) * 1000);

	crm_json_key(out, key);
	if (n == 0) {
		crm_json_int(out, 0);
		return;
	}
	crm_json_real(out, bits < 0 ? -(double)n / 1000 : (double)n / 1000, 12);
}

static void add_part(struct crm_str *out, struct crm_slice s)
{
	if (s.len == 0)
		return;
	if (out->len > 0)
		crm_str_adds(out, ", ");
	crm_str_add(out, s.ptr, s.len);
}

static void shown_column(const struct crm_people *p, enum crm_column_id column, uint32_t record,
			 struct crm_str *out)
{
	add_part(out, crm_pool_get(&p->col[column].shown, p->col[column].raw[record]));
}

static void shown_list(const struct crm_people *p, enum crm_multi_id which, uint32_t record,
		       struct crm_str *out)
{
	const struct crm_multi *m = &p->multi[which];
	uint32_t i;

	for (i = m->start[record]; i < m->start[record + 1]; i++) {
		struct crm_slice s = crm_pool_get(&m->values, m->value[i]);
		const char *end =
			which == CRM_MULTI_HANDLE ? memchr(s.ptr, CRM_SCOPE_END, s.len) : NULL;

		if (end) {
			s.len -= (size_t)(end + 1 - s.ptr);
			s.ptr = end + 1;
		}
		add_part(out, s);
	}
}

/* What a record has in a field, as people write it. */
static void shown_field(const struct crm_people *p, int field, uint32_t record, struct crm_str *out)
{
	crm_str_clear(out);
	switch ((enum crm_field_id)field) {
	case CRM_FIELD_NAME:
		crm_people_name(p, record, out);
		break;
	case CRM_FIELD_BIRTH:
		shown_column(p, CRM_COL_BIRTH, record, out);
		break;
	case CRM_FIELD_ADDRESS:
		shown_column(p, CRM_COL_STREET, record, out);
		shown_column(p, CRM_COL_POSTCODE, record, out);
		shown_column(p, CRM_COL_CITY, record, out);
		break;
	case CRM_FIELD_ORG:
		shown_column(p, CRM_COL_ORG, record, out);
		break;
	case CRM_FIELD_MAILBOX:
		shown_list(p, CRM_MULTI_EMAIL, record, out);
		break;
	default:
		shown_list(p, (enum crm_multi_id)(field - CRM_FIELD_EMAIL), record, out);
	}
}

/* What is no UTF-8 would make the line no JSON. */
static void put_shown(struct crm_str *out, const char *key, const struct crm_str *value)
{
	struct crm_str clean = CRM_STR_INIT;

	crm_json_key(out, key);
	if (crm_utf8_valid(value->ptr, value->len) == value->len) {
		crm_json_string(out, (struct crm_slice){value->ptr, value->len});
		return;
	}
	crm_utf8_printable(&clean, (struct crm_slice){value->ptr, value->len});
	crm_json_string(out, (struct crm_slice){clean.ptr, clean.len});
	crm_str_release(&clean);
}

static void explain_field(const struct crm_people *p, const struct crm_pair *pair,
			  const struct crm_score *score, int f, struct crm_str *value,
			  struct crm_str *out)
{
	crm_json_open(out, '{');
	crm_json_put(out, "field", crm_fields[f].name);
	shown_field(p, f, pair->a, value);
	put_shown(out, "a", value);
	shown_field(p, f, pair->b, value);
	put_shown(out, "b", value);
	crm_json_put(out, "level", crm_fields[f].levels[(int)score->level[f]].label);
	put_bits(out, "bits", score->bits[f]);
	if (crm_fields[f].levels[(int)score->level[f]].rarity)
		put_bits(out, "tf_bits", score->rarity[f]);
	crm_json_close(out, '}');
}

static void explain_fields(const struct crm_link *l, const struct crm_pair *pair,
			   const struct crm_score *score, struct crm_str *value,
			   struct crm_str *out)
{
	int f;

	crm_json_key(out, "fields");
	crm_json_open(out, '[');
	for (f = 0; f < CRM_FIELDS; f++)
		if (score->level[f] >= 0)
			explain_field(l->people, pair, score, f, value, out);
	if (llround(score->near * 1000) != 0) {
		crm_json_open(out, '{');
		crm_json_put(out, "field", "near");
		crm_json_put(out, "level", "may be of one household, or a namesake");
		put_bits(out, "bits", score->near);
		crm_json_close(out, '}');
	}
	crm_json_close(out, ']');
}

static void explain(const struct crm_link *l, const struct crm_pair *pair, struct crm_str *value,
		    struct crm_str *out)
{
	const struct crm_people *p = l->people;
	bool decided = isinf(pair->weight);
	struct crm_score score;

	crm_scorer_explain(l->scorer, pair->a, pair->b, &score);
	crm_json_open(out, '{');
	crm_json_put(out, "type", "match");
	crm_json_put_int(out, "a", p->profile[pair->a]);
	crm_json_put_int(out, "b", p->profile[pair->b]);
	crm_json_put_int(out, "person_a", p->person[pair->a]);
	crm_json_put_int(out, "person_b", p->person[pair->b]);
	crm_json_key(out, "probability");
	if (decided)
		crm_json_int(out, 1);
	else
		crm_json_real(out, score.probability, 6);
	if (decided)
		crm_json_put(out, "reason", "decision");
	put_bits(out, "weight", score.weight);
	put_bits(out, "prior", score.prior);
	explain_fields(l, pair, &score, value, out);
	crm_json_close(out, '}');
	crm_str_addc(out, '\n');
}

#define LINES_PER_JOB 512

struct lines {
	const struct crm_link *l;
	size_t first, n;
	struct crm_str *out; /* by job */
};

static void explain_job(void *data, size_t job)
{
	const struct lines *lines = data;
	size_t i = job * LINES_PER_JOB, end = i + LINES_PER_JOB;
	struct crm_str value = CRM_STR_INIT;

	lines->out[job] = (struct crm_str)CRM_STR_INIT;
	for (; i < end && i < lines->n; i++)
		explain(lines->l, &lines->l->pairs[lines->first + i], &value, &lines->out[job]);
	crm_str_release(&value);
}

void crm_link_explain(const struct crm_link *l, size_t first, size_t n, unsigned int threads,
		      struct crm_str *out)
{
	struct lines lines = {l, first, n, NULL};
	size_t jobs = (n + LINES_PER_JOB - 1) / LINES_PER_JOB, i;

	lines.out = crm_calloc(jobs + 1, sizeof(*lines.out));
	crm_work(threads, jobs, explain_job, &lines);
	for (i = 0; i < jobs; i++) {
		crm_str_add(out, lines.out[i].ptr, lines.out[i].len);
		crm_str_release(&lines.out[i]);
	}
	free(lines.out);
}
