/* SPDX-License-Identifier: MIT */
/*
 * channels: all channels that there are files of, and which of them a file with data is of: the one
 * of whose signs ("detect") it shows most.
 */
#ifndef CRM_CHANNELS_H
#define CRM_CHANNELS_H

#include "base/json.h"
#include "ingest/channel.h"
#include "ingest/syntax.h"

/* The channels there are, by name; a user's own come before ours of the same name. */
struct crm_channels {
	struct crm_channel **list; /* sorted by name */
	size_t n, cap;
};
#define CRM_CHANNELS_INIT  \
	{                  \
		NULL, 0, 0 \
	}
/* Loads all of a folder that are not there yet. A file with a mistake is an error. */
enum crm_status crm_channels_load(struct crm_channels *channels, const char *dir,
				  struct crm_err *err);
/* NULL: there is none of this name. The other says so: CRM_CONFIG. */
const struct crm_channel *crm_channels_find(const struct crm_channels *channels, const char *name);
enum crm_status crm_channels_named(const struct crm_channels *channels, const char *name,
				   const struct crm_channel **found, struct crm_err *err);
void crm_channels_release(struct crm_channels *channels);

/* What is to be seen of a file. */
struct crm_detect {
	const struct crm_syntax *syntax; /* NULL: a table, or JSON */
	bool is_csv;                     /* a table */
	const struct crm_slice *columns; /* of it */
	size_t n_columns;
	const struct crm_json_doc *doc; /* else its first document */
};
/* *found (borrowed) is the channel of the file. CRM_DATA when there is none, or more than one, or
 * it says that it is not to be read. */
enum crm_status crm_channels_detect(const struct crm_channels *channels,
				    const struct crm_detect *file, const struct crm_channel **found,
				    struct crm_err *err);

#endif
