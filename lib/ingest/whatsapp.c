/* SPDX-License-Identifier: MIT */
/*
 * Exported WhatsApp chats. What a line begins with is taken apart by a cursor that steps
 * over marks of direction wherever it stands, since each version of the program puts them
 * elsewhere.
 */
#include "ingest/whatsapp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

#define WORD_MAX 24  /* bytes between date and clock, or after the clock */
#define NAME_MAX 200 /* bytes of an author; longer, and the colon is in the text */

struct chat {
	struct crm_input *input;
	int64_t lines; /* taken of the record at hand */
	bool headed;   /* the first of them begins a message */
	bool handed;   /* the record at hand was given out */
};

/* --- a cursor --- */

struct cursor {
	const char *at, *end;
};

static bool eat(struct cursor *c, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(c->end - c->at) < len || memcmp(c->at, text, len) != 0)
		return false;
	c->at += len;
	return true;
}

/* U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069, U+FEFF: bytes of it, or 0. */
static size_t mark_len(struct crm_slice s)
{
	unsigned char b;

	if (crm_slice_starts(s, "\xEF\xBB\xBF"))
		return 3;
	if (s.len < 3 || s.ptr[0] != '\xE2')
		return 0;
	b = (unsigned char)s.ptr[2];
	if (s.ptr[1] == '\x80' && (b == 0x8e || b == 0x8f || (b >= 0xaa && b <= 0xae)))
		return 3;
	return s.ptr[1] == '\x81' && b >= 0xa6 && b <= 0xa9 ? 3 : 0;
}

static struct crm_slice rest(const struct cursor *c)
{
	return (struct crm_slice){c->at, (size_t)(c->end - c->at)};
}

static void skip_marks(struct cursor *c)
{
	size_t len;

	while ((len = mark_len(rest(c))))
		c->at += len;
}

/* Blanks, no-break ones too, and marks; returns whether there was a blank. */
static bool skip_blanks(struct cursor *c)
{
	bool any = false, more = true;

	while (more) {
		skip_marks(c);
		more = eat(c, " ") || eat(c, "\xC2\xA0") || eat(c, "\xE2\x80\xAF");
		any |= more;
	}
	return any;
}

/* A decimal digit of the scripts that phones write dates in, or -1. */
static int digit(const struct cursor *c, size_t *len)
{
	const unsigned char *p = (const unsigned char *)c->at;
	size_t left = (size_t)(c->end - c->at);

	*len = 1;
	if (left >= 1 && p[0] >= '0' && p[0] <= '9')
		return p[0] - '0';
	*len = 2;
	if (left >= 2 && p[0] == 0xd9 && p[1] >= 0xa0 && p[1] <= 0xa9) /* Arabic */
		return p[1] - 0xa0;
	if (left >= 2 && p[0] == 0xdb && p[1] >= 0xb0 && p[1] <= 0xb9) /* Persian */
		return p[1] - 0xb0;
	*len = 3;
	if (left >= 3 && p[0] == 0xe0 && (p[1] == 0xa5 || p[1] == 0xa7) && p[2] >= 0xa6
	    && p[2] <= 0xaf) /* Devanagari, Bengali */
		return p[2] - 0xa6;
	return -1;
}

/* Up to four digits; returns how many there were. */
static int number(struct cursor *c, int *value)
{
	int n = 0, d;
	size_t len;

	skip_marks(c);
	for (*value = 0; n < 5 && (d = digit(c, &len)) >= 0; n++) {
		*value = *value * 10 + d;
		c->at += len;
	}
	return n < 5 ? n : 0;
}

/* s without the marks of direction in it; bytes that are no UTF-8 become U+FFFD. */
static void unmarked(struct crm_slice s, struct crm_str *out)
{
	crm_str_clear(out);
	for (size_t i = 0, len; i < s.len; i += len) {
		struct crm_slice left = {s.ptr + i, s.len - i};

		if ((len = mark_len(left)))
			continue;
		if ((len = crm_utf8_length(left.ptr, left.len)))
			crm_str_add(out, left.ptr, len);
		else
			crm_str_adds(out, "\xEF\xBF\xBD"), len = 1;
	}
}

static void put_string(struct crm_str *json, const char *key, struct crm_slice s)
{
	struct crm_str clean = CRM_STR_INIT;

	unmarked(s, &clean);
	crm_json_key(json, key);
	crm_json_string(json, crm_str_slice(&clean));
	crm_str_release(&clean);
}

/* --- the stamp --- */

struct stamp {
	int part[3]; /* of the date, as they stand */
	int digits[3];
	char between; /* '/', '.' or '-' */
	int hour, minute, second;
	bool has_second;
	struct crm_slice word; /* what stands beside the clock */
};

static bool read_date(struct cursor *c, struct stamp *s)
{
	for (int i = 0; i < 3; i++) {
		if (!(s->digits[i] = number(c, &s->part[i])))
			return false;
		skip_marks(c);
		if (i < 2) {
			if (c->at == c->end || !strchr("/.-", *c->at))
				return false;
			if (i && *c->at != s->between)
				return false;
			s->between = *c->at++;
			skip_blanks(c);
		}
	}
	eat(c, "."); /* 2019. 12. 24. */
	if (s->digits[0] == 4)
		return s->part[1] <= 12 && s->part[2] <= 31;
	return s->digits[0] <= 2 && s->digits[1] <= 2 && (s->digits[2] == 2 || s->digits[2] == 4)
	       && s->part[0] <= 31 && s->part[1] <= 31;
}

/* What is neither digit nor one of stop, up to WORD_MAX bytes, blanks and marks at its ends
 * left out. */
static struct crm_slice word(struct cursor *c, const char *stop)
{
	const char *from = c->at;
	size_t len;
	struct crm_slice s;

	while (c->at < c->end && c->at - from < WORD_MAX && digit(c, &len) < 0
	       && !strchr(stop, *c->at))
		c->at++;
	s = (struct crm_slice){from, (size_t)(c->at - from)};
	for (bool more = true; more;) {
		size_t before = s.len, m;

		s = crm_slice_trim(s);
		while ((m = mark_len(s)))
			s = (struct crm_slice){s.ptr + m, s.len - m};
		while (crm_slice_starts(s, "\xC2\xA0") || crm_slice_starts(s, "\xE2\x80\xAF"))
			m = s.ptr[0] == '\xC2' ? 2 : 3,
			s = (struct crm_slice){s.ptr + m, s.len - m};
		more = s.len != before;
	}
	return s;
}

static bool read_clock(struct cursor *c, struct stamp *s)
{
	int digits;

	if (!(digits = number(c, &s->hour)) || digits > 2 || s->hour > 24)
		return false;
	if (!eat(c, ":") && !eat(c, "."))
		return false;
	if (number(c, &s->minute) != 2 || s->minute > 59)
		return false;
	if (c->at + 1 < c->end && (*c->at == ':' || *c->at == '.')) {
		c->at++;
		if (number(c, &s->second) != 2 || s->second > 60)
			return false;
		s->has_second = true;
	}
	return true;
}

/* Takes what a message begins with; false: the line begins none. */
static bool read_stamp(struct cursor *c, struct stamp *s)
{
	struct crm_slice before, after;
	bool bracket;

	*s = (struct stamp){.between = '/'};
	skip_blanks(c);
	bracket = eat(c, "[");
	skip_blanks(c);
	if (!read_date(c, s))
		return false;
	before = word(c, "[]-\r\n");
	if (!read_clock(c, s))
		return false;
	after = word(c, "[]-:\r\n");
	if (before.len && before.ptr[0] == ',')
		before = crm_slice_trim((struct crm_slice){before.ptr + 1, before.len - 1});
	s->word = after.len ? after : before;
	if (bracket)
		return eat(c, "]") && (skip_blanks(c), true);
	/* "15:04 - ", or "15:04 p. m. - ": word went over the blank; a dash may be long */
	if (s->word.ptr && c->at > c->end)
		return false;
	return eat(c, "-") && skip_blanks(c);
}

/* 1: after noon, 0: before it, -1: it is not said, -2: in words that we do not know */
static int half(struct crm_slice w)
{
	static const struct {
		const char *word;
		int is;
	} known[] = {
		{"am", 0},
		{"a.m", 0},
		{"a. m", 0},
		{"a.\xC2\xA0m", 0},
		{"a.\xE2\x80\xAFm", 0},
		{"vorm", 0},
		{"de.", 0},
		{"π.μ", 0},
		{"上午", 0},
		{"오전", 0},
		{"午前", 0},
		{"凌晨", 0},
		{"早上", 0},
		{"清晨", 0},
		{"sa", 0},
		{"ص", 0},
		{"ق.ظ", 0},
		{"pm", 1},
		{"p.m", 1},
		{"p. m", 1},
		{"p.\xC2\xA0m", 1},
		{"p.\xE2\x80\xAFm", 1},
		{"nachm", 1},
		{"du.", 1},
		{"μ.μ", 1},
		{"下午", 1},
		{"오후", 1},
		{"午後", 1},
		{"晚上", 1},
		{"中午", 1},
		{"ch", 1},
		{"م", 1},
		{"ب.ظ", 1},
	};
	/* what only joins date and clock */
	static const char *const joins[] = {"",   ",",   "\xD8\x8C", "at", "um", "\xC3\xA0",
					    "kl", "klo", "alle",     "om", "o",  "h"};

	while (w.len && (w.ptr[w.len - 1] == '.' || w.ptr[w.len - 1] == ','))
		w.len--;
	for (size_t i = 0; i < sizeof(joins) / sizeof(joins[0]); i++)
		if (crm_slice_is(w, joins[i]))
			return -1;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (w.len >= strlen(known[i].word)
		    && !strncasecmp(w.ptr, known[i].word, strlen(known[i].word)))
			return known[i].is;
	return -2;
}

static void put_time(struct crm_str *json, const struct stamp *s)
{
	int after_noon = half(s->word), hour = s->hour;
	char between = s->between == '.' ? '.' : '/';
	struct crm_str t = CRM_STR_INIT;

	if (after_noon == 1 && hour < 12)
		hour += 12;
	else if (after_noon == 0 && hour == 12)
		hour = 0;
	if (s->digits[0] == 4)
		crm_str_addf(&t, "%04d-%02d-%02d", s->part[0], s->part[1], s->part[2]);
	else
		crm_str_addf(&t, "%d%c%d%c%0*d", s->part[0], between, s->part[1], between,
			     s->digits[2], s->part[2]);
	crm_str_addf(&t, " %02d:%02d", hour % 24, s->minute);
	if (s->has_second)
		crm_str_addf(&t, ":%02d", s->second);
	if (after_noon == -2) /* so that it is set aside rather than wrong by half a day */
		crm_str_addf(&t, " %.*s", (int)s->word.len, s->word.ptr);
	put_string(json, "time", crm_str_slice(&t));
	crm_str_release(&t);
}

/* --- who --- */

/* The colon that ends the name in line, or NULL: nobody wrote it. What the program says of
 * a subject or a number quotes it, and a name holds no such quotes. */
static const char *name_end(struct crm_slice line)
{
	const char *colon = memmem(line.ptr, line.len, ": ", 2);
	size_t len;

	if (!colon && line.len && line.ptr[line.len - 1] == ':')
		colon = line.ptr + line.len - 1;
	if (!colon || colon == line.ptr || colon - line.ptr > NAME_MAX)
		return NULL;
	len = (size_t)(colon - line.ptr);
	return memchr(line.ptr, '"', len) || memmem(line.ptr, len, "\xE2\x80\x9C", 3)
			       || memmem(line.ptr, len, "\xC2\xAB", 2)
		       ? NULL
		       : colon;
}

static bool is_phone(const struct crm_str *s)
{
	size_t digits = 0;

	for (size_t i = 0; i < s->len; i++)
		if (s->ptr[i] >= '0' && s->ptr[i] <= '9')
			digits++;
		else if (!strchr("+ -()\xC2\xA0\xE2\x80\x91\xAF", s->ptr[i]))
			return false;
	return s->ptr[0] == '+' && digits >= 6;
}

static void put_author(struct crm_slice name, struct crm_str *json)
{
	struct crm_str s = CRM_STR_INIT;
	struct cursor c;

	unmarked(name, &s);
	c = (struct cursor){s.ptr, s.ptr + s.len};
	if (eat(&c, "~"))
		skip_blanks(&c);
	crm_json_key(json, is_phone(&s) ? "phone" : "author");
	crm_json_string(json, rest(&c));
	crm_str_release(&s);
}

/* --- what --- */

static struct crm_slice trim_all(struct crm_slice s)
{
	struct cursor c = {s.ptr, s.ptr + s.len};

	skip_blanks(&c);
	return crm_slice_trim(rest(&c));
}

static bool ends(struct crm_slice s, const char *with)
{
	size_t len = strlen(with);

	return s.len >= len && !memcmp(s.ptr + s.len - len, with, len);
}

/* "image omitted", and what other languages say; s is one line that began with a mark. */
static bool says_omitted(struct crm_slice s)
{
	static const char *const words[] = {
		"omitted",        "weggelassen",
		"omitido",        "omitida",
		"omitidos",       "omitidas",
		"omis",           "omise",
		"omesso",         "omessa",
		"omessi",         "weggelaten",
		"ausgelassen",    "absente",
		"absent",         "ocultado",
		"oculto",         "oculta",
		"utelatt",        "utelämnad",
		"utelämnades",    "pominięto",
		"pominięte",      "опущено",
		"пропущен",       "пропущено",
		"опущен",         "dahil edilmedi",
		"atlandı",        "已省略",
		"已忽略",         "생략됨",
		"を除外しました", "は含まれていません",
	};

	if (memchr(s.ptr, '\n', s.len) || s.len > 100)
		return false;
	while (s.len && (s.ptr[s.len - 1] == '.' || s.ptr[s.len - 1] == '>'))
		s.len--;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (ends(s, words[i]))
			return true;
	return false;
}

static bool says_deleted(struct crm_slice s)
{
	static const char *const texts[] = {
		"This message was deleted",
		"You deleted this message",
		"Diese Nachricht wurde gelöscht",
		"Du hast diese Nachricht gelöscht",
		"Se eliminó este mensaje",
		"Eliminaste este mensaje",
		"Ce message a été supprimé",
		"Vous avez supprimé ce message",
		"Questo messaggio è stato eliminato",
		"Hai eliminato questo messaggio",
		"Mensagem apagada",
		"Você apagou esta mensagem",
		"Dit bericht is verwijderd",
		"Данное сообщение удалено",
		"Bu mesaj silindi",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (crm_slice_starts(s, texts[i]) && s.len <= strlen(texts[i]) + 1)
			return true;
	return false;
}

static struct crm_slice first_line(struct crm_slice s)
{
	const char *lf = memchr(s.ptr, '\n', s.len);

	return lf ? (struct crm_slice){s.ptr, (size_t)(lf - s.ptr)} : s;
}

/* "<attached: NAME>", in any language. */
static struct crm_slice attached_ios(struct crm_slice line)
{
	const char *colon;

	line = crm_slice_trim(line);
	colon = line.len > 4 && line.ptr[0] == '<' ? memmem(line.ptr, line.len, ": ", 2) : NULL;
	if (!colon || line.ptr[line.len - 1] != '>' || memchr(line.ptr, '.', line.len) == NULL)
		return (struct crm_slice){NULL, 0};
	return (struct crm_slice){colon + 2, (size_t)(line.ptr + line.len - 1 - colon) - 2};
}

/* "IMG-20190101-WA0001.jpg (file attached)", in any language: a mark before it tells it
 * from what people write, or the name that the program gives. */
static struct crm_slice attached_android(struct crm_slice line, bool marked)
{
	const char *open, *dot;

	line = crm_slice_trim(line);
	open = line.len && line.ptr[line.len - 1] == ')' ? memmem(line.ptr, line.len, " (", 2)
							 : NULL;
	if (!open)
		return (struct crm_slice){NULL, 0};
	line.len = (size_t)(open - line.ptr);
	dot = memrchr(line.ptr, '.', line.len);
	if (!dot || line.ptr + line.len - dot > 6 || line.ptr + line.len - dot < 3
	    || (!marked && !memmem(line.ptr, line.len, "-WA", 3)))
		return (struct crm_slice){NULL, 0};
	return line;
}

/* name with ptr NULL: of a file that was left out. */
static void put_attachment(struct crm_str *json, struct crm_slice name)
{
	crm_json_key(json, "attachments");
	crm_json_open(json, '[');
	crm_json_open(json, '{');
	crm_json_put(json, "type", name.ptr ? "file" : "media");
	if (name.ptr)
		put_string(json, "name", name);
	crm_json_close(json, '}');
	crm_json_close(json, ']');
}

static void put_true(struct crm_str *json, const char *key)
{
	crm_json_key(json, key);
	crm_json_bool(json, true);
}

/* "text <This message was edited>": a mark stands before the <, or the words are known. */
static struct crm_slice without_edited(struct crm_slice s, struct crm_str *json)
{
	const char *open = s.len && s.ptr[s.len - 1] == '>' ? memrchr(s.ptr, '<', s.len) : NULL;
	struct crm_slice words;
	bool marked;

	if (!open || open == s.ptr)
		return s;
	words = (struct crm_slice){open, (size_t)(s.ptr + s.len - open)};
	marked = open - s.ptr >= 3 && mark_len((struct crm_slice){open - 3, 3});
	if ((!marked && !crm_slice_starts(words, "<This message was edited"))
	    || memchr(words.ptr, ':', words.len) || memchr(words.ptr, '\n', words.len))
		return s;
	put_true(json, "edited");
	s.len = (size_t)(open - s.ptr) - (marked ? 3 : 0);
	return crm_slice_trim(s);
}

/* What stands after the file's name, when a file is what the message is. */
static bool put_file(struct crm_slice *text, bool marked, struct crm_str *json)
{
	struct crm_slice line = first_line(*text), file = attached_ios(line);

	if (!file.ptr)
		file = attached_android(line, marked);
	if (file.ptr)
		put_attachment(json, file);
	else if ((line.len == text->len && line.len > 2 && line.ptr[0] == '<'
		  && line.ptr[line.len - 1] == '>' && !memchr(line.ptr + 1, '<', line.len - 1)
		  && memchr(line.ptr, ' ', line.len))
		 || (marked && says_omitted(*text)))
		put_attachment(json, file);
	else
		return false;
	*text = crm_slice_trim((struct crm_slice){text->ptr + line.len, text->len - line.len});
	return true;
}

/* The text after a stamp and a name; marked: a mark of direction stood before it. */
static void put_text(struct crm_slice text, bool named, bool marked, struct crm_str *json)
{
	bool deleted = says_deleted(text);

	text = without_edited(text, json);
	if (deleted)
		put_true(json, "deleted");
	if (!put_file(&text, marked, json) && (!named || (marked && !deleted)))
		put_true(json, "system");
	if (text.len)
		put_string(json, "text", text);
}

static void put_message(struct crm_slice record, struct crm_str *json)
{
	struct cursor c = {record.ptr, record.ptr + record.len};
	struct crm_slice line;
	struct stamp stamp;
	const char *colon;
	bool marked;

	crm_json_open(json, '{');
	read_stamp(&c, &stamp);
	put_time(json, &stamp);
	line = crm_slice_trim(first_line(rest(&c)));
	colon = name_end(line);
	if (colon) {
		put_author((struct crm_slice){c.at, (size_t)(colon - c.at)}, json);
		c.at = colon + 1;
	}
	while (eat(&c, " "))
		continue;
	marked = mark_len(rest(&c)) > 0;
	put_text(trim_all(rest(&c)), colon != NULL, marked, json);
	crm_json_close(json, '}');
}

/* --- records --- */

static bool begins(struct crm_slice line)
{
	struct cursor c = {line.ptr, line.ptr + line.len};
	struct stamp stamp;

	return read_stamp(&c, &stamp);
}

static enum crm_read give(struct chat *chat, struct crm_item *item)
{
	item->line = crm_input_line_number(chat->input);
	chat->handed = true;
	if (!chat->headed) {
		item->reason = "is no message: it does not begin with a date and a time";
		return CRM_READ_BAD;
	}
	put_message(crm_input_record(chat->input), &item->json);
	return CRM_READ_OK;
}

static enum crm_read next(void *reader, struct crm_item *item)
{
	struct chat *chat = reader;
	struct crm_slice line;
	enum crm_read got;

	if (chat->handed) {
		crm_input_done(chat->input);
		chat->lines = 0;
		chat->handed = false;
	}
	while ((got = crm_input_line(chat->input, &line)) == CRM_READ_OK) {
		bool head = begins(line);

		if (chat->lines && head) {
			crm_input_retry(chat->input, chat->lines);
			return give(chat, item);
		}
		if (!chat->lines && !head && !crm_slice_trim(line).len) {
			crm_input_done(chat->input);
			continue;
		}
		chat->headed = chat->lines++ ? chat->headed : head;
	}
	if (got == CRM_READ_END && chat->lines)
		return give(chat, item);
	if (got == CRM_READ_BAD) {
		item->line = crm_input_line_number(chat->input);
		item->reason = "longer than 1 MiB";
		chat->handed = true;
	}
	return got;
}

static bool sniff(struct crm_slice start)
{
	while (start.len && (*start.ptr == '\n' || *start.ptr == '\r'))
		start.ptr++, start.len--;
	return start.len && begins(first_line(start));
}

static void *open_chat(struct crm_input *input)
{
	struct chat *chat = crm_calloc(1, sizeof(*chat));

	chat->input = input;
	return chat;
}

const struct crm_syntax crm_syntax_whatsapp = {
	.name = "whatsapp",
	.limit = CRM_WHATSAPP_MAX,
	.sniff = sniff,
	.open = open_chat,
	.next = next,
	.close = free,
};
