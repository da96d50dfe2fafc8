/* SPDX-License-Identifier: MIT */
/* Columns are known by our own names, by those that are usual in tables of people, and by
 * what the user said (--column), which goes before both. */
#include "link/splink_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "link/term.h"

static const char *const usual[][2] = {
	{"address", "street"},
	{"address_1", "street"},
	{"birth_date", "birth"},
	{"birthdate", "birth"},
	{"company", "org"},
	{"company_name", "org"},
	{"date_of_birth", "birth"},
	{"dob", "birth"},
	{"email_address", "email"},
	{"family_name", "family"},
	{"first_name", "given"},
	{"firstname", "given"},
	{"forename", "given"},
	{"forename1", "given"},
	{"forename_surname_concat", "given+family"},
	{"first_and_surname", "given+family"},
	{"given_name", "given"},
	{"last_name", "family"},
	{"lastname", "family"},
	{"mobile", "phone"},
	{"organisation", "org"},
	{"organization", "org"},
	{"phone_number", "phone"},
	{"post_code", "postcode"},
	{"postal_code", "postcode"},
	{"street_address", "street"},
	{"suburb", "city"},
	{"surname", "family"},
	{"town", "city"},
	{"zip", "postcode"},
	{"zip_code", "postcode"},
	{"zipcode", "postcode"},
};

static const char *const kinds[] = {"name", "text", "code", "date", "street", "org"};
#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

static const struct crm_column_spec *base_column(const struct crm_spec *base, const char *name,
						 size_t len)
{
	int i;

	for (i = 0; i < base->n_base; i++)
		if (strlen(base->column[i].name) == len && !memcmp(base->column[i].name, name, len))
			return &base->column[i];
	return NULL;
}

static struct crm_sql_column *add(struct crm_splink_names *names, const char *theirs,
				  const char *ours, enum crm_column_as as)
{
	struct crm_sql_columns *all = &names->columns;

	CRM_GROW(all->column, all->n + 1, names->cap);
	all->column[all->n] = (struct crm_sql_column){.theirs = theirs, .ours = ours, .as = as};
	return &all->column[all->n++];
}

/* A name for given or given+family; false where base has no such columns. */
static bool add_ours(struct crm_splink_names *names, const char *theirs, const char *ours)
{
	const char *plus = strchr(ours, '+');
	size_t len = plus ? (size_t)(plus - ours) : strlen(ours);
	const struct crm_column_spec *c = base_column(names->base, ours, len);

	if (!c || (plus && !base_column(names->base, plus + 1, strlen(plus + 1))))
		return false;
	add(names, theirs, ours, c->as);
	return true;
}

/* As our columns are named. */
static bool is_word(const char *s)
{
	struct crm_scanner scan = {NULL, s, 0, NULL};

	return crm_scan_word(&scan).len > 0 && scan.at == strlen(s) && scan.at <= 64;
}

/* theirs=/path or theirs=/path:kind: a column that base need not have, under their name. */
static enum crm_status add_path(struct crm_splink_names *names, const char *theirs,
				const char *path, struct crm_err *err)
{
	const char *colon = strrchr(path, ':');
	struct crm_sql_column *c;
	size_t kind = CRM_AS_TEXT;

	for (kind = 0; colon && kind < N_KINDS; kind++)
		if (!strcmp(kinds[kind], colon + 1))
			break;
	if (!colon || kind == N_KINDS)
		kind = CRM_AS_TEXT, colon = NULL;
	if (!is_word(theirs))
		return crm_fail(err, CRM_USAGE,
				"'%s' names a column by more than letters, digits and _", theirs);
	if (base_column(names->base, theirs, strlen(theirs)))
		return crm_fail(err, CRM_USAGE, "%s is a column of ours, and no path", theirs);
	c = add(names, theirs, theirs, (enum crm_column_as)kind);
	c->path = crm_arena_strndup(&names->arena, path,
				    colon ? (size_t)(colon - path) : strlen(path));
	return CRM_OK;
}

static enum crm_status add_told(struct crm_splink_names *names, const char *told,
				struct crm_err *err)
{
	const char *equals = strchr(told, '=');
	const char *theirs;

	if (!equals || equals == told || !equals[1])
		return crm_fail(err, CRM_USAGE, "'%s' is not THEIRS=OURS, as in first_name=given",
				told);
	theirs = crm_arena_strndup(&names->arena, told, (size_t)(equals - told));
	if (equals[1] == '/')
		return add_path(names, theirs, equals + 1, err);
	return add_ours(names, theirs, equals + 1)
		       ? CRM_OK
		       : crm_fail(err, CRM_USAGE,
				  "'%s': neither a column of ours, nor two joined by +, nor a path "
				  "such as /%s into the record",
				  equals + 1, theirs);
}

enum crm_status crm_splink_names_init(struct crm_splink_names *names, const struct crm_spec *base,
				      const struct crm_splink_options *options, struct crm_err *err)
{
	enum crm_status rc = CRM_OK;
	size_t i;

	memset(names, 0, sizeof(*names));
	names->base = base;
	for (i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		add_ours(names, usual[i][0], usual[i][1]);
	for (i = 0; i < (size_t)base->n_base; i++)
		add_ours(names, base->column[i].name, base->column[i].name);
	for (i = 0; i < options->n_columns && rc == CRM_OK; i++, names->n_told++)
		rc = add_told(names, options->column[i], err);
	return rc;
}

void crm_splink_names_release(struct crm_splink_names *names)
{
	free(names->columns.column);
	crm_arena_release(&names->arena);
	memset(names, 0, sizeof(*names));
}

void crm_splink_names_use_all(struct crm_splink_names *names)
{
	size_t i;

	for (i = 0; i < names->columns.n; i++)
		names->columns.column[i].used |= !names->columns.column[i].path;
}

/* Does anything that was read name this column of base, alone or in a pair? */
static bool is_used(const struct crm_splink_names *names, const char *ours)
{
	size_t i, len = strlen(ours);

	for (i = 0; i < names->columns.n; i++) {
		const struct crm_sql_column *c = &names->columns.column[i];
		const char *plus = strchr(c->ours, '+');

		if (c->used && !c->path
		    && (!strcmp(c->ours, ours)
			|| (plus
			    && (!strcmp(plus + 1, ours)
				|| ((size_t)(plus - c->ours) == len
				    && !memcmp(c->ours, ours, len))))))
			return true;
	}
	return false;
}

/* The columns of base as they are written there. */
static void write_base(const struct crm_splink_names *names, struct crm_str *out)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	const struct crm_json_value *columns, *v;
	uint32_t i;

	if (crm_json_scan(&doc, names->base->json.ptr, names->base->json.len) == CRM_OK
	    && (columns = crm_json_member(&doc, &doc.values[0], "columns"))) {
		v = &doc.values[(columns - doc.values) + 1];
		for (i = 0; i < columns->count; i++, v = &doc.values[v->next])
			if (is_used(names, names->base->column[i].name)) {
				crm_json_key_slice(out, v->key);
				crm_json_raw(out, v->text);
			}
	}
	crm_json_doc_release(&doc);
}

void crm_splink_names_write(const struct crm_splink_names *names, struct crm_str *out)
{
	size_t i;

	crm_json_open(out, '{');
	write_base(names, out);
	for (i = 0; i < names->columns.n; i++) {
		const struct crm_sql_column *c = &names->columns.column[i];

		if (!c->used || !c->path)
			continue;
		crm_json_key(out, c->ours);
		crm_json_open(out, '{');
		crm_json_put(out, "from", c->path);
		crm_json_put(out, "as", kinds[c->as]);
		crm_json_close(out, '}');
	}
	crm_json_close(out, '}');
}

const char *crm_splink_names_theirs(const struct crm_splink_names *names, const char *ours)
{
	size_t i;

	for (i = names->columns.n; i-- > names->columns.n - names->n_told;)
		if (!strcmp(names->columns.column[i].ours, ours))
			return names->columns.column[i].theirs;
	return ours;
}
