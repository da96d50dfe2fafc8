/* SPDX-License-Identifier: MIT */
/* Lines that ask for a message: their members, checked. */
#include "reply/ask_line.h"

#include <string.h>

#include "base/time.h"
#include "reply/place.h"

struct reading {
	const struct crm_json_doc *doc;
	struct crm_arena *arena;
	const char *why;
};

static const struct crm_json_value *member(const struct reading *r, const char *name)
{
	const struct crm_json_value *v = crm_json_member(r->doc, r->doc->values, name);

	return v && v->type != CRM_JSON_NULL ? v : NULL;
}

/* A text, {0} without; one that is none is wrong. */
static struct crm_slice text(struct reading *r, const char *name, const char *wrong)
{
	const struct crm_json_value *v = member(r, name);

	if (v && v->type != CRM_JSON_STRING) {
		r->why = wrong;
		v = NULL;
	}
	return crm_json_keep(v, r->arena);
}

/* The caller's own id may be a number. */
static struct crm_slice name_of(struct reading *r, const char *name, const char *wrong)
{
	const struct crm_json_value *v = member(r, name);

	if (v && v->type == CRM_JSON_NUMBER)
		return (struct crm_slice){crm_arena_strndup(r->arena, v->text.ptr, v->text.len),
					  v->text.len};
	return text(r, name, wrong);
}

/* An id of ours: a whole number above 0; 0 without. */
static int64_t id(struct reading *r, const char *name, const char *wrong)
{
	const struct crm_json_value *v = member(r, name);
	int64_t n = 0;

	if (!v)
		return 0;
	for (size_t i = 0; i < v->text.len && n >= 0; i++) {
		char c = v->text.ptr[i];

		n = c < '0' || c > '9' || i > 17 ? -1 : n * 10 + (c - '0');
	}
	if (v->type != CRM_JSON_NUMBER || n <= 0) {
		r->why = wrong;
		return 0;
	}
	return n;
}

static int64_t when(struct reading *r, const char *name, const char *wrong)
{
	struct crm_slice s = text(r, name, wrong);
	struct crm_time t = {0};

	if (s.ptr && !crm_time_rfc3339(s.ptr, s.len, &t))
		r->why = wrong;
	return t.ms;
}

static struct crm_slice object(struct reading *r, const char *name, const char *wrong)
{
	const struct crm_json_value *v = member(r, name);

	if (!v)
		return (struct crm_slice){NULL, 0};
	if (v->type != CRM_JSON_OBJECT)
		r->why = wrong;
	return (struct crm_slice){crm_arena_strndup(r->arena, v->text.ptr, v->text.len),
				  v->text.len};
}

static void read_whom(struct reading *r, struct crm_ask_post *ask)
{
	ask->conversation = id(r, "conversation", "conversation must be the id of one");
	ask->person = id(r, "person", "person must be the id of one");
	ask->message = id(r, "message", "message must be the id of an event");
	ask->occurrence = name_of(r, "occurrence", "occurrence must be a text");
	ask->line = r->doc;
}

static const char *word(struct crm_slice s)
{
	return s.len ? s.ptr : NULL;
}

/* The name of a template, or a set of them: what is none is the line's fault alone. */
static const char *place(struct reading *r, const char *name, const char *wrong)
{
	const char *s = word(text(r, name, wrong));

	if (s && !crm_place_is_name(s))
		r->why = wrong;
	return s;
}

static void read_reply(struct reading *r, struct crm_ask_post *ask)
{
	ask->id = name_of(r, "id", "id must be a text or a number");
	if (ask->id.ptr && !ask->id.len) /* all of them would be the same message */
		r->why = "id is empty: leave it out, or give each message one of its own";
	ask->channel = word(text(r, "channel", "channel must be the name of one"));
	ask->template = place(r, "template", "template must be the name of one");
	ask->set = place(r, "templates", "templates must be the name of a set");
	ask->purpose = word(text(r, "purpose", "purpose must be a text"));
	ask->subject = text(r, "subject", "subject must be a text");
	ask->text = text(r, "text", "text must be a text");
	ask->html = text(r, "html", "html must be a text");
	ask->agent = text(r, "agent", "agent must be the name of one");
	ask->campaign = text(r, "campaign", "campaign must be a text");
	ask->unsubscribe = text(r, "unsubscribe", "unsubscribe must be an address");
	ask->automatic = text(r, "automatic", "automatic must be a text, such as bot");
	ask->variables = object(r, "variables", "variables must be an object");
	ask->due_at = when(r, "due_at", "due_at must be a time (RFC 3339)");
	ask->expires_at = when(r, "expires_at", "expires_at must be a time (RFC 3339)");
	if (ask->campaign.ptr && !ask->automatic.ptr)
		ask->automatic = CRM_SLICE("campaign");
}

/* What keeps a reply from being one; NULL: nothing. */
static const char *check_reply(const struct reading *r, const struct crm_ask_post *ask)
{
	bool blank = !crm_slice_trim(ask->text).len && !crm_slice_trim(ask->html).len;

	if (r->why)
		return r->why;
	if (!ask->conversation && !ask->message && !ask->person)
		return "to whom? it needs \"conversation\" or \"person\"";
	if (blank && !ask->template && !ask->variables.ptr && !ask->files.n)
		return "it says nothing: it needs \"text\", \"html\" or \"template\"";
	if (memchr(ask->subject.ptr ? ask->subject.ptr : "", '\n', ask->subject.len)
	    || memchr(ask->subject.ptr ? ask->subject.ptr : "", '\r', ask->subject.len))
		return "subject must be one line";
	return NULL;
}

static bool type_is(const struct reading *r, const char *const *types, size_t n)
{
	const struct crm_json_value *v = member(r, "type");

	for (size_t i = 0; v && i < n; i++)
		if (v->type == CRM_JSON_STRING && crm_slice_is(v->text, types[i]))
			return true;
	return false;
}

static bool is_outgoing(struct reading *r)
{
	return crm_slice_is(text(r, "direction", NULL), "out");
}

enum crm_ask_kind crm_ask_line(const struct crm_json_doc *doc, const char *template,
			       const char *folder, struct crm_arena *arena,
			       struct crm_ask_post *ask, const char **why)
{
	static const char *const reply[] = {"reply"};
	static const char *const asks[] = {"message", "assignment", "handover", "request", "call"};
	struct reading r = {doc, arena, NULL};

	*ask = (struct crm_ask_post){0};
	if (!member(&r, "type") || type_is(&r, reply, 1)) {
		read_whom(&r, ask);
		read_reply(&r, ask);
		if (!r.why)
			crm_attach_read(doc, member(&r, "attachments"), folder, arena, &ask->files,
					&r.why);
		if (!ask->template && !ask->text.ptr && !ask->html.ptr && !ask->variables.ptr)
			ask->template = template;
		*why = check_reply(&r, ask);
		return *why ? CRM_ASK_WRONG : CRM_ASK_REPLY;
	}
	if (!template || !type_is(&r, asks, sizeof(asks) / sizeof(asks[0])) || is_outgoing(&r)
	    || !member(&r, "conversation"))
		return CRM_ASK_OTHER;
	read_whom(&r, ask);
	if (type_is(&r, asks, 1))
		ask->message = id(&r, "id", "id must be that of an event");
	ask->template = template;
	*why = r.why;
	return r.why ? CRM_ASK_WRONG : CRM_ASK_TEMPLATE;
}
