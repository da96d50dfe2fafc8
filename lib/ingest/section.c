/* SPDX-License-Identifier: MIT */
/* Values of a channel file's members. */
#include "ingest/section.h"

void crm_section_wrong(const struct crm_section *section, const struct crm_json_value *v,
		       const char *what)
{
	section->wrong(section->data, v, what);
}

const char *crm_section_text(const struct crm_section *section, struct crm_slice text, bool escaped)
{
	struct crm_json_value v = {.type = CRM_JSON_STRING, .text = text, .escaped = escaped};

	return crm_json_keep(&v, section->arena).ptr;
}

const char *crm_section_string(const struct crm_section *section, const struct crm_json_value *v)
{
	if (v->type != CRM_JSON_STRING || !v->text.len) {
		crm_section_wrong(section, v, "takes a string");
		return "";
	}
	return crm_section_text(section, v->text, v->escaped);
}

const struct crm_json_value *crm_section_after(const struct crm_section *section,
					       const struct crm_json_value *parent,
					       const struct crm_json_value *v)
{
	return v->next < parent->next ? &section->doc->values[v->next] : NULL;
}
