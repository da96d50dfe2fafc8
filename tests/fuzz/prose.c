/* SPDX-License-Identifier: MIT */
/* Any bytes as a template, and as the values put into it. Beside what the sanitizers see: what is
 * filled is no longer than the limit allows, a line stays a line, HTML has no tag that the text
 * has not, and JSON stays JSON. */
#include <string.h>

#include "check.h"
#include "reply/prose.h"

static size_t count(const char *s, size_t len, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += s[i] == c;
	return n;
}

static void fill(enum crm_prose_form form, struct crm_slice text, const struct crm_json_doc *values)
{
	static struct crm_str out = CRM_STR_INIT;
	struct crm_prose *prose;
	struct crm_err err;

	crm_str_clear(&out);
	if (crm_prose_parse(&prose, form, "f", 1, text, NULL, &err) != CRM_OK)
		return;
	if (crm_prose_render(prose, values, &out, &err) == CRM_OK) {
		check(out.len <= CRM_PROSE_MAX + 6 * values->values[0].text.len + 6 * text.len);
		check(!memchr(out.ptr, '\0', out.len));
		if (form == CRM_PROSE_LINE && !memchr(text.ptr, '\n', text.len))
			check(!memchr(out.ptr, '\n', out.len));
		if (form == CRM_PROSE_HTML && !count(text.ptr, text.len, '#'))
			check(count(out.ptr, out.len, '"') <= count(text.ptr, text.len, '"'));
	}
	crm_prose_free(prose);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	const char *in = (const char *)bytes, *cut = memchr(in, '\1', len);
	size_t n = cut ? (size_t)(cut - in) : len;
	struct crm_slice text = {in, n};

	if (!cut || crm_json_scan(&doc, cut + 1, len - n - 1) != CRM_OK)
		crm_json_scan(&doc, "{\"a\":\"<'\\\"\\n\",\"b\":[{\"c\":1},2]}", 30);
	for (int form = CRM_PROSE_TEXT; form <= CRM_PROSE_HTML; form++)
		fill(form, text, &doc);
	return 0;
}
