/* SPDX-License-Identifier: MIT */
/*
 * Texts with places for values. A text is parsed once, into an array of nodes in the order of
 * the text, a section holding where it ends; texts within texts are put in at that time, so
 * that filling is one walk over the array and meets neither files nor syntax.
 */
#include "reply/prose.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define PARTS_DEPTH 8
#define SECTION_DEPTH 32
#define STEPS_MAX 100000

enum kind {
	WORDS,
	VALUE,
	IF,
	UNLESS
};

struct node {
	enum kind kind;
	bool attribute;           /* HTML: within a tag, in quotes */
	bool plain;               /* WORDS of a text within HTML: to be escaped */
	struct crm_slice text;    /* the words; of a value its path */
	struct crm_slice without; /* words that stand for it; ptr NULL: it must be there */
	const char *file;
	int line;
	size_t end; /* of a section: the node after it */
};

struct crm_prose {
	enum crm_prose_form form;
	struct node *nodes;
	size_t n, cap;
	struct crm_arena arena; /* all text */
};

/* ---- parsing ---- */

enum markup { /* where a place of HTML is; what matters is that values stay within quotes */
	CONTENT,
	TAG,
	SINGLE, /* quotes, of an attribute */
	DOUBLE,
	COMMENT
};

struct parser {
	struct crm_prose *fill;
	const struct crm_prose_parts *parts;
	struct crm_err *err;
	const char *file;
	int line;
	const char *start, *p, *end; /* of this text */
	bool plain;                  /* it is text within HTML */
	int depth;                   /* texts around this one */
	size_t open[SECTION_DEPTH];  /* nodes of the sections that are open */
	size_t n_open, first_open;   /* those from first_open on began in this text */
	size_t total;                /* bytes parsed, of all texts */
	enum markup markup;          /* HTML: where this is */
};

static enum crm_status wrong(struct parser *p, const char *what, struct crm_slice about)
{
	struct crm_str shown = CRM_STR_INIT;

	crm_utf8_printable(&shown, about);
	crm_fail(p->err, CRM_CONFIG, "%s:%d: %s%s%.80s%s", p->file, p->line, what,
		 about.ptr ? " {{" : "", shown.ptr, about.ptr ? "}}" : "");
	crm_str_release(&shown);
	return CRM_CONFIG;
}

static struct node *push(struct parser *p, enum kind kind, struct crm_slice text)
{
	struct crm_prose *f = p->fill;

	CRM_GROW(f->nodes, f->n + 1, f->cap);
	f->nodes[f->n] = (struct node){
		.kind = kind,
		.plain = p->plain,
		.attribute = p->markup == SINGLE || p->markup == DOUBLE,
		.text = {crm_arena_strndup(&f->arena, text.ptr, text.len), text.len},
		.file = p->file,
		.line = p->line,
		.end = f->n + 1,
	};
	return &f->nodes[f->n++];
}

static enum markup next_markup(enum markup now, const char *p, const char *end)
{
	switch (now) {
	case CONTENT:
		if (end - p >= 4 && !memcmp(p, "<!--", 4))
			return COMMENT;
		return *p == '<' ? TAG : CONTENT;
	case TAG:
		if (*p == '"' || *p == '\'')
			return *p == '"' ? DOUBLE : SINGLE;
		return *p == '>' ? CONTENT : TAG;
	case SINGLE:
		return *p == '\'' ? TAG : SINGLE;
	case DOUBLE:
		return *p == '"' ? TAG : DOUBLE;
	default:
		return end - p >= 3 && !memcmp(p, "-->", 3) ? TAG : COMMENT; /* its > follows */
	}
}

static void add_words(struct parser *p, const char *from, const char *to)
{
	if (from == to)
		return;
	push(p, WORDS, (struct crm_slice){from, (size_t)(to - from)});
	for (const char *c = from; c < to; c++) {
		p->line += *c == '\n';
		if (p->fill->form == CRM_PROSE_HTML && !p->plain)
			p->markup = next_markup(p->markup, c, to);
	}
}

static bool is_path_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
	       || c == '_' || c == '-';
}

/* a.b.c; within a list also . and .a.b */
static bool is_path(struct crm_slice s)
{
	bool dot = true;

	if (crm_slice_is(s, "."))
		return true;
	for (size_t i = s.len && s.ptr[0] == '.'; i < s.len; i++) {
		if (s.ptr[i] == '.' ? dot : !is_path_byte(s.ptr[i]))
			return false;
		dot = s.ptr[i] == '.';
	}
	return s.len && !dot;
}

static enum crm_status add_value(struct parser *p, struct crm_slice inner)
{
	const char *bar = memchr(inner.ptr, '|', inner.len);
	struct crm_slice path = inner, without = {NULL, 0};

	if (bar) {
		path.len = (size_t)(bar - inner.ptr);
		without = (struct crm_slice){bar + 1, inner.len - path.len - 1};
		without = crm_slice_trim(without);
		without.ptr = crm_arena_strndup(&p->fill->arena, without.ptr, without.len);
	}
	path = crm_slice_trim(path);
	if (!is_path(path))
		return wrong(p, "not the name of a value:", inner);
	if (p->markup == TAG)
		return wrong(p, "a value within a tag stands in quotes:", inner);
	push(p, VALUE, path)->without = without;
	return CRM_OK;
}

static enum crm_status open_section(struct parser *p, enum kind kind, struct crm_slice path)
{
	if (!is_path(path))
		return wrong(p, "not the name of a value:", path);
	if (p->n_open == SECTION_DEPTH)
		return wrong(p, "sections are nested too deeply:", path);
	p->open[p->n_open++] = p->fill->n;
	push(p, kind, path);
	return CRM_OK;
}

static enum crm_status close_section(struct parser *p, struct crm_slice path)
{
	struct node *node;

	if (p->n_open == p->first_open)
		return wrong(p, "ends a section that did not begin:", path);
	node = &p->fill->nodes[p->open[p->n_open - 1]];
	if (!crm_slice_same(node->text, path))
		return wrong(p, "ends another section than the one that began last:", path);
	node->end = p->fill->n;
	p->n_open--;
	return CRM_OK;
}

static enum crm_status parse_text(struct parser *p, struct crm_slice text);

static enum crm_status add_part(struct parser *p, struct crm_slice name)
{
	struct parser inner = *p;
	struct crm_prose_part part = {{NULL, 0}, NULL, false};
	const char *id = crm_arena_strndup(&p->fill->arena, name.ptr, name.len);
	enum crm_status rc;

	if (!p->parts)
		return wrong(p, "no other text can be put here:", name);
	if (p->depth == PARTS_DEPTH)
		return wrong(p, "texts are nested too deeply:", name);
	rc = p->parts->find(p->parts->data, id, &part, p->err);
	if (rc == CRM_NO_INPUT)
		return wrong(p, "there is no partial", name);
	if (rc != CRM_OK)
		return rc;
	inner.depth++;
	inner.file = crm_arena_strndup(&p->fill->arena, part.file, strlen(part.file));
	inner.line = 1;
	inner.plain = p->plain || (part.is_text && p->fill->form == CRM_PROSE_HTML);
	inner.first_open = p->n_open;
	if (part.text.len && part.text.ptr[part.text.len - 1] == '\n')
		part.text.len--;
	rc = parse_text(&inner, part.text);
	p->total = inner.total;
	p->markup = inner.markup;
	return rc;
}

/* One {{…}}; inner is what stands between the braces. */
static enum crm_status take_tag(struct parser *p, struct crm_slice inner)
{
	struct crm_slice rest = {inner.ptr + 1, inner.len ? inner.len - 1 : 0};

	if (!inner.len)
		return wrong(p, "names no value:", inner);
	rest = crm_slice_trim(rest);
	switch (inner.ptr[0]) {
	case '!':
		return CRM_OK;
	case '#':
		return open_section(p, IF, rest);
	case '^':
		return open_section(p, UNLESS, rest);
	case '/':
		return close_section(p, rest);
	case '>':
		return add_part(p, rest);
	case '{':
	case '&':
		return wrong(p, "values are always escaped; this is not offered:", inner);
	default:
		return add_value(p, inner);
	}
}

/* A tag that stands alone on its line is the whole line: moves *from to the line's start and
 * *after behind its newline then. */
static void move_to_line(const struct parser *p, const char **from, const char **after)
{
	const char *a = *from, *b = *after;

	while (a > p->start && (a[-1] == ' ' || a[-1] == '\t'))
		a--;
	while (b < p->end && (*b == ' ' || *b == '\t' || *b == '\r'))
		b++;
	if ((a > p->start && a[-1] != '\n') || (b < p->end && *b != '\n'))
		return;
	*from = a;
	*after = b < p->end ? b + 1 : b;
}

static int newlines(const char *from, const char *to)
{
	int n = 0;

	while (from < to)
		n += *from++ == '\n';
	return n;
}

/* p->p stands on {{. */
static enum crm_status parse_tag(struct parser *p, const char *words)
{
	const char *tag = p->p, *from = tag, *after, *close;
	struct crm_slice inner;
	enum crm_status rc;

	close = memmem(tag + 2, (size_t)(p->end - tag - 2), "}}", 2);
	if (!close) {
		add_words(p, words, tag);
		return wrong(p, "{{ without }}", (struct crm_slice){NULL, 0});
	}
	inner = crm_slice_trim((struct crm_slice){tag + 2, (size_t)(close - tag - 2)});
	after = close + 2;
	if (inner.len && strchr("#^/!", inner.ptr[0]))
		move_to_line(p, &from, &after);
	add_words(p, words, from);
	rc = take_tag(p, inner);
	p->line += newlines(tag, after);
	p->p = after;
	return rc;
}

static enum crm_status parse_text(struct parser *p, struct crm_slice text)
{
	const char *words = text.ptr;
	enum crm_status rc = CRM_OK;

	p->total += text.len;
	if (p->total > CRM_PROSE_MAX)
		return wrong(p, "the text is too large", (struct crm_slice){NULL, 0});
	if (memchr(text.ptr, '\0', text.len) || crm_utf8_valid(text.ptr, text.len) != text.len)
		return wrong(p, "the text is not UTF-8", (struct crm_slice){NULL, 0});
	p->start = p->p = text.ptr;
	p->end = text.ptr + text.len;
	while (rc == CRM_OK && (p->p = memmem(p->p, (size_t)(p->end - p->p), "{{", 2))) {
		rc = parse_tag(p, words);
		words = p->p;
	}
	if (rc != CRM_OK)
		return rc;
	add_words(p, words, p->end);
	if (p->n_open > p->first_open) {
		const struct node *node = &p->fill->nodes[p->open[p->n_open - 1]];

		p->line = node->line;
		return wrong(p, "a section that does not end:", node->text);
	}
	return CRM_OK;
}

enum crm_status crm_prose_parse(struct crm_prose **fill, enum crm_prose_form form, const char *file,
				int line, struct crm_slice text,
				const struct crm_prose_parts *parts, struct crm_err *err)
{
	struct crm_prose *f = crm_calloc(1, sizeof(*f));
	struct parser p = {.fill = f, .parts = parts, .err = err, .line = line};
	enum crm_status rc;

	f->form = form;
	p.file = crm_arena_strndup(&f->arena, file, strlen(file));
	rc = parse_text(&p, text.ptr ? text : CRM_SLICE(""));
	*fill = rc == CRM_OK ? f : NULL;
	if (rc != CRM_OK)
		crm_prose_free(f);
	return rc;
}

void crm_prose_free(struct crm_prose *fill)
{
	if (!fill)
		return;
	free(fill->nodes);
	crm_arena_release(&fill->arena);
	free(fill);
}

enum crm_status crm_prose_paths(const struct crm_prose *fill, crm_prose_each *each, void *data)
{
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < fill->n && rc == CRM_OK; i++) {
		const struct node *n = &fill->nodes[i];

		if (n->kind != WORDS)
			rc = each(data, n->text, n->file, n->line,
				  n->kind != VALUE || n->without.ptr);
	}
	return rc;
}

/* ---- filling ---- */

struct filler {
	const struct crm_prose *fill;
	const struct crm_json_doc *doc;
	struct crm_str *out, value;
	struct crm_err *err;
	size_t start; /* of what is ours in out */
	int steps;
};

static const struct crm_json_value *look_up(const struct filler *f,
					    const struct crm_json_value *element,
					    struct crm_slice path)
{
	const struct crm_json_value *v = f->doc->values;
	const char *p = path.ptr, *end = p + path.len;

	if (*p == '.') {
		v = element;
		p++;
	}
	while (v && p < end) {
		const char *dot = memchr(p, '.', (size_t)(end - p));
		size_t n = (size_t)((dot ? dot : end) - p);
		char name[128];

		if (n >= sizeof(name))
			return NULL;
		memcpy(name, p, n);
		name[n] = '\0';
		v = crm_json_member(f->doc, v, name);
		p = dot ? dot + 1 : end;
	}
	return v;
}

static bool is_there(const struct crm_json_value *v)
{
	if (!v || v->type == CRM_JSON_NULL || v->type == CRM_JSON_FALSE)
		return false;
	if (v->type == CRM_JSON_STRING)
		return crm_slice_trim(v->text).len > 0;
	return (v->type != CRM_JSON_ARRAY && v->type != CRM_JSON_OBJECT) || v->count > 0;
}

static bool is_words(const struct crm_json_value *v)
{
	return is_there(v) && v->type != CRM_JSON_ARRAY && v->type != CRM_JSON_OBJECT;
}

/* Characters that somebody's program would obey. */
static bool is_obeyed(uint32_t c)
{
	return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c < 0xA0)
	       || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E
	       || c == 0x200F || c == 0xFEFF;
}

static void add_escaped(struct crm_str *out, const char *s, size_t n, bool attribute)
{
	switch (*s) {
	case '&':
		crm_str_adds(out, "&amp;");
		break;
	case '<':
		crm_str_adds(out, "&lt;");
		break;
	case '>':
		crm_str_adds(out, "&gt;");
		break;
	case '"':
		crm_str_adds(out, "&quot;");
		break;
	case '\'':
		crm_str_adds(out, "&#39;");
		break;
	case '\n':
		crm_str_adds(out, attribute ? "&#10;" : "<br>\n");
		break;
	default:
		crm_str_add(out, s, n);
	}
}

/* Puts in what came from elsewhere. A carriage return before a newline is none of it. */
static void add_foreign(struct filler *f, struct crm_slice s, bool attribute)
{
	for (size_t i = 0, n; i < s.len; i += n) {
		const char *at = s.ptr + i;
		size_t used;
		uint32_t c;

		n = crm_utf8_length(at, s.len - i);
		if (!n) {
			crm_str_adds(f->out, "\xEF\xBF\xBD");
			n = 1;
			continue;
		}
		c = crm_utf8_decode(at, &used);
		if (is_obeyed(c))
			continue;
		if (f->fill->form == CRM_PROSE_JSON && (c == '"' || c == '\\' || c == '\n'))
			crm_str_adds(f->out, c == '"' ? "\\\"" : c == '\n' ? "\\n" : "\\\\");
		else if (f->fill->form == CRM_PROSE_JSON && c == '\t')
			crm_str_addc(f->out, ' ');
		else if (f->fill->form == CRM_PROSE_HTML)
			add_escaped(f->out, at, n, attribute);
		else if (f->fill->form == CRM_PROSE_LINE
			 && (c == '\n' || c == '\t' || c == 0x2028 || c == 0x2029))
			crm_str_addc(f->out, ' ');
		else
			crm_str_add(f->out, at, n);
	}
}

static enum crm_status refuse(struct filler *f, const struct node *n, const char *what)
{
	return crm_fail(f->err, CRM_DATA, "%s:%d: %s {{%.*s}}", n->file, n->line, what,
			(int)(n->text.len < 80 ? n->text.len : 80), n->text.ptr);
}

static bool is_address(struct crm_slice s)
{
	static const char *const schemes[] = {"https://", "http://", "mailto:", "tel:", "cid:"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t n = strlen(schemes[i]);

		if (s.len > n && crm_slice_is_caseless((struct crm_slice){s.ptr, n}, schemes[i]))
			return true;
	}
	return false;
}

/* Does what was filled so far end where an attribute that is an address begins? Quotes
 * within values are escaped, so this one is of the text itself. */
static bool at_address(const struct filler *f)
{
	static const char *const starts[] = {"href=", "src=", "action=", "background="};
	const char *quote = f->out->ptr + f->out->len - 1;

	if (f->out->len - f->start == 0 || (*quote != '"' && *quote != '\''))
		return false;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		size_t n = strlen(starts[i]);
		struct crm_slice before = {quote - n, n};

		if (f->out->len - f->start > n && crm_slice_is_caseless(before, starts[i]))
			return true;
	}
	return false;
}

static enum crm_status fill_value(struct filler *f, const struct node *n,
				  const struct crm_json_value *v)
{
	bool address = n->attribute && at_address(f);
	size_t before = f->out->len;
	struct crm_slice s;

	crm_str_clear(&f->value);
	if (is_words(v))
		crm_json_text(v, &f->value);
	s = crm_slice_trim((struct crm_slice){f->value.ptr, f->value.len});
	add_foreign(f, s, n->attribute);
	if (f->out->len == before) {
		if (!n->without.ptr)
			return refuse(f, n, "no value for");
		s = n->without;
		add_foreign(f, s, n->attribute);
	}
	if (address && !is_address(s))
		return refuse(f, n, "not an address with http, https, mailto or tel:");
	return CRM_OK;
}

static enum crm_status fill_nodes(struct filler *f, size_t from, size_t to,
				  const struct crm_json_value *element);

/* The nodes of a section, as often as its value says. */
static enum crm_status fill_section(struct filler *f, size_t at, const struct crm_json_value *v,
				    const struct crm_json_value *element)
{
	const struct node *n = &f->fill->nodes[at];
	enum crm_status rc = CRM_OK;
	uint32_t k;

	if (n->kind == UNLESS || !is_there(v) || v->type != CRM_JSON_ARRAY)
		return is_there(v) == (n->kind == IF) ? fill_nodes(f, at + 1, n->end, element)
						      : CRM_OK;
	for (k = (uint32_t)(v - f->doc->values) + 1; k < v->next && rc == CRM_OK;
	     k = f->doc->values[k].next)
		rc = fill_nodes(f, at + 1, n->end, &f->doc->values[k]);
	return rc;
}

static enum crm_status fill_nodes(struct filler *f, size_t from, size_t to,
				  const struct crm_json_value *element)
{
	enum crm_status rc = CRM_OK;

	for (size_t i = from; i < to && rc == CRM_OK; i = f->fill->nodes[i].end) {
		const struct node *n = &f->fill->nodes[i];
		const struct crm_json_value *v =
			n->kind == WORDS ? NULL : look_up(f, element, n->text);

		if (n->kind == VALUE)
			rc = fill_value(f, n, v);
		else if (n->kind != WORDS)
			rc = fill_section(f, i, v, element);
		else if (n->plain)
			add_foreign(f, n->text, n->attribute);
		else
			crm_str_add(f->out, n->text.ptr, n->text.len);
		if (rc == CRM_OK
		    && (f->out->len - f->start > CRM_PROSE_MAX || ++f->steps > STEPS_MAX))
			return refuse(f, n, "the text becomes too large at");
	}
	return rc;
}

enum crm_status crm_prose_render(const struct crm_prose *fill, const struct crm_json_doc *values,
				 struct crm_str *out, struct crm_err *err)
{
	struct filler f = {fill, values, out, CRM_STR_INIT, err, out->len, 0};
	enum crm_status rc = fill_nodes(&f, 0, fill->n, NULL);

	crm_str_release(&f.value);
	return rc;
}
