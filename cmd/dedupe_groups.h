/* SPDX-License-Identifier: MIT */
/* What crm-dedupe writes: matches, cuts, and the lines of --clusters. */
#ifndef CRM_DEDUPE_GROUPS_H
#define CRM_DEDUPE_GROUPS_H

#include "cli.h"
#include "link/groups.h"

/* Writes link->pairs. */
void dedupe_matches(const struct cli *cli, const struct crm_link *link, unsigned int threads);
/* Writes what was linked but cut, after crm_link_cut(link, least). */
void dedupe_cuts(const struct cli *cli, const struct crm_link *link, double least);
/* Writes a line for each group that joins people, or (all) has several records, in the order
 * of their first ones. */
void dedupe_clusters(const struct cli *cli, const struct crm_link *link, double least, bool all);

#endif
