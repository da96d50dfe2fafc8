/* SPDX-License-Identifier: MIT */
/*
 * live: the matches of one profile after another, each at once. People are read once; an index
 * (link/index.h) says for each blocking rule which records have a key, so that a profile costs a
 * look-up a rule and the comparing of what it meets, a thousandth of a second where reading a
 * million people takes seconds.
 *
 * What a profile is compared with is put into people of their own, some hundred records, on
 * which all is worked out as always, with the frequencies of the whole store (link/growing.h).
 * So is whoever is linked with it, directly or by others, up to 500 records, and groups are made
 * of these. Profiles that were stored since people were read are added as they are asked for. So
 * a profile's lines are those that a run over all would write if the store had just the profiles
 * read and those asked for up to then; but that where sources have each person once, candidates
 * for a record (link/single.h) count as far as they are among these.
 */
#ifndef CRM_LINK_LIVE_H
#define CRM_LINK_LIVE_H

#include "link/link.h"

struct crm_live;

/* Makes the index. base has people, a model and, unless all rules are meant, a plan; it must
 * outlive *out, which is new: crm_live_free. */
enum crm_status crm_live_new(struct crm_db *db, const struct crm_link *base,
			     const struct crm_link_options *options, struct crm_live **out);
void crm_live_free(struct crm_live *live);

/* Appends the match lines of a profile, of least bits or more, the surest first, then its cuts. A
 * pair of two that are asked for comes once, and nothing for one that was asked for before.
 * Adds to *matches how many there are. CRM_NO_INPUT: there is no such profile. */
enum crm_status crm_live_ask(struct crm_live *live, int64_t profile, double least,
			     struct crm_str *out, uint64_t *matches);

#endif
