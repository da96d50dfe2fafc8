/* SPDX-License-Identifier: MIT */
/*
 * shard: the stages of linkage on a part of the records, as lines in and lines out, with
 * nothing known but a model file (link/whole.h). What comes out, over all parts, is what
 * link/link.h finds in the store that the model is of:
 *
 *	key	a record → a line for each of its blocking keys: KEY, tab, the record
 *	score	such lines, those of one key together → match lines
 *	component	records and match lines, all of them → COMPONENT, tab, such a line
 *	cluster	such lines, those of one component together → clusters and cuts
 *
 * A key is the rule's number in two hexadecimal digits and a digest of the values' texts, so
 * that it is the same on every machine. All lines of a key must come to one process, which
 * holds those of the largest key and some ten thousand more. A pair with several keys in
 * common may come out several times, with the same bytes.
 *
 * Lines gather until there are enough of them to be worth it; then the caller takes the result:
 *
 *	while a line is left
 *		if (crm_shard_ready(shard, line))
 *			crm_shard_key(shard, &out), or another stage
 *		crm_shard_add(shard, line, &err);
 *	crm_shard_key(shard, &out);
 */
#ifndef CRM_LINK_SHARD_H
#define CRM_LINK_SHARD_H

#include "link/whole.h"

#define CRM_SHARD_LINES 20000

struct crm_shard;

enum crm_shard_takes {
	CRM_SHARD_RECORDS, /* key */
	CRM_SHARD_KEYED,   /* score: records behind keys; a key of one line leads to nothing */
	CRM_SHARD_LINKED   /* component and cluster: records and matches */
};

/* Appends a record line: what the specification looks at, see crm-records(5). */
void crm_record_write(const struct crm_people *people, uint32_t record, struct crm_str *out);

/* model: the text of a model file with its whole, of this specification; which must outlive
 * *out, which is new, also on failure: crm_shard_free. */
enum crm_status crm_shard_new(struct crm_shard **out, const struct crm_spec *spec,
			      struct crm_slice model, enum crm_shard_takes takes,
			      struct crm_err *err);
void crm_shard_free(struct crm_shard *shard);

/* Are there enough lines, and does this one belong to another key than the last? */
bool crm_shard_ready(const struct crm_shard *shard, struct crm_slice line);
/* Adds a line, behind a key and a tab or without. CRM_DATA: it is not what is expected, and left
 * out. */
enum crm_status crm_shard_add(struct crm_shard *shard, struct crm_slice line, struct crm_err *err);

/* All of these append their lines and drop those added. */
void crm_shard_key(struct crm_shard *shard, struct crm_str *out);
/* Pairs that clusters at a threshold (in bits) need; all_pairs: also those that are one person
 * already. */
void crm_shard_score(struct crm_shard *shard, double threshold, bool all_pairs,
		     struct crm_str *out);
/* Which records can be one person's at all: linked, directly or by others, or of one person
 * already. Where the store has sources that have each person once, all are one component.
 * Returns how many matches lack a record, and were left out. */
size_t crm_shard_component(struct crm_shard *shard, struct crm_str *out);
/* The clusters at a threshold (in bits) that join people, all: any of several records; and what
 * was cut, as crm-dedupe --clusters has them. Returns the same. */
size_t crm_shard_cluster(struct crm_shard *shard, double threshold, bool all, struct crm_str *out);

#endif
