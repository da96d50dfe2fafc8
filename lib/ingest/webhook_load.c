/* SPDX-License-Identifier: MIT */
/* Reading member "webhook" of a channel file. What would not protect is refused here, when
 * the file is written, and not found out when somebody makes use of it. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/webhook.h"

static const char **strings(const struct crm_section *f, const struct crm_json_value *v, size_t *n)
{
	const char **list = crm_arena_alloc(f->arena, (v->count + 1) * sizeof(*list));

	*n = 0;
	if (v->type != CRM_JSON_ARRAY) {
		list[(*n)++] = crm_section_string(f, v);
		return list;
	}
	CRM_SECTION_EACH(f, v, item)
	list[(*n)++] = crm_section_string(f, item);
	return list;
}

static int one_of(const struct crm_section *f, const struct crm_json_value *v,
		  const char *const *names, int n, const char *what)
{
	const char *name = crm_section_string(f, v);

	for (int i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return i;
	crm_section_wrong(f, v, what);
	return 0;
}

/* What goes into a header of an answer is one line of visible characters. */
static const char *header_text(const struct crm_section *f, const struct crm_json_value *v)
{
	const char *s = crm_section_string(f, v);

	for (const char *p = s; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~') {
			crm_section_wrong(f, v, "takes visible ASCII characters");
			return "";
		}
	return s;
}

static int64_t seconds(const struct crm_section *f, const struct crm_json_value *v)
{
	int64_t n = v->type == CRM_JSON_NUMBER ? strtoll(v->text.ptr, NULL, 10) : 0;

	if (n < 1 || n > 86400)
		crm_section_wrong(f, v, "takes seconds, 1 to 86400");
	return n;
}

/* {place: value, …} as pairs. */
static const char **pairs(const struct crm_section *f, const struct crm_json_value *v, size_t *n)
{
	const char **list = crm_arena_alloc(f->arena, (2 * v->count + 1) * sizeof(*list));

	if (v->type != CRM_JSON_OBJECT) {
		crm_section_wrong(f, v, "takes an object");
		return list;
	}
	CRM_SECTION_EACH(f, v, item)
	{
		list[2 * *n] = crm_section_text(f, item->key, item->key_escaped);
		list[2 * *n + 1] = crm_section_string(f, item);
		(*n)++;
	}
	return list;
}

enum kind {
	STRING,
	HEADER_TEXT,
	STRINGS, /* and their number behind it */
	PAIRS,
	YES,
	METHOD,
	ENCODING,
	SECONDS,
	SIGNATURE,
	CHALLENGE
};

struct member {
	const char *name;
	enum kind kind;
	size_t offset, offset_n;
};

#define HOOK(member) offsetof(struct crm_webhook, member)
#define SIGN(member) offsetof(struct crm_webhook_signature, member)
#define ASK(member) offsetof(struct crm_webhook_challenge, member)

static const struct member hook_members[] = {
	{"challenge", CHALLENGE, HOOK(challenge), 0},
	{"get", YES, HOOK(get), 0},
	{"id", STRINGS, HOOK(id), HOOK(n_id)},
	{"open", YES, HOOK(open), 0},
	{"page", STRING, HOOK(page), 0},
	{"redirect", HEADER_TEXT, HOOK(redirect), 0},
	{"reply", STRING, HOOK(reply), 0},
	{"reply_type", HEADER_TEXT, HOOK(reply_type), 0},
	{"secret", STRING, HOOK(secret), 0},
	{"signature", SIGNATURE, HOOK(signature), 0},
	{"url", STRING, HOOK(url), 0},
	{NULL, 0, 0, 0},
};

static const struct member signature_members[] = {
	{"element", STRING, SIGN(element), 0},
	{"encoding", ENCODING, SIGN(encoding), 0},
	{"header", STRING, SIGN(header), 0},
	{"method", METHOD, SIGN(method), 0},
	{"over", STRING, SIGN(over), 0},
	{"parameter", STRING, SIGN(parameter), 0},
	{"prefix", STRING, SIGN(prefix), 0},
	{"secret_encoding", ENCODING, SIGN(secret_encoding), 0},
	{"time", STRING, SIGN(time), 0},
	{"tolerance", SECONDS, SIGN(tolerance), 0},
	{NULL, 0, 0, 0},
};

static const struct member challenge_members[] = {
	{"answer", STRING, ASK(answer), 0},
	{"encoding", ENCODING, ASK(encoding), 0},
	{"reply", STRING, ASK(reply), 0},
	{"reply_type", HEADER_TEXT, ASK(reply_type), 0},
	{"secret", STRING, ASK(secret), 0},
	{"sign", METHOD, ASK(sign), 0},
	{"verify", STRING, ASK(verify), 0},
	{"when", PAIRS, ASK(when), ASK(n_when)},
	{NULL, 0, 0, 0},
};

static void load_members(const struct crm_section *f, const struct crm_json_value *v,
			 const struct member *members, void *into);

static void load_member(const struct crm_section *f, const struct crm_json_value *v,
			const struct member *m, char *into)
{
	void *to = into + m->offset;

	switch (m->kind) {
	case STRING:
		*(const char **)to = crm_section_string(f, v);
		break;
	case HEADER_TEXT:
		*(const char **)to = header_text(f, v);
		break;
	case STRINGS:
		*(const char ***)to = strings(f, v, (size_t *)(void *)(into + m->offset_n));
		break;
	case PAIRS:
		*(const char ***)to = pairs(f, v, (size_t *)(void *)(into + m->offset_n));
		break;
	case YES:
		if (v->type != CRM_JSON_TRUE && v->type != CRM_JSON_FALSE)
			crm_section_wrong(f, v, "is true or false");
		*(bool *)to = v->type == CRM_JSON_TRUE;
		break;
	case METHOD:
		*(int *)to = one_of(f, v, crm_signature_methods, CRM_SIGN_METHODS,
				    "is token, hmac-sha1, hmac-sha256, hmac-sha512 or ed25519");
		break;
	case ENCODING:
		*(int *)to = one_of(f, v, crm_encodings, CRM_ENCODINGS, "is hex, base64 or plain");
		break;
	case SECONDS:
		*(int64_t *)to = seconds(f, v);
		break;
	case SIGNATURE:
		load_members(f, v, signature_members, to);
		if (((struct crm_webhook_signature *)to)->method < 0)
			crm_section_wrong(f, v, "does not say its method");
		break;
	case CHALLENGE:
		load_members(f, v, challenge_members, to);
		break;
	}
}

static void load_members(const struct crm_section *f, const struct crm_json_value *v,
			 const struct member *members, void *into)
{
	if (v->type != CRM_JSON_OBJECT) {
		crm_section_wrong(f, v, "takes an object");
		return;
	}
	CRM_SECTION_EACH(f, v, item)
	{
		const struct member *m = members;

		while (m->name && !crm_slice_is(item->key, m->name))
			m++;
		if (m->name)
			load_member(f, item, m, into);
		else
			crm_section_wrong(f, item, "is not known here; see crm-channels(5)");
	}
}

static bool has(const char *template, const char *name)
{
	return template && strstr(template, name);
}

static void check_signature(const struct crm_section *f, const struct crm_json_value *v,
			    struct crm_webhook *hook)
{
	struct crm_webhook_signature *s = &hook->signature;
	bool token = s->method == CRM_SIGN_TOKEN;

	if (!hook->secret)
		crm_section_wrong(f, v, "has a signature and names no secret");
	if (!s->header == !s->parameter)
		crm_section_wrong(f, v,
				  "does not say in which header or parameter the signature is");
	if (s->time && !s->tolerance)
		s->tolerance = 300;
	if (s->tolerance && !s->time)
		crm_section_wrong(f, v, "has a tolerance and no time");
	if (token && (s->over || s->time))
		crm_section_wrong(f, v, "has a token, which signs nothing");
	if (token)
		return;
	if (!s->over)
		s->over = "{body}";
	if (!has(s->over, "{body}") && !has(s->over, "{parameters}"))
		crm_section_wrong(f, v,
				  "has a signature that is not over the {body} or {parameters}");
	if (hook->get && !has(s->over, "{url}"))
		crm_section_wrong(f, v, "takes GET, and its signature is not over the {url}");
	if (s->time && !has(s->over, "{time}"))
		crm_section_wrong(f, v, "has a time that its signature is not over");
}

static void check(const struct crm_section *f, const struct crm_json_value *v,
		  struct crm_webhook *hook)
{
	struct crm_webhook_challenge *ask = &hook->challenge;
	bool asks = ask->when || ask->verify || ask->secret || ask->reply || ask->sign >= 0;

	if (hook->open == (hook->signature.method >= 0))
		crm_section_wrong(f, v, "takes either a signature or open: true");
	else if (!hook->open)
		check_signature(f, v, hook);
	if (hook->get && hook->page)
		crm_section_wrong(f, v, "answers GET with a page, and takes it");
	if (asks && !ask->answer)
		crm_section_wrong(f, v, "has a challenge, and not where its answer is");
	if (ask->sign == CRM_SIGN_TOKEN || ask->sign == CRM_SIGN_ED25519)
		crm_section_wrong(f, v, "has a challenge that only an HMAC can sign");
	if (ask->sign >= 0 && (!hook->secret || !ask->reply))
		crm_section_wrong(f, v, "has a challenge to sign, and lacks a secret or a reply");
	if (ask->verify && !ask->secret)
		ask->secret = hook->secret;
	if (ask->verify && !ask->secret)
		crm_section_wrong(f, v, "has a challenge to verify and names no secret");
}

const struct crm_webhook *crm_webhook_load(const struct crm_section *f,
					   const struct crm_json_value *v)
{
	struct crm_webhook *hook = crm_arena_alloc(f->arena, sizeof(*hook));

	*hook = (struct crm_webhook){.signature = {.method = -1,
						   .encoding = CRM_ENCODED_HEX,
						   .secret_encoding = CRM_ENCODED_NOT},
				     .challenge = {.sign = -1, .encoding = CRM_ENCODED_HEX}};
	load_members(f, v, hook_members, hook);
	check(f, v, hook);
	return hook;
}
