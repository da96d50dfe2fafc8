/* SPDX-License-Identifier: MIT */
/*
 * outbox: what is to be sent, kept until it is known what became of it.
 *
 * A message is queued under a key and only once; what it says and where it goes is fixed then.
 *
 *	queued → claimed → sent → (told by events: failed, delivered, read, complained)
 *	   ↑         ├───→ failed     refused for good, or given up
 *	   └─────────┤                not accepted for now: due again later
 *	             └───→ unknown    it may have arrived or not
 *	skipped: a gate forbids it (reply/gates.h); cancelled: somebody did
 *
 * That a sender holds a message (claim) and that it begins a try (a row in attempt) are on disk
 * before the first byte goes out. So when it is killed, its lease runs out, and a message whose
 * try had begun is unknown, all others are queued again. An unknown one is sent again only when
 * somebody asks for it, under the same key and Message-ID; unless the other side tells us of it
 * before: then it was sent.
 *
 * Messages of one conversation leave in the order they were queued; one that has to wait holds
 * back those after it.
 *
 * All functions but those of a sender run inside the caller's transaction.
 */
#ifndef CRM_OUTBOX_H
#define CRM_OUTBOX_H

#include "base/mem.h"
#include "reply/attach.h"
#include "store/db.h"
#include "store/journal.h"

/* ---- queueing ---- */

struct crm_outgoing { /* what is to be queued; all borrowed for the call */
	struct crm_slice key;
	const char *kind;                        /* reply, notice, campaign */
	const char *purpose;                     /* service, marketing … */
	int64_t conversation, profile, endpoint; /* 0: none */
	int64_t source;                          /* the channel: crm_outbox_source */
	struct crm_slice account, address, to_name;
	struct crm_slice agent;     /* who wrote it; {0}: nobody */
	struct crm_slice automatic; /* {0}: a person wrote it; auto-reply, bot, campaign … */
	struct crm_slice template, campaign, unsubscribe;
	struct crm_slice subject, text, html;
	struct crm_slice message_id, in_reply_to; /* mail */
	struct crm_slice references;              /* mail: a JSON array of ids; {0}: none */
	struct crm_slice about, thread;
	struct crm_slice variables;    /* a JSON object; {0}: none */
	const struct crm_files *files; /* NULL: none */
	int64_t due_at;                /* 0: now */
	int64_t expires_at;            /* 0: never */
	const char *state;             /* queued (NULL too) or skipped */
	struct crm_slice reason, detail;
};

/* Queues it. *id is its row; *added false: that key was there already, and nothing was done. */
enum crm_status crm_outbox_add(struct crm_db *db, const struct crm_outgoing *out, int64_t *id,
			       bool *added);
/* The id of the source of a channel and scope, made when there is none. */
enum crm_status crm_outbox_source(struct crm_db *db, const char *channel, const char *scope,
				  const char *medium, int64_t *id);
/* The id of the endpoint of an address (kind email, phone, handle), made when there is none. */
enum crm_status crm_outbox_endpoint(struct crm_db *db, const char *kind, struct crm_slice scope,
				    struct crm_slice value, int64_t *id);

/* ---- looking and meddling ---- */

struct crm_delivery { /* what a delivery line says in short */
	char state[16], reason[32];
};
/* Appends the delivery line of a message and a newline; CRM_NO_INPUT: there is none. tries: each
 * of them too, as a list. */
enum crm_status crm_outbox_put(struct crm_db *db, int64_t id, bool tries, struct crm_str *out,
			       struct crm_delivery *delivery);
/* Is it a state as delivery lines have them? */
bool crm_outbox_is_state(const char *name);
/* Appends the ids of what would be sent now, in order. */
struct crm_ids;
enum crm_status crm_outbox_due(struct crm_db *db, struct crm_ids *ids);
/* The delivery lines of all in a state as outbox_now says it (NULL: any), oldest first; each is
 * borrowed for the call. */
enum crm_status crm_outbox_each(struct crm_db *db, const char *state,
				void (*each)(const struct crm_str *line, void *data), void *data);
/* Puts a failed, skipped, unknown or cancelled one into the queue again, its tries counted anew;
 * a queued one is due at once. CRM_NO_INPUT: there is none; CRM_DATA: it was sent, or is being
 * sent. */
enum crm_status crm_outbox_retry(struct crm_db *db, int64_t id);
/* The same for all that are unknown; ids gets which. */
enum crm_status crm_outbox_retry_unknown(struct crm_db *db, struct crm_ids *ids);
/* CRM_DATA when it is not queued any more. */
enum crm_status crm_outbox_cancel(struct crm_db *db, int64_t id);
/* An address gets nothing any more (purpose "": whatever it is for). */
enum crm_status crm_outbox_suppress(struct crm_db *db, int64_t endpoint, const char *purpose,
				    const char *reason, const char *actor);
/* It may get messages again, also if it bounced or complained; not if it was erased. *n: how
 * much there was to take back. */
enum crm_status crm_outbox_unsuppress(struct crm_db *db, int64_t endpoint, int64_t *n);

/* ---- sending ---- */

struct crm_claimed { /* a message that a sender holds; its text lies in the claim's arena */
	int64_t id, conversation, profile, endpoint, source;
	const char *kind, *purpose, *channel, *scope;
	struct crm_slice key, account, address, agent, automatic, message_id, message, template;
	int64_t queued_at, expires_at; /* expires_at 0: never */
	int64_t attempts;              /* before this one */
	int64_t n;                     /* number of the try that was begun */
};

#define CRM_CLAIM_MAX 16
#define CRM_CLAIM_LEASE (5 * 60 * 1000) /* ms; renewed with each try */

struct crm_claim {
	char token[33]; /* the sender's */
	struct crm_claimed list[CRM_CLAIM_MAX];
	size_t n;
	struct crm_arena arena;
};

/* Ends leases that ran out, takes what was told of unknown ones into account (proved gets the
 * ids of those now sent, lost of those now unknown; either may be NULL), and claims what is due
 * up to CRM_CLAIM_MAX, first due first. claim is {0} before the first call. */
enum crm_status crm_claim_take(struct crm_db *db, struct crm_journal *journal,
			       struct crm_claim *claim, struct crm_ids *proved,
			       struct crm_ids *lost);
void crm_claim_release(struct crm_claim *claim); /* memory only */

/* A message of whatever state, as a sender would have it. CRM_NO_INPUT: there is none. */
enum crm_status crm_claim_peek(struct crm_db *db, int64_t id, struct crm_arena *arena,
			       struct crm_claimed *message);
/* The address does not work: the other side said so. */
enum crm_status crm_outbox_bounced(struct crm_db *db, int64_t endpoint);

/* Begins a try, and renews the leases of the claim. *mine false: it is not ours any more (the
 * lease ran out): do not send it. */
enum crm_status crm_claim_begin(struct crm_db *db, const struct crm_claim *claim,
				struct crm_claimed *message, bool *mine);

enum crm_fate {
	CRM_FATE_SENT,
	CRM_FATE_RETRY, /* due again at due_at */
	CRM_FATE_FAILED,
	CRM_FATE_UNKNOWN,
	CRM_FATE_SKIPPED,
	CRM_FATE_BACK /* no try was made: queued, due at due_at */
};
struct crm_settlement {
	enum crm_fate fate;
	const char *reason; /* static; NULL: none */
	struct crm_slice detail;
	struct crm_slice sent_key; /* SENT: what the channel calls it; empty: the outbox's key */
	int64_t due_at;            /* RETRY, BACK */
	int64_t at;                /* SENT: when; 0: now */
	/* Of the try, where one was made: */
	const char *outcome; /* NULL: none was */
	int code;
	int64_t retry_after; /* ms; -1: not asked */
};
/* Says what became of it; if it was sent, as an event too. One that is not ours any more only
 * changes from unknown to sent. */
enum crm_status crm_claim_settle(struct crm_db *db, struct crm_journal *journal,
				 const struct crm_claim *claim, const struct crm_claimed *message,
				 const struct crm_settlement *settlement);

/* When the next one is due (ms); INT64_MAX: none is queued. Those held back do not count. */
enum crm_status crm_outbox_next(struct crm_db *db, int64_t *due_at);
/* How many tries an account of a channel began since then, to one address ({0}: to any). */
enum crm_status crm_outbox_tries(struct crm_db *db, int64_t source, struct crm_slice account,
				 struct crm_slice address, int64_t since, int64_t *n);

#endif
