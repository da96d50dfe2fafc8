/* SPDX-License-Identifier: MIT */
/* Judging a subject. A text is folded, and searched for words, when the first condition asks
 * for it, and once however many do. */
#include <stdlib.h>
#include <string.h>

#include "rule/fold.h"
#include "rule/parts.h"

struct text { /* of a slot, for one subject */
	struct crm_str folded;
	uint64_t *found; /* phrases: a bit each */
	uint32_t folded_for, found_for;
};

struct list {
	struct crm_slice *items;
	size_t n, cap;
};

struct crm_judge {
	const struct crm_rules *rules;
	struct crm_value *values;
	int64_t now;
	uint32_t subject; /* counts them: what was folded for another one does not count */
	struct text *texts;
	struct crm_value *set; /* of each action */
	uint32_t *by;          /* and the rule that set it */
	struct list *lists;
	uint32_t *fired;
	size_t n_fired;
};

struct crm_judge *crm_judge_new(const struct crm_rules *r)
{
	struct crm_judge *j = crm_calloc(1, sizeof(*j));

	j->rules = r;
	j->texts = crm_calloc(r->n_slots + 1, sizeof(*j->texts));
	for (size_t i = 0; i < r->n_slots; i++) {
		size_t n = r->slots[i].lexicon ? crm_lexicon_count(r->slots[i].lexicon) : 0;

		j->texts[i].folded = (struct crm_str)CRM_STR_INIT;
		j->texts[i].found = n ? crm_calloc((n + 63) / 64, sizeof(uint64_t)) : NULL;
	}
	j->set = crm_calloc(r->spec->n_actions + 1, sizeof(*j->set));
	j->by = crm_calloc(r->spec->n_actions + 1, sizeof(*j->by));
	j->lists = crm_calloc(r->spec->n_actions + 1, sizeof(*j->lists));
	j->fired = crm_calloc(r->n + 1, sizeof(*j->fired));
	return j;
}

void crm_judge_free(struct crm_judge *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < j->rules->n_slots; i++) {
		crm_str_release(&j->texts[i].folded);
		free(j->texts[i].found);
	}
	for (size_t i = 0; i < j->rules->spec->n_actions; i++)
		free(j->lists[i].items);
	free(j->texts);
	free(j->set);
	free(j->by);
	free(j->lists);
	free(j->fired);
	free(j);
}

void crm_judge_begin(struct crm_judge *j, struct crm_value *values, int64_t now)
{
	j->values = values;
	j->now = now;
	j->n_fired = 0;
	memset(j->set, 0, j->rules->spec->n_actions * sizeof(*j->set));
	for (size_t i = 0; i < j->rules->spec->n_actions; i++)
		j->lists[i].n = 0;
	if (++j->subject == 0) { /* after 2^32 of them all is stale */
		for (size_t i = 0; i < j->rules->n_slots; i++)
			j->texts[i].folded_for = j->texts[i].found_for = 0;
		j->subject = 1;
	}
}

static struct crm_slice folded(struct crm_judge *j, uint32_t slot)
{
	struct text *t = &j->texts[slot];

	if (t->folded_for != j->subject) {
		crm_str_clear(&t->folded);
		crm_fold(j->values[slot].text, &t->folded);
		t->folded_for = j->subject;
	}
	return (struct crm_slice){t->folded.ptr, t->folded.len};
}

static const uint64_t *found(struct crm_judge *j, uint32_t slot)
{
	struct text *t = &j->texts[slot];

	if (t->found_for != j->subject) {
		crm_lexicon_find(j->rules->slots[slot].lexicon, folded(j, slot), t->found);
		t->found_for = j->subject;
	}
	return t->found;
}

/* Is the text of a slot this one, folded? Names such as those of channels need no folding to
 * be told: up to the first character that is not plain ASCII each stands for itself. */
static bool text_is(struct crm_judge *j, uint32_t slot, struct crm_slice want)
{
	struct crm_slice text = j->values[slot].text;
	size_t i;

	for (i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c <= ' ' || c >= 0x7F)
			return crm_slice_same(folded(j, slot), want);
		if (i >= want.len || (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c) != want.ptr[i])
			return false;
	}
	return i == want.len;
}

static bool text_holds(struct crm_judge *j, const struct crm_rule_node *node,
		       const union crm_rule_operand *x)
{
	struct crm_slice text;

	switch (node->op) {
	case CRM_OP_IS:
	case CRM_OP_IS_NOT:
	case CRM_OP_IN:
		return text_is(j, node->slot, x->text);
	case CRM_OP_WORDS:
		return found(j, node->slot)[x->phrase / 64] >> (x->phrase % 64) & 1;
	default:
		break;
	}
	text = folded(j, node->slot);
	if (text.len < x->text.len)
		return false;
	switch (node->op) {
	case CRM_OP_STARTS:
		return !memcmp(text.ptr, x->text.ptr, x->text.len);
	case CRM_OP_ENDS:
		return !memcmp(text.ptr + text.len - x->text.len, x->text.ptr, x->text.len);
	default: /* contains */
		return memmem(text.ptr, text.len, x->text.ptr, x->text.len) != NULL;
	}
}

static int order(const struct crm_rule_node *node, const struct crm_value *value,
		 const union crm_rule_operand *x)
{
	if (node->type == CRM_RULE_NUMBER)
		return (value->number > x->number) - (value->number < x->number);
	return (value->n > x->n) - (value->n < x->n);
}

/* How long ago a time is; what is to come is not past. */
static bool is_past(const struct crm_judge *j, int64_t at, int64_t *ago)
{
	return at <= j->now && !__builtin_sub_overflow(j->now, at, ago);
}

static bool value_holds(const struct crm_judge *j, const struct crm_rule_node *node,
			const union crm_rule_operand *x)
{
	const struct crm_value *value = &j->values[node->slot];
	int low = order(node, value, x);
	int64_t ago;

	switch (node->op) {
	case CRM_OP_LESS:
		return low < 0;
	case CRM_OP_AT_MOST:
		return low <= 0;
	case CRM_OP_MORE:
		return low > 0;
	case CRM_OP_AT_LEAST:
		return low >= 0;
	case CRM_OP_BETWEEN:
		if (node->type != CRM_RULE_CLOCK)
			return low >= 0 && order(node, value, x + 1) <= 0;
		/* From up to, but not at; past midnight where it goes down. */
		return x[0].n <= x[1].n ? low >= 0 && value->n < x[1].n
					: low >= 0 || value->n < x[1].n;
	case CRM_OP_WITHIN:
		return is_past(j, value->n, &ago) && ago <= x->n;
	case CRM_OP_OLDER:
		return is_past(j, value->n, &ago) && ago > x->n;
	default: /* is, in, is not */
		return low == 0;
	}
}

static bool leaf_holds(struct crm_judge *j, const struct crm_rule_node *node)
{
	const union crm_rule_operand *x = j->rules->operands + node->first;
	bool there = j->values[node->slot].there, any = false;

	if (node->op == CRM_OP_HAS || node->op == CRM_OP_LACKS)
		return there == (node->op == CRM_OP_HAS);
	if (there && node->op == CRM_OP_BETWEEN)
		return value_holds(j, node, x);
	for (uint32_t i = 0; there && i < node->n && !any; i++)
		any = node->type == CRM_RULE_TEXT ? text_holds(j, node, x + i)
						  : value_holds(j, node, x + i);
	return any != (node->op == CRM_OP_IS_NOT);
}

static bool holds(struct crm_judge *j, uint32_t i)
{
	const struct crm_rule_node *nodes = j->rules->nodes, *node = &nodes[i];

	switch (node->kind) {
	case CRM_NODE_LEAF:
		return leaf_holds(j, node);
	case CRM_NODE_NOT:
		return !holds(j, i + 1);
	case CRM_NODE_AND:
		for (i++; i < node->end; i = nodes[i].end)
			if (!holds(j, i))
				return false;
		return true;
	case CRM_NODE_OR:
		for (i++; i < node->end; i = nodes[i].end)
			if (holds(j, i))
				return true;
		return false;
	}
	return false;
}

bool crm_judge_holds(struct crm_judge *j, uint32_t condition)
{
	return holds(j, condition);
}

static void list_add(struct list *list, struct crm_slice text)
{
	for (size_t i = 0; i < list->n; i++)
		if (crm_slice_same(list->items[i], text))
			return;
	CRM_GROW(list->items, list->n + 1, list->cap);
	list->items[list->n++] = text;
}

static void apply_set(struct crm_judge *j, const struct crm_rule_set *set, uint32_t rule)
{
	int64_t slot = j->rules->field_of[set->action];

	j->set[set->action] = set->value;
	j->by[set->action] = rule;
	if (j->rules->spec->actions[set->action].list) {
		if (set->value.there)
			list_add(&j->lists[set->action], set->value.text);
		else
			j->lists[set->action].n = 0;
	}
	if (slot < 0)
		return;
	j->values[slot] = set->value;
	j->texts[slot].folded_for = j->texts[slot].found_for = 0;
}

void crm_judge_apply(struct crm_judge *j)
{
	const struct crm_rules *r = j->rules;

	for (uint32_t i = 0; i < r->n; i++) {
		const struct crm_rule *rule = &r->list[i];

		if (!holds(j, rule->condition))
			continue;
		j->fired[j->n_fired++] = i;
		for (uint32_t k = 0; k < rule->n; k++)
			apply_set(j, &r->sets[rule->first + k], i);
		if (rule->stop)
			return;
	}
}

const struct crm_value *crm_judge_value(const struct crm_judge *j, size_t action)
{
	return &j->set[action];
}

int64_t crm_judge_by(const struct crm_judge *j, size_t action)
{
	return j->set[action].there ? (int64_t)j->by[action] : -1;
}

const struct crm_slice *crm_judge_list(const struct crm_judge *j, size_t action, size_t *n)
{
	*n = j->lists[action].n;
	return j->lists[action].items;
}

const uint32_t *crm_judge_fired(const struct crm_judge *j, size_t *n)
{
	*n = j->n_fired;
	return j->fired;
}

void crm_judge_json(const struct crm_judge *j, struct crm_str *out)
{
	crm_json_open(out, '[');
	for (size_t i = 0; i < j->n_fired; i++)
		crm_json_string(out, crm_slice_of(j->rules->list[j->fired[i]].name));
	crm_json_close(out, ']');
}
