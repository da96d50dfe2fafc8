/* SPDX-License-Identifier: MIT */
/* The lines above an article are read here; the text below them by libcmark, whose tree is
 * walked once and written down as plain text. Walking does not recurse, so depth costs no
 * stack. */
#include "answer/article.h"

#include <cmark.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "norm/html.h"
#include "norm/text.h"

#define LINKS_MAX 1000
#define QUESTIONS_MAX 1000
#define MEMBER_MAX 4000 /* bytes of a title, an answer */

/* What is being written: a section's heading and text. */
struct writer {
	struct crm_article *article;
	struct crm_str heading, text;
	bool in_heading, in_image;
	size_t link_start; /* where the text of the link begins that is open */
	unsigned lists;    /* open around here */
};

static struct crm_slice keep(struct crm_article *a, struct crm_slice s)
{
	return (struct crm_slice){crm_arena_strndup(&a->arena, s.ptr, s.len), s.len};
}

static struct crm_slice keep_str(struct crm_article *a, const struct crm_str *s)
{
	return keep(a, crm_slice_trim((struct crm_slice){s->ptr, s->len}));
}

/* A member of the lines above: one line, nothing in it that cannot be seen. */
static struct crm_slice keep_clean(struct crm_article *a, struct crm_slice s)
{
	struct crm_str clean = CRM_STR_INIT;

	crm_text_clean(s, &clean);
	s = keep_str(a, &clean);
	crm_str_release(&clean);
	return s;
}

static bool is_web(const char *url)
{
	return !strncasecmp(url, "http://", 7) || !strncasecmp(url, "https://", 8)
	       || !strncasecmp(url, "mailto:", 7) || !strncasecmp(url, "tel:", 4);
}

static void add_link(struct crm_article *a, struct crm_slice url)
{
	if (!url.len || a->n_links == LINKS_MAX)
		return;
	CRM_GROW(a->links, a->n_links + 1, a->cap_links);
	a->links[a->n_links++] = keep(a, url);
}

/* --- the text --- */

static struct crm_str *now_writing(struct writer *w)
{
	return w->in_heading ? &w->heading : &w->text;
}

/* Bytes of a character at s that changes the direction of text (U+202A to U+202E, U+2066 to
 * U+2069): a line would be read as another one. */
static size_t direction_at(const char *s)
{
	unsigned char last;

	if ((unsigned char)s[0] != 0xE2 || ((s[1] & 0xFF) != 0x80 && (s[1] & 0xFF) != 0x81))
		return 0;
	last = (unsigned char)s[2];
	return (s[1] & 0xFF) == 0x80 ? (last >= 0xAA && last <= 0xAE ? 3 : 0)
				     : (last >= 0xA6 && last <= 0xA9 ? 3 : 0);
}

/* Text as it is, without control characters. */
static void put_text(struct writer *w, const char *s)
{
	struct crm_str *out = now_writing(w);

	for (; s && *s; s++)
		if (direction_at(s))
			s += 2;
		else if ((unsigned char)*s >= 0x20 && *s != 0x7F)
			crm_str_addc(out, *s);
		else if (*s == '\n' || *s == '\t')
			crm_str_addc(out, w->in_heading ? ' ' : *s);
}

/* Ends the block before: a blank line, within a list a line. */
static void new_block(struct writer *w, bool tight)
{
	struct crm_str *out = &w->text;

	while (out->len && (out->ptr[out->len - 1] == '\n' || out->ptr[out->len - 1] == ' '))
		out->ptr[--out->len] = '\0';
	if (out->len)
		crm_str_adds(out, tight ? "\n" : "\n\n");
}

static void end_section(struct writer *w)
{
	struct crm_article *a = w->article;

	CRM_GROW(a->sections, a->n_sections + 1, a->cap_sections);
	a->sections[a->n_sections].heading = keep_str(a, &w->heading);
	a->sections[a->n_sections++].text = keep_str(a, &w->text);
	crm_str_clear(&w->heading);
	crm_str_clear(&w->text);
}

/* A heading ends what was before, but for one that may be the title. */
static void begin_heading(struct writer *w)
{
	const struct crm_article *a = w->article;

	if (a->title.len || w->text.len || a->n_sections)
		end_section(w);
	w->in_heading = true;
}

static void end_heading(struct writer *w)
{
	struct crm_article *a = w->article;

	w->in_heading = false;
	if (a->title.len || a->n_sections || !w->heading.len)
		return;
	a->title = keep_clean(a, (struct crm_slice){w->heading.ptr, w->heading.len});
	crm_str_clear(&w->heading);
}

static void begin_item(struct writer *w, cmark_node *item)
{
	cmark_node *list = cmark_node_parent(item), *before = item;
	int number = cmark_node_get_list_start(list);

	new_block(w, cmark_node_previous(item) || w->lists > 1);
	for (unsigned i = 1; i < w->lists && i < 8; i++)
		crm_str_adds(&w->text, "  ");
	if (cmark_node_get_list_type(list) != CMARK_ORDERED_LIST) {
		crm_str_adds(&w->text, "- ");
		return;
	}
	/* where in its list it stands is remembered with the list, so that a list is walked once */
	before = cmark_node_get_user_data(list);
	number += (int)(intptr_t)before;
	cmark_node_set_user_data(list, (void *)((intptr_t)before + 1));
	crm_str_addf(&w->text, "%d. ", number);
}

/* Behind the text of a link stands its address, unless the text says the same. */
static void end_link(struct writer *w, cmark_node *node)
{
	struct crm_str *out = now_writing(w);
	const char *url = cmark_node_get_url(node);
	struct crm_slice text = {out->ptr + w->link_start, out->len - w->link_start};

	if (w->in_heading || w->link_start > out->len || !url || !*url)
		return;
	add_link(w->article, crm_slice_of(url));
	if (!is_web(url) || crm_slice_is(text, url)
	    || (strchr(url, ':') && crm_slice_is(text, strchr(url, ':') + 1)))
		return;
	crm_str_adds(out, " (");
	put_text(w, url);
	crm_str_addc(out, ')');
}

static void put_html(struct writer *w, const char *html)
{
	struct crm_str text = CRM_STR_INIT;

	crm_html_text(crm_slice_of(html), &text);
	new_block(w, false);
	put_text(w, text.ptr);
	crm_str_release(&text);
}

static void enter(struct writer *w, cmark_node *node)
{
	cmark_node *parent = cmark_node_parent(node);

	switch (cmark_node_get_type(node)) {
	case CMARK_NODE_HEADING:
		begin_heading(w);
		break;
	case CMARK_NODE_LIST:
		if (!w->lists++)
			new_block(w, false);
		break;
	case CMARK_NODE_ITEM:
		begin_item(w, node);
		break;
	case CMARK_NODE_PARAGRAPH:
		if (cmark_node_get_type(parent) != CMARK_NODE_ITEM || cmark_node_previous(node))
			new_block(w, w->lists > 0);
		break;
	case CMARK_NODE_CODE_BLOCK:
		new_block(w, false);
		put_text(w, cmark_node_get_literal(node));
		break;
	case CMARK_NODE_HTML_BLOCK:
		put_html(w, cmark_node_get_literal(node));
		break;
	case CMARK_NODE_TEXT:
	case CMARK_NODE_CODE:
		put_text(w, cmark_node_get_literal(node));
		break;
	case CMARK_NODE_SOFTBREAK:
		crm_str_addc(now_writing(w), ' ');
		break;
	case CMARK_NODE_LINEBREAK:
		crm_str_addc(now_writing(w), w->in_heading ? ' ' : '\n');
		break;
	case CMARK_NODE_LINK:
		w->link_start = now_writing(w)->len;
		break;
	default:
		break;
	}
}

static void leave(struct writer *w, cmark_node *node)
{
	switch (cmark_node_get_type(node)) {
	case CMARK_NODE_HEADING:
		end_heading(w);
		break;
	case CMARK_NODE_LIST:
		w->lists--;
		break;
	case CMARK_NODE_LINK:
		end_link(w, node);
		break;
	default:
		break;
	}
}

static void read_text(struct crm_article *a, struct crm_slice text)
{
	struct writer w = {.article = a, .heading = CRM_STR_INIT, .text = CRM_STR_INIT};
	cmark_node *root = cmark_parse_document(text.ptr, text.len, CMARK_OPT_VALIDATE_UTF8);
	cmark_iter *walk = cmark_iter_new(root);
	cmark_event_type event;

	while ((event = cmark_iter_next(walk)) != CMARK_EVENT_DONE) {
		cmark_node *node = cmark_iter_get_node(walk);

		if (event == CMARK_EVENT_ENTER)
			enter(&w, node);
		else
			leave(&w, node);
	}
	end_section(&w);
	cmark_iter_free(walk);
	cmark_node_free(root);
	crm_str_release(&w.heading);
	crm_str_release(&w.text);
}

/* --- the lines above it --- */

static void add_question(struct crm_article *a, struct crm_slice s)
{
	if (s.len >= 2 && s.ptr[0] == '-' && s.ptr[1] == ' ')
		s = crm_slice_trim((struct crm_slice){s.ptr + 2, s.len - 2});
	if (!s.len || a->n_questions == QUESTIONS_MAX)
		return;
	CRM_GROW(a->questions, a->n_questions + 1, a->cap_questions);
	a->questions[a->n_questions++] = keep_clean(a, s);
}

/* Puts s behind what a member has already, as its next line. */
static void add_line(struct crm_article *a, struct crm_slice *member, struct crm_slice s)
{
	struct crm_str joined = CRM_STR_INIT;

	if (member->len + s.len > MEMBER_MAX)
		return;
	crm_str_add(&joined, member->ptr, member->len);
	if (joined.len && s.len)
		crm_str_addc(&joined, ' ');
	crm_str_add(&joined, s.ptr, s.len);
	*member = keep_clean(a, (struct crm_slice){joined.ptr, joined.len});
	crm_str_release(&joined);
}

enum key {
	KEY_NONE,
	KEY_UNKNOWN,
	KEY_TITLE,
	KEY_LANGUAGE,
	KEY_LINK,
	KEY_ANSWER,
	KEY_QUESTIONS
};

/* The key that a line begins with, which is cut off; KEY_NONE: it begins with none. */
static enum key key_of(struct crm_slice *line)
{
	static const struct {
		const char *name;
		enum key key;
	} keys[] = {{"title", KEY_TITLE},        {"language", KEY_LANGUAGE},
		    {"lang", KEY_LANGUAGE},      {"link", KEY_LINK},
		    {"url", KEY_LINK},           {"answer", KEY_ANSWER},
		    {"question", KEY_QUESTIONS}, {"questions", KEY_QUESTIONS}};
	const char *colon = memchr(line->ptr, ':', line->len);
	struct crm_slice name = {line->ptr, colon ? (size_t)(colon - line->ptr) : 0};

	if (!name.len || name.len > 30)
		return KEY_NONE;
	for (size_t i = 0; i < name.len; i++)
		if (name.ptr[i] != '-' && name.ptr[i] != '_'
		    && ((name.ptr[i] | 0x20) < 'a' || (name.ptr[i] | 0x20) > 'z'))
			return KEY_NONE;
	*line = crm_slice_trim((struct crm_slice){colon + 1, line->len - name.len - 1});
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (crm_slice_is_caseless(name, keys[i].name))
			return keys[i].key;
	return KEY_UNKNOWN;
}

static void take_member(struct crm_article *a, enum key key, struct crm_slice s)
{
	if (s.len >= 2 && (s.ptr[0] == '"' || s.ptr[0] == '\'') && s.ptr[s.len - 1] == s.ptr[0])
		s = (struct crm_slice){s.ptr + 1, s.len - 2}; /* as front matter has it */
	switch (key) {
	case KEY_TITLE:
		add_line(a, &a->title, s);
		break;
	case KEY_LANGUAGE:
		add_line(a, &a->language, s);
		break;
	case KEY_LINK:
		add_line(a, &a->link, s);
		break;
	case KEY_ANSWER:
		add_line(a, &a->answer, s);
		break;
	case KEY_QUESTIONS:
		add_question(a, s);
		break;
	default:
		break;
	}
}

static struct crm_slice take_line(struct crm_slice *rest)
{
	const char *end = memchr(rest->ptr, '\n', rest->len);
	struct crm_slice line = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
	size_t used = line.len + (end != NULL);

	*rest = (struct crm_slice){rest->ptr + used, rest->len - used};
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* Takes the lines above off text. They are there when the first line begins with a key, or
 * with "---". */
static void read_head(struct crm_article *a, struct crm_slice *text)
{
	struct crm_slice rest = *text, line = take_line(&rest), probe = line;
	bool fenced = crm_slice_is(line, "---");
	enum key key = KEY_NONE;

	if (!fenced && key_of(&probe) < KEY_TITLE)
		return;
	if (!fenced)
		rest = *text;
	while (rest.len) {
		struct crm_slice value;
		enum key next;

		line = take_line(&rest);
		value = crm_slice_trim(line);
		if (fenced ? crm_slice_is(line, "---") : !value.len)
			break;
		next = line.len && line.ptr[0] != ' ' && line.ptr[0] != '\t' && line.ptr[0] != '-'
			       ? key_of(&value)
			       : KEY_NONE;
		key = next ? next : key;
		if (next == KEY_UNKNOWN && !a->unknown.len)
			a->unknown = keep(a, line);
		take_member(a, key, value);
	}
	*text = rest;
}

static void clear(struct crm_article *a)
{
	static const struct crm_slice none = {"", 0};

	crm_arena_clear(&a->arena);
	a->title = a->language = a->link = a->answer = a->unknown = none;
	a->n_questions = a->n_sections = a->n_links = 0;
}

void crm_article_parse(struct crm_article *a, struct crm_slice text)
{
	struct crm_str valid = CRM_STR_INIT, paragraph = CRM_STR_INIT;

	clear(a);
	if (text.len >= 3 && !memcmp(text.ptr, "\xEF\xBB\xBF", 3))
		text = (struct crm_slice){text.ptr + 3, text.len - 3};
	for (size_t i = 0, n; i < text.len; i += n ? n : 1) {
		n = text.ptr[i] ? crm_utf8_length(text.ptr + i, text.len - i) : 0;
		crm_str_add(&valid, n ? text.ptr + i : "\xEF\xBF\xBD", n ? n : 3);
	}
	text = (struct crm_slice){valid.ptr, valid.len};
	read_head(a, &text);
	read_text(a, text);
	if (!a->answer.len) {
		crm_article_paragraph(a->sections[0].text, SIZE_MAX, &paragraph);
		a->answer = keep_str(a, &paragraph);
	}
	crm_str_release(&paragraph);
	crm_str_release(&valid);
}

void crm_article_release(struct crm_article *a)
{
	free(a->questions);
	free(a->sections);
	free(a->links);
	crm_arena_release(&a->arena);
	*a = (struct crm_article)CRM_ARTICLE_INIT;
}

void crm_article_paragraph(struct crm_slice text, size_t max, struct crm_str *out)
{
	const char *blank = memmem(text.ptr, text.len, "\n\n", 2);
	size_t len = blank ? (size_t)(blank - text.ptr) : text.len, cut;

	/* a list belongs to the line that announces it */
	if (blank && len && text.ptr[len - 1] == ':') {
		blank = memmem(blank + 2, text.len - len - 2, "\n\n", 2);
		len = blank ? (size_t)(blank - text.ptr) : text.len;
	}
	if (len <= max) {
		crm_str_add(out, text.ptr, len);
		return;
	}
	for (cut = max; cut && text.ptr[cut] != ' ' && text.ptr[cut] != '\n';)
		cut--;
	if (!cut) /* a script without blanks */
		for (cut = max; cut && ((unsigned char)text.ptr[cut] & 0xC0) == 0x80;)
			cut--;
	crm_str_add(out, text.ptr, cut);
	crm_str_adds(out, " …");
}
