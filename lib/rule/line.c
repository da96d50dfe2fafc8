/* SPDX-License-Identifier: MIT */
/* Reading the members of one line, with errors that say where, what was wanted, and what was
 * probably meant. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "link/similarity.h"
#include "rule/parts.h"

enum crm_status crm_line_fail(const struct crm_rule_line *line, const char *fmt, ...)
{
	char text[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return crm_fail(line->err, CRM_CONFIG, "%s:%lld: %s", line->file, (long long)line->line,
			text);
}

const char *crm_line_copy(const struct crm_rule_line *line, const struct crm_json_value *json)
{
	return crm_json_keep(json, &line->rules->arena).ptr;
}

const char *crm_line_key(const struct crm_rule_line *line, const struct crm_json_value *json)
{
	struct crm_json_value key = {
		.type = CRM_JSON_STRING, .escaped = json->key_escaped, .text = json->key};

	return crm_line_copy(line, &key);
}

const char *crm_nearest(struct crm_slice name, const char *const *names, size_t n)
{
	int allowed = name.len < 4 ? 1 : name.len < 9 ? 2 : 3, best = allowed + 1;
	const char *nearest = NULL;

	for (size_t i = 0; i < n; i++) {
		struct crm_slice other = crm_slice_of(names[i]);
		int distance = crm_osa_distance(name, other);

		if (distance > 0 && distance < best && (size_t)distance < other.len) {
			best = distance;
			nearest = names[i];
		}
	}
	return nearest;
}

enum crm_status crm_line_unknown(const struct crm_rule_line *line, const char *what,
				 const char *name, const char *const *names, size_t n)
{
	const char *near = crm_nearest(crm_slice_of(name), names, n);

	if (near)
		return crm_line_fail(line, "unknown %s '%s': did you mean '%s'?", what, name, near);
	return crm_line_fail(line, "unknown %s '%s'", what, name);
}

enum crm_status crm_line_unknown_field(const struct crm_rule_line *line, const char *what,
				       const char *name, const struct crm_rule_field *fields,
				       size_t n)
{
	const char **names = crm_malloc((n + 1) * sizeof(*names));
	enum crm_status rc;

	for (size_t i = 0; i < n; i++)
		names[i] = fields[i].name;
	rc = crm_line_unknown(line, what, name, names, n);
	free(names);
	return rc;
}

enum crm_status crm_line_members(const struct crm_rule_line *line, const char *const *names,
				 size_t n)
{
	const struct crm_json_value *v, *root = line->doc->values;
	const char *key;
	size_t k;

	for (uint32_t i = 1; i < root->next; i = v->next) {
		v = &line->doc->values[i];
		key = crm_line_key(line, v);
		for (k = 0; k < n && strcmp(key, names[k]); k++)
			;
		if (k == n && i > 1 && strcmp(key, "off") && strcmp(key, "before"))
			return crm_line_unknown(line, "member", key, names, n);
	}
	return CRM_OK;
}

/* 22:00, 00:00 to 24:00, as minutes. */
static bool clock_parse(const char *s, int64_t *minutes)
{
	int hour, minute;

	if (strlen(s) != 5 || s[2] != ':' || strspn(s, "0123456789") != 2
	    || strspn(s + 3, "0123456789") != 2)
		return false;
	hour = atoi(s);
	minute = atoi(s + 3);
	*minutes = hour * 60 + minute;
	return hour < 24 ? minute < 60 : hour == 24 && minute == 0;
}

static enum crm_status level_read(const struct crm_rule_line *line, const char *what,
				  const struct crm_rule_field *field, const char *text,
				  struct crm_value *out)
{
	struct crm_str all = CRM_STR_INIT;
	enum crm_status rc;

	for (size_t i = 0; i < field->n_names; i++)
		if (!strcmp(text, field->names[i])) {
			*out = (struct crm_value){.there = true, .n = (int64_t)i};
			return CRM_OK;
		}
	for (size_t i = 0; i < field->n_names; i++)
		crm_str_addf(&all, "%s%s", i ? ", " : "", field->names[i]);
	rc = crm_line_fail(line, "%s: '%s' is none of %s", what, text, all.ptr);
	crm_str_release(&all);
	return rc;
}

static const char *const wanted[] = {
	[CRM_RULE_TEXT] = "text in quotes",
	[CRM_RULE_NUMBER] = "a number",
	[CRM_RULE_TIME] = "a time such as \"2026-10-01\" or \"2026-10-01T09:30:00+02:00\"",
	[CRM_RULE_SPAN] = "a length of time such as \"30m\", \"2h\" or \"3d\"",
	[CRM_RULE_CLOCK] = "a time of day such as \"22:00\"",
	[CRM_RULE_LEVEL] = "a name in quotes",
	[CRM_RULE_BOOL] = "true or false",
};

enum crm_status crm_value_read(const struct crm_rule_line *line, const char *what,
			       const struct crm_rule_field *field, enum crm_rule_type type,
			       const struct crm_json_value *json, struct crm_value *out)
{
	bool string = json->type == CRM_JSON_STRING, good = string;
	const char *text = string ? crm_line_copy(line, json) : NULL;
	struct crm_time time;

	*out = (struct crm_value){.there = true};
	switch (type) {
	case CRM_RULE_TEXT:
		out->text = crm_slice_of(text);
		break;
	case CRM_RULE_LEVEL:
		if (string)
			return level_read(line, what, field, text, out);
		break;
	case CRM_RULE_SPAN:
		good = string && crm_duration_parse(text, strlen(text), &out->n);
		break;
	case CRM_RULE_CLOCK:
		good = string && clock_parse(text, &out->n);
		break;
	case CRM_RULE_TIME:
		good = string && crm_time_rfc3339(text, strlen(text), &time);
		if (good)
			out->n = time.ms;
		break;
	case CRM_RULE_NUMBER:
		good = json->type == CRM_JSON_NUMBER;
		if (good) /* what ends the number is no digit, and is there */
			out->number = strtod(json->text.ptr, NULL);
		break;
	case CRM_RULE_BOOL:
		good = json->type == CRM_JSON_TRUE || json->type == CRM_JSON_FALSE;
		out->n = json->type == CRM_JSON_TRUE;
		break;
	}
	if (!good)
		return crm_line_fail(line, "%s: %s was expected, not %.*s", what, wanted[type],
				     (int)(json->text.len < 60 ? json->text.len : 60),
				     json->text.ptr);
	return CRM_OK;
}

/* A member of a type into *out; *there says whether it is there at all. */
static enum crm_status read_member(const struct crm_rule_line *line, const char *member,
				   enum crm_rule_type type, struct crm_value *out)
{
	const struct crm_json_value *v = crm_json_member(line->doc, line->doc->values, member);

	*out = (struct crm_value){.there = false};
	return v ? crm_value_read(line, member, NULL, type, v, out) : CRM_OK;
}

enum crm_status crm_line_text(const struct crm_rule_line *line, const char *member,
			      const char *dflt, const char **out)
{
	struct crm_value value;
	enum crm_status rc = read_member(line, member, CRM_RULE_TEXT, &value);

	*out = value.there ? value.text.ptr : dflt;
	return rc;
}

enum crm_status crm_line_number(const struct crm_rule_line *line, const char *member, double dflt,
				double *out)
{
	struct crm_value value;
	enum crm_status rc = read_member(line, member, CRM_RULE_NUMBER, &value);

	*out = value.there ? value.number : dflt;
	return rc;
}

enum crm_status crm_line_duration(const struct crm_rule_line *line, const char *member,
				  int64_t dflt, int64_t *out)
{
	struct crm_value value;
	enum crm_status rc = read_member(line, member, CRM_RULE_SPAN, &value);

	*out = value.there ? value.n : dflt;
	return rc;
}

enum crm_status crm_line_bool(const struct crm_rule_line *line, const char *member, bool dflt,
			      bool *out)
{
	struct crm_value value;
	enum crm_status rc = read_member(line, member, CRM_RULE_BOOL, &value);

	*out = value.there ? value.n : dflt;
	return rc;
}
