/* SPDX-License-Identifier: MIT */
/* Conditions from JSON into nodes: everything that can be wrong about one is found here, so
 * that judging by it cannot fail. */
#include <string.h>

#include "rule/fold.h"
#include "rule/parts.h"

#define OF(type) (1u << CRM_RULE_##type)
#define RISING (OF(NUMBER) | OF(TIME) | OF(SPAN) | OF(CLOCK) | OF(LEVEL))

enum shape { /* what a condition is compared with */
	NOTHING,
	ONE,
	SOME, /* one, or a list of which one must do */
	PAIR, /* two: from, to */
	SPAN  /* a length of time, whatever the field's type is */
};

static const struct {
	const char *name;
	unsigned types; /* of fields that it is for */
	enum shape shape;
} ops[CRM_OPS] = {
	[CRM_OP_IS] = {"=", OF(TEXT) | OF(NUMBER) | OF(SPAN) | OF(LEVEL) | OF(BOOL), ONE},
	[CRM_OP_IS_NOT] = {"!=", OF(TEXT) | OF(NUMBER) | OF(SPAN) | OF(LEVEL) | OF(BOOL), ONE},
	[CRM_OP_LESS] = {"<", RISING, ONE},
	[CRM_OP_AT_MOST] = {"<=", RISING, ONE},
	[CRM_OP_MORE] = {">", RISING, ONE},
	[CRM_OP_AT_LEAST] = {">=", RISING, ONE},
	[CRM_OP_IN] = {"in", OF(TEXT) | OF(NUMBER) | OF(LEVEL), SOME},
	[CRM_OP_BETWEEN] = {"between", RISING, PAIR},
	[CRM_OP_HAS] = {"has", ~0u, NOTHING},
	[CRM_OP_LACKS] = {"lacks", ~0u, NOTHING},
	[CRM_OP_CONTAINS] = {"contains", OF(TEXT), SOME},
	[CRM_OP_STARTS] = {"starts", OF(TEXT), SOME},
	[CRM_OP_ENDS] = {"ends", OF(TEXT), SOME},
	[CRM_OP_WORDS] = {"words", OF(TEXT), SOME},
	[CRM_OP_WITHIN] = {"within", OF(TIME), SPAN},
	[CRM_OP_OLDER] = {"older", OF(TIME), SPAN},
};

static const char *const type_names[] = {
	[CRM_RULE_TEXT] = "a text",         [CRM_RULE_NUMBER] = "a number",
	[CRM_RULE_TIME] = "a time",         [CRM_RULE_SPAN] = "a length of time",
	[CRM_RULE_CLOCK] = "a time of day", [CRM_RULE_LEVEL] = "one of several names",
	[CRM_RULE_BOOL] = "true or false",
};

struct compiler {
	const struct crm_rule_line *line;
	struct crm_rules *rules;
	const struct crm_json_value *values; /* of the line's document */
	int depth;
};

static enum crm_status add_condition(struct compiler *c, uint32_t at);

static struct crm_rule_node *node(struct compiler *c, uint32_t i)
{
	return &c->rules->nodes[i];
}

static uint32_t open_node(struct compiler *c, enum crm_rule_node_kind kind)
{
	struct crm_rules *r = c->rules;

	CRM_GROW(r->nodes, r->n_nodes + 1, r->cap_nodes);
	r->nodes[r->n_nodes] = (struct crm_rule_node){.kind = kind};
	return (uint32_t)r->n_nodes++;
}

static void close_node(struct compiler *c, uint32_t i)
{
	node(c, i)->end = (uint32_t)c->rules->n_nodes;
}

static bool is_open_ended(const char *field)
{
	size_t n = strlen(field);

	return n > 2 && !strcmp(field + n - 2, ".*");
}

/* What fields of open names are is told by what they are compared with. */
static enum crm_rule_type type_of(const struct crm_json_value *v)
{
	if (v && v->type == CRM_JSON_ARRAY && v->count)
		v++;
	if (v && v->type == CRM_JSON_NUMBER)
		return CRM_RULE_NUMBER;
	if (v && (v->type == CRM_JSON_TRUE || v->type == CRM_JSON_FALSE))
		return CRM_RULE_BOOL;
	return CRM_RULE_TEXT;
}

/* The slot of a field, NULL when there is no such field. v: what it is compared with, or
 * NULL. */
static struct crm_rule_slot *slot_of(struct compiler *c, const char *name,
				     const struct crm_json_value *v)
{
	struct crm_rules *r = c->rules;
	const struct crm_rule_field *open = NULL;

	for (size_t i = 0; i < r->n_slots; i++)
		if (!strcmp(r->slots[i].name, name) && !is_open_ended(name)
		    && (i < r->spec->n_fields || !v || r->slots[i].type == type_of(v)))
			return &r->slots[i];
	for (size_t i = 0; i < r->spec->n_fields && !open; i++) {
		const char *f = r->spec->fields[i].name;
		size_t n = strlen(f) - 1;

		if (is_open_ended(f) && strlen(name) > n && !strncmp(name, f, n))
			open = &r->spec->fields[i];
	}
	if (!open || is_open_ended(name))
		return NULL;
	CRM_GROW(r->slots, r->n_slots + 1, r->cap_slots);
	r->slots[r->n_slots] = (struct crm_rule_slot){name, open, type_of(v), false, NULL};
	return &r->slots[r->n_slots++];
}

static enum crm_status add_operand(struct compiler *c, struct crm_rule_slot *slot,
				   enum crm_rule_op op, const struct crm_json_value *v)
{
	struct crm_rules *r = c->rules;
	struct crm_value value;
	union crm_rule_operand x = {.n = 0};
	enum crm_rule_type type = ops[op].shape == SPAN ? CRM_RULE_SPAN : slot->type;
	struct crm_str folded = CRM_STR_INIT;
	enum crm_status rc = crm_value_read(c->line, slot->name, slot->field, type, v, &value);

	if (rc != CRM_OK)
		return rc;
	if (type == CRM_RULE_NUMBER) {
		x.number = value.number;
	} else if (type != CRM_RULE_TEXT) {
		x.n = value.n;
	} else {
		crm_fold(value.text, &folded);
		if (!folded.len)
			rc = crm_line_fail(c->line,
					   "%s: an empty text is in every text; ask for "
					   "\"lacks\" or \"has\"",
					   slot->name);
		else if (op == CRM_OP_WORDS && !strcmp(folded.ptr, "*"))
			rc = crm_line_fail(c->line, "%s: a word before the * was expected",
					   slot->name);
		x.text = (struct crm_slice){crm_arena_strndup(&r->arena, folded.ptr, folded.len),
					    folded.len};
		crm_str_release(&folded);
	}
	if (rc == CRM_OK && op == CRM_OP_WORDS) {
		if (!slot->lexicon)
			slot->lexicon = crm_lexicon_new();
		x.phrase = crm_lexicon_add(slot->lexicon, x.text);
	}
	CRM_GROW(r->operands, r->n_operands + 1, r->cap_operands);
	r->operands[r->n_operands++] = x;
	return rc;
}

static enum crm_status add_operands(struct compiler *c, struct crm_rule_slot *slot,
				    enum crm_rule_op op, const struct crm_json_value *v)
{
	bool list = v->type == CRM_JSON_ARRAY;
	enum crm_status rc = CRM_OK;
	uint32_t i, k;

	if (list && (ops[op].shape == ONE || ops[op].shape == SPAN))
		return crm_line_fail(c->line,
				     "%s: '%s' takes one value; for one of several use "
				     "\"in\"",
				     slot->name, ops[op].name);
	if (ops[op].shape == PAIR && (!list || v->count != 2))
		return crm_line_fail(c->line, "%s: \"between\" takes a list of two, from and to",
				     slot->name);
	if (!list)
		return add_operand(c, slot, op, v);
	if (!v->count)
		return crm_line_fail(c->line, "%s: an empty list, which never holds", slot->name);
	i = (uint32_t)(v - c->values) + 1;
	for (k = 0; k < v->count && rc == CRM_OK; k++, i = c->values[i].next)
		rc = add_operand(c, slot, op, &c->values[i]);
	return rc;
}

/* A pair that goes down never holds, but for times of day, which pass midnight. */
static bool is_backward(const struct crm_rules *r, enum crm_rule_type type, size_t first)
{
	const union crm_rule_operand *x = &r->operands[first];

	if (type == CRM_RULE_NUMBER)
		return x[0].number > x[1].number;
	return type != CRM_RULE_CLOCK && x[0].n > x[1].n;
}

/* "in" is for "=" with a list; it saves having to say so. */
static enum crm_status add_leaf(struct compiler *c, const char *name, enum crm_rule_op op,
				const struct crm_json_value *v)
{
	struct crm_rules *r = c->rules;
	struct crm_rule_slot *slot = slot_of(c, name, v);
	size_t first = r->n_operands;
	enum crm_status rc = CRM_OK;
	uint32_t i;

	if (!slot)
		return crm_line_unknown_field(c->line, "field", name, r->spec->fields,
					      r->spec->n_fields);
	if (!(ops[op].types & 1u << slot->type))
		return crm_line_fail(c->line, "%s is %s, and '%s' is not for such", name,
				     type_names[slot->type], ops[op].name);
	if (ops[op].shape != NOTHING && !v)
		return crm_line_fail(c->line, "%s: '%s' needs a \"v\", what to compare with", name,
				     ops[op].name);
	if (ops[op].shape != NOTHING && (rc = add_operands(c, slot, op, v)) != CRM_OK)
		return rc;
	if (ops[op].shape == PAIR && is_backward(r, slot->type, first))
		return crm_line_fail(c->line, "%s: \"between\" goes from the smaller to the larger",
				     name);
	slot->needed = true;
	i = open_node(c, CRM_NODE_LEAF);
	node(c, i)->op = op;
	node(c, i)->type = slot->type;
	node(c, i)->slot = (uint32_t)(slot - r->slots);
	node(c, i)->first = (uint32_t)first;
	node(c, i)->n = (uint32_t)(r->n_operands - first);
	close_node(c, i);
	return rc;
}

static enum crm_status find_op(struct compiler *c, const char *name, enum crm_rule_op *op)
{
	const char *names[CRM_OPS];

	for (*op = 0; *op < CRM_OPS; ++*op) {
		names[*op] = ops[*op].name;
		if (!strcmp(ops[*op].name, name))
			return CRM_OK;
	}
	return crm_line_unknown(c->line, "operator", name, names, CRM_OPS);
}

/* {"f":NAME,"op":OP,"v":VALUE} */
static enum crm_status add_long(struct compiler *c, uint32_t at)
{
	const struct crm_json_value *f = NULL, *op = NULL, *v = NULL, *m;
	enum crm_rule_op code = CRM_OP_IS;
	enum crm_status rc;

	for (uint32_t i = at + 1; i < c->values[at].next; i = m->next) {
		m = &c->values[i];
		if (crm_slice_is(m->key, "f"))
			f = m;
		else if (crm_slice_is(m->key, "op"))
			op = m;
		else if (crm_slice_is(m->key, "v"))
			v = m;
		else
			return crm_line_fail(c->line,
					     "unknown member '%s' beside \"f\", \"op\", \"v\"",
					     crm_line_key(c->line, m));
	}
	if (f->type != CRM_JSON_STRING || (op && op->type != CRM_JSON_STRING))
		return crm_line_fail(c->line, "\"f\" and \"op\" are names in quotes");
	if (op && (rc = find_op(c, crm_line_copy(c->line, op), &code)) != CRM_OK)
		return rc;
	if (!op && v && v->type == CRM_JSON_ARRAY)
		code = CRM_OP_IN;
	if (ops[code].shape == NOTHING && v)
		return crm_line_fail(c->line, "'%s' takes no \"v\"", ops[code].name);
	return add_leaf(c, crm_line_copy(c->line, f), code, v);
}

/* NAME: value, list of values, or {OP: value, …}. */
static enum crm_status add_short(struct compiler *c, const struct crm_json_value *v)
{
	const char *name = crm_line_key(c->line, v);
	const struct crm_json_value *m;
	enum crm_rule_op op;
	enum crm_status rc = CRM_OK;
	uint32_t i;

	if (v->type == CRM_JSON_ARRAY)
		return add_leaf(c, name, CRM_OP_IN, v);
	if (v->type != CRM_JSON_OBJECT)
		return add_leaf(c, name, CRM_OP_IS, v);
	if (!v->count)
		return crm_line_fail(c->line, "%s: {} asks for nothing", name);
	for (i = (uint32_t)(v - c->values) + 1; i < v->next && rc == CRM_OK; i = m->next) {
		m = &c->values[i];
		rc = find_op(c, crm_line_key(c->line, m), &op);
		if (rc == CRM_OK && ops[op].shape == NOTHING && m->type != CRM_JSON_TRUE)
			rc = crm_line_fail(c->line, "%s: '%s' takes true", name, ops[op].name);
		if (rc == CRM_OK)
			rc = add_leaf(c, name, op, ops[op].shape == NOTHING ? NULL : m);
	}
	return rc;
}

/* and, or: a list of conditions; not: one. */
static enum crm_status add_group(struct compiler *c, enum crm_rule_node_kind kind,
				 const struct crm_json_value *v)
{
	uint32_t group = open_node(c, kind), i = (uint32_t)(v - c->values);
	enum crm_status rc = CRM_OK;

	if (kind == CRM_NODE_NOT) {
		rc = add_condition(c, i);
	} else if (v->type != CRM_JSON_ARRAY || !v->count) {
		rc = crm_line_fail(c->line, "\"%s\" takes a list of conditions",
				   kind == CRM_NODE_OR ? "or" : "and");
	} else {
		for (i++; i < v->next && rc == CRM_OK; i = c->values[i].next)
			rc = add_condition(c, i);
	}
	close_node(c, group);
	return rc;
}

/* All members of an object must hold. */
static enum crm_status add_members(struct compiler *c, uint32_t at)
{
	const struct crm_json_value *m;
	uint32_t all = open_node(c, CRM_NODE_AND), i;
	enum crm_status rc = CRM_OK;

	for (i = at + 1; i < c->values[at].next && rc == CRM_OK; i = m->next) {
		m = &c->values[i];
		if (crm_slice_is(m->key, "and"))
			rc = add_group(c, CRM_NODE_AND, m);
		else if (crm_slice_is(m->key, "or"))
			rc = add_group(c, CRM_NODE_OR, m);
		else if (crm_slice_is(m->key, "not"))
			rc = add_group(c, CRM_NODE_NOT, m);
		else
			rc = add_short(c, m);
	}
	close_node(c, all);
	return rc;
}

static enum crm_status add_condition(struct compiler *c, uint32_t at)
{
	const struct crm_json_value *v = &c->values[at];
	enum crm_status rc;

	if (v->type != CRM_JSON_OBJECT || !v->count)
		return crm_line_fail(c->line,
				     "a condition was expected, such as "
				     "{\"channel\":\"email\"}, not %.*s",
				     (int)(v->text.len < 60 ? v->text.len : 60), v->text.ptr);
	if (++c->depth > CRM_RULE_DEPTH)
		return crm_line_fail(c->line, "conditions within conditions more than %d deep",
				     CRM_RULE_DEPTH);
	rc = crm_json_member(c->line->doc, v, "f") ? add_long(c, at) : add_members(c, at);
	c->depth--;
	return rc;
}

enum crm_status crm_line_condition(const struct crm_rule_line *line, const char *member,
				   uint32_t *out)
{
	const struct crm_json_value *v = crm_json_member(line->doc, line->doc->values, member);
	struct compiler c = {.line = line, .rules = line->rules, .values = line->doc->values};

	*out = v ? (uint32_t)line->rules->n_nodes : CRM_ALWAYS;
	return v ? add_condition(&c, (uint32_t)(v - c.values)) : CRM_OK;
}
