/* SPDX-License-Identifier: MIT */
/*
 * settle: identifying anew what came in contested (identify.h).
 *
 * The records that hang together with an unsettled one, by addresses that are not shared,
 * by ids and by persons, are gathered and put through the rules of group.h; what is stored
 * is then brought to what these say. Nothing is edited: a record that belongs to another
 * person moves by a split link, people that are one are joined by a merge link, and of such
 * merges of ours what no longer holds is undone, so that it may be made again. Actor is
 * CRM_INGEST; the reason says what joined them, the evidence which two profiles and which
 * endpoint.
 *
 * What a person decided is kept: merges stand, their undoing and splits keep apart what they
 * parted, and so do decisions; a split of ours that was undone is not made again. (Such links
 * name persons, not records. A merge or an undone split then ties the oldest record of
 * each; a parting holds for all records of the two.)
 *
 * A group of more than CRM_GROUP_PROFILES records, or with too many names, is left as it is.
 */
#ifndef CRM_SETTLE_H
#define CRM_SETTLE_H

#include "store/people.h"

/* Settles all there is to settle, in the open transaction. changed holds ids of persons and
 * gets those who changed; afterwards it has canonical ids only. *left grows by the groups
 * that had to be left. */
enum crm_status crm_settle(struct crm_db *db, struct crm_ids *changed, int64_t *left);

#endif
