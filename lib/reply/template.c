/* SPDX-License-Identifier: MIT */
/*
 * Templates: which file, its header, and the letter made of it. A struct crm_templates keeps
 * what it loaded, so that ten thousand letters read a file once.
 */
#include "reply/template.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/utf8.h"
#include "norm/html.h"

struct found {                       /* an answer that was given: for these three, this */
	char *set, *name, *language; /* "" for none */
	struct crm_template *t;
};

struct crm_templates {
	const char *const *known;
	struct crm_place_dirs dirs;
	struct found *found;
	size_t n_found, cap_found;
	struct crm_template **list; /* all that were loaded: of a file, one */
	size_t n, cap;
};

struct crm_templates *crm_templates_new(const char *const *known)
{
	struct crm_templates *ts = crm_calloc(1, sizeof(*ts));

	ts->known = known;
	return ts;
}

void crm_templates_add(struct crm_templates *ts, const char *dir)
{
	CRM_GROW(ts->dirs.dirs, ts->dirs.n + 1, ts->dirs.cap);
	ts->dirs.dirs[ts->dirs.n++] = crm_strdup(dir);
}

static void template_free(struct crm_template *t)
{
	crm_prose_free(t->subject);
	crm_prose_free(t->variables);
	crm_prose_free(t->text);
	crm_prose_free(t->html);
	free((char *)t->name);
	free((char *)t->set);
	free((char *)t->language);
	free((char *)t->file);
	free((char *)t->purpose);
	free((char *)t->automatic);
	free(t);
}

void crm_templates_free(struct crm_templates *ts)
{
	if (!ts)
		return;
	for (size_t i = 0; i < ts->dirs.n; i++)
		free(ts->dirs.dirs[i]);
	for (size_t i = 0; i < ts->n_found; i++) {
		free(ts->found[i].set);
		free(ts->found[i].name);
		free(ts->found[i].language);
	}
	for (size_t i = 0; i < ts->n; i++)
		template_free(ts->list[i]);
	free(ts->dirs.dirs);
	free(ts->found);
	free(ts->list);
	free(ts);
}

void crm_templates_default(struct crm_templates *ts, const char *language)
{
	crm_place_language(language, ts->dirs.language);
}

/* ---- loading ---- */

struct loader {
	struct crm_templates *ts;
	struct crm_template *t;
	struct crm_err *err;
	struct crm_str text, html; /* files */
	struct crm_arena arena;    /* partials, with their names */
	bool for_html;             /* what is being parsed */
};

/* {{> name}}: a partial in the template's own language. */
static enum crm_status find_part(void *data, const char *name, struct crm_prose_part *part,
				 struct crm_err *err)
{
	struct loader *l = data;
	struct crm_place p = CRM_PLACE_INIT;
	struct crm_str bytes = CRM_STR_INIT;
	enum crm_status rc = CRM_NO_INPUT;

	if (crm_place_is_name(name)
	    && crm_place_find(&l->ts->dirs, l->t->set ? l->t->set : "", "partials/", name,
			      l->t->language ? l->t->language : l->ts->dirs.language, &p)) {
		part->is_text = !(l->for_html && p.has_html);
		crm_str_adds(&p.path, part->is_text ? ".txt" : ".html");
		rc = crm_file_read(p.path.ptr, &bytes, err);
		part->text.ptr = crm_arena_strndup(&l->arena, bytes.ptr, bytes.len);
		part->text.len = bytes.len;
		part->file = crm_arena_strndup(&l->arena, p.path.ptr, p.path.len);
	}
	crm_str_release(&bytes);
	crm_str_release(&p.path);
	return rc;
}

static enum crm_status parse(struct loader *l, enum crm_prose_form form, int line,
			     struct crm_slice text, struct crm_prose **fill)
{
	struct crm_prose_parts parts = {find_part, l};

	l->for_html = form == CRM_PROSE_HTML;
	return crm_prose_parse(fill, form, l->t->file, line, text, &parts, l->err);
}

static enum crm_status take_header(struct loader *l, struct crm_slice name, struct crm_slice value,
				   int line)
{
	struct crm_template *t = l->t;

	if (crm_slice_is_caseless(name, "subject")) {
		if (t->subject)
			return crm_fail(l->err, CRM_CONFIG, "%s:%d: two subjects", t->file, line);
		return parse(l, CRM_PROSE_LINE, line, value, &t->subject);
	}
	if (crm_slice_is_caseless(name, "variables")) {
		if (t->variables)
			return crm_fail(l->err, CRM_CONFIG, "%s:%d: two lines of variables",
					t->file, line);
		return parse(l, CRM_PROSE_JSON, line, value, &t->variables);
	}
	if (crm_slice_is_caseless(name, "purpose")) {
		free((char *)t->purpose);
		t->purpose = crm_strndup(value.ptr, value.len);
		return crm_place_is_name(t->purpose)
			       ? CRM_OK
			       : crm_fail(l->err, CRM_CONFIG,
					  "%s:%d: a purpose is a word: service, marketing", t->file,
					  line);
	}
	if (crm_slice_is_caseless(name, "automatic")) {
		free((char *)t->automatic);
		t->automatic = crm_slice_is(value, "yes") ? crm_strdup("auto-reply") : NULL;
		if (t->automatic || crm_slice_is(value, "no"))
			return CRM_OK;
		return crm_fail(l->err, CRM_CONFIG, "%s:%d: Automatic is yes or no", t->file, line);
	}
	return crm_fail(
		l->err, CRM_CONFIG,
		"%s:%d: unknown header '%.*s': Subject, Purpose, Automatic or Variables, then "
		"a blank line and the text",
		t->file, line, (int)(name.len < 40 ? name.len : 40), name.ptr);
}

/* The header lines at the start of text, which are taken off it; *line gets the line of what
 * is left. A file of HTML that begins with a tag has none. */
static enum crm_status read_header(struct loader *l, struct crm_slice *text, int *line)
{
	enum crm_status rc = CRM_OK;

	for (*line = 1; rc == CRM_OK && text->len; (*line)++) {
		const char *newline = memchr(text->ptr, '\n', text->len), *colon;
		size_t n = newline ? (size_t)(newline - text->ptr) + 1 : text->len;
		struct crm_slice row = crm_slice_trim((struct crm_slice){text->ptr, n});

		if (*line == 1 && row.len && (row.ptr[0] == '<' || row.ptr[0] == '{'))
			return CRM_OK;
		*text = (struct crm_slice){text->ptr + n, text->len - n};
		if (row.len && row.ptr[0] == '#')
			continue;
		if (!row.len) {
			(*line)++;
			return CRM_OK;
		}
		colon = memchr(row.ptr, ':', row.len);
		if (!colon)
			return crm_fail(l->err, CRM_CONFIG,
					"%s:%d: not a header line (Subject: …); a blank line ends "
					"them",
					l->t->file, *line);
		n = (size_t)(colon - row.ptr);
		rc = take_header(l, (struct crm_slice){row.ptr, n},
				 crm_slice_trim((struct crm_slice){colon + 1, row.len - n - 1}),
				 *line);
	}
	return rc;
}

static const char *skip_bom(const struct crm_str *s, size_t *len)
{
	bool has = s->len >= 3 && !memcmp(s->ptr, "\xEF\xBB\xBF", 3);

	*len = s->len - (has ? 3 : 0);
	return s->ptr + (has ? 3 : 0);
}

/* One file of the template: the first one has the header. */
static enum crm_status load_file(struct loader *l, const char *path, const char *suffix, bool first)
{
	bool html = !strcmp(suffix, ".html");
	struct crm_str *bytes = html ? &l->html : &l->text, file = CRM_STR_INIT;
	struct crm_slice text;
	enum crm_status rc;
	int line = 1;

	crm_str_addf(&file, "%s%s", path, suffix);
	free((char *)l->t->file);
	l->t->file = crm_str_detach(&file);
	rc = crm_file_read(l->t->file, bytes, l->err);
	if (rc != CRM_OK)
		return rc;
	text.ptr = skip_bom(bytes, &text.len);
	if (first && (rc = read_header(l, &text, &line)) != CRM_OK)
		return rc;
	return parse(l, html ? CRM_PROSE_HTML : CRM_PROSE_TEXT, line, text,
		     html ? &l->t->html : &l->t->text);
}

static enum crm_status check_path(void *data, struct crm_slice path, const char *file, int line,
				  bool optional)
{
	struct loader *l = data;
	const char *const *known = l->ts->known;

	(void)optional;
	if (!known || path.ptr[0] == '.')
		return CRM_OK;
	for (; *known; known++) {
		size_t n = strlen(*known);

		if ((n == path.len && !memcmp(*known, path.ptr, n))
		    || (n > 1 && (*known)[n - 1] == '*' && path.len >= n
			&& !memcmp(*known, path.ptr, n - 1)))
			return CRM_OK;
		/* {{#person}}: is anything known of them? */
		if (n > path.len && (*known)[path.len] == '.'
		    && !memcmp(*known, path.ptr, path.len))
			return CRM_OK;
	}
	return crm_fail(l->err, CRM_CONFIG, "%s:%d: there is no value called {{%.*s}}", file, line,
			(int)(path.len < 80 ? path.len : 80), path.ptr);
}

static enum crm_status load_template(struct loader *l, const struct crm_place *p, const char *name)
{
	struct crm_template *t = l->t;
	enum crm_status rc = CRM_OK;

	t->name = crm_strdup(name);
	t->set = *p->set ? crm_strdup(p->set) : NULL;
	t->language = *p->language ? crm_strdup(p->language) : NULL;
	if (p->has_html && p->has_text)
		rc = load_file(l, p->path.ptr, ".html", false);
	if (rc == CRM_OK)
		rc = load_file(l, p->path.ptr, p->has_text ? ".txt" : ".html", true);
	if (!t->purpose)
		t->purpose = crm_strdup("service");
	t->has_subject = t->subject != NULL;
	t->has_html = t->html != NULL;
	return rc == CRM_OK ? crm_template_paths(t, check_path, l) : rc;
}

static void remember(struct crm_templates *ts, const char *set, const char *name,
		     const char *language, struct crm_template *t)
{
	CRM_GROW(ts->found, ts->n_found + 1, ts->cap_found);
	ts->found[ts->n_found++] =
		(struct found){crm_strdup(set), crm_strdup(name), crm_strdup(language), t};
}

/* The template at a place, loaded unless it was before. */
static enum crm_status get_at(struct crm_templates *ts, const struct crm_place *p, const char *name,
			      struct crm_template **out, struct crm_err *err)
{
	struct loader l = {ts, NULL, err, CRM_STR_INIT, CRM_STR_INIT, CRM_ARENA_INIT, false};
	size_t len = p->path.len;
	enum crm_status rc;

	for (size_t i = 0; i < ts->n; i++)
		if (!strncmp(ts->list[i]->file, p->path.ptr, len)
		    && (!strcmp(ts->list[i]->file + len, ".txt")
			|| !strcmp(ts->list[i]->file + len, ".html"))) {
			*out = ts->list[i];
			return CRM_OK;
		}
	l.t = crm_calloc(1, sizeof(*l.t));
	rc = load_template(&l, p, name);
	if (rc != CRM_OK) {
		template_free(l.t);
	} else {
		CRM_GROW(ts->list, ts->n + 1, ts->cap);
		ts->list[ts->n++] = *out = l.t;
	}
	crm_str_release(&l.text);
	crm_str_release(&l.html);
	crm_arena_release(&l.arena);
	return rc;
}

enum crm_status crm_templates_get(struct crm_templates *ts, const char *set, const char *name,
				  const char *language, const struct crm_template **out,
				  struct crm_err *err)
{
	struct crm_place p = CRM_PLACE_INIT;
	struct crm_template *t = NULL;
	enum crm_status rc;
	char tag[CRM_PLACE_NAME];

	set = set ? set : "";
	if (!crm_place_is_name(name) || !strcmp(name, "partials")
	    || (*set && !crm_place_is_name(set)))
		return crm_fail(err, CRM_USAGE,
				"a template's name is of letters, digits, - and _, not '%.80s'",
				crm_place_is_name(name) ? set : name);
	crm_place_language(language, tag);
	for (size_t i = 0; i < ts->n_found && !t; i++)
		if (!strcmp(ts->found[i].name, name) && !strcmp(ts->found[i].set, set)
		    && !strcmp(ts->found[i].language, tag))
			t = ts->found[i].t;
	if (t) {
		*out = t;
		return CRM_OK;
	}
	if (crm_place_find(&ts->dirs, set, "", name, tag, &p))
		rc = get_at(ts, &p, name, &t, err);
	else
		rc = crm_fail(
			err, CRM_NO_INPUT,
			"there is no template '%s'%s%s: crm-template lists those there are; the "
			"file templates/%s.txt would be one",
			name, *tag ? " for language " : "", tag, name);
	if (rc == CRM_OK) {
		remember(ts, set, name, tag, t);
		*out = t;
	}
	crm_str_release(&p.path);
	return rc;
}

/* ---- letters ---- */

/* What a channel's own template needs: an object, whatever the values were. */
static enum crm_status render_variables(const struct crm_template *t,
					const struct crm_json_doc *values, struct crm_str *out,
					struct crm_err *err)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	enum crm_status rc = crm_prose_render(t->variables, values, out, err);

	if (rc == CRM_OK && crm_json_scan(&doc, out->ptr, out->len) != CRM_OK)
		rc = crm_fail(err, CRM_CONFIG, "%s: Variables are no JSON object: %s", t->file,
			      doc.error);
	else if (rc == CRM_OK && doc.values[0].type != CRM_JSON_OBJECT)
		rc = crm_fail(err, CRM_CONFIG, "%s: Variables are no JSON object", t->file);
	crm_json_doc_release(&doc);
	return rc;
}

enum crm_status crm_template_render(const struct crm_template *t, const struct crm_json_doc *values,
				    struct crm_letter *out, struct crm_err *err)
{
	enum crm_status rc = CRM_OK;

	crm_letter_clear(out);
	if (t->subject)
		rc = crm_prose_render(t->subject, values, &out->subject, err);
	if (rc == CRM_OK && t->variables)
		rc = render_variables(t, values, &out->variables, err);
	if (rc == CRM_OK && t->html)
		rc = crm_prose_render(t->html, values, &out->html, err);
	if (rc == CRM_OK && t->text)
		rc = crm_prose_render(t->text, values, &out->text, err);
	else if (rc == CRM_OK)
		crm_html_text((struct crm_slice){out->html.ptr, out->html.len}, &out->text);
	if (rc == CRM_OK && !crm_slice_trim((struct crm_slice){out->text.ptr, out->text.len}).len)
		rc = crm_fail(err, CRM_DATA, "%s: the letter would be empty", t->file);
	return rc;
}

enum crm_status crm_template_paths(const struct crm_template *t, crm_prose_each *each, void *data)
{
	const struct crm_prose *fills[] = {t->subject, t->variables, t->text, t->html};
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < 4 && rc == CRM_OK; i++)
		if (fills[i])
			rc = crm_prose_paths(fills[i], each, data);
	return rc;
}

/* ---- all there are ---- */

enum crm_status crm_templates_load(struct crm_templates *ts, const struct crm_template_file *file,
				   const struct crm_template **out, struct crm_err *err)
{
	struct crm_place p = CRM_PLACE_INIT;
	struct crm_template *t;
	enum crm_status rc;

	crm_place_at(file->path, strlen(file->path) - strlen(file->is_html ? ".html" : ".txt"), &p);
	p.set = file->set;
	crm_place_language(file->language, p.language);
	rc = get_at(ts, &p, file->name, &t, err);
	if (rc == CRM_OK)
		*out = t;
	crm_str_release(&p.path);
	return rc;
}

enum crm_status crm_templates_list(struct crm_templates *ts,
				   enum crm_status (*each)(void *data,
							   const struct crm_template_file *file),
				   void *data)
{
	return crm_place_list(&ts->dirs, each, data);
}
