/* SPDX-License-Identifier: MIT */
/* What a part must know of the whole; see whole.h. */
#include "link/whole.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "link/chance.h"
#include "link/run.h"

/* ---- writing ---- */

/* Does a level look at how rare its values are? */
static bool counts(const struct crm_spec *spec, int column)
{
	int c, l, i;

	for (c = 0; c < spec->n_comparisons; c++)
		for (l = 0; l < spec->comparison[c].n_levels; l++) {
			const int *rarity = spec->comparison[c].level[l].rarity;

			for (i = 0; i < 3 && rarity[i] >= 0; i++)
				if (rarity[i] == column)
					return true;
		}
	return false;
}

static void write_counts(const struct crm_people *p, int column, struct crm_str *text,
			 struct crm_str *out)
{
	const struct crm_column *c = &p->col[column];
	uint32_t k;

	crm_json_put_int(out, "known", c->known);
	crm_json_key(out, "met");
	crm_json_real(out, crm_chance_shared(c->count, c->n_keys, c->known), 17);
	crm_json_key(out, "counts");
	crm_json_open(out, '[');
	for (k = 1; k <= c->n_keys; k++) {
		if (c->count[k] < 2)
			continue;
		crm_str_clear(text);
		crm_people_value_text(p, column, k, text);
		crm_json_string(out, crm_str_slice(text));
		crm_json_int(out, c->count[k]);
	}
	crm_json_close(out, ']');
}

static void write_column(const struct crm_people *p, int column, struct crm_str *text,
			 struct crm_str *out)
{
	const struct crm_column *c = &p->col[column];
	uint32_t i;

	crm_json_open(out, '{');
	crm_json_put(out, "column", p->spec->column[column].name);
	crm_json_key(out, "junk");
	crm_json_open(out, '[');
	for (i = 0; i < c->n_junk; i++) {
		crm_str_clear(text);
		crm_people_value_text(p, column, c->junk[i].key, text);
		crm_json_string(out, crm_str_slice(text));
	}
	crm_json_close(out, ']');
	if (counts(p->spec, column))
		write_counts(p, column, text, out);
	crm_json_close(out, '}');
}

static void write_decisions(const struct crm_link *l, struct crm_str *out)
{
	size_t i;

	crm_json_key(out, "decided");
	crm_json_open(out, '[');
	for (i = 0; i < l->n_decided; i++) {
		crm_json_int(out, l->people->profile[l->decided[i].a]);
		crm_json_int(out, l->people->profile[l->decided[i].b]);
		crm_json_int(out, l->decided[i].same);
	}
	crm_json_close(out, ']');
	crm_json_key(out, "apart");
	crm_json_open(out, '[');
	for (i = 0; i < l->n_apart; i++) {
		crm_json_int(out, l->apart[i].low);
		crm_json_int(out, l->apart[i].high);
	}
	crm_json_close(out, ']');
}

/* What stands against groups. */
static void write_against(const struct crm_link *l, struct crm_str *out)
{
	size_t i;

	crm_json_key(out, "single");
	crm_json_open(out, '[');
	for (i = 0; i < l->n_single; i++)
		crm_json_int(out, l->single[i]);
	crm_json_close(out, ']');
	if (!l->strong)
		return;
	crm_json_key(out, "strong");
	crm_json_open(out, '[');
	for (i = 1; i <= l->people->scopes.n; i++)
		if (l->strong[i])
			crm_json_string(out, crm_pool_get(&l->people->scopes, (uint32_t)i));
	crm_json_close(out, ']');
}

void crm_whole_write(const struct crm_link *l, const struct crm_plan *plan, struct crm_str *out)
{
	struct crm_str text = CRM_STR_INIT;
	int i;

	crm_run_write(l, plan, out);
	out->ptr[--out->len] = '\0'; /* its brace: one more member follows */
	crm_json_key(out, "whole");
	crm_json_open(out, '{');
	crm_json_put_int(out, "profiles", l->people->n);
	crm_json_key(out, "columns");
	crm_json_open(out, '[');
	for (i = 0; i < l->spec->n_columns; i++)
		if (l->people->col[i].n_junk || counts(l->spec, i))
			write_column(l->people, i, &text, out);
	crm_json_close(out, ']');
	write_decisions(l, out);
	write_against(l, out);
	crm_json_close(out, '}');
	crm_json_close(out, '}');
	crm_str_release(&text);
}

/* ---- reading ---- */

struct reading {
	const struct crm_json_doc *doc;
	struct crm_whole *whole;
	struct crm_str text;
};

/* The elements of an array below object: the first of n, which follow each other as long as
 * none contains another. NULL: it is no array. */
static const struct crm_json_value *elements(const struct reading *r,
					     const struct crm_json_value *object, const char *name,
					     uint32_t *n)
{
	const struct crm_json_value *v = crm_json_member(r->doc, object, name);

	if (!v || v->type != CRM_JSON_ARRAY)
		return NULL;
	*n = v->count;
	return v + 1;
}

static bool read_int(struct reading *r, const struct crm_json_value *v, int64_t *out)
{
	char *end;

	if (!v || v->type != CRM_JSON_NUMBER)
		return false;
	crm_str_clear(&r->text);
	crm_json_text(v, &r->text);
	errno = 0;
	*out = strtoll(r->text.ptr, &end, 10);
	return *end == '\0' && !errno;
}

static bool read_counts(struct reading *r, const struct crm_json_value *object,
			struct crm_whole_column *c)
{
	const struct crm_json_value *v = crm_json_member(r->doc, object, "met");
	int64_t count;
	uint32_t n, i, id;

	if (!v)
		return true;
	crm_str_clear(&r->text);
	crm_json_text(v, &r->text);
	c->met = strtod(r->text.ptr, NULL);
	if (v->type != CRM_JSON_NUMBER || !(c->met >= 0 && c->met <= 1)
	    || !read_int(r, crm_json_member(r->doc, object, "known"), &count) || count < 0
	    || count > UINT32_MAX || !(v = elements(r, object, "counts", &n)) || n % 2)
		return false;
	c->known = (uint32_t)count;
	c->counted = true;
	for (i = 0; i < n; i += 2, v += 2) {
		if (v->type != CRM_JSON_STRING || !read_int(r, v + 1, &count) || count < 2
		    || count > UINT32_MAX)
			return false;
		crm_str_clear(&r->text);
		crm_json_text(v, &r->text);
		id = crm_pool_add(&c->value, crm_str_slice(&r->text));
		CRM_GROW(c->count, (size_t)id + 1, c->cap);
		c->count[id] = (uint32_t)count;
	}
	return true;
}

static bool read_column(struct reading *r, const struct crm_json_value *object)
{
	const struct crm_json_value *v = NULL;
	struct crm_whole_column *c;
	uint32_t n, i;
	int column;

	if (object->type != CRM_JSON_OBJECT || !(v = crm_json_member(r->doc, object, "column")))
		return false;
	crm_str_clear(&r->text);
	crm_json_text(v, &r->text);
	column = crm_spec_column(r->whole->spec, r->text.ptr);
	if (column < 0 || !(v = elements(r, object, "junk", &n)))
		return false;
	c = &r->whole->column[column];
	for (i = 0; i < n; i++, v++) {
		if (v->type != CRM_JSON_STRING)
			return false;
		crm_str_clear(&r->text);
		crm_json_text(v, &r->text);
		crm_pool_add(&c->junk, crm_str_slice(&r->text));
	}
	return read_counts(r, object, c);
}

static bool read_columns(struct reading *r, const struct crm_json_value *whole)
{
	const struct crm_json_value *v;
	uint32_t n, i;

	if (!(v = elements(r, whole, "columns", &n)))
		return false;
	for (i = 0; i < n; i++, v = &r->doc->values[v->next])
		if (!read_column(r, v))
			return false;
	return true;
}

static bool read_decisions(struct reading *r, const struct crm_json_value *object)
{
	struct crm_whole *w = r->whole;
	const struct crm_json_value *v;
	int64_t same;
	uint32_t n, i;

	if (!(v = elements(r, object, "decided", &n)) || n % 3)
		return false;
	w->decided = crm_calloc((size_t)n / 3 + 1, sizeof(*w->decided));
	for (i = 0; i < n; i += 3, v += 3) {
		struct crm_whole_decided *d = &w->decided[w->n_decided++];

		if (!read_int(r, v, &d->a) || !read_int(r, v + 1, &d->b)
		    || !read_int(r, v + 2, &same))
			return false;
		d->same = same != 0;
	}
	if (!(v = elements(r, object, "apart", &n)) || n % 2)
		return false;
	w->apart = crm_calloc((size_t)n / 2 + 1, sizeof(*w->apart));
	for (i = 0; i < n; i += 2, v += 2) {
		struct crm_apart *a = &w->apart[w->n_apart++];

		if (!read_int(r, v, &a->low) || !read_int(r, v + 1, &a->high))
			return false;
	}
	return true;
}

static bool read_against(struct reading *r, const struct crm_json_value *object)
{
	struct crm_whole *w = r->whole;
	const struct crm_json_value *v;
	int64_t profiles;
	uint32_t n, i;

	if (!read_int(r, crm_json_member(r->doc, object, "profiles"), &profiles) || profiles < 0
	    || profiles > UINT32_MAX || !(v = elements(r, object, "single", &n)))
		return false;
	w->profiles = (uint32_t)profiles;
	w->single = crm_calloc((size_t)n + 1, sizeof(*w->single));
	for (i = 0; i < n; i++, v++)
		if (!read_int(r, v, &w->single[w->n_single++]))
			return false;
	w->handles = crm_json_member(r->doc, object, "strong") != NULL;
	v = w->handles ? elements(r, object, "strong", &n) : NULL;
	for (i = 0; v && i < n; i++, v++) {
		if (v->type != CRM_JSON_STRING)
			return false;
		crm_str_clear(&r->text);
		crm_json_text(v, &r->text);
		crm_pool_add(&w->strong, crm_str_slice(&r->text));
	}
	return true;
}

static enum crm_status read_whole(struct reading *r, struct crm_err *err)
{
	const struct crm_json_value *whole = crm_json_pointer(r->doc, &r->doc->values[0], "/whole");
	const struct crm_json_value *plan = crm_json_pointer(r->doc, &r->doc->values[0], "/plan");

	if (!whole)
		return crm_fail(
			err, CRM_DATA,
			"the model says nothing of the whole: use one of crm-linkage model");
	if (!plan || whole->type != CRM_JSON_OBJECT || !read_columns(r, whole)
	    || !read_decisions(r, whole) || !read_against(r, whole))
		return crm_fail(err, CRM_DATA, "what the model says of the whole is damaged");
	return crm_plan_read(&r->whole->plan, r->whole->spec, r->doc, plan, err);
}

enum crm_status crm_whole_read(struct crm_whole **out, const struct crm_spec *spec,
			       struct crm_slice json, struct crm_err *err)
{
	struct crm_whole *w = *out = crm_calloc(1, sizeof(*w));
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	struct reading r = {&doc, w, CRM_STR_INIT};
	enum crm_status rc;
	int i;

	w->spec = spec;
	crm_pool_init(&w->strong);
	for (i = 0; i < spec->n_columns; i++) {
		crm_pool_init(&w->column[i].value);
		crm_pool_init(&w->column[i].junk);
	}
	if ((rc = crm_json_scan(&doc, json.ptr, json.len)) != CRM_OK)
		crm_fail(err, rc, "the model is no JSON: %s", doc.error);
	else
		rc = read_whole(&r, err);
	crm_json_doc_release(&doc);
	crm_str_release(&r.text);
	return rc;
}

void crm_whole_free(struct crm_whole *w)
{
	int i;

	if (!w)
		return;
	for (i = 0; i < w->spec->n_columns; i++) {
		crm_pool_release(&w->column[i].value);
		crm_pool_release(&w->column[i].junk);
		free(w->column[i].count);
	}
	free(w->decided);
	free(w->apart);
	free(w->single);
	crm_pool_release(&w->strong);
	free(w);
}

/* ---- using ---- */

void crm_whole_junk(struct crm_people *p, int column)
{
	const struct crm_whole_column *w = &p->whole->column[column];
	struct crm_column *c = &p->col[column];
	struct crm_str text = CRM_STR_INIT;
	size_t cap = 0;
	uint32_t k;

	for (k = 1; w->junk.n > 0 && k <= c->n_keys; k++) {
		crm_str_clear(&text);
		crm_people_value_text(p, column, k, &text);
		if (!crm_pool_find(&w->junk, crm_str_slice(&text)))
			continue;
		CRM_GROW(c->junk, (size_t)c->n_junk + 1, cap);
		c->junk[c->n_junk++] = (struct crm_junk){k, c->count[k]};
	}
	crm_str_release(&text);
}

static void count_column(struct crm_people *p, int column, struct crm_str *text)
{
	const struct crm_whole_column *w = &p->whole->column[column];
	struct crm_column *c = &p->col[column];
	uint32_t k, id;

	for (k = 1; k <= c->n_keys; k++) {
		if (c->count[k] == 0)
			continue;
		crm_str_clear(text);
		crm_people_value_text(p, column, k, text);
		id = crm_pool_find(&w->value, crm_str_slice(text));
		c->count[k] = id ? w->count[id] : 1;
	}
	c->known = w->known;
	c->met = w->met;
}

void crm_whole_count(struct crm_people *p)
{
	struct crm_str text = CRM_STR_INIT;
	int i;

	for (i = 0; i < p->spec->n_columns; i++)
		if (p->whole->column[i].counted && p->col[i].count)
			count_column(p, i, &text);
	crm_str_release(&text);
}
