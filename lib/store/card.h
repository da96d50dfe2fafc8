/* SPDX-License-Identifier: MIT */
/*
 * card: everything about one person, gathered by a handful of queries however many
 * records and events there are.
 *
 * A card is a list of sections, each a table whose columns know how they are to be
 * written. Both ways of showing a card, as a JSON line and as text for a terminal, walk
 * over the same sections, so that they cannot tell different things.
 */
#ifndef CRM_CARD_H
#define CRM_CARD_H

#include "base/mem.h"
#include "store/cell.h"
#include "store/db.h"

enum crm_card_kind { /* how a column is written */
	CRM_CARD_PLAIN,
	CRM_CARD_TIME,  /* ms; the next column is the offset in minutes, or NULL */
	CRM_CARD_MONEY, /* minor units; the next column is the currency */
	CRM_CARD_BOOL,
	CRM_CARD_JSON,  /* text that is JSON already */
	CRM_CARD_HIDDEN /* belongs to the column before it */
};

#define CRM_CARD_COLUMNS 24

enum crm_card_part {
	CRM_CARD_ENDPOINTS,
	CRM_CARD_REVENUE, /* a row for each currency */
	CRM_CARD_REQUESTS,
	CRM_CARD_NOTES, /* the newest */
	CRM_CARD_TIMELINE,
	CRM_CARD_PROFILES,
	CRM_CARD_MERGES,
	CRM_CARD_CHANNELS, /* events counted by source and type */
	CRM_CARD_PARTS     /* how many */
};

struct crm_card_section {
	const char *names[CRM_CARD_COLUMNS];
	enum crm_card_kind kinds[CRM_CARD_COLUMNS];
	size_t columns, rows, cap;
	struct crm_cell *cells; /* row by row */
};

/* A field of the golden record. */
struct crm_card_field {
	const char *name, *value;
	int64_t profile;    /* which record it comes from; 0: not known */
	const char *source; /* that record's source, NULL: not known */
	const char *rule;   /* by which it was chosen, NULL: not known */
};
#define CRM_CARD_FIELDS 16

struct crm_card {
	int64_t person;   /* canonical id */
	int64_t *aliases; /* ids merged into it, ascending */
	size_t n_aliases, cap_aliases;
	struct crm_card_field fields[CRM_CARD_FIELDS];
	size_t n_fields;
	struct crm_card_section parts[CRM_CARD_PARTS];
	struct crm_arena arena; /* holds all text */
};
#define CRM_CARD_INIT \
	{             \
		0     \
	}

/* Loads the card of person, any id of theirs, with at most limit events (-1: all). card
 * may be used again. CRM_NO_INPUT when there is no such person. The functions of
 * report/functions.h must be registered. */
enum crm_status crm_card_load(struct crm_db *db, int64_t person, int limit, struct crm_card *card);
void crm_card_release(struct crm_card *card);

/* Leaves of the numbers of documents (endpoints of kind id) only the last characters, in the
 * records as they came as well. */
void crm_card_mask(struct crm_card *card);

/* Sets a field of the golden record, in place of what person.name, email and phone say;
 * text is copied. A NULL value removes it. */
void crm_card_field(struct crm_card *card, const char *name, const char *value, int64_t profile,
		    const char *rule);
/* The value of a field, NULL when it is not known. */
const char *crm_card_value(const struct crm_card *card, const char *name);
/* The cell of a section by its column's name; NULL when there is no such column. */
const struct crm_cell *crm_card_cell(const struct crm_card_section *section, size_t row,
				     const char *name);
int64_t crm_card_events(const struct crm_card *card); /* all, not only those loaded */
int64_t crm_card_orders(const struct crm_card *card); /* those that count */

/* Appends the card as one line of JSON: crm-records(5), person. */
void crm_card_json(const struct crm_card *card, struct crm_str *out);
/* Appends the card as text, at most width columns wide. */
void crm_card_text(const struct crm_card *card, size_t width, struct crm_str *out);

#endif
