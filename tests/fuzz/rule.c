/* SPDX-License-Identifier: MIT */
/* Any bytes as a rules file, and what follows a NUL as the text to judge: the file is read, or
 * refused in words; judging gives the same twice; folding is valid UTF-8 and stays as it is when
 * folded again. */
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "check.h"
#include "route/facts.h"
#include "rule/fold.h"

static enum crm_status read_line(const struct crm_rule_line *line, void *data)
{
	uint32_t condition;
	int64_t ms;
	enum crm_status rc = crm_line_condition(line, "if", &condition);

	(void)data;
	return rc == CRM_OK ? crm_line_duration(line, "for", 0, &ms) : rc;
}

static void check_fold(struct crm_slice text)
{
	struct crm_str once = CRM_STR_INIT, twice = CRM_STR_INIT;

	crm_fold(text, &once);
	check(crm_utf8_valid(once.ptr, once.len) == once.len);
	crm_fold((struct crm_slice){once.ptr, once.len}, &twice);
	check(once.len == twice.len && !memcmp(once.ptr, twice.ptr, once.len));
	crm_str_release(&once);
	crm_str_release(&twice);
}

static void judge(const struct crm_rules *rules, struct crm_slice text)
{
	struct crm_judge *j = crm_judge_new(rules);
	struct crm_value *row = crm_calloc(crm_rules_slots(rules), sizeof(*row));
	struct crm_str first = CRM_STR_INIT, second = CRM_STR_INIT;

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < crm_rules_slots(rules); i++) {
			row[i] = (struct crm_value){.there = i % 5 != 4, .n = 1};
			if (crm_rules_slot_type(rules, i) == CRM_RULE_TEXT)
				row[i].text = text;
		}
		crm_judge_begin(j, row, 1);
		crm_judge_apply(j);
		crm_judge_json(j, round ? &second : &first);
	}
	check(!strcmp(first.ptr, second.ptr));
	crm_str_release(&first);
	crm_str_release(&second);
	free(row);
	crm_judge_free(j);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static struct crm_currency currency = CRM_CURRENCY_INIT;
	static const struct crm_rule_kind kinds[] = {
		{"sla", NULL, read_line, NULL}, {"set", "currency", crm_currency_read, &currency}};
	static const struct crm_rule_spec spec = {crm_fact_fields, CRM_FACTS, crm_routing_actions,
						  CRM_ROUTINGS,    kinds,     2};
	const char *s = (const char *)bytes, *nul = memchr(s, 0, len);
	struct crm_slice file = {s, nul ? (size_t)(nul - s) : len},
			 text = nul ? (struct crm_slice){nul + 1, len - file.len - 1} : file;
	struct crm_rules *rules = crm_rules_new(&spec);
	struct crm_err err = {0};
	enum crm_status rc = crm_rules_parse(rules, "fuzz", file, &err);

	check_fold(text);
	if (rc == CRM_OK)
		rc = crm_rules_ready(rules, NULL, NULL, &err);
	check(rc == CRM_OK || (rc == CRM_CONFIG && *err.text));
	if (rc == CRM_OK)
		judge(rules, text);
	crm_rules_free(rules);
	crm_currency_release(&currency);
	return 0;
}
