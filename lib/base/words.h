/* SPDX-License-Identifier: MIT */
/*
 * words: which of many words stand at a place of a text, without trying them all.
 *
 * A table of words is filed by three bytes of each: its first, or its last. Looking up three
 * bytes of a text gives those few that may stand there, in the order of the table; the
 * caller compares. Words of fewer than three bytes are a list of their own (shorter), except
 * by CRM_WORDS_WHOLE.
 *
 *	for (i = crm_words_at(&index, text, len); i; i = index.next[i])
 *		... table[i - 1] ...
 *
 * A table that is filled is only read, by any thread.
 */
#ifndef CRM_WORDS_H
#define CRM_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CRM_WORDS_MAX 512 /* words in a table */
#define CRM_WORDS_BITS 10

enum crm_words_by {
	CRM_WORDS_START, /* the first three bytes: for what begins with a word, or holds one */
	CRM_WORDS_END,   /* the last three: for what ends with a word */
	CRM_WORDS_WHOLE  /* for what is a word: those of fewer bytes are filed too */
};

struct crm_words {
	uint16_t first[1 << CRM_WORDS_BITS], next[CRM_WORDS_MAX + 1]; /* numbers from 1; 0: none */
	uint16_t shorter;                                             /* than three bytes */
};

/* Files the n words of a table (borrowed for the call): the first member of structures of
 * size bytes, a pointer to a string. */
void crm_words_init(struct crm_words *index, const void *table, size_t n, size_t size,
		    enum crm_words_by by);

static inline uint32_t crm_words_hash(const char *s, size_t n)
{
	uint32_t key = n > 0 ? (unsigned char)s[0] : 0;

	key |= n > 1 ? (uint32_t)(unsigned char)s[1] << 8 : 0;
	key |= n > 2 ? (uint32_t)(unsigned char)s[2] << 16 : 0;
	return (key * 2654435761u) >> (32 - CRM_WORDS_BITS);
}

/* The first that may stand at the beginning of the len bytes at s. */
static inline unsigned crm_words_at(const struct crm_words *index, const char *s, size_t len)
{
	return index->first[crm_words_hash(s, len)];
}

#endif
