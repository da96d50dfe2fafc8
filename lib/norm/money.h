/* SPDX-License-Identifier: MIT */
/*
 * money: amounts as exports write them, into whole minor units (cents) of a currency.
 *
 * "1,234" is a thousand or one and a bit. As with dates a column is observed, decided once
 * and then parsed; where it contradicts itself what could be read in two ways is refused.
 * Nothing ever passes through a floating point number, and what does not fit is refused
 * rather than rounded.
 */
#ifndef CRM_MONEY_H
#define CRM_MONEY_H

#include "base/str.h"

enum crm_decimals_state {
	CRM_DECIMALS_CERTAIN,      /* told, shown by the values, or it makes no difference */
	CRM_DECIMALS_ASSUMED,      /* all values fit both: the fallback was taken */
	CRM_DECIMALS_CONTRADICTORY /* some fit only a point, some only a comma */
};

/* One column. Plain data. */
struct crm_decimals {
	char mark;     /* in force: '.' or ',' or 0 for not known */
	char fallback; /* when all is ambiguous; '.' by default */
	bool told;
	int64_t point, comma;      /* values in which only this can be the decimal mark */
	int64_t ambiguous, unread; /* values that fit both ("1,234"), or nothing */
};

struct crm_money {
	int64_t minor;    /* in units of 10^-digits */
	int digits;       /* of the currency's minor unit: EUR 2, JPY 0, KWD 3 */
	char currency[4]; /* ISO 4217, or "" where neither text nor caller names one */
};

/* mark: "." or ",", or NULL to find out. */
void crm_decimals_init(struct crm_decimals *decimals, const char *mark);
void crm_decimals_observe(struct crm_decimals *decimals, struct crm_slice value);
enum crm_decimals_state crm_decimals_decide(struct crm_decimals *decimals);

/* Reads an amount: "1.234,56 €", "$19.99", "EUR 19.99", "1'234.50", "(5.00)", "5-", "−5",
 * "R$ 1.234,00", "1 234,50 zł". The currency is the text's if it names one by code or by an
 * unambiguous sign; for $, ¥ and kr, which several countries use, currency if that is one of
 * them, else USD, JPY and none; else currency ("EUR", or NULL for not known, when there are
 * two digits). False when it is no amount, does not fit 64 bits, or has more digits after
 * the mark, zeros apart, than the currency. */
bool crm_money_parse(const struct crm_decimals *decimals, struct crm_slice value,
		     const char *currency, struct crm_money *out);

/* Appends "19.99": digits places after a point, a minus where it is negative. */
void crm_money_format(int64_t minor, int digits, struct crm_str *out);

/* Is it a code of ISO 4217, in whatever case? */
bool crm_currency_is_known(const char *currency);
/* Digits of a currency's minor unit (ISO 4217 by ICU); 2 for what is none. */
int crm_currency_digits(const char *currency);

#endif
