/* SPDX-License-Identifier: MIT */
/*
 * promises: how it stands with what was promised of requests, for whoever looks at them: what is
 * owed soonest in lists of requests (report/requests.h), all of it as a text.
 */
#ifndef CRM_PROMISES_H
#define CRM_PROMISES_H

#include "route/setup.h"

/* Makes *job ready for a moment (ms); seed: of what rules leave to chance. setup is borrowed as
 * long. To be closed in any case. */
enum crm_status crm_promises_open(struct crm_sla_job *job, struct crm_db *db,
				  const struct crm_setup *setup, int64_t as_of, uint64_t seed);
void crm_promises_close(struct crm_sla_job *job);

/* Has lists tell of these requests (which get sorted) what is owed soonest. */
enum crm_status crm_promises_list(const struct crm_sla_job *job, struct crm_ids *requests);
/* Appends what was promised of a request, and how it stands with it: "usual: first by 2026-10-22
 * 12:46, missed; …". Nothing, when nothing was promised. */
enum crm_status crm_promises_text(const struct crm_sla_job *job, int64_t conversation,
				  struct crm_str *out);

#endif
