/* SPDX-License-Identifier: MIT */
/* Filling in the placeholders of a request. */
#include "reply/fill.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/secrets.h"
#include "base/utf8.h"
#include "ingest/channel.h"
#include "ingest/path.h"
#include "ingest/placeholder.h"

struct crm_fill_secret {
	char *name;
	struct crm_str value;
};

/* --- life --- */

void crm_fill_init(struct crm_fill *f, const struct crm_account *account, const char *dir)
{
	*f = (struct crm_fill){.account = account,
			       .dir = crm_strdup(dir),
			       .origin = CRM_JSON_DOC_INIT,
			       .variables = CRM_JSON_DOC_INIT,
			       .value = CRM_STR_INIT,
			       .turned = CRM_STR_INIT};
}

/* Lays out JSON of the parcel; what is none has no values. */
static void scan(struct crm_json_doc *doc, struct crm_slice json)
{
	if (!json.ptr || crm_json_scan(doc, json.ptr, json.len) != CRM_OK)
		doc->n = 0;
}

/* A UUID that is the same at each try: of the kind that anybody may make up (RFC 9562, version
 * 8), over channel, account and key. */
static void make_uuid(struct crm_fill *f)
{
	struct crm_str s = CRM_STR_INIT;
	struct crm_digest d;
	char *out = f->uuid;

	crm_str_addf(&s, "%s\n%s\n", f->account->channel->name, f->account->account);
	crm_str_add(&s, f->parcel->key.ptr ? f->parcel->key.ptr : "", f->parcel->key.len);
	d = crm_digest_of(s.ptr, s.len);
	d.bytes[6] = (unsigned char)(0x80 | (d.bytes[6] & 0x0f));
	d.bytes[8] = (unsigned char)(0x80 | (d.bytes[8] & 0x3f));
	for (int i = 0; i < CRM_DIGEST_SIZE; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		*out++ = "0123456789abcdef"[d.bytes[i] >> 4];
		*out++ = "0123456789abcdef"[d.bytes[i] & 15];
	}
	*out = '\0';
	crm_str_release(&s);
}

void crm_fill_begin(struct crm_fill *f, const struct crm_parcel *parcel, bool hide)
{
	f->parcel = parcel;
	f->hide = hide;
	scan(&f->origin, parcel->origin);
	scan(&f->variables, parcel->variables);
	make_uuid(f);
}

void crm_fill_release(struct crm_fill *f)
{
	for (size_t i = 0; i < f->n_secrets; i++) {
		crm_secret_wipe(&f->secrets[i].value);
		free(f->secrets[i].name);
	}
	free(f->secrets);
	free(f->dir);
	crm_json_doc_release(&f->origin);
	crm_json_doc_release(&f->variables);
	crm_secret_wipe(&f->value); /* a secret may have been in it */
	crm_secret_wipe(&f->turned);
}

/* --- values --- */

static enum crm_status as_config(struct crm_err *err)
{
	return err->status = CRM_CONFIG;
}

static enum crm_status secret(struct crm_fill *f, const char *name, struct crm_slice *out,
			      struct crm_err *err)
{
	struct crm_fill_secret *s;
	struct crm_str own = CRM_STR_INIT;
	enum crm_status rc;

	if (f->hide) {
		*out = CRM_SLICE("***");
		return CRM_OK;
	}
	for (size_t i = 0; i < f->n_secrets; i++)
		if (!strcmp(f->secrets[i].name, name)) {
			*out = (struct crm_slice){f->secrets[i].value.ptr, f->secrets[i].value.len};
			return CRM_OK;
		}
	CRM_GROW(f->secrets, f->n_secrets + 1, f->cap_secrets);
	s = &f->secrets[f->n_secrets];
	s->value = (struct crm_str)CRM_STR_INIT;
	crm_str_addf(&own, "%s:%s", name, f->account->account);
	rc = crm_secret_get(f->dir, own.ptr, &s->value, err);
	if (rc == CRM_NO_INPUT)
		rc = crm_secret_get(f->dir, name, &s->value, err);
	crm_str_release(&own);
	if (rc != CRM_OK)
		return as_config(err);
	s->name = crm_strdup(name);
	*out = (struct crm_slice){s->value.ptr, s->value.len};
	f->n_secrets++;
	return CRM_OK;
}

struct found {
	struct crm_str *text;
	bool any;
	bool json; /* as it is written */
};

static bool take_first(const struct crm_spot *spot, void *data)
{
	const struct crm_json_value *v = crm_spot_value(spot);
	struct found *found = data;

	if (v->type == CRM_JSON_NULL || (v->type >= CRM_JSON_ARRAY && !found->json))
		return true;
	crm_str_clear(found->text);
	if (found->json && v->type == CRM_JSON_STRING)
		crm_str_addf(found->text, "\"%.*s\"", (int)v->text.len, v->text.ptr);
	else
		crm_json_text(v, found->text);
	found->any = found->text->len > 0;
	return !found->any;
}

/* What stands at a path of a document of the parcel. */
static struct crm_slice at_path(struct crm_fill *f, const struct crm_json_doc *doc,
				const char *path, bool json)
{
	struct found found = {&f->value, false, json};
	struct crm_spot root;

	crm_str_clear(&f->value);
	if (doc->n) {
		root = crm_spot_root(doc);
		crm_path_walk(&root, path, take_first, &found);
	}
	return found.any ? (struct crm_slice){f->value.ptr, f->value.len}
			 : (struct crm_slice){NULL, 0};
}

/* Can SMS write it in its own alphabet, 7 bits each (3GPP TS 23.038, 6.2.1)? */
static bool is_gsm(struct crm_slice text)
{
	static const char others[] = "£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà€";

	for (size_t i = 0; i < text.len;) {
		size_t len = crm_utf8_length(text.ptr + i, text.len - i);

		if (len == 1 ? text.ptr[i] == '`'
				       || (text.ptr[i] < ' ' && !strchr("\n\r\f", text.ptr[i]))
				       || text.ptr[i] == 0x7f
			     : !len || !memmem(others, sizeof(others) - 1, text.ptr + i, len))
			return false;
		i += len;
	}
	return true;
}

static struct crm_slice named(const struct crm_fill *f, struct crm_slice name)
{
	const struct crm_parcel *p = f->parcel;
	const struct {
		const char *name;
		struct crm_slice value;
	} names[] = {
		{"about", p->about},
		{"agent", p->agent},
		{"html", p->html},
		{"key", p->key},
		{"subject", p->subject},
		{"text", p->text},
		{"thread", p->thread},
		{"to", p->to},
		{"to_name", p->to_name},
		{"uuid", crm_slice_of(f->uuid)},
		{"account", crm_slice_of(f->account->account)},
	};

	if (crm_slice_is(name, "coding"))
		return is_gsm(p->text) ? CRM_SLICE("0") : CRM_SLICE("2");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (crm_slice_is(name, names[i].name))
			return names[i].value;
	return (struct crm_slice){NULL, 0};
}

/* The part of name behind a prefix; NULL: it has another. */
static const char *behind(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(name, prefix, len) ? NULL : name + len;
}

/* The value of a name, before it is turned; {0}: there is none. */
static enum crm_status look_up(struct crm_fill *f, const struct crm_placeholder *p,
			       struct crm_slice *out, struct crm_err *err)
{
	char *name = crm_strndup(p->name.ptr, p->name.len);
	bool json = p->as == CRM_PUT_JSON;
	enum crm_status rc = CRM_OK;
	struct crm_str path = CRM_STR_INIT;
	const char *rest;

	if (*name == '/') {
		*out = at_path(f, &f->origin, name, json);
	} else if ((rest = behind(name, "variables."))) {
		crm_str_addf(&path, "/%s", rest);
		*out = at_path(f, &f->variables, path.ptr, json);
	} else if ((rest = behind(name, "account."))) {
		*out = crm_account_get(f->account, rest);
	} else if ((rest = behind(name, "secret."))) {
		rc = secret(f, rest, out, err);
	} else {
		*out = named(f, p->name);
	}
	crm_str_release(&path);
	free(name);
	return rc;
}

static bool is_integer(struct crm_slice s)
{
	size_t at = s.len && s.ptr[0] == '-';

	if (at == s.len || s.len > 20 || (s.ptr[at] == '0' && s.len > at + 1))
		return false;
	for (; at < s.len; at++)
		if (s.ptr[at] < '0' || s.ptr[at] > '9')
			return false;
	return true;
}

static enum crm_status not_so(const struct crm_placeholder *p, const char *why, struct crm_err *err)
{
	return crm_fail(err, CRM_DATA, "{{%.*s}} %s", (int)(p->name.len < 80 ? p->name.len : 80),
			p->name.ptr, why);
}

static void entities(struct crm_slice s, struct crm_str *out)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '&')
			crm_str_adds(out, "&amp;");
		else if (s.ptr[i] == '<')
			crm_str_adds(out, "&lt;");
		else if (s.ptr[i] == '>')
			crm_str_adds(out, "&gt;");
		else
			crm_str_addc(out, s.ptr[i]);
	}
}

/* The part before, or behind, the first c; {0}: there is none. */
static struct crm_slice cut(struct crm_slice s, char c, bool behind_it)
{
	const char *at = s.len ? memchr(s.ptr, c, s.len) : NULL;
	size_t len = at ? (size_t)(at - s.ptr) + 1 : 0;

	if (!at)
		return (struct crm_slice){NULL, 0};
	return behind_it ? (struct crm_slice){at + 1, s.len - len} : (struct crm_slice){s.ptr, len};
}

static struct crm_slice turned(struct crm_fill *f, enum crm_placeholder_as as, struct crm_slice s)
{
	struct crm_slice part;

	crm_str_clear(&f->turned);
	switch (as) {
	case CRM_PUT_TEXT:
	case CRM_PUT_JSON:
	case CRM_PUT_NUMBER:
		return s;
	case CRM_PUT_HEAD:
		part = cut(s, '/', false);
		return part.ptr ? (struct crm_slice){part.ptr, part.len - 1} : s;
	case CRM_PUT_TAIL:
		return cut(s, '/', true);
	case CRM_PUT_SCHEME:
		return cut(s, ':', false);
	case CRM_PUT_DIGITS:
		for (size_t i = 0; i < s.len; i++)
			if (s.ptr[i] >= '0' && s.ptr[i] <= '9')
				crm_str_addc(&f->turned, s.ptr[i]);
		break;
	case CRM_PUT_ENTITIES:
		entities(s, &f->turned);
		break;
	}
	return (struct crm_slice){f->turned.ptr, f->turned.len};
}

/* Can it stand in a request at all? */
static enum crm_status check(const struct crm_placeholder *p, struct crm_slice s,
			     struct crm_err *err)
{
	if (crm_utf8_valid(s.ptr, s.len) != s.len || memchr(s.ptr, 0, s.len))
		return not_so(p, "is no text", err);
	if (p->as == CRM_PUT_NUMBER && !is_integer(s))
		return not_so(p, "is no whole number", err);
	return CRM_OK;
}

/* The value of a placeholder, or of the others named in its place: *p becomes the one that has it.
 * CRM_NO_INPUT: it is missing, and may be. */
static enum crm_status value_of(struct crm_fill *f, struct crm_placeholder *p,
				struct crm_slice *out, struct crm_err *err)
{
	enum crm_status rc;

	for (;;) {
		*out = (struct crm_slice){NULL, 0};
		if ((rc = look_up(f, p, out, err)) != CRM_OK)
			return rc;
		if (out->len)
			*out = turned(f, p->as, *out);
		if (out->len)
			return check(p, *out, err);
		if (!p->other.ptr)
			break;
		*p = crm_placeholder_parse(p->other);
	}
	*out = p->fallback;
	if (out->ptr)
		return CRM_OK;
	return p->optional ? CRM_NO_INPUT : not_so(p, "is missing", err);
}

/* --- texts --- */

void crm_fill_percent(struct crm_slice s, struct crm_str *out)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
			crm_str_addc(out, (char)c);
		else if ((c >= '0' && c <= '9') || (c && strchr("-._~:*", c)))
			crm_str_addc(out, (char)c);
		else
			crm_str_addf(out, "%%%02X", c);
	}
}

/* In a path a part that is . or .. would lead elsewhere: it is no value for a URL. */
static bool leads_away(struct crm_slice s)
{
	return crm_slice_is(s, ".") || crm_slice_is(s, "..");
}

/* What the owner of the shop wrote, and no customer. */
static bool is_account(const struct crm_placeholder *p)
{
	return p->name.len > 8 && !memcmp(p->name.ptr, "account.", 8);
}

static enum crm_status put(const struct crm_placeholder *p, struct crm_slice value, bool is_server,
			   enum crm_fill_into into, struct crm_str *out, struct crm_err *err)
{
	for (size_t i = 0; i < value.len && into == CRM_FILL_HEADER; i++)
		if ((unsigned char)value.ptr[i] < ' ' || value.ptr[i] == 0x7f)
			return not_so(p, "holds a control character", err);
	if (into != CRM_FILL_URL || is_server)
		crm_str_add(out, value.ptr, value.len);
	else if (leads_away(value))
		return not_so(p, "is no part of an address", err);
	else
		crm_fill_percent(value, out);
	return CRM_OK;
}

enum crm_status crm_fill_text(struct crm_fill *f, const char *text, enum crm_fill_into into,
			      struct crm_str *out, struct crm_err *err)
{
	struct crm_slice rest = crm_slice_of(text), before, value;
	struct crm_placeholder p;
	enum crm_status rc;
	size_t start = out->len;

	while (crm_placeholder_next(&rest, &before, &p)) {
		crm_str_add(out, before.ptr, before.len);
		rc = value_of(f, &p, &value, err);
		if (rc == CRM_OK)
			rc = put(&p, value, out->len == start && is_account(&p), into, out, err);
		f->missing += rc == CRM_NO_INPUT;
		f->filled += rc == CRM_OK;
		if (rc != CRM_OK)
			return rc;
	}
	crm_str_add(out, before.ptr, before.len);
	return CRM_OK;
}

/* --- JSON --- */

static enum crm_status fill_value(struct crm_fill *f, const struct crm_json_doc *doc,
				  const struct crm_json_value *v, struct crm_str *out,
				  struct crm_err *err);

/* Members of an object, elements of a list. */
static enum crm_status fill_all(struct crm_fill *f, const struct crm_json_doc *doc,
				const struct crm_json_value *v, struct crm_str *out,
				struct crm_err *err)
{
	bool object = v->type == CRM_JSON_OBJECT;
	uint32_t at = (uint32_t)(v - doc->values) + 1;
	size_t missing = f->missing, filled = f->filled;

	crm_json_open(out, object ? '{' : '[');
	for (; at < v->next; at = doc->values[at].next) {
		const struct crm_json_value *item = &doc->values[at];
		size_t before = out->len;
		enum crm_status rc;

		if (object && item->key_escaped)
			return crm_fail(err, CRM_CONFIG, "'%.*s': a name with a backslash",
					(int)item->key.len, item->key.ptr);
		if (object)
			crm_json_key_slice(out, item->key);
		rc = fill_value(f, doc, item, out, err);
		if (rc == CRM_NO_INPUT) {
			out->len = before;
			out->ptr[before] = '\0';
		} else if (rc != CRM_OK) {
			return rc;
		}
	}
	crm_json_close(out, object ? '}' : ']');
	return f->missing > missing && f->filled == filled ? CRM_NO_INPUT : CRM_OK;
}

/* One placeholder that may be put in without quotes: what is named in its place need not be. */
static enum crm_status fill_bare(struct crm_fill *f, struct crm_placeholder *p, struct crm_str *out,
				 struct crm_err *err)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	struct crm_slice value;
	enum crm_status rc = value_of(f, p, &value, err);
	bool json = p->as == CRM_PUT_JSON;

	if (rc == CRM_OK && json && crm_json_scan(&doc, value.ptr, value.len) != CRM_OK)
		rc = not_so(p, "is no JSON", err);
	if (rc == CRM_OK && (json || (p->as == CRM_PUT_NUMBER && is_integer(value))))
		crm_json_raw(out, value);
	else if (rc == CRM_OK)
		crm_json_string(out, value);
	f->missing += rc == CRM_NO_INPUT;
	f->filled += rc == CRM_OK;
	crm_json_doc_release(&doc);
	return rc;
}

static enum crm_status fill_string(struct crm_fill *f, const struct crm_json_value *v,
				   struct crm_str *out, struct crm_err *err)
{
	struct crm_str template = CRM_STR_INIT, text = CRM_STR_INIT;
	struct crm_placeholder p;
	enum crm_status rc;

	crm_json_text(v, &template);
	if (crm_placeholder_alone((struct crm_slice){template.ptr, template.len}, &p)
	    && (p.as == CRM_PUT_NUMBER || p.as == CRM_PUT_JSON)) {
		rc = fill_bare(f, &p, out, err);
	} else {
		rc = crm_fill_text(f, template.ptr, CRM_FILL_TEXT, &text, err);
		if (rc == CRM_OK)
			crm_json_string(out, (struct crm_slice){text.ptr, text.len});
	}
	crm_str_release(&template);
	crm_secret_wipe(&text);
	return rc;
}

static enum crm_status fill_value(struct crm_fill *f, const struct crm_json_doc *doc,
				  const struct crm_json_value *v, struct crm_str *out,
				  struct crm_err *err)
{
	if (v->type >= CRM_JSON_ARRAY)
		return fill_all(f, doc, v, out, err);
	if (v->type == CRM_JSON_STRING)
		return fill_string(f, v, out, err);
	crm_json_raw(out, v->text);
	return CRM_OK;
}

enum crm_status crm_fill_json(struct crm_fill *f, struct crm_slice json, struct crm_str *out,
			      struct crm_err *err)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	enum crm_status rc = CRM_BUG;

	if (crm_json_scan(&doc, json.ptr, json.len) == CRM_OK)
		rc = fill_value(f, &doc, &doc.values[0], out, err);
	crm_json_doc_release(&doc);
	return rc;
}

/* --- beside --- */

void crm_fill_mask(const struct crm_fill *f, struct crm_str *text)
{
	for (size_t i = 0; i < f->n_secrets; i++) {
		const struct crm_str *s = &f->secrets[i].value;
		char *at;

		while (s->len > 3 && (at = memmem(text->ptr, text->len, s->ptr, s->len))) {
			memcpy(at, "***", 3);
			memmove(at + 3, at + s->len,
				(size_t)(text->ptr + text->len - at) - s->len + 1);
			text->len -= s->len - 3;
		}
	}
}

int64_t crm_fill_units(struct crm_slice text, bool bytes)
{
	int64_t n = 0;

	if (bytes)
		return (int64_t)text.len;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		n += (c & 0xc0) != 0x80; /* each character, */
		n += c >= 0xf0;          /* and once more beyond U+FFFF */
	}
	return n;
}
