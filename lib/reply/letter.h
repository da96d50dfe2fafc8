/* SPDX-License-Identifier: MIT */
/* letter: what a message says, as a template gives it (reply/template.h). */
#ifndef CRM_LETTER_H
#define CRM_LETTER_H

#include "base/str.h"

struct crm_letter {
	struct crm_str subject, text, html; /* html empty: it has none */
	struct crm_str variables; /* a JSON object, for channels with templates of their own; or
				   * empty */
};
#define CRM_LETTER_INIT                                                \
	{                                                              \
		CRM_STR_INIT, CRM_STR_INIT, CRM_STR_INIT, CRM_STR_INIT \
	}
void crm_letter_clear(struct crm_letter *letter);
void crm_letter_release(struct crm_letter *letter);

/* Appends a page, with no reference to anything outside it, that shows a letter: its
 * subject, its text, and its HTML in a frame that runs no scripts and loads nothing. */
void crm_letter_page(const struct crm_letter *letter, const char *title, struct crm_str *out);

#endif
