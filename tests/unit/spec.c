/* SPDX-License-Identifier: MIT */
/* Specifications: ours is read whole, what is wrong in one is said with its line and what would
 * have been right; expressions, patterns, forms of names. The source of truth is spec.h. */
#include "link/spec.h"

#include "base/file.h"
#include "link/condition.h"
#include "norm/nickname.h"
#include "tap.h"

#define COLUMNS                                                                  \
	"{\"columns\": {\n\"given\": {\"from\": \"given\", \"as\": \"name\"},\n" \
	"\"birth\": {\"from\": \"birth_date\", \"as\": \"date\"},\n"             \
	"\"street\": {\"from\": \"street\", \"as\": \"street\"},\n"              \
	"\"job\": {\"from\": \"/occupation\", \"as\": \"text\"},\n"              \
	"\"email\": {\"from\": \"email\", \"as\": \"email\"}},\n"
#define LEVELS                                                                                 \
	"[{\"level\": \"same\", \"when\": \"exact(given)\", \"match\": 0.9, \"near\": 0.5},\n" \
	" {\"level\": \"differs\", \"match\": 0.1, \"near\": 0.5}]"
#define COMPARISONS \
	"\"comparisons\": [{\"name\": \"name\", \"ladders\": [{\"levels\":\n" LEVELS "}]}]"

static enum crm_status read(struct crm_spec **spec, const char *json, struct crm_err *err)
{
	return crm_spec_read(spec, crm_slice_of(json), "my.json", CRM_SLICE("robert bob\n"), err);
}

static void ours(void)
{
	struct crm_spec *spec;
	struct crm_err err = {0};
	signed char level[CRM_COMPARISONS], back[CRM_COMPARISONS];
	int c, round;
	bool same = true;

	if (!ok(crm_spec_load(&spec, NULL, "lib/linkage", &err) == CRM_OK, "ours is read"))
		printf("# %s\n", err.text);
	ok(spec->n_comparisons >= 8 && spec->n_rules >= 20 && spec->n_columns > spec->n_base,
	   "it has comparisons, blocks and derived columns");
	for (c = 0; c < spec->n_comparisons; c++) {
		const struct crm_comparison *k = &spec->comparison[c];

		ok(k->n_levels > 1 && !k->level[k->n_levels - 1].when, "%s ends with what is left",
		   k->name);
	}
	for (round = -1; round < 8; round++) {
		for (c = 0; c < spec->n_comparisons; c++)
			level[c] = (signed char)(round < spec->comparison[c].n_levels ? round : -1);
		crm_pattern_levels(spec, crm_pattern(spec, level), back);
		same = same && !memcmp(level, back, (size_t)spec->n_comparisons);
	}
	ok(same, "a pattern gives its levels back");
	crm_spec_free(spec);
}

static void good(void)
{
	struct crm_spec *spec;
	struct crm_err err = {0};
	int column, n;

	if (!ok(read(&spec, COLUMNS COMPARISONS "}", &err) == CRM_OK, "a small one is read"))
		printf("# %s\n", err.text);
	is_int(spec->n_columns, 5, "it has five columns");
	ok(spec->column[4].list && !spec->column[3].list, "of addresses a record has several");
	is_str(spec->column[3].from, "/occupation", "a path into the record");
	ok(crm_spec_term(spec, " first( given ,3 ) ", &column, &err) == CRM_OK && column == 5,
	   "a derived column is added");
	is_str(spec->column[5].name, "first(given, 3)", "under one spelling");
	ok(crm_spec_term(spec, "first(given, 3)", &n, &err) == CRM_OK && n == 5, "once");
	is_int(crm_spec_column(spec, "first(given, 3)"), 5, "and is found");
	is_int(crm_spec_column(spec, "family"), -1, "what is not there is not");
	is_int(spec->comparison[0].level[0].rarity[0], -1, "no rarity");
	crm_spec_free(spec);
}

static void wrong(void)
{
	static const struct {
		const char *json, *error;
	} cases[] = {
		{"", "my.json:1: "},
		{"{\"columns\":\n [}", "my.json:2: "},
		{"[]", "my.json:1: a specification is not an object"},
		{"{}", "my.json:1: \"columns\" is missing"},
		{COLUMNS "\"comparison\": []}",
		 "my.json:7: a specification has no member 'comparison'; "
		 "members are columns, comparisons, blocks"},
		{"{\"columns\": {\"a b\": {\"from\": \"given\", \"as\": \"name\"}}}",
		 "my.json:1: the name of a column is letters, digits and _, at most 64"},
		{"{\"columns\": {\"a\": {\"from\": \"given\", \"as\": \"nmae\"}}}",
		 "my.json:1: column 'a': \"as\" is one of name, text, code, date, street, org, "
		 "email, "
		 "phone, handle, id"},
		{"{\"columns\": {\"a\": {\"from\": \"giver\", \"as\": \"name\"}}}",
		 "my.json:1: column 'a': \"from\" is one of name, given, family, birth_date, org, "
		 "street, "
		 "city, postcode, region, country, language, or a path into the record such as "
		 "/occupation"},
		{"{\"columns\": {\"a\": {\"from\": \"given, family\", \"as\": \"name\"}}}",
		 "my.json:1: column 'a': \"from\" is one of name, given, family, birth_date, org, "
		 "street, "
		 "city, postcode, region, country, language, or a path into the record such as "
		 "/occupation"},
		{COLUMNS "\"comparisons\": []}", "my.json:7: there is no comparison"},
		{COLUMNS "\"comparisons\": [{\"name\": \"n\", \"ladders\": [{\"levels\": [\n"
			 "{\"level\": \"x\", \"when\": \"exact(giben)\", \"match\": 0.5, \"near\": "
			 "0.5},\n {\"level\": \"y\", \"match\": 0.5, \"near\": 0.5}]}]}]}",
		 "my.json:8: there is no column 'giben'; columns are given, birth, street, job, "
		 "email"},
		{COLUMNS "\"comparisons\": [{\"name\": \"n\", \"ladders\": [{\"levels\": [\n"
			 "{\"level\": \"x\", \"match\": 0.5, \"near\": 0.5},\n"
			 "{\"level\": \"y\", \"match\": 0.5, \"near\": 0.5}]}]}]}",
		 "my.json:8: \"when\" is missing: only the last level takes what is left"},
		{COLUMNS
		 "\"comparisons\": [{\"name\": \"n\", \"ladders\": [{\"levels\": [\n"
		 "{\"level\": \"x\", \"when\": \"exact(job)\", \"match\": 2, \"near\": 0.5},\n"
		 "{\"level\": \"y\", \"match\": 0.5, \"near\": 0.5}]}]}]}",
		 "my.json:8: \"match\" is not a number between 0 and 1"},
		{COLUMNS COMPARISONS ", \"blocks\": [\n{\"name\": \"b\", \"keys\": [\"email\", "
				     "\"user(email)\"]}]}",
		 "my.json:10: block 'b' has more than one key of several values"},
		{COLUMNS COMPARISONS ", \"blocks\": [\n{\"name\": \"b\", \"keys\": "
				     "[\"sorted(given, birth)\"]}]}",
		 "my.json:10: two columns that are not of one kind, at the end of 'sorted(given, "
		 "birth)'"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct crm_err err = {0};
		struct crm_spec *spec;
		char title[40];

		snprintf(title, sizeof(title), "error %zu", i);
		if (!ok(read(&spec, cases[i].json, &err) == CRM_CONFIG
				&& !strncmp(err.text, cases[i].error, strlen(cases[i].error)),
			"%s", title))
			printf("#      got: %s\n# expected: %s\n", err.text, cases[i].error);
		crm_spec_free(spec);
	}
}

static void missing(void)
{
	struct crm_spec *spec;
	struct crm_err err = {0};

	ok(crm_spec_load(&spec, NULL, "/nonexistent", &err) == CRM_CONFIG && !spec && *err.text,
	   "no specification at all");
}

static bool alike(const struct crm_nicknames *n, const char *a, const char *b)
{
	return crm_nicknames_alike(n, crm_slice_of(a), crm_slice_of(b))
	       && crm_nicknames_alike(n, crm_slice_of(b), crm_slice_of(a));
}

static void nicknames(void)
{
	struct crm_nicknames *n = crm_nicknames_new(CRM_SLICE("# forms\n\nrobert bob rob # Bob\n"
							      "catherine kate\r\nkatherine kate"));

	ok(alike(n, "bob", "robert"), "short and long");
	ok(alike(n, "bob", "rob"), "two short ones");
	ok(alike(n, "kate", "catherine") && alike(n, "kate", "katherine"), "a form of two names");
	ok(!alike(n, "catherine", "katherine"), "which are not one by that");
	ok(alike(n, "bob james", "robert"), "the first of several forenames");
	ok(!alike(n, "bob", "kate") && !alike(n, "bob", "zoe") && !alike(n, "zoe", "mia"),
	   "others differ");
	ok(alike(n, "zoe", "zoe") && !alike(n, "", "") && !alike(n, "", "bob"), "same, none");
	ok(!alike(n, "#", "forms"), "comments are not read");
	crm_nicknames_free(n);
}

int main(void)
{
	ours();
	good();
	wrong();
	missing();
	nicknames();
	return done();
}
