/* SPDX-License-Identifier: MIT */
/* Amounts. Sources of truth: ISO 4217 for digits of currencies, CLDR for how countries write
 * amounts, arithmetic. */
#include "norm/money.h"

#include "tap.h"

static struct crm_decimals decimals;

static void reads(const char *value, const char *currency, const char *want)
{
	struct crm_str out = CRM_STR_INIT;
	struct crm_money m;

	if (crm_money_parse(&decimals, crm_slice_of(value), currency, &m)) {
		crm_money_format(m.minor, m.digits, &out);
		crm_str_addf(&out, " %s", m.currency);
	}
	is_str(out.ptr, want, value);
	crm_str_release(&out);
}

static void point(void)
{
	crm_decimals_init(&decimals, ".");
	reads("19.99", "EUR", "19.99 EUR");
	reads("19.99", NULL, "19.99 ");
	reads("19", "EUR", "19.00 EUR");
	reads("19.9", "EUR", "19.90 EUR");
	reads(".5", "EUR", "0.50 EUR");
	reads("5.", "EUR", "5.00 EUR");
	reads("$19.99", "EUR", "19.99 USD");
	reads("$19.99", "CAD", "19.99 CAD");
	reads("EUR 19.99", NULL, "19.99 EUR");
	reads("19.99eur", NULL, "19.99 EUR");
	reads("1,234.56", "USD", "1234.56 USD");
	reads("1,234", "USD", "1234.00 USD");
	reads("1,234,567.89", "USD", "1234567.89 USD");
	reads("12,34,567.89", "INR", "1234567.89 INR");
	reads("1'234.50", "CHF", "1234.50 CHF");
	reads("CHF 1’234.50", NULL, "1234.50 CHF");
	reads("(5.00)", "USD", "-5.00 USD");
	reads("($5.00)", NULL, "-5.00 USD");
	reads("-5", "USD", "-5.00 USD");
	reads("- 5", "USD", "-5.00 USD");
	reads("5-", "USD", "-5.00 USD");
	reads("−5", "USD", "-5.00 USD");
	reads("+5", "USD", "5.00 USD");
	reads("-$5.25", NULL, "-5.25 USD");
	reads("$-5.25", NULL, "-5.25 USD");
	reads("¥1,234", NULL, "1234 JPY");
	reads("¥1,234.50", "CNY", "1234.50 CNY");
	reads("KWD 1.234", NULL, "1.234 KWD");
	reads("19.990", "EUR", "19.99 EUR");
	reads("92233720368547758.07", "EUR", "92233720368547758.07 EUR");
	reads("92233720368547758.08", "EUR", "");
	reads("19.999", "EUR", "");
	reads("5.5", "JPY", "");
	reads("1,23,4", "USD", "");
	reads("1,2345", "USD", "");
	reads("1.234,56", "USD", "");
	reads("5 EUR 6", "EUR", "");
	reads("EUR 5 USD", "EUR", "");
	reads("1 2", "EUR", "");
	reads("--5", "EUR", "");
	reads("(5", "EUR", "");
	reads("1e5", "EUR", "");
	reads("", "EUR", "");
	reads("EUR", "EUR", "");
	reads("abc", "EUR", "");
	reads("99999999999999999999999999999999999999999999", "EUR", "");
}

static void comma(void)
{
	crm_decimals_init(&decimals, ",");
	reads("1.234,56 €", NULL, "1234.56 EUR");
	reads("R$ 1.234,00", NULL, "1234.00 BRL");
	reads("1 234,50 zł", NULL, "1234.50 PLN");
	reads("1\xE2\x80\xAF"
	      "234,50",
	      "EUR", "1234.50 EUR");
	reads("1.234", "EUR", "1234.00 EUR");
	reads("1,5", "EUR", "1.50 EUR");
	reads("500 kr", "SEK", "500.00 SEK");
	reads("500 kr", NULL, "500.00 ");
	reads("19.99", "EUR", "");
}

static void column(const char *const *values, enum crm_decimals_state want, const char *title)
{
	crm_decimals_init(&decimals, NULL);
	for (; *values; values++)
		crm_decimals_observe(&decimals, crm_slice_of(*values));
	is_int(crm_decimals_decide(&decimals), want, title);
}

static void columns(void)
{
	static const char *const points[] = {"1,234", "0.5", "", "n/a", NULL};
	static const char *const commas[] = {"1.234", "2,50", NULL};
	static const char *const both[] = {"2.50", "2,50", "1,234", NULL};
	static const char *const neither[] = {"1,234", "5", NULL};
	static const char *const groups[] = {"1.234.567", "1.234", NULL};

	column(points, CRM_DECIMALS_CERTAIN, "one value shows a point");
	reads("1,234", "EUR", "1234.00 EUR");
	is_int(decimals.unread, 1, "what is no amount is counted");
	column(commas, CRM_DECIMALS_CERTAIN, "or a comma");
	reads("1.234", "EUR", "1234.00 EUR");
	column(both, CRM_DECIMALS_CONTRADICTORY, "or both");
	reads("1,234", "EUR", "");
	reads("2.50", "EUR", "2.50 EUR");
	reads("2,50", "EUR", "2.50 EUR");
	column(neither, CRM_DECIMALS_ASSUMED, "or neither");
	reads("1,234", "EUR", "1234.00 EUR");
	column(groups, CRM_DECIMALS_CERTAIN, "two points group, so a comma is the mark");
	reads("1.234", "EUR", "1234.00 EUR");
}

int main(void)
{
	struct crm_str out = CRM_STR_INIT;

	point();
	comma();
	columns();
	is_int(crm_currency_digits("JPY"), 0, "the yen has no minor unit");
	is_int(crm_currency_digits("EUR"), 2, "the euro has cents");
	crm_money_format(INT64_MIN, 2, &out);
	is_str(out.ptr, "-92233720368547758.08", "the smallest amount");
	crm_str_clear(&out);
	crm_money_format(-5, 2, &out);
	is_str(out.ptr, "-0.05", "five cents owed");
	crm_str_release(&out);
	return done();
}
