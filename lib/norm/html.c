/* SPDX-License-Identifier: MIT */
/* From tags to lines. The page keeps a stack of open elements, mended as browsers do as far
 * as it matters here, and owes line breaks until there is text to put behind them: so blank
 * lines never pile up and none ends the text. */
#include "norm/html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "norm/markup.h"

#define DEPTH_MAX 256
#define QUOTE_MAX 8
#define LIST_MAX 8
#define URL_MAX 2000
#define NAME_MAX_BYTES 16
#define RULE "________________________________"

enum {
	VOID = 1 << 0,  /* has no content */
	BLOCK = 1 << 1, /* begins and ends a line */
	PARA = 1 << 2,  /* a blank line before and after */
	CELL = 1 << 3,
	ROW = 1 << 4,
	TABLE = 1 << 5,
	LIST = 1 << 6,
	ITEM = 1 << 7,
	PRE = 1 << 8,
	QUOTE = 1 << 9,
	HIDE = 1 << 10,
	LINK = 1 << 11,
	BREAK = 1 << 12,
	LINE = 1 << 13, /* hr */
	IMAGE = 1 << 14,
	CLOSES_P = 1 << 15,
};
#define BLOCKS (BLOCK | PARA | CELL | ROW | TABLE | LIST | ITEM)

/* Sorted by name. Of other elements only the text is seen. */
static const struct tag {
	const char *name;
	unsigned flags;
} tags[] = {
	{"a", LINK},
	{"address", BLOCK | CLOSES_P},
	{"area", VOID},
	{"article", BLOCK | CLOSES_P},
	{"aside", BLOCK | CLOSES_P},
	{"base", VOID},
	{"blockquote", PARA | QUOTE | CLOSES_P},
	{"body", BLOCK},
	{"br", VOID | BREAK},
	{"caption", BLOCK},
	{"center", BLOCK | CLOSES_P},
	{"col", VOID},
	{"datalist", HIDE},
	{"dd", BLOCK | CLOSES_P},
	{"dir", PARA | LIST | CLOSES_P},
	{"div", BLOCK | CLOSES_P},
	{"dl", PARA | CLOSES_P},
	{"dt", BLOCK | CLOSES_P},
	{"embed", VOID},
	{"fieldset", BLOCK | CLOSES_P},
	{"figure", BLOCK | CLOSES_P},
	{"footer", BLOCK | CLOSES_P},
	{"form", BLOCK | CLOSES_P},
	{"frame", VOID},
	{"h1", PARA | CLOSES_P},
	{"h2", PARA | CLOSES_P},
	{"h3", PARA | CLOSES_P},
	{"h4", PARA | CLOSES_P},
	{"h5", PARA | CLOSES_P},
	{"h6", PARA | CLOSES_P},
	{"head", BLOCK},
	{"header", BLOCK | CLOSES_P},
	{"hr", VOID | LINE | CLOSES_P},
	{"html", BLOCK},
	{"img", VOID | IMAGE},
	{"input", VOID},
	{"legend", BLOCK},
	{"li", ITEM | CLOSES_P},
	{"link", VOID},
	{"listing", PARA | PRE | CLOSES_P},
	{"main", BLOCK | CLOSES_P},
	{"menu", PARA | LIST | CLOSES_P},
	{"meta", VOID},
	{"nav", BLOCK | CLOSES_P},
	{"ol", PARA | LIST | CLOSES_P},
	{"option", BLOCK},
	{"p", PARA | CLOSES_P},
	{"param", VOID},
	{"pre", PARA | PRE | CLOSES_P},
	{"section", BLOCK | CLOSES_P},
	{"select", HIDE},
	{"source", VOID},
	{"svg", HIDE},
	{"table", TABLE | CLOSES_P},
	{"tbody", BLOCK},
	{"td", CELL},
	{"template", HIDE},
	{"tfoot", BLOCK},
	{"th", CELL},
	{"thead", BLOCK},
	{"tr", ROW},
	{"track", VOID},
	{"ul", PARA | LIST | CLOSES_P},
	{"wbr", VOID},
	{"xml", HIDE},
};

/* What mail programs call the places of what the sender did not write: a class, an id or a
 * name, whole or up to a '*'. Outlook puts "x_" before those of other programs. */
enum mark {
	MARK_NONE,
	MARK_QUOTE,
	MARK_SIGNATURE,
	MARK_HEADER
};
static const struct {
	const char *name;
	enum mark mark;
} marks[] = {
	{"AppleMailSignature*", MARK_SIGNATURE},
	{"OutlookMessageHeader", MARK_HEADER},
	{"Signature", MARK_SIGNATURE},
	{"divRplyFwdMsg", MARK_HEADER},
	{"gmail_signature", MARK_SIGNATURE},
	{"moz-cite-prefix", MARK_QUOTE},
	{"moz-signature", MARK_SIGNATURE},
	{"ms-outlook-mobile-signature", MARK_SIGNATURE},
	{"protonmail_quote", MARK_QUOTE},
	{"protonmail_signature_block", MARK_SIGNATURE},
	{"tutanota_quote", MARK_QUOTE},
	{"yahoo_quoted*", MARK_QUOTE},
	{"zmail_extra", MARK_QUOTE},
};

/* What an element's attributes say. */
struct style {
	enum mark mark;
	bool hidden;
	bool flat;   /* a paragraph without space around it */
	bool indent; /* a blockquote that only indents */
	bool pixel;
	struct crm_slice href, alt;
	long start;
};

struct frame {
	uint32_t id; /* of the name */
	unsigned flags;
	bool hidden, quote, pre, ordered, flat;
	long count;  /* of a list's items */
	size_t text; /* where in out a link's text begins */
	struct crm_slice href;
};

struct page {
	struct crm_str *out;
	size_t base; /* where our text begins in out */
	bool show_hidden, saw_hidden;
	struct frame stack[DEPTH_MAX];
	int depth;
	size_t deeper; /* open elements that found no room on the stack */
	unsigned quote, hidden, pre, list;
	unsigned pending;    /* line breaks owed before the next text */
	unsigned line_quote; /* of the line before them */
	bool space;          /* a blank is owed */
	bool blank;          /* the line holds a no-break space and nothing else so far */
	bool sign;           /* a signature begins with the next text */
	bool rule;           /* the last line is a rule */
	uint32_t joiner;     /* U+200C or U+200D, owed between two visible characters */
	char marker[24];     /* of a list's item, owed */
};

static bool fresh(const struct page *p)
{
	return p->out->len == p->base;
}

/* Breaks off the line: n is 1 for a new line, 2 for a blank line between. */
static void break_line(struct page *p, unsigned n)
{
	p->space = false;
	p->joiner = 0;
	if (p->marker[0]) /* the item's text comes behind its marker */
		return;
	if (p->blank && p->pending)
		n = 2;
	p->blank = false;
	p->pending = p->pending > n ? p->pending : n;
}

static void prefix(struct page *p)
{
	unsigned i, indent = p->list;

	for (i = 0; i < p->quote; i++)
		crm_str_add(p->out, "> ", 2);
	if (p->marker[0] && indent)
		indent--;
	for (i = 0; i < indent; i++)
		crm_str_add(p->out, "  ", 2);
	crm_str_adds(p->out, p->marker);
	p->marker[0] = '\0';
	p->line_quote = p->quote;
}

/* Ends the line: without blanks at its end, but "-- " is said with one. */
static void end_line(struct page *p)
{
	struct crm_str *out = p->out;
	size_t len = out->len;

	while (len > p->base && out->ptr[len - 1] == ' ')
		len--;
	if (len - p->base >= 2 && !memcmp(out->ptr + len - 2, "--", 2) && len < out->len
	    && (len - p->base == 2 || out->ptr[len - 3] == '\n'))
		len++;
	out->len = len;
	crm_str_addc(out, '\n');
}

/* All that is owed, before a visible character. */
static void begin(struct page *p)
{
	unsigned i, quote = p->line_quote < p->quote ? p->line_quote : p->quote;
	bool started = !fresh(p);

	for (i = 0; started && i < p->pending; i++) {
		if (i)
			for (unsigned k = 0; k < quote; k++)
				crm_str_addc(p->out, '>');
		end_line(p);
	}
	if (!started || p->pending)
		prefix(p);
	else if (p->space)
		crm_str_addc(p->out, ' ');
	p->pending = 0;
	p->space = p->blank = p->rule = false;
	if (p->sign) {
		p->sign = false;
		crm_str_add(p->out, "-- ", 3);
		end_line(p);
		prefix(p);
	}
}

static void rule(struct page *p)
{
	if (p->hidden || p->rule)
		return;
	p->sign = false;
	break_line(p, 1);
	p->marker[0] = '\0';
	begin(p);
	crm_str_adds(p->out, RULE);
	break_line(p, 1);
	p->rule = true;
}

enum sort {
	VISIBLE,
	SPACE,
	NO_BREAK,
	JOINER,
	NOTHING
};

/* What becomes of a character: blanks of all kinds are one kind, and what cannot be seen
 * is dropped (soft hyphen, zero-width and bidirectional marks, fillers of preview texts). */
static enum sort sort_of(uint32_t c)
{
	if (c < 0x80)
		return c == ' ' || (c >= '\t' && c <= '\r') ? SPACE
		       : c < ' ' || c == 0x7F               ? NOTHING
							    : VISIBLE;
	if (c < 0x300)
		return c == 0xA0 ? NO_BREAK : c < 0xA0 || c == 0xAD ? NOTHING : VISIBLE;
	if ((c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F
	    || c == 0x3000)
		return SPACE;
	if (c == 0x200C || c == 0x200D)
		return JOINER;
	if (c == 0x34F || c == 0x61C || c == 0x180E || c == 0x200B || c == 0x200E || c == 0x200F
	    || (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF
	    || c == 0xFFFC)
		return NOTHING;
	return VISIBLE;
}

/* White space within pre: it stands as it is. */
static void keep_space(struct page *p, uint32_t c)
{
	if (c == '\n') {
		p->pending = p->pending < 2 ? p->pending + 1 : 2;
		p->space = false;
	} else if (c != '\r') {
		if (p->pending || fresh(p))
			begin(p);
		crm_str_addc(p->out, c == '\t' ? '\t' : ' ');
	}
}

static void put(struct page *p, uint32_t c)
{
	char bytes[4];

	switch (sort_of(c)) {
	case NOTHING:
		return;
	case JOINER:
		p->joiner = c;
		return;
	case NO_BREAK:
		p->blank = true;
		/* fallthrough */
	case SPACE:
		p->joiner = 0;
		if (p->pre)
			keep_space(p, c);
		else
			p->space = true;
		return;
	case VISIBLE:
		break;
	}
	if (p->sign && c == '-') /* "-- " is there already */
		p->sign = false;
	if (p->pending || p->space || p->sign || fresh(p) || p->rule) {
		p->joiner = 0;
		begin(p);
	}
	if (p->joiner)
		crm_str_add(p->out, bytes, crm_utf8_encode(p->joiner, bytes));
	p->joiner = 0;
	p->blank = false;
	crm_str_add(p->out, bytes, crm_utf8_encode(c, bytes));
}

/* How many of the bytes are plain: ASCII that shows and is no reference. */
static size_t plain(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len && s[i] > ' ' && s[i] < 0x7F && s[i] != '&'; i++)
		;
	return i;
}

static void text(struct page *p, struct crm_slice s)
{
	uint32_t c;
	size_t n;

	if (p->hidden) {
		p->saw_hidden |= s.len > 0;
		return;
	}
	while (s.len) {
		n = 0;
		if (*s.ptr == '&')
			n = crm_markup_reference(s, &c);
		if (!n && (n = crm_utf8_length(s.ptr, s.len)))
			c = crm_utf8_decode(s.ptr, &n);
		if (!n) {
			c = 0xFFFD;
			n = 1;
		}
		put(p, c);
		s.ptr += n;
		s.len -= n;
		n = p->joiner || fresh(p) || p->pending || p->space ? 0 : plain(s.ptr, s.len);
		crm_str_add(p->out, s.ptr, n);
		s.ptr += n;
		s.len -= n;
	}
}

/* An address for <>: decoded, what parts words percent-encoded. False if it is none that a
 * person could follow. */
static bool address(struct crm_slice href, struct crm_str *url)
{
	uint32_t c;
	char bytes[4];
	size_t n;

	if (href.len > URL_MAX)
		return false;
	for (href = crm_slice_trim(href); href.len; href.ptr += n, href.len -= n) {
		n = *href.ptr == '&' ? crm_markup_reference(href, &c) : 0;
		if (!n && (n = crm_utf8_length(href.ptr, href.len)))
			c = crm_utf8_decode(href.ptr, &n);
		if (!n)
			return false;
		if (c == ' ')
			crm_str_adds(url, "%20");
		else if (c == '<' || c == '>')
			crm_str_adds(url, c == '<' ? "%3C" : "%3E");
		else if (sort_of(c) == VISIBLE)
			crm_str_add(url, bytes, crm_utf8_encode(c, bytes));
	}
	return !strncasecmp(url->ptr, "http://", 7) || !strncasecmp(url->ptr, "https://", 8)
	       || (!strncasecmp(url->ptr, "mailto:", 7) && url->len > 7 && url->ptr[7] != '?');
}

/* An address without what people leave out when they write it. */
static struct crm_slice bare(struct crm_slice s)
{
	static const char *const starts[] = {"http://", "https://", "mailto:", "www."};
	size_t i, n;
	const char *query;

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		n = strlen(starts[i]);
		if (s.len >= n && !strncasecmp(s.ptr, starts[i], n)) {
			s.ptr += n;
			s.len -= n;
			if (i == 2 && (query = memchr(s.ptr, '?', s.len)))
				s.len = query - s.ptr;
		}
	}
	while (s.len && s.ptr[s.len - 1] == '/')
		s.len--;
	return s;
}

/* The end of a link: its address, unless its text says it or there is none to click on. */
static void end_link(struct page *p, const struct frame *f)
{
	struct crm_str url = CRM_STR_INIT;
	size_t len = p->out->len > f->text ? p->out->len - f->text : 0; /* blanks may have gone */
	struct crm_slice said = {p->out->ptr + f->text, len}, to;

	while (said.len && strchr(" \n>-", *said.ptr)) {
		said.ptr++;
		said.len--;
	}
	said = crm_slice_trim(said);
	if (said.len && !p->hidden && f->href.len && address(f->href, &url)) {
		if (url.len > 2 && said.ptr[0] == '<' && said.ptr[said.len - 1] == '>')
			said = (struct crm_slice){said.ptr + 1, said.len - 2};
		said = bare(said);
		to = bare(crm_str_slice(&url));
		if (to.len != said.len || strncasecmp(to.ptr, said.ptr, to.len)) {
			if (!strncasecmp(url.ptr, "mailto:", 7)) {
				crm_str_adds(p->out, " <mailto:");
				crm_str_add(p->out, to.ptr, to.len);
			} else {
				crm_str_adds(p->out, " <");
				crm_str_add(p->out, url.ptr, url.len);
			}
			crm_str_addc(p->out, '>');
		}
	}
	crm_str_release(&url);
}

/* Closes the innermost element. */
static void pop(struct page *p)
{
	const struct frame *f = &p->stack[--p->depth];

	if (f->flags & LINK)
		end_link(p, f);
	if (f->flags & LIST)
		p->marker[0] = '\0';
	if (!p->hidden) {
		if (f->flags & PARA)
			break_line(p, f->flat ? 1 : 2);
		else if (f->flags & (BLOCK | ROW | TABLE | ITEM))
			break_line(p, 1);
		else if (f->flags & CELL && !p->pending)
			p->space = true;
	}
	p->hidden -= f->hidden;
	p->quote -= f->quote;
	p->pre -= f->pre;
	p->list -= f->flags & LIST && p->list ? 1 : 0;
}

/* Closes the innermost element with one of these flags, and all in it, unless one with a
 * flag of stop lies between. */
static void pop_to(struct page *p, unsigned flags, uint32_t id, unsigned stop)
{
	int i;

	for (i = p->depth - 1; i >= 0; i--) {
		const struct frame *f = &p->stack[i];

		if (id ? f->id == id : (f->flags & flags) != 0)
			break;
		if (f->flags & stop)
			return;
	}
	while (i >= 0 && p->depth > i)
		pop(p);
}

/* FNV-1a (Fowler, Noll, Vo), of the name in lower case; *lower gets its beginning. */
static uint32_t name_id(struct crm_slice name, char lower[NAME_MAX_BYTES])
{
	uint32_t hash = 2166136261u;
	size_t i;

	for (i = 0; i < name.len; i++) {
		char c =
			name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? name.ptr[i] | 0x20 : name.ptr[i];

		hash = (hash ^ (unsigned char)c) * 16777619u;
		if (i < NAME_MAX_BYTES - 1)
			lower[i] = c;
	}
	lower[i < NAME_MAX_BYTES - 1 ? i : NAME_MAX_BYTES - 1] = '\0';
	return hash;
}

static int compare_tag(const void *name, const void *tag)
{
	return strcmp(name, ((const struct tag *)tag)->name);
}

static unsigned flags_of(const char *lower)
{
	const struct tag *tag =
		bsearch(lower, tags, sizeof(tags) / sizeof(tags[0]), sizeof(*tags), compare_tag);

	return tag ? tag->flags : 0;
}

static enum mark mark_of(struct crm_slice word)
{
	size_t i, n;

	if (word.len > 2 && !memcmp(word.ptr, "x_", 2)) {
		word.ptr += 2;
		word.len -= 2;
	}
	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		n = strcspn(marks[i].name, "*");
		if ((word.len == n || (word.len > n && marks[i].name[n])) && word.len
		    && !memcmp(word.ptr, marks[i].name, n))
			return marks[i].mark;
	}
	return MARK_NONE;
}

/* The first mark among the words of a class or an id. */
static enum mark mark_in(struct crm_slice value)
{
	enum mark mark = MARK_NONE;

	while (value.len && !mark) {
		const char *end = memchr(value.ptr, ' ', value.len);
		size_t n = end ? (size_t)(end - value.ptr) : value.len;

		mark = mark_of((struct crm_slice){value.ptr, n});
		value.ptr += n + (end != NULL);
		value.len -= n + (end != NULL);
	}
	return mark;
}

/* Is the number behind this property zero? */
static bool is_zero(const char *style, const char *property)
{
	const char *s = strstr(style, property);

	if (!s)
		return false;
	s += strlen(property);
	return s[0] == '0' && s[1] != '.' && !(s[1] >= '0' && s[1] <= '9');
}

/* The style attribute, as far as it decides what is seen. */
static void read_css(struct crm_slice value, struct style *style)
{
	char css[1024];
	size_t i, n = 0;

	for (i = 0; i < value.len && n < sizeof(css) - 1; i++)
		if (!strchr(" \t\r\n", value.ptr[i]) && value.ptr[i])
			css[n++] = value.ptr[i] >= 'A' && value.ptr[i] <= 'Z' ? value.ptr[i] | 0x20
									      : value.ptr[i];
	css[n] = '\0';
	style->hidden |= strstr(css, "display:none") || strstr(css, "visibility:hidden")
			 || (is_zero(css, "max-height:") && strstr(css, "overflow:hidden"));
	style->flat |= is_zero(css, "margin:")
		       || (is_zero(css, "margin-top:") && is_zero(css, "margin-bottom:"));
	style->indent = strstr(css, "border:none") && !strstr(css, "border-left:solid")
			&& !strstr(css, "border-top:solid");
	/* The line that Outlook draws above the headers of what it quotes. */
	if (!style->mark && strstr(css, "border:none;border-top:solid"))
		style->mark = MARK_HEADER;
}

static bool is_tiny(struct crm_slice value)
{
	return value.len && (value.ptr[0] == '0' || value.ptr[0] == '1')
	       && (value.len == 1 || value.ptr[1] < '0' || value.ptr[1] > '9');
}

static bool named(struct crm_slice name, const char *text)
{
	return name.len == strlen(text) && !strncasecmp(name.ptr, text, name.len);
}

static void read_attributes(struct crm_slice attributes, struct style *style)
{
	struct crm_slice name, value;
	bool cite = false;

	memset(style, 0, sizeof(*style));
	style->start = 1;
	while (crm_markup_attribute(&attributes, &name, &value)) {
		if (named(name, "class") || named(name, "id")) {
			if (!style->mark)
				style->mark = mark_in(value);
			style->flat |= value.len >= 3 && !memcmp(value.ptr, "Mso", 3);
			cite |= named(value, "gmail_quote");
		} else if (named(name, "name") && crm_slice_is(value, "quote")) {
			style->mark = MARK_QUOTE; /* GMX, web.de */
		} else if (named(name, "style")) {
			read_css(value, style);
		} else if (named(name, "hidden")) {
			style->hidden = true;
		} else if (named(name, "type")) {
			cite |= named(value, "cite");
		} else if (named(name, "cite")) {
			cite = true;
		} else if (named(name, "href")) {
			style->href = value;
		} else if (named(name, "alt")) {
			style->alt = value;
		} else if (named(name, "width") || named(name, "height")) {
			style->pixel |= is_tiny(value);
		} else if (named(name, "start") && value.len && value.len < 10) {
			style->start = strtol(value.ptr, NULL, 10); /* a quote or '>' ends it */
		}
	}
	style->indent &= !cite;
}

/* The marker of a new item of the innermost list. */
static void begin_item(struct page *p)
{
	int i;

	for (i = p->depth - 1; i >= 0 && !(p->stack[i].flags & LIST); i--)
		;
	if (i >= 0 && p->stack[i].ordered)
		snprintf(p->marker, sizeof(p->marker), "%ld. ", p->stack[i].count++);
	else
		strcpy(p->marker, "- ");
}

/* What an opening tag closes that its writer did not. */
static void close_implied(struct page *p, unsigned flags)
{
	char scratch[NAME_MAX_BYTES];

	if (flags & CLOSES_P)
		pop_to(p, 0, name_id(CRM_SLICE("p"), scratch), BLOCKS);
	if (flags & LINK)
		pop_to(p, LINK, 0, CELL | TABLE);
	if (flags & ITEM)
		pop_to(p, ITEM, 0, LIST | TABLE);
	if (flags & CELL)
		pop_to(p, CELL, 0, TABLE);
	if (flags & ROW)
		pop_to(p, ROW, 0, TABLE);
}

/* A new line, a blank line or a blank, as the element wants. */
static void lay_out(struct page *p, unsigned flags, const struct style *style)
{
	if (flags & (BREAK | LINE | IMAGE))
		return;
	if (flags & PARA && !(flags & LIST && p->list))
		break_line(p, style->flat || flags & QUOTE ? 1 : 2);
	else if (flags & (BLOCK | ROW | TABLE | ITEM | LIST))
		break_line(p, 1);
	else if (flags & CELL && !p->pending)
		p->space = true;
}

static void push(struct page *p, uint32_t id, unsigned flags, bool ordered,
		 const struct style *style)
{
	struct frame *f = &p->stack[p->depth++];
	bool quote = style->mark == MARK_QUOTE || (flags & QUOTE && !style->indent);

	memset(f, 0, sizeof(*f));
	f->id = id;
	f->flags = flags;
	f->hidden = (flags & HIDE) || (style->hidden && !p->show_hidden);
	f->quote = quote && p->quote < QUOTE_MAX;
	f->pre = flags & PRE;
	f->flat = style->flat;
	f->ordered = ordered;
	f->count = style->start;
	f->href = style->href;
	f->text = p->out->len;
	p->hidden += f->hidden;
	p->pre += f->pre;
	if (flags & LIST && p->list < LIST_MAX)
		p->list++;
	else
		f->flags &= ~(unsigned)LIST;
	if (quote && !p->hidden)
		break_line(p, 1);
	p->quote += f->quote;
	if (style->mark == MARK_SIGNATURE && !p->quote && !p->hidden) {
		break_line(p, 1);
		p->sign = true;
	}
}

/* An image's text that only names its file says nothing. */
static bool is_file_name(struct crm_slice alt)
{
	static const char *const ends[] = {".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp"};
	size_t i, n;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		n = strlen(ends[i]);
		if (alt.len > n && !strncasecmp(alt.ptr + alt.len - n, ends[i], n))
			return !memchr(alt.ptr, ' ', alt.len);
	}
	return false;
}

/* Elements without content. */
static void single(struct page *p, unsigned flags, const struct style *style)
{
	if (p->hidden)
		return;
	if (flags & BREAK) {
		if (p->blank)
			break_line(p, 1);
		p->marker[0] = '\0';
		p->space = false;
		p->pending = p->pending < 2 ? p->pending + 1 : 2;
	} else if (flags & LINE) {
		rule(p);
	} else if (flags & IMAGE && !style->pixel && !style->hidden && !is_file_name(style->alt)) {
		text(p, style->alt);
	}
}

static void open_tag(struct page *p, const struct crm_markup_token *t)
{
	char lower[NAME_MAX_BYTES];
	uint32_t id = name_id(t->text, lower);
	unsigned flags = flags_of(lower);
	struct style style;

	read_attributes(t->attributes, &style);
	close_implied(p, flags);
	if (!p->hidden)
		lay_out(p, flags, &style);
	if (style.mark == MARK_HEADER)
		rule(p);
	if (flags & VOID) {
		single(p, flags, &style);
		return;
	}
	if (flags & ITEM && !p->hidden)
		begin_item(p);
	if (p->depth == DEPTH_MAX)
		p->deeper++;
	else
		push(p, id, flags, !strcmp(lower, "ol"), &style);
}

static void close_tag(struct page *p, const struct crm_markup_token *t)
{
	char lower[NAME_MAX_BYTES];
	uint32_t id = name_id(t->text, lower);
	unsigned flags = flags_of(lower);

	if (flags & BREAK) { /* </br> is a break, as in browsers */
		single(p, flags, NULL);
		return;
	}
	if (flags & VOID)
		return;
	if (p->deeper) {
		p->deeper--;
		return;
	}
	if (flags & (TABLE | ROW | CELL) || !strcmp(lower, "body") || !strcmp(lower, "html"))
		pop_to(p, 0, id, flags & (ROW | CELL) ? TABLE : 0);
	else
		pop_to(p, 0, id, flags & BLOCKS || flags & LINK ? CELL | TABLE : BLOCKS);
}

/* The text, with or without what is hidden; says whether something was. */
static bool read_page(struct crm_slice html, bool show_hidden, struct crm_str *out)
{
	struct page *p = crm_calloc(1, sizeof(*p));
	struct crm_markup_token t;
	struct crm_markup m;
	bool saw;

	p->out = out;
	p->base = out->len;
	p->show_hidden = show_hidden;
	crm_markup_init(&m, html);
	while (crm_markup_next(&m, &t)) {
		if (t.kind == CRM_MARKUP_TEXT)
			text(p, t.text);
		else if (t.kind == CRM_MARKUP_OPEN)
			open_tag(p, &t);
		else
			close_tag(p, &t);
	}
	while (p->depth)
		pop(p);
	while (out->len > p->base && strchr(" \n\t", out->ptr[out->len - 1]))
		out->ptr[--out->len] = '\0';
	saw = p->saw_hidden;
	free(p);
	return saw;
}

void crm_html_text(struct crm_slice html, struct crm_str *out)
{
	size_t base = out->len;

	if (read_page(html, false, out) && out->len == base)
		read_page(html, true, out);
}
