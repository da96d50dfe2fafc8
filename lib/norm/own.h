/* SPDX-License-Identifier: MIT */
/*
 * own: which addresses are the business's own. What comes from one of them went out to a
 * customer, and none of them is ever taken for a customer's.
 *
 * A text file, shop.d/own: an address a line, e-mail or phone with +; @shop.example for all
 * of a domain; # begins a comment.
 */
#ifndef CRM_OWN_H
#define CRM_OWN_H

#include "base/status.h"
#include "base/str.h"

struct crm_own;

/* *own is new: free with crm_own_free. CRM_CONFIG with file and line for what is no address. */
enum crm_status crm_own_load(struct crm_own **own, const char *path, struct crm_err *err);
void crm_own_free(struct crm_own *own);

/* Is this address, normalised, ours? own may be NULL: nothing is. */
bool crm_own_has(const struct crm_own *own, struct crm_slice address);

#endif
