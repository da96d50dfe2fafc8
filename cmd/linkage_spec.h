/* SPDX-License-Identifier: MIT */
/* Which specification of linkage is in force, for crm-dedupe and crm-linkage; with our nicknames
 * and the user's. Errors name the file. Free with crm_spec_free, also on failure. */
#ifndef CRM_LINKAGE_SPEC_H
#define CRM_LINKAGE_SPEC_H

#include "cli.h"
#include "link/spec.h"

/* The user's own, else ours. */
enum crm_status linkage_spec_load(const struct cli *cli, struct crm_spec **out,
				  struct crm_err *err);
/* That of a file. */
enum crm_status linkage_spec_file(const struct cli *cli, const char *path, struct crm_spec **out,
				  struct crm_err *err);
/* The one that a model carries; file is where it is from. */
enum crm_status linkage_spec_of(const struct cli *cli, struct crm_slice model, const char *file,
				struct crm_spec **out, struct crm_err *err);

#endif
