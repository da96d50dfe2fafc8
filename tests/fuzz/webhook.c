/* SPDX-License-Identifier: MIT */
/* Any request against webhooks of each kind. Nobody without the key gets a post stored, and
 * nothing of a request gets into the header of the answer. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ingest/webhook.h"

static const char *const hooks[] = {
	"{\"open\":true,\"get\":true,\"id\":\"X-Id\",\"redirect\":\"/thanks\",\"challenge\":"
	"{\"answer\":\"c\"}}",
	"{\"secret\":\"k\",\"signature\":{\"method\":\"hmac-sha1\",\"encoding\":\"base64\","
	"\"header\":\"S\",\"over\":\"{url}{parameters}\"},\"get\":true}",
	"{\"secret\":\"k\",\"signature\":{\"method\":\"hmac-sha256\",\"header\":\"S\",\"element\":"
	"\"v1\",\"time\":\"t\",\"over\":\"{time}.{X-Id}.{body}\"},\"challenge\":{\"answer\":"
	"\"/c\",\"when\":{\"/t\":\"u\"}}}",
	"{\"secret\":\"k\",\"signature\":{\"method\":\"ed25519\",\"header\":\"S\",\"prefix\":\"v1,"
	"\"},"
	"\"challenge\":{\"answer\":\"c\",\"sign\":\"hmac-sha512\",\"reply\":\"{signed}{challenge}"
	"\"}}",
	"{\"secret\":\"k\",\"signature\":{\"method\":\"token\",\"parameter\":\"t\"},\"challenge\":"
	"{\"answer\":\"c\",\"verify\":\"v\",\"when\":{\"m\":\"s\"}}}",
};
#define HOOKS (sizeof(hooks) / sizeof(hooks[0]))

static const struct crm_webhook *loaded[HOOKS];
static const char *texts[5]; /* query, type, signature, id, body */

static void wrong(void *data, const struct crm_json_value *at, const char *what)
{
	(void)data, (void)at, (void)what;
	abort();
}

static void load_all(void)
{
	static struct crm_arena arena = CRM_ARENA_INIT;

	for (size_t i = 0; i < HOOKS; i++) {
		struct crm_json_doc doc = CRM_JSON_DOC_INIT;
		struct crm_section file = {&doc, &arena, wrong, NULL};

		check(crm_json_scan(&doc, hooks[i], strlen(hooks[i])) == CRM_OK);
		loaded[i] = crm_webhook_load(&file, &doc.values[0]);
		crm_json_doc_release(&doc);
	}
}

static const char *header(void *data, const char *name)
{
	(void)data;
	return !strcmp(name, "S") ? texts[2] : !strcmp(name, "X-Id") ? texts[3] : NULL;
}

static enum crm_status secret(void *data, const char *name, struct crm_str *value,
			      struct crm_err *err)
{
	(void)data, (void)name, (void)err;
	crm_str_adds(value, "a key of thirty-two bytes, nearly");
	return CRM_OK;
}

/* Header lines are of the kinds there are, and of what the channel says. */
static void check_answer(const struct crm_webhook_verdict *v)
{
	static const char *const names[] = {"Status: ",
					    "Content-Type: ",
					    "Content-Length: ",
					    "Cache-Control: no-store\r",
					    "X-Content-Type-Options: nosniff\r",
					    "Allow: POST\r",
					    "Retry-After: 10\r",
					    "Location: /thanks\r"};
	struct crm_str out = CRM_STR_INIT;
	char *line, *end;

	crm_webhook_write(v, &out);
	for (line = out.ptr; strncmp(line, "\r\n", 2) != 0; line = end + 1) {
		bool known = false;

		check((end = strchr(line, '\n')) && end[-1] == '\r');
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			known |= !strncmp(line, names[i], strlen(names[i]));
		check(known);
	}
	check((size_t)(line + 2 - out.ptr) + v->body.len == out.len);
	crm_str_release(&out);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static const char *const reads[] = {"form", "json", "mail"};
	struct crm_webhook_verdict v = CRM_WEBHOOK_VERDICT_INIT;
	struct crm_webhook_request r = {.url = "https://a/b", .now = 1700000000000};
	char *text, *rest;
	size_t hook;

	if (len < 2)
		return 0;
	if (!loaded[0])
		load_all();
	hook = bytes[0] % HOOKS;
	text = rest = crm_strndup((const char *)bytes + 2, len - 2);
	for (size_t i = 0; i < 5; i++) /* the body has what is left, newlines too */
		texts[i] = rest ? (i < 4 ? strsep(&rest, "\n") : rest) : "";
	r.method = bytes[1] & 1 ? "GET" : "POST";
	r.query = crm_slice_of(texts[0]);
	r.type = crm_slice_of(texts[1]);
	r.body = crm_slice_of(texts[4]);
	r.referer = r.remote_addr = texts[3];
	r.header = header;
	r.secret = secret;
	crm_webhook_judge(loaded[hook], reads[(bytes[1] >> 1) % 3], &r, &v);
	check(v.status || hook == 0);
	if (!v.status)
		crm_webhook_done(loaded[hook], &(struct crm_webhook_result){.stored = bytes[1] & 8},
				 &v);
	check_answer(&v);
	crm_webhook_verdict_release(&v);
	free(text);
	return 0;
}
