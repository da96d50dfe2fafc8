/* SPDX-License-Identifier: MIT */
/*
 * place: what of an address has a normal form: countries and postcodes. Streets and cities
 * are only cleaned (crm_text_clean); to compare them is the linkage model's work.
 */
#ifndef CRM_PLACE_H
#define CRM_PLACE_H

#include "base/str.h"

/* The ISO 3166 alpha-2 code of a country: from its alpha-2 or alpha-3 code, its name in one
 * of the languages en de fr es pt it nl pl sv da nb fi cs hu ro tr ru uk el ja zh ko ar (as
 * ICU has them, without regard to case and accents) or a name in common use (UK, Holland,
 * England, USA, Czech Republic). Static; NULL when it is none. Any thread. */
const char *crm_country_code(struct crm_slice name);
/* The same of an alpha-2 code only, in whatever case. Static; NULL when there is no such. */
const char *crm_region_code(const char *alpha2);

/* Appends a postcode for country (alpha-2, or NULL): in capitals, single blanks, without a
 * leading "D-" of its country, with the zeros at the start that spreadsheets drop where a
 * country's codes are all digits of one length ("1067" is 01067 in DE). Appends nothing for
 * a raw without letter or digit. */
void crm_postcode_clean(struct crm_slice raw, const char *country, struct crm_str *out);

#endif
