/* SPDX-License-Identifier: MIT */
/*
 * From what a row says to what we keep. Each function below fills one part of a record;
 * crm_fields_fill at the end calls them in order.
 */
#include "ingest/fields.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "ingest/attachments.h"
#include "norm/email.h"
#include "norm/id.h"
#include "norm/name.h"
#include "norm/own.h"
#include "norm/place.h"
#include "norm/text.h"

static const struct crm_slice none = {NULL, 0};

/* What is being filled: a row on its way to a record in a chunk. */
struct work {
	struct crm_map *map;
	const struct crm_map_shape *shape;
	struct crm_view view;
	struct crm_record *r;
	struct crm_arena *arena;
	bool own; /* an address of ours was met */
};

/* --- values --- */

static struct crm_slice keep(struct work *w, const struct crm_str *s)
{
	return (struct crm_slice){crm_arena_strndup(w->arena, s->ptr, s->len), s->len};
}

static struct crm_slice copy(struct work *w, struct crm_slice s)
{
	return s.ptr ? (struct crm_slice){crm_arena_strndup(w->arena, s.ptr, s.len), s.len} : s;
}

static struct crm_slice one(struct work *w, const struct crm_place *place)
{
	return crm_values_one(&w->view, place);
}

static struct crm_slice joined(struct work *w, const struct crm_slice *parts, size_t n,
			       const char *with)
{
	return crm_values_join(&w->view, parts, n, with);
}

static struct crm_slice translated(const struct work *w, enum crm_field f, struct crm_slice s)
{
	const struct crm_shape *shape = w->shape->shape;

	for (size_t i = 0; s.ptr && i < shape->n_translations; i++) {
		const struct crm_translation *t = &shape->translations[i];

		if (t->field == f && crm_values_mean(t->from, s))
			return crm_slice_of(*t->to ? t->to : NULL); /* "": no value */
	}
	if (!s.ptr && shape->constants[f])
		return crm_slice_of(shape->constants[f]);
	return s;
}

static const struct crm_place *place_of(const struct work *w, enum crm_field f)
{
	const struct crm_map_shape *shape = w->shape;
	bool out = shape->has_out && crm_slice_is(w->r->direction, "out");

	/* what a message that went out says of its sender is about us */
	return out && (f < CRM_F_TIME || shape->out[f].n) ? &shape->out[f] : &shape->fields[f];
}

static struct crm_slice field(struct work *w, enum crm_field f)
{
	return translated(w, f, one(w, place_of(w, f)));
}

/* The values of a field, translated, in a list that stays while others are looked up. */
static struct crm_slice *fields(struct work *w, enum crm_field f, size_t most, size_t *n)
{
	const struct crm_place *place = place_of(w, f);
	const struct crm_values *found;
	struct crm_slice *list;

	*n = 0;
	if (!place->n)
		return NULL;
	found = crm_values_all(&w->view, place);
	most = place->where->first ? 1 : most;
	list = crm_arena_alloc(w->arena, (found->n + 1) * sizeof(*list));
	for (size_t i = 0; i < found->n && *n < most; i++) {
		list[*n] = translated(w, f, found->list[i]);
		*n += list[*n].ptr != NULL;
	}
	return list;
}

static struct crm_slice clean(struct work *w, struct crm_slice s)
{
	return crm_values_clean(&w->view, s);
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

/* --- setting aside --- */

static bool set_aside(struct work *w, const char *reason)
{
	const struct crm_row *row = w->view.row;
	const struct crm_spot *spot = w->view.spot;
	struct crm_str alone = CRM_STR_INIT;

	w->r->aside = crm_arena_strndup(w->arena, reason, strlen(reason));
	w->r->bytes = row->bytes;
	if (spot && spot->depth && !row->whole) { /* not all that came with it */
		crm_spot_alone(spot, &alone);
		w->r->bytes = crm_str_slice(&alone);
	}
	w->r->bytes = copy(w, w->r->bytes);
	crm_str_release(&alone);
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

/* --- the parts of a record --- */

static void put_raw(struct work *w)
{
	const struct crm_map *map = w->map;
	const struct crm_spot *spot = w->view.spot;
	struct crm_str *s = &w->map->scratch;
	struct crm_digest digest;

	crm_str_clear(s);
	if (spot && (w->shape->looks_up || crm_spot_value(spot)->type != CRM_JSON_OBJECT)) {
		crm_spot_alone(spot, s); /* a plain value is no object */
	} else if (spot) {
		crm_json_raw(s, crm_spot_value(spot)->text);
	} else {
		crm_str_addc(s, '{');
		for (size_t i = 0; i < map->n_columns; i++) {
			if (i)
				crm_str_addc(s, ',');
			crm_str_add(s, map->json_keys[i].ptr, map->json_keys[i].len);
			crm_json_string(s, w->view.row->fields[i]);
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
	const struct crm_shape *shape = w->shape->shape;
	struct crm_slice s = one(w, &w->shape->drop);

	for (size_t i = 0; s.ptr && i < shape->n_drop_values; i++)
		if (crm_slice_is_caseless(s, shape->drop_values[i]))
			return true;
	return false;
}

/* The id: all parts of the key, or none. With join it is what is there, with first the first
 * of that. */
static void put_id(struct work *w)
{
	const struct crm_place *key = &w->shape->key;
	const struct crm_values *parts;

	if (!key->n)
		return;
	parts = crm_values_all(&w->view, key);
	if (parts->n && key->where->first)
		w->r->id = joined(w, parts->list, 1, "");
	else if (parts->n && (parts->n == key->n || key->where->join))
		w->r->id = key->where->join ? crm_values_joined(&w->view, key->where)
					    : joined(w, parts->list, parts->n, "/");
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
	if (crm_when_birth_date(&w->shape->birth_dates, s, w->map->options.this_year, out))
		w->r->person[CRM_BIRTH_DATE] = keep(w, out);
	else
		w->map->unread.birth_dates++;
	if (!w->r->person[CRM_BIRTH_DATE].ptr
	    && crm_when_birth_written(&w->shape->birth_dates, s, w->map->options.this_year, out))
		w->r->birth_written = keep(w, out);
}

static bool has_address(const struct crm_record *r, enum crm_endpoint_kind kind,
			struct crm_slice scope, struct crm_slice value)
{
	for (size_t i = 0; i < r->n_addresses && kind != CRM_HANDLE; i++)
		if (r->addresses[i].kind == kind && crm_slice_same(r->addresses[i].value, value)
		    && crm_slice_same(r->addresses[i].scope, scope))
			return true;
	return false;
}

static struct crm_address *add_address(struct work *w, enum crm_endpoint_kind kind,
				       struct crm_slice scope, const struct crm_str *value)
{
	struct crm_slice slice = {value->ptr, value->len};
	struct crm_record *r = w->r;

	if (kind != CRM_HANDLE && kind != CRM_ID && crm_own_has(w->map->options.own, slice)) {
		w->own = true;
		return NULL;
	}
	if (r->n_addresses == CRM_ADDRESSES || has_address(r, kind, scope, slice))
		return NULL;
	r->addresses[r->n_addresses] =
		(struct crm_address){.kind = kind, .scope = scope, .value = keep(w, value)};
	return &r->addresses[r->n_addresses++];
}

/* SCOPE:NAME, and what it is within. */
static struct crm_slice handle_scope(struct work *w, size_t i)
{
	struct crm_slice scope = w->shape->handle_scopes[i], within = one(w, &w->shape->within[i]);
	const char *code =
		within.ptr && w->shape->shape->handles[i].id ? crm_country_code(within) : NULL;
	struct crm_slice parts[2] = {scope, code ? crm_slice_of(code) : within};

	return within.ptr ? joined(w, parts, 2, ":") : scope;
}

static void put_handle(struct work *w, size_t i, struct crm_slice scope, struct crm_slice value)
{
	const struct crm_handle *handle = &w->shape->shape->handles[i];
	struct crm_str *s = &w->map->scratch;
	struct crm_address *a;

	value = clean(w, value);
	if (!value.ptr)
		return;
	crm_str_clear(s);
	if (!handle->id)
		crm_str_add(s, value.ptr, value.len);
	else if (!crm_id_normalise(value, s))
		return;
	a = add_address(w, handle->id ? CRM_ID : CRM_HANDLE, scope, s);
	if (a)
		a->many = handle->many && !handle->id;
}

/* Those of the source's, or those of documents. */
static void put_handles(struct work *w, bool ids)
{
	const struct crm_shape *shape = w->shape->shape;

	for (size_t i = 0; i < shape->n_handles; i++) {
		const struct crm_place *place = &w->shape->handles[i];
		struct crm_slice scope, values[CRM_ADDRESSES];
		size_t n = 0;

		if (shape->handles[i].id != ids)
			continue;
		scope = handle_scope(w, i);
		if (shape->handles[i].many && place->n) {
			const struct crm_values *found = crm_values_all(&w->view, place);

			for (; n < found->n && n < CRM_ADDRESSES; n++)
				values[n] = found->list[n];
		} else if ((values[0] = one(w, place)).ptr) {
			n = 1;
		}
		for (size_t k = 0; k < n; k++)
			put_handle(w, i, scope, values[k]);
	}
}

static void put_emails(struct work *w)
{
	static const struct crm_slice no_scope = {"", 0};
	struct crm_str *s = &w->map->scratch;
	size_t n;
	struct crm_slice *found = fields(w, CRM_F_EMAIL, CRM_ADDRESSES, &n);

	for (size_t i = 0; i < n; i++) {
		struct crm_address *a;

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
	struct crm_slice country = w->r->person[CRM_COUNTRY];
	const char *region = country.len == 2 ? country.ptr : w->map->options.region;
	struct crm_str *s = &w->map->scratch;
	size_t n;
	struct crm_slice *found = fields(w, CRM_F_PHONE, CRM_ADDRESSES, &n);

	for (size_t i = 0; i < n; i++) {
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
	put_handles(w, false);
	put_emails(w);
	put_phones(w);
	put_handles(w, true); /* last: addresses are ordered by kind */
}

/* What comes from an address of ours went out, to whomever it names as its receiver. */
static void put_people(struct work *w)
{
	struct crm_record *r = w->r;

	put_person(w);
	if (w->own && w->shape->has_out && !crm_slice_is(r->direction, "out")) {
		memset(r->person, 0, sizeof(r->person));
		r->n_addresses = 0;
		r->direction = CRM_SLICE("out");
		put_person(w);
	}
	put_person_digest(w);
}

static bool put_time(struct work *w)
{
	struct crm_slice s = field(w, CRM_F_TIME);
	struct crm_map *map = w->map;
	struct crm_time t;

	if (!s.ptr)
		return true;
	if (!crm_dates_parse(&w->shape->times, s, &t))
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

/* More than this, in minor units, nobody has paid: it would only make sums overflow, and with
 * them every report. Below it a double is exact. */
#define AMOUNT_MAX 9000000000000000LL

static bool is_amount(int64_t minor)
{
	return minor > -AMOUNT_MAX && minor < AMOUNT_MAX;
}

/* An amount in cents, or whatever the currency's smallest unit is. */
static bool put_minor(struct work *w, enum crm_field f, struct crm_slice s, bool *has,
		      int64_t *amount)
{
	char text[32], *end;

	snprintf(text, sizeof(text), "%.*s", (int)(s.len < 31 ? s.len : 31), s.ptr);
	errno = 0;
	*amount = strtoll(text, &end, 10);
	if (errno || end == text || (*end && strcmp(end, ".0") != 0) || !is_amount(*amount))
		return unreadable(w, crm_field_names[f], s);
	*has = true;
	return true;
}

/* A number that a program wrote, to the nearest minor unit: 19.989999999999998 is 19.99. */
static bool put_real_money(struct work *w, enum crm_field f, struct crm_slice s, bool *has,
			   int64_t *amount)
{
	int digits = crm_currency_digits(w->r->currency.ptr);
	char text[64], *end;
	long double x;

	snprintf(text, sizeof(text), "%.*s", (int)(s.len < 63 ? s.len : 63), s.ptr);
	x = strtold(text, &end);
	while (digits-- > 0)
		x *= 10;
	if (end == text || *end || !(x > -AMOUNT_MAX && x < AMOUNT_MAX))
		return unreadable(w, crm_field_names[f], s);
	*amount = llroundl(x);
	*has = true;
	return true;
}

static bool put_money(struct work *w, enum crm_field f, bool *has, int64_t *amount)
{
	struct crm_slice s = field(w, f);
	struct crm_money money;

	if (!s.ptr)
		return true;
	if (place_of(w, f)->where->as == CRM_AS_MINOR)
		return put_minor(w, f, s, has, amount);
	if (place_of(w, f)->where->as == CRM_AS_REAL)
		return put_real_money(w, f, s, has, amount);
	if (!crm_money_parse(&w->map->decimals, s, w->r->currency.ptr, &money)
	    || !is_amount(money.minor))
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
	if (end == text || *end || !isfinite(*x)) /* "nan" is none, and no column takes it */
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

/* Of the rows of an order the first may be the only one with its currency: the others of the
 * same number that follow it have it too. */
static struct crm_slice inherited(struct work *w, struct crm_slice currency)
{
	const struct crm_record *r = w->r;
	struct crm_slice order = r->ref.ptr ? r->ref : r->id;
	struct crm_map *map = w->map;

	if (r->type != CRM_ORDER || !order.ptr)
		return currency;
	if (!currency.ptr && crm_slice_same(order, crm_str_slice(&map->order)))
		return crm_slice_of(map->order_currency);
	crm_str_clear(&map->order);
	crm_str_add(&map->order, order.ptr, order.len);
	snprintf(map->order_currency, sizeof(map->order_currency), "%.*s",
		 currency.len == 3 ? 3 : 0, currency.ptr ? currency.ptr : "");
	return currency;
}

static void put_currency(struct work *w)
{
	struct crm_slice s = inherited(w, clean_field(w, CRM_F_CURRENCY));
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

/* Ids of messages, without the <> that mail puts around them. */
static void put_references(struct work *w)
{
	struct crm_record *r = w->r;

	r->by_reference = place_of(w, CRM_F_REFERENCES)->n > 0 && r->type == CRM_MESSAGE;
	r->references = fields(w, CRM_F_REFERENCES, CRM_REFERENCES, &r->n_references);
	for (size_t i = 0; i < r->n_references; i++)
		r->references[i] = clean(w, r->references[i]);
}

static void put_reply_to(struct work *w)
{
	struct crm_slice s = field(w, CRM_F_REPLY_TO);
	struct crm_str *out = &w->map->scratch;

	crm_str_clear(out);
	if (s.ptr && crm_email_normalise(s, out, NULL))
		w->r->reply_to = keep(w, out);
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
	r->about = clean_field(w, CRM_F_ABOUT);
	r->account = clean_field(w, CRM_F_ACCOUNT);
	r->automatic = clean_field(w, CRM_F_AUTO);
	r->campaign = clean_field(w, CRM_F_CAMPAIGN);
	r->token = clean_field(w, CRM_F_TOKEN);
	put_reply_to(w);
	put_references(w);
	if (crm_attachments_put(&w->view, place_of(w, CRM_F_ATTACHMENTS), r))
		crm_blobs_put(&w->view, r);
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
		return r->text.ptr || r->subject.ptr || r->n_attachments ? NULL : "has no text";
	case CRM_STATUS:
		return r->status.ptr ? NULL : "has no status";
	case CRM_RATING:
		return r->has_rating || r->text.ptr ? NULL : "has no rating";
	default:
		return NULL;
	}
}

static struct work begin(struct crm_map *map, const struct crm_map_shape *shape,
			 const struct crm_row *row, const struct crm_spot *spot, int64_t line,
			 struct crm_chunk *chunk)
{
	struct work w = {.map = map, .shape = shape, .arena = &chunk->arena};

	w.r = crm_chunk_add(chunk);
	w.r->type = shape->shape->type;
	w.r->line = line;
	w.r->file = row->several ? copy(&w, crm_slice_of(row->file)) : none;
	w.view = (struct crm_view){row, spot, &chunk->arena, &map->found};
	return w;
}

void crm_fields_refuse(struct crm_map *map, const struct crm_row *row, const struct crm_spot *spot,
		       int64_t line, const char *reason, struct crm_chunk *chunk)
{
	struct work w = begin(map, &map->shapes[0], row, spot, line, chunk);

	set_aside(&w, reason);
}

void crm_fields_fill(struct crm_map *map, const struct crm_map_shape *shape,
		     const struct crm_row *row, const struct crm_spot *spot, int64_t line,
		     struct crm_chunk *chunk)
{
	struct work w = begin(map, shape, row, spot, line, chunk);
	struct crm_record *r = w.r;
	const char *missing;

	if (is_dropped(&w)) {
		set_aside(&w, "deleted in the source");
		return;
	}
	put_raw(&w);
	put_id(&w);
	r->direction = clean_field(&w, CRM_F_DIRECTION);
	put_people(&w);
	if (r->type == CRM_CONTACT)
		crm_blobs_put(&w.view, r); /* a picture, of which raw has the digest */
	if (!put_time(&w) || (r->type != CRM_CONTACT && !put_event(&w)))
		return;
	if ((missing = lacks(r)))
		set_aside(&w, missing);
}
