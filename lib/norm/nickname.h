/* SPDX-License-Identifier: MIT */
/*
 * nickname: which forenames are forms of one. Each line of a list has the forms of one name,
 * as match keys parted by blanks; # begins a comment. A form may stand on several lines
 * (kate: catherine, katherine), which does not make these one.
 */
#ifndef CRM_NICKNAME_H
#define CRM_NICKNAME_H

#include <stdbool.h>

#include "base/str.h"

struct crm_nicknames;

/* Reads lists, any text. New: crm_nicknames_free. */
struct crm_nicknames *crm_nicknames_new(struct crm_slice text);
void crm_nicknames_free(struct crm_nicknames *nicknames);

/* The list that comes with the program, lib/linkage/nicknames, as it was when this was built.
 * Borrowed, for ever. Any thread. */
const struct crm_nicknames *crm_nicknames_ours(void);
extern const char crm_nicknames_text[]; /* that list; made by the Makefile */

/* Are the first words of two match keys forms of one name, or the same? Any thread. */
bool crm_nicknames_alike(const struct crm_nicknames *nicknames, struct crm_slice a,
			 struct crm_slice b);

/* The same in two steps, where one key is compared with many: the number of its first word
 * among the forms, 0 if it is none; and whether two of these are forms of one name. */
uint32_t crm_nicknames_form(const struct crm_nicknames *nicknames, struct crm_slice key);
bool crm_nicknames_one(const struct crm_nicknames *nicknames, uint32_t a, uint32_t b);

#endif
