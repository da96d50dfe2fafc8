/* SPDX-License-Identifier: MIT */
/* A message's header into JSON; its body is mail_body's. GMime decodes and takes addresses
 * and dates apart, but the fields are found here: it files them by part, and we want them as
 * they stand. */
#include "ingest/mail_message.h"

#include <ctype.h>
#include <gmime/gmime.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/time.h"
#include "base/utf8.h"
#include "ingest/automatic.h"
#include "ingest/mail_body.h"
#include "ingest/mail_text.h"
#include "norm/quote.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define DAY 86400000
#define DATE_BYTES 200  /* of a date that are looked at */
#define ID_BYTES 900    /* a Message-ID that is longer is none: RFC 5322 2.1.1 allows 998 a line */
#define YEAR_FIRST 1971 /* the first mail between computers */
#define YEAR_LAST 2100

struct ids {
	struct crm_slice *list; /* in the item's arena */
	size_t n, cap;
};

struct crm_mail_reader {
	struct crm_str wire, scratch, reply;
	GByteArray *bytes; /* what GMime reads */
	GMimeParser *parser;
	struct crm_mail_field fields[CRM_MAIL_FIELDS];
	size_t n;
	struct crm_mail_cut cut;
	struct crm_mail_body body;
	struct ids in_reply_to, references;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

struct crm_mail_reader *crm_mail_reader_new(void)
{
	struct crm_mail_reader *r = crm_calloc(1, sizeof(*r));

	pthread_once(&once, g_mime_init);
	r->wire = r->scratch = r->reply = (struct crm_str)CRM_STR_INIT;
	r->bytes = g_byte_array_new();
	r->parser = g_mime_parser_new();
	g_mime_parser_set_format(r->parser, GMIME_FORMAT_MESSAGE);
	crm_mail_body_init(&r->body);
	return r;
}

void crm_mail_reader_free(struct crm_mail_reader *r)
{
	if (!r)
		return;
	crm_str_release(&r->wire);
	crm_str_release(&r->scratch);
	crm_str_release(&r->reply);
	g_object_unref(r->parser);
	g_byte_array_free(r->bytes, TRUE);
	crm_mail_body_release(&r->body);
	free(r->in_reply_to.list);
	free(r->references.list);
	free(r);
}

/* The first field called name from the at-th on, or NULL. */
static const struct crm_mail_field *field_after(const struct crm_mail_reader *r, size_t at,
						const char *name)
{
	size_t len = strlen(name);

	for (size_t i = at; i < r->n; i++)
		if (r->fields[i].name.len == len && !strncasecmp(r->fields[i].name.ptr, name, len))
			return &r->fields[i];
	return NULL;
}

static struct crm_slice value_of(const struct crm_mail_reader *r, const char *name)
{
	const struct crm_mail_field *field = field_after(r, 0, name);

	return field ? field->value : (struct crm_slice){NULL, 0};
}

/* value unfolded and valid UTF-8. Borrowed: value itself, which mostly needs nothing, or in
 * scratch, after what is there. */
static struct crm_slice readable(struct crm_mail_reader *r, struct crm_slice value)
{
	size_t start = r->scratch.len;
	struct crm_str line = CRM_STR_INIT;
	bool valid = crm_utf8_valid(value.ptr, value.len) == value.len;

	if (valid && !(value.len && memchr(value.ptr, '\n', value.len)))
		return value;
	if (valid) {
		crm_mail_unfold(value, &r->scratch);
	} else {
		crm_mail_unfold(value, &line);
		crm_mail_decode(crm_str_slice(&line), r->body.charset, &r->scratch);
		crm_str_release(&line);
	}
	return (struct crm_slice){r->scratch.ptr + start, r->scratch.len - start};
}

/* Appends value with what is above ASCII within encoded words written as =XX: by their own
 * charset it is to be read, and GMime would read it by another first. */
static void encode_words(struct crm_slice value, struct crm_str *out)
{
	bool within = false;
	int marks = 0; /* ? since =? */

	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i],
			      before = i ? (unsigned char)value.ptr[i - 1] : 0;

		if (c == '?' && before == '=' && !within) {
			within = true;
			marks = 0;
		} else if (c == '?' && within) {
			marks++;
		} else if (c == '=' && before == '?' && marks > 2) {
			within = false;
		}
		if (c & 0x80 && within && marks == 2)
			crm_str_addf(out, "=%02X", c);
		else
			crm_str_addc(out, (char)c);
	}
}

/* The same, for GMime to decode its encoded words. */
static struct crm_slice decodable(struct crm_mail_reader *r, struct crm_slice value)
{
	struct crm_str words = CRM_STR_INIT;
	struct crm_slice line;

	if (crm_utf8_valid(value.ptr, value.len) == value.len)
		return readable(r, value);
	encode_words(value, &words);
	line = readable(r, crm_str_slice(&words));
	if (line.ptr == words.ptr) {
		crm_str_add(&r->scratch, line.ptr, line.len);
		line.ptr = r->scratch.ptr + r->scratch.len - line.len;
	}
	crm_str_release(&words);
	return line;
}

static void put(struct crm_str *json, const char *key, struct crm_slice s)
{
	crm_json_key(json, key);
	crm_json_string(json, s);
}

/* Text that GMime decoded: made valid, runs of white space as one blank. */
static void put_words(struct crm_mail_reader *r, struct crm_str *json, const char *key,
		      const char *words)
{
	char *s;
	size_t n = 0;

	crm_str_clear(&r->scratch);
	crm_mail_decode(crm_slice_trim(crm_slice_of(words)), NULL, &r->scratch);
	s = r->scratch.ptr;
	for (size_t i = 0; i < r->scratch.len; i++) {
		bool blank = s[i] == ' ' || s[i] == '\t' || s[i] == '\r' || s[i] == '\n';

		if (!blank || (n && s[n - 1] != ' '))
			s[n++] = blank ? ' ' : s[i];
	}
	put(json, key, (struct crm_slice){s, n});
}

/* --- Message-IDs --- */

static void add_id(struct crm_item *item, struct ids *ids, struct crm_slice id)
{
	char *copy = crm_arena_alloc(&item->arena, id.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < id.len; i++) /* a fold within it, and what should not be there */
		if ((unsigned char)id.ptr[i] > ' ' && id.ptr[i] != 0x7f)
			copy[n++] = id.ptr[i];
	if (!n || n > ID_BYTES || crm_utf8_valid(copy, n) != n)
		return;
	CRM_GROW(ids->list, ids->n + 1, ids->cap);
	ids->list[ids->n++] = (struct crm_slice){copy, n};
}

/* The ids of a field: all that stand in <>; without any, words with @, if all are such. */
static void read_ids(struct crm_item *item, struct crm_slice value, struct ids *ids)
{
	const char *at = value.ptr, *end, *open, *close;
	size_t before = ids->n;

	if (!value.len)
		return;
	end = at + value.len;
	while ((open = memchr(at, '<', (size_t)(end - at)))
	       && (close = memchr(open, '>', (size_t)(end - open)))) {
		const char *inner;

		while ((inner = memchr(open + 1, '<', (size_t)(close - open - 1))))
			open = inner;
		add_id(item, ids, (struct crm_slice){open + 1, (size_t)(close - open - 1)});
		at = close + 1;
	}
	if (ids->n > before)
		return;
	for (at = value.ptr; at < end; at = close) {
		while (at < end && strchr(" \t\r\n,;", *at))
			at++;
		for (close = at; close < end && !strchr(" \t\r\n,;", *close); close++)
			;
		if (at == close)
			break;
		if (!memchr(at, '@', (size_t)(close - at))) {
			ids->n = before;
			break;
		}
		add_id(item, ids, (struct crm_slice){at, (size_t)(close - at)});
	}
}

static void put_ids(struct crm_str *json, const char *key, const struct ids *ids)
{
	if (!ids->n)
		return;
	crm_json_key(json, key);
	crm_json_open(json, '[');
	for (size_t i = 0; i < ids->n; i++)
		crm_json_string(json, ids->list[i]);
	crm_json_close(json, ']');
}

/* Adds id to a list of at most CRM_MAIL_THREAD, once. */
static size_t add_once(struct crm_slice *list, size_t n, struct crm_slice id)
{
	for (size_t i = 0; i < n; i++)
		if (crm_slice_same(list[i], id))
			return n;
	if (n < CRM_MAIL_THREAD)
		list[n++] = id;
	return n;
}

static void put_thread(const struct crm_mail_reader *r, struct crm_str *json)
{
	struct crm_slice list[CRM_MAIL_THREAD];
	struct ids thread = {list, 0, CRM_MAIL_THREAD};
	size_t i;

	for (i = 0; i < r->in_reply_to.n; i++)
		thread.n = add_once(list, thread.n, r->in_reply_to.list[i]);
	for (i = r->references.n; i-- && thread.n < CRM_MAIL_THREAD;)
		thread.n = add_once(list, thread.n, r->references.list[i]);
	put_ids(json, "thread", &thread);
}

static void put_identity(struct crm_mail_reader *r, struct crm_slice message, size_t body,
			 struct crm_item *item)
{
	struct crm_str digest = CRM_STR_INIT, *json = &item->json;
	struct crm_slice value = value_of(r, "Message-ID"), key;
	struct ids ids = {NULL, 0, 0};

	crm_str_adds(&digest, "sha:");
	crm_mail_digest(message, r->fields, r->n, body, &digest);
	read_ids(item, value, &ids);
	if (!ids.n && value.len && !memchr(value.ptr, ' ', value.len))
		add_id(item, &ids, value);
	key = ids.n ? ids.list[0] : crm_str_slice(&digest);
	if (ids.n)
		put(json, "id", ids.list[0]);
	put(json, "digest", (struct crm_slice){digest.ptr + 4, digest.len - 4});
	put(json, "key", key);
	crm_str_release(&digest);
	free(ids.list);
}

/* --- Dates --- */

/* Appends value in one line, with a blank before an offset where it was left out. */
static void date_text(struct crm_slice value, struct crm_str *out)
{
	struct crm_str line = CRM_STR_INIT;

	crm_mail_unfold(value, &line);
	for (size_t i = 0; i < line.len && i < DATE_BYTES; i++) {
		char c = line.ptr[i];

		if (i && (c == '+' || c == '-') && isdigit((unsigned char)line.ptr[i - 1])
		    && line.len - i >= 5 && strspn(line.ptr + i + 1, "0123456789") >= 4)
			crm_str_addc(out, ' ');
		crm_str_addc(out, c);
	}
	crm_str_release(&line);
}

static bool read_date(struct crm_slice value, int64_t *ms, int *offset)
{
	struct crm_str text = CRM_STR_INIT;
	GDateTime *date;
	bool good = false;

	date_text(value, &text);
	date = text.len ? g_mime_utils_header_decode_date(text.ptr) : NULL;
	crm_str_release(&text);
	if (!date)
		return false;
	if (g_date_time_get_year(date) >= YEAR_FIRST && g_date_time_get_year(date) <= YEAR_LAST) {
		*ms = g_date_time_to_unix(date) * 1000;
		*offset = (int)(g_date_time_get_utc_offset(date) / G_TIME_SPAN_MINUTE);
		good = true;
	}
	g_date_time_unref(date);
	return good;
}

/* The date behind the last semicolon of the topmost Received: the one our side wrote. */
static bool read_received(const struct crm_mail_reader *r, int64_t *ms, int *offset)
{
	struct crm_slice value = value_of(r, "Received");
	const char *semicolon = value.len ? memrchr(value.ptr, ';', value.len) : NULL;

	if (!semicolon)
		return false;
	return read_date(
		(struct crm_slice){semicolon + 1, (size_t)(value.ptr + value.len - semicolon - 1)},
		ms, offset);
}

/* A message cannot have been written long after it was received: then a clock was wrong. */
static void put_date(const struct crm_mail_reader *r, struct crm_str *json)
{
	int64_t ms = 0, received_ms = 0;
	int offset = 0, received_offset = 0;
	bool given = read_date(value_of(r, "Date"), &ms, &offset);
	bool received = read_received(r, &received_ms, &received_offset);
	struct crm_str text = CRM_STR_INIT;

	if (!given && !received)
		return;
	if (!given || (received && ms > received_ms + DAY)) {
		given = false;
		ms = received_ms;
		offset = received_offset;
	}
	crm_time_format(ms, offset, &text);
	put(json, "date", crm_str_slice(&text));
	crm_json_put(json, "date_from", given ? "date" : "received");
	crm_str_release(&text);
}

/* --- Addresses --- */

static void put_mailbox(struct crm_mail_reader *r, struct crm_str *json,
			InternetAddressMailbox *mailbox)
{
	const char *name = internet_address_get_name((InternetAddress *)mailbox);
	const char *email = internet_address_mailbox_get_addr(mailbox);

	bool is_address = email && strchr(email, '@');

	if (!is_address && !(name && *name)) /* a word where an address should be */
		name = email;
	crm_json_open(json, '{');
	if (name && *name && !(is_address && !strcasecmp(name, email)))
		put_words(r, json, "name", name);
	if (is_address)
		put_words(r, json, "email", email);
	crm_json_close(json, '}');
}

/* Writes the mailboxes of list, those of groups too; with one, no more than the first.
 * Returns how many. */
static int put_mailboxes(struct crm_mail_reader *r, struct crm_str *json, InternetAddressList *list,
			 bool one, int depth)
{
	int n = list ? internet_address_list_length(list) : 0, put = 0;

	for (int i = 0; i < n && !(one && put); i++) {
		InternetAddress *address = internet_address_list_get_address(list, i);

		if (INTERNET_ADDRESS_IS_MAILBOX(address)) {
			put_mailbox(r, json, (InternetAddressMailbox *)address);
			put++;
		} else if (INTERNET_ADDRESS_IS_GROUP(address) && depth < 3) {
			put += put_mailboxes(
				r, json,
				internet_address_group_get_members((InternetAddressGroup *)address),
				one, depth + 1);
		}
	}
	return put;
}

static bool is_valid(const struct crm_mail_reader *r, const char *name)
{
	const struct crm_mail_field *field = field_after(r, 0, name);

	for (; field; field = field_after(r, (size_t)(field - r->fields) + 1, name))
		if (crm_utf8_valid(field->value.ptr, field->value.len) < field->value.len)
			return false;
	return true;
}

/* GMime has parsed the address fields, but takes letters above ASCII that are no UTF-8 for
 * Latin-1: those are parsed again. New: unref it. */
static InternetAddressList *addresses(struct crm_mail_reader *r, GMimeMessage *message,
				      const char *name, GMimeAddressType type)
{
	InternetAddressList *list = g_mime_message_get_addresses(message, type);
	const struct crm_mail_field *field = field_after(r, 0, name);
	struct crm_str all = CRM_STR_INIT;

	if (list && is_valid(r, name))
		return g_object_ref(list);
	for (; field; field = field_after(r, (size_t)(field - r->fields) + 1, name)) {
		struct crm_slice value;

		crm_str_clear(&r->scratch);
		value = decodable(r, field->value);
		if (all.len)
			crm_str_addc(&all, ',');
		crm_str_add(&all, value.ptr, value.len);
	}
	list = internet_address_list_parse(NULL, all.ptr);
	crm_str_release(&all);
	return list;
}

/* "MAILER DAEMON <>": somebody without an address. */
static void put_name_alone(struct crm_mail_reader *r, struct crm_str *json, const char *key,
			   struct crm_slice value)
{
	char *name;

	if (value.len >= 2 && !memcmp(value.ptr + value.len - 2, "<>", 2))
		value.len -= 2;
	value = crm_slice_trim(value);
	if (!value.len || strchr("<>,:;", value.ptr[value.len - 1]))
		return;
	crm_str_clear(&r->scratch);
	value = decodable(r, value);
	name = g_strndup(value.ptr, value.len);
	crm_json_key(json, key);
	crm_json_open(json, '{');
	put_words(r, json, "name", name);
	crm_json_close(json, '}');
	g_free(name);
}

static void put_addresses(struct crm_mail_reader *r, struct crm_str *json, GMimeMessage *message)
{
	static const struct {
		const char *key, *name;
		GMimeAddressType type;
		bool one;
	} kinds[] = {
		{"from", "From", GMIME_ADDRESS_TYPE_FROM, true},
		{"sender", "Sender", GMIME_ADDRESS_TYPE_SENDER, true},
		{"reply_to", "Reply-To", GMIME_ADDRESS_TYPE_REPLY_TO, false},
		{"to", "To", GMIME_ADDRESS_TYPE_TO, false},
		{"cc", "Cc", GMIME_ADDRESS_TYPE_CC, false},
	};

	for (size_t i = 0; i < N(kinds); i++) {
		InternetAddressList *list;
		size_t before = json->len;
		int n;

		if (!field_after(r, 0, kinds[i].name))
			continue;
		list = addresses(r, message, kinds[i].name, kinds[i].type);
		crm_json_key(json, kinds[i].key);
		if (!kinds[i].one)
			crm_json_open(json, '[');
		n = put_mailboxes(r, json, list, kinds[i].one, 0);
		if (!kinds[i].one)
			crm_json_close(json, ']');
		if (!n) /* a group without members, "undisclosed-recipients:;" */
			json->len = before;
		if (!n && kinds[i].one)
			put_name_alone(r, json, kinds[i].key, value_of(r, kinds[i].name));
		if (list)
			g_object_unref(list);
	}
}

/* <address> or address, as envelopes write it. */
static struct crm_slice bare(struct crm_slice s)
{
	s = crm_slice_trim(s);
	if (s.len >= 2 && s.ptr[0] == '<' && s.ptr[s.len - 1] == '>')
		s = crm_slice_trim((struct crm_slice){s.ptr + 1, s.len - 2});
	return s;
}

static void put_envelope(struct crm_mail_reader *r, struct crm_str *json)
{
	static const char *const names[] = {"Delivered-To", "X-Delivered-To", "X-Original-To",
					    "Envelope-To", "X-Envelope-To"};
	struct crm_slice list[CRM_MAIL_THREAD], path = value_of(r, "Return-Path");
	const struct crm_mail_field *field;
	size_t n = 0, i;

	crm_str_clear(&r->scratch);
	if (!path.ptr && r->cut.sender.len && memchr(r->cut.sender.ptr, '@', r->cut.sender.len))
		path = r->cut.sender;
	if (path.ptr)
		put(json, "return_path", readable(r, bare(path)));
	for (i = 0; i < N(names); i++)
		for (field = field_after(r, 0, names[i]); field;
		     field = field_after(r, (size_t)(field - r->fields) + 1, names[i]))
			n = add_once(list, n, bare(field->value));
	if (!n)
		return;
	crm_json_key(json, "delivered_to");
	crm_json_open(json, '[');
	for (i = 0; i < n; i++) {
		crm_str_clear(&r->scratch);
		crm_json_string(json, readable(r, list[i]));
	}
	crm_json_close(json, ']');
}

/* --- The rest --- */

static void put_subject(struct crm_mail_reader *r, struct crm_str *json)
{
	struct crm_slice value = value_of(r, "Subject");
	struct crm_str line = CRM_STR_INIT;
	char *words;

	if (!value.ptr)
		return;
	crm_str_clear(&r->scratch);
	value = decodable(r, value);
	crm_str_add(&line, value.ptr, value.len);
	words = g_mime_utils_header_decode_text(NULL, line.ptr);
	put_words(r, json, "subject", words ? words : "");
	g_free(words);
	crm_str_release(&line);
}

static void put_headers(struct crm_mail_reader *r, struct crm_str *json)
{
	crm_json_key(json, "headers");
	crm_json_open(json, '[');
	for (size_t i = 0; i < r->n; i++) {
		crm_json_open(json, '[');
		crm_json_string(json, r->fields[i].name);
		crm_str_clear(&r->scratch);
		crm_json_string(json, readable(r, r->fields[i].value));
		crm_json_close(json, ']');
	}
	crm_json_close(json, ']');
}

static void put_body(struct crm_mail_reader *r, struct crm_str *json)
{
	const struct crm_mail_body *body = &r->body;
	struct crm_slice text = {body->text.ptr, body->text.len};

	if (crm_slice_trim(text).len) {
		put(json, "text", text);
		crm_str_clear(&r->reply);
		crm_quote_split(text, &r->reply, NULL);
		put(json, "reply", crm_str_slice(&r->reply));
	}
	if (body->html.len)
		put(json, "html", crm_str_slice(&body->html));
	if (body->attachments.len) {
		crm_json_key(json, "attachments");
		crm_json_raw(json, crm_str_slice(&body->attachments));
	}
	if (body->parts_left_out + r->cut.parts)
		crm_json_put_int(json, "parts_left_out",
				 (int64_t)(body->parts_left_out + r->cut.parts));
	if (body->bytes_left_out)
		crm_json_put_int(json, "text_left_out", (int64_t)body->bytes_left_out);
	if (r->cut.header_lines)
		crm_json_put_int(json, "headers_left_out", (int64_t)r->cut.header_lines);
}

/* The boundary of a multipart whose header does not name it, or wrongly: the first line
 * that begins with -- and is followed by a field "Content-…". */
static struct crm_slice find_boundary(struct crm_slice body)
{
	const char *at = body.ptr, *end = body.ptr + body.len, *lf;

	for (; at < end && (lf = memchr(at, '\n', (size_t)(end - at))); at = lf + 1)
		if (lf - at > 2 && lf - at < 100 && at[0] == '-' && at[1] == '-' && end - lf > 8
		    && !strncasecmp(lf + 1, "Content-", 8))
			return crm_slice_trim((struct crm_slice){at + 2, (size_t)(lf - at - 2)});
	return (struct crm_slice){NULL, 0};
}

static GMimeMessage *parse(struct crm_mail_reader *r)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(r->bytes);
	GMimeMessage *message;

	g_mime_stream_mem_set_owner((GMimeStreamMem *)stream, FALSE);
	g_mime_parser_init_with_stream(r->parser, stream);
	message = g_mime_parser_construct_message(r->parser, NULL);
	g_object_unref(stream);
	return message;
}

static void set_bytes(struct crm_mail_reader *r, struct crm_slice bytes)
{
	g_byte_array_set_size(r->bytes, 0);
	g_byte_array_append(r->bytes, (const guint8 *)bytes.ptr, (guint)bytes.len);
}

static bool is_multipart(GMimeMessage *message)
{
	GMimeObject *root = g_mime_message_get_mime_part(message);

	return root && GMIME_IS_MULTIPART(root)
	       && g_mime_multipart_get_count((GMimeMultipart *)root) > 0;
}

/* Parses again what calls itself a multipart and came out without parts, with a
 * Content-Type in place of its own that says how they are told apart. */
static GMimeMessage *repaired(struct crm_mail_reader *r, GMimeMessage *message, size_t body)
{
	const struct crm_mail_field *type = field_after(r, 0, "Content-Type");
	struct crm_slice boundary;
	struct crm_str text = CRM_STR_INIT, fixed = CRM_STR_INIT;
	struct crm_mail_cut cut;

	const char *after;

	if (!message || !type || type->value.len < 10
	    || strncasecmp(type->value.ptr, "multipart/", 10) || is_multipart(message))
		return message;
	boundary = find_boundary((struct crm_slice){r->wire.ptr + body, r->wire.len - body});
	if (!boundary.len || strcspn(boundary.ptr, "\"\\") < boundary.len)
		return message;
	crm_str_addf(&text, "Content-Type: multipart/mixed; boundary=\"%.*s\"\n", (int)boundary.len,
		     boundary.ptr);
	after = type->whole.ptr + type->whole.len;
	crm_str_add(&text, r->wire.ptr, (size_t)(type->whole.ptr - r->wire.ptr));
	crm_str_add(&text, after, (size_t)(r->wire.ptr + r->wire.len - after));
	crm_mail_unwrap(&(struct crm_mail_wrapped){{text.ptr, text.len}, false}, &fixed, &cut);
	r->cut.parts += cut.parts;
	r->cut.header_lines += cut.header_lines;
	set_bytes(r, crm_str_slice(&fixed));
	crm_str_release(&text);
	crm_str_release(&fixed);
	g_object_unref(message);
	return parse(r);
}

/* Of a header most is about the way the message took. It costs GMime more than the rest and
 * is not asked of it. */
static bool is_for_gmime(struct crm_slice name)
{
	static const char *const names[] = {
		"From", "Sender",     "Reply-To",    "To",         "Cc",          "Subject",
		"Date", "Message-ID", "In-Reply-To", "References", "Mime-Version"};

	if (name.len > 8 && !strncasecmp(name.ptr, "Content-", 8))
		return true;
	for (size_t i = 0; i < N(names); i++)
		if (name.len == strlen(names[i]) && !strncasecmp(name.ptr, names[i], name.len))
			return true;
	return crm_automatic_sees(name);
}

/* The message for GMime to parse. */
static void set_message(struct crm_mail_reader *r, struct crm_slice wire, size_t body)
{
	const struct crm_mail_field *f = r->fields, *end = r->fields + r->n;

	g_byte_array_set_size(r->bytes, 0);
	for (; f < end; f++)
		if (is_for_gmime(f->name))
			g_byte_array_append(r->bytes, (const guint8 *)f->whole.ptr,
					    (guint)f->whole.len);
	if (r->bytes->len && r->bytes->data[r->bytes->len - 1] != '\n')
		g_byte_array_append(r->bytes, (const guint8 *)"\n", 1);
	g_byte_array_append(r->bytes, (const guint8 *)"\n", 1);
	g_byte_array_append(r->bytes, (const guint8 *)wire.ptr + body, (guint)(wire.len - body));
}

void crm_mail_reader_put(struct crm_mail_reader *r, const struct crm_mail_wrapped *from,
			 const char *folder, struct crm_item *item)
{
	struct crm_str *json = &item->json;
	struct crm_slice wire;
	GMimeMessage *message = NULL;
	size_t body;

	crm_str_clear(&r->wire);
	crm_mail_unwrap(from, &r->wire, &r->cut);
	wire = crm_str_slice(&r->wire);
	r->n = crm_mail_fields(wire, r->fields, CRM_MAIL_FIELDS, &body);
	if (r->n) {
		set_message(r, wire, body);
		message = repaired(r, parse(r), body);
	}
	if (!message) {
		item->reason = r->cut.header_lines && !r->n
				       ? "its header has no field of less than 256 KiB"
				       : "not a mail message";
		return;
	}
	crm_mail_body_clear(&r->body);
	crm_mail_body_read(&r->body, message,
			   (struct crm_slice){(char *)r->bytes->data, r->bytes->len},
			   (struct crm_slice){wire.ptr + body, wire.len - body}, item);
	r->in_reply_to.n = r->references.n = 0;
	read_ids(item, value_of(r, "In-Reply-To"), &r->in_reply_to);
	read_ids(item, value_of(r, "References"), &r->references);

	crm_json_open(json, '{');
	put_identity(r, wire, body, item);
	put_date(r, json);
	put_addresses(r, json, message);
	put_envelope(r, json);
	put_subject(r, json);
	put_ids(json, "in_reply_to", &r->in_reply_to);
	put_ids(json, "references", &r->references);
	put_thread(r, json);
	put_body(r, json);
	crm_automatic_put(message, json);
	put_headers(r, json);
	if (folder)
		crm_json_put(json, "folder", folder);
	crm_json_close(json, '}');
	g_object_unref(message);
}
