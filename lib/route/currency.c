/* SPDX-License-Identifier: MIT */
/* The currency of the shop, and what others are worth in it; see currency.h. */
#include "route/currency.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "norm/money.h"

void crm_currency_release(struct crm_currency *currency)
{
	free(currency->rates);
	*currency = (struct crm_currency)CRM_CURRENCY_INIT;
}

static bool code_read(const char *text, char code[4])
{
	if (strlen(text) != 3 || !crm_currency_is_known(text))
		return false;
	for (int i = 0; i < 3; i++)
		code[i] = (char)(text[i] & ~0x20);
	code[3] = '\0';
	return true;
}

static enum crm_status rates_read(const struct crm_rule_line *line,
				  const struct crm_json_value *rates, struct crm_currency *out)
{
	const struct crm_json_value *v;
	struct crm_currency_rate rate;
	char code[8];

	for (uint32_t i = (uint32_t)(rates - line->doc->values) + 1; i < rates->next; i = v->next) {
		v = &line->doc->values[i];
		snprintf(code, sizeof(code), "%.*s", (int)(v->key.len < 7 ? v->key.len : 7),
			 v->key.ptr);
		if (!code_read(code, rate.code))
			return crm_line_fail(line, "'%s' is no currency of ISO 4217", code);
		rate.rate = v->type == CRM_JSON_NUMBER ? strtod(v->text.ptr, NULL) : 0;
		if (!(rate.rate > 0) || !isfinite(rate.rate))
			return crm_line_fail(line,
					     "%s: a rate is a number above 0: what one %s is "
					     "worth in %s",
					     rate.code, rate.code, out->code);
		CRM_GROW(out->rates, out->n + 1, out->cap);
		out->rates[out->n++] = rate;
	}
	return CRM_OK;
}

enum crm_status crm_currency_read(const struct crm_rule_line *line, void *data)
{
	static const char *const members[] = {"currency", "rates"};
	const struct crm_json_value *rates = crm_json_member(line->doc, line->doc->values, "rates");
	struct crm_currency *out = data;
	const char *code;
	enum crm_status rc;

	if ((rc = crm_line_members(line, members, 2)) != CRM_OK
	    || (rc = crm_line_text(line, "currency", NULL, &code)) != CRM_OK)
		return rc;
	if (!code || !code_read(code, out->code))
		return crm_line_fail(line, "\"currency\" is a code of ISO 4217, such as \"EUR\"");
	if (rates && rates->type != CRM_JSON_OBJECT)
		return crm_line_fail(line, "\"rates\" is an object, such as {\"USD\":0.92}");
	return rates ? rates_read(line, rates, out) : CRM_OK;
}

double crm_currency_rate(const struct crm_currency *c, const char *code)
{
	if (!*code || !strcmp(code, c->code))
		return 1;
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(code, c->rates[i].code))
			return c->rates[i].rate;
	return 0;
}
