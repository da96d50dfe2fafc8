/* SPDX-License-Identifier: MIT */
/*
 * email: an address as it is written, into the one form under which it is stored and by
 * which a person is recognised.
 *
 * What is accepted is what mailboxes of people and firms look like, not all that RFC 5322
 * allows: a dot-atom (RFC 5321 4.1.2, with UTF-8 as RFC 6531 has it), @ and a host name.
 * Quoted local parts, comments and address literals are refused: in exports they are far
 * more often a damaged column or an attack than somebody's address.
 *
 * The local part is lower-cased although RFC 5321 2.4 leaves its case to the host: no
 * provider of today tells Ada@ from ada@, and two persons out of one is the worse error.
 */
#ifndef CRM_EMAIL_H
#define CRM_EMAIL_H

#include "base/str.h"

/* Appends the normal form of raw, which may be "Ada <ada@x.org>", "mailto:ada@x.org?…" or
 * have blanks around. The domain becomes its A-label (UTS 46, non-transitional) in lower
 * case, a final dot goes. False, nothing appended and *why a static reason, when it is no
 * address we could use: control bytes or blanks inside, parts above 64, 255 or in all 254
 * bytes (RFC 5321 4.5.3.1, erratum 1690), a domain without a dot (localhost excepted), a
 * top-level domain of digits. why may be NULL. Any thread. */
bool crm_email_normalise(struct crm_slice raw, struct crm_str *out, const char **why);

/* Appends a weaker key for a normalised address under which the spellings of one mailbox
 * meet: without +tag, and for Gmail without dots and under gmail.com. For comparison
 * only: it is nobody's address. */
void crm_email_match_key(struct crm_slice email, struct crm_str *out);

/* Is a normalised address one that several people answer or nobody reads: info@, ventas@,
 * noreply@ …? Such an address says nothing about who a person is. */
bool crm_email_is_role(struct crm_slice email);

#endif
