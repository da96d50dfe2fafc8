/* SPDX-License-Identifier: MIT */
/*
 * vcard: the syntax of address books: vCard 2.1 (versit 1996), 3.0 (RFC 2425 and 2426) and
 * 4.0 (RFC 6350), as telephones and mail programs write them rather than as they should.
 *
 * A card becomes one object; what it does not say is absent:
 *
 *	{"version", "uid", "kind", "fn", "n": {"family", "given", "additional", "prefix",
 *	 "suffix"}, "nickname": [..], "email": [{"value", "type": [..], "label"}],
 *	 "tel": [same], "fax": [same], "impp": [same], "url": [..],
 *	 "adr": [{"box", "extended", "street", "city", "region", "postcode", "country",
 *	 "type", "label"}], "org", "unit": [..], "title", "role", "bday", "language", "gender",
 *	 "note", "categories": [..], "member": [..], "rev",
 *	 "photo": {"type", "size", "digest"} or {"uri"}, "x": {"X-NAME": ".."}}
 *
 * x has every other property that is text, a second one of a name as NAME.2. Types are in
 * lower case. A picture's bytes are a blob; keys, logos and sounds are left out. A birthday
 * without a year is --MM-DD. Cards within a card (AGENT) are skipped.
 *
 * A card without an end, with more than CRM_VCARD_PROPERTIES properties or more than
 * CRM_RECORD_MAX bytes is set aside; reading goes on with the next BEGIN:VCARD.
 */
#ifndef CRM_VCARD_H
#define CRM_VCARD_H

#include "ingest/syntax.h"

#define CRM_VCARD_PROPERTIES 2000

extern const struct crm_syntax crm_syntax_vcard;

#endif
