/* SPDX-License-Identifier: MIT */
/*
 * presence: what agents say of themselves, and whether they are on duty.
 *
 * The table presence is append only. Of what an agent said, the latest that still holds counts:
 * `--away --for 2h` within a holiday ends after two hours, and the holiday goes on.
 *
 * On duty is who has an open calendar (or none), has not said to be away or offline, and, where
 * the file of agents has "presence":"required", has said to be online. To say online does not
 * open a calendar.
 *
 * All is a function of the store and a moment: duty can be asked for on a past date.
 */
#ifndef CRM_PRESENCE_H
#define CRM_PRESENCE_H

#include "route/agents.h"
#include "route/calendar.h" /* CRM_NEVER */
#include "store/db.h"

enum crm_presence_state {
	CRM_PRESENT_UNSAID, /* nothing that still holds */
	CRM_PRESENT_ONLINE,
	CRM_PRESENT_AWAY,
	CRM_PRESENT_OFFLINE,
	CRM_PRESENT_STATES
};
extern const char *const crm_presence_names[CRM_PRESENT_STATES]; /* unsaid, online … */

enum crm_off { /* why somebody is not on duty */
	CRM_ON_DUTY,
	CRM_OFF_CALENDAR, /* outside their hours */
	CRM_OFF_AWAY,
	CRM_OFF_OFFLINE, /* said so, or must say online and has not */
	CRM_OFF_GONE     /* no longer in the file of agents */
};

struct crm_duty {
	enum crm_off off;
	enum crm_presence_state state;
	int64_t since; /* when that state was said; UNSAID: when the last one ended, 0: never */
	int64_t until; /* when duty ends, or off duty when it begins again; CRM_NEVER: not known */
	const char *reason; /* as given with the state, NULL; borrowed until the next load */
};

struct crm_duties {
	struct crm_duty *of; /* by index of the agent */
	size_t n;
	int64_t changes; /* the first moment at which any of it may be different: load again then */
	struct crm_arena arena;
};
#define CRM_DUTIES_INIT                    \
	{                                  \
		NULL, 0, 0, CRM_ARENA_INIT \
	}

/* Works out the duty of all agents at a moment (ms), in place of what was there. */
enum crm_status crm_duties_load(struct crm_duties *duties, struct crm_db *db,
				const struct crm_agents *agents, int64_t at);
void crm_duties_release(struct crm_duties *duties);

/* Notes what an agent says from crm_db_now on; until: ms, CRM_NEVER: until something later
 * holds. reason may be NULL. In the caller's transaction. */
enum crm_status crm_presence_add(struct crm_db *db, const char *agent,
				 enum crm_presence_state state, int64_t until, const char *actor,
				 const char *reason);

struct crm_presence_row {
	const char *agent, *actor, *reason; /* reason may be NULL */
	enum crm_presence_state state;
	int64_t at, until;
};
/* Calls each for what was said up to a moment by one agent, or by all (NULL), oldest first. The
 * row is borrowed for the call. */
enum crm_status crm_presence_each(struct crm_db *db, const char *agent, int64_t as_of,
				  void (*each)(const struct crm_presence_row *row, void *data),
				  void *data);

#endif
