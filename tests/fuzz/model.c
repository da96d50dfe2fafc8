/* SPDX-License-Identifier: MIT */
/* Any bytes as a model: it is read, or refused in words; what was read is written as it reads,
 * and gives every pair a weight that is a number, the sum of what explains it. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "link/model.h"

#define SPEC                                                                                   \
	"{\"columns\":{\"given\":{\"from\":\"given\",\"as\":\"name\"},"                        \
	"\"email\":{\"from\":\"email\",\"as\":\"email\"}},"                                    \
	"\"comparisons\":[{\"name\":\"a\",\"ladders\":[{\"levels\":["                          \
	"{\"level\":\"same\",\"when\":\"exact(given)\",\"rarity\":[\"given\"],"                \
	"\"match\":0.9,\"near\":0.1},{\"level\":\"differs\",\"match\":0.1,\"near\":0.9}]}]},"  \
	"{\"name\":\"b\",\"ladders\":[{\"if\":\"known(email)\",\"levels\":["                   \
	"{\"level\":\"same\",\"when\":\"exact(email)\",\"rarity\":[\"email\"],"                \
	"\"match\":0.9,\"near\":0.1},{\"level\":\"differs\",\"match\":0.1,\"near\":0.9}]}]}]," \
	"\"blocks\":[{\"name\":\"a\",\"keys\":[\"given\"]}]}"

static struct crm_people *some_people(const struct crm_spec *spec)
{
	static const char *const given[] = {"Ann", "Ann", "Ann", "Bob", ""};
	struct crm_people *p = crm_people_new(spec);

	for (int i = 0; i < 5; i++) {
		crm_people_add(p, i + 1, i + 1, 1, CRM_SLICE(""));
		crm_people_put(p, 0, CRM_SLICE(""), crm_slice_of(given[i]));
		crm_people_put(p, 1, CRM_SLICE(""), crm_slice_of(i % 2 ? "x@y.z" : "a@b.c"));
	}
	crm_people_finish(p, 1);
	return p;
}

static void check_weights(const struct crm_model *model, const struct crm_people *people)
{
	struct crm_scorer *scorer = crm_scorer_new(model, people);
	signed char level[CRM_COMPARISONS];
	struct crm_score score;
	uint32_t a, b;

	for (a = 0; a < people->n; a++)
		for (b = a + 1; b < people->n; b++) {
			uint32_t pattern;
			double weight;

			crm_compare(people, a, b, level);
			pattern = crm_pattern(model->spec, level);
			weight = crm_scorer_weight(scorer, a, b, pattern);
			check(isfinite(weight));
			check(weight <= crm_scorer_most(scorer, pattern) + 0.01);
			crm_scorer_explain(scorer, a, b, &score);
			check(fabs(score.weight - weight) < 0.05);
			check(score.probability >= 0 && score.probability <= 1);
		}
	crm_scorer_free(scorer);
}

static void check_again(const struct crm_model *model)
{
	struct crm_str once = CRM_STR_INIT, twice = CRM_STR_INIT;
	struct crm_model again;
	struct crm_err err = {0};

	crm_model_write(model, &once);
	check(crm_model_read(&again, model->spec, (struct crm_slice){once.ptr, once.len}, &err)
	      == CRM_OK);
	crm_model_write(&again, &twice);
	check(!strcmp(once.ptr, twice.ptr));
	crm_str_release(&once);
	crm_str_release(&twice);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static struct crm_people *people;
	static struct crm_model model;
	static struct crm_spec *spec;
	struct crm_str json = CRM_STR_INIT;
	struct crm_err err = {0};

	if (!spec) {
		check(crm_spec_read(&spec, CRM_SLICE(SPEC), "spec", CRM_SLICE(""), &err) == CRM_OK);
		people = some_people(spec);
	}
	crm_str_addf(&json, "{\"linkage\":%s,", SPEC); /* else nearly nothing is a model */
	crm_str_add(&json, (const char *)bytes, len);
	if (crm_model_read(&model, spec, (struct crm_slice){json.ptr, json.len}, &err) == CRM_OK) {
		check_again(&model);
		check_weights(&model, people);
	} else {
		check(*err.text);
	}
	crm_str_release(&json);
	return 0;
}
