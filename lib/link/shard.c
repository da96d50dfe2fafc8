/* SPDX-License-Identifier: MIT */
/* Stages of linkage on parts; see shard.h. */
#include "link/shard_parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "link/groups.h"
#include "link/standing.h"

/* ---- record lines ---- */

static void write_list(const struct crm_people *p, int column, uint32_t r, struct crm_str *out)
{
	bool scoped = p->spec->column[column].as >= CRM_AS_HANDLE;
	const struct crm_column *c = &p->col[column];
	uint32_t i;

	crm_json_open(out, '[');
	for (i = c->start[r]; i < c->start[r + 1]; i++) {
		if (scoped) {
			crm_json_open(out, '[');
			crm_json_string(out, crm_pool_get(&p->scopes, c->scope[c->value[i]]));
		}
		crm_json_string(out, crm_pool_get(c->keys, c->value[i]));
		if (scoped)
			crm_json_close(out, ']');
	}
	crm_json_close(out, ']');
}

void crm_record_write(const struct crm_people *p, uint32_t r, struct crm_str *out)
{
	int i;

	crm_json_open(out, '{');
	crm_json_put(out, "type", "record");
	crm_json_put_int(out, "profile", p->profile[r]);
	crm_json_put_int(out, "person", p->person[r]);
	crm_json_put_int(out, "source", p->source[r]);
	if (p->raw_name[r]) {
		crm_json_key(out, "name");
		crm_json_string(out, crm_pool_get(&p->name, p->raw_name[r]));
	}
	crm_json_key(out, "values");
	crm_json_open(out, '{');
	for (i = 0; i < p->spec->n_base; i++) {
		const struct crm_column *c = &p->col[i];

		if (c->start ? c->start[r + 1] == c->start[r] : c->raw[r] == 0)
			continue;
		crm_json_key(out, p->spec->column[i].name);
		if (c->start)
			write_list(p, i, r, out);
		else
			crm_json_string(out, crm_pool_get(&c->shown, c->raw[r]));
	}
	crm_json_close(out, '}');
	crm_json_close(out, '}');
	crm_str_addc(out, '\n');
}

/* The number of a member; false where it has none. */
static bool read_int(struct crm_shard *s, const char *name, int64_t *out)
{
	const struct crm_json_value *v = crm_json_member(&s->doc, &s->doc.values[0], name);
	char *end;

	if (!v || v->type != CRM_JSON_NUMBER)
		return false;
	crm_str_clear(&s->value);
	crm_json_text(v, &s->value);
	errno = 0;
	*out = strtoll(s->value.ptr, &end, 10);
	return *end == '\0' && !errno;
}

static void put_text(struct crm_shard *s, struct crm_people *p, int column,
		     const struct crm_json_value *v)
{
	if (v->type != CRM_JSON_STRING && v->type != CRM_JSON_NUMBER)
		return;
	crm_str_clear(&s->value);
	crm_json_text(v, &s->value);
	crm_people_put(p, column, crm_str_slice(&s->scope), crm_str_slice(&s->value));
}

static void put_list(struct crm_shard *s, struct crm_people *p, int column,
		     const struct crm_json_value *list)
{
	const struct crm_json_value *v = list + 1;
	uint32_t i;

	for (i = 0; i < list->count; i++, v = &s->doc.values[v->next]) {
		crm_str_clear(&s->scope);
		if (v->type == CRM_JSON_ARRAY && v->count == 2 && v[1].type == CRM_JSON_STRING) {
			crm_json_text(&v[1], &s->scope);
			put_text(s, p, column, &v[2]);
		} else {
			put_text(s, p, column, v);
		}
	}
}

/* Adds the record of a line that is known to be one. */
static void put_record(struct crm_shard *s, struct crm_people *p, const struct crm_shard_entry *e)
{
	const struct crm_json_value *root, *v, *values;
	int64_t person = e->profile, source = 0;
	int i;

	if (crm_json_scan(&s->doc, s->text.ptr + e->at, e->len) != CRM_OK)
		return;
	root = &s->doc.values[0];
	if (!read_int(s, "person", &person))
		person = e->profile;
	if (!read_int(s, "source", &source))
		source = 0;
	crm_str_clear(&s->value);
	if ((v = crm_json_member(&s->doc, root, "name")) && v->type == CRM_JSON_STRING)
		crm_json_text(v, &s->value);
	crm_people_add(p, e->profile, person, source, crm_str_slice(&s->value));
	values = crm_json_member(&s->doc, root, "values");
	for (i = 0; values && values->type == CRM_JSON_OBJECT && i < p->spec->n_base; i++) {
		if (!(v = crm_json_member(&s->doc, values, p->spec->column[i].name)))
			continue;
		crm_str_clear(&s->scope);
		if (v->type != CRM_JSON_ARRAY)
			put_text(s, p, i, v);
		else if (p->spec->column[i].list)
			put_list(s, p, i, v);
	}
}

/* ---- gathering ---- */

enum crm_status crm_shard_new(struct crm_shard **out, const struct crm_spec *spec,
			      struct crm_slice model, enum crm_shard_takes takes,
			      struct crm_err *err)
{
	struct crm_shard *s = *out = crm_calloc(1, sizeof(*s));
	enum crm_status rc;

	s->text = s->value = s->scope = (struct crm_str)CRM_STR_INIT;
	s->link.spec = spec;
	s->link.third = NAN;
	s->takes = takes;
	if ((rc = crm_whole_read(&s->whole, spec, model, err)) == CRM_OK)
		rc = crm_model_read(&s->link.model, spec, model, err);
	if (rc != CRM_OK)
		return rc;
	s->link.apart = s->whole->apart;
	s->link.n_apart = s->whole->n_apart;
	s->link.single = s->whole->single;
	s->link.n_single = s->whole->n_single;
	s->link.handles = crm_standing_handles(spec);
	return rc;
}

/* Forgets the batch. */
void crm_shard_clear(struct crm_shard *s)
{
	crm_scorer_free(s->link.scorer);
	crm_people_free(s->link.people);
	free(s->link.pairs);
	free(s->link.decided);
	free(s->link.strong);
	free(s->link.cuts);
	crm_groups_release(&s->link.groups);
	s->link.scorer = NULL;
	s->link.people = NULL;
	s->link.pairs = NULL;
	s->link.decided = NULL;
	s->link.strong = NULL;
	s->link.cuts = NULL;
	s->link.n_cuts = s->n_pairs = 0;
	s->cap_pairs = s->link.n_pairs = s->link.n_decided = s->n = s->n_groups = 0;
	crm_str_clear(&s->text);
}

void crm_shard_free(struct crm_shard *s)
{
	if (!s)
		return;
	crm_shard_clear(s);
	crm_whole_free(s->whole);
	free(s->entry);
	free(s->group);
	free(s->pair);
	crm_json_doc_release(&s->doc);
	crm_str_release(&s->text);
	crm_str_release(&s->value);
	crm_str_release(&s->scope);
	free(s);
}

/* The key before a line; without value where there is none. */
static struct crm_slice key_of(struct crm_slice line)
{
	size_t most = line.len <= CRM_KEY_LEN ? line.len : CRM_KEY_LEN + 1;
	const char *tab = line.len > 0 && *line.ptr != '{' ? memchr(line.ptr, '\t', most) : NULL;

	return (struct crm_slice){tab ? line.ptr : NULL, tab ? (size_t)(tab - line.ptr) : 0};
}

static bool same_group(const struct crm_shard *s, struct crm_slice key)
{
	return key.ptr && s->n_groups > 0 && crm_slice_is(key, s->group[s->n_groups - 1].key);
}

bool crm_shard_ready(const struct crm_shard *s, struct crm_slice line)
{
	struct crm_slice key = key_of(line);

	return s->n >= CRM_SHARD_LINES && (key.ptr || s->takes != CRM_SHARD_LINKED)
	       && !same_group(s, key);
}

/* The number of the rule that a key is of, or CRM_KEY_DECIDED; -1. */
int crm_shard_rule(const struct crm_shard *s, const char *key)
{
	int high = crm_hex_digit(key[0]), low = crm_hex_digit(key[1]), rule = high * 16 + low;

	if (high < 0 || low < 0 || (rule >= s->whole->plan.n && rule != CRM_KEY_DECIDED))
		return -1;
	return rule;
}

/* Forgets the last group, where it is of one record, which nobody meets. */
static void drop_single(struct crm_shard *s)
{
	if (s->takes != CRM_SHARD_KEYED || s->n_groups == 0 || s->group[s->n_groups - 1].n > 1)
		return;
	s->n_groups--;
	s->n--;
	s->text.len = s->entry[s->n].at;
}

static struct crm_shard_group *group_for(struct crm_shard *s, struct crm_slice key)
{
	struct crm_shard_group *g;

	if (same_group(s, key))
		return &s->group[s->n_groups - 1];
	drop_single(s);
	CRM_GROW(s->group, s->n_groups + 1, s->cap_groups);
	g = &s->group[s->n_groups++];
	memset(g, 0, sizeof(*g));
	if (key.ptr)
		memcpy(g->key, key.ptr, key.len);
	g->first = s->n;
	return g;
}

static enum crm_status add_record(struct crm_shard *s, struct crm_slice key, size_t len,
				  struct crm_err *err)
{
	struct crm_shard_entry e = {.len = len};

	if (!read_int(s, "profile", &e.profile))
		return crm_fail(err, CRM_DATA, "a record without the number of its profile");
	if (!read_int(s, "person", &e.person))
		e.person = e.profile;
	group_for(s, key)->n++;
	e.at = s->text.len;
	CRM_GROW(s->entry, s->n + 1, s->cap);
	s->entry[s->n++] = e;
	return CRM_OK;
}

static enum crm_status add_pair(struct crm_shard *s, size_t len, struct crm_err *err)
{
	const struct crm_json_value *v = crm_json_member(&s->doc, &s->doc.values[0], "weight");
	struct crm_shard_pair p = {.at = s->text.len, .len = len};

	if (!read_int(s, "a", &p.a) || !read_int(s, "b", &p.b) || !v || v->type != CRM_JSON_NUMBER)
		return crm_fail(err, CRM_DATA, "a match without its records or its weight");
	crm_str_clear(&s->value);
	crm_json_text(v, &s->value);
	p.weight = strtod(s->value.ptr, NULL);
	v = crm_json_member(&s->doc, &s->doc.values[0], "reason");
	if (v && crm_slice_is(v->text, "decision"))
		p.weight = INFINITY;
	CRM_GROW(s->pair, s->n_pairs + 1, s->cap_pair);
	s->pair[s->n_pairs++] = p;
	return CRM_OK;
}

/* What a line of crm_shard_component says of all components. */
static enum crm_status add_third(struct crm_shard *s, struct crm_err *err)
{
	const struct crm_json_value *v = crm_json_member(&s->doc, &s->doc.values[0], "third");
	char *end;

	if (!v || v->type == CRM_JSON_NULL) /* they are all here */
		return CRM_OK;
	crm_str_clear(&s->value);
	crm_json_text(v, &s->value);
	s->link.third = strtof(s->value.ptr, &end);
	if (v->type != CRM_JSON_NUMBER || *end || !isfinite(s->link.third))
		return crm_fail(err, CRM_DATA, "a component without its number");
	return CRM_OK;
}

static enum crm_status add_line(struct crm_shard *s, struct crm_slice key, size_t len,
				struct crm_err *err)
{
	bool linked = s->takes == CRM_SHARD_LINKED;
	const struct crm_json_value *type = NULL;

	if (s->doc.values[0].type == CRM_JSON_OBJECT)
		type = crm_json_member(&s->doc, &s->doc.values[0], "type");
	if (type && crm_slice_is(type->text, "record"))
		return add_record(s, key, len, err);
	if (linked && type && crm_slice_is(type->text, "match"))
		return add_pair(s, len, err);
	if (linked && type && crm_slice_is(type->text, "component"))
		return add_third(s, err);
	return crm_fail(err, CRM_DATA,
			linked ? "neither a record nor a match"
			       : "not a record of crm-linkage records");
}

enum crm_status crm_shard_add(struct crm_shard *s, struct crm_slice line, struct crm_err *err)
{
	struct crm_slice key = key_of(line);
	enum crm_status rc;

	if (key.ptr && s->takes != CRM_SHARD_LINKED
	    && (key.len != CRM_KEY_LEN || crm_shard_rule(s, key.ptr) < 0))
		return crm_fail(err, CRM_DATA, "the key is of no rule of the model");
	if (key.ptr)
		line = (struct crm_slice){line.ptr + key.len + 1, line.len - key.len - 1};
	if (crm_json_scan(&s->doc, line.ptr, line.len) != CRM_OK)
		return crm_fail(err, CRM_DATA, "%s", s->doc.error);
	if ((rc = add_line(s, key, line.len, err)) == CRM_OK)
		crm_str_add(&s->text, line.ptr, line.len);
	return rc;
}

/* ---- the batch as people ---- */

static int profile_order(const void *x, const void *y)
{
	const struct crm_shard_entry *a = *(const struct crm_shard_entry *const *)x;
	const struct crm_shard_entry *b = *(const struct crm_shard_entry *const *)y;

	if (a->profile != b->profile)
		return a->profile < b->profile ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

struct crm_shard_entry **crm_shard_order(struct crm_shard *s, uint32_t *n)
{
	struct crm_shard_entry **order = crm_malloc((s->n + 1) * sizeof(*order));
	size_t i;

	for (i = 0; i < s->n; i++)
		order[i] = &s->entry[i];
	qsort(order, s->n, sizeof(struct crm_shard_entry *), profile_order);
	for (*n = 0, i = 0; i < s->n; i++) {
		if (*n == 0 || order[i]->profile != order[*n - 1]->profile)
			order[(*n)++] = order[i];
		order[i]->record = *n - 1;
	}
	return order;
}

/* What stands against groups. */
static void find_strong(struct crm_shard *s)
{
	const struct crm_pool *scopes = &s->link.people->scopes;
	uint32_t i;

	if (!s->whole->handles)
		return;
	s->link.strong = crm_calloc((size_t)scopes->n + 1, sizeof(*s->link.strong));
	for (i = 1; i <= scopes->n; i++)
		s->link.strong[i] = crm_pool_find(&s->whole->strong, crm_pool_get(scopes, i)) != 0;
}

void crm_shard_people(struct crm_shard *s)
{
	struct crm_people *p = s->link.people = crm_people_new(s->link.spec);
	struct crm_shard_entry **order;
	uint32_t n, i;

	p->whole = s->whole;
	order = crm_shard_order(s, &n);
	for (i = 0; i < n; i++)
		put_record(s, p, order[i]);
	free(order);
	crm_people_finish(p, 1);
	crm_whole_count(p);
	find_strong(s);
}

/* What was decided on records of the batch. */
void crm_shard_decisions(struct crm_shard *s)
{
	const struct crm_whole *w = s->whole;
	struct crm_link *l = &s->link;
	size_t i;

	l->decided = crm_malloc((w->n_decided + 1) * sizeof(*l->decided));
	for (i = 0; i < w->n_decided; i++) {
		int64_t a = crm_people_find(l->people, w->decided[i].a);
		int64_t b = crm_people_find(l->people, w->decided[i].b);

		if (a >= 0 && b >= 0)
			l->decided[l->n_decided++] =
				(struct crm_decided){(uint32_t)a, (uint32_t)b, w->decided[i].same};
	}
}
