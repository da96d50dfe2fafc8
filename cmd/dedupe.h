/* SPDX-License-Identifier: MIT */
/*
 * dedupe: the parts of crm-dedupe: the model that it works by, and what it does beside writing
 * matches: measuring them, explaining one pair, asking a human about pairs.
 */
#ifndef CRM_DEDUPE_H
#define CRM_DEDUPE_H

#include "cli.h"
#include "link/link.h"

/* Two records as a user names them: 17 (a profile) or person:12, of which the profile counts
 * that makes the likeliest pair. */
struct dedupe_pair {
	const char *name[2];
	bool svg;
};

struct dedupe_opts {
	double threshold, precision; /* 0: not asked for */
	bool misses, dry_run, all, only_new, plan, explain, clusters;
	int64_t seen;               /* only_new: profiles up to this one are not */
	struct dedupe_input *input; /* NULL: none */
	struct dedupe_pair pair;
	size_t review;
	const char *model, *save_model, *linkage, *labels, *truth, *truth_id, *truth_cluster;
	struct crm_str model_text;
	struct crm_link_options link;
};

/* The specification in force: that of --model, of --linkage, the user's own, or ours. Of a
 * model its text is in o->model_text. */
enum crm_status dedupe_spec(const struct cli *cli, struct dedupe_opts *o, struct crm_spec **out,
			    struct crm_err *err);
/* Gives link a model: that of --model, or where only some records are wanted the one in the store,
 * unless that has more than doubled since; *found: there is one. A budget chooses rules anew. */
enum crm_status dedupe_model_find(struct dedupe_opts *o, struct crm_db *db, struct crm_link *link,
				  bool *found);
/* Can the file of --save-model be written? Told before the work, not after it; what is there
 * stays. */
enum crm_status dedupe_model_try(const struct dedupe_opts *o, struct crm_err *err);
/* Writes the model to a file, and, where it was estimated, to the store. */
enum crm_status dedupe_model_keep(const struct dedupe_opts *o, struct crm_db *db,
				  const struct crm_link *link, bool estimated);
/* Reads the judged pairs of --labels. */
enum crm_status dedupe_labels(struct cli *cli, struct crm_db *db, struct crm_link *link,
			      const struct dedupe_opts *o);
/* Say on standard error what is compared, by what model, and who cannot be found at all. */
void dedupe_note_rules(const struct cli *cli, const struct crm_link *link);
void dedupe_note_model(const struct cli *cli, const struct crm_link *link, bool estimated);
void dedupe_note_unlinkable(const struct cli *cli, const struct crm_link *link,
			    const struct dedupe_opts *o);

/* Writes how good link->pairs and link->groups are, and with --misses what goes wrong. */
enum crm_status dedupe_evaluate(struct cli *cli, struct crm_db *db, const struct crm_link *link,
				const struct dedupe_opts *o);
/* Asks link for the pairs of the first, so that less has to be compared; CRM_NO_INPUT when
 * either is not there, which it says. */
enum crm_status dedupe_explain_want(struct cli *cli, struct crm_link *link,
				    const struct dedupe_pair *pair);
/* Writes how the pair comes to its weight: text on a terminal, else JSON, or an SVG. link has
 * been compared. */
enum crm_status dedupe_explain(struct cli *cli, struct crm_db *db, struct crm_link *link,
			       const struct dedupe_pair *pair);
/* Asks about n of link->pairs: at a terminal, or by lines. link was scored from
 * crm_weight(threshold) - CRM_REVIEW_BITS up. */
enum crm_status dedupe_review(struct cli *cli, struct crm_db *db, const struct crm_link *link,
			      double threshold, size_t n, uint64_t seed);

#endif
