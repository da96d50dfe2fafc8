/* SPDX-License-Identifier: MIT */
/* refusal: pairs of which a human said that they are two people (crm_people_check). */
#ifndef CRM_LINK_REFUSAL_H
#define CRM_LINK_REFUSAL_H

#include "store/db.h"

/* Would a merge of the people of profiles a and b be against a decision? */
enum crm_status crm_pair_refused(struct crm_db *db, int64_t a, int64_t b, bool *refused);

#endif
