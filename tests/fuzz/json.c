/* SPDX-License-Identifier: MIT */
/* Our scanner against jansson: both take a text, with the same values, or neither does.
 * They differ on purpose in numbers that do not fit (we keep digits), in U+0000 (we make
 * it U+FFFD) and in how deep a text may nest; and in a NUL byte after a number, which
 * jansson overlooks. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "check.h"

/* Is text, decoded by us, the len bytes at s, decoded by jansson? */
static void same_string(struct crm_slice text, bool escaped, const char *s, size_t len)
{
	struct crm_json_value v = {.type = CRM_JSON_STRING, .escaped = escaped, .text = text};
	struct crm_str ours = CRM_STR_INIT, theirs = CRM_STR_INIT;

	crm_json_text(&v, &ours);
	for (size_t i = 0; i < len; i++)
		crm_str_add(&theirs, s[i] ? s + i : "\xEF\xBF\xBD", s[i] ? 1 : 3);
	check(ours.len == theirs.len && !memcmp(ours.ptr, theirs.ptr, ours.len));
	crm_str_release(&ours);
	crm_str_release(&theirs);
}

static const struct crm_json_value *same(const struct crm_json_doc *doc,
					 const struct crm_json_value *v, json_t *j);

static void same_members(const struct crm_json_doc *doc, const struct crm_json_value *v, json_t *j)
{
	const struct crm_json_value *next = v + 1;
	const char *key;
	json_t *item;
	size_t i;

	if (v->type == CRM_JSON_ARRAY) {
		json_array_foreach(j, i, item) next = same(doc, next, item);
	} else {
		json_object_foreach(j, key, item)
		{
			same_string(next->key, next->key_escaped, key, strlen(key));
			next = same(doc, next, item);
		}
	}
	check(next == &doc->values[v->next]);
}

/* Returns the value after v. */
static const struct crm_json_value *same(const struct crm_json_doc *doc,
					 const struct crm_json_value *v, json_t *j)
{
	static const enum crm_json_type types[] = {
		[JSON_OBJECT] = CRM_JSON_OBJECT, [JSON_ARRAY] = CRM_JSON_ARRAY,
		[JSON_STRING] = CRM_JSON_STRING, [JSON_INTEGER] = CRM_JSON_NUMBER,
		[JSON_REAL] = CRM_JSON_NUMBER,   [JSON_TRUE] = CRM_JSON_TRUE,
		[JSON_FALSE] = CRM_JSON_FALSE,   [JSON_NULL] = CRM_JSON_NULL,
	};
	char number[400] = "";

	check(v->type == types[json_typeof(j)]);
	if (json_is_string(j))
		same_string(v->text, v->escaped, json_string_value(j), json_string_length(j));
	if (json_is_number(j) && v->text.len < sizeof(number)) {
		memcpy(number, v->text.ptr, v->text.len);
		check(json_is_integer(j) ? strtoll(number, NULL, 10) == json_integer_value(j)
					 : strtod(number, NULL) == json_real_value(j));
	}
	if (json_is_array(j) || json_is_object(j))
		same_members(doc, v, j);
	return &doc->values[v->next];
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	const char *text = (const char *)bytes;
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	bool ours = crm_json_scan(&doc, text, len) == CRM_OK;
	json_error_t error;
	json_t *j = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL,
			       &error);
	enum json_error_code code = j ? json_error_unknown : json_error_code(&error);

	if (ours && j)
		same(&doc, &doc.values[0], j);
	else if (ours)
		check(code == json_error_numeric_overflow || code == json_error_null_byte_in_key);
	else if (j)
		check(memchr(text, '\0', len) || !strcmp(doc.error, "nested too deeply")
		      || (!strcmp(doc.error, "a key occurs twice")
			  && memmem(text, len, "0000", 4)));
	check(ours || (doc.error && doc.error_at <= len));
	json_decref(j);
	crm_json_doc_release(&doc);
	return 0;
}
