/* SPDX-License-Identifier: MIT */
/* How many requests a second 20 rules judge that ask for names, numbers and times; and the rules
 * that come with the program, over a message of about 400 letters. On one core. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "route/facts.h"

static const char letter[] =
	"Where is my order 1001?\nHello, I ordered a lamp and two chairs from you four weeks ago, "
	"and "
	"so far only the chairs have arrived. The page says that the rest left your warehouse on "
	"Monday the 3rd, but since then nothing has moved. We have guests next weekend, so could "
	"you please find out where it is, and tell me when I may expect it? You reach me by phone "
	"in the evening, or by this address. Kind regards, Ada King";

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* others use this machine too */
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fill(struct crm_value *row, int i)
{
	static const char *const channels[] = {"email", "telegram-bot", "web-form", "sms"};
	static const char *const motives[] = {"complaint", "question", "delivery"};

	row[CRM_FACT_CHANNEL] =
		(struct crm_value){.there = true, .text = crm_slice_of(channels[i & 3])};
	row[CRM_FACT_TEXT] = (struct crm_value){.there = true, .text = CRM_SLICE(letter)};
	row[CRM_FACT_MOTIVE] =
		(struct crm_value){.there = i % 3 > 0, .text = crm_slice_of(motives[i % 3])};
	row[CRM_FACT_PRIORITY] = (struct crm_value){.there = true, .n = i & 3};
	row[CRM_FACT_WAITING] = (struct crm_value){.there = true, .n = (int64_t)i % 1000 * 60000};
	row[CRM_FACT_TIME] = (struct crm_value){.there = true, .n = i % 1440};
	row[CRM_FACT_PERSON_VALUE] = (struct crm_value){.there = true, .number = i % 1000};
	row[CRM_FACT_PERSON_KNOWN] = (struct crm_value){.there = true, .n = i & 1};
}

static void measure(struct crm_rules *rules, const char *what)
{
	struct crm_value *row = crm_calloc(crm_rules_slots(rules), sizeof(*row));
	struct crm_judge *judge = crm_judge_new(rules);
	double start = seconds(), took;
	size_t held = 0, n;
	int i;

	for (i = 0; (took = seconds() - start) < 1;)
		for (int k = 0; k < 1000; k++, i++) {
			fill(row, i);
			crm_judge_begin(judge, row, 0);
			crm_judge_apply(judge);
			crm_judge_fired(judge, &n);
			held += n;
		}
	printf("%-42s %8.0f thousand/s (%.1f of %zu rules hold)\n", what, i / took / 1000,
	       (double)held / i, crm_rules_count(rules));
	crm_judge_free(judge);
	free(row);
}

static void make_rules(struct crm_str *out)
{
	for (int i = 0; i < 20; i++)
		crm_str_addf(out,
			     "{\"rule\":\"r%d\",\"if\":{\"channel\":[\"email\",\"sms\"],"
			     "\"person.value\":{\">=\":%d},\"not\":{\"time\":{\"between\":"
			     "[\"22:00\",\"06:00\"]}},\"or\":[{\"motive\":\"complaint\"},"
			     "{\"waiting\":{\">\":\"%dm\"}}]},\"do\":{\"queue\":\"q%d\"}}\n",
			     i, i * 40, i * 30, i);
}

int main(int argc, char **argv)
{
	static const struct crm_rule_spec spec = {crm_fact_fields, CRM_FACTS, crm_routing_actions,
						  CRM_ROUTINGS,    NULL,      0};
	struct crm_rules *twenty = crm_rules_new(&spec), *ours = crm_rules_new(&spec);
	struct crm_str text = CRM_STR_INIT;
	struct crm_err err;

	make_rules(&text);
	if (crm_rules_parse(twenty, "twenty", (struct crm_slice){text.ptr, text.len}, &err)
		    != CRM_OK
	    || crm_rules_ready(twenty, NULL, NULL, &err) != CRM_OK
	    || crm_rules_read(ours, argc > 1 ? argv[1] : "lib/rules/requests", &err) != CRM_OK
	    || crm_rules_ready(ours, NULL, NULL, &err) != CRM_OK) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	measure(twenty, "20 rules over names, numbers, times");
	measure(ours, "our rules over a message of 400 letters");
	crm_rules_free(twenty);
	crm_rules_free(ours);
	crm_str_release(&text);
	return 0;
}
