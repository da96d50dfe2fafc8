/* SPDX-License-Identifier: MIT */
/* Paths in segments, and how many of them have been walked. */
#include "ingest/split_paths.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ingest/path.h"

#define OFF (-1) /* not on the way */

struct segment {
	char *name;  /* decoded */
	bool any;    /* each element; what is no array, itself */
	bool member; /* each element, or each member of an object */
};

struct path {
	char *text, *elements; /* of the list, of what is in it */
	struct segment *segments;
	size_t n;
	bool nowhere;
};

struct crm_split_paths {
	struct path *list;
	size_t n;
	bool conditions;
};

static void add_segment(struct path *p, const char *from, size_t len)
{
	struct crm_str name = CRM_STR_INIT;

	for (size_t i = 0; i < len; i++) {
		if (from[i] == '~' && i + 1 < len && (from[i + 1] == '0' || from[i + 1] == '1'))
			crm_str_addc(&name, from[++i] == '0' ? '~' : '/');
		else
			crm_str_addc(&name, from[i]);
	}
	p->segments[p->n++] = (struct segment){.name = crm_str_detach(&name)};
}

/* "*", "*name" (each element's member), "**" and "?name=text" (those that fit) */
static void add_elements(struct path *p, const char *from, size_t len)
{
	bool member = len == 2 && from[1] == '*';

	p->segments[p->n++] =
		(struct segment){.name = crm_strdup(""), .any = !member, .member = member};
	if (*from == '*' && len > 1 && !member)
		add_segment(p, from + 1, len - 1);
}

static bool has_path(const struct crm_split_paths *s, const char *text)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->list[i].text, text))
			return true;
	return false;
}

static void add_path(struct crm_split_paths *s, const char *text)
{
	struct path *p = &s->list[s->n];
	struct crm_str elements = CRM_STR_INIT;
	size_t n = 0;

	if (has_path(s, text) || s->n == CRM_SPLIT_PATHS)
		return;
	s->n++;
	crm_str_addf(&elements, "%s/*", text);
	p->text = crm_strdup(text);
	p->elements = crm_str_detach(&elements);
	for (const char *c = text; *c; c++)
		n += *c == '/';
	p->segments = crm_calloc(2 * n + 1, sizeof(*p->segments));
	while (*text == '/') {
		size_t len = strcspn(++text, "/");

		s->conditions |= *text == '?';
		if (*text == '*' || *text == '?')
			add_elements(p, text, len);
		else
			add_segment(p, text, len);
		text += len;
	}
	p->nowhere = *text || p->n > CRM_SPLIT_SEGMENTS;
}

struct crm_split_paths *crm_split_paths_new(const char *const *paths, size_t n)
{
	struct crm_split_paths *s = crm_calloc(1, sizeof(*s));

	s->list = crm_calloc(n + 1, sizeof(*s->list));
	for (size_t i = 0; i < n; i++)
		add_path(s, paths[i]);
	if (!n)
		add_path(s, "");
	return s;
}

void crm_split_paths_free(struct crm_split_paths *s)
{
	for (size_t i = 0; i < s->n; i++) {
		for (size_t j = 0; j < s->list[i].n; j++)
			free(s->list[i].segments[j].name);
		free(s->list[i].segments);
		free(s->list[i].text);
		free(s->list[i].elements);
	}
	free(s->list);
	free(s);
}

bool crm_split_has_conditions(const struct crm_split_paths *s)
{
	return s->conditions;
}

void crm_split_at(const struct crm_split_paths *s, struct crm_split_places *places, bool is_array)
{
	places->ends = places->leads = false;
	for (size_t i = 0; i < s->n; i++) {
		const struct path *p = &s->list[i];
		int8_t *at = &places->at[i];

		if (*at == OFF)
			continue;
		while (!is_array && (size_t)*at < p->n && p->segments[*at].any)
			++*at;
		if ((size_t)*at == p->n)
			places->ends = true;
		else
			places->leads = true;
	}
}

void crm_split_root(const struct crm_split_paths *s, struct crm_split_places *places, bool is_array)
{
	for (size_t i = 0; i < s->n; i++)
		places->at[i] = s->list[i].nowhere ? OFF : 0;
	crm_split_at(s, places, is_array);
}

/* Does an element lie on the way? By its number only the first, since in a small document
 * the others are not where they were. */
static bool element_on_way(const struct segment *segment, size_t index)
{
	return segment->any || segment->member || (!index && !strcmp(segment->name, "0"));
}

static bool member_on_way(const struct segment *segment, struct crm_slice key)
{
	return segment->member || (!segment->any && crm_slice_is(key, segment->name));
}

/* The segment that path i goes on with from the places of a value; NULL: it does not. */
static const struct segment *next_segment(const struct crm_split_paths *s,
					  const struct crm_split_places *from, size_t i)
{
	int8_t at = from->at[i];

	return at == OFF || (size_t)at == s->list[i].n ? NULL : &s->list[i].segments[at];
}

void crm_split_element(const struct crm_split_paths *s, const struct crm_split_places *of,
		       size_t index, struct crm_split_places *places)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct segment *segment = next_segment(s, of, i);
		bool on = segment && element_on_way(segment, index);

		places->at[i] = on ? (int8_t)(of->at[i] + 1) : OFF;
	}
}

bool crm_split_member(const struct crm_split_paths *s, const struct crm_split_places *of,
		      struct crm_slice key, bool *seen, struct crm_split_places *places)
{
	bool again = false;

	for (size_t i = 0; i < s->n; i++) {
		const struct segment *segment = next_segment(s, of, i);
		bool on = segment && member_on_way(segment, key);

		places->at[i] = on ? (int8_t)(of->at[i] + 1) : OFF;
		if (!on)
			continue;
		again |= seen[i];
		seen[i] = !segment->member;
	}
	return again;
}

static bool note_found(const struct crm_spot *spot, void *data)
{
	(void)spot;
	*(bool *)data = true;
	return false;
}

bool crm_split_has_records(const struct crm_split_paths *s, const struct crm_json_doc *doc,
			   bool *list)
{
	struct crm_spot root = crm_spot_root(doc);
	bool any = false;

	for (size_t i = 0; i < s->n && !any; i++) {
		crm_path_walk(&root, s->list[i].text, note_found, list);
		crm_path_walk(&root, s->list[i].elements, note_found, &any);
	}
	return any;
}
