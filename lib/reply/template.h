/* SPDX-License-Identifier: MIT */
/*
 * template: a message to be, in a file: templates/[SET/]NAME[.LANGUAGE].txt of the
 * configuration folder, or of the program; crm-templates(5).
 *
 *	Subject: Your question about {{request.subject|your order}}
 *	Purpose: service
 *	Automatic: yes
 *	Variables: {"template": "received", "1": "{{person.name|you}}"}
 *
 *	{{> greeting}} …
 *
 * Header lines, a blank line, the text (reply/prose.h). NAME[.LANGUAGE].html beside it is the
 * same in HTML; where there is only that, the header stands there and the text is made from
 * it. {{> greeting}} is partials/greeting[.LANGUAGE].txt (or .html) of the same folders.
 *
 * Which file: for each language asked for (of de-CH: de-CH, de, and none), then for the
 * default one, then for English: the user's folder before ours, the SET (the voice of a
 * brand) before none.
 *
 * Everything is checked when a template is loaded: header names, syntax, partials, and that
 * each path is one that there is (a misspelt one must not hide behind a default). A file is
 * read once in the life of a struct crm_templates.
 */
#ifndef CRM_TEMPLATE_H
#define CRM_TEMPLATE_H

#include "reply/letter.h"
#include "reply/place.h"
#include "reply/prose.h"

struct crm_templates;

struct crm_template {           /* borrowed: valid until crm_templates_free */
	const char *name, *set; /* set: NULL for none */
	const char *language;   /* of the file; NULL: it names none */
	const char *file;       /* as it is named in messages */
	const char *purpose;    /* service (default), marketing, or a word of the user's */
	const char *automatic; /* what event.automatic is to say: auto-reply; NULL: Automatic: no */
	bool has_subject, has_html;
	struct crm_prose *subject, *variables, *text, *html; /* NULL: it has none */
};

/* New: free with crm_templates_free. known: the paths that there are, ended by NULL, "line.*"
 * for all that begin with line.; borrowed. NULL: any. */
struct crm_templates *crm_templates_new(const char *const *known);
/* Another folder to look in, after those before; it need not exist. Copied. */
void crm_templates_add(struct crm_templates *templates, const char *dir);
/* The language for those whose own is not known, or not there; copied. en without. */
void crm_templates_default(struct crm_templates *templates, const char *language);
void crm_templates_free(struct crm_templates *templates);

/* The template of a name. set and language may be NULL; a language that is none counts as
 * NULL. CRM_NO_INPUT when there is none, CRM_USAGE for a name that cannot be one,
 * CRM_CONFIG with file and line of what is wrong with it. */
enum crm_status crm_templates_get(struct crm_templates *templates, const char *set,
				  const char *name, const char *language,
				  const struct crm_template **out, struct crm_err *err);

/* Fills a template with the members of values. CRM_DATA with file, line and path of a value
 * that is missing: there is no message then. The subject is one line. */
enum crm_status crm_template_render(const struct crm_template *t, const struct crm_json_doc *values,
				    struct crm_letter *out, struct crm_err *err);

/* Each path that a template names: subject, text, HTML; see crm_prose_paths. */
enum crm_status crm_template_paths(const struct crm_template *t, crm_prose_each *each, void *data);

/* Each template's file there is, in the order in which they are looked for, also those that
 * another one hides; as crm_place_list. */
enum crm_status crm_templates_list(struct crm_templates *templates,
				   enum crm_status (*each)(void *data,
							   const struct crm_template_file *file),
				   void *data);
/* The template of a file that was listed. Errors as of crm_templates_get. */
enum crm_status crm_templates_load(struct crm_templates *templates,
				   const struct crm_template_file *file,
				   const struct crm_template **out, struct crm_err *err);

#endif
