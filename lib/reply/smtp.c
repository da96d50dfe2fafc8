/* SPDX-License-Identifier: MIT */
/*
 * The transport of mail. libcurl connects, encrypts and logs in; the dialogue about a message
 * is ours (RFC 5321, 2920), since all depends on knowing which of our bytes were out when a
 * connection ended: before the final dot nobody has the message, after its answer one of us
 * does, and between the two it is unknown.
 *
 * An account says where it sends by "smtp": smtps://USER@HOST, or smtp://USER@HOST with
 * STARTTLS, which is demanded unless the host is this machine. The password is the secret
 * smtp:USER@HOST, or smtp-token:USER@HOST for OAuth 2. Further members: "ca", a file of
 * certificates to trust instead of the system's (a name without / is one of the configuration
 * folder), and "timeout" in seconds: for the server to answer. A parcel takes at most four of
 * those, two until all of it is out and two for the answer to that.
 *
 * A connection is kept for the next parcel. A login that is refused is CRM_CONFIG: it would be
 * so for each parcel.
 */
#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/mem.h"
#include "base/secrets.h"
#include "base/utf8.h"
#include "ingest/imap_url.h"
#include "reply/mime.h"
#include "reply/smtp_wire.h"

#define TIMEOUT 60     /* s */
#define TIMEOUT_MAX 70 /* four of them are below the lease of a claim (CRM_CLAIM_LEASE) */

struct smtp {
	const struct crm_account *account;
	char *config, *ca;
	struct crm_imap_url url;
	int timeout; /* s */

	CURL *curl; /* NULL: not connected */
	curl_socket_t socket;
	char errors[CURL_ERROR_SIZE];
	bool pipelining, utf8; /* what the server offers */
	bool reset;            /* it holds a part of a transaction: RSET comes first */
	struct crm_smtp_answer answer;
	char buf[CRM_SMTP_LINE]; /* received and not read yet: [pos, end) */
	size_t pos, end;
	int64_t deadline;   /* of what is waited for: ms, monotonic */
	int64_t limit;      /* for all of a parcel to be out */
	struct crm_str why; /* the connection is lost */

	struct crm_str sender, recipient, message;
	bool needs_utf8;
};

static int64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void put_detail(struct crm_str *detail, const char *text)
{
	crm_str_clear(detail);
	crm_utf8_printable(detail, crm_slice_of(text));
}

static void conclude(struct crm_receipt *receipt, enum crm_sent outcome, const char *detail)
{
	receipt->outcome = outcome;
	receipt->code = 0;
	receipt->address_bad = false;
	put_detail(&receipt->detail, detail);
}

/* --- open and close --- */

static enum crm_status read_members(struct smtp *s, const char *config_dir, struct crm_err *err)
{
	struct crm_slice ca = crm_account_get(s->account, "ca");
	struct crm_slice timeout = crm_account_get(s->account, "timeout");
	const char *environment = getenv("SSL_CERT_FILE");
	struct crm_str path = CRM_STR_INIT;

	if (ca.len && !memchr(ca.ptr, '/', ca.len))
		crm_str_addf(&path, "%s/", config_dir);
	crm_str_add(&path, ca.ptr, ca.len);
	if (ca.len || environment)
		s->ca = crm_strdup(ca.len ? path.ptr : environment);
	crm_str_clear(&path);
	crm_str_add(&path, timeout.ptr, timeout.len);
	s->timeout = timeout.len ? atoi(path.ptr) : TIMEOUT;
	crm_str_release(&path);
	if (s->timeout < 1 || s->timeout > TIMEOUT_MAX)
		return crm_fail(err, CRM_CONFIG, "account '%s': timeout takes 1 to %d seconds",
				s->account->account, TIMEOUT_MAX);
	return CRM_OK;
}

static void smtp_close(void *self);

static enum crm_status smtp_open(const struct crm_account *account, const char *config_dir,
				 void **self, struct crm_err *err)
{
	struct crm_slice url = crm_account_get(account, "smtp");
	struct smtp *s = crm_calloc(1, sizeof(*s));
	char *text = crm_strndup(url.ptr ? url.ptr : "", url.len);
	struct crm_err why = {0};
	enum crm_status rc;

	s->account = account;
	s->config = crm_strdup(config_dir);
	s->why = s->sender = s->recipient = s->message = s->answer.text =
		(struct crm_str)CRM_STR_INIT;
	rc = read_members(s, config_dir, err);
	if (rc == CRM_OK && crm_smtp_url_parse(&s->url, text, &why) != CRM_OK)
		rc = crm_fail(err, CRM_CONFIG, "account '%s': smtp: %.300s", account->account,
			      url.len ? why.text : "is missing: smtps://USER@HOST");
	free(text);
	if (rc == CRM_OK)
		*self = s;
	else
		smtp_close(s);
	return rc;
}

static void disconnect(struct smtp *s)
{
	if (s->curl)
		curl_easy_cleanup(s->curl);
	s->curl = NULL;
	s->pos = s->end = 0;
	s->reset = false;
	s->answer.lines = 0;
	s->answer.code = 0;
}

static void smtp_close(void *self)
{
	struct smtp *s = self;
	size_t n;

	if (!s)
		return;
	if (s->curl)
		curl_easy_send(s->curl, "QUIT\r\n", 6, &n);
	disconnect(s);
	crm_imap_url_release(&s->url);
	crm_smtp_answer_release(&s->answer);
	crm_str_release(&s->why);
	crm_str_release(&s->sender);
	crm_str_release(&s->recipient);
	crm_str_release(&s->message);
	free(s->config);
	free(s->ca);
	free(s);
}

/* --- connecting --- */

/* Each line of the server up to the end of the login: the last answer to EHLO counts. */
static size_t on_line(char *bytes, size_t size, size_t n, void *data)
{
	struct smtp *s = data;
	struct crm_slice line = crm_slice_trim((struct crm_slice){bytes, size * n}), word;

	if (crm_smtp_answer_line(&s->answer, line) == CRM_SMTP_BAD || s->answer.code != 250)
		return size * n;
	if (s->answer.lines == 1)
		s->pipelining = s->utf8 = false;
	word = line.len > 4 ? (struct crm_slice){line.ptr + 4, line.len - 4} : line;
	s->pipelining = s->pipelining || crm_slice_is_caseless(word, "PIPELINING");
	s->utf8 = s->utf8 || crm_slice_is_caseless(word, "SMTPUTF8");
	return size * n;
}

static enum crm_status get_secret(const struct smtp *s, struct crm_str *secret, bool *token,
				  struct crm_err *err)
{
	struct crm_str name = CRM_STR_INIT;
	enum crm_status rc;

	crm_str_adds(&name, "smtp-token:");
	crm_imap_url_account(&s->url, &name);
	rc = crm_secret_get(s->config, name.ptr, secret, err);
	*token = rc == CRM_OK;
	if (rc == CRM_NO_INPUT) {
		crm_str_clear(&name);
		crm_str_adds(&name, "smtp:");
		crm_imap_url_account(&s->url, &name);
		rc = crm_secret_get(s->config, name.ptr, secret, err);
	}
	if (rc == CRM_NO_INPUT)
		rc = crm_fail(err, CRM_CONFIG,
			      "no password: it belongs into '%s/secrets', as '%s PASSWORD'",
			      s->config, name.ptr);
	crm_str_release(&name);
	return rc;
}

static void set_options(struct smtp *s, const char *secret, bool token)
{
	struct crm_str target = CRM_STR_INIT;
	const struct crm_imap_url *u = &s->url;
	int64_t left;

	crm_str_addf(&target, strchr(u->host, ':') ? "%s://[%s]" : "%s://%s",
		     u->tls ? "smtps" : "smtp", u->host);
	if (u->port || !u->tls)
		crm_str_addf(&target, ":%d", u->port ? u->port : u->user ? 587 : 25);
	crm_str_addf(&target, "/%s", strrchr(s->sender.ptr, '@') + 1); /* for EHLO */
	curl_easy_setopt(s->curl, CURLOPT_URL, target.ptr);
	crm_str_release(&target);
	curl_easy_setopt(s->curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(s->curl, CURLOPT_CONNECT_ONLY, 1L);
	if (u->user) {
		curl_easy_setopt(s->curl, CURLOPT_USERNAME, u->user);
		curl_easy_setopt(s->curl, token ? CURLOPT_XOAUTH2_BEARER : CURLOPT_PASSWORD,
				 secret);
	}
	/* in the clear only where nobody can listen */
	curl_easy_setopt(s->curl, CURLOPT_USE_SSL,
			 (long)(u->loopback ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	curl_easy_setopt(s->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (s->ca)
		curl_easy_setopt(s->curl, CURLOPT_CAINFO, s->ca);
	left = s->limit - monotonic_ms();
	left = left > s->timeout * 1000l ? s->timeout * 1000l : left;
	curl_easy_setopt(s->curl, CURLOPT_TIMEOUT_MS, (long)(left > 0 ? left : 1));
	curl_easy_setopt(s->curl, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(s->curl, CURLOPT_ERRORBUFFER, s->errors);
	curl_easy_setopt(s->curl, CURLOPT_HEADERFUNCTION, on_line);
	curl_easy_setopt(s->curl, CURLOPT_HEADERDATA, s);
}

static enum crm_status login_refused(const struct smtp *s, int code, const char *why,
				     struct crm_err *err)
{
	return crm_fail(err, CRM_CONFIG, "account '%s': the server refuses the login: %d %.300s",
			s->account->account, code, why);
}

/* Why there is no connection. */
static enum crm_status connect_failed(struct smtp *s, CURLcode code, struct crm_receipt *receipt,
				      struct crm_err *err)
{
	const char *why = *s->errors ? s->errors : curl_easy_strerror(code);
	struct crm_str said = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;

	crm_smtp_detail(&s->answer, &said);
	if (code == CURLE_LOGIN_DENIED && s->answer.code / 100 != 4)
		rc = login_refused(s, s->answer.code, said.ptr, err);
	else if (code == CURLE_USE_SSL_FAILED)
		conclude(receipt, CRM_DEFERRED, "the server offers no encryption: nothing is sent");
	else if (s->answer.code >= 400)
		conclude(receipt, CRM_DEFERRED, "the server takes no mail for now");
	else
		conclude(receipt, CRM_DEFERRED, why);
	if (s->answer.code >= 400) {
		receipt->code = s->answer.code;
		crm_str_addf(&receipt->detail, ": %s", said.ptr);
	}
	crm_str_release(&said);
	disconnect(s);
	return rc;
}

/* CRM_OK with s->curl, or without and with what became of the parcel. */
static enum crm_status connect_to(struct smtp *s, struct crm_receipt *receipt, struct crm_err *err)
{
	struct crm_str secret = CRM_STR_INIT;
	bool token = false;
	enum crm_status rc;
	CURLcode code;

	if (s->url.user && (rc = get_secret(s, &secret, &token, err)) != CRM_OK)
		return rc;
	s->curl = curl_easy_init();
	if (!s->curl) {
		crm_secret_wipe(&secret);
		return crm_fail(err, CRM_BUG, "libcurl does not start");
	}
	*s->errors = '\0';
	s->pipelining = s->utf8 = false;
	set_options(s, secret.ptr, token);
	crm_secret_wipe(&secret);
	code = curl_easy_perform(s->curl);
	if (code != CURLE_OK)
		return connect_failed(s, code, receipt, err);
	curl_easy_getinfo(s->curl, CURLINFO_ACTIVESOCKET, &s->socket);
	return CRM_OK;
}

/* --- the dialogue --- */

/* Always false: the connection cannot be used any more. */
static bool lost(struct smtp *s, const char *why)
{
	put_detail(&s->why, why);
	return false;
}

/* Waits for events until the deadline; returns those that are there, 0 when it is over. */
static short wait_for(struct smtp *s, short events)
{
	struct pollfd p = {.fd = s->socket, .events = events};
	int n;

	do {
		int64_t ms = s->deadline - monotonic_ms();

		n = poll(&p, 1, ms > 0 ? (int)ms : 0);
	} while (n < 0 && errno == EINTR);
	return n > 0 ? p.revents : 0;
}

/* Reads what there is into buf. 1: there was something, 0: nothing, -1: the connection is lost. */
static int receive(struct smtp *s)
{
	CURLcode code;
	size_t n = 0;

	if (s->pos) {
		memmove(s->buf, s->buf + s->pos, s->end - s->pos);
		s->end -= s->pos;
		s->pos = 0;
	}
	if (s->end == sizeof(s->buf)) {
		lost(s, "the server's answer has no end");
		return -1;
	}
	code = curl_easy_recv(s->curl, s->buf + s->end, sizeof(s->buf) - s->end, &n);
	if (code == CURLE_AGAIN)
		return 0;
	if (code != CURLE_OK || !n) {
		lost(s, code ? curl_easy_strerror(code) : "the server closed the connection");
		return -1;
	}
	s->end += n;
	return 1;
}

/* Reads an answer into s->answer; false: the connection is lost. */
static bool read_answer(struct smtp *s)
{
	enum crm_smtp_said said = CRM_SMTP_MORE;

	while (said == CRM_SMTP_MORE) {
		char *at = s->buf + s->pos, *lf = memchr(at, '\n', s->end - s->pos);

		if (!lf) {
			int got = receive(s);

			if (got < 0)
				return false;
			if (!got && !wait_for(s, POLLIN))
				return lost(s, "the server does not answer in time");
			continue;
		}
		s->pos += (size_t)(lf + 1 - at);
		said = crm_smtp_answer_line(
			&s->answer,
			(struct crm_slice){at, (size_t)(lf - at) - (lf > at && lf[-1] == '\r')});
	}
	return said == CRM_SMTP_DONE || lost(s, "the server does not speak SMTP");
}

/* False: the connection is lost, or the server has spoken before it heard the end. */
static bool transmit(struct smtp *s, struct crm_slice bytes)
{
	while (bytes.len) {
		size_t n = 0;
		CURLcode code = curl_easy_send(s->curl, bytes.ptr, bytes.len, &n);
		short events = 0;
		int got = 0;

		if (code == CURLE_AGAIN && !(events = wait_for(s, POLLOUT | POLLIN)))
			return lost(s, "the server takes nothing more");
		if (code != CURLE_OK && code != CURLE_AGAIN)
			return lost(s, curl_easy_strerror(code));
		if (events & ~POLLOUT && (got = receive(s)))
			return got < 0 ? false
				       : lost(s, "the server spoke before the message ended");
		bytes.ptr += n;
		bytes.len -= n;
	}
	return true;
}

/* The message was not sent to its end. The server may have said why. */
static void interrupted(struct smtp *s, struct crm_receipt *receipt)
{
	struct crm_str why = CRM_STR_INIT;

	crm_str_adds(&why, s->why.ptr);
	s->deadline = monotonic_ms();
	if (read_answer(s) && s->answer.code >= 400)
		crm_smtp_judge(&s->answer, CRM_SMTP_DOT, receipt);
	else
		conclude(receipt, CRM_DEFERRED, why.ptr);
	crm_str_release(&why);
	disconnect(s);
}

/* Sends the message after the server's 354. */
static void transmit_message(struct smtp *s, const struct crm_parcel *parcel,
			     struct crm_receipt *receipt)
{
	if (!transmit(s, (struct crm_slice){s->message.ptr, s->message.len})) {
		interrupted(s, receipt);
		return;
	}
	s->deadline = monotonic_ms() + s->timeout * 2000ll;
	s->reset = false;
	if (!read_answer(s)) {
		conclude(receipt, CRM_UNKNOWN, "after all of the message was sent: ");
		crm_str_adds(&receipt->detail, s->why.ptr);
		disconnect(s);
	} else if (s->answer.code / 100 == 2) {
		conclude(receipt, CRM_SENT, "");
		receipt->code = s->answer.code;
		crm_smtp_detail(&s->answer, &receipt->detail);
		crm_str_add(&receipt->id, parcel->message_id.ptr, parcel->message_id.len);
	} else {
		crm_smtp_judge(&s->answer, CRM_SMTP_DOT, receipt);
		if (s->answer.code == 421 || receipt->outcome == CRM_UNKNOWN)
			disconnect(s);
	}
}

#define COMMANDS 4
static const enum crm_smtp_stage stages[COMMANDS] = {CRM_SMTP_GREETING, CRM_SMTP_MAIL,
						     CRM_SMTP_RCPT, CRM_SMTP_DATA};

/* One command a line. */
static void put_commands(const struct smtp *s, struct crm_str *out)
{
	crm_str_adds(out, "RSET\r\n");
	crm_str_addf(out, "MAIL FROM:<%s>%s\r\n", s->sender.ptr, s->needs_utf8 ? " SMTPUTF8" : "");
	crm_str_addf(out, "RCPT TO:<%s>\r\n", s->recipient.ptr);
	crm_str_adds(out, "DATA\r\n");
}

/* Is an answer of the stage a good one? */
static bool agrees(const struct smtp *s, enum crm_smtp_stage stage)
{
	return stage == CRM_SMTP_DATA ? s->answer.code == 354 : s->answer.code / 100 == 2;
}

/*
 * The commands from from on, all at once where the server takes that, else one after the
 * other. *refused: one of them was, which receipt says; the last answer is in s->answer.
 * False: the connection is lost.
 */
static bool negotiate(struct smtp *s, const char *at, size_t from, bool *refused,
		      struct crm_receipt *receipt)
{
	if (s->pipelining && !transmit(s, crm_slice_of(at)))
		return false;
	for (size_t i = from; i < COMMANDS && !(*refused && !s->pipelining); i++) {
		const char *end = strchr(at, '\n') + 1;

		if (!s->pipelining && !transmit(s, (struct crm_slice){at, (size_t)(end - at)}))
			return false;
		at = end;
		if (!read_answer(s))
			return false;
		if (!*refused && !agrees(s, stages[i])) {
			*refused = true;
			crm_smtp_judge(&s->answer, stages[i], receipt);
		}
		if (s->answer.code == 421)
			return lost(s, receipt->detail.ptr);
	}
	return true;
}

/* One message over the connection; false when it was lost before any of it went out: then
 * receipt says what the server said, if it did. */
static bool converse(struct smtp *s, const struct crm_parcel *parcel, struct crm_receipt *receipt)
{
	struct crm_str commands = CRM_STR_INIT;
	size_t from = s->reset ? 0 : 1;
	bool refused = false, held;

	s->deadline = monotonic_ms() + s->timeout * 1000ll;
	s->deadline = s->deadline < s->limit ? s->deadline : s->limit;
	s->reset = true;
	put_commands(s, &commands);
	held = negotiate(s, from ? strchr(commands.ptr, '\n') + 1 : commands.ptr, from, &refused,
			 receipt);
	crm_str_release(&commands);
	if (!held && !refused)
		conclude(receipt, CRM_DEFERRED, s->why.ptr);
	if (!held)
		return false;
	if (!refused) {
		transmit_message(s, parcel, receipt);
	} else if (s->answer.code == 354) {
		disconnect(s); /* it waits for a message that it has no recipient for */
	}
	return true;
}

static enum crm_status prepare(struct smtp *s, const struct crm_parcel *parcel, struct crm_err *err)
{
	struct crm_str plain = CRM_STR_INIT;
	enum crm_status rc;

	crm_str_clear(&s->sender);
	crm_str_clear(&s->recipient);
	crm_str_clear(&s->message);
	rc = crm_mime_envelope(parcel, s->account, &s->sender, &s->recipient, &s->needs_utf8, err);
	if (rc == CRM_OK)
		rc = crm_mime_build(parcel, s->account, &plain, err);
	if (rc == CRM_OK)
		crm_smtp_stuff((struct crm_slice){plain.ptr, plain.len}, &s->message);
	crm_str_release(&plain);
	return rc;
}

static enum crm_status smtp_send(void *self, const struct crm_parcel *parcel,
				 struct crm_receipt *receipt, struct crm_err *err)
{
	struct smtp *s = self;
	enum crm_status rc = prepare(s, parcel, err);
	bool kept = s->curl;

	crm_str_clear(&receipt->id);
	receipt->retry_after = -1;
	s->limit = monotonic_ms() + s->timeout * 2000ll;
	if (rc == CRM_DATA) {
		conclude(receipt, CRM_REFUSED, err->text);
		return CRM_OK;
	}
	for (; rc == CRM_OK; kept = false) {
		if (!s->curl && ((rc = connect_to(s, receipt, err)) != CRM_OK || !s->curl))
			return rc;
		if (s->needs_utf8 && !s->utf8) {
			conclude(receipt, CRM_REFUSED,
				 "the server takes no addresses above ASCII (SMTPUTF8)");
			return CRM_OK;
		}
		if (converse(s, parcel, receipt))
			return crm_smtp_login(receipt->code)
				       ? login_refused(s, receipt->code, receipt->detail.ptr, err)
				       : CRM_OK;
		disconnect(s);
		if (!kept) /* else the server was tired of waiting */
			return CRM_OK;
	}
	return rc;
}

static enum crm_status smtp_render(void *self, const struct crm_parcel *parcel, struct crm_str *out,
				   struct crm_err *err)
{
	struct smtp *s = self;
	struct crm_str commands = CRM_STR_INIT;
	enum crm_status rc = prepare(s, parcel, err);

	if (rc == CRM_OK) {
		put_commands(s, &commands);
		crm_str_adds(out, strchr(commands.ptr, '\n') + 1);
		crm_str_add(out, s->message.ptr, s->message.len);
	}
	crm_str_release(&commands);
	return rc;
}

static bool smtp_idempotent(void *self)
{
	(void)self;
	return false;
}

const struct crm_transport crm_transport_smtp = {"smtp",    smtp_open,       smtp_render,
						 smtp_send, smtp_idempotent, smtp_close};
