/* SPDX-License-Identifier: MIT */
/*
 * run: what one run of linkage leaves to the next.
 *
 * What it learnt: the model, the plan by which its pairs were found, how rare third records are
 * (crm_refine.third), and how much sources that have each person once are found in others, so that
 * a run over a few records says of them what one over all would. It is the JSON object of a model
 * file, model.h's with the members "plan", "third" and "shares"; models from elsewhere have none of
 * these. The store keeps such objects in the table model, of which the newest is in force.
 *
 * And how far it came: profiles get their ids in the order in which they are stored, so that
 * one number says which are new. Whoever looked for the pairs of all of them, or of all new
 * ones, notes it once all that was found is written out. A run that is killed notes nothing,
 * and the next one finds the same again.
 */
#ifndef CRM_LINK_RUN_H
#define CRM_LINK_RUN_H

#include "link/link.h"

/* Appends link's model, with link->third where that is known and plan where it is not NULL. */
void crm_run_write(const struct crm_link *link, const struct crm_plan *plan, struct crm_str *out);
/* Sets link's model, plan, third and shares to what is written; but for the model where it is of
 * half as many records as link has, or more: what was learnt from a few says little about the many.
 * CRM_DATA when it is no model of link's specification. */
enum crm_status crm_run_read(struct crm_link *link, struct crm_slice json, struct crm_err *err);
/* Appends the newest one in the store; nothing where there is none. */
enum crm_status crm_run_load(struct crm_db *db, struct crm_str *out);
/* Adds one to the store, unless the newest one there is the same. */
enum crm_status crm_run_save(struct crm_db *db, struct crm_slice json);

/* *seen is the profile up to which runs have come, 0 before the first; *stored the newest one
 * that there is. */
enum crm_status crm_run_seen(struct crm_db *db, int64_t *seen, int64_t *stored);
/* Notes that the pairs of the profiles after < id <= last were looked for, and how many matches
 * were found. */
enum crm_status crm_run_note(struct crm_db *db, int64_t after, int64_t last, uint64_t matches);

#endif
