/* SPDX-License-Identifier: MIT */
/*
 * labels: pairs of which it is known, or believed, whether they are one person: a file of
 * judgements, and the decisions in the store. They are estimated from, and calibrated by.
 *
 * The file is CSV with a header, or JSON lines. The two records are
 *	a, b                profiles, as in match lines
 *	NAME_l, NAME_r      values of the column NAME of the source they are from
 * and the judgement, 0 (two people) to 1 (one), yes or no, y or n, true or false, is in score,
 * same, decision, answer or clerical_match_score. Pairs without a judgement, or with "?", are
 * left out. So are crm-merge's lines of decisions, answered questions of crm-dedupe --review,
 * and the labels of Splink's demonstrations such files.
 */
#ifndef CRM_LINK_LABELS_H
#define CRM_LINK_LABELS_H

#include "link/people.h"

struct crm_label {
	uint32_t a, b; /* records, a < b */
	float score;
	uint32_t nth; /* as added */
};

struct crm_labels {
	struct crm_label *label; /* by a and b; of judgements on one pair the last */
	size_t n, cap;
	uint64_t unknown; /* pairs of the file of which the store lacks a record */
};
#define CRM_LABELS_INIT       \
	{                     \
		NULL, 0, 0, 0 \
	}

/* Adds the pairs of a file; the records' ids are looked up in one pass over the store.
 * CRM_DATA, saying where, when it is no such file. */
enum crm_status crm_labels_read(struct crm_labels *labels, struct crm_db *db,
				const struct crm_people *people, const char *path);
/* The same of its text; name is for errors. */
enum crm_status crm_labels_parse(struct crm_labels *labels, struct crm_db *db,
				 const struct crm_people *people, const char *name,
				 struct crm_slice text);
/* Adds one; a and b in any order. */
void crm_labels_add(struct crm_labels *labels, uint32_t a, uint32_t b, double score);
/* Puts them in order; of judgements on one pair the last added counts. */
void crm_labels_sort(struct crm_labels *labels);
void crm_labels_release(struct crm_labels *labels);

#endif
