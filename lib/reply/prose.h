/* SPDX-License-Identifier: MIT */
/*
 * prose: a text with places for values, small and strict; crm-templates(5) describes it.
 *
 *	{{path}}            the value at path (person.name); none: the text cannot be filled
 *	{{path|words}}      words (perhaps none at all) where there is no value
 *	{{#path}}…{{/path}} if there is a value; of a list, once for each element
 *	{{^path}}…{{/path}} if there is none
 *	{{.}} {{.name}}     within a list: its element, a member of it
 *	{{> name}}          another text, put here without its last newline
 *	{{! words}}         nothing
 *
 * Null, false, the empty string, the empty list and a list or an object where words are
 * wanted are no value: nobody is addressed as "Hello ,". Values are put in and never read for
 * places of their own; what a terminal or a mail program would obey (control characters,
 * bidirectional overrides) is left out of them. In HTML they are escaped, a newline
 * becomes <br>, and an address (href, src) must be a web, mail or telephone address.
 *
 * A line with nothing but {{#…}}, {{^…}}, {{/…}} or {{!…}} leaves no line.
 *
 * Limits, all refused: texts in texts 8 deep, sections 32 deep, 1 MB of text parsed, 1 MB
 * of text filled, 100,000 steps.
 */
#ifndef CRM_PROSE_H
#define CRM_PROSE_H

#include "base/json.h"
#include "base/mem.h"
#include "base/status.h"

#define CRM_PROSE_MAX ((size_t)1000000) /* bytes of a text, before and after */

enum crm_prose_form {
	CRM_PROSE_TEXT,
	CRM_PROSE_LINE, /* a header: newlines in values become blanks */
	CRM_PROSE_JSON, /* places stand within strings of it */
	CRM_PROSE_HTML
};

struct crm_prose; /* a text that was parsed */

/* What {{> name}} stands for. text is borrowed for the parse, file is its name in messages;
 * is_text: it is no HTML, though the text around it is. CRM_NO_INPUT: there is none. */
struct crm_prose_part {
	struct crm_slice text;
	const char *file;
	bool is_text;
};
struct crm_prose_parts {
	enum crm_status (*find)(void *data, const char *name, struct crm_prose_part *part,
				struct crm_err *err);
	void *data;
};

/* Parses text, the lines of file from line on. *prose is new: free with crm_prose_free. parts
 * may be NULL: {{> name}} is refused then. CRM_CONFIG with file and line of what is wrong. */
enum crm_status crm_prose_parse(struct crm_prose **prose, enum crm_prose_form form,
				const char *file, int line, struct crm_slice text,
				const struct crm_prose_parts *parts, struct crm_err *err);
void crm_prose_free(struct crm_prose *prose);

/* Appends the text with the values, the members of an object, put in. CRM_DATA with file,
 * line and path of a value that is missing; out is not to be used then. */
enum crm_status crm_prose_render(const struct crm_prose *prose, const struct crm_json_doc *values,
				 struct crm_str *out, struct crm_err *err);

/* Each path that the text names, in its order: where, and whether it can do without (it has
 * a default, or asks only if the value is there). Those within lists begin with a dot. Stops
 * at the first that is not CRM_OK, and returns that. */
typedef enum crm_status crm_prose_each(void *data, struct crm_slice path, const char *file,
				       int line, bool optional);
enum crm_status crm_prose_paths(const struct crm_prose *prose, crm_prose_each *each, void *data);

#endif
