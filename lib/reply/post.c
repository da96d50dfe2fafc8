/* SPDX-License-Identifier: MIT */
/* Queueing an answer: see post.h. */
#include "reply/post.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "ingest/answers.h"
#include "reply/mime.h"
#include "reply/outbox.h"
#include "store/token.h"

#define SUBJECT_CHARS 60

struct posting { /* one on its way */
	const struct crm_post *post;
	const struct crm_ask_post *ask;
	struct crm_addressee *a;
	const struct crm_channel *channel;
	const struct crm_account *account;
	struct crm_str key, message_id, subject, unsubscribe;
	struct crm_slice text, html, automatic, variables;
	const char *purpose;
	struct crm_letter letter;
	struct crm_err unrendered; /* why there is no letter */
	struct crm_posted *out;
};

static enum crm_status refuse(struct posting *p, const char *reason, const char *detail)
{
	p->out->outcome = CRM_POST_REFUSED;
	p->out->reason = reason;
	snprintf(p->out->detail, sizeof(p->out->detail), "%.*s", (int)sizeof(p->out->detail) - 1,
		 detail);
	return CRM_OK;
}

/* ---- which channel and account ---- */

bool crm_post_is_own(const struct crm_post *post, struct crm_slice address)
{
	if (crm_own_has(post->own, address))
		return true;
	for (size_t i = 0; i < post->accounts->n; i++)
		if (crm_slice_is_caseless(address, post->accounts->list[i].account))
			return true;
	return false;
}

/* help+c42.k3x9q2mwta@shop.example is help@shop.example. */
static void without_tag(struct crm_slice address, struct crm_str *out)
{
	const char *at = memchr(address.ptr, '@', address.len);
	const char *plus = at ? memchr(address.ptr, '+', (size_t)(at - address.ptr)) : NULL;

	if (!plus || plus == address.ptr)
		return;
	crm_str_add(out, address.ptr, (size_t)(plus - address.ptr));
	crm_str_add(out, at, (size_t)(address.ptr + address.len - at));
}

const struct crm_account *crm_post_account(const struct crm_post *post, const char *channel,
					   const char *scope, struct crm_slice wrote_to)
{
	const struct crm_account *account;
	struct crm_str bare = CRM_STR_INIT;

	if (!wrote_to.ptr)
		return crm_accounts_find(post->accounts, channel, scope, NULL);
	account = crm_accounts_find(post->accounts, channel, scope, wrote_to.ptr);
	without_tag(wrote_to, &bare);
	if (account && strcmp(account->account, wrote_to.ptr) != 0 && bare.len)
		account = crm_accounts_find(post->accounts, channel, scope, bare.ptr);
	crm_str_release(&bare);
	return account;
}

/* They wrote by what cannot be answered: by mail, say, if there is an address for that. */
static enum crm_status answer_instead(struct posting *p)
{
	const char *by = crm_gates_instead(p->post->gates, p->a->channel);
	const struct crm_channel *channel = by ? crm_channels_find(p->post->channels, by) : NULL;
	bool mail = channel && channel->medium && !strcmp(channel->medium, "email");

	if (!channel || !channel->answers || !p->a->kind
	    || strcmp(p->a->kind, mail ? "email" : "phone") != 0)
		return CRM_OK;
	p->channel = channel;
	p->out->instead = channel->name;
	p->account = crm_post_account(p->post, by, NULL, p->a->account);
	p->a->about = p->a->references = (struct crm_slice){NULL, 0};
	return crm_outbox_source(p->post->db, by,
				 p->account && p->account->scope ? p->account->scope
								 : channel->scope,
				 channel->medium, &p->a->source);
}

static enum crm_status find_way(struct posting *p)
{
	enum crm_status rc = CRM_OK;
	char text[256];

	p->channel = crm_channels_find(p->post->channels, p->a->channel);
	if (p->channel && p->channel->answers)
		p->account = crm_post_account(p->post, p->a->channel, p->a->scope, p->a->account);
	else
		rc = answer_instead(p);
	if (rc != CRM_OK)
		return rc;
	if (!p->a->address.len)
		return refuse(p, "no_address",
			      "nobody knows an address of theirs for this channel; \"channel\" may "
			      "name another");
	if (!p->channel || !p->channel->answers) {
		snprintf(text, sizeof(text),
			 "channel '%s' cannot answer: rules/replies may name another one (instead)",
			 p->a->channel);
		return refuse(p, "no_address", text);
	}
	if (!p->account) {
		snprintf(text, sizeof(text),
			 "no account answers on channel '%s': add a line to the file accounts, see "
			 "crm-channels(5)",
			 p->channel->name);
		return refuse(p, "no_account", text);
	}
	return CRM_OK;
}

/* Can what goes out by this account have files with it? Mail can, and what a command that says
 * so is told. */
static bool takes_files(const struct crm_account *account)
{
	const struct crm_answers *a = account->channel->answer;

	return a && (a->attachments || !strcmp(a->by, "smtp"));
}

static enum crm_status check_files(struct posting *p)
{
	char text[256];

	if (!p->ask->files.n || p->out->outcome == CRM_POST_REFUSED || takes_files(p->account))
		return CRM_OK;
	snprintf(text, sizeof(text),
		 "channel '%s' takes no files: send a link, or answer by mail (\"channel\")",
		 p->channel->name);
	return refuse(p, "no_files", text);
}

/* ---- to whom ---- */

/* A person, by a channel that may never have brought anything. */
static enum crm_status find_person(struct posting *p)
{
	const char *name = p->ask->channel ? p->ask->channel : "email";
	const struct crm_channel *channel = crm_channels_find(p->post->channels, name);
	const struct crm_account *account;
	enum crm_status rc;
	int64_t source;

	if (!channel)
		return crm_fail(crm_db_err(p->post->db), CRM_NO_INPUT,
				"there is no channel '%s'; crm-ingest --list shows those there are",
				name);
	account = crm_post_account(p->post, name, NULL, (struct crm_slice){NULL, 0});
	rc = crm_outbox_source(p->post->db, name,
			       account && account->scope ? account->scope : channel->scope,
			       channel->medium, &source);
	if (rc == CRM_OK)
		rc = crm_addressee_of_person(p->post->db, p->ask->person, source, channel->medium,
					     p->a);
	p->a->channel = channel->name;
	p->a->medium = channel->medium;
	p->a->scope = NULL;
	return rc;
}

static enum crm_status find_addressee(struct posting *p)
{
	if (p->ask->conversation || p->ask->message || !p->ask->person)
		return crm_addressee_of_conversation(p->post->db, p->ask->conversation,
						     p->ask->message, p->a);
	return find_person(p);
}

/* ---- what it says ---- */

static struct crm_slice slice(const struct crm_str *s)
{
	return s->len ? (struct crm_slice){s->ptr, s->len} : (struct crm_slice){NULL, 0};
}

static enum crm_status render(struct posting *p)
{
	const struct crm_ask_post *ask = p->ask;
	const struct crm_template *t = NULL;
	struct crm_letter_ask letter = {
		.conversation = p->a->conversation,
		.person = p->a->conversation ? 0 : p->a->person,
		.message = p->a->message,
		.endpoint = p->a->endpoint,
		.name = ask->template,
		.set = ask->set,
		.agent = ask->agent.ptr,
		.account = p->account,
		.line = ask->line,
	};
	enum crm_status rc;

	p->text = ask->text;
	p->html = ask->html;
	p->automatic = ask->automatic;
	p->variables = ask->variables;
	p->purpose = ask->purpose ? ask->purpose : "service";
	if (!ask->template)
		return CRM_OK;
	rc = crm_context_letter(p->post->context, &letter, &t, &p->letter, &p->unrendered);
	if (t) {
		p->automatic = crm_slice_of(t->automatic);
		p->purpose = ask->purpose ? ask->purpose : t->purpose;
	}
	p->text = slice(&p->letter.text);
	p->html = slice(&p->letter.html);
	if (p->letter.variables.len)
		p->variables = slice(&p->letter.variables);
	if (rc == CRM_OK || rc == CRM_DATA || rc == CRM_NO_INPUT)
		return CRM_OK; /* one letter that is not written: see queue */
	*crm_db_err(p->post->db) = p->unrendered;
	return rc;
}

/* ---- what it is called ---- */

static void add_part(struct crm_str *s, struct crm_slice part)
{
	crm_str_addi(s, (int64_t)part.len);
	crm_str_addc(s, ':');
	crm_str_add(s, part.ptr, part.len);
}

/* The same to the same in answer to the same is the same message. What is answered says to whom:
 * its conversation may be joined to another, or parted, before the same line comes again. */
static void make_key(struct posting *p)
{
	const struct crm_ask_post *ask = p->ask;
	bool once = ask->template && crm_gates_once(p->post->gates, ask->template);
	int64_t answered = once ? p->a->opening : p->a->message;
	int64_t conversation = answered && !ask->occurrence.ptr ? 0 : p->a->conversation;
	int64_t person = p->a->conversation ? 0 : p->a->person;
	struct crm_str said = CRM_STR_INIT;
	struct crm_digest digest;

	if (ask->id.ptr) {
		crm_str_adds(&p->key, "id:");
		crm_str_add(&p->key, ask->id.ptr, ask->id.len);
		return;
	}
	if (ask->template) {
		crm_str_addf(&p->key, "template:%s:", ask->template);
		if (conversation || person)
			crm_str_addf(&p->key, "%c%lld:", person ? 'p' : 'c',
				     (long long)(person ? person : conversation));
		if (ask->occurrence.ptr)
			crm_str_add(&p->key, ask->occurrence.ptr, ask->occurrence.len);
		else
			crm_str_addi(&p->key, answered);
		return;
	}
	crm_str_addf(&said, "%lld %lld %lld ", (long long)conversation, (long long)person,
		     (long long)p->a->message);
	add_part(&said, ask->subject);
	add_part(&said, ask->text);
	add_part(&said, ask->html);
	add_part(&said, ask->campaign);
	add_part(&said, ask->variables);
	for (size_t i = 0; i < ask->files.n; i++) {
		add_part(&said, ask->files.list[i].name);
		add_part(&said, ask->files.list[i].digest);
	}
	digest = crm_digest_of(said.ptr, said.len);
	crm_str_adds(&p->key, "said:");
	crm_digest_hex(&digest, &p->key);
	crm_str_release(&said);
}

static bool is_mail(const struct posting *p)
{
	return p->channel->medium && !strcmp(p->channel->medium, "email");
}

static enum crm_status make_message_id(struct posting *p)
{
	const char *at = strrchr(p->account->account, '@');
	enum crm_status rc;

	if (!is_mail(p))
		return CRM_OK;
	rc = crm_token_of_key(p->post->db, (struct crm_slice){p->key.ptr, p->key.len},
			      &p->message_id);
	crm_str_addf(&p->message_id, "@%s", at ? at + 1 : "localhost");
	return rc;
}

/* The first line of what they said, for a mail in answer to what had no subject. */
static struct crm_slice first_line(struct crm_slice text)
{
	struct crm_slice s = crm_slice_trim(text);
	const char *end = s.len ? memchr(s.ptr, '\n', s.len) : NULL;
	size_t n = 0, used = 0;

	if (end)
		s.len = (size_t)(end - s.ptr);
	while (used < s.len && n < SUBJECT_CHARS) {
		size_t c = crm_utf8_length(s.ptr + used, s.len - used);

		if (!c)
			break;
		used += c;
		n++;
	}
	s.len = used;
	return crm_slice_trim(s);
}

static void make_subject(struct posting *p)
{
	struct crm_slice s = p->a->subject.len ? p->a->subject : first_line(p->a->said);

	if (p->letter.subject.len) {
		crm_str_add(&p->subject, p->letter.subject.ptr, p->letter.subject.len);
	} else if (p->ask->subject.ptr) {
		crm_str_add(&p->subject, p->ask->subject.ptr, p->ask->subject.len);
	} else if (s.len && is_mail(p)) {
		crm_mime_answer_subject(s, &p->subject);
	} else if (is_mail(p) && p->account->name) {
		crm_str_adds(&p->subject, p->account->name);
	}
}

/* Who gets what needs their consent is told how to take it back. */
static enum crm_status make_unsubscribe(struct posting *p)
{
	const struct crm_ask_post *ask = p->ask;

	crm_str_add(&p->unsubscribe, ask->unsubscribe.ptr ? ask->unsubscribe.ptr : "",
		    ask->unsubscribe.len);
	if (p->unsubscribe.len || !p->post->context || !p->a->endpoint
	    || !(ask->campaign.ptr || crm_gates_need_consent(p->post->gates, p->purpose)))
		return CRM_OK;
	return crm_context_unsubscribe(p->post->context, p->a->endpoint, &p->unsubscribe);
}

/* ---- in ---- */

static enum crm_status ask_gates(struct posting *p, struct crm_ruling *ruling)
{
	struct crm_subject s = {
		.purpose = p->purpose,
		.medium = p->channel->medium,
		.profile = p->a->profile,
		.endpoint = p->a->endpoint,
		.source = p->a->source,
		.address = p->a->address,
		.automatic = p->automatic.ptr != NULL,
		.answers_automatic = p->a->automatic.ptr != NULL,
		.own = crm_post_is_own(p->post, p->a->address),
		.window = p->channel->answer ? p->channel->answer->window : 0,
		.has_template = p->variables.ptr != NULL,
	};

	return crm_gates_ask(p->post->gates, p->post->db, &s, ruling);
}

static enum crm_status open_conversation(struct posting *p)
{
	struct crm_str thread = CRM_STR_INIT;
	enum crm_status rc;

	if (is_mail(p)) {
		crm_str_add(&thread, p->message_id.ptr, p->message_id.len);
	} else {
		crm_str_addc(&thread, '@'); /* as of messages that name no thread */
		crm_str_add(&thread, p->a->address.ptr, p->a->address.len);
	}
	rc = crm_addressee_open(p->post->db, p->a, slice(&thread));
	crm_str_release(&thread);
	return rc;
}

static enum crm_status add(struct posting *p, const struct crm_ruling *ruling)
{
	const struct crm_ask_post *ask = p->ask;
	bool skipped = ruling->pass == CRM_SKIP, added;
	struct crm_outgoing o = {
		.key = slice(&p->key),
		.kind = ask->kind           ? ask->kind
			: ask->campaign.ptr ? "campaign"
					    : "reply",
		.purpose = p->purpose,
		.conversation = p->a->conversation,
		.profile = p->a->profile,
		.endpoint = p->a->endpoint,
		.source = p->a->source,
		.account = crm_slice_of(p->account->account),
		.address = p->a->address,
		.to_name = p->a->name,
		.agent = ask->agent,
		.automatic = p->automatic,
		.template = crm_slice_of(ask->template),
		.campaign = ask->campaign,
		.unsubscribe = slice(&p->unsubscribe),
		.subject = slice(&p->subject),
		.text = p->text,
		.html = p->html,
		.message_id = slice(&p->message_id),
		.about = p->a->about,
		.in_reply_to = is_mail(p) ? p->a->about : (struct crm_slice){NULL, 0},
		.references = p->a->references,
		.thread = p->a->thread,
		.variables = p->variables,
		.files = &ask->files,
		.due_at = ruling->pass == CRM_LATER && ruling->until > ask->due_at ? ruling->until
										   : ask->due_at,
		.expires_at = ask->expires_at,
		.state = skipped ? "skipped" : "queued",
		.reason = crm_slice_of(ruling->reason),
		.detail = crm_slice_of(*ruling->detail ? ruling->detail : NULL),
	};
	enum crm_status rc = crm_outbox_add(p->post->db, &o, &p->out->id, &added);

	p->out->outcome = !added ? CRM_POST_AGAIN : skipped ? CRM_POST_SKIPPED : CRM_POSTED;
	p->out->reason = ruling->reason;
	snprintf(p->out->detail, sizeof(p->out->detail), "%s", ruling->detail);
	return rc;
}

static enum crm_status queue(struct posting *p)
{
	struct crm_ruling ruling;
	enum crm_status rc;

	if ((rc = find_addressee(p)) != CRM_OK || (rc = find_way(p)) != CRM_OK
	    || (rc = check_files(p)) != CRM_OK || p->out->outcome == CRM_POST_REFUSED
	    || (rc = render(p)) != CRM_OK)
		return rc;
	make_key(p);
	make_subject(p);
	if ((rc = make_message_id(p)) != CRM_OK || (rc = make_unsubscribe(p)) != CRM_OK
	    || (rc = ask_gates(p, &ruling)) != CRM_OK)
		return rc;
	if (p->unrendered.status != CRM_OK && ruling.pass != CRM_SKIP)
		return refuse(p, "render", p->unrendered.text);
	if (!p->a->conversation && (rc = open_conversation(p)) != CRM_OK)
		return rc;
	return add(p, &ruling);
}

enum crm_status crm_post_queue(const struct crm_post *post, const struct crm_ask_post *ask,
			       struct crm_addressee *a, struct crm_posted *out)
{
	struct posting p = {.post = post,
			    .ask = ask,
			    .a = a,
			    .out = out,
			    .key = CRM_STR_INIT,
			    .message_id = CRM_STR_INIT,
			    .subject = CRM_STR_INIT,
			    .unsubscribe = CRM_STR_INIT,
			    .letter = CRM_LETTER_INIT};
	enum crm_status rc;

	*out = (struct crm_posted){.outcome = CRM_POSTED};
	rc = queue(&p);
	out->conversation = a->conversation;
	crm_str_release(&p.key);
	crm_str_release(&p.message_id);
	crm_str_release(&p.subject);
	crm_str_release(&p.unsubscribe);
	crm_letter_release(&p.letter);
	return rc;
}
