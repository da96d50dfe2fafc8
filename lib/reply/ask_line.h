/* SPDX-License-Identifier: MIT */
/*
 * ask_line: what a line on the way to crm-reply asks for.
 *
 * The text of a message that goes out comes from a line of type reply (or of none) or from a
 * template, and from nothing else: what a customer wrote (message), and what our people noted
 * among themselves (note), has a text too and must never be sent because of it.
 */
#ifndef CRM_ASK_LINE_H
#define CRM_ASK_LINE_H

#include "base/json.h"
#include "base/mem.h"
#include "reply/post.h"

enum crm_ask_kind {
	CRM_ASK_REPLY,    /* it says what is to be sent */
	CRM_ASK_TEMPLATE, /* a conversation that gets the template, if one was given */
	CRM_ASK_OTHER,    /* none of our business: to be passed on */
	CRM_ASK_WRONG     /* it cannot be used */
};

/* Reads the line in doc (an object) into ask; texts lie in arena. template: what conversations
 * get, NULL: nothing. folder: of the files that it may attach (reply/attach.h), NULL: none. *why
 * is static or lies in arena, for CRM_ASK_WRONG. */
enum crm_ask_kind crm_ask_line(const struct crm_json_doc *doc, const char *template,
			       const char *folder, struct crm_arena *arena,
			       struct crm_ask_post *ask, const char **why);

#endif
