/* SPDX-License-Identifier: MIT */
/* Reads a specification; see spec.h. Whatever is wrong is said with its line in the file, and
 * what would have been right: such files are written by hand. */
#include "link/spec.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "link/condition.h"
#include "link/program.h"
#include "link/term.h"
#include "norm/nickname.h"

struct reader {
	struct crm_spec *spec;
	struct crm_json_doc doc;
	struct crm_slice json;
	const char *file;
	struct crm_err *err;
	struct crm_err inner; /* of a condition or term, before its place is known */
};

typedef const struct crm_json_value *value;

/* ---- errors and values ---- */

static int line_at(const struct reader *r, const char *at)
{
	const char *p;
	int line = 1;

	for (p = r->json.ptr; p < at; p++)
		line += *p == '\n';
	return line;
}

static enum crm_status fail_at(struct reader *r, value v, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static enum crm_status fail_at(struct reader *r, value v, const char *fmt, ...)
{
	char why[460];
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	return crm_fail(r->err, CRM_CONFIG, "%s:%d: %s", r->file, line_at(r, v->text.ptr), why);
}

/* An error of a condition, with the line it stands on. */
static enum crm_status fail_inner(struct reader *r, value v)
{
	return fail_at(r, v, "%s", r->inner.text);
}

/* Calls each for the members of an object; refuses those that are not among known. */
static enum crm_status check_members(struct reader *r, value object, const char *what,
				     const char *const *known)
{
	struct crm_str names = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;
	uint32_t i;
	int k;

	if (object->type != CRM_JSON_OBJECT)
		return fail_at(r, object, "%s is not an object", what);
	for (i = (uint32_t)(object - r->doc.values) + 1; i < object->next && rc == CRM_OK;
	     i = r->doc.values[i].next) {
		value v = &r->doc.values[i];

		for (k = 0; known[k] && !crm_slice_is(v->key, known[k]); k++)
			;
		if (known[k])
			continue;
		for (k = 0; known[k]; k++)
			crm_str_addf(&names, k ? ", %s" : "%s", known[k]);
		rc = fail_at(r, v, "%s has no member '%.*s'; members are %s", what,
			     (int)(v->key.len < 40 ? v->key.len : 40), v->key.ptr, names.ptr);
	}
	crm_str_release(&names);
	return rc;
}

/* A string member, kept; NULL where there is none. */
static enum crm_status text_member(struct reader *r, value object, const char *name, bool needed,
				   const char **out)
{
	value v = crm_json_member(&r->doc, object, name);

	*out = NULL;
	if (!v)
		return needed ? fail_at(r, object, "\"%s\" is missing", name) : CRM_OK;
	if (v->type != CRM_JSON_STRING || v->text.len == 0)
		return fail_at(r, v, "\"%s\" is not a text", name);
	*out = crm_json_keep(v, &r->spec->arena).ptr;
	return CRM_OK;
}

/* A member that is true or false; *out stays as it is where there is none. */
static enum crm_status bool_member(struct reader *r, value object, const char *name, bool *out)
{
	value v = crm_json_member(&r->doc, object, name);

	if (v && v->type != CRM_JSON_TRUE && v->type != CRM_JSON_FALSE)
		return fail_at(r, v, "\"%s\" is true or false", name);
	*out = v ? v->type == CRM_JSON_TRUE : *out;
	return CRM_OK;
}

/* An array member; *out is NULL where there is none. */
static enum crm_status array_member(struct reader *r, value object, const char *name, bool needed,
				    uint32_t most, value *out)
{
	*out = crm_json_member(&r->doc, object, name);
	if (!*out)
		return needed ? fail_at(r, object, "\"%s\" is missing", name) : CRM_OK;
	if ((*out)->type != CRM_JSON_ARRAY)
		return fail_at(r, *out, "\"%s\" is not an array", name);
	if ((*out)->count > most)
		return fail_at(r, *out, "\"%s\" has more than %u elements", name, most);
	return CRM_OK;
}

static value first_of(const struct reader *r, value array)
{
	return &r->doc.values[(array - r->doc.values) + 1];
}

static value next_of(const struct reader *r, value v)
{
	return &r->doc.values[v->next];
}

/* ---- columns ---- */

static const char *const kinds[] = {
	[CRM_AS_NAME] = "name",   [CRM_AS_TEXT] = "text",     [CRM_AS_CODE] = "code",
	[CRM_AS_DATE] = "date",   [CRM_AS_STREET] = "street", [CRM_AS_ORG] = "org",
	[CRM_AS_EMAIL] = "email", [CRM_AS_PHONE] = "phone",   [CRM_AS_HANDLE] = "handle",
	[CRM_AS_ID] = "id",
};
#define N_KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

static const char *const profile_columns =
	"name, given, family, birth_date, org, street, city, postcode, "
	"region, country, language";

/* Is word one of a list parted by commas and blanks? */
static bool is_listed(const char *list, const char *word)
{
	size_t n = strlen(word);
	const char *p;

	for (p = list; !strchr(word, ',') && (p = strstr(p, word)); p += n)
		if ((p == list || p[-1] == ' ') && (p[n] == ',' || p[n] == '\0'))
			return true;
	return false;
}

static bool is_word(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return n > 0 && n <= 64 && s[n] == '\0' && (*s < '0' || *s > '9');
}

static enum crm_status read_column(struct reader *r, value v)
{
	static const char *const members[] = {"from", "as", NULL};
	struct crm_column_spec *c = &r->spec->column[r->spec->n_columns];
	char what[100];
	enum crm_status rc;
	const char *as;
	int i;

	c->name = crm_arena_strndup(&r->spec->arena, v->key.ptr, v->key.len);
	if (!is_word(c->name))
		return fail_at(r, v, "the name of a column is letters, digits and _, at most 64");
	snprintf(what, sizeof(what), "column '%s'", c->name);
	if ((rc = check_members(r, v, what, members)) != CRM_OK
	    || (rc = text_member(r, v, "from", true, &c->from)) != CRM_OK
	    || (rc = text_member(r, v, "as", true, &as)) != CRM_OK)
		return rc;
	for (i = 0; i < N_KINDS && strcmp(kinds[i], as) != 0; i++)
		;
	if (i == N_KINDS)
		return fail_at(r, v,
			       "%s: \"as\" is one of name, text, code, date, street, org, "
			       "email, phone, handle, id",
			       what);
	c->as = (enum crm_column_as)i;
	c->list = i >= CRM_AS_EMAIL;
	if (!c->list && *c->from != '/' && !is_listed(profile_columns, c->from))
		return fail_at(r, v,
			       "%s: \"from\" is one of %s, or a path into the record such as "
			       "/occupation",
			       what, profile_columns);
	if (c->list && *c->from == '/')
		return fail_at(r, v, "%s: \"from\" is a kind of address: email, phone, handle, id",
			       what);
	r->spec->n_base = ++r->spec->n_columns;
	return CRM_OK;
}

static enum crm_status read_columns(struct reader *r, value root)
{
	value columns = crm_json_member(&r->doc, root, "columns"), v;
	enum crm_status rc = CRM_OK;
	uint32_t i;

	if (!columns)
		return fail_at(r, root, "\"columns\" is missing");
	if (columns->type != CRM_JSON_OBJECT || columns->count == 0)
		return fail_at(r, columns, "\"columns\" is not an object with columns");
	if (columns->count > CRM_COLUMNS / 2)
		return fail_at(r, columns, "more than %d columns", CRM_COLUMNS / 2);
	v = first_of(r, columns);
	for (i = 0; i < columns->count && rc == CRM_OK; i++, v = next_of(r, v))
		rc = read_column(r, v);
	return rc;
}

/* ---- comparisons ---- */

static enum crm_status read_chance(struct reader *r, value level, const char *name, double *out)
{
	value v = crm_json_member(&r->doc, level, name);

	if (!v)
		return fail_at(r, level,
			       "\"%s\" is missing: the share of such pairs that reach this "
			       "level, to start from",
			       name);
	*out = v->type == CRM_JSON_NUMBER ? strtod(v->text.ptr, NULL) : -1;
	return *out > 0 && *out < 1 ? CRM_OK
				    : fail_at(r, v, "\"%s\" is not a number between 0 and 1", name);
}

static enum crm_status read_rarity(struct reader *r, value v, struct crm_level *level)
{
	value list, column;
	enum crm_status rc;
	uint32_t i;

	level->rarity[0] = -1;
	if ((rc = array_member(r, v, "rarity", false, 2, &list)) != CRM_OK || !list)
		return rc;
	column = first_of(r, list);
	for (i = 0; i < list->count; i++, column = next_of(r, column)) {
		if (column->type != CRM_JSON_STRING)
			return fail_at(r, column, "\"rarity\" is a list of columns");
		if (crm_spec_term(r->spec, crm_json_keep(column, &r->spec->arena).ptr,
				  &level->rarity[i], &r->inner)
		    != CRM_OK)
			return fail_inner(r, column);
	}
	level->rarity[i] = -1;
	return CRM_OK;
}

/* A condition, where there is one. */
static enum crm_status read_condition(struct reader *r, value v, const char *name,
				      const char **text, struct crm_condition **out)
{
	enum crm_status rc = text_member(r, v, name, false, text);

	*out = NULL;
	if (rc != CRM_OK || !*text)
		return rc;
	if (crm_condition_read(r->spec, *text, out, &r->inner) != CRM_OK)
		return fail_inner(r, crm_json_member(&r->doc, v, name));
	return CRM_OK;
}

static enum crm_status read_level(struct reader *r, value v, struct crm_comparison *c, bool last)
{
	static const char *const members[] = {"level", "when", "rarity", "match", "near", NULL};
	struct crm_level *level = &c->level[c->n_levels];
	enum crm_status rc;

	if (c->n_levels == CRM_LEVELS)
		return fail_at(r, v, "more than %d levels", CRM_LEVELS);
	if ((rc = check_members(r, v, "a level", members)) != CRM_OK
	    || (rc = text_member(r, v, "level", true, &level->label)) != CRM_OK
	    || (rc = read_condition(r, v, "when", &level->when, &level->condition)) != CRM_OK
	    || (rc = read_rarity(r, v, level)) != CRM_OK
	    || (rc = read_chance(r, v, "match", &level->match)) != CRM_OK
	    || (rc = read_chance(r, v, "near", &level->near)) != CRM_OK)
		return rc;
	if (last && level->when)
		return fail_at(r, v,
			       "the last level of a ladder takes what is left: it has no \"when\"");
	if (!last && !level->when)
		return fail_at(r, v, "\"when\" is missing: only the last level takes what is left");
	level->ladder = c->n_ladders;
	c->n_levels++;
	return CRM_OK;
}

static enum crm_status read_ladder(struct reader *r, value v, struct crm_comparison *c)
{
	static const char *const members[] = {"if", "learnt", "levels", NULL};
	value levels, level;
	enum crm_status rc;
	uint32_t i;

	if ((rc = check_members(r, v, "a ladder", members)) != CRM_OK
	    || (rc = read_condition(r, v, "if", &c->when_text[c->n_ladders],
				    &c->when[c->n_ladders]))
		       != CRM_OK
	    || (rc = array_member(r, v, "levels", true, CRM_LEVELS, &levels)) != CRM_OK)
		return rc;
	if (levels->count < 2)
		return fail_at(r, levels, "a ladder has two levels or more");
	if ((rc = bool_member(r, v, "learnt", &c->learnt[c->n_ladders])) != CRM_OK)
		return rc;
	level = first_of(r, levels);
	for (i = 0; i < levels->count && rc == CRM_OK; i++, level = next_of(r, level))
		rc = read_level(r, level, c, i + 1 == levels->count);
	c->n_ladders++;
	return rc;
}

static enum crm_status read_comparison(struct reader *r, value v)
{
	static const char *const members[] = {"name", "ladders", NULL};
	struct crm_spec *spec = r->spec;
	struct crm_comparison *c = &spec->comparison[spec->n_comparisons];
	value ladders, ladder;
	enum crm_status rc;
	uint32_t i;
	int k;

	if ((rc = check_members(r, v, "a comparison", members)) != CRM_OK
	    || (rc = text_member(r, v, "name", true, &c->name)) != CRM_OK
	    || (rc = array_member(r, v, "ladders", true, CRM_LADDERS, &ladders)) != CRM_OK)
		return rc;
	if (!is_word(c->name))
		return fail_at(r, v,
			       "the name of a comparison is letters, digits and _, at most 64");
	for (k = 0; k < spec->n_comparisons; k++)
		if (!strcmp(spec->comparison[k].name, c->name))
			return fail_at(r, v, "a comparison '%s' stands before", c->name);
	if (ladders->count == 0)
		return fail_at(r, ladders, "a comparison has a ladder or several");
	ladder = first_of(r, ladders);
	for (i = 0; i < ladders->count && rc == CRM_OK; i++, ladder = next_of(r, ladder))
		rc = read_ladder(r, ladder, c);
	if (rc == CRM_OK)
		c->program = crm_program_make(spec, c);
	spec->n_comparisons += rc == CRM_OK;
	return rc;
}

static enum crm_status read_comparisons(struct reader *r, value root)
{
	uint64_t patterns = 1;
	enum crm_status rc;
	value list, v;
	uint32_t i;
	int c;

	rc = array_member(r, root, "comparisons", true, CRM_COMPARISONS, &list);
	if (rc == CRM_OK && list->count == 0)
		rc = fail_at(r, list, "there is no comparison");
	if (rc != CRM_OK)
		return rc;
	v = first_of(r, list);
	for (i = 0; i < list->count && rc == CRM_OK; i++, v = next_of(r, v))
		rc = read_comparison(r, v);
	for (c = 0; c < r->spec->n_comparisons; c++)
		if ((patterns *= (uint64_t)r->spec->comparison[c].n_levels + 1) > UINT32_MAX)
			return fail_at(r, list,
				       "2^32 combinations of levels or more: fewer levels, or "
				       "fewer comparisons, are needed");
	return rc;
}

/* ---- blocks ---- */

static enum crm_status read_key(struct reader *r, value v, struct crm_block_key *key)
{
	struct crm_scanner s = {r->spec, NULL, 0, &r->inner};
	enum crm_status rc = CRM_OK;
	struct crm_slice word;

	if (v->type != CRM_JSON_STRING)
		return fail_at(r, v, "a key is a text");
	s.text = crm_json_keep(v, &r->spec->arena).ptr;
	word = crm_scan_word(&s);
	if (crm_slice_is(word, "sorted"))
		key->how = CRM_KEY_SORTED;
	else if (crm_slice_is(word, "either"))
		key->how = CRM_KEY_EITHER;
	else
		s.at = 0;
	if (key->how != CRM_KEY_PLAIN)
		rc = crm_scan_need(&s, "(");
	if (rc == CRM_OK)
		rc = crm_scan_term(&s, &key->a);
	key->b = key->a;
	if (key->how != CRM_KEY_PLAIN && rc == CRM_OK) {
		if ((rc = crm_scan_need(&s, ",")) == CRM_OK
		    && (rc = crm_scan_term(&s, &key->b)) == CRM_OK)
			rc = crm_scan_need(&s, ")");
		if (rc == CRM_OK && !crm_columns_alike(r->spec, key->a, key->b))
			rc = crm_scan_fail(&s, "two columns that are not of one kind");
		if (rc == CRM_OK && r->spec->column[key->a].list)
			rc = crm_scan_fail(&s, "%s has several values",
					   r->spec->column[key->a].name);
	}
	if (rc == CRM_OK && !crm_scan_end(&s))
		rc = crm_scan_fail(&s, "something follows the key");
	return rc == CRM_OK ? CRM_OK : fail_inner(r, v);
}

static enum crm_status read_keys(struct reader *r, value rule, const char *name, bool needed,
				 struct crm_block_key *keys, int *n)
{
	enum crm_status rc;
	value list, v;

	*n = 0;
	if ((rc = array_member(r, rule, name, needed, CRM_KEYS, &list)) != CRM_OK || !list)
		return rc;
	v = first_of(r, list);
	for (; *n < (int)list->count && rc == CRM_OK; ++*n, v = next_of(r, v))
		rc = read_key(r, v, &keys[*n]);
	return rc;
}

static enum crm_status read_rule(struct reader *r, value v, struct crm_block_rule *rule)
{
	static const char *const members[] = {"name", "keys", "divide", NULL};
	enum crm_status rc;
	int i, lists = 0;

	if ((rc = check_members(r, v, "a block", members)) != CRM_OK
	    || (rc = text_member(r, v, "name", true, &rule->name)) != CRM_OK
	    || (rc = read_keys(r, v, "keys", true, rule->key, &rule->n_keys)) != CRM_OK
	    || (rc = read_keys(r, v, "divide", false, rule->divide, &rule->n_divide)) != CRM_OK)
		return rc;
	if (rule->n_keys == 0)
		return fail_at(r, v, "block '%s' has no key", rule->name);
	for (i = 0; i < rule->n_keys; i++)
		lists += r->spec->column[rule->key[i].a].list;
	if (lists > 1)
		return fail_at(r, v, "block '%s' has more than one key of several values",
			       rule->name);
	for (i = 0; i < rule->n_divide; i++)
		if (r->spec->column[rule->divide[i].a].list)
			return fail_at(r, v,
				       "block '%s' cannot be divided by %s, which has several "
				       "values",
				       rule->name, r->spec->column[rule->divide[i].a].name);
	return CRM_OK;
}

static enum crm_status read_rules(struct reader *r, value root)
{
	struct crm_spec *spec = r->spec;
	enum crm_status rc;
	value list, v;

	if ((rc = array_member(r, root, "blocks", false, CRM_BLOCK_RULES, &list)) != CRM_OK
	    || !list)
		return rc;
	spec->rule = crm_arena_alloc(&spec->arena, (list->count + 1) * sizeof(*spec->rule));
	memset(spec->rule, 0, (list->count + 1) * sizeof(*spec->rule));
	v = first_of(r, list);
	for (; spec->n_rules < (int)list->count && rc == CRM_OK; spec->n_rules++, v = next_of(r, v))
		rc = read_rule(r, v, &spec->rule[spec->n_rules]);
	return rc;
}

/* ---- the whole ---- */

static enum crm_status read_root(struct reader *r)
{
	static const char *const members[] = {"columns", "comparisons", "blocks", "propose", NULL};
	value root = r->doc.values;
	enum crm_status rc = check_members(r, root, "a specification", members);

	r->spec->propose = true;
	if (rc == CRM_OK)
		rc = bool_member(r, root, "propose", &r->spec->propose);
	if (rc == CRM_OK)
		rc = read_columns(r, root);
	if (rc == CRM_OK)
		rc = read_comparisons(r, root);
	return rc == CRM_OK ? read_rules(r, root) : rc;
}

enum crm_status crm_spec_read(struct crm_spec **out, struct crm_slice json, const char *file,
			      struct crm_slice nicknames, struct crm_err *err)
{
	struct crm_spec *spec = *out = crm_calloc(1, sizeof(*spec));
	struct reader r = {.spec = spec, .doc = CRM_JSON_DOC_INIT, .file = file, .err = err};
	enum crm_status rc;

	r.json = spec->json = crm_arena_keep(&spec->arena, json.ptr ? json : CRM_SLICE(""));
	spec->measures = crm_arena_alloc(&spec->arena, sizeof(*spec->measures));
	memset(spec->measures, 0, sizeof(*spec->measures));
	spec->nicknames = crm_nicknames_new(nicknames);
	if (crm_json_scan(&r.doc, r.json.ptr, r.json.len) == CRM_OK)
		rc = read_root(&r);
	else
		rc = crm_fail(err, CRM_CONFIG, "%s:%d: %s", file,
			      line_at(&r, r.json.ptr + r.doc.error_at), r.doc.error);
	crm_json_doc_release(&r.doc);
	return rc;
}

/* Appends a file of a folder; false, and rc as it was, where there is none. */
static bool read_file(const char *folder, const char *name, struct crm_str *path,
		      struct crm_str *text, enum crm_status *rc, struct crm_err *err)
{
	enum crm_status got;

	if (!folder || *rc != CRM_OK)
		return false;
	crm_str_clear(path);
	crm_str_addf(path, "%s/%s", folder, name);
	got = crm_file_read(path->ptr, text, err);
	if (got != CRM_OK && got != CRM_NO_INPUT)
		*rc = got;
	return got == CRM_OK;
}

enum crm_status crm_spec_nicknames(const char *config, const char *data, struct crm_str *out,
				   struct crm_err *err)
{
	struct crm_str path = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;

	if (!read_file(data, "nicknames", &path, out, &rc, err) && rc == CRM_OK)
		rc = crm_fail(err, CRM_CONFIG, "%s is missing: is crm-tools installed whole?",
			      path.ptr);
	crm_str_addc(out, '\n');
	read_file(config, "nicknames", &path, out, &rc, err);
	crm_str_release(&path);
	return rc;
}

enum crm_status crm_spec_load(struct crm_spec **out, const char *config, const char *data,
			      struct crm_err *err)
{
	struct crm_str path = CRM_STR_INIT, json = CRM_STR_INIT, nicknames = CRM_STR_INIT;
	enum crm_status rc = crm_spec_nicknames(config, data, &nicknames, err);

	*out = NULL;
	if (!read_file(config, "linkage.json", &path, &json, &rc, err)
	    && !read_file(data, "people.json", &path, &json, &rc, err) && rc == CRM_OK)
		rc = crm_fail(err, CRM_CONFIG, "%s is missing: is crm-tools installed whole?",
			      path.ptr);
	if (rc == CRM_OK)
		rc = crm_spec_read(out, (struct crm_slice){json.ptr, json.len}, path.ptr,
				   (struct crm_slice){nicknames.ptr, nicknames.len}, err);
	crm_str_release(&path);
	crm_str_release(&json);
	crm_str_release(&nicknames);
	return rc;
}

void crm_spec_free(struct crm_spec *spec)
{
	if (!spec)
		return;
	crm_nicknames_free(spec->nicknames);
	crm_arena_release(&spec->arena);
	free(spec);
}

/* ---- patterns ---- */

uint32_t crm_pattern(const struct crm_spec *spec, const signed char level[CRM_COMPARISONS])
{
	uint32_t n = 0;
	int c;

	for (c = 0; c < spec->n_comparisons; c++)
		n = n * ((uint32_t)spec->comparison[c].n_levels + 1) + (uint32_t)(level[c] + 1);
	return n;
}

void crm_pattern_levels(const struct crm_spec *spec, uint32_t pattern,
			signed char level[CRM_COMPARISONS])
{
	int c;

	for (c = spec->n_comparisons - 1; c >= 0; c--) {
		uint32_t radix = (uint32_t)spec->comparison[c].n_levels + 1;

		level[c] = (signed char)((int)(pattern % radix) - 1);
		pattern /= radix;
	}
}
