/* SPDX-License-Identifier: MIT */
/* splink_names: which column of a table of Splink's is which of ours; for splink_import.c and
 * splink_export.c. */
#ifndef CRM_LINK_SPLINK_NAMES_H
#define CRM_LINK_SPLINK_NAMES_H

#include "link/splink.h"
#include "link/splink_sql.h"

struct crm_splink_names {
	const struct crm_spec *base;
	struct crm_sql_columns columns; /* ours by their own names, the usual ones, those told */
	size_t cap, n_told;             /* told: the last ones */
	struct crm_arena arena;
};

/* Release in any case. CRM_USAGE for an option that is wrong. */
enum crm_status crm_splink_names_init(struct crm_splink_names *names, const struct crm_spec *base,
				      const struct crm_splink_options *options,
				      struct crm_err *err);
void crm_splink_names_release(struct crm_splink_names *names);

/* Marks all columns of base as used. */
void crm_splink_names_use_all(struct crm_splink_names *names);
/* Writes the used columns as a specification has them. */
void crm_splink_names_write(const struct crm_splink_names *names, struct crm_str *out);
/* The name that was told for a column of ours, else its own. */
const char *crm_splink_names_theirs(const struct crm_splink_names *names, const char *ours);

#endif
