/* SPDX-License-Identifier: MIT */
/*
 * imap_link: a connection to an IMAP server on which somebody is logged in: lines sent, answers
 * read. After an error that broke it (wire.broken) nothing can be done but to close it.
 */
#ifndef CRM_IMAP_LINK_H
#define CRM_IMAP_LINK_H

#include <curl/curl.h>

#include "ingest/imap.h"
#include "ingest/imap_wire.h"

/* Answers of no concern, one after the other, until it is too many. */
#define CRM_IMAP_IDLE 100000

struct crm_imap_link {
	CURL *curl;
	curl_socket_t socket;
	int timeout_ms;
	struct crm_imap_wire wire;
	struct crm_imap_answer answer; /* the last one */
	unsigned tag;                  /* of the last command */
};

/* message_max: of a literal that is kept, bytes. CRM_REMOTE when the server cannot be reached, or
 * refuses. Not moved while it is open. */
enum crm_status crm_imap_link_open(struct crm_imap_link *link, const struct crm_imap_url *url,
				   const struct crm_imap_options *options, size_t message_max,
				   struct crm_err *err);
void crm_imap_link_close(struct crm_imap_link *link);

/* Sends a line: a new tag, and text. */
enum crm_status crm_imap_send(struct crm_imap_link *link, const char *text, struct crm_err *err);
/* Reads the next answer, into link->answer, that is not the end of the connection. */
enum crm_status crm_imap_answer_next(struct crm_imap_link *link, struct crm_err *err);
/* Is it the end of the command with this tag? */
bool crm_imap_is_done(const struct crm_imap_answer *answer, unsigned tag);
/* Is there something to read within ms? */
bool crm_imap_link_ready(struct crm_imap_link *link, int ms);
/* Sends a command and waits for its end, which is then link->answer; each is called with the
 * answers before that. doing is what errors call it. */
enum crm_status crm_imap_run(struct crm_imap_link *link, const char *text, const char *doing,
			     void (*each)(void *data, const struct crm_imap_answer *answer),
			     void *data, struct crm_err *err);

#endif
