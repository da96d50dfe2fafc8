/* SPDX-License-Identifier: MIT */
/*
 * fields: a record from what a row says, field by field. Only the map (ingest/map.h) uses
 * this: it knows the file, and hands over one record at a time.
 */
#ifndef CRM_FIELDS_H
#define CRM_FIELDS_H

#include "ingest/map.h"
#include "ingest/values.h"
#include "norm/money.h"
#include "norm/phone.h"
#include "norm/when.h"

/* A shape made ready for one file. */
struct crm_map_shape {
	const struct crm_shape *shape;
	struct crm_place fields[CRM_FIELDS], out[CRM_FIELDS], key, drop;
	struct crm_place *handles, *within;
	struct crm_place *when, *same;   /* of each condition */
	struct crm_slice *handle_scopes; /* SCOPE:NAME; of ids NAME */
	bool has_out;
	bool looks_up;     /* some path leads up: a record is not understood by itself alone */
	size_t timed_with; /* index of the first shape whose times stand at the same place: */
	struct crm_dates times, birth_dates; /* it is shown the times of all of them */
};

struct crm_map {
	const struct crm_channel *channel;
	struct crm_map_options options;
	struct crm_map_shape *shapes;
	struct crm_str *json_keys; /* CSV: `"column":` of each column */
	size_t n_columns;
	struct crm_phone *phone;
	struct crm_zone *zone; /* of local times; NULL: not known */
	struct crm_decimals decimals;
	struct crm_map_unread unread;
	struct crm_values found;
	struct crm_arena arena;
	struct crm_str scratch;
	struct crm_str order;   /* the number of the last one, */
	char order_currency[4]; /* and what it was in, or "" */
};

/* Adds to chunk the record that a row gives by a shape; spot is where it is in the row's
 * document, NULL for CSV; line where it begins in the file. */
void crm_fields_fill(struct crm_map *map, const struct crm_map_shape *shape,
		     const struct crm_row *row, const struct crm_spot *spot, int64_t line,
		     struct crm_chunk *chunk);
/* Adds one that is set aside, with a reason. */
void crm_fields_refuse(struct crm_map *map, const struct crm_row *row, const struct crm_spot *spot,
		       int64_t line, const char *reason, struct crm_chunk *chunk);
/* Does what a shape asks for hold of the row? */
bool crm_fields_fit(struct crm_map *map, const struct crm_map_shape *shape,
		    const struct crm_row *row, const struct crm_spot *spot);
/* Do all of the conditions hold of a JSON document that is no record? */
bool crm_conditions_hold(const struct crm_view *view, const struct crm_condition *list, size_t n);

#endif
