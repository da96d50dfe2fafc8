/* SPDX-License-Identifier: MIT */
/* The names of what became of a parcel, as lines and the store have them. */
#include "reply/transport.h"

const char *const crm_sent_names[] = {"sent", "deferred", "refused", "unknown"};
