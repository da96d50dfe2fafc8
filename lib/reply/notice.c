/* SPDX-License-Identifier: MIT */
/* Notices to agents; see notice.h. */
#include "reply/notice.h"

#include <stdio.h>
#include <string.h>

#include "reply/outbox.h"
#include "store/token.h"

#define NOTICE_LIFE (24 * 3600 * 1000LL) /* ms */

struct noticing {
	const struct crm_post *post;
	const struct crm_notice *notice;
	const struct crm_agent *agent;
	struct crm_posted *out;
	const struct crm_channel *channel;
	const struct crm_account *account;
	struct crm_letter letter;
	struct crm_str key, message_id, line;
	struct crm_json_doc doc;
};

static enum crm_status refuse(struct noticing *n, const char *reason, const char *detail)
{
	n->out->outcome = CRM_POST_REFUSED;
	n->out->reason = reason;
	snprintf(n->out->detail, sizeof(n->out->detail), "%.199s", detail);
	return CRM_OK;
}

static enum crm_status find_way(struct noticing *n)
{
	const char *name = n->agent->notify_channel;
	char text[200];

	n->channel = crm_channels_find(n->post->channels, name);
	if (!n->channel || !n->channel->answers) {
		snprintf(text, sizeof(text), "agent '%s' is notified by '%s', %s", n->agent->agent,
			 name, n->channel ? "which cannot answer" : "which is no channel");
		return refuse(n, "no_channel", text);
	}
	n->account = crm_post_account(n->post, name, NULL, (struct crm_slice){NULL, 0});
	if (!n->account) {
		snprintf(text, sizeof(text),
			 "no account answers on channel '%s': add a line to the file accounts",
			 name);
		return refuse(n, "no_account", text);
	}
	return CRM_OK;
}

/* In the agent's own language, the first they speak. */
static enum crm_status write_letter(struct noticing *n)
{
	const struct crm_names *languages = &n->agent->languages;
	struct crm_letter_ask ask = {
		.conversation = n->notice->conversation,
		.person = n->notice->person,
		.name = n->notice->kind,
		.language = languages->n ? languages->names[0] : "",
		.agent = n->agent->agent,
		.account = n->account,
		.line = &n->doc,
	};
	struct crm_err err;
	enum crm_status rc;

	crm_json_open(&n->line, '{');
	crm_json_put_slice(&n->line, "by", n->notice->by);
	crm_json_put_slice(&n->line, "text", n->notice->text);
	crm_json_put_slice(&n->line, "reason", n->notice->reason);
	crm_json_close(&n->line, '}');
	if (crm_json_scan(&n->doc, n->line.ptr, n->line.len) != CRM_OK)
		return refuse(n, "render", n->doc.error);
	rc = crm_context_letter(n->post->context, &ask, NULL, &n->letter, &err);
	if (rc == CRM_OK || rc == CRM_IO || rc == CRM_BUSY || rc == CRM_BUG)
		return rc;
	return refuse(n, "render", err.text);
}

/* Mail has a name of its own from the start. */
static enum crm_status make_names(struct noticing *n)
{
	const char *at = strrchr(n->account->account, '@');
	enum crm_status rc = CRM_OK;

	crm_str_addf(&n->key, "notice:%s:%s:%lld", n->notice->kind, n->agent->agent,
		     (long long)n->notice->event);
	if (n->channel->medium && !strcmp(n->channel->medium, "email")) {
		rc = crm_token_of_key(n->post->db, (struct crm_slice){n->key.ptr, n->key.len},
				      &n->message_id);
		crm_str_addf(&n->message_id, "@%s", at ? at + 1 : "localhost");
	}
	return rc;
}

static struct crm_slice slice(const struct crm_str *s)
{
	return s->len ? (struct crm_slice){s->ptr, s->len} : (struct crm_slice){NULL, 0};
}

static enum crm_status queue(struct noticing *n)
{
	struct crm_outgoing o = {
		.key = slice(&n->key),
		.kind = "notice",
		.purpose = "notice",
		.account = crm_slice_of(n->account->account),
		.address = crm_slice_of(n->agent->notify_address),
		.to_name = crm_slice_of(n->agent->name),
		.automatic = crm_slice_of("notice"),
		.template = crm_slice_of(n->notice->kind),
		.subject = slice(&n->letter.subject),
		.text = slice(&n->letter.text),
		.html = slice(&n->letter.html),
		.message_id = slice(&n->message_id),
		.variables = slice(&n->letter.variables),
		.expires_at = crm_db_now(n->post->db) + NOTICE_LIFE,
	};
	bool added;
	enum crm_status rc;

	rc = crm_outbox_source(n->post->db, n->channel->name,
			       n->account->scope ? n->account->scope : n->channel->scope,
			       n->channel->medium, &o.source);
	if (rc == CRM_OK)
		rc = crm_outbox_add(n->post->db, &o, &n->out->id, &added);
	if (rc == CRM_OK)
		n->out->outcome = added ? CRM_POSTED : CRM_POST_AGAIN;
	return rc;
}

enum crm_status crm_notice_add(const struct crm_post *post, const struct crm_notice *notice,
			       struct crm_posted *out)
{
	struct noticing n = {
		.post = post,
		.notice = notice,
		.agent = crm_agents_find(crm_context_agents(post->context),
					 crm_slice_of(notice->agent)),
		.out = out,
		.letter = CRM_LETTER_INIT,
		.key = CRM_STR_INIT,
		.message_id = CRM_STR_INIT,
		.line = CRM_STR_INIT,
		.doc = CRM_JSON_DOC_INIT,
	};
	enum crm_status rc;

	*out = (struct crm_posted){.outcome = CRM_POSTED, .conversation = notice->conversation};
	if (!n.agent || !n.agent->notify_channel)
		return refuse(&n, "no_notify", "");
	if ((rc = find_way(&n)) == CRM_OK && out->outcome == CRM_POSTED)
		rc = write_letter(&n);
	if (rc == CRM_OK && out->outcome == CRM_POSTED && (rc = make_names(&n)) == CRM_OK)
		rc = queue(&n);
	crm_letter_release(&n.letter);
	crm_str_release(&n.key);
	crm_str_release(&n.message_id);
	crm_str_release(&n.line);
	crm_json_doc_release(&n.doc);
	return rc;
}
