/* SPDX-License-Identifier: MIT */
/*
 * junk: values that identify nobody, found by how many different people have them: the number
 * of a front desk, info@, 000-0000, a birth date of 1900-01-01 that a form fills in. They count
 * as missing. Names and places are never junk: to be common is in their nature.
 *
 * A value of a list (addresses, numbers, handles, ids) is junk when records of more than
 * CRM_JUNK_NAMES different given names and as many family names have it, and no few records of
 * each: one customer with two hundred records, some misspelt, is one customer, and a mailbox
 * that many have who are called James is theirs. Of more than CRM_CROWD records whole names
 * are counted; where most of these have no name that would tell, it is junk as well.
 *
 * A date is, where the same holds, and it is far more frequent than dates are in these data:
 * than the tenth most frequent one three times, and beyond what chance (six deviations of a
 * Poisson variable) would bear. Where only years are known, and written as the first of
 * January, there are many such dates, and none is.
 */
#ifndef CRM_LINK_JUNK_H
#define CRM_LINK_JUNK_H

#include "link/people.h"

#define CRM_CROWD 100      /* records */
#define CRM_JUNK_NAMES 20  /* different names, given and family */
#define CRM_JUNK_RECORDS 4 /* of each name, at least, make them known */

/* Finds the junk among the values of a column with count: sets junk and n_junk, the most
 * frequent first. The names of all records must be there. Makes nothing of it. */
void crm_junk_find(struct crm_people *people, int column);

#endif
