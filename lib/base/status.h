/* SPDX-License-Identifier: MIT */
/*
 * status: how a library function says that it failed.
 *
 * A function that can fail returns an enum crm_status, CRM_OK being 0. The words for
 * people are written once, where the failure is understood, into a struct crm_err that
 * sits on a handle or is passed in; only cmd/ prints them. crm_status_exit() is the one
 * map from status to exit code; crm(7) documents it.
 */
#ifndef CRM_STATUS_H
#define CRM_STATUS_H

enum crm_status {
	CRM_OK = 0,
	CRM_ASIDE,    /* done, but some records were set aside, or some requests refused */
	CRM_USAGE,    /* the command was called wrongly */
	CRM_DATA,     /* input is not what it claims to be */
	CRM_NO_INPUT, /* no such file or record */
	CRM_REMOTE,   /* the other side refused or is unreachable */
	CRM_BUG,      /* an invariant of ours does not hold */
	CRM_IO,       /* reading or writing failed, standard output included */
	CRM_BUSY,     /* the store is locked by another writer: try again */
	CRM_CONFIG    /* configuration is wrong, or the store is from a newer version */
};

/* The last error: its status and one line of text, lower case, without a full stop. */
struct crm_err {
	enum crm_status status;
	char text[512];
};

/* Records a failure in err (its text is cut to fit). Returns status, so that a caller
 * can write `return crm_fail(err, CRM_DATA, "…")`. */
enum crm_status crm_fail(struct crm_err *err, enum crm_status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The exit code (sysexits where one fits) for a status. */
int crm_status_exit(enum crm_status status);

#endif
