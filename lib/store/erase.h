/* SPDX-License-Identifier: MIT */
/*
 * erase: somebody asks to be forgotten (GDPR, article 17).
 *
 * What is erased: names, birth dates, organisations and places of all their records, the records
 * and events as they came, the texts and subjects of what they and we wrote and noted, files that
 * came with it, addresses and ids (each becomes a name that tells nothing, see erased.h), answers
 * of the bot, words in the indexes, what is queued for them, copies that linkage keeps, and input
 * that was set aside and holds an address of theirs. Their open requests are resolved.
 *
 * What stays: that there was somebody, in which sources; that something happened, when, by which
 * channel, in which request, by whom of ours, of which amount, rating or status; order numbers
 * and what was bought; country and language, by which reports count. So reports tell the same
 * numbers as before. An address that others have as well stays theirs.
 *
 * Nothing ties what stays to an address: somebody who comes back is somebody new.
 */
#ifndef CRM_ERASE_H
#define CRM_ERASE_H

#include "store/people.h"

/* What was erased, in the order of crm_erasure_names. */
enum crm_erasure_count {
	CRM_ERASED_RECORDS,
	CRM_ERASED_ADDRESSES,
	CRM_ERASED_EVENTS,
	CRM_ERASED_REQUESTS, /* that they asked */
	CRM_ERASED_FILES,
	CRM_ERASED_QUEUED, /* messages that were to be sent to them */
	CRM_ERASED_REJECTED,
	CRM_ERASED_COUNTS
};
extern const char *const crm_erasure_names[CRM_ERASED_COUNTS];

struct crm_erasure {
	int64_t person; /* canonical */
	int64_t counts[CRM_ERASED_COUNTS];
};

/* Erases a person, any id of theirs, in the open transaction, and writes it into table erasure;
 * act->evidence is not used. CRM_NO_INPUT: no such person; CRM_BUSY: a message is on its way to
 * them at this moment. */
enum crm_status crm_erase(struct crm_db *db, int64_t person, const struct crm_act *act,
			  struct crm_erasure *out);

/* After the commit: rewrites the file, since what is deleted from an SQLite file stays in its
 * free space for a while. Takes as long as copying it, and as much room beside it. CRM_BUSY while
 * others read or write. */
enum crm_status crm_erase_clear(struct crm_db *db);

#endif
