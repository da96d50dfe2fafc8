/* SPDX-License-Identifier: MIT */
/* The language of levels: what it means, against the truth worked out here for every
 * combination of its tests, and what it says of mistakes. */
#include "link/condition.h"

#include "tap.h"

static const char json[] =
	"{\"columns\": {\"a\": {\"from\": \"given\", \"as\": \"name\"},"
	" \"b\": {\"from\": \"family\", \"as\": \"name\"},"
	" \"c\": {\"from\": \"city\", \"as\": \"text\"},"
	" \"d\": {\"from\": \"birth_date\", \"as\": \"date\"},"
	" \"e\": {\"from\": \"email\", \"as\": \"email\"}},"
	" \"comparisons\": [{\"name\": \"first\", \"ladders\": [{\"levels\": ["
	"{\"level\": \"x\", \"when\": \"exact(a)\", \"match\": 0.5, \"near\": 0.5},"
	"{\"level\": \"y\", \"match\": 0.5, \"near\": 0.5}]}]}]}";

static struct crm_spec *new_spec(void)
{
	struct crm_spec *spec;
	struct crm_err err = {0};

	if (crm_spec_read(&spec, CRM_SLICE(json), "t", CRM_SLICE(""), &err) != CRM_OK) {
		printf("# %s\n", err.text);
		exit(70);
	}
	return spec;
}

/* exact(a), exact(b) and exact(c) as three bits; counts how often each is asked. */
struct truth {
	const struct crm_spec *spec;
	int bits, asked[3];
};

static double ask(void *data, int number)
{
	struct truth *t = data;
	int column = t->spec->measures->measure[number].a;

	t->asked[column]++;
	return t->bits >> column & 1;
}

static void logic(void)
{
	static const struct {
		const char *text;
		unsigned int holds; /* bit i: where a, b, c are the bits of i */
	} cases[] = {
		{"exact(a)", 0xaa},
		{"not exact(a)", 0x55},
		{"not not exact(a)", 0xaa},
		{"exact(a) and exact(b)", 0x88},
		{"exact(a) or exact(b)", 0xee},
		{"exact(a) or exact(b) and exact(c)", 0xea},
		{"(exact(a) or exact(b)) and exact(c)", 0xe0},
		{"not (exact(a) or exact(b))", 0x11},
		{"not exact(a) or exact(b) and not exact(c)", 0x5d},
		{"exact(a) and not (exact(b) and exact(c))", 0x2a},
		{"((exact(a)))and(exact(b))", 0x88},
	};
	struct crm_spec *spec = new_spec();
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct truth t = {.spec = spec};
		struct crm_condition *c;
		struct crm_err err = {0};
		unsigned int holds = 0;
		bool once = true;

		if (crm_condition_read(spec, cases[i].text, &c, &err) != CRM_OK) {
			ok(false, "%s: %s", cases[i].text, err.text);
			continue;
		}
		for (t.bits = 0; t.bits < 8; t.bits++) {
			memset(t.asked, 0, sizeof(t.asked));
			holds |= (unsigned int)crm_condition_holds(c, ask, &t) << t.bits;
			once = once && t.asked[0] < 2 && t.asked[1] < 2 && t.asked[2] < 2;
		}
		ok(holds == cases[i].holds && once, "%s", cases[i].text);
	}
	is_int(spec->measures->n, 3, "equal tests are one measure");
	crm_spec_free(spec);
}

static double given_value(void *data, int number)
{
	(void)number;
	return *(double *)data;
}

static void bounds(void)
{
	static const struct {
		const char *text;
		double value;
		bool holds;
	} cases[] = {
		{"jaro_winkler(a) >= 0.85", .85, true},
		{"jaro_winkler(a) >= 0.85", .8499, false},
		{"osa(a) <= 1", 1, true},
		{"osa(a) <= 1", 2, false},
		{"osa(a) <= 1", -1, false},
		{"not osa(a) <= 1", -1, true},
		{"level(first) = 1", 1, true},
		{"level(first) = 1", 0, false},
		{"level(first) <= 1", -1, false},
		{"exact(a)", -1, false},
		{"words(c) >= .5", .5, true},
	};
	struct crm_spec *spec = new_spec();
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct crm_condition *c;
		struct crm_err err = {0};
		double value = cases[i].value;
		enum crm_status rc = crm_condition_read(spec, cases[i].text, &c, &err);

		if (i + 1 == sizeof(cases) / sizeof(cases[0])) {
			ok(rc == CRM_CONFIG, "a number begins with a digit");
			break;
		}
		ok(rc == CRM_OK && crm_condition_holds(c, given_value, &value) == cases[i].holds,
		   "%s of %g", cases[i].text, value);
	}
	crm_spec_free(spec);
}

static void mistakes(void)
{
	static const char *const cases[][2] = {
		{"", "there is no such test"},
		{"exakt(a)",
		 "there is no such test; there are exact, known, jaro_winkler, osa, "
		 "levenshtein, starts, short, within, nickname, words, days, parts, swapped, "
		 "year_only, level, before 'exakt(a)'"},
		{"exact(a", "')' is missing, at the end of 'exact(a'"},
		{"exact(z)", "there is no column 'z'; columns are a, b, c, d, e"},
		{"exact()", "a column is missing, before ')'"},
		{"exact(a, c)", "a and c are not of one kind, before ')'"},
		{"exact(a) exact(b)", "'and' or 'or' is missing, before 'exact(b)'"},
		{"osa(a)", "osa needs a bound: >=, <= or = and a number, at the end of 'osa(a)'"},
		{"osa(a) <= x", "a number is missing, before 'x'"},
		{"days(a) <= 1", "days is of a date, which a is not, before ') <= 1'"},
		{"nickname(c)", "nickname is of a name, which c is not, before ')'"},
		{"osa(year(d)) <= 1", "osa is of texts, and year(d) is a number, before ') <= 1'"},
		{"exact(year(a))", "year is of a date, which a is not, before '))'"},
		{"exact(first(a, 0))", "first takes 1 to 32 characters, before '))'"},
		{"exact(last(a))", "',' is missing, before '))'"},
		{"exact(upper(a))", "there is no such function of a column"},
		{"level(second) <= 1", "level is of a comparison that stands before this one"},
		{"exact(a) and", "there is no such test"},
		{"exact(a)\033[2J", "'and' or 'or' is missing, before '\xef\xbf\xbd[2J'"},
	};
	struct crm_spec *spec = new_spec();
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct crm_condition *c;
		struct crm_err err = {0};
		enum crm_status rc = crm_condition_read(spec, cases[i][0], &c, &err);

		if (!ok(rc == CRM_CONFIG && !strncmp(err.text, cases[i][1], strlen(cases[i][1])),
			"mistake %zu", i))
			printf("#      got: %s\n# expected: %s\n", err.text, cases[i][1]);
	}
	crm_spec_free(spec);
}

static int exact_columns(struct crm_spec *spec, const char *text, int column[CRM_KEYS])
{
	struct crm_condition *c;
	struct crm_err err;

	return crm_condition_read(spec, text, &c, &err) == CRM_OK
		       ? crm_condition_exact(c, spec->measures, column)
		       : -1;
}

static void countable(void)
{
	struct crm_spec *spec = new_spec();
	int column[CRM_KEYS];

	ok(exact_columns(spec, "exact(a) and exact(b)", column) == 2 && column[0] == 0
		   && column[1] == 1,
	   "two exact columns can be counted");
	is_int(exact_columns(spec, "exact(a) or exact(b)", column), 0, "either of them cannot");
	is_int(exact_columns(spec, "not exact(a)", column), 0, "nor what is not");
	is_int(exact_columns(spec, "exact(a, b)", column), 0, "nor crosswise");
	is_int(exact_columns(spec, "exact(a) and osa(b) <= 1", column), 0, "nor a distance");
	crm_spec_free(spec);
}

static void limits(void)
{
	struct crm_spec *spec = new_spec();
	struct crm_str text = CRM_STR_INIT;
	struct crm_condition *c;
	struct crm_err err = {0};
	int i;

	for (i = 0; i < 200; i++)
		crm_str_adds(&text, i ? " or exact(a)" : "exact(a)");
	ok(crm_condition_read(spec, text.ptr, &c, &err) == CRM_CONFIG, "200 tests: %s", err.text);
	crm_str_clear(&text);
	for (i = 0; i < 100000; i++)
		crm_str_addc(&text, '(');
	ok(crm_condition_read(spec, text.ptr, &c, &err) == CRM_CONFIG, "100000 brackets");
	crm_str_clear(&text);
	for (i = 0; i < 100000; i++)
		crm_str_adds(&text, "not ");
	crm_str_adds(&text, "exact(a)");
	ok(crm_condition_read(spec, text.ptr, &c, &err) == CRM_OK && c->n == 1, "100000 times not");
	crm_str_release(&text);
	crm_spec_free(spec);
}

int main(void)
{
	logic();
	bounds();
	mistakes();
	countable();
	limits();
	return done();
}
