/* SPDX-License-Identifier: MIT */
/* file: a small file as a whole: configuration, not data. */
#ifndef CRM_FILE_H
#define CRM_FILE_H

#include "base/status.h"
#include "base/str.h"

#define CRM_FILE_MAX (64 << 20) /* bytes; a longer one is refused */

/* Appends the bytes of a file. CRM_NO_INPUT when there is none of that name, CRM_IO when it
 * cannot be read, CRM_CONFIG when it is too long. */
enum crm_status crm_file_read(const char *path, struct crm_str *out, struct crm_err *err);

#endif
