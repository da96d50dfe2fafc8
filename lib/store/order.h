/* SPDX-License-Identifier: MIT */
/* order: what all parts must agree on about orders. */
#ifndef CRM_ORDER_H
#define CRM_ORDER_H

#include <stdbool.h>

#include "base/str.h"

/* Does an order with this status, in its source's words, count as bought? Everything
 * does but what was cancelled or voided; a NULL status counts. */
bool crm_order_counts(struct crm_slice status);

#endif
