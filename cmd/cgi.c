/* SPDX-License-Identifier: MIT */
/* The environment and standard input of a CGI program, and what it does with them. */
#include "cgi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secrets.h"

#define BUSY_MS 2500 /* senders wait for seconds, and try again */

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

/* The header X-Name is in the variable HTTP_X_NAME. */
static const char *header(void *data, const char *name)
{
	char variable_name[256] = "HTTP_";
	size_t n = strlen(variable_name);

	(void)data;
	if (strlen(name) >= sizeof(variable_name) - n)
		return NULL;
	for (; *name; name++) {
		char c = *name;

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		variable_name[n++] = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
	}
	variable_name[n] = '\0';
	return getenv(variable_name);
}

static bool is_name(const char *s)
{
	return *s && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(s);
}

/* /CHANNEL, /CHANNEL/SCOPE, or with a fixed channel /SCOPE, and a last / more or less. */
static bool read_path(struct cgi *cgi, const char *fixed)
{
	char *first, *second, *save = NULL;

	cgi->path = crm_strdup(variable("PATH_INFO"));
	first = strtok_r(cgi->path, "/", &save);
	second = first ? strtok_r(NULL, "/", &save) : NULL;
	cgi->channel = fixed ? fixed : first;
	cgi->scope = fixed ? first : second;
	return (!first || is_name(first)) && (!second || (!fixed && is_name(second)))
	       && !strtok_r(NULL, "/", &save) && cgi->channel;
}

/* The URL as the client asked for it. */
static void read_url(struct cgi *cgi)
{
	const char *scheme = getenv("REQUEST_SCHEME"), *uri = getenv("REQUEST_URI");
	const char *https = variable("HTTPS");

	if (!scheme)
		scheme = *https && strcmp(https, "off") != 0 ? "https" : "http";
	crm_str_addf(&cgi->url, "%s://%s", scheme, variable("HTTP_HOST"));
	if (uri)
		crm_str_adds(&cgi->url, uri);
	else
		crm_str_addf(&cgi->url, "%s%s%s%s", variable("SCRIPT_NAME"), variable("PATH_INFO"),
			     *variable("QUERY_STRING") ? "?" : "", variable("QUERY_STRING"));
}

static bool read_body(struct cgi *cgi, struct crm_webhook_verdict *verdict)
{
	const char *length = getenv("CONTENT_LENGTH");
	size_t want = 0;
	ssize_t n = 1;

	if (!length && !strcmp(cgi->request.method, "POST")) {
		crm_webhook_refuse(verdict, 411, "how long is it?");
		return false;
	}
	for (const char *p = length ? length : ""; *p; p++) {
		if (*p < '0' || *p > '9') {
			crm_webhook_refuse(verdict, 400, "its length is no number");
			return false;
		}
		if ((want = want * 10 + (size_t)(*p - '0')) > CRM_WEBHOOK_BODY_MAX) {
			crm_webhook_refuse(verdict, 413, "larger than 16 MiB");
			return false;
		}
	}
	crm_str_reserve(&cgi->body, want);
	while (cgi->body.len < want && n) {
		n = read(STDIN_FILENO, cgi->body.ptr + cgi->body.len, want - cgi->body.len);
		if (n < 0 && errno != EINTR)
			break;
		crm_str_wrote(&cgi->body, n > 0 ? (size_t)n : 0);
	}
	if (cgi->body.len < want)
		crm_webhook_refuse(verdict, 400, "cut off");
	return cgi->body.len == want;
}

bool cgi_read(struct cgi *cgi, const char *fixed, struct crm_webhook_verdict *verdict)
{
	struct crm_webhook_request *r = &cgi->request;
	const char *encoding = header(NULL, "Content-Encoding");

	*cgi = (struct cgi){.body = CRM_STR_INIT, .url = CRM_STR_INIT};
	r->method = variable("REQUEST_METHOD");
	r->query = crm_slice_of(variable("QUERY_STRING"));
	r->type = crm_slice_of(variable("CONTENT_TYPE"));
	r->remote_addr = getenv("REMOTE_ADDR");
	r->referer = header(NULL, "Referer");
	r->header = header;
	read_url(cgi);
	r->url = cgi->url.ptr;
	if (!read_path(cgi, fixed)) {
		crm_webhook_refuse(verdict, 404, "nothing is here");
		return false;
	}
	if (encoding && *encoding && strcmp(encoding, "identity") != 0) {
		crm_webhook_refuse(verdict, 415, "not compressed, please");
		return false;
	}
	if (!read_body(cgi, verdict))
		return false;
	r->body = (struct crm_slice){cgi->body.ptr, cgi->body.len};
	return true;
}

void cgi_release(struct cgi *cgi)
{
	crm_str_release(&cgi->body);
	crm_str_release(&cgi->url);
	free(cgi->path);
}

/* --- the post --- */

static enum crm_status get_secret(void *data, const char *name, struct crm_str *value,
				  struct crm_err *err)
{
	const struct cgi_store *store = data;
	struct crm_str dir = CRM_STR_INIT;
	enum crm_status rc;

	cli_config_dir(store->cli, &dir);
	rc = crm_secret_get(dir.ptr, name, value, err);
	crm_str_release(&dir);
	return rc;
}

/* The record as the only item of a feed. */
static enum crm_read next_post(void *data, struct crm_str *name, struct crm_str *bytes,
			       struct crm_err *err)
{
	struct crm_str *record = data;

	(void)err;
	if (!record->len)
		return CRM_READ_END;
	crm_str_adds(name, "post");
	crm_str_add(bytes, record->ptr, record->len);
	crm_str_clear(record);
	return CRM_READ_OK;
}

static void note_aside(void *data, const struct crm_channel *channel, const struct crm_chunk *chunk,
		       const struct crm_outcome *outcomes)
{
	const struct cgi_store *store = data;

	for (size_t i = 0; i < chunk->n; i++)
		if (outcomes[i].kind == CRM_SET_ASIDE)
			cli_note(store->cli, "%s: set aside: %s", channel->name,
				 chunk->records[i].aside);
}

static void tell(void *data, const char *file, const char *words)
{
	cli_note(((struct cgi_store *)data)->cli, "%s: %s", file, words);
}

static void store_post(struct cgi_store *store, const struct cgi *cgi,
		       const struct crm_channel *channel, struct crm_webhook_verdict *v)
{
	const struct crm_feed feed = {next_post, &v->record};
	struct crm_job_options job = *store->job;
	struct crm_webhook_result result = {0};
	struct crm_counts counts = {0};
	struct crm_err err = {0};

	job.channel = channel->name;
	job.scope = cgi->scope ? cgi->scope : job.scope;
	job.feed = &feed;
	job.stored = note_aside;
	job.committed = NULL;
	job.note = tell;
	job.progress = NULL;
	job.data = store;
	result.status = crm_job_run(store->db, store->channels, "webhook", &job, &counts, &err);
	result.stored = counts.stored;
	result.duplicate = counts.duplicate;
	result.set_aside = counts.set_aside;
	crm_webhook_done(channel->webhook, &result, v);
	if (result.status != CRM_OK)
		cli_fail(store->cli, &err);
}

void cgi_take(struct cgi *cgi, struct cgi_store *store, struct crm_webhook_verdict *v)
{
	const struct crm_channel *channel = crm_channels_find(store->channels, cgi->channel);

	if (!channel) {
		crm_webhook_refuse(v, 404, "nothing is here");
		return;
	}
	sqlite3_busy_timeout(crm_db_handle(store->db), BUSY_MS);
	cgi->request.now = crm_db_now(store->db);
	cgi->request.secret = get_secret;
	cgi->request.data = store;
	crm_webhook_judge(channel->webhook, channel->reads, &cgi->request, v);
	if (!v->status)
		store_post(store, cgi, channel, v);
	if (*v->why)
		cli_note(store->cli, "%s: %d %s", channel->name, v->status, v->why);
}
