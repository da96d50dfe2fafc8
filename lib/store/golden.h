/* SPDX-License-Identifier: MIT */
/*
 * golden: one record out of all that the sources say about a person.
 *
 * Which profile a field is taken from is decided by the survivorship rules, a text file
 * with a line for each field:
 *
 *	# FIELD RULE [RULE …]
 *	email   source_rank(shopify-orders,newsletter) newest
 *	name    most_frequent most_complete
 *
 * A rule keeps the profiles that are best by it and leaves the rest to the next rule; if
 * different values are left after the last one, the profile with the smallest id decides.
 *
 *	newest            the latest profile.seen_at
 *	most_frequent     the value that most profiles have
 *	most_complete     the most letters and digits, and of equal ones those in mixed case;
 *	                  of an address the most columns filled
 *	source_rank(A,B)  A before B before all other sources, by the channel's name
 *
 * Fields are name, birth_date, email, phone, org, address and language. name stands for
 * name, given and family, address for street, city, postcode, region and country: those
 * are taken together from one profile, so that no person is put together out of two.
 * Two values are the same when they differ in case only. Addresses that many people share
 * (endpoint.flags) are taken only when there are no others.
 */
#ifndef CRM_GOLDEN_H
#define CRM_GOLDEN_H

#include "base/mem.h"
#include "base/status.h"
#include "base/str.h"
#include "store/db.h"

enum crm_golden_field {
	CRM_GOLDEN_NAME,
	CRM_GOLDEN_GIVEN,
	CRM_GOLDEN_FAMILY,
	CRM_GOLDEN_BIRTH_DATE,
	CRM_GOLDEN_EMAIL,
	CRM_GOLDEN_PHONE,
	CRM_GOLDEN_ORG,
	CRM_GOLDEN_STREET,
	CRM_GOLDEN_CITY,
	CRM_GOLDEN_POSTCODE,
	CRM_GOLDEN_REGION,
	CRM_GOLDEN_COUNTRY,
	CRM_GOLDEN_LANGUAGE,
	CRM_GOLDEN_FIELDS /* how many */
};
extern const char *const crm_golden_field_names[CRM_GOLDEN_FIELDS];

struct crm_golden_rules;

/* New: every field by "newest" until a file says otherwise. */
struct crm_golden_rules *crm_golden_rules_new(void);
void crm_golden_rules_free(struct crm_golden_rules *rules);
/* Reads a file over what is there: fields that it does not name keep their rules, so
 * that ours is read first and the user's on top. CRM_CONFIG with FILE:LINE in err; what
 * crm_file_read says. */
enum crm_status crm_golden_rules_read(struct crm_golden_rules *rules, const char *path,
				      struct crm_err *err);
/* The same from text; name is what errors call it. */
enum crm_status crm_golden_rules_parse(struct crm_golden_rules *rules, const char *name,
				       struct crm_slice text, struct crm_err *err);

struct crm_golden_value {
	const char *value; /* NULL: no profile has one */
	int64_t profile;   /* where it comes from */
	/* Which rule decided: the name of a rule; "only" when there was one value to choose
	 * from; "first_profile" when no rule could tell. Static. */
	const char *rule;
};

struct crm_golden {
	int64_t person; /* canonical */
	size_t profiles;
	struct crm_golden_value field[CRM_GOLDEN_FIELDS];
	struct crm_arena arena; /* holds the values until the next derive or release */
};
#define CRM_GOLDEN_INIT                                 \
	{                                               \
		0, 0, {{NULL, 0, NULL}}, CRM_ARENA_INIT \
	}
void crm_golden_release(struct crm_golden *golden);

/* Derives the record of a canonical person from the profiles of all ids it stands for.
 * golden may be used again and again. No profiles: all values NULL. */
enum crm_status crm_golden_derive(struct crm_db *db, const struct crm_golden_rules *rules,
				  int64_t person, struct crm_golden *golden);
/* Writes name, email and phone to the canonical person's row. */
enum crm_status crm_golden_store(struct crm_db *db, const struct crm_golden *golden);
/* Derives and stores for n canonical ids, once for each. */
enum crm_status crm_golden_refresh(struct crm_db *db, const struct crm_golden_rules *rules,
				   const int64_t *ids, size_t n);
/* Appends {"name":{"value":…,"profile":…,"rule":…},…}; fields without a value are left
 * out. */
void crm_golden_json(const struct crm_golden *golden, struct crm_str *out);

#endif
