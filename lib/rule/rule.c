/* SPDX-License-Identifier: MIT */
/* Reading rules files. Lines are kept as text until all files are read, since a later file may
 * take the place of any of them; then they become rules. */
#include "rule/rule.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "rule/parts.h"

struct crm_rules *crm_rules_new(const struct crm_rule_spec *spec)
{
	struct crm_rules *r = crm_calloc(1, sizeof(*r));

	r->spec = spec;
	for (size_t i = 0; i < spec->n_fields; i++) {
		const struct crm_rule_field *f = &spec->fields[i];

		CRM_GROW(r->slots, r->n_slots + 1, r->cap_slots);
		r->slots[r->n_slots++] = (struct crm_rule_slot){f->name, f, f->type, false, NULL};
	}
	CRM_GROW(r->nodes, 1, r->cap_nodes);
	r->nodes[r->n_nodes++] = (struct crm_rule_node){.kind = CRM_NODE_AND, .end = 1};
	r->field_of = crm_calloc(spec->n_actions + 1, sizeof(*r->field_of));
	for (size_t a = 0; a < spec->n_actions; a++) {
		r->field_of[a] = -1;
		for (size_t i = 0; i < spec->n_fields && !spec->actions[a].list; i++)
			if (!strcmp(spec->fields[i].name, spec->actions[a].name)
			    && spec->fields[i].type == spec->actions[a].type)
				r->field_of[a] = (int64_t)i;
	}
	return r;
}

void crm_rules_free(struct crm_rules *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_slots; i++)
		crm_lexicon_free(r->slots[i].lexicon);
	crm_arena_release(&r->arena);
	crm_table_release(&r->by_name);
	free(r->entries);
	free(r->slots);
	free(r->nodes);
	free(r->operands);
	free(r->sets);
	free(r->list);
	free(r->field_of);
	free(r);
}

static uint64_t name_hash(const char *kind, const char *name)
{
	return crm_hash64_with(crm_hash64(kind, strlen(kind)), crm_hash64(name, strlen(name)));
}

static struct crm_rule_entry *find_entry(struct crm_rules *r, const char *kind, const char *name)
{
	struct crm_probe p = crm_table_probe(&r->by_name, name_hash(kind, name));

	while (crm_table_next(&r->by_name, &p)) {
		struct crm_rule_entry *e = &r->entries[p.index];

		if (!strcmp(e->kind, kind) && !strcmp(e->name, name))
			return e;
	}
	return NULL;
}

/* A line of no known kind; of a known one, no known name. */
static enum crm_status unknown(const struct crm_rule_line *line, const char *kind, bool known)
{
	const struct crm_rule_spec *spec = line->rules->spec;
	const char **names = crm_malloc((spec->n_kinds + 1) * sizeof(*names));
	enum crm_status rc;
	size_t n = 0;

	if (!known)
		names[n++] = "rule";
	for (size_t i = 0; i < spec->n_kinds; i++)
		if (!known || !strcmp(spec->kinds[i].kind, kind))
			names[n++] = known ? spec->kinds[i].name : spec->kinds[i].kind;
	rc = known ? crm_line_unknown(line, kind, line->name, names, n)
		   : crm_line_unknown(line, "kind of line", kind, names, n);
	free(names);
	return rc;
}

/* The one who reads a line; *kind_known: at least some lines of the kind are read. */
static const struct crm_rule_kind *kind_of(const struct crm_rules *r, const char *kind,
					   const char *name, bool *kind_known)
{
	const struct crm_rule_kind *any = NULL;

	*kind_known = false;
	for (size_t i = 0; i < r->spec->n_kinds; i++) {
		const struct crm_rule_kind *k = &r->spec->kinds[i];

		if (strcmp(k->kind, kind))
			continue;
		*kind_known = true;
		if (k->name && !strcmp(k->name, name))
			return k;
		if (!k->name)
			any = k;
	}
	return any;
}

/* Puts entry number n (from 1) into the order of lines: before another one, or last (0). */
static void put_in_order(struct crm_rules *r, uint32_t n, uint32_t before)
{
	uint32_t *link = &r->first;

	if (!before && r->last)
		link = &r->entries[r->last - 1].next;
	while (before && *link != before)
		link = &r->entries[*link - 1].next;
	r->entries[n - 1].next = *link;
	*link = n;
	if (!before)
		r->last = n;
}

/* A new line; the other one that it is to stand before is named, or NULL. */
static enum crm_status add_entry(struct crm_rule_line *line, const char *kind, const char *before,
				 struct crm_rule_entry **out)
{
	struct crm_rules *r = line->rules;
	struct crm_rule_entry *other = before ? find_entry(r, kind, before) : NULL;
	uint32_t place = other ? (uint32_t)(other - r->entries) + 1 : 0;

	if (before && !other)
		return crm_line_fail(line, "there is no %s '%s' that it could stand before", kind,
				     before);
	if (r->n_entries == CRM_RULE_LINES)
		return crm_line_fail(line, "more than %d lines", CRM_RULE_LINES);
	CRM_GROW(r->entries, r->n_entries + 1, r->cap_entries);
	crm_table_add(&r->by_name, name_hash(kind, line->name), (uint32_t)r->n_entries);
	*out = &r->entries[r->n_entries++];
	put_in_order(r, (uint32_t)r->n_entries, place);
	return CRM_OK;
}

/* Keeps a line, in place of an older one of its kind and name. */
static enum crm_status keep(struct crm_rule_line *line, const char *kind, const char *before,
			    bool off, struct crm_slice json)
{
	struct crm_rules *r = line->rules;
	struct crm_rule_entry *e = find_entry(r, kind, line->name);
	enum crm_status rc;

	if (e && e->file_number == r->files)
		return crm_line_fail(line, "%s '%s' is there twice, first in line %lld", kind,
				     line->name, (long long)e->line);
	if (e && before)
		return crm_line_fail(line,
				     "%s '%s' takes the place of the one in %s:%lld, so it "
				     "has no \"before\"",
				     kind, line->name, e->file, (long long)e->line);
	if (!e && (rc = add_entry(line, kind, before, &e)) != CRM_OK)
		return rc;
	e->kind = kind;
	e->name = line->name;
	e->file = line->file;
	e->json = (struct crm_slice){crm_arena_strndup(&r->arena, json.ptr, json.len), json.len};
	e->line = line->line;
	e->file_number = r->files;
	e->off = off;
	return CRM_OK;
}

static enum crm_status read_line(struct crm_rule_line *line, struct crm_json_doc *doc,
				 struct crm_slice text)
{
	const struct crm_json_value *root;
	const char *kind, *before;
	enum crm_status rc;
	bool known, off;

	if (crm_json_scan(doc, text.ptr, text.len) != CRM_OK)
		return crm_line_fail(line, "%s, at byte %zu of the line", doc->error,
				     doc->error_at + 1);
	root = doc->values;
	if (root->type != CRM_JSON_OBJECT || !root->count)
		return crm_line_fail(line, "an object was expected, such as {\"rule\":\"NAME\",…}");
	if (root[1].type != CRM_JSON_STRING || !root[1].text.len)
		return crm_line_fail(line, "the first member says what the line is, and names it: "
					   "{\"rule\":\"NAME\",…}");
	kind = crm_line_key(line, &root[1]);
	line->name = crm_line_copy(line, &root[1]);
	if (strcmp(kind, "rule") && !kind_of(line->rules, kind, line->name, &known))
		return unknown(line, kind, known);
	if ((rc = crm_line_bool(line, "off", false, &off)) != CRM_OK
	    || (rc = crm_line_text(line, "before", NULL, &before)) != CRM_OK)
		return rc;
	return keep(line, kind, before, off, text);
}

enum crm_status crm_rules_parse(struct crm_rules *r, const char *name, struct crm_slice text,
				struct crm_err *err)
{
	struct crm_rule_line line = {
		.rules = r, .file = crm_arena_strndup(&r->arena, name, strlen(name)), .err = err};
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	enum crm_status rc = CRM_OK;

	line.doc = &doc;
	r->files++;
	if (text.len >= 3 && !memcmp(text.ptr, "\xEF\xBB\xBF", 3))
		text = (struct crm_slice){text.ptr + 3, text.len - 3};
	while (text.len && rc == CRM_OK) {
		const char *end = memchr(text.ptr, '\n', text.len);
		size_t len = end ? (size_t)(end - text.ptr) : text.len, used = len + (end != NULL);
		struct crm_slice bytes = crm_slice_trim((struct crm_slice){text.ptr, len});

		line.line++;
		if (bytes.len && *bytes.ptr != '#')
			rc = read_line(&line, &doc, bytes);
		text = (struct crm_slice){text.ptr + used, text.len - used};
	}
	crm_json_doc_release(&doc);
	return rc;
}

enum crm_status crm_rules_read(struct crm_rules *r, const char *path, struct crm_err *err)
{
	struct crm_str text = CRM_STR_INIT;
	enum crm_status rc = crm_file_read(path, &text, err);

	if (rc == CRM_OK)
		rc = crm_rules_parse(r, path, (struct crm_slice){text.ptr, text.len}, err);
	crm_str_release(&text);
	return rc;
}

enum crm_status crm_rules_read_both(struct crm_rules *rules, const char *ours, const char *dir,
				    const char *name, struct crm_err *err)
{
	struct crm_str path = CRM_STR_INIT;
	enum crm_status rc = ours ? crm_rules_read(rules, ours, err) : CRM_OK;

	crm_str_addf(&path, "%s/rules/%s", dir, name);
	if (rc == CRM_OK || rc == CRM_NO_INPUT)
		rc = crm_rules_read(rules, path.ptr, err);
	crm_str_release(&path);
	return rc == CRM_NO_INPUT ? CRM_OK : rc;
}

static enum crm_status add_set(const struct crm_rule_line *line, uint32_t action,
			       const struct crm_json_value *v)
{
	struct crm_rules *r = line->rules;
	const struct crm_rule_field *a = &r->spec->actions[action];
	struct crm_rule_set set = {.action = action};
	enum crm_status rc = CRM_OK;

	if (v->type != CRM_JSON_NULL)
		rc = crm_value_read(line, a->name, a, a->type, v, &set.value);
	if (rc == CRM_OK && set.value.there && a->type == CRM_RULE_TEXT && !set.value.text.len)
		rc = crm_line_fail(line, "%s: an empty text; null takes back what was set",
				   a->name);
	CRM_GROW(r->sets, r->n_sets + 1, r->cap_sets);
	r->sets[r->n_sets++] = set;
	return rc;
}

static enum crm_status add_action(const struct crm_rule_line *line, const struct crm_json_value *v)
{
	const struct crm_rule_spec *spec = line->rules->spec;
	const char *name = crm_line_key(line, v);
	enum crm_status rc = CRM_OK;
	uint32_t a, i;

	for (a = 0; a < spec->n_actions && strcmp(spec->actions[a].name, name); a++)
		;
	if (a == spec->n_actions)
		return crm_line_unknown_field(line, "action", name, spec->actions, spec->n_actions);
	if (!spec->actions[a].list || v->type != CRM_JSON_ARRAY)
		return add_set(line, a, v);
	i = (uint32_t)(v - line->doc->values) + 1;
	for (; i < v->next && rc == CRM_OK; i = line->doc->values[i].next)
		rc = add_set(line, a, &line->doc->values[i]);
	return rc;
}

static enum crm_status add_rule(const struct crm_rule_line *line)
{
	static const char *const members[] = {"rule", "if", "do", "stop", "off", "about", "before"};
	struct crm_rules *r = line->rules;
	const struct crm_json_value *todo = crm_json_member(line->doc, line->doc->values, "do");
	struct crm_rule rule = {.name = line->name, .first = (uint32_t)r->n_sets};
	const char *about;
	enum crm_status rc;

	if ((rc = crm_line_members(line, members, sizeof(members) / sizeof(*members))) != CRM_OK
	    || (rc = crm_line_text(line, "about", NULL, &about)) != CRM_OK
	    || (rc = crm_line_bool(line, "stop", false, &rule.stop)) != CRM_OK
	    || (rc = crm_line_condition(line, "if", &rule.condition)) != CRM_OK)
		return rc;
	if (todo && todo->type != CRM_JSON_OBJECT)
		return crm_line_fail(line, "\"do\" is an object, such as {\"priority\":\"high\"}");
	if (todo)
		for (uint32_t i = (uint32_t)(todo - line->doc->values) + 1;
		     i < todo->next && rc == CRM_OK; i = line->doc->values[i].next)
			rc = add_action(line, &line->doc->values[i]);
	rule.n = (uint32_t)r->n_sets - rule.first;
	CRM_GROW(r->list, r->n + 1, r->cap);
	r->list[r->n++] = rule;
	return rc;
}

static enum crm_status make(struct crm_rules *r, const struct crm_rule_entry *e,
			    struct crm_json_doc *doc, struct crm_err *err)
{
	struct crm_rule_line line = {.rules = r,
				     .name = e->name,
				     .file = e->file,
				     .line = e->line,
				     .doc = doc,
				     .err = err};
	const struct crm_rule_kind *kind;
	bool known;

	if (crm_json_scan(doc, e->json.ptr, e->json.len) != CRM_OK) /* it was one when read */
		return crm_fail(err, CRM_BUG, "%s:%lld: %s", e->file, (long long)e->line,
				doc->error);
	if (!strcmp(e->kind, "rule"))
		return add_rule(&line);
	kind = kind_of(r, e->kind, e->name, &known);
	return kind->read(&line, kind->data);
}

/* What is surely not meant, of the rule that e became. */
static void warn(const struct crm_rules *r, const struct crm_rule_entry *e, const char *last,
		 crm_rules_problem *problem, void *data)
{
	const struct crm_rule *rule = &r->list[r->n - 1];
	struct crm_str text = CRM_STR_INIT;

	crm_str_addf(&text, "%s:%lld: rule '%s' ", e->file, (long long)e->line, e->name);
	if (last)
		crm_str_addf(&text, "is never reached: '%s' always stops", last);
	else if (!rule->n && !rule->stop)
		crm_str_adds(&text, "does nothing: it has no \"do\"");
	else
		crm_str_clear(&text);
	if (text.len)
		problem(data, false, text.ptr);
	crm_str_release(&text);
}

enum crm_status crm_rules_ready(struct crm_rules *r, crm_rules_problem *problem, void *data,
				struct crm_err *err)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	enum crm_status rc = CRM_OK, one;
	const struct crm_rule_entry *entry;
	const char *last = NULL;
	struct crm_err e;

	for (uint32_t i = r->first; i && (rc == CRM_OK || problem); i = entry->next) {
		entry = &r->entries[i - 1];
		if (entry->off)
			continue;
		one = make(r, entry, &doc, &e);
		if (one != CRM_OK && problem)
			problem(data, true, e.text);
		if (one != CRM_OK && rc == CRM_OK)
			rc = crm_fail(err, one, "%s", e.text);
		if (one != CRM_OK || strcmp(entry->kind, "rule"))
			continue;
		if (problem)
			warn(r, entry, last, problem, data);
		if (!last && r->list[r->n - 1].stop && r->list[r->n - 1].condition == CRM_ALWAYS)
			last = entry->name;
	}
	for (size_t i = 0; i < r->n_slots; i++)
		if (r->slots[i].lexicon)
			crm_lexicon_ready(r->slots[i].lexicon);
	crm_json_doc_release(&doc);
	return rc;
}

size_t crm_rules_count(const struct crm_rules *r)
{
	return r->n;
}

const char *crm_rules_name(const struct crm_rules *r, size_t rule)
{
	return r->list[rule].name;
}

void crm_rules_each_text(const struct crm_rules *r, size_t action,
			 void (*each)(void *data, const char *rule, struct crm_slice text),
			 void *data)
{
	for (size_t i = 0; i < r->n; i++)
		for (uint32_t k = r->list[i].first; k < r->list[i].first + r->list[i].n; k++)
			if (r->sets[k].action == action && r->sets[k].value.there)
				each(data, r->list[i].name, r->sets[k].value.text);
}

bool crm_rules_need(const struct crm_rules *r, size_t slot)
{
	return r->slots[slot].needed;
}

size_t crm_rules_slots(const struct crm_rules *r)
{
	return r->n_slots;
}

const char *crm_rules_slot_name(const struct crm_rules *r, size_t slot)
{
	return r->slots[slot].name;
}

enum crm_rule_type crm_rules_slot_type(const struct crm_rules *r, size_t slot)
{
	return r->slots[slot].type;
}
