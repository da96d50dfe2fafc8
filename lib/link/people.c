/* SPDX-License-Identifier: MIT */
/* Records in columns; see people.h. How their values become comparable: people_keys.c. */
#include "link/people.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "link/compare.h"

#define SCOPE_END '\x1f' /* between scope and value, where both make one text */

/* ---- adding ---- */

/* The base column of names that comes from there, or -1. */
static int name_column(const struct crm_spec *spec, const char *from)
{
	int i;

	for (i = 0; i < spec->n_base; i++)
		if (spec->column[i].as == CRM_AS_NAME && !strcmp(spec->column[i].from, from))
			return i;
	return -1;
}

/* What is needed only while records are added. */
struct crm_people_adding {
	struct crm_pool_queue queue;        /* of values as they came */
	struct crm_str name, given, family; /* of the record begun last */
	struct crm_str joined;
	bool begun; /* a record, and its name is not kept yet */
};

static struct crm_people_adding *adding_new(void)
{
	struct crm_people_adding *adding = crm_malloc(sizeof(*adding));

	crm_pool_queue_init(&adding->queue);
	adding->begun = false;
	adding->name = adding->given = adding->family = adding->joined =
		(struct crm_str)CRM_STR_INIT;
	return adding;
}

static void adding_free(struct crm_people_adding *adding)
{
	if (!adding)
		return;
	crm_pool_queue_release(&adding->queue);
	crm_str_release(&adding->name);
	crm_str_release(&adding->given);
	crm_str_release(&adding->family);
	crm_str_release(&adding->joined);
	free(adding);
}

struct crm_people *crm_people_new(const struct crm_spec *spec)
{
	struct crm_people *p = crm_calloc(1, sizeof(*p));
	int i;

	p->spec = spec;
	p->given = name_column(spec, "given");
	p->family = name_column(spec, "family");
	p->adding = adding_new();
	crm_pool_init(&p->name);
	crm_pool_init(&p->scopes);
	for (i = 0; i <= CRM_AS_ID; i++)
		crm_pool_init(&p->pool[i]);
	for (i = 0; i < 2; i++)
		crm_pool_init(&p->scoped[i].whole);
	for (i = 0; i < spec->n_base; i++)
		crm_pool_init(spec->column[i].list ? &p->col[i].shared : &p->col[i].shown);
	for (i = spec->n_base; i < spec->n_columns; i++)
		crm_pool_init(&p->derived[i]);
	return p;
}

void crm_people_reserve(struct crm_people *p, uint32_t n)
{
	size_t cap = p->cap ? (size_t)p->cap * 2 : 64;
	int i;

	if (n <= p->cap && p->cap)
		return;
	crm_pool_queue_flush(&p->adding->queue); /* which points into what grows */
	cap = cap < n ? n : cap;

	p->profile = crm_realloc(p->profile, cap * sizeof(*p->profile));
	p->person = crm_realloc(p->person, cap * sizeof(*p->person));
	p->source = crm_realloc(p->source, cap * sizeof(*p->source));
	p->raw_name = crm_realloc(p->raw_name, cap * sizeof(*p->raw_name));
	for (i = 0; i < p->spec->n_base; i++) {
		struct crm_column *c = &p->col[i];

		if (p->spec->column[i].list)
			c->start = crm_realloc(c->start, (cap + 1) * sizeof(*c->start));
		else
			c->raw = crm_realloc(c->raw, cap * sizeof(*c->raw));
	}
	p->cap = (uint32_t)cap;
}

/* The two parts of a name as one. */
static void join(struct crm_slice given, struct crm_slice family, struct crm_str *out)
{
	crm_str_add(out, given.ptr, given.len);
	if (given.len > 0 && family.len > 0)
		crm_str_addc(out, ' ');
	crm_str_add(out, family.ptr, family.len);
}

/* Keeps the whole name of the record begun last, where it says more than its parts do. */
static void settle_name(struct crm_people *p)
{
	struct crm_people_adding *adding = p->adding;
	struct crm_slice whole = crm_slice_trim(crm_str_slice(&adding->name));
	uint32_t *raw;

	if (!adding->begun)
		return;
	adding->begun = false;
	raw = &p->raw_name[p->n - 1];
	*raw = 0;
	if (whole.len == 0)
		return;
	crm_str_clear(&adding->joined);
	join(crm_str_slice(&adding->given), crm_str_slice(&adding->family), &adding->joined);
	if (adding->joined.len == 0) /* to be taken apart, each one once */
		*raw = crm_pool_add(&p->name, whole);
	else if (!crm_slice_same(whole, crm_str_slice(&adding->joined)))
		*raw = crm_pool_append(&p->name, whole);
}

void crm_people_add(struct crm_people *p, int64_t profile, int64_t person, int64_t source,
		    struct crm_slice name)
{
	int i;

	settle_name(p);
	crm_people_reserve(p, p->n + 1);
	p->adding->begun = true;
	p->profile[p->n] = profile;
	p->person[p->n] = person;
	p->source[p->n] = source;
	crm_str_clear(&p->adding->name);
	crm_str_clear(&p->adding->given);
	crm_str_clear(&p->adding->family);
	crm_str_add(&p->adding->name, name.ptr, name.len);
	for (i = 0; i < p->spec->n_base; i++)
		if (p->spec->column[i].list)
			p->col[i].start[p->n] = (uint32_t)p->col[i].n_value;
		else
			p->col[i].raw[p->n] = 0;
	p->n++;
}

/* The next value of a kind that has scopes. */
static void take_scoped(struct crm_people *p, enum crm_column_as as, struct crm_slice scope,
			struct crm_slice value)
{
	struct crm_people_scoped *scoped = &p->scoped[as - CRM_AS_HANDLE];
	uint32_t id = crm_pool_append(&p->pool[as], value);

	CRM_GROW(scoped->scope, (size_t)id + 1, scoped->cap);
	scoped->scope[0] = 0;
	scoped->scope[id] = crm_pool_add(&p->scopes, scope.ptr ? scope : CRM_SLICE(""));
}

static void join_scoped(struct crm_slice scope, struct crm_slice value, struct crm_str *whole)
{
	crm_str_add(whole, scope.ptr, scope.len);
	crm_str_addc(whole, SCOPE_END);
	crm_str_add(whole, value.ptr, value.len);
}

/* Equal values of two scopes are two keys with one text. */
static uint32_t add_scoped(struct crm_people *p, enum crm_column_as as, struct crm_slice scope,
			   struct crm_slice value)
{
	struct crm_people_scoped *scoped = &p->scoped[as - CRM_AS_HANDLE];
	struct crm_str whole = CRM_STR_INIT;
	uint32_t id;

	join_scoped(scope, value, &whole);
	id = crm_pool_add(&scoped->whole, crm_str_slice(&whole));
	crm_str_release(&whole);
	if (id > p->pool[as].n)
		take_scoped(p, as, scope, value);
	return id;
}

void crm_people_text(struct crm_people *p, enum crm_column_as as, struct crm_slice text)
{
	const char *end = as < CRM_AS_HANDLE ? NULL : memchr(text.ptr, SCOPE_END, text.len);
	size_t scope = end ? (size_t)(end - text.ptr) : 0;

	if (as < CRM_AS_HANDLE) {
		crm_pool_append(&p->pool[as], text);
		return;
	}
	crm_pool_append(&p->scoped[as - CRM_AS_HANDLE].whole, text);
	take_scoped(p, as, (struct crm_slice){text.ptr, scope},
		    (struct crm_slice){text.ptr + scope + !!end, text.len - scope - !!end});
}

uint32_t crm_people_key(struct crm_people *p, int column, struct crm_slice scope,
			struct crm_slice value, bool fresh)
{
	enum crm_column_as as = p->spec->column[column].as;

	value = crm_slice_trim(value);
	if (value.len == 0)
		return 0;
	if (as >= CRM_AS_HANDLE)
		return add_scoped(p, as, scope, value);
	return fresh ? crm_pool_append(&p->pool[as], value) : crm_pool_add(&p->pool[as], value);
}

void crm_people_put_key(struct crm_people *p, int column, uint32_t key)
{
	struct crm_column *c = &p->col[column];

	CRM_GROW(c->value, c->n_value + 1, c->cap_value);
	c->value[c->n_value++] = key;
}

void crm_people_put(struct crm_people *p, int column, struct crm_slice scope,
		    struct crm_slice value)
{
	struct crm_column *c = &p->col[column];
	struct crm_str *part;
	uint32_t key;

	value = crm_slice_trim(value);
	if (value.len == 0)
		return;
	if (p->spec->column[column].list) {
		if ((key = crm_people_key(p, column, scope, value, false)))
			crm_people_put_key(p, column, key);
		return;
	}
	crm_pool_queue_add(&p->adding->queue, &c->shown, value, &c->raw[p->n - 1]);
	part = column == p->given    ? &p->adding->given
	       : column == p->family ? &p->adding->family
				     : NULL;
	if (part) {
		crm_str_clear(part);
		crm_str_add(part, value.ptr, value.len);
	}
}

void crm_people_share(struct crm_people *p, int column, struct crm_slice scope,
		      struct crm_slice value)
{
	struct crm_str whole = CRM_STR_INIT;

	value = crm_slice_trim(value);
	if (p->spec->column[column].as >= CRM_AS_HANDLE)
		join_scoped(scope, value, &whole);
	else
		crm_str_add(&whole, value.ptr, value.len);
	crm_pool_add(&p->col[column].shared, crm_str_slice(&whole));
	crm_str_release(&whole);
}

void crm_people_end(struct crm_people *p)
{
	settle_name(p);
	crm_pool_queue_flush(&p->adding->queue);
}

void crm_people_finish(struct crm_people *p, unsigned int threads)
{
	int i;

	crm_people_end(p);
	crm_people_reserve(p, p->n);
	adding_free(p->adding);
	p->adding = NULL;
	for (i = 0; i < p->spec->n_base; i++)
		if (p->spec->column[i].list) {
			struct crm_column *c = &p->col[i];

			c->start[p->n] = (uint32_t)c->n_value;
			CRM_GROW(c->value, c->n_value + 1, c->cap_value); /* never NULL */
		}
	for (i = 0; i < 2; i++)
		crm_pool_release(&p->scoped[i].whole);
	crm_people_make_keys(p, threads);
	crm_pool_close(&p->name);
	p->sheet = crm_sheet_new(p, threads);
}

void crm_people_free(struct crm_people *p)
{
	int i;

	if (!p)
		return;
	for (i = 0; i < CRM_COLUMNS; i++) {
		crm_pool_release(&p->col[i].shown);
		free(p->col[i].map);
		free(p->col[i].start);
		free(p->col[i].value);
		free(p->col[i].raw);
		free(p->col[i].count);
		free(p->col[i].junk);
		crm_pool_release(&p->col[i].shared);
		crm_pool_release(&p->derived[i]);
	}
	for (i = 0; i <= CRM_AS_ID; i++)
		crm_pool_release(&p->pool[i]);
	for (i = 0; i < 2; i++) {
		crm_pool_release(&p->scoped[i].whole);
		free(p->scoped[i].scope);
	}
	crm_pool_release(&p->name);
	crm_pool_release(&p->scopes);
	adding_free(p->adding);
	free(p->profile);
	free(p->person);
	free(p->source);
	free(p->raw_name);
	free(p->sheet);
	free(p->date);
	free(p->form);
	free(p);
}

/* ---- asking ---- */

void crm_people_value_text(const struct crm_people *p, int column, uint32_t key,
			   struct crm_str *out)
{
	const struct crm_column_spec *spec = &p->spec->column[column];
	const struct crm_pool *keys = p->col[column].keys;
	struct crm_slice text = keys ? crm_pool_get(keys, key) : CRM_SLICE("");

	if (!keys)
		crm_str_addi(out, key);
	else if (spec->as >= CRM_AS_HANDLE && !spec->derive)
		join_scoped(
			crm_pool_get(&p->scopes, p->scoped[spec->as - CRM_AS_HANDLE].scope[key]),
			text, out);
	else
		crm_str_add(out, text.ptr, text.len);
}

int64_t crm_people_find(const struct crm_people *p, int64_t profile)
{
	uint32_t low = 0, high = p->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (p->profile[mid] < profile)
			low = mid + 1;
		else
			high = mid;
	}
	return low < p->n && p->profile[low] == profile ? (int64_t)low : -1;
}

static void fetch_text(const struct crm_pool *pool, uint32_t id, int step)
{
	if (id && step == 1)
		__builtin_prefetch(&pool->at[id]);
	else if (id)
		__builtin_prefetch(pool->bytes + pool->at[id]);
}

/* Places, then numbers of texts, then texts. */
void crm_people_fetch(const struct crm_people *p, uint32_t record, int step)
{
	int i;

	if (step == 0) {
		__builtin_prefetch(&p->profile[record]);
		__builtin_prefetch(&p->person[record]);
		__builtin_prefetch(&p->raw_name[record]);
	} else {
		fetch_text(&p->name, p->raw_name[record], step);
	}
	for (i = 0; i < p->spec->n_base; i++) {
		const struct crm_column *c = &p->col[i];

		if (step == 0)
			__builtin_prefetch(c->start ? &c->start[record] : &c->raw[record]);
		if (step == 0 && !c->start)
			__builtin_prefetch(&c->value[record]);
		else if (step == 1 && c->start)
			__builtin_prefetch(&c->value[c->start[record]]);
		else if (step > 0 && !c->start)
			fetch_text(&c->shown, c->raw[record], step);
	}
}

static struct crm_slice shown_part(const struct crm_people *p, int column, uint32_t record)
{
	return column < 0 ? CRM_SLICE("")
			  : crm_pool_get(&p->col[column].shown, p->col[column].raw[record]);
}

void crm_people_name(const struct crm_people *p, uint32_t record, struct crm_str *out)
{
	struct crm_slice name = crm_pool_get(&p->name, p->raw_name[record]);

	if (name.len > 0)
		crm_str_add(out, name.ptr, name.len);
	else
		join(shown_part(p, p->given, record), shown_part(p, p->family, record), out);
}
