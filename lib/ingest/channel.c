/* SPDX-License-Identifier: MIT */
/*
 * Loading a channel file. It is read with our own scanner, whose values are slices of the
 * text: so the line of a mistake is known.
 */
#include "ingest/channel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "norm/text.h"

const char *const crm_field_names[CRM_FIELDS] = {
	[CRM_NAME] = "name",
	[CRM_GIVEN] = "given",
	[CRM_FAMILY] = "family",
	[CRM_BIRTH_DATE] = "birth_date",
	[CRM_ORG] = "org",
	[CRM_STREET] = "street",
	[CRM_CITY] = "city",
	[CRM_POSTCODE] = "postcode",
	[CRM_REGION] = "region",
	[CRM_COUNTRY] = "country",
	[CRM_LANGUAGE] = "language",
	[CRM_F_HOUSE] = "house",
	[CRM_F_UNIT] = "unit",
	[CRM_F_EMAIL] = "email",
	[CRM_F_PHONE] = "phone",
	[CRM_F_TIME] = "time",
	[CRM_F_DIRECTION] = "direction",
	[CRM_F_THREAD] = "thread",
	[CRM_F_SUBJECT] = "subject",
	[CRM_F_TEXT] = "text",
	[CRM_F_STATUS] = "status",
	[CRM_F_AMOUNT] = "amount",
	[CRM_F_CURRENCY] = "currency",
	[CRM_F_ORDER] = "order",
	[CRM_F_RATING] = "rating",
	[CRM_F_RATING_MAX] = "rating_max",
	[CRM_F_DURATION] = "duration",
	[CRM_F_AGENT] = "agent",
	[CRM_F_LINE] = "line",
	[CRM_F_LINE_SKU] = "line_sku",
	[CRM_F_LINE_NAME] = "line_name",
	[CRM_F_LINE_QUANTITY] = "line_quantity",
	[CRM_F_LINE_PRICE] = "line_price",
	[CRM_F_LINE_EXTRA] = "line_extra",
};

struct loader {
	struct crm_channel *ch;
	struct crm_json_doc doc;
	const char *text;
	struct crm_err *err;
	bool failed;
};

static int line_of(const struct loader *l, const char *at)
{
	int line = 1;

	for (const char *p = l->text; p < at; p++)
		line += *p == '\n';
	return line;
}

static void wrong(struct loader *l, const struct crm_json_value *v, const char *what)
{
	struct crm_slice key = v->key.ptr ? v->key : v->text;

	if (!l->failed)
		crm_fail(l->err, CRM_CONFIG, "%s:%d: '%.*s' %s", l->ch->file, line_of(l, key.ptr),
			 (int)(key.len < 60 ? key.len : 60), key.ptr, what);
	l->failed = true;
}

static const struct crm_json_value *first(const struct loader *l, const struct crm_json_value *v)
{
	return v->count ? &l->doc.values[(v - l->doc.values) + 1] : NULL;
}

static const struct crm_json_value *after(const struct loader *l,
					  const struct crm_json_value *parent,
					  const struct crm_json_value *v)
{
	return v->next < parent->next ? &l->doc.values[v->next] : NULL;
}

#define EACH(l, parent, v) \
	for (const struct crm_json_value *v = first(l, parent); v; v = after(l, parent, v))

static const char *string(struct loader *l, const struct crm_json_value *v)
{
	struct crm_str s = CRM_STR_INIT;
	const char *copy;

	if (v->type != CRM_JSON_STRING) {
		wrong(l, v, "takes a string");
		return "";
	}
	crm_json_text(v, &s);
	copy = crm_arena_strndup(&l->ch->arena, s.ptr, s.len);
	crm_str_release(&s);
	return copy;
}

/* A string, or an array of strings. */
static const char **strings(struct loader *l, const struct crm_json_value *v, size_t *n)
{
	const char **list = crm_arena_alloc(&l->ch->arena, (v->count + 1) * sizeof(*list));

	*n = 0;
	if (v->type == CRM_JSON_ARRAY) {
		EACH(l, v, item)
		list[(*n)++] = string(l, item);
	} else {
		list[(*n)++] = string(l, v);
	}
	return list;
}

static bool key_is(const struct crm_json_value *v, const char *name)
{
	return crm_slice_is(v->key, name);
}

/* A pattern of strptime in the letters that norm/when.h understands: with any other each
 * record would be set aside. */
static const char *format(struct loader *l, const struct crm_json_value *v)
{
	const char *pattern = string(l, v);

	for (const char *p = strchr(pattern, '%'); p; p = strchr(p + 2, '%'))
		if (!p[1] || !strchr("YymbBhdeHIMSpaAzfsL%", p[1])) {
			wrong(l, v, "has a letter after % that is not known");
			break;
		}
	return pattern;
}

/* "Name" | ["Name", …] | {"from": …, "join": …, "format": …, and more}; what is more is
 * left to extra, which says whether it knows it. */
static void load_where(struct loader *l, const struct crm_json_value *v, struct crm_where *where,
		       bool (*extra)(struct loader *, const struct crm_json_value *, void *),
		       void *data)
{
	if (v->type != CRM_JSON_OBJECT) {
		where->from = strings(l, v, &where->n);
		return;
	}
	EACH(l, v, item)
	{
		if (key_is(item, "from"))
			where->from = strings(l, item, &where->n);
		else if (key_is(item, "join"))
			where->join = string(l, item);
		else if (key_is(item, "format"))
			where->format = format(l, item);
		else if (!extra || !extra(l, item, data))
			wrong(l, item, "is not known here");
	}
	if (!where->n)
		wrong(l, v, "does not say where from");
}

static enum crm_field field_of(struct loader *l, const struct crm_json_value *v)
{
	for (int f = 0; f < CRM_FIELDS; f++)
		if (key_is(v, crm_field_names[f]))
			return (enum crm_field)f;
	wrong(l, v, "is not a field that a channel can give");
	return (enum crm_field)CRM_NAME;
}

static void load_fields(struct loader *l, const struct crm_json_value *v, struct crm_where *fields)
{
	EACH(l, v, item)
	load_where(l, item, &fields[field_of(l, item)], NULL, NULL);
}

static bool handle_extra(struct loader *l, const struct crm_json_value *v, void *data)
{
	struct crm_handle *handle = data;

	if (key_is(v, "scope"))
		handle->scope = string(l, v);
	else if (key_is(v, "many"))
		handle->many = v->type == CRM_JSON_TRUE;
	else
		return false;
	return true;
}

static void load_handles(struct loader *l, const struct crm_json_value *v)
{
	struct crm_channel *ch = l->ch;

	ch->handles = crm_arena_alloc(&ch->arena, (v->count + 1) * sizeof(*ch->handles));
	EACH(l, v, item)
	{
		struct crm_handle *h = &ch->handles[ch->n_handles++];

		*h = (struct crm_handle){
			.name = crm_arena_strndup(&ch->arena, item->key.ptr, item->key.len)};
		load_where(l, item, &h->where, handle_extra, h);
	}
}

static void load_values(struct loader *l, const struct crm_json_value *v)
{
	struct crm_channel *ch = l->ch;
	size_t n = 0;

	EACH(l, v, field)
	n += field->count;
	ch->translations = crm_arena_alloc(&ch->arena, (n + 1) * sizeof(*ch->translations));
	EACH(l, v, field)
	{
		enum crm_field f = field_of(l, field);

		if (field->type != CRM_JSON_OBJECT)
			wrong(l, field, "takes an object of values and what they mean");
		EACH(l, field, item)
		ch->translations[ch->n_translations++] = (struct crm_translation){
			f, crm_arena_strndup(&ch->arena, item->key.ptr, item->key.len),
			string(l, item)};
	}
}

static void load_constants(struct loader *l, const struct crm_json_value *v)
{
	EACH(l, v, item)
	l->ch->constants[field_of(l, item)] = string(l, item);
}

static bool drop_extra(struct loader *l, const struct crm_json_value *v, void *data)
{
	(void)data;
	if (!key_is(v, "is"))
		return false;
	l->ch->drop_values = strings(l, v, &l->ch->n_drop_values);
	return true;
}

static char character(struct loader *l, const struct crm_json_value *v)
{
	const char *s = string(l, v);

	if (strlen(s) != 1 || s[0] == '\n' || s[0] == '\r' || (unsigned char)s[0] > 127)
		wrong(l, v, "takes one ASCII character");
	return s[0];
}

static void load_csv(struct loader *l, const struct crm_json_value *v)
{
	EACH(l, v, item)
	{
		if (key_is(item, "delimiter"))
			l->ch->delimiter = character(l, item);
		else if (key_is(item, "quote"))
			l->ch->quote = character(l, item);
		else if (key_is(item, "encoding"))
			l->ch->encoding = string(l, item);
		else if (key_is(item, "header"))
			l->ch->header = strings(l, item, &l->ch->n_header);
		else
			wrong(l, item, "is not known in \"csv\"");
	}
}

static void load_type(struct loader *l, const struct crm_json_value *v)
{
	const char *type = string(l, v);

	for (int t = 0; t < CRM_RECORD_TYPES; t++)
		if (!strcmp(type, crm_record_type_names[t])) {
			l->ch->type = (enum crm_record_type)t;
			return;
		}
	wrong(l, v, "names no record type; see crm-records(5)");
}

static void load_reads(struct loader *l, const struct crm_json_value *v)
{
	const char *reads = string(l, v);

	l->ch->is_json = !strcmp(reads, "json");
	if (!l->ch->is_json && strcmp(reads, "csv") != 0)
		wrong(l, v, "is \"csv\" or \"json\"");
}

static void load_dates(struct loader *l, const struct crm_json_value *v)
{
	l->ch->dates = string(l, v);
	if (strcmp(l->ch->dates, "dmy") != 0 && strcmp(l->ch->dates, "mdy") != 0)
		wrong(l, v, "is \"dmy\" or \"mdy\"");
}

static void load_decimal(struct loader *l, const struct crm_json_value *v)
{
	l->ch->decimal = string(l, v);
	if (strcmp(l->ch->decimal, ",") != 0 && strcmp(l->ch->decimal, ".") != 0)
		wrong(l, v, "is \",\" or \".\"");
}

static void load_detect(struct loader *l, const struct crm_json_value *v)
{
	l->ch->detect = strings(l, v, &l->ch->n_detect);
}

static void load_key(struct loader *l, const struct crm_json_value *v)
{
	load_where(l, v, &l->ch->key, NULL, NULL);
}

static void load_drop(struct loader *l, const struct crm_json_value *v)
{
	load_where(l, v, &l->ch->drop, drop_extra, NULL);
}

static void load_main_fields(struct loader *l, const struct crm_json_value *v)
{
	load_fields(l, v, l->ch->fields);
}

static void load_out(struct loader *l, const struct crm_json_value *v)
{
	load_fields(l, v, l->ch->out);
}

/* What a channel file may hold: a string for a member, or a function that reads it. */
static const struct {
	const char *key;
	size_t offset; /* of the string in struct crm_channel, when read is NULL */
	void (*read)(struct loader *, const struct crm_json_value *);
	enum crm_json_type takes;
} members[] = {
	{"about", offsetof(struct crm_channel, about), NULL, CRM_JSON_STRING},
	{"const", 0, load_constants, CRM_JSON_OBJECT},
	{"csv", 0, load_csv, CRM_JSON_OBJECT},
	{"currency", offsetof(struct crm_channel, currency), NULL, CRM_JSON_STRING},
	{"dates", 0, load_dates, CRM_JSON_STRING},
	{"decimal", 0, load_decimal, CRM_JSON_STRING},
	{"detect", 0, load_detect, CRM_JSON_ARRAY},
	{"drop", 0, load_drop, CRM_JSON_OBJECT},
	{"each", offsetof(struct crm_channel, each), NULL, CRM_JSON_STRING},
	{"fields", 0, load_main_fields, CRM_JSON_OBJECT},
	{"handles", 0, load_handles, CRM_JSON_OBJECT},
	{"key", 0, load_key, CRM_JSON_NULL},
	{"medium", offsetof(struct crm_channel, medium), NULL, CRM_JSON_STRING},
	{"out", 0, load_out, CRM_JSON_OBJECT},
	{"reads", 0, load_reads, CRM_JSON_STRING},
	{"region", offsetof(struct crm_channel, region), NULL, CRM_JSON_STRING},
	{"scope", offsetof(struct crm_channel, scope), NULL, CRM_JSON_STRING},
	{"type", 0, load_type, CRM_JSON_STRING},
	{"values", 0, load_values, CRM_JSON_OBJECT},
	{"zone", offsetof(struct crm_channel, zone), NULL, CRM_JSON_STRING},
};

static void load_member(struct loader *l, const struct crm_json_value *v)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (!key_is(v, members[i].key))
			continue;
		if (members[i].takes != CRM_JSON_NULL && members[i].takes != v->type)
			wrong(l, v,
			      members[i].takes == CRM_JSON_OBJECT  ? "takes an object"
			      : members[i].takes == CRM_JSON_ARRAY ? "takes an array of names"
								   : "takes a string");
		else if (members[i].read)
			members[i].read(l, v);
		else
			*(const char **)((char *)l->ch + members[i].offset) = string(l, v);
		return;
	}
	wrong(l, v, "is not known in a channel; see crm-channels(5)");
}

static void check(struct loader *l)
{
	struct crm_channel *ch = l->ch;

	if (!ch->scope)
		ch->scope = ch->name;
	if (!ch->medium)
		ch->medium = "other";
	if (!ch->about)
		ch->about = "";
	if (ch->type == CRM_ORDER_LINE && !ch->fields[CRM_F_ORDER].n)
		crm_fail(l->err, CRM_CONFIG, "%s: 'fields' does not say where 'order' is",
			 ch->file),
			l->failed = true;
}

static enum crm_status slurp(const char *path, struct crm_str *out, struct crm_err *err)
{
	FILE *f = fopen(path, "re");
	size_t n = 1;

	if (!f)
		return crm_fail(err, CRM_NO_INPUT, "cannot open '%s': %s", path, strerror(errno));
	while (n && out->len < CRM_CHANNEL_MAX) {
		n = fread(crm_str_reserve(out, 8192), 1, 8192, f);
		crm_str_wrote(out, n);
	}
	fclose(f);
	return CRM_OK;
}

static enum crm_status parse(struct loader *l, const struct crm_str *text)
{
	l->text = text->ptr;
	if (crm_json_scan(&l->doc, text->ptr, text->len) != CRM_OK)
		return crm_fail(l->err, CRM_CONFIG, "%s:%d: %s", l->ch->file,
				line_of(l, text->ptr + l->doc.error_at), l->doc.error);
	if (l->doc.values[0].type != CRM_JSON_OBJECT)
		return crm_fail(l->err, CRM_CONFIG, "%s:1: a channel is a JSON object",
				l->ch->file);
	EACH(l, &l->doc.values[0], v)
	load_member(l, v);
	check(l);
	return l->failed ? l->err->status : CRM_OK;
}

enum crm_status crm_channel_load(struct crm_channel **out, const char *name, const char *path,
				 struct crm_err *err)
{
	struct crm_channel *ch = crm_calloc(1, sizeof(*ch));
	struct loader l = {.ch = ch, .err = err};
	struct crm_str text = CRM_STR_INIT;
	enum crm_status rc;

	ch->quote = '"';
	ch->name = crm_arena_strndup(&ch->arena, name, strlen(name));
	ch->file = crm_arena_strndup(&ch->arena, path, strlen(path));
	if ((rc = slurp(path, &text, err)) == CRM_OK)
		rc = parse(&l, &text);
	crm_json_doc_release(&l.doc);
	crm_str_release(&text);
	*out = rc == CRM_OK ? ch : NULL;
	if (rc != CRM_OK)
		crm_channel_free(ch);
	return rc;
}

void crm_channel_free(struct crm_channel *ch)
{
	struct crm_arena arena;

	if (!ch)
		return;
	arena = ch->arena;
	crm_arena_release(&arena);
	free(ch);
}

static bool is_ascii(struct crm_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] >= 0x80)
			return false;
	return true;
}

/* The letters and digits of a column's name, as they are compared. */
static void column_key(struct crm_slice name, struct crm_str *out)
{
	size_t n = 0;

	crm_str_clear(out);
	crm_text_key(name, out);
	for (size_t i = 0; i < out->len; i++)
		if (out->ptr[i] != ' ')
			out->ptr[n++] = out->ptr[i];
	out->len = n;
}

bool crm_column_same(const char *a, struct crm_slice b)
{
	struct crm_str x = CRM_STR_INIT, y = CRM_STR_INIT;
	bool same = crm_slice_is(b, a);

	/* A plain name is not compared with an accented one: to load the rules of all
	 * scripts would be most of what it takes to store one message. */
	if (!same && (!is_ascii(b) || is_ascii(crm_slice_of(a)))) {
		column_key(crm_slice_of(a), &x);
		column_key(b, &y);
		same = x.len
		       && crm_slice_same((struct crm_slice){x.ptr, x.len},
					 (struct crm_slice){y.ptr, y.len});
	}
	crm_str_release(&x);
	crm_str_release(&y);
	return same;
}
