/* SPDX-License-Identifier: MIT */
/*
 * sla: by when we promised to answer, and whether we did.
 *
 * A policy is a line of the rules (rule/rule.h; the first whose condition holds applies):
 *
 *	{"sla":"gold","if":{…},"first":"1h","next":"2h","resolve":"2d","calendar":"berlin",
 *	 "pause":["pending","snoozed"],"warn":"15m"}
 *
 * Three targets, each optional:
 *
 *	first    from the first message to the first answer of a person
 *	next     after that, from their oldest unanswered message to the answer of a person;
 *	         every such gap counts, not only the last
 *	resolve  from the first message until it is resolved; one that is opened again goes on
 *	         where it stood: what was used before counts, the time it was resolved does not
 *
 * An answer is a message or call of ours that no program made: neither auto-replies nor the bot
 * answer for us. While the bot talks the request is pending, so by "pause" the clocks stand;
 * since_handover tells how long a person took once the bot gave up. A request that we began
 * has no first answer. A note answers nothing.
 *
 * Clocks count open time of the calendar (none: all time). They stand while the status is one
 * of "pause" (pending and snoozed where it does not say; [] none) or resolved. A snoozed request
 * wakes at the time that was set.
 *
 * All is computed from the events up to a moment and nothing else, so a late answer is a miss
 * whenever one looks, and any past date gives what it gave then, but for the policy: which one
 * applies is found with what is known of the request now. Met on the millisecond it is due is
 * met.
 */
#ifndef CRM_SLA_H
#define CRM_SLA_H

#include "base/mem.h"
#include "route/calendar.h"
#include "store/request.h"

enum crm_sla_target {
	CRM_SLA_FIRST,
	CRM_SLA_NEXT,
	CRM_SLA_RESOLVE,
	CRM_SLA_TARGETS
};
extern const char *const crm_sla_target_names[CRM_SLA_TARGETS];

enum crm_sla_state {
	CRM_SLA_NONE, /* nothing promised, or nothing asked yet */
	CRM_SLA_RUNNING,
	CRM_SLA_PAUSED,
	CRM_SLA_MET,
	CRM_SLA_MISSED, /* whether or not it is done by now: see over */
	CRM_SLA_VOID,   /* in time, it came to nothing: resolved without an answer */
	CRM_SLA_STATES
};
extern const char *const crm_sla_state_names[CRM_SLA_STATES];

enum crm_sla_status { /* bits of pause */
	CRM_SLA_NEW = 1,
	CRM_SLA_OPEN = 2,
	CRM_SLA_PENDING = 4,
	CRM_SLA_SNOOZED = 8,
	CRM_SLA_RESOLVED = 16
};

/* A policy. */
struct crm_sla {
	const char *name;
	int64_t target[CRM_SLA_TARGETS]; /* ms of open time; 0: nothing promised */
	const struct crm_calendar *calendar;
	unsigned pause;     /* statuses in which clocks stand */
	int64_t warn;       /* ms of open time before it is due; 0: not told */
	uint32_t condition; /* rule/rule.h */
};

/* How it stands with a target; of next with the gap that is open, else the last. */
struct crm_sla_standing {
	enum crm_sla_state state;
	bool over;       /* nothing is owed any more */
	int64_t started; /* the message that began it; 0: none */
	int64_t due;     /* ms; 0 while paused, and where there is no such time */
	int64_t met;     /* when it was answered or resolved; 0: not yet */
	int64_t used;    /* open time, ms */
	int64_t left;    /* to the target; negative: over it */
};

struct crm_sla_result {
	int64_t conversation; /* set by crm_sla_each */
	const struct crm_sla *sla;
	struct crm_slice assignee; /* at that moment; {NULL, 0}: nobody. Borrowed: until the next
				    * request begins */
	struct crm_sla_standing of[CRM_SLA_TARGETS];
	int64_t gaps, gaps_missed; /* of next: all that began, an open one included */
	int64_t since_handover;    /* open time from the bot's handing over to the first answer of
				    * a person; -1: not both happened */
};

/* The events of one request, one by one, in CRM_EVENT_ORDER. */
struct crm_sla_walk;
struct crm_sla_walk *crm_sla_walk_new(void); /* new: free it with crm_sla_walk_free */
void crm_sla_walk_free(struct crm_sla_walk *walk);
/* Another request begins; sla is borrowed until its end. */
void crm_sla_walk_begin(struct crm_sla_walk *walk, const struct crm_sla *sla);
/* until: when it wakes, of an event that snoozes it; 0: no time was set. */
void crm_sla_walk_take(struct crm_sla_walk *walk, int64_t at, const struct crm_said *said,
		       int64_t until);
/* How it stands at a moment, which is not before the last event. */
void crm_sla_walk_end(struct crm_sla_walk *walk, int64_t as_of, struct crm_sla_result *out);

/*
 * Escalations are lines of the rules too:
 *
 *	{"escalate":"chief","on":"due","within":"30m","target":"first","if":{…},
 *	 "do":{"priority":"urgent","queue":"lead","assign":"chief","notify":"lead"}}
 *
 * It acts on a target that is still owed: on "due" when no more than within is left (or when
 * it was missed and nobody looked until then), on "missed" when it was passed. Once for each
 * (escalation, request, target, due time): the act is an event of type escalation of that
 * key, so to run it twice, or two at once, does nothing more. assign "none" gives a request
 * back to its queue; notify "assignee" is who has it, before anything was done.
 */
struct crm_escalation {
	const char *name;
	bool missed;                         /* on "missed" */
	int64_t within;                      /* ms of open time */
	bool targets[CRM_SLA_TARGETS];       /* of these */
	uint32_t condition;                  /* rule/rule.h */
	int priority;                        /* enum crm_priority; -1: as it is */
	const char *queue, *assign, *notify; /* NULL: as it is, nobody */
};

struct crm_agents;

struct crm_slas {
	/* To be set before lines are read; borrowed. */
	const struct crm_calendars *calendars;
	const struct crm_agents *agents; /* NULL: whom an escalation names is not checked */
	struct crm_sla *list;
	struct crm_escalation *escalations;
	size_t n, cap, n_escalations, cap_escalations;
	struct crm_arena texts;
};
void crm_slas_release(struct crm_slas *slas);

struct crm_rule_line;
/* Read a line of kind "sla", of kind "escalate", into data, a struct crm_slas: for struct
 * crm_rule_kind. Names are valid while the rules live. */
enum crm_status crm_sla_read(const struct crm_rule_line *line, void *data);
enum crm_status crm_escalation_read(const struct crm_rule_line *line, void *data);

struct crm_facts;
struct crm_judge;

/* What is looked at, when. All borrowed. */
struct crm_sla_job {
	struct crm_db *db;
	const struct crm_slas *slas;
	struct crm_facts *facts; /* NULL: only policies without a condition apply */
	struct crm_judge *judge;
	int64_t as_of;
};

/* Called for each request that has a policy; judge (may be NULL) has its facts. What it
 * returns but CRM_OK ends it. */
typedef enum crm_status crm_sla_each_fn(const struct crm_sla_result *result,
					struct crm_judge *judge, void *data);
/* Each of these requests (which get sorted), by id; NULL: all that were not resolved at that
 * moment. Within one snapshot when the caller is in a transaction. */
enum crm_status crm_sla_each(const struct crm_sla_job *job, struct crm_ids *conversations,
			     crm_sla_each_fn *each, void *data);

/* Appends a line of type due (crm-records(5)) for each target that is still owed and is due
 * within so much open time (ms; -1: the warn of its policy), or over; those due first first. */
enum crm_status crm_sla_due(const struct crm_sla_job *job, int64_t within, struct crm_str *lines);

/* An act, for whoever tells agents of it. Borrowed for the call. */
struct crm_sla_act {
	const struct crm_escalation *escalation;
	const struct crm_sla *sla;
	const char *agent; /* who is to be told: a name, not "assignee"; NULL: nobody */
	int64_t conversation;
	int64_t event; /* of type escalation */
	enum crm_sla_target target;
	struct crm_sla_standing is;
};
/* Called within the transaction, after each act; another status than CRM_OK undoes all. */
typedef enum crm_status crm_sla_tell_fn(const struct crm_sla_act *act, void *data);

/* Does what the escalations say, in a transaction of its own, as events of command, and appends
 * a line of type escalation for each act, by conversation and due time. dry: only says so. tell
 * may be NULL. */
enum crm_status crm_sla_escalate(const struct crm_sla_job *job, const char *command, bool dry,
				 crm_sla_tell_fn *tell, void *data, struct crm_str *lines);

#endif
