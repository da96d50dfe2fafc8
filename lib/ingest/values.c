/* SPDX-License-Identifier: MIT */
/* Values out of rows, and what they are turned into. */
#include "ingest/values.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "norm/html.h"
#include "norm/text.h"

static size_t column_named(const struct crm_slice *columns, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (crm_slice_is(columns[i], name))
			return i;
	for (size_t i = 0; i < n; i++)
		if (crm_column_same(name, columns[i]))
			return i;
	return n;
}

/* Under two of its names? That says nothing twice. */
static bool is_found(const struct crm_place *place, size_t column)
{
	for (size_t i = 0; i < place->n; i++)
		if (place->columns[i] == column)
			return !place->where->all && !place->where->join;
	return false;
}

void crm_place_prepare(struct crm_place *place, const struct crm_where *where,
		       const struct crm_slice *columns, size_t n, struct crm_arena *arena)
{
	place->where = where;
	if (!columns) {
		place->n = where->n;
		return;
	}
	place->columns = crm_arena_alloc(arena, (where->n + 1) * sizeof(*place->columns));
	for (size_t i = 0; i < where->n; i++) {
		size_t c;

		if (where->from[i][0] == '@')
			place->columns[place->n++] = SIZE_MAX - i; /* see special */
		else if ((c = column_named(columns, n, where->from[i])) < n && !is_found(place, c))
			place->columns[place->n++] = c;
	}
}

static struct crm_slice keep(const struct crm_view *v, const struct crm_str *s)
{
	return (struct crm_slice){crm_arena_strndup(v->arena, s->ptr, s->len), s->len};
}

/* --- turning --- */

static void percent_decoded(struct crm_slice s, struct crm_str *out)
{
	for (size_t i = 0; i < s.len; i++) {
		int high = s.ptr[i] == '%' && i + 2 < s.len ? crm_hex_digit(s.ptr[i + 1]) : -1;
		int low = high >= 0 ? crm_hex_digit(s.ptr[i + 2]) : -1;

		if (low >= 0 && high * 16 + low)
			crm_str_addc(out, (char)(high * 16 + low)), i += 2;
		else
			crm_str_addc(out, s.ptr[i] == '+' ? ' ' : s.ptr[i]);
	}
	if (crm_utf8_valid(out->ptr, out->len) == out->len)
		return;
	crm_str_clear(out);
	crm_str_add(out, s.ptr, s.len);
}

/* The parameter of a URL called name. */
static struct crm_slice parameter(struct crm_slice url, const char *name)
{
	const char *p = memchr(url.ptr, '?', url.len), *end = url.ptr + url.len;
	size_t len = strlen(name);

	while (p && p + 1 < end && *p != '#') {
		const char *next = ++p;

		while (next < end && *next != '&' && *next != '#' && *next != ' ')
			next++; /* a blank: the URL of a request line ends */
		if ((size_t)(next - p) > len && !memcmp(p, name, len) && p[len] == '=')
			return (struct crm_slice){p + len + 1, (size_t)(next - p) - len - 1};
		p = next < end && *next != ' ' ? next : NULL;
	}
	return (struct crm_slice){NULL, 0};
}

static void entities(struct crm_slice s, struct crm_str *out)
{
	static const struct {
		const char *name;
		char is;
	} known[] = {
		{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};

	for (size_t i = 0; i < s.len; i++) {
		size_t k = 0, n = sizeof(known) / sizeof(known[0]);

		while (k < n
		       && (s.len - i < strlen(known[k].name)
			   || memcmp(s.ptr + i, known[k].name, strlen(known[k].name))))
			k++;
		crm_str_addc(out, k < n ? known[k].is : s.ptr[i]);
		i += k < n ? strlen(known[k].name) - 1 : 0;
	}
}

/* Of "Ada" <a@b> Ada, or a@b; of what has no < >, nothing, or all of it. */
static struct crm_slice address_part(struct crm_slice s, bool display)
{
	const char *open = memrchr(s.ptr, '<', s.len);
	const char *close = open ? memchr(open, '>', (size_t)(s.ptr + s.len - open)) : NULL;

	if (!close)
		return display ? (struct crm_slice){NULL, 0} : s;
	if (!display)
		return (struct crm_slice){open + 1, (size_t)(close - open) - 1};
	s = crm_slice_trim((struct crm_slice){s.ptr, (size_t)(open - s.ptr)});
	if (s.len >= 2 && s.ptr[0] == '"' && s.ptr[s.len - 1] == '"')
		s = crm_slice_trim((struct crm_slice){s.ptr + 1, s.len - 2});
	return s;
}

/* UTF-8 whose bytes were taken for Latin-1 characters and encoded again (Facebook's
 * downloads), if that is what it is. */
static void once_decoded(struct crm_slice s, struct crm_str *out)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c < 0x80) {
			crm_str_addc(out, (char)c);
		} else if ((c == 0xc2 || c == 0xc3) && i + 1 < s.len) {
			crm_str_addc(out, (char)((c == 0xc3 ? 0x40 : 0) | s.ptr[++i]));
		} else {
			out->len = 0;
			break;
		}
	}
	if (!out->len || crm_utf8_valid(out->ptr, out->len) != out->len) {
		crm_str_clear(out);
		crm_str_add(out, s.ptr, s.len);
	}
}

/* Without the first of the starts that it has. */
static struct crm_slice stripped(const struct crm_where *w, struct crm_slice s)
{
	for (size_t i = 0; i < w->n_strip; i++) {
		size_t len = strlen(w->strip[i]);

		if (s.len >= len && !memcmp(s.ptr, w->strip[i], len))
			return (struct crm_slice){s.ptr + len, s.len - len};
	}
	return s;
}

static struct crm_slice turned(const struct crm_view *v, const struct crm_where *w,
			       struct crm_slice s)
{
	struct crm_str *out = &v->found->scratch;

	s = stripped(w, s);
	if (w->query)
		s = parameter(s, w->query);
	if (!s.ptr || (w->as == CRM_AS_IS && !w->query) || w->as == CRM_AS_MINOR
	    || w->as == CRM_AS_REAL)
		return s;
	if (w->as == CRM_AS_DISPLAY || w->as == CRM_AS_ADDRESS)
		return address_part(s, w->as == CRM_AS_DISPLAY);
	crm_str_clear(out);
	if (w->as == CRM_AS_HTML)
		crm_html_text(s, out);
	else if (w->as == CRM_AS_ENTITIES)
		entities(s, out);
	else if (w->as == CRM_AS_UTF8)
		once_decoded(s, out);
	else if (w->as == CRM_AS_DIGITS)
		for (size_t i = 0; i < s.len; i++)
			crm_str_add(out, s.ptr + i, s.ptr[i] >= '0' && s.ptr[i] <= '9');
	else
		percent_decoded(s, out);
	return keep(v, out);
}

static struct crm_slice prefixed(const struct crm_view *v, const char *prefix, struct crm_slice s)
{
	struct crm_str *out = &v->found->scratch;
	size_t len = strlen(prefix);

	if (s.len >= len && !memcmp(s.ptr, prefix, len))
		return s;
	crm_str_clear(out);
	crm_str_adds(out, prefix);
	crm_str_add(out, s.ptr, s.len);
	return keep(v, out);
}

/* --- finding --- */

static void add_one(const struct crm_view *v, const struct crm_where *w, struct crm_slice s)
{
	struct crm_values *found = v->found;

	bool verbatim = w->join && !*w->join; /* pieces of one text: blanks may be all of one */

	if (!verbatim && !crm_slice_trim(s).len)
		return;
	s = turned(v, w, s);
	if (!verbatim)
		s = crm_slice_trim(s);
	if (!s.len)
		return;
	if (w->prefix && !w->join)
		s = prefixed(v, w->prefix, s);
	CRM_GROW(found->list, found->n + 1, found->cap);
	found->list[found->n++] = s;
}

static void add(const struct crm_view *v, const struct crm_where *w, struct crm_slice s)
{
	size_t len = w->split ? strlen(w->split) : 0;

	while (len && s.ptr) {
		const char *at = memmem(s.ptr, s.len, w->split, len);

		if (!at)
			break;
		add_one(v, w, (struct crm_slice){s.ptr, (size_t)(at - s.ptr)});
		s = (struct crm_slice){at + len, s.len - (size_t)(at - s.ptr) - len};
	}
	if (s.ptr)
		add_one(v, w, s);
}

struct crm_slice crm_values_text(const struct crm_view *v, const struct crm_json_value *value)
{
	struct crm_str s = CRM_STR_INIT;
	struct crm_slice kept;

	if (value->type == CRM_JSON_NULL || value->type == CRM_JSON_ARRAY
	    || value->type == CRM_JSON_OBJECT)
		return (struct crm_slice){NULL, 0};
	if (value->type != CRM_JSON_STRING || !value->escaped)
		return value->text;
	crm_json_text(value, &s);
	kept = keep(v, &s);
	crm_str_release(&s);
	return kept;
}

struct search {
	const struct crm_view *view;
	const struct crm_where *where;
};

/* A value; of a list its elements. */
static bool add_json(const struct crm_spot *spot, void *data)
{
	const struct crm_json_value *value = crm_spot_value(spot), *v;
	struct search *search = data;

	if (value->type != CRM_JSON_ARRAY) {
		add(search->view, search->where, crm_values_text(search->view, value));
		return true;
	}
	for (uint32_t i = (uint32_t)(value - spot->doc->values) + 1; i < value->next; i = v->next) {
		v = &spot->doc->values[i];
		add(search->view, search->where, crm_values_text(search->view, v));
	}
	return true;
}

/* The name of a member that the record lies in. */
static bool add_name(const struct crm_view *v, const struct crm_where *w, const char *path)
{
	struct crm_json_value name = {.type = CRM_JSON_STRING};

	if (!crm_path_name(v->spot, path, &name.text, &name.escaped))
		return false;
	if (name.text.ptr)
		add(v, w, crm_values_text(v, &name));
	return true;
}

/* @file, @folder: the file's name without its ending, and that of the folder it is in. */
static struct crm_slice special(const struct crm_view *v, const char *name)
{
	const char *path = v->row->file ? v->row->file : "", *slash = strrchr(path, '/'), *dot;
	struct crm_slice s = crm_slice_of(slash ? slash + 1 : path);

	if (!*path || !strcmp(path, "<stdin>"))
		return (struct crm_slice){NULL, 0};
	if (strcmp(name, "@folder") != 0) {
		dot = memrchr(s.ptr, '.', s.len);
		return dot && dot > s.ptr ? (struct crm_slice){s.ptr, (size_t)(dot - s.ptr)} : s;
	}
	if (!slash)
		return (struct crm_slice){NULL, 0};
	s = (struct crm_slice){path, (size_t)(slash - path)};
	slash = memrchr(s.ptr, '/', s.len);
	return slash ? (struct crm_slice){slash + 1, s.len - (size_t)(slash - s.ptr) - 1} : s;
}

const struct crm_values *crm_values_all(const struct crm_view *v, const struct crm_place *place)
{
	const struct crm_where *w = place->where;

	v->found->n = 0;
	for (size_t i = 0; i < place->n; i++) {
		size_t column = v->spot ? i : place->columns[i];
		struct search search = {v, w};

		if (v->spot && add_name(v, w, w->from[i]))
			continue;
		if (v->spot && w->from[i][0] != '@')
			crm_path_walk(v->spot, w->from[i], add_json, &search);
		else if (v->spot || column > SIZE_MAX / 2)
			add(v, w, special(v, w->from[v->spot ? i : SIZE_MAX - column]));
		else
			add(v, w, v->row->fields[column]);
	}
	return v->found;
}

struct crm_slice crm_values_join(const struct crm_view *v, const struct crm_slice *list, size_t n,
				 const char *with)
{
	struct crm_str s = CRM_STR_INIT;
	struct crm_slice kept;

	for (size_t i = 0; i < n; i++) {
		crm_str_adds(&s, i ? with : "");
		crm_str_add(&s, list[i].ptr, list[i].len);
	}
	kept = keep(v, &s);
	crm_str_release(&s);
	return crm_slice_trim(kept);
}

struct crm_slice crm_values_joined(const struct crm_view *v, const struct crm_where *w)
{
	const struct crm_values *found = v->found;
	struct crm_slice s = crm_values_join(v, found->list, found->n, w->join);

	return w->prefix && s.len ? prefixed(v, w->prefix, s) : s;
}

struct crm_slice crm_values_one(const struct crm_view *v, const struct crm_place *place)
{
	const struct crm_values *found;

	if (!place->n)
		return (struct crm_slice){NULL, 0};
	found = crm_values_all(v, place);
	if (!found->n || (place->where->all && found->n < place->where->n))
		return (struct crm_slice){NULL, 0};
	if (place->where->join)
		return crm_values_joined(v, place->where);
	return found->list[0];
}

bool crm_values_mean(const char *from, struct crm_slice s)
{
	size_t len = strlen(from);

	if (len && from[len - 1] == '*')
		return s.len >= len - 1 && !strncasecmp(from, s.ptr, len - 1);
	return crm_slice_is_caseless(s, from);
}

struct crm_slice crm_values_clean(const struct crm_view *v, struct crm_slice s)
{
	struct crm_str *out = &v->found->scratch;

	if (!s.ptr)
		return s;
	crm_str_clear(out);
	crm_text_clean(s, out);
	return out->len ? keep(v, out) : (struct crm_slice){NULL, 0};
}
