/* SPDX-License-Identifier: MIT */
/* blob: the bytes of files, each once, under their digest (BLAKE2b-128, hexadecimal). */
#ifndef CRM_BLOB_H
#define CRM_BLOB_H

#include "store/db.h"

/* Keeps the bytes, inside the caller's transaction; those that are there already cost nothing. */
enum crm_status crm_blob_add(struct crm_db *db, struct crm_slice digest, struct crm_slice bytes);
/* Appends them; CRM_DATA: they are not there. */
enum crm_status crm_blob_get(struct crm_db *db, struct crm_slice digest, struct crm_str *out);

#endif
