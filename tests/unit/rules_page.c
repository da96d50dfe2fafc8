/* SPDX-License-Identifier: MIT */
/*
 * crm-rules(5) against the program: every example of a rule can be read, and the page names the
 * fields and actions that there are. Source of truth: the tables of route/facts.h.
 */
#include <stdlib.h>

#include "base/file.h"
#include "route/facts.h"
#include "tap.h"

static struct crm_currency currency = CRM_CURRENCY_INIT;

/* Does s begin a line of a kind that is told of here? */
static bool is_ours(const char *s)
{
	return !strncmp(s, "{\"rule\"", 7) || !strncmp(s, "{\"set\":\"currency\"", 17);
}

static void read_example(const char *s)
{
	static const struct crm_rule_kind kind = {"set", "currency", crm_currency_read, &currency};
	static const struct crm_rule_spec spec = {crm_fact_fields, CRM_FACTS, crm_routing_actions,
						  CRM_ROUTINGS,    &kind,     1};
	struct crm_rules *rules = crm_rules_new(&spec);
	struct crm_err err = {.text = ""};
	enum crm_status rc = crm_rules_read(rules, "lib/rules/requests", &err);

	if (rc == CRM_OK)
		rc = crm_rules_parse(rules, "page", crm_slice_of(s), &err);

	if (rc == CRM_OK)
		rc = crm_rules_ready(rules, NULL, NULL, &err);
	if (!ok(rc == CRM_OK, "%.60s", s))
		printf("# %s\n", err.text);
	crm_rules_free(rules);
	crm_currency_release(&currency);
}

/* Examples are in displays; a line that begins with a blank goes on with the one before. */
static int read_examples(char *page)
{
	struct crm_str one = CRM_STR_INIT;
	bool display = false;
	char *save, *line;
	int n = 0;

	for (line = strtok_r(page, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (display && *line == ' ') {
			crm_str_adds(&one, line);
			continue;
		}
		if (is_ours(one.ptr) && ++n)
			read_example(one.ptr);
		crm_str_clear(&one);
		display = !strncmp(line, ".Bd", 3) || (display && strncmp(line, ".Ed", 3));
		if (display)
			crm_str_adds(&one, line);
	}
	crm_str_release(&one);
	return n;
}

/* Is it an item of a list in the page? */
static bool is_item(const char *page, const char *name)
{
	const char *line = page;
	size_t n = strlen(name);

	while ((line = strstr(line, "\n.It Li "))) {
		const char *end = strchr(++line, '\n'), *at = line;

		while ((at = strstr(at, name)) && at < end) {
			if (at[-1] == ' ' && (at + n == end || at[n] == ' '))
				return true;
			at += n;
		}
	}
	return false;
}

static void names_all(const char *page, const struct crm_rule_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *name = fields[i].name;

		ok(is_item(page, strcmp(name, "line.*") ? name : "line."), "it tells of %s", name);
	}
}

int main(void)
{
	struct crm_str page = CRM_STR_INIT;
	struct crm_err err;

	if (crm_file_read("man/crm-rules.5", &page, &err) != CRM_OK) {
		printf("Bail out! %s\n", err.text);
		return 1;
	}
	names_all(page.ptr, crm_fact_fields, CRM_FACTS);
	names_all(page.ptr, crm_routing_actions, CRM_ROUTINGS);
	ok(read_examples(page.ptr) >= 9, "there are examples");
	crm_str_release(&page);
	return done();
}
