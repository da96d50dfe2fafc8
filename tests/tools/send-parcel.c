/* SPDX-License-Identifier: MIT */
/*
 * send-parcel CONFIG ACCOUNT [render]: sends parcels, a JSON line each on standard input, by
 * SMTP from ACCOUNT, a line of the file accounts; for each it prints what became of it.
 * render: prints what would be sent. The members of a parcel are those of struct crm_parcel.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/lines.h"
#include "reply/transport.h"

static struct crm_json_doc doc;
static struct crm_arena arena;

static struct crm_slice text_of(const struct crm_json_value *v)
{
	struct crm_str text = CRM_STR_INIT;
	struct crm_slice s = {NULL, 0};

	if (!v)
		return s;
	crm_json_text(v, &text);
	s = (struct crm_slice){crm_arena_strndup(&arena, text.ptr, text.len), text.len};
	crm_str_release(&text);
	return s;
}

static struct crm_slice get(const char *name)
{
	return text_of(crm_json_member(&doc, doc.values, name));
}

static void read_parcel(struct crm_parcel *p, struct crm_slice *references)
{
	const struct crm_json_value *refs = crm_json_member(&doc, doc.values, "references");

	*p = (struct crm_parcel){
		.key = get("key"),
		.to = get("to"),
		.to_name = get("to_name"),
		.subject = get("subject"),
		.text = get("text"),
		.html = get("html"),
		.message_id = get("message_id"),
		.in_reply_to = get("in_reply_to"),
		.reply_token = get("reply_token"),
		.agent = get("agent"),
		.automatic = get("automatic"),
		.campaign = get("campaign"),
		.unsubscribe = get("unsubscribe"),
		.at = 1763780400000,
	};
	p->references = references;
	for (uint32_t i = 0; refs && i < refs->count && i < 100; i++)
		references[p->n_references++] = text_of(refs + 1 + i);
}

static void print(const struct crm_receipt *receipt)
{
	printf("%s %d %s%s\n", crm_sent_names[receipt->outcome], receipt->code, receipt->detail.ptr,
	       receipt->address_bad ? " [address bad]" : "");
	fflush(stdout);
}

static enum crm_status work(void *self, bool render, struct crm_err *err)
{
	const struct crm_transport *smtp = &crm_transport_smtp;
	struct crm_receipt receipt = {.id = CRM_STR_INIT, .detail = CRM_STR_INIT};
	struct crm_str out = CRM_STR_INIT;
	struct crm_slice references[100], line;
	enum crm_status rc = CRM_OK;
	struct crm_parcel parcel;
	struct crm_lines in;

	crm_lines_init(&in, STDIN_FILENO);
	while (rc == CRM_OK && crm_lines_fill(&in))
		while (rc == CRM_OK && crm_lines_next(&in, &line)) {
			if ((rc = crm_json_scan(&doc, line.ptr, line.len)) != CRM_OK)
				break;
			read_parcel(&parcel, references);
			crm_str_clear(&out);
			rc = render ? smtp->render(self, &parcel, &out, err)
				    : smtp->send(self, &parcel, &receipt, err);
			if (rc == CRM_OK && !render)
				print(&receipt);
			fputs(out.ptr, stdout);
			crm_arena_clear(&arena);
		}
	crm_lines_release(&in);
	crm_str_release(&receipt.id);
	crm_str_release(&receipt.detail);
	crm_str_release(&out);
	return rc;
}

int main(int argc, char **argv)
{
	struct crm_account account = {.account = "help@shop.example", .name = "Shop"};
	struct crm_err err = {0};
	void *self = NULL;
	enum crm_status rc;

	if (argc < 3 || crm_json_scan(&account.doc, argv[2], strlen(argv[2])) != CRM_OK)
		return 64;
	rc = crm_transport_smtp.open(&account, argv[1], &self, &err);
	if (rc == CRM_OK) {
		rc = work(self, argc > 3, &err);
		crm_transport_smtp.close(self);
	}
	if (rc != CRM_OK)
		fprintf(stderr, "send-parcel: %s\n", err.text);
	crm_json_doc_release(&doc);
	crm_json_doc_release(&account.doc);
	crm_arena_release(&arena);
	return crm_status_exit(rc);
}
