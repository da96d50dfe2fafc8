/* SPDX-License-Identifier: MIT */
/* The lines of a card are taken until its end; its properties (ingest/vcard_card.h) are written as
 * JSON, one member after the other. */
#include "ingest/vcard.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/utf8.h"
#include "ingest/vcard_card.h"

struct vcard {
	struct crm_input *input;
	bool done;     /* the record at hand was handed out */
	int64_t lines; /* taken of it */
	bool inside;   /* BEGIN was seen */
	int nested;    /* BEGINs of agents */
	bool agent;    /* the last property is one: a BEGIN may follow */

	struct crm_vcard card;
	uint64_t *names; /* hashes of those in x */
	size_t n_names, cap_names;
};

static const struct crm_slice none = {NULL, 0};

/* --- where a card begins and ends --- */

/* Does this line begin a card that stands for somebody's agent? */
static bool is_agent(struct crm_slice line)
{
	struct crm_slice value;
	const char *colon;

	if (!crm_slice_starts_caseless(line, "AGENT"))
		return false;
	colon = memchr(line.ptr, ':', line.len);
	value = colon ? crm_slice_from(line, (size_t)(colon + 1 - line.ptr)) : none;
	value = crm_slice_trim(value);
	return colon && !value.len;
}

static enum crm_read hand_out(struct vcard *v, struct crm_item *item, const char *reason)
{
	v->done = true;
	item->reason = reason;
	item->line = crm_input_line_number(v->input);
	return reason ? CRM_READ_BAD : CRM_READ_OK;
}

/* The record ends before the line just taken. */
static enum crm_read give_back(struct vcard *v, struct crm_item *item, const char *reason)
{
	crm_input_retry(v->input, v->lines - 1);
	return hand_out(v, item, reason);
}

static bool is_blank(struct crm_slice line)
{
	return crm_slice_trim(crm_vcard_line(line)).len == 0;
}

/* Looks at a line; true when the record is complete or spoiled: *got says which. */
static bool take_line(struct vcard *v, struct crm_slice line, struct crm_item *item,
		      enum crm_read *got)
{
	bool begins = crm_vcard_is_mark(line, "BEGIN:"), ends = crm_vcard_is_mark(line, "END:");
	bool may_nest = v->agent;

	v->lines++;
	v->agent = v->inside && (is_agent(line) || (v->agent && is_blank(line)));
	if (!v->inside && begins && v->lines > 1) {
		*got = give_back(v, item, "no vCard: BEGIN:VCARD is missing");
		return true;
	}
	if (begins && v->inside && !may_nest && !v->nested) {
		*got = give_back(v, item, "the vCard has no end");
		return true;
	}
	if (begins && v->inside)
		v->nested++;
	else if (ends && v->nested)
		v->nested--;
	else if (ends && v->inside) {
		*got = hand_out(v, item, NULL);
		return true;
	}
	v->inside |= begins;
	if (!v->inside && is_blank(line) && v->lines == 1) {
		crm_input_done(v->input);
		v->lines = 0;
	}
	return false;
}

/* Takes the lines of the next card. */
static enum crm_read take_card(struct vcard *v, struct crm_item *item)
{
	struct crm_slice line;
	enum crm_read got;

	if (v->done) {
		crm_input_done(v->input);
		v->done = v->inside = v->agent = false;
		v->lines = v->nested = 0;
	}
	while ((got = crm_input_line(v->input, &line)) == CRM_READ_OK)
		if (take_line(v, line, item, &got))
			return got;
	if (got == CRM_READ_BAD)
		return hand_out(v, item, "longer than 16 MiB");
	if (got != CRM_READ_END || !crm_input_record(v->input).len)
		return got;
	return hand_out(v, item,
			v->inside ? "the vCard has no end" : "no vCard: BEGIN:VCARD is missing");
}

/* --- JSON --- */

static struct crm_property *next_named(const struct crm_vcard *v, const char *name,
				       struct crm_property *after)
{
	for (struct crm_property *p = after ? after + 1 : v->properties; p < v->properties + v->n;
	     p++)
		if (crm_slice_is(p->name, name))
			return p;
	return NULL;
}

/* The first one; all of its name are then known, and not among the rest. */
static struct crm_property *first_named(const struct crm_vcard *v, const char *name)
{
	struct crm_property *p = NULL;

	while ((p = next_named(v, name, p)))
		p->used = true;
	return next_named(v, name, NULL);
}

/* The first property of a name that says something, as text; of that no value, none does. */
static struct crm_slice first_text(struct crm_vcard *v, const char *name)
{
	struct crm_slice text = none;

	for (struct crm_property *p = first_named(v, name); p && !text.len;
	     p = next_named(v, name, p))
		text = crm_vcard_text(v, crm_vcard_value(v, p));
	return text;
}

static void put_first(struct crm_vcard *v, struct crm_str *out, const char *key, const char *name)
{
	crm_json_put_slice(out, key, first_text(v, name));
}

/* Appends a part of a structured value; in it commas part a list, from 3.0 on. */
static void put_component(struct crm_vcard *v, struct crm_str *out, const char *key,
			  struct crm_slice s, const char *between)
{
	struct crm_str all = CRM_STR_INIT;
	struct crm_slice text;

	while (s.ptr) {
		text = crm_vcard_text(v, v->version == 21 ? s : crm_vcard_part(&s, ','));
		if (v->version == 21)
			s = none;
		if (text.len && all.len)
			crm_str_adds(&all, between);
		crm_str_add(&all, text.ptr, text.len);
	}
	crm_json_put_slice(out, key, crm_str_slice(&all));
	crm_str_release(&all);
}

static void put_name(struct crm_vcard *v, struct crm_str *out)
{
	static const char *const keys[] = {"family", "given", "additional", "prefix", "suffix"};
	struct crm_property *p = first_named(v, "N");
	struct crm_slice s;

	if (!p)
		return;
	s = crm_vcard_value(v, p);
	crm_json_key(out, "n");
	crm_json_open(out, '{');
	for (int i = 0; i < 5 && s.ptr; i++)
		put_component(v, out, keys[i], crm_vcard_part(&s, ';'), " ");
	crm_json_close(out, '}');
}

static void put_lower(struct crm_str *out, struct crm_slice s)
{
	struct crm_str low = CRM_STR_INIT;

	crm_str_add_lower(&low, s.len < 64 ? s : (struct crm_slice){s.ptr, 64});
	crm_json_string(out, (struct crm_slice){low.ptr, crm_utf8_valid(low.ptr, low.len)});
	crm_str_release(&low);
}

/* TYPE=home,work · TYPE=home;TYPE=work · HOME;WORK · PREF=1 */
static void put_types(struct crm_str *out, const struct crm_property *p)
{
	crm_json_key(out, "type");
	crm_json_open(out, '[');
	for (size_t i = 0; i < p->n_parameters; i++) {
		struct crm_slice list = p->parameters[i].value;

		if (crm_slice_is_caseless(p->parameters[i].name, "PREF") && crm_slice_is(list, "1"))
			crm_json_string(out, CRM_SLICE("pref"));
		if (p->parameters[i].name.len
		    && !crm_slice_is_caseless(p->parameters[i].name, "TYPE"))
			continue;
		while (list.ptr) {
			struct crm_slice word = crm_slice_trim(crm_vcard_part(&list, ','));

			if (word.len && !crm_slice_is_caseless(word, "QUOTED-PRINTABLE")
			    && !crm_slice_is_caseless(word, "BASE64")
			    && !crm_slice_is_caseless(word, "8BIT"))
				put_lower(out, word);
		}
	}
	crm_json_close(out, ']');
}

/* What the user calls it: item1.X-ABLabel beside item1.TEL; Apple's own are _$!<Home>!$_. */
static void put_label(struct crm_vcard *v, struct crm_str *out, const struct crm_property *p)
{
	for (size_t i = 0; p->group.len && i < v->n; i++) {
		const struct crm_property *label = &v->properties[i];
		struct crm_slice text;

		if (!crm_slice_same(label->group, p->group)
		    || !crm_slice_is(label->name, "X-ABLABEL"))
			continue;
		text = crm_vcard_text(v, crm_vcard_value(v, label));
		if (text.len > 8 && !memcmp(text.ptr, "_$!<", 4)
		    && !memcmp(text.ptr + text.len - 4, ">!$_", 4))
			text = (struct crm_slice){text.ptr + 4, text.len - 8};
		crm_json_put_slice(out, "label", text);
		return;
	}
}

/* tel:+1-418-656-9254;ext=102 (RFC 3966) as people write it. */
static void put_tel_uri(struct crm_str *out, struct crm_slice uri)
{
	struct crm_slice number = crm_vcard_part(&uri, ';'), prefix = none, extension = none;
	struct crm_str text = CRM_STR_INIT;

	while (uri.ptr) {
		struct crm_slice s = crm_vcard_part(&uri, ';');

		if (crm_slice_starts_caseless(s, "phone-context=+"))
			prefix = crm_slice_from(s, 14);
		else if (crm_slice_starts_caseless(s, "ext="))
			extension = crm_slice_from(s, 4);
	}
	crm_str_add(&text, prefix.ptr, prefix.len);
	crm_str_add(&text, number.ptr, number.len);
	if (extension.len)
		crm_str_addf(&text, " ext. %.*s", (int)extension.len, extension.ptr);
	crm_json_put_slice(out, "value", crm_str_slice(&text));
	crm_str_release(&text);
}

static bool has_type(const struct crm_property *p, const char *type)
{
	for (size_t i = 0; i < p->n_parameters; i++) {
		struct crm_slice list = p->parameters[i].value;

		if (p->parameters[i].name.len
		    && !crm_slice_is_caseless(p->parameters[i].name, "TYPE"))
			continue;
		while (list.ptr)
			if (crm_slice_is_caseless(crm_slice_trim(crm_vcard_part(&list, ',')), type))
				return true;
	}
	return false;
}

/* A number at which nobody picks up. */
static bool is_fax(const struct crm_property *p)
{
	return has_type(p, "fax") && !has_type(p, "voice") && !has_type(p, "cell");
}

/* A list of {"value", "type", "label"}; of telephones those that are fax machines, or not. */
static void put_endpoints(struct crm_vcard *v, struct crm_str *out, const char *key,
			  const char *name, bool fax)
{
	size_t begun = crm_json_list_begin(out, key);

	for (struct crm_property *p = first_named(v, name); p; p = next_named(v, name, p)) {
		struct crm_slice text = crm_vcard_text(v, crm_vcard_value(v, p));

		if (!text.len || is_fax(p) != fax)
			continue;
		crm_json_open(out, '{');
		if (crm_slice_starts_caseless(text, "tel:"))
			put_tel_uri(out, crm_slice_from(text, 4));
		else
			crm_json_put_slice(out, "value",
					   crm_slice_starts_caseless(text, "mailto:")
						   ? crm_slice_from(text, 7)
						   : text);
		put_types(out, p);
		put_label(v, out, p);
		crm_json_close(out, '}');
	}
	crm_json_list_end(out, begun);
}

/* A list of texts; each property may be a list itself, with a separator (0: it is not). */
static void put_list(struct crm_vcard *v, struct crm_str *out, const char *key, const char *name,
		     char separator)
{
	size_t begun = crm_json_list_begin(out, key);

	for (struct crm_property *p = first_named(v, name); p; p = next_named(v, name, p))
		for (struct crm_slice rest = crm_vcard_value(v, p); rest.ptr;) {
			struct crm_slice text = crm_vcard_text(v, crm_vcard_part(&rest, separator));

			if (text.len)
				crm_json_string(out, text);
		}
	crm_json_list_end(out, begun);
}

static void put_addresses(struct crm_vcard *v, struct crm_str *out)
{
	static const char *const keys[] = {"box",    "extended", "street", "city",
					   "region", "postcode", "country"};
	size_t begun = crm_json_list_begin(out, "adr");

	for (struct crm_property *p = first_named(v, "ADR"); p; p = next_named(v, "ADR", p)) {
		struct crm_slice s = crm_vcard_value(v, p);

		crm_json_open(out, '{');
		for (int i = 0; i < 7 && s.ptr; i++)
			put_component(v, out, keys[i], crm_vcard_part(&s, ';'), ", ");
		put_types(out, p);
		put_label(v, out, p);
		crm_json_close(out, '}');
	}
	crm_json_list_end(out, begun);
}

/* The company, then its parts; of several the first that says something. */
static void put_org(struct crm_vcard *v, struct crm_str *out)
{
	size_t before = out->len, begun;

	for (struct crm_property *p = first_named(v, "ORG"); p && out->len == before;
	     p = next_named(v, "ORG", p)) {
		struct crm_slice s = crm_vcard_value(v, p);

		crm_json_put_slice(out, "org", crm_vcard_text(v, crm_vcard_part(&s, ';')));
		begun = crm_json_list_begin(out, "unit");
		while (s.ptr) {
			struct crm_slice text = crm_vcard_text(v, crm_vcard_part(&s, ';'));

			if (text.len)
				crm_json_string(out, text);
		}
		crm_json_list_end(out, begun);
	}
}

static bool all_digits(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return true;
}

static void put_birthday(struct crm_vcard *v, struct crm_str *out)
{
	struct crm_property *p = first_named(v, "BDAY");
	struct crm_slice s = p ? crm_vcard_text(v, crm_vcard_value(v, p)) : none;
	const char *clock = s.len ? memchr(s.ptr, 'T', s.len) : NULL;
	char day[11] = "--MM-DD";

	if (clock && clock - s.ptr >= 8 && s.ptr[0] >= '0' && s.ptr[0] <= '9')
		s.len = (size_t)(clock - s.ptr);
	if (s.len == 10 && !memcmp(s.ptr, "1604-", 5)) { /* Apple: no year, a leap one */
		s = crm_slice_from(s, 3);
		memcpy(day + 2, s.ptr + 2, 5);
		s = (struct crm_slice){day, 7};
	} else if (s.len == 6 && !memcmp(s.ptr, "--", 2) && all_digits(s.ptr + 2, 4)) {
		memcpy(day + 2, s.ptr + 2, 2);
		memcpy(day + 5, s.ptr + 4, 2);
		s = (struct crm_slice){day, 7};
	}
	crm_json_put_slice(out, "bday", s);
}

/* When the card was changed: 20120305T131933Z as 2012-03-05T13:19:33Z. */
static void put_revision(struct crm_vcard *v, struct crm_str *out)
{
	struct crm_property *p = first_named(v, "REV");
	struct crm_slice s = p ? crm_vcard_text(v, crm_vcard_value(v, p)) : none;
	struct crm_str text = CRM_STR_INIT;

	if (s.len >= 15 && all_digits(s.ptr, 8) && s.ptr[8] == 'T' && all_digits(s.ptr + 9, 6)) {
		crm_str_addf(&text, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s", s.ptr, s.ptr + 4, s.ptr + 6,
			     s.ptr + 9, s.ptr + 11, s.ptr + 13);
		crm_str_add(&text, s.ptr + 15, s.len - 15);
		s = crm_str_slice(&text);
	}
	crm_json_put_slice(out, "rev", s);
	crm_str_release(&text);
}

/* All notes, in paragraphs. */
static void put_notes(struct crm_vcard *v, struct crm_str *out)
{
	struct crm_str all = CRM_STR_INIT;

	for (struct crm_property *p = first_named(v, "NOTE"); p; p = next_named(v, "NOTE", p)) {
		struct crm_slice text = crm_vcard_text(v, crm_vcard_value(v, p));

		if (text.len && all.len)
			crm_str_adds(&all, "\n\n");
		crm_str_add(&all, text.ptr, text.len);
	}
	crm_json_put_slice(out, "note", crm_str_slice(&all));
	crm_str_release(&all);
}

/* --- the picture --- */

static struct crm_slice parameter(const struct crm_property *p, const char *name)
{
	for (size_t i = 0; i < p->n_parameters; i++)
		if (crm_slice_is_caseless(p->parameters[i].name, name))
			return p->parameters[i].value;
	return none;
}

/* Appends the media type of a picture: MEDIATYPE=image/png, TYPE=PNG, ;PNG. */
static void picture_type(const struct crm_property *p, struct crm_str *out)
{
	struct crm_slice type = parameter(p, "MEDIATYPE");

	if (!type.len)
		type = parameter(p, "TYPE");
	for (size_t i = 0; i < p->n_parameters && !type.len; i++)
		if (!p->parameters[i].name.len
		    && !crm_slice_is_caseless(p->parameters[i].value, "BASE64")
		    && !crm_slice_is_caseless(p->parameters[i].value, "PREF"))
			type = p->parameters[i].value;
	if (!type.len)
		return;
	if (!memchr(type.ptr, '/', type.len))
		crm_str_adds(out, "image/");
	crm_str_add_lower(out, type);
}

static void put_picture(struct crm_item *item, struct crm_slice type, const struct crm_str *bytes)
{
	struct crm_str *out = &item->json;

	crm_json_key(out, "photo");
	crm_json_open(out, '{');
	if (crm_utf8_valid(type.ptr, type.len) == type.len)
		crm_json_put_slice(out, "type", type);
	crm_json_put_int(out, "size", (int64_t)bytes->len);
	crm_json_put(out, "digest", crm_item_blob(item, bytes->ptr, bytes->len));
	crm_json_close(out, '}');
}

static void put_photo(struct crm_vcard *v, struct crm_item *item)
{
	struct crm_property *p = first_named(v, "PHOTO");
	struct crm_str bytes = CRM_STR_INIT, type = CRM_STR_INIT;
	struct crm_slice raw = p ? crm_slice_trim(p->raw) : none, media;

	if (!raw.len)
		return;
	if (crm_slice_starts_caseless(raw, "data:")) { /* data:image/jpeg;base64,… (RFC 2397) */
		raw = crm_slice_from(raw, 5);
		media = crm_vcard_part(&raw, ',');
		media = crm_vcard_part(&media, ';');
		if (raw.ptr && crm_vcard_base64(raw, &bytes) && bytes.len)
			put_picture(item, media, &bytes);
	} else if (p->encoding == CRM_VCARD_BASE64) {
		picture_type(p, &type);
		if (crm_vcard_base64(raw, &bytes) && bytes.len)
			put_picture(item, crm_str_slice(&type), &bytes);
	} else {
		crm_json_key(&item->json, "photo");
		crm_json_open(&item->json, '{');
		crm_json_put_slice(&item->json, "uri", crm_vcard_text(v, crm_vcard_value(v, p)));
		crm_json_close(&item->json, '}');
	}
	crm_str_release(&bytes);
	crm_str_release(&type);
}

/* --- the rest --- */

/* How many members of x have this name already; and one more. */
static int count_name(struct vcard *v, struct crm_slice name)
{
	uint64_t hash = crm_hash64(name.ptr, name.len);
	int n = 1;

	for (size_t i = 0; i < v->n_names; i++)
		n += v->names[i] == hash;
	CRM_GROW(v->names, v->n_names + 1, v->cap_names);
	v->names[v->n_names++] = hash;
	return n;
}

static void put_rest(struct vcard *v, struct crm_str *out)
{
	static const char *const known[] = {"VERSION", "X-ABLABEL", "AGENT", "KEY",
					    "LOGO",    "SOUND",     "PHOTO"};
	struct crm_str key = CRM_STR_INIT;

	v->n_names = 0;
	for (size_t i = 0; i < v->card.n; i++) {
		struct crm_property *p = &v->card.properties[i];
		int n;

		for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++)
			p->used |= crm_slice_is(p->name, known[k]);
		if (p->used || p->encoding == CRM_VCARD_BASE64)
			continue;
		if (!v->n_names) {
			crm_json_key(out, "x");
			crm_json_open(out, '{');
		}
		n = count_name(v, p->name);
		crm_str_clear(&key);
		crm_str_add(&key, p->name.ptr, p->name.len);
		if (n > 1) /* no name has a dot in it */
			crm_str_addf(&key, ".%d", n);
		crm_json_key(out, key.ptr);
		crm_json_string(out, crm_vcard_text(&v->card, crm_vcard_value(&v->card, p)));
	}
	if (v->n_names)
		crm_json_close(out, '}');
	crm_str_release(&key);
}

static void put_kind(struct crm_vcard *v, struct crm_str *out)
{
	static const char apple[] = "X-ADDRESSBOOKSERVER-KIND";
	struct crm_slice kind = first_text(v, "KIND");

	first_named(v, apple);
	if (!kind.len)
		kind = first_text(v, apple);
	if (!kind.len)
		return;
	crm_json_key(out, "kind");
	put_lower(out, kind);
}

static void put_card(struct vcard *v, struct crm_item *item)
{
	struct crm_str *out = &item->json;
	struct crm_vcard *c = &v->card;

	crm_json_open(out, '{');
	crm_json_put(out, "version", c->version == 21 ? "2.1" : c->version == 40 ? "4.0" : "3.0");
	put_first(c, out, "uid", "UID");
	put_kind(c, out);
	put_first(c, out, "fn", "FN");
	put_name(c, out);
	put_list(c, out, "nickname", "NICKNAME", ',');
	put_endpoints(c, out, "email", "EMAIL", false);
	put_endpoints(c, out, "tel", "TEL", false);
	put_endpoints(c, out, "fax", "TEL", true);
	put_endpoints(c, out, "impp", "IMPP", false);
	put_list(c, out, "url", "URL", 0);
	put_addresses(c, out);
	put_org(c, out);
	put_first(c, out, "title", "TITLE");
	put_first(c, out, "role", "ROLE");
	put_birthday(c, out);
	put_first(c, out, "language", "LANG");
	put_first(c, out, "gender", "GENDER");
	put_notes(c, out);
	put_list(c, out, "categories", "CATEGORIES", ',');
	put_list(c, out, "member", "MEMBER", 0);
	put_revision(c, out);
	put_photo(c, item);
	put_rest(v, out);
	crm_json_close(out, '}');
}

/* --- the syntax --- */

static bool vcard_sniff(struct crm_slice start)
{
	start = crm_slice_trim(crm_vcard_line(start));
	return crm_slice_starts_caseless(start, "BEGIN:VCARD");
}

static void *vcard_open(struct crm_input *input)
{
	struct vcard *v = crm_calloc(1, sizeof(*v));

	v->input = input;
	crm_vcard_init(&v->card);
	return v;
}

static enum crm_read vcard_next(void *reader, struct crm_item *item)
{
	struct vcard *v = reader;
	enum crm_read got = take_card(v, item);

	if (got != CRM_READ_OK)
		return got;
	if (!crm_vcard_read(&v->card, crm_input_record(v->input)))
		return hand_out(v, item, "has more than 2000 properties");
	put_card(v, item);
	return CRM_READ_OK;
}

static void vcard_close(void *reader)
{
	struct vcard *v = reader;

	crm_vcard_release(&v->card);
	free(v->names);
	free(v);
}

const struct crm_syntax crm_syntax_vcard = {
	.name = "vcard",
	.sniff = vcard_sniff,
	.open = vcard_open,
	.next = vcard_next,
	.close = vcard_close,
};
