/* SPDX-License-Identifier: MIT */
/*
 * values: what stands at the places that a channel names, in one row: found, taken apart
 * and turned into what it is used as.
 */
#ifndef CRM_VALUES_H
#define CRM_VALUES_H

#include "base/mem.h"
#include "ingest/channel.h"
#include "ingest/path.h"
#include "ingest/reader.h"

/* A crm_where made ready for one file. */
struct crm_place {
	const struct crm_where *where;
	size_t *columns; /* CSV: those the file has, in the channel's order */
	size_t n;        /* how many of where->from there are */
};

/* Some values; the memory is used again. */
struct crm_values {
	struct crm_slice *list;
	size_t n, cap;
	struct crm_str scratch;
};

/* A row, and within it the record at hand. */
struct crm_view {
	const struct crm_row *row;
	const struct crm_spot *spot; /* NULL: CSV */
	struct crm_arena *arena;     /* for what has to be written anew */
	struct crm_values *found;
};

/* columns: of a CSV file; NULL for JSON. */
void crm_place_prepare(struct crm_place *place, const struct crm_where *where,
		       const struct crm_slice *columns, size_t n, struct crm_arena *arena);

/* The values at a place that are not blank, trimmed. Borrowed: valid until the next call;
 * their bytes as long as the row and the arena. */
const struct crm_values *crm_values_all(const struct crm_view *view, const struct crm_place *place);
/* The one value: the first, or with join all of them; ptr NULL for none. */
struct crm_slice crm_values_one(const struct crm_view *view, const struct crm_place *place);
/* The values last found, put together as the place's join and prefix say. */
struct crm_slice crm_values_joined(const struct crm_view *view, const struct crm_where *where);
/* The values of the list with `with` between, in the arena. */
struct crm_slice crm_values_join(const struct crm_view *view, const struct crm_slice *list,
				 size_t n, const char *with);
/* A value's display form (crm_text_clean), in the arena; ptr NULL when nothing is left of it. */
struct crm_slice crm_values_clean(const struct crm_view *view, struct crm_slice s);
/* Is s what a channel's value `from` is for? Without regard to case; a final * stands for any rest.
 */
bool crm_values_mean(const char *from, struct crm_slice s);
/* The text of a JSON value; ptr NULL of null, lists and objects. */
struct crm_slice crm_values_text(const struct crm_view *view, const struct crm_json_value *value);

#endif
