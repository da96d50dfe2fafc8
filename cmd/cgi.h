/* SPDX-License-Identifier: MIT */
/*
 * cgi: a request as a web server hands it to a program (RFC 3875): in environment variables
 * and on standard input. Where it goes is in the path: /CHANNEL or /CHANNEL/SCOPE behind the
 * name of the program. What it may do is decided by ingest/webhook.h.
 */
#ifndef CRM_CGI_H
#define CRM_CGI_H

#include "cli.h"
#include "ingest/job.h"
#include "ingest/webhook.h"

struct cgi {
	struct crm_webhook_request request; /* but for now and secrets */
	const char *channel;                /* as the path names it; NULL: it names none */
	const char *scope;                  /* NULL: none */
	struct crm_str body, url;
	char *path; /* what channel and scope lie in */
};

/* Reads the request. fixed: the channel that all requests are for, so that the path is
 * /SCOPE or nothing; NULL: the path names it. False when it is to be refused; verdict says
 * how. To be released in any case. */
bool cgi_read(struct cgi *cgi, const char *fixed, struct crm_webhook_verdict *verdict);
void cgi_release(struct cgi *cgi);

/* Where posts go; all borrowed. */
struct cgi_store {
	struct cli *cli;
	struct crm_db *db;
	const struct crm_channels *channels;
	const struct crm_job_options *job;
};
/* Judges the request and, when it may, stores what it brings; verdict is then the answer. */
void cgi_take(struct cgi *cgi, struct cgi_store *store, struct crm_webhook_verdict *verdict);

#endif
