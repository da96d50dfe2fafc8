/* SPDX-License-Identifier: MIT */
/* Numbers and dates of spreadsheets. Sources of truth: the list of formats in ECMA-376
 * part 1, 18.8.30; the calendar (25569 is 1970-01-01, as every manual has it); doubles as
 * IEEE 754 stores them (19.99 is 19.989999999999998 in 17 digits). */
#include "ingest/numfmt.h"

#include "tap.h"

static void shows(struct crm_numfmt format, bool from_1904, const char *number, const char *want)
{
	struct crm_str out = CRM_STR_INIT;

	crm_numfmt_text(format, crm_slice_of(number), from_1904, &out);
	is_str(out.ptr, want, number);
	crm_str_release(&out);
}

static void plain(const char *number, const char *want)
{
	shows((struct crm_numfmt){CRM_NUM_PLAIN, 0}, false, number, want);
}

static void by_code(const char *code, const char *number, const char *want)
{
	shows(crm_numfmt_of_code(crm_slice_of(code)), false, number, want);
}

static void by_id(long id, const char *number, const char *want)
{
	shows(crm_numfmt_builtin(id), false, number, want);
}

static void numbers(void)
{
	plain("42", "42");
	plain("42.0", "42");
	plain("1.50", "1.5");
	plain("-7", "-7");
	plain("-0", "0");
	plain("007", "7");
	plain("0.05", "0.05");
	plain("5E-2", "0.05");
	plain("19.989999999999998", "19.99");
	plain("0.30000000000000004", "0.3");
	plain("9.9999999999999999", "10");
	plain("4.9171234567E+11", "491712345670");
	plain("1234567890123456", "1234567890123456");
	plain("1187473209812402297", "1187473209812402297");
	plain("1e300", "1e300");
	plain("1e-300", "1e-300");
	plain(" 12 ", "12");
	plain("abc", "abc");
	plain("1.2.3", "1.2.3");
	plain("1e", "1e");
	plain("1e99999", "1e99999");
	plain("", "");
	plain("-", "-");
}

static void zeros(void)
{
	by_code("00000", "2134", "02134");
	by_code("00000", "12345678", "12345678");
	by_code("00", "0", "00");
	by_code("0", "7", "7");
	by_code("000", "1.5", "1.5");
	by_code("0.00", "7", "7");
}

static void dates(void)
{
	by_id(14, "25569", "1970-01-01");
	by_id(14, "1", "1900-01-01");
	by_id(14, "59", "1900-02-28");
	by_id(14, "60", "1900-02-29");
	by_id(14, "61", "1900-03-01");
	by_id(14, "46328", "2026-11-02");
	by_id(14, "46328.0", "2026-11-02");
	by_id(14, "46328.5", "2026-11-02T12:00:00");
	by_id(22, "46328.395833333336", "2026-11-02T09:30:00");
	by_id(22, "46328", "2026-11-02T00:00:00");
	by_id(22, "46328.99999999999", "2026-11-03T00:00:00");
	by_id(22, "46328.00000578704", "2026-11-02T00:00:00.500");
	by_id(20, "0.395833333333333", "09:30:00");
	by_id(20, "46328.5", "2026-11-02T12:00:00");
	by_id(46, "1.1041666666666667", "26:30:00");
	by_id(14, "2958465", "9999-12-31");
	by_id(14, "2958466", "2958466");
	by_id(14, "-1", "-1");
	by_id(14, "0", "0");
	by_id(14, "n/a", "n/a");
	by_id(2, "46328", "46328");
	by_id(49, "46328", "46328");
	shows(crm_numfmt_builtin(14), true, "0", "1904-01-01");
	shows(crm_numfmt_builtin(14), true, "44866", "2026-11-02");
}

static void codes(void)
{
	by_code("dd.mm.yyyy", "46328", "2026-11-02");
	by_code("yyyy\\-mm\\-dd hh:mm", "46328.5", "2026-11-02T12:00:00");
	by_code("mmm yy", "46328", "2026-11-02");
	by_code("mmmm", "46328", "2026-11-02");
	by_code("[$-407]d. mmmm yyyy;@", "46328", "2026-11-02");
	by_code("[h]:mm:ss", "1.5", "36:00:00");
	by_code("mm:ss", "0.5", "12:00:00");
	by_code("h:mm AM/PM", "0.5", "12:00:00");
	by_code("yyyy\"年\"m\"月\"d\"日\"", "46328", "2026-11-02");
	by_code("General", "46328", "46328");
	by_code("0.00E+00", "46328", "46328");
	by_code("0 \"days\"", "46328", "46328");
	by_code("[Red]0", "46328", "46328");
	by_code("#,##0.00 \\d", "46328", "46328");
	by_code("0;[Red]d", "46328", "46328");
	by_code("_d0*y", "46328", "46328");
	by_code("", "46328", "46328");
	by_code("\"", "46328", "46328");
	by_code("[", "46328", "46328");
}

int main(void)
{
	numbers();
	zeros();
	dates();
	codes();
	return done();
}
