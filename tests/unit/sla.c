/* SPDX-License-Identifier: MIT */
/* What was promised and whether it was kept. Sources of truth: the definitions in route/sla.h,
 * worked out by hand in minutes; what users of other desks complained of (tests named by what
 * must not happen); and a count minute by minute of random requests. */
#include "route/sla.h"

#include "tap.h"

#define MIN INT64_C(60000)
#define T0 INT64_C(1790586000000) /* 2026-09-28 09:00 UTC, a Monday */

static struct crm_calendars *calendars;
static struct crm_sla sla;
static struct crm_sla_walk *walk;
static struct crm_sla_result result;

/* first, next, resolve in minutes; clocks stand while pending and snoozed */
static void promise(int first, int next, int resolve)
{
	sla = (struct crm_sla){.name = "gold",
			       .target = {first * MIN, next * MIN, resolve * MIN},
			       .pause = CRM_SLA_PENDING | CRM_SLA_SNOOZED};
}

static void use_calendar(const char *line)
{
	struct crm_err err;

	crm_calendars_free(calendars);
	if (crm_calendars_read(&calendars, crm_slice_of(line), "/", "c", &err) != CRM_OK)
		exit(1);
	sla.calendar = crm_calendars_find(calendars, CRM_SLICE("c"));
}

static const struct {
	const char *name;
	struct crm_said said;
} words[] = {
	{"in", {.type = {"message", 7}, .direction = {"in", 2}}},
	{"out", {.type = {"message", 7}, .direction = {"out", 3}}},
	{"bot", {.type = {"message", 7}, .direction = {"out", 3}, .automatic = {"bot", 3}}},
	{"receipt",
	 {.type = {"message", 7}, .direction = {"out", 3}, .automatic = {"auto-reply", 10}}},
	{"vacation",
	 {.type = {"message", 7}, .direction = {"in", 2}, .automatic = {"auto-reply", 10}}},
	{"note", {.type = {"note", 4}}},
	{"handover", {.type = {"handover", 8}}},
	{"anna", {.type = {"assignment", 10}, .agent = {"anna", 4}}},
	{"nobody", {.type = {"assignment", 10}}},
	{"open", {.type = {"status", 6}, .status = {"open", 4}}},
	{"pending", {.type = {"status", 6}, .status = {"pending", 7}}},
	{"snoozed", {.type = {"status", 6}, .status = {"snoozed", 7}}},
	{"resolved", {.type = {"status", 6}, .status = {"resolved", 8}}},
};
#define N_WORDS (sizeof(words) / sizeof(words[0]))

/* Takes events: "0 in, 30 out, 40 snoozed 90" (until minute 90). */
static void take(const char *events, int as_of)
{
	crm_sla_walk_begin(walk, &sla);
	for (const char *p = events; *p; p += strcspn(p, ","), p += strspn(p, ", ")) {
		char word[20];
		int at, until = 0;

		sscanf(p, "%d %19[a-z] %d", &at, word, &until);
		if (at > as_of)
			break;
		for (size_t i = 0; i < N_WORDS; i++)
			if (!strcmp(words[i].name, word))
				crm_sla_walk_take(walk, T0 + at * MIN, &words[i].said,
						  until ? T0 + until * MIN : 0);
	}
	crm_sla_walk_end(walk, T0 + as_of * MIN, &result);
}

/* "met 30 of 60, due 60": used and promised, in minutes; due -: none */
static void stands(const char *events, int as_of, enum crm_sla_target target, const char *want,
		   const char *title)
{
	const struct crm_sla_standing *is = &result.of[target];
	struct crm_str got = CRM_STR_INIT;

	take(events, as_of);
	crm_str_addf(&got, "%s%s", crm_sla_state_names[is->state],
		     is->state == CRM_SLA_MISSED && is->over ? " over" : "");
	if (is->state != CRM_SLA_NONE)
		crm_str_addf(&got, " %lld of %lld", (long long)(is->used / MIN),
			     (long long)((is->used + is->left) / MIN));
	if (is->due)
		crm_str_addf(&got, ", due %lld", (long long)((is->due - T0) / MIN));
	is_str(got.ptr, want, title);
	crm_str_release(&got);
}

static void test_first(void)
{
	promise(60, 0, 0);
	stands("0 in", 30, CRM_SLA_FIRST, "running 30 of 60, due 60", "an answer is owed");
	stands("0 in, 30 out", 500, CRM_SLA_FIRST, "met 30 of 60, due 60", "and was given");
	stands("0 in, 60 out", 500, CRM_SLA_FIRST, "met 60 of 60, due 60", "just in time");
	stands("0 in", 60, CRM_SLA_FIRST, "running 60 of 60, due 60", "due this very moment");
	stands("0 in", 61, CRM_SLA_FIRST, "missed 61 of 60, due 60", "missed");
	stands("0 in, 90 out", 500, CRM_SLA_FIRST, "missed over 90 of 60, due 60",
	       "a late answer is a miss whenever one looks");
	stands("0 in, 90 out", 50, CRM_SLA_FIRST, "running 50 of 60, due 60",
	       "a past moment knows nothing of what came later");
	stands("0 in, 1 receipt", 30, CRM_SLA_FIRST, "running 30 of 60, due 60",
	       "a receipt that a program wrote is no answer");
	stands("0 in, 1 note, 2 anna", 30, CRM_SLA_FIRST, "running 30 of 60, due 60",
	       "nor is a note or an assignment");
	stands("0 in, 1 bot", 500, CRM_SLA_FIRST, "paused 1 of 60", "nor what the bot says");
	stands("0 in, 1 bot, 10 in, 40 handover, 50 out", 500, CRM_SLA_FIRST,
	       "met 41 of 60, due 69", "but the clock stands while it waits for the customer");
	is_int(result.since_handover, 10 * MIN, "time since the bot gave up is apart");
	stands("0 in, 1 bot, 2 resolved", 500, CRM_SLA_FIRST, "void 1 of 60",
	       "resolved by the bot alone: neither kept nor broken");
	is_int(result.since_handover, -1, "no time since a handover that never was");
	stands("0 in, 90 resolved", 500, CRM_SLA_FIRST, "missed over 90 of 60, due 60",
	       "to resolve it late without a word is a miss");
	stands("0 out, 30 in", 500, CRM_SLA_FIRST, "none", "a request that we began has none");
	stands("0 in, 10 in, 20 in", 30, CRM_SLA_FIRST, "running 30 of 60, due 60",
	       "who writes again does not start it again");
	stands("0 vacation", 30, CRM_SLA_FIRST, "none", "an auto-reply asks nothing");
	stands("0 in, 20 pending, 50 open, 70 out", 500, CRM_SLA_FIRST, "met 40 of 60, due 90",
	       "a paused status does not count");
	stands("0 in, 20 pending", 500, CRM_SLA_FIRST, "paused 20 of 60", "however long it lasts");
	stands("0 in, 20 snoozed 50", 80, CRM_SLA_FIRST, "running 50 of 60, due 90",
	       "who was put off wakes at the time");
	stands("0 in, 20 snoozed 50", 40, CRM_SLA_FIRST, "paused 20 of 60", "not before");
	stands("0 in, 20 snoozed 50, 30 in", 80, CRM_SLA_FIRST, "missed 70 of 60, due 70",
	       "or when they write");
	sla.pause = 0;
	stands("0 in, 20 pending, 50 open, 70 out", 500, CRM_SLA_FIRST,
	       "missed over 70 of 60, due 60", "\"pause\":[]: every status counts");
}

static void test_next(void)
{
	promise(0, 60, 0);
	stands("0 in, 30 out", 500, CRM_SLA_NEXT, "none", "after the first answer nothing is owed");
	stands("0 in, 30 out, 100 in, 120 in", 150, CRM_SLA_NEXT, "running 50 of 60, due 160",
	       "from the oldest message without an answer");
	stands("0 in, 30 out, 100 in, 190 out, 300 in, 310 out", 500, CRM_SLA_NEXT,
	       "met 10 of 60, due 360", "the last gap");
	is_int(result.gaps, 2, "two gaps");
	is_int(result.gaps_missed, 1, "the one before was missed all the same");
	stands("0 in, 30 out, 100 in", 200, CRM_SLA_NEXT, "missed 100 of 60, due 160", "missed");
	is_int(result.gaps_missed, 1, "an open gap that is late counts");
	stands("0 in, 30 out, 100 in, 120 resolved", 500, CRM_SLA_NEXT, "void 20 of 60",
	       "thanks, and it is resolved");
	stands("0 in, 30 out, 100 in, 120 resolved, 200 in", 230, CRM_SLA_NEXT,
	       "running 30 of 60, due 260", "opened again it is another gap");
	stands("0 in, 30 out, 100 vacation", 230, CRM_SLA_NEXT, "none", "an auto-reply opens none");
	stands("0 out, 10 in", 30, CRM_SLA_NEXT, "running 20 of 60, due 70",
	       "the answer to what we began is answered too");
	stands("0 in, 10 in", 30, CRM_SLA_NEXT, "none", "what the first answer covers is no gap");
}

static void test_resolve(void)
{
	promise(0, 0, 100);
	stands("0 in", 40, CRM_SLA_RESOLVE, "running 40 of 100, due 100", "not resolved yet");
	stands("0 in, 30 out, 60 in, 80 resolved", 500, CRM_SLA_RESOLVE, "met 50 of 100, due 130",
	       "what waits for the customer does not count");
	stands("0 in, 120 resolved", 500, CRM_SLA_RESOLVE, "missed over 120 of 100, due 100",
	       "late but resolved is a miss");
	stands("0 in, 60 resolved, 200 in", 220, CRM_SLA_RESOLVE, "running 80 of 100, due 240",
	       "opened again it goes on where it stood");
	stands("0 in, 60 resolved, 200 in", 150, CRM_SLA_RESOLVE, "met 60 of 100, due 100",
	       "what was met then was met then");
	stands("0 in, 60 resolved, 200 in, 250 resolved", 500, CRM_SLA_RESOLVE,
	       "missed over 110 of 100, due 240", "resolved too late the second time");
	stands("0 in, 60 resolved, 70 resolved", 500, CRM_SLA_RESOLVE, "met 60 of 100, due 100",
	       "resolved twice is resolved the first time");
	stands("0 out, 30 resolved", 500, CRM_SLA_RESOLVE, "met 0 of 100, due 130",
	       "what we began waits for the customer");
	stands("0 resolved", 500, CRM_SLA_RESOLVE, "none", "nothing was said");
	take("0 in, 10 anna", 500);
	ok(crm_slice_is(result.assignee, "anna"), "whose it is");
	take("0 in, 10 anna, 20 nobody", 500);
	ok(!result.assignee.ptr, "and whose no more");
	take("0 in, 10 anna, 20 nobody", 15);
	ok(crm_slice_is(result.assignee, "anna"), "at that time");
}

/* Complaints about desks that count nights and weekends. */
static void test_business(void)
{
	promise(60, 60, 600);
	use_calendar(
		"{\"calendar\":\"c\",\"zone\":\"UTC\",\"hours\":{\"mon-fri\":[\"09:00-17:00\"]}}");
	/* minute 0 is Monday 09:00, 480 is 17:00, 1440 Tuesday 09:00 */
	stands("470 in, 1480 out", 9999, CRM_SLA_FIRST, "met 50 of 60, due 1490",
	       "the night does not count");
	stands("5280 in", 5700, CRM_SLA_FIRST, "running 0 of 60, due 5820",
	       "a message of the night to Friday, before hours");
	stands("0 in, 30 out, 6210 in, 10090 out", 99999, CRM_SLA_NEXT, "met 40 of 60, due 10110",
	       "nor does the weekend");
	stands("0 in, 470 pending, 480 open", 1450, CRM_SLA_RESOLVE, "running 480 of 600, due 1570",
	       "a pause of which only a part was open");
}

/* --- a count minute by minute --- */

static uint64_t dice = 11;
static int roll(int below)
{
	dice = dice * 6364136223846793005u + 1442695040888963407u;
	return (int)((dice >> 33) % (unsigned)below);
}

/* What a clock of this target shows: every minute that is open, and in which it is owed. The
 * rules are written down once more, as plainly as possible. */
static int count(const char *const *what, const int *at, int n, int as_of,
		 enum crm_sla_target target, int *gaps)
{
	bool asked = false, answered = false, gap = false, run = false;
	int used = 0, next = 0;

	*gaps = 0;
	for (int minute = 0; minute <= as_of; minute++) {
		for (; next < n && at[next] == minute; next++) {
			bool in = !strcmp(what[next], "in"), out = !strcmp(what[next], "out");

			if (in && answered && !gap) {
				gap = true, ++*gaps;
				if (target == CRM_SLA_NEXT)
					used = 0;
			}
			asked |= in;
			answered |= out;
			gap &= !out && strcmp(what[next], "resolved") != 0;
			if (in || !strcmp(what[next], "open"))
				run = true;
			else if (strcmp(what[next], "note") != 0)
				run = false;
		}
		if (minute < as_of && run && crm_calendar_is_open(sla.calendar, T0 + minute * MIN))
			used += target == CRM_SLA_FIRST  ? asked && !answered
				: target == CRM_SLA_NEXT ? gap
							 : asked;
	}
	return used;
}

static void test_random(void)
{
	static const char *const kinds[] = {"in",   "in",  "out",     "open",
					    "note", "out", "pending", "resolved"};
	int wrong[CRM_SLA_TARGETS] = {0}, wrong_gaps = 0, wrong_due = 0;

	promise(300, 200, 900);
	use_calendar("{\"calendar\":\"c\",\"zone\":\"UTC\",\"hours\":{\"mon\":[\"10:00-12:00\","
		     "\"13:00-18:00\"],\"tue\":[\"22:00-05:00\"],\"wed\":[\"00:00-24:00\"]}}");
	for (int round = 0; round < 2000; round++) {
		const char *what[12];
		int at[12], n = 1 + roll(12), last = 0, gaps;
		struct crm_str events = CRM_STR_INIT;

		for (int i = 0; i < n; i++) {
			what[i] = i ? kinds[roll(8)] : "in";
			at[i] = last += i ? roll(600) : 0;
			crm_str_addf(&events, "%d %s, ", at[i], what[i]);
		}
		last += roll(600);
		take(events.ptr, last);
		for (int i = 0; i < CRM_SLA_TARGETS; i++) {
			struct crm_sla_standing *is = &result.of[i];

			wrong[i] += is->used / MIN
				    != count(what, at, n, last, (enum crm_sla_target)i, &gaps);
			wrong_due += is->state == CRM_SLA_RUNNING
				     && crm_calendar_between(sla.calendar, T0 + last * MIN, is->due)
						!= is->left;
			wrong_due += is->state == CRM_SLA_MISSED && is->due > T0 + last * MIN;
		}
		wrong_gaps += gaps != result.gaps;
		crm_str_release(&events);
	}
	is_int(wrong[0], 0, "2000 random requests: first");
	is_int(wrong[1], 0, "next");
	is_int(wrong[2], 0, "resolve");
	is_int(wrong_gaps, 0, "gaps");
	is_int(wrong_due, 0, "what is due agrees with what is left");
}

int main(void)
{
	walk = crm_sla_walk_new();
	test_first();
	test_next();
	test_resolve();
	test_business();
	test_random();
	crm_sla_walk_free(walk);
	crm_calendars_free(calendars);
	return done();
}
