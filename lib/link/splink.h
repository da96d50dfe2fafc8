/* SPDX-License-Identifier: MIT */
/*
 * splink: models of Splink (3, 4 and 5), as its save_model_to_json writes them, as models of
 * ours (model.h), and the other way round.
 *
 * A model of Splink has comparisons with levels in SQL, each with m and u, the probabilities
 * that two records of one person, and of two, reach it; rules in SQL by which pairs are found;
 * and the probability that two random records match. Ours says the same, and has a third
 * class, near, which an imported model does without: its share is 0. What has no words in the
 * other's language is named in notes, a line each; nothing is guessed.
 */
#ifndef CRM_LINK_SPLINK_H
#define CRM_LINK_SPLINK_H

#include "link/model.h"
#include "link/spec.h"

struct crm_splink_options {
	/* Which column is which: "first_name=given", "job=/occupation" (a path into the record
	 * as it came) or "job=/zip:code" (with how it is compared: name, text, code, date, street,
	 * org), "first_and_surname=given+family". The usual names are known without; the last one
	 * for a name holds. */
	const char *const *column;
	size_t n_columns;
	const char *const *without; /* names of comparisons that are left out */
	size_t n_without;
	bool own_blocks; /* find pairs by the blocks of the specification, not by its rules */
};

/* Appends the model that says what the one in json does, with a specification of its columns
 * (as base has them), comparisons and blocks. CRM_DATA when json is no such model, or has
 * parts that are not known: notes then names each of them, and err says how many.
 * CRM_USAGE for an option that is wrong. */
enum crm_status crm_splink_import(struct crm_slice json, const struct crm_spec *base,
				  const struct crm_splink_options *options, struct crm_str *out,
				  struct crm_str *notes, struct crm_err *err);

/* Appends a model as Splink 4 and 5 load it, for DuckDB. Of options, column alone matters: it
 * gives columns the names that Splink's tables have. notes says what is lost. CRM_DATA when
 * nothing to compare would be left. */
enum crm_status crm_splink_export(const struct crm_model *model, struct crm_spec *spec,
				  const struct crm_splink_options *options, struct crm_str *out,
				  struct crm_str *notes, struct crm_err *err);

#endif
