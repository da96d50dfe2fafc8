/* SPDX-License-Identifier: MIT */
/*
 * mem: allocation that does not fail. When memory runs out the program says so and ends
 * with exit code 71; a command that changes the store is a transaction, so nothing is
 * left half done. Everything returned is new: the caller frees it with free().
 */
#ifndef CRM_MEM_H
#define CRM_MEM_H

#include <stddef.h>

#include "base/str.h"

void *crm_malloc(size_t size);
void *crm_calloc(size_t n, size_t size);
void *crm_realloc(void *p, size_t size);
char *crm_strdup(const char *s);
char *crm_strndup(const char *s, size_t len);

/* Grows an array so that it has room for need elements; *cap is its capacity. The new
 * elements are not initialised. Doubles, so that pushing n elements costs O(n). */
#define CRM_GROW(array, need, cap) ((array) = crm_grow((array), (need), &(cap), sizeof(*(array))))
void *crm_grow(void *array, size_t need, size_t *cap, size_t size);

/*
 * An arena: small pieces that live and die together (the values of a batch of records).
 * Pieces are aligned for any type and are not initialised; clear keeps the memory for
 * the next batch, release gives it back.
 */
struct crm_arena {
	struct crm_arena_block *blocks; /* all blocks, in order of filling */
	struct crm_arena_block *now;    /* the one being filled */
};
#define CRM_ARENA_INIT     \
	{                  \
		NULL, NULL \
	}

void *crm_arena_alloc(struct crm_arena *arena, size_t size);
/* A NUL-terminated copy of len bytes at s; borrowed: valid until clear or release. */
char *crm_arena_strndup(struct crm_arena *arena, const char *s, size_t len);
/* A copy of s like that; without value where s is. */
struct crm_slice crm_arena_keep(struct crm_arena *arena, struct crm_slice s);
void crm_arena_clear(struct crm_arena *arena);
void crm_arena_release(struct crm_arena *arena);

#endif
