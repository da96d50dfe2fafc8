/* SPDX-License-Identifier: MIT */
/* The file of agents; see agents.h. A line is checked member by member, by a table. */
#include "route/agents.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "route/calendar.h"

#define NAME_MAX_BYTES 64
#define NAMES_MAX 256

struct reading {
	struct crm_agents *agents;
	const struct crm_calendars *calendars;
	const char *file;
	int64_t line;
	struct crm_json_doc doc;
	struct crm_str text;
	struct crm_err *err;
};

#define FAIL(r, fmt, ...)                                                                \
	crm_fail((r)->err, CRM_CONFIG, "%s:%lld: " fmt, (r)->file, (long long)(r)->line, \
		 ##__VA_ARGS__)

/* The text of a string, kept; NULL for what is none or holds control bytes. */
static const char *keep_text(struct reading *r, const struct crm_json_value *v)
{
	if (v->type != CRM_JSON_STRING)
		return NULL;
	crm_str_clear(&r->text);
	crm_json_text(v, &r->text);
	for (size_t i = 0; i < r->text.len; i++)
		if ((unsigned char)r->text.ptr[i] < ' ' || r->text.ptr[i] == 127)
			return NULL;
	return r->text.len ? crm_arena_strndup(&r->agents->arena, r->text.ptr, r->text.len) : NULL;
}

static enum crm_status read_text(struct reading *r, const struct crm_json_value *v,
				 const char *member, const char **out)
{
	if ((*out = keep_text(r, v)))
		return CRM_OK;
	return FAIL(r, "%s must be a text", member);
}

/* A name that commands take as an operand, and that @mentions and the table of events hold. */
static enum crm_status read_name(struct reading *r, struct crm_agent *a,
				 const struct crm_json_value *v)
{
	enum crm_status rc = read_text(r, v, "agent", &a->agent);

	if (rc != CRM_OK)
		return rc;
	if (strlen(a->agent) > NAME_MAX_BYTES || strpbrk(a->agent, " ,;\"'") || *a->agent == '-'
	    || *a->agent == '@')
		return FAIL(r,
			    "an agent is named by one word of at most %d bytes that does not begin "
			    "with - or @",
			    NAME_MAX_BYTES);
	return CRM_OK;
}

static enum crm_status read_names(struct reading *r, const struct crm_json_value *v,
				  const char *member, struct crm_names *out)
{
	const struct crm_json_value *e = v + 1;

	if (v->type != CRM_JSON_ARRAY || v->count > NAMES_MAX)
		return FAIL(r, "%s must be a list of at most %d names", member, NAMES_MAX);
	out->any = false;
	out->names = crm_arena_alloc(&r->agents->arena, v->count * sizeof(*out->names) + 1);
	for (uint32_t i = 0; i < v->count; i++, e = &r->doc.values[e->next]) {
		const char *name = keep_text(r, e);

		if (!name)
			return FAIL(r, "%s must be a list of names", member);
		out->names[out->n++] = name;
	}
	return CRM_OK;
}

struct crm_slice crm_language_primary(struct crm_slice tag, char buf[CRM_LANGUAGE_SIZE])
{
	size_t n = 0;

	for (; n < tag.len && n < CRM_LANGUAGE_SIZE && tag.ptr[n] != '-' && tag.ptr[n] != '_';
	     n++) {
		char c = tag.ptr[n];

		buf[n] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	return (struct crm_slice){buf, n};
}

static enum crm_status read_languages(struct reading *r, struct crm_agent *a,
				      const struct crm_json_value *v)
{
	enum crm_status rc = read_names(r, v, "languages", &a->languages);
	char buf[CRM_LANGUAGE_SIZE];

	for (size_t i = 0; i < a->languages.n && rc == CRM_OK; i++) {
		struct crm_slice p = crm_language_primary(crm_slice_of(a->languages.names[i]), buf);

		a->languages.names[i] = crm_arena_strndup(&r->agents->arena, p.ptr, p.len);
	}
	return rc;
}

/* A whole number from 0 to 9999; -1: it is none. */
static int small_number(const struct crm_json_value *v)
{
	int n = 0;

	if (v->type != CRM_JSON_NUMBER || v->text.len > 4)
		return -1;
	for (size_t i = 0; i < v->text.len; i++) {
		if (v->text.ptr[i] < '0' || v->text.ptr[i] > '9')
			return -1;
		n = n * 10 + (v->text.ptr[i] - '0');
	}
	return n;
}

static enum crm_status read_limits(struct reading *r, struct crm_agent *a,
				   const struct crm_json_value *v)
{
	const struct crm_json_value *e = v + 1;

	a->limits = crm_arena_alloc(&r->agents->arena, v->count * sizeof(*a->limits) + 1);
	for (uint32_t i = 0; i < v->count; i++, e = &r->doc.values[e->next]) {
		int most = small_number(e);

		if (most < 0)
			return FAIL(r, "capacity must name whole numbers from 0 to 9999");
		if (crm_slice_is(e->key, "*"))
			a->capacity = most;
		else
			a->limits[a->n_limits++] = (struct crm_limit){
				crm_arena_strndup(&r->agents->arena, e->key.ptr, e->key.len), most};
	}
	return CRM_OK;
}

static enum crm_status read_capacity(struct reading *r, struct crm_agent *a,
				     const struct crm_json_value *v)
{
	if (v->type == CRM_JSON_OBJECT)
		return read_limits(r, a, v);
	if ((a->capacity = small_number(v)) < 0)
		return FAIL(r, "capacity must be a whole number from 0 to 9999, or an object such "
			       "as {\"*\":8,\"chat\":3}");
	return CRM_OK;
}

static enum crm_status read_calendar(struct reading *r, struct crm_agent *a,
				     const struct crm_json_value *v)
{
	enum crm_status rc = read_text(r, v, "calendar", &a->calendar_name);

	if (rc != CRM_OK || !r->calendars)
		return rc;
	a->calendar = crm_calendars_find(r->calendars, crm_slice_of(a->calendar_name));
	if (!a->calendar)
		return FAIL(r, "no calendar '%s': it must be a line of the file calendars",
			    a->calendar_name);
	return CRM_OK;
}

static enum crm_status read_presence(struct reading *r, struct crm_agent *a,
				     const struct crm_json_value *v)
{
	if (v->type != CRM_JSON_STRING || !crm_slice_is(v->text, "required"))
		return FAIL(r, "presence must be \"required\", or not be there");
	a->presence_required = true;
	return CRM_OK;
}

static enum crm_status read_notify(struct reading *r, struct crm_agent *a,
				   const struct crm_json_value *v)
{
	const struct crm_json_value *e = v + 1;

	if (v->type == CRM_JSON_OBJECT)
		for (uint32_t i = 0; i < v->count; i++, e = &r->doc.values[e->next]) {
			if (crm_slice_is(e->key, "channel"))
				a->notify_channel = keep_text(r, e);
			else if (crm_slice_is(e->key, "address"))
				a->notify_address = keep_text(r, e);
			else
				return FAIL(r, "unknown member '%.*s' of notify", (int)e->key.len,
					    e->key.ptr);
		}
	if (!a->notify_channel || !a->notify_address)
		return FAIL(r, "notify must be an object such as "
			       "{\"channel\":\"email\",\"address\":\"anna@shop.example\"}");
	return CRM_OK;
}

static enum crm_status read_member(struct reading *r, struct crm_agent *a,
				   const struct crm_json_value *v)
{
	if (crm_slice_is(v->key, "agent"))
		return read_name(r, a, v);
	if (crm_slice_is(v->key, "name"))
		return read_text(r, v, "name", &a->name);
	if (crm_slice_is(v->key, "teams"))
		return read_names(r, v, "teams", &a->teams);
	if (crm_slice_is(v->key, "skills"))
		return read_names(r, v, "skills", &a->skills);
	if (crm_slice_is(v->key, "channels"))
		return read_names(r, v, "channels", &a->channels);
	if (crm_slice_is(v->key, "languages"))
		return read_languages(r, a, v);
	if (crm_slice_is(v->key, "capacity"))
		return read_capacity(r, a, v);
	if (crm_slice_is(v->key, "calendar"))
		return read_calendar(r, a, v);
	if (crm_slice_is(v->key, "presence"))
		return read_presence(r, a, v);
	if (crm_slice_is(v->key, "notify"))
		return read_notify(r, a, v);
	return FAIL(r,
		    "unknown member '%.*s': an agent has agent, name, teams, skills, languages, "
		    "channels, capacity, calendar, presence, notify",
		    (int)v->key.len, v->key.ptr);
}

static enum crm_status read_agent(struct reading *r, struct crm_slice line)
{
	const struct crm_json_value *v;
	struct crm_agent a = {.teams.any = true,
			      .skills.any = true,
			      .languages.any = true,
			      .channels.any = true,
			      .capacity = -1,
			      .line = r->line};
	enum crm_status rc = CRM_OK;

	if (crm_json_scan(&r->doc, line.ptr, line.len) != CRM_OK)
		return FAIL(r, "byte %zu: %s", r->doc.error_at + 1, r->doc.error);
	v = r->doc.values;
	if (v->type != CRM_JSON_OBJECT)
		return FAIL(r, "not a JSON object");
	for (uint32_t i = 0, at = 1; i < r->doc.values->count && rc == CRM_OK;
	     i++, at = r->doc.values[at].next)
		rc = read_member(r, &a, &r->doc.values[at]);
	if (rc != CRM_OK)
		return rc;
	if (!a.agent)
		return FAIL(r, "the member agent is missing: the name of the agent");
	if (!a.name)
		a.name = a.agent;
	if (r->agents->n == CRM_AGENTS_MAX)
		return FAIL(r, "more than %d agents", CRM_AGENTS_MAX);
	CRM_GROW(r->agents->list, r->agents->n + 1, r->agents->cap);
	r->agents->list[r->agents->n++] = a;
	return CRM_OK;
}

static int by_name(const void *a, const void *b)
{
	const struct crm_agent *x = a, *y = b;
	int order = strcmp(x->agent, y->agent);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static enum crm_status sort_agents(struct reading *r)
{
	struct crm_agents *agents = r->agents;

	if (agents->n)
		qsort(agents->list, agents->n, sizeof(*agents->list), by_name);
	for (size_t i = 1; i < agents->n; i++)
		if (!strcmp(agents->list[i - 1].agent, agents->list[i].agent)) {
			r->line = agents->list[i].line;
			return FAIL(r, "agent '%s' is in line %lld already", agents->list[i].agent,
				    (long long)agents->list[i - 1].line);
		}
	return CRM_OK;
}

enum crm_status crm_agents_read(struct crm_agents *agents, const char *text, size_t len,
				const char *file, const struct crm_calendars *calendars,
				struct crm_err *err)
{
	struct reading r = {.agents = agents,
			    .calendars = calendars,
			    .file = file,
			    .doc = CRM_JSON_DOC_INIT,
			    .text = CRM_STR_INIT,
			    .err = err};
	enum crm_status rc = CRM_OK;

	while (len && rc == CRM_OK) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;
		struct crm_slice line = crm_slice_trim((struct crm_slice){text, n});

		r.line++;
		if (line.len && *line.ptr != '#')
			rc = read_agent(&r, line);
		text += n + (end != NULL);
		len -= n + (end != NULL);
	}
	if (rc == CRM_OK)
		rc = sort_agents(&r);
	crm_json_doc_release(&r.doc);
	crm_str_release(&r.text);
	return rc;
}

enum crm_status crm_agents_load(struct crm_agents *agents, const char *dir,
				const struct crm_calendars *calendars, struct crm_err *err)
{
	struct crm_str path = CRM_STR_INIT, text = CRM_STR_INIT;
	enum crm_status rc;

	crm_str_addf(&path, "%s/agents", dir);
	rc = crm_file_read(path.ptr, &text, err);
	if (rc == CRM_OK)
		rc = crm_agents_read(agents, text.ptr, text.len, path.ptr, calendars, err);
	crm_str_release(&path);
	crm_str_release(&text);
	return rc == CRM_NO_INPUT ? CRM_OK : rc;
}

void crm_agents_release(struct crm_agents *agents)
{
	free(agents->list);
	crm_arena_release(&agents->arena);
	*agents = (struct crm_agents)CRM_AGENTS_INIT;
}

static int name_order(const void *key, const void *element)
{
	const struct crm_slice *name = key;
	const struct crm_agent *a = element;
	size_t len = strlen(a->agent);
	int order = memcmp(name->ptr, a->agent, name->len < len ? name->len : len);

	return order ? order : (name->len > len) - (name->len < len);
}

const struct crm_agent *crm_agents_find(const struct crm_agents *agents, struct crm_slice agent)
{
	if (!agent.ptr || !agents->n)
		return NULL;
	return bsearch(&agent, agents->list, agents->n, sizeof(*agents->list), name_order);
}

void crm_agents_json(const struct crm_agents *agents, struct crm_str *out)
{
	crm_json_open(out, '[');
	for (size_t i = 0; i < agents->n; i++)
		crm_json_string(out, crm_slice_of(agents->list[i].agent));
	crm_json_close(out, ']');
}

bool crm_names_has(const struct crm_names *names, struct crm_slice name)
{
	if (names->any)
		return true;
	for (size_t i = 0; i < names->n; i++)
		if (crm_slice_is(name, names->names[i]))
			return true;
	return false;
}
