/* SPDX-License-Identifier: MIT */
/*
 * money: amounts are whole minor units (cents) of a currency, and become text only where
 * they leave the program. How many digits a currency has is ICU's knowledge.
 */
#ifndef CRM_MONEY_H
#define CRM_MONEY_H

#include <stdint.h>

#include "base/str.h"

/* Digits behind the decimal mark of an ISO 4217 code: 2 for EUR, 0 for JPY, 3 for KWD, 2
 * for what is no known currency. */
int crm_money_digits(struct crm_slice currency);
/* Appends minor units as a decimal number, without the currency: 1999 EUR is 19.99. */
void crm_money_format(int64_t minor, struct crm_slice currency, struct crm_str *out);

#endif
