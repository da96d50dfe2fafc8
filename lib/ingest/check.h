/* SPDX-License-Identifier: MIT */
/*
 * check: what a file would give, told before anything is stored: for each of our fields how
 * often it is filled, from where, and an example; what in the file is not read; and why
 * records would be set aside.
 */
#ifndef CRM_CHECK_H
#define CRM_CHECK_H

#include "ingest/job.h"

/* What was found of one field (or column of the file, or reason). */
struct crm_check_line {
	enum crm_check_part {
		CRM_CHECK_FIELD,
		CRM_CHECK_UNREAD, /* a column or member that no field is taken from */
		CRM_CHECK_ASIDE   /* a reason why records would be set aside */
	} part;
	char *type;    /* of the record: contact, message … */
	char *name;    /* of the field, the column; the reason */
	char *from;    /* columns or paths that the field is taken from; "" of the others */
	char *example; /* the first value, as text; of a reason the first line's number */
	int64_t n;     /* records that have it */
	int64_t of;    /* records of this type so far */
};

struct crm_check {
	struct crm_check_line *lines; /* of all parts, as they came */
	size_t n, cap;
	int64_t records, set_aside;
	const char *channel; /* as which it was read; borrowed from the channels */
};
#define CRM_CHECK_INIT                 \
	{                              \
		NULL, 0, 0, 0, 0, NULL \
	}

/* Reads path as crm_job_run would; the options' stored and committed are not called. */
enum crm_status crm_check_file(struct crm_check *check, const struct crm_channels *channels,
			       const char *path, const struct crm_job_options *options,
			       struct crm_err *err);
void crm_check_release(struct crm_check *check);

#endif
