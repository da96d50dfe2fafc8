/* SPDX-License-Identifier: MIT */
/* A reader of IMAP answers that never looks ahead more than a byte and never holds more than
 * it may. Failures stick to the wire, so that the functions below need not be asked after
 * each byte: a broken wire gives -1 for ever. */
#include "ingest/imap_wire.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define TEXT_MAX 1024
#define QUOTED_MAX ((size_t)64 * 1024)
#define LITERAL_MAX ((uint64_t)1024 * 1024) /* that is not a body */
#define BODY_LITERAL_MAX ((uint64_t)4 * 1024 * 1024 * 1024)
#define WORD_MAX 1000
#define DEPTH_MAX 16

void crm_imap_wire_init(struct crm_imap_wire *wire, size_t body_max,
			enum crm_status (*receive)(void *data, char *buf, size_t cap, size_t *got,
						   struct crm_err *err),
			void *data)
{
	wire->receive = receive;
	wire->data = data;
	wire->body_max = body_max;
	wire->pos = wire->end = 0;
	wire->broken = false;
}

void crm_imap_answer_init(struct crm_imap_answer *a)
{
	*a = (struct crm_imap_answer){.text = CRM_STR_INIT,
				      .body = CRM_STR_INIT,
				      .flags = CRM_STR_INIT,
				      .name = CRM_STR_INIT};
}

void crm_imap_answer_release(struct crm_imap_answer *a)
{
	crm_str_release(&a->text);
	crm_str_release(&a->body);
	crm_str_release(&a->flags);
	crm_str_release(&a->name);
	free(a->uids);
	crm_imap_answer_init(a);
}

/* --- bytes --- */

static void broken(struct crm_imap_wire *w, const char *why)
{
	if (!w->broken)
		crm_fail(&w->err, CRM_REMOTE, "the server's answer cannot be understood: %s", why);
	w->broken = true;
}

static bool fill(struct crm_imap_wire *w)
{
	if (w->broken)
		return false;
	w->pos = w->end = 0;
	w->broken = w->receive(w->data, w->buf, sizeof(w->buf), &w->end, &w->err) != CRM_OK;
	return !w->broken;
}

static int peek(struct crm_imap_wire *w)
{
	if (w->broken || (w->pos == w->end && !fill(w)))
		return -1;
	return (unsigned char)w->buf[w->pos];
}

static int next(struct crm_imap_wire *w)
{
	int c = peek(w);

	w->pos += c >= 0;
	return c;
}

static void expect(struct crm_imap_wire *w, int c)
{
	int got = next(w);

	if (got != c && !w->broken)
		broken(w, "something else was due");
}

/* Takes len bytes; adds the first keep of them to out. */
static void take_bytes(struct crm_imap_wire *w, uint64_t len, size_t keep, struct crm_str *out)
{
	while (len && peek(w) >= 0) {
		size_t n = w->end - w->pos, kept;

		n = n < len ? n : (size_t)len;
		kept = n < keep ? n : keep;
		crm_str_add(out, w->buf + w->pos, kept);
		keep -= kept;
		len -= n;
		w->pos += n;
	}
}

/* --- parts of an answer --- */

/* The end of a line: CRLF; a bare LF is taken as well. */
static void take_line_end(struct crm_imap_wire *w)
{
	if (peek(w) == '\r')
		next(w);
	expect(w, '\n');
}

static uint64_t take_number(struct crm_imap_wire *w)
{
	uint64_t n = 0;
	int digits = 0;

	for (; peek(w) >= '0' && peek(w) <= '9'; digits++)
		n = n * 10 + (uint64_t)(next(w) - '0');
	if (!digits || digits > 18)
		broken(w, "a number was due");
	return n;
}

/* A word: up to a blank, a bracket of a list, or the end of the line, which are not taken.
 * Within [ ] anything goes: BODY[HEADER.FIELDS (X)]. */
static void take_word(struct crm_imap_wire *w, struct crm_str *out)
{
	bool inside = false;
	int c;

	crm_str_clear(out);
	while ((c = peek(w)) >= 0 && c != '\r' && c != '\n') {
		if (!inside && (c == ' ' || c == '(' || c == ')'))
			return;
		inside = c == '[' || (inside && c != ']');
		crm_str_addc(out, (char)next(w));
		if (out->len > WORD_MAX)
			broken(w, "a word has no end");
	}
}

/* The rest of the line, of which out gets the start. */
static void take_text(struct crm_imap_wire *w, struct crm_str *out)
{
	int c;

	while ((c = next(w)) >= 0 && c != '\n')
		if (out->len < TEXT_MAX && c != '\r')
			crm_str_addc(out, (char)c);
}

static void take_quoted(struct crm_imap_wire *w, struct crm_str *out)
{
	size_t len = 0;
	int c;

	next(w);
	while ((c = next(w)) >= 0 && c != '"') {
		c = c == '\\' ? next(w) : c;
		if (c == '\r' || c == '\n' || ++len > QUOTED_MAX)
			broken(w, "a quoted string has no end");
		else if (c >= 0)
			crm_str_addc(out, (char)c);
	}
}

/* {N} or ~{N} or {N+}, the end of the line, and N bytes. Returns N. */
static uint64_t take_literal(struct crm_imap_wire *w, uint64_t max, size_t keep,
			     struct crm_str *out)
{
	uint64_t len;

	if (peek(w) == '~')
		next(w);
	expect(w, '{');
	len = take_number(w);
	if (peek(w) == '+')
		next(w);
	expect(w, '}');
	take_line_end(w);
	if (len > max)
		broken(w, "a literal is too large");
	take_bytes(w, len, keep, out);
	return len;
}

/* A string in either form, or a word; returns how long it is. */
static uint64_t take_string(struct crm_imap_wire *w, uint64_t max, size_t keep, struct crm_str *out)
{
	int c = peek(w);

	if (c == '{' || c == '~')
		return take_literal(w, max, keep, out);
	if (c == '"')
		take_quoted(w, out);
	else
		take_word(w, out);
	return out->len;
}

/* Passes over a value of any form. */
static void skip_value(struct crm_imap_wire *w, int depth)
{
	struct crm_str ignored = CRM_STR_INIT;

	if (peek(w) != '(') {
		take_string(w, LITERAL_MAX, 0, &ignored);
		crm_str_release(&ignored);
		return;
	}
	next(w);
	if (depth == DEPTH_MAX)
		broken(w, "lists within lists");
	while (peek(w) >= 0 && peek(w) != ')') {
		if (peek(w) == '\r' || peek(w) == '\n')
			broken(w, "a list has no end");
		else if (peek(w) == ' ')
			next(w);
		else
			skip_value(w, depth + 1);
	}
	expect(w, ')');
}

/* Passes over the rest of an answer, with the literals in it. */
static void skip_rest(struct crm_imap_wire *w)
{
	int c;

	while ((c = peek(w)) >= 0 && c != '\n') {
		if (c == '"' || c == '{')
			skip_value(w, 0);
		else
			next(w);
	}
	next(w);
}

/* --- answers --- */

static void capitals(char *to, size_t size, struct crm_slice s)
{
	size_t n = s.len < size - 1 ? s.len : size - 1;

	for (size_t i = 0; i < n; i++)
		to[i] = s.ptr[i] >= 'a' && s.ptr[i] <= 'z' ? (char)(s.ptr[i] & ~0x20) : s.ptr[i];
	to[n] = '\0';
}

/* [CODE argument] within the text that follows OK, NO, BAD. */
static void find_code(struct crm_imap_answer *a)
{
	const char *text = a->text.ptr, *end = *text == '[' ? strchr(text, ']') : NULL;
	size_t name;

	if (!end)
		return;
	name = strcspn(text + 1, " ]");
	capitals(a->code, sizeof(a->code), (struct crm_slice){text + 1, name});
	if (text[1 + name] == ' ' && text[2 + name] >= '0' && text[2 + name] <= '9')
		a->code_number = strtoull(text + 2 + name, NULL, 10);
}

static bool result_named(const char *word, enum crm_imap_result *result)
{
	static const struct {
		const char *word;
		enum crm_imap_result result;
	} results[] = {{"BAD", CRM_IMAP_BAD}, {"NO", CRM_IMAP_NO}, {"OK", CRM_IMAP_OK}};

	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		if (strcasecmp(word, results[i].word))
			continue;
		*result = results[i].result;
		return true;
	}
	return false;
}

static void read_text(struct crm_imap_wire *w, struct crm_imap_answer *a)
{
	if (peek(w) == ' ')
		next(w);
	take_text(w, &a->text);
	find_code(a);
}

static void read_body(struct crm_imap_wire *w, struct crm_imap_answer *a)
{
	bool is_string = peek(w) == '"' || peek(w) == '{' || peek(w) == '~';

	crm_str_clear(&a->body);
	a->body_size = take_string(w, BODY_LITERAL_MAX, w->body_max, &a->body);
	if (!is_string) /* NIL: the server has no such thing any more */
		crm_str_clear(&a->body);
	a->has_body = is_string;
}

static void read_fetched(struct crm_imap_wire *w, struct crm_imap_answer *a, const char *name)
{
	if (!strcasecmp(name, "UID")) {
		uint64_t uid = take_number(w);

		a->uid = uid <= UINT32_MAX ? (uint32_t)uid : 0;
	} else if (!strcasecmp(name, "RFC822.SIZE")) {
		a->size = take_number(w);
		a->has_size = true;
	} else if (!strncasecmp(name, "BODY[", 5) && !a->has_body) {
		read_body(w, a);
	} else {
		skip_value(w, 0);
	}
}

static void read_fetch(struct crm_imap_wire *w, struct crm_imap_answer *a)
{
	struct crm_str name = CRM_STR_INIT;

	a->kind = CRM_IMAP_FETCH;
	expect(w, ' ');
	expect(w, '(');
	while (peek(w) >= 0 && peek(w) != ')') {
		if (peek(w) == ' ') {
			next(w);
			continue;
		}
		take_word(w, &name);
		if (!name.len)
			broken(w, "a name was due");
		expect(w, ' ');
		read_fetched(w, a, name.ptr);
	}
	expect(w, ')');
	take_line_end(w);
	crm_str_release(&name);
}

static void read_search(struct crm_imap_wire *w, struct crm_imap_answer *a)
{
	a->kind = CRM_IMAP_SEARCH;
	while (peek(w) == ' ') {
		uint64_t n;

		next(w);
		if (peek(w) < '0' || peek(w) > '9')
			break; /* (MODSEQ n) */
		n = take_number(w);
		if (a->n_uids == CRM_IMAP_UIDS_MAX)
			broken(w, "more messages than can be");
		if (w->broken || !n || n > UINT32_MAX)
			continue;
		CRM_GROW(a->uids, a->n_uids + 1, a->cap_uids);
		a->uids[a->n_uids++] = (uint32_t)n;
	}
	skip_rest(w);
}

/* (\Flag …) "separator" name */
static void read_list(struct crm_imap_wire *w, struct crm_imap_answer *a)
{
	int c;

	a->kind = CRM_IMAP_LIST;
	expect(w, ' ');
	expect(w, '(');
	while ((c = next(w)) >= 0 && c != ')') {
		if (c == '\n' || a->flags.len > TEXT_MAX)
			broken(w, "a list has no end");
		crm_str_addc(&a->flags, (char)c);
	}
	expect(w, ' ');
	skip_value(w, 0);
	expect(w, ' ');
	take_string(w, TEXT_MAX, TEXT_MAX, &a->name);
	skip_rest(w);
}

static void read_untagged(struct crm_imap_wire *w, struct crm_imap_answer *a)
{
	struct crm_str word = CRM_STR_INIT;

	if (peek(w) >= '0' && peek(w) <= '9') {
		take_number(w); /* of the message in the folder: its UID is what counts */
		expect(w, ' ');
	}
	take_word(w, &word);
	if (result_named(word.ptr, &a->result)) {
		a->kind = CRM_IMAP_STATUS;
		read_text(w, a);
	} else if (!strcasecmp(word.ptr, "BYE")) {
		a->kind = CRM_IMAP_BYE;
		read_text(w, a);
	} else if (!strcasecmp(word.ptr, "FETCH")) {
		read_fetch(w, a);
	} else if (!strcasecmp(word.ptr, "SEARCH")) {
		read_search(w, a);
	} else if (!strcasecmp(word.ptr, "LIST")) {
		read_list(w, a);
	} else {
		skip_rest(w);
	}
	crm_str_release(&word);
}

static void read_tagged(struct crm_imap_wire *w, struct crm_imap_answer *a)
{
	struct crm_str word = CRM_STR_INIT;

	take_word(w, &word);
	capitals(a->tag, sizeof(a->tag), crm_str_slice(&word));
	expect(w, ' ');
	take_word(w, &word);
	a->kind = CRM_IMAP_DONE;
	if (!result_named(word.ptr, &a->result))
		broken(w, "neither OK nor NO nor BAD");
	read_text(w, a);
	crm_str_release(&word);
}

enum crm_status crm_imap_read(struct crm_imap_wire *w, struct crm_imap_answer *a,
			      struct crm_err *err)
{
	a->kind = CRM_IMAP_OTHER;
	a->result = CRM_IMAP_OK;
	a->tag[0] = a->code[0] = '\0';
	a->code_number = a->size = a->body_size = 0;
	a->uid = 0;
	a->has_size = a->has_body = false;
	crm_str_clear(&a->text);
	crm_str_clear(&a->flags);
	crm_str_clear(&a->name);
	if (peek(w) == '*') {
		next(w);
		expect(w, ' ');
		read_untagged(w, a);
	} else if (peek(w) == '+') {
		take_text(w, &a->text);
	} else {
		read_tagged(w, a);
	}
	if (!w->broken)
		return CRM_OK;
	*err = w->err;
	return err->status;
}
