/* SPDX-License-Identifier: MIT */
/*
 * key: the keys by which blocking rules bring records together, as numbers of some bits: the
 * numbers of the values in mixed radix as long as these bits hold them, hashes otherwise.
 */
#ifndef CRM_LINK_KEY_H
#define CRM_LINK_KEY_H

#include "base/hash.h"
#include "link/people.h"

/* A part of a key as numbers of a record, or of a place in a list. */
struct crm_key_side {
	const uint32_t *value;
	const uint32_t *map; /* of values; NULL: as they are */
	bool of_place;       /* of the place in the list, not of its record */
};

struct crm_key_part {
	enum crm_key_how how;
	struct crm_key_side a, b;
	uint64_t radix; /* above all its numbers */
};

/* Keys of some bits, to which parts are added: numbers in mixed radix as long as these bits
 * hold them, hashes otherwise. 0 is no key. */
struct crm_key_form {
	struct crm_key_part part[CRM_KEYS];
	int n;
	bool hashed;
	uint64_t mask;
};

/* The column that values of a column are taken from: itself, but for derived ones. */
static inline int crm_column_base(const struct crm_spec *spec, int column)
{
	return spec->column[column].derive ? spec->column[column].base : column;
}

/* Bits that a number takes. */
static inline int crm_bits_of(uint64_t n)
{
	return n == 0 ? 0 : 64 - __builtin_clzll(n);
}
struct crm_key_side crm_key_side(const struct crm_people *people, int column);
static inline uint32_t crm_key_value(const struct crm_key_side *side, uint32_t place,
				     uint32_t record)
{
	uint32_t v = side->value[side->of_place ? place : record];

	return side->map ? side->map[v] : v;
}

/* The form of keys of n parts behind a number below first, in most_bits. */
void crm_key_form(struct crm_key_form *form, const struct crm_people *people, uint64_t first,
		  const struct crm_block_key *keys, int n, int most_bits);
/* A key with another number behind it. */
static inline uint64_t crm_key_add(const struct crm_key_form *form, uint64_t key, uint64_t radix,
				   uint32_t v)
{
	return form->hashed ? crm_hash64_with(key, v) : key * radix + v;
}
/* The key of a record behind the number key; place: where its value is, for a part on a list.
 * 0: it has none. */
static inline uint64_t crm_key_number(const struct crm_key_form *form, uint64_t key, uint32_t place,
				      uint32_t record)
{
	int i;

	for (i = 0; i < form->n; i++) {
		const struct crm_key_part *part = &form->part[i];
		uint32_t v = crm_key_value(&part->a, place, record), w;

		if (part->how == CRM_KEY_EITHER && v == 0)
			v = crm_key_value(&part->b, place, record);
		if (v == 0)
			return 0;
		if (part->how == CRM_KEY_SORTED) {
			w = crm_key_value(&part->b, place, record);
			if (w == 0)
				return 0;
			key = crm_key_add(form, key, part->radix, v < w ? v : w);
			v = v < w ? w : v;
		}
		key = crm_key_add(form, key, part->radix, v);
	}
	return form->hashed ? (key & form->mask) | 1 : key;
}

#endif
