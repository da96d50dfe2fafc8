/* SPDX-License-Identifier: MIT */
/* The environment and standard input of a CGI program. */
#include "cgi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
