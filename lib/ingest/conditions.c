/* SPDX-License-Identifier: MIT */
/* Whether a record is one that a shape is for: its conditions, one after the other. */
#include "ingest/fields.h"

#include <stdlib.h>
#include <string.h>

static bool is_container(const struct crm_spot *spot, void *data)
{
	const struct crm_json_value *v = crm_spot_value(spot);

	if (v->type >= CRM_JSON_ARRAY && v->count)
		*(struct crm_slice *)data = CRM_SLICE("…");
	return true;
}

/* What stands there; of a list or an object, that there is one. */
static struct crm_slice present(const struct crm_view *view, const struct crm_place *place)
{
	struct crm_slice s = crm_values_one(view, place);

	for (size_t i = 0; i < place->n && !s.ptr && view->spot; i++)
		if (place->where->from[i][0] != '@')
			crm_path_walk(view->spot, place->where->from[i], is_container, &s);
	return s;
}

static bool condition_holds(const struct crm_condition *c, struct crm_slice s)
{
	for (size_t i = 0; i < c->n_values; i++)
		if (!*c->values[i] ? !s.ptr : s.ptr && crm_values_mean(c->values[i], s))
			return true;
	return false;
}

/* Is what stands at both places there, and the same? */
static bool is_same(const struct crm_view *view, const struct crm_place *a,
		    const struct crm_place *b)
{
	struct crm_slice x = crm_values_one(view, a), y = crm_values_one(view, b);

	return x.ptr && y.ptr && crm_slice_same(x, y);
}

static bool fits_one(const struct crm_view *view, const struct crm_condition *c,
		     const struct crm_place *when, const struct crm_place *same)
{
	bool holds =
		c->same.n ? is_same(view, when, same) : condition_holds(c, present(view, when));

	return holds != c->negated;
}

bool crm_conditions_hold(const struct crm_view *view, const struct crm_condition *list, size_t n)
{
	bool hold = true;

	for (size_t i = 0; hold && i < n; i++) {
		const struct crm_place when = {&list[i].where, NULL, list[i].where.n};
		const struct crm_place same = {&list[i].same, NULL, list[i].same.n};

		hold = fits_one(view, &list[i], &when, &same);
	}
	return hold;
}

bool crm_fields_fit(struct crm_map *map, const struct crm_map_shape *shape,
		    const struct crm_row *row, const struct crm_spot *spot)
{
	struct crm_arena arena = CRM_ARENA_INIT;
	struct crm_view view = {row, spot, &arena, &map->found};
	bool fit = true;

	for (size_t i = 0; fit && i < shape->shape->n_when; i++)
		fit = fits_one(&view, &shape->shape->when[i], &shape->when[i], &shape->same[i]);
	crm_arena_release(&arena);
	return fit;
}
