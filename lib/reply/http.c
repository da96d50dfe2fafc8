/* SPDX-License-Identifier: MIT */
/*
 * The transport by HTTP.
 *
 * When a kept connection turns out to be closed, libcurl by itself sends the request again on a
 * new one, though the service may have got the first. So the body is given through a read
 * callback that cannot be rewound: libcurl then fails instead (CURLE_SEND_FAIL_REWIND). A request
 * without a body gets a new connection each time.
 */
#include "reply/http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/secrets.h"
#include "reply/response.h"

#define CONNECT_SECONDS 15L

struct http {
	const struct crm_account *account;
	const struct crm_answers *a;
	struct crm_fill fill;
	CURL *curl;
	struct crm_str url, type, body, userpwd;
	struct crm_str *headers; /* a line each */
	size_t n_headers, cap_headers;
	size_t given; /* bytes of the body that libcurl has taken */
	struct crm_str answer;
	bool too_much; /* answer is not all of it */
};

/* --- life --- */

static enum crm_status http_open(const struct crm_account *account, const char *config_dir,
				 void **self, struct crm_err *err)
{
	const struct crm_answers *a = account->channel->answer;
	struct http *h;

	if (!a || !a->url)
		return crm_fail(err, CRM_CONFIG,
				"channel '%s' does not say by which request it answers",
				account->channel->name);
	h = crm_calloc(1, sizeof(*h));
	h->account = account;
	h->a = a;
	crm_fill_init(&h->fill, account, config_dir);
	h->url = h->type = h->body = h->userpwd = h->answer = (struct crm_str)CRM_STR_INIT;
	*self = h;
	return CRM_OK;
}

static void clear_headers(struct http *h)
{
	for (size_t i = 0; i < h->n_headers; i++)
		crm_secret_wipe(&h->headers[i]);
	h->n_headers = 0;
}

static void http_close(void *self)
{
	struct http *h = self;

	curl_easy_cleanup(h->curl);
	crm_fill_release(&h->fill);
	clear_headers(h);
	free(h->headers);
	crm_secret_wipe(&h->url);
	crm_secret_wipe(&h->body);
	crm_secret_wipe(&h->userpwd);
	crm_str_release(&h->type);
	crm_str_release(&h->answer);
	free(h);
}

static bool http_idempotent(void *self)
{
	return ((struct http *)self)->a->idempotent;
}

/* --- the request --- */

static enum crm_status make_headers(struct http *h, struct crm_err *err)
{
	clear_headers(h);
	for (size_t i = 0; i < h->a->headers.n; i++) {
		const struct crm_answers_part *part = &h->a->headers.list[i];
		struct crm_str *line;
		enum crm_status rc;

		CRM_GROW(h->headers, h->n_headers + 1, h->cap_headers);
		line = &h->headers[h->n_headers++];
		*line = (struct crm_str)CRM_STR_INIT;
		crm_str_addf(line, "%s: ", part->name);
		rc = crm_fill_text(&h->fill, part->value, CRM_FILL_HEADER, line, err);
		if (rc == CRM_NO_INPUT)
			crm_secret_wipe(&h->headers[--h->n_headers]);
		else if (rc != CRM_OK)
			return rc;
	}
	return CRM_OK;
}

/* name=value&…, as forms and query strings have it. */
static enum crm_status make_fields(struct http *h, const struct crm_answers_parts *parts,
				   const char *first, struct crm_str *out, struct crm_err *err)
{
	struct crm_str value = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; rc == CRM_OK && i < parts->n; i++) {
		crm_str_clear(&value);
		rc = crm_fill_text(&h->fill, parts->list[i].value, CRM_FILL_TEXT, &value, err);
		if (rc == CRM_OK) {
			crm_str_adds(out, first);
			crm_fill_percent(crm_slice_of(parts->list[i].name), out);
			crm_str_addc(out, '=');
			crm_fill_percent((struct crm_slice){value.ptr, value.len}, out);
			first = "&";
		}
		rc = rc == CRM_NO_INPUT ? CRM_OK : rc;
	}
	crm_secret_wipe(&value);
	return rc;
}

static enum crm_status make_url(struct http *h, struct crm_err *err)
{
	enum crm_status rc;

	crm_str_clear(&h->url);
	rc = crm_fill_text(&h->fill, h->a->url, CRM_FILL_URL, &h->url, err);
	if (rc == CRM_NO_INPUT)
		return crm_fail(err, CRM_DATA, "the url is not complete");
	if (rc == CRM_OK)
		rc = make_fields(h, &h->a->query, strchr(h->url.ptr, '?') ? "&" : "?", &h->url,
				 err);
	return rc;
}

static enum crm_status make_body(struct http *h, struct crm_err *err)
{
	bool template = h->a->template.ptr && h->fill.parcel->variables.len;
	enum crm_status rc = CRM_OK;

	crm_str_clear(&h->body);
	crm_str_clear(&h->type);
	if (h->a->json.ptr) {
		crm_str_adds(&h->type, "application/json");
		rc = crm_fill_json(&h->fill, template ? h->a->template : h->a->json, &h->body, err);
		if (rc == CRM_NO_INPUT)
			rc = crm_fail(err, CRM_DATA, "there is nothing to say");
	} else if (h->a->form.n) {
		crm_str_adds(&h->type, "application/x-www-form-urlencoded");
		rc = make_fields(h, &h->a->form, "", &h->body, err);
	}
	return rc;
}

static enum crm_status make_basic(struct http *h, struct crm_err *err)
{
	enum crm_status rc;

	crm_str_clear(&h->userpwd);
	if (!h->a->basic)
		return CRM_OK;
	rc = crm_fill_text(&h->fill, h->a->basic, CRM_FILL_HEADER, &h->userpwd, err);
	return rc == CRM_NO_INPUT ? crm_fail(err, CRM_DATA, "the password is not complete") : rc;
}

/* CRM_DATA: this parcel cannot be sent so. */
static enum crm_status make_request(struct http *h, const struct crm_parcel *parcel, bool hide,
				    struct crm_err *err)
{
	enum crm_status rc;

	crm_fill_begin(&h->fill, parcel, hide);
	if ((rc = make_url(h, err)) == CRM_OK && (rc = make_headers(h, err)) == CRM_OK
	    && (rc = make_basic(h, err)) == CRM_OK)
		rc = make_body(h, err);
	return rc;
}

/* Is the host of url this machine? */
static bool is_loopback(const char *url)
{
	CURLU *u = curl_url();
	char *host = NULL;
	bool is = false;

	if (u && !curl_url_set(u, CURLUPART_URL, url, 0)
	    && !curl_url_get(u, CURLUPART_HOST, &host, 0))
		is = !strcmp(host, "localhost") || !strcmp(host, "[::1]")
		     || (!strncmp(host, "127.", 4) && strspn(host, "0123456789.") == strlen(host));
	curl_free(host);
	curl_url_cleanup(u);
	return is;
}

/* Our own mistakes in the URL; none of them is of the parcel. */
static enum crm_status check_url(const struct http *h, struct crm_err *err)
{
	bool plain = !strncmp(h->url.ptr, "http://", 7);

	if (!plain && strncmp(h->url.ptr, "https://", 8) != 0)
		return crm_fail(err, CRM_CONFIG, "%s (%s): the url is neither https nor http",
				h->account->account, h->account->channel->name);
	if (plain && !is_loopback(h->url.ptr)
	    && !crm_slice_is(crm_account_get(h->account, "plain"), "true"))
		return crm_fail(err, CRM_CONFIG,
				"%s (%s): plain http sends secrets in the clear: use https, or say "
				"\"plain\": true in accounts",
				h->account->account, h->account->channel->name);
	return CRM_OK;
}

/* --- what would be sent --- */

static enum crm_status http_render(void *self, const struct crm_parcel *parcel, struct crm_str *out,
				   struct crm_err *err)
{
	struct http *h = self;
	struct crm_receipt r = {.id = CRM_STR_INIT, .detail = CRM_STR_INIT};
	enum crm_status rc = CRM_OK;

	if (!crm_receipt_admits(h->a, parcel, &r))
		rc = crm_fail(err, CRM_DATA, "%s", r.detail.ptr);
	crm_receipt_release(&r);
	if (rc != CRM_OK || (rc = make_request(h, parcel, true, err)) != CRM_OK
	    || (rc = check_url(h, err)) != CRM_OK)
		return rc;
	crm_str_addf(out, "%s %s\n", h->a->method, h->url.ptr);
	if (h->a->basic)
		crm_str_adds(out, "Authorization: Basic ***\n");
	for (size_t i = 0; i < h->n_headers; i++)
		crm_str_addf(out, "%s\n", h->headers[i].ptr);
	if (h->type.len)
		crm_str_addf(out, "Content-Type: %s\n\n%s\n", h->type.ptr, h->body.ptr);
	return CRM_OK;
}

/* --- sending --- */

static size_t give(char *to, size_t size, size_t n, void *data)
{
	struct http *h = data;
	size_t len = h->body.len - h->given;

	len = len < size * n ? len : size * n;
	memcpy(to, h->body.ptr + h->given, len);
	h->given += len;
	return len;
}

static size_t take(char *bytes, size_t size, size_t n, void *data)
{
	struct http *h = data;
	size_t len = size * n, room = CRM_HTTP_ANSWER_MAX - h->answer.len;

	h->too_much = len > room;
	crm_str_add(&h->answer, bytes, h->too_much ? room : len);
	return h->too_much ? 0 : len; /* 0: libcurl ends */
}

static struct curl_slist *header_list(const struct http *h)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	struct crm_str type = CRM_STR_INIT;

	crm_str_addf(&type, h->type.len ? "Content-Type: %s" : "Content-Type:%s", h->type.ptr);
	list = curl_slist_append(list, type.ptr);
	for (size_t i = 0; i < h->n_headers; i++)
		list = curl_slist_append(list, h->headers[i].ptr);
	crm_str_release(&type);
	return list;
}

static void set_options(struct http *h)
{
	struct crm_slice ca = crm_account_get(h->account, "ca");
	CURL *c = h->curl;

	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, crm_account_timeout(h->account));
	curl_easy_setopt(c, CURLOPT_USERAGENT, "crm-tools/" CRM_VERSION);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(c, CURLOPT_READFUNCTION, give);
	curl_easy_setopt(c, CURLOPT_READDATA, h);
	if (ca.len)
		curl_easy_setopt(c, CURLOPT_CAINFO, ca.ptr);
	if (is_loopback(h->url.ptr))
		curl_easy_setopt(c, CURLOPT_PROXY, "");
	if (h->userpwd.len) {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
		curl_easy_setopt(c, CURLOPT_USERPWD, h->userpwd.ptr);
	}
}

static void set_method(struct http *h)
{
	CURL *c = h->curl;

	curl_easy_setopt(c, CURLOPT_URL, h->url.ptr);
	if (h->type.len || strcmp(h->a->method, "GET") != 0) {
		curl_easy_setopt(c, CURLOPT_POST, 1L);
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)h->body.len);
	}
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, h->a->method);
	if (!h->body.len && !h->a->idempotent)
		curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
}

/* May the service have got all of the request? */
static bool went_out(const struct http *h)
{
	long bytes = 0;

	curl_easy_getinfo(h->curl, CURLINFO_REQUEST_SIZE, &bytes);
	return bytes > 0 && h->given == h->body.len;
}

/* It ended without a whole answer. */
static void failed(struct http *h, CURLcode why, const char *words, struct crm_receipt *receipt)
{
	bool unknown = went_out(h) && !h->a->idempotent;
	struct crm_str text = CRM_STR_INIT;

	crm_str_adds(&text, *words ? words : curl_easy_strerror(why));
	crm_fill_mask(&h->fill, &text);
	crm_receipt_set(receipt, unknown ? CRM_UNKNOWN : CRM_DEFERRED, text.ptr);
	crm_str_release(&text);
}

static enum crm_status perform(struct http *h, struct crm_receipt *receipt, struct crm_err *err)
{
	struct curl_slist *headers = header_list(h);
	char words[CURL_ERROR_SIZE] = "";
	struct crm_response r = {.retry_after = -1};
	enum crm_status rc = CRM_OK;
	curl_off_t wait = 0;
	long status = 0;
	CURLcode got;

	curl_easy_reset(h->curl); /* connections stay */
	set_options(h);
	set_method(h);
	curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(h->curl, CURLOPT_ERRORBUFFER, words);
	crm_str_clear(&h->answer);
	h->given = 0;
	h->too_much = false;
	got = curl_easy_perform(h->curl);
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	if (got == CURLE_OK || (status >= 200 && got != CURLE_SEND_FAIL_REWIND)) {
		curl_easy_getinfo(h->curl, CURLINFO_RETRY_AFTER, &wait);
		r.status = (int)status;
		r.body = (struct crm_slice){h->answer.ptr, h->answer.len};
		r.broken = got != CURLE_OK;
		r.retry_after = wait > 0 ? (int64_t)wait * 1000 : -1;
		rc = crm_response_judge(h->a, &h->fill, &r, receipt, err);
	} else {
		failed(h, got, words, receipt);
	}
	curl_easy_setopt(h->curl, CURLOPT_ERRORBUFFER, NULL);
	curl_slist_free_all(headers);
	return rc;
}

static enum crm_status http_send(void *self, const struct crm_parcel *parcel,
				 struct crm_receipt *receipt, struct crm_err *err)
{
	struct http *h = self;
	enum crm_status rc;

	crm_receipt_clear(receipt);
	if (!crm_receipt_admits(h->a, parcel, receipt))
		return CRM_OK;
	rc = make_request(h, parcel, false, err);
	if (rc == CRM_DATA) {
		crm_receipt_set(receipt, CRM_REFUSED, err->text);
		return CRM_OK;
	}
	if (rc != CRM_OK || (rc = check_url(h, err)) != CRM_OK)
		return rc;
	if (!h->curl && !(h->curl = curl_easy_init()))
		return crm_fail(err, CRM_BUG, "cannot start libcurl");
	return perform(h, receipt, err);
}

const struct crm_transport crm_transport_http = {
	.name = "http",
	.open = http_open,
	.render = http_render,
	.send = http_send,
	.idempotent = http_idempotent,
	.close = http_close,
};
