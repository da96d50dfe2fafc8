/* SPDX-License-Identifier: MIT */
/*
 * replay: what was set aside, as a JSON line that somebody can mend, and back.
 *
 * A record is read again as its file was: by the same channel, under the same header, with
 * what was decided for the columns of the file.
 */
#ifndef CRM_REPLAY_H
#define CRM_REPLAY_H

#include "ingest/job.h"
#include "store/rejected.h"

/* Appends a line; crm-records(5), rejected. */
void crm_replay_put(const struct crm_rejected *rejected, struct crm_str *out);

/* Ingests what such a line holds. What options state goes before what was decided for the
 * file. The record counts as replayed when all of it was stored; mended, and set aside again, it is
 * listed as it is now. CRM_DATA for what is no
 * such line. */
enum crm_status crm_replay_line(struct crm_db *db, const struct crm_channels *channels,
				const struct crm_job_options *options, struct crm_slice line,
				struct crm_counts *counts, struct crm_err *err);

#endif
