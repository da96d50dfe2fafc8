/* SPDX-License-Identifier: MIT */
/* The numbers of documents on a card, as everybody may see them: their last characters. A card
 * is put on screens and into files; who needs the whole number asks for it. */
#include <stdlib.h>

#include "base/json.h"
#include "norm/id.h"
#include "store/card.h"
#include "store/record.h"

struct mask {
	struct crm_card *card;
	struct crm_slice *ids;
	size_t n, cap;
	struct crm_json_doc doc;
	struct crm_str text, key, out;
};

static bool is_id(struct mask *m, const struct crm_json_value *v)
{
	if (v->type != CRM_JSON_STRING && v->type != CRM_JSON_NUMBER)
		return false;
	crm_str_clear(&m->text);
	crm_str_clear(&m->key);
	crm_json_text(v, &m->text);
	if (!crm_id_normalise(crm_str_slice(&m->text), &m->key))
		return false;
	for (size_t i = 0; i < m->n; i++)
		if (crm_slice_same(m->ids[i], crm_str_slice(&m->key)))
			return true;
	return false;
}

static void replace(struct mask *m, struct crm_slice *s)
{
	s->ptr = crm_arena_strndup(&m->card->arena, m->out.ptr, m->out.len);
	s->len = m->out.len;
}

/* The record as it came says them too. */
static void mask_json(struct mask *m, struct crm_slice *json)
{
	const char *from = json->ptr;

	if (crm_json_scan(&m->doc, json->ptr, json->len) != CRM_OK)
		return;
	crm_str_clear(&m->out);
	for (uint32_t i = 0; i < m->doc.n; i++) {
		const struct crm_json_value *v = &m->doc.values[i];
		bool number = v->type == CRM_JSON_NUMBER;

		if (!is_id(m, v))
			continue;
		crm_str_add(&m->out, from, (size_t)(v->text.ptr - from));
		crm_str_adds(&m->out, number ? "\"" : "");
		crm_id_mask(crm_str_slice(&m->key), &m->out);
		crm_str_adds(&m->out, number ? "\"" : "");
		from = v->text.ptr + v->text.len;
	}
	crm_str_add(&m->out, from, (size_t)(json->ptr + json->len - from));
	replace(m, json);
}

static void find_ids(struct mask *m)
{
	struct crm_card_section *s = &m->card->parts[CRM_CARD_ENDPOINTS];

	for (size_t row = 0; row < s->rows; row++) {
		struct crm_cell *value = (struct crm_cell *)crm_card_cell(s, row, "value");

		if (!crm_slice_is(crm_card_cell(s, row, "kind")->s,
				  crm_endpoint_kind_names[CRM_ID]))
			continue;
		CRM_GROW(m->ids, m->n + 1, m->cap);
		m->ids[m->n++] = value->s;
		crm_str_clear(&m->out);
		crm_id_mask(value->s, &m->out);
		replace(m, &value->s);
	}
}

void crm_card_mask(struct crm_card *card)
{
	struct mask m = {.card = card,
			 .doc = CRM_JSON_DOC_INIT,
			 .text = CRM_STR_INIT,
			 .key = CRM_STR_INIT,
			 .out = CRM_STR_INIT};

	find_ids(&m);
	for (int part = 0; part < CRM_CARD_PARTS && m.n; part++) {
		struct crm_card_section *s = &card->parts[part];

		for (size_t i = 0; i < s->rows * s->columns; i++)
			if (s->kinds[i % s->columns] == CRM_CARD_JSON
			    && s->cells[i].type == CRM_CELL_TEXT)
				mask_json(&m, &s->cells[i].s);
	}
	free(m.ids);
	crm_json_doc_release(&m.doc);
	crm_str_release(&m.text);
	crm_str_release(&m.key);
	crm_str_release(&m.out);
}
