/* SPDX-License-Identifier: MIT */
/* GMime encodes and folds; here is what goes in, and the check of what comes out: whatever a
 * parcel holds, no line ends where we did not end it. */
#include "reply/mime.h"

#include <gmime/gmime.h>
#include <pthread.h>
#include <string.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "norm/email.h"
#include "norm/html.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define SUBJECT_MAX 2000 /* bytes */
#define NAME_MAX_BYTES 400
#define ID_MAX_BYTES 400    /* an id is not folded; longer ones are left out */
#define REFERENCES_MAX 1500 /* bytes of ids; servers cut fields that are much longer */
#define URL_MAX_BYTES 900
#define LOCAL_MAX 64 /* of an address: RFC 5321 4.5.3.1.1 */

static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool is_control(struct crm_slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c < 0x20 || c == 0x7f
		    || (c == 0xc2 && i + 1 < s.len && ((unsigned char)s.ptr[i + 1] & 0xe0) == 0x80))
			return true;
	}
	return false;
}

static bool is_ascii(struct crm_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] >= 0x80)
			return false;
	return true;
}

/* Is s printable ASCII without blanks and <>, and no longer than max? */
static bool is_word(struct crm_slice s, size_t max)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= ' ' || s.ptr[i] > '~' || s.ptr[i] == '<' || s.ptr[i] == '>')
			return false;
	return s.len && s.len <= max;
}

/* Is it a Message-ID, and not the digest that ingest gives a mail that has none? */
static bool is_id(struct crm_slice s)
{
	return is_word(s, ID_MAX_BYTES) && !crm_slice_starts_caseless(s, "sha:");
}

/* A value for a header: CRM_DATA when it has control bytes, is no UTF-8 or too long. */
static enum crm_status check_value(struct crm_slice s, const char *what, size_t max,
				   struct crm_err *err)
{
	if (is_control(s))
		return crm_fail(err, CRM_DATA, "%s has control characters", what);
	if (s.len && crm_utf8_valid(s.ptr, s.len) != s.len)
		return crm_fail(err, CRM_DATA, "%s is not UTF-8", what);
	if (s.len > max)
		return crm_fail(err, CRM_DATA, "%s is longer than %zu bytes", what, max);
	return CRM_OK;
}

/* --- addresses --- */

bool crm_mime_address(struct crm_slice raw, struct crm_str *out, const char **why)
{
	struct crm_str normal = CRM_STR_INIT;
	const char *at = raw.len ? memrchr(raw.ptr, '@', raw.len) : NULL;
	bool good = at && crm_email_normalise(raw, &normal, why);

	if (!at)
		*why = "no @";
	/* what the normaliser takes apart, a name or a URL around it, has no place here */
	for (size_t i = 0; good && i < raw.len; i++)
		if ((unsigned char)raw.ptr[i] <= ' ' || raw.ptr[i] == 0x7f
		    || strchr("<>:,;\"()[]\\", raw.ptr[i])) {
			*why = "more than an address";
			good = false;
		}
	if (good) {
		crm_str_add(out, raw.ptr, (size_t)(at - raw.ptr));
		crm_str_adds(out, strrchr(normal.ptr, '@'));
	}
	crm_str_release(&normal);
	return good;
}

static enum crm_status address(struct crm_slice raw, const char *what, struct crm_str *out,
			       struct crm_err *err)
{
	struct crm_str shown = CRM_STR_INIT;
	const char *why = "";

	if (crm_mime_address(raw, out, &why))
		return CRM_OK;
	crm_utf8_printable(&shown, (struct crm_slice){raw.ptr, raw.len < 100 ? raw.len : 100});
	crm_fail(err, CRM_DATA, "%s '%s' is no address: %s", what, shown.ptr, why);
	crm_str_release(&shown);
	return CRM_DATA;
}

static bool is_set(const struct crm_account *account, const char *name)
{
	return crm_slice_is(crm_account_get(account, name), "true");
}

/* Appends LOCAL+detail@HOST of an address LOCAL@HOST; false when that is too long. */
static bool with_detail(struct crm_slice plain, struct crm_slice detail, struct crm_str *out)
{
	const char *at = memrchr(plain.ptr, '@', plain.len);
	size_t local = (size_t)(at - plain.ptr);

	if (local + 1 + detail.len > LOCAL_MAX)
		return false;
	crm_str_add(out, plain.ptr, local);
	crm_str_addc(out, '+');
	crm_str_add(out, detail.ptr, detail.len);
	crm_str_add(out, at, plain.len - local);
	return true;
}

/* ID@HOST as ID=HOST. */
static enum crm_status verp(struct crm_slice raw, struct crm_slice message_id, struct crm_str *out,
			    struct crm_err *err)
{
	struct crm_str plain = CRM_STR_INIT, detail = CRM_STR_INIT;
	enum crm_status rc = address(raw, "verp", &plain, err);
	const char *at = message_id.len ? memrchr(message_id.ptr, '@', message_id.len) : NULL;

	if (rc == CRM_OK && at) {
		crm_str_add(&detail, message_id.ptr, message_id.len);
		detail.ptr[at - message_id.ptr] = '=';
	}
	if (rc == CRM_OK
	    && !(at && !memchr(message_id.ptr, '=', message_id.len)
		 && with_detail(crm_str_slice(&plain), crm_str_slice(&detail), out)))
		crm_str_add(out, plain.ptr, plain.len);
	crm_str_release(&plain);
	crm_str_release(&detail);
	return rc;
}

enum crm_status crm_mime_envelope(const struct crm_parcel *parcel,
				  const struct crm_account *account, struct crm_str *sender,
				  struct crm_str *recipient, bool *utf8, struct crm_err *err)
{
	struct crm_slice bounce = crm_account_get(account, "verp");
	enum crm_status rc = address(parcel->to, "the recipient", recipient, err);

	if (rc == CRM_OK && bounce.len)
		rc = verp(bounce, parcel->message_id, sender, err);
	else if (rc == CRM_OK)
		rc = address(crm_slice_of(account->account), "the account", sender, err);
	*utf8 = !is_ascii(crm_str_slice(sender)) || !is_ascii(crm_str_slice(recipient));
	return rc;
}

/* --- the header --- */

void crm_mime_answer_subject(struct crm_slice subject, struct crm_str *out)
{
	static const char *const prefixes[] = {"re",   "aw",   "sv",   "antw", "res", "rif",
					       "odp",  "vs",   "ref",  "rv",   "ynt", "atb",
					       "回复", "回覆", "答复", "답장", "отв"};

	subject = crm_slice_trim(subject);
	for (size_t i = 0; i < N(prefixes); i++) {
		size_t n = strlen(prefixes[i]);
		struct crm_slice rest;
		const char *close;

		if (!crm_slice_starts_caseless(subject, prefixes[i]))
			continue;
		rest = (struct crm_slice){subject.ptr + n, subject.len - n};
		if (crm_slice_starts_caseless(rest, "[")
		    && (close = memchr(rest.ptr, ']', rest.len)))
			rest = (struct crm_slice){close + 1,
						  rest.len - (size_t)(close + 1 - rest.ptr)};
		if (crm_slice_starts_caseless(rest, ":") || crm_slice_starts_caseless(rest, "：")) {
			crm_str_add(out, subject.ptr, subject.len);
			return;
		}
	}
	crm_str_adds(out, "Re: ");
	crm_str_add(out, subject.ptr, subject.len);
}

static void set(GMimeMessage *message, const char *name, const char *value)
{
	g_mime_object_set_header(GMIME_OBJECT(message), name, value, "utf-8");
}

/* Sets a field of ids or addresses of the web as it stands: GMime would encode long ones. The
 * lines of value but the first begin with a tab. */
static void set_raw(GMimeMessage *message, const char *name, const struct crm_str *value)
{
	GMimeHeaderList *headers = g_mime_object_get_header_list(GMIME_OBJECT(message));
	struct crm_str raw = CRM_STR_INIT;

	crm_str_addf(&raw, " %s\n", value->ptr);
	g_mime_header_list_append(headers, name, "", NULL);
	g_mime_header_set_raw_value(g_mime_header_list_get_header(headers, name), raw.ptr);
	crm_str_release(&raw);
}

static void add_mailbox(GMimeMessage *message, GMimeAddressType type, struct crm_slice name,
			const char *addr)
{
	char *copy = name.len ? g_strndup(name.ptr, name.len) : NULL;
	InternetAddress *mailbox = internet_address_mailbox_new(copy, addr);

	internet_address_set_charset(mailbox, "utf-8");
	internet_address_list_add(g_mime_message_get_addresses(message, type), mailbox);
	g_object_unref(mailbox);
	g_free(copy);
}

/* It becomes part of an address. */
static enum crm_status check_token(struct crm_slice token, struct crm_err *err)
{
	for (size_t i = 0; i < token.len; i++)
		if (!g_ascii_isalnum(token.ptr[i]) && token.ptr[i] != '.')
			return crm_fail(err, CRM_DATA, "its token is none");
	return CRM_OK;
}

static enum crm_status put_addresses(GMimeMessage *message, const struct crm_parcel *p,
				     const struct crm_account *account, struct crm_err *err)
{
	struct crm_str from = CRM_STR_INIT, to = CRM_STR_INIT, back = CRM_STR_INIT;
	struct crm_slice name = crm_slice_of(account->name);
	enum crm_status rc;

	if ((rc = check_value(name, "the account's name", NAME_MAX_BYTES, err)) == CRM_OK
	    && (rc = check_value(p->to_name, "the recipient's name", NAME_MAX_BYTES, err)) == CRM_OK
	    && (rc = check_token(p->reply_token, err)) == CRM_OK
	    && (rc = address(crm_slice_of(account->account), "the account", &from, err)) == CRM_OK
	    && (rc = address(p->to, "the recipient", &to, err)) == CRM_OK) {
		add_mailbox(message, GMIME_ADDRESS_TYPE_FROM, name, from.ptr);
		if (is_set(account, "plus") && p->reply_token.len
		    && with_detail(crm_str_slice(&from), p->reply_token, &back))
			add_mailbox(message, GMIME_ADDRESS_TYPE_REPLY_TO, name, back.ptr);
		add_mailbox(message, GMIME_ADDRESS_TYPE_TO, p->to_name, to.ptr);
	}
	crm_str_release(&from);
	crm_str_release(&to);
	crm_str_release(&back);
	return rc;
}

static enum crm_status put_subject(GMimeMessage *message, const struct crm_parcel *p,
				   const struct crm_account *account, struct crm_err *err)
{
	struct crm_str subject = CRM_STR_INIT;
	enum crm_status rc = check_value(p->subject, "the subject", SUBJECT_MAX, err);

	if (rc == CRM_OK) {
		crm_str_add(&subject, p->subject.ptr, p->subject.len);
		if (is_set(account, "tag") && p->reply_token.len
		    && !memmem(p->subject.ptr, p->subject.len, p->reply_token.ptr,
			       p->reply_token.len))
			crm_str_addf(&subject, " [#%.*s]", (int)p->reply_token.len,
				     p->reply_token.ptr);
		g_mime_message_set_subject(message, subject.ptr, "utf-8");
	}
	crm_str_release(&subject);
	return rc;
}

/* The first and the last ones that have room, oldest first; what the message answers is the
 * last one. What others sent us as ids and is none is left out. */
static void put_references(GMimeMessage *message, const struct crm_parcel *p)
{
	struct crm_str field = CRM_STR_INIT;
	struct crm_slice last =
		is_id(p->in_reply_to) ? p->in_reply_to : (struct crm_slice){NULL, 0};
	size_t room = REFERENCES_MAX - last.len, from = p->n_references, first = 0;

	while (first < p->n_references && !is_id(p->references[first]))
		first++;
	if (first < p->n_references)
		room -= p->references[first].len;
	for (; from > first + 1 && p->references[from - 1].len < room; from--)
		room -= p->references[from - 1].len;
	for (size_t i = first; i < p->n_references; i++)
		if ((i == first || i >= from) && is_id(p->references[i])
		    && !crm_slice_same(p->references[i], last))
			crm_str_addf(&field, "%s<%.*s>", field.len ? "\n\t" : "",
				     (int)p->references[i].len, p->references[i].ptr);
	if (last.len) {
		struct crm_str id = CRM_STR_INIT;

		crm_str_addf(&id, "<%.*s>", (int)last.len, last.ptr);
		set_raw(message, "In-Reply-To", &id);
		crm_str_addf(&field, "%s%s", field.len ? "\n\t" : "", id.ptr);
		crm_str_release(&id);
	}
	if (field.len)
		set_raw(message, "References", &field);
	crm_str_release(&field);
}

static enum crm_status put_identity(GMimeMessage *message, const struct crm_parcel *p,
				    struct crm_err *err)
{
	GDateTime *date = g_date_time_new_from_unix_utc(p->at / 1000);
	struct crm_str id = CRM_STR_INIT;

	if (!date)
		return crm_fail(err, CRM_DATA, "its time is out of range");
	g_mime_message_set_date(message, date);
	g_date_time_unref(date);
	if (!is_id(p->message_id) || !memchr(p->message_id.ptr, '@', p->message_id.len))
		return crm_fail(err, CRM_DATA, "its Message-ID is none");
	crm_str_addf(&id, "<%.*s>", (int)p->message_id.len, p->message_id.ptr);
	set_raw(message, "Message-ID", &id);
	crm_str_release(&id);
	put_references(message, p);
	return CRM_OK;
}

/* Programs that answer by themselves are to leave this alone. Reports of what was not
 * delivered (NDR) are wanted, so not "All". */
static void put_automatic(GMimeMessage *message, const struct crm_parcel *p,
			  const struct crm_account *account)
{
	if (!p->automatic.len && !p->campaign.len)
		return;
	set(message, "Auto-Submitted",
	    p->in_reply_to.len && !p->campaign.len ? "auto-replied" : "auto-generated");
	set(message, "X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply");
	set(message, "X-Loop", account->account);
}

/* <name.host>: of the campaign's name what RFC 2919 allows, the rest as '-'. */
static void put_list_id(GMimeMessage *message, struct crm_slice campaign, const char *host)
{
	struct crm_str id = CRM_STR_INIT;

	crm_str_addc(&id, '<');
	for (size_t i = 0; i < campaign.len && i < 100; i++) {
		unsigned char c = (unsigned char)campaign.ptr[i];

		crm_str_addc(&id, g_ascii_isalnum(c) ? (char)g_ascii_tolower(c) : '-');
	}
	crm_str_addf(&id, ".%s>", host);
	set(message, "List-Id", id.ptr);
	crm_str_release(&id);
}

/* <mailto:ADDRESS?subject=unsubscribe%20TOKEN>: by the token we know which address is meant, also
 * where the mail is read, and answered, at another. */
static enum crm_status make_mailto(struct crm_slice box, struct crm_slice token,
				   struct crm_str *out, struct crm_err *err)
{
	struct crm_str to = CRM_STR_INIT;
	enum crm_status rc = check_token(token, err);

	if (rc == CRM_OK && (rc = address(box, "unsubscribe", &to, err)) == CRM_OK)
		crm_str_addf(out, "<mailto:%s?subject=unsubscribe%s%.*s>", to.ptr,
			     token.len ? "%20" : "", (int)token.len, token.len ? token.ptr : "");
	crm_str_release(&to);
	return rc;
}

static enum crm_status put_campaign(GMimeMessage *message, const struct crm_parcel *p,
				    const struct crm_account *account, struct crm_err *err)
{
	struct crm_slice url = p->unsubscribe, post = crm_account_get(account, "unsubscribe");
	struct crm_str list = CRM_STR_INIT;
	bool https = crm_slice_starts_caseless(url, "https://");
	enum crm_status rc = CRM_OK;

	if (p->campaign.len) {
		set(message, "Precedence", "bulk");
		put_list_id(message, p->campaign, strrchr(account->account, '@') + 1);
	}
	if (url.len
	    && (!is_word(url, URL_MAX_BYTES) || memchr(url.ptr, ',', url.len)
		|| !(https || crm_slice_starts_caseless(url, "http://"))))
		return crm_fail(err, CRM_DATA, "its address for unsubscribing is no URL");
	if (post.len && (p->campaign.len || p->leave_token.len))
		rc = make_mailto(post, p->leave_token, &list, err);
	if (rc == CRM_OK && (url.len || list.len)) {
		struct crm_str value = CRM_STR_INIT;

		if (url.len)
			crm_str_addf(&value, "<%.*s>%s", (int)url.len, url.ptr,
				     list.len ? ",\n\t" : "");
		crm_str_add(&value, list.ptr, list.len);
		set_raw(message, "List-Unsubscribe", &value);
		if (https)
			set(message, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
		crm_str_release(&value);
	}
	crm_str_release(&list);
	return rc;
}

/* --- the body --- */

/* The least that takes a text through servers of seven bits and keeps its lines short. */
static GMimeContentEncoding encoding_of(struct crm_slice text)
{
	size_t high = 0, line = 0, longest = 0;

	for (size_t i = 0; i < text.len; i++) {
		high += (unsigned char)text.ptr[i] >= 0x80 || !text.ptr[i];
		line = text.ptr[i] == '\n' || text.ptr[i] == '\r' ? 0 : line + 1;
		longest = line > longest ? line : longest;
	}
	if (!high && longest <= CRM_MIME_LINE)
		return GMIME_CONTENT_ENCODING_7BIT;
	return high > text.len / 3 ? GMIME_CONTENT_ENCODING_BASE64
				   : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
}

/* New: a part of text. Lines within base64 end with CRLF (RFC 2045 6.8), all others are ended
 * by put_lines. */
static GMimeObject *text_part(struct crm_slice text, const char *subtype)
{
	GMimePart *part = g_mime_part_new_with_type("text", subtype);
	GMimeStream *stream = g_mime_stream_mem_new();
	GMimeContentEncoding encoding = encoding_of(text);
	bool crlf = encoding == GMIME_CONTENT_ENCODING_BASE64;
	GMimeDataWrapper *content;

	for (size_t i = 0, end; i < text.len; i = end + 1) {
		for (end = i; end < text.len && text.ptr[end] != '\r' && text.ptr[end] != '\n';)
			end++;
		g_mime_stream_write(stream, text.ptr + i, end - i);
		g_mime_stream_write(stream, "\r\n" + !crlf, 1 + crlf);
		if (end + 1 < text.len && text.ptr[end] == '\r' && text.ptr[end + 1] == '\n')
			end++;
	}
	content = g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);
	g_mime_part_set_content(part, content);
	g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset", "utf-8");
	g_mime_part_set_content_encoding(part, encoding);
	g_object_unref(content);
	g_object_unref(stream);
	return GMIME_OBJECT(part);
}

/* A line that is in no part: it would have to hold a digest of itself. */
static void set_boundary(GMimeMultipart *multipart, const struct crm_parcel *p, const char *level)
{
	struct crm_str all = CRM_STR_INIT, boundary = CRM_STR_INIT;
	struct crm_digest digest;

	crm_str_add(&all, p->key.ptr, p->key.len);
	crm_str_add(&all, p->text.ptr, p->text.len);
	crm_str_add(&all, p->html.ptr, p->html.len);
	crm_str_adds(&all, level);
	digest = crm_digest_of(all.ptr, all.len);
	crm_str_adds(&boundary, "=_");
	crm_digest_hex(&digest, &boundary);
	g_mime_multipart_set_boundary(multipart, boundary.ptr);
	crm_str_release(&all);
	crm_str_release(&boundary);
}

/* New: a file, in base64. */
static GMimeObject *file_part(const struct crm_file *f)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(f->bytes.ptr, f->bytes.len);
	GMimeDataWrapper *content =
		g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);
	const char *slash = strchr(f->type.ptr, '/');
	char *type = g_strndup(f->type.ptr, (gsize)(slash - f->type.ptr));
	GMimePart *part = g_mime_part_new_with_type(type, slash + 1);

	g_mime_part_set_content(part, content);
	g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_BASE64);
	g_mime_object_set_disposition(GMIME_OBJECT(part), GMIME_DISPOSITION_ATTACHMENT);
	g_mime_part_set_filename(part, f->name.ptr);
	g_free(type);
	g_object_unref(content);
	g_object_unref(stream);
	return GMIME_OBJECT(part);
}

/* New: body, which it takes, and the files behind it. */
static GMimeObject *with_files(GMimeObject *body, const struct crm_parcel *p)
{
	GMimeMultipart *all = g_mime_multipart_new_with_subtype("mixed");

	set_boundary(all, p, "mixed");
	g_mime_multipart_add(all, body);
	g_object_unref(body);
	for (size_t i = 0; i < p->files.n; i++) {
		GMimeObject *part = file_part(&p->files.list[i]);

		g_mime_multipart_add(all, part);
		g_object_unref(part);
	}
	return GMIME_OBJECT(all);
}

static enum crm_status put_body(GMimeMessage *message, const struct crm_parcel *p,
				struct crm_err *err)
{
	struct crm_str plain = CRM_STR_INIT;
	GMimeObject *text, *html, *body;

	if (crm_utf8_valid(p->text.ptr, p->text.len) != p->text.len
	    || crm_utf8_valid(p->html.ptr, p->html.len) != p->html.len)
		return crm_fail(err, CRM_DATA, "its text is not UTF-8");
	if (p->text.len)
		crm_str_add(&plain, p->text.ptr, p->text.len);
	else
		crm_html_text(p->html, &plain);
	if (!crm_slice_trim(crm_str_slice(&plain)).len && !p->html.len && !p->files.n) {
		crm_str_release(&plain);
		return crm_fail(err, CRM_DATA, "it has no text");
	}
	body = text = text_part(crm_str_slice(&plain), "plain");
	if (p->html.len) {
		GMimeMultipart *both = g_mime_multipart_new_with_subtype("alternative");

		set_boundary(both, p, "");
		html = text_part(p->html, "html");
		g_mime_multipart_add(both, text);
		g_mime_multipart_add(both, html);
		g_object_unref(text);
		g_object_unref(html);
		body = GMIME_OBJECT(both);
	}
	if (p->files.n)
		body = with_files(body, p);
	g_mime_message_set_mime_part(message, body);
	g_object_unref(body);
	crm_str_release(&plain);
	return CRM_OK;
}

/* --- the message --- */

/* Appends what GMime wrote, with CRLF, and holds it to what we promise. */
static enum crm_status put_lines(struct crm_slice written, bool utf8, struct crm_str *out,
				 struct crm_err *err)
{
	const char *at = written.ptr, *end = at + written.len, *lf;

	for (; at < end; at = lf + 1) {
		size_t n;

		lf = memchr(at, '\n', (size_t)(end - at));
		lf = lf ? lf : end;
		n = (size_t)(lf - at);
		if (n > CRM_MIME_LINE)
			return crm_fail(err, CRM_DATA, "it has a line of %zu bytes", n);
		if (memchr(at, '\r', n) || (!utf8 && !is_ascii((struct crm_slice){at, n})))
			return crm_fail(err, CRM_BUG, "the message built is not well-formed");
		crm_str_add(out, at, n);
		crm_str_adds(out, "\r\n");
	}
	return CRM_OK;
}

static enum crm_status write_message(GMimeMessage *message, bool utf8, struct crm_str *out,
				     struct crm_err *err)
{
	GMimeFormatOptions *format = g_mime_format_options_new();
	GMimeStream *stream = g_mime_stream_mem_new();
	GByteArray *bytes;
	enum crm_status rc;

	g_mime_format_options_set_newline_format(format, GMIME_NEWLINE_FORMAT_UNIX);
	g_mime_object_write_to_stream(GMIME_OBJECT(message), format, stream);
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	rc = put_lines((struct crm_slice){(char *)bytes->data, bytes->len}, utf8, out, err);
	g_object_unref(stream);
	g_mime_format_options_free(format);
	return rc;
}

enum crm_status crm_mime_build(const struct crm_parcel *parcel, const struct crm_account *account,
			       struct crm_str *out, struct crm_err *err)
{
	GMimeMessage *message;
	enum crm_status rc;

	pthread_once(&once, g_mime_init);
	message = g_mime_message_new(FALSE);
	if ((rc = put_addresses(message, parcel, account, err)) == CRM_OK
	    && (rc = put_subject(message, parcel, account, err)) == CRM_OK
	    && (rc = put_identity(message, parcel, err)) == CRM_OK
	    && (rc = put_campaign(message, parcel, account, err)) == CRM_OK) {
		put_automatic(message, parcel, account);
		rc = put_body(message, parcel, err);
	}
	if (rc == CRM_OK)
		rc = write_message(message, !is_ascii(parcel->to), out, err);
	g_object_unref(message);
	return rc;
}
