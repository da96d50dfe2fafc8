/* SPDX-License-Identifier: MIT */
/*
 * kin: what a word that no article has is made of. In languages that write several words as one
 * (Rechnungsadresse, bestellnummer, toimitusaika) customers make words that nobody wrote down, of
 * parts that somebody did. So the longest words of the articles are taken that the word begins or
 * ends with, or that begin as it does, or end with it.
 */
#ifndef CRM_KIN_H
#define CRM_KIN_H

#include "base/mem.h"
#include "store/db.h"

#define CRM_KIN_MAX 2

struct crm_kin {
	struct crm_slice word; /* a term of the articles, in the arena */
	int64_t sections;      /* that have it */
	double share;          /* of the word that it stands for: 0 to 1 */
};

/* Does the language write several words as one? language may be NULL. */
bool crm_kin_has(const char *language);
/* The kin of a term, *n of them: what it begins with, and what it ends with. */
enum crm_status crm_kin_find(struct crm_db *db, struct crm_slice term, struct crm_arena *arena,
			     struct crm_kin kin[CRM_KIN_MAX], size_t *n);

#endif
