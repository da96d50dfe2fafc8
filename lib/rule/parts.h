/* SPDX-License-Identifier: MIT */
/*
 * parts: what the files of this folder share of rules that are ready. For them alone.
 *
 * All conditions are nodes of one array, each followed by those below it, and all values that
 * they compare with are operands of one array. Node 0 holds always.
 */
#ifndef CRM_RULE_PARTS_H
#define CRM_RULE_PARTS_H

#include "base/mem.h"
#include "base/table.h"
#include "rule/lexicon.h"
#include "rule/rule.h"

#define CRM_RULE_DEPTH 16     /* and, or, not within each other */
#define CRM_RULE_LINES 100000 /* lines of all files */

enum crm_rule_op {
	CRM_OP_IS,
	CRM_OP_IS_NOT,
	CRM_OP_LESS,
	CRM_OP_AT_MOST,
	CRM_OP_MORE,
	CRM_OP_AT_LEAST,
	CRM_OP_IN,
	CRM_OP_BETWEEN,
	CRM_OP_HAS,
	CRM_OP_LACKS,
	CRM_OP_CONTAINS,
	CRM_OP_STARTS,
	CRM_OP_ENDS,
	CRM_OP_WORDS,
	CRM_OP_WITHIN,
	CRM_OP_OLDER,
	CRM_OPS
};

enum crm_rule_node_kind {
	CRM_NODE_AND, /* all of the nodes below; of none: true */
	CRM_NODE_OR,
	CRM_NODE_NOT, /* of the one below */
	CRM_NODE_LEAF
};

struct crm_rule_node {
	enum crm_rule_node_kind kind;
	uint32_t end; /* the node after all that is below */
	/* of a leaf */
	enum crm_rule_op op;
	enum crm_rule_type type; /* of the slot */
	uint32_t slot;
	uint32_t first, n; /* operands */
};

union crm_rule_operand {
	struct crm_slice text; /* folded */
	double number;
	int64_t n;
	size_t phrase; /* of words: a number in the slot's lexicon */
};

struct crm_rule_slot {
	const char *name;
	const struct crm_rule_field *field;
	enum crm_rule_type type;
	bool needed;
	struct crm_lexicon *lexicon; /* NULL: no words are asked for */
};

struct crm_rule_set { /* one assignment of a "do" */
	uint32_t action;
	struct crm_value value; /* not there: take back */
};

struct crm_rule {
	const char *name;
	uint32_t condition;
	uint32_t first, n; /* sets */
	bool stop;
};

struct crm_rule_entry { /* a line as it was read */
	const char *kind, *name, *file;
	struct crm_slice json;
	int64_t line;
	uint32_t file_number;
	bool off;
	uint32_t next; /* in the order of lines: number from 1, 0: none */
};

struct crm_rules {
	const struct crm_rule_spec *spec;
	struct crm_arena arena; /* all text */
	struct crm_rule_entry *entries;
	size_t n_entries, cap_entries;
	uint32_t first, last;     /* of them, in the order of lines */
	struct crm_table by_name; /* of entries: hash of kind and name */
	uint32_t files;
	struct crm_rule_slot *slots;
	size_t n_slots, cap_slots;
	struct crm_rule_node *nodes;
	size_t n_nodes, cap_nodes;
	union crm_rule_operand *operands;
	size_t n_operands, cap_operands;
	struct crm_rule_set *sets;
	size_t n_sets, cap_sets;
	struct crm_rule *list;
	size_t n, cap;
	int64_t *field_of; /* of each action: the slot that it changes too; -1: none */
};

/* Reads a value of a field's type from JSON into *out (line.c). Texts are copied to the arena
 * as they are; what names it in errors. */
enum crm_status crm_value_read(const struct crm_rule_line *line, const char *what,
			       const struct crm_rule_field *field, enum crm_rule_type type,
			       const struct crm_json_value *json, struct crm_value *out);
/* "unknown WHAT 'NAME'", with the one of n names that was probably meant. */
enum crm_status crm_line_unknown(const struct crm_rule_line *line, const char *what,
				 const char *name, const char *const *names, size_t n);
/* The same of n fields or actions. */
enum crm_status crm_line_unknown_field(const struct crm_rule_line *line, const char *what,
				       const char *name, const struct crm_rule_field *fields,
				       size_t n);
/* The text of a string as a new C string in the rules' arena. */
const char *crm_line_copy(const struct crm_rule_line *line, const struct crm_json_value *json);
/* The key of a member, likewise. */
const char *crm_line_key(const struct crm_rule_line *line, const struct crm_json_value *json);

#endif
