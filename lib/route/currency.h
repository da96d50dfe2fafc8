/* SPDX-License-Identifier: MIT */
/*
 * currency: that in which the shop reckons what people bought, the line
 *
 *	{"set":"currency","currency":"EUR","rates":{"USD":0.92}}
 *
 * by which a unit of USD is 0.92 EUR.
 */
#ifndef CRM_CURRENCY_H
#define CRM_CURRENCY_H

#include "rule/rule.h"

struct crm_currency {
	char code[4]; /* "": no such line */
	struct crm_currency_rate {
		char code[4];
		double rate;
	} * rates;
	size_t n, cap;
};
#define CRM_CURRENCY_INIT      \
	{                      \
		"", NULL, 0, 0 \
	}
void crm_currency_release(struct crm_currency *currency);

/* Reads such a line into data, a struct crm_currency: for a struct crm_rule_kind of kind "set"
 * and name "currency". */
enum crm_status crm_currency_read(const struct crm_rule_line *line, void *data);

/* What a unit of another currency is worth; 0 where the line gives no rate. An amount of no
 * known currency ("") is taken for the shop's. */
double crm_currency_rate(const struct crm_currency *currency, const char *code);

#endif
