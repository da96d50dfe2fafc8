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
	CRM_F_ABOUT,
	CRM_F_ACCOUNT,
	CRM_F_AUTO,
	CRM_F_REPLY_TO,
	CRM_F_CAMPAIGN,
	CRM_F_TOKEN,
	CRM_F_REFERENCES,
	CRM_F_ATTACHMENTS,
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

/* What a value is turned into before it is used. */
enum crm_as {
	CRM_AS_IS,
	CRM_AS_HTML,     /* the text of HTML */
	CRM_AS_ENTITIES, /* &amp; &lt; &gt; &quot; &#39; resolved */
	CRM_AS_URL,      /* %20 resolved */
	CRM_AS_MINOR,    /* an amount in minor units: cents */
	CRM_AS_REAL,     /* an amount as programs write numbers: 18.3333333, 1e2; rounded */
	CRM_AS_DISPLAY,  /* of "Ada" <a@b> Ada */
	CRM_AS_ADDRESS,  /* of "Ada" <a@b> a@b */
	CRM_AS_DIGITS,   /* digits only */
	CRM_AS_UTF8      /* UTF-8 that was taken for Latin-1 */
};

/* Where a value is: names of columns, or paths (ingest/path.h); the first one the file has
 * and that is not empty counts, unless join says that all are put together. */
struct crm_where {
	const char **from;
	size_t n;
	const char *join;   /* NULL: alternatives */
	bool all;           /* of join: nothing, unless each of them is there */
	const char *format; /* of times; NULL: found out from the data */
	const char *split;  /* a value is several, with this between */
	const char **strip; /* starts that are not part of it */
	size_t n_strip;
	const char *prefix; /* a start that is put before it, where it is not there */
	const char *query;  /* of a URL: this parameter */
	enum crm_as as;
	bool first; /* of e-mail and phone too only the first that is there */
};

struct crm_handle {
	const char *name; /* customer: the handle's kind within the scope */
	const char *scope;
	bool id;   /* of a document or a register (ssn, passport), not of the source */
	bool many; /* one person may have several (an id per order, a device) */
	struct crm_where where;
	struct crm_where within; /* further part of the scope: the page, the team; of an id the
				  * country that gave it out */
};

struct crm_translation { /* of a value of field; a final * in from stands for any rest */
	enum crm_field field;
	const char *from, *to;
};

struct crm_condition { /* one of values is at where; "": nothing is there; "*": anything */
	struct crm_where where;
	const char **values;
	size_t n_values;
	struct crm_where same; /* instead of values: it is what is here */
	bool negated;          /* it must not be so */
};

/* One kind of record that a channel gives, and where its fields are. */
struct crm_shape {
	enum crm_record_type type;
	const char **each; /* JSON: paths to the lists of records; n 0: the document */
	size_t n_each;
	size_t group;               /* index of the first shape with the same each */
	struct crm_condition *when; /* all of them */
	size_t n_when;
	struct crm_where key, drop;
	const char **drop_values;
	size_t n_drop_values;
	struct crm_where fields[CRM_FIELDS], out[CRM_FIELDS];
	const char *constants[CRM_FIELDS];
	struct crm_handle *handles;
	size_t n_handles;
	struct crm_translation *translations;
	size_t n_translations;
};

struct crm_signs {
	const char **all; /* columns or paths; "@email": any of those of field email */
	size_t n;
};

struct crm_syntax;
struct crm_webhook;
struct crm_answers;

struct crm_channel {
	const char *name, *file, *about, *medium, *scope;
	const char *reads;               /* csv, json, or the name of a syntax */
	const struct crm_syntax *syntax; /* NULL: csv or json */
	bool is_csv;
	struct crm_signs *signs; /* what files are told by: one of them must be there */
	size_t n_signs;
	char delimiter, quote; /* 0: found out; " */
	const char *encoding;
	const char **header; /* of a CSV file that has none */
	size_t n_header;
	size_t optional; /* so many of the last columns may be missing */
	const char *region, *zone, *currency, *decimal, *dates;
	bool unique;         /* it has each person once */
	const char *refuses; /* why a file that shows these signs is not read unasked; or NULL */
	const struct crm_webhook *webhook; /* NULL: takes no posts */
	const char *answers;               /* how it answers: smtp, http, exec; NULL: not at all */
	const struct crm_answers *answer;  /* all of that (ingest/answers.h); NULL: not at all */
	struct crm_shape *shapes;
	size_t n_shapes;
	struct crm_arena arena; /* all of the above */
};

/* Reads the file at path; name is its name without folder and .json. *channel is new, on
 * success: free with crm_channel_free. CRM_CONFIG with file, line and name of what is
 * wrong. */
enum crm_status crm_channel_load(struct crm_channel **channel, const char *name, const char *path,
				 struct crm_err *err);
void crm_channel_free(struct crm_channel *channel);

/* Is a, of a channel, the name of column b of a file? Case, blanks and punctuation do not
 * count, nor do accents in b. A final * in a stands for any rest. */
bool crm_column_same(const char *a, struct crm_slice b);

#endif
