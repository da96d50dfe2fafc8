/* SPDX-License-Identifier: MIT */
/* Plans of blocking rules over people made here: the budget is kept, counts are those of all
 * pairs gone through, what thousands share costs nothing, and the same is chosen on any number
 * of threads. Sources of truth: plan.h, and counting. */
#include "link/plan.h"

#include "base/hash.h"
#include "base/mem.h"
#include "tap.h"

static const char spec_json[] =
	"{\"columns\": {\"given\": {\"from\": \"given\", \"as\": \"name\"},"
	" \"family\": {\"from\": \"family\", \"as\": \"name\"},"
	" \"birth\": {\"from\": \"birth_date\", \"as\": \"date\"},"
	" \"postcode\": {\"from\": \"postcode\", \"as\": \"code\"},"
	" \"city\": {\"from\": \"city\", \"as\": \"text\"},"
	" \"job\": {\"from\": \"org\", \"as\": \"text\"},"
	" \"email\": {\"from\": \"email\", \"as\": \"email\"}},"
	" \"comparisons\": ["
	"  {\"name\": \"name\", \"ladders\": [{\"levels\": ["
	"   {\"level\": \"same\", \"when\": \"exact(given) and exact(family)\","
	"    \"match\": 0.8, \"near\": 0.01},"
	"   {\"level\": \"half\", \"when\": \"exact(given) or exact(family)\","
	"    \"match\": 0.15, \"near\": 0.6},"
	"   {\"level\": \"differs\", \"match\": 0.05, \"near\": 0.39}]}]},"
	"  {\"name\": \"birth\", \"ladders\": [{\"if\": \"known(birth)\", \"levels\": ["
	"   {\"level\": \"same\", \"when\": \"exact(birth)\", \"match\": 0.9, \"near\": 0.01},"
	"   {\"level\": \"differs\", \"match\": 0.1, \"near\": 0.99}]}]},"
	"  {\"name\": \"email\", \"ladders\": [{\"if\": \"known(email)\", \"levels\": ["
	"   {\"level\": \"same\", \"when\": \"exact(email)\", \"match\": 0.9, \"near\": 0.1},"
	"   {\"level\": \"differs\", \"match\": 0.1, \"near\": 0.9}]}]},"
	"  {\"name\": \"city\", \"ladders\": [{\"if\": \"known(city)\", \"levels\": ["
	"   {\"level\": \"same\", \"when\": \"exact(city) or exact(job)\","
	"    \"match\": 0.9, \"near\": 0.9},"
	"   {\"level\": \"differs\", \"match\": 0.1, \"near\": 0.1}]}]}],"
	" \"blocks\": ["
	"  {\"name\": \"email\", \"keys\": [\"email\"], \"divide\": [\"family\"]},"
	"  {\"name\": \"initial\", \"keys\": [\"first(family, 1)\", \"city\"]},"
	"  {\"name\": \"names\", \"keys\": [\"sorted(given, family)\"], \"divide\": [\"birth\"]},"
	"  {\"name\": \"birth\", \"keys\": [\"birth\", \"postcode\"], \"divide\": [\"given\"]}]}";

static struct crm_spec *spec;

static uint32_t draw(uint32_t n)
{
	static uint64_t state = 99;

	state = crm_hash64_with(state, 1);
	return (uint32_t)(state >> 33) % n;
}

static void put(struct crm_people *p, const char *column, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void put(struct crm_people *p, const char *column, const char *fmt, ...)
{
	char text[64];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	crm_people_put(p, crm_spec_column(spec, column), crm_slice_of(""), crm_slice_of(text));
}

static const char *letters(uint32_t n, char out[8])
{
	snprintf(out, 8, "%c%c%c%c", 'a' + (int)(n % 26), 'e' + (int)(n / 26 % 20),
		 'a' + (int)(n / 520 % 26), 'o');
	return out;
}

/* Persons with one to three records each, the second and third of which differ in a detail. */
static struct crm_people *some_people(uint32_t persons)
{
	struct crm_people *p = crm_people_new(spec);
	int64_t id = 0;
	uint32_t i, k;

	for (i = 0; i < persons; i++) {
		uint32_t given = draw(60), family = draw(400), day = draw(9000);
		uint32_t records = 1 + draw(3), city = draw(20);
		char a[8], b[8];

		for (k = 0; k < records; k++) {
			id++;
			crm_people_add(p, id, id, 1, (struct crm_slice){NULL, 0});
			put(p, "given", "%s", letters(k && draw(4) == 0 ? draw(60) : given, a));
			put(p, "family", "%s", letters(family, b));
			if (draw(5))
				put(p, "birth", "%04u-%02u-%02u", 1930 + day / 150,
				    1 + day / 25 % 12, 1 + day % 25);
			put(p, "city", "%s", letters(city, a));
			put(p, "job", "%s", letters(draw(900), b));
			put(p, "postcode", "%u", 1000 + city * 10 + draw(10));
			if (draw(2))
				put(p, "email", "u%u@x.example", i);
		}
	}
	crm_people_finish(p, 2);
	return p;
}

/* ---- what a plan yields, counted ---- */

static void add_pairs(void *data, const struct crm_mates *mates)
{
	*(uint64_t *)data += mates->n;
}

static uint64_t pairs_of(const struct crm_blocks *blocks)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < crm_blocks_jobs(blocks); i++)
		crm_blocks_each(blocks, i, add_pairs, &n);
	return n;
}

static struct crm_str plan_text(const struct crm_blocks *blocks)
{
	struct crm_str s = CRM_STR_INIT;

	crm_plan_write(crm_blocks_plan(blocks), &s);
	return s;
}

static const struct crm_plan_choice *choice_of(const struct crm_plan_report *report,
					       const char *rule)
{
	int i;

	for (i = 0; i < report->n; i++)
		if (!strcmp(report->name[i], rule))
			return &report->choice[i];
	printf("# no rule %s\n", rule);
	exit(1);
}

/* ---- tests ---- */

static void enough(const struct crm_people *p)
{
	static struct crm_plan_report report;
	struct crm_plan_options o = {.seed = 1, .threads = 2};
	struct crm_blocks *blocks = crm_plan_choose(p, &o, &report);
	struct crm_str text = plan_text(blocks);

	is_str(text.ptr,
	       "{\"cap\":100,\"rules\":[\"email\",\"initial\",\"names\",\"birth\",\"job\","
	       "\"job+given\",\"job+family\",\"job+birth\",\"job+city\"]}",
	       "within the budget: all rules in their order, and those of a column without any");
	ok(report.sample == 0 || report.all_pairs > report.budget, "a sample only where needed");
	ok(choice_of(&report, "job")->made && !choice_of(&report, "names")->made,
	   "it is known which are made");
	crm_str_release(&text);
	crm_blocks_free(blocks);
}

static void short_of_pairs(const struct crm_people *p)
{
	static struct crm_plan_report report;
	struct crm_plan_options o = {.seed = 1, .threads = 1, .budget = 20000};
	struct crm_blocks *blocks = crm_plan_choose(p, &o, &report), *again;
	struct crm_str text = plan_text(blocks), other;
	uint64_t n = pairs_of(blocks), count[CRM_RULES];

	ok(n <= o.budget && n > o.budget / 10, "the budget is kept (%llu pairs of %llu)",
	   (unsigned long long)n, (unsigned long long)report.all_pairs);
	ok(choice_of(&report, "email")->used && choice_of(&report, "names")->used,
	   "what yields matches is used");
	ok(!choice_of(&report, "initial")->used && *choice_of(&report, "initial")->why,
	   "what yields few is not, and it is said why: %s", choice_of(&report, "initial")->why);
	ok(crm_plan_count(blocks, report.used, 2, count) == n, "new pairs add up to all");
	o.threads = 3;
	again = crm_plan_choose(p, &o, NULL);
	other = plan_text(again);
	is_str(other.ptr, text.ptr, "three threads choose what one does");
	crm_str_release(&other);
	crm_blocks_free(again);
	o.keep = true;
	again = crm_plan_choose(p, &o, &report);
	ok(crm_plan_count(again, report.used, 2, count) == n, "kept candidates change no pair");
	ok(count[choice_of(&report, "initial")->place] > o.budget,
	   "and it is known what they would add (%llu)",
	   (unsigned long long)count[choice_of(&report, "initial")->place]);
	crm_str_release(&text);
	crm_blocks_free(blocks);
	crm_blocks_free(again);
}

static enum crm_status read_plan(struct crm_plan *plan, const char *json, struct crm_err *err)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	enum crm_status rc = crm_json_scan(&doc, json, strlen(json));

	if (rc == CRM_OK)
		rc = crm_plan_read(plan, spec, &doc, doc.values, err);
	crm_json_doc_release(&doc);
	return rc;
}

static void kept_as_text(void)
{
	static const char text[] =
		"{\"cap\":50,\"rules\":[\"names/birth\",\"job+birth\",\"initial\"]}";
	static struct crm_plan plan;
	struct crm_str back = CRM_STR_INIT;
	struct crm_err err = {0};

	ok(read_plan(&plan, text, &err) == CRM_OK && plan.rule[0].n_keys == 2
		   && plan.rule[0].n_divide == 0 && plan.rule[1].n_keys == 2,
	   "a plan is read: a divided rule, one made, one as it is");
	crm_plan_write(&plan, &back);
	is_str(back.ptr, text, "and written as it was");
	ok(read_plan(&plan, "{\"cap\":50,\"rules\":[\"shoes\"]}", &err) == CRM_DATA
		   && strstr(err.text, "'shoes'"),
	   "a rule that is none of the specification's: %s", err.text);
	ok(read_plan(&plan, "{\"cap\":1,\"rules\":[]}", &err) == CRM_DATA
		   && read_plan(&plan, "[]", &err) == CRM_DATA
		   && read_plan(&plan, "{\"cap\":50,\"rules\":[7,{}]}", &err) == CRM_DATA,
	   "what is no plan is refused");
	crm_str_release(&back);
}

/* A mailbox, a birth date and a postcode that 11,000 rows have cost as good as nothing. */
static void crowd(void)
{
	static struct crm_plan_report report;
	struct crm_plan_options o = {.seed = 1, .threads = 2};
	struct crm_people *p = crm_people_new(spec);
	struct crm_blocks *blocks;
	struct crm_plan plan;
	uint64_t n;
	int i, r;

	for (i = 1; i <= 11000; i++) {
		char a[8], b[8];

		crm_people_add(p, i, i, 1, (struct crm_slice){NULL, 0});
		put(p, "given", "%s", letters((uint32_t)i % 3000, a));
		put(p, "family", "%s", letters((uint32_t)i / 3, b));
		put(p, "birth", "1900-01-01");
		put(p, "postcode", "9999");
		put(p, "email", "info@x.example");
	}
	crm_people_finish(p, 2);
	crm_plan_all(&plan, spec, 0);
	blocks = crm_blocks_build(p, &plan, 2, NULL);
	for (r = 0; r < crm_blocks_rules(blocks); r++)
		if (crm_blocks_report(blocks, r).largest > CRM_BLOCK_CAP)
			break;
	is_int(r, crm_blocks_rules(blocks), "no block is above the cap");
	n = pairs_of(blocks);
	ok(n < 11000 * 50,
	   "11,000 rows that share a mailbox, a birth date and a postcode: "
	   "%llu pairs, not 60 million",
	   (unsigned long long)n);
	crm_blocks_free(blocks);
	blocks = crm_plan_choose(p, &o, &report);
	ok(pairs_of(blocks) <= report.budget, "and the budget is kept");
	crm_blocks_free(blocks);
	crm_people_free(p);
}

static void nobody(void)
{
	struct crm_plan_options o = {.seed = 1, .threads = 2, .keep = true};
	struct crm_people *p = crm_people_new(spec);
	struct crm_blocks *blocks;

	crm_people_finish(p, 1);
	blocks = crm_plan_choose(p, &o, NULL);
	is_int((long long)pairs_of(blocks), 0, "nobody: no pair");
	crm_blocks_free(blocks);
	crm_people_free(p);
}

int main(void)
{
	struct crm_people *p;
	struct crm_err err = {0};

	if (crm_spec_read(&spec, crm_slice_of(spec_json), "spec", CRM_SLICE(""), &err) != CRM_OK) {
		printf("# %s\n", err.text);
		return 1;
	}
	p = some_people(4000);
	enough(p);
	short_of_pairs(p);
	kept_as_text();
	crowd();
	nobody();
	crm_people_free(p);
	crm_spec_free(spec);
	return done();
}
