/* SPDX-License-Identifier: MIT */
/*
 * standing: how two records stand to each other before anything of them is compared, by what
 * humans said of them and of their people; and what tells people apart, whatever is compared.
 */
#ifndef CRM_LINK_STANDING_H
#define CRM_LINK_STANDING_H

#include "link/link.h"

/* Reads decisions, who was parted by a human, the sources that have each person once, and the
 * strong scopes: to be called by crm_link_new, when the people are there. */
enum crm_status crm_standing_load(struct crm_db *db, struct crm_link *link);
/* The column of handles of which scopes may be strong; -1. */
int crm_standing_handles(const struct crm_spec *spec);

/* The people of two records; sorts such, as link->apart is. */
struct crm_apart crm_apart_of(const struct crm_people *people, uint32_t a, uint32_t b);
void crm_apart_sort(struct crm_apart *apart, size_t n);
/* A human's no on two profiles is one on the people they belong to by now; so are an undone
 * merge and a split. */
bool crm_link_kept_apart(const struct crm_link *link, uint32_t a, uint32_t b);
/* What a human said about two records or their people, else whether they are one already. */
enum crm_standing crm_link_standing(const struct crm_link *link, uint32_t a, uint32_t b);
/* Is nothing to be weighed of two records: a human said something of them or their people, or
 * (unless all_pairs) they are one person already? */
bool crm_link_settled(const struct crm_link *link, uint32_t a, uint32_t b, bool all_pairs);

#endif
