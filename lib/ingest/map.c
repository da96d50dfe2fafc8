/* SPDX-License-Identifier: MIT */
/*
 * Rows into records: what is decided for a whole file, and which records of which shape a
 * row holds. What is in a record is the business of fields.c.
 */
#include "ingest/map.h"

#include <stdlib.h>
#include <string.h>

#include "ingest/fields.h"
#include "norm/money.h"
#include "norm/place.h"

/* --- setting up --- */

/* Does some path lead up from the record? */
static bool leads_up(const struct crm_where *where)
{
	for (size_t i = 0; i < where->n; i++)
		if (where->from[i][0] >= '1' && where->from[i][0] <= '9')
			return true;
	return false;
}

static bool shape_leads_up(const struct crm_shape *shape)
{
	bool up = leads_up(&shape->key);

	for (int f = 0; f < CRM_FIELDS; f++)
		up |= leads_up(&shape->fields[f]) || leads_up(&shape->out[f]);
	for (size_t i = 0; i < shape->n_handles; i++)
		up |= leads_up(&shape->handles[i].where) || leads_up(&shape->handles[i].within);
	return up;
}

static void prepare_handles(struct crm_map *map, struct crm_map_shape *s,
			    const struct crm_slice *columns, size_t n)
{
	const struct crm_shape *shape = s->shape;

	s->handles = crm_calloc(shape->n_handles, sizeof(*s->handles));
	s->within = crm_calloc(shape->n_handles, sizeof(*s->within));
	s->handle_scopes = crm_calloc(shape->n_handles, sizeof(*s->handle_scopes));
	for (size_t i = 0; i < shape->n_handles; i++) {
		const struct crm_handle *h = &shape->handles[i];
		struct crm_str scope = CRM_STR_INIT;

		crm_place_prepare(&s->handles[i], &h->where, columns, n, &map->arena);
		crm_place_prepare(&s->within[i], &h->within, columns, n, &map->arena);
		if (!h->id)
			crm_str_addf(&scope, "%s:", h->scope ? h->scope : map->channel->scope);
		crm_str_adds(&scope, h->name);
		s->handle_scopes[i].ptr = crm_arena_strndup(&map->arena, scope.ptr, scope.len);
		s->handle_scopes[i].len = scope.len;
		crm_str_release(&scope);
	}
}

static void prepare_shape(struct crm_map *map, struct crm_map_shape *s,
			  const struct crm_shape *shape, const struct crm_slice *columns, size_t n)
{
	s->shape = shape;
	for (int f = 0; f < CRM_FIELDS; f++) {
		crm_place_prepare(&s->fields[f], &shape->fields[f], columns, n, &map->arena);
		crm_place_prepare(&s->out[f], &shape->out[f], columns, n, &map->arena);
		s->has_out |= s->out[f].n > 0;
	}
	crm_place_prepare(&s->key, &shape->key, columns, n, &map->arena);
	crm_place_prepare(&s->drop, &shape->drop, columns, n, &map->arena);
	s->when = crm_calloc(shape->n_when, sizeof(*s->when));
	s->same = crm_calloc(shape->n_when, sizeof(*s->same));
	for (size_t i = 0; i < shape->n_when; i++) {
		crm_place_prepare(&s->when[i], &shape->when[i].where, columns, n, &map->arena);
		crm_place_prepare(&s->same[i], &shape->when[i].same, columns, n, &map->arena);
	}
	prepare_handles(map, s, columns, n);
	s->looks_up = shape_leads_up(shape);
	crm_dates_init(&s->times, map->options.dates, shape->fields[CRM_F_TIME].format);
	crm_dates_init(&s->birth_dates, map->options.birth_dates,
		       shape->fields[CRM_BIRTH_DATE].format);
	if (map->options.this_year)
		s->birth_dates.pivot = map->options.this_year;
}

static bool same_place(const struct crm_where *a, const struct crm_where *b)
{
	const char *x = a->format ? a->format : "", *y = b->format ? b->format : "";
	bool same = a->n == b->n && !strcmp(x, y);

	for (size_t i = 0; same && i < a->n; i++)
		same = !strcmp(a->from[i], b->from[i]);
	return same;
}

/* What one shape's records show of the order of day and month goes for those of another. */
static void share_times(struct crm_map *map)
{
	const struct crm_shape *shapes = map->channel->shapes;

	for (size_t i = 0; i < map->channel->n_shapes; i++) {
		size_t k = 0;

		while (!same_place(&shapes[k].fields[CRM_F_TIME], &shapes[i].fields[CRM_F_TIME]))
			k++;
		map->shapes[i].timed_with = k;
	}
}

static bool finds_something(const struct crm_map *map)
{
	bool found = !map->channel->is_csv;

	for (size_t i = 0; i < map->channel->n_shapes; i++) {
		const struct crm_map_shape *s = &map->shapes[i];

		for (int f = 0; f < CRM_FIELDS; f++)
			found |= s->fields[f].n > 0;
		for (size_t k = 0; k < s->shape->n_handles; k++)
			found |= s->handles[k].n > 0;
		found |= s->shape->type == CRM_NOTE; /* a note may be anything */
	}
	return found;
}

static void prepare_json_keys(struct crm_map *map, const struct crm_slice *columns, size_t n)
{
	map->n_columns = n;
	map->json_keys = crm_calloc(n, sizeof(*map->json_keys));
	for (size_t i = 0; i < n; i++) {
		map->json_keys[i] = (struct crm_str)CRM_STR_INIT;
		crm_json_string(&map->json_keys[i], columns[i]);
		crm_str_addc(&map->json_keys[i], ':');
	}
}

/* What is no region or currency would be passed over in each record, without a word. */
static bool check_places(struct crm_map_options *o, struct crm_err *err)
{
	const char *region = o->region ? crm_region_code(o->region) : NULL;

	if (o->region && !region)
		crm_fail(err, CRM_CONFIG, "no such region: '%s' (two letters, ISO 3166)",
			 o->region);
	else if (o->currency && !crm_currency_is_known(o->currency))
		crm_fail(err, CRM_CONFIG, "no such currency: '%s' (three letters, ISO 4217)",
			 o->currency);
	else {
		o->region = region;
		return true;
	}
	return false;
}

#define OR(a, b) ((a) ? (a) : (b))

enum crm_status crm_map_new(struct crm_map **out, const struct crm_channel *channel,
			    const struct crm_slice *columns, size_t n,
			    const struct crm_map_options *o, struct crm_err *err)
{
	struct crm_map *map = crm_calloc(1, sizeof(*map));
	const struct crm_channel *ch = channel;

	*out = NULL;
	map->channel = ch;
	map->scratch = map->found.scratch = map->order = (struct crm_str)CRM_STR_INIT;
	map->options = (struct crm_map_options){OR(o->region, ch->region),
						OR(o->zone, ch->zone),
						OR(o->currency, ch->currency),
						OR(o->decimal, ch->decimal),
						OR(o->dates, ch->dates),
						OR(o->birth_dates, OR(o->dates, ch->dates)),
						o->this_year,
						o->own};
	map->shapes = crm_calloc(ch->n_shapes, sizeof(*map->shapes));
	for (size_t i = 0; i < ch->n_shapes; i++)
		prepare_shape(map, &map->shapes[i], &ch->shapes[i], ch->is_csv ? columns : NULL, n);
	share_times(map);
	prepare_json_keys(map, columns, n);
	map->phone = crm_phone_new();
	crm_decimals_init(&map->decimals, map->options.decimal);
	if (!check_places(&map->options, err)) {
		crm_map_free(map);
		return err->status;
	}
	if (map->options.zone && crm_zone_new(map->options.zone, &map->zone, err) != CRM_OK) {
		crm_map_free(map);
		return err->status;
	}
	if (!finds_something(map)) {
		crm_map_free(map);
		return crm_fail(err, CRM_DATA, "has none of the columns that channel '%s' reads",
				channel->name);
	}
	*out = map;
	return CRM_OK;
}

void crm_map_free(struct crm_map *map)
{
	if (!map)
		return;
	for (size_t i = 0; i < map->channel->n_shapes; i++) {
		free(map->shapes[i].handles);
		free(map->shapes[i].within);
		free(map->shapes[i].handle_scopes);
		free(map->shapes[i].when);
		free(map->shapes[i].same);
	}
	free(map->shapes);
	for (size_t i = 0; i < map->n_columns; i++)
		crm_str_release(&map->json_keys[i]);
	free(map->json_keys);
	crm_phone_free(map->phone);
	crm_zone_free(map->zone);
	crm_str_release(&map->scratch);
	crm_str_release(&map->order);
	crm_str_release(&map->found.scratch);
	free(map->found.list);
	crm_arena_release(&map->arena);
	free(map);
}

/* --- the records of a row --- */

/* Called for each place in a row at which a record of some shape may be. */
typedef void on_place(struct crm_map *map, size_t group, const struct crm_row *row,
		      const struct crm_spot *spot, int64_t line, void *data);

struct expansion {
	struct crm_map *map;
	size_t group;
	const struct crm_row *row;
	on_place *each;
	void *data;
	const char *counted; /* up to here lines were counted */
	int64_t line;
};

static bool at_place(const struct crm_spot *spot, void *data)
{
	struct expansion *x = data;
	const char *at = crm_spot_value(spot)->text.ptr;

	/* of a syntax the lines of its JSON say nothing */
	for (; !x->row->whole && x->counted < at; x->counted++)
		x->line += *x->counted == '\n';
	x->each(x->map, x->group, x->row, spot, x->line, x->data);
	return true;
}

static bool list_found(const struct crm_spot *spot, void *data)
{
	(void)spot;
	*(bool *)data = true;
	return false;
}

/* Calls each for every place a group of shapes looks at; false: there is none. */
static bool expand_group(struct expansion *x, const struct crm_shape *shape)
{
	struct crm_spot root = crm_spot_root(x->row->doc);
	bool any = false;

	for (size_t i = 0; i < (shape->n_each ? shape->n_each : 1); i++) {
		const char *path = shape->n_each ? shape->each[i] : "";
		struct crm_str elements = CRM_STR_INIT;

		x->counted = x->row->doc->values[0].text.ptr;
		x->line = x->row->line;
		crm_path_walk(&root, path, list_found, &any);
		crm_str_addf(&elements, "%s/*", path);
		crm_path_walk(&root, elements.ptr, at_place, x);
		crm_str_release(&elements);
	}
	return any;
}

/* Calls each for all places of a row; false when it has none of them. */
static bool expand(struct crm_map *map, const struct crm_row *row, on_place *each, void *data)
{
	bool any = false;

	if (!row->doc) {
		each(map, 0, row, NULL, row->line, data);
		return true;
	}
	for (size_t i = 0; i < map->channel->n_shapes; i++) {
		struct expansion x = {
			.map = map, .group = i, .row = row, .each = each, .data = data};

		if (map->channel->shapes[i].group == i)
			any |= expand_group(&x, &map->channel->shapes[i]);
	}
	return any;
}

struct within {
	const struct crm_spot *spot;
	bool found;
};

static bool lies_within(const struct crm_spot *spot, void *data)
{
	struct within *w = data;

	w->found |= spot->depth > w->spot->depth
		    && spot->chain[w->spot->depth] == crm_spot_value(w->spot);
	return !w->found;
}

/* Do records of other shapes lie within what is at spot? */
static bool holds_records(const struct crm_map *map, size_t group, const struct crm_row *row,
			  const struct crm_spot *spot)
{
	struct crm_spot root = crm_spot_root(row->doc);
	struct within within = {spot, false};

	for (size_t i = 0; i < map->channel->n_shapes; i++)
		for (size_t k = 0;
		     map->channel->shapes[i].group != group && k < map->channel->shapes[i].n_each;
		     k++)
			crm_path_walk(&root, map->channel->shapes[i].each[k], lies_within, &within);
	return within.found;
}

/* Is it for records that are plain values, such as the ids in a list? It asks for one at "". */
static bool takes_plain(const struct crm_shape *shape)
{
	for (size_t i = 0; i < shape->n_when; i++)
		if (!*shape->when[i].where.from[0])
			return true;
	return false;
}

/* The records of all shapes of the group that fit; one set aside, when none does and it is
 * not only what other records lie in. */
static void add_records(struct crm_map *map, size_t group, const struct crm_row *row,
			const struct crm_spot *spot, int64_t line, void *data)
{
	bool plain = spot && crm_spot_value(spot)->type != CRM_JSON_OBJECT;
	struct crm_chunk *chunk = data;
	bool any = false;

	for (size_t i = group; i < map->channel->n_shapes; i++) {
		const struct crm_map_shape *s = &map->shapes[i];

		if (s->shape->group != group || (plain && !takes_plain(s->shape))
		    || !crm_fields_fit(map, s, row, spot))
			continue;
		any = true;
		crm_fields_fill(map, s, row, spot, line, chunk);
	}
	if (!any && !(spot && holds_records(map, group, row, spot)))
		crm_fields_refuse(
			map, row, spot, line,
			plain ? "not a JSON object" : "is no record that the channel knows", chunk);
}

void crm_map_row(struct crm_map *map, const struct crm_row *row, struct crm_chunk *chunk)
{
	if (row->reason)
		crm_fields_refuse(map, row, NULL, row->line, row->reason, chunk);
	else if (!expand(map, row, add_records, chunk))
		crm_fields_refuse(map, row, NULL, row->line,
				  "has no list of records where the channel says", chunk);
}

/* --- telling what is read --- */

static void put_from(const struct crm_map *map, const struct crm_place *place, struct crm_str *out)
{
	for (size_t i = 0; i < place->n; i++) {
		const struct crm_str *key;

		crm_str_adds(out, out->len ? ", " : "");
		if (!map->channel->is_csv || place->columns[i] >= map->n_columns) {
			crm_str_adds(out, place->where->from[i]);
			continue;
		}
		key = &map->json_keys[place->columns[i]]; /* "name": */
		crm_str_add(out, key->ptr + 1, key->len - 3);
	}
}

static enum crm_field field_named(const char *name)
{
	if (!strcmp(name, "at"))
		return CRM_F_TIME;
	for (int f = 0; f < CRM_FIELDS; f++)
		if (!strcmp(name, crm_field_names[f]))
			return (enum crm_field)f;
	return CRM_FIELDS;
}

void crm_map_from(const struct crm_map *map, enum crm_record_type type, const char *name,
		  struct crm_str *out)
{
	enum crm_field f = field_named(name);
	const char *constant = NULL;

	for (size_t i = 0; i < map->channel->n_shapes; i++) {
		const struct crm_map_shape *s = &map->shapes[i];

		if (s->shape->type != type || out->len)
			continue;
		if (f < CRM_FIELDS) {
			put_from(map, &s->fields[f], out);
			constant = constant ? constant : s->shape->constants[f];
		} else if (!strcmp(name, "key")) {
			put_from(map, &s->key, out);
		}
		for (size_t k = 0; k < s->shape->n_handles; k++)
			if (!strcmp(name, s->shape->handles[k].id ? "id" : "handle"))
				put_from(map, &s->handles[k], out);
	}
	if (!out->len && constant)
		crm_str_addf(out, "always '%s'", constant);
}

static bool place_reads(const struct crm_map *map, const struct crm_place *place,
			struct crm_slice key)
{
	for (size_t i = 0; i < place->n; i++) {
		const char *from = place->where->from[i];

		if (map->channel->is_csv) {
			const struct crm_str *name;

			if (place->columns[i] >= map->n_columns)
				continue;
			name = &map->json_keys[place->columns[i]];
			if (crm_slice_same(key, (struct crm_slice){name->ptr + 1, name->len - 3}))
				return true;
		} else if (from[0] == '/' && !strncmp(from + 1, key.ptr, key.len)
			   && (!from[key.len + 1] || from[key.len + 1] == '/')) {
			return true;
		}
	}
	return false;
}

static bool shape_reads(const struct crm_map *map, const struct crm_map_shape *s,
			struct crm_slice key)
{
	bool reads = place_reads(map, &s->key, key) || place_reads(map, &s->drop, key);

	for (int f = 0; f < CRM_FIELDS && !reads; f++)
		reads = place_reads(map, &s->fields[f], key) || place_reads(map, &s->out[f], key);
	for (size_t i = 0; i < s->shape->n_handles && !reads; i++)
		reads = place_reads(map, &s->handles[i], key)
			|| place_reads(map, &s->within[i], key);
	for (size_t i = 0; i < s->shape->n_when && !reads; i++)
		reads = place_reads(map, &s->when[i], key);
	return reads;
}

/* Does a list of records lie within this member? */
static bool leads_on(const struct crm_map *map, struct crm_slice key)
{
	for (size_t i = 0; i < map->channel->n_shapes; i++)
		for (size_t k = 0; k < map->channel->shapes[i].n_each; k++) {
			const char *each = map->channel->shapes[i].each[k];

			for (const char *p = strchr(each, '/'); p; p = strchr(p + 1, '/'))
				if (!strncmp(p + 1, key.ptr, key.len)
				    && (!p[key.len + 1] || p[key.len + 1] == '/'))
					return true;
		}
	return false;
}

bool crm_map_reads(const struct crm_map *map, struct crm_slice key)
{
	for (size_t i = 0; i < map->channel->n_shapes; i++)
		if (shape_reads(map, &map->shapes[i], key))
			return true;
	return leads_on(map, key);
}

/* --- deciding columns --- */

static void observe_shape(struct crm_map *map, struct crm_map_shape *s, const struct crm_view *view)
{
	static const enum crm_field money[] = {CRM_F_AMOUNT, CRM_F_LINE_PRICE, CRM_F_LINE_EXTRA};
	struct crm_slice v;

	if ((v = crm_values_one(view, &s->fields[CRM_F_TIME])).ptr)
		crm_dates_observe(&map->shapes[s->timed_with].times, v);
	if ((v = crm_values_one(view, &s->fields[CRM_BIRTH_DATE])).ptr)
		crm_dates_observe(&s->birth_dates, v);
	for (size_t i = 0; i < sizeof(money) / sizeof(money[0]); i++)
		if (s->fields[money[i]].n && s->fields[money[i]].where->as != CRM_AS_MINOR
		    && s->fields[money[i]].where->as != CRM_AS_REAL
		    && (v = crm_values_one(view, &s->fields[money[i]])).ptr)
			crm_decimals_observe(&map->decimals, v);
}

static void observe(struct crm_map *map, size_t group, const struct crm_row *row,
		    const struct crm_spot *spot, int64_t line, void *data)
{
	struct crm_view view = {row, spot, data, &map->found};

	(void)line;
	for (size_t i = group; i < map->channel->n_shapes; i++)
		if (map->shapes[i].shape->group == group
		    && crm_fields_fit(map, &map->shapes[i], row, spot))
			observe_shape(map, &map->shapes[i], &view);
}

void crm_map_observe(struct crm_map *map, const struct crm_row *row)
{
	struct crm_arena arena = CRM_ARENA_INIT;

	expand(map, row, observe, &arena);
	crm_arena_release(&arena);
}

/* Does some row show the order of day and month? */
static bool dates_shown(const struct crm_dates *d)
{
	return d->told || d->format || d->day_first || d->month_first;
}

/* One row shows an order; whether another row shows the other one, only more rows tell. */
static bool dates_decided(const struct crm_dates *d)
{
	return d->told || d->format || (d->day_first && d->month_first);
}

static bool shape_decided(const struct crm_map *map, const struct crm_map_shape *s, bool *money)
{
	bool times = !s->fields[CRM_F_TIME].n || dates_decided(&map->shapes[s->timed_with].times);
	bool births = !s->fields[CRM_BIRTH_DATE].n || dates_decided(&s->birth_dates);

	*money |= s->fields[CRM_F_AMOUNT].n || s->fields[CRM_F_LINE_PRICE].n;
	return times && births;
}

bool crm_map_decided(const struct crm_map *map)
{
	bool decided = true, money = false;

	for (size_t i = 0; i < map->channel->n_shapes; i++)
		decided &= shape_decided(map, &map->shapes[i], &money);
	return decided
	       && (!money || map->decimals.told || map->decimals.point || map->decimals.comma);
}

static bool dates_open(const struct crm_dates *d)
{
	return d->ambiguous && !dates_shown(d);
}

bool crm_map_ambiguous(const struct crm_map *map)
{
	const struct crm_decimals *d = &map->decimals;
	bool open = d->ambiguous && !d->point && !d->comma;

	for (size_t i = 0; i < map->channel->n_shapes; i++)
		open |= dates_open(&map->shapes[i].times)
			|| dates_open(&map->shapes[i].birth_dates);
	return open;
}

static void decide_dates(const struct crm_where *where, struct crm_dates *dates,
			 struct crm_str *out)
{
	enum crm_dates_state state = crm_dates_decide(dates);
	const char *order = dates->order == CRM_DATES_MDY ? "month/day" : "day/month";

	if (state == CRM_DATES_ASSUMED)
		crm_str_addf(
			out,
			"dates in '%s' could be day/month or month/day: read as %s (say --dates)\n",
			where->from[0], order);
	else if (state == CRM_DATES_CONTRADICTORY)
		crm_str_addf(out,
			     "dates in '%s' are written both ways: those that could be either are "
			     "set aside\n",
			     where->from[0]);
	else if (dates->ambiguous && !dates->told && !dates->format)
		crm_str_addf(out, "dates in '%s' are %s, as the column shows\n", where->from[0],
			     order);
}

/* Then a record that was changed in its source is another one. */
static void tell_no_key(const struct crm_map *map, struct crm_str *words)
{
	for (size_t i = 0; i < map->channel->n_shapes; i++) {
		const struct crm_place *key = &map->shapes[i].key;

		if (!map->channel->is_csv || !key->where->n || key->n)
			continue;
		crm_str_addf(words, "no column '%s'%s: a row is known again by all that is in it\n",
			     key->where->from[0],
			     key->where->n > 1 ? " or another for the key" : " for the key");
		break;
	}
}

void crm_map_decide(struct crm_map *map, struct crm_str *words)
{
	tell_no_key(map, words);
	for (size_t i = 0; i < map->channel->n_shapes; i++) {
		struct crm_map_shape *s = &map->shapes[i];

		if (s->timed_with == i)
			decide_dates(&s->shape->fields[CRM_F_TIME], &s->times, words);
		else
			s->times = map->shapes[s->timed_with].times;
		decide_dates(&s->shape->fields[CRM_BIRTH_DATE], &s->birth_dates, words);
	}
	if (crm_decimals_decide(&map->decimals) == CRM_DECIMALS_ASSUMED)
		crm_str_adds(words,
			     "amounts such as 1.234 could be thousands or not (say --decimal)\n");
}

struct crm_map_unread crm_map_unread(const struct crm_map *map)
{
	return map->unread;
}

/* NULL where no value asked for an order. */
static const char *order_name(const struct crm_dates *d)
{
	static const char *const names[] = {
		[CRM_DATES_ANY] = "both",
		[CRM_DATES_DMY] = "dmy",
		[CRM_DATES_MDY] = "mdy",
		[CRM_DATES_YMD] = "ymd",
	};

	return dates_shown(d) || d->ambiguous ? names[d->order] : NULL;
}

/* The first order that some shape's column was found to be in. */
static const char *shapes_order(const struct crm_map *map, bool births)
{
	const char *order = NULL;

	for (size_t i = 0; i < map->channel->n_shapes && !order; i++)
		order = order_name(births ? &map->shapes[i].birth_dates : &map->shapes[i].times);
	return order;
}

void crm_map_describe(const struct crm_map *map, struct crm_str *json)
{
	const struct crm_decimals *d = &map->decimals;
	const char mark[2] = {d->mark, '\0'};

	crm_json_put(json, "channel", map->channel->name);
	crm_json_put(json, "region", map->options.region);
	crm_json_put(json, "zone", map->options.zone);
	crm_json_put(json, "currency", map->options.currency);
	crm_json_put(json, "dates", shapes_order(map, false));
	crm_json_put(json, "birth_dates", shapes_order(map, true));
	if (d->mark && (d->told || d->point || d->comma || d->ambiguous))
		crm_json_put(json, "decimal", mark);
}
