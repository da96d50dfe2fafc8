/* SPDX-License-Identifier: MIT */
/* Reading member "answers" of a channel file: what could not be sent is refused when the file
 * is written, and not with the first answer to a customer. */
#include "ingest/answers.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "ingest/placeholder.h"

static void wrong(const struct crm_answers_file *f, const struct crm_json_value *v,
		  const char *what)
{
	crm_section_wrong(&f->section, v, what);
}

/* A string, in which placeholders must be known. */
static const char *string(const struct crm_answers_file *f, const struct crm_json_value *v)
{
	const char *s = crm_section_string(&f->section, v), *why;

	if ((why = crm_placeholder_wrong(crm_slice_of(s))))
		wrong(f, v, why);
	return s;
}

/* What goes into the head of a request is one line. */
static const char *line(const struct crm_answers_file *f, const struct crm_json_value *v)
{
	const char *s = string(f, v);

	for (const char *p = s; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f) {
			wrong(f, v, "holds a control character");
			return "";
		}
	return s;
}

static bool is_token(const char *s)
{
	return *s
	       && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
			    "!#$%&'*+-.^_`|~")
			  == strlen(s);
}

static void load_parts(const struct crm_answers_file *f, const struct crm_json_value *v,
		       struct crm_answers_parts *parts, bool headers)
{
	if (v->type != CRM_JSON_OBJECT) {
		wrong(f, v, "takes an object");
		return;
	}
	parts->list = crm_arena_alloc(f->section.arena, (v->count + 1) * sizeof(*parts->list));
	CRM_SECTION_EACH(&f->section, v, item)
	{
		const char *name = crm_section_text(&f->section, item->key, item->key_escaped);

		if (headers && !is_token(name)) /* RFC 9110, section 5.6.2 */
			wrong(f, item, "is no name of a header");
		parts->list[parts->n++] =
			(struct crm_answers_part){name, headers ? line(f, item) : string(f, item)};
	}
}

/* A body: kept as it is written, its strings checked. */
static struct crm_slice body(const struct crm_answers_file *f, const struct crm_json_value *v)
{
	const struct crm_json_value *end = &f->section.doc->values[v->next];

	if (v->type != CRM_JSON_OBJECT)
		wrong(f, v, "takes an object");
	for (const struct crm_json_value *item = v; item < end; item++)
		if (item->type == CRM_JSON_STRING && item->text.len)
			string(f, item);
	return (struct crm_slice){crm_arena_strndup(f->section.arena, v->text.ptr, v->text.len),
				  v->text.len};
}

static int64_t window(const struct crm_answers_file *f, const struct crm_json_value *v)
{
	const char *s = string(f, v);
	int64_t ms = 0;

	if (!crm_duration_parse(s, strlen(s), &ms) || ms <= 0)
		wrong(f, v, "takes a time such as 24h or 7d");
	return ms;
}

/* 30/1s: so many in this time. */
static struct crm_rate rate(const struct crm_answers_file *f, const struct crm_json_value *v)
{
	const char *s = string(f, v);
	struct crm_rate r = {0};
	char *slash;

	r.n = strtol(s, &slash, 10);
	if (slash == s || *slash != '/' || r.n < 1 || r.n > 1000000
	    || !crm_duration_parse(slash + 1, strlen(slash + 1), &r.ms) || r.ms <= 0)
		wrong(f, v, "takes a number and a time, such as 30/1s");
	return r;
}

static void load_limits(const struct crm_answers_file *f, const struct crm_json_value *v,
			struct crm_answers *a)
{
	if (v->type != CRM_JSON_OBJECT)
		wrong(f, v, "takes an object");
	CRM_SECTION_EACH(&f->section, v, item)
	{
		if (crm_slice_is(item->key, "all"))
			a->rate = rate(f, item);
		else if (crm_slice_is(item->key, "address"))
			a->rate_address = rate(f, item);
		else
			wrong(f, item, "is not known in \"limits\": all or address");
	}
}

/* 4096, or "1000 bytes". */
static void load_text_max(const struct crm_answers_file *f, const struct crm_json_value *v,
			  struct crm_answers *a)
{
	const char *s = crm_section_text(&f->section, v->text, v->escaped);
	char *end;

	a->text_max = strtol(s, &end, 10);
	a->text_max_bytes = v->type == CRM_JSON_STRING && !strcmp(end, " bytes");
	if (a->text_max < 1 || a->text_max > 10000000 || (*end && !a->text_max_bytes)
	    || (v->type != CRM_JSON_NUMBER && !a->text_max_bytes))
		wrong(f, v, "takes a number, or such as \"1000 bytes\"");
}

enum kind {
	STRING,
	LINE,
	HEADERS,
	FIELDS,
	BODY,
	YES,
	WHERE,
	CONDITIONS,
	WINDOW,
	LIMITS,
	TEXT_MAX
};

#define AT(member) offsetof(struct crm_answers, member)
#define VERDICT(name) (AT(verdicts) + CRM_SAYS_##name * sizeof(struct crm_conditions))

static const struct member {
	const char *name;
	enum kind kind;
	size_t offset;
} members[] = {
	{"address_bad", CONDITIONS, VERDICT(ADDRESS_BAD)},
	{"attachments", YES, AT(attachments)},
	{"basic", LINE, AT(basic)},
	{"by", LINE, AT(by)},
	{"credentials", CONDITIONS, VERDICT(CREDENTIALS)},
	{"deferred", CONDITIONS, VERDICT(DEFERRED)},
	{"error", WHERE, AT(error)},
	{"exec", STRING, AT(exec)},
	{"form", FIELDS, AT(form)},
	{"headers", HEADERS, AT(headers)},
	{"idempotent", YES, AT(idempotent)},
	{"input", STRING, AT(input)},
	{"json", BODY, AT(json)},
	{"key", WHERE, AT(key)},
	{"limits", LIMITS, 0},
	{"method", LINE, AT(method)},
	{"ok", CONDITIONS, VERDICT(OK)},
	{"query", FIELDS, AT(query)},
	{"refused", CONDITIONS, VERDICT(REFUSED)},
	{"retry_after", WHERE, AT(retry_after)},
	{"retry_after_ms", WHERE, AT(retry_after_ms)},
	{"stream", YES, AT(stream)},
	{"template", BODY, AT(template)},
	{"text_max", TEXT_MAX, 0},
	{"unknown", CONDITIONS, VERDICT(UNKNOWN)},
	{"url", LINE, AT(url)},
	{"window", WINDOW, AT(window)},
};

static void load_member(const struct crm_answers_file *f, const struct crm_json_value *v,
			const struct member *m, struct crm_answers *a)
{
	void *to = (char *)a + m->offset;

	switch (m->kind) {
	case STRING:
		*(const char **)to = string(f, v);
		break;
	case LINE:
		*(const char **)to = line(f, v);
		break;
	case HEADERS:
	case FIELDS:
		load_parts(f, v, to, m->kind == HEADERS);
		break;
	case BODY:
		*(struct crm_slice *)to = body(f, v);
		break;
	case YES:
		if (v->type != CRM_JSON_TRUE && v->type != CRM_JSON_FALSE)
			wrong(f, v, "is true or false");
		*(bool *)to = v->type == CRM_JSON_TRUE;
		break;
	case WHERE:
		f->where(f->section.data, v, to);
		break;
	case CONDITIONS:
		if (v->type != CRM_JSON_OBJECT || !v->count)
			wrong(f, v, "takes an object of places and values");
		else
			f->conditions(f->section.data, v, to);
		break;
	case WINDOW:
		a->window = window(f, v);
		break;
	case LIMITS:
		load_limits(f, v, a);
		break;
	case TEXT_MAX:
		load_text_max(f, v, a);
		break;
	}
}

static void check_by(const struct crm_answers_file *f, const struct crm_json_value *v,
		     const struct crm_answers *a)
{
	if (!a->by || (strcmp(a->by, "smtp") && strcmp(a->by, "http") && strcmp(a->by, "exec")))
		wrong(f, v, "is by smtp, http or exec");
}

static void check_http(const struct crm_answers_file *f, const struct crm_json_value *v,
		       const struct crm_answers *a)
{
	bool form = a->form.n > 0, json = a->json.ptr != NULL;

	if (!a->url)
		wrong(f, v, "does not say its url");
	else if (strncmp(a->url, "https://", 8) && strncmp(a->url, "http://", 7)
		 && strncmp(a->url, "{{account.", 10))
		wrong(f, v, "has an url that begins with neither https:// nor {{account.NAME}}");
	if (form && json)
		wrong(f, v, "has both a form and json");
	if (a->template.ptr && !json)
		wrong(f, v, "has a template, and no json to be instead of");
	if (!is_token(a->method))
		wrong(f, v, "has a method that is none");
	if (!strcmp(a->method, "GET") && (form || json))
		wrong(f, v, "has a body, which GET does not take");
}

static void check(const struct crm_answers_file *f, const struct crm_json_value *v,
		  struct crm_answers *a)
{
	bool http = a->by && !strcmp(a->by, "http"), exec = a->by && !strcmp(a->by, "exec");

	check_by(f, v, a);
	if (!a->method)
		a->method = "POST";
	if (http)
		check_http(f, v, a);
	else if (a->url || a->form.n || a->json.ptr || a->query.n || a->headers.n || a->basic)
		wrong(f, v, "has what only http takes");
	if (!exec && (a->exec || a->input || a->stream || a->attachments))
		wrong(f, v, "has what only exec takes");
	if (a->exec && crm_placeholder_wrong(crm_slice_of(a->exec)) == NULL
	    && strstr(a->exec, "{{"))
		wrong(f, v, "has data in its command: a command gets it by standard input alone");
	if (a->attachments && a->input)
		wrong(f, v, "has an input, and files come in JSON lines");
	if (a->stream && a->input)
		wrong(f, v, "has an input, and a stream takes JSON lines");
}

const struct crm_answers *crm_answers_load(const struct crm_answers_file *f,
					   const struct crm_json_value *v)
{
	struct crm_answers *a = crm_arena_alloc(f->section.arena, sizeof(*a));

	*a = (struct crm_answers){0};
	if (v->type == CRM_JSON_STRING) {
		a->by = line(f, v);
		check_by(f, v, a);
		a->method = "POST";
		return a;
	}
	if (v->type != CRM_JSON_OBJECT) {
		wrong(f, v, "takes a string or an object");
		return a;
	}
	CRM_SECTION_EACH(&f->section, v, item)
	{
		size_t i = 0, n = sizeof(members) / sizeof(members[0]);

		while (i < n && !crm_slice_is(item->key, members[i].name))
			i++;
		if (i < n)
			load_member(f, item, &members[i], a);
		else
			wrong(f, item, "is not known here; see crm-channels(5)");
	}
	check(f, v, a);
	return a;
}
