/* SPDX-License-Identifier: MIT */
/*
 * From what a row says to what we keep. Each function below fills one part of a record;
 * crm_map_row at the end calls them in order.
 */
#include "ingest/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "norm/email.h"
#include "norm/money.h"
#include "norm/name.h"
#include "norm/phone.h"
#include "norm/place.h"
#include "norm/text.h"
#include "norm/when.h"

#define VALUES_MAX 8 /* of one field in one row: e-mails, phones */

/* A crm_where made ready for one file. */
struct source {
	const struct crm_where *where;
	size_t *columns; /* CSV: those the file has, in the channel's order */
	size_t n;
};

struct crm_map {
	const struct crm_channel *channel;
	struct crm_map_options options;
	bool is_json;
	struct source fields[CRM_FIELDS], out[CRM_FIELDS], key, drop, *handles;
	bool has_out;
	struct crm_slice *handle_scopes; /* SCOPE:NAME */
	struct crm_str *json_keys;       /* CSV: `"column":` of each column */
	size_t n_columns;
	struct crm_phone *phone;
	struct crm_dates times, birth_dates;
	struct crm_zone *zone; /* of local times; NULL: not known */
	struct crm_decimals decimals;
	struct crm_map_unread unread;
	struct crm_arena arena;
	struct crm_str scratch, scratch2;
};

/* What is being mapped: a row on its way to a record in a chunk. */
struct work {
	struct crm_map *map;
	const struct crm_row *row;
	struct crm_record *r;
	struct crm_arena *arena;
};

/* --- setting up --- */

static size_t column_named(const struct crm_slice *columns, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (crm_slice_is(columns[i], name))
			return i;
	for (size_t i = 0; i < n; i++)
		if (crm_column_same(name, columns[i]))
			return i;
	return n;
}

static void prepare(struct crm_map *map, struct source *s, const struct crm_where *where,
		    const struct crm_slice *columns, size_t n)
{
	s->where = where;
	if (map->is_json) {
		s->n = where->n;
		return;
	}
	s->columns = crm_arena_alloc(&map->arena, (where->n + 1) * sizeof(*s->columns));
	for (size_t i = 0; i < where->n; i++) {
		size_t c = column_named(columns, n, where->from[i]);

		if (c < n)
			s->columns[s->n++] = c;
	}
}

static void prepare_all(struct crm_map *map, const struct crm_slice *columns, size_t n)
{
	const struct crm_channel *ch = map->channel;

	for (int f = 0; f < CRM_FIELDS; f++) {
		prepare(map, &map->fields[f], &ch->fields[f], columns, n);
		prepare(map, &map->out[f], &ch->out[f], columns, n);
		map->has_out |= map->out[f].n > 0;
	}
	prepare(map, &map->key, &ch->key, columns, n);
	prepare(map, &map->drop, &ch->drop, columns, n);
	map->handles = crm_calloc(ch->n_handles, sizeof(*map->handles));
	map->handle_scopes = crm_calloc(ch->n_handles, sizeof(*map->handle_scopes));
	for (size_t i = 0; i < ch->n_handles; i++) {
		const struct crm_handle *h = &ch->handles[i];
		struct crm_str scope = CRM_STR_INIT;

		prepare(map, &map->handles[i], &h->where, columns, n);
		crm_str_addf(&scope, "%s:%s", h->scope ? h->scope : ch->scope, h->name);
		map->handle_scopes[i].ptr = crm_arena_strndup(&map->arena, scope.ptr, scope.len);
		map->handle_scopes[i].len = scope.len;
		crm_str_release(&scope);
	}
}

static bool finds_something(const struct crm_map *map)
{
	bool found = map->is_json;

	for (int f = 0; f < CRM_FIELDS; f++)
		found |= map->fields[f].n > 0;
	for (size_t i = 0; i < map->channel->n_handles; i++)
		found |= map->handles[i].n > 0;
	return found || map->channel->type == CRM_NOTE; /* a note may be anything */
}

static void prepare_json_keys(struct crm_map *map, const struct crm_slice *columns, size_t n)
{
	map->n_columns = n;
	map->json_keys = crm_calloc(n, sizeof(*map->json_keys));
	for (size_t i = 0; i < n; i++) {
		map->json_keys[i] = (struct crm_str)CRM_STR_INIT;
		crm_json_string(&map->json_keys[i], columns[i]);
		crm_str_addc(&map->json_keys[i], ':');
	}
}

#define OR(a, b) ((a) ? (a) : (b))

enum crm_status crm_map_new(struct crm_map **out, const struct crm_channel *channel,
			    const struct crm_slice *columns, size_t n,
			    const struct crm_map_options *o, struct crm_err *err)
{
	struct crm_map *map = crm_calloc(1, sizeof(*map));
	const struct crm_channel *ch = channel;

	*out = NULL;
	map->channel = ch;
	map->is_json = ch->is_json;
	map->scratch = map->scratch2 = (struct crm_str)CRM_STR_INIT;
	map->options = (struct crm_map_options){OR(o->region, ch->region),
						OR(o->zone, ch->zone),
						OR(o->currency, ch->currency),
						OR(o->decimal, ch->decimal),
						OR(o->dates, ch->dates),
						OR(o->birth_dates, OR(o->dates, ch->dates)),
						o->this_year};
	prepare_all(map, columns, n);
	prepare_json_keys(map, columns, n);
	map->phone = crm_phone_new();
	crm_dates_init(&map->times, map->options.dates, ch->fields[CRM_F_TIME].format);
	crm_dates_init(&map->birth_dates, map->options.birth_dates,
		       ch->fields[CRM_BIRTH_DATE].format);
	map->birth_dates.pivot = o->this_year % 100;
	crm_decimals_init(&map->decimals, map->options.decimal);
	if (map->options.zone && crm_zone_new(map->options.zone, &map->zone, err) != CRM_OK) {
		crm_map_free(map);
		return err->status;
	}
	if (!finds_something(map)) {
		crm_map_free(map);
		return crm_fail(err, CRM_DATA, "has none of the columns that channel '%s' reads",
				channel->name);
	}
	*out = map;
	return CRM_OK;
}

void crm_map_free(struct crm_map *map)
{
	if (!map)
		return;
	for (size_t i = 0; i < map->n_columns; i++)
		crm_str_release(&map->json_keys[i]);
	free(map->json_keys);
	free(map->handles);
	free(map->handle_scopes);
	crm_phone_free(map->phone);
	crm_zone_free(map->zone);
	crm_str_release(&map->scratch);
	crm_str_release(&map->scratch2);
	crm_arena_release(&map->arena);
	free(map);
}

/* --- getting values out of a row --- */

static struct crm_slice keep(struct work *w, const struct crm_str *s)
{
	return (struct crm_slice){crm_arena_strndup(w->arena, s->ptr, s->len), s->len};
}

static struct crm_slice json_text(struct work *w, const struct crm_json_value *v)
{
	struct crm_str *s = &w->map->scratch2;

	if (v->type == CRM_JSON_NULL || v->type == CRM_JSON_ARRAY || v->type == CRM_JSON_OBJECT)
		return (struct crm_slice){NULL, 0};
	if (v->type != CRM_JSON_STRING || !v->escaped)
		return v->text;
	crm_str_clear(s);
	crm_json_text(v, s);
	return keep(w, s);
}

/* Appends the values at a JSON Pointer: one, or the elements of an array. */
static size_t json_values(struct work *w, const char *pointer, struct crm_slice *out, size_t n)
{
	const struct crm_json_doc *doc = w->row->doc;
	const struct crm_json_value *v = crm_json_pointer(doc, w->row->value, pointer);

	if (!v)
		return n;
	if (v->type != CRM_JSON_ARRAY) {
		out[n] = json_text(w, v);
		return n + (crm_slice_trim(out[n]).len > 0);
	}
	for (uint32_t i = (uint32_t)(v - doc->values) + 1; i < v->next && n < VALUES_MAX;
	     i = doc->values[i].next) {
		out[n] = json_text(w, &doc->values[i]);
		n += crm_slice_trim(out[n]).len > 0;
	}
	return n;
}

/* The values that a source has in this row and that are not blank, trimmed. */
static size_t values(struct work *w, const struct source *s, struct crm_slice out[VALUES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < s->n && n < VALUES_MAX; i++) {
		if (w->map->is_json) {
			n = json_values(w, s->where->from[i], out, n);
		} else {
			out[n] = w->row->fields[s->columns[i]];
			n += crm_slice_trim(out[n]).len > 0;
		}
	}
	for (size_t i = 0; i < n; i++)
		out[i] = crm_slice_trim(out[i]);
	return n;
}

static struct crm_slice joined(struct work *w, const struct crm_slice *parts, size_t n,
			       const char *with)
{
	struct crm_str s = CRM_STR_INIT;
	struct crm_slice kept;

	for (size_t i = 0; i < n; i++) {
		crm_str_adds(&s, i ? with : "");
		crm_str_add(&s, parts[i].ptr, parts[i].len);
	}
	kept = keep(w, &s);
	crm_str_release(&s);
	return kept;
}

/* The one value of a source, ptr NULL for none. Borrowed from the row, or in the arena. */
static struct crm_slice one(struct work *w, const struct source *s)
{
	struct crm_slice found[VALUES_MAX];
	size_t n = s->n ? values(w, s, found) : 0;

	if (!n)
		return (struct crm_slice){NULL, 0};
	return s->where->join ? joined(w, found, n, s->where->join) : found[0];
}

/* Is s the value that a translation is for? Without regard to case; a final * stands for
 * any rest. */
static bool means(const char *from, struct crm_slice s)
{
	size_t len = strlen(from);

	if (len && from[len - 1] == '*')
		return s.len >= len - 1 && !strncasecmp(from, s.ptr, len - 1);
	return s.len == len && !strncasecmp(from, s.ptr, len);
}

static struct crm_slice translated(const struct crm_map *map, enum crm_field f, struct crm_slice s)
{
	const struct crm_channel *ch = map->channel;

	for (size_t i = 0; s.ptr && i < ch->n_translations; i++) {
		const struct crm_translation *t = &ch->translations[i];

		if (t->field == f && means(t->from, s))
			return crm_slice_of(*t->to ? t->to : NULL); /* "": no value */
	}
	if (!s.ptr && ch->constants[f])
		return crm_slice_of(ch->constants[f]);
	return s;
}

static const struct source *source_of(const struct work *w, enum crm_field f)
{
	bool out = w->map->has_out && crm_slice_is(w->r->direction, "out");

	/* what a message that went out says of its sender is about us */
	return out && (f < CRM_F_TIME || w->map->out[f].n) ? &w->map->out[f] : &w->map->fields[f];
}

static struct crm_slice field(struct work *w, enum crm_field f)
{
	return translated(w->map, f, one(w, source_of(w, f)));
}

/* A field's display form in the arena; ptr NULL when nothing is left of it. */
static struct crm_slice clean(struct work *w, struct crm_slice s)
{
	struct crm_str *out = &w->map->scratch;

	if (!s.ptr)
		return s;
	crm_str_clear(out);
	crm_text_clean(s, out);
	return out->len ? keep(w, out) : (struct crm_slice){NULL, 0};
}

static struct crm_slice clean_field(struct work *w, enum crm_field f)
{
	return clean(w, field(w, f));
}

/* Text of several lines: line ends are LF, other control characters go. */
static struct crm_slice clean_text(struct work *w, struct crm_slice s)
{
	struct crm_str *out = &w->map->scratch;

	if (!s.ptr)
		return s;
	crm_str_clear(out);
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c == '\r')
			crm_str_adds(out, i + 1 < s.len && s.ptr[i + 1] == '\n' ? "" : "\n");
		else if (c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7f))
			crm_str_addc(out, (char)c);
	}
	return keep(w, out);
}

/* --- the parts of a record --- */

static bool set_aside(struct work *w, const char *reason)
{
	w->r->aside = crm_arena_strndup(w->arena, reason, strlen(reason));
	w->r->bytes = (struct crm_slice){
		crm_arena_strndup(w->arena, w->row->bytes.ptr, w->row->bytes.len),
		w->row->bytes.len};
	return false;
}

/* Sets aside for a value that cannot be read, and names it. */
static bool unreadable(struct work *w, const char *what, struct crm_slice value)
{
	struct crm_str why = CRM_STR_INIT;

	crm_str_addf(&why, "%s '%.*s' cannot be read", what, (int)(value.len < 80 ? value.len : 80),
		     value.ptr);
	set_aside(w, why.ptr);
	crm_str_release(&why);
	return false;
}

static void put_raw(struct work *w)
{
	struct crm_map *map = w->map;
	struct crm_str *s = &map->scratch;
	struct crm_digest digest;

	crm_str_clear(s);
	if (map->is_json) {
		crm_str_add(s, w->row->value->text.ptr, w->row->value->text.len);
	} else {
		crm_str_addc(s, '{');
		for (size_t i = 0; i < map->n_columns; i++) {
			if (i)
				crm_str_addc(s, ',');
			crm_str_add(s, map->json_keys[i].ptr, map->json_keys[i].len);
			crm_json_string(s, w->row->fields[i]);
		}
		crm_str_addc(s, '}');
	}
	w->r->raw = keep(w, s);
	digest = crm_digest_of(s->ptr, s->len);
	crm_str_clear(s);
	crm_digest_hex(&digest, s);
	w->r->digest = keep(w, s);
}

static bool is_dropped(struct work *w)
{
	const struct crm_channel *ch = w->map->channel;
	struct crm_slice s = one(w, &w->map->drop);

	for (size_t i = 0; s.ptr && i < ch->n_drop_values; i++)
		if (strlen(ch->drop_values[i]) == s.len
		    && !strncasecmp(ch->drop_values[i], s.ptr, s.len))
			return true;
	return false;
}

static void put_id(struct work *w)
{
	struct crm_slice parts[VALUES_MAX];
	size_t n = w->map->key.n ? values(w, &w->map->key, parts) : 0;

	if (n && n == w->map->key.n)
		w->r->id = joined(w, parts, n, "/");
}

static bool begins_with(struct crm_slice s, struct crm_slice start)
{
	return s.len >= start.len && !strncasecmp(s.ptr, start.ptr, start.len);
}

/* Name, given and family name: each from the others where it is missing. */
static void put_name(struct work *w)
{
	struct crm_slice *p = w->r->person;
	struct crm_str given = CRM_STR_INIT, family = CRM_STR_INIT;

	for (int f = CRM_NAME; f <= CRM_FAMILY; f++)
		p[f] = clean_field(w, (enum crm_field)f);
	if (p[CRM_NAME].ptr && !p[CRM_GIVEN].ptr && !p[CRM_FAMILY].ptr) {
		crm_name_split(p[CRM_NAME], &given, &family);
		if (given.len)
			p[CRM_GIVEN] = keep(w, &given);
		if (family.len)
			p[CRM_FAMILY] = keep(w, &family);
	} else if (p[CRM_NAME].ptr && p[CRM_GIVEN].ptr && !p[CRM_FAMILY].ptr
		   && !begins_with(p[CRM_NAME], p[CRM_GIVEN])) {
		/* "Vorname", "Name": the latter is the family name */
		p[CRM_FAMILY] = p[CRM_NAME];
		crm_name_join(p[CRM_GIVEN], p[CRM_FAMILY], &given);
		p[CRM_NAME] = keep(w, &given);
	} else if (!p[CRM_NAME].ptr && (p[CRM_GIVEN].ptr || p[CRM_FAMILY].ptr)) {
		crm_name_join(p[CRM_GIVEN], p[CRM_FAMILY], &given);
		p[CRM_NAME] = keep(w, &given);
	}
	crm_str_release(&given);
	crm_str_release(&family);
}

static bool house_comes_first(const char *country)
{
	static const char *const first[] = {"AU", "CA", "FR", "GB", "IE", "NZ", "US"};

	for (size_t i = 0; country && i < sizeof(first) / sizeof(first[0]); i++)
		if (!strncmp(country, first[i], 2))
			return true;
	return false;
}

static void put_address(struct work *w)
{
	struct crm_slice *p = w->r->person, parts[2], house, unit;
	struct crm_str *out = &w->map->scratch;
	const char *country;

	for (int f = CRM_ORG; f <= CRM_LANGUAGE; f++)
		p[f] = clean_field(w, (enum crm_field)f);
	if (p[CRM_COUNTRY].ptr && (country = crm_country_code(p[CRM_COUNTRY])))
		p[CRM_COUNTRY] = crm_slice_of(country);
	country = p[CRM_COUNTRY].len == 2 ? p[CRM_COUNTRY].ptr : w->map->options.region;
	if (p[CRM_POSTCODE].ptr) {
		crm_str_clear(out);
		crm_postcode_clean(p[CRM_POSTCODE], country, out);
		p[CRM_POSTCODE] = out->len ? keep(w, out) : (struct crm_slice){NULL, 0};
	}
	house = clean_field(w, CRM_F_HOUSE);
	unit = clean_field(w, CRM_F_UNIT);
	if (p[CRM_STREET].ptr && house.ptr) {
		bool first = house_comes_first(country);

		parts[first] = p[CRM_STREET];
		parts[!first] = house;
		p[CRM_STREET] = joined(w, parts, 2, " ");
	}
	if (p[CRM_STREET].ptr && unit.ptr) {
		parts[0] = p[CRM_STREET];
		parts[1] = unit;
		p[CRM_STREET] = joined(w, parts, 2, ", ");
	}
}

static void put_birth_date(struct work *w)
{
	struct crm_slice s = field(w, (enum crm_field)CRM_BIRTH_DATE);
	struct crm_str *out = &w->map->scratch;

	if (!s.ptr)
		return;
	crm_str_clear(out);
	if (crm_when_birth_date(&w->map->birth_dates, s, w->map->options.this_year, out))
		w->r->person[CRM_BIRTH_DATE] = keep(w, out);
	else
		w->map->unread.birth_dates++;
}

static bool has_address(const struct crm_record *r, enum crm_endpoint_kind kind,
			struct crm_slice value)
{
	for (size_t i = 0; i < r->n_addresses; i++)
		if (r->addresses[i].kind == kind && crm_slice_same(r->addresses[i].value, value))
			return true;
	return false;
}

static struct crm_address *add_address(struct work *w, enum crm_endpoint_kind kind,
				       struct crm_slice scope, const struct crm_str *value)
{
	struct crm_record *r = w->r;

	if (r->n_addresses == CRM_ADDRESSES
	    || (kind != CRM_HANDLE
		&& has_address(r, kind, (struct crm_slice){value->ptr, value->len})))
		return NULL;
	r->addresses[r->n_addresses] =
		(struct crm_address){.kind = kind, .scope = scope, .value = keep(w, value)};
	return &r->addresses[r->n_addresses++];
}

static void put_handles(struct work *w)
{
	const struct crm_channel *ch = w->map->channel;
	struct crm_str *s = &w->map->scratch;

	for (size_t i = 0; i < ch->n_handles; i++) {
		struct crm_slice value = clean(w, one(w, &w->map->handles[i]));
		struct crm_address *a;

		if (!value.ptr)
			continue;
		crm_str_clear(s);
		crm_str_add(s, value.ptr, value.len);
		a = add_address(w, CRM_HANDLE, w->map->handle_scopes[i], s);
		if (a)
			a->many = ch->handles[i].many;
	}
}

static void put_emails(struct work *w)
{
	static const struct crm_slice no_scope = {"", 0};
	struct crm_slice found[VALUES_MAX];
	struct crm_str *s = &w->map->scratch;
	size_t n = values(w, source_of(w, CRM_F_EMAIL), found);

	for (size_t i = 0; i < n; i++) {
		struct crm_address *a;

		found[i] = translated(w->map, CRM_F_EMAIL, found[i]);
		if (!found[i].ptr)
			continue;
		crm_str_clear(s);
		if (!crm_email_normalise(found[i], s, NULL)) {
			w->map->unread.emails++;
			continue;
		}
		a = add_address(w, CRM_EMAIL, no_scope, s);
		if (a)
			a->role = crm_email_is_role(a->value);
	}
}

static void put_phones(struct work *w)
{
	static const struct crm_slice no_scope = {"", 0};
	struct crm_slice found[VALUES_MAX], country = w->r->person[CRM_COUNTRY];
	const char *region = country.len == 2 ? country.ptr : w->map->options.region;
	struct crm_str *s = &w->map->scratch;
	size_t n = values(w, source_of(w, CRM_F_PHONE), found);

	for (size_t i = 0; i < n; i++) {
		found[i] = translated(w->map, CRM_F_PHONE, found[i]);
		if (!found[i].ptr)
			continue;
		crm_str_clear(s);
		if (crm_phone_normalise(w->map->phone, found[i], region, s))
			add_address(w, CRM_PHONE, no_scope, s);
		else
			w->map->unread.phones++;
	}
}

static void put_person_digest(struct work *w)
{
	struct crm_record *r = w->r;
	struct crm_str *s = &w->map->scratch;
	struct crm_digest digest;
	bool any = r->n_addresses > 0;

	crm_str_clear(s);
	for (int f = 0; f < CRM_PERSON_FIELDS; f++) {
		crm_str_add(s, r->person[f].ptr, r->person[f].len);
		crm_str_addc(s, '\x1f');
		/* of an event a place alone names nobody; a contact is somebody in any case */
		any |= r->person[f].ptr
		       && (f <= CRM_FAMILY || f == CRM_ORG || r->type == CRM_CONTACT);
	}
	for (size_t i = 0; i < r->n_addresses; i++) {
		crm_str_add(s, r->addresses[i].scope.ptr, r->addresses[i].scope.len);
		crm_str_addc(s, '\x1f');
		crm_str_add(s, r->addresses[i].value.ptr, r->addresses[i].value.len);
		crm_str_addc(s, '\x1f');
	}
	if (!any)
		return;
	digest = crm_digest_of(s->ptr, s->len);
	crm_str_clear(s);
	crm_digest_hex(&digest, s);
	r->person_digest = keep(w, s);
}

static void put_person(struct work *w)
{
	put_name(w);
	put_address(w);
	put_birth_date(w);
	put_handles(w);
	put_emails(w);
	put_phones(w);
}

static bool put_time(struct work *w)
{
	struct crm_slice s = field(w, CRM_F_TIME);
	struct crm_map *map = w->map;
	struct crm_time t;

	if (!s.ptr)
		return true;
	if (!crm_dates_parse(&map->times, s, &t))
		return unreadable(w, "time", s);
	if (!t.has_offset && map->zone) {
		t.ms = crm_zone_utc(map->zone, t.ms);
		t.offset = crm_zone_offset(map->zone, t.ms);
		t.has_offset = true;
	}
	map->unread.local_times += !t.has_offset;
	w->r->has_at = true;
	w->r->at = t.ms;
	w->r->has_offset = t.has_offset;
	w->r->at_offset = t.offset;
	return true;
}

static bool put_money(struct work *w, enum crm_field f, bool *has, int64_t *amount)
{
	struct crm_slice s = field(w, f);
	struct crm_money money;

	if (!s.ptr)
		return true;
	if (!crm_money_parse(&w->map->decimals, s, w->r->currency.ptr, &money))
		return unreadable(w, crm_field_names[f], s);
	*has = true;
	*amount = money.minor;
	if (!w->r->currency.ptr && *money.currency)
		w->r->currency =
			(struct crm_slice){crm_arena_strndup(w->arena, money.currency, 3), 3};
	return true;
}

static bool put_real(struct work *w, enum crm_field f, bool *has, double *x)
{
	struct crm_slice s = field(w, f);
	char text[64], *end, *comma;

	if (!s.ptr)
		return true;
	snprintf(text, sizeof(text), "%.*s", (int)s.len, s.ptr);
	if ((comma = strchr(text, ',')))
		*comma = '.';
	*x = strtod(text, &end);
	if (end == text || *end)
		return unreadable(w, crm_field_names[f], s);
	*has = true;
	return true;
}

/* Seconds, or [hours:]minutes:seconds. */
static bool put_duration(struct work *w)
{
	struct crm_slice s = field(w, CRM_F_DURATION);
	int64_t total = 0, part = 0;

	if (!s.ptr)
		return true;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == ':')
			total = (total + part) * 60, part = 0;
		else if (s.ptr[i] >= '0' && s.ptr[i] <= '9' && part < 1000000000)
			part = part * 10 + (s.ptr[i] - '0');
		else if (s.ptr[i] == '.')
			break;
		else
			return unreadable(w, "duration", s);
	}
	w->r->has_duration = true;
	w->r->duration = total + part;
	return true;
}

static bool put_line(struct work *w)
{
	struct crm_record *r = w->r;
	bool has_quantity = false;

	r->line_id = clean_field(w, CRM_F_LINE);
	r->sku = clean_field(w, CRM_F_LINE_SKU);
	r->line_name = clean_field(w, CRM_F_LINE_NAME);
	r->quantity = 1;
	if (!put_real(w, CRM_F_LINE_QUANTITY, &has_quantity, &r->quantity)
	    || !put_money(w, CRM_F_LINE_PRICE, &r->has_price, &r->price)
	    || !put_money(w, CRM_F_LINE_EXTRA, &r->has_extra, &r->extra))
		return false;
	r->has_line = r->sku.ptr || r->line_name.ptr || r->has_price;
	return true;
}

static void put_currency(struct work *w)
{
	struct crm_slice s = clean_field(w, CRM_F_CURRENCY);
	char code[4];

	if (!s.ptr || s.len != 3)
		s = crm_slice_of(w->map->options.currency);
	if (!s.ptr || s.len != 3)
		return;
	for (int i = 0; i < 3; i++)
		code[i] = (char)(s.ptr[i] >= 'a' && s.ptr[i] <= 'z' ? s.ptr[i] - 32 : s.ptr[i]);
	code[3] = '\0';
	w->r->currency = (struct crm_slice){crm_arena_strndup(w->arena, code, 3), 3};
}

static bool put_event(struct work *w)
{
	struct crm_record *r = w->r;

	r->thread = clean_field(w, CRM_F_THREAD);
	r->subject = clean_field(w, CRM_F_SUBJECT);
	r->text = clean_text(w, field(w, CRM_F_TEXT));
	r->status = clean_field(w, CRM_F_STATUS);
	r->ref = clean_field(w, CRM_F_ORDER);
	r->agent = clean_field(w, CRM_F_AGENT);
	put_currency(w);
	if (!put_money(w, CRM_F_AMOUNT, &r->has_amount, &r->amount)
	    || !put_real(w, CRM_F_RATING, &r->has_rating, &r->rating)
	    || !put_real(w, CRM_F_RATING_MAX, &r->has_rating_max, &r->rating_max)
	    || !put_duration(w) || !put_line(w))
		return false;
	if (r->type == CRM_ORDER && !r->ref.ptr)
		r->ref = r->id;
	if (r->type == CRM_ORDER && !r->id.ptr)
		r->id = r->ref;
	if (!r->has_amount && !r->has_line)
		r->currency = (struct crm_slice){NULL, 0};
	return true;
}

/* Does the record say anything that its type is for? */
static const char *lacks(const struct crm_record *r)
{
	switch (r->type) {
	case CRM_CONTACT:
		return r->person_digest.ptr ? NULL : "says nothing of a person";
	case CRM_ORDER:
		return r->ref.ptr ? NULL : "has no order number";
	case CRM_ORDER_LINE:
		return !r->ref.ptr   ? "has no order number"
		       : r->has_line ? NULL
				     : "has neither article nor price";
	case CRM_MESSAGE:
		return r->text.ptr || r->subject.ptr ? NULL : "has no text";
	case CRM_RATING:
		return r->has_rating || r->text.ptr ? NULL : "has no rating";
	default:
		return NULL;
	}
}

static void map_good_row(struct work *w)
{
	struct crm_record *r = w->r;
	const char *missing;

	if (is_dropped(w)) {
		set_aside(w, "deleted in the source");
		return;
	}
	put_raw(w);
	put_id(w);
	r->direction = clean_field(w, CRM_F_DIRECTION);
	put_person(w);
	put_person_digest(w);
	if (!put_time(w) || (r->type != CRM_CONTACT && !put_event(w)))
		return;
	if ((missing = lacks(r)))
		set_aside(w, missing);
}

void crm_map_row(struct crm_map *map, const struct crm_row *row, struct crm_chunk *chunk)
{
	struct work w = {.map = map, .row = row, .arena = &chunk->arena, .r = crm_chunk_add(chunk)};

	w.r->type = map->channel->type;
	w.r->line = row->line;
	if (row->reason)
		set_aside(&w, row->reason);
	else
		map_good_row(&w);
}

/* --- deciding columns --- */

void crm_map_observe(struct crm_map *map, const struct crm_row *row)
{
	static const enum crm_field money[] = {CRM_F_AMOUNT, CRM_F_LINE_PRICE, CRM_F_LINE_EXTRA};
	struct crm_arena arena = CRM_ARENA_INIT;
	struct crm_record nothing = {0};
	struct work w = {.map = map, .row = row, .arena = &arena, .r = &nothing};
	struct crm_slice s;

	if ((s = one(&w, &map->fields[CRM_F_TIME])).ptr)
		crm_dates_observe(&map->times, s);
	if ((s = one(&w, &map->fields[CRM_BIRTH_DATE])).ptr)
		crm_dates_observe(&map->birth_dates, s);
	for (size_t i = 0; i < sizeof(money) / sizeof(money[0]); i++)
		if ((s = one(&w, &map->fields[money[i]])).ptr)
			crm_decimals_observe(&map->decimals, s);
	crm_arena_release(&arena);
}

/* Does some row show the order of day and month? */
static bool dates_shown(const struct crm_dates *d)
{
	return d->told || d->format || d->day_first || d->month_first;
}

/* One row shows an order; whether another row shows the other one, only more rows tell. */
static bool dates_decided(const struct crm_dates *d)
{
	return d->told || d->format || (d->day_first && d->month_first);
}

bool crm_map_decided(const struct crm_map *map)
{
	bool money = !map->fields[CRM_F_AMOUNT].n && !map->fields[CRM_F_LINE_PRICE].n;
	bool times = !map->fields[CRM_F_TIME].n || dates_decided(&map->times);
	bool births = !map->fields[CRM_BIRTH_DATE].n || dates_decided(&map->birth_dates);

	money |= map->decimals.told || map->decimals.point || map->decimals.comma;
	return times && births && money;
}

bool crm_map_ambiguous(const struct crm_map *map)
{
	return (map->times.ambiguous && !dates_shown(&map->times))
	       || (map->birth_dates.ambiguous && !dates_shown(&map->birth_dates))
	       || (map->decimals.ambiguous && !map->decimals.point && !map->decimals.comma);
}

static void decide_dates(struct crm_map *map, struct crm_dates *dates, enum crm_field f,
			 struct crm_str *out)
{
	const struct crm_where *where = &map->channel->fields[f];
	enum crm_dates_state state = crm_dates_decide(dates);
	const char *order = dates->order == CRM_DATES_MDY ? "month/day" : "day/month";

	if (state == CRM_DATES_ASSUMED)
		crm_str_addf(
			out,
			"dates in '%s' could be day/month or month/day: read as %s (say --dates)\n",
			where->from[0], order);
	else if (state == CRM_DATES_CONTRADICTORY)
		crm_str_addf(out,
			     "dates in '%s' are written both ways: those that could be either are "
			     "set aside\n",
			     where->from[0]);
	else if (dates->ambiguous && !dates->told && !dates->format)
		crm_str_addf(out, "dates in '%s' are %s, as the column shows\n", where->from[0],
			     order);
}

void crm_map_decide(struct crm_map *map, struct crm_str *words)
{
	decide_dates(map, &map->times, CRM_F_TIME, words);
	decide_dates(map, &map->birth_dates, (enum crm_field)CRM_BIRTH_DATE, words);
	if (crm_decimals_decide(&map->decimals) == CRM_DECIMALS_ASSUMED)
		crm_str_adds(words,
			     "amounts such as 1.234 could be thousands or not (say --decimal)\n");
}

struct crm_map_unread crm_map_unread(const struct crm_map *map)
{
	return map->unread;
}

/* NULL where no value asked for an order. */
static const char *order_name(const struct crm_dates *d)
{
	static const char *const names[] = {
		[CRM_DATES_ANY] = "both",
		[CRM_DATES_DMY] = "dmy",
		[CRM_DATES_MDY] = "mdy",
		[CRM_DATES_YMD] = "ymd",
	};

	return dates_shown(d) || d->ambiguous ? names[d->order] : NULL;
}

void crm_map_describe(const struct crm_map *map, struct crm_str *json)
{
	const struct crm_decimals *d = &map->decimals;
	const char mark[2] = {d->mark, '\0'};

	crm_json_put(json, "channel", map->channel->name);
	crm_json_put(json, "region", map->options.region);
	crm_json_put(json, "zone", map->options.zone);
	crm_json_put(json, "currency", map->options.currency);
	crm_json_put(json, "dates", order_name(&map->times));
	crm_json_put(json, "birth_dates", order_name(&map->birth_dates));
	if (d->mark && (d->told || d->point || d->comma || d->ambiguous))
		crm_json_put(json, "decimal", mark);
}
