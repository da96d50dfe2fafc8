/* SPDX-License-Identifier: MIT */
/*
 * The rules that come with the program. Source of truth for motives: tests/data/motives.tsv,
 * texts with what their writers want, made up for this test: it finds what got worse, and says
 * nothing of how well the words do elsewhere. For priorities: a customer who complains
 * is one who can be lost and goes before somebody who asks for the first time.
 */
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "route/facts.h"
#include "store/request.h"
#include "tap.h"

#define DAY INT64_C(86400000)

static struct crm_rules *rules;
static struct crm_judge *judge;
static struct crm_value *row;

static void begin(const char *text)
{
	memset(row, 0, crm_rules_slots(rules) * sizeof(*row));
	row[CRM_FACT_PRIORITY] = (struct crm_value){.there = true, .n = CRM_NORMAL};
	row[CRM_FACT_TEXT] = (struct crm_value){.there = true, .text = crm_slice_of(text)};
}

static void apply(void)
{
	crm_judge_begin(judge, row, 0);
	crm_judge_apply(judge);
}

static const char *motive(void)
{
	const struct crm_value *v = crm_judge_value(judge, CRM_ROUTING_MOTIVE);

	return v->there ? v->text.ptr : "none";
}

/* Motives by the labelled texts: how many are right. */
static void test_motives(void)
{
	struct crm_str file = CRM_STR_INIT;
	struct crm_err err;
	int n = 0, right = 0;
	char *save, *line;

	if (!ok(crm_file_read("tests/data/motives.tsv", &file, &err) == CRM_OK, "texts are there"))
		return;
	for (line = strtok_r(file.ptr, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *language = *line == '#' ? NULL : strchr(line, '\t'),
		     *text = language ? strchr(language + 1, '\t') : NULL;

		if (!text)
			continue;
		*language = *text = '\0';
		begin(text + 1);
		apply();
		n++;
		right += !strcmp(motive(), line);
		if (strcmp(motive(), line))
			printf("# %s taken for %s: %s\n", line, motive(), text + 1);
	}
	ok(n > 70 && right * 100 >= n * 95, "motives: %d of %d as labelled, 95 %% at least", right,
	   n);
	crm_str_release(&file);
}

static void know(enum crm_fact fact, double number)
{
	row[CRM_FACT_PERSON_KNOWN] = (struct crm_value){.there = true, .n = true};
	row[fact] = (struct crm_value){.there = true, .number = number};
}

static void priority_is(int want, const char *title)
{
	const struct crm_value *v;

	apply();
	v = crm_judge_value(judge, CRM_ROUTING_PRIORITY);
	is_int(v->there ? v->n : CRM_NORMAL, want, title);
}

static void test_priorities(void)
{
	static const char broken[] = "The kettle stopped working.";

	begin(broken);
	priority_is(CRM_NORMAL, "a complaint of somebody unknown");
	begin(broken);
	know(CRM_FACT_PERSON_ORDERS, 1);
	priority_is(CRM_HIGH, "a complaint of a customer goes first");
	begin("Do you have it in blue?");
	know(CRM_FACT_PERSON_ORDERS, 1);
	priority_is(CRM_NORMAL, "a customer's question is a question");
	begin(broken);
	know(CRM_FACT_PERSON_VALUE, 500);
	priority_is(CRM_URGENT, "a complaint of a customer who bought for much goes before all");
	begin(broken);
	know(CRM_FACT_PERSON_COMPLAINTS, 1);
	priority_is(CRM_URGENT, "so does a second complaint");
	begin("Please cancel my subscription.");
	know(CRM_FACT_PERSON_ORDERS, 2);
	priority_is(CRM_HIGH, "a customer who leaves");
	begin(broken);
	know(CRM_FACT_PERSON_VALUE, 500);
	row[CRM_FACT_AUTOMATIC] = (struct crm_value){.there = true, .n = true};
	priority_is(CRM_LOW, "what a machine wrote waits");
	begin("Hello");
	row[CRM_FACT_WAITING] = (struct crm_value){.there = true, .n = 2 * DAY + 1};
	priority_is(CRM_HIGH, "nobody waits for ever behind others");
	begin(broken);
	row[CRM_FACT_MOTIVE] = (struct crm_value){.there = true, .text = CRM_SLICE("question")};
	apply();
	is_str(motive(), "complaint", "a question that becomes a complaint is one");
	begin("Where is my parcel?");
	row[CRM_FACT_MOTIVE] = (struct crm_value){.there = true, .text = CRM_SLICE("refund")};
	apply();
	is_str(motive(), "none", "else a motive that is known stays");
}

int main(void)
{
	static const struct crm_rule_spec spec = {crm_fact_fields, CRM_FACTS, crm_routing_actions,
						  CRM_ROUTINGS,    NULL,      0};
	struct crm_err err = {.text = ""};
	enum crm_status rc;

	rules = crm_rules_new(&spec);
	rc = crm_rules_read(rules, "lib/rules/requests", &err);
	if (rc == CRM_OK)
		rc = crm_rules_ready(rules, NULL, NULL, &err);
	if (!ok(rc == CRM_OK, "the rules that come with the program can be read")) {
		printf("Bail out! %s\n", err.text);
		return 1;
	}
	judge = crm_judge_new(rules);
	row = crm_calloc(crm_rules_slots(rules), sizeof(*row));
	test_motives();
	test_priorities();
	free(row);
	crm_judge_free(judge);
	crm_rules_free(rules);
	return done();
}
