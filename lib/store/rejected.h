/* SPDX-License-Identifier: MIT */
/*
 * rejected: the records that were set aside: to be listed, mended and replayed.
 */
#ifndef CRM_REJECTED_H
#define CRM_REJECTED_H

#include "store/db.h"

struct crm_rejected {
	int64_t id, line;
	const char *channel, *scope, *file, *reason;
	struct crm_slice header, bytes; /* header: ptr NULL where there is none */
};

/* Calls each for those that no replay has stored yet, by id. What it is given is borrowed
 * for the call; it returns false to stop. */
enum crm_status crm_rejected_each(struct crm_db *db,
				  bool (*each)(const struct crm_rejected *rejected, void *data),
				  void *data);
/* CRM_NO_INPUT when there is none of this id. Appended: channel, scope, the header it stood
 * under, and batch.mapping: what was decided on reading its file. */
enum crm_status crm_rejected_get(struct crm_db *db, int64_t id, struct crm_str *channel,
				 struct crm_str *scope, struct crm_str *header,
				 struct crm_str *mapping);
/* A replay has stored it. */
enum crm_status crm_rejected_done(struct crm_db *db, int64_t id);

#endif
