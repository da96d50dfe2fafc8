/* SPDX-License-Identifier: MIT */
/*
 * Decisions a second: REQUESTS (100,000) requests with a team, a language, a skill and somebody
 * who dealt with the person last go to AGENTS (500) agents, each given before the next is
 * decided. Prints decisions a second; a fingerprint of all of them goes to standard error.
 */
#include <time.h>

#include "base/hash.h"
#include "base/mem.h"
#include "route/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const teams[] = {"support", "sales", "retention", "tech"};
static const char *const languages[] = {"de", "en", "fr", "es", "zh"};
static const char *const skills[] = {"refund", "delivery", "invoice", "returns"};

static void write_agents(struct crm_str *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		crm_str_addf(
			out,
			"{\"agent\":\"a%05zu\",\"teams\":[\"%s\"],\"languages\":[\"%s\",\"en\"],"
			"\"skills\":[\"%s\",\"%s\"],\"capacity\":{\"*\":9000,\"chat\":8000}}\n",
			i, teams[i % 4], languages[i % 5], skills[i % 4], skills[i / 4 % 4]);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t decide_all(struct crm_router *router, size_t n, size_t n_agents)
{
	uint64_t print = 0;

	for (size_t i = 0; i < n; i++) {
		struct crm_slice skill = crm_slice_of(skills[i % 4]);
		struct crm_need need = CRM_NEED_INIT;
		struct crm_decision d;

		need.channel = need.medium = crm_slice_of(i % 3 ? "email" : "chat");
		if (i % 2)
			need.queue = crm_slice_of(teams[i / 2 % 4]);
		if (i % 3 == 0)
			need.language = crm_slice_of(languages[i / 3 % 5]);
		if (i % 5 == 0)
			need.skills = &skill, need.n_skills = 1;
		if (i % 7 == 0)
			need.last = (int)(i % n_agents);
		crm_router_decide(router, &need, &d);
		if (d.agent != CRM_NOBODY)
			crm_router_give(router, d.agent, &need);
		print = crm_hash64_with(print, (uint64_t)d.agent);
	}
	return print;
}

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
	size_t n_agents = argc > 2 ? strtoul(argv[2], NULL, 10) : 500;
	struct crm_agents agents = CRM_AGENTS_INIT;
	struct crm_duties duties = CRM_DUTIES_INIT;
	struct crm_str text = CRM_STR_INIT;
	struct crm_router *router;
	struct crm_err err;
	double begin, end;

	write_agents(&text, n_agents);
	if (crm_agents_read(&agents, text.ptr, text.len, "agents", NULL, &err) != CRM_OK)
		return 1;
	router = crm_router_new(&agents);
	duties.of = crm_calloc(agents.n + 1, sizeof(*duties.of));
	duties.n = agents.n;
	crm_router_duty(router, &duties);
	begin = seconds();
	fprintf(stderr, "%016llx\n", (unsigned long long)decide_all(router, n, n_agents));
	end = seconds();
	printf("%.0f\n", (double)n / (end - begin));
	crm_router_free(router);
	crm_duties_release(&duties);
	crm_agents_release(&agents);
	crm_str_release(&text);
	return 0;
}
