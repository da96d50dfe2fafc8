/* SPDX-License-Identifier: MIT */
/* The tree of parts into a text and files. GMime has cut the parts; their bytes are decoded
 * here, straight from the memory they were parsed from. */
#include "ingest/mail_body.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/utf8.h"
#include "ingest/mail_text.h"
#include "norm/html.h"

struct walk {
	struct crm_mail_body *body;
	struct crm_item *item;
	GMimeObject *root;
	struct crm_slice all; /* what was parsed */
};

/* Where a part stands among its siblings. */
struct place {
	const struct place *above;
	const char *boundary; /* of the multipart it is in, or NULL */
	int depth;
	bool first;       /* of its siblings */
	bool related;     /* with something that refers to it */
	bool alternative; /* to other representations of the same */
};

void crm_mail_body_init(struct crm_mail_body *body)
{
	*body = (struct crm_mail_body){.text = CRM_STR_INIT,
				       .html = CRM_STR_INIT,
				       .attachments = CRM_STR_INIT,
				       .bytes = CRM_STR_INIT,
				       .decoded = CRM_STR_INIT};
}

void crm_mail_body_clear(struct crm_mail_body *body)
{
	crm_str_clear(&body->text);
	crm_str_clear(&body->html);
	crm_str_clear(&body->attachments);
	body->charset = NULL;
	body->parts = body->parts_left_out = body->bytes_left_out = 0;
}

void crm_mail_body_release(struct crm_mail_body *body)
{
	crm_str_release(&body->text);
	crm_str_release(&body->html);
	crm_str_release(&body->attachments);
	crm_str_release(&body->bytes);
	crm_str_release(&body->decoded);
}

/* The bytes of a part as they stand in the message. */
static struct crm_slice encoded_bytes(GMimePart *part, GMimeContentEncoding *encoding)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	GMimeStream *stream = content ? g_mime_data_wrapper_get_stream(content) : NULL;
	GByteArray *all;
	gint64 end;

	*encoding = GMIME_CONTENT_ENCODING_BINARY;
	if (!stream || !GMIME_IS_STREAM_MEM(stream))
		return CRM_SLICE("");
	*encoding = g_mime_data_wrapper_get_encoding(content);
	all = g_mime_stream_mem_get_byte_array((GMimeStreamMem *)stream);
	end = stream->bound_end < 0 || stream->bound_end > all->len ? all->len : stream->bound_end;
	/* where lines end now in LF, now in CR LF, GMime takes one byte too many for the line end
	 * before a boundary */
	if (end > stream->bound_start && end + 1 < all->len && all->data[end + 1] == '\n'
	    && !strchr("\r\n", all->data[end]))
		end++;
	if (stream->bound_start >= end)
		return CRM_SLICE("");
	return (struct crm_slice){(char *)all->data + stream->bound_start,
				  (size_t)(end - stream->bound_start)};
}

/* The decoded bytes of a part. Borrowed: valid until the next part. */
static struct crm_slice part_bytes(struct crm_mail_body *body, GMimePart *part)
{
	GMimeContentEncoding encoding;
	struct crm_slice in = encoded_bytes(part, &encoding);
	struct crm_mail_uu uu;
	GMimeEncoding state;
	char *to;

	crm_str_clear(&body->bytes);
	if (encoding == GMIME_CONTENT_ENCODING_UUENCODE)
		return crm_mail_uu_find(in, 0, &uu, &body->bytes) ? crm_str_slice(&body->bytes)
								  : in;
	if (encoding != GMIME_CONTENT_ENCODING_BASE64
	    && encoding != GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE)
		return in;
	g_mime_encoding_init_decode(&state, encoding);
	to = crm_str_reserve(&body->bytes, g_mime_encoding_outlen(&state, in.len));
	crm_str_wrote(&body->bytes, g_mime_encoding_flush(&state, in.ptr, in.len, to));
	return crm_str_slice(&body->bytes);
}

/* Appends s as a JSON string, made valid. */
static void put_text(struct crm_mail_body *body, const char *key, const char *s)
{
	size_t start = body->decoded.len;

	crm_mail_decode(crm_slice_of(s), NULL, &body->decoded);
	crm_json_key(&body->attachments, key);
	crm_json_string(&body->attachments,
			(struct crm_slice){body->decoded.ptr + start, body->decoded.len - start});
}

/* The last component of a path: some programs send where the file lay on their disk. */
static const char *base_name(const char *name)
{
	const char *s;

	for (s = name; *s; s++)
		if ((*s == '/' || *s == '\\') && s[1])
			name = s + 1;
	return name;
}

static void put_type(struct crm_str *json, GMimeObject *object)
{
	GMimeContentType *type = g_mime_object_get_content_type(object);
	struct crm_str name = CRM_STR_INIT;

	crm_str_adds(&name, g_mime_content_type_get_media_type(type));
	crm_str_addc(&name, '/');
	crm_str_adds(&name, g_mime_content_type_get_media_subtype(type));
	for (char *s = name.ptr; *s; s++)
		*s = *s > ' ' && *s < 0x7f ? (char)tolower((unsigned char)*s) : '?';
	crm_json_put(json, "type", name.ptr);
	crm_str_release(&name);
}

static void put_file(struct walk *w, GMimeObject *object, const char *name, struct crm_slice bytes)
{
	struct crm_str *json = &w->body->attachments;

	crm_json_open(json, '{');
	if (name && *name)
		put_text(w->body, "name", base_name(name));
	if (object)
		put_type(json, object);
	crm_json_put_int(json, "size", (int64_t)bytes.len);
	crm_json_put(json, "digest", crm_item_blob(w->item, bytes.ptr, bytes.len));
}

static bool is_marked(GMimeObject *object, const char *disposition)
{
	const char *given = g_mime_object_get_disposition(object);

	return given && !strcasecmp(given, disposition);
}

static void put_part(struct walk *w, GMimePart *part, struct place place)
{
	GMimeObject *object = (GMimeObject *)part;
	const char *cid = g_mime_object_get_content_id(object);

	crm_str_clear(&w->body->decoded);
	put_file(w, object, g_mime_part_get_filename(part), part_bytes(w->body, part));
	if (is_marked(object, "inline") || (place.related && !is_marked(object, "attachment"))) {
		crm_json_key(&w->body->attachments, "inline");
		crm_json_bool(&w->body->attachments, true);
	}
	if (cid && *cid)
		put_text(w->body, "cid", cid);
	crm_json_close(&w->body->attachments, '}');
}

static bool is_boundary(const struct place *place, const char *line, size_t len)
{
	if (len < 2 || line[0] != '-' || line[1] != '-')
		return false;
	for (; place; place = place->above) {
		size_t n = place->boundary ? strlen(place->boundary) : 0;

		if (n && len - 2 >= n && !memcmp(line + 2, place->boundary, n))
			return true;
	}
	return false;
}

/* The offset of the header that object begins with, -1. */
static gint64 header_offset(GMimeObject *object)
{
	GMimeHeaderList *list = object ? g_mime_object_get_header_list(object) : NULL;

	if (!list || !g_mime_header_list_get_count(list))
		return -1;
	return g_mime_header_get_offset(g_mime_header_list_get_header_at(list, 0));
}

/* The bytes of a message in the message as they stand there: from the empty line after the
 * part's header to the next boundary. GMime keeps what it could make sense of, and would
 * write that in its own way. */
static struct crm_slice message_bytes(struct walk *w, GMimeMessagePart *part,
				      const struct place *place)
{
	gint64 offset = header_offset((GMimeObject *)part);
	bool in_header = offset >= 0;
	const char *at, *end = w->all.ptr + w->all.len, *lf, *start;

	if (offset < 0) /* in a digest a part needs no header */
		offset = header_offset((GMimeObject *)g_mime_message_part_get_message(part));
	if (offset < 0 || (size_t)offset >= w->all.len)
		return CRM_SLICE("");
	at = start = w->all.ptr + offset;
	for (; at < end; at = lf + 1) {
		lf = memchr(at, '\n', (size_t)(end - at));
		if (!lf)
			lf = end - 1;
		if (is_boundary(place, at, (size_t)(lf - at)))
			break;
		if (in_header && (lf == at || (lf == at + 1 && *at == '\r'))) {
			in_header = false;
			start = lf + 1;
		}
	}
	/* the line end before a boundary belongs to it */
	if (at < end && at > start)
		at -= at - 1 > start && at[-2] == '\r' ? 2 : 1;
	return (struct crm_slice){start, in_header ? 0 : (size_t)(at - start)};
}

/* A message in the message, as a file. */
static void put_message(struct walk *w, GMimeMessagePart *part, const struct place *place)
{
	GMimeMessage *message = g_mime_message_part_get_message(part);
	const char *given =
		g_mime_object_get_content_disposition_parameter((GMimeObject *)part, "filename");
	struct crm_str name = CRM_STR_INIT;

	if (given)
		crm_str_adds(&name, given);
	else if (message && g_mime_message_get_subject(message))
		crm_str_addf(&name, "%s.eml", g_mime_message_get_subject(message));
	for (char *s = name.ptr; *s && !given; s++)
		*s = *s == '/' || *s == '\\' || (unsigned char)*s < ' ' ? ' ' : *s;
	crm_str_clear(&w->body->decoded);
	put_file(w, (GMimeObject *)part, name.ptr, message_bytes(w, part, place));
	crm_json_close(&w->body->attachments, '}');
	crm_str_release(&name);
}

/* Appends text, cut to what there is room for, on lines of its own. */
static void add_text(struct crm_mail_body *body, struct crm_str *to, struct crm_slice text)
{
	size_t room = to->len < CRM_MAIL_TEXT ? CRM_MAIL_TEXT - to->len : 0;

	if (to->len && text.len && to->ptr[to->len - 1] != '\n')
		crm_str_addc(to, '\n');
	if (text.len > room) {
		while (room && (text.ptr[room] & 0xC0) == 0x80)
			room--;
		body->bytes_left_out += text.len - room;
		text.len = room;
	}
	crm_str_add(to, text.ptr, text.len);
}

/* Appends a text without the files in it, which become attachments. */
static void add_plain(struct walk *w, struct crm_slice text)
{
	struct crm_str bytes = CRM_STR_INIT;
	struct crm_mail_uu uu;
	size_t from = 0;

	while (w->body->parts < CRM_MAIL_PARTS && crm_mail_uu_find(text, from, &uu, &bytes)) {
		struct crm_str name = CRM_STR_INIT;

		crm_str_add(&name, uu.name.ptr, uu.name.len);
		add_text(w->body, &w->body->text,
			 (struct crm_slice){text.ptr + from, uu.start - from});
		put_file(w, NULL, name.ptr, crm_str_slice(&bytes));
		crm_json_close(&w->body->attachments, '}');
		from = uu.end;
		w->body->parts++;
		crm_str_clear(&bytes);
		crm_str_release(&name);
	}
	add_text(w->body, &w->body->text, (struct crm_slice){text.ptr + from, text.len - from});
	crm_str_release(&bytes);
}

static bool has_flag(GMimeObject *object, const char *parameter, const char *value)
{
	const char *given = g_mime_object_get_content_type_parameter(object, parameter);

	return given && !strcasecmp(given, value);
}

static struct crm_slice cut_to_text(struct crm_mail_body *body, struct crm_slice bytes)
{
	if (bytes.len > CRM_MAIL_TEXT) {
		body->bytes_left_out += bytes.len - CRM_MAIL_TEXT;
		bytes.len = CRM_MAIL_TEXT;
	}
	return bytes;
}

static void read_plain(struct walk *w, GMimePart *part)
{
	GMimeObject *object = (GMimeObject *)part;
	struct crm_slice bytes = cut_to_text(w->body, part_bytes(w->body, part));
	struct crm_str *decoded = &w->body->decoded, lines = CRM_STR_INIT;

	crm_str_clear(decoded);
	crm_mail_decode(bytes, w->body->charset, decoded);
	crm_mail_lines(crm_str_slice(decoded), has_flag(object, "format", "flowed"),
		       has_flag(object, "delsp", "yes"), &lines);
	crm_str_clear(decoded);
	add_plain(w, crm_str_slice(&lines));
	crm_str_release(&lines);
}

static void add_html_text(struct crm_mail_body *body, struct crm_slice html)
{
	struct crm_str text = CRM_STR_INIT;

	crm_html_text(html, &text);
	add_text(body, &body->text, crm_str_slice(&text));
	crm_str_release(&text);
}

/* The charset that a <meta> near the start of html names; appended to out. */
static void find_meta(struct crm_slice html, struct crm_str *out)
{
	size_t end = html.len < 2048 ? html.len : 2048, i;

	for (i = 0; i + 9 < end; i++)
		if (!strncasecmp(html.ptr + i, "charset=", 8))
			break;
	for (i += 8; i < end && strchr("\"' ", html.ptr[i]); i++)
		;
	for (; i < end && (isalnum((unsigned char)html.ptr[i]) || strchr("-_:", html.ptr[i])); i++)
		crm_str_addc(out, html.ptr[i]);
}

static void read_html(struct walk *w, GMimePart *part, bool alternative)
{
	struct crm_slice bytes = cut_to_text(w->body, part_bytes(w->body, part)), html;
	struct crm_str *decoded = &w->body->decoded, meta = CRM_STR_INIT;
	const char *charset = w->body->charset;

	if (!charset || !strcasecmp(charset, "us-ascii")) {
		find_meta(bytes, &meta);
		charset = meta.len ? meta.ptr : charset;
	}
	crm_str_clear(decoded);
	crm_mail_decode(bytes, charset, decoded);
	html = crm_str_slice(decoded);
	add_text(w->body, &w->body->html, html);
	if (!alternative)
		add_html_text(w->body, html);
	crm_str_release(&meta);
}

/* A Content-Type that is none, such as "text", stands for text/plain (RFC 2045 5.2). */
static bool is_typeless(GMimeObject *object)
{
	const char *type = g_mime_object_get_header(object, "Content-Type");

	return type && type[strcspn(type, "/;")] != '/';
}

static bool is_text(struct walk *w, GMimePart *part, struct place place)
{
	GMimeContentType *type = g_mime_object_get_content_type((GMimeObject *)part);

	if (is_marked((GMimeObject *)part, "attachment"))
		return false;
	if ((GMimeObject *)part == w->root && g_mime_content_type_is_type(type, "text", "*"))
		return !g_mime_part_get_filename(part)
		       || g_mime_content_type_is_type(type, "text", "plain")
		       || g_mime_content_type_is_type(type, "text", "html");
	if (!g_mime_content_type_is_type(type, "text", "plain")
	    && !g_mime_content_type_is_type(type, "text", "html")
	    && !is_typeless((GMimeObject *)part))
		return false;
	return place.first || (!place.related && !g_mime_part_get_filename(part));
}

static void walk(struct walk *w, GMimeObject *object, struct place place);

static void read_part(struct walk *w, GMimePart *part, struct place place)
{
	GMimeObject *object = (GMimeObject *)part;
	GMimeContentType *type = g_mime_object_get_content_type(object);

	if (!is_text(w, part, place)) {
		put_part(w, part, place);
		return;
	}
	w->body->charset = g_mime_content_type_get_parameter(type, "charset");
	if (g_mime_content_type_is_type(type, "text", "html"))
		read_html(w, part, place.alternative);
	else
		read_plain(w, part);
}

static bool is_empty(struct crm_slice s)
{
	return !crm_slice_trim(s).len;
}

/* All of the parts of a multipart; then, of alternatives without plain text, what the HTML
 * says. A part that others are related to is the first one, or the one named as start. */
static void read_parts(struct walk *w, GMimeMultipart *multipart, struct place place)
{
	GMimeContentType *type = g_mime_object_get_content_type((GMimeObject *)multipart);
	bool alternative = g_mime_content_type_is_type(type, "multipart", "alternative");
	struct place below = {
		.above = &place,
		.boundary = g_mime_multipart_get_boundary(multipart),
		.depth = place.depth + 1,
		.first = true,
		.related = g_mime_content_type_is_type(type, "multipart", "related"),
		.alternative = place.alternative || alternative,
	};
	size_t text = w->body->text.len, html = w->body->html.len;
	int n = g_mime_multipart_get_count(multipart);

	for (int i = 0; i < n; i++) {
		walk(w, g_mime_multipart_get_part(multipart, i), below);
		below.first = false;
	}
	if (!alternative || place.alternative || w->body->html.len == html)
		return;
	if (is_empty((struct crm_slice){w->body->text.ptr + text, w->body->text.len - text})) {
		struct crm_str copy = CRM_STR_INIT;

		crm_str_add(&copy, w->body->html.ptr + html, w->body->html.len - html);
		add_html_text(w->body, crm_str_slice(&copy));
		crm_str_release(&copy);
	}
}

static size_t count_parts(GMimeObject *object)
{
	size_t n = 1;

	/* as far as one level: what is deeper was not meant to be counted */
	if (GMIME_IS_MULTIPART(object))
		n = (size_t)g_mime_multipart_get_count((GMimeMultipart *)object);
	return n ? n : 1;
}

static void walk(struct walk *w, GMimeObject *object, struct place place)
{
	if (w->body->parts >= CRM_MAIL_PARTS || place.depth > CRM_MAIL_DEPTH) {
		w->body->parts_left_out += count_parts(object);
		return;
	}
	if (GMIME_IS_MULTIPART(object)) {
		read_parts(w, (GMimeMultipart *)object, place);
		return;
	}
	w->body->parts++;
	if (GMIME_IS_MESSAGE_PART(object))
		put_message(w, (GMimeMessagePart *)object, &place);
	else if (GMIME_IS_PART(object))
		read_part(w, (GMimePart *)object, place);
}

void crm_mail_body_read(struct crm_mail_body *body, GMimeMessage *message, struct crm_slice parsed,
			struct crm_slice raw, struct crm_item *item)
{
	GMimeObject *root = g_mime_message_get_mime_part(message);
	struct walk w = {body, item, root, parsed};

	crm_json_open(&body->attachments, '[');
	if (root)
		walk(&w, root, (struct place){.first = true});
	/* a multipart whose boundary nowhere is: better its source than nothing */
	if (!body->parts && !is_empty(raw)) {
		crm_str_clear(&body->decoded);
		crm_mail_decode(cut_to_text(body, raw), NULL, &body->decoded);
		crm_mail_lines(crm_str_slice(&body->decoded), false, false, &body->text);
	}
	if (body->attachments.len == 1)
		crm_str_clear(&body->attachments);
	else
		crm_json_close(&body->attachments, ']');
}
