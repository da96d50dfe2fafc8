/* SPDX-License-Identifier: MIT */
/* The words for "this order did not take place", in one table, so that the card and the
 * reports count the same orders. */
#include "store/order.h"

#include <stddef.h>
#include <strings.h>

static const char *const cancelled[] = {
	"abandoned", "abgebrochen", "annulé",      "annulée", "anulowane", "canceled",
	"cancelled", "cancelado",   "cancelada",   "expired", "failed",    "incomplete",
	"storniert", "trash",       "unavailable", "unpaid",  "void",      "voided",
};

bool crm_order_counts(struct crm_slice status)
{
	for (size_t i = 0; i < sizeof(cancelled) / sizeof(cancelled[0]) && status.ptr; i++)
		if (!strncasecmp(cancelled[i], status.ptr, status.len) && !cancelled[i][status.len])
			return false;
	return true;
}
