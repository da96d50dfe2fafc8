/* SPDX-License-Identifier: MIT */
/* Models of Splink: its SQL in our words. The conditions are those that Splink 3, 4 and 5
 * write for DuckDB, Spark, SQLite and PostgreSQL; what they must become follows from SQL's
 * three values (ISO 9075: unknown is not true) and from spec.h. */
#include "base/mem.h"
#include "link/splink_sql.h"
#include "tap.h"

static struct crm_sql_column names[] = {
	{"first_name", "given", CRM_AS_NAME, NULL, false},
	{"surname", "family", CRM_AS_NAME, NULL, false},
	{"first_and_surname", "given+family", CRM_AS_NAME, NULL, false},
	{"dob", "birth", CRM_AS_DATE, NULL, false},
	{"email", "email", CRM_AS_EMAIL, NULL, false},
	{"city", "city", CRM_AS_TEXT, NULL, false},
};
static const struct crm_sql_columns columns = {names, sizeof(names) / sizeof(*names)};

struct sentence {
	const char *sql, *ours; /* ours: the condition, or "! " and what is refused */
};

static const struct sentence sentences[] = {
	{"\"first_name_l\" = \"first_name_r\"", "exact(given)"},
	{"first_name_l = first_name_r", "exact(given)"},
	{"`first_name_r` = `first_name_l`", "exact(given)"},
	{"FIRST_NAME_L = first_name_R", "exact(given)"},
	{"l.\"first_name\" = r.\"first_name\"", "exact(given)"},
	{"jaro_winkler_similarity(\"first_name_l\", \"first_name_r\") >= 0.92",
	 "jaro_winkler(given) >= 0.92"},
	{"jaro_winkler(`first_name_l`, `first_name_r`) >= 0.7", "jaro_winkler(given) >= 0.7"},
	{"0.9 <= jaro_winkler_sim(first_name_l, first_name_r)", "jaro_winkler(given) >= 0.9"},
	{"jaro_winkler_similarity(first_name_l, first_name_r) > 0.5",
	 "known(given) and not jaro_winkler(given) <= 0.5"},
	{"jaro_winkler_similarity(first_name_l, first_name_r) < 0.5",
	 "known(given) and not jaro_winkler(given) >= 0.5"},
	{"levenshtein(\"city_l\", \"city_r\") <= 2", "levenshtein(city) <= 2"},
	{"levenshtein(city_l, city_r) < 3", "levenshtein(city) <= 2"},
	{"levenshtein(city_l, city_r) > 2", "known(city) and not levenshtein(city) <= 2"},
	{"levenshtein(city_l, city_r) >= 2.5", "known(city) and not levenshtein(city) <= 2"},
	{"damerau_levenshtein(\"dob_l\", \"dob_r\") <= 1", "osa(birth) <= 1"},
	{"levenshtein(CAST(\"dob_l\" AS TEXT), CAST(\"dob_r\" AS TEXT)) <= 1",
	 "levenshtein(birth) <= 1"},
	{"ABS(EPOCH(try_strptime(\"dob_l\", '%Y-%m-%d')) - EPOCH(try_strptime(\"dob_r\", "
	 "'%Y-%m-%d'))) <= 2629800.0",
	 "days(birth) <= 30"},
	{"ABS(EPOCH(\"dob_l\") - EPOCH(\"dob_r\")) <= 31557600.0", "days(birth) <= 365"},
	{"ABS(UNIX_TIMESTAMP(date(try_to_timestamp(`dob_l`, 'yyyy-MM-dd'))) - "
	 "UNIX_TIMESTAMP(date(try_to_timestamp(`dob_r`, 'yyyy-MM-dd')))) <= 864000",
	 "days(birth) <= 10"},
	{"ABS(EXTRACT(EPOCH FROM try_cast_date(\"dob_l\", 'YYYY-MM-DD')) - "
	 "EXTRACT(EPOCH FROM try_cast_date(\"dob_r\", 'YYYY-MM-DD')))<= 2629800.0",
	 "days(birth) <= 30"},
	{"abs(date_diff('day', strptime(dob_l, '%Y-%m-%d'), strptime(dob_r, '%Y-%m-%d'))) < 31",
	 "days(birth) <= 30"},
	{"abs(dob_l::date - dob_r::date) <= 7", "days(birth) <= 7"},
	{"year(CAST(dob_l AS DATE)) = year(CAST(dob_r AS DATE))", "exact(year(birth))"},
	{"substr(dob_l, 1, 4) = substr(dob_r, 1, 4)", "exact(year(birth))"},
	{"SUBSTR(l.first_name, 1, 3) = SUBSTR(r.first_name, 1, 3)", "exact(first(given, 3))"},
	{"SUBSTRING(LOWER(\"first_name_l\") FROM 1 FOR 2) = SUBSTRING(LOWER(\"first_name_r\") "
	 "FROM 1 FOR 2)",
	 "exact(first(given, 2))"},
	{"right(city_l, 4) = right(city_r, 4)", "exact(last(city, 4))"},
	{"substr(city_l, -4) = substr(city_r, -4)", "exact(last(city, 4))"},
	{"soundex(surname_l) = soundex(surname_r)", "exact(soundex(family))"},
	{"NULLIF(regexp_extract(\"email_l\", '^[^@]+', 0), '') = "
	 "NULLIF(regexp_extract(\"email_r\", '^[^@]+', 0), '')",
	 "exact(user(email))"},
	{"jaro_winkler_similarity(NULLIF(regexp_extract(\"email_l\", '^[^@]+', 0), ''), "
	 "NULLIF(regexp_extract(\"email_r\", '^[^@]+', 0), '')) >= 0.88",
	 "jaro_winkler(user(email)) >= 0.88"},
	{"split_part(email_l, '@', 2) = split_part(email_r, '@', 2)", "exact(domain(email))"},
	{"array_length(list_intersect(\"email_l\", \"email_r\")) >= 1", "exact(email)"},
	{"SIZE(ARRAY_INTERSECT(`email_l`, `email_r`)) > 0", "exact(email)"},
	/* joined */
	{"(jaro_winkler_similarity(\"first_name_l\", \"first_name_r\") >= 0.92) AND "
	 "(jaro_winkler_similarity(\"surname_l\", \"surname_r\") >= 0.92)",
	 "jaro_winkler(given) >= 0.92 and jaro_winkler(family) >= 0.92"},
	{"\"first_name_l\" = \"surname_r\" AND \"first_name_r\" = \"surname_l\"",
	 "exact(given, family) and exact(family, given)"},
	{"first_name_l = first_name_r AND (surname_l = surname_r OR city_l = city_r)",
	 "exact(given) and (exact(family) or exact(city))"},
	{"first_name_l = first_name_r AND surname_l = surname_r OR city_l = city_r",
	 "exact(given) and exact(family) or exact(city)"},
	{"\"first_and_surname_l\" = \"first_and_surname_r\"", "exact(given) and exact(family)"},
	{"first_and_surname_l = first_and_surname_r or city_l = city_r",
	 "exact(given) and exact(family) or exact(city)"},
	/* unknown is not true, and neither is its negation */
	{"(\"city_l\" = \"city_r\") AND (NOT (\"surname_l\" = \"surname_r\"))",
	 "exact(city) and known(family) and not exact(family)"},
	{"city_l = city_r or surname_l <> surname_r",
	 "exact(city) or known(family) and not exact(family)"},
	{"NOT (city_l = city_r AND surname_l = surname_r)",
	 "known(city) and not exact(city) or known(family) and not exact(family)"},
	{"NOT (city_l = city_r OR surname_l = surname_r)",
	 "known(city) and not exact(city) and known(family) and not exact(family)"},
	{"NOT NOT city_l = city_r", "exact(city)"},
	{"not coalesce(city_l = city_r, false)", "not exact(city)"},
	{"not coalesce(city_l = city_r and surname_l = surname_r, false)",
	 "not (exact(city) and exact(family))"},
	{"abs(dob_l::date - dob_r::date) > 7", "days(birth) <= 4000000 and not days(birth) <= 7"},
	/* what is missing */
	{"\"first_name_l\" IS NULL OR \"first_name_r\" IS NULL", "not known(given)"},
	{"first_name_l is not null and first_name_r is not null", "known(given)"},
	{"surname_r is null or first_name_l is null", "not known(given, family)"},
	{"NOT (first_name_l IS NULL OR first_name_r IS NULL)", "known(given)"},
	{"(\"first_name_l\" IS NULL OR \"first_name_r\" IS NULL) AND (\"surname_l\" IS NULL OR "
	 "\"surname_r\" IS NULL)",
	 "not known(given) and not known(family)"},
	{"first_name_l IS NULL OR city_l IS NULL OR first_name_r IS NULL OR city_r IS NULL",
	 "not known(given) or not known(city)"},
	{"try_strptime(\"dob_l\", '%Y-%m-%d') IS NULL OR try_strptime(\"dob_r\", '%Y-%m-%d') IS "
	 "NULL",
	 "not days(birth) <= 4000000"},
	{"SUBSTRING(LOWER(\"city_l\"), 1, 2) IS NULL OR SUBSTRING(LOWER(\"city_r\"), 1, 2) IS NULL",
	 "not known(first(city, 2))"},
	{"first_and_surname_l IS NULL OR first_and_surname_r IS NULL",
	 "not (known(given) and known(family))"},
	/* refused, by name */
	{"jaro_similarity(\"city_l\", \"city_r\") >= 0.9",
	 "! nothing of ours is the function jaro_similarity"},
	{"jaccard(city_l, city_r) >= 0.9", "! nothing of ours is the function jaccard"},
	{"array_length(list_intersect(email_l, email_r)) >= 2",
	 "! how many values lists share is not counted"},
	{"NULLIF(regexp_extract(\"city_l\", '^[A-Za-z]{1,2}', 0), '') = "
	 "NULLIF(regexp_extract(\"city_r\", '^[A-Za-z]{1,2}', 0), '')",
	 "! nothing of ours is the pattern ^[A-Za-z]{1,2}"},
	{"abs(date_diff('month', dob_l::date, dob_r::date)) <= 1",
	 "! nothing of ours is the function date_diff"},
	{"ABS(\"city_l\" - \"city_r\") <= 3", "! only dates are taken from each other"},
	{"date_diff('day', dob_l::date, dob_r::date) <= 1",
	 "! the sign of a difference is not known to ours"},
	{"(ABS(\"city_l\" - 1) / (CASE WHEN 1 THEN 2 END)) < 0.2",
	 "! only dates are taken from each other"},
	{"(CASE WHEN city_l = city_r THEN 1 ELSE 0 END) = 1", "! nothing of ours is CASE"},
	{"\"occupation_l\" = \"occupation_r\"", "! no column of ours stands for occupation"},
	{"\"first_name\" = \"surname\"",
	 "! a column of no record, as it ends in neither _l nor _r: first_name"},
	{"\"first_name_l\" = \"surname_l\"",
	 "! only a column of one record is equal to one of the other"},
	{"\"first_name_l\" = 'John' AND \"first_name_r\" = 'John'",
	 "! only a column of one record is equal to one of the other"},
	{"first_name_l IS NULL",
	 "! that one record lacks given, whatever the other has, is not said"},
	{"jaro_winkler(first_and_surname_l, first_and_surname_r) >= 0.9",
	 "! only equality is known of given+family"},
	{"first_and_surname_l = surname_r", "! only equality is known of given+family"},
	{"substr(first_and_surname_l, 1, 2) = substr(first_and_surname_r, 1, 2)",
	 "! only equality is known of given+family"},
	{"epoch(city_l) = epoch(city_r)", "! read as a date, but ours is none: city"},
	{"(city_l is null) = (surname_r is null)",
	 "! only a column of one record is equal to one of the other"},
	{"lower(city_l = city_r)", "! nothing of ours is the function lower"},
	{"1=1", "! only a column of one record is equal to one of the other"},
	{"city_l", "! a value where a condition should be"},
	{"city_l = city_r and city_l", "! a value where a condition should be"},
	{"not city_l", "! a value where a condition should be"},
	{"city_l = city_r)", "! not expected: )"},
	{"(city_l = city_r", "! it ends too early"},
	{"city_l = ", "! it ends too early"},
	{"\"city_l", "! a quote that does not end"},
	{"city_l =! city_r", "! not expected: !"},
	{"levenshtein(city_l, city_r) <= 1e999", "! not a number: 1e999"},
	{"levenshtein(city_l, city_r) <= -1", "! a bound that holds for all or none"},
	{"", "! it ends too early"},
};

static void test_sentences(void)
{
	struct crm_str out = CRM_STR_INIT;
	size_t i;

	for (i = 0; i < sizeof(sentences) / sizeof(*sentences); i++) {
		struct crm_err err;

		crm_str_clear(&out);
		if (crm_sql_condition(&columns, crm_slice_of(sentences[i].sql), false, &out, &err)
		    != CRM_OK) {
			crm_str_clear(&out);
			crm_str_addf(&out, "! %s", err.text);
		}
		is_str(out.ptr, sentences[i].ours, sentences[i].sql);
	}
	crm_str_release(&out);
}

static void test_brackets(void)
{
	struct crm_str sql = CRM_STR_INIT, out = CRM_STR_INIT;
	struct crm_err err;
	int i;

	for (i = 0; i < 100000; i++)
		crm_str_addc(&sql, '(');
	ok(crm_sql_condition(&columns, (struct crm_slice){sql.ptr, sql.len}, false, &out, &err)
			   == CRM_DATA
		   && !strcmp(err.text, "too many brackets"),
	   "100,000 brackets are too many");
	crm_str_release(&sql);
	crm_str_release(&out);
}

static void test_keys(void)
{
	static const struct sentence rules[] = {
		{"(l.\"first_name\" = r.\"first_name\") AND (l.\"city\" = r.\"city\")",
		 "given, city"},
		{"(SUBSTRING(l.first_name, 1, 3) = SUBSTRING(r.first_name, 1, 3)) AND "
		 "(SUBSTR(l.dob, 1, 4) = SUBSTR(r.dob, 1, 4))",
		 "first(given, 3), year(birth)"},
		{"l.first_and_surname = r.first_and_surname", "given, family"},
		{"l.city = r.city and l.city = r.city", "city"},
		{"l.city = r.city OR l.dob = r.dob",
		 "! pairs are only found by columns that are equal, joined by AND"},
		{"l.first_name = r.surname",
		 "! pairs are only found by columns that are equal, joined by AND"},
		{"levenshtein(l.city, r.city) <= 1",
		 "! pairs are only found by columns that are equal, joined by AND"},
		{"l.city = r.city and l.dob = r.dob and l.email = r.email and "
		 "l.first_name = r.first_name and l.surname = r.surname",
		 "! more than 4 columns"},
	};
	struct crm_arena arena = CRM_ARENA_INIT;
	struct crm_str out = CRM_STR_INIT;
	const char *key[CRM_KEYS];
	struct crm_err err;
	size_t i;
	int k, n;

	for (i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		crm_str_clear(&out);
		if (crm_sql_keys(&columns, crm_slice_of(rules[i].sql), key, &n, &arena, &err)
		    != CRM_OK)
			crm_str_addf(&out, "! %s", err.text);
		else
			for (k = 0; k < n; k++)
				crm_str_addf(&out, k ? ", %s" : "%s", key[k]);
		is_str(out.ptr, rules[i].ours, rules[i].sql);
	}
	crm_str_release(&out);
	crm_arena_release(&arena);
}

int main(void)
{
	test_sentences();
	test_brackets();
	test_keys();
	return done();
}
