/* SPDX-License-Identifier: MIT */
/*
 * context: the values that a template may name, for one conversation or person, and the
 * letter made of them. crm-templates(5) lists all names; a test holds it against
 * crm_context_names.
 *
 * Values come from the store (person, request, message), from the files `shop` and `agents`
 * of the configuration folder and the account that sends (shop, agent), from the line that
 * asked for the letter (line), and from the clock of the run (now). The same store, files and
 * line give the same letter.
 *
 * Of events only those of type message that came in are quoted: a note never gets into a
 * letter. A name that holds an address of any kind is not used: who writes in somebody else's
 * name must not be able to have us send them an advertisement.
 */
#ifndef CRM_CONTEXT_H
#define CRM_CONTEXT_H

#include "reply/account.h"
#include "reply/template.h"
#include "route/agents.h"
#include "store/db.h"

/* All paths, ended by NULL; shop.* and line.* stand for any member. */
extern const char *const crm_context_names[];

struct crm_context;

/* Whom a letter is for, and by whom. Everything is borrowed for the call. */
struct crm_letter_ask {
	int64_t conversation; /* 0: none; an alias counts as what it stands for */
	int64_t person;       /* 0: who asked in the conversation */
	int64_t message;      /* event that is answered; 0: their latest in the conversation */
	int64_t endpoint;     /* where it goes; 0: not known */
	const char *name;     /* of the template */
	const char *set;      /* NULL: the account's "templates", else the shop's */
	const char *language; /* NULL: the line's, else the person's, else that of
			       * the message, else the shop's */
	const char *agent;    /* who writes; NULL: whom it is assigned to */
	const struct crm_account *account; /* what it is sent from; NULL: not known */
	const struct crm_json_doc *line;   /* an object; NULL: none */
};

/* *context is new, NULL on failure: close with crm_context_close. dir is the configuration
 * folder, it need not exist. templates is borrowed until close; its default language becomes
 * that of `shop`. CRM_CONFIG with file and line of what is wrong. */
enum crm_status crm_context_open(struct crm_context **context, struct crm_db *db, const char *dir,
				 struct crm_templates *templates, struct crm_err *err);
void crm_context_close(struct crm_context *context);

/* Those of the configuration folder. Borrowed: valid until close. */
const struct crm_agents *crm_context_agents(const struct crm_context *context);

/* Appends the link by which an address leaves our mailings; nothing where the file shop has no
 * unsubscribe_url. */
enum crm_status crm_context_unsubscribe(struct crm_context *context, int64_t endpoint,
					struct crm_str *url);

/* A letter, of one snapshot of the store. *t (may be NULL) becomes the template that was taken:
 * its purpose, whether it is automatic. CRM_NO_INPUT when there is no such conversation,
 * person or template; else as crm_templates_get and crm_template_render. */
enum crm_status crm_context_letter(struct crm_context *context, const struct crm_letter_ask *ask,
				   const struct crm_template **t, struct crm_letter *out,
				   struct crm_err *err);
/* The same with invented values, for a look at a template: of ask only name, set and language
 * count. What a line would have given is [line.NAME]. */
enum crm_status crm_context_sample(struct crm_context *context, const struct crm_letter_ask *ask,
				   const struct crm_template **t, struct crm_letter *out,
				   struct crm_err *err);

#endif
