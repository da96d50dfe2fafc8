/* SPDX-License-Identifier: MIT */
/*
 * agents: who answers. The file `agents` of the configuration folder, a JSON line each (blank
 * lines and lines that begin with # are skipped):
 *
 *	{"agent":"anna","name":"Anna Berg","teams":["support"],"skills":["refund"],
 *	 "languages":["de","en"],"channels":["email","chat"],"capacity":{"*":8,"chat":3},
 *	 "calendar":"berlin","presence":"required",
 *	 "notify":{"channel":"email","address":"anna@shop.example"}}
 *
 * Only agent is needed, the name by which all else calls them. A list that is not there means
 * any of them, an empty one none. Of languages only the first subtag counts: who speaks de is
 * given de-AT. channels and capacity name media (email, chat …) or channels (whatsapp-cloud …).
 * Without a calendar an agent is always on duty; with "presence":"required" only while they
 * say that they are online (presence.h).
 *
 * The file is small, and read whole at the start of a command. Agents are in the order of
 * their names, so that their index is an order too; indexes hold until release.
 */
#ifndef CRM_AGENTS_H
#define CRM_AGENTS_H

#include <stdbool.h>

#include "base/mem.h"
#include "base/status.h"
#include "base/str.h"

struct crm_calendar;
struct crm_calendars;

#define CRM_AGENTS_MAX 10000
/* For an agent without a capacity: never full, and as busy as one with this capacity. */
#define CRM_CAPACITY_USUAL 10

struct crm_names {
	const char **names; /* as written; of languages the first subtag in lower case */
	size_t n;
	bool any; /* no list: each of them will do */
};

struct crm_limit {
	const char *of; /* a medium or a channel */
	int most;       /* requests of it at once */
};

struct crm_agent {
	const char *agent; /* no blanks, at most 64 bytes */
	const char *name;  /* for people; agent where there is none */
	struct crm_names teams, skills, languages, channels;
	int capacity; /* requests at once, of all kinds; -1: no limit */
	struct crm_limit *limits;
	size_t n_limits;
	const char *calendar_name;           /* NULL: always open */
	const struct crm_calendar *calendar; /* NULL also when calendars were not given */
	bool presence_required;
	const char *notify_channel, *notify_address; /* both or neither: NULL */
	int64_t line;
};

struct crm_agents {
	struct crm_agent *list; /* by name */
	size_t n, cap;
	struct crm_arena arena;
};
#define CRM_AGENTS_INIT                    \
	{                                  \
		NULL, 0, 0, CRM_ARENA_INIT \
	}

/* Loads DIR/agents into *agents, which must be as by CRM_AGENTS_INIT; no such file is no
 * error: nobody. Calendars that agents name are looked up in calendars, which must live as
 * long; NULL: they are not. CRM_CONFIG with file and line of what is wrong. agents is to be
 * released in any case. */
enum crm_status crm_agents_load(struct crm_agents *agents, const char *dir,
				const struct crm_calendars *calendars, struct crm_err *err);
/* The same from bytes; file is for error texts. */
enum crm_status crm_agents_read(struct crm_agents *agents, const char *text, size_t len,
				const char *file, const struct crm_calendars *calendars,
				struct crm_err *err);
void crm_agents_release(struct crm_agents *agents);

/* The agent of that name, NULL: none. Borrowed until release. */
const struct crm_agent *crm_agents_find(const struct crm_agents *agents, struct crm_slice agent);
/* Appends their names as a JSON array, in their order: for SQL. */
void crm_agents_json(const struct crm_agents *agents, struct crm_str *out);
/* Is it one of the names, or are all? */
bool crm_names_has(const struct crm_names *names, struct crm_slice name);
/* The part of a language tag that counts: de of DE-at. It is written to buf. */
#define CRM_LANGUAGE_SIZE 9
struct crm_slice crm_language_primary(struct crm_slice tag, char buf[CRM_LANGUAGE_SIZE]);

#endif
