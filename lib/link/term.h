/* SPDX-License-Identifier: MIT */
/*
 * term: what expressions on columns are made of: a column, or a function of one, such as
 * first(given, 3). See spec.h for all there is.
 */
#ifndef CRM_LINK_TERM_H
#define CRM_LINK_TERM_H

#include "link/spec.h"

/* Reads a text a word, a number or a sign at a time. Errors name the text and the place. */
struct crm_scanner {
	struct crm_spec *spec;
	const char *text;
	size_t at;
	struct crm_err *err;
};

/* Takes a word ([A-Za-z0-9_], not beginning with a digit); without value where none is next. */
struct crm_slice crm_scan_word(struct crm_scanner *s);
/* Takes this sign or word if it is next. */
bool crm_scan_sign(struct crm_scanner *s, const char *sign);
/* The same, and fails if it is not. */
enum crm_status crm_scan_need(struct crm_scanner *s, const char *sign);
enum crm_status crm_scan_number(struct crm_scanner *s, double *out);
bool crm_scan_end(struct crm_scanner *s);
/* Fails with: what is wrong, in this text, before what is left of it. */
enum crm_status crm_scan_fail(struct crm_scanner *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Takes a term; *column is its column, added where it is new. */
enum crm_status crm_scan_term(struct crm_scanner *s, int *column);

/* Are the keys of two columns numbered alike, so that equal ones are equal? */
bool crm_columns_alike(const struct crm_spec *spec, int a, int b);

#endif
