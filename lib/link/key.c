/* SPDX-License-Identifier: MIT */
/* Keys as numbers; see key.h. */
#include "link/key.h"

#include <string.h>

struct crm_key_side crm_key_side(const struct crm_people *p, int column)
{
	int base = crm_column_base(p->spec, column);

	return (struct crm_key_side){p->col[base].value, p->col[column].map,
				     p->col[base].start != NULL};
}

static struct crm_key_part part_of(const struct crm_people *p, const struct crm_block_key *key)
{
	struct crm_key_part part = {
		key->how, crm_key_side(p, key->a), {0}, p->col[key->a].n_keys + 1ull};

	if (key->how != CRM_KEY_PLAIN) {
		part.b = crm_key_side(p, key->b);
		if (part.radix <= p->col[key->b].n_keys)
			part.radix = p->col[key->b].n_keys + 1ull;
	}
	return part;
}

void crm_key_form(struct crm_key_form *form, const struct crm_people *p, uint64_t first,
		  const struct crm_block_key *keys, int n, int most_bits)
{
	double all = (double)first;
	int i;

	memset(form, 0, sizeof(*form));
	form->n = n;
	for (i = 0; i < n; i++) {
		struct crm_key_part *part = &form->part[i];
		int digits = keys[i].how == CRM_KEY_SORTED ? 2 : 1;

		*part = part_of(p, &keys[i]);
		for (; digits > 0; digits--)
			all *= (double)part->radix;
	}
	form->mask = ~0ull >> (64 - most_bits);
	form->hashed = all >= (double)form->mask;
}
