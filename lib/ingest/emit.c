/* SPDX-License-Identifier: MIT */
/* The JSON lines of crm-ingest. */
#include "ingest/emit.h"

#include "base/json.h"
#include "base/time.h"
#include "norm/money.h"

static void put_slice(struct crm_str *out, const char *key, struct crm_slice s)
{
	if (!s.ptr)
		return;
	crm_json_key(out, key);
	crm_json_string(out, s);
}

static void put_id(struct crm_str *out, const char *key, int64_t id)
{
	if (id)
		crm_json_put_int(out, key, id);
}

static void put_money(struct crm_str *out, const char *key, bool has, int64_t minor,
		      struct crm_slice currency)
{
	struct crm_str amount = CRM_STR_INIT;

	if (!has)
		return;
	crm_money_format(minor, crm_currency_digits(currency.ptr ? currency.ptr : ""), &amount);
	crm_json_key(out, key);
	crm_json_open(out, '{');
	crm_json_put(out, "amount", amount.ptr);
	put_slice(out, "currency", currency);
	crm_json_close(out, '}');
	crm_str_release(&amount);
}

static void put_addresses(const struct crm_record *r, enum crm_endpoint_kind kind,
			  struct crm_str *out)
{
	size_t begun = crm_json_list_begin(out, crm_endpoint_kind_names[kind]);

	for (size_t i = 0; i < r->n_addresses; i++) {
		const struct crm_address *a = &r->addresses[i];

		if (a->kind != kind)
			continue;
		if (kind == CRM_EMAIL || kind == CRM_PHONE) {
			crm_json_string(out, a->value);
			continue;
		}
		crm_json_open(out, '{');
		put_slice(out, "scope", a->scope);
		put_slice(out, "value", a->value);
		crm_json_close(out, '}');
	}
	crm_json_list_end(out, begun);
}

static void put_person(const struct crm_record *r, struct crm_str *out)
{
	for (int f = 0; f < CRM_PERSON_FIELDS; f++)
		put_slice(out, crm_person_field_names[f], r->person[f]);
	put_addresses(r, CRM_EMAIL, out);
	put_addresses(r, CRM_PHONE, out);
	put_addresses(r, CRM_HANDLE, out);
	put_addresses(r, CRM_ID, out);
}

static void put_attachments(const struct crm_record *r, struct crm_str *out)
{
	if (!r->n_attachments)
		return;
	crm_json_key(out, "attachments");
	crm_json_open(out, '[');
	for (size_t i = 0; i < r->n_attachments; i++) {
		const struct crm_attachment *a = &r->attachments[i];

		crm_json_open(out, '{');
		put_slice(out, "name", a->name);
		put_slice(out, "type", a->type);
		if (a->has_size)
			crm_json_put_int(out, "size", a->size);
		put_slice(out, "digest", a->digest);
		put_slice(out, "url", a->url);
		crm_json_close(out, '}');
	}
	crm_json_close(out, ']');
}

static void put_event(const struct crm_record *r, struct crm_str *out)
{
	put_slice(out, "direction", r->direction);
	put_slice(out, "thread", r->thread);
	put_slice(out, "order", r->ref);
	put_slice(out, "subject", r->subject);
	put_slice(out, "text", r->text);
	put_slice(out, "status", r->status);
	put_money(out, "amount", r->has_amount, r->amount, r->currency);
	if (r->has_rating) {
		crm_json_key(out, "rating");
		crm_json_real(out, r->rating, 15);
	}
	if (r->has_rating_max) {
		crm_json_key(out, "rating_max");
		crm_json_real(out, r->rating_max, 15);
	}
	if (r->has_duration)
		crm_json_put_int(out, "duration", r->duration);
	put_slice(out, "agent", r->agent);
	put_slice(out, "about", r->about);
	put_slice(out, "account", r->account);
	put_slice(out, "auto", r->automatic);
	put_slice(out, "reply_to", r->reply_to);
	put_slice(out, "campaign", r->campaign);
	put_attachments(r, out);
}

static void put_line(const struct crm_record *r, struct crm_str *out)
{
	crm_json_key(out, "order_line");
	crm_json_open(out, '{');
	put_slice(out, "line", r->line_id);
	put_slice(out, "sku", r->sku);
	put_slice(out, "name", r->line_name);
	crm_json_key(out, "quantity");
	crm_json_real(out, r->quantity, 15);
	put_money(out, "price", r->has_price, r->price, r->currency);
	put_money(out, "extra", r->has_extra, r->extra, r->currency);
	crm_json_close(out, '}');
}

void crm_emit_record(const struct crm_channel *channel, const struct crm_record *r,
		     const struct crm_outcome *o, struct crm_str *out)
{
	crm_json_open(out, '{');
	crm_json_put(out, "type", o->changed ? "change" : crm_record_type_names[r->type]);
	crm_json_put_int(out, "id", o->id);
	put_id(out, "profile", o->profile);
	put_id(out, "person", o->person);
	if (o->new_person) {
		crm_json_key(out, "new");
		crm_json_bool(out, true);
	}
	put_id(out, "conversation", o->conversation);
	crm_json_put(out, "channel", channel->name);
	put_slice(out, "file", r->file);
	crm_json_put_int(out, "line", r->line);
	put_slice(out, "key", r->id);
	if (r->has_at) {
		struct crm_str at = CRM_STR_INIT;

		crm_time_format(r->at, r->at_offset, &at);
		crm_json_put(out, "at", at.ptr);
		crm_str_release(&at);
	}
	put_person(r, out);
	put_event(r, out);
	if (r->has_line)
		put_line(r, out);
	if (o->n_suspects) {
		crm_json_key(out, "conflict");
		crm_json_open(out, '[');
		for (size_t i = 0; i < o->n_suspects; i++)
			crm_json_int(out, o->suspects[i]);
		crm_json_close(out, ']');
	}
	crm_json_close(out, '}');
	crm_str_addc(out, '\n');
}
