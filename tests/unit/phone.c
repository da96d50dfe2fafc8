/* SPDX-License-Identifier: MIT */
/*
 * Telephone numbers. Sources of truth: the national numbering plans (a number per case, as
 * printed by their regulators), libphonenumber's own examples for every region, and for
 * the table of lessons libphonenumber itself, asked again for each of many numbers made by
 * scrambling the ends of its examples. SLOW=1 makes that some millions of them.
 */
#include "norm/phone.h"

#include <time.h>

#include "tap.h"

static struct crm_phone *phone;
static uint64_t dice = 88172645463325252U;

static unsigned roll(unsigned n) /* xorshift64, Marsaglia 2003 */
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return (unsigned)(dice >> 20) % n;
}

static void check(const char *raw, const char *region, const char *want)
{
	struct crm_str out = CRM_STR_INIT;
	bool good;

	good = crm_phone_normalise(phone, crm_slice_of(raw), region, &out);
	is_str(out.ptr, want, raw);
	if (good != (*want != '\0'))
		ok(false, "%s: what is returned fits what is appended", raw);
	crm_str_release(&out);
}

/* Every example number of every region, written as within the country, must be read, and
 * the same whether learned or asked for; but for Canada's 310-1234, which has no area code
 * and cannot be dialled from abroad. */
static void examples(void)
{
	struct crm_str national = CRM_STR_INIT, a = CRM_STR_INIT, b = CRM_STR_INIT;
	const char *region = "";
	int n = 0, bad = 0, kind;
	size_t i;

	for (i = 0; region; i++)
		for (kind = 0; kind < 12; kind++) {
			crm_str_clear(&national);
			crm_str_clear(&a);
			crm_str_clear(&b);
			if (!(region = crm_phone_example(phone, i, kind, &national)))
				break;
			if (!national.len)
				continue;
			n++;
			crm_phone_normalise(phone, (struct crm_slice){national.ptr, national.len},
					    region, &a);
			crm_phone_direct(phone, (struct crm_slice){national.ptr, national.len},
					 region, &b);
			if (!strcmp(a.ptr, b.ptr) && (a.len || !strcmp(region, "CA")))
				continue;
			bad++;
			printf("# %s %s: %s, directly %s\n", region, national.ptr, a.ptr, b.ptr);
		}
	ok(n > 1000, "the library has examples (%d)", n);
	is_int(bad, 0, "all of them are read");
	crm_str_release(&national);
	crm_str_release(&a);
	crm_str_release(&b);
}

/* Makes of a number another one that begins like it: some digits at the end are changed, it
 * may lose or gain one, or get a zero near its start. */
static void scramble(const char *from, size_t len, struct crm_str *out)
{
	size_t i, keep = 1 + roll((unsigned)len), start = out->len;

	for (i = 0; i < len; i++) {
		char c = from[i];

		if ((c < '0' || c > '9') && c != '+')
			continue;
		if (i == 2 && !roll(8))
			crm_str_addc(out, '0');
		crm_str_addc(out, c != '+' && i >= keep ? (char)('0' + roll(10)) : c);
	}
	if (!roll(4))
		crm_str_addc(out, (char)('0' + roll(10)));
	if (!roll(4) && out->len > start + 1)
		out->ptr[--out->len] = '\0';
	if (!roll(8) && out->ptr[start] != '+')
		out->ptr[start] = '0';
}

static int one_region(size_t index, int rounds, const char **region)
{
	struct crm_str from = CRM_STR_INIT, a = CRM_STR_INIT, b = CRM_STR_INIT, raw = CRM_STR_INIT;
	int bad = 0;

	*region = "";
	while (rounds-- > 0 && *region) {
		crm_str_clear(&from);
		crm_str_clear(&raw);
		if (!(*region = crm_phone_example(phone, index, (int)roll(12), &from)))
			break;
		if (!from.len)
			continue;
		crm_str_clear(&a);
		if (roll(3) == 0
		    && crm_phone_direct(phone, (struct crm_slice){from.ptr, from.len}, *region, &a))
			scramble(a.ptr, a.len, &raw);
		else
			scramble(from.ptr, from.len, &raw);
		crm_str_clear(&a);
		crm_str_clear(&b);
		crm_phone_normalise(phone, (struct crm_slice){raw.ptr, raw.len}, *region, &a);
		crm_phone_direct(phone, (struct crm_slice){raw.ptr, raw.len}, *region, &b);
		if (strcmp(a.ptr, b.ptr) && ++bad < 4)
			printf("# %s %s: learned %s, asked %s\n", *region, raw.ptr, a.ptr, b.ptr);
		crm_str_clear(&b);
		if (a.len && crm_phone_direct(phone, (struct crm_slice){a.ptr, a.len}, NULL, &b)
		    && !strcmp(a.ptr, b.ptr))
			continue;
		if (a.len && ++bad < 4)
			printf("# %s %s: %s, read again %s\n", *region, raw.ptr, a.ptr, b.ptr);
	}
	crm_str_release(&from);
	crm_str_release(&a);
	crm_str_release(&b);
	crm_str_release(&raw);
	return bad;
}

static void learned_is_asked(void)
{
	int rounds = getenv("SLOW") ? 5000 : 100, bad = 0;
	const char *region = "";
	size_t i;

	for (i = 0; region; i++)
		bad += one_region(i, rounds, &region);
	is_int(bad, 0, "what is learned is what the library says, and its own normal form");
	printf("# %d numbers in each of %zu regions\n", rounds, i - 1);
}

static void speed(void)
{
	struct crm_str out = CRM_STR_INIT;
	char raw[32];
	clock_t start = clock();
	int i, good = 0;

	for (i = 0; i < 1000000; i++) {
		int kind = (int)roll(3);
		unsigned n = roll(10000000);

		if (kind == 0)
			snprintf(raw, sizeof(raw), "017%u %07u", roll(10), n);
		else if (kind == 1)
			snprintf(raw, sizeof(raw), "(%u%02u) %03u-%04u", 2 + roll(8), roll(100),
				 200 + n % 800, n / 1000);
		else
			snprintf(raw, sizeof(raw), "+44 20 %08u", 70000000 + n);
		crm_str_clear(&out);
		good += crm_phone_normalise(phone, crm_slice_of(raw), kind == 1 ? "US" : "DE",
					    &out);
	}
	printf("# 1000000 distinct numbers, %d good: %.2f s of CPU\n", good,
	       (double)(clock() - start) / CLOCKS_PER_SEC);
	crm_str_release(&out);
}

int main(void)
{
	phone = crm_phone_new();
	check("030 123456", "DE", "+4930123456");
	check("(030) 12 34-56", "de", "+4930123456");
	check("+49 (0)30 123456", NULL, "+4930123456");
	check("+49 30 123456", "US", "+4930123456");
	check("0049 30 123456", "DE", "+4930123456");
	check("0049 30 123456", NULL, "+4930123456");
	check("tel:+4930123456", NULL, "+4930123456");
	check("030 123456 ext. 12", "DE", "+4930123456");
	check("030\xC2\xA0"
	      "123456",
	      "DE", "+4930123456");
	check("4930123456.0", "DE", "+4930123456");
	check("(650) 253-0000", "US", "+16502530000");
	check("1-800-FLOWERS", "US", "+18003569377");
	check("020 7946 0018", "UK", "+442079460018");
	check("02 1234 5678", "IT", "+390212345678");
	check("06 12 34 56 78", "FR", "+33612345678");
	check("(11) 96123-4567", "BR", "+5511961234567");
	check("(11) 6123-4567", "BR", "+5511961234567"); /* as it was until 2012 */
	check("+551161234567", NULL, "+5511961234567");
	check("+55 11 2345-6789", NULL, "+551123456789");  /* a landline has eight digits */
	check("+521 55 1234 5678", NULL, "+525512345678"); /* as mobiles of Mexico until 2019 */
	check("0 11 15-2345-6789", "AR", "+5491123456789");
	check("8 (495) 123-45-67", "RU", "+74951234567");
	check("090-1234-5678", "JP", "+819012345678");
	check("٠٣٠ ١٢٣٤٥٦", "DE", "+4930123456");
	check("030 123456", NULL, "");
	check("030 123456", "XX", "");
	check("253-0000", "US", "");
	check("000-0000", "US", "");
	check("555-555-5555", "US", "");
	check("00000000", "DE", "");
	check("4.9301E+11", "DE", "");
	check("4,9301E11", "DE", "");
	check("", "DE", "");
	check("0 0000 25", "DE", "");
	check("n/a", "DE", "");
	check("+", "DE", "");
	check("12", "DE", "");
	check("+999 123 456 789", "DE", "");
	check("123456789012345678901234567890", "DE", "");
	ok(!crm_phone_normalise(phone, CRM_SLICE("030\00012345"), "DE",
				&(struct crm_str)CRM_STR_INIT),
	   "a NUL is no digit");
	examples();
	learned_is_asked();
	speed();
	crm_phone_free(phone);
	return done();
}
