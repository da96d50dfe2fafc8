/* SPDX-License-Identifier: MIT */
/* What crm-dedupe --plan says, as JSON lines; see plan.h and crm-records(5). */
#include <math.h>

#include "link/plan.h"

/* A key as it is written in a specification. */
static void write_key(const struct crm_spec *spec, const struct crm_block_key *key,
		      struct crm_str *text, struct crm_str *out)
{
	const char *a = spec->column[key->a].name, *b = spec->column[key->b].name;

	crm_str_clear(text);
	if (key->how == CRM_KEY_PLAIN)
		crm_str_adds(text, a);
	else
		crm_str_addf(text, "%s(%s, %s)", key->how == CRM_KEY_SORTED ? "sorted" : "either",
			     a, b);
	crm_json_string(out, (struct crm_slice){text->ptr, text->len});
}

static void write_keys(const struct crm_spec *spec, const char *name,
		       const struct crm_block_key *keys, int n, struct crm_str *out)
{
	struct crm_str text = CRM_STR_INIT;
	int k;

	crm_json_key(out, name);
	crm_json_open(out, '[');
	for (k = 0; k < n; k++)
		write_key(spec, &keys[k], &text, out);
	crm_json_close(out, ']');
	crm_str_release(&text);
}

static void write_top(const struct crm_plan_choice *choice, const struct crm_blocks *blocks,
		      struct crm_str *out)
{
	const struct crm_block_size *top = choice->report.top;
	int i;

	crm_json_key(out, "largest");
	crm_json_open(out, '[');
	for (i = 0; i < CRM_BLOCKS_SHOWN && top[i].size > 1; i++) {
		crm_json_open(out, '{');
		crm_json_put_int(out, "profiles", top[i].size);
		crm_json_key(out, "values");
		crm_blocks_values(blocks, choice->place, top[i].thing, out);
		crm_json_close(out, '}');
	}
	crm_json_close(out, ']');
}

static void put_bool(struct crm_str *out, const char *key, bool yes)
{
	crm_json_key(out, key);
	crm_json_bool(out, yes);
}

static void put_real(struct crm_str *out, const char *key, double x)
{
	crm_json_key(out, key);
	crm_json_real(out, x, 6);
}

void crm_plan_choice_write(const struct crm_plan_choice *choice, const struct crm_blocks *blocks,
			   uint64_t new_pairs, struct crm_str *out)
{
	const struct crm_spec *spec = crm_blocks_people(blocks)->spec;
	const struct crm_block_report *r = &choice->report;

	crm_json_open(out, '{');
	crm_json_put(out, "type", "plan");
	crm_json_put(out, "rule", r->rule);
	put_bool(out, "used", choice->used);
	crm_json_put(out, "why", choice->why);
	write_keys(spec, "keys", choice->rule.key, choice->rule.n_keys, out);
	write_keys(spec, "divide", choice->rule.divide, choice->rule.n_divide, out);
	put_bool(out, "made", choice->made);
	crm_json_put_int(out, "pairs", (int64_t)r->pairs);
	crm_json_put_int(out, "new_pairs", (int64_t)new_pairs);
	put_real(out, "new_matches", round(choice->new_matches));
	crm_json_put_int(out, "blocks", r->blocks);
	write_top(choice, blocks, out);
	crm_json_put_int(out, "divided_blocks", r->divided_blocks);
	crm_json_put_int(out, "dropped_blocks", r->dropped_blocks);
	crm_json_put_int(out, "dropped_pairs", (int64_t)r->dropped_pairs);
	crm_json_close(out, '}');
	crm_str_addc(out, '\n');
}

void crm_plan_report_write(const struct crm_plan_report *report, const struct crm_people *people,
			   uint64_t pairs, struct crm_str *out)
{
	crm_json_open(out, '{');
	crm_json_put(out, "type", "plan");
	crm_json_key(out, "rule");
	crm_json_raw(out, CRM_SLICE("null"));
	crm_json_put_int(out, "profiles", people->n);
	crm_json_put_int(out, "rules", report->used);
	crm_json_put_int(out, "pairs", (int64_t)pairs);
	crm_json_put_int(out, "budget", (int64_t)report->budget);
	crm_json_put_int(out, "sample", report->sample);
	put_real(out, "matches", round(report->matches));
	crm_json_close(out, '}');
	crm_str_addc(out, '\n');
}
