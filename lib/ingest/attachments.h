/* SPDX-License-Identifier: MIT */
/*
 * attachments: the files that came with a record. Whatever programs call them, a file is an object
 * with some of the usual members (name, type, size, where it lies, digest), or its address alone.
 */
#ifndef CRM_ATTACHMENTS_H
#define CRM_ATTACHMENTS_H

#include "ingest/values.h"
#include "store/record.h"

/* Fills record's attachments, at most CRM_ATTACHMENTS, with what stands at a place; all lies in the
 * view's arena. False: there is none. */
bool crm_attachments_put(const struct crm_view *view, const struct crm_place *place,
			 struct crm_record *record);
/* Fills in the bytes of the files that came with the row, which the record names by their digests.
 */
void crm_blobs_put(const struct crm_view *view, struct crm_record *record);

#endif
