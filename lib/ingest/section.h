/* SPDX-License-Identifier: MIT */
/* section: what reading a member of a channel file takes ("webhook", "answers"): the document, the
 * arena in which what is loaded lives, and whom to tell what is wrong. */
#ifndef CRM_SECTION_H
#define CRM_SECTION_H

#include "base/json.h"
#include "base/mem.h"

struct crm_section {
	const struct crm_json_doc *doc;
	struct crm_arena *arena;
	void (*wrong)(void *data, const struct crm_json_value *at, const char *what);
	void *data;
};

/* Says what is wrong with a value. */
void crm_section_wrong(const struct crm_section *section, const struct crm_json_value *v,
		       const char *what);
/* A key or a string as written, decoded; in the arena. */
const char *crm_section_text(const struct crm_section *section, struct crm_slice text,
			     bool escaped);
/* A value that must be a string, and not empty; "" when it was not, which is then told. */
const char *crm_section_string(const struct crm_section *section, const struct crm_json_value *v);

/* The value after v in parent; NULL: it was the last. */
const struct crm_json_value *crm_section_after(const struct crm_section *section,
					       const struct crm_json_value *parent,
					       const struct crm_json_value *v);
#define CRM_SECTION_EACH(section, parent, v)                                            \
	for (const struct crm_json_value *v = (parent)->count ? (parent) + 1 : NULL; v; \
	     v = crm_section_after(section, parent, v))

#endif
