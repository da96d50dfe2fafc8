/* SPDX-License-Identifier: MIT */
/*
 * secrets: keys and passwords, in the file DIR/secrets of the configuration folder.
 *
 *	# what it is for
 *	name value
 *
 * A line each: a name without blanks, blanks, and the value, which may hold blanks and ends
 * with the line. Blank lines and lines that begin with # are skipped; the first line of a
 * name counts. The file is refused when its group or others may read or write it, so that a
 * secret cannot lie open unnoticed. No error text holds a value or a part of one.
 *
 * What is read here is wiped from memory; the value is the caller's, who ends its use with
 * crm_secret_wipe.
 */
#ifndef CRM_SECRETS_H
#define CRM_SECRETS_H

#include "base/status.h"
#include "base/str.h"

#define CRM_SECRETS_MAX ((size_t)64 * 1024) /* bytes of the file */

/* Puts the secret called name into value, in place of what was there. CRM_NO_INPUT when
 * there is no such file or no such name in it; CRM_CONFIG when the file is open to others, is
 * too large, or has no value for the name; CRM_IO when it cannot be read. value is empty
 * then. */
enum crm_status crm_secret_get(const char *dir, const char *name, struct crm_str *value,
			       struct crm_err *err);
/* Overwrites value and releases it. */
void crm_secret_wipe(struct crm_str *value);

#endif
