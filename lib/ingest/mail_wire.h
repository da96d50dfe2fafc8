/* SPDX-License-Identifier: MIT */
/*
 * mail_wire: the bytes of a mail message, before a MIME parser sees them.
 *
 * A mailbox wraps a message: a From_ line before it, a > before lines that look like one.
 * crm_mail_unwrap takes that off, and cuts what would make a MIME parser use memory
 * without bound: a parser needs hundreds of bytes for a header field or a part of three.
 * What it leaves is the message within these limits.
 *
 * A message is the same one however it travelled, so crm_mail_digest leaves out what is
 * added on the way.
 */
#ifndef CRM_MAIL_WIRE_H
#define CRM_MAIL_WIRE_H

#include "base/str.h"

#define CRM_MAIL_FIELDS 1000              /* header fields of a message */
#define CRM_MAIL_FIELD_BYTES (256 * 1024) /* of one header field */
#define CRM_MAIL_HEADER_LINES 100000      /* in the headers of all parts together */
#define CRM_MAIL_HEADER_BYTES (4 << 20)   /* likewise */
#define CRM_MAIL_BOUNDARIES 20000         /* lines between parts; parsing ends there */

struct crm_mail_wrapped {
	struct crm_slice bytes;
	bool quoted; /* lines that begin with > and From_ have one > too many (mboxrd) */
};

struct crm_mail_cut {
	struct crm_slice sender; /* envelope sender of a From_ line; part of what was given */
	size_t header_lines;     /* left out */
	size_t parts;            /* boundaries left out, and all that is between them */
};

/* Appends the message to out. Lines that end in CR alone, as on old Macs, end in LF there. */
void crm_mail_unwrap(const struct crm_mail_wrapped *from, struct crm_str *out,
		     struct crm_mail_cut *cut);

struct crm_mail_field {
	struct crm_slice name;  /* without blanks around */
	struct crm_slice value; /* as it came, folded, without blanks and line ends around */
	struct crm_slice whole; /* all of its bytes, line end included */
};

/* The fields of the header that message begins with; returns how many, at most max. *body
 * gets the offset of the body. A line that is no field belongs to the field before it
 * (a lost fold) when fields come after it, else the body begins there (RFC 5322 2.1 has an
 * empty line there; some programs forget it). */
size_t crm_mail_fields(struct crm_slice message, struct crm_mail_field *fields, size_t max,
		       size_t *body);

/* Does a line begin as a header field does: a name of printable ASCII and a colon? */
bool crm_mail_is_field(struct crm_slice line);
/* Is it a From_ line: a sender and a date, as programs write it between messages? */
bool crm_mail_is_from(struct crm_slice line);
/* Appends value on one line: each line end is dropped, the blank after it stays. */
void crm_mail_unfold(struct crm_slice value, struct crm_str *out);

/* Appends the digest (crm_digest, 32 hexadecimal digits) of a message: of its fields other
 * than those that transports, filters and mailboxes add, and of its body, with LF at line
 * ends and without empty lines at the end. */
void crm_mail_digest(struct crm_slice message, const struct crm_mail_field *fields, size_t n,
		     size_t body, struct crm_str *out);

#endif
