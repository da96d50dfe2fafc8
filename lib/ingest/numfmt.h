/* SPDX-License-Identifier: MIT */
/*
 * numfmt: the numbers of a spreadsheet as text that a person would have written.
 *
 * A spreadsheet stores 19.99 as 19.989999999999998, a date as a count of days, and a
 * postcode that begins with 0 as a number with a format. The number alone does not tell a
 * date from a quantity: its format does (ECMA-376 part 1, 18.8.30 and 18.8.31).
 *
 * Days count from 1899-12-31 as 1, and by an old mistake 1900 has a 29 February (day 60);
 * or, in a workbook that says so, from 1904-01-01 as 0.
 */
#ifndef CRM_NUMFMT_H
#define CRM_NUMFMT_H

#include "base/str.h"

enum crm_numfmt_kind {
	CRM_NUM_PLAIN,
	CRM_NUM_DATE,    /* year, month or day */
	CRM_NUM_MOMENT,  /* those and a clock */
	CRM_NUM_CLOCK,   /* hours, minutes, seconds */
	CRM_NUM_ELAPSED, /* hours beyond 24: [h]:mm */
	CRM_NUM_ZEROS    /* 00000: as many digits at least */
};

struct crm_numfmt {
	enum crm_numfmt_kind kind;
	unsigned char zeros; /* of CRM_NUM_ZEROS */
};

/* What one of the formats means that have a number and no code (0 to 163). */
struct crm_numfmt crm_numfmt_builtin(long id);
/* What a format's code means; its first section counts, that of positive numbers. */
struct crm_numfmt crm_numfmt_of_code(struct crm_slice code);

/*
 * Appends number, which is as XML Schema writes a double. Dates become 2026-11-02, moments
 * 2026-11-02T09:30:00 (with milliseconds where there are some), clocks 09:30:00, elapsed
 * times 26:30:00. A plain number is written without an exponent and without needless zeros;
 * digits after the 15th are rounded away as spreadsheets show it, but never those of a whole
 * number. What is no number, or no date within 1900 to 9999, is appended as it stands.
 */
void crm_numfmt_text(struct crm_numfmt format, struct crm_slice number, bool from_1904,
		     struct crm_str *out);

#endif
