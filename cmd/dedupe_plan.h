/* SPDX-License-Identifier: MIT */
/* What crm-dedupe --plan does. */
#ifndef CRM_DEDUPE_PLAN_H
#define CRM_DEDUPE_PLAN_H

#include "cli.h"
#include "link/link.h"

/* Writes which pairs would be compared, and why: a table on a terminal, else JSON lines. */
void dedupe_plan(const struct crm_link *link, const struct crm_link_options *options);
/* Says on standard error, in a line or two, how many pairs the rules in use find, and what is
 * left out. After crm_link_compare. */
void dedupe_plan_note(const struct cli *cli, const struct crm_link *link);

#endif
