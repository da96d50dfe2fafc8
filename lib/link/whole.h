/* SPDX-License-Identifier: MIT */
/*
 * whole: what of a whole store a part of its records must know, so that the part says of its
 * records what a run over all says: how many have a value (rarity), which values identify
 * nobody (junk), and what humans decided. It is the member "whole" of a model file that has a
 * plan as well (link/run.h), see crm-linkage(7); values are known by their texts, those compared
 * within a scope by scope, U+001F and text.
 */
#ifndef CRM_LINK_WHOLE_H
#define CRM_LINK_WHOLE_H

#include "link/link.h"

struct crm_whole_column {
	bool counted;
	struct crm_pool value; /* those of several records */
	uint32_t *count;       /* value → records that have it */
	size_t cap;
	uint32_t known;       /* records that have any */
	double met;           /* the chance that two of these share one */
	struct crm_pool junk; /* values that count as missing */
};

struct crm_whole {
	const struct crm_spec *spec; /* borrowed */
	uint32_t profiles;
	struct crm_plan plan;
	struct crm_whole_column column[CRM_COLUMNS];
	struct crm_whole_decided {
		int64_t a, b; /* profiles, in order */
		bool same;
	} * decided;
	size_t n_decided;
	struct crm_apart *apart; /* in order */
	size_t n_apart;
	int64_t *single; /* sources that have each person once */
	size_t n_single;
	bool handles; /* some tell people apart: those of these scopes */
	struct crm_pool strong;
};

/* Appends the model of link with this plan and its whole, as a JSON object that is also a model
 * without. */
void crm_whole_write(const struct crm_link *link, const struct crm_plan *plan, struct crm_str *out);
/* Reads the whole of a model file. CRM_DATA where there is none. *out is new, also on failure:
 * crm_whole_free; spec is that of the model, and must outlive it. */
enum crm_status crm_whole_read(struct crm_whole **out, const struct crm_spec *spec,
			       struct crm_slice json, struct crm_err *err);
void crm_whole_free(struct crm_whole *whole);

/* Sets the junk of a column to what it is in people->whole; see crm_junk_find. */
void crm_whole_junk(struct crm_people *people, int column);
/* Makes counts those of people->whole; after crm_people_finish. */
void crm_whole_count(struct crm_people *people);

#endif
