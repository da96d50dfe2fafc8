/* SPDX-License-Identifier: MIT */
/*
 * columns: text laid out on a terminal. Widths are terminal columns (crm_utf8_width), not
 * bytes or characters. All text given here goes through crm_utf8_printable, so nothing
 * that comes from data can move the cursor, change colours or reorder a line.
 */
#ifndef CRM_COLUMNS_H
#define CRM_COLUMNS_H

#include "base/str.h"

enum crm_align {
	CRM_LEFT,
	CRM_RIGHT
};

/* Appends s within exactly width columns: filled with blanks on the other side, or cut
 * with an ellipsis where it is longer. */
void crm_columns_fit(struct crm_str *out, struct crm_slice s, size_t width, enum crm_align align);
/* The same, but longer text runs over. */
void crm_columns_pad(struct crm_str *out, struct crm_slice s, size_t width, enum crm_align align);
/* Appends s, runs of blanks as one, broken at blanks so that lines end before width; the line being
 * written is already at column indent, and following lines are indented that far. Words longer than
 * a line are broken. After max lines (0: any number) the rest is cut with an ellipsis.
 * Ends without a newline. */
void crm_columns_wrap(struct crm_str *out, struct crm_slice s, size_t indent, size_t width,
		      size_t max);
/* Removes blanks at the end of out. */
void crm_columns_trim(struct crm_str *out);
/* Columns of the terminal on standard output, else $COLUMNS, else 80; at least 20. */
size_t crm_columns_terminal(void);

#endif
