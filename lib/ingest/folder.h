/* SPDX-License-Identifier: MIT */
/*
 * folder: the files of a folder, to be read one after the other: of a Maildir those of new and cur,
 * of any other all that are in it and in folders within it, in the order of their names. What
 * begins with a dot is hidden, and passed over; so is a link to a folder that it lies in. Maildirs
 * within a Maildir are only counted.
 */
#ifndef CRM_FOLDER_H
#define CRM_FOLDER_H

#include "base/status.h"
#include "base/str.h"

struct crm_folder {
	char **files; /* sorted; below the folder */
	size_t n, cap;
	size_t within; /* of a Maildir: the Maildirs in it (.Sent …), which are not listed */
	bool maildir;
};

bool crm_folder_is(const char *path);
/* Lists the folder path; release it, also after an error. CRM_NO_INPUT when there is no file in
 * it, unless it is a Maildir: no mail is no mistake. */
enum crm_status crm_folder_list(struct crm_folder *folder, const char *path, struct crm_err *err);
/* The ith file of a Maildir is no longer there: somebody has read or marked it since, and it lies
 * in cur under what stands before the colon of its name, which its name then is. False: it was
 * deleted. */
bool crm_folder_find_moved(struct crm_folder *folder, const char *path, size_t i);
void crm_folder_release(struct crm_folder *folder);

#endif
