/* SPDX-License-Identifier: MIT */
/*
 * reason: why a message was not delivered, out of what its refuser wrote. The rules are two
 * tables of reason.c, wordings and codes; this is their vocabulary:
 *
 *	userunknown   nobody has the address           spamdetected  taken for spam
 *	hostunknown   its domain is not there          virusdetected taken for a virus
 *	hasmoved      its owner has another one now    authfailure   SPF, DKIM, DMARC
 *	suspend       the mailbox is switched off      blocked       the sending host
 *	notaccept     the domain takes no mail         ratelimited   too much at once
 *	mailboxfull   full                             norelaying    not that host's mail
 *	mesgtoobig    too large                        rejected      the sender's address
 *	expired       given up after trying            policy        a rule of the receiver
 *	networkerror  no connection                    filtered      the recipient's own wish
 *	systemerror   something is broken there        contenterror  not well formed
 *	onhold        held back, and not said why      undefined     nothing we know
 *
 * The first five are hard: the address itself does not work, and mail to it is not to be
 * tried again. All others say something of the message, the sender or the moment.
 *
 * Codes: RFC 3463 and the IANA registry of enhanced status codes; RFC 7504 and 7505.
 */
#ifndef CRM_REASON_H
#define CRM_REASON_H

#include "base/str.h"
#include "base/words.h"

struct crm_reason {
	const char *name;
	bool hard;
};

/* Appends text as it is searched for wordings: ASCII in lower case, each run of blanks one,
 * without addresses and links, which may hold any word at all. */
void crm_reason_words(struct crm_slice text, struct crm_str *out);

/* Does words (see above) hold the phrase? A * in it stands for up to 60 bytes. */
bool crm_reason_phrase(struct crm_slice words, const char *phrase);

/* Many phrases, which are looked for in one pass. Filled once, then only read. */
struct crm_phrases {
	const char *table; /* borrowed: n structures of size bytes, the first at a phrase */
	size_t size;
	struct crm_words index;
};
/* first: where the first of n structures of size bytes points to its phrase, which begins
 * with three bytes and more before any *. */
void crm_phrases_init(struct crm_phrases *phrases, const void *first, size_t n, size_t size);
/* The number, from 1, of the first phrase of the table that words hold; 0: they hold none. */
size_t crm_phrases_find(const struct crm_phrases *phrases, struct crm_slice words);

/* What the wording says, else NULL. Static. */
const struct crm_reason *crm_reason_worded(struct crm_slice words);
/* What an enhanced status ("5.1.1") says by itself, else NULL. Static. */
const struct crm_reason *crm_reason_coded(const char *code);
/* What an SMTP reply ("552") says by itself, else NULL. Static. */
const struct crm_reason *crm_reason_replied(const char *reply);
/* By its name, else NULL. Static. */
const struct crm_reason *crm_reason_named(const char *name);

#endif
