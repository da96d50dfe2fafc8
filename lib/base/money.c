/* SPDX-License-Identifier: MIT */
/* Minor units to text, in integers only: a double would corrupt cents. */
#include "base/money.h"

#include <string.h>
#include <unicode/ucurr.h>

int crm_money_digits(struct crm_slice currency)
{
	static _Thread_local char last[4]; /* amounts come in runs of one currency */
	static _Thread_local int last_digits;
	UErrorCode status = U_ZERO_ERROR;
	UChar code[4] = {0};

	if (!currency.ptr || currency.len != 3)
		return 2;
	if (!memcmp(last, currency.ptr, 3))
		return last_digits;
	for (int i = 0; i < 3; i++) {
		if (currency.ptr[i] < 'A' || currency.ptr[i] > 'Z')
			return 2;
		code[i] = (UChar)currency.ptr[i];
	}
	last_digits = ucurr_getDefaultFractionDigits(code, &status);
	if (U_FAILURE(status) || last_digits < 0 || last_digits > 6)
		last_digits = 2;
	memcpy(last, currency.ptr, 3);
	return last_digits;
}

void crm_money_format(int64_t minor, struct crm_slice currency, struct crm_str *out)
{
	int digits = crm_money_digits(currency);
	uint64_t whole = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor, scale = 1;

	for (int i = 0; i < digits; i++)
		scale *= 10;
	crm_str_addf(out, "%s%llu", minor < 0 ? "-" : "", (unsigned long long)(whole / scale));
	if (digits)
		crm_str_addf(out, ".%0*llu", digits, (unsigned long long)(whole % scale));
}
