/* SPDX-License-Identifier: MIT */
/* Walking JSON along extended pointers. */
#include "ingest/path.h"

#include <stdlib.h>
#include <string.h>

#define SIBLING_MAX 4096 /* bytes of a member beside the way that a lone record keeps */

struct walk {
	const struct crm_spot *record; /* where @names are looked up */
	bool (*found)(const struct crm_spot *spot, void *data);
	void *data;
	bool stop;
};

struct crm_spot crm_spot_root(const struct crm_json_doc *doc)
{
	struct crm_spot spot = {.doc = doc};

	spot.chain[0] = &doc->values[0];
	return spot;
}

const struct crm_json_value *crm_spot_value(const struct crm_spot *spot)
{
	return spot->chain[spot->depth];
}

static void step(struct walk *w, struct crm_spot *spot, const char *path);

static void descend(struct walk *w, struct crm_spot *spot, const struct crm_json_value *v,
		    const char *rest)
{
	if (!v || spot->depth > CRM_JSON_DEPTH)
		return;
	spot->chain[++spot->depth] = v;
	step(w, spot, rest);
	spot->depth--;
}

/* The text of a segment, ~0 and ~1 resolved. */
static void plain(struct crm_slice segment, struct crm_str *out)
{
	crm_str_clear(out);
	for (size_t i = 0; i < segment.len; i++) {
		char c = segment.ptr[i];

		if (c == '~' && i + 1 < segment.len && (segment.ptr[i + 1] | 1) == '1')
			c = segment.ptr[++i] == '0' ? '~' : '/';
		crm_str_addc(out, c);
	}
}

static const struct crm_json_value *child(const struct crm_spot *spot, const char *name)
{
	const struct crm_json_value *v = crm_spot_value(spot);
	struct crm_str pointer = CRM_STR_INIT;

	if (v->type == CRM_JSON_OBJECT)
		return crm_json_member(spot->doc, v, name);
	if (v->type != CRM_JSON_ARRAY || !v->count)
		return NULL;
	if (!strcmp(name, "-1")) /* the last one */
		crm_str_addf(&pointer, "/%u", v->count - 1);
	else
		crm_str_addf(&pointer, "/%s", name);
	v = crm_json_pointer(spot->doc, v, pointer.ptr);
	crm_str_release(&pointer);
	return v;
}

static bool text_is(const struct crm_json_value *v, struct crm_slice text)
{
	struct crm_str s = CRM_STR_INIT;
	bool is;

	if (!v || v->type == CRM_JSON_ARRAY || v->type == CRM_JSON_OBJECT)
		return false;
	if (!v->escaped)
		return crm_slice_same(v->text, text);
	crm_json_text(v, &s);
	is = crm_slice_same(crm_str_slice(&s), text);
	crm_str_release(&s);
	return is;
}

/* What ?name=TEXT or ?name=@member compares with; false: the record has no such member. */
static bool wanted(const struct walk *w, const char *text, struct crm_str *out)
{
	const struct crm_json_value *v;

	if (*text != '@') {
		crm_str_adds(out, text);
		return true;
	}
	v = child(w->record, text + 1);
	if (!v || v->type == CRM_JSON_NULL || v->type >= CRM_JSON_ARRAY)
		return false;
	crm_json_text(v, out);
	return true;
}

static const struct crm_json_value *first_of(const struct crm_json_value *list)
{
	return list->count ? list + 1 : NULL;
}

static const struct crm_json_value *next_of(const struct crm_spot *spot,
					    const struct crm_json_value *list,
					    const struct crm_json_value *v)
{
	return v->next < list->next ? &spot->doc->values[v->next] : NULL;
}

/* "*" and "*name" */
static void each_element(struct walk *w, struct crm_spot *spot, const char *name, const char *rest)
{
	const struct crm_json_value *list = crm_spot_value(spot);
	bool one = list->type != CRM_JSON_ARRAY;

	for (const struct crm_json_value *v = one ? list : first_of(list); v && !w->stop;
	     v = one ? NULL : next_of(spot, list, v)) {
		const struct crm_json_value *to = v;

		if (*name && v->type == CRM_JSON_OBJECT)
			to = crm_json_member(spot->doc, v, name);
		if (to == list)
			step(w, spot, rest);
		else
			descend(w, spot, to, rest);
	}
}

/* "**": each member of an object, whatever its name; of a list each element */
static void each_member(struct walk *w, struct crm_spot *spot, const char *rest)
{
	const struct crm_json_value *all = crm_spot_value(spot);

	if (all->type < CRM_JSON_ARRAY)
		return;
	for (const struct crm_json_value *v = first_of(all); v && !w->stop;
	     v = next_of(spot, all, v))
		descend(w, spot, v, rest);
}

/* What stands behind a ?: name=text, name!=text, name or !name. */
struct condition {
	const char *name, *text; /* text NULL: any value does */
	bool negated;
};

/* Takes condition apart, in place. */
static struct condition condition_of(char *condition)
{
	struct condition c = {.name = condition};
	char *equals = strchr(condition, '=');

	if (!equals) {
		c.negated = *condition == '!';
		c.name += c.negated;
		return c;
	}
	c.negated = equals > condition && equals[-1] == '!';
	equals[-c.negated] = '\0';
	c.text = equals + 1;
	return c;
}

/* text NULL: what the condition compares with is not there, so nothing is the same. */
static bool meets(const struct crm_spot *spot, const struct crm_json_value *v,
		  const struct condition *c, const struct crm_str *text)
{
	const struct crm_json_value *m;
	bool holds;

	if (v->type != CRM_JSON_OBJECT)
		return false;
	m = crm_json_member(spot->doc, v, c->name);
	holds = !c->text ? m && m->type != CRM_JSON_NULL : text && text_is(m, crm_str_slice(text));
	return holds != c->negated;
}

/* "?name=text" and the like: of a list the elements that meet it, of an object itself */
static void matching(struct walk *w, struct crm_spot *spot, char *condition, const char *rest)
{
	const struct crm_json_value *list = crm_spot_value(spot);
	struct condition c = condition_of(condition);
	struct crm_str buffer = CRM_STR_INIT, *text = &buffer;

	if (c.text && !wanted(w, c.text, &buffer))
		text = NULL;
	if (list->type != CRM_JSON_ARRAY) {
		if (meets(spot, list, &c, text))
			step(w, spot, rest);
	} else {
		for (const struct crm_json_value *v = first_of(list); v && !w->stop;
		     v = next_of(spot, list, v))
			if (meets(spot, v, &c, text))
				descend(w, spot, v, rest);
	}
	crm_str_release(&buffer);
}

static void step(struct walk *w, struct crm_spot *spot, const char *path)
{
	struct crm_str name = CRM_STR_INIT;
	const char *rest;

	if (w->stop)
		return;
	if (*path != '/') {
		w->stop = !w->found(spot, w->data);
		return;
	}
	rest = strchr(path + 1, '/');
	rest = rest ? rest : path + strlen(path);
	plain((struct crm_slice){path + 1, (size_t)(rest - path) - 1}, &name);
	if (!strcmp(name.ptr, "**"))
		each_member(w, spot, rest);
	else if (*name.ptr == '*')
		each_element(w, spot, name.ptr + 1, rest);
	else if (*name.ptr == '?')
		matching(w, spot, name.ptr + 1, rest);
	else
		descend(w, spot, child(spot, name.ptr), rest);
	crm_str_release(&name);
}

void crm_path_walk(const struct crm_spot *from, const char *path,
		   bool (*found)(const struct crm_spot *spot, void *data), void *data)
{
	struct walk w = {.record = from, .found = found, .data = data};
	struct crm_spot spot = *from;
	unsigned long up = 0;
	char *end = (char *)path;

	if (*path >= '0' && *path <= '9')
		up = strtoul(path, &end, 10);
	if (up > spot.depth)
		return;
	spot.depth -= up;
	step(&w, &spot, end);
}

bool crm_path_name(const struct crm_spot *from, const char *path, struct crm_slice *key,
		   bool *escaped)
{
	char *end;
	unsigned long up;

	if (*path < '0' || *path > '9')
		return false;
	up = strtoul(path, &end, 10);
	if (strcmp(end, "#") != 0)
		return false;
	*key = up <= from->depth ? from->chain[from->depth - up]->key : (struct crm_slice){NULL, 0};
	*escaped = up <= from->depth && from->chain[from->depth - up]->key_escaped;
	return true;
}

struct fit {
	const char *text; /* NULL: any value does */
	bool found;
};

static bool fits(const struct crm_spot *spot, void *data)
{
	struct fit *fit = data;

	fit->found = !fit->text || text_is(crm_spot_value(spot), crm_slice_of(fit->text));
	return !fit->found;
}

bool crm_path_fits(const struct crm_spot *from, const char *path)
{
	const char *equals = strrchr(path, '='), *slash = strrchr(path, '/');
	struct crm_str head = CRM_STR_INIT;
	struct fit fit = {0};

	if (!equals || !slash || equals < slash || slash[1] == '?') {
		crm_path_walk(from, path, fits, &fit);
		return fit.found;
	}
	crm_str_add(&head, path, (size_t)(equals - path));
	fit.text = equals + 1;
	crm_path_walk(from, head.ptr, fits, &fit);
	crm_str_release(&head);
	return fit.found;
}

const char *crm_path_wrong(const char *path)
{
	size_t segments = 0;

	while (*path >= '0' && *path <= '9')
		path++;
	if (!strcmp(path, "#"))
		return NULL;
	if (*path && *path != '/')
		return "is no JSON Pointer: it begins with / (or a number of steps up)";
	for (; *path; segments++) {
		const char *end = strchr(path + 1, '/');

		end = end ? end : path + strlen(path);
		if (path[1] == '?' && end - path < (path[2] == '!' ? 4 : 3))
			return "has a ? without a name";
		path = end;
	}
	return segments > CRM_JSON_DEPTH ? "is deeper than 64" : NULL;
}

static struct crm_slice written(const struct crm_json_value *v)
{
	bool quoted = v->type == CRM_JSON_STRING;

	return (struct crm_slice){v->text.ptr - quoted, v->text.len + 2 * quoted};
}

/* Appends what v is, of lists and objects on the way only the way and small members. */
static void put_alone(const struct crm_spot *spot, size_t depth, struct crm_str *out)
{
	const struct crm_json_value *v = spot->chain[depth];

	if (depth == spot->depth) {
		crm_json_raw(out, written(v));
		return;
	}
	if (v->type == CRM_JSON_ARRAY) {
		crm_json_open(out, '[');
		put_alone(spot, depth + 1, out);
		crm_json_close(out, ']');
		return;
	}
	crm_json_open(out, '{');
	for (const struct crm_json_value *m = first_of(v); m; m = next_of(spot, v, m)) {
		bool way = m == spot->chain[depth + 1];

		if (!way && m->text.len > SIBLING_MAX)
			continue;
		crm_json_raw(out, (struct crm_slice){m->key.ptr - 1, m->key.len + 2});
		crm_str_addc(out, ':');
		if (way)
			put_alone(spot, depth + 1, out);
		else
			crm_json_raw(out, written(m));
	}
	crm_json_close(out, '}');
}

void crm_spot_alone(const struct crm_spot *spot, struct crm_str *out)
{
	put_alone(spot, 0, out);
}
