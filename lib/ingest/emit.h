/* SPDX-License-Identifier: MIT */
/* emit: a stored record as the JSON line that crosses the pipe; see crm-records(5). */
#ifndef CRM_EMIT_H
#define CRM_EMIT_H

#include "ingest/channel.h"
#include "store/intake.h"

/* Appends a line for record, which became outcome (CRM_STORED). */
void crm_emit_record(const struct crm_channel *channel, const struct crm_record *record,
		     const struct crm_outcome *outcome, struct crm_str *out);

#endif
