/* SPDX-License-Identifier: MIT */
/*
 * map: rows of a file into records, as its channel says.
 *
 * Some things cannot be told from one value: is 3/4/2026 in March or April, is 1.234 a
 * thousand? They are decided per column: crm_map_observe is shown every row (or enough of
 * them: crm_map_decided), crm_map_decide then settles them for the whole file, and says
 * in words what it had to assume.
 *
 * A map belongs to one thread.
 */
#ifndef CRM_MAP_H
#define CRM_MAP_H

#include "ingest/channel.h"
#include "ingest/reader.h"
#include "norm/own.h"
#include "store/record.h"

struct crm_map;

/* What the user said on the command line instead of the channel; NULL: nothing. */
struct crm_map_options {
	const char *region, *zone, *currency, *decimal, *dates;
	const char *birth_dates;   /* NULL: as dates */
	int this_year;             /* nobody is born after it */
	const struct crm_own *own; /* addresses of the business itself; NULL: not known */
};

/* columns: of a CSV file, n = 0 for JSON. Borrows channel and options' strings. *map is
 * new, on success: free with crm_map_free. CRM_CONFIG for a zone nobody knows and the
 * like; CRM_DATA when the file has none of the columns that the channel reads. */
enum crm_status crm_map_new(struct crm_map **map, const struct crm_channel *channel,
			    const struct crm_slice *columns, size_t n,
			    const struct crm_map_options *options, struct crm_err *err);
void crm_map_free(struct crm_map *map);

void crm_map_observe(struct crm_map *map, const struct crm_row *row);
/* Would more rows change nothing? */
bool crm_map_decided(const struct crm_map *map);
/* Is something open that the rows so far leave open? */
bool crm_map_ambiguous(const struct crm_map *map);
/* Settles what is open; appends a line of words for each thing the user should know. */
void crm_map_decide(struct crm_map *map, struct crm_str *words);

/* Adds the records of row to chunk; row->reason set: one that is set aside. */
void crm_map_row(struct crm_map *map, const struct crm_row *row, struct crm_chunk *chunk);

/* Values that were given and could not be used, by field; they are still in raw. */
struct crm_map_unread {
	uint64_t emails, phones, birth_dates;
	uint64_t local_times; /* times without a zone, read as UTC for want of one */
};
struct crm_map_unread crm_map_unread(const struct crm_map *map);

/* Appends where a field of records of this type is taken from in this file: columns, paths or
 * the value that the channel sets. field is named as in crm-records(5). */
void crm_map_from(const struct crm_map *map, enum crm_record_type type, const char *field,
		  struct crm_str *out);
/* Is some field taken from this column, or from within this member of a record? key as it
 * stands in JSON. */
bool crm_map_reads(const struct crm_map *map, struct crm_slice key);

/* The decisions, as members of a JSON object for batch.mapping: a replay of a record reads
 * it as its file was read, in the names of struct crm_map_options. */
void crm_map_describe(const struct crm_map *map, struct crm_str *json);

#endif
