/* SPDX-License-Identifier: MIT */
/* Records in columns, and how their values become comparable; see people.h. */
#include "link/people.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "base/utf8.h"
#include "link/compare.h"
#include "link/derive.h"
#include "link/junk.h"
#include "link/work.h"
#include "norm/name.h"
#include "norm/nickname.h"
#include "norm/text.h"

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

struct crm_people *crm_people_new(const struct crm_spec *spec)
{
	struct crm_people *p = crm_calloc(1, sizeof(*p));
	int i;

	p->spec = spec;
	p->given = name_column(spec, "given");
	p->family = name_column(spec, "family");
	p->whole = p->joined = (struct crm_str)CRM_STR_INIT;
	crm_pool_init(&p->name);
	crm_pool_init(&p->scopes);
	for (i = 0; i <= CRM_AS_ID; i++)
		crm_pool_init(&p->pool[i]);
	for (i = 0; i < 2; i++)
		crm_pool_init(&p->scoped[i].whole);
	for (i = 0; i < spec->n_base; i++)
		if (!spec->column[i].list)
			crm_pool_init(&p->col[i].shown);
	for (i = spec->n_base; i < spec->n_columns; i++)
		crm_pool_init(&p->derived[i]);
	return p;
}

static void people_grow(struct crm_people *p)
{
	size_t cap = p->cap ? (size_t)p->cap * 2 : 64;
	int i;

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

static uint32_t add_shown(struct crm_pool *pool, struct crm_slice s)
{
	s = crm_slice_trim(s);
	return s.len == 0 ? 0 : crm_pool_add(pool, s);
}

static struct crm_slice shown_part(const struct crm_people *p, int column, uint32_t record)
{
	return column < 0 ? CRM_SLICE("")
			  : crm_pool_get(&p->col[column].shown, p->col[column].raw[record]);
}

/* The two parts of a name as one. */
static void join_parts(const struct crm_people *p, uint32_t record, struct crm_str *out)
{
	struct crm_slice given = shown_part(p, p->given, record);
	struct crm_slice family = shown_part(p, p->family, record);

	crm_str_add(out, given.ptr, given.len);
	if (given.len > 0 && family.len > 0)
		crm_str_addc(out, ' ');
	crm_str_add(out, family.ptr, family.len);
}

/* Keeps the whole name of the record begun last, where it says more than its parts do. */
static void settle_name(struct crm_people *p)
{
	struct crm_slice whole = crm_slice_trim((struct crm_slice){p->whole.ptr, p->whole.len});
	uint32_t *raw = &p->raw_name[p->n - 1];

	*raw = 0;
	if (whole.len == 0)
		return;
	crm_str_clear(&p->joined);
	join_parts(p, p->n - 1, &p->joined);
	if (p->joined.len == 0) /* to be taken apart, each one once */
		*raw = crm_pool_add(&p->name, whole);
	else if (!crm_slice_same(whole, (struct crm_slice){p->joined.ptr, p->joined.len}))
		*raw = crm_pool_append(&p->name, whole);
}

void crm_people_add(struct crm_people *p, int64_t profile, int64_t person, int64_t source,
		    struct crm_slice name)
{
	int i;

	if (p->n > 0)
		settle_name(p);
	if (p->n == p->cap)
		people_grow(p);
	p->profile[p->n] = profile;
	p->person[p->n] = person;
	p->source[p->n] = source;
	crm_str_clear(&p->whole);
	crm_str_add(&p->whole, name.ptr, name.len);
	for (i = 0; i < p->spec->n_base; i++)
		if (p->spec->column[i].list)
			p->col[i].start[p->n] = (uint32_t)p->col[i].n_value;
		else
			p->col[i].raw[p->n] = 0;
	p->n++;
}

/* Equal values of two scopes are two keys with one text. */
static uint32_t add_scoped(struct crm_people *p, enum crm_column_as as, struct crm_slice scope,
			   struct crm_slice value)
{
	struct crm_people_scoped *scoped = &p->scoped[as - CRM_AS_HANDLE];
	struct crm_str whole = CRM_STR_INIT;
	uint32_t id;

	crm_str_add(&whole, scope.ptr, scope.len);
	crm_str_addc(&whole, SCOPE_END);
	crm_str_add(&whole, value.ptr, value.len);
	id = crm_pool_add(&scoped->whole, (struct crm_slice){whole.ptr, whole.len});
	crm_str_release(&whole);
	if (id <= p->pool[as].n)
		return id;
	CRM_GROW(scoped->scope, (size_t)id + 1, scoped->cap);
	scoped->scope[0] = 0;
	scoped->scope[id] = crm_pool_add(&p->scopes, scope.ptr ? scope : CRM_SLICE(""));
	return crm_pool_append(&p->pool[as], value);
}

uint32_t crm_people_key(struct crm_people *p, int column, struct crm_slice scope,
			struct crm_slice value)
{
	enum crm_column_as as = p->spec->column[column].as;

	value = crm_slice_trim(value);
	if (value.len == 0)
		return 0;
	return as >= CRM_AS_HANDLE ? add_scoped(p, as, scope, value)
				   : crm_pool_add(&p->pool[as], value);
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
	uint32_t key;

	if (!p->spec->column[column].list)
		c->raw[p->n - 1] = add_shown(&c->shown, value);
	else if ((key = crm_people_key(p, column, scope, value)))
		crm_people_put_key(p, column, key);
}

/* ---- match keys ---- */

struct name_keys {
	uint32_t given, family;
};

static uint32_t add_key(struct crm_pool *keys, enum crm_column_as as, struct crm_slice s,
			struct crm_str *buf)
{
	crm_str_clear(buf);
	crm_column_key(as, s, buf);
	return buf->len == 0 ? 0 : crm_pool_add(keys, (struct crm_slice){buf->ptr, buf->len});
}

static void make_keys(struct crm_people *p, int column, struct crm_str *buf)
{
	enum crm_column_as as = p->spec->column[column].as;
	struct crm_column *c = &p->col[column];
	uint32_t *map = crm_calloc((size_t)c->shown.n + 1, sizeof(*map));
	uint32_t i;

	for (i = 1; i <= c->shown.n; i++)
		map[i] = add_key(&p->pool[as], as, crm_pool_get(&c->shown, i), buf);
	c->value = crm_malloc(((size_t)p->n + 1) * sizeof(*c->value));
	for (i = 0; i < p->n; i++)
		c->value[i] = map[c->raw[i]];
	c->n_value = p->n;
	crm_pool_close(&c->shown);
	free(map);
}

static struct name_keys split_name(struct crm_pool *names, struct crm_slice whole,
				   struct crm_str *buf)
{
	struct crm_str given = CRM_STR_INIT, family = CRM_STR_INIT;
	struct name_keys k;

	crm_name_split(whole, &given, &family);
	k.given = add_key(names, CRM_AS_NAME, (struct crm_slice){given.ptr, given.len}, buf);
	k.family = add_key(names, CRM_AS_NAME, (struct crm_slice){family.ptr, family.len}, buf);
	crm_str_release(&given);
	crm_str_release(&family);
	return k;
}

/* Records that have neither part of a name: from the whole one. */
static void split_names(struct crm_people *p, struct crm_str *buf)
{
	int g = p->given, f = p->family;
	struct name_keys *whole, *k;
	uint32_t i;

	if (g < 0 || f < 0)
		return;
	whole = crm_calloc((size_t)p->name.n + 1, sizeof(*whole));
	for (i = 0; i < p->n; i++) {
		if (p->col[g].value[i] || p->col[f].value[i] || !p->raw_name[i])
			continue;
		k = &whole[p->raw_name[i]];
		if (!k->given && !k->family) /* not split yet; most need not be */
			*k = split_name(&p->pool[CRM_AS_NAME],
					crm_pool_get(&p->name, p->raw_name[i]), buf);
		p->col[g].value[i] = k->given;
		p->col[f].value[i] = k->family;
	}
	free(whole);
}

static void make_dates(struct crm_people *p)
{
	struct crm_pool *keys = &p->pool[CRM_AS_DATE];
	uint32_t i;

	p->date = crm_calloc((size_t)keys->n + 1, sizeof(*p->date));
	for (i = 1; i <= keys->n; i++)
		p->date[i] = crm_date_of_key(crm_pool_get(keys, i));
}

static void make_forms(struct crm_people *p)
{
	struct crm_pool *keys = &p->pool[CRM_AS_NAME];
	uint32_t i;

	p->form = crm_calloc((size_t)keys->n + 1, sizeof(*p->form));
	for (i = 1; i <= keys->n; i++)
		p->form[i] = crm_nicknames_form(p->spec->nicknames, crm_pool_get(keys, i));
}

/* ---- counts ---- */

static void count_base(struct crm_people *p, int column)
{
	struct crm_column *c = &p->col[column];
	size_t i;
	uint32_t r;

	c->count = crm_calloc((size_t)c->n_keys + 1, sizeof(*c->count));
	for (i = 0; i < c->n_value; i++)
		c->count[c->value[i]]++;
	if (!c->start) {
		c->known = p->n - c->count[0];
		return;
	}
	for (r = 0; r < p->n; r++)
		c->known += c->start[r + 1] > c->start[r];
}

/* Leaves out what identifies nobody. */
static void drop_junk(struct crm_people *p, int column)
{
	struct crm_column *c = &p->col[column];
	uint32_t r, j, from = 0;
	size_t kept = 0;

	crm_junk_find(p, column);
	for (j = 0; j < c->n_junk; j++)
		c->count[c->junk[j].key] = 0;
	for (r = 0; c->n_junk && !c->start && r < p->n; r++)
		if (c->value[r] && c->count[c->value[r]] == 0) {
			c->value[r] = 0;
			c->known--;
		}
	if (c->n_junk == 0 || !c->start)
		return;
	for (r = 0; r < p->n; r++) {
		uint32_t end = c->start[r + 1];

		for (j = from; j < end; j++)
			if (c->count[c->value[j]] > 0)
				c->value[kept++] = c->value[j];
		c->known -= end > from && kept == c->start[r];
		from = end;
		c->start[r + 1] = (uint32_t)kept;
	}
	c->n_value = kept;
}

/* ---- derived columns ---- */

/* The first column whose derived texts are of the same kind: it has the pool. */
static int first_alike(const struct crm_spec *spec, int column)
{
	const struct crm_column_spec *x = &spec->column[column], *y;
	int i;

	for (i = spec->n_base; i < column; i++) {
		y = &spec->column[i];
		if (x->as == y->as && x->derive == y->derive && x->n == y->n)
			break;
	}
	return i;
}

static void make_map(struct crm_people *p, int column, uint32_t n_base, struct crm_str *buf)
{
	const struct crm_column_spec *s = &p->spec->column[column];
	const struct crm_pool *base = &p->pool[s->as];
	struct crm_column *c = &p->col[column];
	struct crm_pool *pool = &p->derived[first_alike(p->spec, column)];
	uint32_t i, number;

	c->map = crm_calloc((size_t)n_base + 1, sizeof(*c->map));
	for (i = 1; i <= n_base; i++) {
		crm_str_clear(buf);
		number = crm_derive(s->derive, s->n, crm_pool_get(base, i), buf);
		if (buf->len > 0)
			number = crm_pool_add(pool, (struct crm_slice){buf->ptr, buf->len});
		c->map[i] = number;
		if (number > c->n_keys)
			c->n_keys = number;
	}
	if (crm_derived_is_number(s->derive))
		return;
	c->keys = pool;
	c->n_keys = pool->n;
}

static bool named_for_rarity(const struct crm_spec *spec, int column)
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

static void count_derived(struct crm_people *p, int column)
{
	struct crm_column *c = &p->col[column];
	uint32_t r, i;

	c->count = crm_calloc((size_t)c->n_keys + 1, sizeof(*c->count));
	for (r = 0; r < p->n; r++) {
		struct crm_values v = crm_values_of(p, column, r);
		bool any = false;

		for (i = 0; i < v.n; i++) {
			uint32_t key = c->map[v.value[i]];

			c->count[key]++;
			any = any || key;
		}
		c->known += any;
	}
}

/* Mailboxes by which records can be told: not info, office, sales. */
static void drop_junk_users(struct crm_people *p, int column, uint32_t n_base)
{
	struct crm_column *c = &p->col[column];
	uint32_t i;

	crm_junk_find(p, column);
	for (i = 0; i < c->n_junk; i++)
		c->count[c->junk[i].key] = 0;
	for (i = 1; c->n_junk && i <= n_base; i++)
		if (c->count[c->map[i]] == 0)
			c->map[i] = 0;
}

/* ---- finishing ---- */

/* A kind of values has a pool of its own: the kinds are worked out at the same time. */
static void keys_of_kind(void *data, size_t as)
{
	struct crm_people *p = data;
	const struct crm_spec *spec = p->spec;
	struct crm_str buf = CRM_STR_INIT;
	int i;

	for (i = 0; i < spec->n_base; i++)
		if ((size_t)spec->column[i].as == as && !spec->column[i].list)
			make_keys(p, i, &buf);
	if (as == CRM_AS_NAME)
		split_names(p, &buf);
	if (as == CRM_AS_DATE)
		make_dates(p);
	if (as == CRM_AS_NAME)
		make_forms(p);
	crm_pool_finish(&p->pool[as]);
	crm_str_release(&buf);
}

static void count_column(struct crm_people *p, int column)
{
	enum crm_column_as as = p->spec->column[column].as;
	struct crm_column *c = &p->col[column];

	c->keys = &p->pool[as];
	c->n_keys = c->keys->n;
	count_base(p, column);
	if (p->spec->column[column].list || as == CRM_AS_DATE)
		drop_junk(p, column);
	if (as >= CRM_AS_HANDLE)
		c->scope = p->scoped[as - CRM_AS_HANDLE].scope;
}

static void derive_column(struct crm_people *p, int column, struct crm_str *buf)
{
	const struct crm_column_spec *c = &p->spec->column[column];
	uint32_t n_base = p->col[c->base].n_keys;

	make_map(p, column, n_base, buf);
	if (c->derive == CRM_DERIVE_USER || named_for_rarity(p->spec, column))
		count_derived(p, column);
	if (c->derive == CRM_DERIVE_USER)
		drop_junk_users(p, column, n_base);
}

/* What needs the names of records: who has a value. */
static void count_kind(void *data, size_t as)
{
	struct crm_people *p = data;
	const struct crm_spec *spec = p->spec;
	struct crm_str buf = CRM_STR_INIT;
	int i;

	for (i = 0; i < spec->n_base; i++)
		if ((size_t)spec->column[i].as == as)
			count_column(p, i);
	for (i = spec->n_base; i < spec->n_columns; i++)
		if ((size_t)spec->column[i].as == as)
			derive_column(p, i, &buf);
	for (i = spec->n_base; i < spec->n_columns; i++)
		if ((size_t)spec->column[i].as == as)
			crm_pool_finish(&p->derived[i]);
	crm_str_release(&buf);
}

void crm_people_finish(struct crm_people *p, unsigned int threads)
{
	int i;

	if (p->n > 0)
		settle_name(p);
	else
		people_grow(p);
	crm_str_release(&p->whole);
	crm_str_release(&p->joined);
	for (i = 0; i < p->spec->n_base; i++)
		if (p->spec->column[i].list)
			p->col[i].start[p->n] = (uint32_t)p->col[i].n_value;
	for (i = 0; i < 2; i++)
		crm_pool_release(&p->scoped[i].whole);
	crm_work(threads, CRM_AS_ID + 1, keys_of_kind, p);
	crm_work(threads, CRM_AS_ID + 1, count_kind, p);
	crm_pool_close(&p->name);
	p->sheet = crm_sheet_new(p);
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
	crm_str_release(&p->whole);
	crm_str_release(&p->joined);
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

void crm_people_name(const struct crm_people *p, uint32_t record, struct crm_str *out)
{
	struct crm_slice name = crm_pool_get(&p->name, p->raw_name[record]);

	if (name.len > 0)
		crm_str_add(out, name.ptr, name.len);
	else
		join_parts(p, record, out);
}
