/* SPDX-License-Identifier: MIT */
/* linkage: what the parts of crm-linkage share. */
#ifndef CRM_LINKAGE_H
#define CRM_LINKAGE_H

#include "cli.h"
#include "link/splink.h"

struct linkage_opts {
	struct crm_splink_options splink;
	const char **column, **without; /* borrowed from argv */
	size_t cap_columns, cap_without;
	const char *file; /* the first operand; NULL: there is none */
	const char *model;
	double threshold;
	bool all_pairs;
	uint64_t seed, budget;
};

struct linkage {
	struct cli *cli; /* operands: what follows the task's name */
	const struct linkage_opts *o;
	struct crm_err err;
	struct crm_str in, out, notes;
};

/* Where the model is from, for errors. */
const char *linkage_name(const struct linkage *w);
/* Reads the newest model in a store into w->in; an error where there is none. */
enum crm_status linkage_stored(struct linkage *w, struct crm_db *db);

/* The stages that run on parts; see crm-linkage(7). */
enum crm_status linkage_whole(struct linkage *w);
enum crm_status linkage_records(struct linkage *w);
enum crm_status linkage_key(struct linkage *w);
enum crm_status linkage_score(struct linkage *w);
enum crm_status linkage_component(struct linkage *w);
enum crm_status linkage_cluster(struct linkage *w);

#endif
