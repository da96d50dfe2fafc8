/* SPDX-License-Identifier: MIT */
/*
 * fill: a request as a channel file has it, with its placeholders filled in from a parcel, the
 * account, the secrets, and the message that is answered.
 *
 * It is strict: a value that is missing, or that cannot stand where it is put, refuses that
 * parcel with its name. Nothing of a value can end the place it is put into: in JSON it is
 * escaped, in a URL percent-encoded, in a header control characters are refused.
 *
 * The secret NAME is NAME:ACCOUNT in the file `secrets`, where there is one, else NAME.
 */
#ifndef CRM_FILL_H
#define CRM_FILL_H

#include "reply/transport.h"

enum crm_fill_into {
	CRM_FILL_TEXT,
	CRM_FILL_HEADER,
	CRM_FILL_URL /* but for {{account.NAME}} at the very start, which is the server */
};

struct crm_fill_secret;

struct crm_fill {
	const struct crm_account *account; /* borrowed */
	char *dir;                         /* of the secrets */
	bool hide;                         /* secrets become *** */
	const struct crm_parcel *parcel;   /* borrowed, up to the next begin */
	struct crm_json_doc origin, variables;
	struct crm_fill_secret *secrets; /* that were asked for so far */
	size_t n_secrets, cap_secrets;
	char uuid[37];
	size_t filled, missing;       /* placeholders so far */
	struct crm_str value, turned; /* scratch */
};

void crm_fill_init(struct crm_fill *fill, const struct crm_account *account, const char *dir);
void crm_fill_begin(struct crm_fill *fill, const struct crm_parcel *parcel, bool hide);
void crm_fill_release(struct crm_fill *fill); /* wipes the secrets */

/* Appends text, filled in. CRM_DATA: this parcel lacks something, or has what cannot stand
 * there; CRM_CONFIG: a secret is missing; CRM_NO_INPUT: something optional is missing: text is
 * to be left out; what was appended is of no use. */
enum crm_status crm_fill_text(struct crm_fill *fill, const char *text, enum crm_fill_into into,
			      struct crm_str *out, struct crm_err *err);
/* Appends JSON, filled in. Strings that are left out take the list or object with them in which
 * nothing else was filled in. */
enum crm_status crm_fill_json(struct crm_fill *fill, struct crm_slice json, struct crm_str *out,
			      struct crm_err *err);

/* Replaces all secrets that were used in text by ***: for words of others that we keep. */
void crm_fill_mask(const struct crm_fill *fill, struct crm_str *text);

/* Appends s for a URL: all but unreserved characters (RFC 3986, section 2.3), : and * as %20. */
void crm_fill_percent(struct crm_slice s, struct crm_str *out);

/* How many units of UTF-16, or bytes. */
int64_t crm_fill_units(struct crm_slice text, bool bytes);

#endif
