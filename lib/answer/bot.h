/* SPDX-License-Identifier: MIT */
/*
 * bot: what becomes of a message: an article answers it, a person is to have it, or nothing
 * is to be done by the bot.
 *
 * The bot deals with messages that a person wrote to us lately (max_age: an archive that is
 * read in is not answered), in requests that no person of ours has: not assigned, none of ours
 * wrote in them, not resolved, not handed over before. Then, in this order,
 *
 *	thanked      behind an answer of the bot, and the rules call it thanks: the request is
 *		     resolved
 *	asked, complaint …
 *		     the rules say that a person is to have it
 *	second_failure
 *		     the bot answered twice, and they write again
 *	no_article   nothing was found, or nothing that is an answer
 *	repeated     the article was sent to them already
 *	unsure       the confidence is below the threshold
 *
 * are told; else the article is the answer. Each message is dealt with once: what was made of
 * it stays in table answer, with the line that was printed, and the same line is printed again
 * when it comes again. So a run that died before it printed is made good by the next one, and
 * who reads the lines does nothing twice (a reply has an id, an assigned request is left
 * alone).
 *
 * Handovers and thanks are events (store/journal.h), answers become events when they are sent.
 */
#ifndef CRM_BOT_H
#define CRM_BOT_H

#include "answer/confidence.h"
#include "answer/policy.h"
#include "answer/search.h"
#include "store/journal.h"
#include "store/people.h"

enum crm_bot_verdict {
	CRM_BOT_PASSED, /* not the bot's: the line goes on as it is */
	CRM_BOT_ANSWERED,
	CRM_BOT_HANDED_OVER,
	CRM_BOT_THANKED
};

#define CRM_BOT_FAILURES 2      /* answers after which a person is to have it */
#define CRM_BOT_ANSWER_MAX 1200 /* bytes of an article that are sent */
#define CRM_BOT_THRESHOLD 0.8
#define CRM_BOT_MAX_AGE (3LL * 24 * 3600 * 1000)
#define CRM_BOT_RELEARN 3600000 /* ms after which outcomes are looked at again */

struct crm_bot {
	struct crm_db *db;
	struct crm_terms *terms;
	struct crm_policy *policy;
	struct crm_journal *journal; /* NULL: dry, nothing is written */
	double threshold;
	int64_t max_age; /* ms: older messages are not answered any more */
	struct crm_confidence confidence;
	int64_t learnt_at; /* 0: not yet */
	struct crm_search search;
	struct crm_str text, raw;
};
/* The bot borrows all that is in it but what it made itself; release frees that. */
void crm_bot_init(struct crm_bot *bot, struct crm_db *db, struct crm_terms *terms,
		  struct crm_policy *policy, struct crm_journal *journal);
void crm_bot_release(struct crm_bot *bot);

/* Deals with an event, in the caller's transaction. line: what it came by, may be NULL. Appends
 * the line that takes its place to out, unless it is passed. CRM_NO_INPUT: there is no such
 * event. */
enum crm_status crm_bot_message(struct crm_bot *bot, int64_t event, const struct crm_json_doc *line,
				struct crm_str *out, enum crm_bot_verdict *verdict);

/* The events that wait: of each request that nobody has, the latest message of theirs; those
 * that wait longest first. */
enum crm_status crm_bot_waiting(struct crm_db *db, struct crm_ids *events);

#endif
