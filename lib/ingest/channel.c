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
#include "ingest/answers.h"
#include "ingest/path.h"
#include "ingest/syntax.h"
#include "ingest/webhook.h"
#include "norm/money.h"
#include "norm/place.h"
#include "norm/text.h"
#include "norm/when.h"

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
	[CRM_F_ABOUT] = "about",
	[CRM_F_ACCOUNT] = "account",
	[CRM_F_AUTO] = "auto",
	[CRM_F_REPLY_TO] = "reply_to",
	[CRM_F_CAMPAIGN] = "campaign",
	[CRM_F_TOKEN] = "token",
	[CRM_F_REFERENCES] = "references",
	[CRM_F_ATTACHMENTS] = "attachments",
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
	struct crm_shape *shape; /* being loaded */
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
	if (v->type != CRM_JSON_STRING) {
		wrong(l, v, "takes a string");
		return "";
	}
	return crm_json_keep(v, &l->ch->arena).ptr;
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

static bool truth(struct loader *l, const struct crm_json_value *v)
{
	if (v->type != CRM_JSON_TRUE && v->type != CRM_JSON_FALSE)
		wrong(l, v, "is true or false");
	return v->type == CRM_JSON_TRUE;
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

static void load_as(struct loader *l, const struct crm_json_value *v, struct crm_where *where)
{
	static const struct {
		const char *word;
		enum crm_as as;
	} words[] = {
		{"html", CRM_AS_HTML},       {"entities", CRM_AS_ENTITIES}, {"url", CRM_AS_URL},
		{"minor", CRM_AS_MINOR},     {"display", CRM_AS_DISPLAY},   {"utf8", CRM_AS_UTF8},
		{"address", CRM_AS_ADDRESS}, {"digits", CRM_AS_DIGITS},     {"real", CRM_AS_REAL},
	};
	const char *as = string(l, v);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(as, words[i].word))
			where->as = words[i].as;
	if (!where->as)
		wrong(l, v,
		      "is html, entities, url, minor, real, display, address, digits or utf8");
}

static void load_from(struct loader *l, const struct crm_json_value *v, struct crm_where *where)
{
	where->from = strings(l, v, &where->n);
	for (size_t i = 0; i < where->n && !l->ch->is_csv; i++) {
		const char *why = where->from[i][0] == '@' ? NULL : crm_path_wrong(where->from[i]);

		if (why)
			wrong(l, v, why);
	}
}

static void load_split(struct loader *l, const struct crm_json_value *v, struct crm_where *where)
{
	where->split = string(l, v);
	if (!*where->split)
		wrong(l, v, "is empty");
}

/* "Name" | ["Name", …] | {"from": …, "join": …, "format": …, and more}; what is more is
 * left to extra, which says whether it knows it. */
static void load_where(struct loader *l, const struct crm_json_value *v, struct crm_where *where,
		       bool (*extra)(struct loader *, const struct crm_json_value *, void *),
		       void *data)
{
	*where = (struct crm_where){0};
	if (v->type != CRM_JSON_OBJECT) {
		load_from(l, v, where);
		return;
	}
	EACH(l, v, item)
	{
		if (key_is(item, "from"))
			load_from(l, item, where);
		else if (key_is(item, "join"))
			where->join = string(l, item);
		else if (key_is(item, "all"))
			where->all = truth(l, item);
		else if (key_is(item, "format"))
			where->format = format(l, item);
		else if (key_is(item, "split"))
			load_split(l, item, where);
		else if (key_is(item, "strip"))
			where->strip = strings(l, item, &where->n_strip);
		else if (key_is(item, "prefix"))
			where->prefix = string(l, item);
		else if (key_is(item, "query"))
			where->query = string(l, item);
		else if (key_is(item, "first"))
			where->first = truth(l, item);
		else if (key_is(item, "as"))
			load_as(l, item, where);
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
		handle->many = truth(l, v);
	else if (key_is(v, "within"))
		load_where(l, v, &handle->within, NULL, NULL);
	else
		return false;
	return true;
}

/* Room for n more than a shape has inherited: a list of its own. */
#define OWN(l, list, n, more)                                                                   \
	do {                                                                                    \
		void *own =                                                                     \
			crm_arena_alloc(&(l)->ch->arena, ((n) + (more) + 1) * sizeof(*(list))); \
		if (n)                                                                          \
			memcpy(own, (list), (n) * sizeof(*(list)));                             \
		(list) = own;                                                                   \
	} while (0)

static bool id_extra(struct loader *l, const struct crm_json_value *v, void *data)
{
	struct crm_handle *id = data;

	if (!key_is(v, "country"))
		return false;
	load_where(l, v, &id->within, NULL, NULL);
	return true;
}

static struct crm_handle *handle_named(struct crm_shape *shape, struct crm_slice name, bool id)
{
	for (size_t i = 0; i < shape->n_handles; i++)
		if (shape->handles[i].id == id && crm_slice_is(name, shape->handles[i].name))
			return &shape->handles[i];
	return &shape->handles[shape->n_handles++];
}

static void load_ids_of(struct loader *l, const struct crm_json_value *v, bool id)
{
	struct crm_shape *shape = l->shape;

	OWN(l, shape->handles, shape->n_handles, v->count);
	EACH(l, v, item)
	{
		struct crm_handle *h = handle_named(shape, item->key, id);

		*h = (struct crm_handle){
			.name = crm_arena_strndup(&l->ch->arena, item->key.ptr, item->key.len),
			.id = id,
			.many = id};
		if (item->type == CRM_JSON_NULL)
			*h = shape->handles[--shape->n_handles]; /* not in this shape */
		else
			load_where(l, item, &h->where, id ? id_extra : handle_extra, h);
	}
}

static void load_handles(struct loader *l, const struct crm_json_value *v)
{
	load_ids_of(l, v, false);
}

static void load_ids(struct loader *l, const struct crm_json_value *v)
{
	load_ids_of(l, v, true);
}

/* A direction that is neither is read as none, so that the message would be nobody's. */
static const char *meaning(struct loader *l, enum crm_field f, const struct crm_json_value *v)
{
	const char *s = string(l, v);

	if (f == CRM_F_DIRECTION && *s && strcmp(s, "in") != 0 && strcmp(s, "out") != 0)
		wrong(l, v, "is a direction: in or out");
	else if (f == CRM_F_CURRENCY && *s && !crm_currency_is_known(s))
		wrong(l, v, "is no currency: three letters of ISO 4217");
	return s;
}

static void load_values(struct loader *l, const struct crm_json_value *v)
{
	struct crm_shape *shape = l->shape;
	size_t n = 0;

	EACH(l, v, field)
	n += field->count;
	OWN(l, shape->translations, shape->n_translations, n);
	EACH(l, v, field)
	{
		enum crm_field f = field_of(l, field);

		if (field->type != CRM_JSON_OBJECT)
			wrong(l, field, "takes an object of values and what they mean");
		EACH(l, field, item)
		shape->translations[shape->n_translations++] = (struct crm_translation){
			f, crm_arena_strndup(&l->ch->arena, item->key.ptr, item->key.len),
			meaning(l, f, item)};
	}
}

static void load_constants(struct loader *l, const struct crm_json_value *v)
{
	EACH(l, v, item)
	{
		enum crm_field f = field_of(l, item);

		l->shape->constants[f] = meaning(l, f, item);
	}
}

static bool drop_extra(struct loader *l, const struct crm_json_value *v, void *data)
{
	(void)data;
	if (!key_is(v, "is"))
		return false;
	l->shape->drop_values = strings(l, v, &l->shape->n_drop_values);
	return true;
}

static bool condition_extra(struct loader *l, const struct crm_json_value *v, void *data)
{
	struct crm_condition *c = data;

	c->negated = key_is(v, "not") || key_is(v, "differs");
	if (key_is(v, "is") || key_is(v, "not"))
		c->values = strings(l, v, &c->n_values);
	else if (key_is(v, "same") || key_is(v, "differs"))
		load_where(l, v, &c->same, NULL, NULL);
	else
		return false;
	return true;
}

/* "NAME": {"from": …, "is" | "not": values | "same" | "differs": another place} */
static void load_condition(struct loader *l, const struct crm_json_value *v,
			   struct crm_condition *c)
{
	load_where(l, v, &c->where, condition_extra, c);
	if (!c->n_values && !c->same.n)
		wrong(l, v, "says neither is, not, same nor differs");
}

/* {"/type": ["text", "image"], "/edited": ""}: place and values that are meant. A new list. */
static struct crm_condition *conditions(struct loader *l, const struct crm_json_value *v, size_t *n)
{
	struct crm_condition *list = crm_arena_alloc(&l->ch->arena, (v->count + 1) * sizeof(*list));

	*n = 0;
	EACH(l, v, item)
	{
		struct crm_condition *c = &list[(*n)++];
		const char **from = crm_arena_alloc(&l->ch->arena, sizeof(*from));

		*c = (struct crm_condition){0};
		if (item->type == CRM_JSON_OBJECT) {
			load_condition(l, item, c);
			continue;
		}
		from[0] = crm_arena_strndup(&l->ch->arena, item->key.ptr, item->key.len);
		c->where = (struct crm_where){.from = from, .n = 1};
		c->values = strings(l, item, &c->n_values);
		if (!l->ch->is_csv && from[0][0] != '@' && crm_path_wrong(from[0]))
			wrong(l, item, crm_path_wrong(from[0]));
	}
	return list;
}

static void load_when(struct loader *l, const struct crm_json_value *v)
{
	l->shape->when = conditions(l, v, &l->shape->n_when);
}

static void load_each(struct loader *l, const struct crm_json_value *v)
{
	l->shape->each = strings(l, v, &l->shape->n_each);
	for (size_t i = 0; i < l->shape->n_each; i++)
		if (crm_path_wrong(l->shape->each[i]))
			wrong(l, v, crm_path_wrong(l->shape->each[i]));
}

static char character(struct loader *l, const struct crm_json_value *v)
{
	const char *s = string(l, v);

	if (strlen(s) != 1 || s[0] == '\n' || s[0] == '\r' || (unsigned char)s[0] > 127)
		wrong(l, v, "takes one ASCII character");
	return s[0];
}

static size_t number(struct loader *l, const struct crm_json_value *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->text.len && i < 6; i++)
		n = n * 10 + (size_t)(v->text.ptr[i] - '0');
	if (v->type != CRM_JSON_NUMBER || v->text.len > 5
	    || strspn(v->text.ptr, "0123456789") < v->text.len)
		wrong(l, v, "takes a number");
	return n;
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
		else if (key_is(item, "optional"))
			l->ch->optional = number(l, item);
		else
			wrong(l, item, "is not known in \"csv\"");
	}
}

static void load_type(struct loader *l, const struct crm_json_value *v)
{
	const char *type = string(l, v);

	for (int t = 0; t < CRM_RECORD_TYPES; t++)
		if (!strcmp(type, crm_record_type_names[t])) {
			l->shape->type = (enum crm_record_type)t;
			return;
		}
	wrong(l, v, "names no record type; see crm-records(5)");
}

static void load_reads(struct loader *l, const struct crm_json_value *v)
{
	struct crm_channel *ch = l->ch;

	ch->reads = string(l, v);
	ch->is_csv = !strcmp(ch->reads, "csv");
	ch->syntax = crm_syntax_named(ch->reads);
	if (!ch->is_csv && !ch->syntax && strcmp(ch->reads, "json") != 0)
		wrong(l, v, "is csv, json, or one of the syntaxes in crm-channels(5)");
}

static void load_region(struct loader *l, const struct crm_json_value *v)
{
	l->ch->region = string(l, v);
	if (!crm_region_code(l->ch->region))
		wrong(l, v, "is no region: two letters of ISO 3166");
}

static void load_currency(struct loader *l, const struct crm_json_value *v)
{
	l->ch->currency = string(l, v);
	if (!crm_currency_is_known(l->ch->currency))
		wrong(l, v, "is no currency: three letters of ISO 4217");
}

static void load_zone(struct loader *l, const struct crm_json_value *v)
{
	l->ch->zone = string(l, v);
	if (strcmp(l->ch->zone, "UTC") != 0 && !crm_zone_is_known(l->ch->zone))
		wrong(l, v, "is no time zone, such as Europe/Berlin");
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
	struct crm_channel *ch = l->ch;
	bool several = v->count && first(l, v)->type == CRM_JSON_ARRAY;

	ch->signs = crm_arena_alloc(&ch->arena, (v->count + 1) * sizeof(*ch->signs));
	if (!several) {
		ch->signs->all = strings(l, v, &ch->signs->n);
		ch->n_signs = v->count > 0;
		return;
	}
	EACH(l, v, item)
	{
		struct crm_signs *signs = &ch->signs[ch->n_signs++];

		signs->all = strings(l, item, &signs->n);
	}
}

static void load_key(struct loader *l, const struct crm_json_value *v)
{
	load_where(l, v, &l->shape->key, NULL, NULL);
}

static void load_drop(struct loader *l, const struct crm_json_value *v)
{
	l->shape->n_drop_values = 0;
	load_where(l, v, &l->shape->drop, drop_extra, NULL);
	if (!l->shape->n_drop_values)
		wrong(l, v, "does not say with which values: 'is'");
}

static void load_main_fields(struct loader *l, const struct crm_json_value *v)
{
	load_fields(l, v, l->shape->fields);
}

static void load_out(struct loader *l, const struct crm_json_value *v)
{
	load_fields(l, v, l->shape->out);
}

static void load_unique(struct loader *l, const struct crm_json_value *v)
{
	l->ch->unique = truth(l, v);
}

static void load_records(struct loader *l, const struct crm_json_value *v);

static void wrong_within(void *loader, const struct crm_json_value *v, const char *what)
{
	wrong(loader, v, what);
}

static void load_webhook(struct loader *l, const struct crm_json_value *v)
{
	const struct crm_section section = {&l->doc, &l->ch->arena, wrong_within, l};

	l->ch->webhook = crm_webhook_load(&section, v);
}

static void where_in_answers(void *loader, const struct crm_json_value *v, struct crm_where *where)
{
	load_where(loader, v, where, NULL, NULL);
}

static void conditions_in_answers(void *loader, const struct crm_json_value *v,
				  struct crm_conditions *c)
{
	c->list = conditions(loader, v, &c->n);
}

/* An answer is JSON, whatever the channel reads. */
static void load_answers(struct loader *l, const struct crm_json_value *v)
{
	const struct crm_answers_file file = {
		{&l->doc, &l->ch->arena, wrong_within, l}, where_in_answers, conditions_in_answers};
	bool is_csv = l->ch->is_csv;

	l->ch->is_csv = false;
	l->ch->answer = crm_answers_load(&file, v);
	l->ch->answers = l->ch->answer->by;
	l->ch->is_csv = is_csv;
}

/* What a channel file may hold: a string for a member, or a function that reads it. Those
 * of a shape may also stand in an element of "records". */
static const struct {
	const char *key;
	size_t offset; /* of the string in struct crm_channel, when read is NULL */
	void (*read)(struct loader *, const struct crm_json_value *);
	enum crm_json_type takes; /* CRM_JSON_NULL: any */
	enum {
		FIRST, /* what the others depend on */
		PLAIN,
		SHAPE,
		LAST /* what depends on the others */
	} part;
} members[] = {
	{"about", offsetof(struct crm_channel, about), NULL, CRM_JSON_STRING, PLAIN},
	{"answers", 0, load_answers, CRM_JSON_NULL, PLAIN},
	{"const", 0, load_constants, CRM_JSON_OBJECT, SHAPE},
	{"csv", 0, load_csv, CRM_JSON_OBJECT, PLAIN},
	{"currency", 0, load_currency, CRM_JSON_STRING, PLAIN},
	{"dates", 0, load_dates, CRM_JSON_STRING, PLAIN},
	{"decimal", 0, load_decimal, CRM_JSON_STRING, PLAIN},
	{"detect", 0, load_detect, CRM_JSON_ARRAY, PLAIN},
	{"drop", 0, load_drop, CRM_JSON_OBJECT, SHAPE},
	{"each", 0, load_each, CRM_JSON_NULL, SHAPE},
	{"fields", 0, load_main_fields, CRM_JSON_OBJECT, SHAPE},
	{"handles", 0, load_handles, CRM_JSON_OBJECT, SHAPE},
	{"ids", 0, load_ids, CRM_JSON_OBJECT, SHAPE},
	{"key", 0, load_key, CRM_JSON_NULL, SHAPE},
	{"medium", offsetof(struct crm_channel, medium), NULL, CRM_JSON_STRING, PLAIN},
	{"out", 0, load_out, CRM_JSON_OBJECT, SHAPE},
	{"reads", 0, load_reads, CRM_JSON_STRING, FIRST},
	{"records", 0, load_records, CRM_JSON_ARRAY, LAST},
	{"refuses", offsetof(struct crm_channel, refuses), NULL, CRM_JSON_STRING, PLAIN},
	{"region", 0, load_region, CRM_JSON_STRING, PLAIN},
	{"scope", offsetof(struct crm_channel, scope), NULL, CRM_JSON_STRING, PLAIN},
	{"type", 0, load_type, CRM_JSON_STRING, SHAPE},
	{"unique", 0, load_unique, CRM_JSON_NULL, PLAIN},
	{"values", 0, load_values, CRM_JSON_OBJECT, SHAPE},
	{"webhook", 0, load_webhook, CRM_JSON_OBJECT, PLAIN},
	{"when", 0, load_when, CRM_JSON_OBJECT, SHAPE},
	{"zone", 0, load_zone, CRM_JSON_STRING, PLAIN},
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

static void load_member(struct loader *l, const struct crm_json_value *v, size_t i)
{
	if (members[i].takes != CRM_JSON_NULL && members[i].takes != v->type)
		wrong(l, v,
		      members[i].takes == CRM_JSON_OBJECT  ? "takes an object"
		      : members[i].takes == CRM_JSON_ARRAY ? "takes an array"
							   : "takes a string");
	else if (members[i].read)
		members[i].read(l, v);
	else
		*(const char **)((char *)l->ch + members[i].offset) = string(l, v);
}

static size_t member_of(const struct crm_json_value *v)
{
	size_t i = 0;

	while (i < MEMBERS && !key_is(v, members[i].key))
		i++;
	return i;
}

/* What the channel says is so for all its records, unless one of them says otherwise. */
static void load_records(struct loader *l, const struct crm_json_value *v)
{
	struct crm_channel *ch = l->ch;
	const struct crm_shape base = ch->shapes[0];

	if (!v->count)
		wrong(l, v, "is empty");
	ch->shapes = crm_arena_alloc(&ch->arena, (v->count + 1) * sizeof(*ch->shapes));
	ch->n_shapes = 0;
	EACH(l, v, record)
	{
		if (record->type != CRM_JSON_OBJECT) {
			wrong(l, v, "takes an array of objects");
			return;
		}
		l->shape = &ch->shapes[ch->n_shapes++];
		*l->shape = base;
		EACH(l, record, item)
		{
			size_t i = member_of(item);

			if (i < MEMBERS && members[i].part == SHAPE)
				load_member(l, item, i);
			else
				wrong(l, item, "is not known in \"records\"; see crm-channels(5)");
		}
	}
}

static bool same_each(const struct crm_shape *a, const struct crm_shape *b)
{
	bool same = a->n_each == b->n_each;

	for (size_t i = 0; same && i < a->n_each; i++)
		same = !strcmp(a->each[i], b->each[i]);
	return same;
}

static void group_shapes(struct crm_channel *ch)
{
	for (size_t i = 0; i < ch->n_shapes; i++) {
		size_t first = 0;

		while (!same_each(&ch->shapes[first], &ch->shapes[i]))
			first++;
		ch->shapes[i].group = first;
	}
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
	group_shapes(ch);
	for (size_t i = 0; i < ch->n_shapes; i++) {
		const struct crm_shape *shape = &ch->shapes[i];

		if (shape->type != CRM_ORDER_LINE || shape->fields[CRM_F_ORDER].n)
			continue;
		crm_fail(l->err, CRM_CONFIG, "%s: 'fields' does not say where 'order' is",
			 ch->file);
		l->failed = true;
	}
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
	l->shape = l->ch->shapes;
	for (int part = FIRST; part <= LAST; part++) {
		EACH(l, &l->doc.values[0], v)
		{
			size_t i = member_of(v);

			if (i == MEMBERS)
				wrong(l, v, "is not known in a channel; see crm-channels(5)");
			else if ((int)members[i].part == part)
				load_member(l, v, i);
		}
	}
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
	ch->reads = "csv";
	ch->is_csv = true;
	ch->n_shapes = 1;
	ch->shapes = crm_arena_alloc(&ch->arena, sizeof(*ch->shapes));
	memset(ch->shapes, 0, sizeof(*ch->shapes));
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

/* Does b begin as a, up to its final *? */
static bool begins_same(const char *a, struct crm_slice b)
{
	struct crm_str x = CRM_STR_INIT, y = CRM_STR_INIT;
	bool same;

	column_key((struct crm_slice){a, strlen(a) - 1}, &x);
	column_key(b, &y);
	same = x.len && y.len >= x.len && !memcmp(x.ptr, y.ptr, x.len);
	crm_str_release(&x);
	crm_str_release(&y);
	return same;
}

bool crm_column_same(const char *a, struct crm_slice b)
{
	struct crm_str x = CRM_STR_INIT, y = CRM_STR_INIT;
	bool same = crm_slice_is(b, a);

	if (*a && a[strlen(a) - 1] == '*')
		return begins_same(a, b);

	/* A plain name is not compared with an accented one: to load the rules of all
	 * scripts would be most of what it takes to store one message. */
	if (!same && (!is_ascii(b) || is_ascii(crm_slice_of(a)))) {
		column_key(crm_slice_of(a), &x);
		column_key(b, &y);
		same = x.len && crm_slice_same(crm_str_slice(&x), crm_str_slice(&y));
	}
	crm_str_release(&x);
	crm_str_release(&y);
	return same;
}
