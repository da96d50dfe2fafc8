/* SPDX-License-Identifier: MIT */
/*
 * deliver [-n] CONFIG CHANNELS: hands parcels to their transports as crm-reply would, without a
 * store. Reads JSON lines {"channel", "account"?, "to", "text", …: members of a parcel} and
 * prints a line for each: {"outcome", "id"?, "code"?, "detail"?, "retry_after"?, "address_bad"?},
 * or {"error"} where the configuration is wrong. -n prints what would be sent.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "reply/response.h"
#include "reply/transport.h"

struct opened {
	const struct crm_account *account;
	const struct crm_transport *transport;
	void *self;
};

static struct crm_accounts accounts = CRM_ACCOUNTS_INIT;
static struct crm_channels channels = CRM_CHANNELS_INIT;
static struct opened *open_ones;
static size_t n_open, cap_open;
static struct crm_arena arena = CRM_ARENA_INIT;

static struct crm_slice get(const struct crm_json_doc *doc, const char *name)
{
	const struct crm_json_value *v = crm_json_member(doc, &doc->values[0], name);
	struct crm_str s = CRM_STR_INIT;
	struct crm_slice out;

	if (!v)
		return (struct crm_slice){NULL, 0};
	crm_json_text(v, &s);
	out = (struct crm_slice){crm_arena_strndup(&arena, s.ptr, s.len), s.len};
	crm_str_release(&s);
	return out;
}

static struct opened *opened(const struct crm_account *account, const char *dir,
			     struct crm_err *err)
{
	struct opened o = {account, &crm_transport_http, NULL};

	for (size_t i = 0; i < n_open; i++)
		if (open_ones[i].account == account)
			return &open_ones[i];
	if (crm_account_get(account, "exec").len || !strcmp(account->channel->answers, "exec"))
		o.transport = &crm_transport_exec;
	if (o.transport->open(account, dir, &o.self, err) != CRM_OK)
		return NULL;
	CRM_GROW(open_ones, n_open + 1, cap_open);
	open_ones[n_open] = o;
	return &open_ones[n_open++];
}

static void print(const struct crm_receipt *r)
{
	struct crm_str out = CRM_STR_INIT;

	crm_json_open(&out, '{');
	crm_json_put(&out, "outcome", crm_sent_names[r->outcome]);
	crm_json_put(&out, "id", r->id.len ? r->id.ptr : NULL);
	if (r->code)
		crm_json_put_int(&out, "code", r->code);
	crm_json_put(&out, "detail", r->detail.len ? r->detail.ptr : NULL);
	if (r->retry_after >= 0)
		crm_json_put_int(&out, "retry_after", r->retry_after);
	if (r->address_bad)
		crm_json_put(&out, "address_bad", "yes");
	crm_json_close(&out, '}');
	puts(out.ptr);
	crm_str_release(&out);
}

static void print_error(const char *words)
{
	struct crm_str out = CRM_STR_INIT;

	crm_json_open(&out, '{');
	crm_json_put(&out, "error", words);
	crm_json_close(&out, '}');
	puts(out.ptr);
	crm_str_release(&out);
}

static void deliver(struct crm_slice line, const char *dir, bool dry)
{
	struct crm_receipt receipt = {.id = CRM_STR_INIT, .detail = CRM_STR_INIT};
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	struct crm_str out = CRM_STR_INIT;
	struct crm_err err = {0};
	const struct crm_account *account;
	enum crm_status rc = CRM_OK;
	struct opened *o = NULL;

	if (crm_json_scan(&doc, line.ptr, line.len) != CRM_OK)
		exit(65);
	account = crm_accounts_find(&accounts, get(&doc, "channel").ptr, NULL,
				    get(&doc, "account").ptr);
	if (!account || !(o = opened(account, dir, &err))) {
		print_error(account ? err.text : "no account");
	} else {
		const struct crm_parcel parcel = {
			.key = get(&doc, "key"),
			.to = get(&doc, "to"),
			.to_name = get(&doc, "to_name"),
			.subject = get(&doc, "subject"),
			.text = get(&doc, "text"),
			.html = get(&doc, "html"),
			.thread = get(&doc, "thread"),
			.about = get(&doc, "about"),
			.origin = get(&doc, "origin"),
			.agent = get(&doc, "agent"),
			.variables = get(&doc, "variables"),
			.message_id = get(&doc, "message_id"),
		};

		if (dry)
			rc = o->transport->render(o->self, &parcel, &out, &err);
		else
			rc = o->transport->send(o->self, &parcel, &receipt, &err);
		if (rc != CRM_OK)
			print_error(err.text);
		else if (dry)
			fwrite(out.ptr, 1, out.len, stdout);
		else
			print(&receipt);
	}
	fflush(stdout);
	crm_receipt_release(&receipt);
	crm_str_release(&out);
	crm_json_doc_release(&doc);
	crm_arena_clear(&arena);
}

int main(int argc, char **argv)
{
	bool dry = argc > 1 && !strcmp(argv[1], "-n");
	const char *dir = argc > 1 + dry ? argv[1 + dry] : "";
	struct crm_err err = {0};
	struct crm_lines in;
	struct crm_slice line;
	struct crm_str own = CRM_STR_INIT;

	if (argc != 3 + dry)
		return 64;
	crm_str_addf(&own, "%s/channels", dir);
	if (crm_channels_load(&channels, own.ptr, &err) != CRM_OK
	    || crm_channels_load(&channels, argv[2 + dry], &err) != CRM_OK
	    || crm_accounts_load(&accounts, dir, &channels, &err) != CRM_OK) {
		fprintf(stderr, "%s\n", err.text);
		return 78;
	}
	crm_lines_init(&in, 0);
	while (crm_lines_fill(&in))
		while (crm_lines_next(&in, &line))
			deliver(line, dir, dry);
	crm_lines_release(&in);
	for (size_t i = 0; i < n_open; i++)
		open_ones[i].transport->close(open_ones[i].self);
	free(open_ones);
	crm_accounts_release(&accounts);
	crm_channels_release(&channels);
	crm_arena_release(&arena);
	crm_str_release(&own);
	return 0;
}
