/* SPDX-License-Identifier: MIT */
/*
 * quote_words: what mail programs and their users write around a quote and below a letter,
 * by language. All words are case-folded, with single blanks and a straight apostrophe, as
 * the text is when it is compared with them. To teach another language, add its words.
 */
#ifndef CRM_QUOTE_WORDS_H
#define CRM_QUOTE_WORDS_H

/* Lists end with NULL. */

/* How an introduction begins: "on", "am", "le". */
extern const char *const crm_quote_starts[];
/* Days of the week as they begin one, without the full stop or the comma behind them. */
extern const char *const crm_quote_days[];
/* Its verb: "wrote", "a écrit". */
extern const char *const crm_quote_verbs[];

/* Labels of header lines. */
enum crm_quote_label {
	CRM_LABEL_NONE,
	CRM_LABEL_FROM,
	CRM_LABEL_DATE,
	CRM_LABEL_TO,
	CRM_LABEL_SUBJECT,
	CRM_LABEL_OTHER
};
struct crm_quote_label_word {
	const char *word;
	enum crm_quote_label label;
};
extern const struct crm_quote_label_word crm_quote_labels[];

/* "original message", "forwarded message": between dashes or above header lines. */
extern const char *const crm_quote_originals[];
/* The same, but said without dashes: "begin forwarded message". */
extern const char *const crm_quote_forwards[];
/* Anywhere in a line: all below it was there before ("reply above this line"). */
extern const char *const crm_quote_markers[];

/* A line that a telephone or a program added: how it begins and how it ends; either may be
 * "". */
struct crm_quote_footer {
	const char *start, *end;
};
extern const struct crm_quote_footer crm_quote_footers[];
/* What such a line was sent with; one that has no fixed beginning must name it. */
extern const char *const crm_quote_devices[];

/* A closing, which is a line of its own: "best regards". */
extern const char *const crm_quote_closings[];
/* In the first lines of what a mailing list adds. */
extern const char *const crm_quote_lists[];
/* How a paragraph begins that nobody wrote for this message: confidential, virus-free. */
extern const char *const crm_quote_notices[];

#endif
