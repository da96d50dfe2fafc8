/* SPDX-License-Identifier: MIT */
/*
 * A request filled in from hostile values, and any bytes as the answer to it: JSON stays JSON of
 * the same shape, a URL and a header stay one, and the verdict is one of those there are. Input:
 * a template, a value and an answer, with a NUL between.
 */
#include <string.h>

#include "base/utf8.h"
#include "check.h"
#include "ingest/placeholder.h"
#include "reply/response.h"

static const char *from[] = {"/id", "/a/0/b"};
static const char *pass[] = {"/error"};
static const char *yes[] = {"true", "*"};
static struct crm_condition ok_is = {.where = {.from = pass, .n = 1}, .values = yes, .n_values = 2};
static const struct crm_answers answers = {
	.by = "http",
	.key = {.from = from, .n = 2, .join = "/"},
	.error = {.from = pass, .n = 1},
	.retry_after = {.from = pass, .n = 1},
	.verdicts = {[CRM_SAYS_REFUSED] = {&ok_is, 1}},
};

static void check_text(struct crm_fill *fill, const char *template, enum crm_fill_into into)
{
	struct crm_str out = CRM_STR_INIT;
	struct crm_err err = {0};
	enum crm_status rc = crm_fill_text(fill, template, into, &out, &err);

	check(rc == CRM_OK || rc == CRM_NO_INPUT || *err.text);
	for (size_t i = 0; rc == CRM_OK && i < out.len; i++)
		check((unsigned char)out.ptr[i] >= ' ' || strchr(template, out.ptr[i]));
	crm_str_release(&out);
}

static void check_json(struct crm_fill *fill, const char *template)
{
	struct crm_str out = CRM_STR_INIT;
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	struct crm_err err = {0};
	enum crm_status rc;

	if (crm_json_scan(&doc, template, strlen(template)) == CRM_OK) {
		rc = crm_fill_json(fill, crm_slice_of(template), &out, &err);
		check(rc != CRM_OK || crm_json_scan(&doc, out.ptr, out.len) == CRM_OK || doc.n == 0
		      || strstr(doc.error, "twice") || strstr(doc.error, "deep"));
	}
	crm_json_doc_release(&doc);
	crm_str_release(&out);
}

static void check_answer(const struct crm_fill *fill, struct crm_slice body, int status)
{
	const struct crm_response response = {.status = status, .body = body, .retry_after = -1};
	struct crm_receipt r = {.id = CRM_STR_INIT, .detail = CRM_STR_INIT};
	struct crm_err err = {0};
	enum crm_status rc = crm_response_judge(&answers, fill, &response, &r, &err);

	check(rc == CRM_OK || (rc == CRM_CONFIG && *err.text));
	check(r.outcome <= CRM_UNKNOWN && r.retry_after >= -1);
	check(crm_utf8_valid(r.detail.ptr, r.detail.len) == r.detail.len && r.detail.len < 400);
	for (size_t i = 0; i < r.detail.len; i++)
		check((unsigned char)r.detail.ptr[i] >= ' ');
	check(r.outcome == CRM_SENT || !r.id.len);
	crm_receipt_release(&r);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static const int statuses[] = {200, 202, 302, 400, 401, 429, 500, 503};
	struct crm_channel channel = {.name = "fuzz", .answer = &answers};
	struct crm_account account = {.account = "us", .channel = &channel};
	char *copy = crm_strndup((const char *)bytes, len), *value, *body;
	struct crm_parcel parcel = {.key = CRM_SLICE("k")};
	struct crm_fill fill;

	value = memchr(copy, 0, len + 1);
	value += value < copy + len;
	body = memchr(value, 0, (size_t)(copy + len - value) + 1);
	parcel.to = parcel.text = parcel.thread = parcel.variables = parcel.origin =
		(struct crm_slice){value, (size_t)(body - value)};
	body += body < copy + len;
	check(crm_json_scan(&account.doc, "{\"url\":\"https://a\"}", 19) == CRM_OK);
	crm_fill_init(&fill, &account, "/nonexistent");
	crm_fill_begin(&fill, &parcel, true);
	if (!crm_placeholder_wrong(crm_slice_of(copy))) {
		check_text(&fill, copy, CRM_FILL_URL);
		check_text(&fill, copy, CRM_FILL_HEADER);
		check_json(&fill, copy);
	}
	check_answer(&fill, (struct crm_slice){body, (size_t)(copy + len - body)},
		     statuses[len % 8]);
	crm_fill_release(&fill);
	crm_json_doc_release(&account.doc);
	free(copy);
	return 0;
}
