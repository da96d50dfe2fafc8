/* SPDX-License-Identifier: MIT */
/* Any bytes as a specification, and what follows a NUL as a condition on its columns: it is read,
 * or refused in words; what was read holds together. */
#include <string.h>

#include "check.h"
#include "link/condition.h"
#include "link/spec.h"

static double one(void *data, int number)
{
	check(number >= 0 && number < *(int *)data);
	return 1;
}

static void check_patterns(const struct crm_spec *spec)
{
	signed char level[CRM_COMPARISONS], back[CRM_COMPARISONS];

	for (int c = 0; c < spec->n_comparisons; c++)
		level[c] = (signed char)(spec->comparison[c].n_levels - 1 - c % 2);
	crm_pattern_levels(spec, crm_pattern(spec, level), back);
	check(!memcmp(level, back, (size_t)spec->n_comparisons));
}

static void check_condition(struct crm_spec *spec, const char *text)
{
	struct crm_condition *condition;
	struct crm_err err = {0};
	enum crm_status rc = crm_condition_read(spec, text, &condition, &err);

	check(rc == CRM_OK || (rc == CRM_CONFIG && *err.text));
	if (rc == CRM_OK)
		crm_condition_holds(condition, one, &spec->measures->n);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	const char *s = (const char *)bytes, *nul = memchr(s, 0, len);
	size_t json = nul ? (size_t)(nul - s) : len;
	struct crm_spec *spec;
	struct crm_err err = {0};
	char *text = crm_strndup(s + json, len - json);
	enum crm_status rc = crm_spec_read(&spec, (struct crm_slice){s, json}, "fuzz",
					   (struct crm_slice){text, len - json}, &err);

	check(rc == CRM_OK || (rc == CRM_CONFIG && *err.text));
	if (rc == CRM_OK) {
		check_patterns(spec);
		check_condition(spec, len > json ? text + 1 : text);
	}
	crm_spec_free(spec);
	free(text);
	return 0;
}
