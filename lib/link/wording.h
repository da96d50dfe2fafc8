/* SPDX-License-Identifier: MIT */
/*
 * wording: match keys (norm/text.h) of streets and companies brought to one wording, so that
 * "Main Street" is "Main St" and "Acme GmbH & Co. KG" is "Acme". Both work on the bytes of out
 * from the offset from on, and never make them longer.
 */
#ifndef CRM_LINK_WORDING_H
#define CRM_LINK_WORDING_H

#include "base/str.h"

/* Words for kinds of streets and of units in their short form: street, avenue, apartment;
 * German ones also at the end of a word (hauptstrasse, hauptstr). */
void crm_wording_street(struct crm_str *out, size_t from);
/* Legal forms at the end left out, and an article in front, unless nothing else is there. */
void crm_wording_org(struct crm_str *out, size_t from);

#endif
