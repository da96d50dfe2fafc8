/* SPDX-License-Identifier: MIT */
/*
 * evaluate: how good linkage is, held against the truth. Precision, recall and F1 are over
 * pairs of the truth's records, and recall is of all true pairs: those that no block held
 * and those of records that the store lacks included.
 *
 * A record of the truth lies on one profile of the store. Several may lie on the same one,
 * since a source's records with the same details of a person share a profile: they are one
 * person already, so that a pair of them is found, by whatever measure, and a wrong one
 * counts as any other. A pair of profiles stands for all pairs of a record on the one and
 * a record on the other.
 *
 * "people": who is one person in the store as it stands, made so by crm-ingest and
 * crm-merge. "blocks": the pairs that were compared. "pairs": those of a weight or more as
 * they are. "clusters": all pairs within the connected components they form, which is what
 * merging them would do in a store where nobody is merged. The last three have no regard to
 * who is one person in the store.
 *
 * For people and clusters also B-cubed (Bagga and Baldwin 1998, "Algorithms for Scoring
 * Coreference Chains"; Amigo et al. 2009): a record's precision is the share of the records
 * put together with it, itself included, that are of its person; its recall the share of
 * its person's records that are put together with it, 0 for one that the store lacks. Both
 * are averaged over records, so that someone with thirty orders does not count a hundred
 * times as much as someone with three.
 */
#ifndef CRM_LINK_EVALUATE_H
#define CRM_LINK_EVALUATE_H

#include "link/link.h"

struct crm_truth_row {
	uint32_t record, cluster; /* on which record of people, and who it truly is: from 1 */
};

/* Some rows of one person on one record. */
struct crm_truth_part {
	uint32_t cluster, rows;
};

struct crm_truth {
	uint32_t *start;             /* record → its parts: part[start[r]] … */
	struct crm_truth_part *part; /* of a record in the order of clusters */
	uint32_t *on;                /* record → rows on it; 0: the truth does not know it */
	uint32_t *size;              /* cluster → its rows, also those not in the store */
	uint64_t pairs;              /* true pairs, of these as well */
	uint32_t rows;               /* in the file */
	uint32_t missing;            /* of which the store has no profile */
};

/* Makes *truth of n rows, which are sorted, on the records of people; size has the rows of
 * each cluster 1 … clusters, also of those that are not among the n. Takes ownership of size;
 * release with crm_truth_release. */
void crm_truth_make(struct crm_truth *truth, uint32_t records, struct crm_truth_row *rows, size_t n,
		    uint32_t *size, uint32_t clusters);
/* Reads a CSV file with a header. A record is known by its value in column id, which its
 * source had under the same name: it lies on the profile that has it in profile.raw, else
 * on that of the event that has it in event.raw; where there are several, on the oldest.
 * cluster is equal for the records of one person. Rows without an id or a cluster are left
 * out, so are records of the store that the file lacks. Of rows with the same id the first
 * counts. CRM_DATA when a column is not there. Release with crm_truth_release. */
enum crm_status crm_truth_read(struct crm_truth *truth, struct crm_db *db,
			       const struct crm_people *people, const char *path, const char *id,
			       const char *cluster);
void crm_truth_release(struct crm_truth *truth);

struct crm_metric {
	const char *what; /* people, blocks, pairs, components, clusters */
	bool best;        /* the weight is the one of the highest F1 */
	double weight;    /* bits; NAN for people and blocks */
	uint64_t found, right, all;
	double precision, recall, f1; /* NAN where there is nothing to divide by */
	bool grouped;                 /* people, clusters: these as well */
	double b3_precision, b3_recall, b3_f1;
};
#define CRM_METRICS 14

/* Fills out with the measures of link->people as they are, then of link->pairs (scored
 * without a lower bound, people ignored) and link->groups: people; blocks; pairs, then
 * components, then clusters, at .5, .95, .99 and at their best. */
void crm_evaluate(const struct crm_link *link, const struct crm_truth *truth,
		  struct crm_metric out[CRM_METRICS]);
/* Appends a metric as a JSON line. */
void crm_metric_write(const struct crm_metric *metric, struct crm_str *out);

#endif
