/* SPDX-License-Identifier: MIT */
/*
 * Who is to have a request, and the file of agents. What is right follows from route.h and
 * agents.h; the faults of other systems that are tested for are named where they are.
 */
#include "route/route.h"

#include "base/mem.h"
#include "tap.h"

struct shop {
	struct crm_agents agents;
	struct crm_router *router;
	struct crm_duties duties;
};

static const struct crm_slice email = CRM_SLICE("email"), chat = CRM_SLICE("chat");

static void open_shop(struct shop *s, const char *text)
{
	struct crm_err err = {0};

	s->agents = (struct crm_agents)CRM_AGENTS_INIT;
	if (crm_agents_read(&s->agents, text, strlen(text), "agents", NULL, &err) != CRM_OK)
		printf("# %s\n", err.text);
	s->router = crm_router_new(&s->agents);
	s->duties = (struct crm_duties)CRM_DUTIES_INIT;
	s->duties.of = crm_calloc(s->agents.n + 1, sizeof(*s->duties.of));
	s->duties.n = s->agents.n;
	crm_router_duty(s->router, &s->duties);
}

static void close_shop(struct shop *s)
{
	crm_router_free(s->router);
	crm_agents_release(&s->agents);
	crm_duties_release(&s->duties);
}

static int agent(const struct shop *s, const char *name)
{
	return (int)(crm_agents_find(&s->agents, crm_slice_of(name)) - s->agents.list);
}

static void off(struct shop *s, const char *name, enum crm_off why)
{
	s->duties.of[agent(s, name)].off = why;
	crm_router_duty(s->router, &s->duties);
}

static struct crm_need by_mail(void)
{
	struct crm_need need = CRM_NEED_INIT;

	need.channel = need.medium = email;
	return need;
}

/* The name of who would have it; why, when nobody. */
static const char *who(struct shop *s, const struct crm_need *need)
{
	struct crm_decision d;

	crm_router_decide(s->router, need, &d);
	if (d.agent != CRM_NOBODY)
		return s->agents.list[d.agent].agent;
	return d.why == CRM_NOT_AT_ALL ? "nobody" : crm_not_names[d.why];
}

static const char *give(struct shop *s, const struct crm_need *need)
{
	struct crm_decision d;

	crm_router_decide(s->router, need, &d);
	if (d.agent == CRM_NOBODY)
		return "nobody";
	crm_router_give(s->router, d.agent, need);
	return s->agents.list[d.agent].agent;
}

static void fair(void)
{
	struct crm_need need = by_mail();
	struct shop s;
	int got[3] = {0};

	open_shop(&s,
		  "{\"agent\":\"anna\",\"capacity\":100}\n{\"agent\":\"ben\",\"capacity\":100}\n"
		  "{\"agent\":\"new\",\"capacity\":100}\n");
	crm_router_load(s.router, agent(&s, "anna"), email, email, 5);
	crm_router_load(s.router, agent(&s, "ben"), email, email, 5);
	crm_router_last(s.router, agent(&s, "anna"), 7);
	crm_router_last(s.router, agent(&s, "ben"), 6);
	is_str(who(&s, &need), "new", "a new agent without load is chosen (SuiteCRM: never was)");
	crm_router_load(s.router, agent(&s, "new"), email, email, 5);
	is_str(who(&s, &need), "new", "of equal loads who was never given anything goes first");
	crm_router_last(s.router, agent(&s, "new"), 8);
	is_str(who(&s, &need), "ben", "then who was given something longest ago");
	crm_router_clear(s.router);
	for (int i = 0; i < 30; i++)
		got[agent(&s, give(&s, &need))]++;
	ok(got[0] == 10 && got[1] == 10 && got[2] == 10,
	   "ties go round (Odoo: the senior one had them all)");
	close_shop(&s);
}

static void capacity(void)
{
	struct crm_need need = by_mail(), talk = by_mail();
	struct shop s;

	talk.channel = talk.medium = chat;
	open_shop(&s,
		  "{\"agent\":\"half\",\"capacity\":2}\n{\"agent\":\"whole\",\"capacity\":4}\n"
		  "{\"agent\":\"chats\",\"capacity\":{\"*\":8,\"chat\":1}}\n{\"agent\":\"none\","
		  "\"capacity\":0}\n");
	crm_router_load(s.router, agent(&s, "half"), email, email, 1);
	crm_router_load(s.router, agent(&s, "whole"), email, email, 1);
	crm_router_load(s.router, agent(&s, "chats"), chat, chat, 1);
	crm_router_load(s.router, agent(&s, "chats"), email, email, 2);
	is_str(who(&s, &need), "whole", "1 of 4 is less than 1 of 2 and 3 of 8");
	crm_router_load(s.router, agent(&s, "whole"), email, email, 3);
	is_str(who(&s, &need), "chats", "who is full is passed over");
	is_str(who(&s, &talk), "half", "a limit of one channel is kept for it alone");
	crm_router_load(s.router, agent(&s, "half"), email, email, 1);
	is_str(who(&s, &talk), "full", "all full: it waits, and that is why");
	crm_router_load(s.router, agent(&s, "half"), email, email, -1);
	is_str(who(&s, &talk), "half", "room that is made counts");
	close_shop(&s);
}

static void suited(void)
{
	static const struct crm_slice refund[] = {CRM_SLICE("refund")};
	struct crm_need need = by_mail();
	struct shop s;

	open_shop(&s,
		  "{\"agent\":\"anna\",\"teams\":[\"support\"],\"languages\":[\"de\",\"en\"],"
		  "\"channels\":[\"email\"]}\n"
		  "{\"agent\":\"ben\",\"teams\":[\"support\",\"sales\"],\"skills\":[\"refund\"],"
		  "\"languages\":[]}\n");
	need.queue = CRM_SLICE("sales");
	is_str(who(&s, &need), "ben", "the team");
	need.queue = CRM_SLICE("legal");
	is_str(who(&s, &need), "not in the team", "a team without anybody");
	need = by_mail();
	need.language = CRM_SLICE("DE-at");
	is_str(who(&s, &need), "anna", "a language by its first subtag, whatever its case");
	need.language = CRM_SLICE("fr");
	is_str(who(&s, &need), "anna", "a language nobody has keeps nobody waiting");
	need.language = CRM_SLICE("de");
	off(&s, "anna", CRM_OFF_AWAY);
	is_str(who(&s, &need), "away", "who speaks it is waited for");
	crm_router_lost(s.router, agent(&s, "anna"), true);
	is_str(who(&s, &need), "ben", "but not for long");
	off(&s, "anna", CRM_ON_DUTY);
	need.language = CRM_SLICE("fr");
	need.must_speak = true;
	is_str(who(&s, &need), "does not speak the language", "but one that is asked for does");
	need = by_mail();
	need.channel = need.medium = chat;
	is_str(who(&s, &need), "ben", "the channel; no list means any");
	need.channel = CRM_SLICE("shop-chat");
	need.medium = email;
	need.skills = refund;
	need.n_skills = 1;
	off(&s, "ben", CRM_OFF_AWAY);
	is_str(who(&s, &need), "anna", "no list of skills means any");
	off(&s, "anna", CRM_OFF_CALENDAR);
	is_str(who(&s, &need), "away", "nobody on duty: it waits");
	ok(crm_router_against(s.router, &need, agent(&s, "anna")) == CRM_NOT_HOURS,
	   "and each is told why");
	close_shop(&s);
}

static void by_name(void)
{
	struct crm_need need = by_mail();
	struct crm_decision d;
	struct shop s;

	open_shop(&s, "{\"agent\":\"anna\",\"capacity\":2}\n{\"agent\":\"ben\"}\n"
		      "{\"agent\":\"carla\",\"teams\":[\"sales\"]}\n");
	crm_router_load(s.router, agent(&s, "anna"), email, email, 1);
	need.last = agent(&s, "anna");
	is_str(who(&s, &need), "anna", "who dealt with them last, though others have less to do");
	need.queue = CRM_SLICE("sales");
	need.last = agent(&s, "carla");
	need.responsible = agent(&s, "anna");
	is_str(who(&s, &need), "anna", "the responsible agent before that, of any team");
	need.by_rule = agent(&s, "carla");
	crm_router_decide(s.router, &need, &d);
	ok(d.agent == agent(&s, "carla") && d.because == CRM_BECAUSE_RULE,
	   "and a rule before that");
	off(&s, "anna", CRM_OFF_OFFLINE);
	need = by_mail();
	need.responsible = need.last = agent(&s, "anna");
	is_str(who(&s, &need), "ben",
	       "who is offline is not given it again (chatwoot #4158, #9587)");
	off(&s, "anna", CRM_ON_DUTY);
	crm_router_load(s.router, agent(&s, "anna"), email, email, 1);
	is_str(who(&s, &need), "ben", "nor who is full");
	need = by_mail();
	need.avoid = agent(&s, "ben");
	crm_router_load(s.router, agent(&s, "carla"), email, email, 9);
	is_str(who(&s, &need), "carla", "nor from whom it was taken");
	off(&s, "anna", CRM_OFF_CALENDAR);
	off(&s, "carla", CRM_OFF_AWAY);
	is_str(who(&s, &need), "had it", "nor if the others come later");
	crm_router_lost(s.router, agent(&s, "anna"), true);
	crm_router_lost(s.router, agent(&s, "carla"), true);
	is_str(who(&s, &need), "ben", "but if they do not for long");
	close_shop(&s);
}

static void explained(void)
{
	struct crm_need need = by_mail();
	struct crm_str text = CRM_STR_INIT;
	struct crm_decision d;
	struct shop s;

	for (int i = 0; i < 200; i++)
		crm_str_addf(&text, "{\"agent\":\"a%03d\",\"teams\":[\"%s\"],\"capacity\":5}\n", i,
			     i % 4 ? "support" : "sales");
	open_shop(&s, text.ptr);
	need.queue = CRM_SLICE("sales");
	crm_router_load(s.router, 0, email, email, 5);
	off(&s, "a004", CRM_OFF_CALENDAR);
	crm_router_load(s.router, 8, email, email, 1);
	crm_router_decide(s.router, &need, &d);
	is_int(d.agent, 12, "the first that is free, on duty and has nothing");
	ok(d.count[CRM_NOT_TEAM] == 150 && d.count[CRM_NOT_FULL] == 1 && d.count[CRM_NOT_HOURS] == 1
		   && d.count[CRM_NOT_AT_ALL] == 48,
	   "every agent is counted once, by what stands against them");
	ok(d.n_nearest == CRM_NEAREST && d.nearest[0].agent == 12 && d.nearest[4].agent == 28,
	   "the nearest are named in order");
	close_shop(&s);
	crm_str_release(&text);
}

static void refused(const char *text, const char *why)
{
	struct crm_agents agents = CRM_AGENTS_INIT;
	struct crm_err err = {0};

	ok(crm_agents_read(&agents, text, strlen(text), "agents", NULL, &err) == CRM_CONFIG
		   && strstr(err.text, why),
	   "refused: %s", why);
	if (!strstr(err.text, why))
		printf("# %s\n", err.text);
	crm_agents_release(&agents);
}

static void mistakes(void)
{
	struct crm_agents agents = CRM_AGENTS_INIT;
	static const char good[] =
		"# who answers\r\n\r\n{\"agent\":\"zoe\"}\r\n{\"agent\":\"ann\"}";
	struct crm_err err = {0};

	ok(crm_agents_read(&agents, good, strlen(good), "agents", NULL, &err) == CRM_OK
		   && agents.n == 2 && !strcmp(agents.list[0].agent, "ann")
		   && agents.list[0].line == 4,
	   "comments, CRLF, a torn last line; by name");
	crm_agents_release(&agents);
	refused("\n{\"agent\":\"a\",\"skill\":[]}", "agents:2: unknown member 'skill'");
	refused("{\"agent\":\"a\"}\n\n{\"agent\":\"a\"}", "agents:3: agent 'a' is in line 1");
	refused("{\"agent\":\"a b\"}", "one word");
	refused("{\"agent\":\"--help\"}", "does not begin with -");
	refused("{\"agent\":\"a\\u001b[2J\"}", "agent must be a text");
	refused("{\"name\":\"A\"}", "the member agent is missing");
	refused("{\"agent\":\"a\",\"capacity\":-1}", "capacity must be");
	refused("{\"agent\":\"a\",\"capacity\":{\"chat\":1.5}}", "whole numbers");
	refused("{\"agent\":\"a\",\"teams\":\"support\"}", "teams must be a list");
	refused("{\"agent\":\"a\",\"notify\":{\"channel\":\"email\"}}", "notify must be");
	refused("{\"agent\":\"a\",\"presence\":\"optional\"}", "presence must be");
	refused("{\"agent\":\"a\"", "agents:1: byte");
	refused("[]", "not a JSON object");
}

int main(void)
{
	fair();
	capacity();
	suited();
	by_name();
	explained();
	mistakes();
	return done();
}
