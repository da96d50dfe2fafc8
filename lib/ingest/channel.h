/* SPDX-License-Identifier: MIT */
/*
 * channel: what a source looks like, from a JSON file; crm-channels(5) is its description.
 *
 * A channel is plain data once it is loaded. Anything in the file that we do not know is
 * an error with file, line and name: a misspelt field must not silently lose a column.
 */
#ifndef CRM_CHANNEL_H
#define CRM_CHANNEL_H

#include "base/mem.h"
#include "base/status.h"
#include "store/record.h"

/* What a channel may give, in the order of crm_field_names; the person fields first. */
enum crm_field {
	CRM_F_HOUSE = CRM_PERSON_FIELDS, /* put before or after the street */
	CRM_F_UNIT,
	CRM_F_EMAIL,
	CRM_F_PHONE,
	CRM_F_TIME,
	CRM_F_DIRECTION,
	CRM_F_THREAD,
	CRM_F_SUBJECT,
	CRM_F_TEXT,
	CRM_F_STATUS,
	CRM_F_AMOUNT,
	CRM_F_CURRENCY,
	CRM_F_ORDER,
	CRM_F_RATING,
	CRM_F_RATING_MAX,
	CRM_F_DURATION,
	CRM_F_AGENT,
	CRM_F_LINE,
	CRM_F_LINE_SKU,
	CRM_F_LINE_NAME,
	CRM_F_LINE_QUANTITY,
	CRM_F_LINE_PRICE,
	CRM_F_LINE_EXTRA,
	CRM_FIELDS
};
extern const char *const crm_field_names[CRM_FIELDS];

#define CRM_CHANNEL_MAX 1000000 /* bytes of a channel file */

/* Where a value is: names of columns, or JSON Pointers; the first one the file has and
 * that is not empty counts, unless join says that all are put together. */
struct crm_where {
	const char **from;
	size_t n;
	const char *join;   /* NULL: alternatives */
	const char *format; /* of times; NULL: found out from the data */
};

struct crm_handle {
	const char *name; /* customer: the handle's kind within the scope */
	const char *scope;
	bool many; /* one person may have several (an id per order, a device) */
	struct crm_where where;
};

struct crm_translation { /* of a value of field; a final * in from stands for any rest */
	enum crm_field field;
	const char *from, *to;
};

struct crm_channel {
	const char *name, *file, *about, *medium, *scope, *each;
	bool is_json;
	enum crm_record_type type;
	const char **detect; /* columns or pointers; "@email": any of those of field email */
	size_t n_detect;
	struct crm_where key, drop;
	const char **drop_values;
	size_t n_drop_values;
	char delimiter, quote; /* 0: found out; " */
	const char *encoding;
	const char **header; /* of a CSV file that has none */
	size_t n_header;
	const char *region, *zone, *currency, *decimal, *dates;
	struct crm_where fields[CRM_FIELDS], out[CRM_FIELDS];
	const char *constants[CRM_FIELDS];
	struct crm_handle *handles;
	size_t n_handles;
	struct crm_translation *translations;
	size_t n_translations;
	struct crm_arena arena; /* all of the above */
};

/* Reads the file at path; name is its name without folder and .json. *channel is new, on
 * success: free with crm_channel_free. CRM_CONFIG with file, line and name of what is
 * wrong. */
enum crm_status crm_channel_load(struct crm_channel **channel, const char *name, const char *path,
				 struct crm_err *err);
void crm_channel_free(struct crm_channel *channel);

/* Is a, of a channel, the name of column b of a file? Case, blanks and punctuation do not
 * count, nor do accents in b. */
bool crm_column_same(const char *a, struct crm_slice b);

#endif
