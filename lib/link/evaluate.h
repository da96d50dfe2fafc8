/* SPDX-License-Identifier: MIT */
/*
 * evaluate: how good linkage is, held against the truth. Precision, recall and F1 are over
 * pairs of records, and recall is of all true pairs, those that no block held included.
 *
 * "pairs": the pairs of a weight or more as they are. "clusters": all pairs within the
 * connected components they form, which is what merging them would do.
 */
#ifndef CRM_LINK_EVALUATE_H
#define CRM_LINK_EVALUATE_H

#include "link/link.h"

struct crm_truth {
	uint32_t *cluster; /* record → who it truly is, 0: not known */
	uint64_t pairs;    /* true pairs, also of records that are not in the store */
	uint32_t rows;     /* in the file */
	uint32_t missing;  /* of which the store has no profile */
};

/* Reads a CSV file with a header. A record is known by its value in column id, which its
 * source had under the same name (profile.raw); cluster is equal for the records of one
 * person. Records that the file lacks are left out of what is counted. CRM_DATA when a
 * column is not there. Release with crm_truth_release. */
enum crm_status crm_truth_read(struct crm_truth *truth, struct crm_db *db,
			       const struct crm_people *people, const char *path, const char *id,
			       const char *cluster);
void crm_truth_release(struct crm_truth *truth);

struct crm_metric {
	const char *what; /* pairs, clusters, blocks */
	bool best;        /* the weight is the one of the highest F1 */
	double weight;    /* bits; NAN for blocks */
	uint64_t found, right, all;
	double precision, recall, f1; /* NAN where there is nothing to divide by */
};
#define CRM_METRICS 9

/* Fills out with the measures of link->pairs (scored without a lower bound, people
 * ignored): blocks; pairs, then clusters, at .5, .95, .99 and at their best. */
void crm_evaluate(const struct crm_link *link, const struct crm_truth *truth,
		  struct crm_metric out[CRM_METRICS]);
/* Appends a metric as a JSON line. */
void crm_metric_write(const struct crm_metric *metric, struct crm_str *out);

#endif
