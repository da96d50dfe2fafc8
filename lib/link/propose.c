/* SPDX-License-Identifier: MIT */
/* Candidates for a plan, and plans as JSON; see propose.h and plan.h. */
#include "link/propose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/condition.h"

void crm_plan_add(struct crm_plan *plan, const struct crm_block_rule *rule, const char *name)
{
	if (plan->n == CRM_RULES)
		return;
	snprintf(plan->name[plan->n], CRM_RULE_NAME, "%s", name);
	plan->rule[plan->n] = *rule;
	plan->rule[plan->n++].name = NULL;
}

/* Which base columns the comparisons look at, and which the rules. */
static void columns_used(const struct crm_spec *spec, bool compared[CRM_COLUMNS],
			 bool named[CRM_COLUMNS])
{
	const struct crm_measures *m = spec->measures;
	int i, k;

	memset(compared, 0, CRM_COLUMNS * sizeof(*compared));
	memset(named, 0, CRM_COLUMNS * sizeof(*named));
	for (i = 0; m && i < m->n; i++)
		if (m->measure[i].fn != CRM_LEVEL)
			compared[crm_column_base(spec, m->measure[i].a)] = true;
	for (i = 0; i < spec->n_rules; i++)
		for (k = 0; k < spec->rule[i].n_keys; k++) {
			const struct crm_block_key *key = &spec->rule[i].key[k];

			named[crm_column_base(spec, key->a)] = true;
			if (key->how != CRM_KEY_PLAIN)
				named[crm_column_base(spec, key->b)] = true;
		}
}

/* A rule on a column, together with another one where that is given. */
static void make_rule(struct crm_plan *plan, const struct crm_spec *spec, int a, int b)
{
	struct crm_block_rule rule = {.n_keys = b < 0 ? 1 : 2};
	char name[CRM_RULE_NAME];

	rule.key[0] = (struct crm_block_key){CRM_KEY_PLAIN, a, a};
	rule.key[1] = (struct crm_block_key){CRM_KEY_PLAIN, b < 0 ? a : b, b < 0 ? a : b};
	snprintf(name, sizeof(name), b < 0 ? "%s" : "%s+%s", spec->column[a].name,
		 b < 0 ? "" : spec->column[b].name);
	crm_plan_add(plan, &rule, name);
}

/* Rules of columns that are compared but are in no rule: alone, and with each of the others. */
static void make_rules(struct crm_plan *plan, const struct crm_spec *spec)
{
	bool compared[CRM_COLUMNS], named[CRM_COLUMNS];
	int a, b;

	columns_used(spec, compared, named);
	for (a = 0; a < spec->n_base; a++) {
		if (!compared[a] || named[a])
			continue;
		make_rule(plan, spec, a, -1);
		for (b = 0; b < spec->n_base && !spec->column[a].list; b++)
			if (b != a && compared[b] && (named[b] || b > a) && !spec->column[b].list)
				make_rule(plan, spec, a, b);
	}
}

void crm_plan_propose(struct crm_plan *plan, const struct crm_spec *spec, uint32_t cap, int *made)
{
	crm_plan_all(plan, spec, cap);
	*made = plan->n;
	if (spec->propose)
		make_rules(plan, spec);
}

void crm_plan_all(struct crm_plan *plan, const struct crm_spec *spec, uint32_t cap)
{
	int r;

	memset(plan, 0, sizeof(*plan));
	plan->cap = cap ? cap : CRM_BLOCK_CAP;
	for (r = 0; r < spec->n_rules; r++)
		crm_plan_add(plan, &spec->rule[r], spec->rule[r].name);
}

bool crm_plan_divide(const struct crm_spec *spec, const struct crm_block_rule *rule,
		     const char *name, int k, struct crm_block_rule *out,
		     char out_name[CRM_RULE_NAME])
{
	const struct crm_block_key *key = &rule->divide[k];

	if (k >= rule->n_divide || rule->n_keys == CRM_KEYS)
		return false;
	*out = *rule;
	out->key[out->n_keys++] = *key;
	memmove(&out->divide[k], &out->divide[k + 1],
		(size_t)(rule->n_divide - k - 1) * sizeof(*key));
	out->n_divide--;
	snprintf(out_name, CRM_RULE_NAME, "%s/%s", name, spec->column[key->a].name);
	return true;
}

/* ---- as JSON ---- */

void crm_plan_write(const struct crm_plan *plan, struct crm_str *out)
{
	int r;

	crm_json_open(out, '{');
	crm_json_put_int(out, "cap", plan->cap);
	crm_json_key(out, "rules");
	crm_json_open(out, '[');
	for (r = 0; r < plan->n; r++)
		crm_json_string(out, crm_slice_of(plan->name[r]));
	crm_json_close(out, ']');
	crm_json_close(out, '}');
}

/* Adds the candidate of this name, whole or divided. */
static bool add_named(struct crm_plan *plan, const struct crm_spec *spec,
		      const struct crm_plan *all, const char *name)
{
	struct crm_block_rule rule;
	char divided[CRM_RULE_NAME];
	int r, k;

	for (r = 0; r < all->n; r++) {
		if (!strcmp(all->name[r], name)) {
			crm_plan_add(plan, &all->rule[r], name);
			return true;
		}
		for (k = 0; k < CRM_KEYS; k++)
			if (crm_plan_divide(spec, &all->rule[r], all->name[r], k, &rule, divided)
			    && !strcmp(divided, name)) {
				crm_plan_add(plan, &rule, name);
				return true;
			}
	}
	return false;
}

static enum crm_status read_names(struct crm_plan *plan, const struct crm_spec *spec,
				  const struct crm_json_doc *doc,
				  const struct crm_json_value *rules, struct crm_err *err)
{
	struct crm_plan *all = crm_malloc(sizeof(*all));
	const struct crm_json_value *v = rules + 1;
	struct crm_str name = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;
	uint32_t i;
	int made;

	crm_plan_propose(all, spec, plan->cap, &made);
	for (i = 0; i < rules->count && rc == CRM_OK; i++, v = &doc->values[v->next]) {
		crm_str_clear(&name);
		crm_json_text(v, &name);
		if (!add_named(plan, spec, all, name.ptr))
			rc = crm_fail(err, CRM_DATA,
				      "the plan has a blocking rule '%.*s' that the specification "
				      "has not",
				      80, name.ptr);
	}
	crm_str_release(&name);
	free(all);
	return rc;
}

enum crm_status crm_plan_read(struct crm_plan *plan, const struct crm_spec *spec,
			      const struct crm_json_doc *doc, const struct crm_json_value *value,
			      struct crm_err *err)
{
	const struct crm_json_value *cap, *rules;
	long n;

	memset(plan, 0, sizeof(*plan));
	if (value->type != CRM_JSON_OBJECT || !(cap = crm_json_member(doc, value, "cap"))
	    || cap->type != CRM_JSON_NUMBER || (n = strtol(cap->text.ptr, NULL, 10)) < 2
	    || n > INT32_MAX || !(rules = crm_json_member(doc, value, "rules"))
	    || rules->type != CRM_JSON_ARRAY || rules->count > CRM_RULES)
		return crm_fail(err, CRM_DATA, "the plan of blocking rules is not one");
	plan->cap = (uint32_t)n;
	return read_names(plan, spec, doc, rules, err);
}
