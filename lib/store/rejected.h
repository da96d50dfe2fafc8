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
	const char *part;               /* of several files the one it was in, else NULL */
	struct crm_slice header, bytes; /* header: ptr NULL where there is none */
};

/* Calls each for those that no replay has stored yet, by id. What it is given is borrowed
 * for the call; it returns false to stop. */
enum crm_status crm_rejected_each(struct crm_db *db,
				  bool (*each)(const struct crm_rejected *rejected, void *data),
				  void *data);
/* Where a set-aside record comes from. */
struct crm_origin {
	struct crm_str channel, scope;
	struct crm_str file;    /* the part, where it was one of several */
	struct crm_str header;  /* that it stood under */
	struct crm_str mapping; /* batch.mapping: what was decided on reading its file */
};
#define CRM_ORIGIN_INIT                                                              \
	{                                                                            \
		CRM_STR_INIT, CRM_STR_INIT, CRM_STR_INIT, CRM_STR_INIT, CRM_STR_INIT \
	}
/* CRM_NO_INPUT when there is none of this id. */
enum crm_status crm_rejected_get(struct crm_db *db, int64_t id, struct crm_origin *origin);
void crm_origin_release(struct crm_origin *origin);
/* A replay has stored it. */
enum crm_status crm_rejected_done(struct crm_db *db, int64_t id);

#endif
