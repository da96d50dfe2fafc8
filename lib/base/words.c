/* SPDX-License-Identifier: MIT */
/* A hash table of chains; see base/words.h. */
#include "base/words.h"

#include <assert.h>

static const char *word_of(const void *table, size_t i, size_t size)
{
	return *(const char *const *)(const void *)((const char *)table + i * size);
}

void crm_words_init(struct crm_words *index, const void *table, size_t n, size_t size,
		    enum crm_words_by by)
{
	size_t i;

	assert(n <= CRM_WORDS_MAX);
	memset(index, 0, sizeof(*index));
	for (i = n; i; i--) { /* from the end, as each one comes before those that are there */
		const char *word = word_of(table, i - 1, size);
		size_t len = strlen(word);
		uint16_t *first = &index->shorter;

		if (len >= 3 || by == CRM_WORDS_WHOLE)
			first = &index->first[crm_words_hash(
				by == CRM_WORDS_END ? word + len - 3 : word, len)];
		index->next[i] = *first;
		*first = (uint16_t)i;
	}
}
