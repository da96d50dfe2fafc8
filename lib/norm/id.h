/* SPDX-License-Identifier: MIT */
/*
 * id: numbers of documents and registers (passports, social security, VAT) as they are
 * compared and as they are shown. They are typed by people, each with separators of their
 * own; they are personal, and shown by their last characters only.
 */
#ifndef CRM_NORM_ID_H
#define CRM_NORM_ID_H

#include <stdbool.h>

#include "base/str.h"

/* Appends the letters and digits of text, upper-cased, in ASCII (crm_text_key): "ab 12-34" is
 * AB1234, and so is what is typed in full width or in letters of another script. False where
 * there is no digit among them (n/a), or nothing but one repeated (000-00-0000): these stand
 * for an id that is not known; out is as it was then. */
bool crm_id_normalise(struct crm_slice text, struct crm_str *out);

/* Appends value with all but its last three characters as dots; of one of fewer than six all
 * but the last. */
void crm_id_mask(struct crm_slice value, struct crm_str *out);

#endif
