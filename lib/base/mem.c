/* SPDX-License-Identifier: MIT */
/* Allocation that does not fail, and the arena that a batch of records lives in. */
#include "base/mem.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)256 * 1024)

struct crm_arena_block {
	struct crm_arena_block *next;
	size_t used, size;
	alignas(max_align_t) char data[];
};

static void *or_die(void *p)
{
	if (!p) {
		fputs("crm: out of memory\n", stderr);
		_Exit(71);
	}
	return p;
}

void *crm_malloc(size_t size)
{
	return or_die(malloc(size ? size : 1));
}

void *crm_calloc(size_t n, size_t size)
{
	return or_die(calloc(n ? n : 1, size ? size : 1));
}

void *crm_realloc(void *p, size_t size)
{
	return or_die(realloc(p, size ? size : 1));
}

char *crm_strdup(const char *s)
{
	return or_die(strdup(s));
}

char *crm_strndup(const char *s, size_t len)
{
	char *copy = crm_malloc(len + 1);

	if (len)
		memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

void *crm_grow(void *array, size_t need, size_t *cap, size_t size)
{
	size_t want = *cap ? *cap : 16;

	if (need <= *cap)
		return array;
	while (want < need)
		want *= 2;
	if (want > SIZE_MAX / size)
		or_die(NULL);
	*cap = want;
	return crm_realloc(array, want * size);
}

void *crm_arena_alloc(struct crm_arena *arena, size_t size)
{
	const size_t step = alignof(max_align_t);
	struct crm_arena_block *b = arena->now;
	void *p;

	size = (size + step - 1) / step * step;
	while (b && b->used + size > b->size && b->next) {
		b = b->next;
		b->used = 0;
	}
	if (!b || b->used + size > b->size) {
		size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
		struct crm_arena_block *fresh = crm_malloc(sizeof(*fresh) + room);

		fresh->next = NULL;
		fresh->used = 0;
		fresh->size = room;
		if (b)
			b->next = fresh;
		else
			arena->blocks = fresh;
		b = fresh;
	}
	arena->now = b;
	p = b->data + b->used;
	b->used += size;
	return p;
}

char *crm_arena_strndup(struct crm_arena *arena, const char *s, size_t len)
{
	char *copy = crm_arena_alloc(arena, len + 1);

	if (len)
		memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

struct crm_slice crm_arena_keep(struct crm_arena *arena, struct crm_slice s)
{
	if (s.ptr)
		s.ptr = crm_arena_strndup(arena, s.ptr, s.len);
	return s;
}

void crm_arena_clear(struct crm_arena *arena)
{
	struct crm_arena_block **at = &arena->blocks;

	while (*at) { /* a block made for one huge value is not kept */
		struct crm_arena_block *b = *at;

		b->used = 0;
		if (b->size > BLOCK_SIZE) {
			*at = b->next;
			free(b);
		} else {
			at = &b->next;
		}
	}
	arena->now = arena->blocks;
}

void crm_arena_release(struct crm_arena *arena)
{
	while (arena->blocks) {
		struct crm_arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
	arena->now = NULL;
}
