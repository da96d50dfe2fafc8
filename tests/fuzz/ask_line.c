/* SPDX-License-Identifier: MIT */
/* Lines for crm-reply: whatever comes is a reply with something to say, gets a template, is
 * passed on, or is told to be wrong; and nothing but a reply brings a text of its own. */
#include <string.h>

#include "check.h"
#include "reply/ask_line.h"

static void check_reply(const struct crm_ask_post *ask)
{
	check(ask->text.ptr || ask->html.ptr || ask->template || ask->variables.ptr);
	check(ask->conversation || ask->message || ask->person);
	check(!ask->subject.ptr || !memchr(ask->subject.ptr, '\n', ask->subject.len));
	check(!ask->subject.ptr || !memchr(ask->subject.ptr, '\r', ask->subject.len));
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static struct crm_json_doc doc;
	static struct crm_arena arena;
	struct crm_ask_post ask;
	const char *why = NULL;
	enum crm_ask_kind kind;

	crm_arena_clear(&arena);
	if (crm_json_scan(&doc, (const char *)bytes, len) != CRM_OK
	    || doc.values[0].type != CRM_JSON_OBJECT)
		return 0;
	kind = crm_ask_line(&doc, len & 1 ? "received" : NULL, NULL, &arena, &ask, &why);
	check((kind == CRM_ASK_WRONG) == (why != NULL));
	check(ask.conversation >= 0 && ask.person >= 0 && ask.message >= 0);
	if (kind == CRM_ASK_REPLY)
		check_reply(&ask);
	if (kind == CRM_ASK_TEMPLATE)
		check(ask.template && !ask.text.ptr && !ask.html.ptr && !ask.subject.ptr);
	return 0;
}
