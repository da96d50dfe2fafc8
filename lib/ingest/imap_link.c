/* SPDX-License-Identifier: MIT */
/* libcurl connects, encrypts and logs in; commands and answers are ours. */
#include "ingest/imap_link.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#define TIMEOUT 60

/* Waits until the socket is ready for events; 0 when that takes too long. */
static int wait_for(struct crm_imap_link *l, short events, int ms)
{
	struct pollfd p = {.fd = l->socket, .events = events};
	int n;

	do
		n = poll(&p, 1, ms);
	while (n < 0 && errno == EINTR);
	return n;
}

static enum crm_status receive(void *data, char *buf, size_t cap, size_t *got, struct crm_err *err)
{
	struct crm_imap_link *l = data;
	CURLcode code;

	while ((code = curl_easy_recv(l->curl, buf, cap, got)) == CURLE_AGAIN)
		if (wait_for(l, POLLIN, l->timeout_ms) == 0)
			return crm_fail(err, CRM_REMOTE,
					"the server has not answered for %d seconds",
					l->timeout_ms / 1000);
	if (code != CURLE_OK)
		return crm_fail(err, CRM_REMOTE, "the connection is lost: %s",
				curl_easy_strerror(code));
	if (!*got)
		return crm_fail(err, CRM_REMOTE, "the server has closed the connection");
	return CRM_OK;
}

/* Is there something to read within ms? */
bool crm_imap_link_ready(struct crm_imap_link *l, int ms)
{
	struct crm_imap_wire *w = &l->wire;
	size_t got;

	if (w->pos < w->end || w->broken)
		return true;
	/* asked first: what is decrypted already does not show on the socket */
	if (curl_easy_recv(l->curl, w->buf, sizeof(w->buf), &got) == CURLE_OK && got) {
		w->pos = 0;
		w->end = got;
		return true;
	}
	return wait_for(l, POLLIN, ms) != 0;
}

/* Sends a line: a tag, and text. */
enum crm_status crm_imap_send(struct crm_imap_link *l, const char *text, struct crm_err *err)
{
	struct crm_str line = CRM_STR_INIT;
	CURLcode code = CURLE_OK;
	size_t sent = 0, n;

	crm_str_addf(&line, "C%u %s\r\n", ++l->tag, text);
	while (code == CURLE_OK && sent < line.len) {
		code = curl_easy_send(l->curl, line.ptr + sent, line.len - sent, &n);
		if (code == CURLE_OK)
			sent += n;
		else if (code == CURLE_AGAIN && wait_for(l, POLLOUT, l->timeout_ms) != 0)
			code = CURLE_OK;
	}
	crm_str_release(&line);
	if (code == CURLE_OK)
		return CRM_OK;
	l->wire.broken = true;
	crm_fail(&l->wire.err, CRM_REMOTE, "the connection is lost: %s", curl_easy_strerror(code));
	*err = l->wire.err;
	return err->status;
}

/* The next answer that is not the end of the connection. */
enum crm_status crm_imap_answer_next(struct crm_imap_link *l, struct crm_err *err)
{
	enum crm_status rc = crm_imap_read(&l->wire, &l->answer, err);

	if (rc != CRM_OK || l->answer.kind != CRM_IMAP_BYE)
		return rc;
	l->wire.broken = true;
	crm_fail(&l->wire.err, CRM_REMOTE, "the server ends the connection: %.200s",
		 l->answer.text.ptr);
	*err = l->wire.err;
	return err->status;
}

bool crm_imap_is_done(const struct crm_imap_answer *a, unsigned tag)
{
	char want[sizeof(a->tag)];

	snprintf(want, sizeof(want), "C%u", tag);
	return a->kind == CRM_IMAP_DONE && !strcmp(a->tag, want);
}

/* Sends a command and waits for its end; each is called with the answers before that. */
enum crm_status crm_imap_run(struct crm_imap_link *l, const char *text, const char *doing,
			     void (*each)(void *data, const struct crm_imap_answer *answer),
			     void *data, struct crm_err *err)
{
	enum crm_status rc = crm_imap_send(l, text, err);

	for (int idle = 0; rc == CRM_OK && (rc = crm_imap_answer_next(l, err)) == CRM_OK;) {
		if (crm_imap_is_done(&l->answer, l->tag))
			break;
		each(data, &l->answer);
		idle = l->answer.kind == CRM_IMAP_OTHER ? idle + 1 : 0;
		if (idle > CRM_IMAP_IDLE)
			rc = crm_fail(err, CRM_REMOTE, "the server comes to no end");
	}
	if (rc == CRM_OK && l->answer.result != CRM_IMAP_OK)
		rc = crm_fail(err, CRM_REMOTE, "the server refuses %s: %.200s", doing,
			      l->answer.text.ptr);
	return rc;
}

static void set_options(CURL *curl, const struct crm_imap_url *url,
			const struct crm_imap_options *o, char *errors)
{
	struct crm_str target = CRM_STR_INIT;
	bool v6 = strchr(url->host, ':');

	crm_str_addf(&target, v6 ? "%s://[%s]" : "%s://%s", url->tls ? "imaps" : "imap", url->host);
	if (url->port)
		crm_str_addf(&target, ":%d", url->port);
	crm_str_addc(&target, '/');
	curl_easy_setopt(curl, CURLOPT_URL, target.ptr);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "imap,imaps");
	curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(curl, CURLOPT_USERNAME, url->user);
	curl_easy_setopt(curl, o->token ? CURLOPT_XOAUTH2_BEARER : CURLOPT_PASSWORD, o->secret);
	/* in the clear only where nobody can listen */
	curl_easy_setopt(curl, CURLOPT_USE_SSL,
			 (long)(url->loopback ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (o->ca_file)
		curl_easy_setopt(curl, CURLOPT_CAINFO, o->ca_file);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, o->timeout ? (long)o->timeout : (long)TIMEOUT);
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, errors);
	crm_str_release(&target);
}

static enum crm_status connect_failed(CURLcode code, const char *errors,
				      const struct crm_imap_options *o, struct crm_err *err)
{
	if (code == CURLE_LOGIN_DENIED)
		return crm_fail(err, CRM_REMOTE, "the server refuses the %s",
				o->token ? "token" : "user or the password");
	if (code == CURLE_USE_SSL_FAILED)
		return crm_fail(err, CRM_REMOTE,
				"the server offers no encryption: the password is not sent");
	return crm_fail(err, CRM_REMOTE, "%s", *errors ? errors : curl_easy_strerror(code));
}

enum crm_status crm_imap_link_open(struct crm_imap_link *l, const struct crm_imap_url *url,
				   const struct crm_imap_options *options, size_t message_max,
				   struct crm_err *err)
{
	char errors[CURL_ERROR_SIZE] = "";
	CURL *curl = curl_easy_init();
	CURLcode code;

	if (!curl)
		return crm_fail(err, CRM_BUG, "libcurl does not start");
	set_options(curl, url, options, errors);
	code = curl_easy_perform(curl);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
	if (code != CURLE_OK) {
		curl_easy_cleanup(curl);
		return connect_failed(code, errors, options, err);
	}
	l->curl = curl;
	curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &l->socket);
	l->timeout_ms = 1000 * (options->timeout ? options->timeout : TIMEOUT);
	l->tag = 0;
	crm_imap_wire_init(&l->wire, message_max, receive, l);
	crm_imap_answer_init(&l->answer);
	return CRM_OK;
}

void crm_imap_link_close(struct crm_imap_link *l)
{
	struct crm_err ignored;

	if (!l->wire.broken)
		crm_imap_send(l, "LOGOUT", &ignored);
	curl_easy_cleanup(l->curl);
	crm_imap_answer_release(&l->answer);
}
