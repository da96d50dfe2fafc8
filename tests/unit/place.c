/* SPDX-License-Identifier: MIT */
/* Countries and postcodes. Sources of truth: ISO 3166, CLDR's names by way of ICU, the
 * addressing systems of the Universal Postal Union. */
#include "norm/place.h"

#include <unicode/uloc.h>

#include "tap.h"

static void country(const char *name, const char *want)
{
	is_str(crm_country_code(crm_slice_of(name)), want, name);
}

static void postcode(const char *raw, const char *in, const char *want)
{
	struct crm_str out = CRM_STR_INIT;

	crm_postcode_clean(crm_slice_of(raw), in, &out);
	is_str(out.ptr, want, raw);
	crm_str_release(&out);
}

/* Every code must be its own, and no other language's name may take it. */
static void all_codes(void)
{
	const char *const *codes = uloc_getISOCountries();
	int bad = 0, n = 0;

	for (; codes[n]; n++) {
		const char *got = crm_country_code(crm_slice_of(codes[n]));

		if (got && !strcmp(got, codes[n]))
			continue;
		bad++;
		printf("# %s: %s\n", codes[n], got ? got : "nothing");
	}
	ok(n > 240, "ICU knows the countries (%d)", n);
	is_int(bad, 0, "each code is itself");
}

int main(void)
{
	country("DE", "DE");
	country("de", "DE");
	country("DEU", "DE");
	country("Germany", "DE");
	country("Deutschland", "DE");
	country("ALLEMAGNE", "DE");
	country("Alemania", "DE");
	country("Duitsland", "DE");
	country("Германия", "DE");
	country("德国", "DE");
	country("ドイツ", "DE");
	country("Österreich", "AT");
	country("Osterreich", "AT");
	country("UK", "GB");
	country("U.K.", "GB");
	country("England", "GB");
	country("USA", "US");
	country("U.S.A.", "US");
	country("United States", "US");
	country("The Netherlands", "NL");
	country("Czech Republic", "CZ");
	country("Côte d'Ivoire", "CI");
	country("Brasil", "BR");
	country("Türkiye", "TR");
	country("  france ", "FR");
	country("Atlantis", NULL);
	country("X", NULL);
	country("", NULL);
	all_codes();
	postcode("01067", "DE", "01067");
	postcode("1067", "DE", "01067");
	postcode("1067.0", "DE", "01067");
	postcode("D-01067", "DE", "01067");
	postcode("2134", "US", "02134");
	postcode("02134-1000", "US", "02134-1000");
	postcode("800", "AU", "0800");
	postcode("sw1a  1aa", "GB", "SW1A 1AA");
	postcode("1012 ab", "NL", "1012 AB");
	postcode("1067", NULL, "1067");
	postcode("1067", "AT", "1067");
	postcode("DK-2100", "DK", "2100");
	postcode("12", "DE", "12");
	postcode("-", "DE", "");
	return done();
}
