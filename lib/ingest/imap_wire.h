/* SPDX-License-Identifier: MIT */
/*
 * imap_wire: the answers of an IMAP server (RFC 3501 section 7), one at a time.
 *
 * The bytes come from a callback; here it is decided where an answer ends. A message is a
 * literal, its length is said before it, so whatever it contains (lines that look like
 * answers, too) is never taken for one.
 *
 * Limits: 1 KiB of a text for people, 64 KiB of a quoted string, 1 MiB of a literal that
 * nobody asked for, lists 16 deep, body_max bytes of a message's (the rest is read and
 * dropped), CRM_IMAP_UIDS_MAX numbers of a search. What goes beyond, or is no IMAP, is an
 * error that ends the connection: after it nothing can be read any more.
 */
#ifndef CRM_IMAP_WIRE_H
#define CRM_IMAP_WIRE_H

#include "base/status.h"
#include "base/str.h"

#define CRM_IMAP_UIDS_MAX ((size_t)16 * 1024 * 1024)

enum crm_imap_kind {
	CRM_IMAP_DONE,   /* tagged: the command of tag is finished, with status */
	CRM_IMAP_STATUS, /* the same words untagged: OK, NO, BAD, with a code */
	CRM_IMAP_BYE,    /* the server ends the connection; text says why */
	CRM_IMAP_FETCH,  /* of a message: uid, size, body; whatever of these was sent */
	CRM_IMAP_SEARCH, /* numbers were added to uids */
	CRM_IMAP_LIST,   /* a folder */
	CRM_IMAP_OTHER   /* of no concern */
};

enum crm_imap_result {
	CRM_IMAP_OK,
	CRM_IMAP_NO,
	CRM_IMAP_BAD
};

/* Strings keep their memory from one answer to the next. */
struct crm_imap_answer {
	enum crm_imap_kind kind;
	enum crm_imap_result result; /* of DONE and STATUS */
	char tag[16];
	char code[40];        /* UIDVALIDITY, EXPUNGEISSUED …, in capitals; "": none */
	uint64_t code_number; /* its argument, where that is a number */
	struct crm_str text;  /* the server's words for people: untrusted */
	uint32_t uid;         /* of FETCH; 0: not said */
	uint64_t size;        /* RFC822.SIZE */
	bool has_size, has_body;
	struct crm_str body;        /* of BODY[…], at most body_max bytes */
	uint64_t body_size;         /* how many it had */
	struct crm_str flags, name; /* of LIST: the attributes as written; the folder's name
				     * as written, in modified UTF-7 */
	uint32_t *uids; /* of SEARCH: collected over answers until the caller sets n_uids to 0 */
	size_t n_uids, cap_uids;
};

struct crm_imap_wire {
	/* Puts up to cap bytes, at least one, at buf. Fails with err set, which is final. */
	enum crm_status (*receive)(void *data, char *buf, size_t cap, size_t *got,
				   struct crm_err *err);
	void *data;
	size_t body_max;
	char buf[64 * 1024];
	size_t pos, end; /* what is not read yet: buf[pos..end) */
	bool broken;
	struct crm_err err;
};

void crm_imap_wire_init(struct crm_imap_wire *wire, size_t body_max,
			enum crm_status (*receive)(void *data, char *buf, size_t cap, size_t *got,
						   struct crm_err *err),
			void *data);
void crm_imap_answer_init(struct crm_imap_answer *answer);
void crm_imap_answer_release(struct crm_imap_answer *answer);

/* Reads the next answer. CRM_REMOTE (or what receive said) with err; from then on always. */
enum crm_status crm_imap_read(struct crm_imap_wire *wire, struct crm_imap_answer *answer,
			      struct crm_err *err);

#endif
