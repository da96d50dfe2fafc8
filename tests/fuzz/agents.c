/* SPDX-License-Identifier: MIT */
/* Any bytes as a file of agents. Whatever is read: names are found and in order, and whoever a
 * request is given to can have it. */
#include <string.h>

#include "check.h"
#include "route/route.h"

static void check_agents(const struct crm_agents *agents)
{
	struct crm_router *router = crm_router_new(agents);
	struct crm_need need = CRM_NEED_INIT;
	struct crm_decision d;

	need.queue = CRM_SLICE("support");
	need.channel = need.medium = CRM_SLICE("email");
	need.language = CRM_SLICE("de-AT");
	crm_router_decide(router, &need, &d);
	check(d.agent == CRM_NOBODY); /* nobody is on duty yet */
	for (size_t i = 0; i < agents->n; i++) {
		const char *name = agents->list[i].agent;

		check(crm_agents_find(agents, crm_slice_of(name)) == &agents->list[i]);
		check(!i || strcmp(agents->list[i - 1].agent, name) < 0);
		check(!strpbrk(name, " \n\r\033"));
		check(crm_router_against(router, &need, (int)i) != CRM_NOT_AT_ALL);
	}
	crm_router_free(router);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	struct crm_agents agents = CRM_AGENTS_INIT;
	struct crm_err err;

	if (crm_agents_read(&agents, (const char *)bytes, len, "agents", NULL, &err) == CRM_OK)
		check_agents(&agents);
	crm_agents_release(&agents);
	return 0;
}
