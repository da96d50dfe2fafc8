/* SPDX-License-Identifier: MIT */
/*
 * imap_url: which folder of which mailbox, as imaps://USER@HOST[:PORT]/FOLDER (after
 * RFC 5092), and the names of folders as servers write them (modified UTF-7, RFC 3501
 * section 5.1.3).
 *
 * USER and FOLDER may hold %XX; USER may itself hold an @ (the last one before the host
 * counts). FOLDER is UTF-8, with the separator that the server uses; none: INBOX. The
 * folder "*" stands for all of them. A password has no place in a URL: one is refused.
 *
 * imap:// is not encrypted from the start: to the own machine it stays so; for any other
 * host, encryption is then demanded (STARTTLS) before the password goes out.
 *
 * A server that takes mail is named in the same way: smtps://[USER@]HOST[:PORT], and smtp://.
 */
#ifndef CRM_IMAP_URL_H
#define CRM_IMAP_URL_H

#include "base/status.h"
#include "base/str.h"

#define CRM_IMAP_URL_MAX 2000 /* bytes of a URL */

struct crm_imap_url {
	char *user, *host; /* host in lower case, an IPv6 address without brackets; smtp: user
			    * may be NULL */
	char *folder;      /* UTF-8; smtp: NULL */
	int port;          /* 0: that of the scheme */
	bool tls;          /* encrypted from the start */
	bool loopback;     /* the host is this machine */
};
#define CRM_IMAP_URL_INIT                         \
	{                                         \
		NULL, NULL, NULL, 0, false, false \
	}

/* CRM_USAGE with the reason when text is no such URL. Release url in any case. */
enum crm_status crm_imap_url_parse(struct crm_imap_url *url, const char *text, struct crm_err *err);
/* The same of smtp. */
enum crm_status crm_smtp_url_parse(struct crm_imap_url *url, const char *text, struct crm_err *err);
void crm_imap_url_release(struct crm_imap_url *url);

/* Appends the one way to write it, with folder (UTF-8) in place of its own: what state is
 * kept under. */
void crm_imap_url_write(const struct crm_imap_url *url, const char *folder, struct crm_str *out);
/* Appends USER@HOST without blanks: what secrets are named by. */
void crm_imap_url_account(const struct crm_imap_url *url, struct crm_str *out);

/* Appends a folder's name, valid UTF-8, as servers write it: printable ASCII. */
void crm_imap_folder_encode(const char *utf8, struct crm_str *out);
/* The other way. False, and nothing is appended, when it is not valid. */
bool crm_imap_folder_decode(struct crm_slice name, struct crm_str *out);

#endif
