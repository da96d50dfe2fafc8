/* SPDX-License-Identifier: MIT */
/* Who is called in a note. Expectations are by hand, as route/mention.h has the rules. */
#include "route/mention.h"

#include "tap.h"

static const char file[] = "{\"agent\":\"ben\",\"teams\":[\"support\",\"Sales\"]}\n"
			   "{\"agent\":\"anna\",\"teams\":[\"support\"]}\n"
			   "{\"agent\":\"j.doe\"}\n"
			   "{\"agent\":\"j\"}\n"
			   "{\"agent\":\"jürgen\",\"teams\":[]}\n"
			   "{\"agent\":\"sales\"}\n";
static struct crm_agents agents = CRM_AGENTS_INIT;

static void each(void *data, struct crm_slice name, const struct crm_agent *agent)
{
	struct crm_str *out = data;

	crm_str_adds(out, out->len ? " " : "");
	if (agent)
		crm_str_adds(out, agent->agent);
	else
		crm_str_addf(out, "?%.*s", (int)name.len, name.ptr);
}

static const struct {
	const char *text, *who;
} texts[] = {
	{"called the supplier, @ben please check", "ben"},
	{"@ben", "ben"},
	{"(@ben), @anna: @ben.", "ben anna"},
	{"@BEN", "ben"},
	{"@jürgen!", "jürgen"},
	{"@support please", "anna ben"},
	{"@ben and @support", "ben anna"},
	{"@sales", "sales"}, /* an agent comes before a team */
	{"@j.doe. @j. @j", "j.doe j"},
	{"@benn @nobody", "?benn ?nobody"},
	/* addresses are no mentions */
	{"mail to ben@shop.example, x.@ben", ""},
	{"follow @ben@example.org", ""},
	{"müller@ben", ""},
	{"@ @@ben @. @-", "ben"},
	{"a@@ben", "ben"},
	{"", ""},
};

int main(void)
{
	struct crm_str out = CRM_STR_INIT;
	struct crm_err err;

	is_int(crm_agents_read(&agents, file, sizeof(file) - 1, "agents", NULL, &err), CRM_OK,
	       "a file of agents");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		crm_str_clear(&out);
		crm_mentions(&agents, crm_slice_of(texts[i].text), each, &out);
		is_str(out.ptr, texts[i].who, *texts[i].text ? texts[i].text : "nothing");
	}
	crm_str_release(&out);
	crm_agents_release(&agents);
	return done();
}
