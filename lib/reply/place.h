/* SPDX-License-Identifier: MIT */
/*
 * place: which file a template, or a part of one, is in: DIR/[SET/][partials/]NAME[.LANGUAGE]
 * with .txt, .html or both; reply/template.h has the order in which they are looked for.
 *
 * Names of sets, templates and languages come from options, files and data; what could be
 * anything but a part of a file's name is none.
 */
#ifndef CRM_REPLY_PLACE_H
#define CRM_REPLY_PLACE_H

#include <stdbool.h>

#include "base/status.h"
#include "base/str.h"

#define CRM_PLACE_NAME 64 /* bytes of a name, and a NUL */

struct crm_place_dirs { /* in the order in which they are looked through */
	char **dirs;
	size_t n, cap;
	char language[CRM_PLACE_NAME]; /* the default one */
};

struct crm_place {
	struct crm_str path; /* without .txt and .html */
	bool has_text, has_html;
	const char *set; /* borrowed; "" for none */
	char language[CRM_PLACE_NAME];
};
#define CRM_PLACE_INIT               \
	{                            \
		.path = CRM_STR_INIT \
	}

/* Letters, digits, - and _. */
bool crm_place_is_name(const char *s);
/* Puts a language tag into out as files are called: de, de-CH, zh-Hant-TW (RFC 5646, 2.1.1).
 * Empty when it is none. */
void crm_place_language(const char *tag, char out[CRM_PLACE_NAME]);

/* Finds a file; kind is "" or "partials/"; set and language may be "". place->path is to be
 * released. */
bool crm_place_find(const struct crm_place_dirs *dirs, const char *set, const char *kind,
		    const char *name, const char *language, struct crm_place *place);
/* The place of a path without its suffix. */
void crm_place_at(const char *path, size_t len, struct crm_place *place);

/* A template's file, as they are listed: also one that another hides. */
struct crm_template_file {
	const char *name, *set, *language, *path; /* set and language: "" for none */
	bool is_html;
};
/* Calls each for all there are, by folder and name; stops at the first that is not CRM_OK, and
 * returns that. */
enum crm_status crm_place_list(const struct crm_place_dirs *dirs,
			       enum crm_status (*each)(void *data,
						       const struct crm_template_file *file),
			       void *data);

#endif
