/* SPDX-License-Identifier: MIT */
/* Codes alone do not say why: 5.7.1 is anything, 5.1.1 is also given to a message that its
 * receiver takes for spam, and old hosts give no code at all. So what is written in words
 * counts first, and of it what accuses the message or its sender before what is said of the
 * recipient: an address must not be taken for dead because our mail was bad. */
#include "ingest/reason.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

enum why {
	USERUNKNOWN,
	HOSTUNKNOWN,
	HASMOVED,
	SUSPEND,
	NOTACCEPT,
	MAILBOXFULL,
	MESGTOOBIG,
	EXPIRED,
	NETWORKERROR,
	SYSTEMERROR,
	ONHOLD,
	SPAMDETECTED,
	VIRUSDETECTED,
	AUTHFAILURE,
	BLOCKED,
	RATELIMITED,
	NORELAYING,
	REJECTED,
	POLICY,
	FILTERED,
	CONTENTERROR,
	UNDEFINED,
	WHYS
};

static const struct crm_reason reasons[WHYS] = {
	[USERUNKNOWN] = {"userunknown", true},
	[HOSTUNKNOWN] = {"hostunknown", true},
	[HASMOVED] = {"hasmoved", true},
	[SUSPEND] = {"suspend", true},
	[NOTACCEPT] = {"notaccept", true},
	[MAILBOXFULL] = {"mailboxfull", false},
	[MESGTOOBIG] = {"mesgtoobig", false},
	[EXPIRED] = {"expired", false},
	[NETWORKERROR] = {"networkerror", false},
	[SYSTEMERROR] = {"systemerror", false},
	[ONHOLD] = {"onhold", false},
	[SPAMDETECTED] = {"spamdetected", false},
	[VIRUSDETECTED] = {"virusdetected", false},
	[AUTHFAILURE] = {"authfailure", false},
	[BLOCKED] = {"blocked", false},
	[RATELIMITED] = {"ratelimited", false},
	[NORELAYING] = {"norelaying", false},
	[REJECTED] = {"rejected", false},
	[POLICY] = {"policy", false},
	[FILTERED] = {"filtered", false},
	[CONTENTERROR] = {"contenterror", false},
	[UNDEFINED] = {"undefined", false},
};

/* The first phrase that is found decides. */
static const struct {
	enum why why;
	const char *phrase;
} wordings[] = {
	/* The message. */
	{VIRUSDETECTED, "virus detected"},
	{VIRUSDETECTED, "virus found"},
	{VIRUSDETECTED, "contains a virus"},
	{VIRUSDETECTED, "infected with"},
	{VIRUSDETECTED, "contained a virus"},
	{VIRUSDETECTED, "malware"},
	{AUTHFAILURE, "dmarc"},
	{AUTHFAILURE, "spf fail"},
	{AUTHFAILURE, "spf check"},
	{AUTHFAILURE, "fails spf"},
	{AUTHFAILURE, "failed spf"},
	{AUTHFAILURE, "spf validation"},
	{AUTHFAILURE, "sender policy framework"},
	{AUTHFAILURE, "dkim"},
	{AUTHFAILURE, "authentication checks failed"},
	{AUTHFAILURE, "unauthenticated email"},
	{AUTHFAILURE, "not have authentication information"},
	{AUTHFAILURE, "sender is unauthenticated"},
	{AUTHFAILURE, "senders are required to authenticate"},
	{SPAMDETECTED, "considered * spam"},
	{SPAMDETECTED, "identified as spam"},
	{SPAMDETECTED, "classified as spam"},
	{SPAMDETECTED, "marked as spam"},
	{SPAMDETECTED, "detected as spam"},
	{SPAMDETECTED, "looks like spam"},
	{SPAMDETECTED, "appears to be spam"},
	{SPAMDETECTED, "appears to be unsolicited"},
	{SPAMDETECTED, "likely unsolicited"},
	{SPAMDETECTED, "suspected spam"},
	{SPAMDETECTED, "probable spam"},
	{SPAMDETECTED, "spam message"},
	{SPAMDETECTED, "spam detected"},
	{SPAMDETECTED, "spam content"},
	{SPAMDETECTED, "spam classification"},
	{SPAMDETECTED, "spam score"},
	{SPAMDETECTED, "rejected * spam"},
	{SPAMDETECTED, "blocked * spam"},
	{SPAMDETECTED, "reject, * spam"},
	{SPAMDETECTED, "content rejected, ube"},
	{SPAMDETECTED, "message content rejected"},
	{SPAMDETECTED, "unsolicited bulk"},
	{SPAMDETECTED, "high probability of spam"},
	{SPAMDETECTED, "message refused by spam"},
	{SPAMDETECTED, "spamming"},
	{CONTENTERROR, "not rfc 5322 compliant"},
	{CONTENTERROR, "not rfc 2822 compliant"},
	{CONTENTERROR, "not rfc 822 compliant"},
	{CONTENTERROR, "header error"},
	{CONTENTERROR, "malformed address"},
	{CONTENTERROR, "improper use of 8-bit"},
	{CONTENTERROR, "attachment * not allowed"},
	{CONTENTERROR, "attachment * blocked"},
	{CONTENTERROR, "illegal attachment"},
	{CONTENTERROR, "missing * header"},
	{CONTENTERROR, "multiple from headers"},
	{MESGTOOBIG, "message too large"},
	{MESGTOOBIG, "message too big"},
	{MESGTOOBIG, "message is too large"},
	{MESGTOOBIG, "message is too big"},
	{MESGTOOBIG, "message size exceeds"},
	{MESGTOOBIG, "message file too big"},
	{MESGTOOBIG, "message length exceeds"},
	{MESGTOOBIG, "size exceeds * limit"},
	{MESGTOOBIG, "exceeds * message size"},
	{MESGTOOBIG, "exceeded * size limit"},
	{MESGTOOBIG, "recipsizelimit"},
	{MESGTOOBIG, "max message size exceeded"},
	{MESGTOOBIG, "maximum message size"},
	/* The sending host. */
	{RATELIMITED, "too many connections"},
	{RATELIMITED, "too many messages"},
	{RATELIMITED, "too many recipients"},
	{RATELIMITED, "too much mail"},
	{RATELIMITED, "rate limit"},
	{RATELIMITED, "rate-limit"},
	{RATELIMITED, "ratelimit"},
	{RATELIMITED, "throttl"},
	{RATELIMITED, "relay quota"},
	{RATELIMITED, "daily * quota"},
	{RATELIMITED, "sending quota"},
	{RATELIMITED, "sending limit"},
	{RATELIMITED, "daily sending"},
	{RATELIMITED, "unusual rate"},
	{RATELIMITED, "concurrent connection"},
	{BLOCKED, "reverse dns"},
	{BLOCKED, "rdns"},
	{BLOCKED, "ptr record"},
	{BLOCKED, "no ptr"},
	{BLOCKED, "blacklist"},
	{BLOCKED, "black list"},
	{BLOCKED, "blocklist"},
	{BLOCKED, "block list"},
	{BLOCKED, "denylist"},
	{BLOCKED, "dnsbl"},
	{BLOCKED, "spamhaus"},
	{BLOCKED, "barracuda reputation"},
	{BLOCKED, "sorbs"},
	{BLOCKED, "bad reputation"},
	{BLOCKED, "poor reputation"},
	{BLOCKED, "low reputation"},
	{BLOCKED, "reputation of"},
	{BLOCKED, "ip reputation"},
	{BLOCKED, "unfortunately, messages from * weren't sent"},
	{BLOCKED, "ip * is blocked"},
	{BLOCKED, "your ip"},
	{BLOCKED, "banned sending ip"},
	{BLOCKED, "client host * blocked"},
	{BLOCKED, "client host rejected"},
	{BLOCKED, "host network not allowed"},
	{BLOCKED, "has been blocked"},
	{BLOCKED, "has been temporarily blocked"},
	{BLOCKED, "access from ip"},
	{BLOCKED, "connection refused by policy"},
	{BLOCKED, "not accept* mail from your"},
	{BLOCKED, "not accepting mail from"},
	{BLOCKED, "mismatches client ip"},
	{BLOCKED, "helo command rejected"},
	{BLOCKED, "poor email reputation"},
	{BLOCKED, "on our block"},
	{BLOCKED, "dynamic ip"},
	{BLOCKED, "connections not accepted from"},
	{BLOCKED, "use the smtp server of your isp"},
	{NORELAYING, "relay access denied"},
	{NORELAYING, "relaying denied"},
	{NORELAYING, "relaying not"},
	{NORELAYING, "relay not permitted"},
	{NORELAYING, "unable to relay"},
	{NORELAYING, "not permitted to * relay"},
	{NORELAYING, "relay denied"},
	{NORELAYING, "relaying is not"},
	{NORELAYING, "we do not relay"},
	{NORELAYING, "not a gateway"},
	{NORELAYING, "rcpthosts"},
	{NORELAYING, "smtp authentication in your mail client"},
	/* The sender's address. */
	{REJECTED, "sender address rejected"},
	{REJECTED, "sender rejected"},
	{REJECTED, "sender denied"},
	{REJECTED, "email address is not verified"},
	{REJECTED, "sender * not exist"},
	{REJECTED, "unroutable sender"},
	{REJECTED, "invalid sender"},
	{REJECTED, "sender verify failed"},
	{REJECTED, "domain of sender"},
	{REJECTED, "sender domain"},
	{REJECTED, "sender's address"},
	{REJECTED, "sender is invalid"},
	{REJECTED, "bad sender"},
	{REJECTED, "authenticationrequired"},
	{REJECTED, "not authenticated"},
	{REJECTED, "only accept* messages from"},
	{REJECTED, "not * permission* to post"},
	{REJECTED, "may not have permission"},
	{REJECTED, "restrictedrecipient"},
	{REJECTED, "recipnotauth"},
	{REJECTED, "notauthorized"},
	/* The mailbox. */
	{MAILBOXFULL, "mailbox full"},
	{MAILBOXFULL, "mailbox * full"},
	{MAILBOXFULL, "mailfolder is full"},
	{MAILBOXFULL, "mail box is full"},
	{MAILBOXFULL, "inbox is full"},
	{MAILBOXFULL, "inbox * out of storage"},
	{MAILBOXFULL, "out of storage"},
	{MAILBOXFULL, "full mailbox"},
	{MAILBOXFULL, "over quota"},
	{MAILBOXFULL, "overquota"},
	{MAILBOXFULL, "over * quota"},
	{MAILBOXFULL, "quota exceeded"},
	{MAILBOXFULL, "quota full"},
	{MAILBOXFULL, "quota violation"},
	{MAILBOXFULL, "exceed* * quota"},
	{MAILBOXFULL, "exceed* quota"},
	{MAILBOXFULL, "exceeded * storage"},
	{MAILBOXFULL, "mailbox size limit"},
	{MAILBOXFULL, "mailbox exceeded"},
	{MAILBOXFULL, "mailbox * exceed"},
	{MAILBOXFULL, "mailboxquotaexceeded"},
	{MAILBOXFULL, "not enough storage space"},
	{MAILBOXFULL, "insufficient disk space"},
	{MAILBOXFULL, "disk quota"},
	{MAILBOXFULL, "postfach * voll"},
	{MAILBOXFULL, "le mailbox * plein"},
	{MAILBOXFULL, "boite * pleine"},
	{MAILBOXFULL, "メールボックスが一杯"},
	{MAILBOXFULL, "переполнен"},
	{SUSPEND, "account * disabled"},
	{SUSPEND, "account * locked"},
	{SUSPEND, "account * suspended"},
	{SUSPEND, "account * inactive"},
	{SUSPEND, "account * expired"},
	{SUSPEND, "account * deactivated"},
	{SUSPEND, "account * closed"},
	{SUSPEND, "account * bloque"},
	{SUSPEND, "compte * bloque"},
	{SUSPEND, "compte * desactive"},
	{SUSPEND, "account disabled"},
	{SUSPEND, "mailbox disabled"},
	{SUSPEND, "mailbox * disabled"},
	{SUSPEND, "mailbox * inactive"},
	{SUSPEND, "mailbox is frozen"},
	{SUSPEND, "mailbox * suspended"},
	{SUSPEND, "disabled account"},
	{SUSPEND, "inactive account"},
	{SUSPEND, "inactive user"},
	{SUSPEND, "inactive recipient"},
	{SUSPEND, "user disabled"},
	{SUSPEND, "user * disabled"},
	{SUSPEND, "user * inactive"},
	{SUSPEND, "user * suspended"},
	{SUSPEND, "domain * disabled"},
	{SUSPEND, "domain * suspended"},
	{SUSPEND, "recipient suspend"},
	{SUSPEND, "email address * suspended"},
	{HASMOVED, "user has moved"},
	{HASMOVED, "recipient has moved"},
	{HASMOVED, "address has changed"},
	{HASMOVED, "has been replaced by"},
	{HASMOVED, "has a new address"},
	/* The domain. */
	{NETWORKERROR, "host not found, try again"},
	{NETWORKERROR, "temporary failure in name resolution"},
	{NETWORKERROR, "temporarily unable to * dns"},
	{NOTACCEPT, "does not accept mail"},
	{NOTACCEPT, "does not accept email"},
	{NOTACCEPT, "host/domain does not accept"},
	{NOTACCEPT, "indicated no smtp service"},
	{NOTACCEPT, "nullmx"},
	{NOTACCEPT, "null mx"},
	{NOTACCEPT, "'mx' lookup * noerror"},
	{NOTACCEPT, "smtp service is not available here"},
	{HOSTUNKNOWN, "host unknown"},
	{HOSTUNKNOWN, "unknown host"},
	{HOSTUNKNOWN, "unknown domain"},
	{HOSTUNKNOWN, "domain unknown"},
	{HOSTUNKNOWN, "no such domain"},
	{HOSTUNKNOWN, "no such host"},
	{HOSTUNKNOWN, "nxdomain"},
	{HOSTUNKNOWN, "domain * not found"},
	{HOSTUNKNOWN, "domain * couldn't be found"},
	{HOSTUNKNOWN, "domain * not exist"},
	{HOSTUNKNOWN, "host not found"},
	{HOSTUNKNOWN, "host or domain name not found"},
	{HOSTUNKNOWN, "couldn't find any host"},
	{HOSTUNKNOWN, "unrouteable mail domain"},
	{HOSTUNKNOWN, "unrouteable address"},
	{HOSTUNKNOWN, "unroutable mail domain"},
	{HOSTUNKNOWN, "point to non-existent hosts"},
	{HOSTUNKNOWN, "bad destination host"},
	{HOSTUNKNOWN, "domain must resolve"},
	{HOSTUNKNOWN, "domain is not reachable"},
	{HOSTUNKNOWN, "recipient domain * invalid"},
	{HOSTUNKNOWN, "mail domain mentioned * is unknown"},
	/* The recipient. */
	{FILTERED, "recipient preferences"},
	{FILTERED, "recipient * refused"},
	{FILTERED, "due to extended inactivity"},
	{FILTERED, "user * rejected this message"},
	{FILTERED, "not accepting messages from"},
	{USERUNKNOWN, "user unknown"},
	{USERUNKNOWN, "unknown user"},
	{USERUNKNOWN, "user not known"},
	{USERUNKNOWN, "user is unknown"},
	{USERUNKNOWN, "no such user"},
	{USERUNKNOWN, "no such mailbox"},
	{USERUNKNOWN, "no such recipient"},
	{USERUNKNOWN, "no such account"},
	{USERUNKNOWN, "no such address"},
	{USERUNKNOWN, "no such person"},
	{USERUNKNOWN, "no mailbox here"},
	{USERUNKNOWN, "no mailbox found"},
	{USERUNKNOWN, "no account by that name"},
	{USERUNKNOWN, "user * not found"},
	{USERUNKNOWN, "user * doesn't exist"},
	{USERUNKNOWN, "user * does not exist"},
	{USERUNKNOWN, "user doesn't"},
	{USERUNKNOWN, "doesn't have a * account"},
	{USERUNKNOWN, "doesn't have an account"},
	{USERUNKNOWN, "user does not exist"},
	{USERUNKNOWN, "user not exist"},
	{USERUNKNOWN, "user * not listed in"},
	{USERUNKNOWN, "not listed in domino"},
	{USERUNKNOWN, "not listed in public"},
	{USERUNKNOWN, "recipient unknown"},
	{USERUNKNOWN, "unknown recipient"},
	{USERUNKNOWN, "unknown address"},
	{USERUNKNOWN, "unknown local"},
	{USERUNKNOWN, "unknown or illegal"},
	{USERUNKNOWN, "unknown mailbox"},
	{USERUNKNOWN, "unknown account"},
	{USERUNKNOWN, "recipient * not found"},
	{USERUNKNOWN, "recipientnotfound"},
	{USERUNKNOWN, "recipnotfound"},
	{USERUNKNOWN, "recipient not found"},
	{USERUNKNOWN, "recipient * not exist"},
	{USERUNKNOWN, "recipient does not exist"},
	{USERUNKNOWN, "recipient * not recognized"},
	{USERUNKNOWN, "recipient name is not recognized"},
	{USERUNKNOWN, "recipient no longer"},
	{USERUNKNOWN, "recipient address is possibly incorrect"},
	{USERUNKNOWN, "invalid recipient"},
	{USERUNKNOWN, "recipient invalid"},
	{USERUNKNOWN, "invalid address"},
	{USERUNKNOWN, "invalid mailbox"},
	{USERUNKNOWN, "invalid user"},
	{USERUNKNOWN, "destinataire invalide"},
	{USERUNKNOWN, "no valid recipients"},
	{USERUNKNOWN, "bad destination email address"},
	{USERUNKNOWN, "bad recipient"},
	{USERUNKNOWN, "badrcptto"},
	{USERUNKNOWN, "address * not exist"},
	{USERUNKNOWN, "address does not exist"},
	{USERUNKNOWN, "address * not found"},
	{USERUNKNOWN, "address not found"},
	{USERUNKNOWN, "address wasn't found"},
	{USERUNKNOWN, "address wasn\xE2\x80\x99t found"},
	{USERUNKNOWN, "address * couldn't be found"},
	{USERUNKNOWN, "address * couldn\xE2\x80\x99t be found"},
	{USERUNKNOWN, "address * no longer"},
	{USERUNKNOWN, "address unknown"},
	{USERUNKNOWN, "adressdoesnotexist"},
	{USERUNKNOWN, "account * not exist"},
	{USERUNKNOWN, "email account that you tried to reach"},
	{USERUNKNOWN, "mailbox not found"},
	{USERUNKNOWN, "mailbox * not exist"},
	{USERUNKNOWN, "mailbox does not exist"},
	{USERUNKNOWN, "mailbox unavailable"},
	{USERUNKNOWN, "mailbox unknown"},
	{USERUNKNOWN, "not a valid mailbox"},
	{USERUNKNOWN, "not a valid recipient"},
	{USERUNKNOWN, "not a valid user"},
	{USERUNKNOWN, "not our customer"},
	{USERUNKNOWN, "not a known user"},
	{USERUNKNOWN, "recipient address rejected: access denied"},
	{USERUNKNOWN, "unknown in local recipient table"},
	{USERUNKNOWN, "unknown in virtual"},
	{USERUNKNOWN, "unknown in relay"},
	{USERUNKNOWN, "empfaenger * unbekannt"},
	{USERUNKNOWN, "empfänger * unbekannt"},
	{USERUNKNOWN, "adresse inconnue"},
	{USERUNKNOWN, "utilisateur inconnu"},
	{USERUNKNOWN, "usuario desconocido"},
	{USERUNKNOWN, "destinatario sconosciuto"},
	{USERUNKNOWN, "メールアドレスが見つかりません"},
	{USERUNKNOWN, "宛先のメールアドレスが存在しない"},
	{USERUNKNOWN, "пользователь не найден"},
	{USERUNKNOWN, "не существует"},
	/* The way there, and time. */
	{EXPIRED, "message expired"},
	{EXPIRED, "delivery expired"},
	{EXPIRED, "delivery time expired"},
	{EXPIRED, "queue too long"},
	{EXPIRED, "giving up"},
	{EXPIRED, "retry timeout exceeded"},
	{EXPIRED, "retry time"},
	{EXPIRED, "failing for a long time"},
	{EXPIRED, "could not send message for"},
	{EXPIRED, "cannot send message for"},
	{EXPIRED, "could not deliver for the last"},
	{EXPIRED, "undelivered for"},
	{EXPIRED, "delivery failed * attempts"},
	{EXPIRED, "has been retrying"},
	{EXPIRED, "delivery timeout"},
	{NETWORKERROR, "connection timed out"},
	{NETWORKERROR, "connection refused"},
	{NETWORKERROR, "connection reset"},
	{NETWORKERROR, "connection dropped"},
	{NETWORKERROR, "connection lost"},
	{NETWORKERROR, "lost connection"},
	{NETWORKERROR, "no route to host"},
	{NETWORKERROR, "network is unreachable"},
	{NETWORKERROR, "network error"},
	{NETWORKERROR, "server refused to talk"},
	{NETWORKERROR, "does not support tls"},
	{NETWORKERROR, "socket error"},
	{NETWORKERROR, "did not accept our requests to connect"},
	{NETWORKERROR, "unable to contact"},
	{NETWORKERROR, "not reachable"},
	{NETWORKERROR, "too many hops"},
	{NETWORKERROR, "hop count exceeded"},
	{NETWORKERROR, "mail loop"},
	{NETWORKERROR, "routing loop"},
	{NETWORKERROR, "loops back to"},
	/* The rest. */
	{ONHOLD, "on hold"},
	{POLICY, "greylist"},
	{POLICY, "graylist"},
	{POLICY, "starttls"},
	{POLICY, "tls * required"},
	{POLICY, "policy"},
	{POLICY, "administrative prohibition"},
	{POLICY, "security reasons"},
	{POLICY, "not allowed"},
	{POLICY, "not permitted"},
	{POLICY, "access denied"},
	{POLICY, "rejected by * administrator"},
	{POLICY, "rejected due to"},
	{SYSTEMERROR, "mailer error"},
	{SYSTEMERROR, "not implemented"},
	{SYSTEMERROR, "protocol violation"},
	{SYSTEMERROR, "protocol error"},
	{SYSTEMERROR, "service unavailable"},
	{SYSTEMERROR, "currently unavailable"},
	{SYSTEMERROR, "service refuse"},
	{SYSTEMERROR, "system error"},
	{SYSTEMERROR, "local error"},
	{SYSTEMERROR, "server error"},
	{SYSTEMERROR, "upstream error"},
	{SYSTEMERROR, "configuration error"},
	{SYSTEMERROR, "remote protocol error"},
	{SYSTEMERROR, "temporary * failure"},
	{SYSTEMERROR, "i/o error"},
	{SYSTEMERROR, "insufficient system"},
	{SYSTEMERROR, "out of memory"},
	{SYSTEMERROR, "error * processing"},
};

/* Subject and detail of a code; a detail of * stands for any other. */
static const struct {
	const char *code;
	enum why why;
} codes[] = {
	{"1.1", USERUNKNOWN},  {"1.2", HOSTUNKNOWN},  {"1.3", USERUNKNOWN},  {"1.6", HASMOVED},
	{"1.7", REJECTED},     {"1.8", REJECTED},     {"1.9", SYSTEMERROR},  {"1.10", NOTACCEPT},
	{"2.1", SUSPEND},      {"2.2", MAILBOXFULL},  {"2.3", MESGTOOBIG},   {"2.4", SYSTEMERROR},
	{"3.4", MESGTOOBIG},   {"3.0", UNDEFINED},    {"3.*", SYSTEMERROR},  {"4.1", NETWORKERROR},
	{"4.2", NETWORKERROR}, {"4.3", NETWORKERROR}, {"4.4", HOSTUNKNOWN},  {"4.5", RATELIMITED},
	{"4.6", NETWORKERROR}, {"4.7", EXPIRED},      {"5.3", RATELIMITED},  {"5.0", UNDEFINED},
	{"5.*", SYSTEMERROR},  {"6.0", UNDEFINED},    {"6.*", CONTENTERROR}, {"7.0", POLICY},
	{"7.4", SYSTEMERROR},  {"7.13", SUSPEND},     {"7.17", HASMOVED},    {"7.18", HASMOVED},
	{"7.20", AUTHFAILURE}, {"7.21", AUTHFAILURE}, {"7.22", AUTHFAILURE}, {"7.23", AUTHFAILURE},
	{"7.24", AUTHFAILURE}, {"7.25", BLOCKED},     {"7.26", AUTHFAILURE}, {"7.27", REJECTED},
	{"7.28", RATELIMITED}, {"7.29", AUTHFAILURE}, {"7.*", POLICY},
};

static const struct {
	char reply[4];
	enum why why;
} replies[] = {
	{"521", NOTACCEPT},
	{"552", MAILBOXFULL},
	{"556", NOTACCEPT},
};

#define GAP 60 /* bytes that a * may stand for */

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

void crm_reason_words(struct crm_slice text, struct crm_str *out)
{
	size_t i = 0, start;

	while (i < text.len) {
		bool address = false;

		while (i < text.len && is_blank(text.ptr[i]))
			i++;
		for (start = i; i < text.len && !is_blank(text.ptr[i]); i++)
			address = address || text.ptr[i] == '@'
				  || (text.ptr[i] == '/' && i > start && text.ptr[i - 1] == '/');
		if (i == start || address)
			continue;
		if (out->len)
			crm_str_addc(out, ' ');
		crm_str_add_lower(out, (struct crm_slice){text.ptr + start, i - start});
	}
}

static bool follows(struct crm_slice words, const char *phrase)
{
	const char *star = strchr(phrase, '*'), *next;
	size_t n = star ? (size_t)(star - phrase) : strlen(phrase);
	struct crm_slice rest;

	if (words.len < n || memcmp(words.ptr, phrase, n) != 0)
		return false;
	if (!star)
		return true;
	words.ptr += n;
	words.len -= n;
	phrase = star + 1;
	next = strchr(phrase, '*');
	n = next ? (size_t)(next - phrase) : strlen(phrase);
	rest.ptr = memmem(words.ptr, words.len < GAP + n ? words.len : GAP + n, phrase, n);
	if (!rest.ptr)
		return false;
	rest.len = (size_t)(words.ptr + words.len - rest.ptr);
	return follows(rest, phrase);
}

bool crm_reason_phrase(struct crm_slice words, const char *phrase)
{
	size_t n = strcspn(phrase, "*");

	while (words.len >= n) {
		const char *at = memmem(words.ptr, words.len, phrase, n);

		if (!at)
			return false;
		words.len -= (size_t)(at - words.ptr);
		words.ptr = at;
		if (follows(words, phrase))
			return true;
		words.ptr++;
		words.len--;
	}
	return false;
}

void crm_phrases_init(struct crm_phrases *phrases, const void *first, size_t n, size_t size)
{
	phrases->table = first;
	phrases->size = size;
	crm_words_init(&phrases->index, first, n, size, CRM_WORDS_START);
	assert(!phrases->index.shorter);
}

size_t crm_phrases_find(const struct crm_phrases *phrases, struct crm_slice words)
{
	size_t best = 0, i;

	for (; words.len >= 3; words.ptr++, words.len--)
		for (i = crm_words_at(&phrases->index, words.ptr, 3); i && (!best || i < best);
		     i = phrases->index.next[i]) {
			const void *phrase = phrases->table + (i - 1) * phrases->size;

			if (follows(words, *(const char *const *)phrase))
				best = i;
		}
	return best;
}

static struct crm_phrases phrases;

static void file_wordings(void)
{
	crm_phrases_init(&phrases, &wordings[0].phrase, sizeof(wordings) / sizeof(wordings[0]),
			 sizeof(wordings[0]));
}

const struct crm_reason *crm_reason_worded(struct crm_slice words)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	size_t i;

	pthread_once(&once, file_wordings);
	i = crm_phrases_find(&phrases, words);
	return i ? &reasons[wordings[i - 1].why] : NULL;
}

const struct crm_reason *crm_reason_coded(const char *code)
{
	size_t i;

	if (!*code || code[1] != '.')
		return NULL;
	code += 2;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		size_t n = strlen(codes[i].code);

		if (!strcmp(code, codes[i].code)
		    || (codes[i].code[n - 1] == '*' && !strncmp(code, codes[i].code, n - 1)))
			return codes[i].why == UNDEFINED ? NULL : &reasons[codes[i].why];
	}
	return NULL;
}

const struct crm_reason *crm_reason_replied(const char *reply)
{
	size_t i;

	for (i = 0; i < sizeof(replies) / sizeof(replies[0]); i++)
		if (!strcmp(reply, replies[i].reply))
			return &reasons[replies[i].why];
	return NULL;
}

const struct crm_reason *crm_reason_named(const char *name)
{
	size_t i;

	for (i = 0; i < WHYS; i++)
		if (!strcmp(name, reasons[i].name))
			return &reasons[i];
	return NULL;
}
