/* SPDX-License-Identifier: MIT */
/*
 * fetch: new messages of mailboxes on servers into the store: the mailbox's URL, its
 * password, how far it was read, and a job over its feed, put together.
 *
 * How far a folder was read is remembered after each commit, so whatever happens between two
 * commits costs another fetch of some messages, which are then duplicates.
 *
 * The password is the secret imap:USER@HOST, an OAuth 2.0 token imap-token:USER@HOST, in the
 * file secrets of the configuration folder (base/secrets.h).
 */
#ifndef CRM_FETCH_H
#define CRM_FETCH_H

#include "ingest/job.h"

struct crm_fetch {
	struct crm_db *db;
	const struct crm_channels *channels;
	const struct crm_job_options *job; /* its feed is set here */
	const char *config;                /* the folder of the file secrets */
	const char *ca_file;               /* certificates to trust; NULL: the system's */
	/* Called before and after each folder: with its URL, and with what became of its
	 * messages and, where rc is not CRM_OK, why. */
	void (*begin)(void *data, const char *url);
	void (*end)(void *data, const char *url, const struct crm_counts *counts,
		    enum crm_status rc, const struct crm_err *err);
	void *data;
};

/* Fetches url: imaps://USER@HOST[:PORT]/FOLDER, or /\* for all folders. What fails before
 * there is a folder is told by end, too. Returns the worst status. */
enum crm_status crm_fetch_run(const struct crm_fetch *fetch, const char *url);

#endif
