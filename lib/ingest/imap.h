/* SPDX-License-Identifier: MIT */
/*
 * imap: the new messages of a mailbox on a server (IMAP, RFC 3501), as a feed.
 *
 * New is what has a higher UID than the last one stored, as long as the folder's
 * UIDVALIDITY is the same; neither dates nor \Seen are asked, so that it does not matter
 * who else reads the mailbox, or when. Nothing there is changed: folders are opened by
 * EXAMINE, messages fetched by BODY.PEEK.
 *
 * libcurl connects, encrypts and logs in (CURLOPT_CONNECT_ONLY); then the few commands that
 * follow are spoken here, since libcurl's own FETCH marks messages as seen, and waits for
 * each before it asks for the next. Sizes are asked first, and messages in groups, with the
 * next group under way while one comes in.
 *
 * Limits: a message larger than CRM_IMAP_MESSAGE_MAX is not fetched but for its header, and
 * comes as an item that cannot be used, so that it is set aside; see imap_wire.h for the
 * rest. Nothing that comes from the server is trusted.
 *
 *	crm_imap_open → crm_imap_enter(folder) → crm_imap_feed …
 *		crm_imap_stored(after each commit) → crm_imap_place (to be remembered)
 *	→ the next folder, or crm_imap_close
 *
 * The feed may be read by one thread while another calls stored and place.
 */
#ifndef CRM_IMAP_H
#define CRM_IMAP_H

#include "ingest/imap_url.h"
#include "ingest/input.h"

#define CRM_IMAP_MESSAGE_MAX ((size_t)64 * 1024 * 1024)

struct crm_imap_options {
	const char *secret;  /* the password, or an OAuth 2.0 access token */
	bool token;          /* it is a token: XOAUTH2 or OAUTHBEARER */
	const char *ca_file; /* certificates to trust; NULL: the system's */
	int timeout;         /* seconds without a byte; 0: 60 */
	size_t message_max;  /* 0: CRM_IMAP_MESSAGE_MAX */
};

/* How far a folder has been read. */
struct crm_imap_place {
	uint32_t uidvalidity; /* 0: never */
	uint32_t uid;         /* the last one whose message, and all before it, are stored */
};

struct crm_imap;

/* Connects and logs in. *imap is new, on success: free with crm_imap_close. Borrows url.
 * CRM_REMOTE when the server cannot be reached, cannot be trusted, or refuses. */
enum crm_status crm_imap_open(struct crm_imap **imap, const struct crm_imap_url *url,
			      const struct crm_imap_options *options, struct crm_err *err);
void crm_imap_close(struct crm_imap *imap);

/* Has the connection ended? Then nothing but close can be done. */
bool crm_imap_is_lost(const struct crm_imap *imap);

/* All folders that hold messages, in UTF-8, but for those the server marks as drafts, junk
 * or trash. *names is new, an array of *n new strings. */
enum crm_status crm_imap_folders(struct crm_imap *imap, char ***names, size_t *n,
				 struct crm_err *err);

/* Opens folder (UTF-8) and finds out what is new since place, which was returned by
 * crm_imap_place in an earlier run, or is {0}. CRM_REMOTE also when there is no such
 * folder. */
enum crm_status crm_imap_enter(struct crm_imap *imap, const char *folder,
			       struct crm_imap_place since, struct crm_err *err);
/* How many messages are to be fetched; were all of them numbered anew (so that all are
 * fetched again)? */
size_t crm_imap_new(const struct crm_imap *imap);
bool crm_imap_renumbered(const struct crm_imap *imap);
/* Those messages, each an item named FOLDER;UID. Borrowed: valid until close or the next
 * folder. Fails with CRM_REMOTE when the connection ends before they are all here. */
const struct crm_feed *crm_imap_feed(struct crm_imap *imap);

/* The items that make up the first bytes of the feed are stored: all but the one at which
 * bytes end, which may not be finished with, unless this was the last. */
void crm_imap_stored(struct crm_imap *imap, uint64_t bytes, bool last);
/* How far everything is stored, or was before. */
struct crm_imap_place crm_imap_place(struct crm_imap *imap);

#endif
